/* Devices, entities, their endpoints: how they come, go and are found. */
#include "midi/notify.h"
#include "midi/server.h"

#include <stdlib.h>

/* ---- making ---- */

static void destroy_device(cm_midi_object *object)
{
    cm_midi_list_free(&((cm_midi_device *)object)->entities);
    free(object);
}

static void destroy_entity(cm_midi_object *object)
{
    cm_midi_list_free(&((cm_midi_entity *)object)->sources);
    cm_midi_list_free(&((cm_midi_entity *)object)->destinations);
    free(object);
}

cm_midi_device *cm_midi_device_new(CFStringRef name, CFStringRef manufacturer, CFStringRef model,
                                   bool external)
{
    cm_midi_device *device = cm_midi_new(CM_MIDI_DEVICE, sizeof *device, destroy_device);
    if (!device)
        return NULL;
    cm_midi_object *object = &device->object;
    object->external = external;
    if (cm_midi_set_property(object, kMIDIPropertyName, name) &&
        cm_midi_set_property(object, kMIDIPropertyManufacturer, manufacturer) &&
        cm_midi_set_property(object, kMIDIPropertyModel, model) && cm_midi_list_add(&cm_midi.loose, device)) {
        cm_midi_publish(device);
        return device;
    }
    cm_midi_release(device);
    return NULL;
}

static cm_midi_device *device_of(const cm_midi_entity *entity)
{
    return (cm_midi_device *)entity->object.parent;
}

/* What an endpoint of an entity is called: as the entity, with a number from the second on. */
static CFStringRef copy_endpoint_name(const cm_midi_entity *entity, size_t index)
{
    CFStringRef name = cm_midi_get_property(&entity->object, kMIDIPropertyName);
    if (index == 0)
        return name ? CFRetain(name) : NULL;
    return CFStringCreateWithFormat(kCFAllocatorDefault, NULL, CFSTR("%@ %zu"), name ? name : CFSTR(""),
                                    index + 1);
}

static void show(cm_midi_object *parent, cm_midi_object *child)
{
    cm_midi_assign_unique_id(child);
    cm_midi_notify_object(true, parent, child);
}

static OSStatus add_endpoint(cm_midi_entity *entity, cm_midi_kind kind)
{
    cm_midi_device *device = device_of(entity);
    cm_midi_list *list = kind == CM_MIDI_SOURCE ? &entity->sources : &entity->destinations;
    cm_midi_endpoint *endpoint = cm_midi_endpoint_new(kind, CM_MIDI_FORMS, entity->protocol);
    if (!endpoint)
        return cmMemFullError;
    CFStringRef name = copy_endpoint_name(entity, list->count);
    endpoint->object.external = entity->object.external;
    bool made = cm_midi_set_property(&endpoint->object, kMIDIPropertyName, name) &&
                cm_midi_list_add(list, endpoint);
    CFRelease(name);
    if (!made) {
        cm_midi_release(endpoint);
        return cmMemFullError;
    }
    endpoint->object.parent = &entity->object;
    endpoint->owner = device->owner;
    cm_midi_endpoint_set_backend(endpoint, device->backend, endpoint);
    cm_midi_publish(endpoint);
    if (device->in_setup)
        show(&entity->object, &endpoint->object);
    return noErr;
}

OSStatus cm_midi_entity_new(cm_midi_device *device, CFStringRef name, MIDIProtocolID protocol, bool embedded,
                            size_t sources, size_t destinations, cm_midi_entity **out)
{
    cm_midi_list gone = { 0 };
    cm_midi_entity *entity = cm_midi_new(CM_MIDI_ENTITY, sizeof *entity, destroy_entity);
    if (!entity)
        return cmMemFullError;
    entity->protocol = protocol;
    entity->object.external = device->object.external;
    if (!cm_midi_set_property(&entity->object, kMIDIPropertyName, name) ||
        !cm_midi_set_integer(&entity->object, kMIDIPropertyIsEmbeddedEntity, embedded) ||
        !cm_midi_set_integer(&entity->object, kMIDIPropertyProtocolID, protocol) ||
        !cm_midi_list_add(&device->entities, entity)) {
        cm_midi_release(entity);
        return cmMemFullError;
    }
    entity->object.parent = &device->object;
    cm_midi_publish(entity);
    if (device->in_setup)
        show(&device->object, &entity->object);
    OSStatus status = cm_midi_entity_resize(entity, sources, destinations, &gone);
    if (status != noErr)
        cm_midi_entity_take_out(entity, &gone);
    cm_midi_list_free(&gone); /* nobody has heard of them, so there is nothing to close */
    *out = status == noErr ? entity : NULL;
    return status;
}

/* ---- taking out ---- */

static void take_out(cm_midi_list *siblings, cm_midi_object *object, bool notify, cm_midi_list *gone)
{
    if (notify)
        cm_midi_notify_object(false, object->parent, object);
    cm_midi_list_add(gone, object);
    object->parent = NULL;
    cm_midi_retire(object);
    cm_midi_list_remove(siblings, object);
}

static void take_out_endpoints(cm_midi_entity *entity, cm_midi_list *list, size_t keep, cm_midi_list *gone)
{
    bool notify = device_of(entity)->in_setup;
    while (list->count > keep)
        take_out(list, list->at[list->count - 1], notify, gone);
}

OSStatus cm_midi_entity_resize(cm_midi_entity *entity, size_t sources, size_t destinations,
                               cm_midi_list *gone)
{
    OSStatus status = noErr;
    take_out_endpoints(entity, &entity->sources, sources, gone);
    take_out_endpoints(entity, &entity->destinations, destinations, gone);
    while (status == noErr && entity->sources.count < sources)
        status = add_endpoint(entity, CM_MIDI_SOURCE);
    while (status == noErr && entity->destinations.count < destinations)
        status = add_endpoint(entity, CM_MIDI_DESTINATION);
    return status;
}

void cm_midi_entity_take_out(cm_midi_entity *entity, cm_midi_list *gone)
{
    cm_midi_device *device = device_of(entity);
    take_out_endpoints(entity, &entity->sources, 0, gone);
    take_out_endpoints(entity, &entity->destinations, 0, gone);
    take_out(&device->entities, &entity->object, device->in_setup, gone);
}

void cm_midi_device_take_out(cm_midi_device *device, cm_midi_list *gone)
{
    while (device->entities.count)
        cm_midi_entity_take_out((cm_midi_entity *)device->entities.at[device->entities.count - 1], gone);
    cm_midi_list *list = !device->in_setup         ? &cm_midi.loose
                         : device->object.external ? &cm_midi.external_devices
                                                   : &cm_midi.devices;
    take_out(list, &device->object, device->in_setup, gone);
    if (device->in_setup)
        cm_midi_notify_setup();
}

void cm_midi_let_go(cm_midi_list *gone)
{
    for (size_t i = 0; i < gone->count; i++)
        if (CM_MIDI_ENDPOINTS & CM_MIDI_IS(gone->at[i]->kind))
            cm_midi_endpoint_close((cm_midi_endpoint *)gone->at[i]);
    cm_midi_list_free(gone);
}

/* ---- the setup ---- */

static void show_list(cm_midi_object *parent, const cm_midi_list *children)
{
    for (size_t i = 0; i < children->count; i++)
        show(parent, children->at[i]);
}

OSStatus cm_midi_device_install(cm_midi_device *device)
{
    if (device->in_setup)
        return noErr;
    if (!cm_midi_list_add(device->object.external ? &cm_midi.external_devices : &cm_midi.devices, device))
        return cmMemFullError;
    cm_midi_list_remove(&cm_midi.loose, device);
    device->in_setup = true;
    show(NULL, &device->object);
    for (size_t i = 0; i < device->entities.count; i++) {
        cm_midi_entity *entity = (cm_midi_entity *)device->entities.at[i];
        show(&device->object, &entity->object);
        show_list(&entity->object, &entity->sources);
        show_list(&entity->object, &entity->destinations);
    }
    cm_midi_notify_setup();
    return noErr;
}

/* ---- finding ---- */

typedef cm_midi_list *(*children_fn)(cm_midi_object *parent);

static cm_midi_list *entities_of(cm_midi_object *device)
{
    return &((cm_midi_device *)device)->entities;
}

static cm_midi_list *sources_of(cm_midi_object *entity)
{
    return &((cm_midi_entity *)entity)->sources;
}

static cm_midi_list *destinations_of(cm_midi_object *entity)
{
    return &((cm_midi_entity *)entity)->destinations;
}

static bool is_shown(const cm_midi_object *object)
{
    return !object->hidden && !object->offline;
}

/*
 * Counts the endpoints of a kind that clients are to see, and gives the one with number `index`; the devices'
 * come before the virtual ones.
 */
static ItemCount walk_endpoints(children_fn children, const cm_midi_list *virtuals, ItemCount index,
                                MIDIObjectRef *found)
{
    ItemCount count = 0;
    for (size_t d = 0; d < cm_midi.devices.count; d++) {
        cm_midi_list *entities = entities_of(cm_midi.devices.at[d]);
        for (size_t e = 0; is_shown(cm_midi.devices.at[d]) && e < entities->count; e++) {
            cm_midi_list *endpoints = children(entities->at[e]);
            for (size_t i = 0; is_shown(entities->at[e]) && i < endpoints->count; i++)
                if (is_shown(endpoints->at[i]) && count++ == index)
                    *found = endpoints->at[i]->ref;
        }
    }
    for (size_t i = 0; i < virtuals->count; i++)
        if (is_shown(virtuals->at[i]) && count++ == index)
            *found = virtuals->at[i]->ref;
    return count;
}

static ItemCount walk(children_fn children, const cm_midi_list *virtuals, ItemCount index,
                      MIDIObjectRef *found)
{
    cm_midi_start();
    cm_midi_lock();
    ItemCount count = walk_endpoints(children, virtuals, index, found);
    cm_midi_unlock();
    return count;
}

static ItemCount count_list(const cm_midi_list *list)
{
    cm_midi_start();
    cm_midi_lock();
    ItemCount count = list->count;
    cm_midi_unlock();
    return count;
}

static MIDIObjectRef get_from_list(const cm_midi_list *list, ItemCount index)
{
    cm_midi_start();
    cm_midi_lock();
    MIDIObjectRef ref = index < list->count ? list->at[index]->ref : 0;
    cm_midi_unlock();
    return ref;
}

static ItemCount count_children(MIDIObjectRef ref, cm_midi_kind kind, children_fn children)
{
    cm_midi_object *parent = cm_midi_pin(ref, CM_MIDI_IS(kind));
    ItemCount count = parent ? count_list(children(parent)) : 0;
    cm_midi_release(parent);
    return count;
}

static MIDIObjectRef get_child(MIDIObjectRef ref, cm_midi_kind kind, children_fn children, ItemCount index)
{
    cm_midi_object *parent = cm_midi_pin(ref, CM_MIDI_IS(kind));
    MIDIObjectRef child = parent ? get_from_list(children(parent), index) : 0;
    cm_midi_release(parent);
    return child;
}

static OSStatus get_parent(MIDIObjectRef ref, unsigned kinds, OSStatus if_none, cm_midi_kind wanted,
                           MIDIObjectRef *out)
{
    OSStatus status;
    if (!out)
        return cmParamError;
    *out = 0;
    cm_midi_object *child = cm_midi_pin_or(ref, kinds, if_none, &status);
    if (!child)
        return status;
    cm_midi_lock();
    if (child->parent && child->parent->kind == wanted)
        *out = child->parent->ref;
    cm_midi_unlock();
    cm_midi_release(child);
    return *out ? noErr : kMIDIObjectNotFound;
}

ItemCount MIDIGetNumberOfDevices(void)
{
    return count_list(&cm_midi.devices);
}

MIDIDeviceRef MIDIGetDevice(ItemCount deviceIndex0)
{
    return get_from_list(&cm_midi.devices, deviceIndex0);
}

ItemCount MIDIGetNumberOfExternalDevices(void)
{
    return count_list(&cm_midi.external_devices);
}

MIDIDeviceRef MIDIGetExternalDevice(ItemCount deviceIndex0)
{
    return get_from_list(&cm_midi.external_devices, deviceIndex0);
}

ItemCount MIDIDeviceGetNumberOfEntities(MIDIDeviceRef device)
{
    return count_children(device, CM_MIDI_DEVICE, entities_of);
}

MIDIEntityRef MIDIDeviceGetEntity(MIDIDeviceRef device, ItemCount entityIndex0)
{
    return get_child(device, CM_MIDI_DEVICE, entities_of, entityIndex0);
}

ItemCount MIDIEntityGetNumberOfSources(MIDIEntityRef entity)
{
    return count_children(entity, CM_MIDI_ENTITY, sources_of);
}

MIDIEndpointRef MIDIEntityGetSource(MIDIEntityRef entity, ItemCount sourceIndex0)
{
    return get_child(entity, CM_MIDI_ENTITY, sources_of, sourceIndex0);
}

ItemCount MIDIEntityGetNumberOfDestinations(MIDIEntityRef entity)
{
    return count_children(entity, CM_MIDI_ENTITY, destinations_of);
}

MIDIEndpointRef MIDIEntityGetDestination(MIDIEntityRef entity, ItemCount destIndex0)
{
    return get_child(entity, CM_MIDI_ENTITY, destinations_of, destIndex0);
}

OSStatus MIDIEntityGetDevice(MIDIEntityRef inEntity, MIDIDeviceRef *outDevice)
{
    return get_parent(inEntity, CM_MIDI_IS(CM_MIDI_ENTITY), kMIDIObjectNotFound, CM_MIDI_DEVICE, outDevice);
}

OSStatus MIDIEndpointGetEntity(MIDIEndpointRef inEndpoint, MIDIEntityRef *outEntity)
{
    return get_parent(inEndpoint, CM_MIDI_ENDPOINTS, kMIDIUnknownEndpoint, CM_MIDI_ENTITY, outEntity);
}

ItemCount MIDIGetNumberOfSources(void)
{
    MIDIObjectRef none;
    return walk(sources_of, &cm_midi.sources, ~(ItemCount)0, &none);
}

MIDIEndpointRef MIDIGetSource(ItemCount sourceIndex0)
{
    MIDIObjectRef ref = 0;
    walk(sources_of, &cm_midi.sources, sourceIndex0, &ref);
    return ref;
}

ItemCount MIDIGetNumberOfDestinations(void)
{
    MIDIObjectRef none;
    return walk(destinations_of, &cm_midi.destinations, ~(ItemCount)0, &none);
}

MIDIEndpointRef MIDIGetDestination(ItemCount destIndex0)
{
    MIDIObjectRef ref = 0;
    walk(destinations_of, &cm_midi.destinations, destIndex0, &ref);
    return ref;
}

static void flush_list(const cm_midi_list *endpoints)
{
    for (size_t i = 0; i < endpoints->count; i++)
        cm_midi_flush_backends((cm_midi_endpoint *)endpoints->at[i]);
}

/* Copies, pinned, every destination of a device. */
static cm_midi_list pin_destinations(void)
{
    cm_midi_list all = { 0 };
    cm_midi_lock();
    for (size_t d = 0; d < cm_midi.devices.count; d++) {
        cm_midi_list *entities = entities_of(cm_midi.devices.at[d]);
        for (size_t e = 0; e < entities->count; e++)
            for (size_t i = 0; i < destinations_of(entities->at[e])->count; i++)
                cm_midi_list_add(&all, destinations_of(entities->at[e])->at[i]);
    }
    cm_midi_unlock();
    return all;
}

void cm_midi_flush_backends(cm_midi_endpoint *destination)
{
    if (destination) {
        if (destination->backend && destination->backend->flush)
            destination->backend->flush(destination->backend_context);
        return;
    }
    cm_midi_list all = pin_destinations();
    flush_list(&all);
    cm_midi_list_free(&all);
}
