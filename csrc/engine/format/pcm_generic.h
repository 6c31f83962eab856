/*
 * pcm_generic.h: integers that have no kernel of their own, one sample at a time: 64-bit, unsigned, in
 * containers wider than they are, fixed point with an integer part. Between them samples are int64 with the
 * significant bits uppermost, so that nothing is lost. [any, render]
 */
#ifndef CM_FORMAT_PCM_GENERIC_H
#define CM_FORMAT_PCM_GENERIC_H

#include "pcm.h"

void cm_pcm_load_i64(const cm_pcm *format, int64_t *to, const uint8_t *from, size_t samples);

/* headroom is that of the 64-bit integers: see cm_pcm. */
void cm_pcm_i64_to_f32(float *to, const int64_t *from, UInt32 headroom, size_t samples);
void cm_pcm_i64_to_f64(double *to, const int64_t *from, UInt32 headroom, size_t samples);

/* Rounds to nearest even at the format's bits, and clips. */
void cm_pcm_store_i64(const cm_pcm *format, uint8_t *to, const int64_t *from, UInt32 headroom,
                      size_t samples);

/* Rounds at the format's bits and has its headroom, so that storing them does not round again. */
void cm_pcm_i64_from_f64(int64_t *to, const double *from, const cm_pcm *format, size_t samples);

#endif
