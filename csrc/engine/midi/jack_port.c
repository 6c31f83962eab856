#include "midi/jack.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- coming and going ---- */

cm_jack_port *cm_jack_port_new(cm_jack *driver, bool sends, const char *name, const char *peer)
{
    size_t slot = 0;
    while (slot < CM_JACK_PORTS && driver->table[slot])
        slot++;
    cm_jack_port *port = slot < CM_JACK_PORTS ? calloc(1, sizeof *port) : NULL;
    if (!port || (sends && !cm_ring_init(&port->ring, CM_JACK_RING))) {
        free(port);
        return NULL;
    }
    atomic_init(&port->pins, 1);
    port->id = ++driver->last_id;
    port->driver = driver;
    port->sends = sends;
    snprintf(port->name, sizeof port->name, "%s", name);
    snprintf(port->peer, sizeof port->peer, "%s", peer);
    driver->table[slot] = port;
    return port;
}

void cm_jack_port_retain(cm_jack_port *port)
{
    atomic_fetch_add(&port->pins, 1);
}

void cm_jack_port_release(cm_jack_port *port)
{
    if (atomic_fetch_sub(&port->pins, 1) != 1)
        return;
    if (port->sends)
        cm_ring_free(&port->ring);
    free(port);
}

void cm_jack_port_free(void *port)
{
    cm_jack_port_release(port);
}

/* Two endpoints may have one name, two ports may not. */
static jack_port_t *register_somehow(const cm_jack_port *port)
{
    char name[CM_JACK_NAME + 16];
    jack_port_t *made = NULL;
    for (int number = 1; !made && number < 100; number++) {
        snprintf(name, sizeof name, number > 1 ? "%.200s %d" : "%.200s", port->name, number);
        made = cm_jack_midi.jack_port_register(port->driver->client, name, JACK_DEFAULT_MIDI_TYPE,
                                               port->sends ? JackPortIsOutput : JackPortIsInput, 0);
    }
    return made;
}

static bool connect_with_peer(cm_jack_port *port)
{
    const char *ours = cm_jack_midi.jack_port_name(port->port);
    const char *from = port->sends ? ours : port->peer, *to = port->sends ? port->peer : ours;
    int error = cm_jack_midi.jack_connect(port->driver->client, from, to);
    port->connected = error == 0 || error == EEXIST;
    if (port->connected)
        atomic_store(&port->hold, CM_JACK_SETTLE);
    return port->connected;
}

bool cm_jack_port_register(cm_jack_port *port)
{
    cm_jack *driver = port->driver;
    if (!driver->client)
        return true;
    if (!port->port) {
        atomic_store(&port->hold, port->peer[0] ? INT_MAX : 0);
        port->port = register_somehow(port);
        for (size_t i = 0; port->port && i < CM_JACK_PORTS; i++)
            if (driver->table[i] == port)
                atomic_store(&driver->active[i], port);
    }
    return port->port && (!port->peer[0] || port->connected || connect_with_peer(port));
}

void cm_jack_port_unregister(cm_jack_port *port)
{
    cm_jack *driver = port->driver;
    if (!port->port)
        return;
    for (size_t i = 0; i < CM_JACK_PORTS; i++)
        if (driver->table[i] == port)
            atomic_store(&driver->active[i], NULL);
    if (driver->client) { /* its process thread may be in the middle of it */
        cm_grace_wait(&driver->grace);
        cm_jack_midi.jack_port_unregister(driver->client, port->port);
    }
    port->port = NULL;
    port->connected = false;
}

void cm_jack_port_forget(cm_jack_port *port)
{
    for (size_t i = 0; i < CM_JACK_PORTS; i++)
        if (port->driver->table[i] == port)
            port->driver->table[i] = NULL;
    cm_midi_release(port->endpoint);
    port->endpoint = NULL;
    cm_jack_port_release(port);
}

/* ---- sending ---- */

static bool write_event(cm_jack_port *port, const cm_jack_event *event)
{
    return cm_ring_write(&port->ring, event, CM_JACK_HEAD + event->size);
}

/* Puts pieces of a SysEx together. Nothing is taken when there is no room for what becomes complete. */
static bool send_sysex(cm_jack_port *port, MIDITimeStamp time, const uint8_t *bytes, size_t size)
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
            if (!write_event(port, building)) {
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

static bool send_messages(cm_jack_port *port, MIDITimeStamp time, const uint8_t *bytes, size_t size)
{
    cm_jack_event event = { .time = time };
    for (size_t at = 0; at < size; at += event.size) {
        event.size = (uint32_t)cm_midi_message_size(bytes[at]);
        if (event.size == 0 || event.size > size - at)
            return true; /* the converter makes no such packet */
        memcpy(event.bytes, bytes + at, event.size);
        if (!write_event(port, &event))
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
        taken = is_sysex ? send_sysex(port, packet.time, packet.data, packet.size)
                         : send_messages(port, packet.time, packet.data, packet.size);
    }
    if (!atomic_exchange(&port->wanted, true))
        sem_post(&port->driver->wake);
    return taken;
}

void cm_jack_port_enable(void *context, bool on)
{
    cm_jack_port *port = context;
    atomic_store(&port->wanted, on);
    sem_post(&port->driver->wake);
}

void cm_jack_port_flush(void *context)
{
    atomic_store(&((cm_jack_port *)context)->flush, true);
}
