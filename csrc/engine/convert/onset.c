#include "onset.h"

#include <math.h>

/* A block with so many times the energy of those before it is an onset. */
#define RISE 10.0
/* Energy of a block that is nothing to be heard: -100 dB. */
#define FLOOR (1e-10 * CM_ONSET_BLOCK)
/* A low tone's energy comes and goes within its period, 50 ms of it at 20 Hz; and onsets are no closer. */
#define PAST_SECONDS 0.05

void cm_onsets_init(cm_onsets *o, Float64 rate)
{
    Float64 blocks = PAST_SECONDS * rate / CM_ONSET_BLOCK;
    *o = (cm_onsets){ .past = blocks < 4 ? 4 : blocks > CM_ONSET_PAST ? CM_ONSET_PAST : (UInt32)blocks };
    o->apart = (SInt64)o->past * CM_ONSET_BLOCK;
}

void cm_onsets_reset(cm_onsets *o)
{
    o->known = o->next = o->filled = 0;
    o->frame = 0;
    o->last = 0;
    o->count = 0;
}

static void note(cm_onsets *o, SInt64 frame)
{
    if (o->count == 0 || frame - o->found[(o->count - 1) % CM_ONSETS] >= o->apart)
        o->found[o->count++ % CM_ONSETS] = frame;
}

/* The block at hand holds differences between neighbours, in which what is sudden stands out. */
static void judge(cm_onsets *o)
{
    Float64 energy = 0, before = 0;
    Float32 most = 0;
    for (UInt32 i = 0; i < CM_ONSET_BLOCK; i++) {
        energy += (Float64)o->block[i] * o->block[i];
        most = fmaxf(most, fabsf(o->block[i]));
    }
    for (UInt32 i = 0; i < o->known; i++)
        before += o->energies[i];
    before = o->known > 0 ? before / o->known : 0;
    if (energy > FLOOR && energy > RISE * before) {
        UInt32 i = 0;
        while (fabsf(o->block[i]) < 0.25f * most)
            i++;
        note(o, o->frame - CM_ONSET_BLOCK + i);
    }
    o->energies[o->next] = energy;
    o->next = (o->next + 1) % o->past;
    o->known += o->known < o->past;
    o->filled = 0;
}

void cm_onsets_feed(cm_onsets *o, const Float32 *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        o->block[o->filled++] = frames[i] - o->last;
        o->last = frames[i];
        o->frame++;
        if (o->filled == CM_ONSET_BLOCK)
            judge(o);
    }
}

bool cm_onsets_after(const cm_onsets *o, SInt64 frame, SInt64 *onset)
{
    UInt64 first = o->count > CM_ONSETS ? o->count - CM_ONSETS : 0;
    for (UInt64 i = first; i < o->count; i++) {
        *onset = o->found[i % CM_ONSETS];
        if (*onset > frame)
            return true;
    }
    return false;
}
