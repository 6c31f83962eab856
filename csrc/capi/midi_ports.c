/* Core MIDI's clients and ports, what they send and what they get. */
#include "midi.h"

#include "common/midi_inlet.h"

static const char callbacks_name[] = "_midi_callbacks"; /* of the module: inlet number -> callable */

/* ---- clients ---- */

PyDoc_STRVAR(client_create_doc, "midi_client_create($module, /, name)\n--\n\n"
                                "A client of the MIDI server, to which ports and virtual endpoints belong.");

static PyObject *client_create(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "midi_client_create", 1, 1, { "name" } };
    PyObject *value;
    MIDIClientRef made = 0;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, &value) < 0)
        return NULL;
    CFStringRef name = cm_midi_text(value, "name");
    if (!name)
        return NULL;
    CM_CALL(status, MIDIClientCreate(name, NULL, NULL, &made));
    CFRelease(name);
    return cm_midi_made(status, "MIDIClientCreate", made);
}

PyDoc_STRVAR(client_dispose_doc, "midi_client_dispose($module, /, client)\n--\n\n"
                                 "Ends a client, its ports and its virtual endpoints. Returns 0.");

static PyObject *client_dispose(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "midi_client_dispose", 1, 1, { "client" } };
    UInt64 client;
    OSStatus status;
    (void)module;
    if (cm_midi_numbers(&params, 0, args, count, keywords, &client) < 0)
        return NULL;
    CM_CALL(status, MIDIClientDispose((MIDIClientRef)client));
    if (status == noErr)
        cm_inlet_close_client((MIDIClientRef)client);
    return cm_midi_done(status, "MIDIClientDispose");
}

/* ---- ports ---- */

PyObject *cm_midi_make_inlet(PyObject *module, MIDIClientRef client, PyObject *name_value, cm_midi_maker make,
                             const char *operation)
{
    MIDIObjectRef made = 0;
    OSStatus status;
    PyObject *callbacks = PyObject_GetAttrString(module, callbacks_name);
    CFStringRef name = callbacks ? cm_midi_text(name_value, "name") : NULL;
    void *inlet = name ? cm_inlet_new(callbacks) : NULL;
    Py_XDECREF(callbacks); /* the module has it as long as there are callbacks */
    if (!inlet) {
        if (name)
            CFRelease(name);
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    }
    CM_CALL(status, make(client, name, cm_inlet_read, inlet, &made));
    CFRelease(name);
    if (status == noErr)
        cm_inlet_attach(inlet, made, client);
    else
        cm_inlet_close(inlet);
    return cm_midi_made(status, operation, made);
}

PyDoc_STRVAR(
    input_port_create_doc,
    "midi_input_port_create($module, /, client, port_name)\n--\n\n"
    "A port that gets what the sources say that it is connected to; returns its reference. Packets wait\n"
    "for midi_receive(), or go to the callback of midi_set_callback().\n\n"
    "RuntimeError when client is none.");

static PyObject *input_port_create(PyObject *module, PyObject *const *args, Py_ssize_t count,
                                   PyObject *keywords)
{
    static const cm_params params = { "midi_input_port_create", 2, 2, { "client", "port_name" } };
    PyObject *v[2];
    UInt32 client;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_u32(v[0], "client", &client) < 0)
        return NULL;
    return cm_midi_make_inlet(module, client, v[1], MIDIInputPortCreate, "MIDIInputPortCreate");
}

PyDoc_STRVAR(output_port_create_doc, "midi_output_port_create($module, /, client, port_name)\n--\n\n"
                                     "A port to send from; returns its reference.");

static PyObject *output_port_create(PyObject *module, PyObject *const *args, Py_ssize_t count,
                                    PyObject *keywords)
{
    static const cm_params params = { "midi_output_port_create", 2, 2, { "client", "port_name" } };
    PyObject *v[2];
    UInt32 client;
    MIDIPortRef made = 0;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_u32(v[0], "client", &client) < 0)
        return NULL;
    CFStringRef name = cm_midi_text(v[1], "port_name");
    if (!name)
        return NULL;
    CM_CALL(status, MIDIOutputPortCreate(client, name, &made));
    CFRelease(name);
    return cm_midi_made(status, "MIDIOutputPortCreate", made);
}

PyDoc_STRVAR(port_dispose_doc, "midi_port_dispose($module, /, port)\n--\n\nEnds a port. Returns 0.");

static PyObject *port_dispose(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "midi_port_dispose", 1, 1, { "port" } };
    UInt64 port;
    OSStatus status;
    (void)module;
    if (cm_midi_numbers(&params, 0, args, count, keywords, &port) < 0)
        return NULL;
    CM_CALL(status, MIDIPortDispose((MIDIPortRef)port));
    if (status == noErr)
        cm_inlet_close_object((MIDIPortRef)port);
    return cm_midi_done(status, "MIDIPortDispose");
}

CM_MIDI_ACTION(connect, "midi_port_connect_source", MIDIPortConnectSource, 2, ("port", "source"),
               (MIDIPortRef)n[0], (MIDIEndpointRef)n[1], NULL)
CM_MIDI_ACTION(disconnect, "midi_port_disconnect_source", MIDIPortDisconnectSource, 2, ("port", "source"),
               (MIDIPortRef)n[0], (MIDIEndpointRef)n[1])

/* ---- sending ---- */

enum { MAX_DATA = sizeof(((MIDIPacket *)NULL)->data) };

/* A list of one packet; false with an exception when the bytes are too many or do not fit. */
static bool fill_list(MIDIPacketList *list, const Py_buffer *data, UInt64 time)
{
    if (data->len > MAX_DATA) {
        PyErr_Format(PyExc_ValueError, "data has %zd bytes; a packet holds at most %d", data->len, MAX_DATA);
        return false;
    }
    MIDIPacket *packet = MIDIPacketListInit(list);
    if (MIDIPacketListAdd(list, sizeof *list, packet, time, (ByteCount)data->len, data->buf))
        return true;
    PyErr_SetString(PyExc_RuntimeError, "MIDIPacketListAdd could not add the packet");
    return false;
}

static PyObject *send_from(const cm_params *params, PyObject *const *args, Py_ssize_t count,
                           PyObject *keywords)
{
    PyObject *v[4];
    UInt32 port, destination;
    UInt64 time = 0;
    Py_buffer data;
    MIDIPacketList list;
    OSStatus status = noErr;
    if (cm_parse(params, args, count, keywords, v) < 0 || cm_arg_u32(v[0], params->names[0], &port) < 0 ||
        cm_arg_u32(v[1], params->names[1], &destination) < 0 || cm_arg_u64(v[3], "timestamp", &time) < 0 ||
        cm_arg_bytes(v[2], "data", &data) < 0)
        return NULL;
    bool filled = fill_list(&list, &data, time);
    PyBuffer_Release(&data);
    if (filled)
        CM_CALL(status, MIDISend(port, destination, &list));
    return filled ? cm_midi_done(status, "MIDISend") : NULL;
}

PyDoc_STRVAR(send_data_doc,
             "midi_send_data($module, /, port, destination, data, timestamp=0)\n--\n\n"
             "Sends bytes to a destination. Returns 0.\n\n"
             "data: at most 256 bytes, else ValueError. timestamp: host time in ticks, 0 for now.");

static PyObject *send_data(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "midi_send_data", 3, 4, { "port", "destination", "data", "timestamp" }
    };
    (void)module;
    return send_from(&params, args, count, keywords);
}

PyDoc_STRVAR(send_doc, "midi_send($module, /, port_id, destination_id, data, timestamp=0)\n--\n\n"
                       "The same as midi_send_data.");

static PyObject *send(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "midi_send", 3, 4, { "port_id", "destination_id", "data", "timestamp" }
    };
    (void)module;
    return send_from(&params, args, count, keywords);
}

PyDoc_STRVAR(received_doc, "midi_received($module, /, source, data, timestamp=0)\n--\n\n"
                           "Lets a virtual source say bytes to all that are connected to it. Returns 0.\n\n"
                           "data: at most 256 bytes, else ValueError. timestamp: host time in ticks.");

static PyObject *received(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "midi_received", 2, 3, { "source", "data", "timestamp" } };
    PyObject *v[3];
    UInt32 source;
    UInt64 time = 0;
    Py_buffer data;
    MIDIPacketList list;
    OSStatus status = noErr;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_u32(v[0], "source", &source) < 0 ||
        cm_arg_u64(v[2], "timestamp", &time) < 0 || cm_arg_bytes(v[1], "data", &data) < 0)
        return NULL;
    bool filled = fill_list(&list, &data, time);
    PyBuffer_Release(&data);
    if (filled)
        CM_CALL(status, MIDIReceived(source, &list));
    return filled ? cm_midi_done(status, "MIDIReceived") : NULL;
}

CM_MIDI_ACTION(flush, "midi_flush_output", MIDIFlushOutput, 1, ("destination"), (MIDIEndpointRef)n[0])
CM_MIDI_ACTION(restart, "midi_restart", MIDIRestart, 0, (NULL))

/* ---- receiving ---- */

PyDoc_STRVAR(
    receive_doc,
    "midi_receive($module, /, obj, timeout=0.0)\n--\n\n"
    "What waits at an input port or virtual destination: a list of (timestamp, bytes), oldest first.\n\n"
    "timeout: seconds to wait for the first packet when there is none yet. LookupError when obj was not\n"
    "made by this module, or ended meanwhile.");

static PyObject *receive(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "midi_receive", 1, 2, { "obj", "timeout" } };
    PyObject *v[2];
    UInt32 object;
    double timeout = 0.0;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_u32(v[0], "obj", &object) < 0 ||
        cm_arg_f64(v[1], "timeout", &timeout) < 0)
        return NULL;
    return cm_inlet_fetch(object, timeout);
}

PyDoc_STRVAR(dropped_doc, "midi_receive_dropped($module, /, obj)\n--\n\n"
                          "How many packets found the queue of an input port or virtual destination full.");

static PyObject *dropped(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "midi_receive_dropped", 1, 1, { "obj" } };
    UInt64 object;
    (void)module;
    if (cm_midi_numbers(&params, 0, args, count, keywords, &object) < 0)
        return NULL;
    int64_t number = cm_inlet_dropped((MIDIObjectRef)object);
    return number < 0 ? NULL : PyLong_FromLongLong(number);
}

PyDoc_STRVAR(
    set_callback_doc,
    "midi_set_callback($module, /, obj, callback)\n--\n\n"
    "Has callback(timestamp, data) called with each packet that an input port or virtual destination\n"
    "gets, on whatever thread brings it; None: packets wait for midi_receive() again. Returns 0.\n\n"
    "An exception in it goes to sys.unraisablehook. TypeError when callback cannot be called,\n"
    "LookupError when obj was not made by this module.");

static PyObject *set_callback(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "midi_set_callback", 2, 2, { "obj", "callback" } };
    PyObject *v[2];
    UInt32 object;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_u32(v[0], "obj", &object) < 0)
        return NULL;
    if (v[1] != Py_None && !PyCallable_Check(v[1]))
        return PyErr_Format(PyExc_TypeError, "callback must be callable or None, not %.100s",
                            Py_TYPE(v[1])->tp_name);
    return cm_inlet_set_callback(object, v[1]) < 0 ? NULL : cm_capi_zero();
}

#define DOC(call, text) call "\n--\n\n" text

static PyMethodDef methods[] = {
    CM_METHOD("midi_client_create", client_create, client_create_doc),
    CM_METHOD("midi_client_dispose", client_dispose, client_dispose_doc),
    CM_METHOD("midi_input_port_create", input_port_create, input_port_create_doc),
    CM_METHOD("midi_output_port_create", output_port_create, output_port_create_doc),
    CM_METHOD("midi_port_dispose", port_dispose, port_dispose_doc),
    CM_METHOD("midi_port_connect_source", connect,
              DOC("midi_port_connect_source($module, /, port, source)",
                  "Lets an input port get what a source says. Returns 0.")),
    CM_METHOD("midi_port_disconnect_source", disconnect,
              DOC("midi_port_disconnect_source($module, /, port, source)",
                  "Ends that. Returns 0; RuntimeError when they were not connected.")),
    CM_METHOD("midi_send_data", send_data, send_data_doc),
    CM_METHOD("midi_send", send, send_doc),
    CM_METHOD("midi_received", received, received_doc),
    CM_METHOD("midi_flush_output", flush,
              DOC("midi_flush_output($module, /, destination)",
                  "Forgets what is scheduled for a destination, 0 for all of them. Returns 0.")),
    CM_METHOD("midi_restart", restart,
              DOC("midi_restart($module, /)", "Lets every driver look for its devices again. Returns 0.")),
    CM_METHOD("midi_receive", receive, receive_doc),
    CM_METHOD("midi_receive_dropped", dropped, dropped_doc),
    CM_METHOD("midi_set_callback", set_callback, set_callback_doc),
    { NULL, NULL, 0, NULL },
};

int cm_capi_midi_ports_init(PyObject *module)
{
    PyObject *callbacks = PyDict_New();
    int result = callbacks ? PyModule_AddObjectRef(module, callbacks_name, callbacks) : -1;
    Py_XDECREF(callbacks);
    if (result < 0)
        return -1;
    return PyModule_AddFunctions(module, methods);
}
