/*
 * handle.h: the one table behind AudioFileID, AudioConverterRef and every other opaque reference.
 *
 * A handle is a number, not an address: slot index, kind and generation. A stale, foreign or invented handle
 * finds nothing, so each API function can answer it with its framework's own error. Objects are pinned while
 * a call uses them: closing a handle on one thread while another is inside a call only makes the handle stale
 * at once; the object dies when the last pin goes.
 */
#ifndef CM_BASE_HANDLE_H
#define CM_BASE_HANDLE_H

#include <stdbool.h>
#include <stddef.h>

typedef enum {
    CM_KIND_NONE,
    CM_KIND_AUDIO_FILE,
    CM_KIND_AUDIO_FILE_STREAM,
    CM_KIND_AUDIO_CONVERTER,
    CM_KIND_EXT_AUDIO_FILE,
    CM_KIND_AUDIO_CODEC,
    CM_KIND_AUDIO_COMPONENT,
    CM_KIND_AUDIO_UNIT,
    CM_KIND_AU_LISTENER,
    CM_KIND_AUDIO_QUEUE,
    CM_KIND_AUDIO_QUEUE_TIMELINE,
    CM_KIND_AUDIO_QUEUE_TAP,
    CM_KIND_IO_PROC,
    CM_KIND_COUNT
} cm_kind;

/* Runs once, on the thread that drops the last pin or retires an unpinned handle. */
typedef void (*cm_destroy_fn)(void *object);

/* [any] A new handle for object, which the table owns from now on. NULL when there is no memory left. */
void *cm_handle_new(cm_kind kind, void *object, cm_destroy_fn destroy);

/* [any, render] The object, pinned, or NULL when the handle is not a live one of this kind. Lock-free. */
void *cm_handle_pin(const void *handle, cm_kind kind);

/* [any] Ends a pin. May destroy the object. */
void cm_handle_unpin(const void *handle);

/*
 * [any] Makes the handle stale; the object is destroyed now, or by the last unpin. False when the handle was
 * not a live one of this kind, so that of two racing closes exactly one succeeds.
 */
bool cm_handle_retire(const void *handle, cm_kind kind);

/* [any] Live handles of a kind; leak tests compare it before and after. */
size_t cm_handle_count(cm_kind kind);

#endif
