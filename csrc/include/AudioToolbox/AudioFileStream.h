/* AudioToolbox/AudioFileStream.h: parsing an audio file as its bytes arrive. */
#ifndef AudioToolbox_AudioFileStream_h
#define AudioToolbox_AudioFileStream_h

#include <AudioToolbox/AudioFile.h>

typedef UInt32 AudioFileStreamPropertyFlags;
typedef UInt32 AudioFileStreamParseFlags;
typedef UInt32 AudioFileStreamSeekFlags;
typedef UInt32 AudioFileStreamPropertyID;
typedef struct OpaqueAudioFileStreamID *AudioFileStreamID;

enum {
    kAudioFileStreamPropertyFlag_PropertyIsCached = 1,
    kAudioFileStreamPropertyFlag_CacheProperty = 2,
    kAudioFileStreamParseFlag_Discontinuity = 1,
    kAudioFileStreamSeekFlag_OffsetIsEstimated = 1,

    kAudioFileStreamError_UnsupportedFileType = 'typ?',
    kAudioFileStreamError_UnsupportedDataFormat = 'fmt?',
    kAudioFileStreamError_UnsupportedProperty = 'pty?',
    kAudioFileStreamError_BadPropertySize = '!siz',
    kAudioFileStreamError_NotOptimized = 'optm',
    kAudioFileStreamError_InvalidPacketOffset = 'pck?',
    kAudioFileStreamError_InvalidFile = 'dta?',
    kAudioFileStreamError_ValueUnknown = 'unk?',
    kAudioFileStreamError_DataUnavailable = 'more',
    kAudioFileStreamError_IllegalOperation = 'nope',
    kAudioFileStreamError_UnspecifiedError = 'wht?',
    kAudioFileStreamError_DiscontinuityCantRecover = 'dsc!',

    kAudioFileStreamProperty_ReadyToProducePackets = 'redy',
    kAudioFileStreamProperty_FileFormat = 'ffmt',
    kAudioFileStreamProperty_DataFormat = 'dfmt',
    kAudioFileStreamProperty_FormatList = 'flst',
    kAudioFileStreamProperty_MagicCookieData = 'mgic',
    kAudioFileStreamProperty_AudioDataByteCount = 'bcnt',
    kAudioFileStreamProperty_AudioDataPacketCount = 'pcnt',
    kAudioFileStreamProperty_MaximumPacketSize = 'psze',
    kAudioFileStreamProperty_DataOffset = 'doff',
    kAudioFileStreamProperty_ChannelLayout = 'cmap',
    kAudioFileStreamProperty_PacketToFrame = 'pkfr',
    kAudioFileStreamProperty_FrameToPacket = 'frpk',
    kAudioFileStreamProperty_RestrictsRandomAccess = 'rrap',
    kAudioFileStreamProperty_PacketToRollDistance = 'pkrl',
    kAudioFileStreamProperty_PreviousIndependentPacket = 'pind',
    kAudioFileStreamProperty_NextIndependentPacket = 'nind',
    kAudioFileStreamProperty_PacketToDependencyInfo = 'pkdp',
    kAudioFileStreamProperty_PacketToByte = 'pkby',
    kAudioFileStreamProperty_ByteToPacket = 'bypk',
    kAudioFileStreamProperty_PacketTableInfo = 'pnfo',
    kAudioFileStreamProperty_PacketSizeUpperBound = 'pkub',
    kAudioFileStreamProperty_AverageBytesPerPacket = 'abpp',
    kAudioFileStreamProperty_BitRate = 'brat',
    kAudioFileStreamProperty_InfoDictionary = 'info'
};

CF_EXTERN_C_BEGIN

typedef void (*AudioFileStream_PropertyListenerProc)(void *, AudioFileStreamID, AudioFileStreamPropertyID,
                                                     AudioFileStreamPropertyFlags *);
typedef void (*AudioFileStream_PacketsProc)(void *, UInt32, UInt32, const void *,
                                            AudioStreamPacketDescription *);

extern OSStatus AudioFileStreamOpen(void *inClientData,
                                    AudioFileStream_PropertyListenerProc inPropertyListenerProc,
                                    AudioFileStream_PacketsProc inPacketsProc, AudioFileTypeID inFileTypeHint,
                                    AudioFileStreamID *outAudioFileStream);
extern OSStatus AudioFileStreamParseBytes(AudioFileStreamID inAudioFileStream, UInt32 inDataByteSize,
                                          const void *inData, AudioFileStreamParseFlags inFlags);
extern OSStatus AudioFileStreamSeek(AudioFileStreamID inAudioFileStream, SInt64 inPacketOffset,
                                    SInt64 *outDataByteOffset, AudioFileStreamSeekFlags *ioFlags);
extern OSStatus AudioFileStreamGetPropertyInfo(AudioFileStreamID inAudioFileStream,
                                               AudioFileStreamPropertyID inPropertyID,
                                               UInt32 *outPropertyDataSize, Boolean *outWritable);
extern OSStatus AudioFileStreamGetProperty(AudioFileStreamID inAudioFileStream,
                                           AudioFileStreamPropertyID inPropertyID, UInt32 *ioPropertyDataSize,
                                           void *outPropertyData);
extern OSStatus AudioFileStreamSetProperty(AudioFileStreamID inAudioFileStream,
                                           AudioFileStreamPropertyID inPropertyID, UInt32 inPropertyDataSize,
                                           const void *inPropertyData);
extern OSStatus AudioFileStreamClose(AudioFileStreamID inAudioFileStream);

CF_EXTERN_C_END

#endif
