/*
 * jack_clients.h: opening and closing the clients of a JACK server, for all drivers of the process. libjack
 * keeps one table for all of a process's clients, and two things about it have to be looked after in one
 * place:
 *
 * Once any client was told that its server is gone, the next jack_client_open frees all clients that are
 * still open, whoever uses them. So none is opened here until each of them was closed.
 *
 * News that another program left the server is dropped if it comes while the process's first client is being
 * opened. That program's place in the table then stays joined to a semaphore that is never posted again, and
 * whoever gets the place next, a client of ours or one that ours should wake, never has a cycle. So a first
 * client that opened with such a place is closed, which empties the table, and opened again.
 */
#ifndef CM_BASE_JACK_CLIENTS_H
#define CM_BASE_JACK_CLIENTS_H

#include <jack/jack.h>

/*
 * [control] A client of a running server of that name, of the usual one if it is NULL; it is the caller's,
 * who gives it back with cm_jack_clients_close alone. NULL, with why in *status, where there is none;
 * while clients of a server that is gone are open; and in a child of fork() whose parent had clients open.
 * Waits as long as a server that hangs.
 */
jack_client_t *cm_jack_clients_open(const char *name, const char *server, jack_status_t *status);

/* [control] */
void cm_jack_clients_close(jack_client_t *client);

/* [any] Said by the shutdown callback of every client: all of the process's clients are to be closed. */
void cm_jack_clients_lost(void);

#endif
