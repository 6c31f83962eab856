/*
 * codec.h: what a decoder or encoder is to the engine: packets on one side, linear PCM on the other.
 *
 * Both directions are a push-pull pair: send one unit, then receive until nothing is left. Memory that
 * receive lends lives until the next call on the instance. An instance is used by one thread at a time.
 *
 * Formats whose packets are blocks of one constant size (mBytesPerPacket: A-law, IMA ...) travel in runs:
 * what is sent or received as one cm_packet is then any whole number of packets, one behind the other.
 *
 * Channels are in the order of the coded stream, as Core Audio has them (AAC 5.1: C L R Ls Rs LFE), unless
 * cm_codec_config.layout names the same channels in another order: then in that one.
 */
#ifndef CM_CODEC_CODEC_H
#define CM_CODEC_CODEC_H

#include "../base/status.h"
#include "../format/pcm.h"

typedef struct cm_codec cm_codec;

enum { CM_CODEC_OWN = 'cmus', CM_CODEC_FFMPEG = 'ffmp' };

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

/* A packet lent by an encoder, or given to a decoder. */
typedef struct cm_packet {
    const void *data;
    UInt32 size;
    UInt32 frames; /* PCM frames that it stands for: less than frames per packet only in a last short packet,
                      each packet's own where that varies; a decoder takes 0 for: not known */
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
    UInt32 preroll_packets; /* decoders: packets to decode and drop before a seek target sounds right, */
    UInt32 preroll_frames;  /* and as many more as make so many frames */
    UInt32 bit_rate;        /* encoders: the rate in force */
} cm_codec_info;

/* The bit rates that an encoder offers at some sample rates, in bits per second, ascending, 0 at the end. */
typedef struct cm_bit_rates {
    UInt32 from_rate, to_rate; /* sample rates, Hz, inclusive */
    bool per_channel;          /* the list is for one channel; for n it is n times that */
    const UInt32 *list;
} cm_bit_rates;

/* What a codec can be asked for, as AudioFormat and AudioConverter list it. */
typedef struct cm_codec_limits {
    const UInt32 *sample_rates; /* Hz, ascending, 0 at the end; NULL: every rate up to max_sample_rate */
    UInt32 max_sample_rate;
    UInt32 max_channels;                      /* every number from 1 to this */
    const AudioChannelLayoutTag *layout_tags; /* that an encoder takes, 0 at the end; NULL: any */
    const cm_bit_rates *bit_rates; /* rows, ended by one without a list; NULL: no choice of bit rate */
} cm_codec_limits;

struct cm_codec {
    const char *name; /* "FFmpeg AAC decoder" */
    AudioFormatID format_id;
    UInt32 type;         /* kAudioDecoderComponentType or kAudioEncoderComponentType */
    UInt32 manufacturer; /* CM_CODEC_OWN or CM_CODEC_FFMPEG */
    const cm_codec_limits *limits;

    /* *instance is set even on failure when there is something for close to free. */
    OSStatus (*open)(const cm_codec *codec, const cm_codec_config *config, void **instance,
                     cm_codec_info *info);
    /* Accepts a half-opened instance and NULL. */
    void (*close)(void *instance);
    /* Forgets everything sent; ready for an unrelated packet or frame. */
    OSStatus (*reset)(void *instance);

    /* Decoders. A packet of data NULL means: no more; what is held back comes out. A damaged packet gives
       silence of its length; kAudioCodecBadDataError where that is not known or many come in a row. The
       instance goes on with the next packet. */
    OSStatus (*send_packet)(void *instance, const cm_packet *packet);
    /* block->frames 0: send more. */
    OSStatus (*receive_block)(void *instance, cm_pcm_block *block);
    /* Whether a stream's first packet holds an extension to a higher rate of which the configuration says
       nothing (AAC); NULL: never. Needs no instance. */
    bool (*finds_extension)(const cm_codec *codec, const cm_codec_config *config, const cm_packet *packet);

    /* Encoders. frames 0 means: no more. planes as for cm_pcm_convert, in info.pcm's format. */
    OSStatus (*send_frames)(void *instance, const void *const *planes, size_t frames);
    /* packet->data NULL: send more. */
    OSStatus (*receive_packet)(void *instance, cm_packet *packet);
    /* The magic cookie, lent; *size 0 when the format needs none. For some encoders final only after the last
     * packet. */
    OSStatus (*cookie)(void *instance, const void **cookie, size_t *size);
};

/*
 * [any] The bit rates that a codec offers for a sample rate and channel count, at most capacity of them
 * ascending in list (NULL to count). Returns how many there are; 0 when the codec leaves no choice.
 */
size_t cm_codec_bit_rates(const cm_codec *codec, Float64 sample_rate, UInt32 channels, UInt32 *list,
                          size_t capacity);

/* Every codec that can be used on this machine, in order of preference; NULL ends the list. The list is
 * constant. */
const cm_codec *const *cm_codec_table(void);

/*
 * The first codec of the type for a format, or NULL with the thread's text saying why (unknown format, or a
 * missing library). manufacturer 0 takes any. Loads a plug-in if only that has the codec.
 */
const cm_codec *cm_codec_find(UInt32 type, AudioFormatID format_id, UInt32 manufacturer);

#endif
