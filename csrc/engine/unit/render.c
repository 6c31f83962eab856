/* AudioUnitRender and what it does around a class's own work: checks, notifications, conversion at the edges.
 */
#include "unit.h"

#include <CoreAudio/HostTime.h>
#include <stdlib.h>
#include <string.h>

#define SILENCE kAudioUnitRenderAction_OutputIsSilence

/* ---- notifications ---- */

struct cm_notifies {
    cm_retired retired;
    UInt32 count;
    AURenderCallbackStruct items[];
};

static void free_notifies(cm_retired *retired)
{
    free(retired);
}

static cm_notifies *new_notifies(UInt32 count)
{
    cm_notifies *n = calloc(1, sizeof *n + count * sizeof *n->items);
    if (n)
        n->retired.free = free_notifies;
    return n;
}

static void replace_notifies(cm_unit *unit, cm_notifies *n)
{
    cm_notifies *old = atomic_exchange(&unit->notifies, n);
    cm_unit_retire(unit, old ? &old->retired : NULL);
}

void cm_unit_remove_all_notifies(cm_unit *unit)
{
    replace_notifies(unit, NULL);
}

OSStatus cm_unit_add_render_notify(void *self, AURenderCallback proc, void *user)
{
    cm_unit *unit = self;
    OSStatus status = cm_unit_lock(unit);
    if (status != noErr)
        return status;
    const cm_notifies *old = atomic_load(&unit->notifies);
    UInt32 count = old ? old->count : 0;
    cm_notifies *n = new_notifies(count + 1);
    if (n) {
        if (count)
            memcpy(n->items, old->items, count * sizeof *n->items);
        n->items[count] = (AURenderCallbackStruct){ proc, user };
        n->count = count + 1;
        replace_notifies(unit, n);
    }
    cm_unit_unlock(unit);
    return n ? noErr : kAudio_MemFullError;
}

OSStatus cm_unit_remove_render_notify(void *self, AURenderCallback proc, void *user)
{
    cm_unit *unit = self;
    OSStatus status = cm_unit_lock(unit);
    if (status != noErr)
        return status;
    const cm_notifies *old = atomic_load(&unit->notifies);
    UInt32 count = old ? old->count : 0, kept = 0;
    cm_notifies *n = new_notifies(count);
    for (UInt32 i = 0; n && i < count; i++)
        if (old->items[i].inputProc != proc || old->items[i].inputProcRefCon != user)
            n->items[kept++] = old->items[i];
    if (!n) {
        status = kAudio_MemFullError;
    } else if (kept == count) {
        free(n);
    } else {
        n->count = kept;
        replace_notifies(unit, n);
    }
    cm_unit_unlock(unit);
    return status;
}

static void notify(cm_unit *unit, AudioUnitRenderActionFlags *flags, AudioUnitRenderActionFlags when,
                   const cm_slice *slice, AudioBufferList *data)
{
    const cm_notifies *n = atomic_load(&unit->notifies);
    for (UInt32 i = 0; n && i < n->count; i++) {
        *flags |= when;
        n->items[i].inputProc(n->items[i].inputProcRefCon, flags, slice->time, slice->bus, slice->frames,
                              data);
    }
    *flags &= ~when;
}

OSStatus cm_unit_note_error(cm_unit *unit, OSStatus status)
{
    OSStatus none = noErr;
    if (status != noErr && atomic_compare_exchange_strong(&unit->last_error, &none, status))
        cm_unit_call(unit, CM_ATTEND_ERROR);
    return status;
}

/* ---- inputs ---- */

static const AudioBufferList *to_planar(cm_element *e, const AudioBufferList *list, UInt32 frames)
{
    void *from[CM_MAX_CHANNELS], *to[CM_MAX_CHANNELS];
    if (e->planar.frames == 0)
        return list;
    AudioBufferList *planar = cm_buffers_prepare(&e->planar, frames);
    cm_buffers_planes(list, from);
    cm_buffers_planes(planar, to);
    cm_pcm_convert(&e->planar.pcm, to, &e->client.pcm, (const void *const *)from, frames);
    return planar;
}

/* *silent: everything that came in was. */
static OSStatus pull_inputs(cm_unit *unit, const AudioTimeStamp *time, UInt32 frames, bool *silent)
{
    *silent = true;
    for (UInt32 i = 0; i < unit->scopes[kAudioUnitScope_Input].count; i++) {
        AudioUnitRenderActionFlags told = 0;
        AudioBufferList *list = NULL;
        OSStatus status = cm_unit_pull(unit, i, &told, time, frames, &list);
        unit->in_lists[i] = NULL;
        if (status == kAudioUnitErr_NoConnection && !list && !(unit->kind->needs_input && i == 0))
            continue;
        if (status != noErr)
            return status;
        unit->in_lists[i] = to_planar(cm_unit_input(unit, i), list, frames);
        *silent = *silent && (told & SILENCE);
    }
    return noErr;
}

/* ---- outputs ---- */

static bool has_memory(const AudioBufferList *list)
{
    return list->mBuffers[0].mData != NULL;
}

static void lend(AudioBufferList *data, const AudioBufferList *own)
{
    for (UInt32 i = 0; i < data->mNumberBuffers; i++)
        data->mBuffers[i] = own->mBuffers[i];
}

/* From where process() put it to the client's buffers, or these pointed to it. */
static void deliver(cm_element *e, const AudioBufferList *made, AudioBufferList *data, UInt32 frames)
{
    void *from[CM_MAX_CHANNELS], *to[CM_MAX_CHANNELS];
    if (made == data)
        return;
    bool converts = e->planar.frames > 0;
    if (!has_memory(data)) {
        lend(data, converts ? cm_buffers_prepare(&e->client, frames) : made);
        if (!converts)
            return;
    }
    cm_buffers_planes(made, from);
    cm_buffers_planes(data, to);
    cm_pcm_convert(&e->client.pcm, to, converts ? &e->planar.pcm : &e->client.pcm, (const void *const *)from,
                   frames);
}

/* Sound is made in the client's own buffers where there is one output and they are such as process() fills.
 */
static void choose_outputs(cm_unit *unit, UInt32 frames, AudioBufferList *data)
{
    UInt32 count = unit->scopes[kAudioUnitScope_Output].count;
    for (UInt32 i = 0; i < count; i++) {
        cm_element *e = cm_unit_output(unit, i);
        if (e->planar.frames > 0)
            unit->out_lists[i] = cm_buffers_prepare(&e->planar, frames);
        else if (count == 1 && has_memory(data))
            unit->out_lists[i] = data;
        else
            unit->out_lists[i] = cm_buffers_prepare(&e->client, frames);
    }
}

static void bypass(cm_unit *unit, AudioUnitRenderActionFlags *flags, UInt32 frames, bool silent)
{
    const AudioBufferList *in = unit->in_lists[0];
    AudioBufferList *out = unit->out_lists[0];
    for (UInt32 i = 0; i < out->mNumberBuffers; i++) {
        void *to = out->mBuffers[i].mData;
        if (in && i < in->mNumberBuffers && in->mBuffers[i].mData != to)
            memcpy(to, in->mBuffers[i].mData, frames * sizeof(Float32));
        else if (!in || i >= in->mNumberBuffers)
            memset(to, 0, frames * sizeof(Float32));
    }
    if (silent)
        *flags |= SILENCE;
    cm_unit_apply_events(unit, frames);
}

static OSStatus make_outputs(cm_unit *unit, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                             UInt32 frames, bool silent)
{
    *flags &= ~(AudioUnitRenderActionFlags)SILENCE;
    if (unit->kind->can_bypass && atomic_load(&unit->bypass)) {
        bypass(unit, flags, frames, silent);
        return noErr;
    }
    return cm_unit_run_segments(unit, flags, time, frames);
}

/* Several outputs are made at once; asking for the others at the same time gives what was made. */
static bool is_cached(const cm_unit *unit, const cm_slice *slice)
{
    return unit->has_cache && unit->scopes[kAudioUnitScope_Output].count > 1 &&
           (slice->time->mFlags & kAudioTimeStampSampleTimeValid) &&
           unit->cached_time == slice->time->mSampleTime && unit->cached_frames == slice->frames;
}

static OSStatus process_slice(cm_unit *unit, const cm_slice *slice, AudioBufferList *data)
{
    if (!is_cached(unit, slice)) {
        bool silent;
        unit->has_cache = false;
        OSStatus status = pull_inputs(unit, slice->time, slice->frames, &silent);
        if (status != noErr)
            return status;
        choose_outputs(unit, slice->frames, data);
        status = make_outputs(unit, slice->flags, slice->time, slice->frames, silent);
        if (status != noErr)
            return status;
        unit->has_cache = true;
        unit->cached_time = slice->time->mSampleTime;
        unit->cached_frames = slice->frames;
        unit->cached_flags = *slice->flags & SILENCE;
    }
    *slice->flags = (*slice->flags & ~(AudioUnitRenderActionFlags)SILENCE) | unit->cached_flags;
    deliver(cm_unit_output(unit, slice->bus), unit->out_lists[slice->bus], data, slice->frames);
    return noErr;
}

static OSStatus render_slice(cm_unit *unit, const cm_slice *slice, AudioBufferList *data)
{
    if (unit->kind->process)
        return process_slice(unit, slice, data);
    cm_unit_apply_events(unit, slice->frames);
    if (!has_memory(data))
        lend(data, cm_buffers_prepare(&cm_unit_output(unit, slice->bus)->client, slice->frames));
    return unit->kind->render(unit, slice, data);
}

/* ---- the call ---- */

static OSStatus check(cm_unit *unit, const cm_slice *slice, AudioBufferList *data)
{
    if (slice->frames > unit->max_frames)
        return kAudioUnitErr_TooManyFramesToProcess;
    if (!atomic_load(&unit->is_initialized))
        return kAudioUnitErr_Uninitialized;
    if (slice->bus >= unit->scopes[kAudioUnitScope_Output].count)
        return kAudioUnitErr_InvalidElement;
    /* A unit whose input comes round to itself; one that renders by itself may do another bus meanwhile. */
    if (unit->busy && (unit->kind->process || slice->bus >= 64 || (unit->busy >> slice->bus & 1)))
        return kAudioUnitErr_CannotDoInCurrentContext;
    return cm_buffers_check(data, &cm_unit_output(unit, slice->bus)->client.pcm, slice->frames);
}

static void measure_load(cm_unit *unit, const cm_slice *slice, UInt64 begin)
{
    Float64 rate = cm_unit_output(unit, slice->bus)->format.mSampleRate;
    if (slice->frames == 0 || rate <= 0)
        return;
    Float64 spent = (Float64)AudioConvertHostTimeToNanos(AudioGetCurrentHostTime() - begin) * 1e-9;
    Float32 now = (Float32)(spent * rate / slice->frames), before = atomic_load(&unit->load);
    atomic_store(&unit->load, before + 0.1f * (now - before));
}

static OSStatus render_checked(cm_unit *unit, const cm_slice *slice, AudioBufferList *data)
{
    UInt64 begin = AudioGetCurrentHostTime();
    UInt64 bit = slice->bus < 64 ? 1ull << slice->bus : 0;
    unit->busy |= bit;
    notify(unit, slice->flags, kAudioUnitRenderAction_PreRender, slice, data);
    OSStatus status = render_slice(unit, slice, data);
    if (status != noErr)
        cm_buffers_silence(data);
    AudioUnitRenderActionFlags after = kAudioUnitRenderAction_PostRender;
    if (status != noErr)
        after |= kAudioUnitRenderAction_PostRenderError;
    notify(unit, slice->flags, after, slice, data);
    unit->busy &= ~bit;
    if (slice->time->mFlags & kAudioTimeStampSampleTimeValid)
        atomic_store(&unit->last_time, slice->time->mSampleTime);
    measure_load(unit, slice, begin);
    return status;
}

OSStatus cm_unit_render(void *self, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time, UInt32 bus,
                        UInt32 frames, AudioBufferList *data)
{
    cm_unit *unit = self;
    cm_slice slice = { flags, time, bus, frames };
    if (!cm_unit_enter(unit))
        return kAudioUnitErr_CannotDoInCurrentContext;
    OSStatus status = check(unit, &slice, data);
    if (status == noErr)
        status = render_checked(unit, &slice, data);
    cm_unit_note_error(unit, status);
    cm_unit_leave(unit);
    return status;
}

/* ---- AudioUnitProcess ---- */

/* The element's format is that of the list; what is in it goes to the element's own memory. */
static OSStatus take_input(cm_unit *unit, UInt32 input, const AudioBufferList *list, UInt32 frames)
{
    void *from[CM_MAX_CHANNELS], *to[CM_MAX_CHANNELS];
    cm_element *e = cm_unit_input(unit, input);
    size_t bytes = frames * cm_pcm_stride(&e->client.pcm);
    if (list->mNumberBuffers != e->client.list->mNumberBuffers)
        return kAudio_ParamError;
    for (UInt32 i = 0; i < list->mNumberBuffers; i++)
        if (!list->mBuffers[i].mData || list->mBuffers[i].mDataByteSize < bytes)
            return kAudio_ParamError;
    AudioBufferList *own = cm_buffers_prepare(&e->client, frames);
    cm_buffers_planes(list, from);
    cm_buffers_planes(own, to);
    cm_pcm_convert(&e->client.pcm, to, &e->client.pcm, (const void *const *)from, frames);
    unit->in_lists[input] = to_planar(e, own, frames);
    return noErr;
}

static OSStatus process_lists(cm_unit *unit, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                              UInt32 frames, UInt32 input_count, const AudioBufferList **inputs,
                              UInt32 output_count, AudioBufferList **outputs)
{
    OSStatus status = noErr;
    if (frames > unit->max_frames)
        return kAudioUnitErr_TooManyFramesToProcess;
    if (!atomic_load(&unit->is_initialized))
        return kAudioUnitErr_Uninitialized;
    if (input_count != unit->scopes[kAudioUnitScope_Input].count ||
        output_count != unit->scopes[kAudioUnitScope_Output].count)
        return kAudio_ParamError;
    if (unit->busy)
        return kAudioUnitErr_CannotDoInCurrentContext;
    for (UInt32 i = 0; i < output_count && status == noErr; i++)
        status = outputs[i] && has_memory(outputs[i])
                     ? cm_buffers_check(outputs[i], &cm_unit_output(unit, i)->client.pcm, frames)
                     : kAudio_ParamError;
    for (UInt32 i = 0; i < input_count && status == noErr; i++)
        status = inputs[i] ? take_input(unit, i, inputs[i], frames) : kAudio_ParamError;
    if (status != noErr)
        return status;
    unit->has_cache = false;
    for (UInt32 i = 0; i < output_count; i++) {
        cm_element *e = cm_unit_output(unit, i);
        unit->out_lists[i] = e->planar.frames > 0 ? cm_buffers_prepare(&e->planar, frames) : outputs[i];
    }
    status = make_outputs(unit, flags, time, frames, (*flags & SILENCE) != 0);
    for (UInt32 i = 0; i < output_count && status == noErr; i++)
        deliver(cm_unit_output(unit, i), unit->out_lists[i], outputs[i], frames);
    return status;
}

OSStatus cm_unit_process_multiple(void *self, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                                  UInt32 frames, UInt32 input_count, const AudioBufferList **inputs,
                                  UInt32 output_count, AudioBufferList **outputs)
{
    cm_unit *unit = self;
    if (!cm_unit_enter(unit))
        return kAudioUnitErr_CannotDoInCurrentContext;
    OSStatus status = process_lists(unit, flags, time, frames, input_count, inputs, output_count, outputs);
    cm_unit_note_error(unit, status);
    cm_unit_leave(unit);
    return status;
}

OSStatus cm_unit_process(void *self, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                         UInt32 frames, AudioBufferList *data)
{
    return cm_unit_process_multiple(self, flags, time, frames, 1, &(const AudioBufferList *){ data }, 1,
                                    &data);
}
