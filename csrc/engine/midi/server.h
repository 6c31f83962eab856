/*
 * server.h: the objects of the MIDI server and how its parts work on them.
 *
 * One lock guards the tree: who is whose child, who is connected to whom, properties, names. It is never held
 * while a callback or a driver runs, and nothing that sends a message takes it.
 *
 * What a reference finds is kept from being freed by a pin (object.h); what the lock guards may be used under
 * the lock alone.
 */
#ifndef CM_MIDI_SERVER_H
#define CM_MIDI_SERVER_H

#include "midi/receiver.h"

#include <CoreMIDI/CoreMIDI.h>

typedef struct cm_midi_client {
    cm_midi_object object;
    MIDINotifyProc notify; /* may be NULL */
    void *ref_con;
    const void *block; /* MIDINotifyBlock, owned; NULL */
    uint64_t born;     /* the last event before it: see cm_midi_notify_last */
    _Atomic bool closed;
    cm_midi_list ports, endpoints;
} cm_midi_client;

typedef struct cm_midi_port {
    cm_midi_object object;
    cm_midi_list sources;      /* connected to this input port */
    cm_midi_receiver receiver; /* of an input port */
} cm_midi_port;

/*
 * What stands behind an endpoint that is no client's: the bus, a driver. context is the endpoint's
 * backend_context.
 */
typedef struct cm_midi_backend {
    cm_midi_form form; /* what send wants; CM_MIDI_UMP1 stands for the endpoint's own protocol */
    /*
     * [inside the destination's receiver] Takes a list whose times are put in, or, for CM_MIDI_FORMS, a batch
     * as it came. size counts for CM_MIDI_FORMS only. False when there is no room: the sender is told, and
     * the loss is counted unless he tries again (retried), who is to be refused rather than kept waiting.
     */
    bool (*send)(void *context, const cm_midi_batch *batch);
    /* [any] The first port was connected to a source, or the last one went. NULL where nobody cares. */
    void (*enable)(void *context, bool on);
    /* [any] What was handed over for later is to be forgotten. NULL where nothing is. */
    void (*flush)(void *context);
    /* [any] The endpoint is freed and with it its use of context. NULL where nothing is to be done. */
    void (*release)(void *context);
} cm_midi_backend;

typedef struct cm_midi_endpoint {
    cm_midi_object object;
    bool is_virtual;
    MIDIProtocolID protocol;
    void *owner;                       /* its device's, see there */
    _Atomic(void *) ref_con[2];        /* the owner's */
    struct cm_midi_identity *identity; /* what a virtual destination answers, owned; NULL */
    const cm_midi_backend *backend;    /* NULL for virtual endpoints and devices without driver */
    void *backend_context;
    /* of a source: */
    pthread_mutex_t fan_lock; /* guards the pointer */
    struct cm_midi_fan *fan;  /* NULL when nobody is connected */
    /* of a destination: */
    cm_midi_receiver *receiver;
    cm_midi_stream *stream;
    _Atomic uint32_t scheduled; /* packets that wait for their time */
    _Atomic UInt64 advance;     /* host ticks that they are delivered early */
} cm_midi_endpoint;

typedef struct cm_midi_entity {
    cm_midi_object object;
    MIDIProtocolID protocol;
    cm_midi_list sources, destinations;
} cm_midi_entity;

typedef struct cm_midi_device {
    cm_midi_object object;
    bool in_setup;
    void *owner; /* the MIDIDriverRef that it was made for; NULL */
    bool fixed;  /* the engine's own: the bus, external programs' ports; not to be changed */
    const cm_midi_backend *backend; /* of the endpoints that it gets, with themselves as context; NULL */
    cm_midi_list entities;
} cm_midi_device;

typedef struct cm_midi_server {
    pthread_mutex_t lock;
    cm_midi_list clients;
    cm_midi_list devices, external_devices; /* in the setup */
    cm_midi_list sources, destinations;     /* virtual */
    cm_midi_list loose;                     /* devices that are in no setup */
} cm_midi_server;

extern cm_midi_server cm_midi;

/* [any] Makes the bus and opens the drivers, the first time. Takes the lock; callers do not hold it. */
void cm_midi_start(void);

static inline void cm_midi_lock(void)
{
    pthread_mutex_lock(&cm_midi.lock);
}

static inline void cm_midi_unlock(void)
{
    pthread_mutex_unlock(&cm_midi.lock);
}

/* The object, pinned, or NULL with *status saying what the reference is not. */
void *cm_midi_pin_or(MIDIObjectRef ref, unsigned kinds, OSStatus if_none, OSStatus *status);
/* An endpoint of this kind, pinned, or NULL with kMIDIUnknownEndpoint or kMIDIWrongEndpointType. */
cm_midi_endpoint *cm_midi_pin_endpoint(MIDIEndpointRef ref, cm_midi_kind kind, OSStatus *status);

/* kMIDIObjectType_... of an object. */
MIDIObjectType cm_midi_type(const cm_midi_object *object);

/* ---- client.c ---- */

/*
 * [lock not held] Makes a new object, pinned once, a child of a client: of its ports, or of its endpoints.
 * Without success it is freed. child may be NULL: cmMemFullError.
 */
OSStatus cm_midi_adopt(MIDIClientRef client, cm_midi_object *child, CFStringRef name, MIDIObjectRef *out);

/* ---- tree.c: [lock held] unless said otherwise ---- */

/* A device that is in no setup yet, owned by the list of loose ones. Names are CFStrings or NULL. */
cm_midi_device *cm_midi_device_new(CFStringRef name, CFStringRef manufacturer, CFStringRef model,
                                   bool external);
/* An entity of a device with a number of endpoints; notifies when the device is in the setup. */
OSStatus cm_midi_entity_new(cm_midi_device *device, CFStringRef name, MIDIProtocolID protocol, bool embedded,
                            size_t sources, size_t destinations, cm_midi_entity **out);
/* Endpoints come and go at the end until there are so many. Surplus ones are put into gone, pinned. */
OSStatus cm_midi_entity_resize(cm_midi_entity *entity, size_t sources, size_t destinations,
                               cm_midi_list *gone);
/* Puts a loose device into the setup and gives out unique ids. */
OSStatus cm_midi_device_install(cm_midi_device *device);
/* Takes a device out of the server; all of its objects are put into gone, pinned, and their references stale.
 */
void cm_midi_device_take_out(cm_midi_device *device, cm_midi_list *gone);
/* Takes one entity out of its device, likewise. */
void cm_midi_entity_take_out(cm_midi_entity *entity, cm_midi_list *gone);
/* [lock not held] Ends connections and calls of endpoints that were taken out and frees the list. */
void cm_midi_let_go(cm_midi_list *gone);

/* Gives an object the id that its names make, or the next free one. */
void cm_midi_assign_unique_id(cm_midi_object *object);
/* The object with this id, not pinned; NULL. */
cm_midi_object *cm_midi_find_unique_id(MIDIUniqueID id);

/* [lock not held] What backends were given for later is forgotten: one destination's, or all when NULL. */
void cm_midi_flush_backends(cm_midi_endpoint *destination);

/* ---- endpoint.c ---- */

/* [any] An endpoint of no parent; a destination gets a receiver of this form. NULL: no memory. */
cm_midi_endpoint *cm_midi_endpoint_new(cm_midi_kind kind, cm_midi_form form, MIDIProtocolID protocol);
/* [lock not held] No callback is running for it afterwards, nobody is connected to it. */
void cm_midi_endpoint_close(cm_midi_endpoint *endpoint);
/* [lock held] Who stands behind a device's endpoint; before anyone can send to it. */
void cm_midi_endpoint_set_backend(cm_midi_endpoint *endpoint, const cm_midi_backend *backend, void *context);

/* [lock held] Connects; the stream is the fan's. */
OSStatus cm_midi_connect(cm_midi_endpoint *source, cm_midi_port *port, void *ref_con, bool *was_first);
/* [lock held] The stream between them, taken out and pinned, to be closed without the lock; NULL. */
cm_midi_stream *cm_midi_disconnect(cm_midi_endpoint *source, cm_midi_port *port, bool *was_last);

/* ---- send.c ---- */

/* [any, render where receivers are] What a source says to all that are connected to it. */
OSStatus cm_midi_source_say(cm_midi_endpoint *source, const cm_midi_batch *batch);
/* [any, render where the receiver is] Now, whatever the times in it. */
OSStatus cm_midi_destination_take(cm_midi_endpoint *destination, const cm_midi_batch *batch);

/* ---- properties.c: [lock held] ---- */

/* Sets without notifying; value is retained. False when there is no memory. NULL values are left out. */
bool cm_midi_set_property(cm_midi_object *object, CFStringRef key, CFTypeRef value);
bool cm_midi_set_integer(cm_midi_object *object, CFStringRef key, SInt32 value);
/* The object's own or inherited value, lent; NULL. */
CFTypeRef cm_midi_get_property(const cm_midi_object *object, CFStringRef key);
/* A new dictionary of an object's own properties, its children's included when deep. NULL: no memory. */
CFMutableDictionaryRef cm_midi_copy_properties(const cm_midi_object *object, bool deep);

#endif
