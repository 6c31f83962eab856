/*
 * A stage that changes the sample rate, with soxr; linear interpolation where the client asks for just that.
 *
 * n frames become round(n * ratio), the first one where the first one was: soxr's own delay is taken out. The
 * prime methods move that window. Pre: the client has put `reach` frames of earlier sound before the first
 * one, and what they become is dropped. None: the sound comes late by `reach` frames and its end is cut off.
 */
#include "linear.h"
#include "stage.h"

#include <AudioToolbox/AudioConverter.h>
#include <math.h>
#include <soxr.h>
#include <stdlib.h>
#include <string.h>

#define MOST_RATIO 1024.0     /* beyond, soxr's tables and delays grow without use */
#define MOST_CUBIC_RATIO 64.0 /* beyond, soxr's fastest recipe does not hold up */
#define INPUT_FRAMES ((size_t)1 << 14)

typedef struct resampler {
    cm_stage stage;
    cm_resample_config config;
    double ratio; /* output frames per input frame */
    soxr_t soxr;  /* NULL: linear */
    cm_linear linear;
    UInt32 reach; /* for the prime methods but Normal */
    cm_planes out;
    cm_planes silence; /* before the sound, with prime method None, and behind it */
    cm_planes spill;   /* prime method Pre: where dropped output goes */

    /* soxr takes its channels one by one; its own way of separating them costs a sixth of the whole. */
    bool is_split;
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

static unsigned long recipe_of(const cm_resample_config *c)
{
    static const struct {
        UInt32 quality;
        unsigned long normal, mastering;
    } recipes[] = {
        { kAudioConverterQuality_Max, SOXR_28_BITQ, SOXR_32_BITQ },
        { kAudioConverterQuality_High, SOXR_20_BITQ, SOXR_28_BITQ },
        { kAudioConverterQuality_Medium, SOXR_MQ, SOXR_24_BITQ },
        { kAudioConverterQuality_Low, SOXR_LQ, SOXR_20_BITQ },
        { kAudioConverterQuality_Min, SOXR_QQ, SOXR_20_BITQ },
    };
    size_t i = 0;
    while (c->quality < recipes[i].quality)
        i++;
    bool mastering = c->complexity == kAudioConverterSampleRateConverterComplexity_Mastering;
    unsigned long recipe = mastering ? recipes[i].mastering : recipes[i].normal;
    double ratio = c->to_rate / c->from_rate;
    if (recipe == SOXR_QQ && (ratio > MOST_CUBIC_RATIO || ratio < 1 / MOST_CUBIC_RATIO))
        recipe = SOXR_LQ;
    bool minimum = c->complexity == kAudioConverterSampleRateConverterComplexity_MinimumPhase;
    return recipe | (minimum ? SOXR_MINIMUM_PHASE : SOXR_LINEAR_PHASE);
}

static OSStatus make_soxr(const cm_resample_config *c, UInt32 channels, soxr_t *out)
{
    soxr_datatype_t type = c->is_wide ? SOXR_FLOAT64_S : SOXR_FLOAT32_S;
    soxr_io_spec_t io = soxr_io_spec(type, type);
    soxr_quality_spec_t quality = soxr_quality_spec(recipe_of(c), c->is_wide ? SOXR_DOUBLE_PRECISION : 0);
    soxr_error_t error = NULL;
    *out = soxr_create(c->from_rate, c->to_rate, channels, &error, &io, &quality, NULL);
    if (error || !*out)
        return cm_fail(kAudioConverterErr_UnspecifiedError, "soxr: %s", error ? error : "no memory");
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
    soxr_t soxr = NULL;
    double *in = calloc(count, sizeof *in), *out = calloc(room, sizeof *out);
    OSStatus status = in && out ? make_soxr(&narrow, 1, &soxr) : kAudio_MemFullError;
    if (status == noErr) {
        in[middle] = 1;
        soxr_process(soxr, &(const void *){ in }, ~count, &done, &(void *){ out }, room, &made);
        double least = AUDIBLE * fmin(1, ratio), first = (double)middle, last = (double)middle;
        for (size_t i = 0; i < made; i++)
            if (fabs(out[i]) > least) {
                first = fmin(first, (double)i / ratio);
                last = fmax(last, (double)i / ratio);
            }
        *frames = (size_t)ceil(fmax((double)middle - first, last - (double)middle));
    }
    soxr_delete(soxr);
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
 * What the engine is to be given next. After the sound soxr is fed silence rather than told to flush: so it
 * gives just as many frames as are due, whatever its own rounding says.
 */
static OSStatus next_input(resampler *r, size_t wanted)
{
    r->used = r->input.frames = 0;
    if (r->delay_left > 0) {
        lend_silence(r, r->delay_left);
        r->delay_left -= r->input.frames;
        return noErr;
    }
    if (!r->source_ended) {
        OSStatus status = cm_stage_pull(r->stage.source, most_input(r, wanted), NULL, &r->input);
        if (status != noErr) {
            r->input.frames = 0;
            return status;
        }
        r->frames_in += r->input.frames;
        r->source_ended = r->input.frames == 0;
    }
    if (r->source_ended && !is_linear(&r->config))
        lend_silence(r, r->silence.frames);
    return noErr;
}

static OSStatus fetch_input(resampler *r, size_t wanted)
{
    if (r->used < r->input.frames)
        return noErr;
    OSStatus status = next_input(r, wanted);
    if (status == noErr && r->is_split)
        cm_pcm_convert(&r->apart, r->apart_in.pointers, &r->stage.pcm, r->input.planes, r->input.frames);
    return status;
}

static OSStatus run_soxr(resampler *r, const void *in, size_t left, size_t *done, void *out, size_t room,
                         size_t *made)
{
    const void *ins[CM_MAX_CHANNELS] = { in };
    void **outs = r->is_split ? r->apart_out.pointers : &out;
    size_t skipped = r->used * r->apart.bytes;
    for (UInt32 c = 0; r->is_split && c < r->apart.channels; c++)
        ins[c] = (const UInt8 *)r->apart_in.pointers[c] + skipped;
    if (r->is_split && room > r->apart_out.frames)
        room = r->apart_out.frames;
    soxr_error_t error = soxr_process(r->soxr, left ? ins : NULL, left, done, outs, room, made);
    if (error)
        return cm_fail(kAudioConverterErr_UnspecifiedError, "soxr: %s", error);
    if (r->is_split)
        cm_pcm_convert(&r->stage.pcm, &out, &r->apart, (const void *const *)outs, *made);
    return noErr;
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

static OSStatus pull(cm_stage *stage, size_t wanted, void *const *into, cm_pcm_block *block)
{
    resampler *r = (resampler *)stage;
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
    r->source_ended = false;
    r->delay_left = none ? r->reach : 0;
    r->drop_left = pre ? (UInt64)floor((double)r->reach * r->ratio + 0.5) : 0;
    cm_linear_begin(&r->linear, r->ratio);
}

static OSStatus reset(cm_stage *stage)
{
    resampler *r = (resampler *)stage;
    begin(r);
    /* soxr_clear frees everything as well; a new one needs no second way of setting up. */
    soxr_delete(r->soxr);
    r->soxr = NULL;
    return is_linear(&r->config) ? noErr : make_soxr(&r->config, stage->pcm.channels, &r->soxr);
}

static void close_resampler(cm_stage *stage)
{
    resampler *r = (resampler *)stage;
    soxr_delete(r->soxr);
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
        status = make_soxr(&r->config, pcm->channels, &r->soxr);
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
