/* The device that an output unit is bound to: what it is like, following the default, losing it. */
#include "output_unit.h"
#include "../base/handle.h"
#include "../format/asbd.h"

#include <stdlib.h>

static AudioObjectPropertyAddress address_of(AudioObjectPropertySelector selector,
                                             AudioObjectPropertyScope scope)
{
    return (AudioObjectPropertyAddress){ selector, scope, kAudioObjectPropertyElementMain };
}

static OSStatus get(AudioObjectID object, AudioObjectPropertySelector selector,
                    AudioObjectPropertyScope scope, void *data, UInt32 size)
{
    AudioObjectPropertyAddress address = address_of(selector, scope);
    return AudioObjectGetPropertyData(object, &address, 0, NULL, &size, data);
}

static AudioObjectPropertyScope scope_of(UInt32 bus)
{
    return bus == CM_BUS_OUT ? kAudioObjectPropertyScopeOutput : kAudioObjectPropertyScopeInput;
}

static UInt32 channels_of(AudioObjectID device, UInt32 bus)
{
    AudioObjectPropertyAddress address = address_of(kAudioDevicePropertyStreamConfiguration, scope_of(bus));
    UInt32 size = 0, channels = 0;
    if (AudioObjectGetPropertyDataSize(device, &address, 0, NULL, &size) != noErr || size == 0)
        return 0;
    AudioBufferList *list = calloc(1, size + sizeof *list);
    if (list && AudioObjectGetPropertyData(device, &address, 0, NULL, &size, list) == noErr)
        for (UInt32 i = 0; i < list->mNumberBuffers; i++)
            channels += list->mBuffers[i].mNumberChannels;
    free(list);
    return channels;
}

bool cm_output_device_has(AudioObjectID device, UInt32 bus)
{
    return channels_of(device, bus) > 0;
}

static bool is_alive(AudioObjectID device)
{
    UInt32 alive = 0;
    return device != kAudioObjectUnknown &&
           get(device, kAudioDevicePropertyDeviceIsAlive, kAudioObjectPropertyScopeGlobal, &alive,
               sizeof alive) == noErr &&
           alive;
}

static AudioObjectID default_device(AudioObjectPropertySelector selector)
{
    AudioObjectID device = kAudioObjectUnknown;
    get(kAudioObjectSystemObject, selector, kAudioObjectPropertyScopeGlobal, &device, sizeof device);
    return device;
}

AudioObjectID cm_output_wanted_device(const cm_output_unit *o)
{
    if (o->follows)
        return default_device(o->follows);
    if (o->was_chosen)
        return o->device;
    bool only_in = o->enabled[CM_BUS_IN] && !o->enabled[CM_BUS_OUT];
    return default_device(only_in ? kAudioHardwarePropertyDefaultInputDevice
                                  : kAudioHardwarePropertyDefaultOutputDevice);
}

/* ---- listening ---- */

/* client is the unit's handle, so that a unit that is gone is not touched. */
static OSStatus hear(AudioObjectID object, UInt32 count, const AudioObjectPropertyAddress *addresses,
                     void *client)
{
    cm_instance *instance = cm_instance_pin(client);
    (void)object, (void)count, (void)addresses;
    if (instance) {
        cm_unit_call(instance->self, CM_ATTEND_DEVICE);
        cm_handle_unpin(client);
    }
    return noErr;
}

static const AudioObjectPropertySelector device_selectors[] = {
    kAudioDevicePropertyDeviceIsAlive,
    kAudioDevicePropertyNominalSampleRate,
    kAudioDevicePropertyStreamConfiguration,
};

static void listen_to_device(cm_output_unit *o, bool listens)
{
    for (size_t i = 0; i < sizeof device_selectors / sizeof *device_selectors; i++) {
        AudioObjectPropertyAddress address = { device_selectors[i], kAudioObjectPropertyScopeWildcard,
                                               kAudioObjectPropertyElementWildcard };
        if (listens)
            AudioObjectAddPropertyListener(o->heard, &address, hear, o->unit->self);
        else
            AudioObjectRemovePropertyListener(o->heard, &address, hear, o->unit->self);
    }
}

static void hear_device(cm_output_unit *o, AudioObjectID device)
{
    if (o->heard == device)
        return;
    if (o->heard != kAudioObjectUnknown)
        listen_to_device(o, false);
    o->heard = device;
    if (device != kAudioObjectUnknown)
        listen_to_device(o, true);
}

void cm_output_listen(cm_output_unit *o)
{
    AudioObjectPropertyAddress address = address_of(o->follows, kAudioObjectPropertyScopeGlobal);
    if (o->follows)
        AudioObjectAddPropertyListener(kAudioObjectSystemObject, &address, hear, o->unit->self);
}

void cm_output_unlisten(cm_output_unit *o)
{
    AudioObjectPropertyAddress address = address_of(o->follows, kAudioObjectPropertyScopeGlobal);
    hear_device(o, kAudioObjectUnknown);
    if (o->follows)
        AudioObjectRemovePropertyListener(kAudioObjectSystemObject, &address, hear, o->unit->self);
}

/* ---- binding ---- */

static cm_element *device_side(const cm_output_unit *o, UInt32 bus)
{
    return bus == CM_BUS_OUT ? cm_unit_output(o->unit, bus) : cm_unit_input(o->unit, bus);
}

static cm_element *client_side(const cm_output_unit *o, UInt32 bus)
{
    return bus == CM_BUS_OUT ? cm_unit_input(o->unit, bus) : cm_unit_output(o->unit, bus);
}

/* The client's side follows the device's rate until the client says what it is. */
static void take_formats(cm_output_unit *o)
{
    for (UInt32 bus = 0; bus < o->unit->scopes[kAudioUnitScope_Input].count; bus++) {
        cm_element *client = client_side(o, bus);
        if (o->channels[bus] > 0)
            device_side(o, bus)->format = cm_asbd_float32(o->rate, o->channels[bus]);
        if (!o->client_set[bus] && !atomic_load(&o->unit->is_initialized))
            client->format.mSampleRate = o->rate;
    }
}

OSStatus cm_output_bind(cm_output_unit *o, AudioObjectID device)
{
    Float64 rate = 0;
    if (!is_alive(device) || get(device, kAudioDevicePropertyNominalSampleRate,
                                 kAudioObjectPropertyScopeGlobal, &rate, sizeof rate) != noErr)
        return cm_fail(kAudioHardwareBadDeviceError, "there is no such audio device");
    o->device = device;
    o->rate = rate;
    for (UInt32 bus = 0; bus < CM_BUSES; bus++)
        o->channels[bus] = channels_of(device, bus);
    take_formats(o);
    hear_device(o, device);
    return noErr;
}

void cm_output_unbind(cm_output_unit *o)
{
    cm_output_stop_device(o);
    hear_device(o, kAudioObjectUnknown);
    o->device = kAudioObjectUnknown;
}

/* ---- running ---- */

OSStatus cm_output_stop_device(cm_output_unit *o)
{
    if (!o->proc)
        return noErr;
    OSStatus status = AudioDeviceDestroyIOProcID(o->device, o->proc);
    o->proc = NULL;
    return status == kAudioHardwareBadObjectError ? noErr
                                                  : status; /* the device went, and the IOProc with it */
}

static OSStatus start_proc(cm_output_unit *o)
{
    AudioOutputUnitStartAtTimeParams at = o->start_time;
    o->start_time = (AudioOutputUnitStartAtTimeParams){ 0 };
    if (at.mTimestamp.mFlags == 0)
        return AudioDeviceStart(o->device, o->proc);
    return AudioDeviceStartAtTime(o->device, o->proc, &at.mTimestamp, at.mFlags);
}

OSStatus cm_output_start_device(cm_output_unit *o)
{
    OSStatus status = AudioDeviceCreateIOProcID(o->device, cm_output_cycle, o, &o->proc);
    if (status == noErr)
        status = start_proc(o);
    if (status != noErr)
        cm_output_stop_device(o);
    return status;
}

/* With the lock: the unit goes on, on this device. Rendering was not possible on the old one, or is stopped.
 */
static OSStatus move(cm_output_unit *o, AudioObjectID device)
{
    cm_unit *unit = o->unit;
    cm_output_stop_device(o);
    OSStatus status = cm_unit_hold(unit);
    if (status != noErr)
        return status;
    cm_output_begin(o, true);
    status = cm_output_bind(o, device);
    if (status == noErr && atomic_load(&unit->is_initialized))
        status = cm_unit_reinitialize(unit);
    cm_unit_release(unit);
    if (status == noErr && atomic_load(&unit->is_running))
        status = cm_output_start_device(o);
    return status;
}

static OSStatus check_choice(const cm_output_unit *o, AudioObjectID device)
{
    if (!is_alive(device))
        return cm_fail(kAudioUnitErr_InvalidPropertyValue, "%u is not an audio device", device);
    for (UInt32 bus = 0; atomic_load(&o->unit->is_initialized) && bus < CM_BUSES; bus++)
        if (o->enabled[bus] && !cm_output_device_has(device, bus))
            return cm_fail(kAudioUnitErr_InvalidPropertyValue, "the device has no %s",
                           bus == CM_BUS_OUT ? "output" : "input");
    return noErr;
}

OSStatus cm_output_choose(cm_output_unit *o, AudioObjectID device)
{
    bool was_chosen = o->was_chosen;
    if (cm_unit_renders_here(o->unit))
        return kAudioUnitErr_CannotDoInCurrentContext;
    o->was_chosen = device != kAudioObjectUnknown;
    if (!o->was_chosen)
        device = cm_output_wanted_device(o);
    OSStatus status = check_choice(o, device);
    if (status != noErr) {
        o->was_chosen = was_chosen;
        return status;
    }
    o->is_dead = false;
    return move(o, device);
}

/* ---- what the minder does ---- */

static void die(cm_output_unit *o, OSStatus status)
{
    cm_output_stop_device(o);
    o->is_dead = true;
    cm_unit_note_error(o->unit, status);
    if (atomic_exchange(&o->unit->is_running, false))
        cm_unit_call(o->unit, CM_ATTEND_RUNNING);
}

/* True: it did not work, and is tried again. */
static bool follow_default(cm_output_unit *o)
{
    AudioObjectID wanted = cm_output_wanted_device(o);
    bool runs = atomic_load(&o->unit->is_running);
    if (wanted == o->device && is_alive(o->device) && (o->proc || !runs))
        return false;
    if (!is_alive(wanted))
        return runs;
    return move(o, wanted) != noErr && runs;
}

static bool has_changed(const cm_output_unit *o)
{
    Float64 rate = o->rate;
    get(o->device, kAudioDevicePropertyNominalSampleRate, kAudioObjectPropertyScopeGlobal, &rate,
        sizeof rate);
    return rate != o->rate || channels_of(o->device, CM_BUS_OUT) != o->channels[CM_BUS_OUT] ||
           channels_of(o->device, CM_BUS_IN) != o->channels[CM_BUS_IN];
}

/* The device is another one now, under the same name. */
static void adapt(cm_output_unit *o)
{
    OSStatus status = move(o, o->device);
    if (status != noErr)
        die(o, status);
}

bool cm_output_attend(cm_unit *unit)
{
    cm_output_unit *o = unit->state;
    bool again = false;
    if (cm_unit_lock(unit) != noErr)
        return true;
    AudioObjectID before = o->device;
    Float64 rate = o->rate;
    UInt32 channels = o->channels[CM_BUS_OUT];
    if (o->follows)
        again = follow_default(o);
    else if (!o->is_dead && o->device != kAudioObjectUnknown && !is_alive(o->device))
        die(o, kAudioHardwareBadDeviceError);
    if (o->device == before && !o->is_dead && is_alive(o->device) && has_changed(o))
        adapt(o);
    bool moved = o->device != before;
    bool differs = o->rate != rate || o->channels[CM_BUS_OUT] != channels;
    cm_unit_unlock(unit);
    if (moved)
        cm_unit_tell(unit, kAudioOutputUnitProperty_CurrentDevice, kAudioUnitScope_Global, 0);
    if (differs)
        cm_unit_tell(unit, kAudioUnitProperty_StreamFormat, kAudioUnitScope_Output, CM_BUS_OUT);
    return again;
}

Float64 cm_output_latency(cm_unit *unit)
{
    const cm_output_unit *o = unit->state;
    UInt32 bus = o->enabled[CM_BUS_OUT] ? CM_BUS_OUT : CM_BUS_IN, latency = 0, safety = 0;
    if (o->device == kAudioObjectUnknown || o->rate <= 0)
        return 0;
    get(o->device, kAudioDevicePropertyLatency, scope_of(bus), &latency, sizeof latency);
    get(o->device, kAudioDevicePropertySafetyOffset, scope_of(bus), &safety, sizeof safety);
    return (latency + safety) / o->rate;
}
