/*
 * fuzz_file.h: what the fuzzers of containers do with a file: read everything there is, then change what
 * describes it and check that the audio is the same afterwards.
 */
#ifndef TESTS_FUZZ_FILE_H
#define TESTS_FUZZ_FILE_H

#include "base/io.h"
#include "file/chunks.h"
#include "file/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_CHECK(condition)                                                                                \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);                        \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

enum { FUZZ_PACKETS = 64, FUZZ_BYTES = 65536 };

static const AudioFilePropertyID fuzz_properties[] = {
    kAudioFilePropertyDataFormat,
    kAudioFilePropertyFormatList,
    kAudioFilePropertyChannelLayout,
    kAudioFilePropertyMagicCookieData,
    kAudioFilePropertyPacketTableInfo,
    kAudioFilePropertyEstimatedDuration,
    kAudioFilePropertyBitRate,
    kAudioFilePropertyMaximumPacketSize,
    kAudioFilePropertyPacketSizeUpperBound,
    kAudioFilePropertyChunkIDs,
    kAudioFilePropertySourceBitDepth,
    kAudioFilePropertyID3Tag,
    kAudioFilePropertyID3TagOffset,
};

/* A sum over the first packets, their descriptions and the audio's size. */
static inline UInt64 fuzz_audio(cm_file *f)
{
    static UInt8 buffer[FUZZ_BYTES];
    AudioStreamPacketDescription d[FUZZ_PACKETS];
    UInt64 sum = (UInt64)f->data_bytes;
    SInt64 count = 0;
    FUZZ_CHECK(f->data_bytes >= 0 && f->data_offset >= 0);
    FUZZ_CHECK(f->data_offset + f->data_bytes <= cm_io_size(f->io));
    FUZZ_CHECK(cm_file_count_packets(f, &count) == noErr && count >= 0);
    sum = sum * 31 + (UInt64)count;
    for (int i = 0; i < 2; i++) {
        SInt64 first = i == 0 ? 0 : count - 1;
        UInt32 packets = FUZZ_PACKETS, bytes = sizeof buffer;
        if (first < 0 || cm_file_read_packets(f, first, &packets, d, &bytes, buffer) != noErr)
            continue;
        FUZZ_CHECK(packets <= FUZZ_PACKETS && bytes <= sizeof buffer);
        for (UInt32 b = 0; b < bytes; b++)
            sum = sum * 31 + buffer[b];
        for (UInt32 p = 0; p < packets; p++) {
            FUZZ_CHECK(d[p].mStartOffset + d[p].mDataByteSize <= bytes);
            sum = sum * 31 + d[p].mDataByteSize + d[p].mVariableFramesInPacket;
        }
    }
    return sum;
}

static inline void fuzz_properties_of(cm_file *f)
{
    for (size_t i = 0; i < sizeof fuzz_properties / sizeof *fuzz_properties; i++) {
        UInt32 size = 0, writable;
        if (cm_file_property_info(f, fuzz_properties[i], &size, &writable) != noErr)
            continue;
        UInt8 *data = malloc(size ? size : 1);
        if (data)
            cm_file_get_property(f, fuzz_properties[i], &size, data);
        free(data);
    }
    CFDataRef artwork = NULL;
    UInt32 size = sizeof artwork;
    if (cm_file_get_property(f, kAudioFilePropertyAlbumArtwork, &size, &artwork) == noErr)
        CFRelease(artwork);
    for (size_t i = 0; i < f->chunk_count; i++) {
        UInt8 byte;
        if (f->chunks[i].size)
            FUZZ_CHECK(cm_chunk_read(f, &f->chunks[i], f->chunks[i].size - 1, &byte, 1) == noErr);
    }
}

typedef struct fuzz_facts {
    CFMutableDictionaryRef info;
    cm_markers markers;
    cm_regions regions;
} fuzz_facts;

static inline void fuzz_read(cm_file *f, fuzz_facts *facts)
{
    *facts = (fuzz_facts){ .info = CFDictionaryCreateMutable(NULL, 0, &kCFTypeDictionaryKeyCallBacks,
                                                             &kCFTypeDictionaryValueCallBacks) };
    const cm_container *c = f->container;
    if (c->read_info)
        c->read_info(f, facts->info);
    if (c->read_markers && c->read_markers(f, &facts->markers) != noErr)
        cm_markers_free(&facts->markers);
    if (c->read_regions && c->read_regions(f, &facts->regions) != noErr)
        cm_regions_free(&facts->regions);
}

static inline void fuzz_free(fuzz_facts *facts)
{
    CFRelease(facts->info);
    cm_markers_free(&facts->markers);
    cm_regions_free(&facts->regions);
}

/* ---- a file in memory that can be written ---- */

typedef struct fuzz_memory {
    UInt8 *bytes;
    size_t size, capacity;
} fuzz_memory;

static inline OSStatus fuzz_memory_read(void *client, SInt64 at, UInt32 wanted, void *buffer, UInt32 *got)
{
    fuzz_memory *m = client;
    size_t left = (UInt64)at < m->size ? m->size - (size_t)at : 0;
    *got = wanted < left ? wanted : (UInt32)left;
    memcpy(buffer, m->bytes + (*got ? at : 0), *got);
    return noErr;
}

static inline OSStatus fuzz_memory_set_size(void *client, SInt64 size)
{
    fuzz_memory *m = client;
    if ((size_t)size > m->capacity) {
        m->capacity = (size_t)size * 2;
        m->bytes = realloc(m->bytes, m->capacity);
    }
    if ((size_t)size > m->size)
        memset(m->bytes + m->size, 0, (size_t)size - m->size);
    m->size = (size_t)size;
    return noErr;
}

static inline OSStatus fuzz_memory_write(void *client, SInt64 at, UInt32 size, const void *buffer,
                                         UInt32 *put)
{
    fuzz_memory *m = client;
    if ((size_t)at + size > m->size)
        fuzz_memory_set_size(client, at + size);
    memcpy(m->bytes + at, buffer, size);
    *put = size;
    return noErr;
}

static inline SInt64 fuzz_memory_size(void *client)
{
    return (SInt64)((fuzz_memory *)client)->size;
}

static inline cm_file *fuzz_open(fuzz_memory *m)
{
    cm_io *io = NULL;
    cm_file *f = NULL;
    FUZZ_CHECK(cm_io_wrap_callbacks(m, fuzz_memory_read, fuzz_memory_write, fuzz_memory_size,
                                    fuzz_memory_set_size, &io) == noErr);
    cm_file_open_io(io, kAudioFileReadWritePermission, 0, &f);
    return f;
}

static inline void fuzz_write(cm_file *f, const fuzz_facts *facts, const uint8_t *data, size_t size)
{
    const cm_container *c = f->container;
    CFDictionarySetValue(facts->info, CFSTR("title"), CFSTR("a new title"));
    CFDictionarySetValue(facts->info, CFSTR("own key"), CFSTR("own value"));
    if (c->write_info)
        c->write_info(f, facts->info);
    if (c->write_markers)
        c->write_markers(f, &facts->markers);
    if (c->write_regions)
        c->write_regions(f, &facts->regions);
    if (c->has_chunks)
        cm_chunk_set(f, 'zzzz', 0, data, size % 300);
}

static inline void fuzz_edit(const uint8_t *data, size_t size)
{
    fuzz_memory m = { .bytes = malloc(size + 1), .size = size, .capacity = size + 1 };
    fuzz_facts facts;
    memcpy(m.bytes, data, size);
    cm_file *f = fuzz_open(&m);
    if (!f) {
        free(m.bytes);
        return;
    }
    UInt64 audio = fuzz_audio(f);
    fuzz_read(f, &facts);
    fuzz_write(f, &facts, data, size);
    OSStatus status = f->container->flush(f);
    if (status == noErr && f->container->optimize && size % 2)
        status = f->container->optimize(f);
    if (status == noErr) {
        FUZZ_CHECK(fuzz_audio(f) == audio);
        cm_file_free(f);
        f = fuzz_open(&m);
        FUZZ_CHECK(f);
        FUZZ_CHECK(fuzz_audio(f) == audio);
    }
    cm_file_free(f);
    fuzz_free(&facts);
    free(m.bytes);
}

static inline void fuzz_container(const uint8_t *data, size_t size)
{
    cm_io *io = NULL;
    cm_file *f = NULL;
    fuzz_facts facts;
    FUZZ_CHECK(cm_io_wrap_memory(data, size, &io) == noErr);
    if (cm_file_open_io(io, kAudioFileReadPermission, 0, &f) == noErr) {
        fuzz_audio(f);
        fuzz_properties_of(f);
        fuzz_read(f, &facts);
        fuzz_free(&facts);
    }
    cm_file_free(f);
    if (f)
        fuzz_edit(data, size);
}

#endif
