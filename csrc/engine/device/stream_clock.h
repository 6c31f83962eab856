/*
 * stream_clock.h: which host time a running stream's sample times have. A server tells now and then, with
 * jitter, when a frame is heard; a delay-locked loop makes one steady clock of that.
 */
#ifndef CM_DEVICE_STREAM_CLOCK_H
#define CM_DEVICE_STREAM_CLOCK_H

#include "io_anchor.h"

typedef struct cm_stream_clock {
    cm_io_anchor anchor; /* what others read */
    Float64 nominal;     /* ns for each frame at the stream's rate */
    Float64 locked;      /* frames followed since the last jump; 0: nothing is known */
    Float64 sample;      /* has, or had, */
    Float64 host;        /* this host time, ns; */
    Float64 period;      /* ns of host time for each frame */
} cm_stream_clock;

/* [control, or render for a new beginning] Not running: the next measurement is taken as it is. */
void cm_stream_clock_reset(cm_stream_clock *clock, Float64 rate);

/* [render] The next measurement is taken as it is: earlier ones were guesses. */
void cm_stream_clock_relock(cm_stream_clock *clock);

/* [render] The frame with this sample time is heard at this host time, by a measurement with jitter. */
void cm_stream_clock_measure(cm_stream_clock *clock, Float64 sample, Float64 host);

/* [render] How much later (frames; negative: earlier) the measurement is than the clock says. 0 before the
 * first one. */
Float64 cm_stream_clock_error(const cm_stream_clock *clock, Float64 sample, Float64 host);

/* [render] The time stamp of a sample time. After the first measurement. */
AudioTimeStamp cm_stream_clock_at(const cm_stream_clock *clock, Float64 sample);

/* [any] The time stamp of this moment; kAudioHardwareNotRunningError before the first measurement. */
OSStatus cm_stream_clock_now(const cm_stream_clock *clock, AudioTimeStamp *now);

#endif
