#include "pcm_kernels.h"

#include "pcm_scalar.h"

/* Samples lie anywhere and are only moved, so they are accessed as integers of their size. */
#define ANYWHERE __attribute__((aligned(1), may_alias))
typedef uint8_t ANYWHERE sample_1;
typedef uint16_t ANYWHERE sample_2;
typedef uint32_t ANYWHERE sample_4;
typedef uint64_t ANYWHERE sample_8;
typedef struct ANYWHERE {
    uint8_t byte[3];
} sample_3;

#define CHANNEL_LOOPS(bytes)                                                                                 \
    static void gather_##bytes(void *restrict to, const void *restrict from, size_t stride, size_t frames)   \
    {                                                                                                        \
        sample_##bytes *restrict d = to;                                                                     \
        for (size_t i = 0; i < frames; i++)                                                                  \
            d[i] = *(const sample_##bytes *)((const uint8_t *)from + i * stride);                            \
    }                                                                                                        \
    static void scatter_##bytes(void *restrict to, size_t stride, const void *restrict from, size_t frames)  \
    {                                                                                                        \
        const sample_##bytes *restrict s = from;                                                             \
        for (size_t i = 0; i < frames; i++)                                                                  \
            *(sample_##bytes *)((uint8_t *)to + i * stride) = s[i];                                          \
    }                                                                                                        \
    static void move_##bytes(void *restrict to, size_t to_stride, const void *restrict from,                 \
                             size_t from_stride, size_t frames)                                              \
    {                                                                                                        \
        for (size_t i = 0; i < frames; i++)                                                                  \
            *(sample_##bytes *)((uint8_t *)to + i * to_stride) = *(                                          \
                const sample_##bytes *)((const uint8_t *)from + i * from_stride);                            \
    }                                                                                                        \
    CM_VECTOR_CLONES static void split2_##bytes(void *restrict left, void *restrict right,                   \
                                                const void *restrict from, size_t frames)                    \
    {                                                                                                        \
        sample_##bytes *restrict l = left, *restrict r = right;                                              \
        const sample_##bytes *restrict s = from;                                                             \
        for (size_t i = 0; i < frames; i++) {                                                                \
            l[i] = s[2 * i];                                                                                 \
            r[i] = s[2 * i + 1];                                                                             \
        }                                                                                                    \
    }                                                                                                        \
    CM_VECTOR_CLONES static void join2_##bytes(void *restrict to, const void *restrict left,                 \
                                               const void *restrict right, size_t frames)                    \
    {                                                                                                        \
        sample_##bytes *restrict d = to;                                                                     \
        const sample_##bytes *restrict l = left, *restrict r = right;                                        \
        for (size_t i = 0; i < frames; i++) {                                                                \
            d[2 * i] = l[i];                                                                                 \
            d[2 * i + 1] = r[i];                                                                             \
        }                                                                                                    \
    }

CHANNEL_LOOPS(1)
CHANNEL_LOOPS(2)
CHANNEL_LOOPS(3)
CHANNEL_LOOPS(4)
CHANNEL_LOOPS(8)

typedef struct channel_loops {
    void (*gather)(void *to, const void *from, size_t stride, size_t frames);
    void (*scatter)(void *to, size_t stride, const void *from, size_t frames);
    void (*move)(void *to, size_t to_stride, const void *from, size_t from_stride, size_t frames);
    void (*split2)(void *left, void *right, const void *from, size_t frames);
    void (*join2)(void *to, const void *left, const void *right, size_t frames);
} channel_loops;

static const channel_loops loops[9] = {
    [1] = { gather_1, scatter_1, move_1, split2_1, join2_1 },
    [2] = { gather_2, scatter_2, move_2, split2_2, join2_2 },
    [3] = { gather_3, scatter_3, move_3, split2_3, join2_3 },
    [4] = { gather_4, scatter_4, move_4, split2_4, join2_4 },
    [8] = { gather_8, scatter_8, move_8, split2_8, join2_8 },
};

void cm_pcm_gather(void *to, const void *from, size_t stride, UInt32 bytes, size_t frames)
{
    if (loops[bytes].gather) {
        loops[bytes].gather(to, from, stride, frames);
        return;
    }
    for (size_t i = 0; i < frames; i++)
        memcpy((uint8_t *)to + i * bytes, (const uint8_t *)from + i * stride, bytes);
}

void cm_pcm_scatter(void *to, size_t stride, const void *from, UInt32 bytes, size_t frames)
{
    if (loops[bytes].scatter) {
        loops[bytes].scatter(to, stride, from, frames);
        return;
    }
    for (size_t i = 0; i < frames; i++)
        memcpy((uint8_t *)to + i * stride, (const uint8_t *)from + i * bytes, bytes);
}

void cm_pcm_move(void *to, size_t to_stride, const void *from, size_t from_stride, UInt32 bytes,
                 size_t frames)
{
    if (loops[bytes].move) {
        loops[bytes].move(to, to_stride, from, from_stride, frames);
        return;
    }
    for (size_t i = 0; i < frames; i++)
        memcpy((uint8_t *)to + i * to_stride, (const uint8_t *)from + i * from_stride, bytes);
}

void cm_pcm_split2(void *left, void *right, const void *from, UInt32 bytes, size_t frames)
{
    if (loops[bytes].split2) {
        loops[bytes].split2(left, right, from, frames);
        return;
    }
    cm_pcm_gather(left, from, (size_t)bytes * 2, bytes, frames);
    cm_pcm_gather(right, (const uint8_t *)from + bytes, (size_t)bytes * 2, bytes, frames);
}

void cm_pcm_join2(void *to, const void *left, const void *right, UInt32 bytes, size_t frames)
{
    if (loops[bytes].join2) {
        loops[bytes].join2(to, left, right, frames);
        return;
    }
    cm_pcm_scatter(to, (size_t)bytes * 2, left, bytes, frames);
    cm_pcm_scatter((uint8_t *)to + bytes, (size_t)bytes * 2, right, bytes, frames);
}
