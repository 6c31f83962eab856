#include "workers.h"

#include "fork.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WIDTH 8

typedef struct job {
    void (*task)(void *context, size_t index);
    void *context;
    size_t count;
    size_t next;    /* the next piece to hand out */
    size_t running; /* pieces handed out and not finished */
    struct job *following;
} job;

static struct {
    pthread_mutex_t lock;
    pthread_cond_t work;     /* a job was queued */
    pthread_cond_t finished; /* a job's last piece ended */
    job *queue;              /* jobs with pieces left to hand out */
    size_t threads;
    size_t width;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER,
           .work = PTHREAD_COND_INITIALIZER,
           .finished = PTHREAD_COND_INITIALIZER };

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void forget_after_fork(void)
{
    pthread_mutex_init(&pool.lock, NULL);
    pthread_cond_init(&pool.work, NULL);
    pthread_cond_init(&pool.finished, NULL);
    pool.queue = NULL;
    pool.threads = 0;
}

CM_FORGET_IN_CHILD(forget_after_fork)

static void set_up(void)
{
    cpu_set_t usable;
    size_t width = sched_getaffinity(0, sizeof usable, &usable) == 0 ? (size_t)CPU_COUNT(&usable) : 1;
    const char *limit = getenv("COREMUSIC_THREADS");
    if (limit && atoi(limit) > 0 && (size_t)atoi(limit) < width)
        width = (size_t)atoi(limit);
    pool.width = width < 1 ? 1 : width > MAX_WIDTH ? MAX_WIDTH : width;
}

size_t cm_workers_width(void)
{
    pthread_once(&once, set_up);
    return pool.width;
}

static void unqueue(job *spent)
{
    job **link = &pool.queue;
    while (*link != spent)
        link = &(*link)->following;
    *link = spent->following;
}

/* Runs one piece with the lock dropped. The lock is held on entry and on return. */
static void run_piece(job *j)
{
    size_t index = j->next++;
    j->running++;
    if (j->next == j->count)
        unqueue(j);
    pthread_mutex_unlock(&pool.lock);
    j->task(j->context, index);
    pthread_mutex_lock(&pool.lock);
    j->running--;
    if (j->running == 0 && j->next == j->count)
        pthread_cond_broadcast(&pool.finished);
}

static void *worker(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&pool.lock);
    for (;;) {
        while (!pool.queue)
            pthread_cond_wait(&pool.work, &pool.lock);
        run_piece(pool.queue);
    }
    return NULL;
}

static void start_threads(size_t wanted)
{
    while (pool.threads < wanted) {
        pthread_t thread;
        pthread_attr_t attributes;
        pthread_attr_init(&attributes);
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        int error = pthread_create(&thread, &attributes, worker, NULL);
        pthread_attr_destroy(&attributes);
        if (error)
            return; /* the caller's own thread does the work */
        pool.threads++;
    }
}

void cm_workers_run(size_t count, void (*task)(void *context, size_t index), void *context)
{
    size_t width = cm_workers_width();
    if (count < 2 || width < 2) {
        for (size_t i = 0; i < count; i++)
            task(context, i);
        return;
    }
    job mine = { .task = task, .context = context, .count = count };
    pthread_mutex_lock(&pool.lock);
    start_threads((count < width ? count : width) - 1);
    job **link = &pool.queue;
    while (*link)
        link = &(*link)->following;
    *link = &mine;
    pthread_cond_broadcast(&pool.work);
    while (mine.next < mine.count)
        run_piece(&mine);
    while (mine.running > 0)
        pthread_cond_wait(&pool.finished, &pool.lock);
    pthread_mutex_unlock(&pool.lock);
}
