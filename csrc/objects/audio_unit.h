/* audio_unit.h: what the files of AudioUnit share. */
#ifndef CM_OBJECTS_AUDIO_UNIT_H
#define CM_OBJECTS_AUDIO_UNIT_H

#include "native.h"
#include "sound_stream.h"

/*
 * No call of the framework is made with a lock of ours held, since a unit calls back into Python from its own
 * threads: each call takes the handle while it has the GIL.
 */
typedef struct cm_unit_object {
    cm_native native;
    AudioUnit unit; /* NULL before open and after disposal */
    bool initialized, running;
    PyObject *description;
    PyObject *client_format; /* AudioFormat given for an output unit's output scope, or NULL */
    PyObject *callback;      /* Python's render callback, or NULL */
    UInt32 callback_bus;     /* where it is installed */
    cm_sound_stream *stream; /* between it and whoever renders */
    cm_sound_turn turn;      /* to change how the unit runs */
    double sample_time;      /* of the next render() */
} cm_unit_object;

static inline cm_unit_object *cm_unit_of(PyObject *self)
{
    return (cm_unit_object *)self;
}

/* AudioUnitError "Failed to <what>: ..."; NULL. */
PyObject *cm_unit_fail(PyObject *self, OSStatus status, const char *operation, const char *what);

/* The live handle, or NULL with an exception. */
AudioUnit cm_unit_handle(PyObject *self);

/* True for a unit that plays to or records from a device. */
bool cm_unit_has_device(PyObject *self);

/* Control calls exclude each other. False with an AudioUnitError from inside the render callback while
 * another thread is at it; true: cm_unit_end_turn must follow. */
bool cm_unit_take_turn(PyObject *self);
void cm_unit_end_turn(PyObject *self);

/* In the caller's turn: initialises or uninitialises; 0, or -1 with an exception. */
int cm_unit_initialize(PyObject *self);
int cm_unit_uninitialize(PyObject *self);
/* The same: starts; stopped again when the render callback wants that. */
int cm_unit_start(PyObject *self);

/* In the caller's turn: ends the pump of a render callback; and forgets the callback, which the unit must not
 * call any more. */
void cm_unit_end_stream(PyObject *self);
void cm_unit_drop_stream(PyObject *self);

/* Methods, whose table is in audio_unit.c. */
PyObject *cm_unit_get_property(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords);
PyObject *cm_unit_set_property(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords);
PyObject *cm_unit_get_stream_format(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                    PyObject *keywords);
PyObject *cm_unit_set_stream_format(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                    PyObject *keywords);
PyObject *cm_unit_get_parameter_list(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                     PyObject *keywords);
PyObject *cm_unit_set_render_callback(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                      PyObject *keywords);
PyObject *cm_unit_render(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords);

/* Properties. */
PyObject *cm_unit_get_sample_rate(PyObject *self, void *closure);
int cm_unit_set_sample_rate(PyObject *self, PyObject *value, void *closure);
PyObject *cm_unit_get_latency(PyObject *self, void *closure);
PyObject *cm_unit_get_cpu_load(PyObject *self, void *closure);
PyObject *cm_unit_get_max_frames(PyObject *self, void *closure);
int cm_unit_set_max_frames(PyObject *self, PyObject *value, void *closure);

/* In the caller's turn: prepares what a render callback needs before the unit starts; 0, or -1 with an
 * exception. */
int cm_unit_begin_stream(PyObject *self);

#endif
