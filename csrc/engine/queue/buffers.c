/* The buffers of a queue: made, freed, enqueued, given back. */
#include "queue.h"

#include "../format/asbd.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_PARAMETERS = 256 };

/* A queue that records packets of varying size describes them; none is smaller than this, but for silence. */
#define LEAST_PACKET 16u

static bool has_varying_packets(const cm_queue *q)
{
    return q->format.mBytesPerPacket == 0 || q->format.mFramesPerPacket == 0;
}

/* ---- making and freeing ---- */

static void free_buffer(cm_buffer *b)
{
    free(b->data);
    free(b->shown_descriptions);
    free(b->descriptions);
    free(b->parameters);
    free(b);
}

static cm_buffer *new_buffer(UInt32 bytes, UInt32 descriptions)
{
    cm_buffer *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    b->data = calloc(1, bytes > 0 ? bytes : 1);
    b->shown_descriptions = descriptions ? calloc(descriptions, sizeof *b->shown_descriptions) : NULL;
    if (!b->data || (descriptions && !b->shown_descriptions)) {
        free_buffer(b);
        return NULL;
    }
    b->capacity = bytes;
    b->shown_capacity = descriptions;
    AudioQueueBuffer shown = { bytes, b->data, 0, NULL, descriptions, b->shown_descriptions, 0 };
    memcpy(&b->shown, &shown, sizeof shown);
    return b;
}

OSStatus AudioQueueAllocateBufferWithPacketDescriptions(AudioQueueRef inAQ, UInt32 inBufferByteSize,
                                                        UInt32 inNumberPacketDescriptions,
                                                        AudioQueueBufferRef *outBuffer)
{
    OSStatus status;
    if (!outBuffer)
        return kAudio_ParamError;
    *outBuffer = NULL;
    cm_queue *q = cm_queue_pin(inAQ, &status);
    if (!q)
        return status;
    cm_buffer *b = new_buffer(inBufferByteSize, inNumberPacketDescriptions);
    if (b) {
        pthread_mutex_lock(&q->lock);
        b->next = q->buffers;
        q->buffers = b;
        pthread_mutex_unlock(&q->lock);
        *outBuffer = &b->shown;
    }
    cm_queue_unpin(q);
    return b ? noErr : kAudio_MemFullError;
}

OSStatus AudioQueueAllocateBuffer(AudioQueueRef inAQ, UInt32 inBufferByteSize, AudioQueueBufferRef *outBuffer)
{
    OSStatus status;
    cm_queue *q = cm_queue_pin(inAQ, &status);
    if (!q)
        return status;
    UInt32 descriptions = q->is_input && has_varying_packets(q) ? inBufferByteSize / LEAST_PACKET + 1 : 0;
    cm_queue_unpin(q);
    return AudioQueueAllocateBufferWithPacketDescriptions(inAQ, inBufferByteSize, descriptions, outBuffer);
}

cm_buffer *cm_queue_find_buffer(cm_queue *q, AudioQueueBufferRef buffer)
{
    for (cm_buffer *b = q->buffers; b; b = b->next)
        if (&b->shown == buffer)
            return b;
    return NULL;
}

OSStatus AudioQueueFreeBuffer(AudioQueueRef inAQ, AudioQueueBufferRef inBuffer)
{
    OSStatus status;
    cm_queue *q = cm_queue_pin(inAQ, &status);
    if (!q)
        return status;
    pthread_mutex_lock(&q->lock);
    cm_buffer **at = &q->buffers;
    while (*at && &(*at)->shown != inBuffer)
        at = &(*at)->next;
    cm_buffer *b = *at;
    status = !b                           ? kAudioQueueErr_InvalidBuffer
             : b->state == CM_BUFFER_IDLE ? noErr
                                          : kAudioQueueErr_BufferInQueue;
    if (status == noErr)
        *at = b->next;
    pthread_mutex_unlock(&q->lock);
    if (status == noErr)
        free_buffer(b);
    cm_queue_unpin(q);
    return status;
}

cm_buffer *cm_queue_buffer_of(cm_item *item)
{
    return (cm_buffer *)((UInt8 *)item - offsetof(cm_buffer, item));
}

static void free_controls(cm_item *item)
{
    while (item) {
        cm_item *next = item->next;
        if (item->kind != CM_ITEM_BUFFER)
            free(item);
        item = next;
    }
}

void cm_queue_free_buffers(cm_queue *q)
{
    free_controls(q->first);
    while (q->buffers) {
        cm_buffer *next = q->buffers->next;
        free_buffer(q->buffers);
        q->buffers = next;
    }
}

/* ---- the line ---- */

/* Called with `lock` held. */
static void append(cm_queue *q, cm_item *item)
{
    item->next = NULL;
    *q->last = item;
    q->last = &item->next;
}

cm_item *cm_queue_next_item(cm_queue *q)
{
    pthread_mutex_lock(&q->lock);
    cm_item *item = q->first;
    if (item)
        q->first = item->next;
    if (!q->first)
        q->last = &q->first;
    pthread_mutex_unlock(&q->lock);
    return item;
}

OSStatus cm_queue_add_control(cm_queue *q, cm_item_kind kind)
{
    cm_item *item = calloc(1, sizeof *item);
    if (!item)
        return kAudio_MemFullError;
    item->kind = kind;
    pthread_mutex_lock(&q->lock);
    append(q, item);
    pthread_mutex_unlock(&q->lock);
    return noErr;
}

/* Called with `lock` held. */
static void give_back(cm_queue *q, cm_buffer *b, bool by_reset)
{
    b->state = CM_BUFFER_RETURNED;
    cm_notifier_buffer(&q->notifier, b, by_reset);
}

void cm_queue_return(cm_queue *q, cm_buffer *buffer)
{
    pthread_mutex_lock(&q->lock);
    give_back(q, buffer, false);
    pthread_mutex_unlock(&q->lock);
}

/* The order is that of enqueueing: what was decoded, then what waits in line. */
void cm_queue_return_all(cm_queue *q)
{
    pthread_mutex_lock(&q->lock);
    cm_item *line = q->first;
    q->first = NULL;
    q->last = &q->first;
    for (UInt64 order = 0; order != UINT64_MAX;) {
        cm_buffer *first = NULL;
        for (cm_buffer *b = q->buffers; b; b = b->next)
            if (b->state == CM_BUFFER_QUEUED && b->order >= order && (!first || b->order < first->order))
                first = b;
        order = first ? first->order + 1 : UINT64_MAX;
        if (first && q->is_input)
            first->shown.mAudioDataByteSize = first->bytes = first->packets = 0;
        if (first)
            give_back(q, first, true);
    }
    free_controls(line);
    q->frames_enqueued = 0;
    q->knows_frames = true;
    pthread_mutex_unlock(&q->lock);
}

/* ---- enqueueing ---- */

typedef struct enqueue_request {
    UInt32 packet_count;
    const AudioStreamPacketDescription *packets;
    UInt32 trim_start, trim_end;
    UInt32 parameter_count;
    const AudioQueueParameterEvent *parameters;
    const AudioTimeStamp *start;
    AudioTimeStamp *actual_start;
} enqueue_request;

/* Copies count elements into *array, which grows. */
static OSStatus keep(void **array, UInt32 *capacity, const void *from, UInt32 count, size_t size)
{
    if (count > *capacity) {
        void *larger = realloc(*array, (size_t)count * size);
        if (!larger)
            return kAudio_MemFullError;
        *array = larger;
        *capacity = count;
    }
    if (count > 0)
        memcpy(*array, from, (size_t)count * size);
    return noErr;
}

/* Every packet lies within the buffer; how many frames they decode to, 0 when one does not say. */
static OSStatus check_packets(const cm_queue *q, cm_buffer *b)
{
    UInt64 frames = 0;
    bool is_known = true;
    for (UInt32 i = 0; i < b->packets; i++) {
        const AudioStreamPacketDescription *d = &b->descriptions[i];
        if (d->mStartOffset < 0 || d->mStartOffset > b->bytes ||
            d->mDataByteSize > b->bytes - d->mStartOffset)
            return cm_fail(kAudio_ParamError, "packet %u lies outside the buffer's %u bytes", i, b->bytes);
        UInt32 length = d->mVariableFramesInPacket ? d->mVariableFramesInPacket : q->format.mFramesPerPacket;
        is_known = is_known && length > 0;
        frames += length;
    }
    b->frames = is_known ? frames : 0;
    return noErr;
}

static OSStatus take_packets(const cm_queue *q, cm_buffer *b, const enqueue_request *request)
{
    if (!has_varying_packets(q)) {
        b->packets = b->bytes / q->planes / q->format.mBytesPerPacket;
        if (q->planes > 1 && b->bytes != b->packets * q->planes * q->format.mBytesPerPacket)
            return cm_fail(kAudio_ParamError, "planes are all of one length, in whole frames");
        b->frames = (UInt64)b->packets * q->format.mFramesPerPacket;
        return b->packets > 0 ? noErr : kAudioQueueErr_BufferEmpty;
    }
    const AudioStreamPacketDescription *from = request->packets;
    UInt32 count = request->packet_count;
    if (count == 0) {
        from = b->shown_descriptions;
        count = b->shown.mPacketDescriptionCount;
        count = count > b->shown_capacity ? 0 : count;
    }
    if (!from || count == 0)
        return cm_fail(kAudio_ParamError, "packets of this format need descriptions");
    OSStatus status = keep((void **)&b->descriptions, &b->description_capacity, from, count, sizeof *from);
    b->packets = status == noErr ? count : 0;
    return status == noErr ? check_packets(q, b) : status;
}

static OSStatus check_trims(const cm_buffer *b, const enqueue_request *request)
{
    UInt64 trims = (UInt64)request->trim_start + request->trim_end;
    if (trims == 0)
        return noErr;
    if (b->frames == 0)
        return cm_fail(kAudio_ParamError, "packets that do not say how long they are cannot be trimmed");
    return trims <= b->frames ? noErr : cm_fail(kAudio_ParamError, "more is trimmed than there is");
}

static OSStatus take_parameters(cm_buffer *b, const enqueue_request *request)
{
    if (request->parameter_count > MAX_PARAMETERS || (request->parameter_count && !request->parameters))
        return kAudio_ParamError;
    for (UInt32 i = 0; i < request->parameter_count; i++) {
        AudioQueueParameterEvent checked = request->parameters[i];
        OSStatus status = cm_queue_check_parameter(checked.mID, &checked.mValue);
        if (status != noErr)
            return status;
    }
    UInt32 capacity = b->parameter_count;
    OSStatus status = keep((void **)&b->parameters, &capacity, request->parameters, request->parameter_count,
                           sizeof *b->parameters);
    b->parameter_count = request->parameter_count;
    for (UInt32 i = 0; status == noErr && i < b->parameter_count; i++)
        cm_queue_check_parameter(b->parameters[i].mID, &b->parameters[i].mValue);
    return status;
}

/* Called with `lock` held. */
static OSStatus fill_in(cm_queue *q, cm_buffer *b, const enqueue_request *request)
{
    b->start = request->start ? *request->start : (AudioTimeStamp){ 0 };
    b->trim_start = request->trim_start;
    b->trim_end = request->trim_end;
    b->bytes = q->is_input ? 0 : b->shown.mAudioDataByteSize;
    b->packets = 0;
    if (q->is_input)
        return noErr;
    if (b->bytes == 0)
        return kAudioQueueErr_BufferEmpty;
    if (b->bytes > b->capacity)
        return cm_fail(kAudioQueueErr_InvalidBuffer, "mAudioDataByteSize is more than the buffer holds");
    OSStatus status = take_packets(q, b, request);
    if (status == noErr)
        status = check_trims(b, request);
    return status == noErr ? take_parameters(b, request) : status;
}

/* Called with `lock` held. When the buffer begins, in the queue's time, and where that leaves the next one.
 */
static void count_frames(cm_queue *q, const cm_buffer *b, AudioTimeStamp *actual)
{
    if (b->start.mFlags & kAudioTimeStampSampleTimeValid) {
        UInt64 start = b->start.mSampleTime > 0 ? (UInt64)b->start.mSampleTime : 0;
        q->knows_frames = q->knows_frames || start > 0;
        q->frames_enqueued = q->frames_enqueued > start ? q->frames_enqueued : start;
    } else if (b->start.mFlags & kAudioTimeStampHostTimeValid) {
        q->knows_frames = false;
    }
    if (actual) {
        *actual = (AudioTimeStamp){ 0 };
        if (q->knows_frames) {
            actual->mSampleTime = (Float64)q->frames_enqueued;
            actual->mFlags = kAudioTimeStampSampleTimeValid;
        } else if (b->start.mFlags & kAudioTimeStampHostTimeValid) {
            actual->mHostTime = b->start.mHostTime;
            actual->mFlags = kAudioTimeStampHostTimeValid;
        }
    }
    q->knows_frames = q->knows_frames && b->frames > 0;
    q->frames_enqueued += b->frames - b->trim_start - b->trim_end;
}

/* Called with `lock` held. */
static OSStatus enqueue(cm_queue *q, AudioQueueBufferRef buffer, const enqueue_request *request)
{
    cm_buffer *b = cm_queue_find_buffer(q, buffer);
    if (!b)
        return kAudioQueueErr_InvalidBuffer;
    if (q->is_resetting || (q->is_stopping && !q->is_input) || cm_notifier_in_reset(&q->notifier))
        return kAudioQueueErr_EnqueueDuringReset;
    if (b->state != CM_BUFFER_IDLE)
        return kAudioQueueErr_BufferEnqueuedTwice;
    OSStatus status = fill_in(q, b, request);
    if (status != noErr)
        return status;
    if (!q->is_input)
        count_frames(q, b, request->actual_start);
    b->item.kind = CM_ITEM_BUFFER;
    b->state = CM_BUFFER_QUEUED;
    b->order = ++q->order;
    append(q, &b->item);
    return noErr;
}

static OSStatus enqueue_buffer(AudioQueueRef queue, AudioQueueBufferRef buffer,
                               const enqueue_request *request, bool for_output)
{
    OSStatus status;
    cm_queue *q = cm_queue_pin(queue, &status);
    if (!q)
        return status;
    pthread_mutex_lock(&q->lock);
    status = for_output && q->is_input ? kAudioQueueErr_InvalidQueueType : enqueue(q, buffer, request);
    pthread_mutex_unlock(&q->lock);
    if (status == noErr)
        cm_queue_wake(q);
    cm_queue_unpin(q);
    return status;
}

OSStatus AudioQueueEnqueueBuffer(AudioQueueRef inAQ, AudioQueueBufferRef inBuffer, UInt32 inNumPacketDescs,
                                 const AudioStreamPacketDescription *inPacketDescs)
{
    enqueue_request request = { .packet_count = inNumPacketDescs, .packets = inPacketDescs };
    return enqueue_buffer(inAQ, inBuffer, &request, false);
}

OSStatus AudioQueueEnqueueBufferWithParameters(
    AudioQueueRef inAQ, AudioQueueBufferRef inBuffer, UInt32 inNumPacketDescs,
    const AudioStreamPacketDescription *inPacketDescs, UInt32 inTrimFramesAtStart, UInt32 inTrimFramesAtEnd,
    UInt32 inNumParamValues, const AudioQueueParameterEvent *inParamValues, const AudioTimeStamp *inStartTime,
    AudioTimeStamp *outActualStartTime)
{
    enqueue_request request = { .packet_count = inNumPacketDescs,
                                .packets = inPacketDescs,
                                .trim_start = inTrimFramesAtStart,
                                .trim_end = inTrimFramesAtEnd,
                                .parameter_count = inNumParamValues,
                                .parameters = inParamValues,
                                .start = inStartTime,
                                .actual_start = outActualStartTime };
    return enqueue_buffer(inAQ, inBuffer, &request, true);
}
