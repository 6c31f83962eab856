#include "buffers.h"

#include <stdlib.h>
#include <string.h>

#define LINE 64u /* bytes of a cache line, and of the widest vector */

static UInt32 buffer_count(const cm_pcm *pcm)
{
    return pcm->planar ? pcm->channels : 1;
}

OSStatus cm_buffers_alloc(cm_buffers *buffers, const cm_pcm *pcm, UInt32 frames)
{
    UInt32 count = buffer_count(pcm);
    cm_buffers_free(buffers);
    buffers->pcm = *pcm;
    buffers->plane = (frames * cm_pcm_stride(pcm) + LINE - 1) / LINE * LINE;
    buffers->memory = aligned_alloc(LINE, buffers->plane * count + LINE);
    buffers->list = calloc(1, sizeof(AudioBufferList) + count * sizeof(AudioBuffer));
    if (!buffers->memory || !buffers->list) {
        cm_buffers_free(buffers);
        return kAudio_MemFullError;
    }
    memset(buffers->memory, 0, buffers->plane * count + LINE);
    buffers->frames = frames;
    buffers->list->mNumberBuffers = count;
    cm_buffers_prepare(buffers, frames);
    return noErr;
}

void cm_buffers_free(cm_buffers *buffers)
{
    free(buffers->memory);
    free(buffers->list);
    *buffers = (cm_buffers){ 0 };
}

static AudioBufferList *point(cm_buffers *buffers, UInt32 frames, bool to_memory)
{
    UInt32 channels = buffers->pcm.planar ? 1 : buffers->pcm.channels;
    buffers->list->mNumberBuffers = buffer_count(&buffers->pcm);
    for (UInt32 i = 0; i < buffers->list->mNumberBuffers; i++)
        buffers->list->mBuffers[i] = (AudioBuffer){
            .mNumberChannels = channels,
            .mDataByteSize = (UInt32)(frames * cm_pcm_stride(&buffers->pcm)),
            .mData = to_memory ? buffers->memory + i * buffers->plane : NULL,
        };
    return buffers->list;
}

AudioBufferList *cm_buffers_prepare(cm_buffers *buffers, UInt32 frames)
{
    return point(buffers, frames, true);
}

AudioBufferList *cm_buffers_lend(cm_buffers *buffers, UInt32 frames)
{
    return point(buffers, frames, false);
}

void cm_buffers_planes(const AudioBufferList *list, void **planes)
{
    for (UInt32 i = 0; i < list->mNumberBuffers && i < CM_MAX_CHANNELS; i++)
        planes[i] = list->mBuffers[i].mData;
}

void cm_buffers_silence(AudioBufferList *list)
{
    for (UInt32 i = 0; i < list->mNumberBuffers; i++)
        if (list->mBuffers[i].mData)
            memset(list->mBuffers[i].mData, 0, list->mBuffers[i].mDataByteSize);
}

OSStatus cm_buffers_check(AudioBufferList *list, const cm_pcm *pcm, UInt32 frames)
{
    UInt64 bytes = (UInt64)frames * cm_pcm_stride(pcm);
    if (list->mNumberBuffers != buffer_count(pcm) || bytes > UINT32_MAX)
        return kAudio_ParamError;
    for (UInt32 i = 0; i < list->mNumberBuffers; i++)
        if (list->mBuffers[i].mData && list->mBuffers[i].mDataByteSize < bytes)
            return kAudio_ParamError;
    for (UInt32 i = 0; i < list->mNumberBuffers; i++)
        list->mBuffers[i].mDataByteSize = (UInt32)bytes;
    return noErr;
}
