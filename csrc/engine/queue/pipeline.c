#include "pipeline.h"

#include "../format/asbd.h"
#include "speed.h"
#include "tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STARVED 'strv' /* the line is empty: what a converter's input procedure says then */

enum { MAX_DROPS = 16 };

/* Frames of the decoded stream that are not to be heard. */
typedef struct drop {
    UInt64 from, to;
} drop;

typedef struct pending_mark {
    cm_mark mark;
    struct pending_mark *next;
} pending_mark;

typedef struct mark_list {
    pending_mark *first, **last;
} mark_list;

struct cm_pipeline {
    cm_queue *q;
    UInt32 channels;

    /* Decoding. */
    AudioConverterRef decoder;
    cm_buffer *feeding; /* its packets go into the decoder */
    UInt32 fed;         /* packets of it that went */
    UInt64 fed_frames;  /* that all packets supplied stand for */
    UInt64 raw, kept;   /* frames that came out, and those of them that were not dropped */
    drop drops[MAX_DROPS];
    UInt32 drop_count;
    cm_item_kind
        ending;        /* CM_ITEM_BUFFER: no; else the sound ends and the decoder gives what it holds back */
    bool at_end;       /* it has */
    bool at_start;     /* the tap has not seen the sound's first frames */
    mark_list decoded; /* marks at positions of `kept` */

    /* Play rate and pitch. */
    cm_speed *speed;    /* NULL until it was first needed */
    bool is_speeding;   /* for the rest of the sound */
    Float32 *unhurried; /* frames on their way in */
    size_t unhurried_frames, unhurried_used;
    UInt64 speed_in, speed_out; /* what came out of it, counted at either side */
    UInt64 speed_begin;         /* speed_in where is_speeding became true */

    /* Sample rate. */
    AudioConverterRef resampler; /* NULL: rates are the same */
    Float64 rate, ratio;
    UInt64 origin_in, origin_out; /* speed_out and `written` where the resampler began */
    Float32 *upstream;
    mark_list mapped; /* marks at positions of `written` */

    /* On the way into the ring. */
    Float32 *chunk;
    size_t chunk_frames, chunk_used;
    UInt64 written; /* frames, since the ring was last cleared */
    UInt32 marks_under_way;
    bool is_halted; /* behind the mark that stops the queue nothing follows */
};

/* ---- marks ---- */

static void add_mark(mark_list *list, cm_mark mark)
{
    pending_mark *pending = malloc(sizeof *pending);
    if (!pending)
        return;
    *pending = (pending_mark){ mark, NULL };
    *list->last = pending;
    list->last = &pending->next;
}

static void drop_first(mark_list *list)
{
    pending_mark *first = list->first;
    list->first = first->next;
    if (!list->first)
        list->last = &list->first;
    free(first);
}

static void clear_marks(mark_list *list)
{
    while (list->first)
        drop_first(list);
}

/* The same place after conversion to the device's rate. */
static UInt64 ring_position(const cm_pipeline *p, Float64 position)
{
    return p->origin_out + (UInt64)ceil((position - (Float64)p->origin_in) * p->ratio - 1e-6);
}

/* Play rate made frames out0 .. speed_out of in0 .. in1; so do the marks among them. */
static void map_marks(cm_pipeline *p, UInt64 in0, UInt64 in1, UInt64 out0)
{
    UInt64 in = in1 - in0, out = p->speed_out - out0;
    Float64 scale = in > 0 ? (Float64)out / (Float64)in : 1;
    while (p->decoded.first && p->decoded.first->mark.at <= in1) {
        cm_mark mark = p->decoded.first->mark;
        Float64 behind = mark.at > in0 ? (Float64)(mark.at - in0) : 0;
        mark.at = ring_position(p, (Float64)out0 + behind * scale);
        add_mark(&p->mapped, mark);
        drop_first(&p->decoded);
    }
}

/* ---- decoding ---- */

static void add_drop(cm_pipeline *p, UInt64 from, UInt32 frames)
{
    if (frames > 0 && p->drop_count < MAX_DROPS)
        p->drops[p->drop_count++] = (drop){ from, from + frames };
}

static void begin_buffer(cm_pipeline *p, cm_buffer *b)
{
    UInt64 at = p->kept + (p->fed_frames > p->raw ? p->fed_frames - p->raw : 0);
    Float64 scale = p->rate / p->q->format.mSampleRate;
    cm_mark mark = { .at = at };
    p->feeding = b;
    p->fed = 0;
    add_drop(p, p->fed_frames, b->trim_start);
    add_drop(p, p->fed_frames + b->frames - b->trim_end, b->trim_end);
    if (b->start.mFlags & kAudioTimeStampSampleTimeValid) {
        mark.kind = CM_MARK_AT_SAMPLE;
        mark.time = b->start.mSampleTime * scale;
        add_mark(&p->decoded, mark);
    } else if (b->start.mFlags & kAudioTimeStampHostTimeValid) {
        mark.kind = CM_MARK_AT_HOST;
        mark.host = b->start.mHostTime;
        add_mark(&p->decoded, mark);
    }
    for (UInt32 i = 0; i < b->parameter_count; i++) {
        mark.kind = CM_MARK_PARAMETER;
        mark.id = b->parameters[i].mID;
        mark.value = b->parameters[i].mValue;
        if (mark.id == kAudioQueueParam_PlayRate || mark.id == kAudioQueueParam_Pitch) /* the worker's own */
            cm_playout_set_parameter(&p->q->playout, mark.id, mark.value);
        add_mark(&p->decoded, mark);
    }
    p->fed_frames += b->frames;
}

static void finish_buffer(cm_pipeline *p)
{
    cm_buffer *b = p->feeding;
    if (b->frames == 0)
        p->fed_frames = p->raw;
    add_mark(&p->decoded, (cm_mark){ .at = p->kept, .kind = CM_MARK_BUFFER_END, .token = b });
    p->feeding = NULL;
}

/* False when the line is empty. */
static bool begin_next(cm_pipeline *p)
{
    cm_item *item = cm_queue_next_item(p->q);
    if (!item)
        return false;
    if (item->kind == CM_ITEM_BUFFER) {
        begin_buffer(p, cm_queue_buffer_of(item));
    } else {
        p->ending = item->kind;
        free(item);
    }
    return true;
}

static OSStatus supply_packets(AudioConverterRef converter, UInt32 *packets, AudioBufferList *data,
                               AudioStreamPacketDescription **descriptions, void *user)
{
    (void)converter;
    cm_pipeline *p = user;
    cm_buffer *b = p->feeding;
    UInt32 wanted = *packets;
    *packets = 0;
    if (p->ending)
        return noErr;
    if (!b || p->fed == b->packets)
        return STARVED;
    UInt32 count = b->packets - p->fed < wanted ? b->packets - p->fed : wanted;
    UInt32 size = p->q->format.mBytesPerPacket;
    UInt32 offset = b->descriptions && size == 0 ? 0 : p->fed * size, plane = b->bytes / p->q->planes;
    for (UInt32 i = 0; i < p->q->planes; i++) {
        data->mBuffers[i].mData = b->data + (size_t)i * plane + offset;
        data->mBuffers[i].mDataByteSize = plane - offset;
    }
    if (descriptions && size == 0)
        *descriptions = b->descriptions + p->fed;
    p->fed += count;
    *packets = count;
    return noErr;
}

/* Packets that cannot be decoded are left out, and the client can hear of it. */
static void fail_buffer(cm_pipeline *p, OSStatus status)
{
    cm_queue *q = p->q;
    pthread_mutex_lock(&q->lock);
    q->converter_error = status;
    pthread_mutex_unlock(&q->lock);
    cm_notifier_property(&q->notifier, kAudioQueueProperty_ConverterError);
    AudioConverterReset(p->decoder);
    if (p->feeding)
        finish_buffer(p);
    p->fed_frames = p->raw;
    p->drop_count = 0;
}

/* Frames from here on that have one fate: to be dropped, or kept. */
static size_t same_fate(const cm_pipeline *p, size_t most, bool *is_dropped)
{
    *is_dropped = false;
    if (p->drop_count == 0)
        return most;
    const drop *next = &p->drops[0];
    *is_dropped = p->raw >= next->from;
    UInt64 left = (*is_dropped ? next->to : next->from) - p->raw;
    return left < most ? (size_t)left : most;
}

static void pass_drops(cm_pipeline *p)
{
    while (p->drop_count > 0 && p->raw >= p->drops[0].to) {
        p->drop_count--;
        for (UInt32 i = 0; i < p->drop_count; i++)
            p->drops[i] = p->drops[i + 1];
    }
}

static size_t decode(cm_pipeline *p, Float32 *to, size_t wanted)
{
    size_t got = 0;
    while (got < wanted && !p->at_end) {
        if (!p->feeding && !p->ending && !begin_next(p))
            break;
        bool is_dropped;
        pass_drops(p);
        UInt32 frames = (UInt32)same_fate(p, wanted - got, &is_dropped);
        Float32 *into = to + got * p->channels;
        AudioBufferList list = { 1,
                                 { { p->channels, frames * p->channels * (UInt32)sizeof(Float32), into } } };
        OSStatus status = AudioConverterFillComplexBuffer(p->decoder, supply_packets, p, &frames, &list,
                                                          NULL);
        p->raw += frames;
        p->kept += is_dropped ? 0 : frames;
        got += is_dropped ? 0 : frames;
        if (status == STARVED && p->feeding)
            finish_buffer(p);
        else if (status != noErr && status != STARVED)
            fail_buffer(p, status);
        if (p->ending && (frames == 0 || (status != noErr && status != STARVED)))
            p->at_end = true; /* a decoder that cannot even begin has nothing to hold back */
    }
    return got;
}

/* ---- tap and play rate ---- */

static size_t before_speed(cm_pipeline *p, Float32 *to, size_t wanted)
{
    if (p->q->tap && !cm_tap_is_late(p->q->tap))
        return cm_tap_pull(p->q->tap, p, decode, to, wanted);
    return decode(p, to, wanted);
}

/* Once rate or pitch have been changed, the sound stays in there until its end, so that there is no seam. */
static bool must_speed(cm_pipeline *p)
{
    const cm_queue *q = p->q;
    bool is_tape = q->speed_algorithm == kAudioQueueTimePitchAlgorithm_Varispeed;
    Float32 rate = cm_playout_parameter(&q->playout, kAudioQueueParam_PlayRate);
    Float32 cents = is_tape ? 0 : cm_playout_parameter(&q->playout, kAudioQueueParam_Pitch);
    bool is_wanted = q->speed_enabled && !q->speed_bypassed && (rate != 1 || cents != 0);
    if (is_wanted && !p->speed)
        p->speed = cm_speed_new(q->speed_algorithm, q->format.mSampleRate, p->channels);
    if (is_wanted && !p->is_speeding)
        p->speed_begin = p->speed_in;
    p->is_speeding = p->speed && (p->is_speeding || is_wanted);
    if (p->is_speeding)
        cm_speed_set(p->speed, q->speed_bypassed ? 1 : rate, q->speed_bypassed ? 0 : cents);
    return p->is_speeding;
}

void cm_pipeline_forget_speed(cm_pipeline *p)
{
    cm_speed_free(p->speed);
    p->speed = NULL;
    p->is_speeding = false;
    p->unhurried_frames = p->unhurried_used = 0;
    p->speed_in = p->kept;
}

static size_t run_speed(cm_pipeline *p, Float32 *to, size_t wanted)
{
    size_t got = 0;
    while (got < wanted) {
        if (p->unhurried_used == p->unhurried_frames && !p->at_end) {
            p->unhurried_used = 0;
            p->unhurried_frames = before_speed(p, p->unhurried, CM_PIPELINE_FRAMES);
        }
        size_t left = p->unhurried_frames - p->unhurried_used, used;
        if (left == 0 && !p->at_end)
            break;
        const Float32 *from = left > 0 ? p->unhurried + p->unhurried_used * p->channels : NULL;
        size_t made = cm_speed_run(p->speed, from, left, &used, to + got * p->channels, wanted - got);
        p->unhurried_used += used;
        got += made;
        if (made == 0 && used == 0)
            break;
    }
    p->speed_in = p->speed_begin + cm_speed_position(p->speed);
    return got;
}

/* With nothing more to come, marks do not wait for what is held back: their buffers would never go back. */
static size_t change_speed(cm_pipeline *p, Float32 *to, size_t wanted)
{
    UInt64 in0 = p->speed_in, out0 = p->speed_out;
    bool speeds = must_speed(p);
    size_t got = speeds ? run_speed(p, to, wanted) : before_speed(p, to, wanted);
    if (!speeds)
        p->speed_in = p->kept;
    p->speed_out += got;
    map_marks(p, in0, got < wanted ? p->kept : p->speed_in, out0);
    return got;
}

static size_t after_speed(cm_pipeline *p, Float32 *to, size_t wanted)
{
    if (p->q->tap && cm_tap_is_late(p->q->tap))
        return cm_tap_pull(p->q->tap, p, change_speed, to, wanted);
    return change_speed(p, to, wanted);
}

bool cm_pipeline_take_start(cm_pipeline *p)
{
    bool at_start = p->at_start;
    p->at_start = false;
    return at_start;
}

bool cm_pipeline_at_end(const cm_pipeline *p)
{
    return p->at_end;
}

Float64 cm_pipeline_tap_time(const cm_pipeline *p)
{
    return (Float64)(cm_tap_is_late(p->q->tap) ? p->speed_out : p->kept);
}

/* ---- sample rate ---- */

static OSStatus supply_frames(AudioConverterRef converter, UInt32 *packets, AudioBufferList *data,
                              AudioStreamPacketDescription **descriptions, void *user)
{
    (void)converter;
    (void)descriptions;
    cm_pipeline *p = user;
    size_t wanted = *packets < CM_PIPELINE_FRAMES ? *packets : CM_PIPELINE_FRAMES;
    size_t got = after_speed(p, p->upstream, wanted);
    *packets = (UInt32)got;
    data->mBuffers[0].mData = p->upstream;
    data->mBuffers[0].mDataByteSize = (UInt32)(got * p->channels * sizeof(Float32));
    return got > 0 || p->at_end ? noErr : STARVED;
}

static size_t resample(cm_pipeline *p, Float32 *to, size_t wanted)
{
    if (!p->resampler)
        return after_speed(p, to, wanted);
    UInt32 frames = (UInt32)wanted;
    AudioBufferList list = { 1, { { p->channels, frames * p->channels * (UInt32)sizeof(Float32), to } } };
    AudioConverterFillComplexBuffer(p->resampler, supply_frames, p, &frames, &list, NULL);
    return frames;
}

/* ---- into the ring ---- */

/* Puts marks and frames where they belong; false when there is no room for the next. */
static bool write_chunk(cm_pipeline *p)
{
    cm_playout *playout = &p->q->playout;
    for (;;) {
        pending_mark *next = p->mapped.first;
        if (next && next->mark.at <= p->written) {
            if (p->marks_under_way == CM_PLAYOUT_MARKS || !cm_playout_mark(playout, &next->mark))
                return false;
            p->marks_under_way++;
            drop_first(&p->mapped);
            continue;
        }
        size_t frames = p->chunk_frames - p->chunk_used;
        if (frames == 0)
            return true;
        if (next && next->mark.at - p->written < frames)
            frames = (size_t)(next->mark.at - p->written);
        size_t room = cm_playout_writable(playout);
        frames = frames < room ? frames : room;
        if (frames == 0)
            return false;
        cm_playout_write(playout, p->chunk + p->chunk_used * p->channels, frames);
        p->chunk_used += frames;
        p->written += frames;
    }
}

/* Marks cannot wait for frames that a converter holds back for want of more: their buffers would never go
 * back. */
static void hurry_marks(cm_pipeline *p, UInt64 end)
{
    for (pending_mark *at = p->mapped.first; at; at = at->next)
        if (at->mark.at > end)
            at->mark.at = end;
}

static void begin_sound(cm_pipeline *p)
{
    AudioConverterReset(p->decoder);
    if (p->resampler)
        AudioConverterReset(p->resampler);
    if (p->is_speeding)
        cm_speed_reset(p->speed);
    p->is_speeding = false;
    p->unhurried_frames = p->unhurried_used = 0;
    p->speed_in = p->kept;
    p->raw = p->fed_frames = p->kept;
    p->drop_count = 0;
    p->ending = CM_ITEM_BUFFER;
    p->at_end = false;
    p->at_start = true;
}

static void end_sound(cm_pipeline *p, UInt64 end)
{
    bool stops = p->ending == CM_ITEM_STOP;
    add_mark(&p->mapped, (cm_mark){ .at = end, .kind = stops ? CM_MARK_STOPPED : CM_MARK_FLUSHED });
    p->is_halted = stops;
    begin_sound(p);
    p->origin_in = p->speed_out;
    p->origin_out = end;
}

/* The next frames; false when the line is empty. */
static bool make_chunk(cm_pipeline *p)
{
    p->chunk_used = 0;
    p->chunk_frames = resample(p, p->chunk, CM_PIPELINE_FRAMES);
    if (p->chunk_frames == CM_PIPELINE_FRAMES)
        return true;
    UInt64 end = p->written + p->chunk_frames;
    hurry_marks(p, end);
    if (!p->at_end)
        return p->chunk_frames > 0;
    end_sound(p, end);
    return true;
}

void cm_pipeline_run(cm_pipeline *p, size_t enough)
{
    if (p->q->is_pulling)
        return;
    p->q->is_pulling = true;
    while (write_chunk(p) && !p->is_halted && cm_playout_writable(&p->q->playout) > 0 &&
           cm_playout_readable(&p->q->playout) < enough && make_chunk(p))
        ;
    write_chunk(p);
    p->q->is_pulling = false;
}

void cm_pipeline_passed(cm_pipeline *p)
{
    p->marks_under_way--;
}

/* ---- life ---- */

void cm_pipeline_reset(cm_pipeline *p)
{
    clear_marks(&p->decoded);
    clear_marks(&p->mapped);
    p->feeding = NULL;
    p->fed = 0;
    p->chunk_frames = p->chunk_used = 0;
    p->written = 0;
    p->kept = p->speed_in = p->speed_out = p->origin_in = p->origin_out = 0;
    p->marks_under_way = 0;
    p->is_halted = false;
    begin_sound(p);
}

OSStatus cm_pipeline_set_rate(cm_pipeline *p, Float64 rate)
{
    if (rate == p->rate)
        return noErr;
    AudioStreamBasicDescription from = cm_asbd_float32(p->q->format.mSampleRate, p->channels);
    AudioStreamBasicDescription to = cm_asbd_float32(rate, p->channels);
    AudioConverterRef resampler = NULL;
    OSStatus status = rate != from.mSampleRate ? AudioConverterNew(&from, &to, &resampler) : noErr;
    if (status != noErr)
        return status;
    if (p->resampler)
        AudioConverterDispose(p->resampler);
    p->resampler = resampler;
    p->rate = rate;
    p->ratio = rate / from.mSampleRate;
    p->origin_in = p->speed_out;
    p->origin_out = p->written + (p->chunk_frames - p->chunk_used);
    return noErr;
}

OSStatus cm_pipeline_set_decoder(cm_pipeline *p, AudioConverterPropertyID id, UInt32 size, const void *data)
{
    return AudioConverterSetProperty(p->decoder, id, size, data);
}

OSStatus cm_pipeline_new(cm_queue *q, cm_pipeline **out)
{
    cm_pipeline *p = calloc(1, sizeof *p);
    *out = p;
    if (!p)
        return kAudio_MemFullError;
    p->q = q;
    p->channels = q->format.mChannelsPerFrame;
    p->decoded.last = &p->decoded.first;
    p->mapped.last = &p->mapped.first;
    p->at_start = true;
    p->rate = q->format.mSampleRate;
    p->ratio = 1;
    p->chunk = calloc((size_t)CM_PIPELINE_FRAMES * p->channels, sizeof *p->chunk);
    p->upstream = calloc((size_t)CM_PIPELINE_FRAMES * p->channels, sizeof *p->upstream);
    p->unhurried = calloc((size_t)CM_PIPELINE_FRAMES * p->channels, sizeof *p->unhurried);
    if (!p->chunk || !p->upstream || !p->unhurried)
        return kAudio_MemFullError;
    AudioStreamBasicDescription to = cm_asbd_float32(q->format.mSampleRate, p->channels);
    OSStatus status = AudioConverterNew(&q->format, &to, &p->decoder);
    return status == kAudioConverterErr_FormatNotSupported ? kAudioQueueErr_CodecNotFound : status;
}

void cm_pipeline_free(cm_pipeline *p)
{
    if (!p)
        return;
    clear_marks(&p->decoded);
    clear_marks(&p->mapped);
    if (p->decoder)
        AudioConverterDispose(p->decoder);
    if (p->resampler)
        AudioConverterDispose(p->resampler);
    free(p->chunk);
    cm_speed_free(p->speed);
    free(p->upstream);
    free(p->unhurried);
    free(p);
}

/* ---- another device in the middle of the sound ---- */

typedef struct leftover {
    const Float32 *frames;
    UInt32 left, channels;
} leftover;

static OSStatus supply_leftover(AudioConverterRef converter, UInt32 *packets, AudioBufferList *data,
                                AudioStreamPacketDescription **descriptions, void *user)
{
    (void)converter;
    (void)descriptions;
    leftover *from = user;
    *packets = from->left < *packets ? from->left : *packets;
    data->mBuffers[0].mData = (void *)(uintptr_t)from->frames;
    data->mBuffers[0].mDataByteSize = *packets * from->channels * (UInt32)sizeof(Float32);
    from->frames += (size_t)*packets * from->channels;
    from->left -= *packets;
    return noErr;
}

/* What lies in the ring and behind it, in memory of the caller's to free. */
static Float32 *take_ring(cm_pipeline *p, size_t *count)
{
    cm_playout *playout = &p->q->playout;
    size_t in_ring = cm_playout_readable(playout), behind = p->chunk_frames - p->chunk_used;
    size_t frame = p->channels * sizeof(Float32);
    Float32 *frames = malloc((in_ring + behind + 1) * frame);
    if (!frames)
        return NULL;
    cm_ring_read(&playout->sound, frames, in_ring * frame);
    memcpy(frames + in_ring * p->channels, p->chunk + p->chunk_used * p->channels, behind * frame);
    *count = in_ring + behind;
    return frames;
}

/* Marks that rendering has not reached, in front of those that it was not given yet. */
static void take_marks(cm_pipeline *p, Float64 scale)
{
    cm_playout *playout = &p->q->playout;
    mark_list all = { .last = &all.first };
    cm_mark mark = playout->next;
    for (bool has = playout->has_mark; has || cm_ring_read(&playout->marks, &mark, sizeof mark);
         has = false) {
        add_mark(&all, mark);
        p->marks_under_way--;
    }
    playout->has_mark = false;
    *all.last = p->mapped.first;
    p->mapped.last = p->mapped.first ? p->mapped.last : all.last;
    p->mapped.first = all.first;
    if (!p->mapped.first)
        p->mapped.last = &p->mapped.first;
    for (pending_mark *at = p->mapped.first; at; at = at->next) {
        UInt64 behind = at->mark.at > playout->position ? at->mark.at - playout->position : 0;
        at->mark.at = (UInt64)ceil((Float64)behind * scale);
        at->mark.time *= scale;
    }
}

OSStatus cm_pipeline_convert_ring(cm_pipeline *p, Float64 rate)
{
    size_t count = 0;
    Float64 scale = rate / p->rate;
    AudioStreamBasicDescription from = cm_asbd_float32(p->rate, p->channels),
                                to = cm_asbd_float32(rate, p->channels);
    AudioConverterRef converter = NULL;
    if (rate == p->rate)
        return noErr;
    OSStatus status = AudioConverterNew(&from, &to, &converter);
    Float32 *frames = status == noErr ? take_ring(p, &count) : NULL;
    UInt32 made = (UInt32)ceil((Float64)count * scale);
    size_t room = made > CM_PIPELINE_FRAMES ? made : CM_PIPELINE_FRAMES;
    Float32 *chunk = frames ? calloc(room * p->channels, sizeof *chunk) : NULL;
    if (chunk) {
        leftover left = { frames, (UInt32)count, p->channels };
        AudioBufferList list = { 1,
                                 { { p->channels, (UInt32)(room * p->channels * sizeof(Float32)), chunk } } };
        status = AudioConverterFillComplexBuffer(converter, supply_leftover, &left, &made, &list, NULL);
        free(p->chunk);
        p->chunk = chunk;
        p->chunk_frames = made;
        p->chunk_used = 0;
        take_marks(p, scale);
        p->q->playout.position = p->written = 0;
        status = cm_pipeline_set_rate(p, rate);
    } else if (status == noErr) {
        status = kAudio_MemFullError;
    }
    free(frames);
    if (converter)
        AudioConverterDispose(converter);
    return status;
}
