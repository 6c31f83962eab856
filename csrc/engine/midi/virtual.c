/* Virtual endpoints: sources and destinations that programs offer each other. */
#include "midi/driver.h"
#include "midi/notify.h"
#include "midi/server.h"

/* Makes it a client's and one that everybody finds. */
static OSStatus show(MIDIClientRef client, cm_midi_endpoint *endpoint, CFStringRef name, MIDIEndpointRef *out)
{
    if (endpoint) {
        endpoint->is_virtual = true;
        cm_midi_retain(endpoint);
    }
    OSStatus status = cm_midi_adopt(client, endpoint ? &endpoint->object : NULL, name, out);
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

static OSStatus make_destination(MIDIClientRef client, CFStringRef name, cm_midi_form form,
                                 MIDIProtocolID protocol, const cm_midi_callee *callee, MIDIEndpointRef *out)
{
    if (!out)
        return cmParamError;
    *out = 0;
    cm_midi_endpoint *endpoint = cm_midi_endpoint_new(CM_MIDI_DESTINATION, form, protocol);
    if (!endpoint)
        return cmMemFullError;
    OSStatus status = cm_midi_receiver_set_callee(endpoint->receiver, form, callee);
    if (status == noErr)
        return show(client, endpoint, name, out);
    cm_midi_release(endpoint);
    return status;
}

static OSStatus make_event_destination(MIDIClientRef client, CFStringRef name, MIDIProtocolID protocol,
                                       const cm_midi_callee *callee, MIDIEndpointRef *out)
{
    cm_midi_form form;
    if (!cm_midi_protocol_form(protocol, &form))
        return cmParamError;
    return make_destination(client, name, form, protocol, callee, out);
}

OSStatus MIDIDestinationCreate(MIDIClientRef client, CFStringRef name, MIDIReadProc readProc, void *refCon,
                               MIDIEndpointRef *outDest)
{
    const cm_midi_callee callee = { .read = readProc, .ref_con = refCon };
    return make_destination(client, name, CM_MIDI_BYTES, kMIDIProtocol_1_0, &callee, outDest);
}

OSStatus MIDIDestinationCreateWithBlock(MIDIClientRef client, CFStringRef name, MIDIEndpointRef *outDest,
                                        MIDIReadBlock readBlock)
{
    const cm_midi_callee callee = { .block = readBlock };
    return make_destination(client, name, CM_MIDI_BYTES, kMIDIProtocol_1_0, &callee, outDest);
}

OSStatus MIDIDestinationCreateWithProtocol(MIDIClientRef client, CFStringRef name, MIDIProtocolID protocol,
                                           MIDIEndpointRef *outDest, MIDIReceiveBlock readBlock)
{
    const cm_midi_callee callee = { .block = readBlock };
    return make_event_destination(client, name, protocol, &callee, outDest);
}

OSStatus CMMIDIDestinationCreateWithProtocol(MIDIClientRef client, CFStringRef name, MIDIProtocolID protocol,
                                             CMMIDIReceiveProc receiveProc, void *refCon,
                                             MIDIEndpointRef *outDest)
{
    const cm_midi_callee callee = { .receive = receiveProc, .ref_con = refCon };
    return make_event_destination(client, name, protocol, &callee, outDest);
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
