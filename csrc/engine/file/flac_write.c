/* flac_write.c: making FLAC files, and changing the tags of those that exist without touching a frame. */
#include "flac.h"

#include "append.h"
#include "artwork.h"
#include "picture.h"
#include "../base/bytes.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_HEAD 4
#define PADDING 4096 /* so that the next change need not move the audio */
#define VENDOR "coremusic"
#define INFO_MD5 18

OSStatus cm_flac_accept(cm_file *f)
{
    (void)f;
    return noErr;
}

/* ---- making a file ---- */

/* STREAMINFO as far as the format tells; the encoder's own replaces it when the cookie comes. */
static OSStatus make_info(const cm_file *f, UInt8 info[CM_FLAC_INFO_SIZE])
{
    static const UInt8 depths[5] = { 24, 16, 20, 24, 32 };
    UInt32 flags = f->format.mFormatFlags, block = f->format.mFramesPerPacket,
           rate = (UInt32)f->format.mSampleRate;
    if (f->format.mChannelsPerFrame > 8 || rate >= 1u << 20 || rate != f->format.mSampleRate ||
        block > 65535 || flags > 4)
        return cm_fail(kAudioFileUnsupportedDataFormatError, "FLAC: %u channels at %g Hz",
                       (unsigned)f->format.mChannelsPerFrame, f->format.mSampleRate);
    memset(info, 0, CM_FLAC_INFO_SIZE);
    cm_put_be16(info, (UInt16)(block ? block : 16));
    cm_put_be16(info + 2, (UInt16)(block ? block : 65535));
    UInt64 packed = (UInt64)rate << 44 | (UInt64)(f->format.mChannelsPerFrame - 1) << 41 |
                    (UInt64)(depths[flags] - 1) << 36;
    cm_put_be64(info + 10, packed);
    return noErr;
}

static OSStatus put_comments(cm_flac *s, const cm_comments *comments)
{
    CFMutableDataRef data = CFDataCreateMutable(NULL, 0);
    if (!data)
        return cmMemFullError;
    OSStatus status = cm_comments_write(comments, data);
    size_t size = (size_t)CFDataGetLength(data);
    UInt8 *bytes = status == noErr ? malloc(size) : NULL;
    if (bytes) {
        memcpy(bytes, CFDataGetBytePtr(data), size);
        status = cm_flac_give(s, CM_FLAC_COMMENT, bytes, size);
    } else if (status == noErr)
        status = cmMemFullError;
    CFRelease(data);
    return status;
}

OSStatus cm_flac_create(cm_file *f)
{
    cm_flac *s = f->state = calloc(1, sizeof *s);
    if (!s)
        return cmMemFullError;
    OSStatus status = make_info(f, s->info);
    if (status != noErr)
        return status;
    cm_comments comments = { .vendor = (char *)VENDOR };
    status = put_comments(s, &comments);
    f->packet_count = 0;
    f->data_bytes = 0;
    f->data_offset = 4 + BLOCK_HEAD + CM_FLAC_INFO_SIZE + BLOCK_HEAD + s->blocks[0].size + BLOCK_HEAD +
                     PADDING;
    return status;
}

OSStatus cm_flac_cookie_changed(cm_file *f)
{
    cm_flac *s = f->state;
    cm_span cookie = { CFDataGetBytePtr(f->cookie), (size_t)CFDataGetLength(f->cookie) }, found;
    cm_flac_info info;
    if (!cm_cookie_find_flac(cookie, &found, &info))
        return cm_fail(kAudioFileBadPropertySizeError, "not a FLAC magic cookie");
    if (info.rate != f->format.mSampleRate || info.channels != f->format.mChannelsPerFrame)
        return cm_fail(kAudioFileUnsupportedDataFormatError, "the cookie is for another format");
    memcpy(s->info, found.bytes, CM_FLAC_INFO_SIZE);
    s->changed = true;
    return noErr;
}

OSStatus cm_flac_write_packets(cm_file *f, SInt64 first, UInt32 *io_count,
                               const AudioStreamPacketDescription *descriptions, UInt32 bytes,
                               const void *buffer)
{
    ((cm_flac *)f->state)->changed = true;
    return cm_append_packets(f, first, io_count, descriptions, bytes, buffer,
                             f->format.mFramesPerPacket == 0);
}

/* ---- bringing the file up to date ---- */

static void put_24(UInt8 *to, UInt32 value)
{
    to[0] = (UInt8)(value >> 16);
    cm_put_be16(to + 1, (UInt16)value);
}

static SInt64 counted_frames(const cm_file *f)
{
    SInt64 total = 0;
    if (!f->table.frames)
        return f->table.count * f->format.mFramesPerPacket;
    for (SInt64 i = 0; i < f->table.count; i++)
        total += f->table.frames[i];
    return total;
}

/* What only the finished file knows: how long it is, and the smallest and largest frame. */
static void complete_info(cm_file *f)
{
    cm_flac *s = f->state;
    UInt64 packed = cm_get_be64(s->info + 10), told = packed & 0xFFFFFFFFFu;
    SInt64 total = f->has_packet_info ? f->packet_info.mNumberValidFrames
                   : told             ? (SInt64)told
                                      : counted_frames(f);
    UInt32 least = UINT32_MAX, most = 0;
    if (total >= (SInt64)1 << 36)
        total = 0; /* does not fit: unknown */
    if ((UInt64)total != told)
        memset(s->info + INFO_MD5, 0, 16);
    cm_put_be64(s->info + 10, (packed & ~0xFFFFFFFFFull) | (UInt64)total);
    for (SInt64 i = 0; i < f->table.count; i++) {
        UInt32 size = f->table.sizes[i];
        least = size < least ? size : least;
        most = size > most ? size : most;
    }
    bool fits = f->table.count > 0 && most < 1u << 24;
    put_24(s->info + 4, fits ? least : 0);
    put_24(s->info + 7, fits ? most : 0);
}

/* Bytes of everything before the audio, without padding. */
static SInt64 head_size(const cm_flac *s)
{
    SInt64 size = 4 + BLOCK_HEAD + CM_FLAC_INFO_SIZE;
    for (size_t i = 0; i < s->count; i++)
        size += BLOCK_HEAD + s->blocks[i].size;
    return size;
}

static OSStatus move_audio(cm_file *f, SInt64 to)
{
    SInt64 by = to - f->data_offset, size = cm_io_size(f->io);
    if (by == 0)
        return noErr;
    OSStatus status = size > f->data_offset ? cm_io_move(f->io, f->data_offset, to, size - f->data_offset)
                                            : noErr;
    if (status == noErr && by < 0)
        status = cm_io_set_size(f->io, size + by);
    if (status != noErr)
        return status;
    f->data_offset = to;
    for (SInt64 i = 0; i < f->table.count; i++)
        f->table.offsets[i] += by;
    return noErr;
}

static UInt8 *put_block(UInt8 *to, UInt8 type, UInt32 size)
{
    cm_put_be32(to, (UInt32)type << 24 | size);
    return to + BLOCK_HEAD;
}

static void fill_head(const cm_flac *s, UInt8 *bytes, SInt64 size)
{
    const SInt64 used = head_size(s);
    memcpy(bytes, "fLaC", 4);
    UInt8 *last = bytes + 4;
    UInt8 *at = put_block(last, CM_FLAC_STREAMINFO, CM_FLAC_INFO_SIZE);
    memcpy(at, s->info, CM_FLAC_INFO_SIZE);
    at += CM_FLAC_INFO_SIZE;
    for (size_t i = 0; i < s->count; i++) {
        last = at;
        at = put_block(at, s->blocks[i].type, s->blocks[i].size);
        memcpy(at, s->blocks[i].bytes, s->blocks[i].size);
        at += s->blocks[i].size;
    }
    if (size > used) {
        last = at;
        put_block(at, CM_FLAC_PADDING, (UInt32)(size - used - BLOCK_HEAD));
    }
    *last |= 0x80;
}

static OSStatus write_head(cm_file *f)
{
    cm_flac *s = f->state;
    OSStatus status = noErr;
    for (size_t i = 0; status == noErr && i < s->count; i++)
        status = cm_flac_load(f, &s->blocks[i]);
    SInt64 used = head_size(s), room = f->data_offset - s->head;
    bool fits = used == room || (used + BLOCK_HEAD <= room && room - used < 1 << 24);
    if (status == noErr && !fits) {
        room = used + BLOCK_HEAD + PADDING;
        status = move_audio(f, s->head + room);
    }
    UInt8 *bytes = status == noErr ? calloc(1, (size_t)room) : NULL;
    if (!bytes)
        return status == noErr ? cmMemFullError : status;
    fill_head(s, bytes, room);
    status = cm_io_write(f->io, s->head, bytes, (size_t)room);
    free(bytes);
    return status;
}

OSStatus cm_flac_flush(cm_file *f)
{
    cm_flac *s = f->state;
    if (f->created)
        complete_info(f);
    OSStatus status = s->changed || f->created ? write_head(f) : noErr;
    if (status == noErr && f->created)
        status = cm_io_set_size(f->io, f->data_offset + f->data_bytes);
    if (status == noErr)
        s->changed = f->dirty = false;
    return status;
}

/* ---- comments and pictures ---- */

static OSStatus load_comments(cm_file *f, cm_comments *comments)
{
    cm_flac_block *block = cm_flac_find(f->state, CM_FLAC_COMMENT);
    *comments = (cm_comments){ 0 };
    OSStatus status = block ? cm_flac_load(f, block) : noErr;
    return status == noErr && block ? cm_comments_parse(block->bytes, block->size, comments) : status;
}

OSStatus cm_flac_read_info(cm_file *f, CFMutableDictionaryRef info)
{
    cm_comments comments;
    OSStatus status = load_comments(f, &comments);
    if (status == noErr || status == kAudioFileInvalidFileError) /* what could be read of it */
        status = cm_comments_read_info(&comments, info);
    cm_comments_free(&comments);
    return status;
}

OSStatus cm_flac_write_info(cm_file *f, CFDictionaryRef info)
{
    cm_comments comments;
    OSStatus status = load_comments(f, &comments);
    if (status == noErr || status == kAudioFileInvalidFileError)
        status = cm_comments_write_info(&comments, info);
    if (status == noErr)
        status = put_comments(f->state, &comments);
    cm_comments_free(&comments);
    f->dirty = true;
    return status;
}

static OSStatus copy_artwork(cm_file *f, CFDataRef *out)
{
    cm_flac *s = f->state;
    bool front = false;
    *out = NULL;
    for (size_t i = 0; !front && i < s->count; i++) {
        const UInt8 *image;
        size_t size;
        if (s->blocks[i].type != CM_FLAC_PICTURE)
            continue;
        OSStatus status = cm_flac_load(f, &s->blocks[i]);
        if (status != noErr)
            return status;
        bool good = cm_picture_image(s->blocks[i].bytes, s->blocks[i].size, &image, &size, &front);
        front = front && good;
        if (!good || (*out && !front))
            continue;
        if (*out)
            CFRelease(*out);
        *out = CFDataCreate(NULL, image, (CFIndex)size);
    }
    return noErr;
}

static void remove_pictures(cm_flac *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (s->blocks[i].type == CM_FLAC_PICTURE)
            free(s->blocks[i].bytes);
        else
            s->blocks[kept++] = s->blocks[i];
    }
    s->changed = s->changed || kept != s->count;
    s->count = kept;
}

static OSStatus set_artwork(cm_file *f, CFDataRef image)
{
    cm_flac *s = f->state;
    remove_pictures(s);
    if (!image || CFDataGetLength(image) == 0)
        return noErr;
    CFMutableDataRef data = CFDataCreateMutable(NULL, 0);
    if (!data)
        return cmMemFullError;
    cm_picture_append(image, data);
    size_t size = (size_t)CFDataGetLength(data);
    UInt8 *bytes = malloc(size);
    if (bytes)
        memcpy(bytes, CFDataGetBytePtr(data), size);
    CFRelease(data);
    return bytes ? cm_flac_give(s, CM_FLAC_PICTURE, bytes, size) : cmMemFullError;
}

OSStatus cm_flac_get_property(cm_file *f, AudioFilePropertyID id, UInt32 *io_size, void *data)
{
    return cm_artwork_get_property(f, id, io_size, data, copy_artwork);
}

OSStatus cm_flac_set_property(cm_file *f, AudioFilePropertyID id, UInt32 size, const void *data)
{
    return cm_artwork_set_property(f, id, size, data, set_artwork);
}
