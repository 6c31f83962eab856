/* bytes.h: integers of either byte order in memory that need not be aligned. */
#ifndef CM_BASE_BYTES_H
#define CM_BASE_BYTES_H

#include <stdint.h>
#include <string.h>

#define CM_BYTES_ACCESS(bits, order, to_order)                                                               \
    static inline uint##bits##_t cm_get_##order##bits(const void *from)                                      \
    {                                                                                                        \
        uint##bits##_t value;                                                                                \
        memcpy(&value, from, sizeof value);                                                                  \
        return to_order(value);                                                                              \
    }                                                                                                        \
    static inline void cm_put_##order##bits(void *to, uint##bits##_t value)                                  \
    {                                                                                                        \
        value = to_order(value);                                                                             \
        memcpy(to, &value, sizeof value);                                                                    \
    }

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define CM_LE_SAME(value) (value)
CM_BYTES_ACCESS(16, be, __builtin_bswap16)
CM_BYTES_ACCESS(32, be, __builtin_bswap32)
CM_BYTES_ACCESS(64, be, __builtin_bswap64)
CM_BYTES_ACCESS(16, le, CM_LE_SAME)
CM_BYTES_ACCESS(32, le, CM_LE_SAME)
CM_BYTES_ACCESS(64, le, CM_LE_SAME)
#else
#error "the engine is written for little-endian processors"
#endif

static inline double cm_get_be_f64(const void *from)
{
    uint64_t bits = cm_get_be64(from);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline void cm_put_be_f64(void *to, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    cm_put_be64(to, bits);
}

static inline float cm_get_be_f32(const void *from)
{
    uint32_t bits = cm_get_be32(from);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline void cm_put_be_f32(void *to, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    cm_put_be32(to, bits);
}

#endif
