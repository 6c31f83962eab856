#include "jack.h"

#include "base/jack_clients.h"
#include "base/log.h"

#include <CoreAudio/AudioHardwareBase.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What JACK 2 itself allows. */
enum { MIN_BUFFER = 16, MAX_BUFFER = 8192, MAX_SYSTEM_PORTS = 1024 };

typedef struct describing {
    cm_errand errand;
    cm_jack_server *server;
    cm_device_description device;
} describing;

/* ---- libjack's notifications: no call of libjack is allowed in them --------------------------------------
 */

static void note_shutdown(jack_status_t code, const char *reason, void *context)
{
    (void)code, (void)reason;
    cm_jack_note_lost(context);
}

void cm_jack_note_lost(cm_jack_server *server)
{
    cm_jack_clients_lost();
    atomic_store(&server->lost, true);
    cm_clerk_poke(server->clerk);
}

static void note_change(cm_jack_server *server)
{
    atomic_store(&server->changed, true);
    cm_clerk_poke(server->clerk);
}

static void note_port(jack_port_id_t port, int is_new, void *context)
{
    (void)port, (void)is_new;
    note_change(context);
}

static int note_buffer_size(uint32_t frames, void *context)
{
    (void)frames;
    note_change(context);
    return 0;
}

/* ---- the clerk's side ------------------------------------------------------------------------------------
 */

/* A server that is there may refuse while another one starts or ends: they share a registry. */
jack_client_t *cm_jack_client(const cm_jack_server *server, const char *name)
{
    jack_status_t status = 0;
    jack_client_t *client = NULL;
    for (int tries = 0; !client && tries < 4 && !(status & JackServerFailed); tries++) {
        if (tries)
            nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
        client = cm_jack_clients_open(name, server->name, &status);
    }
    if (!client)
        cm_log(CM_LOG_INFO, "jack: no client %s of server %s: status 0x%x", name, server->name,
               (unsigned)status);
    return client;
}

static OSStatus connect_to_server(cm_jack_server *server)
{
    if (server->client)
        return 0;
    jack_client_t *client = cm_jack_client(server, "coremusic-devices");
    if (!client)
        return cm_fail(kAudioHardwareNotRunningError, "no JACK server named %s is running", server->name);
    cm_jack.jack_on_info_shutdown(client, note_shutdown, server);
    cm_jack.jack_set_port_registration_callback(client, note_port, server);
    cm_jack.jack_set_buffer_size_callback(client, note_buffer_size, server);
    if (cm_jack.jack_activate(client)) { /* without, nothing is notified */
        cm_jack_clients_close(client);
        return cm_fail(kAudioHardwareNotRunningError, "the JACK server %s took no client", server->name);
    }
    server->client = client;
    return 0;
}

static void look_after_server(void *context)
{
    cm_jack_server *server = context;
    bool changed = atomic_exchange(&server->changed, false);
    bool lost = atomic_load(&server->lost);
    if (lost) {
        cm_jack_lose_streams(server);
        if (server->client)
            cm_jack_clients_close(server->client);
        server->client = NULL;
        atomic_store(&server->lost, false); /* libjack may have told twice; the next client starts afresh */
        changed = true;
    } else if (!server->client) {
        changed |= connect_to_server(server) == 0;
    }
    if (changed && !atomic_load(&server->closed))
        server->host.changed(server->host.context);
}

static void free_server(void *context)
{
    cm_jack_server *server = context;
    if (server->client)
        cm_jack_clients_close(server->client);
    free(server);
}

const char **cm_jack_system_ports(jack_client_t *client, cm_side side, UInt32 *count)
{
    unsigned long direction = side == CM_INPUT ? JackPortIsOutput : JackPortIsInput;
    const char **ports = cm_jack.jack_get_ports(client, NULL, JACK_DEFAULT_AUDIO_TYPE,
                                                direction | JackPortIsPhysical);
    *count = 0;
    while (ports && ports[*count] && *count < MAX_SYSTEM_PORTS)
        ++*count;
    return ports;
}

UInt32 cm_jack_latency(jack_client_t *client, const char **ports, UInt32 count, cm_side side)
{
    uint32_t longest = 0, buffer = cm_jack.jack_get_buffer_size(client);
    jack_latency_callback_mode_t mode = side == CM_INPUT ? JackCaptureLatency : JackPlaybackLatency;
    for (UInt32 i = 0; i < count; i++) {
        jack_port_t *port = cm_jack.jack_port_by_name(client, ports[i]);
        jack_latency_range_t range = { 0, 0 };
        if (port)
            cm_jack.jack_port_get_latency_range(port, mode, &range);
        longest = range.max > longest ? range.max : longest;
    }
    return longest > buffer ? longest - buffer : 0;
}

static void describe_side(jack_client_t *client, cm_device_side *to, cm_side side)
{
    const char **ports = cm_jack_system_ports(client, side, &to->channels);
    to->layout = to->channels == 1   ? kAudioChannelLayoutTag_Mono
                 : to->channels == 2 ? kAudioChannelLayoutTag_Stereo
                                     : kAudioChannelLayoutTag_DiscreteInOrder | to->channels;
    to->latency = cm_jack_latency(client, ports, to->channels, side);
    cm_jack.jack_free(ports);
}

static OSStatus describe(cm_errand *errand)
{
    describing *block = (describing *)errand;
    jack_client_t *client = block->server->client;
    if (!client)
        return kAudioHardwareNotRunningError;
    cm_device_description *device = &block->device;
    snprintf(device->uid, sizeof device->uid, "%s", block->server->uid);
    bool is_usual = strcmp(block->server->name, "default") == 0;
    snprintf(device->name, sizeof device->name, is_usual ? "JACK" : "JACK (%s)", block->server->name);
    snprintf(device->manufacturer, sizeof device->manufacturer, "JACK");
    snprintf(device->model_uid, sizeof device->model_uid, "jack");
    device->transport = kAudioDeviceTransportTypeVirtual;
    device->rate = device->rates[0] = cm_jack.jack_get_sample_rate(client);
    device->rate_count = 1;
    device->buffer_frames = cm_jack.jack_get_buffer_size(client);
    device->min_buffer_frames = MIN_BUFFER;
    device->max_buffer_frames = MAX_BUFFER;
    for (cm_side side = CM_INPUT; side < CM_SIDES; side++)
        describe_side(client, &device->side[side], side);
    return 0;
}

/* ---- the driver ------------------------------------------------------------------------------------------
 */

static OSStatus connect_first(cm_errand *errand)
{
    return connect_to_server(((describing *)errand)->server);
}

/* An errand that nobody waits for any more is done: what came of it is asked for again. On the clerk's
 * thread. */
static void drop_late(cm_errand *errand)
{
    note_change(((describing *)errand)->server);
    free(errand);
}

/* A server that is not there has no devices, which is no failure. The caller frees *block. */
static OSStatus ask(cm_jack_server *server, OSStatus (*what)(cm_errand *errand), describing **block)
{
    bool kept = true;
    describing *errand = calloc(1, sizeof *errand);
    if (!errand)
        return cmMemFullError;
    errand->errand.run = what;
    errand->errand.drop = drop_late;
    errand->server = server;
    OSStatus status = cm_clerk_send(server->clerk, &errand->errand, &kept);
    *block = kept ? errand : NULL;
    return status;
}

static void close_server(void *driver)
{
    cm_jack_server *server = driver;
    if (!server)
        return;
    atomic_store(&server->closed, true);
    if (server->clerk)
        cm_clerk_end(server->clerk);
    else
        free(server);
}

static OSStatus open_server(const cm_driver_host *host, void **driver)
{
    OSStatus status = cm_jack_load();
    if (status)
        return status;
    cm_jack_server *server = calloc(1, sizeof *server);
    if (!server)
        return cmMemFullError;
    const char *name = getenv("JACK_DEFAULT_SERVER");
    server->host = *host;
    snprintf(server->name, sizeof server->name, "%s", name && *name ? name : "default");
    snprintf(server->uid, sizeof server->uid, "jack:%s", server->name);
    server->clerk = cm_clerk_start(
        &(cm_clerk_duty){ .idle = look_after_server, .end = free_server, .context = server });
    describing *block = NULL;
    status = server->clerk ? ask(server, connect_first, &block) : cmMemFullError;
    free(block);
    if (status == kAudioHardwareNotReadyError)
        status = cm_fail(kAudioHardwareNotRunningError, "the JACK server %s does not answer", server->name);
    if (status)
        close_server(server);
    else
        *driver = server;
    return status;
}

static OSStatus visit_devices(void *driver,
                              void (*visit)(void *context, const cm_device_description *description),
                              void *context)
{
    describing *block = NULL;
    OSStatus status = ask(driver, describe, &block);
    if (!status && (block->device.side[CM_INPUT].channels || block->device.side[CM_OUTPUT].channels))
        visit(context, &block->device);
    free(block);
    return status == kAudioHardwareNotRunningError ? 0 : status;
}

static OSStatus get_default(void *driver, cm_side side, char uid[CM_DEVICE_TEXT])
{
    describing *block = NULL;
    OSStatus status = ask(driver, describe, &block);
    bool there = !status && block->device.side[side].channels;
    snprintf(uid, CM_DEVICE_TEXT, "%s", there ? block->device.uid : "");
    free(block);
    return status == kAudioHardwareNotRunningError ? 0 : status;
}

const cm_driver cm_driver_jack = {
    .name = "jack",
    .open = open_server,
    .close = close_server,
    .devices = visit_devices,
    .get_default = get_default,
    .io_open = cm_jack_io_open,
    .io_start = cm_jack_io_start,
    .io_stop = cm_jack_io_stop,
    .io_close = cm_jack_io_close,
    .io_time = cm_jack_io_time,
};
