/* AudioToolbox/AudioCodec.h: properties and constants of encoders and decoders. */
#ifndef AudioToolbox_AudioCodec_h
#define AudioToolbox_AudioCodec_h

#include <AudioToolbox/AudioComponent.h>

typedef AudioComponentInstance AudioCodec;
typedef UInt32 AudioCodecPropertyID;
typedef UInt32 AudioSettingsFlags;

enum {
    kAudioDecoderComponentType = 'adec',
    kAudioEncoderComponentType = 'aenc',
    kAudioUnityCodecComponentType = 'acdc',

    kAudioCodecPropertySupportedInputFormats = 'ifm#',
    kAudioCodecPropertySupportedOutputFormats = 'ofm#',
    kAudioCodecPropertyAvailableInputSampleRates = 'aisr',
    kAudioCodecPropertyAvailableOutputSampleRates = 'aosr',
    kAudioCodecPropertyAvailableBitRateRange = 'abrt',
    kAudioCodecPropertyMinimumNumberInputPackets = 'mnip',
    kAudioCodecPropertyMinimumNumberOutputPackets = 'mnop',
    kAudioCodecPropertyAvailableNumberChannels = 'cmnc',
    kAudioCodecPropertyDoesSampleRateConversion = 'lmrc',
    kAudioCodecPropertyAvailableInputChannelLayoutTags = 'aicl',
    kAudioCodecPropertyAvailableOutputChannelLayoutTags = 'aocl',
    kAudioCodecPropertyInputFormatsForOutputFormat = 'if4o',
    kAudioCodecPropertyOutputFormatsForInputFormat = 'of4i',
    kAudioCodecPropertyFormatInfo = 'acfi',
    kAudioCodecPropertyInputBufferSize = 'tbuf',
    kAudioCodecPropertyPacketFrameSize = 'pakf',
    kAudioCodecPropertyHasVariablePacketByteSizes = 'vpk?',
    kAudioCodecPropertyEmploysDependentPackets = 'dpk?',
    kAudioCodecPropertyMaximumPacketByteSize = 'pakb',
    kAudioCodecPropertyPacketSizeLimitForVBR = 'pakl',
    kAudioCodecPropertyCurrentInputFormat = 'ifmt',
    kAudioCodecPropertyCurrentOutputFormat = 'ofmt',
    kAudioCodecPropertyMagicCookie = 'kuki',
    kAudioCodecPropertyUsedInputBufferSize = 'ubuf',
    kAudioCodecPropertyIsInitialized = 'init',
    kAudioCodecPropertyCurrentTargetBitRate = 'brat',
    kAudioCodecPropertyCurrentInputSampleRate = 'cisr',
    kAudioCodecPropertyCurrentOutputSampleRate = 'cosr',
    kAudioCodecPropertyQualitySetting = 'srcq',
    kAudioCodecPropertyApplicableBitRateRange = 'brta',
    kAudioCodecPropertyRecommendedBitRateRange = 'brtr',
    kAudioCodecPropertyApplicableInputSampleRates = 'isra',
    kAudioCodecPropertyApplicableOutputSampleRates = 'osra',
    kAudioCodecPropertyPaddedZeros = 'pad0',
    kAudioCodecPropertyPrimeMethod = 'prmm',
    kAudioCodecPropertyPrimeInfo = 'prim',
    kAudioCodecPropertyCurrentInputChannelLayout = 'icl ',
    kAudioCodecPropertyCurrentOutputChannelLayout = 'ocl ',
    kAudioCodecPropertySettings = 'acs ',
    kAudioCodecPropertyFormatList = 'acfl',
    kAudioCodecPropertyBitRateControlMode = 'acbf',
    kAudioCodecPropertySoundQualityForVBR = 'vbrq',
    kAudioCodecPropertyBitRateForVBR = 'vbrb',
    kAudioCodecPropertyDelayMode = 'dmod',
    kAudioCodecPropertyAdjustLocalQuality = '^qal',
    kAudioCodecPropertyDynamicRangeControlMode = 'mdrc',
    kAudioCodecPropertyAdjustCompressionProfile = '^pro',
    kAudioCodecPropertyProgramTargetLevelConstant = 'ptlc',
    kAudioCodecPropertyAdjustTargetLevelConstant = '^tlc',
    kAudioCodecPropertyProgramTargetLevel = 'pptl',
    kAudioCodecPropertyAdjustTargetLevel = '^ptl',

    kAudioCodecQuality_Max = 127,
    kAudioCodecQuality_High = 96,
    kAudioCodecQuality_Medium = 64,
    kAudioCodecQuality_Low = 32,
    kAudioCodecQuality_Min = 0,

    kAudioCodecPrimeMethod_Pre = 0,
    kAudioCodecPrimeMethod_Normal = 1,
    kAudioCodecPrimeMethod_None = 2,

    kAudioCodecBitRateControlMode_Constant = 0,
    kAudioCodecBitRateControlMode_LongTermAverage = 1,
    kAudioCodecBitRateControlMode_VariableConstrained = 2,
    kAudioCodecBitRateControlMode_Variable = 3,

    kAudioCodecDelayMode_Compatibility = 0,
    kAudioCodecDelayMode_Minimum = 1,
    kAudioCodecDelayMode_Optimal = 2,

    kProgramTargetLevel_None = 0,
    kProgramTargetLevel_Minus31dB = 1,
    kProgramTargetLevel_Minus23dB = 2,
    kProgramTargetLevel_Minus20dB = 3,

    kDynamicRangeControlMode_None = 0,
    kDynamicRangeControlMode_Light = 1,
    kDynamicRangeControlMode_Heavy = 2,

    kDynamicRangeCompressionProfile_None = 0,
    kDynamicRangeCompressionProfile_LateNight = 1,
    kDynamicRangeCompressionProfile_NoisyEnvironment = 2,
    kDynamicRangeCompressionProfile_LimitedPlaybackRange = 3,
    kDynamicRangeCompressionProfile_GeneralCompression = 6,

    kAudioSettingsFlags_ExpertParameter = 1,
    kAudioSettingsFlags_InvisibleParameter = 2,
    kAudioSettingsFlags_MetaParameter = 4,
    kAudioSettingsFlags_UserInterfaceParameter = 8,

    kAudioCodecProduceOutputPacketFailure = 1,
    kAudioCodecProduceOutputPacketSuccess = 2,
    kAudioCodecProduceOutputPacketSuccessHasMore = 3,
    kAudioCodecProduceOutputPacketNeedsMoreInputData = 4,
    kAudioCodecProduceOutputPacketAtEOF = 5,
    kAudioCodecProduceOutputPacketSuccessConcealed = 6,

    kAudioCodecGetPropertyInfoSelect = 1,
    kAudioCodecGetPropertySelect = 2,
    kAudioCodecSetPropertySelect = 3,
    kAudioCodecInitializeSelect = 4,
    kAudioCodecUninitializeSelect = 5,
    kAudioCodecAppendInputDataSelect = 6,
    kAudioCodecProduceOutputDataSelect = 7,
    kAudioCodecResetSelect = 8,
    kAudioCodecAppendInputBufferListSelect = 9,
    kAudioCodecProduceOutputBufferListSelect = 10,
    kAudioCodecNoError = 0,
    kAudioCodecUnspecifiedError = 'what',
    kAudioCodecUnknownPropertyError = 'who?',
    kAudioCodecBadPropertySizeError = '!siz',
    kAudioCodecIllegalOperationError = 'nope',
    kAudioCodecUnsupportedFormatError = '!dat',
    kAudioCodecStateError = '!stt',
    kAudioCodecNotEnoughBufferSpaceError = '!buf',
    kAudioCodecBadDataError = 'bada',

    kAudioCodecPropertyMinimumDelayMode = 'mdel',
    kAudioCodecPropertyNameCFString = 'lnam',
    kAudioCodecPropertyManufacturerCFString = 'lmak',
    kAudioCodecPropertyFormatCFString = 'lfor',
    kAudioCodecPropertyRequiresPacketDescription = 'pakd',
    kAudioCodecPropertyAvailableBitRates = 'brt#',

    kAudioCodecExtendFrequencies = 'acef',
    kAudioCodecUseRecommendedSampleRate = 'ursr',
    kAudioCodecOutputPrecedence = 'oppr',
    kAudioCodecBitRateFormat = 'acbf',
    kAudioCodecDoesSampleRateConversion = 'lmrc',
    kAudioCodecInputFormatsForOutputFormat = 'if4o',
    kAudioCodecOutputFormatsForInputFormat = 'of4i',

    kAudioCodecPropertyInputChannelLayout = 'icl ',
    kAudioCodecPropertyOutputChannelLayout = 'ocl ',
    kAudioCodecPropertyAvailableInputChannelLayouts = 'aicl',
    kAudioCodecPropertyAvailableOutputChannelLayouts = 'aocl',
    kAudioCodecPropertyZeroFramesPadded = 'pad0',

    kAudioCodecBitRateFormat_CBR = 0,
    kAudioCodecBitRateFormat_ABR = 1,
    kAudioCodecBitRateFormat_VBR = 2,

    kAudioCodecOutputPrecedenceNone = 0,
    kAudioCodecOutputPrecedenceBitRate = 1,
    kAudioCodecOutputPrecedenceSampleRate = 2,

    kHintBasic = 0,
    kHintAdvanced = 1,
    kHintHidden = 2
};

#define kAudioSettings_TopLevelKey "name"
#define kAudioSettings_Version "version"
#define kAudioSettings_Parameters "parameters"
#define kAudioSettings_SettingKey "key"
#define kAudioSettings_SettingName "name"
#define kAudioSettings_ValueType "value type"
#define kAudioSettings_AvailableValues "available values"
#define kAudioSettings_LimitedValues "limited values"
#define kAudioSettings_CurrentValue "current value"
#define kAudioSettings_Summary "summary"
#define kAudioSettings_Hint "hint"
#define kAudioSettings_Unit "unit"

#endif
