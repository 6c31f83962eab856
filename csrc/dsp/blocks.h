/*
 * blocks.h: runs kernels over views in blocks that stay in the first-level cache.
 *
 * A kernel sees packed blocks only. Where a view is packed they are the view's own memory; where it is not,
 * samples are gathered to and scattered from scratch memory on the stack. Results too large for the caches
 * are written past them, which saves the processor from reading what it is about to overwrite.
 */
#ifndef CM_DSP_BLOCKS_H
#define CM_DSP_BLOCKS_H

#include "view.h"

/* Samples of one block; no less than the channels of a frame. */
#define CM_BLOCK_SAMPLES 2048

typedef union cm_block {
    _Alignas(64) double f64[CM_BLOCK_SAMPLES];
    float f32[CM_BLOCK_SAMPLES];
    int32_t s32[CM_BLOCK_SAMPLES];
    uint8_t bytes[CM_BLOCK_SAMPLES * sizeof(double)];
} cm_block;

/* How the blocks of a piece of a result are written. */
typedef struct cm_sink {
    const cm_view *view;
    size_t first, end; /* frames of the piece */
    size_t lead;       /* frames of its first block, so that the others can start with a cache line */
    size_t step;       /* frames of the other blocks */
    bool direct;       /* kernels write to the view's own memory */
    bool streamed;     /* blocks go past the caches */
    bool planes;       /* so do the rows of a result that has one for each channel */
} cm_sink;

/*
 * For frames first .. end - 1 of a result that is computed from up to two inputs (NULL where there are
 * fewer). An input may be the very memory of the result, in one layout; otherwise they must not overlap.
 */
cm_sink cm_sink_open(const cm_view *out, const cm_view *a, const cm_view *b, size_t first, size_t end);

/* The frames of the block that starts at a frame; 0 at the end. */
size_t cm_sink_next(const cm_sink *sink, size_t at);

/* Where the kernel shall write the block that starts at a frame; scratch is used when it cannot be in place.
 */
void *cm_sink_target(const cm_sink *sink, size_t first, cm_block *scratch);

/* Puts the block where it belongs, and asks for what is read next. next may be NULL. */
void cm_sink_store(const cm_sink *sink, size_t first, size_t frames, const void *block, const cm_view *next);

/* After the last block. */
void cm_sink_close(const cm_sink *sink);

/* The frames as a packed block: the view's own memory, or scratch. */
const void *cm_load(const cm_view *from, size_t first, size_t frames, cm_block *scratch);

/* Asks for frames that are read soon; those beyond the end are left out. */
void cm_prefetch(const cm_view *view, size_t first, size_t frames);

/* The frames of a full block of a view that is only read. */
static inline size_t cm_block_frames(const cm_view *view)
{
    return CM_BLOCK_SAMPLES / (view->channels ? view->channels : 1);
}

static inline size_t cm_smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* One block of an elementwise operation; first is the number of its first frame. */
typedef void (*cm_map_fn)(const void *context, void *to, const void *from, size_t first, size_t frames);

/*
 * Runs kernel over all frames of in, on several threads when they are many. Views have equally many frames;
 * channels and types may differ.
 */
void cm_map(const cm_view *out, const cm_view *in, cm_map_fn kernel, const void *context);

/* As cm_map with two inputs. */
typedef void (*cm_map2_fn)(const void *context, void *to, const void *a, const void *b, size_t first,
                           size_t frames);
void cm_map2(const cm_view *out, const cm_view *a, const cm_view *b, cm_map2_fn kernel, const void *context);

/* Copies all frames; the views must be of one shape and type, and apart. */
void cm_copy(const cm_view *out, const cm_view *in);

#endif
