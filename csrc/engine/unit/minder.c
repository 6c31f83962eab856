/*
 * The thread that looks after units which live with a device: it does what a render thread has found out or a
 * listener of the HAL has heard, since neither may wait for a unit's lock. Started with the first such unit.
 */
#include "../base/fork.h"
#include "../base/handle.h"
#include "unit.h"

#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

#define AGAIN_NANOSECONDS 100000000L

static struct {
    pthread_mutex_t lock; /* guards the following */
    pthread_once_t once;
    cm_unit *units;
    bool has_thread;
    sem_t calls; /* posting takes no lock, so that a render thread may */
} minder = { .lock = PTHREAD_MUTEX_INITIALIZER, .once = PTHREAD_ONCE_INIT };

/* Handles of units that called; they are pinned afterwards, without the list's lock. */
static UInt32 collect(AudioUnit *handles, UInt32 most)
{
    UInt32 count = 0;
    pthread_mutex_lock(&minder.lock);
    for (cm_unit *u = minder.units; u && count < most; u = u->next_minded)
        if (atomic_load(&u->attention))
            handles[count++] = u->self;
    pthread_mutex_unlock(&minder.lock);
    return count;
}

/* True: once more, in a while. */
static bool attend(cm_unit *unit)
{
    UInt32 what = atomic_exchange(&unit->attention, 0);
    bool again = false;
    if (atomic_load(&unit->is_shut))
        return false;
    if ((what & CM_ATTEND_DEVICE) && unit->kind->attend)
        again = unit->kind->attend(unit);
    if (again)
        atomic_fetch_or(&unit->attention, CM_ATTEND_DEVICE);
    if (what & CM_ATTEND_ERROR)
        cm_unit_tell(unit, kAudioUnitProperty_LastRenderError, kAudioUnitScope_Global, 0);
    if (what & CM_ATTEND_RUNNING)
        cm_unit_tell(unit, kAudioOutputUnitProperty_IsRunning, kAudioUnitScope_Global, 0);
    return again;
}

static bool attend_all(void)
{
    AudioUnit handles[64];
    bool again = false;
    UInt32 count = collect(handles, sizeof handles / sizeof *handles);
    for (UInt32 i = 0; i < count; i++) {
        cm_instance *instance = cm_instance_pin(handles[i]);
        if (!instance)
            continue;
        again |= attend(instance->self);
        cm_handle_unpin(handles[i]);
    }
    return again || count == sizeof handles / sizeof *handles;
}

static void wait_for_call(bool again)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += AGAIN_NANOSECONDS;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    if (again)
        sem_timedwait(&minder.calls, &until);
    else
        sem_wait(&minder.calls);
}

static void *run(void *unused)
{
    bool again = false;
    (void)unused;
    for (;;) {
        wait_for_call(again);
        again = attend_all();
    }
    return NULL;
}

/* A child has neither the thread nor those that play: what lives with a device stays with the parent. */
static void forget_after_fork(void)
{
    pthread_mutex_init(&minder.lock, NULL);
    sem_init(&minder.calls, 0, 0);
    for (cm_unit *u = minder.units; u; u = u->next_minded) {
        u->is_minded = false;
        if (u->kind->attend)
            atomic_store(&u->is_left, true);
    }
    minder.units = NULL;
    minder.has_thread = false;
}

CM_FORGET_IN_CHILD(forget_after_fork)

static void prepare(void)
{
    sem_init(&minder.calls, 0, 0);
}

/* Under the lock. */
static void start_thread(void)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    minder.has_thread = pthread_create(&thread, &attributes, run, NULL) == 0;
    pthread_attr_destroy(&attributes);
}

OSStatus cm_unit_mind(cm_unit *unit)
{
    pthread_once(&minder.once, prepare);
    pthread_mutex_lock(&minder.lock);
    if (!minder.has_thread)
        start_thread();
    bool has_thread = minder.has_thread;
    if (has_thread && !unit->is_minded) {
        unit->next_minded = minder.units;
        minder.units = unit;
        unit->is_minded = true;
    }
    pthread_mutex_unlock(&minder.lock);
    return has_thread ? noErr : cm_fail(kAudio_MemFullError, "no thread can be started");
}

void cm_unit_unmind(cm_unit *unit)
{
    pthread_mutex_lock(&minder.lock);
    for (cm_unit **u = &minder.units; unit->is_minded && *u; u = &(*u)->next_minded)
        if (*u == unit) {
            *u = unit->next_minded;
            break;
        }
    unit->is_minded = false;
    pthread_mutex_unlock(&minder.lock);
}

void cm_unit_call(cm_unit *unit, UInt32 what)
{
    atomic_fetch_or(&unit->attention, what);
    if (atomic_load(&unit->is_minded))
        sem_post(&minder.calls);
}
