/* AudioFile: frames in the caller's sample type, of PCM and compressed files alike. */
#include "audio_file.h"
#include "format.h"

#include "common/numpy_api.h"

#include <string.h>

/* A compressed file may claim any length; memory for more frames than this is taken as they come. */
#define TRUSTED_FRAMES ((SInt64)1 << 24)

static cm_audio_file *file_of(PyObject *self)
{
    return (cm_audio_file *)self;
}

/* ---- the ExtAudioFile over the file ---- */

static int open_reader(cm_audio_file *f)
{
    OSStatus status;
    if (f->ext)
        return 0;
    CM_CALL(status, ExtAudioFileWrapAudioFileID(f->file, f->mode == CM_MODE_WRITE, &f->ext));
    if (status)
        cm_audio_file_raise(f, status, "ExtAudioFileWrapAudioFileID", "read frames");
    f->ext_position = 0;
    f->client = (AudioStreamBasicDescription){ 0 };
    return status ? -1 : 0;
}

SInt64 cm_audio_file_length(cm_audio_file *f)
{
    SInt64 length;
    if (f->length >= 0)
        return f->length;
    if (open_reader(f) < 0)
        return -1;
    OSStatus status = cm_length_in_frames(f->ext, &length);
    if (status) {
        cm_audio_file_raise(f, status, "ExtAudioFileGetProperty", "get the number of frames");
        return -1;
    }
    f->length = length > 0 ? length : 0;
    return f->length;
}

static int set_client(cm_audio_file *f, const AudioStreamBasicDescription *client)
{
    OSStatus status;
    if (memcmp(&f->client, client, sizeof *client) == 0)
        return 0;
    CM_CALL(status,
            ExtAudioFileSetProperty(f->ext, kExtAudioFileProperty_ClientDataFormat, sizeof *client, client));
    if (status) {
        cm_audio_file_raise(f, status, "ExtAudioFileSetProperty", "read frames of this format");
        return -1;
    }
    f->client = *client;
    f->ext_position = f->ext_position == 0 ? 0 : -1;
    return 0;
}

static int move_to(cm_audio_file *f, SInt64 frame)
{
    OSStatus status;
    if (f->ext_position == frame)
        return 0;
    CM_CALL(status, ExtAudioFileSeek(f->ext, frame));
    f->ext_position = status ? -1 : frame;
    if (status)
        cm_audio_file_raise(f, status, "ExtAudioFileSeek", "go to the frame");
    return status ? -1 : 0;
}

/* Everything that reading needs: the file stands at `start`, *available frames are behind it. */
static int prepare(cm_audio_file *f, const AudioStreamBasicDescription *client, SInt64 start,
                   SInt64 *available)
{
    if (cm_audio_file_check_readable(f) < 0 || open_reader(f) < 0 || set_client(f, client) < 0)
        return -1;
    SInt64 length = cm_audio_file_length(f);
    if (length < 0)
        return -1;
    f->position = start;
    *available = start < length ? length - start : 0;
    return *available ? move_to(f, start) : 0;
}

/* Reads on; the number of frames that came, or -1 with an exception. */
static Py_ssize_t read_on(cm_audio_file *f, void *memory, Py_ssize_t frames)
{
    OSStatus status;
    Py_ssize_t done;
    if (cm_read_frames(f->ext, &f->client, memory, frames, &done, &status) < 0) {
        f->ext_position = -1;
        if (status)
            cm_audio_file_raise(f, status, "ExtAudioFileRead", "read frames");
        return -1;
    }
    f->position += done;
    f->ext_position = f->position;
    return done;
}

/* ---- arrays ---- */

/* Fills an array that grows as frames come, because their number is only what the file claims. */
static int fill_growing(cm_audio_file *f, PyObject *array, void *data, Py_ssize_t room, Py_ssize_t frames)
{
    Py_ssize_t done = 0, frame_bytes = f->client.mBytesPerFrame;
    for (;;) {
        Py_ssize_t came = read_on(f, (char *)data + done * frame_bytes, room - done);
        if (came < 0)
            return -1;
        done += came;
        if (done < room || done == frames)
            return cm_numpy_set_rows(array, done, &data);
        room = frames - room > room ? 2 * room : frames;
        if (cm_numpy_set_rows(array, room, &data) < 0)
            return -1;
    }
}

static PyObject *new_array(cm_audio_file *f, const cm_sample_type *type, Py_ssize_t frames)
{
    bool trusted = f->data.mFormatID == kAudioFormatLinearPCM || frames <= TRUSTED_FRAMES;
    Py_ssize_t room = trusted ? frames : TRUSTED_FRAMES;
    Py_ssize_t shape[2] = { room, f->data.mChannelsPerFrame };
    void *data;
    PyObject *array = cm_numpy_new_array(type->code, 2, shape, &data);
    if (array && fill_growing(f, array, data, room, frames) < 0)
        Py_CLEAR(array);
    return array;
}

PyObject *cm_audio_file_read_array(cm_audio_file *f, const cm_sample_type *type, SInt64 start, SInt64 frames)
{
    SInt64 available;
    AudioStreamBasicDescription client = cm_sample_format(type, f->data.mSampleRate,
                                                          f->data.mChannelsPerFrame);
    if (prepare(f, &client, start, &available) < 0)
        return NULL;
    return new_array(f, type, frames < 0 || frames > available ? available : frames);
}

/* ---- into memory of the caller's ---- */

/* out[:rows], without copying: arrays and memory views slice so themselves. */
static PyObject *first_rows(PyObject *out, Py_ssize_t rows)
{
    bool slices = PyMemoryView_Check(out) || cm_numpy_is_array(out);
    PyObject *view = slices ? Py_NewRef(out) : PyMemoryView_FromObject(out);
    PyObject *result = view ? PySequence_GetSlice(view, 0, rows) : NULL;
    Py_XDECREF(view);
    return result;
}

static PyObject *read_into(cm_audio_file *f, PyObject *out, const cm_sample_type *type, SInt64 start,
                           SInt64 frames)
{
    cm_frames to;
    SInt64 available;
    Py_ssize_t done = -1;
    if (cm_frames_get(out, "out", f->data.mChannelsPerFrame, true, &to) < 0)
        return NULL;
    AudioStreamBasicDescription client = cm_sample_format(to.type, f->data.mSampleRate,
                                                          f->data.mChannelsPerFrame);
    if (type && type != to.type)
        PyErr_Format(PyExc_ValueError, "out holds %s, but dtype is %s", to.type->name, type->name);
    else if (prepare(f, &client, start, &available) == 0) {
        Py_ssize_t wanted = frames < 0 || frames > to.count ? to.count : (Py_ssize_t)frames;
        done = read_on(f, to.data, wanted < available ? wanted : (Py_ssize_t)available);
    }
    cm_frames_release(&to);
    return done < 0 ? NULL : first_rows(out, done);
}

/* ---- methods ---- */

/* A number of frames; NULL leaves *out alone. */
static int frame_number(PyObject *value, const char *name, SInt64 *out)
{
    int64_t number = 0;
    if (!value)
        return 0;
    if (cm_arg_i64(value, name, &number) < 0)
        return -1;
    if (number < 0) {
        PyErr_Format(PyExc_ValueError, "%s must not be negative", name);
        return -1;
    }
    *out = number;
    return 0;
}

static PyObject *unless_none(PyObject *value)
{
    return value == Py_None ? NULL : value;
}

const char cm_audio_file_read_doc[] = PyDoc_STR(
    "read($self, /, frames=-1, dtype='float32', *, start=None, out=None)\n--\n\n"
    "Frames as a new array of shape (frames, channels), C-contiguous.\n\n"
    "frames: how many; negative for all to the end. Fewer come at the end of the file.\n"
    "dtype: 'float32' or 'float64' (full scale is 1.0), 'int16' or 'int32' (full scale is the type's).\n"
    "Compressed files are decoded, other sample types converted.\n"
    "start: the first frame; by default where the last read ended.\n"
    "out: a writable array or buffer of shape (n, channels), or (n,) for one channel, to read into; its\n"
    "type is then the dtype, and the filled part of it is returned.\n\n"
    "ImportError without NumPy, unless out is given. AudioFileError when the file cannot be read.");

PyObject *cm_audio_file_read(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "read", 0, 2, { "frames", "dtype", "start", "out" } };
    PyObject *v[4], *result;
    SInt64 start = -1;
    int64_t frames = -1;
    cm_audio_file *f = file_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, v) < 0 ||
        cm_arg_i64(unless_none(v[0]), "frames", &frames) < 0 ||
        frame_number(unless_none(v[2]), "start", &start) < 0)
        return NULL;
    const cm_sample_type *type = v[1] ? cm_sample_type_of(v[1]) : NULL;
    if ((v[1] && !type) || cm_audio_file_begin(f) < 0)
        return NULL;
    start = start < 0 ? f->position : start;
    if (unless_none(v[3]))
        result = read_into(f, v[3], type, start, frames);
    else
        result = cm_audio_file_read_array(f, type ? type : cm_float32, start, frames);
    return cm_audio_file_end(f, result);
}

const char cm_audio_file_seek_doc[] = PyDoc_STR(
    "seek($self, /, frame)\n--\n\n"
    "Makes a frame the first of the next read() and returns its number.\n\n"
    "frame: counted from 0; behind the end of the file nothing will be read. ValueError when negative.");

PyObject *cm_audio_file_seek(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "seek", 1, 1, { "frame" } };
    PyObject *value;
    SInt64 frame = 0;
    cm_audio_file *f = file_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, &value) < 0 ||
        frame_number(value, "frame", &frame) < 0 || cm_audio_file_begin(f) < 0)
        return NULL;
    if (cm_audio_file_check_readable(f) < 0)
        return cm_audio_file_end(f, NULL);
    f->position = frame;
    return cm_audio_file_end(f, PyLong_FromLongLong(frame));
}

const char cm_audio_file_tell_doc[] = PyDoc_STR(
    "tell($self, /)\n--\n\n"
    "The number of the next frame to be read, or with mode 'w' to be written.");

PyObject *cm_audio_file_tell(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "tell", 0, 0, { NULL } };
    cm_audio_file *f = file_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, NULL) < 0 ||
        cm_audio_file_begin(f) < 0)
        return NULL;
    return cm_audio_file_end(f, PyLong_FromLongLong(f->position));
}

/* ---- frames from a place, without moving the position ---- */

/* The arguments start=0, count=None of both methods; *frames -1 for all. */
static int frame_range(PyObject *const *values, SInt64 *start, SInt64 *frames)
{
    *start = 0;
    *frames = -1;
    return frame_number(values[0], "start", start) < 0
               ? -1
               : frame_number(unless_none(values[1]), "count", frames);
}

static PyObject *frame_bytes(cm_audio_file *f, SInt64 start, SInt64 frames)
{
    OSStatus status;
    SInt64 available;
    Py_ssize_t done;
    AudioStreamBasicDescription client = f->data;
    if (client.mFormatID != kAudioFormatLinearPCM)
        client = cm_sample_format(cm_float32, f->data.mSampleRate, f->data.mChannelsPerFrame);
    if (prepare(f, &client, start, &available) < 0)
        return NULL;
    frames = frames < 0 || frames > available ? available : frames;
    PyObject *data = cm_read_frame_bytes(f->ext, &f->client, (Py_ssize_t)frames, &done, &status);
    f->ext_position = data ? start + done : -1;
    if (!data && status)
        cm_audio_file_raise(f, status, "ExtAudioFileRead", "read frames");
    return data;
}

const char cm_audio_file_read_frames_doc[] = PyDoc_STR(
    "read_frames($self, /, start=0, count=None)\n--\n\n"
    "Frames as bytes: of linear PCM as the file has them, of compressed audio native 32-bit floats.\n\n"
    "start: the first frame. count: how many, None for all to the end. Where read() goes on is not\n"
    "changed. ValueError for negative numbers, AudioFileError when the file cannot be read.");

PyObject *cm_audio_file_read_frames(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                    PyObject *keywords)
{
    static const cm_params params = { "read_frames", 0, 2, { "start", "count" } };
    PyObject *v[2];
    SInt64 start, frames;
    cm_audio_file *f = file_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, v) < 0 ||
        frame_range(v, &start, &frames) < 0 || cm_audio_file_begin(f) < 0)
        return NULL;
    SInt64 position = f->position;
    PyObject *data = frame_bytes(f, start, frames);
    f->position = position;
    return cm_audio_file_end(f, data);
}

/* One channel as (frames,), as read_as_numpy has it. */
static PyObject *without_axis_of_one(PyObject *array, UInt32 channels)
{
    if (!array || channels != 1)
        return array;
    PyObject *flat = PyObject_CallMethod(array, "reshape", "i", -1);
    Py_DECREF(array);
    return flat;
}

const char cm_audio_file_read_frames_numpy_doc[] = PyDoc_STR(
    "read_frames_numpy($self, /, start=0, count=None, dtype=None)\n--\n\n"
    "Frames as a new array: (frames,) of one channel, (frames, channels) of more.\n\n"
    "start: the first frame. count: how many, None for all to the end. dtype: as for read(); None gives\n"
    "linear PCM as read_as_numpy() does, and float32 of compressed audio. Where read() goes on is not\n"
    "changed. ImportError without NumPy, ValueError for negative numbers, AudioFileError when the file\n"
    "cannot be read.");

PyObject *cm_audio_file_read_frames_numpy(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                          PyObject *keywords)
{
    static const cm_params params = { "read_frames_numpy", 0, 3, { "start", "count", "dtype" } };
    PyObject *v[3];
    SInt64 start, frames;
    const cm_sample_type *type = NULL;
    cm_audio_file *f = file_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, v) < 0 ||
        frame_range(v, &start, &frames) < 0)
        return NULL;
    if (unless_none(v[2]) && !(type = cm_sample_type_of(v[2])))
        return NULL;
    if (cm_audio_file_begin(f) < 0)
        return NULL;
    if (!type && f->data.mFormatID == kAudioFormatLinearPCM)
        return cm_audio_file_end(f, cm_audio_file_packet_array(f, start, frames));
    SInt64 position = f->position;
    PyObject *array = cm_audio_file_read_array(f, type ? type : cm_float32, start, frames);
    f->position = position;
    return cm_audio_file_end(f, without_axis_of_one(array, f->data.mChannelsPerFrame));
}
