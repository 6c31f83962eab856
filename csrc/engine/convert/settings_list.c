/*
 * kAudioConverterPropertySettings: the settings of a converter as dictionaries that a program can show to its
 * user, with the keys of AudioCodec.h. A dictionary for each part of the converter has "name" and
 * "parameters"; a parameter has its "key", "name", "summary", "unit", "current value" and, where there is a
 * choice, "available values". Setting the property takes over each "current value".
 */
#include "converter.h"

#include <AudioToolbox/AudioCodec.h>
#include <CoreFoundation/CoreFoundation.h>

typedef struct choice {
    const char *text;
    UInt32 value;
} choice;

typedef struct setting {
    const char *part;
    AudioConverterPropertyID id; /* a UInt32; its four characters are the key */
    const char *name;
    const char *summary;
    const char *unit;      /* "" for none */
    const choice *choices; /* ended by one without text; NULL: a number */
} setting;

static const choice complexities[] = {
    { "Linear", kAudioConverterSampleRateConverterComplexity_Linear },
    { "Normal", kAudioConverterSampleRateConverterComplexity_Normal },
    { "Mastering", kAudioConverterSampleRateConverterComplexity_Mastering },
    { "Minimum Phase", kAudioConverterSampleRateConverterComplexity_MinimumPhase },
    { NULL, 0 }
};
static const choice qualities[] = {
    { "Minimum", kAudioConverterQuality_Min },   { "Low", kAudioConverterQuality_Low },
    { "Medium", kAudioConverterQuality_Medium }, { "High", kAudioConverterQuality_High },
    { "Maximum", kAudioConverterQuality_Max },   { NULL, 0 }
};
static const choice methods[] = { { "Pre", kConverterPrimeMethod_Pre },
                                  { "Normal", kConverterPrimeMethod_Normal },
                                  { "None", kConverterPrimeMethod_None },
                                  { NULL, 0 } };
static const choice dithers[] = { { "None", 0 },
                                  { "TPDF", kDitherAlgorithm_TPDF },
                                  { "Noise Shaping", kDitherAlgorithm_NoiseShaping },
                                  { NULL, 0 } };
static const choice rate_modes[] = { { "Constant", kAudioCodecBitRateControlMode_Constant },
                                     { "Average", kAudioCodecBitRateControlMode_LongTermAverage },
                                     { "Constrained Variable",
                                       kAudioCodecBitRateControlMode_VariableConstrained },
                                     { "Variable", kAudioCodecBitRateControlMode_Variable },
                                     { NULL, 0 } };

static const char src[] = "Sample Rate Converter", dither[] = "Dither", encoder[] = "Encoder";

static const setting settings[] = {
    { src, kAudioConverterSampleRateConverterComplexity, "Complexity", "How the sound is interpolated", "",
      complexities },
    { src, kAudioConverterSampleRateConverterQuality, "Quality", "Sharpness and depth of the filter", "",
      qualities },
    { src, kAudioConverterPrimeMethod, "Prime Method", "What is taken for granted before the first frame", "",
      methods },
    { dither, kAudioConverterPropertyDithering, "Algorithm", "Noise that hides rounding", "", dithers },
    { dither, kAudioConverterPropertyDitherBitDepth, "Bit Depth", "0: that of the output", "bits", NULL },
    { encoder, kAudioConverterCodecQuality, "Quality", "Effort of the encoder", "", qualities },
    { encoder, kAudioConverterEncodeBitRate, "Bit Rate", "0: the encoder's choice", "bits per second", NULL },
    { encoder, kAudioCodecPropertyBitRateControlMode, "Bit Rate Mode", "How the bit rate is kept", "",
      rate_modes },
    { encoder, kAudioCodecPropertySoundQualityForVBR, "Sound Quality", "Of the variable bit rate, 0 to 127",
      "", NULL },
};

#define SETTINGS (sizeof settings / sizeof *settings)

static CFStringRef new_text(const char *text)
{
    return CFStringCreateWithCString(NULL, text, kCFStringEncodingUTF8);
}

/* Takes value over. */
static void put(CFMutableDictionaryRef to, const char *key, CFTypeRef value)
{
    CFStringRef name = new_text(key);
    if (name && value)
        CFDictionarySetValue(to, name, value);
    if (name)
        CFRelease(name);
    if (value)
        CFRelease(value);
}

static CFStringRef new_key(const setting *s)
{
    char text[5] = { (char)(s->id >> 24), (char)(s->id >> 16), (char)(s->id >> 8), (char)s->id, 0 };
    return new_text(text);
}

static CFTypeRef new_value(const setting *s, UInt32 value)
{
    for (const choice *c = s->choices; c && c->text; c++)
        if (c->value == value)
            return new_text(c->text);
    SInt64 wide = value;
    return CFNumberCreate(NULL, kCFNumberSInt64Type, &wide);
}

static CFArrayRef new_choices(const setting *s)
{
    CFMutableArrayRef list = CFArrayCreateMutable(NULL, 0, &kCFTypeArrayCallBacks);
    for (const choice *c = s->choices; list && c->text; c++) {
        CFStringRef text = new_text(c->text);
        if (!text)
            continue;
        CFArrayAppendValue(list, text);
        CFRelease(text);
    }
    return list;
}

static CFMutableDictionaryRef new_dictionary(void)
{
    return CFDictionaryCreateMutable(NULL, 0, &kCFTypeDictionaryKeyCallBacks,
                                     &kCFTypeDictionaryValueCallBacks);
}

static CFDictionaryRef new_parameter(const setting *s, UInt32 value)
{
    CFMutableDictionaryRef parameter = new_dictionary();
    if (!parameter)
        return NULL;
    put(parameter, kAudioSettings_SettingKey, new_key(s));
    put(parameter, kAudioSettings_SettingName, new_text(s->name));
    put(parameter, kAudioSettings_Summary, new_text(s->summary));
    put(parameter, kAudioSettings_Unit, new_text(s->unit));
    put(parameter, kAudioSettings_CurrentValue, new_value(s, value));
    if (s->choices)
        put(parameter, kAudioSettings_AvailableValues, new_choices(s));
    return parameter;
}

static CFArrayRef new_parameters(cm_converter *c, const char *part)
{
    CFMutableArrayRef list = CFArrayCreateMutable(NULL, 0, &kCFTypeArrayCallBacks);
    for (size_t i = 0; list && i < SETTINGS; i++) {
        UInt32 value, size = sizeof value;
        if (settings[i].part != part || cm_converter_get(c, settings[i].id, &size, &value) != noErr)
            continue;
        CFDictionaryRef parameter = new_parameter(&settings[i], value);
        if (!parameter)
            continue;
        CFArrayAppendValue(list, parameter);
        CFRelease(parameter);
    }
    return list;
}

CFArrayRef cm_converter_copy_settings(cm_converter *c)
{
    static const char *const parts[] = { src, dither, encoder };
    CFMutableArrayRef list = CFArrayCreateMutable(NULL, 0, &kCFTypeArrayCallBacks);
    for (size_t i = 0; list && i < sizeof parts / sizeof *parts; i++) {
        CFMutableDictionaryRef part = parts[i] == encoder && !c->encoder ? NULL : new_dictionary();
        if (!part)
            continue;
        put(part, kAudioSettings_TopLevelKey, new_text(parts[i]));
        put(part, kAudioSettings_Parameters, new_parameters(c, parts[i]));
        CFArrayAppendValue(list, part);
        CFRelease(part);
    }
    return list;
}

/* A value of a type that the caller expects, or NULL. Lent. */
static CFTypeRef get(CFTypeRef dictionary, const char *key, CFTypeID type)
{
    CFStringRef name = new_text(key);
    CFTypeRef value = NULL;
    if (name && dictionary && CFGetTypeID(dictionary) == CFDictionaryGetTypeID())
        value = CFDictionaryGetValue(dictionary, name);
    if (name)
        CFRelease(name);
    return value && CFGetTypeID(value) == type ? value : NULL;
}

static const setting *setting_with_key(CFStringRef key)
{
    for (size_t i = 0; key && i < SETTINGS; i++) {
        CFStringRef own = new_key(&settings[i]);
        bool same = own && CFEqual(own, key);
        if (own)
            CFRelease(own);
        if (same)
            return &settings[i];
    }
    return NULL;
}

static bool read_value(const setting *s, CFDictionaryRef parameter, UInt32 *value)
{
    CFNumberRef number = get(parameter, kAudioSettings_CurrentValue, CFNumberGetTypeID());
    CFStringRef text = get(parameter, kAudioSettings_CurrentValue, CFStringGetTypeID());
    SInt64 wide;
    if (number && CFNumberGetValue(number, kCFNumberSInt64Type, &wide) && wide >= 0 && wide <= UINT32_MAX) {
        *value = (UInt32)wide;
        return true;
    }
    for (const choice *c = text ? s->choices : NULL; c && c->text; c++) {
        CFStringRef own = new_text(c->text);
        bool same = own && CFEqual(own, text);
        if (own)
            CFRelease(own);
        *value = c->value;
        if (same)
            return true;
    }
    return false;
}

/* Values that are as they were are left alone, so that a list that was read can be set again. */
static OSStatus apply_parameter(cm_converter *c, CFDictionaryRef parameter)
{
    const setting *s = setting_with_key(get(parameter, kAudioSettings_SettingKey, CFStringGetTypeID()));
    UInt32 value, now, size = sizeof now;
    if (!s)
        return noErr;
    if (!read_value(s, parameter, &value))
        return cm_fail(kAudio_ParamError, "no value for the setting \"%s\"", s->name);
    if (cm_converter_get(c, s->id, &size, &now) == noErr && now == value)
        return noErr;
    return cm_converter_set(c, s->id, sizeof value, &value);
}

OSStatus cm_converter_apply_settings(cm_converter *c, CFArrayRef list)
{
    OSStatus status = noErr;
    if (CFGetTypeID(list) != CFArrayGetTypeID())
        return kAudio_ParamError;
    for (CFIndex i = 0; status == noErr && i < CFArrayGetCount(list); i++) {
        CFTypeRef part = CFArrayGetValueAtIndex(list, i);
        CFArrayRef parameters = get(part, kAudioSettings_Parameters, CFArrayGetTypeID());
        for (CFIndex j = 0; status == noErr && parameters && j < CFArrayGetCount(parameters); j++)
            status = apply_parameter(c, CFArrayGetValueAtIndex(parameters, j));
    }
    return status;
}
