/* virtual_clock.c: streams of virtual devices, and the two ways in which their time passes. */
#include "virtual.h"

#include "base/clock.h"

#include <CoreAudio/AudioHardware.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static AudioTimeStamp stamp_at(const cm_virtual_io *io, SInt64 sample)
{
    Float64 ticks = atomic_load(&io->ticks);
    SInt64 offset = llround((Float64)sample * ticks);
    return (AudioTimeStamp){ .mSampleTime = (Float64)sample,
                             .mHostTime = atomic_load(&io->anchor) + (UInt64)offset,
                             .mRateScalar = ticks * io->settings.rate / CM_HOST_TICKS_PER_SECOND,
                             .mFlags = kAudioTimeStampSampleTimeValid | kAudioTimeStampHostTimeValid |
                                       kAudioTimeStampRateScalarValid };
}

/*
 * [render] The cycle that begins at `position`: a buffer of input has been heard since the one before, and
 * what is rendered now sounds when the buffer that was rendered then has ended.
 */
static void run_cycle(cm_virtual_io *io, SInt64 position)
{
    UInt32 frames = io->settings.buffer_frames;
    Float32 *output = io->buffers[CM_OUTPUT];
    atomic_store(&io->position, position);
    atomic_store(&io->begun, true);
    if (output)
        memset(output, 0, (size_t)frames * io->settings.channels[CM_OUTPUT] * sizeof *output);
    const cm_io_cycle cycle = { .frames = frames,
                                .input = io->buffers[CM_INPUT],
                                .output = output,
                                .now = stamp_at(io, position),
                                .input_time = stamp_at(io, position - frames),
                                .output_time = stamp_at(io, position + frames) };
    io->settings.cycle(io->settings.context, &cycle);
}

/* ---- time by threads ---- */

static void sleep_until(UInt64 host_time)
{
    const struct timespec at = { (time_t)(host_time / CM_HOST_TICKS_PER_SECOND),
                                 (long)(host_time % CM_HOST_TICKS_PER_SECOND) };
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
        ;
}

/* [render] Where the next cycle begins. What would have sounded before it was rendered is lost. */
static SInt64 next_position(cm_virtual_io *io, SInt64 position)
{
    UInt32 frames = io->settings.buffer_frames;
    UInt64 now = AudioGetCurrentHostTime(), due = stamp_at(io, position + frames).mHostTime;
    bool injected = atomic_exchange(&io->xrun, false);
    position += frames;
    if (now <= due && !injected)
        return position;
    SInt64 late = now > due ? (SInt64)((Float64)(now - due) / atomic_load(&io->ticks)) : 0;
    io->settings.event(io->settings.context, CM_IO_OVERLOAD);
    return position + (late / frames + (injected ? 1 : 0)) * frames;
}

static void *run_clock(void *context)
{
    cm_virtual_io *io = context;
    SInt64 position = atomic_load(&io->position) + io->settings.buffer_frames;
    for (;;) {
        sleep_until(stamp_at(io, position).mHostTime);
        if (atomic_load(&io->stopping))
            return NULL;
        run_cycle(io, position);
        position = next_position(io, position);
    }
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

/*
 * Time by hand is counted in flicks: a frame at any of the usual rates is a whole number of them, so that
 * hours of virtual time add up exactly.
 */
#define FLICKS_PER_SECOND 705600000.0

static Float64 flicks_per_frame(const cm_virtual_io *io)
{
    return FLICKS_PER_SECOND / (io->settings.rate * (1 + io->device->drift * 1e-6));
}

/* The running stream whose next cycle comes first, if that is not after `until`. Under the lock. */
static cm_virtual_io *first_due(Float64 until, Float64 *time)
{
    cm_virtual_io *first = NULL;
    for (cm_virtual_device *device = cm_virtual.devices; device; device = device->next) {
        cm_virtual_io *io = device->io;
        if (!io || !io->running)
            continue;
        SInt64 position = atomic_load(&io->position) + io->settings.buffer_frames;
        Float64 begin = io->hand_anchor + (Float64)position * flicks_per_frame(io);
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
    SInt64 frames = io->settings.buffer_frames, position = atomic_load(&io->position) + frames;
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

OSStatus cm_virtual_pass(UInt64 frames, Float64 rate)
{
    OSStatus status = noErr;
    pthread_mutex_lock(&cm_virtual.lock);
    while (cm_virtual.passing)
        pthread_cond_wait(&cm_virtual.cycle_ended, &cm_virtual.lock);
    if (!cm_virtual.by_hand) {
        status = cm_fail(kAudioHardwareIllegalOperationError, "the virtual clock runs by itself");
    } else {
        Float64 until = cm_virtual.hand_time + (Float64)frames * (FLICKS_PER_SECOND / rate);
        cm_virtual.passing = true;
        for (cm_virtual_io *io; (io = first_due(until, &cm_virtual.hand_time));)
            run_by_hand(io);
        cm_virtual.hand_time = until;
        cm_virtual.passing = false;
        pthread_cond_broadcast(&cm_virtual.cycle_ended);
    }
    pthread_mutex_unlock(&cm_virtual.lock);
    return status;
}

/* ---- both ---- */

/* Sample 0 is now. Under the lock. */
static OSStatus set_going(cm_virtual_io *io)
{
    UInt64 now = AudioGetCurrentHostTime();
    if (cm_virtual.by_hand)
        now = cm_virtual.hand_epoch +
              (UInt64)llround(cm_virtual.hand_time * (CM_HOST_TICKS_PER_SECOND / FLICKS_PER_SECOND));
    atomic_store(&io->ticks,
                 (Float64)CM_HOST_TICKS_PER_SECOND / (io->settings.rate * (1 + io->device->drift * 1e-6)));
    SInt64 elapsed = llround((Float64)atomic_load(&io->position) * atomic_load(&io->ticks));
    atomic_store(&io->anchor, now - (UInt64)elapsed);
    io->hand_anchor = cm_virtual.hand_time - (Float64)atomic_load(&io->position) * flicks_per_frame(io);
    io->running = true;
    return cm_virtual.by_hand ? noErr : start_thread(io);
}

void cm_virtual_take_clock(bool by_hand)
{
    pthread_mutex_lock(&cm_virtual.lock);
    while (cm_virtual.passing)
        pthread_cond_wait(&cm_virtual.cycle_ended, &cm_virtual.lock);
    if (by_hand != cm_virtual.by_hand) {
        cm_virtual.by_hand = by_hand;
        cm_virtual.hand_epoch = AudioGetCurrentHostTime();
        cm_virtual.hand_time = 0;
        for (cm_virtual_device *device = cm_virtual.devices; device; device = device->next) {
            cm_virtual_io *io = device->io;
            if (!io || !io->running)
                continue;
            if (by_hand)
                stop_thread(io);
            set_going(io);
        }
    }
    pthread_mutex_unlock(&cm_virtual.lock);
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
    pthread_mutex_lock(&cm_virtual.lock);
    cm_virtual_device *device = cm_virtual_find(uid);
    bool usable = device && device->plugged && !device->io;
    if (usable && complete) {
        for (int side = 0; side < CM_SIDES; side++)
            settings->latency[side] = device->description.side[side].latency;
        settings->rate = device->description.rate;
        io->device = device;
        io->settings = *settings;
        device->io = io;
    }
    pthread_mutex_unlock(&cm_virtual.lock);
    return !complete ? cmMemFullError : usable ? noErr : kAudioHardwareBadDeviceError;
}

OSStatus cm_virtual_io_start(void *context)
{
    cm_virtual_io *io = context;
    pthread_mutex_lock(&cm_virtual.lock);
    OSStatus status = noErr;
    if (!io->running) {
        atomic_store(&io->position, 0);
        status = set_going(io);
        io->running = status == noErr;
    }
    pthread_mutex_unlock(&cm_virtual.lock);
    return status;
}

OSStatus cm_virtual_io_stop(void *context)
{
    cm_virtual_io *io = context;
    pthread_mutex_lock(&cm_virtual.lock);
    io->running = false;
    while (io->in_cycle && !pthread_equal(io->advancer, pthread_self()))
        pthread_cond_wait(&cm_virtual.cycle_ended, &cm_virtual.lock);
    pthread_mutex_unlock(&cm_virtual.lock);
    stop_thread(io);
    return noErr;
}

void cm_virtual_io_close(void *context)
{
    cm_virtual_io *io = context;
    if (!io)
        return;
    cm_virtual_io_stop(io);
    pthread_mutex_lock(&cm_virtual.lock);
    if (io->device && io->device->io == io)
        io->device->io = NULL;
    pthread_mutex_unlock(&cm_virtual.lock);
    for (int side = 0; side < CM_SIDES; side++)
        free(io->buffers[side]);
    free(io);
}

OSStatus cm_virtual_io_time(void *context, AudioTimeStamp *now)
{
    const cm_virtual_io *io = context;
    if (!atomic_load(&io->begun))
        return kAudioHardwareNotRunningError;
    *now = stamp_at(io, atomic_load(&io->position));
    if (io->has_thread) {
        UInt64 host_time = AudioGetCurrentHostTime();
        now->mSampleTime = ((Float64)host_time - (Float64)atomic_load(&io->anchor)) / atomic_load(&io->ticks);
        now->mHostTime = host_time;
    }
    return noErr;
}
