/*
 * A stage in front of encoders that take floats. Far beyond full scale, and for values that are no numbers,
 * encoders fail or search for ever; such samples are clipped 30 dB above full scale, NaN becomes silence.
 */
#include "stage.h"

#include <AudioToolbox/AudioConverter.h>
#include <stdlib.h>

#define LIMIT 32

typedef struct limit_stage {
    cm_stage stage;
    cm_planes out;
} limit_stage;

#define LIMIT_LOOPS(type)                                                                                    \
    static bool all_within_##type(const type *samples, size_t count)                                         \
    {                                                                                                        \
        int beyond = 0;                                                                                      \
        for (size_t i = 0; i < count; i++)                                                                   \
            beyond |= !(samples[i] >= -LIMIT && samples[i] <= LIMIT);                                        \
        return !beyond;                                                                                      \
    }                                                                                                        \
    static void clip_##type(type *to, const type *from, size_t count)                                        \
    {                                                                                                        \
        for (size_t i = 0; i < count; i++)                                                                   \
            to[i] = from[i] >= LIMIT     ? LIMIT                                                             \
                    : from[i] <= -LIMIT  ? -LIMIT                                                            \
                    : from[i] == from[i] ? from[i]                                                           \
                                         : 0;                                                                \
    }

LIMIT_LOOPS(float)
LIMIT_LOOPS(double)

static bool is_within(const cm_pcm_block *block)
{
    size_t count = block->frames * (block->format.planar ? 1 : block->format.channels);
    bool within = true;
    for (UInt32 i = 0; within && i < cm_plane_count(&block->format); i++)
        within = block->format.bytes == 4 ? all_within_float(block->planes[i], count)
                                          : all_within_double(block->planes[i], count);
    return within;
}

static OSStatus pull(cm_stage *stage, size_t wanted, void *const *into, cm_pcm_block *block)
{
    limit_stage *l = (limit_stage *)stage;
    (void)into;
    size_t most = wanted < l->out.frames ? wanted : l->out.frames;
    OSStatus status = cm_stage_pull(stage->source, most, NULL, block);
    if (status != noErr || is_within(block))
        return status;
    size_t count = block->frames * (block->format.planar ? 1 : block->format.channels);
    for (UInt32 i = 0; i < cm_plane_count(&block->format); i++)
        if (block->format.bytes == 4)
            clip_float(l->out.pointers[i], block->planes[i], count);
        else
            clip_double(l->out.pointers[i], block->planes[i], count);
    block->planes = (const void *const *)l->out.pointers;
    return noErr;
}

static void close_limit(cm_stage *stage)
{
    cm_planes_free(&((limit_stage *)stage)->out);
    free(stage);
}

static const cm_stage_kind kind = { .pull = pull, .close = close_limit };

OSStatus cm_stage_add_limit(cm_stage **chain)
{
    limit_stage *l = calloc(1, sizeof *l);
    if (!l || cm_planes_alloc(&l->out, &(*chain)->pcm, cm_block_frames(&(*chain)->pcm)) != noErr) {
        free(l);
        return kAudio_MemFullError;
    }
    l->stage = (cm_stage){ .kind = &kind, .source = *chain, .pcm = (*chain)->pcm };
    *chain = &l->stage;
    return noErr;
}
