/* The core: properties of every unit, presets, saved state. */
#include "unit_classes.h"

/* ---- properties ---- */

static void test_property_errors(void)
{
    AudioUnit unit = kit_new(effect);
    UInt32 size = 0, word = 0;
    Boolean writable = 9;
    CHECK_EQ(AudioUnitGetPropertyInfo(unit, 54321, 0, 0, &size, &writable), kAudioUnitErr_InvalidProperty);
    CHECK_EQ(AudioUnitGetPropertyInfo(unit, kAudioUnitProperty_MaximumFramesPerSlice, kAudioUnitScope_Input,
                                      0, &size, &writable),
             kAudioUnitErr_InvalidScope);
    CHECK_EQ(AudioUnitGetPropertyInfo(unit, kAudioUnitProperty_StreamFormat, kAudioUnitScope_Input, 1, &size,
                                      &writable),
             kAudioUnitErr_InvalidElement);
    CHECK_EQ(AudioUnitGetPropertyInfo(unit, kAudioUnitProperty_StreamFormat, 77, 0, &size, &writable),
             kAudioUnitErr_InvalidScope);
    CHECK_EQ(AudioUnitGetPropertyInfo(unit, kAudioUnitProperty_Latency, 0, 0, &size, &writable), noErr);
    CHECK_EQ(size, sizeof(Float64));
    CHECK(!writable);
    CHECK_EQ(AudioUnitGetPropertyInfo(unit, kAudioUnitProperty_Latency, 0, 0, NULL, NULL), noErr);
    Float64 latency = 0;
    CHECK_EQ(kit_set(unit, kAudioUnitProperty_Latency, 0, 0, &latency, sizeof latency),
             kAudioUnitErr_PropertyNotWritable);
    CHECK_EQ(kit_get(unit, kAudioUnitProperty_Latency, 0, 0, &word, sizeof word),
             kAudioUnitErr_InvalidPropertyValue);
    CHECK_EQ(kit_set_word(unit, kAudioUnitProperty_MaximumFramesPerSlice, 0, 0, 0),
             kAudioUnitErr_InvalidPropertyValue);
    CHECK_EQ(kit_set_word(unit, kAudioUnitProperty_MaximumFramesPerSlice, 0, 0, 4096), noErr);
    CHECK_EQ(AudioUnitInitialize(unit), noErr);
    CHECK_EQ(kit_set_word(unit, kAudioUnitProperty_MaximumFramesPerSlice, 0, 0, 512),
             kAudioUnitErr_Initialized);
    CHECK_EQ(kit_word(unit, kAudioUnitProperty_MaximumFramesPerSlice, 0, 0), 4096);
    CHECK_EQ(kit_get(unit, kAudioUnitProperty_SetRenderCallback, kAudioUnitScope_Input, 0, &out, sizeof out),
             kAudioUnitErr_InvalidProperty);
    CHECK_EQ(kit_get(unit, kAudioUnitProperty_TailTime, 0, 0, &latency, sizeof latency),
             kAudioUnitErr_InvalidProperty);
    AudioComponentInstanceDispose(unit);
}

static void check_string(CFStringRef string, const char *expected)
{
    char text[128];
    CHECK(string && CFStringGetCString(string, text, sizeof text, kCFStringEncodingUTF8));
    CHECK_STR(text, expected);
    CFRelease(string);
}

static void test_parameter_properties(void)
{
    AudioUnit unit = kit_new(effect);
    AudioUnitParameterID ids[8];
    UInt32 size = sizeof ids;
    CHECK_EQ(AudioUnitGetProperty(unit, kAudioUnitProperty_ParameterList, 0, 0, ids, &size), noErr);
    CHECK_EQ(size, 4 * sizeof *ids);
    CHECK_EQ(ids[3], 13);
    CHECK_EQ(AudioUnitGetPropertyInfo(unit, kAudioUnitProperty_ParameterList, kAudioUnitScope_Input, 0, &size,
                                      NULL),
             noErr);
    CHECK_EQ(size, 0);
    AudioUnitParameterInfo info;
    CHECK_EQ(kit_get(unit, kAudioUnitProperty_ParameterInfo, 0, 12, &info, sizeof info), noErr);
    CHECK_STR(info.name, "Mode");
    check_string(info.cfNameString, "Mode");
    CHECK_NEAR(info.maxValue, 1, 0);
    CHECK(info.flags & kAudioUnitParameterFlag_ValuesHaveStrings);
    CHECK_EQ(kit_get(unit, kAudioUnitProperty_ParameterInfo, 0, 9, &info, sizeof info),
             kAudioUnitErr_InvalidParameter);
    CFArrayRef strings = NULL;
    CHECK_EQ(kit_get(unit, kAudioUnitProperty_ParameterValueStrings, 0, 12, &strings, sizeof strings), noErr);
    CHECK_EQ(CFArrayGetCount(strings), 2);
    CFRelease(strings);
    CHECK_EQ(kit_get(unit, kAudioUnitProperty_ParameterValueStrings, 0, 10, &strings, sizeof strings),
             kAudioUnitErr_PropertyNotInUse);
    Float32 one = 1, quarter = 0.25f;
    AudioUnitParameterStringFromValue text = { 12, &one, NULL };
    CHECK_EQ(kit_get(unit, kAudioUnitProperty_ParameterStringFromValue, 0, 0, &text, sizeof text), noErr);
    check_string(text.outString, "Turned");
    text = (AudioUnitParameterStringFromValue){ 10, &quarter, NULL };
    CHECK_EQ(kit_get(unit, kAudioUnitProperty_ParameterStringFromValue, 0, 0, &text, sizeof text), noErr);
    check_string(text.outString, "0.25");
    AudioUnitParameterIDName name = { 11, 3, NULL };
    CHECK_EQ(kit_get(unit, kAudioUnitProperty_ParameterIDName, 0, 0, &name, sizeof name), noErr);
    check_string(name.outName, "Off");
    CFStringRef turned = CFStringCreateWithCString(NULL, "Turned", kCFStringEncodingUTF8);
    AudioUnitParameterValueFromString value = { 12, turned, 9 };
    CHECK_EQ(kit_get(unit, kAudioUnitProperty_ParameterValueFromString, 0, 0, &value, sizeof value), noErr);
    CHECK_NEAR(value.outValue, 1, 0);
    CFRelease(turned);
    AudioComponentInstanceDispose(unit);
}

static void test_names_and_layouts(void)
{
    AudioUnit unit = kit_new(mixer);
    CFStringRef voice = CFStringCreateWithCString(NULL, "Voice", kCFStringEncodingUTF8), got = NULL;
    CHECK_EQ(kit_get(unit, kAudioUnitProperty_ElementName, kAudioUnitScope_Input, 1, &got, sizeof got),
             kAudioUnitErr_PropertyNotInUse);
    CHECK_EQ(kit_set(unit, kAudioUnitProperty_ElementName, kAudioUnitScope_Input, 1, &voice, sizeof voice),
             noErr);
    CHECK_EQ(kit_get(unit, kAudioUnitProperty_ElementName, kAudioUnitScope_Input, 1, &got, sizeof got),
             noErr);
    check_string(got, "Voice");
    CHECK_EQ(kit_set(unit, kAudioUnitProperty_NickName, 0, 0, &voice, sizeof voice), noErr);
    CHECK_EQ(kit_get(unit, kAudioUnitProperty_NickName, 0, 0, &got, sizeof got), noErr);
    check_string(got, "Voice");
    CHECK_EQ(kit_set(unit, kAudioUnitProperty_NickName, 0, 0, NULL, 0), noErr);
    CFRelease(voice);
    AudioChannelLayout stereo = { .mChannelLayoutTag = kAudioChannelLayoutTag_Stereo }, back;
    AudioChannelLayout quad = { .mChannelLayoutTag = kAudioChannelLayoutTag_Quadraphonic };
    size_t size = offsetof(AudioChannelLayout, mChannelDescriptions);
    CHECK_EQ(kit_set(unit, kAudioUnitProperty_AudioChannelLayout, kAudioUnitScope_Input, 0, &quad, size),
             kAudioUnitErr_InvalidPropertyValue);
    CHECK_EQ(kit_set(unit, kAudioUnitProperty_AudioChannelLayout, kAudioUnitScope_Input, 0, &stereo, size),
             noErr);
    CHECK_EQ(
        kit_get(unit, kAudioUnitProperty_AudioChannelLayout, kAudioUnitScope_Input, 0, &back, sizeof back),
        noErr);
    CHECK_EQ(back.mChannelLayoutTag, kAudioChannelLayoutTag_Stereo);
    CHECK_EQ(kit_set(unit, kAudioUnitProperty_AudioChannelLayout, kAudioUnitScope_Input, 0, &stereo, 4),
             kAudioUnitErr_InvalidPropertyValue);
    CHECK_EQ(kit_set(unit, kAudioUnitProperty_AudioChannelLayout, kAudioUnitScope_Input, 0, NULL, 0), noErr);
    CHECK_EQ(
        kit_get(unit, kAudioUnitProperty_AudioChannelLayout, kAudioUnitScope_Input, 0, &back, sizeof back),
        kAudioUnitErr_PropertyNotInUse);
    AUChannelInfo info;
    CHECK_EQ(kit_get(unit, kAudioUnitProperty_SupportedNumChannels, 0, 0, &info, sizeof info), noErr);
    CHECK_EQ(info.inChannels, -1);
    AudioComponentInstanceDispose(unit);
}

/* ---- presets and state ---- */

static void test_presets(void)
{
    AudioUnit unit = new_effect();
    CFArrayRef presets = NULL;
    CHECK_EQ(kit_get(unit, kAudioUnitProperty_FactoryPresets, 0, 0, &presets, sizeof presets), noErr);
    CHECK_EQ(CFArrayGetCount(presets), 2);
    AUPreset second = *(const AUPreset *)CFArrayGetValueAtIndex(presets, 1), now;
    CHECK_EQ(second.presetNumber, 1);
    check_string(CFRetain(second.presetName), "Upside Down");
    CHECK_EQ(kit_set(unit, kAudioUnitProperty_PresentPreset, 0, 0, &second, sizeof second), noErr);
    CFRelease(presets);
    CHECK_EQ(kit_render(unit, 0, 0, 16, kit_list(&out, 2, 16)), noErr);
    check_samples(&out, 2, 0, 16, -1);
    CHECK_EQ(kit_get(unit, kAudioUnitProperty_PresentPreset, 0, 0, &now, sizeof now), noErr);
    CHECK_EQ(now.presetNumber, 1);
    check_string(now.presetName, "Upside Down");
    AUPreset none = { 2, NULL };
    CHECK_EQ(kit_set(unit, kAudioUnitProperty_PresentPreset, 0, 0, &none, sizeof none),
             kAudioUnitErr_InvalidPropertyValue);
    none.presetNumber = -1;
    CHECK_EQ(kit_set(unit, kAudioUnitProperty_PresentPreset, 0, 0, &none, sizeof none),
             kAudioUnitErr_InvalidPropertyValue);
    AudioComponentInstanceDispose(unit);
}

static CFDataRef data_of(CFDictionaryRef state)
{
    CFStringRef key = CFStringCreateWithCString(NULL, kAUPresetDataKey, kCFStringEncodingUTF8);
    CFDataRef data = CFDictionaryGetValue(state, key);
    CFRelease(key);
    return data;
}

/* The bytes of "data" as AUBase of Apple's SDK writes them into .aupreset files. */
static void test_state(void)
{
    AudioUnit a = kit_new(effect), b = kit_new(effect);
    CFDictionaryRef state = NULL;
    Float32 value;
    AudioUnitSetParameter(a, 10, 0, 0, 0.5f, 0);
    AudioUnitSetParameter(a, 11, 0, 0, -2, 0);
    CHECK_EQ(kit_get(a, kAudioUnitProperty_ClassInfo, 0, 0, &state, sizeof state), noErr);
    static const UInt8 expected[] = { 0, 0, 0, 0,  0,    0, 0, 0,
                                      0, 0, 0, 3,                 /* global, element 0, three parameters */
                                      0, 0, 0, 10, 0x3F, 0, 0, 0, /* 0.5 */
                                      0, 0, 0, 11, 0xC0, 0, 0, 0, /* -2 */
                                      0, 0, 0, 12, 0,    0, 0, 0 };
    CHECK_EQ(CFDataGetLength(data_of(state)), sizeof expected);
    CHECK(memcmp(CFDataGetBytePtr(data_of(state)), expected, sizeof expected) == 0);
    CHECK_EQ(kit_set(b, kAudioUnitProperty_ClassInfo, 0, 0, &state, sizeof state), noErr);
    CHECK_EQ(AudioUnitGetParameter(b, 10, 0, 0, &value), noErr);
    CHECK_NEAR(value, 0.5, 0);
    CHECK_EQ(AudioUnitGetParameter(b, 11, 0, 0, &value), noErr);
    CHECK_NEAR(value, -2, 0);
    /* not of another unit, not cut short */
    AudioUnit other = kit_new(mixer);
    CHECK_EQ(kit_set(other, kAudioUnitProperty_ClassInfo, 0, 0, &state, sizeof state),
             kAudioUnitErr_InvalidPropertyValue);
    CFMutableDictionaryRef damaged = CFDictionaryCreateMutableCopy(NULL, 0, state);
    CFStringRef key = CFStringCreateWithCString(NULL, kAUPresetDataKey, kCFStringEncodingUTF8);
    for (CFIndex length = 1; length < (CFIndex)sizeof expected; length++) {
        CFDataRef cut = CFDataCreate(NULL, expected, length);
        CFDictionarySetValue(damaged, key, cut);
        CFRelease(cut);
        CHECK_EQ(kit_set(b, kAudioUnitProperty_ClassInfo, 0, 0, &damaged, sizeof damaged),
                 kAudioUnitErr_InvalidPropertyValue);
    }
    CFDictionarySetValue(damaged, key, key);
    CHECK_EQ(kit_set(b, kAudioUnitProperty_ClassInfo, 0, 0, &damaged, sizeof damaged),
             kAudioUnitErr_InvalidPropertyValue);
    CHECK_EQ(kit_set(b, kAudioUnitProperty_ClassInfo, 0, 0, &key, sizeof key),
             kAudioUnitErr_InvalidPropertyValue);
    CFRelease(key);
    CFRelease(damaged);
    CFRelease(state);
    AudioComponentInstanceDispose(a);
    AudioComponentInstanceDispose(b);
    AudioComponentInstanceDispose(other);
}

int main(void)
{
    add_classes();
    RUN(test_property_errors);
    RUN(test_parameter_properties);
    RUN(test_names_and_layouts);
    RUN(test_presets);
    RUN(test_state);
    return 0;
}
