/*
 * A stage that changes the sample rate, with soxr; linear interpolation where the client asks for just that.
 *
 * n frames become round(n * ratio), the first one where the first one was: soxr's own delay is taken out. The
 * prime methods move that window. Pre: the client has put `reach` frames of earlier sound before the first
 * one, and what they become is dropped. None: the sound comes late by `reach` frames and its end is cut off.
 */
#include "../base/workers.h"
#include "linear.h"
#include "soxr_bank.h"

#include <AudioToolbox/AudioConverter.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_RATIO 1024.0 /* beyond, soxr's tables and delays grow without use */
#define INPUT_FRAMES ((size_t)1 << 14)

/* Who asks for so many frames at once is no render thread: the workers help. */
#define BULK_FRAMES ((size_t)1 << 15)
#define BULK_BYTES ((size_t)1 << 20) /* given to them at once: a millisecond's work */

typedef struct resampler {
    cm_stage stage;
    cm_resample_config config;
    double ratio;      /* output frames per input frame */
    cm_soxr_bank soxr; /* empty: linear */
    cm_linear linear;
    UInt32 reach; /* for the prime methods but Normal */
    cm_planes out;
    cm_planes silence; /* before the sound, with prime method None, and behind it */
    cm_planes spill;   /* prime method Pre: where dropped output goes */

    /* soxr takes its channels one by one; its own way of separating them costs a sixth of the whole. */
    bool is_split;
    bool is_fresh; /* nothing was asked for yet */
    bool is_bulk;  /* much is asked for at once: the channels are in groups, and input is gathered for them */
    OSStatus later; /* the source's, after frames that were gathered before */
    cm_pcm apart;
    cm_planes apart_in, apart_out; /* of format apart; apart_in is all of `input` */

    cm_pcm_block input; /* lent by the source; `used` frames of it are gone */
    size_t used;
    size_t delay_left; /* frames of silence still to put before the sound */
    UInt64 drop_left;  /* frames of output still to drop */
    UInt64 frames_in, frames_out;
    bool source_ended;
} resampler;

OSStatus cm_resample_check(Float64 from_rate, Float64 to_rate)
{
    double ratio = to_rate / from_rate;
    if (ratio > MOST_RATIO)
        return cm_fail(kAudioConverterErr_OutputSampleRateOutOfRange, "%g Hz is more than %g times %g Hz",
                       to_rate, MOST_RATIO, from_rate);
    if (ratio < 1 / MOST_RATIO)
        return cm_fail(kAudioConverterErr_InputSampleRateOutOfRange, "%g Hz is more than %g times %g Hz",
                       from_rate, MOST_RATIO, to_rate);
    return noErr;
}

static bool is_linear(const cm_resample_config *c)
{
    return c->complexity == kAudioConverterSampleRateConverterComplexity_Linear;
}

/* ---- reach: how far an impulse spreads ---- */

#define AUDIBLE 1e-7 /* -140 dB of the impulse */

static OSStatus spread_of_impulse(const cm_resample_config *c, size_t *frames)
{
    double ratio = c->to_rate / c->from_rate;
    size_t middle = (size_t)(4096 * fmax(1, 1 / ratio)), count = 2 * middle, done = 0, made = 0;
    size_t room = (size_t)((double)count * ratio) + 2;
    cm_resample_config narrow = *c;
    narrow.is_wide = true;
    cm_soxr_bank soxr = { 0 };
    double *in = calloc(count, sizeof *in), *out = calloc(room, sizeof *out);
    OSStatus status = in && out ? cm_soxr_bank_open(&soxr, &narrow, 1, 1) : kAudio_MemFullError;
    if (status == noErr) {
        in[middle] = 1;
        soxr_process(soxr.soxr[0], &(const void *){ in }, ~count, &done, &(void *){ out }, room, &made);
        double least = AUDIBLE * fmin(1, ratio), first = (double)middle, last = (double)middle;
        for (size_t i = 0; i < made; i++)
            if (fabs(out[i]) > least) {
                first = fmin(first, (double)i / ratio);
                last = fmax(last, (double)i / ratio);
            }
        *frames = (size_t)ceil(fmax((double)middle - first, last - (double)middle));
    }
    cm_soxr_bank_close(&soxr);
    free(in);
    free(out);
    return status;
}

static UInt32 greatest_divisor(UInt32 a, UInt32 b)
{
    while (b) {
        UInt32 rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Input frames that become a whole number of output frames; 1 when no small number does. */
static UInt32 whole_period(const cm_resample_config *c)
{
    if (c->from_rate != floor(c->from_rate) || c->to_rate != floor(c->to_rate) || c->from_rate > UINT32_MAX ||
        c->to_rate > UINT32_MAX)
        return 1;
    UInt32 period = (UInt32)c->from_rate / greatest_divisor((UInt32)c->from_rate, (UInt32)c->to_rate);
    return period <= 4096 ? period : 1;
}

OSStatus cm_resample_reach(const cm_resample_config *config, UInt32 *frames)
{
    size_t spread = 1;
    OSStatus status = is_linear(config) ? noErr : spread_of_impulse(config, &spread);
    UInt32 period = whole_period(config);
    *frames = (UInt32)((spread + period - 1) / period * period);
    return status;
}

/* ---- the stage ---- */

static UInt64 frames_due(const resampler *r)
{
    UInt64 heard = r->frames_in;
    if (r->config.prime_method == kConverterPrimeMethod_Pre)
        heard = heard > r->reach ? heard - r->reach : 0;
    return (UInt64)floor((double)heard * r->ratio + 0.5);
}

static void lend_silence(resampler *r, size_t frames)
{
    if (frames > r->silence.frames)
        frames = r->silence.frames;
    r->input = (cm_pcm_block){ r->stage.pcm, (const void *const *)r->silence.pointers, frames };
}

static size_t most_input(const resampler *r, size_t wanted)
{
    double needed = ceil((double)wanted / r->ratio) + 1;
    size_t most = r->is_split ? r->apart_in.frames : INPUT_FRAMES;
    return needed < (double)most ? (size_t)needed : most;
}

/*
 * What the engine is to be given next: `wanted` frames of the sound at most, at most `room` of silence. After
 * the sound soxr is fed silence rather than told to flush: so it gives just as many frames as are due,
 * whatever its own rounding says.
 */
static OSStatus next_input(resampler *r, size_t wanted, size_t room)
{
    OSStatus status = r->later;
    r->later = noErr;
    r->used = r->input.frames = 0;
    if (status != noErr)
        return status;
    if (r->delay_left > 0) {
        lend_silence(r, r->delay_left < room ? r->delay_left : room);
        r->delay_left -= r->input.frames;
        return noErr;
    }
    if (!r->source_ended) {
        status = cm_stage_pull(r->stage.source, wanted, NULL, &r->input);
        if (status != noErr) {
            r->input.frames = 0;
            return status;
        }
        r->frames_in += r->input.frames;
        r->source_ended = r->input.frames == 0;
    }
    if (r->source_ended && !is_linear(&r->config))
        lend_silence(r, room);
    return noErr;
}

/* Input in planes: of one pull, or in bulk of as many as it takes. */
static OSStatus gather_input(resampler *r, size_t wanted)
{
    void *at[CM_MAX_CHANNELS];
    size_t got = 0;
    OSStatus status;
    do {
        status = next_input(r, wanted - got, r->apart_in.frames - got);
        cm_planes_offset(&r->apart, r->apart_in.pointers, got, at);
        if (status == noErr)
            cm_pcm_convert(&r->apart, at, &r->stage.pcm, r->input.planes, r->input.frames);
        got += r->input.frames;
    } while (status == noErr && r->is_bulk && got < wanted && !r->source_ended);
    r->input.frames = got;
    r->later = got > 0 ? status : noErr;
    return got > 0 ? noErr : status;
}

static OSStatus fetch_input(resampler *r, size_t wanted)
{
    if (r->used < r->input.frames)
        return noErr;
    size_t most = most_input(r, wanted);
    return r->is_split ? gather_input(r, most) : next_input(r, most, r->silence.frames);
}

static OSStatus run_soxr(resampler *r, const void *in, size_t left, size_t *done, void *out, size_t room,
                         size_t *made)
{
    const void *const *ins = &in;
    const void *apart[CM_MAX_CHANNELS];
    void **outs = &out;
    size_t skipped = r->used * r->apart.bytes;
    for (UInt32 c = 0; r->is_split && c < r->apart.channels; c++)
        apart[c] = (const UInt8 *)r->apart_in.pointers[c] + skipped;
    if (r->is_split) {
        ins = apart;
        outs = r->apart_out.pointers;
        room = room < r->apart_out.frames ? room : r->apart_out.frames;
    }
    OSStatus status = cm_soxr_bank_process(&r->soxr, ins, left, done, outs, room, made);
    if (status == noErr && r->is_split)
        cm_pcm_convert(&r->stage.pcm, &out, &r->apart, (const void *const *)outs, *made);
    return status;
}

static OSStatus run_engine(resampler *r, void *out, size_t room, size_t *made)
{
    size_t left = r->input.frames - r->used, done = 0;
    const void *in = NULL;
    OSStatus status = noErr;
    if (left > 0)
        in = (const UInt8 *)r->input.planes[0] + r->used * cm_pcm_stride(&r->stage.pcm);
    if (is_linear(&r->config))
        cm_linear_process(&r->linear, in, left, &done, out, room, made);
    else
        status = run_soxr(r, in, left, &done, out, room, made);
    r->used += done;
    return status;
}

/* Makes up to room frames; none: all that were due have been made. */
static OSStatus make_frames(resampler *r, void *out, size_t room, size_t *made)
{
    *made = 0;
    while (*made == 0) {
        OSStatus status = fetch_input(r, room);
        if (status != noErr)
            return status;
        UInt64 due = r->source_ended ? frames_due(r) : UINT64_MAX;
        UInt64 left = due > r->frames_out ? due - r->frames_out : 0;
        if (left == 0)
            break;
        status = run_engine(r, out, left < room ? (size_t)left : room, made);
        if (status != noErr)
            return status;
    }
    return noErr;
}

/* Prime method Pre: of a sound that is shorter than what is to be dropped nothing is due. */
static OSStatus drop_frames(resampler *r)
{
    while (r->drop_left > 0) {
        size_t made, most = r->drop_left < r->spill.frames ? (size_t)r->drop_left : r->spill.frames;
        OSStatus status = make_frames(r, r->spill.memory, most, &made);
        if (status != noErr)
            return status;
        r->drop_left = made ? r->drop_left - made : 0;
    }
    return noErr;
}

static OSStatus replace_planes(cm_planes *planes, const cm_pcm *pcm, size_t frames)
{
    cm_planes larger;
    if (planes->frames >= frames)
        return noErr;
    OSStatus status = cm_planes_alloc(&larger, pcm, frames);
    if (status != noErr)
        return status;
    cm_planes_free(planes);
    *planes = larger;
    return noErr;
}

/* Before the first frame: more memory, and a soxr for each thread that will help. */
static OSStatus prepare_bulk(resampler *r)
{
    const cm_pcm *pcm = &r->stage.pcm;
    size_t block = BULK_BYTES / cm_pcm_stride(pcm);
    cm_soxr_bank shared = { 0 };
    OSStatus status = replace_planes(&r->apart_in, &r->apart, block);
    if (status == noErr)
        status = replace_planes(&r->apart_out, &r->apart, block);
    if (status == noErr)
        status = replace_planes(&r->out, pcm, block);
    if (status == noErr)
        status = cm_soxr_bank_open(&shared, &r->config, pcm->channels, (UInt32)cm_workers_width());
    if (status != noErr) {
        cm_soxr_bank_close(&shared);
        return status;
    }
    cm_soxr_bank_close(&r->soxr);
    r->soxr = shared;
    r->is_bulk = true;
    return noErr;
}

static OSStatus pull(cm_stage *stage, size_t wanted, void *const *into, cm_pcm_block *block)
{
    resampler *r = (resampler *)stage;
    if (r->is_fresh && r->is_split && wanted >= BULK_FRAMES && cm_workers_width() > 1) {
        OSStatus status = prepare_bulk(r);
        if (status != noErr)
            return status;
    }
    r->is_fresh = false;
    void *const *to = into ? into : r->out.pointers;
    size_t room = into || wanted < r->out.frames ? wanted : r->out.frames;
    *block = (cm_pcm_block){ stage->pcm, (const void *const *)to, 0 };
    OSStatus status = drop_frames(r);
    if (status == noErr)
        status = make_frames(r, to[0], room, &block->frames);
    if (status != noErr)
        block->frames = 0;
    r->frames_out += block->frames;
    return status;
}

static void begin(resampler *r)
{
    bool pre = r->config.prime_method == kConverterPrimeMethod_Pre;
    bool none = r->config.prime_method == kConverterPrimeMethod_None;
    r->input.frames = r->used = 0;
    r->frames_in = r->frames_out = 0;
    r->source_ended = r->is_bulk = false;
    r->is_fresh = true;
    r->later = noErr;
    r->delay_left = none ? r->reach : 0;
    r->drop_left = pre ? (UInt64)floor((double)r->reach * r->ratio + 0.5) : 0;
    cm_linear_begin(&r->linear, r->ratio);
}

static OSStatus reset(cm_stage *stage)
{
    resampler *r = (resampler *)stage;
    begin(r);
    /* soxr_clear frees everything as well; a new one needs no second way of setting up. */
    cm_soxr_bank_close(&r->soxr);
    return is_linear(&r->config) ? noErr : cm_soxr_bank_open(&r->soxr, &r->config, stage->pcm.channels, 1);
}

static void close_resampler(cm_stage *stage)
{
    resampler *r = (resampler *)stage;
    cm_soxr_bank_close(&r->soxr);
    cm_linear_close(&r->linear);
    cm_planes_free(&r->out);
    cm_planes_free(&r->silence);
    cm_planes_free(&r->spill);
    cm_planes_free(&r->apart_in);
    cm_planes_free(&r->apart_out);
    free(r);
}

static const cm_stage_kind kind = { .pull = pull, .reset = reset, .close = close_resampler };

/* block: also the most silence that is lent at once. */
static OSStatus prepare_split(resampler *r, size_t block)
{
    r->apart = r->stage.pcm;
    r->apart.planar = true;
    r->is_split = r->apart.channels > 1 && !is_linear(&r->config);
    if (!r->is_split)
        return noErr;
    OSStatus status = cm_planes_alloc(&r->apart_in, &r->apart, block);
    return status == noErr ? cm_planes_alloc(&r->apart_out, &r->apart, block) : status;
}

static OSStatus prepare(resampler *r)
{
    const cm_pcm *pcm = &r->stage.pcm;
    size_t block = cm_block_frames(pcm) / 4; /* four such, and what soxr keeps, fit the second cache */
    OSStatus status = noErr;
    if (is_linear(&r->config))
        status = cm_linear_open(&r->linear, pcm);
    else
        status = cm_soxr_bank_open(&r->soxr, &r->config, pcm->channels, 1);
    if (status == noErr && r->config.prime_method != kConverterPrimeMethod_Normal)
        status = cm_resample_reach(&r->config, &r->reach);
    if (status == noErr)
        status = prepare_split(r, block);
    if (status == noErr)
        status = cm_planes_alloc(&r->out, pcm, block);
    if (status == noErr)
        status = cm_planes_alloc(&r->silence, pcm, block);
    if (status == noErr && r->config.prime_method == kConverterPrimeMethod_Pre)
        status = cm_planes_alloc(&r->spill, pcm, block);
    return status;
}

OSStatus cm_stage_add_resampler(cm_stage **chain, const cm_resample_config *config)
{
    resampler *r = calloc(1, sizeof *r);
    if (!r)
        return kAudio_MemFullError;
    r->stage = (cm_stage){ .kind = &kind, .source = *chain, .pcm = (*chain)->pcm };
    r->config = *config;
    r->ratio = config->to_rate / config->from_rate;
    OSStatus status = prepare(r);
    if (status != noErr) {
        close_resampler(&r->stage);
        return status;
    }
    begin(r);
    *chain = &r->stage;
    return noErr;
}
