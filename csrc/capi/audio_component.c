/* AudioComponent: finding components and making instances of them. */
#include "capi.h"

#include "components.h"

/* Keys of a component description dict, in the order of AudioComponentDescription's fields. */
static const char *const description_keys[] = { "type", "subtype", "manufacturer", "flags", "flags_mask" };

/* Anything with .get, as a dict has; a missing key is 0, which finds anything. */
static int description_from(PyObject *dict, AudioComponentDescription *out)
{
    UInt32 *const fields[] = { &out->componentType, &out->componentSubType, &out->componentManufacturer,
                               &out->componentFlags, &out->componentFlagsMask };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        PyObject *value = PyObject_CallMethod(dict, "get", "si", description_keys[i], 0);
        *fields[i] = 0;
        int result = value ? cm_arg_code(value, description_keys[i], fields[i]) : -1;
        Py_XDECREF(value);
        if (result < 0)
            return -1;
    }
    return 0;
}

static PyObject *dict_from_description(const AudioComponentDescription *d)
{
    return Py_BuildValue("{sIsIsIsIsI}", description_keys[0], d->componentType, description_keys[1],
                         d->componentSubType, description_keys[2], d->componentManufacturer,
                         description_keys[3], d->componentFlags, description_keys[4], d->componentFlagsMask);
}

PyDoc_STRVAR(find_next_doc,
             "audio_component_find_next($module, /, description_dict, previous_component_id=0)\n--\n\n"
             "The next component after previous_component_id that fits a description, or None.\n\n"
             "description_dict: type, subtype, manufacturer (int or four-character str), flags, flags_mask;\n"
             "0 and missing keys fit anything. previous_component_id 0: from the beginning.");

static PyObject *find_next(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "audio_component_find_next", 1, 2, { "description_dict", "previous_component_id" }
    };
    PyObject *v[2];
    AudioComponentDescription description;
    AudioComponent found = NULL;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || description_from(v[0], &description) < 0 ||
        cm_arg_handle(v[1], "previous_component_id", &found) < 0)
        return NULL;
    CM_RUN(found = AudioComponentFindNext(found, &description));
    if (!found)
        Py_RETURN_NONE;
    return cm_capi_handle(found);
}

static int parse_component(const char *function, PyObject *const *args, Py_ssize_t count, PyObject *keywords,
                           AudioComponent *component)
{
    cm_params params = { function, 1, 1, { "component_id" } };
    PyObject *value;
    return cm_parse(&params, args, count, keywords, &value) < 0
               ? -1
               : cm_arg_handle(value, "component_id", component);
}

PyDoc_STRVAR(instance_new_doc, "audio_component_instance_new($module, /, component_id)\n--\n\n"
                               "A new Audio Unit of a component, not initialised; returns its handle.");

static PyObject *instance_new(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    AudioComponent component;
    AudioComponentInstance instance;
    OSStatus status;
    (void)module;
    if (parse_component("audio_component_instance_new", args, count, keywords, &component) < 0)
        return NULL;
    CM_CALL(status, AudioComponentInstanceNew(component, &instance));
    return status ? cm_capi_raise(status, "AudioComponentInstanceNew") : cm_capi_handle(instance);
}

PyDoc_STRVAR(instance_dispose_doc, "audio_component_instance_dispose($module, /, instance_id)\n--\n\n"
                                   "Stops, uninitialises and frees an Audio Unit. Returns 0.");

static PyObject *instance_dispose(PyObject *module, PyObject *const *args, Py_ssize_t count,
                                  PyObject *keywords)
{
    static const cm_params params = { "audio_component_instance_dispose", 1, 1, { "instance_id" } };
    PyObject *value;
    AudioComponentInstance instance;
    OSStatus status;
    if (cm_parse(&params, args, count, keywords, &value) < 0 ||
        cm_arg_handle(value, "instance_id", &instance) < 0)
        return NULL;
    CM_CALL(status, AudioComponentInstanceDispose(instance));
    if (status)
        return cm_capi_raise(status, "AudioComponentInstanceDispose");
    return cm_render_time_forget(module, instance) < 0 ? NULL : cm_capi_zero();
}

/* The name as str; NULL without an exception when there is none. */
static PyObject *copy_name(AudioComponent component, OSStatus *status)
{
    CFStringRef name = NULL;
    CM_CALL(*status, AudioComponentCopyName(component, &name));
    if (*status || !name)
        return NULL;
    PyObject *text = cm_str_from_cf(name);
    CFRelease(name);
    return text;
}

PyDoc_STRVAR(name_doc, "audio_component_copy_name($module, /, component_id)\n--\n\n"
                       "A component's name, \"Maker: Name\", or None when it cannot be had.");

static PyObject *name(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    AudioComponent component;
    OSStatus status;
    (void)module;
    if (parse_component("audio_component_copy_name", args, count, keywords, &component) < 0)
        return NULL;
    PyObject *text = copy_name(component, &status);
    if (text || PyErr_Occurred())
        return text;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(description_doc, "audio_component_get_description($module, /, component_id)\n--\n\n"
                              "A component's description: dict of five ints.");

static PyObject *description(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    AudioComponent component;
    AudioComponentDescription found;
    OSStatus status;
    (void)module;
    if (parse_component("audio_component_get_description", args, count, keywords, &component) < 0)
        return NULL;
    CM_CALL(status, AudioComponentGetDescription(component, &found));
    return status ? cm_capi_raise(status, "AudioComponentGetDescription") : dict_from_description(&found);
}

/* None and '' fit anything; other codes have four characters. */
static int code_or_any(PyObject *value, const char *parameter, UInt32 *code)
{
    *code = 0;
    if (!value || value == Py_None)
        return 0;
    if (!PyUnicode_Check(value)) {
        PyErr_Format(PyExc_TypeError, "%s must be str or None, not %.100s", parameter,
                     Py_TYPE(value)->tp_name);
        return -1;
    }
    if (PyUnicode_GET_LENGTH(value) == 0)
        return 0;
    if (PyUnicode_GET_LENGTH(value) != 4) {
        PyErr_Format(PyExc_AssertionError, "%s must be a code of four characters, not %R", parameter, value);
        return -1;
    }
    return cm_arg_code(value, parameter, code);
}

PyDoc_STRVAR(find_all_doc,
             "audio_unit_find_all_components($module, /, component_type=None, component_subtype=None, "
             "manufacturer=None)\n--\n\n"
             "The handles of all components whose four-character codes are those given; None and ''\n"
             "fit anything. AssertionError for a code of another length.");

static PyObject *find_all(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "audio_unit_find_all_components", 0, 3, { "component_type", "component_subtype", "manufacturer" }
    };
    PyObject *v[3];
    AudioComponentDescription d = { 0 };
    AudioComponent found = NULL;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 ||
        code_or_any(v[0], "component_type", &d.componentType) < 0 ||
        code_or_any(v[1], "component_subtype", &d.componentSubType) < 0 ||
        code_or_any(v[2], "manufacturer", &d.componentManufacturer) < 0)
        return NULL;
    PyObject *list = PyList_New(0);
    while (list) {
        CM_RUN(found = AudioComponentFindNext(found, &d));
        if (!found)
            break;
        PyObject *handle = cm_capi_handle(found);
        if (!handle || PyList_Append(list, handle) < 0)
            Py_CLEAR(list);
        Py_XDECREF(handle);
    }
    return list;
}

PyDoc_STRVAR(info_doc, "audio_unit_get_component_info($module, /, component_id)\n--\n\n"
                       "What a component is: dict of name ('' if none), type, subtype and manufacturer\n"
                       "(four-character str), version (int, 0 if unknown) and component_id.");

static PyObject *info(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    AudioComponent component;
    AudioComponentDescription d;
    UInt32 version = 0;
    OSStatus status;
    (void)module;
    if (parse_component("audio_unit_get_component_info", args, count, keywords, &component) < 0)
        return NULL;
    CM_CALL(status, AudioComponentGetDescription(component, &d));
    if (status)
        return cm_capi_raise(status, "AudioComponentGetDescription");
    PyObject *text = copy_name(component, &status);
    if (status)
        return cm_capi_raise(status, "AudioComponentCopyName");
    if (!text && (PyErr_Occurred() || !(text = PyUnicode_FromString(""))))
        return NULL;
    CM_CALL(status, AudioComponentGetVersion(component, &version));
    return Py_BuildValue("{sNsNsNsNsIsN}", "name", text, "type", cm_str_from_code(d.componentType), "subtype",
                         cm_str_from_code(d.componentSubType), "manufacturer",
                         cm_str_from_code(d.componentManufacturer), "version", status ? 0 : version,
                         "component_id", cm_capi_handle(component));
}

static PyMethodDef methods[] = {
    CM_METHOD("audio_component_find_next", find_next, find_next_doc),
    CM_METHOD("audio_component_instance_new", instance_new, instance_new_doc),
    CM_METHOD("audio_component_instance_dispose", instance_dispose, instance_dispose_doc),
    CM_METHOD("audio_component_copy_name", name, name_doc),
    CM_METHOD("audio_component_get_description", description, description_doc),
    CM_METHOD("audio_unit_find_all_components", find_all, find_all_doc),
    CM_METHOD("audio_unit_get_component_info", info, info_doc),
    { NULL, NULL, 0, NULL },
};

int cm_capi_audio_component_init(PyObject *module)
{
    return PyModule_AddFunctions(module, methods);
}
