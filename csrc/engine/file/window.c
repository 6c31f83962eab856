#include "window.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_STEP ((size_t)1 << 12)
#define CAPACITY (2 * CM_WINDOW_MOST)

void cm_window_begin(cm_window *w, cm_io *io, SInt64 end)
{
    *w = (cm_window){ .io = io, .end = end, .step = FIRST_STEP };
}

void cm_window_end(cm_window *w)
{
    free(w->bytes);
    w->bytes = NULL;
}

static bool holds(const cm_window *w, SInt64 at, size_t least)
{
    return w->bytes && at >= w->at && at - w->at <= (SInt64)w->size &&
           w->size - (size_t)(at - w->at) >= least;
}

static OSStatus load(cm_window *w, SInt64 at, size_t least)
{
    if (!w->bytes)
        w->bytes = malloc(CAPACITY);
    if (!w->bytes)
        return cmMemFullError;
    bool forward = w->size > 0 && at >= w->at && at <= w->at + (SInt64)w->size;
    if (forward && w->step < CM_WINDOW_MOST)
        w->step *= 4;
    size_t wanted = least > w->step ? least : w->step;
    if ((SInt64)wanted > w->end - at)
        wanted = (size_t)(w->end - at);
    w->at = at;
    w->size = 0;
    OSStatus status = cm_io_read_least(w->io, at, w->bytes, least, wanted, &w->size);
    if (w->size < least && cm_io_is_stream(w->io))
        w->end = cm_io_size(w->io); /* now it is known */
    return status;
}

const UInt8 *cm_window_look(cm_window *w, SInt64 at, size_t least, size_t *have)
{
    *have = 0;
    if (at < 0 || least > CM_WINDOW_MOST || at > w->end || w->end - at < (SInt64)least)
        return NULL;
    if (!holds(w, at, least)) {
        OSStatus status = load(w, at, least);
        if (status != noErr && w->status == noErr)
            w->status = status;
        if (status != noErr || !holds(w, at, least))
            return NULL;
    }
    size_t offset = (size_t)(at - w->at);
    *have = w->size - offset;
    return w->bytes + offset;
}
