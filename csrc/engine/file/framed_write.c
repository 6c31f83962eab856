/* framed_write.c: making such a file, adding packets, and bringing tags and information frame up to date. */
#include "framed.h"

#include "file.h"
#include "id3.h"
#include "packet_table.h"
#include "../format/aac_config.h"
#include "../format/cookie.h"

#include <stdlib.h>
#include <string.h>

#define TAG_PADDING 1024 /* so that the next change need not move the audio */
#define MOST_ADTS 8191u

OSStatus cm_framed_create(cm_file *f, const cm_framed_kind *kind)
{
    cm_framed *s = calloc(1, sizeof *s);
    f->state = s;
    if (!s)
        return cmMemFullError;
    s->kind = kind;
    s->xing_size = kind->has_xing ? cm_xing_size(&f->format) : 0;
    if (f->format.mFramesPerPacket == 0)
        return cm_fail(kAudioFileUnsupportedDataFormatError, "the format lacks its frames per packet");
    f->data_offset = s->xing_size;
    f->data_bytes = 0;
    f->packet_count = 0;
    return noErr;
}

/* ---- packets ---- */

static OSStatus adts_header(const cm_file *f, UInt32 size, UInt8 to[7])
{
    cm_aac_config config = { .object_type = CM_AAC_LC };
    cm_span found, cookie = { 0 };
    if (f->cookie)
        cookie = (cm_span){ CFDataGetBytePtr(f->cookie), (size_t)CFDataGetLength(f->cookie) };
    if (cookie.bytes && cm_cookie_find_aac(cookie, &found)) {
        cm_aac_config_parse(found.bytes, found.size, &config);
    } else {
        config.rate = (UInt32)f->format.mSampleRate;
        config.channel_config = cm_aac_channel_config(f->format.mChannelsPerFrame);
    }
    UInt32 rate = cm_aac_rate_index(config.rate), channels = config.channel_config;
    if (rate >= 13 || channels == 0 || channels > 7 || config.object_type > 4)
        return cm_fail(kAudioFileUnsupportedDataFormatError, "ADTS has no header for this kind of AAC");
    if (size > MOST_ADTS - 7)
        return cm_fail(kAudioFileUnsupportedDataFormatError, "a packet of %u bytes in ADTS", (unsigned)size);
    UInt32 length = size + 7;
    to[0] = 0xFF;
    to[1] = 0xF1; /* MPEG-4, no CRC */
    to[2] = (UInt8)((config.object_type - 1) << 6 | rate << 2 | channels >> 2);
    to[3] = (UInt8)((channels & 3) << 6 | length >> 11);
    to[4] = (UInt8)(length >> 3);
    to[5] = (UInt8)((length & 7) << 5 | 0x1F);
    to[6] = 0xFC;
    return noErr;
}

static OSStatus append(cm_file *f, const UInt8 *bytes, UInt32 size)
{
    cm_framed *s = f->state;
    OSStatus status = cm_io_write(f->io, f->data_offset + f->data_bytes, bytes, size);
    if (status == noErr)
        f->data_bytes += size;
    if (status == noErr && s->kind->has_xing)
        s->crc = cm_xing_crc(s->crc, bytes, size);
    return status;
}

/* Refuses what is not one frame of the file's format; what is becomes *frame. */
static OSStatus check_frame(const cm_file *f, const UInt8 *bytes, UInt32 size, cm_frame *frame)
{
    const cm_framed *s = f->state;
    bool good = s->kind->parse(bytes, size, frame) && frame->format.mFormatID == f->format.mFormatID &&
                frame->format.mSampleRate == f->format.mSampleRate && frame->size <= size;
    return good ? noErr
                : cm_fail(kAudioFileUnsupportedDataFormatError, "a packet is not one %s frame of %g Hz",
                          f->container->name, f->format.mSampleRate);
}

static void remember_frame(cm_file *f, const UInt8 *bytes, const cm_frame *frame)
{
    cm_framed *s = f->state;
    if (s->first.size == 0) {
        s->first = *frame;
        memcpy(s->head, bytes, 4);
    }
    s->is_variable = s->is_variable || frame->bit_rate != s->first.bit_rate;
}

static OSStatus write_packet(cm_file *f, const UInt8 *bytes, UInt32 size)
{
    cm_framed *s = f->state;
    UInt8 header[7];
    cm_frame frame;
    SInt64 before = f->data_bytes;
    UInt32 skip = f->type == kAudioFileAAC_ADTSType ? (UInt32)sizeof header : 0;
    OSStatus status = skip ? adts_header(f, size, header) : check_frame(f, bytes, size, &frame);
    if (status == noErr && skip)
        status = append(f, header, skip);
    if (status == noErr)
        status = append(f, bytes, size);
    if (status == noErr)
        status = cm_packet_table_add(&f->table, true, false, f->data_offset + before + skip, size, 0);
    if (status != noErr) {
        f->data_bytes = before;
        return status;
    }
    if (skip)
        cm_frame_adts(header, sizeof header, &s->first);
    else
        remember_frame(f, bytes, &frame);
    if (size > f->max_packet_size)
        f->max_packet_size = size;
    s->appended = f->audio_changed = true;
    if (s->has_smpb && !f->created && f->has_packet_info) { /* what was filler is heard now */
        f->packet_info.mNumberValidFrames += (SInt64)f->packet_info.mRemainderFrames +
                                             f->format.mFramesPerPacket;
        f->packet_info.mRemainderFrames = 0;
    }
    return noErr;
}

static OSStatus check_write(cm_file *f, SInt64 first)
{
    SInt64 count = 0;
    OSStatus status = cm_file_count_packets(f, &count);
    if (status == noErr && first != count)
        status = cm_fail(kAudioFileInvalidPacketOffsetError,
                         "packets of varying size can only be added at the end");
    return status;
}

OSStatus cm_framed_write_packets(cm_file *f, SInt64 first, UInt32 *io_count,
                                 const AudioStreamPacketDescription *descriptions, UInt32 bytes,
                                 const void *buffer)
{
    UInt32 wanted = *io_count, at = 0;
    *io_count = 0;
    OSStatus status = check_write(f, first);
    for (UInt32 i = 0; status == noErr && i < wanted; i++) {
        cm_frame frame;
        const UInt8 *from = (const UInt8 *)buffer + at;
        UInt32 size = bytes - at;
        if (descriptions) {
            SInt64 start = descriptions[i].mStartOffset;
            size = descriptions[i].mDataByteSize;
            if (start < 0 || start > bytes || size > bytes - start)
                return cm_fail(cmParamError, "packet description %u lies outside the buffer", (unsigned)i);
            from = (const UInt8 *)buffer + start;
        } else if (f->type == kAudioFileAAC_ADTSType) {
            return cm_fail(cmParamError, "packets of varying size need packet descriptions");
        } else if ((status = check_frame(f, from, size, &frame)) == noErr) {
            size = frame.size; /* frames tell their own size */
            at += size;
        }
        if (status == noErr)
            status = write_packet(f, from, size);
        if (status == noErr)
            ++*io_count;
    }
    f->packet_count = f->table.count;
    return status == noErr && !f->defer_sizes ? f->container->flush(f) : status;
}

/* ---- bringing the file up to date ---- */

static void put_syncsafe(UInt8 *to, size_t value)
{
    for (int i = 3; i >= 0; i--, value >>= 7)
        to[i] = value & 0x7F;
}

/* Everything behind the tag moves so that `room` bytes are in front of it. */
static OSStatus make_room(cm_file *f, SInt64 room)
{
    cm_framed *s = f->state;
    SInt64 by = room - s->tag_end, size = cm_io_size(f->io);
    if (by == 0)
        return noErr;
    OSStatus status = cm_io_move(f->io, s->tag_end, room, size - s->tag_end);
    if (status == noErr && by < 0)
        status = cm_io_set_size(f->io, size + by);
    if (status != noErr)
        return status;
    s->tag_end = room;
    f->data_offset += by;
    for (SInt64 i = 0; i < f->table.count; i++)
        f->table.offsets[i] += by;
    return noErr;
}

/* Writes the tag and zeros up to where it has room; without a tag there is no room either. */
static OSStatus write_tag(cm_file *f)
{
    cm_framed *s = f->state;
    SInt64 size = s->tag ? (SInt64)CFDataGetLength(s->tag) : 0, room = s->tag_end;
    bool has_footer = size > 5 && CFDataGetBytePtr(s->tag)[5] & 0x10; /* then nothing may follow it */
    if (size > room || size == 0 || has_footer || room - size > 16 * TAG_PADDING)
        room = size == 0 || has_footer ? size : size + TAG_PADDING;
    OSStatus status = make_room(f, room);
    if (status != noErr || size == 0)
        return status;
    UInt8 *bytes = calloc(1, (size_t)room);
    if (!bytes)
        return cmMemFullError;
    memcpy(bytes, CFDataGetBytePtr(s->tag), (size_t)size);
    if (room > size)
        put_syncsafe(bytes + 6, (size_t)room - CM_ID3_HEAD_SIZE);
    status = cm_io_write(f->io, 0, bytes, (size_t)room);
    free(bytes);
    if (status == noErr)
        s->tag_changed = false;
    return status;
}

/* What was added to a file that knew its delay has to be told of with it. */
static void update_xing(cm_file *f)
{
    cm_framed *s = f->state;
    s->xing.packets = (UInt32)f->table.count;
    s->xing.bytes = (UInt32)f->data_bytes;
    s->xing.is_variable = s->is_variable;
    s->xing.has_delay = f->has_packet_info;
    if (!f->has_packet_info)
        return;
    SInt64 total = f->table.count * f->format.mFramesPerPacket;
    SInt64 priming = f->packet_info.mPrimingFrames, valid = f->packet_info.mNumberValidFrames;
    SInt64 remainder = valid > 0 ? total - priming - valid : f->packet_info.mRemainderFrames;
    s->xing.delay = priming > CM_MP3_DECODER_DELAY ? (UInt32)(priming - CM_MP3_DECODER_DELAY) : 0;
    s->xing.padding = (UInt32)((remainder > 0 ? remainder : 0) + CM_MP3_DECODER_DELAY);
}

static OSStatus write_xing(cm_file *f)
{
    cm_framed *s = f->state;
    UInt8 *bytes = malloc(s->xing_size);
    if (!bytes)
        return cmMemFullError;
    update_xing(f);
    cm_xing_source source = { .offsets = f->table.offsets,
                              .count = f->table.count,
                              .from = f->data_offset,
                              .to = f->data_offset + f->data_bytes,
                              .music_crc = s->crc };
    cm_xing_write(&s->xing, &source, s->first.size ? s->head : NULL, &f->format, bytes);
    OSStatus status = cm_io_write(f->io, f->data_offset - s->xing_size, bytes, s->xing_size);
    free(bytes);
    return status;
}

/* A file that was opened and written on has an information frame made by another program: left as it is. */
static bool makes_xing(const cm_file *f)
{
    const cm_framed *s = f->state;
    return f->created && s->xing_size > 0;
}

OSStatus cm_framed_flush(cm_file *f)
{
    cm_framed *s = f->state;
    OSStatus status = cm_framed_update_smpb(f);
    if (status == noErr && s->tag_changed)
        status = write_tag(f);
    if (status == noErr && makes_xing(f))
        status = write_xing(f);
    SInt64 end = f->data_offset + f->data_bytes;
    if (status == noErr && s->tail_size > 0)
        status = cm_io_write(f->io, end, s->tail, s->tail_size);
    if (status == noErr)
        status = cm_io_set_size(f->io, end + (SInt64)s->tail_size);
    if (status == noErr)
        f->dirty = false;
    return status;
}
