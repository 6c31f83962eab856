/* The buffer operations of coremusic.capi that take arrays of any type, or return new ones. */
#include "bind.h"
#include "capi_kernels.h"
#include "edit.h"
#include "measure.h"

#include "common/args.h"
#include "common/numpy_api.h"

#include <math.h>

/* Arrays: cast to float32 without scaling, (n,) becomes (n, 1). */

static int check_array(PyObject *array)
{
    PyObject *type = PyObject_GetAttrString(array, "dtype");
    if (!type)
        return -1;
    Py_DECREF(type);
    PyObject *dimensions = PyObject_GetAttrString(array, "ndim");
    if (!dimensions)
        return -1;
    long number = PyLong_AsLong(dimensions);
    Py_DECREF(dimensions);
    if (number == -1 && PyErr_Occurred())
        return -1;
    if (number == 1 || number == 2)
        return 0;
    PyErr_Format(PyExc_ValueError, "audio_data must have 1 or 2 dimensions, not %ld", number);
    return -1;
}

static int open_array(cm_samples *s, PyObject *array)
{
    if (check_array(array) < 0)
        return -1;
    PyObject *cast = cm_numpy_cast(array, 'f');
    if (!cast)
        return -1;
    int status = cm_samples_open(s, cast, "audio_data", CM_SET(CM_F32));
    Py_DECREF(cast); /* the buffer keeps it */
    return status;
}

/* A new float32 array of two dimensions for the result. */
static int open_result(cm_result *r, const cm_samples *s)
{
    cm_shape shape = s->shape;
    shape.dimensions = 2;
    return cm_result_open(r, NULL, shape);
}

CM_DSP_FUNCTION(normalize_audio)
{
    (void)module;
    static const cm_params params = { "normalize_audio", 1, 2, { "audio_data", "target_peak" } };
    PyObject *v[2];
    double target = CM_DEFAULT_PEAK;
    cm_samples s = { 0 };
    cm_result r = { 0 };
    bool failed = cm_parse(&params, args, count, keywords, v) < 0 ||
                  cm_take_single(v[1], "target_peak", &target) < 0 || open_array(&s, v[0]) < 0 ||
                  open_result(&r, &s) < 0;
    if (!failed) {
        PyThreadState *state = cm_work_begin(cm_sample_count(&s.view));
        double peak = cm_peak_of_all(&s.view);
        cm_gain(&r.samples.view, &s.view, peak > 0 ? target / peak : 1.0);
        cm_work_end(state);
        failed = cm_check_peak(peak, "audio_data") < 0;
    }
    cm_samples_close(&s);
    return cm_result_close(&r, failed);
}

static PyObject *measure_array(const cm_params *params, double (*measure)(const cm_view *),
                               PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    PyObject *v[1], *result = NULL;
    cm_samples s = { 0 };
    if (cm_parse(params, args, count, keywords, v) == 0 && open_array(&s, v[0]) == 0)
        result = cm_measure_samples(&s, measure);
    cm_samples_close(&s);
    return result;
}

CM_DSP_FUNCTION(calculate_rms)
{
    (void)module;
    static const cm_params params = { "calculate_rms", 1, 1, { "audio_data" } };
    return measure_array(&params, cm_rms_of_all, args, count, keywords);
}

CM_DSP_FUNCTION(calculate_peak)
{
    (void)module;
    static const cm_params params = { "calculate_peak", 1, 1, { "audio_data" } };
    return measure_array(&params, cm_peak_of_all, args, count, keywords);
}

/* apply_gain: decibels make a new array, a factor works in place where it can. */

static PyObject *gain_copy(PyObject *array, double gain, bool two_dimensions)
{
    cm_samples s = { 0 };
    cm_result r = { 0 };
    bool failed = open_array(&s, array) < 0 ||
                  (two_dimensions ? open_result(&r, &s) : cm_result_open(&r, NULL, s.shape)) < 0;
    if (!failed) {
        PyThreadState *state = cm_work_begin(cm_sample_count(&s.view));
        cm_gain(&r.samples.view, &s.view, gain);
        cm_work_end(state);
    }
    cm_samples_close(&s);
    return cm_result_close(&r, failed);
}

/* Changes a float32 buffer that can be changed; anything else makes a new array of its shape. */
static PyObject *gain_in_place(PyObject *object, double gain)
{
    cm_samples s = { 0 };
    bool changeable = PyObject_CheckBuffer(object) &&
                      cm_samples_open_float32(&s, object, "audio_data", true) == 0;
    if (changeable) {
        PyThreadState *state = cm_work_begin(cm_sample_count(&s.view));
        cm_gain(&s.view, &s.view, gain);
        cm_work_end(state);
    }
    cm_samples_close(&s);
    PyErr_Clear();
    return changeable ? Py_NewRef(object) : gain_copy(object, gain, false);
}

CM_DSP_FUNCTION(apply_gain)
{
    (void)module;
    static const cm_params params = { "apply_gain", 1, 2, { "audio_data", "gain_db", "gain" } };
    PyObject *v[3];
    double gain_db = 0, gain = 1;
    if (cm_parse(&params, args, count, keywords, v) < 0 ||
        cm_take_single(cm_given(v[1]), "gain_db", &gain_db) < 0 ||
        cm_take_single(cm_given(v[2]), "gain", &gain) < 0)
        return NULL;
    if (!cm_given(v[1]) == !cm_given(v[2])) {
        PyErr_SetString(PyExc_TypeError, "apply_gain() needs either gain_db or gain");
        return NULL;
    }
    if (cm_given(v[1]))
        return gain_copy(v[0], pow(10.0, gain_db / 20.0), true);
    return gain_in_place(v[0], gain);
}

static int open_side(cm_samples *s, PyObject *object, const char *name)
{
    if (cm_samples_open_float32(s, object, name, false) < 0)
        return -1;
    if (s->shape.channels == 1)
        return 0;
    PyErr_Format(PyExc_ValueError, "%s must have shape (n,) or (n, 1), not (%zu, %zu)", name, s->shape.frames,
                 s->shape.channels);
    return -1;
}

static int open_sides(cm_samples *left, PyObject *left_object, cm_samples *right, PyObject *right_object)
{
    if (open_side(left, left_object, "left") < 0 || open_side(right, right_object, "right") < 0)
        return -1;
    if (left->shape.frames == right->shape.frames)
        return 0;
    PyErr_Format(PyExc_ValueError, "left and right must be of one length, not %zu and %zu",
                 left->shape.frames, right->shape.frames);
    return -1;
}

static int check_pan(double pan)
{
    if (pan >= 0.0 && pan <= 1.0)
        return 0;
    PyErr_SetString(PyExc_ValueError, "pan must be 0.0 .. 1.0");
    return -1;
}

CM_DSP_FUNCTION(mix_stereo_buffers)
{
    (void)module;
    static const cm_params params = { "mix_stereo_buffers", 2, 3, { "left", "right", "pan" } };
    PyObject *v[3];
    double pan = 0.5;
    cm_samples left = { 0 }, right = { 0 };
    cm_result r = { 0 };
    bool failed = cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_f64(v[2], "pan", &pan) < 0 ||
                  check_pan(pan) < 0 || open_sides(&left, v[0], &right, v[1]) < 0 ||
                  cm_result_open(&r, NULL, (cm_shape){ CM_F32, 2, left.shape.frames, 2 }) < 0;
    if (!failed) {
        PyThreadState *state = cm_work_begin(cm_sample_count(&r.samples.view));
        cm_join_stereo(&r.samples.view, &left.view, &right.view, fmin(1.0, 2.0 * (1.0 - pan)),
                       fmin(1.0, 2.0 * pan));
        cm_work_end(state);
    }
    cm_samples_close(&right);
    cm_samples_close(&left);
    return cm_result_close(&r, failed);
}

static PyObject *fade(const cm_params *params, bool falling, PyObject *const *args, Py_ssize_t count,
                      PyObject *keywords)
{
    PyObject *v[3];
    int32_t length = 0;
    if (cm_parse(params, args, count, keywords, v) < 0 ||
        cm_arg_i32(cm_given(v[1]), "fade_samples", &length) < 0 ||
        cm_arg_i32(cm_given(v[2]), "fade_frames", &length) < 0)
        return NULL;
    if (!cm_given(v[1]) == !cm_given(v[2])) {
        PyErr_Format(PyExc_TypeError, "%s() needs either fade_samples or fade_frames", params->function);
        return NULL;
    }
    cm_samples s = { 0 };
    bool failed = cm_samples_open_float32(&s, v[0], "audio_data", true) < 0;
    if (!failed)
        cm_fade_samples(&s, falling, length);
    cm_samples_close(&s);
    return failed ? NULL : Py_NewRef(v[0]);
}

CM_DSP_FUNCTION(apply_fade_in)
{
    (void)module;
    static const cm_params params = {
        "apply_fade_in", 1, 2, { "audio_data", "fade_samples", "fade_frames" }
    };
    return fade(&params, false, args, count, keywords);
}

CM_DSP_FUNCTION(apply_fade_out)
{
    (void)module;
    static const cm_params params = {
        "apply_fade_out", 1, 2, { "audio_data", "fade_samples", "fade_frames" }
    };
    return fade(&params, true, args, count, keywords);
}

#define ARRAY_RULES                                                                                          \
    "audio_data: an array of 1 or 2 dimensions, (frames,) or (frames, channels), of any type that casts\n"   \
    "to float32 (values are not scaled), with any strides, read-only too; it is not changed unless said.\n"
#define ARRAY_ERRORS                                                                                         \
    "AttributeError for an object without dtype and ndim, ValueError for another number of dimensions,\n"    \
    "ImportError without NumPy."
#define FADE_RULES                                                                                           \
    "audio_data: writable float32, (frames,) or (frames, channels), any strides. n is fade_samples (or\n"    \
    "fade_frames, the same), at most all frames; 0 or less does nothing. Returns audio_data. ValueError\n"   \
    "for another item type or shape or for read-only memory, TypeError for an object without a buffer."

PyDoc_STRVAR(normalize_doc,
             "normalize_audio($module, /, audio_data, target_peak=0.9)\n--\n\n"
             "Returns a copy scaled so that its largest magnitude is target_peak (linear).\n\n" ARRAY_RULES
             "Returns a new float32 array (frames, channels). Silence is copied, NaN ignored, an\n"
             "infinity is a ValueError.\n\n" ARRAY_ERRORS);
PyDoc_STRVAR(
    gain_doc,
    "apply_gain($module, /, audio_data, gain_db=None, *, gain=None)\n--\n\n"
    "Multiplies by 10^(gain_db / 20), or by the factor gain; exactly one of them is given.\n\n" ARRAY_RULES
    "With gain_db: returns a new float32 array (frames, channels). With gain: changes a writable\n"
    "float32 buffer of 1 or 2 dimensions in place and returns it; for anything else returns a new\n"
    "float32 array of its shape. TypeError when neither or both are given.\n\n" ARRAY_ERRORS);
PyDoc_STRVAR(
    rms_doc,
    "calculate_rms($module, /, audio_data)\n--\n\n"
    "Returns the root mean square over all channels together, linear; 0.0 for no samples.\n\n" ARRAY_RULES
    "NaN gives NaN.\n\n" ARRAY_ERRORS);
PyDoc_STRVAR(peak_doc,
             "calculate_peak($module, /, audio_data)\n--\n\n"
             "Returns the largest magnitude over all channels, linear; 0.0 for no samples.\n\n" ARRAY_RULES
             "NaN is ignored.\n\n" ARRAY_ERRORS);
PyDoc_STRVAR(
    stereo_doc,
    "mix_stereo_buffers($module, /, left, right, pan=0.5)\n--\n\n"
    "Joins two mono buffers to a stereo array: left x min(1, 2 (1 - pan)), right x min(1, 2 pan).\n\n"
    "left, right: float32, (n,) or (n, 1), of one length. pan: 0.0 (right silent) .. 1.0 (left\n"
    "silent); 0.5 changes neither. Returns a new float32 array (n, 2). ValueError for another item\n"
    "type, shape or pan, TypeError for an object without a buffer, ImportError without NumPy.");
PyDoc_STRVAR(fade_in_doc,
             "apply_fade_in($module, /, audio_data, fade_samples=None, *, fade_frames=None)\n--\n\n"
             "Fades in, in place: frame k of the first n is multiplied by k / n.\n\n" FADE_RULES);
PyDoc_STRVAR(fade_out_doc,
             "apply_fade_out($module, /, audio_data, fade_samples=None, *, fade_frames=None)\n--\n\n"
             "Fades out, in place: frame k of the last n is multiplied by 1 - k / n.\n\n" FADE_RULES);

PyMethodDef cm_wrapper_methods[] = {
    CM_METHOD("normalize_audio", normalize_audio, normalize_doc),
    CM_METHOD("apply_gain", apply_gain, gain_doc),
    CM_METHOD("calculate_rms", calculate_rms, rms_doc),
    CM_METHOD("calculate_peak", calculate_peak, peak_doc),
    CM_METHOD("mix_stereo_buffers", mix_stereo_buffers, stereo_doc),
    CM_METHOD("apply_fade_in", apply_fade_in, fade_in_doc),
    CM_METHOD("apply_fade_out", apply_fade_out, fade_out_doc),
    { NULL, NULL, 0, NULL },
};
