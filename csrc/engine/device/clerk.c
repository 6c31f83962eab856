#include "clerk.h"

#include <CoreAudio/AudioHardwareBase.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PATIENCE_SECONDS 2

enum {
    WAITING,
    DONE,
    LEFT,  /* its sender gave up */
    POSTED /* nobody waits for it */
};

struct cm_clerk {
    cm_clerk_duty duty;
    pthread_t thread;
    pthread_mutex_t lock; /* guards all below; never held while an errand runs */
    pthread_cond_t answer;
    sem_t wake;
    cm_errand *first, *last;
    unsigned left; /* errands in that state */
    bool ending, ended, orphan;
};

static struct timespec seconds_from_now(long seconds)
{
    struct timespec when;
    clock_gettime(CLOCK_MONOTONIC, &when);
    when.tv_sec += seconds;
    return when;
}

static void drop(cm_errand *errand)
{
    if (errand->drop)
        errand->drop(errand);
    else
        free(errand);
}

static void queue(cm_clerk *clerk, cm_errand *errand, int state)
{
    errand->next = NULL;
    errand->state = state;
    if (clerk->last)
        clerk->last->next = errand;
    else
        clerk->first = errand;
    clerk->last = errand;
    sem_post(&clerk->wake);
}

static cm_errand *take(cm_clerk *clerk, bool *ending)
{
    pthread_mutex_lock(&clerk->lock);
    cm_errand *errand = clerk->first;
    if (errand && !(clerk->first = errand->next))
        clerk->last = NULL;
    *ending = clerk->ending;
    pthread_mutex_unlock(&clerk->lock);
    return errand;
}

static void run(cm_clerk *clerk, cm_errand *errand)
{
    cm_forget_detail();
    errand->status = errand->run(errand);
    const char *detail = errand->status ? cm_detail(errand->status) : NULL;
    snprintf(errand->detail, sizeof errand->detail, "%s", detail ? detail : "");

    pthread_mutex_lock(&clerk->lock);
    bool unclaimed = errand->state != WAITING;
    clerk->left -= errand->state == LEFT;
    errand->state = DONE;
    pthread_cond_broadcast(&clerk->answer);
    pthread_mutex_unlock(&clerk->lock);
    if (unclaimed)
        drop(errand);
}

static void release(cm_clerk *clerk)
{
    pthread_mutex_destroy(&clerk->lock);
    pthread_cond_destroy(&clerk->answer);
    sem_destroy(&clerk->wake);
    free(clerk);
}

static void *work(void *context)
{
    cm_clerk *clerk = context;
    for (bool idle = false, ending = false;;) {
        cm_errand *errand = take(clerk, &ending);
        if (errand) {
            run(clerk, errand);
        } else if (ending) {
            break;
        } else if (idle) {
            clerk->duty.idle(clerk->duty.context);
            idle = false;
        } else {
            struct timespec when = seconds_from_now(1);
            sem_clockwait(&clerk->wake, CLOCK_MONOTONIC, &when);
            idle = true;
        }
    }
    clerk->duty.end(clerk->duty.context);
    pthread_mutex_lock(&clerk->lock);
    clerk->ended = true;
    bool orphan = clerk->orphan;
    pthread_cond_broadcast(&clerk->answer);
    pthread_mutex_unlock(&clerk->lock);
    if (orphan)
        release(clerk);
    return NULL;
}

cm_clerk *cm_clerk_start(const cm_clerk_duty *duty)
{
    cm_clerk *clerk = calloc(1, sizeof *clerk);
    if (!clerk)
        return NULL;
    clerk->duty = *duty;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&clerk->lock, NULL);
    pthread_cond_init(&clerk->answer, &monotonic);
    pthread_condattr_destroy(&monotonic);
    sem_init(&clerk->wake, 0, 0);
    if (pthread_create(&clerk->thread, NULL, work, clerk) == 0)
        return clerk;
    release(clerk);
    return NULL;
}

void cm_clerk_end(cm_clerk *clerk)
{
    struct timespec until = seconds_from_now(PATIENCE_SECONDS);
    pthread_t thread = clerk->thread;
    pthread_mutex_lock(&clerk->lock);
    clerk->ending = true;
    sem_post(&clerk->wake);
    while (!clerk->ended && pthread_cond_timedwait(&clerk->answer, &clerk->lock, &until) == 0)
        continue;
    bool ended = clerk->ended;
    clerk->orphan = !ended;
    pthread_mutex_unlock(&clerk->lock);
    if (ended) {
        pthread_join(thread, NULL);
        release(clerk);
    } else {
        pthread_detach(thread);
    }
}

OSStatus cm_clerk_send(cm_clerk *clerk, cm_errand *errand, bool *kept)
{
    if (pthread_equal(pthread_self(), clerk->thread)) {
        *kept = true;
        return errand->run(errand);
    }
    struct timespec until = seconds_from_now(PATIENCE_SECONDS);
    pthread_mutex_lock(&clerk->lock);
    bool hangs = clerk->left > 0;
    queue(clerk, errand, WAITING);
    while (!hangs && errand->state != DONE)
        hangs = pthread_cond_timedwait(&clerk->answer, &clerk->lock, &until) != 0;
    *kept = errand->state == DONE;
    if (!*kept) {
        errand->state = LEFT;
        clerk->left++;
    }
    OSStatus status = *kept ? errand->status : kAudioHardwareNotReadyError;
    pthread_mutex_unlock(&clerk->lock);
    if (!*kept)
        return cm_fail(status, "the sound server does not answer");
    return status && errand->detail[0] ? cm_fail(status, "%s", errand->detail) : status;
}

void cm_clerk_post(cm_clerk *clerk, cm_errand *errand)
{
    pthread_mutex_lock(&clerk->lock);
    queue(clerk, errand, POSTED);
    pthread_mutex_unlock(&clerk->lock);
}

void cm_clerk_poke(cm_clerk *clerk)
{
    sem_post(&clerk->wake);
}
