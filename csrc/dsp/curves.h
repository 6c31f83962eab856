/* curves.h: the shapes of fades. */
#ifndef CM_DSP_CURVES_H
#define CM_DSP_CURVES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A curve rises from 0 at t = 0 to 1 at t = 1:
 *   linear       t
 *   equal power  sin(t pi / 2); with its mirror image the powers add up to 1
 *   exponential  (1000^t - 1) / 999: even steps in decibels over 60 dB, lowered to start at silence
 *   S            t^2 (3 - 2 t), flat at both ends; with its mirror image the gains add up to 1
 */
typedef enum { CM_CURVE_LINEAR, CM_CURVE_EQUAL_POWER, CM_CURVE_EXPONENTIAL, CM_CURVE_S, CM_CURVES } cm_curve;

/*
 * The gains of steps first .. first + count - 1 of a fade of `total` steps: the curve at step / total, or
 * with falling at 1 - step / total. So a rise starts at exactly 0 and a fall at 1 (to the last bit or so).
 */
void cm_curve_gains(double *gains, cm_curve curve, bool falling, size_t first, size_t count, size_t total);

#endif
