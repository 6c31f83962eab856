/*
 * bits.h: fields of any width in big-endian bit streams (MPEG, AC-3, FLAC headers). Reading past the end
 * gives zeros and is remembered; writing past the end is dropped and remembered.
 */
#ifndef CM_FORMAT_BITS_H
#define CM_FORMAT_BITS_H

#include <CoreFoundation/CFBase.h>

typedef struct cm_bits {
    const UInt8 *bytes;
    size_t at, end; /* in bits */
} cm_bits;

static inline cm_bits cm_bits_of(const void *bytes, size_t size)
{
    return (cm_bits){ .bytes = bytes, .end = size > SIZE_MAX / 8 ? 0 : size * 8 };
}

static inline UInt32 cm_bits_get(cm_bits *b, unsigned width)
{
    UInt32 value = 0;
    for (; width > 0; width--, b->at++) {
        unsigned bit = b->at < b->end ? (unsigned)b->bytes[b->at >> 3] >> (7 - (b->at & 7)) & 1u : 0;
        value = value << 1 | bit;
    }
    return value;
}

static inline void cm_bits_skip(cm_bits *b, size_t width)
{
    b->at = width > SIZE_MAX - b->at ? SIZE_MAX : b->at + width;
}

/* The bits left; 0 behind the end. */
static inline size_t cm_bits_left(const cm_bits *b)
{
    return b->at < b->end ? b->end - b->at : 0;
}

static inline bool cm_bits_overrun(const cm_bits *b)
{
    return b->at > b->end;
}

typedef struct cm_bit_writer {
    UInt8 *bytes; /* zeroed by the caller */
    size_t at, end;
} cm_bit_writer;

static inline void cm_bits_put(cm_bit_writer *w, UInt32 value, unsigned width)
{
    for (; width > 0; width--, w->at++)
        if (w->at < w->end && (value >> (width - 1) & 1))
            w->bytes[w->at >> 3] |= (UInt8)(0x80 >> (w->at & 7));
}

#endif
