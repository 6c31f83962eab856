/* parameter_display.c: a parameter's value as the position of a knob, and as text. */
#include <AudioToolbox/AudioUnitUtilities.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

/* From the place of a value in its range, 0 .. 1, to the position at which it is displayed, and back. */
typedef Float64 (*curve)(Float64 x);

static Float64 same(Float64 x)
{
    return x;
}

static Float64 square(Float64 x)
{
    return x * x;
}

static Float64 cube(Float64 x)
{
    return x * x * x;
}

/* e^x and its inverse, through 0 and 1. */
static Float64 exponential(Float64 x)
{
    return expm1(x) / expm1(1);
}

static Float64 from_exponential(Float64 x)
{
    return log1p(x * expm1(1));
}

static const struct {
    AudioUnitParameterOptions display;
    curve to_position, to_place;
} displays[] = {
    { 0, same, same },
    { kAudioUnitParameterFlag_DisplaySquareRoot, sqrt, square },
    { kAudioUnitParameterFlag_DisplaySquared, square, sqrt },
    { kAudioUnitParameterFlag_DisplayCubed, cube, cbrt },
    { kAudioUnitParameterFlag_DisplayCubeRoot, cbrt, cube },
    { kAudioUnitParameterFlag_DisplayExponential, exponential, from_exponential },
};

static bool get_info(const AudioUnitParameter *parameter, AudioUnitParameterInfo *info)
{
    UInt32 size = sizeof *info;
    if (!parameter || AudioUnitGetProperty(parameter->mAudioUnit, kAudioUnitProperty_ParameterInfo,
                                           parameter->mScope, parameter->mParameterID, info, &size) != noErr)
        return false;
    if ((info->flags & kAudioUnitParameterFlag_CFNameRelease) && info->cfNameString)
        CFRelease(info->cfNameString);
    return info->maxValue > info->minValue;
}

/* Not where the range reaches zero, which has no logarithm: such a parameter is displayed as it is. */
static bool is_logarithmic(const AudioUnitParameterInfo *info)
{
    return (info->flags & kAudioUnitParameterFlag_DisplayMask) ==
               kAudioUnitParameterFlag_DisplayLogarithmic &&
           info->minValue > 0;
}

static size_t display_of(const AudioUnitParameterInfo *info)
{
    for (size_t i = 1; i < sizeof displays / sizeof *displays; i++)
        if ((info->flags & kAudioUnitParameterFlag_DisplayMask) == displays[i].display)
            return i;
    return 0;
}

static Float64 within(Float64 x, Float64 least, Float64 most)
{
    return x >= least ? fmin(x, most) : least; /* also for what is no number */
}

Float32 AUParameterValueToLinear(AudioUnitParameterValue inParameterValue,
                                 const AudioUnitParameter *inParameter)
{
    AudioUnitParameterInfo info;
    if (!get_info(inParameter, &info))
        return 0;
    Float64 least = (Float64)info.minValue, most = (Float64)info.maxValue;
    Float64 value = within((Float64)inParameterValue, least, most);
    if (is_logarithmic(&info))
        return (Float32)(log(value / least) / log(most / least));
    return (Float32)displays[display_of(&info)].to_position((value - least) / (most - least));
}

AudioUnitParameterValue AUParameterValueFromLinear(Float32 inLinearValue,
                                                   const AudioUnitParameter *inParameter)
{
    AudioUnitParameterInfo info;
    if (!get_info(inParameter, &info))
        return 0;
    Float64 least = (Float64)info.minValue, most = (Float64)info.maxValue;
    Float64 position = within((Float64)inLinearValue, 0, 1);
    Float64 value = is_logarithmic(&info)
                        ? least * pow(most / least, position)
                        : least + displays[display_of(&info)].to_place(position) * (most - least);
    return (AudioUnitParameterValue)within(value, least, most);
}

static int digits_before_point(Float64 value)
{
    return fabs(value) >= 1 ? (int)floor(log10(fabs(value))) + 1 : 1;
}

char *AUParameterFormatValue(Float64 inParameterValue, const AudioUnitParameter *inParameter,
                             char *inTextBuffer, UInt32 inDigits)
{
    enum { ROOM = 64, MOST_DIGITS = 16 };
    AudioUnitParameterInfo info;
    Float64 largest = inParameterValue;
    bool is_known = get_info(inParameter, &info);
    if (!inTextBuffer)
        return NULL;
    if (is_known && !is_logarithmic(&info))
        largest = fmax(fabs((Float64)info.minValue), fabs((Float64)info.maxValue));
    int digits = (int)(inDigits < MOST_DIGITS ? inDigits : MOST_DIGITS) - digits_before_point(largest);
    if (is_known &&
        (info.unit == kAudioUnitParameterUnit_Indexed || info.unit == kAudioUnitParameterUnit_Boolean))
        digits = 0;
    if (fabs(inParameterValue) < 1e30)
        snprintf(inTextBuffer, ROOM, "%.*f", digits > 0 ? digits : 0, inParameterValue);
    else
        snprintf(inTextBuffer, ROOM, "%g", inParameterValue);
    return inTextBuffer;
}
