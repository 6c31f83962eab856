/*
 * samples.h: the types of sample that arrays of frames have, and buffers of such frames.
 */
#ifndef CM_OBJECTS_SAMPLES_H
#define CM_OBJECTS_SAMPLES_H

#include "objects.h"

typedef struct cm_sample_type {
    const char *name; /* as NumPy calls it */
    char code;        /* as the buffer protocol does */
    UInt32 bytes;
    bool is_float;
} cm_sample_type;

/*
 * The type that a dtype argument names: "float32", "float64", "int16" or "int32", in any spelling that NumPy
 * has for it. NULL with ValueError for any other.
 */
const cm_sample_type *cm_sample_type_of(PyObject *dtype);

extern const cm_sample_type *const cm_float32;

/* Interleaved native PCM of that type. */
AudioStreamBasicDescription cm_sample_format(const cm_sample_type *type, Float64 rate, UInt32 channels);

/* The type whose interleaved native frames have just this format; NULL, without exception, when there is
 * none. */
const cm_sample_type *cm_sample_type_in(const AudioStreamBasicDescription *format);

/*
 * cm_arg_bytes for frames in format: bytes, or an array whose items are that format's samples. An array of
 * other samples, whose bytes would be noise, is a TypeError. Compressed data and items that are no numbers
 * pass.
 */
int cm_arg_frames(PyObject *value, const char *name, const AudioStreamBasicDescription *format,
                  Py_buffer *view);

/* A buffer of frames: shape (n,) for one channel, (n, channels) for any number. */
typedef struct cm_frames {
    Py_buffer view;
    const cm_sample_type *type;
    Py_ssize_t count;
    void *data; /* C-contiguous: the object's own memory, or that of copy */
    void *copy;
} cm_frames;

/*
 * Looks into object. writable: its own memory must be writable and C-contiguous; for reading any strides do.
 * TypeError for other sample types and for objects without a buffer, ValueError for other shapes. The caller
 * ends it with cm_frames_release.
 */
int cm_frames_get(PyObject *object, const char *name, UInt32 channels, bool writable, cm_frames *frames);
void cm_frames_release(cm_frames *frames);

#endif
