/*
 * grace.h: one render thread reads what others replace, without a lock. The render thread enters and leaves
 * around each use; whoever has published something newer (or cleared a flag) waits until no use can still see
 * what was there before. A writer's stores and the reader's loads in between have to be seq_cst atomics.
 */
#ifndef CM_BASE_GRACE_H
#define CM_BASE_GRACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

typedef struct cm_grace {
    _Atomic uint64_t turns; /* odd while inside */
} cm_grace;

/* [render] One thread at a time; does not nest. */
static inline void cm_grace_enter(cm_grace *grace)
{
    atomic_fetch_add(&grace->turns, 1);
}

static inline void cm_grace_leave(cm_grace *grace)
{
    atomic_fetch_add(&grace->turns, 1);
}

/* [any, but not from inside] As cm_grace_wait, for at most that long; false when the use is still under way.
 */
static inline bool cm_grace_wait_for(cm_grace *grace, unsigned milliseconds)
{
    uint64_t turn = atomic_load(&grace->turns);
    const struct timespec pause = { 0, 100000 };
    for (unsigned i = 0; turn % 2 && atomic_load(&grace->turns) == turn; i++) {
        if (i / 10 >= milliseconds)
            return false;
        nanosleep(&pause, NULL);
    }
    return true;
}

/* [any, but not from inside] Returns when a use that was under way at the time of the call has ended. */
static inline void cm_grace_wait(cm_grace *grace)
{
    while (!cm_grace_wait_for(grace, 1000))
        ;
}

#endif
