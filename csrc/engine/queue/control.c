/* Starting, stopping and what lies between. */
#include "../base/clock.h"
#include "../base/realtime.h"
#include "pipeline.h"
#include "queue.h"
#include "recorder.h"

#include <coremusic/engine.h>
#include <stdlib.h>
#include <time.h>

/* ---- [render] ---- */

/* While the user moves the clock by hand, time stands still until the queue has done all that it could. */
#define HAND_WAIT_NS 20000
#define HAND_WAITS 100000

/* How long a queue without a device looks for one before it stops. */
#define HOMELESS_TICKS (2 * CM_HOST_TICKS_PER_SECOND)

static bool is_behind(cm_queue *q, UInt32 frames)
{
    if (q->is_input)
        return !cm_recorder_has_room(q->recorder, frames);
    return cm_playout_readable(&q->playout) < frames || atomic_load(&q->playout.has_events);
}

/*
 * True when nobody does anything for the queue. A callback that ends between two looks has woken the worker
 * before, which the serial tells.
 */
static bool is_at_rest(cm_queue *q)
{
    uint32_t serial = atomic_load(&q->wakes);
    return !atomic_load(&q->is_woken) && atomic_load(&q->busy) == 0 && cm_notifier_is_idle(&q->notifier) &&
           atomic_load(&q->wakes) == serial;
}

static void wait_by_hand(cm_queue *q, UInt32 frames)
{
    const struct timespec moment = { 0, HAND_WAIT_NS };
    unsigned depth = cm_render_suspend();
    cm_queue_wake(q);
    for (int i = 0; i < HAND_WAITS && is_behind(q, frames) && !atomic_load(&q->is_leaving); i++) {
        if (is_at_rest(q))
            break;
        nanosleep(&moment, NULL);
    }
    cm_render_resume(depth);
}

static UInt32 frames_of(const AudioBufferList *list)
{
    const AudioBuffer *first = &list->mBuffers[0];
    bool is_empty = list->mNumberBuffers == 0 || first->mNumberChannels == 0;
    return is_empty ? 0 : first->mDataByteSize / (first->mNumberChannels * (UInt32)sizeof(Float32));
}

static OSStatus play(AudioObjectID device, const AudioTimeStamp *now, const AudioBufferList *in,
                     const AudioTimeStamp *in_time, AudioBufferList *out, const AudioTimeStamp *out_time,
                     void *context)
{
    (void)device;
    (void)now;
    (void)in;
    (void)in_time;
    cm_queue *q = context;
    UInt32 frames = frames_of(out);
    if (frames == 0)
        return noErr;
    if (atomic_load(&q->device.is_by_hand))
        wait_by_hand(q, frames);
    cm_playout_cycle cycle = { out_time->mSampleTime, out_time->mHostTime, frames, out, false };
    cm_playout_run(&q->playout, &cycle);
    cm_queue_wake(q);
    return noErr;
}

static OSStatus record(AudioObjectID device, const AudioTimeStamp *now, const AudioBufferList *in,
                       const AudioTimeStamp *in_time, AudioBufferList *out, const AudioTimeStamp *out_time,
                       void *context)
{
    (void)device;
    (void)now;
    (void)out;
    (void)out_time;
    cm_queue *q = context;
    if (atomic_load(&q->device.is_by_hand))
        wait_by_hand(q, frames_of(in));
    cm_recorder_take(q->recorder, in, in_time);
    cm_queue_wake(q);
    return noErr;
}

/* ---- the device ---- */

static OSStatus connect_output(cm_queue *q)
{
    AudioChannelLayout *layout = cm_queue_device_new_layout(&q->device);
    OSStatus status = cm_queue_set_output(q, q->device.rate, q->device.channels, layout);
    free(layout);
    if (status != noErr)
        return status;
    size_t frames = q->decode_frames > 2 * q->device.buffer_frames ? q->decode_frames
                                                                   : 2 * q->device.buffer_frames;
    /* What was decoded for a device that would not start is for this one: at first it is marks alone. */
    if (q->state == CM_STOPPED && cm_playout_readable(&q->playout) == 0 && !cm_playout_has_marks(&q->playout))
        status = cm_playout_resize(&q->playout, frames);
    return status == noErr ? cm_pipeline_set_rate(q->pipeline, q->device.rate) : status;
}

static OSStatus find_device(cm_queue *q)
{
    return cm_queue_device_open(&q->device, q->self, q->is_input, q->device_uid, q->is_input ? record : play,
                                q);
}

OSStatus cm_queue_open_device(cm_queue *q)
{
    if (q->device.id != kAudioObjectUnknown)
        return noErr;
    OSStatus status = find_device(q);
    if (status != noErr)
        return status;
    status = q->is_input ? cm_recorder_set_input(q->recorder, q->device.rate, q->device.channels)
                         : connect_output(q);
    if (status != noErr)
        cm_queue_device_close(&q->device);
    return status;
}

static void leave_device(cm_queue *q)
{
    atomic_store(&q->is_leaving, true);
    cm_queue_device_stop(&q->device);
    atomic_store(&q->is_leaving, false);
}

static OSStatus run_device(cm_queue *q)
{
    cm_playout_resume(&q->playout);
    OSStatus status = cm_queue_device_start(&q->device);
    return status == noErr ? noErr : kAudioQueueErr_CannotStart;
}

/* What was decoded goes on to the device that is the default now. */
static OSStatus move(cm_queue *q)
{
    OSStatus status = find_device(q);
    if (status != noErr)
        return status;
    if (q->is_input)
        return cm_recorder_set_input(q->recorder, q->device.rate, q->device.channels);
    status = cm_pipeline_convert_ring(q->pipeline, q->device.rate);
    return status == noErr ? connect_output(q) : status;
}

/* There may be a new default device in a moment. */
static bool may_wait(cm_queue *q)
{
    UInt64 now = AudioGetCurrentHostTime();
    if (q->device_uid)
        return false;
    if (!q->is_homeless)
        q->homeless_since = now;
    q->is_homeless = true;
    return now - q->homeless_since < HOMELESS_TICKS;
}

/* To the new default device, in the middle of the sound; or, where the client chose the device, to the end.
 */
void cm_queue_follow_device(cm_queue *q)
{
    bool has_device = q->device.id != kAudioObjectUnknown;
    if (has_device ? cm_queue_device_is_current(&q->device) : !q->is_homeless)
        return;
    bool was_running = q->device.is_running || q->is_homeless;
    if (has_device)
        atomic_fetch_add(&q->playout.discontinuities, 1);
    leave_device(q);
    cm_queue_device_close(&q->device);
    if (q->state == CM_STOPPED)
        return;
    OSStatus status = move(q);
    if (status == noErr && was_running)
        status = run_device(q);
    if (status == noErr) {
        q->is_homeless = false;
        return;
    }
    cm_queue_device_close(&q->device);
    if (!was_running || !may_wait(q))
        cm_queue_stop_now(q);
}

/* ---- states ---- */

void cm_queue_set_state(cm_queue *q, cm_run_state state)
{
    pthread_mutex_lock(&q->lock);
    bool changes = (q->state == CM_STOPPED) != (state == CM_STOPPED);
    q->state = state;
    if (state == CM_STOPPED)
        q->is_stopping = false;
    pthread_mutex_unlock(&q->lock);
    if (changes)
        cm_notifier_property(&q->notifier, kAudioQueueProperty_IsRunning);
}

static void forget_sound(cm_queue *q)
{
    if (q->is_input) {
        cm_recorder_reset(q->recorder);
        return;
    }
    cm_playout_clear(&q->playout);
    cm_pipeline_reset(q->pipeline);
}

static void set_resetting(cm_queue *q, bool resetting)
{
    pthread_mutex_lock(&q->lock);
    q->is_resetting = resetting;
    pthread_mutex_unlock(&q->lock);
}

OSStatus cm_queue_stop_now(cm_queue *q)
{
    q->is_homeless = false;
    leave_device(q);
    cm_queue_device_close(&q->device);
    if (q->is_input && q->state != CM_STOPPED)
        cm_recorder_flush(q->recorder);
    forget_sound(q);
    cm_playout_rewind(&q->playout);
    cm_queue_return_all(q);
    cm_queue_set_state(q, CM_STOPPED);
    return noErr;
}

OSStatus cm_queue_reset_now(cm_queue *q)
{
    bool was_running = q->device.is_running; /* without a device for the moment, it will find one */
    leave_device(q);
    forget_sound(q);
    atomic_fetch_add(&q->playout.discontinuities, 1);
    cm_queue_return_all(q);
    pthread_mutex_lock(&q->lock);
    bool stops = q->is_stopping;
    pthread_mutex_unlock(&q->lock);
    if (stops)
        return cm_queue_stop_now(q);
    return was_running ? run_device(q) : noErr;
}

OSStatus cm_queue_pause_now(cm_queue *q)
{
    leave_device(q);
    q->is_homeless = false;
    cm_playout_resume(&q->playout);
    cm_queue_set_state(q, CM_PAUSED);
    return noErr;
}

static OSStatus start_stopped(cm_queue *q, const AudioTimeStamp *time)
{
    OSStatus status = q->offline ? noErr : cm_queue_open_device(q);
    if (status == noErr)
        status = q->offline ? noErr : cm_queue_start_worker(q);
    if (status == noErr && !q->is_input)
        cm_pipeline_run(q->pipeline, SIZE_MAX);
    if (status != noErr)
        return status;
    cm_playout_rewind(&q->playout);
    cm_playout_start_at(&q->playout, time);
    q->has_drained = false;
    q->offline_time = 0;
    if (q->is_input)
        cm_recorder_reset(q->recorder);
    return noErr;
}

static OSStatus start(cm_queue *q, const AudioTimeStamp *time)
{
    OSStatus status = noErr;
    if (q->is_pulling)
        return q->state == CM_RUNNING ? noErr : kAudioQueueErr_InvalidRunState;
    if (q->state == CM_RUNNING)
        return noErr;
    if (q->state == CM_STOPPED)
        status = start_stopped(q, time);
    else
        status = q->offline || q->device.id != kAudioObjectUnknown ? noErr : move(q);
    if (status == noErr && q->state == CM_PAUSED)
        cm_playout_start_at(&q->playout, time);
    if (status == noErr && !q->offline)
        status = run_device(q);
    if (status == noErr)
        cm_queue_set_state(q, CM_RUNNING);
    else if (q->state == CM_STOPPED)
        cm_queue_device_close(&q->device);
    if (status == noErr)
        cm_queue_wake(q);
    return status;
}

/* ---- the client's side ---- */

/* The queue, pinned, with `work` held. Its disposal may have begun since it was pinned. */
static cm_queue *enter(AudioQueueRef handle, OSStatus *status)
{
    cm_queue *q = cm_queue_pin(handle, status);
    if (!q)
        return NULL;
    pthread_mutex_lock(&q->work);
    if (!q->is_closed && !q->is_disposing)
        return q;
    pthread_mutex_unlock(&q->work);
    cm_queue_unpin(q);
    *status = kAudioQueueErr_DisposalPending;
    return NULL;
}

static OSStatus leave(cm_queue *q, OSStatus status)
{
    bool is_outermost = !q->is_pulling;
    if (is_outermost)
        cm_queue_catch_up(q);
    bool ends = is_outermost && q->wants_dispose && !q->is_closed;
    AudioQueueRef self = q->self;
    pthread_mutex_unlock(&q->work);
    if (ends)
        cm_queue_close(q);
    cm_handle_unpin(self);
    return status;
}

OSStatus AudioQueueStart(AudioQueueRef inAQ, const AudioTimeStamp *inStartTime)
{
    OSStatus status;
    cm_queue *q = enter(inAQ, &status);
    return q ? leave(q, start(q, inStartTime)) : status;
}

OSStatus AudioQueuePrime(AudioQueueRef inAQ, UInt32 inNumberOfFramesToPrepare,
                         UInt32 *outNumberOfFramesPrepared)
{
    OSStatus status;
    cm_queue *q = enter(inAQ, &status);
    if (!q)
        return status;
    if (q->is_input)
        return leave(q, kAudioQueueErr_InvalidQueueType);
    status = q->offline ? noErr : cm_queue_open_device(q);
    Float64 ratio = status == noErr ? q->playout.rate / q->format.mSampleRate : 1;
    size_t wanted = inNumberOfFramesToPrepare ? (size_t)((Float64)inNumberOfFramesToPrepare * ratio) + 1
                                              : SIZE_MAX;
    if (status == noErr)
        cm_pipeline_run(q->pipeline, wanted);
    if (status == noErr && outNumberOfFramesPrepared)
        *outNumberOfFramesPrepared = (UInt32)((Float64)cm_playout_readable(&q->playout) / ratio);
    return leave(q, status);
}

/* Buffers go back before the call returns, unless it came from where they go back to. */
static OSStatus let_go(cm_queue *q, OSStatus (*end)(cm_queue *), bool *wanted)
{
    OSStatus status = noErr;
    if (q->is_pulling) {
        *wanted = true;
        return leave(q, noErr);
    }
    set_resetting(q, true);
    status = end(q);
    pthread_mutex_unlock(&q->work);
    cm_notifier_wait(&q->notifier);
    set_resetting(q, false);
    cm_queue_unpin(q);
    return status;
}

OSStatus AudioQueueStop(AudioQueueRef inAQ, Boolean inImmediate)
{
    OSStatus status;
    cm_queue *q = enter(inAQ, &status);
    if (!q)
        return status;
    if (inImmediate || q->state == CM_PAUSED || (q->is_input && q->state != CM_STOPPED))
        return let_go(q, cm_queue_stop_now, &q->wants_stop);
    if (q->state == CM_STOPPED || q->is_stopping)
        return leave(q, noErr);
    status = cm_queue_add_control(q, CM_ITEM_STOP);
    pthread_mutex_lock(&q->lock);
    q->is_stopping = status == noErr;
    pthread_mutex_unlock(&q->lock);
    cm_queue_wake(q);
    return leave(q, status);
}

OSStatus AudioQueueReset(AudioQueueRef inAQ)
{
    OSStatus status;
    cm_queue *q = enter(inAQ, &status);
    return q ? let_go(q, cm_queue_reset_now, &q->wants_reset) : status;
}

OSStatus AudioQueuePause(AudioQueueRef inAQ)
{
    OSStatus status;
    cm_queue *q = enter(inAQ, &status);
    if (!q)
        return status;
    if (q->state == CM_STOPPED)
        return leave(q, kAudioQueueErr_InvalidRunState);
    if (q->state == CM_PAUSED)
        return leave(q, noErr);
    if (q->is_pulling)
        q->wants_pause = true;
    else
        status = cm_queue_pause_now(q);
    return leave(q, status);
}

OSStatus AudioQueueFlush(AudioQueueRef inAQ)
{
    OSStatus status;
    cm_queue *q = enter(inAQ, &status);
    if (!q)
        return status;
    if (q->is_input && !q->is_pulling)
        cm_recorder_flush(q->recorder);
    else if (!q->is_input && !q->is_stopping)
        status = cm_queue_add_control(q, CM_ITEM_FLUSH);
    cm_queue_wake(q);
    return leave(q, status);
}
