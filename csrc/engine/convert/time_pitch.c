#include "time_pitch.h"

#include "stretch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 1024, PLACES = 64 };

struct cm_time_pitch {
    cm_stretch *stretch;
    UInt32 channels;
    Float64 speed, ratio; /* of the pitch */
    cm_sinc sinc;

    /* Input, from `first` on. What is before frame 0 is silent. */
    cm_onsets onsets;
    Float32 **input;
    SInt64 first;
    size_t count, capacity;
    Float32 *mono;
    SInt64 taken; /* frames, ever */
    bool has_ended;

    /* What was stretched; frame 0 of it is that of the input. */
    UInt64 pieces;          /* made */
    Float64 at;             /* of the next one, in input frames */
    Float64 places[PLACES]; /* of the latest pieces, and the next */
    Float32 **piece, **made;
    SInt64 made_first;
    size_t made_count, made_capacity;
    Float64 reading; /* of the next frame out, in frames made */
};

/* ---- life ---- */

void cm_stretch_planes_free(Float32 **planes)
{
    if (planes)
        for (UInt32 c = 0; planes[c]; c++)
            free(planes[c]);
    free(planes);
}

/* A NULL behind the last tells where they end. */
Float32 **cm_stretch_planes_new(UInt32 channels, size_t frames)
{
    Float32 **planes = calloc((size_t)channels + 1, sizeof *planes);
    for (UInt32 c = 0; planes && c < channels; c++) {
        planes[c] = calloc(frames, sizeof **planes);
        if (!planes[c]) {
            cm_stretch_planes_free(planes);
            return NULL;
        }
    }
    return planes;
}

void cm_time_pitch_free(cm_time_pitch *t)
{
    if (!t)
        return;
    if (t->stretch)
        t->stretch->method->close(t->stretch);
    cm_sinc_free(&t->sinc);
    cm_stretch_planes_free(t->input);
    cm_stretch_planes_free(t->piece);
    cm_stretch_planes_free(t->made);
    free(t->mono);
    free(t);
}

static bool allocate(cm_time_pitch *t, const cm_stretch_method *method, Float64 rate)
{
    t->stretch = method->open(rate, t->channels);
    if (!t->stretch)
        return false;
    t->stretch->method = method;
    cm_onsets_init(&t->onsets, rate);
    t->capacity = (size_t)t->stretch->back + t->stretch->ahead + CHUNK;
    t->made_capacity = 4 * CM_SINC_MAX_REACH + 2 * (size_t)t->stretch->hop;
    t->input = cm_stretch_planes_new(t->channels, t->capacity);
    t->piece = cm_stretch_planes_new(t->channels, t->stretch->hop);
    t->made = cm_stretch_planes_new(t->channels, t->made_capacity);
    t->mono = calloc(t->capacity, sizeof *t->mono);
    return cm_sinc_init(&t->sinc) && t->input && t->piece && t->made && t->mono;
}

cm_time_pitch *cm_time_pitch_new(cm_stretch_kind kind, Float64 rate, UInt32 channels)
{
    cm_time_pitch *t = channels > 0 ? calloc(1, sizeof *t) : NULL;
    if (!t)
        return NULL;
    t->channels = channels;
    t->speed = t->ratio = 1;
    if (!allocate(t, kind == CM_STRETCH_SPECTRAL ? &cm_stretch_spectral : &cm_stretch_time_domain, rate)) {
        cm_time_pitch_free(t);
        return NULL;
    }
    cm_time_pitch_reset(t);
    return t;
}

static void clear(Float32 **planes, UInt32 channels, size_t count)
{
    for (UInt32 c = 0; c < channels; c++)
        memset(planes[c], 0, count * sizeof **planes);
}

void cm_time_pitch_reset(cm_time_pitch *t)
{
    t->stretch->method->reset(t->stretch);
    cm_onsets_reset(&t->onsets);
    t->count = t->stretch->back;
    t->first = -(SInt64)t->count;
    clear(t->input, t->channels, t->count);
    t->made_count = CM_SINC_MAX_REACH;
    t->made_first = -(SInt64)t->made_count;
    clear(t->made, t->channels, t->made_count);
    t->taken = 0;
    t->has_ended = false;
    t->pieces = 0;
    t->at = t->reading = t->places[0] = 0;
}

void cm_time_pitch_set(cm_time_pitch *t, Float64 speed, Float64 cents)
{
    t->speed = fmin(fmax(speed, 1.0 / 32), 32);
    t->ratio = exp2(fmin(fmax(cents, -2400), 2400) / 1200);
}

/* ---- what goes in ---- */

static void discard(Float32 **planes, UInt32 channels, size_t *count, SInt64 *first, SInt64 before)
{
    SInt64 much = before - *first;
    size_t drop = much <= 0 ? 0 : (UInt64)much < *count ? (size_t)much : *count;
    for (UInt32 c = 0; drop > 0 && c < channels; c++)
        memmove(planes[c], planes[c] + drop, (*count - drop) * sizeof **planes);
    *count -= drop;
    *first += (SInt64)drop;
}

/* Up to `count` frames more; `from` NULL is silence. */
static size_t take(cm_time_pitch *t, const Float32 *from, size_t count)
{
    discard(t->input, t->channels, &t->count, &t->first, llrint(t->at) - t->stretch->back);
    size_t frames = t->capacity - t->count < count ? t->capacity - t->count : count;
    memset(t->mono, 0, frames * sizeof *t->mono);
    for (UInt32 c = 0; c < t->channels; c++) {
        Float32 *to = t->input[c] + t->count;
        for (size_t i = 0; i < frames; i++) {
            to[i] = from ? from[i * t->channels + c] : 0;
            t->mono[i] += to[i];
        }
    }
    cm_onsets_feed(&t->onsets, t->mono, frames);
    t->count += frames;
    return frames;
}

/* ---- stretching ---- */

static bool has_piece(const cm_time_pitch *t)
{
    SInt64 wanted = llrint(t->at) + t->stretch->ahead;
    return t->first + (SInt64)t->count >= wanted;
}

/* What is before frame 0 belongs to nothing. */
static void keep_piece(cm_time_pitch *t)
{
    SInt64 end = (SInt64)(t->pieces * t->stretch->hop) - t->stretch->lag;
    SInt64 begin = end - t->stretch->hop;
    UInt32 skip = begin >= 0 ? 0 : end <= 0 ? t->stretch->hop : (UInt32)-begin;
    for (UInt32 c = 0; c < t->channels; c++)
        memcpy(t->made[c] + t->made_count, t->piece[c] + skip, (t->stretch->hop - skip) * sizeof **t->piece);
    t->made_count += t->stretch->hop - skip;
}

static void make_piece(cm_time_pitch *t)
{
    cm_stretch_input in = { t->input, t->first, t->count, &t->onsets };
    Float64 step = t->stretch->hop * t->speed / t->ratio;
    discard(t->made, t->channels, &t->made_count, &t->made_first, (SInt64)t->reading - CM_SINC_MAX_REACH);
    t->stretch->method->make(t->stretch, &in, t->at, step, t->piece);
    t->pieces++;
    t->at += step;
    t->places[t->pieces % PLACES] = t->at;
    keep_piece(t);
}

/* ---- what comes out ---- */

/* The frame of the input that a frame made comes from. */
static Float64 source_of(const cm_time_pitch *t, Float64 made)
{
    Float64 place = made / t->stretch->hop;
    UInt64 piece = (UInt64)place;
    if (piece >= t->pieces)
        return t->at;
    Float64 from = t->places[piece % PLACES], to = t->places[(piece + 1) % PLACES];
    return from + (place - (Float64)piece) * (to - from);
}

Float64 cm_time_pitch_position(const cm_time_pitch *t)
{
    Float64 position = source_of(t, t->reading);
    return position < (Float64)t->taken ? position : (Float64)t->taken;
}

static void read_frame(cm_time_pitch *t, Float32 *to)
{
    Float32 weights[2 * CM_SINC_MAX_REACH];
    SInt64 whole = (SInt64)floor(t->reading);
    size_t at = (size_t)(whole - t->made_first);
    Float64 part = t->reading - (Float64)whole;
    if (t->ratio == 1 && part == 0) {
        for (UInt32 c = 0; c < t->channels; c++)
            to[c] = t->made[c][at];
        return;
    }
    UInt32 reach = cm_sinc_weigh(&t->sinc, part, t->ratio > 1 ? 1 / t->ratio : 1, weights);
    for (UInt32 c = 0; c < t->channels; c++)
        to[c] = cm_sinc_apply(weights, t->made[c] + at + 1 - reach, 2 * reach);
}

/* A frame that is the end but for rounding is the end. */
static bool is_over(const cm_time_pitch *t)
{
    return t->has_ended && source_of(t, t->reading) >= (Float64)t->taken - 1e-6;
}

/* Frames that are made, and not beyond the end of the input. */
static size_t give(cm_time_pitch *t, Float32 *to, size_t room)
{
    size_t count = 0;
    Float64 end = (Float64)(t->made_first + (SInt64)t->made_count) - CM_SINC_MAX_REACH - 1;
    while (count < room && t->reading < end && !is_over(t)) {
        read_frame(t, to + count * t->channels);
        t->reading += t->ratio;
        count++;
    }
    return count;
}

size_t cm_time_pitch_run(cm_time_pitch *t, const Float32 *from, size_t count, size_t *used, Float32 *to,
                         size_t room)
{
    size_t made = 0;
    *used = 0;
    t->has_ended = t->has_ended || !from;
    for (;;) {
        made += give(t, to + made * t->channels, room - made);
        if (made == room || is_over(t))
            return made;
        if (has_piece(t)) {
            make_piece(t);
        } else if (*used < count && from) {
            size_t taken = take(t, from + *used * t->channels, count - *used);
            t->taken += (SInt64)taken;
            *used += taken;
        } else if (t->has_ended) {
            take(t, NULL, CHUNK);
        } else {
            return made;
        }
    }
}
