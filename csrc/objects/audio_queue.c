/*
 * AudioQueue: plays or records buffers in turn.
 *
 * The queue calls back on a thread of its own, which takes the GIL. So no call of the framework is made with
 * a lock of ours held: each takes the handle while it has the GIL, and the framework answers for one that has
 * died meanwhile.
 */
#include "audio_queue.h"
#include "format.h"

#include "common/callback.h"

#include <string.h>

typedef struct queue_object {
    cm_native native;
    AudioQueueRef queue; /* NULL before new_output and after disposal */
    bool is_input;
    PyObject *format;    /* the AudioFormat as given, or NULL */
    PyObject *buffers;   /* list of AudioBuffer */
    PyObject *on_buffer; /* or NULL: what was played is enqueued again */
} queue_object;

static queue_object *queue_of(PyObject *self)
{
    return (queue_object *)self;
}

static PyObject *fail(PyObject *self, OSStatus status, const char *operation, const char *what)
{
    return cm_raise_object(cm_kept(self, CM_QUEUE_ERROR), status, operation, "%s", what);
}

/* The live handle, or NULL with an exception. */
static AudioQueueRef handle_of(PyObject *self)
{
    if (cm_native_check(self) < 0)
        return NULL;
    if (!queue_of(self)->queue)
        PyErr_SetString(cm_kept(self, CM_QUEUE_ERROR), "no native queue: use AudioQueue.new_output()");
    return queue_of(self)->queue;
}

/* ---- callbacks, on the queue's thread ---- */

/* A new reference to the AudioBuffer around native memory, or NULL without an exception. */
static PyObject *find_buffer(queue_object *q, AudioQueueBufferRef buffer)
{
    Py_ssize_t count = q->buffers ? PyList_GET_SIZE(q->buffers) : 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = PyList_GET_ITEM(q->buffers, i);
        if (cm_audio_buffer_of(item)->buffer == buffer)
            return Py_NewRef(item);
    }
    return NULL;
}

static bool tell(queue_object *q, AudioQueueBufferRef buffer)
{
    PyGILState_STATE state;
    if (!cm_callback_begin(&state))
        return false;
    PyObject *callback = Py_XNewRef(q->on_buffer);
    PyObject *item = callback ? find_buffer(q, buffer) : NULL;
    if (item)
        cm_callback_finish(callback, PyObject_CallOneArg(callback, item));
    Py_XDECREF(item);
    Py_XDECREF(callback);
    cm_callback_end(state, "AudioQueue");
    return true;
}

static void was_played(void *context, AudioQueueRef queue, AudioQueueBufferRef buffer)
{
    queue_object *q = context;
    if (!q->on_buffer)
        AudioQueueEnqueueBuffer(queue, buffer, 0, NULL);
    else
        tell(q, buffer);
}

static void was_recorded(void *context, AudioQueueRef queue, AudioQueueBufferRef buffer,
                         const AudioTimeStamp *start, UInt32 packets,
                         const AudioStreamPacketDescription *descriptions)
{
    (void)start, (void)packets, (void)descriptions;
    if (tell(context, buffer))
        AudioQueueEnqueueBuffer(queue, buffer, 0, NULL);
}

/* ---- life ---- */

static int init(PyObject *self, PyObject *args, PyObject *keywords)
{
    static const cm_params params = { "AudioQueue", 1, 2, { "audio_format", "is_input" } };
    PyObject *v[2];
    queue_object *q = queue_of(self);
    bool is_input = false;
    if (cm_parse_init(&params, args, keywords, v) < 0 || cm_arg_bool(v[1], &is_input) < 0)
        return -1;
    if (q->queue) {
        PyErr_SetString(PyExc_RuntimeError, "AudioQueue.__init__() was called before");
        return -1;
    }
    q->is_input = is_input;
    Py_XSETREF(q->format, Py_NewRef(v[0]));
    if (!q->buffers)
        q->buffers = PyList_New(0);
    return q->buffers ? 0 : -1;
}

static int set_callback(queue_object *q, PyObject *callback)
{
    if (callback && callback != Py_None && !PyCallable_Check(callback)) {
        PyErr_SetString(PyExc_TypeError, "on_buffer must be callable");
        return -1;
    }
    Py_XSETREF(q->on_buffer, Py_XNewRef(callback == Py_None ? NULL : callback));
    return 0;
}

/* Makes the native queue of an instance that has none. */
static int open_queue(PyObject *self)
{
    queue_object *q = queue_of(self);
    AudioStreamBasicDescription format;
    AudioQueueRef queue;
    OSStatus status;
    if (!q->format)
        PyErr_SetString(PyExc_RuntimeError, "AudioQueue.__init__() was not called");
    if (!q->format || cm_asbd_from_format(q->format, "audio_format", &format) < 0)
        return -1;
    if (q->is_input)
        CM_CALL(status, AudioQueueNewInput(&format, was_recorded, self, NULL, NULL, 0, &queue));
    else
        CM_CALL(status, AudioQueueNewOutput(&format, was_played, self, NULL, NULL, 0, &queue));
    if (!status && (q->queue || q->native.core.disposed)) { /* another thread was faster */
        CM_RUN(AudioQueueDispose(queue, true));
        return cm_native_check(self);
    }
    if (status) {
        fail(self, status, q->is_input ? "AudioQueueNewInput" : "AudioQueueNewOutput",
             "create an audio queue");
        return -1;
    }
    q->queue = queue;
    cm_native_set_handle(self, queue);
    return 0;
}

static PyObject *make(PyObject *type, PyObject *format, PyObject *on_buffer, bool is_input)
{
    PyObject *self = PyObject_CallFunction(type, "OO", format, is_input ? Py_True : Py_False);
    if (self && PyObject_TypeCheck(self, (PyTypeObject *)type) &&
        set_callback(queue_of(self), on_buffer) == 0 && open_queue(self) == 0)
        return self;
    Py_XDECREF(self);
    return NULL;
}

PyDoc_STRVAR(
    new_output_doc,
    "new_output($type, /, audio_format, on_buffer=None)\n--\n\n"
    "A queue that plays.\n\n"
    "Queues mix in Float32: 32-bit integers and Float64 are rounded to the nearest one, all else is exact.\n"
    "audio_format: AudioFormat of the data, compressed ones too. on_buffer: on_buffer(buffer) is called on "
    "a\n"
    "thread of the queue's when a buffer has been played; fill it and enqueue it again. Without it the "
    "queue\n"
    "enqueues what was played itself, so that it loops. AudioQueueError for a format that cannot be played.");

static PyObject *new_output(PyObject *type, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "new_output", 1, 2, { "audio_format", "on_buffer" } };
    PyObject *v[2];
    return cm_parse(&params, args, count, keywords, v) < 0 ? NULL : make(type, v[0], v[1], false);
}

PyDoc_STRVAR(
    new_input_doc,
    "new_input($type, /, audio_format, on_buffer)\n--\n\n"
    "A queue that records.\n\n"
    "on_buffer(buffer) is called on a thread of the queue's when a buffer is full: take its data, and it is\n"
    "enqueued again. AudioQueueError for a format that cannot be recorded.");

static PyObject *new_input(PyObject *type, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "new_input", 2, 2, { "audio_format", "on_buffer" } };
    PyObject *v[2];
    return cm_parse(&params, args, count, keywords, v) < 0 ? NULL : make(type, v[0], v[1], true);
}

static void drop_buffers(queue_object *q)
{
    PyObject *buffers = q->buffers;
    q->buffers = NULL;
    for (Py_ssize_t i = 0; buffers && i < PyList_GET_SIZE(buffers); i++)
        cm_audio_buffer_detach(PyList_GET_ITEM(buffers, i));
    Py_XDECREF(buffers);
}

/* Ends disposed, whatever the framework says. */
static OSStatus end_queue(PyObject *self, bool immediate)
{
    queue_object *q = queue_of(self);
    AudioQueueRef queue = q->queue;
    OSStatus status = noErr;
    q->queue = NULL;
    drop_buffers(q);
    if (queue)
        CM_CALL(status, cm_platform_queue_dispose(queue, immediate));
    return status;
}

static void end_now(PyObject *self)
{
    end_queue(self, true);
}

static void finalize(PyObject *self)
{
    cm_native_finalize(self, end_now);
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(queue_of(self)->format);
    Py_VISIT(queue_of(self)->buffers);
    Py_VISIT(queue_of(self)->on_buffer);
    return cm_native_traverse(self, visit, arg);
}

static int clear(PyObject *self)
{
    Py_CLEAR(queue_of(self)->format);
    Py_CLEAR(queue_of(self)->buffers);
    Py_CLEAR(queue_of(self)->on_buffer);
    cm_native_clear(self);
    return 0;
}

/* ---- buffers ---- */

PyDoc_STRVAR(allocate_doc, "allocate_buffer($self, /, buffer_size)\n--\n\n"
                           "A buffer of so many bytes that belongs to the queue and ends with it.");

static PyObject *allocate(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "allocate_buffer", 1, 1, { "buffer_size" } };
    PyObject *value;
    AudioStreamBasicDescription format = { 0 };
    UInt32 size, format_size = sizeof format;
    AudioQueueBufferRef buffer;
    OSStatus status;
    AudioQueueRef queue = handle_of(self);
    if (!queue || cm_parse(&params, args, count, keywords, &value) < 0 ||
        cm_arg_count(value, "buffer_size", &size) < 0)
        return NULL;
    CM_CALL(status,
            AudioQueueGetProperty(queue, kAudioQueueProperty_StreamDescription, &format, &format_size));
    if (!status)
        CM_CALL(status, AudioQueueAllocateBuffer(queue, size, &buffer));
    if (queue_of(self)->queue != queue) /* disposed of meanwhile, and the buffer with it */
        return cm_native_check(self) < 0 ? NULL : PyErr_Format(PyExc_RuntimeError, "the queue has ended");
    if (status)
        return fail(self, status, "AudioQueueAllocateBuffer", "allocate a buffer");
    PyObject *wrapped = cm_audio_buffer_wrap(
        self, queue, buffer, size,
        format.mBytesPerPacket ? format.mBytesPerPacket * cm_asbd_planes(&format) : 1);
    if (!wrapped || PyList_Append(queue_of(self)->buffers, wrapped) < 0) {
        CM_RUN(AudioQueueFreeBuffer(queue, buffer));
        Py_CLEAR(wrapped);
    }
    return wrapped;
}

PyDoc_STRVAR(
    enqueue_doc,
    "enqueue_buffer($self, /, buffer)\n--\n\n"
    "Appends a buffer to what is played (or is there to be recorded into).\n\n"
    "One whose data was never set plays silence. AudioQueueError for a buffer of another queue or one\n"
    "that is enqueued already.");

static PyObject *enqueue(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "enqueue_buffer", 1, 1, { "buffer" } };
    PyObject *value;
    OSStatus status;
    AudioQueueRef queue = handle_of(self);
    if (!queue || cm_parse(&params, args, count, keywords, &value) < 0)
        return NULL;
    if (!PyObject_TypeCheck(value, (PyTypeObject *)cm_kept(self, CM_AUDIO_BUFFER)))
        return PyErr_Format(PyExc_TypeError, "buffer must be an AudioBuffer, not %.100s",
                            Py_TYPE(value)->tp_name);
    if (cm_native_check(value) < 0)
        return NULL;
    AudioQueueBufferRef buffer = cm_audio_buffer_of(value)->buffer;
    if (buffer && !queue_of(self)->is_input)
        cm_audio_buffer_prepare(value);
    CM_CALL(status, AudioQueueEnqueueBuffer(queue, buffer, 0, NULL));
    if (status)
        return fail(self, status, "AudioQueueEnqueueBuffer", "enqueue a buffer");
    Py_RETURN_NONE;
}

/* ---- transport ---- */

static PyObject *simple(PyObject *self, OSStatus (*call)(AudioQueueRef), const char *operation,
                        const char *what)
{
    OSStatus status;
    AudioQueueRef queue = handle_of(self);
    if (!queue)
        return NULL;
    CM_CALL(status, call(queue));
    if (status)
        return fail(self, status, operation, what);
    Py_RETURN_NONE;
}

static OSStatus start_now(AudioQueueRef queue)
{
    return AudioQueueStart(queue, NULL);
}

static OSStatus prime_all(AudioQueueRef queue)
{
    return AudioQueuePrime(queue, 0, NULL);
}

PyDoc_STRVAR(start_doc, "start($self, /)\n--\n\nStarts, or goes on after pause().");

static PyObject *start(PyObject *self, PyObject *unused)
{
    (void)unused;
    return simple(self, start_now, "AudioQueueStart", "start the audio queue");
}

PyDoc_STRVAR(prime_doc,
             "prime($self, /)\n--\n\nDecodes what is enqueued ahead, so that start() is immediate.");

static PyObject *prime(PyObject *self, PyObject *unused)
{
    (void)unused;
    return simple(self, prime_all, "AudioQueuePrime", "prime the audio queue");
}

PyDoc_STRVAR(pause_doc, "pause($self, /)\n--\n\nHolds; start() goes on.");

static PyObject *pause_queue(PyObject *self, PyObject *unused)
{
    (void)unused;
    return simple(self, AudioQueuePause, "AudioQueuePause", "pause the audio queue");
}

PyDoc_STRVAR(flush_doc,
             "flush($self, /)\n--\n\nMakes what a decoder holds back heard, after the last buffer.");

static PyObject *flush(PyObject *self, PyObject *unused)
{
    (void)unused;
    return simple(self, AudioQueueFlush, "AudioQueueFlush", "flush the audio queue");
}

PyDoc_STRVAR(reset_doc, "reset($self, /)\n--\n\nTakes all buffers back at once; the queue goes on running.");

static PyObject *reset(PyObject *self, PyObject *unused)
{
    (void)unused;
    return simple(self, AudioQueueReset, "AudioQueueReset", "reset the audio queue");
}

static int parse_immediate(const char *function, PyObject *const *args, Py_ssize_t count, PyObject *keywords,
                           bool *immediate)
{
    cm_params params = { function, 0, 1, { "immediate" } };
    PyObject *value;
    *immediate = true;
    return cm_parse(&params, args, count, keywords, &value) < 0 ? -1 : cm_arg_bool(value, immediate);
}

PyDoc_STRVAR(stop_doc,
             "stop($self, /, immediate=True)\n--\n\n"
             "Stops now, with all buffers given back when it returns, or when all has been played.");

static PyObject *stop(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    bool immediate;
    OSStatus status;
    AudioQueueRef queue = handle_of(self);
    if (!queue || parse_immediate("stop", args, count, keywords, &immediate) < 0)
        return NULL;
    CM_CALL(status, AudioQueueStop(queue, immediate));
    if (status)
        return fail(self, status, "AudioQueueStop", "stop the audio queue");
    Py_RETURN_NONE;
}

PyDoc_STRVAR(dispose_doc,
             "dispose($self, /, immediate=True)\n--\n\n"
             "Frees the queue and its buffers, now or when all has been played. May be called again.\n\n"
             "AudioQueueError when the framework fails; the object is disposed then, too.");

static PyObject *dispose(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    bool immediate;
    if (parse_immediate("dispose", args, count, keywords, &immediate) < 0)
        return NULL;
    OSStatus status = end_queue(self, immediate);
    cm_native_mark_disposed(self);
    if (status)
        return fail(self, status, "AudioQueueDispose", "dispose of the audio queue");
    Py_RETURN_NONE;
}

PyDoc_STRVAR(open_doc, "open($self, /)\n--\n\nMakes the native queue, if there is none yet; returns self.");

static PyObject *open_method(PyObject *self, PyObject *unused)
{
    (void)unused;
    if (cm_native_check(self) < 0 || (!queue_of(self)->queue && open_queue(self) < 0))
        return NULL;
    return Py_NewRef(self);
}

PyDoc_STRVAR(close_doc, "close($self, /)\n--\n\nThe same as dispose().");

static PyObject *close_method(PyObject *self, PyObject *unused)
{
    (void)unused;
    return dispose(self, NULL, 0, NULL);
}

static PyObject *leave(PyObject *self, PyObject *unused)
{
    PyObject *result = close_method(self, unused);
    Py_XDECREF(result);
    return result ? Py_NewRef(Py_False) : NULL;
}

/* ---- properties ---- */

static PyObject *get_format(PyObject *self, void *closure)
{
    (void)closure;
    PyObject *format = queue_of(self)->format;
    return Py_NewRef(format ? format : Py_None);
}

static PyObject *get_is_input(PyObject *self, void *closure)
{
    (void)closure;
    return PyBool_FromLong(queue_of(self)->is_input);
}

static PyObject *get_is_running(PyObject *self, void *closure)
{
    UInt32 running = 0, size = sizeof running;
    AudioQueueRef queue = queue_of(self)->queue;
    (void)closure;
    OSStatus status = noErr;
    if (queue)
        CM_CALL(status, AudioQueueGetProperty(queue, kAudioQueueProperty_IsRunning, &running, &size));
    if (status)
        running = 0;
    return PyBool_FromLong(running != 0);
}

/* Parameters are told apart by their id, the closure of these. */
static PyObject *get_parameter(PyObject *self, void *closure)
{
    AudioQueueParameterValue value;
    AudioQueueRef queue = handle_of(self);
    if (!queue)
        return NULL;
    OSStatus status;
    CM_CALL(status, AudioQueueGetParameter(queue, (AudioQueueParameterID)(uintptr_t)closure, &value));
    return status ? fail(self, status, "AudioQueueGetParameter", "read a parameter")
                  : PyFloat_FromDouble((double)value);
}

static int set_parameter(PyObject *self, PyObject *value, void *closure)
{
    double number;
    AudioQueueRef queue = handle_of(self);
    if (!value)
        PyErr_SetString(PyExc_AttributeError, "a parameter cannot be deleted");
    if (!queue || !value || cm_arg_f64(value, "value", &number) < 0)
        return -1;
    OSStatus status;
    CM_CALL(status, AudioQueueSetParameter(queue, (AudioQueueParameterID)(uintptr_t)closure,
                                           (AudioQueueParameterValue)number));
    if (status)
        fail(self, status, "AudioQueueSetParameter", "set a parameter");
    return status ? -1 : 0;
}

static PyObject *get_time(PyObject *self, void *closure)
{
    AudioTimeStamp now = { 0 };
    AudioStreamBasicDescription format = { 0 };
    UInt32 size = sizeof format;
    AudioQueueRef queue = handle_of(self);
    (void)closure;
    if (!queue)
        return NULL;
    OSStatus status;
    CM_RUN({
        status = AudioQueueGetCurrentTime(queue, NULL, &now, NULL);
        if (!status)
            status = AudioQueueGetProperty(queue, kAudioQueueProperty_StreamDescription, &format, &size);
    });
    if (status || !(now.mFlags & kAudioTimeStampSampleTimeValid) || format.mSampleRate <= 0)
        return PyFloat_FromDouble(0.0);
    return PyFloat_FromDouble(now.mSampleTime / format.mSampleRate);
}

static PyObject *repr(PyObject *self)
{
    queue_object *q = queue_of(self);
    return PyUnicode_FromFormat("AudioQueue(%s, %R%s)", q->is_input ? "input" : "output",
                                q->format ? q->format : Py_None, q->native.core.disposed ? ", disposed" : "");
}

static PyObject *enter(PyObject *self, PyObject *unused)
{
    return open_method(self, unused);
}

static PyMethodDef methods[] = {
    { "new_output", CM_FAST(new_output), METH_FASTCALL | METH_KEYWORDS | METH_CLASS, new_output_doc },
    { "new_input", CM_FAST(new_input), METH_FASTCALL | METH_KEYWORDS | METH_CLASS, new_input_doc },
    CM_METHOD("allocate_buffer", allocate, allocate_doc),
    CM_METHOD("enqueue_buffer", enqueue, enqueue_doc),
    CM_METHOD("stop", stop, stop_doc),
    CM_METHOD("dispose", dispose, dispose_doc),
    { "open", open_method, METH_NOARGS, open_doc },
    { "close", close_method, METH_NOARGS, close_doc },
    { "start", start, METH_NOARGS, start_doc },
    { "prime", prime, METH_NOARGS, prime_doc },
    { "pause", pause_queue, METH_NOARGS, pause_doc },
    { "flush", flush, METH_NOARGS, flush_doc },
    { "reset", reset, METH_NOARGS, reset_doc },
    { "__enter__", enter, METH_NOARGS, NULL },
    { "__exit__", leave, METH_VARARGS, NULL },
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef properties[] = {
    { "format", get_format, NULL, "The AudioFormat of the data.", NULL },
    { "_format", get_format, NULL, "The same as format.", NULL },
    { "is_input", get_is_input, NULL, "True for a queue that records.", NULL },
    { "is_running", get_is_running, NULL, "True from start() until it has stopped.", NULL },
    { "volume", get_parameter, set_parameter, "Linear gain, 0 .. 1.", (void *)kAudioQueueParam_Volume },
    { "pan", get_parameter, set_parameter, "-1 left .. 1 right.", (void *)kAudioQueueParam_Pan },
    { "current_time", get_time, NULL, "Seconds played or recorded since the start; 0.0 before.", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

PyDoc_STRVAR(type_doc,
             "AudioQueue(audio_format, is_input=False)\n--\n\n"
             "Plays or records buffers in turn. AudioQueue.new_output(format) makes one that plays.");

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
    { Py_tp_repr, repr },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "coremusic.objects.AudioQueue",
    .basicsize = sizeof(queue_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int cm_audio_queue_init(PyObject *module, cm_objects_state *state)
{
    return cm_native_add_type(module, state, &spec);
}
