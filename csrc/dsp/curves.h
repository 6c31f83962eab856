/* curves.h: the shapes of fades. */
#ifndef CM_DSP_CURVES_H
#define CM_DSP_CURVES_H

#include "view.h"

/*
 * A curve rises from 0 at t = 0 to 1 at t = 1:
 *   linear       t
 *   equal power  sin(t pi / 2); with its mirror image the powers add up to 1
 *   exponential  (1000^t - 1) / 999: even steps in decibels over 60 dB, lowered to start at silence
 *   S            t^2 (3 - 2 t), flat at both ends; with its mirror image the gains add up to 1
 */
typedef enum { CM_CURVE_LINEAR, CM_CURVE_EQUAL_POWER, CM_CURVE_EXPONENTIAL, CM_CURVE_S, CM_CURVES } cm_curve;

/* Steps that are computed from one exact place of the curve. */
#define CM_RAMP_STEPS 512

/*
 * A curve over `total` steps: step k is at t = k / total, or with falling at 1 - k / total. So a rise starts
 * at exactly 0 and a fall at 1 (to the last bit or so). The tables hold what a step has beyond the lowest
 * step of its run, so that nothing is a difference of almost equal numbers; in a fall they run backwards.
 */
typedef struct cm_ramp {
    cm_curve curve;
    bool falling;
    size_t total;
    double scale; /* 1 / total */
    double a[CM_RAMP_STEPS], b[CM_RAMP_STEPS];
} cm_ramp;

void cm_ramp_init(cm_ramp *ramp, cm_curve curve, bool falling, size_t total);

/* The gains of steps first .. first + count - 1, which the ramp has, as float32 or float64. */
void cm_ramp_gains(const cm_ramp *ramp, cm_sample type, void *gains, size_t first, size_t count);

#endif
