/* framed_tags.c: ID3 in front of the frames: what is in it, and changing it. */
#include "framed.h"

#include "ape.h"
#include "artwork.h"
#include "id3.h"
#include "info.h"

#include <stdlib.h>
#include <string.h>

#define MOST_TAG ((size_t)1 << 28)

static const UInt8 *tag_bytes(const cm_framed *s)
{
    return s->tag ? CFDataGetBytePtr(s->tag) : NULL;
}

static size_t tag_size(const cm_framed *s)
{
    return s->tag ? (size_t)CFDataGetLength(s->tag) : 0;
}

/* Loads the first size bytes of the file, which are tags. */
OSStatus cm_framed_read_tag(cm_file *f, size_t size)
{
    cm_framed *s = f->state;
    s->tag_end = (SInt64)size;
    if (size > MOST_TAG)
        return noErr;
    CFMutableDataRef data = CFDataCreateMutable(NULL, 0);
    if (!data)
        return cmMemFullError;
    CFDataSetLength(data, (CFIndex)size);
    s->tag = data;
    return CFDataGetMutableBytePtr(data) ? cm_io_read_all(f->io, 0, CFDataGetMutableBytePtr(data), size)
                                         : cmMemFullError;
}

OSStatus cm_framed_read_info(cm_file *f, CFMutableDictionaryRef info)
{
    const cm_framed *s = f->state;
    const UInt8 *bytes = tag_bytes(s);
    size_t size = tag_size(s);
    while (size >= CM_ID3_HEAD_SIZE) {
        size_t one = cm_id3_size(bytes, size);
        if (one == 0 || one > size)
            break;
        OSStatus status = cm_id3_read(bytes, one, info);
        if (status == cmMemFullError)
            return status;
        bytes += one;
        size -= one;
    }
    OSStatus status = cm_ape_read(cm_framed_ape(s), info); /* which has room for more than v1 */
    if (status == noErr && s->has_v1)
        cm_id3_read(s->tail + s->tail_size - CM_ID3V1_SIZE, CM_ID3V1_SIZE, info);
    return status;
}

/* Layer 3 has its information frame, which other programs know, and iTunes counts there in its own way. */
static bool takes_smpb(const cm_file *f)
{
    const cm_framed *s = f->state;
    return s->kind->has_smpb && f->format.mFormatID != kAudioFormatMPEGLayer3;
}

/* How much of the audio is sound, if the tag tells. */
OSStatus cm_framed_read_smpb(cm_file *f)
{
    cm_framed *s = f->state;
    char *text = NULL;
    if (!takes_smpb(f) || !s->tag)
        return noErr;
    OSStatus status = cm_id3_copy_comment(tag_bytes(s), tag_size(s), CM_SMPB_NAME, &text);
    s->has_smpb = text && cm_smpb_parse(text, &s->smpb);
    free(text);
    return status == cmMemFullError ? status : noErr;
}

static void set_tag(cm_file *f, CFDataRef tag)
{
    cm_framed *s = f->state;
    if (s->tag)
        CFRelease(s->tag);
    s->tag = tag;
    s->tag_changed = true;
    f->dirty = true;
}

OSStatus cm_framed_write_info(cm_file *f, CFDictionaryRef info)
{
    cm_framed *s = f->state;
    CFDataRef tag = NULL;
    OSStatus status = cm_id3_update(tag_bytes(s), tag_size(s), info, NULL, &tag);
    if (status != noErr)
        return status;
    set_tag(f, tag);
    return cm_framed_settle_tail(s, info, false);
}

static OSStatus copy_artwork(cm_file *f, CFDataRef *out)
{
    const cm_framed *s = f->state;
    *out = NULL;
    OSStatus status = s->tag ? cm_id3_copy_artwork(tag_bytes(s), tag_size(s), out) : noErr;
    if (status != cmMemFullError && !*out)
        status = cm_ape_copy_artwork(cm_framed_ape(s), out);
    return status == cmMemFullError ? status : noErr; /* a tag that cannot be read has no picture */
}

static OSStatus set_artwork(cm_file *f, CFDataRef artwork)
{
    cm_framed *s = f->state;
    CFDataRef tag = NULL;
    CFDataRef none = artwork ? NULL : CFDataCreate(NULL, NULL, 0);
    OSStatus status = cm_id3_update(tag_bytes(s), tag_size(s), NULL, artwork ? artwork : none, &tag);
    if (none)
        CFRelease(none);
    if (status != noErr)
        return status;
    set_tag(f, tag);
    return cm_framed_settle_tail(s, NULL, true);
}

/* Puts what is known of a new file's ends into its tag. Headers count at half the rate of HE-AAC. */
OSStatus cm_framed_update_smpb(cm_file *f)
{
    cm_framed *s = f->state;
    const AudioFilePacketTableInfo *info = &f->packet_info;
    char text[CM_SMPB_SIZE];
    CFDataRef tag = NULL;
    if (!takes_smpb(f) || !f->created || !f->has_packet_info || f->table.count == 0)
        return noErr;
    UInt32 ratio = f->format.mFramesPerPacket >= 2048 ? 2 : 1;
    SInt64 total = f->table.count * f->format.mFramesPerPacket, valid = info->mNumberValidFrames;
    if (valid <= 0 || valid > total - info->mPrimingFrames)
        valid = total - info->mPrimingFrames - info->mRemainderFrames;
    if (valid < 0)
        return noErr;
    cm_smpb smpb = { (UInt32)info->mPrimingFrames / ratio,
                     (UInt32)(total - info->mPrimingFrames - valid) / ratio, (UInt64)valid / ratio };
    if (s->has_smpb && memcmp(&smpb, &s->smpb, sizeof smpb) == 0)
        return noErr;
    cm_smpb_print(&smpb, text);
    OSStatus status = cm_id3_set_comment(tag_bytes(s), tag_size(s), CM_SMPB_NAME, text, &tag);
    if (status != noErr)
        return status;
    s->has_smpb = true;
    s->smpb = smpb;
    set_tag(f, tag);
    return noErr;
}

/* ---- properties ---- */

OSStatus cm_framed_property_info(cm_file *f, AudioFilePropertyID id, UInt32 *size, bool *writable)
{
    const cm_framed *s = f->state;
    *writable = id == kAudioFilePropertyID3Tag;
    switch (id) {
    case kAudioFilePropertyID3Tag:
        *size = (UInt32)tag_size(s);
        return noErr;
    case kAudioFilePropertyID3TagOffset:
        *size = sizeof(SInt64);
        return s->tag ? noErr : kAudioFileUnsupportedPropertyError;
    default:
        return cm_artwork_property_info(f, id, size, writable);
    }
}

OSStatus cm_framed_get_property(cm_file *f, AudioFilePropertyID id, UInt32 *io_size, void *data)
{
    const cm_framed *s = f->state;
    UInt32 size;
    bool writable;
    if (id == kAudioFilePropertyAlbumArtwork)
        return cm_artwork_get_property(f, id, io_size, data, copy_artwork);
    OSStatus status = cm_framed_property_info(f, id, &size, &writable);
    if (status == noErr && size == 0)
        return kAudioFileUnsupportedPropertyError;
    if (status != noErr)
        return status;
    if (*io_size < size)
        return kAudioFileBadPropertySizeError;
    *io_size = size;
    if (id == kAudioFilePropertyID3TagOffset)
        memset(data, 0, size);
    else if (size > 0)
        memcpy(data, tag_bytes(s), size);
    return noErr;
}

OSStatus cm_framed_set_property(cm_file *f, AudioFilePropertyID id, UInt32 size, const void *data)
{
    if (id != kAudioFilePropertyID3Tag)
        return cm_artwork_set_property(f, id, size, data, set_artwork);
    if (size < CM_ID3_HEAD_SIZE || cm_id3_size(data, size) != size)
        return cm_fail(kAudioFileBadPropertySizeError, "not one whole ID3v2 tag");
    CFDataRef tag = CFDataCreate(NULL, data, (CFIndex)size);
    CFMutableDictionaryRef info = cm_info_new();
    OSStatus status = tag && info ? cm_id3_read(data, size, info) : cmMemFullError;
    if (status == cmMemFullError && tag)
        CFRelease(tag);
    if (status != cmMemFullError) {
        set_tag(f, tag);
        status = cm_framed_settle_tail(f->state, info, true);
    }
    if (info)
        CFRelease(info);
    return status;
}
