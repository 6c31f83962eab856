/* A unit's life: open, initialize, reset, shut down. */
#include "unit.h"

#include "../base/lock.h"

#include <stdlib.h>

#define USUAL_MAX_FRAMES 1156u

static OSStatus open_unit(cm_unit *unit)
{
    const cm_unit_class *kind = unit->kind;
    unit->parameters = kind->parameters;
    unit->parameter_count = kind->parameter_count;
    unit->max_frames = kind->max_frames ? kind->max_frames : USUAL_MAX_FRAMES;
    unit->preset_number = -1;
    unit->state = calloc(1, kind->state_size + 1);
    unit->events = aligned_alloc(64, (sizeof *unit->events + 63) / 64 * 64);
    unit->pending = malloc(CM_EVENTS * sizeof *unit->pending);
    if (!unit->state || !unit->events || !unit->pending)
        return kAudio_MemFullError;
    cm_events_init(unit->events);
    OSStatus status = cm_unit_open_elements(unit);
    return status == noErr && kind->open ? kind->open(unit) : status;
}

OSStatus cm_unit_new(const cm_unit_class *kind, AudioUnit self, cm_unit **out)
{
    cm_unit *unit = aligned_alloc(64, (sizeof *unit + 63) / 64 * 64);
    *out = NULL;
    if (!unit)
        return kAudio_MemFullError;
    *unit = (cm_unit){ .kind = kind, .self = self };
    cm_lock_init(&unit->lock);
    OSStatus status = open_unit(unit);
    if (status == noErr)
        *out = unit;
    else
        cm_unit_free(unit);
    return status;
}

static void take_down(cm_unit *unit)
{
    atomic_store(&unit->is_initialized, false);
    if (unit->kind->uninitialize)
        unit->kind->uninitialize(unit);
    cm_unit_free_buffers(unit);
    unit->has_cache = false;
}

void cm_unit_free(cm_unit *unit)
{
    if (!unit)
        return;
    if (atomic_exchange(&unit->is_running, false))
        unit->kind->stop(unit);
    cm_unit_unmind(unit);
    cm_unit_hold(unit); /* whoever disposed of it from inside a callback is out of it then */
    if (atomic_load(&unit->is_initialized))
        take_down(unit);
    if (unit->kind->close && unit->state)
        unit->kind->close(unit);
    cm_unit_free_elements(unit);
    cm_unit_remove_all_notifies(unit);
    CFStringRef strings[] = { unit->preset_name, unit->context_name, unit->nick_name };
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        if (strings[i])
            CFRelease(strings[i]);
    free(unit->listeners);
    free(unit->pending);
    free(unit->events);
    free(unit->state);
    pthread_mutex_destroy(&unit->lock);
    free(unit);
}

/* Held. Either it is ready afterwards, or as before. */
static OSStatus set_up(cm_unit *unit)
{
    OSStatus status = cm_unit_alloc_buffers(unit);
    if (status == noErr && unit->kind->initialize)
        status = unit->kind->initialize(unit);
    if (status != noErr)
        take_down(unit);
    atomic_store(&unit->is_initialized, status == noErr);
    return status;
}

static OSStatus initialize(void *self)
{
    cm_unit *unit = self;
    OSStatus status = cm_unit_lock(unit);
    if (status != noErr)
        return status;
    if (atomic_load(&unit->is_shut))
        status = kAudioUnitErr_InvalidElement;
    else if (!atomic_load(&unit->is_initialized)) {
        status = cm_unit_hold(unit);
        if (status == noErr) {
            status = set_up(unit);
            cm_unit_release(unit);
        }
    }
    cm_unit_unlock(unit);
    return status;
}

OSStatus cm_unit_reinitialize(cm_unit *unit)
{
    OSStatus status = cm_unit_hold(unit);
    if (status != noErr)
        return status;
    take_down(unit);
    status = set_up(unit);
    cm_unit_release(unit);
    return status;
}

/* With the lock. */
static OSStatus stop_and_take_down(cm_unit *unit)
{
    if (atomic_exchange(&unit->is_running, false)) {
        unit->kind->stop(unit);
        cm_unit_call(unit, CM_ATTEND_RUNNING);
    }
    OSStatus status = cm_unit_hold(unit);
    if (status != noErr)
        return status;
    if (atomic_load(&unit->is_initialized))
        take_down(unit);
    cm_unit_release(unit);
    return noErr;
}

static OSStatus uninitialize(void *self)
{
    cm_unit *unit = self;
    if (cm_unit_renders_here(unit))
        return kAudioUnitErr_CannotDoInCurrentContext;
    OSStatus status = cm_unit_lock(unit);
    if (status != noErr)
        return status;
    if (atomic_load(&unit->is_initialized))
        status = stop_and_take_down(unit);
    cm_unit_unlock(unit);
    return status;
}

void cm_unit_shut_down(cm_unit *unit)
{
    atomic_store(&unit->is_shut, true);
    if (cm_unit_lock(unit) != noErr)
        return; /* cm_unit_free does it, when the render call is over */
    stop_and_take_down(unit);
    cm_unit_disconnect_all(unit);
    cm_unit_unlock(unit);
}

/* Held, or in the unit's own render call. */
static void forget(cm_unit *unit, AudioUnitScope scope, AudioUnitElement element)
{
    cm_unit_drop_events(unit);
    unit->has_cache = false;
    if (unit->kind->reset && atomic_load(&unit->is_initialized))
        unit->kind->reset(unit, scope, element);
}

static OSStatus reset(void *self, AudioUnitScope scope, AudioUnitElement element)
{
    cm_unit *unit = self;
    OSStatus status;
    if (!cm_unit_element(unit, scope, element, &status))
        return status;
    if (cm_unit_renders_here(unit)) {
        forget(unit, scope, element);
        return noErr;
    }
    status = cm_unit_lock(unit);
    if (status != noErr)
        return status;
    status = cm_unit_hold(unit);
    if (status == noErr) {
        forget(unit, scope, element);
        cm_unit_release(unit);
    }
    cm_unit_unlock(unit);
    return status;
}

/* Listeners are told without the lock; where that cannot be, by the minder. */
static void tell_running(cm_unit *unit)
{
    if (cm_render_active())
        cm_unit_call(unit, CM_ATTEND_RUNNING);
    else
        cm_unit_tell(unit, kAudioOutputUnitProperty_IsRunning, kAudioUnitScope_Global, 0);
}

static OSStatus start(void *self)
{
    cm_unit *unit = self;
    OSStatus status = cm_unit_lock(unit);
    if (status != noErr)
        return status;
    bool was_running = atomic_load(&unit->is_running);
    if (!atomic_load(&unit->is_initialized))
        status = kAudioUnitErr_Uninitialized;
    else if (!was_running)
        status = unit->kind->start(unit);
    bool changes = status == noErr && !was_running;
    if (changes)
        atomic_store(&unit->is_running, true);
    cm_unit_unlock(unit);
    if (changes)
        tell_running(unit);
    return status;
}

static OSStatus stop(void *self)
{
    cm_unit *unit = self;
    OSStatus status = cm_unit_lock(unit);
    if (status != noErr)
        return status;
    bool changes = atomic_exchange(&unit->is_running, false);
    if (changes)
        status = unit->kind->stop(unit);
    cm_unit_unlock(unit);
    if (changes)
        tell_running(unit);
    return status;
}

/* ---- what units implement ---- */

#define COMMON                                                                                               \
    .initialize = initialize, .uninitialize = uninitialize, .get_property_info = cm_unit_get_property_info,  \
    .get_property = cm_unit_get_property, .set_property = cm_unit_set_property,                              \
    .add_property_listener = cm_unit_add_listener, .remove_property_listener = cm_unit_remove_listener,      \
    .remove_property_listener_with_user_data = cm_unit_remove_listener_with_user,                            \
    .add_render_notify = cm_unit_add_render_notify, .remove_render_notify = cm_unit_remove_render_notify,    \
    .get_parameter = cm_unit_get_parameter, .set_parameter = cm_unit_set_parameter,                          \
    .schedule_parameters = cm_unit_schedule_parameters, .render = cm_unit_render, .reset = reset

#define PROCESS .process = cm_unit_process, .process_multiple = cm_unit_process_multiple

static const cm_unit_methods plain_methods = { COMMON };
static const cm_unit_methods process_methods = { COMMON, PROCESS };
static const cm_unit_methods output_methods = { COMMON, .start = start, .stop = stop };
static const cm_unit_methods music_methods = { COMMON, PROCESS, .midi_event = cm_unit_midi_event };
static const cm_unit_methods music_sysex_methods = { COMMON, PROCESS, .midi_event = cm_unit_midi_event,
                                                     .sysex = cm_unit_sysex };

const cm_unit_methods *cm_unit_methods_of(const cm_unit_class *kind)
{
    if (kind->start)
        return &output_methods;
    if (kind->midi_event)
        return kind->sysex ? &music_sysex_methods : &music_methods;
    return kind->process ? &process_methods : &plain_methods;
}
