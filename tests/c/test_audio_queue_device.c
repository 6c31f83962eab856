/* AudioQueue on the virtual device, whose clock the test moves. */
#include "audio_queue_kit.h"

#include "../../csrc/engine/base/handle.h"
#include "../../csrc/engine/base/realtime.h"

#include <CoreAudio/AudioHardware.h>

static void advance(double seconds, double rate)
{
    CHECK_EQ(CMVirtualAdvance((UInt64)(seconds * rate), rate), noErr);
}

static Float64 device_rate(AudioQueueRef queue)
{
    Float64 rate = 0;
    UInt32 size = sizeof rate;
    CHECK_EQ(AudioQueueGetProperty(queue, kAudioQueueDeviceProperty_SampleRate, &rate, &size), noErr);
    return rate;
}

static atomic_int changes;

static void count_change(void *user, AudioQueueRef queue, AudioQueuePropertyID id)
{
    (void)user;
    CHECK_EQ(id, kAudioQueueProperty_IsRunning);
    UInt32 value = 0, size = sizeof value;
    CHECK_EQ(AudioQueueGetProperty(queue, id, &value, &size), noErr);
    atomic_fetch_add(&changes, 1);
}

static void test_plays_to_the_end_and_tells(void)
{
    size_t n = 2 * 96000;
    Float32 *sound = noise(n);
    player p = { (const UInt8 *)sound, n * 4, 0, true, 0, 0 };
    AudioQueueRef queue = make_queue(pcm(48000, 2, 32, FLOAT), &p);
    CHECK_EQ(AudioQueueAddPropertyListener(queue, kAudioQueueProperty_IsRunning, count_change, NULL), noErr);
    prepare(queue, &p, 3, 4800 * 8);
    double rate = device_rate(queue);
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    CHECK_EQ(get32(queue, kAudioQueueProperty_IsRunning), 1);
    WAIT_UNTIL(changes == 1);
    advance(1, rate);
    CHECK(p.callbacks >= 9 && p.callbacks <= 11);
    advance(1.2, rate);
    WAIT_UNTIL(changes == 2);
    CHECK_EQ(get32(queue, kAudioQueueProperty_IsRunning), 0);
    CHECK_EQ(get32(queue, kCMAudioQueueProperty_Underruns), 0);
    CHECK_EQ(p.callbacks, 20);
    CHECK_EQ(AudioQueueRemovePropertyListener(queue, kAudioQueueProperty_IsRunning, count_change, NULL),
             noErr);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    free(sound);
}

static void test_a_thousand_starts_and_stops(void)
{
    Float32 *sound = noise(2 * 4800);
    AudioQueueRef queue;
    player p = { (const UInt8 *)sound, 4800 * 8, 0, false, 0, 0 };
    queue = make_queue(pcm(48000, 2, 32, FLOAT), &p);
    AudioQueueBufferRef buffer;
    CHECK_EQ(AudioQueueAllocateBuffer(queue, 4800 * 8, &buffer), noErr);
    double rate = device_rate(queue);
    for (int i = 0; i < 1000; i++) {
        p.used = 0;
        refill(&p, queue, buffer);
        CHECK_EQ(p.used, p.size);
        CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
        if (i % 10 == 0)
            advance(0.02, rate);
        if (i % 3 == 0)
            CHECK_EQ(AudioQueuePause(queue), noErr);
        CHECK_EQ(AudioQueueStop(queue, true), noErr);
        CHECK_EQ(p.callbacks, 2 * (i + 1)); /* one of them was the test's own */
    }
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    free(sound);
}

static void test_two_hundred_at_once(void)
{
    enum { MANY = 200 };
    static player players[MANY];
    static AudioQueueRef queues[MANY];
    Float32 *sound = noise(9600);
    double rate = 48000;
    for (int i = 0; i < MANY; i++) {
        players[i] = (player){ (const UInt8 *)sound, 9600 * 4, 0, true, 0, 0 };
        queues[i] = make_queue(pcm(48000, 1, 32, FLOAT), &players[i]);
        prepare(queues[i], &players[i], 2, 1600 * 4);
        CHECK_EQ(AudioQueueStart(queues[i], NULL), noErr);
    }
    advance(0.3, rate);
    for (int i = 0; i < MANY; i++) {
        WAIT_UNTIL(get32(queues[i], kAudioQueueProperty_IsRunning) == 0);
        CHECK_EQ(get32(queues[i], kCMAudioQueueProperty_Underruns), 0);
        CHECK_EQ(players[i].callbacks, 6);
        CHECK_EQ(AudioQueueDispose(queues[i], true), noErr);
    }
    free(sound);
}

/* ---- from inside callbacks ---- */

static atomic_int inside_calls;

static void stop_inside(void *user, AudioQueueRef queue, AudioQueueBufferRef buffer)
{
    (void)user;
    atomic_fetch_add(&inside_calls, 1);
    AudioQueueEnqueueBuffer(queue, buffer, 0, NULL);
    CHECK_EQ(AudioQueueStop(queue, true), noErr);
}

static void reset_inside(void *user, AudioQueueRef queue, AudioQueueBufferRef buffer)
{
    (void)user;
    (void)buffer;
    atomic_fetch_add(&inside_calls, 1);
    CHECK_EQ(AudioQueueReset(queue), noErr);
}

static void dispose_inside(void *user, AudioQueueRef queue, AudioQueueBufferRef buffer)
{
    (void)user;
    (void)buffer;
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    atomic_fetch_add(&inside_calls, 1);
}

static AudioQueueRef start_with(AudioQueueOutputCallback callback, int buffers)
{
    AudioStreamBasicDescription format = pcm(48000, 1, 16, INT);
    AudioQueueRef queue;
    CHECK_EQ(AudioQueueNewOutput(&format, callback, NULL, NULL, NULL, 0, &queue), noErr);
    for (int i = 0; i < buffers; i++) {
        AudioQueueBufferRef buffer;
        CHECK_EQ(AudioQueueAllocateBuffer(queue, 2000, &buffer), noErr);
        buffer->mAudioDataByteSize = 2000;
        CHECK_EQ(AudioQueueEnqueueBuffer(queue, buffer, 0, NULL), noErr);
    }
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    inside_calls = 0;
    return queue;
}

static void test_stop_reset_and_dispose_inside_a_callback(void)
{
    AudioQueueRef queue = start_with(stop_inside, 3);
    advance(0.1, 48000);
    WAIT_UNTIL(inside_calls >= 3);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    queue = start_with(reset_inside, 3);
    advance(0.1, 48000);
    WAIT_UNTIL(inside_calls >= 3);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    start_with(dispose_inside, 3);
    advance(0.1, 48000);
    WAIT_UNTIL(inside_calls == 1);
    rest(20);
    CHECK_EQ(inside_calls, 1);
    CHECK_EQ(cm_handle_count(CM_KIND_AUDIO_QUEUE), 0);
}

static void test_disposal_waits_for_what_is_enqueued(void)
{
    AudioQueueRef queue = start_with(stop_inside, 3);
    CHECK_EQ(AudioQueueDispose(queue, false), noErr);
    CHECK_EQ(AudioQueueStart(queue, NULL), kAudioQueueErr_DisposalPending);
    advance(1, 48000);
    WAIT_UNTIL(cm_handle_count(CM_KIND_AUDIO_QUEUE) == 0);
    CHECK_EQ(inside_calls, 0);
    CHECK_EQ(AudioQueueStart(queue, NULL), kAudio_ParamError);
}

int main(void)
{
    setenv("COREMUSIC_DRIVER", "virtual", 1);
    CHECK_EQ(CMVirtualSetManualClock(true), noErr);
    RUN(test_plays_to_the_end_and_tells);
    RUN(test_a_thousand_starts_and_stops);
    RUN(test_two_hundred_at_once);
    RUN(test_stop_reset_and_dispose_inside_a_callback);
    RUN(test_disposal_waits_for_what_is_enqueued);
    const char *first = NULL;
    unsigned long violations = cm_render_violations(&first);
    if (violations)
        fprintf(stderr, "%s\n", first);
    CHECK_EQ(violations, 0);
    return 0;
}
