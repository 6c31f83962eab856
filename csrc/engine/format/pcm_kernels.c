#include "pcm_kernels.h"

#include "pcm_scalar.h"

/*
 * One row per kind of integer: name, bytes, bits, the sample at p in the upper bits of an int32, storing an
 * int32 v that has `bits` bits at p.
 */
#define I8_AT(p) ((int32_t)((uint32_t)(p)[0] << 24))
#define U8_AT(p) ((int32_t)(((uint32_t)(p)[0] ^ 0x80u) << 24))
#define I16_AT(p) ((int32_t)((uint32_t)cm_get_le16(p) << 16))
#define I16X_AT(p) ((int32_t)((uint32_t)cm_get_be16(p) << 16))
#define I32_AT(p) ((int32_t)cm_get_le32(p))
#define I32X_AT(p) ((int32_t)cm_get_be32(p))
#define PUT_I8(p, v) ((p)[0] = (uint8_t)(v))
#define PUT_U8(p, v) ((p)[0] = (uint8_t)((uint32_t)(v) ^ 0x80u))
#define PUT_I16(p, v) cm_put_le16(p, (uint16_t)(v))
#define PUT_I16X(p, v) cm_put_be16(p, (uint16_t)(v))
#define PUT_I32(p, v) cm_put_le32(p, (uint32_t)(v))
#define PUT_I32X(p, v) cm_put_be32(p, (uint32_t)(v))

#define SHORT_INTEGERS(ROW)                                                                                  \
    ROW(u8, 1, 8, U8_AT, PUT_U8)                                                                             \
    ROW(s8, 1, 8, I8_AT, PUT_I8)                                                                             \
    ROW(s16, 2, 16, I16_AT, PUT_I16)                                                                         \
    ROW(s16_swapped, 2, 16, I16X_AT, PUT_I16X)

#define LONG_INTEGERS(ROW)                                                                                   \
    ROW(s32, 4, 32, I32_AT, PUT_I32)                                                                         \
    ROW(s32_swapped, 4, 32, I32X_AT, PUT_I32X)

/* Name, bytes, the number at p, storing v at p. */
#define F32_AT(p) cm_f32_of(cm_get_le32(p))
#define F32X_AT(p) cm_f32_of(cm_get_be32(p))
#define F64_AT(p) cm_f64_of(cm_get_le64(p))
#define F64X_AT(p) cm_f64_of(cm_get_be64(p))
#define PUT_F32(p, v) cm_put_le32(p, cm_f32_bits((float)(v)))
#define PUT_F32X(p, v) cm_put_be32(p, cm_f32_bits((float)(v)))
#define PUT_F64(p, v) cm_put_le64(p, cm_f64_bits((double)(v)))
#define PUT_F64X(p, v) cm_put_be64(p, cm_f64_bits((double)(v)))

#define FLOATS(ROW)                                                                                          \
    ROW(f32, 4, F32_AT, PUT_F32)                                                                             \
    ROW(f32_swapped, 4, F32X_AT, PUT_F32X)                                                                   \
    ROW(f64, 8, F64_AT, PUT_F64)                                                                             \
    ROW(f64_swapped, 8, F64X_AT, PUT_F64X)

/* A kernel: for each sample, the statement, with s at the source's bytes and d at the target's. */
#define KERNEL(name, to_bytes, from_bytes, statement)                                                        \
    CM_VECTOR_CLONES static void name(void *restrict to, const void *restrict from, size_t samples)          \
    {                                                                                                        \
        uint8_t *restrict d = to;                                                                            \
        const uint8_t *restrict s = from;                                                                    \
        for (size_t i = 0; i < samples; i++, d += (to_bytes), s += (from_bytes)) {                           \
            statement;                                                                                       \
        }                                                                                                    \
    }

#define TO_HUBS(name, bytes, bits, get, put)                                                                 \
    KERNEL(name##_to_i32, 4, bytes, PUT_I32(d, get(s)))                                                      \
    KERNEL(name##_to_f32, 4, bytes, PUT_F32(d, (float)get(s) * 0x1p-31f))                                    \
    KERNEL(name##_to_f64, 8, bytes, PUT_F64(d, (double)get(s) * 0x1p-31))

#define SHORT_FROM_HUBS(name, bytes, bits, get, put)                                                         \
    KERNEL(name##_from_i32, bytes, 4, put(d, cm_shorter_int(I32_AT(s), bits)))                               \
    KERNEL(name##_from_f32, bytes, 4, put(d, cm_int_of_f32(F32_AT(s), bits)))                                \
    KERNEL(name##_from_f64, bytes, 8, put(d, cm_int_of_f64(F64_AT(s), bits)))

#define LONG_FROM_HUBS(name, bytes, bits, get, put)                                                          \
    KERNEL(name##_from_i32, bytes, 4, put(d, I32_AT(s)))                                                     \
    KERNEL(name##_from_f32, bytes, 4, put(d, cm_i32_of_f32(F32_AT(s))))                                      \
    KERNEL(name##_from_f64, bytes, 8, put(d, cm_int_of_f64(F64_AT(s), bits)))

#define FLOAT_HUBS(name, bytes, get, put)                                                                    \
    KERNEL(name##_to_f32, 4, bytes, PUT_F32(d, get(s)))                                                      \
    KERNEL(name##_from_f32, bytes, 4, put(d, F32_AT(s)))                                                     \
    KERNEL(name##_to_f64, 8, bytes, PUT_F64(d, get(s)))                                                      \
    KERNEL(name##_from_f64, bytes, 8, put(d, F64_AT(s)))

SHORT_INTEGERS(TO_HUBS)
SHORT_INTEGERS(SHORT_FROM_HUBS)
LONG_INTEGERS(TO_HUBS)
LONG_INTEGERS(LONG_FROM_HUBS)
FLOATS(FLOAT_HUBS)

#define INTEGER_KERNELS(name, ...)                                                                           \
    static const cm_pcm_kernels name##_kernels = { name##_to_i32,   name##_from_i32, name##_to_f32,          \
                                                   name##_from_f32, name##_to_f64,   name##_from_f64 };
#define FLOAT_KERNELS(name, ...)                                                                             \
    static const cm_pcm_kernels name##_kernels = { NULL,          NULL,                                      \
                                                   name##_to_f32, name##_from_f32,                           \
                                                   name##_to_f64, name##_from_f64 };
SHORT_INTEGERS(INTEGER_KERNELS)
LONG_INTEGERS(INTEGER_KERNELS)
FLOATS(FLOAT_KERNELS)

const cm_pcm_kernels *cm_pcm_kernels_of(cm_pcm_kind kind)
{
    static const cm_pcm_kernels *const table[CM_PCM_OTHER] = {
        [CM_PCM_U8] = &u8_kernels,          [CM_PCM_S8] = &s8_kernels,
        [CM_PCM_S16] = &s16_kernels,        [CM_PCM_S16_SWAPPED] = &s16_swapped_kernels,
        [CM_PCM_S24] = &cm_pcm_s24_kernels, [CM_PCM_S24_SWAPPED] = &cm_pcm_s24_swapped_kernels,
        [CM_PCM_S32] = &s32_kernels,        [CM_PCM_S32_SWAPPED] = &s32_swapped_kernels,
        [CM_PCM_F32] = &f32_kernels,        [CM_PCM_F32_SWAPPED] = &f32_swapped_kernels,
        [CM_PCM_F64] = &f64_kernels,        [CM_PCM_F64_SWAPPED] = &f64_swapped_kernels,
    };
    return table[kind];
}

KERNEL(swap2, 2, 2, cm_put_be16(d, cm_get_le16(s)))
KERNEL(swap3, 3, 3, (d[0] = s[2], d[1] = s[1], d[2] = s[0]))
KERNEL(swap4, 4, 4, cm_put_be32(d, cm_get_le32(s)))
KERNEL(swap8, 8, 8, cm_put_be64(d, cm_get_le64(s)))

cm_pcm_kernel cm_pcm_swap_kernel(UInt32 bytes)
{
    static const cm_pcm_kernel kernels[9] = { [2] = swap2, [3] = swap3, [4] = swap4, [8] = swap8 };
    return bytes < 9 ? kernels[bytes] : NULL;
}
