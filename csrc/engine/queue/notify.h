/*
 * notify.h: how a queue calls its client: buffers that go back, and properties that changed, one at a time in
 * the order in which it happened, on a thread of the queue's own, on the client's run loop or dispatch queue,
 * or, while a queue renders offline, on the thread of the client's own call.
 */
#ifndef CM_QUEUE_NOTIFY_H
#define CM_QUEUE_NOTIFY_H

#include "../base/dispatch.h"
#include "../base/runloop.h"

#include <AudioToolbox/AudioQueue.h>
#include <pthread.h>
#include <stdbool.h>

struct cm_queue;
struct cm_buffer;

typedef struct cm_notice {
    struct cm_buffer *buffer; /* NULL: a property */
    AudioQueuePropertyID property;
    bool by_reset; /* the client may not enqueue from this callback */
    struct cm_notice *next;
} cm_notice;

typedef struct cm_listener {
    AudioQueuePropertyID property;
    AudioQueuePropertyListenerProc proc;
    void *user;
    struct cm_listener *next;
} cm_listener;

typedef struct cm_notifier {
    struct cm_queue *queue;
    CFRunLoopRef loop;         /* retained, or NULL */
    CFStringRef mode;          /* retained, or NULL */
    dispatch_queue_t dispatch; /* retained, or NULL */
    pthread_mutex_t lock;      /* a leaf: no other lock is taken under it */
    pthread_cond_t changed;
    cm_notice *first, **last;
    cm_listener *listeners;
    bool is_inline; /* only cm_notifier_deliver calls */
    bool is_closed;
    pthread_t thread;
    bool has_thread;
    int calls; /* under way, nested */
    pthread_t caller;
    bool in_reset; /* the call under way is about a buffer that a reset gave back */
} cm_notifier;

/* One of loop and dispatch is NULL, or both. */
OSStatus cm_notifier_init(cm_notifier *n, struct cm_queue *queue, CFRunLoopRef loop, CFStringRef mode,
                          dispatch_queue_t dispatch);

/* [control] Frees what is left; no thread uses it any more. */
void cm_notifier_free(cm_notifier *n);

/* [any, but not render] Queues a notice. */
void cm_notifier_buffer(cm_notifier *n, struct cm_buffer *buffer, bool by_reset);
void cm_notifier_property(cm_notifier *n, AudioQueuePropertyID property);

/* [any] True inside a callback about a buffer that a reset gave back. */
bool cm_notifier_in_reset(cm_notifier *n);

/* [any] True when nothing is queued or under way. */
bool cm_notifier_is_idle(cm_notifier *n);

/* [any, no lock held] Waits until all is delivered; not inside a callback, nor for a run loop or a dispatch
 * queue. */
void cm_notifier_wait(cm_notifier *n);

/* [any, no lock held] Delivers what is queued on the caller's thread. True when there was something. */
bool cm_notifier_deliver(cm_notifier *n);

/* [any] No callback begins from now on. */
void cm_notifier_mute(cm_notifier *n);

/* [any, no lock held] The callback that is under way has ended, unless this is inside it. */
void cm_notifier_wait_for_call(cm_notifier *n);

/* [any, no lock held] The same, and none is under way, unless this is inside one; the thread ends. */
void cm_notifier_close(cm_notifier *n);

OSStatus cm_notifier_add(cm_notifier *n, AudioQueuePropertyID property, AudioQueuePropertyListenerProc proc,
                         void *user);
/* When it returns, the listener is not being called, unless this is inside a callback. */
OSStatus cm_notifier_remove(cm_notifier *n, AudioQueuePropertyID property,
                            AudioQueuePropertyListenerProc proc, void *user);

#endif
