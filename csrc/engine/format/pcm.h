/*
 * pcm.h: linear PCM in memory, and conversion between any two kinds of it.
 *
 * A sample is an integer of 8 to 64 bits or a float of 32 or 64, of either byte order, packed or in a wider
 * container, high- or low-aligned, interleaved or one plane per channel. Integers stand for -1 .. 1 by
 * 2^(bits - 1), or where they are fixed point with an integer part by 2^(fraction bits): 8.24 reaches from
 * -128 to 128. Going to an integer rounds to nearest and clips, NaN becomes 0. Integer to integer of the
 * same or more bits is exact, as is every integer of up to 24 bits through a 32-bit float.
 */
#ifndef CM_FORMAT_PCM_H
#define CM_FORMAT_PCM_H

#include "../base/status.h"

#include <stdbool.h>
#include <stddef.h>

#define CM_MAX_CHANNELS 1024u

typedef struct cm_pcm {
    UInt32 channels;
    UInt32 bits;     /* significant bits of a sample, 8 .. 64 */
    UInt32 bytes;    /* bytes a sample takes, 1 .. 8 */
    UInt32 headroom; /* of the bits: those of the integer part of fixed point, without the sign; 7 for 8.24 */
    bool is_float;
    bool is_signed;
    bool big_endian;
    bool high_aligned; /* the significant bits are the container's upper ones */
    bool planar;       /* one buffer per channel */
} cm_pcm;

/* kAudioFormatUnsupportedDataFormatError when format is not linear PCM, or not one that can be. */
CM_API OSStatus cm_pcm_from_asbd(const AudioStreamBasicDescription *format, cm_pcm *out);

/* Native-endian packed float, interleaved or not. */
CM_API cm_pcm cm_pcm_float32(UInt32 channels, bool planar);

/* Bytes of one frame in one buffer: all channels when interleaved, one sample when planar. */
static inline size_t cm_pcm_stride(const cm_pcm *pcm)
{
    return pcm->planar ? pcm->bytes : (size_t)pcm->bytes * pcm->channels;
}

/* True when the two lie in memory alike, so that conversion is a copy. */
CM_API bool cm_pcm_same(const cm_pcm *a, const cm_pcm *b);

/*
 * [any, render] Converts frames between formats of one channel count. to and from hold one pointer when
 * interleaved, `channels` pointers when planar. Buffers must not overlap, except that to == from is allowed
 * when both sides are interleaved (or both planar) and a sample of `to` is no larger than one of `from`. No
 * allocation, no lock.
 */
CM_API void cm_pcm_convert(const cm_pcm *to_format, void *const *to, const cm_pcm *from_format,
                           const void *const *from, size_t frames);

#endif
