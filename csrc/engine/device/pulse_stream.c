#include "pulse_stream.h"

#include "base/clock.h"
#include "base/realtime.h"
#include "base/urgent.h"
#include "stream_clock.h"

#include <CoreAudio/AudioHardwareBase.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_US 1000000

/*
 * The queue of an output begins short: one cycle and what the sink takes at once, which is half a cycle. When
 * the server or this thread came so late that the sink took more than that and half of what is spare, the
 * queue grows by a step, or as far as that delay went, for as long as the stream runs, so that the next delay
 * of that kind costs nothing. The server lets us hold as much as the queue may ever become; how much of that
 * is filled is ours to say.
 */
#define SHORTEST_TAKE_S 0.0020
#define SHORTEST_QUEUE_S 0.0060
#define SHORTEST_STEP_S 0.005
#define MOST_SPARE_S 0.100
#define SETTLING_CYCLES 4

/* Events between two looks at what has to be done. */
#define MOST_AT_ONCE 1000

typedef enum { IDLE, RUNNING, GONE, QUIT } phase;

struct cm_pulse_stream {
    cm_io_settings settings;
    cm_side side;
    UInt32 channels;
    size_t frame_bytes, cycle_bytes;
    pa_mainloop *loop; /* from here on the thread's, once there is one */
    pa_context *context;
    pa_stream *stream;
    Float32 *buffer;        /* one cycle */
    UInt32 filled;          /* input: frames of it */
    size_t target;          /* output: bytes that the server would hold */
    size_t fill;            /* output: bytes that it is given to hold; at most the target */
    size_t room;            /* output: bytes that the server had asked for and not got */
    Float64 sink;           /* output: frames that the sink has of its own */
    _Atomic UInt32 latency; /* output: what these two come to, as in the settings */
    Float64 sample;         /* sample time of the next cycle */
    bool overloaded;        /* to be told with the next cycle */
    bool is_timed;          /* output: the server has told when it began to play */
    bool was_asleep;        /* the device was suspended: sample time is behind by as long as that took */
    cm_stream_clock clock;

    pthread_t thread;
    bool has_thread;
    _Atomic phase wanted; /* by the owner: IDLE, RUNNING or QUIT */
    pthread_mutex_t lock;
    pthread_cond_t settled;
    phase is; /* with the lock, written by the thread only: IDLE, RUNNING or GONE */
};

/* [render] One cycle from or into the buffer, whose first frame is heard at this host time. */
static void run_cycle(cm_pulse_stream *s, Float64 heard)
{
    if (s->was_asleep) {
        s->sample += fmax(0, rint(cm_stream_clock_error(&s->clock, s->sample, heard)));
        s->was_asleep = false;
        s->overloaded = true;
    }
    cm_stream_clock_measure(&s->clock, s->sample, heard);
    cm_io_cycle cycle = { .frames = s->settings.buffer_frames };
    cm_stream_clock_now(&s->clock, &cycle.now);
    AudioTimeStamp time = cm_stream_clock_at(&s->clock, s->sample);
    if (s->side == CM_OUTPUT) {
        memset(s->buffer, 0, s->cycle_bytes);
        cycle.output = s->buffer;
        cycle.output_time = time;
    } else {
        cycle.input = s->buffer;
        cycle.input_time = time;
    }
    cm_render_begin();
    if (s->overloaded)
        s->settings.event(s->settings.context, CM_IO_OVERLOAD);
    s->settings.cycle(s->settings.context, &cycle);
    cm_render_end();
    s->overloaded = false;
    s->sample += s->settings.buffer_frames;
}

/* True while cycles may run: the owner can stop them at any time. */
static bool is_running(const cm_pulse_stream *s)
{
    return s->is == RUNNING && atomic_load_explicit(&s->wanted, memory_order_acquire) == RUNNING;
}

/* Host time, ns, of what is written or read next; the guess (frames from now) before the server has told. */
static Float64 next_heard(cm_pulse_stream *s, Float64 guess)
{
    pa_usec_t latency = 0;
    int negative = 0;
    Float64 now = (Float64)AudioGetCurrentHostTime();
    if (cm_pulse.pa_stream_get_latency(s->stream, &latency, &negative) < 0)
        return now + guess * s->clock.nominal;
    if (!s->is_timed && cm_pulse.pa_stream_get_timing_info(s->stream)->playing) {
        s->is_timed = true;
        cm_stream_clock_relock(&s->clock);
    }
    Float64 ns = 1e3 * (Float64)latency * (negative ? -1 : 1);
    return s->side == CM_OUTPUT ? now + ns : now - ns;
}

static size_t bytes_of(const cm_pulse_stream *s, Float64 frames)
{
    return (size_t)ceil(frames) * s->frame_bytes;
}

/* What the queue holds beyond one cycle, and the sink. */
static UInt32 latency_of(const cm_pulse_stream *s)
{
    Float64 queue = (Float64)s->fill / (Float64)s->frame_bytes;
    return (UInt32)fmax(0, queue + s->sink - s->settings.buffer_frames);
}

/* [render] */
static void set_fill(cm_pulse_stream *s, size_t fill)
{
    s->fill = fill < s->target ? fill : s->target;
    UInt32 latency = latency_of(s);
    if (atomic_exchange(&s->latency, latency) != latency && s->is == RUNNING)
        s->settings.event(s->settings.context, CM_IO_LATENCY);
}

/* The shortest queue that the sink does not run dry of by what it takes at once, which varies a
 * little. */
static size_t least_fill(const cm_pulse_stream *s)
{
    Float64 frames = s->settings.buffer_frames + 1.25 * s->sink;
    return bytes_of(s, fmax(frames, SHORTEST_QUEUE_S * s->settings.rate));
}

static size_t step_of(const cm_pulse_stream *s)
{
    return bytes_of(s, fmax(s->settings.buffer_frames, SHORTEST_STEP_S * s->settings.rate));
}

/*
 * [render] Lets the queue grow when the sink took so much since the last look that it would have run dry, or
 * nearly, had the queue been as short as it gets before a cycle is written. How much is left says nothing:
 * that depends on when the sink takes, and is little while the queue fills up after it grew. What the sink
 * takes at first is as much as suited others.
 */
static void judge_queue(cm_pulse_stream *s, size_t room)
{
    bool has_begun = s->sample >= SETTLING_CYCLES * s->settings.buffer_frames;
    size_t taken = room - s->room, shortest = s->fill - s->cycle_bytes;
    size_t take = bytes_of(s, s->sink), spare = shortest > take ? shortest - take : 0;
    if (has_begun ? taken <= take + spare / 2 : s->sample <= 0 || room < s->target)
        return;
    size_t stepped = s->fill + step_of(s), reached = s->cycle_bytes + taken;
    set_fill(s, has_begun && reached > stepped ? reached : stepped);
}

/* Room for a cycle, in a queue that is filled up to so many bytes. */
static bool has_room(const cm_pulse_stream *s, size_t room, size_t fill)
{
    return room != (size_t)-1 && room + fill >= s->target + s->cycle_bytes;
}

/*
 * A cycle where the queue has room for it. More at once only as far as the sink may need them at once: who
 * makes the sound has a ring that is short, too, and needs time between two cycles to fill it. The server
 * keeps reading when it has nothing to read, and asks for those bytes too: what it asks for beyond its target
 * is the sound that was lost, and is skipped.
 */
static void write_cycles(cm_pulse_stream *s)
{
    size_t room = cm_pulse.pa_stream_writable_size(s->stream), least = least_fill(s);
    if (is_running(s) && room != (size_t)-1 && room > s->room)
        judge_queue(s, room);
    size_t fill = room > s->room ? s->fill : least;
    for (; is_running(s) && has_room(s, room, fill); room = cm_pulse.pa_stream_writable_size(s->stream)) {
        size_t lost = room > s->target ? (room - s->target) / s->frame_bytes : 0;
        if (lost) {
            s->overloaded = true;
            s->sample += (Float64)lost;
        }
        run_cycle(s, next_heard(s, s->sample));
        if (cm_pulse.pa_stream_write(s->stream, s->buffer, s->cycle_bytes, NULL,
                                     (int64_t)(lost * s->frame_bytes), PA_SEEK_RELATIVE) < 0)
            break;
        fill = least;
    }
    s->room = room;
}

/* Cuts what came in into cycles; heard is the host time of the first byte. */
static void take_piece(cm_pulse_stream *s, const char *bytes, size_t frames, Float64 heard)
{
    size_t done = 0;
    while (done < frames && is_running(s)) {
        size_t count = s->settings.buffer_frames - s->filled;
        if (count > frames - done)
            count = frames - done;
        memcpy(s->buffer + (size_t)s->filled * s->channels, bytes + done * s->frame_bytes,
               count * s->frame_bytes);
        s->filled += (UInt32)count;
        done += count;
        if (s->filled == s->settings.buffer_frames) {
            s->filled = 0;
            run_cycle(s, heard + ((Float64)done - s->settings.buffer_frames) * s->clock.nominal);
        }
    }
}

/* A hole: the server or the connection dropped sound. What was gathered before it is lost with it. */
static void take_hole(cm_pulse_stream *s, size_t frames)
{
    s->sample += (Float64)(s->filled + frames);
    s->filled = 0;
    s->overloaded = true;
}

static void has_sound(pa_stream *stream, size_t size, void *userdata)
{
    (void)size;
    cm_pulse_stream *s = userdata;
    const void *bytes;
    size_t length;
    while (cm_pulse.pa_stream_readable_size(stream) > 0) {
        if (cm_pulse.pa_stream_peek(stream, &bytes, &length) < 0 || length == 0)
            break;
        if (!is_running(s))
            s->filled = 0;
        else if (!bytes)
            take_hole(s, length / s->frame_bytes);
        else
            take_piece(s, bytes, length / s->frame_bytes, next_heard(s, -(Float64)s->settings.buffer_frames));
        cm_pulse.pa_stream_drop(stream);
    }
}

static void suspended(pa_stream *stream, void *userdata)
{
    (void)stream;
    cm_pulse_stream *s = userdata;
    s->was_asleep = s->is == RUNNING;
}

/* The queue ran dry. By less than a cycle, that is all the server says: sample time is right, a piece was
 * late. */
static void ran_dry(pa_stream *stream, void *userdata)
{
    (void)stream;
    cm_pulse_stream *s = userdata;
    s->overloaded = is_running(s);
}

/* [render, or before there is a thread] What the server makes of the wishes: now, and when the sink's latency
 * changes. */
static void read_back(cm_pulse_stream *s)
{
    const pa_buffer_attr *attributes = cm_pulse.pa_stream_get_buffer_attr(s->stream);
    const pa_timing_info *timing = cm_pulse.pa_stream_get_timing_info(s->stream);
    if (attributes)
        s->target = attributes->tlength;
    if (timing)
        s->sink = 1e-6 * (Float64)timing->configured_sink_usec * s->settings.rate;
    size_t least = least_fill(s);
    set_fill(s, s->fill > least ? s->fill : least);
}

static void attributes_changed(pa_stream *stream, void *userdata)
{
    (void)stream;
    cm_pulse_stream *s = userdata;
    if (s->side == CM_OUTPUT && s->is != GONE)
        read_back(s);
}

static void settle(cm_pulse_stream *s, phase now)
{
    pthread_mutex_lock(&s->lock);
    s->is = now;
    pthread_cond_broadcast(&s->settled);
    pthread_mutex_unlock(&s->lock);
}

/* The device, the server or the connection is gone; during io_open that only makes it fail. */
static void lose(cm_pulse_stream *s)
{
    if (s->is == GONE)
        return;
    settle(s, GONE);
    if (s->has_thread)
        s->settings.event(s->settings.context, CM_IO_LOST);
}

static void context_changed(pa_context *context, void *s)
{
    if (!PA_CONTEXT_IS_GOOD(cm_pulse.pa_context_get_state(context)))
        lose(s);
}

static void stream_changed(pa_stream *stream, void *s)
{
    if (!PA_STREAM_IS_GOOD(cm_pulse.pa_stream_get_state(stream)))
        lose(s);
}

static void forget(pa_operation *operation)
{
    if (operation)
        cm_pulse.pa_operation_unref(operation);
}

static void start_cycles(cm_pulse_stream *s)
{
    s->sample = 0;
    s->filled = 0;
    s->overloaded = s->was_asleep = s->is_timed = false;
    cm_stream_clock_reset(&s->clock, s->settings.rate);
    if (s->side == CM_OUTPUT)
        set_fill(s, least_fill(s));
    s->room = 0;
    settle(s, RUNNING);
    if (s->side == CM_OUTPUT)
        write_cycles(s); /* the queue is full when the sink begins to read */
    else
        forget(cm_pulse.pa_stream_flush(s->stream, NULL, NULL));
    forget(cm_pulse.pa_stream_cork(s->stream, 0, NULL, NULL));
}

static void stop_cycles(cm_pulse_stream *s)
{
    forget(cm_pulse.pa_stream_cork(s->stream, 1, NULL, NULL));
    forget(cm_pulse.pa_stream_flush(s->stream, NULL, NULL));
    settle(s, IDLE);
}

static void obey(cm_pulse_stream *s)
{
    phase wanted = atomic_load_explicit(&s->wanted, memory_order_acquire);
    if (s->is == IDLE && wanted == RUNNING)
        start_cycles(s);
    if (s->is == RUNNING && wanted != RUNNING)
        stop_cycles(s);
}

/*
 * Waits for the server, then takes in all that it has said: it asks for sound piece by piece, and only the
 * sum shows what was lost. False: the connection is broken.
 */
static bool listen_to_server(cm_pulse_stream *s)
{
    int said = cm_pulse.pa_mainloop_iterate(s->loop, 1, NULL);
    for (int more = MOST_AT_ONCE; said > 0 && more > 0; more--)
        said = cm_pulse.pa_mainloop_iterate(s->loop, 0, NULL);
    return said >= 0;
}

static void *stream_thread(void *userdata)
{
    cm_pulse_stream *s = userdata;
    cm_thread_urgent("coremusic-pulse");
    while (atomic_load_explicit(&s->wanted, memory_order_acquire) != QUIT) {
        obey(s);
        if (!listen_to_server(s)) {
            lose(s);
            break;
        }
        if (s->side == CM_OUTPUT)
            write_cycles(s);
    }
    return NULL;
}

/* [control] Runs the loop on the caller's thread until done(s), the stream is lost, or the patience ends. */
static bool wait_for(cm_pulse_stream *s, bool (*done)(cm_pulse_stream *s))
{
    pa_usec_t end = cm_pulse.pa_rtclock_now() + PATIENCE_US;
    while (s->is != GONE && !done(s)) {
        pa_usec_t now = cm_pulse.pa_rtclock_now();
        if (now >= end || cm_pulse.pa_mainloop_prepare(s->loop, (int)(end - now)) < 0 ||
            cm_pulse.pa_mainloop_poll(s->loop) < 0 || cm_pulse.pa_mainloop_dispatch(s->loop) < 0)
            return false;
    }
    return s->is != GONE;
}

static bool is_connected(cm_pulse_stream *s)
{
    return cm_pulse.pa_context_get_state(s->context) == PA_CONTEXT_READY;
}

/* The first timing comes right after the stream. */
static bool is_prepared(cm_pulse_stream *s)
{
    return cm_pulse.pa_stream_get_state(s->stream) == PA_STREAM_READY &&
           cm_pulse.pa_stream_get_timing_info(s->stream);
}

static OSStatus connect_context(cm_pulse_stream *s)
{
    s->loop = cm_pulse.pa_mainloop_new();
    s->context = s->loop ? cm_pulse.pa_context_new(cm_pulse.pa_mainloop_get_api(s->loop), "coremusic") : NULL;
    if (!s->context)
        return cmMemFullError;
    cm_pulse.pa_context_set_state_callback(s->context, context_changed, s);
    if (cm_pulse.pa_context_connect(s->context, NULL, PA_CONTEXT_NOAUTOSPAWN, NULL) < 0 ||
        !wait_for(s, is_connected))
        return cm_fail(kAudioHardwareNotRunningError, "the sound server does not answer");
    return 0;
}

/*
 * What the sink shall take at once, in frames: half a cycle, or else a whole number of short cycles, so that
 * cycles come as evenly as takes do.
 */
static Float64 take_of(const cm_pulse_stream *s)
{
    Float64 cycle = s->settings.buffer_frames, least = SHORTEST_TAKE_S * s->settings.rate;
    return cycle >= 2 * least ? cycle / 2 : cycle * ceil(least / cycle);
}

static pa_buffer_attr wanted_buffer(const cm_pulse_stream *s)
{
    Float64 rate = s->settings.rate, cycle = s->settings.buffer_frames;
    return (pa_buffer_attr){
        .maxlength = (uint32_t)-1,
        .tlength = (uint32_t)bytes_of(s, fmax(2 * cycle, cycle + MOST_SPARE_S * rate)),
        .prebuf = 0, /* the sink's time goes on when we are late, and so does sample time */
        .minreq = (uint32_t)bytes_of(s, take_of(s)),
        .fragsize = (uint32_t)s->cycle_bytes,
    };
}

static void set_callbacks(cm_pulse_stream *s)
{
    cm_pulse.pa_stream_set_state_callback(s->stream, stream_changed, s);
    cm_pulse.pa_stream_set_read_callback(s->stream, has_sound, s);
    cm_pulse.pa_stream_set_underflow_callback(s->stream, ran_dry, s);
    cm_pulse.pa_stream_set_suspended_callback(s->stream, suspended, s);
    cm_pulse.pa_stream_set_buffer_attr_callback(s->stream, attributes_changed, s);
}

/*
 * Channels are matched by name and never mixed; the stream dies with its device instead of moving to another,
 * since which device plays what is the HAL's to say.
 */
static OSStatus connect_stream(cm_pulse_stream *s, const char *uid, const pa_channel_map *map)
{
    const pa_sample_spec spec = { PA_SAMPLE_FLOAT32NE, (uint32_t)s->settings.rate, (uint8_t)s->channels };
    const pa_channel_map own = cm_pulse_stream_map(map, s->channels);
    const pa_buffer_attr buffer = wanted_buffer(s);
    /* Early requests: the sink's latency is to be minreq, whatever the target is. */
    const pa_stream_flags_t flags = PA_STREAM_START_CORKED | PA_STREAM_DONT_MOVE |
                                    PA_STREAM_INTERPOLATE_TIMING | PA_STREAM_AUTO_TIMING_UPDATE |
                                    PA_STREAM_NO_REMIX_CHANNELS |
                                    (s->side == CM_OUTPUT ? PA_STREAM_EARLY_REQUESTS
                                                          : PA_STREAM_ADJUST_LATENCY);
    s->stream = cm_pulse.pa_stream_new(s->context, "coremusic", &spec, &own);
    if (!s->stream)
        return cm_fail(kAudioDeviceUnsupportedFormatError, "the sound server takes no %u channels at %g Hz",
                       s->channels, s->settings.rate);
    set_callbacks(s);
    int failed = s->side == CM_OUTPUT
                     ? cm_pulse.pa_stream_connect_playback(s->stream, uid, &buffer, flags, NULL, NULL)
                     : cm_pulse.pa_stream_connect_record(s->stream, uid, &buffer, flags);
    if (failed || !wait_for(s, is_prepared))
        return cm_fail(kAudioHardwareNotRunningError, "no stream for %s: %s", uid,
                       cm_pulse.pa_strerror(cm_pulse.pa_context_errno(s->context)));
    return 0;
}

static void note_latency(cm_pulse_stream *s)
{
    if (s->side == CM_OUTPUT) {
        read_back(s);
        s->settings.latency[CM_OUTPUT] = atomic_load(&s->latency);
    } else {
        const pa_timing_info *timing = cm_pulse.pa_stream_get_timing_info(s->stream);
        Float64 seconds = 1e-6 * (Float64)timing->configured_source_usec;
        s->settings.latency[CM_INPUT] = (UInt32)(seconds * s->settings.rate);
    }
}

static OSStatus start_thread(cm_pulse_stream *s)
{
    s->has_thread = true;
    if (pthread_create(&s->thread, NULL, stream_thread, s) == 0)
        return 0;
    s->has_thread = false;
    return cm_fail(kAudioHardwareUnspecifiedError, "no thread for a sound stream");
}

static OSStatus prepare(cm_pulse_stream *s, const char *uid, const pa_channel_map *map)
{
    s->buffer = malloc(s->cycle_bytes);
    if (!s->buffer)
        return cmMemFullError;
    OSStatus status = connect_context(s);
    if (!status)
        status = connect_stream(s, uid, map);
    if (status)
        return status;
    note_latency(s);
    return start_thread(s);
}

OSStatus cm_pulse_stream_open(const char *uid, cm_side side, const pa_channel_map *map,
                              cm_io_settings *settings, void **io)
{
    UInt32 channels = settings->channels[side];
    if (!(settings->rate >= CM_PULSE_MIN_RATE && settings->rate <= CM_PULSE_MAX_RATE) ||
        channels > map->channels)
        return kAudioDeviceUnsupportedFormatError;
    cm_pulse_stream *s = calloc(1, sizeof *s);
    if (!s)
        return cmMemFullError;
    settings->rate = rint(settings->rate);
    if (settings->buffer_frames < CM_PULSE_MIN_BUFFER)
        settings->buffer_frames = CM_PULSE_MIN_BUFFER;
    if (settings->buffer_frames > CM_PULSE_MAX_BUFFER)
        settings->buffer_frames = CM_PULSE_MAX_BUFFER;
    s->settings = *settings;
    s->side = side;
    s->channels = channels;
    s->frame_bytes = channels * sizeof(Float32);
    s->cycle_bytes = settings->buffer_frames * s->frame_bytes;
    cm_stream_clock_reset(&s->clock, settings->rate);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->settled, NULL);
    OSStatus status = prepare(s, uid, map);
    if (status) {
        cm_pulse_stream_close(s);
        return status;
    }
    *settings = s->settings;
    *io = s;
    return 0;
}

/* From inside a cycle there is nothing to wait for: the thread obeys as soon as the cycle is over. */
static OSStatus want(cm_pulse_stream *s, phase wanted)
{
    atomic_store_explicit(&s->wanted, wanted, memory_order_release);
    if (pthread_equal(pthread_self(), s->thread))
        return 0;
    cm_pulse.pa_mainloop_wakeup(s->loop);
    pthread_mutex_lock(&s->lock);
    while (s->is != wanted && s->is != GONE)
        pthread_cond_wait(&s->settled, &s->lock);
    phase is = s->is;
    pthread_mutex_unlock(&s->lock);
    return is == wanted || wanted == IDLE ? 0 : cm_fail(kAudioHardwareNotRunningError, "the device is gone");
}

OSStatus cm_pulse_stream_start(void *io)
{
    return want(io, RUNNING);
}

OSStatus cm_pulse_stream_stop(void *io)
{
    return want(io, IDLE);
}

void cm_pulse_stream_close(void *io)
{
    cm_pulse_stream *s = io;
    if (!s)
        return;
    if (s->has_thread) {
        atomic_store_explicit(&s->wanted, QUIT, memory_order_release);
        cm_pulse.pa_mainloop_wakeup(s->loop);
        pthread_join(s->thread, NULL);
    }
    s->is = GONE; /* what libpulse says from here on is no news */
    if (s->stream) {
        cm_pulse.pa_stream_disconnect(s->stream);
        cm_pulse.pa_stream_unref(s->stream);
    }
    if (s->context) {
        cm_pulse.pa_context_disconnect(s->context);
        cm_pulse.pa_context_unref(s->context);
    }
    if (s->loop)
        cm_pulse.pa_mainloop_free(s->loop);
    pthread_cond_destroy(&s->settled);
    pthread_mutex_destroy(&s->lock);
    free(s->buffer);
    free(s);
}

OSStatus cm_pulse_stream_time(void *io, AudioTimeStamp *now)
{
    return cm_stream_clock_now(&((cm_pulse_stream *)io)->clock, now);
}

UInt32 cm_pulse_stream_latency(void *io, cm_side side)
{
    cm_pulse_stream *s = io;
    return side == CM_OUTPUT ? atomic_load(&s->latency) : s->settings.latency[side];
}
