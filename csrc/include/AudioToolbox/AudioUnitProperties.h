/*
 * AudioToolbox/AudioUnitProperties.h: properties of Audio Units.
 *
 * Many names belong to units that this engine may not have; kAudioUnitErr_InvalidProperty is the answer of a
 * unit that does not know one. CF objects got from a property are the caller's to release.
 */
#ifndef AudioToolbox_AudioUnitProperties_h
#define AudioToolbox_AudioUnitProperties_h

#include <AudioToolbox/AUComponent.h>

typedef int64_t AUEventSampleTime;
typedef UInt32 AudioUnitParameterUnit;
typedef UInt32 AudioUnitParameterOptions;
typedef UInt32 AudioUnitRemoteControlEvent;
typedef UInt32 AUParameterMIDIMappingFlags;
typedef UInt32 AUVoiceIOSpeechActivityEvent;
typedef UInt32 AUVoiceIOOtherAudioDuckingLevel;
typedef UInt32 AUSpatializationAlgorithm;
typedef UInt32 AUSpatialMixerSourceMode;
typedef UInt32 AUReverbRoomType;
typedef UInt32 AUSpatialMixerAttenuationCurve;
typedef UInt32 AUSpatialMixerRenderingFlags;
typedef UInt32 AUSpatialMixerPersonalizedHRTFMode;
typedef UInt32 AUSpatialMixerOutputType;
typedef UInt32 AUSpatialMixerPointSourceInHeadMode;
typedef UInt32 AU3DMixerRenderingFlags;
typedef UInt32 AU3DMixerAttenuationCurve;
typedef UInt32 AUScheduledAudioSliceFlags;
typedef struct AudioUnitConnection AudioUnitConnection;
typedef struct AUChannelInfo AUChannelInfo;
typedef struct AURenderCallbackStruct AURenderCallbackStruct;
typedef struct AUPreset AUPreset;
typedef struct HostCallbackInfo HostCallbackInfo;
typedef struct AudioUnitParameterInfo AudioUnitParameterInfo;
typedef struct AudioUnitParameterNameInfo AudioUnitParameterNameInfo;
typedef struct AudioUnitParameterNameInfo AudioUnitParameterIDName;
typedef struct AudioUnitParameterStringFromValue AudioUnitParameterStringFromValue;
typedef struct AudioUnitParameterValueFromString AudioUnitParameterValueFromString;
typedef struct AudioOutputUnitStartAtTimeParams AudioOutputUnitStartAtTimeParams;

enum {
    kAudioUnitScope_Global = 0,
    kAudioUnitScope_Input = 1,
    kAudioUnitScope_Output = 2,
    kAudioUnitScope_Group = 3,
    kAudioUnitScope_Part = 4,
    kAudioUnitScope_Note = 5,
    kAudioUnitScope_Layer = 6,
    kAudioUnitScope_LayerItem = 7,

    kAudioUnitProperty_ClassInfo = 0,              /* CFPropertyListRef, a whole state; settable */
    kAudioUnitProperty_MakeConnection = 1,         /* AudioUnitConnection, of an input; set only */
    kAudioUnitProperty_SampleRate = 2,             /* Float64, Hz; settable */
    kAudioUnitProperty_ParameterList = 3,          /* AudioUnitParameterID[] */
    kAudioUnitProperty_ParameterInfo = 4,          /* AudioUnitParameterInfo; element: the parameter */
    kAudioUnitProperty_CPULoad = 6,                /* Float32, 0 .. 1 */
    kAudioUnitProperty_StreamFormat = 8,           /* AudioStreamBasicDescription; settable */
    kAudioUnitProperty_ElementCount = 11,          /* UInt32 */
    kAudioUnitProperty_Latency = 12,               /* Float64, seconds */
    kAudioUnitProperty_SupportedNumChannels = 13,  /* AUChannelInfo[] */
    kAudioUnitProperty_MaximumFramesPerSlice = 14, /* UInt32; settable */
    kAudioUnitProperty_ParameterValueStrings = 16, /* CFArrayRef of names; element: the parameter */
    kAudioUnitProperty_AudioChannelLayout = 19,    /* AudioChannelLayout; settable */
    kAudioUnitProperty_TailTime = 20,              /* Float64, seconds */
    kAudioUnitProperty_BypassEffect = 21,          /* UInt32; settable */
    kAudioUnitProperty_LastRenderError = 22,       /* OSStatus; reading clears it */
    kAudioUnitProperty_SetRenderCallback = 23,     /* AURenderCallbackStruct, of an input; set only */
    kAudioUnitProperty_FactoryPresets = 24,        /* CFArrayRef of AUPreset * */
    kAudioUnitProperty_RenderQuality = 26,
    kAudioUnitProperty_HostCallbacks = 27, /* HostCallbackInfo; settable */
    kAudioUnitProperty_InPlaceProcessing = 29,
    kAudioUnitProperty_ElementName = 30, /* CFStringRef; settable */
    kAudioUnitProperty_SupportedChannelLayoutTags = 32,
    kAudioUnitProperty_PresentPreset = 36, /* AUPreset; settable */
    kAudioUnitProperty_DependentParameters = 45,
    kAudioUnitProperty_InputSamplesInOutput = 49,
    kAudioUnitProperty_ShouldAllocateBuffer = 51, /* UInt32; settable */
    kAudioUnitProperty_FrequencyResponse = 52,
    kAudioUnitProperty_ParameterHistoryInfo = 53,
    kAudioUnitProperty_NickName = 54,                 /* CFStringRef; settable */
    kAudioUnitProperty_OfflineRender = 37,            /* UInt32; settable */
    kAudioUnitProperty_ParameterIDName = 34,          /* AudioUnitParameterNameInfo, in and out */
    kAudioUnitProperty_ParameterStringFromValue = 33, /* AudioUnitParameterStringFromValue, in and out */
    kAudioUnitProperty_ParameterClumpName = 35,
    kAudioUnitProperty_ParameterValueFromString = 38, /* AudioUnitParameterValueFromString, in and out */
    kAudioUnitProperty_ContextName = 25,              /* CFStringRef; settable */
    kAudioUnitProperty_PresentationLatency = 40,
    kAudioUnitProperty_ClassInfoFromDocument = 50,
    kAudioUnitProperty_RequestViewController = 56,
    kAudioUnitProperty_ParametersForOverview = 57,
    kAudioUnitProperty_SupportsMPE = 58,
    kAudioUnitProperty_RenderContextObserver = 60,
    kAudioUnitProperty_LastRenderSampleTime = 61, /* Float64, frames */
    kAudioUnitProperty_LoadedOutOfProcess = 62,
    kAudioUnitProperty_FastDispatch = 5,
    kAudioUnitProperty_SetExternalBuffer = 15,
    kAudioUnitProperty_GetUIComponentList = 18,
    kAudioUnitProperty_CocoaUI = 31,
    kAudioUnitProperty_IconLocation = 39,
    kAudioUnitProperty_AUHostIdentifier = 46,
    kAudioUnitProperty_MIDIOutputCallbackInfo = 47,
    kAudioUnitProperty_MIDIOutputCallback = 48,
    kAudioUnitProperty_MIDIOutputEventListCallback = 63,
    kAudioUnitProperty_AudioUnitMIDIProtocol = 64,
    kAudioUnitProperty_HostMIDIProtocol = 65,
    kAudioUnitProperty_MIDIOutputBufferSizeHint = 66,
    kAudioUnitProperty_RemoteControlEventListener = 100,
    kAudioUnitProperty_IsInterAppConnected = 101,
    kAudioUnitProperty_PeerURL = 102,

    kRenderQuality_Max = 127,
    kRenderQuality_High = 96,
    kRenderQuality_Medium = 64,
    kRenderQuality_Low = 32,
    kRenderQuality_Min = 0,

    kNumberOfResponseFrequencies = 1024,

    kAudioUnitParameterUnit_Generic = 0,
    kAudioUnitParameterUnit_Indexed = 1,
    kAudioUnitParameterUnit_Boolean = 2,
    kAudioUnitParameterUnit_Percent = 3,
    kAudioUnitParameterUnit_Seconds = 4,
    kAudioUnitParameterUnit_SampleFrames = 5,
    kAudioUnitParameterUnit_Phase = 6,
    kAudioUnitParameterUnit_Rate = 7,
    kAudioUnitParameterUnit_Hertz = 8,
    kAudioUnitParameterUnit_Cents = 9,
    kAudioUnitParameterUnit_RelativeSemiTones = 10,
    kAudioUnitParameterUnit_MIDINoteNumber = 11,
    kAudioUnitParameterUnit_MIDIController = 12,
    kAudioUnitParameterUnit_Decibels = 13,
    kAudioUnitParameterUnit_LinearGain = 14,
    kAudioUnitParameterUnit_Degrees = 15,
    kAudioUnitParameterUnit_EqualPowerCrossfade = 16,
    kAudioUnitParameterUnit_MixerFaderCurve1 = 17,
    kAudioUnitParameterUnit_Pan = 18,
    kAudioUnitParameterUnit_Meters = 19,
    kAudioUnitParameterUnit_AbsoluteCents = 20,
    kAudioUnitParameterUnit_Octaves = 21,
    kAudioUnitParameterUnit_BPM = 22,
    kAudioUnitParameterUnit_Beats = 23,
    kAudioUnitParameterUnit_Milliseconds = 24,
    kAudioUnitParameterUnit_Ratio = 25,
    kAudioUnitParameterUnit_CustomUnit = 26,
    kAudioUnitParameterUnit_MIDI2Controller = 27,

    kAudioUnitParameterFlag_CFNameRelease = 16,
    kAudioUnitParameterFlag_OmitFromPresets = 8192,
    kAudioUnitParameterFlag_PlotHistory = 16384,
    kAudioUnitParameterFlag_MeterReadOnly = 32768,
    kAudioUnitParameterFlag_DisplayMask = 0x470000,
    kAudioUnitParameterFlag_DisplaySquareRoot = 0x10000,
    kAudioUnitParameterFlag_DisplaySquared = 0x20000,
    kAudioUnitParameterFlag_DisplayCubed = 0x30000,
    kAudioUnitParameterFlag_DisplayCubeRoot = 0x40000,
    kAudioUnitParameterFlag_DisplayExponential = 0x50000,
    kAudioUnitParameterFlag_HasClump = 0x100000,
    kAudioUnitParameterFlag_ValuesHaveStrings = 0x200000,
    kAudioUnitParameterFlag_DisplayLogarithmic = 0x400000,
    kAudioUnitParameterFlag_IsHighResolution = 0x800000,
    kAudioUnitParameterFlag_NonRealTime = 0x1000000,
    kAudioUnitParameterFlag_CanRamp = 0x2000000,
    kAudioUnitParameterFlag_ExpertMode = 0x4000000,
    kAudioUnitParameterFlag_HasCFNameString = 0x8000000,
    kAudioUnitParameterFlag_IsGlobalMeta = 0x10000000,
    kAudioUnitParameterFlag_IsElementMeta = 0x20000000,
    kAudioUnitParameterFlag_IsReadable = 0x40000000,

    kAudioUnitClumpID_System = 0,
    kAudioUnitParameterName_Full = -1,

    kAudioUnitRemoteControlEvent_TogglePlayPause = 1,
    kAudioUnitRemoteControlEvent_ToggleRecord = 2,
    kAudioUnitRemoteControlEvent_Rewind = 3,

    kAudioUnitProperty_AllParameterMIDIMappings = 41,
    kAudioUnitProperty_AddParameterMIDIMapping = 42,
    kAudioUnitProperty_RemoveParameterMIDIMapping = 43,
    kAudioUnitProperty_HotMapParameterMIDIMapping = 44,

    kAUParameterMIDIMapping_AnyChannelFlag = 1,
    kAUParameterMIDIMapping_AnyNoteFlag = 2,
    kAUParameterMIDIMapping_SubRange = 4,
    kAUParameterMIDIMapping_Toggle = 8,
    kAUParameterMIDIMapping_Bipolar = 16,
    kAUParameterMIDIMapping_Bipolar_On = 32,

    kMusicDeviceProperty_MIDIXMLNames = 1006,
    kMusicDeviceProperty_PartGroup = 1010,
    kMusicDeviceProperty_DualSchedulingMode = 1013,
    kMusicDeviceProperty_SupportsStartStopNote = 1014,

    kMusicDeviceSampleFrameMask_SampleOffset = 0xFFFFFF,
    kMusicDeviceSampleFrameMask_IsScheduled = 0x1000000,

    kAudioUnitOfflineProperty_InputSize = 3020,
    kAudioUnitOfflineProperty_OutputSize = 3021,
    kAudioUnitOfflineProperty_StartOffset = 3022,
    kAudioUnitOfflineProperty_PreflightRequirements = 3023,
    kAudioUnitOfflineProperty_PreflightName = 3024,

    kOfflinePreflight_NotRequired = 0,
    kOfflinePreflight_Optional = 1,
    kOfflinePreflight_Required = 2,

    kAudioUnitProperty_DistanceAttenuationData = 3600,
    kAudioUnitMigrateProperty_FromPlugin = 4000,
    kAudioUnitMigrateProperty_OldAutomation = 4001,

    kOtherPluginFormat_Undefined = 0,
    kOtherPluginFormat_kMAS = 1,
    kOtherPluginFormat_kVST = 2,
    kOtherPluginFormat_AU = 3,

    kAudioUnitProperty_SampleRateConverterComplexity = 3014,

    kAudioUnitSampleRateConverterComplexity_Linear = 'line',
    kAudioUnitSampleRateConverterComplexity_Normal = 'norm',
    kAudioUnitSampleRateConverterComplexity_Mastering = 'bats',

    kAudioOutputUnitProperty_CurrentDevice = 2000,         /* AudioObjectID; settable */
    kAudioOutputUnitProperty_IsRunning = 2001,             /* UInt32 */
    kAudioOutputUnitProperty_ChannelMap = 2002,            /* SInt32[], -1: silence; settable */
    kAudioOutputUnitProperty_EnableIO = 2003,              /* UInt32, of input 1 or output 0; settable */
    kAudioOutputUnitProperty_StartTime = 2004,             /* AudioOutputUnitStartAtTimeParams; set only */
    kAudioOutputUnitProperty_SetInputCallback = 2005,      /* AURenderCallbackStruct; settable */
    kAudioOutputUnitProperty_HasIO = 2006,                 /* UInt32 */
    kAudioOutputUnitProperty_StartTimestampsAtZero = 2007, /* UInt32; settable */
    kAudioOutputUnitProperty_OSWorkgroup = 2015,
    kAudioOutputUnitProperty_MIDICallbacks = 2010,
    kAudioOutputUnitProperty_HostReceivesRemoteControlEvents = 2011,
    kAudioOutputUnitProperty_RemoteControlToHost = 2012,
    kAudioOutputUnitProperty_HostTransportState = 2013,
    kAudioOutputUnitProperty_NodeComponentDescription = 2014,

    kAUVoiceIOProperty_BypassVoiceProcessing = 2100,
    kAUVoiceIOProperty_VoiceProcessingEnableAGC = 2101,
    kAUVoiceIOProperty_MuteOutput = 2104,

    kAUVoiceIOSpeechActivityHasStarted = 0,
    kAUVoiceIOSpeechActivityHasEnded = 1,
    kAUVoiceIOProperty_MutedSpeechActivityEventListener = 2106,

    kAUVoiceIOOtherAudioDuckingLevelDefault = 0,
    kAUVoiceIOOtherAudioDuckingLevelMin = 10,
    kAUVoiceIOOtherAudioDuckingLevelMid = 20,
    kAUVoiceIOOtherAudioDuckingLevelMax = 30,

    kAUVoiceIOProperty_OtherAudioDuckingConfiguration = 2108,
    kAUVoiceIOProperty_VoiceProcessingQuality = 2103,

    kAUNBandEQProperty_NumberOfBands = 2200,
    kAUNBandEQProperty_MaxNumberOfBands = 2201,
    kAUNBandEQProperty_BiquadCoefficients = 2203,

    kAUVoiceIOErr_UnexpectedNumberOfInputChannels = -66784,

    kAudioUnitProperty_MeteringMode = 3007,
    kAudioUnitProperty_MatrixLevels = 3006,
    kAudioUnitProperty_MatrixDimensions = 3009,
    kAudioUnitProperty_MeterClipping = 3011,
    kAudioUnitProperty_InputAnchorTimeStamp = 3016,
    kAudioUnitProperty_ReverbRoomType = 10,
    kAudioUnitProperty_UsesInternalReverb = 1005,
    kAudioUnitProperty_SpatializationAlgorithm = 3000,
    kAudioUnitProperty_SpatialMixerRenderingFlags = 3003,
    kAudioUnitProperty_SpatialMixerSourceMode = 3005,
    kAudioUnitProperty_SpatialMixerDistanceParams = 3010,
    kAudioUnitProperty_SpatialMixerAttenuationCurve = 3013,
    kAudioUnitProperty_SpatialMixerOutputType = 3100,
    kAudioUnitProperty_SpatialMixerPointSourceInHeadMode = 3103,
    kAudioUnitProperty_SpatialMixerEnableHeadTracking = 3111,
    kAudioUnitProperty_SpatialMixerPersonalizedHRTFMode = 3113,
    kAudioUnitProperty_SpatialMixerAnyInputIsUsingPersonalizedHRTF = 3116,

    kSpatializationAlgorithm_EqualPowerPanning = 0,
    kSpatializationAlgorithm_SphericalHead = 1,
    kSpatializationAlgorithm_HRTF = 2,
    kSpatializationAlgorithm_SoundField = 3,
    kSpatializationAlgorithm_VectorBasedPanning = 4,
    kSpatializationAlgorithm_StereoPassThrough = 5,
    kSpatializationAlgorithm_HRTFHQ = 6,
    kSpatializationAlgorithm_UseOutputType = 7,

    kSpatialMixerSourceMode_SpatializeIfMono = 0,
    kSpatialMixerSourceMode_Bypass = 1,
    kSpatialMixerSourceMode_PointSource = 2,
    kSpatialMixerSourceMode_AmbienceBed = 3,

    kReverbRoomType_SmallRoom = 0,
    kReverbRoomType_MediumRoom = 1,
    kReverbRoomType_LargeRoom = 2,
    kReverbRoomType_MediumHall = 3,
    kReverbRoomType_LargeHall = 4,
    kReverbRoomType_Plate = 5,
    kReverbRoomType_MediumChamber = 6,
    kReverbRoomType_LargeChamber = 7,
    kReverbRoomType_Cathedral = 8,
    kReverbRoomType_LargeRoom2 = 9,
    kReverbRoomType_MediumHall2 = 10,
    kReverbRoomType_MediumHall3 = 11,
    kReverbRoomType_LargeHall2 = 12,

    kSpatialMixerAttenuationCurve_Power = 0,
    kSpatialMixerAttenuationCurve_Exponential = 1,
    kSpatialMixerAttenuationCurve_Inverse = 2,
    kSpatialMixerAttenuationCurve_Linear = 3,

    kSpatialMixerRenderingFlags_InterAuralDelay = 1,
    kSpatialMixerRenderingFlags_DistanceAttenuation = 4,

    kSpatialMixerPersonalizedHRTFMode_Off = 0,
    kSpatialMixerPersonalizedHRTFMode_On = 1,
    kSpatialMixerPersonalizedHRTFMode_Auto = 2,

    kSpatialMixerOutputType_Headphones = 1,
    kSpatialMixerOutputType_BuiltInSpeakers = 2,
    kSpatialMixerOutputType_ExternalSpeakers = 3,

    kSpatialMixerPointSourceInHeadMode_Mono = 0,
    kSpatialMixerPointSourceInHeadMode_Bypass = 1,

    kAudioUnitProperty_3DMixerDistanceParams = 3010,
    kAudioUnitProperty_3DMixerAttenuationCurve = 3013,
    kAudioUnitProperty_DopplerShift = 3002,
    kAudioUnitProperty_3DMixerRenderingFlags = 3003,
    kAudioUnitProperty_3DMixerDistanceAtten = 3004,
    kAudioUnitProperty_ReverbPreset = 3012,

    k3DMixerRenderingFlags_InterAuralDelay = 1,
    k3DMixerRenderingFlags_DopplerShift = 2,
    k3DMixerRenderingFlags_DistanceAttenuation = 4,
    k3DMixerRenderingFlags_DistanceFilter = 8,
    k3DMixerRenderingFlags_DistanceDiffusion = 16,
    k3DMixerRenderingFlags_LinearDistanceAttenuation = 32,
    k3DMixerRenderingFlags_ConstantReverbBlend = 64,

    k3DMixerAttenuationCurve_Power = 0,
    k3DMixerAttenuationCurve_Exponential = 1,
    k3DMixerAttenuationCurve_Inverse = 2,
    k3DMixerAttenuationCurve_Linear = 3,

    kAudioUnitProperty_ScheduleAudioSlice = 3300,
    kAudioUnitProperty_ScheduleStartTimeStamp = 3301,
    kAudioUnitProperty_CurrentPlayTime = 3302,

    kScheduledAudioSliceFlag_Complete = 1,
    kScheduledAudioSliceFlag_BeganToRender = 2,
    kScheduledAudioSliceFlag_BeganToRenderLate = 4,
    kScheduledAudioSliceFlag_Loop = 8,
    kScheduledAudioSliceFlag_Interrupt = 16,
    kScheduledAudioSliceFlag_InterruptAtLoop = 32,

    kAudioUnitProperty_ScheduledFileIDs = 3310,
    kAudioUnitProperty_ScheduledFileRegion = 3311,
    kAudioUnitProperty_ScheduledFilePrime = 3312,
    kAudioUnitProperty_ScheduledFileBufferSizeFrames = 3313,
    kAudioUnitProperty_ScheduledFileNumberBuffers = 3314,

    kMusicDeviceProperty_UsesInternalReverb = 1005,
    kMusicDeviceProperty_SoundBankData = 1008,
    kMusicDeviceProperty_StreamFromDisk = 1011,
    kMusicDeviceProperty_SoundBankFSRef = 1012,
    kMusicDeviceProperty_InstrumentName = 1001,
    kMusicDeviceProperty_InstrumentNumber = 1004,
    kMusicDeviceProperty_InstrumentCount = 1000,
    kMusicDeviceProperty_BankName = 1007,
    kMusicDeviceProperty_SoundBankURL = 1100,

    kAUMIDISynthProperty_EnablePreload = 4119,
    kAUSamplerProperty_LoadInstrument = 4102,
    kAUSamplerProperty_LoadAudioFiles = 4101,

    kInstrumentType_DLSPreset = 1,
    kInstrumentType_SF2Preset = 1,
    kInstrumentType_AUPreset = 2,
    kInstrumentType_Audiofile = 3,
    kInstrumentType_EXS24 = 4,

    kAUSampler_DefaultPercussionBankMSB = 120,
    kAUSampler_DefaultMelodicBankMSB = 121,
    kAUSampler_DefaultBankLSB = 0,

    kAudioUnitProperty_DeferredRendererPullSize = 3320,
    kAudioUnitProperty_DeferredRendererExtraLatency = 3321,
    kAudioUnitProperty_DeferredRendererWaitFrames = 3322,

    kAUNetReceiveProperty_Hostname = 3511,
    kAUNetReceiveProperty_Password = 3512,

    kAUNetSendProperty_PortNum = 3513,
    kAUNetSendProperty_TransmissionFormat = 3514,
    kAUNetSendProperty_TransmissionFormatIndex = 3515,
    kAUNetSendProperty_ServiceName = 3516,
    kAUNetSendProperty_Disconnect = 3517,
    kAUNetSendProperty_Password = 3518,

    kAUNetSendPresetFormat_PCMFloat32 = 0,
    kAUNetSendPresetFormat_PCMInt24 = 1,
    kAUNetSendPresetFormat_PCMInt16 = 2,
    kAUNetSendPresetFormat_Lossless24 = 3,
    kAUNetSendPresetFormat_Lossless16 = 4,
    kAUNetSendPresetFormat_ULaw = 5,
    kAUNetSendPresetFormat_IMA4 = 6,
    kAUNetSendPresetFormat_AAC_128kbpspc = 7,
    kAUNetSendPresetFormat_AAC_96kbpspc = 8,
    kAUNetSendPresetFormat_AAC_80kbpspc = 9,
    kAUNetSendPresetFormat_AAC_64kbpspc = 10,
    kAUNetSendPresetFormat_AAC_48kbpspc = 11,
    kAUNetSendPresetFormat_AAC_40kbpspc = 12,
    kAUNetSendPresetFormat_AAC_32kbpspc = 13,
    kAUNetSendPresetFormat_AAC_LD_64kbpspc = 14,
    kAUNetSendPresetFormat_AAC_LD_48kbpspc = 15,
    kAUNetSendPresetFormat_AAC_LD_40kbpspc = 16,
    kAUNetSendPresetFormat_AAC_LD_32kbpspc = 17,

    kAUNetSendNumPresetFormats = 18,

    kAudioUnitParameterFlag_Global = 1,
    kAudioUnitParameterFlag_Input = 2,
    kAudioUnitParameterFlag_Output = 4,
    kAudioUnitParameterFlag_Group = 8,
    kAudioUnitParameterFlag_HasName = 0x200000,

    kAudioUnitProperty_SRCAlgorithm = 9,
    kAudioUnitProperty_MIDIControlMapping = 17,
    kAudioUnitProperty_CurrentPreset = 28,
    kAudioUnitProperty_ParameterValueName = 33,
    kAudioUnitProperty_BusCount = 11,

    kAudioOfflineUnitProperty_InputSize = 3020,
    kAudioOfflineUnitProperty_OutputSize = 3021,
    kAudioUnitSRCAlgorithm_Polyphase = 'poly',
    kAudioUnitSRCAlgorithm_MediumQuality = 'csrc',
    kMusicDeviceProperty_GroupOutputBus = 1002,
    kMusicDeviceProperty_SoundBankFSSpec = 1003,
    kAudioUnitProperty_PannerMode = 3008,
    kAudioUnitProperty_SpeakerConfiguration = 3001,

    kSpeakerConfiguration_HeadPhones = 0,
    kSpeakerConfiguration_Stereo = 1,
    kSpeakerConfiguration_Quad = 2,
    kSpeakerConfiguration_5_0 = 3,
    kSpeakerConfiguration_5_1 = 3,

    kAUSamplerProperty_LoadPresetFromBank = 4100,
    kAUSamplerProperty_BankAndPreset = 4100
};

enum { kAudioUnitParameterFlag_IsWritable = 0x80000000U };

#define kAUPresetVersionKey "version"
#define kAUPresetTypeKey "type"
#define kAUPresetSubtypeKey "subtype"
#define kAUPresetManufacturerKey "manufacturer"
#define kAUPresetDataKey "data"
#define kAUPresetNameKey "name"
#define kAUPresetNumberKey "preset-number"
#define kAUPresetRenderQualityKey "render-quality"
#define kAUPresetCPULoadKey "cpu-load"
#define kAUPresetElementNameKey "element-name"
#define kAUPresetExternalFileRefs "file-references"
#define kAUPresetVSTDataKey "vstdata"
#define kAUPresetVSTPresetKey "vstpreset"
#define kAUPresetMASDataKey "masdata"
#define kAUPresetPartKey "part"
#define kAudioUnitConfigurationInfo_HasCustomView "HasCustomView"
#define kAudioUnitConfigurationInfo_ChannelConfigurations "ChannelConfigurations"
#define kAudioUnitConfigurationInfo_InitialInputs "InitialInputs"
#define kAudioUnitConfigurationInfo_InitialOutputs "InitialOutputs"
#define kAudioUnitConfigurationInfo_IconURL "IconURL"
#define kAudioUnitConfigurationInfo_BusCountWritable "BusCountWritable"
#define kAudioUnitConfigurationInfo_SupportedChannelLayoutTags "SupportedChannelLayoutTags"
#define kAudioUnitConfigurationInfo_MIDIProtocol "MIDIProtocol"
#define kAudioUnitConfigurationInfo_MigrateFromPlugin "MigrateFromPlugin"
#define kAudioUnitConfigurationInfo_AvailableArchitectures "AvailableArchitectures"

/* An input bus takes its sound from another unit's output bus; sourceAudioUnit NULL disconnects. */
struct AudioUnitConnection {
    AudioUnit sourceAudioUnit;
    UInt32 sourceOutputNumber;
    UInt32 destInputNumber;
};

/* Numbers of channels that go together. -1 is any; -1 with -1 the same on both sides, -1 with -2 any two. */
struct AUChannelInfo {
    SInt16 inChannels;
    SInt16 outChannels;
};

/* inputProc NULL removes the callback. */
struct AURenderCallbackStruct {
    AURenderCallback inputProc;
    void *inputProcRefCon;
};

/* Factory presets count from 0; a preset of the user's has the number -1 and just a name. */
struct AUPreset {
    SInt32 presetNumber;
    CFStringRef presetName;
};

/* [render] What a host tells its units about its own time. Outputs may be NULL. */
typedef OSStatus (*HostCallback_GetBeatAndTempo)(void *inHostUserData, Float64 *outCurrentBeat,
                                                 Float64 *outCurrentTempo);
typedef OSStatus (*HostCallback_GetMusicalTimeLocation)(void *inHostUserData,
                                                        UInt32 *outDeltaSampleOffsetToNextBeat,
                                                        Float32 *outTimeSig_Numerator,
                                                        UInt32 *outTimeSig_Denominator,
                                                        Float64 *outCurrentMeasureDownBeat);
typedef OSStatus (*HostCallback_GetTransportState)(void *inHostUserData, Boolean *outIsPlaying,
                                                   Boolean *outTransportStateChanged,
                                                   Float64 *outCurrentSampleInTimeLine, Boolean *outIsCycling,
                                                   Float64 *outCycleStartBeat, Float64 *outCycleEndBeat);
typedef OSStatus (*HostCallback_GetTransportState2)(void *inHostUserData, Boolean *outIsPlaying,
                                                    Boolean *outIsRecording,
                                                    Boolean *outTransportStateChanged,
                                                    Float64 *outCurrentSampleInTimeLine,
                                                    Boolean *outIsCycling, Float64 *outCycleStartBeat,
                                                    Float64 *outCycleEndBeat);

struct HostCallbackInfo {
    void *hostUserData;
    HostCallback_GetBeatAndTempo beatAndTempoProc;
    HostCallback_GetMusicalTimeLocation musicalTimeLocationProc;
    HostCallback_GetTransportState transportStateProc;
    HostCallback_GetTransportState2 transportStateProc2;
};

/* name is UTF-8; with kAudioUnitParameterFlag_CFNameRelease cfNameString is the caller's to release. */
struct AudioUnitParameterInfo {
    char name[52];
    CFStringRef unitName; /* of kAudioUnitParameterUnit_CustomUnit */
    UInt32 clumpID;
    CFStringRef cfNameString;
    AudioUnitParameterUnit unit;
    AudioUnitParameterValue minValue;
    AudioUnitParameterValue maxValue;
    AudioUnitParameterValue defaultValue;
    AudioUnitParameterOptions flags; /* kAudioUnitParameterFlag_... */
};

/* A parameter's or a clump's name, shortened to inDesiredLength characters unless that is negative. */
struct AudioUnitParameterNameInfo {
    AudioUnitParameterID inID;
    SInt32 inDesiredLength;
    CFStringRef outName;
};

struct AudioUnitParameterStringFromValue {
    AudioUnitParameterID inParamID;
    const AudioUnitParameterValue *inValue; /* NULL: the value that it has */
    CFStringRef outString;
};

struct AudioUnitParameterValueFromString {
    AudioUnitParameterID inParamID;
    CFStringRef inString;
    AudioUnitParameterValue outValue;
};

/* When a device starts to pull: mFlags are kAudioDeviceStartTime... */
struct AudioOutputUnitStartAtTimeParams {
    AudioTimeStamp mTimestamp;
    UInt32 mFlags;
};

CF_EXTERN_C_BEGIN

/* [any] The bits of flags that say how a parameter is best displayed, and flags with others. */
extern AudioUnitParameterOptions GetAudioUnitParameterDisplayType(AudioUnitParameterOptions flags);
extern AudioUnitParameterOptions SetAudioUnitParameterDisplayType(AudioUnitParameterOptions flags,
                                                                  AudioUnitParameterOptions displayType);

CF_EXTERN_C_END

#endif
