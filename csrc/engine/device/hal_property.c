#include "hal.h"

#include "base/cf_string.h"
#include "base/realtime.h"

#include <string.h>

void cm_reply_put(cm_reply *reply, const void *bytes, UInt32 size)
{
    if (reply->data) {
        if (reply->cut || size > reply->room - reply->size) {
            reply->cut = true;
            return;
        }
        memcpy(reply->data + reply->size, bytes, size);
    }
    reply->size += size;
}

OSStatus cm_reply_text(cm_reply *reply, const char *text)
{
    CFStringRef string = NULL;
    if (reply->data && !(string = cm_cf_string_new(text, strlen(text))))
        return cmMemFullError;
    cm_reply_put(reply, &string, sizeof string);
    return noErr;
}

OSStatus cm_reply_u32(cm_reply *reply, UInt32 value)
{
    cm_reply_put(reply, &value, sizeof value);
    return noErr;
}

OSStatus cm_reply_f32(cm_reply *reply, Float32 value)
{
    cm_reply_put(reply, &value, sizeof value);
    return noErr;
}

OSStatus cm_reply_f64(cm_reply *reply, Float64 value)
{
    cm_reply_put(reply, &value, sizeof value);
    return noErr;
}

static bool is_here(const cm_property *property, const cm_query *query)
{
    static const struct {
        AudioObjectPropertyScope scope;
        UInt32 bit;
    } scopes[] = { { kAudioObjectPropertyScopeGlobal, CM_IN_GLOBAL },
                   { kAudioObjectPropertyScopeInput, CM_IN_INPUT },
                   { kAudioObjectPropertyScopeOutput, CM_IN_OUTPUT } };
    if (query->address->mElement != kAudioObjectPropertyElementMain && !(property->where & CM_OF_CHANNELS))
        return false;
    for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++)
        if (scopes[i].scope == query->address->mScope)
            return (property->where & scopes[i].bit) && (!property->has || property->has(query));
    return false;
}

static const cm_property *find(const cm_query *query)
{
    for (const cm_property_table *table = query->object->properties; table; table = table->base)
        for (size_t i = 0; i < table->count; i++)
            if (table->properties[i].selector == query->address->mSelector &&
                is_here(&table->properties[i], query))
                return &table->properties[i];
    return NULL;
}

/* Fills the query and finds the property. The tree's lock is held. */
static OSStatus look_up(AudioObjectID id, cm_query *query, const cm_property **property)
{
    if (!query->address)
        return kAudioHardwareIllegalOperationError;
    if (!(query->object = cm_tree_find(id)))
        return kAudioHardwareBadObjectError;
    *property = find(query);
    return *property ? noErr : kAudioHardwareUnknownPropertyError;
}

Boolean AudioObjectHasProperty(AudioObjectID inObjectID, const AudioObjectPropertyAddress *inAddress)
{
    cm_query query = { .address = inAddress };
    const cm_property *property;
    cm_hal_open();
    cm_tree_lock();
    OSStatus status = look_up(inObjectID, &query, &property);
    cm_tree_unlock();
    return status == noErr;
}

OSStatus AudioObjectIsPropertySettable(AudioObjectID inObjectID, const AudioObjectPropertyAddress *inAddress,
                                       Boolean *outIsSettable)
{
    cm_query query = { .address = inAddress };
    const cm_property *property;
    if (!outIsSettable)
        return kAudioHardwareIllegalOperationError;
    cm_hal_open();
    cm_tree_lock();
    OSStatus status = look_up(inObjectID, &query, &property);
    if (status == noErr)
        *outIsSettable = property->set && (!property->settable || property->settable(&query));
    cm_tree_unlock();
    return status;
}

/* Who asks the system object asks for the devices that there are now. */
static void open_for(AudioObjectID id)
{
    cm_hal_open();
    if (id == kAudioObjectSystemObject)
        cm_hal_look_again();
}

OSStatus AudioObjectGetPropertyDataSize(AudioObjectID inObjectID, const AudioObjectPropertyAddress *inAddress,
                                        UInt32 inQualifierDataSize, const void *inQualifierData,
                                        UInt32 *outDataSize)
{
    cm_query query = { .address = inAddress,
                       .qualifier_size = inQualifierDataSize,
                       .qualifier = inQualifierData };
    const cm_property *property;
    if (!outDataSize)
        return kAudioHardwareIllegalOperationError;
    open_for(inObjectID);
    cm_tree_lock();
    OSStatus status = look_up(inObjectID, &query, &property);
    if (status == noErr) {
        cm_reply reply = { .size = property->size };
        if (!property->size)
            status = property->get(&query, &reply);
        *outDataSize = reply.size;
    }
    cm_tree_unlock();
    return status;
}

OSStatus AudioObjectGetPropertyData(AudioObjectID inObjectID, const AudioObjectPropertyAddress *inAddress,
                                    UInt32 inQualifierDataSize, const void *inQualifierData,
                                    UInt32 *ioDataSize, void *outData)
{
    cm_query query = { .address = inAddress,
                       .qualifier_size = inQualifierDataSize,
                       .qualifier = inQualifierData };
    const cm_property *property;
    if (!ioDataSize || !outData)
        return kAudioHardwareIllegalOperationError;
    open_for(inObjectID);
    cm_tree_lock();
    cm_reply reply = { .data = outData, .room = *ioDataSize };
    OSStatus status = look_up(inObjectID, &query, &property);
    if (status == noErr && *ioDataSize < property->size)
        status = kAudioHardwareBadPropertySizeError;
    if (status == noErr)
        status = property->get(&query, &reply);
    if (status == noErr && reply.cut && !property->list)
        status = kAudioHardwareBadPropertySizeError;
    cm_tree_unlock();
    if (status == noErr)
        *ioDataSize = reply.size;
    return status;
}

/* The control lock is held, so that the object stays while the tree's lock is not. */
static OSStatus set_locked(AudioObjectID id, cm_query *query, UInt32 size, const void *data)
{
    const cm_property *property;
    cm_tree_lock();
    OSStatus status = look_up(id, query, &property);
    if (status == noErr && (!property->set || (property->settable && !property->settable(query))))
        status = kAudioHardwareUnsupportedOperationError;
    if (status == noErr && property->size && size != property->size)
        status = kAudioHardwareBadPropertySizeError;
    cm_tree_unlock();
    return status == noErr ? property->set(query, size, data) : status;
}

OSStatus AudioObjectSetPropertyData(AudioObjectID inObjectID, const AudioObjectPropertyAddress *inAddress,
                                    UInt32 inQualifierDataSize, const void *inQualifierData,
                                    UInt32 inDataSize, const void *inData)
{
    cm_query query = { .address = inAddress,
                       .qualifier_size = inQualifierDataSize,
                       .qualifier = inQualifierData };
    if (!inData)
        return kAudioHardwareIllegalOperationError;
    if (cm_render_active())
        return cm_fail(kAudioHardwareIllegalOperationError, "properties cannot be set from inside an IOProc");
    cm_hal_open();
    cm_hal_lock();
    OSStatus status = set_locked(inObjectID, &query, inDataSize, inData);
    cm_hal_unlock();
    return status;
}

/* ---- what every object has ---- */

static OSStatus get_base_class(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, query->object->base_class);
}

static OSStatus get_class(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, query->object->class_id);
}

static OSStatus get_owner(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, query->object->owner);
}

/* True for a class that the qualifier, a list of AudioClassID, names; all are meant where there is none. */
static bool is_wanted(const cm_query *query, const cm_object *object)
{
    const UInt8 *classes = query->qualifier;
    if (!classes || query->qualifier_size < sizeof(AudioClassID))
        return true;
    for (UInt32 at = 0; at + sizeof(AudioClassID) <= query->qualifier_size;
         at += (UInt32)sizeof(AudioClassID)) {
        AudioClassID wanted;
        memcpy(&wanted, classes + at, sizeof wanted);
        if (wanted == object->class_id || wanted == object->base_class || wanted == kAudioObjectClassID ||
            wanted == kAudioObjectClassIDWildcard)
            return true;
    }
    return false;
}

static OSStatus get_owned(const cm_query *query, cm_reply *reply)
{
    size_t at = 0;
    for (cm_object *object; (object = cm_tree_next(&at));)
        if (object->owner == query->object->id && is_wanted(query, object))
            cm_reply_put(reply, &object->id, sizeof object->id);
    return noErr;
}

static const cm_property properties[] = {
    { kAudioObjectPropertyBaseClass, CM_IN_ALL, sizeof(AudioClassID), .get = get_base_class },
    { kAudioObjectPropertyClass, CM_IN_ALL, sizeof(AudioClassID), .get = get_class },
    { kAudioObjectPropertyOwner, CM_IN_ALL, sizeof(AudioObjectID), .get = get_owner },
    { kAudioObjectPropertyOwnedObjects, CM_IN_ALL, .list = true, .get = get_owned },
};

const cm_property_table cm_object_properties = CM_PROPERTY_TABLE(properties, NULL);
