#include "object.h"

#include "midi/forget.h"

#include <CoreFoundation/CFDictionary.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * A reference is generation << 18 | slot index + 1. A slot's state is one word: pins << 32 | reference, where
 * the reference is 0 once the object was retired. Slots are never freed, so a state may be read at any time.
 */
#define INDEX_BITS 18u
#define INDEX_MASK ((1u << INDEX_BITS) - 1)
#define GENERATIONS (1u << (32 - INDEX_BITS))
#define ONE_PIN (1ull << 32)
#define CHUNK_SLOTS 1024u
#define MAX_CHUNKS (INDEX_MASK / CHUNK_SLOTS)

typedef struct slot {
    _Atomic uint64_t state;
    _Atomic(cm_midi_object *) object;
    _Atomic uint32_t kind;
    uint32_t generation;
    uint32_t next_free; /* slot index + 1; 0 ends the queue */
} slot;

static struct {
    pthread_mutex_t lock; /* guards used and the queue of free slots */
    _Atomic(slot *) chunks[MAX_CHUNKS];
    uint32_t used;
    uint32_t first_free, last_free; /* first in, first out: a slot's generations last longest so */
    _Atomic size_t alive[CM_MIDI_KIND_COUNT];
} table = { .lock = PTHREAD_MUTEX_INITIALIZER };

static slot *slot_of(MIDIObjectRef ref)
{
    uint32_t number = ref & INDEX_MASK;
    if (number == 0 || number > CHUNK_SLOTS * MAX_CHUNKS)
        return NULL;
    slot *chunk = atomic_load_explicit(&table.chunks[(number - 1) / CHUNK_SLOTS], memory_order_acquire);
    return chunk ? &chunk[(number - 1) % CHUNK_SLOTS] : NULL;
}

static uint32_t take_slot(void)
{
    uint32_t number = 0;
    pthread_mutex_lock(&table.lock);
    if (table.used < CHUNK_SLOTS || (!table.first_free && table.used < CHUNK_SLOTS * MAX_CHUNKS)) {
        _Atomic(slot *) *chunk = &table.chunks[table.used / CHUNK_SLOTS];
        if (!atomic_load(chunk))
            atomic_store_explicit(chunk, calloc(CHUNK_SLOTS, sizeof(slot)), memory_order_release);
        if (atomic_load(chunk))
            number = ++table.used;
    } else if (table.first_free) {
        number = table.first_free;
        table.first_free = slot_of(number)->next_free;
        if (!table.first_free)
            table.last_free = 0;
    }
    pthread_mutex_unlock(&table.lock);
    return number;
}

static void give_slot(slot *s, uint32_t number)
{
    pthread_mutex_lock(&table.lock);
    s->next_free = 0;
    if (table.last_free)
        slot_of(table.last_free)->next_free = number;
    else
        table.first_free = number;
    table.last_free = number;
    pthread_mutex_unlock(&table.lock);
}

void *cm_midi_new(cm_midi_kind kind, size_t size, void (*destroy)(cm_midi_object *object))
{
    cm_midi_object *object = calloc(1, size);
    uint32_t number = object ? take_slot() : 0;
    if (!number) {
        free(object);
        return NULL;
    }
    slot *s = slot_of(number);
    s->generation = (s->generation + 1) % GENERATIONS;
    *object = (cm_midi_object){ .ref = s->generation << INDEX_BITS | number,
                                .kind = kind,
                                .destroy = destroy };
    atomic_store_explicit(&s->object, object, memory_order_relaxed);
    atomic_store_explicit(&s->kind, kind, memory_order_relaxed);
    atomic_fetch_add(&table.alive[kind], 1);
    atomic_store_explicit(&s->state, ONE_PIN, memory_order_release);
    return object;
}

void cm_midi_publish(void *object)
{
    MIDIObjectRef ref = ((cm_midi_object *)object)->ref;
    atomic_fetch_or_explicit(&slot_of(ref)->state, ref, memory_order_release);
}

void *cm_midi_pin(MIDIObjectRef ref, unsigned kinds)
{
    slot *s = slot_of(ref);
    if (!s)
        return NULL;
    uint64_t state = atomic_load_explicit(&s->state, memory_order_relaxed);
    do {
        if ((uint32_t)state != ref)
            return NULL;
    } while (!atomic_compare_exchange_weak_explicit(&s->state, &state, state + ONE_PIN, memory_order_acquire,
                                                    memory_order_relaxed));
    cm_midi_object *object = atomic_load_explicit(&s->object, memory_order_relaxed);
    if (kinds & CM_MIDI_IS(object->kind))
        return object;
    cm_midi_release(object);
    return NULL;
}

bool cm_midi_is_live(MIDIObjectRef ref, cm_midi_kind kind)
{
    slot *s = slot_of(ref);
    if (!s || (uint32_t)atomic_load_explicit(&s->state, memory_order_acquire) != ref)
        return false;
    /* The slot may be taken anew in between; then its reference has another generation. */
    bool same = atomic_load_explicit(&s->kind, memory_order_acquire) == (uint32_t)kind;
    return same && (uint32_t)atomic_load_explicit(&s->state, memory_order_relaxed) == ref;
}

void cm_midi_retain(void *object)
{
    atomic_fetch_add_explicit(&slot_of(((cm_midi_object *)object)->ref)->state, ONE_PIN,
                              memory_order_relaxed);
}

void cm_midi_release(void *object)
{
    if (!object)
        return;
    cm_midi_object *o = object;
    slot *s = slot_of(o->ref);
    if (atomic_fetch_sub_explicit(&s->state, ONE_PIN, memory_order_acq_rel) >> 32 != 1)
        return;
    uint32_t number = o->ref & INDEX_MASK;
    atomic_fetch_sub(&table.alive[o->kind], 1);
    if (o->properties)
        CFRelease(o->properties);
    o->destroy(o);
    give_slot(s, number);
}

bool cm_midi_retire(void *object)
{
    cm_midi_object *o = object;
    slot *s = slot_of(o->ref);
    uint64_t state = atomic_load(&s->state);
    do {
        if ((uint32_t)state != o->ref)
            return false;
    } while (!atomic_compare_exchange_weak(&s->state, &state, state & ~(uint64_t)UINT32_MAX));
    cm_midi_release(o);
    return true;
}

size_t cm_midi_count(cm_midi_kind kind)
{
    return atomic_load(&table.alive[kind]);
}

bool cm_midi_list_add(cm_midi_list *list, void *object)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 8;
        cm_midi_object **at = realloc(list->at, capacity * sizeof *at);
        if (!at)
            return false;
        list->at = at;
        list->capacity = capacity;
    }
    cm_midi_retain(object);
    list->at[list->count++] = object;
    return true;
}

bool cm_midi_list_remove(cm_midi_list *list, const void *object)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->at[i] == object) {
            cm_midi_object *removed = list->at[i];
            memmove(&list->at[i], &list->at[i + 1], (list->count - i - 1) * sizeof *list->at);
            list->count--;
            cm_midi_release(removed);
            return true;
        }
    return false;
}

void cm_midi_list_free(cm_midi_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        cm_midi_release(list->at[i]);
    free(list->at);
    *list = (cm_midi_list){ 0 };
}

/* ---- after fork() ---- */

/* Slots of before are not used again, since who still pins one may be on this thread's stack. */
void cm_midi_objects_forget(void)
{
    pthread_mutex_init(&table.lock, NULL);
    for (uint32_t number = 1; number <= table.used; number++) {
        slot *s = slot_of(number);
        if (s)
            atomic_fetch_and(&s->state, ~(uint64_t)UINT32_MAX);
    }
    table.first_free = table.last_free = 0;
}
