/*
 * aiff_length.c: how many frames of the packets are audio.
 *
 * AIFF-C has no place for it, so that a sound in packets of 64 frames would come back longer than it was.
 * AIFF 1.3 gives each application chunks of its own ('APPL', a signature, any data), which others pass over;
 * ours holds the valid frames and the priming frames before them.
 */
#include "aiff.h"

#include "chunks.h"
#include "../base/bytes.h"

#include <string.h>

#define SIGNATURE 'cmLn'

static SInt64 frames_of_packets(const cm_file *f)
{
    return f->data_bytes / f->format.mBytesPerPacket * f->format.mFramesPerPacket;
}

/* Of what the packets hold, the rest behind the audio; -1 when the numbers cannot be true. */
static SInt64 rest_behind(const cm_file *f, SInt64 valid, SInt32 priming)
{
    SInt64 most = frames_of_packets(f) - priming;
    bool possible = f->format.mFramesPerPacket > 1 && priming >= 0 && valid > 0 && valid <= most;
    return possible && most - valid <= INT32_MAX ? most - valid : -1;
}

bool cm_aiff_length_is_in(cm_file *f, SInt64 at, SInt64 size)
{
    UInt8 bytes[4];
    return size == CM_AIFF_LENGTH && cm_head_read(f, at, bytes, sizeof bytes) == noErr &&
           cm_get_be32(bytes) == SIGNATURE;
}

OSStatus cm_aiff_length_get(cm_file *f, SInt64 at)
{
    UInt8 bytes[CM_AIFF_LENGTH];
    OSStatus status = cm_head_read(f, at, bytes, sizeof bytes);
    if (status != noErr)
        return status == kAudioFileEndOfFileError ? noErr : status;
    SInt64 valid = (SInt64)cm_get_be64(bytes + 4), rest;
    SInt32 priming = (SInt32)cm_get_be32(bytes + 12);
    rest = rest_behind(f, valid, priming);
    f->has_packet_info = rest >= 0;
    if (f->has_packet_info)
        f->packet_info = (AudioFilePacketTableInfo){ .mNumberValidFrames = valid,
                                                     .mPrimingFrames = priming,
                                                     .mRemainderFrames = (SInt32)rest };
    return noErr;
}

bool cm_aiff_length_put(const cm_file *f, UInt8 bytes[CM_AIFF_LENGTH])
{
    const AudioFilePacketTableInfo *info = &f->packet_info;
    if (!f->has_packet_info || rest_behind(f, info->mNumberValidFrames, info->mPrimingFrames) < 0)
        return false;
    cm_put_be32(bytes, SIGNATURE);
    cm_put_be64(bytes + 4, (UInt64)info->mNumberValidFrames);
    cm_put_be32(bytes + 12, (UInt32)info->mPrimingFrames);
    return info->mNumberValidFrames < frames_of_packets(f);
}
