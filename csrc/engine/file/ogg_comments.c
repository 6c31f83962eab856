/* ogg_comments.c: the comment packet of an Ogg stream as info dictionary and artwork. */
#include "ogg.h"

#include "artwork.h"
#include "file.h"
#include "picture.h"
#include "../base/bytes.h"

#include <stdlib.h>
#include <string.h>

#define VENDOR "coremusic"
#define PADDING 1024 /* so that the next change need not move the audio */
#define FLAC_COMMENT_BLOCK 4

static OSStatus load(const cm_ogg *s, cm_comments *comments)
{
    size_t magic;
    cm_ogg_comment_magic(s->codec.format, &magic);
    *comments = (cm_comments){ 0 };
    if (s->comment.size <= magic)
        return noErr;
    OSStatus status = cm_comments_parse(s->comment.bytes + magic, s->comment.size - magic, comments);
    return status == kAudioFileInvalidFileError ? noErr : status; /* what could be read of it */
}

/* The packet around the comments, padded with zeros to `least` bytes. */
static OSStatus make(const cm_ogg *s, const cm_comments *comments, size_t least, CFMutableDataRef *out)
{
    size_t magic_size;
    const char *magic = cm_ogg_comment_magic(s->codec.format, &magic_size);
    bool is_flac = s->codec.format == kAudioFormatFLAC;
    CFMutableDataRef data = *out = CFDataCreateMutable(NULL, 0);
    if (!data)
        return cmMemFullError;
    const UInt8 block_head[4] = { 0 };
    CFDataAppendBytes(data, is_flac ? block_head : (const UInt8 *)magic, (CFIndex)magic_size);
    OSStatus status = cm_comments_write(comments, data);
    if (status != noErr)
        return status;
    if (is_flac) {
        UInt8 *bytes = CFDataGetMutableBytePtr(data);
        UInt32 last = s->more_count == 0 ? 0x80000000u : 0;
        cm_put_be32(bytes, last | FLAC_COMMENT_BLOCK << 24 | ((UInt32)CFDataGetLength(data) - 4));
        return noErr;
    }
    if (s->codec.format == kCMAudioFormatVorbis)
        CFDataAppendBytes(data, (const UInt8[]){ 1 }, 1); /* framing bit */
    if ((size_t)CFDataGetLength(data) < least)
        CFDataSetLength(data, (CFIndex)least);
    return noErr;
}

/* Keeps the packet's size while the new comments fit, so that the pages stay as they are. */
static OSStatus store(cm_ogg *s, const cm_comments *comments)
{
    CFMutableDataRef data = NULL;
    OSStatus status = make(s, comments, s->comment.size, &data);
    if (status == noErr && s->codec.format != kAudioFormatFLAC &&
        (size_t)CFDataGetLength(data) > s->comment.size)
        CFDataSetLength(data, CFDataGetLength(data) + PADDING);
    size_t size = status == noErr ? (size_t)CFDataGetLength(data) : 0;
    UInt8 *bytes = status == noErr ? malloc(size) : NULL;
    if (bytes) {
        memcpy(bytes, CFDataGetBytePtr(data), size);
        free(s->comment.bytes);
        s->comment = (cm_ogg_packet){ bytes, size };
        s->head_changed = true;
    } else if (status == noErr)
        status = cmMemFullError;
    if (data)
        CFRelease(data);
    return status;
}

OSStatus cm_ogg_new_comments(cm_ogg *s)
{
    cm_comments comments = { .vendor = (char *)VENDOR };
    return store(s, &comments);
}

OSStatus cm_ogg_read_info(cm_file *f, CFMutableDictionaryRef info)
{
    cm_comments comments;
    OSStatus status = load(f->state, &comments);
    if (status == noErr)
        status = cm_comments_read_info(&comments, info);
    cm_comments_free(&comments);
    return status;
}

OSStatus cm_ogg_write_info(cm_file *f, CFDictionaryRef info)
{
    cm_comments comments;
    OSStatus status = load(f->state, &comments);
    if (status == noErr)
        status = cm_comments_write_info(&comments, info);
    if (status == noErr)
        status = store(f->state, &comments);
    cm_comments_free(&comments);
    f->dirty = true;
    return status;
}

static OSStatus copy_artwork(cm_file *f, CFDataRef *out)
{
    cm_comments comments;
    *out = NULL;
    OSStatus status = load(f->state, &comments);
    if (status == noErr)
        status = cm_picture_from_comments(&comments, out);
    cm_comments_free(&comments);
    return status;
}

static OSStatus set_artwork(cm_file *f, CFDataRef image)
{
    cm_comments comments;
    OSStatus status = load(f->state, &comments);
    if (status == noErr)
        status = cm_picture_to_comments(&comments, image);
    if (status == noErr)
        status = store(f->state, &comments);
    cm_comments_free(&comments);
    return status;
}

OSStatus cm_ogg_get_property(cm_file *f, AudioFilePropertyID id, UInt32 *io_size, void *data)
{
    SInt64 count;
    if (id ==
        kAudioFilePropertyPacketTableInfo) /* how much of the last packet counts is known by its length */
        cm_file_count_packets(f, &count);
    return cm_artwork_get_property(f, id, io_size, data, copy_artwork);
}

OSStatus cm_ogg_set_property(cm_file *f, AudioFilePropertyID id, UInt32 size, const void *data)
{
    return cm_artwork_set_property(f, id, size, data, set_artwork);
}
