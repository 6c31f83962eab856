/* platform.h: the little that one platform has and another lacks, behind functions that exist on both. */
#ifndef CM_COMMON_PLATFORM_H
#define CM_COMMON_PLATFORM_H

#include <AudioToolbox/AudioToolbox.h>
#include <CoreFoundation/CoreFoundation.h>
#include <stdbool.h>

/* One line about the calling thread's last failure with this status (a file, a missing library), or NULL. */
const char *cm_platform_error_detail(OSStatus status);

/* Before a call: what an earlier failure left must not explain this one's. */
void cm_platform_forget_detail(void);

/*
 * What was written to file shall not take the place of what was there before. Where the framework writes in
 * place this does nothing.
 */
void cm_platform_discard(AudioFileID file);

/*
 * [any] Whoever holds a queue may use the memory of its buffers, whichever thread disposes of it meanwhile.
 * False, and nothing to let go, for a queue that has ended. Not for long, and nothing that waits for another
 * thread.
 */
bool cm_platform_queue_hold(AudioQueueRef queue);
void cm_platform_queue_let_go(AudioQueueRef queue);

/* AudioQueueDispose for queues that are held: both layers dispose of theirs with it. Without the GIL. */
OSStatus cm_platform_queue_dispose(AudioQueueRef queue, Boolean immediate);

/*
 * Wakes one waiting thread. Raising it takes no lock and allocates nothing, so a render thread may; what was
 * raised while nobody waited ends the next wait.
 */
typedef struct cm_platform_signal cm_platform_signal;

cm_platform_signal *cm_platform_signal_new(void);
void cm_platform_signal_free(cm_platform_signal *signal);
void cm_platform_signal_raise(cm_platform_signal *signal);
/* True when it was raised, false after so many milliseconds. */
bool cm_platform_signal_wait(cm_platform_signal *signal, int milliseconds);

/* The calling thread makes or takes sound for a render thread, but does work of any kind: it shall wake up
 * before others where this user may have that, and may not keep a processor to itself. */
void cm_platform_thread_prompt(void);

#endif
