#include "cf_string.h"
#include "runloop.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FOR_EVER 1e9 /* seconds; keeps sums within time_t */

typedef struct job {
    CFStringRef mode; /* retained */
    void (*perform)(void *context);
    void *context;
    uint64_t number; /* in the order of queueing */
    struct job *next;
} job;

/* One perform that is under way; a nested run of the loop has another inside it. */
typedef struct frame {
    void *context;
    struct frame *outer;
} frame;

struct __CFRunLoop {
    cm_cf_object object;
    pthread_mutex_t lock;   /* guards all below */
    pthread_cond_t changed; /* work came, someone stopped or woke the loop, or a perform ended */
    job *first, **end;
    uint64_t queued; /* ever; the number of the next job */
    frame *running;
    pid_t thread;
    bool stopped, waiting, ended;
};

CM_CF_CONST_STRING(kCFRunLoopDefaultMode, "kCFRunLoopDefaultMode");
CM_CF_CONST_STRING(kCFRunLoopCommonModes, "kCFRunLoopCommonModes");

static pthread_key_t current_key;
static CFRunLoopRef main_loop;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void drop_job(job *dropped)
{
    CFRelease(dropped->mode);
    free(dropped);
}

static void drop_jobs(job *from)
{
    while (from) {
        job *next = from->next;
        drop_job(from);
        from = next;
    }
}

static void destroy(void *object)
{
    CFRunLoopRef loop = object;
    drop_jobs(loop->first);
    pthread_cond_destroy(&loop->changed);
    pthread_mutex_destroy(&loop->lock);
}

static void describe(CFTypeRef object, cm_cf_buffer *out)
{
    CFRunLoopRef loop = (CFRunLoopRef)(uintptr_t)object;
    pthread_mutex_lock(&loop->lock);
    size_t left = 0;
    for (const job *at = loop->first; at; at = at->next)
        left++;
    cm_cf_buffer_printf(out, "<CFRunLoop of thread %d%s, %zu to do>", (int)loop->thread,
                        loop->ended     ? ", ended"
                        : loop->waiting ? ", waiting"
                                        : "",
                        left);
    pthread_mutex_unlock(&loop->lock);
}

const cm_cf_class cm_cf_run_loop_class = { .name = "CFRunLoop", .destroy = destroy, .describe = describe };

static CFRunLoopRef as_loop(CFRunLoopRef loop)
{
    return cm_cf_is(loop, CM_CF_RUN_LOOP) ? loop : NULL;
}

static CFRunLoopRef new_loop(pid_t thread)
{
    CFRunLoopRef loop = cm_cf_new(CM_CF_RUN_LOOP, sizeof *loop);
    if (!loop)
        return NULL;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&loop->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&loop->lock, NULL);
    loop->end = &loop->first;
    loop->thread = thread;
    return loop;
}

/*
 * Runs as its thread ends. Work that nobody will ever run is dropped now, not when the last reference goes.
 */
static void end_loop(void *current)
{
    CFRunLoopRef loop = current;
    pthread_mutex_lock(&loop->lock);
    job *left = loop->first;
    loop->first = NULL;
    loop->end = &loop->first;
    loop->ended = true;
    pthread_mutex_unlock(&loop->lock);
    drop_jobs(left);
    CFRelease(loop);
}

static void set_up(void)
{
    pthread_key_create(&current_key, end_loop);
    main_loop = new_loop(getpid()); /* the main thread's number is the process's */
}

CFTypeID CFRunLoopGetTypeID(void)
{
    return CM_CF_RUN_LOOP;
}

CFRunLoopRef CFRunLoopGetMain(void)
{
    pthread_once(&once, set_up);
    return main_loop;
}

CFRunLoopRef CFRunLoopGetCurrent(void)
{
    pthread_once(&once, set_up);
    CFRunLoopRef loop = pthread_getspecific(current_key);
    if (loop)
        return loop;
    pid_t thread = (pid_t)syscall(SYS_gettid);
    loop = main_loop && thread == main_loop->thread ? (CFRunLoopRef)(uintptr_t)CFRetain(main_loop)
                                                    : new_loop(thread);
    if (loop && pthread_setspecific(current_key, loop) != 0) {
        CFRelease(loop);
        return NULL;
    }
    return loop;
}

static struct timespec deadline_after(double seconds)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    double whole = floor(seconds);
    at.tv_sec += (time_t)whole;
    at.tv_nsec += (long)((seconds - whole) * 1e9);
    if (at.tv_nsec >= 1000000000) {
        at.tv_nsec -= 1000000000;
        at.tv_sec++;
    }
    return at;
}

static bool has_passed(const struct timespec *deadline)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec != deadline->tv_sec ? now.tv_sec > deadline->tv_sec : now.tv_nsec >= deadline->tv_nsec;
}

/* The first job for the mode of those with a number below limit. */
static job *take_job(CFRunLoopRef loop, CFStringRef mode, uint64_t limit)
{
    for (job **link = &loop->first; *link && (*link)->number < limit; link = &(*link)->next)
        if (CFEqual((*link)->mode, mode)) {
            job *taken = *link;
            *link = taken->next;
            if (!*link)
                loop->end = link;
            return taken;
        }
    return NULL;
}

/* Called and returns with the lock held; not during the perform. */
static void run_job(CFRunLoopRef loop, job *taken)
{
    frame here = { .context = taken->context, .outer = loop->running };
    loop->running = &here;
    pthread_mutex_unlock(&loop->lock);
    taken->perform(taken->context);
    drop_job(taken);
    pthread_mutex_lock(&loop->lock);
    loop->running = here.outer;
    pthread_cond_broadcast(&loop->changed);
}

/* With the lock held. What is queued when the time is up is still done, what that queues in turn is not. */
static CFRunLoopRunResult run(CFRunLoopRef loop, CFStringRef mode, double seconds, bool one)
{
    struct timespec deadline = deadline_after(seconds);
    uint64_t limit = UINT64_MAX;
    for (;;) {
        if (loop->stopped) {
            loop->stopped = false;
            return kCFRunLoopRunStopped;
        }
        if (limit == UINT64_MAX && has_passed(&deadline))
            limit = loop->queued;
        job *taken = take_job(loop, mode, limit);
        if (taken) {
            run_job(loop, taken);
            if (one)
                return kCFRunLoopRunHandledSource;
        } else if (limit != UINT64_MAX) {
            return kCFRunLoopRunTimedOut;
        } else {
            loop->waiting = true;
            pthread_cond_timedwait(&loop->changed, &loop->lock, &deadline);
            loop->waiting = false;
        }
    }
}

CFRunLoopRunResult CFRunLoopRunInMode(CFRunLoopMode mode, CFTimeInterval seconds,
                                      Boolean return_after_source_handled)
{
    CFRunLoopRef loop = CFRunLoopGetCurrent();
    if (!loop || !cm_cf_as_string(mode) || CFEqual(mode, kCFRunLoopCommonModes))
        return kCFRunLoopRunFinished;
    seconds = seconds > 0 ? fmin(seconds, FOR_EVER) : 0;
    CFRetain(loop);
    pthread_mutex_lock(&loop->lock);
    CFRunLoopRunResult result = run(loop, mode, seconds, return_after_source_handled);
    pthread_mutex_unlock(&loop->lock);
    CFRelease(loop);
    return result;
}

void CFRunLoopRun(void)
{
    CFRunLoopRunResult result;
    do
        result = CFRunLoopRunInMode(kCFRunLoopDefaultMode, FOR_EVER, false);
    while (result != kCFRunLoopRunStopped && result != kCFRunLoopRunFinished);
}

void CFRunLoopStop(CFRunLoopRef loop)
{
    if (!as_loop(loop))
        return;
    pthread_mutex_lock(&loop->lock);
    loop->stopped = true;
    pthread_cond_broadcast(&loop->changed);
    pthread_mutex_unlock(&loop->lock);
}

void CFRunLoopWakeUp(CFRunLoopRef loop)
{
    if (!as_loop(loop))
        return;
    pthread_mutex_lock(&loop->lock);
    pthread_cond_broadcast(&loop->changed);
    pthread_mutex_unlock(&loop->lock);
}

Boolean CFRunLoopIsWaiting(CFRunLoopRef loop)
{
    if (!as_loop(loop))
        return false;
    pthread_mutex_lock(&loop->lock);
    bool waiting = loop->waiting;
    pthread_mutex_unlock(&loop->lock);
    return waiting;
}

OSStatus cm_runloop_perform(CFRunLoopRef loop, CFRunLoopMode mode, void (*perform)(void *context),
                            void *context)
{
    if (!as_loop(loop) || !perform || (mode && !cm_cf_as_string(mode)))
        return cm_fail(cmParamError, "no run loop, mode or function to call");
    job *queued = calloc(1, sizeof *queued);
    if (!queued)
        return cmMemFullError;
    bool common = !mode || CFEqual(mode, kCFRunLoopCommonModes);
    *queued = (job){ .mode = CFRetain(common ? kCFRunLoopDefaultMode : mode),
                     .perform = perform,
                     .context = context };
    pthread_mutex_lock(&loop->lock);
    bool ended = loop->ended;
    if (!ended) {
        queued->number = loop->queued++;
        *loop->end = queued;
        loop->end = &queued->next;
        pthread_cond_broadcast(&loop->changed);
    }
    pthread_mutex_unlock(&loop->lock);
    if (!ended)
        return noErr;
    drop_job(queued);
    return cm_fail(cmParamError, "the run loop's thread has ended");
}

static bool is_running(CFRunLoopRef loop, const void *context)
{
    const frame *at = loop->running;
    while (at && at->context != context)
        at = at->outer;
    return at != NULL;
}

void cm_runloop_cancel(CFRunLoopRef loop, void *context)
{
    if (!as_loop(loop))
        return;
    job *dropped = NULL;
    CFRetain(loop);
    pthread_mutex_lock(&loop->lock);
    job **link = &loop->first;
    while (*link) {
        job *at = *link;
        if (at->context != context) {
            link = &at->next;
            continue;
        }
        *link = at->next;
        at->next = dropped;
        dropped = at;
    }
    loop->end = link;
    while (pthread_getspecific(current_key) != loop && is_running(loop, context))
        pthread_cond_wait(&loop->changed, &loop->lock);
    pthread_mutex_unlock(&loop->lock);
    CFRelease(loop);
    drop_jobs(dropped);
}
