/* Output units and their devices: input, both sides at once, following the default, losing the device. */
#include "output_kit.h"

#define SECOND_UID "test:second"
#define DUPLEX_UID "test:duplex"

static kit_source source;
static Float32 heard[KIT_CAPTURE * 2], fed[KIT_CAPTURE * 2];

/* ---- input ---- */

typedef struct recorder {
    AudioUnit unit;
    UInt32 channels, bytes; /* of the client's format, interleaved */
    UInt32 calls, frames;
    Float64 next_time;
    OSStatus status;
    UInt8 sound[KIT_CAPTURE * 8];
} recorder;

static recorder record;

static OSStatus take(void *user, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time, UInt32 bus,
                     UInt32 frames, AudioBufferList *data)
{
    recorder *r = user;
    UInt32 bytes = frames * r->channels * r->bytes, at = r->frames * r->channels * r->bytes;
    AudioBufferList list = { 1, { { r->channels, bytes, r->sound + at } } };
    CHECK(!data && bus == 1);
    CHECK(r->calls == 0 || time->mSampleTime == r->next_time);
    r->next_time = time->mSampleTime + frames;
    r->calls++;
    r->status = AudioUnitRender(r->unit, flags, time, 1, frames, &list);
    if (r->status == noErr)
        r->frames += frames;
    return r->status;
}

static AudioUnit new_recorder(const char *uid, Float64 rate, UInt32 channels, UInt32 bits, UInt32 flags)
{
    AudioUnit unit = kit_find(kAudioUnitType_Output, kAudioUnitSubType_HALOutput);
    AudioObjectID device = kit_device(uid);
    AURenderCallbackStruct callback = { take, &record };
    memset(&record, 0, sizeof record);
    record.unit = unit;
    record.channels = channels;
    record.bytes = bits / 8;
    CHECK_EQ(kit_set_word(unit, kAudioOutputUnitProperty_EnableIO, kAudioUnitScope_Input, 1, 1), noErr);
    CHECK_EQ(kit_set_word(unit, kAudioOutputUnitProperty_EnableIO, kAudioUnitScope_Output, 0, 0), noErr);
    CHECK_EQ(kit_set(unit, kAudioOutputUnitProperty_CurrentDevice, 0, 0, &device, sizeof device), noErr);
    CHECK_EQ(kit_set_format(unit, kAudioUnitScope_Output, 1, rate, channels, bits, flags), noErr);
    CHECK_EQ(kit_set(unit, kAudioOutputUnitProperty_SetInputCallback, 0, 0, &callback, sizeof callback),
             noErr);
    CHECK_EQ(AudioUnitInitialize(unit), noErr);
    return unit;
}

static void test_exact_input(void)
{
    AudioUnit unit = new_recorder(INPUT_UID, 48000, 2, 16, kAudioFormatFlagIsSignedInteger);
    CHECK_EQ(kit_word(unit, kAudioOutputUnitProperty_HasIO, kAudioUnitScope_Input, 1), 1);
    CHECK_EQ(kit_word(unit, kAudioOutputUnitProperty_HasIO, kAudioUnitScope_Output, 0), 0);
    UInt32 word;
    CHECK_EQ(kit_get(unit, kAudioOutputUnitProperty_HasIO, kAudioUnitScope_Input, 0, &word, sizeof word),
             kAudioUnitErr_InvalidScope);
    for (UInt32 i = 0; i < 4096; i++)
        for (UInt32 c = 0; c < 2; c++)
            fed[2 * i + c] = kit_sample(i + 1, c);
    CHECK_EQ(AudioOutputUnitStart(unit), noErr);
    CHECK_EQ(CMVirtualFeed(INPUT_UID, 4096, fed), noErr);
    CHECK_EQ(CMVirtualAdvance(8192, 48000), noErr);
    CHECK_EQ(AudioOutputUnitStop(unit), noErr);
    CHECK_EQ(record.status, noErr);
    CHECK(record.frames >= 4096 + 512);
    const SInt16 *sound = (const SInt16 *)(const void *)record.sound;
    UInt32 at = 0;
    while (at < record.frames && sound[2 * at] == 0)
        at++;
    CHECK(at + 4096 <= record.frames);
    for (UInt32 i = 0; i < 8192; i++)
        CHECK_EQ(sound[2 * at + i], fed[i] * 32768);
    AudioComponentInstanceDispose(unit);
}

static void test_resampled_input(void)
{
    static const Float64 rates[] = { 16000, 44100, 96000 };
    for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
        double amplitude;
        AudioUnit unit = new_recorder(INPUT_UID, rates[r], 1, 32, kAudioFormatFlagIsFloat);
        for (UInt32 i = 0; i < 40000; i++)
            fed[2 * i] = fed[2 * i + 1] = (Float32)(0.5 * sin(2 * M_PI * 997 * i / 48000.0));
        unsigned long before = cm_render_violations(NULL);
        CHECK_EQ(AudioOutputUnitStart(unit), noErr);
        CHECK_EQ(CMVirtualFeed(INPUT_UID, 40000, fed), noErr);
        CHECK_EQ(CMVirtualAdvance(48000, 48000), noErr);
        CHECK_EQ(AudioOutputUnitStop(unit), noErr);
        CHECK_EQ(cm_render_violations(NULL), before);
        CHECK_NEAR(record.frames / rates[r], 47500 / 48000.0, 0.03);
        const Float32 *sound = (const Float32 *)(const void *)record.sound;
        UInt32 skipped = (UInt32)(rates[r] / 4), left = (UInt32)(rates[r] / 2); /* within what was fed */
        CHECK(kit_sine_rest(sound + skipped, left, 1, 997, rates[r], &amplitude) < -100);
        CHECK_NEAR(amplitude, 0.5, 1e-4);
        AudioComponentInstanceDispose(unit);
    }
}

static void test_unfetched_input(void)
{
    AudioUnit unit = new_recorder(INPUT_UID, 48000, 2, 32, kAudioFormatFlagIsFloat);
    static kit_buffers out;
    AudioBufferList list = { 1, { { 2, 512 * 8, out.samples } } };
    CHECK_EQ(kit_render(unit, 1, 0, 512, &list), kAudioUnitErr_CannotDoInCurrentContext);
    record.bytes = 4;
    record.channels = 2;
    CHECK_EQ(AudioOutputUnitStart(unit), noErr);
    CHECK_EQ(CMVirtualAdvance(2048, 48000), noErr);
    CHECK_EQ(AudioOutputUnitStop(unit), noErr);
    CHECK_EQ(kit_render(unit, 1, 0, 512, &list), kAudioUnitErr_CannotDoInCurrentContext);
    AudioComponentInstanceDispose(unit);
}

/* What comes in goes out again, turned, through the render callback. */
static OSStatus echo(void *user, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time, UInt32 bus,
                     UInt32 frames, AudioBufferList *data)
{
    (void)bus;
    OSStatus status = AudioUnitRender(*(AudioUnit *)user, flags, time, 1, frames, data);
    for (UInt32 b = 0; b < data->mNumberBuffers; b++)
        for (UInt32 i = 0; status == noErr && i < frames; i++)
            ((Float32 *)data->mBuffers[b].mData)[i] *= -1;
    return status;
}

static void test_both_sides(void)
{
    CHECK_EQ(CMVirtualAddDevice(DUPLEX_UID, "Duplex", 2, 2, 48000), noErr);
    AudioUnit unit = kit_find(kAudioUnitType_Output, kAudioUnitSubType_HALOutput);
    AudioObjectID device = kit_device(DUPLEX_UID);
    CHECK_EQ(kit_set_word(unit, kAudioOutputUnitProperty_EnableIO, kAudioUnitScope_Input, 1, 1), noErr);
    CHECK_EQ(kit_set(unit, kAudioOutputUnitProperty_CurrentDevice, 0, 0, &device, sizeof device), noErr);
    CHECK_EQ(kit_set_format(unit, kAudioUnitScope_Input, 0, 48000, 2, 32, PLANAR), noErr);
    CHECK_EQ(kit_set_format(unit, kAudioUnitScope_Output, 1, 48000, 2, 32, PLANAR), noErr);
    kit_feed(unit, 0, echo, &unit);
    CHECK_EQ(AudioUnitInitialize(unit), noErr);
    CHECK_EQ(kit_set_word(unit, kAudioOutputUnitProperty_EnableIO, kAudioUnitScope_Input, 1, 0),
             kAudioUnitErr_Initialized);
    for (UInt32 i = 0; i < 8192; i++)
        fed[i] = kit_sample(i / 2 + 1, i % 2);
    CHECK_EQ(CMVirtualStartCapture(DUPLEX_UID, KIT_CAPTURE), noErr);
    CHECK_EQ(CMVirtualFeed(DUPLEX_UID, 4096, fed), noErr);
    CHECK_EQ(AudioOutputUnitStart(unit), noErr);
    CHECK_EQ(CMVirtualAdvance(8192, 48000), noErr);
    CHECK_EQ(AudioOutputUnitStop(unit), noErr);
    UInt32 frames = kit_captured(DUPLEX_UID, heard, KIT_CAPTURE), at = 0;
    while (at < frames && heard[2 * at] == 0)
        at++;
    CHECK(at + 4096 <= frames);
    for (UInt32 i = 0; i < 8192; i++)
        CHECK_NEAR(heard[2 * at + i], -fed[i], 0);
    AudioComponentInstanceDispose(unit);
    CHECK_EQ(CMVirtualRemoveDevice(DUPLEX_UID), noErr);
}

/* ---- the default device changes ---- */

static _Atomic UInt32 device_changes;

static void note_device(void *user, AudioUnit unit, AudioUnitPropertyID id, AudioUnitScope scope,
                        AudioUnitElement element)
{
    (void)user, (void)unit, (void)id, (void)scope, (void)element;
    atomic_fetch_add(&device_changes, 1);
}

/* The sound goes on at the very sample where the first device stopped asking. */
static void check_goes_on(const char *uid, UInt64 at_least)
{
    UInt32 frames = kit_captured(uid, heard, KIT_CAPTURE), at = 0;
    while (at < frames && heard[2 * at] == 0 && heard[2 * at + 1] == 0)
        at++;
    CHECK(frames - at > 2048);
    UInt64 n = at_least;
    while (n < at_least + 8192 &&
           (heard[2 * at] != kit_sample(n, 0) || heard[2 * at + 1] != kit_sample(n, 1) ||
            heard[2 * at + 40] != kit_sample(n + 20, 0)))
        n++;
    CHECK(n < at_least + 8192);
    for (UInt32 i = 0; at + i < frames; i++)
        CHECK_NEAR(heard[2 * (at + i)], kit_sample(n + i, 0), 0);
}

static void test_following_the_default(void)
{
    source = (kit_source){ 0 };
    atomic_store(&device_changes, 0);
    AudioUnit unit = kit_output(kAudioUnitSubType_DefaultOutput, 48000, 2, kit_supply, &source);
    CHECK_EQ(AudioUnitAddPropertyListener(unit, kAudioOutputUnitProperty_CurrentDevice, note_device, NULL),
             noErr);
    CHECK_EQ(AudioOutputUnitStart(unit), noErr);
    CHECK_EQ(CMVirtualAdvance(4096, 48000), noErr);
    CHECK_EQ(CMVirtualAddDevice(SECOND_UID, "Second", 0, 2, 48000), noErr);
    AudioObjectID first = kit_device(OUTPUT_UID), second = kit_device(SECOND_UID);
    CHECK_EQ(CMVirtualStartCapture(SECOND_UID, KIT_CAPTURE), noErr);
    CHECK_EQ(kit_set_system(kAudioHardwarePropertyDefaultOutputDevice, second), noErr);
    WAIT_FOR(atomic_load(&device_changes) == 1);
    CHECK_EQ(kit_word(unit, kAudioOutputUnitProperty_CurrentDevice, 0, 0), second);
    CHECK_EQ(kit_word(unit, kAudioOutputUnitProperty_IsRunning, 0, 0), 1);
    UInt64 asked = source.frames;
    CHECK_EQ(CMVirtualAdvance(8192, 48000), noErr);
    check_goes_on(SECOND_UID, asked - 512);
    /* the second one is pulled out: back to the first */
    CHECK_EQ(CMVirtualStartCapture(OUTPUT_UID, KIT_CAPTURE), noErr);
    asked = source.frames;
    CHECK_EQ(CMVirtualRemoveDevice(SECOND_UID), noErr);
    WAIT_FOR(atomic_load(&device_changes) >= 2);
    CHECK_EQ(kit_word(unit, kAudioOutputUnitProperty_CurrentDevice, 0, 0), first);
    CHECK_EQ(CMVirtualAdvance(8192, 48000), noErr);
    check_goes_on(OUTPUT_UID, asked - 512);
    CHECK_EQ(kit_word(unit, kAudioOutputUnitProperty_IsRunning, 0, 0), 1);
    CHECK_EQ((OSStatus)kit_word(unit, kAudioUnitProperty_LastRenderError, 0, 0), noErr);
    CHECK_EQ(source.jumps, 0);
    CHECK_EQ(AudioComponentInstanceDispose(unit), noErr);
}

/* ---- the chosen device goes ---- */

static _Atomic UInt32 stops, errors;

static void note_stop(void *user, AudioUnit unit, AudioUnitPropertyID id, AudioUnitScope scope,
                      AudioUnitElement element)
{
    (void)user, (void)scope, (void)element;
    UInt32 running = 9;
    if (id == kAudioOutputUnitProperty_IsRunning) {
        CHECK_EQ(kit_get(unit, id, 0, 0, &running, sizeof running), noErr);
        atomic_fetch_add(&stops, running == 0);
    } else {
        atomic_fetch_add(&errors, 1);
    }
}

static void test_losing_the_device(void)
{
    CHECK_EQ(CMVirtualAddDevice(SECOND_UID, "Second", 0, 2, 48000), noErr);
    AudioObjectID second = kit_device(SECOND_UID), first = kit_device(OUTPUT_UID);
    AudioUnit unit = kit_find(kAudioUnitType_Output, kAudioUnitSubType_HALOutput);
    source = (kit_source){ 0 };
    kit_feed(unit, 0, kit_supply, &source);
    CHECK_EQ(kit_set(unit, kAudioOutputUnitProperty_CurrentDevice, 0, 0, &second, sizeof second), noErr);
    CHECK_EQ(AudioUnitInitialize(unit), noErr);
    CHECK_EQ(AudioUnitAddPropertyListener(unit, kAudioOutputUnitProperty_IsRunning, note_stop, NULL), noErr);
    CHECK_EQ(AudioUnitAddPropertyListener(unit, kAudioUnitProperty_LastRenderError, note_stop, NULL), noErr);
    CHECK_EQ(AudioOutputUnitStart(unit), noErr);
    CHECK_EQ(CMVirtualAdvance(4096, 48000), noErr);
    CHECK_EQ(kit_word(unit, kAudioOutputUnitProperty_IsRunning, 0, 0), 1);
    UInt32 calls = source.calls;
    CHECK(calls > 0);
    CHECK_EQ(CMVirtualSetPlugged(SECOND_UID, false), noErr);
    WAIT_FOR(atomic_load(&stops) == 1 && atomic_load(&errors) == 1);
    CHECK_EQ(kit_word(unit, kAudioOutputUnitProperty_IsRunning, 0, 0), 0);
    CHECK_EQ((OSStatus)kit_word(unit, kAudioUnitProperty_LastRenderError, 0, 0),
             kAudioHardwareBadDeviceError);
    CHECK_EQ(AudioOutputUnitStart(unit), kAudioHardwareBadDeviceError);
    CHECK_EQ(CMVirtualAdvance(4096, 48000), noErr);
    CHECK_EQ(source.calls, calls);
    /* another one is chosen */
    CHECK_EQ(kit_set(unit, kAudioOutputUnitProperty_CurrentDevice, 0, 0, &first, sizeof first), noErr);
    CHECK_EQ(AudioOutputUnitStart(unit), noErr);
    CHECK_EQ(CMVirtualAdvance(4096, 48000), noErr);
    CHECK(source.calls > calls);
    CHECK_EQ(AudioOutputUnitStop(unit), noErr);
    CHECK_EQ(AudioComponentInstanceDispose(unit), noErr);
    CHECK_EQ(CMVirtualRemoveDevice(SECOND_UID), noErr);
}

/* Chosen anew while it runs. */
static void test_choosing_while_running(void)
{
    CHECK_EQ(CMVirtualAddDevice(SECOND_UID, "Second", 0, 4, 96000), noErr);
    AudioObjectID second = kit_device(SECOND_UID), input = kit_device(INPUT_UID);
    source = (kit_source){ 0 };
    AudioUnit unit = kit_output(kAudioUnitSubType_HALOutput, 48000, 2, kit_supply, &source);
    CHECK_EQ(AudioOutputUnitStart(unit), noErr);
    CHECK_EQ(CMVirtualAdvance(4096, 48000), noErr);
    CHECK_EQ(kit_set(unit, kAudioOutputUnitProperty_CurrentDevice, 0, 0, &input, sizeof input),
             kAudioUnitErr_InvalidPropertyValue);
    UInt32 calls = source.calls;
    CHECK_EQ(CMVirtualAdvance(4096, 48000), noErr);
    CHECK(source.calls > calls);
    CHECK_EQ(kit_set(unit, kAudioOutputUnitProperty_CurrentDevice, 0, 0, &second, sizeof second), noErr);
    AudioStreamBasicDescription format;
    CHECK_EQ(
        kit_get(unit, kAudioUnitProperty_StreamFormat, kAudioUnitScope_Output, 0, &format, sizeof format),
        noErr);
    CHECK(format.mSampleRate == 96000 && format.mChannelsPerFrame == 4);
    UInt64 asked = source.frames;
    CHECK_EQ(CMVirtualAdvance(48000, 48000), noErr);
    CHECK_NEAR((double)(source.frames - asked), 48000, 2048);
    CHECK_EQ(kit_word(unit, kAudioOutputUnitProperty_IsRunning, 0, 0), 1);
    CHECK_EQ(AudioComponentInstanceDispose(unit), noErr);
    CHECK_EQ(CMVirtualRemoveDevice(SECOND_UID), noErr);
}

/* ---- in real time, with several threads at once ---- */

static _Atomic bool ends;
static _Atomic UInt32 renders;

static OSStatus count_renders(void *user, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                              UInt32 bus, UInt32 frames, AudioBufferList *data)
{
    AudioUnit unit = *(AudioUnit *)user;
    Float32 value;
    (void)flags, (void)time, (void)bus, (void)frames;
    cm_buffers_silence(data);
    AudioUnitGetParameter(unit, kHALOutputParam_Volume, 0, 0, &value);
    AudioUnitSetParameter(unit, kHALOutputParam_Volume, 0, 0, 1 - value, 0);
    UInt32 running, size = sizeof running;
    OSStatus status = AudioUnitGetProperty(unit, kAudioOutputUnitProperty_IsRunning, 0, 0, &running, &size);
    CHECK(status == noErr || status == kAudioUnitErr_CannotDoInCurrentContext);
    atomic_fetch_add(&renders, 1);
    return noErr;
}

static void *disturb(void *user)
{
    AudioUnit unit = *(AudioUnit *)user;
    for (UInt32 i = 0; !atomic_load(&ends); i++) {
        kit_set_format(unit, kAudioUnitScope_Input, 0, i % 2 ? 44100 : 48000, 2, 32, PLANAR);
        kit_feed(unit, 0, count_renders, user);
        AudioUnitAddRenderNotify(unit, count_renders, user);
        usleep(700);
        AudioUnitRemoveRenderNotify(unit, count_renders, user);
    }
    return NULL;
}

static void test_threads(void)
{
    static AudioUnit unit;
    pthread_t thread;
    CHECK_EQ(CMVirtualSetManualClock(false), noErr);
    unit = kit_find(kAudioUnitType_Output, kAudioUnitSubType_DefaultOutput);
    kit_feed(unit, 0, count_renders, &unit);
    CHECK_EQ(AudioUnitInitialize(unit), noErr);
    pthread_create(&thread, NULL, disturb, &unit);
    for (int i = 0; i < 20; i++) {
        UInt32 before = atomic_load(&renders);
        CHECK_EQ(AudioOutputUnitStart(unit), noErr);
        WAIT_FOR(atomic_load(&renders) > before + 1);
        CHECK_EQ(AudioOutputUnitStop(unit), noErr);
        before = atomic_load(&renders);
        usleep(2000);
        CHECK_EQ(atomic_load(&renders), before);
    }
    atomic_store(&ends, true);
    pthread_join(thread, NULL);
    CHECK_EQ(AudioOutputUnitStart(unit), noErr);
    usleep(20000);
    CHECK_EQ(AudioComponentInstanceDispose(unit), noErr);
    UInt32 before = atomic_load(&renders);
    usleep(30000);
    CHECK_EQ(atomic_load(&renders), before);
}

int main(void)
{
    kit_begin();
    RUN(test_exact_input);
    RUN(test_resampled_input);
    RUN(test_unfetched_input);
    RUN(test_both_sides);
    RUN(test_following_the_default);
    RUN(test_losing_the_device);
    RUN(test_choosing_while_running);
    RUN(test_threads);
    CHECK_EQ(AudioHardwareUnload(), noErr);
    return 0;
}
