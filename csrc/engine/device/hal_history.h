/*
 * hal_history.h: the last second or so of what a running device heard, for AudioDeviceRead.
 *
 * One thread writes, the device's own; others read without stopping it, and notice when what they copied was
 * overwritten meanwhile.
 */
#ifndef CM_DEVICE_HAL_HISTORY_H
#define CM_DEVICE_HAL_HISTORY_H

#include "base/status.h"

#include <stdbool.h>

typedef struct cm_history {
    Float32 *samples; /* interleaved; NULL without an input */
    UInt32 channels;
    UInt32 frames;       /* a power of two */
    _Atomic SInt64 from; /* sample time of the oldest frame that is whole */
    _Atomic SInt64 end;  /* sample time after the newest */
} cm_history;

/* [control] For a device of so many input channels, 0 included. False when there is no memory. */
bool cm_history_init(cm_history *history, UInt32 channels, Float64 rate);
void cm_history_free(cm_history *history);

/* [render] The frames of one cycle, the first at this sample time. What lies between cycles is silence. */
void cm_history_write(cm_history *history, const Float32 *input, UInt32 frames, Float64 sample);

/*
 * [any] Copies frames from a sample time on. kAudioHardwareNotReadyError for what was not heard yet,
 * kAudioHardwareIllegalOperationError for what is forgotten.
 */
OSStatus cm_history_read(const cm_history *history, Float64 sample, UInt32 frames, Float32 *out);

#endif
