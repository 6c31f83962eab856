/* dispatch_kit.h: what of libdispatch the engine uses: a serial queue with a thread of its own. */
#ifndef TESTS_DISPATCH_KIT_H
#define TESTS_DISPATCH_KIT_H

#include "check.h"

#include <CoreAudioTypes/CoreAudioTypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

typedef struct job {
    void *context;
    void (*work)(void *context);
    sem_t *done; /* or NULL */
} job;

struct dispatch_queue_s {
    pthread_mutex_t lock;
    sem_t filled;
    job jobs[256];
    unsigned first, count;
    atomic_int references, running;
    pthread_t thread;
};

#define EXPORTED __attribute__((visibility("default")))

EXPORTED void dispatch_retain(dispatch_queue_t queue);
EXPORTED void dispatch_release(dispatch_queue_t queue);
EXPORTED void dispatch_async_f(dispatch_queue_t queue, void *context, void (*work)(void *));
EXPORTED void dispatch_sync_f(dispatch_queue_t queue, void *context, void (*work)(void *));

void dispatch_retain(dispatch_queue_t queue)
{
    atomic_fetch_add(&queue->references, 1);
}

void dispatch_release(dispatch_queue_t queue)
{
    atomic_fetch_sub(&queue->references, 1);
}

static void submit(dispatch_queue_t queue, job added)
{
    pthread_mutex_lock(&queue->lock);
    CHECK(queue->count < 256);
    queue->jobs[(queue->first + queue->count++) % 256] = added;
    pthread_mutex_unlock(&queue->lock);
    sem_post(&queue->filled);
}

void dispatch_async_f(dispatch_queue_t queue, void *context, void (*work)(void *))
{
    submit(queue, (job){ context, work, NULL });
}

void dispatch_sync_f(dispatch_queue_t queue, void *context, void (*work)(void *))
{
    sem_t done;
    sem_init(&done, 0, 0);
    submit(queue, (job){ context, work, &done });
    while (sem_wait(&done) != 0)
        ;
    sem_destroy(&done);
}

static void *run_jobs(void *argument)
{
    struct dispatch_queue_s *queue = argument;
    for (;;) {
        while (sem_wait(&queue->filled) != 0)
            ;
        pthread_mutex_lock(&queue->lock);
        job next = queue->jobs[queue->first++ % 256];
        queue->count--;
        pthread_mutex_unlock(&queue->lock);
        if (!next.work)
            return NULL;
        CHECK_EQ(atomic_fetch_add(&queue->running, 1), 0);
        next.work(next.context);
        atomic_fetch_sub(&queue->running, 1);
        if (next.done)
            sem_post(next.done);
    }
}

static dispatch_queue_t new_dispatch_queue(void)
{
    dispatch_queue_t queue = calloc(1, sizeof *queue);
    pthread_mutex_init(&queue->lock, NULL);
    sem_init(&queue->filled, 0, 0);
    CHECK_EQ(pthread_create(&queue->thread, NULL, run_jobs, queue), 0);
    return queue;
}

/* Nobody holds it any more when all that was submitted is done. */
static void end_dispatch_queue(dispatch_queue_t queue)
{
    dispatch_async_f(queue, NULL, NULL);
    pthread_join(queue->thread, NULL);
    CHECK_EQ(queue->references, 0);
    free(queue);
}

#endif
