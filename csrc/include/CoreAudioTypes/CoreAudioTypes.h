/* CoreAudioTypes/CoreAudioTypes.h: umbrella header. */
#ifndef CoreAudioTypes_CoreAudioTypes_h
#define CoreAudioTypes_CoreAudioTypes_h

#include <CoreAudioTypes/CoreAudioBaseTypes.h>

#endif
