/* The HAL: AudioObject properties, devices, aggregates. */
#include "audio_object.h"

PyDoc_STRVAR(show_doc, "audio_object_show($module, /, object_id)\n--\n\n"
                       "Prints what is known about an object to the process's standard output.");

static PyObject *show(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "audio_object_show", 1, 1, { "object_id" } };
    PyObject *value;
    AudioObjectID object;
    (void)module;
    if (cm_parse(&params, args, count, keywords, &value) < 0 || cm_arg_u32(value, "object_id", &object) < 0)
        return NULL;
    CM_RUN(AudioObjectShow(object));
    Py_RETURN_NONE;
}

PyDoc_STRVAR(unload_doc,
             "audio_hardware_unload($module, /)\n--\n\n"
             "Lets go of all devices: streams stop, listeners are forgotten. Returns the OSStatus.");

static PyObject *unload(PyObject *module, PyObject *unused)
{
    OSStatus status;
    (void)module, (void)unused;
    CM_CALL(status, AudioHardwareUnload());
    return PyLong_FromLong(status);
}

PyDoc_STRVAR(destroy_doc, "audio_hardware_destroy_aggregate_device($module, /, in_device_id)\n--\n\n"
                          "Destroys an aggregate device. Returns the OSStatus and raises nothing.");

static PyObject *destroy_aggregate(PyObject *module, PyObject *const *args, Py_ssize_t count,
                                   PyObject *keywords)
{
    static const cm_params params = { "audio_hardware_destroy_aggregate_device", 1, 1, { "in_device_id" } };
    PyObject *value;
    AudioObjectID device;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, &value) < 0 ||
        cm_arg_u32(value, "in_device_id", &device) < 0)
        return NULL;
    CM_CALL(status, AudioHardwareDestroyAggregateDevice(device));
    return PyLong_FromLong(status);
}

static int parse_request(const char *function, PyObject *const *args, Py_ssize_t count, PyObject *keywords,
                         cm_object_property *out)
{
    cm_params params = { function, 4, 4, { "object_id", "property_selector", "scope", "element" } };
    PyObject *v[4];
    return cm_parse(&params, args, count, keywords, v) < 0 ? -1 : cm_object_property_from(v, out);
}

PyDoc_STRVAR(
    get_data_doc,
    "audio_object_get_property_data($module, /, object_id, property_selector, scope, element)\n--\n\n"
    "A property's value as bytes, in the machine's byte order; b'' when it is empty.\n\n"
    "Where the value is a CFString or another object, the bytes are its address, which nobody\n"
    "releases: use audio_object_get_property_string. RuntimeError when the object does not exist or\n"
    "has no such property.");

static PyObject *get_data(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    cm_object_property r;
    UInt32 size = 0;
    OSStatus status;
    (void)module;
    if (parse_request("audio_object_get_property_data", args, count, keywords, &r) < 0)
        return NULL;
    CM_CALL(status, AudioObjectGetPropertyDataSize(r.object, &r.address, 0, NULL, &size));
    if (status)
        return cm_capi_raise(status, "AudioObjectGetPropertyDataSize");
    PyObject *value = PyBytes_FromStringAndSize(NULL, size);
    if (!value || size == 0)
        return value;
    CM_CALL(status,
            AudioObjectGetPropertyData(r.object, &r.address, 0, NULL, &size, PyBytes_AS_STRING(value)));
    if (status) {
        Py_DECREF(value);
        return cm_capi_raise(status, "AudioObjectGetPropertyData");
    }
    if (size < (UInt32)PyBytes_GET_SIZE(value))
        _PyBytes_Resize(&value, size);
    return value;
}

/* Whether a value of pointer size is a CFString: only the property's owner knows, so it is asked by selector.
 */
static const AudioObjectPropertySelector string_selectors[] = {
    kAudioObjectPropertyName,
    kAudioObjectPropertyModelName,
    kAudioObjectPropertyManufacturer,
    kAudioObjectPropertyElementName,
    kAudioObjectPropertyElementCategoryName,
    kAudioObjectPropertyElementNumberName,
    kAudioObjectPropertySerialNumber,
    kAudioObjectPropertyFirmwareVersion,
    kAudioDevicePropertyConfigurationApplication,
    kAudioDevicePropertyDeviceUID,
    kAudioDevicePropertyModelUID,
    kAudioPlugInPropertyBundleID,
    kAudioAggregateDevicePropertyMainSubDevice,
    kAudioAggregateDevicePropertyClockDevice,
};

static bool is_string(AudioObjectPropertySelector selector)
{
    for (size_t i = 0; i < sizeof string_selectors / sizeof *string_selectors; i++)
        if (string_selectors[i] == selector)
            return true;
    return false;
}

static PyObject *utf8_from_cf(CFStringRef text)
{
    PyObject *string = text ? cm_str_from_cf(text) : NULL;
    if (!string) {
        PyErr_Clear();
        return PyBytes_FromStringAndSize("", 0);
    }
    PyObject *bytes = PyUnicode_AsUTF8String(string);
    Py_DECREF(string);
    return bytes;
}

PyDoc_STRVAR(
    get_string_doc,
    "audio_object_get_property_string($module, /, object_id, property_selector, scope, element)\n--\n\n"
    "A CFString property, such as a name or a UID, as UTF-8 bytes; b'' when there is no text.\n\n"
    "RuntimeError when the object does not exist, has no such property, or its value is no string.");

static PyObject *get_string(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    cm_object_property r;
    CFStringRef text = NULL;
    UInt32 size = sizeof text;
    OSStatus status;
    (void)module;
    if (parse_request("audio_object_get_property_string", args, count, keywords, &r) < 0)
        return NULL;
    if (!is_string(r.address.mSelector) && AudioObjectHasProperty(r.object, &r.address))
        return cm_capi_raise(kAudioHardwareBadPropertySizeError, "AudioObjectGetPropertyData");
    CM_CALL(status, AudioObjectGetPropertyData(r.object, &r.address, 0, NULL, &size, &text));
    if (status)
        return cm_capi_raise(status, "AudioObjectGetPropertyData");
    PyObject *bytes = utf8_from_cf(text);
    if (text)
        CFRelease(text);
    return bytes;
}

static const AudioObjectPropertyAddress devices_address = { kAudioHardwarePropertyDevices,
                                                            kAudioObjectPropertyScopeGlobal,
                                                            kAudioObjectPropertyElementMain };

PyDoc_STRVAR(devices_doc,
             "audio_hardware_get_devices($module, /)\n--\n\n"
             "The AudioObjectIDs of all devices that are there now; [] when they cannot be had.");

static PyObject *get_devices(PyObject *module, PyObject *unused)
{
    AudioObjectID ids[1024];
    UInt32 size = sizeof ids;
    OSStatus status;
    (void)module, (void)unused;
    CM_CALL(status,
            AudioObjectGetPropertyData(kAudioObjectSystemObject, &devices_address, 0, NULL, &size, ids));
    Py_ssize_t found = status ? 0 : (Py_ssize_t)(size / sizeof *ids);
    PyObject *list = PyList_New(found);
    for (Py_ssize_t i = 0; list && i < found; i++) {
        PyObject *id = PyLong_FromUnsignedLong(ids[i]);
        if (id)
            PyList_SET_ITEM(list, i, id);
        else
            Py_CLEAR(list);
    }
    return list;
}

static PyObject *default_device(AudioObjectPropertySelector selector)
{
    const AudioObjectPropertyAddress address = { selector, kAudioObjectPropertyScopeGlobal,
                                                 kAudioObjectPropertyElementMain };
    AudioObjectID device = kAudioObjectUnknown;
    UInt32 size = sizeof device;
    OSStatus status;
    CM_CALL(status, AudioObjectGetPropertyData(kAudioObjectSystemObject, &address, 0, NULL, &size, &device));
    return PyLong_FromUnsignedLong(status ? kAudioObjectUnknown : device);
}

PyDoc_STRVAR(default_output_doc, "audio_hardware_get_default_output_device($module, /)\n--\n\n"
                                 "The AudioObjectID of the default output device; 0 when there is none.");

static PyObject *default_output(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    return default_device(kAudioHardwarePropertyDefaultOutputDevice);
}

PyDoc_STRVAR(default_input_doc, "audio_hardware_get_default_input_device($module, /)\n--\n\n"
                                "The AudioObjectID of the default input device; 0 when there is none.");

static PyObject *default_input(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    return default_device(kAudioHardwarePropertyDefaultInputDevice);
}

static PyMethodDef methods[] = {
    CM_METHOD("audio_object_show", show, show_doc),
    CM_METHOD("audio_object_get_property_data", get_data, get_data_doc),
    CM_METHOD("audio_object_get_property_string", get_string, get_string_doc),
    CM_METHOD("audio_hardware_destroy_aggregate_device", destroy_aggregate, destroy_doc),
    { "audio_hardware_unload", unload, METH_NOARGS, unload_doc },
    { "audio_hardware_get_devices", get_devices, METH_NOARGS, devices_doc },
    { "audio_hardware_get_default_output_device", default_output, METH_NOARGS, default_output_doc },
    { "audio_hardware_get_default_input_device", default_input, METH_NOARGS, default_input_doc },
    { NULL, NULL, 0, NULL },
};

int cm_capi_audio_object_init(PyObject *module)
{
    return PyModule_AddFunctions(module, methods);
}
