/*
 * core_object.h: the instance layout of CoreAudioObject, the base class of every object-layer class.
 *
 * The type itself is made by coremusic._capi; coremusic._objects subclasses it.
 */
#ifndef CM_COMMON_CORE_OBJECT_H
#define CM_COMMON_CORE_OBJECT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>

typedef struct cm_core_object {
    PyObject_HEAD
    long object_id; /* the native handle as a number; 0 when there is none */
    bool disposed;
    PyObject *dict;
    PyObject *weak_references;
} cm_core_object;

#endif
