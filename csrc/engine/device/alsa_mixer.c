#include "alsa.h"

#include <CoreAudio/AudioHardwareBase.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The names that mixers give to the volume of a whole side, the best first. */
static const char *const names[CM_SIDES][6] = {
    [CM_INPUT] = { "Capture", "Mic", "Digital", "ADC", "Line", NULL },
    [CM_OUTPUT] = { "Master", "PCM", "Speaker", "Headphone", "Digital", NULL },
};

/* libasound has each function twice; the columns are the sides. */
typedef struct mixer_side {
    int (*has_volume)(snd_mixer_elem_t *element);
    int (*is_joined)(snd_mixer_elem_t *element);
    int (*has_channel)(snd_mixer_elem_t *element, snd_mixer_selem_channel_id_t channel);
    int (*has_switch)(snd_mixer_elem_t *element);
    int (*raw_range)(snd_mixer_elem_t *element, long *least, long *most);
    int (*raw)(snd_mixer_elem_t *element, snd_mixer_selem_channel_id_t channel, long *value);
    int (*set_raw)(snd_mixer_elem_t *element, snd_mixer_selem_channel_id_t channel, long value);
    int (*decibel_range)(snd_mixer_elem_t *element, long *least, long *most);
    int (*decibel)(snd_mixer_elem_t *element, snd_mixer_selem_channel_id_t channel, long *value);
    int (*set_decibel)(snd_mixer_elem_t *element, snd_mixer_selem_channel_id_t channel, long value,
                       int direction);
    int (*get_switch)(snd_mixer_elem_t *element, snd_mixer_selem_channel_id_t channel, int *on);
    int (*set_switch)(snd_mixer_elem_t *element, int on);
} mixer_side;

#define SIDE_FUNCTIONS(way)                                                                                  \
    (mixer_side)                                                                                             \
    {                                                                                                        \
        cm_alsa.snd_mixer_selem_has_##way##_volume, cm_alsa.snd_mixer_selem_has_##way##_volume_joined,       \
            cm_alsa.snd_mixer_selem_has_##way##_channel, cm_alsa.snd_mixer_selem_has_##way##_switch,         \
            cm_alsa.snd_mixer_selem_get_##way##_volume_range, cm_alsa.snd_mixer_selem_get_##way##_volume,    \
            cm_alsa.snd_mixer_selem_set_##way##_volume, cm_alsa.snd_mixer_selem_get_##way##_dB_range,        \
            cm_alsa.snd_mixer_selem_get_##way##_dB, cm_alsa.snd_mixer_selem_set_##way##_dB,                  \
            cm_alsa.snd_mixer_selem_get_##way##_switch, cm_alsa.snd_mixer_selem_set_##way##_switch_all       \
    }

typedef struct side_mixer {
    snd_mixer_t *mixer;
    snd_mixer_elem_t *element; /* NULL: no volume for this side */
    mixer_side f;
} side_mixer;

/* The control device of a PCM: the mixer is the card's, and belongs to its first device. */
static bool control_name(const char *pcm, char *name, size_t size)
{
    const char *card = strstr(pcm, "CARD="), *comma = strchr(pcm, ',');
    if (!card) {
        snprintf(name, size, "%s", pcm);
        return strcmp(pcm, "default") == 0;
    }
    if (!comma || strcmp(comma, ",DEV=0") != 0)
        return false;
    snprintf(name, size, "hw:%.*s", (int)(comma - card), card);
    return true;
}

static snd_mixer_elem_t *find(const side_mixer *m, const char *name)
{
    for (snd_mixer_elem_t *e = cm_alsa.snd_mixer_first_elem(m->mixer); e; e = cm_alsa.snd_mixer_elem_next(e))
        if (cm_alsa.snd_mixer_selem_is_active(e) && m->f.has_volume(e) &&
            strcmp(cm_alsa.snd_mixer_selem_get_name(e), name) == 0)
            return e;
    return NULL;
}

static side_mixer open_mixer(const char *pcm, cm_side side)
{
    char name[CM_DEVICE_TEXT];
    side_mixer m = { .f = side == CM_INPUT ? SIDE_FUNCTIONS(capture) : SIDE_FUNCTIONS(playback) };
    if (!control_name(pcm, name, sizeof name) || cm_alsa.snd_mixer_open(&m.mixer, 0) < 0)
        return (side_mixer){ 0 };
    if (cm_alsa.snd_mixer_attach(m.mixer, name) < 0 ||
        cm_alsa.snd_mixer_selem_register(m.mixer, NULL, NULL) < 0 || cm_alsa.snd_mixer_load(m.mixer) < 0)
        return m;
    for (size_t i = 0; names[side][i] && !m.element; i++)
        m.element = find(&m, names[side][i]);
    return m;
}

static void close_mixer(side_mixer *m)
{
    if (m->mixer)
        cm_alsa.snd_mixer_close(m->mixer);
}

/*
 * Decibels become the cubic scale of sound servers, on which 0 dB of the card is 1: v^3 is the gain. In
 * libasound they are hundredths.
 */
static bool decibel_range(const side_mixer *m, long *least, long *most)
{
    return m->f.decibel_range(m->element, least, most) == 0 && *most > *least;
}

static Float32 read_channel(const side_mixer *m, snd_mixer_selem_channel_id_t channel)
{
    long least = 0, most = 0, value = 0;
    if (decibel_range(m, &least, &most) && m->f.decibel(m->element, channel, &value) == 0)
        return value <= least ? 0 : (Float32)exp10((Float64)(value - most) / 6000);
    if (m->f.raw_range(m->element, &least, &most) || most <= least || m->f.raw(m->element, channel, &value))
        return 1;
    return (Float32)((Float64)(value - least) / (Float64)(most - least));
}

static int write_channel(const side_mixer *m, snd_mixer_selem_channel_id_t channel, Float32 volume)
{
    long least = 0, most = 0;
    if (decibel_range(m, &least, &most)) {
        Float64 value = volume > 0 ? (Float64)most + 6000 * log10((Float64)volume) : (Float64)least;
        return m->f.set_decibel(m->element, channel, lrint(fmax(value, (Float64)least)), 0);
    }
    int error = m->f.raw_range(m->element, &least, &most);
    return error
               ? error
               : m->f.set_raw(m->element, channel, least + lrint((Float64)volume * (Float64)(most - least)));
}

/*
 * The mixer counts its channels in the order of the PCM's. One that has a single volume for a side of several
 * channels has none for each.
 */
static UInt32 count_channels(const side_mixer *m, UInt32 wanted)
{
    UInt32 count = 0;
    if (m->f.is_joined(m->element))
        return 0;
    while (count < wanted && count <= SND_MIXER_SCHN_LAST && m->f.has_channel(m->element, (int)count))
        count++;
    return count == 1 && wanted > 1 ? 0 : count;
}

static void read_volumes(const side_mixer *m, cm_device_side *side)
{
    side->volume = read_channel(m, SND_MIXER_SCHN_FRONT_LEFT);
    side->volume_count = count_channels(m, side->channels);
    for (UInt32 i = 0; i < side->volume_count; i++) {
        side->volumes[i] = read_channel(m, (int)i);
        side->volume = fmaxf(side->volume, side->volumes[i]);
    }
}

/* The number of channels of a PCM is not asked for again: all that the mixer has count. */
static int write_volume(const side_mixer *m, UInt32 channel, Float32 volume)
{
    int error = 0;
    cm_device_side side = { .channels = CM_DEVICE_CHANNELS };
    read_volumes(m, &side);
    if (!side.volume_count)
        return write_channel(m, SND_MIXER_SCHN_FRONT_LEFT, volume);
    cm_side_set_volume(&side, channel, volume);
    for (UInt32 i = 0; i < side.volume_count && error >= 0; i++)
        if (!channel || i == channel - 1)
            error = write_channel(m, (int)i, side.volumes[i]);
    return error;
}

void cm_alsa_mixer_describe(const char *pcm, cm_side side, cm_device_side *to)
{
    int on = 1;
    side_mixer m = open_mixer(pcm, side);
    if (m.element) {
        to->has_volume = true;
        read_volumes(&m, to);
        to->has_mute = m.f.has_switch(m.element) &&
                       m.f.get_switch(m.element, SND_MIXER_SCHN_FRONT_LEFT, &on) == 0;
        to->mute = to->has_mute && !on;
    }
    close_mixer(&m);
}

OSStatus cm_alsa_set_volume(void *driver, const char *uid, cm_side side, UInt32 channel, Float32 volume)
{
    (void)driver;
    const char *pcm = cm_alsa_pcm_name(uid);
    side_mixer m = pcm ? open_mixer(pcm, side) : (side_mixer){ 0 };
    bool can = m.element && channel <= CM_DEVICE_CHANNELS &&
               (!channel || channel <= count_channels(&m, CM_DEVICE_CHANNELS));
    int error = can ? write_volume(&m, channel, fminf(fmaxf(volume, 0), 1)) : 0;
    close_mixer(&m);
    return error < 0 ? cm_alsa_fail(error, "setting the volume of", pcm)
           : can     ? 0
                     : kAudioHardwareUnsupportedOperationError;
}

OSStatus cm_alsa_set_mute(void *driver, const char *uid, cm_side side, bool mute)
{
    (void)driver;
    const char *pcm = cm_alsa_pcm_name(uid);
    side_mixer m = pcm ? open_mixer(pcm, side) : (side_mixer){ 0 };
    bool can = m.element && m.f.has_switch(m.element);
    int error = can ? m.f.set_switch(m.element, !mute) : 0;
    close_mixer(&m);
    return error < 0 ? cm_alsa_fail(error, "muting", pcm) : can ? 0 : kAudioHardwareUnsupportedOperationError;
}
