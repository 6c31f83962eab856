#include "../base/block.h"
#include "../base/clock.h"
#include "../base/dispatch.h"
#include "../base/fork.h"
#include "../base/handle.h"
#include "../base/runloop.h"
#include "au_listeners.h"

#include <stdlib.h>
#include <time.h>

/* Waits for the time at which listeners with an interval may be called again. Under the lock of all
 * listeners. */
static struct {
    bool is_there;
    pthread_mutex_t lock;
    pthread_cond_t changed;
} waiter = { .lock = PTHREAD_MUTEX_INITIALIZER };

static pthread_cond_t called = PTHREAD_COND_INITIALIZER; /* a listener has returned */

void cm_au_lock(void)
{
    pthread_mutex_lock(&waiter.lock);
}

void cm_au_unlock(void)
{
    pthread_mutex_unlock(&waiter.lock);
}

/* What the parent's listeners were told stays with the parent; the loops of threads that are not there never
 * run. */
static void forget_after_fork(void)
{
    pthread_mutex_init(&waiter.lock, NULL);
    pthread_cond_init(&called, NULL);
    waiter.is_there = false;
}

CM_FORGET_IN_CHILD(forget_after_fork)

/* ---- what waits ---- */

static bool is_parameter(const AudioUnitEvent *event)
{
    return event->mEventType != kAudioUnitEvent_PropertyChange;
}

static bool same_parameter(const AudioUnitParameter *a, const AudioUnitParameter *b)
{
    return a->mAudioUnit == b->mAudioUnit && a->mParameterID == b->mParameterID && a->mScope == b->mScope &&
           a->mElement == b->mElement;
}

/* Earlier news of a value that this one replaces: no gesture is in between, and it is not too long ago. */
static cm_au_news *to_be_replaced(const cm_au_listener *l, const cm_au_watch *watch, UInt64 now)
{
    cm_au_news *found = NULL;
    if (watch->event.mEventType != kAudioUnitEvent_ParameterValueChange)
        return NULL;
    for (cm_au_news *n = l->first; n; n = n->next) {
        if (n->watch.object != watch->object || !is_parameter(&n->watch.event) ||
            !same_parameter(&n->watch.event.mArgument.mParameter, &watch->event.mArgument.mParameter))
            continue;
        bool is_value = n->watch.event.mEventType == kAudioUnitEvent_ParameterValueChange;
        found = is_value && (l->hears_values_only || now - n->time < l->granularity) ? n : NULL;
    }
    return found;
}

static bool append(cm_au_listener *l, const cm_au_watch *watch, UInt64 now, AudioUnitParameterValue value)
{
    cm_au_news *n = malloc(sizeof *n);
    if (!n)
        return false;
    *n = (cm_au_news){ *watch, now, value, NULL };
    if (!l->first)
        l->last = &l->first;
    *l->last = n;
    l->last = &n->next;
    return true;
}

void cm_au_forget(cm_au_listener *l, const cm_au_watch *watch)
{
    cm_au_news **link = &l->first;
    while (*link) {
        cm_au_news *n = *link;
        if (watch &&
            (n->watch.object != watch->object || !cm_au_same_event(&n->watch.event, &watch->event))) {
            link = &n->next;
            continue;
        }
        *link = n->next;
        free(n);
    }
    l->last = link;
}

/* ---- calling ---- */

typedef void (*value_code)(const void *block, void *object, const AudioUnitParameter *parameter,
                           AudioUnitParameterValue value);
typedef void (*event_code)(const void *block, void *object, const AudioUnitEvent *event, UInt64 time,
                           AudioUnitParameterValue value);

static void call(const cm_au_listener *l, const cm_au_news *n)
{
    const AudioUnitEvent *event = &n->watch.event;
    if (l->parameter_proc)
        l->parameter_proc(l->user, n->watch.object, &event->mArgument.mParameter, n->value);
    else if (l->event_proc)
        l->event_proc(l->user, n->watch.object, event, n->time, n->value);
    else if (l->hears_values_only)
        ((value_code)cm_block_invoke(l->block))(l->block, n->watch.object, &event->mArgument.mParameter,
                                                n->value);
    else
        ((event_code)cm_block_invoke(l->block))(l->block, n->watch.object, event, n->time, n->value);
}

static void schedule(cm_au_listener *l);

/* What is told meanwhile, by the listener itself too, is for the next time. */
static void deliver_now(cm_au_listener *l)
{
    UInt32 count = 0;
    for (const cm_au_news *n = l->first; n; n = n->next)
        count++;
    while (count-- > 0 && l->first && !l->is_over) {
        cm_au_news *n = l->first;
        l->first = n->next;
        cm_au_unlock();
        call(l, n);
        free(n);
        cm_au_lock();
    }
}

/* On the run loop or the dispatch queue. */
static void deliver(void *handle)
{
    cm_au_listener *l = cm_handle_pin(handle, CM_KIND_AU_LISTENER);
    if (!l)
        return;
    cm_au_lock();
    l->delivered = AudioGetCurrentHostTime();
    l->caller = pthread_self();
    l->is_calling = true;
    deliver_now(l);
    l->is_calling = l->is_posted = false;
    pthread_cond_broadcast(&called);
    if (l->first && !l->is_over)
        schedule(l);
    cm_au_unlock();
    cm_handle_unpin(handle);
}

void cm_au_wait(const cm_au_listener *l)
{
    while (l->is_calling && !pthread_equal(l->caller, pthread_self()))
        pthread_cond_wait(&called, &waiter.lock);
}

/* Nobody will run a loop whose thread has ended. */
static void post(cm_au_listener *l)
{
    l->due = 0;
    if (l->queue) {
        cm_dispatch_async(l->queue, l->handle, deliver);
    } else if (cm_runloop_perform(l->loop, l->mode, deliver, l->handle) != noErr) {
        l->is_posted = false;
        cm_au_forget(l, NULL);
    }
}

/* Calls who is due; when the next one is, or 0. */
static UInt64 post_due(void)
{
    UInt64 now = AudioGetCurrentHostTime(), next = 0;
    for (cm_au_listener *l = cm_au_listeners; l; l = l->next) {
        if (l->due && l->due <= now)
            post(l);
        else if (l->due && (!next || l->due < next))
            next = l->due;
    }
    return next;
}

static void *wait_for_times(void *unused)
{
    (void)unused;
    cm_au_lock();
    for (;;) {
        UInt64 next = post_due();
        struct timespec until = { (time_t)(next / CM_HOST_TICKS_PER_SECOND),
                                  (long)(next % CM_HOST_TICKS_PER_SECOND) };
        if (next)
            pthread_cond_timedwait(&waiter.changed, &waiter.lock, &until);
        else
            pthread_cond_wait(&waiter.changed, &waiter.lock);
    }
    return NULL;
}

/* Host time is the monotonic clock in nanoseconds. */
static bool start_waiting(void)
{
    pthread_t thread;
    pthread_attr_t detached;
    pthread_condattr_t monotonic;
    if (waiter.is_there)
        return true;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&waiter.changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    waiter.is_there = pthread_create(&thread, &detached, wait_for_times, NULL) == 0;
    pthread_attr_destroy(&detached);
    return waiter.is_there;
}

/* Now, or when its interval is over. */
static void schedule(cm_au_listener *l)
{
    l->is_posted = true;
    l->due = l->delivered ? l->delivered + l->interval : 0;
    if (l->due <= AudioGetCurrentHostTime() || !start_waiting())
        post(l);
    else
        pthread_cond_signal(&waiter.changed);
}

void cm_au_tell(cm_au_listener *l, const cm_au_watch *watch, AudioUnitParameterValue value)
{
    UInt64 now = AudioGetCurrentHostTime();
    cm_au_news *earlier = to_be_replaced(l, watch, now);
    if (earlier)
        earlier->value = value;
    else if (!append(l, watch, now, value))
        return;
    if (!l->is_posted)
        schedule(l);
}
