/*
 * callback.h: calling Python from the framework's threads.
 *
 *     PyGILState_STATE gil;
 *     if (!cm_callback_begin(&gil))
 *         return;
 *     Py_XDECREF(PyObject_CallOneArg(callable, argument));
 *     cm_callback_end(gil, "what called");
 *
 * An exception that the callback leaves goes to sys.unraisablehook; the framework never sees one. Before the
 * interpreter goes away the gate closes: callbacks that run are waited for (for a few seconds at most), later
 * ones do nothing. Whoever waits for a framework thread must do so without the GIL (CM_RUN), or a callback of
 * that thread waits for ever.
 */
#ifndef CM_COMMON_CALLBACK_H
#define CM_COMMON_CALLBACK_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>

/* By each part of a module that has callbacks, when it is loaded. 0, or -1 with an exception. */
int cm_callback_init(void);

/* [any thread, with or without the GIL] Takes the GIL; false when the interpreter is going away. */
bool cm_callback_begin(PyGILState_STATE *gil);

/*
 * [a thread of ours, without the GIL] For a thread that calls again and again: what Python keeps of a thread
 * stays from one call to the next, instead of being made and freed with each, until it detaches. False when
 * the interpreter is going away; then there is nothing to detach.
 */
typedef struct cm_callback_thread {
    PyGILState_STATE gil;
    PyThreadState *state;
} cm_callback_thread;

bool cm_callback_attach(cm_callback_thread *thread);
void cm_callback_detach(cm_callback_thread *thread);

/* [GIL held] What a callable returned is dropped; what it raised is reported with the callable's name. */
void cm_callback_finish(PyObject *callable, PyObject *result);

/* Reports the exception that is set, if any, and gives the GIL back. */
void cm_callback_end(PyGILState_STATE gil, const char *where);

#endif
