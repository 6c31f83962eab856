/* CoreAudio/CoreAudioTypes.h: the older place of the shared types. */
#ifndef CoreAudio_CoreAudioTypes_h
#define CoreAudio_CoreAudioTypes_h

#include <CoreAudioTypes/CoreAudioTypes.h>

#endif
