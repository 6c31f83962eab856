#include "native.h"

#include <pythread.h>

static cm_native *native(PyObject *self)
{
    return (cm_native *)self;
}

int cm_native_add_type(PyObject *module, cm_objects_state *state, PyType_Spec *spec)
{
    PyObject *type = PyType_FromModuleAndSpec(module, spec, state->kept[CM_CORE_OBJECT]);
    int result = type ? PyModule_AddType(module, (PyTypeObject *)type) : -1;
    Py_XDECREF(type);
    return result;
}

PyObject *cm_native_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    (void)args, (void)keywords;
    PyObject *self = type->tp_alloc(type, 0);
    if (!self)
        return NULL;
    native(self)->lock = PyThread_allocate_lock();
    if (!native(self)->lock) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    return self;
}

int cm_native_check(PyObject *self)
{
    if (!native(self)->core.disposed)
        return 0;
    PyObject *name = PyType_GetName(Py_TYPE(self));
    if (name)
        PyErr_Format(PyExc_RuntimeError, "%U has been disposed", name);
    Py_XDECREF(name);
    return -1;
}

bool cm_native_is_inside(PyObject *self)
{
    return native(self)->depth > 0 && native(self)->owner == PyThread_get_thread_ident();
}

static int refuse_nested(PyObject *self)
{
    PyObject *name = PyType_GetName(Py_TYPE(self));
    if (name)
        PyErr_Format(PyExc_RuntimeError, "%U cannot be used like this from inside one of its own calls",
                     name);
    Py_XDECREF(name);
    return -1;
}

int cm_native_enter_nested(PyObject *self)
{
    cm_native *n = native(self);
    if (!cm_native_is_inside(self)) {
        if (!PyThread_acquire_lock(n->lock, NOWAIT_LOCK)) {
            Py_BEGIN_ALLOW_THREADS
            PyThread_acquire_lock(n->lock, WAIT_LOCK);
            Py_END_ALLOW_THREADS
        }
        n->owner = PyThread_get_thread_ident();
    }
    n->depth++;
    return 0;
}

int cm_native_enter_any(PyObject *self)
{
    return cm_native_is_inside(self) ? refuse_nested(self) : cm_native_enter_nested(self);
}

int cm_native_enter(PyObject *self)
{
    if (cm_native_check(self) < 0 || cm_native_enter_any(self) < 0)
        return -1;
    if (cm_native_check(self) == 0)
        return 0;
    cm_native_leave(self);
    return -1;
}

void cm_native_leave(PyObject *self)
{
    if (--native(self)->depth == 0)
        PyThread_release_lock(native(self)->lock);
}

void cm_native_set_handle(PyObject *self, const void *handle)
{
    native(self)->core.object_id = (long)(Py_ssize_t)handle;
}

void cm_native_mark_disposed(PyObject *self)
{
    native(self)->core.disposed = true;
    native(self)->core.object_id = 0;
}

int cm_native_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(native(self)->core.dict);
    return 0;
}

void cm_native_clear(PyObject *self)
{
    Py_CLEAR(native(self)->core.dict);
}

/* The type that we made: the object's own, or the one that a class written in Python extends. */
static PyTypeObject *native_type(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    while (type->tp_dealloc != cm_native_dealloc)
        type = type->tp_base;
    return type;
}

void cm_native_dealloc(PyObject *self)
{
    if (PyObject_CallFinalizerFromDealloc(self) < 0)
        return;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    native_type(self)->tp_clear(self);
    if (native(self)->core.weak_references)
        PyObject_ClearWeakRefs(self);
    native(self)->core.disposed = true;
    cm_native_clear(self);
    if (native(self)->lock)
        PyThread_free_lock(native(self)->lock);
    type->tp_free(self);
    Py_DECREF(type);
}

void cm_native_finalize(PyObject *self, void (*release)(PyObject *self))
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    release(self);
    if (PyErr_Occurred())
        PyErr_WriteUnraisable(self);
    PyErr_Restore(type, value, traceback);
}
