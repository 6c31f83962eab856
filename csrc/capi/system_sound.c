/* System sound services. */
#include "capi.h"

PyDoc_STRVAR(create_doc, "audio_services_create_system_sound_id($module, /, file_path)\n--\n\n"
                         "Makes a short sound file playable; returns its SystemSoundID.\n\n"
                         "ValueError for an empty path; RuntimeError for a file that cannot be played.");

static PyObject *create(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "audio_services_create_system_sound_id", 1, 1, { "file_path" } };
    PyObject *path;
    SystemSoundID sound;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, &path) < 0)
        return NULL;
    CFURLRef url = cm_url_from_path(path);
    if (!url)
        return NULL;
    CM_CALL(status, AudioServicesCreateSystemSoundID(url, &sound));
    CFRelease(url);
    return status ? cm_capi_raise(status, "AudioServicesCreateSystemSoundID")
                  : PyLong_FromUnsignedLong(sound);
}

static int parse_sound(const char *function, PyObject *const *args, Py_ssize_t count, PyObject *keywords,
                       SystemSoundID *sound)
{
    cm_params params = { function, 1, 1, { "sound_id" } };
    PyObject *value;
    return cm_parse(&params, args, count, keywords, &value) < 0 ? -1 : cm_arg_u32(value, "sound_id", sound);
}

PyDoc_STRVAR(dispose_doc, "audio_services_dispose_system_sound_id($module, /, sound_id)\n--\n\n"
                          "Lets go of a system sound, which stops if it is playing. Returns 0.");

static PyObject *dispose(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    SystemSoundID sound;
    OSStatus status;
    (void)module;
    if (parse_sound("audio_services_dispose_system_sound_id", args, count, keywords, &sound) < 0)
        return NULL;
    CM_CALL(status, AudioServicesDisposeSystemSoundID(sound));
    return status ? cm_capi_raise(status, "AudioServicesDisposeSystemSoundID") : cm_capi_zero();
}

PyDoc_STRVAR(play_doc, "audio_services_play_system_sound($module, /, sound_id)\n--\n\n"
                       "Plays a sound and returns at once. An unknown sound is silent.");

static PyObject *play(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    SystemSoundID sound;
    (void)module;
    if (parse_sound("audio_services_play_system_sound", args, count, keywords, &sound) < 0)
        return NULL;
    CM_RUN(AudioServicesPlaySystemSound(sound));
    Py_RETURN_NONE;
}

PyDoc_STRVAR(alert_doc, "audio_services_play_alert_sound($module, /, sound_id)\n--\n\n"
                        "Plays a sound as an alert and returns at once.");

static PyObject *play_alert(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    SystemSoundID sound;
    (void)module;
    if (parse_sound("audio_services_play_alert_sound", args, count, keywords, &sound) < 0)
        return NULL;
    CM_RUN(AudioServicesPlayAlertSound(sound));
    Py_RETURN_NONE;
}

/* A specifier of 0 means that the property takes none. */
typedef struct property_request {
    AudioServicesPropertyID id;
    UInt32 specifier, specifier_size;
} property_request;

static int parse_property(PyObject *id, PyObject *specifier, property_request *out)
{
    out->specifier = 0;
    if (cm_arg_code(id, "property_id", &out->id) < 0 ||
        cm_arg_u32(specifier, "specifier_value", &out->specifier) < 0)
        return -1;
    out->specifier_size = out->specifier ? sizeof out->specifier : 0;
    return 0;
}

PyDoc_STRVAR(get_doc, "audio_services_get_property($module, /, property_id, specifier_value=0)\n--\n\n"
                      "A property of a system sound: an int when it has four bytes, else bytes.\n\n"
                      "specifier_value: the SystemSoundID that the property is of.");

static PyObject *get_property(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "audio_services_get_property", 1, 2, { "property_id", "specifier_value" }
    };
    PyObject *v[2];
    property_request r;
    UInt32 size = 0, number;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || parse_property(v[0], v[1], &r) < 0)
        return NULL;
    const void *specifier = r.specifier ? &r.specifier : NULL;
    CM_CALL(status, AudioServicesGetPropertyInfo(r.id, r.specifier_size, specifier, &size, NULL));
    if (status)
        return cm_capi_raise(status, "AudioServicesGetPropertyInfo");
    PyObject *value = size == sizeof number ? NULL : PyBytes_FromStringAndSize(NULL, size);
    if (size != sizeof number && !value)
        return NULL;
    void *data = value ? (void *)PyBytes_AS_STRING(value) : &number;
    CM_CALL(status, AudioServicesGetProperty(r.id, r.specifier_size, specifier, &size, data));
    if (status) {
        Py_XDECREF(value);
        return cm_capi_raise(status, "AudioServicesGetProperty");
    }
    return value ? value : PyLong_FromUnsignedLong(number);
}

PyDoc_STRVAR(set_doc, "audio_services_set_property($module, /, property_id, data, specifier_value=0)\n--\n\n"
                      "Sets a property of a system sound from an int (four bytes) or from bytes. Returns 0.");

static PyObject *set_property(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "audio_services_set_property", 2, 3, { "property_id", "data", "specifier_value" }
    };
    PyObject *v[3];
    property_request r;
    UInt32 number = 0, size = sizeof number;
    const void *data = &number;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || parse_property(v[0], v[2], &r) < 0)
        return NULL;
    if (PyBytes_Check(v[1])) {
        data = PyBytes_AS_STRING(v[1]);
        size = (UInt32)PyBytes_GET_SIZE(v[1]);
    } else if (!PyLong_Check(v[1])) {
        return PyErr_Format(PyExc_TypeError, "data must be int or bytes, not %.100s", Py_TYPE(v[1])->tp_name);
    } else if (cm_arg_u32(v[1], "data", &number) < 0) {
        return NULL;
    }
    CM_CALL(status,
            AudioServicesSetProperty(r.id, r.specifier_size, r.specifier ? &r.specifier : NULL, size, data));
    return status ? cm_capi_raise(status, "AudioServicesSetProperty") : cm_capi_zero();
}

PyDoc_STRVAR(test_error_doc, "test_error($module, /)\n--\n\n"
                             "kAudio_UnimplementedError (-4): shows that the module works.");

static PyObject *test_error(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    return PyLong_FromLong(kAudio_UnimplementedError);
}

static PyMethodDef methods[] = {
    { "test_error", test_error, METH_NOARGS, test_error_doc },
    CM_METHOD("audio_services_create_system_sound_id", create, create_doc),
    CM_METHOD("audio_services_dispose_system_sound_id", dispose, dispose_doc),
    CM_METHOD("audio_services_play_system_sound", play, play_doc),
    CM_METHOD("audio_services_play_alert_sound", play_alert, alert_doc),
    CM_METHOD("audio_services_get_property", get_property, get_doc),
    CM_METHOD("audio_services_set_property", set_property, set_doc),
    { NULL, NULL, 0, NULL },
};

int cm_capi_system_sound_init(PyObject *module)
{
    return PyModule_AddFunctions(module, methods);
}
