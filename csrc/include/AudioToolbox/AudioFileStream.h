/*
 * AudioToolbox/AudioFileStream.h: parsing an audio file as its bytes arrive.
 *
 * The client opens a stream, parses bytes in pieces of any size, and hears of properties and packets through
 * two callbacks, which come on the thread that parses, before AudioFileStreamParseBytes returns. All
 * functions are [control]; a stream may be used from several threads, one call after the other. A callback
 * may call every function on its own stream but AudioFileStreamParseBytes; closing it there ends the parsing.
 * On an ID that is closed or no stream: kAudio_ParamError.
 */
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

    /* Values are those of AudioFile.h's properties of the same name, but for two of the stream's own. */
    kAudioFileStreamProperty_ReadyToProducePackets = 'redy', /* UInt32, 1 when packets come */
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
    kAudioFileStreamProperty_AverageBytesPerPacket = 'abpp', /* Float64, of the packets so far */
    kAudioFileStreamProperty_BitRate = 'brat',
    kAudioFileStreamProperty_InfoDictionary = 'info'
};

CF_EXTERN_C_BEGIN

/*
 * A property has a value now. ReadyToProducePackets comes last and once; only then do packets come. The flags
 * hold PropertyIsCached: the value can be asked for as long as the stream is open.
 */
typedef void (*AudioFileStream_PropertyListenerProc)(void *, AudioFileStreamID, AudioFileStreamPropertyID,
                                                     AudioFileStreamPropertyFlags *);
/*
 * Client data, bytes, number of packets, the packets, their descriptions. Descriptions are NULL where all
 * packets have one size; offsets count from the packets' first byte. The memory is the stream's and valid
 * during the call.
 */
typedef void (*AudioFileStream_PacketsProc)(void *, UInt32, UInt32, const void *,
                                            AudioStreamPacketDescription *);

/* The hint decides where the first bytes do not tell the type; 0 for none. Both procs are needed. */
extern OSStatus AudioFileStreamOpen(void *inClientData,
                                    AudioFileStream_PropertyListenerProc inPropertyListenerProc,
                                    AudioFileStream_PacketsProc inPacketsProc, AudioFileTypeID inFileTypeHint,
                                    AudioFileStreamID *outAudioFileStream);
/*
 * Takes the bytes, which are the client's again afterwards. A packet comes in the call that brings its
 * last byte. Only the first ones may be later: a frame of MPEG audio, ADTS and AC-3, also of layer 3 in
 * WAVE, is one for sure when two more follow it, so packets begin with the third frame's header; without
 * a hint these types and LATM/LOAS are known by their first 4096 bytes. How many dependent frames belong
 * to a packet of E-AC-3 the first packet tells, by what follows it.
 * No bytes (size 0) say that the stream has ended. Streams that are shorter than said above need it, and
 * so do what only the end tells (counts, packet table: ValueUnknown until then) and a damaged last frame
 * of FLAC. Closing the stream brings no packets: a client that closes is done with it, and its callbacks
 * may be gone.
 *
 * MPEG-4: ReadyToProducePackets comes with the movie box (AC-3 and MPEG audio: with the first packet,
 * which tells the format), packets of movie fragments as these come; DataOffset is the end of the movie
 * box if that has no packets itself.
 *
 * With Discontinuity the bytes do not follow on the last ones: they begin where AudioFileStreamSeek said,
 * or (MPEG audio, ADTS, AC-3, LATM/LOAS, FLAC, Ogg) anywhere; other types cannot recover. An error of the
 * file's structure stays: every further call returns it. NotOptimized: the file describes its audio
 * behind it, so it cannot be played as it comes; MPEG-4 is known to be so by the first byte of its media
 * data.
 */
extern OSStatus AudioFileStreamParseBytes(AudioFileStreamID inAudioFileStream, UInt32 inDataByteSize,
                                          const void *inData, AudioFileStreamParseFlags inFlags);
/*
 * The place of a packet, in bytes from the beginning of the audio data (kAudioFileStreamProperty_DataOffset).
 * Reading on there is up to the client, who passes the first bytes with Discontinuity. OffsetIsEstimated in
 * *ioFlags: the stream has no table, the place follows from the average packet so far. DataUnavailable before
 * the header, InvalidPacketOffset outside of the audio.
 */
extern OSStatus AudioFileStreamSeek(AudioFileStreamID inAudioFileStream, SInt64 inPacketOffset,
                                    SInt64 *outDataByteOffset, AudioFileStreamSeekFlags *ioFlags);
/* outPropertyDataSize and outWritable may be NULL. No property is writable. */
extern OSStatus AudioFileStreamGetPropertyInfo(AudioFileStreamID inAudioFileStream,
                                               AudioFileStreamPropertyID inPropertyID,
                                               UInt32 *outPropertyDataSize, Boolean *outWritable);
/*
 * *ioPropertyDataSize: the room, then the bytes given. DataUnavailable: more bytes must be parsed first;
 * ValueUnknown: only the end of the stream will tell. An info dictionary is the caller's to release.
 */
extern OSStatus AudioFileStreamGetProperty(AudioFileStreamID inAudioFileStream,
                                           AudioFileStreamPropertyID inPropertyID, UInt32 *ioPropertyDataSize,
                                           void *outPropertyData);
/* UnsupportedProperty: there is none that can be set. */
extern OSStatus AudioFileStreamSetProperty(AudioFileStreamID inAudioFileStream,
                                           AudioFileStreamPropertyID inPropertyID, UInt32 inPropertyDataSize,
                                           const void *inPropertyData);
/* Packets that are not whole yet are dropped. */
extern OSStatus AudioFileStreamClose(AudioFileStreamID inAudioFileStream);

CF_EXTERN_C_END

#endif
