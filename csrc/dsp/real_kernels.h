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

CM_ALWAYS_INLINE void scale_frames_of(real *t, const real *f, size_t frames, size_t channels,
                                      const double *gains)
{
    CM_SAME_OR_APART
    for (size_t i = 0; i < frames; i++)
        for (size_t c = 0; c < channels; c++)
            t[i * channels + c] = f[i * channels + c] * (real)gains[i];
}

CM_CLONES static void scale_frames(void *to, const void *from, size_t frames, size_t channels,
                                   const double *gains)
{
    if (channels == 1)
        scale_frames_of(to, from, frames, 1, gains);
    else if (channels == 2)
        scale_frames_of(to, from, frames, 2, gains);
    else
        scale_frames_of(to, from, frames, channels, gains);
}

CM_ALWAYS_INLINE void cross_of(real *t, const real *a, const real *b, size_t frames, size_t channels,
                               const double *gains_a, const double *gains_b)
{
    CM_SAME_OR_APART
    for (size_t i = 0; i < frames; i++)
        for (size_t c = 0; c < channels; c++) {
            size_t at = i * channels + c;
            t[at] = a[at] * (real)gains_a[i] + b[at] * (real)gains_b[i];
        }
}

CM_CLONES static void cross(void *to, const void *a, const void *b, size_t frames, size_t channels,
                            const double *gains_a, const double *gains_b)
{
    if (channels == 1)
        cross_of(to, a, b, frames, 1, gains_a, gains_b);
    else if (channels == 2)
        cross_of(to, a, b, frames, 2, gains_a, gains_b);
    else
        cross_of(to, a, b, frames, channels, gains_a, gains_b);
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

CM_ALWAYS_INLINE void noise_run(real *to, uint64_t key, uint64_t first, size_t count)
{
    uint32_t place = (uint32_t)first, low = (uint32_t)key;
    uint32_t high = (uint32_t)(key >> 32) + (uint32_t)(first >> 32) * 0x9e3779b9u;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = cm_scramble(place + (uint32_t)i, low, high);
        /* Two even distributions of 16 bits each add up to a triangular one. */
        int32_t triangle = (int32_t)(bits & 0xffff) + (int32_t)(bits >> 16) - 0xffff;
        to[i] = (real)triangle * (real)(1.0 / 65536.0);
    }
}

CM_CLONES static void noise(void *to, uint64_t key, uint64_t first, size_t count)
{
    uint64_t left = (UINT64_C(1) << 32) - (first & 0xffffffffu);
    size_t run = count < left ? count : (size_t)left;
    noise_run(to, key, first, run);
    noise_run((real *)to + run, key, first + run, count - run);
}
