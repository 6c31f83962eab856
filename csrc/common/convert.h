/*
 * convert.h: the same value on Apple's side and on Python's.
 *
 * Functions that return PyObject * give a new reference, or NULL with an exception. Functions that return a
 * CF object give it to the caller, or NULL with an exception.
 */
#ifndef CM_COMMON_CONVERT_H
#define CM_COMMON_CONVERT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <AudioToolbox/AudioToolbox.h>
#include <CoreFoundation/CoreFoundation.h>
#include <stdbool.h>

/* A str; NULL becomes None. */
PyObject *cm_str_from_cf(CFStringRef text);
CFStringRef cm_cf_from_str(PyObject *text);

/* A file URL of a str, bytes or os.PathLike. ValueError for an empty path or one with a NUL. */
CFURLRef cm_url_from_path(PyObject *path);

/* A dict of str to str, int, float, bool or bytes. */
PyObject *cm_dict_from_cf(CFDictionaryRef dict);
/* From a mapping of str to str (other values through str()). */
CFDictionaryRef cm_cf_from_dict(PyObject *mapping);

/* The four characters of a code as a Latin-1 str. */
PyObject *cm_str_from_code(UInt32 code);

/* The whole-number fields of a format beside its id, by their names on Python's side. */
typedef struct cm_asbd_field {
    const char *name;
    size_t offset; /* of a UInt32 in AudioStreamBasicDescription */
} cm_asbd_field;

#define CM_ASBD_FIELDS 6
extern const cm_asbd_field cm_asbd_fields[CM_ASBD_FIELDS];

static inline UInt32 *cm_asbd_number(AudioStreamBasicDescription *format, const cm_asbd_field *field)
{
    return (UInt32 *)((char *)format + field->offset);
}

/* Buffers that hold the data: one, or one per channel of non-interleaved PCM. */
UInt32 cm_asbd_planes(const AudioStreamBasicDescription *asbd);

/* The functional API's format dict: eight keys and `reserved`, format_id an int. */
PyObject *cm_dict_from_asbd(const AudioStreamBasicDescription *format);
/*
 * Reads such a dict; format_id may be a four-character str. Missing keys take the values of the functional
 * API's section 1.3 (44100 Hz, 16-bit stereo), or are a KeyError with strict.
 */
int cm_asbd_from_dict(PyObject *dict, bool strict, AudioStreamBasicDescription *format);

#endif
