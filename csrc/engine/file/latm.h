/*
 * latm.h: AudioMuxElement with its configuration in band (LATM, ISO/IEC 14496-3, 1.7.3), and the frames of an
 * AudioSyncStream (LOAS, 1.7.2) around it. Of multiplexes those of one program with one layer are known, in
 * which every payload is a packet.
 */
#ifndef CM_FILE_LATM_H
#define CM_FILE_LATM_H

#include "../base/status.h"
#include "../format/aac_config.h"

#include <stdbool.h>

#define CM_LATM_PAYLOADS 64u /* most in one element */
#define CM_LOAS_HEAD 3u
#define CM_LOAS_MOST (CM_LOAS_HEAD + 8191u) /* bytes of a frame */

typedef struct cm_latm_config {
    UInt8 audio[CM_AAC_CONFIG_MAX]; /* an AudioSpecificConfig, padded with zero bits; */
    size_t audio_size;              /* 0: no configuration yet */
    UInt32 payloads;                /* in an element */
    UInt32 fixed_size;              /* bytes of every payload; 0: each tells its own */
} cm_latm_config;

typedef struct cm_latm_payload {
    size_t bit; /* in the element: it need not begin with a byte */
    UInt32 size;
} cm_latm_payload;

/*
 * Finds the payloads of an element; none while there is no configuration. config becomes the element's own if
 * it brings one. kAudioFileInvalidFileError for a damaged one, kAudioFileUnsupportedDataFormatError for a
 * multiplex of more than one layer; config is then as before.
 */
OSStatus cm_latm_parse(const UInt8 *element, size_t size, cm_latm_config *config,
                       cm_latm_payload payloads[CM_LATM_PAYLOADS], UInt32 *count);

bool cm_latm_same(const cm_latm_config *a, const cm_latm_config *b);

/* Bytes from a bit on. from holds size bytes, and one more unless bit is 0 modulo 8. */
void cm_latm_copy(const UInt8 *from, unsigned bit, UInt32 size, UInt8 *to);

/* The size of the frame that starts with these three bytes; 0 when none does. */
UInt32 cm_loas_size(const UInt8 *head);

/*
 * Makes a frame of one packet; with the configuration (config->audio, as long as audio_bits says) or without.
 * to holds CM_LOAS_MOST bytes. *bit becomes the place of the packet in the frame. Returns the frame's size, 0
 * when the packet is too large.
 */
UInt32 cm_loas_make(const cm_latm_config *config, bool tell, const UInt8 *packet, UInt32 size, UInt8 *to,
                    size_t *bit);

#endif
