/*
 * 24-bit samples in three bytes. Compilers make poor vector code of them, so four at a time are moved between
 * 12 bytes and four int32 by one byte shuffle.
 */
#include "pcm_kernels.h"

#include "pcm_scalar.h"

typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef int32_t int4 __attribute__((vector_size(16)));
typedef float float4 __attribute__((vector_size(16)));
typedef double double4 __attribute__((vector_size(32)));

/* A vector load or store covers 16 bytes, of which 12 count: the last five samples are done one by one. */
#define VECTOR_ENDS_AT(i, samples) ((i) + 6 > (samples))

#if defined(__clang__)
#define SHUFFLE(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#else
#define SHUFFLE(x, y, ...) __builtin_shuffle(x, y, (bytes16){ __VA_ARGS__ })
#endif

/* Samples to the upper three bytes of int32, and the lower three bytes of int32 to samples. */
#define ZERO ((bytes16){ 0 })
#define EXPAND_LOW(x) SHUFFLE(x, ZERO, 16, 0, 1, 2, 16, 3, 4, 5, 16, 6, 7, 8, 16, 9, 10, 11)
#define EXPAND_HIGH(x) SHUFFLE(x, ZERO, 16, 2, 1, 0, 16, 5, 4, 3, 16, 8, 7, 6, 16, 11, 10, 9)
#define PACK_LOW(x) SHUFFLE(x, x, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 7, 11, 15)
#define PACK_HIGH(x) SHUFFLE(x, x, 2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 3, 7, 11, 15)

#define AS_I32(x) (x)
#define AS_F32(x) (__builtin_convertvector(x, float4) * 0x1p-31f)
#define AS_F64(x) (__builtin_convertvector(x, double4) * 0x1p-31)

#define UNPACK_KERNEL(name, expand, get, vector, type, as, scale)                                            \
    CM_SHUFFLE_CLONES static void name(void *restrict to, const void *restrict from, size_t samples)         \
    {                                                                                                        \
        uint8_t *restrict d = to;                                                                            \
        const uint8_t *restrict s = from;                                                                    \
        size_t i = 0;                                                                                        \
        for (; !VECTOR_ENDS_AT(i, samples); i += 4) {                                                        \
            bytes16 raw;                                                                                     \
            memcpy(&raw, s + 3 * i, sizeof raw);                                                             \
            vector result = as((int4)expand(raw));                                                           \
            memcpy(d + sizeof(type) * i, &result, sizeof result);                                            \
        }                                                                                                    \
        for (; i < samples; i++) {                                                                           \
            type result = (type)get(s + 3 * i) * scale;                                                      \
            memcpy(d + sizeof(type) * i, &result, sizeof result);                                            \
        }                                                                                                    \
    }

/* Down to 24 bits in int32 first, a block at a time in memory that stays in the first cache. */
#define BLOCK 1024

#define SHORTEN_LOOP(name, type, shorten)                                                                    \
    CM_VECTOR_CLONES static void name(int32_t *restrict to, const uint8_t *restrict from, size_t samples)    \
    {                                                                                                        \
        for (size_t i = 0; i < samples; i++) {                                                               \
            type value;                                                                                      \
            memcpy(&value, from + i * sizeof value, sizeof value);                                           \
            to[i] = shorten(value, 24);                                                                      \
        }                                                                                                    \
    }

SHORTEN_LOOP(shorten_i32, int32_t, cm_shorter_int)
SHORTEN_LOOP(shorten_f32, float, cm_int_of_f32)
SHORTEN_LOOP(shorten_f64, double, cm_int_of_f64)

#define PACK_LOOP(name, pack, put)                                                                           \
    CM_SHUFFLE_CLONES static void name(uint8_t *restrict to, const int32_t *restrict from, size_t samples)   \
    {                                                                                                        \
        size_t i = 0;                                                                                        \
        for (; !VECTOR_ENDS_AT(i, samples); i += 4) {                                                        \
            bytes16 whole;                                                                                   \
            memcpy(&whole, from + i, sizeof whole);                                                          \
            bytes16 packed = pack(whole);                                                                    \
            memcpy(to + 3 * i, &packed, sizeof packed);                                                      \
        }                                                                                                    \
        for (; i < samples; i++)                                                                             \
            put(to + 3 * i, from[i]);                                                                        \
    }

PACK_LOOP(pack_low, PACK_LOW, cm_put_low_i24)
PACK_LOOP(pack_high, PACK_HIGH, cm_put_high_i24)

#define PACK_KERNEL(name, type, shorten, pack)                                                               \
    static void name(void *to, const void *from, size_t samples)                                             \
    {                                                                                                        \
        int32_t block[BLOCK];                                                                                \
        uint8_t *d = to;                                                                                     \
        const uint8_t *s = from;                                                                             \
        for (size_t n; samples > 0; samples -= n, s += n * sizeof(type), d += n * 3) {                       \
            n = samples < BLOCK ? samples : BLOCK;                                                           \
            shorten(block, s, n);                                                                            \
            pack(d, block, n);                                                                               \
        }                                                                                                    \
    }

#define KERNELS(name, expand, get, pack)                                                                     \
    UNPACK_KERNEL(name##_to_i32, expand, get, int4, int32_t, AS_I32, 1)                                      \
    UNPACK_KERNEL(name##_to_f32, expand, get, float4, float, AS_F32, 0x1p-31f)                               \
    UNPACK_KERNEL(name##_to_f64, expand, get, double4, double, AS_F64, 0x1p-31)                              \
    PACK_KERNEL(name##_from_i32, int32_t, shorten_i32, pack)                                                 \
    PACK_KERNEL(name##_from_f32, float, shorten_f32, pack)                                                   \
    PACK_KERNEL(name##_from_f64, double, shorten_f64, pack)                                                  \
    const cm_pcm_kernels cm_pcm_##name##_kernels = { name##_to_i32,   name##_from_i32, name##_to_f32,        \
                                                     name##_from_f32, name##_to_f64,   name##_from_f64 };

KERNELS(s24, EXPAND_LOW, cm_low_i24, pack_low)
KERNELS(s24_swapped, EXPAND_HIGH, cm_high_i24, pack_high)
