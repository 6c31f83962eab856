#include "sinc.h"

#include <math.h>
#include <stdlib.h>

/* Zero crossings on a side, table entries between two of them, and Kaiser's beta: 90 dB. */
enum { CROSSINGS = 24, STEPS = 512 };
#define BETA 9.0

/* The transition ends as far above half the sample rate as it begins below. */
#define BAND 0.94

/* Bessel's I0 by its series. */
static double bessel(double x)
{
    double sum = 1, term = 1;
    for (int k = 1; k < 60; k++) {
        term *= x / (2 * k) * (x / (2 * k));
        sum += term;
    }
    return sum;
}

bool cm_sinc_init(cm_sinc *sinc)
{
    size_t count = CROSSINGS * STEPS;
    sinc->table = calloc(count + 2 * STEPS, sizeof *sinc->table); /* zeros behind: reaches are whole frames */
    if (!sinc->table)
        return false;
    for (size_t i = 0; i < count; i++) {
        double x = (double)i / STEPS, edge = x / CROSSINGS;
        double ideal = i == 0 ? 1 : sin(M_PI * x) / (M_PI * x);
        sinc->table[i] = (Float32)(ideal * bessel(BETA * sqrt(1 - edge * edge)) / bessel(BETA));
    }
    return true;
}

void cm_sinc_free(cm_sinc *sinc)
{
    free(sinc->table);
    sinc->table = NULL;
}

UInt32 cm_sinc_reach(Float64 cutoff)
{
    return (UInt32)ceil(CROSSINGS / (BAND * cutoff));
}

/* Weights of frames that lie `first`, `first` + 1 ... from the place, on one side of it; returns their sum.
 */
static Float32 weigh_side(const cm_sinc *sinc, Float64 first, Float64 scale, UInt32 count, Float32 *weights,
                          int direction)
{
    Float32 place = (Float32)(first * scale * STEPS), step = (Float32)(scale * STEPS), sum = 0;
    for (UInt32 i = 0; i < count; i++, place += step, weights += direction) {
        UInt32 entry = (UInt32)place;
        Float32 part = place - (Float32)entry;
        *weights = sinc->table[entry] + part * (sinc->table[entry + 1] - sinc->table[entry]);
        sum += *weights;
    }
    return sum;
}

UInt32 cm_sinc_weigh(const cm_sinc *sinc, Float64 fraction, Float64 cutoff, Float32 *weights)
{
    UInt32 reach = cm_sinc_reach(cutoff);
    Float64 scale = BAND * cutoff;
    Float32 sum = weigh_side(sinc, fraction, scale, reach, weights + reach - 1, -1);
    sum += weigh_side(sinc, 1 - fraction, scale, reach, weights + reach, 1);
    for (UInt32 i = 0; i < 2 * reach; i++)
        weights[i] /= sum;
    return reach;
}

Float32 cm_sinc_apply(const Float32 *weights, const Float32 *frames, UInt32 count)
{
    Float32 even = 0, odd = 0;
    for (UInt32 i = 0; i < count; i += 2) {
        even += weights[i] * frames[i];
        odd += weights[i + 1] * frames[i + 1];
    }
    return even + odd;
}
