/* urgent.h: threads that must not come late. */
#ifndef CM_BASE_URGENT_H
#define CM_BASE_URGENT_H

/*
 * [render, at the thread's start] Names the calling thread (up to 15 characters, as top and gdb show it) and
 * asks for real-time scheduling, then for a better nice value. Whatever the user may not have is left out
 * without a word: the thread then runs as others do. Who wants it gives the user a limit (rtprio, in
 * /etc/security/limits.d). RealtimeKit is not asked: it wants a limit of the process's real-time CPU
 * (RLIMIT_RTTIME), and the kernel would end a program whose callback computes for longer.
 */
void cm_thread_urgent(const char *name);

#endif
