/*
 * frame_decoder.h: what our own decoders of formats whose packets are single frames share: the packet with
 * zeros behind it, the PCM that is lent, silence in place of damage; the codec.h protocol is done here once.
 */
#ifndef CM_CODEC_FRAME_DECODER_H
#define CM_CODEC_FRAME_DECODER_H

#include "codec.h"

/* Zeros behind the bytes of a packet, so that a reader of bits may look ahead. */
#define CM_FRAME_BEHIND 16u

/* The first member of an open instance, which sets the first group of fields and frees `out`. */
typedef struct cm_frame_decoder {
    const char *name; /* of the format, for messages */
    /* Decodes a packet to `out` and sets out_frames; false when it is damaged. */
    bool (*decode)(void *instance, const UInt8 *bytes, size_t size);
    /* Sees to it that `out` has room; NULL where it always has, for most_frames. */
    bool (*make_room)(void *instance, size_t frames);
    cm_pcm pcm;
    UInt32 most_packet;  /* bytes */
    UInt32 most_frames;  /* that a packet can hold */
    UInt32 usual_frames; /* of a packet that does not say, 0 when they differ */
    void *out;           /* interleaved */
    size_t out_frames;   /* that wait to be received */

    UInt8 *packet;
    size_t packet_room;
    const void *plane;
    UInt32 bad_in_a_row;
} cm_frame_decoder;

/* Frees the packet's memory. */
void cm_frame_close(cm_frame_decoder *decoder);

/* Members of every such decoder's cm_codec. */
OSStatus cm_frame_reset(void *instance);
OSStatus cm_frame_send_packet(void *instance, const cm_packet *packet);
OSStatus cm_frame_receive_block(void *instance, cm_pcm_block *block);

#endif
