/*
 * real_ops.h: the kernels over packed blocks of floating-point samples, once for float32, once for float64.
 *
 * `real` below is float or double by the table that the function is in. Every pointer is aligned to its type.
 * Results may be written over the input that they come from. NaN and infinities follow IEEE 754 unless said.
 */
#ifndef CM_DSP_REAL_OPS_H
#define CM_DSP_REAL_OPS_H

#include "view.h"

/*
 * Sums over channels run in lanes: lane i takes samples i, i + lanes, ... of a block, and lanes is a multiple
 * of the channels, so that channel c is the lanes c, c + channels, ...
 */
#define CM_LANES 32
#define CM_MAX_LANES (CM_MAX_DSP_CHANNELS + CM_LANES)

static inline size_t cm_lanes(size_t channels)
{
    return (CM_LANES + channels - 1) / channels * channels;
}

/* Dither noise is made in groups of places, which are a few steps of many random sequences side by side. */
#define CM_NOISE_LANES 32
#define CM_NOISE_STEPS 8
#define CM_NOISE_GROUP (CM_NOISE_LANES * CM_NOISE_STEPS)

/* Taps of one phase of the true-peak filter. */
#define CM_TRUE_PEAK_TAPS 12

/* Converts count samples of one type to another, or from one type, with rounding; noise is in units of the
 * result's last bit, or NULL. */
typedef void (*cm_decode_fn)(void *to, const void *from, size_t count);
typedef void (*cm_encode_fn)(void *to, const void *from, size_t count, const void *noise);

typedef struct cm_real_ops {
    cm_sample type;
    cm_decode_fn decode[CM_SAMPLE_TYPES]; /* sample type to real; integers become -1 .. 1 */
    cm_encode_fn encode[CM_SAMPLE_TYPES]; /* real to sample type: nearest, ties to even, clipped, NaN is 0 */
    /* Triangular noise of the interval (-1, 1) for the samples first, first + 1, ... of the sequence of key.
     */
    void (*noise)(void *to, uint64_t key, uint64_t first, size_t count);

    void (*scale)(void *to, const void *from, size_t count, double gain);
    /* to = a x gain_a + b x gain_b */
    void (*scale_pair)(void *to, const void *a, const void *b, size_t count, double gain_a, double gain_b);
    /* to += from x gain */
    void (*add_scaled)(void *to, const void *from, size_t count, double gain);
    /* to = (to + a x gain_a) + b x gain_b: as add_scaled of one and then the other. */
    void (*add_pair)(void *to, const void *a, const void *b, size_t count, double gain_a, double gain_b);
    /* Sample i is multiplied by, or increased by, row[i % lanes]; row holds reals. */
    void (*scale_row)(void *to, const void *from, size_t count, const void *row, size_t lanes);
    void (*add_row)(void *to, const void *from, size_t count, const void *row, size_t lanes);
    /* to = from x gains, to = a x gains_a + b x gains_b, sample by sample. */
    void (*multiply)(void *to, const void *from, const void *gains, size_t count);
    void (*cross)(void *to, const void *a, const void *b, const void *gains_a, const void *gains_b,
                  size_t count);
    /* Frames of two channels, multiplied by a gain for each frame. */
    void (*multiply_pairs)(void *to, const void *from, const void *gains, size_t frames);
    /* Each sample as many times as there are channels; to is apart from from. */
    void (*repeat)(void *to, const void *from, size_t frames, size_t channels);
    /* Mono to two channels with a gain each. */
    void (*spread)(void *to, const void *from, size_t frames, double left, double right);
    /* NaN stays NaN. */
    void (*clip)(void *to, const void *from, size_t count, double low, double high);

    /* peaks[lane] (reals) becomes the largest magnitude that is not NaN; sums[lane] (doubles) grows. */
    void (*peak)(void *peaks, const void *from, size_t count, size_t lanes);
    void (*sum)(void *sums, const void *from, size_t count, size_t lanes);
    void (*sum_squares)(void *sums, const void *from, size_t count, size_t lanes);
    /* The largest magnitude of the four phases at count places; from has CM_TRUE_PEAK_TAPS - 1 samples more.
     */
    double (*true_peak)(const void *from, size_t count);
} cm_real_ops;

extern const cm_real_ops cm_f32_ops, cm_f64_ops;

static inline const cm_real_ops *cm_ops_of(cm_sample type)
{
    return type == CM_F64 ? &cm_f64_ops : &cm_f32_ops;
}

/* Integer types through int32 with the sample in the upper bits; encoding drops the bits that do not fit. */
extern const cm_decode_fn cm_s32_decode[CM_SAMPLE_TYPES];
extern const cm_decode_fn cm_s32_encode[CM_SAMPLE_TYPES];

/* The lower 24 bits of each number as three bytes. */
void cm_pack24(uint8_t *to, const int32_t *from, size_t count);

/* Phase p of the true-peak filter, newest sample last. */
extern const double cm_true_peak_taps[4][CM_TRUE_PEAK_TAPS];

/* A random 32-bit number for a place in a sequence. */
static inline uint32_t cm_scramble(uint32_t place, uint32_t key, uint32_t key2)
{
    uint32_t x = place ^ key;
    x = (x ^ x >> 16) * 0x7feb352du;
    x = (x ^ x >> 15) + key2;
    x = (x ^ x >> 15) * 0x846ca68bu;
    return x ^ x >> 16;
}

#endif
