#include "hal_help.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>

#define OUT kAudioObjectPropertyScopeOutput
#define IN kAudioObjectPropertyScopeInput

typedef struct heard {
    _Atomic int count;
    AudioObjectPropertyAddress last;
    bool remove_inside;
    AudioObjectPropertyAddress address;
} heard;

static OSStatus listen(AudioObjectID object, UInt32 count, const AudioObjectPropertyAddress *addresses,
                       void *client)
{
    heard *h = client;
    CHECK_EQ(count, 1);
    h->last = addresses[0];
    if (h->remove_inside)
        CHECK_EQ(AudioObjectRemovePropertyListener(object, &h->address, listen, h), noErr);
    h->count++;
    return noErr;
}

static void add(AudioObjectID object, heard *h, AudioObjectPropertyAddress address)
{
    h->address = address;
    CHECK_EQ(AudioObjectAddPropertyListener(object, &address, listen, h), noErr);
}

static void take_away(AudioObjectID object, heard *h)
{
    CHECK_EQ(AudioObjectRemovePropertyListener(object, &h->address, listen, h), noErr);
}

static void test_volume_forms(void)
{
    AudioObjectID output = device_of_uid(OUTPUT_UID);
    heard scalar = { 0 }, decibel = { 0 }, input = { 0 };
    add(output, &scalar, at(kAudioDevicePropertyVolumeScalar, OUT));
    add(output, &decibel, at(kAudioDevicePropertyVolumeDecibels, OUT));
    add(output, &input, at(kAudioDevicePropertyVolumeScalar, IN));
    CHECK_EQ(set_f32(output, at(kAudioDevicePropertyVolumeDecibels, OUT), -6.0206f), noErr);
    /* -6.02 dB is half the amplitude: the cube root of a half on a cubic scale. */
    CHECK_NEAR(get_f32(output, at(kAudioDevicePropertyVolumeScalar, OUT)), 0.7937005, 1e-5);
    WAIT_FOR(scalar.count == 1 && decibel.count == 1);
    CHECK_EQ(input.count, 0);
    Float32 value = 0.5f;
    get(output, at(kAudioDevicePropertyVolumeScalarToDecibels, OUT), &value, sizeof value);
    CHECK_NEAR(value, -18.0618, 1e-3);
    get(output, at(kAudioDevicePropertyVolumeDecibelsToScalar, OUT), &value, sizeof value);
    CHECK_NEAR(value, 0.5, 1e-6);
    AudioValueRange range;
    get(output, at(kAudioDevicePropertyVolumeRangeDecibels, OUT), &range, sizeof range);
    CHECK(range.mMinimum < range.mMaximum && range.mMaximum == 0);
    CHECK_EQ(set_f32(output, at(kAudioDevicePropertyVolumeScalar, OUT), 1), noErr);
    WAIT_FOR(scalar.count == 2);
    AudioObjectPropertyAddress other = at(kAudioDevicePropertyVolumeScalar, IN);
    CHECK(!AudioObjectHasProperty(output, &other));
    take_away(output, &scalar);
    take_away(output, &decibel);
    take_away(output, &input);
}

static AudioObjectPropertyAddress volume_of(UInt32 channel)
{
    return (AudioObjectPropertyAddress){ kAudioDevicePropertyVolumeScalar, OUT, channel };
}

static void test_channel_volumes(void)
{
    AudioObjectID output = device_of_uid(OUTPUT_UID);
    AudioObjectPropertyAddress none = volume_of(3);
    heard main = { 0 }, left = { 0 }, right = { 0 };
    add(output, &main, volume_of(0));
    add(output, &left, volume_of(1));
    add(output, &right, volume_of(2));
    CHECK(!AudioObjectHasProperty(output, &none));
    CHECK_EQ(set_f32(output, none, 0.5f), kAudioHardwareUnknownPropertyError);
    CHECK_EQ(set_f32(output, volume_of(2), 0.5f), noErr);
    CHECK_EQ(get_f32(output, volume_of(1)), 1);
    CHECK_EQ(get_f32(output, volume_of(2)), 0.5f);
    CHECK_EQ(get_f32(output, volume_of(0)), 1); /* the loudest */
    WAIT_FOR(right.count == 1);
    CHECK_EQ(left.count + main.count, 0);
    CHECK_EQ(set_f32(output, volume_of(0), 0.5f), noErr); /* the balance stays */
    CHECK_EQ(get_f32(output, volume_of(1)), 0.5f);
    CHECK_EQ(get_f32(output, volume_of(2)), 0.25f);
    WAIT_FOR(right.count == 2 && left.count == 1 && main.count == 1);
    AudioObjectPropertyAddress decibels = { kAudioDevicePropertyVolumeDecibels, OUT, 2 };
    CHECK_NEAR(get_f32(output, decibels), -36.1236, 1e-3); /* 60 log10(1/4) */
    CHECK_EQ(set_f32(output, decibels, 0), noErr);
    CHECK_EQ(get_f32(output, volume_of(0)), 1);
    CHECK_EQ(set_f32(output, volume_of(0), 0), noErr);
    CHECK_EQ(set_f32(output, volume_of(0), 1), noErr); /* no balance is left */
    CHECK(get_f32(output, volume_of(1)) == 1 && get_f32(output, volume_of(2)) == 1);
    take_away(output, &main);
    take_away(output, &left);
    take_away(output, &right);
}

/* Each channel's control is its volume, and its own listeners hear of it. */
static void test_channel_controls(void)
{
    AudioObjectID output = device_of_uid(OUTPUT_UID), controls[8];
    get(output, global(kAudioObjectPropertyControlList), controls, 4 * sizeof *controls);
    int seen = 0;
    for (int i = 0; i < 4; i++) {
        if (get_u32(controls[i], global(kAudioObjectPropertyClass)) != kAudioVolumeControlClassID)
            continue;
        UInt32 channel = get_u32(controls[i], global(kAudioControlPropertyElement));
        seen |= 1 << channel;
        heard changed = { 0 };
        add(controls[i], &changed, global(kAudioLevelControlPropertyScalarValue));
        CHECK_EQ(set_f32(output, volume_of(channel), 0.25f), noErr);
        WAIT_FOR(changed.count == 1);
        CHECK_EQ(get_f32(controls[i], global(kAudioLevelControlPropertyScalarValue)), 0.25f);
        CHECK_EQ(set_f32(controls[i], global(kAudioLevelControlPropertyScalarValue), 1), noErr);
        CHECK_EQ(get_f32(output, volume_of(channel)), 1);
        take_away(controls[i], &changed);
    }
    CHECK_EQ(seen, 7);
    CHECK_EQ(set_f32(output, volume_of(0), 1), noErr);
}

static void test_controls(void)
{
    AudioObjectID output = device_of_uid(OUTPUT_UID), controls[8], owned[8];
    get(output, global(kAudioObjectPropertyControlList), controls, 4 * sizeof *controls);
    AudioObjectPropertyAddress address = global(kAudioObjectPropertyOwnedObjects);
    AudioClassID wanted = kAudioLevelControlClassID;
    UInt32 size = sizeof owned;
    CHECK_EQ(AudioObjectGetPropertyData(output, &address, sizeof wanted, &wanted, &size, owned), noErr);
    CHECK_EQ(size, 3 * sizeof *owned); /* of the side, then of each channel */
    AudioObjectID volume = owned[0];
    CHECK_EQ(get_u32(volume, global(kAudioObjectPropertyClass)), kAudioVolumeControlClassID);
    CHECK_EQ(get_u32(volume, global(kAudioObjectPropertyOwner)), output);
    CHECK_EQ(get_u32(volume, global(kAudioControlPropertyScope)), OUT);
    wanted = kAudioMuteControlClassID;
    size = sizeof owned;
    CHECK_EQ(AudioObjectGetPropertyData(output, &address, sizeof wanted, &wanted, &size, owned), noErr);
    AudioObjectID mute = owned[0];
    heard changed = { 0 };
    add(mute, &changed, global(kAudioBooleanControlPropertyValue));
    CHECK_EQ(set_u32(output, at(kAudioDevicePropertyMute, OUT), 1), noErr);
    CHECK_EQ(get_u32(mute, global(kAudioBooleanControlPropertyValue)), 1);
    CHECK_EQ(set_u32(mute, global(kAudioBooleanControlPropertyValue), 0), noErr);
    CHECK_EQ(get_u32(output, at(kAudioDevicePropertyMute, OUT)), 0);
    WAIT_FOR(changed.count == 2);
    take_away(mute, &changed);
    CHECK_EQ(set_f32(volume, global(kAudioLevelControlPropertyScalarValue), 0), noErr);
    CHECK_EQ(get_f32(volume, global(kAudioLevelControlPropertyDecibelValue)), -96);
    CHECK_EQ(set_f32(volume, global(kAudioLevelControlPropertyDecibelValue), 0), noErr);
    CHECK_EQ(get_f32(output, at(kAudioDevicePropertyVolumeScalar, OUT)), 1);
}

static void test_data_sources(void)
{
    AudioObjectID input = device_of_uid(INPUT_UID), output = device_of_uid(OUTPUT_UID), control;
    UInt32 sources[8], tone = 'tone';
    AudioObjectPropertyAddress source = at(kAudioDevicePropertyDataSource, IN);
    heard changed = { 0 };
    add(input, &changed, source);
    CHECK(!AudioObjectHasProperty(output, &source));
    get(input, at(kAudioDevicePropertyDataSources, IN), sources, 2 * sizeof *sources);
    CHECK_EQ(get_u32(input, source), sources[0]);
    CHECK_EQ(sources[1], tone);
    CHECK_EQ(set_u32(input, source, 'none'), kAudioHardwareIllegalOperationError);
    CHECK_EQ(set_u32(input, source, tone), noErr);
    CFStringRef name = NULL;
    AudioValueTranslation translation = { &tone, sizeof tone, &name, sizeof name };
    get(input, at(kAudioDevicePropertyDataSourceNameForIDCFString, IN), &translation, sizeof translation);
    CHECK_STR(CFStringGetCStringPtr(name, kCFStringEncodingUTF8), "Test Tone");
    CFRelease(name);

    AudioObjectPropertyAddress owned = global(kAudioObjectPropertyOwnedObjects);
    AudioObjectPropertyAddress item_name = global(kAudioSelectorControlPropertyItemName);
    AudioClassID wanted = kAudioDataSourceControlClassID;
    UInt32 size = sizeof control;
    CHECK_EQ(AudioObjectGetPropertyData(input, &owned, sizeof wanted, &wanted, &size, &control), noErr);
    CHECK_EQ(get_u32(control, global(kAudioSelectorControlPropertyCurrentItem)), tone);
    size = sizeof name;
    CHECK_EQ(AudioObjectGetPropertyData(control, &item_name, sizeof tone, &tone, &size, &name), noErr);
    CHECK_STR(CFStringGetCStringPtr(name, kCFStringEncodingUTF8), "Test Tone");
    CFRelease(name);
    CHECK_EQ(set_u32(control, global(kAudioSelectorControlPropertyCurrentItem), sources[0]), noErr);
    CHECK_EQ(get_u32(input, source), sources[0]);
    WAIT_FOR(changed.count == 2);
    take_away(input, &changed);
}

static void test_rate(void)
{
    AudioObjectID output = device_of_uid(OUTPUT_UID), loopback = device_of_uid(LOOPBACK_UID);
    AudioObjectID stream = get_u32(output, at(kAudioDevicePropertyStreams, OUT));
    AudioStreamBasicDescription format;
    heard rate = { 0 }, any = { 0 };
    add(output, &rate, global(kAudioDevicePropertyNominalSampleRate));
    add(stream, &any,
        (AudioObjectPropertyAddress){ kAudioObjectPropertySelectorWildcard, kAudioObjectPropertyScopeWildcard,
                                      kAudioObjectPropertyElementWildcard });
    CHECK_EQ(set_f64(output, global(kAudioDevicePropertyNominalSampleRate), 44100), noErr);
    WAIT_FOR(rate.count == 1 && any.count == 2);
    CHECK_EQ(set_f64(output, global(kAudioDevicePropertyNominalSampleRate), 44101),
             kAudioHardwareIllegalOperationError);
    get(stream, global(kAudioStreamPropertyVirtualFormat), &format, sizeof format);
    CHECK_EQ(format.mSampleRate, 44100);
    WAIT_FOR(get_f64(loopback, global(kAudioDevicePropertyNominalSampleRate)) == 44100);
    format.mSampleRate = 48000;
    CHECK_EQ(set(stream, global(kAudioStreamPropertyVirtualFormat), &format, sizeof format), noErr);
    CHECK_EQ(get_f64(output, global(kAudioDevicePropertyNominalSampleRate)), 48000);
    format.mChannelsPerFrame = 3;
    CHECK_EQ(set(stream, global(kAudioStreamPropertyVirtualFormat), &format, sizeof format),
             kAudioDeviceUnsupportedFormatError);
    AudioValueRange rates[64];
    UInt32 size = 3 * sizeof *rates + 5;
    AudioObjectPropertyAddress address = global(kAudioDevicePropertyAvailableNominalSampleRates);
    CHECK_EQ(AudioObjectGetPropertyData(output, &address, 0, NULL, &size, rates), noErr);
    CHECK_EQ(size, 3 * sizeof *rates);
    CHECK_EQ(rates[0].mMinimum, 8000);
    AudioStreamRangedDescription formats[64];
    CHECK_EQ(AudioObjectGetPropertyDataSize(output, &address, 0, NULL, &size), noErr);
    UInt32 count = size / (UInt32)sizeof *rates;
    get(stream, global(kAudioStreamPropertyAvailableVirtualFormats), formats,
        count * (UInt32)sizeof *formats);
    CHECK_EQ(formats[count - 1].mSampleRateRange.mMaximum, 192000);
    take_away(output, &rate);
    take_away(stream, &any);
}

static void test_channels(void)
{
    AudioObjectID output = device_of_uid(OUTPUT_UID), input = device_of_uid(INPUT_UID);
    UInt32 stereo[2];
    struct {
        AudioChannelLayout layout;
        AudioChannelDescription more;
    } layout;
    get(output, at(kAudioDevicePropertyPreferredChannelsForStereo, OUT), stereo, sizeof stereo);
    CHECK_EQ(stereo[1], 2);
    get(output, at(kAudioDevicePropertyPreferredChannelLayout, OUT), &layout, 52);
    CHECK_EQ(layout.layout.mNumberChannelDescriptions, 2);
    CHECK_EQ(layout.more.mChannelLabel, kAudioChannelLabel_Right);
    AudioObjectPropertyAddress name = { kAudioObjectPropertyElementName, OUT, 2 };
    check_text(output, name, "Right");
    name.mElement = 3;
    CHECK(!AudioObjectHasProperty(output, &name));
    name.mElement = 0;
    CHECK(!AudioObjectHasProperty(output, &name));
    AudioObjectPropertyAddress latency = at(kAudioDevicePropertyLatency, IN);
    CHECK(!AudioObjectHasProperty(output, &latency));
    CHECK(AudioObjectHasProperty(input, &latency));
    UInt32 size = 99;
    AudioObjectPropertyAddress streams = at(kAudioDevicePropertyStreams, IN);
    CHECK_EQ(AudioObjectGetPropertyDataSize(output, &streams, 0, NULL, &size), noErr);
    CHECK_EQ(size, 0);
}

static void test_plug_ins(void)
{
    AudioObjectID output = device_of_uid(OUTPUT_UID);
    AudioObjectID plug_in = get_u32(output, global(kAudioDevicePropertyPlugIn)), devices[16];
    check_text(plug_in, global(kAudioObjectPropertyName), "virtual");
    CHECK_EQ(get_u32(plug_in, global(kAudioObjectPropertyClass)), kAudioPlugInClassID);
    get(plug_in, global(kAudioPlugInPropertyDeviceList), devices, 3 * sizeof *devices);
    CHECK_EQ(devices[0], output);
    CHECK_EQ(device_of_uid("nobody"), kAudioObjectUnknown);
    CHECK_STR(CMEngineGetDriver(), "virtual");
    CHECK_EQ(CMEngineSelectDriver("nonsense"), kAudioHardwareIllegalOperationError);
    CHECK(CMEngineGetErrorDetail(kAudioHardwareIllegalOperationError) != NULL);
    CHECK_EQ(CMEngineSelectDriver("virtual"), noErr);
    CHECK_EQ(device_of_uid(OUTPUT_UID), output);
}

static void test_hog_and_usage(void)
{
    AudioObjectID output = device_of_uid(OUTPUT_UID);
    heard hog = { 0 };
    pid_t owner = 7;
    add(output, &hog, global(kAudioDevicePropertyHogMode));
    CHECK_EQ((SInt32)get_u32(output, global(kAudioDevicePropertyHogMode)), -1);
    CHECK_EQ(set(output, global(kAudioDevicePropertyHogMode), &owner, sizeof owner), noErr);
    CHECK_EQ(get_u32(output, global(kAudioDevicePropertyHogMode)), getpid());
    CHECK_EQ(set(output, global(kAudioDevicePropertyHogMode), &owner, sizeof owner), noErr);
    CHECK_EQ((SInt32)get_u32(output, global(kAudioDevicePropertyHogMode)), -1);
    WAIT_FOR(hog.count == 2);
    take_away(output, &hog);
    CHECK_EQ(get_f32(output, global(kAudioDevicePropertyIOCycleUsage)), 1);
    CHECK_EQ(set_f32(output, global(kAudioDevicePropertyIOCycleUsage), 0),
             kAudioHardwareIllegalOperationError);
}

static void test_default_devices(void)
{
    const AudioObjectPropertyAddress input = global(kAudioHardwarePropertyDefaultInputDevice);
    const AudioObjectPropertyAddress system = global(kAudioHardwarePropertyDefaultSystemOutputDevice);
    heard changed = { 0 };
    add(kAudioObjectSystemObject, &changed, input);
    CHECK_EQ(get_u32(kAudioObjectSystemObject, input), device_of_uid(INPUT_UID));
    CHECK_EQ(get_u32(kAudioObjectSystemObject, system), device_of_uid(OUTPUT_UID));
    CHECK_EQ(set_u32(kAudioObjectSystemObject, input, device_of_uid(LOOPBACK_UID)), noErr);
    CHECK_EQ(get_u32(kAudioObjectSystemObject, input), device_of_uid(LOOPBACK_UID));
    CHECK_EQ(set_u32(kAudioObjectSystemObject, input, device_of_uid(OUTPUT_UID)),
             kAudioHardwareBadDeviceError);
    CHECK_EQ(set_u32(kAudioObjectSystemObject, input, 4711), kAudioHardwareBadDeviceError);
    WAIT_FOR(changed.count == 1);
    CHECK_EQ(CMVirtualSetPlugged(LOOPBACK_UID, false), noErr);
    CHECK_EQ(get_u32(kAudioObjectSystemObject, input), device_of_uid(INPUT_UID));
    WAIT_FOR(changed.count == 2);
    CHECK_EQ(CMVirtualSetPlugged(LOOPBACK_UID, true), noErr);
    WAIT_FOR(changed.count == 3);
    CHECK_EQ(set_u32(kAudioObjectSystemObject, input, device_of_uid(INPUT_UID)), noErr);
    WAIT_FOR(changed.count == 4);
    take_away(kAudioObjectSystemObject, &changed);
}

static OSStatus tick(AudioObjectID device, const AudioTimeStamp *now, const AudioBufferList *input,
                     const AudioTimeStamp *input_time, AudioBufferList *output,
                     const AudioTimeStamp *output_time, void *client)
{
    (void)device, (void)now, (void)input, (void)input_time, (void)output, (void)output_time;
    ++*(_Atomic int *)client;
    return noErr;
}

static void test_unplugged_while_running(void)
{
    static _Atomic int ticks;
    AudioObjectID output = device_of_uid(OUTPUT_UID);
    heard alive = { 0 }, devices = { 0 }, defaults = { 0 }, stopped = { 0 };
    AudioDeviceIOProcID id;
    add(output, &alive, global(kAudioDevicePropertyDeviceIsAlive));
    add(output, &stopped, global(kAudioDevicePropertyIOStoppedAbnormally));
    add(kAudioObjectSystemObject, &devices, global(kAudioHardwarePropertyDevices));
    add(kAudioObjectSystemObject, &defaults, global(kAudioHardwarePropertyDefaultOutputDevice));
    CHECK_EQ(AudioDeviceCreateIOProcID(output, tick, &ticks, &id), noErr);
    CHECK_EQ(AudioDeviceStart(output, id), noErr);
    WAIT_FOR(ticks > 2);
    CHECK_EQ(CMVirtualSetPlugged(OUTPUT_UID, false), noErr);
    int before = ticks;
    CHECK_EQ(get_u32(output, global(kAudioDevicePropertyDeviceIsAlive)), 0);
    CHECK_EQ(device_of_uid(OUTPUT_UID), kAudioObjectUnknown);
    CHECK_EQ(get_u32(kAudioObjectSystemObject, global(kAudioHardwarePropertyDefaultOutputDevice)), 0);
    WAIT_FOR(alive.count == 1 && devices.count == 1 && defaults.count == 1 && stopped.count == 1);
    CHECK_EQ(CMVirtualSetPlugged(OUTPUT_UID, true), noErr);
    AudioObjectID again = device_of_uid(OUTPUT_UID);
    CHECK(again != output && again != kAudioObjectUnknown);
    usleep(30000);
    CHECK_EQ(ticks, before);
    CHECK_EQ(AudioDeviceStop(output, id), noErr);
    CHECK_EQ(AudioDeviceDestroyIOProcID(output, id), noErr);
    take_away(output, &alive);
    take_away(output, &stopped);
    take_away(kAudioObjectSystemObject, &devices);
    take_away(kAudioObjectSystemObject, &defaults);
    AudioObjectPropertyAddress address = global(kAudioDevicePropertyDeviceIsAlive);
    WAIT_FOR(!AudioObjectHasProperty(output, &address));
    UInt32 value, size = sizeof value;
    CHECK_EQ(AudioObjectGetPropertyData(output, &address, 0, NULL, &size, &value),
             kAudioHardwareBadObjectError);
}

static void test_listener_removes_itself(void)
{
    AudioObjectID output = device_of_uid(OUTPUT_UID);
    const AudioObjectPropertyAddress size = global(kAudioDevicePropertyBufferFrameSize);
    heard once = { .remove_inside = true }, always = { 0 };
    add(output, &once, size);
    add(output, &once, size); /* nothing more */
    add(output, &always, size);
    for (UInt32 i = 1; i <= 10; i++)
        CHECK_EQ(set_u32(output, size, 512 + i), noErr);
    WAIT_FOR(always.count == 10);
    CHECK_EQ(once.count, 1);
    take_away(output, &always);
    CHECK_EQ(set_u32(output, size, 512), noErr);
    CHECK_EQ(AudioObjectAddPropertyListener(4711, &size, listen, &once), kAudioHardwareBadObjectError);
}

static void *hammer(void *unused)
{
    AudioObjectID output = device_of_uid(OUTPUT_UID);
    (void)unused;
    for (int i = 0; i < 200; i++) {
        heard *h = calloc(1, sizeof *h);
        add(output, h, at(kAudioDevicePropertyVolumeScalar, OUT));
        set_f32(output, at(kAudioDevicePropertyVolumeScalar, OUT), (Float32)(i % 50) / 50);
        take_away(output, h);
        free(h); /* removed: nobody may touch it any more */
    }
    return NULL;
}

static void test_removed_listeners_do_not_run(void)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, hammer, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    set_f32(device_of_uid(OUTPUT_UID), at(kAudioDevicePropertyVolumeScalar, OUT), 1);
}

static void test_stream_usage(void)
{
    static _Atomic int ticks;
    AudioObjectID output = device_of_uid(OUTPUT_UID);
    AudioDeviceIOProcID id;
    CHECK_EQ(AudioDeviceCreateIOProcID(output, tick, &ticks, &id), noErr);
    AudioHardwareIOProcStreamUsage usage = { .mIOProc = (void *)id };
    get(output, at(kAudioDevicePropertyIOProcStreamUsage, OUT), &usage, sizeof usage);
    CHECK_EQ(usage.mNumberStreams, 1);
    CHECK_EQ(usage.mStreamIsOn[0], 1);
    usage.mStreamIsOn[0] = 0;
    CHECK_EQ(set(output, at(kAudioDevicePropertyIOProcStreamUsage, OUT), &usage, sizeof usage), noErr);
    usage.mStreamIsOn[0] = 1;
    get(output, at(kAudioDevicePropertyIOProcStreamUsage, OUT), &usage, sizeof usage);
    CHECK_EQ(usage.mStreamIsOn[0], 0);
    CHECK_EQ(AudioDeviceDestroyIOProcID(output, id), noErr);
}

static void test_unload_and_again(void)
{
    AudioObjectID output = device_of_uid(OUTPUT_UID);
    static _Atomic int ticks;
    AudioDeviceIOProcID id;
    for (int i = 0; i < 5; i++) {
        output = device_of_uid(OUTPUT_UID);
        CHECK_EQ(AudioDeviceCreateIOProcID(output, tick, &ticks, &id), noErr);
        CHECK_EQ(AudioDeviceStart(output, id), noErr);
        CHECK_EQ(AudioHardwareUnload(), noErr);
        CHECK_EQ(AudioDeviceStart(output, id), kAudioHardwareBadObjectError);
    }
    AudioObjectShow(device_of_uid(OUTPUT_UID));
    AudioObjectShow(4711);
}

static void test_child_process(void)
{
#ifdef __SANITIZE_THREAD__
    return; /* it starts no threads in a child */
#endif
    static _Atomic int ticks;
    AudioObjectID output = device_of_uid(OUTPUT_UID);
    AudioDeviceIOProcID id;
    CHECK_EQ(AudioDeviceCreateIOProcID(output, tick, &ticks, &id), noErr);
    CHECK_EQ(AudioDeviceStart(output, id), noErr);
    WAIT_FOR(ticks > 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        AudioObjectID own = device_of_uid(OUTPUT_UID);
        AudioDeviceIOProcID own_id;
        alarm(20);
        CHECK(own != output);
        ticks = 0;
        CHECK_EQ(AudioDeviceCreateIOProcID(own, tick, &ticks, &own_id), noErr);
        CHECK_EQ(AudioDeviceStart(own, own_id), noErr);
        WAIT_FOR(ticks > 0);
#ifdef __SANITIZE_ADDRESS__
        _exit(0); /* what the parent had is forgotten, which is a leak to look at */
#endif
        exit(0);
    }
    int status = -1;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(status, 0);
    CHECK_EQ(AudioDeviceDestroyIOProcID(output, id), noErr);
}

static AudioObjectID process_of(pid_t pid)
{
    AudioObjectPropertyAddress address = global(kAudioHardwarePropertyTranslatePIDToProcessObject);
    AudioObjectID process = 0xDEAD;
    UInt32 size = sizeof process;
    CHECK_EQ(
        AudioObjectGetPropertyData(kAudioObjectSystemObject, &address, sizeof pid, &pid, &size, &process),
        noErr);
    return process;
}

static UInt32 size_of(AudioObjectID object, AudioObjectPropertyAddress address)
{
    UInt32 size = 0xDEAD;
    CHECK_EQ(AudioObjectGetPropertyDataSize(object, &address, 0, NULL, &size), noErr);
    return size;
}

static void test_process(void)
{
    AudioObjectID process = process_of(getpid()), output = device_of_uid(OUTPUT_UID), listed, used;
    AudioDeviceIOProcID id;
    heard running = { 0 }, input = { 0 };
    atomic_int ticks = 0;
    pid_t pid;
    get(kAudioObjectSystemObject, global(kAudioHardwarePropertyProcessObjectList), &listed, sizeof listed);
    CHECK(process != kAudioObjectUnknown && listed == process);
    CHECK_EQ(process_of(1), kAudioObjectUnknown);
    CHECK_EQ(get_u32(process, global(kAudioObjectPropertyClass)), kAudioProcessClassID);
    get(process, global(kAudioProcessPropertyPID), &pid, sizeof pid);
    CHECK_EQ(pid, getpid());
    check_text(process, global(kAudioProcessPropertyBundleID), "");
    CHECK_EQ(get_u32(process, global(kAudioProcessPropertyIsRunning)), 0);
    CHECK_EQ(size_of(process, global(kAudioProcessPropertyDevices)), 0);
    add(process, &running, global(kAudioProcessPropertyIsRunningOutput));
    add(process, &input, global(kAudioProcessPropertyIsRunningInput));
    CHECK_EQ(AudioDeviceCreateIOProcID(output, tick, (void *)&ticks, &id), noErr);
    CHECK_EQ(AudioDeviceStart(output, id), noErr);
    CHECK_EQ(get_u32(process, global(kAudioProcessPropertyIsRunning)), 1);
    CHECK_EQ(get_u32(process, global(kAudioProcessPropertyIsRunningOutput)), 1);
    CHECK_EQ(get_u32(process, global(kAudioProcessPropertyIsRunningInput)), 0);
    get(process, at(kAudioProcessPropertyDevices, OUT), &used, sizeof used);
    CHECK_EQ(used, output);
    CHECK_EQ(size_of(process, at(kAudioProcessPropertyDevices, IN)), 0);
    CHECK_EQ(AudioDeviceStop(output, id), noErr);
    WAIT_FOR(running.count == 2);
    CHECK_EQ(input.count, 0);
    CHECK_EQ(get_u32(process, global(kAudioProcessPropertyIsRunning)), 0);
    CHECK_EQ(AudioDeviceDestroyIOProcID(output, id), noErr);
    take_away(process, &running);
    take_away(process, &input);
}

/* As Core Audio answers on a machine that has none of them: an empty list, and no object of any uid. */
static void test_what_there_is_none_of(void)
{
    static const AudioObjectPropertySelector lists[] = { kAudioHardwarePropertyBoxList,
                                                         kAudioHardwarePropertyClockDeviceList,
                                                         kAudioHardwarePropertyTapList,
                                                         kAudioHardwarePropertyTransportManagerList };
    static const AudioObjectPropertySelector uids[] = { kAudioHardwarePropertyTranslateUIDToBox,
                                                        kAudioHardwarePropertyTranslateUIDToClockDevice,
                                                        kAudioHardwarePropertyTranslateUIDToTap };
    CFStringRef text = CFStringCreateWithCString(NULL, OUTPUT_UID, kCFStringEncodingUTF8);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        CHECK_EQ(size_of(kAudioObjectSystemObject, global(lists[i])), 0);
    for (size_t i = 0; i < sizeof uids / sizeof *uids; i++) {
        AudioObjectPropertyAddress address = global(uids[i]);
        AudioObjectID object = 0xDEAD;
        UInt32 size = sizeof object;
        CHECK_EQ(AudioObjectGetPropertyData(kAudioObjectSystemObject, &address, sizeof text, &text, &size,
                                            &object),
                 noErr);
        CHECK_EQ(object, kAudioObjectUnknown);
    }
    CFRelease(text);
}

int main(void)
{
    setenv("COREMUSIC_DRIVER", "virtual", 1);
    RUN(test_volume_forms);
    RUN(test_channel_volumes);
    RUN(test_channel_controls);
    RUN(test_controls);
    RUN(test_data_sources);
    RUN(test_process);
    RUN(test_what_there_is_none_of);
    RUN(test_rate);
    RUN(test_channels);
    RUN(test_plug_ins);
    RUN(test_hog_and_usage);
    RUN(test_default_devices);
    RUN(test_unplugged_while_running);
    RUN(test_listener_removes_itself);
    RUN(test_removed_listeners_do_not_run);
    RUN(test_stream_usage);
    RUN(test_unload_and_again);
    RUN(test_child_process);
    CHECK_EQ(AudioHardwareUnload(), noErr);
    return 0;
}
