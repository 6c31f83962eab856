/*
 * AudioToolbox/AudioUnitUtilities.h: who else wants to know that a parameter was changed (a view, an
 * automation track), and parameters as the positions of a knob and as text.
 *
 * A change is told by whoever makes it: AUParameterSet sets and tells, AudioUnitSetParameter sets alone.
 * Listeners are called on the run loop that they were made with, never on the thread that told. No function
 * here may be called on a render thread: those that tell return kAudioUnitErr_CannotDoInCurrentContext there.
 */
#ifndef AudioToolbox_AudioUnitUtilities_h
#define AudioToolbox_AudioUnitUtilities_h

#include <AudioToolbox/AUComponent.h>
#include <AudioToolbox/AudioUnitProperties.h>
#include <CoreFoundation/CFRunLoop.h>

/* As an mParameterID for AUParameterListenerNotify alone: all parameters of the unit. */
enum { kAUParameterListener_AnyParameter = 0xFFFFFFFF };

typedef UInt32 AudioUnitEventType;
enum {
    kAudioUnitEvent_ParameterValueChange = 0,
    kAudioUnitEvent_BeginParameterChangeGesture = 1,
    kAudioUnitEvent_EndParameterChangeGesture = 2,
    kAudioUnitEvent_PropertyChange = 3
};

typedef struct AUListenerBase *AUParameterListenerRef;
typedef AUParameterListenerRef AUEventListenerRef;

/* mProperty is of kAudioUnitEvent_PropertyChange, mParameter of the others. */
typedef struct AudioUnitEvent {
    AudioUnitEventType mEventType;
    union {
        AudioUnitParameter mParameter;
        AudioUnitProperty mProperty;
    } mArgument;
} AudioUnitEvent;

/* inObject is what the parameter was added for; the value is the last one that was told. */
typedef void (*AUParameterListenerProc)(void *inUserData, void *inObject,
                                        const AudioUnitParameter *inParameter,
                                        AudioUnitParameterValue inValue);

/* inEventHostTime is when it was told; the value counts for kAudioUnitEvent_ParameterValueChange alone. */
typedef void (*AUEventListenerProc)(void *inUserData, void *inObject, const AudioUnitEvent *inEvent,
                                    UInt64 inEventHostTime, AudioUnitParameterValue inParameterValue);

/* The same as blocks. To compilers that have none, a pointer to what Clang's block ABI describes. */
#ifdef __BLOCKS__
typedef void (^AUParameterListenerBlock)(void *inObject, const AudioUnitParameter *inParameter,
                                         AudioUnitParameterValue inValue);
typedef void (^AUEventListenerBlock)(void *inObject, const AudioUnitEvent *inEvent, UInt64 inEventHostTime,
                                     AudioUnitParameterValue inParameterValue);
#else
typedef const void *AUParameterListenerBlock;
typedef const void *AUEventListenerBlock;
#endif

CF_EXTERN_C_BEGIN

/*
 * [control] A listener to values of parameters. It is called inside CFRunLoopRunInMode of that loop in that
 * mode (NULL: the current thread's, the default mode), at most once in inNotificationInterval seconds for
 * each parameter and object, with the value that it has then. The loop is retained.
 */
extern OSStatus AUListenerCreate(AUParameterListenerProc inProc, void *inUserData, CFRunLoopRef inRunLoop,
                                 CFStringRef inRunLoopMode, Float32 inNotificationInterval,
                                 AUParameterListenerRef *outListener);

/*
 * [control] The same with a block, which is copied, on a dispatch queue. kAudio_ParamError without a queue,
 * for a queue without libdispatch in the process, or for a block that captures values without a block
 * runtime.
 */
extern OSStatus AUListenerCreateWithDispatchQueue(AUParameterListenerRef *outListener,
                                                  Float32 inNotificationInterval,
                                                  dispatch_queue_t inDispatchQueue,
                                                  AUParameterListenerBlock inBlock);

/*
 * [control] For both kinds of listeners. When it returns, the listener is not running and is not called any
 * more, unless it is called from inside the listener itself: then that call is the last. kAudio_ParamError
 * for none.
 */
extern OSStatus AUListenerDispose(AUParameterListenerRef inListener);

/*
 * [control] From now on the listener hears of this parameter, with inObject; twice is once. kAudio_ParamError
 * for kAUParameterListener_AnyParameter, kAudioUnitErr_InvalidElement for no unit.
 */
extern OSStatus AUListenerAddParameter(AUParameterListenerRef inListener, void *inObject,
                                       const AudioUnitParameter *inParameter);

/* [control] What was told before is not delivered any more. One that was not added: does nothing. */
extern OSStatus AUListenerRemoveParameter(AUParameterListenerRef inListener, void *inObject,
                                          const AudioUnitParameter *inParameter);

/* [control] AudioUnitSetParameter, then AUParameterListenerNotify. */
extern OSStatus AUParameterSet(AUParameterListenerRef inSendingListener, void *inSendingObject,
                               const AudioUnitParameter *inParameter, AudioUnitParameterValue inValue,
                               UInt32 inBufferOffsetInFrames);

/*
 * [control] Tells all listeners that the parameter has changed, but for the one of inSendingListener that has
 * inSendingObject (NULL and NULL: none is left out). The error of AudioUnitGetParameter where it has no
 * value.
 */
extern OSStatus AUParameterListenerNotify(AUParameterListenerRef inSendingListener, void *inSendingObject,
                                          const AudioUnitParameter *inParameter);

/*
 * [control] A listener to values, to gestures around them (the mouse button goes down and up) and to
 * properties, which come in the order in which they were told. Changes of a value that follow each other
 * within inValueChangeGranularity seconds are one, with the last value.
 */
extern OSStatus AUEventListenerCreate(AUEventListenerProc inProc, void *inUserData, CFRunLoopRef inRunLoop,
                                      CFStringRef inRunLoopMode, Float32 inNotificationInterval,
                                      Float32 inValueChangeGranularity, AUEventListenerRef *outListener);

/* [control] As AUListenerCreateWithDispatchQueue. */
extern OSStatus AUEventListenerCreateWithDispatchQueue(AUEventListenerRef *outListener,
                                                       Float32 inNotificationInterval,
                                                       Float32 inValueChangeGranularity,
                                                       dispatch_queue_t inDispatchQueue,
                                                       AUEventListenerBlock inBlock);

/* [control] Properties need no teller: the listener becomes one of the unit's property listeners. */
extern OSStatus AUEventListenerAddEventType(AUEventListenerRef inListener, void *inObject,
                                            const AudioUnitEvent *inEvent);
extern OSStatus AUEventListenerRemoveEventType(AUEventListenerRef inListener, void *inObject,
                                               const AudioUnitEvent *inEvent);

/* [control] AUParameterListenerNotify for any kind of event. */
extern OSStatus AUEventListenerNotify(AUEventListenerRef inSendingListener, void *inSendingObject,
                                      const AudioUnitEvent *inEvent);

/*
 * [control] Between a value and the position 0 .. 1 of a knob that shows it, by the parameter's range and by
 * how it says that it is to be displayed. 0 where the unit does not know the parameter.
 */
extern AudioUnitParameterValue AUParameterValueFromLinear(Float32 inLinearValue,
                                                          const AudioUnitParameter *inParameter);
extern Float32 AUParameterValueToLinear(AudioUnitParameterValue inParameterValue,
                                        const AudioUnitParameter *inParameter);

/*
 * [control] The value with inDigits significant digits: of the largest value that the parameter can have, or
 * of the value itself where that is displayed logarithmically; without a fraction for a choice or a switch.
 * In a buffer of at least 64 bytes; returns that.
 */
extern char *AUParameterFormatValue(Float64 inParameterValue, const AudioUnitParameter *inParameter,
                                    char *inTextBuffer, UInt32 inDigits);

CF_EXTERN_C_END

#endif
