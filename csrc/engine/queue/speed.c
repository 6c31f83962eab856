#include "speed.h"

#include "../convert/time_pitch.h"

#include <AudioToolbox/AudioQueue.h>
#include <math.h>
#include <soxr.h>
#include <stdlib.h>

#define FASTEST 2.0

struct cm_speed {
    cm_time_pitch *time_pitch; /* or, of a tape: */
    soxr_t resampler;
    UInt32 channels;
    Float64 speed;
    UInt64 used;
};

static soxr_t make(UInt32 channels)
{
    soxr_error_t error = NULL;
    soxr_io_spec_t io = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I);
    soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, SOXR_VR);
    soxr_t resampler = soxr_create(FASTEST, 1, channels, &error, &io, &quality, NULL);
    return error ? NULL : resampler;
}

cm_speed *cm_speed_new(UInt32 algorithm, Float64 rate, UInt32 channels)
{
    cm_speed *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->channels = channels;
    if (algorithm == kAudioQueueTimePitchAlgorithm_Varispeed)
        s->resampler = make(channels);
    else
        s->time_pitch = cm_time_pitch_new(algorithm == kAudioQueueTimePitchAlgorithm_TimeDomain
                                              ? CM_STRETCH_TIME_DOMAIN
                                              : CM_STRETCH_SPECTRAL,
                                          rate, channels);
    if (s->resampler || s->time_pitch)
        return s;
    free(s);
    return NULL;
}

void cm_speed_free(cm_speed *s)
{
    if (!s)
        return;
    soxr_delete(s->resampler);
    cm_time_pitch_free(s->time_pitch);
    free(s);
}

/* soxr's own clearing keeps the fixed ratio only, hence another one. */
void cm_speed_reset(cm_speed *s)
{
    s->used = 0;
    if (s->time_pitch) {
        cm_time_pitch_reset(s->time_pitch);
        return;
    }
    soxr_t fresh = make(s->channels);
    if (!fresh)
        return;
    soxr_delete(s->resampler);
    s->resampler = fresh;
    s->speed = 0;
}

void cm_speed_set(cm_speed *s, Float64 speed, Float64 cents)
{
    if (s->time_pitch)
        cm_time_pitch_set(s->time_pitch, speed, cents);
    else if (speed != s->speed)
        soxr_set_io_ratio(s->resampler, speed, 0);
    s->speed = speed;
}

size_t cm_speed_run(cm_speed *s, const Float32 *from, size_t count, size_t *used, Float32 *to, size_t room)
{
    if (s->time_pitch)
        return cm_time_pitch_run(s->time_pitch, from, count, used, to, room);
    size_t made = 0;
    *used = 0;
    soxr_process(s->resampler, from, count, used, to, room, &made);
    s->used += *used;
    return made;
}

/* A tape's few frames in hand do not count. */
UInt64 cm_speed_position(const cm_speed *s)
{
    return s->time_pitch ? (UInt64)llrint(cm_time_pitch_position(s->time_pitch)) : s->used;
}
