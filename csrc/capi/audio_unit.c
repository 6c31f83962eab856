/* AudioUnit: life, properties, output units. */
#include "capi.h"

static int parse_unit(const char *function, PyObject *const *args, Py_ssize_t count, PyObject *keywords,
                      AudioUnit *unit)
{
    cm_params params = { function, 1, 1, { "audio_unit_id" } };
    PyObject *value;
    return cm_parse(&params, args, count, keywords, &value) < 0 ? -1
                                                                : cm_arg_handle(value, "audio_unit_id", unit);
}

/* Calls that take a unit and nothing else. */
static PyObject *simple(const char *function, const char *operation, OSStatus (*call)(AudioUnit),
                        PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    AudioUnit unit;
    OSStatus status;
    if (parse_unit(function, args, count, keywords, &unit) < 0)
        return NULL;
    CM_CALL(status, call(unit));
    return status ? cm_capi_raise(status, operation) : cm_capi_zero();
}

PyDoc_STRVAR(initialize_doc, "audio_unit_initialize($module, /, audio_unit_id)\n--\n\n"
                             "Makes a unit ready to render, with the formats set so far. Returns 0.");

static PyObject *initialize(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    (void)module;
    return simple("audio_unit_initialize", "AudioUnitInitialize", AudioUnitInitialize, args, count, keywords);
}

PyDoc_STRVAR(uninitialize_doc, "audio_unit_uninitialize($module, /, audio_unit_id)\n--\n\n"
                               "The opposite: formats can be changed again. Returns 0.");

static PyObject *uninitialize(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    (void)module;
    return simple("audio_unit_uninitialize", "AudioUnitUninitialize", AudioUnitUninitialize, args, count,
                  keywords);
}

PyDoc_STRVAR(start_doc, "audio_output_unit_start($module, /, audio_unit_id)\n--\n\n"
                        "Starts an initialised output unit's device. Returns 0.");

static PyObject *start(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    (void)module;
    return simple("audio_output_unit_start", "AudioOutputUnitStart", AudioOutputUnitStart, args, count,
                  keywords);
}

PyDoc_STRVAR(stop_doc, "audio_output_unit_stop($module, /, audio_unit_id)\n--\n\n"
                       "Stops it; nothing is rendered any more when this returns 0.");

static PyObject *stop(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    (void)module;
    return simple("audio_output_unit_stop", "AudioOutputUnitStop", AudioOutputUnitStop, args, count,
                  keywords);
}

typedef struct property_request {
    AudioUnit unit;
    AudioUnitPropertyID id;
    AudioUnitScope scope;
    AudioUnitElement element;
} property_request;

static int read_request(PyObject *const *v, property_request *r)
{
    return cm_arg_handle(v[0], "audio_unit_id", &r->unit) < 0 ||
                   cm_arg_code(v[1], "property_id", &r->id) < 0 || cm_arg_u32(v[2], "scope", &r->scope) < 0 ||
                   cm_arg_u32(v[3], "element", &r->element) < 0
               ? -1
               : 0;
}

PyDoc_STRVAR(get_doc,
             "audio_unit_get_property($module, /, audio_unit_id, property_id, scope, element)\n--\n\n"
             "A property's value as bytes, in the machine's byte order.");

static PyObject *get_property(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "audio_unit_get_property", 4, 4, { "audio_unit_id", "property_id", "scope", "element" }
    };
    PyObject *v[4];
    property_request r;
    UInt32 size = 0;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || read_request(v, &r) < 0)
        return NULL;
    CM_CALL(status, AudioUnitGetPropertyInfo(r.unit, r.id, r.scope, r.element, &size, NULL));
    if (status)
        return cm_capi_raise(status, "AudioUnitGetPropertyInfo");
    PyObject *value = PyBytes_FromStringAndSize(NULL, size);
    if (!value || size == 0)
        return value;
    CM_CALL(status, AudioUnitGetProperty(r.unit, r.id, r.scope, r.element, PyBytes_AS_STRING(value), &size));
    if (status) {
        Py_DECREF(value);
        return cm_capi_raise(status, "AudioUnitGetProperty");
    }
    if (size < (UInt32)PyBytes_GET_SIZE(value))
        _PyBytes_Resize(&value, size);
    return value;
}

/* Bytes must not be taken for addresses of code or objects, unless they say that there is none. */
static const AudioUnitPropertyID address_properties[] = {
    kAudioUnitProperty_SetRenderCallback,
    kAudioUnitProperty_ClassInfo,
    kAudioUnitProperty_ClassInfoFromDocument,
    kAudioUnitProperty_PresentPreset,
    kAudioUnitProperty_HostCallbacks,
    kAudioUnitProperty_InputSamplesInOutput,
    kAudioUnitProperty_ElementName,
    kAudioUnitProperty_ContextName,
    kAudioUnitProperty_AUHostIdentifier,
    kAudioUnitProperty_MIDIOutputCallback,
    kAudioUnitProperty_NickName,
    kAudioOutputUnitProperty_SetInputCallback,
};

static bool holds_address(AudioUnitPropertyID id, const Py_buffer *data)
{
    bool listed = false, any = false;
    for (size_t i = 0; i < sizeof address_properties / sizeof *address_properties; i++)
        listed = listed || address_properties[i] == id;
    for (Py_ssize_t i = 0; listed && i < data->len; i++)
        any = any || ((const char *)data->buf)[i];
    return any;
}

PyDoc_STRVAR(
    set_doc,
    "audio_unit_set_property($module, /, audio_unit_id, property_id, scope, element, data)\n--\n\n"
    "Sets a property from bytes, e.g. a stream format from the 40 bytes of an\n"
    "AudioStreamBasicDescription. Returns 0. ValueError for a property whose value holds addresses.");

static PyObject *set_property(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "audio_unit_set_property", 5, 5, { "audio_unit_id", "property_id", "scope", "element", "data" }
    };
    PyObject *v[5];
    property_request r;
    Py_buffer data;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || read_request(v, &r) < 0 ||
        cm_arg_bytes(v[4], "data", &data) < 0)
        return NULL;
    if (holds_address(r.id, &data)) {
        PyBuffer_Release(&data);
        return PyErr_Format(PyExc_ValueError, "this property holds addresses; bytes cannot stand for them");
    }
    CM_CALL(status, AudioUnitSetProperty(r.unit, r.id, r.scope, r.element, data.buf, (UInt32)data.len));
    PyBuffer_Release(&data);
    return status ? cm_capi_raise(status, "AudioUnitSetProperty") : cm_capi_zero();
}

static PyMethodDef methods[] = {
    CM_METHOD("audio_unit_initialize", initialize, initialize_doc),
    CM_METHOD("audio_unit_uninitialize", uninitialize, uninitialize_doc),
    CM_METHOD("audio_output_unit_start", start, start_doc),
    CM_METHOD("audio_output_unit_stop", stop, stop_doc),
    CM_METHOD("audio_unit_get_property", get_property, get_doc),
    CM_METHOD("audio_unit_set_property", set_property, set_doc),
    { NULL, NULL, 0, NULL },
};

int cm_capi_audio_unit_init(PyObject *module)
{
    return PyModule_AddFunctions(module, methods);
}
