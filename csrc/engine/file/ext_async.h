/*
 * ext_async.h: writing from a render thread: frames go into a ring, a thread of the file's own writes them.
 */
#ifndef CM_FILE_EXT_ASYNC_H
#define CM_FILE_EXT_ASYNC_H

#include <CoreAudioTypes/CoreAudioTypes.h>
#include <stddef.h>

typedef struct cm_ext_async cm_ext_async;
struct cm_ext_file;

/* [control] Starts the thread. The ring holds `frames` of `planes` buffers, `stride` bytes a frame each. */
OSStatus cm_ext_async_start(struct cm_ext_file *e, UInt32 planes, size_t stride, UInt32 frames,
                            cm_ext_async **out);

/*
 * [render] Queues frames. kExtAudioFileError_AsyncWriteTooLarge when they would not fit an empty ring,
 * kExtAudioFileError_AsyncWriteBufferOverflow when the thread is behind; otherwise the status of the last
 * write that the thread made.
 */
OSStatus cm_ext_async_write(cm_ext_async *a, UInt32 frames, const AudioBufferList *data);

/* [control] Waits until everything queued is written and ends the thread; returns the first failure. NULL is
 * allowed, and a second call. */
OSStatus cm_ext_async_stop(cm_ext_async *a);

/* [control] Stops, and frees a, which no thread may be using. NULL is allowed. */
void cm_ext_async_free(cm_ext_async *a);

#endif
