/* hal_source.c: the data sources of a side of a device. */
#include "hal.h"

#include "base/cf_string.h"

#include <string.h>

static bool has_sources(const cm_query *query)
{
    return cm_query_shape(query)->channels && cm_query_shape(query)->source_count;
}

const cm_data_source *cm_device_find_source(const cm_device_side *side, UInt32 id)
{
    for (UInt32 i = 0; i < side->source_count; i++)
        if (side->sources[i].id == id)
            return &side->sources[i];
    return NULL;
}

OSStatus cm_device_set_source(cm_device *device, cm_side side, UInt32 source)
{
    const cm_plugin *plugin = device->plugin;
    if (!cm_device_find_source(&device->description.side[side], source))
        return kAudioHardwareIllegalOperationError;
    cm_device_description changed = device->description;
    OSStatus status = cm_device_settable(device, plugin && plugin->driver->set_source);
    if (status == noErr)
        status = plugin->driver->set_source(plugin->instance, changed.uid, side, source);
    if (status != noErr)
        return status;
    changed.side[side].source = source;
    cm_device_update(device, &changed);
    return noErr;
}

static OSStatus get_source(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, cm_query_shape(query)->source);
}

static OSStatus set_source(const cm_query *query, UInt32 size, const void *data)
{
    UInt32 source;
    memcpy(&source, data, size);
    return cm_device_set_source(cm_query_device(query), cm_query_side(query), source);
}

static OSStatus get_sources(const cm_query *query, cm_reply *reply)
{
    for (UInt32 i = 0; i < cm_query_shape(query)->source_count; i++)
        cm_reply_u32(reply, cm_query_shape(query)->sources[i].id);
    return noErr;
}

/* The value is an AudioValueTranslation whose pointers are the caller's: from an id to a new CFString. */
static OSStatus translate_name(const cm_query *query, cm_reply *reply)
{
    AudioValueTranslation translation;
    UInt32 id;
    memcpy(&translation, reply->data, sizeof translation);
    if (!translation.mInputData || translation.mInputDataSize != sizeof id || !translation.mOutputData ||
        translation.mOutputDataSize < sizeof(CFStringRef))
        return kAudioHardwareBadPropertySizeError;
    memcpy(&id, translation.mInputData, sizeof id);
    const cm_data_source *source = cm_device_find_source(cm_query_shape(query), id);
    CFStringRef name = source ? cm_cf_string_new(source->name, strlen(source->name)) : NULL;
    if (!name)
        return kAudioHardwareIllegalOperationError;
    memcpy(translation.mOutputData, &name, sizeof name);
    translation.mOutputDataSize = sizeof name;
    cm_reply_put(reply, &translation, sizeof translation);
    return noErr;
}

static const cm_property properties[] = {
    { kAudioDevicePropertyDataSource, CM_IN_SIDES, sizeof(UInt32), .get = get_source, .set = set_source,
      .has = has_sources },
    { kAudioDevicePropertyDataSources, CM_IN_SIDES, .list = true, .get = get_sources, .has = has_sources },
    { kAudioDevicePropertyDataSourceNameForIDCFString, CM_IN_SIDES, sizeof(AudioValueTranslation),
      .get = translate_name, .has = has_sources },
};

const cm_property_table cm_source_properties = CM_PROPERTY_TABLE(properties, &cm_object_properties);
