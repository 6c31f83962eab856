/* CoreAudio/CoreAudio.h: umbrella header. */
#ifndef CoreAudio_CoreAudio_h
#define CoreAudio_CoreAudio_h

#include <CoreAudio/AudioHardware.h>
#include <CoreAudio/AudioHardwareDeprecated.h>
#include <CoreAudio/HostTime.h>
#include <CoreAudioTypes/CoreAudioTypes.h>

#endif
