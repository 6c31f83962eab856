/* AudioQueue: playback queues. */
#include "capi.h"

#include <string.h>

static const char *const format_keys[] = {
    "sample_rate",       "format_id",       "format_flags",       "bytes_per_packet",
    "frames_per_packet", "bytes_per_frame", "channels_per_frame", "bits_per_channel",
};

/* The queue loops over its buffers: what was played is enqueued again, until the queue stops. */
static void play_again(void *client, AudioQueueRef queue, AudioQueueBufferRef buffer)
{
    (void)client;
    AudioQueueEnqueueBuffer(queue, buffer, 0, NULL);
}

/* A format from anything with .get, as a dict has; AttributeError for what has none. */
static int format_from(PyObject *value, AudioStreamBasicDescription *format)
{
    PyObject *values = PyDict_Check(value) ? Py_NewRef(value) : PyDict_New();
    PyObject *get = values ? PyObject_GetAttrString(value, "get") : NULL;
    int result = get ? 0 : -1;
    for (size_t i = 0; result == 0 && values != value && i < sizeof format_keys / sizeof *format_keys; i++) {
        PyObject *found = PyObject_CallFunction(get, "s", format_keys[i]);
        result = found ? 0 : -1;
        if (found && found != Py_None)
            result = PyDict_SetItemString(values, format_keys[i], found);
        Py_XDECREF(found);
    }
    if (result == 0)
        result = cm_asbd_from_dict(values, false, format);
    Py_XDECREF(get);
    Py_XDECREF(values);
    return result;
}

PyDoc_STRVAR(new_doc,
             "audio_queue_new_output($module, /, audio_format)\n--\n\n"
             "A new playback queue for a format dict; returns its handle.\n\n"
             "A buffer that was played is enqueued again at once, so the queue loops over its\n"
             "buffers until it stops. Queues mix in Float32, the nearest one to a 32-bit integer or\n"
             "Float64. RuntimeError for a format that cannot be played.");

static PyObject *new_output(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "audio_queue_new_output", 1, 1, { "audio_format" } };
    PyObject *value;
    AudioStreamBasicDescription format;
    AudioQueueRef queue;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, &value) < 0 || format_from(value, &format) < 0)
        return NULL;
    CM_CALL(status, AudioQueueNewOutput(&format, play_again, NULL, NULL, NULL, 0, &queue));
    return status ? cm_capi_raise(status, "AudioQueueNewOutput") : cm_capi_handle(queue);
}

/* ---- buffers, which another thread's disposal must not take away ---- */

/* The buffer is full of silence, whole packets of it, so that it can be enqueued as it is. */
static void fill_with_silence(AudioQueueRef queue, AudioQueueBufferRef buffer)
{
    AudioStreamBasicDescription format;
    UInt32 size = sizeof format, packet = 1, bytes = buffer->mAudioDataBytesCapacity;
    if (AudioQueueGetProperty(queue, kAudioQueueProperty_StreamDescription, &format, &size) == noErr &&
        format.mBytesPerPacket)
        packet = format.mBytesPerPacket * cm_asbd_planes(&format);
    memset(buffer->mAudioData, 0, bytes);
    buffer->mAudioDataByteSize = bytes - bytes % packet;
}

static OSStatus allocate_silence(AudioQueueRef queue, UInt32 size, AudioQueueBufferRef *buffer)
{
    if (!cm_platform_queue_hold(queue))
        return kAudio_ParamError;
    OSStatus status = AudioQueueAllocateBuffer(queue, size, buffer);
    if (status == noErr)
        fill_with_silence(queue, *buffer);
    cm_platform_queue_let_go(queue);
    return status;
}

PyDoc_STRVAR(allocate_doc,
             "audio_queue_allocate_buffer($module, /, queue_id, buffer_size)\n--\n\n"
             "A buffer of buffer_size bytes that belongs to a queue; returns its handle.\n\n"
             "It is full of zeros, as many whole packets as fit, and may be enqueued as it is. The queue\n"
             "frees it when it is disposed of.");

static PyObject *allocate(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "audio_queue_allocate_buffer", 2, 2, { "queue_id", "buffer_size" } };
    PyObject *v[2];
    AudioQueueRef queue;
    AudioQueueBufferRef buffer;
    UInt32 size;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_handle(v[0], "queue_id", &queue) < 0 ||
        cm_arg_count(v[1], "buffer_size", &size) < 0)
        return NULL;
    CM_CALL(status, allocate_silence(queue, size, &buffer));
    return status ? cm_capi_raise(status, "AudioQueueAllocateBuffer") : cm_capi_handle(buffer);
}

PyDoc_STRVAR(enqueue_doc, "audio_queue_enqueue_buffer($module, /, queue_id, buffer_id)\n--\n\n"
                          "Appends a buffer to what the queue plays. Returns 0.\n\n"
                          "RuntimeError for a buffer that is not this queue's or is enqueued already.");

static PyObject *enqueue(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "audio_queue_enqueue_buffer", 2, 2, { "queue_id", "buffer_id" } };
    PyObject *v[2];
    AudioQueueRef queue;
    AudioQueueBufferRef buffer;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_handle(v[0], "queue_id", &queue) < 0 ||
        cm_arg_handle(v[1], "buffer_id", &buffer) < 0)
        return NULL;
    CM_CALL(status, AudioQueueEnqueueBuffer(queue, buffer, 0, NULL));
    return status ? cm_capi_raise(status, "AudioQueueEnqueueBuffer") : cm_capi_zero();
}

PyDoc_STRVAR(start_doc,
             "audio_queue_start($module, /, queue_id)\n--\n\nStarts or resumes a queue. Returns 0.");

static PyObject *start(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "audio_queue_start", 1, 1, { "queue_id" } };
    PyObject *value;
    AudioQueueRef queue;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, &value) < 0 || cm_arg_handle(value, "queue_id", &queue) < 0)
        return NULL;
    CM_CALL(status, AudioQueueStart(queue, NULL));
    return status ? cm_capi_raise(status, "AudioQueueStart") : cm_capi_zero();
}

/* Stop and dispose differ in the call alone. */
static PyObject *end(const char *function, const char *operation, OSStatus (*ends)(AudioQueueRef, Boolean),
                     PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    cm_params params = { function, 1, 2, { "queue_id", "immediate" } };
    PyObject *v[2];
    AudioQueueRef queue;
    bool immediate = true;
    OSStatus status;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_handle(v[0], "queue_id", &queue) < 0 ||
        cm_arg_bool(v[1], &immediate) < 0)
        return NULL;
    CM_CALL(status, ends(queue, immediate));
    return status ? cm_capi_raise(status, operation) : cm_capi_zero();
}

PyDoc_STRVAR(stop_doc, "audio_queue_stop($module, /, queue_id, immediate=True)\n--\n\n"
                       "Stops a queue. Returns 0.\n\n"
                       "immediate: now, and the queue gives its buffers back before the call returns;\n"
                       "False: when what is enqueued has been played.");

static PyObject *stop(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    (void)module;
    return end("audio_queue_stop", "AudioQueueStop", AudioQueueStop, args, count, keywords);
}

PyDoc_STRVAR(dispose_doc, "audio_queue_dispose($module, /, queue_id, immediate=True)\n--\n\n"
                          "Disposes of a queue and its buffers. Returns 0.\n\n"
                          "immediate: now; False: when what is enqueued has been played.");

static PyObject *dispose(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    (void)module;
    return end("audio_queue_dispose", "AudioQueueDispose", cm_platform_queue_dispose, args, count, keywords);
}

static PyMethodDef methods[] = {
    CM_METHOD("audio_queue_new_output", new_output, new_doc),
    CM_METHOD("audio_queue_allocate_buffer", allocate, allocate_doc),
    CM_METHOD("audio_queue_enqueue_buffer", enqueue, enqueue_doc),
    CM_METHOD("audio_queue_start", start, start_doc),
    CM_METHOD("audio_queue_stop", stop, stop_doc),
    CM_METHOD("audio_queue_dispose", dispose, dispose_doc),
    { NULL, NULL, 0, NULL },
};

int cm_capi_audio_queue_init(PyObject *module)
{
    return PyModule_AddFunctions(module, methods);
}
