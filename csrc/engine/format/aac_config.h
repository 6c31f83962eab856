/*
 * aac_config.h: the AudioSpecificConfig of ISO/IEC 14496-3, the few bytes without which raw AAC means
 * nothing.
 */
#ifndef CM_FORMAT_AAC_CONFIG_H
#define CM_FORMAT_AAC_CONFIG_H

#include "../base/status.h"

#include <stdbool.h>

#define CM_AAC_CONFIG_MAX 128 /* bytes of the longest one that is made here */

enum {
    CM_AAC_MAIN = 1,
    CM_AAC_LC = 2,
    CM_AAC_SSR = 3,
    CM_AAC_LTP = 4,
    CM_AAC_SBR = 5,
    CM_AAC_LD = 23,
    CM_AAC_PS = 29,
    CM_AAC_ELD = 39,
    CM_AAC_USAC = 42
};

/* Whether an extension is in the stream. Not said leaves a decoder to look for itself. */
typedef enum { CM_AAC_NOT_SAID, CM_AAC_ABSENT, CM_AAC_PRESENT } cm_aac_presence;

typedef struct cm_aac_config {
    UInt32 object_type;       /* of the base layer: never CM_AAC_SBR or CM_AAC_PS */
    UInt32 rate;              /* Hz of the base layer */
    UInt32 channel_config;    /* 0: a program config element says */
    UInt32 channels;          /* of the base layer; 0 where only the decoder can tell */
    UInt32 frames_per_packet; /* of the base layer */
    cm_aac_presence sbr, ps;
    UInt32 sbr_rate;      /* Hz, with SBR */
    size_t specific_from; /* bits: the part behind the channel configuration */
    size_t specific_to;
    bool is_cut; /* some iTunes files announce a delay and leave it out: two bytes, 12 12 */
} cm_aac_config;

/* [any] kAudioFormatUnsupportedDataFormatError when the bytes cannot be one. */
CM_API OSStatus cm_aac_config_parse(const void *bytes, size_t size, cm_aac_config *config);

/*
 * [any] The rate of an index of the standard's table 1.18; 0 for the reserved ones. And back: 15, "explicit",
 * when the rate has no index.
 */
CM_API UInt32 cm_aac_rate(UInt32 index);
CM_API UInt32 cm_aac_rate_index(UInt32 rate);

/* [any] Channels of a channel configuration, 0 for the reserved ones and 0; and back, 0 when there is none.
 */
CM_API UInt32 cm_aac_channels(UInt32 channel_config);
CM_API UInt32 cm_aac_channel_config(UInt32 channels);

/*
 * [any] Writes the same base layer with sbr and ps as config now says, signalled so that old decoders skip
 * it. original is what config was parsed from, or NULL for a config put together by hand. Returns the bytes,
 * 0 when it cannot be done.
 */
CM_API size_t cm_aac_config_write(const cm_aac_config *config, const void *original, UInt8 *to);

/*
 * [any] The formats that a stream can be decoded to, the richest first: at most 3 (parametric stereo, SBR,
 * the base layer). Returns how many.
 */
CM_API UInt32 cm_aac_formats(const cm_aac_config *config, AudioStreamBasicDescription formats[3]);

#endif
