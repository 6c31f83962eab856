/*
 * status.h: how engine functions report failure.
 *
 * A function returns an OSStatus. Where a number alone would leave the reader guessing (which library is
 * missing, what the file system said), it also leaves one line of text for the calling thread.
 */
#ifndef CM_BASE_STATUS_H
#define CM_BASE_STATUS_H

#include <CoreAudioTypes/CoreAudioTypes.h>

enum {
    cmDiskFullError = -34, /* dskFulErr */
    cmParamError = -50,    /* paramErr */
    cmMemFullError = -108, /* memFullErr */
    cmUserCanceled = -128  /* userCanceledErr */
};

#ifndef CM_PRINTF
#define CM_PRINTF(text, first) __attribute__((format(printf, text, first)))
#endif

#define CM_API __attribute__((visibility("default"))) /* seen by the engine's own plug-ins */

/* [any] Leaves a line of text for the thread, bound to status, and returns status. */
CM_API OSStatus cm_fail(OSStatus status, const char *format, ...) CM_PRINTF(2, 3);

/* [any] The text left with this very status by the thread's last cm_fail, or NULL. Valid until the next one.
 */
const char *cm_detail(OSStatus status);

/* [any] Forgets what the thread's last cm_fail left. */
void cm_forget_detail(void);

/* [any] The status for an errno of a file operation, with the text "path: reason" left behind. path may be
 * NULL. */
CM_API OSStatus cm_fail_errno(int error, const char *path);

#endif
