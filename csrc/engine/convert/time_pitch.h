/*
 * time_pitch.h: changes how fast a sound plays, and how high it is, one without the other.
 *
 * The sound is first stretched, in one of two ways, and then read faster or slower. Everything is allocated
 * by cm_time_pitch_new; the rest may be called on a render thread. One user at a time.
 */
#ifndef CM_CONVERT_TIME_PITCH_H
#define CM_CONVERT_TIME_PITCH_H

#include <CoreAudioTypes/CoreAudioTypes.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct cm_time_pitch cm_time_pitch;

typedef enum {
    CM_STRETCH_SPECTRAL,   /* phase vocoder with locked peaks: for music */
    CM_STRETCH_TIME_DOMAIN /* pieces that overlap where they are alike (WSOLA): for speech and one voice */
} cm_stretch_kind;

/* [control] rate: Hz. NULL without memory, or with no channels. */
cm_time_pitch *cm_time_pitch_new(cm_stretch_kind kind, Float64 rate, UInt32 channels);
void cm_time_pitch_free(cm_time_pitch *t);

/* [render] Forgets the sound so far; settings stay. */
void cm_time_pitch_reset(cm_time_pitch *t);

/*
 * [render] From the next piece on. speed: input frames for each of output, 1/32 .. 32; cents: -2400 .. 2400.
 * Values out of range are brought into it.
 */
void cm_time_pitch_set(cm_time_pitch *t, Float64 speed, Float64 cents);

/*
 * [render] Makes up to `room` interleaved frames; *used of the `count` frames at `from` are consumed. from
 * NULL: the sound has ended; what is held back comes out until there is no more, and then the length is that
 * of the input over the speed.
 */
size_t cm_time_pitch_run(cm_time_pitch *t, const Float32 *from, size_t count, size_t *used, Float32 *to,
                         size_t room);

/* [any] Input frames whose sound has come out. */
Float64 cm_time_pitch_position(const cm_time_pitch *t);

#endif
