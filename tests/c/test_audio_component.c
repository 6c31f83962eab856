/* The registry, instances, and a third party's component through the public functions. */
#include "base/handle.h"
#include "check.h"
#include "gain_component.h"

static AudioComponentDescription describe(OSType type, OSType subtype, OSType maker)
{
    return (AudioComponentDescription){ type, subtype, maker, 0, 0 };
}

static AudioComponent generic_output(void)
{
    AudioComponentDescription d = describe(kAudioUnitType_Output, kAudioUnitSubType_GenericOutput, 0);
    return AudioComponentFindNext(NULL, &d);
}

static void check_name(AudioComponent component, const char *expected)
{
    CFStringRef name = NULL;
    char text[64];
    CHECK_EQ(AudioComponentCopyName(component, &name), noErr);
    CHECK(CFStringGetCString(name, text, sizeof text, kCFStringEncodingUTF8));
    CHECK_STR(text, expected);
    CFRelease(name);
}

static void test_finding(void)
{
    AudioComponentDescription any = describe(0, 0, 0), found;
    UInt32 count = 0;
    for (AudioComponent c = AudioComponentFindNext(NULL, &any); c; c = AudioComponentFindNext(c, &any)) {
        CHECK_EQ(AudioComponentGetDescription(c, &found), noErr);
        CHECK(found.componentType != 0);
        count++;
    }
    CHECK(count >= 1);
    CHECK_EQ(AudioComponentCount(&any), count);
    AudioComponentDescription none = describe('none', 0, 0);
    CHECK_EQ(AudioComponentCount(&none), 0);
    CHECK(!AudioComponentFindNext(NULL, &none));
    AudioComponentDescription output = describe(kAudioUnitType_Output, kAudioUnitSubType_GenericOutput,
                                                kAudioUnitManufacturer_Apple);
    AudioComponent c = AudioComponentFindNext(NULL, &output);
    CHECK(c == generic_output());
    CHECK(!AudioComponentFindNext(c, &output));
    CHECK_EQ(AudioComponentGetDescription(c, &found), noErr);
    CHECK_EQ(found.componentSubType, kAudioUnitSubType_GenericOutput);
    check_name(c, "Apple: Generic Output");
}

static void test_what_is_no_component(void)
{
    UInt32 version;
    CFStringRef name;
    AudioComponentInstance instance;
    AudioComponentDescription d;
    AudioComponent wrong[] = { NULL, (AudioComponent)(uintptr_t)12345, (AudioComponent)&d };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK_EQ(AudioComponentGetVersion(wrong[i], &version), kAudio_ParamError);
        CHECK_EQ(AudioComponentCopyName(wrong[i], &name), kAudio_ParamError);
        CHECK_EQ(AudioComponentGetDescription(wrong[i], &d), kAudio_ParamError);
        CHECK_EQ(AudioComponentInstanceNew(wrong[i], &instance), kAudio_ParamError);
    }
    CHECK_EQ(AudioUnitInitialize(NULL), kAudioUnitErr_InvalidElement);
    CHECK_EQ(AudioUnitInitialize((AudioUnit)(uintptr_t)0x123456789), kAudioUnitErr_InvalidElement);
    CHECK_EQ(AudioComponentInstanceDispose(NULL), kAudioUnitErr_InvalidElement);
    CHECK(!AudioComponentInstanceGetComponent(NULL));
    CHECK(!AudioComponentInstanceCanDo(NULL, kAudioUnitRenderSelect));
}

static void test_instances(void)
{
    AudioComponentInstance a, b;
    size_t before = cm_handle_count(CM_KIND_AUDIO_UNIT);
    CHECK_EQ(AudioComponentInstanceNew(generic_output(), &a), noErr);
    CHECK_EQ(AudioComponentInstanceNew(generic_output(), &b), noErr);
    CHECK(a != b);
    CHECK(AudioComponentInstanceGetComponent(a) == generic_output());
    CHECK(AudioComponentInstanceCanDo(a, kAudioUnitRenderSelect));
    CHECK(AudioComponentInstanceCanDo(a, kAudioOutputUnitStartSelect));
    CHECK(!AudioComponentInstanceCanDo(a, kAudioUnitProcessSelect));
    CHECK(!AudioComponentInstanceCanDo(a, 9999));
    CHECK_EQ(AudioComponentInstanceDispose(a), noErr);
    CHECK_EQ(AudioComponentInstanceDispose(a), kAudioUnitErr_InvalidElement);
    CHECK_EQ(AudioUnitInitialize(a), kAudioUnitErr_InvalidElement);
    CHECK_EQ(AudioComponentInstanceDispose(b), noErr);
    CHECK_EQ(cm_handle_count(CM_KIND_AUDIO_UNIT), before);
}

static OSStatus ones(void *user, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time, UInt32 bus,
                     UInt32 frames, AudioBufferList *data)
{
    (void)user, (void)flags, (void)time, (void)bus;
    for (UInt32 b = 0; b < data->mNumberBuffers; b++)
        for (UInt32 i = 0; i < frames; i++)
            ((Float32 *)data->mBuffers[b].mData)[i] = 1;
    return noErr;
}

static OSStatus render(AudioUnit unit, Float32 *samples, UInt32 frames)
{
    AudioTimeStamp time = { .mFlags = kAudioTimeStampSampleTimeValid };
    AudioBufferList list = { 1, { { 1, frames * (UInt32)sizeof *samples, samples } } };
    return AudioUnitRender(unit, NULL, &time, 0, frames, &list);
}

static void test_third_party(void)
{
    AudioComponent component = register_gain();
    AudioComponentInstance unit;
    UInt32 version;
    Float32 samples[16], value;
    int opens = gain_opens, closes = gain_closes;
    CHECK(AudioComponentFindNext(NULL, &gain_description) == component);
    check_name(component, "Test: Gain");
    CHECK_EQ(AudioComponentGetVersion(component, &version), noErr);
    CHECK_EQ(version, 0x00010203);
    CHECK_EQ(AudioComponentInstanceNew(component, &unit), noErr);
    CHECK_EQ(gain_opens, opens + 1);
    CHECK(AudioComponentInstanceCanDo(unit, kAudioUnitRenderSelect));
    CHECK(!AudioComponentInstanceCanDo(unit, kAudioUnitResetSelect));
    CHECK_EQ(AudioUnitReset(unit, 0, 0), kAudio_UnimplementedError);
    AURenderCallbackStruct callback = { ones, NULL };
    CHECK_EQ(AudioUnitSetProperty(unit, kAudioUnitProperty_SetRenderCallback, kAudioUnitScope_Input, 0,
                                  &callback, sizeof callback),
             noErr);
    CHECK_EQ(render(unit, samples, 16), kAudioUnitErr_Uninitialized);
    CHECK_EQ(AudioUnitInitialize(unit), noErr);
    CHECK_EQ(AudioUnitSetParameter(unit, kGainParameter, kAudioUnitScope_Global, 0, 0.25f, 0), noErr);
    CHECK_EQ(AudioUnitGetParameter(unit, kGainParameter, kAudioUnitScope_Global, 0, &value), noErr);
    CHECK_NEAR(value, 0.25, 0);
    CHECK_EQ(AudioUnitSetParameter(unit, 99, kAudioUnitScope_Global, 0, 0, 0),
             kAudioUnitErr_InvalidParameter);
    CHECK_EQ(render(unit, samples, 16), noErr);
    for (int i = 0; i < 16; i++)
        CHECK_NEAR(samples[i], 0.25, 0);
    CHECK_EQ(AudioComponentInstanceDispose(unit), noErr);
    CHECK_EQ(gain_closes, closes + 1);
}

static OSStatus refuse(void *self, AudioComponentInstance instance)
{
    (void)self, (void)instance;
    return kAudioUnitErr_FailedInitialization;
}

static AudioComponentPlugInInterface refusing = { refuse, GainClose, GainLookup, NULL };

static AudioComponentPlugInInterface *refusing_factory(const AudioComponentDescription *description)
{
    return description->componentSubType == 'null' ? NULL : &refusing;
}

/* Close ends only a life that Open began. */
static void test_failing_to_open(void)
{
    AudioComponentDescription d = describe(kAudioUnitType_Effect, 'refu', 'test');
    CFStringRef name = CFStringCreateWithCString(NULL, "Test: Refusing", kCFStringEncodingUTF8);
    AudioComponentInstance unit;
    int closes = gain_closes;
    size_t before = cm_handle_count(CM_KIND_AUDIO_UNIT);
    AudioComponent c = AudioComponentRegister(&d, name, 1, refusing_factory);
    CHECK_EQ(AudioComponentInstanceNew(c, &unit), kAudioUnitErr_FailedInitialization);
    CHECK(!unit);
    d.componentSubType = 'null';
    c = AudioComponentRegister(&d, name, 1, refusing_factory);
    CHECK_EQ(AudioComponentInstanceNew(c, &unit), kAudioUnitErr_FailedInitialization);
    CHECK_EQ(gain_closes, closes);
    CHECK_EQ(cm_handle_count(CM_KIND_AUDIO_UNIT), before);
    CHECK(!AudioComponentRegister(NULL, name, 1, refusing_factory));
    CHECK(!AudioComponentRegister(&d, NULL, 1, refusing_factory));
    CHECK(!AudioComponentRegister(&d, name, 1, NULL));
    CFRelease(name);
}

static void test_flags(void)
{
    AudioComponentDescription hidden = describe(kAudioUnitType_Effect, 'hide', 'test');
    hidden.componentFlags = kAudioComponentFlag_Unsearchable | kAudioComponentFlag_SandboxSafe;
    CFStringRef name = CFStringCreateWithCString(NULL, "Test: Hidden", kCFStringEncodingUTF8);
    AudioComponent c = AudioComponentRegister(&hidden, name, 1, GainFactory);
    CFRelease(name);
    AudioComponentDescription wanted = describe(kAudioUnitType_Effect, 'hide', 0);
    CHECK(!AudioComponentFindNext(NULL, &wanted));
    wanted.componentManufacturer = 'test';
    CHECK(AudioComponentFindNext(NULL, &wanted) == c);
    wanted.componentFlagsMask = kAudioComponentFlag_SandboxSafe;
    CHECK(!AudioComponentFindNext(NULL, &wanted));
    wanted.componentFlags = kAudioComponentFlag_SandboxSafe;
    CHECK(AudioComponentFindNext(NULL, &wanted) == c);
}

int main(void)
{
    RUN(test_finding);
    RUN(test_what_is_no_component);
    RUN(test_instances);
    RUN(test_third_party);
    RUN(test_failing_to_open);
    RUN(test_flags);
    return 0;
}
