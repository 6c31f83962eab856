/* AudioBuffer: memory that an AudioQueue plays or records. */
#include "audio_queue.h"

#include <string.h>

static int init(PyObject *self, PyObject *args, PyObject *keywords)
{
    static const cm_params params = { "AudioBuffer", 2, 2, { "queue_id", "buffer_size" } };
    PyObject *v[2];
    void *queue;
    UInt32 size;
    if (cm_parse_init(&params, args, keywords, v) < 0 || cm_arg_handle(v[0], "queue_id", &queue) < 0 ||
        cm_arg_count(v[1], "buffer_size", &size) < 0)
        return -1;
    if (cm_audio_buffer_of(self)->buffer) {
        PyErr_SetString(PyExc_RuntimeError, "the buffer belongs to a queue, which has said how large it is");
        return -1;
    }
    cm_audio_buffer_of(self)->size = size;
    return 0;
}

PyObject *cm_audio_buffer_wrap(PyObject *from, AudioQueueRef queue, AudioQueueBufferRef buffer, UInt32 size,
                               UInt32 packet)
{
    PyTypeObject *type = (PyTypeObject *)cm_kept(from, CM_AUDIO_BUFFER);
    PyObject *self = cm_native_new(type, NULL, NULL);
    if (!self)
        return NULL;
    cm_audio_buffer_of(self)->size = size;
    cm_audio_buffer_of(self)->queue = queue;
    cm_audio_buffer_of(self)->buffer = buffer;
    cm_audio_buffer_of(self)->packet = packet;
    cm_native_set_handle(self, buffer);
    return self;
}

void cm_audio_buffer_detach(PyObject *self)
{
    cm_audio_buffer_of(self)->buffer = NULL;
    cm_native_mark_disposed(self);
}

void cm_audio_buffer_prepare(PyObject *self)
{
    cm_audio_buffer *b = cm_audio_buffer_of(self);
    if (b->filled || !cm_platform_queue_hold(b->queue))
        return;
    memset(b->buffer->mAudioData, 0, b->size);
    b->buffer->mAudioDataByteSize = b->size - b->size % b->packet;
    cm_platform_queue_let_go(b->queue);
}

/*
 * The memory, to be let go with the GIL held all the time; NULL with an exception when there is none behind
 * it. The functional API may have disposed of the queue, by its number.
 */
static AudioQueueBufferRef hold_memory(PyObject *self)
{
    cm_audio_buffer *b = cm_audio_buffer_of(self);
    if (cm_native_check(self) < 0)
        return NULL;
    if (!b->buffer) {
        PyErr_SetString(PyExc_RuntimeError,
                        "this AudioBuffer belongs to no queue: use AudioQueue.allocate_buffer");
        return NULL;
    }
    if (cm_platform_queue_hold(b->queue))
        return b->buffer;
    cm_audio_buffer_detach(self);
    cm_native_check(self);
    return NULL;
}

static void let_go(PyObject *self)
{
    cm_platform_queue_let_go(cm_audio_buffer_of(self)->queue);
}

static PyObject *get_data(PyObject *self, void *closure)
{
    AudioQueueBufferRef buffer = hold_memory(self);
    (void)closure;
    if (!buffer)
        return NULL;
    PyObject *data = PyBytes_FromStringAndSize(buffer->mAudioData, buffer->mAudioDataByteSize);
    let_go(self);
    return data;
}

static int set_data(PyObject *self, PyObject *value, void *closure)
{
    Py_buffer data;
    (void)closure;
    if (!value)
        PyErr_SetString(PyExc_AttributeError, "data cannot be deleted");
    if (!value || cm_arg_bytes(value, "data", &data) < 0)
        return -1;
    AudioQueueBufferRef buffer = hold_memory(self); /* not before: asking for bytes may run Python */
    if (!buffer) {
        PyBuffer_Release(&data);
        return -1;
    }
    bool fits = data.len <= (Py_ssize_t)buffer->mAudioDataBytesCapacity;
    if (fits) {
        memcpy(buffer->mAudioData, data.buf, (size_t)data.len);
        buffer->mAudioDataByteSize = (UInt32)data.len;
        cm_audio_buffer_of(self)->filled = true;
    } else {
        PyErr_Format(PyExc_ValueError, "%zd bytes do not fit a buffer of %u", data.len,
                     (unsigned)buffer->mAudioDataBytesCapacity);
    }
    let_go(self);
    PyBuffer_Release(&data);
    return fits ? 0 : -1;
}

static PyObject *get_data_size(PyObject *self, void *closure)
{
    AudioQueueBufferRef buffer = hold_memory(self);
    (void)closure;
    if (!buffer)
        return NULL;
    UInt32 size = buffer->mAudioDataByteSize;
    let_go(self);
    return PyLong_FromUnsignedLong(size);
}

static PyObject *get_size(PyObject *self, void *closure)
{
    (void)closure;
    return PyLong_FromUnsignedLong(cm_audio_buffer_of(self)->size);
}

static PyObject *repr(PyObject *self)
{
    return PyUnicode_FromFormat("AudioBuffer(%u bytes%s)", (unsigned)cm_audio_buffer_of(self)->size,
                                cm_audio_buffer_of(self)->native.core.disposed ? ", disposed" : "");
}

static int clear(PyObject *self)
{
    cm_native_clear(self);
    return 0;
}

static PyGetSetDef properties[] = {
    { "data", get_data, set_data,
      "The valid part, as bytes. Set any bytes-like object of at most buffer_size bytes; ValueError for "
      "more.\n\n"
      "What is set while the buffer is enqueued may be played in part.",
      NULL },
    { "data_size", get_data_size, NULL, "Bytes of the valid part.", NULL },
    { "buffer_size", get_size, NULL, "Bytes that fit.", NULL },
    { "capacity", get_size, NULL, "The same as buffer_size.", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

PyDoc_STRVAR(type_doc, "AudioBuffer(queue_id, buffer_size)\n--\n\n"
                       "Memory of an AudioQueue, from AudioQueue.allocate_buffer. It ends with its queue.");

static PyType_Slot slots[] = {
    { Py_tp_doc, (void *)type_doc },
    { Py_tp_new, cm_native_new },
    { Py_tp_init, init },
    { Py_tp_dealloc, cm_native_dealloc },
    { Py_tp_traverse, cm_native_traverse },
    { Py_tp_clear, clear },
    { Py_tp_repr, repr },
    { Py_tp_getset, properties },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "coremusic.objects.AudioBuffer",
    .basicsize = sizeof(cm_audio_buffer),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int cm_audio_buffer_init(PyObject *module, cm_objects_state *state)
{
    if (cm_native_add_type(module, state, &spec) < 0)
        return -1;
    state->kept[CM_AUDIO_BUFFER] = PyObject_GetAttrString(module, "AudioBuffer");
    return state->kept[CM_AUDIO_BUFFER] ? 0 : -1;
}
