/* Core MIDI's thru connections. */
#include "midi_thru.h"

#include <string.h>

PyDoc_STRVAR(initialize_doc,
             "midi_thru_connection_params_initialize($module, /)\n--\n\n"
             "Parameters of a thru connection that changes nothing, as a new dict to be filled in.");

static PyObject *initialize(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "midi_thru_connection_params_initialize", 0, 0, { NULL } };
    MIDIThruConnectionParams initial;
    (void)module;
    if (cm_parse(&params, args, count, keywords, NULL) < 0)
        return NULL;
    MIDIThruConnectionParamsInitialize(&initial);
    CFDataRef data = CFDataCreate(NULL, (const UInt8 *)&initial, sizeof initial);
    if (!data)
        return PyErr_NoMemory();
    PyObject *dict = cm_thru_dict(data);
    CFRelease(data);
    return dict;
}

static bool is_given(PyObject *value)
{
    return value && value != Py_None;
}

static PyObject *create_connection(PyObject *owner_value, PyObject *params_value)
{
    MIDIThruConnectionRef made = 0;
    CFStringRef owner = NULL;
    CFDataRef data = NULL;
    OSStatus status;
    if (is_given(params_value)) {
        if (cm_arg_dict(params_value, "connection_params") < 0 || !(data = cm_thru_data(params_value)))
            return NULL;
    }
    if (is_given(owner_value) && !(owner = cm_midi_text(owner_value, "persistent_owner_id"))) {
        if (data)
            CFRelease(data);
        return NULL;
    }
    CM_CALL(status, MIDIThruConnectionCreate(owner, data, &made));
    if (owner)
        CFRelease(owner);
    if (data)
        CFRelease(data);
    return cm_midi_made(status, "MIDIThruConnectionCreate", made);
}

PyDoc_STRVAR(
    create_doc,
    "midi_thru_connection_create($module, /, persistent_owner_id=None, connection_params=None)\n--\n\n"
    "Connects sources with destinations inside the MIDI server; returns the connection's reference.\n\n"
    "persistent_owner_id: a str lets the connection survive the process. connection_params: a dict as of\n"
    "midi_thru_connection_params_initialize(). RuntimeError when the parameters are refused.");

static PyObject *create(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "midi_thru_connection_create", 0, 2, { "persistent_owner_id", "connection_params" }
    };
    PyObject *v[2];
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0)
        return NULL;
    return create_connection(v[0], v[1]);
}

PyDoc_STRVAR(create_with_params_doc, "midi_thru_connection_create_with_params($module, /, params)\n--\n\n"
                                     "The same as midi_thru_connection_create(None, params).");

static PyObject *create_with_params(PyObject *module, PyObject *const *args, Py_ssize_t count,
                                    PyObject *keywords)
{
    static const cm_params params = { "midi_thru_connection_create_with_params", 1, 1, { "params" } };
    PyObject *value;
    (void)module;
    if (cm_parse(&params, args, count, keywords, &value) < 0)
        return NULL;
    return create_connection(NULL, value);
}

CM_MIDI_ACTION(dispose, "midi_thru_connection_dispose", MIDIThruConnectionDispose, 1, ("connection"),
               (MIDIThruConnectionRef)n[0])

PyDoc_STRVAR(get_params_doc, "midi_thru_connection_get_params($module, /, connection)\n--\n\n"
                             "The parameters of a connection as a dict.");

static PyObject *get_params(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "midi_thru_connection_get_params", 1, 1, { "connection" } };
    UInt64 connection;
    CFDataRef data = NULL;
    OSStatus status;
    (void)module;
    if (cm_midi_numbers(&params, 0, args, count, keywords, &connection) < 0)
        return NULL;
    CM_CALL(status, MIDIThruConnectionGetParams((MIDIThruConnectionRef)connection, &data));
    if (status)
        return cm_capi_raise(status, "MIDIThruConnectionGetParams");
    PyObject *dict = cm_thru_dict(data);
    CFRelease(data);
    return dict;
}

PyDoc_STRVAR(
    set_params_doc,
    "midi_thru_connection_set_params($module, /, connection, connection_params)\n--\n\n"
    "Changes a connection while messages flow. Returns 0; RuntimeError when the parameters are refused.");

static PyObject *set_params(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "midi_thru_connection_set_params", 2, 2, { "connection", "connection_params" }
    };
    PyObject *v[2];
    UInt32 connection;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_u32(v[0], "connection", &connection) < 0 ||
        cm_arg_dict(v[1], "connection_params") < 0)
        return NULL;
    CFDataRef data = cm_thru_data(v[1]);
    if (!data)
        return NULL;
    CM_CALL(status, MIDIThruConnectionSetParams(connection, data));
    CFRelease(data);
    return cm_midi_done(status, "MIDIThruConnectionSetParams");
}

static PyObject *list_of(CFDataRef data)
{
    CFIndex count = CFDataGetLength(data) / (CFIndex)sizeof(MIDIThruConnectionRef);
    PyObject *list = PyList_New(0);
    for (CFIndex i = 0; list && i < count; i++) {
        MIDIThruConnectionRef ref;
        memcpy(&ref, CFDataGetBytePtr(data) + i * (CFIndex)sizeof ref, sizeof ref);
        PyObject *number = PyLong_FromUnsignedLong(ref);
        if (!number || PyList_Append(list, number) < 0)
            Py_CLEAR(list);
        Py_XDECREF(number);
    }
    return list;
}

PyDoc_STRVAR(find_doc,
             "midi_thru_connection_find($module, /, persistent_owner_id)\n--\n\n"
             "The connections of an owner, those of earlier processes included, as a list of references.");

static PyObject *find(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "midi_thru_connection_find", 1, 1, { "persistent_owner_id" } };
    PyObject *value;
    CFDataRef data = NULL;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, &value) < 0)
        return NULL;
    CFStringRef owner = cm_midi_text(value, "persistent_owner_id");
    if (!owner)
        return NULL;
    CM_CALL(status, MIDIThruConnectionFind(owner, &data));
    CFRelease(owner);
    if (status)
        return cm_capi_raise(status, "MIDIThruConnectionFind");
    PyObject *list = data ? list_of(data) : PyList_New(0);
    if (data)
        CFRelease(data);
    return list;
}

#define DOC(call, text) call "\n--\n\n" text

static PyMethodDef methods[] = {
    CM_METHOD("midi_thru_connection_params_initialize", initialize, initialize_doc),
    CM_METHOD("midi_thru_connection_create", create, create_doc),
    CM_METHOD("midi_thru_connection_create_with_params", create_with_params, create_with_params_doc),
    CM_METHOD("midi_thru_connection_dispose", dispose,
              DOC("midi_thru_connection_dispose($module, /, connection)",
                  "Ends a connection, a persistent one for good. Returns 0.")),
    CM_METHOD("midi_thru_connection_get_params", get_params, get_params_doc),
    CM_METHOD("midi_thru_connection_set_params", set_params, set_params_doc),
    CM_METHOD("midi_thru_connection_find", find, find_doc),
    { NULL, NULL, 0, NULL },
};

int cm_capi_midi_thru_init(PyObject *module)
{
    return PyModule_AddFunctions(module, methods);
}
