/* sinc.h: what a sound is between its samples: a windowed sinc, from a table. */
#ifndef CM_CONVERT_SINC_H
#define CM_CONVERT_SINC_H

#include <CoreAudioTypes/CoreAudioTypes.h>
#include <stdbool.h>

/* A reading reaches so far to either side at most; how far at a cutoff, cm_sinc_reach says. */
enum { CM_SINC_MAX_REACH = 104 };

typedef struct cm_sinc {
    Float32 *table;
} cm_sinc;

/* [control] False without memory. */
bool cm_sinc_init(cm_sinc *sinc);
void cm_sinc_free(cm_sinc *sinc);

/* cutoff: highest frequency that is kept, 0.25 .. 1 of the usual. */
UInt32 cm_sinc_reach(Float64 cutoff);

/*
 * [render] Weights of the frames n - reach + 1 .. n + reach for the value at n + fraction (0 <= fraction <
 * 1), 2 * reach of them; returns reach.
 */
UInt32 cm_sinc_weigh(const cm_sinc *sinc, Float64 fraction, Float64 cutoff, Float32 *weights);

/* [render] Sum of products, `count` (even) of them. */
Float32 cm_sinc_apply(const Float32 *weights, const Float32 *frames, UInt32 count);

#endif
