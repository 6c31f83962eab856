/*
 * real_kernels.h: the loops behind real_ops.h. Included once by real_f32.c and once by real_f64.c, which
 * define `real` and the names of what differs.
 */
#include "real_ops.h"
#include "simd.h"

#include <string.h>

CM_CLONES static void scale(void *to, const void *from, size_t count, double gain)
{
    real *t = to;
    const real *f = from, g = (real)gain;
    CM_SAME_OR_APART
    for (size_t i = 0; i < count; i++)
        t[i] = f[i] * g;
}

CM_CLONES static void scale_pair(void *to, const void *a, const void *b, size_t count, double gain_a,
                                 double gain_b)
{
    real *t = to;
    const real *x = a, *y = b, g = (real)gain_a, h = (real)gain_b;
    CM_SAME_OR_APART
    for (size_t i = 0; i < count; i++)
        t[i] = x[i] * g + y[i] * h;
}

CM_CLONES static void add_scaled(void *to, const void *from, size_t count, double gain)
{
    real *t = to;
    const real *f = from, g = (real)gain;
    CM_SAME_OR_APART
    for (size_t i = 0; i < count; i++)
        t[i] += f[i] * g;
}

CM_CLONES static void add_pair(void *to, const void *a, const void *b, size_t count, double gain_a,
                               double gain_b)
{
    real *t = to;
    const real *x = a, *y = b, g = (real)gain_a, h = (real)gain_b;
    CM_SAME_OR_APART
    for (size_t i = 0; i < count; i++)
        t[i] = t[i] + x[i] * g + y[i] * h;
}

CM_CLONES static void scale_row(void *to, const void *from, size_t count, const void *row, size_t lanes)
{
    real *t = to;
    const real *f = from, *r = row;
    for (; count > 0;) {
        size_t run = count < lanes ? count : lanes;
        CM_SAME_OR_APART
        for (size_t i = 0; i < run; i++)
            t[i] = f[i] * r[i];
        t += run, f += run, count -= run;
    }
}

CM_CLONES static void add_row(void *to, const void *from, size_t count, const void *row, size_t lanes)
{
    real *t = to;
    const real *f = from, *r = row;
    for (; count > 0;) {
        size_t run = count < lanes ? count : lanes;
        CM_SAME_OR_APART
        for (size_t i = 0; i < run; i++)
            t[i] = f[i] + r[i];
        t += run, f += run, count -= run;
    }
}

CM_CLONES static void clip(void *to, const void *from, size_t count, double low, double high)
{
    real *t = to;
    const real *f = from, lo = (real)low, hi = (real)high;
    CM_SAME_OR_APART
    for (size_t i = 0; i < count; i++) {
        real x = f[i];
        x = x < lo ? lo : x;
        t[i] = x > hi ? hi : x;
    }
}

CM_CLONES static void multiply(void *to, const void *from, const void *gains, size_t count)
{
    real *t = to;
    const real *f = from, *g = gains;
    CM_SAME_OR_APART
    for (size_t i = 0; i < count; i++)
        t[i] = f[i] * g[i];
}

CM_CLONES static void multiply_pairs(void *to, const void *from, const void *gains, size_t frames)
{
    real *t = to;
    const real *f = from, *g = gains;
    CM_SAME_OR_APART
    for (size_t i = 0; i < frames; i++) {
        t[2 * i] = f[2 * i] * g[i];
        t[2 * i + 1] = f[2 * i + 1] * g[i];
    }
}

CM_CLONES static void cross(void *to, const void *a, const void *b, const void *gains_a, const void *gains_b,
                            size_t count)
{
    real *t = to;
    const real *x = a, *y = b, *g = gains_a, *h = gains_b;
    CM_SAME_OR_APART
    for (size_t i = 0; i < count; i++)
        t[i] = x[i] * g[i] + y[i] * h[i];
}

CM_ALWAYS_INLINE void repeat_of(real *restrict t, const real *f, size_t frames, size_t channels)
{
    for (size_t i = 0; i < frames; i++)
        for (size_t c = 0; c < channels; c++)
            t[i * channels + c] = f[i];
}

CM_CLONES static void repeat(void *to, const void *from, size_t frames, size_t channels)
{
    if (channels == 2)
        repeat_of(to, from, frames, 2);
    else
        repeat_of(to, from, frames, channels);
}

CM_CLONES static void spread(void *to, const void *from, size_t frames, double left, double right)
{
    real *t = to;
    const real *f = from, l = (real)left, r = (real)right;
    CM_SAME_OR_APART
    for (size_t i = 0; i < frames; i++) {
        t[2 * i] = f[i] * l;
        t[2 * i + 1] = f[i] * r;
    }
}

/*
 * A reduction over lanes. With the usual number of lanes they are copied to an array of fixed size, which the
 * compiler keeps in registers.
 */
#define REDUCTION(stem, step)                                                                                \
    CM_ALWAYS_INLINE void stem##_in(double *lane, const real *f, size_t count, size_t lanes)                 \
    {                                                                                                        \
        size_t i = 0;                                                                                        \
        for (; i + lanes <= count; i += lanes)                                                               \
            for (size_t j = 0; j < lanes; j++)                                                               \
                lane[j] = step(lane[j], (double)f[i + j]);                                                   \
        for (size_t j = 0; i + j < count; j++)                                                               \
            lane[j] = step(lane[j], (double)f[i + j]);                                                       \
    }                                                                                                        \
    CM_CLONES static void stem(void *lane, const void *from, size_t count, size_t lanes)                     \
    {                                                                                                        \
        double fixed[CM_LANES];                                                                              \
        if (lanes != CM_LANES) {                                                                             \
            stem##_in(lane, from, count, lanes);                                                             \
            return;                                                                                          \
        }                                                                                                    \
        memcpy(fixed, lane, sizeof fixed);                                                                   \
        stem##_in(fixed, from, count, CM_LANES);                                                             \
        memcpy(lane, fixed, sizeof fixed);                                                                   \
    }

#define PLUS(total, x) ((total) + (x))
#define PLUS_SQUARE(total, x) ((total) + (x) * (x))

REDUCTION(sum, PLUS)
REDUCTION(sum_squares, PLUS_SQUARE)

/* The comparison is false for NaN, which leaves the peak as it is. */
CM_ALWAYS_INLINE void peak_in(real *peaks, const real *f, size_t count, size_t lanes)
{
    size_t i = 0;
    for (; i + lanes <= count; i += lanes)
        for (size_t j = 0; j < lanes; j++) {
            real x = REAL_ABS(f[i + j]);
            peaks[j] = x > peaks[j] ? x : peaks[j];
        }
    for (size_t j = 0; i + j < count; j++) {
        real x = REAL_ABS(f[i + j]);
        peaks[j] = x > peaks[j] ? x : peaks[j];
    }
}

CM_CLONES static void peak(void *lane, const void *from, size_t count, size_t lanes)
{
    real fixed[CM_LANES];
    if (lanes != CM_LANES) {
        peak_in(lane, from, count, lanes);
        return;
    }
    memcpy(fixed, lane, sizeof fixed);
    peak_in(fixed, from, count, CM_LANES);
    memcpy(lane, fixed, sizeof fixed);
}

/* True peak: blocks of places are filtered tap by tap, so that the loop over places vectorises. */

#define TRUE_PEAK_BLOCK 64

CM_CLONES static double true_peak(const void *from, size_t count)
{
    const real *f = from;
    real peaks[TRUE_PEAK_BLOCK] = { 0 }, taps[4][CM_TRUE_PEAK_TAPS], largest = 0;
    for (int phase = 0; phase < 4; phase++)
        for (int k = 0; k < CM_TRUE_PEAK_TAPS; k++)
            taps[phase][k] = (real)cm_true_peak_taps[phase][k];
    for (size_t first = 0; first < count; first += TRUE_PEAK_BLOCK) {
        size_t places = count - first < TRUE_PEAK_BLOCK ? count - first : TRUE_PEAK_BLOCK;
        for (int phase = 0; phase < 4; phase++)
            for (size_t i = 0; i < places; i++) {
                real y = 0;
                for (int k = 0; k < CM_TRUE_PEAK_TAPS; k++)
                    y += f[first + i + (size_t)k] * taps[phase][k];
                y = REAL_ABS(y);
                peaks[i] = y > peaks[i] ? y : peaks[i];
            }
    }
    for (int i = 0; i < TRUE_PEAK_BLOCK; i++)
        largest = peaks[i] > largest ? peaks[i] : largest;
    return (double)largest;
}

/*
 * The noise of one group of places. Every lane starts with a random number of its own and goes on by a linear
 * congruence, whose steps correlate by about a thousandth: not to be told from white noise.
 */
CM_CLONES static void noise_group(real *to, uint64_t key, uint64_t group)
{
    uint32_t lane[CM_NOISE_LANES], place = (uint32_t)group * CM_NOISE_LANES, low = (uint32_t)key;
    uint32_t high = (uint32_t)(key >> 32) + (uint32_t)(group * CM_NOISE_LANES >> 32) * 0x9e3779b9u;
    for (uint32_t j = 0; j < CM_NOISE_LANES; j++)
        lane[j] = cm_scramble(place + j, low, high);
    for (int step = 0; step < CM_NOISE_STEPS; step++)
        for (int j = 0; j < CM_NOISE_LANES; j++) {
            uint32_t bits = lane[j] * 747796405u + 2891336453u;
            lane[j] = bits;
            /* Two even distributions of 16 bits each add up to a triangular one. */
            int32_t triangle = (int32_t)(bits & 0xffff) + (int32_t)(bits >> 16) - 0xffff;
            to[step * CM_NOISE_LANES + j] = (real)triangle * (real)(1.0 / 65536.0);
        }
}

static void noise(void *to, uint64_t key, uint64_t first, size_t count)
{
    real part[CM_NOISE_GROUP], *t = to;
    while (count > 0) {
        size_t skip = (size_t)(first % CM_NOISE_GROUP), run = CM_NOISE_GROUP - skip;
        bool whole = run == CM_NOISE_GROUP && count >= run;
        run = run < count ? run : count;
        noise_group(whole ? t : part, key, first / CM_NOISE_GROUP);
        if (!whole)
            memcpy(t, part + skip, run * sizeof *t);
        t += run, first += run, count -= run;
    }
}
