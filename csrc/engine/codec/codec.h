/*
 * codec.h: what a decoder or encoder is to the engine: packets on one side, linear PCM on the other.
 *
 * Both directions are a push-pull pair: send one unit, then receive until nothing is left. Memory that
 * receive lends lives until the next call on the instance. An instance is used by one thread at a time.
 */
#ifndef CM_CODEC_CODEC_H
#define CM_CODEC_CODEC_H

#include "../base/status.h"
#include "../format/pcm.h"

typedef struct cm_codec cm_codec;

typedef struct cm_codec_config {
    AudioStreamBasicDescription format; /* the compressed side, completed */
    AudioStreamBasicDescription
        source;         /* encoders: the PCM that the client has (its bit depth guides lossless ones) */
    const void *cookie; /* decoders: the magic cookie, or NULL */
    size_t cookie_size;
    const AudioChannelLayout *layout; /* or NULL */
    UInt32 bit_rate;                  /* encoders: bits per second, 0: the codec's default for the format */
    UInt32 bit_rate_mode;             /* kAudioCodecBitRateControlMode_* */
    UInt32 quality;                   /* kAudioConverterQuality_* for the codec */
    UInt32 vbr_quality;               /* 0 .. 127, for kAudioCodecBitRateControlMode_Variable */
} cm_codec_config;

/* PCM lent by a decoder. */
typedef struct cm_pcm_block {
    cm_pcm format;
    const void *const *planes; /* one pointer, or format.channels pointers when planar */
    size_t frames;
} cm_pcm_block;

/* A packet lent by an encoder. */
typedef struct cm_packet {
    const void *data;
    UInt32 size;
    UInt32
        frames; /* PCM frames that it stands for; less than frames per packet only in a last short packet */
} cm_packet;

/* What became known by opening the codec. */
typedef struct cm_codec_info {
    AudioStreamBasicDescription format; /* the compressed side, final: frames per packet, flags, rate */
    cm_pcm pcm;                         /* decoders: what receive gives; encoders: what send takes */
    Float64 pcm_rate;
    UInt32 frames_per_packet; /* 0 when packets differ */
    UInt32 max_packet_size;   /* encoders: an upper bound */
    UInt32 priming_frames;  /* encoders: silence before the first frame sent; decoders: frames to drop at the
                               start */
    UInt32 preroll_packets; /* decoders: packets to decode and drop before a seek target sounds right */
    UInt32 bit_rate;        /* encoders: the rate in force */
} cm_codec_info;

struct cm_codec {
    const char *name; /* "FFmpeg AAC decoder" */
    AudioFormatID format_id;
    UInt32 type;         /* kAudioDecoderComponentType or kAudioEncoderComponentType */
    UInt32 manufacturer; /* 'cmus' for ours, 'ffmp' for FFmpeg's */

    /* *instance is set even on failure when there is something for close to free. */
    OSStatus (*open)(const cm_codec *codec, const cm_codec_config *config, void **instance,
                     cm_codec_info *info);
    /* Accepts a half-opened instance and NULL. */
    void (*close)(void *instance);
    /* Forgets everything sent; ready for an unrelated packet or frame. */
    OSStatus (*reset)(void *instance);

    /* Decoders. A packet of data NULL means: no more; what is held back comes out. Bad data:
       kAudioCodecBadDataError and the instance goes on with the next packet. */
    OSStatus (*send_packet)(void *instance, const cm_packet *packet);
    /* block->frames 0: send more. */
    OSStatus (*receive_block)(void *instance, cm_pcm_block *block);

    /* Encoders. frames 0 means: no more. planes as for cm_pcm_convert, in info.pcm's format. */
    OSStatus (*send_frames)(void *instance, const void *const *planes, size_t frames);
    /* packet->data NULL: send more. */
    OSStatus (*receive_packet)(void *instance, cm_packet *packet);
    /* The magic cookie, lent; *size 0 when the format needs none. For some encoders final only after the last
     * packet. */
    OSStatus (*cookie)(void *instance, const void **cookie, size_t *size);
};

/* Every codec that can be used on this machine, in order of preference; NULL ends the list. The list is
 * constant. */
const cm_codec *const *cm_codec_table(void);

/*
 * The first codec of the type for a format, or NULL with the thread's text saying why (unknown format, or a
 * missing library). manufacturer 0 takes any. Loads a plug-in if only that has the codec.
 */
const cm_codec *cm_codec_find(UInt32 type, AudioFormatID format_id, UInt32 manufacturer);

#endif
