#include "midi/alsa_send.h"
#include "midi/alsa.h"

#include <CoreAudio/HostTime.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum {
    CELL = 24,                   /* bytes of a SysEx in one of the kernel's cells */
    SHORTEST = 3,                /* bytes of most messages, for the least room of a backlog */
    CREDIT_TIME = 10 * 1000000,  /* nanoseconds that an answer about room holds */
    FIRST_PAUSE = 1 * 1000000,   /* nanoseconds between two looks at who was full */
    LONGEST_PAUSE = 16 * 1000000 /* the same when nothing moves */
};

typedef enum { SENT, FULL, LOST, GONE } outcome;

static struct {
    pthread_mutex_t lock; /* guards all here, all ports' sending and what libasound writes events through */
    pthread_cond_t filled;
    cm_alsa_port *first; /* with something waiting; each pinned */
    pid_t process;       /* that the thread runs in; 0: it does not */
} out = { .lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER };

/* ---- one event ---- */

/* Events are addressed, but hardware listens only while its port has a subscriber. */
static void connect_once(cm_alsa_port *p)
{
    cm_alsa *driver = p->driver;
    if (p->published || atomic_exchange(&p->connected, true))
        return;
    pthread_mutex_lock(&driver->lock);
    cm_alsa_seq.snd_seq_connect_to(driver->seq, driver->out, p->client, p->number);
    pthread_mutex_unlock(&driver->lock);
}

/* One message, or a piece of a SysEx. */
static bool fill_event(snd_seq_event_t *event, const uint8_t *bytes, size_t size)
{
    snd_seq_ev_clear(event);
    if (size <= SHORTEST && cm_midi_message_size(bytes[0]) == size)
        return cm_alsa_event_set(event, bytes, size);
    event->type = SND_SEQ_EVENT_SYSEX;
    event->flags = SND_SEQ_EVENT_LENGTH_VARIABLE;
    event->data.ext.len = (unsigned)size;
    event->data.ext.ptr = (void *)(uintptr_t)bytes;
    return true;
}

static int room_for(cm_alsa_port *p, uint8_t *stuck, int mark_below)
{
    int descriptor = p->driver->descriptor;
    return p->published ? cm_alsa_subscribers_room(descriptor, p->client, p->number, stuck, mark_below)
                        : cm_alsa_room(descriptor, p->client, stuck, mark_below);
}

static int cells_of(size_t size)
{
    return 2 + (int)(size / CELL);
}

/* Half of the room is ours until the answer is old: others send there too. */
static bool has_room(cm_alsa_port *p, int cells, bool retried)
{
    UInt64 now = AudioGetCurrentHostTime();
    if (p->credit < cells || now >= p->credit_end) {
        int room = room_for(p, retried ? NULL : p->stuck, 0); /* who can try again waits for all */
        if (room < cells)
            return false;
        p->credit = cells + (room - cells) / 2;
        p->credit_end = now + CREDIT_TIME;
    }
    p->credit -= cells;
    return true;
}

static outcome put(cm_alsa_port *p, const uint8_t *bytes, size_t size, bool retried)
{
    snd_seq_event_t event;
    cm_alsa *driver = p->driver;
    if (!fill_event(&event, bytes, size))
        return SENT; /* the converter makes no such message */
    if (!has_room(p, cells_of(size), retried))
        return FULL;
    snd_seq_ev_set_direct(&event);
    event.source.port = (unsigned char)(p->published ? p->number : driver->out);
    if (p->published)
        snd_seq_ev_set_subs(&event);
    else
        snd_seq_ev_set_dest(&event, (unsigned char)p->client, (unsigned char)p->number);
    int error = cm_alsa_seq.snd_seq_event_output_direct(driver->seq, &event);
    return error >= 0 ? SENT : error == -EAGAIN || error == -ENOMEM ? LOST : GONE;
}

/* ---- what waits ---- */

static bool make_room(cm_alsa_port *p, size_t size)
{
    size_t used = p->end - p->at;
    if (used + size > CM_ALSA_BACKLOG)
        return false;
    if (p->end + size <= p->capacity)
        return true;
    size_t capacity = 2 * (used + size);
    uint8_t *bytes = malloc(capacity);
    if (!bytes)
        return false;
    if (used)
        memcpy(bytes, p->backlog + p->at, used);
    free(p->backlog);
    p->backlog = bytes;
    p->at = 0;
    p->end = used;
    p->capacity = capacity;
    return true;
}

/* An entry is two bytes of size and the message. */
static size_t first_size(const cm_alsa_port *p)
{
    uint16_t size;
    memcpy(&size, p->backlog + p->at, sizeof size);
    return size;
}

static void empty_backlog(cm_alsa_port *p)
{
    free(p->backlog);
    p->backlog = NULL;
    p->at = p->end = p->capacity = 0;
}

static void lose_backlog(cm_alsa_port *p)
{
    for (; p->at < p->end; p->at += sizeof(uint16_t) + first_size(p))
        cm_midi_host_count_loss();
    empty_backlog(p);
}

/* Sends what there is room for. True when something went, or need not wait any more. */
static bool catch_up(cm_alsa_port *p, UInt64 now)
{
    size_t before = p->at;
    if (p->at == p->end)
        return true;
    if (now - p->moved >= CM_ALSA_PATIENCE)
        room_for(p, p->stuck, cells_of(first_size(p)));
    while (p->at < p->end) {
        size_t size = first_size(p);
        outcome done = put(p, p->backlog + p->at + sizeof(uint16_t), size, false);
        if (done == FULL)
            break;
        if (done == GONE) {
            lose_backlog(p);
            return true;
        }
        if (done == LOST)
            cm_midi_host_count_loss();
        p->at += sizeof(uint16_t) + size;
    }
    bool moved = p->at != before;
    if (moved)
        p->moved = now;
    if (p->at == p->end)
        empty_backlog(p);
    return moved;
}

/* One look at all that wait; those that do not any more leave the list. True when something moved. */
static bool catch_up_all(void)
{
    bool moved = false;
    UInt64 now = AudioGetCurrentHostTime();
    for (cm_alsa_port **link = &out.first; *link;) {
        cm_alsa_port *p = *link;
        moved |= catch_up(p, now);
        if (p->at < p->end) {
            link = &p->next_behind;
        } else {
            *link = p->next_behind;
            p->is_behind = false;
            cm_alsa_port_release(p);
        }
    }
    return moved;
}

static void *run(void *unused)
{
    long pause = FIRST_PAUSE;
    prctl(PR_SET_NAME, "midi alsa send");
    pthread_mutex_lock(&out.lock);
    for (;;) {
        while (!out.first)
            pthread_cond_wait(&out.filled, &out.lock);
        pause = catch_up_all() ? FIRST_PAUSE : pause < LONGEST_PAUSE ? 2 * pause : pause;
        if (!out.first)
            continue;
        pthread_mutex_unlock(&out.lock);
        nanosleep(&(struct timespec){ .tv_nsec = pause }, NULL);
        pthread_mutex_lock(&out.lock);
    }
    return unused;
}

static bool start(void)
{
    pthread_t thread;
    if (out.process == getpid())
        return true;
    if (pthread_create(&thread, NULL, run, NULL) != 0)
        return false;
    pthread_detach(thread);
    out.process = getpid();
    return true;
}

static bool queue_up(cm_alsa_port *p, const uint8_t *bytes, size_t size)
{
    uint16_t head = (uint16_t)size;
    if (!start() || !make_room(p, sizeof head + size))
        return false;
    if (p->at == p->end)
        p->moved = AudioGetCurrentHostTime();
    memcpy(p->backlog + p->end, &head, sizeof head);
    memcpy(p->backlog + p->end + sizeof head, bytes, size);
    p->end += sizeof head + size;
    if (!p->is_behind) {
        p->is_behind = true;
        p->next_behind = out.first;
        out.first = p;
        cm_alsa_port_retain(p);
        pthread_cond_signal(&out.filled);
    }
    return true;
}

/* ---- what the server calls ---- */

/* One who can try again is not let in behind others, so that his progress is that of what goes out. */
static bool send_one(cm_alsa_port *p, const uint8_t *bytes, size_t size, bool retried)
{
    pthread_mutex_lock(&out.lock);
    outcome done = p->at < p->end ? FULL : put(p, bytes, size, retried);
    bool taken = done == SENT || (done == FULL && !retried && queue_up(p, bytes, size));
    pthread_mutex_unlock(&out.lock);
    return taken;
}

static bool send_packet(cm_alsa_port *p, const uint8_t *bytes, size_t size, bool retried)
{
    bool is_sysex = cm_midi_message_size(bytes[0]) == 0, taken = true;
    for (size_t at = 0, length; at < size && taken; at += length) {
        length = is_sysex ? CM_ALSA_SYSEX : cm_midi_message_size(bytes[at]);
        if (is_sysex && length > size - at)
            length = size - at;
        if (length == 0 || length > size - at)
            return true; /* the converter makes no such packet */
        taken = send_one(p, bytes + at, length, retried);
    }
    return taken;
}

bool cm_alsa_port_send(void *context, const cm_midi_batch *batch)
{
    const uint8_t *at;
    cm_midi_packet packet;
    bool taken = true;
    connect_once(context);
    UInt32 packets = cm_midi_list_packets(CM_MIDI_BYTES, batch->list, &at);
    for (UInt32 i = 0; i < packets && taken; i++) {
        at = cm_midi_packet_read(CM_MIDI_BYTES, at, &packet);
        if (packet.size)
            taken = send_packet(context, packet.data, packet.size, batch->retried);
    }
    return taken;
}

void cm_alsa_port_flush(void *context)
{
    pthread_mutex_lock(&out.lock);
    empty_backlog(context);
    pthread_mutex_unlock(&out.lock);
}

void cm_alsa_port_drop(cm_alsa_port *p)
{
    pthread_mutex_lock(&out.lock);
    lose_backlog(p);
    pthread_mutex_unlock(&out.lock);
}

void cm_alsa_send_forget(void)
{
    pthread_mutex_init(&out.lock, NULL);
    pthread_cond_init(&out.filled, NULL);
    out.first = NULL;
    out.process = 0;
}
