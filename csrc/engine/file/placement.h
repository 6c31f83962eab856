/*
 * placement.h: where chunks go when a chunked file is brought up to date.
 *
 * Chunks that are in the file stay where they are, and so does the audio; a chunk in memory goes into a gap
 * that fits it, else behind everything. What is left of a gap becomes a filler chunk. Only where that is
 * impossible, or nothing was written yet, or the file is to be optimised, everything is laid out anew.
 */
#ifndef CM_FILE_PLACEMENT_H
#define CM_FILE_PLACEMENT_H

#include "container.h"

#define CM_PLACEMENT_HEAD_MAX 32 /* no chunk head is larger */
#define CM_PAGE_SIZE 4096 /* what audio data is aligned to unless kAudioFileFlags_DontPageAlignAudioData */

typedef struct cm_placement {
    cm_file *file;
    /* Fills a chunk header of head_size bytes. */
    void (*put_head)(UInt8 *to, UInt32 id, SInt64 size);
    UInt32 head_size;
    /* NULL, or: the bytes of this chunk's head, which differ from head_size; fills it when to is not NULL. */
    UInt32 (*chunk_head)(UInt8 *to, const cm_chunk *chunk);
    UInt32 align; /* chunks begin at multiples of it: 1, 2, 8 */
    UInt32 filler_id;
    SInt64 first; /* where the first chunk may begin */
    SInt64 limit; /* of the file's size, kAudioFileDoesNotAllow64BitDataSizeError beyond; 0: none */

    /* The container's own chunks besides cm_file.chunks, all in memory. They come first in a new layout. */
    cm_chunk *own;
    size_t own_count;

    /* The audio chunk: bytes between its beginning and the audio data that a new layout gives it, and, in a
       present layout, where it begins. */
    UInt32 data_head;
    SInt64 reserve; /* bytes to leave free in front of the audio for chunks that are not made yet */
    SInt64 data_begin;
} cm_placement;

/*
 * Brings all chunks to the file and cuts what is behind the last. The audio chunk's own header is left to the
 * caller: f->data_offset tells where its audio is afterwards, p->data_begin where it begins. The memory of
 * p->own is freed; f->chunks are in the file; f->described_behind tells where p->own are.
 */
OSStatus cm_place(cm_placement *p);

/* As cm_place, but without gaps except for one in front of the audio data, which becomes the last chunk. */
OSStatus cm_place_anew(cm_placement *p);

#endif
