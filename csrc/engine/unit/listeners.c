/* Who wants to hear of a property's changes. */
#include "unit.h"

#include <stdlib.h>

OSStatus cm_unit_add_listener(void *self, AudioUnitPropertyID id, AudioUnitPropertyListenerProc proc,
                              void *user)
{
    cm_unit *unit = self;
    OSStatus status = cm_unit_lock(unit);
    if (status != noErr)
        return status;
    if (id == kAudioUnitProperty_LastRenderError) /* which is found out on a render thread */
        cm_unit_mind(unit);
    if (unit->listener_count == unit->listener_room) {
        UInt32 room = unit->listener_room ? 2 * unit->listener_room : 8;
        cm_listener *more = realloc(unit->listeners, room * sizeof *more);
        status = more ? noErr : kAudio_MemFullError;
        if (more) {
            unit->listeners = more;
            unit->listener_room = room;
        }
    }
    if (status == noErr)
        unit->listeners[unit->listener_count++] = (cm_listener){ id, proc, user };
    cm_unit_unlock(unit);
    return status;
}

static OSStatus remove_listeners(cm_unit *unit, AudioUnitPropertyID id, AudioUnitPropertyListenerProc proc,
                                 const void *user, bool whatever_user)
{
    UInt32 kept = 0;
    OSStatus status = cm_unit_lock(unit);
    if (status != noErr)
        return status;
    for (UInt32 i = 0; i < unit->listener_count; i++) {
        const cm_listener *l = &unit->listeners[i];
        if (l->id != id || l->proc != proc || (!whatever_user && l->user != user))
            unit->listeners[kept++] = *l;
    }
    unit->listener_count = kept;
    cm_unit_unlock(unit);
    return noErr;
}

OSStatus cm_unit_remove_listener(void *self, AudioUnitPropertyID id, AudioUnitPropertyListenerProc proc)
{
    return remove_listeners(self, id, proc, NULL, true);
}

OSStatus cm_unit_remove_listener_with_user(void *self, AudioUnitPropertyID id,
                                           AudioUnitPropertyListenerProc proc, void *user)
{
    return remove_listeners(self, id, proc, user, false);
}

/* A copy, so that a listener may add and remove others. The caller frees it. */
static cm_listener *copy_listeners(cm_unit *unit, AudioUnitPropertyID id, UInt32 *count)
{
    *count = 0;
    if (cm_unit_lock(unit) != noErr)
        return NULL;
    cm_listener *copy = unit->listener_count ? malloc(unit->listener_count * sizeof *copy) : NULL;
    for (UInt32 i = 0; copy && i < unit->listener_count; i++)
        if (unit->listeners[i].id == id)
            copy[(*count)++] = unit->listeners[i];
    cm_unit_unlock(unit);
    return copy;
}

void cm_unit_tell(cm_unit *unit, AudioUnitPropertyID id, AudioUnitScope scope, AudioUnitElement element)
{
    UInt32 count;
    cm_listener *listeners = copy_listeners(unit, id, &count);
    for (UInt32 i = 0; i < count; i++)
        listeners[i].proc(listeners[i].user, unit->self, id, scope, element);
    free(listeners);
}
