#include "edit.h"

#include "blocks.h"
#include "parallel.h"
#include "real_ops.h"

#include <float.h>
#include <math.h>
#include <string.h>

typedef struct {
    const cm_real_ops *ops;
    size_t channels;
    double gain;
} gain_context;

static void gain_block(const void *context, void *to, const void *from, size_t first, size_t frames)
{
    (void)first;
    const gain_context *c = context;
    c->ops->scale(to, from, frames * c->channels, c->gain);
}

void cm_gain(const cm_view *out, const cm_view *in, double gain)
{
    gain_context context = { cm_ops_of(out->type), out->channels, gain };
    /* Very quiet material can need a factor that a float32 cannot hold; two smaller ones can. */
    if (out->type == CM_F32 && isfinite(gain) && fabs(gain) > (double)FLT_MAX) {
        context.gain = copysign(0x1p+100, gain);
        cm_map(out, in, gain_block, &context);
        context.gain = gain / context.gain;
        in = out;
    }
    cm_map(out, in, gain_block, &context);
}

typedef struct {
    const cm_real_ops *ops;
    size_t channels;
    size_t lanes;
    cm_block row; /* the numbers as reals, repeated to fill the lanes */
} row_context;

static void row_init(row_context *c, const cm_view *out, const double *numbers)
{
    double repeated[CM_MAX_LANES];
    c->ops = cm_ops_of(out->type);
    c->channels = out->channels;
    c->lanes = cm_lanes(out->channels ? out->channels : 1);
    for (size_t i = 0; i < c->lanes; i++)
        repeated[i] = numbers[c->channels ? i % c->channels : 0];
    c->ops->decode[CM_F64](&c->row, repeated, c->lanes);
}

static void scale_row_block(const void *context, void *to, const void *from, size_t first, size_t frames)
{
    (void)first;
    const row_context *c = context;
    c->ops->scale_row(to, from, frames * c->channels, &c->row, c->lanes);
}

static void add_row_block(const void *context, void *to, const void *from, size_t first, size_t frames)
{
    (void)first;
    const row_context *c = context;
    c->ops->add_row(to, from, frames * c->channels, &c->row, c->lanes);
}

void cm_gain_channels(const cm_view *out, const cm_view *in, const double *gains)
{
    row_context context;
    row_init(&context, out, gains);
    cm_map(out, in, scale_row_block, &context);
}

void cm_offset_channels(const cm_view *out, const cm_view *in, const double *offsets)
{
    row_context context;
    row_init(&context, out, offsets);
    cm_map(out, in, add_row_block, &context);
}

typedef struct {
    const cm_real_ops *ops;
    double left, right;
} spread_context;

static void spread_block(const void *context, void *to, const void *from, size_t first, size_t frames)
{
    (void)first;
    const spread_context *c = context;
    c->ops->spread(to, from, frames, c->left, c->right);
}

void cm_spread(const cm_view *out, const cm_view *mono, double left, double right)
{
    spread_context context = { cm_ops_of(out->type), left, right };
    cm_map(out, mono, spread_block, &context);
}

/* Fades go through blocks in parts of this many samples, so that all their gains stay in the first-level
 * cache. */
#define FADE_SAMPLES 512

static size_t fade_part(size_t channels, size_t left)
{
    return cm_smaller(channels < FADE_SAMPLES ? FADE_SAMPLES / channels : 1, left);
}

/* One gain for each sample of the part. */
static void gains_of(const cm_ramp *ramp, const cm_real_ops *ops, size_t channels, size_t first,
                     size_t frames, cm_block *gains)
{
    double single[FADE_SAMPLES];
    if (channels == 1) {
        cm_ramp_gains(ramp, ops->type, gains, first, frames);
        return;
    }
    cm_ramp_gains(ramp, ops->type, single, first, frames);
    ops->repeat(gains, single, frames, channels);
}

typedef struct {
    const cm_real_ops *ops;
    size_t channels;
    cm_ramp ramp;
} fade_context;

static void fade_block(const void *context, void *to, const void *from, size_t first, size_t frames)
{
    const fade_context *c = context;
    bool pairs = c->channels == 2;
    cm_block gains;
    for (size_t part; frames > 0; first += part, frames -= part) {
        part = fade_part(c->channels, frames);
        gains_of(&c->ramp, c->ops, pairs ? 1 : c->channels, first, part, &gains);
        if (pairs)
            c->ops->multiply_pairs(to, from, &gains, part);
        else
            c->ops->multiply(to, from, &gains, part * c->channels);
        size_t bytes = part * c->channels * cm_sample_infos[c->ops->type].size;
        to = (char *)to + bytes, from = (const char *)from + bytes;
    }
}

void cm_fade(const cm_view *out, const cm_view *in, cm_curve curve, bool falling, size_t length)
{
    fade_context context = { .ops = cm_ops_of(out->type), .channels = out->channels };
    size_t rest = in->frames - length, fade_at = falling ? rest : 0, rest_at = falling ? 0 : length;
    cm_view faded = cm_view_part(out, fade_at, length), from = cm_view_part(in, fade_at, length);
    cm_ramp_init(&context.ramp, curve, falling, length);
    cm_map(&faded, &from, fade_block, &context);
    if (!cm_views_same(out, in)) {
        cm_view kept = cm_view_part(out, rest_at, rest), source = cm_view_part(in, rest_at, rest);
        cm_copy(&kept, &source);
    }
}

typedef struct {
    const cm_real_ops *ops;
    size_t channels;
    cm_ramp falling, rising;
} cross_context;

static void cross_block(const void *context, void *to, const void *a, const void *b, size_t first,
                        size_t frames)
{
    const cross_context *c = context;
    cm_block falling, rising;
    for (size_t part; frames > 0; first += part, frames -= part) {
        part = fade_part(c->channels, frames);
        gains_of(&c->falling, c->ops, c->channels, first, part, &falling);
        gains_of(&c->rising, c->ops, c->channels, first, part, &rising);
        c->ops->cross(to, a, b, &falling, &rising, part * c->channels);
        size_t bytes = part * c->channels * cm_sample_infos[c->ops->type].size;
        to = (char *)to + bytes, a = (const char *)a + bytes, b = (const char *)b + bytes;
    }
}

void cm_crossfade(const cm_view *out, const cm_view *a, const cm_view *b, cm_curve curve, size_t length)
{
    cross_context context = { .ops = cm_ops_of(out->type), .channels = out->channels };
    size_t head = a->frames - length, tail = b->frames - length;
    cm_view to = cm_view_part(out, 0, head), from = cm_view_part(a, 0, head);
    cm_ramp_init(&context.falling, curve, true, length);
    cm_ramp_init(&context.rising, curve, false, length);
    cm_copy(&to, &from);
    to = cm_view_part(out, head, length);
    from = cm_view_part(a, head, length);
    cm_view with = cm_view_part(b, 0, length);
    cm_map2(&to, &from, &with, cross_block, &context);
    to = cm_view_part(out, head + length, tail);
    from = cm_view_part(b, length, tail);
    cm_copy(&to, &from);
}

typedef struct {
    const cm_real_ops *ops;
    size_t channels;
    double low, high;
} clip_context;

static void clip_block(const void *context, void *to, const void *from, size_t first, size_t frames)
{
    (void)first;
    const clip_context *c = context;
    c->ops->clip(to, from, frames * c->channels, c->low, c->high);
}

void cm_clip(const cm_view *out, const cm_view *in, double low, double high)
{
    clip_context context = { cm_ops_of(out->type), out->channels, low, high };
    cm_map(out, in, clip_block, &context);
}

/* Swaps blocks from both ends; a frame left in the middle stays. */
static void reverse_in_place(const cm_view *view)
{
    cm_block head, tail;
    size_t step = cm_block_frames(view), half = view->frames / 2;
    for (size_t at = 0; at < half; at += step) {
        size_t frames = cm_smaller(step, half - at), mirror = view->frames - at - frames;
        cm_view first = cm_view_part(view, at, frames), last = cm_view_part(view, mirror, frames);
        cm_view first_flipped = cm_view_flipped(&first), last_flipped = cm_view_flipped(&last);
        cm_gather(&head, &first_flipped, 0, frames);
        cm_gather(&tail, &last_flipped, 0, frames);
        cm_scatter(&first, 0, frames, &tail);
        cm_scatter(&last, 0, frames, &head);
    }
}

void cm_reverse(const cm_view *out, const cm_view *in)
{
    cm_view flipped = cm_view_flipped(in);
    if (cm_views_same(out, in))
        reverse_in_place(out);
    else
        cm_copy(out, &flipped);
}

/* Channels that lie at even distances, as two always do, make one view. */
static bool as_one_view(const cm_view *channels, size_t count, cm_view *one)
{
    uintptr_t distance = count > 1 ? (uintptr_t)channels[1].data - (uintptr_t)channels[0].data : 0;
    *one = channels[0];
    one->channels = count;
    one->channel_stride = (ptrdiff_t)distance;
    for (size_t c = 1; c < count; c++) {
        bool even = (uintptr_t)channels[c].data == (uintptr_t)channels[0].data + distance * c;
        if (!even || channels[c].frame_stride != channels[0].frame_stride)
            return false;
    }
    return true;
}

typedef struct {
    const cm_view *out, *channels;
} interleave_job;

static void interleave_piece(void *argument, size_t first, size_t end)
{
    const interleave_job *job = argument;
    const cm_view *out = job->out;
    cm_block scratch, packed;
    cm_sink sink = cm_sink_open(out, NULL, NULL, first, end);
    for (size_t frames; (frames = cm_sink_next(&sink, first)) > 0; first += frames) {
        void *to = cm_sink_target(&sink, first, &packed);
        cm_view block = cm_view_packed(to, out->type, frames, out->channels);
        for (size_t c = 0; c < out->channels; c++) {
            cm_view column = cm_view_channel(&block, c);
            cm_scatter(&column, 0, frames, cm_load(&job->channels[c], first, frames, &scratch));
        }
        cm_sink_store(&sink, first, frames, to, NULL);
    }
    cm_sink_close(&sink);
}

void cm_interleave(const cm_view *out, const cm_view *channels)
{
    interleave_job job = { out, channels };
    cm_view one;
    if (out->channels == 0)
        return;
    if (as_one_view(channels, out->channels, &one))
        cm_copy(out, &one);
    else
        cm_parallel(out->frames, 2 * out->channels * cm_view_size(out), interleave_piece, &job);
}

typedef struct {
    const cm_real_ops *ops;
    size_t channels;
    double gain_a, gain_b;
} blend_context;

static void blend_block(const void *context, void *to, const void *a, const void *b, size_t first,
                        size_t frames)
{
    (void)first;
    const blend_context *c = context;
    c->ops->scale_pair(to, a, b, frames * c->channels, c->gain_a, c->gain_b);
}

void cm_blend(const cm_view *out, const cm_view *a, const cm_view *b, double gain_a, double gain_b)
{
    blend_context context = { cm_ops_of(out->type), out->channels, gain_a, gain_b };
    cm_map2(out, a, b, blend_block, &context);
}

/* The source's frames first .. first + frames - 1 in out's type. */
static const void *load_as(const cm_real_ops *ops, const cm_view *view, size_t first, size_t frames,
                           cm_block *scratch, cm_block *widened)
{
    const void *block = cm_load(view, first, frames, scratch);
    if (view->type == ops->type)
        return block;
    ops->decode[view->type](widened, block, frames * view->channels);
    return widened;
}

/* Adds the part of a source that lies in a block of out which starts at frame `first`. */
static void mix_source(const cm_real_ops *ops, char *sum, const cm_source *source, size_t first,
                       size_t frames)
{
    cm_block scratch, widened;
    size_t end = source->offset + source->view.frames, channels = source->view.channels;
    size_t from = first > source->offset ? first : source->offset;
    size_t to = cm_smaller(first + frames, end);
    if (from >= to)
        return;
    const void *block = load_as(ops, &source->view, from - source->offset, to - from, &scratch, &widened);
    char *at = sum + (from - first) * channels * cm_sample_infos[ops->type].size;
    ops->add_scaled(at, block, (to - from) * channels, source->gain);
}

/* True when the block lies within the source. */
static bool covers(const cm_source *source, size_t first, size_t frames)
{
    return source->offset <= first && first + frames <= source->offset + source->view.frames;
}

/*
 * Mixes the next two sources at once where both reach over the whole block, or one: most blocks need no
 * clearing, and the sum is read and written half as often. is_first: nothing is in sum yet. Returns how many
 * it took.
 */
static size_t mix_whole(const cm_real_ops *ops, void *sum, const cm_source *sources, size_t count,
                        size_t first, size_t frames, size_t channels, bool is_first)
{
    cm_block scratch[2], widened[2];
    const void *block[2];
    size_t ready = 0, samples = frames * channels;
    for (; ready < 2 && ready < count && covers(&sources[ready], first, frames); ready++)
        block[ready] = load_as(ops, &sources[ready].view, first - sources[ready].offset, frames,
                               &scratch[ready], &widened[ready]);
    if (ready == 2)
        (is_first ? ops->scale_pair : ops->add_pair)(sum, block[0], block[1], samples, sources[0].gain,
                                                     sources[1].gain);
    else if (ready == 1)
        (is_first ? ops->scale : ops->add_scaled)(sum, block[0], samples, sources[0].gain);
    else if (is_first)
        memset(sum, 0, samples * cm_sample_infos[ops->type].size);
    return ready;
}

static void mix_block(const cm_real_ops *ops, void *sum, const cm_source *sources, size_t count, size_t first,
                      size_t frames, size_t channels)
{
    size_t taken = mix_whole(ops, sum, sources, count, first, frames, channels, true);
    while (taken < count) {
        size_t more = mix_whole(ops, sum, sources + taken, count - taken, first, frames, channels, false);
        if (more == 0) {
            mix_source(ops, sum, &sources[taken], first, frames);
            more = 1;
        }
        taken += more;
    }
}

static void prefetch_sources(const cm_source *sources, size_t count, size_t first, size_t frames)
{
    for (size_t i = 0; i < count; i++)
        if (first >= sources[i].offset)
            cm_prefetch(&sources[i].view, first - sources[i].offset, frames);
}

typedef struct {
    const cm_view *out;
    const cm_source *sources;
    size_t count;
} mix_job;

static void mix_piece(void *argument, size_t first, size_t end)
{
    const mix_job *job = argument;
    const cm_real_ops *ops = cm_ops_of(job->out->type);
    cm_block sum;
    cm_sink sink = cm_sink_open(job->out, NULL, NULL, first, end);
    /* The sum grows in out itself only where no source is out's memory. */
    for (size_t i = 0; i < job->count; i++)
        sink.direct = sink.direct && !cm_views_overlap(job->out, &job->sources[i].view);
    for (size_t frames; (frames = cm_sink_next(&sink, first)) > 0; first += frames) {
        void *to = cm_sink_target(&sink, first, &sum);
        mix_block(ops, to, job->sources, job->count, first, frames, job->out->channels);
        if (sink.streamed)
            prefetch_sources(job->sources, job->count, first + frames, frames);
        cm_sink_store(&sink, first, frames, to, NULL);
    }
    cm_sink_close(&sink);
}

void cm_mix(const cm_view *out, const cm_source *sources, size_t count)
{
    mix_job job = { out, sources, count };
    cm_parallel(out->frames, (count + 1) * out->channels * cm_view_size(out), mix_piece, &job);
}
