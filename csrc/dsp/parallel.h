/*
 * parallel.h: cuts work on large results into pieces for a few threads. One core cannot keep the memory busy,
 * and some kernels cannot keep up with it. The threads live for one call only, so there is nothing to start,
 * to stop or to lose in a fork.
 */
#ifndef CM_DSP_PARALLEL_H
#define CM_DSP_PARALLEL_H

#include <stddef.h>

/* Does the frames first .. end - 1. */
typedef void (*cm_piece_fn)(void *context, size_t first, size_t end);

/*
 * Runs piece over frames 0 .. frames - 1, whole on the caller's thread when fewer than some 16 MiB move, else
 * in pieces on as many threads as this process may use, at most 4. The environment variable COREMUSIC_THREADS
 * lowers that number. Returns when all is done. GIL not needed.
 */
void cm_parallel(size_t frames, size_t bytes_per_frame, cm_piece_fn piece, void *context);

/* The same for a number of pieces that are cut already, and move that many bytes together. */
void cm_parallel_pieces(size_t pieces, size_t bytes, cm_piece_fn run, void *context);

#endif
