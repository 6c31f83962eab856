/* Integer samples as int32 with the value in the upper bits, and packed 24-bit samples. */
#include "bytes24.h"
#include "real_ops.h"
#include "simd.h"

#include <string.h>

CM_CLONES void cm_pack24(uint8_t *to, const int32_t *from, size_t count)
{
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        cm_bytes16 a, b, c, d; /* arrays of vectors would go through memory */
        memcpy(&a, from + i, sizeof a);
        memcpy(&b, from + i + 4, sizeof b);
        memcpy(&c, from + i + 8, sizeof c);
        memcpy(&d, from + i + 12, sizeof d);
        a = __builtin_shufflevector(a, b, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 16, 17, 18, 20);
        b = __builtin_shufflevector(b, c, 5, 6, 8, 9, 10, 12, 13, 14, 16, 17, 18, 20, 21, 22, 24, 25);
        c = __builtin_shufflevector(c, d, 10, 12, 13, 14, 16, 17, 18, 20, 21, 22, 24, 25, 26, 28, 29, 30);
        memcpy(to + 3 * i, &a, sizeof a);
        memcpy(to + 3 * i + 16, &b, sizeof b);
        memcpy(to + 3 * i + 32, &c, sizeof c);
    }
    for (; i < count; i++) {
        uint32_t value = (uint32_t)from[i];
        uint8_t *t = to + 3 * i;
        t[0] = (uint8_t)value;
        t[1] = (uint8_t)(value >> 8);
        t[2] = (uint8_t)(value >> 16);
    }
}

#define UPPER(stem, type, bits, flip)                                                                        \
    CM_CLONES static void decode_##stem(void *to, const void *from, size_t count)                            \
    {                                                                                                        \
        int32_t *t = to;                                                                                     \
        const type *f = from;                                                                                \
        CM_SAME_OR_APART                                                                                     \
        for (size_t i = 0; i < count; i++)                                                                   \
            t[i] = (int32_t)(((uint32_t)f[i] ^ flip) << (32 - bits));                                        \
    }                                                                                                        \
    CM_CLONES static void encode_##stem(void *to, const void *from, size_t count)                            \
    {                                                                                                        \
        type *t = to;                                                                                        \
        const int32_t *f = from;                                                                             \
        CM_SAME_OR_APART                                                                                     \
        for (size_t i = 0; i < count; i++)                                                                   \
            t[i] = (type)((uint32_t)f[i] >> (32 - bits) ^ flip);                                             \
    }

UPPER(u8, uint8_t, 8, 0x80u)
UPPER(s8, int8_t, 8, 0u)
UPPER(s16, int16_t, 16, 0u)

CM_CLONES static void decode_s24(void *to, const void *from, size_t count)
{
    int32_t *t = to;
    const uint8_t *f = from;
    size_t i = 0;
    for (; cm_room24(i, count); i += 4) {
        cm_int4 four = cm_four24(f + 3 * i);
        memcpy(t + i, &four, sizeof four);
    }
    for (; i < count; i++)
        t[i] = cm_one24(f + 3 * i);
}

#define CHUNK 256

static void encode_s24(void *to, const void *from, size_t count)
{
    int32_t chunk[CHUNK];
    const int32_t *f = from;
    uint8_t *t = to;
    for (; count > 0;) {
        size_t run = count < CHUNK ? count : CHUNK;
        for (size_t i = 0; i < run; i++)
            chunk[i] = f[i] >> 8;
        cm_pack24(t, chunk, run);
        t += 3 * run, f += run, count -= run;
    }
}

static void copy_s32(void *to, const void *from, size_t count)
{
    memcpy(to, from, count * sizeof(int32_t));
}

const cm_decode_fn cm_s32_decode[CM_SAMPLE_TYPES] = {
    [CM_U8] = decode_u8,   [CM_S8] = decode_s8, [CM_S16] = decode_s16,
    [CM_S24] = decode_s24, [CM_S32] = copy_s32,
};

const cm_decode_fn cm_s32_encode[CM_SAMPLE_TYPES] = {
    [CM_U8] = encode_u8,   [CM_S8] = encode_s8, [CM_S16] = encode_s16,
    [CM_S24] = encode_s24, [CM_S32] = copy_s32,
};
