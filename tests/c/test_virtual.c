#include "hal_help.h"

#include <unistd.h>

enum { BUFFER = 512 };

/* Plays the sample number itself, so that what arrives tells where it was; and keeps what it hears. */
typedef struct player {
    AudioObjectID device;
    AudioDeviceIOProcID id;
    Float32 next, step;
    _Atomic int cycles;
    Float32 heard[64 * BUFFER];
    UInt32 heard_count;
    Float64 input_sample, output_sample, now_sample;
    UInt64 output_host;
    Float64 scalar;
} player;

static OSStatus play(AudioObjectID device, const AudioTimeStamp *now, const AudioBufferList *input,
                     const AudioTimeStamp *input_time, AudioBufferList *output,
                     const AudioTimeStamp *output_time, void *client)
{
    player *p = client;
    (void)device;
    for (UInt32 b = 0; b < output->mNumberBuffers; b++) {
        Float32 *samples = output->mBuffers[b].mData;
        UInt32 channels = output->mBuffers[b].mNumberChannels;
        for (UInt32 i = 0; i < output->mBuffers[b].mDataByteSize / sizeof *samples; i += channels) {
            for (UInt32 c = 0; c < channels; c++)
                samples[i + c] = c ? -p->next : p->next;
            p->next += p->step;
        }
    }
    for (UInt32 b = 0; b < input->mNumberBuffers; b++) {
        const Float32 *samples = input->mBuffers[b].mData;
        UInt32 channels = input->mBuffers[b].mNumberChannels;
        for (UInt32 i = 0; i < input->mBuffers[b].mDataByteSize / sizeof *samples; i += channels)
            if (p->heard_count < sizeof p->heard / sizeof *p->heard)
                p->heard[p->heard_count++] = samples[i];
    }
    p->now_sample = now->mSampleTime;
    p->input_sample = input_time->mSampleTime;
    p->output_sample = output_time->mSampleTime;
    p->output_host = output_time->mHostTime;
    p->scalar = now->mRateScalar;
    p->cycles++;
    return noErr;
}

static void begin(player *p, const char *uid)
{
    memset(p, 0, sizeof *p);
    p->next = 1;
    p->step = 1;
    p->device = device_of_uid(uid);
    CHECK(p->device != kAudioObjectUnknown);
    CHECK_EQ(AudioDeviceCreateIOProcID(p->device, play, p, &p->id), noErr);
    CHECK_EQ(AudioDeviceStart(p->device, p->id), noErr);
}

static void end(player *p)
{
    CHECK_EQ(AudioDeviceDestroyIOProcID(p->device, p->id), noErr);
}

static void test_capture_is_what_was_played(void)
{
    player *p = malloc(sizeof *p);
    Float32 samples[2 * 10 * BUFFER];
    UInt32 frames = 10 * BUFFER;
    UInt64 lost = 99;
    unsigned long violations = cm_render_violations(NULL);
    CHECK_EQ(CMVirtualReadCapture(OUTPUT_UID, &frames, samples), kAudioHardwareIllegalOperationError);
    CHECK_EQ(CMVirtualStartCapture("nothing", 1), kAudioHardwareBadDeviceError);
    CHECK_EQ(CMVirtualStartCapture(INPUT_UID, 1), kAudioHardwareIllegalOperationError);
    CHECK_EQ(CMVirtualStartCapture(OUTPUT_UID, 8192), noErr);
    begin(p, OUTPUT_UID);
    CHECK_EQ(CMVirtualAdvance(3 * BUFFER, 48000), noErr);
    CHECK_EQ(CMVirtualReadCapture(OUTPUT_UID, &frames, samples), noErr);
    CHECK_EQ(frames, 3 * BUFFER);
    for (UInt32 i = 0; i < frames; i++) {
        CHECK_EQ(samples[2 * i], i + 1);
        CHECK_EQ(samples[2 * i + 1], -(SInt64)i - 1);
    }
    CHECK_EQ(CMVirtualAdvance(20 * BUFFER, 48000), noErr);
    CHECK_EQ(CMVirtualGetCaptureLoss(OUTPUT_UID, &lost), noErr);
    CHECK_EQ(lost, 4 * BUFFER);
    CHECK_EQ(CMVirtualStopCapture(OUTPUT_UID), noErr);
    end(p);
    CHECK_EQ(cm_render_violations(NULL), violations);
    free(p);
}

static void test_feed_is_what_is_heard(void)
{
    player *p = malloc(sizeof *p);
    Float32 samples[2 * 1000];
    UInt64 left = 0;
    unsigned long violations = cm_render_violations(NULL);
    for (int i = 0; i < 1000; i++)
        samples[2 * i] = samples[2 * i + 1] = (Float32)(i + 1);
    CHECK_EQ(CMVirtualFeed(INPUT_UID, 1000, samples), noErr);
    CHECK_EQ(CMVirtualFeed(INPUT_UID, 500, samples), noErr);
    CHECK_EQ(CMVirtualFeed(OUTPUT_UID, 500, samples), kAudioHardwareIllegalOperationError);
    CHECK_EQ(CMVirtualFeed(LOOPBACK_UID, 500, samples), kAudioHardwareIllegalOperationError);
    begin(p, INPUT_UID);
    CHECK_EQ(CMVirtualAdvance(BUFFER, 48000), noErr);
    CHECK_EQ(CMVirtualGetFeedLeft(INPUT_UID, &left), noErr);
    CHECK_EQ(left, 1500 - BUFFER);
    CHECK_EQ(CMVirtualAdvance(3 * BUFFER, 48000), noErr);
    CHECK_EQ(p->heard_count, 4 * BUFFER);
    for (UInt32 i = 0; i < 4 * BUFFER; i++)
        CHECK_EQ(p->heard[i], i < 1000 ? i + 1 : i < 1500 ? i - 999 : 0);
    CHECK_EQ(CMVirtualFeed(INPUT_UID, 1000, samples), noErr);
    CHECK_EQ(CMVirtualAdvance(2 * BUFFER, 48000), noErr);
    CHECK_EQ(p->heard[4 * BUFFER], 1);
    CHECK_EQ(p->input_sample, 5 * BUFFER);
    end(p);
    CHECK_EQ(cm_render_violations(NULL), violations);
    free(p);
}

static void test_tone(void)
{
    AudioObjectPropertyAddress source = at(kAudioDevicePropertyDataSource, kAudioObjectPropertyScopeInput);
    player *p = malloc(sizeof *p);
    begin(p, INPUT_UID);
    CHECK_EQ(set_u32(p->device, source, 'tone'), noErr);
    CHECK_EQ(CMVirtualAdvance(8 * BUFFER, 48000), noErr);
    for (int i = 0; i < 8 * BUFFER; i++)
        CHECK_NEAR(p->heard[i], 0.1 * sin(2 * M_PI * 997 * i / 48000), 1e-6);
    CHECK_EQ(set_u32(p->device, source, 'feed'), noErr);
    end(p);
    free(p);
}

/* What sounds from sample time s on is heard from s on. */
static void test_loopback(void)
{
    player *out = malloc(sizeof *out), *in = malloc(sizeof *in);
    begin(in, LOOPBACK_UID);
    begin(out, OUTPUT_UID);
    CHECK_EQ(set_u32(in->device, global(kAudioDevicePropertyBufferFrameSize), 64), noErr);
    CHECK_EQ(CMVirtualAdvance(8 * BUFFER, 48000), noErr);
    CHECK_EQ(in->heard_count, 8 * BUFFER);
    for (UInt32 i = 0; i < 8 * BUFFER; i++)
        CHECK_EQ(in->heard[i], i < 2 * BUFFER ? 0 : i - 2 * BUFFER + 1);
    end(out);
    CHECK_EQ(CMVirtualAdvance(8 * BUFFER, 48000), noErr);
    CHECK_EQ(in->heard[9 * BUFFER - 1], 7 * BUFFER); /* what had been rendered still sounds */
    CHECK_EQ(in->heard[10 * BUFFER], 0);
    CHECK_EQ(set_u32(in->device, global(kAudioDevicePropertyBufferFrameSize), BUFFER), noErr);
    end(in);
    free(out);
    free(in);
}

static _Atomic int overloads;

static OSStatus count_overload(AudioObjectID object, UInt32 count,
                               const AudioObjectPropertyAddress *addresses, void *client)
{
    (void)object, (void)client;
    CHECK_EQ(count, 1);
    CHECK_EQ(addresses->mSelector, kAudioDeviceProcessorOverload);
    overloads++;
    return noErr;
}

static void test_overload_loses_a_buffer(void)
{
    player *p = malloc(sizeof *p);
    Float32 samples[2 * 10 * BUFFER];
    UInt32 frames = 10 * BUFFER;
    AudioObjectPropertyAddress overload = global(kAudioDeviceProcessorOverload);
    CHECK_EQ(CMVirtualInjectOverload(OUTPUT_UID), kAudioHardwareNotRunningError);
    CMVirtualStartCapture(OUTPUT_UID, 8192);
    begin(p, OUTPUT_UID);
    CHECK_EQ(AudioObjectAddPropertyListener(p->device, &overload, count_overload, NULL), noErr);
    CMVirtualAdvance(BUFFER, 48000);
    CHECK_EQ(p->now_sample, BUFFER);
    CHECK_EQ(CMVirtualInjectOverload(OUTPUT_UID), noErr);
    CMVirtualAdvance(2 * BUFFER, 48000);
    CHECK_EQ(p->now_sample, 3 * BUFFER);
    CHECK_EQ(p->cycles, 2);
    WAIT_FOR(overloads == 1);
    CMVirtualReadCapture(OUTPUT_UID, &frames, samples);
    CHECK_EQ(frames, 3 * BUFFER);
    CHECK_EQ(samples[2 * (BUFFER - 1)], BUFFER);
    CHECK_EQ(samples[2 * BUFFER], 0);
    CHECK_EQ(samples[2 * (2 * BUFFER - 1)], 0);
    CHECK_EQ(samples[2 * 2 * BUFFER], BUFFER + 1);
    CHECK_EQ(AudioObjectRemovePropertyListener(p->device, &overload, count_overload, NULL), noErr);
    CMVirtualStopCapture(OUTPUT_UID);
    end(p);
    free(p);
}

static void test_drift(void)
{
    player *slow = malloc(sizeof *slow), *fast = malloc(sizeof *fast);
    CHECK_EQ(CMVirtualAddDevice("fast", "Fast", 1, 0, 48000), noErr);
    CHECK_EQ(CMVirtualSetDrift("fast", 1000), noErr);
    CHECK_EQ(CMVirtualSetDrift("fast", NAN), kAudioHardwareIllegalOperationError);
    begin(slow, INPUT_UID);
    begin(fast, "fast");
    CHECK_EQ(CMVirtualAdvance(1000 * BUFFER, 48000), noErr);
    CHECK_EQ(slow->cycles, 1000);
    CHECK_EQ(fast->cycles, 1001);
    CHECK_NEAR(fast->scalar, 1 / 1.001, 1e-9);
    CHECK_NEAR(get_f64(fast->device, global(kAudioDevicePropertyActualSampleRate)), 48048, 1e-3);
    CHECK_NEAR(get_f64(slow->device, global(kAudioDevicePropertyActualSampleRate)), 48000, 1e-6);
    CHECK_EQ(CMVirtualSetDrift("fast", 0), noErr);
    CHECK_EQ(CMVirtualAdvance(1000 * BUFFER, 48000), noErr);
    CHECK_EQ(fast->cycles, 2001);
    end(fast);
    end(slow);
    CHECK_EQ(CMVirtualRemoveDevice("fast"), noErr);
    CHECK_EQ(device_of_uid("fast"), kAudioObjectUnknown);
    free(slow);
    free(fast);
}

static void test_devices_are_added_and_removed(void)
{
    AudioBufferList list;
    CHECK_EQ(CMVirtualAddDevice("eight", NULL, 8, 2, 44100), noErr);
    CHECK_EQ(CMVirtualAddDevice("eight", NULL, 8, 2, 44100), kAudioHardwareIllegalOperationError);
    CHECK_EQ(CMVirtualAddDevice("none", NULL, 0, 0, 44100), kAudioHardwareIllegalOperationError);
    CHECK_EQ(CMVirtualAddDevice("none", NULL, 65, 0, 44100), kAudioHardwareIllegalOperationError);
    CHECK_EQ(CMVirtualAddDevice("none", NULL, 2, 0, 0), kAudioHardwareIllegalOperationError);
    AudioObjectID device = device_of_uid("eight");
    check_text(device, global(kAudioObjectPropertyName), "eight");
    CHECK_EQ(get_f64(device, global(kAudioDevicePropertyNominalSampleRate)), 44100);
    get(device, at(kAudioDevicePropertyStreamConfiguration, kAudioObjectPropertyScopeInput), &list,
        sizeof list);
    CHECK_EQ(list.mBuffers[0].mNumberChannels, 8);
    player *p = malloc(sizeof *p);
    begin(p, "eight");
    CHECK_EQ(CMVirtualAdvance(441, 44100), noErr);
    CHECK_EQ(CMVirtualAdvance(71, 44100), noErr);
    CHECK_EQ(p->cycles, 1);
    CHECK_EQ(CMVirtualRemoveDevice("eight"), noErr);
    CHECK_EQ(CMVirtualRemoveDevice(OUTPUT_UID), kAudioHardwareIllegalOperationError);
    CHECK_EQ(CMVirtualAdvance(4410, 44100), noErr);
    CHECK_EQ(p->cycles, 1);
    CHECK_EQ(get_u32(device, global(kAudioDevicePropertyDeviceIsAlive)), 0);
    CHECK_EQ(AudioDeviceStart(device, p->id), kAudioHardwareNotRunningError);
    end(p);
    AudioObjectPropertyAddress alive = global(kAudioDevicePropertyDeviceIsAlive);
    WAIT_FOR(!AudioObjectHasProperty(device, &alive));
    free(p);
}

static void test_volume_and_mute(void)
{
    AudioObjectPropertyAddress volume = at(kAudioDevicePropertyVolumeScalar, kAudioObjectPropertyScopeOutput);
    AudioObjectPropertyAddress mute = at(kAudioDevicePropertyMute, kAudioObjectPropertyScopeOutput);
    player *p = malloc(sizeof *p);
    Float32 samples[2 * BUFFER];
    UInt32 frames = BUFFER;
    CMVirtualStartCapture(OUTPUT_UID, 8192);
    begin(p, OUTPUT_UID);
    CHECK_EQ(set_f32(p->device, volume, 0.5f), noErr);
    CMVirtualAdvance(BUFFER, 48000);
    CMVirtualReadCapture(OUTPUT_UID, &frames, samples);
    CHECK_NEAR(samples[2 * 7], 8 * 0.125, 1e-6);
    AudioObjectPropertyAddress right = volume;
    right.mElement = 2;
    CHECK_EQ(set_f32(p->device, right, 0.25f), noErr);
    CMVirtualAdvance(BUFFER, 48000);
    CMVirtualReadCapture(OUTPUT_UID, &frames, samples);
    CHECK_NEAR(samples[2 * 7], (BUFFER + 8) * 0.125, 1e-4);
    CHECK_NEAR(samples[2 * 7 + 1], -(BUFFER + 8) * 0.015625, 1e-4); /* a quarter's cube */
    CHECK_EQ(set_u32(p->device, mute, 1), noErr);
    CMVirtualAdvance(BUFFER, 48000);
    CMVirtualReadCapture(OUTPUT_UID, &frames, samples);
    CHECK_EQ(samples[2 * 7], 0);
    CHECK_EQ(set_u32(p->device, mute, 0), noErr);
    CHECK_EQ(set_f32(p->device, right, 0.5f), noErr);
    CHECK_EQ(set_f32(p->device, volume, 1), noErr);
    CHECK_EQ(set_f32(p->device, volume, 1.5f), kAudioHardwareIllegalOperationError);
    CMVirtualStopCapture(OUTPUT_UID);
    end(p);
    free(p);
}

static void test_start_at_time(void)
{
    player *first = malloc(sizeof *first), *second = malloc(sizeof *second);
    AudioTimeStamp start = { .mSampleTime = 10000, .mFlags = kAudioTimeStampSampleTimeValid };
    AudioTimeStamp now, there = { .mFlags = kAudioTimeStampHostTimeValid };
    AudioObjectID device = device_of_uid(OUTPUT_UID);
    CHECK_EQ(AudioDeviceGetCurrentTime(device, &now), kAudioHardwareNotRunningError);
    CHECK_EQ(AudioDeviceGetCurrentTime(4711, &now), kAudioHardwareBadObjectError);
    begin(first, OUTPUT_UID);
    begin(second, OUTPUT_UID);
    AudioDeviceStop(device, second->id);
    CMVirtualAdvance(BUFFER, 48000);
    CHECK_EQ(AudioDeviceGetNearestStartTime(device, &start, 0), noErr);
    CHECK_EQ(start.mSampleTime, 20 * BUFFER);
    start.mSampleTime = 5;
    CHECK_EQ(AudioDeviceGetNearestStartTime(device, &start, 0), noErr);
    CHECK_EQ(start.mSampleTime, 3 * BUFFER);
    start.mSampleTime = 10000;
    CHECK_EQ(AudioDeviceStartAtTime(device, second->id, &start, 0), noErr);
    CMVirtualAdvance(100 * BUFFER + 100, 48000);
    CHECK_EQ(first->cycles, 101);
    CHECK_EQ(second->cycles, 101 - 18);
    CHECK_EQ(AudioDeviceGetCurrentTime(device, &now), noErr);
    CHECK_NEAR(now.mSampleTime, 101 * BUFFER + 100, 1e-3);
    CHECK_EQ(AudioDeviceTranslateTime(device, &now, &there), noErr);
    CHECK_EQ(there.mHostTime, now.mHostTime);
    AudioTimeStamp later = { .mSampleTime = now.mSampleTime + 48000,
                             .mFlags = kAudioTimeStampSampleTimeValid };
    CHECK_EQ(AudioDeviceTranslateTime(device, &later, &there), noErr);
    CHECK_NEAR(there.mHostTime, now.mHostTime + 1000000000, 2);

    AudioDeviceStop(device, second->id);
    int before = second->cycles;
    AudioTimeStamp host = { .mHostTime = first->output_host + 1000000000,
                            .mFlags = kAudioTimeStampHostTimeValid };
    CHECK_EQ(AudioDeviceStartAtTime(device, second->id, &host, 0), noErr);
    CMVirtualAdvance(48000 - 2 * BUFFER, 48000);
    CHECK_EQ(second->cycles, before);
    CMVirtualAdvance(3 * BUFFER, 48000);
    CHECK(second->cycles > before);
    end(first);
    end(second);
    free(first);
    free(second);
}

static void test_clock_changes_hands_while_running(void)
{
    player *p = malloc(sizeof *p);
    begin(p, OUTPUT_UID);
    CMVirtualAdvance(10 * BUFFER, 48000);
    CHECK_EQ(CMVirtualSetManualClock(false), noErr);
    WAIT_FOR(p->cycles > 20);
    CHECK_EQ(CMVirtualSetManualClock(true), noErr);
    int before = p->cycles;
    Float64 sample = p->now_sample;
    usleep(30000);
    CHECK_EQ(p->cycles, before);
    CMVirtualAdvance(BUFFER, 48000);
    CHECK_EQ(p->cycles, before + 1);
    CHECK_EQ(p->now_sample, sample + BUFFER);
    end(p);
    free(p);
}

/* A cycle on the clock thread that takes too long is told, and sample time goes on with the clock. */
static OSStatus dawdle(AudioObjectID device, const AudioTimeStamp *now, const AudioBufferList *input,
                       const AudioTimeStamp *input_time, AudioBufferList *output,
                       const AudioTimeStamp *output_time, void *client)
{
    _Atomic int *cycles = client;
    (void)device, (void)now, (void)input, (void)input_time, (void)output, (void)output_time;
    if (++*cycles == 3)
        usleep(200000);
    return noErr;
}

static void test_late_cycle(void)
{
    static _Atomic int cycles;
    AudioObjectPropertyAddress overload = global(kAudioDeviceProcessorOverload);
    AudioObjectID device = device_of_uid(OUTPUT_UID);
    AudioDeviceIOProcID id;
    overloads = 0;
    CMVirtualSetManualClock(false);
    CHECK_EQ(AudioObjectAddPropertyListener(device, &overload, count_overload, NULL), noErr);
    CHECK_EQ(AudioDeviceCreateIOProcID(device, dawdle, &cycles, &id), noErr);
    CHECK_EQ(AudioDeviceStart(device, id), noErr);
    WAIT_FOR(cycles > 5 && overloads > 0);
    CHECK_EQ(AudioDeviceDestroyIOProcID(device, id), noErr);
    AudioObjectRemovePropertyListener(device, &overload, count_overload, NULL);
    CMVirtualSetManualClock(true);
}

int main(void)
{
    setenv("COREMUSIC_DRIVER", "virtual", 1);
    CMVirtualSetManualClock(true);
    RUN(test_capture_is_what_was_played);
    RUN(test_feed_is_what_is_heard);
    RUN(test_tone);
    RUN(test_loopback);
    RUN(test_overload_loses_a_buffer);
    RUN(test_drift);
    RUN(test_devices_are_added_and_removed);
    RUN(test_volume_and_mute);
    RUN(test_start_at_time);
    RUN(test_clock_changes_hands_while_running);
    RUN(test_late_cycle);
    CHECK_EQ(AudioHardwareUnload(), noErr);
    return 0;
}
