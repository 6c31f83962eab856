/*
 * recorder.h: from the ring that a recording device's thread fills to the buffers in line: encoding. Called
 * with the queue's `work` lock held, but for cm_recorder_take.
 */
#ifndef CM_QUEUE_RECORDER_H
#define CM_QUEUE_RECORDER_H

#include "queue.h"

typedef struct cm_recorder cm_recorder;

OSStatus cm_recorder_new(cm_queue *q, cm_recorder **out);
void cm_recorder_free(cm_recorder *r);

/* Frames come in at that rate, in that many channels. */
OSStatus cm_recorder_set_input(cm_recorder *r, Float64 rate, UInt32 channels);

/* A property of the encoder. */
OSStatus cm_recorder_get_encoder(cm_recorder *r, AudioConverterPropertyID id, UInt32 *size, void *data);
OSStatus cm_recorder_size_encoder(cm_recorder *r, AudioConverterPropertyID id, UInt32 *size);

/* [render] */
bool cm_recorder_has_room(const cm_recorder *r, UInt32 frames);

/* [render] One cycle of the device's. */
void cm_recorder_take(cm_recorder *r, const AudioBufferList *in, const AudioTimeStamp *time);

/* Fills buffers with what was heard. */
void cm_recorder_run(cm_recorder *r);

/* What is held back comes out, and the buffer in hand goes to the client as it is. */
void cm_recorder_flush(cm_recorder *r);

/* Forgets all sound. */
void cm_recorder_reset(cm_recorder *r);

/* [any] Frames, at the device's rate, between the start and a sample time of the device. */
Float64 cm_recorder_elapsed(const cm_recorder *r, Float64 sample_time);

/* [any] Times that sound was lost for want of a buffer. */
UInt64 cm_recorder_overruns(const cm_recorder *r);

#endif
