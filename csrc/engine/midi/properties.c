/* Properties of MIDI objects. */
#include "base/cf_string.h"
#include "midi/discovery.h"
#include "midi/driver.h"
#include "midi/notify.h"
#include "midi/property_keys.h"
#include "midi/server.h"

#include <CoreAudio/HostTime.h>

/* ---- with the lock held ---- */

static void note_flag(cm_midi_object *object, CFStringRef key, CFTypeRef value)
{
    SInt32 number = 0;
    if (value)
        CFNumberGetValue(value, kCFNumberSInt32Type, &number);
    if (CFEqual(key, kMIDIPropertyPrivate))
        object->hidden = number != 0;
    else if (CFEqual(key, kMIDIPropertyOffline))
        object->offline = number != 0;
    else if (CFEqual(key, kMIDIPropertyAdvanceScheduleTimeMuSec) &&
             (CM_MIDI_ENDPOINTS & CM_MIDI_IS(object->kind)))
        atomic_store(&((cm_midi_endpoint *)object)->advance,
                     AudioConvertNanosToHostTime(number > 0 ? (UInt64)number * 1000 : 0));
}

bool cm_midi_set_property(cm_midi_object *object, CFStringRef key, CFTypeRef value)
{
    if (!value)
        return true;
    if (!object->properties)
        object->properties = CFDictionaryCreateMutable(kCFAllocatorDefault, 0, &kCFTypeDictionaryKeyCallBacks,
                                                       &kCFTypeDictionaryValueCallBacks);
    if (!object->properties)
        return false;
    CFDictionarySetValue(object->properties, key, value);
    note_flag(object, key, value);
    return CFDictionaryContainsKey(object->properties, key);
}

bool cm_midi_set_integer(cm_midi_object *object, CFStringRef key, SInt32 value)
{
    CFNumberRef number = CFNumberCreate(kCFAllocatorDefault, kCFNumberSInt32Type, &value);
    bool set = number && cm_midi_set_property(object, key, number);
    CFRelease(number);
    return set;
}

static const cm_midi_object *heir_of(const cm_midi_object *object)
{
    const cm_midi_object *parent = object->parent;
    return parent && (CM_MIDI_TREE & CM_MIDI_IS(parent->kind)) ? parent : NULL;
}

CFTypeRef cm_midi_get_property(const cm_midi_object *object, CFStringRef key)
{
    bool inherited = !CFEqual(key, kMIDIPropertyAdvanceScheduleTimeMuSec) &&
                     !CFEqual(key, kMIDIPropertyUniqueID) && !CFEqual(key, kMIDIPropertyDisplayName);
    for (; object; object = inherited ? heir_of(object) : NULL) {
        CFTypeRef value = object->properties ? CFDictionaryGetValue(object->properties, key) : NULL;
        if (value)
            return value;
    }
    return NULL;
}

/* "Device Port", or one of them where the other adds nothing. A new string. */
static CFStringRef copy_display_name(const cm_midi_object *object)
{
    CFStringRef name = cm_midi_get_property(object, kMIDIPropertyName), device_name = NULL;
    for (const cm_midi_object *at = heir_of(object); at; at = heir_of(at))
        if (at->kind == CM_MIDI_DEVICE)
            device_name = cm_midi_get_property(at, kMIDIPropertyName);
    if (!name || !device_name || CFStringHasPrefix(name, device_name))
        return name ? CFRetain(name) : NULL;
    return CFStringCreateWithFormat(kCFAllocatorDefault, NULL, CFSTR("%@ %@"), device_name, name);
}

/* The value that a client sees, retained; NULL when there is none. */
static CFTypeRef copy_value(const cm_midi_object *object, CFStringRef key)
{
    static const SInt32 no = 0;
    if (CFEqual(key, kMIDIPropertyUniqueID))
        return object->unique_id
                   ? CFNumberCreate(kCFAllocatorDefault, kCFNumberSInt32Type, &object->unique_id)
                   : NULL;
    CFTypeRef value = cm_midi_get_property(object, key);
    if (value)
        return CFRetain(value);
    if (CFEqual(key, kMIDIPropertyDisplayName))
        return copy_display_name(object);
    bool in_tree = CM_MIDI_TREE & CM_MIDI_IS(object->kind);
    if (in_tree && (CFEqual(key, kMIDIPropertyOffline) || CFEqual(key, kMIDIPropertyPrivate)))
        return CFNumberCreate(kCFAllocatorDefault, kCFNumberSInt32Type, &no);
    return NULL;
}

/* ---- unique ids ---- */

static cm_midi_object *find_in_list(const cm_midi_list *list, MIDIUniqueID id)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->at[i]->unique_id == id)
            return list->at[i];
    return NULL;
}

static cm_midi_object *find_in_device(const cm_midi_device *device, MIDIUniqueID id)
{
    cm_midi_object *found = find_in_list(&device->entities, id);
    for (size_t e = 0; e < device->entities.count && !found; e++) {
        const cm_midi_entity *entity = (const cm_midi_entity *)device->entities.at[e];
        found = find_in_list(&entity->sources, id);
        if (!found)
            found = find_in_list(&entity->destinations, id);
    }
    return found;
}

cm_midi_object *cm_midi_find_unique_id(MIDIUniqueID id)
{
    const cm_midi_list *lists[] = { &cm_midi.sources, &cm_midi.destinations, &cm_midi.devices,
                                    &cm_midi.external_devices };
    cm_midi_object *found = NULL;
    for (size_t i = 0; id && i < sizeof lists / sizeof *lists && !found; i++) {
        found = find_in_list(lists[i], id);
        for (size_t d = 0; d < lists[i]->count && !found; d++)
            if (lists[i]->at[d]->kind == CM_MIDI_DEVICE)
                found = find_in_device((const cm_midi_device *)lists[i]->at[d], id);
    }
    return found;
}

/* FNV-1a over kind and names from the object up, so that a device has the same id tomorrow. */
static uint32_t hash_path(const cm_midi_object *object)
{
    uint32_t hash = 2166136261u ^ object->kind;
    for (; object; object = object->parent) {
        size_t size = 0;
        CFTypeRef name = object->properties ? CFDictionaryGetValue(object->properties, kMIDIPropertyName)
                                            : NULL;
        const char *bytes = cm_cf_string_bytes(name, &size);
        for (size_t i = 0; i < size; i++)
            hash = (hash ^ (uint8_t)bytes[i]) * 16777619u;
        hash = (hash ^ 0xFF) * 16777619u;
    }
    return hash;
}

void cm_midi_assign_unique_id(cm_midi_object *object)
{
    if (object->unique_id)
        return;
    uint32_t id = hash_path(object) & INT32_MAX;
    while (id == 0 || cm_midi_find_unique_id((MIDIUniqueID)id))
        id = (id + 1) & INT32_MAX;
    object->unique_id = (MIDIUniqueID)id;
}

OSStatus MIDIObjectFindByUniqueID(MIDIUniqueID inUniqueID, MIDIObjectRef *outObject,
                                  MIDIObjectType *outObjectType)
{
    cm_midi_start();
    cm_midi_lock();
    const cm_midi_object *found = cm_midi_find_unique_id(inUniqueID);
    if (outObject)
        *outObject = found ? found->ref : 0;
    if (outObjectType)
        *outObjectType = found ? cm_midi_type(found) : kMIDIObjectType_Other;
    cm_midi_unlock();
    return found ? noErr : kMIDIObjectNotFound;
}

static OSStatus set_unique_id(cm_midi_object *object, CFNumberRef value)
{
    MIDIUniqueID id = 0;
    CFNumberGetValue(value, kCFNumberSInt32Type, &id);
    const cm_midi_object *holder = cm_midi_find_unique_id(id);
    if (!(CM_MIDI_TREE & CM_MIDI_IS(object->kind)))
        return kMIDINotPermitted;
    if (id == kMIDIInvalidUniqueID)
        return cm_fail(cmParamError, "0 is not a unique id");
    if (holder && holder != object)
        return kMIDIIDNotUnique;
    object->unique_id = id;
    return noErr;
}

/* ---- any type ---- */

static unsigned type_of(CFTypeRef value)
{
    CFTypeID type = CFGetTypeID(value);
    return type == CFNumberGetTypeID()       ? CM_MIDI_INTEGER
           : type == CFStringGetTypeID()     ? CM_MIDI_STRING
           : type == CFDataGetTypeID()       ? CM_MIDI_DATA
           : type == CFDictionaryGetTypeID() ? CM_MIDI_DICTIONARY
                                             : 0;
}

/* A new reference to a value of this type. */
static OSStatus get(MIDIObjectRef ref, CFStringRef key, unsigned type, CFTypeRef *value)
{
    OSStatus status;
    *value = NULL;
    if (!cm_cf_as_string(key))
        return cmParamError;
    cm_midi_object *object = cm_midi_pin_or(ref, CM_MIDI_ANY, kMIDIObjectNotFound, &status);
    if (!object)
        return status;
    cm_midi_lock();
    *value = copy_value(object, key);
    cm_midi_unlock();
    cm_midi_release(object);
    if (!*value)
        return kMIDIUnknownProperty;
    if (type_of(*value) == type)
        return noErr;
    CFRelease(*value);
    *value = NULL;
    return kMIDIWrongPropertyType;
}

static OSStatus change(cm_midi_object *object, CFStringRef key, CFTypeRef value)
{
    if (CFEqual(key, kMIDIPropertyUniqueID))
        return set_unique_id(object, value);
    if (CFEqual(key, kMIDIPropertyProtocolID))
        return cm_fail(kMIDINotPermitted, "an endpoint keeps the protocol that it was made with");
    return cm_midi_set_property(object, key, value) ? noErr : cmMemFullError;
}

static void tell(const cm_midi_object *object, CFStringRef key)
{
    if (!(CM_MIDI_TREE & CM_MIDI_IS(object->kind)))
        return;
    cm_midi_notify_property(object, key);
    if (CFEqual(key, kMIDIPropertyPrivate) || CFEqual(key, kMIDIPropertyOffline))
        cm_midi_notify_setup(); /* endpoints are shown or not */
}

static OSStatus set_locked(cm_midi_object *object, CFStringRef key, CFTypeRef value)
{
    CFTypeRef before = copy_value(object, key);
    OSStatus status = change(object, key, value);
    if (status == noErr && !(before && CFEqual(before, value)))
        tell(object, key);
    CFRelease(before);
    return status;
}

/* A virtual endpoint that was hidden, or is not any more: other programs see it no more, or again. */
static void follow_flag(cm_midi_object *object, CFStringRef key)
{
    cm_midi_endpoint *endpoint = (cm_midi_endpoint *)object;
    if (!(CM_MIDI_ENDPOINTS & CM_MIDI_IS(object->kind)) || !endpoint->is_virtual ||
        !CFEqual(key, kMIDIPropertyPrivate))
        return;
    cm_midi_unpublish_endpoint(endpoint);
    cm_midi_publish_endpoint(endpoint); /* unless it is hidden */
}

static OSStatus set(MIDIObjectRef ref, CFStringRef key, unsigned type, CFTypeRef value)
{
    OSStatus status;
    if (!cm_cf_as_string(key) || !cm_cf_is_object(value))
        return cmParamError;
    if (type_of(value) != type || !(cm_midi_property_types(key) & type))
        return kMIDIWrongPropertyType;
    CFTypeRef copy = CFPropertyListCreateDeepCopy(kCFAllocatorDefault, value, kCFPropertyListImmutable);
    CFStringRef key_copy = CFStringCreateCopy(kCFAllocatorDefault, key);
    if (!copy || !key_copy) {
        CFRelease(copy);
        CFRelease(key_copy);
        return kMIDIWrongPropertyType; /* holds something that no property list has */
    }
    cm_midi_object *object = cm_midi_pin_or(ref, CM_MIDI_ANY, kMIDIObjectNotFound, &status);
    if (object) {
        cm_midi_lock();
        status = set_locked(object, key_copy, copy);
        cm_midi_unlock();
        follow_flag(object, key_copy);
        cm_midi_discovery_follow(object, key_copy);
        cm_midi_release(object);
    }
    CFRelease(copy);
    CFRelease(key_copy);
    return status;
}

/* ---- each type ---- */

OSStatus MIDIObjectGetIntegerProperty(MIDIObjectRef obj, CFStringRef propertyID, SInt32 *outValue)
{
    CFTypeRef value;
    if (!outValue)
        return cmParamError;
    OSStatus status = get(obj, propertyID, CM_MIDI_INTEGER, &value);
    if (status == noErr)
        CFNumberGetValue(value, kCFNumberSInt32Type, outValue);
    CFRelease(value);
    return status;
}

OSStatus MIDIObjectSetIntegerProperty(MIDIObjectRef obj, CFStringRef propertyID, SInt32 value)
{
    CFNumberRef number = CFNumberCreate(kCFAllocatorDefault, kCFNumberSInt32Type, &value);
    OSStatus status = number ? set(obj, propertyID, CM_MIDI_INTEGER, number) : cmMemFullError;
    CFRelease(number);
    return status;
}

OSStatus MIDIObjectGetStringProperty(MIDIObjectRef obj, CFStringRef propertyID, CFStringRef *str)
{
    return str ? get(obj, propertyID, CM_MIDI_STRING, (CFTypeRef *)str) : cmParamError;
}

OSStatus MIDIObjectSetStringProperty(MIDIObjectRef obj, CFStringRef propertyID, CFStringRef str)
{
    return set(obj, propertyID, CM_MIDI_STRING, str);
}

OSStatus MIDIObjectGetDataProperty(MIDIObjectRef obj, CFStringRef propertyID, CFDataRef *outData)
{
    return outData ? get(obj, propertyID, CM_MIDI_DATA, (CFTypeRef *)outData) : cmParamError;
}

OSStatus MIDIObjectSetDataProperty(MIDIObjectRef obj, CFStringRef propertyID, CFDataRef data)
{
    return set(obj, propertyID, CM_MIDI_DATA, data);
}

OSStatus MIDIObjectGetDictionaryProperty(MIDIObjectRef obj, CFStringRef propertyID, CFDictionaryRef *outDict)
{
    return outDict ? get(obj, propertyID, CM_MIDI_DICTIONARY, (CFTypeRef *)outDict) : cmParamError;
}

OSStatus MIDIObjectSetDictionaryProperty(MIDIObjectRef obj, CFStringRef propertyID, CFDictionaryRef dict)
{
    return set(obj, propertyID, CM_MIDI_DICTIONARY, dict);
}

OSStatus MIDIObjectRemoveProperty(MIDIObjectRef obj, CFStringRef propertyID)
{
    OSStatus status;
    if (!cm_cf_as_string(propertyID))
        return cmParamError;
    if (CFEqual(propertyID, kMIDIPropertyUniqueID) || CFEqual(propertyID, kMIDIPropertyProtocolID))
        return kMIDINotPermitted;
    cm_midi_object *object = cm_midi_pin_or(obj, CM_MIDI_ANY, kMIDIObjectNotFound, &status);
    if (!object)
        return status;
    cm_midi_lock();
    if (object->properties && CFDictionaryContainsKey(object->properties, propertyID)) {
        CFDictionaryRemoveValue(object->properties, propertyID);
        note_flag(object, propertyID, NULL);
        tell(object, propertyID);
    } else {
        status = kMIDIUnknownProperty;
    }
    cm_midi_unlock();
    cm_midi_release(object);
    return status;
}
