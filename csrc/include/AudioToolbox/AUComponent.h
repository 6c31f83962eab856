/*
 * AudioToolbox/AUComponent.h: Audio Units: making sound by pulling it through units.
 *
 * Functions are [control] unless tagged: any thread but a render thread, though a unit's own callbacks may
 * call them too and get kAudioUnitErr_CannotDoInCurrentContext where it cannot be done there and then. What
 * is no live unit is answered with kAudioUnitErr_InvalidElement, a function that the unit does not implement
 * with kAudio_UnimplementedError.
 */
#ifndef AudioToolbox_AUComponent_h
#define AudioToolbox_AUComponent_h

#include <AudioToolbox/AudioComponent.h>

typedef AudioComponentInstance AudioUnit;
typedef UInt32 AudioUnitRenderActionFlags;
typedef UInt32 AudioUnitPropertyID;
typedef UInt32 AudioUnitScope;
typedef UInt32 AudioUnitElement;
typedef UInt32 AudioUnitParameterID;
typedef Float32 AudioUnitParameterValue;
typedef UInt32 AUParameterEventType;
typedef struct AudioUnitParameterEvent AudioUnitParameterEvent;
typedef struct AudioUnitParameter AudioUnitParameter;
typedef struct AudioUnitProperty AudioUnitProperty;

enum {
    kAudioUnitType_Output = 'auou',
    kAudioUnitType_MusicDevice = 'aumu',
    kAudioUnitType_MusicEffect = 'aumf',
    kAudioUnitType_FormatConverter = 'aufc',
    kAudioUnitType_Effect = 'aufx',
    kAudioUnitType_Mixer = 'aumx',
    kAudioUnitType_Panner = 'aupn',
    kAudioUnitType_Generator = 'augn',
    kAudioUnitType_OfflineEffect = 'auol',
    kAudioUnitType_MIDIProcessor = 'aumi',
    kAudioUnitType_SpeechSynthesizer = 'ausp',
    kAudioUnitType_RemoteEffect = 'aurx',
    kAudioUnitType_RemoteGenerator = 'aurg',
    kAudioUnitType_RemoteInstrument = 'auri',
    kAudioUnitType_RemoteMusicEffect = 'aurm',

    kAudioUnitManufacturer_Apple = 'appl',

    kAudioUnitSubType_GenericOutput = 'genr',
    kAudioUnitSubType_VoiceProcessingIO = 'vpio',
    kAudioUnitSubType_HALOutput = 'ahal',
    kAudioUnitSubType_DefaultOutput = 'def ',
    kAudioUnitSubType_SystemOutput = 'sys ',
    kAudioUnitSubType_DLSSynth = 'dls ',
    kAudioUnitSubType_Sampler = 'samp',
    kAudioUnitSubType_MIDISynth = 'msyn',
    kAudioUnitSubType_AUConverter = 'conv',
    kAudioUnitSubType_Varispeed = 'vari',
    kAudioUnitSubType_DeferredRenderer = 'defr',
    kAudioUnitSubType_Splitter = 'splt',
    kAudioUnitSubType_MultiSplitter = 'mspl',
    kAudioUnitSubType_Merger = 'merg',
    kAudioUnitSubType_NewTimePitch = 'nutp',
    kAudioUnitSubType_AUiPodTimeOther = 'ipto',
    kAudioUnitSubType_RoundTripAAC = 'raac',
    kAudioUnitSubType_TimePitch = 'tmpt',
    kAudioUnitSubType_PeakLimiter = 'lmtr',
    kAudioUnitSubType_DynamicsProcessor = 'dcmp',
    kAudioUnitSubType_LowPassFilter = 'lpas',
    kAudioUnitSubType_HighPassFilter = 'hpas',
    kAudioUnitSubType_BandPassFilter = 'bpas',
    kAudioUnitSubType_HighShelfFilter = 'hshf',
    kAudioUnitSubType_LowShelfFilter = 'lshf',
    kAudioUnitSubType_ParametricEQ = 'pmeq',
    kAudioUnitSubType_Distortion = 'dist',
    kAudioUnitSubType_Delay = 'dely',
    kAudioUnitSubType_SampleDelay = 'sdly',
    kAudioUnitSubType_NBandEQ = 'nbeq',
    kAudioUnitSubType_Reverb2 = 'rvb2',
    kAudioUnitSubType_AUSoundIsolation = 'vois',
    kAudioUnitSubType_GraphicEQ = 'greq',
    kAudioUnitSubType_MultiBandCompressor = 'mcmp',
    kAudioUnitSubType_MatrixReverb = 'mrev',
    kAudioUnitSubType_Pitch = 'tmpt',
    kAudioUnitSubType_AUFilter = 'filt',
    kAudioUnitSubType_NetSend = 'nsnd',
    kAudioUnitSubType_RogerBeep = 'rogr',
    kAudioUnitSubType_MultiChannelMixer = 'mcmx',
    kAudioUnitSubType_MatrixMixer = 'mxmx',
    kAudioUnitSubType_SpatialMixer = '3dem',
    kAudioUnitSubType_StereoMixer = 'smxr',
    kAudioUnitSubType_3DMixer = '3dmx',
    kAudioUnitSubType_SphericalHeadPanner = 'sphr',
    kAudioUnitSubType_VectorPanner = 'vbas',
    kAudioUnitSubType_SoundFieldPanner = 'ambi',
    kAudioUnitSubType_HRTFPanner = 'hrtf',
    kAudioUnitSubType_NetReceive = 'nrcv',
    kAudioUnitSubType_ScheduledSoundPlayer = 'sspl',
    kAudioUnitSubType_AudioFilePlayer = 'afpl',

    kAudioUnitRenderAction_PreRender = 4,
    kAudioUnitRenderAction_PostRender = 8,
    kAudioUnitRenderAction_OutputIsSilence = 16,

    kAudioOfflineUnitRenderAction_Preflight = 32,
    kAudioOfflineUnitRenderAction_Render = 64,
    kAudioOfflineUnitRenderAction_Complete = 128,

    kAudioUnitRenderAction_PostRenderError = 256,
    kAudioUnitRenderAction_DoNotCheckRenderArgs = 512,

    kAudioUnitErr_InvalidProperty = -10879,
    kAudioUnitErr_InvalidParameter = -10878,
    kAudioUnitErr_InvalidElement = -10877,
    kAudioUnitErr_NoConnection = -10876,
    kAudioUnitErr_FailedInitialization = -10875,
    kAudioUnitErr_TooManyFramesToProcess = -10874,
    kAudioUnitErr_InvalidFile = -10871,
    kAudioUnitErr_UnknownFileType = -10870,
    kAudioUnitErr_FileNotSpecified = -10869,
    kAudioUnitErr_FormatNotSupported = -10868,
    kAudioUnitErr_Uninitialized = -10867,
    kAudioUnitErr_InvalidScope = -10866,
    kAudioUnitErr_PropertyNotWritable = -10865,
    kAudioUnitErr_CannotDoInCurrentContext = -10863,
    kAudioUnitErr_InvalidPropertyValue = -10851,
    kAudioUnitErr_PropertyNotInUse = -10850,
    kAudioUnitErr_Initialized = -10849,
    kAudioUnitErr_InvalidOfflineRender = -10848,
    kAudioUnitErr_Unauthorized = -10847,
    kAudioUnitErr_MIDIOutputBufferFull = -66753,

    kAudioComponentErr_InstanceTimedOut = -66754,
    kAudioComponentErr_InstanceInvalidated = -66749,

    kAudioUnitErr_RenderTimeout = -66745,
    kAudioUnitErr_ExtensionNotFound = -66744,
    kAudioUnitErr_InvalidParameterValue = -66743,
    kAudioUnitErr_InvalidFilePath = -66742,
    kAudioUnitErr_MissingKey = -66741,
    kAudioUnitErr_ComponentManagerNotSupported = -66740,

    kAudioComponentErr_DuplicateDescription = -66752,
    kAudioComponentErr_UnsupportedType = -66751,
    kAudioComponentErr_TooManyInstances = -66750,
    kAudioComponentErr_NotPermitted = -66748,
    kAudioComponentErr_InitializationTimedOut = -66747,
    kAudioComponentErr_InvalidFormat = -66746,

    kParameterEvent_Immediate = 1,
    kParameterEvent_Ramped = 2,
    kAudioUnitRange = 0,
    kAudioUnitInitializeSelect = 1,
    kAudioUnitUninitializeSelect = 2,
    kAudioUnitGetPropertyInfoSelect = 3,
    kAudioUnitGetPropertySelect = 4,
    kAudioUnitSetPropertySelect = 5,
    kAudioUnitAddPropertyListenerSelect = 10,
    kAudioUnitRemovePropertyListenerSelect = 11,
    kAudioUnitRemovePropertyListenerWithUserDataSelect = 18,
    kAudioUnitAddRenderNotifySelect = 15,
    kAudioUnitRemoveRenderNotifySelect = 16,
    kAudioUnitGetParameterSelect = 6,
    kAudioUnitSetParameterSelect = 7,
    kAudioUnitScheduleParametersSelect = 17,
    kAudioUnitRenderSelect = 14,
    kAudioUnitResetSelect = 9,
    kAudioUnitComplexRenderSelect = 19,
    kAudioUnitProcessSelect = 20,
    kAudioUnitProcessMultipleSelect = 21,
    kAudioUnitErr_IllegalInstrument = -10873,
    kAudioUnitErr_InstrumentTypeNotFound = -10872
};

/* A change of a parameter within the slice that is rendered next, or later: frames count from its start. */
struct AudioUnitParameterEvent {
    AudioUnitScope scope;
    AudioUnitElement element;
    AudioUnitParameterID parameter;
    AUParameterEventType eventType;
    union {
        struct {
            SInt32 startBufferOffset; /* frames; negative: the ramp has begun in an earlier slice */
            UInt32 durationInFrames;
            AudioUnitParameterValue startValue;
            AudioUnitParameterValue endValue;
        } ramp;
        struct {
            UInt32 bufferOffset; /* frames */
            AudioUnitParameterValue value;
        } immediate;
    } eventValues;
};

struct AudioUnitParameter {
    AudioUnit mAudioUnit;
    AudioUnitParameterID mParameterID;
    AudioUnitScope mScope;
    AudioUnitElement mElement;
};

struct AudioUnitProperty {
    AudioUnit mAudioUnit;
    AudioUnitPropertyID mPropertyID;
    AudioUnitScope mScope;
    AudioUnitElement mElement;
};

/*
 * [render] Supplies inNumberFrames frames of a unit's input bus, in its stream format. ioData holds the
 * unit's memory, to be filled or replaced by memory of the callback's that lives until it is called again;
 * mData is NULL where the unit was told not to allocate. As a render notification: told before and after each
 * slice.
 */
typedef OSStatus (*AURenderCallback)(void *inRefCon, AudioUnitRenderActionFlags *ioActionFlags,
                                     const AudioTimeStamp *inTimeStamp, UInt32 inBusNumber,
                                     UInt32 inNumberFrames, AudioBufferList *ioData);

/* On the thread that changed the property; on one of the engine's for what the unit itself finds out. */
typedef void (*AudioUnitPropertyListenerProc)(void *inRefCon, AudioUnit inUnit, AudioUnitPropertyID inID,
                                              AudioUnitScope inScope, AudioUnitElement inElement);

/* The functions that a component's Lookup gives for the selectors above. self is its interface. */
typedef OSStatus (*AudioUnitInitializeProc)(void *self);
typedef OSStatus (*AudioUnitUninitializeProc)(void *self);
typedef OSStatus (*AudioUnitGetPropertyInfoProc)(void *self, AudioUnitPropertyID prop, AudioUnitScope scope,
                                                 AudioUnitElement elem, UInt32 *outDataSize,
                                                 Boolean *outWritable);
typedef OSStatus (*AudioUnitGetPropertyProc)(void *self, AudioUnitPropertyID inID, AudioUnitScope inScope,
                                             AudioUnitElement inElement, void *outData, UInt32 *ioDataSize);
typedef OSStatus (*AudioUnitSetPropertyProc)(void *self, AudioUnitPropertyID inID, AudioUnitScope inScope,
                                             AudioUnitElement inElement, const void *inData,
                                             UInt32 inDataSize);
typedef OSStatus (*AudioUnitAddPropertyListenerProc)(void *self, AudioUnitPropertyID prop,
                                                     AudioUnitPropertyListenerProc proc, void *userData);
typedef OSStatus (*AudioUnitRemovePropertyListenerProc)(void *self, AudioUnitPropertyID prop,
                                                        AudioUnitPropertyListenerProc proc);
typedef OSStatus (*AudioUnitRemovePropertyListenerWithUserDataProc)(void *self, AudioUnitPropertyID prop,
                                                                    AudioUnitPropertyListenerProc proc,
                                                                    void *userData);
typedef OSStatus (*AudioUnitAddRenderNotifyProc)(void *self, AURenderCallback proc, void *userData);
typedef OSStatus (*AudioUnitRemoveRenderNotifyProc)(void *self, AURenderCallback proc, void *userData);
typedef OSStatus (*AudioUnitScheduleParametersProc)(void *self, const AudioUnitParameterEvent *events,
                                                    UInt32 numEvents);
typedef OSStatus (*AudioUnitResetProc)(void *self, AudioUnitScope inScope, AudioUnitElement inElement);
typedef OSStatus (*AudioUnitComplexRenderProc)(void *self, AudioUnitRenderActionFlags *ioActionFlags,
                                               const AudioTimeStamp *inTimeStamp, UInt32 inOutputBusNumber,
                                               UInt32 inNumberOfPackets, UInt32 *outNumberOfPackets,
                                               AudioStreamPacketDescription *outPacketDescriptions,
                                               AudioBufferList *ioData, void *outMetadata,
                                               UInt32 *outMetadataByteSize);
typedef OSStatus (*AudioUnitProcessProc)(void *self, AudioUnitRenderActionFlags *ioActionFlags,
                                         const AudioTimeStamp *inTimeStamp, UInt32 inNumberFrames,
                                         AudioBufferList *ioData);
typedef OSStatus (*AudioUnitProcessMultipleProc)(void *self, AudioUnitRenderActionFlags *ioActionFlags,
                                                 const AudioTimeStamp *inTimeStamp, UInt32 inNumberFrames,
                                                 UInt32 inNumberInputBufferLists,
                                                 const AudioBufferList **inInputBufferLists,
                                                 UInt32 inNumberOutputBufferLists,
                                                 AudioBufferList **ioOutputBufferLists);
typedef OSStatus (*AudioUnitGetParameterProc)(void *inComponentStorage, AudioUnitParameterID inID,
                                              AudioUnitScope inScope, AudioUnitElement inElement,
                                              AudioUnitParameterValue *outValue);
typedef OSStatus (*AudioUnitSetParameterProc)(void *inComponentStorage, AudioUnitParameterID inID,
                                              AudioUnitScope inScope, AudioUnitElement inElement,
                                              AudioUnitParameterValue inValue, UInt32 inBufferOffsetInFrames);
typedef OSStatus (*AudioUnitRenderProc)(void *inComponentStorage, AudioUnitRenderActionFlags *ioActionFlags,
                                        const AudioTimeStamp *inTimeStamp, UInt32 inOutputBusNumber,
                                        UInt32 inNumberFrames, AudioBufferList *ioData);

CF_EXTERN_C_BEGIN

/*
 * Makes the unit ready to render: formats are checked against each other and memory is allocated.
 * kAudioUnitErr_FormatNotSupported where they do not go together. Again: does nothing.
 */
extern OSStatus AudioUnitInitialize(AudioUnit inUnit);

/* Back to where formats, elements and the slice size can be changed. Waits for a render call on another
 * thread. */
extern OSStatus AudioUnitUninitialize(AudioUnit inUnit);

/*
 * Errors of the property functions: kAudioUnitErr_InvalidProperty, kAudioUnitErr_InvalidScope,
 * kAudioUnitErr_InvalidElement, kAudioUnitErr_PropertyNotWritable, kAudioUnitErr_PropertyNotInUse,
 * kAudioUnitErr_Initialized for what must be set before AudioUnitInitialize, and
 * kAudioUnitErr_InvalidPropertyValue, also for a size that does not fit. Outputs may be NULL here.
 */
extern OSStatus AudioUnitGetPropertyInfo(AudioUnit inUnit, AudioUnitPropertyID inID, AudioUnitScope inScope,
                                         AudioUnitElement inElement, UInt32 *outDataSize,
                                         Boolean *outWritable);

/* *ioDataSize: the room in bytes, then what was written. CF objects are the caller's to release. */
extern OSStatus AudioUnitGetProperty(AudioUnit inUnit, AudioUnitPropertyID inID, AudioUnitScope inScope,
                                     AudioUnitElement inElement, void *outData, UInt32 *ioDataSize);

/* The value is copied, a CF object retained. inData NULL takes back what can be taken back. */
extern OSStatus AudioUnitSetProperty(AudioUnit inUnit, AudioUnitPropertyID inID, AudioUnitScope inScope,
                                     AudioUnitElement inElement, const void *inData, UInt32 inDataSize);

/* The listener hears of this property in every scope and element. It may call any function of the unit. */
extern OSStatus AudioUnitAddPropertyListener(AudioUnit inUnit, AudioUnitPropertyID inID,
                                             AudioUnitPropertyListenerProc inProc, void *inProcUserData);

/* Procedure and data as they were added. A call that another thread was about to make may still come. */
extern OSStatus AudioUnitRemovePropertyListenerWithUserData(AudioUnit inUnit, AudioUnitPropertyID inID,
                                                            AudioUnitPropertyListenerProc inProc,
                                                            void *inProcUserData);

/* inProc is called around each slice, with kAudioUnitRenderAction_PreRender or ..PostRender in the flags. */
extern OSStatus AudioUnitAddRenderNotify(AudioUnit inUnit, AURenderCallback inProc, void *inProcUserData);

/* When it returns on another thread than the unit's, inProc is not running and is not called again. */
extern OSStatus AudioUnitRemoveRenderNotify(AudioUnit inUnit, AURenderCallback inProc, void *inProcUserData);

/* [any, render] What was set last, or where a ramp is. kAudioUnitErr_InvalidParameter for what does not
 * exist. */
extern OSStatus AudioUnitGetParameter(AudioUnit inUnit, AudioUnitParameterID inID, AudioUnitScope inScope,
                                      AudioUnitElement inElement, AudioUnitParameterValue *outValue);

/*
 * [any, render] Takes effect inBufferOffsetInFrames into the next slice. Values outside the parameter's range
 * are moved to its ends; kAudioUnitErr_InvalidParameterValue for what is no number.
 */
extern OSStatus AudioUnitSetParameter(AudioUnit inUnit, AudioUnitParameterID inID, AudioUnitScope inScope,
                                      AudioUnitElement inElement, AudioUnitParameterValue inValue,
                                      UInt32 inBufferOffsetInFrames);

/*
 * [any, render] Changes within the next slice and the ones after it; a ramp goes on by itself until its end.
 * kAudioUnitErr_InvalidParameter for a ramp of what cannot ramp, kAudioUnitErr_CannotDoInCurrentContext when
 * more events wait than the unit can keep (1024).
 */
extern OSStatus AudioUnitScheduleParameters(AudioUnit inUnit, const AudioUnitParameterEvent *inParameterEvent,
                                            UInt32 inNumParamEvents);

/*
 * [render] Makes inNumberFrames frames of an output bus, pulling its inputs. ioData has as many buffers as
 * the bus's format says, each with memory for the frames, or NULL: then they are pointed to the unit's own,
 * valid until the next call. ioActionFlags may be NULL. One thread at a time; a second one, or a unit that is
 * being changed, gives kAudioUnitErr_CannotDoInCurrentContext. kAudioUnitErr_Uninitialized,
 * kAudioUnitErr_TooManyFramesToProcess (kAudioUnitProperty_MaximumFramesPerSlice), kAudioUnitErr_NoConnection
 * (an input has no source), kAudio_ParamError (buffers do not fit); a source's own error is passed on. After
 * an error the buffers hold silence.
 */
extern OSStatus AudioUnitRender(AudioUnit inUnit, AudioUnitRenderActionFlags *ioActionFlags,
                                const AudioTimeStamp *inTimeStamp, UInt32 inOutputBusNumber,
                                UInt32 inNumberFrames, AudioBufferList *ioData);

/* [render] Processes ioData in place, without pulling inputs. For units of one input and one output. */
extern OSStatus AudioUnitProcess(AudioUnit inUnit, AudioUnitRenderActionFlags *ioActionFlags,
                                 const AudioTimeStamp *inTimeStamp, UInt32 inNumberFrames,
                                 AudioBufferList *ioData);

/* [render] The same with any number of inputs and outputs, in the order of the buses. */
extern OSStatus AudioUnitProcessMultiple(AudioUnit inUnit, AudioUnitRenderActionFlags *ioActionFlags,
                                         const AudioTimeStamp *inTimeStamp, UInt32 inNumberFrames,
                                         UInt32 inNumberInputBufferLists,
                                         const AudioBufferList **inInputBufferLists,
                                         UInt32 inNumberOutputBufferLists,
                                         AudioBufferList **ioOutputBufferLists);

/* Forgets sound and events that wait: delay lines, tails, ramps. Parameters and formats stay. */
extern OSStatus AudioUnitReset(AudioUnit inUnit, AudioUnitScope inScope, AudioUnitElement inElement);

CF_EXTERN_C_END

#endif
