/* linear.h: resampling by straight lines between neighbouring frames: the cheapest, with images and aliases.
 */
#ifndef CM_CONVERT_LINEAR_H
#define CM_CONVERT_LINEAR_H

#include "../format/pcm.h"

typedef struct cm_linear {
    UInt32 channels;
    bool is_wide; /* float64 frames, else float32 */
    double step;  /* input frames per output frame */
    UInt64 count; /* output frames made */
    UInt64 base;  /* number of the first frame of `last` */
    bool has_last, has_held;
    double *last; /* the frame before the input at hand */
    double *held; /* output frame `count`, made but not yet due */
} cm_linear;

OSStatus cm_linear_open(cm_linear *linear, const cm_pcm *pcm);
void cm_linear_close(cm_linear *linear);

/* Starts over. ratio: output frames per input frame. */
void cm_linear_begin(cm_linear *linear, double ratio);

/*
 * An output frame is given out once it is among the round(n * ratio) that are due for the n frames that came
 * so far. in NULL: the last frame of input is held, for ever.
 */
void cm_linear_process(cm_linear *linear, const void *in, size_t frames, size_t *done, void *out, size_t room,
                       size_t *made);

#endif
