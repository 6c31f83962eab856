#include "source.h"

#include <string.h>

struct cm_source {
    Py_buffer bytes; /* of a bytes-like object; obj is NULL otherwise */
    PyObject *file;  /* a file object, or NULL */
    bool writable;
    SInt64 size;      /* of the file object; -1 until it was asked, and after it was written to */
    PyObject *raised; /* the first exception that came out of the file object */
};

bool cm_is_path(PyObject *object)
{
    return PyUnicode_Check(object) || PyObject_HasAttrString((PyObject *)Py_TYPE(object), "__fspath__");
}

PyObject *cm_source_name(PyObject *given)
{
    if (!given)
        return PyUnicode_FromString("?");
    if (cm_is_path(given))
        return PyObject_Str(given);
    PyObject *type = PyType_GetName(Py_TYPE(given));
    PyObject *name = type ? PyUnicode_FromFormat("<%U>", type) : NULL;
    Py_XDECREF(type);
    return name;
}

static bool has_methods(PyObject *object, const char *const *names)
{
    for (; *names; names++)
        if (!PyObject_HasAttrString(object, *names))
            return false;
    return true;
}

int cm_source_check(PyObject *object, bool writable)
{
    static const char *const reading[] = { "read", "seek", "tell", NULL };
    static const char *const writing[] = { "read", "seek", "tell", "write", "truncate", NULL };
    if (writable ? has_methods(object, writing)
                 : PyObject_CheckBuffer(object) || has_methods(object, reading))
        return 0;
    PyErr_Format(
        PyExc_TypeError,
        writable ? "writing takes a path or a binary file that can read, seek, write and truncate, not %.100s"
                 : "path must be a path, the bytes of a file or a binary file, not %.100s",
        Py_TYPE(object)->tp_name);
    return -1;
}

cm_source *cm_source_new(PyObject *object, bool writable)
{
    cm_source *source = PyMem_Calloc(1, sizeof *source);
    if (!source) {
        PyErr_NoMemory();
        return NULL;
    }
    source->size = -1;
    source->writable = writable;
    if (!PyObject_CheckBuffer(object)) {
        source->file = Py_NewRef(object);
    } else if (PyObject_GetBuffer(object, &source->bytes, PyBUF_SIMPLE) < 0) {
        PyMem_Free(source);
        return NULL;
    }
    return source;
}

void cm_source_free(cm_source *source)
{
    if (!source)
        return;
    PyBuffer_Release(&source->bytes);
    Py_CLEAR(source->file);
    Py_CLEAR(source->raised);
    PyMem_Free(source);
}

int cm_source_traverse(cm_source *source, visitproc visit, void *arg)
{
    if (source) {
        Py_VISIT(source->bytes.obj);
        Py_VISIT(source->file);
        Py_VISIT(source->raised);
    }
    return 0;
}

/* ---- a bytes-like object ---- */

static OSStatus read_bytes(void *client, SInt64 at, UInt32 wanted, void *buffer, UInt32 *actual)
{
    const cm_source *source = client;
    SInt64 left = at >= 0 && at < source->bytes.len ? source->bytes.len - at : 0;
    *actual = left < wanted ? (UInt32)left : wanted;
    if (*actual > 0)
        memcpy(buffer, (const char *)source->bytes.buf + at, *actual);
    return noErr;
}

static SInt64 size_of_bytes(void *client)
{
    return ((const cm_source *)client)->bytes.len;
}

/* ---- a file object ---- */

/* Keeps the current exception for the outer call. */
static OSStatus failed(cm_source *source)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback)
        PyException_SetTraceback(value, traceback);
    if (!source->raised)
        source->raised = Py_XNewRef(value);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    return kAudioFileUnspecifiedError;
}

/* file.seek(at, whence): the new position, or -1 with an exception. */
static SInt64 seek(PyObject *file, SInt64 at, int whence)
{
    long long position = -1;
    PyObject *result = PyObject_CallMethod(file, "seek", "Li", (long long)at, whence);
    if (result && result == Py_None) {
        Py_DECREF(result);
        result = PyObject_CallMethod(file, "tell", NULL);
    }
    if (result)
        position = PyLong_AsLongLong(result);
    Py_XDECREF(result);
    if (position < 0 && !PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "seek() of the file object gave a negative position");
    return position;
}

static int take(PyObject *data, UInt32 wanted, void *buffer, UInt32 *actual)
{
    Py_buffer view;
    if (data == Py_None) {
        PyErr_SetString(PyExc_BlockingIOError, "the file object has no data at the moment");
        return -1;
    }
    if (PyUnicode_Check(data)) {
        PyErr_SetString(PyExc_TypeError, "the file object must be opened in binary mode");
        return -1;
    }
    if (cm_arg_bytes(data, "the result of read()", &view) < 0)
        return -1;
    int result = 0;
    if (view.len > wanted) {
        PyErr_Format(PyExc_ValueError, "read(%u) of the file object gave %zd bytes", (unsigned)wanted,
                     view.len);
        result = -1;
    } else {
        memcpy(buffer, view.buf, (size_t)view.len);
        *actual = (UInt32)view.len;
    }
    PyBuffer_Release(&view);
    return result;
}

static OSStatus read_file(void *client, SInt64 at, UInt32 wanted, void *buffer, UInt32 *actual)
{
    cm_source *source = client;
    PyGILState_STATE gil = PyGILState_Ensure();
    *actual = 0;
    PyObject *data = seek(source->file, at, SEEK_SET) < 0
                         ? NULL
                         : PyObject_CallMethod(source->file, "read", "I", wanted);
    OSStatus status = data && take(data, wanted, buffer, actual) == 0 ? noErr : failed(source);
    Py_XDECREF(data);
    PyGILState_Release(gil);
    return status;
}

/* file.write(data): what it took; None stands for everything. */
static Py_ssize_t call_write(PyObject *file, PyObject *data)
{
    PyObject *result = PyObject_CallMethod(file, "write", "O", data);
    Py_ssize_t taken = -1;
    if (result)
        taken = result == Py_None ? PyBytes_GET_SIZE(data) : PyLong_AsSsize_t(result);
    Py_XDECREF(result);
    if (taken > PyBytes_GET_SIZE(data) || (taken < 0 && !PyErr_Occurred())) {
        PyErr_Format(PyExc_ValueError, "write() of the file object says it wrote %zd of %zd bytes", taken,
                     PyBytes_GET_SIZE(data));
        return -1;
    }
    return taken;
}

static OSStatus write_file(void *client, SInt64 at, UInt32 wanted, const void *buffer, UInt32 *actual)
{
    cm_source *source = client;
    PyGILState_STATE gil = PyGILState_Ensure();
    Py_ssize_t taken = -1;
    PyObject *data = PyBytes_FromStringAndSize(buffer, wanted);
    source->size = -1;
    if (data && seek(source->file, at, SEEK_SET) >= 0)
        taken = call_write(source->file, data);
    *actual = taken > 0 ? (UInt32)taken : 0;
    OSStatus status = taken >= 0 ? noErr : failed(source);
    Py_XDECREF(data);
    PyGILState_Release(gil);
    return status;
}

static SInt64 size_of_file(void *client)
{
    cm_source *source = client;
    PyGILState_STATE gil = PyGILState_Ensure();
    if (source->size < 0)
        source->size = seek(source->file, 0, SEEK_END);
    if (source->size < 0)
        failed(source);
    SInt64 size = source->size > 0 ? source->size : 0;
    PyGILState_Release(gil);
    return size;
}

/* Some truncate() methods only shorten; the last byte then makes the file longer. */
static int set_size(PyObject *file, SInt64 size)
{
    PyObject *result = PyObject_CallMethod(file, "truncate", "L", (long long)size);
    SInt64 end = result ? seek(file, 0, SEEK_END) : -1;
    Py_XDECREF(result);
    if (end >= size || end < 0)
        return end < 0 ? -1 : 0;
    PyObject *zero = PyBytes_FromStringAndSize("", 1);
    int written = zero && seek(file, size - 1, SEEK_SET) >= 0 && call_write(file, zero) == 1 ? 0 : -1;
    Py_XDECREF(zero);
    if (written < 0 && !PyErr_Occurred())
        PyErr_SetString(PyExc_OSError, "the file object cannot be made longer");
    return written;
}

static OSStatus set_size_of_file(void *client, SInt64 size)
{
    cm_source *source = client;
    PyGILState_STATE gil = PyGILState_Ensure();
    source->size = -1;
    OSStatus status = set_size(source->file, size) < 0 ? failed(source) : noErr;
    PyGILState_Release(gil);
    return status;
}

/* ---- files over them ---- */

OSStatus cm_source_open(cm_source *source, AudioFileTypeID hint, AudioFileID *file)
{
    if (!source->file)
        return AudioFileOpenWithCallbacks(source, read_bytes, NULL, size_of_bytes, NULL, hint, file);
    return AudioFileOpenWithCallbacks(source, read_file, source->writable ? write_file : NULL, size_of_file,
                                      source->writable ? set_size_of_file : NULL, hint, file);
}

OSStatus cm_source_create(cm_source *source, AudioFileTypeID type, const AudioStreamBasicDescription *format,
                          AudioFileID *file)
{
    return AudioFileInitializeWithCallbacks(source, read_file, write_file, size_of_file, set_size_of_file,
                                            type, format, kAudioFileFlags_EraseFile, file);
}

bool cm_source_failed(const cm_source *source)
{
    return source && source->raised;
}

void cm_source_raise(cm_source *source)
{
    PyObject *type, *value, *traceback, *raised = source->raised;
    source->raised = NULL;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (value && value != raised) {
        PyObject *context = PyException_GetContext(raised);
        if (context)
            PyException_SetContext(value, context);
        PyException_SetContext(raised, Py_NewRef(value));
    }
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    PyErr_Restore(Py_NewRef(Py_TYPE(raised)), raised, PyException_GetTraceback(raised));
}

void cm_source_forget(cm_source *source)
{
    if (source)
        Py_CLEAR(source->raised);
}
