/*
 * alsa.h: the driver for the ALSA sequencer, inside. One client of the sequencer with one port for hearing
 * all other programs' ports, one for sending to them, and one for each of our virtual endpoints.
 */
#ifndef CM_MIDI_ALSA_H
#define CM_MIDI_ALSA_H

#include "base/library.h"
#include "midi/alsa_send.h"
#include "midi/driver.h"

#include <alsa/asoundlib.h>
#include <pthread.h>
#include <stdatomic.h>

enum {
    CM_ALSA_EVENT_BYTES = 12, /* the most that an event other than SysEx becomes */
    CM_ALSA_SYSEX = 256       /* bytes of one event; a longer SysEx goes in several, as the kernel's own do */
};

/* A port of another program, or one of ours for a virtual endpoint. */
typedef struct cm_alsa_port {
    struct cm_alsa_port *next;
    _Atomic uint32_t pins;
    struct cm_alsa *driver;
    bool published;
    int client, number;                     /* of the other program's port, or ours */
    cm_midi_endpoint *source, *destination; /* pinned, while in the list */
    _Atomic bool connected;                 /* with our port for sending */
    bool seen;                              /* while the list is compared with what there is */
    /* alsa_send.c's, under its lock: */
    uint8_t *backlog; /* messages that wait, from at to end */
    size_t at, end, capacity;
    UInt64 moved;                       /* when the backlog last moved */
    uint8_t stuck[CM_ALSA_CLIENTS / 8]; /* a bit for each client that reads no more */
    int credit;                         /* cells of the receiver that we may fill until credit_end */
    UInt64 credit_end;                  /* host time */
    bool is_behind;                     /* in the list of those with a backlog, pinned there */
    struct cm_alsa_port *next_behind;
} cm_alsa_port;

typedef struct cm_alsa {
    pthread_mutex_t lock; /* guards the list and calls that ask the sequencer for something */
    snd_seq_t *seq;
    int descriptor;
    int client, in, out; /* our client's number, our ports for all other programs */
    cm_alsa_port *first;
} cm_alsa;

/* ---- alsa.c ---- */

void cm_alsa_port_retain(cm_alsa_port *port);
void cm_alsa_port_release(void *port);

/* ---- alsa_event.c: events and bytes ---- */

/*
 * [any] Bytes of an event that is no SysEx; 0 for what is no MIDI. Controllers of 14 bits and parameters
 * become the controllers that they stand for.
 */
size_t cm_alsa_event_bytes(const snd_seq_event_t *event, uint8_t bytes[CM_ALSA_EVENT_BYTES]);

/* [any] Fills type and data of an event from one whole message that is no SysEx. False for what is none. */
bool cm_alsa_event_set(snd_seq_event_t *event, const uint8_t *bytes, size_t size);

/* ---- alsa_seq_api.c ---- */

typedef struct cm_alsa_seq_functions {
    CM_SYMBOL_OF(snd_seq_open);
    CM_SYMBOL_OF(snd_seq_close);
    CM_SYMBOL_OF(snd_seq_client_id);
    CM_SYMBOL_OF(snd_seq_set_client_name);
    CM_SYMBOL_OF(snd_seq_set_client_pool_input);
    CM_SYMBOL_OF(snd_seq_create_simple_port);
    CM_SYMBOL_OF(snd_seq_delete_simple_port);
    CM_SYMBOL_OF(snd_seq_connect_from);
    CM_SYMBOL_OF(snd_seq_connect_to);
    CM_SYMBOL_OF(snd_seq_disconnect_from);
    CM_SYMBOL_OF(snd_seq_event_input);
    CM_SYMBOL_OF(snd_seq_event_output_direct);
    CM_SYMBOL_OF(snd_seq_poll_descriptors);
    CM_SYMBOL_OF(snd_seq_query_next_client);
    CM_SYMBOL_OF(snd_seq_query_next_port);
    CM_SYMBOL_OF(snd_seq_client_info_malloc);
    CM_SYMBOL_OF(snd_seq_client_info_free);
    CM_SYMBOL_OF(snd_seq_client_info_set_client);
    CM_SYMBOL_OF(snd_seq_client_info_get_client);
    CM_SYMBOL_OF(snd_seq_client_info_get_name);
    CM_SYMBOL_OF(snd_seq_port_info_malloc);
    CM_SYMBOL_OF(snd_seq_port_info_free);
    CM_SYMBOL_OF(snd_seq_port_info_set_client);
    CM_SYMBOL_OF(snd_seq_port_info_set_port);
    CM_SYMBOL_OF(snd_seq_port_info_get_port);
    CM_SYMBOL_OF(snd_seq_port_info_get_name);
    CM_SYMBOL_OF(snd_seq_port_info_get_type);
    CM_SYMBOL_OF(snd_seq_port_info_get_capability);
    CM_SYMBOL_OF(snd_lib_error_set_handler);
} cm_alsa_seq_functions;

extern cm_alsa_seq_functions cm_alsa_seq;

/* [any] Loads libasound and keeps it from printing. kMIDIServerStartErr where there is none. */
OSStatus cm_alsa_seq_load(void);

#endif
