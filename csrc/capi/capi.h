/*
 * capi.h: what the files of the functional API share.
 *
 * Each file registers its own functions: cm_capi_<area>_init adds them to the module and returns 0, or -1
 * with an exception. Adding an area means one file, one line in _capi.c's table and its lines in _capi.pyi.
 */
#ifndef CM_CAPI_CAPI_H
#define CM_CAPI_CAPI_H

#include "common/args.h"
#include "common/call.h"
#include "common/convert.h"
#include "common/converting.h"
#include "common/errors.h"
#include "common/property.h"

/* The functional API raises RuntimeError with .status_code. */
static inline PyObject *cm_capi_raise(OSStatus status, const char *operation)
{
    return cm_raise(PyExc_RuntimeError, status, operation);
}

/* A handle as the functional API shows it. */
static inline PyObject *cm_capi_handle(const void *handle)
{
    return PyLong_FromSsize_t((Py_ssize_t)handle);
}

/* The int 0, which functions return whose framework call returned noErr. */
static inline PyObject *cm_capi_zero(void)
{
    return PyLong_FromLong(0);
}

/* A property as bytes, or RuntimeError. */
static inline PyObject *cm_capi_property(const cm_property_api *api, const void *ref, UInt32 id)
{
    OSStatus status;
    const char *operation;
    PyObject *value = cm_property_bytes(api, ref, id, &status, &operation);
    return !value && status ? cm_capi_raise(status, operation) : value;
}

int cm_capi_fourcc_init(PyObject *module);
int cm_capi_constants_init(PyObject *module);
int cm_capi_core_audio_object_init(PyObject *module);
int cm_capi_audio_file_init(PyObject *module);
int cm_capi_audio_file_stream_init(PyObject *module);
int cm_capi_audio_converter_init(PyObject *module);
int cm_capi_ext_audio_file_init(PyObject *module);
int cm_capi_midi_init(PyObject *module);
int cm_capi_audio_object_init(PyObject *module);
int cm_capi_audio_object_settings_init(PyObject *module);
int cm_capi_audio_queue_init(PyObject *module);
int cm_capi_system_sound_init(PyObject *module);
int cm_capi_audio_component_init(PyObject *module);
int cm_capi_audio_unit_init(PyObject *module);
int cm_capi_audio_unit_parameters_init(PyObject *module);
int cm_capi_audio_unit_render_init(PyObject *module);
int cm_capi_audio_player_init(PyObject *module);

#endif
