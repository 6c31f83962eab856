/* decibels.h: linear magnitudes and decibels, 20 log10(x). Pure C; GIL not needed. */
#ifndef CM_DSP_DECIBELS_H
#define CM_DSP_DECIBELS_H

#include "view.h"

/* Of the magnitude: the sign of a factor only says that it turns the phase. 0 gives -inf, NaN stays NaN. */
double cm_to_db_value(double linear);
double cm_from_db_value(double db);

/* Views of float32 or float64, both of one type and shape; out may be in. */
void cm_to_db(const cm_view *out, const cm_view *in);
void cm_from_db(const cm_view *out, const cm_view *in);

#endif
