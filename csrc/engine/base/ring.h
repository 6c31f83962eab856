/*
 * ring.h: a lock-free byte queue between one writing and one reading thread. Neither side waits or allocates,
 * so either may be a render thread.
 */
#ifndef CM_BASE_RING_H
#define CM_BASE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cm_ring {
    uint8_t *bytes;
    size_t capacity;                     /* a power of two */
    _Alignas(64) _Atomic size_t written; /* bytes ever written; only the writer changes it */
    _Alignas(64) _Atomic size_t read;    /* bytes ever read; only the reader changes it */
} cm_ring;

/* [control] Room for at least `size` bytes. False when there is no memory. */
bool cm_ring_init(cm_ring *ring, size_t size);

/* [control] Neither side may be using it. */
void cm_ring_free(cm_ring *ring);

/* [render] Bytes that can be read now; for the reader exact, for the writer a lower bound of what is queued.
 */
size_t cm_ring_readable(const cm_ring *ring);

/* [render] Bytes that can be written now. */
size_t cm_ring_writable(const cm_ring *ring);

/* [render] All or nothing: false, and nothing changed, when there is less room (or data) than size. */
bool cm_ring_write(cm_ring *ring, const void *bytes, size_t size);
bool cm_ring_read(cm_ring *ring, void *bytes, size_t size);

/* [render, reader's side] Drops what can be read now. */
void cm_ring_clear(cm_ring *ring);

#endif
