/* unit_kit.h: units for tests, sources that can be foretold, and buffers to render into. */
#include "check.h"
#include "base/handle.h"
#include "unit/component.h"

#include <AudioToolbox/AudioToolbox.h>

enum { KIT_CHANNELS = 8, KIT_FRAMES = 8192 };

/* Planar float buffers, each channel's memory of its own. */
typedef struct kit_buffers {
    _Alignas(16) UInt8 list[sizeof(AudioBufferList) + KIT_CHANNELS * sizeof(AudioBuffer)];
    Float32 samples[KIT_CHANNELS][KIT_FRAMES];
} kit_buffers;

static inline AudioBufferList *kit_list(kit_buffers *b, UInt32 channels, UInt32 frames)
{
    AudioBufferList *list = (AudioBufferList *)(void *)b->list;
    list->mNumberBuffers = channels;
    for (UInt32 i = 0; i < channels; i++)
        list->mBuffers[i] = (AudioBuffer){ 1, frames * (UInt32)sizeof(Float32), b->samples[i] };
    return list;
}

static inline AudioTimeStamp kit_time(Float64 sample)
{
    return (AudioTimeStamp){ .mSampleTime = sample, .mFlags = kAudioTimeStampSampleTimeValid };
}

/* Sample n of channel c: small whole numbers over a power of two, so that arithmetic on them is exact. */
static inline Float32 kit_sample(UInt64 n, UInt32 channel)
{
    return (Float32)((SInt32)((n * 7 + channel * 31) % 251) - 125) / 256;
}

/* A source of kit_sample by the time stamp, planar float. Counts its calls. */
typedef struct kit_source {
    UInt32 calls, frames, last_bus;
    OSStatus fails; /* what to return */
    bool silent;    /* says so */
    Float64 last_time, next_time;
    UInt32 jumps;        /* calls whose time was not the end of the call before */
    bool without_memory; /* mData was NULL; the source's own is then given */
    kit_buffers own;
} kit_source;

static inline OSStatus kit_supply(void *user, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                                  UInt32 bus, UInt32 frames, AudioBufferList *data)
{
    kit_source *s = user;
    s->jumps += s->calls > 0 && time->mSampleTime != s->next_time;
    s->next_time = time->mSampleTime + frames;
    s->calls++;
    s->frames += frames;
    s->last_bus = bus;
    s->last_time = time->mSampleTime;
    s->without_memory = data->mBuffers[0].mData == NULL;
    if (s->fails)
        return s->fails;
    if (s->silent)
        *flags |= kAudioUnitRenderAction_OutputIsSilence;
    for (UInt32 b = 0; b < data->mNumberBuffers; b++) {
        if (s->without_memory)
            data->mBuffers[b].mData = s->own.samples[b];
        for (UInt32 i = 0; i < frames; i++)
            ((Float32 *)data->mBuffers[b].mData)[i] = s->silent
                                                          ? 0
                                                          : kit_sample((UInt64)time->mSampleTime + i, b);
    }
    return noErr;
}

static inline AudioUnit kit_new(AudioComponent component)
{
    AudioUnit unit;
    CHECK_EQ(AudioComponentInstanceNew(component, &unit), noErr);
    return unit;
}

static inline AudioUnit kit_find(OSType type, OSType subtype)
{
    AudioComponentDescription d = { type, subtype, 0, 0, 0 };
    return kit_new(AudioComponentFindNext(NULL, &d));
}

static inline OSStatus kit_set(AudioUnit unit, AudioUnitPropertyID id, AudioUnitScope scope, UInt32 element,
                               const void *data, size_t size)
{
    return AudioUnitSetProperty(unit, id, scope, element, data, (UInt32)size);
}

static inline OSStatus kit_get(AudioUnit unit, AudioUnitPropertyID id, AudioUnitScope scope, UInt32 element,
                               void *data, size_t size)
{
    UInt32 io = (UInt32)size;
    return AudioUnitGetProperty(unit, id, scope, element, data, &io);
}

static inline OSStatus kit_set_word(AudioUnit unit, AudioUnitPropertyID id, AudioUnitScope scope,
                                    UInt32 element, UInt32 value)
{
    return kit_set(unit, id, scope, element, &value, sizeof value);
}

static inline UInt32 kit_word(AudioUnit unit, AudioUnitPropertyID id, AudioUnitScope scope, UInt32 element)
{
    UInt32 value = 0;
    CHECK_EQ(kit_get(unit, id, scope, element, &value, sizeof value), noErr);
    return value;
}

static inline void kit_feed(AudioUnit unit, UInt32 input, AURenderCallback proc, void *user)
{
    AURenderCallbackStruct callback = { proc, user };
    CHECK_EQ(kit_set(unit, kAudioUnitProperty_SetRenderCallback, kAudioUnitScope_Input, input, &callback,
                     sizeof callback),
             noErr);
}

static inline OSStatus kit_set_format(AudioUnit unit, AudioUnitScope scope, UInt32 element, Float64 rate,
                                      UInt32 channels, UInt32 bits, UInt32 flags)
{
    bool planar = flags & kAudioFormatFlagIsNonInterleaved;
    UInt32 frame = bits / 8 * (planar ? 1 : channels);
    AudioStreamBasicDescription format = { .mSampleRate = rate,
                                           .mFormatID = kAudioFormatLinearPCM,
                                           .mFormatFlags = flags | kAudioFormatFlagIsPacked,
                                           .mBytesPerPacket = frame,
                                           .mFramesPerPacket = 1,
                                           .mBytesPerFrame = frame,
                                           .mChannelsPerFrame = channels,
                                           .mBitsPerChannel = bits };
    return kit_set(unit, kAudioUnitProperty_StreamFormat, scope, element, &format, sizeof format);
}

static inline OSStatus kit_render(AudioUnit unit, UInt32 bus, Float64 time, UInt32 frames,
                                  AudioBufferList *list)
{
    AudioTimeStamp stamp = kit_time(time);
    return AudioUnitRender(unit, NULL, &stamp, bus, frames, list);
}
