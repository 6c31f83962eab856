/*
 * A stage that rounds to a number of bits with dither: triangular noise of two least significant bits peak to
 * peak, which makes the error independent of the signal in its first two moments (Lipshitz, Wannamaker,
 * Vanderkooy, "Quantization and Dither: A Theoretical Survey", JAES 40(5), 1992), or with the error shaped
 * away from where hearing is keenest (Lipshitz, Vanderkooy, Wannamaker, "Minimally Audible Noise Shaping",
 * JAES 39(11), 1991, the five-coefficient filter for 44.1 kHz).
 */
#include "stage.h"

#include <AudioToolbox/AudioConverter.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TAPS 5

static const double shape[TAPS] = { 2.033, -2.165, 1.959, -1.590, 0.6149 };

typedef struct dither_stage {
    cm_stage stage;
    cm_planes out;
    double full; /* 2^(bits - 1) */
    bool shaped;
    uint64_t random;
    double *errors; /* shaped: TAPS of each channel, latest first */
} dither_stage;

/* Two uniform numbers of 32 bits from one step of a 64-bit linear congruential generator (Knuth's MMIX). */
static double triangular(uint64_t *state)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    uint32_t low = (uint32_t)(*state >> 16), high = (uint32_t)(*state >> 32);
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    high ^= (uint32_t)(*state >> 24);
    return ((double)low + (double)high) * 0x1p-32 - 1;
}

static double round_sample(dither_stage *d, double value, UInt32 channel)
{
    double scaled = value * d->full, *e = d->errors + (size_t)channel * TAPS;
    if (!isfinite(scaled))
        scaled = isnan(scaled) ? 0 : copysign(2 * d->full, scaled);
    if (d->shaped)
        for (int i = 0; i < TAPS; i++)
            scaled -= shape[i] * e[i];
    double rounded = rint(scaled + triangular(&d->random));
    rounded = fmax(fmin(rounded, d->full - 1), -d->full);
    if (d->shaped) {
        memmove(e + 1, e, (TAPS - 1) * sizeof *e);
        e[0] = fmax(fmin(rounded - scaled, 2), -2); /* what clipping takes away is not fed back */
    }
    return rounded / d->full;
}

static OSStatus pull(cm_stage *stage, size_t wanted, void *const *into, cm_pcm_block *block)
{
    dither_stage *d = (dither_stage *)stage;
    size_t most = wanted < d->out.frames ? wanted : d->out.frames;
    OSStatus status = cm_stage_pull(stage->source, most, NULL, block);
    if (status != noErr || block->frames == 0)
        return status;
    void *const *to = into ? into : d->out.pointers;
    UInt32 channels = stage->pcm.channels;
    for (size_t i = 0; i < block->frames * channels; i++) {
        UInt32 channel = (UInt32)(i % channels);
        if (stage->pcm.bytes == 4)
            ((float *)to[0])[i] = (float)round_sample(d, (double)((const float *)block->planes[0])[i],
                                                      channel);
        else
            ((double *)to[0])[i] = round_sample(d, ((const double *)block->planes[0])[i], channel);
    }
    block->format = stage->pcm;
    block->planes = (const void *const *)to;
    return noErr;
}

static OSStatus reset(cm_stage *stage)
{
    dither_stage *d = (dither_stage *)stage;
    memset(d->errors, 0, (size_t)stage->pcm.channels * TAPS * sizeof *d->errors);
    return noErr;
}

static void close_dither(cm_stage *stage)
{
    dither_stage *d = (dither_stage *)stage;
    cm_planes_free(&d->out);
    free(d->errors);
    free(d);
}

static const cm_stage_kind kind = { .pull = pull, .reset = reset, .close = close_dither };

OSStatus cm_stage_add_dither(cm_stage **chain, UInt32 algorithm, UInt32 bits)
{
    dither_stage *d = calloc(1, sizeof *d);
    if (!d)
        return kAudio_MemFullError;
    d->stage = (cm_stage){ .kind = &kind, .source = *chain, .pcm = (*chain)->pcm };
    d->full = ldexp(1, (int)bits - 1);
    d->shaped = algorithm == kDitherAlgorithm_NoiseShaping;
    d->random = 0x9E3779B97F4A7C15ull;
    d->errors = calloc((size_t)d->stage.pcm.channels * TAPS, sizeof *d->errors);
    if (!d->errors || cm_planes_alloc(&d->out, &d->stage.pcm, cm_block_frames(&d->stage.pcm)) != noErr) {
        close_dither(&d->stage);
        return kAudio_MemFullError;
    }
    *chain = &d->stage;
    return noErr;
}
