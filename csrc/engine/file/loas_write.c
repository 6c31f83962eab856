/* loas_write.c: making LOAS files: a frame for each packet. */
#include "loas.h"

#include "append.h"
#include "../format/cookie.h"

#include <stdlib.h>
#include <string.h>

#define TELL_EVERY 20 /* frames; whoever joins waits that long at most */

OSStatus cm_loas_create(cm_file *f)
{
    f->state = calloc(1, sizeof(cm_loas));
    if (!f->state)
        return cmMemFullError;
    f->data_offset = f->data_bytes = 0;
    f->packet_count = 0;
    return noErr;
}

OSStatus cm_loas_cookie_changed(cm_file *f)
{
    cm_loas *s = f->state;
    cm_span found, cookie = { CFDataGetBytePtr(f->cookie), (size_t)CFDataGetLength(f->cookie) };
    if (!cm_cookie_find_aac(cookie, &found) || found.size > sizeof s->config.audio)
        return cm_fail(kAudioFileBadPropertySizeError, "the magic cookie is not one of AAC");
    s->config = (cm_latm_config){ .audio_size = found.size, .payloads = 1 };
    memcpy(s->config.audio, found.bytes, found.size);
    return noErr;
}

/* AAC-LC is described by rate and channels; anything else by its cookie. */
static OSStatus need_config(cm_file *f)
{
    cm_loas *s = f->state;
    if (s->config.audio_size > 0)
        return noErr;
    cm_aac_config plain = { .object_type = CM_AAC_LC,
                            .rate = (UInt32)f->format.mSampleRate,
                            .channel_config = cm_aac_channel_config(f->format.mChannelsPerFrame),
                            .frames_per_packet = 1024 };
    if (f->format.mFormatID != kAudioFormatMPEG4AAC || plain.channel_config == 0)
        return cm_fail(kAudioFileOperationNotSupportedError,
                       "set the magic cookie before the first packet: the frames hold it");
    s->config.audio_size = cm_aac_config_write(&plain, NULL, s->config.audio);
    s->config.payloads = 1;
    return noErr;
}

static OSStatus write_packet(cm_file *f, const UInt8 *bytes, UInt32 size)
{
    cm_loas *s = f->state;
    UInt8 frame[CM_LOAS_MOST];
    size_t bit;
    if (size == 0)
        return cm_fail(cmParamError, "a packet of no bytes");
    UInt32 made = cm_loas_make(&s->config, f->table.count % TELL_EVERY == 0, bytes, size, frame, &bit);
    if (made == 0)
        return cm_fail(kAudioFileUnsupportedDataFormatError, "a packet of %u bytes in LOAS", (unsigned)size);
    SInt64 at = f->data_offset + f->data_bytes;
    OSStatus status = cm_io_write(f->io, at, frame, made);
    if (status == noErr)
        status = cm_loas_add(f, at, bit, size);
    if (status == noErr)
        f->data_bytes += made;
    return status;
}

OSStatus cm_loas_write_packets(cm_file *f, SInt64 first, UInt32 *io_count,
                               const AudioStreamPacketDescription *descriptions, UInt32 bytes,
                               const void *buffer)
{
    UInt32 count = *io_count;
    *io_count = 0;
    OSStatus status = cm_append_check(f, first, count, descriptions, bytes);
    if (status == noErr)
        status = need_config(f);
    for (UInt32 i = 0; status == noErr && i < count; i++) {
        status = write_packet(f, (const UInt8 *)buffer + descriptions[i].mStartOffset,
                              descriptions[i].mDataByteSize);
        if (status == noErr)
            ++*io_count;
    }
    f->packet_count = f->table.count;
    f->audio_changed = true;
    return status == noErr && !f->defer_sizes ? cm_loas_flush(f) : status;
}

OSStatus cm_loas_flush(cm_file *f)
{
    OSStatus status = cm_io_set_size(f->io, f->data_offset + f->data_bytes);
    if (status == noErr)
        f->dirty = false;
    return status;
}
