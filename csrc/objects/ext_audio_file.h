/*
 * ext_audio_file.h: ExtendedAudioFile from the inside, for the files that implement it.
 *
 * A method checks for disposal, reads its arguments, and then works between cm_ext_file_begin and
 * cm_ext_file_end. In between the file is open and this thread alone has it.
 */
#ifndef CM_OBJECTS_EXT_AUDIO_FILE_H
#define CM_OBJECTS_EXT_AUDIO_FILE_H

#include "native.h"

typedef struct cm_ext_file {
    cm_native native;
    PyObject *path; /* NULL until __init__ */
    bool writing;
    UInt32 type;                           /* of a new file */
    AudioStreamBasicDescription wanted;    /* likewise */
    ExtAudioFileRef file;                  /* NULL until open */
    AudioStreamBasicDescription client;    /* the file's own until one is set */
    PyObject *file_format, *client_format; /* AudioFormats handed out or in, or NULL */
    bool encoding;                         /* frames were written */
} cm_ext_file;

/* The object's file, opened if may_open, else AudioFileError when it is not open. -1 with an exception. */
int cm_ext_file_begin(cm_ext_file *f, bool may_open);

/* Ends what begin began; returns result. */
PyObject *cm_ext_file_end(cm_ext_file *f, PyObject *result);

/* "Failed to <what>: ..." as AudioFileError; returns NULL. */
PyObject *cm_ext_file_raise(cm_ext_file *f, OSStatus status, const char *operation, const char *what);

/* Methods that are not in ext_audio_file.c, which lists them all. */
#define CM_EXT_FILE_METHOD(name)                                                                             \
    extern const char cm_ext_file_##name##_doc[];                                                            \
    PyObject *cm_ext_file_##name(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)

/* ext_audio_file_settings.c */
CM_EXT_FILE_METHOD(set_encoder);
CM_EXT_FILE_METHOD(get_property);
CM_EXT_FILE_METHOD(set_property);
CM_EXT_FILE_METHOD(get_converter_property);
CM_EXT_FILE_METHOD(set_converter_property);

#endif
