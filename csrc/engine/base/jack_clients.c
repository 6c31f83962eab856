#include "jack_clients.h"

#include "fork.h"
#include "library.h"
#include "log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* News of a program that left is on its way for a moment after its semaphore is unlinked. */
enum { FIRST_TRIES = 8, SETTLE_TRIES = 10, SETTLE_MS = 5 };

static struct {
    CM_SYMBOL_OF(jack_client_open);
    CM_SYMBOL_OF(jack_client_close);
    CM_SYMBOL_OF(jack_get_uuid_for_client_name);
    CM_SYMBOL_OF(jack_free);
} jack;

static const cm_symbol symbols[] = {
    CM_SYMBOL(jack, jack_client_open),
    CM_SYMBOL(jack, jack_client_close),
    CM_SYMBOL(jack, jack_get_uuid_for_client_name),
    CM_SYMBOL(jack, jack_free),
};

static cm_library library = {
    .file = "libjack.so.0",
    .advice = "JACK needs libjack (Debian: apt install libjack-jackd2-0)",
    CM_SYMBOLS(symbols),
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* held for as long as libjack's own would be */
static int open_clients;                                 /* under it */
static _Atomic bool lost;
static bool inherited; /* libjack's clients are those of the process that this one was forked from */

/* libjack has one connection with each server and threads of its own: a child would speak in between. */
static void forget_after_fork(void)
{
    inherited |= open_clients > 0;
    open_clients = 0;
    pthread_mutex_init(&lock, NULL);
}

CM_FORGET_IN_CHILD(forget_after_fork)

static bool holds_unlinked_semaphore(void)
{
    char line[512];
    bool found = false;
    FILE *maps = fopen("/proc/self/maps", "re");
    while (maps && !found && fgets(line, sizeof line, maps))
        found = strstr(line, "/jack_sem.") && strstr(line, " (deleted)");
    if (maps)
        fclose(maps);
    return found;
}

/* The server tells of a program's end before it unlinks its semaphore, and answers requests after both. */
static bool has_forgotten_place(jack_client_t *client, const char *name)
{
    jack.jack_free(jack.jack_get_uuid_for_client_name(client, name));
    for (int i = 0; i < SETTLE_TRIES; i++) {
        if (!holds_unlinked_semaphore())
            return false;
        nanosleep(&(struct timespec){ .tv_nsec = SETTLE_MS * 1000000 }, NULL);
    }
    return true;
}

static jack_client_t *open_one(const char *name, const char *server, jack_status_t *status)
{
    return server ? jack.jack_client_open(name, JackNoStartServer | JackServerName, status, server)
                  : jack.jack_client_open(name, JackNoStartServer, status);
}

static jack_client_t *open_first(const char *name, const char *server, jack_status_t *status)
{
    jack_client_t *client = open_one(name, server, status);
    for (int i = 1; client && i < FIRST_TRIES && has_forgotten_place(client, name); i++) {
        cm_log(CM_LOG_INFO, "jack: libjack missed that a program left; client %s is opened again", name);
        jack.jack_client_close(client);
        client = open_one(name, server, status);
    }
    return client;
}

jack_client_t *cm_jack_clients_open(const char *name, const char *server, jack_status_t *status)
{
    jack_client_t *client = NULL;
    *status = JackFailure | JackServerFailed;
    if (cm_library_open(&library, cmMemFullError))
        return NULL;
    pthread_mutex_lock(&lock);
    if (inherited) {
        cm_log(CM_LOG_INFO, "jack: not for a process that was forked from one that uses it");
    } else if (open_clients == 0) {
        atomic_store(&lost, false);
        client = open_first(name, server, status);
    } else if (!atomic_load(&lost)) {
        client = open_one(name, server, status);
    }
    open_clients += client != NULL;
    pthread_mutex_unlock(&lock);
    return client;
}

void cm_jack_clients_close(jack_client_t *client)
{
    pthread_mutex_lock(&lock);
    jack.jack_client_close(client);
    open_clients--;
    pthread_mutex_unlock(&lock);
}

void cm_jack_clients_lost(void)
{
    atomic_store(&lost, true);
}
