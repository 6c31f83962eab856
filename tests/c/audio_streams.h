/* audio_streams.h: what tests of AudioFileStream share: files by other programs, and the packets in them. */
#ifndef TESTS_AUDIO_STREAMS_H
#define TESTS_AUDIO_STREAMS_H

#include "audio_files.h"

#include <AudioToolbox/AudioFileStream.h>

#define FRAMES 15000

typedef struct stream_case {
    const char *name;  /* of the file */
    const char *codec; /* ffmpeg's arguments */
    AudioFileTypeID type;
} stream_case;

static inline const char *made_by_ffmpeg(const stream_case *c)
{
    if (access(in_folder("in.raw"), F_OK) != 0) {
        SInt16 *samples = malloc(FRAMES * 4);
        UInt32 noise = 1;
        for (int i = 0; i < FRAMES * 2; i++) {
            noise = noise * 1664525u + 1013904223u;
            samples[i] = (SInt16)(noise >> 19) + (SInt16)(i * 37 % 9000);
        }
        spill(in_folder("in.raw"), samples, FRAMES * 4);
        free(samples);
    }
    const char *path = in_folder(c->name);
    if (access(path, F_OK) != 0)
        CHECK_EQ(
            run("ffmpeg -nostdin -v error -y -f s16le -ar 44100 -ac 2 -i in.raw %s -metadata title=Titel %s",
                c->codec, c->name),
            0);
    return path;
}

/* ---- packets: from a file, from a stream ---- */

typedef struct packets {
    UInt8 *bytes;
    size_t size, count, bytes_room, list_room;
    AudioStreamPacketDescription *list;
    UInt32 properties, ready; /* heard of, and how many of them before ReadyToProducePackets */
    AudioFileStreamID close_me;
    UInt32 refused; /* by ParseBytes inside a callback */
} packets;

static inline void free_packets(packets *p)
{
    free(p->bytes);
    free(p->list);
    *p = (packets){ 0 };
}

static inline void add_packet(packets *p, const UInt8 *bytes, const AudioStreamPacketDescription *d)
{
    if (p->size + d->mDataByteSize > p->bytes_room) {
        p->bytes_room = 2 * (p->size + d->mDataByteSize);
        p->bytes = realloc(p->bytes, p->bytes_room);
    }
    if (p->count == p->list_room) {
        p->list_room = 2 * p->count + 64;
        p->list = realloc(p->list, p->list_room * sizeof *p->list);
    }
    memcpy(p->bytes + p->size, bytes + d->mStartOffset, d->mDataByteSize);
    p->list[p->count] = *d;
    p->list[p->count++].mStartOffset = (SInt64)p->size;
    p->size += d->mDataByteSize;
}

static inline void add_packets(packets *p, const UInt8 *bytes, UInt32 size, UInt32 count,
                               const AudioStreamPacketDescription *d)
{
    for (UInt32 i = 0; i < count; i++) {
        UInt32 each = size / count;
        AudioStreamPacketDescription constant = { .mStartOffset = i * each, .mDataByteSize = each };
        add_packet(p, bytes, d ? &d[i] : &constant);
    }
}

static inline packets packets_of_file(const char *path)
{
    packets all = { 0 };
    AudioFileID file;
    AudioStreamPacketDescription described[64];
    static UInt8 bytes[1 << 20];
    CHECK_EQ(open_file(path, kAudioFileReadPermission, &file), 0);
    UInt32 constant = get_format(file).mBytesPerPacket;
    for (UInt32 count = 64, size = sizeof bytes;; count = 64, size = sizeof bytes) {
        OSStatus status = AudioFileReadPacketData(file, false, &size, described, (SInt64)all.count, &count,
                                                  bytes);
        CHECK(status == noErr || status == kAudioFileEndOfFileError);
        if (count == 0)
            break;
        add_packets(&all, bytes, size, count, constant ? NULL : described);
    }
    CHECK_EQ(AudioFileClose(file), 0);
    return all;
}

static inline void heard_property(void *client, AudioFileStreamID stream, AudioFileStreamPropertyID id,
                                  AudioFileStreamPropertyFlags *flags)
{
    packets *p = client;
    UInt32 size = 0;
    (void)flags;
    CHECK_EQ(AudioFileStreamGetPropertyInfo(stream, id, &size, NULL), 0);
    CHECK(size > 0);
    p->properties++;
    if (id == kAudioFileStreamProperty_ReadyToProducePackets)
        p->ready = p->properties;
}

static inline void heard_packets(void *client, UInt32 size, UInt32 count, const void *bytes,
                                 AudioStreamPacketDescription *described)
{
    packets *p = client;
    CHECK(p->ready > 0 && count > 0);
    add_packets(p, bytes, size, count, described);
}

static inline OSStatus feed(AudioFileStreamID stream, const UInt8 *bytes, size_t size, size_t piece)
{
    OSStatus status = noErr;
    for (size_t at = 0; at < size && status == noErr; at += piece)
        status = AudioFileStreamParseBytes(stream, (UInt32)(size - at < piece ? size - at : piece),
                                           bytes + at, 0);
    return status == noErr ? AudioFileStreamParseBytes(stream, 0, NULL, 0) : status;
}

static inline AudioFileStreamID open_stream(packets *p, AudioFileTypeID hint)
{
    AudioFileStreamID stream;
    CHECK_EQ(AudioFileStreamOpen(p, heard_property, heard_packets, hint, &stream), 0);
    return stream;
}

static inline void same_packets(const packets *a, const packets *b, const char *name, size_t piece)
{
    if (a->count != b->count || a->size != b->size)
        fprintf(stderr, "%s in pieces of %zu: %zu packets (%zu bytes), not %zu (%zu)\n", name, piece,
                a->count, a->size, b->count, b->size);
    CHECK_EQ(a->count, b->count);
    CHECK_EQ(a->size, b->size);
    CHECK(a->size == 0 || memcmp(a->bytes, b->bytes, a->size) == 0);
    for (size_t i = 0; i < a->count; i++) {
        CHECK_EQ(a->list[i].mDataByteSize, b->list[i].mDataByteSize);
        CHECK_EQ(a->list[i].mVariableFramesInPacket, b->list[i].mVariableFramesInPacket);
    }
}

#endif
