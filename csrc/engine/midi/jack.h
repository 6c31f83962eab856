/*
 * jack.h: the JACK driver, inside. One client of the JACK server; its ports are our virtual endpoints, and a
 * port for each of other programs' ports that is in use here, connected with it.
 *
 * Three threads meet: the driver's own, which follows the server and brings what was received; the server's
 * process thread, which only moves bytes between rings and port buffers; and senders, which write into rings.
 * What does not fit into a port's ring waits behind it, and the driver's thread brings it in.
 */
#ifndef CM_MIDI_JACK_H
#define CM_MIDI_JACK_H

#include "base/grace.h"
#include "base/library.h"
#include "base/ring.h"
#include "midi/driver.h"

#include <jack/jack.h>
#include <jack/midiport.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

enum {
    CM_JACK_PORTS = 256,
    CM_JACK_NAME = 320,
    CM_JACK_EVENT = 4096, /* bytes; a longer SysEx goes in several events, as other JACK programs do it */
    CM_JACK_RING = 65536,
    CM_JACK_RECEIVED = 1024 * 1024,     /* a cycle brings up to 32 KiB from each port */
    CM_JACK_BACKLOG = 64 * 1024 * 1024, /* bytes behind a ring */
    CM_JACK_SETTLE = 3,                 /* cycles until a new connection carries what is sent */
    CM_JACK_PIECE = 256                 /* bytes of a received event that go through the ring at once */
};

typedef struct cm_jack_event {
    MIDITimeStamp time;
    uint32_t port; /* id, of received ones */
    uint32_t size;
    uint8_t bytes[CM_JACK_EVENT]; /* size of them go through a ring */
} cm_jack_event;

#define CM_JACK_HEAD offsetof(cm_jack_event, bytes)

typedef struct cm_jack_port {
    _Atomic uint32_t pins;
    uint32_t id;
    struct cm_jack *driver;
    bool sends;                 /* we write into it */
    char peer[CM_JACK_NAME];    /* the other program's port, "" for a published one */
    char name[CM_JACK_NAME];    /* ours, without the client's */
    cm_midi_endpoint *endpoint; /* pinned, while the port is in the table */
    _Atomic bool wanted;        /* there is use for it, so it has to be a port of ours */
    _Atomic bool flush;
    jack_port_t *port; /* under the driver's lock; NULL while it is none */
    bool connected;    /* with its peer */
    _Atomic int hold;  /* cycles until it may send */
    /* of a sending one: */
    cm_ring ring;          /* to the process thread, from the sender or, while any are, of those behind */
    _Atomic size_t behind; /* bytes in backlog: if there are, only the driver's thread writes into the ring */
    struct {
        pthread_mutex_t lock; /* guards all; taken last */
        uint8_t *bytes;       /* events from at to end */
        size_t at, end, capacity;
    } backlog;
    cm_jack_event building; /* a SysEx of which the end has not come; inside the receiver only */
    cm_jack_event waiting;  /* the process thread's: read from the ring, not yet due */
    bool is_waiting;
} cm_jack_port;

typedef struct cm_jack {
    pthread_mutex_t lock;  /* guards client, table and every call that asks the server for something */
    jack_client_t *client; /* NULL while there is no server */
    cm_jack_port *table[CM_JACK_PORTS];
    _Atomic(cm_jack_port *) active[CM_JACK_PORTS]; /* those with a port: what the process thread sees */
    cm_grace grace;
    cm_ring received; /* process thread to driver's thread */
    sem_t wake;
    _Atomic bool changed, lost;
    uint32_t last_id;
} cm_jack;

typedef struct cm_jack_midi_functions {
    CM_SYMBOL_OF(jack_activate);
    CM_SYMBOL_OF(jack_set_process_callback);
    CM_SYMBOL_OF(jack_set_port_registration_callback);
    CM_SYMBOL_OF(jack_set_client_registration_callback);
    CM_SYMBOL_OF(jack_on_info_shutdown);
    CM_SYMBOL_OF(jack_set_error_function);
    CM_SYMBOL_OF(jack_set_info_function);
    CM_SYMBOL_OF(jack_get_ports);
    CM_SYMBOL_OF(jack_get_sample_rate);
    CM_SYMBOL_OF(jack_port_by_name);
    CM_SYMBOL_OF(jack_port_flags);
    CM_SYMBOL_OF(jack_port_is_mine);
    CM_SYMBOL_OF(jack_port_register);
    CM_SYMBOL_OF(jack_port_unregister);
    CM_SYMBOL_OF(jack_port_name);
    CM_SYMBOL_OF(jack_port_get_buffer);
    CM_SYMBOL_OF(jack_connect);
    CM_SYMBOL_OF(jack_free);
    CM_SYMBOL_OF(jack_get_cycle_times);
    CM_SYMBOL_OF(jack_get_time);
    CM_SYMBOL_OF(jack_midi_get_event_count);
    CM_SYMBOL_OF(jack_midi_event_get);
    CM_SYMBOL_OF(jack_midi_clear_buffer);
    CM_SYMBOL_OF(jack_midi_event_reserve);
    CM_SYMBOL_OF(jack_midi_max_event_size);
} cm_jack_midi_functions;

extern cm_jack_midi_functions cm_jack_midi;

/* ---- jack_port.c ---- */

/* A new port with one pin, in the table. NULL: no memory, or the table is full. peer may be "". */
cm_jack_port *cm_jack_port_new(cm_jack *driver, bool sends, const char *name, const char *peer);
void cm_jack_port_retain(cm_jack_port *port);
void cm_jack_port_release(cm_jack_port *port);
/*
 * Makes it a port of ours and connects it with its peer. False when that is to be tried again: the peer's
 * program may not be active yet. The driver's lock is held, as for all to follow.
 */
bool cm_jack_port_register(cm_jack_port *port);
/* It is no port of ours any more; the process thread does not look at it when this returns. */
void cm_jack_port_unregister(cm_jack_port *port);
/* Takes it out of the table and drops its endpoint's pin and the table's own. Not registered any more. */
void cm_jack_port_forget(cm_jack_port *port);

/* The rest of a port's cm_midi_backend. */
void cm_jack_port_enable(void *port, bool on);
void cm_jack_port_free(void *port);

/* ---- jack_send.c ---- */

/* The cm_midi_backend's send and flush. */
bool cm_jack_port_send(void *port, const cm_midi_batch *batch);
void cm_jack_port_flush(void *port);
/* [driver's thread] Brings into the ring what is behind it and fits now. */
void cm_jack_port_catch_up(cm_jack_port *port);
/* Events that wait and will not go out any more are lost; nobody uses the port. */
void cm_jack_port_drop(cm_jack_port *port);

/* ---- jack_process.c ---- */

/* [render] One cycle. */
int cm_jack_process(jack_nframes_t frames, void *driver);

#endif
