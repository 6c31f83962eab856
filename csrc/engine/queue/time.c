/* The queue's time, and the device's. */
#include "queue.h"
#include "recorder.h"

#include <stdlib.h>

/* The queue, pinned, with `work` held. */
static cm_queue *enter(AudioQueueRef handle, OSStatus *status)
{
    cm_queue *q = cm_queue_pin(handle, status);
    if (q)
        pthread_mutex_lock(&q->work);
    return q;
}

static OSStatus leave(cm_queue *q, OSStatus status)
{
    pthread_mutex_unlock(&q->work);
    cm_queue_unpin(q);
    return status;
}

/* ---- timelines ---- */

static void free_timeline(void *timeline)
{
    free(timeline);
}

static UInt64 discontinuities(const cm_queue *q)
{
    UInt64 lost = q->is_input ? cm_recorder_overruns(q->recorder) : 0;
    return lost + atomic_load(&q->playout.discontinuities);
}

OSStatus AudioQueueCreateTimeline(AudioQueueRef inAQ, AudioQueueTimelineRef *outTimeline)
{
    OSStatus status;
    if (!outTimeline)
        return kAudio_ParamError;
    *outTimeline = NULL;
    cm_queue *q = cm_queue_pin(inAQ, &status);
    if (!q)
        return status;
    cm_timeline *timeline = calloc(1, sizeof *timeline);
    if (timeline)
        timeline->self = cm_handle_new(CM_KIND_AUDIO_QUEUE_TIMELINE, timeline, free_timeline);
    if (timeline && timeline->self) {
        pthread_mutex_lock(&q->lock);
        timeline->seen = discontinuities(q);
        timeline->next = q->timelines;
        q->timelines = timeline;
        pthread_mutex_unlock(&q->lock);
        *outTimeline = timeline->self;
    } else {
        free(timeline);
        status = kAudio_MemFullError;
    }
    cm_queue_unpin(q);
    return status;
}

/* Called with `lock` held. Where the queue's own timeline hangs; NULL for another's. */
static cm_timeline **find_timeline(cm_queue *q, AudioQueueTimelineRef handle)
{
    for (cm_timeline **at = &q->timelines; *at; at = &(*at)->next)
        if ((*at)->self == handle)
            return at;
    return NULL;
}

OSStatus AudioQueueDisposeTimeline(AudioQueueRef inAQ, AudioQueueTimelineRef inTimeline)
{
    OSStatus status;
    cm_queue *q = cm_queue_pin(inAQ, &status);
    if (!q)
        return status;
    pthread_mutex_lock(&q->lock);
    cm_timeline **at = find_timeline(q, inTimeline);
    if (at)
        *at = (*at)->next;
    pthread_mutex_unlock(&q->lock);
    if (at)
        cm_handle_retire(inTimeline, CM_KIND_AUDIO_QUEUE_TIMELINE);
    cm_queue_unpin(q);
    return at ? noErr : kAudio_ParamError;
}

/* ---- now ---- */

/* What is heard now, in frames of the device's rate since the start. */
static Float64 elapsed_at(cm_queue *q, const AudioTimeStamp *now)
{
    cm_playout_anchor anchor;
    if (q->is_input)
        return cm_recorder_elapsed(q->recorder, now->mSampleTime);
    bool moves = cm_playout_anchor_now(&q->playout, &anchor) && !q->offline &&
                 (now->mFlags & kAudioTimeStampSampleTimeValid);
    Float64 elapsed = anchor.elapsed + (moves ? now->mSampleTime - anchor.sample_time : 0);
    return elapsed > 0 ? elapsed : 0;
}

static Float64 device_rate(const cm_queue *q)
{
    return q->is_input ? q->device.rate : q->playout.rate;
}

OSStatus AudioQueueGetCurrentTime(AudioQueueRef inAQ, AudioQueueTimelineRef inTimeline,
                                  AudioTimeStamp *outTimeStamp, Boolean *outTimelineDiscontinuity)
{
    OSStatus status;
    AudioTimeStamp now = { 0 };
    cm_queue *q = enter(inAQ, &status);
    if (!q)
        return status;
    pthread_mutex_lock(&q->lock);
    cm_timeline **at = inTimeline ? find_timeline(q, inTimeline) : NULL;
    UInt64 seen = discontinuities(q);
    if (outTimelineDiscontinuity)
        *outTimelineDiscontinuity = at && (*at)->seen != seen;
    if (at)
        (*at)->seen = seen;
    pthread_mutex_unlock(&q->lock);
    if (inTimeline && !at)
        return leave(q, kAudio_ParamError);
    if (q->state == CM_STOPPED)
        return leave(q, kAudioQueueErr_InvalidRunState);
    if (q->device.is_running && AudioDeviceGetCurrentTime(q->device.id, &now) != noErr)
        now.mFlags = kAudioTimeStampNothingValid;
    if (outTimeStamp) {
        Float64 sample_time = elapsed_at(q, &now) * q->format.mSampleRate / device_rate(q);
        bool has_host = (now.mFlags & kAudioTimeStampHostTimeValid) != 0;
        *outTimeStamp = (AudioTimeStamp){ .mSampleTime = sample_time,
                                          .mHostTime = has_host ? now.mHostTime : 0,
                                          .mFlags = has_host ? kAudioTimeStampSampleHostTimeValid
                                                             : kAudioTimeStampSampleTimeValid };
    }
    return leave(q, noErr);
}

/* ---- the device's clock ---- */

static cm_queue *enter_running(AudioQueueRef handle, OSStatus *status)
{
    cm_queue *q = enter(handle, status);
    if (!q || q->device.is_running)
        return q;
    *status = leave(q, kAudioQueueErr_InvalidRunState);
    return NULL;
}

static OSStatus of_device(OSStatus status)
{
    return status == kAudioHardwareNotRunningError ? kAudioQueueErr_InvalidRunState : status;
}

OSStatus AudioQueueDeviceGetCurrentTime(AudioQueueRef inAQ, AudioTimeStamp *outTimeStamp)
{
    OSStatus status;
    if (!outTimeStamp)
        return kAudio_ParamError;
    cm_queue *q = enter_running(inAQ, &status);
    return q ? leave(q, of_device(AudioDeviceGetCurrentTime(q->device.id, outTimeStamp))) : status;
}

OSStatus AudioQueueDeviceTranslateTime(AudioQueueRef inAQ, const AudioTimeStamp *inTime,
                                       AudioTimeStamp *outTime)
{
    OSStatus status;
    if (!inTime || !outTime)
        return kAudio_ParamError;
    cm_queue *q = enter_running(inAQ, &status);
    return q ? leave(q, of_device(AudioDeviceTranslateTime(q->device.id, inTime, outTime))) : status;
}

OSStatus AudioQueueDeviceGetNearestStartTime(AudioQueueRef inAQ, AudioTimeStamp *ioRequestedStartTime,
                                             UInt32 inFlags)
{
    OSStatus status;
    if (!ioRequestedStartTime || inFlags != 0)
        return kAudio_ParamError;
    cm_queue *q = enter_running(inAQ, &status);
    if (!q)
        return status;
    UInt32 flags = q->is_input ? kAudioDeviceStartTimeIsInputFlag : 0;
    return leave(q, of_device(AudioDeviceGetNearestStartTime(q->device.id, ioRequestedStartTime, flags)));
}
