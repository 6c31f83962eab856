/* hal_device.c: devices and their properties. */
#include "hal.h"

#include <stdlib.h>
#include <string.h>

static cm_device *device_of(const cm_query *query)
{
    return (cm_device *)query->object;
}

static bool includes(const cm_query *query, cm_side side)
{
    return query->address->mScope == kAudioObjectPropertyScopeGlobal ||
           query->address->mScope == cm_scope_of(side);
}

/* The side that a scope means; the global scope means the output, where there is one. */
static cm_side side_of(const cm_query *query)
{
    if (query->address->mScope != kAudioObjectPropertyScopeGlobal)
        return query->address->mScope == kAudioObjectPropertyScopeInput ? CM_INPUT : CM_OUTPUT;
    return device_of(query)->description.side[CM_OUTPUT].channels ? CM_OUTPUT : CM_INPUT;
}

static const cm_device_side *shape_of(const cm_query *query)
{
    return &device_of(query)->description.side[side_of(query)];
}

static bool has_side(const cm_query *query)
{
    return shape_of(query)->channels > 0;
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
    return cm_reply_text(reply, device_of(query)->description.name);
}

static OSStatus get_manufacturer(const cm_query *query, cm_reply *reply)
{
    return cm_reply_text(reply, device_of(query)->description.manufacturer);
}

static OSStatus get_uid(const cm_query *query, cm_reply *reply)
{
    return cm_reply_text(reply, device_of(query)->description.uid);
}

static OSStatus get_model_uid(const cm_query *query, cm_reply *reply)
{
    return cm_reply_text(reply, device_of(query)->description.model_uid);
}

static OSStatus get_transport(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, device_of(query)->description.transport);
}

static OSStatus get_plug_in(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, device_of(query)->plugin->object.id);
}

static OSStatus get_latency(const cm_query *query, cm_reply *reply)
{
    cm_side side = side_of(query);
    const cm_device *device = device_of(query);
    return cm_reply_u32(reply, cm_hal_io_is_running(device) ? device->io.settings.latency[side]
                                                            : device->description.side[side].latency);
}

static OSStatus get_safety_offset(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, shape_of(query)->safety_offset);
}

static OSStatus get_rate(const cm_query *query, cm_reply *reply)
{
    return cm_reply_f64(reply, device_of(query)->description.rate);
}

static OSStatus get_rates(const cm_query *query, cm_reply *reply)
{
    const cm_device_description *description = &device_of(query)->description;
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
        cm_tree_lock();
        cm_device_update(device, &changed);
        cm_tree_unlock();
    }
    OSStatus restarted = cm_hal_io_settle(device);
    return status == noErr ? restarted : status;
}

static OSStatus set_rate(const cm_query *query, UInt32 size, const void *data)
{
    Float64 rate;
    memcpy(&rate, data, size);
    return cm_device_set_rate(device_of(query), rate);
}

/* ---- state ---- */

static OSStatus get_alive(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, device_of(query)->alive);
}

static OSStatus get_running(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, cm_hal_io_is_running(device_of(query)));
}

static OSStatus get_can_be_default(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, shape_of(query)->channels > 0 && device_of(query)->alive);
}

static OSStatus get_zero(const cm_query *query, cm_reply *reply)
{
    (void)query;
    return cm_reply_u32(reply, 0);
}

static OSStatus get_buffer_frames(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, device_of(query)->buffer_frames);
}

static OSStatus get_buffer_range(const cm_query *query, cm_reply *reply)
{
    const cm_device_description *description = &device_of(query)->description;
    cm_reply_put(reply, &(AudioValueRange){ description->min_buffer_frames, description->max_buffer_frames },
                 sizeof(AudioValueRange));
    return noErr;
}

static OSStatus set_buffer_frames(const cm_query *query, UInt32 size, const void *data)
{
    cm_device *device = device_of(query);
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
        const cm_object *stream = device_of(query)->streams[side];
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
    const cm_device *device = device_of(query);
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
    UInt32 channels[2] = { 1, shape_of(query)->channels > 1 ? 2 : 1 };
    cm_reply_put(reply, channels, sizeof channels);
    return noErr;
}

static OSStatus get_layout(const cm_query *query, cm_reply *reply)
{
    const cm_device_side *shape = shape_of(query);
    AudioChannelLayout layout = { .mChannelLayoutTag = shape->layout };
    if (!shape->layout)
        layout.mChannelLayoutTag = kAudioChannelLayoutTag_DiscreteInOrder | shape->channels;
    cm_reply_put(reply, &layout, offsetof(AudioChannelLayout, mChannelDescriptions));
    return noErr;
}

static const cm_property properties[] = {
    { kAudioObjectPropertyName, CM_IN_ALL, sizeof(CFStringRef), .get = get_name },
    { kAudioObjectPropertyManufacturer, CM_IN_ALL, sizeof(CFStringRef), .get = get_manufacturer },
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
};

const cm_property_table cm_device_properties = CM_PROPERTY_TABLE(properties, &cm_object_properties);

/* ---- life ---- */

static void free_device(cm_object *object)
{
    cm_device *device = (cm_device *)object;
    cm_hal_io_free(device);
    free(device);
}

void cm_device_remove(cm_device *device)
{
    for (size_t i = 0; i < CM_SIDES; i++)
        if (device->streams[i])
            cm_tree_remove(device->streams[i]);
    for (size_t i = 0; i < CM_MAX_CONTROLS; i++)
        if (device->controls[i])
            cm_tree_remove(device->controls[i]);
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
    device->plugin = plugin;
    device->description = *description;
    device->buffer_frames = description->buffer_frames;
    device->alive = true;
    if (!cm_tree_add(&device->object)) {
        free_device(&device->object);
        return NULL;
    }
    for (int side = 0; side < CM_SIDES; side++) {
        cm_stream *stream = description->side[side].channels ? cm_stream_new(device, (cm_side)side) : NULL;
        device->streams[side] = stream ? &stream->object : NULL;
    }
    return device;
}

void cm_device_update(cm_device *device, const cm_device_description *description)
{
    cm_device_description old = device->description;
    device->description = *description;
    if (old.rate == description->rate)
        return;
    cm_notify(device->object.id, kAudioDevicePropertyNominalSampleRate, kAudioObjectPropertyScopeGlobal, 0);
    for (int side = 0; side < CM_SIDES; side++)
        if (device->streams[side])
            cm_notify(device->streams[side]->id, kAudioStreamPropertyVirtualFormat,
                      kAudioObjectPropertyScopeGlobal, 0);
}
