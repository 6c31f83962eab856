/*
 * objects.h: what the files of the object layer share.
 *
 * Each type is one file (a large one is a few) that registers itself: cm_<type>_init makes the type, keeps it
 * in the module's state and adds it to the module; it returns 0, or -1 with an exception. Adding a type means
 * its file, one line in _objects.c's table, one name in cm_kept_object here and its lines in _objects.pyi.
 */
#ifndef CM_OBJECTS_OBJECTS_H
#define CM_OBJECTS_OBJECTS_H

#include "common/args.h"
#include "common/call.h"
#include "common/convert.h"
#include "common/errors.h"
#include "common/property.h"

/* The classes that the module holds on to: its own, and those of other modules. */
typedef enum cm_kept_object {
    CM_AUDIO_FILE_BLOCKS,
    CM_AUDIO_BUFFER,
    CM_CORE_OBJECT,
    CM_AUDIO_FORMAT,
    CM_AUDIO_MARKER,
    CM_AUDIO_REGION,
    CM_FILE_ERROR,
    CM_CONVERTER_ERROR,
    CM_DEVICE_ERROR,
    CM_QUEUE_ERROR,
    CM_UNIT_ERROR,
    CM_MIDI_ERROR,
    CM_MIDI_MESSAGE,
    CM_MIDI_CHANGE,
    CM_KEPT_COUNT
} cm_kept_object;

typedef struct cm_objects_state {
    PyObject *kept[CM_KEPT_COUNT];
} cm_objects_state;

extern PyModuleDef cm_objects_module;

static inline cm_objects_state *cm_objects_state_of(PyTypeObject *type)
{
    return PyModule_GetState(PyType_GetModuleByDef(type, &cm_objects_module));
}

/* One of the module's classes, lent, by any of its types (or a class derived from one) or an instance of one.
 */
static inline PyObject *cm_kept_by_type(PyTypeObject *type, cm_kept_object which)
{
    return cm_objects_state_of(type)->kept[which];
}

static inline PyObject *cm_kept(PyObject *self, cm_kept_object which)
{
    return cm_kept_by_type(Py_TYPE(self), which);
}

/* The same for CM_AUDIO_MARKER and CM_AUDIO_REGION, which are imported when first needed. NULL with an
 * exception. */
PyObject *cm_kept_late(PyObject *self, cm_kept_object which);

int cm_audio_file_init(PyObject *module, cm_objects_state *state);
int cm_audio_file_blocks_init(PyObject *module, cm_objects_state *state);
int cm_audio_file_stream_init(PyObject *module, cm_objects_state *state);
int cm_ext_audio_file_init(PyObject *module, cm_objects_state *state);
int cm_audio_converter_init(PyObject *module, cm_objects_state *state);
int cm_audio_buffer_init(PyObject *module, cm_objects_state *state);
int cm_audio_queue_init(PyObject *module, cm_objects_state *state);
int cm_audio_unit_init(PyObject *module, cm_objects_state *state);
int cm_midi_receiver_init(PyObject *module, cm_objects_state *state);
int cm_midi_sender_init(PyObject *module, cm_objects_state *state);
int cm_midi_notifier_init(PyObject *module, cm_objects_state *state);
int cm_sound_stream_init(PyObject *module, cm_objects_state *state);

#endif
