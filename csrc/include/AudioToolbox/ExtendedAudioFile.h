/*
 * AudioToolbox/ExtendedAudioFile.h: an audio file read and written in a format of the client's choice.
 *
 * An AudioFileID with an AudioConverter. The client names its format (kExtAudioFileProperty_ClientDataFormat,
 * linear PCM), and frames go in and come out in it: decoded, encoded, resampled, mixed, without the codec's
 * priming and padding. Frame positions count in the file's sample rate, numbers of frames read and written in
 * the client's. All functions are [control] but ExtAudioFileWriteAsync; calls from several threads take
 * turns. On a ref that is disposed of or none: kAudio_ParamError.
 */
#ifndef AudioToolbox_ExtendedAudioFile_h
#define AudioToolbox_ExtendedAudioFile_h

#include <AudioToolbox/AudioFile.h>

typedef struct OpaqueExtAudioFile *ExtAudioFileRef;
typedef SInt32 ExtAudioFilePacketTableInfoOverride;
typedef UInt32 ExtAudioFilePropertyID;

enum {
    kExtAudioFilePacketTableInfoOverride_UseFileValue = -1,
    kExtAudioFilePacketTableInfoOverride_UseFileValueIfValid = -2,

    kExtAudioFileProperty_FileDataFormat = 'ffmt',      /* AudioStreamBasicDescription; not settable */
    kExtAudioFileProperty_FileChannelLayout = 'fclo',   /* AudioChannelLayout; settable while writing */
    kExtAudioFileProperty_ClientDataFormat = 'cfmt',    /* AudioStreamBasicDescription, linear PCM */
    kExtAudioFileProperty_ClientChannelLayout = 'cclo', /* AudioChannelLayout */
    kExtAudioFileProperty_CodecManufacturer = 'cman',   /* UInt32; before the client format */
    kExtAudioFileProperty_AudioConverter = 'acnv',    /* AudioConverterRef, lent; NULL where none is needed */
    kExtAudioFileProperty_AudioFile = 'afil',         /* AudioFileID, lent */
    kExtAudioFileProperty_FileMaxPacketSize = 'fmps', /* UInt32, bytes */
    kExtAudioFileProperty_ClientMaxPacketSize = 'cmps', /* UInt32, bytes */
    kExtAudioFileProperty_FileLengthFrames = '#frm',    /* SInt64, at the file's sample rate */
    kExtAudioFileProperty_ConverterConfig = 'accf',   /* CFPropertyListRef, kAudioConverterPropertySettings */
    kExtAudioFileProperty_IOBufferSizeBytes = 'iobs', /* UInt32: room for encoded packets */
    kExtAudioFileProperty_IOBuffer = 'iobf',    /* void *: that room, the client's own; NULL: the object's */
    kExtAudioFileProperty_PacketTable = 'xpti', /* AudioFilePacketTableInfo */

    kExtAudioFileError_InvalidProperty = -66561,
    kExtAudioFileError_InvalidPropertySize = -66562,
    kExtAudioFileError_NonPCMClientFormat = -66563,
    kExtAudioFileError_InvalidChannelMap = -66564,
    kExtAudioFileError_InvalidOperationOrder = -66565,
    kExtAudioFileError_InvalidDataFormat = -66566,
    kExtAudioFileError_MaxPacketSizeUnknown = -66567,
    kExtAudioFileError_InvalidSeek = -66568,
    kExtAudioFileError_AsyncWriteTooLarge = -66569,
    kExtAudioFileError_AsyncWriteBufferOverflow = -66570
};

CF_EXTERN_C_BEGIN

/* Opens a file for reading. The AudioFile's errors. */
extern OSStatus ExtAudioFileOpenURL(CFURLRef inURL, ExtAudioFileRef *outExtAudioFile);
/* Uses a file that stays the caller's, to be closed after ExtAudioFileDispose. */
extern OSStatus ExtAudioFileWrapAudioFileID(AudioFileID inFileID, Boolean inForWriting,
                                            ExtAudioFileRef *outExtAudioFile);
/*
 * Makes a file for writing; flags as for AudioFileCreateWithURL. Fields of the format that its codec decides
 * may be 0. inChannelLayout may be NULL.
 */
extern OSStatus ExtAudioFileCreateWithURL(CFURLRef inURL, AudioFileTypeID inFileType,
                                          const AudioStreamBasicDescription *inStreamDesc,
                                          const AudioChannelLayout *inChannelLayout, UInt32 inFlags,
                                          ExtAudioFileRef *outExtAudioFile);
/* The same by FSRefs, which are as deprecated as they are at Apple's. */
extern OSStatus ExtAudioFileOpen(const struct FSRef *inFSRef, ExtAudioFileRef *outExtAudioFile);
extern OSStatus ExtAudioFileCreateNew(const struct FSRef *inParentDir, CFStringRef inFileName,
                                      AudioFileTypeID inFileType,
                                      const AudioStreamBasicDescription *inStreamDesc,
                                      const AudioChannelLayout *inChannelLayout,
                                      ExtAudioFileRef *outExtAudioFile);
/* Writes down what is left in the encoder and closes the file. A status other than 0: the file is not whole.
 */
extern OSStatus ExtAudioFileDispose(ExtAudioFileRef inExtAudioFile);
/*
 * Reads up to *ioNumberFrames frames into buffers of the client's; mDataByteSize says their room and is set
 * to what was read. 0 frames at the end.
 */
extern OSStatus ExtAudioFileRead(ExtAudioFileRef inExtAudioFile, UInt32 *ioNumberFrames,
                                 AudioBufferList *ioData);
/* Appends frames, encoding as needed. When it fails the file keeps what it had. */
extern OSStatus ExtAudioFileWrite(ExtAudioFileRef inExtAudioFile, UInt32 inNumberFrames,
                                  const AudioBufferList *ioData);
/*
 * [render] Copies the frames into a ring that a thread writes down. Call it once with 0 frames and NULL
 * before it is called on a render thread: that makes the ring. AsyncWriteBufferOverflow when it is full;
 * errors of the thread are returned by the next call.
 */
extern OSStatus ExtAudioFileWriteAsync(ExtAudioFileRef inExtAudioFile, UInt32 inNumberFrames,
                                       const AudioBufferList *ioData);
/* To a frame of the file, exactly, compressed files too. InvalidSeek while writing. */
extern OSStatus ExtAudioFileSeek(ExtAudioFileRef inExtAudioFile, SInt64 inFrameOffset);
/* The frame of the file that is read or written next. */
extern OSStatus ExtAudioFileTell(ExtAudioFileRef inExtAudioFile, SInt64 *outFrameOffset);
/* outSize and outWritable may be NULL. InvalidProperty for those that do not apply. */
extern OSStatus ExtAudioFileGetPropertyInfo(ExtAudioFileRef inExtAudioFile,
                                            ExtAudioFilePropertyID inPropertyID, UInt32 *outSize,
                                            Boolean *outWritable);
/* AudioConverter and AudioFile are lent; a ConverterConfig is the caller's to release, NULL without
 * converter. InvalidPropertySize: there is too little room. */
extern OSStatus ExtAudioFileGetProperty(ExtAudioFileRef inExtAudioFile, ExtAudioFilePropertyID inPropertyID,
                                        UInt32 *ioPropertyDataSize, void *outPropertyData);
/*
 * The client format comes first, since it makes the converter whose properties (encoder settings, quality)
 * are set through kExtAudioFileProperty_AudioConverter; after such changes set ConverterConfig to NULL.
 */
extern OSStatus ExtAudioFileSetProperty(ExtAudioFileRef inExtAudioFile, ExtAudioFilePropertyID inPropertyID,
                                        UInt32 inPropertyDataSize, const void *inPropertyData);

CF_EXTERN_C_END

#endif
