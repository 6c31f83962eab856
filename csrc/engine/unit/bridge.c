#include "bridge.h"
#include "../convert/converter.h"

#include <coremusic/engine.h>

static bool same_pcm(const AudioStreamBasicDescription *a, const AudioStreamBasicDescription *b)
{
    cm_pcm pa, pb;
    return a->mSampleRate == b->mSampleRate && a->mChannelsPerFrame == b->mChannelsPerFrame &&
           cm_pcm_from_asbd(a, &pa) == noErr && cm_pcm_from_asbd(b, &pb) == noErr && cm_pcm_same(&pa, &pb);
}

static OSStatus set_word(cm_converter *c, AudioConverterPropertyID id, UInt32 value)
{
    return cm_converter_set(c, id, sizeof value, &value);
}

/* Channels go where a map or the layouts say. */
static OSStatus set_channels(cm_converter *c, const cm_bridge_plan *plan)
{
    OSStatus status = noErr;
    if (plan->map)
        return cm_converter_set(c, kAudioConverterChannelMap,
                                plan->to.mChannelsPerFrame * (UInt32)sizeof *plan->map, plan->map);
    if (plan->from_layout)
        status = cm_converter_set(c, kAudioConverterInputChannelLayout, plan->from_layout_size,
                                  plan->from_layout);
    if (status == noErr && plan->to_layout)
        status = cm_converter_set(c, kAudioConverterOutputChannelLayout, plan->to_layout_size,
                                  plan->to_layout);
    return status == noErr ? set_word(c, kCMAudioConverterPerformDownmix, 1) : status;
}

OSStatus cm_bridge_open(cm_bridge *bridge, const cm_bridge_plan *plan)
{
    OSStatus status = cm_pcm_from_asbd(&plan->to, &bridge->pcm);
    cm_bridge_close(bridge);
    bridge->plan = *plan;
    bridge->plan.map = NULL;
    bridge->plan.from_layout = bridge->plan.to_layout = NULL;
    bridge->ratio = plan->from.mSampleRate / plan->to.mSampleRate;
    bool is_plain = !plan->map && !(plan->from_layout && plan->to_layout) && same_pcm(&plan->from, &plan->to);
    if (status != noErr || is_plain)
        return status;
    status = cm_converter_create(&plan->from, &plan->to, &bridge->converter);
    if (status == noErr)
        status = set_channels(bridge->converter, plan);
    if (status == noErr)
        status = cm_converter_prepare(bridge->converter);
    if (status != noErr)
        cm_bridge_close(bridge);
    return status == noErr || status == kAudio_MemFullError ? status : kAudioUnitErr_FormatNotSupported;
}

void cm_bridge_close(cm_bridge *bridge)
{
    cm_converter_destroy(bridge->converter);
    bridge->converter = NULL;
    bridge->next_in = bridge->next_out = 0;
}

void cm_bridge_reset(cm_bridge *bridge)
{
    if (bridge->converter)
        cm_converter_restart(bridge->converter, false);
    bridge->next_in = bridge->next_out = 0;
}

/* A jump of the output's time is one of the input's. Only the first piece of a slice has its host time. */
static OSStatus pull(cm_bridge *bridge, UInt32 frames, AudioBufferList **list)
{
    AudioTimeStamp time = *bridge->time;
    AudioUnitRenderActionFlags told = 0;
    if (time.mSampleTime != bridge->next_out) {
        bridge->next_in += (time.mSampleTime - bridge->next_out) * bridge->ratio;
        bridge->next_out = time.mSampleTime;
        if (bridge->ratio == 1)
            bridge->next_in = time.mSampleTime;
    }
    if (bridge->has_pulled)
        time.mFlags &= ~(UInt32)kAudioTimeStampHostTimeValid;
    time.mSampleTime = bridge->next_in;
    OSStatus status = bridge->plan.pull(bridge->plan.context, &told, &time, frames, list);
    if (status == noErr)
        bridge->next_in += frames;
    bridge->has_pulled = true;
    bridge->told &= told;
    return status;
}

/* The converter's input procedure. */
static OSStatus supply(AudioConverterRef ref, UInt32 *io_packets, AudioBufferList *data,
                       AudioStreamPacketDescription **descriptions, void *user)
{
    cm_bridge *bridge = user;
    AudioBufferList *list = NULL;
    UInt32 frames = *io_packets < bridge->plan.max_frames ? *io_packets : bridge->plan.max_frames;
    (void)ref, (void)descriptions;
    *io_packets = 0;
    OSStatus status = pull(bridge, frames, &list);
    if (status != noErr)
        return status;
    if (list->mNumberBuffers != data->mNumberBuffers)
        return kAudio_ParamError;
    for (UInt32 i = 0; i < data->mNumberBuffers; i++)
        data->mBuffers[i] = list->mBuffers[i];
    *io_packets = frames;
    return noErr;
}

static OSStatus copy(cm_bridge *bridge, UInt32 frames, AudioBufferList *to)
{
    void *planes[CM_MAX_CHANNELS], *from[CM_MAX_CHANNELS];
    AudioBufferList *list = NULL;
    OSStatus status = pull(bridge, frames, &list);
    if (status != noErr)
        return status;
    cm_buffers_planes(to, planes);
    cm_buffers_planes(list, from);
    cm_pcm_convert(&bridge->pcm, planes, &bridge->pcm, (const void *const *)from, frames);
    return noErr;
}

OSStatus cm_bridge_render(cm_bridge *bridge, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                          UInt32 frames, AudioBufferList *list)
{
    OSStatus status;
    UInt32 done = frames;
    bridge->time = time;
    bridge->told = kAudioUnitRenderAction_OutputIsSilence;
    bridge->has_pulled = false;
    if (frames == 0)
        return noErr;
    if (bridge->converter) {
        bridge->converter->feed.proc = supply;
        bridge->converter->feed.user = bridge;
        status = cm_converter_fill(bridge->converter, &done, list, NULL);
    } else {
        status = copy(bridge, frames, list);
    }
    bridge->next_out = time->mSampleTime + frames;
    *flags &= ~(UInt32)kAudioUnitRenderAction_OutputIsSilence;
    if (bridge->has_pulled && bridge->ratio == 1) /* a rate converter still holds what came before */
        *flags |= bridge->told;
    return status;
}
