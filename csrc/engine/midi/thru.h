/*
 * thru.h: what a thru connection does to a message: MIDIThruConnectionParams checked, made ready, and
 * applied.
 *
 * A plan is one set of parameters; it never changes, so that a connection swaps plans while messages flow.
 * What differs from source to source (selected parameters, notes that sound) is in a state, of which a
 * connection has one for each source. Applying allocates nothing and takes no lock.
 */
#ifndef CM_MIDI_THRU_H
#define CM_MIDI_THRU_H

#include "midi/ump.h"

#include <CoreFoundation/CoreFoundation.h>
#include <CoreAudioTypes/CoreAudioTypes.h>
#include <CoreMIDI/MIDIThruConnection.h>

enum { CM_THRU_MAX_WORDS = 8 }; /* that one message may become */

typedef struct {
    MIDIThruConnectionParams params;
    const MIDIControlTransform *controls; /* params.numControlTransforms, behind the plan in the same block */
    const MIDIValueMap *maps;             /* params.numMaps, behind those */
    uint32_t pairs;  /* controllers 0 .. 31, a bit each, that some transform takes as 14 bits */
    bool parameters; /* some transform is of registered or non-registered parameters */
} cm_thru_plan;

/* Where data entry of MIDI 1.0 goes, and the coarse halves of its controllers. */
typedef struct {
    uint8_t coarse[32];   /* of controllers 0 .. 31 */
    uint8_t kind;         /* CM_UMP_REGISTERED, CM_UMP_ASSIGNABLE, 0 none */
    uint8_t parameter[2]; /* most significant seven bits, least */
    uint8_t data;         /* data entry's most significant seven bits */
} cm_thru_channel;

/* One source's state; all zeros is the start. One thread at a time. */
typedef struct {
    cm_thru_channel channels[CM_UMP_GROUPS][CM_UMP_CHANNELS];
    /* What a sounding note was turned into, so that its end is turned into the same although the plan may
     * have changed: CM_THRU_SOUNDS | channel << 8 | note. */
    uint16_t notes[CM_UMP_GROUPS][CM_UMP_CHANNELS][128];
} cm_thru_state;

enum { CM_THRU_SOUNDS = 0x8000 };

/* [any] Bytes of parameters with these numbers of control transforms and value maps. */
size_t cm_thru_size(uint32_t control_transforms, uint32_t maps);

/*
 * [any] Checks length bytes that are to be MIDIThruConnectionParams with all that follows them, and makes a
 * plan of them, which the caller frees with free(). kAudio_ParamError, with a reason left behind, when they
 * are too short, of another version, name more than eight endpoints on a side, an unknown transform or
 * control type, a value map that is not there or a controller out of range; kAudio_MemFullError.
 */
OSStatus cm_thru_plan_new(const void *bytes, uint64_t length, cm_thru_plan **plan);

/* [any] The parameters of a plan as the data of MIDIThruConnectionGetParams, the caller's to release; NULL
 * when there is no memory. */
CFDataRef cm_thru_plan_data(const cm_thru_plan *plan);

/*
 * [any, render] What message becomes: words in out, 0 when it is left out. A message is answered in its own
 * protocol.
 *
 * Notes outside the note range, and note ons outside the velocity range, are left out; notes that a transform
 * puts beyond 0 .. 127 too. All other values stop at their least and greatest. A velocity never becomes 0.
 * Values of more than 7 bits (14 of pitch bend, 14-bit controls) keep their resolution; the parameters of
 * transforms count in 7 bits (pitch bend and 14-bit control types: in 14). Pitch bend is scaled about its
 * centre. Mapping something to a control replaces it: a note on gives the note's number or velocity, a note
 * off only the latter's 0. Transforms of a control apply in their order. filterOutAllControls spares the
 * channel mode messages (120 .. 127), and filterOutBeatClock covers song position, start, continue and stop
 * besides the clock.
 */
uint32_t cm_thru_apply(const cm_thru_plan *plan, cm_thru_state *state, const uint32_t *message,
                       uint32_t *out);

#endif
