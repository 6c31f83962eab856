#include "urgent.h"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Below the sound server's and the kernel's own threads; what desktops give to an audio client. */
#define PRIORITY 10
#define NICE (-11)

void cm_thread_urgent(const char *name)
{
    struct sched_param parameters = { .sched_priority = PRIORITY };
    pthread_setname_np(pthread_self(), name);
    /* Not for the children of a program that a callback starts. */
    if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &parameters) != 0)
        setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
    prctl(PR_SET_TIMERSLACK, 1ul); /* nanosecond, instead of 50 us, where SCHED_FIFO is not allowed */
}
