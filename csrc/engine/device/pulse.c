/* pulse.c: the driver for PulseAudio, and for PipeWire through its pulse server. */
#include "pulse_control.h"
#include "pulse_devices.h"
#include "pulse_stream.h"

#include <CoreAudio/AudioHardwareBase.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A rate that was set for a device: the server resamples, so it is a matter of this process alone. */
typedef struct set_rate {
    struct set_rate *next;
    Float64 rate;
    char uid[CM_DEVICE_TEXT];
} set_rate;

typedef struct pulse_driver {
    cm_pulse_control *control;
    set_rate *rates;
} pulse_driver;

static void pulse_close(void *driver)
{
    pulse_driver *pulse = driver;
    if (!pulse)
        return;
    cm_pulse_control_close(pulse->control);
    while (pulse->rates) {
        set_rate *first = pulse->rates;
        pulse->rates = first->next;
        free(first);
    }
    free(pulse);
}

static OSStatus pulse_open(const cm_driver_host *host, void **driver)
{
    OSStatus status = cm_pulse_load();
    if (status)
        return status;
    pulse_driver *pulse = calloc(1, sizeof *pulse);
    if (!pulse)
        return cmMemFullError;
    status = cm_pulse_control_open(host, &pulse->control);
    if (status)
        pulse_close(pulse);
    else
        *driver = pulse;
    return status;
}

typedef struct device_list {
    cm_pulse_question question;
    cm_device_description *items;
    size_t count, room;
} device_list;

static void add_device(device_list *list, const cm_pulse_node *node)
{
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 8;
        cm_device_description *items = realloc(list->items, room * sizeof *items);
        if (!items) {
            list->question.status = cmMemFullError;
            return;
        }
        list->items = items;
        list->room = room;
    }
    if (cm_pulse_describe(node, &list->items[list->count]))
        list->count++;
}

static void saw_sink(pa_context *context, const pa_sink_info *sink, int end, void *list)
{
    (void)context;
    if (end)
        return;
    cm_pulse_node node = cm_pulse_node_of_sink(sink);
    add_device(list, &node);
}

static void saw_source(pa_context *context, const pa_source_info *source, int end, void *list)
{
    (void)context;
    if (end)
        return;
    cm_pulse_node node = cm_pulse_node_of_source(source);
    add_device(list, &node);
}

static pa_operation *ask_sinks(pa_context *context, cm_pulse_question *list)
{
    return cm_pulse.pa_context_get_sink_info_list(context, saw_sink, list);
}

static pa_operation *ask_sources(pa_context *context, cm_pulse_question *list)
{
    return cm_pulse.pa_context_get_source_info_list(context, saw_source, list);
}

static set_rate *rate_set_for(const pulse_driver *pulse, const char *uid)
{
    set_rate *rate = pulse->rates;
    while (rate && strcmp(rate->uid, uid) != 0)
        rate = rate->next;
    return rate;
}

static OSStatus pulse_devices(void *driver, void (*visit)(void *context, const cm_device_description *device),
                              void *context)
{
    pulse_driver *pulse = driver;
    device_list list = { .question.ask = ask_sinks };
    OSStatus status = cm_pulse_control_ask(pulse->control, &list.question);
    if (!status) {
        list.question.ask = ask_sources;
        status = cm_pulse_control_ask(pulse->control, &list.question);
    }
    for (size_t i = 0; !status && i < list.count; i++) {
        const set_rate *rate = rate_set_for(pulse, list.items[i].uid);
        if (rate)
            list.items[i].rate = rate->rate;
        visit(context, &list.items[i]);
    }
    free(list.items);
    return status;
}

typedef struct default_question {
    cm_pulse_question question;
    char uid[CM_SIDES][CM_DEVICE_TEXT];
} default_question;

/* PipeWire names its defaults @DEFAULT_SINK@ and so on where it has none. */
static void saw_server(pa_context *context, const pa_server_info *server, void *userdata)
{
    (void)context;
    default_question *defaults = userdata;
    if (!server)
        return;
    const char *names[CM_SIDES] = { server->default_source_name, server->default_sink_name };
    for (int side = 0; side < CM_SIDES; side++)
        if (names[side] && names[side][0] != '@')
            snprintf(defaults->uid[side], CM_DEVICE_TEXT, "%s", names[side]);
}

static pa_operation *ask_server(pa_context *context, cm_pulse_question *defaults)
{
    return cm_pulse.pa_context_get_server_info(context, saw_server, defaults);
}

static OSStatus pulse_get_default(void *driver, cm_side side, char uid[CM_DEVICE_TEXT])
{
    pulse_driver *pulse = driver;
    default_question defaults = { .question.ask = ask_server };
    OSStatus status = cm_pulse_control_ask(pulse->control, &defaults.question);
    if (!status)
        memcpy(uid, defaults.uid[side], CM_DEVICE_TEXT);
    return status;
}

typedef struct device_question {
    cm_pulse_question question;
    const char *uid;
    cm_side side;
    pa_channel_map map; /* of the device */
    pa_cvolume volume;
    bool mute;
    UInt32 source;             /* asked for: the id of a port, */
    char port[CM_DEVICE_TEXT]; /* and its name, where the device has it */
} device_question;

static void keep_node(device_question *device, const cm_pulse_node *node)
{
    device->map = *node->map;
    device->volume = *node->volume;
    for (UInt32 i = 0; i < node->port_count; i++)
        if (node->ports[i].id == device->source)
            snprintf(device->port, sizeof device->port, "%s", node->ports[i].name);
    device->question.status = 0;
}

static void saw_one_sink(pa_context *context, const pa_sink_info *sink, int end, void *device)
{
    (void)context;
    if (end)
        return;
    cm_pulse_node node = cm_pulse_node_of_sink(sink);
    keep_node(device, &node);
}

static void saw_one_source(pa_context *context, const pa_source_info *source, int end, void *device)
{
    (void)context;
    if (end)
        return;
    cm_pulse_node node = cm_pulse_node_of_source(source);
    keep_node(device, &node);
}

static pa_operation *ask_device(pa_context *context, cm_pulse_question *question)
{
    device_question *device = (device_question *)question;
    if (device->side == CM_OUTPUT)
        return cm_pulse.pa_context_get_sink_info_by_name(context, device->uid, saw_one_sink, device);
    return cm_pulse.pa_context_get_source_info_by_name(context, device->uid, saw_one_source, device);
}

static pa_operation *ask_for_default(pa_context *context, cm_pulse_question *question)
{
    device_question *device = (device_question *)question;
    if (device->side == CM_OUTPUT)
        return cm_pulse.pa_context_set_default_sink(context, device->uid, cm_pulse_acknowledged, device);
    return cm_pulse.pa_context_set_default_source(context, device->uid, cm_pulse_acknowledged, device);
}

static pa_operation *ask_for_volume(pa_context *context, cm_pulse_question *question)
{
    device_question *device = (device_question *)question;
    if (device->side == CM_OUTPUT)
        return cm_pulse.pa_context_set_sink_volume_by_name(context, device->uid, &device->volume,
                                                           cm_pulse_acknowledged, device);
    return cm_pulse.pa_context_set_source_volume_by_name(context, device->uid, &device->volume,
                                                         cm_pulse_acknowledged, device);
}

static pa_operation *ask_for_mute(pa_context *context, cm_pulse_question *question)
{
    device_question *device = (device_question *)question;
    if (device->side == CM_OUTPUT)
        return cm_pulse.pa_context_set_sink_mute_by_name(context, device->uid, device->mute,
                                                         cm_pulse_acknowledged, device);
    return cm_pulse.pa_context_set_source_mute_by_name(context, device->uid, device->mute,
                                                       cm_pulse_acknowledged, device);
}

static pa_operation *ask_for_port(pa_context *context, cm_pulse_question *question)
{
    device_question *device = (device_question *)question;
    if (device->side == CM_OUTPUT)
        return cm_pulse.pa_context_set_sink_port_by_name(context, device->uid, device->port,
                                                         cm_pulse_acknowledged, device);
    return cm_pulse.pa_context_set_source_port_by_name(context, device->uid, device->port,
                                                       cm_pulse_acknowledged, device);
}

/* Fills in what the server has of this name. kAudioHardwareBadDeviceError where it has no such device. */
static OSStatus look_up_with(pulse_driver *pulse, device_question *device)
{
    device->question = (cm_pulse_question){ ask_device, kAudioHardwareBadDeviceError };
    return cm_pulse_control_ask(pulse->control, &device->question);
}

static OSStatus look_up(pulse_driver *pulse, device_question *device, const char *uid, cm_side side)
{
    *device = (device_question){ .uid = uid, .side = side };
    return look_up_with(pulse, device);
}

static OSStatus change(pulse_driver *pulse, device_question *device,
                       pa_operation *(*ask)(pa_context *, cm_pulse_question *))
{
    device->question = (cm_pulse_question){ ask, kAudioHardwareUnspecifiedError };
    return cm_pulse_control_ask(pulse->control, &device->question);
}

static OSStatus pulse_set_default(void *driver, cm_side side, const char *uid)
{
    device_question device;
    OSStatus status = look_up(driver, &device, uid, side);
    return status ? status : change(driver, &device, ask_for_default);
}

static OSStatus pulse_set_volume(void *driver, const char *uid, cm_side side, UInt32 channel, Float32 volume)
{
    device_question device;
    if (!(volume >= 0 && volume <= 1))
        return cmParamError;
    OSStatus status = look_up(driver, &device, uid, side);
    if (status)
        return status;
    pa_volume_t value = (pa_volume_t)lrint((double)volume * PA_VOLUME_NORM);
    if (channel > device.volume.channels)
        return kAudioHardwareUnsupportedOperationError;
    if (channel)
        device.volume.values[cm_pulse_channel(&device.map, channel - 1)] = value;
    else
        cm_pulse.pa_cvolume_scale(&device.volume, value);
    return change(driver, &device, ask_for_volume);
}

static OSStatus pulse_set_mute(void *driver, const char *uid, cm_side side, bool mute)
{
    device_question device;
    OSStatus status = look_up(driver, &device, uid, side);
    if (status)
        return status;
    device.mute = mute;
    return change(driver, &device, ask_for_mute);
}

static OSStatus pulse_set_source(void *driver, const char *uid, cm_side side, UInt32 source)
{
    device_question device = { .uid = uid, .side = side, .source = source };
    OSStatus status = look_up_with(driver, &device);
    if (status)
        return status;
    return device.port[0] ? change(driver, &device, ask_for_port) : kAudioHardwareIllegalOperationError;
}

static OSStatus pulse_set_rate(void *driver, const char *uid, Float64 rate)
{
    pulse_driver *pulse = driver;
    if (!(rate >= CM_PULSE_MIN_RATE && rate <= CM_PULSE_MAX_RATE) || rate != rint(rate))
        return kAudioDeviceUnsupportedFormatError;
    set_rate *set = rate_set_for(pulse, uid);
    if (!set) {
        set = calloc(1, sizeof *set);
        if (!set)
            return cmMemFullError;
        snprintf(set->uid, sizeof set->uid, "%s", uid);
        set->next = pulse->rates;
        pulse->rates = set;
    }
    set->rate = rate;
    cm_pulse_control_changed(pulse->control);
    return 0;
}

static OSStatus pulse_io_open(void *driver, const char *uid, cm_io_settings *settings, void **io)
{
    device_question device;
    cm_side side = settings->channels[CM_OUTPUT] ? CM_OUTPUT : CM_INPUT;
    if (!settings->channels[side] || settings->channels[CM_SIDES - 1 - side])
        return cm_fail(kAudioHardwareUnsupportedOperationError,
                       "a sink plays and a source records, not both");
    OSStatus status = look_up(driver, &device, uid, side);
    return status ? status : cm_pulse_stream_open(uid, side, &device.map, settings, io);
}

const cm_driver cm_driver_pulse = {
    .name = "pulse",
    .open = pulse_open,
    .close = pulse_close,
    .devices = pulse_devices,
    .get_default = pulse_get_default,
    .set_default = pulse_set_default,
    .set_volume = pulse_set_volume,
    .set_mute = pulse_set_mute,
    .set_source = pulse_set_source,
    .set_rate = pulse_set_rate,
    .io_open = pulse_io_open,
    .io_start = cm_pulse_stream_start,
    .io_stop = cm_pulse_stream_stop,
    .io_close = cm_pulse_stream_close,
    .io_time = cm_pulse_stream_time,
    .io_latency = cm_pulse_stream_latency,
};
