/*
 * block_codec.h: what the engine's own codecs share. Each turns packets of one constant size into 16-bit
 * samples and back; buffering, runs of packets and the codec.h protocol are done here once.
 */
#ifndef CM_CODEC_BLOCK_CODEC_H
#define CM_CODEC_BLOCK_CODEC_H

#include "codec.h"

#define CM_BLOCK_MAX_CHANNELS 64u

typedef struct cm_block_codec cm_block_codec;

/* What a format remembers of one channel between packets. */
typedef struct cm_block_channel {
    SInt32 predictor;
    SInt32 step_index;
} cm_block_channel;

/* A predictor pair of MS ADPCM. */
typedef struct cm_block_pair {
    SInt16 first, second;
} cm_block_pair;

/* An open instance. */
typedef struct cm_block {
    const cm_block_codec *kind;
    UInt32 channels;
    UInt32 bytes_per_packet; /* of all channels */
    UInt32 frames_per_packet;
    cm_block_channel state[CM_BLOCK_MAX_CHANNELS];
    const cm_block_pair *pairs; /* MS ADPCM: pair_count of them; own_pairs or a constant table */
    cm_block_pair own_pairs[256];
    UInt32 pair_count;

    UInt8 *out; /* what receive lends */
    size_t out_capacity, out_bytes, out_frames;
    SInt16 *pending; /* encoders: frames that do not fill a packet yet */
    size_t pending_frames;
    const void *plane;
} cm_block;

struct cm_block_codec {
    cm_codec codec; /* the first member: open is given its address */

    /* Checks info->format (a copy of the client's) and fills in its packet sizes; may read the cookie. */
    OSStatus (*prepare)(cm_block *block, const cm_codec_config *config, AudioStreamBasicDescription *format);
    /* count packets to count * frames_per_packet interleaved frames, or back. */
    void (*decode)(cm_block *block, const UInt8 *packets, size_t count, SInt16 *frames);
    void (*encode)(cm_block *block, const SInt16 *frames, size_t count, UInt8 *packets);
};

/* The functions of every cm_block_codec's codec member. */
OSStatus cm_block_open(const cm_codec *codec, const cm_codec_config *config, void **instance,
                       cm_codec_info *info);
void cm_block_close(void *instance);
OSStatus cm_block_reset(void *instance);
OSStatus cm_block_send_packet(void *instance, const cm_packet *packet);
OSStatus cm_block_receive_block(void *instance, cm_pcm_block *block);
OSStatus cm_block_send_frames(void *instance, const void *const *planes, size_t frames);
OSStatus cm_block_receive_packet(void *instance, cm_packet *packet);
OSStatus cm_block_no_cookie(void *instance, const void **cookie, size_t *size);

#define CM_BLOCK_DECODER                                                                                     \
    .type = kAudioDecoderComponentType, .manufacturer = CM_CODEC_OWN, .open = cm_block_open,                 \
    .close = cm_block_close, .reset = cm_block_reset, .send_packet = cm_block_send_packet,                   \
    .receive_block = cm_block_receive_block

#define CM_BLOCK_ENCODER                                                                                     \
    .type = kAudioEncoderComponentType, .manufacturer = CM_CODEC_OWN, .open = cm_block_open,                 \
    .close = cm_block_close, .reset = cm_block_reset, .send_frames = cm_block_send_frames,                   \
    .receive_packet = cm_block_receive_packet, .cookie = cm_block_no_cookie

extern const cm_block_codec cm_alaw_decoder, cm_alaw_encoder, cm_ulaw_decoder, cm_ulaw_encoder;
extern const cm_block_codec cm_ima4_decoder, cm_ima4_encoder;
extern const cm_block_codec cm_dvi_decoder, cm_dvi_encoder, cm_msadpcm_decoder;

#endif
