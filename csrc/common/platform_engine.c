/* The engine's side of platform.h; platform_apple.c takes its place where Apple's frameworks are linked. */
#include "platform.h"

#include <coremusic/engine.h>
#include <errno.h>
#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

const char *cm_platform_error_detail(OSStatus status)
{
    return CMEngineGetErrorDetail(status);
}

void cm_platform_forget_detail(void)
{
    CMEngineForgetErrorDetail();
}

void cm_platform_discard(AudioFileID file)
{
    CMAudioFileDiscard(file);
}

bool cm_platform_queue_hold(AudioQueueRef queue)
{
    return CMAudioQueueHold(queue) == noErr;
}

void cm_platform_queue_let_go(AudioQueueRef queue)
{
    CMAudioQueueLetGo(queue);
}

OSStatus cm_platform_queue_dispose(AudioQueueRef queue, Boolean immediate)
{
    return AudioQueueDispose(queue, immediate);
}

struct cm_platform_signal {
    sem_t semaphore;
};

cm_platform_signal *cm_platform_signal_new(void)
{
    cm_platform_signal *signal = malloc(sizeof *signal);
    if (signal)
        sem_init(&signal->semaphore, 0, 0);
    return signal;
}

void cm_platform_signal_free(cm_platform_signal *signal)
{
    if (signal)
        sem_destroy(&signal->semaphore);
    free(signal);
}

/* Raising it again before anyone waited changes nothing, so that the count cannot run over. */
void cm_platform_signal_raise(cm_platform_signal *signal)
{
    int raised = 0;
    if (sem_getvalue(&signal->semaphore, &raised) == 0 && raised <= 0)
        sem_post(&signal->semaphore);
}

bool cm_platform_signal_wait(cm_platform_signal *signal, int milliseconds)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += milliseconds / 1000;
    until.tv_nsec += milliseconds % 1000 * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    int result;
    do
        result = sem_timedwait(&signal->semaphore, &until);
    while (result < 0 && errno == EINTR);
    return result == 0;
}

/* Of the threads that nice() tells apart: SCHED_FIFO is for those that are done in a moment. */
void cm_platform_thread_prompt(void)
{
    enum { NICE = -11 };
    const struct sched_param none = { 0 };
    /* Not for the children of a program that a callback starts. */
    sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &none);
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
}
