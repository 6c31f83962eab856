#include "midi_inbox.h"

#include "common/call.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A slice is short enough that Ctrl-C is noticed; so many items are made ahead. */
enum { SLICE_MS = 50, PUMP_MS = 200, BATCH_ITEMS = 256 };

cm_inbox *cm_inbox_new(size_t bytes, cm_inbox_unpack unpack, PyTypeObject *item)
{
    cm_inbox *inbox = calloc(1, sizeof *inbox);
    if (!inbox)
        return NULL;
    inbox->arrived = cm_platform_signal_new();
    if (!inbox->arrived || !cm_ring_init(&inbox->ring, bytes)) {
        cm_platform_signal_free(inbox->arrived);
        free(inbox);
        return NULL;
    }
    atomic_init(&inbox->references, 1);
    atomic_init(&inbox->pipe[0], -1);
    atomic_init(&inbox->pipe[1], -1);
    inbox->unpack = unpack;
    inbox->item = item;
    return inbox;
}

void cm_inbox_release(cm_inbox *inbox)
{
    if (!inbox || atomic_fetch_sub(&inbox->references, 1) != 1)
        return;
    for (int i = 0; i < 2; i++)
        if (inbox->pipe[i] >= 0)
            close(inbox->pipe[i]);
    cm_platform_signal_free(inbox->arrived);
    cm_ring_free(&inbox->ring);
    cm_midi_parser_free(&inbox->parser);
    free(inbox->scratch);
    free(inbox);
}

/* ---- the framework's side ---- */

static void wake(cm_inbox *inbox)
{
    atomic_thread_fence(memory_order_seq_cst); /* the record is seen before the flags are looked at */
    cm_platform_signal_raise(inbox->arrived);
    if (atomic_load(&inbox->armed) && atomic_exchange(&inbox->armed, false)) {
        ssize_t written = write(inbox->pipe[1], "", 1); /* full: then there is something to read already */
        (void)written;
    }
}

bool cm_inbox_put(cm_inbox *inbox, uint64_t time, uint32_t source, const void *bytes, size_t size)
{
    cm_inbox_head head = { .time = time, .source = source };
    if (atomic_load(&inbox->closed) || size > INT32_MAX)
        return false;
    if (cm_ring_writable(&inbox->ring) < sizeof head + size) {
        inbox->gap = true;
        atomic_fetch_add(&inbox->dropped, 1);
        return false;
    }
    head.size = (uint32_t)size & INT32_MAX;
    head.after_gap = inbox->gap;
    inbox->gap = false;
    cm_ring_write(&inbox->ring, &head, sizeof head);
    cm_ring_write(&inbox->ring, bytes, size);
    wake(inbox);
    return true;
}

void cm_inbox_close(cm_inbox *inbox)
{
    atomic_store(&inbox->closed, true);
    wake(inbox);
}

/* ---- taking out ---- */

static bool read_fully(cm_inbox *inbox, void *bytes, size_t size)
{
    return size == 0 || cm_ring_read(&inbox->ring, bytes, size);
}

/* The next record into scratch. 1, 0 when there is none, -1 with an exception. */
static int next_record(cm_inbox *inbox, cm_inbox_head *head)
{
    if (!cm_ring_read(&inbox->ring, head, sizeof *head))
        return 0;
    if (head->size > inbox->scratch_size) {
        uint8_t *grown = realloc(inbox->scratch, head->size);
        if (!grown) {
            PyErr_NoMemory();
            return -1;
        }
        inbox->scratch = grown;
        inbox->scratch_size = head->size;
    }
    while (!read_fully(inbox, inbox->scratch, head->size)) /* the writer is between its two writes */
        sched_yield();
    return 1;
}

/* Takes up to about `most` items out of records, unless another is doing it. */
static int refill(cm_inbox *inbox, Py_ssize_t most)
{
    cm_inbox_head head;
    int more = 1;
    if (inbox->taking)
        return 0;
    if (!inbox->ready && !(inbox->ready = PyList_New(0)))
        return -1;
    inbox->taking = true;
    while (more > 0 && PyList_GET_SIZE(inbox->ready) < most && (more = next_record(inbox, &head)) > 0)
        if (inbox->unpack(inbox, &head, inbox->scratch, inbox->ready) < 0)
            more = -1;
    inbox->taking = false;
    return more < 0 ? -1 : 0;
}

PyObject *cm_inbox_next(cm_inbox *inbox)
{
    PyObject *used = NULL, *item = NULL;
    if ((!inbox->ready || inbox->next >= PyList_GET_SIZE(inbox->ready)) && !inbox->taking) {
        used = inbox->ready; /* dropped at the end: that may run anything */
        inbox->ready = NULL;
        inbox->next = 0;
        if (refill(inbox, BATCH_ITEMS) < 0) {
            Py_XDECREF(used);
            return NULL;
        }
    }
    if (inbox->ready && inbox->next < PyList_GET_SIZE(inbox->ready))
        item = Py_NewRef(PyList_GET_ITEM(inbox->ready, inbox->next++));
    Py_XDECREF(used);
    return item;
}

PyObject *cm_inbox_all(cm_inbox *inbox)
{
    if (inbox->taking)
        return PyList_New(0);
    if (refill(inbox, PY_SSIZE_T_MAX) < 0)
        return NULL;
    PyObject *list = inbox->ready;
    Py_ssize_t given = inbox->next;
    inbox->ready = NULL;
    inbox->next = 0;
    if (given && PyList_SetSlice(list, 0, given, NULL) < 0)
        Py_CLEAR(list);
    return list;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int cm_inbox_wait(cm_inbox *inbox, double *seconds)
{
    bool raised;
    double began = now();
    if (*seconds == 0)
        return 0;
    int slice = *seconds < 0 || *seconds * 1000 > SLICE_MS ? SLICE_MS : (int)(*seconds * 1000) + 1;
    CM_RUN(raised = cm_platform_signal_wait(inbox->arrived, slice));
    (void)raised;
    if (*seconds > 0)
        *seconds = now() - began < *seconds ? *seconds - (now() - began) : 0;
    return PyErr_CheckSignals() < 0 ? -1 : 1;
}

unsigned long cm_inbox_dropped(const cm_inbox *inbox)
{
    return atomic_load(&inbox->dropped) + inbox->parser.lost;
}

/* ---- the pipe ---- */

static int make_pipe(cm_inbox *inbox)
{
    int ends[2];
    if (pipe(ends) < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    for (int i = 0; i < 2; i++) {
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
        fcntl(ends[i], F_SETFL, O_NONBLOCK);
        atomic_store(&inbox->pipe[i], ends[i]);
    }
    return 0;
}

int cm_inbox_arm(cm_inbox *inbox)
{
    char bytes[16];
    if (inbox->pipe[0] < 0 && make_pipe(inbox) < 0)
        return -1;
    while (read(inbox->pipe[0], bytes, sizeof bytes) > 0)
        ;
    atomic_store(&inbox->armed, true);
    if (cm_ring_readable(&inbox->ring) > 0 || atomic_load(&inbox->closed))
        wake(inbox);
    return inbox->pipe[0];
}

/* ---- the pump ---- */

typedef struct {
    cm_inbox *inbox;
    unsigned long number;
} pump;

static bool is_current(const pump *p)
{
    return p->inbox->callable && p->inbox->pump == p->number && !atomic_load(&p->inbox->closed);
}

static void call_with(cm_inbox *inbox, PyObject *item)
{
    PyObject *callable = Py_NewRef(inbox->callable); /* it may replace itself */
    PyObject *result = inbox->is_one ? PyObject_CallOneArg(callable, item)
                                     : PyObject_CallObject(callable, item);
    cm_callback_finish(callable, result);
    Py_DECREF(callable);
}

/* [GIL] Hands what there is to the callable. */
static void drain(const pump *p)
{
    PyObject *item;
    while (is_current(p) && (item = cm_inbox_next(p->inbox))) {
        call_with(p->inbox, item);
        Py_DECREF(item);
    }
    if (PyErr_Occurred() && p->inbox->callable)
        PyErr_WriteUnraisable(p->inbox->callable);
}

/* Waits without the GIL. False when the pump may have to end. */
static bool wait_for_more(cm_inbox *inbox)
{
    return cm_platform_signal_wait(inbox->arrived, PUMP_MS) || atomic_load(&inbox->closed) ||
           !atomic_load(&inbox->pumping);
}

static void *run_pump(void *context)
{
    pump *p = context;
    PyGILState_STATE gil;
    bool more = true;
    while (more && cm_callback_begin(&gil)) {
        drain(p);
        more = is_current(p);
        cm_callback_end(gil, "a MIDI callback");
        while (more && !wait_for_more(p->inbox))
            ;
    }
    if (!atomic_load(&p->inbox->closed))
        cm_platform_signal_raise(p->inbox->arrived); /* it may have been meant for the next pump */
    cm_inbox_release(p->inbox);
    free(p);
    return NULL;
}

static int start_pump(cm_inbox *inbox)
{
    pthread_t thread;
    pump *p = malloc(sizeof *p);
    if (!p) {
        PyErr_NoMemory();
        return -1;
    }
    *p = (pump){ inbox, ++inbox->pump };
    atomic_fetch_add(&inbox->references, 1);
    atomic_store(&inbox->pumping, true);
    if (pthread_create(&thread, NULL, run_pump, p) == 0) {
        pthread_detach(thread);
        return 0;
    }
    cm_inbox_release(inbox);
    free(p);
    atomic_store(&inbox->pumping, false);
    PyErr_SetString(PyExc_RuntimeError, "no thread could be started for the callback");
    return -1;
}

int cm_inbox_set_callable(cm_inbox *inbox, PyObject *callable)
{
    PyObject *old = inbox->callable;
    inbox->callable = Py_XNewRef(callable);
    if (callable && !old && start_pump(inbox) < 0) {
        Py_CLEAR(inbox->callable);
        return -1;
    }
    if (!callable && old) {
        inbox->pump++;
        atomic_store(&inbox->pumping, false);
        cm_platform_signal_raise(inbox->arrived);
    }
    Py_XDECREF(old);
    return 0;
}

/* ---- the object's end ---- */

void cm_inbox_end(cm_inbox *inbox)
{
    if (!inbox)
        return;
    cm_inbox_set_callable(inbox, NULL);
    cm_inbox_close(inbox);
}

int cm_inbox_traverse(cm_inbox *inbox, visitproc visit, void *arg)
{
    if (inbox) {
        Py_VISIT(inbox->callable);
        Py_VISIT(inbox->ready);
    }
    return 0;
}

void cm_inbox_clear(cm_inbox **inbox)
{
    cm_inbox *gone = *inbox;
    *inbox = NULL;
    if (!gone)
        return;
    cm_inbox_end(gone);
    Py_CLEAR(gone->ready);
    cm_inbox_release(gone);
}
