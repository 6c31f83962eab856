#include "aggregate.h"

#include "base/cf_string.h"
#include "base/realtime.h"
#include "format/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static cm_aggregate *aggregates;
static const cm_driver_host *aggregate_host;

cm_aggregate *cm_aggregate_find(const char *uid)
{
    cm_aggregate *aggregate = aggregates;
    while (aggregate && strcmp(aggregate->uid, uid) != 0)
        aggregate = aggregate->next;
    return aggregate;
}

cm_device *cm_sub_device_find(const cm_sub_device *sub)
{
    cm_device *device = cm_tree_device_by_uid(sub->uid, NULL);
    return device && device->plugin->driver != &cm_driver_aggregate ? device : NULL;
}

cm_device *cm_aggregate_main(const cm_aggregate *aggregate)
{
    cm_device *first = NULL;
    for (UInt32 i = 0; i < aggregate->count; i++) {
        cm_device *device = cm_sub_device_find(&aggregate->subs[i]);
        if (device && strcmp(aggregate->main, aggregate->subs[i].uid) == 0)
            return device;
        if (!first)
            first = device;
    }
    return first;
}

/* ---- the driver ---- */

static OSStatus open_driver(const cm_driver_host *host, void **driver)
{
    aggregate_host = host;
    aggregates = NULL; /* a child process does not go on with its parent's */
    *driver = &aggregates;
    return noErr;
}

static void free_aggregate(cm_aggregate *aggregate)
{
    if (aggregate->composition)
        CFRelease(aggregate->composition);
    free(aggregate);
}

static void close_driver(void *driver)
{
    (void)driver;
    while (aggregates) {
        cm_aggregate *gone = aggregates;
        aggregates = gone->next;
        cm_tree_lock();
        cm_aggregate_remove_objects(gone);
        cm_tree_unlock();
        free_aggregate(gone);
    }
}

static bool offers(const cm_device *device, Float64 rate)
{
    for (UInt32 i = 0; i < device->description.rate_count; i++)
        if (device->description.rates[i] == rate)
            return true;
    return false;
}

/* Rates of the main device that all others have too. */
static void keep_common_rates(cm_device_description *description, const cm_device *other)
{
    UInt32 kept = 0;
    for (UInt32 i = 0; i < description->rate_count; i++)
        if (offers(other, description->rates[i]))
            description->rates[kept++] = description->rates[i];
    description->rate_count = kept;
}

static void add_channels(cm_device_side *to, const cm_device_side *from, bool is_stacked)
{
    if (!is_stacked)
        to->channels += from->channels;
    else if (from->channels > to->channels)
        to->channels = from->channels;
}

static void describe(const cm_aggregate *aggregate, cm_device_description *description)
{
    const cm_device *main = cm_aggregate_main(aggregate);
    *description = (cm_device_description){ 0 };
    if (main)
        *description = main->description;
    snprintf(description->uid, sizeof description->uid, "%s", aggregate->uid);
    snprintf(description->name, sizeof description->name, "%s", aggregate->name);
    snprintf(description->manufacturer, sizeof description->manufacturer, "coremusic");
    snprintf(description->model_uid, sizeof description->model_uid, "coremusic:aggregate");
    description->transport = kAudioDeviceTransportTypeAggregate;
    description->is_loopback = false;
    if (main)
        description->buffer_frames = main->buffer_frames;
    for (int side = 0; side < CM_SIDES; side++) {
        cm_device_side *shape = &description->side[side];
        shape->has_volume = shape->has_mute = shape->mute = false;
        shape->volume = 0;
        shape->channels = shape->volume_count = shape->source_count = 0;
    }
    for (UInt32 i = 0; i < aggregate->count; i++) {
        const cm_device *device = cm_sub_device_find(&aggregate->subs[i]);
        if (!device)
            continue;
        keep_common_rates(description, device);
        for (int side = 0; side < CM_SIDES; side++)
            add_channels(&description->side[side], &device->description.side[side],
                         side == CM_OUTPUT && aggregate->is_stacked);
    }
    for (int side = 0; side < CM_SIDES; side++)
        description->side[side].layout = cm_layout_default_tag(description->side[side].channels);
}

/* A device that went and came back between two looks leaves the shape as it was, but not the stream. */
static void check_stream(const cm_aggregate *aggregate, const cm_device_description *now)
{
    const cm_device *device = cm_tree_device_by_uid(aggregate->uid, NULL);
    if (!aggregate->io || !device || cm_aggregate_io_is_whole(aggregate->io))
        return;
    if (now->side[CM_INPUT].channels == device->description.side[CM_INPUT].channels &&
        now->side[CM_OUTPUT].channels == device->description.side[CM_OUTPUT].channels)
        cm_aggregate_io_lose(aggregate->io);
}

static OSStatus list_devices(void *driver,
                             void (*visit)(void *context, const cm_device_description *description),
                             void *context)
{
    (void)driver;
    for (const cm_aggregate *aggregate = aggregates; aggregate; aggregate = aggregate->next) {
        cm_device_description description;
        describe(aggregate, &description);
        check_stream(aggregate, &description);
        visit(context, &description);
    }
    return noErr;
}

static OSStatus get_default(void *driver, cm_side side, char uid[CM_DEVICE_TEXT])
{
    (void)driver, (void)side;
    uid[0] = 0;
    return noErr;
}

static OSStatus set_rate(void *driver, const char *uid, Float64 rate)
{
    (void)driver;
    const cm_aggregate *aggregate = cm_aggregate_find(uid);
    OSStatus status = aggregate ? noErr : kAudioHardwareBadDeviceError;
    for (UInt32 i = 0; status == noErr && i < aggregate->count; i++) {
        cm_device *device = cm_sub_device_find(&aggregate->subs[i]);
        if (device)
            status = cm_device_set_rate(device, rate);
    }
    return status;
}

const cm_driver cm_driver_aggregate = {
    .name = "aggregate",
    .open = open_driver,
    .close = close_driver,
    .devices = list_devices,
    .get_default = get_default,
    .set_rate = set_rate,
    .io_open = cm_aggregate_io_open,
    .io_start = cm_aggregate_io_start,
    .io_stop = cm_aggregate_io_stop,
    .io_close = cm_aggregate_io_close,
    .io_time = cm_aggregate_io_time,
};

/* ---- made from a dictionary ---- */

static CFTypeRef value_of(CFDictionaryRef dictionary, const char *key)
{
    CFStringRef name = cm_cf_string_new(key, strlen(key));
    CFTypeRef value = name ? CFDictionaryGetValue(dictionary, name) : NULL;
    if (name)
        CFRelease(name);
    return value;
}

/* False when there is no such text or it is too long. */
static bool text_of(CFDictionaryRef dictionary, const char *key, char text[CM_DEVICE_TEXT])
{
    size_t size;
    const char *bytes = cm_cf_string_bytes(cm_cf_as_string(value_of(dictionary, key)), &size);
    if (!bytes || size >= CM_DEVICE_TEXT)
        return false;
    snprintf(text, CM_DEVICE_TEXT, "%s", bytes);
    return true;
}

static SInt32 number_of(CFDictionaryRef dictionary, const char *key, SInt32 otherwise)
{
    CFTypeRef value = value_of(dictionary, key);
    if (cm_cf_is(value, CM_CF_NUMBER))
        CFNumberGetValue(value, kCFNumberSInt32Type, &otherwise);
    else if (cm_cf_is(value, CM_CF_BOOLEAN))
        otherwise = CFBooleanGetValue(value);
    return otherwise;
}

static OSStatus read_sub_device(CFTypeRef entry, cm_sub_device *sub)
{
    if (!cm_cf_is(entry, CM_CF_DICTIONARY) || !text_of(entry, kAudioSubDeviceUIDKey, sub->uid) || !*sub->uid)
        return cm_fail(kAudioHardwareIllegalOperationError, "a sub-device needs a uid");
    SInt32 quality = number_of(entry, kAudioSubDeviceDriftCompensationQualityKey,
                               kAudioAggregateDriftCompensationMediumQuality);
    if (quality < 0 || quality > kAudioAggregateDriftCompensationMaxQuality)
        return cm_fail(kAudioHardwareIllegalOperationError, "a drift quality is 0 to 127, not %d",
                       (int)quality);
    sub->quality = (UInt32)quality;
    sub->drift = number_of(entry, kAudioSubDeviceDriftCompensationKey, 0) != 0;
    return noErr;
}

static OSStatus read_description(CFDictionaryRef dictionary, cm_aggregate *aggregate)
{
    CFTypeRef list = value_of(dictionary, kAudioAggregateDeviceSubDeviceListKey);
    OSStatus status = noErr;
    if (!text_of(dictionary, kAudioAggregateDeviceUIDKey, aggregate->uid) || !*aggregate->uid)
        return cm_fail(kAudioHardwareIllegalOperationError, "an aggregate device needs a uid");
    if (!text_of(dictionary, kAudioAggregateDeviceNameKey, aggregate->name))
        snprintf(aggregate->name, sizeof aggregate->name, "%s", aggregate->uid);
    if (!text_of(dictionary, kAudioAggregateDeviceMainSubDeviceKey, aggregate->main))
        text_of(dictionary, kAudioAggregateDeviceClockDeviceKey, aggregate->main);
    aggregate->is_stacked = number_of(dictionary, kAudioAggregateDeviceIsStackedKey, 0) != 0;
    CFIndex count = cm_cf_is(list, CM_CF_ARRAY) ? CFArrayGetCount(list) : 0;
    if (count > CM_MAX_SUB_DEVICES)
        return cm_fail(kAudioHardwareIllegalOperationError, "an aggregate device has at most %d sub-devices",
                       CM_MAX_SUB_DEVICES);
    for (CFIndex i = 0; i < count && status == noErr; i++)
        status = read_sub_device(CFArrayGetValueAtIndex(list, i), &aggregate->subs[aggregate->count++]);
    return status;
}

/* Puts it in the list, where the HAL finds it. The control lock is held. */
static OSStatus publish(cm_aggregate *aggregate, AudioObjectID *out)
{
    cm_tree_lock();
    bool is_taken = cm_tree_device_by_uid(aggregate->uid, NULL) || cm_aggregate_find(aggregate->uid);
    if (!is_taken) {
        aggregate->next = aggregates;
        aggregates = aggregate;
    }
    cm_tree_unlock();
    if (is_taken)
        return cm_fail(kAudioHardwareIllegalOperationError, "there is a device \"%s\"", aggregate->uid);
    aggregate_host->changed(aggregate_host->context);
    cm_hal_catch_up();
    cm_tree_lock();
    const cm_device *device = cm_tree_device_by_uid(aggregate->uid, NULL);
    *out = device ? device->object.id : kAudioObjectUnknown;
    cm_tree_unlock();
    return *out ? noErr : kAudioHardwareUnspecifiedError;
}

OSStatus AudioHardwareCreateAggregateDevice(CFDictionaryRef inDescription, AudioObjectID *outDeviceID)
{
    if (!outDeviceID || !cm_cf_is(inDescription, CM_CF_DICTIONARY) || cm_render_active())
        return kAudioHardwareIllegalOperationError;
    cm_aggregate *aggregate = calloc(1, sizeof *aggregate);
    if (!aggregate)
        return cmMemFullError;
    OSStatus status = read_description(inDescription, aggregate);
    if (status == noErr && !(aggregate->composition = CFDictionaryCreateCopy(NULL, inDescription)))
        status = cmMemFullError;
    cm_hal_open();
    cm_hal_lock();
    if (status == noErr)
        status = cm_hal_add_driver(&cm_driver_aggregate);
    if (status == noErr)
        status = publish(aggregate, outDeviceID);
    if (status != noErr && cm_aggregate_find(aggregate->uid) != aggregate)
        free_aggregate(aggregate);
    cm_hal_unlock();
    return status;
}

/* Out of the list first, so that the HAL closes its stream; then it can be freed. */
static void remove_aggregate(cm_aggregate *gone)
{
    cm_tree_lock();
    cm_aggregate **link = &aggregates;
    while (*link != gone)
        link = &(*link)->next;
    *link = gone->next;
    cm_aggregate_remove_objects(gone);
    cm_tree_unlock();
    aggregate_host->changed(aggregate_host->context);
    cm_hal_catch_up();
    free_aggregate(gone);
}

OSStatus AudioHardwareDestroyAggregateDevice(AudioObjectID inDeviceID)
{
    if (cm_render_active())
        return kAudioHardwareIllegalOperationError;
    cm_hal_open();
    cm_hal_lock();
    cm_tree_lock();
    const cm_device *device = cm_tree_device(inDeviceID);
    cm_tree_unlock();
    bool is_ours = device && device->alive && device->plugin->driver == &cm_driver_aggregate;
    if (is_ours)
        remove_aggregate(cm_aggregate_find(device->description.uid));
    cm_hal_unlock();
    return is_ours  ? noErr
           : device ? cm_fail(kAudioHardwareIllegalOperationError, "not an aggregate device")
                    : kAudioHardwareBadObjectError;
}
