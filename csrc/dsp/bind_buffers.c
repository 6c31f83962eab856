/* The buffer operations of coremusic.capi that work on float32 and int16 buffers of the caller, mostly in
 * place. */
#include "bind.h"
#include "capi_kernels.h"
#include "edit.h"
#include "measure.h"
#include "sample_convert.h"

#include "common/args.h"

#include <math.h>

static PyObject *none_unless(bool failed)
{
    return failed ? NULL : Py_NewRef(Py_None);
}

CM_DSP_FUNCTION(normalize_audio_float32)
{
    (void)module;
    static const cm_params params = { "normalize_audio_float32", 1, 2, { "audio_data", "target_peak" } };
    PyObject *v[2];
    double target = CM_DEFAULT_PEAK;
    cm_samples s = { 0 };
    bool failed = cm_parse(&params, args, count, keywords, v) < 0 ||
                  cm_take_single(v[1], "target_peak", &target) < 0 ||
                  cm_buffer_open(&s, v[0], "audio_data", CM_F32, 2, true) < 0;
    if (!failed) {
        PyThreadState *state = cm_work_begin(cm_sample_count(&s.view));
        double peak = cm_peak_of_all(&s.view);
        if (peak > 0 && isfinite(peak))
            cm_gain(&s.view, &s.view, target / peak);
        cm_work_end(state);
        failed = cm_check_peak(peak, "audio_data") < 0;
    }
    cm_samples_close(&s);
    return none_unless(failed);
}

CM_DSP_FUNCTION(apply_gain_float32)
{
    (void)module;
    static const cm_params params = { "apply_gain_float32", 2, 2, { "audio_data", "gain_db" } };
    PyObject *v[2];
    double gain_db = 0;
    cm_samples s = { 0 };
    bool failed = cm_parse(&params, args, count, keywords, v) < 0 ||
                  cm_take_single(v[1], "gain_db", &gain_db) < 0 ||
                  cm_buffer_open(&s, v[0], "audio_data", CM_F32, 2, true) < 0;
    if (!failed) {
        PyThreadState *state = cm_work_begin(cm_sample_count(&s.view));
        cm_gain(&s.view, &s.view, pow(10.0, gain_db / 20.0));
        cm_work_end(state);
    }
    cm_samples_close(&s);
    return none_unless(failed);
}

/* The output gives the size; an input that is longer is taken from its start. */
static int open_input(cm_samples *in, PyObject *object, const char *name, const cm_samples *out)
{
    if (cm_buffer_open(in, object, name, CM_F32, 2, false) < 0)
        return -1;
    if (in->shape.channels != out->shape.channels || in->shape.frames < out->shape.frames)
        return cm_samples_expect(in, name, out->shape);
    in->view = cm_view_part(&in->view, 0, out->view.frames);
    return cm_samples_keep(in, &out->view, true);
}

CM_DSP_FUNCTION(mix_audio_float32)
{
    (void)module;
    static const cm_params params = {
        "mix_audio_float32", 3, 4, { "output", "input1", "input2", "mix_ratio" }
    };
    PyObject *v[4];
    double ratio = 0.5;
    cm_samples out = { 0 }, a = { 0 }, b = { 0 };
    bool failed = cm_parse(&params, args, count, keywords, v) < 0 ||
                  cm_take_single(v[3], "mix_ratio", &ratio) < 0 ||
                  cm_buffer_open(&out, v[0], "output", CM_F32, 2, true) < 0 ||
                  open_input(&a, v[1], "input1", &out) < 0 || open_input(&b, v[2], "input2", &out) < 0;
    if (!failed) {
        PyThreadState *state = cm_work_begin(cm_sample_count(&out.view));
        cm_blend(&out.view, &a.view, &b.view, (double)(1.0f - (float)ratio), ratio);
        cm_work_end(state);
    }
    cm_samples_close(&b);
    cm_samples_close(&a);
    cm_samples_close(&out);
    return none_unless(failed);
}

/* Conversions: one buffer to another, both of known type and number of dimensions. */

typedef struct {
    cm_params params;
    cm_sample from, to;
    int from_dimensions, to_dimensions;
    size_t from_channels, to_channels; /* 0: any, the same on both sides */
    void (*kernel)(const cm_view *to, const cm_view *from);
} conversion;

static int check_columns(const cm_samples *s, const char *name, size_t columns)
{
    if (columns == 0 || s->shape.channels == columns)
        return 0;
    PyErr_Format(PyExc_ValueError, "%s must have shape (frames, %zu), not (%zu, %zu)", name, columns,
                 s->shape.frames, s->shape.channels);
    return -1;
}

static int check_pair(const conversion *c, const cm_samples *from, const cm_samples *to)
{
    const char *const *names = c->params.names;
    if (check_columns(from, names[0], c->from_channels) < 0 ||
        check_columns(to, names[1], c->to_channels) < 0)
        return -1;
    cm_shape wanted = to->shape;
    wanted.frames = from->shape.frames;
    if (c->to_channels == 0)
        wanted.channels = from->shape.channels;
    return cm_samples_expect(to, names[1], wanted);
}

static PyObject *run_conversion(const conversion *c, PyObject *const *args, Py_ssize_t count,
                                PyObject *keywords)
{
    PyObject *v[2];
    const char *const *names = c->params.names;
    cm_samples from = { 0 }, to = { 0 };
    bool failed = cm_parse(&c->params, args, count, keywords, v) < 0 ||
                  cm_buffer_open(&from, v[0], names[0], c->from, c->from_dimensions, false) < 0 ||
                  cm_buffer_open(&to, v[1], names[1], c->to, c->to_dimensions, true) < 0 ||
                  check_pair(c, &from, &to) < 0 || cm_samples_keep(&from, &to.view, false) < 0;
    if (!failed) {
        PyThreadState *state = cm_work_begin(cm_sample_count(&to.view));
        c->kernel(&to.view, &from.view);
        cm_work_end(state);
    }
    cm_samples_close(&to);
    cm_samples_close(&from);
    return none_unless(failed);
}

static void int16_to_float32(const cm_view *to, const cm_view *from)
{
    cm_convert(to, from, (cm_dither){ 0 });
}

static void double_mono(const cm_view *to, const cm_view *from)
{
    cm_spread(to, from, 1.0, 1.0);
}

CM_DSP_FUNCTION(convert_float32_to_int16)
{
    (void)module;
    static const conversion c = { { "convert_float32_to_int16", 2, 2, { "float_data", "int_data" } },
                                  CM_F32,
                                  CM_S16,
                                  2,
                                  2,
                                  0,
                                  0,
                                  cm_truncate_to_int16 };
    return run_conversion(&c, args, count, keywords);
}

CM_DSP_FUNCTION(convert_int16_to_float32)
{
    (void)module;
    static const conversion c = { { "convert_int16_to_float32", 2, 2, { "int_data", "float_data" } },
                                  CM_S16,
                                  CM_F32,
                                  2,
                                  2,
                                  0,
                                  0,
                                  int16_to_float32 };
    return run_conversion(&c, args, count, keywords);
}

CM_DSP_FUNCTION(stereo_to_mono_float32)
{
    (void)module;
    static const conversion c = { { "stereo_to_mono_float32", 2, 2, { "stereo_data", "mono_data" } },
                                  CM_F32,
                                  CM_F32,
                                  2,
                                  1,
                                  2,
                                  1,
                                  cm_average_stereo };
    return run_conversion(&c, args, count, keywords);
}

CM_DSP_FUNCTION(mono_to_stereo_float32)
{
    (void)module;
    static const conversion c = { { "mono_to_stereo_float32", 2, 2, { "mono_data", "stereo_data" } },
                                  CM_F32,
                                  CM_F32,
                                  1,
                                  2,
                                  1,
                                  2,
                                  double_mono };
    return run_conversion(&c, args, count, keywords);
}

static PyObject *fade_buffer(const cm_params *params, bool falling, PyObject *const *args, Py_ssize_t count,
                             PyObject *keywords)
{
    PyObject *v[2];
    int32_t length = 0;
    cm_samples s = { 0 };
    bool failed = cm_parse(params, args, count, keywords, v) < 0 ||
                  cm_arg_i32(v[1], "fade_frames", &length) < 0 ||
                  cm_buffer_open(&s, v[0], "audio_data", CM_F32, 2, true) < 0;
    if (!failed)
        cm_fade_samples(&s, falling, length);
    cm_samples_close(&s);
    return none_unless(failed);
}

CM_DSP_FUNCTION(apply_fade_in_float32)
{
    (void)module;
    static const cm_params params = { "apply_fade_in_float32", 2, 2, { "audio_data", "fade_frames" } };
    return fade_buffer(&params, false, args, count, keywords);
}

CM_DSP_FUNCTION(apply_fade_out_float32)
{
    (void)module;
    static const cm_params params = { "apply_fade_out_float32", 2, 2, { "audio_data", "fade_frames" } };
    return fade_buffer(&params, true, args, count, keywords);
}

static PyObject *measure_buffer(const cm_params *params, double (*measure)(const cm_view *),
                                PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    PyObject *v[1], *result = NULL;
    cm_samples s = { 0 };
    if (cm_parse(params, args, count, keywords, v) == 0 &&
        cm_buffer_open(&s, v[0], "audio_data", CM_F32, 2, false) == 0)
        result = cm_measure_samples(&s, measure);
    cm_samples_close(&s);
    return result;
}

CM_DSP_FUNCTION(calculate_rms_float32)
{
    (void)module;
    static const cm_params params = { "calculate_rms_float32", 1, 1, { "audio_data" } };
    return measure_buffer(&params, cm_rms_of_all, args, count, keywords);
}

CM_DSP_FUNCTION(calculate_peak_float32)
{
    (void)module;
    static const cm_params params = { "calculate_peak_float32", 1, 1, { "audio_data" } };
    return measure_buffer(&params, cm_peak_of_all, args, count, keywords);
}

#define BUFFER_ERRORS                                                                                        \
    "Raises ValueError for another item type, number of dimensions or shape; ValueError or\n"                \
    "BufferError for a buffer to write that is read-only or not C-contiguous; TypeError for an\n"            \
    "object without a buffer. The GIL is released."

PyDoc_STRVAR(
    normalize_doc,
    "normalize_audio_float32($module, /, audio_data, target_peak=0.9)\n--\n\n"
    "Scales a buffer in place so that its largest magnitude becomes target_peak.\n\n"
    "audio_data: writable C-contiguous float32, (frames, channels). target_peak: linear.\n"
    "Silence is left alone and NaN ignored; an infinity is a ValueError. Returns None.\n\n" BUFFER_ERRORS);
PyDoc_STRVAR(
    gain_doc,
    "apply_gain_float32($module, /, audio_data, gain_db)\n--\n\n"
    "Multiplies a buffer in place by 10^(gain_db / 20).\n\n"
    "audio_data: writable C-contiguous float32, (frames, channels). Returns None.\n\n" BUFFER_ERRORS);
PyDoc_STRVAR(
    mix_doc,
    "mix_audio_float32($module, /, output, input1, input2, mix_ratio=0.5)\n--\n\n"
    "Writes input1 x (1 - mix_ratio) + input2 x mix_ratio to output, without clipping.\n\n"
    "All float32, (frames, channels); output is writable and C-contiguous and gives the size:\n"
    "an input may have more frames, not fewer. Inputs may be output itself. Returns None.\n\n" BUFFER_ERRORS);
PyDoc_STRVAR(to_int16_doc,
             "convert_float32_to_int16($module, /, float_data, int_data)\n--\n\n"
             "Writes float samples x 32767 to an int16 buffer: fractions dropped, clipped, NaN as 0.\n\n"
             "float_data: float32, int_data: writable C-contiguous int16, both of one shape (frames,\n"
             "channels). Returns None.\n\n" BUFFER_ERRORS);
PyDoc_STRVAR(to_float32_doc,
             "convert_int16_to_float32($module, /, int_data, float_data)\n--\n\n"
             "Writes int16 samples / 32768 to a float32 buffer.\n\n"
             "int_data: int16, float_data: writable C-contiguous float32, both of one shape (frames,\n"
             "channels). Returns None.\n\n" BUFFER_ERRORS);
PyDoc_STRVAR(to_mono_doc,
             "stereo_to_mono_float32($module, /, stereo_data, mono_data)\n--\n\n"
             "Writes (left + right) x 0.5 to a mono buffer.\n\n"
             "stereo_data: float32 (frames, 2); mono_data: writable C-contiguous float32 (frames,).\n"
             "Returns None.\n\n" BUFFER_ERRORS);
PyDoc_STRVAR(to_stereo_doc,
             "mono_to_stereo_float32($module, /, mono_data, stereo_data)\n--\n\n"
             "Writes a mono buffer to both channels of a stereo one.\n\n"
             "mono_data: float32 (frames,); stereo_data: writable C-contiguous float32 (frames, 2).\n"
             "Returns None.\n\n" BUFFER_ERRORS);
PyDoc_STRVAR(fade_in_doc,
             "apply_fade_in_float32($module, /, audio_data, fade_frames)\n--\n\n"
             "Fades a buffer in, in place: frame k of the first n is multiplied by k / n.\n\n"
             "audio_data: writable C-contiguous float32, (frames, channels). n is fade_frames, at most\n"
             "all frames; 0 or less does nothing. Returns None.\n\n" BUFFER_ERRORS);
PyDoc_STRVAR(fade_out_doc,
             "apply_fade_out_float32($module, /, audio_data, fade_frames)\n--\n\n"
             "Fades a buffer out, in place: frame k of the last n is multiplied by 1 - k / n.\n\n"
             "audio_data: writable C-contiguous float32, (frames, channels). n is fade_frames, at most\n"
             "all frames; 0 or less does nothing. Returns None.\n\n" BUFFER_ERRORS);
PyDoc_STRVAR(
    rms_doc,
    "calculate_rms_float32($module, /, audio_data)\n--\n\n"
    "Returns the root mean square over all channels together, linear; 0.0 for no samples.\n\n"
    "audio_data: float32, (frames, channels), any strides, read-only too. NaN gives NaN.\n\n" BUFFER_ERRORS);
PyDoc_STRVAR(
    peak_doc,
    "calculate_peak_float32($module, /, audio_data)\n--\n\n"
    "Returns the largest magnitude over all channels, linear; 0.0 for no samples.\n\n"
    "audio_data: float32, (frames, channels), any strides, read-only too. NaN is ignored.\n\n" BUFFER_ERRORS);

PyMethodDef cm_buffer_methods[] = {
    CM_METHOD("normalize_audio_float32", normalize_audio_float32, normalize_doc),
    CM_METHOD("apply_gain_float32", apply_gain_float32, gain_doc),
    CM_METHOD("mix_audio_float32", mix_audio_float32, mix_doc),
    CM_METHOD("convert_float32_to_int16", convert_float32_to_int16, to_int16_doc),
    CM_METHOD("convert_int16_to_float32", convert_int16_to_float32, to_float32_doc),
    CM_METHOD("stereo_to_mono_float32", stereo_to_mono_float32, to_mono_doc),
    CM_METHOD("mono_to_stereo_float32", mono_to_stereo_float32, to_stereo_doc),
    CM_METHOD("apply_fade_in_float32", apply_fade_in_float32, fade_in_doc),
    CM_METHOD("apply_fade_out_float32", apply_fade_out_float32, fade_out_doc),
    CM_METHOD("calculate_rms_float32", calculate_rms_float32, rms_doc),
    CM_METHOD("calculate_peak_float32", calculate_peak_float32, peak_doc),
    { NULL, NULL, 0, NULL },
};
