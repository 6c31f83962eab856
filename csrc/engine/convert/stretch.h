/*
 * stretch.h: between time_pitch.c and the two ways of stretching.
 *
 * A stretcher makes pieces of `hop` frames. Piece number h lies around frame h * hop of what is made, and is
 * made from what lies around frame `at` of the input. Sound is planar: one array for each channel.
 */
#ifndef CM_CONVERT_STRETCH_H
#define CM_CONVERT_STRETCH_H

#include "onset.h"
#include "sinc.h"

#include <stddef.h>

/* Input as far as it is at hand: frames first .. first + count of the sound, whose beginning is frame 0. */
typedef struct cm_stretch_input {
    Float32 **planes;
    SInt64 first;
    size_t count;
    const cm_onsets *onsets;
} cm_stretch_input;

/* [render] Where that frame is; the caller knows that it is there. */
static inline const Float32 *cm_stretch_frame(const cm_stretch_input *in, UInt32 channel, SInt64 frame)
{
    return in->planes[channel] + (frame - in->first);
}

/* What both kinds have in common, first in their own structs. */
typedef struct cm_stretch {
    const struct cm_stretch_method *method;
    UInt32 channels, hop;
    UInt32 lag;         /* frames by which what is complete stays behind the middle of the last piece */
    UInt32 back, ahead; /* frames of input that a piece wants on either side of its middle */
} cm_stretch;

typedef struct cm_stretch_method {
    cm_stretch *(*open)(Float64 rate, UInt32 channels); /* NULL without memory */
    void (*close)(cm_stretch *s);
    void (*reset)(cm_stretch *s); /* [render] */
    /* [render] Makes the piece around input frame `at`, and gives `hop` frames, which are those before frame
     * (number of the piece + 1) * hop - lag. step: input frames to the piece after it. */
    void (*make)(cm_stretch *s, const cm_stretch_input *in, Float64 at, Float64 step, Float32 **out);
} cm_stretch_method;

extern const cm_stretch_method cm_stretch_spectral, cm_stretch_time_domain;

/* [control] `channels` zeroed arrays; NULL without memory. */
Float32 **cm_stretch_planes_new(UInt32 channels, size_t frames);
void cm_stretch_planes_free(Float32 **planes);

#endif
