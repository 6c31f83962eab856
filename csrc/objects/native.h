/*
 * native.h: what every type of the object layer has: the base class's fields, one thread at a time, and an
 * end.
 *
 * A method of a type that owns a native object runs between cm_native_enter and cm_native_leave. While it is
 * inside, other threads that want the same object wait without the GIL; so its fields may be read and changed
 * freely, also around calls that drop the GIL, and a handle cannot be closed under a running call. All
 * functions are called with the GIL held.
 */
#ifndef CM_OBJECTS_NATIVE_H
#define CM_OBJECTS_NATIVE_H

#include "objects.h"

#include "common/core_object.h"

typedef struct cm_native {
    cm_core_object core;
    PyThread_type_lock lock;
    unsigned long owner; /* the thread that is inside, when depth > 0 */
    unsigned depth;
} cm_native;

/* Makes a type of the module, a subclass of CoreAudioObject. */
int cm_native_add_type(PyObject *module, cm_objects_state *state, PyType_Spec *spec);

/* Py_tp_new of the types. Arguments are left to __init__. */
PyObject *cm_native_new(PyTypeObject *type, PyObject *args, PyObject *keywords);

/* RuntimeError "<class name> has been disposed" when it was: what a guarded member does before anything else.
 */
int cm_native_check(PyObject *self);

/*
 * Waits for its turn. RuntimeError when the object was disposed, meanwhile too, or when this very thread is
 * inside already: a callback must not use the object that called it.
 */
int cm_native_enter(PyObject *self);

/* The same without the check for disposal: for closing. */
int cm_native_enter_any(PyObject *self);

/* For members that a callback may use: the thread that is inside enters again. */
int cm_native_enter_nested(PyObject *self);

void cm_native_leave(PyObject *self);

/* True while the calling thread is inside. */
bool cm_native_is_inside(PyObject *self);

/* Shows the handle as object_id. */
void cm_native_set_handle(PyObject *self, const void *handle);

/* Disposed: the id is 0 and guarded members raise. */
void cm_native_mark_disposed(PyObject *self);

/* The shared part of tp_traverse and tp_clear. */
int cm_native_traverse(PyObject *self, visitproc visit, void *arg);
void cm_native_clear(PyObject *self);

/* Py_tp_dealloc of the types: finalizes the object, clears it with its type's own tp_clear and frees it. */
void cm_native_dealloc(PyObject *self);

/*
 * Runs release, which may drop the GIL and must not fail, with the exception that may be on its way put
 * aside. This is Py_tp_finalize's work, on collection and on the last reference alike.
 */
void cm_native_finalize(PyObject *self, void (*release)(PyObject *self));

#endif
