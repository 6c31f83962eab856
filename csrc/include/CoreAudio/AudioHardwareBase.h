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

    kAudioObjectPropertyBaseClass = 'bcls', /* AudioClassID */
    kAudioObjectPropertyClass = 'clas',     /* AudioClassID */
    kAudioObjectPropertyOwner = 'stdv',     /* AudioObjectID */
    kAudioObjectPropertyName = 'lnam',      /* CFStringRef */
    kAudioObjectPropertyModelName = 'lmod',
    kAudioObjectPropertyManufacturer = 'lmak', /* CFStringRef */
    kAudioObjectPropertyElementName = 'lchn',  /* CFStringRef, of a channel */
    kAudioObjectPropertyElementCategoryName = 'lccn',
    kAudioObjectPropertyElementNumberName = 'lcnn', /* CFStringRef, of a channel */
    kAudioObjectPropertyOwnedObjects = 'ownd',      /* AudioObjectID[]; qualifier: classes wanted */
    kAudioObjectPropertyIdentify = 'iden',
    kAudioObjectPropertySerialNumber = 'snum',
    kAudioObjectPropertyFirmwareVersion = 'fwvn',

    kAudioPlugInClassID = 'aplg',
    kAudioPlugInPropertyBundleID = 'piid',   /* CFStringRef */
    kAudioPlugInPropertyDeviceList = 'dev#', /* AudioObjectID[] */
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
    kAudioDevicePropertyDeviceUID = 'uid ',       /* CFStringRef, the same every time the device is there */
    kAudioDevicePropertyModelUID = 'muid',        /* CFStringRef */
    kAudioDevicePropertyTransportType = 'tran',   /* UInt32, kAudioDeviceTransportType... */
    kAudioDevicePropertyRelatedDevices = 'akin',  /* AudioObjectID[] */
    kAudioDevicePropertyClockDomain = 'clkd',     /* UInt32; 0: not known */
    kAudioDevicePropertyDeviceIsAlive = 'livn',   /* UInt32 */
    kAudioDevicePropertyDeviceIsRunning = 'goin', /* UInt32 */
    kAudioDevicePropertyDeviceCanBeDefaultDevice = 'dflt',       /* UInt32, of a side */
    kAudioDevicePropertyDeviceCanBeDefaultSystemDevice = 'sflt', /* UInt32 */
    kAudioDevicePropertyLatency = 'ltnc',                        /* UInt32, frames, of a side */
    kAudioDevicePropertyStreams = 'stm#',                        /* AudioObjectID[] */

    kAudioObjectPropertyControlList = 'ctrl', /* AudioObjectID[] */

    kAudioDevicePropertySafetyOffset = 'saft',                /* UInt32, frames, of a side */
    kAudioDevicePropertyNominalSampleRate = 'nsrt',           /* Float64, Hz; settable */
    kAudioDevicePropertyAvailableNominalSampleRates = 'nsr#', /* AudioValueRange[], Hz */
    kAudioDevicePropertyIcon = 'icon',
    kAudioDevicePropertyIsHidden = 'hidn',                   /* UInt32 */
    kAudioDevicePropertyPreferredChannelsForStereo = 'dch2', /* UInt32[2], from 1 */
    kAudioDevicePropertyPreferredChannelLayout = 'srnd',     /* AudioChannelLayout */

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

    kAudioStreamPropertyIsActive = 'sact',        /* UInt32 */
    kAudioStreamPropertyDirection = 'sdir',       /* UInt32, 1: input */
    kAudioStreamPropertyTerminalType = 'term',    /* UInt32, kAudioStreamTerminalType... */
    kAudioStreamPropertyStartingChannel = 'schn', /* UInt32, from 1 */
    kAudioStreamPropertyLatency = 'ltnc',         /* UInt32, frames */
    kAudioStreamPropertyVirtualFormat = 'sfmt',   /* AudioStreamBasicDescription, of IOProcs; settable */
    kAudioStreamPropertyAvailableVirtualFormats = 'sfma',  /* AudioStreamRangedDescription[] */
    kAudioStreamPropertyPhysicalFormat = 'pft ',           /* AudioStreamBasicDescription; settable */
    kAudioStreamPropertyAvailablePhysicalFormats = 'pfta', /* AudioStreamRangedDescription[] */

    kAudioControlClassID = 'actl',
    kAudioControlPropertyScope = 'cscp',   /* AudioObjectPropertyScope */
    kAudioControlPropertyElement = 'celm', /* AudioObjectPropertyElement */

    kAudioSliderControlClassID = 'sldr',
    kAudioSliderControlPropertyValue = 'sdrv',
    kAudioSliderControlPropertyRange = 'sdrr',

    kAudioLevelControlClassID = 'levl',
    kAudioVolumeControlClassID = 'vlme',
    kAudioLFEVolumeControlClassID = 'subv',

    kAudioLevelControlPropertyScalarValue = 'lcsv',             /* Float32, 0 .. 1; settable */
    kAudioLevelControlPropertyDecibelValue = 'lcdv',            /* Float32; settable */
    kAudioLevelControlPropertyDecibelRange = 'lcdr',            /* AudioValueRange */
    kAudioLevelControlPropertyConvertScalarToDecibels = 'lcsd', /* Float32, in and out */
    kAudioLevelControlPropertyConvertDecibelsToScalar = 'lcds', /* Float32, in and out */

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
    kAudioBooleanControlPropertyValue = 'bcvl', /* UInt32; settable */
    kAudioSelectorControlClassID = 'slct',
    kAudioDataSourceControlClassID = 'dsrc',
    kAudioDataDestinationControlClassID = 'dest',
    kAudioClockSourceControlClassID = 'clck',
    kAudioLineLevelControlClassID = 'nlvl',
    kAudioHighPassFilterControlClassID = 'hipf',

    kAudioSelectorControlPropertyCurrentItem = 'scci',    /* UInt32; settable */
    kAudioSelectorControlPropertyAvailableItems = 'scai', /* UInt32[] */
    kAudioSelectorControlPropertyItemName = 'scin',       /* CFStringRef; qualifier: UInt32, the item */
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
