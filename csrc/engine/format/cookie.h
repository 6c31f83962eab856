/*
 * cookie.h: magic cookies, the set-up data that a compressed format needs beside its packets. One and the
 * same data is wrapped in different ways by Apple's APIs, by files and by decoders; here it is unwrapped and
 * wrapped.
 *
 * Finding functions look inside bytes that the caller keeps; what they give points into those. They return
 * false when the bytes are something else. All functions are [any].
 */
#ifndef CM_FORMAT_COOKIE_H
#define CM_FORMAT_COOKIE_H

#include "../base/status.h"

#include <stdbool.h>

typedef struct cm_span {
    const UInt8 *bytes;
    size_t size;
} cm_span;

/* ---- MPEG-4: an ES_Descriptor (ISO/IEC 14496-1), with or without the 'esds' box around it ---- */

typedef struct cm_esds {
    UInt8 object_type; /* objectTypeIndication: 0x40 AAC, 0x69 and 0x6B MPEG audio ... */
    UInt32 max_bit_rate, average_bit_rate;
    cm_span specific; /* DecoderSpecificInfo, empty when there is none */
} cm_esds;

CM_API bool cm_cookie_find_esds(cm_span cookie, cm_esds *esds);

/* The AudioSpecificConfig in an AAC cookie: of an ES_Descriptor, or the cookie itself. */
CM_API bool cm_cookie_find_aac(cm_span cookie, cm_span *config);

#define CM_ESDS_OVERHEAD 39u

/* Writes an ES_Descriptor around config, at most CM_ESDS_OVERHEAD bytes more than it. Returns the bytes. */
CM_API size_t cm_cookie_write_esds(UInt8 object_type, UInt32 buffer_size, UInt32 max_bit_rate,
                                   UInt32 average_bit_rate, cm_span config, UInt8 *to);

/* ---- Apple Lossless: ALACSpecificConfig ---- */

typedef struct cm_alac_config {
    UInt32 frames_per_packet;
    UInt8 bits, channels;
    UInt32 max_packet_size, bit_rate, rate;
} cm_alac_config;

#define CM_ALAC_CONFIG_SIZE 24u

/* Finds the 24 bytes, behind any 'frma' and 'alac' atoms. config may be NULL. */
CM_API bool cm_cookie_find_alac(cm_span cookie, cm_span *found, cm_alac_config *config);

/* ---- FLAC: STREAMINFO ---- */

typedef struct cm_flac_info {
    UInt32 min_block, max_block; /* frames */
    UInt32 min_frame, max_frame; /* bytes, 0 unknown */
    UInt32 rate;
    UInt32 channels, bits;
    UInt64 total_frames; /* 0 unknown */
} cm_flac_info;

#define CM_FLAC_INFO_SIZE 34u
#define CM_FLAC_COOKIE_SIZE 50u

/* Finds the 34 bytes: in a 'dfLa' box or its contents, behind "fLaC", behind a block header, or alone. */
CM_API bool cm_cookie_find_flac(cm_span cookie, cm_span *found, cm_flac_info *info);

/* A whole 'dfLa' box, which is what others look for in CAF: version and flags, block header, STREAMINFO. */
CM_API void cm_cookie_write_flac(const UInt8 info[CM_FLAC_INFO_SIZE], UInt8 to[CM_FLAC_COOKIE_SIZE]);

/* ---- Opus: OpusHead (RFC 7845) and dOps ---- */

typedef struct cm_opus_head {
    UInt8 channels;
    UInt16 pre_skip;   /* frames of 48 kHz */
    UInt32 input_rate; /* of what was encoded; 0 unknown */
    SInt16 gain;       /* dB times 256 */
    UInt8 family;
    UInt8 streams, coupled; /* family 0: 1 and channels - 1 */
    UInt8 mapping[255];
} cm_opus_head;

#define CM_OPUS_HEAD_MAX (21u + 255u)

CM_API bool cm_cookie_find_opus(cm_span cookie, cm_opus_head *head);

/* Each writes at most CM_OPUS_HEAD_MAX bytes and returns how many. The second writes a dOps box's contents.
 */
CM_API size_t cm_cookie_write_opus_head(const cm_opus_head *head, UInt8 *to);
CM_API size_t cm_cookie_write_dops(const cm_opus_head *head, UInt8 *to);

/* ---- Vorbis: the three header packets, with their lengths as in Xiph lacing before them ---- */

CM_API bool cm_cookie_find_vorbis(cm_span cookie, cm_span headers[3]);

/* Bytes of the cookie made of the headers; writes them when to is not NULL. */
CM_API size_t cm_cookie_write_vorbis(const cm_span headers[3], UInt8 *to);

#endif
