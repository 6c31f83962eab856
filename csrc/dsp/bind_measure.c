/* peak, rms, true_peak, loudness, normalize, remove_dc. */
#include "bind.h"
#include "edit.h"
#include "measure.h"

#include "common/args.h"

#include <math.h>
#include <string.h>

/* peak, rms, true_peak: of everything, or of each channel. */

typedef void (*channel_measure)(const cm_view *view, double *channels);

static void rms_channels(const cm_view *view, double *channels)
{
    cm_sums_of_squares(view, channels);
    for (size_t i = 0; i < view->channels; i++)
        channels[i] = view->frames ? sqrt(channels[i] / (double)view->frames) : 0.0;
}

static void true_peak_channels(const cm_view *view, double *channels)
{
    for (size_t i = 0; i < view->channels; i++) {
        cm_view channel = cm_view_channel(view, i);
        channels[i] = cm_true_peak_of(&channel);
    }
}

static double true_peak_of_all(const cm_view *view)
{
    double channels[CM_MAX_DSP_CHANNELS], highest = 0;
    true_peak_channels(view, channels);
    for (size_t i = 0; i < view->channels; i++)
        highest = channels[i] > highest ? channels[i] : highest;
    return highest;
}

static PyObject *measure_channels(const cm_samples *s, channel_measure measure)
{
    double channels[CM_MAX_DSP_CHANNELS];
    PyThreadState *state = cm_work_begin(cm_sample_count(&s->view));
    measure(&s->view, channels);
    cm_work_end(state);
    return cm_tuple_of_floats(channels, s->view.channels);
}

static PyObject *measure(const cm_params *params, double (*of_all)(const cm_view *), channel_measure of_each,
                         PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    PyObject *v[2], *result = NULL;
    bool per_channel = false;
    cm_samples s = { 0 };
    if (cm_parse(params, args, count, keywords, v) == 0 && cm_arg_bool(v[1], &per_channel) == 0 &&
        cm_samples_open(&s, v[0], "data", CM_REALS) == 0)
        result = per_channel ? measure_channels(&s, of_each) : cm_measure_samples(&s, of_all);
    cm_samples_close(&s);
    return result;
}

CM_DSP_FUNCTION(peak)
{
    (void)module;
    static const cm_params params = { "peak", 1, 1, { "data", "per_channel" } };
    return measure(&params, cm_peak_of_all, cm_peaks, args, count, keywords);
}

CM_DSP_FUNCTION(rms)
{
    (void)module;
    static const cm_params params = { "rms", 1, 1, { "data", "per_channel" } };
    return measure(&params, cm_rms_of_all, rms_channels, args, count, keywords);
}

CM_DSP_FUNCTION(true_peak)
{
    (void)module;
    static const cm_params params = { "true_peak", 1, 1, { "data", "per_channel" } };
    return measure(&params, true_peak_of_all, true_peak_channels, args, count, keywords);
}

static int measure_loudness(const cm_samples *s, PyObject *rate, PyObject *weights, double *lufs)
{
    cm_loudness *meter = cm_take_loudness(s->shape.channels, rate, weights);
    if (!meter)
        return -1;
    PyThreadState *state = cm_work_begin(cm_sample_count(&s->view));
    bool enough_memory = cm_loudness_add(meter, &s->view);
    *lufs = cm_loudness_integrated(meter);
    cm_loudness_close(meter);
    cm_work_end(state);
    if (!enough_memory)
        PyErr_NoMemory();
    return enough_memory ? 0 : -1;
}

CM_DSP_FUNCTION(loudness)
{
    (void)module;
    static const cm_params params = { "loudness", 2, 2, { "data", "sample_rate", "weights" } };
    PyObject *v[3];
    double lufs = 0;
    cm_samples s = { 0 };
    bool failed = cm_parse(&params, args, count, keywords, v) < 0 ||
                  cm_samples_open(&s, v[0], "data", CM_REALS) < 0 ||
                  measure_loudness(&s, v[1], cm_given(v[2]), &lufs) < 0;
    cm_samples_close(&s);
    return failed ? NULL : PyFloat_FromDouble(lufs);
}

static int take_peak(PyObject *value, const char *name, double *peak)
{
    if (cm_take_finite(value, name, peak) < 0)
        return -1;
    if (*peak >= 0)
        return 0;
    PyErr_Format(PyExc_ValueError, "%s must not be negative", name);
    return -1;
}

/* The factor that takes the measured peak to the wanted one. */
static int gain_to_peak(const cm_samples *s, PyObject *value, const char *name,
                        double (*measure_peak)(const cm_view *), double *gain)
{
    double wanted = 0;
    if (take_peak(value, name, &wanted) < 0)
        return -1;
    PyThreadState *state = cm_work_begin(cm_sample_count(&s->view));
    double found = measure_peak(&s->view);
    cm_work_end(state);
    *gain = found > 0 ? wanted / found : 1.0;
    return cm_check_peak(found, "data");
}

static int gain_to_lufs(const cm_samples *s, PyObject *value, PyObject *rate, PyObject *weights, double *gain)
{
    double wanted = 0, found = 0;
    if (!rate) {
        PyErr_SetString(PyExc_TypeError, "normalize() needs sample_rate with lufs");
        return -1;
    }
    if (cm_take_finite(value, "lufs", &wanted) < 0 || measure_loudness(s, rate, weights, &found) < 0)
        return -1;
    if (isnan(found)) {
        PyErr_SetString(PyExc_ValueError, "data holds NaN or an infinity");
        return -1;
    }
    *gain = isfinite(found) ? pow(10.0, (wanted - found) / 20.0) : 1.0;
    return 0;
}

/* v: data, peak, true_peak, lufs, sample_rate, weights. */
static int normal_gain(const cm_samples *s, PyObject *const *v, double *gain)
{
    PyObject *wanted_peak = cm_given(v[1]), *wanted_true_peak = cm_given(v[2]), *wanted_lufs = cm_given(v[3]);
    if (!!wanted_peak + !!wanted_true_peak + !!wanted_lufs != 1) {
        PyErr_SetString(PyExc_TypeError, "normalize() needs one of peak, true_peak and lufs");
        return -1;
    }
    if (wanted_lufs)
        return gain_to_lufs(s, wanted_lufs, cm_given(v[4]), cm_given(v[5]), gain);
    if (wanted_peak)
        return gain_to_peak(s, wanted_peak, "peak", cm_peak_of_all, gain);
    return gain_to_peak(s, wanted_true_peak, "true_peak", true_peak_of_all, gain);
}

CM_DSP_FUNCTION(normalize)
{
    (void)module;
    static const cm_params params = {
        "normalize", 1, 1, { "data", "peak", "true_peak", "lufs", "sample_rate", "weights", "out" }
    };
    PyObject *v[7];
    double gain = 1;
    cm_unary u = { 0 };
    bool failed = cm_parse(&params, args, count, keywords, v) < 0 ||
                  cm_unary_open(&u, v[0], v[6], CM_REALS) < 0 || normal_gain(&u.in, v, &gain) < 0;
    if (!failed) {
        PyThreadState *state = cm_work_begin(cm_sample_count(&u.in.view));
        cm_gain(&u.out.samples.view, &u.in.view, gain);
        cm_work_end(state);
    }
    return cm_unary_close(&u, failed);
}

CM_DSP_FUNCTION(remove_dc)
{
    (void)module;
    static const cm_params params = { "remove_dc", 1, 1, { "data", "out" } };
    PyObject *v[2];
    double means[CM_MAX_DSP_CHANNELS] = { 0 };
    cm_unary u = { 0 };
    bool failed = cm_parse(&params, args, count, keywords, v) < 0 ||
                  cm_unary_open(&u, v[0], v[1], CM_REALS) < 0;
    if (!failed && u.in.view.frames > 0) {
        PyThreadState *state = cm_work_begin(cm_sample_count(&u.in.view));
        cm_sums(&u.in.view, means);
        for (size_t i = 0; i < u.in.view.channels; i++)
            means[i] /= -(double)u.in.view.frames;
        cm_offset_channels(&u.out.samples.view, &u.in.view, means);
        cm_work_end(state);
    }
    return cm_unary_close(&u, failed);
}

#define PER_CHANNEL                                                                                          \
    "per_channel: False for one float over all channels, True for a tuple with one for each.\n"

PyDoc_STRVAR(peak_doc,
             "peak($module, /, data, *, per_channel=False)\n--\n\n"
             "Returns the largest magnitude, linear; 0.0 for no samples. NaN is ignored.\n\n" CM_DOC_DATA
                 PER_CHANNEL CM_DOC_ERRORS "\n"
             ">>> peak(np.array([0.25, -0.5]))\n"
             "0.5");

PyDoc_STRVAR(
    rms_doc,
    "rms($module, /, data, *, per_channel=False)\n--\n\n"
    "Returns the root mean square, linear; 0.0 for no samples, NaN where a sample is NaN.\n\n" CM_DOC_DATA
        PER_CHANNEL CM_DOC_ERRORS "\n"
    ">>> rms(np.array([0.5, -0.5]))\n"
    "0.5");

PyDoc_STRVAR(
    true_peak_doc,
    "true_peak($module, /, data, *, per_channel=False)\n--\n\n"
    "Returns the largest magnitude between and at the samples, linear (dBTP: 20 log10).\n\n"
    "Fourfold oversampling with the 48-tap filter of ITU-R BS.1770-4, Annex 2; never less than peak().\n"
    "Silence is assumed before and after the data. NaN is ignored.\n\n" CM_DOC_DATA PER_CHANNEL CM_DOC_ERRORS
    "\n"
    ">>> round(true_peak(np.sin(np.pi / 2 * np.arange(480) + np.pi / 4)), 2)\n"
    "1.01");

PyDoc_STRVAR(
    loudness_doc,
    "loudness($module, /, data, sample_rate, *, weights=None)\n--\n\n"
    "Returns the integrated loudness in LUFS, by ITU-R BS.1770-4.\n\n"
    "K-weighting, blocks of 400 ms that overlap by 75 %, gates at -70 LUFS and 10 LU below. -inf for\n"
    "silence and for less than 400 ms; NaN when a channel that counts holds NaN or an "
    "infinity.\n\n" CM_DOC_DATA "sample_rate: 8000 .. 3072000 Hz.\n"
    "weights: a factor >= 0 for each channel. None means 1 for front and 1.41 for surround channels and 0\n"
    "for LFE, in the orders L R, L R C, L R Ls Rs, L R C Ls Rs and L R C LFE Ls Rs; other numbers of "
    "channels\n"
    "need weights.\n" CM_DOC_ERRORS "ValueError for another sample rate, or weights that do not fit.\n\n"
    ">>> t = np.arange(5 * 48000) / 48000\n"
    ">>> round(loudness(np.sin(2 * np.pi * 997 * t), 48000), 2)\n"
    "-3.01");

PyDoc_STRVAR(
    normalize_doc,
    "normalize($module, /, data, *, peak=None, true_peak=None, lufs=None, sample_rate=None, weights=None, "
    "out=None)\n--\n\n"
    "Scales to a peak, a true peak or a loudness; exactly one of them is given.\n\n" CM_DOC_DATA
    "peak, true_peak: linear, >= 0 (for -1 dB: 10 ** (-1 / 20)); see peak() and true_peak().\n"
    "lufs: LUFS; needs sample_rate, and takes weights, as loudness() does. The gain is the difference to\n"
    "loudness(data); where it lifts blocks over the gate at -70 LUFS, the result measures otherwise.\n"
    "The result is not clipped.\n"
    "Silence (for lufs, what loudness() calls -inf) is copied as it is.\n" CM_DOC_OUT
    "TypeError unless exactly one target is given; ValueError when data holds an infinity, or for lufs "
    "NaN.\n\n"
    ">>> normalize(np.array([0.1, -0.2]), peak=0.5)\n"
    "array([ 0.25, -0.5 ])");

PyDoc_STRVAR(remove_dc_doc, "remove_dc($module, /, data, *, out=None)\n--\n\n"
                            "Takes the mean of each channel off its samples.\n\n" CM_DOC_DATA CM_DOC_OUT
                            "A channel that holds NaN or an infinity becomes NaN.\n\n"
                            ">>> remove_dc(np.array([1.0, 2.0]))\n"
                            "array([-0.5,  0.5])");

PyMethodDef cm_measure_methods[] = {
    CM_METHOD("peak", peak, peak_doc),
    CM_METHOD("rms", rms, rms_doc),
    CM_METHOD("true_peak", true_peak, true_peak_doc),
    CM_METHOD("loudness", loudness, loudness_doc),
    CM_METHOD("normalize", normalize, normalize_doc),
    CM_METHOD("remove_dc", remove_dc, remove_dc_doc),
    { NULL, NULL, 0, NULL },
};
