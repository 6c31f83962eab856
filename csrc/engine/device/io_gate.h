/*
 * io_gate.h: lets cycles through between start and stop, on a thread that is not ours to stop (a sound
 * server's).
 *
 * Once cm_io_gate_shut has returned, no cycle is inside and none enters. The render thread never waits.
 */
#ifndef CM_DEVICE_IO_GATE_H
#define CM_DEVICE_IO_GATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

typedef struct cm_io_gate {
    _Atomic int state;          /* all zero: shut */
    _Atomic pthread_t occupant; /* counts while a cycle is inside */
} cm_io_gate;

/* [render] True: a cycle may run, and must leave. */
bool cm_io_gate_enter(cm_io_gate *gate);
void cm_io_gate_leave(cm_io_gate *gate);

/* [control] */
void cm_io_gate_open(cm_io_gate *gate);

/* [any] Waits for the cycle that is inside; from inside it, returns at once, and the cycle is the last one.
 */
void cm_io_gate_shut(cm_io_gate *gate);

#endif
