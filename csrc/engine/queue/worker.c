/* The thread of a queue that decodes ahead, or encodes, and looks after what rendering has passed. */
#include "pipeline.h"
#include "queue.h"
#include "recorder.h"

#include <errno.h>
#include <time.h>

#define LOOK_NS 10000000

void cm_queue_wake(cm_queue *q)
{
    atomic_fetch_add(&q->wakes, 1);
    if (!atomic_exchange(&q->is_woken, true))
        sem_post(&q->wake);
}

OSStatus cm_queue_start_worker(cm_queue *q)
{
    if (q->has_worker)
        return noErr;
    cm_queue_retain(q);
    q->has_worker = pthread_create(&q->worker, NULL, cm_queue_worker, q) == 0;
    if (!q->has_worker)
        cm_queue_release(q);
    return q->has_worker ? noErr : kAudio_MemFullError;
}

static void take_event(cm_queue *q, const cm_mark *event, bool *stopped)
{
    if (event->kind == CM_MARK_BUFFER_END)
        cm_queue_return(q, event->token);
    else if (event->kind == CM_MARK_STOPPED)
        *stopped = true;
}

void cm_queue_work(cm_queue *q)
{
    bool stopped = false;
    if (q->is_input) {
        cm_recorder_run(q->recorder);
        return;
    }
    atomic_store(&q->playout.has_events, false);
    for (cm_mark event; cm_playout_next_event(&q->playout, &event);) {
        cm_pipeline_passed(q->pipeline);
        take_event(q, &event, &stopped);
    }
    if (stopped) {
        cm_queue_stop_now(q);
        q->has_drained = true;
        return;
    }
    if (q->state != CM_STOPPED)
        cm_pipeline_run(q->pipeline, SIZE_MAX);
}

void cm_queue_catch_up(cm_queue *q)
{
    if (q->wants_stop)
        cm_queue_stop_now(q);
    else if (q->wants_reset)
        cm_queue_reset_now(q);
    else if (q->wants_pause)
        cm_queue_pause_now(q);
    q->wants_stop = q->wants_reset = q->wants_pause = false;
}

/* True when the queue is to be disposed of. */
static bool work_once(cm_queue *q)
{
    pthread_mutex_lock(&q->work);
    bool is_closed = q->is_closed;
    if (!is_closed) {
        if (atomic_exchange(&q->device_changed, false))
            cm_queue_follow_device(q);
        cm_queue_device_watch_clock(&q->device);
        if (!q->offline)
            cm_queue_work(q);
        cm_queue_catch_up(q);
    }
    bool ends = !is_closed && (q->wants_dispose || (q->is_disposing && q->state == CM_STOPPED));
    pthread_mutex_unlock(&q->work);
    return ends;
}

/* A queue that lost its device looks for another every now and then; else it sleeps until something happens.
 */
static void wait_for_work(cm_queue *q, bool is_homeless)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += LOOK_NS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while ((is_homeless ? sem_timedwait(&q->wake, &until) : sem_wait(&q->wake)) != 0 && errno == EINTR)
        ;
    if (is_homeless)
        atomic_store(&q->device_changed, true);
}

void *cm_queue_worker(void *queue)
{
    cm_queue *q = queue;
    while (!atomic_load(&q->must_end)) {
        pthread_mutex_lock(&q->work);
        bool is_homeless = q->is_homeless;
        pthread_mutex_unlock(&q->work);
        wait_for_work(q, is_homeless);
        atomic_fetch_add(&q->busy, 1);
        atomic_store(&q->is_woken, false);
        bool ends = work_once(q);
        atomic_fetch_sub(&q->busy, 1);
        if (ends)
            cm_queue_close(q);
    }
    cm_queue_release(q);
    return NULL;
}
