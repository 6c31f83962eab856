#include "tap.h"

#include "../format/asbd.h"
#include "../format/pcm.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_FRAMES = CM_PIPELINE_FRAMES };

struct cm_tap {
    AudioQueueProcessingTapRef self;
    AudioQueueRef queue;
    AudioQueueProcessingTapCallback callback;
    void *user;
    AudioQueueProcessingTapFlags flags;
    UInt32 channels;
    Float32 *interleaved;            /* MAX_FRAMES of the source */
    Float32 *in_planes, *out_planes; /* MAX_FRAMES of each channel, one plane behind the other */
    AudioBufferList *list;

    /* Inside the callback. */
    bool is_inside;
    pthread_t thread;
    cm_pipeline *pipeline;
    cm_source source;
    const Float32 *given; /* a recording queue's frames, in place of a source */
    size_t given_left;
    Float64 sample_time, next_time; /* of the first frame, and of the next that the source gives */
    UInt32 frames;
    bool at_start, at_end;
};

bool cm_tap_is_late(const cm_tap *tap)
{
    return (tap->flags & kAudioQueueProcessingTap_PostEffects) != 0;
}

static void destroy(void *object)
{
    cm_tap *tap = object;
    free(tap->interleaved);
    free(tap->in_planes);
    free(tap->out_planes);
    free(tap->list);
    free(tap);
}

/* ---- between planes and frames ---- */

static void plane_pointers(Float32 *planes, UInt32 channels, void **pointers)
{
    for (UInt32 c = 0; c < channels; c++)
        pointers[c] = planes + (size_t)c * MAX_FRAMES;
}

static void to_planes(const Float32 *frames, void *const *planes, UInt32 channels, size_t count)
{
    cm_pcm from = cm_pcm_float32(channels, false), to = cm_pcm_float32(channels, true);
    cm_pcm_convert(&to, planes, &from, (const void *const *)&frames, count);
}

static void from_list(const AudioBufferList *list, Float32 *frames, UInt32 channels, size_t count)
{
    for (UInt32 c = 0; c < channels; c++) {
        const AudioBuffer *plane = &list->mBuffers[c];
        size_t has = plane->mData ? plane->mDataByteSize / sizeof(Float32) : 0;
        for (size_t f = 0; f < count; f++)
            frames[f * channels + c] = f < has ? ((const Float32 *)plane->mData)[f] : 0;
    }
}

static void offer_planes(cm_tap *tap, Float32 *planes, UInt32 frames)
{
    tap->list->mNumberBuffers = tap->channels;
    for (UInt32 c = 0; c < tap->channels; c++)
        tap->list->mBuffers[c] = (AudioBuffer){ 1, frames * (UInt32)sizeof(Float32),
                                                planes + (size_t)c * MAX_FRAMES };
}

/* ---- running ---- */

static UInt32 call(cm_tap *tap, UInt32 frames)
{
    AudioTimeStamp time = { .mSampleTime = tap->sample_time, .mFlags = kAudioTimeStampSampleTimeValid };
    AudioQueueProcessingTapFlags flags = tap->at_start ? kAudioQueueProcessingTap_StartOfStream : 0;
    if (tap->at_end)
        flags |= kAudioQueueProcessingTap_EndOfStream;
    UInt32 made = 0;
    tap->frames = frames;
    tap->thread = pthread_self();
    tap->is_inside = true;
    tap->callback(tap->user, tap->self, frames, &time, &flags, &made, tap->list);
    tap->is_inside = false;
    return made < frames ? made : frames;
}

static size_t read_source(cm_tap *tap, size_t wanted)
{
    if (tap->source)
        return tap->source(tap->pipeline, tap->interleaved, wanted);
    size_t got = wanted < tap->given_left ? wanted : tap->given_left;
    memcpy(tap->interleaved, tap->given, got * tap->channels * sizeof(Float32));
    tap->given += got * tap->channels;
    tap->given_left -= got;
    return got;
}

static size_t run_siphon(cm_tap *tap, Float32 *to, size_t wanted)
{
    void *planes[CM_MAX_CHANNELS];
    size_t got = read_source(tap, wanted);
    if (tap->pipeline)
        tap->at_end = cm_pipeline_at_end(tap->pipeline);
    memcpy(to, tap->interleaved, got * tap->channels * sizeof(Float32));
    if (got == 0 && !tap->at_end)
        return 0;
    plane_pointers(tap->out_planes, tap->channels, planes);
    to_planes(to, planes, tap->channels, got);
    offer_planes(tap, tap->out_planes, (UInt32)got);
    call(tap, (UInt32)got);
    return got;
}

static size_t run_processor(cm_tap *tap, Float32 *to, size_t wanted)
{
    offer_planes(tap, tap->out_planes, (UInt32)wanted);
    UInt32 made = call(tap, (UInt32)wanted);
    from_list(tap->list, to, tap->channels, made);
    return made;
}

size_t cm_tap_pull(cm_tap *tap, cm_pipeline *p, cm_source source, Float32 *to, size_t wanted)
{
    tap->pipeline = p;
    tap->source = source;
    tap->sample_time = tap->next_time = cm_pipeline_tap_time(p);
    tap->at_start = cm_pipeline_take_start(p);
    tap->at_end = false;
    wanted = wanted < MAX_FRAMES ? wanted : MAX_FRAMES;
    return tap->flags & kAudioQueueProcessingTap_Siphon ? run_siphon(tap, to, wanted)
                                                        : run_processor(tap, to, wanted);
}

void cm_tap_process(cm_tap *tap, Float32 *frames, size_t count, Float64 sample_time, bool at_start,
                    bool at_end)
{
    tap->pipeline = NULL;
    tap->source = NULL;
    tap->at_start = at_start;
    while (count > 0) {
        size_t piece = count < MAX_FRAMES ? count : MAX_FRAMES;
        tap->given = frames;
        tap->given_left = piece;
        tap->sample_time = tap->next_time = sample_time;
        tap->at_end = at_end && piece == count;
        size_t made = tap->flags & kAudioQueueProcessingTap_Siphon ? run_siphon(tap, frames, piece)
                                                                   : run_processor(tap, frames, piece);
        memset(frames + made * tap->channels, 0, (piece - made) * tap->channels * sizeof(Float32));
        tap->at_start = false;
        frames += piece * tap->channels;
        sample_time += (Float64)piece;
        count -= piece;
    }
}

/* ---- the client's side ---- */

static bool is_type(AudioQueueProcessingTapFlags flags)
{
    UInt32 place = flags & (kAudioQueueProcessingTap_PreEffects | kAudioQueueProcessingTap_PostEffects);
    return place == kAudioQueueProcessingTap_PreEffects || place == kAudioQueueProcessingTap_PostEffects;
}

static cm_tap *new_tap(cm_queue *q)
{
    cm_tap *tap = calloc(1, sizeof *tap);
    if (!tap)
        return NULL;
    size_t samples = (size_t)MAX_FRAMES * q->format.mChannelsPerFrame;
    tap->queue = q->self;
    tap->channels = q->format.mChannelsPerFrame;
    tap->interleaved = calloc(samples, sizeof(Float32));
    tap->in_planes = calloc(samples, sizeof(Float32));
    tap->out_planes = calloc(samples, sizeof(Float32));
    tap->list = calloc(1, sizeof *tap->list + tap->channels * sizeof(AudioBuffer));
    bool ok = tap->interleaved && tap->in_planes && tap->out_planes && tap->list;
    tap->self = ok ? cm_handle_new(CM_KIND_AUDIO_QUEUE_TAP, tap, destroy) : NULL;
    if (tap->self)
        return tap;
    destroy(tap);
    return NULL;
}

OSStatus AudioQueueProcessingTapNew(AudioQueueRef inAQ, AudioQueueProcessingTapCallback inCallback,
                                    void *inClientData, AudioQueueProcessingTapFlags inFlags,
                                    UInt32 *outMaxFrames, AudioStreamBasicDescription *outProcessingFormat,
                                    AudioQueueProcessingTapRef *outAQTap)
{
    OSStatus status;
    if (!inCallback || !outMaxFrames || !outProcessingFormat || !outAQTap)
        return kAudio_ParamError;
    *outAQTap = NULL;
    cm_queue *q = cm_queue_pin(inAQ, &status);
    if (!q)
        return status;
    pthread_mutex_lock(&q->work);
    cm_tap *tap = NULL;
    if (!is_type(inFlags))
        status = kAudioQueueErr_InvalidTapType;
    else if (q->tap)
        status = kAudioQueueErr_TooManyTaps;
    else if (q->state != CM_STOPPED)
        status = kAudioQueueErr_InvalidRunState;
    else if (!(tap = new_tap(q)))
        status = kAudio_MemFullError;
    if (tap) {
        tap->callback = inCallback;
        tap->user = inClientData;
        tap->flags = inFlags;
        q->tap = tap;
        *outAQTap = tap->self;
        *outMaxFrames = MAX_FRAMES;
        *outProcessingFormat = cm_asbd_pcm(q->format.mSampleRate, tap->channels, 32,
                                           kAudioFormatFlagsNativeFloatPacked |
                                               kAudioFormatFlagIsNonInterleaved);
    }
    pthread_mutex_unlock(&q->work);
    cm_queue_unpin(q);
    return status;
}

void cm_tap_retire(cm_queue *q)
{
    cm_tap *tap = q->tap;
    q->tap = NULL;
    if (tap)
        cm_handle_retire(tap->self, CM_KIND_AUDIO_QUEUE_TAP);
}

OSStatus AudioQueueProcessingTapDispose(AudioQueueProcessingTapRef inAQTap)
{
    cm_tap *tap = cm_handle_pin(inAQTap, CM_KIND_AUDIO_QUEUE_TAP);
    OSStatus status = kAudio_ParamError;
    cm_queue *q = tap ? cm_queue_pin(tap->queue, &status) : NULL;
    if (q) {
        pthread_mutex_lock(&q->work);
        status = q->state != CM_STOPPED || q->is_pulling ? kAudioQueueErr_InvalidRunState
                 : q->tap != tap                         ? kAudio_ParamError
                                                         : noErr;
        if (status == noErr)
            cm_tap_retire(q);
        pthread_mutex_unlock(&q->work);
        cm_queue_unpin(q);
    }
    if (tap)
        cm_handle_unpin(inAQTap);
    return status;
}

/* The tap, pinned, when this is its callback. */
static cm_tap *inside(AudioQueueProcessingTapRef handle, OSStatus *status)
{
    cm_tap *tap = cm_handle_pin(handle, CM_KIND_AUDIO_QUEUE_TAP);
    *status = tap ? noErr : kAudio_ParamError;
    if (!tap || (tap->is_inside && pthread_equal(tap->thread, pthread_self())))
        return tap;
    cm_handle_unpin(handle);
    *status = kAudioQueueErr_InvalidTapContext;
    return NULL;
}

static OSStatus fill_list(cm_tap *tap, AudioBufferList *data, size_t frames)
{
    void *planes[CM_MAX_CHANNELS];
    plane_pointers(tap->in_planes, tap->channels, planes);
    for (UInt32 c = 0; c < tap->channels; c++) {
        AudioBuffer *plane = &data->mBuffers[c];
        if (!plane->mData)
            plane->mData = planes[c];
        else if (plane->mDataByteSize / sizeof(Float32) < frames)
            return kAudio_ParamError;
        planes[c] = plane->mData;
        plane->mDataByteSize = (UInt32)(frames * sizeof(Float32));
        plane->mNumberChannels = 1;
    }
    to_planes(tap->interleaved, planes, tap->channels, frames);
    return noErr;
}

static bool list_holds(const cm_tap *tap, const AudioBufferList *data, UInt32 frames)
{
    if (data->mNumberBuffers < tap->channels)
        return false;
    for (UInt32 c = 0; c < tap->channels; c++)
        if (data->mBuffers[c].mData && data->mBuffers[c].mDataByteSize / sizeof(Float32) < frames)
            return false;
    return true;
}

OSStatus AudioQueueProcessingTapGetSourceAudio(AudioQueueProcessingTapRef inAQTap, UInt32 inNumberFrames,
                                               AudioTimeStamp *ioTimeStamp,
                                               AudioQueueProcessingTapFlags *outFlags,
                                               UInt32 *outNumberFrames, AudioBufferList *ioData)
{
    OSStatus status;
    if (!outFlags || !outNumberFrames || !ioData)
        return kAudio_ParamError;
    cm_tap *tap = inside(inAQTap, &status);
    if (!tap)
        return status;
    *outNumberFrames = 0;
    *outFlags = tap->at_start ? kAudioQueueProcessingTap_StartOfStream : 0;
    if (inNumberFrames > MAX_FRAMES || !list_holds(tap, ioData, inNumberFrames)) {
        status = cm_fail(kAudio_ParamError, "more frames than the buffers, or than a tap's %u", MAX_FRAMES);
    } else {
        size_t got = read_source(tap, inNumberFrames);
        bool at_end = tap->pipeline ? cm_pipeline_at_end(tap->pipeline) : tap->at_end && !tap->given_left;
        *outFlags |= at_end ? kAudioQueueProcessingTap_EndOfStream : 0;
        *outNumberFrames = (UInt32)got;
        if (ioTimeStamp)
            *ioTimeStamp = (AudioTimeStamp){ .mSampleTime = tap->next_time,
                                             .mFlags = kAudioTimeStampSampleTimeValid };
        tap->next_time += (Float64)got;
        tap->at_start = false;
        status = fill_list(tap, ioData, got);
    }
    cm_handle_unpin(inAQTap);
    return status;
}

OSStatus AudioQueueProcessingTapGetQueueTime(AudioQueueProcessingTapRef inAQTap, Float64 *outQueueSampleTime,
                                             UInt32 *outQueueFrameCount)
{
    OSStatus status;
    if (!outQueueSampleTime || !outQueueFrameCount)
        return kAudio_ParamError;
    cm_tap *tap = inside(inAQTap, &status);
    if (!tap)
        return status;
    *outQueueSampleTime = tap->sample_time;
    *outQueueFrameCount = tap->frames;
    cm_handle_unpin(inAQTap);
    return noErr;
}
