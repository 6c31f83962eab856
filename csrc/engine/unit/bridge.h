/*
 * bridge.h: a stream of one format pulled as another: sample type, channels, rate. For units that stand
 * between a client and a device or two kinds of sound.
 */
#ifndef CM_UNIT_BRIDGE_H
#define CM_UNIT_BRIDGE_H

#include "unit.h"

typedef struct cm_converter cm_converter;

/* [render] Supplies *frames frames (at most cm_bridge_plan.max_frames), or fewer and says how many; none: an
 * error. */
typedef OSStatus (*cm_bridge_pull)(void *context, AudioUnitRenderActionFlags *flags,
                                   const AudioTimeStamp *time, UInt32 *frames, AudioBufferList **list);

typedef struct cm_bridge_plan {
    AudioStreamBasicDescription from, to;
    const AudioChannelLayout *from_layout, *to_layout; /* NULL: the usual ones. Not kept */
    UInt32 from_layout_size, to_layout_size;
    const SInt32
        *map; /* for each channel of `to` one of `from`, or -1; NULL: mixed by the layouts. Not kept */
    UInt32 max_frames; /* asked of pull at once */
    cm_bridge_pull pull;
    void *context;
} cm_bridge_plan;

typedef struct cm_bridge {
    cm_bridge_plan plan;
    cm_converter *converter; /* NULL: the two formats are one */
    cm_pcm pcm;              /* of `to` */
    Float64 ratio;           /* input frames per output frame */
    bool is_warm;
    cm_buffers silence; /* what it was warmed up with, of which a rate converter may still hold a part */
    Float64 next_out, next_in;       /* sample times of the frames that come next on either side */
    const AudioTimeStamp *time;      /* of the call that is running */
    AudioUnitRenderActionFlags told; /* by every pull of the call */
    bool has_pulled;
} cm_bridge;

/* [control] Takes a bridge that is open too. kAudioUnitErr_FormatNotSupported */
OSStatus cm_bridge_open(cm_bridge *bridge, const cm_bridge_plan *plan);

/* [control] Takes a zeroed one too. */
void cm_bridge_close(cm_bridge *bridge);

/*
 * [control] Runs on silence until nothing more has to be allocated, for a render thread that comes next. A
 * rate converter then still holds some of the silence, which comes out before the sound.
 */
OSStatus cm_bridge_warm_up(cm_bridge *bridge);

/* [control] Forgets the sound so far. */
void cm_bridge_reset(cm_bridge *bridge);

/* [render] Fills the list's buffers with `frames` frames. */
OSStatus cm_bridge_render(cm_bridge *bridge, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                          UInt32 frames, AudioBufferList *list);

/* [render] As many frames as come of what pull has, no more than the list holds. Their time is next_out. */
UInt32 cm_bridge_drain(cm_bridge *bridge, AudioBufferList *list);

#endif
