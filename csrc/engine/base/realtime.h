/*
 * realtime.h: brackets around what runs on a render thread. Inside them nothing may allocate, lock or block;
 * and functions that would have to wait for a render thread know that they are on one.
 */
#ifndef CM_BASE_REALTIME_H
#define CM_BASE_REALTIME_H

#include <stdbool.h>

/* [render] Begins and ends a piece of rendering on this thread. May nest. */
void cm_render_begin(void);
void cm_render_end(void);

/* [any] True between the two on this thread. */
bool cm_render_active(void);

#endif
