/*
 * CoreAudio/AudioHardwareDeprecated.h: how devices were spoken to before there were audio objects, for
 * programs of that time. Each function is one of <CoreAudio/AudioHardware.h> under another name and gives its
 * errors: isInput is the scope (of a property that has no side, none), inChannel the element. inWhen is not
 * looked at.
 */
#ifndef CoreAudio_AudioHardwareDeprecated_h
#define CoreAudio_AudioHardwareDeprecated_h

#include <CoreAudio/AudioHardware.h>
#include <CoreFoundation/CFRunLoop.h>

typedef AudioObjectPropertySelector AudioHardwarePropertyID;
typedef AudioObjectID AudioDeviceID;
typedef AudioObjectPropertySelector AudioDevicePropertyID;
typedef AudioObjectID AudioStreamID;

enum {
    kAudioDevicePropertyScopeInput = 'inpt',
    kAudioDevicePropertyScopeOutput = 'outp',
    kAudioPropertyWildcardPropertyID = '****',
    kAudioPropertyWildcardSection = 255,

    kAudioDeviceUnknown = 0,
    kAudioDevicePropertyDeviceName = 'name', /* char[], with a NUL */
    kAudioDevicePropertyDeviceNameCFString = 'lnam',
    kAudioDevicePropertyDeviceManufacturer = 'makr', /* char[], with a NUL */
    kAudioDevicePropertyDeviceManufacturerCFString = 'lmak',
    kAudioDevicePropertyChannelNameCFString = 'lchn',
    kAudioDevicePropertyChannelNumberNameCFString = 'lcnn',
    kAudioDevicePropertyStreamFormat = 'sfmt', /* AudioStreamBasicDescription, of a side's stream */

    kAudioStreamUnknown = 0,
    kAudioStreamPropertyOwningDevice = 'stdv'
};

enum { kAudioPropertyWildcardChannel = 0xFFFFFFFFU };

/* [notify] As AudioObjectPropertyListenerProc. */
typedef OSStatus (*AudioHardwarePropertyListenerProc)(AudioHardwarePropertyID inPropertyID,
                                                      void *inClientData);
typedef OSStatus (*AudioDevicePropertyListenerProc)(AudioDeviceID inDevice, UInt32 inChannel, Boolean isInput,
                                                    AudioDevicePropertyID inPropertyID, void *inClientData);
typedef OSStatus (*AudioStreamPropertyListenerProc)(AudioStreamID inStream, UInt32 inChannel,
                                                    AudioDevicePropertyID inPropertyID, void *inClientData);

CF_EXTERN_C_BEGIN

/* [any] A source runs on a thread with a run loop that the engine keeps for this, from the first that is
 * added to the end of the process. kAudioHardwareIllegalOperationError for what is no source, or no valid
 * one. */
extern OSStatus AudioHardwareAddRunLoopSource(CFRunLoopSourceRef inRunLoopSource);
extern OSStatus AudioHardwareRemoveRunLoopSource(CFRunLoopSourceRef inRunLoopSource);

/* [any] The system object's properties. A listener is removed whatever its client data. */
extern OSStatus AudioHardwareGetPropertyInfo(AudioHardwarePropertyID inPropertyID, UInt32 *outSize,
                                             Boolean *outWritable);
extern OSStatus AudioHardwareGetProperty(AudioHardwarePropertyID inPropertyID, UInt32 *ioPropertyDataSize,
                                         void *outPropertyData);
extern OSStatus AudioHardwareSetProperty(AudioHardwarePropertyID inPropertyID, UInt32 inPropertyDataSize,
                                         const void *inPropertyData);
extern OSStatus AudioHardwareAddPropertyListener(AudioHardwarePropertyID inPropertyID,
                                                 AudioHardwarePropertyListenerProc inProc,
                                                 void *inClientData);
extern OSStatus AudioHardwareRemovePropertyListener(AudioHardwarePropertyID inPropertyID,
                                                    AudioHardwarePropertyListenerProc inProc);

/*
 * [control] What a running device heard from a time on, as many frames as outData's one buffer holds,
 * interleaved Float32 of all its input channels. Devices remember a second at least (less with very many
 * channels). kAudioHardwareNotRunningError, kAudioHardwareNotReadyError for what was not heard yet,
 * kAudioHardwareIllegalOperationError for what is forgotten, a buffer that does not suit, and from inside an
 * IOProc.
 */
extern OSStatus AudioDeviceRead(AudioDeviceID inDevice, const AudioTimeStamp *inStartTime,
                                AudioBufferList *outData);

/*
 * [control] An IOProc that is its own AudioDeviceIOProcID for AudioDeviceStart and AudioDeviceStop. Each
 * procedure can be added to a device once: kAudioHardwareIllegalOperationError.
 */
extern OSStatus AudioDeviceAddIOProc(AudioDeviceID inDevice, AudioDeviceIOProc inProc, void *inClientData);
extern OSStatus AudioDeviceRemoveIOProc(AudioDeviceID inDevice, AudioDeviceIOProc inProc);

/* [any] */
extern OSStatus AudioDeviceGetPropertyInfo(AudioDeviceID inDevice, UInt32 inChannel, Boolean isInput,
                                           AudioDevicePropertyID inPropertyID, UInt32 *outSize,
                                           Boolean *outWritable);
extern OSStatus AudioDeviceGetProperty(AudioDeviceID inDevice, UInt32 inChannel, Boolean isInput,
                                       AudioDevicePropertyID inPropertyID, UInt32 *ioPropertyDataSize,
                                       void *outPropertyData);
extern OSStatus AudioDeviceSetProperty(AudioDeviceID inDevice, const AudioTimeStamp *inWhen, UInt32 inChannel,
                                       Boolean isInput, AudioDevicePropertyID inPropertyID,
                                       UInt32 inPropertyDataSize, const void *inPropertyData);
extern OSStatus AudioDeviceAddPropertyListener(AudioDeviceID inDevice, UInt32 inChannel, Boolean isInput,
                                               AudioDevicePropertyID inPropertyID,
                                               AudioDevicePropertyListenerProc inProc, void *inClientData);
extern OSStatus AudioDeviceRemovePropertyListener(AudioDeviceID inDevice, UInt32 inChannel, Boolean isInput,
                                                  AudioDevicePropertyID inPropertyID,
                                                  AudioDevicePropertyListenerProc inProc);

/* [any] */
extern OSStatus AudioStreamGetPropertyInfo(AudioStreamID inStream, UInt32 inChannel,
                                           AudioDevicePropertyID inPropertyID, UInt32 *outSize,
                                           Boolean *outWritable);
extern OSStatus AudioStreamGetProperty(AudioStreamID inStream, UInt32 inChannel,
                                       AudioDevicePropertyID inPropertyID, UInt32 *ioPropertyDataSize,
                                       void *outPropertyData);
extern OSStatus AudioStreamSetProperty(AudioStreamID inStream, const AudioTimeStamp *inWhen, UInt32 inChannel,
                                       AudioDevicePropertyID inPropertyID, UInt32 inPropertyDataSize,
                                       const void *inPropertyData);
extern OSStatus AudioStreamAddPropertyListener(AudioStreamID inStream, UInt32 inChannel,
                                               AudioDevicePropertyID inPropertyID,
                                               AudioStreamPropertyListenerProc inProc, void *inClientData);
extern OSStatus AudioStreamRemovePropertyListener(AudioStreamID inStream, UInt32 inChannel,
                                                  AudioDevicePropertyID inPropertyID,
                                                  AudioStreamPropertyListenerProc inProc);

CF_EXTERN_C_END

#endif
