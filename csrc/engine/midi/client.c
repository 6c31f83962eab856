/* Clients: programs, as the server sees them. */
#include "base/block.h"
#include "midi/notify.h"
#include "midi/server.h"

#include <stdlib.h>

static void destroy_client(cm_midi_object *object)
{
    cm_block_release(((cm_midi_client *)object)->block);
    free(object);
}

static bool set_name(cm_midi_object *object, CFStringRef name)
{
    return cm_midi_set_property(object, kMIDIPropertyName, name);
}

static OSStatus make_client(CFStringRef name, MIDINotifyProc notify, void *ref_con, const void *block,
                            MIDIClientRef *out)
{
    if (!out)
        return cmParamError;
    *out = 0;
    cm_midi_start();
    cm_midi_client *client = cm_midi_new(CM_MIDI_CLIENT, sizeof *client, destroy_client);
    if (!client)
        return cmMemFullError;
    client->notify = notify;
    client->ref_con = ref_con;
    OSStatus status = cm_block_copy(block, &client->block);
    if (client->block)
        client->ref_con = (void *)(uintptr_t)client->block;
    cm_midi_lock();
    client->born = cm_midi_notify_last();
    if (status == noErr && !(set_name(&client->object, name) && cm_midi_list_add(&cm_midi.clients, client)))
        status = cmMemFullError;
    if (status == noErr) {
        cm_midi_publish(client);
        *out = client->object.ref;
    }
    cm_midi_unlock();
    if (status != noErr)
        cm_midi_release(client);
    return status;
}

OSStatus MIDIClientCreate(CFStringRef name, MIDINotifyProc notifyProc, void *notifyRefCon,
                          MIDIClientRef *outClient)
{
    return make_client(name, notifyProc, notifyRefCon, NULL, outClient);
}

static void notify_block(const MIDINotification *message, void *block)
{
    typedef void (*code)(const void *block, const MIDINotification *message);
    ((code)cm_block_invoke(block))(block, message);
}

OSStatus MIDIClientCreateWithBlock(CFStringRef name, MIDIClientRef *outClient, MIDINotifyBlock notifyBlock)
{
    return make_client(name, notifyBlock ? notify_block : NULL, NULL, notifyBlock, outClient);
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

/* ---- what belongs to a client ---- */

static cm_midi_list *list_for(cm_midi_client *client, const cm_midi_object *child)
{
    return CM_MIDI_ENDPOINTS & CM_MIDI_IS(child->kind) ? &client->endpoints : &client->ports;
}

OSStatus cm_midi_adopt(MIDIClientRef ref, cm_midi_object *child, CFStringRef name, MIDIObjectRef *out)
{
    OSStatus status;
    if (!child)
        return cmMemFullError;
    cm_midi_client *client = cm_midi_pin_or(ref, CM_MIDI_IS(CM_MIDI_CLIENT), kMIDIInvalidClient, &status);
    if (client) {
        cm_midi_lock();
        if (!cm_midi_is_live(ref, CM_MIDI_CLIENT))
            status = kMIDIInvalidClient; /* it is being disposed of */
        else if (!set_name(child, name) || !cm_midi_list_add(list_for(client, child), child))
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
