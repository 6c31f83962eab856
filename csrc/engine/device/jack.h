/*
 * jack.h: what the two halves of the JACK driver share. jack.c has the server and its one device, jack_io.c
 * the streams.
 *
 * libjack is called on the clerk's thread alone, but for the process callbacks: a request to a JACK server
 * that is stopped never returns, and a client of a dead server must be gone before the next one is opened.
 */
#ifndef CM_DEVICE_JACK_H
#define CM_DEVICE_JACK_H

#include "clerk.h"
#include "driver.h"
#include "jack_api.h"

typedef struct cm_jack_io cm_jack_io;

typedef struct cm_jack_server {
    cm_clerk *clerk;
    cm_driver_host host;
    _Atomic bool closed; /* the host may no longer be called */
    char name[CM_DEVICE_TEXT / 2];
    char uid[CM_DEVICE_TEXT];

    /* The clerk's own. */
    jack_client_t *client; /* NULL while there is no server */
    cm_jack_io *streams;

    /* Set on libjack's threads. */
    _Atomic bool lost;
    _Atomic bool changed;
} cm_jack_server;

/* [control] A new client of the server; which is never started. NULL when it does not answer.
 */
jack_client_t *cm_jack_client(const cm_jack_server *server, const char *name);

/* [clerk] The system's ports of a side, as of jack_get_ports, and their number. */
const char **cm_jack_system_ports(jack_client_t *client, cm_side side, UInt32 *count);

/* [clerk] Frames between those ports and the air, less one buffer, which the HAL counts itself. */
UInt32 cm_jack_latency(jack_client_t *client, const char **ports, UInt32 count, cm_side side);

/*
 * [libjack's threads] A client was told that the server is gone, or has no use for it. From here on libjack
 * frees all clients when the next one is opened, so all of them are closed, whichever it was.
 */
void cm_jack_note_lost(cm_jack_server *server);

/* [clerk] Ends all streams, since the server is gone. */
void cm_jack_lose_streams(cm_jack_server *server);

OSStatus cm_jack_io_open(void *driver, const char *uid, cm_io_settings *settings, void **io);
OSStatus cm_jack_io_start(void *io);
OSStatus cm_jack_io_stop(void *io);
void cm_jack_io_close(void *io);
OSStatus cm_jack_io_time(void *io, AudioTimeStamp *now);

#endif
