/* Run loops, and objects that several threads use at once (to be run under ThreadSanitizer too). */
#include "base/cf_object.h"
#include "base/runloop.h"
#include "cf_text.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void count(void *context)
{
    ++*(_Atomic int *)context;
}

static CFRunLoopRunResult run_now(void)
{
    return CFRunLoopRunInMode(kCFRunLoopDefaultMode, 0, false);
}

static void test_one_loop_per_thread(void)
{
    CHECK(CFRunLoopGetCurrent() == CFRunLoopGetCurrent());
    CHECK(CFRunLoopGetCurrent() == CFRunLoopGetMain());
    CFRelease(CFCopyDescription(CFRunLoopGetMain()));
    CHECK(!CFRunLoopIsWaiting(CFRunLoopGetMain()));
}

static void test_queued_work_runs_in_its_mode(void)
{
    CFRunLoopRef loop = CFRunLoopGetCurrent();
    _Atomic int ran = 0, other = 0;
    CHECK_EQ(run_now(), kCFRunLoopRunTimedOut);
    CHECK_EQ(cm_runloop_perform(loop, kCFRunLoopDefaultMode, count, &ran), noErr);
    CHECK_EQ(cm_runloop_perform(loop, kCFRunLoopCommonModes, count, &ran), noErr);
    CHECK_EQ(cm_runloop_perform(loop, NULL, count, &ran), noErr);
    CHECK_EQ(cm_runloop_perform(loop, CFSTR("private"), count, &other), noErr);
    CHECK_EQ(ran, 0);
    CHECK_EQ(CFRunLoopRunInMode(kCFRunLoopDefaultMode, 5, true), kCFRunLoopRunHandledSource);
    CHECK_EQ(ran, 1);
    CHECK_EQ(run_now(), kCFRunLoopRunTimedOut);
    CHECK_EQ(ran, 3);
    CHECK_EQ(other, 0);
    CHECK_EQ(CFRunLoopRunInMode(CFSTR("private"), 5, true), kCFRunLoopRunHandledSource);
    CHECK_EQ(other, 1);
    CHECK_EQ(CFRunLoopRunInMode(kCFRunLoopCommonModes, 5, true), kCFRunLoopRunFinished);
    CHECK_EQ(CFRunLoopRunInMode(NULL, 5, true), kCFRunLoopRunFinished);
    CHECK_EQ(cm_runloop_perform(NULL, NULL, count, &ran), -50);
    CHECK_EQ(cm_runloop_perform(loop, NULL, NULL, &ran), -50);
}

static void test_waiting_takes_its_time(void)
{
    double start = seconds_now();
    CHECK_EQ(CFRunLoopRunInMode(kCFRunLoopDefaultMode, 0.05, false), kCFRunLoopRunTimedOut);
    CHECK(seconds_now() - start >= 0.05);
}

static void queue_itself(void *context)
{
    ++*(int *)context;
    cm_runloop_perform(CFRunLoopGetCurrent(), NULL, queue_itself, context);
}

static void test_work_that_never_ends_does_not_hold_the_loop(void)
{
    int ran = 0;
    queue_itself(&ran);
    CHECK_EQ(run_now(), kCFRunLoopRunTimedOut);
    CHECK_EQ(ran, 2);
    CHECK_EQ(CFRunLoopRunInMode(kCFRunLoopDefaultMode, 0.02, false), kCFRunLoopRunTimedOut);
    CHECK(ran > 3);
    cm_runloop_cancel(CFRunLoopGetCurrent(), &ran);
    ran = 0;
    run_now();
    CHECK_EQ(ran, 0);
}

static void test_stop(void)
{
    _Atomic int ran = 0;
    CFRunLoopStop(CFRunLoopGetCurrent());
    CHECK_EQ(CFRunLoopRunInMode(kCFRunLoopDefaultMode, 5, false), kCFRunLoopRunStopped);
    cm_runloop_perform(CFRunLoopGetCurrent(), NULL, (void (*)(void *))CFRunLoopStop, CFRunLoopGetCurrent());
    cm_runloop_perform(CFRunLoopGetCurrent(), NULL, count, &ran);
    CFRunLoopRun();
    CHECK_EQ(ran, 0);
    run_now();
    CHECK_EQ(ran, 1);
}

static void run_nested(void *context)
{
    cm_runloop_perform(CFRunLoopGetCurrent(), NULL, count, context);
    run_now();
}

static void test_nested_run(void)
{
    _Atomic int ran = 0;
    cm_runloop_perform(CFRunLoopGetCurrent(), NULL, run_nested, &ran);
    run_now();
    CHECK_EQ(ran, 1);
}

static void test_cancel(void)
{
    CFRunLoopRef loop = CFRunLoopGetCurrent();
    _Atomic int a = 0, b = 0;
    for (int i = 0; i < 3; i++) {
        cm_runloop_perform(loop, NULL, count, &a);
        cm_runloop_perform(loop, NULL, count, &b);
    }
    cm_runloop_cancel(loop, &b);
    cm_runloop_perform(loop, NULL, count, &b);
    run_now();
    CHECK_EQ(a, 3);
    CHECK_EQ(b, 1);
}

/* ---- from other threads ---- */

static CFRunLoopRef worker_loop; /* retained */
static _Atomic int worker_ready;

static void *run_until_stopped(void *unused)
{
    worker_loop = (CFRunLoopRef)CFRetain(CFRunLoopGetCurrent());
    CHECK(worker_loop != CFRunLoopGetMain());
    worker_ready = 1;
    CFRunLoopRun();
    return unused;
}

static pthread_t start_worker(void)
{
    pthread_t thread;
    worker_ready = 0;
    pthread_create(&thread, NULL, run_until_stopped, NULL);
    while (!worker_ready)
        usleep(100);
    return thread;
}

static void test_work_from_another_thread(void)
{
    _Atomic int ran = 0;
    pthread_t thread = start_worker();
    while (!CFRunLoopIsWaiting(worker_loop))
        usleep(100);
    CFRunLoopWakeUp(worker_loop);
    for (int i = 0; i < 1000; i++)
        CHECK_EQ(cm_runloop_perform(worker_loop, NULL, count, &ran), noErr);
    while (ran < 1000)
        usleep(100);
    CFRunLoopStop(worker_loop);
    pthread_join(thread, NULL);
    /* The thread is gone, the loop is held by us alone and takes no more work. */
    CHECK_EQ(CFGetRetainCount(worker_loop), 1);
    CHECK_EQ(cm_runloop_perform(worker_loop, NULL, count, &ran), -50);
    CFRelease(worker_loop);
}

static _Atomic int entered;

static void be_slow(void *context)
{
    entered = 1;
    usleep(20000);
    *(int *)context = 1; /* must not be touched after a cancel */
}

static void test_cancel_waits_for_what_is_running(void)
{
    pthread_t thread = start_worker();
    for (int i = 0; i < 5; i++) {
        int finished = 0;
        entered = 0;
        cm_runloop_perform(worker_loop, NULL, be_slow, &finished);
        cm_runloop_perform(worker_loop, NULL, be_slow, &finished);
        while (!entered)
            usleep(100);
        cm_runloop_cancel(worker_loop, &finished);
        CHECK_EQ(finished, 1);
    }
    CFRunLoopStop(worker_loop);
    pthread_join(thread, NULL);
    CFRelease(worker_loop);
}

static void *leave_work_behind(void *unused)
{
    static _Atomic int never;
    cm_runloop_perform(CFRunLoopGetCurrent(), CFSTR("never run"), count, &never);
    return unused;
}

static void test_loops_end_with_their_threads(void)
{
    CFIndex before = cm_cf_live_count(CFRunLoopGetTypeID());
    for (int i = 0; i < 100; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, leave_work_behind, NULL);
        pthread_join(thread, NULL);
    }
    CHECK_EQ(cm_cf_live_count(CFRunLoopGetTypeID()), before);
}

/* ---- one object, several threads ---- */

static CFDictionaryRef shared;

static void *use_shared(void *unused)
{
    for (int i = 0; i < 2000; i++) {
        CFRetain(shared);
        CFArrayRef array = CFRetain(CFDictionaryGetValue(shared, CFSTR("list")));
        CFStringRef str = CFArrayGetValueAtIndex(array, i % 3);
        UniChar unit = CFStringGetCharacterAtIndex(str, 0);
        CHECK(unit == 'a' || unit == 0xE9 || unit == 'k');
        CHECK(CFArrayContainsValue(array, CFRangeMake(0, 3), str));
        CFRelease(CFStringCreateCopy(NULL, str));
        CHECK(CFHash(str) == CFHash(CFArrayGetValueAtIndex(array, i % 3)));
        CFRelease(array);
        CFRelease(shared);
        char name[32];
        snprintf(name, sizeof name, "interned %d", i);
        CHECK(__CFStringMakeConstantString(name) == __CFStringMakeConstantString(name));
        CFStringRef text = CFStringCreateWithFormat(NULL, NULL, CFSTR("%@ %.3f"), shared, 0.5);
        CFRelease(text);
    }
    return unused;
}

static void test_threads_share_objects(void)
{
    CFStringRef text = utf8("\xC3\xA9t\xC3\xA9");
    CFTypeRef members[] = { CFSTR("abc"), text, CFSTR("key") };
    CFArrayRef array = CFArrayCreate(NULL, members, 3, &kCFTypeArrayCallBacks);
    const void *key = CFSTR("list"), *value = array;
    shared = CFDictionaryCreate(NULL, &key, &value, 1, &kCFTypeDictionaryKeyCallBacks,
                                &kCFTypeDictionaryValueCallBacks);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, use_shared, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    CHECK_EQ(CFGetRetainCount(shared), 1);
    CHECK_EQ(CFGetRetainCount(array), 2);
    CHECK_EQ(CFGetRetainCount(text), 2);
    CFRelease(shared);
    CFRelease(array);
    CFRelease(text);
}

int main(void)
{
    RUN(test_one_loop_per_thread);
    RUN(test_queued_work_runs_in_its_mode);
    RUN(test_waiting_takes_its_time);
    RUN(test_work_that_never_ends_does_not_hold_the_loop);
    RUN(test_stop);
    RUN(test_nested_run);
    RUN(test_cancel);
    RUN(test_work_from_another_thread);
    RUN(test_cancel_waits_for_what_is_running);
    RUN(test_loops_end_with_their_threads);
    RUN(test_threads_share_objects);
    return 0;
}
