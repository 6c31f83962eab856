/*
 * hal_levels.c: volume, mute and the list of controls as properties of a device. A device has them where its
 * driver has them, and for all channels of a side together.
 */
#include "hal.h"

#include <math.h>
#include <string.h>

/* Drivers count volume on a cubic scale: a volume v is an amplitude of v^3. */
Float32 cm_volume_to_decibels(Float32 volume)
{
    return volume > 0 ? fminf(CM_LOUDEST, fmaxf(CM_QUIETEST, 60 * log10f(volume))) : CM_QUIETEST;
}

Float32 cm_volume_from_decibels(Float32 decibels)
{
    return decibels > CM_QUIETEST ? powf(10, fminf(CM_LOUDEST, decibels) / 60) : 0;
}

static cm_device *device_of(const cm_query *query)
{
    return (cm_device *)query->object;
}

static cm_side side_of(const cm_query *query)
{
    return cm_device_side_of(device_of(query), query->address->mScope);
}

static const cm_device_side *shape_of(const cm_query *query)
{
    return &device_of(query)->description.side[side_of(query)];
}

static bool has_volume(const cm_query *query)
{
    return shape_of(query)->channels && shape_of(query)->has_volume;
}

static bool has_mute(const cm_query *query)
{
    return shape_of(query)->channels && shape_of(query)->has_mute;
}

/* ---- notifications ---- */

static void notify(const cm_device *device, cm_side side, AudioObjectPropertySelector selector)
{
    cm_notify(device->object.id, selector, cm_scope_of(side), kAudioObjectPropertyElementMain);
}

static void notify_control(const cm_device *device, cm_side side, cm_control_kind kind,
                           AudioObjectPropertySelector selector)
{
    const cm_object *control = device->controls[side][kind];
    if (control)
        cm_notify(control->id, selector, kAudioObjectPropertyScopeGlobal, kAudioObjectPropertyElementMain);
}

void cm_device_notify_levels(const cm_device *device, const cm_device_description *old)
{
    for (int side = 0; side < CM_SIDES; side++) {
        const cm_device_side *now = &device->description.side[side], *was = &old->side[side];
        if (now->has_volume && now->volume != was->volume) {
            notify(device, (cm_side)side, kAudioDevicePropertyVolumeScalar);
            notify(device, (cm_side)side, kAudioDevicePropertyVolumeDecibels);
            notify_control(device, (cm_side)side, CM_CONTROL_VOLUME, kAudioLevelControlPropertyScalarValue);
            notify_control(device, (cm_side)side, CM_CONTROL_VOLUME, kAudioLevelControlPropertyDecibelValue);
        }
        if (now->has_mute && now->mute != was->mute) {
            notify(device, (cm_side)side, kAudioDevicePropertyMute);
            notify_control(device, (cm_side)side, CM_CONTROL_MUTE, kAudioBooleanControlPropertyValue);
        }
        if (now->source_count && now->source != was->source) {
            notify(device, (cm_side)side, kAudioDevicePropertyDataSource);
            notify_control(device, (cm_side)side, CM_CONTROL_SOURCE,
                           kAudioSelectorControlPropertyCurrentItem);
        }
    }
}

/* ---- setting, for devices and for controls ---- */

OSStatus cm_device_set_volume(cm_device *device, cm_side side, Float32 volume)
{
    const cm_plugin *plugin = device->plugin;
    if (!(volume >= 0 && volume <= 1))
        return kAudioHardwareIllegalOperationError;
    if (!device->alive)
        return kAudioHardwareNotRunningError;
    if (!plugin->driver->set_volume)
        return kAudioHardwareUnsupportedOperationError;
    OSStatus status = plugin->driver->set_volume(plugin->instance, device->description.uid, side, volume);
    if (status != noErr)
        return status;
    cm_device_description changed = device->description;
    changed.side[side].volume = volume;
    cm_device_update(device, &changed);
    return noErr;
}

OSStatus cm_device_set_mute(cm_device *device, cm_side side, bool mute)
{
    const cm_plugin *plugin = device->plugin;
    if (!device->alive)
        return kAudioHardwareNotRunningError;
    if (!plugin->driver->set_mute)
        return kAudioHardwareUnsupportedOperationError;
    OSStatus status = plugin->driver->set_mute(plugin->instance, device->description.uid, side, mute);
    if (status != noErr)
        return status;
    cm_device_description changed = device->description;
    changed.side[side].mute = mute;
    cm_device_update(device, &changed);
    return noErr;
}

/* ---- properties ---- */

static OSStatus get_volume(const cm_query *query, cm_reply *reply)
{
    return cm_reply_f32(reply, shape_of(query)->volume);
}

static OSStatus set_volume(const cm_query *query, UInt32 size, const void *data)
{
    Float32 volume;
    memcpy(&volume, data, size);
    return cm_device_set_volume(device_of(query), side_of(query), volume);
}

static OSStatus get_decibels(const cm_query *query, cm_reply *reply)
{
    return cm_reply_f32(reply, cm_volume_to_decibels(shape_of(query)->volume));
}

static OSStatus set_decibels(const cm_query *query, UInt32 size, const void *data)
{
    Float32 decibels;
    memcpy(&decibels, data, size);
    if (!isfinite(decibels))
        return kAudioHardwareIllegalOperationError;
    return cm_device_set_volume(device_of(query), side_of(query), cm_volume_from_decibels(decibels));
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
    return cm_reply_f32(reply, query->address->mSelector == kAudioDevicePropertyVolumeScalarToDecibels
                                   ? cm_volume_to_decibels(value)
                                   : cm_volume_from_decibels(value));
}

static OSStatus get_mute(const cm_query *query, cm_reply *reply)
{
    return cm_reply_u32(reply, shape_of(query)->mute);
}

static OSStatus set_mute(const cm_query *query, UInt32 size, const void *data)
{
    UInt32 mute;
    memcpy(&mute, data, size);
    return cm_device_set_mute(device_of(query), side_of(query), mute != 0);
}

static OSStatus get_controls(const cm_query *query, cm_reply *reply)
{
    const cm_device *device = device_of(query);
    for (int side = 0; side < CM_SIDES; side++)
        for (int kind = 0; kind < CM_CONTROLS; kind++)
            if (device->controls[side][kind])
                cm_reply_u32(reply, device->controls[side][kind]->id);
    return noErr;
}

static const cm_property properties[] = {
    { kAudioDevicePropertyVolumeScalar, CM_IN_SIDES, sizeof(Float32), .get = get_volume, .set = set_volume,
      .has = has_volume },
    { kAudioDevicePropertyVolumeDecibels, CM_IN_SIDES, sizeof(Float32), .get = get_decibels,
      .set = set_decibels, .has = has_volume },
    { kAudioDevicePropertyVolumeRangeDecibels, CM_IN_SIDES, sizeof(AudioValueRange), .get = get_range,
      .has = has_volume },
    { kAudioDevicePropertyVolumeScalarToDecibels, CM_IN_SIDES, sizeof(Float32), .get = convert,
      .has = has_volume },
    { kAudioDevicePropertyVolumeDecibelsToScalar, CM_IN_SIDES, sizeof(Float32), .get = convert,
      .has = has_volume },
    { kAudioDevicePropertyMute, CM_IN_SIDES, sizeof(UInt32), .get = get_mute, .set = set_mute,
      .has = has_mute },
    { kAudioObjectPropertyControlList, CM_IN_ALL, .list = true, .get = get_controls },
};

const cm_property_table cm_level_properties = CM_PROPERTY_TABLE(properties, &cm_source_properties);
