/* tap.h: a client's hand in a queue's sound. Functions are called with the queue's `work` lock held. */
#ifndef CM_QUEUE_TAP_H
#define CM_QUEUE_TAP_H

#include "pipeline.h"

typedef struct cm_tap cm_tap;

/* True for a tap behind the queue's own effects. */
bool cm_tap_is_late(const cm_tap *tap);

/* Runs the client's callback, which pulls from source, for up to `wanted` frames. */
size_t cm_tap_pull(cm_tap *tap, cm_pipeline *p, cm_source source, Float32 *to, size_t wanted);

/* Shows what was recorded, and takes what the client made of it; interleaved, in place. */
void cm_tap_process(cm_tap *tap, Float32 *frames, size_t count, Float64 sample_time, bool at_start,
                    bool at_end);

/* The queue closes: the tap's handle ends. */
void cm_tap_retire(cm_queue *q);

#endif
