/*
 * measure.h: peak, mean, power, true peak and loudness of views of float32 or float64. Pure C; GIL not
 * needed.
 */
#ifndef CM_DSP_MEASURE_H
#define CM_DSP_MEASURE_H

#include "view.h"

/* One number for each channel. NaN is ignored by peaks and makes the other two NaN. */
void cm_peaks(const cm_view *in, double *peaks);
void cm_sums(const cm_view *in, double *sums);
void cm_sums_of_squares(const cm_view *in, double *sums);

/* All channels together; 0 for no samples. */
double cm_peak_of_all(const cm_view *in);
double cm_rms_of_all(const cm_view *in);

/*
 * The largest magnitude of one channel after fourfold oversampling with the filter of ITU-R BS.1770, Annex 2,
 * or of its samples where that is more. Silence stands before and after the signal.
 */
double cm_true_peak(const cm_view *mono);

/* Lowest sample rate that the weighting filters of BS.1770 are made for here, Hz. */
#define CM_LOUDNESS_MIN_RATE 8000.0
#define CM_LOUDNESS_MAX_RATE 3072000.0

/*
 * Integrated loudness by ITU-R BS.1770, in LUFS: K-weighting, blocks of 400 ms every 100 ms, gates at -70
 * LUFS and 10 LU below. -inf when no block passes, NaN when a weighted channel holds NaN or an infinity.
 * weights has a factor >= 0 for each channel. False when there is no memory.
 */
bool cm_loudness(const cm_view *in, double rate, const double *weights, double *lufs);

#endif
