/*
 * A stage that moves the sound forward by a part of a frame: the initial phase of a rate converter. It is a
 * windowed sinc sampled off its centre, flat to within 0.01 dB up to 0.98 of the band.
 */
#include "stage.h"

#include <AudioToolbox/AudioConverter.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HALF 256u /* taps on each side of an instant */
#define TAPS (2 * HALF)
#define KAISER 10.0 /* stop band -100 dB */

typedef struct phase_stage {
    cm_stage stage;
    cm_planes out;
    double taps[TAPS];
    double *history; /* TAPS - 1 frames, then the block at hand; interleaved */
    size_t warm_up;  /* frames of output still to drop: the filter's delay */
    size_t tail;     /* frames of silence still to send after the sound */
    bool source_ended;
} phase_stage;

/* Modified Bessel function of the first kind, order 0, by its power series. */
static double bessel(double x)
{
    double sum = 1, term = 1;
    for (int k = 1; term > sum * 1e-17; k++) {
        term *= (x / 2 / k) * (x / 2 / k);
        sum += term;
    }
    return sum;
}

/* Output n is the sound at n + phase; tap k belongs to input n - HALF + 1 + k. The gain at 0 Hz is one. */
static void make_taps(double *taps, double phase)
{
    double sum = 0;
    for (unsigned k = 0; k < TAPS; k++) {
        double x = (double)k - (HALF - 1) - phase, edge = x / HALF;
        double sinc = fabs(x) < 1e-12 ? 1 : sin(M_PI * x) / (M_PI * x);
        taps[k] = sinc * bessel(KAISER * sqrt(fmax(0, 1 - edge * edge))) / bessel(KAISER);
        sum += taps[k];
    }
    for (unsigned k = 0; k < TAPS; k++)
        taps[k] /= sum;
}

static double input_sample(const cm_pcm *pcm, const void *frames, size_t index)
{
    return pcm->bytes == 8 ? ((const double *)frames)[index] : (double)((const float *)frames)[index];
}

static void filter(phase_stage *p, void *to, size_t frames)
{
    UInt32 channels = p->stage.pcm.channels;
    for (size_t i = 0; i < frames * channels; i++) {
        double sum = 0;
        for (size_t k = 0; k < TAPS; k++)
            sum += p->taps[k] * p->history[i + k * channels];
        if (p->stage.pcm.bytes == 8)
            ((double *)to)[i] = sum;
        else
            ((float *)to)[i] = (float)sum;
    }
}

/* The next frames of input, or of the silence behind them, after what the filter remembers. */
static OSStatus load(phase_stage *p, size_t most, size_t *frames)
{
    const cm_pcm *pcm = &p->stage.pcm;
    double *to = p->history + (size_t)(TAPS - 1) * pcm->channels;
    cm_pcm_block block = { .frames = 0 };
    OSStatus status = p->source_ended ? noErr : cm_stage_pull(p->stage.source, most, NULL, &block);
    if (status != noErr)
        return status;
    *frames = block.frames;
    for (size_t i = 0; i < block.frames * pcm->channels; i++)
        to[i] = input_sample(pcm, block.planes[0], i);
    if (block.frames == 0) {
        p->source_ended = true;
        *frames = p->tail < most ? p->tail : most;
        p->tail -= *frames;
        memset(to, 0, *frames * pcm->channels * sizeof *to);
    }
    return noErr;
}

static OSStatus pull(cm_stage *stage, size_t wanted, void *const *into, cm_pcm_block *block)
{
    phase_stage *p = (phase_stage *)stage;
    UInt32 channels = stage->pcm.channels;
    UInt8 *to = into ? into[0] : p->out.memory;
    *block = (cm_pcm_block){ stage->pcm, (const void *const *)(into ? into : p->out.pointers), 0 };
    for (;;) {
        size_t frames, most = wanted < p->out.frames ? wanted : p->out.frames;
        if (p->warm_up > 0)
            most = p->warm_up < most ? p->warm_up : most;
        OSStatus status = load(p, most, &frames);
        if (status != noErr || frames == 0)
            return status;
        if (p->warm_up == 0)
            filter(p, to, frames);
        memmove(p->history, p->history + frames * channels, (TAPS - 1) * channels * sizeof *p->history);
        if (p->warm_up == 0) {
            block->frames = frames;
            return noErr;
        }
        p->warm_up -= frames;
    }
}

static OSStatus reset(cm_stage *stage)
{
    phase_stage *p = (phase_stage *)stage;
    memset(p->history, 0, (TAPS - 1) * stage->pcm.channels * sizeof *p->history);
    p->warm_up = p->tail = HALF;
    p->source_ended = false;
    return noErr;
}

static void close_phase(cm_stage *stage)
{
    phase_stage *p = (phase_stage *)stage;
    cm_planes_free(&p->out);
    free(p->history);
    free(p);
}

static const cm_stage_kind kind = { .pull = pull, .reset = reset, .close = close_phase };

OSStatus cm_stage_add_phase(cm_stage **chain, Float64 phase)
{
    phase_stage *p = calloc(1, sizeof *p);
    if (!p)
        return kAudio_MemFullError;
    p->stage = (cm_stage){ .kind = &kind, .source = *chain, .pcm = (*chain)->pcm };
    size_t block = cm_block_frames(&p->stage.pcm);
    p->history = calloc((TAPS - 1 + block) * p->stage.pcm.channels, sizeof *p->history);
    if (!p->history || cm_planes_alloc(&p->out, &p->stage.pcm, block) != noErr) {
        close_phase(&p->stage);
        return kAudio_MemFullError;
    }
    make_taps(p->taps, phase);
    reset(&p->stage);
    *chain = &p->stage;
    return noErr;
}
