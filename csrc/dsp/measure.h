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
 * or of its samples where that is more. Silence stands before and after the signal, which may come in pieces.
 * All zero before the first.
 */
#define CM_TRUE_PEAK_HISTORY 11 /* samples that its filter looks back */

typedef struct cm_true_peak {
    double history[CM_TRUE_PEAK_HISTORY]; /* the last samples so far */
    double highest;                       /* with none after those */
} cm_true_peak;

void cm_true_peak_add(cm_true_peak *peak, const cm_view *mono);
double cm_true_peak_so_far(const cm_true_peak *peak);
double cm_true_peak_of(const cm_view *mono);

/* Lowest sample rate that the weighting filters of BS.1770 are made for here, Hz. */
#define CM_LOUDNESS_MIN_RATE 8000.0
#define CM_LOUDNESS_MAX_RATE 3072000.0

/*
 * Integrated loudness by ITU-R BS.1770, in LUFS, of a signal that may come in pieces: K-weighting, blocks of
 * 400 ms every 100 ms, gates at -70 LUFS and 10 LU below. -inf when no block passes, NaN when a weighted
 * channel holds NaN or an infinity. Keeps 80 bytes for each second.
 */
typedef struct cm_loudness cm_loudness;

/* weights has a factor >= 0 for each channel. NULL when there is no memory. */
cm_loudness *cm_loudness_open(double rate, const double *weights, size_t channels);
void cm_loudness_close(cm_loudness *loudness); /* NULL is fine */
/* in has the channels of the meter. False, and nothing is taken, when there is no memory. */
bool cm_loudness_add(cm_loudness *loudness, const cm_view *in);
double cm_loudness_integrated(const cm_loudness *loudness);

#endif
