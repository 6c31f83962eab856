/*
 * errors.h: the one place where an OSStatus becomes a Python exception.
 *
 * Text and hint come from coremusic.os_status, which is imported when the first error happens. Every
 * exception raised here carries `.status_code`; the message names the call, the constant, the number and what
 * to do.
 */
#ifndef CM_COMMON_ERRORS_H
#define CM_COMMON_ERRORS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <CoreFoundation/CoreFoundation.h>

/*
 * Raises `exception` with "<operation> failed: <name>: <description> (<number>). <hint>" and logs one record
 * on the logger "coremusic.capi". Returns NULL, for `return cm_raise(...)`. GIL held.
 */
PyObject *cm_raise(PyObject *exception, OSStatus status, const char *operation);

/*
 * The same for the object layer: "Failed to <what>: <name>: <description> (<number>). <hint>", status_code
 * set, no log record. `what` is a PyUnicode_FromFormat format.
 */
PyObject *cm_raise_object(PyObject *exception, OSStatus status, const char *operation, const char *what, ...);

/* Raises `exception` with a text of the caller's own (a PyUnicode_FromFormat format) and .status_code. No log
 * record. */
PyObject *cm_raise_text(PyObject *exception, OSStatus status, const char *text, ...);

/* The current exception, of whatever type, becomes the cause of exception("Failed to <what>: <text>"). */
PyObject *cm_wrap_error(PyObject *exception, const char *what, ...);

/* A Python error inside a callback that cannot pass it on: reported through sys.unraisablehook. */
void cm_unraisable(const char *where);

#endif
