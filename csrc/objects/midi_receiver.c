/* MIDIReceiver: what input ports and virtual destinations are made of. */
#include "midi_object.h"

#include <stddef.h>
#include <string.h>

enum { QUEUE_BYTES = 4 * 1024 * 1024 };

typedef struct receiver {
    cm_native native;
    MIDIObjectRef ref; /* 0 before it is opened and after it is closed */
    bool is_port;
    cm_inbox *inbox; /* stays up to the end, for its count */
} receiver;

static receiver *receiver_of(PyObject *self)
{
    return (receiver *)self;
}

/* ---- from packets to messages ---- */

/* The framework's thread, perhaps the sender's. */
static void read_packets(const MIDIPacketList *list, void *ref_con, void *connection)
{
    const MIDIPacket *packet = &list->packet[0];
    UInt32 count = list->numPackets;
    for (UInt32 i = 0; i < count; i++) {
        const char *bytes = (const char *)packet; /* packets need not be aligned */
        uint64_t time;
        uint16_t size;
        memcpy(&time, bytes + offsetof(MIDIPacket, timeStamp), sizeof time);
        memcpy(&size, bytes + offsetof(MIDIPacket, length), sizeof size);
        cm_inbox_put(ref_con, time, (uint32_t)(uintptr_t)connection, bytes + offsetof(MIDIPacket, data),
                     size);
        if (i + 1 < count)
            packet = MIDIPacketNext(packet);
    }
}

typedef struct {
    PyObject *list;
    PyTypeObject *type;
} target;

static int add_message(void *context, uint64_t time, uint32_t source, const uint8_t *bytes, size_t size)
{
    const target *to = context;
    PyObject *message = PyStructSequence_New(to->type);
    PyObject *fields[] = { PyBytes_FromStringAndSize((const char *)bytes, (Py_ssize_t)size),
                           PyLong_FromUnsignedLongLong(time), PyLong_FromUnsignedLong(source) };
    int result = message && fields[0] && fields[1] && fields[2] ? 0 : -1;
    for (int i = 0; i < 3; i++)
        if (message)
            PyStructSequence_SetItem(message, i, fields[i]);
        else
            Py_XDECREF(fields[i]);
    if (result == 0)
        result = PyList_Append(to->list, message);
    Py_XDECREF(message);
    return result;
}

static int unpack(cm_inbox *inbox, const cm_inbox_head *head, const uint8_t *bytes, PyObject *list)
{
    target to = { list, inbox->item };
    if (head->after_gap)
        cm_midi_parser_gap(&inbox->parser);
    int result = cm_midi_parse(&inbox->parser, head->time, head->source, bytes, head->size, add_message, &to);
    if (result < 0 && !PyErr_Occurred())
        PyErr_NoMemory();
    return result;
}

/* ---- life ---- */

static void close_receiver(PyObject *self)
{
    receiver *r = receiver_of(self);
    MIDIObjectRef ref = r->ref;
    r->ref = 0;
    if (ref)
        CM_RUN(cm_midi_dispose(r->is_port ? MIDIPortDispose : MIDIEndpointDispose, ref));
    cm_inbox_end(r->inbox);
    cm_native_mark_disposed(self);
}

static void finalize(PyObject *self)
{
    cm_native_finalize(self, close_receiver);
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    int result = cm_inbox_traverse(receiver_of(self)->inbox, visit, arg);
    return result ? result : cm_native_traverse(self, visit, arg);
}

static int clear(PyObject *self)
{
    cm_inbox_clear(&receiver_of(self)->inbox);
    cm_native_clear(self);
    return 0;
}

static OSStatus make(receiver *r, MIDIClientRef client, CFStringRef name)
{
    return r->is_port ? MIDIInputPortCreate(client, name, read_packets, r->inbox, &r->ref)
                      : MIDIDestinationCreate(client, name, read_packets, r->inbox, &r->ref);
}

PyDoc_STRVAR(open_doc, "_open($self, /, client, name, is_port)\n--\n\n"
                       "Makes the input port, or the virtual destination, of a client. MIDIError.");

static PyObject *open_receiver(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "_open", 3, 3, { "client", "name", "is_port" } };
    receiver *r = receiver_of(self);
    PyObject *v[3];
    UInt32 client;
    OSStatus status;
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, v) < 0 ||
        cm_arg_u32(v[0], "client", &client) < 0 || cm_arg_bool(v[2], &r->is_port) < 0)
        return NULL;
    if (r->inbox)
        return PyErr_Format(PyExc_RuntimeError, "it is open");
    CFStringRef name = cm_midi_name(v[1]);
    if (!name)
        return NULL;
    r->inbox = cm_inbox_new(QUEUE_BYTES, unpack, (PyTypeObject *)cm_kept(self, CM_MIDI_MESSAGE));
    if (!r->inbox) {
        CFRelease(name);
        return PyErr_NoMemory();
    }
    CM_CALL(status, make(r, client, name));
    CFRelease(name);
    if (status)
        return cm_midi_fail(self, status, r->is_port ? "MIDIInputPortCreate" : "MIDIDestinationCreate",
                            r->is_port ? "create the input port" : "create the virtual destination");
    cm_midi_set_ref(self, r->ref);
    Py_RETURN_NONE;
}

/* With an exception when it is closed or was never opened. */
static cm_inbox *open_inbox(PyObject *self)
{
    cm_inbox *inbox = receiver_of(self)->inbox;
    if (cm_native_check(self) < 0)
        return NULL;
    if (!inbox)
        PyErr_SetString(PyExc_RuntimeError, "a MIDIClient makes ports and endpoints");
    return inbox;
}

PyDoc_STRVAR(dispose_doc, "dispose($self, /)\n--\n\n"
                          "Ends it; what has not been received is forgotten. May be called again.");

static PyObject *dispose(PyObject *self, PyObject *unused)
{
    (void)unused;
    close_receiver(self);
    Py_RETURN_NONE;
}

/* ---- connections ---- */

static PyObject *connect_to(PyObject *self, const cm_params *params, PyObject *const *args, Py_ssize_t count,
                            PyObject *keywords, bool connect)
{
    PyObject *value;
    UInt32 source;
    OSStatus status;
    if (!open_inbox(self) || cm_parse(params, args, count, keywords, &value) < 0 ||
        cm_arg_u32(value, "source", &source) < 0)
        return NULL;
    MIDIPortRef port = receiver_of(self)->ref;
    if (connect)
        CM_CALL(status, MIDIPortConnectSource(port, source, (void *)(uintptr_t)source));
    else
        CM_CALL(status, MIDIPortDisconnectSource(port, source));
    if (status)
        return cm_midi_fail(self, status, connect ? "MIDIPortConnectSource" : "MIDIPortDisconnectSource",
                            connect ? "connect the source" : "disconnect the source");
    Py_RETURN_NONE;
}

PyDoc_STRVAR(connect_doc, "_connect($self, /, source)\n--\n\nLets the port get what a source says.");

static PyObject *connect_source(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "_connect", 1, 1, { "source" } };
    return connect_to(self, &params, args, count, keywords, true);
}

PyDoc_STRVAR(disconnect_doc, "_disconnect($self, /, source)\n--\n\nEnds that.");

static PyObject *disconnect_source(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                   PyObject *keywords)
{
    static const cm_params params = { "_disconnect", 1, 1, { "source" } };
    return connect_to(self, &params, args, count, keywords, false);
}

/* ---- receiving ---- */

static cm_inbox *inbox_without_callback(PyObject *self)
{
    cm_inbox *inbox = open_inbox(self);
    if (inbox && inbox->callable) {
        PyErr_SetString(PyExc_RuntimeError, "messages go to the callback");
        return NULL;
    }
    return inbox;
}

/* The next message; NULL without an exception when the time is over or the receiver was closed. */
static PyObject *wait_for_message(cm_inbox *inbox, double seconds)
{
    PyObject *message = NULL;
    int more = 1;
    atomic_fetch_add(&inbox->references, 1); /* the object may go while it waits */
    while (more > 0 && !atomic_load(&inbox->closed) && !(message = cm_inbox_next(inbox)) && !PyErr_Occurred())
        more = cm_inbox_wait(inbox, &seconds);
    cm_inbox_release(inbox);
    return message;
}

PyDoc_STRVAR(
    receive_doc,
    "receive($self, /, timeout=None)\n--\n\n"
    "The next message as MIDIMessage; None when none came in time or the receiver was disposed of.\n\n"
    "timeout: seconds, 0 not to wait; None: until one comes. RuntimeError while it has a callback.");

static PyObject *receive(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "receive", 0, 1, { "timeout" } };
    PyObject *value;
    double seconds = -1;
    if (cm_parse(&params, args, count, keywords, &value) < 0)
        return NULL;
    if (value && value != Py_None) {
        if (cm_arg_f64(value, "timeout", &seconds) < 0)
            return NULL;
        seconds = seconds > 0 ? seconds : 0;
    }
    cm_inbox *inbox = inbox_without_callback(self);
    PyObject *message = inbox ? wait_for_message(inbox, seconds) : NULL;
    return message || PyErr_Occurred() ? message : Py_NewRef(Py_None);
}

PyDoc_STRVAR(pending_doc, "receive_pending($self, /)\n--\n\n"
                          "All messages that are here, as a list, oldest first; does not wait.");

static PyObject *receive_pending(PyObject *self, PyObject *unused)
{
    cm_inbox *inbox = inbox_without_callback(self);
    (void)unused;
    return inbox ? cm_inbox_all(inbox) : NULL;
}

static PyObject *next_message(PyObject *self)
{
    receiver *r = receiver_of(self);
    if (r->native.core.disposed)
        return NULL; /* the iteration ends */
    cm_inbox *inbox = inbox_without_callback(self);
    return inbox ? wait_for_message(inbox, -1) : NULL;
}

PyDoc_STRVAR(fileno_doc,
             "fileno($self, /)\n--\n\n"
             "A file descriptor that becomes readable, once, when a message is there or the receiver is\n"
             "disposed of; for select and event loops. Ask again before each wait.");

static PyObject *get_fileno(PyObject *self, PyObject *unused)
{
    cm_inbox *inbox = open_inbox(self);
    int number = inbox ? cm_inbox_arm(inbox) : -1;
    (void)unused;
    return number < 0 ? NULL : PyLong_FromLong(number);
}

/* ---- properties ---- */

static PyObject *get_callback(PyObject *self, void *closure)
{
    cm_inbox *inbox = receiver_of(self)->inbox;
    (void)closure;
    return Py_NewRef(inbox && inbox->callable ? inbox->callable : Py_None);
}

static int set_callback(PyObject *self, PyObject *value, void *closure)
{
    cm_inbox *inbox = open_inbox(self);
    (void)closure;
    if (!inbox)
        return -1;
    if (value && value != Py_None && !PyCallable_Check(value)) {
        PyErr_Format(PyExc_TypeError, "callback must be callable or None, not %.100s",
                     Py_TYPE(value)->tp_name);
        return -1;
    }
    return cm_inbox_set_callable(inbox, value == Py_None ? NULL : value);
}

static PyObject *get_dropped(PyObject *self, void *closure)
{
    cm_inbox *inbox = receiver_of(self)->inbox;
    (void)closure;
    return PyLong_FromUnsignedLong(inbox ? cm_inbox_dropped(inbox) : 0);
}

static PyMethodDef methods[] = {
    CM_METHOD("_open", open_receiver, open_doc),
    CM_METHOD("_connect", connect_source, connect_doc),
    CM_METHOD("_disconnect", disconnect_source, disconnect_doc),
    CM_METHOD("receive", receive, receive_doc),
    { "receive_pending", receive_pending, METH_NOARGS, pending_doc },
    { "fileno", get_fileno, METH_NOARGS, fileno_doc },
    { "dispose", dispose, METH_NOARGS, dispose_doc },
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef properties[] = {
    { "callback", get_callback, set_callback,
      "callback(data, timestamp, source) gets each message, on a thread that is never the sender's;\n"
      "None: messages wait to be received.",
      NULL },
    { "dropped", get_dropped, NULL,
      "Packets that found the queue of 4 MiB full, and SysEx messages that lost a part so.", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

PyDoc_STRVAR(type_doc, "MIDIReceiver(*args, **kwargs)\n--\n\n"
                       "A queue of messages: iterate over it, call receive(), or give it a callback.");

static PyType_Slot slots[] = {
    { Py_tp_doc, (void *)type_doc },
    { Py_tp_new, cm_native_new },
    { Py_tp_dealloc, cm_native_dealloc },
    { Py_tp_finalize, finalize },
    { Py_tp_traverse, traverse },
    { Py_tp_clear, clear },
    { Py_tp_iter, PyObject_SelfIter },
    { Py_tp_iternext, next_message },
    { Py_tp_methods, methods },
    { Py_tp_getset, properties },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "coremusic._objects.MIDIReceiver",
    .basicsize = sizeof(receiver),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

static PyStructSequence_Field message_fields[] = {
    { "data", "bytes of one message, status first; a SysEx whole, from F0 to F7" },
    { "timestamp", "host time in ticks when it was meant to be heard" },
    { "source", "object_id of the source that said it, 0 at a virtual destination" },
    { NULL, NULL },
};

static PyStructSequence_Desc message_description = { "coremusic._objects.MIDIMessage",
                                                     "A MIDI 1.0 message that was received.", message_fields,
                                                     3 };

int cm_midi_receiver_init(PyObject *module, cm_objects_state *state)
{
    if (cm_callback_init() < 0 ||
        cm_midi_add_record(module, state, CM_MIDI_MESSAGE, &message_description) < 0)
        return -1;
    return cm_native_add_type(module, state, &spec);
}
