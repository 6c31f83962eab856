#include "view.h"

#include "simd.h"

#include <string.h>

const cm_sample_info cm_sample_infos[CM_SAMPLE_TYPES] = {
    [CM_U8] = { "uint8", 'B', 1, 8 },    [CM_S8] = { "int8", 'b', 1, 8 },
    [CM_S16] = { "int16", 'h', 2, 16 },  [CM_S24] = { "int24", 'B', 3, 24 },
    [CM_S32] = { "int32", 'i', 4, 32 },  [CM_F32] = { "float32", 'f', 4, 0 },
    [CM_F64] = { "float64", 'd', 8, 0 },
};

cm_view cm_view_packed(void *data, cm_sample type, size_t frames, size_t channels)
{
    ptrdiff_t size = cm_sample_infos[type].size;
    return (cm_view){ data, type, frames, channels, size * (ptrdiff_t)channels, size };
}

static bool is_aligned(const cm_view *view)
{
    size_t size = view->type == CM_S24 ? 1 : cm_view_size(view);
    size_t low_bits = (size_t)(uintptr_t)view->data | (size_t)view->frame_stride |
                      (size_t)view->channel_stride;
    return (low_bits & (size - 1)) == 0;
}

bool cm_view_is_packed(const cm_view *view)
{
    ptrdiff_t size = (ptrdiff_t)cm_view_size(view);
    bool channels_tight = view->channels == 1 || view->channel_stride == size;
    bool frames_tight = view->frames <= 1 || view->frame_stride == size * (ptrdiff_t)view->channels;
    return channels_tight && frames_tight && is_aligned(view);
}

bool cm_views_same(const cm_view *a, const cm_view *b)
{
    return a->data == b->data && a->frames == b->frames && a->channels == b->channels &&
           cm_view_size(a) == cm_view_size(b) && (a->frames <= 1 || a->frame_stride == b->frame_stride) &&
           (a->channels <= 1 || a->channel_stride == b->channel_stride);
}

/* The first byte and the one after the last; empty views span nothing. */
static void span(const cm_view *view, uintptr_t *low, uintptr_t *high)
{
    *low = *high = (uintptr_t)view->data;
    if (view->frames == 0 || view->channels == 0)
        return;
    ptrdiff_t reach[] = { view->frame_stride * (ptrdiff_t)(view->frames - 1),
                          view->channel_stride * (ptrdiff_t)(view->channels - 1) };
    for (int i = 0; i < 2; i++)
        *(reach[i] < 0 ? low : high) += (uintptr_t)reach[i];
    *high += cm_view_size(view);
}

bool cm_views_overlap(const cm_view *a, const cm_view *b)
{
    uintptr_t a_low, a_high, b_low, b_high;
    span(a, &a_low, &a_high);
    span(b, &b_low, &b_high);
    return a_low < b_high && b_low < a_high;
}

static size_t magnitude(ptrdiff_t stride)
{
    return stride < 0 ? (size_t)-stride : (size_t)stride;
}

bool cm_view_folds(const cm_view *view)
{
    size_t frame = view->frames > 1 ? magnitude(view->frame_stride) : SIZE_MAX;
    size_t channel = view->channels > 1 ? magnitude(view->channel_stride) : SIZE_MAX;
    if (view->frames == 0 || view->channels == 0)
        return false;
    if (frame < cm_view_size(view) || channel < cm_view_size(view))
        return true;
    if (frame == SIZE_MAX || channel == SIZE_MAX)
        return false;
    /* Apart when all of the finer axis fits between two steps of the coarser one. */
    size_t fine = frame < channel ? frame : channel, steps = frame < channel ? view->frames : view->channels;
    return fine * (steps - 1) + cm_view_size(view) > (frame < channel ? channel : frame);
}

cm_view cm_view_channel(const cm_view *view, size_t channel)
{
    cm_view one = *view;
    one.data += view->channel_stride * (ptrdiff_t)channel;
    one.channels = 1;
    return one;
}

cm_view cm_view_flipped(const cm_view *view)
{
    cm_view flipped = *view;
    if (view->frames > 0)
        flipped.data += view->frame_stride * (ptrdiff_t)(view->frames - 1);
    flipped.frame_stride = -view->frame_stride;
    return flipped;
}

cm_view cm_view_part(const cm_view *view, size_t first, size_t frames)
{
    cm_view part = *view;
    part.data += view->frame_stride * (ptrdiff_t)first;
    part.frames = frames;
    return part;
}

/* Samples and frames are moved as units of their size, whatever they hold. */
typedef uint8_t __attribute__((may_alias)) unit8;
typedef uint16_t __attribute__((may_alias)) unit16;
typedef uint32_t __attribute__((may_alias)) unit32;
typedef uint64_t __attribute__((may_alias)) unit64;

/* Two channels, each with its samples side by side: the planar layout. */

#define PLANAR_PAIR(bits)                                                                                    \
    CM_CLONES static void weave##bits(void *packed, const void *left, const void *right, size_t frames)      \
    {                                                                                                        \
        unit##bits *to = packed;                                                                             \
        const unit##bits *a = left, *b = right;                                                              \
        CM_SAME_OR_APART                                                                                     \
        for (size_t i = 0; i < frames; i++) {                                                                \
            to[2 * i] = a[i];                                                                                \
            to[2 * i + 1] = b[i];                                                                            \
        }                                                                                                    \
    }                                                                                                        \
    CM_CLONES static void unweave##bits(void *left, void *right, const void *packed, size_t frames)          \
    {                                                                                                        \
        unit##bits *a = left, *b = right;                                                                    \
        const unit##bits *from = packed;                                                                     \
        CM_SAME_OR_APART                                                                                     \
        for (size_t i = 0; i < frames; i++) {                                                                \
            a[i] = from[2 * i];                                                                              \
            b[i] = from[2 * i + 1];                                                                          \
        }                                                                                                    \
    }

PLANAR_PAIR(8)
PLANAR_PAIR(16)
PLANAR_PAIR(32)
PLANAR_PAIR(64)

typedef struct {
    void (*weave)(void *packed, const void *left, const void *right, size_t frames);
    void (*unweave)(void *left, void *right, const void *packed, size_t frames);
} pair_kernels;

static const pair_kernels pairs[9] = {
    [1] = { weave8, unweave8 },
    [2] = { weave16, unweave16 },
    [4] = { weave32, unweave32 },
    [8] = { weave64, unweave64 },
};

/* The kernels for a view of two unit-stride channels, or NULL when it is something else. */
static const pair_kernels *pair_of(const cm_view *view)
{
    size_t size = cm_view_size(view);
    bool planar = view->channels == 2 && view->frame_stride == (ptrdiff_t)size && is_aligned(view);
    return planar && pairs[size].weave ? &pairs[size] : NULL;
}

/* Frames in one piece each, the last one first. */

#define FLIP(bits)                                                                                           \
    CM_CLONES static void flip##bits(void *packed, const void *last, size_t frames)                          \
    {                                                                                                        \
        unit##bits *to = packed;                                                                             \
        const unit##bits *from = last;                                                                       \
        CM_SAME_OR_APART                                                                                     \
        for (size_t i = 0; i < frames; i++)                                                                  \
            to[i] = *(from - i);                                                                             \
    }

FLIP(8)
FLIP(16)
FLIP(32)
FLIP(64)

typedef void (*flip_fn)(void *packed, const void *last, size_t frames);

/* By bytes of a frame. A stereo frame of floats moves as one 64-bit unit. */
static flip_fn flip_of(const cm_view *view)
{
    static const flip_fn flips[9] = { [1] = flip8, [2] = flip16, [4] = flip32, [8] = flip64 };
    size_t frame = cm_view_size(view) * view->channels;
    bool whole = view->channels == 1 || view->channel_stride == (ptrdiff_t)cm_view_size(view);
    bool falling = view->frame_stride == -(ptrdiff_t)frame;
    if (!whole || !falling || frame > 8 || (uintptr_t)view->data % frame != 0)
        return NULL;
    return flips[frame];
}

/* Moves single samples between packed and strided memory, whichever axis is the finer one innermost. */
CM_ALWAYS_INLINE void move_samples(char *packed, const cm_view *view, size_t first, size_t frames,
                                   size_t size, bool to_packed)
{
    char *base = view->data + view->frame_stride * (ptrdiff_t)first;
    bool planar = magnitude(view->frame_stride) < magnitude(view->channel_stride);
    size_t outer_count = planar ? view->channels : frames, inner_count = planar ? frames : view->channels;
    ptrdiff_t outer_step = planar ? view->channel_stride : view->frame_stride;
    ptrdiff_t inner_step = planar ? view->frame_stride : view->channel_stride;
    size_t outer_packed = planar ? size : size * view->channels;
    size_t inner_packed = planar ? size * view->channels : size;
    for (size_t outer = 0; outer < outer_count; outer++) {
        char *there = base + outer_step * (ptrdiff_t)outer, *here = packed + outer_packed * outer;
        for (size_t inner = 0; inner < inner_count; inner++) {
            memcpy(to_packed ? here : there, to_packed ? there : here, size);
            there += inner_step;
            here += inner_packed;
        }
    }
}

static void move_any(char *packed, const cm_view *view, size_t first, size_t frames, bool to_packed)
{
    switch (cm_view_size(view)) {
    case 1:
        move_samples(packed, view, first, frames, 1, to_packed);
        break;
    case 2:
        move_samples(packed, view, first, frames, 2, to_packed);
        break;
    case 3:
        move_samples(packed, view, first, frames, 3, to_packed);
        break;
    case 4:
        move_samples(packed, view, first, frames, 4, to_packed);
        break;
    default:
        move_samples(packed, view, first, frames, 8, to_packed);
    }
}

void cm_gather(void *packed, const cm_view *from, size_t first, size_t frames)
{
    const char *base = from->data + from->frame_stride * (ptrdiff_t)first;
    const pair_kernels *pair = pair_of(from);
    flip_fn flip = flip_of(from);
    if (cm_view_is_packed(from))
        memcpy(packed, base, frames * from->channels * cm_view_size(from));
    else if (pair)
        pair->weave(packed, base, base + from->channel_stride, frames);
    else if (flip)
        flip(packed, base, frames);
    else
        move_any(packed, from, first, frames, true);
}

void cm_scatter(const cm_view *to, size_t first, size_t frames, const void *packed)
{
    char *base = to->data + to->frame_stride * (ptrdiff_t)first;
    const pair_kernels *pair = pair_of(to);
    if (cm_view_is_packed(to))
        memcpy(base, packed, frames * to->channels * cm_view_size(to));
    else if (pair)
        pair->unweave(base, base + to->channel_stride, packed, frames);
    else
        move_any((char *)(uintptr_t)packed, to, first, frames, false);
}
