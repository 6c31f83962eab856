/* The checks, in their order. Each leaves a reason where it fails, which ends the validation. */
#include "validate.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CHANNELS = 64, MOST_PARAMETERS = 4096, USUAL_SLICE = 512 };

typedef struct subject {
    cm_validation *validation;
    AudioUnit unit;
    AudioComponentDescription description;
    UInt32 slice;        /* the most frames at once; 0: it does not say */
    UInt32 room;         /* frames that there is memory for */
    Float64 sample_time; /* of the next slice */
    AudioStreamBasicDescription format;
    AudioBufferList *list; /* with memory for slice + 1 frames */
    Float32 *memory;
} subject;

__attribute__((format(printf, 2, 3))) static bool fail(subject *s, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(s->validation->reason, sizeof s->validation->reason, format, arguments);
    va_end(arguments);
    return false;
}

/* ---- opening ---- */

static bool opens_twice(subject *s)
{
    AudioUnit other = NULL;
    OSStatus status = AudioComponentInstanceNew(s->validation->component, &s->unit);
    if (status != noErr)
        return fail(s, "it does not open: error %d", (int)status);
    status = AudioComponentInstanceNew(s->validation->component, &other);
    if (status != noErr)
        return fail(s, "it does not open beside another instance: error %d", (int)status);
    status = AudioComponentInstanceDispose(other);
    return status == noErr || fail(s, "an instance cannot be disposed of: error %d", (int)status);
}

static bool renders_at_all(const subject *s)
{
    return AudioComponentInstanceCanDo(s->unit, kAudioUnitRenderSelect) &&
           s->description.componentType != kAudioUnitType_Output; /* those render what they are given */
}

static OSStatus supply(void *user, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time, UInt32 bus,
                       UInt32 frames, AudioBufferList *data)
{
    (void)user, (void)flags, (void)time, (void)bus;
    for (UInt32 b = 0; b < data->mNumberBuffers; b++)
        for (UInt32 i = 0; data->mBuffers[b].mData && i < data->mBuffers[b].mDataByteSize / sizeof(Float32);
             i++)
            ((Float32 *)data->mBuffers[b].mData)[i] = 0.5f * sinf(0.05f * (Float32)(i % (frames + 1)));
    return noErr;
}

static bool has_a_format(subject *s)
{
    UInt32 size = sizeof s->format;
    if (!renders_at_all(s))
        return true;
    OSStatus status = AudioUnitGetProperty(s->unit, kAudioUnitProperty_StreamFormat, kAudioUnitScope_Output,
                                           0, &s->format, &size);
    if (status != noErr || size != sizeof s->format)
        return fail(s, "its output says no format: error %d", (int)status);
    UInt32 channels = s->format.mChannelsPerFrame;
    if (s->format.mFormatID != kAudioFormatLinearPCM || !(s->format.mSampleRate > 0) || channels == 0)
        return fail(s, "its output is no linear PCM with a sample rate and channels");
    if (channels > MOST_CHANNELS || !(s->format.mFormatFlags & kAudioFormatFlagIsFloat) ||
        s->format.mBitsPerChannel != 32)
        return fail(s, "its output is not 32-bit float of up to %d channels at first", MOST_CHANNELS);
    size = sizeof s->slice;
    if (AudioUnitGetProperty(s->unit, kAudioUnitProperty_MaximumFramesPerSlice, kAudioUnitScope_Global, 0,
                             &s->slice, &size) == noErr &&
        (s->slice == 0 || s->slice > 1 << 20))
        return fail(s, "the most frames at once are %u", (unsigned)s->slice);
    AURenderCallbackStruct input = { supply, NULL };
    AudioUnitSetProperty(s->unit, kAudioUnitProperty_SetRenderCallback, kAudioUnitScope_Input, 0, &input,
                         sizeof input); /* instruments and generators have no input */
    return true;
}

/* ---- rendering ---- */

static bool make_buffers(subject *s)
{
    bool planes = s->format.mFormatFlags & kAudioFormatFlagIsNonInterleaved;
    UInt32 buffers = planes ? s->format.mChannelsPerFrame : 1;
    s->room = (s->slice ? s->slice : USUAL_SLICE) + 1;
    s->memory = calloc((size_t)s->room * s->format.mChannelsPerFrame, sizeof *s->memory);
    s->list = calloc(1, sizeof *s->list + (buffers - 1) * sizeof(AudioBuffer));
    if (!s->memory || !s->list)
        return fail(s, "there is no memory for its buffers");
    s->list->mNumberBuffers = buffers;
    return true;
}

static OSStatus render(subject *s, UInt32 frames)
{
    AudioTimeStamp time = { .mSampleTime = s->sample_time, .mFlags = kAudioTimeStampSampleTimeValid };
    AudioUnitRenderActionFlags flags = 0;
    UInt32 channels = s->list->mNumberBuffers > 1 ? 1 : s->format.mChannelsPerFrame;
    for (UInt32 b = 0; b < s->list->mNumberBuffers; b++)
        s->list->mBuffers[b] = (AudioBuffer){ channels, frames * channels * (UInt32)sizeof(Float32),
                                              s->memory + (size_t)b * s->room };
    OSStatus status = AudioUnitRender(s->unit, &flags, &time, 0, frames, s->list);
    if (status == noErr)
        s->sample_time += frames;
    return status;
}

/* No further than the frames that were asked for, whatever the component says that there are. */
static bool is_finite(const subject *s, UInt32 frames)
{
    for (UInt32 b = 0; b < s->list->mNumberBuffers; b++) {
        const Float32 *samples = s->list->mBuffers[b].mData;
        UInt32 count = frames * (s->list->mNumberBuffers > 1 ? 1 : s->format.mChannelsPerFrame);
        for (UInt32 i = 0; samples && i < count; i++)
            if (!isfinite(samples[i]))
                return false;
    }
    return true;
}

static bool refuses_to_render_before(subject *s)
{
    if (!renders_at_all(s))
        return true;
    if (!make_buffers(s))
        return false;
    return render(s, 64) != noErr || fail(s, "it renders before it is initialized");
}

static bool initializes(subject *s)
{
    if (!AudioComponentInstanceCanDo(s->unit, kAudioUnitInitializeSelect))
        return true;
    OSStatus status = AudioUnitInitialize(s->unit);
    return status == noErr || fail(s, "it does not initialize: error %d", (int)status);
}

static bool renders(subject *s)
{
    UInt32 most = s->room - 1;
    const UInt32 sizes[] = { most, 1, most / 2 + 1, 64 < most ? 64 : most, most };
    if (!renders_at_all(s))
        return true;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        OSStatus status = render(s, sizes[i]);
        if (status != noErr)
            return fail(s, "it does not render %u frames: error %d", (unsigned)sizes[i], (int)status);
        if (!is_finite(s, sizes[i]))
            return fail(s, "it renders what is no number");
    }
    return true;
}

static bool refuses_large_slices(subject *s)
{
    if (!renders_at_all(s) || !s->slice)
        return true;
    return render(s, s->slice + 1) != noErr ||
           fail(s, "it renders more than the %u frames that it says", (unsigned)s->slice);
}

/* ---- parameters ---- */

static bool set_and_get(subject *s, AudioUnitParameterID id, AudioUnitParameterValue wanted)
{
    AudioUnitParameterValue got = 0;
    OSStatus status = AudioUnitSetParameter(s->unit, id, kAudioUnitScope_Global, 0, wanted, 0);
    if (status == noErr)
        status = AudioUnitGetParameter(s->unit, id, kAudioUnitScope_Global, 0, &got);
    if (status != noErr)
        return fail(s, "parameter %u cannot be set to %g: error %d", (unsigned)id, wanted, (int)status);
    return fabsf(got - wanted) <= 1e-4f * fmaxf(1, fabsf(wanted)) ||
           fail(s, "parameter %u was set to %g and is %g", (unsigned)id, wanted, got);
}

static bool keeps_parameter(subject *s, AudioUnitParameterID id)
{
    enum { BOTH = (int)(kAudioUnitParameterFlag_IsReadable | kAudioUnitParameterFlag_IsWritable) };
    AudioUnitParameterInfo info;
    UInt32 size = sizeof info;
    memset(&info, 0, sizeof info);
    OSStatus status = AudioUnitGetProperty(s->unit, kAudioUnitProperty_ParameterInfo, kAudioUnitScope_Global,
                                           id, &info, &size);
    if (status != noErr)
        return fail(s, "parameter %u says nothing about itself: error %d", (unsigned)id, (int)status);
    bool owns_name = info.flags & kAudioUnitParameterFlag_CFNameRelease;
    if (owns_name)
        CFRelease(info.cfNameString);
    if (!(info.minValue <= info.defaultValue && info.defaultValue <= info.maxValue))
        return fail(s, "the default of parameter %u, %g, is not in its range", (unsigned)id,
                    info.defaultValue);
    if (((int)info.flags & BOTH) != BOTH)
        return true;
    return set_and_get(s, id, info.minValue) && set_and_get(s, id, info.maxValue) &&
           set_and_get(s, id, info.defaultValue);
}

static bool keeps_parameters(subject *s)
{
    AudioUnitParameterID ids[MOST_PARAMETERS];
    UInt32 size = sizeof ids;
    if (!AudioComponentInstanceCanDo(s->unit, kAudioUnitSetParameterSelect) ||
        AudioUnitGetProperty(s->unit, kAudioUnitProperty_ParameterList, kAudioUnitScope_Global, 0, ids,
                             &size) != noErr)
        return true;
    for (UInt32 i = 0; i < size / sizeof *ids; i++)
        if (!keeps_parameter(s, ids[i]))
            return false;
    return true;
}

/* ---- the end ---- */

static bool begins_again(subject *s)
{
    if (AudioComponentInstanceCanDo(s->unit, kAudioUnitResetSelect)) {
        OSStatus status = AudioUnitReset(s->unit, kAudioUnitScope_Global, 0);
        if (status != noErr)
            return fail(s, "it does not reset: error %d", (int)status);
    }
    if (!AudioComponentInstanceCanDo(s->unit, kAudioUnitUninitializeSelect))
        return true;
    OSStatus status = AudioUnitUninitialize(s->unit);
    if (status != noErr)
        return fail(s, "it does not uninitialize: error %d", (int)status);
    return initializes(s);
}

static bool closes(subject *s)
{
    OSStatus status = AudioComponentInstanceDispose(s->unit);
    s->unit = NULL;
    return status == noErr || fail(s, "it cannot be disposed of: error %d", (int)status);
}

static bool (*const checks[])(subject *s) = {
    opens_twice,      has_a_format, refuses_to_render_before,
    initializes,      renders,      refuses_large_slices,
    keeps_parameters, begins_again, renders,
    closes,
};

void cm_validate(cm_validation *validation)
{
    subject s = { .validation = validation };
    bool passed = true;
    AudioComponentGetDescription(validation->component, &s.description);
    for (size_t i = 0; i < sizeof checks / sizeof *checks && passed; i++)
        passed = checks[i](&s);
    if (s.unit)
        AudioComponentInstanceDispose(s.unit);
    free(s.list);
    free(s.memory);
    validation->result = passed ? kAudioComponentValidationResult_Passed
                                : kAudioComponentValidationResult_Failed;
}
