#include "curves.h"

#include "blocks.h"
#include "simd.h"

#include <math.h>

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

/* sin(t pi / 2) */
CM_ALWAYS_INLINE double sine_at(double t)
{
    double sum = 0, square = t * t;
    for (int i = TERMS(sine_terms) - 1; i >= 0; i--)
        sum = sum * square + sine_terms[i];
    return sum * t;
}

/* 1000^t for t in 0 .. 1 as 2^whole x 2^part; whole is 0 .. 10. */
CM_ALWAYS_INLINE double power_at(double t)
{
    double x = t * LOG2_OF_1000, whole = (x + ROUNDER) - ROUNDER, part = x - whole, sum = 0;
    for (int i = TERMS(power_terms) - 1; i >= 0; i--)
        sum = sum * part + power_terms[i];
    return sum * (double)(1 << (int32_t)whole);
}

/*
 * A run of steps. x and y say where its lowest step is, a and b how far each step is from it:
 *   linear, S    t = (x + a) y, where x and a count steps
 *   equal power  the sine of a sum: x and a are sine and cosine, y and b cosine and sine
 *   exponential  the power of a sum: x and a are powers
 */
#define LINEAR(i) ((x + a[i]) * y)
#define EQUAL_POWER(i) (x * a[i] + y * b[i])
#define EXPONENTIAL(i) ((x * a[i] - y) * (1.0 / 999.0))
#define S_CURVE(i) (LINEAR(i) * LINEAR(i) * (3.0 - 2.0 * LINEAR(i)))

#define RUN(name, real, gain)                                                                                \
    CM_CLONES static void name(void *gains, const double *a, const double *b, double x, double y,            \
                               size_t count)                                                                 \
    {                                                                                                        \
        (void)b;                                                                                             \
        real *to = gains;                                                                                    \
        CM_SAME_OR_APART                                                                                     \
        for (size_t i = 0; i < count; i++)                                                                   \
            to[i] = (real)gain(i);                                                                           \
    }

RUN(linear_f32, float, LINEAR)
RUN(linear_f64, double, LINEAR)
RUN(equal_power_f32, float, EQUAL_POWER)
RUN(equal_power_f64, double, EQUAL_POWER)
RUN(exponential_f32, float, EXPONENTIAL)
RUN(exponential_f64, double, EXPONENTIAL)
RUN(s_f32, float, S_CURVE)
RUN(s_f64, double, S_CURVE)

typedef void (*run_fn)(void *gains, const double *a, const double *b, double x, double y, size_t count);

static const struct {
    run_fn f32, f64;
} runs[CM_CURVES] = {
    [CM_CURVE_LINEAR] = { linear_f32, linear_f64 },
    [CM_CURVE_EQUAL_POWER] = { equal_power_f32, equal_power_f64 },
    [CM_CURVE_EXPONENTIAL] = { exponential_f32, exponential_f64 },
    [CM_CURVE_S] = { s_f32, s_f64 },
};

CM_CLONES static void fill_equal_power(double *a, double *b, size_t count, double scale)
{
    for (int32_t i = 0; i < (int32_t)count; i++) {
        a[i] = sine_at(1.0 - (double)i * scale);
        b[i] = sine_at((double)i * scale);
    }
}

CM_CLONES static void fill_exponential(double *a, size_t count, double scale)
{
    for (int32_t i = 0; i < (int32_t)count; i++)
        a[i] = power_at((double)i * scale);
}

static void turn_round(double *table)
{
    for (size_t i = 0; i < CM_RAMP_STEPS / 2; i++) {
        double other = table[CM_RAMP_STEPS - 1 - i];
        table[CM_RAMP_STEPS - 1 - i] = table[i];
        table[i] = other;
    }
}

void cm_ramp_init(cm_ramp *ramp, cm_curve curve, bool falling, size_t total)
{
    *ramp = (cm_ramp){ .curve = curve, .falling = falling, .total = total };
    if (total == 0)
        return;
    ramp->scale = 1.0 / (double)total;
    size_t count = total < CM_RAMP_STEPS ? total + 1 : CM_RAMP_STEPS;
    if (curve == CM_CURVE_EQUAL_POWER)
        fill_equal_power(ramp->a, ramp->b, count, ramp->scale);
    else if (curve == CM_CURVE_EXPONENTIAL)
        fill_exponential(ramp->a, count, ramp->scale);
    else
        for (size_t i = 0; i < count; i++)
            ramp->a[i] = (double)i;
    if (falling) {
        turn_round(ramp->a);
        turn_round(ramp->b);
    }
}

/* Where a run is on the curve. lowest is divided, not scaled, since the power magnifies an error of t. */
static void place_run(const cm_ramp *ramp, size_t lowest, double *x, double *y)
{
    double t = (double)lowest / (double)ramp->total;
    *x = (double)lowest;
    *y = ramp->scale;
    if (ramp->curve == CM_CURVE_EQUAL_POWER) {
        *x = sine_at(t);
        *y = sine_at((double)(ramp->total - lowest) / (double)ramp->total);
    } else if (ramp->curve == CM_CURVE_EXPONENTIAL) {
        *x = pow(1000.0, t);
        *y = 1.0;
    }
}

/* Runs start at fixed steps, so that a gain does not depend on where its block starts. */
void cm_ramp_gains(const cm_ramp *ramp, cm_sample type, void *gains, size_t first, size_t count)
{
    run_fn run = type == CM_F64 ? runs[ramp->curve].f64 : runs[ramp->curve].f32;
    char *to = gains;
    while (count > 0) {
        size_t step = ramp->falling ? ramp->total - first : first, within = step % CM_RAMP_STEPS;
        size_t skip = ramp->falling ? CM_RAMP_STEPS - 1 - within : within;
        size_t steps = cm_smaller(count, CM_RAMP_STEPS - skip);
        double x, y;
        place_run(ramp, step - within, &x, &y);
        run(to, ramp->a + skip, ramp->b + skip, x, y, steps);
        to += steps * cm_sample_infos[type].size;
        first += steps, count -= steps;
    }
}
