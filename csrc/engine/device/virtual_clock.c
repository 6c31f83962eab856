/* virtual_clock.c: streams of virtual devices, and the two ways in which their time passes. */
#include "virtual.h"

#include "base/clock.h"
#include "base/realtime.h"
#include "base/urgent.h"

#include <CoreAudio/AudioHardware.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * Time by hand is counted in flicks: a frame at any of the usual rates is a whole number of them, so that
 * hours of virtual time add up exactly. With threads, time is host time.
 */
#define FLICKS_PER_SECOND 705600000.0
#define TICKS_PER_FLICK ((Float64)CM_HOST_TICKS_PER_SECOND / FLICKS_PER_SECOND)

static Float64 time_of(const cm_virtual_io *io, SInt64 frame)
{
    return io->base_time + ((Float64)frame - io->base_frame) * io->per_frame;
}

static UInt64 host_time_of(Float64 time)
{
    if (!atomic_load(&cm_virtual.by_hand))
        return (UInt64)llround(time);
    return atomic_load(&cm_virtual.hand_epoch) + (UInt64)llround(time * TICKS_PER_FLICK);
}

static UInt64 host_of(const cm_virtual_io *io, SInt64 frame)
{
    return host_time_of(time_of(io, frame));
}

/* A loopback has the clock of the output that it hears. */
static Float64 drift_of(const cm_virtual_device *device)
{
    return atomic_load(&(device->heard ? device->heard : device)->drift);
}

/* From `frame` on, which passes at `time`, frames pass as fast as the device's drift says. */
static void set_pace(cm_virtual_io *io, SInt64 frame, Float64 time)
{
    Float64 units = atomic_load(&cm_virtual.by_hand) ? FLICKS_PER_SECOND : (Float64)CM_HOST_TICKS_PER_SECOND;
    io->drift = drift_of(io->device);
    io->base_frame = (Float64)frame;
    io->base_time = time;
    io->per_frame = units / (io->settings.rate * (1 + io->drift * 1e-6));
}

/* Before the next cycle is worked out: a drift that was changed counts from the last one on. */
static void follow_drift(cm_virtual_io *io)
{
    if (io->drift != drift_of(io->device))
        set_pace(io, io->position, time_of(io, io->position));
}

static AudioTimeStamp stamp_at(const cm_virtual_io *io, SInt64 frame)
{
    AudioTimeStamp stamp = cm_io_anchor_at(&io->device->anchor, 0);
    stamp.mSampleTime = (Float64)frame;
    stamp.mHostTime = host_of(io, frame);
    return stamp;
}

/*
 * [render] The cycle that begins at `position`: a buffer of input has been heard since the one before, and
 * what is rendered now sounds when the buffer that was rendered then has ended. What would have sounded
 * between the last cycle and one that comes too late is silence.
 */
static void run_cycle(cm_virtual_io *io, SInt64 position)
{
    UInt32 frames = io->settings.buffer_frames;
    cm_virtual_device *device = io->device;
    Float32 *output = io->buffers[CM_OUTPUT], *input = io->buffers[CM_INPUT];
    size_t output_size = (size_t)frames * io->settings.channels[CM_OUTPUT] * sizeof *output;
    Float64 ticks = io->per_frame * (atomic_load(&cm_virtual.by_hand) ? TICKS_PER_FLICK : 1);
    cm_render_begin();
    cm_grace_enter(&device->grace);
    cm_io_anchor_set(&device->anchor, (Float64)position, host_of(io, position), ticks);
    const cm_io_cycle cycle = { .frames = frames,
                                .input = input,
                                .output = output,
                                .now = stamp_at(io, position),
                                .input_time = stamp_at(io, position - frames),
                                .output_time = stamp_at(io, position + frames) };
    if (input)
        cm_virtual_hear(device, input, frames, &cycle.input_time);
    for (SInt64 gap = io->position + frames; output && gap < position; gap += frames) {
        memset(output, 0, output_size);
        cm_virtual_play(device, output, frames, gap + frames);
    }
    io->position = position;
    if (output)
        memset(output, 0, output_size);
    io->settings.cycle(io->settings.context, &cycle);
    if (output)
        cm_virtual_play(device, output, frames, position + frames);
    cm_grace_leave(&device->grace);
    cm_render_end();
}

/* ---- time by threads ---- */

/* In slices, so that stopping does not take as long as a large buffer. */
static void sleep_until(const cm_virtual_io *io, UInt64 host_time)
{
    const UInt64 slice = CM_HOST_TICKS_PER_SECOND / 50;
    for (UInt64 now; !atomic_load(&io->stopping) && (now = AudioGetCurrentHostTime()) < host_time;) {
        UInt64 wake = host_time - now > slice ? now + slice : host_time;
        const struct timespec at = { (time_t)(wake / CM_HOST_TICKS_PER_SECOND),
                                     (long)(wake % CM_HOST_TICKS_PER_SECOND) };
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
    }
}

/* [render] Where the next cycle begins. What would have sounded before it was rendered is lost. */
static SInt64 next_position(cm_virtual_io *io)
{
    SInt64 frames = io->settings.buffer_frames, next = io->position + frames;
    UInt64 now = AudioGetCurrentHostTime(), due = host_of(io, next);
    bool injected = atomic_exchange(&io->xrun, false);
    if (now <= due && !injected)
        return next;
    SInt64 late = now > due ? (SInt64)((Float64)(now - due) / io->per_frame) : 0;
    io->settings.event(io->settings.context, CM_IO_OVERLOAD);
    return next + (late / frames + (injected ? 1 : 0)) * frames;
}

static void *run_clock(void *context)
{
    cm_virtual_io *io = context;
    SInt64 position = io->position + io->settings.buffer_frames;
    cm_thread_urgent("virtual clock");
    while (!atomic_load(&io->stopping)) {
        sleep_until(io, host_of(io, position));
        if (atomic_load(&io->stopping))
            break;
        run_cycle(io, position);
        follow_drift(io);
        position = next_position(io);
    }
    return NULL;
}

/* Under the lock. */
static OSStatus start_thread(cm_virtual_io *io)
{
    atomic_store(&io->stopping, false);
    int error = pthread_create(&io->thread, NULL, run_clock, io);
    if (error)
        return cm_fail(kAudioHardwareNotRunningError, "no thread for %s: %s", io->device->description.name,
                       strerror(error));
    pthread_setname_np(io->thread, "coremusic-clock");
    io->has_thread = true;
    return noErr;
}

static void stop_thread(cm_virtual_io *io)
{
    atomic_store(&io->stopping, true);
    if (!io->has_thread || pthread_equal(io->thread, pthread_self()))
        return;
    pthread_join(io->thread, NULL);
    io->has_thread = false;
}

/* ---- time by hand ---- */

/* The running stream whose next cycle comes first, if that is not after `until`. Under the lock. */
static cm_virtual_io *first_due(Float64 until, Float64 *time)
{
    cm_virtual_io *first = NULL;
    for (cm_virtual_device *device = cm_virtual.devices; device; device = device->next) {
        cm_virtual_io *io = device->io;
        if (!io || !io->running)
            continue;
        follow_drift(io);
        Float64 begin = time_of(io, io->position + io->settings.buffer_frames);
        if (begin <= until + 0.5 && (!first || begin < *time)) {
            first = io;
            *time = begin;
        }
    }
    return first;
}

/* One cycle, with the lock dropped so that the stream can be stopped from elsewhere meanwhile. */
static void run_by_hand(cm_virtual_io *io)
{
    SInt64 frames = io->settings.buffer_frames, position = io->position + frames;
    if (atomic_exchange(&io->xrun, false)) {
        position += frames;
        io->settings.event(io->settings.context, CM_IO_OVERLOAD);
    }
    io->in_cycle = true;
    io->advancer = pthread_self();
    pthread_mutex_unlock(&cm_virtual.lock);
    run_cycle(io, position);
    pthread_mutex_lock(&cm_virtual.lock);
    io->in_cycle = false;
    pthread_cond_broadcast(&cm_virtual.cycle_ended);
}

/* Under the lock: no CMVirtualAdvance is under way on return. */
static void wait_for_hand(void)
{
    while (cm_virtual.passing)
        pthread_cond_wait(&cm_virtual.cycle_ended, &cm_virtual.lock);
}

OSStatus cm_virtual_pass(UInt64 frames, Float64 rate)
{
    cm_virtual_lock();
    wait_for_hand();
    bool by_hand = atomic_load(&cm_virtual.by_hand);
    if (by_hand) {
        Float64 until = atomic_load(&cm_virtual.hand_time) + (Float64)frames * (FLICKS_PER_SECOND / rate);
        Float64 time = 0;
        cm_virtual.passing = true;
        for (cm_virtual_io *io; (io = first_due(until, &time));) {
            atomic_store(&cm_virtual.hand_time, time);
            run_by_hand(io);
        }
        atomic_store(&cm_virtual.hand_time, until);
        cm_virtual.passing = false;
        pthread_cond_broadcast(&cm_virtual.cycle_ended);
    }
    cm_virtual_unlock();
    return by_hand ? noErr : cm_fail(kAudioHardwareIllegalOperationError, "the virtual clock runs by itself");
}

/* ---- both ---- */

/* The stream's position is now. Under the lock. */
static OSStatus set_going(cm_virtual_io *io)
{
    bool by_hand = atomic_load(&cm_virtual.by_hand);
    set_pace(io, io->position,
             by_hand ? atomic_load(&cm_virtual.hand_time) : (Float64)AudioGetCurrentHostTime());
    io->running = true;
    return by_hand ? noErr : start_thread(io);
}

void cm_virtual_take_clock(bool by_hand)
{
    cm_virtual_lock();
    wait_for_hand();
    if (by_hand != atomic_load(&cm_virtual.by_hand)) {
        for (cm_virtual_device *device = cm_virtual.devices; device; device = device->next)
            if (by_hand && device->io && device->io->running)
                stop_thread(device->io);
        atomic_store(&cm_virtual.by_hand, by_hand);
        atomic_store(&cm_virtual.hand_epoch, AudioGetCurrentHostTime());
        atomic_store(&cm_virtual.hand_time, 0);
        for (cm_virtual_device *device = cm_virtual.devices; device; device = device->next)
            if (device->io && device->io->running)
                set_going(device->io);
    }
    cm_virtual_unlock();
}

OSStatus cm_virtual_io_open(void *driver, const char *uid, cm_io_settings *settings, void **out)
{
    (void)driver;
    cm_virtual_io *io = calloc(1, sizeof *io);
    if (!io)
        return cmMemFullError;
    *out = io;
    bool complete = true;
    for (int side = 0; side < CM_SIDES; side++) {
        size_t samples = (size_t)settings->buffer_frames * settings->channels[side];
        if (samples)
            complete = (io->buffers[side] = calloc(samples, sizeof(Float32))) && complete;
    }
    cm_virtual_lock();
    cm_virtual_device *device = cm_virtual_find(uid);
    bool usable = device && device->plugged && !device->io;
    if (usable && complete && (complete = cm_virtual_sound_begin(device))) {
        for (int side = 0; side < CM_SIDES; side++)
            settings->latency[side] = device->description.side[side].latency;
        settings->rate = device->description.rate;
        cm_io_anchor_reset(&device->anchor, settings->rate);
        io->device = device;
        io->settings = *settings;
        device->io = io;
    }
    cm_virtual_unlock();
    return !complete ? cmMemFullError : usable ? noErr : kAudioHardwareBadDeviceError;
}

OSStatus cm_virtual_io_start(void *context)
{
    cm_virtual_io *io = context;
    OSStatus status = noErr;
    cm_virtual_lock();
    if (!io->device->plugged) {
        status = kAudioHardwareNotRunningError;
    } else if (!io->running) {
        io->position = 0;
        status = set_going(io);
        io->running = status == noErr;
    }
    cm_virtual_unlock();
    return status;
}

OSStatus cm_virtual_io_stop(void *context)
{
    cm_virtual_io *io = context;
    cm_virtual_lock();
    io->running = false;
    while (io->in_cycle && !pthread_equal(io->advancer, pthread_self()))
        pthread_cond_wait(&cm_virtual.cycle_ended, &cm_virtual.lock);
    cm_virtual_unlock();
    stop_thread(io);
    return noErr;
}

void cm_virtual_io_close(void *context)
{
    cm_virtual_io *io = context;
    if (!io)
        return;
    cm_virtual_io_stop(io);
    cm_virtual_lock();
    if (io->device)
        io->device->io = NULL;
    if (io->device && io->device->is_removed)
        cm_virtual_free(io->device);
    cm_virtual_unlock();
    for (int side = 0; side < CM_SIDES; side++)
        free(io->buffers[side]);
    free(io);
}

/* By hand, now is when the hand has got to. */
OSStatus cm_virtual_io_time(void *context, AudioTimeStamp *now)
{
    const cm_virtual_io *io = context;
    bool by_hand = atomic_load(&cm_virtual.by_hand);
    return cm_io_anchor_when(
        &io->device->anchor,
        by_hand ? host_time_of(atomic_load(&cm_virtual.hand_time)) : AudioGetCurrentHostTime(), now);
}

void cm_virtual_io_lose(cm_virtual_io *io)
{
    io->running = false;
    while (io->in_cycle)
        pthread_cond_wait(&cm_virtual.cycle_ended, &cm_virtual.lock);
    stop_thread(io);
    io->settings.event(io->settings.context, CM_IO_LOST);
}
