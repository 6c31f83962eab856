/* open_codec.h: a codec in use by a converter. */
#ifndef CM_CONVERT_OPEN_CODEC_H
#define CM_CONVERT_OPEN_CODEC_H

#include "stage.h"

struct cm_open_codec {
    const cm_codec *codec; /* NULL: not open */
    void *instance;
    cm_codec_info info;
};

/* Afterwards the codec is open, or as it was before anything was opened. */
OSStatus cm_open_codec_open(cm_open_codec *open, const cm_codec *codec, const cm_codec_config *config);
void cm_open_codec_close(cm_open_codec *open);

/*
 * The encoder at the end of a chain: pulls PCM of codec->info.pcm from the chain and gives packets.
 */
typedef struct cm_encoder {
    cm_open_codec codec;
    cm_packet packet;  /* lent by the codec, not all of it fetched yet when size > 0 */
    bool finishing;    /* the codec was told that there is no more */
    bool ended;        /* and has given its last packet */
    SInt64 frames_in;  /* sent to the codec */
    SInt64 frames_out; /* that the packets fetched stand for, whole ones where they have one length */
} cm_encoder;

/*
 * Makes the next packet (or run of them where they have one constant size) in encoder->packet, unless one is
 * there already. noErr with packet.data NULL: there are no more. `wanted` packets will be asked for.
 */
OSStatus cm_encoder_next(cm_encoder *encoder, cm_stage *chain, size_t wanted);

/* Takes `size` bytes off the front of encoder->packet. */
void cm_encoder_take(cm_encoder *encoder, UInt32 size);

OSStatus cm_encoder_reset(cm_encoder *encoder);

/* Frames of padding in the packets behind the last frame of sound; 0 before the end is reached. */
UInt32 cm_encoder_trailing(const cm_encoder *encoder);

#endif
