/*
 * capi_kernels.h: arithmetic that only the functional API's buffer operations have. Pure C; GIL not needed.
 * Views are float32 unless said, and results are apart from inputs.
 */
#ifndef CM_DSP_CAPI_KERNELS_H
#define CM_DSP_CAPI_KERNELS_H

#include "view.h"

/* int16 = x 32767 without its fraction, clipped; NaN becomes 0. */
void cm_truncate_to_int16(const cm_view *out, const cm_view *in);

/* Mono as the mean of two channels. */
void cm_average_stereo(const cm_view *mono, const cm_view *stereo);

/* Two mono views as the channels of one, with a gain each. */
void cm_join_stereo(const cm_view *stereo, const cm_view *left, const cm_view *right, double left_gain,
                    double right_gain);

#endif
