#include "chunks.h"

#include <stdlib.h>
#include <string.h>

/* More chunks than any real file has; a file of nothing but empty chunks must not cost ten times its size. */
#define MOST_CHUNKS 65536u

static SInt64 index_of(const cm_file *f, UInt32 id, UInt32 index)
{
    for (size_t i = 0; i < f->chunk_count; i++)
        if (f->chunks[i].id == id && index-- == 0)
            return (SInt64)i;
    return -1;
}

cm_chunk *cm_chunk_find(const cm_file *f, UInt32 id, UInt32 index)
{
    SInt64 at = index_of(f, id, index);
    return at < 0 ? NULL : &f->chunks[at];
}

UInt32 cm_chunk_count(const cm_file *f, UInt32 id)
{
    UInt32 count = 0;
    for (size_t i = 0; i < f->chunk_count; i++)
        count += f->chunks[i].id == id;
    return count;
}

static OSStatus add(cm_file *f, const cm_chunk *chunk)
{
    if (f->chunk_count >= MOST_CHUNKS)
        return cm_fail(kAudioFileInvalidFileError, "more than %u chunks", MOST_CHUNKS);
    cm_chunk *grown = realloc(f->chunks, (f->chunk_count + 1) * sizeof *grown);
    if (!grown)
        return cmMemFullError;
    f->chunks = grown;
    f->chunks[f->chunk_count++] = *chunk;
    return noErr;
}

OSStatus cm_chunk_note(cm_file *f, UInt32 id, SInt64 offset, SInt64 size)
{
    cm_chunk chunk = { .id = id, .offset = offset, .size = size };
    return add(f, &chunk);
}

static const cm_chunk *find_own(const cm_file *f, UInt32 id)
{
    for (size_t i = 0; i < f->own_chunk_count; i++)
        if (f->own_chunks[i].id == id)
            return &f->own_chunks[i];
    return NULL;
}

void cm_chunk_note_own(cm_file *f, UInt32 id, SInt64 offset, SInt64 size)
{
    if (f->own_chunk_count < CM_MOST_OWN_CHUNKS && !find_own(f, id))
        f->own_chunks[f->own_chunk_count++] = (cm_chunk){ .id = id, .offset = offset, .size = size };
}

const cm_chunk *cm_chunk_find_any(const cm_file *f, UInt32 id, UInt32 index)
{
    const cm_chunk *chunk = cm_chunk_find(f, id, index);
    return chunk || index > 0 ? chunk : find_own(f, id);
}

UInt32 cm_chunk_count_any(const cm_file *f, UInt32 id)
{
    UInt32 count = cm_chunk_count(f, id);
    return count || !find_own(f, id) ? count : 1;
}

OSStatus cm_chunk_read(cm_file *f, const cm_chunk *chunk, SInt64 from, void *buffer, size_t size)
{
    if (from < 0 || from > chunk->size || (UInt64)size > (UInt64)(chunk->size - from))
        return kAudioFileEndOfFileError;
    if (!chunk->bytes)
        return cm_io_read_all(f->io, chunk->offset + from, buffer, size);
    memcpy(buffer, chunk->bytes + from, size);
    return noErr;
}

OSStatus cm_chunk_copy(cm_file *f, const cm_chunk *chunk, size_t limit, UInt8 **bytes, size_t *size)
{
    *bytes = NULL;
    *size = 0;
    if (chunk->size < 0 || (UInt64)chunk->size > limit)
        return kAudioFileInvalidChunkError;
    UInt8 *copy = malloc((size_t)chunk->size + 1);
    if (!copy)
        return cmMemFullError;
    OSStatus status = cm_chunk_read(f, chunk, 0, copy, (size_t)chunk->size);
    if (status != noErr) {
        free(copy);
        return status;
    }
    copy[chunk->size] = 0;
    *bytes = copy;
    *size = (size_t)chunk->size;
    return noErr;
}

OSStatus cm_chunk_give(cm_file *f, UInt32 id, UInt32 index, UInt8 *bytes, size_t size)
{
    cm_chunk *chunk = cm_chunk_find(f, id, index);
    OSStatus status = noErr;
    if (chunk) {
        free(chunk->bytes);
        chunk->bytes = bytes;
        chunk->size = (SInt64)size;
        chunk->offset = -1;
    } else if (index == cm_chunk_count(f, id)) {
        cm_chunk fresh = { .id = id, .offset = -1, .size = (SInt64)size, .bytes = bytes };
        status = add(f, &fresh);
    } else {
        status = kAudioFileInvalidChunkError;
    }
    if (status == noErr)
        f->dirty = true;
    else
        free(bytes);
    return status;
}

OSStatus cm_chunk_set(cm_file *f, UInt32 id, UInt32 index, const void *bytes, size_t size)
{
    UInt8 *copy = malloc(size ? size : 1);
    if (!copy)
        return cmMemFullError;
    if (size)
        memcpy(copy, bytes, size);
    return cm_chunk_give(f, id, index, copy, size);
}

OSStatus cm_chunk_remove(cm_file *f, UInt32 id, UInt32 index)
{
    SInt64 at = index_of(f, id, index);
    if (at < 0)
        return kAudioFileInvalidChunkError;
    free(f->chunks[at].bytes);
    f->chunk_count--;
    memmove(&f->chunks[at], &f->chunks[at + 1], (f->chunk_count - (size_t)at) * sizeof *f->chunks);
    f->dirty = true;
    return noErr;
}

void cm_chunk_remove_all(cm_file *f, UInt32 id)
{
    while (cm_chunk_remove(f, id, 0) == noErr)
        ;
}

/* What is overwritten is no longer there until the next flush. */
static void forget_own(cm_file *f, SInt64 from)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->own_chunk_count; i++)
        if (f->own_chunks[i].offset < from)
            f->own_chunks[kept++] = f->own_chunks[i];
    f->own_chunk_count = kept;
}

OSStatus cm_chunks_lift(cm_file *f, SInt64 from)
{
    forget_own(f, from);
    for (size_t i = 0; i < f->chunk_count; i++) {
        cm_chunk *chunk = &f->chunks[i];
        if (chunk->bytes || chunk->offset < from)
            continue;
        size_t size;
        OSStatus status = cm_chunk_copy(f, chunk, SIZE_MAX - 1, &chunk->bytes, &size);
        if (status != noErr)
            return status;
        chunk->offset = -1;
        f->dirty = true;
    }
    return noErr;
}

OSStatus cm_head_read(cm_file *f, SInt64 at, void *buffer, size_t size)
{
    if (!f->head || at < 0 || (UInt64)at > f->head_size || size > f->head_size - (size_t)at)
        return cm_io_read_all(f->io, at, buffer, size);
    memcpy(buffer, f->head + at, size);
    return noErr;
}

void cm_chunks_free(cm_file *f)
{
    for (size_t i = 0; i < f->chunk_count; i++)
        free(f->chunks[i].bytes);
    free(f->chunks);
    f->chunks = NULL;
    f->chunk_count = f->own_chunk_count = 0;
}
