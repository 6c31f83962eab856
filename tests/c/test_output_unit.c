/* Output units: exact sound through virtual devices, whose clock the test moves. */
#include "output_kit.h"

static kit_source source;
static Float32 heard[KIT_CAPTURE * 2];

static void play(AudioUnit unit, UInt32 frames, Float64 rate)
{
    CHECK_EQ(CMVirtualStartCapture(OUTPUT_UID, KIT_CAPTURE), noErr);
    CHECK_EQ(AudioOutputUnitStart(unit), noErr);
    CHECK_EQ(CMVirtualAdvance(frames, rate), noErr);
    CHECK_EQ(AudioOutputUnitStop(unit), noErr);
}

/* The frame where the sound begins; silence before it. */
static UInt32 skip_silence(const Float32 *samples, UInt32 frames, UInt32 channels)
{
    UInt32 at = 0;
    while (at < frames && samples[(size_t)at * channels] == 0)
        at++;
    return at;
}

static void test_exact_output(void)
{
    source = (kit_source){ 0 };
    AudioUnit unit = kit_output(kAudioUnitSubType_DefaultOutput, 48000, 2, kit_supply, &source);
    CHECK_EQ(kit_word(unit, kAudioOutputUnitProperty_IsRunning, 0, 0), 0);
    play(unit, 8192, 48000);
    UInt32 frames = kit_captured(OUTPUT_UID, heard, KIT_CAPTURE);
    CHECK(frames >= 8192 - 512);
    UInt32 at = 0;
    while (at < frames && (heard[2 * at] != kit_sample(0, 0) || heard[2 * at + 1] != kit_sample(0, 1)))
        at++;
    CHECK(at <= 1024 && at % 512 == 0);
    for (UInt32 i = 0; at + i < frames; i++)
        for (UInt32 c = 0; c < 2; c++)
            CHECK_NEAR(heard[2 * (at + i) + c], kit_sample(i, c), 0);
    UInt32 calls = source.calls;
    CHECK_EQ(CMVirtualAdvance(8192, 48000), noErr);
    CHECK_EQ(source.calls, calls);
    CHECK_EQ(AudioComponentInstanceDispose(unit), noErr);
}

/* Largest slices smaller than the device's buffer. */
static OSStatus check_slices(void *user, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                             UInt32 bus, UInt32 frames, AudioBufferList *data)
{
    CHECK(frames <= 100);
    return kit_supply(user, flags, time, bus, frames, data);
}

static void test_small_slices(void)
{
    source = (kit_source){ 0 };
    AudioUnit unit = kit_find(kAudioUnitType_Output, kAudioUnitSubType_DefaultOutput);
    CHECK_EQ(kit_set_word(unit, kAudioUnitProperty_MaximumFramesPerSlice, 0, 0, 100), noErr);
    kit_feed(unit, 0, check_slices, &source);
    CHECK_EQ(AudioUnitInitialize(unit), noErr);
    play(unit, 4096, 48000);
    UInt32 frames = kit_captured(OUTPUT_UID, heard, KIT_CAPTURE), at = skip_silence(heard, frames, 2);
    for (UInt32 i = 0; at + i < frames; i++)
        CHECK_NEAR(heard[2 * (at + i)], kit_sample(i, 0), 0);
    AudioComponentInstanceDispose(unit);
}

static OSStatus int16_mono(void *user, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                           UInt32 bus, UInt32 frames, AudioBufferList *data)
{
    (void)user, (void)flags, (void)bus;
    for (UInt32 i = 0; i < frames; i++)
        ((SInt16 *)data->mBuffers[0].mData)[i] = (SInt16)(kit_sample((UInt64)time->mSampleTime + i, 0) *
                                                          32768);
    return noErr;
}

static void test_mono_and_integers(void)
{
    AudioUnit unit = kit_find(kAudioUnitType_Output, kAudioUnitSubType_SystemOutput);
    CHECK_EQ(kit_set_format(unit, kAudioUnitScope_Input, 0, 48000, 1, 16, kAudioFormatFlagIsSignedInteger),
             noErr);
    kit_feed(unit, 0, int16_mono, NULL);
    CHECK_EQ(AudioUnitInitialize(unit), noErr);
    play(unit, 4096, 48000);
    UInt32 frames = kit_captured(OUTPUT_UID, heard, KIT_CAPTURE), at = skip_silence(heard, frames, 2);
    CHECK(frames - at >= 3000);
    for (UInt32 i = 0; at + i < frames; i++)
        for (UInt32 c = 0; c < 2; c++)
            CHECK_NEAR(heard[2 * (at + i) + c], kit_sample(i, 0), 0);
    AudioComponentInstanceDispose(unit);
}

/* ---- rates ---- */

typedef struct sine {
    double hertz, rate;
    UInt64 frames;
    Float64 next_time;
} sine;

static OSStatus supply_sine(void *user, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                            UInt32 bus, UInt32 frames, AudioBufferList *data)
{
    sine *s = user;
    (void)flags, (void)bus;
    CHECK_NEAR(time->mSampleTime, s->next_time, 1e-6);
    s->next_time += frames;
    for (UInt32 i = 0; i < frames; i++)
        for (UInt32 b = 0; b < data->mNumberBuffers; b++)
            ((Float32 *)data->mBuffers[b].mData)[i] = (Float32)(0.5 * sin(2 * M_PI * s->hertz *
                                                                          (double)(s->frames + i) / s->rate));
    s->frames += frames;
    return noErr;
}

static void check_rate(Float64 rate, UInt32 channels)
{
    sine s = { .hertz = 997, .rate = rate };
    double amplitude;
    AudioUnit unit = kit_output(kAudioUnitSubType_DefaultOutput, rate, channels, supply_sine, &s);
    unsigned long before = cm_render_violations(NULL);
    play(unit, 48000, 48000);
    const char *first = NULL;
    if (cm_render_violations(&first) != before)
        fprintf(stderr, "violation: %s\n", first);
    CHECK_EQ(cm_render_violations(NULL), before);
    UInt32 frames = kit_captured(OUTPUT_UID, heard, KIT_CAPTURE);
    CHECK(frames >= 47000);
    double rest = kit_sine_rest(heard + 2 * 8192, frames - 8192, 2, 997, 48000, &amplitude);
    CHECK_NEAR(amplitude, 0.5, 1e-4);
    CHECK(rest < -100);
    CHECK_NEAR((double)s.frames / rate, (double)frames / 48000, 0.03);
    AudioComponentInstanceDispose(unit);
}

static void test_rate_conversion(void)
{
    static const Float64 rates[] = { 44100, 96000, 8000, 22050 };
    for (size_t r = 0; r < sizeof rates / sizeof *rates; r++)
        for (UInt32 channels = 1; channels <= 2; channels++)
            check_rate(rates[r], channels);
}

static void test_device_changes_rate(void)
{
    sine s = { .hertz = 997, .rate = 48000 };
    double amplitude;
    AudioUnit unit = kit_output(kAudioUnitSubType_DefaultOutput, 48000, 2, supply_sine, &s);
    CHECK_EQ(AudioOutputUnitStart(unit), noErr);
    CHECK_EQ(CMVirtualAdvance(4800, 48000), noErr);
    CHECK_EQ(kit_set_rate(kit_device(OUTPUT_UID), 96000), noErr);
    AudioStreamBasicDescription format = { 0 };
    WAIT_FOR(kit_get(unit, kAudioUnitProperty_StreamFormat, kAudioUnitScope_Output, 0, &format,
                     sizeof format) == noErr &&
             format.mSampleRate == 96000);
    CHECK_EQ(CMVirtualStartCapture(OUTPUT_UID, KIT_CAPTURE), noErr);
    CHECK_EQ(CMVirtualAdvance(48000, 96000), noErr);
    CHECK_EQ(AudioOutputUnitStop(unit), noErr);
    UInt32 frames = kit_captured(OUTPUT_UID, heard, KIT_CAPTURE);
    CHECK(frames > 40000);
    CHECK(kit_sine_rest(heard + 2 * 8192, frames - 8192, 2, 997, 96000, &amplitude) < -100);
    CHECK_NEAR(amplitude, 0.5, 1e-4);
    CHECK_EQ(kit_set_rate(kit_device(OUTPUT_UID), 48000), noErr);
    AudioComponentInstanceDispose(unit);
}

/* ---- volume, channel map, time ---- */

static void test_volume(void)
{
    source = (kit_source){ 0 };
    AudioUnit unit = kit_output(kAudioUnitSubType_DefaultOutput, 48000, 2, kit_supply, &source);
    CHECK_EQ(AudioUnitSetParameter(unit, kHALOutputParam_Volume, kAudioUnitScope_Global, 0, 0.5f, 0), noErr);
    CHECK_EQ(CMVirtualStartCapture(OUTPUT_UID, KIT_CAPTURE), noErr);
    CHECK_EQ(AudioOutputUnitStart(unit), noErr);
    CHECK_EQ(CMVirtualAdvance(2048, 48000), noErr);
    UInt32 asked = source.frames;
    CHECK_EQ(AudioUnitSetParameter(unit, kHALOutputParam_Volume, kAudioUnitScope_Global, 0, 0.25f, 0), noErr);
    CHECK_EQ(CMVirtualAdvance(2048, 48000), noErr);
    CHECK_EQ(AudioOutputUnitStop(unit), noErr);
    UInt32 frames = kit_captured(OUTPUT_UID, heard, KIT_CAPTURE), at = skip_silence(heard, frames, 2);
    CHECK(frames - at > asked + 600);
    for (UInt32 i = 0; at + i < frames; i++) { /* it moves within a buffer */
        double gain = i < asked ? 0.5 : i >= asked + 512 ? 0.25 : 0.5 - 0.25 * (i - asked + 1) / 512;
        CHECK_NEAR(heard[2 * (at + i)], kit_sample(i, 0) * gain, 1e-7);
    }
    AudioComponentInstanceDispose(unit);
}

static void test_channel_map(void)
{
    source = (kit_source){ 0 };
    AudioUnit unit = kit_output(kAudioUnitSubType_HALOutput, 48000, 2, kit_supply, &source);
    SInt32 map[2] = { 1, -1 }, back[2] = { 9, 9 };
    CHECK_EQ(kit_get(unit, kAudioOutputUnitProperty_ChannelMap, kAudioUnitScope_Output, 0, back, sizeof back),
             noErr);
    CHECK(back[0] == 0 && back[1] == 1);
    CHECK_EQ(kit_set(unit, kAudioOutputUnitProperty_ChannelMap, kAudioUnitScope_Output, 0, map, sizeof map),
             noErr);
    CHECK_EQ(kit_get(unit, kAudioOutputUnitProperty_ChannelMap, kAudioUnitScope_Output, 0, back, sizeof back),
             noErr);
    CHECK(back[0] == 1 && back[1] == -1);
    play(unit, 4096, 48000);
    UInt32 frames = kit_captured(OUTPUT_UID, heard, KIT_CAPTURE), at = skip_silence(heard, frames, 2);
    CHECK(at < 2048);
    for (UInt32 i = 0; at + i < frames; i++) {
        CHECK_NEAR(heard[2 * (at + i)], kit_sample(i, 1), 0);
        CHECK_NEAR(heard[2 * (at + i) + 1], 0, 0);
    }
    CHECK_EQ(kit_set(unit, kAudioOutputUnitProperty_ChannelMap, kAudioUnitScope_Output, 0, map, 7),
             kAudioUnitErr_InvalidPropertyValue);
    CHECK_EQ(kit_set(unit, kAudioOutputUnitProperty_ChannelMap, kAudioUnitScope_Output, 0, NULL, 0), noErr);
    AudioComponentInstanceDispose(unit);
}

static Float64 first_time, last_end;

static OSStatus note_time(void *user, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                          UInt32 bus, UInt32 frames, AudioBufferList *data)
{
    (void)user, (void)flags, (void)bus;
    CHECK(time->mFlags & kAudioTimeStampSampleTimeValid);
    if (first_time < 0)
        first_time = time->mSampleTime;
    else
        CHECK_NEAR(time->mSampleTime, last_end, 0);
    last_end = time->mSampleTime + frames;
    cm_buffers_silence(data);
    return noErr;
}

static void test_time_stamps(void)
{
    AudioUnit other = kit_output(kAudioUnitSubType_DefaultOutput, 48000, 2, kit_supply, &source);
    CHECK_EQ(AudioOutputUnitStart(other), noErr);
    CHECK_EQ(CMVirtualAdvance(4800, 48000), noErr);
    for (UInt32 at_zero = 0; at_zero < 2; at_zero++) {
        AudioUnit unit = kit_output(kAudioUnitSubType_HALOutput, 48000, 2, note_time, NULL);
        CHECK_EQ(kit_word(unit, kAudioOutputUnitProperty_StartTimestampsAtZero, 0, 0), 1);
        CHECK_EQ(kit_set_word(unit, kAudioOutputUnitProperty_StartTimestampsAtZero, 0, 0, at_zero), noErr);
        first_time = -1;
        play(unit, 4800, 48000);
        if (at_zero)
            CHECK_NEAR(first_time, 0, 0);
        else
            CHECK(first_time >= 4800 - 512);
        AudioComponentInstanceDispose(unit);
    }
    AudioComponentInstanceDispose(other);
}

/* The device runs already; the unit joins it at a sample of the device's time. */
static void test_start_at_time(void)
{
    AudioUnit other = kit_output(kAudioUnitSubType_DefaultOutput, 48000, 2, kit_supply, &source);
    AudioUnit unit = kit_output(kAudioUnitSubType_HALOutput, 48000, 2, note_time, NULL);
    AudioOutputUnitStartAtTimeParams at = { kit_time(9000), kAudioDeviceStartTimeDontConsultHALFlag };
    CHECK_EQ(kit_set_word(unit, kAudioOutputUnitProperty_StartTimestampsAtZero, 0, 0, 0), noErr);
    CHECK_EQ(kit_set(unit, kAudioOutputUnitProperty_StartTime, 0, 0, &at, sizeof at), noErr);
    CHECK_EQ(AudioOutputUnitStart(other), noErr);
    CHECK_EQ(CMVirtualAdvance(1024, 48000), noErr);
    first_time = -1;
    play(unit, 4800, 48000);
    CHECK_NEAR(first_time, -1, 0);
    CHECK_EQ(kit_set(unit, kAudioOutputUnitProperty_StartTime, 0, 0, &at, sizeof at), noErr);
    play(unit, 9600, 48000);
    CHECK(first_time >= 9000 && first_time < 9000 + 512);
    AudioComponentInstanceDispose(unit);
    AudioComponentInstanceDispose(other);
}

/* ---- from inside a callback ---- */

typedef struct inside {
    AudioUnit unit;
    int what;
    UInt32 calls;
    OSStatus status;
} inside;

static OSStatus act_inside(void *user, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                           UInt32 bus, UInt32 frames, AudioBufferList *data)
{
    inside *in = user;
    (void)flags, (void)time, (void)bus, (void)frames;
    cm_buffers_silence(data);
    if (in->calls++ == 2)
        in->status = in->what == 0   ? AudioOutputUnitStop(in->unit)
                     : in->what == 1 ? AudioComponentInstanceDispose(in->unit)
                                     : AudioUnitUninitialize(in->unit);
    return noErr;
}

static void test_from_inside(void)
{
    for (int what = 0; what < 3; what++) {
        inside in = { .what = what };
        size_t before = cm_handle_count(CM_KIND_AUDIO_UNIT), procs = cm_handle_count(CM_KIND_IO_PROC);
        in.unit = kit_output(kAudioUnitSubType_DefaultOutput, 48000, 2, act_inside, &in);
        CHECK_EQ(AudioOutputUnitStart(in.unit), noErr);
        CHECK_EQ(CMVirtualAdvance(48000, 48000), noErr);
        CHECK_EQ(in.status, what == 2 ? kAudioUnitErr_CannotDoInCurrentContext : noErr);
        if (what == 2)
            CHECK(in.calls > 10);
        else
            CHECK_EQ(in.calls, 3);
        CHECK_EQ(AudioComponentInstanceDispose(in.unit), what == 1 ? kAudioUnitErr_InvalidElement : noErr);
        CHECK_EQ(cm_handle_count(CM_KIND_AUDIO_UNIT), before);
        WAIT_FOR(cm_handle_count(CM_KIND_IO_PROC) == procs); /* from inside, the HAL's thread destroys it */
    }
}

static void test_errors(void)
{
    AudioUnit unit = kit_find(kAudioUnitType_Output, kAudioUnitSubType_DefaultOutput);
    AudioObjectID device = kit_device(OUTPUT_UID);
    CHECK_EQ(AudioOutputUnitStart(unit), kAudioUnitErr_Uninitialized);
    CHECK_EQ(AudioOutputUnitStop(unit), noErr);
    CHECK_EQ(kit_word(unit, kAudioOutputUnitProperty_CurrentDevice, 0, 0), device);
    CHECK_EQ(kit_set(unit, kAudioOutputUnitProperty_CurrentDevice, 0, 0, &device, sizeof device),
             kAudioUnitErr_PropertyNotWritable);
    CHECK_EQ(kit_set_format(unit, kAudioUnitScope_Output, 0, 44100, 1, 32, kAudioFormatFlagIsFloat),
             kAudioUnitErr_FormatNotSupported);
    CHECK_EQ(AudioUnitInitialize(unit), noErr);
    /* nobody feeds it: silence, and the error to be asked for */
    play(unit, 4800, 48000);
    CHECK_EQ((OSStatus)kit_word(unit, kAudioUnitProperty_LastRenderError, 0, 0), kAudioUnitErr_NoConnection);
    UInt32 frames = kit_captured(OUTPUT_UID, heard, KIT_CAPTURE);
    CHECK_EQ(skip_silence(heard, frames, 2), frames);
    static kit_buffers out;
    CHECK_EQ(kit_render(unit, 0, 0, 16, kit_list(&out, 1, 32)), kAudioUnitErr_CannotDoInCurrentContext);
    AudioComponentInstanceDispose(unit);
    unit = kit_find(kAudioUnitType_Output, kAudioUnitSubType_HALOutput);
    device = 987654;
    CHECK_EQ(kit_set(unit, kAudioOutputUnitProperty_CurrentDevice, 0, 0, &device, sizeof device),
             kAudioUnitErr_InvalidPropertyValue);
    device = kit_device(INPUT_UID);
    CHECK_EQ(kit_set(unit, kAudioOutputUnitProperty_CurrentDevice, 0, 0, &device, sizeof device), noErr);
    CHECK_EQ(AudioUnitInitialize(unit), kAudioUnitErr_InvalidElement);
    AudioComponentInstanceDispose(unit);
}

/* ---- many ---- */

static void test_many(void)
{
    static AudioUnit units[200];
    WAIT_FOR(cm_handle_count(CM_KIND_AUDIO_UNIT) == 0); /* a thread that looks at one keeps it for a moment */
    size_t before = cm_handle_count(CM_KIND_AUDIO_UNIT), procs = cm_handle_count(CM_KIND_IO_PROC);
    source = (kit_source){ 0 };
    for (int i = 0; i < 200; i++) {
        units[i] = kit_output(kAudioUnitSubType_DefaultOutput, 48000, 2, kit_supply, &source);
        CHECK_EQ(AudioOutputUnitStart(units[i]), noErr);
    }
    CHECK_EQ(CMVirtualStartCapture(OUTPUT_UID, KIT_CAPTURE), noErr);
    CHECK_EQ(CMVirtualAdvance(4800, 48000), noErr);
    UInt32 frames = kit_captured(OUTPUT_UID, heard, KIT_CAPTURE), at = skip_silence(heard, frames, 2);
    CHECK(frames - at > 3000);
    for (UInt32 i = 0; at + i < frames; i++)
        CHECK_NEAR(heard[2 * (at + i)], 200 * kit_sample(i, 0), 0);
    for (int i = 0; i < 200; i++)
        CHECK_EQ(AudioComponentInstanceDispose(units[i]), noErr);
    AudioUnit unit = kit_output(kAudioUnitSubType_DefaultOutput, 48000, 2, kit_supply, &source);
    for (int i = 0; i < 1000; i++) {
        CHECK_EQ(AudioOutputUnitStart(unit), noErr);
        CHECK_EQ(CMVirtualAdvance(512, 48000), noErr);
        CHECK_EQ(AudioOutputUnitStop(unit), noErr);
    }
    AudioComponentInstanceDispose(unit);
    CHECK_EQ(cm_handle_count(CM_KIND_AUDIO_UNIT), before);
    CHECK_EQ(cm_handle_count(CM_KIND_IO_PROC), procs);
}

int main(void)
{
    kit_begin();
    RUN(test_exact_output);
    RUN(test_small_slices);
    RUN(test_mono_and_integers);
    RUN(test_rate_conversion);
    RUN(test_device_changes_rate);
    RUN(test_volume);
    RUN(test_channel_map);
    RUN(test_time_stamps);
    RUN(test_start_at_time);
    RUN(test_from_inside);
    RUN(test_errors);
    RUN(test_many);
    CHECK_EQ(AudioHardwareUnload(), noErr);
    return 0;
}
