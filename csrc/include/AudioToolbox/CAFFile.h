/*
 * AudioToolbox/CAFFile.h: the chunks of a Core Audio Format file, as they stand on disk.
 *
 * Everything is big-endian and packed; a program that reads these structs from a file swaps each field
 * itself. A file is a CAFFileHeader and chunks, each a CAFChunkHeader and its contents, one behind the other
 * without padding. The description comes first; the order of the others is free, but audio data of unknown
 * size (-1) comes last.
 */
#ifndef AudioToolbox_CAFFile_h
#define AudioToolbox_CAFFile_h

#include <CoreFoundation/CFBase.h>

typedef struct CAFFileHeader CAFFileHeader;
typedef struct CAFChunkHeader CAFChunkHeader;
typedef struct CAF_UUID_ChunkHeader CAF_UUID_ChunkHeader;
typedef UInt32 CAFFormatFlags;
typedef struct CAFAudioDescription CAFAudioDescription;
typedef struct CAFPacketTableHeader CAFPacketTableHeader;
typedef struct CAFDataChunk CAFDataChunk;
typedef struct CAF_SMPTE_Time CAF_SMPTE_Time;
typedef struct CAFMarker CAFMarker;
typedef struct CAFMarkerChunk CAFMarkerChunk;
typedef UInt32 CAFRegionFlags;
typedef struct CAFRegion CAFRegion;
typedef struct CAFRegionChunk CAFRegionChunk;
typedef struct CAFInstrumentChunk CAFInstrumentChunk;
typedef struct CAFStringID CAFStringID;
typedef struct CAFStrings CAFStrings;
typedef struct CAFInfoStrings CAFInfoStrings;
typedef struct CAFPositionPeak CAFPositionPeak;
typedef struct CAFPeakChunk CAFPeakChunk;
typedef struct CAFOverviewSample CAFOverviewSample;
typedef struct CAFOverviewChunk CAFOverviewChunk;
typedef struct CAFUMIDChunk CAFUMIDChunk;

enum {
    kCAF_FileType = 'caff',
    kCAF_FileVersion_Initial = 1,

    /* mChunkType, and what the chunk holds */
    kCAF_StreamDescriptionChunkID = 'desc', /* CAFAudioDescription */
    kCAF_AudioDataChunkID = 'data',         /* CAFDataChunk */
    kCAF_ChannelLayoutChunkID = 'chan',     /* an AudioChannelLayout */
    kCAF_FillerChunkID = 'free',            /* nothing: room for later */
    kCAF_MarkerChunkID = 'mark',            /* CAFMarkerChunk */
    kCAF_RegionChunkID = 'regn',            /* CAFRegionChunk */
    kCAF_InstrumentChunkID = 'inst',        /* CAFInstrumentChunk */
    kCAF_MagicCookieID = 'kuki',            /* what a decoder needs to know */
    kCAF_InfoStringsChunkID = 'info',       /* CAFInfoStrings */
    kCAF_EditCommentsChunkID = 'edct',      /* as info: keys are times, values comments */
    kCAF_PacketTableChunkID = 'pakt',       /* CAFPacketTableHeader */
    kCAF_StringsChunkID = 'strg',           /* CAFStrings */
    kCAF_UUIDChunkID = 'uuid',              /* 16 bytes that tell what it is, then anything */
    kCAF_PeakChunkID = 'peak',              /* CAFPeakChunk */
    kCAF_OverviewChunkID = 'ovvw',          /* CAFOverviewChunk */
    kCAF_MIDIChunkID = 'midi',              /* a Standard MIDI File */
    kCAF_UMIDChunkID = 'umid',              /* CAFUMIDChunk */
    kCAF_FormatListID = 'ldsc',             /* CAFAudioFormatListItem[], layers, the best first */
    kCAF_iXMLChunkID = 'iXML',              /* an iXML document */

    /* mFormatFlags of linear PCM; not those of AudioStreamBasicDescription. Integers are signed, and high in
       their bytes when these are more than the bits. Other formats keep the flags that they have in memory.
     */
    kCAFLinearPCMFormatFlagIsFloat = 1,
    kCAFLinearPCMFormatFlagIsLittleEndian = 2,

    /* mType of a marker */
    kCAFMarkerType_Generic = 0,
    kCAFMarkerType_ProgramStart = 'pbeg',
    kCAFMarkerType_ProgramEnd = 'pend',
    kCAFMarkerType_TrackStart = 'tbeg',
    kCAFMarkerType_TrackEnd = 'tend',
    kCAFMarkerType_Index = 'indx',
    kCAFMarkerType_RegionStart = 'rbeg',
    kCAFMarkerType_RegionEnd = 'rend',
    kCAFMarkerType_RegionSyncPoint = 'rsyc',
    kCAFMarkerType_SelectionStart = 'sbeg',
    kCAFMarkerType_SelectionEnd = 'send',
    kCAFMarkerType_EditSourceBegin = 'cbeg',
    kCAFMarkerType_EditSourceEnd = 'cend',
    kCAFMarkerType_EditDestinationBegin = 'dbeg',
    kCAFMarkerType_EditDestinationEnd = 'dend',
    kCAFMarkerType_SustainLoopStart = 'slbg',
    kCAFMarkerType_SustainLoopEnd = 'slen',
    kCAFMarkerType_ReleaseLoopStart = 'rlbg',
    kCAFMarkerType_ReleaseLoopEnd = 'rlen',
    kCAFMarkerType_SavedPlayPosition = 'sply',
    kCAFMarkerType_Tempo = 'tmpo',
    kCAFMarkerType_TimeSignature = 'tsig',
    kCAFMarkerType_KeySignature = 'ksig',

    /* mSMPTE_TimeType: frames per second of the time codes in a list */
    kCAF_SMPTE_TimeTypeNone = 0,
    kCAF_SMPTE_TimeType24 = 1,
    kCAF_SMPTE_TimeType25 = 2,
    kCAF_SMPTE_TimeType30Drop = 3,
    kCAF_SMPTE_TimeType30 = 4,
    kCAF_SMPTE_TimeType2997 = 5,
    kCAF_SMPTE_TimeType2997Drop = 6,
    kCAF_SMPTE_TimeType60 = 7,
    kCAF_SMPTE_TimeType5994 = 8,
    kCAF_SMPTE_TimeType60Drop = 9,
    kCAF_SMPTE_TimeType5994Drop = 10,
    kCAF_SMPTE_TimeType50 = 11,
    kCAF_SMPTE_TimeType2398 = 12,

    /* mFlags of a region */
    kCAFRegionFlag_LoopEnable = 1,
    kCAFRegionFlag_PlayForward = 2,
    kCAFRegionFlag_PlayBackward = 4
};

#pragma pack(push, 1)

/* The first eight bytes. mFileFlags is 0. */
struct CAFFileHeader {
    UInt32 mFileType;
    UInt16 mFileVersion;
    UInt16 mFileFlags;
};

/* mChunkSize counts the bytes behind this header. */
struct CAFChunkHeader {
    UInt32 mChunkType;
    SInt64 mChunkSize;
};

/* A chunk of the user's own kind; mChunkSize includes mUUID. */
struct CAF_UUID_ChunkHeader {
    CAFChunkHeader mHeader;
    UInt8 mUUID[16];
};

/* As an AudioStreamBasicDescription, but for the flags. mBytesPerPacket or mFramesPerPacket 0: each packet
 * its own, which the packet table tells. */
struct CAFAudioDescription {
    Float64 mSampleRate;
    UInt32 mFormatID;
    CAFFormatFlags mFormatFlags;
    UInt32 mBytesPerPacket;
    UInt32 mFramesPerPacket;
    UInt32 mChannelsPerFrame;
    UInt32 mBitsPerChannel;
};

/* One layer of a stream that can be decoded as several formats. */
struct CAFAudioFormatListItem {
    CAFAudioDescription mFormat;
    UInt32 mChannelLayoutTag;
};

/*
 * The frames to drop at both ends, and behind the struct for each packet its size, if that varies, and its
 * frames, if they do: numbers of seven bits a byte, high ones first, bit 7 set in all but a number's last
 * byte. mNumberValidFrames, mPrimingFrames and mRemainderFrames add up to the frames of all packets.
 */
struct CAFPacketTableHeader {
    SInt64 mNumberPackets;
    SInt64 mNumberValidFrames;
    SInt32 mPrimingFrames;
    SInt32 mRemainderFrames;
    UInt8 mPacketDescriptions[1];
};

/* mEditCount is raised when the audio changes; overviews and peaks made from it carry the same count. */
struct CAFDataChunk {
    UInt32 mEditCount;
    UInt8 mData[1];
};

/* A time code. mSubFrameSampleOffset counts sample frames. */
struct CAF_SMPTE_Time {
    SInt8 mHours;
    SInt8 mMinutes;
    SInt8 mSeconds;
    SInt8 mFrames;
    UInt32 mSubFrameSampleOffset;
};

/* mFramePosition counts frames and may have a fraction. mMarkerID finds a name in CAFStrings. mChannel 0:
 * all, else from 1. */
struct CAFMarker {
    UInt32 mType;
    Float64 mFramePosition;
    UInt32 mMarkerID;
    CAF_SMPTE_Time mSMPTETime;
    UInt32 mChannel;
};

struct CAFMarkerChunk {
    UInt32 mSMPTE_TimeType;
    UInt32 mNumberMarkers;
    CAFMarker mMarkers[1];
};

/* A part of the audio between markers; its size depends on mNumberMarkers. mRegionID finds its name. */
struct CAFRegion {
    UInt32 mRegionID;
    CAFRegionFlags mFlags;
    UInt32 mNumberMarkers;
    CAFMarker mMarkers[1];
};

struct CAFRegionChunk {
    UInt32 mSMPTE_TimeType;
    UInt32 mNumberRegions;
    CAFRegion mRegions[1];
};

/*
 * How a sampler plays the file. mBaseNote is a MIDI note, its fraction the detuning in semitones; regions by
 * their numbers, 0 for none; mInstrumentID finds a name.
 */
struct CAFInstrumentChunk {
    Float32 mBaseNote;
    UInt8 mMIDILowNote;
    UInt8 mMIDIHighNote;
    UInt8 mMIDILowVelocity;
    UInt8 mMIDIHighVelocity;
    Float32 mdBGain;
    UInt32 mStartRegionID;
    UInt32 mSustainRegionID;
    UInt32 mReleaseRegionID;
    UInt32 mInstrumentID;
};

/* Where the text for a number starts, from the end of the index. */
struct CAFStringID {
    UInt32 mStringID;
    SInt64 mStringStartByteOffset;
};

/* The index, then the texts as UTF-8, each with a NUL behind it. */
struct CAFStrings {
    UInt32 mNumEntries;
    CAFStringID mStringsIDs[1];
};

/* Behind it, mNumEntries times a key and a value as UTF-8, each with a NUL behind it. */
struct CAFInfoStrings {
    UInt32 mNumEntries;
};

/* The largest absolute value of a channel, 1 for full scale, and its frame. */
struct CAFPositionPeak {
    Float32 mValue;
    UInt64 mFrameNumber;
};

/* One for each channel. */
struct CAFPeakChunk {
    UInt32 mEditCount;
    CAFPositionPeak mPeaks[1];
};

/* Extremes of 16 bits, for drawing. */
struct CAFOverviewSample {
    SInt16 mMinValue;
    SInt16 mMaxValue;
};

/* One sample per channel for every mNumFramesPerOVWSample frames. */
struct CAFOverviewChunk {
    UInt32 mEditCount;
    UInt32 mNumFramesPerOVWSample;
    CAFOverviewSample mData[1];
};

/* A SMPTE 330M identifier; a basic one ends in zeros. */
struct CAFUMIDChunk {
    UInt8 mBytes[64];
};

#pragma pack(pop)

#define kCAFMarkerChunkHdrSize offsetof(CAFMarkerChunk, mMarkers)
#define kCAFRegionChunkHdrSize offsetof(CAFRegionChunk, mRegions)

#endif
