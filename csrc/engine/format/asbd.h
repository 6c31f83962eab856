/* asbd.h: AudioStreamBasicDescriptions: making, completing, checking and comparing them. */
#ifndef CM_FORMAT_ASBD_H
#define CM_FORMAT_ASBD_H

#include "../base/status.h"

#include <stdbool.h>

/* Linear PCM with packed samples; flags as in mFormatFlags (IsFloat, IsBigEndian, IsNonInterleaved ... are
 * kept). */
CM_API AudioStreamBasicDescription cm_asbd_pcm(Float64 rate, UInt32 channels, UInt32 bits, UInt32 flags);

/* Interleaved native float. */
CM_API AudioStreamBasicDescription cm_asbd_float32(Float64 rate, UInt32 channels);

/*
 * Fills the zero fields that follow from the others, as the framework does: for linear PCM bytes per frame,
 * bytes and frames per packet and, where flags are 0 too, signed packed integers; for the known compressed
 * formats frames per packet and the like. Never changes a field that is not zero.
 */
CM_API void cm_asbd_complete(AudioStreamBasicDescription *format);

/* noErr when the fields agree with each other and every count is within what the engine handles. */
CM_API OSStatus cm_asbd_check(const AudioStreamBasicDescription *format);

static inline bool cm_asbd_is_pcm(const AudioStreamBasicDescription *format)
{
    return format->mFormatID == kAudioFormatLinearPCM;
}

static inline bool cm_asbd_is_planar(const AudioStreamBasicDescription *format)
{
    return cm_asbd_is_pcm(format) && (format->mFormatFlags & kAudioFormatFlagIsNonInterleaved) != 0;
}

/* A readable name such as "PCM, 16-bit signed integer, little-endian" or "AAC". Text of the caller's buffer.
 */
CM_API void cm_asbd_describe(const AudioStreamBasicDescription *format, char *text, size_t size);

#endif
