/* MIDINotifier: what MIDIClient is made of: a client, and news of the MIDI setup for a callable. */
#include "midi_object.h"

#include <CoreAudio/HostTime.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

enum { QUEUE_BYTES = 64 * 1024, NAME_BYTES = 128 };

typedef struct notifier {
    cm_native native;
    MIDIClientRef ref;
    cm_inbox *inbox;
} notifier;

/* What a notification says. A record of the inbox; `property` is a C string of any length up to NAME_BYTES.
 */
typedef struct {
    SInt32 kind, type, parent_type;
    UInt32 object, parent;
    char property[NAME_BYTES];
} news;

static notifier *notifier_of(PyObject *self)
{
    return (notifier *)self;
}

/* ---- notifications ---- */

static void added_or_removed(const MIDINotification *message, news *n)
{
    const MIDIObjectAddRemoveNotification *m = (const void *)message;
    n->object = m->child;
    n->type = m->childType;
    n->parent = m->parent;
    n->parent_type = m->parentType;
}

static void property_changed(const MIDINotification *message, news *n)
{
    const MIDIObjectPropertyChangeNotification *m = (const void *)message;
    n->object = m->object;
    n->type = m->objectType;
    if (!CFStringGetCString(m->propertyName, n->property, NAME_BYTES, kCFStringEncodingUTF8))
        n->property[0] = 0;
}

static void io_error(const MIDINotification *message, news *n)
{
    const MIDIIOErrorNotification *m = (const void *)message;
    n->object = m->driverDevice;
    n->type = kMIDIObjectType_Device;
}

static const struct {
    const char *name;
    void (*read)(const MIDINotification *message, news *n);
} kinds[] = {
    [0] = { "unknown", NULL },
    [kMIDIMsgSetupChanged] = { "setup_changed", NULL },
    [kMIDIMsgObjectAdded] = { "added", added_or_removed },
    [kMIDIMsgObjectRemoved] = { "removed", added_or_removed },
    [kMIDIMsgPropertyChanged] = { "property_changed", property_changed },
    [kMIDIMsgThruConnectionsChanged] = { "thru_changed", NULL },
    [kMIDIMsgSerialPortOwnerChanged] = { "serial_port_changed", NULL },
    [kMIDIMsgIOError] = { "io_error", io_error },
};

static bool is_known(SInt32 kind)
{
    return kind > 0 && (size_t)kind < sizeof kinds / sizeof *kinds;
}

/* The server's thread. Without a callable nobody would take it. */
static void notify(const MIDINotification *message, void *ref_con)
{
    cm_inbox *inbox = ref_con;
    news n = { .kind = is_known(message->messageID) ? message->messageID : 0,
               .type = kMIDIObjectType_Other,
               .parent_type = kMIDIObjectType_Other };
    if (!atomic_load(&inbox->pumping))
        return;
    if (kinds[n.kind].read)
        kinds[n.kind].read(message, &n);
    cm_inbox_put(inbox, 0, 0, &n, offsetof(news, property) + strlen(n.property) + 1);
}

static int unpack(cm_inbox *inbox, const cm_inbox_head *head, const uint8_t *bytes, PyObject *list)
{
    news n;
    memcpy(&n, bytes, head->size);
    PyObject *change = PyStructSequence_New(inbox->item);
    PyObject *fields[] = { PyUnicode_FromString(kinds[n.kind].name), PyLong_FromUnsignedLong(n.object),
                           PyLong_FromLong(n.type), PyLong_FromUnsignedLong(n.parent),
                           PyUnicode_DecodeUTF8(n.property, (Py_ssize_t)strlen(n.property), "replace") };
    int result = change ? 0 : -1;
    for (int i = 0; i < 5; i++) {
        result = fields[i] ? result : -1;
        if (change)
            PyStructSequence_SetItem(change, i, fields[i]);
        else
            Py_XDECREF(fields[i]);
    }
    if (result == 0)
        result = PyList_Append(list, change);
    Py_XDECREF(change);
    return result;
}

/* ---- life ---- */

static int init(PyObject *self, PyObject *args, PyObject *keywords)
{
    static const cm_params params = { "MIDINotifier", 1, 1, { "name" } };
    notifier *c = notifier_of(self);
    PyObject *value;
    OSStatus status;
    if (cm_parse_init(&params, args, keywords, &value) < 0)
        return -1;
    if (c->inbox) {
        PyErr_SetString(PyExc_RuntimeError, "it is open");
        return -1;
    }
    CFStringRef name = cm_midi_name(value);
    if (!name)
        return -1;
    c->inbox = cm_inbox_new(QUEUE_BYTES, unpack, (PyTypeObject *)cm_kept(self, CM_MIDI_CHANGE));
    if (!c->inbox) {
        CFRelease(name);
        PyErr_NoMemory();
        return -1;
    }
    c->inbox->is_one = true;
    CM_CALL(status, MIDIClientCreate(name, notify, c->inbox, &c->ref));
    CFRelease(name);
    if (status) {
        cm_midi_fail(self, status, "MIDIClientCreate", "create the MIDI client");
        return -1;
    }
    cm_midi_set_ref(self, c->ref);
    return 0;
}

static void close_client(PyObject *self)
{
    notifier *c = notifier_of(self);
    MIDIClientRef ref = c->ref;
    c->ref = 0;
    if (ref)
        CM_RUN(cm_midi_dispose(MIDIClientDispose, ref));
    cm_inbox_end(c->inbox);
    cm_native_mark_disposed(self);
}

static void finalize(PyObject *self)
{
    cm_native_finalize(self, close_client);
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    int result = cm_inbox_traverse(notifier_of(self)->inbox, visit, arg);
    return result ? result : cm_native_traverse(self, visit, arg);
}

static int clear(PyObject *self)
{
    cm_inbox_clear(&notifier_of(self)->inbox);
    cm_native_clear(self);
    return 0;
}

PyDoc_STRVAR(dispose_doc, "dispose($self, /)\n--\n\nEnds the client. May be called again.");

static PyObject *dispose(PyObject *self, PyObject *unused)
{
    (void)unused;
    close_client(self);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(listen_doc,
             "_listen($self, /, callable)\n--\n\n"
             "Has callable(change) called with each MIDIChange, on a thread of its own; None: no more.");

static PyObject *listen(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "_listen", 1, 1, { "callable" } };
    PyObject *value;
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, &value) < 0)
        return NULL;
    if (!notifier_of(self)->inbox)
        return PyErr_Format(PyExc_RuntimeError, "it was never opened");
    if (cm_inbox_set_callable(notifier_of(self)->inbox, value == Py_None ? NULL : value) < 0)
        return NULL;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(host_time_doc,
             "host_time(delay=0.0)\n--\n\n"
             "The host time, in ticks, that is so many seconds from now: a timestamp for sending.");

static PyObject *host_time(PyObject *unused, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "host_time", 0, 1, { "delay" } };
    PyObject *value;
    double delay = 0.0;
    (void)unused;
    if (cm_parse(&params, args, count, keywords, &value) < 0 || cm_arg_f64(value, "delay", &delay) < 0)
        return NULL;
    double ticks = delay * AudioGetHostClockFrequency();
    if (!(fabs(ticks) < 9e18))
        return PyErr_Format(PyExc_ValueError, "delay is no number of seconds that a clock can show");
    return PyLong_FromUnsignedLongLong(AudioGetCurrentHostTime() + (UInt64)(int64_t)ticks);
}

PyDoc_STRVAR(seconds_doc, "seconds(timestamp)\n--\n\n"
                          "A host time in seconds, as float: the same count that host_time() goes by.");

static PyObject *seconds(PyObject *unused, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "seconds", 1, 1, { "timestamp" } };
    PyObject *value;
    uint64_t ticks;
    (void)unused;
    if (cm_parse(&params, args, count, keywords, &value) < 0 || cm_arg_u64(value, "timestamp", &ticks) < 0)
        return NULL;
    return PyFloat_FromDouble((double)ticks / AudioGetHostClockFrequency());
}

static PyMethodDef methods[] = {
    { "seconds", CM_FAST(seconds), METH_FASTCALL | METH_KEYWORDS | METH_STATIC, seconds_doc },
    { "host_time", CM_FAST(host_time), METH_FASTCALL | METH_KEYWORDS | METH_STATIC, host_time_doc },
    CM_METHOD("_listen", listen, listen_doc),
    { "dispose", dispose, METH_NOARGS, dispose_doc },
    { NULL, NULL, 0, NULL },
};

PyDoc_STRVAR(type_doc, "MIDINotifier(name)\n--\n\nA client of the MIDI server. MIDIError.");

static PyType_Slot slots[] = {
    { Py_tp_doc, (void *)type_doc },
    { Py_tp_new, cm_native_new },
    { Py_tp_init, init },
    { Py_tp_dealloc, cm_native_dealloc },
    { Py_tp_finalize, finalize },
    { Py_tp_traverse, traverse },
    { Py_tp_clear, clear },
    { Py_tp_methods, methods },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "coremusic._objects.MIDINotifier",
    .basicsize = sizeof(notifier),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

static PyStructSequence_Field change_fields[] = {
    { "kind", "'added', 'removed', 'property_changed', 'setup_changed', 'thru_changed', 'io_error'" },
    { "object_id", "what it is about; 0 where it is about no object" },
    { "object_type", "kMIDIObjectType_...: 0 device, 1 entity, 2 source, 3 destination; -1 other" },
    { "parent_id", "what it was added to or removed from; 0 for devices and virtual endpoints" },
    { "property", "name of the property that changed, or ''" },
    { NULL, NULL },
};

static PyStructSequence_Desc change_description = { "coremusic._objects.MIDIChange",
                                                    "A change of the MIDI setup.", change_fields, 5 };

int cm_midi_notifier_init(PyObject *module, cm_objects_state *state)
{
    if (cm_callback_init() < 0 || cm_midi_add_record(module, state, CM_MIDI_CHANGE, &change_description) < 0)
        return -1;
    return cm_native_add_type(module, state, &spec);
}
