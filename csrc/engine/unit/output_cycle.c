/* [render] What an output unit does in each cycle of its device. */
#include "output_unit.h"

#include <math.h>
#include <string.h>

/* ---- bridges between the client's formats and the device's ---- */

static OSStatus pull_client(void *context, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                            UInt32 *frames, AudioBufferList **list)
{
    return cm_unit_pull(context, CM_BUS_OUT, flags, time, *frames, list);
}

/* What is left of the piece; the error ends a call of the input bridge, which goes on with the next piece. */
static OSStatus pull_device(void *context, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                            UInt32 *frames, AudioBufferList **list)
{
    cm_output_unit *o = context;
    (void)flags, (void)time;
    if (o->input_left == 0)
        return kAudioUnitErr_NoConnection;
    if (*frames > o->input_left)
        *frames = o->input_left;
    *list = cm_buffers_lend(&o->input_piece, *frames);
    (*list)->mBuffers[0].mData = (Float32 *)(uintptr_t)o->input;
    o->input += (size_t)*frames * o->channels[CM_BUS_IN];
    o->input_left -= *frames;
    return noErr;
}

static OSStatus open_bridge(cm_output_unit *o, UInt32 bus)
{
    cm_unit *unit = o->unit;
    const cm_element *from = cm_unit_input(unit, bus), *to = cm_unit_output(unit, bus);
    cm_bridge_plan plan = { .from = from->format,
                            .to = to->format,
                            .from_layout = from->layout,
                            .to_layout = to->layout,
                            .from_layout_size = from->layout_size,
                            .to_layout_size = to->layout_size,
                            .map = o->map_counts[bus] == to->format.mChannelsPerFrame ? o->maps[bus] : NULL,
                            .max_frames = unit->max_frames,
                            .pull = bus == CM_BUS_OUT ? pull_client : pull_device,
                            .context = bus == CM_BUS_OUT ? (void *)unit : o };
    return cm_bridge_open(&o->bridges[bus], &plan);
}

/* A piece of the device's must not become more than the client's largest slice. */
static UInt32 choose_piece(const cm_output_unit *o)
{
    Float64 frames = o->unit->max_frames;
    if (o->enabled[CM_BUS_IN]) {
        Float64 rate = cm_unit_output(o->unit, CM_BUS_IN)->format.mSampleRate;
        frames = fmin(frames, floor((frames - 1) * o->rate / rate));
    }
    return frames < 1 ? 1 : (UInt32)frames;
}

OSStatus cm_output_prepare(cm_output_unit *o)
{
    OSStatus status = noErr;
    cm_pcm pcm;
    o->piece = choose_piece(o);
    for (UInt32 bus = 0; bus < o->unit->scopes[kAudioUnitScope_Input].count && status == noErr; bus++)
        if (o->enabled[bus])
            status = open_bridge(o, bus);
    if (status == noErr && o->enabled[CM_BUS_OUT]) {
        pcm = cm_pcm_float32(o->channels[CM_BUS_OUT], false);
        status = cm_buffers_alloc(&o->gather, &pcm, o->piece);
        if (status == noErr)
            status = cm_bridge_warm_up(&o->bridges[CM_BUS_OUT]);
    }
    if (status == noErr && o->enabled[CM_BUS_IN]) {
        pcm = cm_pcm_float32(o->channels[CM_BUS_IN], false);
        status = cm_buffers_alloc(&o->input_piece, &pcm, o->piece);
        if (status == noErr)
            status = cm_bridge_warm_up(&o->bridges[CM_BUS_IN]);
    }
    return status;
}

void cm_output_unprepare(cm_output_unit *o)
{
    for (UInt32 bus = 0; bus < CM_BUSES; bus++)
        cm_bridge_close(&o->bridges[bus]);
    cm_buffers_free(&o->gather);
    cm_buffers_free(&o->input_piece);
    o->ready = o->taken = 0;
}

void cm_output_reset(cm_unit *unit, AudioUnitScope scope, AudioUnitElement element)
{
    cm_output_unit *o = unit->state;
    (void)scope, (void)element;
    if (cm_render_active()) /* a rate converter is made anew: what it holds is let out instead */
        return;
    for (UInt32 bus = 0; bus < CM_BUSES; bus++)
        cm_bridge_reset(&o->bridges[bus]);
}

void cm_output_begin(cm_output_unit *o, bool resumes)
{
    o->resume = resumes ? o->bridges[CM_BUS_OUT].next_in : 0;
    o->has_zero = false;
}

/* ---- the output ---- */

static void apply_volume(cm_output_unit *o, AudioBufferList *list, UInt32 frames)
{
    Float32 gain = cm_unit_value(o->unit, kAudioUnitScope_Global, 0, CM_OUTPUT_VOLUME), from = o->gain;
    UInt32 channels = o->channels[CM_BUS_OUT];
    Float32 *samples = list->mBuffers[0].mData, step = (gain - from) / (Float32)frames;
    o->gain = gain;
    if (gain == 1 && from == 1)
        return;
    for (UInt32 i = 0; i < frames; i++)
        for (UInt32 c = 0; c < channels; c++)
            samples[(size_t)i * channels + c] *= from + step * (Float32)(i + 1);
}

static UInt32 frames_of(const AudioBufferList *list)
{
    const AudioBuffer *b = &list->mBuffers[0];
    return b->mNumberChannels ? b->mDataByteSize / (b->mNumberChannels * (UInt32)sizeof(Float32)) : 0;
}

/* From one interleaved buffer to the streams of the device, or nowhere in a stream that is not used. */
static void scatter(const cm_output_unit *o, AudioBufferList *output, UInt32 at, UInt32 frames)
{
    UInt32 channels = o->channels[CM_BUS_OUT], first = 0;
    const Float32 *from = o->gather.list->mBuffers[0].mData;
    for (UInt32 b = 0; b < output->mNumberBuffers && first < channels; b++) {
        UInt32 width = output->mBuffers[b].mNumberChannels;
        UInt32 copied = width < channels - first ? width : channels - first;
        Float32 *to = output->mBuffers[b].mData;
        for (UInt32 i = 0; to && i < frames; i++)
            memcpy(to + (size_t)(at + i) * width, from + (size_t)i * channels + first, copied * sizeof *to);
        first += width;
    }
}

static bool is_single(const cm_output_unit *o, const AudioBufferList *list, UInt32 bus)
{
    return list->mNumberBuffers == 1 && list->mBuffers[0].mNumberChannels == o->channels[bus] &&
           list->mBuffers[0].mData;
}

static void render_piece(cm_output_unit *o, AudioBufferList *output, const AudioTimeStamp *time, UInt32 at,
                         UInt32 frames)
{
    AudioUnitRenderActionFlags flags = 0;
    bool direct = is_single(o, output, CM_BUS_OUT);
    AudioBufferList *list = cm_buffers_prepare(&o->gather, frames);
    if (direct)
        list->mBuffers[0].mData = (Float32 *)output->mBuffers[0].mData + (size_t)at * o->channels[CM_BUS_OUT];
    OSStatus status = cm_unit_render(o->unit, &flags, time, CM_BUS_OUT, frames, list);
    if (status == noErr)
        apply_volume(o, list, frames);
    if (!direct)
        scatter(o, output, at, frames);
}

/* ---- the input ---- */

static void tell_input(cm_output_unit *o, const AudioTimeStamp *time, UInt32 frames)
{
    AudioUnitRenderActionFlags flags = 0;
    AURenderCallbackStruct c = o->input_callback;
    if (c.inputProc && frames > 0)
        cm_unit_note_error(o->unit, c.inputProc(c.inputProcRefCon, &flags, time, CM_BUS_IN, frames, NULL));
}

/* A piece of the device's input, interleaved: its own memory where that is one stream. */
static const Float32 *gather(cm_output_unit *o, const AudioBufferList *input, UInt32 at, UInt32 frames)
{
    UInt32 channels = o->channels[CM_BUS_IN], first = 0;
    if (is_single(o, input, CM_BUS_IN))
        return (const Float32 *)input->mBuffers[0].mData + (size_t)at * channels;
    Float32 *to = (Float32 *)(void *)o->input_piece.memory;
    memset(to, 0, (size_t)frames * channels * sizeof *to);
    for (UInt32 b = 0; b < input->mNumberBuffers && first < channels; b++) {
        UInt32 width = input->mBuffers[b].mNumberChannels;
        UInt32 copied = width < channels - first ? width : channels - first;
        const Float32 *from = input->mBuffers[b].mData;
        for (UInt32 i = 0; from && i < frames; i++)
            memcpy(to + (size_t)i * channels + first, from + (size_t)(at + i) * width, copied * sizeof *to);
        first += width;
    }
    return to;
}

/*
 * All that the device has heard is converted at once, so that the client can be told how much there is. A
 * rate converter keeps some back for the next time.
 */
static void take_input(cm_output_unit *o, const AudioBufferList *input, const AudioTimeStamp *time, UInt32 at,
                       UInt32 frames)
{
    cm_bridge *bridge = &o->bridges[CM_BUS_IN];
    cm_element *e = cm_unit_output(o->unit, CM_BUS_IN);
    AudioTimeStamp stamp = *time;
    o->input = gather(o, input, at, frames);
    o->input_left = frames;
    if (bridge->ratio != 1)
        stamp.mSampleTime = bridge->next_out;
    o->taken = 0;
    o->ready = cm_bridge_drain(bridge, cm_buffers_prepare(&e->client, e->client.frames));
    tell_input(o, &stamp, o->ready);
}

/* The client fetches the input of this cycle, in one go or several. */
static OSStatus give_input(cm_output_unit *o, const cm_slice *slice, AudioBufferList *list)
{
    const cm_buffers *own = &cm_unit_output(o->unit, CM_BUS_IN)->client;
    size_t stride = cm_pcm_stride(&own->pcm);
    if (slice->frames > o->ready - o->taken)
        return kAudioUnitErr_CannotDoInCurrentContext;
    for (UInt32 i = 0; i < list->mNumberBuffers; i++) {
        UInt8 *from = own->memory + i * own->plane + o->taken * stride;
        if (list->mBuffers[i].mData != from)
            memcpy(list->mBuffers[i].mData, from, slice->frames * stride);
    }
    o->taken += slice->frames;
    return noErr;
}

OSStatus cm_output_render(cm_unit *unit, const cm_slice *slice, AudioBufferList *list)
{
    cm_output_unit *o = unit->state;
    if (!o->in_cycle || !o->enabled[slice->bus])
        return kAudioUnitErr_CannotDoInCurrentContext;
    if (slice->bus == CM_BUS_IN)
        return give_input(o, slice, list);
    return cm_bridge_render(&o->bridges[CM_BUS_OUT], slice->flags, slice->time, slice->frames, list);
}

/* ---- the cycle ---- */

/* The device's time as the client sees it: from 0 at the first cycle, going on where another device stopped.
 */
static AudioTimeStamp client_time(cm_output_unit *o, const AudioTimeStamp *time, UInt32 at)
{
    AudioTimeStamp stamp = *time;
    if (!o->has_zero) {
        Float64 ratio = o->enabled[CM_BUS_OUT] ? o->bridges[CM_BUS_OUT].ratio : 1;
        o->zero = o->starts_at_zero ? time->mSampleTime - o->resume / ratio : 0;
        o->has_zero = true;
    }
    stamp.mSampleTime += at - o->zero;
    if (at > 0)
        stamp.mFlags &= ~(UInt32)kAudioTimeStampHostTimeValid;
    return stamp;
}

static void run_pieces(cm_output_unit *o, const AudioBufferList *input, const AudioTimeStamp *input_time,
                       AudioBufferList *output, const AudioTimeStamp *output_time)
{
    bool gives = o->enabled[CM_BUS_IN] && input && input->mNumberBuffers > 0;
    bool takes = o->enabled[CM_BUS_OUT] && output && output->mNumberBuffers > 0;
    UInt32 frames = takes ? frames_of(output) : gives ? frames_of(input) : 0;
    for (UInt32 at = 0; at < frames; at += o->piece) {
        UInt32 piece = frames - at < o->piece ? frames - at : o->piece;
        AudioTimeStamp time = client_time(o, takes ? output_time : input_time, at);
        AudioTimeStamp heard = client_time(o, input_time, at);
        if (gives)
            take_input(o, input, &heard, at, piece);
        if (takes)
            render_piece(o, output, &time, at, piece);
    }
    o->ready = o->taken = 0;
}

OSStatus cm_output_cycle(AudioObjectID device, const AudioTimeStamp *now, const AudioBufferList *input,
                         const AudioTimeStamp *input_time, AudioBufferList *output,
                         const AudioTimeStamp *output_time, void *client)
{
    cm_output_unit *o = client;
    (void)device, (void)now;
    if (!cm_unit_enter(o->unit))
        return noErr; /* it is being changed; the output is silent already */
    if (atomic_load(&o->unit->is_initialized) && !atomic_load(&o->unit->is_shut)) {
        o->in_cycle = true;
        run_pieces(o, input, input_time, output, output_time);
        o->in_cycle = false;
    }
    cm_unit_leave(o->unit);
    return noErr;
}
