/*
 * chunks.h: the list of a file's other chunks (cm_file.chunks) and where they lie.
 *
 * A chunk is either in the file (offset >= 0, bytes NULL) or in memory (offset -1, bytes owned by the list),
 * never both. Whoever changes the list sets f->dirty; the container's flush brings it to the file. All
 * functions are [any], with the file's lock held.
 */
#ifndef CM_FILE_CHUNKS_H
#define CM_FILE_CHUNKS_H

#include "container.h"

/* The index-th chunk with this id, in the order of the file; NULL when there are fewer. Lent until the list
 * changes. */
cm_chunk *cm_chunk_find(const cm_file *f, UInt32 id, UInt32 index);

/* How many chunks have this id. */
UInt32 cm_chunk_count(const cm_file *f, UInt32 id);

/* While opening: a chunk whose contents are at offset. The caller has made sure that the file holds them. */
OSStatus cm_chunk_note(cm_file *f, UInt32 id, SInt64 offset, SInt64 size);

/* The same for a chunk that the container makes itself; also after it was written. */
void cm_chunk_note_own(cm_file *f, UInt32 id, SInt64 offset, SInt64 size);

/* As cm_chunk_find and cm_chunk_count, the container's own included: what user data are. */
const cm_chunk *cm_chunk_find_any(const cm_file *f, UInt32 id, UInt32 index);
UInt32 cm_chunk_count_any(const cm_file *f, UInt32 id);

/* Reads part of the contents. kAudioFileEndOfFileError when from + size lies beyond them. */
OSStatus cm_chunk_read(cm_file *f, const cm_chunk *chunk, SInt64 from, void *buffer, size_t size);

/* All contents in new memory with a NUL behind it, the caller's to free; kAudioFileInvalidChunkError when
 * larger than limit bytes. */
OSStatus cm_chunk_copy(cm_file *f, const cm_chunk *chunk, size_t limit, UInt8 **bytes, size_t *size);

/* Replaces the contents of the index-th chunk with this id, or adds one when index is their count. */
OSStatus cm_chunk_set(cm_file *f, UInt32 id, UInt32 index, const void *bytes, size_t size);

/* As cm_chunk_set, but takes bytes (from malloc) over, also when it fails. */
OSStatus cm_chunk_give(cm_file *f, UInt32 id, UInt32 index, UInt8 *bytes, size_t size);

/* Removes the index-th chunk with this id; kAudioFileInvalidChunkError when there is none. */
OSStatus cm_chunk_remove(cm_file *f, UInt32 id, UInt32 index);

/* Removes every chunk with this id. */
void cm_chunk_remove_all(cm_file *f, UInt32 id);

/* Takes chunks that lie at or behind `from` into memory, so that the file can be cut or overwritten there. */
OSStatus cm_chunks_lift(cm_file *f, SInt64 from);

/* While opening: as cm_io_read_all, but from f->head as far as that has the bytes. */
OSStatus cm_head_read(cm_file *f, SInt64 at, void *buffer, size_t size);

/* Frees the list. */
void cm_chunks_free(cm_file *f);

#endif
