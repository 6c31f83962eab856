/*
 * AudioToolbox/AudioServices.h: short sounds of the user interface, played on the system output device
 * without more ado. Every function is [any], but not for a render thread.
 */
#ifndef AudioToolbox_AudioServices_h
#define AudioToolbox_AudioServices_h

#include <CoreAudioTypes/CoreAudioTypes.h>
#include <CoreFoundation/CFRunLoop.h>
#include <CoreFoundation/CFURL.h>

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

CF_EXTERN_C_BEGIN

/* Called once for each time that the sound was played to its end. */
typedef void (*AudioServicesSystemSoundCompletionProc)(SystemSoundID ssID, void *clientData);

/*
 * Reads a file of at most 30 seconds into memory. The sound is the caller's to dispose of.
 * kAudioServicesSystemSoundExceededMaximumDurationError: longer. kAudioServicesSystemSoundUnspecifiedError:
 * not a file that can be played.
 */
extern OSStatus AudioServicesCreateSystemSoundID(CFURLRef inFileURL, SystemSoundID *outSystemSoundID);

/* Stops it if it plays. No completion begins after this has returned.
 * kAudioServicesSystemSoundUnspecifiedError for what is no sound of the process. */
extern OSStatus AudioServicesDisposeSystemSoundID(SystemSoundID inSystemSoundID);

/* Plays; returns at once. kSystemSoundID_Vibrate and unknown sounds do nothing. */
extern void AudioServicesPlayAlertSound(SystemSoundID inSystemSoundID);
extern void AudioServicesPlaySystemSound(SystemSoundID inSystemSoundID);

/* The same; the block, which is copied and may be NULL, is called once, on a thread of the engine's own, when
 * the sound has been played, was stopped, or could not be played at all: then before the call returns. A
 * block that captures values is refused, unplayed, without a block runtime in the process. */
#ifdef __BLOCKS__
extern void AudioServicesPlayAlertSoundWithCompletion(SystemSoundID inSystemSoundID,
                                                      void (^inCompletionBlock)(void));
extern void AudioServicesPlaySystemSoundWithCompletion(SystemSoundID inSystemSoundID,
                                                       void (^inCompletionBlock)(void));
#else
extern void AudioServicesPlayAlertSoundWithCompletion(SystemSoundID inSystemSoundID,
                                                      const void *inCompletionBlock);
extern void AudioServicesPlaySystemSoundWithCompletion(SystemSoundID inSystemSoundID,
                                                       const void *inCompletionBlock);
#endif

/* One for each sound. inRunLoop NULL: a thread of the engine's own. */
extern OSStatus AudioServicesAddSystemSoundCompletion(
    SystemSoundID inSystemSoundID, CFRunLoopRef inRunLoop, CFStringRef inRunLoopMode,
    AudioServicesSystemSoundCompletionProc inCompletionRoutine, void *inClientData);
extern void AudioServicesRemoveSystemSoundCompletion(SystemSoundID inSystemSoundID);

/*
 * The specifier of both properties is a SystemSoundID, the value a UInt32. kAudioServicesPropertyIsUISound: 1
 * unless set; there is no preference here that would silence such sounds.
 * kAudioServicesPropertyCompletePlaybackIfAppDies: 1 lets the process end only when the sound has been heard.
 */
extern OSStatus AudioServicesGetPropertyInfo(AudioServicesPropertyID inPropertyID, UInt32 inSpecifierSize,
                                             const void *inSpecifier, UInt32 *outPropertyDataSize,
                                             Boolean *outWritable);
extern OSStatus AudioServicesGetProperty(AudioServicesPropertyID inPropertyID, UInt32 inSpecifierSize,
                                         const void *inSpecifier, UInt32 *ioPropertyDataSize,
                                         void *outPropertyData);
extern OSStatus AudioServicesSetProperty(AudioServicesPropertyID inPropertyID, UInt32 inSpecifierSize,
                                         const void *inSpecifier, UInt32 inPropertyDataSize,
                                         const void *inPropertyData);

CF_EXTERN_C_END

#endif
