/* hal_device.c: devices and their properties. */
#include "aggregate.h"
#include "hal.h"

#include "format/layout.h"

#include <CoreAudio/AudioHardwareDeprecated.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool includes(const cm_query *query, cm_side side)
{
    return query->address->mScope == kAudioObjectPropertyScopeGlobal ||
           query->address->mScope == cm_scope_of(side);
}

cm_side cm_device_side_of(const cm_device *device, AudioObjectPropertyScope scope)
{
    if (scope != kAudioObjectPropertyScopeGlobal)
        return scope == kAudioObjectPropertyScopeInput ? CM_INPUT : CM_OUTPUT;
    return device->description.side[CM_OUTPUT].channels ? CM_OUTPUT : CM_INPUT;
}

static bool has_side(const cm_query *query)
{
    return cm_query_shape(query)->channels > 0;
}

AudioStreamBasicDescription cm_device_format(const cm_device *device, cm_side side)
{
    UInt32 channels = device->description.side[side].channels;
    return (AudioStreamBasicDescription){ .mSampleRate = device->description.rate,
                                          .mFormatID = kAudioFormatLinearPCM,
                                          .mFormatFlags = kAudioFormatFlagsNativeFloatPacked,
                                          .mBytesPerPacket = channels * (UInt32)sizeof(Float32),
                                          .mFramesPerPacket = 1,
                                          .mBytesPerFrame = channels * (UInt32)sizeof(Float32),
                                          .mChannelsPerFrame = channels,
                                          .mBitsPerChannel = 32 };
}

/* ---- what the driver said ---- */

static OSStatus get_name(const cm_query *query, cm_reply *reply)
{
    return cm_reply_text(reply, cm_query_device(query)->description.name);
}

static OSStatus get_manufacturer(const cm_query *query, cm_reply *reply)
{
    return cm_reply_text(reply, cm_query_device(query)->description.manufacturer);
}

/* The deprecated form: characters with a NUL. */
static OSStatus get_plain_text(const cm_query *query, cm_reply *reply)
{
    const cm_device_description *description = &cm_query_device(query)->description;
    const char *text = query->address->mSelector == kAudioDevicePropertyDeviceName
                           ? description->name
                           : description->manufacturer;
    cm_reply_put(reply, text, (UInt32)strlen(text) + 1);
    return noErr;
}

static OSStatus get_uid(const cm_query *query, cm_reply *reply)
{
    return cm_reply_text(reply, cm_query_device(query)->description.uid);
}

static OSStatus get_model_uid(const cm_query *query, cm_reply *reply)
{
    return cm_reply_text(reply, cm_query_device(query)->description.model_uid);
}

static OSStatus get_transport(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, cm_query_device(query)->description.transport);
}

static OSStatus get_plug_in(const cm_query *query, cm_reply *reply)
{
    const cm_plugin *plugin = cm_query_device(query)->plugin;
    return cm_reply_u32(reply, plugin ? plugin->object.id : kAudioObjectUnknown);
}

static OSStatus get_latency(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, cm_hal_io_latency(cm_query_device(query), cm_query_side(query)));
}

static OSStatus get_safety_offset(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, cm_query_shape(query)->safety_offset);
}

static OSStatus get_rate(const cm_query *query, cm_reply *reply)
{
    return cm_reply_f64(reply, cm_query_device(query)->description.rate);
}

static OSStatus get_rates(const cm_query *query, cm_reply *reply)
{
    const cm_device_description *description = &cm_query_device(query)->description;
    for (UInt32 i = 0; i < description->rate_count; i++)
        cm_reply_put(reply, &(AudioValueRange){ description->rates[i], description->rates[i] },
                     sizeof(AudioValueRange));
    return noErr;
}

static bool offers_rate(const cm_device *device, Float64 rate)
{
    for (UInt32 i = 0; i < device->description.rate_count; i++)
        if (device->description.rates[i] == rate)
            return true;
    return false;
}

OSStatus cm_device_set_rate(cm_device *device, Float64 rate)
{
    const cm_plugin *plugin = device->plugin;
    if (!device->alive)
        return kAudioHardwareNotRunningError;
    if (rate == device->description.rate)
        return noErr;
    if (!offers_rate(device, rate))
        return cm_fail(kAudioHardwareIllegalOperationError, "%s cannot run at %g Hz",
                       device->description.name, rate);
    if (!plugin->driver->set_rate)
        return kAudioHardwareUnsupportedOperationError;
    cm_hal_io_close(device);
    OSStatus status = plugin->driver->set_rate(plugin->instance, device->description.uid, rate);
    if (status == noErr) {
        cm_device_description changed = device->description;
        changed.rate = rate;
        cm_device_update(device, &changed);
    }
    OSStatus restarted = cm_hal_io_settle(device);
    return status == noErr ? restarted : status;
}

static OSStatus set_rate(const cm_query *query, UInt32 size, const void *data)
{
    Float64 rate;
    memcpy(&rate, data, size);
    return cm_device_set_rate(cm_query_device(query), rate);
}

/* ---- state ---- */

static OSStatus get_alive(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, cm_query_device(query)->alive);
}

static OSStatus get_running(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, cm_hal_io_is_running(cm_query_device(query)));
}

static OSStatus get_can_be_default(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, cm_query_shape(query)->channels > 0 && cm_query_device(query)->alive);
}

static OSStatus get_zero(const cm_query *query, cm_reply *reply)
{
    (void)query;
    return cm_reply_u32(reply, 0);
}

/* What the clock does, where it runs and its driver can tell; else what it should do. */
static OSStatus get_actual_rate(const cm_query *query, cm_reply *reply)
{
    const cm_device *device = cm_query_device(query);
    Float64 rate = device->description.rate;
    AudioTimeStamp now = { 0 };
    if (cm_hal_io_is_running(device) && device->plugin->driver->io_time(device->io.stream, &now) == noErr &&
        (now.mFlags & kAudioTimeStampRateScalarValid) && now.mRateScalar > 0)
        rate = device->io.settings.rate / now.mRateScalar;
    return cm_reply_f64(reply, rate);
}

static OSStatus get_cycle_usage(const cm_query *query, cm_reply *reply)
{
    return cm_reply_f32(reply, atomic_load(&cm_query_device(query)->io.usage));
}

static OSStatus set_cycle_usage(const cm_query *query, UInt32 size, const void *data)
{
    cm_device *device = cm_query_device(query);
    Float32 usage;
    memcpy(&usage, data, size);
    if (!(usage > 0 && usage <= 1))
        return kAudioHardwareIllegalOperationError;
    atomic_store(&device->io.usage, usage);
    cm_tree_lock();
    cm_notify(device->object.id, kAudioDevicePropertyIOCycleUsage, kAudioObjectPropertyScopeGlobal, 0);
    cm_tree_unlock();
    return noErr;
}

/*
 * Which streams an IOProc wants: one flag for each, input first. The IOProc's id stands in the value, also
 * when it is got.
 */
static UInt32 usage_size(const cm_query *query)
{
    UInt32 count = 0;
    for (int side = 0; side < CM_SIDES; side++)
        count += cm_query_device(query)->streams[side] && includes(query, (cm_side)side);
    return (UInt32)(offsetof(AudioHardwareIOProcStreamUsage, mStreamIsOn) + count * sizeof(UInt32));
}

/* The IOProc named at the beginning of `size` bytes of data. */
static cm_io_proc *usage_proc(const cm_query *query, UInt32 size, const void *data)
{
    void *id;
    if (size < usage_size(query))
        return NULL;
    memcpy(&id, data, sizeof id);
    return cm_hal_io_find(cm_query_device(query), id);
}

static OSStatus get_stream_usage(const cm_query *query, cm_reply *reply)
{
    UInt32 size = usage_size(query), count = 0;
    if (!reply->data) {
        reply->size = size;
        return noErr;
    }
    if (reply->room < size)
        return kAudioHardwareBadPropertySizeError;
    const cm_io_proc *proc = usage_proc(query, reply->room, reply->data);
    if (!proc)
        return kAudioHardwareIllegalOperationError;
    UInt8 *flags = reply->data + offsetof(AudioHardwareIOProcStreamUsage, mStreamIsOn);
    for (int side = 0; side < CM_SIDES; side++) {
        UInt32 on = !atomic_load(&((cm_io_proc *)(uintptr_t)proc)->muted[side]);
        if (cm_query_device(query)->streams[side] && includes(query, (cm_side)side))
            memcpy(flags + count++ * sizeof on, &on, sizeof on);
    }
    memcpy(reply->data + offsetof(AudioHardwareIOProcStreamUsage, mNumberStreams), &count, sizeof count);
    reply->size = size;
    return noErr;
}

static OSStatus set_stream_usage(const cm_query *query, UInt32 size, const void *data)
{
    cm_io_proc *proc = usage_proc(query, size, data);
    const UInt8 *flags = (const UInt8 *)data + offsetof(AudioHardwareIOProcStreamUsage, mStreamIsOn);
    UInt32 count = 0, on;
    if (size != usage_size(query))
        return kAudioHardwareBadPropertySizeError;
    if (!proc)
        return kAudioHardwareIllegalOperationError;
    for (int side = 0; side < CM_SIDES; side++) {
        if (!cm_query_device(query)->streams[side] || !includes(query, (cm_side)side))
            continue;
        memcpy(&on, flags + count++ * sizeof on, sizeof on);
        atomic_store(&proc->muted[side], !on);
    }
    return noErr;
}

static OSStatus get_hog(const cm_query *query, cm_reply *reply)
{
    pid_t hog = cm_query_device(query)->hog;
    cm_reply_put(reply, &hog, sizeof hog);
    return noErr;
}

/* Apple's rule: who has it gives it back, else takes it, whatever the value. */
static OSStatus set_hog(const cm_query *query, UInt32 size, const void *data)
{
    cm_device *device = cm_query_device(query);
    (void)size, (void)data;
    cm_tree_lock();
    device->hog = device->hog == -1 ? getpid() : -1;
    cm_notify(device->object.id, kAudioDevicePropertyHogMode, kAudioObjectPropertyScopeGlobal, 0);
    cm_tree_unlock();
    return noErr;
}

static OSStatus get_buffer_frames(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, cm_query_device(query)->buffer_frames);
}

static OSStatus get_buffer_range(const cm_query *query, cm_reply *reply)
{
    const cm_device_description *description = &cm_query_device(query)->description;
    cm_reply_put(reply, &(AudioValueRange){ description->min_buffer_frames, description->max_buffer_frames },
                 sizeof(AudioValueRange));
    return noErr;
}

static OSStatus set_buffer_frames(const cm_query *query, UInt32 size, const void *data)
{
    cm_device *device = cm_query_device(query);
    UInt32 frames;
    memcpy(&frames, data, size);
    if (!device->alive)
        return kAudioHardwareNotRunningError;
    if (frames < device->description.min_buffer_frames || frames > device->description.max_buffer_frames)
        return cm_fail(kAudioHardwareIllegalOperationError, "%s takes buffers of %u to %u frames",
                       device->description.name, device->description.min_buffer_frames,
                       device->description.max_buffer_frames);
    if (frames == device->buffer_frames)
        return noErr;
    cm_hal_io_close(device);
    cm_tree_lock();
    device->buffer_frames = frames;
    cm_notify(device->object.id, kAudioDevicePropertyBufferFrameSize, kAudioObjectPropertyScopeGlobal, 0);
    cm_tree_unlock();
    return cm_hal_io_settle(device);
}

/* ---- streams and channels ---- */

static OSStatus get_streams(const cm_query *query, cm_reply *reply)
{
    for (int side = 0; side < CM_SIDES; side++) {
        const cm_object *stream = cm_query_device(query)->streams[side];
        if (stream && includes(query, (cm_side)side))
            cm_reply_put(reply, &stream->id, sizeof stream->id);
    }
    return noErr;
}

static OSStatus get_configuration(const cm_query *query, cm_reply *reply)
{
    struct {
        AudioBufferList list;
        AudioBuffer more;
    } value = { 0 };
    AudioBuffer *buffers = value.list.mBuffers;
    const cm_device *device = cm_query_device(query);
    for (int side = 0; side < CM_SIDES; side++) {
        UInt32 channels = device->description.side[side].channels;
        if (!device->streams[side] || !includes(query, (cm_side)side))
            continue;
        buffers[value.list.mNumberBuffers++] = (AudioBuffer){
            .mNumberChannels = channels,
            .mDataByteSize = device->buffer_frames * channels * (UInt32)sizeof(Float32)
        };
    }
    cm_reply_put(reply, &value,
                 (UInt32)(offsetof(AudioBufferList, mBuffers) + value.list.mNumberBuffers * sizeof *buffers));
    return noErr;
}

static OSStatus get_stereo_channels(const cm_query *query, cm_reply *reply)
{
    UInt32 channels[2] = { 1, cm_query_shape(query)->channels > 1 ? 2 : 1 };
    cm_reply_put(reply, channels, sizeof channels);
    return noErr;
}

/* Each channel by its label, which says more to most programs than a tag. */
static OSStatus get_layout(const cm_query *query, cm_reply *reply)
{
    const cm_device_side *shape = cm_query_shape(query);
    AudioChannelLayout layout = { .mChannelLayoutTag = shape->layout };
    UInt32 size;
    if (cm_layout_channels(&layout) != shape->channels)
        layout.mChannelLayoutTag = kAudioChannelLayoutTag_DiscreteInOrder | shape->channels;
    AudioChannelLayout *expanded = cm_layout_new_expanded(&layout, &size);
    if (!expanded)
        return cmMemFullError;
    cm_reply_put(reply, expanded, size);
    free(expanded);
    return noErr;
}

static bool is_channel(const cm_query *query)
{
    return query->address->mElement - 1 < cm_query_shape(query)->channels;
}

static OSStatus get_element_name(const cm_query *query, cm_reply *reply)
{
    const cm_device_side *shape = cm_query_shape(query);
    AudioChannelLabel labels[64];
    AudioChannelLayout layout = { .mChannelLayoutTag = shape->layout };
    UInt32 channel = query->address->mElement;
    if (cm_layout_labels(&layout, labels, 64) != shape->channels || channel > 64)
        return cm_reply_text(reply, "");
    CFStringRef name = reply->data ? cm_layout_copy_channel_name(labels[channel - 1], false) : NULL;
    cm_reply_put(reply, &name, sizeof name);
    return noErr;
}

static OSStatus get_element_number(const cm_query *query, cm_reply *reply)
{
    char text[16];
    snprintf(text, sizeof text, "%u", query->address->mElement);
    return cm_reply_text(reply, text);
}

/* The deprecated way to ask a device for the format of its stream. */
static OSStatus get_format(const cm_query *query, cm_reply *reply)
{
    AudioStreamBasicDescription format = cm_device_format(cm_query_device(query), cm_query_side(query));
    cm_reply_put(reply, &format, sizeof format);
    return noErr;
}

static OSStatus get_related(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, query->object->id);
}

static const cm_property properties[] = {
    { kAudioObjectPropertyName, CM_IN_ALL, sizeof(CFStringRef), .get = get_name },
    { kAudioObjectPropertyManufacturer, CM_IN_ALL, sizeof(CFStringRef), .get = get_manufacturer },
    { kAudioDevicePropertyDeviceName, CM_IN_ALL, .get = get_plain_text },
    { kAudioDevicePropertyDeviceManufacturer, CM_IN_ALL, .get = get_plain_text },
    { kAudioDevicePropertyDeviceUID, CM_IN_ALL, sizeof(CFStringRef), .get = get_uid },
    { kAudioDevicePropertyModelUID, CM_IN_ALL, sizeof(CFStringRef), .get = get_model_uid },
    { kAudioDevicePropertyTransportType, CM_IN_ALL, sizeof(UInt32), .get = get_transport },
    { kAudioDevicePropertyPlugIn, CM_IN_ALL, sizeof(AudioObjectID), .get = get_plug_in },
    { kAudioDevicePropertyDeviceIsAlive, CM_IN_ALL, sizeof(UInt32), .get = get_alive },
    { kAudioDevicePropertyDeviceIsRunning, CM_IN_ALL, sizeof(UInt32), .get = get_running },
    { kAudioDevicePropertyDeviceIsRunningSomewhere, CM_IN_ALL, sizeof(UInt32), .get = get_running },
    { kAudioDevicePropertyDeviceCanBeDefaultDevice, CM_IN_ALL, sizeof(UInt32), .get = get_can_be_default },
    { kAudioDevicePropertyDeviceCanBeDefaultSystemDevice, CM_IN_OUTPUT | CM_IN_GLOBAL, sizeof(UInt32),
      .get = get_can_be_default },
    { kAudioDevicePropertyRelatedDevices, CM_IN_ALL, .list = true, .get = get_related },
    { kAudioDevicePropertyClockDomain, CM_IN_ALL, sizeof(UInt32), .get = get_zero },
    { kAudioDeviceProcessorOverload, CM_IN_ALL, sizeof(UInt32), .get = get_zero },
    { kAudioDevicePropertyIOStoppedAbnormally, CM_IN_ALL, sizeof(UInt32), .get = get_zero },
    { kAudioDevicePropertyHogMode, CM_IN_ALL, sizeof(pid_t), .get = get_hog, .set = set_hog },
    { kAudioDevicePropertyActualSampleRate, CM_IN_ALL, sizeof(Float64), .get = get_actual_rate },
    { kAudioDevicePropertyIOCycleUsage, CM_IN_ALL, sizeof(Float32), .get = get_cycle_usage,
      .set = set_cycle_usage },
    { kAudioDevicePropertyIOProcStreamUsage, CM_IN_ALL, .get = get_stream_usage, .set = set_stream_usage },
    { kAudioDevicePropertyIsHidden, CM_IN_ALL, sizeof(UInt32), .get = get_zero },
    { kAudioDevicePropertyLatency, CM_IN_ALL, sizeof(UInt32), .get = get_latency, .has = has_side },
    { kAudioDevicePropertySafetyOffset, CM_IN_ALL, sizeof(UInt32), .get = get_safety_offset,
      .has = has_side },
    { kAudioDevicePropertyNominalSampleRate, CM_IN_ALL, sizeof(Float64), .get = get_rate, .set = set_rate },
    { kAudioDevicePropertyAvailableNominalSampleRates, CM_IN_ALL, .list = true, .get = get_rates },
    { kAudioDevicePropertyBufferFrameSize, CM_IN_ALL, sizeof(UInt32), .get = get_buffer_frames,
      .set = set_buffer_frames },
    { kAudioDevicePropertyBufferFrameSizeRange, CM_IN_ALL, sizeof(AudioValueRange), .get = get_buffer_range },
    { kAudioDevicePropertyStreams, CM_IN_ALL, .list = true, .get = get_streams },
    { kAudioDevicePropertyStreamConfiguration, CM_IN_ALL, .get = get_configuration },
    { kAudioDevicePropertyPreferredChannelsForStereo, CM_IN_ALL, 2 * sizeof(UInt32),
      .get = get_stereo_channels, .has = has_side },
    { kAudioDevicePropertyPreferredChannelLayout, CM_IN_ALL, .get = get_layout, .has = has_side },
    { kAudioStreamPropertyVirtualFormat, CM_IN_ALL, sizeof(AudioStreamBasicDescription), .get = get_format,
      .has = has_side },
    { kAudioObjectPropertyElementName, CM_IN_SIDES | CM_OF_CHANNELS, sizeof(CFStringRef),
      .get = get_element_name, .has = is_channel },
    { kAudioObjectPropertyElementNumberName, CM_IN_SIDES | CM_OF_CHANNELS, sizeof(CFStringRef),
      .get = get_element_number, .has = is_channel },
};

const cm_property_table cm_device_properties = CM_PROPERTY_TABLE(properties, &cm_level_properties);

/* ---- life ---- */

static void free_device(cm_object *object)
{
    cm_device *device = (cm_device *)object;
    cm_hal_io_free(device);
    free(device);
}

static void remove_part(cm_object **part)
{
    if (*part)
        cm_tree_remove(*part);
    *part = NULL;
}

void cm_device_fit_streams(cm_device *device)
{
    for (int side = 0; side < CM_SIDES; side++) {
        bool wanted = device->description.side[side].channels > 0;
        if (!wanted)
            remove_part(&device->streams[side]);
        else if (!device->streams[side])
            device->streams[side] = cm_stream_new(device, (cm_side)side);
    }
}

static void fit_control(cm_device *device, cm_side side, cm_control_kind kind, UInt32 channel, bool wanted)
{
    cm_object **control = channel ? &device->volumes[side][channel - 1] : &device->controls[side][kind];
    if (!wanted)
        remove_part(control);
    else if (!*control)
        *control = cm_control_new(device, side, kind, channel);
}

void cm_device_fit_controls(cm_device *device)
{
    for (int side = 0; side < CM_SIDES; side++) {
        const cm_device_side *shape = &device->description.side[side];
        const bool wanted[CM_CONTROLS] = { [CM_CONTROL_VOLUME] = shape->channels && shape->has_volume,
                                           [CM_CONTROL_MUTE] = shape->channels && shape->has_mute,
                                           [CM_CONTROL_SOURCE] = shape->channels && shape->source_count };
        for (int kind = 0; kind < CM_CONTROLS; kind++)
            fit_control(device, (cm_side)side, (cm_control_kind)kind, 0, wanted[kind]);
        for (UInt32 channel = 1; channel <= CM_DEVICE_CHANNELS; channel++)
            fit_control(device, (cm_side)side, CM_CONTROL_VOLUME, channel,
                        shape->has_volume && cm_channel_has_volume(shape, channel));
    }
}

void cm_device_remove(cm_device *device)
{
    memset(device->description.side, 0, sizeof device->description.side);
    cm_device_fit_streams(device);
    cm_device_fit_controls(device);
    cm_tree_remove(&device->object);
}

cm_device *cm_device_new(cm_plugin *plugin, const cm_device_description *description)
{
    cm_device *device = calloc(1, sizeof *device);
    if (!device || !cm_hal_io_init(&device->io)) {
        free(device);
        return NULL;
    }
    device->object = (cm_object){ .class_id = kAudioDeviceClassID,
                                  .base_class = kAudioObjectClassID,
                                  .owner = kAudioObjectSystemObject,
                                  .properties = &cm_device_properties,
                                  .destroy = free_device };
    if (plugin->driver == &cm_driver_aggregate) {
        device->object.class_id = kAudioAggregateDeviceClassID;
        device->object.base_class = kAudioDeviceClassID;
        device->object.properties = &cm_aggregate_properties;
    }
    device->plugin = plugin;
    device->description = *description;
    device->buffer_frames = description->buffer_frames;
    device->hog = -1;
    device->alive = true;
    if (!cm_tree_add(&device->object)) {
        free_device(&device->object);
        return NULL;
    }
    cm_device_fit_streams(device);
    cm_device_fit_controls(device);
    if (plugin->driver == &cm_driver_aggregate)
        cm_aggregate_fit_objects(cm_aggregate_find(description->uid), device->object.id);
    return device;
}

/* ---- what the driver says later ---- */

static void notify(const cm_device *device, AudioObjectPropertySelector selector,
                   AudioObjectPropertyScope scope)
{
    cm_notify(device->object.id, selector, scope, kAudioObjectPropertyElementMain);
}

static void notify_formats(const cm_device *device)
{
    for (int side = 0; side < CM_SIDES; side++) {
        if (!device->streams[side])
            continue;
        AudioObjectID stream = device->streams[side]->id;
        cm_notify(stream, kAudioStreamPropertyVirtualFormat, kAudioObjectPropertyScopeGlobal, 0);
        cm_notify(stream, kAudioStreamPropertyPhysicalFormat, kAudioObjectPropertyScopeGlobal, 0);
        notify(device, kAudioStreamPropertyVirtualFormat, cm_scope_of((cm_side)side));
    }
}

static bool is_reshaped(const cm_device_description *a, const cm_device_description *b)
{
    return a->side[CM_INPUT].channels != b->side[CM_INPUT].channels ||
           a->side[CM_OUTPUT].channels != b->side[CM_OUTPUT].channels;
}

static void notify_side(const cm_device *device, const cm_device_description *old, cm_side side)
{
    const cm_device_side *now = &device->description.side[side], *was = &old->side[side];
    AudioObjectPropertyScope scope = cm_scope_of(side);
    if (now->channels != was->channels) {
        notify(device, kAudioDevicePropertyStreamConfiguration, scope);
        notify(device, kAudioDevicePropertyStreams, scope);
    }
    if (now->channels != was->channels || now->layout != was->layout)
        notify(device, kAudioDevicePropertyPreferredChannelLayout, scope);
    if (now->latency != was->latency)
        notify(device, kAudioDevicePropertyLatency, scope);
    if (now->safety_offset != was->safety_offset)
        notify(device, kAudioDevicePropertySafetyOffset, scope);
}

static void notify_differences(const cm_device *device, const cm_device_description *old)
{
    const cm_device_description *now = &device->description;
    if (strcmp(now->name, old->name) != 0)
        notify(device, kAudioObjectPropertyName, kAudioObjectPropertyScopeGlobal);
    if (now->rate != old->rate)
        notify(device, kAudioDevicePropertyNominalSampleRate, kAudioObjectPropertyScopeGlobal);
    if (now->rate_count != old->rate_count ||
        memcmp(now->rates, old->rates, now->rate_count * sizeof *now->rates) != 0)
        notify(device, kAudioDevicePropertyAvailableNominalSampleRates, kAudioObjectPropertyScopeGlobal);
    for (int side = 0; side < CM_SIDES; side++)
        notify_side(device, old, (cm_side)side);
    if (now->rate != old->rate || is_reshaped(now, old))
        notify_formats(device);
    cm_device_notify_levels(device, old);
}

static void fit_buffer(cm_device *device, UInt32 frames)
{
    const cm_device_description *description = &device->description;
    if (frames > description->max_buffer_frames)
        frames = description->max_buffer_frames;
    if (frames < description->min_buffer_frames)
        frames = description->min_buffer_frames;
    if (frames != device->buffer_frames)
        notify(device, kAudioDevicePropertyBufferFrameSize, kAudioObjectPropertyScopeGlobal);
    device->buffer_frames = frames;
}

void cm_device_update(cm_device *device, const cm_device_description *description)
{
    const cm_device_description old = device->description;
    /* A size that nobody chose is the driver's, and changes with it. */
    bool follow = device->buffer_frames == old.buffer_frames &&
                  old.buffer_frames != description->buffer_frames;
    bool restart = cm_hal_io_is_running(device) &&
                   (is_reshaped(&old, description) || old.rate != description->rate || follow);
    if (restart)
        cm_hal_io_close(device);
    cm_tree_lock();
    device->description = *description;
    fit_buffer(device, follow ? description->buffer_frames : device->buffer_frames);
    cm_device_fit_streams(device);
    cm_device_fit_controls(device);
    notify_differences(device, &old);
    cm_tree_unlock();
    if (restart)
        cm_hal_io_settle(device);
}
