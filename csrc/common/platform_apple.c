/* The frameworks' side of platform.h; platform_engine.c takes its place where the engine is linked. */
#include "platform.h"

#include <dispatch/dispatch.h>
#include <pthread.h>
#include <pthread/qos.h>
#include <stdlib.h>

const char *cm_platform_error_detail(OSStatus status)
{
    (void)status;
    return NULL;
}

void cm_platform_forget_detail(void)
{
}

void cm_platform_discard(AudioFileID file)
{
    (void)file;
}

/* A call under way, on the stack of its thread or held by it. */
typedef struct call {
    AudioQueueRef queue;
    struct call *next;
} call;

/*
 * Which queues are held, and which are being disposed of; the first are waited for, the second refuse to be
 * held. Each module knows of its own calls alone. The framework is not called with the lock held: a callback
 * of any queue may do either.
 */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    call *held, *ending;
} calls = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static call **find(call **list, AudioQueueRef queue)
{
    while (*list && (*list)->queue != queue)
        list = &(*list)->next;
    return list;
}

bool cm_platform_queue_hold(AudioQueueRef queue)
{
    call *self = malloc(sizeof *self);
    if (!self)
        return false;
    pthread_mutex_lock(&calls.lock);
    bool holds = !*find(&calls.ending, queue);
    if (holds) {
        *self = (call){ queue, calls.held };
        calls.held = self;
    }
    pthread_mutex_unlock(&calls.lock);
    if (!holds)
        free(self);
    return holds;
}

void cm_platform_queue_let_go(AudioQueueRef queue)
{
    pthread_mutex_lock(&calls.lock);
    call **at = find(&calls.held, queue), *self = *at;
    *at = self->next;
    pthread_cond_broadcast(&calls.changed);
    pthread_mutex_unlock(&calls.lock);
    free(self);
}

OSStatus cm_platform_queue_dispose(AudioQueueRef queue, Boolean immediate)
{
    call self = { queue, NULL };
    pthread_mutex_lock(&calls.lock);
    self.next = calls.ending;
    calls.ending = &self;
    while (*find(&calls.held, queue))
        pthread_cond_wait(&calls.changed, &calls.lock);
    pthread_mutex_unlock(&calls.lock);
    OSStatus status = AudioQueueDispose(queue, immediate);
    pthread_mutex_lock(&calls.lock);
    call **at = &calls.ending;
    while (*at != &self)
        at = &(*at)->next;
    *at = self.next;
    pthread_mutex_unlock(&calls.lock);
    return status;
}

struct cm_platform_signal {
    dispatch_semaphore_t semaphore;
};

cm_platform_signal *cm_platform_signal_new(void)
{
    cm_platform_signal *signal = malloc(sizeof *signal);
    if (signal)
        signal->semaphore = dispatch_semaphore_create(0);
    return signal;
}

void cm_platform_signal_free(cm_platform_signal *signal)
{
    if (signal)
        dispatch_release(signal->semaphore);
    free(signal);
}

void cm_platform_signal_raise(cm_platform_signal *signal)
{
    dispatch_semaphore_signal(signal->semaphore);
}

bool cm_platform_signal_wait(cm_platform_signal *signal, int milliseconds)
{
    dispatch_time_t until = dispatch_time(DISPATCH_TIME_NOW, milliseconds * (int64_t)NSEC_PER_MSEC);
    return dispatch_semaphore_wait(signal->semaphore, until) == 0;
}

void cm_platform_thread_prompt(void)
{
    pthread_set_qos_class_self_np(QOS_CLASS_USER_INTERACTIVE, 0);
}
