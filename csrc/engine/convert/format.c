/* A stage that changes how samples are stored. */
#include "stage.h"

#include <AudioToolbox/AudioConverter.h>
#include <stdlib.h>

typedef struct format_stage {
    cm_stage stage;
    cm_planes out;
} format_stage;

static OSStatus pull(cm_stage *stage, size_t wanted, void *const *into, cm_pcm_block *block)
{
    format_stage *f = (format_stage *)stage;
    size_t most = into || wanted < f->out.frames ? wanted : f->out.frames;
    OSStatus status = cm_stage_pull(stage->source, most, NULL, block);
    if (status != noErr || block->frames == 0 || cm_pcm_same(&block->format, &stage->pcm))
        return status;
    void *const *to = into ? into : f->out.pointers;
    cm_pcm_convert(&stage->pcm, to, &block->format, block->planes, block->frames);
    block->format = stage->pcm;
    block->planes = (const void *const *)to;
    return noErr;
}

static void close_format(cm_stage *stage)
{
    cm_planes_free(&((format_stage *)stage)->out);
    free(stage);
}

static const cm_stage_kind kind = { .pull = pull, .close = close_format };

OSStatus cm_stage_add_format(cm_stage **chain, const cm_pcm *to)
{
    format_stage *f = calloc(1, sizeof *f);
    if (!f || cm_planes_alloc(&f->out, to, cm_block_frames(to)) != noErr) {
        free(f);
        return kAudio_MemFullError;
    }
    f->stage = (cm_stage){ .kind = &kind, .source = *chain, .pcm = *to };
    *chain = &f->stage;
    return noErr;
}
