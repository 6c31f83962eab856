/*
 * The phase vocoder. A piece is the sound under a Hann window, and goes out under another; in between the
 * phase of each partial is set so that it goes on from the piece before. By how much a partial turns in a hop
 * it says itself, by two windows a hop apart (Puckette, "Phase-locked vocoder", 1995), so that the stretch
 * may be any. The bins around a peak turn as one (identity phase locking: Laroche and Dolson, "Improved phase
 * vocoder time-scale modification of audio", 1999), and so do all channels, which keeps the stereo image.
 *
 * At an onset the sound begins anew: pieces before it end there, the one that it is in the middle of keeps
 * its phases. What is given out is divided by the sum of the windows that went into it.
 */
#include "fft.h"
#include "stretch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_SECONDS 0.04
#define LEAST_WEIGHT 0.02f

enum { OVERLAP = 4 };

typedef struct spectral {
    cm_stretch base;
    size_t size, bins; /* of the window; size / 2 + 1 */
    cm_fft fft;
    Float32 *window;
    Float32 *re, *im;                 /* of the transform, `size` */
    Float32 **now_re, **now_im;       /* the spectrum under the window, of each channel */
    Float32 **behind_re, **behind_im; /* that of a hop before */
    Float32 **before_re, **before_im; /* that of the piece before */
    Float32 *turn_re, *turn_im;       /* by how much that was turned */
    Float32 *next_re, *next_im;       /* the same of this piece */
    Float32 *power;
    Float32 **sum;   /* what overlaps, `size` */
    Float32 *weight; /* of the windows in it */
    bool is_first;
    SInt64 passed; /* no onset up to here matters any more */
} spectral;

static void close_spectral(cm_stretch *base)
{
    spectral *s = (spectral *)base;
    cm_fft_free(&s->fft);
    Float32 *arrays[] = { s->window,  s->re,      s->im,    s->turn_re, s->turn_im,
                          s->next_re, s->next_im, s->power, s->weight };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
    Float32 **planes[] = { s->now_re,    s->now_im,    s->behind_re, s->behind_im,
                           s->before_re, s->before_im, s->sum };
    for (size_t i = 0; i < sizeof planes / sizeof *planes; i++)
        cm_stretch_planes_free(planes[i]);
    free(s);
}

static bool allocate(spectral *s)
{
    Float32 **arrays[] = { &s->window,  &s->re,      &s->im,    &s->turn_re, &s->turn_im,
                           &s->next_re, &s->next_im, &s->power, &s->weight };
    Float32 ***planes[] = { &s->now_re,    &s->now_im,    &s->behind_re, &s->behind_im,
                            &s->before_re, &s->before_im, &s->sum };
    bool ok = cm_fft_init(&s->fft, s->size);
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        *arrays[i] = calloc(s->size, sizeof(Float32));
        ok = ok && *arrays[i];
    }
    for (size_t i = 0; i < sizeof planes / sizeof *planes; i++) {
        *planes[i] = cm_stretch_planes_new(s->base.channels, s->size);
        ok = ok && *planes[i];
    }
    return ok;
}

static void reset_spectral(cm_stretch *base)
{
    spectral *s = (spectral *)base;
    s->is_first = true;
    s->passed = -1;
    memset(s->weight, 0, s->size * sizeof *s->weight);
    for (UInt32 c = 0; c < base->channels; c++)
        memset(s->sum[c], 0, s->size * sizeof *s->sum[c]);
}

static cm_stretch *open_spectral(Float64 rate, UInt32 channels)
{
    spectral *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    for (s->size = 256; (Float64)s->size < WINDOW_SECONDS * rate && s->size < 1 << 16;)
        s->size *= 2;
    s->bins = s->size / 2 + 1;
    s->base.channels = channels;
    s->base.hop = (UInt32)s->size / OVERLAP;
    s->base.lag = (UInt32)s->size / 2;
    s->base.back = (UInt32)s->size / 2 + 2 * s->base.hop;
    s->base.ahead = (UInt32)s->size / 2 + s->base.hop;
    if (!allocate(s)) {
        close_spectral(&s->base);
        return NULL;
    }
    for (size_t i = 0; i < s->size; i++)
        s->window[i] = (Float32)(0.5 - 0.5 * cos(2 * M_PI * (double)i / (double)s->size));
    reset_spectral(&s->base);
    return &s->base;
}

/* ---- from sound to spectrum ---- */

/* Two windows in one transform: the one around `at`, and the one a hop before it. Nothing of the frames from
 * `end` on is in them. */
static void analyse(spectral *s, const cm_stretch_input *in, UInt32 channel, SInt64 at, SInt64 end)
{
    SInt64 half = (SInt64)s->size / 2, hop = s->base.hop;
    const Float32 *now = cm_stretch_frame(in, channel, at - half), *behind = now - hop;
    size_t now_end = end - (at - half) < (SInt64)s->size ? (size_t)(end - (at - half)) : s->size;
    size_t behind_end = now_end + (size_t)hop < s->size ? now_end + (size_t)hop : s->size;
    for (size_t i = 0; i < s->size; i++) {
        s->re[i] = i < now_end ? s->window[i] * now[i] : 0;
        s->im[i] = i < behind_end ? s->window[i] * behind[i] : 0;
    }
    cm_fft_run(&s->fft, s->re, s->im);
    for (size_t k = 0; k < s->bins; k++) {
        size_t mirror = (s->size - k) % s->size;
        s->now_re[channel][k] = 0.5f * (s->re[k] + s->re[mirror]);
        s->now_im[channel][k] = 0.5f * (s->im[k] - s->im[mirror]);
        s->behind_re[channel][k] = 0.5f * (s->im[k] + s->im[mirror]);
        s->behind_im[channel][k] = 0.5f * (s->re[mirror] - s->re[k]);
    }
}

static void measure_power(spectral *s)
{
    memset(s->power, 0, s->bins * sizeof *s->power);
    for (UInt32 c = 0; c < s->base.channels; c++)
        for (size_t k = 0; k < s->bins; k++)
            s->power[k] += s->now_re[c][k] * s->now_re[c][k] + s->now_im[c][k] * s->now_im[c][k];
}

/* ---- phases ---- */

static bool is_peak(const spectral *s, size_t k)
{
    const Float32 *p = s->power;
    if (p[k] <= 0)
        return false;
    for (size_t d = 1; d <= 2; d++)
        if ((k >= d && p[k - d] > p[k]) || (k + d < s->bins && p[k + d] >= p[k]))
            return false;
    return true;
}

/* The least bin between two peaks. */
static size_t find_valley(const spectral *s, size_t from, size_t to)
{
    size_t least = from;
    for (size_t k = from; k < to; k++)
        if (s->power[k] < s->power[least])
            least = k;
    return least;
}

/* What a partial has turned by since the piece before and must have in this one: as it went on for a hop
 * behind. The louder a channel is, the more it has to say. */
static void turn_of(const spectral *s, size_t k, Float32 *re, Float32 *im)
{
    Float32 x = 0, y = 0;
    for (UInt32 c = 0; c < s->base.channels; c++) {
        Float32 ar = s->before_re[c][k], ai = s->before_im[c][k];
        Float32 br = s->behind_re[c][k], bi = s->behind_im[c][k];
        x += ar * br + ai * bi;
        y += ai * br - ar * bi;
    }
    Float32 turned_x = x * s->turn_re[k] - y * s->turn_im[k];
    Float32 turned_y = x * s->turn_im[k] + y * s->turn_re[k];
    Float32 length = hypotf(turned_x, turned_y);
    *re = length > 0 ? turned_x / length : 1;
    *im = length > 0 ? turned_y / length : 0;
}

static void fill(Float32 *to, size_t from, size_t end, Float32 value)
{
    for (size_t k = from; k < end; k++)
        to[k] = value;
}

static void keep_phases(spectral *s)
{
    fill(s->next_re, 0, s->bins, 1);
    fill(s->next_im, 0, s->bins, 0);
}

static void go_on_with_phases(spectral *s)
{
    size_t begin = 0, last = 0;
    bool any = false;
    Float32 re = 1, im = 0;
    for (size_t k = 0; k < s->bins; k++) {
        if (!is_peak(s, k))
            continue;
        size_t end = any ? find_valley(s, last, k) : 0;
        fill(s->next_re, begin, end, re);
        fill(s->next_im, begin, end, im);
        begin = end;
        turn_of(s, k, &re, &im);
        last = k;
        any = true;
    }
    fill(s->next_re, begin, s->bins, re);
    fill(s->next_im, begin, s->bins, im);
}

static void swap(Float32 **a, Float32 **b)
{
    Float32 *was = *a;
    *a = *b;
    *b = was;
}

/* This piece becomes the one before. */
static void remember(spectral *s)
{
    swap(&s->turn_re, &s->next_re);
    swap(&s->turn_im, &s->next_im);
    for (UInt32 c = 0; c < s->base.channels; c++) {
        swap(&s->before_re[c], &s->now_re[c]);
        swap(&s->before_im[c], &s->now_im[c]);
    }
    s->is_first = false;
}

/* ---- from spectrum to sound ---- */

/* A channel into both parts of the transform, which gives it back in the first: sign 1 puts it there, and the
 * one that is added with -1 comes back in the second. */
static void place(spectral *s, UInt32 channel, bool second)
{
    for (size_t k = 0; k < s->bins; k++) {
        Float32 xr = s->now_re[channel][k], xi = s->now_im[channel][k];
        Float32 re = xr * s->next_re[k] - xi * s->next_im[k];
        Float32 im = xr * s->next_im[k] + xi * s->next_re[k];
        size_t mirror = (s->size - k) % s->size;
        if (mirror == k)
            im = 0;
        s->re[k] += second ? -im : re;
        s->im[k] += second ? re : im;
        if (mirror == k)
            continue;
        s->re[mirror] += second ? im : re;
        s->im[mirror] += second ? re : -im;
    }
}

static void overlap(spectral *s, UInt32 channel, const Float32 *piece)
{
    Float32 scale = 1 / (Float32)s->size;
    for (size_t i = 0; i < s->size; i++)
        s->sum[channel][i] += s->window[i] * scale * piece[i];
}

static void synthesise(spectral *s)
{
    for (UInt32 c = 0; c < s->base.channels; c += 2) {
        bool has_second = c + 1 < s->base.channels;
        memset(s->re, 0, s->size * sizeof *s->re);
        memset(s->im, 0, s->size * sizeof *s->im);
        place(s, c, false);
        if (has_second)
            place(s, c + 1, true);
        cm_fft_run(&s->fft, s->im, s->re);
        overlap(s, c, s->re);
        if (has_second)
            overlap(s, c + 1, s->im);
    }
}

static void weigh(spectral *s, SInt64 at, SInt64 end)
{
    SInt64 begin = at - (SInt64)s->size / 2;
    size_t count = end - begin < (SInt64)s->size ? (size_t)(end - begin) : s->size;
    for (size_t i = 0; i < count; i++)
        s->weight[i] += s->window[i] * s->window[i];
}

static void shift(Float32 *frames, size_t size, size_t by)
{
    memmove(frames, frames + by, (size - by) * sizeof *frames);
    memset(frames + size - by, 0, by * sizeof *frames);
}

static void give(spectral *s, Float32 **out)
{
    size_t hop = s->base.hop;
    for (UInt32 c = 0; c < s->base.channels; c++) {
        for (size_t i = 0; i < hop; i++)
            out[c][i] = s->sum[c][i] / fmaxf(s->weight[i], LEAST_WEIGHT);
        shift(s->sum[c], s->size, hop);
    }
    shift(s->weight, s->size, hop);
}

/* ---- a piece ---- */

/*
 * The first piece with its middle behind an onset begins anew: *at moves so that the piece has the onset
 * where it has to be in what is made. Pieces before it end there, or sooner where the sound is pressed: *end.
 * True for such a piece.
 */
static bool meet_onset(spectral *s, const cm_stretch_input *in, Float64 step, SInt64 *at, SInt64 *end)
{
    SInt64 onset, middle = *at;
    Float64 hop = s->base.hop;
    bool begins = s->is_first;
    *end = INT64_MAX / 2;
    while (cm_onsets_after(in->onsets, s->passed, &onset)) {
        if (onset > middle) {
            *end = middle + llrint((Float64)(onset - middle) * fmin(hop / step, 1));
            break;
        }
        Float64 move = (Float64)(onset - middle) * (1 - hop / step);
        *at = middle + llrint(fmin(fmax(move, -hop), hop));
        s->passed = onset;
        begins = true;
    }
    return begins;
}

static void make(cm_stretch *base, const cm_stretch_input *in, Float64 exact, Float64 step, Float32 **out)
{
    spectral *s = (spectral *)base;
    SInt64 at = llrint(exact), end;
    bool begins = meet_onset(s, in, step, &at, &end);
    for (UInt32 c = 0; c < base->channels; c++)
        analyse(s, in, c, at, end);
    measure_power(s);
    if (begins)
        keep_phases(s);
    else
        go_on_with_phases(s);
    synthesise(s);
    weigh(s, at, end);
    give(s, out);
    remember(s);
}

const cm_stretch_method cm_stretch_spectral = { open_spectral, close_spectral, reset_spectral, make };
