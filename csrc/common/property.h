/*
 * property.h: reading a property of any framework object as bytes: ask for the size, then for the value.
 */
#ifndef CM_COMMON_PROPERTY_H
#define CM_COMMON_PROPERTY_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <AudioToolbox/AudioToolbox.h>

/* One framework's pair of functions, by the names that an error message gives. */
typedef struct cm_property_api {
    const char *info_name, *get_name;
    OSStatus (*info)(const void *ref, UInt32 id, UInt32 *size);
    OSStatus (*get)(const void *ref, UInt32 id, UInt32 *size, void *data);
} cm_property_api;

extern const cm_property_api cm_audio_file_properties;
extern const cm_property_api cm_audio_file_stream_properties;
extern const cm_property_api cm_audio_converter_properties;
extern const cm_property_api cm_ext_audio_file_properties;

/*
 * The value as bytes. NULL with *status and *operation set when the framework refused, NULL with an exception
 * (and *status noErr) when memory ran out. Drops the GIL meanwhile.
 */
PyObject *cm_property_bytes(const cm_property_api *api, const void *ref, UInt32 id, OSStatus *status,
                            const char **operation);

#endif
