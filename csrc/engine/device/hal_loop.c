/* The run loop of the HAL's, for programs of the time when clients' sources ran on the thread of
 * notifications. */
#include "../base/fork.h"
#include "../base/runloop.h"
#include "../base/status.h"

#include <CoreAudio/AudioHardwareDeprecated.h>
#include <pthread.h>
#include <stdbool.h>

static struct {
    pthread_mutex_t lock;
    pthread_cond_t begun;
    CFRunLoopRef loop; /* retained; NULL: not begun */
    bool has_thread;
} own = { .lock = PTHREAD_MUTEX_INITIALIZER, .begun = PTHREAD_COND_INITIALIZER };

static void forget_after_fork(void)
{
    pthread_mutex_init(&own.lock, NULL);
    pthread_cond_init(&own.begun, NULL);
    own.loop = NULL;
    own.has_thread = false;
}

CM_FORGET_IN_CHILD(forget_after_fork)

/* For the life of the process: a source may be signalled at any time. */
static void *run(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&own.lock);
    own.loop = (CFRunLoopRef)(uintptr_t)CFRetain(CFRunLoopGetCurrent());
    pthread_cond_broadcast(&own.begun);
    pthread_mutex_unlock(&own.lock);
    for (;;)
        CFRunLoopRun();
    return NULL;
}

/* NULL where no thread is to be had. */
static CFRunLoopRef find_loop(bool begins)
{
    pthread_mutex_lock(&own.lock);
    if (!own.has_thread && begins) {
        pthread_t thread;
        own.has_thread = pthread_create(&thread, NULL, run, NULL) == 0;
        if (own.has_thread)
            pthread_detach(thread);
    }
    while (own.has_thread && !own.loop)
        pthread_cond_wait(&own.begun, &own.lock);
    CFRunLoopRef loop = own.loop;
    pthread_mutex_unlock(&own.lock);
    return loop;
}

OSStatus AudioHardwareAddRunLoopSource(CFRunLoopSourceRef inRunLoopSource)
{
    if (!inRunLoopSource || !CFRunLoopSourceIsValid(inRunLoopSource))
        return kAudioHardwareIllegalOperationError;
    CFRunLoopRef loop = find_loop(true);
    if (!loop)
        return kAudioHardwareUnspecifiedError;
    CFRunLoopAddSource(loop, inRunLoopSource, kCFRunLoopDefaultMode);
    return noErr;
}

OSStatus AudioHardwareRemoveRunLoopSource(CFRunLoopSourceRef inRunLoopSource)
{
    CFRunLoopRef loop = find_loop(false);
    if (!inRunLoopSource || CFGetTypeID(inRunLoopSource) != CFRunLoopSourceGetTypeID())
        return kAudioHardwareIllegalOperationError;
    if (loop)
        CFRunLoopRemoveSource(loop, inRunLoopSource, kCFRunLoopDefaultMode);
    return noErr;
}
