/* gain, pan, clip, fade_in, fade_out, crossfade. */
#include "bind.h"
#include "edit.h"

#include "common/args.h"

#include <math.h>

/* One number for all channels (*each false), or a sequence with one for each. */
static int take_gains(PyObject *value, const char *name, size_t channels, double *gains, bool *each)
{
    *each = PySequence_Check(value) && !PyUnicode_Check(value);
    if (!*each)
        return cm_arg_f64(value, name, gains);
    PyObject *items = cm_take_items(value, name);
    if (!items)
        return -1;
    int status = 0;
    if ((size_t)PyTuple_GET_SIZE(items) != channels) {
        PyErr_Format(PyExc_ValueError, "%s must be one number or one for each of %zu channels, not %zd", name,
                     channels, PyTuple_GET_SIZE(items));
        status = -1;
    }
    for (size_t i = 0; status == 0 && i < channels; i++)
        status = cm_arg_f64(PyTuple_GET_ITEM(items, (Py_ssize_t)i), name, &gains[i]);
    Py_DECREF(items);
    return status;
}

/* Decibels become factors; -inf dB is silence. */
static int check_gains(const char *name, bool decibels, double *gains, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double gain = decibels ? pow(10.0, gains[i] / 20.0) : gains[i];
        if (!isfinite(gain)) {
            PyErr_Format(PyExc_ValueError, "%s must be finite%s", name, decibels ? " or -inf" : "");
            return -1;
        }
        gains[i] = gain;
    }
    return 0;
}

static int open_gains(PyObject *db, PyObject *linear, size_t channels, double *gains, bool *each)
{
    if (!db == !linear) {
        PyErr_SetString(PyExc_TypeError, "gain() needs either db or linear");
        return -1;
    }
    const char *name = db ? "db" : "linear";
    if (take_gains(db ? db : linear, name, channels, gains, each) < 0)
        return -1;
    return check_gains(name, db != NULL, gains, *each ? channels : 1);
}

CM_DSP_FUNCTION(gain)
{
    (void)module;
    static const cm_params params = { "gain", 1, 1, { "data", "db", "linear", "out" } };
    PyObject *v[4];
    double gains[CM_MAX_DSP_CHANNELS];
    bool each = false;
    cm_unary u = { 0 };
    bool failed = cm_parse(&params, args, count, keywords, v) < 0 ||
                  cm_unary_open(&u, v[0], v[3], CM_REALS) < 0 ||
                  open_gains(cm_given(v[1]), cm_given(v[2]), u.in.shape.channels, gains, &each) < 0;
    if (!failed) {
        PyThreadState *state = cm_work_begin(cm_sample_count(&u.in.view));
        if (each)
            cm_gain_channels(&u.out.samples.view, &u.in.view, gains);
        else
            cm_gain(&u.out.samples.view, &u.in.view, gains[0]);
        cm_work_end(state);
    }
    return cm_unary_close(&u, failed);
}

typedef enum { LAW_LINEAR, LAW_EQUAL_POWER, LAW_COMPROMISE, LAW_BALANCE } pan_law;

static const char *const law_words[] = { "linear", "equal_power", "compromise", "balance", NULL };

/* at is 0 (left) .. 1 (right). */
static double right_gain(pan_law law, double at)
{
    double power = sin(at * 1.57079632679489661923);
    switch (law) {
    case LAW_LINEAR:
        return at;
    case LAW_EQUAL_POWER:
        return power;
    case LAW_COMPROMISE:
        return sqrt(at * power);
    default:
        return fmin(1.0, 2.0 * at);
    }
}

static int check_pan(const cm_samples *in, double position)
{
    if (!(position >= -1.0 && position <= 1.0)) {
        PyErr_SetString(PyExc_ValueError, "position must be -1.0 .. 1.0");
        return -1;
    }
    if (in->shape.channels == 1 || in->shape.channels == 2)
        return 0;
    PyErr_Format(PyExc_ValueError, "data must be mono or stereo, not of %zu channels", in->shape.channels);
    return -1;
}

CM_DSP_FUNCTION(pan)
{
    (void)module;
    static const cm_params params = { "pan", 2, 2, { "data", "position", "law", "out" } };
    PyObject *v[4];
    double position = 0;
    int law = -1;
    cm_unary u = { 0 };
    bool failed = cm_parse(&params, args, count, keywords, v) < 0 ||
                  cm_arg_f64(v[1], "position", &position) < 0 ||
                  cm_take_word(cm_given(v[2]), "law", law_words, &law) < 0 ||
                  cm_samples_open(&u.in, v[0], "data", CM_REALS) < 0 || check_pan(&u.in, position) < 0 ||
                  cm_result_open(&u.out, v[3],
                                 (cm_shape){ u.in.shape.type, 2, u.in.shape.frames, 2, false }) < 0 ||
                  cm_samples_keep(&u.in, &u.out.samples.view, true) < 0;
    if (!failed) {
        bool stereo = u.in.shape.channels == 2;
        pan_law chosen = law >= 0 ? (pan_law)law : stereo ? LAW_BALANCE : LAW_EQUAL_POWER;
        double at = (position + 1.0) / 2.0;
        double gains[] = { right_gain(chosen, 1.0 - at), right_gain(chosen, at) };
        PyThreadState *state = cm_work_begin(cm_sample_count(&u.out.samples.view));
        if (stereo)
            cm_gain_channels(&u.out.samples.view, &u.in.view, gains);
        else
            cm_spread(&u.out.samples.view, &u.in.view, gains[0], gains[1]);
        cm_work_end(state);
    }
    return cm_unary_close(&u, failed);
}

CM_DSP_FUNCTION(clip)
{
    (void)module;
    static const cm_params params = { "clip", 1, 3, { "data", "low", "high", "out" } };
    PyObject *v[4];
    double low = -1.0, high = 1.0;
    cm_unary u = { 0 };
    bool failed = cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_f64(v[1], "low", &low) < 0 ||
                  cm_arg_f64(v[2], "high", &high) < 0 || cm_unary_open(&u, v[0], v[3], CM_REALS) < 0;
    if (!failed && !(low <= high)) {
        PyErr_SetString(PyExc_ValueError, "low must not be above high, and neither may be NaN");
        failed = true;
    }
    if (!failed) {
        PyThreadState *state = cm_work_begin(cm_sample_count(&u.in.view));
        cm_clip(&u.out.samples.view, &u.in.view, low, high);
        cm_work_end(state);
    }
    return cm_unary_close(&u, failed);
}

static const char *const shape_words[] = { "linear", "equal_power", "exponential", "s_curve", NULL };

static PyObject *fade(const cm_params *params, bool falling, PyObject *const *args, Py_ssize_t count,
                      PyObject *keywords)
{
    PyObject *v[4];
    size_t frames = 0;
    int shape = CM_CURVE_LINEAR;
    cm_unary u = { 0 };
    bool failed = cm_parse(params, args, count, keywords, v) < 0 ||
                  cm_take_count(v[1], "frames", &frames) < 0 ||
                  cm_take_word(v[2], "shape", shape_words, &shape) < 0 ||
                  cm_unary_open(&u, v[0], v[3], CM_REALS) < 0;
    if (!failed) {
        size_t length = frames < u.in.view.frames ? frames : u.in.view.frames;
        PyThreadState *state = cm_work_begin(cm_sample_count(&u.in.view));
        cm_fade(&u.out.samples.view, &u.in.view, (cm_curve)shape, falling, length);
        cm_work_end(state);
    }
    return cm_unary_close(&u, failed);
}

CM_DSP_FUNCTION(fade_in)
{
    (void)module;
    static const cm_params params = { "fade_in", 2, 2, { "data", "frames", "shape", "out" } };
    return fade(&params, false, args, count, keywords);
}

CM_DSP_FUNCTION(fade_out)
{
    (void)module;
    static const cm_params params = { "fade_out", 2, 2, { "data", "frames", "shape", "out" } };
    return fade(&params, true, args, count, keywords);
}

static int check_cross(const cm_samples *a, const cm_samples *b, size_t length)
{
    if (a->shape.type != b->shape.type) {
        PyErr_Format(PyExc_TypeError, "a and b must be of one type, not %s and %s",
                     cm_sample_infos[a->shape.type].name, cm_sample_infos[b->shape.type].name);
        return -1;
    }
    if (a->shape.dimensions != b->shape.dimensions || a->shape.channels != b->shape.channels) {
        PyErr_SetString(PyExc_ValueError, "a and b must have equally many dimensions and channels");
        return -1;
    }
    if (length <= a->shape.frames && length <= b->shape.frames)
        return 0;
    PyErr_Format(PyExc_ValueError, "frames must be at most the %zu of a and the %zu of b, not %zu",
                 a->shape.frames, b->shape.frames, length);
    return -1;
}

CM_DSP_FUNCTION(crossfade)
{
    (void)module;
    static const cm_params params = { "crossfade", 3, 3, { "a", "b", "frames", "shape", "out" } };
    PyObject *v[5];
    size_t length = 0;
    int shape = CM_CURVE_EQUAL_POWER;
    cm_samples a = { 0 }, b = { 0 };
    cm_result r = { 0 };
    bool failed = cm_parse(&params, args, count, keywords, v) < 0 ||
                  cm_take_count(v[2], "frames", &length) < 0 ||
                  cm_take_word(v[3], "shape", shape_words, &shape) < 0 ||
                  cm_samples_open(&a, v[0], "a", CM_REALS) < 0 ||
                  cm_samples_open(&b, v[1], "b", CM_REALS) < 0 || check_cross(&a, &b, length) < 0;
    if (!failed) {
        cm_shape joined = a.shape;
        joined.frames = a.shape.frames + b.shape.frames - length;
        failed = cm_result_open(&r, v[4], joined) < 0 || cm_samples_keep(&a, &r.samples.view, false) < 0 ||
                 cm_samples_keep(&b, &r.samples.view, false) < 0;
    }
    if (!failed && a.view.channels > 0) {
        PyThreadState *state = cm_work_begin(cm_sample_count(&r.samples.view));
        cm_crossfade(&r.samples.view, &a.view, &b.view, (cm_curve)shape, length);
        cm_work_end(state);
    }
    cm_samples_close(&b);
    cm_samples_close(&a);
    return cm_result_close(&r, failed);
}

PyDoc_STRVAR(
    gain_doc,
    "gain($module, /, data, *, db=None, linear=None, out=None)\n--\n\n"
    "Multiplies by a gain: in decibels (factor 10^(db / 20)) or linear.\n\n" CM_DOC_DATA
    "db: float, -inf for silence. linear: float. Exactly one of them, and either may be a sequence with\n"
    "one gain for each channel.\n" CM_DOC_OUT
    "TypeError unless exactly one gain is given; ValueError when it is NaN or infinite, or when there are\n"
    "not as many as channels. NaN and infinite samples follow IEEE 754.\n\n"
    ">>> gain(np.ones(2, np.float32), linear=0.5)\n"
    "array([0.5, 0.5], dtype=float32)");

PyDoc_STRVAR(
    pan_doc,
    "pan($module, /, data, position, *, law=None, out=None)\n--\n\n"
    "Places a sound between left and right; the result is stereo.\n\n" CM_DOC_DATA
    "It is mono, and goes to both channels with a gain each, or stereo, whose channels get the gains.\n"
    "position: float, -1.0 (left) .. 1.0 (right). law, with its gain in the middle:\n"
    "    'linear'       -6 dB; the gains add up to 1\n"
    "    'equal_power'  -3 dB; the powers add up to 1; sine and cosine. For mono when law is None\n"
    "    'compromise'   -4.5 dB; the geometric mean of these two\n"
    "    'balance'       0 dB; only the channel turned away from is lowered. For stereo when law is "
    "None\n" CM_DOC_OUT
    "The result has shape (frames, 2). ValueError for another number of channels, position or law.\n\n"
    ">>> pan(np.ones(1, np.float32), 1.0)\n"
    "array([[0., 1.]], dtype=float32)");

PyDoc_STRVAR(
    clip_doc,
    "clip($module, /, data, low=-1.0, high=1.0, *, out=None)\n--\n\n"
    "Limits samples to low .. high. NaN stays NaN.\n\n" CM_DOC_DATA
    "low, high: floats, infinite for no limit; ValueError when low is above high or one is NaN.\n" CM_DOC_OUT
    "\n"
    ">>> clip(np.array([-3.0, 0.5]))\n"
    "array([-1. ,  0.5])");

#define FADE_SHAPES                                                                                          \
    "    'linear'       t\n"                                                                                 \
    "    'equal_power'  sin(t pi / 2)\n"                                                                     \
    "    'exponential'  (1000^t - 1) / 999: even steps in decibels over 60 dB, down to silence\n"            \
    "    's_curve'      t^2 (3 - 2 t)\n"

PyDoc_STRVAR(
    fade_in_doc,
    "fade_in($module, /, data, frames, *, shape='linear', out=None)\n--\n\n"
    "Raises the first frames from silence.\n\n" CM_DOC_DATA
    "frames: int >= 0, the length n of the fade; at most all frames are faded.\n"
    "shape: the gain of frame k at t = k / n, which is 0 first and never quite 1:\n" FADE_SHAPES CM_DOC_OUT
    "ValueError for a negative length or another shape.\n\n"
    ">>> fade_in(np.ones(5), 4)\n"
    "array([0.  , 0.25, 0.5 , 0.75, 1.  ])");

PyDoc_STRVAR(fade_out_doc,
             "fade_out($module, /, data, frames, *, shape='linear', out=None)\n--\n\n"
             "Lowers the last frames towards silence.\n\n" CM_DOC_DATA
             "frames: int >= 0, the length n of the fade; at most all frames are faded.\n"
             "shape: the gain of frame k of the fade at t = 1 - k / n, which is 1 first and never quite\n"
             "0, so that fade_out and fade_in of one length meet:\n" FADE_SHAPES CM_DOC_OUT
             "ValueError for a negative length or another shape.\n\n"
             ">>> fade_out(np.ones(5), 4)\n"
             "array([1.  , 1.  , 0.75, 0.5 , 0.25])");

PyDoc_STRVAR(
    crossfade_doc,
    "crossfade($module, /, a, b, frames, *, shape='equal_power', out=None)\n--\n\n"
    "Joins two sounds: the last frames of a fade out while the first ones of b fade in.\n\n"
    "a, b: float32 or float64, of one type, (frames,) or (frames, channels) with equally many channels.\n"
    "frames: int >= 0, the length of the overlap; 0 puts b after a.\n"
    "shape: as in fade_in and fade_out. 'equal_power' suits different sounds; 'linear' and 's_curve',\n"
    "whose gains add up to 1, suit parts of one sound.\n" CM_DOC_OUT
    "It has len(a) + len(b) - frames frames. ValueError when a or b is shorter than the overlap, or for\n"
    "different shapes, TypeError for different types.\n\n"
    ">>> crossfade(np.ones(3), np.ones(3), 2, shape='linear')\n"
    "array([1., 1., 1., 1.])");

PyMethodDef cm_edit_methods[] = {
    CM_METHOD("gain", gain, gain_doc),
    CM_METHOD("pan", pan, pan_doc),
    CM_METHOD("clip", clip, clip_doc),
    CM_METHOD("fade_in", fade_in, fade_in_doc),
    CM_METHOD("fade_out", fade_out, fade_out_doc),
    CM_METHOD("crossfade", crossfade, crossfade_doc),
    { NULL, NULL, 0, NULL },
};
