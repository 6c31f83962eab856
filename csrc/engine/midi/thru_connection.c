/*
 * Thru connections: objects of the server that listen to sources as ports do and send on what the plan makes
 * of it.
 *
 * Which endpoints a connection has can change with every change of the setup, so all of it is in a route,
 * which is replaced as a whole. The server's lock guards everything but the messages' way: that takes the
 * route's lock for as long as it needs to pin it.
 */
#include "midi/forget.h"
#include "midi/notify.h"
#include "midi/server.h"
#include "midi/thru.h"
#include "midi/thru_store.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Where messages go now, and how. Immutable, but for the pins. */
typedef struct {
    _Atomic uint32_t pins;
    cm_thru_plan *plan;
    MIDIEndpointRef destinations[kMIDIThruConnection_MaxEndpoints];
    uint32_t count;
} route;

/* One of the sources that the parameters name. */
typedef struct {
    MIDIEndpointRef connected; /* 0 while it is not there */
    _Atomic bool fresh;        /* the state belongs to the source that was here before */
    cm_thru_state *state;      /* only inside the receiver; made when the slot is first used */
} source_slot;

typedef struct {
    cm_midi_port port; /* an object of kind CM_MIDI_THRU; its receiver takes what the sources say */
    CFStringRef owner; /* NULL: of this process */
    CFStringRef id;    /* in the store */
    source_slot slots[kMIDIThruConnection_MaxEndpoints];
    pthread_mutex_t route_lock; /* guards the pointer */
    route *route;
} thru;

static struct {
    pthread_once_t once;
    MIDIClientRef client; /* hears of changes */
    MIDIPortRef output;
    cm_midi_list all; /* guarded by the server's lock */
    pthread_mutex_t reviving;
} connections = { .once = PTHREAD_ONCE_INIT, .reviving = PTHREAD_MUTEX_INITIALIZER };

/* ---- messages ---- */

static route *pin_route(thru *t)
{
    pthread_mutex_lock(&t->route_lock);
    route *r = t->route;
    atomic_fetch_add_explicit(&r->pins, 1, memory_order_relaxed);
    pthread_mutex_unlock(&t->route_lock);
    return r;
}

static void release_route(route *r)
{
    if (!r || atomic_fetch_sub_explicit(&r->pins, 1, memory_order_acq_rel) != 1)
        return;
    free(r->plan);
    free(r);
}

/* What is on its way through a connection: a list in the receiver's scratch memory. */
typedef struct {
    const route *route;
    cm_thru_state *state;
    MIDIEventList *list;
    MIDIEventPacket *packet;
    MIDITimeStamp time;
} writer;

static void send_list(writer *w)
{
    if (w->list->numPackets > 0)
        for (uint32_t i = 0; i < w->route->count; i++)
            MIDISendEventList(connections.output, w->route->destinations[i],
                              w->list); /* counts what is lost */
    w->packet = MIDIEventListInit(w->list, w->list->protocol);
}

static void put_words(writer *w, const uint32_t *words, uint32_t count)
{
    MIDIEventPacket *added = MIDIEventListAdd(w->list, CM_MIDI_SCRATCH, w->packet, w->time, count, words);
    if (!added) {
        send_list(w);
        added = MIDIEventListAdd(w->list, CM_MIDI_SCRATCH, w->packet, w->time, count, words);
    }
    w->packet = added;
}

/* A list may hold several messages that a transform made of one, but each is put whole. */
static void put_message(writer *w, const uint32_t *message)
{
    uint32_t words[CM_THRU_MAX_WORDS];
    uint32_t count = cm_thru_apply(w->route->plan, w->state, message, words);
    if (count)
        put_words(w, words, count);
}

static void put_messages(writer *w, const uint32_t *words, uint32_t count)
{
    const uint32_t *at = words, *message;
    while ((message = cm_ump_next(&at, words + count)))
        put_message(w, message);
}

static void put_bytes(writer *w, cm_ump_reader *reader, const cm_midi_packet *packet)
{
    uint32_t words[CM_UMP_TRANSLATED_MAX], count;
    for (size_t i = 0; i < packet->size; i++)
        if ((count = cm_ump_reader_put(reader, packet->data[i], words)) > 0)
            put_messages(w, words, count);
    if ((count = cm_ump_reader_flush(reader, words)) > 0)
        put_messages(w, words, count);
}

static void put_packet(writer *w, cm_midi_form form, cm_ump_reader *reader, const cm_midi_packet *packet)
{
    uint32_t words[CM_MIDI_EVENT_WORDS];
    if (form == CM_MIDI_BYTES) {
        put_bytes(w, reader, packet);
        return;
    }
    memcpy(words, packet->data, packet->size);
    put_messages(w, words, (uint32_t)(packet->size / sizeof *words));
}

/* Bytes that were no MIDI; what the plan leaves out is no loss. */
static void count_losses(cm_ump_reader *reader)
{
    if (reader->discarded)
        atomic_fetch_add_explicit(&cm_midi_lost.untranslated, reader->discarded, memory_order_relaxed);
    reader->discarded = 0;
}

static void pass_on(cm_midi_receiver *receiver, cm_midi_stream *stream, const cm_midi_batch *batch)
{
    source_slot *slot = atomic_load(&stream->ref_con);
    route *r = pin_route(receiver->proc.custom);
    writer w = { .route = r, .state = slot->state, .list = (MIDIEventList *)receiver->scratch };
    const uint8_t *at;
    cm_midi_packet packet;
    if (atomic_exchange(&slot->fresh, false))
        memset(slot->state, 0, sizeof *slot->state);
    w.packet = MIDIEventListInit(w.list, batch->form == CM_MIDI_UMP2 ? kMIDIProtocol_2_0 : kMIDIProtocol_1_0);
    UInt32 packets = cm_midi_list_packets(batch->form, batch->list, &at);
    for (UInt32 i = 0; i < packets; i++) {
        at = cm_midi_packet_read(batch->form, at, &packet);
        w.time = packet.time ? packet.time : batch->stamp;
        put_packet(&w, batch->form, &stream->reader, &packet);
    }
    send_list(&w);
    release_route(r);
    count_losses(&stream->reader);
}

/* ---- which endpoints: [lock held] ---- */

/* What is left to do without the lock when connections were changed. */
typedef struct {
    cm_midi_stream *streams[kMIDIThruConnection_MaxEndpoints];       /* to be closed */
    cm_midi_endpoint *sources[2 * kMIDIThruConnection_MaxEndpoints]; /* pinned; to be switched on or off */
    bool on[2 * kMIDIThruConnection_MaxEndpoints];
    uint32_t stream_count, source_count;
    route *old;
} changes;

static void finish(changes *c)
{
    for (uint32_t i = 0; i < c->stream_count; i++) {
        cm_midi_stream_close(c->streams[i]);
        cm_midi_stream_release(c->streams[i]);
    }
    for (uint32_t i = 0; i < c->source_count; i++) {
        cm_midi_endpoint *source = c->sources[i];
        if (source->backend && source->backend->enable)
            source->backend->enable(source->backend_context, c->on[i]);
        cm_midi_release(source);
    }
    release_route(c->old);
}

static void note_switch(changes *c, cm_midi_endpoint *source, bool on)
{
    cm_midi_retain(source);
    c->sources[c->source_count] = source;
    c->on[c->source_count++] = on;
}

/* The endpoint that the parameters name, 0 while it is not there. */
static MIDIEndpointRef resolve(const MIDIThruConnectionEndpoint *named, cm_midi_kind kind)
{
    if (named->endpointRef && cm_midi_is_live(named->endpointRef, kind))
        return named->endpointRef;
    cm_midi_object *object = named->uniqueID ? cm_midi_find_unique_id(named->uniqueID) : NULL;
    return object && object->kind == kind ? object->ref : 0;
}

static void disconnect_slot(thru *t, source_slot *slot, changes *c)
{
    bool was_last;
    cm_midi_endpoint *source = cm_midi_pin(slot->connected, CM_MIDI_ENDPOINTS);
    slot->connected = 0;
    if (!source)
        return;
    cm_midi_stream *stream = cm_midi_disconnect(source, &t->port, &was_last);
    if (stream)
        c->streams[c->stream_count++] = stream;
    if (was_last)
        note_switch(c, source, false);
    cm_midi_release(source);
}

static bool is_connected(const thru *t, MIDIEndpointRef source)
{
    for (int i = 0; i < kMIDIThruConnection_MaxEndpoints; i++)
        if (t->slots[i].connected == source)
            return true;
    return false;
}

static OSStatus connect_slot(thru *t, source_slot *slot, MIDIEndpointRef ref, changes *c)
{
    bool was_first = false;
    cm_midi_endpoint *source = cm_midi_pin(ref, CM_MIDI_ENDPOINTS);
    if (!source)
        return noErr;
    if (!slot->state)
        slot->state = calloc(1, sizeof *slot->state);
    atomic_store(&slot->fresh, true);
    OSStatus status = slot->state ? cm_midi_connect(source, &t->port, slot, &was_first) : cmMemFullError;
    if (status == noErr)
        slot->connected = ref;
    if (was_first)
        note_switch(c, source, true);
    cm_midi_release(source);
    return status;
}

/* Connects what the parameters name now. The first error is returned; the rest is connected all the same. */
static OSStatus wire_sources(thru *t, const MIDIThruConnectionParams *params, changes *c)
{
    MIDIEndpointRef wanted[kMIDIThruConnection_MaxEndpoints] = { 0 };
    OSStatus status = noErr;
    for (UInt32 i = 0; i < params->numSources; i++)
        wanted[i] = resolve(&params->sources[i], CM_MIDI_SOURCE);
    for (int i = 0; i < kMIDIThruConnection_MaxEndpoints; i++)
        if (t->slots[i].connected && t->slots[i].connected != wanted[i])
            disconnect_slot(t, &t->slots[i], c);
    for (int i = 0; i < kMIDIThruConnection_MaxEndpoints; i++)
        if (wanted[i] && !is_connected(t, wanted[i])) {
            OSStatus one = connect_slot(t, &t->slots[i], wanted[i], c);
            status = status == noErr ? one : status;
        }
    return status;
}

/* A route by a plan, which it owns from now on, to the destinations that are there. NULL: no memory, plan
 * freed. */
static route *new_route(cm_thru_plan *plan)
{
    route *r = calloc(1, sizeof *r);
    if (!r) {
        free(plan);
        return NULL;
    }
    atomic_init(&r->pins, 1);
    r->plan = plan;
    for (UInt32 i = 0; i < plan->params.numDestinations; i++) {
        MIDIEndpointRef ref = resolve(&plan->params.destinations[i], CM_MIDI_DESTINATION);
        if (ref)
            r->destinations[r->count++] = ref;
    }
    return r;
}

static void replace_route(thru *t, route *with, changes *c)
{
    pthread_mutex_lock(&t->route_lock);
    c->old = t->route;
    t->route = with;
    pthread_mutex_unlock(&t->route_lock);
}

/* ---- endpoints of new parameters: [lock held] ---- */

/* Checks one side's endpoints and notes the ids of those that are given by reference. */
static OSStatus identify(MIDIThruConnectionEndpoint *endpoints, UInt32 count, cm_midi_kind kind)
{
    for (UInt32 i = 0; i < count; i++) {
        if (!endpoints[i].endpointRef)
            continue;
        cm_midi_object *object = cm_midi_pin(endpoints[i].endpointRef, CM_MIDI_ENDPOINTS);
        if (!object && !endpoints[i].uniqueID)
            return kMIDIUnknownEndpoint;
        bool wrong = object && object->kind != kind;
        if (object && !wrong)
            endpoints[i].uniqueID = object->unique_id;
        cm_midi_release(object);
        if (wrong)
            return kMIDIWrongEndpointType;
    }
    return noErr;
}

static OSStatus identify_both(MIDIThruConnectionParams *params)
{
    OSStatus status = identify(params->sources, params->numSources, CM_MIDI_SOURCE);
    if (status == noErr)
        status = identify(params->destinations, params->numDestinations, CM_MIDI_DESTINATION);
    return status;
}

static OSStatus plan_of(CFDataRef data, cm_thru_plan **plan)
{
    MIDIThruConnectionParams empty;
    MIDIThruConnectionParamsInitialize(&empty);
    if (!data)
        return cm_thru_plan_new(&empty, sizeof empty, plan);
    if (CFGetTypeID(data) != CFDataGetTypeID())
        return kAudio_ParamError;
    return cm_thru_plan_new(CFDataGetBytePtr(data), (uint64_t)CFDataGetLength(data), plan);
}

/* References mean nothing to the next process. */
static CFDataRef data_to_keep(const cm_thru_plan *plan)
{
    CFMutableDataRef data = (CFMutableDataRef)cm_thru_plan_data(plan);
    if (!data)
        return NULL;
    MIDIThruConnectionParams params = plan->params;
    for (int i = 0; i < kMIDIThruConnection_MaxEndpoints; i++)
        params.sources[i].endpointRef = params.destinations[i].endpointRef = 0;
    memcpy(CFDataGetMutableBytePtr(data), &params, sizeof params);
    return data;
}

/* [lock not held] */
static OSStatus keep(thru *t)
{
    if (!t->owner)
        return noErr;
    route *r = pin_route(t);
    CFDataRef data = data_to_keep(r->plan);
    release_route(r);
    OSStatus status = data ? cm_thru_store_put(t->owner, t->id, data) : cmMemFullError;
    if (data)
        CFRelease(data);
    return status;
}

/* ---- changes of the setup ---- */

/* A plan for a new route: the route's old one may be in use for some time to come. */
static cm_thru_plan *copy_plan(const cm_thru_plan *plan)
{
    cm_thru_plan *copy = NULL;
    CFDataRef data = cm_thru_plan_data(plan);
    if (data) {
        cm_thru_plan_new(CFDataGetBytePtr(data), (uint64_t)CFDataGetLength(data), &copy);
        CFRelease(data);
    }
    return copy;
}

static void rewire(thru *t)
{
    changes c = { 0 };
    cm_midi_lock();
    cm_thru_plan *plan = cm_midi_is_live(t->port.object.ref, CM_MIDI_THRU) ? copy_plan(t->route->plan) : NULL;
    route *r = plan ? new_route(plan) : NULL;
    if (r) {
        replace_route(t, r, &c);
        wire_sources(t, &plan->params, &c);
    }
    cm_midi_unlock();
    finish(&c);
}

/* What an endpoint is found by may have changed. */
static bool matters(const MIDINotification *message)
{
    if (message->messageID == kMIDIMsgSetupChanged)
        return true;
    const MIDIObjectPropertyChangeNotification *change = (const void *)message;
    return message->messageID == kMIDIMsgPropertyChanged &&
           CFEqual(change->propertyName, kMIDIPropertyUniqueID);
}

static void setup_changed(const MIDINotification *message, void *unused)
{
    (void)unused;
    if (!matters(message))
        return;
    cm_midi_list all = { 0 };
    cm_midi_lock();
    for (size_t i = 0; i < connections.all.count; i++)
        cm_midi_list_add(&all, connections.all.at[i]);
    cm_midi_unlock();
    for (size_t i = 0; i < all.count; i++)
        rewire((thru *)all.at[i]);
    cm_midi_list_free(&all);
}

static void start(void)
{
    MIDIClientCreate(CFSTR("thru connections"), setup_changed, NULL, &connections.client);
    MIDIOutputPortCreate(connections.client, CFSTR("thru connections"), &connections.output);
}

/* ---- the objects ---- */

static void destroy(cm_midi_object *object)
{
    thru *t = (thru *)object;
    release_route(t->route);
    for (int i = 0; i < kMIDIThruConnection_MaxEndpoints; i++)
        free(t->slots[i].state);
    if (t->owner)
        CFRelease(t->owner);
    if (t->id)
        CFRelease(t->id);
    cm_midi_receiver_free(&t->port.receiver);
    cm_midi_list_free(&t->port.sources);
    pthread_mutex_destroy(&t->route_lock);
    free(t);
}

static CFStringRef new_id(void)
{
    uint64_t number = 0;
    if (getrandom(&number, sizeof number, 0) != sizeof number)
        return NULL;
    return CFStringCreateWithFormat(NULL, NULL, CFSTR("%016llx"), (unsigned long long)number);
}

static thru *new_thru(CFStringRef owner, CFStringRef id)
{
    thru *t = cm_midi_new(CM_MIDI_THRU, sizeof *t, destroy);
    if (!t)
        return NULL;
    pthread_mutex_init(&t->route_lock, NULL);
    t->port.receiver.form = CM_MIDI_FORMS;
    t->port.receiver.call = pass_on;
    t->port.receiver.proc.custom = t;
    cm_midi_receiver_init(&t->port.receiver);
    if (owner) {
        t->owner = CFStringCreateCopy(NULL, owner);
        t->id = id ? CFRetain(id) : new_id();
    }
    if (!owner || (t->owner && t->id))
        return t;
    cm_midi_release(t);
    return NULL;
}

/* Ends a connection that is not in the list any more; its reference is stale. */
static void end(thru *t)
{
    changes c = { 0 };
    cm_midi_receiver_close(&t->port.receiver);
    cm_midi_lock();
    for (int i = 0; i < kMIDIThruConnection_MaxEndpoints; i++)
        if (t->slots[i].connected)
            disconnect_slot(t, &t->slots[i], &c);
    cm_midi_unlock();
    finish(&c);
}

/* Makes a connection of a plan, which it takes over in any case. */
static OSStatus install(thru *t, cm_thru_plan *plan, MIDIThruConnectionRef *out)
{
    changes c = { 0 };
    cm_midi_lock();
    OSStatus status = identify_both(&plan->params);
    if (status != noErr)
        free(plan);
    else if (!(t->route = new_route(plan)) || !cm_midi_list_add(&connections.all, t))
        status = cmMemFullError;
    if (status == noErr) {
        cm_midi_publish(t);
        *out = t->port.object.ref;
        status = wire_sources(t, &t->route->plan->params, &c);
        cm_midi_notify_plain(kMIDIMsgThruConnectionsChanged);
    }
    cm_midi_unlock();
    finish(&c);
    return status;
}

/* Takes a connection out of the server. False when somebody else has. */
static bool take_out(thru *t)
{
    cm_midi_lock();
    bool live = cm_midi_retire(t);
    if (live) {
        cm_midi_list_remove(&connections.all, t);
        cm_midi_notify_plain(kMIDIMsgThruConnectionsChanged);
    }
    cm_midi_unlock();
    if (live)
        end(t);
    return live;
}

/* After a failed install: made is 0 when nobody has seen the connection. */
static void give_up(thru *t, MIDIThruConnectionRef made)
{
    if (made)
        take_out(t);
    else
        cm_midi_release(t);
}

static thru *pin_thru(MIDIThruConnectionRef ref, OSStatus *status)
{
    return cm_midi_pin_or(ref, CM_MIDI_IS(CM_MIDI_THRU), kMIDIObjectNotFound, status);
}

OSStatus MIDIThruConnectionCreate(CFStringRef inPersistentOwnerID, CFDataRef inConnectionParams,
                                  MIDIThruConnectionRef *outConnection)
{
    cm_thru_plan *plan;
    MIDIThruConnectionRef made = 0;
    if (!outConnection)
        return kAudio_ParamError;
    *outConnection = 0;
    OSStatus status = plan_of(inConnectionParams, &plan);
    if (status != noErr)
        return status;
    pthread_once(&connections.once, start);
    thru *t = new_thru(inPersistentOwnerID, NULL);
    if (!t) {
        free(plan);
        return cmMemFullError;
    }
    cm_midi_retain(t);
    status = install(t, plan, &made);
    if (status == noErr)
        status = keep(t);
    if (status == noErr)
        *outConnection = made;
    else
        give_up(t, made);
    cm_midi_release(t);
    return status;
}

OSStatus MIDIThruConnectionDispose(MIDIThruConnectionRef connection)
{
    OSStatus status;
    thru *t = pin_thru(connection, &status);
    if (!t)
        return status;
    if (!take_out(t))
        status = kMIDIObjectNotFound;
    else if (t->owner)
        status = cm_thru_store_put(t->owner, t->id, NULL);
    cm_midi_release(t);
    return status;
}

OSStatus MIDIThruConnectionGetParams(MIDIThruConnectionRef connection, CFDataRef *outConnectionParams)
{
    OSStatus status;
    if (!outConnectionParams)
        return kAudio_ParamError;
    *outConnectionParams = NULL;
    thru *t = pin_thru(connection, &status);
    if (!t)
        return status;
    cm_midi_lock();
    CFMutableDataRef data = (CFMutableDataRef)cm_thru_plan_data(t->route->plan);
    MIDIThruConnectionParams params = t->route->plan->params;
    for (UInt32 i = 0; i < params.numSources; i++)
        params.sources[i].endpointRef = resolve(&params.sources[i], CM_MIDI_SOURCE);
    for (UInt32 i = 0; i < params.numDestinations; i++)
        params.destinations[i].endpointRef = resolve(&params.destinations[i], CM_MIDI_DESTINATION);
    cm_midi_unlock();
    if (data)
        memcpy(CFDataGetMutableBytePtr(data), &params, sizeof params);
    *outConnectionParams = data;
    cm_midi_release(t);
    return data ? noErr : cmMemFullError;
}

/* Puts a plan, which is taken over, in the place of the one before. */
static OSStatus change_plan(thru *t, cm_thru_plan *plan)
{
    changes c = { 0 };
    cm_midi_lock();
    bool live = cm_midi_is_live(t->port.object.ref, CM_MIDI_THRU);
    OSStatus status = live ? identify_both(&plan->params) : kMIDIObjectNotFound;
    route *r = status == noErr ? new_route(plan) : NULL;
    if (r) {
        replace_route(t, r, &c);
        status = wire_sources(t, &plan->params, &c);
        cm_midi_notify_plain(kMIDIMsgThruConnectionsChanged);
    } else if (status == noErr) {
        status = cmMemFullError;
    } else {
        free(plan);
    }
    cm_midi_unlock();
    finish(&c);
    return status;
}

OSStatus MIDIThruConnectionSetParams(MIDIThruConnectionRef connection, CFDataRef inConnectionParams)
{
    OSStatus status;
    cm_thru_plan *plan;
    thru *t = pin_thru(connection, &status);
    if (!t)
        return status;
    status = inConnectionParams ? plan_of(inConnectionParams, &plan) : kAudio_ParamError;
    if (status == noErr)
        status = change_plan(t, plan);
    if (status == noErr)
        status = keep(t);
    cm_midi_release(t);
    return status;
}

/* ---- those of an owner ---- */

static bool is_here(CFStringRef owner, CFStringRef id)
{
    bool here = false;
    cm_midi_lock();
    for (size_t i = 0; i < connections.all.count && !here; i++) {
        const thru *t = (const thru *)connections.all.at[i];
        here = t->owner && CFEqual(t->owner, owner) && CFEqual(t->id, id);
    }
    cm_midi_unlock();
    return here;
}

/* One that an earlier process left. Parameters that are none are passed over. */
static void revive(const void *id, const void *params, void *owner)
{
    cm_thru_plan *plan;
    MIDIThruConnectionRef made = 0;
    if (CFGetTypeID(params) != CFDataGetTypeID() || is_here(owner, id) || plan_of(params, &plan) != noErr)
        return;
    thru *t = new_thru(owner, id);
    if (!t) {
        free(plan);
        return;
    }
    cm_midi_retain(t);
    if (install(t, plan, &made) != noErr)
        give_up(t, made);
    cm_midi_release(t);
}

static CFDataRef list_of(CFStringRef owner)
{
    CFMutableDataRef list = CFDataCreateMutable(NULL, 0);
    cm_midi_lock();
    for (size_t i = 0; list && i < connections.all.count; i++) {
        const thru *t = (const thru *)connections.all.at[i];
        if (t->owner && CFEqual(t->owner, owner))
            CFDataAppendBytes(list, (const UInt8 *)&t->port.object.ref, sizeof t->port.object.ref);
    }
    cm_midi_unlock();
    return list;
}

OSStatus MIDIThruConnectionFind(CFStringRef inPersistentOwnerID, CFDataRef *outConnectionList)
{
    if (!inPersistentOwnerID || !outConnectionList)
        return kAudio_ParamError;
    *outConnectionList = NULL;
    pthread_once(&connections.once, start);
    CFDictionaryRef stored = cm_thru_store_get(inPersistentOwnerID);
    if (stored) {
        pthread_mutex_lock(&connections.reviving);
        CFDictionaryApplyFunction(stored, revive, (void *)inPersistentOwnerID);
        pthread_mutex_unlock(&connections.reviving);
        CFRelease(stored);
    }
    *outConnectionList = list_of(inPersistentOwnerID);
    return *outConnectionList ? noErr : cmMemFullError;
}

void cm_midi_thru_forget(void)
{
    connections.once = (pthread_once_t)PTHREAD_ONCE_INIT;
    connections.client = 0;
    connections.output = 0;
    connections.all = (cm_midi_list){ 0 };
    pthread_mutex_init(&connections.reviving, NULL);
}
