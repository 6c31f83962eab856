#include "bind.h"
#include "edit.h"

#include <math.h>

int cm_check_peak(double peak, const char *name)
{
    if (!isinf(peak))
        return 0;
    PyErr_Format(PyExc_ValueError, "%s holds an infinity", name);
    return -1;
}

PyObject *cm_measure_samples(const cm_samples *samples, double (*measure)(const cm_view *view))
{
    PyThreadState *state = cm_work_begin(cm_sample_count(&samples->view));
    double value = measure(&samples->view);
    cm_work_end(state);
    return PyFloat_FromDouble(value);
}

void cm_fade_samples(const cm_samples *samples, bool falling, int32_t length)
{
    const cm_view *view = &samples->view;
    if (length <= 0)
        return;
    size_t frames = (size_t)length < view->frames ? (size_t)length : view->frames;
    PyThreadState *state = cm_work_begin(frames * view->channels);
    cm_fade(view, view, CM_CURVE_LINEAR, falling, frames);
    cm_work_end(state);
}

int cm_unary_open(cm_unary *u, PyObject *data, PyObject *out, unsigned set)
{
    if (cm_samples_open(&u->in, data, "data", set) < 0 || cm_result_open(&u->out, out, u->in.shape) < 0)
        return -1;
    return cm_samples_keep(&u->in, &u->out.samples.view, true);
}

PyObject *cm_unary_close(cm_unary *u, bool failed)
{
    cm_samples_close(&u->in);
    return cm_result_close(&u->out, failed);
}

PyObject *cm_tuple_of_floats(const double *values, size_t count)
{
    PyObject *result = PyTuple_New((Py_ssize_t)count);
    for (size_t i = 0; result && i < count; i++) {
        PyObject *value = PyFloat_FromDouble(values[i]);
        if (value)
            PyTuple_SET_ITEM(result, (Py_ssize_t)i, value);
        else
            Py_CLEAR(result);
    }
    return result;
}
