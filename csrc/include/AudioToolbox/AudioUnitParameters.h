/* AudioToolbox/AudioUnitParameters.h: parameters of the units that exist here. */
#ifndef AudioToolbox_AudioUnitParameters_h
#define AudioToolbox_AudioUnitParameters_h

#include <AudioToolbox/AUComponent.h>

enum {
    kHALOutputParam_Volume = 14 /* global, linear gain 0 .. 1, 1 unless set */
};

#endif
