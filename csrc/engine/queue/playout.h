/*
 * playout.h: the end of an output queue that a device's (or an offline client's) clock pulls: takes decoded
 * frames from a ring, places them in time, applies volume and pan, meters, and reports what was played.
 *
 * One thread fills (the worker), one renders; what passes between them is lock-free. Positions count frames
 * that went into the ring. Marks lie between frames and take effect when rendering reaches them; each comes
 * back as an event, so that a buffer is known to be played when its END mark was.
 */
#ifndef CM_QUEUE_PLAYOUT_H
#define CM_QUEUE_PLAYOUT_H

#include "../base/ring.h"
#include "../base/status.h"

#include <AudioToolbox/AudioQueue.h>

enum { CM_PLAYOUT_MARKS = 1024, CM_PLAYOUT_BLOCK = 512 };

typedef enum {
    CM_MARK_BUFFER_END, /* `token` is the buffer */
    CM_MARK_AT_SAMPLE,  /* what follows begins at `time` (frames since the start) */
    CM_MARK_AT_HOST,    /* what follows begins at host time `host` */
    CM_MARK_PARAMETER,  /* `id` becomes `value` */
    CM_MARK_FLUSHED,    /* a sound ends here: silence behind it is no underrun */
    CM_MARK_STOPPED     /* as that, and the queue is to stop */
} cm_mark_kind;

typedef struct cm_mark {
    uint64_t at; /* position */
    cm_mark_kind kind;
    AudioQueueParameterID id;
    AudioQueueParameterValue value;
    Float64 time;
    UInt64 host;
    void *token;
} cm_mark;

/* A gain that moves to its target in equal steps. */
typedef struct cm_ramp {
    Float32 now, target, step;
    uint32_t left; /* frames */
} cm_ramp;

/* Where rendering was at the beginning of its last cycle. */
typedef struct cm_playout_anchor {
    Float64 elapsed;     /* frames since the start, at the device's rate */
    Float64 sample_time; /* the device's, of that frame */
    UInt64 host_time;
} cm_playout_anchor;

/* What a cycle is told. */
typedef struct cm_playout_cycle {
    Float64 sample_time; /* the device's, of the first frame */
    UInt64 host_time;    /* 0 when there is none */
    UInt32 frames;
    AudioBufferList *out; /* interleaved native floats, zeros before */
    bool stops_short;     /* time does not go on where there is nothing to render */
} cm_playout_cycle;

typedef struct cm_playout {
    cm_ring sound, marks, events;
    UInt32 channels, out_channels;
    Float64 rate;    /* Hz */
    Float32 *matrix; /* gains[channel * out_channels + out channel] */
    Float32 *block;  /* CM_PLAYOUT_BLOCK frames of sound */

    /* The renderer's own. */
    uint64_t position;
    uint64_t elapsed;
    bool is_playing; /* sound is on its way: running short would be an underrun */
    bool has_mark;
    cm_mark next;
    cm_ramp volume, pan;
    uint32_t seen[16];         /* serials of the parameters taken over */
    Float64 expected;          /* the device's sample time of the next cycle; NAN: any */
    Float64 start_sample_time; /* wait for it; NAN: none */
    UInt64 start_host_time;    /* wait for it; 0: none */

    /* Shared. */
    _Atomic uint64_t parameters[16]; /* serial << 32 | the bits of a value that the client set */
    _Atomic Float32 current[16];     /* values in force */
    _Atomic uint64_t underruns;      /* times that sound did not come in time */
    _Atomic uint64_t discontinuities;
    atomic_bool meters;
    _Atomic Float32 *power, *peak;  /* mean square and peak of each channel */
    _Atomic uint32_t anchor_serial; /* odd while the anchor is written */
    _Atomic Float64 anchor_elapsed, anchor_sample_time;
    _Atomic UInt64 anchor_host_time;
    atomic_bool has_anchor;
    atomic_bool has_events; /* since the worker last looked */
} cm_playout;

/* [control] Parameters at their defaults, no ring yet. */
OSStatus cm_playout_init(cm_playout *r, UInt32 channels);
void cm_playout_free(cm_playout *r);

/* [control, nothing renders] A ring of at least `frames`, if it is not that large already; empties it. */
OSStatus cm_playout_resize(cm_playout *r, size_t frames);

/* [control, nothing renders] What sound goes out as; matrix (channels x out_channels) is copied. */
OSStatus cm_playout_set_output(cm_playout *r, Float64 rate, UInt32 out_channels, const Float32 *matrix);

/* [control, nothing renders] Drops sound and marks, without events. */
void cm_playout_clear(cm_playout *r);

/* [control, nothing renders] Back to time 0, and a gap in time before the next cycle if a start time is
 * given. */
void cm_playout_rewind(cm_playout *r);
void cm_playout_resume(cm_playout *r); /* the device's time may have jumped */
void cm_playout_start_at(cm_playout *r, const AudioTimeStamp *time);

/* [worker] */
size_t cm_playout_writable(const cm_playout *r); /* frames */
size_t cm_playout_readable(const cm_playout *r);
void cm_playout_write(cm_playout *r, const Float32 *frames, size_t count);
bool cm_playout_mark(cm_playout *r, const cm_mark *mark); /* false: no room now */
bool cm_playout_has_marks(const cm_playout *r);
bool cm_playout_next_event(cm_playout *r, cm_mark *event);

/* [any] */
void cm_playout_set_parameter(cm_playout *r, AudioQueueParameterID id, AudioQueueParameterValue value);
AudioQueueParameterValue cm_playout_parameter(const cm_playout *r, AudioQueueParameterID id);
/* False when nothing was rendered since the start or a pause: then only `elapsed` counts. */
bool cm_playout_anchor_now(cm_playout *r, cm_playout_anchor *anchor);

/*
 * [render] One cycle. Returns the frames up to the last that the queue had something for: sound, or silence
 * before a start time. The rest is silence, and time goes on.
 */
UInt32 cm_playout_run(cm_playout *r, const cm_playout_cycle *cycle);

#endif
