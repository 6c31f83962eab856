/* AudioQueue among threads: run loops, callers that race, hours of virtual time, nothing left behind. */
#include "audio_queue_kit.h"

#include "../../csrc/engine/base/handle.h"

#include <CoreAudio/AudioHardware.h>
#include <unistd.h>

static void advance(double seconds)
{
    CHECK_EQ(CMVirtualAdvance((UInt64)(seconds * 48000), 48000), noErr);
}

/* ---- run loops ---- */

static pthread_t called_on;
static atomic_int calls;

static void note_thread(void *user, AudioQueueRef queue, AudioQueueBufferRef buffer)
{
    (void)user;
    called_on = pthread_self();
    atomic_fetch_add(&calls, 1);
    AudioQueueEnqueueBuffer(queue, buffer, 0, NULL);
}

static void note_running(void *user, AudioQueueRef queue, AudioQueuePropertyID id)
{
    (void)queue;
    (void)id;
    CHECK(pthread_equal(pthread_self(), *(pthread_t *)user));
}

static void test_callbacks_run_on_the_run_loop(void)
{
    AudioStreamBasicDescription format = pcm(48000, 1, 16, INT);
    pthread_t self = pthread_self();
    AudioQueueRef queue;
    CHECK_EQ(AudioQueueNewOutput(&format, note_thread, NULL, CFRunLoopGetCurrent(), kCFRunLoopDefaultMode, 0,
                                 &queue),
             noErr);
    CHECK_EQ(AudioQueueAddPropertyListener(queue, kAudioQueueProperty_IsRunning, note_running, &self), noErr);
    for (int i = 0; i < 3; i++) {
        AudioQueueBufferRef buffer;
        CHECK_EQ(AudioQueueAllocateBuffer(queue, 2400, &buffer), noErr);
        buffer->mAudioDataByteSize = 2400;
        CHECK_EQ(AudioQueueEnqueueBuffer(queue, buffer, 0, NULL), noErr);
    }
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    advance(0.2);
    CHECK_EQ(calls, 0); /* the loop did not run */
    for (int i = 0; i < 1000 && calls < 3; i++)
        CFRunLoopRunInMode(kCFRunLoopDefaultMode, 0.01, true);
    CHECK_EQ(calls, 3);
    CHECK(pthread_equal(called_on, self));
    advance(0.2);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr); /* with callbacks waiting in the loop */
    int before = calls;
    CFRunLoopRunInMode(kCFRunLoopDefaultMode, 0.05, false);
    CHECK_EQ(calls, before);
}

/* ---- disposal ---- */

static atomic_int inside; /* 1: the callback runs; 2: it has ended */

static void take_long(void *user, AudioQueueRef queue, AudioQueueBufferRef buffer)
{
    (void)user, (void)queue, (void)buffer;
    atomic_store(&inside, 1);
    rest(100);
    atomic_store(&inside, 2);
}

/* Also when the sound goes on: what the callback uses may be freed when the call returns. */
static void test_no_callback_runs_after_disposal(void)
{
    for (int immediate = 0; immediate < 2; immediate++) {
        AudioStreamBasicDescription format = pcm(48000, 1, 16, INT);
        AudioQueueRef queue;
        atomic_store(&inside, 0);
        CHECK_EQ(AudioQueueNewOutput(&format, take_long, NULL, NULL, NULL, 0, &queue), noErr);
        for (int i = 0; i < 3; i++) {
            AudioQueueBufferRef buffer;
            CHECK_EQ(AudioQueueAllocateBuffer(queue, 24000, &buffer), noErr);
            buffer->mAudioDataByteSize = i == 0 ? 2400 : 24000;
            CHECK_EQ(AudioQueueEnqueueBuffer(queue, buffer, 0, NULL), noErr);
        }
        CHECK_EQ(CMVirtualSetManualClock(false), noErr);
        CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
        WAIT_UNTIL(atomic_load(&inside) == 1);
        CHECK_EQ(AudioQueueDispose(queue, immediate), noErr);
        CHECK_EQ(atomic_load(&inside), 2);
        CHECK_EQ(CMVirtualSetManualClock(true), noErr);
    }
}

/* ---- racing callers ---- */

typedef struct racer {
    AudioQueueRef queue;
    atomic_bool done;
    unsigned seed;
} racer;

static OSStatus start_at_once(AudioQueueRef queue)
{
    return AudioQueueStart(queue, NULL);
}

static OSStatus stop_at_once(AudioQueueRef queue)
{
    return AudioQueueStop(queue, true);
}

static OSStatus stop_later(AudioQueueRef queue)
{
    return AudioQueueStop(queue, false);
}

static OSStatus set_volume(AudioQueueRef queue)
{
    return AudioQueueSetParameter(queue, kAudioQueueParam_Volume, 0.5f);
}

static OSStatus look_at_time(AudioQueueRef queue)
{
    AudioTimeStamp now;
    return AudioQueueGetCurrentTime(queue, NULL, &now, NULL);
}

static OSStatus allocate_and_enqueue(AudioQueueRef queue)
{
    AudioQueueBufferRef buffer;
    OSStatus status = AudioQueueAllocateBuffer(queue, 4800, &buffer);
    if (status != noErr)
        return status;
    buffer->mAudioDataByteSize = 4800;
    if (AudioQueueEnqueueBuffer(queue, buffer, 0, NULL) != noErr)
        AudioQueueFreeBuffer(queue, buffer);
    return noErr;
}

static void *race(void *context)
{
    static OSStatus (*const acts[])(AudioQueueRef) = {
        start_at_once,   start_at_once,   stop_at_once, stop_later,   AudioQueuePause,
        AudioQueueReset, AudioQueueFlush, set_volume,   look_at_time, allocate_and_enqueue,
    };
    racer *r = context;
    unsigned seed = r->seed;
    while (!atomic_load(&r->done)) {
        seed = seed * 1664525u + 1013904223u;
        OSStatus status = acts[(seed >> 16) % (sizeof acts / sizeof *acts)](r->queue);
        CHECK(status == noErr || status == kAudioQueueErr_InvalidRunState ||
              status == kAudioQueueErr_DisposalPending || status == kAudio_ParamError);
    }
    return NULL;
}

/* With the clock running by itself, in the device's own thread. */
static void test_anything_at_any_time(void)
{
    for (int round = 0; round < 6; round++) {
        AudioStreamBasicDescription format = pcm(44100, 2, 16, INT);
        racer r = { NULL, false, (unsigned)round };
        pthread_t threads[3];
        CHECK_EQ(AudioQueueNewOutput(&format, note_thread, NULL, NULL, NULL, 0, &r.queue), noErr);
        for (int i = 0; i < 3; i++)
            pthread_create(&threads[i], NULL, race, &r);
        rest(150);
        CHECK_EQ(AudioQueueDispose(r.queue, round % 2 == 0), noErr);
        atomic_store(&r.done, true);
        for (int i = 0; i < 3; i++)
            pthread_join(threads[i], NULL);
        WAIT_UNTIL(cm_handle_count(CM_KIND_AUDIO_QUEUE) == 0);
    }
}

/* Fills buffers of one queue after another, each held, while the main thread disposes of it. */
static void *fill_until_it_ends(void *context)
{
    racer *r = context;
    while (CMAudioQueueHold(r->queue) == noErr) {
        AudioQueueBufferRef buffer;
        OSStatus status = AudioQueueAllocateBuffer(r->queue, 1 << 16, &buffer);
        CHECK(status == noErr || status == kAudioQueueErr_DisposalPending || status == kAudio_ParamError);
        if (status == noErr) {
            memset(buffer->mAudioData, 1, buffer->mAudioDataBytesCapacity);
            buffer->mAudioDataByteSize = buffer->mAudioDataBytesCapacity;
        }
        atomic_store(&r->done, true);
        CMAudioQueueLetGo(r->queue);
    }
    return NULL;
}

static void test_held_buffers_outlive_their_queue(void)
{
    for (int round = 0; round < 100; round++) {
        AudioStreamBasicDescription format = pcm(44100, 2, 16, INT);
        racer r = { 0 };
        pthread_t threads[2];
        CHECK_EQ(AudioQueueNewOutput(&format, note_thread, NULL, NULL, NULL, 0, &r.queue), noErr);
        for (int i = 0; i < 2; i++)
            pthread_create(&threads[i], NULL, fill_until_it_ends, &r);
        WAIT_UNTIL(atomic_load(&r.done));
        CHECK_EQ(AudioQueueDispose(r.queue, round % 2 == 0), noErr);
        for (int i = 0; i < 2; i++)
            pthread_join(threads[i], NULL);
        CHECK_EQ(CMAudioQueueHold(r.queue), kAudio_ParamError);
        CHECK_EQ(cm_handle_count(CM_KIND_AUDIO_QUEUE), 0);
    }
}

/* ---- long and often ---- */

static long resident_kilobytes(void)
{
    long pages = 0, skipped;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file != NULL && fscanf(file, "%ld %ld", &skipped, &pages) == 2);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void again_and_again(void *user, AudioQueueRef queue, AudioQueueBufferRef buffer)
{
    (void)user;
    atomic_fetch_add(&calls, 1);
    AudioQueueEnqueueBuffer(queue, buffer, 0, NULL);
}

#ifdef __SANITIZE_THREAD__
enum { MINUTES = 5 }; /* with the sanitizer an hour takes several */
#else
enum { MINUTES = 60 };
#endif

static void test_an_hour_of_virtual_time(void)
{
    AudioStreamBasicDescription format = pcm(48000, 2, 16, INT);
    AudioQueueRef queue;
    AudioTimeStamp now;
    calls = 0;
    CHECK_EQ(AudioQueueNewOutput(&format, again_and_again, NULL, NULL, NULL, 0, &queue), noErr);
    for (int i = 0; i < 4; i++) {
        AudioQueueBufferRef buffer;
        CHECK_EQ(AudioQueueAllocateBuffer(queue, 48000 * 4, &buffer), noErr);
        buffer->mAudioDataByteSize = 48000 * 4;
        CHECK_EQ(AudioQueueEnqueueBuffer(queue, buffer, 0, NULL), noErr);
    }
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    advance(60);
    long before = resident_kilobytes();
    time_t began = time(NULL);
    for (int minute = 1; minute < MINUTES; minute++)
        advance(60);
    printf("   %d minutes in %ld s\n", MINUTES, (long)(time(NULL) - began));
    CHECK_EQ(AudioQueueGetCurrentTime(queue, NULL, &now, NULL), noErr);
    CHECK_NEAR(now.mSampleTime, MINUTES * 60.0 * 48000, 2048);
    CHECK_EQ(get32(queue, kCMAudioQueueProperty_Underruns), 0);
    WAIT_UNTIL(calls >= MINUTES * 60 - 1);
    CHECK(resident_kilobytes() - before < 2048);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
}

static void make_and_break(int times)
{
    AudioStreamBasicDescription format = pcm(44100, 2, 16, INT);
    for (int i = 0; i < times; i++) {
        AudioQueueRef queue;
        AudioQueueBufferRef buffer;
        AudioQueueTimelineRef timeline;
        CHECK_EQ(AudioQueueNewOutput(&format, again_and_again, NULL, NULL, NULL, 0, &queue), noErr);
        CHECK_EQ(AudioQueueAllocateBuffer(queue, 44100, &buffer), noErr);
        CHECK_EQ(AudioQueueCreateTimeline(queue, &timeline), noErr);
        buffer->mAudioDataByteSize = 44100;
        CHECK_EQ(AudioQueueEnqueueBuffer(queue, buffer, 0, NULL), noErr);
        CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
        CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    }
}

static void test_nothing_is_left_behind(void)
{
    make_and_break(50);
    long before = resident_kilobytes();
    make_and_break(400);
    long grown = resident_kilobytes() - before;
    printf("   %ld KiB more after 400 queues\n", grown);
#ifndef __SANITIZE_ADDRESS__
    CHECK(grown < 2048);
#endif
    CHECK_EQ(cm_handle_count(CM_KIND_AUDIO_QUEUE), 0);
    CHECK_EQ(cm_handle_count(CM_KIND_AUDIO_QUEUE_TIMELINE), 0);
}

int main(void)
{
    setenv("COREMUSIC_DRIVER", "virtual", 1);
    CHECK_EQ(CMVirtualSetManualClock(true), noErr);
    RUN(test_callbacks_run_on_the_run_loop);
    RUN(test_no_callback_runs_after_disposal);
    RUN(test_an_hour_of_virtual_time);
    RUN(test_nothing_is_left_behind);
    CHECK_EQ(CMVirtualSetManualClock(false), noErr);
    RUN(test_anything_at_any_time);
    RUN(test_held_buffers_outlive_their_queue);
    return 0;
}
