/* alac_predict.h: the adaptive predictor and entropy decoder of Apple Lossless. */
#ifndef CM_CODEC_ALAC_PREDICT_H
#define CM_CODEC_ALAC_PREDICT_H

#include "coded_bits.h"

#define CM_ALAC_MOST_COEFFICIENTS 32

typedef struct cm_alac_rice {
    UInt32 start, factor, most_bits; /* of the stream: mb, pb of this channel, kb */
    unsigned sample_bits;
} cm_alac_rice;

/* Reads count residuals. False when the packet is too short for them. */
bool cm_alac_residuals(cm_coded_bits *bits, const cm_alac_rice *rice, SInt32 *to, size_t count);

/* Turns residuals into samples in place. order 31 stands for plain differences, 0 for none. */
void cm_alac_predict(SInt32 *samples, size_t count, SInt16 *coefficients, unsigned order,
                     unsigned sample_bits, unsigned shift);

#endif
