#include "speed.h"

#include <soxr.h>
#include <stdlib.h>

#define FASTEST 2.0

struct cm_speed {
    soxr_t resampler;
    UInt32 channels;
    Float64 rate;
};

static soxr_t make(UInt32 channels)
{
    soxr_error_t error = NULL;
    soxr_io_spec_t io = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I);
    soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, SOXR_VR);
    soxr_t resampler = soxr_create(FASTEST, 1, channels, &error, &io, &quality, NULL);
    return error ? NULL : resampler;
}

cm_speed *cm_speed_new(UInt32 channels)
{
    cm_speed *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->channels = channels;
    s->resampler = make(channels);
    if (s->resampler)
        return s;
    free(s);
    return NULL;
}

void cm_speed_free(cm_speed *s)
{
    if (!s)
        return;
    soxr_delete(s->resampler);
    free(s);
}

/* soxr's own clearing keeps the fixed ratio only, hence another one. */
void cm_speed_reset(cm_speed *s)
{
    soxr_t fresh = make(s->channels);
    if (!fresh)
        return;
    soxr_delete(s->resampler);
    s->resampler = fresh;
    s->rate = 0;
}

void cm_speed_set(cm_speed *s, Float64 rate)
{
    if (rate != s->rate)
        soxr_set_io_ratio(s->resampler, rate, 0);
    s->rate = rate;
}

size_t cm_speed_run(cm_speed *s, const Float32 *from, size_t count, size_t *used, Float32 *to, size_t room)
{
    size_t made = 0;
    *used = 0;
    soxr_process(s->resampler, from, count, used, to, room, &made);
    return made;
}
