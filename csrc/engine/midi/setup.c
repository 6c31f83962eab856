/* MIDISetup.h, but for whole setups: what devices consist of and which are in the setup. */
#include "base/cf_string.h"
#include "midi/forget.h"
#include "midi/notify.h"
#include "midi/plug_in.h"

static struct {
    CFMutableDictionaryRef owners; /* of serial ports; under the server's lock */
} serial;

/* ---- devices ---- */

static OSStatus make_device(CFStringRef name, CFStringRef manufacturer, CFStringRef model, bool external,
                            void *owner, MIDIDeviceRef *out)
{
    if (!out)
        return cmParamError;
    *out = 0;
    cm_midi_start();
    const cm_midi_backend *backend = NULL;
    OSStatus status = owner ? cm_midi_driver_backend(owner, &backend) : noErr;
    if (status != noErr)
        return status;
    CFStringRef owner_name = cm_midi_driver_copy_name(owner);
    cm_midi_lock();
    cm_midi_device *device = cm_midi_device_new(name, manufacturer, model, external);
    if (device) {
        device->owner = owner;
        device->backend = backend;
        cm_midi_set_property(&device->object, kMIDIPropertyDriverOwner, owner_name);
        *out = device->object.ref;
    }
    cm_midi_unlock();
    CFRelease(owner_name);
    return device ? noErr : cmMemFullError;
}

OSStatus MIDIDeviceCreate(MIDIDriverRef owner, CFStringRef name, CFStringRef manufacturer, CFStringRef model,
                          MIDIDeviceRef *outDevice)
{
    return make_device(name, manufacturer, model, false, owner, outDevice);
}

OSStatus MIDIExternalDeviceCreate(CFStringRef name, CFStringRef manufacturer, CFStringRef model,
                                  MIDIDeviceRef *outDevice)
{
    return make_device(name, manufacturer, model, true, NULL, outDevice);
}

/* The device, pinned, if it may be changed. */
static cm_midi_device *pin_device(MIDIDeviceRef ref, OSStatus *status)
{
    cm_midi_device *device = cm_midi_pin_or(ref, CM_MIDI_IS(CM_MIDI_DEVICE), kMIDIObjectNotFound, status);
    if (!device || !device->fixed)
        return device;
    cm_midi_release(device);
    *status = cm_fail(kMIDINotPermitted, "the device is the engine's own");
    return NULL;
}

/* Disposes of a device that is, or is not, in the setup. */
static OSStatus take_out(MIDIDeviceRef ref, bool in_setup, bool any_kind, bool external)
{
    OSStatus status;
    cm_midi_list gone = { 0 };
    cm_midi_device *device = pin_device(ref, &status);
    if (!device)
        return status;
    cm_midi_lock();
    if (!cm_midi_is_live(ref, CM_MIDI_DEVICE) || (!any_kind && device->object.external != external))
        status = kMIDIObjectNotFound;
    else if (device->in_setup != in_setup)
        status = in_setup ? kMIDIObjectNotFound : kMIDINotPermitted;
    else
        cm_midi_device_take_out(device, &gone);
    cm_midi_unlock();
    cm_midi_let_go(&gone);
    cm_midi_release(device);
    return status;
}

OSStatus MIDIDeviceDispose(MIDIDeviceRef device)
{
    return take_out(device, false, true, false);
}

OSStatus MIDISetupRemoveDevice(MIDIDeviceRef device)
{
    return take_out(device, true, false, false);
}

OSStatus MIDISetupRemoveExternalDevice(MIDIDeviceRef device)
{
    return take_out(device, true, false, true);
}

static OSStatus put_in(MIDIDeviceRef ref, bool external)
{
    OSStatus status;
    cm_midi_device *device = pin_device(ref, &status);
    if (!device)
        return status;
    cm_midi_lock();
    if (!cm_midi_is_live(ref, CM_MIDI_DEVICE))
        status = kMIDIObjectNotFound;
    else if (device->object.external != external)
        status = cm_fail(cmParamError, external ? "not an external device" : "an external device");
    else
        status = cm_midi_device_install(device);
    cm_midi_unlock();
    cm_midi_release(device);
    return status;
}

OSStatus MIDISetupAddDevice(MIDIDeviceRef device)
{
    return put_in(device, false);
}

OSStatus MIDISetupAddExternalDevice(MIDIDeviceRef device)
{
    return put_in(device, true);
}

/* ---- entities ---- */

enum { ENDPOINTS_MAX = 1024 }; /* of one entity; more is a mistake */

static OSStatus check_numbers(ItemCount sources, ItemCount destinations)
{
    if (sources <= ENDPOINTS_MAX && destinations <= ENDPOINTS_MAX)
        return noErr;
    return cm_fail(cmParamError, "an entity has at most %d endpoints of a kind", ENDPOINTS_MAX);
}

OSStatus MIDIDeviceNewEntity(MIDIDeviceRef device_ref, CFStringRef name, MIDIProtocolID protocol,
                             Boolean embedded, ItemCount numSourceEndpoints,
                             ItemCount numDestinationEndpoints, MIDIEntityRef *newEntity)
{
    cm_midi_form form;
    cm_midi_entity *entity = NULL;
    OSStatus status = check_numbers(numSourceEndpoints, numDestinationEndpoints);
    if (newEntity)
        *newEntity = 0;
    if (status != noErr || !cm_midi_protocol_form(protocol, &form))
        return cmParamError;
    cm_midi_device *device = pin_device(device_ref, &status);
    if (!device)
        return status;
    cm_midi_lock();
    status = kMIDIObjectNotFound;
    if (cm_midi_is_live(device_ref, CM_MIDI_DEVICE))
        status = cm_midi_entity_new(device, name, protocol, embedded, numSourceEndpoints,
                                    numDestinationEndpoints, &entity);
    if (status == noErr && device->in_setup)
        cm_midi_notify_setup();
    if (entity && newEntity)
        *newEntity = entity->object.ref;
    cm_midi_unlock();
    cm_midi_release(device);
    return status;
}

OSStatus MIDIDeviceAddEntity(MIDIDeviceRef device, CFStringRef name, Boolean embedded,
                             ItemCount numSourceEndpoints, ItemCount numDestinationEndpoints,
                             MIDIEntityRef *newEntity)
{
    return MIDIDeviceNewEntity(device, name, kMIDIProtocol_1_0, embedded, numSourceEndpoints,
                               numDestinationEndpoints, newEntity);
}

OSStatus MIDIDeviceRemoveEntity(MIDIDeviceRef device_ref, MIDIEntityRef entity_ref)
{
    OSStatus status;
    cm_midi_list gone = { 0 };
    cm_midi_device *device = pin_device(device_ref, &status);
    if (!device)
        return status;
    cm_midi_entity *entity = cm_midi_pin_or(entity_ref, CM_MIDI_IS(CM_MIDI_ENTITY), kMIDIObjectNotFound,
                                            &status);
    if (entity) {
        cm_midi_lock();
        if (entity->object.parent != &device->object)
            status = kMIDIObjectNotFound;
        else
            cm_midi_entity_take_out(entity, &gone);
        if (status == noErr && device->in_setup)
            cm_midi_notify_setup();
        cm_midi_unlock();
        cm_midi_let_go(&gone);
        cm_midi_release(entity);
    }
    cm_midi_release(device);
    return status;
}

OSStatus MIDIEntityAddOrRemoveEndpoints(MIDIEntityRef ref, ItemCount numSourceEndpoints,
                                        ItemCount numDestinationEndpoints)
{
    cm_midi_list gone = { 0 };
    OSStatus status = check_numbers(numSourceEndpoints, numDestinationEndpoints);
    if (status != noErr)
        return status;
    cm_midi_entity *entity = cm_midi_pin_or(ref, CM_MIDI_IS(CM_MIDI_ENTITY), kMIDIObjectNotFound, &status);
    if (!entity)
        return status;
    cm_midi_lock();
    const cm_midi_device *device = (const cm_midi_device *)entity->object.parent;
    if (!device)
        status = kMIDIObjectNotFound;
    else if (device->fixed)
        status = cm_fail(kMIDINotPermitted, "the device is the engine's own");
    else
        status = cm_midi_entity_resize(entity, numSourceEndpoints, numDestinationEndpoints, &gone);
    if (status == noErr && device->in_setup)
        cm_midi_notify_setup();
    cm_midi_unlock();
    cm_midi_let_go(&gone);
    cm_midi_release(entity);
    return status;
}

/* ---- endpoints' pointers ---- */

OSStatus MIDIEndpointSetRefCons(MIDIEndpointRef endpt, void *ref1, void *ref2)
{
    OSStatus status;
    cm_midi_endpoint *endpoint = cm_midi_pin_or(endpt, CM_MIDI_ENDPOINTS, kMIDIUnknownEndpoint, &status);
    if (!endpoint)
        return status;
    atomic_store(&endpoint->ref_con[0], ref1);
    atomic_store(&endpoint->ref_con[1], ref2);
    cm_midi_release(endpoint);
    return noErr;
}

OSStatus MIDIEndpointGetRefCons(MIDIEndpointRef endpt, void **ref1, void **ref2)
{
    OSStatus status;
    cm_midi_endpoint *endpoint = cm_midi_pin_or(endpt, CM_MIDI_ENDPOINTS, kMIDIUnknownEndpoint, &status);
    if (!endpoint)
        return status;
    if (ref1)
        *ref1 = atomic_load(&endpoint->ref_con[0]);
    if (ref2)
        *ref2 = atomic_load(&endpoint->ref_con[1]);
    cm_midi_release(endpoint);
    return noErr;
}

/* ---- serial ports ---- */

OSStatus MIDIGetSerialPortOwner(CFStringRef portName, CFStringRef *outDriverName)
{
    if (!cm_cf_as_string(portName) || !outDriverName)
        return cmParamError;
    cm_midi_lock();
    CFTypeRef owner = serial.owners ? CFDictionaryGetValue(serial.owners, portName) : NULL;
    *outDriverName = CFRetain(owner ? owner : CFSTR(""));
    cm_midi_unlock();
    return noErr;
}

OSStatus MIDISetSerialPortOwner(CFStringRef portName, CFStringRef driverName)
{
    if (!cm_cf_as_string(portName) || (driverName && !cm_cf_as_string(driverName)))
        return cmParamError;
    CFStringRef port = CFStringCreateCopy(kCFAllocatorDefault, portName);
    CFStringRef driver = CFStringCreateCopy(kCFAllocatorDefault, driverName ? driverName : CFSTR(""));
    cm_midi_lock();
    if (!serial.owners)
        serial.owners = CFDictionaryCreateMutable(kCFAllocatorDefault, 0, &kCFTypeDictionaryKeyCallBacks,
                                                  &kCFTypeDictionaryValueCallBacks);
    bool set = serial.owners && port && driver;
    if (set)
        CFDictionarySetValue(serial.owners, port, driver);
    cm_midi_unlock();
    CFRelease(port);
    CFRelease(driver);
    if (set)
        cm_midi_notify_plain(kMIDIMsgSerialPortOwnerChanged);
    return set ? noErr : cmMemFullError;
}

void cm_midi_setup_forget(void)
{
    serial.owners = NULL;
}
