/*
 * source.h: Python objects as the bytes of an audio file, by the framework's file callbacks.
 *
 * A bytes-like object is read where it lies, without the GIL, and stays exported (so that it cannot move)
 * until the source is freed. A binary file object is called with the GIL, which the callback takes on
 * whatever thread it runs; an exception in it fails the framework's call, is kept, and comes out of the outer
 * method through cm_source_raise. The framework's lock is held during a callback, so the GIL must have been
 * dropped around every call that can lead to one.
 */
#ifndef CM_OBJECTS_SOURCE_H
#define CM_OBJECTS_SOURCE_H

#include "objects.h"

typedef struct cm_source cm_source;

/* True for a path: str or os.PathLike. */
bool cm_is_path(PyObject *object);

/* What messages and repr call it: a path as it is, anything else by its type. */
PyObject *cm_source_name(PyObject *given);

/*
 * TypeError unless object can serve: a bytes-like object for reading, or one with read, seek and tell, and
 * with write and truncate when it is to be writable.
 */
int cm_source_check(PyObject *object, bool writable);

/* A source over object, which was checked. It holds a reference. NULL with an exception. */
cm_source *cm_source_new(PyObject *object, bool writable);

/* Ends the export and the reference. After the file is closed; NULL is allowed. */
void cm_source_free(cm_source *source);

int cm_source_traverse(cm_source *source, visitproc visit, void *arg);

OSStatus cm_source_open(cm_source *source, AudioFileTypeID hint, AudioFileID *file);
OSStatus cm_source_create(cm_source *source, AudioFileTypeID type, const AudioStreamBasicDescription *format,
                          AudioFileID *file);

/* True when a file object raised since the last cm_source_raise or cm_source_forget. NULL is allowed. */
bool cm_source_failed(const cm_source *source);

/* Raises what the file object raised, with the exception that is set, if any, as its context. */
void cm_source_raise(cm_source *source);

void cm_source_forget(cm_source *source);

#endif
