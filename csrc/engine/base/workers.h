/*
 * workers.h: a few threads that share out large, independent pieces of work. Started on first use, none after
 * a fork until the child needs them. COREMUSIC_THREADS limits them; 1 keeps everything on the caller's
 * thread.
 */
#ifndef CM_BASE_WORKERS_H
#define CM_BASE_WORKERS_H

#include <stddef.h>

/* [any] The number of pieces worth cutting work into: processors of this process, at most 8. */
size_t cm_workers_width(void);

/*
 * [any] Runs task(context, 0) .. task(context, count - 1), each once, on the caller's and the workers'
 * threads, and returns when all have ended. A task must not call cm_workers_run.
 */
void cm_workers_run(size_t count, void (*task)(void *context, size_t index), void *context);

#endif
