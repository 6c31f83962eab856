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
    pthread_mutex_init(&port->backlog.lock, NULL);
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
    if (port->sends) {
        cm_jack_port_drop(port);
        cm_ring_free(&port->ring);
    }
    pthread_mutex_destroy(&port->backlog.lock);
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

void cm_jack_port_enable(void *context, bool on)
{
    cm_jack_port *port = context;
    atomic_store(&port->wanted, on);
    sem_post(&port->driver->wake);
}
