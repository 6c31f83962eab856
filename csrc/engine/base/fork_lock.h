/*
 * fork_lock.h: locks of what lasts as long as the process, such as a table of handles. fork() waits until
 * nobody holds one, so that a child never finds one held by a thread that it does not have.
 *
 *     static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
 *     CM_FREE_IN_CHILD(&lock)
 *
 * Such a lock is held for a moment, nothing that may fork or call a client is called under it, and none is
 * taken while another one is held.
 */
#ifndef CM_BASE_FORK_LOCK_H
#define CM_BASE_FORK_LOCK_H

#include <pthread.h>

/* [while the engine is loaded] */
void cm_fork_lock_add(pthread_mutex_t *lock);

/* At file scope, once in a file. */
#define CM_FREE_IN_CHILD(lock)                                                                               \
    __attribute__((constructor)) static void free_in_child(void)                                             \
    {                                                                                                        \
        cm_fork_lock_add(lock);                                                                              \
    }

#endif
