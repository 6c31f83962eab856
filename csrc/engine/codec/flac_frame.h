/*
 * flac_frame.h: frame headers of FLAC (RFC 9639, 9.1). A frame does not tell its size: it ends where the next
 * one begins.
 */
#ifndef CM_CODEC_FLAC_FRAME_H
#define CM_CODEC_FLAC_FRAME_H

#include <CoreFoundation/CFBase.h>

#define CM_FLAC_HEAD_MAX 16u

typedef struct cm_flac_frame {
    UInt32 frames;      /* of PCM */
    UInt64 number;      /* of the frame; of its first PCM frame where is_variable */
    bool is_variable;   /* the stream's frames differ in length */
    UInt16 key;         /* equal for all frames of a stream: blocking strategy, rate, channels, bits */
    UInt32 header_size; /* bytes, its CRC included */
} cm_flac_frame;

/* True when a frame header with a right checksum starts here. */
bool cm_flac_frame_parse(const UInt8 *bytes, size_t size, cm_flac_frame *frame);

/* The checksum of bytes, 0 over a whole frame. crc: 0, or the result for the bytes before. */
UInt16 cm_flac_crc16(UInt16 crc, const UInt8 *bytes, size_t size);

#endif
