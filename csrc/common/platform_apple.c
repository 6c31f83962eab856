/* The frameworks' side of platform.h; platform_engine.c takes its place where the engine is linked. */
#include "platform.h"

#include <dispatch/dispatch.h>
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
