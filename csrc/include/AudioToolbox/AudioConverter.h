/* AudioToolbox/AudioConverter.h: conversion between two audio formats. */
#ifndef AudioToolbox_AudioConverter_h
#define AudioToolbox_AudioConverter_h

#include <CoreAudioTypes/CoreAudioTypes.h>

typedef struct OpaqueAudioConverter *AudioConverterRef;
typedef UInt32 AudioConverterPropertyID;
typedef struct AudioConverterPrimeInfo AudioConverterPrimeInfo;

enum {
    kAudioConverterPropertyMinimumInputBufferSize = 'mibs',
    kAudioConverterPropertyMinimumOutputBufferSize = 'mobs',
    kAudioConverterPropertyMaximumInputPacketSize = 'xips',
    kAudioConverterPropertyMaximumOutputPacketSize = 'xops',
    kAudioConverterPropertyCalculateInputBufferSize = 'cibs',
    kAudioConverterPropertyCalculateOutputBufferSize = 'cobs',
    kAudioConverterPropertyInputCodecParameters = 'icdp',
    kAudioConverterPropertyOutputCodecParameters = 'ocdp',

    kAudioConverterSampleRateConverterComplexity = 'srca',
    kAudioConverterSampleRateConverterQuality = 'srcq',
    kAudioConverterSampleRateConverterInitialPhase = 'srcp',

    kAudioConverterCodecQuality = 'cdqu',
    kAudioConverterPrimeMethod = 'prmm',
    kAudioConverterPrimeInfo = 'prim',
    kAudioConverterChannelMap = 'chmp',
    kAudioConverterDecompressionMagicCookie = 'dmgc',
    kAudioConverterCompressionMagicCookie = 'cmgc',
    kAudioConverterEncodeBitRate = 'brat',
    kAudioConverterEncodeAdjustableSampleRate = 'ajsr',
    kAudioConverterInputChannelLayout = 'icl ',
    kAudioConverterOutputChannelLayout = 'ocl ',
    kAudioConverterApplicableEncodeBitRates = 'aebr',
    kAudioConverterAvailableEncodeBitRates = 'vebr',
    kAudioConverterApplicableEncodeSampleRates = 'aesr',
    kAudioConverterAvailableEncodeSampleRates = 'vesr',
    kAudioConverterAvailableEncodeChannelLayoutTags = 'aecl',
    kAudioConverterCurrentOutputStreamDescription = 'acod',
    kAudioConverterCurrentInputStreamDescription = 'acid',

    kAudioConverterPropertySettings = 'acps',
    kAudioConverterPropertyBitDepthHint = 'acbd',
    kAudioConverterPropertyFormatList = 'flst',
    kAudioConverterPropertyDithering = 'dith',
    kAudioConverterPropertyDitherBitDepth = 'dbit',

    kDitherAlgorithm_TPDF = 1,
    kDitherAlgorithm_NoiseShaping = 2,

    kAudioConverterQuality_Max = 127,
    kAudioConverterQuality_High = 96,
    kAudioConverterQuality_Medium = 64,
    kAudioConverterQuality_Low = 32,
    kAudioConverterQuality_Min = 0,

    kAudioConverterSampleRateConverterComplexity_Linear = 'line',
    kAudioConverterSampleRateConverterComplexity_Normal = 'norm',
    kAudioConverterSampleRateConverterComplexity_Mastering = 'bats',
    kAudioConverterSampleRateConverterComplexity_MinimumPhase = 'minp',

    kConverterPrimeMethod_Pre = 0,
    kConverterPrimeMethod_Normal = 1,
    kConverterPrimeMethod_None = 2,

    kAudioConverterErr_FormatNotSupported = 'fmt?',
    kAudioConverterErr_OperationNotSupported = 'op\?\?',
    kAudioConverterErr_PropertyNotSupported = 'prop',
    kAudioConverterErr_InvalidInputSize = 'insz',
    kAudioConverterErr_InvalidOutputSize = 'otsz',
    kAudioConverterErr_UnspecifiedError = 'what',
    kAudioConverterErr_BadPropertySizeError = '!siz',
    kAudioConverterErr_RequiresPacketDescriptionsError = '!pkd',
    kAudioConverterErr_InputSampleRateOutOfRange = '!isr',
    kAudioConverterErr_OutputSampleRateOutOfRange = '!osr',

    kAudioConverterPropertyMaximumInputBufferSize = 'xibs',
    kAudioConverterSampleRateConverterAlgorithm = 'srci'
};

struct AudioConverterPrimeInfo {
    UInt32 leadingFrames;
    UInt32 trailingFrames;
};

CF_EXTERN_C_BEGIN

typedef OSStatus (*AudioConverterComplexInputDataProc)(AudioConverterRef, UInt32 *, AudioBufferList *,
                                                       AudioStreamPacketDescription **, void *);
typedef OSStatus (*AudioConverterInputDataProc)(AudioConverterRef, UInt32 *, void **, void *);

extern OSStatus AudioConverterNew(const AudioStreamBasicDescription *inSourceFormat,
                                  const AudioStreamBasicDescription *inDestinationFormat,
                                  AudioConverterRef *outAudioConverter);
extern OSStatus AudioConverterNewSpecific(const AudioStreamBasicDescription *inSourceFormat,
                                          const AudioStreamBasicDescription *inDestinationFormat,
                                          UInt32 inNumberClassDescriptions,
                                          const AudioClassDescription *inClassDescriptions,
                                          AudioConverterRef *outAudioConverter);
extern OSStatus AudioConverterDispose(AudioConverterRef inAudioConverter);
extern OSStatus AudioConverterReset(AudioConverterRef inAudioConverter);
extern OSStatus AudioConverterGetPropertyInfo(AudioConverterRef inAudioConverter,
                                              AudioConverterPropertyID inPropertyID, UInt32 *outSize,
                                              Boolean *outWritable);
extern OSStatus AudioConverterGetProperty(AudioConverterRef inAudioConverter,
                                          AudioConverterPropertyID inPropertyID, UInt32 *ioPropertyDataSize,
                                          void *outPropertyData);
extern OSStatus AudioConverterSetProperty(AudioConverterRef inAudioConverter,
                                          AudioConverterPropertyID inPropertyID, UInt32 inPropertyDataSize,
                                          const void *inPropertyData);
extern OSStatus AudioConverterConvertBuffer(AudioConverterRef inAudioConverter, UInt32 inInputDataSize,
                                            const void *inInputData, UInt32 *ioOutputDataSize,
                                            void *outOutputData);
extern OSStatus AudioConverterFillComplexBuffer(AudioConverterRef inAudioConverter,
                                                AudioConverterComplexInputDataProc inInputDataProc,
                                                void *inInputDataProcUserData, UInt32 *ioOutputDataPacketSize,
                                                AudioBufferList *outOutputData,
                                                AudioStreamPacketDescription *outPacketDescription);
extern OSStatus AudioConverterConvertComplexBuffer(AudioConverterRef inAudioConverter,
                                                   UInt32 inNumberPCMFrames,
                                                   const AudioBufferList *inInputData,
                                                   AudioBufferList *outOutputData);
extern OSStatus AudioConverterFillBuffer(AudioConverterRef inAudioConverter,
                                         AudioConverterInputDataProc inInputDataProc,
                                         void *inInputDataProcUserData, UInt32 *ioOutputDataSize,
                                         void *outOutputData);

CF_EXTERN_C_END

#endif
