#include "fork_lock.h"

#include <assert.h>
#include <stddef.h>

#define MAX_LOCKS 16

static pthread_mutex_t *locks[MAX_LOCKS];
static size_t count;

static void take_all(void)
{
    for (size_t i = 0; i < count; i++)
        pthread_mutex_lock(locks[i]);
}

static void give_all_back(void)
{
    for (size_t i = count; i-- > 0;)
        pthread_mutex_unlock(locks[i]);
}

void cm_fork_lock_add(pthread_mutex_t *lock)
{
    assert(count < MAX_LOCKS);
    if (count == 0)
        pthread_atfork(take_all, give_all_back, give_all_back);
    locks[count++] = lock;
}
