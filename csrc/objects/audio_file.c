/* AudioFile: the type, its life, and the properties that are one number. */
#include "audio_file.h"

#include "format.h"

#include <string.h>

static cm_audio_file *file_of(PyObject *self)
{
    return (cm_audio_file *)self;
}

/* ---- errors ---- */

PyObject *cm_audio_file_raise(cm_audio_file *f, OSStatus status, const char *operation, const char *what)
{
    return cm_raise_object(cm_kept((PyObject *)f, CM_FILE_ERROR), status, operation, "%s", what);
}

PyObject *cm_audio_file_wrap(cm_audio_file *f, const char *what)
{
    return cm_wrap_error(cm_kept((PyObject *)f, CM_FILE_ERROR), "%s", what);
}

int cm_audio_file_check_readable(cm_audio_file *f)
{
    if (f->mode != CM_MODE_WRITE)
        return 0;
    cm_audio_file_raise(f, kAudioFilePermissionsError, "AudioFileReadPackets",
                        "read from a file that was opened with mode 'w'");
    return -1;
}

int cm_audio_file_check_writable(cm_audio_file *f)
{
    if (f->mode != CM_MODE_READ)
        return 0;
    cm_audio_file_raise(f, kAudioFilePermissionsError, "AudioFileWritePackets",
                        "change a file that was opened with mode 'r'");
    return -1;
}

/* ---- between begin and end ---- */

int cm_audio_file_begin(cm_audio_file *f)
{
    PyObject *self = (PyObject *)f;
    if (cm_native_enter(self) < 0)
        return -1;
    int result = 0;
    if (!f->given) {
        PyErr_SetString(PyExc_RuntimeError, "AudioFile.__init__() was not called");
        result = -1;
    } else if (!f->file) {
        result = cm_audio_file_open(f);
    }
    if (result < 0)
        cm_native_leave(self);
    return result;
}

PyObject *cm_audio_file_end(cm_audio_file *f, PyObject *result)
{
    if (cm_source_failed(f->source)) {
        Py_CLEAR(result);
        cm_source_raise(f->source);
    }
    cm_native_leave((PyObject *)f);
    return result;
}

PyObject *cm_audio_file_property(cm_audio_file *f, AudioFilePropertyID id, const char *what)
{
    OSStatus status = noErr;
    const char *operation;
    PyObject *value = cm_property_bytes(&cm_audio_file_properties, f->file, id, &status, &operation);
    if (!value && status && status != kAudioFileUnsupportedPropertyError)
        cm_audio_file_raise(f, status, operation, what);
    return value;
}

void cm_audio_file_changed(cm_audio_file *f)
{
    AudioStreamBasicDescription data;
    UInt32 size = sizeof data;
    OSStatus status;
    CM_CALL(status, AudioFileGetProperty(f->file, kAudioFilePropertyDataFormat, &size, &data));
    if (!status)
        f->data = data;
    if (f->mode != CM_MODE_WRITE)
        f->length = -1;
    Py_CLEAR(f->format);
}

/* ---- making ---- */

static const char *const mode_names[CM_MODE_COUNT] = {
    [CM_MODE_READ] = "r",
    [CM_MODE_UPDATE] = "r+",
    [CM_MODE_WRITE] = "w",
};

static int read_mode(PyObject *value, cm_mode *mode)
{
    const char *text = "r";
    if (cm_arg_text(value, "mode", &text) < 0)
        return -1;
    for (int i = 0; i < CM_MODE_COUNT; i++) {
        if (strcmp(text, mode_names[i]) == 0) {
            *mode = (cm_mode)i;
            return 0;
        }
    }
    PyErr_Format(PyExc_ValueError, "mode must be 'r', 'r+' or 'w', not '%s'", text);
    return -1;
}

/* What belongs to a new file must be given for one, and for no other. */
static int read_new_file(cm_audio_file *f, PyObject *format)
{
    bool given = format && format != Py_None;
    if (f->mode != CM_MODE_WRITE) {
        if (given || cm_encoder_settings_given(&f->encoder)) {
            PyErr_SetString(PyExc_ValueError, "format, bit_rate and quality are for mode 'w'");
            return -1;
        }
        return 0;
    }
    if (!given) {
        PyErr_SetString(PyExc_TypeError,
                        "mode 'w' needs a format: AudioFile(path, 'w', format=AudioFormat(...))");
        return -1;
    }
    if (cm_asbd_from_format(format, "format", &f->wanted) < 0)
        return -1;
    if (f->wanted.mFormatID == kAudioFormatLinearPCM && cm_encoder_settings_given(&f->encoder)) {
        PyErr_SetString(PyExc_ValueError, "bit_rate and quality are for compressed formats");
        return -1;
    }
    return 0;
}

static int init(PyObject *self, PyObject *args, PyObject *keywords)
{
    static const cm_params params = {
        "AudioFile", 1, 2, { "path", "mode", "format", "file_type", "bit_rate", "quality" }
    };
    PyObject *v[6];
    cm_audio_file *f = file_of(self);
    if (f->given) {
        PyErr_SetString(PyExc_RuntimeError, "AudioFile.__init__() was called before");
        return -1;
    }
    if (cm_parse_init(&params, args, keywords, v) < 0 || read_mode(v[1], &f->mode) < 0)
        return -1;
    PyObject *const settings[CM_SETTING_COUNT] = { [CM_BIT_RATE] = v[4], [CM_QUALITY] = v[5] };
    if (!cm_is_path(v[0]) && cm_source_check(v[0], f->mode != CM_MODE_READ) < 0)
        return -1;
    if (cm_arg_code(v[3] == Py_None ? NULL : v[3], "file_type", &f->type) < 0 ||
        cm_encoder_settings_read(settings, &f->encoder) < 0 || read_new_file(f, v[2]) < 0)
        return -1;
    f->given = Py_NewRef(v[0]);
    return 0;
}

/* ---- opening and closing ---- */

PyDoc_STRVAR(open_doc,
             "open($self, /)\n--\n\n"
             "Opens the file unless it is open, and returns the object itself.\n\n"
             "Everything that needs the file opens it too. AudioFileError when it cannot be opened or\n"
             "created, RuntimeError after close().");

static PyObject *open_file(PyObject *self, PyObject *unused)
{
    (void)unused;
    if (cm_audio_file_begin(file_of(self)) < 0)
        return NULL;
    return cm_audio_file_end(file_of(self), Py_NewRef(self));
}

/* Ends the file's life: afterwards the object is disposed, whatever the outcome. */
static PyObject *close_now(cm_audio_file *f, bool discard, bool silent)
{
    const char *operation;
    PyObject *result = NULL;
    OSStatus status = cm_audio_file_release(f, discard, &operation);
    cm_native_mark_disposed((PyObject *)f);
    if (status == noErr || silent || (discard && f->mode != CM_MODE_READ))
        result = Py_NewRef(Py_None);
    else
        cm_audio_file_raise(f, status, operation, "close the file");
    if (silent)
        cm_source_forget(f->source);
    else if (cm_source_failed(f->source)) {
        Py_CLEAR(result);
        cm_source_raise(f->source);
    }
    cm_source_free(f->source);
    f->source = NULL;
    return result;
}

PyDoc_STRVAR(
    close_doc,
    "close($self, /)\n--\n\n"
    "Closes the file; the object cannot be used again. A written file takes its place now.\n\n"
    "Does nothing when the file was never opened, or was closed before. AudioFileError when a written\n"
    "file cannot be completed; what was there before then stays.");

static PyObject *close_file(PyObject *self, PyObject *unused)
{
    PyObject *result;
    (void)unused;
    if (cm_native_enter_any(self) < 0)
        return NULL;
    result = file_of(self)->file ? close_now(file_of(self), false, false) : Py_NewRef(Py_None);
    cm_native_leave(self);
    return result;
}

PyDoc_STRVAR(dispose_doc, "dispose($self, /)\n--\n\n"
                          "close() that hides errors, and also ends an object that was never opened.");

static PyObject *dispose(PyObject *self, PyObject *unused)
{
    PyObject *result;
    (void)unused;
    if (cm_native_enter_any(self) < 0)
        return NULL;
    result = close_now(file_of(self), false, true);
    cm_native_leave(self);
    return result;
}

PyDoc_STRVAR(exit_doc,
             "__exit__($self, exc_type, exc_value, traceback, /)\n--\n\n"
             "close(); but when an exception ended the block, a file that was being written or changed is\n"
             "given up, and what was there before stays.");

static PyObject *exit_block(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    PyObject *result;
    cm_audio_file *f = file_of(self);
    if (count != 3)
        return PyErr_Format(PyExc_TypeError, "__exit__() takes 3 arguments but %zd were given", count);
    if (args[0] == Py_None || f->mode == CM_MODE_READ) {
        result = PyObject_CallMethod(self, "close", NULL);
        if (!result)
            return NULL;
        Py_DECREF(result);
        Py_RETURN_NONE;
    }
    if (cm_native_enter_any(self) < 0)
        return NULL;
    result = f->file ? close_now(f, true, true) : Py_NewRef(Py_None);
    cm_native_leave(self);
    return result;
}

static void release(PyObject *self)
{
    const char *unused;
    cm_audio_file *f = file_of(self);
    bool unfinished = f->file && f->mode != CM_MODE_READ;
    if (unfinished &&
        PyErr_ResourceWarning(self, 1, "%R was not closed; what was written is discarded", self) < 0)
        PyErr_WriteUnraisable(self);
    cm_audio_file_release(f, true, &unused);
    cm_source_free(f->source);
    f->source = NULL;
    cm_native_mark_disposed(self);
}

static void finalize(PyObject *self)
{
    cm_native_finalize(self, release);
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    cm_audio_file *f = file_of(self);
    Py_VISIT(f->given);
    Py_VISIT(f->format);
    int result = cm_source_traverse(f->source, visit, arg);
    return result ? result : cm_native_traverse(self, visit, arg);
}

static int clear(PyObject *self)
{
    Py_CLEAR(file_of(self)->given);
    Py_CLEAR(file_of(self)->format);
    cm_native_clear(self);
    return 0;
}

static PyObject *repr(PyObject *self)
{
    cm_audio_file *f = file_of(self);
    PyObject *name = cm_source_name(f->given);
    PyObject *text = name ? PyUnicode_FromFormat("AudioFile(%U, %s)", name, f->file ? "open" : "closed")
                          : NULL;
    Py_XDECREF(name);
    return text;
}

/* For notebooks. The Python side is loaded when the first file is shown. */
static PyObject *repr_html(PyObject *self, PyObject *unused)
{
    (void)unused;
    PyObject *module = PyImport_ImportModule("coremusic._notebook");
    PyObject *text = module ? PyObject_CallMethod(module, "audio_file", "O", self) : NULL;
    Py_XDECREF(module);
    return text;
}

PyDoc_STRVAR(
    repr_html_doc,
    "_repr_html_($self, /)\n--\n\n"
    "What a notebook shows: facts and tags, and with NumPy the waveform and a player (of the first 20 s\n"
    "of what is long). Nothing about the object changes.");

/* ---- what it is ---- */

static PyObject *get_path(PyObject *self, void *closure)
{
    PyObject *given = file_of(self)->given;
    (void)closure;
    return Py_NewRef(given && cm_is_path(given) ? given : Py_None);
}

static PyObject *get_mode(PyObject *self, void *closure)
{
    (void)closure;
    return PyUnicode_FromString(mode_names[file_of(self)->mode]);
}

static PyObject *get_format(PyObject *self, void *closure)
{
    cm_audio_file *f = file_of(self);
    (void)closure;
    if (cm_audio_file_begin(f) < 0)
        return NULL;
    if (!f->format)
        f->format = cm_format_from_asbd(self, &f->data);
    return cm_audio_file_end(f, Py_XNewRef(f->format));
}

static PyObject *get_sample_rate(PyObject *self, void *closure)
{
    cm_audio_file *f = file_of(self);
    (void)closure;
    return cm_audio_file_begin(f) < 0 ? NULL : cm_audio_file_end(f, PyFloat_FromDouble(f->data.mSampleRate));
}

static PyObject *get_channels(PyObject *self, void *closure)
{
    cm_audio_file *f = file_of(self);
    (void)closure;
    return cm_audio_file_begin(f) < 0
               ? NULL
               : cm_audio_file_end(f, PyLong_FromUnsignedLong(f->data.mChannelsPerFrame));
}

static PyObject *get_frame_count(PyObject *self, void *closure)
{
    cm_audio_file *f = file_of(self);
    (void)closure;
    if (cm_audio_file_begin(f) < 0)
        return NULL;
    SInt64 length = cm_audio_file_length(f);
    return cm_audio_file_end(f, length < 0 ? NULL : PyLong_FromLongLong(length));
}

static double file_duration(cm_audio_file *f)
{
    Float64 seconds = 0;
    UInt64 packets = 0;
    UInt32 size = sizeof seconds;
    if (AudioFileGetProperty(f->file, kAudioFilePropertyEstimatedDuration, &size, &seconds) == noErr)
        return seconds;
    size = sizeof packets;
    if (f->data.mSampleRate <= 0 ||
        AudioFileGetProperty(f->file, kAudioFilePropertyAudioDataPacketCount, &size, &packets))
        return 0;
    return (double)packets * f->data.mFramesPerPacket / f->data.mSampleRate;
}

static PyObject *get_duration(PyObject *self, void *closure)
{
    double seconds;
    cm_audio_file *f = file_of(self);
    (void)closure;
    if (cm_audio_file_begin(f) < 0)
        return NULL;
    CM_CALL(seconds, file_duration(f));
    return cm_audio_file_end(f, PyFloat_FromDouble(seconds));
}

/* A property that is one number or one code. */
typedef struct plain {
    AudioFilePropertyID id;
    enum { AS_COUNT, AS_SIGNED, AS_CODE } kind;
    const char *what;
    bool may_lack; /* None where the file does not have it */
} plain;

static const plain file_type = { kAudioFilePropertyFileFormat, AS_CODE, "get the file type" };
static const plain packet_count = { kAudioFilePropertyAudioDataPacketCount, AS_COUNT,
                                    "get the packet count" };
static const plain bit_rate = { kAudioFilePropertyBitRate, AS_COUNT, "get the bit rate" };
static const plain source_bit_depth = { kAudioFilePropertySourceBitDepth, AS_SIGNED,
                                        "get the bit depth of the source", .may_lack = true };

static PyObject *as_number(PyObject *bytes, const plain *p)
{
    UInt64 large = 0;
    UInt32 number = 0;
    memcpy(&large, PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes) < 8 ? 0 : 8);
    memcpy(&number, PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes) < 4 ? 0 : 4);
    if (p->kind == AS_CODE)
        return cm_str_from_code(number);
    if (p->kind == AS_SIGNED)
        return PyLong_FromLong((SInt32)number);
    return PyLong_FromUnsignedLongLong(PyBytes_GET_SIZE(bytes) == sizeof large ? large : number);
}

static PyObject *get_plain(PyObject *self, void *closure)
{
    cm_audio_file *f = file_of(self);
    const plain *p = closure;
    if (cm_audio_file_begin(f) < 0)
        return NULL;
    PyObject *bytes = cm_audio_file_property(f, p->id, p->what), *value = NULL;
    if (bytes)
        value = as_number(bytes, p);
    else if (!PyErr_Occurred() && p->may_lack)
        value = Py_NewRef(Py_None);
    else if (!PyErr_Occurred())
        cm_audio_file_raise(f, kAudioFileUnsupportedPropertyError, "AudioFileGetProperty", p->what);
    Py_XDECREF(bytes);
    return cm_audio_file_end(f, value);
}

/* ---- the type ---- */

#define METHOD(name) CM_METHOD(#name, cm_audio_file_##name, cm_audio_file_##name##_doc)

static PyMethodDef methods[] = {
    { "open", open_file, METH_NOARGS, open_doc },
    { "close", close_file, METH_NOARGS, close_doc },
    { "dispose", dispose, METH_NOARGS, dispose_doc },
    { "__enter__", open_file, METH_NOARGS, "__enter__($self, /)\n--\n\nopen()." },
    { "__exit__", (PyCFunction)(void (*)(void))exit_block, METH_FASTCALL, exit_doc },
    { "type_for_extension", CM_FAST(cm_audio_file_type_for_extension),
      METH_FASTCALL | METH_KEYWORDS | METH_CLASS, cm_audio_file_type_for_extension_doc },
    { "_repr_html_", repr_html, METH_NOARGS, repr_html_doc },
    METHOD(read),
    METHOD(seek),
    METHOD(tell),
    METHOD(blocks),
    METHOD(read_frames),
    METHOD(read_frames_numpy),
    METHOD(read_packets),
    METHOD(read_packet_data),
    METHOD(read_as_numpy),
    METHOD(write),
    METHOD(write_packets),
    METHOD(get_property),
    METHOD(set_property),
    METHOD(user_data),
    METHOD(set_user_data),
    METHOD(remove_user_data),
    METHOD(optimize),
    { NULL, NULL, 0, NULL },
};

#define PLAIN(id, text)                                                                                      \
    {                                                                                                        \
        .name = #id, .get = get_plain, .doc = text, .closure = (void *)(uintptr_t)&id                        \
    }
#define COMPUTED(id, getter, text)                                                                           \
    {                                                                                                        \
        .name = #id, .get = getter, .doc = text                                                              \
    }
#define SETTABLE(id, text)                                                                                   \
    {                                                                                                        \
        .name = #id, .get = cm_audio_file_get_##id, .set = cm_audio_file_set_##id, .doc = text               \
    }

static PyGetSetDef properties[] = {
    COMPUTED(path, get_path, "The path as it was given; None for bytes and file objects."),
    COMPUTED(mode, get_mode, "'r', 'r+' or 'w'."),
    COMPUTED(format, get_format, "The AudioFormat of the data in the file; the same object each time."),
    COMPUTED(sample_rate, get_sample_rate, "Hz, a float."),
    COMPUTED(channels, get_channels, "Channels of a frame."),
    COMPUTED(num_channels, get_channels, "The same as channels."),
    COMPUTED(frame_count, get_frame_count, "Frames in the file, or written so far with mode 'w'."),
    COMPUTED(duration, get_duration, "Seconds, a float; 0.0 when it cannot be known."),
    PLAIN(packet_count, "Packets in the file; a packet of linear PCM is a frame."),
    PLAIN(file_type, "The file's type as four characters, such as 'WAVE' or 'm4af'."),
    COMPUTED(type_name, cm_audio_file_get_type_name, "What the file's type is called."),
    COMPUTED(format_name, cm_audio_file_get_format_name, "What the coding of the data is called."),
    PLAIN(bit_rate, "Bits per second, on average."),
    PLAIN(source_bit_depth, "Bits of the samples that were encoded, negative for floats; None when unknown."),
    COMPUTED(packet_table, cm_audio_file_get_packet_table,
             "(valid frames, priming frames, remainder frames); None when the file does not say."),
    COMPUTED(chunk_ids, cm_audio_file_get_chunk_ids,
             "Codes of the chunks that user_data() reads, as str, each once, in the order of the file."),
    SETTABLE(metadata,
             "A new dict of str to str: 'title', 'artist', 'album' ... Assigning a dict replaces all of\n"
             "it; values that are no str are stored as str() gives them, None is a TypeError.\n"
             "AudioFileError when the file type keeps none."),
    SETTABLE(artwork, "The cover picture as the bytes of an image file, or None. Settable."),
    SETTABLE(markers, "A list of AudioMarker. Settable, also from (frame, name) tuples."),
    SETTABLE(regions, "A list of AudioRegion. Settable."),
    SETTABLE(
        channel_layout,
        "(tag, labels): Apple's layout tag and the label of each channel, both ints; None when the file\n"
        "does not say. Settable from a tag, a list of labels, or such a pair."),
    { NULL, NULL, NULL, NULL, NULL },
};

PyDoc_STRVAR(
    type_doc,
    "AudioFile(path, mode='r', *, format=None, file_type=None, bit_rate=None, quality=None)\n--\n\n"
    "An audio file of any type that coremusic knows.\n\n"
    "path: str or os.PathLike; or the bytes of a file; or a binary file object with read, seek and tell "
    "(and\n"
    "write and truncate, for writing).\n"
    "mode: 'r' reads, 'r+' changes metadata, markers and packets of a file, 'w' makes a new one. What is "
    "written\n"
    "takes the place of an older file at close(), and only when all went well; so does what is changed. A "
    "file\n"
    "object is written to directly.\n"
    "format: with mode 'w', the AudioFormat of the data in the file. Byte order, and the sign of 8-bit "
    "samples,\n"
    "follow what the file type can hold.\n"
    "file_type: four characters such as 'WAVE', or their number; by default what the path's extension says.\n"
    "With other modes, a hint about the file.\n"
    "bit_rate: of an encoder, bits per second. quality: of an encoder, 0 .. 127.\n\n"
    "Nothing is opened before it is needed, or open() or `with` is used. TypeError and ValueError for "
    "arguments\n"
    "that cannot be right. Iterating gives blocks().\n\n"
    ">>> with AudioFile('song.flac') as f:                                           # doctest: +SKIP\n"
    "...     start = f.read(f.sample_rate * 5)");

static PyType_Slot slots[] = {
    { Py_tp_doc, (void *)type_doc },
    { Py_tp_new, cm_native_new },
    { Py_tp_init, init },
    { Py_tp_dealloc, cm_native_dealloc },
    { Py_tp_finalize, finalize },
    { Py_tp_traverse, traverse },
    { Py_tp_clear, clear },
    { Py_tp_repr, repr },
    { Py_tp_iter, cm_audio_file_iter },
    { Py_tp_methods, methods },
    { Py_tp_getset, properties },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "coremusic.objects.AudioFile",
    .basicsize = sizeof(cm_audio_file),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int cm_audio_file_init(PyObject *module, cm_objects_state *state)
{
    return cm_native_add_type(module, state, &spec);
}
