#include "midi/jack.h"

#include "base/jack_clients.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

enum { RETRY_SECONDS = 2, LOOK_AGAIN_MS = 100 };

cm_jack_midi_functions cm_jack_midi;

static const cm_symbol symbols[] = {
    CM_SYMBOL(cm_jack_midi, jack_activate),
    CM_SYMBOL(cm_jack_midi, jack_set_process_callback),
    CM_SYMBOL(cm_jack_midi, jack_set_port_registration_callback),
    CM_SYMBOL(cm_jack_midi, jack_set_client_registration_callback),
    CM_SYMBOL(cm_jack_midi, jack_on_info_shutdown),
    CM_SYMBOL(cm_jack_midi, jack_set_error_function),
    CM_SYMBOL(cm_jack_midi, jack_set_info_function),
    CM_SYMBOL(cm_jack_midi, jack_get_ports),
    CM_SYMBOL(cm_jack_midi, jack_get_sample_rate),
    CM_SYMBOL(cm_jack_midi, jack_port_by_name),
    CM_SYMBOL(cm_jack_midi, jack_port_flags),
    CM_SYMBOL(cm_jack_midi, jack_port_is_mine),
    CM_SYMBOL(cm_jack_midi, jack_port_register),
    CM_SYMBOL(cm_jack_midi, jack_port_unregister),
    CM_SYMBOL(cm_jack_midi, jack_port_name),
    CM_SYMBOL(cm_jack_midi, jack_port_get_buffer),
    CM_SYMBOL(cm_jack_midi, jack_connect),
    CM_SYMBOL(cm_jack_midi, jack_free),
    CM_SYMBOL(cm_jack_midi, jack_get_cycle_times),
    CM_SYMBOL(cm_jack_midi, jack_get_time),
    CM_SYMBOL(cm_jack_midi, jack_midi_get_event_count),
    CM_SYMBOL(cm_jack_midi, jack_midi_event_get),
    CM_SYMBOL(cm_jack_midi, jack_midi_clear_buffer),
    CM_SYMBOL(cm_jack_midi, jack_midi_event_reserve),
    CM_SYMBOL(cm_jack_midi, jack_midi_max_event_size),
};

static cm_library library = {
    .file = "libjack.so.0",
    .advice = "MIDI through JACK needs libjack (Debian: apt install libjack-jackd2-0)",
    CM_SYMBOLS(symbols),
};

static void say_nothing(const char *text)
{
    (void)text;
}

/* ---- libjack's notifications: no call of libjack is allowed in them ---- */

static void note_change(cm_jack *driver)
{
    atomic_store(&driver->changed, true);
    sem_post(&driver->wake);
}

static void note_port(jack_port_id_t port, int is_new, void *context)
{
    (void)port, (void)is_new;
    note_change(context);
}

static void note_client(const char *name, int is_new, void *context)
{
    (void)name, (void)is_new;
    note_change(context);
}

static void note_shutdown(jack_status_t code, const char *reason, void *context)
{
    (void)code, (void)reason;
    cm_jack *driver = context;
    cm_jack_clients_lost();
    atomic_store(&driver->lost, true);
    sem_post(&driver->wake);
}

/* ---- the server ---- */

static OSStatus connect_to_server(cm_jack *driver)
{
    jack_status_t status;
    jack_client_t *client = cm_jack_clients_open("coremusic", NULL, &status);
    if (!client)
        return cm_fail(kMIDIServerStartErr, "no JACK server is running");
    pthread_mutex_lock(&driver->lock);
    driver->client = client;
    cm_jack_midi.jack_set_process_callback(client, cm_jack_process, driver);
    cm_jack_midi.jack_set_port_registration_callback(client, note_port, driver);
    cm_jack_midi.jack_set_client_registration_callback(client, note_client, driver);
    cm_jack_midi.jack_on_info_shutdown(client, note_shutdown, driver);
    if (cm_jack_midi.jack_activate(client) != 0) {
        cm_jack_clients_close(client);
        driver->client = NULL;
    }
    for (size_t i = 0; driver->client && i < CM_JACK_PORTS; i++)
        if (driver->table[i] && !driver->table[i]->peer[0])
            cm_jack_port_register(driver->table[i]); /* what was published before */
    pthread_mutex_unlock(&driver->lock);
    return driver->client ? noErr : cm_fail(kMIDIServerStartErr, "the JACK server took no client");
}

/* A port of another program that is in the table, the lock held. */
static cm_jack_port *find_peer(const cm_jack *driver, const char *peer)
{
    for (size_t i = 0; i < CM_JACK_PORTS; i++)
        if (driver->table[i] && driver->table[i]->peer[0] && strcmp(driver->table[i]->peer, peer) == 0)
            return driver->table[i];
    return NULL;
}

/* Of other programs' ports the driver's thread alone makes and removes ours, so it may look at them unlocked.
 */
static void remove_peer(cm_jack *driver, cm_jack_port *port)
{
    if (port->endpoint)
        cm_midi_host_remove(port->endpoint); /* its callbacks may run meanwhile, so without the lock */
    pthread_mutex_lock(&driver->lock);
    cm_jack_port_unregister(port);
    cm_jack_port_forget(port);
    pthread_mutex_unlock(&driver->lock);
}

static void add_peer(cm_jack *driver, const char *name)
{
    char device[CM_JACK_NAME], ours[CM_JACK_NAME];
    cm_midi_endpoint *source, *destination;
    pthread_mutex_lock(&driver->lock);
    jack_port_t *theirs = cm_jack_midi.jack_port_by_name(driver->client, name);
    int flags = theirs && !cm_jack_midi.jack_port_is_mine(driver->client, theirs)
                    ? cm_jack_midi.jack_port_flags(theirs)
                    : 0;
    bool sends = flags & JackPortIsInput;
    snprintf(ours, sizeof ours, "%s %.200s", sends ? "to" : "from", name);
    for (char *colon = ours; (colon = strchr(colon, ':'));)
        *colon = ' ';
    bool wanted = (flags & (JackPortIsInput | JackPortIsOutput)) && !find_peer(driver, name);
    cm_jack_port *port = wanted ? cm_jack_port_new(driver, sends, ours, name) : NULL;
    if (port)
        cm_jack_port_retain(port); /* the endpoint's */
    pthread_mutex_unlock(&driver->lock);
    if (!port)
        return;
    snprintf(device, sizeof device, "%s", name);
    char *colon = strchr(device, ':');
    if (colon)
        *colon = 0;
    cm_midi_port_description description = { .device = device,
                                             .port = colon ? colon + 1 : name,
                                             .speaks = sends ? NULL : port,
                                             .listens = sends ? port : NULL,
                                             .sysex_speed = flags & JackPortIsPhysical ? 3125 : 0 };
    if (cm_midi_host_add(&cm_midi_driver_jack, &description, &source, &destination) == noErr) {
        port->endpoint = source ? source : destination;
        return;
    }
    cm_jack_port_release(port);
    remove_peer(driver, port);
}

static bool is_listed(const char *name, const char *const *names)
{
    for (; names && *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

static void compare_ports(cm_jack *driver)
{
    const char **names = cm_jack_midi.jack_get_ports(driver->client, NULL, JACK_DEFAULT_MIDI_TYPE, 0);
    for (size_t i = 0; i < CM_JACK_PORTS; i++) {
        pthread_mutex_lock(&driver->lock);
        cm_jack_port *port = driver->table[i];
        bool gone = port && port->peer[0] && !is_listed(port->peer, (const char *const *)names);
        pthread_mutex_unlock(&driver->lock);
        if (gone)
            remove_peer(driver, port);
    }
    for (size_t i = 0; names && names[i]; i++)
        add_peer(driver, names[i]);
    if (names)
        cm_jack_midi.jack_free(names);
}

static void lose_server(cm_jack *driver)
{
    pthread_mutex_lock(&driver->lock);
    jack_client_t *client = driver->client;
    pthread_mutex_unlock(&driver->lock);
    if (client)
        cm_jack_clients_close(client); /* no process thread from here on */
    pthread_mutex_lock(&driver->lock);
    driver->client = NULL;
    for (size_t i = 0; i < CM_JACK_PORTS; i++)
        if (driver->table[i])
            cm_jack_port_unregister(driver->table[i]);
    driver->grace = (cm_grace){ 0 };
    pthread_mutex_unlock(&driver->lock);
    for (size_t i = 0; i < CM_JACK_PORTS; i++)
        if (driver->table[i] && driver->table[i]->peer[0])
            remove_peer(driver, driver->table[i]);
}

/* ---- the driver's thread ---- */

static void bring(cm_jack *driver, const cm_jack_event *event)
{
    cm_midi_endpoint *endpoint = NULL;
    pthread_mutex_lock(&driver->lock);
    for (size_t i = 0; i < CM_JACK_PORTS && !endpoint; i++)
        if (driver->table[i] && driver->table[i]->id == event->port)
            endpoint = driver->table[i]->endpoint;
    if (endpoint)
        cm_midi_retain(endpoint);
    pthread_mutex_unlock(&driver->lock);
    if (!endpoint) {
        cm_midi_host_count_loss(); /* it went while this was on its way */
        return;
    }
    cm_midi_host_bring(endpoint, event->bytes, event->size, event->time);
    cm_midi_release(endpoint);
}

static void bring_all(cm_jack *driver)
{
    cm_jack_event event;
    while (cm_ring_read(&driver->received, &event, CM_JACK_HEAD)) {
        cm_ring_read(&driver->received, event.bytes, event.size);
        bring(driver, &event);
    }
}

/* Ports that there is use for now, or not any more. False when one is to be tried again. */
static bool follow_wishes(cm_jack *driver)
{
    bool complete = true;
    pthread_mutex_lock(&driver->lock);
    for (size_t i = 0; driver->client && i < CM_JACK_PORTS; i++) {
        cm_jack_port *port = driver->table[i];
        if (!port || !port->peer[0])
            continue;
        if (atomic_load(&port->wanted))
            complete &= cm_jack_port_register(port);
        else
            cm_jack_port_unregister(port);
    }
    pthread_mutex_unlock(&driver->lock);
    return complete;
}

static void catch_up(cm_jack *driver)
{
    pthread_mutex_lock(&driver->lock);
    for (size_t i = 0; i < CM_JACK_PORTS; i++)
        if (driver->table[i])
            cm_jack_port_catch_up(driver->table[i]);
    pthread_mutex_unlock(&driver->lock);
}

static void wait_for_work(cm_jack *driver, bool look_again)
{
    struct timespec until;
    if (driver->client && !look_again) {
        sem_wait(&driver->wake);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += look_again ? LOOK_AGAIN_MS * 1000000 : 0;
    until.tv_sec += (look_again ? 0 : RETRY_SECONDS) + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    sem_clockwait(&driver->wake, CLOCK_MONOTONIC, &until);
}

static void *run(void *context)
{
    cm_jack *driver = context;
    prctl(PR_SET_NAME, "midi jack");
    bool changed = false;
    for (;;) {
        wait_for_work(driver, changed);
        bool look_again = changed; /* a closing program's ports are announced as gone before they are */
        if (atomic_exchange(&driver->lost, false))
            lose_server(driver);
        if (!driver->client && connect_to_server(driver) == noErr)
            atomic_store(&driver->changed, true);
        changed = atomic_exchange(&driver->changed, false);
        if (driver->client && (changed || look_again))
            compare_ports(driver);
        changed |= !follow_wishes(driver);
        catch_up(driver);
        bring_all(driver);
    }
    return NULL;
}

static OSStatus open_driver(void **out)
{
    static cm_jack driver = { .lock = PTHREAD_MUTEX_INITIALIZER }; /* its thread ends with the process */
    OSStatus status = cm_library_open(&library, kMIDIServerStartErr);
    if (status != noErr)
        return status;
    cm_jack_midi.jack_set_error_function(say_nothing);
    cm_jack_midi.jack_set_info_function(say_nothing);
    if (!driver.received.bytes) {
        sem_init(&driver.wake, 0, 0);
        if (!cm_ring_init(&driver.received, CM_JACK_RECEIVED))
            return cmMemFullError;
    }
    status = connect_to_server(&driver);
    if (status != noErr)
        return status;
    compare_ports(&driver);
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, &driver) != 0)
        return cmMemFullError;
    pthread_detach(thread);
    *out = &driver;
    return noErr;
}

static void forget(void *context)
{
    cm_jack *driver = context;
    pthread_mutex_init(&driver->lock, NULL);
    driver->client = NULL;
    memset(driver->table, 0, sizeof driver->table);
    for (size_t i = 0; i < CM_JACK_PORTS; i++)
        atomic_store(&driver->active[i], NULL);
    driver->grace = (cm_grace){ 0 };
    cm_ring_clear(&driver->received);
    sem_init(&driver->wake, 0, 0);
    atomic_store(&driver->changed, false);
    atomic_store(&driver->lost, false);
}

/* ---- our endpoints ---- */

static OSStatus publish(void *context, const char *name, cm_midi_endpoint *endpoint, void **out)
{
    cm_jack *driver = context;
    pthread_mutex_lock(&driver->lock);
    cm_jack_port *port = cm_jack_port_new(driver, endpoint->object.kind == CM_MIDI_SOURCE, name, "");
    if (port) {
        for (char *colon = port->name; (colon = strchr(colon, ':'));)
            *colon = ' ';
        cm_midi_retain(endpoint);
        port->endpoint = endpoint;
        atomic_store(&port->wanted, true);
        cm_jack_port_retain(port);
        cm_jack_port_register(port); /* without a server later */
    }
    pthread_mutex_unlock(&driver->lock);
    *out = port;
    return port ? noErr : cmMemFullError;
}

static void unpublish(void *context, void *port)
{
    cm_jack *driver = context;
    pthread_mutex_lock(&driver->lock);
    cm_jack_port_unregister(port);
    cm_jack_port_forget(port);
    pthread_mutex_unlock(&driver->lock);
}

const cm_midi_driver cm_midi_driver_jack = {
    .name = "jack",
    .open = open_driver,
    .publish = publish,
    .unpublish = unpublish,
    .forget = forget,
    .backend = { .form = CM_MIDI_BYTES,
                 .send = cm_jack_port_send,
                 .enable = cm_jack_port_enable,
                 .flush = cm_jack_port_flush,
                 .release = cm_jack_port_free },
};
