#include "hal.h"

#include "base/clock.h"
#include "base/handle.h"
#include "base/realtime.h"

#include <stdlib.h>
#include <string.h>

/* ---- [render] one cycle ---- */

static void prepare_list(AudioBufferList *list, UInt32 channels, UInt32 frames, const void *data)
{
    list->mNumberBuffers = channels ? 1 : 0;
    list->mBuffers[0].mNumberChannels = channels;
    list->mBuffers[0].mDataByteSize = frames * channels * (UInt32)sizeof(Float32);
    list->mBuffers[0].mData = (void *)(uintptr_t)data;
}

static void call(cm_io_engine *io, const cm_io_proc *proc, const cm_io_cycle *cycle, Float32 *output)
{
    prepare_list(io->lists[CM_INPUT], cycle->input ? io->settings.channels[CM_INPUT] : 0, cycle->frames,
                 atomic_load(&proc->muted[CM_INPUT]) ? NULL : cycle->input);
    prepare_list(io->lists[CM_OUTPUT], output ? io->settings.channels[CM_OUTPUT] : 0, cycle->frames,
                 atomic_load(&proc->muted[CM_OUTPUT]) ? NULL : output);
    proc->proc(proc->device, &cycle->now, io->lists[CM_INPUT], &cycle->input_time, io->lists[CM_OUTPUT],
               &cycle->output_time, proc->client);
}

static void add(Float32 *restrict to, const Float32 *restrict from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] += from[i];
}

static bool is_due(const cm_io_proc *proc, const cm_io_cycle *cycle)
{
    bool by_input = !cycle->output || (cycle->input && atomic_load(&proc->start_is_input));
    const AudioTimeStamp *at = by_input ? &cycle->input_time : &cycle->output_time;
    return atomic_load(&proc->enabled) && at->mSampleTime >= atomic_load(&proc->start) - 0.5 &&
           at->mHostTime >= atomic_load(&proc->start_host);
}

/* The first IOProc writes to the device's own buffer, the others beside it. */
static void call_all(cm_io_engine *io, const cm_io_cycle *cycle)
{
    const cm_io_list *list = atomic_load(&io->list);
    size_t samples = (size_t)cycle->frames * io->settings.channels[CM_OUTPUT];
    bool is_first = true;
    for (size_t i = 0; i < list->count; i++) {
        const cm_io_proc *proc = list->procs[i];
        if (!is_due(proc, cycle))
            continue;
        if (is_first || !cycle->output) {
            call(io, proc, cycle, cycle->output);
        } else {
            memset(io->scratch, 0, samples * sizeof *io->scratch);
            call(io, proc, cycle, io->scratch);
            add(cycle->output, io->scratch, samples);
        }
        is_first = false;
    }
}

static void take_event(void *context, cm_io_event event);

static void run_cycle(void *context, const cm_io_cycle *cycle)
{
    cm_io_engine *io = context;
    Float32 usage = atomic_load(&io->usage);
    cm_render_begin();
    cm_grace_enter(&io->grace);
    UInt64 begin = AudioGetCurrentHostTime();
    cm_history_write(&io->heard, cycle->input, cycle->frames, cycle->input_time.mSampleTime);
    call_all(io, cycle);
    Float64 seconds = (Float64)(AudioGetCurrentHostTime() - begin) / CM_HOST_TICKS_PER_SECOND;
    if (usage < 1 && seconds > (Float64)usage * cycle->frames / io->settings.rate)
        take_event(io, CM_IO_OVERLOAD);
    atomic_store(&io->next[CM_INPUT], cycle->input_time.mSampleTime + cycle->frames);
    atomic_store(&io->next[CM_OUTPUT], cycle->output_time.mSampleTime + cycle->frames);
    cm_grace_leave(&io->grace);
    cm_render_end();
}

static void take_event(void *context, cm_io_event event)
{
    cm_io_engine *io = context;
    if (event == CM_IO_OVERLOAD)
        atomic_fetch_add(&io->overloads, 1);
    else if (event == CM_IO_LATENCY)
        atomic_store(&io->delayed, true);
    else
        atomic_store(&io->lost, true);
    atomic_store(&io->changed, true);
    cm_hal_wake();
}

/* ---- [control] the stream ---- */

bool cm_hal_io_init(cm_io_engine *io)
{
    cm_io_list *list = calloc(1, sizeof *list);
    if (!list)
        return false;
    atomic_store(&io->list, list);
    atomic_store(&io->usage, 1);
    return true;
}

static void free_proc(void *proc)
{
    cm_io_proc *gone = proc;
    if (gone->free_client)
        gone->free_client(gone->client);
    free(gone);
}

void cm_hal_io_free(cm_device *device)
{
    cm_io_list *list = atomic_load(&device->io.list);
    for (size_t i = 0; list && i < list->count; i++)
        cm_handle_retire((const void *)(uintptr_t)list->procs[i]->id, CM_KIND_IO_PROC);
    free(list);
}

cm_io_proc *cm_hal_io_find(const cm_device *device, const void *id)
{
    const cm_io_list *list = atomic_load(&((cm_device *)(uintptr_t)device)->io.list);
    for (size_t i = 0; i < list->count; i++)
        if ((const void *)(uintptr_t)list->procs[i]->id == id)
            return list->procs[i];
    return NULL;
}

bool cm_hal_io_is_running(const cm_device *device)
{
    return device->io.stream != NULL;
}

UInt32 cm_hal_io_latency(const cm_device *device, cm_side side)
{
    if (!cm_hal_io_is_running(device))
        return device->description.side[side].latency;
    const cm_driver *driver = device->plugin->driver;
    return driver->io_latency ? driver->io_latency(device->io.stream, side)
                              : device->io.settings.latency[side];
}

size_t cm_hal_io_count(const cm_device *device)
{
    return atomic_load(&((cm_device *)(uintptr_t)device)->io.list)->count;
}

static bool is_wanted(cm_device *device)
{
    const cm_io_list *list = atomic_load(&device->io.list);
    bool wanted = atomic_load(&device->io.held);
    for (size_t i = 0; i < list->count && !wanted; i++)
        wanted = atomic_load(&list->procs[i]->enabled);
    return wanted && device->alive;
}

static void free_buffers(cm_io_engine *io)
{
    free(io->scratch);
    io->scratch = NULL;
    cm_history_free(&io->heard);
    for (int side = 0; side < CM_SIDES; side++) {
        free(io->lists[side]);
        io->lists[side] = NULL;
    }
}

static bool make_buffers(cm_io_engine *io)
{
    size_t samples = (size_t)io->settings.buffer_frames * io->settings.channels[CM_OUTPUT];
    io->scratch = calloc(samples + 1, sizeof *io->scratch);
    for (int side = 0; side < CM_SIDES; side++)
        io->lists[side] = calloc(1, sizeof *io->lists[side]);
    return cm_history_init(&io->heard, io->settings.channels[CM_INPUT], io->settings.rate) && io->scratch &&
           io->lists[CM_INPUT] && io->lists[CM_OUTPUT];
}

static void publish_stream(cm_device *device, void *stream)
{
    cm_tree_lock();
    bool was_running = cm_hal_io_is_running(device);
    device->io.stream = stream;
    if (was_running != (stream != NULL)) {
        cm_notify(device->object.id, kAudioDevicePropertyDeviceIsRunning, kAudioObjectPropertyScopeGlobal, 0);
        cm_notify(device->object.id, kAudioDevicePropertyDeviceIsRunningSomewhere,
                  kAudioObjectPropertyScopeGlobal, 0);
        cm_process_notify();
    }
    cm_tree_unlock();
}

void cm_hal_io_close(cm_device *device)
{
    cm_io_engine *io = &device->io;
    void *stream = io->stream;
    if (!stream)
        return;
    device->plugin->driver->io_stop(stream);
    publish_stream(device, NULL);
    device->plugin->driver->io_close(stream);
    free_buffers(io);
}

static OSStatus open_stream(cm_device *device)
{
    cm_io_engine *io = &device->io;
    const cm_driver *driver = device->plugin->driver;
    void *stream = NULL;
    if (cm_hal_is_exiting())
        return cm_fail(kAudioHardwareNotRunningError, "the process exits");
    io->settings = (cm_io_settings){ .rate = device->description.rate,
                                     .buffer_frames = device->buffer_frames,
                                     .channels = { device->description.side[CM_INPUT].channels,
                                                   device->description.side[CM_OUTPUT].channels },
                                     .cycle = run_cycle,
                                     .event = take_event,
                                     .context = io };
    OSStatus status = driver->io_open(device->plugin->instance, device->description.uid, &io->settings,
                                      &stream);
    if (status == noErr && !make_buffers(io))
        status = cmMemFullError;
    if (status == noErr)
        status = driver->io_start(stream);
    if (status != noErr) {
        if (stream)
            driver->io_close(stream);
        free_buffers(io);
        return status;
    }
    publish_stream(device, stream);
    return noErr;
}

OSStatus cm_hal_io_settle(cm_device *device)
{
    bool wanted = is_wanted(device);
    if (wanted && !cm_hal_io_is_running(device))
        return open_stream(device);
    if (!wanted)
        cm_hal_io_close(device);
    return noErr;
}

void cm_hal_io_disable(cm_device *device)
{
    const cm_io_list *list = atomic_load(&device->io.list);
    atomic_store(&device->io.held, false);
    for (size_t i = 0; i < list->count; i++)
        atomic_store(&list->procs[i]->enabled, false);
}

/* ---- [control] IOProcs ---- */

/* Publishes a list with `added` at the end, or without `removed`. False when there is no memory. */
static bool change_list(cm_io_engine *io, cm_io_proc *added, const cm_io_proc *removed)
{
    cm_io_list *old = atomic_load(&io->list);
    cm_io_list *list = malloc(sizeof *list + (old->count + 1) * sizeof *list->procs);
    if (!list)
        return false;
    list->count = 0;
    for (size_t i = 0; i < old->count; i++)
        if (old->procs[i] != removed)
            list->procs[list->count++] = old->procs[i];
    if (added)
        list->procs[list->count++] = added;
    atomic_store(&io->list, list);
    cm_grace_wait(&io->grace);
    free(old);
    return true;
}

static OSStatus destroy_proc(cm_device *device, cm_io_proc *proc)
{
    atomic_store(&proc->enabled, false);
    if (!change_list(&device->io, NULL, proc))
        return cmMemFullError;
    cm_hal_io_settle(device);
    cm_handle_retire((const void *)(uintptr_t)proc->id, CM_KIND_IO_PROC);
    if (!device->alive)
        cm_hal_wake(); /* it may have been the last that kept it */
    return noErr;
}

static void notify_overload(cm_device *device)
{
    cm_tree_lock();
    cm_notify(device->object.id, kAudioDeviceProcessorOverload, kAudioObjectPropertyScopeGlobal, 0);
    cm_tree_unlock();
}

static void notify_latency(cm_device *device)
{
    cm_tree_lock();
    for (int side = 0; side < CM_SIDES; side++)
        if (device->description.side[side].channels)
            cm_notify(device->object.id, kAudioDevicePropertyLatency, cm_scope_of((cm_side)side), 0);
    cm_tree_unlock();
}

bool cm_hal_io_attend(cm_device *device)
{
    cm_io_engine *io = &device->io;
    if (!atomic_exchange(&io->changed, false))
        return false;
    if (atomic_exchange(&io->overloads, 0))
        notify_overload(device);
    if (atomic_exchange(&io->delayed, false))
        notify_latency(device);
    for (size_t i = 0; i < atomic_load(&io->list)->count;) {
        cm_io_proc *proc = atomic_load(&io->list)->procs[i];
        if (!atomic_load(&proc->dying) || destroy_proc(device, proc) != noErr)
            i++;
    }
    cm_hal_io_settle(device);
    return atomic_load(&io->lost);
}

/* A device, with the control lock held; NULL and the lock not held where there is none. */
static cm_device *lock_device(AudioObjectID id)
{
    cm_hal_open();
    cm_hal_lock();
    cm_tree_lock();
    cm_device *device = cm_tree_device(id);
    cm_tree_unlock();
    if (!device)
        cm_hal_unlock();
    return device;
}

OSStatus cm_hal_new_io_proc(AudioObjectID device_id, AudioDeviceIOProc called, void *client,
                            void (*free_client)(void *client), AudioDeviceIOProcID *out)
{
    if (cm_render_active())
        return kAudioHardwareIllegalOperationError;
    cm_device *device = lock_device(device_id);
    if (!device)
        return kAudioHardwareBadObjectError;
    cm_io_proc *proc = calloc(1, sizeof *proc);
    void *handle = proc ? cm_handle_new(CM_KIND_IO_PROC, proc, free_proc) : NULL;
    OSStatus status = handle ? noErr : cmMemFullError;
    if (status == noErr) {
        proc->proc = called;
        proc->client = client;
        proc->device = device_id;
        proc->id = (AudioDeviceIOProcID)(uintptr_t)handle;
        if (!change_list(&device->io, proc, NULL)) {
            cm_handle_retire(handle, CM_KIND_IO_PROC);
            status = cmMemFullError;
        }
    } else {
        free(proc);
    }
    if (status == noErr) {
        proc->free_client = free_client;
        *out = (AudioDeviceIOProcID)(uintptr_t)handle;
    }
    cm_hal_unlock();
    return status;
}

OSStatus AudioDeviceCreateIOProcID(AudioObjectID inDevice, AudioDeviceIOProc inProc, void *inClientData,
                                   AudioDeviceIOProcID *outIOProcID)
{
    if (!inProc || !outIOProcID)
        return kAudioHardwareIllegalOperationError;
    return cm_hal_new_io_proc(inDevice, inProc, inClientData, NULL, outIOProcID);
}

/*
 * Finds and pins an IOProc of that device. kAudioHardwareBadObjectError for a device there is not,
 * kAudioHardwareIllegalOperationError for an IOProc that it has not.
 */
static OSStatus pin(AudioObjectID device, AudioDeviceIOProcID id, cm_io_proc **out)
{
    cm_io_proc *proc = cm_handle_pin((const void *)(uintptr_t)id, CM_KIND_IO_PROC);
    if (proc && proc->device == device && !atomic_load(&proc->dying)) {
        *out = proc;
        return noErr;
    }
    if (proc)
        cm_handle_unpin((const void *)(uintptr_t)id);
    cm_hal_open();
    cm_tree_lock();
    bool is_device = cm_tree_device(device) != NULL;
    cm_tree_unlock();
    return is_device ? kAudioHardwareIllegalOperationError : kAudioHardwareBadObjectError;
}

static void unpin(AudioDeviceIOProcID id)
{
    cm_handle_unpin((const void *)(uintptr_t)id);
}

/* From inside a cycle: leaves the rest to the HAL's thread. */
static void defer(AudioObjectID id)
{
    cm_tree_lock();
    cm_device *device = cm_tree_device(id);
    if (device)
        atomic_store(&device->io.changed, true);
    cm_tree_unlock();
    cm_hal_wake();
}

OSStatus AudioDeviceDestroyIOProcID(AudioObjectID inDevice, AudioDeviceIOProcID inIOProcID)
{
    cm_io_proc *proc;
    OSStatus status = pin(inDevice, inIOProcID, &proc);
    if (status != noErr)
        return status;
    if (cm_render_active()) {
        atomic_store(&proc->enabled, false);
        atomic_store(&proc->dying, true);
        defer(inDevice);
    } else {
        cm_device *device = lock_device(inDevice);
        if (!device) {
            status = kAudioHardwareBadObjectError;
        } else {
            status = atomic_exchange(&proc->dying, true) ? kAudioHardwareIllegalOperationError
                                                         : destroy_proc(device, proc);
            cm_hal_unlock();
        }
    }
    unpin(inIOProcID);
    return status;
}

/* Turns an IOProc, or with NULL the device itself, on or off. The control lock is held. */
static OSStatus set_enabled(cm_device *device, _Atomic bool *flag, bool enabled)
{
    if (enabled && !device->alive)
        return cm_fail(kAudioHardwareNotRunningError, "the device %s is gone", device->description.name);
    atomic_store(flag, enabled);
    OSStatus status = cm_hal_io_settle(device);
    if (status != noErr && enabled)
        atomic_store(flag, false);
    if (!enabled)
        cm_grace_wait(&device->io.grace);
    return status;
}

static OSStatus switch_proc(AudioObjectID id, cm_io_proc *proc, bool enabled)
{
    if (proc && cm_render_active()) {
        atomic_store(&proc->enabled, enabled);
        defer(id);
        return noErr;
    }
    if (cm_render_active())
        return kAudioHardwareIllegalOperationError;
    cm_device *device = lock_device(id);
    if (!device)
        return kAudioHardwareBadObjectError;
    OSStatus status = set_enabled(device, proc ? &proc->enabled : &device->io.held, enabled);
    cm_hal_unlock();
    return status;
}

OSStatus cm_hal_io_start(AudioObjectID id, AudioDeviceIOProcID proc_id, const AudioTimeStamp *from,
                         bool is_input)
{
    cm_io_proc *proc;
    UInt32 flags = from ? from->mFlags : 0;
    OSStatus status = pin(id, proc_id, &proc);
    if (status != noErr)
        return status;
    atomic_store(&proc->start_is_input, is_input);
    atomic_store(&proc->start, flags & kAudioTimeStampSampleTimeValid ? from->mSampleTime : -1e300);
    atomic_store(&proc->start_host, flags & kAudioTimeStampHostTimeValid ? from->mHostTime : 0);
    status = switch_proc(id, proc, true);
    unpin(proc_id);
    return status;
}

/* The id of an IOProc that is named by its address, as AudioDeviceAddIOProc lets one. */
static AudioDeviceIOProcID id_of(AudioObjectID device, AudioDeviceIOProcID id)
{
    AudioDeviceIOProcID found = cm_hal_added_proc(device, id);
    return found ? found : id;
}

OSStatus AudioDeviceStart(AudioObjectID inDevice, AudioDeviceIOProcID inProcID)
{
    if (!inProcID)
        return switch_proc(inDevice, NULL, true);
    inProcID = id_of(inDevice, inProcID);
    return cm_hal_io_start(inDevice, inProcID, NULL, false);
}

OSStatus AudioDeviceStop(AudioObjectID inDevice, AudioDeviceIOProcID inProcID)
{
    cm_io_proc *proc;
    if (!inProcID)
        return switch_proc(inDevice, NULL, false);
    inProcID = id_of(inDevice, inProcID);
    OSStatus status = pin(inDevice, inProcID, &proc);
    if (status != noErr)
        return status;
    status = switch_proc(inDevice, proc, false);
    unpin(inProcID);
    return status;
}
