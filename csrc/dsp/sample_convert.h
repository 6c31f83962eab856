/*
 * sample_convert.h: one sample type to another. Pure C; GIL not needed.
 *
 * Integers stand for -1 .. 1 by 2^(bits - 1). Going to an integer rounds to nearest, ties to even, and clips;
 * NaN becomes 0. Integer to integer of as many or more bits is exact, and so is every integer of up to 24
 * bits through float32.
 */
#ifndef CM_DSP_SAMPLE_CONVERT_H
#define CM_DSP_SAMPLE_CONVERT_H

#include "view.h"

typedef struct cm_dither {
    bool on; /* without effect where no bits are lost */
    uint64_t seed;
} cm_dither;

/*
 * The views are of one shape. They may be one memory in one layout when samples are of one size; otherwise
 * they must be apart. The noise that a sample gets depends on its place (in C order) and the seed only.
 */
void cm_convert(const cm_view *out, const cm_view *in, cm_dither dither);

#endif
