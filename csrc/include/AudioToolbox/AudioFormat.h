/*
 * AudioToolbox/AudioFormat.h: facts about audio formats, codecs, channel layouts, mixing and panning.
 *
 * Each property is a question about its specifier. Below, "of X" names the specifier and the rest is the
 * value; an array's length follows from its size. Pairs of layouts are two pointers. A CFStringRef or
 * CFDictionaryRef is the caller's to release. Both functions are [any] and keep nothing.
 */
#ifndef AudioToolbox_AudioFormat_h
#define AudioToolbox_AudioFormat_h

#include <CoreAudioTypes/CoreAudioTypes.h>

typedef UInt32 AudioFormatPropertyID;
typedef UInt32 AudioPanningMode;
typedef struct AudioPanningInfo AudioPanningInfo;
typedef UInt32 AudioBalanceFadeType;
typedef struct AudioBalanceFade AudioBalanceFade;
typedef struct AudioFormatInfo AudioFormatInfo;
typedef struct ExtendedAudioFormatInfo ExtendedAudioFormatInfo;

enum {
    kPanningMode_SoundField = 3,            /* a first-order sound field, decoded in phase */
    kPanningMode_VectorBasedPanning = 4,    /* the two or three loudspeakers around the direction */
    kAudioBalanceFadeType_MaxUnityGain = 0, /* gains up to 1: the far side is lowered */
    kAudioBalanceFadeType_EqualPower = 1,   /* gains up to 1.414: the power of both sides stays the same */

    /* of a magic cookie or nothing: an AudioStreamBasicDescription, whose mFormatID is given */
    kAudioFormatProperty_FormatInfo = 'fmti',
    kAudioFormatProperty_FormatName = 'fnam',      /* of an AudioStreamBasicDescription: CFStringRef */
    kAudioFormatProperty_EncodeFormatIDs = 'acof', /* of nothing: AudioFormatID[] */
    kAudioFormatProperty_DecodeFormatIDs = 'acif', /* of nothing: AudioFormatID[] */
    /* of an AudioFormatInfo: AudioFormatListItem[], the richest first */
    kAudioFormatProperty_FormatList = 'flst',
    kAudioFormatProperty_ASBDFromESDS = 'essd', /* of an ES descriptor: AudioStreamBasicDescription */
    kAudioFormatProperty_ChannelLayoutFromESDS = 'escl', /* of an ES descriptor: AudioChannelLayout */
    /* of an AudioFormatInfo: AudioFormatListItem[], what decoding gives */
    kAudioFormatProperty_OutputFormatList = 'ofls',
    /* of AudioFormatListItem[]: UInt32, an index */
    kAudioFormatProperty_FirstPlayableFormatFromList = 'fpfl',
    /* of an AudioStreamBasicDescription: UInt32, 1 when packets differ in size */
    kAudioFormatProperty_FormatIsVBR = 'fvbr',
    /* of an AudioStreamBasicDescription: UInt32, 1 when only a table tells packets apart */
    kAudioFormatProperty_FormatIsExternallyFramed = 'fexf',
    /* of an AudioStreamBasicDescription: UInt32 */
    kAudioFormatProperty_FormatEmploysDependentPackets = 'fdep',
    kAudioFormatProperty_FormatIsEncrypted = 'cryp', /* of an AudioFormatID: UInt32 */
    kAudioFormatProperty_Encoders = 'aven',          /* of an AudioFormatID: AudioClassDescription[] */
    kAudioFormatProperty_Decoders = 'avde',          /* of an AudioFormatID: AudioClassDescription[] */
    /* of an AudioFormatID: AudioValueRange[], bits per second */
    kAudioFormatProperty_AvailableEncodeBitRates = 'aebr',
    kAudioFormatProperty_AvailableEncodeSampleRates = 'aesr', /* of an AudioFormatID: AudioValueRange[], Hz */
    /* of an AudioStreamBasicDescription (format and channels): AudioChannelLayoutTag[] */
    kAudioFormatProperty_AvailableEncodeChannelLayoutTags = 'aecl',
    /* of an AudioStreamBasicDescription: UInt32[]; 0xFFFFFFFF is any number */
    kAudioFormatProperty_AvailableEncodeNumberChannels = 'avnc',
    /* of an AudioStreamBasicDescription: UInt32[]; 0xFFFFFFFF is any number */
    kAudioFormatProperty_AvailableDecodeNumberChannels = 'adnc',
    /* of the start of an MPEG audio packet: AudioStreamBasicDescription */
    kAudioFormatProperty_ASBDFromMPEGPacket = 'admp',
    kAudioFormatProperty_BitmapForLayoutTag = 'bmtg', /* of an AudioChannelLayoutTag: UInt32 */
    /* of a pair of layouts: Float32[from][to], gains by ITU-R BS.775 */
    kAudioFormatProperty_MatrixMixMap = 'mmap',
    /* of a pair of layouts: SInt32[to], the channel to take or -1 */
    kAudioFormatProperty_ChannelMap = 'chmp',
    kAudioFormatProperty_NumberOfChannelsForLayout = 'nchm', /* of an AudioChannelLayout: UInt32 */
    /* of a pair of layouts: UInt32, 1 when they name the same channels */
    kAudioFormatProperty_AreChannelLayoutsEquivalent = 'cheq',
    /* of an AudioChannelLayout: UInt32, equal for equivalent ones */
    kAudioFormatProperty_ChannelLayoutHash = 'chha',
    /* of an AudioChannelLayout: UInt32, 1 when it is one */
    kAudioFormatProperty_ValidateChannelLayout = 'vacl',
    /* of an AudioChannelLayoutTag: AudioChannelLayout with descriptions */
    kAudioFormatProperty_ChannelLayoutForTag = 'cmpl',
    /* of an AudioChannelLayout: AudioChannelLayoutTag, 0 when there is none */
    kAudioFormatProperty_TagForChannelLayout = 'cmpt',
    /* of an AudioChannelLayout: CFStringRef, "5.1 (L R C LFE Ls Rs)" */
    kAudioFormatProperty_ChannelLayoutName = 'lonm',
    kAudioFormatProperty_ChannelLayoutSimpleName = 'lsnm', /* of an AudioChannelLayout: CFStringRef, "5.1" */
    /* of a UInt32: AudioChannelLayout with descriptions */
    kAudioFormatProperty_ChannelLayoutForBitmap = 'cmpb',
    /* of an AudioChannelDescription: CFStringRef, "Left Surround" */
    kAudioFormatProperty_ChannelName = 'cnam',
    kAudioFormatProperty_ChannelShortName = 'csnm', /* of an AudioChannelDescription: CFStringRef, "Ls" */
    kAudioFormatProperty_TagsForNumberOfChannels = 'tagc', /* of a UInt32: AudioChannelLayoutTag[] */
    /* of an AudioPanningInfo: Float32[], a gain for each channel */
    kAudioFormatProperty_PanningMatrix = 'panm',
    /* of an AudioBalanceFade: Float32[], a gain for each channel */
    kAudioFormatProperty_BalanceFade = 'balf',
    /* of the first 10 bytes of a tag: UInt32, bytes of the whole tag */
    kAudioFormatProperty_ID3TagSize = 'id3s',
    /* of an ID3 tag: CFDictionaryRef, keys as in AudioFile.h */
    kAudioFormatProperty_ID3TagToDictionary = 'id3d',

    kAudioFormatUnspecifiedError = 'what',
    kAudioFormatUnsupportedPropertyError = 'prop',
    kAudioFormatBadPropertySizeError = '!siz',
    kAudioFormatBadSpecifierSizeError = '!spc',
    kAudioFormatUnsupportedDataFormatError = 'fmt?',
    kAudioFormatUnknownFormatError = '!fmt'
};

struct AudioPanningInfo {
    AudioPanningMode mPanningMode;
    UInt32 mCoordinateFlags; /* kAudioChannelFlags_* */
    Float32 mCoordinates[3]; /* right, front, up; or azimuth, elevation in degrees, and distance */
    Float32 mGainScale;      /* multiplies the gains */
    const AudioChannelLayout *mOutputChannelMap;
};

struct AudioBalanceFade {
    Float32 mLeftRightBalance; /* -1 left .. 1 right */
    Float32 mBackFrontFade;    /* -1 back .. 1 front */
    AudioBalanceFadeType mType;
    const AudioChannelLayout *mChannelLayout;
};

/* mMagicCookie may be NULL. The caller's memory. */
struct AudioFormatInfo {
    AudioStreamBasicDescription mASBD;
    const void *mMagicCookie;
    UInt32 mMagicCookieSize;
};

struct ExtendedAudioFormatInfo {
    AudioStreamBasicDescription mASBD;
    const void *mMagicCookie;
    UInt32 mMagicCookieSize;
    AudioClassDescription mClassDescription;
};

CF_EXTERN_C_BEGIN

/*
 * The size of a value in bytes. kAudioFormatUnsupportedPropertyError: no such property.
 * kAudioFormatBadSpecifierSizeError: the specifier is missing or too small.
 * kAudioFormatUnsupportedDataFormatError: there is no answer for this specifier.
 */
extern OSStatus AudioFormatGetPropertyInfo(AudioFormatPropertyID inPropertyID, UInt32 inSpecifierSize,
                                           const void *inSpecifier, UInt32 *outPropertyDataSize);
/* The value, and its size in *ioPropertyDataSize. kAudioFormatBadPropertySizeError: there is too little room.
 */
extern OSStatus AudioFormatGetProperty(AudioFormatPropertyID inPropertyID, UInt32 inSpecifierSize,
                                       const void *inSpecifier, UInt32 *ioPropertyDataSize,
                                       void *outPropertyData);

CF_EXTERN_C_END

#endif
