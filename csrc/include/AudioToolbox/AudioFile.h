/*
 * AudioToolbox/AudioFile.h: reading and writing audio files of every type.
 *
 * A file is opened, or created, into an AudioFileID and ended by AudioFileClose. Audio data goes in and out
 * in packets: for linear PCM a packet is one frame, a sample of each channel; otherwise it is what the codec
 * makes of a number of frames. Nothing is converted: data and its byte order are the file's.
 *
 * Threads: every function may be called on any thread but a render thread; calls on one AudioFileID wait for
 * each other. An AudioFileID that was closed, or is none, gives kAudioFileNotOpenError everywhere.
 *
 * Safety: a file that is created, or changed, is written beside its place and takes it in one step when it is
 * closed. Until then, and if the disk fills or the process dies, what stood there still stands there.
 *
 * Objects that a property gives (strings, dictionaries, arrays, data, names of markers) belong to the caller;
 * those that a caller passes are only looked at.
 */
#ifndef AudioToolbox_AudioFile_h
#define AudioToolbox_AudioFile_h

#include <CoreAudioTypes/CoreAudioTypes.h>
#include <CoreFoundation/CoreFoundation.h>

typedef UInt32 AudioFileTypeID;
typedef UInt32 AudioFileFlags;
typedef SInt8 AudioFilePermissions;
typedef struct OpaqueAudioFileID *AudioFileID;
typedef UInt32 AudioFilePropertyID;
typedef struct AudioFile_SMPTE_Time AudioFile_SMPTE_Time;
typedef struct AudioFileMarker AudioFileMarker;
typedef struct AudioFileMarkerList AudioFileMarkerList;
typedef UInt32 AudioFileRegionFlags;
typedef struct AudioFileRegion AudioFileRegion;
typedef struct AudioFileRegionList AudioFileRegionList;
typedef struct AudioFramePacketTranslation AudioFramePacketTranslation;
typedef UInt32 AudioBytePacketTranslationFlags;
typedef struct AudioBytePacketTranslation AudioBytePacketTranslation;
typedef struct AudioFilePacketTableInfo AudioFilePacketTableInfo;
typedef struct AudioPacketRangeByteCountTranslation AudioPacketRangeByteCountTranslation;
typedef struct AudioPacketRollDistanceTranslation AudioPacketRollDistanceTranslation;
typedef struct AudioIndependentPacketTranslation AudioIndependentPacketTranslation;
typedef struct AudioPacketDependencyInfoTranslation AudioPacketDependencyInfoTranslation;
typedef struct AudioFileTypeAndFormatID AudioFileTypeAndFormatID;

enum {
    kAudioFileAIFFType = 'AIFF',
    kAudioFileAIFCType = 'AIFC',
    kAudioFileWAVEType = 'WAVE',
    kAudioFileRF64Type = 'RF64',
    kAudioFileBW64Type = 'BW64',
    kAudioFileWave64Type = 'W64f',
    kAudioFileSoundDesigner2Type = 'Sd2f',
    kAudioFileNextType = 'NeXT',

    kAudioFileMP3Type = 'MPG3',
    kAudioFileMP2Type = 'MPG2',
    kAudioFileMP1Type = 'MPG1',

    kAudioFileAC3Type = 'ac-3',
    kAudioFileAAC_ADTSType = 'adts',
    kAudioFileMPEG4Type = 'mp4f',
    kAudioFileM4AType = 'm4af',
    kAudioFileM4BType = 'm4bf',
    kAudioFileCAFType = 'caff',
    kAudioFile3GPType = '3gpp',
    kAudioFile3GP2Type = '3gp2',
    kAudioFileAMRType = 'amrf',
    kAudioFileFLACType = 'flac',
    kAudioFileLATMInLOASType = 'loas',
    kAudioFileUnspecifiedError = 'wht?',

    kAudioFileUnsupportedFileTypeError = 'typ?',
    kAudioFileUnsupportedDataFormatError = 'fmt?',
    kAudioFileUnsupportedPropertyError = 'pty?',

    kAudioFileBadPropertySizeError = '!siz',
    kAudioFilePermissionsError = 'prm?',
    kAudioFileNotOptimizedError = 'optm',
    kAudioFileInvalidChunkError = 'chk?',
    kAudioFileDoesNotAllow64BitDataSizeError = 'off?',

    kAudioFileInvalidPacketOffsetError = 'pck?',
    kAudioFileInvalidPacketDependencyError = 'dep?',
    kAudioFileInvalidFileError = 'dta?',

    kAudioFileOperationNotSupportedError = 'op\?\?',
    kAudioFileNotOpenError = -38,
    kAudioFileEndOfFileError = -39,
    kAudioFilePositionError = -40,
    kAudioFileFileNotFoundError = -43,
    kAudioFileFlags_EraseFile = 1,
    kAudioFileFlags_DontPageAlignAudioData = 2,
    kAudioFileReadPermission = 1,
    kAudioFileWritePermission = 2,
    kAudioFileReadWritePermission = 3,

    kAudioFileLoopDirection_NoLooping = 0,
    kAudioFileLoopDirection_Forward = 1,
    kAudioFileLoopDirection_ForwardAndBackward = 2,
    kAudioFileLoopDirection_Backward = 3,

    kAudioFileMarkerType_Generic = 0,

    kAudioFileRegionFlag_LoopEnable = 1,
    kAudioFileRegionFlag_PlayForward = 2,
    kAudioFileRegionFlag_PlayBackward = 4,

    kBytePacketTranslationFlag_IsEstimate = 1,

    kAudioFilePropertyFileFormat = 'ffmt',                /* UInt32, a file type */
    kAudioFilePropertyDataFormat = 'dfmt',                /* ASBD; settable while a new file is empty */
    kAudioFilePropertyIsOptimized = 'optm',               /* UInt32 */
    kAudioFilePropertyMagicCookieData = 'mgic',           /* bytes that the codec needs */
    kAudioFilePropertyAudioDataByteCount = 'bcnt',        /* UInt64; settable to less */
    kAudioFilePropertyAudioDataPacketCount = 'pcnt',      /* UInt64 */
    kAudioFilePropertyMaximumPacketSize = 'psze',         /* UInt32, exact */
    kAudioFilePropertyDataOffset = 'doff',                /* SInt64, bytes */
    kAudioFilePropertyChannelLayout = 'cmap',             /* AudioChannelLayout */
    kAudioFilePropertyDeferSizeUpdates = 'dszu',          /* UInt32, 1: sizes are right only after closing */
    kAudioFilePropertyDataFormatName = 'fnme',            /* CFStringRef */
    kAudioFilePropertyMarkerList = 'mkls',                /* AudioFileMarkerList */
    kAudioFilePropertyRegionList = 'rgls',                /* AudioFileRegionList */
    kAudioFilePropertyPacketToFrame = 'pkfr',             /* AudioFramePacketTranslation */
    kAudioFilePropertyFrameToPacket = 'frpk',             /* AudioFramePacketTranslation */
    kAudioFilePropertyRestrictsRandomAccess = 'rrap',     /* UInt32 */
    kAudioFilePropertyPacketToRollDistance = 'pkrl',      /* AudioPacketRollDistanceTranslation */
    kAudioFilePropertyPreviousIndependentPacket = 'pind', /* AudioIndependentPacketTranslation */
    kAudioFilePropertyNextIndependentPacket = 'nind',     /* AudioIndependentPacketTranslation */
    kAudioFilePropertyPacketToDependencyInfo = 'pkdp',    /* AudioPacketDependencyInfoTranslation */
    kAudioFilePropertyPacketToByte = 'pkby',              /* AudioBytePacketTranslation */
    kAudioFilePropertyByteToPacket = 'bypk',              /* AudioBytePacketTranslation */
    kAudioFilePropertyChunkIDs = 'chid',                  /* UInt32[], see AudioFileCountUserData */
    kAudioFilePropertyInfoDictionary = 'info',            /* CFDictionaryRef */
    kAudioFilePropertyPacketTableInfo = 'pnfo',           /* AudioFilePacketTableInfo */
    kAudioFilePropertyFormatList = 'flst',                /* AudioFormatListItem[] */
    kAudioFilePropertyPacketSizeUpperBound = 'pkub',      /* UInt32, known without reading through */
    kAudioFilePropertyPacketRangeByteCountUpperBound = 'prub', /* AudioPacketRangeByteCountTranslation */
    kAudioFilePropertyReserveDuration = 'rsrv',                /* Float64, seconds; set only */
    kAudioFilePropertyEstimatedDuration = 'edur',              /* Float64, seconds */
    kAudioFilePropertyBitRate = 'brat',                        /* UInt32, bits per second */
    kAudioFilePropertyID3Tag = 'id3t',                         /* bytes of the whole tag */
    kAudioFilePropertyID3TagOffset = 'id3o',                   /* SInt64, bytes */
    kAudioFilePropertySourceBitDepth = 'sbtd',                 /* SInt32, negative for float */
    kAudioFilePropertyAlbumArtwork = 'aart',                   /* CFDataRef, an image file */
    kAudioFilePropertyAudioTrackCount = 'atct',                /* UInt32 */
    kAudioFilePropertyUseAudioTrack = 'uatk',                  /* UInt32; set only */

    kAudioFileGlobalInfo_ReadableTypes = 'afrf', /* UInt32[] */
    kAudioFileGlobalInfo_WritableTypes = 'afwf', /* UInt32[] */
    kAudioFileGlobalInfo_FileTypeName = 'ftnm',  /* type -> CFStringRef */
    kAudioFileGlobalInfo_AvailableStreamDescriptionsForFormat =
        'sdid',                                        /* AudioFileTypeAndFormatID -> ASBD[] */
    kAudioFileGlobalInfo_AvailableFormatIDs = 'fmid',  /* type -> UInt32[] */
    kAudioFileGlobalInfo_AllExtensions = 'alxt',       /* CFArrayRef */
    kAudioFileGlobalInfo_AllHFSTypeCodes = 'ahfs',     /* UInt32[] */
    kAudioFileGlobalInfo_AllUTIs = 'auti',             /* CFArrayRef */
    kAudioFileGlobalInfo_AllMIMETypes = 'amim',        /* CFArrayRef */
    kAudioFileGlobalInfo_ExtensionsForType = 'fext',   /* type -> CFArrayRef */
    kAudioFileGlobalInfo_HFSTypeCodesForType = 'fhfs', /* type -> UInt32[] */
    kAudioFileGlobalInfo_UTIsForType = 'futi',         /* type -> CFArrayRef */
    kAudioFileGlobalInfo_MIMETypesForType = 'fmim',    /* type -> CFArrayRef */
    kAudioFileGlobalInfo_TypesForMIMEType = 'tmim',    /* CFStringRef -> UInt32[] */
    kAudioFileGlobalInfo_TypesForUTI = 'tuti',         /* CFStringRef -> UInt32[] */
    kAudioFileGlobalInfo_TypesForHFSTypeCode = 'thfs', /* UInt32 -> UInt32[] */
    kAudioFileGlobalInfo_TypesForExtension = 'text'    /* CFStringRef -> UInt32[] */
};

/*
 * A time of day; the frame rate is the list's mSMPTE_TimeType. mSubFrameSampleOffset counts sample frames.
 */
struct AudioFile_SMPTE_Time {
    SInt8 mHours;
    UInt8 mMinutes;
    UInt8 mSeconds;
    UInt8 mFrames;
    UInt32 mSubFrameSampleOffset;
};

/*
 * A named place. mFramePosition counts frames from the start of the audio data and need not be whole;
 * mMarkerID is unique in the file; mType is kAudioFileMarkerType_Generic or one of CAFFile.h's
 * kCAFMarkerType_*; mChannel 0 means all channels.
 */
struct AudioFileMarker {
    Float64 mFramePosition;
    CFStringRef mName;
    SInt32 mMarkerID;
    AudioFile_SMPTE_Time mSMPTETime;
    UInt32 mType;
    UInt16 mReserved;
    UInt16 mChannel;
};

/* kAudioFilePropertyMarkerList. NumAudioFileMarkersToNumBytes tells its size. */
struct AudioFileMarkerList {
    UInt32 mSMPTE_TimeType;
    UInt32 mNumberMarkers;
    AudioFileMarker mMarkers[1];
};

/*
 * A part of the audio: from its first marker to its last, with kAudioFileRegionFlag_LoopEnable a loop. Its
 * size depends on mNumberMarkers: the next one of a list is at NextAudioFileRegion.
 */
struct AudioFileRegion {
    UInt32 mRegionID;
    CFStringRef mName;
    AudioFileRegionFlags mFlags;
    UInt32 mNumberMarkers;
    AudioFileMarker mMarkers[1];
};

/* kAudioFilePropertyRegionList. mRegions lie one behind the other, each of its own size. */
struct AudioFileRegionList {
    UInt32 mSMPTE_TimeType;
    UInt32 mNumberRegions;
    AudioFileRegion mRegions[1];
};

/*
 * PacketToFrame: mPacket in, the number of its first frame out in mFrame, priming frames counted.
 * FrameToPacket: mFrame in, mPacket and mFrameOffsetInPacket out.
 */
struct AudioFramePacketTranslation {
    SInt64 mFrame;
    SInt64 mPacket;
    UInt32 mFrameOffsetInPacket;
};

/*
 * PacketToByte: mPacket in, mByte out. ByteToPacket: mByte in, mPacket and mByteOffsetInPacket out. Bytes
 * count from the start of the audio data. mFlags: kBytePacketTranslationFlag_IsEstimate when it is a guess.
 */
struct AudioBytePacketTranslation {
    SInt64 mByte;
    SInt64 mPacket;
    UInt32 mByteOffsetInPacket;
    AudioBytePacketTranslationFlags mFlags;
};

/*
 * How many of all decoded frames are audio: mPrimingFrames at the beginning and mRemainderFrames at the end
 * are an encoder's silence.
 */
struct AudioFilePacketTableInfo {
    SInt64 mNumberValidFrames;
    SInt32 mPrimingFrames;
    SInt32 mRemainderFrames;
};

/* mPacket and mPacketCount in; the packets take at most mByteCountUpperBound bytes. */
struct AudioPacketRangeByteCountTranslation {
    SInt64 mPacket;
    SInt64 mPacketCount;
    SInt64 mByteCountUpperBound;
};

/* mPacket in; out how many packets before it a decoder needs, for its audio to be right. */
struct AudioPacketRollDistanceTranslation {
    SInt64 mPacket;
    SInt64 mRollDistance;
};

/* mPacket in; out the next, or previous, packet that decodes without others, -1 if there is none. */
struct AudioIndependentPacketTranslation {
    SInt64 mPacket;
    SInt64 mIndependentlyDecodablePacket;
};

/*
 * mPacket in; out whether it decodes without others, and if so after how many packets the audio is right.
 */
struct AudioPacketDependencyInfoTranslation {
    SInt64 mPacket;
    UInt32 mIsIndependentlyDecodable;
    UInt32 mNumberPrerollPackets;
};

/* The specifier of kAudioFileGlobalInfo_AvailableStreamDescriptionsForFormat. */
struct AudioFileTypeAndFormatID {
    AudioFileTypeID mFileType;
    UInt32 mFormatID;
};

CF_EXTERN_C_BEGIN

/*
 * A client's bytes, for AudioFileOpenWithCallbacks and AudioFileInitializeWithCallbacks. Each is called with
 * the client data and on the thread of the call that needs it; positions and sizes are in bytes. Read and
 * write leave the number of bytes done in their last argument; fewer than asked for when reading means the
 * end.
 */
typedef OSStatus (*AudioFile_ReadProc)(void *, SInt64, UInt32, void *, UInt32 *);
typedef OSStatus (*AudioFile_WriteProc)(void *, SInt64, UInt32, const void *, UInt32 *);
typedef SInt64 (*AudioFile_GetSizeProc)(void *);
typedef OSStatus (*AudioFile_SetSizeProc)(void *, SInt64);

/*
 * Keys of kAudioFilePropertyInfoDictionary; values are CFStrings. Of MP3 and ADTS files ID3v2 is believed
 * first, then an APEv2 tag, then ID3v1. Setting the dictionary writes ID3v2, ends ID3v1, and takes those
 * texts out of the APEv2 tag that say something else, so that all programs read the same; so does setting the
 * artwork with its pictures. What mp3gain keeps there (MP3GAIN_*) is neither shown nor ever taken out.
 */
#define kAFInfoDictionary_Album "album"
#define kAFInfoDictionary_ApproximateDurationInSeconds "approximate duration in seconds"
#define kAFInfoDictionary_Artist "artist"
#define kAFInfoDictionary_ChannelLayout "channel layout"
#define kAFInfoDictionary_Comments "comments"
#define kAFInfoDictionary_Composer "composer"
#define kAFInfoDictionary_Copyright "copyright"
#define kAFInfoDictionary_EncodingApplication "encoding application"
#define kAFInfoDictionary_Genre "genre"
#define kAFInfoDictionary_ISRC "ISRC"
#define kAFInfoDictionary_KeySignature "key signature"
#define kAFInfoDictionary_Lyricist "lyricist"
#define kAFInfoDictionary_NominalBitRate "nominal bit rate"
#define kAFInfoDictionary_RecordedDate "recorded date"
#define kAFInfoDictionary_SourceBitDepth "source bit depth"
#define kAFInfoDictionary_SourceEncoder "source encoder"
#define kAFInfoDictionary_SubTitle "subtitle"
#define kAFInfoDictionary_Tempo "tempo"
#define kAFInfoDictionary_TimeSignature "time signature"
#define kAFInfoDictionary_Title "title"
#define kAFInfoDictionary_TrackNumber "track number"
#define kAFInfoDictionary_Year "year"

/* How many markers a marker list of so many bytes holds, and the other way round. */
extern size_t NumBytesToNumAudioFileMarkers(size_t inNumBytes);
extern size_t NumAudioFileMarkersToNumBytes(size_t inNumMarkers);
/* The region behind one of a list. Its existence is for the caller to know: see mNumberRegions. */
extern AudioFileRegion *NextAudioFileRegion(const AudioFileRegion *inAFRegionPtr);
/*
 * Creates a file. inFormat may leave fields 0 that follow from others, and for linear PCM the flags, which
 * then become what the type stores. Audio data begins at a multiple of 4096 bytes unless inFlags has
 * kAudioFileFlags_DontPageAlignAudioData. The file appears when it is closed.
 *
 * kAudioFilePermissionsError: the file exists and inFlags lacks kAudioFileFlags_EraseFile, or the folder may
 * not be written. kAudioFileUnsupportedFileTypeError: no such type, or it can only be read.
 * kAudioFileUnsupportedDataFormatError: the type does not hold this format.
 */
extern OSStatus AudioFileCreateWithURL(CFURLRef inFileRef, AudioFileTypeID inFileType,
                                       const AudioStreamBasicDescription *inFormat, AudioFileFlags inFlags,
                                       AudioFileID *outAudioFile);
/*
 * Opens a file. Its contents decide about the type; inFileTypeHint, 0 or a type, helps where they leave it
 * open. With kAudioFileReadWritePermission the first change makes a private copy: see above.
 *
 * kAudioFileFileNotFoundError, kAudioFilePermissionsError; kAudioFileUnsupportedFileTypeError: not an audio
 * file; kAudioFileInvalidFileError: one that is damaged beyond reading; kAudioFileUnsupportedDataFormatError:
 * good, but of a format that is not known; kAudioFileOperationNotSupportedError: the type can only be read.
 */
extern OSStatus AudioFileOpenURL(CFURLRef inFileRef, AudioFilePermissions inPermissions,
                                 AudioFileTypeID inFileTypeHint, AudioFileID *outAudioFile);
/*
 * As AudioFileCreateWithURL and AudioFileOpenURL, on a client's bytes, which must stay reachable until the
 * file is closed. Bytes that were there before are cut off by Initialize. Changes go to them at once. All
 * four callbacks are needed for writing, the first and the third for reading.
 */
extern OSStatus AudioFileInitializeWithCallbacks(
    void *inClientData, AudioFile_ReadProc inReadFunc, AudioFile_WriteProc inWriteFunc,
    AudioFile_GetSizeProc inGetSizeFunc, AudioFile_SetSizeProc inSetSizeFunc, AudioFileTypeID inFileType,
    const AudioStreamBasicDescription *inFormat, AudioFileFlags inFlags, AudioFileID *outAudioFile);
extern OSStatus AudioFileOpenWithCallbacks(void *inClientData, AudioFile_ReadProc inReadFunc,
                                           AudioFile_WriteProc inWriteFunc,
                                           AudioFile_GetSizeProc inGetSizeFunc,
                                           AudioFile_SetSizeProc inSetSizeFunc,
                                           AudioFileTypeID inFileTypeHint, AudioFileID *outAudioFile);
/*
 * Writes down what is not yet written and puts the file in its place. The AudioFileID ends whatever is
 * returned. A failure, such as a full disk, is the status; the file that stood there before then still stands
 * there. The same happens when the last write of audio failed, unless kAudioFilePropertyAudioDataByteCount
 * was set afterwards to keep what fitted.
 *
 * A new file without audio can be opened again and has no frames. For that it gets the magic cookie of the
 * encoder for its format, unless one was set, and where other readers refuse a file without packets (MPEG
 * audio, ADTS, AC-3, LOAS, Ogg, packets of varying size in CAF) some of silence, said to be padding. AC-3 and
 * LOAS cannot say it: there one packet is heard. Where there is no encoder, files of those types stay empty;
 * MPEG-4 and Ogg files that need a cookie then fail with kAudioFileOperationNotSupportedError.
 */
extern OSStatus AudioFileClose(AudioFileID inAudioFile);
/*
 * Rewrites the file so that all that describes the audio comes before it, without gaps; more can then be
 * added at the end.
 */
extern OSStatus AudioFileOptimize(AudioFileID inAudioFile);
/*
 * Bytes of audio data from inStartingByte on, counted from the start of the audio data. *ioNumBytes in:
 * wanted, out: read. kAudioFileEndOfFileError when there are fewer; *ioNumBytes still tells how many.
 * inUseCache has no effect.
 */
extern OSStatus AudioFileReadBytes(AudioFileID inAudioFile, Boolean inUseCache, SInt64 inStartingByte,
                                   UInt32 *ioNumBytes, void *outBuffer);
/*
 * The other direction, over what is there or at the end; *ioNumBytes out: written. For formats with packets
 * of constant size. kAudioFilePositionError: inStartingByte lies behind the end.
 */
extern OSStatus AudioFileWriteBytes(AudioFileID inAudioFile, Boolean inUseCache, SInt64 inStartingByte,
                                    UInt32 *ioNumBytes, const void *inBuffer);
/*
 * As many of *ioNumPackets packets from inStartingPacket on as there are and as fit in *ioNumBytes bytes;
 * both tell what was read. outPacketDescriptions is NULL or has room for *ioNumPackets.
 * kAudioFileEndOfFileError, with both 0, only when inStartingPacket is at or behind the end. paramErr: not
 * even one packet fits.
 */
extern OSStatus AudioFileReadPacketData(AudioFileID inAudioFile, Boolean inUseCache, UInt32 *ioNumBytes,
                                        AudioStreamPacketDescription *outPacketDescriptions,
                                        SInt64 inStartingPacket, UInt32 *ioNumPackets, void *outBuffer);
/*
 * The same without a size: outBuffer has room for *ioNumPackets packets of
 * kAudioFilePropertyMaximumPacketSize bytes. *outNumBytes need not be set.
 */
extern OSStatus AudioFileReadPackets(AudioFileID inAudioFile, Boolean inUseCache, UInt32 *outNumBytes,
                                     AudioStreamPacketDescription *outPacketDescriptions,
                                     SInt64 inStartingPacket, UInt32 *ioNumPackets, void *outBuffer);
/*
 * Packets of constant size go over what is there or at the end, others only at the end and with a description
 * each. *ioNumPackets out: written, also when an error is returned.
 *
 * kAudioFileInvalidPacketOffsetError: inStartingPacket lies behind the end, or is not the end where it must
 * be. kAudioFileDoesNotAllow64BitDataSizeError: the type's sizes are 32-bit and the file would become too
 * large. kAudioFileOperationNotSupportedError: packets of varying size for an MPEG-4, FLAC, Ogg, CAF or LOAS
 * file that was opened: these take audio only while they are created, since their tables, checksums and last
 * pages would have to be made anew. (MPEG audio, ADTS and AC-3 can go on.)
 */
extern OSStatus AudioFileWritePackets(AudioFileID inAudioFile, Boolean inUseCache, UInt32 inNumBytes,
                                      const AudioStreamPacketDescription *inPacketDescriptions,
                                      SInt64 inStartingPacket, UInt32 *ioNumPackets, const void *inBuffer);
/*
 * User data are the chunks of RIFF, AIFF and CAF files, by their code and, among those with one code, number.
 * A RIFF list is found by its list's type, such as 'INFO', and is what stands behind that.
 * kAudioFilePropertyChunkIDs tells which there are, on every type by one rule: each code once, in the order
 * in which the file has the first chunk of each, and those that are not written yet behind them; all but the
 * audio itself ('data', 'SSND'), fillers, and lengths ('ds64', in AIFF-C an 'APPL' of this library). Files of
 * other types have none: an empty list. Chunks that describe the audio ('fmt ', 'fact', 'COMM', 'FVER',
 * 'CHAN', 'desc', 'kuki', 'chan', 'pakt') can be read, as the file has them, and are changed by properties
 * alone. kAudioFileInvalidChunkError: there is no such chunk.
 */
extern OSStatus AudioFileCountUserData(AudioFileID inAudioFile, UInt32 inUserDataID, UInt32 *outNumberItems);
extern OSStatus AudioFileGetUserDataSize(AudioFileID inAudioFile, UInt32 inUserDataID, UInt32 inIndex,
                                         UInt32 *outUserDataSize);
extern OSStatus AudioFileGetUserDataSize64(AudioFileID inAudioFile, UInt32 inUserDataID, UInt32 inIndex,
                                           UInt64 *outUserDataSize);
/* *ioUserDataSize in: room, out: bytes given. AtOffset: from inOffset in the chunk on. */
extern OSStatus AudioFileGetUserData(AudioFileID inAudioFile, UInt32 inUserDataID, UInt32 inIndex,
                                     UInt32 *ioUserDataSize, void *outUserData);
extern OSStatus AudioFileGetUserDataAtOffset(AudioFileID inAudioFile, UInt32 inUserDataID, UInt32 inIndex,
                                             SInt64 inOffset, UInt32 *ioUserDataSize, void *outUserData);
/*
 * Replaces a chunk's contents, or adds one when inIndex is their count. kAudioFileInvalidChunkError: inIndex
 * is larger, or the chunk describes the audio. kAudioFileOperationNotSupportedError: the type has no user
 * data.
 */
extern OSStatus AudioFileSetUserData(AudioFileID inAudioFile, UInt32 inUserDataID, UInt32 inIndex,
                                     UInt32 inUserDataSize, const void *inUserData);
extern OSStatus AudioFileRemoveUserData(AudioFileID inAudioFile, UInt32 inUserDataID, UInt32 inIndex);
/*
 * Properties. What the three functions answer follows from few rules, the same for every type:
 *
 *   no place   the type has nowhere to keep it: kAudioFileUnsupportedPropertyError from all three.
 *   absent     the type has a place, this file nothing in it. Objects and lists are empty: artwork NULL, a
 *              dictionary with the computed facts alone, a list of 0 markers. Bytes and structs (magic
 * cookie, ID3 tag and offset, channel layout, packet table information) are not there:
 *              kAudioFileUnsupportedPropertyError from Get, and from GetInfo too unless the property can be
 *              set right now, when that says writable and size 0, or the struct's.
 *   fixed      it is there and nothing changes it in this file, however it was opened: Set gives
 *              kAudioFileOperationNotSupportedError. So are facts (packet count, bit rate, ...), and what a
 *              file keeps from its creation: its format; cookie and packet table information of MPEG-4 and
 *              Ogg, cookie of FLAC and LOAS; the byte count where packets differ in size.
 *   settable   GetInfo says writable. In a file that is open for reading only it does not, and Set gives
 *              kAudioFilePermissionsError.
 *
 * GetInfo: both results may be NULL. A size may cost reading the file through where packets must be counted.
 */
extern OSStatus AudioFileGetPropertyInfo(AudioFileID inAudioFile, AudioFilePropertyID inPropertyID,
                                         UInt32 *outDataSize, UInt32 *isWritable);
/*
 * *ioDataSize in: room, out: bytes given; kAudioFileBadPropertySizeError when it is too small. Translations
 * are passed in outPropertyData and filled in there. kAudioFilePropertyReserveDuration and UseAudioTrack can
 * only be set: kAudioFileUnsupportedPropertyError.
 */
extern OSStatus AudioFileGetProperty(AudioFileID inAudioFile, AudioFilePropertyID inPropertyID,
                                     UInt32 *ioDataSize, void *outPropertyData);
/*
 * See above; besides kAudioFileBadPropertySizeError when inDataSize is wrong, and
 * kAudioFileOperationNotSupportedError or paramErr for a value that the file cannot take.
 */
extern OSStatus AudioFileSetProperty(AudioFileID inAudioFile, AudioFilePropertyID inPropertyID,
                                     UInt32 inDataSize, const void *inPropertyData);
/*
 * What can be read and written at all. The specifier is a file type, a string, ... as the property says, or
 * nothing. A list longer than *ioDataSize is cut to whole members.
 */
extern OSStatus AudioFileGetGlobalInfoSize(AudioFilePropertyID inPropertyID, UInt32 inSpecifierSize,
                                           void *inSpecifier, UInt32 *outDataSize);
extern OSStatus AudioFileGetGlobalInfo(AudioFilePropertyID inPropertyID, UInt32 inSpecifierSize,
                                       void *inSpecifier, UInt32 *ioDataSize, void *outPropertyData);
/*
 * The same functions for files that are named by an FSRef. AudioFileCreate leaves an empty file in the place
 * of the new one until it is closed, so that outNewFileRef (or NULL) has something to refer to.
 * AudioFileInitialize replaces the contents of a file that exists.
 */
extern OSStatus AudioFileCreate(const struct FSRef *inParentRef, CFStringRef inFileName,
                                AudioFileTypeID inFileType, const AudioStreamBasicDescription *inFormat,
                                AudioFileFlags inFlags, struct FSRef *outNewFileRef,
                                AudioFileID *outAudioFile);
extern OSStatus AudioFileInitialize(const struct FSRef *inFileRef, AudioFileTypeID inFileType,
                                    const AudioStreamBasicDescription *inFormat, AudioFileFlags inFlags,
                                    AudioFileID *outAudioFile);
extern OSStatus AudioFileOpen(const struct FSRef *inFileRef, AudioFilePermissions inPermissions,
                              AudioFileTypeID inFileTypeHint, AudioFileID *outAudioFile);

CF_EXTERN_C_END

#endif
