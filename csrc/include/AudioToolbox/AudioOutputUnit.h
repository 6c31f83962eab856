/* AudioToolbox/AudioOutputUnit.h: starting and stopping units that own a device. */
#ifndef AudioToolbox_AudioOutputUnit_h
#define AudioToolbox_AudioOutputUnit_h

#include <CoreAudioTypes/CoreAudioTypes.h>

enum { kAudioOutputUnitRange = 512, kAudioOutputUnitStartSelect = 513, kAudioOutputUnitStopSelect = 514 };

#endif
