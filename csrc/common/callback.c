#include "callback.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "call.h"
#include "errors.h"

enum { PATIENCE_MS = 3000 };

/* Of this extension module: how many threads are between begin and end, and whether no more may enter. */
static atomic_int inside;
static atomic_bool closed;

/* Of this thread: how many of those inside are its own. */
static _Thread_local int mine;

static void enter(void)
{
    atomic_fetch_add(&inside, 1);
    mine++;
}

static void leave(void)
{
    mine--;
    atomic_fetch_sub(&inside, 1);
}

/* In a child of fork() this thread is the only one: whoever else was inside, or at the GIL, never leaves. */
static void forget_after_fork(void)
{
    atomic_store(&inside, mine);
}

bool cm_callback_begin(PyGILState_STATE *gil)
{
    enter();
    if (atomic_load(&closed)) {
        leave();
        return false;
    }
    *gil = PyGILState_Ensure();
    return true;
}

bool cm_callback_attach(cm_callback_thread *thread)
{
    if (!cm_callback_begin(&thread->gil))
        return false;
    thread->state = PyEval_SaveThread();
    leave();
    return true;
}

/* Once the gate is closed the interpreter frees the state itself. */
void cm_callback_detach(cm_callback_thread *thread)
{
    enter();
    if (atomic_load(&closed)) {
        leave();
        return;
    }
    PyEval_RestoreThread(thread->state);
    cm_callback_end(thread->gil, "a thread that ends");
}

void cm_callback_finish(PyObject *callable, PyObject *result)
{
    if (!result)
        PyErr_WriteUnraisable(callable);
    Py_XDECREF(result);
}

void cm_callback_end(PyGILState_STATE gil, const char *where)
{
    if (PyErr_Occurred())
        cm_unraisable(where);
    PyGILState_Release(gil);
    leave();
}

static void wait_until_empty(void)
{
    const struct timespec pause = { .tv_nsec = 1000000 };
    for (int i = 0; i < PATIENCE_MS && atomic_load(&inside) > 0; i++)
        nanosleep(&pause, NULL);
}

static PyObject *close_gate(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    atomic_store(&closed, true);
    CM_RUN(wait_until_empty());
    Py_RETURN_NONE;
}

static PyMethodDef at_exit = { "_close_callbacks", close_gate, METH_NOARGS, NULL };

int cm_callback_init(void)
{
    static bool done;
    if (done)
        return 0;
    pthread_atfork(NULL, NULL, forget_after_fork);
    PyObject *module = PyImport_ImportModule("atexit");
    PyObject *function = module ? PyCFunction_New(&at_exit, NULL) : NULL;
    PyObject *result = function ? PyObject_CallMethod(module, "register", "O", function) : NULL;
    done = result != NULL;
    Py_XDECREF(result);
    Py_XDECREF(function);
    Py_XDECREF(module);
    return done ? 0 : -1;
}
