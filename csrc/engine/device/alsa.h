/*
 * alsa.h: what the parts of the ALSA driver share. alsa.c lists devices and watches for changes, alsa_pcm.c
 * opens one side of one, alsa_io.c runs streams, alsa_mixer.c has the volumes.
 *
 * A device's uid is "alsa:" and the name of its PCM: hw:CARD=..,DEV=.. for a card's own, which one program
 * has at a time and which runs at the card's own rates, or a name of the user's configuration.
 */
#ifndef CM_DEVICE_ALSA_H
#define CM_DEVICE_ALSA_H

#include "alsa_api.h"
#include "driver.h"

#define CM_ALSA_PREFIX "alsa:"

/* [any] The name of the PCM in a uid; NULL where it is not one of ours. */
const char *cm_alsa_pcm_name(const char *uid);

OSStatus cm_alsa_io_open(void *driver, const char *uid, cm_io_settings *settings, void **io);
OSStatus cm_alsa_io_start(void *io);
OSStatus cm_alsa_io_stop(void *io);
void cm_alsa_io_close(void *io);
OSStatus cm_alsa_io_time(void *io, AudioTimeStamp *now);

/* [control] Fills in the volume and mute of a side, where the card of this PCM has them. */
void cm_alsa_mixer_describe(const char *pcm, cm_side side, cm_device_side *to);

OSStatus cm_alsa_set_volume(void *driver, const char *uid, cm_side side, UInt32 channel, Float32 volume);
OSStatus cm_alsa_set_mute(void *driver, const char *uid, cm_side side, bool mute);

#endif
