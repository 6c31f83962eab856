#include "midi/forget.h"
#include "midi/scheduler.h"

#include "base/clock.h"
#include "base/urgent.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define QUEUE_MAX (64u << 20) /* bytes */

typedef struct item {
    UInt64 time; /* when to deliver */
    UInt64 sequence;
    cm_midi_endpoint *destination; /* pinned */
    cm_midi_form form;
    MIDITimeStamp stamp;
    size_t size;
    _Alignas(8) uint8_t list[]; /* of one packet */
} item;

static struct {
    pthread_mutex_t lock; /* guards all */
    pthread_cond_t changed;
    item **heap; /* heap[0] is the earliest */
    size_t count, capacity, bytes;
    UInt64 sequence;
    cm_midi_endpoint *current; /* whose packet is being delivered */
    pid_t process;             /* that the thread runs in; 0: it does not */
} queue = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* ---- the heap ---- */

static bool is_before(const item *a, const item *b)
{
    return a->time != b->time ? a->time < b->time : a->sequence < b->sequence;
}

static void sift_up(size_t at)
{
    item *moving = queue.heap[at];
    for (; at > 0 && is_before(moving, queue.heap[(at - 1) / 2]); at = (at - 1) / 2)
        queue.heap[at] = queue.heap[(at - 1) / 2];
    queue.heap[at] = moving;
}

static void sift_down(size_t at)
{
    item *moving = queue.heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= queue.count)
            break;
        if (child + 1 < queue.count && is_before(queue.heap[child + 1], queue.heap[child]))
            child++;
        if (!is_before(queue.heap[child], moving))
            break;
        queue.heap[at] = queue.heap[child];
        at = child;
    }
    queue.heap[at] = moving;
}

static bool push(item *added)
{
    if (queue.count == queue.capacity) {
        size_t capacity = queue.capacity ? 2 * queue.capacity : 256;
        item **heap = realloc(queue.heap, capacity * sizeof *heap);
        if (!heap)
            return false;
        queue.heap = heap;
        queue.capacity = capacity;
    }
    added->sequence = queue.sequence++;
    queue.bytes += sizeof *added + added->size;
    queue.heap[queue.count++] = added;
    sift_up(queue.count - 1);
    return true;
}

static item *pop(void)
{
    item *first = queue.heap[0];
    queue.heap[0] = queue.heap[--queue.count];
    if (queue.count)
        sift_down(0);
    queue.bytes -= sizeof *first + first->size;
    return first;
}

/* ---- the thread ---- */

static void free_item(item *done)
{
    atomic_fetch_sub(&done->destination->scheduled, 1);
    cm_midi_release(done->destination);
    free(done);
}

static void deliver(const item *now)
{
    cm_midi_batch batch = { .form = now->form, .list = now->list, .size = now->size, .stamp = now->stamp };
    if (cm_midi_is_live(now->destination->object.ref, CM_MIDI_DESTINATION))
        cm_midi_destination_take(now->destination, &batch);
    else
        atomic_fetch_add_explicit(&cm_midi_lost.gone, 1, memory_order_relaxed);
}

static void wait_until(UInt64 time)
{
    struct timespec at = { .tv_sec = (time_t)(time / CM_HOST_TICKS_PER_SECOND),
                           .tv_nsec = (long)(time % CM_HOST_TICKS_PER_SECOND) };
    pthread_cond_timedwait(&queue.changed, &queue.lock, &at);
}

static void *run(void *unused)
{
    cm_thread_urgent("midi scheduler");
    pthread_mutex_lock(&queue.lock);
    for (;;) {
        if (!queue.count) {
            pthread_cond_wait(&queue.changed, &queue.lock);
        } else if (queue.heap[0]->time > AudioGetCurrentHostTime()) {
            wait_until(queue.heap[0]->time);
        } else {
            item *now = pop();
            queue.current = now->destination;
            pthread_mutex_unlock(&queue.lock);
            deliver(now);
            pthread_mutex_lock(&queue.lock);
            queue.current = NULL;
            pthread_mutex_unlock(&queue.lock);
            free_item(now);
            pthread_mutex_lock(&queue.lock);
        }
    }
    return unused;
}

/* Starts the thread, in a child after a fork once more. Called with the lock held. */
static bool start(void)
{
    if (queue.process == getpid())
        return true;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&queue.changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, NULL) != 0)
        return false;
    pthread_detach(thread);
    queue.process = getpid();
    return true;
}

/* ---- what others call ---- */

bool cm_midi_schedule_is_due(cm_midi_endpoint *destination, UInt64 time)
{
    if (atomic_load(&destination->scheduled) == 0)
        return false;
    pthread_mutex_lock(&queue.lock);
    bool due = queue.current == destination || (queue.count && queue.heap[0]->time <= time);
    pthread_mutex_unlock(&queue.lock);
    return due;
}

static item *new_item(cm_midi_endpoint *destination, const cm_midi_batch *batch, const uint8_t *packet,
                      size_t size)
{
    const uint8_t *first;
    cm_midi_list_packets(batch->form, batch->list, &first);
    size_t head = (size_t)(first - (const uint8_t *)batch->list);
    item *added = malloc(sizeof *added + head + size);
    if (!added)
        return NULL;
    uint32_t one = 1;
    *added = (item){
        .destination = destination, .form = batch->form, .stamp = batch->stamp, .size = head + size
    };
    memcpy(added->list, batch->list, head);
    memcpy(added->list + head - sizeof one, &one, sizeof one); /* the count is last in both kinds of head */
    memcpy(added->list + head, packet, size);
    cm_midi_retain(destination);
    atomic_fetch_add(&destination->scheduled, 1);
    return added;
}

static OSStatus add(item *added)
{
    pthread_mutex_lock(&queue.lock);
    bool fits = queue.bytes < QUEUE_MAX && start() && push(added);
    if (fits && queue.heap[0] == added)
        pthread_cond_signal(&queue.changed);
    pthread_mutex_unlock(&queue.lock);
    if (fits)
        return noErr;
    free_item(added);
    atomic_fetch_add_explicit(&cm_midi_lost.schedule_full, 1, memory_order_relaxed);
    return cm_fail(kMIDIMessageSendErr, "%u MiB of messages wait for their time", QUEUE_MAX >> 20);
}

OSStatus cm_midi_schedule(cm_midi_endpoint *destination, const cm_midi_batch *batch)
{
    OSStatus status = noErr;
    const uint8_t *at;
    cm_midi_packet packet;
    UInt64 advance = atomic_load(&destination->advance);
    UInt32 packets = cm_midi_list_packets(batch->form, batch->list, &at);
    for (UInt32 i = 0; i < packets && status == noErr; i++) {
        const uint8_t *next = cm_midi_packet_read(batch->form, at, &packet);
        size_t size = (size_t)(packet.data - at) + packet.size;
        item *added = new_item(destination, batch, at, size);
        if (!added)
            return cmMemFullError;
        UInt64 time = packet.time ? packet.time : batch->stamp;
        added->time = time > advance ? time - advance : 0;
        status = add(added);
        at = next;
    }
    return status;
}

size_t cm_midi_unschedule(cm_midi_endpoint *destination)
{
    if (destination && atomic_load(&destination->scheduled) == 0)
        return 0;
    pthread_mutex_lock(&queue.lock);
    size_t kept = 0, dropped = 0;
    item **drop = malloc((queue.count + 1) * sizeof *drop);
    for (size_t i = 0; drop && i < queue.count; i++) {
        item *one = queue.heap[i];
        if (!destination || one->destination == destination) {
            drop[dropped++] = one;
            queue.bytes -= sizeof *one + one->size;
        } else {
            queue.heap[kept++] = one;
        }
    }
    queue.count = drop ? kept : queue.count;
    for (size_t i = queue.count / 2; dropped && i-- > 0;)
        sift_down(i);
    pthread_mutex_unlock(&queue.lock);
    for (size_t i = 0; i < dropped; i++)
        free_item(drop[i]);
    free(drop);
    return dropped;
}

OSStatus MIDIFlushOutput(MIDIEndpointRef dest)
{
    OSStatus status = noErr;
    cm_midi_endpoint *destination = NULL;
    if (dest && !(destination = cm_midi_pin_endpoint(dest, CM_MIDI_DESTINATION, &status)))
        return status;
    cm_midi_unschedule(destination);
    cm_midi_flush_backends(destination);
    cm_midi_release(destination);
    return noErr;
}

void cm_midi_schedule_forget(void)
{
    pthread_mutex_init(&queue.lock, NULL);
    queue.heap = NULL;
    queue.count = queue.capacity = queue.bytes = 0;
    queue.current = NULL;
    queue.process = 0;
}
