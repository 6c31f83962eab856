#include "samples.h"

#include <string.h>

static const cm_sample_type sample_types[] = {
    { "float32", 'f', 4, true },
    { "float64", 'd', 8, true },
    { "int16", 'h', 2, false },
    { "int32", 'i', 4, false },
};

#define TYPE_COUNT (sizeof sample_types / sizeof *sample_types)

const cm_sample_type *const cm_float32 = &sample_types[0];

/* Values in the other byte order are another type, although NumPy gives it the same name. */
static bool is_swapped(PyObject *dtype)
{
    PyObject *native = PyObject_GetAttrString(dtype, "isnative");
    bool swapped = native == Py_False;
    PyErr_Clear();
    Py_XDECREF(native);
    return swapped;
}

/* What a dtype is called: a str as it is, .name of a NumPy dtype, __name__ of a class. A new reference. */
static PyObject *name_of(PyObject *dtype)
{
    if (PyUnicode_Check(dtype))
        return Py_NewRef(dtype);
    bool is_class = PyType_Check(dtype);
    PyObject *name = is_class || !is_swapped(dtype)
                         ? PyObject_GetAttrString(dtype, is_class ? "__name__" : "name")
                         : NULL;
    if (name && PyUnicode_Check(name))
        return name;
    PyErr_Clear();
    Py_XDECREF(name);
    return PyObject_Repr(dtype);
}

const cm_sample_type *cm_sample_type_of(PyObject *dtype)
{
    const cm_sample_type *found = NULL;
    PyObject *name = name_of(dtype);
    if (!name)
        return NULL;
    for (size_t i = 0; i < TYPE_COUNT && !found; i++)
        if (PyUnicode_CompareWithASCIIString(name, sample_types[i].name) == 0)
            found = &sample_types[i];
    if (!found)
        PyErr_Format(PyExc_ValueError, "dtype must be float32, float64, int16 or int32, not %U", name);
    Py_DECREF(name);
    return found;
}

AudioStreamBasicDescription cm_sample_format(const cm_sample_type *type, Float64 rate, UInt32 channels)
{
    UInt32 kind = type->is_float ? kAudioFormatFlagIsFloat : kAudioFormatFlagIsSignedInteger;
    UInt32 frame = type->bytes * channels;
    AudioStreamBasicDescription format = {
        .mSampleRate = rate,
        .mFormatID = kAudioFormatLinearPCM,
        .mFormatFlags = kind | kAudioFormatFlagIsPacked | (UInt32)kAudioFormatFlagsNativeEndian,
        .mBytesPerPacket = frame,
        .mFramesPerPacket = 1,
        .mBytesPerFrame = frame,
        .mChannelsPerFrame = channels,
        .mBitsPerChannel = type->bytes * 8,
    };
    return format;
}

const cm_sample_type *cm_sample_type_in(const AudioStreamBasicDescription *format)
{
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        AudioStreamBasicDescription own = cm_sample_format(&sample_types[i], format->mSampleRate,
                                                           format->mChannelsPerFrame);
        if (memcmp(&own, format, sizeof own) == 0)
            return &sample_types[i];
    }
    return NULL;
}

/* Both C types that are four bytes long somewhere stand for int32. */
static const cm_sample_type *type_of_view(const Py_buffer *view)
{
    const char *format = view->format ? view->format : "B";
    if (*format == '@' || *format == '=' || *format == (PY_BIG_ENDIAN ? '>' : '<'))
        format++;
    char code = *format == 'l' ? 'i' : *format;
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (code == sample_types[i].code && format[1] == 0 &&
            view->itemsize == (Py_ssize_t)sample_types[i].bytes)
            return &sample_types[i];
    return NULL;
}

static int check_shape(const Py_buffer *view, const char *name, UInt32 channels)
{
    if ((view->ndim == 1 && channels == 1) || (view->ndim == 2 && view->shape[1] == (Py_ssize_t)channels))
        return 0;
    const char *one = channels == 1 ? "(n,) or " : "";
    if (view->ndim == 2)
        PyErr_Format(PyExc_ValueError, "%s must have the shape %s(n, %u), not (%zd, %zd)", name, one,
                     (unsigned)channels, view->shape[0], view->shape[1]);
    else
        PyErr_Format(PyExc_ValueError, "%s must have the shape %s(n, %u), not %d dimension%s", name, one,
                     (unsigned)channels, view->ndim, view->ndim == 1 ? "" : "s");
    return -1;
}

static int look(cm_frames *frames, const char *name, UInt32 channels)
{
    Py_buffer *view = &frames->view;
    frames->type = type_of_view(view);
    if (!frames->type) {
        PyErr_Format(PyExc_TypeError,
                     "%s must hold float32, float64, int16 or int32 in native byte order, not '%s'", name,
                     view->format ? view->format : "B");
        return -1;
    }
    if (check_shape(view, name, channels) < 0)
        return -1;
    frames->count = view->shape[0];
    frames->data = view->buf;
    if (PyBuffer_IsContiguous(view, 'C'))
        return 0;
    frames->data = frames->copy = PyMem_Malloc((size_t)view->len);
    if (!frames->copy) {
        PyErr_NoMemory();
        return -1;
    }
    return PyBuffer_ToContiguous(frames->copy, view, view->len, 'C');
}

int cm_frames_get(PyObject *object, const char *name, UInt32 channels, bool writable, cm_frames *frames)
{
    *frames = (cm_frames){ .count = 0 };
    if (!PyObject_CheckBuffer(object)) {
        PyErr_Format(PyExc_TypeError, "%s must be an array or another buffer of samples, not %.100s", name,
                     Py_TYPE(object)->tp_name);
        return -1;
    }
    int wanted = writable ? PyBUF_WRITABLE | PyBUF_C_CONTIGUOUS | PyBUF_FORMAT : PyBUF_FULL_RO;
    if (PyObject_GetBuffer(object, &frames->view, wanted) < 0)
        return -1;
    if (look(frames, name, channels) == 0)
        return 0;
    cm_frames_release(frames);
    return -1;
}

void cm_frames_release(cm_frames *frames)
{
    PyMem_Free(frames->copy);
    frames->copy = NULL;
    PyBuffer_Release(&frames->view);
}
