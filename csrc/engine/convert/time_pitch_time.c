/*
 * WSOLA (Verhelst and Roelands, "An overlap-add technique based on waveform similarity", 1993): pieces of the
 * sound, faded into each other, each taken from near where it should be: where it is most like what would
 * have followed the piece before. Between samples too, or a tone would be broken by up to half a sample each
 * time.
 */
#include "fft.h"
#include "stretch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Half of a piece, and how far from its place a piece is looked for. */
#define HOP_SECONDS 0.02
#define SEARCH_SECONDS 0.0125

/* What is quieter, at -120 dB, is like nothing. */
#define LEAST_POWER 1e-12

typedef struct pieces {
    cm_stretch base;
    cm_sinc sinc;
    SInt64 search;
    Float32 *fade;     /* in; turned round it is the one out */
    Float32 **tail;    /* what follows the middle of the piece before, `hop` */
    Float32 *likeness; /* for each place in the search */
    cm_fft fft;        /* of what is searched */
    Float32 *re, *im, *cross_re, *cross_im;
    Float64 *power;
    Float64 middle; /* of the piece before */
    bool is_first;
} pieces;

static void close_pieces(cm_stretch *base)
{
    pieces *s = (pieces *)base;
    cm_sinc_free(&s->sinc);
    cm_fft_free(&s->fft);
    Float32 *arrays[] = { s->fade, s->likeness, s->re, s->im, s->cross_re, s->cross_im };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
    free(s->power);
    cm_stretch_planes_free(s->tail);
    free(s);
}

static void reset_pieces(cm_stretch *base)
{
    ((pieces *)base)->is_first = true;
}

static bool allocate(pieces *s)
{
    size_t size = 256, searched = s->base.hop + 2 * (size_t)s->search;
    while (size < searched)
        size *= 2;
    Float32 **arrays[] = { &s->fade, &s->likeness, &s->re, &s->im, &s->cross_re, &s->cross_im };
    bool ok = cm_sinc_init(&s->sinc) && cm_fft_init(&s->fft, size);
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        *arrays[i] = calloc(size, sizeof(Float32));
        ok = ok && *arrays[i];
    }
    s->power = calloc(size, sizeof *s->power);
    s->tail = cm_stretch_planes_new(s->base.channels, s->base.hop);
    return ok && s->power && s->tail;
}

static cm_stretch *open_pieces(Float64 rate, UInt32 channels)
{
    pieces *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    UInt32 hop = (UInt32)fmin(fmax(HOP_SECONDS * rate, 16), 1 << 15), reach = cm_sinc_reach(1) + 2;
    s->search = (SInt64)fmin(fmax(SEARCH_SECONDS * rate, 8), 1 << 15);
    s->base = (cm_stretch){ .channels = channels, .hop = hop, .lag = hop };
    s->base.back = s->base.ahead = hop + (UInt32)s->search + reach;
    if (!allocate(s)) {
        close_pieces(&s->base);
        return NULL;
    }
    for (UInt32 i = 0; i < hop; i++)
        s->fade[i] = (Float32)(0.5 - 0.5 * cos(M_PI * (i + 0.5) / hop));
    s->is_first = true;
    return &s->base;
}

/* ---- where ---- */

/* Energy of the `hop` frames that begin at each place. */
static void add_power(pieces *s, const Float32 *frames)
{
    Float64 sum = 0;
    for (UInt32 i = 0; i < s->base.hop; i++)
        sum += (Float64)frames[i] * frames[i];
    for (SInt64 i = 0; i < 2 * s->search; i++) {
        s->power[i] += sum;
        Float64 in = frames[i + s->base.hop], out = frames[i];
        sum += in * in - out * out;
    }
    s->power[2 * s->search] += sum;
}

/* The spectrum of what is searched times the conjugate of the tail's; both come from one transform. */
static void add_cross_spectrum(pieces *s, const Float32 *frames, const Float32 *tail)
{
    size_t size = s->fft.size, hop = s->base.hop;
    memset(s->re, 0, size * sizeof *s->re);
    memset(s->im, 0, size * sizeof *s->im);
    memcpy(s->re, frames, (hop + 2 * (size_t)s->search) * sizeof *s->re);
    memcpy(s->im, tail, hop * sizeof *s->im);
    cm_fft_run(&s->fft, s->re, s->im);
    for (size_t k = 0; k < size; k++) {
        size_t mirror = (size - k) % size;
        Float32 xr = s->re[k] + s->re[mirror], xi = s->im[k] - s->im[mirror];
        Float32 tr = s->im[k] + s->im[mirror], ti = s->re[mirror] - s->re[k];
        s->cross_re[k] += xr * tr + xi * ti;
        s->cross_im[k] += xi * tr - xr * ti;
    }
}

/* How much the sound from each place on is like the tail, of all channels: the cosine between the two. */
static void compare(pieces *s, const cm_stretch_input *in, SInt64 first)
{
    size_t size = s->fft.size, places = 2 * (size_t)s->search + 1;
    memset(s->cross_re, 0, size * sizeof *s->cross_re);
    memset(s->cross_im, 0, size * sizeof *s->cross_im);
    memset(s->power, 0, places * sizeof *s->power);
    for (UInt32 c = 0; c < s->base.channels; c++) {
        const Float32 *frames = cm_stretch_frame(in, c, first);
        add_power(s, frames);
        add_cross_spectrum(s, frames, s->tail[c]);
    }
    cm_fft_run(&s->fft, s->cross_im, s->cross_re);
    for (size_t i = 0; i < places; i++)
        s->likeness[i] = s->power[i] > LEAST_POWER ? s->cross_re[i] / (Float32)sqrt(s->power[i]) : 0;
}

/* The top of the parabola through three values, as an offset from the second. */
static Float64 find_top(const Float32 *y)
{
    Float64 bend = (Float64)y[-1] - 2 * (Float64)y[0] + (Float64)y[1];
    Float64 top = bend < 0 ? 0.5 * ((Float64)y[-1] - (Float64)y[1]) / bend : 0;
    return fabs(top) <= 0.5 ? top : 0;
}

static Float64 find_middle(pieces *s, const cm_stretch_input *in, Float64 at)
{
    Float64 following = s->middle + s->base.hop;
    if (fabs(following - at) < 0.5)
        return following;
    SInt64 first = llrint(at) - s->search, best = 0;
    compare(s, in, first - s->base.hop);
    for (SInt64 i = 1; i <= 2 * s->search; i++)
        if (s->likeness[i] > s->likeness[best])
            best = i;
    Float64 middle = (Float64)(first + best);
    return best > 0 && best < 2 * s->search ? middle + find_top(s->likeness + best) : middle;
}

/* ---- what ---- */

/* Frames from..from + count of the sound, where from may lie between two. */
static void read_frames(const pieces *s, const cm_stretch_input *in, UInt32 channel, Float64 from,
                        UInt32 count, Float32 *to)
{
    Float32 weights[2 * CM_SINC_MAX_REACH];
    SInt64 whole = (SInt64)floor(from);
    Float64 part = from - (Float64)whole;
    const Float32 *frames = cm_stretch_frame(in, channel, whole);
    if (part < 1e-6) {
        memcpy(to, frames, count * sizeof *to);
        return;
    }
    UInt32 reach = cm_sinc_weigh(&s->sinc, part, 1, weights);
    for (UInt32 i = 0; i < count; i++)
        to[i] = cm_sinc_apply(weights, frames + i + 1 - reach, 2 * reach);
}

static void make(cm_stretch *base, const cm_stretch_input *in, Float64 at, Float64 step, Float32 **out)
{
    pieces *s = (pieces *)base;
    UInt32 hop = base->hop;
    (void)step;
    Float64 middle = s->is_first ? at : find_middle(s, in, at);
    for (UInt32 c = 0; c < base->channels; c++) {
        read_frames(s, in, c, middle - hop, hop, out[c]);
        for (UInt32 i = 0; i < hop && !s->is_first; i++)
            out[c][i] = s->fade[i] * out[c][i] + s->fade[hop - 1 - i] * s->tail[c][i];
        read_frames(s, in, c, middle, hop, s->tail[c]);
    }
    s->middle = middle;
    s->is_first = false;
}

const cm_stretch_method cm_stretch_time_domain = { open_pieces, close_pieces, reset_pieces, make };
