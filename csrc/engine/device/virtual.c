#include "virtual.h"

#include <CoreAudio/AudioHardware.h>
#include <stdlib.h>
#include <string.h>

cm_virtual_world cm_virtual = { .lock = PTHREAD_MUTEX_INITIALIZER, .cycle_ended = PTHREAD_COND_INITIALIZER };

#define MANUFACTURER "coremusic"
#define RATES                                                                                                \
    {                                                                                                        \
        8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000, 176400, 192000                  \
    }

static cm_virtual_device output = {
    .description = { .uid = "coremusic:virtual:output",
                     .name = "Virtual Output",
                     .manufacturer = MANUFACTURER,
                     .model_uid = "coremusic:virtual",
                     .transport = kAudioDeviceTransportTypeVirtual,
                     .rate = 48000,
                     .rate_count = 12,
                     .rates = RATES,
                     .buffer_frames = 512,
                     .min_buffer_frames = 16,
                     .max_buffer_frames = 16384,
                     .side[CM_OUTPUT] = { .channels = 2, .layout = kAudioChannelLayoutTag_Stereo } },
    .plugged = true,
};

static cm_virtual_device input = {
    .description = { .uid = "coremusic:virtual:input",
                     .name = "Virtual Input",
                     .manufacturer = MANUFACTURER,
                     .model_uid = "coremusic:virtual",
                     .transport = kAudioDeviceTransportTypeVirtual,
                     .rate = 48000,
                     .rate_count = 12,
                     .rates = RATES,
                     .buffer_frames = 512,
                     .min_buffer_frames = 16,
                     .max_buffer_frames = 16384,
                     .side[CM_INPUT] = { .channels = 2, .layout = kAudioChannelLayoutTag_Stereo } },
    .plugged = true,
};

static OSStatus open_driver(const cm_driver_host *host, void **driver)
{
    pthread_mutex_lock(&cm_virtual.lock);
    cm_virtual.host = host;
    if (!cm_virtual.devices) {
        cm_virtual.devices = &output;
        output.next = &input;
    }
    pthread_mutex_unlock(&cm_virtual.lock);
    *driver = &cm_virtual;
    return noErr;
}

static void close_driver(void *driver)
{
    (void)driver;
    pthread_mutex_lock(&cm_virtual.lock);
    cm_virtual.host = NULL;
    pthread_mutex_unlock(&cm_virtual.lock);
}

cm_virtual_device *cm_virtual_find(const char *uid)
{
    for (cm_virtual_device *device = cm_virtual.devices; device; device = device->next)
        if (strcmp(device->description.uid, uid) == 0)
            return device;
    return NULL;
}

static OSStatus list_devices(void *driver,
                             void (*visit)(void *context, const cm_device_description *description),
                             void *context)
{
    (void)driver;
    pthread_mutex_lock(&cm_virtual.lock);
    for (cm_virtual_device *device = cm_virtual.devices; device; device = device->next)
        if (device->plugged)
            visit(context, &device->description);
    pthread_mutex_unlock(&cm_virtual.lock);
    return noErr;
}

/* The first device there is with that side. */
static OSStatus get_default(void *driver, cm_side side, char uid[CM_DEVICE_TEXT])
{
    (void)driver;
    uid[0] = 0;
    pthread_mutex_lock(&cm_virtual.lock);
    for (cm_virtual_device *device = cm_virtual.devices; device && !uid[0]; device = device->next)
        if (device->plugged && device->description.side[side].channels)
            memcpy(uid, device->description.uid, CM_DEVICE_TEXT);
    pthread_mutex_unlock(&cm_virtual.lock);
    return noErr;
}

static OSStatus set_rate(void *driver, const char *uid, Float64 rate)
{
    (void)driver;
    pthread_mutex_lock(&cm_virtual.lock);
    cm_virtual_device *device = cm_virtual_find(uid);
    if (device)
        device->description.rate = rate;
    pthread_mutex_unlock(&cm_virtual.lock);
    return device ? noErr : kAudioHardwareBadDeviceError;
}

const cm_driver cm_driver_virtual = {
    .name = "virtual",
    .open = open_driver,
    .close = close_driver,
    .devices = list_devices,
    .get_default = get_default,
    .set_rate = set_rate,
    .io_open = cm_virtual_io_open,
    .io_start = cm_virtual_io_start,
    .io_stop = cm_virtual_io_stop,
    .io_close = cm_virtual_io_close,
    .io_time = cm_virtual_io_time,
};
