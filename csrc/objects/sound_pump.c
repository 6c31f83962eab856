/* The pump: a thread between the ring of a stream and a Python callable. */
#include "sound_stream.h"

#include "common/call.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

/* A lost wake-up costs no more than this. */
enum { POLL_MS = 20 };

/* Numbers in one row are the frames of one channel; bytes have no shape. -1 with an exception. */
static int check_shape(const Py_buffer *view, char format, UInt32 channels)
{
    Py_ssize_t found = view->ndim == 2 ? view->shape[1] : view->ndim == 1 ? 1 : 0;
    if (format == 'B' || view->len == 0 || found == (Py_ssize_t)channels)
        return 0;
    PyErr_Format(PyExc_ValueError, "samples of %zd channels (%d axes) where %u are played", found, view->ndim,
                 channels);
    return -1;
}

/* GIL held. Float32 samples of a callable's result into memory that is silent before, `most` bytes of it. -1
 * with an exception. */
static int copy_samples(PyObject *result, float *block, size_t most, UInt32 channels)
{
    Py_buffer view;
    if (PyObject_GetBuffer(result, &view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0)
        return -1;
    const char *format = view.format ? view.format : "B";
    int status = check_shape(&view, *format, channels);
    if (status < 0) {
        PyBuffer_Release(&view);
        return status;
    }
    if ((size_t)view.len > most && *format != 'd') {
        PyErr_Format(PyExc_ValueError, "%zd bytes for a block of %zu", view.len, most);
        status = -1;
    } else if (*format == 'f' || *format == 'B') {
        memcpy(block, view.buf, (size_t)view.len);
    } else if (*format == 'd' && (size_t)view.len <= 2 * most) {
        for (Py_ssize_t i = 0; i < view.len / (Py_ssize_t)sizeof(double); i++)
            block[i] = (float)((const double *)view.buf)[i];
    } else {
        PyErr_SetString(PyExc_TypeError,
                        "a stream takes float32 or float64 samples, as many as were asked for");
        status = -1;
    }
    PyBuffer_Release(&view);
    return status;
}

bool cm_sound_is_asking(const cm_sound_stream *s)
{
    return s && s->asking && pthread_equal(s->asker, pthread_self());
}

bool cm_sound_take_turn(cm_sound_turn *turn, cm_sound_stream *const *stream)
{
    const struct timespec pause = { .tv_nsec = 1000000 };
    while (turn->taken && turn->process == getpid()) {
        if (pthread_equal(turn->owner, pthread_self()) || cm_sound_is_asking(*stream))
            return false;
        CM_RUN(nanosleep(&pause, NULL));
    }
    turn->taken = true;
    turn->stop = false;
    turn->owner = pthread_self();
    turn->process = getpid();
    return true;
}

void cm_sound_end_turn(cm_sound_turn *turn)
{
    turn->taken = false;
}

/* GIL held. What the callable returns; the thread is known as the one that asks. A callable may let a unit
 * render that asks it again. */
static PyObject *call(cm_sound_stream *s, PyObject *callable, PyObject *argument, UInt32 frames)
{
    pthread_t outer = s->asker;
    s->asker = pthread_self();
    s->asking++;
    PyObject *result = argument ? PyObject_CallFunction(callable, "OI", argument, frames)
                                : PyObject_CallFunction(callable, "I", frames);
    s->asking--;
    s->asker = outer;
    return result;
}

/* GIL held. False when the callable has no more: it returned None. It may end the stream's owner. */
static bool ask(cm_sound_stream *s, UInt32 frames, float *block)
{
    size_t bytes = cm_sound_frame_bytes(s) * frames;
    PyObject *callable = Py_NewRef(s->callable);
    PyObject *result = call(s, callable, NULL, frames);
    bool more = result != Py_None;
    if (!result || (more && copy_samples(result, block, bytes, s->settings.channels) < 0)) {
        memset(block, 0, bytes);
        PyErr_WriteUnraisable(callable);
    }
    Py_XDECREF(result);
    Py_DECREF(callable);
    return more;
}

bool cm_sound_ask(cm_sound_stream *s, UInt32 frames, float *block)
{
    PyGILState_STATE state;
    if (!cm_callback_begin(&state))
        return false;
    bool more = s->callable && ask(s, frames, block);
    cm_callback_end(state, "SoundStream");
    return more;
}

static bool fill_one(cm_sound_stream *s, float *block)
{
    memset(block, 0, cm_sound_block_bytes(s));
    bool more = cm_sound_ask(s, s->settings.block, block);
    if (more && !atomic_load(&s->stopping))
        cm_ring_write(&s->ring, block, cm_sound_block_bytes(s));
    return more;
}

bool cm_sound_fill(cm_sound_stream *s)
{
    float *block = malloc(cm_sound_block_bytes(s));
    bool more = block != NULL;
    while (more && !atomic_load(&s->stopping) &&
           cm_ring_readable(&s->ring) + cm_sound_block_bytes(s) <= s->most)
        more = fill_one(s, block);
    free(block);
    atomic_store(&s->finished, !more);
    return more;
}

/* Hands blocks that were recorded to the callable. False once the interpreter is ending. */
static bool drain(cm_sound_stream *s)
{
    size_t bytes = cm_sound_block_bytes(s);
    while (!atomic_load(&s->stopping) && cm_ring_readable(&s->ring) >= bytes) {
        PyGILState_STATE state;
        if (!cm_callback_begin(&state))
            return false;
        PyObject *data = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)bytes);
        if (data && cm_ring_read(&s->ring, PyBytes_AS_STRING(data), bytes))
            cm_callback_finish(s->callable, call(s, s->callable, data, s->settings.block));
        else
            PyErr_WriteUnraisable(s->callable);
        Py_XDECREF(data);
        cm_callback_end(state, "SoundStream");
    }
    return true;
}

void *cm_sound_pump(void *context)
{
    cm_sound_stream *s = context;
    PyGILState_STATE state;
    cm_callback_thread thread;
    bool more = true, attached = cm_callback_attach(&thread);
    cm_platform_thread_prompt();
    while (more && !atomic_load(&s->stopping)) {
        more = s->settings.is_input ? drain(s) : cm_sound_fill(s);
        if (more)
            cm_platform_signal_wait(s->moved, POLL_MS);
    }
    PyObject *callable = s->callable;
    s->callable = NULL;
    if (cm_callback_begin(&state)) {
        Py_DECREF(callable);
        cm_callback_end(state, "SoundStream");
    }
    if (attached)
        cm_callback_detach(&thread);
    cm_sound_release(s);
    return NULL;
}
