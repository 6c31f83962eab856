#include "recorder.h"

#include "../base/clock.h"
#include "../format/asbd.h"
#include "../format/layout.h"
#include "../format/mix.h"
#include "../format/pcm.h"
#include "tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STARVED 'strv' /* nothing more was heard yet: what input procedures say then */

enum { BLOCK = 512, STAMPS = 1024 };

/* When a frame of the ring was heard. */
typedef struct stamp {
    uint64_t position;
    Float64 sample_time;
    UInt64 host_time;
} stamp;

struct cm_recorder {
    cm_queue *q;
    UInt32 channels; /* the client's */

    /* From the device's thread. */
    cm_ring sound, stamps;
    UInt32 in_channels;
    Float64 rate;     /* Hz, the device's */
    uint64_t written; /* frames; the device's thread's */
    _Atomic UInt64 overruns;
    _Atomic Float64 beginning; /* the device's sample time of the first frame; NAN: none yet */

    /* Here. */
    Float32 *heard;              /* BLOCK frames of the device's channels */
    Float32 *mixed;              /* of the client's, at the device's rate */
    Float32 *block;              /* of the client's, at the client's rate */
    Float32 *matrix;             /* gains[in * channels + out] */
    AudioConverterRef resampler; /* NULL: rates are the same */
    AudioConverterRef encoder;
    uint64_t read; /* frames of the ring */
    stamp last;    /* the last at or before the frame read next */
    stamp next;
    bool has_last, has_next;
    bool is_ending, at_start;
    UInt64 frames_out; /* at the client's rate, that went into the encoder */
    UInt64 packets_out;
    Float64 first_time; /* sample time and */
    UInt64 first_host;  /* host time of the first frame since the encoder began */
    cm_buffer *filling;
    AudioBufferList *target; /* as many as there are planes */
};

/* ---- [render] ---- */

/* Interleaves the streams of a device, if it has several. */
static void write_frames(cm_recorder *r, const AudioBufferList *in, UInt32 frames)
{
    if (in->mNumberBuffers == 1) {
        cm_ring_write(&r->sound, in->mBuffers[0].mData, (size_t)frames * r->in_channels * sizeof(Float32));
        return;
    }
    for (UInt32 f = 0; f < frames; f++)
        for (UInt32 b = 0; b < in->mNumberBuffers; b++) {
            const AudioBuffer *buffer = &in->mBuffers[b];
            cm_ring_write(&r->sound, (const Float32 *)buffer->mData + (size_t)f * buffer->mNumberChannels,
                          buffer->mNumberChannels * sizeof(Float32));
        }
}

static bool matches(const cm_recorder *r, const AudioBufferList *in)
{
    UInt32 channels = 0;
    for (UInt32 b = 0; b < in->mNumberBuffers; b++) {
        if (!in->mBuffers[b].mData)
            return false;
        channels += in->mBuffers[b].mNumberChannels;
    }
    return channels > 0 && channels == r->in_channels;
}

bool cm_recorder_has_room(const cm_recorder *r, UInt32 frames)
{
    return cm_ring_writable(&r->sound) >= (size_t)frames * r->in_channels * sizeof(Float32);
}

void cm_recorder_take(cm_recorder *r, const AudioBufferList *in, const AudioTimeStamp *time)
{
    if (!matches(r, in))
        return;
    UInt32 frames = in->mBuffers[0].mDataByteSize /
                    (in->mBuffers[0].mNumberChannels * (UInt32)sizeof(Float32));
    stamp at = { r->written, time->mSampleTime, time->mHostTime };
    if (!cm_recorder_has_room(r, frames) || !cm_ring_write(&r->stamps, &at, sizeof at)) {
        atomic_fetch_add(&r->overruns, 1);
        return;
    }
    if (isnan(atomic_load(&r->beginning)))
        atomic_store(&r->beginning, time->mSampleTime);
    write_frames(r, in, frames);
    r->written += frames;
}

/* ---- hearing ---- */

static void pass_stamps(cm_recorder *r)
{
    for (;;) {
        if (!r->has_next)
            r->has_next = cm_ring_read(&r->stamps, &r->next, sizeof r->next);
        if (!r->has_next || r->next.position > r->read)
            return;
        r->last = r->next;
        r->has_last = true;
        r->has_next = false;
    }
}

static void note_beginning(cm_recorder *r)
{
    pass_stamps(r);
    Float64 behind = (Float64)(r->read - r->last.position);
    r->first_time = r->last.sample_time + behind;
    r->first_host = r->last.host_time + (UInt64)(behind / r->rate * (Float64)CM_HOST_TICKS_PER_SECOND);
}

/* Up to BLOCK frames of the client's channels. */
static size_t hear(cm_recorder *r, Float32 *to, size_t wanted)
{
    size_t frames = cm_ring_readable(&r->sound) / (r->in_channels * sizeof(Float32));
    frames = frames < wanted ? frames : wanted;
    frames = frames < BLOCK ? frames : BLOCK;
    cm_ring_read(&r->sound, r->heard, frames * r->in_channels * sizeof(Float32));
    r->read += frames;
    pass_stamps(r);
    for (size_t f = 0; f < frames; f++)
        for (UInt32 o = 0; o < r->channels; o++) {
            Float32 sum = 0;
            for (UInt32 i = 0; i < r->in_channels; i++)
                sum += r->heard[f * r->in_channels + i] * r->matrix[i * r->channels + o];
            to[f * r->channels + o] = sum;
        }
    return frames;
}

static OSStatus supply_heard(AudioConverterRef converter, UInt32 *packets, AudioBufferList *data,
                             AudioStreamPacketDescription **descriptions, void *user)
{
    (void)converter;
    (void)descriptions;
    cm_recorder *r = user;
    size_t got = hear(r, r->mixed, *packets);
    *packets = (UInt32)got;
    data->mBuffers[0].mData = r->mixed;
    data->mBuffers[0].mDataByteSize = (UInt32)(got * r->channels * sizeof(Float32));
    return got > 0 || r->is_ending ? noErr : STARVED;
}

static size_t resample(cm_recorder *r, size_t wanted)
{
    wanted = wanted < BLOCK ? wanted : BLOCK;
    if (!r->resampler)
        return hear(r, r->block, wanted);
    UInt32 frames = (UInt32)wanted;
    AudioBufferList list = { 1,
                             { { r->channels, frames * r->channels * (UInt32)sizeof(Float32), r->block } } };
    AudioConverterFillComplexBuffer(r->resampler, supply_heard, r, &frames, &list, NULL);
    return frames;
}

static OSStatus supply_encoder(AudioConverterRef converter, UInt32 *packets, AudioBufferList *data,
                               AudioStreamPacketDescription **descriptions, void *user)
{
    (void)converter;
    (void)descriptions;
    cm_recorder *r = user;
    if (r->frames_out == 0)
        note_beginning(r);
    size_t got = resample(r, *packets);
    bool at_end = r->is_ending && got < *packets;
    if (r->q->tap && got > 0) {
        cm_tap_process(r->q->tap, r->block, got, (Float64)r->frames_out, r->at_start, at_end);
        r->at_start = false;
    }
    r->frames_out += got;
    *packets = (UInt32)got;
    data->mBuffers[0].mData = r->block;
    data->mBuffers[0].mDataByteSize = (UInt32)(got * r->channels * sizeof(Float32));
    return got > 0 || r->is_ending ? noErr : STARVED;
}

/* ---- filling buffers ---- */

static bool has_descriptions(const cm_recorder *r)
{
    return r->q->format.mBytesPerPacket == 0 || r->q->format.mFramesPerPacket == 0;
}

/* Bytes of a plane in a buffer that is being filled; the planes move together when that is done. */
static UInt32 plane_size(const cm_recorder *r)
{
    return r->filling->capacity / r->q->planes;
}

static UInt32 room(const cm_recorder *r)
{
    const cm_buffer *b = r->filling;
    if (!has_descriptions(r))
        return (plane_size(r) - b->bytes / r->q->planes) / r->q->format.mBytesPerPacket;
    return b->bytes < b->capacity ? b->shown_capacity - b->packets : 0;
}

static UInt32 packet_frames(const cm_recorder *r)
{
    return r->q->format.mFramesPerPacket ? r->q->format.mFramesPerPacket : 1;
}

/* When the packet that comes next began. */
static AudioTimeStamp time_of_packet(const cm_recorder *r)
{
    Float64 seconds = (Float64)(r->packets_out * packet_frames(r)) / r->q->format.mSampleRate;
    return (AudioTimeStamp){ .mSampleTime = r->first_time + seconds * r->rate,
                             .mHostTime = r->first_host +
                                          (UInt64)(seconds * (Float64)CM_HOST_TICKS_PER_SECOND),
                             .mFlags = kAudioTimeStampSampleHostTimeValid };
}

static void deliver(cm_recorder *r)
{
    cm_buffer *b = r->filling;
    UInt32 used = b->bytes / r->q->planes;
    for (UInt32 i = 1; i < r->q->planes; i++)
        memmove(b->data + (size_t)i * used, b->data + (size_t)i * plane_size(r), used);
    r->filling = NULL;
    b->shown.mAudioDataByteSize = b->bytes;
    b->shown.mPacketDescriptionCount = has_descriptions(r) ? b->packets : 0;
    cm_queue_return(r->q, b);
}

static void report(cm_recorder *r, OSStatus status)
{
    pthread_mutex_lock(&r->q->lock);
    r->q->converter_error = status;
    pthread_mutex_unlock(&r->q->lock);
    cm_notifier_property(&r->q->notifier, kAudioQueueProperty_ConverterError);
}

/* The free part of the buffer. */
static AudioBufferList *aim(cm_recorder *r)
{
    const cm_buffer *b = r->filling;
    UInt32 planes = r->q->planes, used = b->bytes / planes;
    for (UInt32 i = 0; i < planes; i++)
        r->target->mBuffers[i] = (AudioBuffer){ r->channels / planes, plane_size(r) - used,
                                                b->data + (size_t)i * plane_size(r) + used };
    return r->target;
}

/* True when the buffer took something, or was handed over; false: nothing more for now. */
static bool fill(cm_recorder *r)
{
    cm_buffer *b = r->filling;
    UInt32 wanted = room(r), packets = wanted;
    AudioStreamPacketDescription *descriptions = has_descriptions(r) ? b->shown_descriptions + b->packets
                                                                     : NULL;
    AudioBufferList *list = aim(r);
    OSStatus status = AudioConverterFillComplexBuffer(r->encoder, supply_encoder, r, &packets, list,
                                                      descriptions);
    bool is_full = status == kAudioConverterErr_InvalidOutputSize || (status == noErr && packets < wanted);
    if (status == kAudioConverterErr_InvalidOutputSize)
        packets = 0;
    if (packets > 0 && b->bytes == 0)
        b->start = time_of_packet(r);
    for (UInt32 i = 0; descriptions && i < packets; i++)
        descriptions[i].mStartOffset += b->bytes;
    b->bytes += packets > 0 ? list->mBuffers[0].mDataByteSize * r->q->planes : 0;
    b->packets += packets;
    r->packets_out += packets;
    bool is_useless = is_full && b->bytes == 0 && !r->is_ending; /* it does not hold one packet */
    if (is_useless || (status != noErr && status != STARVED && !is_full))
        report(r, status != noErr ? status : kAudioConverterErr_InvalidOutputSize);
    if (r->is_ending)
        return packets > 0;
    if (is_full || room(r) == 0)
        deliver(r);
    return status == noErr || is_full;
}

static bool take_buffer(cm_recorder *r)
{
    while (!r->filling) {
        cm_item *item = cm_queue_next_item(r->q);
        if (!item)
            return false;
        if (item->kind == CM_ITEM_BUFFER)
            r->filling = cm_queue_buffer_of(item);
        else
            free(item);
    }
    return true;
}

void cm_recorder_run(cm_recorder *r)
{
    if (!r->encoder || r->q->is_pulling)
        return;
    r->q->is_pulling = true;
    while (take_buffer(r) && fill(r))
        ;
    r->q->is_pulling = false;
}

static void begin(cm_recorder *r)
{
    if (r->resampler)
        AudioConverterReset(r->resampler);
    if (r->encoder)
        AudioConverterReset(r->encoder);
    r->frames_out = r->packets_out = 0;
    r->at_start = true;
    r->is_ending = false;
}

void cm_recorder_flush(cm_recorder *r)
{
    if (!r->encoder || r->q->is_pulling)
        return;
    cm_recorder_run(r);
    r->q->is_pulling = true;
    r->is_ending = true;
    while (take_buffer(r)) {
        bool more = room(r) > 0 && fill(r);
        bool was_full = room(r) == 0;
        if (!more && !was_full)
            break;
        if (was_full)
            deliver(r);
    }
    if (r->filling && r->filling->bytes > 0)
        deliver(r);
    r->q->is_pulling = false;
    begin(r);
}

void cm_recorder_reset(cm_recorder *r)
{
    cm_ring_clear(&r->sound);
    cm_ring_clear(&r->stamps);
    r->filling = NULL;
    r->has_last = r->has_next = false;
    r->read = r->written = 0;
    atomic_store(&r->beginning, NAN);
    begin(r);
}

/* ---- life ---- */

static OSStatus make_matrix(cm_recorder *r)
{
    AudioChannelLabel from[CM_MAX_CHANNELS], to[CM_MAX_CHANNELS];
    AudioChannelLayout in = { .mChannelLayoutTag = cm_layout_default_tag(r->in_channels) };
    AudioChannelLayout out = { .mChannelLayoutTag = cm_layout_default_tag(r->channels) };
    Float32 *matrix = calloc((size_t)r->in_channels * r->channels, sizeof *matrix);
    if (!matrix)
        return kAudio_MemFullError;
    cm_layout_labels(&in, from, r->in_channels);
    cm_layout_labels(&out, to, r->channels);
    OSStatus status = r->in_channels == r->channels
                          ? kAudioFormatUnsupportedDataFormatError
                          : cm_mix_matrix(from, r->in_channels, to, r->channels, matrix);
    for (UInt32 i = 0; status != noErr && i < r->in_channels && i < r->channels; i++)
        matrix[i * r->channels + i] = 1;
    free(r->matrix);
    r->matrix = matrix;
    return noErr;
}

static OSStatus make_resampler(cm_recorder *r)
{
    AudioStreamBasicDescription from = cm_asbd_float32(r->rate, r->channels);
    AudioStreamBasicDescription to = cm_asbd_float32(r->q->format.mSampleRate, r->channels);
    if (r->resampler)
        AudioConverterDispose(r->resampler);
    r->resampler = NULL;
    return from.mSampleRate == to.mSampleRate ? noErr : AudioConverterNew(&from, &to, &r->resampler);
}

OSStatus cm_recorder_set_input(cm_recorder *r, Float64 rate, UInt32 channels)
{
    size_t frames = r->q->decode_frames > 2 * r->q->device.buffer_frames ? r->q->decode_frames
                                                                         : 2 * r->q->device.buffer_frames;
    r->rate = rate;
    r->in_channels = channels;
    cm_ring_free(&r->sound);
    free(r->heard);
    r->heard = calloc((size_t)BLOCK * channels, sizeof *r->heard);
    if (!r->heard || !cm_ring_init(&r->sound, frames * channels * sizeof(Float32)))
        return kAudio_MemFullError;
    OSStatus status = make_matrix(r);
    return status == noErr ? make_resampler(r) : status;
}

OSStatus cm_recorder_get_encoder(cm_recorder *r, AudioConverterPropertyID id, UInt32 *size, void *data)
{
    return AudioConverterGetProperty(r->encoder, id, size, data);
}

OSStatus cm_recorder_size_encoder(cm_recorder *r, AudioConverterPropertyID id, UInt32 *size)
{
    return AudioConverterGetPropertyInfo(r->encoder, id, size, NULL);
}

Float64 cm_recorder_elapsed(const cm_recorder *r, Float64 sample_time)
{
    Float64 elapsed = sample_time - atomic_load(&r->beginning);
    return elapsed > 0 ? elapsed : 0;
}

UInt64 cm_recorder_overruns(const cm_recorder *r)
{
    return atomic_load(&r->overruns);
}

OSStatus cm_recorder_new(cm_queue *q, cm_recorder **out)
{
    cm_recorder *r = cm_queue_new_aligned(sizeof *r);
    *out = r;
    if (!r)
        return kAudio_MemFullError;
    r->q = q;
    r->channels = q->format.mChannelsPerFrame;
    r->at_start = true;
    atomic_init(&r->beginning, NAN);
    size_t samples = (size_t)BLOCK * r->channels;
    r->mixed = calloc(samples, sizeof *r->mixed);
    r->block = calloc(samples, sizeof *r->block);
    r->target = calloc(1, offsetof(AudioBufferList, mBuffers) + q->planes * sizeof(AudioBuffer));
    if (r->target)
        r->target->mNumberBuffers = q->planes;
    if (!r->mixed || !r->block || !r->target || !cm_ring_init(&r->stamps, STAMPS * sizeof(stamp)))
        return kAudio_MemFullError;
    AudioStreamBasicDescription from = cm_asbd_float32(q->format.mSampleRate, r->channels);
    OSStatus status = AudioConverterNew(&from, &q->format, &r->encoder);
    UInt32 size = sizeof q->format;
    if (status == noErr) /* an encoder knows what its packets are like */
        status = AudioConverterGetProperty(r->encoder, kAudioConverterCurrentOutputStreamDescription, &size,
                                           &q->format);
    return status == kAudioConverterErr_FormatNotSupported ? kAudioQueueErr_CodecNotFound : status;
}

void cm_recorder_free(cm_recorder *r)
{
    if (!r)
        return;
    if (r->encoder)
        AudioConverterDispose(r->encoder);
    if (r->resampler)
        AudioConverterDispose(r->resampler);
    cm_ring_free(&r->sound);
    cm_ring_free(&r->stamps);
    free(r->heard);
    free(r->mixed);
    free(r->block);
    free(r->matrix);
    free(r->target);
    free(r);
}
