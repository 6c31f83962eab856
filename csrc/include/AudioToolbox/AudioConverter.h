/*
 * AudioToolbox/AudioConverter.h: conversion between two audio formats, of which one at least is linear PCM.
 *
 * A converter changes sample type, byte order and interleaving, the number and order of channels, and the
 * sample rate, and decodes or encodes. Every function is [any]: calls on one converter exclude each other,
 * and the input procedure may call back into the converter that called it. Once a converter of linear PCM has
 * converted its first buffer, AudioConverterFillComplexBuffer allocates nothing. A reference that is not a
 * live converter gives kAudio_ParamError.
 *
 * Where the numbers of channels differ and nothing is said, the first channels go across, surplus ones are
 * dropped and missing ones are silent. A channel map routes; an input and an output channel layout together
 * mix by the standard coefficients. 32-bit integers and 64-bit floats are never narrowed on the way.
 *
 * Changing a property that shapes the conversion begins a new sound: what the converter held back is lost.
 */
#ifndef AudioToolbox_AudioConverter_h
#define AudioToolbox_AudioConverter_h

#include <CoreAudioTypes/CoreAudioTypes.h>

typedef struct OpaqueAudioConverter *AudioConverterRef;
typedef UInt32 AudioConverterPropertyID;
typedef struct AudioConverterPrimeInfo AudioConverterPrimeInfo;

enum {
    /* UInt32, bytes: the least input that gives output */
    kAudioConverterPropertyMinimumInputBufferSize = 'mibs',
    kAudioConverterPropertyMinimumOutputBufferSize = 'mobs', /* UInt32, bytes: one packet of output */
    /* UInt32, bytes: the largest packet that the input format allows */
    kAudioConverterPropertyMaximumInputPacketSize = 'xips',
    kAudioConverterPropertyMaximumOutputPacketSize = 'xops', /* UInt32, bytes */
    /* UInt32: bytes of output in, bytes of input out */
    kAudioConverterPropertyCalculateInputBufferSize = 'cibs',
    /* UInt32: bytes of input in, bytes of output out */
    kAudioConverterPropertyCalculateOutputBufferSize = 'cobs',
    kAudioConverterPropertyInputCodecParameters = 'icdp',  /* private to Apple's codecs; not supported */
    kAudioConverterPropertyOutputCodecParameters = 'ocdp', /* private to Apple's codecs; not supported */

    kAudioConverterSampleRateConverterComplexity = 'srca', /* OSType, read and write */
    kAudioConverterSampleRateConverterQuality = 'srcq', /* UInt32 0 .. 127, read and write; 96 unless set */
    /* Float64, 0 <= x < 1 input frames, read and write */
    kAudioConverterSampleRateConverterInitialPhase = 'srcp',

    kAudioConverterCodecQuality = 'cdqu', /* UInt32 0 .. 127, read and write; encoders */
    kAudioConverterPrimeMethod = 'prmm',  /* UInt32, read and write */
    /* AudioConverterPrimeInfo; of the encoder if there is one, else of the rate converter */
    kAudioConverterPrimeInfo = 'prim',
    /* SInt32 for each output channel: an input channel from 0, or -1; read and write */
    kAudioConverterChannelMap = 'chmp',
    kAudioConverterDecompressionMagicCookie = 'dmgc', /* bytes, copied; read and write; decoders */
    kAudioConverterCompressionMagicCookie = 'cmgc',   /* bytes, final after the last packet; encoders */
    /* UInt32, bits per second; encoders: read and write, 0 is their own choice */
    kAudioConverterEncodeBitRate = 'brat',
    /* Float64, Hz, of the output; encoders, read and write */
    kAudioConverterEncodeAdjustableSampleRate = 'ajsr',
    kAudioConverterInputChannelLayout = 'icl ',  /* AudioChannelLayout, copied; read and write */
    kAudioConverterOutputChannelLayout = 'ocl ', /* AudioChannelLayout, copied; read and write */
    /* AudioValueRange[]: for the output's rate and channels */
    kAudioConverterApplicableEncodeBitRates = 'aebr',
    kAudioConverterAvailableEncodeBitRates = 'vebr',     /* AudioValueRange[]: for the output's channels */
    kAudioConverterApplicableEncodeSampleRates = 'aesr', /* AudioValueRange[], Hz */
    kAudioConverterAvailableEncodeSampleRates = 'vesr',  /* AudioValueRange[], Hz */
    kAudioConverterAvailableEncodeChannelLayoutTags = 'aecl', /* AudioChannelLayoutTag[] */
    kAudioConverterCurrentOutputStreamDescription = 'acod',   /* AudioStreamBasicDescription, complete */
    kAudioConverterCurrentInputStreamDescription = 'acid',    /* AudioStreamBasicDescription, complete */

    /* CFArrayRef of dictionaries, the caller's to release; read and write */
    kAudioConverterPropertySettings = 'acps',
    /* SInt32, bits of the source, negative for float; encoders, read and write */
    kAudioConverterPropertyBitDepthHint = 'acbd',
    kAudioConverterPropertyFormatList = 'flst', /* AudioFormatListItem[]; encoders */
    kAudioConverterPropertyDithering = 'dith',  /* UInt32, a kDitherAlgorithm or 0; read and write */
    /* UInt32, bits; 0: those of an integer output; read and write */
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

    kConverterPrimeMethod_Pre = 0,    /* the client supplies leadingFrames of earlier sound first */
    kConverterPrimeMethod_Normal = 1, /* silence is assumed there; output begins with the first frame */
    kConverterPrimeMethod_None = 2,   /* output is late by leadingFrames, and cut off at the end */

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

    kAudioConverterPropertyMaximumInputBufferSize = 'xibs', /* not supported */
    kAudioConverterSampleRateConverterAlgorithm = 'srci'    /* not supported */
};

/*
 * A rate converter: frames of input before and after an instant that the output there depends on. An encoder:
 * frames of silence in its packets before the sound, and behind it (known once it has given its last packet).
 */
struct AudioConverterPrimeInfo {
    UInt32 leadingFrames;
    UInt32 trailingFrames;
};

CF_EXTERN_C_BEGIN

/*
 * Supplies input. *ioNumberDataPackets is what the converter would like; fewer or more may be supplied, and
 * it is set to how many were. ioData has as many buffers as the input format has planes; mData and
 * mDataByteSize of each are set to memory that stays valid and unchanged until the next call. Packets of
 * varying size need *outDataPacketDescription set to their descriptions, which live as long; the pointer is
 * NULL for linear PCM.
 *
 * 0 packets and noErr: the input has ended; what the converter holds back comes out. An error with 0 packets
 * ends the converter's call with that error and what was made so far; the next call goes on where this one
 * stopped.
 */
typedef OSStatus (*AudioConverterComplexInputDataProc)(
    AudioConverterRef inAudioConverter, UInt32 *ioNumberDataPackets, AudioBufferList *ioData,
    AudioStreamPacketDescription **outDataPacketDescription, void *inUserData);

/* The older form: *ioDataSize bytes are wanted, and were supplied at *outData. 0 bytes: the end. */
typedef OSStatus (*AudioConverterInputDataProc)(AudioConverterRef inAudioConverter, UInt32 *ioDataSize,
                                                void **outData, void *inUserData);

/*
 * A new converter, the caller's to dispose of. Fields of a compressed format that are 0 are filled in; a
 * sample rate of 0 on one side is that of the other. kAudioConverterErr_FormatNotSupported: a format that
 * does not exist, no codec for it, or both sides compressed. kAudioConverterErr_InputSampleRateOutOfRange and
 * kAudioConverterErr_OutputSampleRateOutOfRange: rates more than 1024 times apart.
 */
extern OSStatus AudioConverterNew(const AudioStreamBasicDescription *inSourceFormat,
                                  const AudioStreamBasicDescription *inDestinationFormat,
                                  AudioConverterRef *outAudioConverter);

/* The same with the codec chosen from those named, the first that exists. */
extern OSStatus AudioConverterNewSpecific(const AudioStreamBasicDescription *inSourceFormat,
                                          const AudioStreamBasicDescription *inDestinationFormat,
                                          UInt32 inNumberClassDescriptions,
                                          const AudioClassDescription *inClassDescriptions,
                                          AudioConverterRef *outAudioConverter);

/* Allowed while another call on the converter runs, also from its input procedure: that call still ends well.
 */
extern OSStatus AudioConverterDispose(AudioConverterRef inAudioConverter);

/* Forgets the sound so far; the next call begins another. From the input procedure: when the call is over. */
extern OSStatus AudioConverterReset(AudioConverterRef inAudioConverter);

/* outSize and outWritable may be NULL. kAudioConverterErr_PropertyNotSupported: unknown, or not of this kind
 * of converter. */
extern OSStatus AudioConverterGetPropertyInfo(AudioConverterRef inAudioConverter,
                                              AudioConverterPropertyID inPropertyID, UInt32 *outSize,
                                              Boolean *outWritable);

/* kAudioConverterErr_BadPropertySizeError when the memory is too small. *ioPropertyDataSize: bytes written.
 */
extern OSStatus AudioConverterGetProperty(AudioConverterRef inAudioConverter,
                                          AudioConverterPropertyID inPropertyID, UInt32 *ioPropertyDataSize,
                                          void *outPropertyData);

/* A setting that the encoder refuses is reported here, and the one before stays. Size 0 takes back a map, a
 * layout or a cookie. */
extern OSStatus AudioConverterSetProperty(AudioConverterRef inAudioConverter,
                                          AudioConverterPropertyID inPropertyID, UInt32 inPropertyDataSize,
                                          const void *inPropertyData);

/*
 * Converts a whole buffer where one frame in is one frame out: linear PCM, A-law and mu-law at one sample
 * rate, in one buffer each. *ioOutputDataSize: the room in bytes, then what was written.
 * kAudioConverterErr_OperationNotSupported for any other conversion, kAudioConverterErr_InvalidInputSize for
 * a part of a frame, kAudioConverterErr_InvalidOutputSize for too little room.
 */
extern OSStatus AudioConverterConvertBuffer(AudioConverterRef inAudioConverter, UInt32 inInputDataSize,
                                            const void *inInputData, UInt32 *ioOutputDataSize,
                                            void *outOutputData);

/*
 * Makes *ioOutputDataPacketSize packets (frames, for linear PCM) of output, asking the input procedure for
 * what it takes. Fewer come at the end of the input and 0 after it; if the procedure then supplies more, that
 * is the beginning of another sound. Encoders also stop where the next packet does not fit the buffer.
 * outPacketDescription: room for a description of each packet, or NULL.
 * kAudioConverterErr_InvalidOutputSize: the buffers do not hold the frames asked for, or not one packet.
 */
extern OSStatus AudioConverterFillComplexBuffer(AudioConverterRef inAudioConverter,
                                                AudioConverterComplexInputDataProc inInputDataProc,
                                                void *inInputDataProcUserData, UInt32 *ioOutputDataPacketSize,
                                                AudioBufferList *outOutputData,
                                                AudioStreamPacketDescription *outPacketDescription);

/* As AudioConverterConvertBuffer for linear PCM in any number of buffers. */
extern OSStatus AudioConverterConvertComplexBuffer(AudioConverterRef inAudioConverter,
                                                   UInt32 inNumberPCMFrames,
                                                   const AudioBufferList *inInputData,
                                                   AudioBufferList *outOutputData);

/* As AudioConverterFillComplexBuffer, counted in bytes, for packets of one constant size in one buffer. */
extern OSStatus AudioConverterFillBuffer(AudioConverterRef inAudioConverter,
                                         AudioConverterInputDataProc inInputDataProc,
                                         void *inInputDataProcUserData, UInt32 *ioOutputDataSize,
                                         void *outOutputData);

CF_EXTERN_C_END

#endif
