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

typedef struct {
    biquad first, second;
    size_t pairs;
    channel_pair pair[(CM_MAX_DSP_CHANNELS + 1) / 2];
} meter;

/* Channels of weight 0 are left out; the odd one is paired with itself, without weight. */
static void meter_init(meter *m, double rate, const double *weights, size_t channels)
{
    m->first = shelf(rate);
    m->second = high_pass(rate);
    size_t used = 0;
    for (size_t c = 0; c < channels; c++) {
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

static void weigh_block(const meter *m, channel_pair *p, const double *block, size_t frames, size_t channels)
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

static double measure_hop(meter *m, const cm_view *in, size_t first, size_t end)
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
    double power = 0;
    for (size_t i = 0; i < m->pairs; i++)
        power += take_power(&m->pair[i]);
    return power;
}

/* The mean of the blocks above a gate, 0 when there is none. */
static double gated_mean(const double *powers, size_t count, double gate)
{
    double sum = 0;
    size_t passed = 0;
    for (size_t i = 0; i < count; i++) {
        if (powers[i] > gate) {
            sum += powers[i];
            passed++;
        }
    }
    return passed ? sum / (double)passed : 0.0;
}

static double integrate(const double *powers, size_t count)
{
    double absolute = pow(10.0, (ABSOLUTE_GATE - OFFSET) / 10.0);
    double relative = gated_mean(powers, count, absolute) * RELATIVE_GATE;
    double mean = gated_mean(powers, count, relative > absolute ? relative : absolute);
    return mean > 0.0 ? OFFSET + 10.0 * log10(mean) : -INFINITY;
}

/* The frame where hop i starts: to the nearest frame at every rate, so that hops do not drift. */
static size_t hop_start(size_t i, double rate)
{
    return (size_t)((double)i * rate / 10.0 + 0.5);
}

static size_t whole_hops(size_t frames, double rate)
{
    size_t hops = (size_t)((double)frames * 10.0 / rate) + 1;
    while (hop_start(hops, rate) > frames)
        hops--;
    return hops;
}

/* Hops of 100 ms are measured once; each entry of powers then becomes the block that starts with its hop. */
static double measure_blocks(meter *m, const cm_view *in, double rate, double *powers, size_t hops)
{
    bool finite = true;
    for (size_t i = 0; i < hops; i++) {
        powers[i] = measure_hop(m, in, hop_start(i, rate), hop_start(i + 1, rate));
        finite = finite && isfinite(powers[i]);
    }
    for (size_t i = 0; i + HOPS_PER_BLOCK <= hops; i++) {
        size_t frames = hop_start(i + HOPS_PER_BLOCK, rate) - hop_start(i, rate);
        powers[i] = (powers[i] + powers[i + 1] + powers[i + 2] + powers[i + 3]) / (double)frames;
    }
    return finite ? integrate(powers, hops - HOPS_PER_BLOCK + 1) : (double)NAN;
}

bool cm_loudness(const cm_view *in, double rate, const double *weights, double *lufs)
{
    size_t hops = whole_hops(in->frames, rate);
    *lufs = -INFINITY;
    if (hops < HOPS_PER_BLOCK || in->channels == 0)
        return true;
    meter *m = malloc(sizeof *m);
    double *powers = malloc(hops * sizeof *powers);
    bool enough = m && powers;
    if (enough) {
        meter_init(m, rate, weights, in->channels);
        *lufs = measure_blocks(m, in, rate, powers, hops);
    }
    free(m);
    free(powers);
    return enough;
}
