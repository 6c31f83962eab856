/* The functions of AudioFileStream.h but for its properties. */
#include "stream.h"

#include "../base/handle.h"

#include <coremusic/engine.h>
#include <stdlib.h>

static void destroy(void *object)
{
    cm_stream *s = object;
    cm_feed_free(s->feed);
    cm_forward_end(&s->place);
    cm_file_free(s->file);
    free(s->batch);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

OSStatus AudioFileStreamOpen(void *inClientData, AudioFileStream_PropertyListenerProc inPropertyListenerProc,
                             AudioFileStream_PacketsProc inPacketsProc, AudioFileTypeID inFileTypeHint,
                             AudioFileStreamID *outAudioFileStream)
{
    if (!inPropertyListenerProc || !inPacketsProc || !outAudioFileStream)
        return kAudio_ParamError;
    *outAudioFileStream = NULL;
    cm_stream *s = calloc(1, sizeof *s);
    if (!s)
        return cmMemFullError;
    cm_lock_init(&s->lock);
    s->client = inClientData;
    s->property_listener = inPropertyListenerProc;
    s->packets_proc = inPacketsProc;
    s->hint = inFileTypeHint;
    s->seek_packet = -1;
    OSStatus status = cm_feed_new(cm_stream_work, s, &s->feed);
    if (status == noErr) {
        *outAudioFileStream = cm_handle_new(CM_KIND_AUDIO_FILE_STREAM, s, destroy);
        status = *outAudioFileStream ? noErr : cmMemFullError;
    }
    if (status != noErr)
        destroy(s);
    return status;
}

cm_stream *cm_stream_enter(AudioFileStreamID id)
{
    cm_stream *s = cm_handle_pin(id, CM_KIND_AUDIO_FILE_STREAM);
    if (s)
        pthread_mutex_lock(&s->lock);
    return s;
}

OSStatus cm_stream_leave(AudioFileStreamID id, cm_stream *s, OSStatus status)
{
    pthread_mutex_unlock(&s->lock);
    cm_handle_unpin(id);
    return status;
}

/* A file's codes in the words of a stream's; most are the same numbers. */
static OSStatus stream_status(OSStatus status)
{
    switch (status) {
    case kAudioFileInvalidChunkError:
    case kAudioFileEndOfFileError:
        return kAudioFileStreamError_InvalidFile;
    case kAudioFileUnspecifiedError:
        return kAudioFileStreamError_UnspecifiedError;
    default:
        return status;
    }
}

static void deliver(cm_stream *s, AudioFileStreamID id)
{
    if (!s->announced && s->file) {
        s->announced = true;
        cm_stream_announce(s, id);
    }
    UInt32 count = s->batch_count, bytes = s->batch_bytes;
    if (count == 0 || s->closing)
        return;
    s->batch_count = s->batch_bytes = 0;
    s->packets_seen += count;
    s->bytes_seen += bytes;
    s->packets_proc(s->client, bytes, count, s->batch, s->constant ? NULL : s->descriptions);
}

static OSStatus run(cm_stream *s, AudioFileStreamID id)
{
    cm_feed_state state = CM_FEED_PAUSED;
    s->drained = false;
    while (state == CM_FEED_PAUSED && !s->closing && !s->drained) {
        state = cm_feed_resume(s->feed);
        deliver(s, id);
    }
    return state == CM_FEED_FINISHED && !s->closing ? stream_status(s->status) : noErr;
}

bool cm_stream_needs_head(const cm_stream *s)
{
    AudioFileTypeID type = s->file->type;
    return type == kAudioFileFLACType || type == kCMAudioFileOggType || type == kAudioFileLATMInLOASType;
}

/* Types whose packets can be told from what is between them, so that parsing can begin anywhere. */
static bool finds_itself(AudioFileTypeID type)
{
    static const AudioFileTypeID types[] = { kAudioFileMP3Type,  kAudioFileMP2Type,
                                             kAudioFileMP1Type,  kAudioFileAAC_ADTSType,
                                             kAudioFileAC3Type,  kAudioFileLATMInLOASType,
                                             kAudioFileFLACType, kCMAudioFileOggType };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i] == type)
            return true;
    return false;
}

/* The client's next bytes do not follow on the last ones. */
static OSStatus jump(cm_stream *s)
{
    SInt64 offset = 0;
    bool estimated;
    if (!s->file)
        return kAudioFileStreamError_DiscontinuityCantRecover;
    if (cm_stream_has_places(s)) {
        if (s->seek_packet >= 0)
            s->next_packet = s->seek_packet;
        OSStatus status = cm_stream_place(s, s->next_packet, &offset, &estimated);
        if (status == kAudioFileStreamError_DataUnavailable) /* behind what was found so far */
            return kAudioFileStreamError_DiscontinuityCantRecover;
        if (status != noErr)
            return status;
        offset += s->file->data_offset;
    } else if (!finds_itself(s->file->type)) {
        return kAudioFileStreamError_DiscontinuityCantRecover;
    } else if (cm_stream_needs_head(s)) {
        offset = s->file->data_offset; /* what is in front of it is kept */
    }
    s->seek_packet = -1;
    s->restarted = true;
    s->batch_count = s->batch_bytes = 0;
    cm_feed_restart(s->feed, offset);
    return noErr;
}

static OSStatus parse(cm_stream *s, AudioFileStreamID id, UInt32 size, const void *bytes, UInt32 flags)
{
    if (s->parsing)
        return kAudioFileStreamError_IllegalOperation;
    if (size > 0 && !bytes)
        return kAudio_ParamError;
    OSStatus status = flags & kAudioFileStreamParseFlag_Discontinuity ? jump(s) : noErr;
    if (status == noErr && size > 0)
        status = cm_feed_append(s->feed, bytes, size);
    if (status != noErr)
        return status;
    if (size == 0)
        cm_feed_end(s->feed);
    s->parsing = true;
    status = run(s, id);
    s->parsing = false;
    return status;
}

OSStatus AudioFileStreamParseBytes(AudioFileStreamID inAudioFileStream, UInt32 inDataByteSize,
                                   const void *inData, AudioFileStreamParseFlags inFlags)
{
    cm_stream *s = cm_stream_enter(inAudioFileStream);
    if (!s)
        return kAudio_ParamError;
    return cm_stream_leave(inAudioFileStream, s,
                           parse(s, inAudioFileStream, inDataByteSize, inData, inFlags));
}

OSStatus AudioFileStreamSeek(AudioFileStreamID inAudioFileStream, SInt64 inPacketOffset,
                             SInt64 *outDataByteOffset, AudioFileStreamSeekFlags *ioFlags)
{
    if (!outDataByteOffset || !ioFlags)
        return kAudio_ParamError;
    cm_stream *s = cm_stream_enter(inAudioFileStream);
    if (!s)
        return kAudio_ParamError;
    bool estimated = false;
    OSStatus status = s->file ? cm_stream_place(s, inPacketOffset, outDataByteOffset, &estimated)
                              : kAudioFileStreamError_DataUnavailable;
    if (status == noErr) {
        s->seek_packet = inPacketOffset;
        *ioFlags = estimated ? *ioFlags | kAudioFileStreamSeekFlag_OffsetIsEstimated
                             : *ioFlags & ~(UInt32)kAudioFileStreamSeekFlag_OffsetIsEstimated;
    }
    return cm_stream_leave(inAudioFileStream, s, status);
}

OSStatus AudioFileStreamClose(AudioFileStreamID inAudioFileStream)
{
    cm_stream *s = cm_stream_enter(inAudioFileStream);
    if (!s)
        return kAudio_ParamError;
    s->closing = true; /* ends the ParseBytes that this may be called from */
    bool retired = cm_handle_retire(inAudioFileStream, CM_KIND_AUDIO_FILE_STREAM);
    return cm_stream_leave(inAudioFileStream, s, retired ? noErr : kAudio_ParamError);
}
