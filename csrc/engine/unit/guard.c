/* Who may touch a unit: its control functions one at a time, one render thread, and neither waiting for a
 * lock of the other's. */
#include "../base/lock.h"
#include "unit.h"

#include <time.h>

static uintptr_t this_thread(void)
{
    static _Thread_local char name; /* by its address */
    return (uintptr_t)&name;
}

static void wait_a_little(void)
{
    nanosleep(&(struct timespec){ .tv_nsec = 50000 }, NULL);
}

bool cm_unit_renders_here(const cm_unit *unit)
{
    return atomic_load(&unit->renderer) == this_thread() && unit->depth > 0;
}

OSStatus cm_unit_lock(cm_unit *unit)
{
    if (!cm_render_active())
        return pthread_mutex_lock(&unit->lock) == 0 ? noErr : kAudio_ParamError;
    return pthread_mutex_trylock(&unit->lock) == 0 ? noErr : kAudioUnitErr_CannotDoInCurrentContext;
}

void cm_unit_unlock(cm_unit *unit)
{
    pthread_mutex_unlock(&unit->lock);
}

OSStatus cm_unit_hold(cm_unit *unit)
{
    if (atomic_load(&unit->renderer) == this_thread()) {
        if (unit->holds == 0)
            return kAudioUnitErr_CannotDoInCurrentContext;
        unit->holds++;
        return noErr;
    }
    uintptr_t nobody = 0;
    while (!atomic_compare_exchange_weak(&unit->renderer, &nobody, this_thread())) {
        nobody = 0;
        wait_a_little();
    }
    unit->holds = 1;
    return noErr;
}

void cm_unit_release(cm_unit *unit)
{
    if (--unit->holds > 0 || unit->depth > 0)
        return;
    atomic_fetch_add(&unit->renders, 1);
    atomic_store(&unit->renderer, 0);
}

bool cm_unit_enter(cm_unit *unit)
{
    uintptr_t nobody = 0;
    if (atomic_load(&unit->renderer) != this_thread() &&
        !atomic_compare_exchange_strong(&unit->renderer, &nobody, this_thread()))
        return false;
    unit->depth++;
    cm_render_begin();
    return true;
}

void cm_unit_leave(cm_unit *unit)
{
    cm_render_end();
    if (--unit->depth > 0 || unit->holds > 0)
        return;
    atomic_fetch_add(&unit->renders, 1);
    atomic_store(&unit->renderer, 0);
}

static void free_list(cm_retired *list)
{
    while (list) {
        cm_retired *next = list->next;
        list->free(list);
        list = next;
    }
}

void cm_unit_retire(cm_unit *unit, cm_retired *old)
{
    if (old) {
        old->next = unit->retired;
        unit->retired = old;
    }
    if (!unit->retired || cm_render_active())
        return;
    UInt64 before = atomic_load(&unit->renders);
    while (!unit->holds && atomic_load(&unit->renderer) != 0 && atomic_load(&unit->renders) == before)
        wait_a_little();
    cm_retired *list = unit->retired;
    unit->retired = NULL;
    free_list(list);
}
