#include "status.h"

#include <AudioToolbox/AudioFile.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DETAIL_SIZE 512

static _Thread_local struct {
    OSStatus status;
    char text[DETAIL_SIZE];
} last;

OSStatus cm_fail(OSStatus status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(last.text, sizeof last.text, format, arguments);
    va_end(arguments);
    last.status = status;
    return status;
}

const char *cm_detail(OSStatus status)
{
    if (status == noErr || last.status != status || !last.text[0])
        return NULL;
    /* "<path>: <what>", where the path of a file in memory or behind callbacks is empty. */
    return strncmp(last.text, ": ", 2) == 0 ? last.text + 2 : last.text;
}

void cm_forget_detail(void)
{
    last.status = noErr;
}

static const struct {
    int error;
    OSStatus status;
} errno_table[] = {
    { ENOENT, kAudioFileFileNotFoundError },
    { ENOTDIR, kAudioFileFileNotFoundError },
    { EACCES, kAudioFilePermissionsError },
    { EPERM, kAudioFilePermissionsError },
    { EROFS, kAudioFilePermissionsError },
    { ETXTBSY, kAudioFilePermissionsError },
    { EEXIST, kAudioFilePermissionsError },
    { EISDIR, kAudioFileUnsupportedFileTypeError },
    { ENXIO, kAudioFileUnsupportedFileTypeError },
    { ESPIPE, kAudioFileOperationNotSupportedError },
    { ENAMETOOLONG, kAudio_BadFilePathError },
    { ELOOP, kAudio_BadFilePathError },
    { EMFILE, kAudio_TooManyFilesOpenError },
    { ENFILE, kAudio_TooManyFilesOpenError },
    { ENOSPC, cmDiskFullError },
    { EDQUOT, cmDiskFullError },
    { EFBIG, cmDiskFullError },
    { ENOMEM, cmMemFullError },
};

OSStatus cm_fail_errno(int error, const char *path)
{
    OSStatus status = kAudioFileUnspecifiedError;
    for (size_t i = 0; i < sizeof errno_table / sizeof *errno_table; i++)
        if (errno_table[i].error == error)
            status = errno_table[i].status;
    char reason[128];
    const char *text = strerror_r(error, reason, sizeof reason);
    return path ? cm_fail(status, "%s: %s", path, text) : cm_fail(status, "%s", text);
}
