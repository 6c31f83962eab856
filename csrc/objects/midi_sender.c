/* MIDISender: what output ports and virtual sources are made of. */
#include "midi_object.h"

#include <CoreAudio/HostTime.h>
#include <stdlib.h>
#include <string.h>

/* Bytes in one packet of a long message: a list holds no more than 65,536 with its heads. */
enum { CHUNK = 32768, SLICE_MS = 50 };

typedef struct sender {
    cm_native native;
    MIDIObjectRef ref;
    bool is_port;
} sender;

static sender *sender_of(PyObject *self)
{
    return (sender *)self;
}

/* ---- life ---- */

static void close_sender(PyObject *self)
{
    sender *s = sender_of(self);
    MIDIObjectRef ref = s->ref;
    s->ref = 0;
    if (ref)
        CM_RUN(cm_midi_dispose(s->is_port ? MIDIPortDispose : MIDIEndpointDispose, ref));
    cm_native_mark_disposed(self);
}

static void finalize(PyObject *self)
{
    cm_native_finalize(self, close_sender);
}

static int clear(PyObject *self)
{
    cm_native_clear(self);
    return 0;
}

PyDoc_STRVAR(open_doc, "_open($self, /, client, name, is_port)\n--\n\n"
                       "Makes the output port, or the virtual source, of a client. MIDIError.");

static PyObject *open_sender(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "_open", 3, 3, { "client", "name", "is_port" } };
    sender *s = sender_of(self);
    PyObject *v[3];
    UInt32 client;
    OSStatus status;
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, v) < 0 ||
        cm_arg_u32(v[0], "client", &client) < 0 || cm_arg_bool(v[2], &s->is_port) < 0)
        return NULL;
    if (s->ref)
        return PyErr_Format(PyExc_RuntimeError, "it is open");
    CFStringRef name = cm_midi_name(v[1]);
    if (!name)
        return NULL;
    if (s->is_port)
        CM_CALL(status, MIDIOutputPortCreate(client, name, &s->ref));
    else
        CM_CALL(status, MIDISourceCreate(client, name, &s->ref));
    CFRelease(name);
    if (status)
        return cm_midi_fail(self, status, s->is_port ? "MIDIOutputPortCreate" : "MIDISourceCreate",
                            s->is_port ? "create the output port" : "create the virtual source");
    cm_midi_set_ref(self, s->ref);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(dispose_doc, "dispose($self, /)\n--\n\nEnds it. May be called again.");

static PyObject *dispose(PyObject *self, PyObject *unused)
{
    (void)unused;
    close_sender(self);
    Py_RETURN_NONE;
}

/* ---- sending ---- */

static OSStatus pass_on(const sender *s, MIDIEndpointRef destination, const MIDIPacketList *list)
{
    return s->is_port ? MIDISend(s->ref, destination, list) : MIDIReceived(s->ref, list);
}

/* [without the GIL] Bytes of any number in as many lists as it takes, all with one time. */
static OSStatus send_bytes(const sender *s, MIDIEndpointRef destination, UInt64 time, const UInt8 *bytes,
                           size_t size)
{
    char fixed[sizeof(MIDIPacketList)];
    size_t part = size < CHUNK ? size : CHUNK, room = sizeof(MIDIPacketList) + part;
    char *memory = part <= sizeof(((MIDIPacket *)NULL)->data) ? fixed : malloc(room);
    MIDIPacketList *list = (MIDIPacketList *)(void *)memory;
    OSStatus status = memory ? noErr : kAudio_MemFullError;
    if (!s->is_port && !time)
        time = AudioGetCurrentHostTime(); /* what is received carries its time; 0 is for what is sent */
    for (size_t at = 0; status == noErr && at < size; at += part) {
        part = size - at < CHUNK ? size - at : CHUNK;
        MIDIPacket *packet = MIDIPacketListInit(list);
        status = MIDIPacketListAdd(list, memory == fixed ? sizeof fixed : room, packet, time, part,
                                   bytes + at)
                     ? pass_on(s, destination, list)
                     : kMIDIMessageSendErr;
    }
    if (memory != fixed)
        free(memory);
    return status;
}

PyDoc_STRVAR(send_doc,
             "_send($self, /, destination, data, timestamp=0)\n--\n\n"
             "Sends bytes of any number to a destination, or, from a virtual source (destination 0),\n"
             "to all that are connected to it. MIDIError.");

static PyObject *send_data(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "_send", 2, 3, { "destination", "data", "timestamp" } };
    const sender *s = sender_of(self);
    PyObject *v[3];
    UInt32 destination;
    UInt64 time = 0;
    Py_buffer data;
    OSStatus status;
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, v) < 0 ||
        cm_arg_u32(v[0], "destination", &destination) < 0 || cm_arg_u64(v[2], "timestamp", &time) < 0 ||
        cm_arg_bytes(v[1], "data", &data) < 0)
        return NULL;
    CM_CALL(status, send_bytes(s, destination, time, data.buf, (size_t)data.len));
    PyBuffer_Release(&data);
    if (status)
        return cm_midi_fail(self, status, s->is_port ? "MIDISend" : "MIDIReceived", "send the data");
    Py_RETURN_NONE;
}

/* ---- SysEx at the pace of the wire ---- */

static void sysex_done(MIDISysexSendRequest *request)
{
    cm_platform_signal_raise(request->completionRefCon);
}

/* Waits to the end, or, after a signal of the system, until the request has been given up. */
static void wait_until_sent(MIDISysexSendRequest *request)
{
    bool ended = false;
    while (!ended) {
        CM_RUN(ended = cm_platform_signal_wait(request->completionRefCon, SLICE_MS));
        if (!ended && !PyErr_Occurred() && PyErr_CheckSignals() < 0)
            request->complete = true;
    }
}

PyDoc_STRVAR(sysex_doc, "_send_sysex($self, /, destination, data)\n--\n\n"
                        "Sends a SysEx as fast as the destination takes it and returns when all is sent.\n"
                        "How many bytes were. MIDIError.");

static PyObject *send_sysex(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "_send_sysex", 2, 2, { "destination", "data" } };
    PyObject *v[2];
    UInt32 destination;
    Py_buffer data;
    OSStatus status;
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, v) < 0 ||
        cm_arg_u32(v[0], "destination", &destination) < 0 || cm_arg_bytes(v[1], "data", &data) < 0)
        return NULL;
    cm_platform_signal *done = cm_platform_signal_new();
    MIDISysexSendRequest request = { .destination = destination,
                                     .data = data.buf,
                                     .bytesToSend = (UInt32)data.len,
                                     .completionProc = sysex_done,
                                     .completionRefCon = done };
    status = !done || data.len > INT32_MAX ? kAudio_MemFullError : noErr;
    if (status == noErr)
        CM_CALL(status, MIDISendSysex(&request));
    if (status == noErr)
        wait_until_sent(&request);
    cm_platform_signal_free(done);
    PyBuffer_Release(&data);
    if (PyErr_Occurred())
        return NULL;
    if (status)
        return cm_midi_fail(self, status, "MIDISendSysex", "send the SysEx");
    return PyLong_FromSsize_t(data.len - (Py_ssize_t)request.bytesToSend);
}

static PyMethodDef methods[] = {
    CM_METHOD("_open", open_sender, open_doc),
    CM_METHOD("_send", send_data, send_doc),
    CM_METHOD("_send_sysex", send_sysex, sysex_doc),
    { "dispose", dispose, METH_NOARGS, dispose_doc },
    { NULL, NULL, 0, NULL },
};

PyDoc_STRVAR(type_doc,
             "MIDISender(*args, **kwargs)\n--\n\nSends messages: an output port or a virtual source.");

static PyType_Slot slots[] = {
    { Py_tp_doc, (void *)type_doc },
    { Py_tp_new, cm_native_new },
    { Py_tp_dealloc, cm_native_dealloc },
    { Py_tp_finalize, finalize },
    { Py_tp_traverse, cm_native_traverse },
    { Py_tp_clear, clear },
    { Py_tp_methods, methods },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "coremusic._objects.MIDISender",
    .basicsize = sizeof(sender),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int cm_midi_sender_init(PyObject *module, cm_objects_state *state)
{
    return cm_native_add_type(module, state, &spec);
}
