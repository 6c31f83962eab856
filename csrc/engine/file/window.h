/*
 * window.h: looking at a file's bytes in place, block by block, without a read for every header.
 */
#ifndef CM_FILE_WINDOW_H
#define CM_FILE_WINDOW_H

#include "../base/io.h"

#define CM_WINDOW_MOST ((size_t)1 << 16) /* bytes that can be asked for at once */

typedef struct cm_window {
    cm_io *io;
    SInt64 end; /* nothing is read from here on */
    UInt8 *bytes;
    SInt64 at; /* where bytes[0] is in the file */
    size_t size;
    size_t step;     /* bytes of a read; grows while reading goes on forward */
    OSStatus status; /* of the first read that failed */
} cm_window;

/* end_window frees what the window holds, not the io. */
void cm_window_begin(cm_window *w, cm_io *io, SInt64 end);
void cm_window_end(cm_window *w);

/* The bytes at a place, at least `least` of them and *have in all; NULL when the file has fewer there, or a
 * read failed. Lent until the next call. */
const UInt8 *cm_window_look(cm_window *w, SInt64 at, size_t least, size_t *have);

#endif
