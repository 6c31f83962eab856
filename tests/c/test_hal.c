#include "hal_help.h"

static AudioObjectID default_output(void)
{
    return get_u32(kAudioObjectSystemObject, global(kAudioHardwarePropertyDefaultOutputDevice));
}

static AudioObjectID default_input(void)
{
    return get_u32(kAudioObjectSystemObject, global(kAudioHardwarePropertyDefaultInputDevice));
}

static void test_devices(void)
{
    AudioObjectPropertyAddress address = global(kAudioHardwarePropertyDevices);
    UInt32 size = 0;
    CHECK_EQ(AudioObjectGetPropertyDataSize(kAudioObjectSystemObject, &address, 0, NULL, &size), noErr);
    CHECK(size >= 2 * sizeof(AudioObjectID));
    AudioObjectID output = default_output(), input = default_input();
    CHECK(output != input);
    check_text(output, global(kAudioObjectPropertyName), "Virtual Output");
    check_text(output, global(kAudioDevicePropertyDeviceUID), "coremusic:virtual:output");
    check_text(input, global(kAudioObjectPropertyName), "Virtual Input");
    CHECK_EQ(get_u32(output, global(kAudioDevicePropertyTransportType)), kAudioDeviceTransportTypeVirtual);
    CHECK_EQ(get_u32(output, global(kAudioDevicePropertyDeviceIsAlive)), 1);
    CHECK_EQ(get_u32(output, global(kAudioObjectPropertyClass)), kAudioDeviceClassID);
    CHECK_EQ(get_u32(output, global(kAudioObjectPropertyOwner)), kAudioObjectSystemObject);

    AudioObjectID stream = get_u32(output, at(kAudioDevicePropertyStreams, kAudioObjectPropertyScopeOutput));
    CHECK_EQ(get_u32(stream, global(kAudioStreamPropertyDirection)), 0);
    AudioStreamBasicDescription format;
    address = global(kAudioStreamPropertyVirtualFormat);
    size = sizeof format;
    CHECK_EQ(AudioObjectGetPropertyData(stream, &address, 0, NULL, &size, &format), noErr);
    CHECK_EQ(format.mSampleRate, 48000);
    CHECK_EQ(format.mChannelsPerFrame, 2);
    CHECK_EQ(format.mBytesPerFrame, 8);

    AudioBufferList list;
    address = at(kAudioDevicePropertyStreamConfiguration, kAudioObjectPropertyScopeOutput);
    size = sizeof list;
    CHECK_EQ(AudioObjectGetPropertyData(output, &address, 0, NULL, &size, &list), noErr);
    CHECK_EQ(list.mNumberBuffers, 1);
    CHECK_EQ(list.mBuffers[0].mNumberChannels, 2);
    address.mScope = kAudioObjectPropertyScopeInput;
    CHECK_EQ(AudioObjectGetPropertyData(output, &address, 0, NULL, &size, &list), noErr);
    CHECK_EQ(list.mNumberBuffers, 0);
}

static void test_errors(void)
{
    AudioObjectPropertyAddress address = global(kAudioObjectPropertyName);
    char room[8];
    UInt32 size = sizeof room;
    AudioObjectID output = default_output();
    CHECK_EQ(AudioObjectGetPropertyData(987654, &address, 0, NULL, &size, room),
             kAudioHardwareBadObjectError);
    CHECK_EQ(AudioObjectGetPropertyData(0, &address, 0, NULL, &size, room), kAudioHardwareBadObjectError);
    size = 4;
    CHECK_EQ(AudioObjectGetPropertyData(output, &address, 0, NULL, &size, room),
             kAudioHardwareBadPropertySizeError);
    CHECK_EQ(AudioObjectSetPropertyData(output, &address, 0, NULL, 8, room),
             kAudioHardwareUnsupportedOperationError);
    address.mSelector = 'none';
    CHECK_EQ(AudioObjectGetPropertyData(output, &address, 0, NULL, &size, room),
             kAudioHardwareUnknownPropertyError);
    CHECK(!AudioObjectHasProperty(output, &address));
    address = global(kAudioDevicePropertyBufferFrameSize);
    address.mElement = 7;
    CHECK(!AudioObjectHasProperty(output, &address));
    address.mElement = 0;
    CHECK(AudioObjectHasProperty(output, &address));
    CHECK_EQ(AudioObjectSetPropertyData(output, &address, 0, NULL, 2, room),
             kAudioHardwareBadPropertySizeError);
    UInt32 frames = 1;
    CHECK_EQ(AudioObjectSetPropertyData(output, &address, 0, NULL, 4, &frames),
             kAudioHardwareIllegalOperationError);
    CHECK_EQ(AudioDeviceStart(output, (AudioDeviceIOProcID)(uintptr_t)12345),
             kAudioHardwareIllegalOperationError);
    CHECK_EQ(AudioDeviceStart(987654, NULL), kAudioHardwareBadObjectError);
}

typedef struct counter {
    _Atomic int calls;
    Float32 level;
    Float32 heard; /* the first output sample as the IOProc got it */
    bool stop_inside, destroy_inside;
    AudioDeviceIOProcID id;
    Float64 last_output;
} counter;

static OSStatus count(AudioObjectID device, const AudioTimeStamp *now, const AudioBufferList *input,
                      const AudioTimeStamp *input_time, AudioBufferList *output,
                      const AudioTimeStamp *output_time, void *client)
{
    counter *c = client;
    (void)now, (void)input, (void)input_time;
    c->calls++;
    c->last_output = output_time->mSampleTime;
    for (UInt32 b = 0; b < output->mNumberBuffers; b++) {
        Float32 *samples = output->mBuffers[b].mData;
        c->heard = samples[0];
        for (UInt32 i = 0; i < output->mBuffers[b].mDataByteSize / sizeof *samples; i++)
            samples[i] = c->level;
    }
    if (c->stop_inside)
        CHECK_EQ(AudioDeviceStop(device, c->id), noErr);
    if (c->destroy_inside)
        CHECK_EQ(AudioDeviceDestroyIOProcID(device, c->id), noErr);
    return noErr;
}

static void test_start_and_stop_by_hand(void)
{
    unsigned long violations = cm_render_violations(NULL);
    AudioObjectID output = default_output();
    counter a = { .level = 0.25f }, b = { .level = 0.5f };
    CHECK_EQ(CMVirtualAdvance(512, 48000), kAudioHardwareIllegalOperationError);
    CHECK_EQ(CMVirtualSetManualClock(true), noErr);
    CHECK_EQ(AudioDeviceCreateIOProcID(output, count, &a, &a.id), noErr);
    CHECK_EQ(AudioDeviceCreateIOProcID(output, count, &b, &b.id), noErr);
    CHECK(a.id != b.id);
    CHECK_EQ(CMVirtualAdvance(5120, 48000), noErr);
    CHECK_EQ(a.calls, 0);
    CHECK_EQ(AudioDeviceStart(output, a.id), noErr);
    CHECK_EQ(get_u32(output, global(kAudioDevicePropertyDeviceIsRunning)), 1);
    CHECK_EQ(CMVirtualAdvance(511, 48000), noErr);
    CHECK_EQ(a.calls, 0);
    CHECK_EQ(CMVirtualAdvance(1, 48000), noErr);
    CHECK_EQ(a.calls, 1);
    CHECK_EQ(a.last_output, 1024);
    CHECK_EQ(AudioDeviceStart(output, b.id), noErr);
    CHECK_EQ(CMVirtualAdvance(10 * 512, 48000), noErr);
    CHECK_EQ(a.calls, 11);
    CHECK_EQ(b.calls, 10);
    CHECK_EQ(b.heard, 0);
    CHECK_EQ(AudioDeviceStop(output, a.id), noErr);
    CHECK_EQ(CMVirtualAdvance(512, 48000), noErr);
    CHECK_EQ(a.calls, 11);
    CHECK_EQ(b.calls, 11);
    CHECK_EQ(AudioDeviceDestroyIOProcID(output, b.id), noErr);
    CHECK_EQ(get_u32(output, global(kAudioDevicePropertyDeviceIsRunning)), 0);
    CHECK_EQ(AudioDeviceDestroyIOProcID(output, b.id), kAudioHardwareIllegalOperationError);
    CHECK_EQ(AudioDeviceDestroyIOProcID(output, a.id), noErr);
    CHECK_EQ(CMVirtualSetManualClock(false), noErr);
    CHECK_EQ(cm_render_violations(NULL), violations);
}

static void test_an_hour_by_hand(void)
{
    AudioObjectID output = default_output();
    counter a = { 0 };
    CMVirtualSetManualClock(true);
    AudioDeviceCreateIOProcID(output, count, &a, &a.id);
    AudioDeviceStart(output, a.id);
    for (int i = 0; i < 3600; i++)
        CHECK_EQ(CMVirtualAdvance(44100, 44100), noErr);
    CHECK_EQ(a.calls, 3600 * 48000 / 512);
    CHECK_EQ(AudioDeviceDestroyIOProcID(output, a.id), noErr);
    CMVirtualSetManualClock(false);
}

static void wait_until_idle(AudioObjectID device)
{
    for (int i = 0; i < 20000 && get_u32(device, global(kAudioDevicePropertyDeviceIsRunning)); i++)
        usleep(1000);
    CHECK_EQ(get_u32(device, global(kAudioDevicePropertyDeviceIsRunning)), 0);
}

static void test_stop_and_destroy_from_inside(void)
{
    AudioObjectID output = default_output();
    for (int by_hand = 0; by_hand < 2; by_hand++) {
        CMVirtualSetManualClock(by_hand != 0);
        counter stops = { .stop_inside = true }, dies = { .destroy_inside = true };
        CHECK_EQ(AudioDeviceCreateIOProcID(output, count, &stops, &stops.id), noErr);
        CHECK_EQ(AudioDeviceCreateIOProcID(output, count, &dies, &dies.id), noErr);
        CHECK_EQ(AudioDeviceStart(output, stops.id), noErr);
        CHECK_EQ(AudioDeviceStart(output, dies.id), noErr);
        if (by_hand)
            CHECK_EQ(CMVirtualAdvance(4096, 48000), noErr);
        wait_until_idle(output);
        CHECK_EQ(stops.calls, 1);
        CHECK_EQ(dies.calls, 1);
        CHECK_EQ(AudioDeviceStart(output, dies.id), kAudioHardwareIllegalOperationError);
        CHECK_EQ(AudioDeviceDestroyIOProcID(output, stops.id), noErr);
    }
    CMVirtualSetManualClock(false);
}

static void test_clock_thread(void)
{
    unsigned long violations = cm_render_violations(NULL);
    AudioObjectID output = default_output(), input = default_input();
    AudioObjectPropertyAddress size = global(kAudioDevicePropertyBufferFrameSize);
    UInt32 frames = 64;
    counter out = { .level = 1 }, in = { 0 };
    CHECK_EQ(AudioObjectSetPropertyData(output, &size, 0, NULL, sizeof frames, &frames), noErr);
    AudioDeviceCreateIOProcID(output, count, &out, &out.id);
    AudioDeviceCreateIOProcID(input, count, &in, &in.id);
    CHECK_EQ(AudioDeviceStart(output, out.id), noErr);
    CHECK_EQ(AudioDeviceStart(input, in.id), noErr);
    WAIT_FOR(out.calls >= 50 && in.calls >= 5);
    frames = 512;
    CHECK_EQ(AudioObjectSetPropertyData(output, &size, 0, NULL, sizeof frames, &frames), noErr);
    int before = out.calls;
    WAIT_FOR(out.calls >= before + 3);
    CHECK_EQ(AudioDeviceStop(output, out.id), noErr);
    before = out.calls;
    usleep(30000);
    CHECK_EQ(out.calls, before);
    CHECK_EQ(AudioDeviceDestroyIOProcID(input, in.id), noErr);
    CHECK_EQ(AudioDeviceDestroyIOProcID(output, out.id), noErr);
    CHECK_EQ(cm_render_violations(NULL), violations);
}

static void test_many(void)
{
    enum { MANY = 200 };
    AudioObjectID output = default_output();
    static counter all[MANY];
    for (int i = 0; i < MANY; i++)
        CHECK_EQ(AudioDeviceCreateIOProcID(output, count, &all[i], &all[i].id), noErr);
    for (int i = 0; i < MANY; i++)
        CHECK_EQ(AudioDeviceStart(output, all[i].id), noErr);
    WAIT_FOR(all[MANY - 1].calls);
    for (int i = 0; i < MANY; i++) {
        CHECK(all[i].calls > 0);
        CHECK_EQ(AudioDeviceDestroyIOProcID(output, all[i].id), noErr);
    }
    counter one = { 0 };
    AudioDeviceCreateIOProcID(output, count, &one, &one.id);
    for (int i = 0; i < 1000; i++) {
        CHECK_EQ(AudioDeviceStart(output, one.id), noErr);
        CHECK_EQ(AudioDeviceStop(output, one.id), noErr);
    }
    AudioDeviceDestroyIOProcID(output, one.id);
}

int main(void)
{
    setenv("COREMUSIC_DRIVER", "virtual", 1);
    RUN(test_devices);
    RUN(test_errors);
    RUN(test_start_and_stop_by_hand);
    RUN(test_an_hour_by_hand);
    RUN(test_stop_and_destroy_from_inside);
    RUN(test_clock_thread);
    RUN(test_many);
    return 0;
}
