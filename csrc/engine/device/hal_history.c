#include "hal_history.h"

#include <CoreAudio/AudioHardwareBase.h>

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BYTES ((size_t)16 << 20)

bool cm_history_init(cm_history *history, UInt32 channels, Float64 rate)
{
    *history = (cm_history){ .channels = channels, .frames = 1024 };
    if (channels == 0)
        return true;
    size_t frame = channels * sizeof *history->samples;
    while ((Float64)history->frames < rate && (size_t)history->frames * 2 * frame <= MOST_BYTES)
        history->frames *= 2;
    history->samples = calloc(history->frames, frame);
    return history->samples != NULL;
}

void cm_history_free(cm_history *history)
{
    free(history->samples);
    history->samples = NULL;
}

/* A run of frames in the ring, which may be cut by its end; a NULL source is silence. */
static void put(cm_history *h, SInt64 at, const Float32 *from, UInt32 frames)
{
    for (UInt32 done = 0; done < frames;) {
        UInt32 place = (UInt32)(at + done) & (h->frames - 1);
        UInt32 part = frames - done < h->frames - place ? frames - done : h->frames - place;
        Float32 *to = h->samples + (size_t)place * h->channels;
        size_t bytes = (size_t)part * h->channels * sizeof *to;
        if (from)
            memcpy(to, from + (size_t)done * h->channels, bytes);
        else
            memset(to, 0, bytes);
        done += part;
    }
}

void cm_history_write(cm_history *h, const Float32 *input, UInt32 frames, Float64 sample)
{
    SInt64 at = (SInt64)llrint(sample), end = atomic_load(&h->end), from = atomic_load(&h->from);
    if (!h->samples || !input || frames > h->frames / 2)
        return;
    if (at < end || at - end > (SInt64)h->frames / 2) /* another count of samples, or a long pause */
        from = end = at;
    SInt64 oldest = at + frames - h->frames;
    /* Told first, so that a reader who sees the old samples change knows. */
    atomic_store(&h->from, from > oldest ? from : oldest);
    if (at > end)
        put(h, end, NULL, (UInt32)(at - end));
    put(h, at, input, frames);
    atomic_store(&h->end, at + frames);
}

OSStatus cm_history_read(const cm_history *history, Float64 sample, UInt32 frames, Float32 *out)
{
    cm_history *h = (cm_history *)(uintptr_t)history;
    SInt64 at = (SInt64)llrint(sample);
    if (!h->samples || frames > h->frames || at < atomic_load(&h->from))
        return kAudioHardwareIllegalOperationError;
    if (at + frames > atomic_load(&h->end))
        return kAudioHardwareNotReadyError;
    for (UInt32 i = 0; i < frames; i++) {
        UInt32 place = (UInt32)(at + i) & (h->frames - 1);
        memcpy(out + (size_t)i * h->channels, h->samples + (size_t)place * h->channels,
               h->channels * sizeof *out);
    }
    atomic_thread_fence(memory_order_acquire);
    return at < atomic_load(&h->from) ? kAudioHardwareIllegalOperationError : noErr;
}
