/* virtual_hand.c: what the user can do to virtual devices, see <coremusic/engine.h>. */
#include "virtual.h"

#include "hal.h"

#include "base/realtime.h"
#include "format/layout.h"

#include <CoreAudio/AudioHardware.h>
#include <coremusic/engine.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

OSStatus CMVirtualSetManualClock(Boolean manual)
{
    if (cm_render_active())
        return kAudioHardwareIllegalOperationError;
    cm_virtual_take_clock(manual);
    return noErr;
}

Boolean CMVirtualIsManualClock(void)
{
    return atomic_load(&cm_virtual.by_hand);
}

OSStatus CMVirtualAdvance(UInt64 frames, Float64 rate)
{
    if (cm_render_active())
        return kAudioHardwareIllegalOperationError;
    if (!(rate >= 1))
        return cm_fail(kAudioHardwareIllegalOperationError, "time passes at 1 Hz at least");
    return cm_virtual_pass(frames, rate);
}

/*
 * The device of that uid, with the lock held. NULL and the lock not held, with *status saying why, where
 * there is none or on a render thread.
 */
static cm_virtual_device *lock_device(const char *uid, OSStatus *status)
{
    *status = kAudioHardwareIllegalOperationError;
    if (!uid || cm_render_active())
        return NULL;
    cm_virtual_lock();
    cm_virtual_device *device = cm_virtual_find(uid);
    *status = noErr;
    if (!device) {
        cm_virtual_unlock();
        *status = cm_fail(kAudioHardwareBadDeviceError, "there is no virtual device \"%s\"", uid);
    }
    return device;
}

OSStatus CMVirtualStartCapture(const char *uid, UInt64 frames)
{
    OSStatus status;
    cm_virtual_device *device = lock_device(uid, &status);
    if (!device)
        return status;
    status = cm_virtual_capture_begin(device, frames);
    cm_virtual_unlock();
    return status;
}

OSStatus CMVirtualGetChannels(const char *uid, UInt32 *outInputChannels, UInt32 *outOutputChannels)
{
    OSStatus status;
    if (!outInputChannels || !outOutputChannels)
        return kAudioHardwareIllegalOperationError;
    cm_virtual_device *device = lock_device(uid, &status);
    if (!device)
        return status;
    *outInputChannels = device->description.side[CM_INPUT].channels;
    *outOutputChannels = device->description.side[CM_OUTPUT].channels;
    cm_virtual_unlock();
    return noErr;
}

OSStatus CMVirtualReadCapture(const char *uid, UInt32 *ioFrames, Float32 *outSamples)
{
    OSStatus status;
    if (!ioFrames || (!outSamples && *ioFrames))
        return kAudioHardwareIllegalOperationError;
    cm_virtual_device *device = lock_device(uid, &status);
    if (!device)
        return status;
    if (!atomic_load(&device->capture))
        status = cm_fail(kAudioHardwareIllegalOperationError, "nothing of \"%s\" is captured", uid);
    else
        *ioFrames = cm_virtual_capture_read(device, outSamples, *ioFrames);
    cm_virtual_unlock();
    return status;
}

OSStatus CMVirtualGetCaptureLoss(const char *uid, UInt64 *outFrames)
{
    OSStatus status;
    if (!outFrames)
        return kAudioHardwareIllegalOperationError;
    cm_virtual_device *device = lock_device(uid, &status);
    if (!device)
        return status;
    *outFrames = atomic_load(&device->capture_lost);
    cm_virtual_unlock();
    return noErr;
}

OSStatus CMVirtualStopCapture(const char *uid)
{
    OSStatus status;
    cm_virtual_device *device = lock_device(uid, &status);
    if (!device)
        return status;
    cm_virtual_capture_end(device);
    cm_virtual_unlock();
    return noErr;
}

OSStatus CMVirtualFeed(const char *uid, UInt32 frames, const Float32 *samples)
{
    OSStatus status;
    if (!samples && frames)
        return kAudioHardwareIllegalOperationError;
    cm_virtual_device *device = lock_device(uid, &status);
    if (!device)
        return status;
    UInt32 channels = device->description.side[CM_INPUT].channels;
    status = channels && !device->heard ? cm_virtual_feed_add(device, samples, (size_t)frames * channels)
                                        : kAudioHardwareIllegalOperationError;
    cm_virtual_unlock();
    return status;
}

OSStatus CMVirtualGetFeedLeft(const char *uid, UInt64 *outFrames)
{
    OSStatus status;
    if (!outFrames)
        return kAudioHardwareIllegalOperationError;
    cm_virtual_device *device = lock_device(uid, &status);
    if (!device)
        return status;
    UInt32 channels = device->description.side[CM_INPUT].channels;
    *outFrames = channels ? (atomic_load(&device->fed) - atomic_load(&device->heard_of_feed)) / channels : 0;
    cm_virtual_unlock();
    return noErr;
}

OSStatus CMVirtualInjectOverload(const char *uid)
{
    OSStatus status;
    cm_virtual_device *device = lock_device(uid, &status);
    if (!device)
        return status;
    if (device->io && device->io->running)
        atomic_store(&device->io->xrun, true);
    else
        status = kAudioHardwareNotRunningError;
    cm_virtual_unlock();
    return status;
}

OSStatus CMVirtualSetDrift(const char *uid, Float64 ppm)
{
    OSStatus status;
    if (!(fabs(ppm) <= 100000))
        return kAudioHardwareIllegalOperationError;
    cm_virtual_device *device = lock_device(uid, &status);
    if (!device)
        return status;
    atomic_store(&device->drift, ppm);
    cm_virtual_unlock();
    return noErr;
}

OSStatus CMVirtualSetPlugged(const char *uid, Boolean plugged)
{
    OSStatus status;
    cm_virtual_device *device = lock_device(uid, &status);
    if (!device)
        return status;
    bool was_plugged = device->plugged;
    device->plugged = plugged;
    if (was_plugged && !plugged && device->io)
        cm_virtual_io_lose(device->io);
    if (was_plugged != plugged)
        cm_virtual_tell_host();
    cm_virtual_unlock();
    cm_hal_catch_up();
    return noErr;
}

static OSStatus describe(cm_device_description *description, const char *uid, const char *name, UInt32 inputs,
                         UInt32 outputs, Float64 rate)
{
    if (!uid || !*uid || strlen(uid) >= CM_DEVICE_TEXT || (name && strlen(name) >= CM_DEVICE_TEXT) ||
        inputs > CM_DEVICE_CHANNELS || outputs > CM_DEVICE_CHANNELS || !(inputs || outputs) ||
        !(rate >= 1000 && rate <= 768000))
        return kAudioHardwareIllegalOperationError;
    const UInt32 channels[CM_SIDES] = { inputs, outputs };
    *description = cm_virtual_model;
    snprintf(description->uid, sizeof description->uid, "%s", uid);
    snprintf(description->name, sizeof description->name, "%s", name ? name : uid);
    for (int side = 0; side < CM_SIDES; side++)
        description->side[side] = cm_virtual_side(channels[side], cm_layout_default_tag(channels[side]));
    UInt32 place = 0;
    while (place < description->rate_count && description->rates[place] < rate)
        place++;
    if (place == description->rate_count || description->rates[place] != rate) {
        memmove(description->rates + place + 1, description->rates + place,
                (description->rate_count - place) * sizeof rate);
        description->rates[place] = rate;
        description->rate_count++;
    }
    description->rate = rate;
    return noErr;
}

OSStatus CMVirtualAddDevice(const char *uid, const char *name, UInt32 inputChannels, UInt32 outputChannels,
                            Float64 rate)
{
    cm_device_description description;
    if (cm_render_active() || describe(&description, uid, name, inputChannels, outputChannels, rate) != noErr)
        return kAudioHardwareIllegalOperationError;
    cm_virtual_lock();
    OSStatus status = noErr;
    cm_virtual_device *device = NULL;
    if (cm_virtual_find(uid))
        status = cm_fail(kAudioHardwareIllegalOperationError, "there is a virtual device \"%s\"", uid);
    else if (!(device = cm_virtual_add(&description)))
        status = cmMemFullError;
    else
        device->is_users = true;
    if (status == noErr)
        cm_virtual_tell_host();
    cm_virtual_unlock();
    cm_hal_catch_up();
    return status;
}

/* The HAL closes its stream when it catches up. */
OSStatus CMVirtualRemoveDevice(const char *uid)
{
    OSStatus status;
    cm_virtual_device *device = lock_device(uid, &status);
    if (!device)
        return status;
    if (!device->is_users) {
        status = cm_fail(kAudioHardwareIllegalOperationError, "\"%s\" can be unplugged, not removed", uid);
    } else {
        device->plugged = false;
        if (device->io)
            cm_virtual_io_lose(device->io);
        cm_virtual_remove(device);
        cm_virtual_tell_host();
    }
    cm_virtual_unlock();
    cm_hal_catch_up();
    return status;
}
