/* SoundStream: what coremusic.audio.streaming's classes are made of. */
#include "native.h"
#include "sound_stream.h"

#include <string.h>
#include <time.h>

/* Short enough that Ctrl-C and the end of the stream are noticed. */
enum { WAIT_MS = 50, MAX_CHANNELS = 256, MAX_BLOCK = 1 << 20, MAX_BLOCKS = 1 << 12 };

typedef struct sound_object {
    cm_native native;
    cm_sound_settings settings;
    cm_sound_stream *stream; /* NULL while stopped */
    cm_sound_turn turn;      /* to start or to stop */
    PyObject *callable;      /* of the running stream, for the collector */
    bool busy;               /* a thread is inside read() or write() */
    unsigned long dropouts;  /* of streams that have ended */
    uint64_t frames;
} sound_object;

static sound_object *sound_of(PyObject *self)
{
    return (sound_object *)self;
}

static PyObject *fail(PyObject *self, OSStatus status, const char *what)
{
    return cm_raise_object(cm_kept(self, CM_DEVICE_ERROR), status, "AudioOutputUnitStart", "%s", what);
}

/* ---- life ---- */

static int check_settings(const cm_sound_settings *s)
{
    if (s->channels >= 1 && s->channels <= MAX_CHANNELS && s->rate >= 1.0 && s->rate <= 1e7 &&
        s->block >= 1 && s->block <= MAX_BLOCK && s->blocks >= 1 && s->blocks <= MAX_BLOCKS)
        return 0;
    PyErr_Format(
        PyExc_ValueError,
        "a stream has 1 .. %d channels, a rate above 0 Hz, blocks of 1 .. %d frames and 1 .. %d of them",
        MAX_CHANNELS, MAX_BLOCK, MAX_BLOCKS);
    return -1;
}

static int init(PyObject *self, PyObject *args, PyObject *keywords)
{
    static const cm_params params = {
        "SoundStream", 1, 6, { "is_input", "device_id", "channels", "sample_rate", "buffer_size", "buffers" }
    };
    PyObject *v[6];
    cm_sound_settings s = { .channels = 2, .rate = 44100.0, .block = 512, .blocks = 4 };
    if (cm_parse_init(&params, args, keywords, v) < 0 || cm_arg_bool(v[0], &s.is_input) < 0 ||
        cm_arg_u32(v[1], "device_id", &s.device) < 0 || cm_arg_count(v[2], "channels", &s.channels) < 0 ||
        cm_arg_f64(v[3], "sample_rate", &s.rate) < 0 || cm_arg_count(v[4], "buffer_size", &s.block) < 0 ||
        cm_arg_count(v[5], "buffers", &s.blocks) < 0 || check_settings(&s) < 0)
        return -1;
    if (sound_of(self)->stream || sound_of(self)->turn.taken) {
        PyErr_SetString(PyExc_RuntimeError, "the stream is running");
        return -1;
    }
    sound_of(self)->settings = s;
    return 0;
}

/* In the caller's turn. Ends the stream, if there is one; its counts are kept. */
static void end_in_turn(sound_object *s)
{
    cm_sound_stream *stream = s->stream;
    if (!stream)
        return;
    CM_RUN(cm_sound_stop(stream));
    s->stream = NULL;
    s->dropouts += atomic_load(&stream->dropouts);
    s->frames += atomic_load(&stream->frames);
    cm_sound_release(stream);
    Py_CLEAR(s->callable);
}

static void end_stream(PyObject *self)
{
    sound_object *s = sound_of(self);
    if (!cm_sound_take_turn(&s->turn, &s->stream)) {
        s->turn.stop = true;
        return;
    }
    end_in_turn(s);
    cm_sound_end_turn(&s->turn);
}

static void finalize(PyObject *self)
{
    cm_native_finalize(self, end_stream);
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(sound_of(self)->callable);
    return cm_native_traverse(self, visit, arg);
}

static int clear(PyObject *self)
{
    Py_CLEAR(sound_of(self)->callable);
    cm_native_clear(self);
    return 0;
}

/* ---- running ---- */

/* In the caller's turn. 0, or -1 with an exception. */
static int start_in_turn(PyObject *self, PyObject *callable, cm_sound_function function, void *user)
{
    sound_object *s = sound_of(self);
    const char *what = "";
    OSStatus status;
    cm_sound_stream *stream = cm_sound_new(&s->settings);
    if (!stream) {
        PyErr_NoMemory();
        return -1;
    }
    stream->function = function;
    stream->user = user;
    stream->callable = Py_XNewRef(callable);
    Py_XSETREF(s->callable, Py_XNewRef(callable));
    s->stream = stream;
    CM_CALL(status, cm_sound_start(stream, &what));
    if (!status)
        return 0;
    s->stream = NULL;
    cm_sound_release(stream);
    Py_CLEAR(s->callable);
    fail(self, status, what);
    return -1;
}

static PyObject *start_stream(PyObject *self, PyObject *callable, cm_sound_function function, void *user)
{
    sound_object *s = sound_of(self);
    int result = -1;
    if (!cm_sound_take_turn(&s->turn, &s->stream))
        return PyErr_Format(PyExc_RuntimeError, "the stream is being started or stopped");
    if (cm_native_check(self) == 0) {
        if (s->stream)
            PyErr_SetString(PyExc_RuntimeError, "the stream is running");
        else
            result = start_in_turn(self, callable, function, user);
    }
    if (s->turn.stop && result == 0)
        end_in_turn(s);
    cm_sound_end_turn(&s->turn);
    return result < 0 ? NULL : Py_NewRef(Py_None);
}

PyDoc_STRVAR(
    start_doc,
    "start($self, /, callable=None, function=0, user=0)\n--\n\n"
    "Starts the device.\n\n"
    "callable: of an output, callable(frames) returns float32 samples, of shape (frames, channels),\n"
    "(frames,) for one channel, or as bytes of interleaved ones, None to end; of an input,\n"
    "callable(data, frames) takes them as bytes. function: instead, the address of a C function\n"
    "void f(float *samples, uint32_t frames, uint32_t channels, void *user), which runs on the\n"
    "render thread without the GIL. Neither: read() and write() exchange samples.\n"
    "AudioDeviceError when the device does not start, RuntimeError when it runs already.");

static PyObject *start(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "start", 0, 3, { "callable", "function", "user" } };
    PyObject *v[3];
    cm_sound_function function = NULL;
    void *user = NULL;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_handle(v[1], "function", &function) < 0 ||
        cm_arg_handle(v[2], "user", &user) < 0)
        return NULL;
    return start_stream(self, v[0] == Py_None ? NULL : v[0], function, user);
}

PyDoc_STRVAR(stop_doc,
             "stop($self, /)\n--\n\n"
             "Stops the device; nothing is called any more when it returns, unless it is called from\n"
             "the callable itself. May be called again.");

static PyObject *stop(PyObject *self, PyObject *unused)
{
    (void)unused;
    end_stream(self);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(dispose_doc, "dispose($self, /)\n--\n\nStops, for good.");

static PyObject *dispose(PyObject *self, PyObject *unused)
{
    (void)unused;
    end_stream(self);
    cm_native_mark_disposed(self);
    Py_RETURN_NONE;
}

/* ---- reading and writing ---- */

/* Its ring is there. Another thread may still be at starting it, which makes the ring without the GIL. */
static bool has_started(cm_sound_stream *stream)
{
    return stream && (atomic_load(&stream->active) || atomic_load(&stream->stopping));
}

/* One thread at a time; the stream stays while it waits. NULL with an exception. */
static cm_sound_stream *begin_exchange(PyObject *self, bool is_input)
{
    sound_object *s = sound_of(self);
    if (s->settings.is_input != is_input || !has_started(s->stream) || s->stream->function || s->callable) {
        PyErr_SetString(PyExc_RuntimeError, is_input
                                                ? "only a running input without a callback can be read"
                                                : "only a running output without a callback can be written");
        return NULL;
    }
    if (s->busy) {
        PyErr_SetString(PyExc_RuntimeError, "another thread is reading or writing");
        return NULL;
    }
    s->busy = true;
    atomic_fetch_add(&s->stream->references, 1);
    return s->stream;
}

static void end_exchange(PyObject *self, cm_sound_stream *stream)
{
    sound_of(self)->busy = false;
    cm_sound_release(stream);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Waits for the render thread to move the ring. False when the time is over, the stream ends, or (with an
 * exception) a signal arrived. left: seconds, negative for ever. */
static bool wait_moved(cm_sound_stream *stream, double *left)
{
    bool moved;
    double began = now();
    int milliseconds = *left < 0 || *left * 1000 > WAIT_MS ? WAIT_MS : (int)(*left * 1000) + 1;
    if (atomic_load(&stream->stopping) || *left == 0)
        return false;
    CM_RUN(moved = cm_platform_signal_wait(stream->moved, milliseconds));
    (void)moved;
    if (*left > 0)
        *left = now() - began < *left ? *left - (now() - began) : 0;
    return PyErr_CheckSignals() == 0;
}

static int parse_timeout(PyObject *value, double *seconds)
{
    *seconds = -1;
    if (!value || value == Py_None)
        return 0;
    if (cm_arg_f64(value, "timeout", seconds) < 0)
        return -1;
    if (!(*seconds >= 0))
        *seconds = 0;
    return 0;
}

PyDoc_STRVAR(
    write_doc,
    "write($self, /, data, timeout=None)\n--\n\n"
    "Queues interleaved float32 samples and returns how many frames were taken.\n\n"
    "Waits while the ring is full, at most timeout seconds; None: until all is queued or the stream\n"
    "stops. ValueError for data that is no whole number of frames.");

static PyObject *write_samples(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "write", 1, 2, { "data", "timeout" } };
    PyObject *v[2];
    double left;
    Py_buffer data;
    if (cm_parse(&params, args, count, keywords, v) < 0 || parse_timeout(v[1], &left) < 0 ||
        cm_arg_bytes(v[0], "data", &data) < 0)
        return NULL;
    cm_sound_stream *stream = begin_exchange(self, false);
    size_t done = 0, frame = stream ? cm_sound_frame_bytes(stream) : 1;
    if (stream && (size_t)data.len % frame)
        PyErr_Format(PyExc_ValueError, "%zd bytes are no whole number of frames of %zu", data.len, frame);
    while (stream && !PyErr_Occurred() && done < (size_t)data.len) {
        size_t used = cm_ring_readable(&stream->ring), room = used < stream->most ? stream->most - used : 0;
        size_t part = (size_t)data.len - done < room ? (size_t)data.len - done : room - room % frame;
        if (part && cm_ring_write(&stream->ring, (const char *)data.buf + done, part))
            done += part;
        else if (!wait_moved(stream, &left))
            break;
    }
    if (stream)
        end_exchange(self, stream);
    PyBuffer_Release(&data);
    return PyErr_Occurred() ? NULL : PyLong_FromSize_t(done / frame);
}

PyDoc_STRVAR(
    read_doc,
    "read($self, /, frames, timeout=None)\n--\n\n"
    "The next frames that were recorded, as bytes of interleaved float32 samples.\n\n"
    "Waits for them at most timeout seconds; None: until they are there. Fewer come when the time is\n"
    "over or the stream stops.");

static PyObject *read_samples(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "read", 1, 2, { "frames", "timeout" } };
    PyObject *v[2];
    double left;
    uint32_t frames;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_count(v[0], "frames", &frames) < 0 ||
        parse_timeout(v[1], &left) < 0)
        return NULL;
    cm_sound_stream *stream = begin_exchange(self, true);
    if (!stream)
        return NULL;
    size_t frame = cm_sound_frame_bytes(stream), done = 0, wanted = frame * frames;
    PyObject *data = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)wanted);
    while (data && done < wanted) {
        size_t there = cm_ring_readable(&stream->ring);
        size_t part = wanted - done < there ? wanted - done : there - there % frame;
        if (part && cm_ring_read(&stream->ring, PyBytes_AS_STRING(data) + done, part))
            done += part;
        else if (!wait_moved(stream, &left))
            break;
    }
    end_exchange(self, stream);
    if (PyErr_Occurred())
        Py_CLEAR(data);
    if (data && done < wanted)
        _PyBytes_Resize(&data, (Py_ssize_t)done);
    return data;
}

/* ---- properties ---- */

static PyObject *get_is_active(PyObject *self, void *closure)
{
    cm_sound_stream *stream = sound_of(self)->stream;
    (void)closure;
    return PyBool_FromLong(stream && atomic_load(&stream->active));
}

static PyObject *get_is_finished(PyObject *self, void *closure)
{
    cm_sound_stream *stream = sound_of(self)->stream;
    (void)closure;
    return PyBool_FromLong(stream && atomic_load(&stream->finished) && cm_ring_readable(&stream->ring) == 0);
}

static PyObject *get_dropouts(PyObject *self, void *closure)
{
    sound_object *s = sound_of(self);
    (void)closure;
    return PyLong_FromUnsignedLong(s->dropouts + (s->stream ? atomic_load(&s->stream->dropouts) : 0));
}

static PyObject *get_frames(PyObject *self, void *closure)
{
    sound_object *s = sound_of(self);
    (void)closure;
    return PyLong_FromUnsignedLongLong(s->frames + (s->stream ? atomic_load(&s->stream->frames) : 0));
}

static PyObject *get_queued(PyObject *self, void *closure)
{
    cm_sound_stream *stream = sound_of(self)->stream;
    (void)closure;
    return PyLong_FromSize_t(stream ? cm_ring_readable(&stream->ring) / cm_sound_frame_bytes(stream) : 0);
}

static PyMethodDef methods[] = {
    CM_METHOD("start", start, start_doc),
    CM_METHOD("write", write_samples, write_doc),
    CM_METHOD("read", read_samples, read_doc),
    { "stop", stop, METH_NOARGS, stop_doc },
    { "dispose", dispose, METH_NOARGS, dispose_doc },
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef properties[] = {
    { "is_active", get_is_active, NULL, "True from start() to stop().", NULL },
    { "is_finished", get_is_finished, NULL,
      "True once a callable has returned None and all before it was played.", NULL },
    { "dropouts", get_dropouts, NULL,
      "Gaps so far: underruns of an output, blocks that an input had no room for.", NULL },
    { "frames", get_frames, NULL, "Frames exchanged with the device so far.", NULL },
    { "queued", get_queued, NULL, "Frames in the ring now.", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

PyDoc_STRVAR(
    type_doc,
    "SoundStream(is_input, device_id=0, channels=2, sample_rate=44100.0, buffer_size=512, buffers=4)\n"
    "--\n\n"
    "A stream of interleaved float32 samples to or from a device.\n\n"
    "device_id: an AudioObjectID, or 0 for the default, which an output follows when it changes.\n"
    "buffer_size: frames in a block. buffers: blocks in the ring between the device and Python.");

static PyType_Slot slots[] = {
    { Py_tp_doc, (void *)type_doc },
    { Py_tp_new, cm_native_new },
    { Py_tp_init, init },
    { Py_tp_dealloc, cm_native_dealloc },
    { Py_tp_finalize, finalize },
    { Py_tp_traverse, traverse },
    { Py_tp_clear, clear },
    { Py_tp_methods, methods },
    { Py_tp_getset, properties },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "coremusic._objects.SoundStream",
    .basicsize = sizeof(sound_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int cm_sound_stream_init(PyObject *module, cm_objects_state *state)
{
    return cm_callback_init() < 0 ? -1 : cm_native_add_type(module, state, &spec);
}
