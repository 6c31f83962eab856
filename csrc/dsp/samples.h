/*
 * samples.h: Python objects as views: every check of an argument that holds samples is here. GIL held.
 *
 * Functions return 0, or -1 with an exception set. A cm_samples or cm_result that is all zero may be closed,
 * so a caller that declares its own as { 0 } has one way out.
 */
#ifndef CM_DSP_SAMPLES_H
#define CM_DSP_SAMPLES_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "view.h"

/* Sets of sample types. */
#define CM_SET(type) (1u << (type))
#define CM_REALS (CM_SET(CM_F32) | CM_SET(CM_F64))
#define CM_PLAIN (CM_REALS | CM_SET(CM_U8) | CM_SET(CM_S8) | CM_SET(CM_S16) | CM_SET(CM_S32))

typedef struct cm_shape {
    cm_sample type;
    int dimensions; /* 1: (frames), one channel; 2: (frames, channels); 24-bit samples add an axis of 3 */
    size_t frames;
    size_t channels;
    bool planar; /* two dimensions are (channels, frames) */
} cm_shape;

/* (frames, channels, bytes of a 24-bit sample) */
#define CM_MAX_AXES 3

typedef struct cm_samples {
    cm_view view; /* holds no frames where there are no channels */
    cm_shape shape;
    Py_buffer buffer; /* held, so that the memory stays, until close */
    Py_ssize_t strides[CM_MAX_AXES];
    bool held;
    void *copy; /* what view shows instead of the buffer's own memory */
} cm_samples;

/*
 * Memory to read: any strides, read-only too. TypeError when it is no buffer or its items are not of the set,
 * ValueError for a shape that is not (frames) or (frames, channels). packed24 takes bytes as 24-bit samples:
 * their last axis is 3, or they are one row of them.
 */
int cm_samples_open(cm_samples *samples, PyObject *object, const char *name, unsigned set);
int cm_samples_open24(cm_samples *samples, PyObject *object, const char *name);
/* The same, but of shape (channels, frames). */
int cm_samples_open_planar(cm_samples *samples, PyObject *object, const char *name, unsigned set);
void cm_samples_close(cm_samples *samples);

/* The shape as (frames,) or (frames, channels), or ValueError with both shapes. */
int cm_samples_expect(const cm_samples *samples, const char *name, cm_shape shape);

/* float32 with any strides, by the functional API's rule that another item type is a ValueError. */
int cm_samples_open_float32(cm_samples *samples, PyObject *object, const char *name, bool writable);

/*
 * The functional API's buffers: `type` in `dimensions` axes, else ValueError. Writable ones must also be
 * C-contiguous; what the exporter raises for one that is not (ValueError or BufferError) is passed on.
 */
int cm_buffer_open(cm_samples *samples, PyObject *object, const char *name, cm_sample type, int dimensions,
                   bool writable);

/* Where a function puts its result: the caller's out, or a new array. */
typedef struct cm_result {
    cm_samples samples;
    PyObject *object;
} cm_result;

/* out may be NULL or None. It must have the very shape and type, or ValueError, TypeError. */
int cm_result_open(cm_result *result, PyObject *out, cm_shape shape);

/* The finished object as a new reference, or NULL when failed is set. */
PyObject *cm_result_close(cm_result *result, bool failed);

/*
 * Gives samples a copy of its own when writing to out would change samples that are still to be read. With
 * elementwise, out may be the very same samples.
 */
int cm_samples_keep(cm_samples *samples, const cm_view *out, bool elementwise);

/* Drops the GIL for work on that many samples when it is worth it; for PyEval_RestoreThread when not NULL. */
PyThreadState *cm_work_begin(size_t samples);
void cm_work_end(PyThreadState *state);

static inline size_t cm_sample_count(const cm_view *view)
{
    return view->frames * view->channels;
}

/* The value, or NULL for None too. */
static inline PyObject *cm_given(PyObject *value)
{
    return value == Py_None ? NULL : value;
}

/* An int >= 0 (no float). */
int cm_take_count(PyObject *value, const char *name, size_t *out);

/* The place of a str in a list of words that ends with NULL, or ValueError with all words. */
int cm_take_word(PyObject *value, const char *name, const char *const *words, int *out);

/* A finite float, or ValueError. */
int cm_take_finite(PyObject *value, const char *name, double *out);

/*
 * The items of any iterable as a new tuple, or TypeError. A tuple of our own, because converting an item runs
 * Python code, which could change a list.
 */
PyObject *cm_take_items(PyObject *value, const char *name);

/* The functional API's `f`: a number rounded to single precision. */
int cm_take_single(PyObject *value, const char *name, double *out);

#endif
