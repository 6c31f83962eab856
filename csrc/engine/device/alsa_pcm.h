/*
 * alsa_pcm.h: one side of an ALSA device: what it can do, and an open one that takes and gives interleaved
 * Float32 whatever the card's own format is.
 */
#ifndef CM_DEVICE_ALSA_PCM_H
#define CM_DEVICE_ALSA_PCM_H

#include "alsa_api.h"
#include "driver.h"
#include "format/pcm.h"

typedef struct cm_alsa_ability {
    UInt32 channels; /* 0: it cannot be opened */
    UInt32 rate_count;
    Float64 rates[CM_DEVICE_RATES]; /* ascending */
    UInt32 min_frames, max_frames;  /* of a period */
} cm_alsa_ability;

/* [control] Opens the PCM for a moment; false when it is busy or not there. */
bool cm_alsa_probe(const char *name, cm_side side, cm_alsa_ability *ability);

typedef struct cm_alsa_access cm_alsa_access;

typedef struct cm_alsa_pcm {
    snd_pcm_t *handle;
    cm_side side;
    UInt32 rate;
    UInt32 channels;              /* that the stream has */
    UInt32 card_channels;         /* that the card has: at least as many; the others get silence */
    UInt32 period, buffer;        /* frames */
    const cm_alsa_access *access; /* how samples lie and are moved */
    cm_pcm format;                /* of the card */
    cm_pcm floats;                /* interleaved Float32 of card_channels */
    Float32 *wide;                /* as many frames as the buffer, NULL where the channels are the same */
    UInt8 *bytes;                 /* in the card's format, as many frames as the buffer */
    void **planes;                /* into bytes: one for each plane, or one in all */
} cm_alsa_pcm;

/*
 * [control] Opens name, and plug:name where the card itself has nothing that we can convert, without blocking
 * ever. Takes the nearest period to `frames`, and a buffer of three of them. Close it also when it fails.
 */
OSStatus cm_alsa_pcm_open(cm_alsa_pcm *pcm, const char *name, cm_side side, Float64 rate, UInt32 channels,
                          UInt32 frames);
void cm_alsa_pcm_close(cm_alsa_pcm *pcm);

/*
 * [render] Moves frames, at most as many as the buffer has. Zero, or a negative error of ALSA; -EPIPE also
 * when not all could be moved.
 */
int cm_alsa_pcm_read(cm_alsa_pcm *pcm, Float32 *to, UInt32 frames);
int cm_alsa_pcm_write(cm_alsa_pcm *pcm, const Float32 *from, UInt32 frames);

#endif
