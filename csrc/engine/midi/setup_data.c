/* Whole setups: kept, written as property lists, read, and made the current one. */
#include "base/cf_array.h"
#include "base/cf_dictionary.h"
#include "base/cf_string.h"
#include "midi/notify.h"
#include "midi/property_keys.h"
#include "midi/server.h"

#include <CoreFoundation/CFPropertyList.h>
#include <stdlib.h>

#define DEVICES CFSTR("devices")
#define EXTERNAL_DEVICES CFSTR("externalDevices")
#define ENTITIES CFSTR("entities")
#define SOURCES CFSTR("sources")
#define DESTINATIONS CFSTR("destinations")

typedef struct setup {
    cm_midi_object object;
    CFDictionaryRef content; /* owned; NULL for the current one, which is what there is */
} setup;

static MIDISetupRef current; /* 0 until someone asks; under the server's lock */

static void destroy(cm_midi_object *object)
{
    CFRelease(((setup *)object)->content);
    free(object);
}

static setup *new_setup(CFDictionaryRef content)
{
    setup *made = cm_midi_new(CM_MIDI_SETUP, sizeof *made, destroy);
    if (made)
        made->content = content;
    else
        CFRelease(content);
    return made;
}

/* ---- out ---- */

static CFMutableArrayRef copy_devices(const cm_midi_list *devices)
{
    CFMutableArrayRef array = CFArrayCreateMutable(kCFAllocatorDefault, 0, &kCFTypeArrayCallBacks);
    bool complete = array != NULL;
    for (size_t i = 0; complete && i < devices->count; i++)
        complete = cm_cf_array_append_new(array, cm_midi_copy_properties(devices->at[i], true));
    if (complete)
        return array;
    CFRelease(array);
    return NULL;
}

/* The lock is held. */
static CFDictionaryRef copy_content(bool with_external)
{
    static const cm_midi_list none;
    CFMutableDictionaryRef content = CFDictionaryCreateMutable(
        kCFAllocatorDefault, 0, &kCFTypeDictionaryKeyCallBacks, &kCFTypeDictionaryValueCallBacks);
    if (content && cm_cf_dictionary_set_new(content, DEVICES, copy_devices(&cm_midi.devices)) &&
        cm_cf_dictionary_set_new(content, EXTERNAL_DEVICES,
                                 copy_devices(with_external ? &cm_midi.external_devices : &none)))
        return content;
    CFRelease(content);
    return NULL;
}

OSStatus MIDISetupCreate(MIDISetupRef *outSetup)
{
    if (!outSetup)
        return cmParamError;
    *outSetup = 0;
    MIDIRestart();
    cm_midi_lock();
    CFDictionaryRef content = copy_content(false);
    cm_midi_unlock();
    setup *made = content ? new_setup(content) : NULL;
    if (!made)
        return cmMemFullError;
    cm_midi_publish(made);
    *outSetup = made->object.ref;
    return noErr;
}

OSStatus MIDISetupGetCurrent(MIDISetupRef *outSetup)
{
    if (!outSetup)
        return cmParamError;
    cm_midi_start();
    cm_midi_lock();
    if (!current) {
        setup *made = new_setup(NULL);
        if (made) {
            cm_midi_publish(made);
            current = made->object.ref;
        }
    }
    *outSetup = current;
    cm_midi_unlock();
    return *outSetup ? noErr : cmMemFullError;
}

static setup *pin_setup(MIDISetupRef ref, OSStatus *status)
{
    return cm_midi_pin_or(ref, CM_MIDI_IS(CM_MIDI_SETUP), kMIDIObjectNotFound, status);
}

OSStatus MIDISetupDispose(MIDISetupRef ref)
{
    OSStatus status;
    setup *disposed = pin_setup(ref, &status);
    if (!disposed)
        return status;
    cm_midi_lock();
    if (ref == current)
        status = cm_fail(kMIDINotPermitted, "the current setup");
    else if (!cm_midi_retire(disposed))
        status = kMIDIObjectNotFound;
    cm_midi_unlock();
    cm_midi_release(disposed);
    return status;
}

OSStatus MIDISetupToData(MIDISetupRef ref, CFDataRef *outData)
{
    OSStatus status;
    if (!outData)
        return cmParamError;
    *outData = NULL;
    setup *written = pin_setup(ref, &status);
    if (!written)
        return status;
    cm_midi_lock();
    CFDictionaryRef content = written->content ? CFRetain(written->content) : copy_content(true);
    cm_midi_unlock();
    if (content)
        *outData = CFPropertyListCreateData(kCFAllocatorDefault, content, kCFPropertyListXMLFormat_v1_0, 0,
                                            NULL);
    CFRelease(content);
    cm_midi_release(written);
    return *outData ? noErr : cmMemFullError;
}

/* ---- in ---- */

static CFArrayRef array_of(CFDictionaryRef from, CFStringRef key)
{
    CFTypeRef value = CFDictionaryGetValue(from, key);
    return cm_cf_is(value, CM_CF_ARRAY) ? value : NULL;
}

static bool are_dictionaries(CFArrayRef array)
{
    for (CFIndex i = 0; array && i < CFArrayGetCount(array); i++)
        if (!cm_cf_is(CFArrayGetValueAtIndex(array, i), CM_CF_DICTIONARY))
            return false;
    return true;
}

/* Arrays of dictionaries are where they should be, in a device of a setup or an entity of a device. */
static bool is_sound(CFDictionaryRef level, const CFStringRef *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!are_dictionaries(array_of(level, keys[i])))
            return false;
    return true;
}

static bool are_devices(CFArrayRef devices)
{
    const CFStringRef entities_key[] = { ENTITIES }, endpoint_keys[] = { SOURCES, DESTINATIONS };
    if (!devices || !are_dictionaries(devices))
        return false;
    for (CFIndex d = 0; d < CFArrayGetCount(devices); d++) {
        CFDictionaryRef device = CFArrayGetValueAtIndex(devices, d);
        CFArrayRef entities = array_of(device, ENTITIES);
        if (!is_sound(device, entities_key, 1))
            return false;
        for (CFIndex e = 0; entities && e < CFArrayGetCount(entities); e++)
            if (!is_sound(CFArrayGetValueAtIndex(entities, e), endpoint_keys, 2))
                return false;
    }
    return true;
}

OSStatus MIDISetupFromData(CFDataRef data, MIDISetupRef *outSetup)
{
    if (!outSetup || !cm_cf_is(data, CM_CF_DATA))
        return cmParamError;
    *outSetup = 0;
    CFTypeRef content = CFPropertyListCreateWithData(kCFAllocatorDefault, data, kCFPropertyListImmutable,
                                                     NULL, NULL);
    if (!cm_cf_is(content, CM_CF_DICTIONARY) || !are_devices(array_of(content, DEVICES)) ||
        !are_devices(array_of(content, EXTERNAL_DEVICES))) {
        CFRelease(content);
        return cm_fail(kMIDISetupFormatErr, "not a property list of devices");
    }
    setup *made = new_setup(content);
    if (!made)
        return cmMemFullError;
    cm_midi_publish(made);
    *outSetup = made->object.ref;
    return noErr;
}

/* ---- installing, with the lock held ---- */

static bool is_kept(CFStringRef key)
{
    return !CFEqual(key, ENTITIES) && !CFEqual(key, SOURCES) && !CFEqual(key, DESTINATIONS) &&
           !CFEqual(key, kMIDIPropertyUniqueID) && !CFEqual(key, kMIDIPropertyProtocolID) &&
           !CFEqual(key, kMIDIPropertyDriverOwner);
}

static void set_properties(cm_midi_object *object, CFDictionaryRef from)
{
    CFIndex position = 0;
    const void *key, *value;
    while (cm_cf_dictionary_next(from, &position, &key, &value)) {
        unsigned types = cm_cf_as_string(key) ? cm_midi_property_types(key) : 0;
        unsigned type = cm_cf_is(value, CM_CF_NUMBER)       ? CM_MIDI_INTEGER
                        : cm_cf_is(value, CM_CF_STRING)     ? CM_MIDI_STRING
                        : cm_cf_is(value, CM_CF_DATA)       ? CM_MIDI_DATA
                        : cm_cf_is(value, CM_CF_DICTIONARY) ? CM_MIDI_DICTIONARY
                                                            : 0;
        if ((types & type) && is_kept(key))
            cm_midi_set_property(object, key, value);
    }
}

static SInt32 integer_of(CFDictionaryRef from, CFStringRef key, SInt32 otherwise)
{
    CFTypeRef value = CFDictionaryGetValue(from, key);
    if (cm_cf_is(value, CM_CF_NUMBER))
        CFNumberGetValue(value, kCFNumberSInt32Type, &otherwise);
    return otherwise;
}

static void restore(cm_midi_object *object, CFDictionaryRef from)
{
    MIDIUniqueID id = integer_of(from, kMIDIPropertyUniqueID, 0);
    set_properties(object, from);
    if (id && !cm_midi_find_unique_id(id))
        object->unique_id = id;
}

static void restore_all(const cm_midi_list *objects, CFArrayRef from)
{
    for (size_t i = 0; i < objects->count; i++)
        restore(objects->at[i], CFArrayGetValueAtIndex(from, (CFIndex)i));
}

static size_t count_of(CFArrayRef array)
{
    enum { MOST = 1024 };
    size_t count = array ? (size_t)CFArrayGetCount(array) : 0;
    return count < MOST ? count : MOST;
}

static void make_entity(cm_midi_device *device, CFDictionaryRef from)
{
    cm_midi_entity *entity;
    CFArrayRef sources = array_of(from, SOURCES), destinations = array_of(from, DESTINATIONS);
    bool is_new = integer_of(from, kMIDIPropertyProtocolID, kMIDIProtocol_1_0) == kMIDIProtocol_2_0;
    if (cm_midi_entity_new(device, cm_cf_as_string(CFDictionaryGetValue(from, kMIDIPropertyName)),
                           is_new ? kMIDIProtocol_2_0 : kMIDIProtocol_1_0, false, count_of(sources),
                           count_of(destinations), &entity) != noErr)
        return;
    restore(&entity->object, from);
    restore_all(&entity->sources, sources);
    restore_all(&entity->destinations, destinations);
}

static void make_device(CFDictionaryRef from)
{
    cm_midi_device *device = cm_midi_device_new(NULL, NULL, NULL, true);
    CFArrayRef entities = array_of(from, ENTITIES);
    if (!device)
        return;
    restore(&device->object, from);
    for (size_t i = 0; i < count_of(entities); i++)
        make_entity(device, CFArrayGetValueAtIndex(entities, (CFIndex)i));
    cm_midi_device_install(device);
}

/* Objects that there are get their properties; those that there are not now are left alone. */
static void update_all(CFArrayRef from)
{
    for (size_t i = 0; i < count_of(from); i++) {
        CFDictionaryRef one = CFArrayGetValueAtIndex(from, (CFIndex)i);
        cm_midi_object *object = cm_midi_find_unique_id(integer_of(one, kMIDIPropertyUniqueID, 0));
        if (object)
            set_properties(object, one);
        update_all(array_of(one, ENTITIES));
        update_all(array_of(one, SOURCES));
        update_all(array_of(one, DESTINATIONS));
    }
}

static void install(CFDictionaryRef content, cm_midi_list *gone)
{
    CFArrayRef external = array_of(content, EXTERNAL_DEVICES);
    while (cm_midi.external_devices.count)
        cm_midi_device_take_out((cm_midi_device *)cm_midi.external_devices.at[0], gone);
    for (size_t i = 0; i < count_of(external); i++)
        make_device(CFArrayGetValueAtIndex(external, (CFIndex)i));
    update_all(array_of(content, DEVICES));
    cm_midi_notify_setup();
}

OSStatus MIDISetupInstall(MIDISetupRef ref)
{
    OSStatus status;
    cm_midi_list gone = { 0 };
    setup *installed = pin_setup(ref, &status);
    if (!installed)
        return status;
    cm_midi_lock();
    setup *old = ref != current ? cm_midi_pin(current, CM_MIDI_IS(CM_MIDI_SETUP)) : NULL;
    CFDictionaryRef content = installed->content;
    if (content) {
        install(content, &gone);
        installed->content = NULL;
        current = ref;
    }
    if (old)
        cm_midi_retire(old);
    cm_midi_unlock();
    CFRelease(content);
    cm_midi_release(old);
    cm_midi_let_go(&gone);
    cm_midi_release(installed);
    return noErr;
}
