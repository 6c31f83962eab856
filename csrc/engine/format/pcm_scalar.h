/*
 * pcm_scalar.h: what happens to one sample, for the loops of the pcm_*.c files. [any, render]
 */
#ifndef CM_FORMAT_PCM_SCALAR_H
#define CM_FORMAT_PCM_SCALAR_H

#include "../base/bytes.h"

/*
 * The loops are plain C that the compiler turns into vector code, once for AVX2 and once for what every
 * processor has; the loader picks. The sanitizers cannot run code that early, so their builds do without.
 */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define CM_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CM_SANITIZED 1
#endif
#if defined(__x86_64__) && !defined(CM_SANITIZED)
#define CM_VECTOR_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define CM_VECTOR_CLONES
#endif

/* Byte shuffles came with SSSE3; without them the few loops that use them are slow. */
#if defined(__x86_64__) && !defined(CM_SANITIZED)
#define CM_SHUFFLE_CLONES __attribute__((target_clones("avx2", "ssse3", "default")))
#else
#define CM_SHUFFLE_CLONES
#endif

static inline float cm_f32_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint32_t cm_f32_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline double cm_f64_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint64_t cm_f64_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline int32_t cm_low_i24(const uint8_t *p)
{
    return (int32_t)((uint32_t)p[2] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[0] << 8);
}

static inline int32_t cm_high_i24(const uint8_t *p)
{
    return (int32_t)((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8);
}

static inline void cm_put_low_i24(uint8_t *p, int32_t value)
{
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
    p[2] = (uint8_t)(value >> 16);
}

static inline void cm_put_high_i24(uint8_t *p, int32_t value)
{
    p[0] = (uint8_t)(value >> 16);
    p[1] = (uint8_t)(value >> 8);
    p[2] = (uint8_t)value;
}

/*
 * From float to integer, in steps that are all vector instructions: the magnitude is limited as an integer
 * (floats of one sign are ordered as their bits are), then rounded by adding 2^23 (2^52), which leaves the
 * nearest integer, halves to the even one, in the low bits.
 */
#define F32_INFINITY_BITS 0x7F800000
#define F64_INFINITY_BITS 0x7FF0000000000000

static inline int32_t cm_int_of_f32(float value, int bits)
{
    float full = (float)(1 << (bits - 1));
    int32_t scaled = (int32_t)cm_f32_bits(value * full);
    int32_t sign = scaled >> 31;
    int32_t size = scaled & INT32_MAX;
    int32_t limit = (int32_t)cm_f32_bits(full);
    size &= -(int32_t)(size <= F32_INFINITY_BITS);
    size = size > limit ? limit : size;
    int32_t whole = (int32_t)(cm_f32_bits(cm_f32_of((uint32_t)size) + 0x1p23f) - cm_f32_bits(0x1p23f));
    int32_t result = (whole ^ sign) - sign;
    int32_t top = (1 << (bits - 1)) - 1;
    return result > top ? top : result;
}

/* As cm_int_of_f32 for 32 bits. Above 2^23 a float is whole already; 2^31 itself is no int32. */
static inline int32_t cm_i32_of_f32(float value)
{
    int32_t scaled = (int32_t)cm_f32_bits(value * 0x1p31f);
    int32_t sign = scaled >> 31;
    int32_t size = scaled & INT32_MAX;
    size &= -(int32_t)(size <= F32_INFINITY_BITS);
    int32_t too_big = -(int32_t)(size >= (int32_t)cm_f32_bits(0x1p31f));
    int32_t inside = size & ~too_big;
    int32_t is_whole = -(int32_t)(inside >= (int32_t)cm_f32_bits(0x1p23f));
    int32_t rounded = (int32_t)cm_f32_bits((cm_f32_of((uint32_t)inside) + 0x1p23f) - 0x1p23f);
    inside = (inside & is_whole) | (rounded & ~is_whole);
    int32_t whole = (int32_t)cm_f32_of((uint32_t)inside);
    int32_t result = (whole ^ sign) - sign;
    return (result & ~too_big) | ((INT32_MAX ^ sign) & too_big);
}

static inline int32_t cm_int_of_f64(double value, int bits)
{
    double full = (double)(1ll << (bits - 1));
    int64_t scaled = (int64_t)cm_f64_bits(value * full);
    int64_t sign = scaled >> 63;
    int64_t size = scaled & INT64_MAX;
    int64_t limit = (int64_t)cm_f64_bits(full);
    size &= -(int64_t)(size <= F64_INFINITY_BITS);
    size = size > limit ? limit : size;
    int64_t whole = (int64_t)(cm_f64_bits(cm_f64_of((uint64_t)size) + 0x1p52) - cm_f64_bits(0x1p52));
    int64_t result = (whole ^ sign) - sign;
    int64_t top = (1ll << (bits - 1)) - 1;
    return (int32_t)(result > top ? top : result);
}

/* The upper `bits` bits of a sample, rounded to nearest even; only the upper limit can be passed. */
static inline int32_t cm_shorter_int(int32_t value, int bits)
{
    int drop = 32 - bits;
    int32_t whole = value >> drop;
    uint32_t rest = (uint32_t)value & ((1u << drop) - 1u);
    uint32_t half = 1u << (drop - 1);
    whole += (int32_t)((rest + (half - 1u) + ((uint32_t)whole & 1u)) >> drop);
    int32_t top = (int32_t)((1u << (bits - 1)) - 1u);
    return whole > top ? top : whole;
}

#endif
