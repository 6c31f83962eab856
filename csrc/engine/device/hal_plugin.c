/* hal_plugin.c: an open driver, seen as a plug-in of the HAL. */
#include "hal.h"

static const cm_plugin *plugin_of(const cm_query *query)
{
    return (const cm_plugin *)query->object;
}

static OSStatus get_name(const cm_query *query, cm_reply *reply)
{
    return cm_reply_text(reply, plugin_of(query)->driver->name);
}

static OSStatus get_devices(const cm_query *query, cm_reply *reply)
{
    size_t at = 0;
    for (cm_object *object; (object = cm_tree_next(&at));) {
        const cm_device *device = (const cm_device *)object;
        if (cm_object_is_device(object) && device->alive && device->plugin == plugin_of(query))
            cm_reply_put(reply, &object->id, sizeof object->id);
    }
    return noErr;
}

static const cm_property properties[] = {
    { kAudioObjectPropertyName, CM_IN_GLOBAL, sizeof(CFStringRef), .get = get_name },
    { kAudioPlugInPropertyBundleID, CM_IN_GLOBAL, sizeof(CFStringRef), .get = get_name },
    { kAudioPlugInPropertyDeviceList, CM_IN_GLOBAL, .list = true, .get = get_devices },
};

const cm_property_table cm_plugin_properties = CM_PROPERTY_TABLE(properties, &cm_object_properties);
