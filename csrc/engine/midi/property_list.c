/* All properties of an object in one dictionary. */
#include "base/cf_array.h"
#include "base/cf_dictionary.h"
#include "midi/server.h"

static CFMutableDictionaryRef copy_own(const cm_midi_object *object)
{
    CFMutableDictionaryRef own = object->properties
                                     ? CFDictionaryCreateMutableCopy(kCFAllocatorDefault, 0,
                                                                     object->properties)
                                     : CFDictionaryCreateMutable(kCFAllocatorDefault, 0,
                                                                 &kCFTypeDictionaryKeyCallBacks,
                                                                 &kCFTypeDictionaryValueCallBacks);
    CFNumberRef id = CFNumberCreate(kCFAllocatorDefault, kCFNumberSInt32Type, &object->unique_id);
    if (own && id && object->unique_id)
        CFDictionarySetValue(own, kMIDIPropertyUniqueID, id);
    CFRelease(id);
    return own;
}

static bool add_children(CFMutableDictionaryRef to, CFStringRef key, const cm_midi_list *children)
{
    CFMutableArrayRef array = CFArrayCreateMutable(kCFAllocatorDefault, 0, &kCFTypeArrayCallBacks);
    bool complete = array != NULL;
    for (size_t i = 0; complete && i < children->count; i++)
        complete = cm_cf_array_append_new(array, cm_midi_copy_properties(children->at[i], true));
    return cm_cf_dictionary_set_new(to, key, array) && complete;
}

CFMutableDictionaryRef cm_midi_copy_properties(const cm_midi_object *object, bool deep)
{
    CFMutableDictionaryRef all = copy_own(object);
    bool complete = all != NULL;
    if (complete && deep && object->kind == CM_MIDI_DEVICE)
        complete = add_children(all, CFSTR("entities"), &((const cm_midi_device *)object)->entities);
    if (complete && deep && object->kind == CM_MIDI_ENTITY)
        complete = add_children(all, CFSTR("sources"), &((const cm_midi_entity *)object)->sources) &&
                   add_children(all, CFSTR("destinations"), &((const cm_midi_entity *)object)->destinations);
    if (complete)
        return all;
    CFRelease(all);
    return NULL;
}

OSStatus MIDIObjectGetProperties(MIDIObjectRef obj, CFPropertyListRef *outProperties, Boolean deep)
{
    OSStatus status;
    if (!outProperties)
        return cmParamError;
    *outProperties = NULL;
    cm_midi_object *object = cm_midi_pin_or(obj, CM_MIDI_ANY, kMIDIObjectNotFound, &status);
    if (!object)
        return status;
    cm_midi_lock();
    *outProperties = cm_midi_copy_properties(object, deep);
    cm_midi_unlock();
    cm_midi_release(object);
    return *outProperties ? noErr : cmMemFullError;
}
