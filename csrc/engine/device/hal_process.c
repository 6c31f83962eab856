/*
 * hal_process.c: this process as an audio object. Others that play through the same server are the server's
 * business: it does not say which of its clients is which process's device.
 */
#include "hal.h"

#include <unistd.h>

static bool uses(const cm_device *device, cm_side side)
{
    return cm_hal_io_is_running(device) && device->io.settings.channels[side] > 0;
}

static bool includes(const cm_query *query, cm_side side)
{
    return query->address->mScope == kAudioObjectPropertyScopeGlobal ||
           query->address->mScope == cm_scope_of(side);
}

static bool is_running(cm_side side)
{
    size_t at = 0;
    for (cm_object *object; (object = cm_tree_next(&at));)
        if (cm_object_is_device(object) && uses((const cm_device *)object, side))
            return true;
    return false;
}

static OSStatus get_pid(const cm_query *query, cm_reply *reply)
{
    pid_t pid = getpid();
    (void)query;
    cm_reply_put(reply, &pid, sizeof pid);
    return noErr;
}

/* A program that is no bundle has no bundle's name. */
static OSStatus get_bundle(const cm_query *query, cm_reply *reply)
{
    (void)query;
    return cm_reply_text(reply, "");
}

static OSStatus get_devices(const cm_query *query, cm_reply *reply)
{
    size_t at = 0;
    for (cm_object *object; (object = cm_tree_next(&at));) {
        const cm_device *device = (const cm_device *)object;
        if (cm_object_is_device(object) && ((includes(query, CM_INPUT) && uses(device, CM_INPUT)) ||
                                            (includes(query, CM_OUTPUT) && uses(device, CM_OUTPUT))))
            cm_reply_put(reply, &object->id, sizeof object->id);
    }
    return noErr;
}

static OSStatus get_running(const cm_query *query, cm_reply *reply)
{
    switch (query->address->mSelector) {
    case kAudioProcessPropertyIsRunningInput:
        return cm_reply_u32(reply, is_running(CM_INPUT));
    case kAudioProcessPropertyIsRunningOutput:
        return cm_reply_u32(reply, is_running(CM_OUTPUT));
    default:
        return cm_reply_u32(reply, is_running(CM_INPUT) || is_running(CM_OUTPUT));
    }
}

static const cm_property properties[] = {
    { kAudioProcessPropertyPID, CM_IN_GLOBAL, sizeof(pid_t), .get = get_pid },
    { kAudioProcessPropertyBundleID, CM_IN_GLOBAL, sizeof(CFStringRef), .get = get_bundle },
    { kAudioProcessPropertyDevices, CM_IN_ALL, .list = true, .get = get_devices },
    { kAudioProcessPropertyIsRunning, CM_IN_GLOBAL, sizeof(UInt32), .get = get_running },
    { kAudioProcessPropertyIsRunningInput, CM_IN_GLOBAL, sizeof(UInt32), .get = get_running },
    { kAudioProcessPropertyIsRunningOutput, CM_IN_GLOBAL, sizeof(UInt32), .get = get_running },
};

static const cm_property_table table = CM_PROPERTY_TABLE(properties, &cm_object_properties);

static void keep(cm_object *object)
{
    (void)object;
}

/* Under the tree's lock. */
static struct {
    cm_object object;
    bool was_running[CM_SIDES];
} process;

void cm_process_add(void)
{
    process.object = (cm_object){ .class_id = kAudioProcessClassID,
                                  .base_class = kAudioObjectClassID,
                                  .owner = kAudioObjectSystemObject,
                                  .properties = &table,
                                  .destroy = keep };
    for (int side = 0; side < CM_SIDES; side++)
        process.was_running[side] = false;
    cm_tree_add(&process.object);
}

AudioObjectID cm_process_id(void)
{
    return process.object.id;
}

void cm_process_notify(void)
{
    static const AudioObjectPropertySelector selectors[CM_SIDES] = { kAudioProcessPropertyIsRunningInput,
                                                                     kAudioProcessPropertyIsRunningOutput };
    bool *was = process.was_running, ran = was[CM_INPUT] || was[CM_OUTPUT];
    AudioObjectID id = process.object.id;
    for (int side = 0; side < CM_SIDES; side++) {
        bool runs = is_running((cm_side)side);
        if (runs != was[side])
            cm_notify(id, selectors[side], kAudioObjectPropertyScopeGlobal, 0);
        was[side] = runs;
    }
    if (ran != (was[CM_INPUT] || was[CM_OUTPUT]))
        cm_notify(id, kAudioProcessPropertyIsRunning, kAudioObjectPropertyScopeGlobal, 0);
    cm_notify(id, kAudioProcessPropertyDevices, kAudioObjectPropertyScopeGlobal, 0);
}
