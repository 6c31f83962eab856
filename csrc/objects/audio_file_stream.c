/* AudioFileStream: a parser for the bytes of an audio file as they arrive. */
#include "format.h"
#include "native.h"
#include "packets_io.h"

#include <string.h>

/* Short enough that Ctrl-C is answered. */
#define PIECE ((Py_ssize_t)1 << 24)

typedef struct stream_object {
    cm_native native;
    UInt32 hint;
    AudioFileStreamID stream;           /* NULL until open */
    PyObject *on_property, *on_packets; /* or NULL */
    PyObject *format;                   /* the AudioFormat handed out, or NULL */
} stream_object;

static stream_object *stream_of(PyObject *self)
{
    return (stream_object *)self;
}

static PyObject *fail(stream_object *s, OSStatus status, const char *operation, const char *what)
{
    return cm_raise_object(cm_kept((PyObject *)s, CM_FILE_ERROR), status, operation, "%s", what);
}

/* ---- callbacks ---- */

/* What a callback returned is dropped; what it raised has nowhere to go but sys.unraisablehook. */
static void finish_call(PyObject *callback, PyObject *result)
{
    if (!result)
        PyErr_WriteUnraisable(callback);
    Py_XDECREF(result);
}

static void property_arrived(void *client, AudioFileStreamID stream, AudioFileStreamPropertyID id,
                             AudioFileStreamPropertyFlags *flags)
{
    stream_object *s = client;
    (void)stream, (void)flags;
    if (!s->on_property)
        return;
    PyGILState_STATE gil = PyGILState_Ensure();
    finish_call(s->on_property, PyObject_CallFunction(s->on_property, "OI", s, id));
    PyGILState_Release(gil);
}

/* Packets without descriptions are all of one size. */
static PyObject *describe(UInt32 bytes, UInt32 packets, const AudioStreamPacketDescription *descriptions)
{
    if (descriptions)
        return cm_list_from_descriptions(descriptions, packets);
    UInt32 size = packets ? bytes / packets : 0;
    PyObject *list = PyList_New(packets);
    for (UInt32 i = 0; list && i < packets; i++) {
        PyObject *item = Py_BuildValue("(LII)", (long long)i * size, size, 0u);
        if (item)
            PyList_SET_ITEM(list, i, item);
        else
            Py_CLEAR(list);
    }
    return list;
}

static void packets_arrived(void *client, UInt32 bytes, UInt32 packets, const void *data,
                            AudioStreamPacketDescription *descriptions)
{
    stream_object *s = client;
    if (!s->on_packets)
        return;
    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject *copy = PyBytes_FromStringAndSize(data, bytes);
    PyObject *list = copy ? describe(bytes, packets, descriptions) : NULL;
    finish_call(s->on_packets, list ? PyObject_CallFunction(s->on_packets, "OOO", s, copy, list) : NULL);
    Py_XDECREF(copy);
    Py_XDECREF(list);
    PyGILState_Release(gil);
}

/* ---- life ---- */

static int set_callback(PyObject *value, const char *name, PyObject **kept)
{
    if (!value || value == Py_None)
        return 0;
    if (!PyCallable_Check(value)) {
        PyErr_Format(PyExc_TypeError, "%s must be callable, not %.100s", name, Py_TYPE(value)->tp_name);
        return -1;
    }
    Py_XSETREF(*kept, Py_NewRef(value));
    return 0;
}

static int init(PyObject *self, PyObject *args, PyObject *keywords)
{
    static const cm_params params = {
        "AudioFileStream", 0, 1, { "file_type_hint", "on_property", "on_packets" }
    };
    PyObject *v[3];
    stream_object *s = stream_of(self);
    if (s->stream) {
        PyErr_SetString(PyExc_RuntimeError, "AudioFileStream.__init__() was called before");
        return -1;
    }
    if (cm_parse_init(&params, args, keywords, v) < 0 || cm_arg_code(v[0], "file_type_hint", &s->hint) < 0)
        return -1;
    return set_callback(v[1], "on_property", &s->on_property) < 0 ||
                   set_callback(v[2], "on_packets", &s->on_packets) < 0
               ? -1
               : 0;
}

static int open_stream(stream_object *s)
{
    OSStatus status;
    if (s->stream)
        return 0;
    CM_CALL(status, AudioFileStreamOpen(s, property_arrived, packets_arrived, s->hint, &s->stream));
    if (status) {
        s->stream = NULL;
        fail(s, status, "AudioFileStreamOpen", "open the stream");
        return -1;
    }
    cm_native_set_handle((PyObject *)s, s->stream);
    return 0;
}

/* For what changes the parser: opens it, and is refused inside its callbacks. */
static int begin(stream_object *s)
{
    if (cm_native_enter((PyObject *)s) < 0)
        return -1;
    if (open_stream(s) == 0)
        return 0;
    cm_native_leave((PyObject *)s);
    return -1;
}

/* For what asks an open parser, also inside its callbacks. */
static int begin_asking(stream_object *s)
{
    PyObject *self = (PyObject *)s;
    if (cm_native_check(self) < 0 || cm_native_enter_nested(self) < 0)
        return -1;
    if (cm_native_check(self) == 0) {
        if (s->stream)
            return 0;
        PyErr_SetString(cm_kept(self, CM_FILE_ERROR), "Stream not open");
    }
    cm_native_leave(self);
    return -1;
}

static PyObject *end(stream_object *s, PyObject *result)
{
    cm_native_leave((PyObject *)s);
    return result;
}

static OSStatus close_native(stream_object *s)
{
    OSStatus status = noErr;
    AudioFileStreamID stream = s->stream;
    s->stream = NULL;
    if (stream)
        CM_CALL(status, AudioFileStreamClose(stream));
    return status;
}

static PyObject *close_now(stream_object *s, bool silent)
{
    OSStatus status = close_native(s);
    cm_native_mark_disposed((PyObject *)s);
    if (status && !silent)
        return fail(s, status, "AudioFileStreamClose", "close the stream");
    Py_RETURN_NONE;
}

PyDoc_STRVAR(open_doc, "open($self, /)\n--\n\n"
                       "Makes the parser unless there is one, and returns the object itself.\n\n"
                       "AudioFileError when that fails, RuntimeError after close().");

static PyObject *open_method(PyObject *self, PyObject *unused)
{
    (void)unused;
    return begin(stream_of(self)) < 0 ? NULL : end(stream_of(self), Py_NewRef(self));
}

PyDoc_STRVAR(close_doc,
             "close($self, /)\n--\n\n"
             "Ends the parser; the object cannot be used again. Does nothing when it was never opened.\n\n"
             "RuntimeError inside one of its own callbacks.");

static PyObject *close_method(PyObject *self, PyObject *unused)
{
    stream_object *s = stream_of(self);
    (void)unused;
    if (cm_native_enter_any(self) < 0)
        return NULL;
    return end(s, s->stream ? close_now(s, false) : Py_NewRef(Py_None));
}

PyDoc_STRVAR(dispose_doc, "dispose($self, /)\n--\n\n"
                          "close() that hides errors, and also ends an object that was never opened.");

static PyObject *dispose(PyObject *self, PyObject *unused)
{
    (void)unused;
    return cm_native_enter_any(self) < 0 ? NULL : end(stream_of(self), close_now(stream_of(self), true));
}

PyDoc_STRVAR(exit_doc, "__exit__($self, exc_type, exc_value, traceback, /)\n--\n\nclose().");

static PyObject *exit_block(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    (void)args;
    if (count != 3)
        return PyErr_Format(PyExc_TypeError, "__exit__() takes 3 arguments but %zd were given", count);
    return PyObject_CallMethod(self, "close", NULL);
}

static void release(PyObject *self)
{
    close_native(stream_of(self));
    cm_native_mark_disposed(self);
}

static void finalize(PyObject *self)
{
    cm_native_finalize(self, release);
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(stream_of(self)->on_property);
    Py_VISIT(stream_of(self)->on_packets);
    Py_VISIT(stream_of(self)->format);
    return cm_native_traverse(self, visit, arg);
}

static int clear(PyObject *self)
{
    Py_CLEAR(stream_of(self)->on_property);
    Py_CLEAR(stream_of(self)->on_packets);
    Py_CLEAR(stream_of(self)->format);
    cm_native_clear(self);
    return 0;
}

static PyObject *repr(PyObject *self)
{
    const stream_object *s = stream_of(self);
    PyObject *hint = s->hint ? cm_str_from_code(s->hint) : NULL;
    const char *state = s->stream ? "open" : "closed";
    PyObject *text = hint ? PyUnicode_FromFormat("AudioFileStream(%R, %s)", hint, state)
                          : PyUnicode_FromFormat("AudioFileStream(%s)", state);
    Py_XDECREF(hint);
    return text;
}

/* ---- parsing ---- */

static int parse(stream_object *s, const Py_buffer *data, UInt32 flags)
{
    OSStatus status;
    for (Py_ssize_t done = 0; done < data->len;) {
        Py_ssize_t left = data->len - done, piece = left < PIECE ? left : PIECE;
        CM_CALL(status,
                AudioFileStreamParseBytes(s->stream, (UInt32)piece, (const char *)data->buf + done, flags));
        if (status) {
            fail(s, status, "AudioFileStreamParseBytes", "parse the bytes");
            return -1;
        }
        if (PyErr_CheckSignals() < 0)
            return -1;
        done += piece;
        flags = 0;
    }
    return 0;
}

PyDoc_STRVAR(
    parse_bytes_doc,
    "parse_bytes($self, /, data, discontinuity=False)\n--\n\n"
    "Gives the parser the next bytes, in pieces of any size. Callbacks are called meanwhile: each packet\n"
    "comes with its last byte, the first ones of MP3, ADTS and AC-3 when a third frame has shown that they "
    "are\n"
    "some, and without a file type hint with 4096 bytes.\n\n"
    "data: a bytes-like object; without bytes nothing happens. discontinuity: True for the first bytes\n"
    "after a jump. AudioFileError when the bytes are no audio that the parser knows; RuntimeError inside\n"
    "one of the callbacks.");

static PyObject *parse_bytes(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "parse_bytes", 1, 2, { "data", "discontinuity" } };
    PyObject *v[2];
    Py_buffer data;
    bool discontinuity = false;
    stream_object *s = stream_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, v) < 0 ||
        cm_arg_bool(v[1], &discontinuity) < 0 || cm_arg_bytes(v[0], "data", &data) < 0)
        return NULL;
    if (begin(s) < 0) {
        PyBuffer_Release(&data);
        return NULL;
    }
    int result = parse(s, &data, discontinuity ? kAudioFileStreamParseFlag_Discontinuity : 0);
    PyBuffer_Release(&data);
    return end(s, result < 0 ? NULL : Py_NewRef(Py_None));
}

PyDoc_STRVAR(
    finish_doc,
    "finish($self, /)\n--\n\n"
    "Tells the parser that the stream has ended.\n\n"
    "Of a stream that was too short to be sure of its type, or whose last frame is damaged, the packets\n"
    "come now; the number of packets and what else only the end tells is known from now on.\n\n"
    "AudioFileError when the stream broke off in the middle of something.");

static PyObject *finish(PyObject *self, PyObject *unused)
{
    OSStatus status;
    stream_object *s = stream_of(self);
    (void)unused;
    if (begin(s) < 0)
        return NULL;
    CM_CALL(status, AudioFileStreamParseBytes(s->stream, 0, NULL, 0));
    return end(s, status ? fail(s, status, "AudioFileStreamParseBytes", "finish the stream")
                         : Py_NewRef(Py_None));
}

PyDoc_STRVAR(seek_doc,
             "seek($self, /, packet_offset)\n--\n\n"
             "Where in the stream's bytes a packet begins, for the caller to jump to.\n\n"
             "Returns a dict: byte_offset (from the start of the audio data), flags, is_estimated. The\n"
             "bytes from there on go to parse_bytes() with discontinuity=True. AudioFileError when the\n"
             "stream is not open or does not know.");

static PyObject *seek(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "seek", 1, 1, { "packet_offset" } };
    PyObject *value;
    int64_t packet;
    SInt64 offset = 0;
    AudioFileStreamSeekFlags flags = 0;
    OSStatus status;
    stream_object *s = stream_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, &value) < 0 ||
        cm_arg_i64(value, "packet_offset", &packet) < 0 || begin_asking(s) < 0)
        return NULL;
    CM_CALL(status, AudioFileStreamSeek(s->stream, packet, &offset, &flags));
    if (status)
        return end(s, fail(s, status, "AudioFileStreamSeek", "seek in the stream"));
    bool estimated = flags & kAudioFileStreamSeekFlag_OffsetIsEstimated;
    return end(s, Py_BuildValue("{sLsIsO}", "byte_offset", (long long)offset, "flags", flags, "is_estimated",
                                estimated ? Py_True : Py_False));
}

/* ---- asking ---- */

PyDoc_STRVAR(get_property_doc, "get_property($self, /, property_id)\n--\n\n"
                               "A kAudioFileStreamProperty_... as bytes, in the machine's byte order.\n\n"
                               "AudioFileError when the stream is not open, or does not have it (yet).");

static PyObject *get_property(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "get_property", 1, 1, { "property_id" } };
    PyObject *value;
    UInt32 id = 0;
    OSStatus status = noErr;
    const char *operation;
    stream_object *s = stream_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, &value) < 0 ||
        cm_arg_code(value, "property_id", &id) < 0 || begin_asking(s) < 0)
        return NULL;
    PyObject *bytes = cm_property_bytes(&cm_audio_file_stream_properties, s->stream, id, &status, &operation);
    return end(s, !bytes && status ? fail(s, status, operation, "get the property") : bytes);
}

static OSStatus ask(stream_object *s, AudioFileStreamPropertyID id, void *value, UInt32 size)
{
    OSStatus status;
    if (!s->stream)
        return kAudioFileStreamError_IllegalOperation;
    CM_CALL(status, AudioFileStreamGetProperty(s->stream, id, &size, value));
    return status;
}

static PyObject *get_ready(PyObject *self, void *closure)
{
    UInt32 ready = 0;
    (void)closure;
    if (cm_native_check(self) < 0 || cm_native_enter_nested(self) < 0)
        return NULL;
    bool asked = ask(stream_of(self), kAudioFileStreamProperty_ReadyToProducePackets, &ready, sizeof ready) ==
                 noErr;
    return end(stream_of(self), PyBool_FromLong(asked && ready));
}

static PyObject *get_format(PyObject *self, void *closure)
{
    stream_object *s = stream_of(self);
    AudioStreamBasicDescription format;
    (void)closure;
    if (cm_native_check(self) < 0 || cm_native_enter_nested(self) < 0)
        return NULL;
    if (!s->format && ask(s, kAudioFileStreamProperty_DataFormat, &format, sizeof format) == noErr) {
        s->format = cm_format_from_asbd(self, &format);
        if (!s->format)
            return end(s, NULL);
    }
    return end(s, Py_NewRef(s->format ? s->format : Py_None));
}

static PyObject *get_hint(PyObject *self, void *closure)
{
    (void)closure;
    return PyLong_FromUnsignedLong(stream_of(self)->hint);
}

/* ---- the type ---- */

static PyMethodDef methods[] = {
    { "open", open_method, METH_NOARGS, open_doc },
    { "close", close_method, METH_NOARGS, close_doc },
    { "dispose", dispose, METH_NOARGS, dispose_doc },
    { "__enter__", open_method, METH_NOARGS, "__enter__($self, /)\n--\n\nopen()." },
    { "__exit__", CM_FAST(exit_block), METH_FASTCALL, exit_doc },
    CM_METHOD("parse_bytes", parse_bytes, parse_bytes_doc),
    { "finish", finish, METH_NOARGS, finish_doc },
    CM_METHOD("seek", seek, seek_doc),
    CM_METHOD("get_property", get_property, get_property_doc),
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef properties[] = {
    { "file_type_hint", get_hint, NULL, "The hint as a number, 0 for none.", NULL },
    { "ready_to_produce_packets", get_ready, NULL, "True once the format is known and packets come.", NULL },
    { "is_ready", get_ready, NULL, "The same as ready_to_produce_packets.", NULL },
    { "format", get_format, NULL, "The AudioFormat of the packets, None as long as it is not known.", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

PyDoc_STRVAR(
    type_doc,
    "AudioFileStream(file_type_hint=0, *, on_property=None, on_packets=None)\n--\n\n"
    "A parser for an audio file whose bytes arrive one after another.\n\n"
    "file_type_hint: four characters such as 'MPG3', or their number; 0 for none.\n"
    "on_property(stream, property_id) is called when a property becomes known.\n"
    "on_packets(stream, data, packets) is called with bytes and a list of (offset, size, frames), one for "
    "each\n"
    "packet: where in data it lies, and how many frames it holds, 0 where all hold the same number.\n\n"
    "Callbacks run inside parse_bytes() and finish(); what they raise goes to sys.unraisablehook. They may "
    "ask the\n"
    "stream, but not feed or close it. TypeError when they are not callable.");

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
    .name = "coremusic.objects.AudioFileStream",
    .basicsize = sizeof(stream_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int cm_audio_file_stream_init(PyObject *module, cm_objects_state *state)
{
    return cm_native_add_type(module, state, &spec);
}
