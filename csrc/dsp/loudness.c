/* Integrated loudness by ITU-R BS.1770; names of steps and symbols are the recommendation's. */
#include "blocks.h"
#include "measure.h"
#include "real_ops.h"

#include <math.h>
#include <stdlib.h>

#define PI 3.14159265358979323846
#define OFFSET (-0.691)
#define ABSOLUTE_GATE (-70.0)
#define RELATIVE_GATE 0.1 /* 10 LU below, as a ratio of powers */
#define HOPS_PER_BLOCK 4

/* Two channels side by side in one vector register. */
typedef double pair __attribute__((vector_size(16)));

typedef struct {
    double b0, b1, b2, a1, a2;
} biquad;

/*
 * Both stages as analogue prototypes, so that any sample rate gets the response that the recommendation's
 * coefficients have at 48 kHz (which these formulas return to the last printed digit).
 */
static biquad shelf(double rate)
{
    double k = tan(PI * 1681.974450955533 / rate), q = 0.7071752369554196;
    double high = pow(10.0, 3.999843853973347 / 20.0), band = pow(high, 0.4996667741545416);
    double a0 = 1.0 + k / q + k * k;
    return (biquad){ (high + band * k / q + k * k) / a0, 2.0 * (k * k - high) / a0,
                     (high - band * k / q + k * k) / a0, 2.0 * (k * k - 1.0) / a0,
                     (1.0 - k / q + k * k) / a0 };
}

static biquad high_pass(double rate)
{
    double k = tan(PI * 38.13547087602444 / rate), q = 0.5003270373238773;
    double a0 = 1.0 + k / q + k * k;
    return (biquad){ 1.0, -2.0, 1.0, 2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0 };
}

typedef struct {
    size_t channel[2];
    double weight[2];
    pair state[4];
    pair power; /* of the current hop */
} channel_pair;

struct cm_loudness {
    double rate;
    size_t channels, frames; /* of the signal so far */
    size_t hops, room;       /* finished ones, and how many powers has place for */
    double *powers;          /* of finished hops, summed over their frames */
    biquad first, second;
    size_t pairs;
    channel_pair pair[(CM_MAX_DSP_CHANNELS + 1) / 2];
};

/* Channels of weight 0 are left out; the odd one is paired with itself, without weight. */
static void take_weights(cm_loudness *m, const double *weights)
{
    size_t used = 0;
    for (size_t c = 0; c < m->channels; c++) {
        if (weights[c] <= 0.0)
            continue;
        channel_pair *p = &m->pair[used / 2];
        if (used % 2 == 0)
            *p = (channel_pair){ .channel = { c, c }, .weight = { weights[c], 0.0 } };
        p->channel[used % 2] = c;
        p->weight[used % 2] = weights[c];
        used++;
    }
    m->pairs = (used + 1) / 2;
}

static void weigh_block(const cm_loudness *m, channel_pair *p, const double *block, size_t frames,
                        size_t channels)
{
    const biquad f = m->first, s = m->second;
    pair z0 = p->state[0], z1 = p->state[1], z2 = p->state[2], z3 = p->state[3], power = p->power;
    const double *left = block + p->channel[0], *right = block + p->channel[1];
    for (size_t i = 0; i < frames; i++, left += channels, right += channels) {
        pair x = { *left, *right };
        pair y = f.b0 * x + z0;
        z0 = f.b1 * x - f.a1 * y + z1;
        z1 = f.b2 * x - f.a2 * y;
        pair w = s.b0 * y + z2;
        z2 = s.b1 * y - s.a1 * w + z3;
        z3 = s.b2 * y - s.a2 * w;
        power += w * w;
    }
    p->state[0] = z0, p->state[1] = z1, p->state[2] = z2, p->state[3] = z3, p->power = power;
}

/* The power of a finished hop. Also stops a dying filter from reaching denormal numbers, which are slow. */
static double take_power(channel_pair *p)
{
    double power = p->weight[0] * p->power[0];
    if (p->weight[1] > 0.0)
        power += p->weight[1] * p->power[1];
    p->power = (pair){ 0.0, 0.0 };
    for (int i = 0; i < 4; i++)
        for (int side = 0; side < 2; side++)
            if (fabs(p->state[i][side]) < 1e-30)
                p->state[i][side] = 0.0;
    return power;
}

static void weigh_frames(cm_loudness *m, const cm_view *in, size_t first, size_t end)
{
    cm_block scratch, wide;
    size_t step = cm_block_frames(in);
    for (size_t at = first; at < end; at += step) {
        size_t frames = cm_smaller(step, end - at);
        const void *block = cm_load(in, at, frames, &scratch);
        if (in->type != CM_F64) {
            cm_f64_ops.decode[in->type](&wide, block, frames * in->channels);
            block = &wide;
        }
        for (size_t i = 0; i < m->pairs; i++)
            weigh_block(m, &m->pair[i], block, frames, in->channels);
    }
}

static void finish_hop(cm_loudness *m)
{
    double power = 0;
    for (size_t i = 0; i < m->pairs; i++)
        power += take_power(&m->pair[i]);
    m->powers[m->hops++] = power;
}

/* The frame where hop i starts: to the nearest frame at every rate, so that hops do not drift. */
static size_t hop_start(size_t i, double rate)
{
    return (size_t)((double)i * rate / 10.0 + 0.5);
}

/* Place for the hops that end with this many more frames, and for one beyond. */
static bool make_room(cm_loudness *m, size_t frames)
{
    size_t needed = (size_t)((double)(m->frames + frames) * 10.0 / m->rate) + 2;
    if (needed <= m->room)
        return true;
    size_t room = needed > 2 * m->room ? needed : 2 * m->room;
    double *powers = realloc(m->powers, room * sizeof *powers);
    if (!powers)
        return false;
    m->powers = powers;
    m->room = room;
    return true;
}

/* The mean power of the block of 400 ms that starts with hop i. */
static double block_power(const cm_loudness *m, size_t i)
{
    const double *p = m->powers + i;
    return (p[0] + p[1] + p[2] + p[3]) /
           (double)(hop_start(i + HOPS_PER_BLOCK, m->rate) - hop_start(i, m->rate));
}

/* The mean of the blocks above a gate, 0 when there is none. */
static double gated_mean(const cm_loudness *m, double gate)
{
    double sum = 0;
    size_t passed = 0;
    for (size_t i = 0; i + HOPS_PER_BLOCK <= m->hops; i++) {
        double power = block_power(m, i);
        if (power > gate) {
            sum += power;
            passed++;
        }
    }
    return passed ? sum / (double)passed : 0.0;
}

cm_loudness *cm_loudness_open(double rate, const double *weights, size_t channels)
{
    cm_loudness *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->rate = rate;
    m->channels = channels;
    m->first = shelf(rate);
    m->second = high_pass(rate);
    take_weights(m, weights);
    return m;
}

void cm_loudness_close(cm_loudness *m)
{
    if (m)
        free(m->powers);
    free(m);
}

bool cm_loudness_add(cm_loudness *m, const cm_view *in)
{
    if (!make_room(m, in->frames))
        return false;
    for (size_t at = 0, frames; at < in->frames; at += frames) {
        frames = cm_smaller(hop_start(m->hops + 1, m->rate) - m->frames, in->frames - at);
        weigh_frames(m, in, at, at + frames);
        m->frames += frames;
        if (m->frames == hop_start(m->hops + 1, m->rate))
            finish_hop(m);
    }
    return true;
}

double cm_loudness_integrated(const cm_loudness *m)
{
    for (size_t i = 0; i < m->hops; i++)
        if (!isfinite(m->powers[i]))
            return (double)NAN;
    double absolute = pow(10.0, (ABSOLUTE_GATE - OFFSET) / 10.0);
    double relative = gated_mean(m, absolute) * RELATIVE_GATE;
    double mean = gated_mean(m, relative > absolute ? relative : absolute);
    return mean > 0.0 ? OFFSET + 10.0 * log10(mean) : -INFINITY;
}
