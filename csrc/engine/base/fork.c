#include "fork.h"

static cm_fork_entry *first;

static void take_locks(void)
{
    for (cm_fork_entry *e = first; e; e = e->next)
        if (e->lock)
            pthread_mutex_lock(e->lock);
}

static void give_locks_back(void)
{
    for (cm_fork_entry *e = first; e; e = e->next)
        if (e->lock)
            pthread_mutex_unlock(e->lock);
}

static void begin_child(void)
{
    give_locks_back();
    for (cm_fork_entry *e = first; e; e = e->next)
        if (e->forget)
            e->forget();
}

void cm_fork_add(cm_fork_entry *entry)
{
    if (!first)
        pthread_atfork(take_locks, give_locks_back, begin_child);
    entry->next = first;
    first = entry;
}
