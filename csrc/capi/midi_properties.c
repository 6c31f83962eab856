/* Properties of Core MIDI's objects. */
#include "midi.h"

/* The object and the property that the first two arguments name; the key is the caller's to release. */
static CFStringRef object_and_key(PyObject *const *v, UInt32 *object)
{
    if (cm_arg_u32(v[0], "obj", object) < 0)
        return NULL;
    return cm_midi_text(v[1], "property_name");
}

static PyObject *string_property(MIDIObjectRef object, CFStringRef key)
{
    CFStringRef text = NULL;
    OSStatus status;
    CM_CALL(status, MIDIObjectGetStringProperty(object, key, &text));
    if (status)
        return cm_capi_raise(status, "MIDIObjectGetStringProperty");
    if (!text)
        return PyErr_Format(PyExc_RuntimeError, "MIDIObjectGetStringProperty gave no string");
    PyObject *result = cm_str_from_cf(text);
    CFRelease(text);
    return result;
}

PyDoc_STRVAR(get_string_doc, "midi_object_get_string_property($module, /, obj, property_name)\n--\n\n"
                             "A property that is a string, such as \"name\".\n\n"
                             "RuntimeError when the object has none of that name, or it is no string.");

static PyObject *get_string(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "midi_object_get_string_property", 2, 2, { "obj", "property_name" } };
    PyObject *v[2];
    UInt32 object;
    (void)module;
    CFStringRef key = cm_parse(&params, args, count, keywords, v) < 0 ? NULL : object_and_key(v, &object);
    if (!key)
        return NULL;
    PyObject *result = string_property(object, key);
    CFRelease(key);
    return result;
}

PyDoc_STRVAR(get_integer_doc, "midi_object_get_integer_property($module, /, obj, property_name)\n--\n\n"
                              "A property that is a number of signed 32 bits, such as \"uniqueID\".\n\n"
                              "RuntimeError when the object has none of that name, or it is no number.");

static PyObject *get_integer(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "midi_object_get_integer_property", 2, 2, { "obj", "property_name" } };
    PyObject *v[2];
    UInt32 object;
    SInt32 value = 0;
    OSStatus status;
    (void)module;
    CFStringRef key = cm_parse(&params, args, count, keywords, v) < 0 ? NULL : object_and_key(v, &object);
    if (!key)
        return NULL;
    CM_CALL(status, MIDIObjectGetIntegerProperty(object, key, &value));
    CFRelease(key);
    return status ? cm_capi_raise(status, "MIDIObjectGetIntegerProperty") : PyLong_FromLong(value);
}

PyDoc_STRVAR(set_string_doc, "midi_object_set_string_property($module, /, obj, property_name, value)\n--\n\n"
                             "Gives an object a property that is a string. Returns 0.");

static PyObject *set_string(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "midi_object_set_string_property", 3, 3, { "obj", "property_name", "value" }
    };
    PyObject *v[3];
    UInt32 object;
    OSStatus status = noErr;
    (void)module;
    CFStringRef key = cm_parse(&params, args, count, keywords, v) < 0 ? NULL : object_and_key(v, &object);
    CFStringRef text = key ? cm_midi_text(v[2], "value") : NULL;
    if (text) {
        CM_CALL(status, MIDIObjectSetStringProperty(object, key, text));
        CFRelease(text);
    }
    if (key)
        CFRelease(key);
    return text ? cm_midi_done(status, "MIDIObjectSetStringProperty") : NULL;
}

PyDoc_STRVAR(set_integer_doc,
             "midi_object_set_integer_property($module, /, obj, property_name, value)\n--\n\n"
             "Gives an object a property that is a number of 32 bits. Returns 0.");

static PyObject *set_integer(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "midi_object_set_integer_property", 3, 3, { "obj", "property_name", "value" }
    };
    PyObject *v[3];
    UInt32 object, value;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_u32(v[2], "value", &value) < 0)
        return NULL;
    CFStringRef key = object_and_key(v, &object);
    if (!key)
        return NULL;
    CM_CALL(status, MIDIObjectSetIntegerProperty(object, key, (SInt32)value));
    CFRelease(key);
    return cm_midi_done(status, "MIDIObjectSetIntegerProperty");
}

#define FIXED(identifier, python, parameter, key)                                                            \
    CM_MIDI_VALUE(identifier, python, 1, (parameter), 0, string_property((MIDIObjectRef)n[0], key))

FIXED(name_of_object, "midi_object_get_name", "obj", kMIDIPropertyName)
FIXED(name_of_device, "midi_device_get_name", "device", kMIDIPropertyName)
FIXED(name_of_endpoint, "midi_endpoint_get_name", "endpoint", kMIDIPropertyName)
FIXED(name_of_entity, "midi_entity_get_name", "entity", kMIDIPropertyName)
FIXED(manufacturer_of, "midi_object_get_manufacturer", "obj", kMIDIPropertyManufacturer)
FIXED(model_of, "midi_object_get_model", "obj", kMIDIPropertyModel)

#define DOC(call, text) call "\n--\n\n" text "\n\nRuntimeError when it has none."

static PyMethodDef methods[] = {
    CM_METHOD("midi_object_get_string_property", get_string, get_string_doc),
    CM_METHOD("midi_object_get_integer_property", get_integer, get_integer_doc),
    CM_METHOD("midi_object_set_string_property", set_string, set_string_doc),
    CM_METHOD("midi_object_set_integer_property", set_integer, set_integer_doc),
    CM_METHOD("midi_object_get_name", name_of_object,
              DOC("midi_object_get_name($module, /, obj)", "The name of an object.")),
    CM_METHOD("midi_device_get_name", name_of_device,
              DOC("midi_device_get_name($module, /, device)", "The name of a device.")),
    CM_METHOD("midi_endpoint_get_name", name_of_endpoint,
              DOC("midi_endpoint_get_name($module, /, endpoint)", "The name of a source or destination.")),
    CM_METHOD("midi_entity_get_name", name_of_entity,
              DOC("midi_entity_get_name($module, /, entity)", "The name of an entity.")),
    CM_METHOD(
        "midi_object_get_manufacturer", manufacturer_of,
        DOC("midi_object_get_manufacturer($module, /, obj)", "Who made a device, or what an object is of.")),
    CM_METHOD(
        "midi_object_get_model", model_of,
        DOC("midi_object_get_model($module, /, obj)", "The model of a device, or of what an object is of.")),
    { NULL, NULL, 0, NULL },
};

int cm_capi_midi_properties_init(PyObject *module)
{
    return PyModule_AddFunctions(module, methods);
}
