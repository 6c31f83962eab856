/*
 * view.h: samples in memory that the caller owns, of any layout, as the kernels see them.
 *
 * Pure C: no Python, no allocation, no lock; every function here is safe without the GIL as long as the
 * memory stays. Strides are in bytes and may be zero or negative.
 */
#ifndef CM_DSP_VIEW_H
#define CM_DSP_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Native byte order; unsigned 8-bit is offset binary (128 is silence); 24-bit is three bytes, low one first.
 */
typedef enum { CM_U8, CM_S8, CM_S16, CM_S24, CM_S32, CM_F32, CM_F64, CM_SAMPLE_TYPES } cm_sample;

typedef struct cm_sample_info {
    const char *name;
    char format;  /* its letter in the buffer protocol; 24-bit samples are a last axis of three 'B' */
    uint8_t size; /* bytes */
    uint8_t bits; /* of an integer type, 0 of a float type */
} cm_sample_info;

extern const cm_sample_info cm_sample_infos[CM_SAMPLE_TYPES];

/* A frame holds this many channels at most; more means that somebody passed (channels, frames). */
#define CM_MAX_DSP_CHANNELS 1024

typedef struct cm_view {
    char *data;
    cm_sample type;
    size_t frames;
    size_t channels;
    ptrdiff_t frame_stride;
    ptrdiff_t channel_stride;
} cm_view;

/* Frames one after the other, each with its channels side by side, at data. */
cm_view cm_view_packed(void *data, cm_sample type, size_t frames, size_t channels);

static inline size_t cm_view_size(const cm_view *view)
{
    return cm_sample_infos[view->type].size;
}

/* In the order and alignment of cm_view_packed, so that blocks of it can be used where they lie. */
bool cm_view_is_packed(const cm_view *view);

/* The same samples in the same places. */
bool cm_views_same(const cm_view *a, const cm_view *b);

/* The ranges of memory that the two span have bytes in common. */
bool cm_views_overlap(const cm_view *a, const cm_view *b);

/* Two samples of the view may share memory: writing through it has no defined result. */
bool cm_view_folds(const cm_view *view);

/* One channel as a mono view; the same frames from the last to the first. */
cm_view cm_view_channel(const cm_view *view, size_t channel);
cm_view cm_view_flipped(const cm_view *view);
/* Frames first .. first + frames - 1. */
cm_view cm_view_part(const cm_view *view, size_t first, size_t frames);

/* Copies frames between a view and packed memory, which must not overlap it. */
void cm_gather(void *packed, const cm_view *from, size_t first, size_t frames);
void cm_scatter(const cm_view *to, size_t first, size_t frames, const void *packed);

#endif
