/* A slice, event by event: parameter changes, ramps and MIDI take effect at their very frame. */
#include "unit.h"

#include <string.h>

/* ---- events that wait ---- */

/* In the order of their frames; those of one frame in the order in which they came. */
static void insert(cm_unit *unit, const cm_event *event)
{
    UInt32 at = unit->pending_count++;
    while (at > 0 && unit->pending[at - 1].offset > event->offset) {
        unit->pending[at] = unit->pending[at - 1];
        at--;
    }
    unit->pending[at] = *event;
}

static void collect(cm_unit *unit)
{
    cm_event event;
    while (unit->pending_count < CM_EVENTS && cm_events_take(unit->events, &event))
        insert(unit, &event);
}

/* The first `done` events have happened; the others count from the next slice. */
static void advance_events(cm_unit *unit, UInt32 done, UInt32 frames)
{
    unit->pending_count -= done;
    memmove(unit->pending, unit->pending + done, unit->pending_count * sizeof *unit->pending);
    for (UInt32 i = 0; i < unit->pending_count; i++)
        unit->pending[i].offset -= (SInt32)frames;
}

void cm_unit_drop_events(cm_unit *unit)
{
    cm_event event;
    while (cm_events_take(unit->events, &event)) {}
    unit->pending_count = 0;
    unit->ramp_count = 0;
}

/* ---- ramps ---- */

static bool is_ramp_of(const cm_ramp *r, UInt32 scope, UInt32 element, UInt32 index)
{
    return r->scope == scope && r->element == element && r->index == index;
}

static void end_ramp(cm_unit *unit, UInt32 at)
{
    unit->ramps[at] = unit->ramps[--unit->ramp_count];
}

static void end_ramp_of(cm_unit *unit, const cm_event *event)
{
    for (UInt32 i = 0; i < unit->ramp_count; i++)
        if (is_ramp_of(&unit->ramps[i], event->parameter.scope, event->parameter.element,
                       event->parameter.index)) {
            end_ramp(unit, i);
            return;
        }
}

static void store(cm_unit *unit, cm_ramp *r, Float32 value)
{
    cm_unit_set_value(unit, r->scope, r->element, r->index, value);
    r->written = cm_unit_value(unit, r->scope, r->element, r->index);
}

/* `late`: frames of the ramp that are over already. */
static void begin_ramp(cm_unit *unit, const cm_event *event, UInt32 late)
{
    cm_ramp r = { .scope = event->parameter.scope,
                  .element = event->parameter.element,
                  .index = event->parameter.index,
                  .end = event->parameter.end };
    UInt32 frames = event->parameter.frames;
    if (late >= frames || unit->ramp_count == CM_RAMPS) {
        store(unit, &r, r.end);
        return;
    }
    r.step = (event->parameter.end - event->parameter.start) / (Float32)frames;
    r.frames_left = frames - late;
    store(unit, &r, event->parameter.start + r.step * (Float32)late);
    unit->ramps[unit->ramp_count++] = r;
}

/* A value that somebody has set meanwhile stays; the ramp is over. */
static void drop_overruled(cm_unit *unit)
{
    for (UInt32 i = unit->ramp_count; i-- > 0;) {
        const cm_ramp *r = &unit->ramps[i];
        if (r->element >= unit->scopes[r->scope].count ||
            cm_unit_value(unit, r->scope, r->element, r->index) != r->written)
            end_ramp(unit, i);
    }
}

static void advance_ramps(cm_unit *unit, UInt32 frames)
{
    for (UInt32 i = unit->ramp_count; i-- > 0;) {
        cm_ramp *r = &unit->ramps[i];
        bool ends = frames >= r->frames_left;
        store(unit, r, ends ? r->end : r->written + r->step * (Float32)frames);
        r->frames_left -= ends ? r->frames_left : frames;
        if (ends)
            end_ramp(unit, i);
    }
}

Float32 cm_unit_ramp(const cm_unit *unit, AudioUnitScope scope, UInt32 element, UInt32 index)
{
    for (UInt32 i = 0; i < unit->ramp_count; i++)
        if (is_ramp_of(&unit->ramps[i], scope, element, index))
            return unit->ramps[i].step;
    return 0;
}

/* ---- a slice ---- */

static void apply(cm_unit *unit, const cm_event *event, UInt32 at)
{
    if (event->type == CM_EVENT_MIDI) {
        if (unit->kind->midi_event)
            unit->kind->midi_event(unit, event->midi);
        return;
    }
    if (event->parameter.element >= unit->scopes[event->parameter.scope].count)
        return;
    end_ramp_of(unit, event);
    if (event->type == CM_EVENT_SET)
        cm_unit_set_value(unit, event->parameter.scope, event->parameter.element, event->parameter.index,
                          event->parameter.end);
    else
        begin_ramp(unit, event, (UInt32)((SInt64)at - event->offset));
}

/* Frames that go by before anything changes. */
static UInt32 quiet_frames(const cm_unit *unit, UInt32 done, UInt32 at, UInt32 frames)
{
    UInt32 quiet = frames - at;
    if (done < unit->pending_count && unit->pending[done].offset < (SInt64)frames)
        quiet = (UInt32)unit->pending[done].offset - at;
    for (UInt32 i = 0; i < unit->ramp_count; i++) {
        const cm_ramp *r = &unit->ramps[i];
        UInt32 most = unit->parameters[r->index].follows_ramp || r->frames_left < CM_RAMP_STEP
                          ? r->frames_left
                          : CM_RAMP_STEP;
        if (most < quiet)
            quiet = most;
    }
    return quiet;
}

/* The list from frame `at` on, for `frames` frames of planar float. */
static AudioBufferList *window(AudioBufferList *window, const AudioBufferList *list, UInt32 at, UInt32 frames)
{
    window->mNumberBuffers = list->mNumberBuffers;
    for (UInt32 i = 0; i < list->mNumberBuffers; i++)
        window->mBuffers[i] = (AudioBuffer){ 1, (UInt32)(frames * sizeof(Float32)),
                                             (Float32 *)list->mBuffers[i].mData + at };
    return window;
}

static OSStatus run_segment(cm_unit *unit, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                            UInt32 at, UInt32 frames)
{
    UInt32 inputs = unit->scopes[kAudioUnitScope_Input].count;
    UInt32 outputs = unit->scopes[kAudioUnitScope_Output].count;
    for (UInt32 i = 0; i < inputs; i++)
        unit->segment_in[i] = unit->in_lists[i] ? window(unit->windows[i], unit->in_lists[i], at, frames)
                                                : NULL;
    for (UInt32 i = 0; i < outputs; i++)
        window(unit->windows[inputs + i], unit->out_lists[i], at, frames);
    cm_segment segment = {
        .frames = frames, .time = *time, .flags = flags, .in = unit->segment_in, .out = unit->windows + inputs
    };
    segment.time.mSampleTime += at;
    if (at > 0) /* the host time is that of the slice */
        segment.time.mFlags &= ~(UInt32)kAudioTimeStampHostTimeValid;
    return unit->kind->process(unit, &segment);
}

OSStatus cm_unit_run_segments(cm_unit *unit, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                              UInt32 frames)
{
    UInt32 done = 0;
    AudioUnitRenderActionFlags silence = kAudioUnitRenderAction_OutputIsSilence, all = silence;
    OSStatus status = noErr;
    collect(unit);
    drop_overruled(unit);
    for (UInt32 at = 0; at < frames && status == noErr;) {
        while (done < unit->pending_count && unit->pending[done].offset <= (SInt64)at)
            apply(unit, &unit->pending[done++], at);
        UInt32 quiet = quiet_frames(unit, done, at, frames);
        AudioUnitRenderActionFlags told = *flags & ~silence;
        status = run_segment(unit, &told, time, at, quiet);
        all &= told;
        advance_ramps(unit, quiet);
        at += quiet;
    }
    advance_events(unit, done, frames);
    *flags = (*flags & ~silence) | (frames > 0 ? all : 0);
    return status;
}

void cm_unit_apply_events(cm_unit *unit, UInt32 frames)
{
    UInt32 done = 0;
    collect(unit);
    drop_overruled(unit);
    while (done < unit->pending_count && unit->pending[done].offset < (SInt64)frames) {
        apply(unit, &unit->pending[done], 0);
        done++;
    }
    advance_ramps(unit, frames);
    advance_events(unit, done, frames);
}
