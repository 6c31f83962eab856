/*
 * pulse_kit.h: the driver under test, a sound that tells at which sample time it was played, and streams that
 * play and record it.
 */
#ifndef TESTS_PULSE_KIT_H
#define TESTS_PULSE_KIT_H

#include "server_kit.h"

#include "device/driver.h"

#include <CoreAudio/AudioHardwareBase.h>
#include <CoreAudio/HostTime.h>

#include <stdatomic.h>

static void *pulse;
static atomic_int pulse_changes;

static inline void pulse_changed(void *context)
{
    (void)context;
    atomic_fetch_add(&pulse_changes, 1);
}

static const cm_driver_host pulse_host = { pulse_changed, NULL };

static inline void pulse_begin(server *s, const char *script)
{
    server_open_pulse(s, script);
    CHECK_EQ(cm_driver_pulse.open(&pulse_host, &pulse), 0);
}

static inline void pulse_end(server *s)
{
    cm_driver_pulse.close(pulse);
    pulse = NULL;
    server_close(s);
}

/* True as soon as the condition is, false when it is not within the seconds. */
#define WITHIN(seconds, condition)                                                                           \
    ({                                                                                                       \
        double within_end = server_seconds() + (seconds);                                                    \
        bool within_true = (condition);                                                                      \
        while (!within_true && server_seconds() < within_end) {                                              \
            server_wait_ms(5);                                                                               \
            within_true = (condition);                                                                       \
        }                                                                                                    \
        within_true;                                                                                         \
    })

enum { DEVICES = 16 };

typedef struct device_list {
    cm_device_description items[DEVICES];
    int count;
} device_list;

static inline void pulse_keep_device(void *context, const cm_device_description *description)
{
    device_list *list = context;
    CHECK(list->count < DEVICES);
    list->items[list->count++] = *description;
}

static inline device_list pulse_list(void)
{
    device_list list = { .count = 0 };
    CHECK_EQ(cm_driver_pulse.devices(pulse, pulse_keep_device, &list), 0);
    return list;
}

static inline const cm_device_description *pulse_find(const device_list *list, const char *uid)
{
    for (int i = 0; i < list->count; i++)
        if (strcmp(list->items[i].uid, uid) == 0)
            return &list->items[i];
    return NULL;
}

static inline bool pulse_has(const char *uid)
{
    device_list list = pulse_list();
    return pulse_find(&list, uid) != NULL;
}

/*
 * The sound: channel 0 counts sample times in steps that Float32 holds exactly, the others are a hash of that
 * count. Never silent, within full scale.
 */
enum { SOUND_CYCLE = 1 << 22 };

static inline Float32 sound_at(UInt64 sample, UInt32 channel)
{
    UInt32 count = (UInt32)(sample % SOUND_CYCLE) + 1;
    if (channel == 0)
        return (Float32)count / (Float32)(1 << 23);
    UInt32 hash = (count + channel * 0x9E3779B9u) * 0x85EBCA6Bu;
    hash = (hash ^ (hash >> 13)) * 0xC2B2AE35u;
    return (Float32)(int)((hash >> 8 & 0xFFFFFF) - 0x800000) / (Float32)(1 << 23);
}

/* The count in a frame of the sound, or 0 for a frame that is anything else. */
static inline UInt32 sound_count(const Float32 *frame, UInt32 channels)
{
    double count = (double)frame[0] * (1 << 23);
    if (!(count >= 1 && count <= SOUND_CYCLE) || count != floor(count))
        return 0;
    for (UInt32 c = 0; c < channels; c++)
        if (frame[c] != sound_at((UInt64)count - 1, c))
            return 0;
    return (UInt32)count;
}

/* A stream of the driver and what it has seen. Written by the stream's thread until it is stopped. */
typedef struct stream {
    void *io;
    cm_io_settings settings;
    cm_side side;
    UInt32 channels;
    Float32 *heard; /* what came in */
    size_t heard_frames, room;
    atomic_int cycles, overloads, delays, lost;
    int stop_after;  /* cycles: stops itself from inside */
    int sleep_at;    /* the cycle that comes late, */
    long sleep_ms;   /* by so much */
    Float64 next;    /* sample time due */
    Float64 skipped; /* frames that sample time jumped over */
    UInt64 last_host;
    cm_io_cycle last;
    bool wrong_time;
    _Atomic double worst_lead_ms; /* the least time between a cycle and its sound */
} stream;

static inline void stream_check_time(stream *s, const cm_io_cycle *cycle)
{
    const AudioTimeStamp *time = s->side == CM_OUTPUT ? &cycle->output_time : &cycle->input_time;
    UInt32 flags = kAudioTimeStampSampleHostTimeValid | kAudioTimeStampRateScalarValid;
    if ((time->mFlags & flags) != flags || time->mSampleTime < s->next || time->mHostTime <= s->last_host ||
        cycle->frames != s->settings.buffer_frames) {
        if (!s->wrong_time)
            fprintf(stderr, "cycle %d: sample %.0f (%.0f was due), host %llu after %llu\n", s->cycles,
                    time->mSampleTime, s->next, (unsigned long long)time->mHostTime,
                    (unsigned long long)s->last_host);
        s->wrong_time = true;
    }
    s->skipped += time->mSampleTime - s->next;
    s->next = time->mSampleTime + cycle->frames;
    s->last_host = time->mHostTime;
    s->last = *cycle;
}

static inline void stream_cycle(void *context, const cm_io_cycle *cycle)
{
    stream *s = context;
    stream_check_time(s, cycle);
    if (cycle->output)
        for (UInt32 i = 0; i < cycle->frames; i++)
            for (UInt32 c = 0; c < s->channels; c++)
                cycle->output[i * s->channels + c] = sound_at((UInt64)cycle->output_time.mSampleTime + i, c);
    if (cycle->input && s->heard_frames + cycle->frames <= s->room) {
        memcpy(s->heard + s->heard_frames * s->channels, cycle->input,
               cycle->frames * s->channels * sizeof(Float32));
        s->heard_frames += cycle->frames;
    }
    int cycles = atomic_fetch_add(&s->cycles, 1) + 1;
    if (s->sleep_at == cycles)
        server_wait_ms(s->sleep_ms);
    if (s->stop_after == cycles)
        CHECK_EQ(cm_driver_pulse.io_stop(s->io), 0);
}

static inline void stream_event(void *context, cm_io_event event)
{
    stream *s = context;
    atomic_int *counters[] = {
        [CM_IO_OVERLOAD] = &s->overloads, [CM_IO_LATENCY] = &s->delays, [CM_IO_LOST] = &s->lost
    };
    atomic_fetch_add(counters[event], 1);
}

static inline void stream_open(stream *s, const char *uid, cm_side side, UInt32 channels, Float64 rate,
                               UInt32 frames)
{
    memset(s, 0, sizeof *s);
    s->side = side;
    s->channels = channels;
    s->settings = (cm_io_settings){
        .rate = rate, .buffer_frames = frames, .cycle = stream_cycle, .event = stream_event, .context = s
    };
    s->settings.channels[side] = channels;
    if (side == CM_INPUT) {
        s->room = (size_t)(rate * 20);
        s->heard = malloc(s->room * channels * sizeof(Float32));
        CHECK(s->heard != NULL);
    }
    CHECK_EQ(cm_driver_pulse.io_open(pulse, uid, &s->settings, &s->io), 0);
    CHECK_EQ(s->settings.buffer_frames, frames);
}

static inline void stream_start(stream *s)
{
    s->next = s->skipped = 0;
    s->last_host = 0;
    CHECK_EQ(cm_driver_pulse.io_start(s->io), 0);
}

static inline void stream_stop(stream *s)
{
    CHECK_EQ(cm_driver_pulse.io_stop(s->io), 0);
}

static inline void stream_close(stream *s)
{
    cm_driver_pulse.io_close(s->io);
    free(s->heard);
}

/* A run of the sound: from the first frame of it to the last, every frame is the next one's neighbour. */
typedef struct run {
    size_t frames; /* of sound */
    size_t breaks; /* where a frame is not the last one's successor */
    size_t silent; /* frames in between that are no sound */
    UInt32 first, last;
} run;

static inline run sound_run(const Float32 *frames, size_t count, UInt32 channels)
{
    run found = { .frames = 0 };
    size_t last_at = 0;
    for (size_t i = 0; i < count; i++) {
        UInt32 at = sound_count(frames + i * channels, channels);
        if (!at)
            continue;
        if (!found.frames)
            found.first = at;
        else if (at != found.last + 1 || i != last_at + 1) {
            found.breaks++;
            found.silent += i - last_at - 1;
        }
        found.frames++;
        found.last = at;
        last_at = i;
    }
    return found;
}

/* The Float32 in a file; the number of whole frames. */
static inline size_t sound_read(const char *path, UInt32 channels, Float32 **frames)
{
    struct stat status;
    CHECK_EQ(stat(path, &status), 0);
    size_t count = (size_t)status.st_size / (channels * sizeof(Float32));
    *frames = malloc(count * channels * sizeof(Float32) + 1);
    FILE *file = fopen(path, "rb");
    CHECK(*frames && file);
    CHECK_EQ(fread(*frames, channels * sizeof(Float32), count, file), count);
    fclose(file);
    return count;
}

#endif
