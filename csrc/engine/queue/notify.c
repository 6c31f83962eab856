#include "queue.h"

#include <stdlib.h>

OSStatus cm_notifier_init(cm_notifier *n, cm_queue *queue, CFRunLoopRef loop, CFStringRef mode,
                          dispatch_queue_t dispatch)
{
    n->queue = queue;
    n->loop = loop ? (CFRunLoopRef)(uintptr_t)CFRetain(loop) : NULL;
    n->mode = loop && mode ? CFRetain(mode) : NULL;
    n->dispatch = dispatch;
    cm_dispatch_retain(dispatch);
    n->last = &n->first;
    pthread_mutex_init(&n->lock, NULL);
    pthread_cond_init(&n->changed, NULL);
    return noErr;
}

static void free_notices(cm_notifier *n)
{
    while (n->first) {
        cm_notice *next = n->first->next;
        free(n->first);
        n->first = next;
    }
    n->last = &n->first;
}

void cm_notifier_free(cm_notifier *n)
{
    free_notices(n);
    while (n->listeners) {
        cm_listener *next = n->listeners->next;
        free(n->listeners);
        n->listeners = next;
    }
    if (n->mode)
        CFRelease(n->mode);
    if (n->loop)
        CFRelease(n->loop);
    cm_dispatch_release(n->dispatch);
    pthread_cond_destroy(&n->changed);
    pthread_mutex_destroy(&n->lock);
}

/* ---- delivering ---- */

/* Called with the lock held. */
static bool calls_from_here(const cm_notifier *n)
{
    return n->calls > 0 && pthread_equal(n->caller, pthread_self());
}

static bool is_listening(cm_notifier *n, const cm_listener *wanted)
{
    for (const cm_listener *at = n->listeners; at; at = at->next)
        if (at->property == wanted->property && at->proc == wanted->proc && at->user == wanted->user)
            return true;
    return false;
}

/* Listeners may come and go meanwhile: one that went is not called, one that came waits for the next time. */
static void tell_listeners(cm_notifier *n, AudioQueuePropertyID property)
{
    cm_listener *copies = NULL, **end = &copies;
    pthread_mutex_lock(&n->lock);
    for (const cm_listener *at = n->listeners; at; at = at->next) {
        cm_listener *copy = at->property == property ? malloc(sizeof *copy) : NULL;
        if (!copy)
            continue;
        *copy = *at;
        copy->next = NULL;
        *end = copy;
        end = &copy->next;
    }
    while (copies) {
        cm_listener *copy = copies;
        copies = copy->next;
        bool calls = !n->is_closed && is_listening(n, copy);
        pthread_mutex_unlock(&n->lock);
        if (calls)
            copy->proc(copy->user, n->queue->self, property);
        free(copy);
        pthread_mutex_lock(&n->lock);
    }
    pthread_mutex_unlock(&n->lock);
}

static void give_back(cm_queue *q, cm_buffer *buffer)
{
    pthread_mutex_lock(&q->lock);
    buffer->state = CM_BUFFER_IDLE;
    pthread_mutex_unlock(&q->lock);
    if (!q->is_input)
        q->output_callback(q->user, q->self, &buffer->shown);
    else
        q->input_callback(q->user, q->self, &buffer->shown, &buffer->start, buffer->packets,
                          buffer->shown.mPacketDescriptionCount ? buffer->shown_descriptions : NULL);
}

/* Called with the lock held, and something queued. */
static void deliver_one(cm_notifier *n)
{
    cm_notice *notice = n->first;
    n->first = notice->next;
    if (!n->first)
        n->last = &n->first;
    pthread_t outer = n->caller;
    bool outer_reset = n->in_reset;
    n->caller = pthread_self();
    n->in_reset = notice->by_reset;
    n->calls++;
    pthread_mutex_unlock(&n->lock);

    if (notice->buffer)
        give_back(n->queue, notice->buffer);
    else
        tell_listeners(n, notice->property);
    free(notice);

    pthread_mutex_lock(&n->lock);
    n->caller = outer;
    n->in_reset = outer_reset;
    n->calls--;
    pthread_cond_broadcast(&n->changed);
}

static void *deliver_forever(void *argument)
{
    cm_notifier *n = argument;
    cm_queue *q = n->queue;
    pthread_mutex_lock(&n->lock);
    while (!n->is_closed) {
        if (n->first && !n->is_inline)
            deliver_one(n);
        else
            pthread_cond_wait(&n->changed, &n->lock);
    }
    pthread_mutex_unlock(&n->lock);
    cm_queue_release(q);
    return NULL;
}

/* One job on the run loop delivers one notice. */
static void deliver_on_loop(void *queue)
{
    cm_queue *q = queue;
    cm_queue_retain(q);
    pthread_mutex_lock(&q->notifier.lock);
    if (q->notifier.first && !q->notifier.is_closed && !q->notifier.is_inline)
        deliver_one(&q->notifier);
    pthread_mutex_unlock(&q->notifier.lock);
    cm_queue_release(q);
}

/* The same on a dispatch queue, which may run several jobs at a time. */
static void deliver_dispatched(void *queue)
{
    cm_queue *q = queue;
    cm_notifier *n = &q->notifier;
    pthread_mutex_lock(&n->lock);
    while (n->calls > 0 && !calls_from_here(n))
        pthread_cond_wait(&n->changed, &n->lock);
    if (n->first && !n->is_closed && !n->is_inline)
        deliver_one(n);
    pthread_mutex_unlock(&n->lock);
    cm_queue_release(q);
}

bool cm_notifier_deliver(cm_notifier *n)
{
    bool found = false;
    pthread_mutex_lock(&n->lock);
    while (n->first && !n->is_closed) {
        found = true;
        deliver_one(n);
    }
    pthread_mutex_unlock(&n->lock);
    return found;
}

/* ---- queueing ---- */

/* Called with the lock held. Without a thread what is queued waits for the next attempt to start one. */
static void start_thread(cm_notifier *n)
{
    if (n->has_thread)
        return;
    cm_queue_retain(n->queue);
    n->has_thread = pthread_create(&n->thread, NULL, deliver_forever, n) == 0;
    if (!n->has_thread)
        cm_queue_release(n->queue);
}

static void add_notice(cm_notifier *n, cm_notice what)
{
    cm_notice *notice = malloc(sizeof *notice);
    if (!notice)
        return;
    *notice = what;
    pthread_mutex_lock(&n->lock);
    if (n->is_closed) {
        pthread_mutex_unlock(&n->lock);
        free(notice);
        return;
    }
    *n->last = notice;
    n->last = &notice->next;
    bool to_loop = n->loop && !n->is_inline, to_dispatch = n->dispatch && !n->is_inline;
    if (!n->loop && !n->dispatch && !n->is_inline)
        start_thread(n);
    if (to_dispatch)
        cm_queue_retain(n->queue);
    pthread_cond_broadcast(&n->changed);
    pthread_mutex_unlock(&n->lock);
    if (to_loop)
        cm_runloop_perform(n->loop, n->mode, deliver_on_loop, n->queue);
    if (to_dispatch)
        cm_dispatch_async(n->dispatch, n->queue, deliver_dispatched);
}

void cm_notifier_buffer(cm_notifier *n, cm_buffer *buffer, bool by_reset)
{
    add_notice(n, (cm_notice){ .buffer = buffer, .by_reset = by_reset });
}

void cm_notifier_property(cm_notifier *n, AudioQueuePropertyID property)
{
    add_notice(n, (cm_notice){ .property = property });
}

/* ---- waiting and ending ---- */

bool cm_notifier_in_reset(cm_notifier *n)
{
    pthread_mutex_lock(&n->lock);
    bool in_reset = n->in_reset && calls_from_here(n);
    pthread_mutex_unlock(&n->lock);
    return in_reset;
}

bool cm_notifier_is_idle(cm_notifier *n)
{
    pthread_mutex_lock(&n->lock);
    bool is_idle = (!n->first && n->calls == 0) || calls_from_here(n) ||
                   (n->loop && n->loop == CFRunLoopGetCurrent()) || n->dispatch;
    pthread_mutex_unlock(&n->lock);
    return is_idle;
}

void cm_notifier_wait(cm_notifier *n)
{
    pthread_mutex_lock(&n->lock);
    bool is_inline = n->is_inline;
    while (!is_inline && !n->loop && n->has_thread && !n->is_closed && (n->first || n->calls > 0) &&
           !calls_from_here(n))
        pthread_cond_wait(&n->changed, &n->lock);
    pthread_mutex_unlock(&n->lock);
    if (is_inline)
        cm_notifier_deliver(n);
}

void cm_notifier_mute(cm_notifier *n)
{
    pthread_mutex_lock(&n->lock);
    n->is_closed = true;
    free_notices(n);
    pthread_cond_broadcast(&n->changed);
    pthread_mutex_unlock(&n->lock);
}

void cm_notifier_wait_for_call(cm_notifier *n)
{
    pthread_mutex_lock(&n->lock);
    while (n->calls > 0 && !calls_from_here(n))
        pthread_cond_wait(&n->changed, &n->lock);
    pthread_mutex_unlock(&n->lock);
}

void cm_notifier_close(cm_notifier *n)
{
    cm_notifier_mute(n);
    if (n->loop)
        cm_runloop_cancel(n->loop, n->queue);
    cm_notifier_wait_for_call(n);
    pthread_mutex_lock(&n->lock);
    bool has_thread = n->has_thread;
    n->has_thread = false;
    pthread_mutex_unlock(&n->lock);
    if (has_thread && pthread_equal(n->thread, pthread_self()))
        pthread_detach(n->thread);
    else if (has_thread)
        pthread_join(n->thread, NULL);
}

/* ---- listeners ---- */

OSStatus cm_notifier_add(cm_notifier *n, AudioQueuePropertyID property, AudioQueuePropertyListenerProc proc,
                         void *user)
{
    cm_listener *listener = malloc(sizeof *listener);
    if (!listener)
        return kAudio_MemFullError;
    *listener = (cm_listener){ property, proc, user, NULL };
    pthread_mutex_lock(&n->lock);
    cm_listener **end = &n->listeners;
    while (*end)
        end = &(*end)->next;
    *end = listener;
    pthread_mutex_unlock(&n->lock);
    return noErr;
}

OSStatus cm_notifier_remove(cm_notifier *n, AudioQueuePropertyID property,
                            AudioQueuePropertyListenerProc proc, void *user)
{
    OSStatus status = kAudio_ParamError;
    pthread_mutex_lock(&n->lock);
    for (cm_listener **at = &n->listeners; *at; at = &(*at)->next) {
        cm_listener *found = *at;
        if (found->property != property || found->proc != proc || found->user != user)
            continue;
        *at = found->next;
        free(found);
        status = noErr;
        break;
    }
    while (status == noErr && n->calls > 0 && !calls_from_here(n) && !n->loop && !n->dispatch)
        pthread_cond_wait(&n->changed, &n->lock);
    pthread_mutex_unlock(&n->lock);
    return status;
}
