/*
 * AudioToolbox/AudioCodec.h: properties and constants of encoders and decoders.
 *
 * Codecs are components of the types kAudioDecoderComponentType and kAudioEncoderComponentType; their subtype
 * is the AudioFormatID and their manufacturer who wrote them: 'cmus' for the engine's own, 'ffmp' for those
 * of FFmpeg's libavcodec. AudioFormatGetProperty lists them (kAudioFormatProperty_Decoders, _Encoders), and
 * an AudioConverter works with them: it chooses the first for a format, or the one whose
 * AudioClassDescription AudioConverterNewSpecific is given. Through a converter's properties most of what
 * follows can be read and set; sizes are in bytes, times in frames, rates in Hz and bits per second.
 */
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

    /* AudioStreamBasicDescription[]: what goes in and comes out, in any combination */
    kAudioCodecPropertySupportedInputFormats = 'ifm#',
    kAudioCodecPropertySupportedOutputFormats = 'ofm#',
    /* AudioValueRange[], Hz */
    kAudioCodecPropertyAvailableInputSampleRates = 'aisr',
    kAudioCodecPropertyAvailableOutputSampleRates = 'aosr',
    /* AudioValueRange[], bits per second, over all formats of the codec */
    kAudioCodecPropertyAvailableBitRateRange = 'abrt',
    /* UInt32: the least that must be given or taken at once */
    kAudioCodecPropertyMinimumNumberInputPackets = 'mnip',
    kAudioCodecPropertyMinimumNumberOutputPackets = 'mnop',
    /* UInt32[], 0xFFFFFFFF for any number */
    kAudioCodecPropertyAvailableNumberChannels = 'cmnc',
    /* UInt32, 1 when input and output rates may differ */
    kAudioCodecPropertyDoesSampleRateConversion = 'lmrc',
    /* AudioChannelLayoutTag[] */
    kAudioCodecPropertyAvailableInputChannelLayoutTags = 'aicl',
    kAudioCodecPropertyAvailableOutputChannelLayoutTags = 'aocl',
    /* AudioStreamBasicDescription[] for the one passed in */
    kAudioCodecPropertyInputFormatsForOutputFormat = 'if4o',
    kAudioCodecPropertyOutputFormatsForInputFormat = 'of4i',
    /* AudioFormatInfo: completes a format by its magic cookie */
    kAudioCodecPropertyFormatInfo = 'acfi',
    /* UInt32, bytes that the codec takes before it must be asked for output */
    kAudioCodecPropertyInputBufferSize = 'tbuf',
    /* UInt32: frames of a packet, 0 when packets differ */
    kAudioCodecPropertyPacketFrameSize = 'pakf',
    /* UInt32, 1 when packets differ in size */
    kAudioCodecPropertyHasVariablePacketByteSizes = 'vpk?',
    /* UInt32, 1 when a packet needs others to be decoded */
    kAudioCodecPropertyEmploysDependentPackets = 'dpk?',
    /* UInt32, bytes of the largest packet */
    kAudioCodecPropertyMaximumPacketByteSize = 'pakb',
    /* UInt32, bits: what variable bit rate may spend on a packet */
    kAudioCodecPropertyPacketSizeLimitForVBR = 'pakl',
    /* AudioStreamBasicDescription */
    kAudioCodecPropertyCurrentInputFormat = 'ifmt',
    kAudioCodecPropertyCurrentOutputFormat = 'ofmt',
    /* bytes: the set-up data of the format; decoders need it, encoders make it */
    kAudioCodecPropertyMagicCookie = 'kuki',
    /* UInt32, bytes of input not used yet */
    kAudioCodecPropertyUsedInputBufferSize = 'ubuf',
    /* UInt32 */
    kAudioCodecPropertyIsInitialized = 'init',
    /* UInt32, bits per second for all channels together */
    kAudioCodecPropertyCurrentTargetBitRate = 'brat',
    /* Float64, Hz */
    kAudioCodecPropertyCurrentInputSampleRate = 'cisr',
    kAudioCodecPropertyCurrentOutputSampleRate = 'cosr',
    /* UInt32, kAudioCodecQuality_*: effort against speed */
    kAudioCodecPropertyQualitySetting = 'srcq',
    /* AudioValueRange[]: possible and advisable with the present formats */
    kAudioCodecPropertyApplicableBitRateRange = 'brta',
    kAudioCodecPropertyRecommendedBitRateRange = 'brtr',
    /* AudioValueRange[], Hz, possible with the present formats */
    kAudioCodecPropertyApplicableInputSampleRates = 'isra',
    kAudioCodecPropertyApplicableOutputSampleRates = 'osra',
    /* UInt32: silent frames that filled the last packet up */
    kAudioCodecPropertyPaddedZeros = 'pad0',
    /* UInt32, kAudioCodecPrimeMethod_* */
    kAudioCodecPropertyPrimeMethod = 'prmm',
    /* AudioCodecPrimeInfo: frames in front of and behind the sound */
    kAudioCodecPropertyPrimeInfo = 'prim',
    /* AudioChannelLayout */
    kAudioCodecPropertyCurrentInputChannelLayout = 'icl ',
    kAudioCodecPropertyCurrentOutputChannelLayout = 'ocl ',
    /* CFDictionary of the settings that a user might want to change */
    kAudioCodecPropertySettings = 'acs ',
    /* AudioFormatListItem[]: what a stream can be decoded to, the richest first */
    kAudioCodecPropertyFormatList = 'acfl',
    /* UInt32, kAudioCodecBitRateControlMode_* */
    kAudioCodecPropertyBitRateControlMode = 'acbf',
    /* UInt32 0 .. 127, for the mode _Variable */
    kAudioCodecPropertySoundQualityForVBR = 'vbrq',
    /* UInt32, bits per second that the mode _Variable is to reach about */
    kAudioCodecPropertyBitRateForVBR = 'vbrb',
    /* UInt32, kAudioCodecDelayMode_* */
    kAudioCodecPropertyDelayMode = 'dmod',
    /* SInt32: more or less quality than the mode would give */
    kAudioCodecPropertyAdjustLocalQuality = '^qal',
    /* UInt32, kDynamicRangeControlMode_* */
    kAudioCodecPropertyDynamicRangeControlMode = 'mdrc',
    /* UInt32, kDynamicRangeCompressionProfile_* */
    kAudioCodecPropertyAdjustCompressionProfile = '^pro',
    /* UInt32, kProgramTargetLevel_* */
    kAudioCodecPropertyProgramTargetLevelConstant = 'ptlc',
    kAudioCodecPropertyAdjustTargetLevelConstant = '^tlc',
    /* Float32, dB below full scale */
    kAudioCodecPropertyProgramTargetLevel = 'pptl',
    kAudioCodecPropertyAdjustTargetLevel = '^ptl',

    /* of kAudioCodecPropertyQualitySetting */
    kAudioCodecQuality_Max = 127,
    kAudioCodecQuality_High = 96,
    kAudioCodecQuality_Medium = 64,
    kAudioCodecQuality_Low = 32,
    kAudioCodecQuality_Min = 0,

    /* the client gives leading and trailing frames; silence is assumed for both; nothing is added */
    kAudioCodecPrimeMethod_Pre = 0,
    kAudioCodecPrimeMethod_Normal = 1,
    kAudioCodecPrimeMethod_None = 2,

    /* every packet (as far as the format has it), the average, with a limit, or whatever the quality takes */
    kAudioCodecBitRateControlMode_Constant = 0,
    kAudioCodecBitRateControlMode_LongTermAverage = 1,
    kAudioCodecBitRateControlMode_VariableConstrained = 2,
    kAudioCodecBitRateControlMode_Variable = 3,

    /* the usual delay, the least, the one that sounds best */
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

    /* what a call for output found */
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
