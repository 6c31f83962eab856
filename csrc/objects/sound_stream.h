/*
 * sound_stream.h: a running stream of interleaved Float32 between an output unit and Python, behind
 * SoundOutput and SoundInput.
 *
 * The render thread exchanges frames with a lock-free ring, or calls a C function and nothing else. A pump
 * thread exchanges blocks between the ring and a Python callable; without a callable, read() and write() do.
 * So no render thread ever waits for the GIL.
 */
#ifndef CM_OBJECTS_SOUND_STREAM_H
#define CM_OBJECTS_SOUND_STREAM_H

#include "common/callback.h"
#include "common/platform.h"
#include "engine/base/ring.h"

#include <AudioToolbox/AudioToolbox.h>
#include <CoreAudio/CoreAudio.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

/* [render] Fills (output) or looks at (input) frames of interleaved samples. Must not block or take the GIL.
 */
typedef void (*cm_sound_function)(float *samples, uint32_t frames, uint32_t channels, void *user);

typedef struct cm_sound_settings {
    bool is_input;
    AudioObjectID device; /* kAudioObjectUnknown: the default, and an output follows when that changes */
    UInt32 channels;
    double rate;   /* Hz, of the stream; converted to that of the device */
    UInt32 block;  /* frames that a callable is asked for or given at a time */
    UInt32 blocks; /* that the ring holds at least; more where the device's cycle is long */
} cm_sound_settings;

/* Shared by the object and its pump thread; the last one frees it. */
typedef struct cm_sound_stream {
    atomic_int references;
    cm_sound_settings settings;
    cm_ring ring;
    cm_platform_signal *moved; /* raised by the render thread when the ring changed */
    atomic_bool active, stopping;
    atomic_bool finished;  /* the callable has said that nothing more comes */
    size_t most;           /* bytes that the ring is filled to */
    atomic_ulong dropouts; /* output: underruns; input: overruns */
    _Atomic uint64_t frames;
    bool primed; /* the render thread's: sound has begun, so that silence is an underrun */

    AudioUnit unit;
    float *scratch; /* input: what the unit renders into; the render thread's */
    UInt32 scratch_frames;

    cm_sound_function function; /* with user, or NULL */
    void *user;
    PyObject *callable; /* of the pump, which owns this reference; or NULL */
    bool pulled;        /* of a unit without a device: asked while that renders, and there is no pump */
    pthread_t asker;    /* the thread that is inside the callable, while asking; both under the GIL */
    unsigned asking;
    pthread_t pump;
    pid_t process; /* where the pump is: not in a child after fork() */
    bool has_pump;
} cm_sound_stream;

/* NULL without memory. */
cm_sound_stream *cm_sound_new(const cm_sound_settings *settings);
/* Ends a reference, without the GIL or with it. */
void cm_sound_release(cm_sound_stream *stream);

/*
 * Opens the unit, fills the ring ahead and starts. *what says which step failed. Without the GIL; takes over
 * stream->callable, which the caller has set and referenced.
 */
OSStatus cm_sound_start(cm_sound_stream *stream, const char **what);

/* Stops and closes the unit and the pump. Without the GIL. From inside the pump's callable the pump ends
 * after it. */
OSStatus cm_sound_stop(cm_sound_stream *stream);

/* GIL held. True on the thread that is inside the stream's callable. */
bool cm_sound_is_asking(const cm_sound_stream *stream);

/*
 * Starting, stopping and changing exclude each other: an owner has one of these, under the GIL, and drops the
 * GIL inside. Others wait until it is over. Those who must not get false: the same thread once more, and who
 * is inside the stream's callable, for which the thread that is at work may be waiting.
 */
typedef struct cm_sound_turn {
    bool taken;
    bool stop; /* what is being started shall stop: who could not wait wanted that */
    pthread_t owner;
    pid_t process; /* whose thread the owner is: in a child after fork() the turn is free again */
} cm_sound_turn;

bool cm_sound_take_turn(cm_sound_turn *turn, cm_sound_stream *const *stream);
void cm_sound_end_turn(cm_sound_turn *turn);

/* The parts of it, for a unit that someone else owns and starts: an empty ring; a pump for stream->callable;
 * what its render callback is, with the stream as context; and filling the ring ahead. */
OSStatus cm_sound_prepare(cm_sound_stream *stream);
OSStatus cm_sound_start_pump(cm_sound_stream *stream);
OSStatus cm_sound_play(void *stream, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                       UInt32 bus, UInt32 frames, AudioBufferList *list);

/* [render] Whether a bus is still as the stream was made for: one buffer of interleaved frames; it is silent
 * now. */
bool cm_sound_fits(const cm_sound_stream *stream, UInt32 frames, AudioBufferList *list);

/* Bytes of a frame and of a block. */
size_t cm_sound_frame_bytes(const cm_sound_stream *stream);
size_t cm_sound_block_bytes(const cm_sound_stream *stream);

/* The pump's thread; sound_pump.c. */
void *cm_sound_pump(void *stream);
/* One round of it: asks the callable for blocks until the ring is full. False when nothing more will come. */
bool cm_sound_fill(cm_sound_stream *stream);
/* Takes the GIL and asks the callable for frames, into memory that is silent before. False when there are no
 * more. */
bool cm_sound_ask(cm_sound_stream *stream, UInt32 frames, float *block);

#endif
