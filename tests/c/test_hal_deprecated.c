/* A program as it was written before there were audio objects. */
#include "hal_help.h"

#include <CoreAudio/AudioHardwareDeprecated.h>
#include <pthread.h>

static _Atomic int cycles, default_changes, device_changes, stream_changes;

static OSStatus tick(AudioDeviceID device, const AudioTimeStamp *now, const AudioBufferList *input,
                     const AudioTimeStamp *input_time, AudioBufferList *output,
                     const AudioTimeStamp *output_time, void *client)
{
    (void)device, (void)now, (void)input, (void)input_time, (void)output, (void)output_time;
    CHECK(client == &cycles);
    cycles++;
    return noErr;
}

static OSStatus default_changed(AudioHardwarePropertyID property, void *client)
{
    CHECK_EQ(property, kAudioHardwarePropertyDefaultInputDevice);
    CHECK(client == &cycles);
    default_changes++;
    return noErr;
}

static OSStatus device_changed(AudioDeviceID device, UInt32 channel, Boolean is_input,
                               AudioDevicePropertyID property, void *client)
{
    (void)device, (void)client;
    CHECK_EQ(property, kAudioDevicePropertyMute);
    CHECK_EQ(channel, 0);
    CHECK(!is_input);
    device_changes++;
    CHECK_EQ(AudioDeviceRemovePropertyListener(device, 0, false, property, device_changed), noErr);
    return noErr;
}

static OSStatus stream_changed(AudioStreamID stream, UInt32 channel, AudioDevicePropertyID property,
                               void *client)
{
    (void)stream, (void)channel, (void)property, (void)client;
    stream_changes++;
    return noErr;
}

static AudioDeviceID default_device(AudioHardwarePropertyID property)
{
    AudioDeviceID device = kAudioDeviceUnknown;
    UInt32 size = sizeof device;
    CHECK_EQ(AudioHardwareGetProperty(property, &size, &device), noErr);
    return device;
}

static void test_properties(void)
{
    AudioDeviceID device = default_device(kAudioHardwarePropertyDefaultOutputDevice);
    UInt32 size = 0;
    Boolean writable = true;
    char name[64];
    AudioStreamBasicDescription format;
    CHECK_EQ(AudioHardwareGetPropertyInfo(kAudioHardwarePropertyDevices, &size, &writable), noErr);
    CHECK(size >= 3 * sizeof device && !writable);
    CHECK_EQ(AudioDeviceGetPropertyInfo(device, 0, false, kAudioDevicePropertyDeviceName, &size, &writable),
             noErr);
    CHECK_EQ(size, sizeof "Virtual Output");
    size = sizeof name;
    CHECK_EQ(AudioDeviceGetProperty(device, 0, false, kAudioDevicePropertyDeviceName, &size, name), noErr);
    CHECK_STR(name, "Virtual Output");
    size = 3;
    CHECK_EQ(AudioDeviceGetProperty(device, 0, false, kAudioDevicePropertyDeviceName, &size, name),
             kAudioHardwareBadPropertySizeError);
    size = sizeof format;
    CHECK_EQ(AudioDeviceGetProperty(device, 0, false, kAudioDevicePropertyStreamFormat, &size, &format),
             noErr);
    CHECK_EQ(format.mChannelsPerFrame, 2);
    CHECK_EQ(AudioDeviceGetProperty(device, 0, true, kAudioDevicePropertyStreamFormat, &size, &format),
             kAudioHardwareUnknownPropertyError);
}

static void test_listeners(void)
{
    AudioDeviceID device = default_device(kAudioHardwarePropertyDefaultOutputDevice);
    AudioDeviceID loopback = device_of_uid(LOOPBACK_UID), input = device_of_uid(INPUT_UID);
    AudioStreamID stream = get_u32(device, at(kAudioDevicePropertyStreams, kAudioObjectPropertyScopeOutput));
    const AudioHardwarePropertyID property = kAudioHardwarePropertyDefaultInputDevice;
    UInt32 mute = 1;
    Float64 rate = 44100;
    CHECK_EQ(AudioHardwareAddPropertyListener(property, default_changed, &cycles), noErr);
    CHECK_EQ(AudioDeviceAddPropertyListener(device, 0, false, kAudioDevicePropertyMute, device_changed, NULL),
             noErr);
    CHECK_EQ(
        AudioStreamAddPropertyListener(stream, 0, kAudioStreamPropertyVirtualFormat, stream_changed, NULL),
        noErr);
    CHECK_EQ(AudioHardwareSetProperty(property, sizeof loopback, &loopback), noErr);
    CHECK_EQ(AudioDeviceSetProperty(device, NULL, 0, false, kAudioDevicePropertyMute, sizeof mute, &mute),
             noErr);
    CHECK_EQ(AudioDeviceSetProperty(device, NULL, 0, false, kAudioDevicePropertyNominalSampleRate,
                                    sizeof rate, &rate),
             noErr);
    WAIT_FOR(default_changes == 1 && device_changes == 1 && stream_changes == 1);
    CHECK_EQ(AudioHardwareRemovePropertyListener(property, default_changed), noErr);
    CHECK_EQ(AudioHardwareRemovePropertyListener(property, default_changed), noErr);
    CHECK_EQ(AudioStreamRemovePropertyListener(stream, 0, kAudioStreamPropertyVirtualFormat, stream_changed),
             noErr);
    mute = 0;
    rate = 48000;
    CHECK_EQ(AudioHardwareSetProperty(property, sizeof input, &input), noErr);
    CHECK_EQ(AudioDeviceSetProperty(device, NULL, 0, false, kAudioDevicePropertyMute, sizeof mute, &mute),
             noErr);
    CHECK_EQ(AudioDeviceSetProperty(device, NULL, 0, false, kAudioDevicePropertyNominalSampleRate,
                                    sizeof rate, &rate),
             noErr);
    usleep(20000);
    CHECK(default_changes == 1 && device_changes == 1 && stream_changes == 1);
}

static void test_ioproc_by_its_address(void)
{
    AudioDeviceID device = default_device(kAudioHardwarePropertyDefaultOutputDevice);
    CHECK_EQ(AudioDeviceAddIOProc(device, tick, &cycles), noErr);
    CHECK_EQ(AudioDeviceAddIOProc(device, tick, &cycles), kAudioHardwareIllegalOperationError);
    CHECK_EQ(AudioDeviceStart(device, tick), noErr);
    WAIT_FOR(cycles > 2);
    CHECK_EQ(AudioDeviceStop(device, tick), noErr);
    CHECK_EQ(AudioDeviceRemoveIOProc(device, tick), noErr);
    CHECK_EQ(AudioDeviceRemoveIOProc(device, tick), kAudioHardwareIllegalOperationError);
    CHECK_EQ(AudioDeviceStart(device, tick), kAudioHardwareIllegalOperationError);
}

/* What was fed is read back by its sample time; what is to come and what is long gone is not there. */
static void test_reading_what_was_heard(void)
{
    AudioDeviceID device = default_device(kAudioHardwarePropertyDefaultInputDevice);
    static Float32 fed[4096 * 2], read[2048 * 2];
    for (int i = 0; i < 4096 * 2; i++)
        fed[i] = (Float32)(i + 1) / 8192;
    CHECK_EQ(CMVirtualSetManualClock(true), noErr);
    AudioTimeStamp at = { .mFlags = kAudioTimeStampSampleTimeValid };
    AudioBufferList list = { 1, { { 2, sizeof read, read } } };
    CHECK_EQ(AudioDeviceRead(device, &at, &list), kAudioHardwareNotRunningError);
    CHECK_EQ(CMVirtualFeed("coremusic:virtual:input", 4096, fed), noErr);
    CHECK_EQ(AudioDeviceStart(device, NULL), noErr);
    CHECK_EQ(CMVirtualAdvance(8192, 48000), noErr);
    AudioTimeStamp now = { 0 };
    CHECK_EQ(AudioDeviceGetCurrentTime(device, &now), noErr);
    int found = 0;
    for (Float64 sample = now.mSampleTime - 8192; sample < now.mSampleTime && !found; sample++) {
        at.mSampleTime = sample;
        list.mBuffers[0].mDataByteSize = sizeof read;
        found = AudioDeviceRead(device, &at, &list) == noErr && read[0] == fed[0];
    }
    CHECK(found);
    CHECK_EQ(memcmp(read, fed, sizeof read), 0);
    at.mSampleTime += 2048;
    CHECK_EQ(AudioDeviceRead(device, &at, &list), noErr);
    CHECK_EQ(memcmp(read, fed + 4096, sizeof read), 0);
    at.mSampleTime = now.mSampleTime + 48000;
    CHECK_EQ(AudioDeviceRead(device, &at, &list), kAudioHardwareNotReadyError);
    at.mSampleTime = now.mSampleTime - 1e6;
    CHECK_EQ(AudioDeviceRead(device, &at, &list), kAudioHardwareIllegalOperationError);
    list.mBuffers[0].mNumberChannels = 1;
    at.mSampleTime = now.mSampleTime - 4096;
    CHECK_EQ(AudioDeviceRead(device, &at, &list), kAudioHardwareIllegalOperationError);
    CHECK_EQ(AudioDeviceStop(device, NULL), noErr);
    CHECK_EQ(CMVirtualSetManualClock(false), noErr);
}

/* ---- sources on the HAL's run loop ---- */

typedef struct fired {
    atomic_int calls, scheduled, cancelled, released;
    pthread_t thread;
} fired;

static void perform(void *info)
{
    fired *f = info;
    f->thread = pthread_self();
    atomic_fetch_add(&f->calls, 1);
}

static void note_schedule(void *info, CFRunLoopRef loop, CFRunLoopMode mode)
{
    CHECK(loop && CFEqual(mode, kCFRunLoopDefaultMode));
    atomic_fetch_add(&((fired *)info)->scheduled, 1);
}

static void note_cancel(void *info, CFRunLoopRef loop, CFRunLoopMode mode)
{
    CHECK(loop && CFEqual(mode, kCFRunLoopDefaultMode));
    atomic_fetch_add(&((fired *)info)->cancelled, 1);
}

static void note_release(const void *info)
{
    atomic_fetch_add(&((fired *)(uintptr_t)info)->released, 1);
}

static void wait_for(atomic_int *count, int expected)
{
    for (int i = 0; i < 5000 && atomic_load(count) != expected; i++)
        usleep(1000);
    CHECK_EQ(atomic_load(count), expected);
}

static void test_sources_run_on_a_thread_of_the_hal(void)
{
    fired f = { 0 };
    CFRunLoopSourceContext context = { .info = &f,
                                       .release = note_release,
                                       .schedule = note_schedule,
                                       .cancel = note_cancel,
                                       .perform = perform };
    CFRunLoopSourceRef source = CFRunLoopSourceCreate(NULL, 0, &context);
    CHECK_EQ(AudioHardwareAddRunLoopSource(source), noErr);
    CHECK_EQ(AudioHardwareAddRunLoopSource(source), noErr);
    CHECK_EQ(f.scheduled, 1);
    CFRunLoopSourceSignal(source);
    wait_for(&f.calls, 1);
    CHECK(!pthread_equal(f.thread, pthread_self()));
    CFRunLoopSourceSignal(source);
    wait_for(&f.calls, 2);
    CHECK_EQ(AudioHardwareRemoveRunLoopSource(source), noErr);
    CHECK_EQ(AudioHardwareRemoveRunLoopSource(source), noErr);
    CHECK_EQ(f.cancelled, 1);
    CFRunLoopSourceSignal(source);
    usleep(20000);
    CHECK_EQ(f.calls, 2);

    CFRunLoopAddSource(CFRunLoopGetCurrent(), source, kCFRunLoopCommonModes);
    CHECK(CFRunLoopContainsSource(CFRunLoopGetCurrent(), source, kCFRunLoopDefaultMode));
    CHECK_EQ(CFRunLoopRunInMode(kCFRunLoopDefaultMode, 1, true), kCFRunLoopRunHandledSource);
    CHECK_EQ(f.calls, 3); /* it was signalled before it was added */
    CHECK(pthread_equal(f.thread, pthread_self()));
    CFRunLoopSourceInvalidate(source);
    CHECK(!CFRunLoopSourceIsValid(source));
    CHECK_EQ(f.cancelled, 2);
    CHECK_EQ(AudioHardwareAddRunLoopSource(source), kAudioHardwareIllegalOperationError);
    CHECK_EQ(AudioHardwareAddRunLoopSource(NULL), kAudioHardwareIllegalOperationError);
    CHECK_EQ(AudioHardwareRemoveRunLoopSource(NULL), kAudioHardwareIllegalOperationError);
    CHECK_EQ(f.released, 0);
    CFRelease(source);
    CHECK_EQ(f.released, 1);
}

int main(void)
{
    setenv("COREMUSIC_DRIVER", "virtual", 1);
    RUN(test_properties);
    RUN(test_listeners);
    RUN(test_ioproc_by_its_address);
    RUN(test_reading_what_was_heard);
    RUN(test_sources_run_on_a_thread_of_the_hal);
    CHECK_EQ(AudioHardwareUnload(), noErr);
    return 0;
}
