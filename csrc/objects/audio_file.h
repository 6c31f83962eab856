/*
 * audio_file.h: AudioFile from the inside, for the files that implement it.
 *
 * A method checks for disposal, reads its arguments, and then works between cm_audio_file_begin and
 * cm_audio_file_end. In between the file is open and this thread alone has it.
 */
#ifndef CM_OBJECTS_AUDIO_FILE_H
#define CM_OBJECTS_AUDIO_FILE_H

#include "frames_io.h"
#include "native.h"
#include "samples.h"
#include "source.h"

typedef enum cm_mode { CM_MODE_READ, CM_MODE_UPDATE, CM_MODE_WRITE, CM_MODE_COUNT } cm_mode;

typedef struct cm_audio_file {
    cm_native native;
    PyObject *given; /* a path, bytes or a file object; NULL until __init__ */
    cm_mode mode;
    UInt32 type;                        /* of a new file, or a hint for opening one; 0: not said */
    AudioStreamBasicDescription wanted; /* of a new file */
    cm_encoder_settings encoder;

    cm_source *source;                  /* NULL for a path */
    AudioFileID file;                   /* NULL until open */
    ExtAudioFileRef ext;                /* over file; NULL until frames are moved */
    AudioStreamBasicDescription data;   /* what the file holds */
    AudioStreamBasicDescription client; /* what ext gives or takes; format 0 until set */
    SInt64 length;                      /* frames in the file; -1: not asked yet */
    SInt64 position;                    /* frame of the next read or write */
    SInt64 ext_position;                /* frame where ext stands; -1: not known */
    PyObject *format;                   /* the AudioFormat that was handed out, or NULL */
} cm_audio_file;

/* The object's file, open and this thread's alone until cm_audio_file_end. -1 with an exception. */
int cm_audio_file_begin(cm_audio_file *f);

/* Ends what begin began. Returns result, unless a file object raised meanwhile: then NULL and its exception.
 */
PyObject *cm_audio_file_end(cm_audio_file *f, PyObject *result);

/* "Failed to <what>: ..." as AudioFileError; returns NULL. */
PyObject *cm_audio_file_raise(cm_audio_file *f, OSStatus status, const char *operation, const char *what);

/* Wraps the current exception in AudioFileError("Failed to <what>: ..."); returns NULL. */
PyObject *cm_audio_file_wrap(cm_audio_file *f, const char *what);

/* AudioFileError unless the file can be read, or written. */
int cm_audio_file_check_readable(cm_audio_file *f);
int cm_audio_file_check_writable(cm_audio_file *f);

/* A property as bytes, NULL with *status noErr and no exception when the file does not have it. */
PyObject *cm_audio_file_property(cm_audio_file *f, AudioFilePropertyID id, const char *what);

/* audio_file_open.c: makes f->file and f->data. -1 with an exception. */
int cm_audio_file_open(cm_audio_file *f);

/*
 * Closes what is open; discard: a file that was being written or changed is not put in its place. Drops the
 * GIL. *operation names the call that failed.
 */
OSStatus cm_audio_file_release(cm_audio_file *f, bool discard, const char **operation);

/* audio_file_read.c: frames as a new array, for a file that was begun. frames < 0: to the end. */
PyObject *cm_audio_file_read_array(cm_audio_file *f, const cm_sample_type *type, SInt64 start, SInt64 frames);

/*
 * audio_file_packets.c: packets of linear PCM as a new array of the file's own sample type, (n,) of one
 * channel, (n, channels) of more. packets < 0: to the end.
 */
PyObject *cm_audio_file_packet_array(cm_audio_file *f, SInt64 start, SInt64 packets);

/* The number of frames, asked once. -1 with an exception. */
SInt64 cm_audio_file_length(cm_audio_file *f);

/* Forgets what was derived from the audio data, which has changed. */
void cm_audio_file_changed(cm_audio_file *f);

/* Methods and properties that are not in audio_file.c, which lists them all. */
#define CM_AUDIO_FILE_METHOD(name)                                                                           \
    extern const char cm_audio_file_##name##_doc[];                                                          \
    PyObject *cm_audio_file_##name(PyObject *self, PyObject *const *args, Py_ssize_t count,                  \
                                   PyObject *keywords)

/* audio_file_open.c */
CM_AUDIO_FILE_METHOD(type_for_extension);
/* audio_file_packets.c */
CM_AUDIO_FILE_METHOD(read_packets);
CM_AUDIO_FILE_METHOD(read_packet_data);
CM_AUDIO_FILE_METHOD(read_as_numpy);
/* audio_file_read.c */
CM_AUDIO_FILE_METHOD(read);
CM_AUDIO_FILE_METHOD(seek);
CM_AUDIO_FILE_METHOD(tell);
CM_AUDIO_FILE_METHOD(read_frames);
CM_AUDIO_FILE_METHOD(read_frames_numpy);
/* audio_file_write.c */
CM_AUDIO_FILE_METHOD(write);
CM_AUDIO_FILE_METHOD(write_packets);
/* audio_file_chunks.c */
CM_AUDIO_FILE_METHOD(get_property);
CM_AUDIO_FILE_METHOD(set_property);
CM_AUDIO_FILE_METHOD(user_data);
CM_AUDIO_FILE_METHOD(set_user_data);
CM_AUDIO_FILE_METHOD(remove_user_data);
CM_AUDIO_FILE_METHOD(optimize);
PyObject *cm_audio_file_get_chunk_ids(PyObject *self, void *closure);
/* audio_file_info.c */
PyObject *cm_audio_file_get_metadata(PyObject *self, void *closure);
int cm_audio_file_set_metadata(PyObject *self, PyObject *value, void *closure);
PyObject *cm_audio_file_get_artwork(PyObject *self, void *closure);
int cm_audio_file_set_artwork(PyObject *self, PyObject *value, void *closure);
PyObject *cm_audio_file_get_channel_layout(PyObject *self, void *closure);
int cm_audio_file_set_channel_layout(PyObject *self, PyObject *value, void *closure);
PyObject *cm_audio_file_get_packet_table(PyObject *self, void *closure);
PyObject *cm_audio_file_get_type_name(PyObject *self, void *closure);
PyObject *cm_audio_file_get_format_name(PyObject *self, void *closure);
/* audio_file_markers.c */
PyObject *cm_audio_file_get_markers(PyObject *self, void *closure);
int cm_audio_file_set_markers(PyObject *self, PyObject *value, void *closure);
PyObject *cm_audio_file_get_regions(PyObject *self, void *closure);
int cm_audio_file_set_regions(PyObject *self, PyObject *value, void *closure);

/* audio_file_blocks.c: AudioFile.blocks and iteration over a file. */
CM_AUDIO_FILE_METHOD(blocks);
PyObject *cm_audio_file_iter(PyObject *self);

#endif
