/* AudioToolbox/CAFFile.h: the chunks of a Core Audio Format file, as they stand on disk (big-endian, packed).
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
    kCAF_StreamDescriptionChunkID = 'desc',
    kCAF_AudioDataChunkID = 'data',
    kCAF_ChannelLayoutChunkID = 'chan',
    kCAF_FillerChunkID = 'free',
    kCAF_MarkerChunkID = 'mark',
    kCAF_RegionChunkID = 'regn',
    kCAF_InstrumentChunkID = 'inst',
    kCAF_MagicCookieID = 'kuki',
    kCAF_InfoStringsChunkID = 'info',
    kCAF_EditCommentsChunkID = 'edct',
    kCAF_PacketTableChunkID = 'pakt',
    kCAF_StringsChunkID = 'strg',
    kCAF_UUIDChunkID = 'uuid',
    kCAF_PeakChunkID = 'peak',
    kCAF_OverviewChunkID = 'ovvw',
    kCAF_MIDIChunkID = 'midi',
    kCAF_UMIDChunkID = 'umid',
    kCAF_FormatListID = 'ldsc',
    kCAF_iXMLChunkID = 'iXML',

    kCAFLinearPCMFormatFlagIsFloat = 1,
    kCAFLinearPCMFormatFlagIsLittleEndian = 2,

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

    kCAFRegionFlag_LoopEnable = 1,
    kCAFRegionFlag_PlayForward = 2,
    kCAFRegionFlag_PlayBackward = 4
};

#pragma pack(push, 1)

struct CAFFileHeader {
    UInt32 mFileType;
    UInt16 mFileVersion;
    UInt16 mFileFlags;
};

struct CAFChunkHeader {
    UInt32 mChunkType;
    SInt64 mChunkSize;
};

struct CAF_UUID_ChunkHeader {
    CAFChunkHeader mHeader;
    UInt8 mUUID[16];
};

struct CAFAudioDescription {
    Float64 mSampleRate;
    UInt32 mFormatID;
    CAFFormatFlags mFormatFlags;
    UInt32 mBytesPerPacket;
    UInt32 mFramesPerPacket;
    UInt32 mChannelsPerFrame;
    UInt32 mBitsPerChannel;
};

struct CAFAudioFormatListItem {
    CAFAudioDescription mFormat;
    UInt32 mChannelLayoutTag;
};

struct CAFPacketTableHeader {
    SInt64 mNumberPackets;
    SInt64 mNumberValidFrames;
    SInt32 mPrimingFrames;
    SInt32 mRemainderFrames;
    UInt8 mPacketDescriptions[1];
};

struct CAFDataChunk {
    UInt32 mEditCount;
    UInt8 mData[1];
};

struct CAF_SMPTE_Time {
    SInt8 mHours;
    SInt8 mMinutes;
    SInt8 mSeconds;
    SInt8 mFrames;
    UInt32 mSubFrameSampleOffset;
};

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

struct CAFStringID {
    UInt32 mStringID;
    SInt64 mStringStartByteOffset;
};

struct CAFStrings {
    UInt32 mNumEntries;
    CAFStringID mStringsIDs[1];
};

struct CAFInfoStrings {
    UInt32 mNumEntries;
};

struct CAFPositionPeak {
    Float32 mValue;
    UInt64 mFrameNumber;
};

struct CAFPeakChunk {
    UInt32 mEditCount;
    CAFPositionPeak mPeaks[1];
};

struct CAFOverviewSample {
    SInt16 mMinValue;
    SInt16 mMaxValue;
};

struct CAFOverviewChunk {
    UInt32 mEditCount;
    UInt32 mNumFramesPerOVWSample;
    CAFOverviewSample mData[1];
};

struct CAFUMIDChunk {
    UInt8 mBytes[64];
};

#pragma pack(pop)

#define kCAFMarkerChunkHdrSize offsetof(CAFMarkerChunk, mMarkers)
#define kCAFRegionChunkHdrSize offsetof(CAFRegionChunk, mRegions)

#endif
