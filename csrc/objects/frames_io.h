/* frames_io.h: moving frames between an ExtAudioFile and memory. */
#ifndef CM_OBJECTS_FRAMES_IO_H
#define CM_OBJECTS_FRAMES_IO_H

#include "objects.h"

/*
 * Both move up to `frames` frames in the client format given, which must be the file's present one; the
 * planes of a non-interleaved format follow one another, each of as many frames as were moved in the end.
 * *done frames were moved, fewer than asked for only at the end of the file. The GIL is dropped meanwhile,
 * and signals are handled now and then. -1 with *status, or with an exception and *status noErr.
 */
int cm_read_frames(ExtAudioFileRef file, const AudioStreamBasicDescription *client, void *memory,
                   Py_ssize_t frames, Py_ssize_t *done, OSStatus *status);
int cm_write_frames(ExtAudioFileRef file, const AudioStreamBasicDescription *client, const void *memory,
                    Py_ssize_t frames, OSStatus *status);

/* The same as bytes: (new bytes object, *done frames). NULL as -1 above. */
PyObject *cm_read_frame_bytes(ExtAudioFileRef file, const AudioStreamBasicDescription *client,
                              Py_ssize_t frames, Py_ssize_t *done, OSStatus *status);

/* Frames in the whole file, at the file's own sample rate. */
OSStatus cm_length_in_frames(ExtAudioFileRef file, SInt64 *frames);

/*
 * The converter between the file and its client format, lent; kExtAudioFileError_InvalidProperty when there
 * is none. After its properties were changed the file must be told. *operation names the call that failed.
 * Without the GIL.
 */
OSStatus cm_file_converter(ExtAudioFileRef file, AudioConverterRef *converter, const char **operation);
OSStatus cm_file_converter_changed(ExtAudioFileRef file, const char **operation);

/* What an encoder is told before the first frame; a negative number leaves it alone. */
typedef enum cm_encoder_setting {
    CM_BIT_RATE_MODE, /* kAudioCodecBitRateControlMode_... */
    CM_BIT_RATE,      /* bits per second */
    CM_QUALITY,       /* 0 .. 127, how much work to spend */
    CM_VBR_QUALITY,   /* 0 .. 127, of the sound, in variable bit rate */
    CM_SETTING_COUNT
} cm_encoder_setting;

typedef struct cm_encoder_settings {
    SInt64 values[CM_SETTING_COUNT];
} cm_encoder_settings;

/* Reads arguments, of which any may be NULL or None. ValueError for numbers out of range. */
int cm_encoder_settings_read(PyObject *const given[CM_SETTING_COUNT], cm_encoder_settings *settings);

bool cm_encoder_settings_given(const cm_encoder_settings *settings);

/*
 * Hands them to the converter of a file whose client format is set. *operation names the call that failed.
 * The GIL must have been dropped by the caller.
 */
OSStatus cm_encoder_settings_apply(ExtAudioFileRef file, const cm_encoder_settings *settings,
                                   const char **operation);

#endif
