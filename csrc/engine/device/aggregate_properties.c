/* aggregate_properties.c: what aggregates have beyond devices, and their sub-devices as objects. */
#include "aggregate.h"

#include "base/cf_array.h"
#include "base/cf_string.h"

#include <stdlib.h>
#include <string.h>

static cm_aggregate *aggregate_of(const cm_query *query)
{
    return cm_aggregate_find(((const cm_device *)query->object)->description.uid);
}

static bool is_there(const cm_query *query)
{
    return aggregate_of(query) != NULL;
}

static OSStatus get_full_list(const cm_query *query, cm_reply *reply)
{
    const cm_aggregate *aggregate = aggregate_of(query);
    CFMutableArrayRef list = CFArrayCreateMutable(NULL, 0, &kCFTypeArrayCallBacks);
    for (UInt32 i = 0; list && i < aggregate->count; i++)
        cm_cf_array_append_new(list,
                               cm_cf_string_new(aggregate->subs[i].uid, strlen(aggregate->subs[i].uid)));
    cm_reply_put(reply, &list, sizeof list);
    return list ? noErr : cmMemFullError;
}

static OSStatus get_active_list(const cm_query *query, cm_reply *reply)
{
    const cm_aggregate *aggregate = aggregate_of(query);
    for (UInt32 i = 0; i < aggregate->count; i++)
        if (aggregate->subs[i].object && cm_sub_device_find(&aggregate->subs[i]))
            cm_reply_u32(reply, aggregate->subs[i].object->id);
    return noErr;
}

static OSStatus get_composition(const cm_query *query, cm_reply *reply)
{
    CFTypeRef composition = CFRetain(aggregate_of(query)->composition);
    cm_reply_put(reply, &composition, sizeof composition);
    return noErr;
}

static OSStatus get_main(const cm_query *query, cm_reply *reply)
{
    const cm_device *main = cm_aggregate_main(aggregate_of(query));
    return cm_reply_text(reply, main ? main->description.uid : "");
}

/* The stream is made anew around another clock. */
static OSStatus set_main(const cm_query *query, UInt32 size, const void *data)
{
    CFStringRef text;
    size_t length;
    memcpy(&text, data, size);
    const char *uid = cm_cf_string_bytes(cm_cf_as_string(text), &length);
    cm_aggregate *aggregate = aggregate_of(query);
    cm_device *device = (cm_device *)query->object;
    UInt32 i = 0;
    while (uid && aggregate && i < aggregate->count && strcmp(aggregate->subs[i].uid, uid) != 0)
        i++;
    if (!uid || !aggregate || i == aggregate->count)
        return cm_fail(kAudioHardwareIllegalOperationError, "the main device has to be a sub-device");
    cm_hal_io_close(device);
    cm_tree_lock();
    memcpy(aggregate->main, aggregate->subs[i].uid, CM_DEVICE_TEXT);
    cm_notify(device->object.id, kAudioAggregateDevicePropertyMainSubDevice, kAudioObjectPropertyScopeGlobal,
              0);
    cm_tree_unlock();
    return cm_hal_io_settle(device);
}

static const cm_property properties[] = {
    { kAudioAggregateDevicePropertyFullSubDeviceList, CM_IN_GLOBAL, sizeof(CFArrayRef), .get = get_full_list,
      .has = is_there },
    { kAudioAggregateDevicePropertyActiveSubDeviceList, CM_IN_GLOBAL, .list = true, .get = get_active_list,
      .has = is_there },
    { kAudioAggregateDevicePropertyComposition, CM_IN_GLOBAL, sizeof(CFDictionaryRef), .get = get_composition,
      .has = is_there },
    { kAudioAggregateDevicePropertyMainSubDevice, CM_IN_GLOBAL, sizeof(CFStringRef), .get = get_main,
      .set = set_main, .has = is_there },
};

const cm_property_table cm_aggregate_properties = CM_PROPERTY_TABLE(properties, &cm_device_properties);

/* ---- sub-devices ---- */

typedef struct sub_object {
    cm_object object;
    cm_aggregate *aggregate;
    cm_sub_device *sub;
} sub_object;

static cm_sub_device *sub_of(const cm_query *query)
{
    return ((const sub_object *)query->object)->sub;
}

static OSStatus get_uid(const cm_query *query, cm_reply *reply)
{
    return cm_reply_text(reply, sub_of(query)->uid);
}

static OSStatus get_name(const cm_query *query, cm_reply *reply)
{
    const cm_device *device = cm_sub_device_find(sub_of(query));
    return cm_reply_text(reply, device ? device->description.name : sub_of(query)->uid);
}

static OSStatus get_drift(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, sub_of(query)->drift);
}

static OSStatus get_quality(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, sub_of(query)->quality);
}

/* A running stream is made anew with it. */
static OSStatus change(const cm_query *query, bool drift, UInt32 quality)
{
    const sub_object *object = (const sub_object *)query->object;
    cm_tree_lock();
    cm_device *device = cm_tree_device(object->object.owner);
    cm_tree_unlock();
    if (device)
        cm_hal_io_close(device);
    cm_tree_lock();
    object->sub->drift = drift;
    object->sub->quality = quality;
    cm_notify(object->object.id, query->address->mSelector, kAudioObjectPropertyScopeGlobal, 0);
    cm_tree_unlock();
    return device ? cm_hal_io_settle(device) : noErr;
}

static OSStatus set_drift(const cm_query *query, UInt32 size, const void *data)
{
    UInt32 drift;
    memcpy(&drift, data, size);
    return change(query, drift != 0, sub_of(query)->quality);
}

static OSStatus set_quality(const cm_query *query, UInt32 size, const void *data)
{
    UInt32 quality;
    memcpy(&quality, data, size);
    if (quality > kAudioSubDeviceDriftCompensationMaxQuality)
        return kAudioHardwareIllegalOperationError;
    return change(query, sub_of(query)->drift, quality);
}

static const cm_property sub_properties[] = {
    { kAudioDevicePropertyDeviceUID, CM_IN_ALL, sizeof(CFStringRef), .get = get_uid },
    { kAudioObjectPropertyName, CM_IN_ALL, sizeof(CFStringRef), .get = get_name },
    { kAudioSubDevicePropertyDriftCompensation, CM_IN_ALL, sizeof(UInt32), .get = get_drift,
      .set = set_drift },
    { kAudioSubDevicePropertyDriftCompensationQuality, CM_IN_ALL, sizeof(UInt32), .get = get_quality,
      .set = set_quality },
};

static const cm_property_table sub_table = CM_PROPERTY_TABLE(sub_properties, &cm_object_properties);

static void free_object(cm_object *object)
{
    sub_object *gone = (sub_object *)object;
    gone->sub->object = NULL;
    free(gone);
}

void cm_aggregate_fit_objects(cm_aggregate *aggregate, AudioObjectID owner)
{
    for (UInt32 i = 0; i < aggregate->count; i++) {
        cm_sub_device *sub = &aggregate->subs[i];
        sub_object *made = sub->object ? NULL : calloc(1, sizeof *made);
        if (made) {
            made->object = (cm_object){ .class_id = kAudioSubDeviceClassID,
                                        .base_class = kAudioDeviceClassID,
                                        .properties = &sub_table,
                                        .destroy = free_object };
            made->aggregate = aggregate;
            made->sub = sub;
            if (cm_tree_add(&made->object))
                sub->object = &made->object;
            else
                free(made);
        }
        if (sub->object)
            sub->object->owner = owner;
    }
}

void cm_aggregate_remove_objects(cm_aggregate *aggregate)
{
    for (UInt32 i = 0; i < aggregate->count; i++)
        if (aggregate->subs[i].object)
            cm_tree_remove(aggregate->subs[i].object);
}
