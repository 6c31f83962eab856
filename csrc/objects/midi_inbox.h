/*
 * midi_inbox.h: a bounded queue from the MIDI server to Python: a lock-free ring, and a pump thread when
 * there is a callable. So no sender, scheduler or driver ever waits for the GIL or runs Python.
 *
 * The framework writes records (cm_inbox_put, one thread at a time), Python takes them out. An inbox is
 * shared by its object and its pump; the last one frees it.
 */
#ifndef CM_OBJECTS_MIDI_INBOX_H
#define CM_OBJECTS_MIDI_INBOX_H

#include "common/callback.h"
#include "common/platform.h"
#include "engine/base/ring.h"
#include "midi_parser.h"

#include <pthread.h>
#include <stdatomic.h>

/* What a record begins with in the ring; `size` bytes follow. */
typedef struct cm_inbox_head {
    uint64_t time;
    uint32_t source;
    uint32_t size : 31;
    uint32_t after_gap : 1; /* records before this one were dropped */
} cm_inbox_head;

typedef struct cm_inbox cm_inbox;

/* [GIL] Appends to the list what one record says; -1 with an exception. */
typedef int (*cm_inbox_unpack)(cm_inbox *inbox, const cm_inbox_head *head, const uint8_t *bytes,
                               PyObject *list);

struct cm_inbox {
    atomic_int references;
    cm_ring ring;
    cm_platform_signal *arrived;
    atomic_bool closed;
    atomic_bool pumping; /* a pump runs that has not been told to end */
    atomic_ulong dropped;
    bool gap;           /* the writer's */
    atomic_bool armed;  /* the next record is to write a byte into the pipe */
    atomic_int pipe[2]; /* -1 until it is asked for */

    /* All that follows is the taker's, guarded by the GIL. */
    cm_inbox_unpack unpack;
    PyTypeObject *item; /* borrowed: the struct sequence of what comes out; the module keeps it */
    bool is_one;        /* the callable gets the item as one argument, not its fields */
    PyObject *ready;    /* items, or NULL */
    Py_ssize_t next;    /* of them */
    bool taking;        /* someone is; memory that it allocates may let others run */
    uint8_t *scratch;
    size_t scratch_size;
    cm_midi_parser parser;
    PyObject *callable; /* the object's reference, lent to the pump */
    unsigned long pump; /* number of the pump that may call it */
};

/* NULL without memory. */
cm_inbox *cm_inbox_new(size_t bytes, cm_inbox_unpack unpack, PyTypeObject *item);
/* [any] */
void cm_inbox_release(cm_inbox *inbox);

/* [render] False, and counted, when there is no room. */
bool cm_inbox_put(cm_inbox *inbox, uint64_t time, uint32_t source, const void *bytes, size_t size);

/* [any] No more will come: who waits is woken. */
void cm_inbox_close(cm_inbox *inbox);

/* [GIL] Takes the callable away and closes: what its object does when it is disposed of. NULL is allowed. */
void cm_inbox_end(cm_inbox *inbox);

/* [GIL] Its object's part of tp_traverse and tp_clear; clear ends it too. NULL is allowed. */
int cm_inbox_traverse(cm_inbox *inbox, visitproc visit, void *arg);
void cm_inbox_clear(cm_inbox **inbox);

/* [GIL] The next item; NULL without an exception when there is none, or another thread is at it. */
PyObject *cm_inbox_next(cm_inbox *inbox);

/* [GIL] All that there is, as a list; NULL with an exception. */
PyObject *cm_inbox_all(cm_inbox *inbox);

/* [GIL] Waits for a record, at most so many seconds, negative for ever. 1: perhaps there is one; 0: the time
 * is over; -1 with an exception. *seconds becomes what is left. */
int cm_inbox_wait(cm_inbox *inbox, double *seconds);

/* [GIL] A pump that calls callable; NULL ends it. 0, or -1 with an exception. */
int cm_inbox_set_callable(cm_inbox *inbox, PyObject *callable);

/* [GIL] The readable end of a pipe in which a byte arrives with the next record or the closing; -1 with an
 * exception. Bytes that are in it are taken out. */
int cm_inbox_arm(cm_inbox *inbox);

/* [GIL] Messages lost for want of room, and SysEx that lost a part. */
unsigned long cm_inbox_dropped(const cm_inbox *inbox);

#endif
