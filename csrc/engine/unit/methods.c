/* The functions of AUComponent.h and AudioOutputUnit.h: from a unit to what implements it. */
#include "../base/handle.h"
#include "instance.h"

#include <AudioToolbox/MusicDevice.h>

static const struct {
    SInt16 selector;
    size_t offset;
} selectors[] = {
    { kAudioUnitInitializeSelect, offsetof(cm_unit_methods, initialize) },
    { kAudioUnitUninitializeSelect, offsetof(cm_unit_methods, uninitialize) },
    { kAudioUnitGetPropertyInfoSelect, offsetof(cm_unit_methods, get_property_info) },
    { kAudioUnitGetPropertySelect, offsetof(cm_unit_methods, get_property) },
    { kAudioUnitSetPropertySelect, offsetof(cm_unit_methods, set_property) },
    { kAudioUnitAddPropertyListenerSelect, offsetof(cm_unit_methods, add_property_listener) },
    { kAudioUnitRemovePropertyListenerSelect, offsetof(cm_unit_methods, remove_property_listener) },
    { kAudioUnitRemovePropertyListenerWithUserDataSelect,
      offsetof(cm_unit_methods, remove_property_listener_with_user_data) },
    { kAudioUnitAddRenderNotifySelect, offsetof(cm_unit_methods, add_render_notify) },
    { kAudioUnitRemoveRenderNotifySelect, offsetof(cm_unit_methods, remove_render_notify) },
    { kAudioUnitGetParameterSelect, offsetof(cm_unit_methods, get_parameter) },
    { kAudioUnitSetParameterSelect, offsetof(cm_unit_methods, set_parameter) },
    { kAudioUnitScheduleParametersSelect, offsetof(cm_unit_methods, schedule_parameters) },
    { kAudioUnitRenderSelect, offsetof(cm_unit_methods, render) },
    { kAudioUnitProcessSelect, offsetof(cm_unit_methods, process) },
    { kAudioUnitProcessMultipleSelect, offsetof(cm_unit_methods, process_multiple) },
    { kAudioUnitResetSelect, offsetof(cm_unit_methods, reset) },
    { kAudioOutputUnitStartSelect, offsetof(cm_unit_methods, start) },
    { kAudioOutputUnitStopSelect, offsetof(cm_unit_methods, stop) },
    { kMusicDeviceMIDIEventSelect, offsetof(cm_unit_methods, midi_event) },
    { kMusicDeviceSysExSelect, offsetof(cm_unit_methods, sysex) },
};

#define SELECTORS (sizeof selectors / sizeof *selectors)

/* All function pointers are alike in memory (POSIX, dlsym); each is called with the type that it has. */
static AudioComponentMethod *slot_of(const cm_unit_methods *methods, size_t offset)
{
    return (AudioComponentMethod *)((uintptr_t)methods + offset);
}

void cm_methods_look_up(AudioComponentPlugInInterface *plug_in, cm_unit_methods *methods)
{
    for (size_t i = 0; i < SELECTORS; i++)
        *slot_of(methods, selectors[i].offset) = plug_in->Lookup(selectors[i].selector);
}

bool cm_methods_have(const cm_unit_methods *methods, SInt16 selector)
{
    for (size_t i = 0; i < SELECTORS; i++)
        if (selectors[i].selector == selector)
            return *slot_of(methods, selectors[i].offset) != NULL;
    return false;
}

/* Calls a method of a unit that stays alive meanwhile. */
#define CALL(unit, method, ...)                                                                              \
    do {                                                                                                     \
        cm_instance *instance = cm_instance_pin(unit);                                                       \
        if (!instance)                                                                                       \
            return cm_instance_dead();                                                                       \
        OSStatus status = kAudio_UnimplementedError;                                                         \
        if (instance->methods->method)                                                                       \
            status = instance->methods->method(__VA_ARGS__);                                                 \
        cm_handle_unpin(unit);                                                                               \
        return status;                                                                                       \
    } while (0)

OSStatus AudioUnitInitialize(AudioUnit inUnit)
{
    CALL(inUnit, initialize, instance->self);
}

OSStatus AudioUnitUninitialize(AudioUnit inUnit)
{
    CALL(inUnit, uninitialize, instance->self);
}

OSStatus AudioUnitGetPropertyInfo(AudioUnit inUnit, AudioUnitPropertyID inID, AudioUnitScope inScope,
                                  AudioUnitElement inElement, UInt32 *outDataSize, Boolean *outWritable)
{
    UInt32 size = 0;
    Boolean writable = false;
    outDataSize = outDataSize ? outDataSize : &size;
    outWritable = outWritable ? outWritable : &writable;
    CALL(inUnit, get_property_info, instance->self, inID, inScope, inElement, outDataSize, outWritable);
}

OSStatus AudioUnitGetProperty(AudioUnit inUnit, AudioUnitPropertyID inID, AudioUnitScope inScope,
                              AudioUnitElement inElement, void *outData, UInt32 *ioDataSize)
{
    if (!ioDataSize)
        return kAudio_ParamError;
    if (!outData)
        return AudioUnitGetPropertyInfo(inUnit, inID, inScope, inElement, ioDataSize, NULL);
    CALL(inUnit, get_property, instance->self, inID, inScope, inElement, outData, ioDataSize);
}

OSStatus AudioUnitSetProperty(AudioUnit inUnit, AudioUnitPropertyID inID, AudioUnitScope inScope,
                              AudioUnitElement inElement, const void *inData, UInt32 inDataSize)
{
    CALL(inUnit, set_property, instance->self, inID, inScope, inElement, inData, inDataSize);
}

OSStatus AudioUnitAddPropertyListener(AudioUnit inUnit, AudioUnitPropertyID inID,
                                      AudioUnitPropertyListenerProc inProc, void *inProcUserData)
{
    if (!inProc)
        return kAudio_ParamError;
    CALL(inUnit, add_property_listener, instance->self, inID, inProc, inProcUserData);
}

OSStatus AudioUnitRemovePropertyListenerWithUserData(AudioUnit inUnit, AudioUnitPropertyID inID,
                                                     AudioUnitPropertyListenerProc inProc,
                                                     void *inProcUserData)
{
    CALL(inUnit, remove_property_listener_with_user_data, instance->self, inID, inProc, inProcUserData);
}

OSStatus AudioUnitAddRenderNotify(AudioUnit inUnit, AURenderCallback inProc, void *inProcUserData)
{
    if (!inProc)
        return kAudio_ParamError;
    CALL(inUnit, add_render_notify, instance->self, inProc, inProcUserData);
}

OSStatus AudioUnitRemoveRenderNotify(AudioUnit inUnit, AURenderCallback inProc, void *inProcUserData)
{
    CALL(inUnit, remove_render_notify, instance->self, inProc, inProcUserData);
}

OSStatus AudioUnitGetParameter(AudioUnit inUnit, AudioUnitParameterID inID, AudioUnitScope inScope,
                               AudioUnitElement inElement, AudioUnitParameterValue *outValue)
{
    if (!outValue)
        return kAudio_ParamError;
    CALL(inUnit, get_parameter, instance->self, inID, inScope, inElement, outValue);
}

OSStatus AudioUnitSetParameter(AudioUnit inUnit, AudioUnitParameterID inID, AudioUnitScope inScope,
                               AudioUnitElement inElement, AudioUnitParameterValue inValue,
                               UInt32 inBufferOffsetInFrames)
{
    CALL(inUnit, set_parameter, instance->self, inID, inScope, inElement, inValue, inBufferOffsetInFrames);
}

OSStatus AudioUnitScheduleParameters(AudioUnit inUnit, const AudioUnitParameterEvent *inParameterEvent,
                                     UInt32 inNumParamEvents)
{
    if (!inParameterEvent && inNumParamEvents > 0)
        return kAudio_ParamError;
    CALL(inUnit, schedule_parameters, instance->self, inParameterEvent, inNumParamEvents);
}

OSStatus AudioUnitRender(AudioUnit inUnit, AudioUnitRenderActionFlags *ioActionFlags,
                         const AudioTimeStamp *inTimeStamp, UInt32 inOutputBusNumber, UInt32 inNumberFrames,
                         AudioBufferList *ioData)
{
    AudioUnitRenderActionFlags none = 0;
    if (!inTimeStamp || !ioData)
        return kAudio_ParamError;
    CALL(inUnit, render, instance->self, ioActionFlags ? ioActionFlags : &none, inTimeStamp,
         inOutputBusNumber, inNumberFrames, ioData);
}

OSStatus AudioUnitProcess(AudioUnit inUnit, AudioUnitRenderActionFlags *ioActionFlags,
                          const AudioTimeStamp *inTimeStamp, UInt32 inNumberFrames, AudioBufferList *ioData)
{
    AudioUnitRenderActionFlags none = 0;
    if (!inTimeStamp || !ioData)
        return kAudio_ParamError;
    CALL(inUnit, process, instance->self, ioActionFlags ? ioActionFlags : &none, inTimeStamp, inNumberFrames,
         ioData);
}

OSStatus AudioUnitProcessMultiple(AudioUnit inUnit, AudioUnitRenderActionFlags *ioActionFlags,
                                  const AudioTimeStamp *inTimeStamp, UInt32 inNumberFrames,
                                  UInt32 inNumberInputBufferLists, const AudioBufferList **inInputBufferLists,
                                  UInt32 inNumberOutputBufferLists, AudioBufferList **ioOutputBufferLists)
{
    AudioUnitRenderActionFlags none = 0;
    if (!inTimeStamp || (inNumberInputBufferLists && !inInputBufferLists) ||
        (inNumberOutputBufferLists && !ioOutputBufferLists))
        return kAudio_ParamError;
    CALL(inUnit, process_multiple, instance->self, ioActionFlags ? ioActionFlags : &none, inTimeStamp,
         inNumberFrames, inNumberInputBufferLists, inInputBufferLists, inNumberOutputBufferLists,
         ioOutputBufferLists);
}

OSStatus AudioUnitReset(AudioUnit inUnit, AudioUnitScope inScope, AudioUnitElement inElement)
{
    CALL(inUnit, reset, instance->self, inScope, inElement);
}

OSStatus AudioOutputUnitStart(AudioUnit ci)
{
    CALL(ci, start, instance->self);
}

OSStatus AudioOutputUnitStop(AudioUnit ci)
{
    CALL(ci, stop, instance->self);
}
