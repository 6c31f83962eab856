/* CoreAudio/AudioHardwareBase.h: audio objects, devices, streams and controls. */
#ifndef CoreAudio_AudioHardwareBase_h
#define CoreAudio_AudioHardwareBase_h

#include <CoreAudioTypes/CoreAudioBaseTypes.h>

typedef UInt32 AudioObjectID;
typedef UInt32 AudioClassID;
typedef UInt32 AudioObjectPropertySelector;
typedef UInt32 AudioObjectPropertyScope;
typedef UInt32 AudioObjectPropertyElement;
typedef struct AudioObjectPropertyAddress AudioObjectPropertyAddress;
typedef struct AudioStreamRangedDescription AudioStreamRangedDescription;

/* Which property of an object: of what kind, of which side, and of which channel (0: of all). */
struct AudioObjectPropertyAddress {
    AudioObjectPropertySelector mSelector;
    AudioObjectPropertyScope mScope;
    AudioObjectPropertyElement mElement;
};

struct AudioStreamRangedDescription {
    AudioStreamBasicDescription mFormat;
    AudioValueRange mSampleRateRange;
};

enum {
    kAudioHardwareNoError = 0,
    kAudioHardwareNotRunningError = 'stop',
    kAudioHardwareUnspecifiedError = 'what',
    kAudioHardwareUnknownPropertyError = 'who?',
    kAudioHardwareBadPropertySizeError = '!siz',
    kAudioHardwareIllegalOperationError = 'nope',

    kAudioHardwareBadObjectError = '!obj',
    kAudioHardwareBadDeviceError = '!dev',
    kAudioHardwareBadStreamError = '!str',

    kAudioHardwareUnsupportedOperationError = 'unop',
    kAudioHardwareNotReadyError = 'nrdy',
    kAudioDeviceUnsupportedFormatError = '!dat',
    kAudioDevicePermissionsError = '!hog',
    kAudioObjectUnknown = 0,

    kAudioObjectPropertyScopeGlobal = 'glob',
    kAudioObjectPropertyScopeInput = 'inpt',
    kAudioObjectPropertyScopeOutput = 'outp',
    kAudioObjectPropertyScopePlayThrough = 'ptru',
    kAudioObjectPropertyElementMain = 0,
    kAudioObjectPropertyElementMaster = 0,
    kAudioObjectPropertySelectorWildcard = '****',
    kAudioObjectPropertyScopeWildcard = '****',

    kAudioObjectClassIDWildcard = '****',
    kAudioObjectClassID = 'aobj',

    kAudioObjectPropertyBaseClass = 'bcls',
    kAudioObjectPropertyClass = 'clas',
    kAudioObjectPropertyOwner = 'stdv',
    kAudioObjectPropertyName = 'lnam',
    kAudioObjectPropertyModelName = 'lmod',
    kAudioObjectPropertyManufacturer = 'lmak',
    kAudioObjectPropertyElementName = 'lchn',
    kAudioObjectPropertyElementCategoryName = 'lccn',
    kAudioObjectPropertyElementNumberName = 'lcnn',
    kAudioObjectPropertyOwnedObjects = 'ownd',
    kAudioObjectPropertyIdentify = 'iden',
    kAudioObjectPropertySerialNumber = 'snum',
    kAudioObjectPropertyFirmwareVersion = 'fwvn',

    kAudioPlugInClassID = 'aplg',
    kAudioPlugInPropertyBundleID = 'piid',
    kAudioPlugInPropertyDeviceList = 'dev#',
    kAudioPlugInPropertyTranslateUIDToDevice = 'uidd',
    kAudioPlugInPropertyBoxList = 'box#',
    kAudioPlugInPropertyTranslateUIDToBox = 'uidb',
    kAudioPlugInPropertyClockDeviceList = 'clk#',
    kAudioPlugInPropertyTranslateUIDToClockDevice = 'uidc',

    kAudioTransportManagerClassID = 'trpm',
    kAudioTransportManagerPropertyEndPointList = 'end#',
    kAudioTransportManagerPropertyTranslateUIDToEndPoint = 'uide',
    kAudioTransportManagerPropertyTransportType = 'tran',

    kAudioBoxClassID = 'abox',

    kAudioBoxPropertyBoxUID = 'buid',
    kAudioBoxPropertyTransportType = 'tran',
    kAudioBoxPropertyHasAudio = 'bhau',
    kAudioBoxPropertyHasVideo = 'bhvi',
    kAudioBoxPropertyHasMIDI = 'bhmi',
    kAudioBoxPropertyIsProtected = 'bpro',
    kAudioBoxPropertyAcquired = 'bxon',
    kAudioBoxPropertyAcquisitionFailed = 'bxof',
    kAudioBoxPropertyDeviceList = 'bdv#',
    kAudioBoxPropertyClockDeviceList = 'bcl#',

    kAudioDeviceClassID = 'adev',

    kAudioDeviceTransportTypeUnknown = 0,
    kAudioDeviceTransportTypeBuiltIn = 'bltn',
    kAudioDeviceTransportTypeAggregate = 'grup',
    kAudioDeviceTransportTypeVirtual = 'virt',
    kAudioDeviceTransportTypePCI = 'pci ',
    kAudioDeviceTransportTypeUSB = 'usb ',
    kAudioDeviceTransportTypeFireWire = '1394',
    kAudioDeviceTransportTypeBluetooth = 'blue',
    kAudioDeviceTransportTypeBluetoothLE = 'blea',
    kAudioDeviceTransportTypeHDMI = 'hdmi',
    kAudioDeviceTransportTypeDisplayPort = 'dprt',
    kAudioDeviceTransportTypeAirPlay = 'airp',
    kAudioDeviceTransportTypeAVB = 'eavb',
    kAudioDeviceTransportTypeThunderbolt = 'thun',
    kAudioDeviceTransportTypeContinuityCaptureWired = 'ccwd',
    kAudioDeviceTransportTypeContinuityCaptureWireless = 'ccwl',
    kAudioDeviceTransportTypeContinuityCapture = 'ccap',

    kAudioDevicePropertyConfigurationApplication = 'capp',
    kAudioDevicePropertyDeviceUID = 'uid ',
    kAudioDevicePropertyModelUID = 'muid',
    kAudioDevicePropertyTransportType = 'tran',
    kAudioDevicePropertyRelatedDevices = 'akin',
    kAudioDevicePropertyClockDomain = 'clkd',
    kAudioDevicePropertyDeviceIsAlive = 'livn',
    kAudioDevicePropertyDeviceIsRunning = 'goin',
    kAudioDevicePropertyDeviceCanBeDefaultDevice = 'dflt',
    kAudioDevicePropertyDeviceCanBeDefaultSystemDevice = 'sflt',
    kAudioDevicePropertyLatency = 'ltnc',
    kAudioDevicePropertyStreams = 'stm#',

    kAudioObjectPropertyControlList = 'ctrl',

    kAudioDevicePropertySafetyOffset = 'saft',
    kAudioDevicePropertyNominalSampleRate = 'nsrt',
    kAudioDevicePropertyAvailableNominalSampleRates = 'nsr#',
    kAudioDevicePropertyIcon = 'icon',
    kAudioDevicePropertyIsHidden = 'hidn',
    kAudioDevicePropertyPreferredChannelsForStereo = 'dch2',
    kAudioDevicePropertyPreferredChannelLayout = 'srnd',

    kAudioClockDeviceClassID = 'aclk',
    kAudioClockDevicePropertyDeviceUID = 'cuid',
    kAudioClockDevicePropertyTransportType = 'tran',
    kAudioClockDevicePropertyClockDomain = 'clkd',
    kAudioClockDevicePropertyDeviceIsAlive = 'livn',
    kAudioClockDevicePropertyDeviceIsRunning = 'goin',
    kAudioClockDevicePropertyLatency = 'ltnc',
    kAudioClockDevicePropertyControlList = 'ctrl',
    kAudioClockDevicePropertyNominalSampleRate = 'nsrt',
    kAudioClockDevicePropertyAvailableNominalSampleRates = 'nsr#',

    kAudioEndPointDeviceClassID = 'edev',
    kAudioEndPointDevicePropertyComposition = 'acom',
    kAudioEndPointDevicePropertyEndPointList = 'agrp',
    kAudioEndPointDevicePropertyIsPrivate = 'priv',
    kAudioEndPointClassID = 'endp',

    kAudioStreamClassID = 'astr',

    kAudioStreamTerminalTypeUnknown = 0,
    kAudioStreamTerminalTypeLine = 'line',
    kAudioStreamTerminalTypeDigitalAudioInterface = 'spdf',
    kAudioStreamTerminalTypeSpeaker = 'spkr',
    kAudioStreamTerminalTypeHeadphones = 'hdph',
    kAudioStreamTerminalTypeLFESpeaker = 'lfes',
    kAudioStreamTerminalTypeReceiverSpeaker = 'rspk',
    kAudioStreamTerminalTypeMicrophone = 'micr',
    kAudioStreamTerminalTypeHeadsetMicrophone = 'hmic',
    kAudioStreamTerminalTypeReceiverMicrophone = 'rmic',
    kAudioStreamTerminalTypeTTY = 'tty_',
    kAudioStreamTerminalTypeHDMI = 'hdmi',
    kAudioStreamTerminalTypeDisplayPort = 'dprt',

    kAudioStreamPropertyIsActive = 'sact',
    kAudioStreamPropertyDirection = 'sdir',
    kAudioStreamPropertyTerminalType = 'term',
    kAudioStreamPropertyStartingChannel = 'schn',
    kAudioStreamPropertyLatency = 'ltnc',
    kAudioStreamPropertyVirtualFormat = 'sfmt',
    kAudioStreamPropertyAvailableVirtualFormats = 'sfma',
    kAudioStreamPropertyPhysicalFormat = 'pft ',
    kAudioStreamPropertyAvailablePhysicalFormats = 'pfta',

    kAudioControlClassID = 'actl',
    kAudioControlPropertyScope = 'cscp',
    kAudioControlPropertyElement = 'celm',

    kAudioSliderControlClassID = 'sldr',
    kAudioSliderControlPropertyValue = 'sdrv',
    kAudioSliderControlPropertyRange = 'sdrr',

    kAudioLevelControlClassID = 'levl',
    kAudioVolumeControlClassID = 'vlme',
    kAudioLFEVolumeControlClassID = 'subv',

    kAudioLevelControlPropertyScalarValue = 'lcsv',
    kAudioLevelControlPropertyDecibelValue = 'lcdv',
    kAudioLevelControlPropertyDecibelRange = 'lcdr',
    kAudioLevelControlPropertyConvertScalarToDecibels = 'lcsd',
    kAudioLevelControlPropertyConvertDecibelsToScalar = 'lcds',

    kAudioBooleanControlClassID = 'togl',
    kAudioMuteControlClassID = 'mute',
    kAudioSoloControlClassID = 'solo',
    kAudioJackControlClassID = 'jack',
    kAudioLFEMuteControlClassID = 'subm',
    kAudioPhantomPowerControlClassID = 'phan',
    kAudioPhaseInvertControlClassID = 'phsi',
    kAudioClipLightControlClassID = 'clip',
    kAudioTalkbackControlClassID = 'talb',
    kAudioListenbackControlClassID = 'lsnb',
    kAudioBooleanControlPropertyValue = 'bcvl',
    kAudioSelectorControlClassID = 'slct',
    kAudioDataSourceControlClassID = 'dsrc',
    kAudioDataDestinationControlClassID = 'dest',
    kAudioClockSourceControlClassID = 'clck',
    kAudioLineLevelControlClassID = 'nlvl',
    kAudioHighPassFilterControlClassID = 'hipf',

    kAudioSelectorControlPropertyCurrentItem = 'scci',
    kAudioSelectorControlPropertyAvailableItems = 'scai',
    kAudioSelectorControlPropertyItemName = 'scin',
    kAudioSelectorControlPropertyItemKind = 'clkk',
    kAudioSelectorControlItemKindSpacer = 'spcr',

    kAudioClockSourceItemKindInternal = 'int ',

    kAudioStereoPanControlClassID = 'span',
    kAudioStereoPanControlPropertyValue = 'spcv',
    kAudioStereoPanControlPropertyPanningChannels = 'spcc'
};

enum { kAudioObjectPropertyElementWildcard = 0xFFFFFFFFU };

#define kAudioEndPointDeviceUIDKey "uid"
#define kAudioEndPointDeviceNameKey "name"
#define kAudioEndPointDeviceEndPointListKey "endpoints"
#define kAudioEndPointDeviceMainEndPointKey "main"
#define kAudioEndPointDeviceMasterEndPointKey "master"
#define kAudioEndPointDeviceIsPrivateKey "private"
#define kAudioEndPointUIDKey "uid"
#define kAudioEndPointNameKey "name"
#define kAudioEndPointInputChannelsKey "channels-in"
#define kAudioEndPointOutputChannelsKey "channels-out"

#endif
