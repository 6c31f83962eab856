/* hal_control.c: the volume, the mute and the data source of a side as objects of their own. */
#include "hal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct cm_control {
    cm_object object;
    cm_device *device;
    cm_side side;
    UInt32 channel; /* from 1; 0: the whole side */
} cm_control;

static const cm_control *control_of(const cm_query *query)
{
    return (const cm_control *)query->object;
}

static const cm_device_side *shape_of(const cm_query *query)
{
    return &control_of(query)->device->description.side[control_of(query)->side];
}

static OSStatus get_scope(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, cm_scope_of(control_of(query)->side));
}

static OSStatus get_element(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, control_of(query)->channel);
}

static const cm_property properties[] = {
    { kAudioControlPropertyScope, CM_IN_GLOBAL, sizeof(UInt32), .get = get_scope },
    { kAudioControlPropertyElement, CM_IN_GLOBAL, sizeof(UInt32), .get = get_element },
};

static const cm_property_table control_properties = CM_PROPERTY_TABLE(properties, &cm_object_properties);

/* ---- volume ---- */

static Float32 volume_of(const cm_query *query)
{
    return cm_side_volume(shape_of(query), control_of(query)->channel);
}

static OSStatus set_volume(const cm_query *query, Float32 volume)
{
    const cm_control *control = control_of(query);
    return cm_device_set_volume(control->device, control->side, control->channel, volume);
}

static OSStatus get_scalar(const cm_query *query, cm_reply *reply)
{
    return cm_reply_f32(reply, volume_of(query));
}

static OSStatus set_scalar(const cm_query *query, UInt32 size, const void *data)
{
    Float32 volume;
    memcpy(&volume, data, size);
    return set_volume(query, volume);
}

static OSStatus get_decibels(const cm_query *query, cm_reply *reply)
{
    return cm_reply_f32(reply, cm_volume_to_decibels(volume_of(query)));
}

static OSStatus set_decibels(const cm_query *query, UInt32 size, const void *data)
{
    Float32 decibels;
    memcpy(&decibels, data, size);
    if (!isfinite(decibels))
        return kAudioHardwareIllegalOperationError;
    return set_volume(query, cm_volume_from_decibels(decibels));
}

static OSStatus get_range(const cm_query *query, cm_reply *reply)
{
    (void)query;
    cm_reply_put(reply, &(AudioValueRange){ CM_QUIETEST, CM_LOUDEST }, sizeof(AudioValueRange));
    return noErr;
}

/* The value to be converted comes in the caller's buffer. */
static OSStatus convert(const cm_query *query, cm_reply *reply)
{
    Float32 value;
    memcpy(&value, reply->data, sizeof value);
    return cm_reply_f32(reply, query->address->mSelector == kAudioLevelControlPropertyConvertScalarToDecibels
                                   ? cm_volume_to_decibels(value)
                                   : cm_volume_from_decibels(value));
}

static const cm_property volume_properties[] = {
    { kAudioLevelControlPropertyScalarValue, CM_IN_GLOBAL, sizeof(Float32), .get = get_scalar,
      .set = set_scalar },
    { kAudioLevelControlPropertyDecibelValue, CM_IN_GLOBAL, sizeof(Float32), .get = get_decibels,
      .set = set_decibels },
    { kAudioLevelControlPropertyDecibelRange, CM_IN_GLOBAL, sizeof(AudioValueRange), .get = get_range },
    { kAudioLevelControlPropertyConvertScalarToDecibels, CM_IN_GLOBAL, sizeof(Float32), .get = convert },
    { kAudioLevelControlPropertyConvertDecibelsToScalar, CM_IN_GLOBAL, sizeof(Float32), .get = convert },
};

static const cm_property_table volume_table = CM_PROPERTY_TABLE(volume_properties, &control_properties);

/* ---- mute ---- */

static OSStatus get_mute(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, shape_of(query)->mute);
}

static OSStatus set_mute(const cm_query *query, UInt32 size, const void *data)
{
    UInt32 mute;
    memcpy(&mute, data, size);
    return cm_device_set_mute(control_of(query)->device, control_of(query)->side, mute != 0);
}

static const cm_property mute_properties[] = {
    { kAudioBooleanControlPropertyValue, CM_IN_GLOBAL, sizeof(UInt32), .get = get_mute, .set = set_mute },
};

static const cm_property_table mute_table = CM_PROPERTY_TABLE(mute_properties, &control_properties);

/* ---- data source ---- */

static OSStatus get_item(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, shape_of(query)->source);
}

static OSStatus set_item(const cm_query *query, UInt32 size, const void *data)
{
    UInt32 item;
    memcpy(&item, data, size);
    return cm_device_set_source(control_of(query)->device, control_of(query)->side, item);
}

static OSStatus get_items(const cm_query *query, cm_reply *reply)
{
    for (UInt32 i = 0; i < shape_of(query)->source_count; i++)
        cm_reply_u32(reply, shape_of(query)->sources[i].id);
    return noErr;
}

/* The qualifier is the item. */
static OSStatus get_item_name(const cm_query *query, cm_reply *reply)
{
    UInt32 item;
    if (!query->qualifier || query->qualifier_size != sizeof item)
        return kAudioHardwareBadPropertySizeError;
    memcpy(&item, query->qualifier, sizeof item);
    const cm_data_source *source = cm_device_find_source(shape_of(query), item);
    return source ? cm_reply_text(reply, source->name) : kAudioHardwareIllegalOperationError;
}

static const cm_property source_properties[] = {
    { kAudioSelectorControlPropertyCurrentItem, CM_IN_GLOBAL, sizeof(UInt32), .get = get_item,
      .set = set_item },
    { kAudioSelectorControlPropertyAvailableItems, CM_IN_GLOBAL, .list = true, .get = get_items },
    { kAudioSelectorControlPropertyItemName, CM_IN_GLOBAL, sizeof(CFStringRef), .get = get_item_name },
};

static const cm_property_table source_table = CM_PROPERTY_TABLE(source_properties, &control_properties);

/* ---- life ---- */

static void free_control(cm_object *object)
{
    free(object);
}

cm_object *cm_control_new(cm_device *device, cm_side side, cm_control_kind kind, UInt32 channel)
{
    static const struct {
        AudioClassID class_id, base_class;
        const cm_property_table *properties;
    } kinds[CM_CONTROLS] = {
        [CM_CONTROL_VOLUME] = { kAudioVolumeControlClassID, kAudioLevelControlClassID, &volume_table },
        [CM_CONTROL_MUTE] = { kAudioMuteControlClassID, kAudioBooleanControlClassID, &mute_table },
        [CM_CONTROL_SOURCE] = { kAudioDataSourceControlClassID, kAudioSelectorControlClassID, &source_table },
    };
    cm_control *control = calloc(1, sizeof *control);
    if (!control)
        return NULL;
    control->object = (cm_object){ .class_id = kinds[kind].class_id,
                                   .base_class = kinds[kind].base_class,
                                   .owner = device->object.id,
                                   .properties = kinds[kind].properties,
                                   .destroy = free_control };
    control->device = device;
    control->side = side;
    control->channel = channel;
    if (cm_tree_add(&control->object))
        return &control->object;
    free(control);
    return NULL;
}
