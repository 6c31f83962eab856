/* The core: rendering, parameters in time, formats, elements, connections, notifications. */
#include "gain_component.h"
#include "unit_classes.h"

/* ---- rendering ---- */

static void test_rendering(void)
{
    AudioUnit unit = new_effect();
    CHECK_EQ(kit_render(unit, 0, 100, 512, kit_list(&out, 2, 512)), noErr);
    check_samples(&out, 2, 100, 512, 1);
    CHECK_EQ(source.calls, 1);
    CHECK_NEAR(source.last_time, 100, 0);
    CHECK_EQ(AudioUnitSetParameter(unit, 10, kAudioUnitScope_Global, 0, -0.5f, 0), noErr);
    CHECK_EQ(kit_render(unit, 0, 612, 512, kit_list(&out, 2, 512)), noErr);
    check_samples(&out, 2, 612, 512, -0.5f);
    Float64 last = 0;
    CHECK_EQ(kit_get(unit, kAudioUnitProperty_LastRenderSampleTime, 0, 0, &last, sizeof last), noErr);
    CHECK_NEAR(last, 612, 0);
    AudioBufferList *list = kit_list(&out, 2, 512);
    list->mBuffers[0].mData = list->mBuffers[1].mData = NULL;
    CHECK_EQ(kit_render(unit, 0, 0, 64, list), noErr);
    CHECK(list->mBuffers[0].mData && list->mBuffers[1].mData);
    CHECK_EQ(list->mBuffers[1].mDataByteSize, 64 * sizeof(Float32));
    for (UInt32 i = 0; i < 64; i++)
        CHECK_NEAR(((Float32 *)list->mBuffers[1].mData)[i], kit_sample(i, 1) * -0.5f, 0);
    CHECK_EQ(AudioComponentInstanceDispose(unit), noErr);
}

static OSStatus last_error(AudioUnit unit)
{
    return (OSStatus)kit_word(unit, kAudioUnitProperty_LastRenderError, 0, 0);
}

static void test_errors(void)
{
    AudioUnit unit = kit_new(effect);
    AudioTimeStamp time = kit_time(0);
    CHECK_EQ(kit_render(unit, 0, 0, 16, kit_list(&out, 2, 16)), kAudioUnitErr_Uninitialized);
    CHECK_EQ(AudioUnitInitialize(unit), noErr);
    CHECK_EQ(AudioUnitInitialize(unit), noErr);
    CHECK_EQ(last_error(unit), kAudioUnitErr_Uninitialized);
    CHECK_EQ(last_error(unit), noErr);
    out.samples[1][15] = 5;
    CHECK_EQ(kit_render(unit, 0, 0, 16, kit_list(&out, 2, 16)), kAudioUnitErr_NoConnection);
    CHECK_NEAR(out.samples[1][15], 0, 0);
    CHECK_EQ(kit_render(unit, 0, 0, 1157, kit_list(&out, 2, 1157)), kAudioUnitErr_TooManyFramesToProcess);
    CHECK_EQ(last_error(unit), kAudioUnitErr_NoConnection);
    source = (kit_source){ .fails = -12345 };
    kit_feed(unit, 0, kit_supply, &source);
    CHECK_EQ(kit_render(unit, 0, 0, 16, kit_list(&out, 2, 16)), -12345);
    source.fails = noErr;
    CHECK_EQ(kit_render(unit, 1, 0, 16, kit_list(&out, 2, 16)), kAudioUnitErr_InvalidElement);
    CHECK_EQ(kit_render(unit, 0, 0, 16, kit_list(&out, 1, 16)), kAudio_ParamError);
    CHECK_EQ(kit_render(unit, 0, 0, 16, kit_list(&out, 2, 15)), kAudio_ParamError);
    CHECK_EQ(AudioUnitRender(unit, NULL, NULL, 0, 16, kit_list(&out, 2, 16)), kAudio_ParamError);
    CHECK_EQ(AudioUnitRender(unit, NULL, &time, 0, 16, NULL), kAudio_ParamError);
    CHECK_EQ(kit_render(unit, 0, 0, 0, kit_list(&out, 2, 0)), noErr);
    AURenderCallbackStruct none = { NULL, NULL };
    CHECK_EQ(
        kit_set(unit, kAudioUnitProperty_SetRenderCallback, kAudioUnitScope_Input, 0, &none, sizeof none),
        noErr);
    CHECK_EQ(kit_render(unit, 0, 0, 16, kit_list(&out, 2, 16)), kAudioUnitErr_NoConnection);
    CHECK_EQ(AudioUnitUninitialize(unit), noErr);
    CHECK_EQ(kit_render(unit, 0, 0, 16, kit_list(&out, 2, 16)), kAudioUnitErr_Uninitialized);
    CHECK_EQ(AudioComponentInstanceDispose(unit), noErr);
}

static OSStatus short_supply(void *user, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                             UInt32 bus, UInt32 frames, AudioBufferList *data)
{
    static Float32 own[4] = { 1, 2, 3, 4 };
    (void)flags, (void)time, (void)bus, (void)frames;
    for (UInt32 b = 0; b < data->mNumberBuffers; b++)
        if (user)
            data->mBuffers[b] = (AudioBuffer){ 1, sizeof own, own };
        else {
            memcpy(data->mBuffers[b].mData, own, sizeof own);
            data->mBuffers[b].mDataByteSize = sizeof own;
        }
    return noErr;
}

/* A source that gives less than it was asked for. */
static void test_short_sources(void)
{
    AudioUnit unit = new_effect();
    CHECK_EQ(kit_render(unit, 0, 0, 16, kit_list(&out, 2, 16)), noErr);
    for (int own = 0; own < 2; own++) {
        kit_feed(unit, 0, short_supply, own ? &out : NULL);
        CHECK_EQ(kit_render(unit, 0, 0, 16, kit_list(&out, 2, 16)), noErr);
        for (UInt32 i = 0; i < 16; i++)
            CHECK_NEAR(out.samples[1][i], i < 4 ? i + 1 : 0, 0);
    }
    CHECK_EQ(kit_set_word(unit, kAudioUnitProperty_ShouldAllocateBuffer, kAudioUnitScope_Input, 0, 0), noErr);
    kit_feed(unit, 0, kit_supply, &source);
    CHECK_EQ(kit_render(unit, 0, 7, 16, kit_list(&out, 2, 16)), noErr);
    CHECK(source.without_memory);
    check_samples(&out, 2, 7, 16, 1);
    AudioComponentInstanceDispose(unit);
}

/* ---- parameters in time ---- */

static void test_scheduled_changes(void)
{
    AudioUnit unit = new_effect();
    AudioUnitParameterEvent events[] = {
        { .parameter = 10, .eventType = kParameterEvent_Immediate, .eventValues.immediate = { 100, 2 } },
        { .parameter = 10, .eventType = kParameterEvent_Immediate, .eventValues.immediate = { 30, 0.5f } },
        { .parameter = 10, .eventType = kParameterEvent_Immediate, .eventValues.immediate = { 600, -1 } },
    };
    CHECK_EQ(AudioUnitScheduleParameters(unit, events, 3), noErr);
    CHECK_EQ(kit_render(unit, 0, 0, 512, kit_list(&out, 2, 512)), noErr);
    for (UInt32 i = 0; i < 512; i++)
        CHECK_NEAR(out.samples[1][i], kit_sample(i, 1) * (i < 30 ? 1 : i < 100 ? 0.5f : 2), 0);
    CHECK_EQ(kit_render(unit, 0, 512, 512, kit_list(&out, 2, 512)), noErr);
    for (UInt32 i = 0; i < 512; i++)
        CHECK_NEAR(out.samples[0][i], kit_sample(512 + i, 0) * (i < 88 ? 2 : -1), 0);
    CHECK_EQ(AudioUnitSetParameter(unit, 10, 0, 0, 1, 5), noErr);
    CHECK_EQ(kit_render(unit, 0, 0, 10, kit_list(&out, 2, 10)), noErr);
    for (UInt32 i = 0; i < 10; i++)
        CHECK_NEAR(out.samples[0][i], kit_sample(i, 0) * (i < 5 ? -1 : 1), 0);
    AudioComponentInstanceDispose(unit);
}

static void ramp(AudioUnit unit, AudioUnitParameterID id, SInt32 at, UInt32 frames, Float32 from, Float32 to)
{
    AudioUnitParameterEvent event = { .parameter = id,
                                      .eventType = kParameterEvent_Ramped,
                                      .eventValues.ramp = { at, frames, from, to } };
    CHECK_EQ(AudioUnitScheduleParameters(unit, &event, 1), noErr);
}

static void test_ramps(void)
{
    AudioUnit unit = new_effect();
    Float32 value;
    ramp(unit, 10, 64, 1024, 0, 1); /* over several slices */
    for (UInt32 slice = 0; slice < 5; slice++) {
        CHECK_EQ(kit_render(unit, 0, slice * 256, 256, kit_list(&out, 2, 256)), noErr);
        for (UInt32 i = 0; i < 256; i++) {
            SInt32 n = (SInt32)(slice * 256 + i) - 64;
            Float32 gain = n < 0 ? 1 : n > 1024 ? 1 : (Float32)n / 1024;
            CHECK_NEAR(out.samples[0][i], kit_sample(slice * 256 + i, 0) * gain, 0);
        }
    }
    CHECK_EQ(AudioUnitGetParameter(unit, 10, 0, 0, &value), noErr);
    CHECK_NEAR(value, 1, 0);
    /* began 512 frames ago */
    ramp(unit, 10, -512, 1024, 0, 2);
    CHECK_EQ(kit_render(unit, 0, 0, 256, kit_list(&out, 2, 256)), noErr);
    for (UInt32 i = 0; i < 256; i++)
        CHECK_NEAR(out.samples[0][i], kit_sample(i, 0) * (1 + (Float32)i / 512), 0);
    /* what is set meanwhile ends it */
    CHECK_EQ(AudioUnitSetParameter(unit, 10, 0, 0, 3, 0), noErr);
    CHECK_EQ(kit_render(unit, 0, 0, 256, kit_list(&out, 2, 256)), noErr);
    check_samples(&out, 2, 0, 256, 3);
    /* one that the unit does not follow comes in steps that are never more than 32 frames behind */
    CHECK_EQ(AudioUnitSetParameter(unit, 10, 0, 0, 0, 0), noErr);
    segments = 0;
    ramp(unit, 11, 0, 100, 0, 100);
    CHECK_EQ(kit_render(unit, 0, 0, 256, kit_list(&out, 2, 256)), noErr);
    CHECK_EQ(segments, 5);
    for (UInt32 i = 0; i < 256; i++)
        CHECK_NEAR(out.samples[0][i], i < 100 ? i / 32 * 32 : 100, 1e-4);
    CHECK_EQ(AudioUnitReset(unit, kAudioUnitScope_Global, 0), noErr);
    AudioComponentInstanceDispose(unit);
}

static void test_parameter_errors(void)
{
    AudioUnit unit = new_effect();
    Float32 value;
    AudioUnitParameterEvent event = { .parameter = 12,
                                      .eventType = kParameterEvent_Ramped,
                                      .eventValues.ramp = { 0, 10, 0, 1 } };
    CHECK_EQ(AudioUnitScheduleParameters(unit, &event, 1), kAudioUnitErr_InvalidParameter);
    event.parameter = 10;
    event.eventType = 77;
    CHECK_EQ(AudioUnitScheduleParameters(unit, &event, 1), kAudio_ParamError);
    CHECK_EQ(AudioUnitSetParameter(unit, 13, 0, 0, 0, 0), kAudioUnitErr_InvalidParameter);
    CHECK_EQ(AudioUnitSetParameter(unit, 10, kAudioUnitScope_Input, 0, 0, 0), kAudioUnitErr_InvalidParameter);
    CHECK_EQ(AudioUnitSetParameter(unit, 10, kAudioUnitScope_Input, 1, 0, 0), kAudioUnitErr_InvalidElement);
    CHECK_EQ(AudioUnitSetParameter(unit, 10, kAudioUnitScope_Part, 0, 0, 0), kAudioUnitErr_InvalidScope);
    CHECK_EQ(AudioUnitSetParameter(unit, 10, 0, 0, NAN, 0), kAudioUnitErr_InvalidParameterValue);
    CHECK_EQ(AudioUnitSetParameter(unit, 10, 0, 0, 1000, 0), noErr);
    CHECK_EQ(AudioUnitGetParameter(unit, 10, 0, 0, &value), noErr);
    CHECK_NEAR(value, 4, 0);
    CHECK_EQ(AudioUnitGetParameter(unit, 99, 0, 0, &value), kAudioUnitErr_InvalidParameter);
    /* the queue is bounded */
    OSStatus status = noErr;
    for (int i = 0; i < 1024 && status == noErr; i++)
        status = AudioUnitSetParameter(unit, 10, 0, 0, 1, 1);
    CHECK_EQ(status, noErr);
    CHECK_EQ(AudioUnitSetParameter(unit, 10, 0, 0, 1, 1), kAudioUnitErr_CannotDoInCurrentContext);
    CHECK_EQ(AudioUnitReset(unit, kAudioUnitScope_Global, 0), noErr);
    CHECK_EQ(AudioUnitSetParameter(unit, 10, 0, 0, 1, 1), noErr);
    AudioComponentInstanceDispose(unit);
}

/* ---- conversion at the edges ---- */

static OSStatus int16_supply(void *user, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                             UInt32 bus, UInt32 frames, AudioBufferList *data)
{
    (void)user, (void)flags, (void)bus;
    SInt16 *to = data->mBuffers[0].mData;
    for (UInt32 i = 0; i < frames * 2; i++)
        to[i] = (SInt16)(kit_sample((UInt64)time->mSampleTime + i / 2, i % 2) * 32768);
    return noErr;
}

static void test_formats(void)
{
    AudioUnit unit = kit_new(effect), exact = kit_new(strict);
    kit_feed(unit, 0, int16_supply, NULL);
    CHECK_EQ(kit_set_format(unit, kAudioUnitScope_Input, 0, 44100, 2, 16, kAudioFormatFlagIsSignedInteger),
             noErr);
    CHECK_EQ(kit_set_format(unit, kAudioUnitScope_Output, 0, 44100, 2, 32, kAudioFormatFlagIsFloat), noErr);
    CHECK_EQ(AudioUnitInitialize(unit), noErr);
    static Float32 woven[512];
    AudioBufferList list = { 1, { { 2, sizeof woven, woven } } };
    CHECK_EQ(AudioUnitSetParameter(unit, 10, 0, 0, 2, 0), noErr);
    CHECK_EQ(kit_render(unit, 0, 9, 256, &list), noErr);
    for (UInt32 i = 0; i < 512; i++)
        CHECK_NEAR(woven[i], kit_sample(9 + i / 2, i % 2) * 2, 0);
    list.mBuffers[0] = (AudioBuffer){ 2, sizeof woven, NULL };
    CHECK_EQ(kit_render(unit, 0, 9, 256, &list), noErr);
    CHECK_NEAR(((Float32 *)list.mBuffers[0].mData)[7], kit_sample(9 + 3, 1) * 2, 0);
    CHECK_EQ(kit_set_format(unit, kAudioUnitScope_Input, 0, 48000, 2, 16, kAudioFormatFlagIsSignedInteger),
             kAudioUnitErr_Initialized);
    AudioUnitUninitialize(unit);
    CHECK_EQ(kit_set_format(unit, kAudioUnitScope_Input, 0, 48000, 2, 16, kAudioFormatFlagIsSignedInteger),
             noErr);
    CHECK_EQ(AudioUnitInitialize(unit), kAudioUnitErr_FormatNotSupported);
    CHECK_EQ(kit_set_format(unit, kAudioUnitScope_Output, 0, 48000, 1, 32, kAudioFormatFlagIsFloat), noErr);
    CHECK_EQ(AudioUnitInitialize(unit), kAudioUnitErr_FormatNotSupported);
    AudioStreamBasicDescription aac = { 44100, kAudioFormatMPEG4AAC, 0, 0, 1024, 0, 2, 0, 0 };
    CHECK_EQ(kit_set(unit, kAudioUnitProperty_StreamFormat, kAudioUnitScope_Input, 0, &aac, sizeof aac),
             kAudioUnitErr_FormatNotSupported);
    CHECK_EQ(kit_set(unit, kAudioUnitProperty_StreamFormat, kAudioUnitScope_Input, 0, &aac, 20),
             kAudioUnitErr_InvalidPropertyValue);
    CHECK_EQ(kit_set_format(exact, kAudioUnitScope_Input, 0, 44100, 2, 32, kAudioFormatFlagIsFloat),
             kAudioUnitErr_FormatNotSupported);
    CHECK_EQ(kit_set_format(exact, kAudioUnitScope_Input, 0, 44100, 1, 32,
                            kAudioFormatFlagIsFloat | kAudioFormatFlagIsNonInterleaved),
             noErr);
    Float64 rate = 96000;
    CHECK_EQ(kit_set(exact, kAudioUnitProperty_SampleRate, kAudioUnitScope_Global, 0, &rate, sizeof rate),
             noErr);
    AudioStreamBasicDescription format;
    CHECK_EQ(
        kit_get(exact, kAudioUnitProperty_StreamFormat, kAudioUnitScope_Output, 0, &format, sizeof format),
        noErr);
    CHECK_NEAR(format.mSampleRate, 96000, 0);
    AudioComponentInstanceDispose(unit);
    AudioComponentInstanceDispose(exact);
}

/* ---- mixers, splitters, connections ---- */

static void test_elements(void)
{
    AudioUnit unit = kit_new(mixer);
    static kit_source sources[5];
    CHECK_EQ(kit_word(unit, kAudioUnitProperty_ElementCount, kAudioUnitScope_Input, 0), 2);
    CHECK_EQ(kit_set_word(unit, kAudioUnitProperty_ElementCount, kAudioUnitScope_Input, 0, 65),
             kAudioUnitErr_InvalidPropertyValue);
    CHECK_EQ(kit_set_word(unit, kAudioUnitProperty_ElementCount, kAudioUnitScope_Output, 0, 2),
             kAudioUnitErr_PropertyNotWritable);
    CHECK_EQ(AudioUnitInitialize(unit), noErr);
    CHECK_EQ(kit_set_word(unit, kAudioUnitProperty_ElementCount, kAudioUnitScope_Input, 0, 5), noErr);
    for (UInt32 i = 0; i < 5; i += 2)
        kit_feed(unit, i, kit_supply, &sources[i]);
    CHECK_EQ(AudioUnitSetParameter(unit, 0, kAudioUnitScope_Input, 4, 0.5f, 0), noErr);
    CHECK_EQ(AudioUnitSetParameter(unit, 0, kAudioUnitScope_Input, 5, 0.5f, 0), kAudioUnitErr_InvalidElement);
    CHECK_EQ(kit_render(unit, 0, 0, 64, kit_list(&out, 2, 64)), noErr);
    check_samples(&out, 2, 0, 64, 2.5f);
    CHECK_EQ(sources[4].last_bus, 4);
    CHECK_EQ(kit_set_word(unit, kAudioUnitProperty_ElementCount, kAudioUnitScope_Input, 0, 1), noErr);
    CHECK_EQ(kit_render(unit, 0, 0, 64, kit_list(&out, 2, 64)), noErr);
    check_samples(&out, 2, 0, 64, 1);
    CHECK_EQ(kit_set_word(unit, kAudioUnitProperty_ElementCount, kAudioUnitScope_Input, 0, 5), noErr);
    Float32 value;
    CHECK_EQ(AudioUnitGetParameter(unit, 0, kAudioUnitScope_Input, 4, &value), noErr);
    CHECK_NEAR(value, 1, 0);
    AudioComponentInstanceDispose(unit);
}

static OSStatus connect_units(AudioUnit from, UInt32 output, AudioUnit to, UInt32 input)
{
    AudioUnitConnection c = { from, output, input };
    return kit_set(to, kAudioUnitProperty_MakeConnection, kAudioUnitScope_Input, input, &c, sizeof c);
}

/* source -> splitter -> both outputs to a mixer: everything cancels out, and the splitter works once a slice.
 */
static void test_connections(void)
{
    AudioUnit s = kit_new(splitter), m = kit_new(mixer), g = kit_new(register_gain());
    source = (kit_source){ 0 };
    kit_feed(s, 0, kit_supply, &source);
    CHECK_EQ(connect_units(s, 0, m, 0), noErr);
    CHECK_EQ(connect_units(s, 1, m, 1), noErr);
    CHECK_EQ(connect_units(s, 2, m, 1), kAudioUnitErr_InvalidElement);
    CHECK_EQ(connect_units(m, 0, m, 1), kAudioUnitErr_InvalidPropertyValue);
    CHECK_EQ(connect_units((AudioUnit)(uintptr_t)99, 0, m, 1), kAudioUnitErr_InvalidElement);
    CHECK_EQ(AudioUnitInitialize(m), noErr);
    CHECK_EQ(kit_render(m, 0, 0, 64, kit_list(&out, 2, 64)), kAudioUnitErr_Uninitialized);
    CHECK_EQ(AudioUnitInitialize(s), noErr);
    splits = 0;
    for (UInt32 i = 0; i < 4; i++)
        CHECK_EQ(kit_render(m, 0, i * 64, 64, kit_list(&out, 2, 64)), noErr);
    check_samples(&out, 2, 192, 64, 0);
    CHECK_EQ(splits, 4);
    CHECK_EQ(source.calls, 4);
    /* through a third party's unit */
    AudioStreamBasicDescription format = cm_unit_planar_format(44100, 2);
    CHECK_EQ(kit_set(g, kAudioUnitProperty_StreamFormat, kAudioUnitScope_Output, 0, &format, sizeof format),
             noErr);
    CHECK_EQ(connect_units(s, 1, g, 0), noErr);
    CHECK_EQ(AudioUnitInitialize(g), noErr);
    CHECK_EQ(AudioUnitSetParameter(g, kGainParameter, 0, 0, 3, 0), noErr);
    CHECK_EQ(connect_units(g, 0, m, 1), noErr);
    CHECK_EQ(kit_render(m, 0, 1000, 64, kit_list(&out, 2, 64)), noErr);
    check_samples(&out, 2, 1000, 64, -2);
    /* the source goes away */
    int closes = gain_closes;
    CHECK_EQ(AudioComponentInstanceDispose(g), noErr);
    CHECK_EQ(gain_closes, closes);
    CHECK_EQ(kit_render(m, 0, 2000, 64, kit_list(&out, 2, 64)), noErr);
    check_samples(&out, 2, 2000, 64, 1);
    CHECK_EQ(connect_units(NULL, 0, m, 1), noErr);
    CHECK_EQ(gain_closes, closes + 1);
    CHECK_EQ(AudioComponentInstanceDispose(s), noErr);
    CHECK_EQ(AudioComponentInstanceDispose(m), noErr);
}

/* Two units in a circle answer with an error, not without end. */
static void test_circles(void)
{
    AudioUnit a = kit_new(effect), b = kit_new(effect);
    CHECK_EQ(connect_units(a, 0, b, 0), noErr);
    CHECK_EQ(connect_units(b, 0, a, 0), noErr);
    CHECK_EQ(AudioUnitInitialize(a), noErr);
    CHECK_EQ(AudioUnitInitialize(b), noErr);
    CHECK_EQ(kit_render(a, 0, 0, 64, kit_list(&out, 2, 64)), kAudioUnitErr_CannotDoInCurrentContext);
    CHECK_EQ(AudioComponentInstanceDispose(a), noErr);
    CHECK_EQ(AudioComponentInstanceDispose(b), noErr);
}

/* ---- notifications and listeners ---- */

static char told[64];
static UInt32 told_count;

static OSStatus watch(void *user, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time, UInt32 bus,
                      UInt32 frames, AudioBufferList *data)
{
    (void)time, (void)bus, (void)frames;
    char c = *flags & kAudioUnitRenderAction_PreRender         ? 'a'
             : *flags & kAudioUnitRenderAction_PostRenderError ? 'e'
             : *flags & kAudioUnitRenderAction_PostRender      ? 'z'
                                                               : '?';
    told[told_count++] = user ? (char)(c - 32) : c;
    if (c == 'z')
        for (UInt32 i = 0; i < frames; i++)
            ((Float32 *)data->mBuffers[0].mData)[i] += 1;
    return noErr;
}

static void test_render_notify(void)
{
    AudioUnit unit = new_effect();
    told_count = 0;
    CHECK_EQ(AudioUnitAddRenderNotify(unit, watch, NULL), noErr);
    CHECK_EQ(AudioUnitAddRenderNotify(unit, watch, told), noErr);
    CHECK_EQ(kit_render(unit, 0, 0, 16, kit_list(&out, 2, 16)), noErr);
    CHECK(memcmp(told, "aAzZ", 4) == 0);
    for (UInt32 i = 0; i < 16; i++)
        CHECK_NEAR(out.samples[0][i], kit_sample(i, 0) + 2, 0);
    source.fails = -1;
    CHECK_EQ(AudioUnitRemoveRenderNotify(unit, watch, NULL), noErr);
    CHECK_EQ(kit_render(unit, 0, 0, 16, kit_list(&out, 2, 16)), -1);
    CHECK(memcmp(told, "aAzZAE", 6) == 0);
    CHECK_EQ(told_count, 6);
    CHECK_EQ(AudioUnitRemoveRenderNotify(unit, watch, told), noErr);
    CHECK_EQ(AudioUnitRemoveRenderNotify(unit, watch, told), noErr);
    kit_render(unit, 0, 0, 16, kit_list(&out, 2, 16));
    CHECK_EQ(told_count, 6);
    AudioComponentInstanceDispose(unit);
}

static UInt32 heard, heard_scope;

static void listen_once(void *user, AudioUnit unit, AudioUnitPropertyID id, AudioUnitScope scope,
                        AudioUnitElement element)
{
    (void)element;
    heard++;
    heard_scope = scope;
    CHECK_EQ(AudioUnitRemovePropertyListenerWithUserData(unit, id, listen_once, user), noErr);
}

static void test_listeners(void)
{
    AudioUnit unit = kit_new(effect);
    heard = 0;
    CHECK_EQ(AudioUnitAddPropertyListener(unit, kAudioUnitProperty_StreamFormat, listen_once, &heard), noErr);
    CHECK_EQ(AudioUnitAddPropertyListener(unit, kAudioUnitProperty_StreamFormat, listen_once, &told), noErr);
    CHECK_EQ(AudioUnitAddPropertyListener(unit, kAudioUnitProperty_StreamFormat, NULL, NULL),
             kAudio_ParamError);
    CHECK_EQ(kit_set_word(unit, kAudioUnitProperty_BypassEffect, 0, 0, 1), noErr);
    CHECK_EQ(heard, 0);
    CHECK_EQ(kit_set_format(unit, kAudioUnitScope_Output, 0, 8000, 1, 32, kAudioFormatFlagIsFloat), noErr);
    CHECK_EQ(heard, 2);
    CHECK_EQ(heard_scope, kAudioUnitScope_Output);
    CHECK_EQ(kit_set_format(unit, kAudioUnitScope_Output, 0, 44100, 1, 32, kAudioFormatFlagIsFloat), noErr);
    CHECK_EQ(heard, 2);
    AudioComponentInstanceDispose(unit);
}

/* ---- bypass, process, MIDI ---- */

static void test_bypass(void)
{
    AudioUnit unit = new_effect();
    AudioUnitRenderActionFlags flags = 0;
    AudioTimeStamp time = kit_time(0);
    AudioUnitSetParameter(unit, 10, 0, 0, 3, 0);
    CHECK_EQ(kit_set_word(unit, kAudioUnitProperty_BypassEffect, 0, 0, 1), noErr);
    CHECK_EQ(AudioUnitRender(unit, &flags, &time, 0, 64, kit_list(&out, 2, 64)), noErr);
    check_samples(&out, 2, 0, 64, 1);
    CHECK(!(flags & kAudioUnitRenderAction_OutputIsSilence));
    source.silent = true;
    CHECK_EQ(AudioUnitRender(unit, &flags, &time, 0, 64, kit_list(&out, 2, 64)), noErr);
    CHECK(flags & kAudioUnitRenderAction_OutputIsSilence);
    AudioComponentInstanceDispose(unit);
}

static void test_process(void)
{
    AudioUnit unit = kit_new(effect), m = kit_new(mixer);
    AudioTimeStamp time = kit_time(0);
    static kit_buffers in;
    CHECK_EQ(AudioUnitProcess(unit, NULL, &time, 64, kit_list(&out, 2, 64)), kAudioUnitErr_Uninitialized);
    CHECK_EQ(AudioUnitInitialize(unit), noErr);
    AudioUnitSetParameter(unit, 10, 0, 0, 2, 0);
    for (UInt32 c = 0; c < 2; c++)
        for (UInt32 i = 0; i < 64; i++)
            out.samples[c][i] = in.samples[c][i] = kit_sample(i, c);
    CHECK_EQ(AudioUnitProcess(unit, NULL, &time, 64, kit_list(&out, 2, 64)), noErr);
    check_samples(&out, 2, 0, 64, 2);
    CHECK_EQ(AudioUnitInitialize(m), noErr);
    const AudioBufferList *inputs[] = { kit_list(&in, 2, 64), kit_list(&in, 2, 64) };
    AudioBufferList *outputs[] = { kit_list(&out, 2, 64) };
    CHECK_EQ(AudioUnitProcessMultiple(m, NULL, &time, 64, 2, inputs, 1, outputs), noErr);
    check_samples(&out, 2, 0, 64, 2);
    CHECK_EQ(AudioUnitProcessMultiple(m, NULL, &time, 64, 1, inputs, 1, outputs), kAudio_ParamError);
    AudioComponentInstanceDispose(unit);
    AudioComponentInstanceDispose(m);
}

static void test_midi_at_its_frame(void)
{
    AudioUnit unit = kit_new(instrument);
    CHECK_EQ(AudioUnitInitialize(unit), noErr);
    cm_instance *i = cm_instance_pin(unit);
    CHECK(i && i->methods->midi_event);
    CHECK_EQ(i->methods->midi_event(i->self, 0x80, 60, 0, 90), noErr);
    CHECK_EQ(i->methods->midi_event(i->self, 0x90, 60, 100, 17), noErr);
    CHECK_EQ(i->methods->midi_event(i->self, 0x90, 64, 100, 130), noErr);
    CHECK_EQ(i->methods->midi_event(i->self, 0x10, 64, 100, 0), kAudio_ParamError);
    for (UInt32 slice = 0; slice < 2; slice++) {
        AudioUnitRenderActionFlags flags = 0;
        AudioTimeStamp time = kit_time(slice * 100);
        CHECK_EQ(AudioUnitRender(unit, &flags, &time, 0, 100, kit_list(&out, 1, 100)), noErr);
        CHECK(!(flags & kAudioUnitRenderAction_OutputIsSilence));
        for (UInt32 n = slice * 100; n < slice * 100 + 100; n++)
            CHECK_NEAR(out.samples[0][n - slice * 100], n < 17 ? 0 : n < 90 ? 60 : n < 130 ? 0 : 64, 0);
    }
    cm_handle_unpin(unit);
    AudioComponentInstanceDispose(unit);
}

/* Rendering, with ramps, events, conversion and notifications, keeps the rules of a render thread. */
static void test_render_rules(void)
{
    AudioUnit unit = new_effect();
    const char *first = NULL;
    unsigned long before = cm_render_violations(NULL);
    CHECK_EQ(AudioUnitAddRenderNotify(unit, watch, NULL), noErr);
    told_count = 0;
    AudioUnitUninitialize(unit);
    kit_feed(unit, 0, int16_supply, NULL);
    CHECK_EQ(kit_set_format(unit, kAudioUnitScope_Input, 0, 44100, 2, 16, kAudioFormatFlagIsSignedInteger),
             noErr);
    CHECK_EQ(AudioUnitInitialize(unit), noErr);
    for (UInt32 i = 0; i < 20; i++) {
        ramp(unit, 10, 10, 100, 0, 1);
        ramp(unit, 11, 20, 1000, 0, 1);
        CHECK_EQ(kit_render(unit, 0, i * 500, 500, kit_list(&out, 2, 500)), noErr);
    }
    if (cm_render_violations(&first) != before)
        fprintf(stderr, "first violation: %s\n", first);
    CHECK_EQ(cm_render_violations(NULL), before);
    AudioComponentInstanceDispose(unit);
}

int main(void)
{
    add_classes();
    RUN(test_rendering);
    RUN(test_errors);
    RUN(test_short_sources);
    RUN(test_scheduled_changes);
    RUN(test_ramps);
    RUN(test_parameter_errors);
    RUN(test_formats);
    RUN(test_elements);
    RUN(test_connections);
    RUN(test_circles);
    RUN(test_render_notify);
    RUN(test_listeners);
    RUN(test_bypass);
    RUN(test_process);
    RUN(test_midi_at_its_frame);
    RUN(test_render_rules);
    return 0;
}
