#include "playout.h"

#include "../base/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Seconds in which the mean square forgets, and the peak falls by 20 dB. */
#define POWER_SECONDS 0.05
#define PEAK_SECONDS 1.5

static Float32 bits_to_value(uint64_t word)
{
    uint32_t bits = (uint32_t)word;
    Float32 value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

OSStatus cm_playout_init(cm_playout *r, UInt32 channels)
{
    r->channels = channels;
    r->block = calloc((size_t)CM_PLAYOUT_BLOCK * channels, sizeof *r->block);
    r->power = calloc(channels, sizeof *r->power);
    r->peak = calloc(channels, sizeof *r->peak);
    bool ok = r->block && r->power && r->peak;
    ok = cm_ring_init(&r->marks, CM_PLAYOUT_MARKS * sizeof(cm_mark)) && ok;
    ok = cm_ring_init(&r->events, CM_PLAYOUT_MARKS * sizeof(cm_mark)) && ok;
    r->volume = (cm_ramp){ .now = 1, .target = 1 };
    r->pan = (cm_ramp){ 0 };
    atomic_init(&r->current[kAudioQueueParam_Volume], 1.0f);
    atomic_init(&r->current[kAudioQueueParam_PlayRate], 1.0f);
    r->expected = r->start_sample_time = NAN;
    return ok ? noErr : kAudio_MemFullError;
}

void cm_playout_free(cm_playout *r)
{
    cm_ring_free(&r->sound);
    cm_ring_free(&r->marks);
    cm_ring_free(&r->events);
    free(r->matrix);
    free(r->block);
    free(r->power);
    free(r->peak);
}

static size_t frame_size(const cm_playout *r)
{
    return r->channels * sizeof(Float32);
}

OSStatus cm_playout_resize(cm_playout *r, size_t frames)
{
    cm_playout_clear(r);
    if (r->sound.capacity >= frames * frame_size(r))
        return noErr;
    cm_ring_free(&r->sound);
    return cm_ring_init(&r->sound, frames * frame_size(r)) ? noErr : kAudio_MemFullError;
}

OSStatus cm_playout_set_output(cm_playout *r, Float64 rate, UInt32 out_channels, const Float32 *matrix)
{
    size_t size = (size_t)r->channels * out_channels * sizeof *matrix;
    Float32 *copy = malloc(size);
    if (!copy)
        return kAudio_MemFullError;
    memcpy(copy, matrix, size);
    free(r->matrix);
    r->matrix = copy;
    if (r->rate > 0 && rate != r->rate)
        r->elapsed = (uint64_t)((Float64)r->elapsed * rate / r->rate + 0.5);
    r->rate = rate;
    r->out_channels = out_channels;
    return noErr;
}

void cm_playout_clear(cm_playout *r)
{
    cm_ring_clear(&r->sound);
    cm_ring_clear(&r->marks);
    cm_ring_clear(&r->events);
    r->position = 0;
    r->has_mark = r->is_playing = false;
}

void cm_playout_resume(cm_playout *r)
{
    r->expected = NAN;
    atomic_store(&r->anchor_elapsed, (Float64)r->elapsed);
    atomic_store(&r->has_anchor, false);
}

void cm_playout_rewind(cm_playout *r)
{
    r->elapsed = 0;
    r->start_sample_time = NAN;
    r->start_host_time = 0;
    cm_playout_resume(r);
    for (UInt32 c = 0; c < r->channels; c++) {
        atomic_store(&r->power[c], 0.0f);
        atomic_store(&r->peak[c], 0.0f);
    }
}

void cm_playout_start_at(cm_playout *r, const AudioTimeStamp *time)
{
    bool by_sample = time && (time->mFlags & kAudioTimeStampSampleTimeValid);
    bool by_host = time && !by_sample && (time->mFlags & kAudioTimeStampHostTimeValid);
    r->start_sample_time = by_sample ? time->mSampleTime : NAN;
    r->start_host_time = by_host ? time->mHostTime : 0;
}

size_t cm_playout_writable(const cm_playout *r)
{
    return cm_ring_writable(&r->sound) / frame_size(r);
}

size_t cm_playout_readable(const cm_playout *r)
{
    return cm_ring_readable(&r->sound) / frame_size(r);
}

void cm_playout_write(cm_playout *r, const Float32 *frames, size_t count)
{
    cm_ring_write(&r->sound, frames, count * frame_size(r));
}

bool cm_playout_mark(cm_playout *r, const cm_mark *mark)
{
    return cm_ring_write(&r->marks, mark, sizeof *mark);
}

bool cm_playout_has_marks(const cm_playout *r)
{
    return r->has_mark || cm_ring_readable(&r->marks) > 0;
}

bool cm_playout_next_event(cm_playout *r, cm_mark *event)
{
    return cm_ring_read(&r->events, event, sizeof *event);
}

void cm_playout_set_parameter(cm_playout *r, AudioQueueParameterID id, AudioQueueParameterValue value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint64_t before = atomic_load(&r->parameters[id]);
    while (!atomic_compare_exchange_weak(&r->parameters[id], &before, ((before >> 32) + 1) << 32 | bits))
        ;
    atomic_store(&r->current[id], value);
}

AudioQueueParameterValue cm_playout_parameter(const cm_playout *r, AudioQueueParameterID id)
{
    return atomic_load(&r->current[id]);
}

/* ---- [render] ---- */

static void aim(cm_ramp *ramp, Float32 target, uint32_t frames)
{
    ramp->target = target;
    ramp->left = frames;
    if (frames == 0)
        ramp->now = target;
    else
        ramp->step = (target - ramp->now) / (Float32)frames;
}

static void advance_ramp(cm_ramp *ramp)
{
    if (ramp->left == 0)
        return;
    ramp->now = --ramp->left == 0 ? ramp->target : ramp->now + ramp->step;
}

static void apply_parameter(cm_playout *r, AudioQueueParameterID id, Float32 value)
{
    Float64 seconds = atomic_load(&r->current[kAudioQueueParam_VolumeRampTime]);
    Float64 frames = seconds * r->rate;
    uint32_t ramp = frames >= 1 ? (frames < 4e9 ? (uint32_t)frames : UINT32_MAX) : 0;
    if (id == kAudioQueueParam_Volume)
        aim(&r->volume, value, ramp);
    else if (id == kAudioQueueParam_Pan)
        aim(&r->pan, value, ramp);
}

static void take_parameters(cm_playout *r)
{
    static const AudioQueueParameterID rendered[] = { kAudioQueueParam_Volume, kAudioQueueParam_Pan };
    for (size_t i = 0; i < sizeof rendered / sizeof *rendered; i++) {
        AudioQueueParameterID id = rendered[i];
        uint64_t word = atomic_load(&r->parameters[id]);
        if (r->seen[id] == (uint32_t)(word >> 32))
            continue;
        r->seen[id] = (uint32_t)(word >> 32);
        apply_parameter(r, id, bits_to_value(word));
    }
}

/* Time goes on through what the device lost. */
static void follow_device(cm_playout *r, const cm_playout_cycle *cycle)
{
    Float64 lost = isnan(r->expected) ? 0 : round(cycle->sample_time - r->expected);
    if (lost != 0)
        atomic_fetch_add(&r->discontinuities, 1);
    if (lost > 0)
        r->elapsed += (uint64_t)lost;
    r->expected = cycle->sample_time + cycle->frames;
}

/* The queue's time begins, or goes on, `silent` frames into the cycle. */
static void publish_anchor(cm_playout *r, const cm_playout_cycle *cycle, UInt32 silent)
{
    UInt64 later = (UInt64)(silent / r->rate * (Float64)CM_HOST_TICKS_PER_SECOND);
    atomic_fetch_add(&r->anchor_serial, 1);
    atomic_store(&r->anchor_elapsed, (Float64)r->elapsed);
    atomic_store(&r->anchor_sample_time, cycle->sample_time + silent);
    atomic_store(&r->anchor_host_time, cycle->host_time ? cycle->host_time + later : 0);
    atomic_fetch_add(&r->anchor_serial, 1);
    atomic_store(&r->has_anchor, true);
}

bool cm_playout_anchor_now(cm_playout *r, cm_playout_anchor *anchor)
{
    uint32_t before, after;
    do {
        before = atomic_load(&r->anchor_serial);
        *anchor = (cm_playout_anchor){ atomic_load(&r->anchor_elapsed), atomic_load(&r->anchor_sample_time),
                                       atomic_load(&r->anchor_host_time) };
        after = atomic_load(&r->anchor_serial);
    } while (before != after || (before & 1));
    return atomic_load(&r->has_anchor);
}

/* Frames from `done` frames into the cycle to a host time; 0 when it has passed or the cycle has no host
 * time. */
static Float64 frames_to_host(const cm_playout *r, const cm_playout_cycle *cycle, UInt32 done, UInt64 host)
{
    if (cycle->host_time == 0 || host <= cycle->host_time)
        return 0;
    Float64 frames = (Float64)(host - cycle->host_time) / (Float64)CM_HOST_TICKS_PER_SECOND * r->rate;
    return round(frames) - done;
}

static UInt32 within(Float64 frames, UInt32 most)
{
    return frames <= 0 ? 0 : frames < most ? (UInt32)frames : most;
}

/* Silence before the start time of the queue; time does not count yet. */
static UInt32 wait_for_start(cm_playout *r, const cm_playout_cycle *cycle)
{
    Float64 wait = 0;
    if (!isnan(r->start_sample_time))
        wait = ceil(r->start_sample_time - cycle->sample_time);
    else if (r->start_host_time)
        wait = frames_to_host(r, cycle, 0, r->start_host_time);
    UInt32 silent = within(wait, cycle->frames);
    if (silent < cycle->frames) {
        r->start_sample_time = NAN;
        r->start_host_time = 0;
    }
    return silent;
}

static bool fetch_mark(cm_playout *r)
{
    if (!r->has_mark)
        r->has_mark = cm_ring_read(&r->marks, &r->next, sizeof r->next);
    return r->has_mark;
}

/*
 * Passes the marks here; returns how many frames of silence the last one wants first, at most `most`. The
 * worker never has more marks under way than the events ring holds.
 */
static UInt32 pass_marks(cm_playout *r, const cm_playout_cycle *cycle, UInt32 done, UInt32 most)
{
    while (fetch_mark(r) && r->next.at <= r->position) {
        Float64 wait = 0;
        if (r->next.kind == CM_MARK_AT_SAMPLE)
            wait = ceil(r->next.time) - (Float64)r->elapsed;
        else if (r->next.kind == CM_MARK_AT_HOST)
            wait = frames_to_host(r, cycle, done, r->next.host);
        if (wait > 0)
            return within(wait, most);
        if (r->next.kind == CM_MARK_PARAMETER) {
            atomic_store(&r->current[r->next.id], r->next.value);
            apply_parameter(r, r->next.id, r->next.value);
        } else if (r->next.kind == CM_MARK_FLUSHED || r->next.kind == CM_MARK_STOPPED) {
            r->is_playing = false;
        }
        r->next.time = (Float64)r->elapsed;
        cm_ring_write(&r->events, &r->next, sizeof r->next);
        atomic_store(&r->has_events, true);
        r->has_mark = false;
    }
    return 0;
}

/* The gains of the out channels for this frame: the balance turns down the side that it leads away from. */
static void balance(const cm_playout *r, Float32 *left, Float32 *right)
{
    *left = r->volume.now * (r->pan.now > 0 ? 1 - r->pan.now : 1);
    *right = r->volume.now * (r->pan.now < 0 ? 1 + r->pan.now : 1);
}

/* A channel of the out list, wherever its stream's buffer is. */
static Float32 *out_channel(const AudioBufferList *out, UInt32 channel, UInt32 *stride)
{
    for (UInt32 b = 0; b < out->mNumberBuffers; b++) {
        const AudioBuffer *buffer = &out->mBuffers[b];
        if (channel < buffer->mNumberChannels) {
            *stride = buffer->mNumberChannels;
            return buffer->mData ? (Float32 *)buffer->mData + channel : NULL;
        }
        channel -= buffer->mNumberChannels;
    }
    return NULL;
}

static Float32 out_gain(UInt32 channel, UInt32 out_channels, Float32 volume, Float32 left, Float32 right)
{
    if (out_channels == 1 || channel > 1)
        return volume;
    return channel == 0 ? left : right;
}

/* Sound of one gain throughout, mixed to each out channel in turn. */
static void mix_steady(cm_playout *r, const cm_playout_cycle *cycle, UInt32 at, UInt32 frames)
{
    Float32 left, right;
    balance(r, &left, &right);
    for (UInt32 o = 0; o < r->out_channels; o++) {
        UInt32 stride = 1;
        Float32 *to = out_channel(cycle->out, o, &stride);
        if (!to)
            continue;
        to += (size_t)at * stride;
        Float32 side = out_gain(o, r->out_channels, r->volume.now, left, right);
        for (UInt32 i = 0; i < r->channels; i++) {
            Float32 gain = side * r->matrix[i * r->out_channels + o];
            if (gain == 0)
                continue;
            const Float32 *from = r->block + i;
            for (UInt32 f = 0; f < frames; f++)
                to[(size_t)f * stride] += from[(size_t)f * r->channels] * gain;
        }
    }
}

/* The same with gains that move from frame to frame. */
static void mix_moving(cm_playout *r, const cm_playout_cycle *cycle, UInt32 at, UInt32 frames)
{
    for (UInt32 f = 0; f < frames; f++) {
        Float32 left, right;
        advance_ramp(&r->volume);
        advance_ramp(&r->pan);
        balance(r, &left, &right);
        for (UInt32 o = 0; o < r->out_channels; o++) {
            UInt32 stride = 1;
            Float32 *to = out_channel(cycle->out, o, &stride);
            Float32 sum = 0;
            for (UInt32 i = 0; i < r->channels; i++)
                sum += r->block[(size_t)f * r->channels + i] * r->matrix[i * r->out_channels + o];
            if (to)
                to[(size_t)(at + f) * stride] += sum *
                                                 out_gain(o, r->out_channels, r->volume.now, left, right);
        }
    }
}

static void measure(cm_playout *r, UInt32 frames)
{
    Float64 seconds = frames / r->rate;
    Float32 forget = (Float32)exp(-seconds / POWER_SECONDS);
    Float32 fall = (Float32)pow(10, -seconds / PEAK_SECONDS);
    for (UInt32 c = 0; c < r->channels; c++) {
        Float32 sum = 0, peak = 0;
        for (UInt32 f = 0; f < frames; f++) {
            Float32 x = r->block[(size_t)f * r->channels + c] * r->volume.now;
            sum += x * x;
            peak = fabsf(x) > peak ? fabsf(x) : peak;
        }
        Float32 fallen = atomic_load(&r->peak[c]) * fall;
        atomic_store(&r->peak[c], peak > fallen ? peak : fallen);
        Float32 power = atomic_load(&r->power[c]);
        atomic_store(&r->power[c], power * forget + sum / (Float32)frames * (1 - forget));
    }
}

static void measure_silence(cm_playout *r, UInt32 frames)
{
    memset(r->block, 0, frame_size(r) * (frames < CM_PLAYOUT_BLOCK ? frames : CM_PLAYOUT_BLOCK));
    for (UInt32 left = frames; left > 0;) {
        UInt32 n = left < CM_PLAYOUT_BLOCK ? left : CM_PLAYOUT_BLOCK;
        measure(r, n);
        left -= n;
    }
}

/* As many frames of sound as there are before the next mark. */
static UInt32 play(cm_playout *r, const cm_playout_cycle *cycle, UInt32 at)
{
    size_t frames = cm_playout_readable(r);
    if (frames > cycle->frames - at)
        frames = cycle->frames - at;
    if (frames > CM_PLAYOUT_BLOCK)
        frames = CM_PLAYOUT_BLOCK;
    if (fetch_mark(r) && r->next.at - r->position < frames)
        frames = (size_t)(r->next.at - r->position);
    if (frames == 0)
        return 0;
    cm_ring_read(&r->sound, r->block, frames * frame_size(r));
    if (r->volume.left || r->pan.left)
        mix_moving(r, cycle, at, (UInt32)frames);
    else
        mix_steady(r, cycle, at, (UInt32)frames);
    if (atomic_load_explicit(&r->meters, memory_order_relaxed))
        measure(r, (UInt32)frames);
    r->position += frames;
    r->is_playing = true;
    return (UInt32)frames;
}

static void run_short(cm_playout *r, UInt32 frames)
{
    if (r->is_playing && frames > 0) {
        atomic_fetch_add(&r->underruns, 1);
        atomic_fetch_add(&r->discontinuities, 1);
    }
    r->is_playing = false;
    if (atomic_load_explicit(&r->meters, memory_order_relaxed))
        measure_silence(r, frames);
    r->elapsed += frames;
}

UInt32 cm_playout_run(cm_playout *r, const cm_playout_cycle *cycle)
{
    UInt32 done = wait_for_start(r, cycle);
    UInt32 used = done;
    if (done == cycle->frames)
        return done;
    follow_device(r, cycle);
    take_parameters(r);
    publish_anchor(r, cycle, done);
    for (;;) {
        UInt32 silent = pass_marks(r, cycle, done, cycle->frames - done);
        if (done == cycle->frames)
            return used;
        UInt32 step = silent ? silent : play(r, cycle, done);
        if (step == 0)
            break;
        done += step;
        used = done;
        r->elapsed += step;
    }
    if (cycle->stops_short)
        r->expected = cycle->sample_time + used;
    else
        run_short(r, cycle->frames - done);
    return used;
}
