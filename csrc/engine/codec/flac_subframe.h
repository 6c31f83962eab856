/* flac_subframe.h: one channel of a FLAC frame (RFC 9639, 9.2). [any] */
#ifndef CM_CODEC_FLAC_SUBFRAME_H
#define CM_CODEC_FLAC_SUBFRAME_H

#include "coded_bits.h"

#include <stdbool.h>
#include <stddef.h>

#define CM_FLAC_MOST_WIDTH 33u /* bits: the difference of two 32-bit channels */

/*
 * Reads `count` samples of `width` bits into samples; those of CM_FLAC_MOST_WIDTH bits into wide, and samples
 * is then used for work. False when the data is none of FLAC or ends too early.
 */
bool cm_flac_subframe(cm_coded_bits *bits, unsigned width, size_t count, SInt32 *samples, SInt64 *wide);

#endif
