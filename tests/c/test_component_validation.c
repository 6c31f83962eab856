/* AudioComponentValidate: components that are good, and each thing that can be wrong with one. */
#include "check.h"
#include "gain_component.h"

#include <coremusic/engine.h>
#include <math.h>
#include <stdatomic.h>
#include <unistd.h>

/* What the component of the moment does wrong. */
static _Atomic enum {
    GOOD,
    NEVER_OPENS,
    NO_FORMAT,
    RENDERS_UNINITIALIZED,
    NO_INITIALIZE,
    NAN_SOUND,
    FAILS_SHORT_SLICE,
    TAKES_ANY_SLICE,
    FORGETS_PARAMETER,
    DEFAULT_OUT_OF_RANGE,
    HANGS
} fault;

static OSStatus ill_open(void *self, AudioComponentInstance instance)
{
    Gain *g = self;
    if (fault == NEVER_OPENS) {
        free(self); /* there will be no Close */
        return kAudioUnitErr_FailedInitialization;
    }
    if (fault != NO_FORMAT)
        g->format = (AudioStreamBasicDescription){
            48000, kAudioFormatLinearPCM, kAudioFormatFlagsNativeFloatPacked, 8, 1, 8, 2, 32, 0
        };
    return GainOpen(self, instance);
}

static OSStatus ill_initialize(void *self)
{
    while (fault == HANGS)
        usleep(1000);
    return fault == NO_INITIALIZE ? kAudioUnitErr_FailedInitialization : GainInitialize(self);
}

static OSStatus ill_get_property(void *self, AudioUnitPropertyID id, AudioUnitScope scope,
                                 AudioUnitElement element, void *data, UInt32 *size)
{
    if (id == kAudioUnitProperty_MaximumFramesPerSlice) {
        *(UInt32 *)data = 1000;
        *size = 4;
        return noErr;
    }
    if (id == kAudioUnitProperty_ParameterList) {
        *(AudioUnitParameterID *)data = kGainParameter;
        *size = 4;
        return noErr;
    }
    if (id == kAudioUnitProperty_ParameterInfo) {
        AudioUnitParameterInfo info = { .minValue = 0,
                                        .maxValue = 1,
                                        .defaultValue = fault == DEFAULT_OUT_OF_RANGE ? 2 : 1,
                                        .flags = kAudioUnitParameterFlag_IsReadable |
                                                 kAudioUnitParameterFlag_IsWritable };
        memcpy(data, &info, sizeof info);
        return noErr;
    }
    return GainGetProperty(self, id, scope, element, data, size);
}

static OSStatus ill_set_parameter(void *self, AudioUnitParameterID id, AudioUnitScope scope,
                                  AudioUnitElement element, AudioUnitParameterValue value, UInt32 offset)
{
    return GainSetParameter(self, id, scope, element, fault == FORGETS_PARAMETER ? 1 : value, offset);
}

static OSStatus ill_render(void *self, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                           UInt32 bus, UInt32 frames, AudioBufferList *data)
{
    if (frames > 1000 && fault != TAKES_ANY_SLICE)
        return kAudioUnitErr_TooManyFramesToProcess;
    if (frames == 1 && fault == FAILS_SHORT_SLICE)
        return kAudioUnitErr_TooManyFramesToProcess;
    if (fault == RENDERS_UNINITIALIZED)
        return noErr;
    OSStatus status = GainRender(self, flags, time, bus, frames, data);
    if (status == noErr && fault == NAN_SOUND)
        ((Float32 *)data->mBuffers[0].mData)[2 * frames - 1] = NAN;
    return status;
}

static AudioComponentMethod ill_lookup(SInt16 selector)
{
    switch (selector) {
    case kAudioUnitInitializeSelect:
        return (AudioComponentMethod)ill_initialize;
    case kAudioUnitGetPropertySelect:
        return (AudioComponentMethod)ill_get_property;
    case kAudioUnitSetParameterSelect:
        return (AudioComponentMethod)ill_set_parameter;
    case kAudioUnitRenderSelect:
        return (AudioComponentMethod)ill_render;
    default:
        return GainLookup(selector);
    }
}

static AudioComponentPlugInInterface *ill_factory(const AudioComponentDescription *description)
{
    Gain *g = (Gain *)GainFactory(description);
    g->interface.Open = ill_open;
    g->interface.Lookup = ill_lookup;
    return &g->interface;
}

static AudioComponent component;

static AudioComponentValidationResult validate(double seconds, char reason[200])
{
    AudioComponentValidationResult result;
    CFStringRef text = NULL, key = CFSTR(kAudioComponentValidationParameter_TimeOut);
    CFNumberRef number = CFNumberCreate(NULL, kCFNumberDoubleType, &seconds);
    CFDictionaryRef parameters = CFDictionaryCreate(NULL, (const void **)&key, (const void **)&number, 1,
                                                    &kCFTypeDictionaryKeyCallBacks,
                                                    &kCFTypeDictionaryValueCallBacks);
    CHECK_EQ(CMAudioComponentValidate(component, parameters, &result, &text), noErr);
    reason[0] = 0;
    if (text)
        CFStringGetCString(text, reason, 200, kCFStringEncodingUTF8);
    CFRelease(text);
    CFRelease(number);
    CFRelease(parameters);
    return result;
}

static void test_a_good_one_passes(void)
{
    char reason[200];
    fault = GOOD;
    CHECK_EQ(validate(20, reason), kAudioComponentValidationResult_Passed);
    CHECK_STR(reason, "");
    CHECK_EQ(gain_opens, gain_closes);
}

static void test_each_fault_is_found(void)
{
    static const struct {
        int fault;
        const char *reason;
    } faults[] = {
        { NEVER_OPENS, "it does not open: error -10875" },
        { NO_FORMAT, "its output is no linear PCM with a sample rate and channels" },
        { RENDERS_UNINITIALIZED, "it renders before it is initialized" },
        { NO_INITIALIZE, "it does not initialize: error -10875" },
        { NAN_SOUND, "it renders what is no number" },
        { FAILS_SHORT_SLICE, "it does not render 1 frames: error -10874" },
        { TAKES_ANY_SLICE, "it renders more than the 1000 frames that it says" },
        { FORGETS_PARAMETER, "parameter 7 was set to 0 and is 1" },
        { DEFAULT_OUT_OF_RANGE, "the default of parameter 7, 2, is not in its range" },
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        char reason[200];
        fault = faults[i].fault;
        CHECK_EQ(validate(20, reason), kAudioComponentValidationResult_Failed);
        CHECK_STR(reason, faults[i].reason);
        CHECK_EQ(gain_opens, gain_closes);
    }
}

static void test_one_that_hangs(void)
{
    char reason[200];
    fault = HANGS;
    CHECK_EQ(validate(0.2, reason), kAudioComponentValidationResult_TimedOut);
    CHECK_STR(reason, "nothing came of it in 0.2 s");
    fault = GOOD;
    for (int ms = 0; ms < 5000 && gain_opens != gain_closes; ms++)
        usleep(1000);
    CHECK_EQ(gain_opens, gain_closes); /* the thread came to its end alone */
}

static void test_our_own_pass(void)
{
    AudioComponentDescription any = { kAudioUnitType_Output, 0, kAudioUnitManufacturer_Apple, 0, 0 };
    AudioComponentValidationResult result;
    int count = 0;
    for (AudioComponent c = AudioComponentFindNext(NULL, &any); c; c = AudioComponentFindNext(c, &any)) {
        CHECK_EQ(AudioComponentValidate(c, NULL, &result), noErr);
        CHECK_EQ(result, kAudioComponentValidationResult_Passed);
        count++;
    }
    CHECK(count >= 4);
}

static void test_misuse(void)
{
    AudioComponentValidationResult result = 9;
    CFStringRef key = CFSTR(kAudioComponentValidationParameter_TimeOut), soon = CFSTR("soon");
    CFDictionaryRef parameters = CFDictionaryCreate(NULL, (const void **)&key, (const void **)&soon, 1,
                                                    &kCFTypeDictionaryKeyCallBacks,
                                                    &kCFTypeDictionaryValueCallBacks);
    CHECK_EQ(AudioComponentValidate(NULL, NULL, &result), kAudio_ParamError);
    CHECK_EQ(result, kAudioComponentValidationResult_Unknown);
    CHECK_EQ(AudioComponentValidate(component, NULL, NULL), kAudio_ParamError);
    CHECK_EQ(AudioComponentValidate(component, parameters, &result), kAudio_ParamError);
    CHECK_EQ(AudioComponentValidateWithResults(component, NULL, NULL), kAudio_ParamError);
    AudioComponentInstantiate(component, 0, NULL); /* there is nobody to tell */
    CFRelease(parameters);
}

int main(void)
{
    AudioComponentDescription description = { kAudioUnitType_Effect, 'illg', 'test', 0, 0 };
    setenv("COREMUSIC_DRIVER", "virtual", 1);
    component = AudioComponentRegister(&description, CFSTR("Test: Ill"), 1, ill_factory);
    CHECK(component != NULL);
    RUN(test_a_good_one_passes);
    RUN(test_each_fault_is_found);
    RUN(test_one_that_hangs);
    RUN(test_our_own_pass);
    RUN(test_misuse);
    return 0;
}
