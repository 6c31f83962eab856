#include "alsa.h"

#include "alsa_pcm.h"
#include "stream_clock.h"
#include "base/realtime.h"
#include "base/urgent.h"

#include <CoreAudio/AudioHardwareBase.h>
#include <CoreAudio/HostTime.h>

#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    SILENT_MS = 1000, /* a card that tells nothing for so long is begun anew, */
    SILENCES = 3,     /* and given up after as many */
    STOPPED = 1,      /* beside ALSA's errors, which are negative */
};

/*
 * The device's time line counts the frames that the card has moved since the start, plus `base`. What is
 * heard in a cycle has the sample time base + done; what is played, base + ahead + done, since `ahead` frames
 * of silence went before.
 */
typedef struct cm_alsa_io {
    cm_io_settings settings;
    cm_alsa_pcm pcm[CM_SIDES];
    Float32 *sound[CM_SIDES]; /* of one cycle */
    bool linked;              /* both sides start together */
    cm_stream_clock clock;
    Float64 base, done, ahead; /* the thread's own, frames */
    int silences;

    struct pollfd *polls; /* the first is wake */
    int wake;
    bool has_thread;
    pthread_t thread;
    _Atomic bool stopping;
    _Atomic bool lost;
} cm_alsa_io;

static bool has(const cm_alsa_io *io, cm_side side)
{
    return io->settings.channels[side] > 0;
}

/* ---- the stream's thread ---------------------------------------------------------------------------------
 */

static int fill_with_silence(cm_alsa_io *io)
{
    cm_alsa_pcm *out = &io->pcm[CM_OUTPUT];
    UInt32 frames = io->settings.buffer_frames;
    int error = 0;
    memset(io->sound[CM_OUTPUT], 0, frames * io->settings.channels[CM_OUTPUT] * sizeof(Float32));
    for (io->ahead = 0; io->ahead + frames <= out->buffer && error >= 0; io->ahead += frames)
        error = cm_alsa_pcm_write(out, io->sound[CM_OUTPUT], frames);
    return error;
}

static int begin(cm_alsa_io *io)
{
    int error = 0;
    io->ahead = io->done = 0;
    for (cm_side side = CM_INPUT; side < CM_SIDES; side++)
        if (has(io, side)) {
            cm_alsa.snd_pcm_drop(io->pcm[side].handle);
            if ((error = cm_alsa.snd_pcm_prepare(io->pcm[side].handle)) < 0)
                return error;
        }
    if (has(io, CM_OUTPUT) && (error = fill_with_silence(io)) < 0)
        return error;
    cm_stream_clock_relock(&io->clock);
    if (has(io, CM_INPUT) && (error = cm_alsa.snd_pcm_start(io->pcm[CM_INPUT].handle)) < 0)
        return error;
    return has(io, CM_OUTPUT) && !(has(io, CM_INPUT) && io->linked)
               ? cm_alsa.snd_pcm_start(io->pcm[CM_OUTPUT].handle)
               : error;
}

/* Begins anew after sound was lost: sample time goes on by as much as has passed. */
static int begin_again(cm_alsa_io *io)
{
    AudioTimeStamp now;
    Float64 base = io->base + io->done;
    if (cm_stream_clock_now(&io->clock, &now) == 0)
        base = fmax(base, ceil(now.mSampleTime));
    io->settings.event(io->settings.context, CM_IO_OVERLOAD);
    int error = begin(io);
    io->base = base;
    return error;
}

static int resume(cm_alsa_io *io)
{
    for (cm_side side = CM_INPUT; side < CM_SIDES; side++)
        while (has(io, side) && cm_alsa.snd_pcm_resume(io->pcm[side].handle) == -EAGAIN)
            if (poll(io->polls, 1, 100) > 0)
                return STOPPED;
    return begin_again(io);
}

/* What the device's state makes of a failure; negative where it is past help. */
static int recover(cm_alsa_io *io, int error)
{
    return error == -EPIPE ? begin_again(io) : error == -ESTRPIPE ? resume(io) : error == -EINTR ? 0 : error;
}

/* The error that a state of the device stands for. 0: it runs. */
static int error_of_state(snd_pcm_t *handle)
{
    switch (cm_alsa.snd_pcm_state(handle)) {
    case SND_PCM_STATE_RUNNING:
        return 0;
    case SND_PCM_STATE_SUSPENDED:
        return -ESTRPIPE;
    case SND_PCM_STATE_DISCONNECTED:
        return -ENODEV;
    default:
        return -EPIPE;
    }
}

/* Waits for one of the sides that is not ready to tell something. */
static int wait_for(cm_alsa_io *io, const bool waits[CM_SIDES])
{
    struct pollfd *first[CM_SIDES];
    unsigned counts[CM_SIDES] = { 0 }, count = 1;
    for (cm_side side = CM_INPUT; side < CM_SIDES; side++)
        if (waits[side]) {
            snd_pcm_t *handle = io->pcm[side].handle;
            int wanted = cm_alsa.snd_pcm_poll_descriptors_count(handle);
            first[side] = io->polls + count;
            int got = wanted > 0
                          ? cm_alsa.snd_pcm_poll_descriptors(handle, io->polls + count, (unsigned)wanted)
                          : wanted;
            counts[side] = got > 0 ? (unsigned)got : 0;
            count += counts[side];
        }
    int told = poll(io->polls, count, SILENT_MS);
    if (told < 0) /* a signal */
        return 0;
    if (io->polls[0].revents)
        return STOPPED;
    if (told == 0)
        return ++io->silences < SILENCES ? -EPIPE : -ENODEV;
    for (cm_side side = CM_INPUT; side < CM_SIDES; side++) {
        unsigned short events = 0;
        if (counts[side])
            cm_alsa.snd_pcm_poll_descriptors_revents(io->pcm[side].handle, first[side], counts[side],
                                                     &events);
        int error = events & (POLLERR | POLLHUP | POLLNVAL) ? error_of_state(io->pcm[side].handle) : 0;
        if (error)
            return error;
    }
    return 0;
}

/* Waits until each side has moved one cycle. */
static int wait_for_cycle(cm_alsa_io *io)
{
    for (;;) {
        bool waits[CM_SIDES] = { false };
        for (cm_side side = CM_INPUT; side < CM_SIDES; side++) {
            snd_pcm_sframes_t available = has(io, side) ? cm_alsa.snd_pcm_avail_update(io->pcm[side].handle)
                                                        : 0;
            if (available < 0)
                return (int)available;
            waits[side] = has(io, side) && available < (snd_pcm_sframes_t)io->settings.buffer_frames;
        }
        if (!waits[CM_INPUT] && !waits[CM_OUTPUT])
            return atomic_load(&io->stopping) ? STOPPED : 0;
        int error = wait_for(io, waits);
        if (error)
            return error;
    }
}

/* When the next frame that is written will be played, or the next that is read was heard. */
static void measure(cm_alsa_io *io)
{
    cm_side side = has(io, CM_OUTPUT) ? CM_OUTPUT : CM_INPUT;
    snd_pcm_uframes_t available = 0;
    snd_htimestamp_t stamp = { 0 };
    cm_alsa.snd_pcm_htimestamp(io->pcm[side].handle, &available, &stamp);
    Float64 when = (Float64)stamp.tv_sec * 1e9 + (Float64)stamp.tv_nsec;
    if (!(when > 0))
        when = (Float64)AudioGetCurrentHostTime();
    Float64 frames = side == CM_OUTPUT ? (Float64)io->pcm[side].buffer - (Float64)available
                                       : -(Float64)available;
    Float64 sample = io->base + io->done + (side == CM_OUTPUT ? io->ahead : 0);
    cm_stream_clock_measure(&io->clock, sample, when + frames * io->clock.nominal);
}

static int run_cycle(cm_alsa_io *io)
{
    UInt32 frames = io->settings.buffer_frames;
    int error = 0;
    measure(io);
    if (has(io, CM_INPUT) && (error = cm_alsa_pcm_read(&io->pcm[CM_INPUT], io->sound[CM_INPUT], frames)) < 0)
        return error;
    cm_io_cycle cycle = {
        .frames = frames,
        .input = has(io, CM_INPUT) ? io->sound[CM_INPUT] : NULL,
        .output = has(io, CM_OUTPUT) ? io->sound[CM_OUTPUT] : NULL,
        .input_time = cm_stream_clock_at(&io->clock, io->base + io->done),
        .output_time = cm_stream_clock_at(&io->clock, io->base + io->ahead + io->done),
    };
    cm_stream_clock_now(&io->clock, &cycle.now);
    cm_render_begin();
    if (cycle.output)
        memset(cycle.output, 0, frames * io->settings.channels[CM_OUTPUT] * sizeof(Float32));
    io->settings.cycle(io->settings.context, &cycle);
    cm_render_end();
    io->done += frames;
    io->silences = 0;
    return has(io, CM_OUTPUT) ? cm_alsa_pcm_write(&io->pcm[CM_OUTPUT], io->sound[CM_OUTPUT], frames) : 0;
}

static void *work(void *context)
{
    cm_alsa_io *io = context;
    cm_thread_urgent("coremusic-alsa");
    int error = begin(io);
    while (error == 0 && !atomic_load(&io->stopping)) {
        error = wait_for_cycle(io);
        if (error == 0)
            error = run_cycle(io);
        if (error < 0 && !atomic_load(&io->stopping))
            error = recover(io, error);
    }
    for (cm_side side = CM_INPUT; side < CM_SIDES; side++)
        if (has(io, side))
            cm_alsa.snd_pcm_drop(io->pcm[side].handle);
    if (error < 0 && !atomic_load(&io->stopping)) {
        atomic_store(&io->lost, true);
        io->settings.event(io->settings.context, CM_IO_LOST);
    }
    return NULL;
}

/* ---- opening and closing ---------------------------------------------------------------------------------
 */

static OSStatus open_sides(cm_alsa_io *io, const char *name)
{
    cm_io_settings *settings = &io->settings;
    for (cm_side side = CM_SIDES; side-- > CM_INPUT;) {
        if (!has(io, side))
            continue;
        cm_alsa_pcm *pcm = &io->pcm[side];
        OSStatus status = cm_alsa_pcm_open(pcm, name, side, settings->rate, settings->channels[side],
                                           settings->buffer_frames);
        if (status)
            return status;
        settings->rate = pcm->rate;
        settings->buffer_frames = pcm->period;
    }
    cm_alsa_pcm *in = &io->pcm[CM_INPUT], *out = &io->pcm[CM_OUTPUT];
    if (!has(io, CM_INPUT) || !has(io, CM_OUTPUT))
        return 0;
    if (in->rate != out->rate || settings->buffer_frames > out->buffer / 2)
        return cm_fail(kAudioHardwareUnsupportedOperationError,
                       "the two sides of %s do not run at one rate and period", name);
    io->linked = cm_alsa.snd_pcm_link(in->handle, out->handle) == 0;
    return 0;
}

static OSStatus set_memory(cm_alsa_io *io)
{
    int polls = 1;
    for (cm_side side = CM_INPUT; side < CM_SIDES; side++) {
        if (!has(io, side))
            continue;
        int count = cm_alsa.snd_pcm_poll_descriptors_count(io->pcm[side].handle);
        polls += count > 0 ? count : 0;
        io->sound[side] = calloc(io->settings.buffer_frames, io->settings.channels[side] * sizeof(Float32));
        if (!io->sound[side])
            return cmMemFullError;
        if (side == CM_OUTPUT) /* what is queued beyond the cycle itself */
            io->settings.latency[side] = (io->pcm[side].buffer / io->settings.buffer_frames - 1) *
                                         io->settings.buffer_frames;
    }
    io->polls = calloc((size_t)polls, sizeof *io->polls);
    io->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!io->polls || io->wake < 0)
        return cmMemFullError;
    io->polls[0] = (struct pollfd){ .fd = io->wake, .events = POLLIN };
    return 0;
}

OSStatus cm_alsa_io_open(void *driver, const char *uid, cm_io_settings *settings, void **out)
{
    (void)driver;
    const char *name = cm_alsa_pcm_name(uid);
    cm_alsa_io *io = name ? calloc(1, sizeof *io) : NULL;
    if (!io)
        return name ? cmMemFullError : kAudioHardwareBadDeviceError;
    io->settings = *settings;
    io->wake = -1;
    OSStatus status = open_sides(io, name);
    if (!status)
        status = set_memory(io);
    if (status) {
        cm_alsa_io_close(io);
        return status;
    }
    cm_stream_clock_reset(&io->clock, io->settings.rate);
    *settings = io->settings;
    *out = io;
    return 0;
}

static void join(cm_alsa_io *io)
{
    if (io->has_thread)
        pthread_join(io->thread, NULL);
    io->has_thread = false;
}

OSStatus cm_alsa_io_start(void *stream)
{
    cm_alsa_io *io = stream;
    eventfd_t told;
    if (atomic_load(&io->lost))
        return kAudioHardwareBadDeviceError;
    if (io->has_thread && !atomic_load(&io->stopping))
        return 0;
    join(io); /* one that was stopped from inside */
    eventfd_read(io->wake, &told);
    atomic_store(&io->stopping, false);
    io->silences = 0;
    if (pthread_create(&io->thread, NULL, work, io))
        return cm_fail(kAudioHardwareNotReadyError, "there is no thread for the stream");
    io->has_thread = true;
    return 0;
}

OSStatus cm_alsa_io_stop(void *stream)
{
    cm_alsa_io *io = stream;
    atomic_store(&io->stopping, true);
    if (!io->has_thread)
        return 0;
    eventfd_write(io->wake, 1);
    if (!pthread_equal(io->thread, pthread_self()))
        join(io);
    return 0;
}

void cm_alsa_io_close(void *stream)
{
    cm_alsa_io *io = stream;
    if (!io)
        return;
    cm_alsa_io_stop(io);
    for (cm_side side = CM_INPUT; side < CM_SIDES; side++) {
        cm_alsa_pcm_close(&io->pcm[side]);
        free(io->sound[side]);
    }
    if (io->wake >= 0)
        close(io->wake);
    free(io->polls);
    free(io);
}

OSStatus cm_alsa_io_time(void *stream, AudioTimeStamp *now)
{
    cm_alsa_io *io = stream;
    return cm_stream_clock_now(&io->clock, now);
}
