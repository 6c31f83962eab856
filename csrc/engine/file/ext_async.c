#include "ext_async.h"

#include "../base/ring.h"
#include "ext_file.h"

#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

#define BLOCK_FRAMES 4096u

struct cm_ext_async {
    cm_ext_file *file;
    UInt32 planes;
    size_t stride;
    UInt32 capacity; /* frames */
    cm_ring *rings;  /* one per plane; the last is filled last and tells how many frames are complete */
    AudioBufferList *block; /* the thread's */
    sem_t wake;
    atomic_bool stop;
    _Atomic OSStatus status;
    pthread_t thread;
    bool running;
};

static size_t queued_frames(cm_ext_async *a)
{
    return cm_ring_readable(&a->rings[a->planes - 1]) / a->stride;
}

static void write_queued(cm_ext_async *a)
{
    size_t frames;
    while ((frames = queued_frames(a)) > 0) {
        if (frames > BLOCK_FRAMES)
            frames = BLOCK_FRAMES;
        for (UInt32 p = 0; p < a->planes; p++) {
            cm_ring_read(&a->rings[p], a->block->mBuffers[p].mData, frames * a->stride);
            a->block->mBuffers[p].mDataByteSize = (UInt32)(frames * a->stride);
        }
        if (atomic_load(&a->status) != noErr)
            continue; /* keep the ring moving, so that stop ends */
        pthread_mutex_lock(&a->file->lock);
        OSStatus status = cm_ext_write(a->file, (UInt32)frames, a->block);
        pthread_mutex_unlock(&a->file->lock);
        if (status != noErr)
            atomic_store(&a->status, status);
    }
}

static void *writer(void *argument)
{
    cm_ext_async *a = argument;
    while (!atomic_load(&a->stop)) {
        while (sem_wait(&a->wake) != 0 && errno == EINTR)
            ;
        write_queued(a);
    }
    write_queued(a);
    return NULL;
}

static bool allocate(cm_ext_async *a)
{
    a->rings = calloc(a->planes, sizeof *a->rings);
    a->block = calloc(1, sizeof *a->block + a->planes * sizeof(AudioBuffer));
    if (!a->rings || !a->block)
        return false;
    a->block->mNumberBuffers = a->planes;
    for (UInt32 p = 0; p < a->planes; p++) {
        a->block->mBuffers[p].mNumberChannels = a->planes > 1 ? 1 : a->file->client_format.mChannelsPerFrame;
        a->block->mBuffers[p].mData = malloc(BLOCK_FRAMES * a->stride);
        if (!a->block->mBuffers[p].mData || !cm_ring_init(&a->rings[p], a->capacity * a->stride))
            return false;
    }
    return true;
}

static void destroy(cm_ext_async *a)
{
    for (UInt32 p = 0; p < a->planes; p++) {
        if (a->block)
            free(a->block->mBuffers[p].mData);
        if (a->rings)
            cm_ring_free(&a->rings[p]);
    }
    free(a->block);
    free(a->rings);
    sem_destroy(&a->wake);
    free(a);
}

OSStatus cm_ext_async_start(cm_ext_file *e, UInt32 planes, size_t stride, UInt32 frames, cm_ext_async **out)
{
    cm_ext_async *a = calloc(1, sizeof *a);
    if (!a)
        return cmMemFullError;
    a->file = e;
    a->planes = planes;
    a->stride = stride;
    a->capacity = frames;
    sem_init(&a->wake, 0, 0);
    a->running = allocate(a) && pthread_create(&a->thread, NULL, writer, a) == 0;
    if (!a->running) {
        destroy(a);
        return cmMemFullError;
    }
    *out = a;
    return noErr;
}

OSStatus cm_ext_async_write(cm_ext_async *a, UInt32 frames, const AudioBufferList *data)
{
    size_t bytes = frames * a->stride;
    if (frames > a->capacity)
        return kExtAudioFileError_AsyncWriteTooLarge;
    /* The first ring is read first: when it has room, so have all that this thread filled after it. */
    for (UInt32 p = 0; p < a->planes; p++)
        if (cm_ring_writable(&a->rings[p]) < bytes)
            return kExtAudioFileError_AsyncWriteBufferOverflow;
    for (UInt32 p = 0; p < a->planes; p++)
        cm_ring_write(&a->rings[p], data->mBuffers[p].mData, bytes);
    sem_post(&a->wake);
    return atomic_load(&a->status);
}

OSStatus cm_ext_async_stop(cm_ext_async *a)
{
    if (!a)
        return noErr;
    if (a->running) {
        atomic_store(&a->stop, true);
        sem_post(&a->wake);
        pthread_join(a->thread, NULL);
        a->running = false;
    }
    return atomic_load(&a->status);
}

void cm_ext_async_free(cm_ext_async *a)
{
    if (!a)
        return;
    cm_ext_async_stop(a);
    destroy(a);
}
