/* lock.h: the mutex of an API object: recursive, because a callback may call back into the object it came
 * from. */
#ifndef CM_BASE_LOCK_H
#define CM_BASE_LOCK_H

#include <pthread.h>

static inline void cm_lock_init(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

#endif
