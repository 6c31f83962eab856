/*
 * speed.h: what kAudioQueueProperty_EnableTimePitch switches on: play rate by resampling, as of a tape, where
 * pitch goes with it, or play rate and pitch each by itself. One user at a time.
 */
#ifndef CM_QUEUE_SPEED_H
#define CM_QUEUE_SPEED_H

#include <CoreAudioTypes/CoreAudioTypes.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct cm_speed cm_speed;

/* algorithm: a kAudioQueueTimePitchAlgorithm; rate: Hz. NULL without memory. */
cm_speed *cm_speed_new(UInt32 algorithm, Float64 rate, UInt32 channels);
void cm_speed_free(cm_speed *s);

/* Forgets the sound so far. */
void cm_speed_reset(cm_speed *s);

/* speed: frames of input for one of output, 0.5 .. 2; cents: of pitch, of no effect on a tape. From the next
 * frame on. */
void cm_speed_set(cm_speed *s, Float64 speed, Float64 cents);

/*
 * Makes up to `room` frames; *used of the `count` frames at `from` are consumed. from NULL: the sound has
 * ended, and what is held back comes out until there is no more.
 */
size_t cm_speed_run(cm_speed *s, const Float32 *from, size_t count, size_t *used, Float32 *to, size_t room);

/* Frames of input whose sound has come out. */
UInt64 cm_speed_position(const cm_speed *s);

#endif
