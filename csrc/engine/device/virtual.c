#include "virtual.h"

#include "base/fork.h"

#include <CoreAudio/AudioHardware.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

cm_virtual_world cm_virtual = { .lock = PTHREAD_MUTEX_INITIALIZER, .cycle_ended = PTHREAD_COND_INITIALIZER };

const cm_device_description cm_virtual_model = {
    .manufacturer = "coremusic",
    .model_uid = "coremusic:virtual",
    .transport = kAudioDeviceTransportTypeVirtual,
    .rate = 48000,
    .rate_count = 12,
    .rates = { 8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000, 176400, 192000 },
    .buffer_frames = 512,
    .min_buffer_frames = 16,
    .max_buffer_frames = 16384,
};

cm_device_side cm_virtual_side(UInt32 channels, AudioChannelLayoutTag layout)
{
    cm_device_side side = {
        .channels = channels, .layout = layout, .has_volume = true, .has_mute = true, .volume_count = channels
    };
    cm_side_set_volume(&side, 0, 1);
    return side;
}

/* ---- the list of devices ---- */

void cm_virtual_set_gain(cm_virtual_device *device, cm_side side)
{
    const cm_device_side *shape = &device->description.side[side];
    for (UInt32 i = 0; i < shape->channels; i++) {
        Float32 volume = shape->volumes[i];
        atomic_store(&device->gain[side][i], shape->mute ? 0 : volume * volume * volume);
    }
}

cm_virtual_device *cm_virtual_add(const cm_device_description *description)
{
    cm_virtual_device *device = calloc(1, sizeof *device);
    if (!device || cm_virtual_feed_add(device, NULL, 0) != noErr) {
        free(device);
        return NULL;
    }
    device->description = *description;
    device->plugged = true;
    for (int side = 0; side < CM_SIDES; side++)
        cm_virtual_set_gain(device, (cm_side)side);
    cm_virtual_device **end = &cm_virtual.devices;
    while (*end)
        end = &(*end)->next;
    return *end = device;
}

void cm_virtual_remove(cm_virtual_device *device)
{
    cm_virtual_device **link = &cm_virtual.devices;
    while (*link != device)
        link = &(*link)->next;
    *link = device->next;
    device->is_removed = true;
    if (!device->io)
        cm_virtual_free(device);
}

void cm_virtual_free(cm_virtual_device *device)
{
    cm_virtual_sound_end(device);
    free(device);
}

static void add_standard(const char *uid, const char *name, cm_side side, bool is_loopback)
{
    cm_device_description description = cm_virtual_model;
    snprintf(description.uid, sizeof description.uid, "coremusic:virtual:%s", uid);
    snprintf(description.name, sizeof description.name, "Virtual %s", name);
    description.side[side] = cm_virtual_side(2, kAudioChannelLayoutTag_Stereo);
    description.is_loopback = is_loopback;
    if (side == CM_INPUT && !is_loopback) {
        static const cm_data_source sources[] = { { CM_SOURCE_FEED, "Feed" },
                                                  { CM_SOURCE_TONE, "Test Tone" } };
        memcpy(description.side[side].sources, sources, sizeof sources);
        description.side[side].source_count = 2;
        description.side[side].source = CM_SOURCE_FEED;
    }
    cm_virtual_device *device = cm_virtual_add(&description);
    if (device && is_loopback)
        device->heard = cm_virtual.devices;
}

/* A child process has none of the threads: its streams are gone, its devices still there. */
static void forget_after_fork(void)
{
    pthread_mutex_init(&cm_virtual.lock, NULL);
    pthread_cond_init(&cm_virtual.cycle_ended, NULL);
    for (cm_virtual_device *device = cm_virtual.devices; device; device = device->next) {
        device->io = NULL;
        atomic_store(&device->grace.turns, 0);
    }
    cm_virtual.passing = false;
    cm_virtual.host = NULL;
}

CM_FORGET_IN_CHILD(forget_after_fork)

static void make_standard(void)
{
    add_standard("output", "Output", CM_OUTPUT, false);
    add_standard("input", "Input", CM_INPUT, false);
    add_standard("loopback", "Loopback", CM_INPUT, true);
}

void cm_virtual_lock(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_standard);
    pthread_mutex_lock(&cm_virtual.lock);
}

void cm_virtual_unlock(void)
{
    pthread_mutex_unlock(&cm_virtual.lock);
}

cm_virtual_device *cm_virtual_find(const char *uid)
{
    for (cm_virtual_device *device = cm_virtual.devices; device; device = device->next)
        if (strcmp(device->description.uid, uid) == 0)
            return device;
    return NULL;
}

void cm_virtual_tell_host(void)
{
    if (cm_virtual.host)
        cm_virtual.host->changed(cm_virtual.host->context);
}

/* ---- the driver ---- */

static OSStatus open_driver(const cm_driver_host *host, void **driver)
{
    cm_virtual_lock();
    cm_virtual.host = host;
    cm_virtual_unlock();
    *driver = &cm_virtual;
    return noErr;
}

static void close_driver(void *driver)
{
    (void)driver;
    cm_virtual_lock();
    cm_virtual.host = NULL;
    cm_virtual_unlock();
}

static OSStatus list_devices(void *driver,
                             void (*visit)(void *context, const cm_device_description *description),
                             void *context)
{
    (void)driver;
    cm_virtual_lock();
    for (cm_virtual_device *device = cm_virtual.devices; device; device = device->next)
        if (device->plugged)
            visit(context, &device->description);
    cm_virtual_unlock();
    return noErr;
}

static bool can_be_default(const cm_virtual_device *device, cm_side side)
{
    return device && device->plugged && device->description.side[side].channels;
}

/* The chosen one, or the first that there is. */
static OSStatus get_default(void *driver, cm_side side, char uid[CM_DEVICE_TEXT])
{
    (void)driver;
    cm_virtual_lock();
    const cm_virtual_device *found = cm_virtual_find(cm_virtual.defaults[side]);
    if (!can_be_default(found, side))
        for (found = cm_virtual.devices; found && !can_be_default(found, side);)
            found = found->next;
    snprintf(uid, CM_DEVICE_TEXT, "%s", found ? found->description.uid : "");
    cm_virtual_unlock();
    return noErr;
}

static OSStatus set_default(void *driver, cm_side side, const char *uid)
{
    (void)driver;
    cm_virtual_lock();
    bool can = can_be_default(cm_virtual_find(uid), side);
    if (can)
        snprintf(cm_virtual.defaults[side], CM_DEVICE_TEXT, "%s", uid);
    cm_virtual_unlock();
    return can ? noErr : kAudioHardwareBadDeviceError;
}

static OSStatus set_volume(void *driver, const char *uid, cm_side side, UInt32 channel, Float32 volume)
{
    (void)driver;
    cm_virtual_lock();
    cm_virtual_device *device = cm_virtual_find(uid);
    if (device) {
        cm_side_set_volume(&device->description.side[side], channel, volume);
        cm_virtual_set_gain(device, side);
    }
    cm_virtual_unlock();
    return device ? noErr : kAudioHardwareBadDeviceError;
}

static OSStatus set_mute(void *driver, const char *uid, cm_side side, bool mute)
{
    (void)driver;
    cm_virtual_lock();
    cm_virtual_device *device = cm_virtual_find(uid);
    if (device) {
        device->description.side[side].mute = mute;
        cm_virtual_set_gain(device, side);
    }
    cm_virtual_unlock();
    return device ? noErr : kAudioHardwareBadDeviceError;
}

static OSStatus set_source(void *driver, const char *uid, cm_side side, UInt32 source)
{
    (void)driver;
    cm_virtual_lock();
    cm_virtual_device *device = cm_virtual_find(uid);
    if (device) {
        device->description.side[side].source = source;
        atomic_store(&device->source, source);
    }
    cm_virtual_unlock();
    return device ? noErr : kAudioHardwareBadDeviceError;
}

/* A loopback and the output that it hears have one rate. */
static OSStatus set_rate(void *driver, const char *uid, Float64 rate)
{
    (void)driver;
    cm_virtual_lock();
    cm_virtual_device *named = cm_virtual_find(uid);
    const cm_virtual_device *source = named && named->heard ? named->heard : named;
    for (cm_virtual_device *device = cm_virtual.devices; named && device; device = device->next)
        if (device == source || device->heard == source)
            device->description.rate = rate;
    if (named)
        cm_virtual_tell_host();
    cm_virtual_unlock();
    return named ? noErr : kAudioHardwareBadDeviceError;
}

const cm_driver cm_driver_virtual = {
    .name = "virtual",
    .open = open_driver,
    .close = close_driver,
    .devices = list_devices,
    .get_default = get_default,
    .set_default = set_default,
    .set_volume = set_volume,
    .set_mute = set_mute,
    .set_source = set_source,
    .set_rate = set_rate,
    .io_open = cm_virtual_io_open,
    .io_start = cm_virtual_io_start,
    .io_stop = cm_virtual_io_stop,
    .io_close = cm_virtual_io_close,
    .io_time = cm_virtual_io_time,
};
