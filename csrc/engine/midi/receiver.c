#include "midi/receiver.h"

#include "base/block.h"
#include "midi/discovery.h"

#include <stdlib.h>
#include <string.h>

enum { IDLE, BUSY, MAIL }; /* MAIL: somebody is inside and letters wait for him */

typedef struct letter {
    cm_midi_stream *stream; /* pinned */
    size_t size;            /* of the list behind this head; the next letter is at a multiple of 8 */
    MIDITimeStamp stamp;
    cm_midi_form form;
    unsigned hops;
} letter;

cm_midi_losses cm_midi_lost;

static _Thread_local unsigned hops_here, callbacks_here;

bool cm_midi_is_inside(void)
{
    return callbacks_here > 0;
}

void cm_midi_enter_callback(void)
{
    callbacks_here++;
}

void cm_midi_leave_callback(void)
{
    callbacks_here--;
}

/* ---- streams ---- */

cm_midi_stream *cm_midi_stream_new(cm_midi_receiver *receiver, cm_midi_object *owner, bool retain_owner)
{
    cm_midi_stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return NULL;
    atomic_init(&stream->pins, 1);
    stream->receiver = receiver;
    stream->owner = owner;
    stream->owns_owner = retain_owner;
    if (retain_owner)
        cm_midi_retain(owner);
    cm_ump_reader_init(&stream->reader, 0);
    return stream;
}

void cm_midi_stream_retain(cm_midi_stream *stream)
{
    atomic_fetch_add_explicit(&stream->pins, 1, memory_order_relaxed);
}

void cm_midi_stream_release(cm_midi_stream *stream)
{
    if (!stream || atomic_fetch_sub_explicit(&stream->pins, 1, memory_order_acq_rel) != 1)
        return;
    if (stream->owns_owner)
        cm_midi_release(stream->owner);
    free(stream);
}

/* ---- receivers ---- */

void cm_midi_receiver_init(cm_midi_receiver *receiver)
{
    pthread_mutex_init(&receiver->lock, NULL);
    pthread_cond_init(&receiver->turned, NULL);
}

void cm_midi_receiver_free(cm_midi_receiver *receiver)
{
    free(receiver->mail.bytes);
    free(receiver->opened.bytes);
    cm_block_release(receiver->block);
    pthread_cond_destroy(&receiver->turned);
    pthread_mutex_destroy(&receiver->lock);
}

/* Waits until the call that is running now, if any, has ended. */
static void wait_for_turn(cm_midi_receiver *r)
{
    if (cm_midi_is_inside())
        return;
    atomic_fetch_add(&r->waiters, 1);
    pthread_mutex_lock(&r->lock);
    uint64_t turn = r->turns;
    while (r->turns == turn && atomic_load(&r->state) != IDLE)
        pthread_cond_wait(&r->turned, &r->lock);
    pthread_mutex_unlock(&r->lock);
    atomic_fetch_sub(&r->waiters, 1);
}

static void tell_waiters(cm_midi_receiver *r)
{
    if (atomic_load(&r->waiters) == 0)
        return;
    pthread_mutex_lock(&r->lock);
    r->turns++;
    pthread_cond_broadcast(&r->turned);
    pthread_mutex_unlock(&r->lock);
}

void cm_midi_receiver_close(cm_midi_receiver *receiver)
{
    atomic_store(&receiver->closed, true);
    wait_for_turn(receiver);
}

void cm_midi_stream_close(cm_midi_stream *stream)
{
    atomic_store(&stream->closed, true);
    wait_for_turn(stream->receiver);
}

/* False when the receiver could not take it. */
static bool call(cm_midi_stream *stream, const cm_midi_batch *batch, unsigned hops)
{
    cm_midi_receiver *r = stream->receiver;
    if (atomic_load(&r->closed) || atomic_load(&stream->closed))
        return true;
    unsigned outer = hops_here;
    hops_here = hops + 1;
    callbacks_here++;
    r->refused = false;
    r->retried = batch->retried;
    r->call(r, stream, batch);
    bool taken = !r->refused;
    if (!taken && !batch->retried)
        atomic_fetch_add_explicit(&cm_midi_lost.driver, 1, memory_order_relaxed);
    callbacks_here--;
    hops_here = outer;
    tell_waiters(r);
    return taken;
}

static bool make_room(cm_midi_receiver *r, size_t size)
{
    size_t capacity = r->mail.capacity ? r->mail.capacity : 4096;
    if (size > CM_MIDI_MAIL_MAX - r->mail.used)
        return false;
    while (capacity - r->mail.used < size)
        capacity *= 2;
    if (capacity == r->mail.capacity)
        return true;
    uint8_t *bytes = realloc(r->mail.bytes, capacity);
    if (!bytes)
        return false;
    r->mail.bytes = bytes;
    r->mail.capacity = capacity;
    return true;
}

/* Leaves a copy for the thread that is inside; *alone when there is none any more, so that we are now. */
static bool leave_letter(cm_midi_stream *stream, const cm_midi_batch *batch, bool *alone)
{
    cm_midi_receiver *r = stream->receiver;
    size_t padded = (batch->size + 7) & ~(size_t)7;
    pthread_mutex_lock(&r->lock);
    bool fits = make_room(r, sizeof(letter) + padded);
    if (fits) {
        letter head = { stream, batch->size, batch->stamp, batch->form, hops_here };
        cm_midi_stream_retain(stream);
        memcpy(r->mail.bytes + r->mail.used, &head, sizeof head);
        memcpy(r->mail.bytes + r->mail.used + sizeof head, batch->list, batch->size);
        r->mail.used += sizeof head + padded;
        *alone = atomic_exchange(&r->state, MAIL) == IDLE;
    }
    pthread_mutex_unlock(&r->lock);
    return fits;
}

static void open_letters(cm_midi_receiver *r)
{
    for (size_t at = 0; at < r->opened.used;) {
        letter head;
        memcpy(&head, r->opened.bytes + at, sizeof head);
        cm_midi_batch batch = { .form = head.form,
                                .list = r->opened.bytes + at + sizeof head,
                                .size = head.size,
                                .stamp = head.stamp };
        call(head.stream, &batch, head.hops);
        cm_midi_stream_release(head.stream);
        at += sizeof head + ((head.size + 7) & ~(size_t)7);
    }
    r->opened.used = 0;
}

/* Goes out of the receiver, but not before all mail is delivered. */
static void leave(cm_midi_receiver *r)
{
    int busy = BUSY;
    while (!atomic_compare_exchange_strong(&r->state, &busy, IDLE)) {
        pthread_mutex_lock(&r->lock);
        __typeof__(r->mail) full = r->mail;
        r->mail.bytes = r->opened.bytes;
        r->mail.capacity = r->opened.capacity;
        r->mail.used = 0;
        r->opened.bytes = full.bytes;
        r->opened.capacity = full.capacity;
        r->opened.used = full.used;
        atomic_store(&r->state, BUSY);
        pthread_mutex_unlock(&r->lock);
        open_letters(r);
        busy = BUSY;
    }
    tell_waiters(r);
}

OSStatus cm_midi_receiver_take(cm_midi_stream *stream, const cm_midi_batch *batch)
{
    cm_midi_receiver *r = stream->receiver;
    if (hops_here >= CM_MIDI_HOPS) {
        atomic_fetch_add_explicit(&cm_midi_lost.hops, 1, memory_order_relaxed);
        return cm_fail(kMIDIMessageSendErr, "the message went through %d callbacks: a loop", CM_MIDI_HOPS);
    }
    int idle = IDLE;
    bool taken = true;
    if (atomic_compare_exchange_strong(&r->state, &idle, BUSY)) {
        taken = call(stream, batch, hops_here);
    } else {
        bool alone = false;
        if (!leave_letter(stream, batch, &alone)) {
            atomic_fetch_add_explicit(&cm_midi_lost.mail_full, 1, memory_order_relaxed);
            return cm_fail(kMIDIMessageSendErr, "the receiver is busy and %d bytes wait for it",
                           CM_MIDI_MAIL_MAX);
        }
        if (!alone)
            return noErr;
    }
    leave(r);
    return taken ? noErr : cm_fail(kMIDIMessageSendErr, "the destination has no room for more now");
}

/* ---- clients' callbacks ---- */

static void emit_bytes(cm_midi_receiver *receiver, cm_midi_stream *stream, const void *list)
{
    receiver->proc.read(list, receiver->ref_con, atomic_load(&stream->ref_con));
}

static void emit_events(cm_midi_receiver *receiver, cm_midi_stream *stream, const void *list)
{
    receiver->proc.receive(list, receiver->ref_con, atomic_load(&stream->ref_con));
}

static void answer(const cm_midi_receiver *receiver, cm_midi_stream *stream, const cm_midi_batch *batch)
{
    if (atomic_load_explicit(&receiver->answers, memory_order_relaxed))
        cm_midi_discovery_answer((cm_midi_endpoint *)stream->owner, batch);
}

static void call_read_proc(cm_midi_receiver *receiver, cm_midi_stream *stream, const cm_midi_batch *batch)
{
    answer(receiver, stream, batch);
    if (receiver->proc.read)
        cm_midi_convert(receiver, stream, batch, emit_bytes);
}

static void call_receive_proc(cm_midi_receiver *receiver, cm_midi_stream *stream, const cm_midi_batch *batch)
{
    answer(receiver, stream, batch);
    if (receiver->proc.receive)
        cm_midi_convert(receiver, stream, batch, emit_events);
}

static void call_read_block(const MIDIPacketList *list, void *block, void *source)
{
    typedef void (*code)(const void *block, const MIDIPacketList *list, void *source);
    ((code)cm_block_invoke(block))(block, list, source);
}

static void call_receive_block(const MIDIEventList *list, void *block, void *source)
{
    typedef void (*code)(const void *block, const MIDIEventList *list, void *source);
    ((code)cm_block_invoke(block))(block, list, source);
}

OSStatus cm_midi_receiver_set_callee(cm_midi_receiver *receiver, cm_midi_form form,
                                     const cm_midi_callee *callee)
{
    OSStatus status = cm_block_copy(callee->block, &receiver->block);
    bool is_block = receiver->block;
    receiver->form = form;
    receiver->ref_con = is_block ? (void *)(uintptr_t)receiver->block : callee->ref_con;
    if (form == CM_MIDI_BYTES) {
        receiver->call = call_read_proc;
        receiver->proc.read = is_block ? call_read_block : callee->read;
    } else {
        receiver->call = call_receive_proc;
        receiver->proc.receive = is_block ? call_receive_block : callee->receive;
    }
    return status;
}
