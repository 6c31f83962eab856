/* onset.h: finds where sound sets in: the beat of a drum, the pluck of a string. */
#ifndef CM_CONVERT_ONSET_H
#define CM_CONVERT_ONSET_H

#include <CoreAudioTypes/CoreAudioTypes.h>
#include <stdbool.h>
#include <stddef.h>

enum { CM_ONSETS = 32, CM_ONSET_BLOCK = 64, CM_ONSET_PAST = 64 };

typedef struct cm_onsets {
    UInt32 past; /* blocks that a block is compared with */
    SInt64 apart;
    Float64 energies[CM_ONSET_PAST];
    UInt32 known, next;
    SInt64 frame; /* of the next to come */
    Float32 block[CM_ONSET_BLOCK], last;
    UInt32 filled;
    SInt64 found[CM_ONSETS]; /* the latest ones, ascending, oldest overwritten */
    UInt64 count;
} cm_onsets;

void cm_onsets_init(cm_onsets *o, Float64 rate);

/* [render] The sound begins anew. */
void cm_onsets_reset(cm_onsets *o);

/* [render] The next frames: of all channels, summed up by the caller. */
void cm_onsets_feed(cm_onsets *o, const Float32 *frames, size_t count);

/* [render] The first onset after that frame, among the latest; false for none. */
bool cm_onsets_after(const cm_onsets *o, SInt64 frame, SInt64 *onset);

#endif
