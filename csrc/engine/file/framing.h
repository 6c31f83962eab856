/*
 * framing.h: streams of frames that each begin with a header of their own: MPEG audio, ADTS, AC-3, AMR.
 * Parsers of one header, and walking from frame to frame.
 */
#ifndef CM_FILE_FRAMING_H
#define CM_FILE_FRAMING_H

#include "window.h"

#define CM_FRAME_HEAD 8u /* bytes that no parser wants more of; fewer at the end of a stream are allowed */

typedef struct cm_frame {
    AudioStreamBasicDescription format;
    AudioChannelLayoutTag layout;
    UInt32 size;     /* bytes, header included */
    UInt32 skip;     /* bytes of header that are not part of the packet */
    UInt32 bit_rate; /* of this frame, 0 where headers do not say */
    UInt32 key;      /* equal for all frames of a stream */
    UInt32 config;   /* MPEG: bytes of side information behind the header; ADTS: object type */
    bool joins;      /* E-AC-3: part of the packet before it */
} cm_frame;

/* True when a frame can start here. Sees up to size bytes. */
typedef bool (*cm_frame_parser)(const UInt8 *head, size_t size, cm_frame *frame);

bool cm_frame_mpeg(const UInt8 *head, size_t size, cm_frame *frame);
bool cm_frame_adts(const UInt8 *head, size_t size, cm_frame *frame);
bool cm_frame_ac3(const UInt8 *head, size_t size, cm_frame *frame);
bool cm_frame_amr(const UInt8 *head, size_t size, cm_frame *frame);
bool cm_frame_amr_wb(const UInt8 *head, size_t size, cm_frame *frame);

/*
 * The first frame from `at` on whose successor is one too, or which ends the window; at most `reach` bytes
 * further. like: NULL, or a frame of the same stream. *at becomes its place.
 */
bool cm_frame_find(cm_window *w, cm_frame_parser parse, SInt64 *at, SInt64 reach, const cm_frame *like,
                   cm_frame *found);

/*
 * The frame at a place, which follows on one of the same stream (like) and so needs no other behind it; where
 * there is none, the next as cm_frame_find has it. head: bytes that the parser wants. False at the end.
 */
bool cm_frame_next(cm_window *w, cm_frame_parser parse, UInt32 head, SInt64 *at, const cm_frame *like,
                   cm_frame *found);

/* The same in memory, for probing: how many frames in a row begin at offset, up to most; a last one may be
 * cut. */
unsigned cm_frame_count(const UInt8 *bytes, size_t size, size_t offset, cm_frame_parser parse, unsigned most,
                        cm_frame *first);

#endif
