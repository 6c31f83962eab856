/*
 * xing.h: the frame of silence with which encoders of MPEG layer 3 begin a file, and in which they say what
 * the format has no place for: number of frames, seek table, and the delay and padding that make it gapless.
 */
#ifndef CM_FILE_XING_H
#define CM_FILE_XING_H

#include "framing.h"

#define CM_MP3_DECODER_DELAY 529 /* frames that every layer 3 decoder adds to the encoder's delay */

typedef struct cm_xing {
    bool is_variable; /* "Xing" or "VBRI"; "Info" says constant bit rate */
    UInt32 packets;   /* of audio, this frame not counted; 0 not said */
    UInt32 bytes;     /* read: of the file from this frame on; to write: of the audio behind it */
    bool has_delay;
    UInt32 delay, padding; /* frames that the encoder added in front and behind */
} cm_xing;

/* bytes is a whole frame, frame its parsed header. False when it is ordinary audio. */
bool cm_xing_read(const UInt8 *bytes, const cm_frame *frame, cm_xing *xing);

/* Bytes of the frame that cm_xing_write makes for a stream with frames like this one; 0 when none is made. */
UInt32 cm_xing_size(const AudioStreamBasicDescription *format);

/* What is told besides: places of frames, of which 100 become the seek table, and the sum over the audio. */
typedef struct cm_xing_source {
    const SInt64 *offsets;
    SInt64 count;
    SInt64 from, to; /* of the audio */
    UInt16 music_crc;
} cm_xing_source;

/* Writes cm_xing_size bytes. like is the first four bytes of the first audio frame, NULL where there is none.
 */
void cm_xing_write(const cm_xing *xing, const cm_xing_source *source, const UInt8 *like,
                   const AudioStreamBasicDescription *format, UInt8 *to);

/* CRC-16 as the tag has it, going on from crc; 0 to begin. */
UInt16 cm_xing_crc(UInt16 crc, const UInt8 *bytes, size_t size);

#endif
