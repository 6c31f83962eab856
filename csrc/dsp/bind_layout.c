/* convert, reverse, interleave, deinterleave: every sample type. */
#include "bind.h"
#include "blocks.h"
#include "edit.h"
#include "sample_convert.h"

#include "common/args.h"
#include "common/numpy_api.h"

static const char *const type_words[] = { "uint8", "int8",    "int16",   "int24",
                                          "int32", "float32", "float64", NULL };

static bool is_type_word(PyObject *text)
{
    int i = 0;
    while (type_words[i] && PyUnicode_CompareWithASCIIString(text, type_words[i]) != 0)
        i++;
    return type_words[i] != NULL;
}

/* One of the words above as it is; else NumPy's name for the type, or a str that is none. A new reference. */
static PyObject *type_name(PyObject *value)
{
    bool is_text = PyUnicode_Check(value);
    PyObject *name = is_text && is_type_word(value) ? NULL : cm_numpy_type_name(value);
    return name || !is_text ? name : Py_NewRef(value);
}

static int take_type(PyObject *value, const char *name, cm_sample *type)
{
    int index = 0;
    PyObject *text = type_name(value);
    if (!text) {
        PyErr_Format(PyExc_TypeError, "%s must be a str or a NumPy type in native byte order, not %R", name,
                     value);
        return -1;
    }
    int status = cm_take_word(text, name, type_words, &index);
    Py_DECREF(text);
    *type = (cm_sample)index;
    return status;
}

static int open_source(cm_samples *s, PyObject *data, PyObject *source)
{
    cm_sample type = CM_S24;
    if (!source)
        return cm_samples_open(s, data, "data", CM_PLAIN);
    if (take_type(source, "source", &type) < 0)
        return -1;
    return type == CM_S24 ? cm_samples_open24(s, data, "data")
                          : cm_samples_open(s, data, "data", CM_SET(type));
}

static int take_dither(PyObject *on, PyObject *seed, cm_dither *dither)
{
    if (cm_arg_bool(on, &dither->on) < 0)
        return -1;
    if (!seed)
        return 0;
    if (!PyIndex_Check(seed)) {
        PyErr_Format(PyExc_TypeError, "seed must be an int, not %.100s", Py_TYPE(seed)->tp_name);
        return -1;
    }
    PyObject *number = PyNumber_Index(seed);
    if (!number)
        return -1;
    dither->seed = PyLong_AsUnsignedLongLongMask(number);
    Py_DECREF(number);
    return dither->seed == (uint64_t)-1 && PyErr_Occurred() ? -1 : 0;
}

CM_DSP_FUNCTION(convert)
{
    (void)module;
    static const cm_params params = {
        "convert", 2, 2, { "data", "dtype", "source", "dither", "seed", "out" }
    };
    PyObject *v[6];
    cm_sample type = CM_F32;
    cm_dither dither = { 0 };
    cm_unary u = { 0 };
    bool failed = cm_parse(&params, args, count, keywords, v) < 0 || take_type(v[1], "dtype", &type) < 0 ||
                  take_dither(v[3], v[4], &dither) < 0 || open_source(&u.in, v[0], cm_given(v[2])) < 0;
    if (!failed) {
        cm_shape shape = u.in.shape;
        shape.type = type;
        failed = cm_result_open(&u.out, v[5], shape) < 0 ||
                 cm_samples_keep(&u.in, &u.out.samples.view, true) < 0;
    }
    if (!failed) {
        PyThreadState *state = cm_work_begin(cm_sample_count(&u.in.view));
        cm_convert(&u.out.samples.view, &u.in.view, dither);
        cm_work_end(state);
    }
    return cm_unary_close(&u, failed);
}

CM_DSP_FUNCTION(reverse)
{
    (void)module;
    static const cm_params params = { "reverse", 1, 1, { "data", "out" } };
    PyObject *v[2];
    cm_unary u = { 0 };
    bool failed = cm_parse(&params, args, count, keywords, v) < 0 ||
                  cm_unary_open(&u, v[0], v[1], CM_PLAIN) < 0;
    if (!failed) {
        PyThreadState *state = cm_work_begin(cm_sample_count(&u.in.view));
        cm_reverse(&u.out.samples.view, &u.in.view);
        cm_work_end(state);
    }
    return cm_unary_close(&u, failed);
}

CM_DSP_FUNCTION(deinterleave)
{
    (void)module;
    static const cm_params params = { "deinterleave", 1, 1, { "data", "out" } };
    PyObject *v[2];
    cm_unary u = { 0 };
    bool failed = cm_parse(&params, args, count, keywords, v) < 0 ||
                  cm_samples_open(&u.in, v[0], "data", CM_PLAIN) < 0;
    if (!failed) {
        cm_shape shape = { u.in.shape.type, 2, u.in.shape.frames, u.in.shape.channels, true };
        failed = cm_result_open(&u.out, v[1], shape) < 0 ||
                 cm_samples_keep(&u.in, &u.out.samples.view, false) < 0;
    }
    if (!failed) {
        PyThreadState *state = cm_work_begin(cm_sample_count(&u.in.view));
        cm_copy(&u.out.samples.view, &u.in.view);
        cm_work_end(state);
    }
    return cm_unary_close(&u, failed);
}

static PyObject *interleave_planes(PyObject *data, PyObject *out)
{
    cm_unary u = { 0 };
    bool failed = cm_samples_open_planar(&u.in, data, "channels", CM_PLAIN) < 0;
    if (!failed) {
        cm_shape shape = { u.in.shape.type, 2, u.in.shape.frames, u.in.shape.channels, false };
        failed = cm_result_open(&u.out, out, shape) < 0 ||
                 cm_samples_keep(&u.in, &u.out.samples.view, false) < 0;
    }
    if (!failed) {
        PyThreadState *state = cm_work_begin(cm_sample_count(&u.in.view));
        cm_copy(&u.out.samples.view, &u.in.view);
        cm_work_end(state);
    }
    return cm_unary_close(&u, failed);
}

static int open_channel(cm_samples *channel, PyObject *object, const cm_samples *first, size_t index)
{
    char name[40];
    PyOS_snprintf(name, sizeof name, "channels[%zu]", index);
    unsigned set = index == 0 ? CM_PLAIN : CM_SET(first->shape.type);
    if (cm_samples_open(channel, object, name, set) < 0)
        return -1;
    cm_shape wanted = { first->shape.type, 1, first->shape.frames, 1, false };
    return cm_samples_expect(channel, name, wanted);
}

/* opened and views have room for all items. */
static PyObject *interleave_opened(PyObject *items, PyObject *out, cm_samples *opened, cm_view *views)
{
    size_t channels = (size_t)PyTuple_GET_SIZE(items);
    cm_result r = { 0 };
    bool failed = false;
    for (size_t i = 0; i < channels && !failed; i++)
        failed = open_channel(&opened[i], PyTuple_GET_ITEM(items, (Py_ssize_t)i), &opened[0], i) < 0;
    if (!failed) {
        cm_shape shape = { opened[0].shape.type, 2, opened[0].shape.frames, channels, false };
        failed = cm_result_open(&r, out, shape) < 0;
    }
    for (size_t i = 0; i < channels && !failed; i++) {
        failed = cm_samples_keep(&opened[i], &r.samples.view, false) < 0;
        views[i] = opened[i].view;
    }
    if (!failed) {
        PyThreadState *state = cm_work_begin(cm_sample_count(&r.samples.view));
        cm_interleave(&r.samples.view, views);
        cm_work_end(state);
    }
    for (size_t i = 0; i < channels; i++)
        cm_samples_close(&opened[i]);
    return cm_result_close(&r, failed);
}

static PyObject *interleave_items(PyObject *items, PyObject *out)
{
    Py_ssize_t channels = PyTuple_GET_SIZE(items);
    if (channels < 1 || channels > CM_MAX_DSP_CHANNELS)
        return PyErr_Format(PyExc_ValueError, "channels must be 1 .. %d arrays, not %zd", CM_MAX_DSP_CHANNELS,
                            channels);
    cm_samples *opened = PyMem_Calloc((size_t)channels, sizeof *opened);
    cm_view *views = PyMem_Calloc((size_t)channels, sizeof *views);
    PyObject *result = opened && views ? interleave_opened(items, out, opened, views) : PyErr_NoMemory();
    PyMem_Free(views);
    PyMem_Free(opened);
    return result;
}

CM_DSP_FUNCTION(interleave)
{
    (void)module;
    static const cm_params params = { "interleave", 1, 1, { "channels", "out" } };
    PyObject *v[2];
    if (cm_parse(&params, args, count, keywords, v) < 0)
        return NULL;
    if (PyObject_CheckBuffer(v[0]))
        return interleave_planes(v[0], v[1]);
    PyObject *items = cm_take_items(v[0], "channels");
    if (!items)
        return NULL;
    PyObject *result = interleave_items(items, v[1]);
    Py_DECREF(items);
    return result;
}

#define ANY_TYPE                                                                                             \
    "data: an array (or another object with a buffer) of uint8, int8, int16, int32, float32 or float64\n"

PyDoc_STRVAR(
    convert_doc,
    "convert($module, /, data, dtype, *, source=None, dither=False, seed=0, out=None)\n--\n\n"
    "Converts samples from one type to another.\n\n" ANY_TYPE
    "samples, (frames,) or (frames, channels), any strides, read-only too.\n"
    "dtype: 'uint8', 'int8', 'int16', 'int24', 'int32', 'float32' or 'float64', or a NumPy type.\n"
    "source: the type of data where its buffer does not tell it: 'int24', of which data holds three bytes\n"
    "each (uint8, low byte first), as a last axis of 3 or as one row of bytes (the result is then 1-D).\n"
    "dither: adds triangular noise of -1 .. 1 last bits before rounding, where bits are lost.\n"
    "seed: int, modulo 2^64; a sample's noise depends on its place and the seed only.\n"
    "out: None for a new array, else where the result goes: a writable buffer of its shape and type. int24\n"
    "results have a last axis of 3 (uint8); their out may also be one row of bytes. Returns it.\n\n"
    "Integers stand for -1 .. 1 by 2^(bits - 1); uint8 is offset by 128. Going to an integer rounds to\n"
    "nearest, ties to even, and clips; NaN becomes 0. Integers of up to 24 bits are exact in "
    "float32.\n" CM_DOC_ERRORS "\n"
    ">>> convert(np.array([-1.0, 0.5, 2.0]), 'int16')\n"
    "array([-32768,  16384,  32767], dtype=int16)");

PyDoc_STRVAR(reverse_doc,
             "reverse($module, /, data, *, out=None)\n--\n\n"
             "Puts the last frame first.\n\n" ANY_TYPE
             "samples, (frames,) or (frames, channels), any strides, read-only too.\n" CM_DOC_OUT "\n"
             ">>> reverse(np.array([[1, 2], [3, 4]], np.int16))\n"
             "array([[3, 4],\n"
             "       [1, 2]], dtype=int16)");

PyDoc_STRVAR(
    interleave_doc,
    "interleave($module, /, channels, *, out=None)\n--\n\n"
    "Makes frames of channels.\n\n"
    "channels: an array (channels, frames), or a sequence of arrays (frames,) of one type and length; any\n"
    "type that convert() takes, any strides, read-only too.\n"
    "out: None for a new array, else a writable array (frames, channels) of that type. Returns "
    "it.\n" CM_DOC_ERRORS "\n"
    ">>> interleave([np.zeros(2), np.ones(2)])\n"
    "array([[0., 1.],\n"
    "       [0., 1.]])");

PyDoc_STRVAR(deinterleave_doc, "deinterleave($module, /, data, *, out=None)\n--\n\n"
                               "Makes one row of each channel.\n\n" ANY_TYPE
                               "samples, (frames,) or (frames, channels), any strides, read-only too.\n"
                               "out: None for a new array, else a writable array (channels, frames) of that "
                               "type. Returns it.\n" CM_DOC_ERRORS "\n"
                               ">>> deinterleave(np.array([[0.0, 1.0], [0.0, 1.0]]))\n"
                               "array([[0., 0.],\n"
                               "       [1., 1.]])");

PyMethodDef cm_layout_methods[] = {
    CM_METHOD("convert", convert, convert_doc),
    CM_METHOD("reverse", reverse, reverse_doc),
    CM_METHOD("interleave", interleave, interleave_doc),
    CM_METHOD("deinterleave", deinterleave, deinterleave_doc),
    { NULL, NULL, 0, NULL },
};
