/*
 * AudioToolbox/AudioOutputUnit.h: starting and stopping units at the end of a chain: those that a device
 * drives, and the generic output unit, which its client drives.
 */
#ifndef AudioToolbox_AudioOutputUnit_h
#define AudioToolbox_AudioOutputUnit_h

#include <AudioToolbox/AUComponent.h>

enum { kAudioOutputUnitRange = 512, kAudioOutputUnitStartSelect = 513, kAudioOutputUnitStopSelect = 514 };

typedef OSStatus (*AudioOutputUnitStartProc)(void *self);
typedef OSStatus (*AudioOutputUnitStopProc)(void *self);

CF_EXTERN_C_BEGIN

/*
 * [control] The device begins to pull. kAudioUnitErr_Uninitialized before AudioUnitInitialize;
 * kAudioHardwareNotRunningError and the like where the device does not start. Again: does nothing.
 */
extern OSStatus AudioOutputUnitStart(AudioUnit ci);

/*
 * [any] When it returns, no callback of the unit is running and none is called. From inside one: it is the
 * last.
 */
extern OSStatus AudioOutputUnitStop(AudioUnit ci);

CF_EXTERN_C_END

#endif
