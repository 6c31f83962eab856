/*
 * AudioToolbox/AudioComponent.h: the registry of components, and instances of them.
 *
 * An AudioComponent lives as long as the process. An AudioComponentInstance is its maker's to dispose of.
 * Either is a number that is checked when it is used: one that is not live is answered with an error. All
 * functions are [any], but none is for a render thread.
 */
#ifndef AudioToolbox_AudioComponent_h
#define AudioToolbox_AudioComponent_h

#include <CoreAudioTypes/CoreAudioTypes.h>
#include <CoreFoundation/CFDictionary.h>

typedef UInt32 AudioComponentFlags;
typedef UInt32 AudioComponentInstantiationOptions;
typedef UInt32 AudioComponentValidationResult;
typedef struct AudioComponentDescription AudioComponentDescription;
typedef struct OpaqueAudioComponent *AudioComponent;
typedef struct ComponentInstanceRecord *AudioComponentInstance;
typedef struct AudioComponentPlugInInterface AudioComponentPlugInInterface;

enum {
    kAudioComponentFlag_Unsearchable = 1,
    kAudioComponentFlag_SandboxSafe = 2,
    kAudioComponentFlag_IsV3AudioUnit = 4,
    kAudioComponentFlag_RequiresAsyncInstantiation = 8,
    kAudioComponentFlag_CanLoadInProcess = 16,

    kAudioComponentInstantiation_LoadOutOfProcess = 1,
    kAudioComponentInstantiation_LoadInProcess = 2,

    kAudioComponentValidationResult_Unknown = 0,
    kAudioComponentValidationResult_Passed = 1,
    kAudioComponentValidationResult_Failed = 2,
    kAudioComponentValidationResult_TimedOut = 3,
    kAudioComponentValidationResult_UnauthorizedError_Open = 4,
    kAudioComponentValidationResult_UnauthorizedError_Init = 5
};

#define kAudioComponentConfigurationInfo_ValidationResult "ValidationResult"
#define kAudioComponentValidationParameter_TimeOut "TimeOut"
#define kAudioComponentValidationParameter_ForceValidation "ForceValidation"
#define kAudioComponentValidationParameter_LoadOutOfProcess "LoadOutOfProcess"

/* What a component is; in a search 0 stands for anything. */
struct AudioComponentDescription {
    OSType componentType; /* kAudioUnitType_... */
    OSType componentSubType;
    OSType componentManufacturer;
    UInt32 componentFlags;
    UInt32 componentFlagsMask; /* which flags a search looks at */
};

/* A function that a component implements; its real parameters follow from the selector. */
typedef OSStatus (*AudioComponentMethod)(void *self, ...);

/*
 * What a component's factory makes for each instance. Open is called once; Close ends a life that Open began,
 * and frees the interface. Lookup gives the function for a selector (kAudioUnitInitializeSelect ...) or NULL;
 * its answers hold for the life of the instance. The functions' first parameter is the interface.
 */
struct AudioComponentPlugInInterface {
    OSStatus (*Open)(void *self, AudioComponentInstance mInstance);
    OSStatus (*Close)(void *self);
    AudioComponentMethod (*Lookup)(SInt16 selector);
    void *reserved; /* NULL */
};

typedef AudioComponentPlugInInterface *(*AudioComponentFactoryFunction)(
    const AudioComponentDescription *inDesc);

CF_EXTERN_C_BEGIN

/*
 * The first component that fits, or the first after inComponent; NULL when there is none. Those with
 * kAudioComponentFlag_Unsearchable are found only by type, subtype and manufacturer.
 */
extern AudioComponent AudioComponentFindNext(AudioComponent inComponent,
                                             const AudioComponentDescription *inDesc);

/* How many AudioComponentFindNext would find. */
extern UInt32 AudioComponentCount(const AudioComponentDescription *inDesc);

/* "Maker: Name", the caller's to release. kAudio_ParamError for what is no component, as in all that follow.
 */
extern OSStatus AudioComponentCopyName(AudioComponent inComponent, CFStringRef *outName);

/* What it was registered as. */
extern OSStatus AudioComponentGetDescription(AudioComponent inComponent, AudioComponentDescription *outDesc);

/* 0xMMMMmmDD: major, minor, dot. */
extern OSStatus AudioComponentGetVersion(AudioComponent inComponent, UInt32 *outVersion);

/* A new instance, the caller's to dispose of. The error of the component's Open is passed on. */
extern OSStatus AudioComponentInstanceNew(AudioComponent inComponent, AudioComponentInstance *outInstance);

/*
 * As AudioComponentInstanceNew, on a thread of the engine's own, on which the block is then called, once:
 * with the instance, or with NULL and the error. The block is copied. There is one process: inOptions has no
 * effect. A block that captures values is refused, uncalled, without a block runtime in the process.
 */
#ifdef __BLOCKS__
extern void AudioComponentInstantiate(AudioComponent inComponent,
                                      AudioComponentInstantiationOptions inOptions,
                                      void (^inCompletionHandler)(AudioComponentInstance, OSStatus));
#else
extern void AudioComponentInstantiate(AudioComponent inComponent,
                                      AudioComponentInstantiationOptions inOptions,
                                      const void *inCompletionHandler);
#endif

/*
 * Tries a component as a host would, on a thread of the engine's own, and waits for it: it opens twice, says
 * its format, renders nothing before it is initialized and slices of several sizes after, none larger than it
 * says, and only numbers; its parameters have their default in their range and keep what they are set to; it
 * begins again after a reset; it closes. Output units are not rendered, other components only opened and
 * closed. inValidationParameters may be NULL; kAudioComponentValidationParameter_TimeOut is a CFNumber of
 * seconds, 60 unless given; the others have no effect: nothing is remembered, and there is one process, which
 * a component that crashes ends. *outValidationResult is Passed, Failed or TimedOut (then that thread stays
 * with the component). CMAudioComponentValidate in <coremusic/engine.h> also says what is wrong.
 * kAudio_ParamError for what is no component, and a time that is no number of seconds up to a day.
 */
extern OSStatus AudioComponentValidate(AudioComponent inComponent, CFDictionaryRef inValidationParameters,
                                       AudioComponentValidationResult *outValidationResult);

/*
 * The same without waiting: the block, which is copied, is called once on a thread of the engine's own. Its
 * dictionary, lent, has the result as a number (kAudioComponentConfigurationInfo_ValidationResult) and,
 * unless that is Passed, "Reason", a text. kAudio_ParamError for a missing block, or one that captures values
 * without a block runtime in the process.
 */
#ifdef __BLOCKS__
extern OSStatus AudioComponentValidateWithResults(AudioComponent inComponent,
                                                  CFDictionaryRef inValidationParameters,
                                                  void (^inCompletionHandler)(AudioComponentValidationResult,
                                                                              CFDictionaryRef));
#else
extern OSStatus AudioComponentValidateWithResults(AudioComponent inComponent,
                                                  CFDictionaryRef inValidationParameters,
                                                  const void *inCompletionHandler);
#endif

/*
 * Stops and uninitializes it if need be. Allowed while another thread is inside a call on it, and from its
 * own callbacks: that call still ends well. A unit that it is connected to loses its input.
 */
extern OSStatus AudioComponentInstanceDispose(AudioComponentInstance inInstance);

/* NULL for what is no instance. */
extern AudioComponent AudioComponentInstanceGetComponent(AudioComponentInstance inInstance);

/* True when the component implements the function with this selector. */
extern Boolean AudioComponentInstanceCanDo(AudioComponentInstance inInstance, SInt16 inSelectorID);

/*
 * Makes a component known to this process, for its whole life. The factory is called for each instance. NULL
 * when an argument is missing or there is no memory.
 */
extern AudioComponent AudioComponentRegister(const AudioComponentDescription *inDesc, CFStringRef inName,
                                             UInt32 inVersion, AudioComponentFactoryFunction inFactory);

CF_EXTERN_C_END

#endif
