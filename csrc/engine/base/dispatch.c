#include "dispatch.h"

#include <dlfcn.h>
#include <pthread.h>

typedef void (*submit)(dispatch_queue_t queue, void *context, void (*work)(void *context));

static struct {
    pthread_once_t once;
    submit async, sync;
    void (*retain)(dispatch_queue_t queue);
    void (*release)(dispatch_queue_t queue);
} library = { .once = PTHREAD_ONCE_INIT };

static void find_library(void)
{
    *(void **)&library.async = dlsym(RTLD_DEFAULT, "dispatch_async_f");
    *(void **)&library.sync = dlsym(RTLD_DEFAULT, "dispatch_sync_f");
    *(void **)&library.retain = dlsym(RTLD_DEFAULT, "dispatch_retain");
    *(void **)&library.release = dlsym(RTLD_DEFAULT, "dispatch_release");
}

OSStatus cm_dispatch_check(dispatch_queue_t queue)
{
    if (!queue)
        return noErr;
    pthread_once(&library.once, find_library);
    if (library.async && library.sync && library.retain && library.release)
        return noErr;
    return cm_fail(cmParamError,
                   "a dispatch queue needs libdispatch in the process: link the program with it");
}

void cm_dispatch_retain(dispatch_queue_t queue)
{
    if (queue)
        library.retain(queue);
}

void cm_dispatch_release(dispatch_queue_t queue)
{
    if (queue)
        library.release(queue);
}

void cm_dispatch_async(dispatch_queue_t queue, void *context, void (*work)(void *context))
{
    library.async(queue, context, work);
}

void cm_dispatch_sync(dispatch_queue_t queue, void *context, void (*work)(void *context))
{
    library.sync(queue, context, work);
}
