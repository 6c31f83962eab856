#include "aggregate.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

typedef struct part {
    struct cm_aggregate_io *io;
    AudioObjectID device;
    AudioDeviceIOProcID proc;
    bool is_main;
    UInt32 channels[CM_SIDES];
    UInt32 first[CM_SIDES]; /* channel of the aggregate */
    cm_drift_line lines[CM_SIDES];
} part;

typedef struct cm_aggregate_io {
    cm_aggregate *aggregate;
    cm_io_settings settings;
    Float32 *buffers[CM_SIDES];
    UInt32 count;
    part parts[CM_MAX_SUB_DEVICES];
} cm_aggregate_io;

/* ---- [render] ---- */

static void copy_channels(Float32 *to, size_t to_stride, const Float32 *from, size_t from_stride,
                          UInt32 channels, UInt32 frames)
{
    for (UInt32 i = 0; i < frames; i++)
        memcpy(to + i * to_stride, from + i * from_stride, channels * sizeof *to);
}

static void gather(cm_aggregate_io *io, const Float32 *main_input, UInt32 frames, const AudioTimeStamp *from)
{
    size_t stride = io->settings.channels[CM_INPUT];
    for (UInt32 i = 0; i < io->count; i++) {
        part *p = &io->parts[i];
        Float32 *to = io->buffers[CM_INPUT] + p->first[CM_INPUT];
        if (p->channels[CM_INPUT] && p->is_main)
            copy_channels(to, stride, main_input, p->channels[CM_INPUT], p->channels[CM_INPUT], frames);
        else if (p->channels[CM_INPUT])
            cm_drift_line_read(&p->lines[CM_INPUT], to, stride, frames, from);
    }
}

static void scatter(cm_aggregate_io *io, Float32 *main_output, UInt32 frames, const AudioTimeStamp *from)
{
    size_t stride = io->settings.channels[CM_OUTPUT];
    for (UInt32 i = 0; i < io->count; i++) {
        part *p = &io->parts[i];
        const Float32 *sound = io->buffers[CM_OUTPUT] + p->first[CM_OUTPUT];
        if (p->channels[CM_OUTPUT] && p->is_main)
            copy_channels(main_output, p->channels[CM_OUTPUT], sound, stride, p->channels[CM_OUTPUT], frames);
        else if (p->channels[CM_OUTPUT])
            cm_drift_line_write(&p->lines[CM_OUTPUT], sound, stride, frames, from);
    }
}

static Float32 *samples_of(const AudioBufferList *list)
{
    return list->mNumberBuffers ? list->mBuffers[0].mData : NULL;
}

static UInt32 frames_of(const AudioBufferList *list)
{
    return list->mBuffers[0].mDataByteSize / (list->mBuffers[0].mNumberChannels * (UInt32)sizeof(Float32));
}

static AudioTimeStamp later(const AudioTimeStamp *time, UInt32 frames, Float64 rate)
{
    AudioTimeStamp result = *time;
    result.mSampleTime += frames;
    result.mHostTime += (UInt64)(frames * (Float64)CM_HOST_TICKS_PER_SECOND / rate);
    return result;
}

/* The cycle of the aggregate for some frames of the main device's, from `offset` on. */
static void run_piece(cm_aggregate_io *io, const part *p, const cm_io_cycle *whole, UInt32 offset)
{
    Float64 rate = io->settings.rate;
    UInt32 left = whole->frames - offset, most = io->settings.buffer_frames;
    const cm_io_cycle cycle = { .frames = left < most ? left : most,
                                .input = io->buffers[CM_INPUT],
                                .output = io->buffers[CM_OUTPUT],
                                .now = later(&whole->now, offset, rate),
                                .input_time = later(&whole->input_time, offset, rate),
                                .output_time = later(&whole->output_time, offset, rate) };
    if (cycle.input)
        gather(io, whole->input + (size_t)offset * p->channels[CM_INPUT], cycle.frames, &cycle.input_time);
    if (cycle.output)
        memset(cycle.output, 0, (size_t)cycle.frames * io->settings.channels[CM_OUTPUT] * sizeof(Float32));
    io->settings.cycle(io->settings.context, &cycle);
    if (cycle.output)
        scatter(io, whole->output + (size_t)offset * p->channels[CM_OUTPUT], cycle.frames,
                &cycle.output_time);
}

/* In pieces, since somebody may have given the main device a larger buffer meanwhile. */
static OSStatus run_main(AudioObjectID device, const AudioTimeStamp *now, const AudioBufferList *input,
                         const AudioTimeStamp *input_time, AudioBufferList *output,
                         const AudioTimeStamp *output_time, void *client)
{
    const part *p = client;
    (void)device;
    const cm_io_cycle whole = { .frames = frames_of(samples_of(output) ? output : input),
                                .input = samples_of(input),
                                .output = samples_of(output),
                                .now = *now,
                                .input_time = *input_time,
                                .output_time = *output_time };
    for (UInt32 done = 0; done < whole.frames; done += p->io->settings.buffer_frames)
        run_piece(p->io, p, &whole, done);
    return noErr;
}

static OSStatus run_other(AudioObjectID device, const AudioTimeStamp *now, const AudioBufferList *input,
                          const AudioTimeStamp *input_time, AudioBufferList *output,
                          const AudioTimeStamp *output_time, void *client)
{
    part *p = client;
    (void)device, (void)now;
    if (p->channels[CM_INPUT] && samples_of(input))
        cm_drift_line_write(&p->lines[CM_INPUT], samples_of(input), p->channels[CM_INPUT], frames_of(input),
                            input_time);
    if (p->channels[CM_OUTPUT] && samples_of(output))
        cm_drift_line_read(&p->lines[CM_OUTPUT], samples_of(output), p->channels[CM_OUTPUT],
                           frames_of(output), output_time);
    return noErr;
}

/* ---- [control] ---- */

static OSStatus set_buffer(cm_device *device, UInt32 frames)
{
    const AudioObjectPropertyAddress address = { kAudioDevicePropertyBufferFrameSize,
                                                 kAudioObjectPropertyScopeGlobal,
                                                 kAudioObjectPropertyElementMain };
    return AudioObjectSetPropertyData(device->object.id, &address, 0, NULL, sizeof frames, &frames);
}

/* Both devices' buffers fit into the delay: what is read was written, whichever of them comes first. */
static bool make_lines(cm_aggregate_io *io, part *p, const cm_sub_device *sub, UInt32 frames)
{
    bool complete = true;
    UInt32 delay = io->settings.buffer_frames + 2 * frames;
    for (int side = 0; side < CM_SIDES && !p->is_main; side++)
        if (p->channels[side])
            complete = cm_drift_line_init(&p->lines[side], p->channels[side], io->settings.rate, delay,
                                          sub->drift ? (int)sub->quality : -1) &&
                       complete;
    return complete;
}

/* One sub-device, at the rate of all, with an IOProc that is not started yet. */
static OSStatus add_part(cm_aggregate_io *io, const cm_sub_device *sub, cm_device *device,
                         UInt32 first[CM_SIDES])
{
    part *p = &io->parts[io->count++];
    *p = (part){ .io = io, .device = device->object.id };
    p->is_main = device == cm_aggregate_main(io->aggregate);
    for (int side = 0; side < CM_SIDES; side++) {
        p->channels[side] = device->description.side[side].channels;
        p->first[side] = first[side];
        if (!(side == CM_OUTPUT && io->aggregate->is_stacked))
            first[side] += p->channels[side];
    }
    OSStatus status = cm_device_set_rate(device, io->settings.rate);
    if (status != noErr)
        return status;
    if (!make_lines(io, p, sub, device->buffer_frames))
        return cmMemFullError;
    return AudioDeviceCreateIOProcID(p->device, p->is_main ? run_main : run_other, p, &p->proc);
}

OSStatus cm_aggregate_io_open(void *driver, const char *uid, cm_io_settings *settings, void **out)
{
    (void)driver;
    cm_aggregate *aggregate = cm_aggregate_find(uid);
    cm_device *main = aggregate ? cm_aggregate_main(aggregate) : NULL;
    UInt32 first[CM_SIDES] = { 0 };
    if (!main)
        return cm_fail(kAudioHardwareNotRunningError, "no sub-device of \"%s\" is there", uid);
    cm_aggregate_io *io = calloc(1, sizeof *io);
    if (!io)
        return cmMemFullError;
    *out = io;
    set_buffer(main, settings->buffer_frames);
    settings->buffer_frames = main->buffer_frames;
    io->aggregate = aggregate;
    io->settings = *settings;
    aggregate->io = io;
    OSStatus status = noErr;
    for (UInt32 i = 0; i < aggregate->count && status == noErr; i++) {
        cm_device *device = cm_sub_device_find(&aggregate->subs[i]);
        if (device)
            status = add_part(io, &aggregate->subs[i], device, first);
    }
    for (int side = 0; side < CM_SIDES && status == noErr; side++) {
        size_t samples = (size_t)settings->buffer_frames * settings->channels[side];
        settings->latency[side] = main->description.side[side].latency;
        if (samples && !(io->buffers[side] = calloc(samples, sizeof(Float32))))
            status = cmMemFullError;
    }
    return status;
}

/* The main one comes last, so that the others are ready for it. */
OSStatus cm_aggregate_io_start(void *context)
{
    cm_aggregate_io *io = context;
    OSStatus status = noErr;
    for (int main = 0; main < 2; main++)
        for (UInt32 i = 0; i < io->count && status == noErr; i++)
            if (io->parts[i].is_main == (main == 1))
                status = AudioDeviceStart(io->parts[i].device, io->parts[i].proc);
    return status;
}

OSStatus cm_aggregate_io_stop(void *context)
{
    cm_aggregate_io *io = context;
    for (UInt32 i = 0; i < io->count; i++)
        if (io->parts[i].proc)
            AudioDeviceStop(io->parts[i].device, io->parts[i].proc);
    return noErr;
}

void cm_aggregate_io_close(void *context)
{
    cm_aggregate_io *io = context;
    if (!io)
        return;
    for (UInt32 i = 0; i < io->count; i++) {
        part *p = &io->parts[i];
        if (p->proc)
            AudioDeviceDestroyIOProcID(p->device, p->proc);
        for (int side = 0; side < CM_SIDES; side++)
            cm_drift_line_free(&p->lines[side]);
    }
    io->aggregate->io = NULL;
    for (int side = 0; side < CM_SIDES; side++)
        free(io->buffers[side]);
    free(io);
}

/* Under the tree's lock. */
OSStatus cm_aggregate_io_time(void *context, AudioTimeStamp *now)
{
    const cm_aggregate_io *io = context;
    for (UInt32 i = 0; i < io->count; i++) {
        cm_device *device = io->parts[i].is_main ? cm_tree_device(io->parts[i].device) : NULL;
        if (device && device->alive && cm_hal_io_is_running(device))
            return device->plugin->driver->io_time(device->io.stream, now);
    }
    return kAudioHardwareNotRunningError;
}

bool cm_aggregate_io_is_whole(const cm_aggregate_io *io)
{
    bool whole = true;
    cm_tree_lock();
    for (UInt32 i = 0; i < io->count && whole; i++) {
        const cm_device *device = cm_tree_device(io->parts[i].device);
        whole = device && device->alive;
    }
    cm_tree_unlock();
    return whole;
}

void cm_aggregate_io_lose(cm_aggregate_io *io)
{
    io->settings.event(io->settings.context, CM_IO_LOST);
}
