/* audio_queue.h: what AudioQueue and its AudioBuffers share. */
#ifndef CM_OBJECTS_AUDIO_QUEUE_H
#define CM_OBJECTS_AUDIO_QUEUE_H

#include "native.h"

/* Memory that a queue owns, to be touched only while the queue is held. `buffer` is NULL before the queue has
 * given it one and after the queue is gone. */
typedef struct cm_audio_buffer {
    cm_native native;
    UInt32 size;
    AudioQueueRef queue;
    AudioQueueBufferRef buffer;
    UInt32 packet; /* bytes of the queue's packets, 1 when they vary */
    bool filled;   /* data was set */
} cm_audio_buffer;

static inline cm_audio_buffer *cm_audio_buffer_of(PyObject *self)
{
    return (cm_audio_buffer *)self;
}

/* A new AudioBuffer around so many bytes that a queue has allocated; from is any object of the module. */
PyObject *cm_audio_buffer_wrap(PyObject *from, AudioQueueRef queue, AudioQueueBufferRef buffer, UInt32 size,
                               UInt32 packet);

/* The queue has freed the memory, or is about to. */
void cm_audio_buffer_detach(PyObject *self);

/* Silence where nothing was set, so that it can be enqueued. */
void cm_audio_buffer_prepare(PyObject *self);

#endif
