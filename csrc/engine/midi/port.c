/* Ports of clients, and their connections. */
#include "midi/server.h"

#include <stdlib.h>

static void destroy_port(cm_midi_object *object)
{
    cm_midi_port *port = (cm_midi_port *)object;
    if (object->kind == CM_MIDI_INPUT_PORT)
        cm_midi_receiver_free(&port->receiver);
    cm_midi_list_free(&port->sources);
    free(port);
}

static OSStatus make_input_port(MIDIClientRef client, CFStringRef name, cm_midi_form form,
                                const cm_midi_callee *callee, MIDIPortRef *out)
{
    if (!out)
        return cmParamError;
    *out = 0;
    cm_midi_port *port = cm_midi_new(CM_MIDI_INPUT_PORT, sizeof *port, destroy_port);
    if (!port)
        return cmMemFullError;
    cm_midi_receiver_init(&port->receiver);
    OSStatus status = cm_midi_receiver_set_callee(&port->receiver, form, callee);
    if (status == noErr)
        return cm_midi_adopt(client, &port->object, name, out);
    cm_midi_release(port);
    return status;
}

static OSStatus make_event_port(MIDIClientRef client, CFStringRef name, MIDIProtocolID protocol,
                                const cm_midi_callee *callee, MIDIPortRef *out)
{
    cm_midi_form form;
    if (!cm_midi_protocol_form(protocol, &form))
        return cmParamError;
    return make_input_port(client, name, form, callee, out);
}

OSStatus MIDIInputPortCreate(MIDIClientRef client, CFStringRef portName, MIDIReadProc readProc, void *refCon,
                             MIDIPortRef *outPort)
{
    const cm_midi_callee callee = { .read = readProc, .ref_con = refCon };
    return make_input_port(client, portName, CM_MIDI_BYTES, &callee, outPort);
}

OSStatus MIDIInputPortCreateWithBlock(MIDIClientRef client, CFStringRef portName, MIDIPortRef *outPort,
                                      MIDIReadBlock readBlock)
{
    const cm_midi_callee callee = { .block = readBlock };
    return make_input_port(client, portName, CM_MIDI_BYTES, &callee, outPort);
}

OSStatus MIDIInputPortCreateWithProtocol(MIDIClientRef client, CFStringRef portName, MIDIProtocolID protocol,
                                         MIDIPortRef *outPort, MIDIReceiveBlock receiveBlock)
{
    const cm_midi_callee callee = { .block = receiveBlock };
    return make_event_port(client, portName, protocol, &callee, outPort);
}

OSStatus CMMIDIInputPortCreateWithProtocol(MIDIClientRef client, CFStringRef portName,
                                           MIDIProtocolID protocol, CMMIDIReceiveProc receiveProc,
                                           void *refCon, MIDIPortRef *outPort)
{
    const cm_midi_callee callee = { .receive = receiveProc, .ref_con = refCon };
    return make_event_port(client, portName, protocol, &callee, outPort);
}

OSStatus MIDIOutputPortCreate(MIDIClientRef client, CFStringRef portName, MIDIPortRef *outPort)
{
    if (!outPort)
        return cmParamError;
    *outPort = 0;
    cm_midi_port *port = cm_midi_new(CM_MIDI_OUTPUT_PORT, sizeof *port, destroy_port);
    return cm_midi_adopt(client, port ? &port->object : NULL, portName, outPort);
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
