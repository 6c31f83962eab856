/*
 * fiber.h: a function with a stack of its own that can be left in the middle and entered again.
 *
 * For code that pulls what others push: it runs on the thread of whoever resumes it, so nothing is done at
 * the same time and no lock is needed. Two resumes of one fiber may come from different threads, one after
 * the other; work must not hold a mutex or the address of a thread-local variable across cm_fiber_pause.
 */
#ifndef CM_BASE_FIBER_H
#define CM_BASE_FIBER_H

#include <stdbool.h>

typedef struct cm_fiber cm_fiber;

/* [control] A fiber that runs work(context) when first resumed; NULL when there is no memory. */
cm_fiber *cm_fiber_new(void (*work)(void *context), void *context);

/* [control] Frees a fiber that was never resumed or has finished. NULL is allowed. */
void cm_fiber_free(cm_fiber *fiber);

/* Runs work until it pauses or returns. A finished fiber stays as it is. */
void cm_fiber_resume(cm_fiber *fiber);

/* Called by work: goes back to whoever resumed it. */
void cm_fiber_pause(cm_fiber *fiber);

/* True while work is on the stack that runs, rather than paused. */
bool cm_fiber_is_running(const cm_fiber *fiber);

/* True once work was entered. */
bool cm_fiber_has_begun(const cm_fiber *fiber);

/* True once work has returned. */
bool cm_fiber_has_finished(const cm_fiber *fiber);

#endif
