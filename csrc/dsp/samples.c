#include "samples.h"

#include "common/args.h"
#include "common/numpy_api.h"

#include <math.h>
#include <string.h>

/* The sample type of a struct-style format with a size, or CM_SAMPLE_TYPES. Native or little-endian only. */
static cm_sample type_of_items(const char *format, Py_ssize_t size)
{
    if (!format)
        format = "B";
    if (*format == '@' || *format == '=' || *format == '<')
        format++;
    if (format[0] == 0 || format[1] != 0)
        return CM_SAMPLE_TYPES;
    switch (format[0]) {
    case 'B':
        return CM_U8;
    case 'f':
        return size == 4 ? CM_F32 : CM_SAMPLE_TYPES;
    case 'd':
        return size == 8 ? CM_F64 : CM_SAMPLE_TYPES;
    case 'b':
    case 'h':
    case 'i':
    case 'l':
        return size == 1 ? CM_S8 : size == 2 ? CM_S16 : size == 4 ? CM_S32 : CM_SAMPLE_TYPES;
    default:
        return CM_SAMPLE_TYPES;
    }
}

/* "float32 or float64" */
static void describe_set(unsigned set, char *text, size_t size)
{
    int left = __builtin_popcount(set);
    text[0] = 0;
    for (int type = 0; type < CM_SAMPLE_TYPES; type++) {
        if (!(set & CM_SET(type)))
            continue;
        size_t used = strlen(text);
        left--;
        PyOS_snprintf(text + used, size - used, "%s%s", cm_sample_infos[type].name,
                      left > 1    ? ", "
                      : left == 1 ? " or "
                                  : "");
    }
}

static int wrong_items(PyObject *exception, const char *name, unsigned set, cm_sample type,
                       const char *format)
{
    char wanted[80];
    describe_set(set, wanted, sizeof wanted);
    if (type < CM_SAMPLE_TYPES)
        PyErr_Format(exception, "%s must hold %s samples, not %s", name, wanted, cm_sample_infos[type].name);
    else
        PyErr_Format(exception, "%s must hold %s samples, not items of format '%.20s'", name, wanted,
                     format ? format : "B");
    return -1;
}

/* Sizes of views and of copies of them are computed unchecked from here on. */
static int check_size(const char *name, size_t frames, size_t channels)
{
    size_t samples;
    if (!__builtin_mul_overflow(frames, channels, &samples) && samples <= PTRDIFF_MAX / sizeof(double))
        return 0;
    PyErr_Format(PyExc_ValueError, "%s is too large", name);
    return -1;
}

static int set_shape(cm_samples *s, const char *name, cm_sample type, int dimensions, bool planar)
{
    const Py_buffer *b = &s->buffer;
    int frame_axis = planar ? 1 : 0, channel_axis = planar ? 0 : 1;
    size_t frames = (size_t)b->shape[frame_axis];
    size_t channels = dimensions == 2 ? (size_t)b->shape[channel_axis] : 1;
    if (check_size(name, frames, channels) < 0)
        return -1;
    if (channels > CM_MAX_DSP_CHANNELS) {
        PyErr_Format(PyExc_ValueError, "%s has %zu channels, more than %d: its shape must be %s", name,
                     channels, CM_MAX_DSP_CHANNELS, planar ? "(channels, frames)" : "(frames, channels)");
        return -1;
    }
    s->shape = (cm_shape){ type, dimensions, frames, channels, planar };
    s->view = (cm_view){ b->buf,
                         type,
                         channels ? frames : 0,
                         channels,
                         s->strides[frame_axis],
                         dimensions == 2 ? s->strides[channel_axis] : cm_sample_infos[type].size };
    return 0;
}

/* Some exporters (ctypes) leave the strides of contiguous memory out although they are asked for. */
static void set_strides(cm_samples *s)
{
    Py_ssize_t contiguous = s->buffer.itemsize;
    for (int i = s->buffer.ndim - 1; i >= 0; i--) {
        s->strides[i] = s->buffer.strides ? s->buffer.strides[i] : contiguous;
        contiguous *= s->buffer.shape[i];
    }
}

static int get_buffer(cm_samples *s, PyObject *object, const char *name, int flags)
{
    if (!PyObject_CheckBuffer(object)) {
        PyErr_Format(PyExc_TypeError, "%s must be an array or another object with a buffer, not %.100s", name,
                     Py_TYPE(object)->tp_name);
        return -1;
    }
    if (PyObject_GetBuffer(object, &s->buffer, flags) < 0)
        return -1;
    s->held = true;
    if (s->buffer.ndim <= CM_MAX_AXES)
        set_strides(s);
    return 0;
}

/* Items of another type than those of the set raise the exception. */
static int get_samples(cm_samples *s, PyObject *object, const char *name, int flags, unsigned set,
                       PyObject *exception)
{
    if (get_buffer(s, object, name, flags) < 0)
        return -1;
    s->shape.type = type_of_items(s->buffer.format, s->buffer.itemsize);
    if (s->shape.type < CM_SAMPLE_TYPES && (set & CM_SET(s->shape.type)))
        return 0;
    return wrong_items(exception, name, set, s->shape.type, s->buffer.format);
}

static int check_dimensions(const cm_samples *s, const char *name)
{
    if (s->buffer.ndim == 1 || s->buffer.ndim == 2)
        return 0;
    PyErr_Format(PyExc_ValueError, "%s must have 1 or 2 dimensions, not %d", name, s->buffer.ndim);
    return -1;
}

int cm_samples_open(cm_samples *s, PyObject *object, const char *name, unsigned set)
{
    if (get_samples(s, object, name, PyBUF_RECORDS_RO, set, PyExc_TypeError) < 0 ||
        check_dimensions(s, name) < 0)
        return -1;
    return set_shape(s, name, s->shape.type, s->buffer.ndim, false);
}

int cm_samples_open_planar(cm_samples *s, PyObject *object, const char *name, unsigned set)
{
    if (get_samples(s, object, name, PyBUF_RECORDS_RO, set, PyExc_TypeError) < 0)
        return -1;
    if (s->buffer.ndim == 2)
        return set_shape(s, name, s->shape.type, 2, true);
    PyErr_Format(PyExc_ValueError, "%s must have shape (channels, frames), not %d dimension%s", name,
                 s->buffer.ndim, s->buffer.ndim == 1 ? "" : "s");
    return -1;
}

/* A packed copy of the buffer's items, for layouts that a view cannot express. */
static int copy_items(cm_samples *s)
{
    s->copy = PyMem_RawMalloc((size_t)s->buffer.len + 1);
    if (!s->copy) {
        PyErr_NoMemory();
        return -1;
    }
    return PyBuffer_ToContiguous(s->copy, &s->buffer, s->buffer.len, 'C');
}

int cm_samples_open24(cm_samples *s, PyObject *object, const char *name)
{
    const Py_buffer *b = &s->buffer;
    if (get_samples(s, object, name, PyBUF_RECORDS_RO, CM_SET(CM_U8), PyExc_TypeError) < 0)
        return -1;
    int last = b->ndim - 1;
    bool row = b->ndim == 1 && b->shape[0] % 3 == 0;
    if (!row && !((b->ndim == 2 || b->ndim == 3) && b->shape[last] == 3)) {
        PyErr_Format(PyExc_ValueError,
                     "%s must have a last axis of 3 bytes for int24 samples, or be one row of bytes", name);
        return -1;
    }
    if (set_shape(s, name, CM_S24, b->ndim == 3 ? 2 : 1, false) < 0)
        return -1;
    if (row) {
        s->shape.frames = s->view.frames = (size_t)b->shape[0] / 3;
        s->view.frame_stride = 3 * s->strides[0];
    }
    if (s->strides[last] == 1)
        return 0;
    if (copy_items(s) < 0)
        return -1;
    s->view = cm_view_packed(s->copy, CM_S24, s->view.frames, s->view.channels);
    return 0;
}

void cm_samples_close(cm_samples *s)
{
    if (s->held)
        PyBuffer_Release(&s->buffer);
    PyMem_RawFree(s->copy);
    s->held = false;
    s->copy = NULL;
}

static int check_writable(const cm_samples *s, const char *name)
{
    if (s->buffer.readonly) {
        PyErr_Format(PyExc_ValueError, "%s is read-only", name);
        return -1;
    }
    if (cm_view_folds(&s->view)) {
        PyErr_Format(PyExc_ValueError, "%s has samples that share memory", name);
        return -1;
    }
    return 0;
}

int cm_samples_open_float32(cm_samples *s, PyObject *object, const char *name, bool writable)
{
    if (get_samples(s, object, name, PyBUF_RECORDS_RO, CM_SET(CM_F32), PyExc_ValueError) < 0 ||
        check_dimensions(s, name) < 0 || set_shape(s, name, CM_F32, s->buffer.ndim, false) < 0)
        return -1;
    return writable ? check_writable(s, name) : 0;
}

static PyObject *shape_text(cm_shape shape)
{
    const char *bytes = shape.type == CM_S24 ? ", 3" : "";
    if (shape.dimensions == 1)
        return PyUnicode_FromFormat("(%zu%s)", shape.frames, *bytes ? bytes : ",");
    return PyUnicode_FromFormat("(%zu, %zu%s)", shape.planar ? shape.channels : shape.frames,
                                shape.planar ? shape.frames : shape.channels, bytes);
}

int cm_samples_expect(const cm_samples *s, const char *name, cm_shape shape)
{
    const cm_shape *has = &s->shape;
    if (has->dimensions == shape.dimensions && has->frames == shape.frames && has->channels == shape.channels)
        return 0;
    PyObject *wanted = shape_text(shape), *found = shape_text(*has);
    if (wanted && found)
        PyErr_Format(PyExc_ValueError, "%s must have shape %U, not %U", name, wanted, found);
    Py_XDECREF(wanted);
    Py_XDECREF(found);
    return -1;
}

int cm_buffer_open(cm_samples *s, PyObject *object, const char *name, cm_sample type, int dimensions,
                   bool writable)
{
    int flags = writable ? PyBUF_C_CONTIGUOUS | PyBUF_WRITABLE | PyBUF_FORMAT : PyBUF_RECORDS_RO;
    if (get_samples(s, object, name, flags, CM_SET(type), PyExc_ValueError) < 0)
        return -1;
    if (s->buffer.ndim != dimensions) {
        PyErr_Format(PyExc_ValueError, "%s must have %d dimension%s, not %d", name, dimensions,
                     dimensions == 1 ? "" : "s", s->buffer.ndim);
        return -1;
    }
    return set_shape(s, name, type, dimensions, false);
}

static int new_array(cm_result *r, cm_shape shape)
{
    Py_ssize_t sizes[3] = { (Py_ssize_t)shape.frames };
    int axes = 1;
    void *data;
    if (shape.dimensions == 2) {
        sizes[0] = (Py_ssize_t)(shape.planar ? shape.channels : shape.frames);
        sizes[axes++] = (Py_ssize_t)(shape.planar ? shape.frames : shape.channels);
    }
    if (shape.type == CM_S24)
        sizes[axes++] = 3;
    r->object = cm_numpy_new_array(cm_sample_infos[shape.type].format, axes, sizes, &data);
    if (!r->object)
        return -1;
    cm_view *view = &r->samples.view;
    *view = cm_view_packed(data, shape.type, shape.channels ? shape.frames : 0, shape.channels);
    if (shape.planar) {
        view->frame_stride = view->channel_stride;
        view->channel_stride *= (ptrdiff_t)shape.frames;
    }
    r->samples.shape = shape;
    return 0;
}

/* One row of bytes, as bytearray gives it, holds 24-bit samples of any shape. */
static void shape_row(cm_samples *s, cm_shape shape)
{
    ptrdiff_t sample = s->view.frame_stride;
    if (s->buffer.ndim != 1 || cm_sample_count(&s->view) != shape.frames * shape.channels)
        return;
    s->shape = shape;
    s->view.frames = shape.channels ? shape.frames : 0;
    s->view.channels = shape.channels;
    s->view.channel_stride = sample;
    s->view.frame_stride = sample * (ptrdiff_t)shape.channels;
}

static int open_out24(cm_samples *s, PyObject *out, cm_shape shape)
{
    if (cm_samples_open24(s, out, "out") < 0)
        return -1;
    if (s->copy) {
        PyErr_SetString(PyExc_ValueError, "out must have the three bytes of an int24 sample side by side");
        return -1;
    }
    shape_row(s, shape);
    return 0;
}

static int open_out(cm_samples *s, PyObject *out, cm_shape shape)
{
    if (shape.type == CM_S24)
        return open_out24(s, out, shape);
    return shape.planar ? cm_samples_open_planar(s, out, "out", CM_SET(shape.type))
                        : cm_samples_open(s, out, "out", CM_SET(shape.type));
}

int cm_result_open(cm_result *r, PyObject *out, cm_shape shape)
{
    if (!cm_given(out))
        return new_array(r, shape);
    if (open_out(&r->samples, out, shape) < 0 || cm_samples_expect(&r->samples, "out", shape) < 0 ||
        check_writable(&r->samples, "out") < 0)
        return -1;
    r->object = Py_NewRef(out);
    return 0;
}

PyObject *cm_result_close(cm_result *r, bool failed)
{
    cm_samples_close(&r->samples);
    if (failed)
        Py_CLEAR(r->object);
    return r->object;
}

int cm_samples_keep(cm_samples *s, const cm_view *out, bool elementwise)
{
    if (!cm_views_overlap(&s->view, out) || (elementwise && cm_views_same(&s->view, out)))
        return 0;
    size_t size = cm_sample_count(&s->view) * cm_view_size(&s->view);
    void *copy = PyMem_RawMalloc(size + 1);
    if (!copy) {
        PyErr_NoMemory();
        return -1;
    }
    cm_view packed = cm_view_packed(copy, s->view.type, s->view.frames, s->view.channels);
    cm_gather(copy, &s->view, 0, s->view.frames);
    PyMem_RawFree(s->copy);
    s->copy = copy;
    s->view = packed;
    return 0;
}

/* Below this the work takes a few microseconds, and handing the GIL over costs as much. */
#define WORTH_DROPPING 16384

PyThreadState *cm_work_begin(size_t samples)
{
    return samples < WORTH_DROPPING ? NULL : PyEval_SaveThread();
}

void cm_work_end(PyThreadState *state)
{
    if (state)
        PyEval_RestoreThread(state);
}

int cm_take_count(PyObject *value, const char *name, size_t *out)
{
    if (!value)
        return 0;
    if (!PyIndex_Check(value)) {
        PyErr_Format(PyExc_TypeError, "%s must be an int, not %.100s", name, Py_TYPE(value)->tp_name);
        return -1;
    }
    Py_ssize_t number = PyNumber_AsSsize_t(value, PyExc_OverflowError);
    if (number == -1 && PyErr_Occurred())
        return -1;
    if (number < 0) {
        PyErr_Format(PyExc_ValueError, "%s must not be negative, not %zd", name, number);
        return -1;
    }
    *out = (size_t)number;
    return 0;
}

static int no_such_word(PyObject *value, const char *name, const char *const *words)
{
    char list[160] = "";
    for (int i = 0; words[i]; i++) {
        size_t used = strlen(list);
        const char *separator = i == 0 ? "" : words[i + 1] ? ", " : " or ";
        PyOS_snprintf(list + used, sizeof list - used, "%s'%s'", separator, words[i]);
    }
    PyErr_Format(PyExc_ValueError, "%s must be %s, not %R", name, list, value);
    return -1;
}

int cm_take_word(PyObject *value, const char *name, const char *const *words, int *out)
{
    if (!value)
        return 0;
    if (!PyUnicode_Check(value)) {
        PyErr_Format(PyExc_TypeError, "%s must be a str, not %.100s", name, Py_TYPE(value)->tp_name);
        return -1;
    }
    for (int i = 0; words[i]; i++) {
        if (PyUnicode_CompareWithASCIIString(value, words[i]) == 0) {
            *out = i;
            return 0;
        }
    }
    return no_such_word(value, name, words);
}

int cm_take_finite(PyObject *value, const char *name, double *out)
{
    if (!value)
        return 0;
    if (cm_arg_f64(value, name, out) < 0)
        return -1;
    if (!isfinite(*out)) {
        PyErr_Format(PyExc_ValueError, "%s must be finite, not %R", name, value);
        return -1;
    }
    return 0;
}

PyObject *cm_take_items(PyObject *value, const char *name)
{
    PyObject *items = PySequence_Tuple(value);
    if (!items && PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
        PyErr_Format(PyExc_TypeError, "%s must be a sequence, not %.100s", name, Py_TYPE(value)->tp_name);
    }
    return items;
}

int cm_take_single(PyObject *value, const char *name, double *out)
{
    if (cm_arg_f64(value, name, out) < 0)
        return -1;
    *out = (double)(float)*out;
    return 0;
}
