/* Endpoints, and the connections of sources to input ports. */
#include "midi/plug_in.h"
#include "midi/scheduler.h"
#include "midi/server.h"

#include <stdlib.h>
#include <string.h>

/* The streams that a source feeds. Never changed: a change makes a new one, so that sending needs no lock. */
typedef struct cm_midi_fan {
    _Atomic uint32_t pins;
    size_t count;
    cm_midi_stream *streams[]; /* pinned */
} cm_midi_fan;

static void release_fan(cm_midi_fan *fan)
{
    if (!fan || atomic_fetch_sub_explicit(&fan->pins, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < fan->count; i++)
        cm_midi_stream_release(fan->streams[i]);
    free(fan);
}

static cm_midi_fan *pin_fan(cm_midi_endpoint *source)
{
    pthread_mutex_lock(&source->fan_lock);
    cm_midi_fan *fan = source->fan;
    if (fan)
        atomic_fetch_add_explicit(&fan->pins, 1, memory_order_relaxed);
    pthread_mutex_unlock(&source->fan_lock);
    return fan;
}

static void replace_fan(cm_midi_endpoint *source, cm_midi_fan *fan)
{
    pthread_mutex_lock(&source->fan_lock);
    cm_midi_fan *old = source->fan;
    source->fan = fan;
    pthread_mutex_unlock(&source->fan_lock);
    release_fan(old);
}

/* The old fan's streams but `without`, and `with`, if they are not NULL. */
static cm_midi_fan *copy_fan(const cm_midi_fan *old, cm_midi_stream *with, const cm_midi_stream *without)
{
    size_t count = old ? old->count : 0;
    cm_midi_fan *fan = calloc(1, sizeof *fan + (count + 1) * sizeof *fan->streams);
    if (!fan)
        return NULL;
    atomic_init(&fan->pins, 1);
    for (size_t i = 0; i < count; i++)
        if (old->streams[i] != without)
            fan->streams[fan->count++] = old->streams[i];
    if (with)
        fan->streams[fan->count++] = with;
    for (size_t i = 0; i < fan->count; i++)
        cm_midi_stream_retain(fan->streams[i]);
    return fan;
}

static cm_midi_stream *find_stream(const cm_midi_fan *fan, const cm_midi_port *port)
{
    for (size_t i = 0; fan && i < fan->count; i++)
        if (fan->streams[i]->owner == &port->object)
            return fan->streams[i];
    return NULL;
}

OSStatus cm_midi_connect(cm_midi_endpoint *source, cm_midi_port *port, void *ref_con, bool *was_first)
{
    *was_first = false;
    cm_midi_stream *stream = find_stream(source->fan, port);
    if (stream) {
        atomic_store(&stream->ref_con, ref_con);
        return noErr;
    }
    stream = cm_midi_stream_new(&port->receiver, &port->object, true);
    cm_midi_fan *fan = stream ? copy_fan(source->fan, stream, NULL) : NULL;
    if (fan && cm_midi_list_add(&port->sources, source)) {
        atomic_store(&stream->ref_con, ref_con);
        *was_first = !source->fan;
        replace_fan(source, fan);
        fan = NULL;
    } else if (fan) {
        release_fan(fan);
        cm_midi_stream_release(stream);
        return cmMemFullError;
    }
    cm_midi_stream_release(stream);
    return stream ? noErr : cmMemFullError;
}

cm_midi_stream *cm_midi_disconnect(cm_midi_endpoint *source, cm_midi_port *port, bool *was_last)
{
    *was_last = false;
    cm_midi_stream *stream = find_stream(source->fan, port);
    if (!stream)
        return NULL;
    cm_midi_stream_retain(stream);
    atomic_store(&stream->closed, true);
    cm_midi_fan *fan = source->fan->count > 1 ? copy_fan(source->fan, NULL, stream) : NULL;
    if (fan || source->fan->count == 1) { /* without memory the closed stream stays where it is */
        *was_last = !fan;
        replace_fan(source, fan);
    }
    cm_midi_list_remove(&port->sources, source);
    return stream;
}

/* ---- the end of an endpoint ---- */

static void destroy(cm_midi_object *object)
{
    cm_midi_endpoint *endpoint = (cm_midi_endpoint *)object;
    if (endpoint->backend && endpoint->backend->release)
        endpoint->backend->release(endpoint->backend_context);
    release_fan(endpoint->fan);
    cm_midi_stream_release(endpoint->stream);
    if (endpoint->receiver) {
        cm_midi_receiver_free(endpoint->receiver);
        free(endpoint->receiver);
    }
    pthread_mutex_destroy(&endpoint->fan_lock);
    free(endpoint->identity);
    free(endpoint);
}

static void close_source(cm_midi_endpoint *source)
{
    cm_midi_lock();
    cm_midi_fan *fan = pin_fan(source);
    replace_fan(source, NULL);
    for (size_t i = 0; fan && i < fan->count; i++) {
        atomic_store(&fan->streams[i]->closed, true);
        cm_midi_list_remove(&((cm_midi_port *)fan->streams[i]->owner)->sources, source);
    }
    cm_midi_unlock();
    for (size_t i = 0; fan && i < fan->count; i++)
        cm_midi_stream_close(fan->streams[i]);
    release_fan(fan);
}

void cm_midi_endpoint_close(cm_midi_endpoint *endpoint)
{
    if (endpoint->object.kind == CM_MIDI_SOURCE) {
        close_source(endpoint);
        return;
    }
    size_t gone = cm_midi_unschedule(endpoint);
    atomic_fetch_add_explicit(&cm_midi_lost.gone, gone, memory_order_relaxed);
    cm_midi_receiver_close(endpoint->receiver);
}

/* ---- the beginning ---- */

static void send_to_backend(cm_midi_endpoint *endpoint, const cm_midi_batch *batch)
{
    if (!endpoint->backend->send(endpoint->backend_context, batch))
        endpoint->receiver->refused = true;
    else if (atomic_load_explicit(&cm_midi_monitors, memory_order_relaxed))
        cm_midi_monitor(endpoint, batch);
}

static void emit_to_backend(cm_midi_receiver *receiver, cm_midi_stream *stream, const void *list)
{
    (void)stream;
    cm_midi_endpoint *endpoint = receiver->proc.custom;
    cm_midi_batch batch = { .form = receiver->form, .list = list, .retried = receiver->retried };
    send_to_backend(endpoint, &batch);
}

static void call_backend(cm_midi_receiver *receiver, cm_midi_stream *stream, const cm_midi_batch *batch)
{
    cm_midi_endpoint *endpoint = receiver->proc.custom;
    if (!endpoint->backend)
        atomic_fetch_add_explicit(&cm_midi_lost.gone, 1, memory_order_relaxed);
    else if (receiver->form != CM_MIDI_FORMS)
        cm_midi_convert(receiver, stream, batch, emit_to_backend);
    else
        send_to_backend(endpoint, batch);
}

static bool init_destination(cm_midi_endpoint *endpoint, cm_midi_form form)
{
    cm_midi_receiver *receiver = calloc(1, sizeof *receiver);
    if (!receiver)
        return false;
    receiver->form = form;
    receiver->call = call_backend;
    receiver->proc.custom = endpoint;
    cm_midi_receiver_init(receiver);
    endpoint->receiver = receiver;
    endpoint->stream = cm_midi_stream_new(receiver, &endpoint->object, false);
    return endpoint->stream != NULL;
}

cm_midi_endpoint *cm_midi_endpoint_new(cm_midi_kind kind, cm_midi_form form, MIDIProtocolID protocol)
{
    cm_midi_endpoint *endpoint = cm_midi_new(kind, sizeof *endpoint, destroy);
    if (!endpoint)
        return NULL;
    pthread_mutex_init(&endpoint->fan_lock, NULL);
    endpoint->protocol = protocol;
    if (kind == CM_MIDI_SOURCE || init_destination(endpoint, form))
        return endpoint;
    cm_midi_release(endpoint);
    return NULL;
}

void cm_midi_endpoint_set_backend(cm_midi_endpoint *endpoint, const cm_midi_backend *backend, void *context)
{
    bool events = backend && backend->form != CM_MIDI_BYTES && backend->form != CM_MIDI_FORMS;
    endpoint->backend = backend;
    endpoint->backend_context = context;
    if (endpoint->receiver && backend)
        endpoint->receiver->form = backend->form;
    if (endpoint->receiver && events && endpoint->protocol == kMIDIProtocol_2_0)
        endpoint->receiver->form = CM_MIDI_UMP2;
}

/* ---- what a source says ---- */

OSStatus cm_midi_source_say(cm_midi_endpoint *source, const cm_midi_batch *batch)
{
    OSStatus status = noErr;
    cm_midi_fan *fan = pin_fan(source);
    if (!fan)
        return noErr;
    for (size_t i = 0; i < fan->count; i++) {
        OSStatus one = cm_midi_receiver_take(fan->streams[i], batch);
        if (one != noErr)
            status = one;
    }
    release_fan(fan);
    return status;
}

OSStatus cm_midi_destination_take(cm_midi_endpoint *destination, const cm_midi_batch *batch)
{
    return cm_midi_receiver_take(destination->stream, batch);
}
