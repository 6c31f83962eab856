/*
 * coded_bits.h: the bit stream of an Apple Lossless or FLAC packet, 64 bits at a time. Behind the end there
 * are zeros.
 */
#ifndef CM_CODEC_CODED_BITS_H
#define CM_CODEC_CODED_BITS_H

#include "../base/bytes.h"

#include <CoreFoundation/CFBase.h>

typedef struct cm_coded_bits {
    const UInt8 *bytes; /* readable, zeros, for 16 bytes behind the end */
    size_t at, end;     /* in bits; at may run past end by what one packet can ask for */
} cm_coded_bits;

/* At least 56 bits from the present place on, left-aligned. */
static inline UInt64 cm_coded_peek(const cm_coded_bits *b)
{
    size_t byte = b->at >> 3;
    if (byte > b->end >> 3)
        byte = b->end >> 3;
    return cm_get_be64(b->bytes + byte) << (b->at & 7);
}

/* width: 1 .. 32 */
static inline UInt32 cm_coded_get(cm_coded_bits *b, unsigned width)
{
    UInt32 value = (UInt32)(cm_coded_peek(b) >> (64 - width));
    b->at += width;
    return value;
}

static inline SInt32 cm_coded_get_signed(cm_coded_bits *b, unsigned width)
{
    return (SInt32)(cm_coded_get(b, width) << (32 - width)) >> (32 - width);
}

#endif
