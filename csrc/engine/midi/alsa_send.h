/*
 * alsa_send.h: from our lists to the sequencer's events, no faster than other programs take them.
 *
 * The kernel has a queue for each program, of 200 events unless that asked for another. When an event finds
 * it full, the kernel throws away all that is in it. So an event goes out only where there is room; the
 * others wait here, in order, up to CM_ALSA_BACKLOG bytes for a port, and a thread sends them on. A program
 * that has stopped reading is waited for once, for a second, since others may listen to the same port; until
 * it reads again, it loses what does not fit, which is counted, and the sender told.
 */
#ifndef CM_MIDI_ALSA_SEND_H
#define CM_MIDI_ALSA_SEND_H

#include "midi/server.h"

#include <limits.h>

enum {
    CM_ALSA_BACKLOG = 64 * 1024 * 1024, /* bytes */
    CM_ALSA_PATIENCE = 1000 * 1000000,  /* nanoseconds */
    CM_ALSA_ROOM_UNKNOWN = INT_MAX,
    CM_ALSA_SUBSCRIBERS = 64, /* that are looked at */
    CM_ALSA_CLIENTS = 256
};

struct cm_alsa_port;

/*
 * [any] How many cells of some 24 bytes are free in a client's queue. CM_ALSA_ROOM_UNKNOWN where the kernel
 * does not tell, as of its own clients (hardware), and for those whose bit is set in stuck (or NULL): it is
 * set when less than mark_below is free, and cleared when half of the queue is.
 */
int cm_alsa_room(int descriptor, int client, uint8_t stuck[CM_ALSA_CLIENTS / 8], int mark_below);

/* [any] The least room of all that listen to a port of ours. */
int cm_alsa_subscribers_room(int descriptor, int client, int port, uint8_t stuck[CM_ALSA_CLIENTS / 8],
                             int mark_below);

/* The cm_midi_backend's send and flush; the context is the port. */
bool cm_alsa_port_send(void *port, const cm_midi_batch *batch);
void cm_alsa_port_flush(void *port);
/* [any] What waits for the port is lost: it is gone. */
void cm_alsa_port_drop(struct cm_alsa_port *port);
/* [in a child of fork()] As at the beginning. */
void cm_alsa_send_forget(void);

#endif
