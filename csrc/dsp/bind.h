/* bind.h: the functions of the module, by file. */
#ifndef CM_DSP_BIND_H
#define CM_DSP_BIND_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "measure.h"
#include "samples.h"

/* Each ends with an empty entry. */
extern PyMethodDef cm_buffer_methods[];  /* bind_buffers.c: in place, by the contract of coremusic.capi */
extern PyMethodDef cm_wrapper_methods[]; /* bind_wrappers.c: its functions that return new arrays */
extern PyMethodDef cm_edit_methods[];    /* bind_edit.c: gain, pan, clip, fades */
extern PyMethodDef cm_mix_methods[];     /* bind_mix.c: mix */
extern PyMethodDef cm_measure_methods[]; /* bind_measure.c: peak, rms, true_peak, loudness, normalize */
extern PyMethodDef cm_decibel_methods[]; /* bind_decibels.c: to_db, from_db */
extern PyMethodDef cm_layout_methods[];  /* bind_layout.c: convert, reverse, interleave, deinterleave */

extern PyType_Spec cm_level_meter_spec; /* bind_meter.c: LevelMeter */

#define CM_DSP_FUNCTION(name)                                                                                \
    static PyObject *name(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)

/* Parts of docstrings. */
#define CM_DOC_DATA                                                                                          \
    "data: float32 or float64 array (or another object with a buffer), (frames,) or (frames,\n"              \
    "channels), any strides, read-only too.\n"
#define CM_DOC_OUT                                                                                           \
    "out: None for a new array, else where the result goes: a writable array of its shape and\n"             \
    "type, which may be an input itself or overlap it. Returns the result.\n" CM_DOC_ERRORS
#define CM_DOC_ERRORS                                                                                        \
    "TypeError for an object without a buffer or of another type, ValueError for another shape or\n"         \
    "memory that cannot be written, ImportError when a new array is needed and NumPy is missing.\n"          \
    "The GIL is released.\n"

/* bind_shared.c: what several files need. */

/* The functional API's target_peak, a single-precision 0.9. */
#define CM_DEFAULT_PEAK ((double)0.9f)

/* ValueError when the peak is infinite: no gain can bring it down. */
int cm_check_peak(double peak, const char *name);

/* A meter for that many channels, or NULL with ValueError for a rate or weights (NULL: the usual) it can't
 * have. */
cm_loudness *cm_take_loudness(size_t channels, PyObject *rate, PyObject *weights);

PyObject *cm_tuple_of_floats(const double *values, size_t count);

/* The measure of the samples as a float, taken without the GIL. */
PyObject *cm_measure_samples(const cm_samples *samples, double (*measure)(const cm_view *view));

/* A function of samples of one type and shape to as many. */
typedef struct cm_unary {
    cm_samples in;
    cm_result out;
} cm_unary;

/* Opens data (a set of types) and the place of the result. All zero before; closed in any case. */
int cm_unary_open(cm_unary *unary, PyObject *data, PyObject *out, unsigned set);
PyObject *cm_unary_close(cm_unary *unary, bool failed);

/* A linear fade in place of the first (falling: last) `length` frames; none when it is negative. */
void cm_fade_samples(const cm_samples *samples, bool falling, int32_t length);

#endif
