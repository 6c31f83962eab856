#include "decibels.h"

#include "blocks.h"

#include <math.h>

#define LN_10_OVER_20 0.11512925464970228420

double cm_to_db_value(double linear)
{
    return 20.0 * log10(fabs(linear));
}

double cm_from_db_value(double db)
{
    return pow(10.0, db / 20.0);
}

/* float32 is computed in float64 where the result depends on the last bits of the product. */
static void to_db_block(const void *context, void *to, const void *from, size_t first, size_t frames)
{
    const cm_view *view = context;
    size_t count = frames * view->channels;
    (void)first;
    for (size_t i = 0; i < count; i++) {
        if (view->type == CM_F64)
            ((double *)to)[i] = cm_to_db_value(((const double *)from)[i]);
        else
            ((float *)to)[i] = 20.0f * log10f(fabsf(((const float *)from)[i]));
    }
}

static void from_db_block(const void *context, void *to, const void *from, size_t first, size_t frames)
{
    const cm_view *view = context;
    size_t count = frames * view->channels;
    (void)first;
    for (size_t i = 0; i < count; i++) {
        if (view->type == CM_F64)
            ((double *)to)[i] = cm_from_db_value(((const double *)from)[i]);
        else
            ((float *)to)[i] = (float)exp((double)((const float *)from)[i] * LN_10_OVER_20);
    }
}

void cm_to_db(const cm_view *out, const cm_view *in)
{
    cm_map(out, in, to_db_block, out);
}

void cm_from_db(const cm_view *out, const cm_view *in)
{
    cm_map(out, in, from_db_block, out);
}
