/*
 * pipeline.h: from the buffers in line to the ring that rendering reads: decoding, trimming, the tap, play
 * rate and pitch, conversion to the device's sample rate. Everything here is called with the queue's `work`
 * lock held.
 *
 * Where a buffer begins and ends, and what happens there, travels beside the sound as marks, whose positions
 * each stage translates.
 */
#ifndef CM_QUEUE_PIPELINE_H
#define CM_QUEUE_PIPELINE_H

#include "queue.h"

typedef struct cm_pipeline cm_pipeline;

/* Frames that pass through the stages at a time. */
enum { CM_PIPELINE_FRAMES = 512 };

/* Gives up to `wanted` interleaved frames; fewer when the line is empty, or where a sound ends. */
typedef size_t (*cm_source)(cm_pipeline *p, Float32 *to, size_t wanted);

OSStatus cm_pipeline_new(cm_queue *q, cm_pipeline **out);
void cm_pipeline_free(cm_pipeline *p);

/* Frames go out at that rate from now on. */
OSStatus cm_pipeline_set_rate(cm_pipeline *p, Float64 rate);

/* The property of the decoder. */
OSStatus cm_pipeline_set_decoder(cm_pipeline *p, AudioConverterPropertyID id, UInt32 size, const void *data);

/* The play rate's algorithm is another; the queue is stopped. */
void cm_pipeline_forget_speed(cm_pipeline *p);

/* Forgets all sound. The caller clears the ring, and gives the buffers back. */
void cm_pipeline_reset(cm_pipeline *p);

/* Decodes until the ring is full or holds `enough` frames. */
void cm_pipeline_run(cm_pipeline *p, size_t enough);

/* Rendering has passed one mark. */
void cm_pipeline_passed(cm_pipeline *p);

/* True from the beginning of a sound until its first frames came out of a tap; then false. */
bool cm_pipeline_take_start(cm_pipeline *p);
/* True when the sound ends with what the source gave last. */
bool cm_pipeline_at_end(const cm_pipeline *p);
/* The queue's sample time of the next frame that reaches the tap. */
Float64 cm_pipeline_tap_time(const cm_pipeline *p);

/*
 * The device's rate changed: what lies in the ring, played by nobody meanwhile, is converted, and with it the
 * marks.
 */
OSStatus cm_pipeline_convert_ring(cm_pipeline *p, Float64 rate);

#endif
