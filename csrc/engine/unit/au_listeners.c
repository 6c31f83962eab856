/* au_listeners.c: AUParameterListener and AUEventListener, which are one: a parameter listener hears values
 * only. */
#include "au_listeners.h"
#include "../base/clock.h"
#include "../base/handle.h"
#include "../base/realtime.h"
#include "instance.h"

#include <stdlib.h>

cm_au_listener *cm_au_listeners;

/* ---- watches ---- */

bool cm_au_same_event(const AudioUnitEvent *a, const AudioUnitEvent *b)
{
    const AudioUnitProperty *p = &a->mArgument.mProperty, *q = &b->mArgument.mProperty;
    const AudioUnitParameter *v = &a->mArgument.mParameter, *w = &b->mArgument.mParameter;
    if (a->mEventType != b->mEventType)
        return false;
    if (a->mEventType == kAudioUnitEvent_PropertyChange)
        return p->mAudioUnit == q->mAudioUnit && p->mPropertyID == q->mPropertyID && p->mScope == q->mScope &&
               p->mElement == q->mElement;
    return v->mAudioUnit == w->mAudioUnit && v->mParameterID == w->mParameterID && v->mScope == w->mScope &&
           v->mElement == w->mElement;
}

static cm_au_watch *find(const cm_au_listener *l, const cm_au_watch *watch)
{
    for (UInt32 i = 0; i < l->count; i++)
        if (l->watches[i].object == watch->object && cm_au_same_event(&l->watches[i].event, &watch->event))
            return &l->watches[i];
    return NULL;
}

static bool add(cm_au_listener *l, const cm_au_watch *watch)
{
    if (l->count == l->room) {
        UInt32 room = l->room ? 2 * l->room : 8;
        cm_au_watch *more = realloc(l->watches, room * sizeof *more);
        if (!more)
            return false;
        l->watches = more;
        l->room = room;
    }
    l->watches[l->count++] = *watch;
    return true;
}

/* Any watch of the same property of the same unit: the unit's own listeners are not told apart by elements.
 */
static bool watches_property(const cm_au_listener *l, const AudioUnitProperty *property)
{
    for (UInt32 i = 0; i < l->count; i++)
        if (l->watches[i].event.mEventType == kAudioUnitEvent_PropertyChange &&
            l->watches[i].event.mArgument.mProperty.mAudioUnit == property->mAudioUnit &&
            l->watches[i].event.mArgument.mProperty.mPropertyID == property->mPropertyID)
            return true;
    return false;
}

/* ---- telling ---- */

/* Under the lock; all who watch this, but for one. */
static void tell_all(const AudioUnitEvent *event, AudioUnitParameterValue value, AUEventListenerRef sender,
                     const void *object)
{
    for (cm_au_listener *l = cm_au_listeners; l; l = l->next)
        for (UInt32 i = 0; i < l->count; i++)
            if (cm_au_same_event(&l->watches[i].event, event) &&
                !(sender && l->handle == sender && l->watches[i].object == object))
                cm_au_tell(l, &l->watches[i], value);
}

/* A unit's property listener. The listener may be gone, since the unit tells a copy of its list. */
static void property_changed(void *handle, AudioUnit unit, AudioUnitPropertyID id, AudioUnitScope scope,
                             AudioUnitElement element)
{
    const AudioUnitEvent event = { kAudioUnitEvent_PropertyChange,
                                   { .mProperty = { unit, id, scope, element } } };
    cm_au_listener *l = cm_handle_pin(handle, CM_KIND_AU_LISTENER);
    if (!l)
        return;
    cm_au_lock();
    for (UInt32 i = 0; i < l->count && !l->is_over; i++)
        if (cm_au_same_event(&l->watches[i].event, &event))
            cm_au_tell(l, &l->watches[i], 0);
    cm_au_unlock();
    cm_handle_unpin(handle);
}

/* The parameters of a unit that anybody watches, each once. The caller frees them. */
static AudioUnitParameter *watched_parameters(AudioUnit unit, UInt32 *count)
{
    UInt32 room = 0, n = 0;
    cm_au_lock();
    for (const cm_au_listener *l = cm_au_listeners; l; l = l->next)
        room += l->count;
    AudioUnitParameter *list = room ? malloc(room * sizeof *list) : NULL;
    for (const cm_au_listener *l = list ? cm_au_listeners : NULL; l; l = l->next) {
        for (UInt32 i = 0; i < l->count; i++) {
            const AudioUnitParameter *p = &l->watches[i].event.mArgument.mParameter;
            bool is_new = l->watches[i].event.mEventType == kAudioUnitEvent_ParameterValueChange &&
                          p->mAudioUnit == unit;
            for (UInt32 k = 0; k < n && is_new; k++)
                is_new = list[k].mParameterID != p->mParameterID || list[k].mScope != p->mScope ||
                         list[k].mElement != p->mElement;
            if (is_new)
                list[n++] = *p;
        }
    }
    cm_au_unlock();
    *count = n;
    return list;
}

static OSStatus notify(AUEventListenerRef sender, const void *object, const AudioUnitEvent *event)
{
    AudioUnitParameterValue value = 0;
    const AudioUnitParameter *p = &event->mArgument.mParameter;
    if (event->mEventType == kAudioUnitEvent_ParameterValueChange) {
        OSStatus status = AudioUnitGetParameter(p->mAudioUnit, p->mParameterID, p->mScope, p->mElement,
                                                &value);
        if (status != noErr)
            return status;
    }
    cm_au_lock();
    tell_all(event, value, sender, object);
    cm_au_unlock();
    return noErr;
}

static OSStatus notify_any(AUEventListenerRef sender, const void *object, AudioUnit unit)
{
    UInt32 count;
    OSStatus status = noErr;
    AudioUnitParameter *list = watched_parameters(unit, &count);
    for (UInt32 i = 0; i < count; i++) {
        const AudioUnitEvent event = { kAudioUnitEvent_ParameterValueChange, { .mParameter = list[i] } };
        OSStatus one = notify(sender, object, &event);
        status = status == noErr ? one : status;
    }
    free(list);
    return status;
}

OSStatus AUEventListenerNotify(AUEventListenerRef inSendingListener, void *inSendingObject,
                               const AudioUnitEvent *inEvent)
{
    if (!inEvent || inEvent->mEventType > kAudioUnitEvent_PropertyChange)
        return kAudio_ParamError;
    if (cm_render_active())
        return kAudioUnitErr_CannotDoInCurrentContext;
    if (inEvent->mEventType == kAudioUnitEvent_ParameterValueChange &&
        inEvent->mArgument.mParameter.mParameterID == kAUParameterListener_AnyParameter)
        return notify_any(inSendingListener, inSendingObject, inEvent->mArgument.mParameter.mAudioUnit);
    return notify(inSendingListener, inSendingObject, inEvent);
}

OSStatus AUParameterListenerNotify(AUParameterListenerRef inSendingListener, void *inSendingObject,
                                   const AudioUnitParameter *inParameter)
{
    if (!inParameter)
        return kAudio_ParamError;
    return AUEventListenerNotify(
        inSendingListener, inSendingObject,
        &(AudioUnitEvent){ kAudioUnitEvent_ParameterValueChange, { .mParameter = *inParameter } });
}

OSStatus AUParameterSet(AUParameterListenerRef inSendingListener, void *inSendingObject,
                        const AudioUnitParameter *inParameter, AudioUnitParameterValue inValue,
                        UInt32 inBufferOffsetInFrames)
{
    if (!inParameter)
        return kAudio_ParamError;
    if (cm_render_active())
        return kAudioUnitErr_CannotDoInCurrentContext;
    OSStatus status = AudioUnitSetParameter(inParameter->mAudioUnit, inParameter->mParameterID,
                                            inParameter->mScope, inParameter->mElement, inValue,
                                            inBufferOffsetInFrames);
    return status == noErr ? AUParameterListenerNotify(inSendingListener, inSendingObject, inParameter)
                           : status;
}

/* ---- adding and removing ---- */

static AudioUnit unit_of(const AudioUnitEvent *event)
{
    return event->mEventType == kAudioUnitEvent_PropertyChange ? event->mArgument.mProperty.mAudioUnit
                                                               : event->mArgument.mParameter.mAudioUnit;
}

static OSStatus check_event(const cm_au_listener *l, const AudioUnitEvent *event)
{
    bool is_value = event->mEventType == kAudioUnitEvent_ParameterValueChange;
    if (event->mEventType > kAudioUnitEvent_PropertyChange || (l->hears_values_only && !is_value))
        return kAudio_ParamError;
    if (event->mEventType != kAudioUnitEvent_PropertyChange &&
        event->mArgument.mParameter.mParameterID == kAUParameterListener_AnyParameter)
        return cm_fail(kAudio_ParamError, "a listener is added to one parameter, not to any");
    if (!cm_instance_pin(unit_of(event)))
        return cm_instance_dead();
    cm_handle_unpin(unit_of(event));
    return noErr;
}

/* The unit is called without the lock: its listeners are called with the unit's own. */
static void remove_event(cm_au_listener *l, const cm_au_watch *watch)
{
    const AudioUnitProperty *p = &watch->event.mArgument.mProperty;
    cm_au_lock();
    cm_au_watch *found = find(l, watch);
    if (found)
        *found = l->watches[--l->count];
    cm_au_forget(l, watch);
    bool tells_unit = found && watch->event.mEventType == kAudioUnitEvent_PropertyChange &&
                      !watches_property(l, p);
    cm_au_unlock();
    if (tells_unit)
        AudioUnitRemovePropertyListenerWithUserData(p->mAudioUnit, p->mPropertyID, property_changed,
                                                    l->handle);
}

static OSStatus add_event(cm_au_listener *l, const cm_au_watch *watch)
{
    OSStatus status = check_event(l, &watch->event);
    if (status != noErr)
        return status;
    const AudioUnitProperty *p = &watch->event.mArgument.mProperty;
    cm_au_lock();
    bool is_new = !find(l, watch);
    bool asks_unit = is_new && watch->event.mEventType == kAudioUnitEvent_PropertyChange &&
                     !watches_property(l, p);
    if (is_new && !add(l, watch))
        status = kAudio_MemFullError;
    cm_au_unlock();
    if (status == noErr && asks_unit)
        status = AudioUnitAddPropertyListener(p->mAudioUnit, p->mPropertyID, property_changed, l->handle);
    if (status != noErr)
        remove_event(l, watch);
    return status;
}

void cm_au_leave_units(cm_au_listener *l)
{
    for (;;) {
        cm_au_lock();
        cm_au_watch watch = l->count ? l->watches[l->count - 1] : (cm_au_watch){ 0 };
        bool is_there = l->count > 0;
        cm_au_unlock();
        if (!is_there)
            return;
        remove_event(l, &watch);
    }
}

OSStatus AUEventListenerAddEventType(AUEventListenerRef inListener, void *inObject,
                                     const AudioUnitEvent *inEvent)
{
    cm_au_listener *l = inEvent ? cm_handle_pin(inListener, CM_KIND_AU_LISTENER) : NULL;
    if (!l)
        return kAudio_ParamError;
    OSStatus status = add_event(l, &(cm_au_watch){ inObject, *inEvent });
    cm_handle_unpin(inListener);
    return status;
}

OSStatus AUEventListenerRemoveEventType(AUEventListenerRef inListener, void *inObject,
                                        const AudioUnitEvent *inEvent)
{
    cm_au_listener *l = inEvent ? cm_handle_pin(inListener, CM_KIND_AU_LISTENER) : NULL;
    if (!l)
        return kAudio_ParamError;
    remove_event(l, &(cm_au_watch){ inObject, *inEvent });
    cm_handle_unpin(inListener);
    return noErr;
}

OSStatus AUListenerAddParameter(AUParameterListenerRef inListener, void *inObject,
                                const AudioUnitParameter *inParameter)
{
    if (!inParameter)
        return kAudio_ParamError;
    return AUEventListenerAddEventType(
        inListener, inObject,
        &(AudioUnitEvent){ kAudioUnitEvent_ParameterValueChange, { .mParameter = *inParameter } });
}

OSStatus AUListenerRemoveParameter(AUParameterListenerRef inListener, void *inObject,
                                   const AudioUnitParameter *inParameter)
{
    if (!inParameter)
        return kAudio_ParamError;
    return AUEventListenerRemoveEventType(
        inListener, inObject,
        &(AudioUnitEvent){ kAudioUnitEvent_ParameterValueChange, { .mParameter = *inParameter } });
}
