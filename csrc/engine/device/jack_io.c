#include "jack.h"

#include "io_anchor.h"
#include "io_gate.h"
#include "base/clock.h"
#include "base/jack_clients.h"
#include "base/realtime.h"
#include "format/pcm.h"

#include <CoreAudio/AudioHardwareBase.h>
#include <CoreAudio/HostTime.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BUFFER = 8192 };

typedef struct jack_side {
    UInt32 channels;
    jack_port_t **ports;
    void **planes;        /* where the ports' samples are in this cycle */
    Float32 *interleaved; /* of one cycle */
    cm_pcm planar, packed;
} jack_side;

struct cm_jack_io {
    cm_jack_server *server;
    cm_io_settings settings;
    cm_io_gate gate;
    cm_io_anchor anchor;
    jack_side side[CM_SIDES];

    SInt64 clock_offset; /* host time less JACK's time, in nanoseconds */
    UInt64 frames;       /* JACK's 32-bit frame count, gone on with; the process thread's own */
    _Atomic bool xrun;   /* libjack tells on a thread of its own, the stream on the process thread */

    _Atomic bool lost;       /* no cycle follows, the host was told */
    pthread_mutex_t telling; /* held while the host's event function runs outside a cycle */
    bool closed;             /* under telling */

    /* The clerk's own. */
    jack_client_t *client; /* NULL once the stream is lost */
    bool active;
    cm_jack_io *next;
};

typedef struct stream_errand {
    cm_errand errand;
    cm_jack_server *server;
    cm_jack_io *io;
} stream_errand;

/* ---- libjack's threads -----------------------------------------------------------------------------------
 */

/* [render] */
static void find_planes(jack_side *side, UInt32 frames)
{
    for (UInt32 i = 0; i < side->channels; i++)
        side->planes[i] = cm_jack.jack_port_get_buffer(side->ports[i], frames);
}

static void skip_planes(jack_side *side, UInt32 frames)
{
    for (UInt32 i = 0; i < side->channels; i++)
        side->planes[i] = (Float32 *)side->planes[i] + frames;
}

/* [render] Where this period begins. Its input was heard one period ago, its output is played one later. */
static void find_time(cm_jack_io *io, UInt32 frames)
{
    uint32_t count;
    uint64_t begin, next;
    float period;
    Float64 ticks = io->anchor.nominal_ticks;
    UInt64 host = AudioGetCurrentHostTime();
    if (cm_jack.jack_get_cycle_times(io->client, &count, &begin, &next, &period) == 0) {
        SInt32 gone_by = (SInt32)(count - (UInt32)io->frames);
        io->frames = io->frames ? io->frames + (UInt64)(SInt64)gone_by : count;
        host = begin * 1000 + (UInt64)io->clock_offset;
        ticks = period > 0 ? (Float64)period * 1000 / frames : ticks;
    }
    cm_io_anchor_set(&io->anchor, (Float64)io->frames, host, ticks);
}

/* [render] */
static void run_cycle(cm_jack_io *io, UInt32 begin, UInt32 frames, UInt32 period)
{
    jack_side *in = &io->side[CM_INPUT], *out = &io->side[CM_OUTPUT];
    cm_io_cycle cycle = {
        .frames = frames,
        .input = in->channels ? in->interleaved : NULL,
        .output = out->channels ? out->interleaved : NULL,
        .input_time = cm_io_anchor_at(&io->anchor, (Float64)begin - period),
        .output_time = cm_io_anchor_at(&io->anchor, (Float64)begin + period),
    };
    cm_io_anchor_when(&io->anchor, AudioGetCurrentHostTime(), &cycle.now);
    if (in->channels)
        cm_pcm_convert(&in->packed, (void *[]){ in->interleaved }, &in->planar,
                       (const void *const *)in->planes, frames);
    if (out->channels)
        memset(out->interleaved, 0, frames * cm_pcm_stride(&out->packed));
    io->settings.cycle(io->settings.context, &cycle);
    if (out->channels)
        cm_pcm_convert(&out->planar, out->planes, &out->packed, (const void *[]){ out->interleaved }, frames);
    skip_planes(in, frames);
    skip_planes(out, frames);
}

/* [render] The server's period may have grown since the stream was opened; a cycle never does. */
static int process(uint32_t period, void *context)
{
    cm_jack_io *io = context;
    jack_side *out = &io->side[CM_OUTPUT];
    find_planes(out, period);
    if (!cm_io_gate_enter(&io->gate)) {
        for (UInt32 i = 0; i < out->channels; i++)
            memset(out->planes[i], 0, period * sizeof(Float32));
        return 0;
    }
    cm_render_begin();
    find_planes(&io->side[CM_INPUT], period);
    find_time(io, period);
    if (atomic_exchange(&io->xrun, false))
        io->settings.event(io->settings.context, CM_IO_OVERLOAD);
    for (UInt32 done = 0, frames; done < period; done += frames) {
        frames = period - done < io->settings.buffer_frames ? period - done : io->settings.buffer_frames;
        run_cycle(io, done, frames, period);
    }
    cm_render_end();
    cm_io_gate_leave(&io->gate);
    return 0;
}

static int note_xrun(void *context)
{
    cm_jack_io *io = context;
    atomic_store(&io->xrun, true);
    return 0;
}

static void note_shutdown(jack_status_t code, const char *reason, void *context)
{
    (void)code, (void)reason;
    cm_jack_note_lost(((cm_jack_io *)context)->server);
}

/* ---- the clerk's side ------------------------------------------------------------------------------------
 */

static void close_client(cm_jack_io *io)
{
    if (io->client)
        cm_jack_clients_close(io->client);
    io->client = NULL;
    io->active = false;
}

static void lose(cm_jack_io *io)
{
    cm_io_gate_shut(&io->gate);
    close_client(io);
    if (atomic_exchange(&io->lost, true))
        return;
    pthread_mutex_lock(&io->telling);
    if (!io->closed)
        io->settings.event(io->settings.context, CM_IO_LOST);
    pthread_mutex_unlock(&io->telling);
}

void cm_jack_lose_streams(cm_jack_server *server)
{
    for (cm_jack_io *io = server->streams; io; io = io->next)
        lose(io);
}

static void free_io(cm_jack_io *io)
{
    close_client(io);
    for (cm_side side = CM_INPUT; side < CM_SIDES; side++) {
        free(io->side[side].ports);
        free(io->side[side].planes);
        free(io->side[side].interleaved);
    }
    pthread_mutex_destroy(&io->telling);
    free(io);
}

static OSStatus register_ports(cm_jack_io *io, cm_side which)
{
    jack_side *side = &io->side[which];
    UInt32 wanted = io->settings.channels[which], count;
    if (!wanted)
        return 0;
    const char **system = cm_jack_system_ports(io->client, which, &count);
    io->settings.latency[which] = cm_jack_latency(io->client, system, count, which);
    cm_jack.jack_free(system);
    if (wanted > count)
        return cm_fail(kAudioHardwareIllegalOperationError, "the JACK server has %u channels, not %u",
                       (unsigned)count, (unsigned)wanted);
    side->ports = calloc(wanted, sizeof *side->ports);
    side->planes = calloc(wanted, sizeof *side->planes);
    side->interleaved = calloc((size_t)wanted * MAX_BUFFER, sizeof(Float32));
    if (!side->ports || !side->planes || !side->interleaved)
        return cmMemFullError;
    side->planar = cm_pcm_float32(wanted, true);
    side->packed = cm_pcm_float32(wanted, false);
    for (UInt32 i = 0; i < wanted; i++, side->channels++) {
        char name[32];
        snprintf(name, sizeof name, "%s_%u", which == CM_INPUT ? "input" : "output", (unsigned)i + 1);
        side->ports[i] = cm_jack.jack_port_register(io->client, name, JACK_DEFAULT_AUDIO_TYPE,
                                                    which == CM_INPUT ? JackPortIsInput : JackPortIsOutput,
                                                    0);
        if (!side->ports[i])
            return cm_fail(kAudioHardwareNotReadyError, "the JACK server has no more ports");
    }
    return 0;
}

/* The period is one for all of the server's clients and a power of two; some servers cannot change it. */
static void choose_buffer_size(cm_jack_io *io)
{
    UInt32 wanted = io->settings.buffer_frames, rounded = 16;
    while (rounded < wanted && rounded < MAX_BUFFER)
        rounded *= 2;
    if (wanted && rounded != cm_jack.jack_get_buffer_size(io->client))
        cm_jack.jack_set_buffer_size(io->client, rounded);
    io->settings.buffer_frames = cm_jack.jack_get_buffer_size(io->client);
}

static void compare_clocks(cm_jack_io *io)
{
    UInt64 jack = cm_jack.jack_get_time() * 1000, host = AudioGetCurrentHostTime();
    SInt64 offset = (SInt64)(host - jack);
    bool same_clock = offset > -5000000 && offset < 5000000;
    io->clock_offset = same_clock ? 0 : offset;
}

static OSStatus prepare(cm_jack_io *io)
{
    io->client = cm_jack_client(io->server, "coremusic");
    if (!io->client)
        return cm_fail(kAudioHardwareNotRunningError, "the JACK server took no client");
    cm_jack.jack_on_info_shutdown(io->client, note_shutdown, io);
    cm_jack.jack_set_process_callback(io->client, process, io);
    cm_jack.jack_set_xrun_callback(io->client, note_xrun, io);
    io->settings.rate = cm_jack.jack_get_sample_rate(io->client);
    if (!(io->settings.rate > 0))
        return kAudioHardwareNotRunningError;
    choose_buffer_size(io);
    cm_io_anchor_reset(&io->anchor, io->settings.rate);
    compare_clocks(io);
    OSStatus status = register_ports(io, CM_INPUT);
    return status ? status : register_ports(io, CM_OUTPUT);
}

static OSStatus open_stream(cm_errand *errand)
{
    stream_errand *block = (stream_errand *)errand;
    if (!block->server->client)
        return kAudioHardwareNotRunningError;
    OSStatus status = prepare(block->io);
    if (status)
        return status;
    block->io->next = block->server->streams;
    block->server->streams = block->io;
    return 0;
}

static OSStatus close_stream(cm_errand *errand)
{
    cm_jack_io *io = ((stream_errand *)errand)->io;
    for (cm_jack_io **link = &io->server->streams; *link; link = &(*link)->next)
        if (*link == io) {
            *link = io->next;
            break;
        }
    free_io(io);
    return 0;
}

/* Nobody waited for the stream to open, so nobody will close it. */
static void drop_unclaimed(cm_errand *errand)
{
    close_stream(errand);
    free(errand);
}

static void connect_ports(cm_jack_io *io, cm_side which)
{
    jack_side *side = &io->side[which];
    UInt32 count;
    const char **system = cm_jack_system_ports(io->client, which, &count);
    for (UInt32 i = 0; i < side->channels && i < count; i++) {
        const char *own = cm_jack.jack_port_name(side->ports[i]);
        cm_jack.jack_connect(io->client, which == CM_INPUT ? system[i] : own,
                             which == CM_INPUT ? own : system[i]);
    }
    cm_jack.jack_free(system);
}

static OSStatus activate(cm_errand *errand)
{
    cm_jack_io *io = ((stream_errand *)errand)->io;
    if (!io->client)
        return kAudioHardwareBadDeviceError;
    if (io->active)
        return 0;
    if (cm_jack.jack_activate(io->client))
        return cm_fail(kAudioHardwareNotRunningError, "the JACK server did not start the client");
    io->active = true;
    connect_ports(io, CM_INPUT);
    connect_ports(io, CM_OUTPUT);
    return 0;
}

static OSStatus deactivate(cm_errand *errand)
{
    cm_jack_io *io = ((stream_errand *)errand)->io;
    if (io->client && io->active)
        cm_jack.jack_deactivate(io->client);
    io->active = false;
    return 0;
}

/* ---- the driver's side -----------------------------------------------------------------------------------
 */

static stream_errand *new_errand(cm_jack_io *io, OSStatus (*what)(cm_errand *errand))
{
    stream_errand *errand = calloc(1, sizeof *errand);
    if (errand)
        *errand = (stream_errand){ .errand.run = what, .server = io->server, .io = io };
    return errand;
}

static OSStatus send_errand(cm_jack_io *io, OSStatus (*what)(cm_errand *errand))
{
    bool kept = true;
    stream_errand *errand = new_errand(io, what);
    if (!errand)
        return cmMemFullError;
    OSStatus status = cm_clerk_send(io->server->clerk, &errand->errand, &kept);
    if (kept)
        free(errand);
    return status;
}

OSStatus cm_jack_io_open(void *driver, const char *uid, cm_io_settings *settings, void **out)
{
    cm_jack_server *server = driver;
    if (strcmp(uid, server->uid) != 0)
        return kAudioHardwareBadDeviceError;
    cm_jack_io *io = calloc(1, sizeof *io);
    if (!io)
        return cmMemFullError;
    io->server = server;
    io->settings = *settings;
    pthread_mutex_init(&io->telling, NULL);
    stream_errand *errand = new_errand(io, open_stream);
    if (!errand) {
        free_io(io);
        return cmMemFullError;
    }
    errand->errand.drop = drop_unclaimed;
    bool kept;
    OSStatus status = cm_clerk_send(server->clerk, &errand->errand, &kept);
    if (!kept)
        return status;
    free(errand);
    if (status) {
        send_errand(io, close_stream);
        return status;
    }
    *settings = io->settings;
    *out = io;
    return 0;
}

OSStatus cm_jack_io_start(void *stream)
{
    cm_jack_io *io = stream;
    if (atomic_load(&io->lost))
        return kAudioHardwareBadDeviceError;
    OSStatus status = send_errand(io, activate);
    if (!status && atomic_load(&io->lost))
        status = kAudioHardwareBadDeviceError;
    if (!status)
        cm_io_gate_open(&io->gate);
    return status;
}

OSStatus cm_jack_io_stop(void *stream)
{
    cm_jack_io *io = stream;
    cm_io_gate_shut(&io->gate);
    stream_errand *errand = new_errand(io, deactivate);
    if (!errand)
        return cmMemFullError;
    cm_clerk_post(io->server->clerk, &errand->errand);
    return 0;
}

void cm_jack_io_close(void *stream)
{
    cm_jack_io *io = stream;
    if (!io)
        return;
    cm_io_gate_shut(&io->gate);
    pthread_mutex_lock(&io->telling);
    io->closed = true;
    pthread_mutex_unlock(&io->telling);
    send_errand(io, close_stream);
}

OSStatus cm_jack_io_time(void *stream, AudioTimeStamp *now)
{
    cm_jack_io *io = stream;
    return cm_io_anchor_when(&io->anchor, AudioGetCurrentHostTime(), now);
}
