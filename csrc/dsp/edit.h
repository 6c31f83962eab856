/*
 * edit.h: what an audio editor does to samples. Pure C on views of float32 or float64; GIL not needed.
 *
 * Views of one call have one type unless said. A result may be the very memory of an input in one layout;
 * otherwise results must be apart from inputs. Nothing is allocated.
 */
#ifndef CM_DSP_EDIT_H
#define CM_DSP_EDIT_H

#include "curves.h"
#include "view.h"

void cm_gain(const cm_view *out, const cm_view *in, double gain);

/* One gain (factor), or one number to add, for each channel. */
void cm_gain_channels(const cm_view *out, const cm_view *in, const double *gains);
void cm_offset_channels(const cm_view *out, const cm_view *in, const double *offsets);

/* Mono to stereo. */
void cm_spread(const cm_view *out, const cm_view *mono, double left, double right);

/* The first (or, falling, the last) `length` frames follow the curve; the others are copied. */
void cm_fade(const cm_view *out, const cm_view *in, cm_curve curve, bool falling, size_t length);

/* The end of a and the start of b overlap by length frames; out has a's and b's frames less these. */
void cm_crossfade(const cm_view *out, const cm_view *a, const cm_view *b, cm_curve curve, size_t length);

void cm_clip(const cm_view *out, const cm_view *in, double low, double high);

/* Any sample type; out may be in. */
void cm_reverse(const cm_view *out, const cm_view *in);

/* Mono views of one type and length become the channels of out. Any sample type. */
void cm_interleave(const cm_view *out, const cm_view *channels);

/* out = a x gain_a + b x gain_b, with the frames of out. */
void cm_blend(const cm_view *out, const cm_view *a, const cm_view *b, double gain_a, double gain_b);

typedef struct cm_source {
    cm_view view; /* float32 where out is float64 is widened */
    double gain;
    size_t offset; /* the frame of out at which it starts */
} cm_source;

/* The sum of all sources; out has room for all of them. A source may be out's memory only at offset 0 and
 * with as many frames. */
void cm_mix(const cm_view *out, const cm_source *sources, size_t count);

#endif
