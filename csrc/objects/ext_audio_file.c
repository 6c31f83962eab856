/* ExtendedAudioFile: frames of a file in the format of the caller's choice. */
#include "ext_audio_file.h"
#include "samples.h"
#include "format.h"
#include "frames_io.h"
#include "source.h"

#include "common/platform.h"

#include <string.h>

static cm_ext_file *file_of(PyObject *self)
{
    return (cm_ext_file *)self;
}

PyObject *cm_ext_file_raise(cm_ext_file *f, OSStatus status, const char *operation, const char *what)
{
    return cm_raise_object(cm_kept((PyObject *)f, CM_FILE_ERROR), status, operation, "%s", what);
}

/* ---- opening ---- */

static OSStatus get_format(cm_ext_file *f, ExtAudioFilePropertyID id, AudioStreamBasicDescription *format)
{
    UInt32 size = sizeof *format;
    return ExtAudioFileGetProperty(f->file, id, &size, format);
}

static OSStatus open_native(cm_ext_file *f, CFURLRef url, const char **operation)
{
    *operation = f->writing ? "ExtAudioFileCreateWithURL" : "ExtAudioFileOpenURL";
    OSStatus status = f->writing ? ExtAudioFileCreateWithURL(url, f->type, &f->wanted, NULL,
                                                             kAudioFileFlags_EraseFile, &f->file)
                                 : ExtAudioFileOpenURL(url, &f->file);
    if (status)
        return status;
    *operation = "ExtAudioFileGetProperty";
    status = get_format(f, kExtAudioFileProperty_FileDataFormat, &f->client);
    if (status) {
        ExtAudioFileDispose(f->file);
        f->file = NULL;
    }
    return status;
}

static int open_file(cm_ext_file *f)
{
    OSStatus status;
    const char *operation = NULL;
    PyObject *error = cm_kept((PyObject *)f, CM_FILE_ERROR), *name = cm_source_name(f->path);
    CFURLRef url = name ? cm_url_from_path(f->path) : NULL;
    const char *verb = f->writing ? "create" : "open";
    if (!url) {
        if (name)
            cm_wrap_error(error, "%s file %U", verb, name);
        Py_XDECREF(name);
        return -1;
    }
    CM_CALL(status, open_native(f, url, &operation));
    CFRelease(url);
    if (status)
        cm_raise_object(error, status, operation, "%s file %U", verb, name);
    else
        cm_native_set_handle((PyObject *)f, f->file);
    Py_DECREF(name);
    return status ? -1 : 0;
}

int cm_ext_file_begin(cm_ext_file *f, bool may_open)
{
    int result = 0;
    if (cm_native_enter((PyObject *)f) < 0)
        return -1;
    if (!f->path) {
        PyErr_SetString(PyExc_RuntimeError, "ExtendedAudioFile.__init__() was not called");
        result = -1;
    } else if (!f->file && may_open) {
        result = open_file(f);
    } else if (!f->file) {
        PyErr_SetString(cm_kept((PyObject *)f, CM_FILE_ERROR), "File not open");
        result = -1;
    }
    if (result < 0)
        cm_native_leave((PyObject *)f);
    return result;
}

PyObject *cm_ext_file_end(cm_ext_file *f, PyObject *result)
{
    cm_native_leave((PyObject *)f);
    return result;
}

/* ---- life ---- */

static int read_mode(PyObject *value, PyObject *type, PyObject *format, cm_ext_file *f)
{
    const char *mode = "r";
    bool given = (type && type != Py_None) || (format && format != Py_None);
    if (cm_arg_text(value, "mode", &mode) < 0)
        return -1;
    if (strcmp(mode, "r") != 0 && strcmp(mode, "w") != 0) {
        PyErr_Format(PyExc_ValueError, "mode must be 'r' or 'w', not '%s'", mode);
        return -1;
    }
    f->writing = mode[0] == 'w';
    if (!f->writing) {
        if (given)
            PyErr_SetString(PyExc_ValueError, "file_type and format are for mode 'w'");
        return given ? -1 : 0;
    }
    if (!type || type == Py_None || !format || format == Py_None) {
        PyErr_SetString(PyExc_TypeError, "mode 'w' needs a file_type and a format");
        return -1;
    }
    return cm_arg_code(type, "file_type", &f->type) < 0 ? -1
                                                        : cm_asbd_from_format(format, "format", &f->wanted);
}

static int init(PyObject *self, PyObject *args, PyObject *keywords)
{
    static const cm_params params = { "ExtendedAudioFile", 1, 4, { "path", "mode", "file_type", "format" } };
    PyObject *v[4];
    cm_ext_file *f = file_of(self);
    if (f->path) {
        PyErr_SetString(PyExc_RuntimeError, "ExtendedAudioFile.__init__() was called before");
        return -1;
    }
    if (cm_parse_init(&params, args, keywords, v) < 0)
        return -1;
    if (!cm_is_path(v[0])) {
        PyErr_Format(PyExc_TypeError, "path must be str or os.PathLike, not %.100s", Py_TYPE(v[0])->tp_name);
        return -1;
    }
    if (read_mode(v[1], v[2], v[3], f) < 0)
        return -1;
    if (f->writing)
        f->file_format = Py_NewRef(v[3]);
    f->path = Py_NewRef(v[0]);
    return 0;
}

PyDoc_STRVAR(
    create_doc,
    "create($type, /, path, file_type, format)\n--\n\n"
    "Makes a new file and returns it open for writing.\n\n"
    "path: str or os.PathLike. file_type: four characters such as 'WAVE', or their number. format: the\n"
    "AudioFormat of the data in the file, which file_format then is. What is there under that path stays\n"
    "until close(). AudioFileError when the type, or the format in it, cannot be written.");

static PyObject *create(PyObject *type, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "create", 3, 3, { "path", "file_type", "format" } };
    PyObject *v[3];
    if (cm_parse(&params, args, count, keywords, v) < 0)
        return NULL;
    PyObject *self = PyObject_CallFunction(type, "OsOO", v[0], "w", v[1], v[2]);
    PyObject *open = self ? PyObject_CallMethod(self, "open", NULL) : NULL;
    Py_XDECREF(self);
    return open;
}

static OSStatus dispose_discarding(ExtAudioFileRef file)
{
    AudioFileID id = NULL;
    UInt32 size = sizeof id;
    if (!ExtAudioFileGetProperty(file, kExtAudioFileProperty_AudioFile, &size, &id))
        cm_platform_discard(id);
    return ExtAudioFileDispose(file);
}

/* Lets go of the native file; discard: what was written does not take its place. */
static OSStatus close_native(cm_ext_file *f, bool discard)
{
    OSStatus status;
    ExtAudioFileRef file = f->file;
    bool writing = f->writing;
    f->file = NULL;
    if (!file)
        return noErr;
    CM_CALL(status, discard && writing ? dispose_discarding(file) : ExtAudioFileDispose(file));
    return discard ? noErr : status;
}

static PyObject *close_now(cm_ext_file *f, bool discard, bool silent)
{
    OSStatus status = close_native(f, discard);
    cm_native_mark_disposed((PyObject *)f);
    if (status && !silent)
        return cm_ext_file_raise(f, status, "ExtAudioFileDispose", "close the file");
    Py_RETURN_NONE;
}

PyDoc_STRVAR(open_doc, "open($self, /)\n--\n\n"
                       "Opens the file unless it is open, and returns the object itself.\n\n"
                       "AudioFileError when it cannot be opened or created, RuntimeError after close().");

static PyObject *open_method(PyObject *self, PyObject *unused)
{
    (void)unused;
    return cm_ext_file_begin(file_of(self), true) < 0 ? NULL
                                                      : cm_ext_file_end(file_of(self), Py_NewRef(self));
}

PyDoc_STRVAR(close_doc,
             "close($self, /)\n--\n\n"
             "Closes the file; the object cannot be used again. A written file takes its place now.\n\n"
             "Does nothing when the file was never opened, or was closed before. AudioFileError when a\n"
             "written file cannot be completed.");

static PyObject *close_method(PyObject *self, PyObject *unused)
{
    PyObject *result;
    (void)unused;
    if (cm_native_enter_any(self) < 0)
        return NULL;
    result = file_of(self)->file ? close_now(file_of(self), false, false) : Py_NewRef(Py_None);
    return cm_ext_file_end(file_of(self), result);
}

PyDoc_STRVAR(dispose_doc, "dispose($self, /)\n--\n\n"
                          "close() that hides errors, and also ends an object that was never opened.");

static PyObject *dispose(PyObject *self, PyObject *unused)
{
    (void)unused;
    return cm_native_enter_any(self) < 0
               ? NULL
               : cm_ext_file_end(file_of(self), close_now(file_of(self), false, true));
}

PyDoc_STRVAR(exit_doc,
             "__exit__($self, exc_type, exc_value, traceback, /)\n--\n\n"
             "close(); but when an exception ended the block, a file that was being written is given up.");

static PyObject *exit_block(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    cm_ext_file *f = file_of(self);
    if (count != 3)
        return PyErr_Format(PyExc_TypeError, "__exit__() takes 3 arguments but %zd were given", count);
    if (args[0] == Py_None || !f->writing)
        return PyObject_CallMethod(self, "close", NULL);
    if (cm_native_enter_any(self) < 0)
        return NULL;
    return cm_ext_file_end(f, f->file ? close_now(f, true, true) : Py_NewRef(Py_None));
}

static void release(PyObject *self)
{
    cm_ext_file *f = file_of(self);
    if (f->file && f->writing &&
        PyErr_ResourceWarning(self, 1, "%R was not closed; what was written is discarded", self) < 0)
        PyErr_WriteUnraisable(self);
    close_native(f, true);
    cm_native_mark_disposed(self);
}

static void finalize(PyObject *self)
{
    cm_native_finalize(self, release);
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(file_of(self)->path);
    Py_VISIT(file_of(self)->file_format);
    Py_VISIT(file_of(self)->client_format);
    return cm_native_traverse(self, visit, arg);
}

static int clear(PyObject *self)
{
    Py_CLEAR(file_of(self)->path);
    Py_CLEAR(file_of(self)->file_format);
    Py_CLEAR(file_of(self)->client_format);
    cm_native_clear(self);
    return 0;
}

static PyObject *repr(PyObject *self)
{
    PyObject *name = cm_source_name(file_of(self)->path);
    const char *state = file_of(self)->file ? "open" : "closed";
    PyObject *text = name ? PyUnicode_FromFormat("ExtendedAudioFile(%U, %s)", name, state) : NULL;
    Py_XDECREF(name);
    return text;
}

/* ---- formats ---- */

static PyObject *get_path(PyObject *self, void *closure)
{
    PyObject *path = file_of(self)->path;
    (void)closure;
    return Py_NewRef(path ? path : Py_None);
}

/* The file's own format, for a getter: begun, and ended by the caller unless it failed. */
static int begin_format(cm_ext_file *f, AudioStreamBasicDescription *format)
{
    OSStatus status;
    if (cm_ext_file_begin(f, true) < 0)
        return -1;
    CM_CALL(status, get_format(f, kExtAudioFileProperty_FileDataFormat, format));
    if (!status)
        return 0;
    cm_ext_file_end(f, cm_ext_file_raise(f, status, "ExtAudioFileGetProperty", "get the file format"));
    return -1;
}

static PyObject *get_file_format(PyObject *self, void *closure)
{
    AudioStreamBasicDescription format;
    cm_ext_file *f = file_of(self);
    (void)closure;
    if (begin_format(f, &format) < 0)
        return NULL;
    if (!f->file_format)
        f->file_format = cm_format_from_asbd(self, &format);
    return cm_ext_file_end(f, Py_XNewRef(f->file_format));
}

static PyObject *get_client_format(PyObject *self, void *closure)
{
    PyObject *format = file_of(self)->client_format;
    (void)closure;
    return Py_NewRef(format ? format : Py_None);
}

static int set_client_format(PyObject *self, PyObject *value, void *closure)
{
    AudioStreamBasicDescription format;
    OSStatus status;
    cm_ext_file *f = file_of(self);
    (void)closure;
    if (cm_native_check(self) < 0)
        return -1;
    if (!value) {
        PyErr_SetString(PyExc_AttributeError, "client_format can be set, but not deleted");
        return -1;
    }
    if (cm_asbd_from_format(value, "client_format", &format) < 0 || cm_ext_file_begin(f, true) < 0)
        return -1;
    CM_CALL(status,
            ExtAudioFileSetProperty(f->file, kExtAudioFileProperty_ClientDataFormat, sizeof format, &format));
    if (status) {
        cm_ext_file_raise(f, status, "ExtAudioFileSetProperty", "set the client format");
    } else {
        f->client = format;
        Py_XSETREF(f->client_format, Py_NewRef(value));
    }
    cm_ext_file_end(f, NULL);
    return status ? -1 : 0;
}

static PyObject *get_sample_rate(PyObject *self, void *closure)
{
    AudioStreamBasicDescription format;
    (void)closure;
    if (begin_format(file_of(self), &format) < 0)
        return NULL;
    return cm_ext_file_end(file_of(self), PyFloat_FromDouble(format.mSampleRate));
}

static PyObject *get_channels(PyObject *self, void *closure)
{
    AudioStreamBasicDescription format;
    (void)closure;
    if (begin_format(file_of(self), &format) < 0)
        return NULL;
    return cm_ext_file_end(file_of(self), PyLong_FromUnsignedLong(format.mChannelsPerFrame));
}

static PyObject *get_frame_count(PyObject *self, void *closure)
{
    cm_ext_file *f = file_of(self);
    SInt64 frames = 0;
    (void)closure;
    if (cm_ext_file_begin(f, true) < 0)
        return NULL;
    OSStatus status = cm_length_in_frames(f->file, &frames);
    return cm_ext_file_end(
        f, status ? cm_ext_file_raise(f, status, "ExtAudioFileGetProperty", "get the number of frames")
                  : PyLong_FromLongLong(frames));
}

/* ---- frames ---- */

/* Frames worth a buffer: a large request is cut to what is left of the file. */
static void clamp_frames(cm_ext_file *f, int64_t *frames)
{
    AudioStreamBasicDescription own;
    SInt64 length = 0, at = 0;
    UInt32 size = sizeof length;
    if (*frames <= 1 << 16 ||
        ExtAudioFileGetProperty(f->file, kExtAudioFileProperty_FileLengthFrames, &size, &length) ||
        get_format(f, kExtAudioFileProperty_FileDataFormat, &own) || ExtAudioFileTell(f->file, &at) ||
        own.mSampleRate <= 0)
        return;
    double left = (double)(length - at) * f->client.mSampleRate / own.mSampleRate + 1;
    if (left < (double)*frames)
        *frames = left > 0 ? (int64_t)left : 0;
}

static PyObject *read_bytes(cm_ext_file *f, int64_t frames, Py_ssize_t *done)
{
    OSStatus status;
    CM_RUN(clamp_frames(f, &frames));
    PyObject *data = cm_read_frame_bytes(f->file, &f->client, (Py_ssize_t)frames, done, &status);
    if (!data && status)
        return cm_ext_file_raise(f, status, "ExtAudioFileRead", "read frames");
    if (!data && PyErr_ExceptionMatches(PyExc_ValueError))
        cm_wrap_error(cm_kept((PyObject *)f, CM_FILE_ERROR), "read frames (set client_format first)");
    return data;
}

/* A number of frames. What no file has is an AudioFileError, as all that cannot be read or written. */
static int frame_count(cm_ext_file *f, PyObject *value, int64_t *frames)
{
    if (cm_arg_i64(value, "num_frames", frames) == 0 && *frames >= 0)
        return 0;
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "num_frames must not be negative");
    if (!PyErr_ExceptionMatches(PyExc_TypeError))
        cm_wrap_error(cm_kept((PyObject *)f, CM_FILE_ERROR), "move frames");
    return -1;
}

static PyObject *read_pair(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords,
                           const cm_params *params, Py_ssize_t *done)
{
    PyObject *value;
    int64_t frames;
    cm_ext_file *f = file_of(self);
    if (cm_native_check(self) < 0 || cm_parse(params, args, count, keywords, &value) < 0 ||
        frame_count(f, value, &frames) < 0 || cm_ext_file_begin(f, true) < 0)
        return NULL;
    return cm_ext_file_end(f, read_bytes(f, frames, done));
}

PyDoc_STRVAR(
    read_doc,
    "read($self, /, num_frames)\n--\n\n"
    "Reads on from where the last read ended: (data, frames_read), (b'', 0) at the end.\n\n"
    "data is in client_format, or the file's format while none is set; planes of a format that is not\n"
    "interleaved follow one another. AudioFileError when the file cannot be read.");

static PyObject *read_method(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "read", 1, 1, { "num_frames" } };
    Py_ssize_t done;
    PyObject *data = read_pair(self, args, count, keywords, &params, &done);
    return data ? Py_BuildValue("(Nn)", data, done) : NULL;
}

PyDoc_STRVAR(read_frames_doc, "read_frames($self, /, num_frames)\n--\n\nThe data of read() alone.");

static PyObject *read_frames(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "read_frames", 1, 1, { "num_frames" } };
    Py_ssize_t done;
    return read_pair(self, args, count, keywords, &params, &done);
}

static PyObject *write_bytes(cm_ext_file *f, PyObject *data, int64_t frames)
{
    Py_buffer view;
    OSStatus status;
    UInt64 frame = (UInt64)f->client.mBytesPerFrame * cm_asbd_planes(&f->client);
    if (cm_arg_frames(data, "audio_data", &f->client, &view) < 0)
        return NULL;
    if (frame == 0 || (UInt64)frames > (UInt64)view.len / frame) {
        PyErr_Format(PyExc_ValueError, "audio_data holds %zd bytes, not %lld frames of %u", view.len,
                     (long long)frames, (unsigned)frame);
        PyBuffer_Release(&view);
        return cm_wrap_error(cm_kept((PyObject *)f, CM_FILE_ERROR), "write frames");
    }
    f->encoding = f->encoding || frames > 0;
    int result = cm_write_frames(f->file, &f->client, view.buf, (Py_ssize_t)frames, &status);
    PyBuffer_Release(&view);
    if (result == 0)
        Py_RETURN_NONE;
    return status ? cm_ext_file_raise(f, status, "ExtAudioFileWrite", "write frames") : NULL;
}

PyDoc_STRVAR(
    write_doc,
    "write($self, /, num_frames, audio_data)\n--\n\n"
    "Appends frames (not samples) in client_format, or the file's format while none is set.\n\n"
    "audio_data: bytes-like, or an array of that format's samples; TypeError for an array of others.\n"
    "AudioFileError when the file is not open, audio_data does not hold that many frames, or they cannot\n"
    "be written.");

static PyObject *write_method(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "write", 2, 2, { "num_frames", "audio_data" } };
    PyObject *v[2];
    int64_t frames;
    cm_ext_file *f = file_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, v) < 0 ||
        frame_count(f, v[0], &frames) < 0 || cm_ext_file_begin(f, false) < 0)
        return NULL;
    return cm_ext_file_end(f, write_bytes(f, v[1], frames));
}

PyDoc_STRVAR(write_frames_doc, "write_frames($self, /, audio_data, num_frames)\n--\n\n"
                               "write() with its parameters in the other order.");

static PyObject *write_frames(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "write_frames", 2, 2, { "audio_data", "num_frames" } };
    PyObject *v[2];
    int64_t frames;
    cm_ext_file *f = file_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, v) < 0 ||
        frame_count(f, v[1], &frames) < 0 || cm_ext_file_begin(f, false) < 0)
        return NULL;
    return cm_ext_file_end(f, write_bytes(f, v[0], frames));
}

PyDoc_STRVAR(seek_doc, "seek($self, /, frame)\n--\n\n"
                       "Makes a frame, counted at the file's own sample rate, the first of the next read.\n\n"
                       "AudioFileError when the file cannot go there.");

static PyObject *seek(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "seek", 1, 1, { "frame" } };
    PyObject *value;
    int64_t frame;
    OSStatus status;
    cm_ext_file *f = file_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, &value) < 0 ||
        cm_arg_i64(value, "frame", &frame) < 0 || cm_ext_file_begin(f, true) < 0)
        return NULL;
    CM_CALL(status, ExtAudioFileSeek(f->file, frame));
    return cm_ext_file_end(f, status ? cm_ext_file_raise(f, status, "ExtAudioFileSeek", "go to the frame")
                                     : Py_NewRef(Py_None));
}

PyDoc_STRVAR(tell_doc, "tell($self, /)\n--\n\n"
                       "The number of the next frame, counted at the file's own sample rate.");

static PyObject *tell(PyObject *self, PyObject *unused)
{
    SInt64 frame = 0;
    OSStatus status;
    cm_ext_file *f = file_of(self);
    (void)unused;
    if (cm_ext_file_begin(f, true) < 0)
        return NULL;
    CM_CALL(status, ExtAudioFileTell(f->file, &frame));
    return cm_ext_file_end(f, status ? cm_ext_file_raise(f, status, "ExtAudioFileTell", "get the position")
                                     : PyLong_FromLongLong(frame));
}

/* ---- the type ---- */

#define METHOD(name) CM_METHOD(#name, cm_ext_file_##name, cm_ext_file_##name##_doc)

static PyMethodDef methods[] = {
    { "create", CM_FAST(create), METH_FASTCALL | METH_KEYWORDS | METH_CLASS, create_doc },
    { "open", open_method, METH_NOARGS, open_doc },
    { "close", close_method, METH_NOARGS, close_doc },
    { "dispose", dispose, METH_NOARGS, dispose_doc },
    { "__enter__", open_method, METH_NOARGS, "__enter__($self, /)\n--\n\nopen()." },
    { "__exit__", CM_FAST(exit_block), METH_FASTCALL, exit_doc },
    CM_METHOD("read", read_method, read_doc),
    CM_METHOD("read_frames", read_frames, read_frames_doc),
    CM_METHOD("write", write_method, write_doc),
    CM_METHOD("write_frames", write_frames, write_frames_doc),
    CM_METHOD("seek", seek, seek_doc),
    { "tell", tell, METH_NOARGS, tell_doc },
    METHOD(set_encoder),
    METHOD(get_property),
    METHOD(set_property),
    METHOD(get_converter_property),
    METHOD(set_converter_property),
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef properties[] = {
    { "path", get_path, NULL, "The path as it was given.", NULL },
    { "file_format", get_file_format, NULL,
      "The AudioFormat of the data in the file; the same object each time.", NULL },
    { "client_format", get_client_format, set_client_format,
      "The AudioFormat that read() gives and write() takes; None until it is set, for the file's own.",
      NULL },
    { "sample_rate", get_sample_rate, NULL, "Of the file, Hz, a float.", NULL },
    { "channels", get_channels, NULL, "Channels of a frame in the file.", NULL },
    { "frame_count", get_frame_count, NULL, "Frames in the file, at its own sample rate.", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

PyDoc_STRVAR(
    type_doc,
    "ExtendedAudioFile(path, mode='r', file_type=None, format=None)\n--\n\n"
    "An audio file read and written through a converter, frame by frame from a moving place.\n\n"
    "path: str or os.PathLike. mode: 'r' reads; 'w' makes a new file of file_type (four characters or their\n"
    "number) and format (an AudioFormat), which takes its place at close(). create() is the usual way to\n"
    "write. Set client_format to have samples converted, and compressed files decoded or encoded.\n\n"
    "Nothing is opened before it is needed, or open() or `with` is used.");

static PyType_Slot slots[] = {
    { Py_tp_doc, (void *)type_doc },
    { Py_tp_new, cm_native_new },
    { Py_tp_init, init },
    { Py_tp_dealloc, cm_native_dealloc },
    { Py_tp_finalize, finalize },
    { Py_tp_traverse, traverse },
    { Py_tp_clear, clear },
    { Py_tp_repr, repr },
    { Py_tp_methods, methods },
    { Py_tp_getset, properties },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "coremusic.objects.ExtendedAudioFile",
    .basicsize = sizeof(cm_ext_file),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int cm_ext_audio_file_init(PyObject *module, cm_objects_state *state)
{
    return cm_native_add_type(module, state, &spec);
}
