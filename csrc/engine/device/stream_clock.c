#include "stream_clock.h"

#include "base/clock.h"

#include <math.h>

/* The loop's bandwidth: wide at first to find the clock, then narrow to keep jitter out. Hz, seconds. */
#define WIDE 0.5
#define NARROW 0.1
#define SETTLING 4.0

/* A measurement that is further off than this begins anew, and no clock runs this much too fast or slow. */
#define JUMP_NS 100e6
#define MAX_DRIFT 0.02

void cm_stream_clock_reset(cm_stream_clock *clock, Float64 rate)
{
    cm_io_anchor_reset(&clock->anchor, rate);
    clock->nominal = clock->anchor.nominal_ticks;
    clock->period = clock->nominal;
    clock->locked = clock->sample = clock->host = 0;
}

void cm_stream_clock_relock(cm_stream_clock *clock)
{
    clock->locked = 0;
}

static Float64 predicted(const cm_stream_clock *clock, Float64 sample)
{
    return clock->host + (sample - clock->sample) * clock->period;
}

Float64 cm_stream_clock_error(const cm_stream_clock *clock, Float64 sample, Float64 host)
{
    return clock->locked == 0 ? 0 : (host - predicted(clock, sample)) / clock->period;
}

/* F. Adriaensen, "Using a DLL to filter time", 2005: a second-order loop, critically damped. */
static void follow(cm_stream_clock *clock, Float64 sample, Float64 error)
{
    Float64 frames = sample - clock->sample, seconds = frames * clock->nominal * 1e-9;
    Float64 bandwidth = clock->locked * clock->nominal * 1e-9 < SETTLING ? WIDE : NARROW;
    Float64 omega = fmin(2 * M_PI * bandwidth * seconds, 0.5);
    Float64 drift = (clock->period + omega * omega * error / frames) / clock->nominal - 1;
    clock->host = predicted(clock, sample) + M_SQRT2 * omega * error;
    clock->period = clock->nominal * (1 + fmax(-MAX_DRIFT, fmin(MAX_DRIFT, drift)));
    clock->locked += frames;
}

void cm_stream_clock_measure(cm_stream_clock *clock, Float64 sample, Float64 host)
{
    Float64 error = host - predicted(clock, sample);
    /* Time never goes back, however wrong the first guesses were. */
    Float64 earliest = clock->host > 0 ? clock->host + (sample - clock->sample) * clock->nominal / 2 : 0;
    if (clock->locked == 0 || fabs(error) > JUMP_NS) {
        clock->host = host;
        clock->period = clock->nominal;
        clock->locked = 1;
    } else if (sample > clock->sample) {
        follow(clock, sample, error);
    }
    clock->host = fmax(clock->host, earliest);
    clock->sample = sample;
    cm_io_anchor_set(&clock->anchor, sample, (UInt64)clock->host, clock->period);
}

AudioTimeStamp cm_stream_clock_at(const cm_stream_clock *clock, Float64 sample)
{
    return cm_io_anchor_at(&clock->anchor, sample - clock->sample);
}

OSStatus cm_stream_clock_now(const cm_stream_clock *clock, AudioTimeStamp *now)
{
    return cm_io_anchor_when(&clock->anchor, AudioGetCurrentHostTime(), now);
}
