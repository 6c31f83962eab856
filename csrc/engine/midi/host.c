/* What drivers tell the server. */
#include "midi/driver.h"
#include "midi/notify.h"

#include "base/cf_string.h"

#include <string.h>

enum { PIECE = 1024 }; /* bytes of a list; only a SysEx is longer */

void cm_midi_host_count_loss(void)
{
    atomic_fetch_add_explicit(&cm_midi_lost.driver, 1, memory_order_relaxed);
}

void cm_midi_host_bring(cm_midi_endpoint *endpoint, const uint8_t *bytes, size_t size, MIDITimeStamp time)
{
    union {
        MIDIPacketList list;
        char room[PIECE + 32];
    } memory;
    for (size_t at = 0; at < size; at += PIECE) {
        MIDIPacket *packet = MIDIPacketListInit(&memory.list);
        size_t part = size - at < PIECE ? size - at : PIECE;
        MIDIPacketListAdd(&memory.list, sizeof memory, packet, time, part, bytes + at);
        cm_midi_batch batch = { .form = CM_MIDI_BYTES, .list = &memory, .stamp = time };
        if (cm_midi_list_check(CM_MIDI_BYTES, &memory, sizeof memory, &batch.size) != noErr)
            return;
        if (endpoint->object.kind == CM_MIDI_SOURCE)
            cm_midi_source_say(endpoint, &batch);
        else
            cm_midi_destination_take(endpoint, &batch);
    }
}

/* Other systems' names may hold any bytes. */
static CFStringRef copy_text(const char *text)
{
    CFStringRef string = cm_cf_string_new(text, strlen(text));
    return string ? string : CFStringCreateWithCString(kCFAllocatorDefault, text, kCFStringEncodingISOLatin1);
}

static bool is_named(const cm_midi_object *object, CFStringRef key, CFStringRef value)
{
    CFTypeRef own = object->properties ? CFDictionaryGetValue(object->properties, key) : NULL;
    return own && CFEqual(own, value);
}

static cm_midi_device *find_device(CFStringRef name, CFStringRef owner)
{
    for (size_t i = 0; i < cm_midi.devices.count; i++)
        if (is_named(cm_midi.devices.at[i], kMIDIPropertyName, name) &&
            is_named(cm_midi.devices.at[i], kMIDIPropertyDriverOwner, owner))
            return (cm_midi_device *)cm_midi.devices.at[i];
    return NULL;
}

static cm_midi_device *make_device(CFStringRef name, CFStringRef owner)
{
    cm_midi_device *device = cm_midi_device_new(name, NULL, NULL, false);
    if (!device)
        return NULL;
    device->fixed = true;
    cm_midi_set_property(&device->object, kMIDIPropertyDriverOwner, owner);
    cm_midi_device_install(device);
    return device;
}

static cm_midi_endpoint *set_up(const cm_midi_driver *driver, cm_midi_list *endpoints, void *context,
                                const cm_midi_port_description *description)
{
    if (!endpoints->count)
        return NULL;
    cm_midi_endpoint *endpoint = (cm_midi_endpoint *)endpoints->at[0];
    cm_midi_endpoint_set_backend(endpoint, &driver->backend, context);
    if (description->sysex_speed)
        cm_midi_set_integer(&endpoint->object, kMIDIPropertyMaxSysExSpeed, description->sysex_speed);
    if (description->advance_micro && endpoint->object.kind == CM_MIDI_DESTINATION)
        cm_midi_set_integer(&endpoint->object, kMIDIPropertyAdvanceScheduleTimeMuSec,
                            (SInt32)description->advance_micro);
    cm_midi_retain(endpoint);
    return endpoint;
}

OSStatus cm_midi_host_add(const cm_midi_driver *driver, const cm_midi_port_description *description,
                          cm_midi_endpoint **source, cm_midi_endpoint **destination)
{
    cm_midi_entity *entity = NULL;
    CFStringRef device_name = copy_text(description->device), port_name = copy_text(description->port);
    CFStringRef owner = copy_text(driver->name);
    *source = *destination = NULL;
    cm_midi_lock();
    cm_midi_device *device = find_device(device_name, owner);
    if (!device)
        device = make_device(device_name, owner);
    OSStatus status = cmMemFullError;
    if (device)
        status = cm_midi_entity_new(device, port_name, kMIDIProtocol_1_0, false, description->speaks != NULL,
                                    description->listens != NULL, &entity);
    if (status == noErr) {
        *source = set_up(driver, &entity->sources, description->speaks, description);
        *destination = set_up(driver, &entity->destinations, description->listens, description);
        cm_midi_notify_setup();
    }
    cm_midi_unlock();
    CFRelease(device_name);
    CFRelease(port_name);
    CFRelease(owner);
    return status;
}

void cm_midi_host_remove(cm_midi_endpoint *endpoint)
{
    cm_midi_list gone = { 0 };
    cm_midi_lock();
    cm_midi_entity *entity = (cm_midi_entity *)endpoint->object.parent;
    if (entity) {
        cm_midi_device *device = (cm_midi_device *)entity->object.parent;
        if (device->entities.count == 1)
            cm_midi_device_take_out(device, &gone);
        else
            cm_midi_entity_take_out(entity, &gone);
        cm_midi_notify_setup();
    }
    cm_midi_unlock();
    cm_midi_let_go(&gone);
}
