/*
 * CoreAudio/AudioHardware.h: the system object and devices.
 *
 * Of the properties those that have a type beside them exist here (on the devices that they make sense for);
 * of the others the names are Apple's, and objects answer kAudioHardwareUnknownPropertyError. Sizes of
 * buffers and latencies count frames of the device.
 */
#ifndef CoreAudio_AudioHardware_h
#define CoreAudio_AudioHardware_h

#include <CoreAudio/AudioHardwareBase.h>
#include <CoreFoundation/CFDictionary.h>

typedef UInt32 AudioHardwarePowerHint;

enum {
    kAudioObjectSystemObject = 1,

    kAudioObjectPropertyCreator = 'oplg',
    kAudioObjectPropertyListenerAdded = 'lisa',
    kAudioObjectPropertyListenerRemoved = 'lisr',

    kAudioSystemObjectClassID = 'asys',
    kAudioHardwarePowerHintNone = 0,
    kAudioHardwarePowerHintFavorSavingPower = 1,

    kAudioHardwarePropertyDevices = 'dev#',                   /* AudioObjectID[] */
    kAudioHardwarePropertyDefaultInputDevice = 'dIn ',        /* AudioObjectID; settable */
    kAudioHardwarePropertyDefaultOutputDevice = 'dOut',       /* AudioObjectID; settable */
    kAudioHardwarePropertyDefaultSystemOutputDevice = 'sOut', /* AudioObjectID, for short sounds; settable */
    kAudioHardwarePropertyTranslateUIDToDevice = 'uidd',      /* AudioObjectID; qualifier: CFStringRef */
    kAudioHardwarePropertyMixStereoToMono = 'stmo',
    kAudioHardwarePropertyPlugInList = 'plg#',                /* AudioObjectID[] */
    kAudioHardwarePropertyTranslateBundleIDToPlugIn = 'bidp', /* AudioObjectID; qualifier: CFStringRef */
    kAudioHardwarePropertyTransportManagerList = 'tmg#',      /* AudioObjectID[], empty */
    kAudioHardwarePropertyTranslateBundleIDToTransportManager = 'tmbi',
    kAudioHardwarePropertyBoxList = 'box#',                   /* AudioObjectID[], empty */
    kAudioHardwarePropertyTranslateUIDToBox = 'uidb',         /* AudioObjectID, always 0 */
    kAudioHardwarePropertyClockDeviceList = 'clk#',           /* AudioObjectID[], empty */
    kAudioHardwarePropertyTranslateUIDToClockDevice = 'uidc', /* AudioObjectID, always 0 */
    kAudioHardwarePropertyProcessIsMain = 'main',
    kAudioHardwarePropertyIsInitingOrExiting = 'inot',
    kAudioHardwarePropertyUserIDChanged = 'euid',
    kAudioHardwarePropertyProcessInputMute = 'pmin',
    kAudioHardwarePropertyProcessIsAudible = 'pmut',
    kAudioHardwarePropertySleepingIsAllowed = 'slep',
    kAudioHardwarePropertyUnloadingIsAllowed = 'unld',
    kAudioHardwarePropertyHogModeIsAllowed = 'hogr',
    kAudioHardwarePropertyUserSessionIsActiveOrHeadless = 'user',
    kAudioHardwarePropertyServiceRestarted = 'srst',
    kAudioHardwarePropertyPowerHint = 'powh',
    kAudioHardwarePropertyProcessObjectList = 'prs#',           /* AudioObjectID[], this process */
    kAudioHardwarePropertyTranslatePIDToProcessObject = 'id2p', /* AudioObjectID; qualifier: pid_t */
    kAudioHardwarePropertyTapList = 'tps#',                     /* AudioObjectID[], empty */
    kAudioHardwarePropertyTranslateUIDToTap = 'uidt',           /* AudioObjectID, always 0 */

    kAudioPlugInCreateAggregateDevice = 'cagg',
    kAudioPlugInDestroyAggregateDevice = 'dagg',
    kAudioTransportManagerCreateEndPointDevice = 'cdev',
    kAudioTransportManagerDestroyEndPointDevice = 'ddev',

    kAudioDeviceStartTimeIsInputFlag = 1,
    kAudioDeviceStartTimeDontConsultDeviceFlag = 2,
    kAudioDeviceStartTimeDontConsultHALFlag = 4,

    kAudioDevicePropertyPlugIn = 'plug', /* AudioObjectID */
    kAudioDevicePropertyDeviceHasChanged = 'diff',
    kAudioDevicePropertyDeviceIsRunningSomewhere = 'gone', /* UInt32; here: in this process */

    /*
     * UInt32. Sound was lost because this process, or the server's request to it, came late; told with the
     * next cycle, whose sample time has gone on by what was lost. Of silence that a sound server plays for
     * being late itself this tells where the server does: PulseAudio. PipeWire sends its clients no word of a
     * cycle that it missed while it held their sound, and counts it as played: that cannot be told.
     */
    kAudioDeviceProcessorOverload = 'over',

    kAudioDevicePropertyIOStoppedAbnormally = 'stpd',  /* UInt32; told of when the device went */
    kAudioDevicePropertyHogMode = 'oink',              /* pid_t, -1: nobody; settable */
    kAudioDevicePropertyBufferFrameSize = 'fsiz',      /* UInt32, frames; settable */
    kAudioDevicePropertyBufferFrameSizeRange = 'fsz#', /* AudioValueRange, frames */
    kAudioDevicePropertyUsesVariableBufferFrameSizes = 'vfsz',
    kAudioDevicePropertyIOCycleUsage = 'ncyc',        /* Float32, 0 .. 1; settable */
    kAudioDevicePropertyStreamConfiguration = 'slay', /* AudioBufferList without data */
    kAudioDevicePropertyIOProcStreamUsage = 'suse',   /* AudioHardwareIOProcStreamUsage; settable */
    kAudioDevicePropertyActualSampleRate = 'asrt',    /* Float64, Hz, measured */
    kAudioDevicePropertyClockDevice = 'apcd',
    kAudioDevicePropertyIOThreadOSWorkgroup = 'oswg',
    kAudioDevicePropertyProcessMute = 'appm',
    kAudioDevicePropertyJackIsConnected = 'jack',
    kAudioDevicePropertyVolumeScalar = 'volm',           /* Float32, 0 .. 1; settable */
    kAudioDevicePropertyVolumeDecibels = 'vold',         /* Float32; settable */
    kAudioDevicePropertyVolumeRangeDecibels = 'vdb#',    /* AudioValueRange */
    kAudioDevicePropertyVolumeScalarToDecibels = 'v2db', /* Float32, in and out */
    kAudioDevicePropertyVolumeDecibelsToScalar = 'db2v', /* Float32, in and out */
    kAudioDevicePropertyStereoPan = 'span',
    kAudioDevicePropertyStereoPanChannels = 'spn#',
    kAudioDevicePropertyMute = 'mute', /* UInt32; settable */
    kAudioDevicePropertySolo = 'solo',
    kAudioDevicePropertyPhantomPower = 'phan',
    kAudioDevicePropertyPhaseInvert = 'phsi',
    kAudioDevicePropertyClipLight = 'clip',
    kAudioDevicePropertyTalkback = 'talb',
    kAudioDevicePropertyListenback = 'lsnb',
    kAudioDevicePropertyDataSource = 'ssrc',                  /* UInt32; settable */
    kAudioDevicePropertyDataSources = 'ssc#',                 /* UInt32[] */
    kAudioDevicePropertyDataSourceNameForIDCFString = 'lscn', /* AudioValueTranslation, to CFStringRef */
    kAudioDevicePropertyDataSourceKindForID = 'ssck',
    kAudioDevicePropertyClockSource = 'csrc',
    kAudioDevicePropertyClockSources = 'csc#',
    kAudioDevicePropertyClockSourceNameForIDCFString = 'lcsn',
    kAudioDevicePropertyClockSourceKindForID = 'csck',
    kAudioDevicePropertyPlayThru = 'thru',
    kAudioDevicePropertyPlayThruSolo = 'thrs',
    kAudioDevicePropertyPlayThruVolumeScalar = 'mvsc',
    kAudioDevicePropertyPlayThruVolumeDecibels = 'mvdb',
    kAudioDevicePropertyPlayThruVolumeRangeDecibels = 'mvd#',
    kAudioDevicePropertyPlayThruVolumeScalarToDecibels = 'mv2d',
    kAudioDevicePropertyPlayThruVolumeDecibelsToScalar = 'mv2s',
    kAudioDevicePropertyPlayThruStereoPan = 'mspn',
    kAudioDevicePropertyPlayThruStereoPanChannels = 'msp#',
    kAudioDevicePropertyPlayThruDestination = 'mdds',
    kAudioDevicePropertyPlayThruDestinations = 'mdd#',
    kAudioDevicePropertyPlayThruDestinationNameForIDCFString = 'mddc',
    kAudioDevicePropertyChannelNominalLineLevel = 'nlvl',
    kAudioDevicePropertyChannelNominalLineLevels = 'nlv#',
    kAudioDevicePropertyChannelNominalLineLevelNameForIDCFString = 'lcnl',
    kAudioDevicePropertyHighPassFilterSetting = 'hipf',
    kAudioDevicePropertyHighPassFilterSettings = 'hip#',
    kAudioDevicePropertyHighPassFilterSettingNameForIDCFString = 'hipl',
    kAudioDevicePropertySubVolumeScalar = 'svlm',
    kAudioDevicePropertySubVolumeDecibels = 'svld',
    kAudioDevicePropertySubVolumeRangeDecibels = 'svd#',
    kAudioDevicePropertySubVolumeScalarToDecibels = 'sv2d',
    kAudioDevicePropertySubVolumeDecibelsToScalar = 'sd2v',
    kAudioDevicePropertySubMute = 'smut',
    kAudioDevicePropertyVoiceActivityDetectionEnable = 'vAd+',
    kAudioDevicePropertyVoiceActivityDetectionState = 'vAdS',

    kAudioAggregateDeviceClassID = 'aagg',
    kAudioAggregateDevicePropertyFullSubDeviceList = 'grup',   /* CFArrayRef of UIDs */
    kAudioAggregateDevicePropertyActiveSubDeviceList = 'agrp', /* AudioObjectID[] */
    kAudioAggregateDevicePropertyComposition = 'acom',         /* CFDictionaryRef, as it was made from */
    kAudioAggregateDevicePropertyMainSubDevice = 'amst',       /* CFStringRef, its UID; settable */
    kAudioAggregateDevicePropertyClockDevice = 'apcd',
    kAudioAggregateDevicePropertyTapList = 'tap#',
    kAudioAggregateDevicePropertySubTapList = 'atap',

    kAudioAggregateDriftCompensationMinQuality = 0,
    kAudioAggregateDriftCompensationLowQuality = 32,
    kAudioAggregateDriftCompensationMediumQuality = 64,
    kAudioAggregateDriftCompensationHighQuality = 96,
    kAudioAggregateDriftCompensationMaxQuality = 127,

    kAudioSubDeviceClassID = 'asub',
    kAudioSubDeviceDriftCompensationMinQuality = 0,
    kAudioSubDeviceDriftCompensationLowQuality = 32,
    kAudioSubDeviceDriftCompensationMediumQuality = 64,
    kAudioSubDeviceDriftCompensationHighQuality = 96,
    kAudioSubDeviceDriftCompensationMaxQuality = 127,
    kAudioSubDevicePropertyExtraLatency = 'xltc',
    kAudioSubDevicePropertyDriftCompensation = 'drft',        /* UInt32; settable */
    kAudioSubDevicePropertyDriftCompensationQuality = 'drfq', /* UInt32; settable */

    kAudioSubTapClassID = 'stap',
    kAudioSubTapPropertyExtraLatency = 'xltc',
    kAudioSubTapPropertyDriftCompensation = 'drft',
    kAudioSubTapPropertyDriftCompensationQuality = 'drfq',

    kAudioProcessClassID = 'clnt',

    kAudioProcessPropertyPID = 'ppid',             /* pid_t */
    kAudioProcessPropertyBundleID = 'pbid',        /* CFStringRef */
    kAudioProcessPropertyDevices = 'pdv#',         /* AudioObjectID[] */
    kAudioProcessPropertyIsRunning = 'pir?',       /* UInt32 */
    kAudioProcessPropertyIsRunningInput = 'piri',  /* UInt32 */
    kAudioProcessPropertyIsRunningOutput = 'piro', /* UInt32 */

    kAudioTapClassID = 'tcls',

    kAudioTapPropertyUID = 'tuid',
    kAudioTapPropertyDescription = 'tdsc',
    kAudioTapPropertyFormat = 'tfmt'
};

#define kAudioAggregateDeviceUIDKey "uid"
#define kAudioAggregateDeviceNameKey "name"
#define kAudioAggregateDeviceSubDeviceListKey "subdevices"
#define kAudioAggregateDeviceMainSubDeviceKey "master"
#define kAudioAggregateDeviceClockDeviceKey "clock"
#define kAudioAggregateDeviceIsPrivateKey "private"
#define kAudioAggregateDeviceIsStackedKey "stacked"
#define kAudioAggregateDeviceTapListKey "taps"
#define kAudioAggregateDeviceTapAutoStartKey "tapautostart"
#define kAudioSubDeviceUIDKey "uid"
#define kAudioSubDeviceNameKey "name"
#define kAudioSubDeviceInputChannelsKey "channels-in"
#define kAudioSubDeviceOutputChannelsKey "channels-out"
#define kAudioSubDeviceExtraInputLatencyKey "latency-in"
#define kAudioSubDeviceExtraOutputLatencyKey "latency-out"
#define kAudioSubDeviceDriftCompensationKey "drift"
#define kAudioSubDeviceDriftCompensationQualityKey "drift quality"
#define kAudioSubTapUIDKey "uid"
#define kAudioSubTapExtraInputLatencyKey "latency-in"
#define kAudioSubTapExtraOutputLatencyKey "latency-out"
#define kAudioSubTapDriftCompensationKey "drift"
#define kAudioSubTapDriftCompensationQualityKey "drift quality"

/*
 * [notify] Called on the HAL's own thread, with no lock held: may call anything here, and may remove itself.
 * The result is ignored.
 */
typedef OSStatus (*AudioObjectPropertyListenerProc)(AudioObjectID inObjectID, UInt32 inNumberAddresses,
                                                    const AudioObjectPropertyAddress *inAddresses,
                                                    void *inClientData);

/*
 * [render] One cycle of a device. inInputData was heard from inInputTime on; what is put into outOutputData,
 * which is silence at first, sounds from inOutputTime on, mixed with that of the other IOProcs. Samples are
 * native Float32, interleaved, one buffer for each stream of the device. The buffers are lent for the call.
 * AudioDeviceStart, AudioDeviceStop and AudioDeviceDestroyIOProcID may be called from inside and take effect
 * soon after. The result is ignored.
 */
typedef OSStatus (*AudioDeviceIOProc)(AudioObjectID inDevice, const AudioTimeStamp *inNow,
                                      const AudioBufferList *inInputData, const AudioTimeStamp *inInputTime,
                                      AudioBufferList *outOutputData, const AudioTimeStamp *inOutputTime,
                                      void *inClientData);
typedef AudioDeviceIOProc AudioDeviceIOProcID; /* a handle; never called */

/* The same as blocks. To compilers that have none, a pointer to what Clang's block ABI describes. */
#ifdef __BLOCKS__
typedef void (^AudioObjectPropertyListenerBlock)(UInt32 inNumberAddresses,
                                                 const AudioObjectPropertyAddress *inAddresses);
typedef void (^AudioDeviceIOBlock)(const AudioTimeStamp *inNow, const AudioBufferList *inInputData,
                                   const AudioTimeStamp *inInputTime, AudioBufferList *outOutputData,
                                   const AudioTimeStamp *inOutputTime);
#else
typedef const void *AudioObjectPropertyListenerBlock;
typedef const void *AudioDeviceIOBlock;
#endif

typedef struct AudioHardwareIOProcStreamUsage {
    void *mIOProc; /* an AudioDeviceIOProcID */
    UInt32 mNumberStreams;
    UInt32 mStreamIsOn[1];
} AudioHardwareIOProcStreamUsage;

CF_EXTERN_C_BEGIN

/*
 * [any] Properties of audio objects. Values are copied; a CFTypeRef that is got belongs to the caller. A list
 * that does not fit is cut after a whole item. From inside an IOProc nothing can be set.
 *
 * kAudioHardwareBadObjectError: there is no such object (any more). kAudioHardwareUnknownPropertyError: it
 * has no such property in that scope and element. kAudioHardwareBadPropertySizeError: too few bytes, or when
 * setting not the right number. kAudioHardwareUnsupportedOperationError: it cannot be set.
 * kAudioHardwareIllegalOperationError: a NULL that may not be, or a value out of range.
 */
extern Boolean AudioObjectHasProperty(AudioObjectID inObjectID, const AudioObjectPropertyAddress *inAddress);
extern OSStatus AudioObjectIsPropertySettable(AudioObjectID inObjectID,
                                              const AudioObjectPropertyAddress *inAddress,
                                              Boolean *outIsSettable);
extern OSStatus AudioObjectGetPropertyDataSize(AudioObjectID inObjectID,
                                               const AudioObjectPropertyAddress *inAddress,
                                               UInt32 inQualifierDataSize, const void *inQualifierData,
                                               UInt32 *outDataSize);
extern OSStatus AudioObjectGetPropertyData(AudioObjectID inObjectID,
                                           const AudioObjectPropertyAddress *inAddress,
                                           UInt32 inQualifierDataSize, const void *inQualifierData,
                                           UInt32 *ioDataSize, void *outData);
extern OSStatus AudioObjectSetPropertyData(AudioObjectID inObjectID,
                                           const AudioObjectPropertyAddress *inAddress,
                                           UInt32 inQualifierDataSize, const void *inQualifierData,
                                           UInt32 inDataSize, const void *inData);

/*
 * [any] Listeners: one for each address (wildcards allowed), procedure and client data. Adding one twice and
 * removing one that is not there do nothing. When removing returns, the listener does not run, unless it is
 * what removes it.
 */
extern OSStatus AudioObjectAddPropertyListener(AudioObjectID inObjectID,
                                               const AudioObjectPropertyAddress *inAddress,
                                               AudioObjectPropertyListenerProc inListener,
                                               void *inClientData);
extern OSStatus AudioObjectRemovePropertyListener(AudioObjectID inObjectID,
                                                  const AudioObjectPropertyAddress *inAddress,
                                                  AudioObjectPropertyListenerProc inListener,
                                                  void *inClientData);

/*
 * [any] Listeners that are blocks: copied, and called on the dispatch queue, or directly where that is NULL.
 * To remove one, address, queue and block are as they were added. A block that is on its way to a dispatch
 * queue when it is removed is not called. kAudio_ParamError (-50), with the text: a block that captures
 * values without a block runtime in the process, or a dispatch queue without libdispatch.
 */
extern OSStatus AudioObjectAddPropertyListenerBlock(AudioObjectID inObjectID,
                                                    const AudioObjectPropertyAddress *inAddress,
                                                    dispatch_queue_t inDispatchQueue,
                                                    AudioObjectPropertyListenerBlock inListener);
extern OSStatus AudioObjectRemovePropertyListenerBlock(AudioObjectID inObjectID,
                                                       const AudioObjectPropertyAddress *inAddress,
                                                       dispatch_queue_t inDispatchQueue,
                                                       AudioObjectPropertyListenerBlock inListener);

/*
 * [control] IOProcs. One that is created is called only between start and stop; the device runs while any is
 * started. When stop or destroy returns, the IOProc is not running and is not called any more, unless that
 * was called from inside an IOProc: then a call that is under way ends by itself. A NULL IOProc starts and
 * stops the device alone.
 *
 * kAudioHardwareBadObjectError: no such device. kAudioHardwareIllegalOperationError: not an IOProc of the
 * device. kAudioHardwareNotRunningError: the device cannot be started, with a detail.
 */
extern OSStatus AudioDeviceCreateIOProcID(AudioObjectID inDevice, AudioDeviceIOProc inProc,
                                          void *inClientData, AudioDeviceIOProcID *outIOProcID);
/* The block is copied, and released after the IOProc was destroyed. On a dispatch queue each cycle waits for
 * it; NULL calls it on the device's thread. Errors of blocks and queues as above. */
extern OSStatus AudioDeviceCreateIOProcIDWithBlock(AudioDeviceIOProcID *outIOProcID, AudioObjectID inDevice,
                                                   dispatch_queue_t inDispatchQueue,
                                                   AudioDeviceIOBlock inIOBlock);
extern OSStatus AudioDeviceDestroyIOProcID(AudioObjectID inDevice, AudioDeviceIOProcID inIOProcID);
extern OSStatus AudioDeviceStart(AudioObjectID inDevice, AudioDeviceIOProcID inProcID);
extern OSStatus AudioDeviceStop(AudioObjectID inDevice, AudioDeviceIOProcID inProcID);

/*
 * [control] As AudioDeviceStart, but the IOProc is first called for the buffer that begins at the requested
 * time or next after it. That is a sample time or a host time, of the output, or of the input with
 * kAudioDeviceStartTimeIsInputFlag; of two, both have passed. What is requested is first moved as
 * AudioDeviceGetNearestStartTime does, unless a flag says not to consult the HAL or the device.
 */
extern OSStatus AudioDeviceStartAtTime(AudioObjectID inDevice, AudioDeviceIOProcID inProcID,
                                       AudioTimeStamp *ioRequestedStartTime, UInt32 inFlags);

/*
 * [any] The times of a running device: now, the same moment in the fields that outTime->mFlags asks for
 * (mSampleTime, mHostTime), and the earliest start that is not before the requested one and not too late to
 * be heard whole. kAudioHardwareNotRunningError before the device's first cycle.
 */
extern OSStatus AudioDeviceGetCurrentTime(AudioObjectID inDevice, AudioTimeStamp *outTime);
extern OSStatus AudioDeviceTranslateTime(AudioObjectID inDevice, const AudioTimeStamp *inTime,
                                         AudioTimeStamp *outTime);
extern OSStatus AudioDeviceGetNearestStartTime(AudioObjectID inDevice, AudioTimeStamp *ioRequestedStartTime,
                                               UInt32 inFlags);

/*
 * [control] Several devices as one, described by the keys above: uid (needed), name, subdevices (each with
 * uid, drift, drift quality), master (the sub-device whose clock counts; the first that is there, otherwise),
 * stacked (all play the same channels). The channels of all sub-devices that are there, in order, are one
 * stream on each side. All run at the rate of the main one. Others are late by about three buffers; with
 * drift compensation theirs is resampled to the main clock, without, samples are dropped or doubled as clocks
 * drift apart. The device is this process's own and ends with it.
 *
 * kAudioHardwareIllegalOperationError for a description that is not one, with a detail; for a uid that is
 * taken; and for destroying another device. kAudioHardwareBadObjectError: there is no such device.
 */
extern OSStatus AudioHardwareCreateAggregateDevice(CFDictionaryRef inDescription, AudioObjectID *outDeviceID);
extern OSStatus AudioHardwareDestroyAggregateDevice(AudioObjectID inDeviceID);

/* [any] Prints what the object is to standard output. */
extern void AudioObjectShow(AudioObjectID inObjectID);

/*
 * [control] Ends all IO, closes the drivers and frees all objects, listeners and IOProcs; the next call
 * begins anew. kAudioHardwareIllegalOperationError from inside an IOProc or a listener.
 */
extern OSStatus AudioHardwareUnload(void);

CF_EXTERN_C_END

#endif
