#include "queue.h"

#include "../base/block.h"
#include "../base/dispatch.h"
#include "../codec/codec.h"
#include "../format/asbd.h"
#include "../format/pcm.h"
#include "pipeline.h"
#include "recorder.h"
#include "tap.h"

#include <AudioToolbox/AudioCodec.h>
#include <AudioToolbox/AudioFormat.h>
#include <coremusic/engine.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DECODE_FRAMES 8192u

/* ---- handles and references ---- */

cm_queue *cm_queue_pin(AudioQueueRef handle, OSStatus *status)
{
    cm_queue *q = cm_handle_pin(handle, CM_KIND_AUDIO_QUEUE);
    *status = q ? noErr : kAudio_ParamError;
    if (!q)
        return NULL;
    if (q->process != getpid()) {
        cm_handle_unpin(handle);
        *status = cm_fail(kAudio_ParamError,
                          "the audio queue belongs to the process that has forked this one");
        return NULL;
    }
    pthread_mutex_lock(&q->lock);
    bool is_ending = q->is_disposing || q->is_closed;
    pthread_mutex_unlock(&q->lock);
    if (!is_ending)
        return q;
    cm_handle_unpin(handle);
    *status = kAudioQueueErr_DisposalPending;
    return NULL;
}

void cm_queue_unpin(cm_queue *q)
{
    cm_handle_unpin(q->self);
}

void cm_queue_retain(cm_queue *q)
{
    atomic_fetch_add(&q->references, 1);
}

static void destroy(cm_queue *q)
{
    cm_pipeline_free(q->pipeline);
    cm_recorder_free(q->recorder);
    cm_queue_free_buffers(q);
    cm_playout_free(&q->playout);
    cm_notifier_free(&q->notifier);
    if (q->device_uid)
        CFRelease(q->device_uid);
    free(q->cookie);
    free(q->layout);
    free(q->assignments);
    free(q->offline_layout);
    cm_block_release(q->block);
    sem_destroy(&q->wake);
    pthread_mutex_destroy(&q->lock);
    pthread_mutex_destroy(&q->work);
    free(q);
}

void cm_queue_release(cm_queue *q)
{
    if (atomic_fetch_sub(&q->references, 1) == 1)
        destroy(q);
}

static void drop_handle(void *queue)
{
    cm_queue_release(queue);
}

bool cm_queue_is_worker(const cm_queue *q)
{
    return q->has_worker && pthread_equal(q->worker, pthread_self());
}

/* ---- making ---- */

void *cm_queue_new_aligned(size_t size)
{
    void *object = aligned_alloc(_Alignof(cm_ring), size);
    if (object)
        memset(object, 0, size);
    return object;
}

static OSStatus check_format(const AudioStreamBasicDescription *format, bool is_input)
{
    if (cm_asbd_check(format) != noErr)
        return kAudioFormatUnsupportedDataFormatError;
    if (format->mSampleRate <= 0 || format->mChannelsPerFrame == 0)
        return cm_fail(kAudioFormatUnsupportedDataFormatError,
                       "a sample rate and a number of channels are needed");
    cm_pcm pcm;
    if (cm_asbd_is_pcm(format))
        return cm_pcm_from_asbd(format, &pcm);
    UInt32 type = is_input ? kAudioEncoderComponentType : kAudioDecoderComponentType;
    return cm_codec_find(type, format->mFormatID, 0) ? noErr : kAudioQueueErr_CodecNotFound;
}

/* What a new queue is told. */
typedef struct client {
    AudioQueueOutputCallback output;
    AudioQueueInputCallback input;
    void *user;
    CFRunLoopRef loop;
    CFStringRef mode;
    dispatch_queue_t dispatch;
} client;

static OSStatus set_up(cm_queue *q, const client *from)
{
    atomic_init(&q->references, 1);
    cm_lock_init(&q->work);
    pthread_mutex_init(&q->lock, NULL);
    sem_init(&q->wake, 0, 0);
    q->last = &q->first;
    q->knows_frames = true;
    q->decode_frames = DECODE_FRAMES;
    q->speed_algorithm = kAudioQueueTimePitchAlgorithm_Spectral;
    cm_notifier_init(&q->notifier, q, from->loop, from->mode, from->dispatch);
    OSStatus status = cm_playout_init(&q->playout, q->format.mChannelsPerFrame);
    if (status == noErr)
        status = q->is_input ? cm_recorder_new(q, &q->recorder) : cm_pipeline_new(q, &q->pipeline);
    return status;
}

static OSStatus new_queue(const AudioStreamBasicDescription *format, const client *from, AudioQueueRef *out)
{
    if (!format || !out || (!from->output && !from->input))
        return kAudio_ParamError;
    *out = NULL;
    AudioStreamBasicDescription completed = *format;
    cm_asbd_complete(&completed);
    OSStatus status = check_format(&completed, from->input != NULL);
    if (status != noErr)
        return status;
    cm_queue *q = cm_queue_new_aligned(sizeof *q);
    if (!q)
        return kAudio_MemFullError;
    q->is_input = from->input != NULL;
    q->format = completed;
    q->planes = cm_asbd_is_planar(&completed) ? completed.mChannelsPerFrame : 1;
    q->output_callback = from->output;
    q->input_callback = from->input;
    q->user = from->user;
    status = set_up(q, from);
    q->process = getpid();
    q->self = status == noErr ? cm_handle_new(CM_KIND_AUDIO_QUEUE, q, drop_handle) : NULL;
    if (!q->self) {
        cm_queue_release(q);
        return status != noErr ? status : kAudio_MemFullError;
    }
    *out = q->self;
    return noErr;
}

OSStatus AudioQueueNewOutput(const AudioStreamBasicDescription *inFormat,
                             AudioQueueOutputCallback inCallbackProc, void *inUserData,
                             CFRunLoopRef inCallbackRunLoop, CFStringRef inCallbackRunLoopMode,
                             UInt32 inFlags, AudioQueueRef *outAQ)
{
    (void)inFlags;
    client from = { inCallbackProc, NULL, inUserData, inCallbackRunLoop, inCallbackRunLoopMode, NULL };
    return new_queue(inFormat, &from, outAQ);
}

OSStatus AudioQueueNewInput(const AudioStreamBasicDescription *inFormat,
                            AudioQueueInputCallback inCallbackProc, void *inUserData,
                            CFRunLoopRef inCallbackRunLoop, CFStringRef inCallbackRunLoopMode, UInt32 inFlags,
                            AudioQueueRef *outAQ)
{
    (void)inFlags;
    client from = { NULL, inCallbackProc, inUserData, inCallbackRunLoop, inCallbackRunLoopMode, NULL };
    return new_queue(inFormat, &from, outAQ);
}

/* ---- blocks ---- */

typedef void (*output_code)(const void *block, AudioQueueRef queue, AudioQueueBufferRef buffer);
typedef void (*input_code)(const void *block, AudioQueueRef queue, AudioQueueBufferRef buffer,
                           const AudioTimeStamp *start, UInt32 packets,
                           const AudioStreamPacketDescription *descriptions);

static void call_output_block(void *block, AudioQueueRef queue, AudioQueueBufferRef buffer)
{
    ((output_code)cm_block_invoke(block))(block, queue, buffer);
}

static void call_input_block(void *block, AudioQueueRef queue, AudioQueueBufferRef buffer,
                             const AudioTimeStamp *start, UInt32 packets,
                             const AudioStreamPacketDescription *descriptions)
{
    ((input_code)cm_block_invoke(block))(block, queue, buffer, start, packets, descriptions);
}

/* The block is released with the queue. */
static OSStatus new_block_queue(const AudioStreamBasicDescription *format, client *from, const void *block,
                                AudioQueueRef *out)
{
    const void *copy;
    if (!block)
        return kAudio_ParamError;
    OSStatus status = cm_dispatch_check(from->dispatch);
    if (status == noErr)
        status = cm_block_copy(block, &copy);
    if (status != noErr)
        return status;
    from->user = (void *)(uintptr_t)copy;
    status = new_queue(format, from, out);
    cm_queue *q = status == noErr ? cm_queue_pin(*out, &status) : NULL;
    if (q) {
        q->block = copy;
        cm_queue_unpin(q);
    } else {
        cm_block_release(copy);
    }
    return status;
}

OSStatus AudioQueueNewOutputWithDispatchQueue(AudioQueueRef *outAQ,
                                              const AudioStreamBasicDescription *inFormat, UInt32 inFlags,
                                              dispatch_queue_t inCallbackDispatchQueue,
                                              AudioQueueOutputCallbackBlock inCallbackBlock)
{
    (void)inFlags;
    client from = { .output = call_output_block, .dispatch = inCallbackDispatchQueue };
    return new_block_queue(inFormat, &from, inCallbackBlock, outAQ);
}

OSStatus AudioQueueNewInputWithDispatchQueue(AudioQueueRef *outAQ,
                                             const AudioStreamBasicDescription *inFormat, UInt32 inFlags,
                                             dispatch_queue_t inCallbackDispatchQueue,
                                             AudioQueueInputCallbackBlock inCallbackBlock)
{
    (void)inFlags;
    client from = { .input = call_input_block, .dispatch = inCallbackDispatchQueue };
    return new_block_queue(inFormat, &from, inCallbackBlock, outAQ);
}

/* ---- disposing ---- */

static void free_timelines(cm_queue *q)
{
    pthread_mutex_lock(&q->lock);
    cm_timeline *at = q->timelines;
    q->timelines = NULL;
    pthread_mutex_unlock(&q->lock);
    while (at) {
        cm_timeline *next = at->next;
        cm_handle_retire(at->self, CM_KIND_AUDIO_QUEUE_TIMELINE);
        at = next;
    }
}

static void end_worker(cm_queue *q)
{
    pthread_mutex_lock(&q->work);
    bool has_worker = q->has_worker;
    bool is_self = cm_queue_is_worker(q);
    q->has_worker = false;
    atomic_store(&q->must_end, true);
    pthread_mutex_unlock(&q->work);
    cm_queue_wake(q);
    if (has_worker && is_self)
        pthread_detach(q->worker);
    else if (has_worker)
        pthread_join(q->worker, NULL);
}

void cm_queue_close(cm_queue *q)
{
    pthread_mutex_lock(&q->work);
    pthread_mutex_lock(&q->lock);
    bool was_closed = q->is_closed;
    q->is_closed = true;
    pthread_mutex_unlock(&q->lock);
    if (!was_closed) {
        cm_queue_device_close(&q->device);
        cm_queue_set_state(q, CM_STOPPED);
        cm_tap_retire(q);
    }
    pthread_mutex_unlock(&q->work);
    if (was_closed)
        return;
    AudioQueueRef self = q->self;
    free_timelines(q);
    cm_notifier_close(&q->notifier);
    end_worker(q);
    cm_handle_retire(self, CM_KIND_AUDIO_QUEUE);
}

/* True when the disposal was left to the worker, after what is enqueued or when the tap has returned. */
static bool defer_disposal(cm_queue *q, bool immediate)
{
    pthread_mutex_lock(&q->work);
    bool is_pulling = q->is_pulling;
    bool drains = !immediate && q->state == CM_RUNNING && !q->offline && !q->is_input;
    bool stops_already = q->is_stopping;
    if (is_pulling || drains) {
        q->wants_dispose = q->wants_dispose || is_pulling;
        pthread_mutex_lock(&q->lock);
        q->is_disposing = true;
        q->is_stopping = q->is_stopping || drains;
        pthread_mutex_unlock(&q->lock);
    }
    pthread_mutex_unlock(&q->work);
    if (!is_pulling && !drains)
        return false;
    cm_notifier_mute(&q->notifier);
    if (!is_pulling) /* the client frees what its callback uses when this returns; a tap's caller must not
                        wait */
        cm_notifier_wait_for_call(&q->notifier);
    if (drains && !stops_already)
        cm_queue_add_control(q, CM_ITEM_STOP);
    cm_queue_wake(q);
    return true;
}

/* One that is being disposed of, when what is enqueued has been played, still has its buffers. */
OSStatus CMAudioQueueHold(AudioQueueRef queue)
{
    return cm_handle_pin(queue, CM_KIND_AUDIO_QUEUE) ? noErr : kAudio_ParamError;
}

void CMAudioQueueLetGo(AudioQueueRef queue)
{
    cm_handle_unpin(queue);
}

OSStatus AudioQueueDispose(AudioQueueRef inAQ, Boolean inImmediate)
{
    OSStatus status;
    cm_queue *q = cm_queue_pin(inAQ, &status);
    if (!q)
        return status;
    if (!defer_disposal(q, inImmediate))
        cm_queue_close(q);
    cm_handle_unpin(inAQ);
    return noErr;
}
