#include "midi_inlet.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "call.h"
#include "callback.h"

enum { FIRST_BYTES = 16384, SLICE_MS = 50 };

/* In the queue each packet is this head and its bytes. */
typedef struct {
    uint64_t time;
    uint32_t size;
} head;

typedef struct inlet {
    struct inlet *next;
    uintptr_t number;
    int pins; /* guarded by the table's lock */
    MIDIObjectRef object;
    MIDIClientRef client;
    PyObject *callbacks;      /* borrowed */
    atomic_bool has_callback; /* in callbacks, under number */
    atomic_bool closed;       /* its object is gone */
    pthread_mutex_t lock;     /* guards what follows */
    pthread_cond_t arrived;
    char *bytes;
    size_t used, capacity;
    int64_t dropped;
} inlet;

/* All inlets of this extension module. */
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static inlet *first;
static uintptr_t last_number;

/* ---- the table ---- */

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* In a child of fork() the parent's ports are gone, and with them what waits there. */
static void forget_after_fork(void)
{
    pthread_mutex_init(&table_lock, NULL);
    first = NULL;
}

static void prepare(void)
{
    pthread_atfork(NULL, NULL, forget_after_fork);
}

void *cm_inlet_new(PyObject *callbacks)
{
    pthread_once(&once, prepare);
    inlet *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->arrived, NULL);
    made->pins = 1;
    made->callbacks = callbacks;
    pthread_mutex_lock(&table_lock);
    made->number = ++last_number;
    made->next = first;
    first = made;
    pthread_mutex_unlock(&table_lock);
    return (void *)made->number;
}

typedef bool (*test)(const inlet *candidate, uintptr_t wanted);

static bool has_number(const inlet *candidate, uintptr_t wanted)
{
    return candidate->number == wanted;
}

static bool has_object(const inlet *candidate, uintptr_t wanted)
{
    return candidate->object == wanted;
}

static bool has_client(const inlet *candidate, uintptr_t wanted)
{
    return candidate->client == wanted;
}

/* Pinned, or NULL. */
static inlet *find(test is_it, uintptr_t wanted)
{
    pthread_mutex_lock(&table_lock);
    inlet *at = first;
    while (at && !is_it(at, wanted))
        at = at->next;
    if (at)
        at->pins++;
    pthread_mutex_unlock(&table_lock);
    return at;
}

static void release(inlet *in)
{
    pthread_mutex_lock(&table_lock);
    bool last = --in->pins == 0;
    pthread_mutex_unlock(&table_lock);
    if (!last)
        return;
    pthread_mutex_destroy(&in->lock);
    pthread_cond_destroy(&in->arrived);
    free(in->bytes);
    free(in);
}

/* Takes one out of the table; false when there is none. Its pin there goes to *out. */
static bool take_out(test is_it, uintptr_t wanted, inlet **out)
{
    pthread_mutex_lock(&table_lock);
    inlet **at = &first;
    while (*at && !is_it(*at, wanted))
        at = &(*at)->next;
    *out = *at;
    if (*at)
        *at = (*at)->next;
    pthread_mutex_unlock(&table_lock);
    return *out != NULL;
}

/* Forgets the callable; an exception that is set stays. */
static void forget_callback(inlet *in)
{
    PyObject *type, *value, *traceback;
    if (!atomic_exchange(&in->has_callback, false))
        return;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *key = PyLong_FromSize_t(in->number);
    if (!key || PyDict_DelItem(in->callbacks, key) < 0)
        PyErr_Clear();
    Py_XDECREF(key);
    PyErr_Restore(type, value, traceback);
}

static void close_all(test is_it, uintptr_t wanted)
{
    inlet *in;
    while (take_out(is_it, wanted, &in)) {
        forget_callback(in);
        pthread_mutex_lock(&in->lock);
        atomic_store(&in->closed, true);
        pthread_cond_broadcast(&in->arrived);
        pthread_mutex_unlock(&in->lock);
        release(in);
    }
}

void cm_inlet_close(void *ref_con)
{
    close_all(has_number, (uintptr_t)ref_con);
}

void cm_inlet_close_object(MIDIObjectRef object)
{
    close_all(has_object, object);
}

void cm_inlet_close_client(MIDIClientRef client)
{
    close_all(has_client, client);
}

void cm_inlet_attach(void *ref_con, MIDIObjectRef object, MIDIClientRef client)
{
    inlet *in = find(has_number, (uintptr_t)ref_con);
    if (!in)
        return;
    pthread_mutex_lock(&table_lock);
    in->object = object;
    in->client = client;
    pthread_mutex_unlock(&table_lock);
    release(in);
}

/* ---- packets come ---- */

static bool make_room(inlet *in, size_t size)
{
    size_t capacity = in->capacity ? in->capacity : FIRST_BYTES;
    if (size > CM_INLET_MAX_BYTES - in->used)
        return false;
    while (capacity - in->used < size)
        capacity *= 2;
    char *bytes = capacity == in->capacity ? in->bytes : realloc(in->bytes, capacity);
    if (!bytes)
        return false;
    in->bytes = bytes;
    in->capacity = capacity;
    return true;
}

static void enqueue(inlet *in, const head *packet, const char *data)
{
    pthread_mutex_lock(&in->lock);
    if (make_room(in, sizeof *packet + packet->size)) {
        memcpy(in->bytes + in->used, packet, sizeof *packet);
        memcpy(in->bytes + in->used + sizeof *packet, data, packet->size);
        in->used += sizeof *packet + packet->size;
    } else {
        in->dropped++;
    }
    pthread_cond_signal(&in->arrived);
    pthread_mutex_unlock(&in->lock);
}

static void call_back(inlet *in, const head *packet, const char *data)
{
    PyGILState_STATE gil;
    if (!cm_callback_begin(&gil))
        return;
    PyObject *key = PyLong_FromSize_t(in->number);
    PyObject *callable = key ? PyDict_GetItemWithError(in->callbacks, key) : NULL;
    if (callable) {
        Py_INCREF(callable); /* it may replace itself */
        cm_callback_finish(callable, PyObject_CallFunction(callable, "Ky#", (unsigned long long)packet->time,
                                                           data, (Py_ssize_t)packet->size));
        Py_DECREF(callable);
    }
    Py_XDECREF(key);
    cm_callback_end(gil, "a MIDI callback");
}

void cm_inlet_read(const MIDIPacketList *list, void *ref_con, void *connection)
{
    const MIDIPacket *packet = &list->packet[0];
    UInt32 count = list->numPackets;
    inlet *in = find(has_number, (uintptr_t)ref_con);
    (void)connection;
    if (!in)
        return;
    for (UInt32 i = 0; i < count; i++) {
        const char *bytes = (const char *)packet; /* packets need not be aligned */
        UInt16 size;
        head h;
        memcpy(&h.time, bytes + offsetof(MIDIPacket, timeStamp), sizeof h.time);
        memcpy(&size, bytes + offsetof(MIDIPacket, length), sizeof size);
        h.size = size;
        if (atomic_load(&in->has_callback))
            call_back(in, &h, bytes + offsetof(MIDIPacket, data));
        else
            enqueue(in, &h, bytes + offsetof(MIDIPacket, data));
        if (i + 1 < count)
            packet = MIDIPacketNext(packet);
    }
    release(in);
}

/* ---- packets are fetched ---- */

static void raise_unknown(MIDIObjectRef object)
{
    PyErr_Format(PyExc_LookupError, "%u is no input port and no virtual destination of this module", object);
}

static inlet *find_object(MIDIObjectRef object)
{
    inlet *in = object ? find(has_object, object) : NULL;
    if (!in)
        raise_unknown(object);
    return in;
}

/* Waits for something, at most a slice of time, so that signals are seen. */
static void wait_slice(inlet *in, double seconds)
{
    struct timespec until;
    double slice = seconds < SLICE_MS / 1000.0 ? seconds : SLICE_MS / 1000.0;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += (long)(slice * 1e9);
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&in->lock);
    if (!in->used && !atomic_load(&in->closed))
        pthread_cond_timedwait(&in->arrived, &in->lock, &until);
    pthread_mutex_unlock(&in->lock);
}

static char *take_queue(inlet *in, size_t *used)
{
    pthread_mutex_lock(&in->lock);
    char *bytes = in->bytes;
    *used = in->used;
    in->bytes = NULL;
    in->used = in->capacity = 0;
    pthread_mutex_unlock(&in->lock);
    return bytes;
}

static PyObject *list_of(const char *bytes, size_t used)
{
    PyObject *list = PyList_New(0);
    for (size_t at = 0; list && at < used;) {
        head packet;
        memcpy(&packet, bytes + at, sizeof packet);
        PyObject *pair = Py_BuildValue("Ky#", (unsigned long long)packet.time, bytes + at + sizeof packet,
                                       (Py_ssize_t)packet.size);
        if (!pair || PyList_Append(list, pair) < 0)
            Py_CLEAR(list);
        Py_XDECREF(pair);
        at += sizeof packet + packet.size;
    }
    return list;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

PyObject *cm_inlet_fetch(MIDIObjectRef object, double timeout)
{
    inlet *in = find_object(object);
    size_t used = 0;
    char *bytes = NULL;
    if (!in)
        return NULL;
    double end = now() + timeout, left = timeout;
    while (!(bytes = take_queue(in, &used)) && left > 0 && !atomic_load(&in->closed) &&
           PyErr_CheckSignals() == 0) {
        CM_RUN(wait_slice(in, left));
        left = end - now();
    }
    if (!bytes && atomic_load(&in->closed) && !PyErr_Occurred())
        raise_unknown(object);
    PyObject *list = PyErr_Occurred() ? NULL : list_of(bytes, used);
    free(bytes);
    release(in);
    return list;
}

int64_t cm_inlet_dropped(MIDIObjectRef object)
{
    inlet *in = find_object(object);
    if (!in)
        return -1;
    pthread_mutex_lock(&in->lock);
    int64_t dropped = in->dropped;
    pthread_mutex_unlock(&in->lock);
    release(in);
    return dropped;
}

int cm_inlet_set_callback(MIDIObjectRef object, PyObject *callable)
{
    int result = 0;
    inlet *in = find_object(object);
    if (!in)
        return -1;
    if (callable == Py_None) {
        forget_callback(in);
    } else {
        PyObject *key = PyLong_FromSize_t(in->number);
        result = key ? PyDict_SetItem(in->callbacks, key, callable) : -1;
        if (result == 0)
            atomic_store(&in->has_callback, true);
        Py_XDECREF(key);
    }
    release(in);
    return result;
}
