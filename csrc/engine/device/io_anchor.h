/*
 * io_anchor.h: where a stream's sample time and host time last met, written by the stream's thread each cycle
 * and read by anyone.
 */
#ifndef CM_DEVICE_IO_ANCHOR_H
#define CM_DEVICE_IO_ANCHOR_H

#include "base/status.h"

#include <stdatomic.h>

typedef struct cm_io_anchor {
    _Atomic UInt32 version; /* odd while it is being written, 0 before the first time */
    _Atomic Float64 sample;
    _Atomic UInt64 host;
    _Atomic Float64 ticks_per_frame;
    _Atomic Float64 nominal_ticks; /* host ticks per frame at the nominal rate; set before the first cycle */
} cm_io_anchor;

/* [control] No cycle may be running. */
void cm_io_anchor_reset(cm_io_anchor *anchor, Float64 rate);

/* [render] */
void cm_io_anchor_set(cm_io_anchor *anchor, Float64 sample, UInt64 host, Float64 ticks_per_frame);

/* [render] The time stamp of the frame `frames` after the anchor. */
AudioTimeStamp cm_io_anchor_at(const cm_io_anchor *anchor, Float64 frames);

/* [any] The time stamp of `host`; kAudioHardwareNotRunningError before the first cycle. */
OSStatus cm_io_anchor_when(const cm_io_anchor *anchor, UInt64 host, AudioTimeStamp *stamp);

#endif
