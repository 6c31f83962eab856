/* AudioToolbox/AudioServices.h: system sounds. */
#ifndef AudioToolbox_AudioServices_h
#define AudioToolbox_AudioServices_h

#include <CoreAudioTypes/CoreAudioTypes.h>

typedef UInt32 SystemSoundID;
typedef UInt32 AudioServicesPropertyID;

enum {
    kAudioServicesNoError = 0,
    kAudioServicesUnsupportedPropertyError = 'pty?',
    kAudioServicesBadPropertySizeError = '!siz',
    kAudioServicesBadSpecifierSizeError = '!spc',

    kAudioServicesSystemSoundUnspecifiedError = -1500,
    kAudioServicesSystemSoundClientTimedOutError = -1501,
    kAudioServicesSystemSoundExceededMaximumDurationError = -1502,

    kSystemSoundID_UserPreferredAlert = 4096,
    kSystemSoundID_FlashScreen = 4094,
    kUserPreferredAlert = 4096,
    kSystemSoundID_Vibrate = 4095,
    kAudioServicesPropertyIsUISound = 'isui',
    kAudioServicesPropertyCompletePlaybackIfAppDies = 'ifdi'
};

#endif
