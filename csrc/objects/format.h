/* format.h: an AudioFormat on Python's side, an AudioStreamBasicDescription on the framework's. */
#ifndef CM_OBJECTS_FORMAT_H
#define CM_OBJECTS_FORMAT_H

#include "common/convert.h"
#include "objects.h"

/*
 * Reads the eight attributes of an AudioFormat; TypeError naming the parameter for any other object. Sizes of
 * linear PCM that are 0 are completed: one frame per packet, bytes from channels and bits, and flags 0 mean
 * signed packed integers. format itself is not changed.
 */
int cm_asbd_from_format(PyObject *format, const char *name, AudioStreamBasicDescription *out);

/* A new AudioFormat, format_id as four characters. self: an instance of one of the module's types. */
PyObject *cm_format_from_asbd(PyObject *self, const AudioStreamBasicDescription *asbd);

#endif
