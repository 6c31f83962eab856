/* Rendering for a client that asks, instead of a device. Decoding and callbacks happen inside its call. */
#include "../format/asbd.h"
#include "../format/layout.h"
#include "../format/pcm.h"
#include "pipeline.h"
#include "queue.h"

#include <AudioToolbox/AudioFormat.h>
#include <stdlib.h>
#include <string.h>

static OSStatus check_offline_format(const AudioStreamBasicDescription *format,
                                     const AudioChannelLayout *layout)
{
    cm_pcm pcm;
    if (cm_asbd_check(format) != noErr || !cm_asbd_is_pcm(format) ||
        cm_pcm_from_asbd(format, &pcm) != noErr || format->mSampleRate <= 0 ||
        (pcm.planar && pcm.channels > 1))
        return kAudioFormatUnsupportedDataFormatError;
    return !layout || cm_layout_channels(layout) == format->mChannelsPerFrame ? noErr : kAudio_ParamError;
}

static void set_inline(cm_queue *q, bool is_inline)
{
    pthread_mutex_lock(&q->notifier.lock);
    q->notifier.is_inline = is_inline;
    pthread_mutex_unlock(&q->notifier.lock);
}

static void end_offline(cm_queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->offline = false;
    pthread_mutex_unlock(&q->lock);
    free(q->offline_layout);
    q->offline_layout = NULL;
    set_inline(q, false);
}

static OSStatus begin_offline(cm_queue *q, AudioStreamBasicDescription format,
                              const AudioChannelLayout *layout)
{
    UInt32 size;
    cm_asbd_complete(&format);
    OSStatus status = check_offline_format(&format, layout);
    AudioChannelLayout *copy = status == noErr && layout ? cm_layout_new_copy(layout, &size) : NULL;
    if (status == noErr && layout && !copy)
        status = kAudio_MemFullError;
    if (status != noErr)
        return status;
    free(q->offline_layout);
    q->offline_layout = copy;
    pthread_mutex_lock(&q->lock);
    q->offline_format = format;
    q->offline = true;
    pthread_mutex_unlock(&q->lock);
    set_inline(q, true);
    cm_queue_device_close(&q->device);
    status = cm_queue_set_output(q, format.mSampleRate, format.mChannelsPerFrame, copy);
    if (status == noErr)
        status = cm_playout_resize(&q->playout, q->decode_frames);
    return status == noErr ? cm_pipeline_set_rate(q->pipeline, format.mSampleRate) : status;
}

OSStatus AudioQueueSetOfflineRenderFormat(AudioQueueRef inAQ, const AudioStreamBasicDescription *inFormat,
                                          const AudioChannelLayout *inLayout)
{
    OSStatus status;
    cm_queue *q = cm_queue_pin(inAQ, &status);
    if (!q)
        return status;
    pthread_mutex_lock(&q->work);
    if (q->is_input)
        status = kAudioQueueErr_InvalidQueueType;
    else if (q->state != CM_STOPPED || q->is_pulling)
        status = kAudioQueueErr_InvalidRunState;
    else if (inFormat)
        status = begin_offline(q, *inFormat, inLayout);
    else
        end_offline(q);
    pthread_mutex_unlock(&q->work);
    cm_queue_unpin(q);
    return status;
}

/* Rounds in which callbacks brought buffers but not one frame. */
enum { BLOCK = 512, MAX_IDLE = 1000 };

/* One block into the client's format; returns the frames that the queue had something for. */
static UInt32 render_block(cm_queue *q, UInt8 *to, UInt32 frames, Float64 sample_time, UInt64 host_time)
{
    Float32 samples[BLOCK * 8];
    UInt32 channels = q->offline_format.mChannelsPerFrame;
    UInt32 most = BLOCK * 8 / channels;
    frames = frames < most ? frames : most;
    frames = frames < BLOCK ? frames : BLOCK;
    memset(samples, 0, (size_t)frames * channels * sizeof *samples);
    AudioBufferList list = { 1, { { channels, frames * channels * (UInt32)sizeof *samples, samples } } };
    cm_playout_cycle cycle = { sample_time, host_time, frames, &list, true };
    UInt32 used = cm_playout_run(&q->playout, &cycle);
    cm_pcm from = cm_pcm_float32(channels, false), pcm;
    const void *source = samples;
    void *target = to;
    cm_pcm_from_asbd(&q->offline_format, &pcm);
    cm_pcm_convert(&pcm, &target, &from, &source, used);
    return used;
}

/* Until the ring holds enough for a block or the client's callbacks bring no more. True if there were any. */
static bool gather(cm_queue *q)
{
    for (bool any = false;; any = true) {
        pthread_mutex_lock(&q->work);
        if (!q->is_closed)
            cm_queue_work(q);
        bool has_enough = q->is_closed || q->state != CM_RUNNING || cm_playout_readable(&q->playout) >= BLOCK;
        cm_queue_catch_up(q);
        pthread_mutex_unlock(&q->work);
        bool delivered = cm_notifier_deliver(&q->notifier);
        if (has_enough || !delivered)
            return any || delivered;
    }
}

static OSStatus render(cm_queue *q, cm_buffer *b, const AudioTimeStamp *time, UInt32 frames)
{
    UInt32 done = 0, size = q->offline_format.mBytesPerFrame;
    bool has_sample = time && (time->mFlags & kAudioTimeStampSampleTimeValid);
    Float64 start = has_sample ? time->mSampleTime : q->offline_time;
    UInt64 host = time && (time->mFlags & kAudioTimeStampHostTimeValid) ? time->mHostTime : 0;
    for (int idle = 0; done < frames && idle < MAX_IDLE;) {
        bool is_fed = gather(q);
        UInt32 used = 0;
        pthread_mutex_lock(&q->work);
        bool is_running = !q->is_closed && q->state == CM_RUNNING;
        if (is_running)
            used = render_block(q, b->data + (size_t)done * size, frames - done, start + done,
                                done ? 0 : host);
        pthread_mutex_unlock(&q->work);
        done += used;
        idle = used > 0 ? 0 : is_fed ? idle + 1 : MAX_IDLE;
        if (!is_running)
            break;
    }
    gather(q);
    q->offline_time = start + done;
    b->shown.mAudioDataByteSize = done * size;
    return noErr;
}

OSStatus AudioQueueOfflineRender(AudioQueueRef inAQ, const AudioTimeStamp *inTimestamp,
                                 AudioQueueBufferRef ioBuffer, UInt32 inNumberFrames)
{
    OSStatus status;
    cm_queue *q = cm_queue_pin(inAQ, &status);
    if (!q)
        return status;
    pthread_mutex_lock(&q->work);
    pthread_mutex_lock(&q->lock);
    cm_buffer *b = cm_queue_find_buffer(q, ioBuffer);
    pthread_mutex_unlock(&q->lock);
    if (!q->offline)
        status = kAudioQueueErr_InvalidOfflineMode;
    else if ((q->state != CM_RUNNING && !q->has_drained) || q->is_pulling)
        status = kAudioQueueErr_InvalidRunState;
    else if (!b)
        status = kAudioQueueErr_InvalidBuffer;
    else if ((UInt64)inNumberFrames * q->offline_format.mBytesPerFrame > b->capacity)
        status = kAudio_ParamError;
    pthread_mutex_unlock(&q->work);
    if (status == noErr)
        status = render(q, b, inTimestamp, inNumberFrames);
    pthread_mutex_lock(&q->work);
    bool ends = q->wants_dispose && !q->is_pulling && !q->is_closed;
    pthread_mutex_unlock(&q->work);
    if (ends) /* a tap asked for it */
        cm_queue_close(q);
    cm_handle_unpin(inAQ);
    return status;
}
