/* mix: any number of sources, of different lengths and places. */
#include "bind.h"
#include "edit.h"

#include "common/args.h"

typedef struct {
    size_t count;
    cm_samples *samples;
    cm_source *sources;
    cm_shape shape; /* of the result */
} mixer;

/* One item for each source, or nothing; a new reference, or NULL with or without an exception. */
static PyObject *take_each(PyObject *value, const char *name, size_t count)
{
    PyObject *items = cm_given(value) ? cm_take_items(value, name) : NULL;
    if (items && (size_t)PyTuple_GET_SIZE(items) != count) {
        PyErr_Format(PyExc_ValueError, "%s must have one item for each of %zu sources, not %zd", name, count,
                     PyTuple_GET_SIZE(items));
        Py_CLEAR(items);
    }
    return items;
}

static int take_gains(mixer *m, PyObject *value)
{
    PyObject *gains = take_each(value, "gains", m->count);
    int status = PyErr_Occurred() ? -1 : 0;
    for (size_t i = 0; i < m->count && status == 0; i++) {
        m->sources[i].gain = 1.0;
        if (gains)
            status = cm_take_finite(PyTuple_GET_ITEM(gains, (Py_ssize_t)i), "gains", &m->sources[i].gain);
    }
    Py_XDECREF(gains);
    return status;
}

static int take_offsets(mixer *m, PyObject *value)
{
    PyObject *offsets = take_each(value, "offsets", m->count);
    int status = PyErr_Occurred() ? -1 : 0;
    for (size_t i = 0; i < m->count && offsets && status == 0; i++)
        status = cm_take_count(PyTuple_GET_ITEM(offsets, (Py_ssize_t)i), "offsets", &m->sources[i].offset);
    Py_XDECREF(offsets);
    return status;
}

static int fits_first(const cm_samples *samples, const cm_samples *first, size_t index)
{
    if (samples->shape.dimensions == first->shape.dimensions &&
        samples->shape.channels == first->shape.channels)
        return 0;
    PyErr_Format(PyExc_ValueError,
                 "sources[%zu] has %d dimension%s and %zu channel%s, not %d and %zu as the first source",
                 index, samples->shape.dimensions, samples->shape.dimensions == 1 ? "" : "s",
                 samples->shape.channels, samples->shape.channels == 1 ? "" : "s", first->shape.dimensions,
                 first->shape.channels);
    return -1;
}

static int open_sources(mixer *m, PyObject *items)
{
    char name[40];
    for (size_t i = 0; i < m->count; i++) {
        PyOS_snprintf(name, sizeof name, "sources[%zu]", i);
        PyObject *item = PyTuple_GET_ITEM(items, (Py_ssize_t)i);
        if (cm_samples_open(&m->samples[i], item, name, CM_REALS) < 0 ||
            fits_first(&m->samples[i], &m->samples[0], i) < 0)
            return -1;
    }
    return 0;
}

/* The result ends with the last source, and is float64 when any source is. */
static int plan_shape(mixer *m)
{
    m->shape = m->samples[0].shape;
    m->shape.frames = 0;
    for (size_t i = 0; i < m->count; i++) {
        size_t end;
        if (__builtin_add_overflow(m->sources[i].offset, m->samples[i].shape.frames, &end) ||
            end > PTRDIFF_MAX / (sizeof(double) * CM_MAX_DSP_CHANNELS)) {
            PyErr_SetString(PyExc_ValueError, "offsets are too large");
            return -1;
        }
        if (end > m->shape.frames)
            m->shape.frames = end;
        if (m->samples[i].shape.type == CM_F64)
            m->shape.type = CM_F64;
    }
    return 0;
}

static int keep_sources(mixer *m, const cm_view *out)
{
    for (size_t i = 0; i < m->count; i++) {
        if (cm_samples_keep(&m->samples[i], out, m->sources[i].offset == 0) < 0)
            return -1;
        m->sources[i].view = m->samples[i].view;
    }
    return 0;
}

static int mixer_init(mixer *m, PyObject *items)
{
    m->count = (size_t)PyTuple_GET_SIZE(items);
    if (m->count == 0) {
        PyErr_SetString(PyExc_ValueError, "sources must not be empty");
        return -1;
    }
    m->samples = PyMem_Calloc(m->count, sizeof *m->samples);
    m->sources = PyMem_Calloc(m->count, sizeof *m->sources);
    if (m->samples && m->sources)
        return 0;
    PyErr_NoMemory();
    return -1;
}

static void mixer_free(mixer *m)
{
    for (size_t i = 0; i < m->count && m->samples; i++)
        cm_samples_close(&m->samples[i]);
    PyMem_Free(m->samples);
    PyMem_Free(m->sources);
}

CM_DSP_FUNCTION(mix)
{
    (void)module;
    static const cm_params params = { "mix", 1, 1, { "sources", "gains", "offsets", "out" } };
    PyObject *v[4];
    if (cm_parse(&params, args, count, keywords, v) < 0)
        return NULL;
    PyObject *items = cm_take_items(v[0], "sources");
    if (!items)
        return NULL;
    mixer m = { 0 };
    cm_result r = { 0 };
    bool failed = mixer_init(&m, items) < 0 || open_sources(&m, items) < 0 || take_gains(&m, v[1]) < 0 ||
                  take_offsets(&m, v[2]) < 0 || plan_shape(&m) < 0 || cm_result_open(&r, v[3], m.shape) < 0 ||
                  keep_sources(&m, &r.samples.view) < 0;
    if (!failed) {
        PyThreadState *state = cm_work_begin(cm_sample_count(&r.samples.view));
        cm_mix(&r.samples.view, m.sources, m.count);
        cm_work_end(state);
    }
    mixer_free(&m);
    Py_DECREF(items);
    return cm_result_close(&r, failed);
}

PyDoc_STRVAR(
    mix_doc,
    "mix($module, /, sources, *, gains=None, offsets=None, out=None)\n--\n\n"
    "Adds sounds up, each with a gain and a place. Nothing is clipped.\n\n"
    "sources: a sequence of float32 or float64 arrays (or other buffers), (frames,) or (frames, channels),\n"
    "all with equally many dimensions and channels. A source that ends early is silent from there.\n"
    "gains: one linear factor for each source, or None for 1.\n"
    "offsets: for each source the frame of the result where it starts, int >= 0, or None for 0.\n" CM_DOC_OUT
    "It ends with the last source, and is float64 when any source is, else float32. ValueError for no\n"
    "sources, different shapes, gains or offsets that are not as many as sources, a gain that is not\n"
    "finite, a negative offset.\n\n"
    ">>> mix([np.ones(3), np.ones(2)], gains=[1.0, 0.5], offsets=[0, 2])\n"
    "array([1. , 1. , 1.5, 0.5])");

PyMethodDef cm_mix_methods[] = {
    CM_METHOD("mix", mix, mix_doc),
    { NULL, NULL, 0, NULL },
};
