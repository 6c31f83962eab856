/* AudioUnit: parameters and presets. */
#include "capi.h"

PyDoc_STRVAR(list_doc, "audio_unit_get_parameter_list($module, /, audio_unit_id, scope=0, element=0)\n--\n\n"
                       "The ids of a unit's parameters; [] when it has none there.");

static PyObject *get_list(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "audio_unit_get_parameter_list", 1, 3, { "audio_unit_id", "scope", "element" }
    };
    PyObject *v[3];
    AudioUnit unit;
    AudioUnitScope scope = 0;
    AudioUnitElement element = 0;
    UInt32 size = 0;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_handle(v[0], "audio_unit_id", &unit) < 0 ||
        cm_arg_u32(v[1], "scope", &scope) < 0 || cm_arg_u32(v[2], "element", &element) < 0)
        return NULL;
    CM_CALL(status,
            AudioUnitGetPropertyInfo(unit, kAudioUnitProperty_ParameterList, scope, element, &size, NULL));
    if (status || size == 0)
        return PyList_New(0);
    AudioUnitParameterID *ids = PyMem_Malloc(size);
    if (!ids)
        return PyErr_NoMemory();
    CM_CALL(status, AudioUnitGetProperty(unit, kAudioUnitProperty_ParameterList, scope, element, ids, &size));
    Py_ssize_t found = (Py_ssize_t)(size / sizeof *ids);
    PyObject *list = status ? cm_capi_raise(status, "AudioUnitGetProperty") : PyList_New(found);
    for (Py_ssize_t i = 0; list && i < found; i++) {
        PyObject *id = PyLong_FromUnsignedLong(ids[i]);
        if (id)
            PyList_SET_ITEM(list, i, id);
        else
            Py_CLEAR(list);
    }
    PyMem_Free(ids);
    return list;
}

/* The CFString where the unit gave one, else the C string without the bytes that are no UTF-8. */
static PyObject *parameter_name(const AudioUnitParameterInfo *info)
{
    if (info->flags & kAudioUnitParameterFlag_HasCFNameString && info->cfNameString)
        return cm_str_from_cf(info->cfNameString);
    return PyUnicode_DecodeUTF8(info->name, (Py_ssize_t)strnlen(info->name, sizeof info->name), "ignore");
}

static PyObject *unit_name(const AudioUnitParameterInfo *info)
{
    if (info->unit == kAudioUnitParameterUnit_CustomUnit && info->unitName)
        return cm_str_from_cf(info->unitName);
    return PyUnicode_FromString("");
}

static void release_names(const AudioUnitParameterInfo *info)
{
    if (!(info->flags & kAudioUnitParameterFlag_CFNameRelease))
        return;
    if (info->flags & kAudioUnitParameterFlag_HasCFNameString && info->cfNameString)
        CFRelease(info->cfNameString);
    if (info->unit == kAudioUnitParameterUnit_CustomUnit && info->unitName)
        CFRelease(info->unitName);
}

PyDoc_STRVAR(info_doc,
             "audio_unit_get_parameter_info($module, /, audio_unit_id, param_id, scope=0)\n--\n\n"
             "What a parameter is: dict of param_id, name, unit_name ('' unless the unit is custom),\n"
             "unit, min_value, max_value, default_value, flags and clump_id.");

static PyObject *get_info(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "audio_unit_get_parameter_info", 2, 3, { "audio_unit_id", "param_id", "scope" }
    };
    PyObject *v[3];
    AudioUnit unit;
    AudioUnitParameterID id;
    AudioUnitScope scope = 0;
    AudioUnitParameterInfo info = { { 0 } };
    UInt32 size = sizeof info;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_handle(v[0], "audio_unit_id", &unit) < 0 ||
        cm_arg_u32(v[1], "param_id", &id) < 0 || cm_arg_u32(v[2], "scope", &scope) < 0)
        return NULL;
    CM_CALL(status, AudioUnitGetProperty(unit, kAudioUnitProperty_ParameterInfo, scope, id, &info, &size));
    if (status)
        return cm_raise_text(PyExc_RuntimeError, status,
                             "AudioUnitGetProperty (ParameterInfo) failed with status: %d", (int)status);
    PyObject *result = Py_BuildValue(
        "{sOsNsNsIsdsdsdsIsI}", "param_id", v[1], "name", parameter_name(&info), "unit_name",
        unit_name(&info), "unit", info.unit, "min_value", (double)info.minValue, "max_value",
        (double)info.maxValue, "default_value", (double)info.defaultValue, "flags", info.flags, "clump_id",
        info.flags & kAudioUnitParameterFlag_HasClump ? info.clumpID : 0);
    release_names(&info);
    return result;
}

PyDoc_STRVAR(get_doc,
             "audio_unit_get_parameter($module, /, audio_unit_id, param_id, scope=0, element=0)\n--\n\n"
             "A parameter's value, in the parameter's own unit.");

static PyObject *get(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "audio_unit_get_parameter", 2, 4, { "audio_unit_id", "param_id", "scope", "element" }
    };
    PyObject *v[4];
    AudioUnit unit;
    UInt32 id, scope = 0, element = 0;
    AudioUnitParameterValue value;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_handle(v[0], "audio_unit_id", &unit) < 0 ||
        cm_arg_u32(v[1], "param_id", &id) < 0 || cm_arg_u32(v[2], "scope", &scope) < 0 ||
        cm_arg_u32(v[3], "element", &element) < 0)
        return NULL;
    CM_CALL(status, AudioUnitGetParameter(unit, id, scope, element, &value));
    return status ? cm_capi_raise(status, "AudioUnitGetParameter") : PyFloat_FromDouble((double)value);
}

PyDoc_STRVAR(
    set_doc,
    "audio_unit_set_parameter($module, /, audio_unit_id, param_id, value, scope=0, element=0)\n--\n\n"
    "Sets a parameter, from the next rendered frame on. Returns 0.\n\n"
    "value: in the parameter's own unit, rounded to single precision.");

static PyObject *set(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "audio_unit_set_parameter", 3, 5, { "audio_unit_id", "param_id", "value", "scope", "element" }
    };
    PyObject *v[5];
    AudioUnit unit;
    UInt32 id, scope = 0, element = 0;
    double value;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_handle(v[0], "audio_unit_id", &unit) < 0 ||
        cm_arg_u32(v[1], "param_id", &id) < 0 || cm_arg_f64(v[2], "value", &value) < 0 ||
        cm_arg_u32(v[3], "scope", &scope) < 0 || cm_arg_u32(v[4], "element", &element) < 0)
        return NULL;
    CM_CALL(status, AudioUnitSetParameter(unit, id, scope, element, (AudioUnitParameterValue)value, 0));
    return status ? cm_capi_raise(status, "AudioUnitSetParameter") : cm_capi_zero();
}

/* ---- presets ---- */

/* The unit's factory presets: an array of AUPreset addresses, the caller's to release; NULL when it has none.
 */
static CFArrayRef copy_presets(AudioUnit unit)
{
    CFArrayRef presets = NULL;
    UInt32 size = sizeof presets;
    OSStatus status;
    CM_CALL(status, AudioUnitGetProperty(unit, kAudioUnitProperty_FactoryPresets, kAudioUnitScope_Global, 0,
                                         &presets, &size));
    return status ? NULL : presets;
}

PyDoc_STRVAR(presets_doc, "audio_unit_get_factory_presets($module, /, audio_unit_id)\n--\n\n"
                          "The presets that a unit comes with: list of dict of number and name; [] if none.");

static PyObject *get_presets(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "audio_unit_get_factory_presets", 1, 1, { "audio_unit_id" } };
    PyObject *value;
    AudioUnit unit;
    (void)module;
    if (cm_parse(&params, args, count, keywords, &value) < 0 ||
        cm_arg_handle(value, "audio_unit_id", &unit) < 0)
        return NULL;
    CFArrayRef presets = copy_presets(unit);
    PyObject *list = PyList_New(0);
    for (CFIndex i = 0; list && presets && i < CFArrayGetCount(presets); i++) {
        const AUPreset *preset = CFArrayGetValueAtIndex(presets, i);
        PyObject *name = preset->presetName ? cm_str_from_cf(preset->presetName) : PyUnicode_FromString("");
        PyObject *item = Py_BuildValue("{sisN}", "number", (int)preset->presetNumber, "name", name);
        if (!item || PyList_Append(list, item) < 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    if (presets)
        CFRelease(presets);
    return list;
}

/* The name that belongs to a factory preset's number; an empty one otherwise. The caller releases it. */
static CFStringRef copy_preset_name(CFArrayRef presets, SInt32 number)
{
    for (CFIndex i = 0; presets && i < CFArrayGetCount(presets); i++) {
        const AUPreset *preset = CFArrayGetValueAtIndex(presets, i);
        if (preset->presetNumber == number && preset->presetName)
            return CFRetain(preset->presetName);
    }
    return CFStringCreateWithCString(NULL, "", kCFStringEncodingUTF8);
}

PyDoc_STRVAR(set_preset_doc, "audio_unit_set_current_preset($module, /, audio_unit_id, preset_number)\n--\n\n"
                             "Loads a preset: a factory preset by its number, 0 or more. Returns 0.");

static PyObject *set_preset(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "audio_unit_set_current_preset", 2, 2, { "audio_unit_id", "preset_number" }
    };
    PyObject *v[2];
    AudioUnit unit;
    AUPreset preset;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_handle(v[0], "audio_unit_id", &unit) < 0 ||
        cm_arg_i32(v[1], "preset_number", &preset.presetNumber) < 0)
        return NULL;
    CFArrayRef presets = copy_presets(unit);
    preset.presetName = copy_preset_name(presets, preset.presetNumber);
    CM_CALL(status, AudioUnitSetProperty(unit, kAudioUnitProperty_PresentPreset, kAudioUnitScope_Global, 0,
                                         &preset, sizeof preset));
    if (preset.presetName)
        CFRelease(preset.presetName);
    if (presets)
        CFRelease(presets);
    if (status)
        return cm_raise_text(PyExc_RuntimeError, status,
                             "AudioUnitSetProperty (PresentPreset) failed with status: %d", (int)status);
    return cm_capi_zero();
}

static PyMethodDef methods[] = {
    CM_METHOD("audio_unit_get_parameter_list", get_list, list_doc),
    CM_METHOD("audio_unit_get_parameter_info", get_info, info_doc),
    CM_METHOD("audio_unit_get_parameter", get, get_doc),
    CM_METHOD("audio_unit_set_parameter", set, set_doc),
    CM_METHOD("audio_unit_get_factory_presets", get_presets, presets_doc),
    CM_METHOD("audio_unit_set_current_preset", set_preset, set_preset_doc),
    { NULL, NULL, 0, NULL },
};

int cm_capi_audio_unit_parameters_init(PyObject *module)
{
    return PyModule_AddFunctions(module, methods);
}
