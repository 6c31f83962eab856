/*
 * player_source.h: an audio file that is read ahead of a render thread.
 *
 * A thread of its own reads and converts the file into a short queue of blocks (1.5 s); the render thread
 * takes them out without a lock. Neither needs the GIL. Positions are frames at CM_PLAYER_RATE. Functions are
 * [control], called by one thread at a time without the GIL, unless tagged.
 */
#ifndef CM_CAPI_PLAYER_SOURCE_H
#define CM_CAPI_PLAYER_SOURCE_H

#include <AudioToolbox/AudioToolbox.h>
#include <stdbool.h>

#define CM_PLAYER_RATE 44100.0
#define CM_PLAYER_CHANNELS 2

typedef struct cm_player_source cm_player_source;

/* ended(context) is called on the reading thread when the last frame of what was asked for has been taken.
 * NULL when there is no memory. */
cm_player_source *cm_source_new(void (*ended)(void *context), void *context);

/* The render thread must not be using it. Waits for the reading thread, unless called on it, by `ended`. */
void cm_source_free(cm_player_source *source);

/*
 * Opens a file in the place of the one before, at frame 0 and without a loop. On failure the old file stays
 * and *what says which step failed.
 */
OSStatus cm_source_load(cm_player_source *source, CFURLRef url, const char **what);

/* All of the file, in frames; 0 without one. [any] */
SInt64 cm_source_length(cm_player_source *source);

/* Tells whether a render thread takes sound now. While one does, a change takes effect without a gap: what
 * was read before is played until the new sound is there. */
void cm_source_set_rendering(cm_player_source *source, bool rendering);

/* Goes on at a frame, 0 .. length. */
void cm_source_seek(cm_player_source *source, SInt64 frame);

/* Loops over begin .. end while on; an end of 0 is the file's. */
void cm_source_set_loop(cm_player_source *source, bool on, SInt64 begin, SInt64 end);

/* Speed, and pitch with it: 1 plays as recorded. */
void cm_source_set_rate(cm_player_source *source, double rate);

/* Waits until the next cycle will find sound, if there is a file; at most `milliseconds`. */
void cm_source_wait(cm_player_source *source, int milliseconds);

/* [any] True when the next cycle finds sound, or there is none to find. */
bool cm_source_is_ready(cm_player_source *source);

/*
 * [render] Takes up to `frames` frames of interleaved stereo and returns how many; fewer at the end, or where
 * the disk was too slow, which is counted.
 */
UInt32 cm_source_take(cm_player_source *source, float *out, UInt32 frames);

/* [any] The frame that is taken next. */
double cm_source_position(cm_player_source *source);
/* [any] True once the last frame has been taken, until a seek. */
bool cm_source_has_ended(cm_player_source *source);
/* [any] Cycles for which the disk was too slow. */
unsigned long cm_source_underruns(cm_player_source *source);

#endif
