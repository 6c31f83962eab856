/* Clients, ports, virtual endpoints: what belongs to a program. */
#include "midi/driver.h"
#include "midi/notify.h"
#include "midi/server.h"

#include <stdlib.h>

/* ---- clients ---- */

static void destroy_client(cm_midi_object *object)
{
    free(object);
}

static bool set_name(cm_midi_object *object, CFStringRef name)
{
    return cm_midi_set_property(object, kMIDIPropertyName, name);
}

OSStatus MIDIClientCreate(CFStringRef name, MIDINotifyProc notifyProc, void *notifyRefCon,
                          MIDIClientRef *outClient)
{
    if (!outClient)
        return cmParamError;
    *outClient = 0;
    cm_midi_start();
    cm_midi_client *client = cm_midi_new(CM_MIDI_CLIENT, sizeof *client, destroy_client);
    if (!client)
        return cmMemFullError;
    client->notify = notifyProc;
    client->ref_con = notifyRefCon;
    cm_midi_lock();
    bool made = set_name(&client->object, name) && cm_midi_list_add(&cm_midi.clients, client);
    if (made) {
        cm_midi_publish(client);
        *outClient = client->object.ref;
    }
    cm_midi_unlock();
    if (!made)
        cm_midi_release(client);
    return made ? noErr : cmMemFullError;
}

/* Each disposal takes its object out of the list, be it ours or another thread's that came first. */
static void dispose_all(cm_midi_list *children, OSStatus (*dispose)(MIDIObjectRef ref))
{
    for (;;) {
        cm_midi_lock();
        MIDIObjectRef ref = children->count ? children->at[0]->ref : 0;
        cm_midi_unlock();
        if (!ref)
            return;
        dispose(ref);
    }
}

OSStatus MIDIClientDispose(MIDIClientRef ref)
{
    OSStatus status;
    cm_midi_client *client = cm_midi_pin_or(ref, CM_MIDI_IS(CM_MIDI_CLIENT), kMIDIInvalidClient, &status);
    if (!client)
        return status;
    cm_midi_lock();
    bool live = cm_midi_retire(client);
    cm_midi_unlock();
    if (live) {
        atomic_store(&client->closed, true);
        dispose_all(&client->ports, MIDIPortDispose);
        dispose_all(&client->endpoints, MIDIEndpointDispose);
        cm_midi_lock();
        cm_midi_list_remove(&cm_midi.clients, client);
        cm_midi_list_free(&client->ports);
        cm_midi_list_free(&client->endpoints);
        cm_midi_unlock();
        cm_midi_notify_wait();
    }
    cm_midi_release(client);
    return live ? noErr : kMIDIInvalidClient;
}

/* ---- ports ---- */

static void destroy_port(cm_midi_object *object)
{
    cm_midi_port *port = (cm_midi_port *)object;
    if (object->kind == CM_MIDI_INPUT_PORT)
        cm_midi_receiver_free(&port->receiver);
    cm_midi_list_free(&port->sources);
    free(port);
}

/* Makes a new object a child of a client, or frees it. */
static OSStatus adopt(MIDIClientRef ref, cm_midi_list *(*children)(cm_midi_client *client),
                      cm_midi_object *child, CFStringRef name, MIDIObjectRef *out)
{
    OSStatus status;
    if (!child)
        return cmMemFullError;
    cm_midi_client *client = cm_midi_pin_or(ref, CM_MIDI_IS(CM_MIDI_CLIENT), kMIDIInvalidClient, &status);
    if (client) {
        cm_midi_lock();
        if (!cm_midi_is_live(ref, CM_MIDI_CLIENT))
            status = kMIDIInvalidClient; /* it is being disposed of */
        else if (!set_name(child, name) || !cm_midi_list_add(children(client), child))
            status = cmMemFullError;
        if (status == noErr) {
            child->parent = &client->object;
            cm_midi_publish(child);
            *out = child->ref;
        }
        cm_midi_unlock();
        cm_midi_release(client);
    }
    if (status != noErr)
        cm_midi_release(child);
    return status;
}

static cm_midi_list *ports_of(cm_midi_client *client)
{
    return &client->ports;
}

static cm_midi_port *new_port(cm_midi_kind kind, cm_midi_form form, void *ref_con)
{
    cm_midi_port *port = cm_midi_new(kind, sizeof *port, destroy_port);
    if (!port || kind == CM_MIDI_OUTPUT_PORT)
        return port;
    port->receiver.form = form;
    port->receiver.ref_con = ref_con;
    cm_midi_receiver_init(&port->receiver);
    return port;
}

OSStatus MIDIInputPortCreate(MIDIClientRef client, CFStringRef portName, MIDIReadProc readProc, void *refCon,
                             MIDIPortRef *outPort)
{
    if (!outPort)
        return cmParamError;
    *outPort = 0;
    cm_midi_port *port = new_port(CM_MIDI_INPUT_PORT, CM_MIDI_BYTES, refCon);
    if (port) {
        port->receiver.call = cm_midi_call_read_proc;
        port->receiver.proc.read = readProc;
    }
    return adopt(client, ports_of, &port->object, portName, outPort);
}

OSStatus CMMIDIInputPortCreateWithProtocol(MIDIClientRef client, CFStringRef portName,
                                           MIDIProtocolID protocol, CMMIDIReceiveProc receiveProc,
                                           void *refCon, MIDIPortRef *outPort)
{
    cm_midi_form form;
    if (!outPort || !cm_midi_protocol_form(protocol, &form))
        return cmParamError;
    *outPort = 0;
    cm_midi_port *port = new_port(CM_MIDI_INPUT_PORT, form, refCon);
    if (port) {
        port->receiver.call = cm_midi_call_receive_proc;
        port->receiver.proc.receive = receiveProc;
    }
    return adopt(client, ports_of, &port->object, portName, outPort);
}

OSStatus MIDIOutputPortCreate(MIDIClientRef client, CFStringRef portName, MIDIPortRef *outPort)
{
    if (!outPort)
        return cmParamError;
    *outPort = 0;
    cm_midi_port *port = new_port(CM_MIDI_OUTPUT_PORT, CM_MIDI_FORMS, NULL);
    return adopt(client, ports_of, &port->object, portName, outPort);
}

static void enable(cm_midi_endpoint *source, bool on)
{
    if (source->backend && source->backend->enable)
        source->backend->enable(source->backend_context, on);
}

/* Ends one connection of a port, and returns when its callback has. */
static OSStatus disconnect(cm_midi_port *port, cm_midi_endpoint *source)
{
    bool was_last;
    cm_midi_lock();
    cm_midi_stream *stream = cm_midi_disconnect(source, port, &was_last);
    cm_midi_unlock();
    if (!stream)
        return kMIDINoConnection;
    cm_midi_stream_close(stream);
    cm_midi_stream_release(stream);
    if (was_last)
        enable(source, false);
    return noErr;
}

static cm_midi_endpoint *pin_first_source(cm_midi_port *port)
{
    cm_midi_lock();
    cm_midi_endpoint *source = port->sources.count ? (cm_midi_endpoint *)port->sources.at[0] : NULL;
    if (source)
        cm_midi_retain(source);
    cm_midi_unlock();
    return source;
}

OSStatus MIDIPortDispose(MIDIPortRef ref)
{
    OSStatus status;
    unsigned kinds = CM_MIDI_IS(CM_MIDI_INPUT_PORT) | CM_MIDI_IS(CM_MIDI_OUTPUT_PORT);
    cm_midi_port *port = cm_midi_pin_or(ref, kinds, kMIDIInvalidPort, &status);
    if (!port)
        return status;
    cm_midi_lock();
    bool live = cm_midi_retire(port);
    if (live && port->object.parent) {
        cm_midi_list_remove(&((cm_midi_client *)port->object.parent)->ports, port);
        port->object.parent = NULL;
    }
    cm_midi_unlock();
    if (live && port->object.kind == CM_MIDI_INPUT_PORT) {
        cm_midi_receiver_close(&port->receiver);
        cm_midi_endpoint *source;
        while ((source = pin_first_source(port))) {
            disconnect(port, source);
            cm_midi_release(source);
        }
    }
    cm_midi_release(port);
    return live ? noErr : kMIDIInvalidPort;
}

/* ---- connections ---- */

/* Both ends of a connection, pinned. */
static OSStatus pin_both(MIDIPortRef port_ref, MIDIEndpointRef source_ref, cm_midi_port **port,
                         cm_midi_endpoint **source)
{
    OSStatus status;
    *source = NULL;
    *port = cm_midi_pin_or(port_ref, CM_MIDI_IS(CM_MIDI_INPUT_PORT), kMIDIInvalidPort, &status);
    if (*port)
        *source = cm_midi_pin_endpoint(source_ref, CM_MIDI_SOURCE, &status);
    if (status != noErr)
        cm_midi_release(*port);
    return status;
}

OSStatus MIDIPortConnectSource(MIDIPortRef port_ref, MIDIEndpointRef source_ref, void *connRefCon)
{
    cm_midi_port *port;
    cm_midi_endpoint *source;
    bool was_first = false;
    OSStatus status = pin_both(port_ref, source_ref, &port, &source);
    if (status != noErr)
        return status;
    cm_midi_lock();
    if (!cm_midi_is_live(port_ref, CM_MIDI_INPUT_PORT))
        status = kMIDIInvalidPort;
    else if (!cm_midi_is_live(source_ref, CM_MIDI_SOURCE))
        status = kMIDIUnknownEndpoint;
    else
        status = cm_midi_connect(source, port, connRefCon, &was_first);
    cm_midi_unlock();
    if (was_first)
        enable(source, true);
    cm_midi_release(source);
    cm_midi_release(port);
    return status;
}

OSStatus MIDIPortDisconnectSource(MIDIPortRef port_ref, MIDIEndpointRef source_ref)
{
    cm_midi_port *port;
    cm_midi_endpoint *source;
    OSStatus status = pin_both(port_ref, source_ref, &port, &source);
    if (status != noErr)
        return status;
    status = disconnect(port, source);
    cm_midi_release(source);
    cm_midi_release(port);
    return status;
}

/* ---- virtual endpoints ---- */

static cm_midi_list *endpoints_of(cm_midi_client *client)
{
    return &client->endpoints;
}

/* Makes it a client's and one that everybody finds. */
static OSStatus show(MIDIClientRef client, cm_midi_endpoint *endpoint, CFStringRef name, MIDIEndpointRef *out)
{
    if (endpoint) {
        endpoint->is_virtual = true;
        cm_midi_retain(endpoint);
    }
    OSStatus status = adopt(client, endpoints_of, endpoint ? &endpoint->object : NULL, name, out);
    if (status == noErr) {
        bool is_source = endpoint->object.kind == CM_MIDI_SOURCE;
        cm_midi_lock();
        if (!cm_midi_is_live(endpoint->object.ref, endpoint->object.kind)) {
            status = kMIDIInvalidClient; /* disposed of with its client meanwhile */
        } else if (!cm_midi_list_add(is_source ? &cm_midi.sources : &cm_midi.destinations, endpoint)) {
            status = cmMemFullError;
        } else {
            cm_midi_set_integer(&endpoint->object, kMIDIPropertyProtocolID, endpoint->protocol);
            cm_midi_assign_unique_id(&endpoint->object);
            cm_midi_notify_object(true, NULL, &endpoint->object);
            cm_midi_notify_setup();
        }
        cm_midi_unlock();
        if (status == cmMemFullError)
            MIDIEndpointDispose(*out);
        else
            cm_midi_publish_endpoint(endpoint);
    }
    cm_midi_release(endpoint);
    return status;
}

OSStatus MIDISourceCreateWithProtocol(MIDIClientRef client, CFStringRef name, MIDIProtocolID protocol,
                                      MIDIEndpointRef *outSrc)
{
    cm_midi_form form;
    if (!outSrc || !cm_midi_protocol_form(protocol, &form))
        return cmParamError;
    *outSrc = 0;
    return show(client, cm_midi_endpoint_new(CM_MIDI_SOURCE, form, protocol), name, outSrc);
}

OSStatus MIDISourceCreate(MIDIClientRef client, CFStringRef name, MIDIEndpointRef *outSrc)
{
    return MIDISourceCreateWithProtocol(client, name, kMIDIProtocol_1_0, outSrc);
}

OSStatus MIDIDestinationCreate(MIDIClientRef client, CFStringRef name, MIDIReadProc readProc, void *refCon,
                               MIDIEndpointRef *outDest)
{
    if (!outDest)
        return cmParamError;
    *outDest = 0;
    cm_midi_endpoint *endpoint = cm_midi_endpoint_new(CM_MIDI_DESTINATION, CM_MIDI_BYTES, kMIDIProtocol_1_0);
    if (endpoint) {
        endpoint->receiver->call = cm_midi_call_read_proc;
        endpoint->receiver->proc.read = readProc;
        endpoint->receiver->ref_con = refCon;
    }
    return show(client, endpoint, name, outDest);
}

OSStatus CMMIDIDestinationCreateWithProtocol(MIDIClientRef client, CFStringRef name, MIDIProtocolID protocol,
                                             CMMIDIReceiveProc receiveProc, void *refCon,
                                             MIDIEndpointRef *outDest)
{
    cm_midi_form form;
    if (!outDest || !cm_midi_protocol_form(protocol, &form))
        return cmParamError;
    *outDest = 0;
    cm_midi_endpoint *endpoint = cm_midi_endpoint_new(CM_MIDI_DESTINATION, form, protocol);
    if (endpoint) {
        endpoint->receiver->call = cm_midi_call_receive_proc;
        endpoint->receiver->proc.receive = receiveProc;
        endpoint->receiver->ref_con = refCon;
    }
    return show(client, endpoint, name, outDest);
}

OSStatus MIDIEndpointDispose(MIDIEndpointRef ref)
{
    OSStatus status;
    cm_midi_endpoint *endpoint = cm_midi_pin_or(ref, CM_MIDI_ENDPOINTS, kMIDIUnknownEndpoint, &status);
    if (!endpoint)
        return status;
    if (!endpoint->is_virtual) {
        cm_midi_release(endpoint);
        return cm_fail(kMIDINotPermitted, "the endpoint belongs to a device");
    }
    cm_midi_lock();
    bool live = cm_midi_retire(endpoint);
    if (live) {
        if (endpoint->object.parent)
            cm_midi_list_remove(&((cm_midi_client *)endpoint->object.parent)->endpoints, endpoint);
        endpoint->object.parent = NULL;
        bool is_source = endpoint->object.kind == CM_MIDI_SOURCE;
        if (cm_midi_list_remove(is_source ? &cm_midi.sources : &cm_midi.destinations, endpoint)) {
            cm_midi_notify_object(false, NULL, &endpoint->object);
            cm_midi_notify_setup();
        }
    }
    cm_midi_unlock();
    if (live) {
        cm_midi_unpublish_endpoint(endpoint);
        cm_midi_endpoint_close(endpoint);
    }
    cm_midi_release(endpoint);
    return live ? noErr : kMIDIUnknownEndpoint;
}
