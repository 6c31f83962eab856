/*
 * hal_levels.c: volume, mute and the list of controls as properties of a device. A device has them where its
 * driver has them: a mute for all channels of a side together, a volume for all and, where the driver can,
 * for each.
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

/* The element is the channel. */
static bool has_volume(const cm_query *query)
{
    const cm_device_side *shape = cm_query_shape(query);
    UInt32 channel = query->address->mElement;
    return channel ? cm_channel_has_volume(shape, channel) : shape->channels && shape->has_volume;
}

static bool has_mute(const cm_query *query)
{
    return cm_query_shape(query)->channels && cm_query_shape(query)->has_mute;
}

/* ---- notifications ---- */

static void notify(const cm_device *device, cm_side side, AudioObjectPropertySelector selector)
{
    cm_notify(device->object.id, selector, cm_scope_of(side), kAudioObjectPropertyElementMain);
}

static void notify_control(const cm_object *control, AudioObjectPropertySelector selector)
{
    if (control)
        cm_notify(control->id, selector, kAudioObjectPropertyScopeGlobal, kAudioObjectPropertyElementMain);
}

static void notify_volume(const cm_device *device, cm_side side, UInt32 channel, const cm_object *control)
{
    AudioObjectPropertyScope scope = cm_scope_of(side);
    cm_notify(device->object.id, kAudioDevicePropertyVolumeScalar, scope, channel);
    cm_notify(device->object.id, kAudioDevicePropertyVolumeDecibels, scope, channel);
    notify_control(control, kAudioLevelControlPropertyScalarValue);
    notify_control(control, kAudioLevelControlPropertyDecibelValue);
}

void cm_device_notify_levels(const cm_device *device, const cm_device_description *old)
{
    for (int side = 0; side < CM_SIDES; side++) {
        const cm_device_side *now = &device->description.side[side], *was = &old->side[side];
        cm_object *const *controls = device->controls[side];
        if (now->has_volume && now->volume != was->volume)
            notify_volume(device, (cm_side)side, kAudioObjectPropertyElementMain,
                          controls[CM_CONTROL_VOLUME]);
        for (UInt32 i = 0; i < now->volume_count; i++)
            if (i >= was->volume_count || now->volumes[i] != was->volumes[i])
                notify_volume(device, (cm_side)side, i + 1, device->volumes[side][i]);
        if (now->has_mute && now->mute != was->mute) {
            notify(device, (cm_side)side, kAudioDevicePropertyMute);
            notify_control(controls[CM_CONTROL_MUTE], kAudioBooleanControlPropertyValue);
        }
        if (now->source_count && now->source != was->source) {
            notify(device, (cm_side)side, kAudioDevicePropertyDataSource);
            notify_control(controls[CM_CONTROL_SOURCE], kAudioSelectorControlPropertyCurrentItem);
        }
    }
}

/* ---- setting, for devices and for controls ---- */

void cm_side_set_volume(cm_device_side *side, UInt32 channel, Float32 volume)
{
    Float32 before = side->volume;
    if (channel)
        side->volumes[channel - 1] = volume;
    for (UInt32 i = 0; !channel && i < side->volume_count; i++)
        side->volumes[i] = before > 0 ? fminf(1, side->volumes[i] / before * volume) : volume;
    side->volume = channel ? 0 : volume;
    for (UInt32 i = 0; channel && i < side->volume_count; i++)
        side->volume = fmaxf(side->volume, side->volumes[i]);
}

bool cm_channel_has_volume(const cm_device_side *side, UInt32 channel)
{
    return channel - 1 < side->channels && channel - 1 < side->volume_count;
}

OSStatus cm_device_settable(const cm_device *device, bool driver_can)
{
    if (!device->alive)
        return kAudioHardwareNotRunningError;
    return driver_can ? noErr : kAudioHardwareUnsupportedOperationError;
}

OSStatus cm_device_set_volume(cm_device *device, cm_side side, UInt32 channel, Float32 volume)
{
    const cm_plugin *plugin = device->plugin;
    cm_device_description changed = device->description;
    if (!(volume >= 0 && volume <= 1) || (channel && !cm_channel_has_volume(&changed.side[side], channel)))
        return kAudioHardwareIllegalOperationError;
    OSStatus status = cm_device_settable(device, plugin && plugin->driver->set_volume);
    if (status == noErr)
        status = plugin->driver->set_volume(plugin->instance, changed.uid, side, channel, volume);
    if (status != noErr)
        return status;
    cm_side_set_volume(&changed.side[side], channel, volume);
    cm_device_update(device, &changed);
    return noErr;
}

OSStatus cm_device_set_mute(cm_device *device, cm_side side, bool mute)
{
    const cm_plugin *plugin = device->plugin;
    cm_device_description changed = device->description;
    OSStatus status = cm_device_settable(device, plugin && plugin->driver->set_mute);
    if (status == noErr)
        status = plugin->driver->set_mute(plugin->instance, changed.uid, side, mute);
    if (status != noErr)
        return status;
    changed.side[side].mute = mute;
    cm_device_update(device, &changed);
    return noErr;
}

/* ---- properties ---- */

static Float32 volume_of(const cm_query *query)
{
    return cm_side_volume(cm_query_shape(query), query->address->mElement);
}

static OSStatus get_volume(const cm_query *query, cm_reply *reply)
{
    return cm_reply_f32(reply, volume_of(query));
}

static OSStatus set_volume(const cm_query *query, UInt32 size, const void *data)
{
    Float32 volume;
    memcpy(&volume, data, size);
    return cm_device_set_volume(cm_query_device(query), cm_query_side(query), query->address->mElement,
                                volume);
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
    return cm_device_set_volume(cm_query_device(query), cm_query_side(query), query->address->mElement,
                                cm_volume_from_decibels(decibels));
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
    return cm_reply_u32(reply, cm_query_shape(query)->mute);
}

static OSStatus set_mute(const cm_query *query, UInt32 size, const void *data)
{
    UInt32 mute;
    memcpy(&mute, data, size);
    return cm_device_set_mute(cm_query_device(query), cm_query_side(query), mute != 0);
}

static OSStatus get_controls(const cm_query *query, cm_reply *reply)
{
    const cm_device *device = cm_query_device(query);
    for (int side = 0; side < CM_SIDES; side++)
        for (int kind = 0; kind < CM_CONTROLS; kind++)
            if (device->controls[side][kind])
                cm_reply_u32(reply, device->controls[side][kind]->id);
    for (int side = 0; side < CM_SIDES; side++)
        for (int i = 0; i < CM_DEVICE_CHANNELS; i++)
            if (device->volumes[side][i])
                cm_reply_u32(reply, device->volumes[side][i]->id);
    return noErr;
}

static const cm_property properties[] = {
    { kAudioDevicePropertyVolumeScalar, CM_IN_SIDES | CM_OF_CHANNELS, sizeof(Float32), .get = get_volume,
      .set = set_volume, .has = has_volume },
    { kAudioDevicePropertyVolumeDecibels, CM_IN_SIDES | CM_OF_CHANNELS, sizeof(Float32), .get = get_decibels,
      .set = set_decibels, .has = has_volume },
    { kAudioDevicePropertyVolumeRangeDecibels, CM_IN_SIDES | CM_OF_CHANNELS, sizeof(AudioValueRange),
      .get = get_range, .has = has_volume },
    { kAudioDevicePropertyVolumeScalarToDecibels, CM_IN_SIDES | CM_OF_CHANNELS, sizeof(Float32),
      .get = convert, .has = has_volume },
    { kAudioDevicePropertyVolumeDecibelsToScalar, CM_IN_SIDES | CM_OF_CHANNELS, sizeof(Float32),
      .get = convert, .has = has_volume },
    { kAudioDevicePropertyMute, CM_IN_SIDES, sizeof(UInt32), .get = get_mute, .set = set_mute,
      .has = has_mute },
    { kAudioObjectPropertyControlList, CM_IN_ALL, .list = true, .get = get_controls },
};

const cm_property_table cm_level_properties = CM_PROPERTY_TABLE(properties, &cm_source_properties);
