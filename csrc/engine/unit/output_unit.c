/* HALOutput, DefaultOutput and SystemOutput: classes and properties. */
#include "output_unit.h"

#include <AudioToolbox/AudioUnitParameters.h>
#include <stdlib.h>
#include <string.h>

static cm_output_unit *output_of(const cm_unit *unit)
{
    return unit->state;
}

/* ---- life ---- */

static AudioObjectPropertySelector default_of(const cm_unit_class *kind)
{
    switch (kind->description.componentSubType) {
    case kAudioUnitSubType_DefaultOutput:
        return kAudioHardwarePropertyDefaultOutputDevice;
    case kAudioUnitSubType_SystemOutput:
        return kAudioHardwarePropertyDefaultSystemOutputDevice;
    default:
        return 0;
    }
}

/* Without any device it is opened all the same; initializing it tells. */
static OSStatus open_unit(cm_unit *unit)
{
    cm_output_unit *o = output_of(unit);
    o->unit = unit;
    o->follows = default_of(unit->kind);
    o->enabled[CM_BUS_OUT] = 1;
    o->starts_at_zero = 1;
    o->gain = 1;
    OSStatus status = cm_unit_mind(unit);
    if (status == noErr) {
        cm_output_listen(o);
        cm_output_bind(o, cm_output_wanted_device(o));
    }
    return status;
}

static void close_unit(cm_unit *unit)
{
    cm_output_unit *o = output_of(unit);
    if (!o->unit)
        return;
    cm_output_unbind(o);
    cm_output_unlisten(o);
    free(o->maps[CM_BUS_OUT]);
    free(o->maps[CM_BUS_IN]);
}

static OSStatus initialize(cm_unit *unit)
{
    cm_output_unit *o = output_of(unit);
    AudioObjectID wanted = cm_output_wanted_device(o);
    OSStatus status = o->device == wanted ? noErr : cm_output_bind(o, wanted);
    if (status != noErr || wanted == kAudioObjectUnknown)
        return cm_fail(kAudioHardwareBadDeviceError, "there is no audio device");
    for (UInt32 bus = 0; bus < CM_BUSES; bus++)
        if (o->enabled[bus] && o->channels[bus] == 0)
            return cm_fail(kAudioUnitErr_InvalidElement, "the device has no %s",
                           bus == CM_BUS_OUT ? "output" : "input");
    return cm_output_prepare(o);
}

static void uninitialize(cm_unit *unit)
{
    cm_output_unprepare(output_of(unit));
}

static OSStatus start(cm_unit *unit)
{
    cm_output_unit *o = output_of(unit);
    if (o->is_dead)
        return cm_fail(kAudioHardwareBadDeviceError, "the unit's device is gone");
    cm_output_begin(o, false);
    o->gain = cm_unit_value(unit, kAudioUnitScope_Global, 0, CM_OUTPUT_VOLUME);
    return cm_output_start_device(o);
}

static OSStatus stop(cm_unit *unit)
{
    return cm_output_stop_device(output_of(unit));
}

/* ---- formats ---- */

static bool is_device_side(AudioUnitScope scope, AudioUnitElement element)
{
    return (scope == kAudioUnitScope_Output) == (element == CM_BUS_OUT);
}

static OSStatus check_format(cm_unit *unit, AudioUnitScope scope, AudioUnitElement element,
                             const AudioStreamBasicDescription *format)
{
    const cm_output_unit *o = output_of(unit);
    if (!is_device_side(scope, element) ||
        (format->mSampleRate == o->rate && format->mChannelsPerFrame == o->channels[element] &&
         memcmp(format, &unit->scopes[scope].elements[element]->format, sizeof *format) == 0))
        return noErr;
    return cm_fail(kAudioUnitErr_FormatNotSupported, "this side has the device's format");
}

static void format_changed(cm_unit *unit, AudioUnitScope scope, AudioUnitElement element)
{
    if (!is_device_side(scope, element))
        output_of(unit)->client_set[element] = true;
}

/* ---- properties ---- */

static OSStatus get_device(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    (void)key, (void)size;
    *(AudioObjectID *)data = output_of(unit)->device;
    return noErr;
}

static OSStatus set_device(cm_unit *unit, const cm_property_key *key, const void *data, UInt32 size)
{
    (void)key, (void)size;
    if (output_of(unit)->follows)
        return cm_fail(kAudioUnitErr_PropertyNotWritable, "%s follows the default device", unit->kind->name);
    return cm_output_choose(output_of(unit), *(const AudioObjectID *)data);
}

static OSStatus check_bus_scope(const cm_property_key *key)
{
    bool fits = key->scope == (key->element == CM_BUS_IN ? kAudioUnitScope_Input : kAudioUnitScope_Output);
    return fits ? noErr : kAudioUnitErr_InvalidScope;
}

static OSStatus get_enabled(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    (void)size;
    *(UInt32 *)data = output_of(unit)->enabled[key->element];
    return check_bus_scope(key);
}

static OSStatus set_enabled(cm_unit *unit, const cm_property_key *key, const void *data, UInt32 size)
{
    OSStatus status = check_bus_scope(key);
    (void)size;
    if (status == noErr)
        output_of(unit)->enabled[key->element] = *(const UInt32 *)data != 0;
    return status;
}

static OSStatus get_has_io(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    const cm_output_unit *o = output_of(unit);
    (void)size;
    *(UInt32 *)data = o->enabled[key->element] && cm_output_device_has(o->device, key->element);
    return check_bus_scope(key);
}

static OSStatus get_zero(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    (void)key, (void)size;
    *(UInt32 *)data = output_of(unit)->starts_at_zero;
    return noErr;
}

static OSStatus set_zero(cm_unit *unit, const cm_property_key *key, const void *data, UInt32 size)
{
    (void)key, (void)size;
    output_of(unit)->starts_at_zero = *(const UInt32 *)data != 0;
    return noErr;
}

static OSStatus set_start_time(cm_unit *unit, const cm_property_key *key, const void *data, UInt32 size)
{
    (void)key, (void)size;
    memcpy(&output_of(unit)->start_time, data, sizeof output_of(unit)->start_time);
    return noErr;
}

static OSStatus get_input_callback(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    (void)key;
    memcpy(data, &output_of(unit)->input_callback, *size);
    return noErr;
}

static OSStatus set_input_callback(cm_unit *unit, const cm_property_key *key, const void *data, UInt32 size)
{
    AURenderCallbackStruct none = { NULL, NULL };
    (void)key, (void)size;
    memcpy(&output_of(unit)->input_callback, data ? data : &none, sizeof none);
    return noErr;
}

static UInt32 map_size(const cm_unit *unit, UInt32 bus)
{
    return cm_unit_output(unit, bus)->format.mChannelsPerFrame;
}

static OSStatus measure_map(cm_unit *unit, const cm_property_key *key, UInt32 *size)
{
    *size = map_size(unit, key->element) * (UInt32)sizeof(SInt32);
    return noErr;
}

static OSStatus get_map(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    const cm_output_unit *o = output_of(unit);
    SInt32 *map = data, inputs = (SInt32)cm_unit_input(unit, key->element)->format.mChannelsPerFrame;
    SInt32 count = (SInt32)(*size / sizeof *map);
    for (SInt32 i = 0; i < count; i++)
        map[i] = i < inputs ? i : -1;
    if (o->maps[key->element] && o->map_counts[key->element] == (UInt32)count)
        memcpy(map, o->maps[key->element], *size);
    return noErr;
}

/* Of another number of channels than there are now it waits until there are as many. */
static OSStatus set_map(cm_unit *unit, const cm_property_key *key, const void *data, UInt32 size)
{
    cm_output_unit *o = output_of(unit);
    UInt32 count = size / (UInt32)sizeof(SInt32);
    SInt32 *map = NULL, *before = o->maps[key->element];
    UInt32 count_before = o->map_counts[key->element];
    OSStatus status = noErr;
    if (data && (count == 0 || count > CM_MAX_CHANNELS || size % sizeof(SInt32) != 0))
        return kAudioUnitErr_InvalidPropertyValue;
    if (data) {
        map = malloc(size);
        if (!map)
            return kAudio_MemFullError;
        memcpy(map, data, size);
    }
    o->maps[key->element] = map;
    o->map_counts[key->element] = map ? count : 0;
    if (atomic_load(&unit->is_initialized))
        status = cm_unit_reinitialize(unit);
    if (status == noErr) {
        free(before);
        return noErr;
    }
    free(map);
    o->maps[key->element] = before;
    o->map_counts[key->element] = count_before;
    cm_unit_reinitialize(unit);
    return status;
}

#define GLOBAL CM_SCOPE(Global)

static const cm_unit_property properties[] = {
    { .id = kAudioOutputUnitProperty_CurrentDevice,
      .scopes = GLOBAL,
      .size = sizeof(AudioObjectID),
      .get = get_device,
      .set = set_device },
    { .id = kAudioOutputUnitProperty_EnableIO,
      .scopes = CM_SCOPES_IO,
      .flags = CM_PROPERTY_UNINITIALIZED | CM_PROPERTY_HOLDS,
      .size = sizeof(UInt32),
      .get = get_enabled,
      .set = set_enabled },
    { .id = kAudioOutputUnitProperty_HasIO,
      .scopes = CM_SCOPES_IO,
      .size = sizeof(UInt32),
      .get = get_has_io },
    { .id = kAudioOutputUnitProperty_StartTimestampsAtZero,
      .scopes = GLOBAL,
      .flags = CM_PROPERTY_HOLDS,
      .size = sizeof(UInt32),
      .get = get_zero,
      .set = set_zero },
    { .id = kAudioOutputUnitProperty_StartTime,
      .scopes = GLOBAL,
      .size = sizeof(AudioOutputUnitStartAtTimeParams),
      .set = set_start_time },
    { .id = kAudioOutputUnitProperty_ChannelMap,
      .scopes = CM_SCOPES_IO,
      .flags = CM_PROPERTY_HOLDS | CM_PROPERTY_REMOVABLE,
      .measure = measure_map,
      .get = get_map,
      .set = set_map },
    { .id = kAudioOutputUnitProperty_SetInputCallback,
      .scopes = GLOBAL | CM_SCOPES_IO,
      .flags = CM_PROPERTY_HOLDS | CM_PROPERTY_REMOVABLE,
      .size = sizeof(AURenderCallbackStruct),
      .get = get_input_callback,
      .set = set_input_callback },
};

static const cm_unit_parameter parameters[] = {
    [CM_OUTPUT_VOLUME] = { .id = kHALOutputParam_Volume,
                           .scope = kAudioUnitScope_Global,
                           .name = "Volume",
                           .unit = kAudioUnitParameterUnit_LinearGain,
                           .minimum = 0,
                           .maximum = 1,
                           .initial = 1,
                           .flags = kAudioUnitParameterFlag_IsReadable | kAudioUnitParameterFlag_IsWritable },
};

#define OUTPUT_CLASS(subtype, title, buses)                                                                  \
    .description = { .componentType = kAudioUnitType_Output,                                                 \
                     .componentSubType = kAudioUnitSubType_##subtype,                                        \
                     .componentManufacturer = kAudioUnitManufacturer_Apple },                                \
    .name = "Apple: " title, .version = 0x00010000,                                                          \
    .scopes = { [kAudioUnitScope_Input] = { buses, buses, buses, 2 },                                        \
                [kAudioUnitScope_Output] = { buses, buses, buses, 2 } },                                     \
    .formats = CM_FORMAT_ANY_PCM, .properties = properties,                                                  \
    .property_count = sizeof properties / sizeof *properties, .parameters = parameters,                      \
    .parameter_count = sizeof parameters / sizeof *parameters, .changes_while_initialized = true,            \
    .state_size = sizeof(cm_output_unit), .open = open_unit, .close = close_unit, .initialize = initialize,  \
    .uninitialize = uninitialize, .reset = cm_output_reset, .check_format = check_format,                    \
    .format_changed = format_changed, .render = cm_output_render, .latency = cm_output_latency,              \
    .start = start, .stop = stop, .attend = cm_output_attend

const cm_unit_class cm_unit_hal_output = { OUTPUT_CLASS(HALOutput, "AUHAL", 2) };
const cm_unit_class cm_unit_default_output = { OUTPUT_CLASS(DefaultOutput, "DefaultOutputUnit", 1) };
const cm_unit_class cm_unit_system_output = { OUTPUT_CLASS(SystemOutput, "SystemOutputUnit", 1) };
