#include "device.h"

#include "../format/layout.h"
#include "queue.h"

#include <coremusic/engine.h>
#include <stdlib.h>

static AudioObjectPropertyAddress global(AudioObjectPropertySelector selector)
{
    return (AudioObjectPropertyAddress){ selector, kAudioObjectPropertyScopeGlobal,
                                         kAudioObjectPropertyElementMain };
}

static AudioObjectPropertyAddress on_side(const cm_queue_device *d, AudioObjectPropertySelector selector)
{
    return (AudioObjectPropertyAddress){ selector,
                                         d->is_input ? kAudioObjectPropertyScopeInput
                                                     : kAudioObjectPropertyScopeOutput,
                                         kAudioObjectPropertyElementMain };
}

static AudioObjectPropertyAddress default_device(bool is_input)
{
    return global(is_input ? kAudioHardwarePropertyDefaultInputDevice
                           : kAudioHardwarePropertyDefaultOutputDevice);
}

static AudioObjectID find_default(bool is_input)
{
    AudioObjectPropertyAddress address = default_device(is_input);
    AudioObjectID id = kAudioObjectUnknown;
    UInt32 size = sizeof id;
    OSStatus status = AudioObjectGetPropertyData(kAudioObjectSystemObject, &address, 0, NULL, &size, &id);
    return status == noErr ? id : kAudioObjectUnknown;
}

AudioObjectID cm_queue_device_find(CFStringRef uid)
{
    AudioObjectPropertyAddress address = global(kAudioHardwarePropertyTranslateUIDToDevice);
    AudioObjectID id = kAudioObjectUnknown;
    UInt32 size = sizeof id;
    OSStatus status = AudioObjectGetPropertyData(kAudioObjectSystemObject, &address, sizeof uid, &uid, &size,
                                                 &id);
    return status == noErr ? id : kAudioObjectUnknown;
}

static OSStatus count_channels(cm_queue_device *d)
{
    AudioObjectPropertyAddress address = on_side(d, kAudioDevicePropertyStreamConfiguration);
    UInt32 size = 0;
    OSStatus status = AudioObjectGetPropertyDataSize(d->id, &address, 0, NULL, &size);
    AudioBufferList *list = status == noErr && size > 0 ? calloc(1, size) : NULL;
    if (!list)
        return status == noErr ? kAudioQueueErr_InvalidDevice : status;
    status = AudioObjectGetPropertyData(d->id, &address, 0, NULL, &size, list);
    d->channels = 0;
    for (UInt32 b = 0; status == noErr && b < list->mNumberBuffers; b++)
        d->channels += list->mBuffers[b].mNumberChannels;
    free(list);
    return status;
}

static OSStatus describe(cm_queue_device *d)
{
    AudioObjectPropertyAddress rate = global(kAudioDevicePropertyNominalSampleRate);
    AudioObjectPropertyAddress frames = global(kAudioDevicePropertyBufferFrameSize);
    UInt32 rate_size = sizeof d->rate, frames_size = sizeof d->buffer_frames;
    OSStatus status = AudioObjectGetPropertyData(d->id, &rate, 0, NULL, &rate_size, &d->rate);
    if (status == noErr)
        status = AudioObjectGetPropertyData(d->id, &frames, 0, NULL, &frames_size, &d->buffer_frames);
    if (status == noErr)
        status = count_channels(d);
    return status == noErr && d->channels > 0 && d->rate > 0 ? noErr : kAudioQueueErr_InvalidDevice;
}

/* On the HAL's own thread. The queue may have gone meanwhile, so it is known by its handle. */
static OSStatus device_changed(AudioObjectID object, UInt32 count,
                               const AudioObjectPropertyAddress *addresses, void *queue)
{
    (void)object;
    (void)count;
    (void)addresses;
    cm_queue *q = cm_handle_pin(queue, CM_KIND_AUDIO_QUEUE);
    if (!q)
        return noErr;
    atomic_store(&q->device_changed, true);
    cm_queue_wake(q);
    cm_handle_unpin(queue);
    return noErr;
}

static const AudioObjectPropertySelector watched[] = { kAudioDevicePropertyDeviceIsAlive,
                                                       kAudioDevicePropertyNominalSampleRate };

static void watch(cm_queue_device *d)
{
    for (size_t i = 0; i < sizeof watched / sizeof *watched; i++) {
        AudioObjectPropertyAddress address = global(watched[i]);
        AudioObjectAddPropertyListener(d->id, &address, device_changed, d->queue);
    }
    AudioObjectPropertyAddress address = default_device(d->is_input);
    if (d->follows_default)
        AudioObjectAddPropertyListener(kAudioObjectSystemObject, &address, device_changed, d->queue);
}

static void unwatch(cm_queue_device *d)
{
    for (size_t i = 0; i < sizeof watched / sizeof *watched; i++) {
        AudioObjectPropertyAddress address = global(watched[i]);
        AudioObjectRemovePropertyListener(d->id, &address, device_changed, d->queue);
    }
    AudioObjectPropertyAddress address = default_device(d->is_input);
    if (d->follows_default)
        AudioObjectRemovePropertyListener(kAudioObjectSystemObject, &address, device_changed, d->queue);
}

CFStringRef cm_queue_device_copy_default_uid(bool is_input)
{
    AudioObjectPropertyAddress address = global(kAudioDevicePropertyDeviceUID);
    CFStringRef uid = NULL;
    UInt32 size = sizeof uid;
    AudioObjectGetPropertyData(find_default(is_input), &address, 0, NULL, &size, &uid);
    return uid;
}

static bool is_virtual(const cm_queue_device *d)
{
    AudioObjectPropertyAddress address = global(kAudioDevicePropertyTransportType);
    UInt32 transport = 0, size = sizeof transport;
    AudioObjectGetPropertyData(d->id, &address, 0, NULL, &size, &transport);
    return transport == kAudioDeviceTransportTypeVirtual;
}

void cm_queue_device_watch_clock(cm_queue_device *d)
{
    atomic_store(&d->is_by_hand, d->is_virtual && CMVirtualIsManualClock());
}

OSStatus cm_queue_device_open(cm_queue_device *d, AudioQueueRef queue, bool is_input, CFStringRef uid,
                              AudioDeviceIOProc proc, void *context)
{
    *d = (cm_queue_device){ .id = uid ? cm_queue_device_find(uid) : find_default(is_input),
                            .is_input = is_input,
                            .queue = queue,
                            .follows_default = uid == NULL };
    OSStatus status = d->id == kAudioObjectUnknown ? kAudioQueueErr_InvalidDevice : describe(d);
    if (status == noErr)
        status = AudioDeviceCreateIOProcID(d->id, proc, context, &d->proc);
    if (status == noErr) {
        d->is_virtual = is_virtual(d);
        watch(d);
    } else {
        d->id = kAudioObjectUnknown;
    }
    return status == noErr ? noErr : kAudioQueueErr_InvalidDevice;
}

void cm_queue_device_close(cm_queue_device *d)
{
    if (d->id == kAudioObjectUnknown)
        return;
    cm_queue_device_stop(d);
    unwatch(d);
    AudioDeviceDestroyIOProcID(d->id, d->proc);
    *d = (cm_queue_device){ .id = kAudioObjectUnknown };
}

OSStatus cm_queue_device_start(cm_queue_device *d)
{
    cm_queue_device_watch_clock(d);
    OSStatus status = d->is_running ? noErr : AudioDeviceStart(d->id, d->proc);
    d->is_running = status == noErr;
    return status;
}

void cm_queue_device_stop(cm_queue_device *d)
{
    if (d->is_running)
        AudioDeviceStop(d->id, d->proc);
    d->is_running = false;
}

bool cm_queue_device_is_current(const cm_queue_device *d)
{
    AudioObjectPropertyAddress alive = global(kAudioDevicePropertyDeviceIsAlive);
    AudioObjectPropertyAddress nominal = global(kAudioDevicePropertyNominalSampleRate);
    UInt32 is_alive = 0, size = sizeof is_alive, rate_size = sizeof(Float64);
    Float64 rate = 0;
    if (AudioObjectGetPropertyData(d->id, &alive, 0, NULL, &size, &is_alive) != noErr || !is_alive)
        return false;
    if (AudioObjectGetPropertyData(d->id, &nominal, 0, NULL, &rate_size, &rate) != noErr || rate != d->rate)
        return false;
    return !d->follows_default || find_default(d->is_input) == d->id;
}

AudioChannelLayout *cm_queue_device_new_layout(const cm_queue_device *d)
{
    AudioObjectPropertyAddress address = on_side(d, kAudioDevicePropertyPreferredChannelLayout);
    UInt32 size = 0;
    if (AudioObjectGetPropertyDataSize(d->id, &address, 0, NULL, &size) != noErr || size < CM_LAYOUT_HEADER)
        return NULL;
    AudioChannelLayout *layout = calloc(1, size);
    if (layout && (AudioObjectGetPropertyData(d->id, &address, 0, NULL, &size, layout) != noErr ||
                   cm_layout_check(layout, size) != noErr)) {
        free(layout);
        layout = NULL;
    }
    return layout;
}
