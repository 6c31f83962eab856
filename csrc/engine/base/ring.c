#include "ring.h"

#include <stdlib.h>
#include <string.h>

bool cm_ring_init(cm_ring *ring, size_t size)
{
    size_t capacity = 64;
    while (capacity < size && capacity <= SIZE_MAX / 4)
        capacity *= 2;
    ring->bytes = capacity < size ? NULL : malloc(capacity);
    ring->capacity = ring->bytes ? capacity : 0;
    atomic_init(&ring->written, 0);
    atomic_init(&ring->read, 0);
    return ring->bytes != NULL;
}

void cm_ring_free(cm_ring *ring)
{
    free(ring->bytes);
    ring->bytes = NULL;
    ring->capacity = 0;
}

size_t cm_ring_readable(const cm_ring *ring)
{
    size_t read = atomic_load_explicit(&ring->read, memory_order_acquire);
    return atomic_load_explicit(&ring->written, memory_order_acquire) - read;
}

size_t cm_ring_writable(const cm_ring *ring)
{
    return ring->capacity - cm_ring_readable(ring);
}

bool cm_ring_write(cm_ring *ring, const void *bytes, size_t size)
{
    if (cm_ring_writable(ring) < size)
        return false;
    size_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);
    size_t at = written & (ring->capacity - 1);
    size_t first = ring->capacity - at < size ? ring->capacity - at : size;
    memcpy(ring->bytes + at, bytes, first);
    memcpy(ring->bytes, (const uint8_t *)bytes + first, size - first);
    atomic_store_explicit(&ring->written, written + size, memory_order_release);
    return true;
}

bool cm_ring_read(cm_ring *ring, void *bytes, size_t size)
{
    if (cm_ring_readable(ring) < size)
        return false;
    size_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);
    size_t at = read & (ring->capacity - 1);
    size_t first = ring->capacity - at < size ? ring->capacity - at : size;
    memcpy(bytes, ring->bytes + at, first);
    memcpy((uint8_t *)bytes + first, ring->bytes, size - first);
    atomic_store_explicit(&ring->read, read + size, memory_order_release);
    return true;
}

void cm_ring_clear(cm_ring *ring)
{
    size_t written = atomic_load_explicit(&ring->written, memory_order_acquire);
    atomic_store_explicit(&ring->read, written, memory_order_release);
}
