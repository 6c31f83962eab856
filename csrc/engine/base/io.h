/*
 * io.h: the bytes behind an audio file: a path, a file being written, or a client's callbacks.
 *
 * A file that is created, or changed for the first time, is written to a temporary file beside its target
 * (".name.XXXXXX.part"); cm_io_commit puts it in the target's place in one step. Until then, and for ever if
 * the process dies, what stood at the path before still stands there. The temporary file is that process's: a
 * child of fork() that writes or commits it gets kAudioFilePermissionsError, and may close it without harm.
 *
 * One cm_io is used by one thread at a time, except that cm_io_read may run on several at once.
 */
#ifndef CM_BASE_IO_H
#define CM_BASE_IO_H

#include "status.h"

#include <AudioToolbox/AudioFile.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct cm_io cm_io;

/* Opens an existing regular file. With writable, the first write or change of size works on a copy as said
 * above. */
OSStatus cm_io_open(const char *path, bool writable, cm_io **out);

/* A new empty file for path. Without replace, a file that exists is kAudioFilePermissionsError. */
OSStatus cm_io_create(const char *path, bool replace, cm_io **out);

/* The client's callbacks; write and set_size may be NULL for reading. Commit does nothing. */
OSStatus cm_io_wrap_callbacks(void *client, AudioFile_ReadProc read, AudioFile_WriteProc write,
                              AudioFile_GetSizeProc get_size, AudioFile_SetSizeProc set_size, cm_io **out);

/* What a stream's size is until it has ended. */
#define CM_IO_SIZE_UNKNOWN ((SInt64)1 << 61)

/*
 * Bytes that arrive one after the other. read waits until at least `least` of the bytes that it is asked for
 * are there, or gives fewer at the end of the stream; size is CM_IO_SIZE_UNKNOWN until then. stream and
 * context belong to the caller.
 */
typedef struct cm_io_stream {
    OSStatus (*read)(void *context, SInt64 at, void *buffer, size_t least, size_t size, size_t *got);
    SInt64 (*size)(void *context);
} cm_io_stream;

OSStatus cm_io_wrap_stream(const cm_io_stream *stream, void *context, cm_io **out);

/* True for those: what lies behind the audio data cannot be waited for. */
CM_API bool cm_io_is_stream(const cm_io *io);

/* Bytes that the caller keeps alive; read-only. */
OSStatus cm_io_wrap_memory(const void *bytes, size_t size, cm_io **out);

/* Reads up to size bytes at an offset; *got is smaller than size only at the end of the file (which is no
 * error). */
CM_API OSStatus cm_io_read(cm_io *io, SInt64 at, void *buffer, size_t size, size_t *got);

/* As cm_io_read, but of a stream only `least` bytes are waited for; more come along if they are there. */
CM_API OSStatus cm_io_read_least(cm_io *io, SInt64 at, void *buffer, size_t least, size_t size, size_t *got);

/* As cm_io_read, but kAudioFileEndOfFileError when fewer than size bytes are there. */
CM_API OSStatus cm_io_read_all(cm_io *io, SInt64 at, void *buffer, size_t size);

/* Writes everything or fails. Writing beyond the end fills the gap with zeros. */
CM_API OSStatus cm_io_write(cm_io *io, SInt64 at, const void *bytes, size_t size);

/* The size in bytes; of a file that is only read, the size it had when it was opened. */
CM_API SInt64 cm_io_size(cm_io *io);

CM_API OSStatus cm_io_set_size(cm_io *io, SInt64 size);

/* Moves size bytes inside the file; the ranges may overlap. */
CM_API OSStatus cm_io_move(cm_io *io, SInt64 from, SInt64 to, SInt64 size);

CM_API bool cm_io_writable(const cm_io *io);

/* The path given at the start, "" for callbacks and memory. Lent. */
CM_API const char *cm_io_path(const cm_io *io);

/* Makes everything written so far what the path shows. May be called more than once; no-op when nothing was
 * written. */
OSStatus cm_io_commit(cm_io *io);

/* Frees io. What was not committed is thrown away. NULL is allowed. */
void cm_io_close(cm_io *io);

#endif
