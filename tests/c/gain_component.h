/*
 * A component as a third party writes one, with Apple's headers only: an effect that multiplies by its one
 * parameter. It counts what is done to it.
 */
#include <AudioToolbox/AudioToolbox.h>
#include <AudioUnit/AudioUnit.h>
#include <stdlib.h>
#include <string.h>

enum { kGainParameter = 7, kGainMaxFrames = 4096 };

typedef struct Gain {
    AudioComponentPlugInInterface interface;
    AudioComponentInstance instance;
    Float32 gain;
    int initialized;
    AURenderCallbackStruct input;
    AudioUnitConnection connection;
    AudioStreamBasicDescription format;
} Gain;

static _Atomic int gain_opens, gain_closes;

static OSStatus GainOpen(void *self, AudioComponentInstance instance)
{
    Gain *g = self;
    g->instance = instance;
    g->gain = 1;
    gain_opens++;
    return noErr;
}

static OSStatus GainClose(void *self)
{
    gain_closes++;
    free(self);
    return noErr;
}

static OSStatus GainInitialize(void *self)
{
    ((Gain *)self)->initialized = 1;
    return noErr;
}

static OSStatus GainUninitialize(void *self)
{
    ((Gain *)self)->initialized = 0;
    return noErr;
}

static OSStatus GainGetPropertyInfo(void *self, AudioUnitPropertyID id, AudioUnitScope scope,
                                    AudioUnitElement element, UInt32 *size, Boolean *writable)
{
    (void)self, (void)scope, (void)element;
    if (id != kAudioUnitProperty_StreamFormat)
        return kAudioUnitErr_InvalidProperty;
    *size = sizeof(AudioStreamBasicDescription);
    *writable = 1;
    return noErr;
}

static OSStatus GainGetProperty(void *self, AudioUnitPropertyID id, AudioUnitScope scope,
                                AudioUnitElement element, void *data, UInt32 *size)
{
    (void)scope, (void)element;
    if (id != kAudioUnitProperty_StreamFormat)
        return kAudioUnitErr_InvalidProperty;
    memcpy(data, &((Gain *)self)->format, sizeof(AudioStreamBasicDescription));
    *size = sizeof(AudioStreamBasicDescription);
    return noErr;
}

static OSStatus GainSetProperty(void *self, AudioUnitPropertyID id, AudioUnitScope scope,
                                AudioUnitElement element, const void *data, UInt32 size)
{
    Gain *g = self;
    (void)scope, (void)element, (void)size;
    if (id == kAudioUnitProperty_SetRenderCallback)
        memcpy(&g->input, data, sizeof g->input);
    else if (id == kAudioUnitProperty_MakeConnection)
        memcpy(&g->connection, data, sizeof g->connection);
    else if (id == kAudioUnitProperty_StreamFormat)
        memcpy(&g->format, data, sizeof g->format);
    else
        return kAudioUnitErr_InvalidProperty;
    return noErr;
}

static OSStatus GainSetParameter(void *self, AudioUnitParameterID id, AudioUnitScope scope,
                                 AudioUnitElement element, AudioUnitParameterValue value, UInt32 offset)
{
    (void)scope, (void)element, (void)offset;
    if (id != kGainParameter)
        return kAudioUnitErr_InvalidParameter;
    ((Gain *)self)->gain = value;
    return noErr;
}

static OSStatus GainGetParameter(void *self, AudioUnitParameterID id, AudioUnitScope scope,
                                 AudioUnitElement element, AudioUnitParameterValue *value)
{
    (void)scope, (void)element;
    if (id != kGainParameter)
        return kAudioUnitErr_InvalidParameter;
    *value = ((Gain *)self)->gain;
    return noErr;
}

static OSStatus GainRender(void *self, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                           UInt32 bus, UInt32 frames, AudioBufferList *data)
{
    Gain *g = self;
    OSStatus status = kAudioUnitErr_NoConnection;
    if (!g->initialized)
        return kAudioUnitErr_Uninitialized;
    if (g->input.inputProc)
        status = g->input.inputProc(g->input.inputProcRefCon, flags, time, bus, frames, data);
    else if (g->connection.sourceAudioUnit)
        status = AudioUnitRender(g->connection.sourceAudioUnit, flags, time, g->connection.sourceOutputNumber,
                                 frames, data);
    for (UInt32 b = 0; status == noErr && b < data->mNumberBuffers; b++)
        for (UInt32 i = 0; i < frames; i++)
            ((Float32 *)data->mBuffers[b].mData)[i] *= g->gain;
    return status;
}

static AudioComponentMethod GainLookup(SInt16 selector)
{
    switch (selector) {
    case kAudioUnitInitializeSelect:
        return (AudioComponentMethod)GainInitialize;
    case kAudioUnitUninitializeSelect:
        return (AudioComponentMethod)GainUninitialize;
    case kAudioUnitGetPropertyInfoSelect:
        return (AudioComponentMethod)GainGetPropertyInfo;
    case kAudioUnitGetPropertySelect:
        return (AudioComponentMethod)GainGetProperty;
    case kAudioUnitSetPropertySelect:
        return (AudioComponentMethod)GainSetProperty;
    case kAudioUnitSetParameterSelect:
        return (AudioComponentMethod)GainSetParameter;
    case kAudioUnitGetParameterSelect:
        return (AudioComponentMethod)GainGetParameter;
    case kAudioUnitRenderSelect:
        return (AudioComponentMethod)GainRender;
    default:
        return NULL;
    }
}

static AudioComponentPlugInInterface *GainFactory(const AudioComponentDescription *description)
{
    Gain *g = calloc(1, sizeof *g);
    (void)description;
    g->interface.Open = GainOpen;
    g->interface.Close = GainClose;
    g->interface.Lookup = GainLookup;
    return &g->interface;
}

static const AudioComponentDescription gain_description = { kAudioUnitType_Effect, 'gain', 'test', 0, 0 };

static inline AudioComponent register_gain(void)
{
    CFStringRef name = CFStringCreateWithCString(NULL, "Test: Gain", kCFStringEncodingUTF8);
    AudioComponent component = AudioComponentRegister(&gain_description, name, 0x00010203, GainFactory);
    CFRelease(name);
    return component;
}
