/* AudioUnit: properties and formats. */
#include "audio_unit.h"
#include "format.h"

#include <string.h>

static PyObject *read_property(PyObject *self, AudioUnitPropertyID id, AudioUnitScope scope,
                               AudioUnitElement element)
{
    AudioUnit unit = cm_unit_handle(self);
    UInt32 size = 0;
    OSStatus status;
    if (!unit)
        return NULL;
    CM_CALL(status, AudioUnitGetPropertyInfo(unit, id, scope, element, &size, NULL));
    if (status)
        return cm_unit_fail(self, status, "AudioUnitGetPropertyInfo", "get a property");
    PyObject *value = PyBytes_FromStringAndSize(NULL, size);
    if (!value || size == 0)
        return value;
    CM_CALL(status, AudioUnitGetProperty(unit, id, scope, element, PyBytes_AS_STRING(value), &size));
    if (status) {
        Py_DECREF(value);
        return cm_unit_fail(self, status, "AudioUnitGetProperty", "get a property");
    }
    if (size < (UInt32)PyBytes_GET_SIZE(value))
        _PyBytes_Resize(&value, size);
    return value;
}

PyObject *cm_unit_get_property(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "get_property", 3, 3, { "property_id", "scope", "element" } };
    PyObject *v[3];
    UInt32 id, scope, element;
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, v) < 0 ||
        cm_arg_code(v[0], "property_id", &id) < 0 || cm_arg_u32(v[1], "scope", &scope) < 0 ||
        cm_arg_u32(v[2], "element", &element) < 0)
        return NULL;
    return read_property(self, id, scope, element);
}

PyObject *cm_unit_set_property(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "set_property", 4, 4, { "property_id", "scope", "element", "data" } };
    PyObject *v[4];
    /* The functional API knows which properties bytes cannot stand for. */
    if (!cm_unit_handle(self) || cm_parse(&params, args, count, keywords, v) < 0)
        return NULL;
    PyObject *capi = PyImport_ImportModule("coremusic._capi");
    PyObject *result = capi ? PyObject_CallMethod(capi, "audio_unit_set_property", "nOOOO",
                                                  (Py_ssize_t)cm_unit_of(self)->unit, v[0], v[1], v[2], v[3])
                            : NULL;
    Py_XDECREF(capi);
    if (!result && PyErr_ExceptionMatches(PyExc_RuntimeError))
        return cm_wrap_error(cm_kept(self, CM_UNIT_ERROR), "set a property");
    Py_XDECREF(result);
    return result ? Py_NewRef(Py_None) : NULL;
}

/* ---- stream formats ---- */

static const struct {
    const char *name;
    AudioUnitScope scope;
} scopes[] = {
    { "global", kAudioUnitScope_Global },
    { "input", kAudioUnitScope_Input },
    { "output", kAudioUnitScope_Output },
};

/* The scope of that name, in capitals or not; -1 with an exception. */
static int parse_scope(PyObject *self, PyObject *value, AudioUnitScope *scope)
{
    const char *text = NULL;
    if (!value)
        return 0;
    if (PyUnicode_Check(value) && cm_arg_text(value, "scope", &text) < 0)
        return -1;
    for (size_t i = 0; text && i < sizeof scopes / sizeof *scopes; i++) {
        if (strcasecmp(text, scopes[i].name) == 0) {
            *scope = scopes[i].scope;
            return 0;
        }
    }
    PyErr_Format(cm_kept(self, CM_UNIT_ERROR), "Invalid scope: %R", value);
    return -1;
}

bool cm_unit_has_device(PyObject *self)
{
    AudioComponentDescription d;
    AudioUnit unit = cm_unit_of(self)->unit;
    return unit && AudioComponentGetDescription(AudioComponentInstanceGetComponent(unit), &d) == noErr &&
           d.componentType == kAudioUnitType_Output && d.componentSubType != kAudioUnitSubType_GenericOutput;
}

/* Where an output unit's caller says "output", it means what it gives to play. */
static bool means_client_side(PyObject *self, AudioUnitScope scope, UInt32 element)
{
    return scope == kAudioUnitScope_Output && element == 0 && cm_unit_has_device(self);
}

PyObject *cm_unit_get_stream_format(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                    PyObject *keywords)
{
    static const cm_params params = { "get_stream_format", 0, 2, { "scope", "element" } };
    PyObject *v[2];
    AudioUnitScope scope = kAudioUnitScope_Output;
    UInt32 element = 0, size = sizeof(AudioStreamBasicDescription);
    AudioStreamBasicDescription format;
    OSStatus status;
    AudioUnit unit = cm_unit_handle(self);
    if (!unit || cm_parse(&params, args, count, keywords, v) < 0 || parse_scope(self, v[0], &scope) < 0 ||
        cm_arg_u32(v[1], "element", &element) < 0)
        return NULL;
    if (cm_unit_of(self)->client_format && means_client_side(self, scope, element))
        return Py_NewRef(cm_unit_of(self)->client_format);
    CM_CALL(status,
            AudioUnitGetProperty(unit, kAudioUnitProperty_StreamFormat, scope, element, &format, &size));
    return status ? cm_unit_fail(self, status, "AudioUnitGetProperty", "get the stream format")
                  : cm_format_from_asbd(self, &format);
}

/* In the caller's turn. Formats cannot be changed while the unit is initialised; it is again afterwards, and
 * runs again. */
static int set_format_in_turn(PyObject *self, AudioUnitScope scope, UInt32 element,
                              const AudioStreamBasicDescription *format)
{
    cm_unit_object *u = cm_unit_of(self);
    AudioUnit unit = cm_unit_handle(self);
    bool was_initialized = u->initialized, was_running = u->running;
    OSStatus status;
    if (!unit)
        return -1;
    if (was_running)
        CM_CALL(status, AudioOutputUnitStop(unit));
    if (cm_unit_uninitialize(self) < 0)
        return -1;
    CM_CALL(status, AudioUnitSetProperty(unit, kAudioUnitProperty_StreamFormat, scope, element, format,
                                         sizeof *format));
    if (status)
        cm_unit_fail(self, status, "AudioUnitSetProperty", "set the stream format");
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    int result = was_initialized ? cm_unit_initialize(self) : 0;
    if (result == 0 && was_running)
        result = cm_unit_start(self);
    if (type)
        PyErr_Restore(type, value, traceback);
    return status || result < 0 || PyErr_Occurred() ? -1 : 0;
}

static int set_format(PyObject *self, AudioUnitScope scope, UInt32 element,
                      const AudioStreamBasicDescription *format)
{
    if (!cm_unit_take_turn(self))
        return -1;
    int result = set_format_in_turn(self, scope, element, format);
    cm_unit_end_turn(self);
    return result;
}

PyObject *cm_unit_set_stream_format(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                    PyObject *keywords)
{
    static const cm_params params = { "set_stream_format", 1, 3, { "format", "scope", "element" } };
    PyObject *v[3];
    AudioUnitScope scope = kAudioUnitScope_Output;
    UInt32 element = 0;
    AudioStreamBasicDescription format;
    if (!cm_unit_handle(self) || cm_parse(&params, args, count, keywords, v) < 0 ||
        parse_scope(self, v[1], &scope) < 0 || cm_arg_u32(v[2], "element", &element) < 0 ||
        cm_asbd_from_format(v[0], "format", &format) < 0)
        return NULL;
    bool client = means_client_side(self, scope, element);
    if (set_format(self, client ? kAudioUnitScope_Input : scope, element, &format) < 0)
        return NULL;
    if (client)
        Py_XSETREF(cm_unit_of(self)->client_format, Py_NewRef(v[0]));
    Py_RETURN_NONE;
}

/* ---- single values ---- */

/* False when the unit does not say. */
static bool get_value(PyObject *self, AudioUnitPropertyID id, AudioUnitScope scope, void *value, UInt32 size)
{
    AudioUnit unit = cm_unit_of(self)->unit;
    UInt32 wanted = size;
    OSStatus status;
    if (!unit)
        return false;
    CM_CALL(status, AudioUnitGetProperty(unit, id, scope, 0, value, &size));
    return status == noErr && size == wanted;
}

PyObject *cm_unit_get_sample_rate(PyObject *self, void *closure)
{
    Float64 rate = 0;
    AudioStreamBasicDescription format;
    (void)closure;
    if (cm_native_check(self) < 0)
        return NULL;
    if (get_value(self, kAudioUnitProperty_SampleRate, kAudioUnitScope_Global, &rate, sizeof rate))
        return PyFloat_FromDouble(rate);
    bool known = get_value(self, kAudioUnitProperty_StreamFormat, kAudioUnitScope_Output, &format,
                           sizeof format);
    return PyFloat_FromDouble(known ? format.mSampleRate : 0.0);
}

/* The rate alone, on every scope that takes it, so that it is read back; else the whole input format with it.
 */
int cm_unit_set_sample_rate(PyObject *self, PyObject *value, void *closure)
{
    static const AudioUnitScope order[] = { kAudioUnitScope_Input, kAudioUnitScope_Output,
                                            kAudioUnitScope_Global };
    AudioUnit unit = cm_unit_handle(self);
    AudioStreamBasicDescription format;
    double rate;
    bool taken = false;
    OSStatus status = noErr;
    (void)closure;
    if (!value)
        PyErr_SetString(PyExc_AttributeError, "sample_rate cannot be deleted");
    if (!unit || !value || cm_arg_f64(value, "sample_rate", &rate) < 0)
        return -1;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        CM_CALL(status,
                AudioUnitSetProperty(unit, kAudioUnitProperty_SampleRate, order[i], 0, &rate, sizeof rate));
        taken |= !status;
    }
    if (taken)
        return 0;
    if (get_value(self, kAudioUnitProperty_StreamFormat, kAudioUnitScope_Input, &format, sizeof format)) {
        format.mSampleRate = rate;
        return set_format(self, kAudioUnitScope_Input, 0, &format);
    }
    cm_unit_fail(self, status, "AudioUnitSetProperty", "set the sample rate");
    return -1;
}

PyObject *cm_unit_get_latency(PyObject *self, void *closure)
{
    Float64 seconds = 0;
    (void)closure;
    if (cm_native_check(self) < 0)
        return NULL;
    get_value(self, kAudioUnitProperty_Latency, kAudioUnitScope_Global, &seconds, sizeof seconds);
    return PyFloat_FromDouble(seconds);
}

PyObject *cm_unit_get_cpu_load(PyObject *self, void *closure)
{
    Float32 load = 0;
    (void)closure;
    if (cm_native_check(self) < 0)
        return NULL;
    get_value(self, kAudioUnitProperty_CPULoad, kAudioUnitScope_Global, &load, sizeof load);
    return PyFloat_FromDouble((double)load);
}

PyObject *cm_unit_get_max_frames(PyObject *self, void *closure)
{
    UInt32 frames = 0;
    (void)closure;
    if (cm_native_check(self) < 0)
        return NULL;
    get_value(self, kAudioUnitProperty_MaximumFramesPerSlice, kAudioUnitScope_Global, &frames, sizeof frames);
    return PyLong_FromUnsignedLong(frames);
}

int cm_unit_set_max_frames(PyObject *self, PyObject *value, void *closure)
{
    AudioUnit unit = cm_unit_handle(self);
    UInt32 frames;
    OSStatus status;
    (void)closure;
    if (!value)
        PyErr_SetString(PyExc_AttributeError, "max_frames_per_slice cannot be deleted");
    if (!unit || !value || cm_arg_count(value, "max_frames_per_slice", &frames) < 0)
        return -1;
    CM_CALL(status, AudioUnitSetProperty(unit, kAudioUnitProperty_MaximumFramesPerSlice,
                                         kAudioUnitScope_Global, 0, &frames, sizeof frames));
    if (status)
        cm_unit_fail(self, status, "AudioUnitSetProperty", "set the maximum frames per slice");
    return status ? -1 : 0;
}

PyObject *cm_unit_get_parameter_list(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                     PyObject *keywords)
{
    static const cm_params params = { "get_parameter_list", 0, 1, { "scope" } };
    PyObject *value;
    AudioUnitScope scope = kAudioUnitScope_Global;
    if (!cm_unit_handle(self) || cm_parse(&params, args, count, keywords, &value) < 0 ||
        parse_scope(self, value, &scope) < 0)
        return NULL;
    PyObject *data = read_property(self, kAudioUnitProperty_ParameterList, scope, 0);
    if (!data) {
        PyErr_Clear();
        return PyList_New(0);
    }
    Py_ssize_t found = PyBytes_GET_SIZE(data) / (Py_ssize_t)sizeof(AudioUnitParameterID);
    PyObject *list = PyList_New(found);
    for (Py_ssize_t i = 0; list && i < found; i++) {
        AudioUnitParameterID id;
        memcpy(&id, PyBytes_AS_STRING(data) + i * (Py_ssize_t)sizeof id, sizeof id);
        PyList_SET_ITEM(list, i, PyLong_FromUnsignedLong(id));
    }
    Py_DECREF(data);
    return list;
}
