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

static const char *const output = "coremusic:virtual:output";

/* What the virtual output has played since the capture began, the caller's to free. */
static Float32 *captured(UInt32 *frames)
{
    UInt32 room = 1 << 20;
    Float32 *sound = malloc((size_t)room * 2 * 4);
    *frames = room;
    CHECK_EQ(CMVirtualReadCapture(output, frames, sound), noErr);
    CHECK_EQ(CMVirtualStopCapture(output), noErr);
    return sound;
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
    CHECK_EQ(CMVirtualStartCapture(output, 200000), noErr);
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    CHECK_EQ(get32(queue, kAudioQueueProperty_IsRunning), 1);
    WAIT_UNTIL(changes == 1);
    advance(1, rate);
    WAIT_UNTIL(p.callbacks >= 9);
    CHECK(p.callbacks <= 10);
    advance(1.2, rate);
    WAIT_UNTIL(changes == 2);
    CHECK_EQ(get32(queue, kAudioQueueProperty_IsRunning), 0);
    CHECK_EQ(get32(queue, kCMAudioQueueProperty_Underruns), 0);
    CHECK_EQ(p.callbacks, 20);
    UInt32 frames;
    Float32 *got = captured(&frames);
    CHECK(frames >= 96000);
    CHECK(memcmp(got, sound, n * 4) == 0);
    free(got);
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
    OSStatus status = AudioQueueStop(queue, true);
    CHECK(status == noErr || status == kAudioQueueErr_DisposalPending);
}

static void reset_inside(void *user, AudioQueueRef queue, AudioQueueBufferRef buffer)
{
    (void)user;
    (void)buffer;
    atomic_fetch_add(&inside_calls, 1);
    OSStatus status = AudioQueueReset(queue);
    CHECK(status == noErr || status == kAudioQueueErr_DisposalPending);
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

/* ---- time ---- */

static Float64 time_now(AudioQueueRef queue, AudioQueueTimelineRef timeline, Boolean *gap)
{
    AudioTimeStamp now;
    CHECK_EQ(AudioQueueGetCurrentTime(queue, timeline, &now, gap), noErr);
    CHECK(now.mFlags & kAudioTimeStampSampleTimeValid);
    return now.mSampleTime;
}

static void test_time_goes_with_the_device(void)
{
    Float32 *sound = noise(44100);
    player p = { (const UInt8 *)sound, 44100 * 4, 0, false, 0, 0 };
    AudioQueueRef queue = make_queue(pcm(44100, 1, 32, FLOAT), &p);
    AudioQueueTimelineRef timeline;
    AudioTimeStamp now, later = { .mFlags = kAudioTimeStampHostTimeValid };
    Boolean gap;
    prepare(queue, &p, 10, 4410 * 4);
    CHECK_EQ(AudioQueueCreateTimeline(queue, &timeline), noErr);
    CHECK_EQ(AudioQueueGetCurrentTime(queue, NULL, &now, NULL), kAudioQueueErr_InvalidRunState);
    CHECK_EQ(AudioQueueDeviceGetCurrentTime(queue, &now), kAudioQueueErr_InvalidRunState);
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    CHECK_EQ(time_now(queue, timeline, &gap), 0);
    CHECK(!gap);
    advance(0.5, 48000);
    CHECK_NEAR(time_now(queue, timeline, &gap), 22050, 2500);
    CHECK(!gap);
    Float64 before = time_now(queue, timeline, &gap);
    advance(0.25, 48000);
    CHECK_NEAR(time_now(queue, timeline, &gap) - before, 11025, 600);
    CHECK_EQ(AudioQueueDeviceGetCurrentTime(queue, &now), noErr);
    CHECK_EQ(AudioQueueDeviceTranslateTime(queue, &now, &later), noErr);
    CHECK(llabs((long long)(later.mHostTime - now.mHostTime)) < 1000000);
    CHECK_EQ(AudioQueueDeviceGetNearestStartTime(queue, &now, 0), noErr);
    CHECK_EQ(AudioQueuePause(queue), noErr);
    before = time_now(queue, timeline, &gap);
    advance(1, 48000);
    CHECK(time_now(queue, timeline, &gap) == before);
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    CHECK(time_now(queue, timeline, &gap) == before);
    advance(0.1, 48000);
    CHECK_NEAR(time_now(queue, timeline, &gap) - before, 4410, 1500);
    CHECK(!gap);
    CHECK_EQ(CMVirtualInjectOverload(output), noErr);
    advance(0.1, 48000);
    time_now(queue, timeline, &gap);
    CHECK(gap);
    time_now(queue, timeline, &gap);
    CHECK(!gap);
    CHECK_EQ(AudioQueueDisposeTimeline(queue, timeline), noErr);
    CHECK_EQ(AudioQueueDisposeTimeline(queue, timeline), kAudio_ParamError);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    CHECK_EQ(cm_handle_count(CM_KIND_AUDIO_QUEUE_TIMELINE), 0);
    free(sound);
}

static void test_starts_at_a_device_time(void)
{
    Float32 *sound = noise(4800);
    player p = { (const UInt8 *)sound, 4800 * 4, 0, false, 0, 0 };
    AudioQueueRef other = start_with(stop_inside, 0), queue = make_queue(pcm(48000, 1, 32, FLOAT), &p);
    AudioTimeStamp at;
    UInt32 frames;
    prepare(queue, &p, 1, 4800 * 4);
    advance(0.1, 48000);
    CHECK_EQ(AudioQueueDeviceGetCurrentTime(other, &at), noErr);
    CHECK_EQ(CMVirtualStartCapture(output, 200000), noErr);
    at.mSampleTime = floor(at.mSampleTime) + 10007;
    at.mFlags = kAudioTimeStampSampleTimeValid;
    CHECK_EQ(AudioQueueStart(queue, &at), noErr);
    advance(0.5, 48000);
    Float32 *got = captured(&frames);
    UInt32 first = 0;
    while (first < frames && got[2 * first] == 0)
        first++;
    CHECK(first > 8000 && first < 11000);
    for (UInt32 i = 0; i < 4800; i++)
        CHECK(got[2 * (first + i)] == sound[i] && got[2 * (first + i) + 1] == sound[i]);
    free(got);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    CHECK_EQ(AudioQueueDispose(other, true), noErr);
    free(sound);
}

/* ---- loudness ---- */

static void test_volume_pan_ramps_and_meters(void)
{
    enum { N = 48000 };
    Float32 *ones = malloc(N * 4);
    for (int i = 0; i < N; i++)
        ones[i] = 0.5f;
    player p = { (const UInt8 *)ones, N * 4, 0, false, 0, 0 };
    AudioQueueRef queue = make_queue(pcm(48000, 1, 32, FLOAT), &p);
    AudioQueueLevelMeterState level;
    UInt32 on = 1, size = sizeof level, frames;
    prepare(queue, &p, 1, N * 4);
    CHECK_EQ(AudioQueueGetProperty(queue, kAudioQueueProperty_CurrentLevelMeter, &level, &size),
             kAudioQueueErr_InvalidPropertyValue);
    CHECK_EQ(AudioQueueSetProperty(queue, kAudioQueueProperty_EnableLevelMetering, &on, 4), noErr);
    CHECK_EQ(AudioQueueSetParameter(queue, kAudioQueueParam_Pan, -0.5f), noErr);
    CHECK_EQ(CMVirtualStartCapture(output, 200000), noErr);
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    advance(0.25, 48000);
    CHECK_EQ(AudioQueueGetProperty(queue, kAudioQueueProperty_CurrentLevelMeter, &level, &size), noErr);
    CHECK_NEAR(level.mAveragePower, 0.5, 0.01);
    CHECK_NEAR(level.mPeakPower, 0.5, 1e-6);
    CHECK_EQ(AudioQueueGetProperty(queue, kAudioQueueProperty_CurrentLevelMeterDB, &level, &size), noErr);
    CHECK_NEAR(level.mPeakPower, -6.0206, 1e-3);
    CHECK_EQ(AudioQueueSetParameter(queue, kAudioQueueParam_VolumeRampTime, 0.1f), noErr);
    CHECK_EQ(AudioQueueSetParameter(queue, kAudioQueueParam_Volume, 0), noErr);
    advance(0.25, 48000);
    Float32 *got = captured(&frames);
    UInt32 ramp = 0, silent = 0, first = 0;
    while (got[2 * first] == 0)
        first++;
    CHECK(got[2 * first] == 0.5f && got[2 * first + 1] == 0.25f);
    for (UInt32 i = first; i + 1 < frames && i < first + 20000; i++) {
        Float32 step = got[2 * i + 2] - got[2 * i];
        CHECK(step <= 0 && step > -0.5f / 4800 - 1e-5f);
        ramp += step < 0;
        silent += got[2 * i] == 0;
    }
    CHECK_EQ(ramp, 4800);
    CHECK(silent > 1000);
    free(got);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    free(ones);
}

/* ---- a tap that interferes ---- */

static AudioQueueRef tapped;
static atomic_int tap_calls;
static bool tap_disposes;

static void interfere(void *user, AudioQueueProcessingTapRef tap, UInt32 frames, AudioTimeStamp *time,
                      AudioQueueProcessingTapFlags *flags, UInt32 *made, AudioBufferList *data)
{
    (void)user;
    (void)tap;
    (void)time;
    (void)flags;
    (void)data;
    *made = frames;
    if (atomic_fetch_add(&tap_calls, 1) == 40)
        CHECK_EQ(tap_disposes ? AudioQueueDispose(tapped, true) : AudioQueueStop(tapped, true), noErr);
}

static void run_interference(bool disposes)
{
    AudioStreamBasicDescription format;
    AudioQueueProcessingTapRef tap;
    Float32 *sound = noise(48000);
    player p = { (const UInt8 *)sound, 48000 * 4, 0, false, 0, 0 };
    UInt32 most;
    tap_disposes = disposes;
    tap_calls = 0;
    tapped = make_queue(pcm(48000, 1, 32, FLOAT), &p);
    CHECK_EQ(AudioQueueProcessingTapNew(tapped, interfere, NULL,
                                        kAudioQueueProcessingTap_PreEffects | kAudioQueueProcessingTap_Siphon,
                                        &most, &format, &tap),
             noErr);
    prepare(tapped, &p, 4, 4800 * 4);
    CHECK_EQ(AudioQueueStart(tapped, NULL), noErr);
    advance(1, 48000);
    if (disposes) {
        WAIT_UNTIL(cm_handle_count(CM_KIND_AUDIO_QUEUE) == 0);
        WAIT_UNTIL(cm_handle_count(CM_KIND_AUDIO_QUEUE_TAP) == 0);
    } else {
        WAIT_UNTIL(get32(tapped, kAudioQueueProperty_IsRunning) == 0);
        CHECK_EQ(AudioQueueDispose(tapped, true), noErr);
    }
    rest(20); /* a callback that was on its way has ended */
    free(sound);
}

static void test_a_tap_may_stop_its_queue(void)
{
    run_interference(false);
    run_interference(true);
}

/* ---- devices that come and go ---- */

static void test_follows_the_default_device(void)
{
    enum { N = 48000 * 2 };
    static const char *const second = "test:second";
    Float32 *sound = noise(N);
    player p = { (const UInt8 *)sound, N * 4, 0, true, 0, 0 };
    AudioQueueRef queue = make_queue(pcm(48000, 1, 32, FLOAT), &p);
    AudioQueueTimelineRef timeline;
    Boolean gap;
    prepare(queue, &p, 4, 4800 * 4);
    CHECK_EQ(AudioQueueCreateTimeline(queue, &timeline), noErr);
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    CHECK_EQ(CMVirtualStartCapture(output, 200000), noErr);
    advance(0.5, 48000);
    UInt32 first_frames, second_frames = 1 << 20;
    Float32 *first_part = captured(&first_frames);
    CHECK_EQ(CMVirtualAddDevice(second, "Second", 0, 2, 48000), noErr);
    CHECK_EQ(CMVirtualStartCapture(second, 200000), noErr);
    CHECK_EQ(CMVirtualSetPlugged(output, false), noErr);
    AudioObjectPropertyAddress address = { kAudioHardwarePropertyDefaultOutputDevice,
                                           kAudioObjectPropertyScopeGlobal, kAudioObjectPropertyElementMain };
    AudioObjectID device = 0, was = 0;
    UInt32 size = sizeof device;
    (void)was;
    for (int i = 0; i < 2000; i++) {
        AudioTimeStamp now;
        rest(1);
        size = sizeof device;
        AudioObjectGetPropertyData(kAudioObjectSystemObject, &address, 0, NULL, &size, &device);
        if (device != 0 && AudioQueueDeviceGetCurrentTime(queue, &now) != kAudioQueueErr_InvalidRunState)
            break;
        CMVirtualAdvance(512, 48000);
    }
    advance(3, 48000);
    WAIT_UNTIL(get32(queue, kAudioQueueProperty_IsRunning) == 0);
    Float32 *second_part = malloc((size_t)second_frames * 8);
    CHECK_EQ(CMVirtualReadCapture(second, &second_frames, second_part), noErr);
    UInt32 at = 0, from = 0;
    while (at < second_frames && second_part[2 * at] == 0)
        at++;
    CHECK(at < second_frames);
    while (from < N && sound[from] != second_part[2 * at])
        from++;
    printf("   %u frames on the first device, from frame %u on the second\n", first_frames, from);
    CHECK(from >= first_frames &&
          from <= first_frames + 2048); /* at most what the first device had in hand */
    for (UInt32 i = from; i < N; i++)
        CHECK(second_part[2 * (at + i - from)] == sound[i]);
    CHECK_EQ(AudioQueueGetCurrentTime(queue, timeline, NULL, &gap), kAudioQueueErr_InvalidRunState);
    CHECK(gap);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    CHECK_EQ(CMVirtualSetPlugged(output, true), noErr);
    CHECK_EQ(CMVirtualRemoveDevice(second), noErr);
    free(first_part);
    free(second_part);
    free(sound);
}

/* What was decoded for one rate is converted to the other: the sine goes on, in tune and without a seam. */
static void test_moves_to_a_device_of_another_rate(void)
{
    enum { N = 48000 * 2 };
    static const char *const second = "test:slower";
    Float32 *sound = malloc(N * 4);
    for (int i = 0; i < N; i++)
        sound[i] = 0.5f * sinf(2 * (float)M_PI * 441 * (float)i / 48000);
    player p = { (const UInt8 *)sound, N * 4, 0, true, 0, 0 };
    AudioQueueRef queue = make_queue(pcm(48000, 1, 32, FLOAT), &p);
    UInt32 frames = 1 << 20;
    prepare(queue, &p, 4, 4800 * 4);
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    advance(0.5, 48000);
    CHECK_EQ(CMVirtualAddDevice(second, NULL, 0, 2, 44100), noErr);
    CHECK_EQ(CMVirtualStartCapture(second, 200000), noErr);
    CHECK_EQ(CMVirtualSetPlugged(output, false), noErr);
    for (int i = 0; i < 400; i++) {
        rest(1);
        CMVirtualAdvance(512, 44100);
    }
    WAIT_UNTIL(get32(queue, kAudioQueueProperty_IsRunning) == 0);
    Float32 *got = malloc((size_t)frames * 8);
    CHECK_EQ(CMVirtualReadCapture(second, &frames, got), noErr);
    UInt32 first = 0, last = frames;
    while (first < frames && fabsf(got[2 * first]) < 1e-3f)
        first++;
    while (last > first && fabsf(got[2 * last - 2]) < 1e-3f)
        last--;
    CHECK_NEAR(last - first, (N - 0.5 * 48000) * 44100 / 48000, 1200);
    double in_phase = 0, across = 0, worst = 0;
    UInt32 from = first + 20000,
           to = from + 40000; /* 400 periods of 100 frames, away from the ends and the seam */
    for (UInt32 i = from; i < to; i++) {
        in_phase += 2 * got[2 * i] * sin(2 * M_PI * i / 100) / 40000;
        across += 2 * got[2 * i] * cos(2 * M_PI * i / 100) / 40000;
    }
    CHECK_NEAR(hypot(in_phase, across), 0.5, 1e-3);
    for (UInt32 i = first + 1; i < last; i++)
        worst = fmax(worst, fabs(got[2 * i] - got[2 * i - 2]));
    printf("   steepest step %g (of the sine itself: %g)\n", worst, 0.5 * 2 * M_PI / 100);
    CHECK(worst < 0.15); /* where the old converter's last frames are missing */
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    CHECK_EQ(CMVirtualSetPlugged(output, true), noErr);
    CHECK_EQ(CMVirtualRemoveDevice(second), noErr);
    free(got);
    free(sound);
}

static void test_waits_a_while_for_a_device(void)
{
    Float32 *sound = noise(96000);
    player p = { (const UInt8 *)sound, 96000 * 4, 0, true, 0, 0 };
    AudioQueueRef queue = make_queue(pcm(48000, 1, 32, FLOAT), &p);
    prepare(queue, &p, 4, 4800 * 4);
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    advance(0.5, 48000);
    CHECK_EQ(CMVirtualSetPlugged(output, false), noErr);
    rest(200);
    CHECK_EQ(get32(queue, kAudioQueueProperty_IsRunning), 1);
    CHECK_EQ(CMVirtualSetPlugged(output, true), noErr);
    for (int i = 0; i < 400; i++) {
        rest(1);
        CMVirtualAdvance(512, 48000);
    }
    WAIT_UNTIL(get32(queue, kAudioQueueProperty_IsRunning) == 0);
    CHECK_EQ(p.callbacks, 20);
    p.used = 0;
    prepare(queue, &p, 4, 4800 * 4);
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    CHECK_EQ(CMVirtualSetPlugged(output, false), noErr);
    WAIT_UNTIL(get32(queue, kAudioQueueProperty_IsRunning) == 0); /* it gives up */
    CHECK_EQ(AudioQueueStart(queue, NULL), kAudioQueueErr_InvalidDevice);
    CHECK_EQ(CMVirtualSetPlugged(output, true), noErr);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    free(sound);
}

static void test_a_chosen_device_that_goes_ends_the_queue(void)
{
    CHECK_EQ(CMVirtualAddDevice("test:chosen", NULL, 0, 2, 48000), noErr);
    CFStringRef uid = CFSTR("test:chosen"), none = CFSTR("test:none"), found = NULL;
    Float32 *sound = noise(48000);
    player p = { (const UInt8 *)sound, 48000 * 4, 0, false, 0, 0 };
    AudioQueueRef queue = make_queue(pcm(48000, 1, 32, FLOAT), &p);
    UInt32 size = sizeof found;
    CHECK_EQ(AudioQueueSetProperty(queue, kAudioQueueProperty_CurrentDevice, &none, sizeof none),
             kAudioQueueErr_InvalidDevice);
    CHECK_EQ(AudioQueueSetProperty(queue, kAudioQueueProperty_CurrentDevice, &uid, sizeof uid), noErr);
    CHECK_EQ(AudioQueueGetProperty(queue, kAudioQueueProperty_CurrentDevice, &found, &size), noErr);
    CHECK(CFEqual(found, uid));
    CFRelease(found);
    changes = 0;
    CHECK_EQ(AudioQueueAddPropertyListener(queue, kAudioQueueProperty_IsRunning, count_change, NULL), noErr);
    prepare(queue, &p, 2, 24000 * 4);
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    WAIT_UNTIL(changes == 1);
    CHECK_EQ(AudioQueueSetProperty(queue, kAudioQueueProperty_CurrentDevice, &uid, sizeof uid),
             kAudioQueueErr_InvalidRunState);
    advance(0.1, 48000);
    CHECK_EQ(CMVirtualRemoveDevice("test:chosen"), noErr);
    WAIT_UNTIL(changes == 2);
    CHECK_EQ(get32(queue, kAudioQueueProperty_IsRunning), 0);
    CHECK_EQ(AudioQueueStart(queue, NULL), kAudioQueueErr_InvalidDevice);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    free(sound);
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
    RUN(test_time_goes_with_the_device);
    RUN(test_starts_at_a_device_time);
    RUN(test_volume_pan_ramps_and_meters);
    RUN(test_follows_the_default_device);
    RUN(test_moves_to_a_device_of_another_rate);
    RUN(test_a_tap_may_stop_its_queue);
    RUN(test_waits_a_while_for_a_device);
    RUN(test_a_chosen_device_that_goes_ends_the_queue);
    const char *first = NULL;
    unsigned long violations = cm_render_violations(&first);
    if (violations)
        fprintf(stderr, "%s\n", first);
    CHECK_EQ(violations, 0);
    return 0;
}
