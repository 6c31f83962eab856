#include "errors.h"

#include "platform.h"

#include <stdarg.h>

/* The number as a reader can look it up: 'fmt?' for four printable characters, decimal always. */
static PyObject *number_text(OSStatus status)
{
    char code[5] = { (char)(status >> 24), (char)(status >> 16), (char)(status >> 8), (char)status, 0 };
    for (int i = 0; i < 4; i++)
        if (code[i] < 32 || code[i] > 126)
            return PyUnicode_FromFormat("%d", (int)status);
    return PyUnicode_FromFormat("'%s', %d", code, (int)status);
}

/* coremusic.os_status.describe(status, operation): (name, description, suggestion or None). */
static PyObject *describe(OSStatus status, const char *operation)
{
    PyObject *module = PyImport_ImportModule("coremusic.os_status");
    if (!module)
        return NULL;
    PyObject *facts = PyObject_CallMethod(module, "describe", "is", (int)status, operation);
    Py_DECREF(module);
    if (facts && !(PyTuple_Check(facts) && PyTuple_GET_SIZE(facts) == 3)) {
        Py_DECREF(facts);
        PyErr_SetString(PyExc_TypeError, "os_status.describe must return three values");
        return NULL;
    }
    return facts;
}

/* None where there is none. Taken before any Python code runs, since that may call the framework again. */
static PyObject *detail_of(OSStatus status)
{
    const char *detail = cm_platform_error_detail(status);
    return detail ? PyUnicode_DecodeUTF8(detail, (Py_ssize_t)strlen(detail), "replace") : Py_NewRef(Py_None);
}

/* "<name>: <description> (<number>)[ [detail]][. hint]"; *suggestion is a new reference. */
static PyObject *status_text(OSStatus status, const char *operation, PyObject *detail, PyObject **suggestion)
{
    PyObject *text = NULL, *number = number_text(status), *facts = describe(status, operation);
    PyObject *known = NULL;
    *suggestion = NULL;
    if (number && facts) {
        known = PyUnicode_FromFormat("%U: %U (%U)", PyTuple_GET_ITEM(facts, 0), PyTuple_GET_ITEM(facts, 1),
                                     number);
        *suggestion = Py_NewRef(PyTuple_GET_ITEM(facts, 2));
    }
    if (known) {
        PyObject *with_detail = detail != Py_None ? PyUnicode_FromFormat("%U [%U]", known, detail)
                                                  : Py_NewRef(known);
        if (with_detail && *suggestion != Py_None)
            text = PyUnicode_FromFormat("%U. %U", with_detail, *suggestion);
        else
            text = Py_XNewRef(with_detail);
        Py_XDECREF(with_detail);
    }
    Py_XDECREF(number);
    Py_XDECREF(facts);
    Py_XDECREF(known);
    if (!text)
        Py_CLEAR(*suggestion);
    return text;
}

/* logging.getLogger("coremusic.capi").error(message, extra={...}). A broken logging set-up must not hide the
 * error. */
static void log_failure(PyObject *message, OSStatus status, const char *operation, PyObject *suggestion)
{
    PyObject *log = PyImport_ImportModule("coremusic.log");
    PyObject *logging = log ? PyObject_GetAttrString(log, "logging") : NULL;
    PyObject *logger = logging ? PyObject_CallMethod(logging, "getLogger", "s", "coremusic.capi") : NULL;
    PyObject *error = logger ? PyObject_GetAttrString(logger, "error") : NULL;
    PyObject *positional = error ? Py_BuildValue("(sO)", "%s", message) : NULL;
    PyObject *keywords = positional ? Py_BuildValue("{s{sisssO}}", "extra", "status_code", (int)status,
                                                    "operation", operation, "suggestion", suggestion)
                                    : NULL;
    PyObject *result = keywords ? PyObject_Call(error, positional, keywords) : NULL;
    Py_XDECREF(result);
    Py_XDECREF(keywords);
    Py_XDECREF(positional);
    Py_XDECREF(error);
    Py_XDECREF(logger);
    Py_XDECREF(logging);
    Py_XDECREF(log);
    if (PyErr_Occurred())
        cm_unraisable("logging a failed call");
}

static void set_with_status(PyObject *exception, PyObject *message, OSStatus status)
{
    PyObject *instance = PyObject_CallOneArg(exception, message);
    PyObject *code = instance ? PyLong_FromLong(status) : NULL;
    if (code && PyObject_SetAttrString(instance, "status_code", code) == 0)
        PyErr_SetObject(exception, instance);
    Py_XDECREF(code);
    Py_XDECREF(instance);
}

PyObject *cm_raise(PyObject *exception, OSStatus status, const char *operation)
{
    PyObject *suggestion = NULL, *detail = detail_of(status);
    PyObject *text = detail ? status_text(status, operation, detail, &suggestion) : NULL;
    PyObject *message = text ? PyUnicode_FromFormat("%s failed: %U", operation, text) : NULL;
    if (message) {
        log_failure(message, status, operation, suggestion);
        set_with_status(exception, message, status);
    }
    Py_XDECREF(message);
    Py_XDECREF(text);
    Py_XDECREF(detail);
    Py_XDECREF(suggestion);
    return NULL;
}

PyObject *cm_raise_object(PyObject *exception, OSStatus status, const char *operation, const char *what, ...)
{
    PyObject *detail = detail_of(status);
    va_list arguments;
    va_start(arguments, what);
    PyObject *action = PyUnicode_FromFormatV(what, arguments);
    va_end(arguments);
    PyObject *suggestion = NULL;
    PyObject *text = detail && action ? status_text(status, operation, detail, &suggestion) : NULL;
    PyObject *message = text ? PyUnicode_FromFormat("Failed to %U: %U", action, text) : NULL;
    if (message)
        set_with_status(exception, message, status);
    Py_XDECREF(message);
    Py_XDECREF(text);
    Py_XDECREF(detail);
    Py_XDECREF(suggestion);
    Py_XDECREF(action);
    return NULL;
}

PyObject *cm_raise_text(PyObject *exception, OSStatus status, const char *text, ...)
{
    va_list arguments;
    va_start(arguments, text);
    PyObject *message = PyUnicode_FromFormatV(text, arguments);
    va_end(arguments);
    if (message)
        set_with_status(exception, message, status);
    Py_XDECREF(message);
    return NULL;
}

PyObject *cm_wrap_error(PyObject *exception, const char *what, ...)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback)
        PyException_SetTraceback(value, traceback);
    va_list arguments;
    va_start(arguments, what);
    PyObject *action = PyUnicode_FromFormatV(what, arguments);
    va_end(arguments);
    PyObject *message = action ? PyUnicode_FromFormat("Failed to %U: %S", action, value) : NULL;
    PyObject *instance = message ? PyObject_CallOneArg(exception, message) : NULL;
    if (instance) {
        PyException_SetCause(instance, Py_XNewRef(value));
        PyObject *code = PyObject_GetAttrString(value, "status_code");
        if (!code)
            PyErr_Clear();
        else if (PyObject_SetAttrString(instance, "status_code", code) < 0)
            PyErr_Clear();
        Py_XDECREF(code);
        PyErr_SetObject(exception, instance);
    }
    Py_XDECREF(instance);
    Py_XDECREF(message);
    Py_XDECREF(action);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    return NULL;
}

void cm_unraisable(const char *where)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *name = PyUnicode_FromString(where);
    PyErr_Clear();
    PyErr_Restore(type, value, traceback);
    PyErr_WriteUnraisable(name);
    Py_XDECREF(name);
}
