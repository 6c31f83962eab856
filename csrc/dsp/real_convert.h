/*
 * real_convert.h: floating-point samples from and to every other type. Included once by real_f32.c and once
 * by real_f64.c, after real_kernels.h.
 */

#include "bytes24.h"

/* 24-bit samples pass through this many int32 on the stack. */
#define CHUNK 256

#define DECODE_INT(stem, type, offset, bits)                                                                 \
    CM_CLONES static void decode_##stem(void *to, const void *from, size_t count)                            \
    {                                                                                                        \
        real *t = to;                                                                                        \
        const type *f = from;                                                                                \
        CM_SAME_OR_APART                                                                                     \
        for (size_t i = 0; i < count; i++)                                                                   \
            t[i] = (real)((int32_t)f[i] - offset) * (real)(1.0 / (double)(UINT64_C(1) << (bits - 1)));       \
    }

DECODE_INT(u8, uint8_t, 128, 8)
DECODE_INT(s8, int8_t, 0, 8)
DECODE_INT(s16, int16_t, 0, 16)
DECODE_INT(s32, int32_t, 0, 32)

typedef real real4 __attribute__((vector_size(4 * sizeof(real))));

CM_CLONES static void decode_s24(void *to, const void *from, size_t count)
{
    const real unit = (real)(1.0 / 2147483648.0);
    real *t = to;
    const uint8_t *f = from;
    size_t i = 0;
    for (; cm_room24(i, count); i += 4) {
        real4 four = __builtin_convertvector(cm_four24(f + 3 * i), real4) * unit;
        memcpy(t + i, &four, sizeof four);
    }
    for (; i < count; i++)
        t[i] = (real)cm_one24(f + 3 * i) * unit;
}

CM_CLONES static void decode_f32(void *to, const void *from, size_t count)
{
    real *t = to;
    const float *f = from;
    CM_SAME_OR_APART
    for (size_t i = 0; i < count; i++)
        t[i] = (real)f[i];
}

CM_CLONES static void decode_f64(void *to, const void *from, size_t count)
{
    real *t = to;
    const double *f = from;
    CM_SAME_OR_APART
    for (size_t i = 0; i < count; i++)
        t[i] = (real)f[i];
}

CM_CLONES static void encode_f32(void *to, const void *from, size_t count, const void *noise_of_lsb)
{
    (void)noise_of_lsb;
    float *t = to;
    const real *f = from;
    CM_SAME_OR_APART
    for (size_t i = 0; i < count; i++)
        t[i] = (float)f[i];
}

CM_CLONES static void encode_f64(void *to, const void *from, size_t count, const void *noise_of_lsb)
{
    (void)noise_of_lsb;
    double *t = to;
    const real *f = from;
    CM_SAME_OR_APART
    for (size_t i = 0; i < count; i++)
        t[i] = (double)f[i];
}

/*
 * Adding 1.5 x 2^23 to a float, or 1.5 x 2^52 to a double, rounds a smaller number to the nearest integer,
 * ties to even, and leaves it in the low bits.
 */
CM_ALWAYS_INLINE int32_t rounded_float(float x)
{
    float sum = x + 12582912.0f;
    int32_t bits;
    memcpy(&bits, &sum, sizeof bits);
    return bits;
}

CM_ALWAYS_INLINE int32_t rounded_double(double x)
{
    double sum = x + 6755399441055744.0;
    int64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    return (int32_t)bits;
}

/* The same for floats of up to 2^23, for which 1.5 x 2^23 is not enough. */
CM_ALWAYS_INLINE int32_t rounded_large_float(float x)
{
    return (int32_t)__builtin_rintf(x);
}

/*
 * Scaled, noisy, clipped, rounded. Limits and zero are parameters because the compiler turns comparisons with
 * known numbers into jumps, which do not vectorise.
 */
#define ENCODE_LOOP(wide, type, offset, rounded, scaled)                                                     \
    CM_SAME_OR_APART                                                                                         \
    for (size_t i = 0; i < count; i++) {                                                                     \
        wide x = scaled;                                                                                     \
        x = x == x ? x : zero;                                                                               \
        x = x < low ? low : x;                                                                               \
        x = x > high ? high : x;                                                                             \
        t[i] = (type)(rounded(x) + offset);                                                                  \
    }

#define ENCODE_INT(stem, wide, type, offset, bits, rounded)                                                  \
    CM_CLONES static void encode_##stem##_within(type *t, const real *f, size_t count, const real *n,        \
                                                 wide scale, wide low, wide high, wide zero)                 \
    {                                                                                                        \
        if (n) {                                                                                             \
            ENCODE_LOOP(wide, type, offset, rounded, (wide)f[i] * scale + (wide)n[i])                        \
        } else {                                                                                             \
            ENCODE_LOOP(wide, type, offset, rounded, (wide)f[i] * scale)                                     \
        }                                                                                                    \
    }                                                                                                        \
    static void encode_##stem(void *to, const void *from, size_t count, const void *noise_of_lsb)            \
    {                                                                                                        \
        const wide scale = (wide)(UINT64_C(1) << (bits - 1));                                                \
        encode_##stem##_within(to, from, count, noise_of_lsb, scale, -scale, scale - 1, 0);                  \
    }

ENCODE_INT(u8, real, uint8_t, 128, 8, ROUNDED_REAL)
ENCODE_INT(s8, real, int8_t, 0, 8, ROUNDED_REAL)
ENCODE_INT(s16, real, int16_t, 0, 16, ROUNDED_REAL)
ENCODE_INT(s32, double, int32_t, 0, 32, rounded_double)
ENCODE_INT(s24_with_noise, double, int32_t, 0, 24, rounded_double)
ENCODE_INT(s24_as_it_is, real, int32_t, 0, 24, ROUNDED_24)

static void encode_s24(void *to, const void *from, size_t count, const void *noise_of_lsb)
{
    int32_t chunk[CHUNK];
    uint8_t *t = to;
    const real *f = from, *n = noise_of_lsb;
    for (; count > 0;) {
        size_t run = count < CHUNK ? count : CHUNK;
        if (n)
            encode_s24_with_noise(chunk, f, run, n);
        else
            encode_s24_as_it_is(chunk, f, run, NULL);
        cm_pack24(t, chunk, run);
        t += 3 * run, f += run, count -= run;
        n = n ? n + run : NULL;
    }
}

#define REAL_OPS                                                                                             \
    {                                                                                                        \
        .type = REAL_TYPE, .noise = noise, .scale = scale, .scale_pair = scale_pair,                         \
        .add_scaled = add_scaled, .add_pair = add_pair, .multiply_pairs = multiply_pairs,                    \
        .scale_row = scale_row, .add_row = add_row, .multiply = multiply, .cross = cross, .repeat = repeat,  \
        .spread = spread, .clip = clip, .peak = peak, .sum = sum, .sum_squares = sum_squares,                \
        .true_peak = true_peak,                                                                              \
        .decode = { decode_u8, decode_s8, decode_s16, decode_s24, decode_s32, decode_f32, decode_f64 },      \
        .encode = { encode_u8, encode_s8, encode_s16, encode_s24, encode_s32, encode_f32, encode_f64 },      \
    }
