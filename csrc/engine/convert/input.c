/* The first stage of a chain from PCM: lends the client's own memory. */
#include "feed.h"

#include <stdlib.h>

typedef struct input {
    cm_stage stage;
    cm_feed *feed;
    const void *planes[];
} input;

static OSStatus pull(cm_stage *stage, size_t wanted, void *const *into, cm_pcm_block *block)
{
    (void)into;
    input *in = (input *)stage;
    *block = (cm_pcm_block){ stage->pcm, in->planes, 0 };
    OSStatus status = cm_feed_fill(in->feed, wanted);
    if (status != noErr)
        return status;
    UInt32 left = cm_feed_left(in->feed);
    block->frames = left < wanted ? left : wanted;
    if (block->frames > 0)
        cm_feed_take_frames(in->feed, block->frames, in->planes);
    return noErr;
}

static void close_input(cm_stage *stage)
{
    free(stage);
}

static const cm_stage_kind kind = { .pull = pull, .close = close_input };

OSStatus cm_stage_add_input(cm_stage **chain, cm_feed *feed, const cm_pcm *pcm)
{
    input *in = calloc(1, sizeof *in + cm_plane_count(pcm) * sizeof *in->planes);
    if (!in)
        return kAudio_MemFullError;
    in->stage = (cm_stage){ .kind = &kind, .source = *chain, .pcm = *pcm };
    in->feed = feed;
    *chain = &in->stage;
    return noErr;
}
