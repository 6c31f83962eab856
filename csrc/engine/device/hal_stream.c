/* hal_stream.c: the stream of each side of a device. Drivers take Float32, so the virtual and the physical
 * format are the same. */
#include "hal.h"

#include <stdlib.h>
#include <string.h>

static cm_stream *stream_of(const cm_query *query)
{
    return (cm_stream *)query->object;
}

static OSStatus get_active(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, stream_of(query)->device->alive);
}

static OSStatus get_direction(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, stream_of(query)->side == CM_INPUT);
}

static OSStatus get_terminal(const cm_query *query, cm_reply *reply)
{
    (void)query;
    return cm_reply_u32(reply, kAudioStreamTerminalTypeLine);
}

static OSStatus get_starting_channel(const cm_query *query, cm_reply *reply)
{
    (void)query;
    return cm_reply_u32(reply, 1);
}

/* All of a side's latency is the device's. */
static OSStatus get_latency(const cm_query *query, cm_reply *reply)
{
    (void)query;
    return cm_reply_u32(reply, 0);
}

static OSStatus get_format(const cm_query *query, cm_reply *reply)
{
    AudioStreamBasicDescription format = cm_device_format(stream_of(query)->device, stream_of(query)->side);
    cm_reply_put(reply, &format, sizeof format);
    return noErr;
}

static OSStatus get_formats(const cm_query *query, cm_reply *reply)
{
    const cm_device_description *description = &stream_of(query)->device->description;
    AudioStreamRangedDescription ranged = { .mFormat = cm_device_format(stream_of(query)->device,
                                                                        stream_of(query)->side) };
    for (UInt32 i = 0; i < description->rate_count; i++) {
        Float64 rate = description->rates[i];
        ranged.mFormat.mSampleRate = rate;
        ranged.mSampleRateRange = (AudioValueRange){ rate, rate };
        cm_reply_put(reply, &ranged, sizeof ranged);
    }
    return noErr;
}

/* Only the rate is free. */
static OSStatus set_format(const cm_query *query, UInt32 size, const void *data)
{
    cm_device *device = stream_of(query)->device;
    AudioStreamBasicDescription wanted, ours = cm_device_format(device, stream_of(query)->side);
    memcpy(&wanted, data, size);
    ours.mSampleRate = wanted.mSampleRate;
    if (wanted.mFormatID != ours.mFormatID || wanted.mChannelsPerFrame != ours.mChannelsPerFrame ||
        wanted.mFormatFlags != ours.mFormatFlags || wanted.mBitsPerChannel != ours.mBitsPerChannel ||
        wanted.mBytesPerFrame != ours.mBytesPerFrame)
        return kAudioDeviceUnsupportedFormatError;
    OSStatus status = cm_device_set_rate(device, wanted.mSampleRate);
    return status == kAudioHardwareIllegalOperationError ? kAudioDeviceUnsupportedFormatError : status;
}

static const cm_property properties[] = {
    { kAudioStreamPropertyIsActive, CM_IN_ALL, sizeof(UInt32), .get = get_active },
    { kAudioStreamPropertyDirection, CM_IN_ALL, sizeof(UInt32), .get = get_direction },
    { kAudioStreamPropertyTerminalType, CM_IN_ALL, sizeof(UInt32), .get = get_terminal },
    { kAudioStreamPropertyStartingChannel, CM_IN_ALL, sizeof(UInt32), .get = get_starting_channel },
    { kAudioStreamPropertyLatency, CM_IN_ALL, sizeof(UInt32), .get = get_latency },
    { kAudioStreamPropertyVirtualFormat, CM_IN_ALL, sizeof(AudioStreamBasicDescription), .get = get_format,
      .set = set_format },
    { kAudioStreamPropertyPhysicalFormat, CM_IN_ALL, sizeof(AudioStreamBasicDescription), .get = get_format,
      .set = set_format },
    { kAudioStreamPropertyAvailableVirtualFormats, CM_IN_ALL, .list = true, .get = get_formats },
    { kAudioStreamPropertyAvailablePhysicalFormats, CM_IN_ALL, .list = true, .get = get_formats },
};

const cm_property_table cm_stream_properties = CM_PROPERTY_TABLE(properties, &cm_object_properties);

static void free_stream(cm_object *object)
{
    free(object);
}

cm_object *cm_stream_new(cm_device *device, cm_side side)
{
    cm_stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return NULL;
    stream->object = (cm_object){ .class_id = kAudioStreamClassID,
                                  .base_class = kAudioObjectClassID,
                                  .owner = device->object.id,
                                  .properties = &cm_stream_properties,
                                  .destroy = free_stream };
    stream->device = device;
    stream->side = side;
    if (cm_tree_add(&stream->object))
        return &stream->object;
    free(stream);
    return NULL;
}
