/* to_db, from_db. */
#include "bind.h"
#include "decibels.h"

#include "common/args.h"

typedef struct scale_kind {
    double (*of_value)(double value);
    void (*of_view)(const cm_view *out, const cm_view *in);
} scale_kind;

static const scale_kind to_decibels = { cm_to_db_value, cm_to_db };
static const scale_kind from_decibels = { cm_from_db_value, cm_from_db };

/* NumPy's scalars have a buffer, of no dimension. Returns -1 with an exception set. */
static int is_number(PyObject *value)
{
    Py_buffer buffer;
    if (!PyObject_CheckBuffer(value))
        return 1;
    if (PyObject_GetBuffer(value, &buffer, PyBUF_RECORDS_RO) < 0)
        return -1;
    int dimensions = buffer.ndim;
    PyBuffer_Release(&buffer);
    return dimensions == 0;
}

static PyObject *scale_number(const scale_kind *kind, PyObject *value)
{
    double number = 0;
    return cm_arg_f64(value, "value", &number) < 0 ? NULL : PyFloat_FromDouble(kind->of_value(number));
}

/* As peak() and rms() give them for each channel. */
static PyObject *scale_tuple(const scale_kind *kind, PyObject *values)
{
    PyObject *items = cm_take_items(values, "value");
    PyObject *result = items ? PyTuple_New(PyTuple_GET_SIZE(items)) : NULL;
    for (Py_ssize_t i = 0; result && i < PyTuple_GET_SIZE(items); i++) {
        PyObject *number = scale_number(kind, PyTuple_GET_ITEM(items, i));
        if (number)
            PyTuple_SET_ITEM(result, i, number);
        else
            Py_CLEAR(result);
    }
    Py_XDECREF(items);
    return result;
}

static PyObject *scale_array(const scale_kind *kind, PyObject *value, PyObject *out)
{
    cm_unary u = { 0 };
    bool failed = cm_samples_open(&u.in, value, "value", CM_REALS) < 0 ||
                  cm_result_open(&u.out, out, u.in.shape) < 0 ||
                  cm_samples_keep(&u.in, &u.out.samples.view, true) < 0;
    if (!failed) {
        PyThreadState *state = cm_work_begin(cm_sample_count(&u.in.view));
        kind->of_view(&u.out.samples.view, &u.in.view);
        cm_work_end(state);
    }
    return cm_unary_close(&u, failed);
}

static PyObject *scale(const scale_kind *kind, const cm_params *params, PyObject *const *args,
                       Py_ssize_t count, PyObject *keywords)
{
    PyObject *v[2];
    if (cm_parse(params, args, count, keywords, v) < 0)
        return NULL;
    int number = is_number(v[0]);
    if (number < 0)
        return NULL;
    if (number == 0)
        return scale_array(kind, v[0], v[1]);
    if (cm_given(v[1])) {
        PyErr_SetString(PyExc_TypeError, "out needs an array of values");
        return NULL;
    }
    bool several = PyTuple_Check(v[0]) || PyList_Check(v[0]);
    return several ? scale_tuple(kind, v[0]) : scale_number(kind, v[0]);
}

CM_DSP_FUNCTION(to_db)
{
    (void)module;
    static const cm_params params = { "to_db", 1, 1, { "value", "out" } };
    return scale(&to_decibels, &params, args, count, keywords);
}

CM_DSP_FUNCTION(from_db)
{
    (void)module;
    static const cm_params params = { "from_db", 1, 1, { "value", "out" } };
    return scale(&from_decibels, &params, args, count, keywords);
}

#define DOC_VALUE                                                                                            \
    "value: a number, which gives a float; a tuple or list of them, which gives a tuple; or float32 or\n"    \
    "float64 samples, (frames,) or (frames, channels), any strides, which give an array of their type.\n"    \
    "out: for samples; None for a new array, else where the result goes, as elsewhere in this module.\n"     \
    "TypeError for anything else.\n\n"

PyDoc_STRVAR(to_db_doc, "to_db($module, /, value, *, out=None)\n--\n\n"
                        "Linear magnitude to decibels, 20 log10(|value|): 1 is 0 dB, 0 is -inf, NaN is NaN.\n"
                        "\n" DOC_VALUE ">>> to_db(0.1), to_db((1, 0))\n"
                        "(-20.0, (0.0, -inf))");

PyDoc_STRVAR(from_db_doc, "from_db($module, /, value, *, out=None)\n--\n\n"
                          "Decibels to a linear factor, 10^(value / 20): 0 dB is 1, -inf is 0, NaN is NaN.\n"
                          "\n" DOC_VALUE ">>> from_db(-20), from_db(np.array([0.0, -np.inf]))\n"
                          "(0.1, array([1., 0.]))");

PyMethodDef cm_decibel_methods[] = {
    CM_METHOD("to_db", to_db, to_db_doc),
    CM_METHOD("from_db", from_db, from_db_doc),
    { NULL, NULL, 0, NULL },
};
