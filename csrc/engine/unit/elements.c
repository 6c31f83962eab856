/* A unit's scopes and elements: formats, values, and memory for slices. */
#include "../format/asbd.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define USUAL_RATE 44100.0
#define MOST_ELEMENTS 4096u

AudioStreamBasicDescription cm_unit_planar_format(Float64 rate, UInt32 channels)
{
    return cm_asbd_pcm(rate, channels, 32,
                       kAudioFormatFlagsNativeFloatPacked | kAudioFormatFlagIsNonInterleaved);
}

bool cm_unit_is_planar_float(const AudioStreamBasicDescription *format)
{
    cm_pcm pcm, planar;
    if (cm_pcm_from_asbd(format, &pcm) != noErr)
        return false;
    planar = cm_pcm_float32(pcm.channels, true);
    return cm_pcm_same(&pcm, &planar);
}

static bool is_io(AudioUnitScope scope)
{
    return scope == kAudioUnitScope_Input || scope == kAudioUnitScope_Output;
}

cm_element *cm_unit_element(const cm_unit *unit, AudioUnitScope scope, AudioUnitElement element,
                            OSStatus *status)
{
    *status = noErr;
    if (scope >= CM_UNIT_SCOPES || (unit->scopes[scope].count == 0 && unit->kind->scopes[scope].maximum == 0))
        *status = kAudioUnitErr_InvalidScope;
    else if (element >= unit->scopes[scope].count)
        *status = kAudioUnitErr_InvalidElement;
    return *status == noErr ? unit->scopes[scope].elements[element] : NULL;
}

static void drop_layout(cm_element *e)
{
    free(e->layout);
    e->layout = NULL;
    e->layout_size = 0;
}

static void free_element(cm_element *e)
{
    if (!e)
        return;
    if (e->name)
        CFRelease(e->name);
    free(e->layout);
    free((void *)e->values);
    cm_buffers_free(&e->client);
    cm_buffers_free(&e->planar);
    free(e);
}

static cm_element *new_element(const cm_unit *unit)
{
    cm_element *e = calloc(1, sizeof *e);
    if (e)
        e->values = calloc(unit->parameter_count + 1, sizeof *e->values);
    if (!e || !e->values) {
        free_element(e);
        return NULL;
    }
    return e;
}

static void begin_element(cm_unit *unit, AudioUnitScope scope, UInt32 element)
{
    cm_element *e = unit->scopes[scope].elements[element];
    UInt32 channels = unit->kind->scopes[scope].channels;
    e->allocates = true;
    if (is_io(scope))
        e->format = cm_unit_planar_format(USUAL_RATE, channels ? channels : 2);
    for (UInt32 i = 0; i < unit->parameter_count; i++)
        if (unit->parameters[i].scope == scope)
            cm_unit_set_value(unit, scope, element, i, unit->parameters[i].initial);
}

/* Elements stay in memory once made, since parameters are looked at without a lock. */
static OSStatus grow(cm_unit *unit, AudioUnitScope scope, UInt32 count)
{
    cm_scope *s = &unit->scopes[scope];
    while (s->count < count) {
        UInt32 next = s->count;
        if (!s->elements[next])
            s->elements[next] = new_element(unit);
        if (!s->elements[next])
            return kAudio_MemFullError;
        begin_element(unit, scope, next);
        s->count = next + 1;
    }
    return noErr;
}

static void shrink(cm_unit *unit, AudioUnitScope scope, UInt32 count)
{
    cm_scope *s = &unit->scopes[scope];
    while (s->count > count) {
        cm_element *e = s->elements[s->count - 1];
        if (scope == kAudioUnitScope_Input)
            cm_unit_set_callback(unit, s->count - 1, NULL, NULL);
        drop_layout(e);
        if (e->name)
            CFRelease(e->name);
        e->name = NULL;
        cm_buffers_free(&e->client);
        cm_buffers_free(&e->planar);
        s->count--;
    }
}

OSStatus cm_unit_set_element_count(cm_unit *unit, AudioUnitScope scope, UInt32 count)
{
    const cm_scope_rule *rule = &unit->kind->scopes[scope];
    UInt32 before = unit->scopes[scope].count;
    if (count == before)
        return noErr;
    if (rule->maximum <= rule->minimum)
        return kAudioUnitErr_PropertyNotWritable;
    if (count < rule->minimum || count > rule->maximum || count > MOST_ELEMENTS)
        return cm_fail(kAudioUnitErr_InvalidPropertyValue, "%u elements are not between %u and %u", count,
                       rule->minimum, rule->maximum);
    OSStatus status = noErr;
    if (count > before)
        status = grow(unit, scope, count);
    else
        shrink(unit, scope, count);
    if (status == noErr && unit->is_initialized)
        status = cm_unit_reinitialize(unit);
    if (status != noErr && count > before)
        shrink(unit, scope, before);
    return status;
}

static OSStatus open_scope(cm_unit *unit, AudioUnitScope scope)
{
    const cm_scope_rule *rule = &unit->kind->scopes[scope];
    cm_scope *s = &unit->scopes[scope];
    UInt32 initial = scope == kAudioUnitScope_Global ? 1 : rule->initial;
    s->room = rule->maximum < MOST_ELEMENTS ? rule->maximum : MOST_ELEMENTS;
    s->room = s->room > initial ? s->room : initial;
    s->elements = calloc(s->room + 1, sizeof *s->elements);
    return s->elements ? grow(unit, scope, initial) : kAudio_MemFullError;
}

OSStatus cm_unit_open_elements(cm_unit *unit)
{
    OSStatus status = noErr;
    for (AudioUnitScope s = 0; s < CM_UNIT_SCOPES && status == noErr; s++)
        status = open_scope(unit, s);
    return status;
}

void cm_unit_free_elements(cm_unit *unit)
{
    for (AudioUnitScope s = 0; s < CM_UNIT_SCOPES; s++) {
        cm_scope *scope = &unit->scopes[s];
        if (!scope->elements)
            continue;
        shrink(unit, s, 0);
        for (UInt32 i = 0; i < scope->room; i++)
            free_element(scope->elements[i]);
        free(scope->elements);
        scope->elements = NULL;
    }
}

/* ---- formats ---- */

static OSStatus check_format(cm_unit *unit, AudioUnitScope scope, AudioUnitElement element,
                             const AudioStreamBasicDescription *format)
{
    if (!cm_asbd_is_pcm(format) || cm_asbd_check(format) != noErr)
        return cm_fail(kAudioUnitErr_FormatNotSupported, "units take linear PCM");
    if (format->mSampleRate <= 0)
        return cm_fail(kAudioUnitErr_FormatNotSupported, "the format has no sample rate");
    if (unit->kind->formats == CM_FORMAT_PLANAR && !cm_unit_is_planar_float(format))
        return cm_fail(kAudioUnitErr_FormatNotSupported,
                       "this unit takes 32-bit float that is not interleaved");
    return unit->kind->check_format ? unit->kind->check_format(unit, scope, element, format) : noErr;
}

static bool same_format(const AudioStreamBasicDescription *a, const AudioStreamBasicDescription *b)
{
    cm_pcm pa, pb;
    return a->mSampleRate == b->mSampleRate && cm_pcm_from_asbd(a, &pa) == noErr &&
           cm_pcm_from_asbd(b, &pb) == noErr && pa.channels == pb.channels && cm_pcm_same(&pa, &pb);
}

OSStatus cm_unit_set_format(cm_unit *unit, AudioUnitScope scope, AudioUnitElement element,
                            const AudioStreamBasicDescription *format)
{
    OSStatus status;
    cm_element *e = cm_unit_element(unit, scope, element, &status);
    if (!e)
        return status;
    AudioStreamBasicDescription before = e->format, wanted = *format;
    if (cm_asbd_is_pcm(&wanted) && wanted.mFormatFlags != 0)
        cm_asbd_complete(&wanted);
    status = check_format(unit, scope, element, &wanted);
    if (status != noErr || same_format(&wanted, &before))
        return status;
    if (unit->is_initialized && !unit->kind->changes_while_initialized)
        return kAudioUnitErr_Initialized;
    e->format = wanted;
    if (unit->is_initialized) {
        status = cm_unit_reinitialize(unit);
        if (status != noErr) {
            e->format = before;
            cm_unit_reinitialize(unit);
            return status;
        }
    }
    if (before.mChannelsPerFrame != wanted.mChannelsPerFrame)
        drop_layout(e);
    if (unit->kind->format_changed)
        unit->kind->format_changed(unit, scope, element);
    return noErr;
}

/* ---- memory for slices ---- */

static bool channels_fit(const AUChannelInfo *info, UInt32 in, UInt32 out)
{
    if (info->inChannels == -1 && info->outChannels == -1)
        return in == out;
    return (info->inChannels < 0 || (UInt32)info->inChannels == in) &&
           (info->outChannels < 0 || (UInt32)info->outChannels == out);
}

static OSStatus check_channels(const cm_unit *unit, UInt32 in, UInt32 out)
{
    static const AUChannelInfo as_many = { -1, -1 };
    const AUChannelInfo *infos = unit->kind->channels ? unit->kind->channels : &as_many;
    UInt32 count = unit->kind->channels ? unit->kind->channel_count : 1;
    for (UInt32 i = 0; i < count; i++)
        if (channels_fit(&infos[i], in, out))
            return noErr;
    return cm_fail(kAudioUnitErr_FormatNotSupported, "this unit does not make %u channels of %u", out, in);
}

/* What process() relies on: one rate, and numbers of channels that the class knows. */
static OSStatus check_formats(const cm_unit *unit)
{
    const cm_scope *in = &unit->scopes[kAudioUnitScope_Input], *out = &unit->scopes[kAudioUnitScope_Output];
    Float64 rate = out->count ? cm_unit_output(unit, 0)->format.mSampleRate : 0;
    for (UInt32 i = 0; i < in->count + out->count; i++) {
        const cm_element *e = i < in->count ? in->elements[i] : out->elements[i - in->count];
        if (rate > 0 && e->format.mSampleRate != rate)
            return cm_fail(kAudioUnitErr_FormatNotSupported,
                           "this unit's buses have one sample rate: %g, not %g", rate, e->format.mSampleRate);
    }
    UInt32 outputs = out->count ? cm_unit_output(unit, 0)->format.mChannelsPerFrame : 0;
    if (in->count == 0)
        return unit->kind->channels ? check_channels(unit, 0, outputs) : noErr;
    return check_channels(unit, cm_unit_input(unit, 0)->format.mChannelsPerFrame, outputs);
}

static OSStatus alloc_element(const cm_unit *unit, cm_element *e)
{
    cm_pcm pcm;
    OSStatus status = cm_pcm_from_asbd(&e->format, &pcm);
    if (status == noErr)
        status = cm_buffers_alloc(&e->client, &pcm, unit->max_frames);
    if (status != noErr || !unit->kind->process || cm_unit_is_planar_float(&e->format))
        return status;
    pcm = cm_pcm_float32(pcm.channels, true);
    return cm_buffers_alloc(&e->planar, &pcm, unit->max_frames);
}

static OSStatus alloc_windows(cm_unit *unit)
{
    UInt32 inputs = unit->scopes[kAudioUnitScope_Input].count;
    UInt32 outputs = unit->scopes[kAudioUnitScope_Output].count;
    unit->in_lists = calloc(inputs + 1, sizeof *unit->in_lists);
    unit->segment_in = calloc(inputs + 1, sizeof *unit->segment_in);
    unit->out_lists = calloc(outputs + 1, sizeof *unit->out_lists);
    unit->windows = calloc(inputs + outputs + 1, sizeof *unit->windows);
    if (!unit->in_lists || !unit->segment_in || !unit->out_lists || !unit->windows)
        return kAudio_MemFullError;
    for (UInt32 i = 0; i < inputs + outputs; i++) {
        const cm_element *e = i < inputs ? cm_unit_input(unit, i) : cm_unit_output(unit, i - inputs);
        UInt32 channels = e->format.mChannelsPerFrame;
        unit->windows[i] = calloc(1, sizeof(AudioBufferList) + channels * sizeof(AudioBuffer));
        if (!unit->windows[i])
            return kAudio_MemFullError;
    }
    unit->window_count = inputs + outputs;
    return noErr;
}

OSStatus cm_unit_alloc_buffers(cm_unit *unit)
{
    OSStatus status = unit->kind->process ? check_formats(unit) : noErr;
    for (AudioUnitScope s = kAudioUnitScope_Input; s <= kAudioUnitScope_Output; s++)
        for (UInt32 i = 0; i < unit->scopes[s].count && status == noErr; i++)
            status = alloc_element(unit, unit->scopes[s].elements[i]);
    if (status == noErr && unit->kind->process)
        status = alloc_windows(unit);
    return status;
}

void cm_unit_free_buffers(cm_unit *unit)
{
    for (AudioUnitScope s = kAudioUnitScope_Input; s <= kAudioUnitScope_Output; s++)
        for (UInt32 i = 0; i < unit->scopes[s].count; i++) {
            cm_buffers_free(&unit->scopes[s].elements[i]->client);
            cm_buffers_free(&unit->scopes[s].elements[i]->planar);
        }
    for (UInt32 i = 0; unit->windows && i < unit->window_count; i++)
        free(unit->windows[i]);
    free(unit->windows);
    free(unit->in_lists);
    free(unit->segment_in);
    free(unit->out_lists);
    unit->windows = NULL;
    unit->in_lists = NULL;
    unit->segment_in = NULL;
    unit->out_lists = NULL;
    unit->window_count = 0;
}
