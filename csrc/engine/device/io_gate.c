#include "io_gate.h"

#include <time.h>

enum {
    SHUT,
    OPEN,
    INSIDE,
    LAST /* inside, and shut once it has left */
};

bool cm_io_gate_enter(cm_io_gate *gate)
{
    /* Before the state, so that whoever finds a cycle inside finds whose it is. */
    atomic_store(&gate->occupant, pthread_self());
    int expected = OPEN;
    return atomic_compare_exchange_strong(&gate->state, &expected, INSIDE);
}

void cm_io_gate_leave(cm_io_gate *gate)
{
    int expected = INSIDE;
    if (!atomic_compare_exchange_strong(&gate->state, &expected, OPEN))
        atomic_store(&gate->state, SHUT);
}

void cm_io_gate_open(cm_io_gate *gate)
{
    int expected = SHUT;
    atomic_compare_exchange_strong(&gate->state, &expected, OPEN);
}

void cm_io_gate_shut(cm_io_gate *gate)
{
    int state = atomic_load(&gate->state);
    while ((state == OPEN || state == INSIDE) &&
           !atomic_compare_exchange_strong(&gate->state, &state, state == OPEN ? SHUT : LAST))
        continue;
    /* The render thread may not wake anybody, so it is looked after. */
    while (atomic_load(&gate->state) == LAST && !pthread_equal(atomic_load(&gate->occupant), pthread_self()))
        nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
}
