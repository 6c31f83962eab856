/* The table of drivers, and what of ours other programs see through them. */
#include "midi/driver.h"
#include "midi/forget.h"

#include "base/cf_string.h"
#include "base/log.h"

#include <CoreAudio/HostTime.h>
#include <stdlib.h>
#include <string.h>

const cm_midi_driver *const cm_midi_drivers[] = { &cm_midi_driver_alsa, &cm_midi_driver_jack, NULL };

enum { DRIVERS_MAX = 8 };

static struct {
    pthread_mutex_t lock; /* guards all below; taken before the server's lock */
    void *instances[DRIVERS_MAX];
    bool open[DRIVERS_MAX];
    struct published *first;
} drivers = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* One virtual endpoint as one driver's port. */
typedef struct published {
    struct published *next;
    cm_midi_endpoint *endpoint; /* pinned */
    size_t driver;              /* index */
    void *port;
    cm_midi_port *tap; /* listens to a source on behalf of the driver; NULL for a destination */
} published;

/* ---- taps: input ports without a client ---- */

typedef struct tap {
    cm_midi_port port;
    const cm_midi_backend *backend;
    void *context;
} tap;

static void destroy_tap(cm_midi_object *object)
{
    tap *t = (tap *)object;
    cm_midi_receiver_free(&t->port.receiver);
    cm_midi_list_free(&t->port.sources);
    t->backend->release(t->context);
    free(t);
}

static void emit_to_driver(cm_midi_receiver *receiver, cm_midi_stream *stream, const void *list)
{
    const tap *t = (const tap *)stream->owner;
    cm_midi_batch batch = { .form = receiver->form, .list = list, .retried = receiver->retried };
    if (!t->backend->send(t->context, &batch))
        receiver->refused = true;
}

static void call_driver(cm_midi_receiver *receiver, cm_midi_stream *stream, const cm_midi_batch *batch)
{
    cm_midi_batch stamped = *batch; /* a source's messages may have no time */
    if (!stamped.stamp)
        stamped.stamp = AudioGetCurrentHostTime();
    cm_midi_convert(receiver, stream, &stamped, emit_to_driver);
}

static cm_midi_port *open_tap(cm_midi_endpoint *source, const cm_midi_backend *backend, void *context)
{
    bool was_first;
    tap *t = cm_midi_new(CM_MIDI_INPUT_PORT, sizeof *t, destroy_tap);
    if (!t) {
        backend->release(context);
        return NULL;
    }
    t->backend = backend;
    t->context = context;
    t->port.receiver.form = CM_MIDI_BYTES;
    t->port.receiver.call = call_driver;
    cm_midi_receiver_init(&t->port.receiver);
    cm_midi_lock();
    cm_midi_connect(source, &t->port, NULL, &was_first);
    cm_midi_unlock();
    return &t->port;
}

static void close_tap(cm_midi_endpoint *source, cm_midi_port *port)
{
    bool was_last;
    if (!port)
        return;
    cm_midi_lock();
    cm_midi_stream *stream = cm_midi_disconnect(source, port, &was_last);
    cm_midi_unlock();
    if (stream)
        cm_midi_stream_close(stream);
    cm_midi_stream_release(stream);
    cm_midi_release(port);
}

/* ---- showing ---- */

static CFStringRef copy_name(cm_midi_endpoint *endpoint)
{
    cm_midi_lock();
    CFTypeRef name = cm_midi_get_property(&endpoint->object, kMIDIPropertyName);
    name = name ? CFRetain(name) : NULL;
    cm_midi_unlock();
    return name;
}

/* With the drivers' lock. */
static void show(size_t index, cm_midi_endpoint *endpoint)
{
    const cm_midi_driver *driver = cm_midi_drivers[index];
    published *made = calloc(1, sizeof *made);
    CFStringRef name = copy_name(endpoint);
    size_t size;
    const char *text = cm_cf_string_bytes(name, &size);
    if (made &&
        driver->publish(drivers.instances[index], text ? text : "MIDI", endpoint, &made->port) == noErr) {
        made->endpoint = endpoint;
        made->driver = index;
        made->next = drivers.first;
        drivers.first = made;
        cm_midi_retain(endpoint);
        if (endpoint->object.kind == CM_MIDI_SOURCE)
            made->tap = open_tap(endpoint, &driver->backend, made->port);
    } else {
        free(made);
    }
    CFRelease(name);
}

void cm_midi_publish_endpoint(cm_midi_endpoint *endpoint)
{
    pthread_mutex_lock(&drivers.lock);
    if (cm_midi_is_live(endpoint->object.ref, endpoint->object.kind) && !endpoint->object.hidden)
        for (size_t i = 0; cm_midi_drivers[i]; i++)
            if (drivers.open[i])
                show(i, endpoint);
    pthread_mutex_unlock(&drivers.lock);
}

static published *take_published(const cm_midi_endpoint *endpoint)
{
    pthread_mutex_lock(&drivers.lock);
    published **link = &drivers.first, *found;
    while (*link && (*link)->endpoint != endpoint)
        link = &(*link)->next;
    if ((found = *link))
        *link = found->next;
    pthread_mutex_unlock(&drivers.lock);
    return found;
}

void cm_midi_unpublish_endpoint(cm_midi_endpoint *endpoint)
{
    published *gone;
    while ((gone = take_published(endpoint))) {
        const cm_midi_driver *driver = cm_midi_drivers[gone->driver];
        driver->unpublish(drivers.instances[gone->driver], gone->port);
        if (endpoint->object.kind == CM_MIDI_SOURCE)
            close_tap(endpoint, gone->tap); /* ends its use of the port */
        else
            driver->backend.release(gone->port);
        cm_midi_release(endpoint);
        free(gone);
    }
}

/* ---- opening ---- */

static bool is_wanted(const char *name)
{
    const char *wanted = getenv("COREMUSIC_MIDI_DRIVERS");
    size_t length = strlen(name);
    for (const char *at = wanted; at && *at; at += strcspn(at, ","), at += *at == ',')
        if (strncmp(at, name, length) == 0 && (at[length] == ',' || !at[length]))
            return true;
    return !wanted;
}

static cm_midi_list pin_virtual_endpoints(void)
{
    const cm_midi_list *lists[] = { &cm_midi.sources, &cm_midi.destinations };
    cm_midi_list all = { 0 };
    cm_midi_lock();
    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; i < lists[l]->count; i++)
            if (!lists[l]->at[i]->hidden)
                cm_midi_list_add(&all, lists[l]->at[i]);
    cm_midi_unlock();
    return all;
}

void cm_midi_drivers_retry(void)
{
    cm_midi_list endpoints = pin_virtual_endpoints();
    pthread_mutex_lock(&drivers.lock);
    for (size_t i = 0; cm_midi_drivers[i]; i++) {
        if (drivers.open[i] || !is_wanted(cm_midi_drivers[i]->name))
            continue;
        OSStatus status = cm_midi_drivers[i]->open(&drivers.instances[i]);
        drivers.open[i] = status == noErr;
        if (status != noErr)
            cm_log(CM_LOG_INFO, "MIDI driver %s: %s", cm_midi_drivers[i]->name, cm_detail(status));
        for (size_t e = 0; drivers.open[i] && e < endpoints.count; e++)
            show(i, (cm_midi_endpoint *)endpoints.at[e]);
    }
    pthread_mutex_unlock(&drivers.lock);
    cm_midi_list_free(&endpoints);
}

void cm_midi_drivers_start(void)
{
    cm_midi_drivers_retry();
    cm_forget_detail(); /* a machine without JACK is no failure of the caller's */
}

OSStatus MIDIRestart(void)
{
    cm_midi_start();
    cm_midi_drivers_start();
    return noErr;
}

void cm_midi_drivers_forget(void)
{
    pthread_mutex_init(&drivers.lock, NULL);
    drivers.first = NULL;
    for (size_t i = 0; cm_midi_drivers[i]; i++) {
        if (drivers.open[i])
            cm_midi_drivers[i]->forget(drivers.instances[i]);
        drivers.open[i] = false;
    }
}
