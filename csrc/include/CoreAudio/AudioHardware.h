/* CoreAudio/AudioHardware.h: the system object and devices. */
#ifndef CoreAudio_AudioHardware_h
#define CoreAudio_AudioHardware_h

#include <CoreAudio/AudioHardwareBase.h>

typedef UInt32 AudioHardwarePowerHint;

enum {
    kAudioObjectSystemObject = 1,

    kAudioObjectPropertyCreator = 'oplg',
    kAudioObjectPropertyListenerAdded = 'lisa',
    kAudioObjectPropertyListenerRemoved = 'lisr',

    kAudioSystemObjectClassID = 'asys',
    kAudioHardwarePowerHintNone = 0,
    kAudioHardwarePowerHintFavorSavingPower = 1,

    kAudioHardwarePropertyDevices = 'dev#',
    kAudioHardwarePropertyDefaultInputDevice = 'dIn ',
    kAudioHardwarePropertyDefaultOutputDevice = 'dOut',
    kAudioHardwarePropertyDefaultSystemOutputDevice = 'sOut',
    kAudioHardwarePropertyTranslateUIDToDevice = 'uidd',
    kAudioHardwarePropertyMixStereoToMono = 'stmo',
    kAudioHardwarePropertyPlugInList = 'plg#',
    kAudioHardwarePropertyTranslateBundleIDToPlugIn = 'bidp',
    kAudioHardwarePropertyTransportManagerList = 'tmg#',
    kAudioHardwarePropertyTranslateBundleIDToTransportManager = 'tmbi',
    kAudioHardwarePropertyBoxList = 'box#',
    kAudioHardwarePropertyTranslateUIDToBox = 'uidb',
    kAudioHardwarePropertyClockDeviceList = 'clk#',
    kAudioHardwarePropertyTranslateUIDToClockDevice = 'uidc',
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
    kAudioHardwarePropertyProcessObjectList = 'prs#',
    kAudioHardwarePropertyTranslatePIDToProcessObject = 'id2p',
    kAudioHardwarePropertyTapList = 'tps#',
    kAudioHardwarePropertyTranslateUIDToTap = 'uidt',

    kAudioPlugInCreateAggregateDevice = 'cagg',
    kAudioPlugInDestroyAggregateDevice = 'dagg',
    kAudioTransportManagerCreateEndPointDevice = 'cdev',
    kAudioTransportManagerDestroyEndPointDevice = 'ddev',

    kAudioDeviceStartTimeIsInputFlag = 1,
    kAudioDeviceStartTimeDontConsultDeviceFlag = 2,
    kAudioDeviceStartTimeDontConsultHALFlag = 4,

    kAudioDevicePropertyPlugIn = 'plug',
    kAudioDevicePropertyDeviceHasChanged = 'diff',
    kAudioDevicePropertyDeviceIsRunningSomewhere = 'gone',

    kAudioDeviceProcessorOverload = 'over',

    kAudioDevicePropertyIOStoppedAbnormally = 'stpd',
    kAudioDevicePropertyHogMode = 'oink',
    kAudioDevicePropertyBufferFrameSize = 'fsiz',
    kAudioDevicePropertyBufferFrameSizeRange = 'fsz#',
    kAudioDevicePropertyUsesVariableBufferFrameSizes = 'vfsz',
    kAudioDevicePropertyIOCycleUsage = 'ncyc',
    kAudioDevicePropertyStreamConfiguration = 'slay',
    kAudioDevicePropertyIOProcStreamUsage = 'suse',
    kAudioDevicePropertyActualSampleRate = 'asrt',
    kAudioDevicePropertyClockDevice = 'apcd',
    kAudioDevicePropertyIOThreadOSWorkgroup = 'oswg',
    kAudioDevicePropertyProcessMute = 'appm',
    kAudioDevicePropertyJackIsConnected = 'jack',
    kAudioDevicePropertyVolumeScalar = 'volm',
    kAudioDevicePropertyVolumeDecibels = 'vold',
    kAudioDevicePropertyVolumeRangeDecibels = 'vdb#',
    kAudioDevicePropertyVolumeScalarToDecibels = 'v2db',
    kAudioDevicePropertyVolumeDecibelsToScalar = 'db2v',
    kAudioDevicePropertyStereoPan = 'span',
    kAudioDevicePropertyStereoPanChannels = 'spn#',
    kAudioDevicePropertyMute = 'mute',
    kAudioDevicePropertySolo = 'solo',
    kAudioDevicePropertyPhantomPower = 'phan',
    kAudioDevicePropertyPhaseInvert = 'phsi',
    kAudioDevicePropertyClipLight = 'clip',
    kAudioDevicePropertyTalkback = 'talb',
    kAudioDevicePropertyListenback = 'lsnb',
    kAudioDevicePropertyDataSource = 'ssrc',
    kAudioDevicePropertyDataSources = 'ssc#',
    kAudioDevicePropertyDataSourceNameForIDCFString = 'lscn',
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
    kAudioAggregateDevicePropertyFullSubDeviceList = 'grup',
    kAudioAggregateDevicePropertyActiveSubDeviceList = 'agrp',
    kAudioAggregateDevicePropertyComposition = 'acom',
    kAudioAggregateDevicePropertyMainSubDevice = 'amst',
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
    kAudioSubDevicePropertyDriftCompensation = 'drft',
    kAudioSubDevicePropertyDriftCompensationQuality = 'drfq',

    kAudioSubTapClassID = 'stap',
    kAudioSubTapPropertyExtraLatency = 'xltc',
    kAudioSubTapPropertyDriftCompensation = 'drft',
    kAudioSubTapPropertyDriftCompensationQuality = 'drfq',

    kAudioProcessClassID = 'clnt',

    kAudioProcessPropertyPID = 'ppid',
    kAudioProcessPropertyBundleID = 'pbid',
    kAudioProcessPropertyDevices = 'pdv#',
    kAudioProcessPropertyIsRunning = 'pir?',
    kAudioProcessPropertyIsRunningInput = 'piri',
    kAudioProcessPropertyIsRunningOutput = 'piro',

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

#endif
