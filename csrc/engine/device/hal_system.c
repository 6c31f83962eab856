/* hal_system.c: the system object. */
#include "hal.h"

#include "base/cf_string.h"

#include <string.h>
#include <unistd.h>

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

static OSStatus get_processes(const cm_query *query, cm_reply *reply)
{
    (void)query;
    return cm_reply_u32(reply, cm_process_id());
}

/* Here too a process that is not there is no error. */
static OSStatus translate_pid(const cm_query *query, cm_reply *reply)
{
    pid_t pid;
    if (!query->qualifier || query->qualifier_size != sizeof pid)
        return kAudioHardwareBadPropertySizeError;
    memcpy(&pid, query->qualifier, sizeof pid);
    return cm_reply_u32(reply, pid == getpid() ? cm_process_id() : kAudioObjectUnknown);
}

static OSStatus translate_bundle(const cm_query *query, cm_reply *reply)
{
    const char *name = qualifier_text(query);
    const cm_plugin *plugin = NULL;
    if (!name)
        return kAudioHardwareBadPropertySizeError;
    for (size_t i = 0; (plugin = cm_hal_plugin(i)) && strcmp(plugin->driver->name, name) != 0; i++) {}
    return cm_reply_u32(reply, plugin ? plugin->object.id : kAudioObjectUnknown);
}

/* Boxes, clock devices, taps and transport managers: there is none of them. */
static OSStatus get_none(const cm_query *query, cm_reply *reply)
{
    (void)query, (void)reply;
    return noErr;
}

static OSStatus translate_to_none(const cm_query *query, cm_reply *reply)
{
    return qualifier_text(query) ? cm_reply_u32(reply, kAudioObjectUnknown)
                                 : kAudioHardwareBadPropertySizeError;
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
    { kAudioHardwarePropertyTranslateBundleIDToPlugIn, CM_IN_GLOBAL, sizeof(AudioObjectID),
      .get = translate_bundle },
    { kAudioHardwarePropertyProcessObjectList, CM_IN_GLOBAL, .list = true, .get = get_processes },
    { kAudioHardwarePropertyTranslatePIDToProcessObject, CM_IN_GLOBAL, sizeof(AudioObjectID),
      .get = translate_pid },
    { kAudioHardwarePropertyBoxList, CM_IN_GLOBAL, .list = true, .get = get_none },
    { kAudioHardwarePropertyTranslateUIDToBox, CM_IN_GLOBAL, sizeof(AudioObjectID),
      .get = translate_to_none },
    { kAudioHardwarePropertyClockDeviceList, CM_IN_GLOBAL, .list = true, .get = get_none },
    { kAudioHardwarePropertyTranslateUIDToClockDevice, CM_IN_GLOBAL, sizeof(AudioObjectID),
      .get = translate_to_none },
    { kAudioHardwarePropertyTapList, CM_IN_GLOBAL, .list = true, .get = get_none },
    { kAudioHardwarePropertyTranslateUIDToTap, CM_IN_GLOBAL, sizeof(AudioObjectID),
      .get = translate_to_none },
    { kAudioHardwarePropertyTransportManagerList, CM_IN_GLOBAL, .list = true, .get = get_none },
};

const cm_property_table cm_system_properties = CM_PROPERTY_TABLE(properties, &cm_object_properties);
