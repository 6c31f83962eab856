/*
 * realtime.h: brackets around what runs on a render thread. Inside them nothing may allocate, lock or block;
 * and functions that would have to wait for a render thread know that they are on one.
 *
 * Built with CM_CHECK_RENDER (the debug build of the C tests), what breaks the rule is counted: malloc and
 * its family, locks, sleeping, joining, reading and writing, by whoever's code they are called.
 */
#ifndef CM_BASE_REALTIME_H
#define CM_BASE_REALTIME_H

#include <stdbool.h>

/* [render] Begins and ends a piece of rendering on this thread. May nest. */
void cm_render_begin(void);
void cm_render_end(void);

/*
 * [render] Outside the brackets for a while, where rendering may wait because no clock does: virtual time
 * that is moved by hand. What suspend gives goes back into resume.
 */
unsigned cm_render_suspend(void);
void cm_render_resume(unsigned depth);

/* [any] True between the two on this thread. */
bool cm_render_active(void);

/* [any] Violations since the start of the process, on all threads; *first is the name of the function that
 * was called first of all, or NULL. Always 0 in a build that does not count. */
unsigned long cm_render_violations(const char **first);

/* [any] True in a build that counts. */
bool cm_render_is_checked(void);

#endif
