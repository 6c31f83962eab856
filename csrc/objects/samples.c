#include "samples.h"

#include "common/numpy_api.h"

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

static const cm_sample_type *find(PyObject *name)
{
    for (size_t i = 0; name && i < TYPE_COUNT; i++)
        if (PyUnicode_CompareWithASCIIString(name, sample_types[i].name) == 0)
            return &sample_types[i];
    return NULL;
}

const cm_sample_type *cm_sample_type_of(PyObject *dtype)
{
    PyObject *name = name_of(dtype);
    if (!name)
        return NULL;
    const cm_sample_type *found = find(name);
    PyObject *numpy_name = found ? NULL : cm_numpy_type_name(dtype);
    if (numpy_name)
        found = find(numpy_name);
    Py_XDECREF(numpy_name);
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

/* Items of one byte are bytes, whatever their sign. */
static bool may_hold(const Py_buffer *view, const AudioStreamBasicDescription *format)
{
    static const char reals[] = "efdg", integers[] = "hilqnHILQN";
    const char *item = view->format ? view->format : "B";
    bool swapped = *item == (PY_BIG_ENDIAN ? '<' : '>') || (*item == '!' && !PY_BIG_ENDIAN);
    if (*item && strchr("@=<>!", *item))
        item++;
    bool real = *item && strchr(reals, *item), integer = *item && strchr(integers, *item);
    if (format->mFormatID != kAudioFormatLinearPCM || item[0] == 0 || item[1] || (!real && !integer))
        return true;
    UInt32 flags = format->mFormatFlags;
    UInt32 together = flags & kAudioFormatFlagIsNonInterleaved ? 1 : format->mChannelsPerFrame;
    bool big = (flags & kAudioFormatFlagIsBigEndian) != 0;
    return real == ((flags & kAudioFormatFlagIsFloat) != 0) && swapped == (big != PY_BIG_ENDIAN) &&
           (real || strchr("HILQN", *item) == NULL) &&
           (UInt64)view->itemsize * together == format->mBytesPerFrame;
}

int cm_arg_frames(PyObject *value, const char *name, const AudioStreamBasicDescription *format,
                  Py_buffer *view)
{
    Py_buffer typed;
    if (cm_arg_bytes(value, name, view) < 0)
        return -1;
    if (PyObject_GetBuffer(value, &typed, PyBUF_FULL_RO) < 0) { /* an object without a word for its items */
        PyErr_Clear();
        return 0;
    }
    bool fits = may_hold(&typed, format);
    if (!fits) {
        PyErr_Format(PyExc_TypeError,
                     "%s must hold bytes, or samples as the format has them, not items of '%s'", name,
                     typed.format);
        PyBuffer_Release(view);
    }
    PyBuffer_Release(&typed);
    return fits ? 0 : -1;
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
