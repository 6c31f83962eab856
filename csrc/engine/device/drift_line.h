/*
 * drift_line.h: sound that one device's clock writes and another's reads, at the moments that their host
 * times say. Between them lies a delay that covers both devices' buffers. With compensation the reader's
 * place moves continuously between the samples, and follows the two clocks slowly; without, it moves by whole
 * samples and jumps when they have drifted too far apart.
 *
 * One writing and one reading thread, either of which may be a render thread; neither waits.
 */
#ifndef CM_DEVICE_DRIFT_LINE_H
#define CM_DEVICE_DRIFT_LINE_H

#include "io_anchor.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct cm_drift_line {
    UInt32 channels;
    size_t frames; /* of history, a power of two */
    Float32 *history;
    cm_io_anchor anchor;       /* the writer's clock */
    _Atomic SInt64 begin, end; /* the writer's sample times that are there */
    _Atomic UInt32 reads;      /* so that what is overwritten was read before, for every processor */

    UInt32 taps; /* 0: no compensation */
    Float32 *kernel;
    Float64 rate, delay; /* nominal, Hz; frames */
    bool locked;         /* all from here on is the reader's own */
    Float64 place;
} cm_drift_line;

/*
 * [control] delay in frames; quality 0 .. 127 as in kAudioAggregateDriftCompensation...Quality, negative for
 * none. False when there is no memory; free it then too.
 */
bool cm_drift_line_init(cm_drift_line *line, UInt32 channels, Float64 rate, UInt32 delay, int quality);
void cm_drift_line_free(cm_drift_line *line);

/*
 * [render, writer] `stride` is the number of samples from one frame to the next. `from` is when the first
 * frame is heard or sounds.
 */
void cm_drift_line_write(cm_drift_line *line, const Float32 *samples, size_t stride, UInt32 frames,
                         const AudioTimeStamp *from);

/* [render, reader] The frames for the time stamp, silence where there are none. */
void cm_drift_line_read(cm_drift_line *line, Float32 *samples, size_t stride, UInt32 frames,
                        const AudioTimeStamp *from);

#endif
