/* converter_kit.h: what the tests of AudioConverter share: formats, and a sound in memory as input procedure.
 */
#ifndef TESTS_CONVERTER_KIT_H
#define TESTS_CONVERTER_KIT_H

#include "check.h"

#include <AudioToolbox/AudioConverter.h>
#include <AudioToolbox/AudioFormat.h>
#include <coremusic/engine.h>
#include <stdbool.h>
#include <stdint.h>

/* Packed linear PCM, native byte order unless flags say otherwise. */
static inline AudioStreamBasicDescription pcm(double rate, UInt32 channels, UInt32 bits, UInt32 flags)
{
    UInt32 bytes = bits / 8 * (flags & kAudioFormatFlagIsNonInterleaved ? 1 : channels);
    AudioStreamBasicDescription f = {
        rate, kAudioFormatLinearPCM, flags | kAudioFormatFlagIsPacked, bytes, 1, bytes, channels, bits, 0
    };
    return f;
}

#define INT kAudioFormatFlagIsSignedInteger
#define FLOAT kAudioFormatFlagIsFloat
#define PLANAR kAudioFormatFlagIsNonInterleaved

static inline AudioConverterRef make(AudioStreamBasicDescription from, AudioStreamBasicDescription to)
{
    AudioConverterRef c = NULL;
    OSStatus status = AudioConverterNew(&from, &to, &c);
    if (status != noErr)
        fprintf(stderr, "%s\n", CMEngineGetErrorDetail(status));
    CHECK_EQ(status, noErr);
    CHECK(c != NULL);
    return c;
}

static inline void set32(AudioConverterRef c, UInt32 id, UInt32 value)
{
    CHECK_EQ(AudioConverterSetProperty(c, id, sizeof value, &value), noErr);
}

static inline UInt32 get32(AudioConverterRef c, UInt32 id, UInt32 in)
{
    UInt32 value = in, size = sizeof value;
    CHECK_EQ(AudioConverterGetProperty(c, id, &size, &value), noErr);
    CHECK_EQ(size, 4);
    return value;
}

static inline uint32_t next_random(void)
{
    static uint32_t state = 12345;
    state = state * 1664525u + 1013904223u;
    return state;
}

/* A sound in memory, served in pieces: as many packets as asked, or `piece` of them when that is not 0. */
typedef struct source {
    const void *data;
    UInt32 bytes_per_packet; /* in each plane */
    UInt32 planes;
    size_t packets, at, piece;
    bool irregular; /* pieces of random size */
    OSStatus error; /* returned, once, when at reaches error_at */
    size_t error_at;
    int calls;
} source;

static inline OSStatus serve(AudioConverterRef c, UInt32 *packets, AudioBufferList *data,
                             AudioStreamPacketDescription **descriptions, void *user)
{
    (void)c;
    (void)descriptions;
    source *s = user;
    s->calls++;
    size_t n = s->piece ? s->piece : *packets;
    if (s->irregular)
        n = 1 + next_random() % (2 * n);
    if (s->error && s->at >= s->error_at) {
        OSStatus error = s->error;
        s->error = 0;
        *packets = 0;
        return error;
    }
    if (n > s->packets - s->at)
        n = s->packets - s->at;
    if (s->error && s->at + n > s->error_at)
        n = s->error_at - s->at;
    *packets = (UInt32)n;
    CHECK_EQ(data->mNumberBuffers, s->planes);
    for (UInt32 i = 0; i < s->planes; i++) {
        data->mBuffers[i].mData = (char *)s->data + (i * s->packets + s->at) * s->bytes_per_packet;
        data->mBuffers[i].mDataByteSize = (UInt32)n * s->bytes_per_packet;
    }
    s->at += n;
    return noErr;
}

static inline source from_memory(const void *data, size_t packets, UInt32 bytes_per_packet)
{
    source s = { .data = data, .packets = packets, .bytes_per_packet = bytes_per_packet, .planes = 1 };
    return s;
}

/* Everything that comes, asked for in steps, into one interleaved buffer. */
static inline size_t drain(AudioConverterRef c, source *s, void *out, size_t room, UInt32 bytes, UInt32 step)
{
    size_t total = 0;
    for (;;) {
        UInt32 n = room - total < step ? (UInt32)(room - total) : step;
        CHECK(n > 0);
        AudioBufferList list = { 1, { { 0, n * bytes, (char *)out + total * bytes } } };
        UInt32 asked = n;
        CHECK_EQ(AudioConverterFillComplexBuffer(c, serve, s, &n, &list, NULL), noErr);
        CHECK(n <= asked);
        CHECK_EQ(list.mBuffers[0].mDataByteSize, n * bytes);
        if (n == 0)
            return total;
        total += n;
    }
}

#endif
