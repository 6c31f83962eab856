/* hal_system.c: the system object. */
#include "hal.h"

#include "base/cf_string.h"

#include <string.h>

static OSStatus get_devices(const cm_query *query, cm_reply *reply)
{
    (void)query;
    size_t at = 0;
    for (cm_object *object; (object = cm_tree_next(&at));)
        if (cm_object_is_device(object) && ((cm_device *)object)->alive)
            cm_reply_put(reply, &object->id, sizeof object->id);
    return noErr;
}

static cm_default default_of(const cm_query *query)
{
    switch (query->address->mSelector) {
    case kAudioHardwarePropertyDefaultInputDevice:
        return CM_DEFAULT_INPUT;
    case kAudioHardwarePropertyDefaultOutputDevice:
        return CM_DEFAULT_OUTPUT;
    default:
        return CM_DEFAULT_SYSTEM;
    }
}

static OSStatus get_default(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, cm_hal_default(default_of(query)));
}

static OSStatus set_default(const cm_query *query, UInt32 size, const void *data)
{
    AudioObjectID device;
    memcpy(&device, data, size);
    return cm_hal_set_default(default_of(query), device);
}

/* The text of a qualifier that is a CFStringRef, or NULL. */
static const char *qualifier_text(const cm_query *query)
{
    CFStringRef string;
    size_t size;
    if (!query->qualifier || query->qualifier_size != sizeof string)
        return NULL;
    memcpy(&string, query->qualifier, sizeof string);
    return cm_cf_string_bytes(cm_cf_as_string(string), &size);
}

/* A uid that nobody has is no error: the answer is kAudioObjectUnknown. */
static OSStatus translate_uid(const cm_query *query, cm_reply *reply)
{
    const char *uid = qualifier_text(query);
    if (!uid)
        return kAudioHardwareBadPropertySizeError;
    const cm_device *device = cm_tree_device_by_uid(uid, NULL);
    return cm_reply_u32(reply, device ? device->object.id : kAudioObjectUnknown);
}

static OSStatus get_plug_ins(const cm_query *query, cm_reply *reply)
{
    (void)query;
    const cm_plugin *plugin;
    for (size_t i = 0; (plugin = cm_hal_plugin(i)); i++)
        cm_reply_put(reply, &plugin->object.id, sizeof plugin->object.id);
    return noErr;
}

static const cm_property properties[] = {
    { kAudioHardwarePropertyDevices, CM_IN_GLOBAL, .list = true, .get = get_devices },
    { kAudioHardwarePropertyDefaultInputDevice, CM_IN_GLOBAL, sizeof(AudioObjectID), .get = get_default,
      .set = set_default },
    { kAudioHardwarePropertyDefaultOutputDevice, CM_IN_GLOBAL, sizeof(AudioObjectID), .get = get_default,
      .set = set_default },
    { kAudioHardwarePropertyDefaultSystemOutputDevice, CM_IN_GLOBAL, sizeof(AudioObjectID),
      .get = get_default, .set = set_default },
    { kAudioHardwarePropertyTranslateUIDToDevice, CM_IN_GLOBAL, sizeof(AudioObjectID), .get = translate_uid },
    { kAudioHardwarePropertyPlugInList, CM_IN_GLOBAL, .list = true, .get = get_plug_ins },
};

const cm_property_table cm_system_properties = CM_PROPERTY_TABLE(properties, &cm_object_properties);
