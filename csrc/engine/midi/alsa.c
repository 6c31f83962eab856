#include "midi/alsa.h"
#include "midi/alsa_send.h"

#include <CoreAudio/HostTime.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum {
    ANNOUNCEMENTS = SND_SEQ_PORT_SYSTEM_ANNOUNCE,
    INPUT_POOL = 2000 /* events that the kernel keeps for us: the most that it allows */
};

/* ---- ports ---- */

void cm_alsa_port_retain(cm_alsa_port *p)
{
    atomic_fetch_add(&p->pins, 1);
}

void cm_alsa_port_release(void *context)
{
    cm_alsa_port *p = context;
    if (atomic_fetch_sub(&p->pins, 1) == 1)
        free(p);
}

/* Puts a new port into the list; pins are its own and those of the endpoints that use it. */
static cm_alsa_port *new_port(cm_alsa *driver, bool published, int client, int number, uint32_t pins)
{
    cm_alsa_port *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    atomic_init(&made->pins, pins);
    made->driver = driver;
    made->published = published;
    made->client = client;
    made->number = number;
    pthread_mutex_lock(&driver->lock);
    made->next = driver->first;
    driver->first = made;
    pthread_mutex_unlock(&driver->lock);
    return made;
}

static void forget_port(cm_alsa *driver, cm_alsa_port *gone)
{
    pthread_mutex_lock(&driver->lock);
    cm_alsa_port **link = &driver->first;
    while (*link != gone)
        link = &(*link)->next;
    *link = gone->next;
    pthread_mutex_unlock(&driver->lock);
    cm_alsa_port_drop(gone);
    cm_midi_release(gone->source);
    cm_midi_release(gone->destination);
    cm_alsa_port_release(gone);
}

static cm_alsa_port *find_port(cm_alsa *driver, int client, int number)
{
    cm_alsa_port *found = driver->first;
    while (found && (found->client != client || found->number != number))
        found = found->next;
    return found;
}

/* ---- other programs' ports ---- */

#define SPEAKS (SND_SEQ_PORT_CAP_READ | SND_SEQ_PORT_CAP_SUBS_READ)
#define LISTENS (SND_SEQ_PORT_CAP_WRITE | SND_SEQ_PORT_CAP_SUBS_WRITE)

static void add_peer(cm_alsa *driver, int client, const char *name, const snd_seq_port_info_t *info)
{
    unsigned capability = cm_alsa_seq.snd_seq_port_info_get_capability(info);
    int number = cm_alsa_seq.snd_seq_port_info_get_port(info);
    bool speaks = (capability & SPEAKS) == SPEAKS, listens = (capability & LISTENS) == LISTENS;
    if (capability & SND_SEQ_PORT_CAP_NO_EXPORT || (!speaks && !listens))
        return;
    pthread_mutex_lock(&driver->lock);
    cm_alsa_port *known = find_port(driver, client, number);
    if (known)
        known->seen = true;
    pthread_mutex_unlock(&driver->lock);
    if (known)
        return;
    cm_alsa_port *made = new_port(driver, false, client, number, 1u + speaks + listens);
    if (!made)
        return;
    bool hardware = cm_alsa_seq.snd_seq_port_info_get_type(info) & SND_SEQ_PORT_TYPE_HARDWARE;
    cm_midi_port_description description = { .device = name,
                                             .port = cm_alsa_seq.snd_seq_port_info_get_name(info),
                                             .speaks = speaks ? made : NULL,
                                             .listens = listens ? made : NULL,
                                             .sysex_speed = hardware ? 3125 : 0 };
    cm_midi_endpoint *source, *destination;
    OSStatus status = cm_midi_host_add(&cm_midi_driver_alsa, &description, &source, &destination);
    pthread_mutex_lock(&driver->lock);
    made->seen = true;
    made->source = source;
    made->destination = destination;
    pthread_mutex_unlock(&driver->lock);
    for (int unused = 0; status != noErr && unused < speaks + listens; unused++)
        cm_alsa_port_release(made);
    if (status != noErr)
        forget_port(driver, made);
}

/* The next port that has gone since the last look; NULL. */
static cm_alsa_port *find_unseen(cm_alsa *driver)
{
    pthread_mutex_lock(&driver->lock);
    cm_alsa_port *gone = driver->first;
    while (gone && (gone->seen || gone->published))
        gone = gone->next;
    pthread_mutex_unlock(&driver->lock);
    return gone;
}

static void look_at_client(cm_alsa *driver, int client, const char *name, snd_seq_port_info_t *info)
{
    cm_alsa_seq.snd_seq_port_info_set_client(info, client);
    cm_alsa_seq.snd_seq_port_info_set_port(info, -1);
    while (cm_alsa_seq.snd_seq_query_next_port(driver->seq, info) >= 0)
        add_peer(driver, client, name, info);
}

/* On the driver's thread, which alone adds and removes other programs' ports. */
static void compare_ports(cm_alsa *driver)
{
    snd_seq_client_info_t *client = NULL;
    snd_seq_port_info_t *info = NULL;
    pthread_mutex_lock(&driver->lock);
    for (cm_alsa_port *p = driver->first; p; p = p->next)
        p->seen = false;
    pthread_mutex_unlock(&driver->lock);
    if (cm_alsa_seq.snd_seq_client_info_malloc(&client) == 0 &&
        cm_alsa_seq.snd_seq_port_info_malloc(&info) == 0) {
        cm_alsa_seq.snd_seq_client_info_set_client(client, -1);
        while (cm_alsa_seq.snd_seq_query_next_client(driver->seq, client) >= 0) {
            int number = cm_alsa_seq.snd_seq_client_info_get_client(client);
            if (number != SND_SEQ_CLIENT_SYSTEM && number != driver->client)
                look_at_client(driver, number, cm_alsa_seq.snd_seq_client_info_get_name(client), info);
        }
        for (cm_alsa_port *gone; (gone = find_unseen(driver));) {
            cm_midi_host_remove(gone->source ? gone->source : gone->destination);
            forget_port(driver, gone);
        }
    }
    if (client)
        cm_alsa_seq.snd_seq_client_info_free(client);
    if (info)
        cm_alsa_seq.snd_seq_port_info_free(info);
}

static void enable(void *context, bool on)
{
    cm_alsa_port *p = context;
    cm_alsa *driver = p->driver;
    if (p->published)
        return;
    pthread_mutex_lock(&driver->lock);
    if (on)
        cm_alsa_seq.snd_seq_connect_from(driver->seq, driver->in, p->client, p->number);
    else
        cm_alsa_seq.snd_seq_disconnect_from(driver->seq, driver->in, p->client, p->number);
    pthread_mutex_unlock(&driver->lock);
}

/* ---- receiving ---- */

static cm_midi_endpoint *pin_receiver(cm_alsa *driver, const snd_seq_event_t *event)
{
    bool for_all = event->dest.port == driver->in;
    pthread_mutex_lock(&driver->lock);
    const cm_alsa_port *p = for_all ? find_port(driver, event->source.client, event->source.port)
                                    : find_port(driver, driver->client, event->dest.port);
    cm_midi_endpoint *endpoint = !p ? NULL : for_all ? p->source : p->destination;
    if (endpoint)
        cm_midi_retain(endpoint);
    pthread_mutex_unlock(&driver->lock);
    return endpoint;
}

static void take_event(cm_alsa *driver, const snd_seq_event_t *event)
{
    uint8_t bytes[CM_ALSA_EVENT_BYTES];
    MIDITimeStamp now = AudioGetCurrentHostTime();
    bool is_sysex = event->type == SND_SEQ_EVENT_SYSEX;
    size_t size = is_sysex ? event->data.ext.len : cm_alsa_event_bytes(event, bytes);
    if (size == 0)
        return;
    cm_midi_endpoint *endpoint = pin_receiver(driver, event);
    if (endpoint)
        cm_midi_host_bring(endpoint, is_sysex ? event->data.ext.ptr : bytes, size, now);
    else
        cm_midi_host_count_loss(); /* it came before its port went */
    cm_midi_release(endpoint);
}

static bool is_announcement(const snd_seq_event_t *event)
{
    return event->source.client == SND_SEQ_CLIENT_SYSTEM && event->source.port == ANNOUNCEMENTS;
}

static void *run(void *context)
{
    cm_alsa *driver = context;
    snd_seq_event_t *event;
    struct pollfd descriptor = { .fd = driver->descriptor, .events = POLLIN };
    prctl(PR_SET_NAME, "midi alsa");
    for (;;) {
        bool changed = false;
        int got;
        poll(&descriptor, 1, -1);
        while ((got = cm_alsa_seq.snd_seq_event_input(driver->seq, &event)) >= 0 || got == -ENOSPC) {
            if (got == -ENOSPC)
                cm_midi_host_count_loss(); /* the kernel's queue for us was full */
            else if (is_announcement(event))
                changed = true;
            else
                take_event(driver, event);
        }
        if (changed)
            compare_ports(driver);
    }
    return NULL;
}

/* ---- the sequencer ---- */

static int create_port(cm_alsa *driver, const char *name, unsigned capability)
{
    return cm_alsa_seq.snd_seq_create_simple_port(
        driver->seq, name, capability,
        SND_SEQ_PORT_TYPE_MIDI_GENERIC | SND_SEQ_PORT_TYPE_SOFTWARE | SND_SEQ_PORT_TYPE_APPLICATION);
}

static int descriptor_of(snd_seq_t *seq)
{
    struct pollfd descriptor = { .fd = -1 };
    cm_alsa_seq.snd_seq_poll_descriptors(seq, &descriptor, 1, POLLIN);
    return descriptor.fd;
}

static OSStatus open_driver(void **out)
{
    static cm_alsa driver = { .lock = PTHREAD_MUTEX_INITIALIZER };
    pthread_t thread;
    OSStatus status = cm_alsa_seq_load();
    if (status != noErr)
        return status;
    int error = cm_alsa_seq.snd_seq_open(&driver.seq, "default", SND_SEQ_OPEN_DUPLEX, SND_SEQ_NONBLOCK);
    if (error < 0)
        return cm_fail(kMIDIServerStartErr, "the ALSA sequencer: %s", strerror(-error));
    cm_alsa_seq.snd_seq_set_client_name(driver.seq, "coremusic");
    cm_alsa_seq.snd_seq_set_client_pool_input(driver.seq, INPUT_POOL);
    driver.descriptor = descriptor_of(driver.seq);
    driver.client = cm_alsa_seq.snd_seq_client_id(driver.seq);
    driver.in = create_port(&driver, "in", SND_SEQ_PORT_CAP_WRITE | SND_SEQ_PORT_CAP_NO_EXPORT);
    driver.out = create_port(&driver, "out", SND_SEQ_PORT_CAP_READ | SND_SEQ_PORT_CAP_NO_EXPORT);
    error = cm_alsa_seq.snd_seq_connect_from(driver.seq, driver.in, SND_SEQ_CLIENT_SYSTEM, ANNOUNCEMENTS);
    if (driver.in < 0 || driver.out < 0 || error < 0) {
        cm_alsa_seq.snd_seq_close(driver.seq);
        return cm_fail(kMIDIServerStartErr, "the ALSA sequencer gave no ports");
    }
    compare_ports(&driver);
    if (pthread_create(&thread, NULL, run, &driver) != 0)
        return cmMemFullError;
    pthread_detach(thread);
    *out = &driver;
    return noErr;
}

/* The descriptor is closed, so that the sequencer sees the parent's end; the kernel's client is the parent's.
 */
static void forget(void *context)
{
    cm_alsa *driver = context;
    close(driver->descriptor);
    pthread_mutex_init(&driver->lock, NULL);
    cm_alsa_send_forget();
    driver->seq = NULL;
    driver->first = NULL;
}

/* ---- our endpoints ---- */

static OSStatus publish(void *context, const char *name, cm_midi_endpoint *endpoint, void **out)
{
    cm_alsa *driver = context;
    bool is_source = endpoint->object.kind == CM_MIDI_SOURCE;
    int number = create_port(driver, name, is_source ? SPEAKS : LISTENS);
    if (number < 0)
        return cm_fail(kMIDIServerStartErr, "the ALSA sequencer gave no port");
    cm_alsa_port *made = new_port(driver, true, driver->client, number, 2);
    if (!made) {
        cm_alsa_seq.snd_seq_delete_simple_port(driver->seq, number);
        return cmMemFullError;
    }
    cm_midi_retain(endpoint);
    pthread_mutex_lock(&driver->lock);
    *(is_source ? &made->source : &made->destination) = endpoint;
    pthread_mutex_unlock(&driver->lock);
    *out = made;
    return noErr;
}

static void unpublish(void *context, void *gone)
{
    cm_alsa *driver = context;
    cm_alsa_seq.snd_seq_delete_simple_port(driver->seq, ((cm_alsa_port *)gone)->number);
    forget_port(driver, gone);
}

const cm_midi_driver cm_midi_driver_alsa = {
    .name = "alsa",
    .open = open_driver,
    .publish = publish,
    .unpublish = unpublish,
    .forget = forget,
    .backend = { .form = CM_MIDI_BYTES,
                 .send = cm_alsa_port_send,
                 .enable = enable,
                 .flush = cm_alsa_port_flush,
                 .release = cm_alsa_port_release },
};
