/* urgent.h: threads that must not come late. */
#ifndef CM_BASE_URGENT_H
#define CM_BASE_URGENT_H

/*
 * [render, at the thread's start] Names the calling thread (up to 15 characters, as top and gdb show it) and
 * asks for real-time scheduling, then for a better nice value. Whatever the user may not have is left out
 * without a word.
 */
void cm_thread_urgent(const char *name);

#endif
