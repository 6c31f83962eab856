#include "curves.h"

#include "simd.h"

#include <stdint.h>

/* Taylor terms of sin(x pi / 2); the first left out is below 2e-18 for x in 0 .. 1. */
static const double sine_terms[] = {
    1.5707963267948966,     -0.6459640975062463,    0.07969262624616705,   -0.004681754135318688,
    0.00016044118478735983, -3.598843235212085e-06, 5.692172921967927e-08, -6.688035109811468e-10,
    6.0669357311061955e-12, -4.377065467313742e-14, 2.571422892860474e-16,
};

/* Taylor terms of 2^x; the first left out is below 2e-16 for x in -1/2 .. 1/2. */
static const double power_terms[] = {
    1.0,
    0.6931471805599453,
    0.24022650695910072,
    0.05550410866482158,
    0.009618129107628477,
    0.0013333558146428443,
    0.0001540353039338161,
    1.5252733804059841e-05,
    1.321548679014431e-06,
    1.01780860092397e-07,
    7.054911620801123e-09,
    4.4455382718708116e-10,
    2.5678435993488206e-11,
};

#define TERMS(table) ((int)(sizeof(table) / sizeof *(table)))
#define LOG2_OF_1000 9.965784284662087
#define ROUNDER 6755399441055744.0 /* 1.5 x 2^52: adding it rounds to an integer */

CM_ALWAYS_INLINE double linear_at(double t)
{
    return t;
}

CM_ALWAYS_INLINE double equal_power_at(double t)
{
    double sum = 0, square = t * t;
    for (int i = TERMS(sine_terms) - 1; i >= 0; i--)
        sum = sum * square + sine_terms[i];
    return sum * t;
}

/* 2^x as 2^whole x 2^part; whole is 0 .. 10. */
CM_ALWAYS_INLINE double exponential_at(double t)
{
    double x = t * LOG2_OF_1000, whole = (x + ROUNDER) - ROUNDER, part = x - whole, sum = 0;
    for (int i = TERMS(power_terms) - 1; i >= 0; i--)
        sum = sum * part + power_terms[i];
    return (sum * (double)(1 << (int32_t)whole) - 1.0) / 999.0;
}

CM_ALWAYS_INLINE double s_at(double t)
{
    return t * t * (3.0 - 2.0 * t);
}

/* Steps are exact in a double up to 2^53. */
#define CURVE(stem)                                                                                          \
    CM_CLONES static void stem##_gains(double *gains, double first, double step, size_t count, double scale) \
    {                                                                                                        \
        for (int32_t i = 0; i < (int32_t)count; i++)                                                         \
            gains[i] = stem##_at((first + step * (double)i) * scale);                                        \
    }

CURVE(linear)
CURVE(equal_power)
CURVE(exponential)
CURVE(s)

static void (*const curve_gains[CM_CURVES])(double *, double, double, size_t, double) = {
    [CM_CURVE_LINEAR] = linear_gains,
    [CM_CURVE_EQUAL_POWER] = equal_power_gains,
    [CM_CURVE_EXPONENTIAL] = exponential_gains,
    [CM_CURVE_S] = s_gains,
};

void cm_curve_gains(double *gains, cm_curve curve, bool falling, size_t first, size_t count, size_t total)
{
    double start = falling ? (double)(total - first) : (double)first;
    curve_gains[curve](gains, start, falling ? -1.0 : 1.0, count, 1.0 / (double)total);
}
