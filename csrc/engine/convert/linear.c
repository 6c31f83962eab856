#include "linear.h"

#include <math.h>
#include <stdlib.h>

OSStatus cm_linear_open(cm_linear *l, const cm_pcm *pcm)
{
    l->channels = pcm->channels;
    l->is_wide = pcm->bytes == 8;
    l->last = calloc(2 * (size_t)pcm->channels, sizeof *l->last);
    l->held = l->last ? l->last + pcm->channels : NULL;
    return l->last ? noErr : kAudio_MemFullError;
}

void cm_linear_close(cm_linear *l)
{
    free(l->last);
    l->last = NULL;
}

void cm_linear_begin(cm_linear *l, double ratio)
{
    l->step = 1 / ratio;
    l->count = l->base = 0;
    l->has_last = l->has_held = false;
}

static double sample(const cm_linear *l, const void *frames, size_t index)
{
    return l->is_wide ? ((const double *)frames)[index] : (double)((const float *)frames)[index];
}

static void store(const cm_linear *l, void *frames, size_t index, double value)
{
    if (l->is_wide)
        ((double *)frames)[index] = value;
    else
        ((float *)frames)[index] = (float)value;
}

/* Frame `number` of the whole sound: the last one kept, or one of `in`. */
static double value_at(const cm_linear *l, const void *in, UInt64 number, UInt32 channel)
{
    if (l->has_last && number == l->base)
        return l->last[channel];
    return sample(l, in, (size_t)(number - l->base - l->has_last) * l->channels + channel);
}

static void keep_last(cm_linear *l, const void *in, size_t frames)
{
    for (UInt32 c = 0; c < l->channels; c++)
        l->last[c] = sample(l, in, (frames - 1) * l->channels + c);
    l->base += frames - !l->has_last;
    l->has_last = true;
}

/* False: the input that the next frame needs is not here. */
static bool make_frame(cm_linear *l, const void *in, UInt64 end)
{
    double at = (double)l->count * l->step, whole = floor(at);
    UInt64 first = (UInt64)whole;
    bool hold = !in && l->has_last && first >= l->base;
    if (!hold && first + 1 >= end)
        return false;
    for (UInt32 c = 0; c < l->channels; c++) {
        double a = hold ? l->last[c] : value_at(l, in, first, c);
        double b = hold ? a : value_at(l, in, first + 1, c);
        l->held[c] = a + (at - whole) * (b - a);
    }
    return true;
}

void cm_linear_process(cm_linear *l, const void *in, size_t frames, size_t *done, void *out, size_t room,
                       size_t *made)
{
    UInt64 end = l->base + l->has_last + frames; /* number of the first frame that is not here */
    *made = *done = 0;
    for (;;) {
        l->has_held = l->has_held || make_frame(l, in, end);
        bool is_due = !in || (double)l->count + 0.5 <= (double)end / l->step;
        if (!l->has_held || !is_due)
            break;
        if (*made == room)
            return;
        for (UInt32 c = 0; c < l->channels; c++)
            store(l, out, *made * l->channels + c, l->held[c]);
        l->has_held = false;
        ++*made;
        ++l->count;
    }
    if (frames > 0) {
        keep_last(l, in, frames);
        *done = frames;
    }
}
