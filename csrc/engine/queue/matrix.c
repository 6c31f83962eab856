/* Which channel of a queue goes where. */
#include "../format/layout.h"
#include "../format/mix.h"
#include "../format/pcm.h"
#include "queue.h"

#include <stdlib.h>

static OSStatus labels_of(const AudioChannelLayout *layout, UInt32 channels, AudioChannelLabel *labels)
{
    AudioChannelLayout usual = { .mChannelLayoutTag = cm_layout_default_tag(channels) };
    if (!layout || cm_layout_channels(layout) != channels)
        layout = &usual;
    cm_layout_labels(layout, labels, channels);
    return noErr;
}

static void assign(const SInt32 *assignments, UInt32 from, UInt32 to, Float32 *matrix)
{
    for (UInt32 i = 0; i < from; i++)
        if (assignments[i] >= 0 && (UInt32)assignments[i] < to)
            matrix[i * to + (UInt32)assignments[i]] = 1;
}

/* Without a word about layouts, and as many channels on both sides, they go across by number. */
static OSStatus mix(const cm_queue *q, UInt32 from, UInt32 to, const AudioChannelLayout *out_layout,
                    Float32 *matrix)
{
    AudioChannelLabel from_labels[CM_MAX_CHANNELS], to_labels[CM_MAX_CHANNELS];
    if (from == to && !q->layout) {
        for (UInt32 i = 0; i < from; i++)
            matrix[i * to + i] = 1;
        return noErr;
    }
    labels_of(q->layout, from, from_labels);
    labels_of(out_layout, to, to_labels);
    return cm_mix_matrix(from_labels, from, to_labels, to, matrix);
}

OSStatus cm_queue_set_output(cm_queue *q, Float64 rate, UInt32 channels, const AudioChannelLayout *layout)
{
    UInt32 from = q->format.mChannelsPerFrame;
    Float32 *matrix = channels <= CM_MAX_CHANNELS ? calloc((size_t)from * channels, sizeof *matrix) : NULL;
    if (!matrix)
        return kAudio_MemFullError;
    OSStatus status = noErr;
    if (q->assignments && !q->offline)
        assign(q->assignments, from, channels, matrix);
    else
        status = mix(q, from, channels, layout, matrix);
    for (UInt32 i = 0; status != noErr && i < from && i < channels; i++)
        matrix[i * channels + i] = 1;
    status = cm_playout_set_output(&q->playout, rate, channels, matrix);
    free(matrix);
    return status;
}
