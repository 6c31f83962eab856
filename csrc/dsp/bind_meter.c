/* Loudness by BS.1770 with the weights that a caller names, and LevelMeter. */
#include "bind.h"

#include "common/args.h"

#include <math.h>
#include <string.h>

#define SURROUND 1.41 /* BS.1770: +1.5 dB */

/* L R; L R C; L R Ls Rs; L R C Ls Rs; L R C LFE Ls Rs */
static const double usual_weights[][6] = {
    [1] = { 1 },
    [2] = { 1, 1 },
    [3] = { 1, 1, 1 },
    [4] = { 1, 1, SURROUND, SURROUND },
    [5] = { 1, 1, 1, SURROUND, SURROUND },
    [6] = { 1, 1, 1, 0, SURROUND, SURROUND },
};

#define USUAL_CHANNELS (sizeof usual_weights / sizeof *usual_weights)

static int take_weight(PyObject *value, double *weight)
{
    if (cm_take_finite(value, "weights", weight) < 0)
        return -1;
    if (*weight >= 0)
        return 0;
    PyErr_SetString(PyExc_ValueError, "weights must not be negative");
    return -1;
}

static int take_weights(PyObject *value, size_t channels, double *weights)
{
    if (!value) {
        if (channels < USUAL_CHANNELS) {
            memcpy(weights, usual_weights[channels], channels * sizeof *weights);
            return 0;
        }
        PyErr_Format(PyExc_ValueError, "weights must be given for data of %zu channels", channels);
        return -1;
    }
    PyObject *items = cm_take_items(value, "weights");
    if (!items)
        return -1;
    int status = 0;
    if ((size_t)PyTuple_GET_SIZE(items) != channels) {
        PyErr_Format(PyExc_ValueError, "weights must have one number for each of %zu channels, not %zd",
                     channels, PyTuple_GET_SIZE(items));
        status = -1;
    }
    for (size_t i = 0; status == 0 && i < channels; i++)
        status = take_weight(PyTuple_GET_ITEM(items, (Py_ssize_t)i), &weights[i]);
    Py_DECREF(items);
    return status;
}

cm_loudness *cm_take_loudness(size_t channels, PyObject *rate_value, PyObject *weights_value)
{
    double rate = 0, weights[CM_MAX_DSP_CHANNELS];
    if (cm_arg_f64(rate_value, "sample_rate", &rate) < 0 ||
        take_weights(weights_value, channels, weights) < 0)
        return NULL;
    if (!(rate >= CM_LOUDNESS_MIN_RATE && rate <= CM_LOUDNESS_MAX_RATE)) {
        PyErr_Format(PyExc_ValueError, "sample_rate must be %d .. %d Hz", (int)CM_LOUDNESS_MIN_RATE,
                     (int)CM_LOUDNESS_MAX_RATE);
        return NULL;
    }
    cm_loudness *meter = cm_loudness_open(rate, weights, channels);
    return meter ? meter : (cm_loudness *)PyErr_NoMemory();
}

typedef struct {
    double peak, squares;
    cm_true_peak true_peak;
} channel_level;

typedef struct {
    PyObject_HEAD
    bool busy; /* a thread adds without the GIL */
    size_t channels, frames;
    channel_level *level;  /* of each channel */
    cm_loudness *loudness; /* NULL where it is not defined; why says why */
    PyObject *why;
} level_meter;

static void meter_dealloc(level_meter *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyMem_Free(self->level);
    cm_loudness_close(self->loudness);
    Py_XDECREF(self->why);
    type->tp_free(self);
    Py_DECREF(type);
}

/* Weights that are given must do; without them, what has no loudness still has its other levels. */
static int take_loudness(level_meter *self, PyObject *rate, PyObject *weights)
{
    self->loudness = cm_take_loudness(self->channels, rate, weights);
    if (self->loudness)
        return 0;
    if (weights || !PyErr_ExceptionMatches(PyExc_ValueError))
        return -1;
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    self->why = PyObject_Str(value);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    return self->why ? 0 : -1;
}

static int take_channels(level_meter *self, PyObject *value)
{
    uint32_t channels = 0;
    if (cm_arg_count(value, "channels", &channels) < 0)
        return -1;
    if (channels < 1 || channels > CM_MAX_DSP_CHANNELS) {
        PyErr_Format(PyExc_ValueError, "channels must be 1 .. %d", CM_MAX_DSP_CHANNELS);
        return -1;
    }
    self->channels = channels;
    self->level = PyMem_Calloc(channels, sizeof *self->level);
    if (!self->level)
        PyErr_NoMemory();
    return self->level ? 0 : -1;
}

static PyObject *meter_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static const cm_params params = { "LevelMeter", 2, 2, { "channels", "sample_rate", "weights" } };
    PyObject *v[3];
    if (cm_parse_init(&params, args, keywords, v) < 0)
        return NULL;
    level_meter *self = (level_meter *)type->tp_alloc(type, 0);
    if (self && (take_channels(self, v[0]) < 0 || take_loudness(self, v[1], cm_given(v[2])) < 0))
        Py_CLEAR(self);
    return (PyObject *)self;
}

static int check_idle(const level_meter *self)
{
    if (self->busy)
        PyErr_SetString(PyExc_RuntimeError, "another thread is adding to this meter");
    return self->busy ? -1 : 0;
}

/* Loudness comes first, since it alone can fail, and then takes nothing. */
static bool add_levels(level_meter *self, const cm_view *in)
{
    double peaks[CM_MAX_DSP_CHANNELS], squares[CM_MAX_DSP_CHANNELS];
    if (self->loudness && !cm_loudness_add(self->loudness, in))
        return false;
    cm_peaks(in, peaks);
    cm_sums_of_squares(in, squares);
    for (size_t i = 0; i < self->channels; i++) {
        channel_level *level = &self->level[i];
        cm_view channel = cm_view_channel(in, i);
        level->peak = peaks[i] > level->peak ? peaks[i] : level->peak;
        level->squares += squares[i];
        cm_true_peak_add(&level->true_peak, &channel);
    }
    self->frames += in->frames;
    return true;
}

static int add_samples(level_meter *self, const cm_samples *s)
{
    if (s->shape.channels != self->channels) {
        PyErr_Format(PyExc_ValueError, "data has %zu channels, the meter %zu", s->shape.channels,
                     self->channels);
        return -1;
    }
    if (check_idle(self) < 0)
        return -1;
    self->busy = true;
    PyThreadState *state = cm_work_begin(cm_sample_count(&s->view));
    bool enough_memory = s->view.frames == 0 || add_levels(self, &s->view);
    cm_work_end(state);
    self->busy = false;
    if (!enough_memory)
        PyErr_NoMemory();
    return enough_memory ? 0 : -1;
}

static PyObject *meter_add(level_meter *self, PyObject *data)
{
    cm_samples s = { 0 };
    bool failed = cm_samples_open(&s, data, "data", CM_REALS) < 0 || add_samples(self, &s) < 0;
    cm_samples_close(&s);
    return failed ? NULL : Py_NewRef(Py_None);
}

typedef double (*channel_value)(const level_meter *self, size_t channel);

static double channel_peak(const level_meter *self, size_t channel)
{
    return self->level[channel].peak;
}

static double channel_true_peak(const level_meter *self, size_t channel)
{
    return cm_true_peak_so_far(&self->level[channel].true_peak);
}

static double channel_power(const level_meter *self, size_t channel)
{
    return self->frames ? self->level[channel].squares / (double)self->frames : 0.0;
}

static double channel_rms(const level_meter *self, size_t channel)
{
    return sqrt(channel_power(self, channel));
}

static double highest(const level_meter *self, channel_value value)
{
    double found = 0;
    for (size_t i = 0; i < self->channels; i++) {
        double one = value(self, i);
        found = one > found ? one : found;
    }
    return found;
}

static double rms_of_all(const level_meter *self, channel_value value)
{
    (void)value;
    double sum = 0;
    for (size_t i = 0; i < self->channels; i++)
        sum += channel_power(self, i);
    return sqrt(sum / (double)self->channels);
}

static PyObject *tell(level_meter *self, const cm_params *params, channel_value of_channel,
                      double (*of_all)(const level_meter *, channel_value), PyObject *const *args,
                      Py_ssize_t count, PyObject *keywords)
{
    PyObject *v[1];
    bool per_channel = false;
    double values[CM_MAX_DSP_CHANNELS];
    if (cm_parse(params, args, count, keywords, v) < 0 || cm_arg_bool(v[0], &per_channel) < 0 ||
        check_idle(self) < 0)
        return NULL;
    if (!per_channel)
        return PyFloat_FromDouble(of_all(self, of_channel));
    for (size_t i = 0; i < self->channels; i++)
        values[i] = of_channel(self, i);
    return cm_tuple_of_floats(values, self->channels);
}

#define LEVEL_METHOD(name, of_channel, of_all)                                                               \
    static PyObject *meter_##name(level_meter *self, PyObject *const *args, Py_ssize_t count,                \
                                  PyObject *keywords)                                                        \
    {                                                                                                        \
        static const cm_params params = { #name, 0, 0, { "per_channel" } };                                  \
        return tell(self, &params, of_channel, of_all, args, count, keywords);                               \
    }

LEVEL_METHOD(peak, channel_peak, highest)
LEVEL_METHOD(rms, channel_rms, rms_of_all)
LEVEL_METHOD(true_peak, channel_true_peak, highest)

static PyObject *meter_loudness(level_meter *self, PyObject *none)
{
    (void)none;
    if (check_idle(self) < 0)
        return NULL;
    if (self->loudness)
        return PyFloat_FromDouble(cm_loudness_integrated(self->loudness));
    PyErr_SetObject(PyExc_ValueError, self->why);
    return NULL;
}

static PyObject *meter_frames(level_meter *self, void *closure)
{
    (void)closure;
    return PyLong_FromSize_t(self->frames);
}

static PyMethodDef methods[] = {
    { "add", (PyCFunction)meter_add, METH_O,
      "add($self, data, /)\n--\n\nTakes the next samples, of any number of frames.\n\n" CM_DOC_DATA
      "TypeError for an object without a buffer or of another type, ValueError for another shape,\n"
      "RuntimeError while another thread adds. The GIL is released." },
    CM_METHOD("peak", meter_peak,
              "peak($self, *, per_channel=False)\n--\n\nWhat dsp.peak() tells of all so far."),
    CM_METHOD("rms", meter_rms,
              "rms($self, *, per_channel=False)\n--\n\nWhat dsp.rms() tells of all so far."),
    CM_METHOD("true_peak", meter_true_peak,
              "true_peak($self, *, per_channel=False)\n--\n\nWhat dsp.true_peak() tells of all so far."),
    { "loudness", (PyCFunction)meter_loudness, METH_NOARGS,
      "loudness($self, /)\n--\n\nWhat dsp.loudness() tells of all so far, in LUFS. ValueError where it is "
      "not\n"
      "defined for the meter's channels or sample rate." },
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef getters[] = {
    { "frames", (getter)meter_frames, NULL, "How many frames were added.", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

PyDoc_STRVAR(
    meter_doc,
    "LevelMeter(channels, sample_rate, *, weights=None)\n--\n\n"
    "Levels of sound that comes in pieces, such as a stream or a file that is too long to be held.\n\n"
    "After the last piece they are what the functions of the same names tell of the whole.\n\n"
    "channels: 1 .. 1024. sample_rate: Hz. weights: of channels, for loudness().\n"
    "It keeps 80 bytes for each second of sound. ValueError for another number of channels, or\n"
    "weights that do not fit.\n\n"
    ">>> meter = LevelMeter(1, 48000)\n"
    ">>> for piece in np.split(np.sin(2 * np.pi * 997 * np.arange(5 * 48000) / 48000), 100):\n"
    "...     meter.add(piece)\n"
    ">>> round(meter.loudness(), 2)\n"
    "-3.01");

static PyType_Slot slots[] = {
    { Py_tp_doc, (void *)meter_doc }, { Py_tp_new, meter_new },  { Py_tp_dealloc, meter_dealloc },
    { Py_tp_methods, methods },       { Py_tp_getset, getters }, { 0, NULL },
};

PyType_Spec cm_level_meter_spec = {
    .name = "coremusic._dsp.LevelMeter",
    .basicsize = sizeof(level_meter),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
