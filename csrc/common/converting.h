/*
 * converting.h: whole buffers through an AudioConverter, for both layers.
 *
 * Results are bytes. NULL with *status and *operation set when the framework refused; NULL with an exception
 * and *status 0 otherwise. The GIL is dropped while converting.
 */
#ifndef CM_COMMON_CONVERTING_H
#define CM_COMMON_CONVERTING_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <AudioToolbox/AudioToolbox.h>

/* Linear PCM at one rate: AudioConverterConvertBuffer, the output sized by the converter. */
PyObject *cm_convert_buffer(AudioConverterRef converter, const Py_buffer *input, OSStatus *status,
                            const char **operation);

/*
 * AudioConverterFillComplexBuffer over `packets` packets of source in input, after which the input has ended.
 * On success *io_out is the number of packets produced, of at most as many as it asked for. Buffers of a
 * non-interleaved destination follow one another.
 */
PyObject *cm_fill_complex(AudioConverterRef converter, const Py_buffer *input, UInt32 packets,
                          const AudioStreamBasicDescription *source, UInt32 *io_out, OSStatus *status,
                          const char **operation);

/*
 * The same with packets described. given: `packets` descriptions of input, or NULL as above. made: room for
 * *io_out descriptions of the output, or NULL.
 */
PyObject *cm_fill_described(AudioConverterRef converter, const Py_buffer *input, UInt32 packets,
                            const AudioStreamPacketDescription *given,
                            const AudioStreamBasicDescription *source, UInt32 *io_out,
                            AudioStreamPacketDescription *made, OSStatus *status, const char **operation);

#endif
