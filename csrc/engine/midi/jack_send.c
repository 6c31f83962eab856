/* What senders leave in a JACK port's ring, and behind it when that is full. */
#include "midi/jack.h"

#include <stdlib.h>
#include <string.h>

/* ---- behind the ring ---- */

static bool make_room(cm_jack_port *port, size_t size)
{
    size_t used = port->backlog.end - port->backlog.at;
    if (used + size > CM_JACK_BACKLOG)
        return false;
    if (port->backlog.end + size <= port->backlog.capacity)
        return true;
    size_t capacity = 2 * (used + size);
    uint8_t *bytes = malloc(capacity);
    if (!bytes)
        return false;
    if (used)
        memcpy(bytes, port->backlog.bytes + port->backlog.at, used);
    free(port->backlog.bytes);
    port->backlog.bytes = bytes;
    port->backlog.at = 0;
    port->backlog.end = used;
    port->backlog.capacity = capacity;
    return true;
}

static bool queue_up(cm_jack_port *port, const cm_jack_event *event, size_t size)
{
    pthread_mutex_lock(&port->backlog.lock);
    bool fits = make_room(port, size);
    if (fits) {
        memcpy(port->backlog.bytes + port->backlog.end, event, size);
        port->backlog.end += size;
        atomic_store(&port->behind, port->backlog.end - port->backlog.at);
    }
    pthread_mutex_unlock(&port->backlog.lock);
    return fits;
}

/* The size of the first event that is behind. */
static size_t first_behind(const cm_jack_port *port)
{
    uint32_t size;
    memcpy(&size, port->backlog.bytes + port->backlog.at + offsetof(cm_jack_event, size), sizeof size);
    return CM_JACK_HEAD + size;
}

/* With its lock. */
static void empty_backlog(cm_jack_port *port)
{
    free(port->backlog.bytes);
    port->backlog.bytes = NULL;
    port->backlog.at = port->backlog.end = port->backlog.capacity = 0;
    atomic_store(&port->behind, 0);
}

void cm_jack_port_catch_up(cm_jack_port *port)
{
    if (!atomic_load(&port->behind))
        return;
    pthread_mutex_lock(&port->backlog.lock);
    while (port->backlog.at < port->backlog.end) {
        size_t size = first_behind(port);
        if (!cm_ring_write(&port->ring, port->backlog.bytes + port->backlog.at, size))
            break;
        port->backlog.at += size;
    }
    if (port->backlog.at == port->backlog.end)
        empty_backlog(port);
    else
        atomic_store(&port->behind, port->backlog.end - port->backlog.at);
    pthread_mutex_unlock(&port->backlog.lock);
}

void cm_jack_port_drop(cm_jack_port *port)
{
    if (port->is_waiting)
        cm_midi_host_count_loss();
    while (cm_ring_read(&port->ring, &port->waiting, CM_JACK_HEAD)) {
        cm_ring_read(&port->ring, port->waiting.bytes, port->waiting.size);
        cm_midi_host_count_loss();
    }
    for (; port->backlog.at < port->backlog.end; port->backlog.at += first_behind(port))
        cm_midi_host_count_loss();
    empty_backlog(port);
}

/* ---- sending ---- */

/* One who can try again is not let in behind others, so that his progress is that of what goes out. */
static bool write_event(cm_jack_port *port, const cm_jack_event *event, bool retried)
{
    size_t size = CM_JACK_HEAD + event->size;
    if (!atomic_load(&port->behind) && cm_ring_write(&port->ring, event, size))
        return true;
    return !retried && queue_up(port, event, size);
}

/* Puts pieces of a SysEx together. Nothing is taken when there is no room for what becomes complete. */
static bool send_sysex(cm_jack_port *port, MIDITimeStamp time, const uint8_t *bytes, size_t size,
                       bool retried)
{
    cm_jack_event *building = &port->building;
    while (size > 0) {
        size_t room = CM_JACK_EVENT - building->size, part = size < room ? size : room;
        uint32_t before = building->size;
        memcpy(building->bytes + before, bytes, part);
        building->time = before ? building->time : time;
        building->size += (uint32_t)part;
        bool is_end = part == size && bytes[part - 1] == 0xF7;
        if (is_end || building->size == CM_JACK_EVENT) {
            if (!write_event(port, building, retried)) {
                building->size = before;
                return false;
            }
            building->size = 0;
        }
        bytes += part;
        size -= part;
    }
    return true;
}

static bool send_messages(cm_jack_port *port, MIDITimeStamp time, const uint8_t *bytes, size_t size,
                          bool retried)
{
    cm_jack_event event = { .time = time };
    for (size_t at = 0; at < size; at += event.size) {
        event.size = (uint32_t)cm_midi_message_size(bytes[at]);
        if (event.size == 0 || event.size > size - at)
            return true; /* the converter makes no such packet */
        memcpy(event.bytes, bytes + at, event.size);
        if (!write_event(port, &event, retried))
            return false;
    }
    return true;
}

bool cm_jack_port_send(void *context, const cm_midi_batch *batch)
{
    cm_jack_port *port = context;
    const uint8_t *at;
    cm_midi_packet packet;
    bool taken = true;
    UInt32 packets = cm_midi_list_packets(CM_MIDI_BYTES, batch->list, &at);
    for (UInt32 i = 0; i < packets && taken; i++) {
        at = cm_midi_packet_read(CM_MIDI_BYTES, at, &packet);
        if (packet.size == 0)
            continue;
        bool is_sysex = cm_midi_message_size(packet.data[0]) == 0;
        taken = is_sysex ? send_sysex(port, packet.time, packet.data, packet.size, batch->retried)
                         : send_messages(port, packet.time, packet.data, packet.size, batch->retried);
    }
    if (!atomic_exchange(&port->wanted, true))
        sem_post(&port->driver->wake);
    return taken;
}

void cm_jack_port_flush(void *context)
{
    cm_jack_port *port = context;
    if (!port->sends)
        return;
    pthread_mutex_lock(&port->backlog.lock);
    empty_backlog(port);
    pthread_mutex_unlock(&port->backlog.lock);
    atomic_store(&port->flush, true);
}
