#include "stage.h"

#include <AudioToolbox/AudioConverter.h>
#include <stdlib.h>

#define BLOCK_BYTES (128u << 10)
#define LEAST_FRAMES 64u

OSStatus cm_chain_reset(cm_stage *chain)
{
    OSStatus status = noErr;
    for (cm_stage *stage = chain; stage; stage = stage->source) {
        OSStatus one = stage->kind->reset ? stage->kind->reset(stage) : noErr;
        if (status == noErr)
            status = one;
    }
    return status;
}

void cm_chain_close(cm_stage *chain)
{
    while (chain) {
        cm_stage *source = chain->source;
        chain->kind->close(chain);
        chain = source;
    }
}

size_t cm_block_frames(const cm_pcm *pcm)
{
    size_t frames = BLOCK_BYTES / ((size_t)pcm->bytes * pcm->channels);
    return frames < LEAST_FRAMES ? LEAST_FRAMES : frames;
}

OSStatus cm_planes_alloc(cm_planes *planes, const cm_pcm *pcm, size_t frames)
{
    UInt32 count = cm_plane_count(pcm);
    size_t stride = cm_pcm_stride(pcm) * frames;
    planes->frames = frames;
    planes->memory = calloc(count, stride);
    planes->pointers = calloc(count, sizeof *planes->pointers);
    if (!planes->memory || !planes->pointers) {
        cm_planes_free(planes);
        return kAudio_MemFullError;
    }
    for (UInt32 i = 0; i < count; i++)
        planes->pointers[i] = (UInt8 *)planes->memory + i * stride;
    return noErr;
}

void cm_planes_free(cm_planes *planes)
{
    free(planes->memory);
    free(planes->pointers);
    *planes = (cm_planes){ 0 };
}

void cm_planes_offset(const cm_pcm *pcm, void *const *planes, size_t frames, void **moved)
{
    size_t bytes = frames * cm_pcm_stride(pcm);
    for (UInt32 i = 0; i < cm_plane_count(pcm); i++)
        moved[i] = (UInt8 *)planes[i] + bytes;
}
