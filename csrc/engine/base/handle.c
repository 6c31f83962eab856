#include "handle.h"

#include "fork.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

/*
 * A slot's state is one word, so that pinning is a compare and swap:
 *   bits 63..33 generation, 32 retired, 31..24 kind, 23..0 pins
 * A handle is generation << 32 | kind << 24 | slot index + 1.
 */
#define PIN_MASK 0xFFFFFFull
#define KIND_SHIFT 24
#define RETIRED (1ull << 32)
#define GENERATION_SHIFT 33
#define GENERATION_MASK 0x7FFFFFFFull

#define CHUNK_SLOTS 1024u
#define MAX_CHUNKS 16383u

typedef struct slot {
    _Atomic uint64_t state;
    void *object;
    cm_destroy_fn destroy;
    uint32_t next_free; /* slot index + 1; 0 ends the list */
} slot;

static struct {
    pthread_mutex_t lock; /* guards everything below but the counts and the chunk pointers' contents */
    _Atomic(slot *) chunks[MAX_CHUNKS];
    uint32_t used;
    uint32_t first_free;
    _Atomic size_t live[CM_KIND_COUNT];
} table = { .lock = PTHREAD_MUTEX_INITIALIZER };

CM_FREE_IN_CHILD(&table.lock)

static uint64_t state_of(uint64_t generation, cm_kind kind)
{
    return (generation & GENERATION_MASK) << GENERATION_SHIFT | (uint64_t)kind << KIND_SHIFT;
}

static slot *slot_at(uint32_t index)
{
    slot *chunk = atomic_load_explicit(&table.chunks[index / CHUNK_SLOTS], memory_order_acquire);
    return chunk ? &chunk[index % CHUNK_SLOTS] : NULL;
}

static slot *slot_of(const void *handle, uint64_t *identity)
{
    uint64_t bits = (uint64_t)(uintptr_t)handle;
    uint32_t number = (uint32_t)(bits & 0xFFFFFF);
    if (number == 0 || number > CHUNK_SLOTS * MAX_CHUNKS)
        return NULL;
    *identity = state_of(bits >> 32, (cm_kind)(bits >> KIND_SHIFT & 0xFF));
    return slot_at(number - 1);
}

static uint32_t take_slot(void)
{
    uint32_t index = UINT32_MAX;
    pthread_mutex_lock(&table.lock);
    if (table.first_free) {
        index = table.first_free - 1;
        table.first_free = slot_at(index)->next_free;
    } else if (table.used < CHUNK_SLOTS * MAX_CHUNKS) {
        slot *chunk = slot_at(table.used);
        if (!chunk) {
            chunk = calloc(CHUNK_SLOTS, sizeof *chunk);
            if (chunk)
                atomic_store_explicit(&table.chunks[table.used / CHUNK_SLOTS], chunk, memory_order_release);
        }
        if (chunk)
            index = table.used++;
    }
    pthread_mutex_unlock(&table.lock);
    return index;
}

static void finish(slot *s, uint32_t index)
{
    uint64_t state = atomic_load(&s->state);
    s->destroy(s->object);
    atomic_fetch_sub(&table.live[state >> KIND_SHIFT & 0xFF], 1);
    pthread_mutex_lock(&table.lock);
    s->object = NULL;
    atomic_store(&s->state, state_of((state >> GENERATION_SHIFT) + 1, CM_KIND_NONE));
    s->next_free = table.first_free;
    table.first_free = index + 1;
    pthread_mutex_unlock(&table.lock);
}

void *cm_handle_new(cm_kind kind, void *object, cm_destroy_fn destroy)
{
    uint32_t index = take_slot();
    if (index == UINT32_MAX)
        return NULL;
    slot *s = slot_at(index);
    uint64_t generation = atomic_load(&s->state) >> GENERATION_SHIFT;
    if (generation == 0)
        generation = 1;
    s->object = object;
    s->destroy = destroy;
    atomic_fetch_add(&table.live[kind], 1);
    atomic_store(&s->state, state_of(generation, kind));
    return (void *)(uintptr_t)(generation << 32 | (uint64_t)kind << KIND_SHIFT | (index + 1));
}

void *cm_handle_pin(const void *handle, cm_kind kind)
{
    uint64_t identity = 0;
    slot *s = slot_of(handle, &identity);
    if (!s || (identity >> KIND_SHIFT & 0xFF) != (uint64_t)kind)
        return NULL;
    uint64_t state = atomic_load(&s->state);
    do {
        if ((state & ~PIN_MASK) != identity || (state & PIN_MASK) == PIN_MASK)
            return NULL;
    } while (!atomic_compare_exchange_weak(&s->state, &state, state + 1));
    return s->object;
}

void cm_handle_unpin(const void *handle)
{
    uint64_t identity = 0;
    slot *s = slot_of(handle, &identity);
    uint64_t before = atomic_fetch_sub(&s->state, 1);
    if ((before & RETIRED) && (before & PIN_MASK) == 1)
        finish(s, (uint32_t)((uintptr_t)handle & 0xFFFFFF) - 1);
}

bool cm_handle_retire(const void *handle, cm_kind kind)
{
    uint64_t identity = 0;
    slot *s = slot_of(handle, &identity);
    if (!s || (identity >> KIND_SHIFT & 0xFF) != (uint64_t)kind)
        return false;
    uint64_t state = atomic_load(&s->state);
    do {
        if ((state & ~PIN_MASK) != identity)
            return false;
    } while (!atomic_compare_exchange_weak(&s->state, &state, state | RETIRED));
    if ((state & PIN_MASK) == 0)
        finish(s, (uint32_t)((uintptr_t)handle & 0xFFFFFF) - 1);
    return true;
}

size_t cm_handle_count(cm_kind kind)
{
    return atomic_load(&table.live[kind]);
}
