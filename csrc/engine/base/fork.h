/*
 * fork.h: what lasts as long as the process, and the child of fork(), which has none but the thread that
 * called it. At file scope, each once in a file:
 *
 *     static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
 *     CM_FREE_IN_CHILD(&lock)
 *
 * fork() waits until nobody holds the lock, so that the child finds it free and what it guards whole: a table
 * that stays valid there. Such a lock is held for a moment, nothing that may fork or call a client is called
 * under it, and none is taken while another one is held.
 *
 *     CM_FORGET_IN_CHILD(forget)
 *
 * Calls forget() in the child, when those locks are free, whether the module was used or not: for what goes
 * with the parent's threads. It makes locks, that one of them may have held, new, and waits for nothing. The
 * order of the modules is not defined.
 */
#ifndef CM_BASE_FORK_H
#define CM_BASE_FORK_H

#include <pthread.h>

/* A lock or a function; for ever. */
typedef struct cm_fork_entry {
    pthread_mutex_t *lock;
    void (*forget)(void);
    struct cm_fork_entry *next;
} cm_fork_entry;

/* [while the engine is loaded] */
void cm_fork_add(cm_fork_entry *entry);

#define CM_FREE_IN_CHILD(its_lock)                                                                           \
    __attribute__((constructor)) static void add_fork_lock(void)                                             \
    {                                                                                                        \
        static cm_fork_entry entry = { .lock = its_lock };                                                   \
        cm_fork_add(&entry);                                                                                 \
    }

#define CM_FORGET_IN_CHILD(function)                                                                         \
    __attribute__((constructor)) static void add_fork_function(void)                                         \
    {                                                                                                        \
        static cm_fork_entry entry = { .forget = function };                                                 \
        cm_fork_add(&entry);                                                                                 \
    }

#endif
