#include "file.h"

#include "../base/handle.h"
#include <coremusic/engine.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

/* A path of the file system in bytes of its own, which need not be UTF-8. */
typedef struct path_text {
    char bytes[PATH_MAX + 1];
} path_text;

static OSStatus path_of(CFURLRef url, path_text *path)
{
    if (!url)
        return cmParamError;
    if (!CFURLGetFileSystemRepresentation(url, true, (UInt8 *)path->bytes, (CFIndex)sizeof path->bytes))
        return cm_fail(kAudio_BadFilePathError, "the URL has no path in the file system");
    return noErr;
}

static OSStatus publish(OSStatus status, cm_file *f, AudioFileID *out)
{
    return status == noErr ? cm_file_publish(f, out) : status;
}

/* ---- files ---- */

static OSStatus open_path(const char *path, AudioFilePermissions permissions, AudioFileTypeID hint,
                          AudioFileID *out)
{
    cm_file *f = NULL;
    OSStatus status = cm_file_open_path(path, permissions, hint, &f);
    return publish(status, f, out);
}

static OSStatus create_path(const char *path, AudioFileTypeID type, const AudioStreamBasicDescription *format,
                            AudioFileFlags flags, AudioFileID *out)
{
    cm_io *io = NULL;
    cm_file *f = NULL;
    OSStatus status = cm_io_create(path, (flags & kAudioFileFlags_EraseFile) != 0, &io);
    if (status == noErr)
        status = cm_file_create_io(io, type, format, flags, &f);
    return publish(status, f, out);
}

OSStatus AudioFileOpenURL(CFURLRef inFileRef, AudioFilePermissions inPermissions,
                          AudioFileTypeID inFileTypeHint, AudioFileID *outAudioFile)
{
    path_text path;
    if (!outAudioFile)
        return cmParamError;
    *outAudioFile = NULL;
    OSStatus status = path_of(inFileRef, &path);
    return status == noErr ? open_path(path.bytes, inPermissions, inFileTypeHint, outAudioFile) : status;
}

OSStatus AudioFileCreateWithURL(CFURLRef inFileRef, AudioFileTypeID inFileType,
                                const AudioStreamBasicDescription *inFormat, AudioFileFlags inFlags,
                                AudioFileID *outAudioFile)
{
    path_text path;
    if (!outAudioFile)
        return cmParamError;
    *outAudioFile = NULL;
    OSStatus status = path_of(inFileRef, &path);
    return status == noErr ? create_path(path.bytes, inFileType, inFormat, inFlags, outAudioFile) : status;
}

/* ---- callbacks ---- */

OSStatus AudioFileOpenWithCallbacks(void *inClientData, AudioFile_ReadProc inReadFunc,
                                    AudioFile_WriteProc inWriteFunc, AudioFile_GetSizeProc inGetSizeFunc,
                                    AudioFile_SetSizeProc inSetSizeFunc, AudioFileTypeID inFileTypeHint,
                                    AudioFileID *outAudioFile)
{
    if (!outAudioFile)
        return cmParamError;
    *outAudioFile = NULL;
    cm_file *f = NULL;
    OSStatus status = kAudioFileOperationNotSupportedError;
    /* Bytes that could be written may still be of a type that can only be read. */
    for (int write = inWriteFunc != NULL; write >= 0 && status == kAudioFileOperationNotSupportedError;
         write--) {
        cm_io *io = NULL;
        status = cm_io_wrap_callbacks(inClientData, inReadFunc, write ? inWriteFunc : NULL, inGetSizeFunc,
                                      inSetSizeFunc, &io);
        if (status == noErr)
            status = cm_file_open_io(io, write ? kAudioFileReadWritePermission : kAudioFileReadPermission,
                                     inFileTypeHint, &f);
    }
    return publish(status, f, outAudioFile);
}

OSStatus AudioFileInitializeWithCallbacks(void *inClientData, AudioFile_ReadProc inReadFunc,
                                          AudioFile_WriteProc inWriteFunc,
                                          AudioFile_GetSizeProc inGetSizeFunc,
                                          AudioFile_SetSizeProc inSetSizeFunc, AudioFileTypeID inFileType,
                                          const AudioStreamBasicDescription *inFormat, AudioFileFlags inFlags,
                                          AudioFileID *outAudioFile)
{
    cm_io *io = NULL;
    cm_file *f = NULL;
    if (!outAudioFile || !inWriteFunc || !inSetSizeFunc)
        return cmParamError;
    *outAudioFile = NULL;
    OSStatus status = cm_io_wrap_callbacks(inClientData, inReadFunc, inWriteFunc, inGetSizeFunc,
                                           inSetSizeFunc, &io);
    if (status == noErr)
        status = cm_file_create_io(io, inFileType, inFormat, inFlags, &f);
    return publish(status, f, outAudioFile);
}

/* ---- FSRefs ---- */

static OSStatus path_of_ref(const FSRef *ref, path_text *path)
{
    CFURLRef url = ref ? CFURLCreateFromFSRef(NULL, ref) : NULL;
    OSStatus status = url ? path_of(url, path) : kAudioFileFileNotFoundError;
    if (url)
        CFRelease(url);
    return status;
}

OSStatus AudioFileOpen(const struct FSRef *inFileRef, AudioFilePermissions inPermissions,
                       AudioFileTypeID inFileTypeHint, AudioFileID *outAudioFile)
{
    path_text path;
    if (!outAudioFile)
        return cmParamError;
    *outAudioFile = NULL;
    OSStatus status = path_of_ref(inFileRef, &path);
    return status == noErr ? open_path(path.bytes, inPermissions, inFileTypeHint, outAudioFile) : status;
}

OSStatus AudioFileInitialize(const struct FSRef *inFileRef, AudioFileTypeID inFileType,
                             const AudioStreamBasicDescription *inFormat, AudioFileFlags inFlags,
                             AudioFileID *outAudioFile)
{
    path_text path;
    if (!outAudioFile)
        return cmParamError;
    *outAudioFile = NULL;
    OSStatus status = path_of_ref(inFileRef, &path);
    AudioFileFlags flags = inFlags | kAudioFileFlags_EraseFile;
    return status == noErr ? create_path(path.bytes, inFileType, inFormat, flags, outAudioFile) : status;
}

/* A file named by its folder and its name. */
static OSStatus child_url(const FSRef *parent, CFStringRef name, CFURLRef *out)
{
    CFURLRef folder = parent ? CFURLCreateFromFSRef(NULL, parent) : NULL;
    *out = folder && name ? CFURLCreateCopyAppendingPathComponent(NULL, folder, name, false) : NULL;
    OSStatus status = *out ? noErr : folder ? cmParamError : kAudioFileFileNotFoundError;
    if (folder)
        CFRelease(folder);
    return status;
}

/* A reference is to a file that exists, and the audio file does not before it is closed: an empty one does.
 */
static OSStatus refer_to(CFURLRef url, FSRef *ref)
{
    path_text path;
    OSStatus status = path_of(url, &path);
    int fd = status == noErr ? open(path.bytes, O_WRONLY | O_CREAT | O_CLOEXEC, 0666) : -1;
    if (status == noErr && fd < 0)
        return cm_fail_errno(errno, path.bytes);
    if (fd >= 0)
        close(fd);
    return status == noErr && !CFURLGetFSRef(url, ref) ? kAudioFileFileNotFoundError : status;
}

OSStatus AudioFileCreate(const struct FSRef *inParentRef, CFStringRef inFileName, AudioFileTypeID inFileType,
                         const AudioStreamBasicDescription *inFormat, AudioFileFlags inFlags,
                         struct FSRef *outNewFileRef, AudioFileID *outAudioFile)
{
    CFURLRef url = NULL;
    if (!outAudioFile)
        return cmParamError;
    *outAudioFile = NULL;
    OSStatus status = child_url(inParentRef, inFileName, &url);
    if (status == noErr)
        status = AudioFileCreateWithURL(url, inFileType, inFormat, inFlags, outAudioFile);
    if (status == noErr && outNewFileRef)
        status = refer_to(url, outNewFileRef);
    if (status != noErr && *outAudioFile) {
        cm_handle_retire(*outAudioFile, CM_KIND_AUDIO_FILE);
        *outAudioFile = NULL;
    }
    if (url)
        CFRelease(url);
    return status;
}

/* ---- closing ---- */

OSStatus AudioFileClose(AudioFileID inAudioFile)
{
    cm_file *f = cm_file_pin(inAudioFile);
    if (!f)
        return kAudioFileNotOpenError;
    if (!cm_handle_retire(inAudioFile, CM_KIND_AUDIO_FILE)) {
        cm_file_unpin(inAudioFile);
        return kAudioFileNotOpenError;
    }
    cm_file_lock(f);
    f->closed = true;
    OSStatus status = cm_file_finish(f);
    cm_file_leave(inAudioFile, f);
    return status;
}

OSStatus AudioFileOptimize(AudioFileID inAudioFile)
{
    cm_file *f = cm_file_enter(inAudioFile);
    if (!f)
        return kAudioFileNotOpenError;
    OSStatus status = cm_file_check_writable(f);
    if (status == noErr && f->container->optimize)
        status = f->container->optimize(f);
    cm_file_leave(inAudioFile, f);
    return status;
}

OSStatus CMAudioFileDiscard(AudioFileID file)
{
    cm_file *f = cm_file_enter(file);
    if (!f)
        return kAudioFileNotOpenError;
    OSStatus status = cm_file_check_writable(f);
    if (status == noErr)
        f->given_up = true;
    cm_file_leave(file, f);
    return status;
}
