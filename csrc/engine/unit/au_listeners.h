/*
 * au_listeners.h: listeners to parameters and events of units, shared by au_listeners.c (who listens to
 * what), au_listener_life.c and au_delivery.c (calling them on their run loops).
 */
#ifndef CM_UNIT_AU_LISTENERS_H
#define CM_UNIT_AU_LISTENERS_H

#include <AudioToolbox/AudioUnitUtilities.h>
#include <pthread.h>
#include <stdbool.h>

/* What a listener wants to hear of. */
typedef struct cm_au_watch {
    void *object;
    AudioUnitEvent event;
} cm_au_watch;

/* What it was told and has not heard yet. */
typedef struct cm_au_news {
    cm_au_watch watch;
    UInt64 time; /* host time when it was told first */
    AudioUnitParameterValue value;
    struct cm_au_news *next;
} cm_au_news;

/* All but what is set at the beginning is under the lock of all listeners. */
typedef struct cm_au_listener {
    AUEventListenerRef handle;
    AUParameterListenerProc parameter_proc; /* one of the two, or a block */
    AUEventListenerProc event_proc;
    void *user;
    const void *block;
    bool hears_values_only; /* a parameter listener */
    CFRunLoopRef loop;      /* retained, and the mode; or */
    CFStringRef mode;
    dispatch_queue_t queue;
    UInt64 interval, granularity; /* host time */

    cm_au_watch *watches;
    UInt32 count, room;
    cm_au_news *first, **last;
    UInt64 delivered; /* when it was called last */
    UInt64 due;       /* when it is to be called, by the thread that waits for that; 0: not by that */
    bool is_posted;   /* a call is under way: waits for its time, in the loop, or runs */
    bool is_calling;  /* on this thread: */
    pthread_t caller;
    bool is_over;
    struct cm_au_listener *next;
} cm_au_listener;

/* [any, but not render] The lock of all listeners. Held for moments: neither units nor listeners are called.
 */
void cm_au_lock(void);
void cm_au_unlock(void);

/* Under the lock: the listeners there are. */
extern cm_au_listener *cm_au_listeners;

bool cm_au_same_event(const AudioUnitEvent *a, const AudioUnitEvent *b);

/* [control] Removes all watches: no unit tells the listener of a property any more. */
void cm_au_leave_units(cm_au_listener *listener);

/* ---- au_delivery.c, all under the lock ---- */

/* Queues the news and has the listener called. What finds no memory is not heard. */
void cm_au_tell(cm_au_listener *listener, const cm_au_watch *watch, AudioUnitParameterValue value);

/* Forgets the news of a watch, or all. */
void cm_au_forget(cm_au_listener *listener, const cm_au_watch *watch);

/* Waits until the listener does not run, unless it runs on this thread. */
void cm_au_wait(const cm_au_listener *listener);

#endif
