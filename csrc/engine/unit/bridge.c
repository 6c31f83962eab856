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
    cm_buffers_free(&bridge->silence);
    bridge->next_in = bridge->next_out = 0;
    bridge->is_warm = false;
}

void cm_bridge_reset(cm_bridge *bridge)
{
    bool was_warm = bridge->is_warm;
    if (bridge->converter)
        cm_converter_restart(bridge->converter, false);
    bridge->next_in = bridge->next_out = 0;
    bridge->is_warm = false;
    if (was_warm)
        cm_bridge_warm_up(bridge);
}

/* A jump of the output's time is one of the input's. */
static void follow_time(cm_bridge *bridge, const AudioTimeStamp *time)
{
    bridge->next_in += (time->mSampleTime - bridge->next_out) * bridge->ratio;
    bridge->next_out = time->mSampleTime;
    if (bridge->ratio == 1)
        bridge->next_in = time->mSampleTime;
}

/* Only the first piece of a slice has its host time. */
static OSStatus pull(cm_bridge *bridge, UInt32 *frames, AudioBufferList **list)
{
    AudioTimeStamp time = *bridge->time;
    AudioUnitRenderActionFlags told = 0;
    if (bridge->has_pulled)
        time.mFlags &= ~(UInt32)kAudioTimeStampHostTimeValid;
    time.mSampleTime = bridge->next_in;
    OSStatus status = bridge->plan.pull(bridge->plan.context, &told, &time, frames, list);
    if (status == noErr)
        bridge->next_in += *frames;
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
    OSStatus status = pull(bridge, &frames, &list);
    if (status != noErr)
        return status;
    if (list->mNumberBuffers != data->mNumberBuffers)
        return kAudio_ParamError;
    for (UInt32 i = 0; i < data->mNumberBuffers; i++)
        data->mBuffers[i] = list->mBuffers[i];
    *io_packets = frames;
    return noErr;
}

static OSStatus copy(cm_bridge *bridge, UInt32 *frames, AudioBufferList *to)
{
    void *planes[CM_MAX_CHANNELS], *from[CM_MAX_CHANNELS];
    AudioBufferList *list = NULL;
    OSStatus status = pull(bridge, frames, &list);
    if (status != noErr)
        return status;
    cm_buffers_planes(to, planes);
    cm_buffers_planes(list, from);
    cm_pcm_convert(&bridge->pcm, planes, &bridge->pcm, (const void *const *)from, *frames);
    return noErr;
}

/* *frames: wanted, then made. */
static OSStatus run(cm_bridge *bridge, const AudioTimeStamp *time, UInt32 *frames, AudioBufferList *list)
{
    follow_time(bridge, time);
    bridge->time = time;
    bridge->told = kAudioUnitRenderAction_OutputIsSilence;
    bridge->has_pulled = false;
    if (!bridge->converter)
        return copy(bridge, frames, list);
    bridge->converter->feed.proc = supply;
    bridge->converter->feed.user = bridge;
    return cm_converter_fill(bridge->converter, frames, list, NULL);
}

OSStatus cm_bridge_render(cm_bridge *bridge, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                          UInt32 frames, AudioBufferList *list)
{
    UInt32 done = frames;
    if (frames == 0)
        return noErr;
    OSStatus status = run(bridge, time, &done, list);
    if (status == noErr && done < frames)
        status = kAudioUnitErr_NoConnection;
    for (UInt32 i = 0; i < list->mNumberBuffers; i++) /* the converter puts there what it made */
        list->mBuffers[i].mDataByteSize = (UInt32)(frames * cm_pcm_stride(&bridge->pcm));
    bridge->next_out = time->mSampleTime + frames;
    *flags &= ~(UInt32)kAudioUnitRenderAction_OutputIsSilence;
    if (bridge->has_pulled && bridge->ratio == 1) /* a rate converter still holds what came before */
        *flags |= bridge->told;
    return status;
}

UInt32 cm_bridge_drain(cm_bridge *bridge, AudioBufferList *list)
{
    AudioTimeStamp time = { .mSampleTime = bridge->next_out, .mFlags = kAudioTimeStampSampleTimeValid };
    UInt32 done = (UInt32)(list->mBuffers[0].mDataByteSize / cm_pcm_stride(&bridge->pcm));
    OSStatus status = run(bridge, &time, &done, list);
    if (!bridge->converter && status != noErr)
        done = 0;
    bridge->next_out += done;
    return done;
}

/* ---- warming up ---- */

static OSStatus pull_silence(void *context, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                             UInt32 *frames, AudioBufferList **list)
{
    (void)flags, (void)time;
    *list = cm_buffers_prepare(context, *frames);
    return noErr;
}

#define WARM_SLICES 16

static OSStatus run_on_silence(cm_bridge *bridge, cm_buffers *in, cm_buffers *out)
{
    cm_bridge_plan plan = bridge->plan;
    OSStatus status = noErr;
    bridge->plan.pull = pull_silence;
    bridge->plan.context = in;
    for (int i = 0; i < WARM_SLICES && status == noErr; i++) {
        AudioTimeStamp time = { .mSampleTime = bridge->next_out, .mFlags = kAudioTimeStampSampleTimeValid };
        AudioUnitRenderActionFlags flags = 0;
        status = cm_bridge_render(bridge, &flags, &time, out->frames, cm_buffers_prepare(out, out->frames));
    }
    bridge->plan = plan;
    return status;
}

OSStatus cm_bridge_warm_up(cm_bridge *bridge)
{
    cm_buffers in = { 0 }, out = { 0 };
    cm_pcm pcm;
    if (!bridge->converter || bridge->is_warm)
        return noErr;
    OSStatus status = cm_pcm_from_asbd(&bridge->plan.from, &pcm);
    if (status == noErr)
        status = cm_buffers_alloc(&in, &pcm, bridge->plan.max_frames);
    if (status == noErr)
        status = cm_buffers_alloc(&out, &bridge->pcm, bridge->plan.max_frames);
    if (status == noErr)
        status = run_on_silence(bridge, &in, &out);
    cm_buffers_free(&bridge->silence);
    bridge->silence = in;
    cm_buffers_free(&out);
    if (status == noErr)
        status = bridge->ratio == 1 ? cm_converter_restart(bridge->converter, false) : noErr;
    cm_feed_clear(&bridge->converter->feed);
    bridge->next_in = bridge->next_out = 0;
    bridge->is_warm = status == noErr;
    return status;
}
