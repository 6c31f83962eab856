/*
 * stage.h: one step of a converter's chain. The last stage is pulled; each pulls the one before it, down to
 * the stage that takes what the client's input procedure supplies. Stages run on the thread that asks the
 * converter for output. Buffers are made when the chain is built, so that a chain of PCM stages allocates
 * nothing while it runs.
 */
#ifndef CM_CONVERT_STAGE_H
#define CM_CONVERT_STAGE_H

#include "../codec/codec.h"

typedef struct cm_stage cm_stage;

typedef struct cm_stage_kind {
    /*
     * Lends at least one and at most `wanted` frames; 0 frames with noErr is the end of the sound. The memory
     * lives until the next call on this stage. `into`, unless NULL, is memory of the caller for `wanted`
     * frames in the stage's own format: a stage that makes new samples puts them there and lends that.
     */
    OSStatus (*pull)(cm_stage *stage, size_t wanted, void *const *into, cm_pcm_block *block);
    /* Forgets what went through. NULL: there is nothing to forget. */
    OSStatus (*reset)(cm_stage *stage);
    /* Frees the stage, but not its source. */
    void (*close)(cm_stage *stage);
} cm_stage_kind;

struct cm_stage {
    const cm_stage_kind *kind;
    cm_stage *source; /* NULL at the client's end */
    cm_pcm pcm;       /* of what pull lends; a decoder may lend another sample type of as many channels */
};

static inline OSStatus cm_stage_pull(cm_stage *stage, size_t wanted, void *const *into, cm_pcm_block *block)
{
    return stage->kind->pull(stage, wanted, into, block);
}

/*
 * The constructors put a new stage on the end of *chain, which owns it from then on. When one fails, *chain
 * is as it was.
 */
typedef struct cm_feed cm_feed;
OSStatus cm_stage_add_input(cm_stage **chain, cm_feed *feed, const cm_pcm *pcm);

/* What comes out is in codec->info.pcm. */
typedef struct cm_open_codec cm_open_codec;
OSStatus cm_stage_add_decoder(cm_stage **chain, cm_feed *feed, cm_open_codec *codec);

/* Another sample type, byte order or interleaving. A block that is right already passes through. */
OSStatus cm_stage_add_format(cm_stage **chain, const cm_pcm *to);

/* Output channel o is input channel map[o], or silence for -1. */
OSStatus cm_stage_add_map(cm_stage **chain, const SInt32 *map, UInt32 channels);

/* gains[i * channels + o] from input channel i to output channel o. The source is interleaved native float.
 */
OSStatus cm_stage_add_matrix(cm_stage **chain, const Float32 *gains, UInt32 channels);

/* Rounds to `bits` with a kDitherAlgorithm. The source is interleaved native float. */
OSStatus cm_stage_add_dither(cm_stage **chain, UInt32 algorithm, UInt32 bits);

/* Clips what an encoder cannot be trusted with. The source is native float of the encoder's format. */
OSStatus cm_stage_add_limit(cm_stage **chain);

/* Delays backwards by a part of a frame, 0 <= phase < 1. The source is interleaved native float. */
OSStatus cm_stage_add_phase(cm_stage **chain, Float64 phase);

typedef struct cm_resample_config {
    Float64 from_rate, to_rate; /* Hz */
    UInt32 quality;             /* 0 .. kAudioConverterQuality_Max */
    UInt32 complexity;          /* kAudioConverterSampleRateConverterComplexity_* */
    UInt32 prime_method;        /* kConverterPrimeMethod_* */
    bool is_wide;               /* computes with float64 */
} cm_resample_config;

/* kAudioConverterErr_..SampleRateOutOfRange for rates that are too far apart. */
OSStatus cm_resample_check(Float64 from_rate, Float64 to_rate);

/* Input frames on each side of an instant that its output depends on: the latency that prime methods are
 * about. */
OSStatus cm_resample_reach(const cm_resample_config *config, UInt32 *frames);

/* The source is interleaved native float, float64 when config->is_wide. */
OSStatus cm_stage_add_resampler(cm_stage **chain, const cm_resample_config *config);

OSStatus cm_chain_reset(cm_stage *chain);
void cm_chain_close(cm_stage *chain);

/* For stages: memory for `frames` frames in a format, with the pointers that cm_pcm_convert takes. */
typedef struct cm_planes {
    void *memory;
    void **pointers;
    size_t frames;
} cm_planes;

OSStatus cm_planes_alloc(cm_planes *planes, const cm_pcm *pcm, size_t frames);
void cm_planes_free(cm_planes *planes);

/* Frames worth handling at once: few enough to stay in the second cache. */
size_t cm_block_frames(const cm_pcm *pcm);

/* Pointers into planes, `frames` further. moved has room for as many as the format has planes. */
void cm_planes_offset(const cm_pcm *pcm, void *const *planes, size_t frames, void **moved);

static inline UInt32 cm_plane_count(const cm_pcm *pcm)
{
    return pcm->planar ? pcm->channels : 1;
}

#endif
