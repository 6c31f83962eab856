/* The functions of ExtendedAudioFile.h but for its properties: handles, locks, and who closes what. */
#include "ext_file.h"

#include "coded_layout.h"
#include "../base/handle.h"
#include "../format/asbd.h"

#include <stdlib.h>

#define DEFAULT_IO_BUFFER_BYTES (32u * 1024)
#define ASYNC_SECONDS 0.5

static void destroy(void *object)
{
    cm_ext_file *e = object;
    cm_ext_async_free(e->async);
    cm_ext_drop_converter(e);
    cm_frame_reader_free(e->reader);
    if (e->file)
        cm_file_unpin(e->id);
    if (e->owns_id)
        AudioFileClose(e->id);
    free(e->client_layout);
    if (e->packets != e->io_buffer)
        free(e->packets);
    free(e->descriptions);
    pthread_mutex_destroy(&e->lock);
    free(e);
}

/* Takes id over when owns_id is true, also on failure. */
static OSStatus wrap(AudioFileID id, bool owns_id, bool writing, ExtAudioFileRef *out)
{
    cm_ext_file *e = calloc(1, sizeof *e);
    *out = NULL;
    if (!e) {
        if (owns_id)
            AudioFileClose(id);
        return cmMemFullError;
    }
    cm_lock_init(&e->lock);
    e->id = id;
    e->owns_id = owns_id;
    e->writing = writing;
    e->io_buffer_bytes = DEFAULT_IO_BUFFER_BYTES;
    e->file = cm_file_pin(id);
    OSStatus status = e->file ? noErr : kAudioFileNotOpenError;
    if (status == noErr)
        status = writing ? cm_file_check_writable(e->file) : cm_file_check_readable(e->file);
    if (status == noErr) {
        e->file_format = e->client_format = e->file->format;
        e->client_is_pcm = cm_pcm_from_asbd(&e->client_format, &e->client_pcm) == noErr;
        *out = cm_handle_new(CM_KIND_EXT_AUDIO_FILE, e, destroy);
        status = *out ? noErr : cmMemFullError;
    }
    if (status != noErr)
        destroy(e);
    return status;
}

OSStatus ExtAudioFileOpenURL(CFURLRef inURL, ExtAudioFileRef *outExtAudioFile)
{
    AudioFileID id;
    if (!outExtAudioFile)
        return kAudio_ParamError;
    OSStatus status = AudioFileOpenURL(inURL, kAudioFileReadPermission, 0, &id);
    return status == noErr ? wrap(id, true, false, outExtAudioFile) : status;
}

OSStatus ExtAudioFileWrapAudioFileID(AudioFileID inFileID, Boolean inForWriting,
                                     ExtAudioFileRef *outExtAudioFile)
{
    return outExtAudioFile ? wrap(inFileID, false, inForWriting, outExtAudioFile) : kAudio_ParamError;
}

/* What a file without a place for the layout is read as anyway. */
static bool goes_without_saying(const AudioStreamBasicDescription *format, const AudioChannelLayout *layout)
{
    AudioChannelLayoutTag tag = layout->mChannelLayoutTag;
    return tag == kAudioChannelLayoutTag_Mono || tag == kAudioChannelLayoutTag_Stereo ||
           tag == cm_coded_layout_tag(format->mFormatID, format->mChannelsPerFrame);
}

static OSStatus wrap_created(AudioFileID id, const AudioChannelLayout *layout, ExtAudioFileRef *out)
{
    OSStatus status = wrap(id, true, true, out);
    if (status != noErr || !layout)
        return status;
    UInt32 size = (UInt32)(offsetof(AudioChannelLayout, mChannelDescriptions) +
                           layout->mNumberChannelDescriptions * sizeof(AudioChannelDescription));
    status = AudioFileSetProperty(id, kAudioFilePropertyChannelLayout, size, layout);
    if (status == noErr)
        return noErr;
    cm_file *f = cm_file_enter(id);
    if (status == kAudioFileUnsupportedPropertyError && goes_without_saying(&f->format, layout)) {
        cm_file_leave(id, f);
        return noErr;
    }
    f->write_status = status; /* so that closing leaves nothing behind */
    cm_file_leave(id, f);
    ExtAudioFileDispose(*out);
    *out = NULL;
    return status;
}

OSStatus ExtAudioFileCreateWithURL(CFURLRef inURL, AudioFileTypeID inFileType,
                                   const AudioStreamBasicDescription *inStreamDesc,
                                   const AudioChannelLayout *inChannelLayout, UInt32 inFlags,
                                   ExtAudioFileRef *outExtAudioFile)
{
    AudioFileID id;
    if (!outExtAudioFile)
        return kAudio_ParamError;
    OSStatus status = AudioFileCreateWithURL(inURL, inFileType, inStreamDesc, inFlags, &id);
    return status == noErr ? wrap_created(id, inChannelLayout, outExtAudioFile) : status;
}

OSStatus ExtAudioFileOpen(const struct FSRef *inFSRef, ExtAudioFileRef *outExtAudioFile)
{
    AudioFileID id;
    if (!outExtAudioFile)
        return kAudio_ParamError;
    OSStatus status = AudioFileOpen(inFSRef, kAudioFileReadPermission, 0, &id);
    return status == noErr ? wrap(id, true, false, outExtAudioFile) : status;
}

OSStatus ExtAudioFileCreateNew(const struct FSRef *inParentDir, CFStringRef inFileName,
                               AudioFileTypeID inFileType, const AudioStreamBasicDescription *inStreamDesc,
                               const AudioChannelLayout *inChannelLayout, ExtAudioFileRef *outExtAudioFile)
{
    AudioFileID id;
    FSRef made;
    if (!outExtAudioFile)
        return kAudio_ParamError;
    OSStatus status = AudioFileCreate(inParentDir, inFileName, inFileType, inStreamDesc, 0, &made, &id);
    return status == noErr ? wrap_created(id, inChannelLayout, outExtAudioFile) : status;
}

OSStatus ExtAudioFileDispose(ExtAudioFileRef inExtAudioFile)
{
    cm_ext_file *e = cm_handle_pin(inExtAudioFile, CM_KIND_EXT_AUDIO_FILE);
    if (!e)
        return kAudio_ParamError;
    if (!cm_handle_retire(inExtAudioFile, CM_KIND_EXT_AUDIO_FILE)) {
        cm_handle_unpin(inExtAudioFile);
        return kAudio_ParamError;
    }
    OSStatus status = cm_ext_async_stop(e->async); /* takes the lock itself, so before this thread does */
    pthread_mutex_lock(&e->lock);
    OSStatus finish_status = cm_ext_finish(e);
    if (status == noErr)
        status = finish_status;
    if (e->owns_id) {
        cm_frame_reader_free(e->reader);
        e->reader = NULL;
        OSStatus close_status = AudioFileClose(e->id);
        e->owns_id = false;
        if (status == noErr)
            status = close_status;
    }
    pthread_mutex_unlock(&e->lock);
    cm_handle_unpin(inExtAudioFile);
    return status;
}

/* The object of a live handle, pinned and locked, or NULL. */
static cm_ext_file *enter(ExtAudioFileRef ref)
{
    cm_ext_file *e = cm_handle_pin(ref, CM_KIND_EXT_AUDIO_FILE);
    if (e)
        pthread_mutex_lock(&e->lock);
    return e;
}

static OSStatus leave(ExtAudioFileRef ref, cm_ext_file *e, OSStatus status)
{
    pthread_mutex_unlock(&e->lock);
    cm_handle_unpin(ref);
    return status;
}

OSStatus ExtAudioFileRead(ExtAudioFileRef inExtAudioFile, UInt32 *ioNumberFrames, AudioBufferList *ioData)
{
    cm_ext_file *e = enter(inExtAudioFile);
    if (!e)
        return kAudio_ParamError;
    return leave(inExtAudioFile, e,
                 ioNumberFrames ? cm_ext_read(e, ioNumberFrames, ioData) : kAudio_ParamError);
}

OSStatus ExtAudioFileWrite(ExtAudioFileRef inExtAudioFile, UInt32 inNumberFrames,
                           const AudioBufferList *ioData)
{
    cm_ext_file *e = enter(inExtAudioFile);
    return e ? leave(inExtAudioFile, e, cm_ext_write(e, inNumberFrames, ioData)) : kAudio_ParamError;
}

static OSStatus start_async(cm_ext_file *e)
{
    if (!e->writing || !e->client_is_pcm)
        return e->writing ? kExtAudioFileError_NonPCMClientFormat : kExtAudioFileError_InvalidOperationOrder;
    size_t stride = cm_pcm_stride(&e->client_pcm);
    UInt32 frames = (UInt32)(e->client_format.mSampleRate * ASYNC_SECONDS);
    if (frames < e->io_buffer_bytes / stride)
        frames = (UInt32)(e->io_buffer_bytes / stride);
    return cm_ext_async_start(e, e->client_pcm.planar ? e->client_pcm.channels : 1, stride, frames,
                              &e->async);
}

OSStatus ExtAudioFileWriteAsync(ExtAudioFileRef inExtAudioFile, UInt32 inNumberFrames,
                                const AudioBufferList *ioData)
{
    cm_ext_file *e = cm_handle_pin(inExtAudioFile, CM_KIND_EXT_AUDIO_FILE);
    if (!e)
        return kAudio_ParamError;
    OSStatus status = noErr;
    void *planes[CM_MAX_CHANNELS];
    if (!e->async) { /* the call that prepares; later ones take no lock, the writing thread has it */
        pthread_mutex_lock(&e->lock);
        if (!e->async)
            status = start_async(e);
        pthread_mutex_unlock(&e->lock);
    }
    if (status == noErr && inNumberFrames > 0) {
        status = cm_ext_check_buffers(e, ioData, inNumberFrames, planes);
        if (status == noErr)
            status = cm_ext_async_write(e->async, inNumberFrames, ioData);
    }
    cm_handle_unpin(inExtAudioFile);
    return status;
}

OSStatus ExtAudioFileSeek(ExtAudioFileRef inExtAudioFile, SInt64 inFrameOffset)
{
    cm_ext_file *e = enter(inExtAudioFile);
    return e ? leave(inExtAudioFile, e, cm_ext_seek(e, inFrameOffset)) : kAudio_ParamError;
}

OSStatus ExtAudioFileTell(ExtAudioFileRef inExtAudioFile, SInt64 *outFrameOffset)
{
    cm_ext_file *e = enter(inExtAudioFile);
    if (!e)
        return kAudio_ParamError;
    if (!outFrameOffset)
        return leave(inExtAudioFile, e, kAudio_ParamError);
    *outFrameOffset = cm_ext_tell(e);
    return leave(inExtAudioFile, e, noErr);
}
