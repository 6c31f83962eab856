#include "properties.h"

#include "aac_layers.h"
#include "coded_layout.h"
#include "packet_table.h"
#include "../format/asbd.h"
#include "../format/layout.h"

#include <stdlib.h>
#include <string.h>

#define MOST_COOKIE_BYTES ((UInt32)1 << 24)

typedef struct property {
    AudioFilePropertyID id;
    UInt32 size;                       /* the only one to be set; 0: any */
    cm_property_size_fn size_of;       /* fails when the file does not have the property; NULL: size */
    cm_property_get_fn get;            /* NULL: can only be set */
    cm_property_set_fn set;            /* NULL: can only be read */
    bool (*can_set)(const cm_file *f); /* NULL: whenever there is set and the file may be written */
} property;

static OSStatus put(UInt32 *io_size, void *data, const void *value, UInt32 size)
{
    memcpy(data, value, size);
    *io_size = size;
    return noErr;
}

static OSStatus put_u32(UInt32 *io_size, void *data, UInt32 value)
{
    return put(io_size, data, &value, sizeof value);
}

static OSStatus put_s64(UInt32 *io_size, void *data, SInt64 value)
{
    return put(io_size, data, &value, sizeof value);
}

/* ---- format ---- */

static OSStatus get_file_format(cm_file *f, UInt32 *io_size, void *data)
{
    return put_u32(io_size, data, f->type);
}

static OSStatus get_data_format(cm_file *f, UInt32 *io_size, void *data)
{
    return put(io_size, data, &f->format, sizeof f->format);
}

static bool is_empty_new(const cm_file *f)
{
    return f->created && f->data_bytes == 0 && f->table.count == 0 && f->container->create;
}

static OSStatus start_again(cm_file *f, const AudioStreamBasicDescription *format)
{
    f->container->close(f);
    f->state = NULL;
    cm_packet_table_free(&f->table);
    f->packet_count = -1;
    f->format = *format;
    return f->container->create(f);
}

/* A new file without audio starts again with the other format; when that fails, with the one it had. */
static OSStatus set_data_format(cm_file *f, UInt32 size, const void *data)
{
    AudioStreamBasicDescription wanted, before = f->format;
    (void)size;
    memcpy(&wanted, data, sizeof wanted);
    cm_asbd_complete(&wanted);
    OSStatus status = cm_asbd_check(&wanted);
    if (status != noErr)
        return status;
    status = start_again(f, &wanted);
    if (status != noErr) {
        OSStatus back = start_again(f, &before);
        f->write_status = back;
    }
    return status;
}

static OSStatus get_format_name(cm_file *f, UInt32 *io_size, void *data)
{
    char text[256];
    cm_asbd_describe(&f->format, text, sizeof text);
    CFStringRef name = CFStringCreateWithCString(NULL, text, kCFStringEncodingUTF8);
    return name ? put(io_size, data, &name, sizeof name) : cmMemFullError;
}

static OSStatus size_format_list(cm_file *f, UInt32 *size)
{
    AudioStreamBasicDescription formats[3];
    *size = cm_aac_layers(f, formats) * (UInt32)sizeof(AudioFormatListItem);
    return noErr;
}

static OSStatus get_format_list(cm_file *f, UInt32 *io_size, void *data)
{
    AudioStreamBasicDescription formats[3];
    AudioFormatListItem items[3];
    UInt32 count = cm_aac_layers(f, formats);
    memset(items, 0, sizeof items);
    for (UInt32 i = 0; i < count; i++) {
        items[i].mASBD = formats[i];
        items[i].mChannelLayoutTag = cm_coded_layout_tag(formats[i].mFormatID, formats[i].mChannelsPerFrame);
    }
    if (f->layout) /* the file's own is that of its format */
        items[0].mChannelLayoutTag = f->layout->mChannelLayoutTag;
    else if (count == 1)
        items[0].mChannelLayoutTag = kAudioChannelLayoutTag_Unknown;
    return put(io_size, data, items, count * (UInt32)sizeof *items);
}

static OSStatus size_layout(cm_file *f, UInt32 *size)
{
    *size = f->layout_size;
    return f->layout ? noErr : kAudioFileUnsupportedPropertyError;
}

static OSStatus get_layout(cm_file *f, UInt32 *io_size, void *data)
{
    return put(io_size, data, f->layout, f->layout_size);
}

static bool can_change(const cm_file *f, AudioFilePropertyID id)
{
    return !f->container->can_change || f->container->can_change(f, id);
}

bool cm_change_while_created(const cm_file *f, AudioFilePropertyID id)
{
    (void)id;
    return f->created;
}

static bool takes_layout(const cm_file *f)
{
    return f->container->layout_changed && can_change(f, kAudioFilePropertyChannelLayout);
}

static OSStatus set_layout(cm_file *f, UInt32 size, const void *data)
{
    AudioChannelLayout *before = f->layout, *layout = NULL;
    UInt32 before_size = f->layout_size;
    /* A copy that is aligned, and never smaller than the one description that the struct declares. */
    layout = calloc(1, size > sizeof *layout ? size : sizeof *layout);
    if (!layout)
        return cmMemFullError;
    memcpy(layout, data, size);
    OSStatus status = size < CM_LAYOUT_HEADER ? kAudioFileBadPropertySizeError
                                              : cm_layout_check(layout, size);
    if (status == noErr && cm_layout_channels(layout) != f->format.mChannelsPerFrame)
        status = cm_fail(cmParamError, "a layout of %u channels for audio of %u", cm_layout_channels(layout),
                         f->format.mChannelsPerFrame);
    if (status == noErr) {
        f->layout = layout;
        f->layout_size = (UInt32)cm_layout_size(layout->mNumberChannelDescriptions);
        status = f->container->layout_changed(f);
    }
    free(status == noErr ? before : layout);
    if (status == noErr) {
        f->dirty = true;
        return noErr;
    }
    f->layout = before;
    f->layout_size = before_size;
    return status;
}

static OSStatus size_cookie(cm_file *f, UInt32 *size)
{
    *size = f->cookie ? (UInt32)CFDataGetLength(f->cookie) : 0;
    return f->cookie ? noErr : kAudioFileUnsupportedPropertyError;
}

static OSStatus get_cookie(cm_file *f, UInt32 *io_size, void *data)
{
    return put(io_size, data, CFDataGetBytePtr(f->cookie), (UInt32)CFDataGetLength(f->cookie));
}

static bool takes_cookie(const cm_file *f)
{
    return f->container->cookie_changed && can_change(f, kAudioFilePropertyMagicCookieData);
}

static OSStatus set_cookie(cm_file *f, UInt32 size, const void *data)
{
    if (size > MOST_COOKIE_BYTES)
        return kAudioFileBadPropertySizeError;
    CFDataRef before = f->cookie;
    f->cookie = CFDataCreate(NULL, data, (CFIndex)size);
    OSStatus status = f->cookie ? f->container->cookie_changed(f) : cmMemFullError;
    CFDataRef spent = status == noErr ? before : f->cookie;
    if (status == noErr)
        f->dirty = true;
    else
        f->cookie = before;
    if (spent)
        CFRelease(spent);
    return status;
}

static UInt32 source_depth(const cm_file *f)
{
    return f->source_bit_depth ? f->source_bit_depth : f->format.mBitsPerChannel;
}

static OSStatus size_source_depth(cm_file *f, UInt32 *size)
{
    *size = sizeof(SInt32);
    return source_depth(f) ? noErr : kAudioFileUnsupportedPropertyError;
}

static OSStatus get_source_depth(cm_file *f, UInt32 *io_size, void *data)
{
    UInt32 bits = source_depth(f);
    bool is_float = cm_asbd_is_pcm(&f->format) && f->format.mFormatFlags & kAudioFormatFlagIsFloat;
    SInt32 value = is_float ? -(SInt32)bits : (SInt32)bits;
    return put(io_size, data, &value, sizeof value);
}

/* ---- sizes and counts ---- */

/* True when there is nothing behind the audio data, so that a recording can go on without moving anything. */
static OSStatus get_is_optimized(cm_file *f, UInt32 *io_size, void *data)
{
    UInt32 optimized = !f->described_behind;
    for (size_t i = 0; f->container->optimize && i < f->chunk_count; i++)
        if (f->chunks[i].offset > f->data_offset)
            optimized = 0;
    return put_u32(io_size, data, optimized);
}

static OSStatus get_data_bytes(cm_file *f, UInt32 *io_size, void *data)
{
    return put_s64(io_size, data, f->data_bytes);
}

static OSStatus set_data_bytes(cm_file *f, UInt32 size, const void *data)
{
    UInt64 bytes;
    (void)size;
    memcpy(&bytes, data, sizeof bytes);
    return cm_file_set_data_bytes(f, bytes);
}

/* Packets of varying size lie in tables and pages of the container's. */
static bool takes_data_bytes(const cm_file *f)
{
    return !f->container->write_packets;
}

static OSStatus get_packet_count(cm_file *f, UInt32 *io_size, void *data)
{
    SInt64 count = 0;
    OSStatus status = cm_file_count_packets(f, &count);
    return status == noErr ? put_s64(io_size, data, count) : status;
}

static OSStatus get_max_packet_size(cm_file *f, UInt32 *io_size, void *data)
{
    UInt32 size = 0;
    OSStatus status = cm_file_max_packet_size(f, &size);
    return status == noErr ? put_u32(io_size, data, size) : status;
}

static OSStatus get_packet_size_bound(cm_file *f, UInt32 *io_size, void *data)
{
    return put_u32(io_size, data, cm_file_packet_size_bound(f));
}

static OSStatus get_data_offset(cm_file *f, UInt32 *io_size, void *data)
{
    return put_s64(io_size, data, f->data_offset);
}

static OSStatus size_packet_info(cm_file *f, UInt32 *size)
{
    *size = sizeof f->packet_info;
    return f->has_packet_info ? noErr : kAudioFileUnsupportedPropertyError;
}

static OSStatus get_packet_info(cm_file *f, UInt32 *io_size, void *data)
{
    return put(io_size, data, &f->packet_info, sizeof f->packet_info);
}

static bool takes_packet_info(const cm_file *f)
{
    return f->container->packet_info_changed && can_change(f, kAudioFilePropertyPacketTableInfo);
}

static OSStatus set_packet_info(cm_file *f, UInt32 size, const void *data)
{
    AudioFilePacketTableInfo before = f->packet_info;
    bool had = f->has_packet_info;
    (void)size;
    memcpy(&f->packet_info, data, sizeof f->packet_info);
    f->has_packet_info = true;
    const AudioFilePacketTableInfo *info = &f->packet_info;
    bool sane = info->mNumberValidFrames >= 0 && info->mPrimingFrames >= 0 && info->mRemainderFrames >= 0;
    OSStatus status = sane ? f->container->packet_info_changed(f) : cmParamError;
    if (status == noErr) {
        f->dirty = true;
        return noErr;
    }
    f->packet_info = before;
    f->has_packet_info = had;
    return status;
}

static OSStatus get_duration(cm_file *f, UInt32 *io_size, void *data)
{
    Float64 seconds = cm_file_duration(f);
    return put(io_size, data, &seconds, sizeof seconds);
}

static OSStatus get_bit_rate(cm_file *f, UInt32 *io_size, void *data)
{
    const AudioStreamBasicDescription *d = &f->format;
    Float64 rate = f->bit_rate;
    if (rate <= 0 && d->mBytesPerPacket && d->mFramesPerPacket)
        rate = 8.0 * d->mBytesPerPacket * d->mSampleRate / d->mFramesPerPacket;
    if (rate <= 0) {
        Float64 seconds = cm_file_duration(f);
        rate = seconds > 0 ? 8.0 * (Float64)f->data_bytes / seconds : 0;
    }
    return put_u32(io_size, data, rate < 4294967295.0 ? (UInt32)(rate + 0.5) : UINT32_MAX);
}

/* ---- how the file is used ---- */

static OSStatus get_defer(cm_file *f, UInt32 *io_size, void *data)
{
    return put_u32(io_size, data, f->defer_sizes);
}

static OSStatus set_defer(cm_file *f, UInt32 size, const void *data)
{
    UInt32 value;
    (void)size;
    memcpy(&value, data, sizeof value);
    f->defer_sizes = value != 0;
    return noErr;
}

/* Where packets need no table in front of the audio, there is nothing to reserve. */
static OSStatus set_reserve(cm_file *f, UInt32 size, const void *data)
{
    Float64 seconds;
    (void)f, (void)size;
    memcpy(&seconds, data, sizeof seconds);
    return seconds >= 0 ? noErr : cmParamError;
}

static OSStatus get_zero(cm_file *f, UInt32 *io_size, void *data)
{
    (void)f;
    return put_u32(io_size, data, 0);
}

static OSStatus get_one(cm_file *f, UInt32 *io_size, void *data)
{
    (void)f;
    return put_u32(io_size, data, 1);
}

static OSStatus set_track(cm_file *f, UInt32 size, const void *data)
{
    UInt32 track;
    (void)f, (void)size;
    memcpy(&track, data, sizeof track);
    return track == 0 ? noErr : cm_fail(cmParamError, "this file has one audio track, number 0");
}

static bool always(const cm_file *f)
{
    (void)f;
    return true;
}

static bool takes_info(const cm_file *f)
{
    return f->container->write_info != NULL;
}

static bool takes_markers(const cm_file *f)
{
    return f->container->write_markers != NULL;
}

static bool takes_regions(const cm_file *f)
{
    return f->container->write_regions != NULL;
}

#define FIXED(id, type, ...)                                                                                 \
    {                                                                                                        \
        id, (UInt32)sizeof(type), NULL, __VA_ARGS__                                                          \
    }
/* Of one size, where the file has it. */
#define SOME(id, type, ...)                                                                                  \
    {                                                                                                        \
        id, (UInt32)sizeof(type), __VA_ARGS__                                                                \
    }
#define VARIABLE(id, ...)                                                                                    \
    {                                                                                                        \
        id, 0, __VA_ARGS__                                                                                   \
    }

static const property table[] = {
    FIXED(kAudioFilePropertyFileFormat, UInt32, get_file_format, NULL, NULL),
    FIXED(kAudioFilePropertyDataFormat, AudioStreamBasicDescription, get_data_format, set_data_format,
          is_empty_new),
    FIXED(kAudioFilePropertyDataFormatName, CFStringRef, get_format_name, NULL, NULL),
    VARIABLE(kAudioFilePropertyFormatList, size_format_list, get_format_list, NULL, NULL),
    FIXED(kAudioFilePropertyIsOptimized, UInt32, get_is_optimized, NULL, NULL),
    VARIABLE(kAudioFilePropertyMagicCookieData, size_cookie, get_cookie, set_cookie, takes_cookie),
    FIXED(kAudioFilePropertyAudioDataByteCount, UInt64, get_data_bytes, set_data_bytes, takes_data_bytes),
    FIXED(kAudioFilePropertyAudioDataPacketCount, UInt64, get_packet_count, NULL, NULL),
    FIXED(kAudioFilePropertyMaximumPacketSize, UInt32, get_max_packet_size, NULL, NULL),
    FIXED(kAudioFilePropertyPacketSizeUpperBound, UInt32, get_packet_size_bound, NULL, NULL),
    FIXED(kAudioFilePropertyDataOffset, SInt64, get_data_offset, NULL, NULL),
    VARIABLE(kAudioFilePropertyChannelLayout, size_layout, get_layout, set_layout, takes_layout),
    FIXED(kAudioFilePropertyDeferSizeUpdates, UInt32, get_defer, set_defer, NULL),
    VARIABLE(kAudioFilePropertyMarkerList, cm_size_markers, cm_get_markers, cm_set_markers, takes_markers),
    VARIABLE(kAudioFilePropertyRegionList, cm_size_regions, cm_get_regions, cm_set_regions, takes_regions),
    VARIABLE(kAudioFilePropertyChunkIDs, cm_size_chunk_ids, cm_get_chunk_ids, NULL, NULL),
    FIXED(kAudioFilePropertyInfoDictionary, CFDictionaryRef, cm_get_info, cm_set_info, takes_info),
    SOME(kAudioFilePropertyPacketTableInfo, AudioFilePacketTableInfo, size_packet_info, get_packet_info,
         set_packet_info, takes_packet_info),
    FIXED(kAudioFilePropertyReserveDuration, Float64, NULL, set_reserve, is_empty_new),
    FIXED(kAudioFilePropertyEstimatedDuration, Float64, get_duration, NULL, NULL),
    FIXED(kAudioFilePropertyBitRate, UInt32, get_bit_rate, NULL, NULL),
    SOME(kAudioFilePropertySourceBitDepth, SInt32, size_source_depth, get_source_depth, NULL, NULL),
    FIXED(kAudioFilePropertyAudioTrackCount, UInt32, get_one, NULL, NULL),
    FIXED(kAudioFilePropertyUseAudioTrack, UInt32, NULL, set_track, always),
    FIXED(kAudioFilePropertyRestrictsRandomAccess, UInt32, get_zero, NULL, NULL),
    FIXED(kAudioFilePropertyPacketToFrame, AudioFramePacketTranslation, cm_get_packet_to_frame, NULL, NULL),
    FIXED(kAudioFilePropertyFrameToPacket, AudioFramePacketTranslation, cm_get_frame_to_packet, NULL, NULL),
    FIXED(kAudioFilePropertyPacketToByte, AudioBytePacketTranslation, cm_get_packet_to_byte, NULL, NULL),
    FIXED(kAudioFilePropertyByteToPacket, AudioBytePacketTranslation, cm_get_byte_to_packet, NULL, NULL),
    FIXED(kAudioFilePropertyPacketToRollDistance, AudioPacketRollDistanceTranslation, cm_get_roll_distance,
          NULL, NULL),
    FIXED(kAudioFilePropertyPreviousIndependentPacket, AudioIndependentPacketTranslation,
          cm_get_previous_independent, NULL, NULL),
    FIXED(kAudioFilePropertyNextIndependentPacket, AudioIndependentPacketTranslation, cm_get_next_independent,
          NULL, NULL),
    FIXED(kAudioFilePropertyPacketToDependencyInfo, AudioPacketDependencyInfoTranslation,
          cm_get_dependency_info, NULL, NULL),
    FIXED(kAudioFilePropertyPacketRangeByteCountUpperBound, AudioPacketRangeByteCountTranslation,
          cm_get_range_byte_bound, NULL, NULL),
};

static const property *find(AudioFilePropertyID id)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].id == id)
            return &table[i];
    return NULL;
}

static bool settable(const cm_file *f, const property *p)
{
    if (!p->set || (p->can_set && !p->can_set(f)))
        return false;
    return p->can_set == always || cm_file_check_writable(f) == noErr;
}

static OSStatus size_of(cm_file *f, const property *p, UInt32 *size)
{
    *size = p->size;
    return p->size_of ? p->size_of(f, size) : noErr;
}

OSStatus cm_file_property_info(cm_file *f, AudioFilePropertyID id, UInt32 *size, UInt32 *writable)
{
    const cm_container *c = f->container;
    bool can_write = false;
    OSStatus status = c->property_info ? c->property_info(f, id, size, &can_write)
                                       : kAudioFileUnsupportedPropertyError;
    if (status != kAudioFileUnsupportedPropertyError) {
        *writable = can_write && cm_file_check_writable(f) == noErr;
        return status == noErr && *size == 0 && !*writable ? kAudioFileUnsupportedPropertyError : status;
    }
    const property *p = find(id);
    if (!p)
        return kAudioFileUnsupportedPropertyError;
    *writable = settable(f, p);
    status = size_of(f, p, size);
    /* What can be set but does not exist yet is an empty value. */
    if (status == kAudioFileUnsupportedPropertyError && *writable) {
        *size = p->size;
        return noErr;
    }
    return status;
}

OSStatus cm_file_get_property(cm_file *f, AudioFilePropertyID id, UInt32 *io_size, void *data)
{
    const cm_container *c = f->container;
    OSStatus status = c->get_property ? c->get_property(f, id, io_size, data)
                                      : kAudioFileUnsupportedPropertyError;
    if (status != kAudioFileUnsupportedPropertyError)
        return status;
    const property *p = find(id);
    if (!p || !p->get)
        return kAudioFileUnsupportedPropertyError;
    UInt32 size = 0;
    status = size_of(f, p, &size);
    if (status != noErr)
        return status;
    if (*io_size < size)
        return kAudioFileBadPropertySizeError;
    return p->get(f, io_size, data);
}

static OSStatus is_fixed(void)
{
    return cm_fail(kAudioFileOperationNotSupportedError, "this property of this file is fixed");
}

/* A property of the container alone; kAudioFileUnsupportedPropertyError when it is none. */
static OSStatus set_own(cm_file *f, AudioFilePropertyID id, UInt32 size, const void *data)
{
    const cm_container *c = f->container;
    UInt32 present;
    bool can_write = false;
    OSStatus status = c->property_info ? c->property_info(f, id, &present, &can_write)
                                       : kAudioFileUnsupportedPropertyError;
    if (status != noErr)
        return status;
    if (!can_write)
        return is_fixed();
    status = cm_file_check_writable(f);
    return status == noErr ? c->set_property(f, id, size, data) : status;
}

OSStatus cm_file_set_property(cm_file *f, AudioFilePropertyID id, UInt32 size, const void *data)
{
    UInt32 present;
    OSStatus status = set_own(f, id, size, data);
    if (status != kAudioFileUnsupportedPropertyError)
        return status;
    const property *p = find(id);
    if (!p)
        return kAudioFileUnsupportedPropertyError;
    if (!p->set || (p->can_set && !p->can_set(f))) {
        status = size_of(f, p, &present);
        return status == noErr ? is_fixed() : status;
    }
    if (p->can_set != always && cm_file_check_writable(f) != noErr)
        return kAudioFilePermissionsError;
    if (p->size && size != p->size)
        return kAudioFileBadPropertySizeError;
    return p->set(f, size, data);
}

/* ---- the functions ---- */

OSStatus AudioFileGetPropertyInfo(AudioFileID inAudioFile, AudioFilePropertyID inPropertyID,
                                  UInt32 *outDataSize, UInt32 *isWritable)
{
    UInt32 size = 0, writable = 0;
    cm_file *f = cm_file_enter(inAudioFile);
    if (!f)
        return kAudioFileNotOpenError;
    OSStatus status = cm_file_property_info(f, inPropertyID, &size, &writable);
    cm_file_leave(inAudioFile, f);
    if (status == noErr && outDataSize)
        *outDataSize = size;
    if (status == noErr && isWritable)
        *isWritable = writable;
    return status;
}

OSStatus AudioFileGetProperty(AudioFileID inAudioFile, AudioFilePropertyID inPropertyID, UInt32 *ioDataSize,
                              void *outPropertyData)
{
    if (!ioDataSize || !outPropertyData)
        return cmParamError;
    cm_file *f = cm_file_enter(inAudioFile);
    if (!f)
        return kAudioFileNotOpenError;
    OSStatus status = cm_file_get_property(f, inPropertyID, ioDataSize, outPropertyData);
    cm_file_leave(inAudioFile, f);
    return status;
}

OSStatus AudioFileSetProperty(AudioFileID inAudioFile, AudioFilePropertyID inPropertyID, UInt32 inDataSize,
                              const void *inPropertyData)
{
    if (!inPropertyData)
        return cmParamError;
    cm_file *f = cm_file_enter(inAudioFile);
    if (!f)
        return kAudioFileNotOpenError;
    OSStatus status = cm_file_set_property(f, inPropertyID, inDataSize, inPropertyData);
    cm_file_leave(inAudioFile, f);
    return status;
}
