/* audio_queue_kit.h: what the tests of AudioQueue share: formats, a sound in memory that a callback plays,
 * waiting.
 */
#ifndef TESTS_AUDIO_QUEUE_KIT_H
#define TESTS_AUDIO_QUEUE_KIT_H

#include "check.h"

#include <AudioToolbox/AudioToolbox.h>
#include <coremusic/engine.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Interleaved packed linear PCM. */
static inline AudioStreamBasicDescription pcm(double rate, UInt32 channels, UInt32 bits, UInt32 flags)
{
    UInt32 bytes = bits / 8 * channels;
    AudioStreamBasicDescription f = {
        rate, kAudioFormatLinearPCM, flags | kAudioFormatFlagIsPacked, bytes, 1, bytes, channels, bits, 0
    };
    return f;
}

#define INT kAudioFormatFlagIsSignedInteger
#define FLOAT kAudioFormatFlagIsFloat

static inline void rest(double milliseconds)
{
    struct timespec t = { (time_t)(milliseconds / 1000), (long)(milliseconds * 1e6) % 1000000000 };
    nanosleep(&t, NULL);
}

/* Waits for a condition that another thread brings about; a test that waits too long has failed. */
#define WAIT_UNTIL(condition)                                                                                \
    do {                                                                                                     \
        for (int wait_i = 0; !(condition); wait_i++) {                                                       \
            CHECK(wait_i < 20000 && #condition);                                                             \
            rest(0.5);                                                                                       \
        }                                                                                                    \
    } while (0)

static inline Float32 *noise(size_t samples)
{
    uint32_t state = 12345;
    Float32 *sound = malloc(samples * sizeof *sound);
    for (size_t i = 0; i < samples; i++) {
        state = state * 1664525u + 1013904223u;
        sound[i] = (Float32)((int32_t)state >> 8) / 8388608.0f;
    }
    return sound;
}

/* A sound in memory, played through buffers that the callback fills again; stops the queue behind its end. */
typedef struct player {
    const UInt8 *bytes;
    size_t size, used;
    bool stops;
    atomic_int callbacks, refused;
} player;

static inline void refill(void *user, AudioQueueRef queue, AudioQueueBufferRef buffer)
{
    player *p = user;
    size_t left = p->size - p->used;
    UInt32 n = left < buffer->mAudioDataBytesCapacity ? (UInt32)left : buffer->mAudioDataBytesCapacity;
    atomic_fetch_add(&p->callbacks, 1);
    if (n == 0) {
        if (p->stops)
            AudioQueueStop(queue, false);
        return;
    }
    memcpy(buffer->mAudioData, p->bytes + p->used, n);
    buffer->mAudioDataByteSize = n;
    if (AudioQueueEnqueueBuffer(queue, buffer, 0, NULL) == noErr)
        p->used += n;
    else
        atomic_fetch_add(&p->refused, 1);
}

static inline AudioQueueRef make_queue(AudioStreamBasicDescription format, player *p)
{
    AudioQueueRef queue = NULL;
    CHECK_EQ(AudioQueueNewOutput(&format, refill, p, NULL, NULL, 0, &queue), noErr);
    CHECK(queue != NULL);
    return queue;
}

static inline void prepare(AudioQueueRef queue, player *p, int buffers, UInt32 bytes)
{
    for (int i = 0; i < buffers; i++) {
        AudioQueueBufferRef buffer = NULL;
        CHECK_EQ(AudioQueueAllocateBuffer(queue, bytes, &buffer), noErr);
        refill(p, queue, buffer);
    }
    atomic_store(&p->callbacks, 0);
}

static inline UInt32 get32(AudioQueueRef queue, AudioQueuePropertyID id)
{
    UInt32 value = 0, size = sizeof value;
    CHECK_EQ(AudioQueueGetProperty(queue, id, &value, &size), noErr);
    return value;
}

/* Renders offline until nothing comes; the frames, the caller's to free. */
static inline UInt8 *render_all(AudioQueueRef queue, UInt32 frame_size, UInt32 step, size_t *frames)
{
    AudioQueueBufferRef buffer = NULL;
    AudioTimeStamp time = { .mFlags = kAudioTimeStampSampleTimeValid };
    UInt8 *all = NULL;
    CHECK_EQ(AudioQueueAllocateBuffer(queue, step * frame_size, &buffer), noErr);
    *frames = 0;
    for (;;) {
        CHECK_EQ(AudioQueueOfflineRender(queue, &time, buffer, step), noErr);
        UInt32 bytes = buffer->mAudioDataByteSize;
        if (bytes == 0)
            return all;
        all = realloc(all, *frames * frame_size + bytes);
        memcpy(all + *frames * frame_size, buffer->mAudioData, bytes);
        *frames += bytes / frame_size;
        time.mSampleTime += bytes / frame_size;
    }
}

#endif
