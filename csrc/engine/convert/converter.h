/*
 * converter.h: an AudioConverter from the inside. Every function here is called with the converter's lock
 * held.
 */
#ifndef CM_CONVERT_CONVERTER_H
#define CM_CONVERT_CONVERTER_H

#include "../base/lock.h"
#include "feed.h"
#include "open_codec.h"

#include <CoreFoundation/CFArray.h>

/* What properties set and the chain is built from. Plain values, so that a setting that turns out not to work
 * can be taken back by copying. */
typedef struct cm_converter_settings {
    UInt32 src_quality;    /* 0 .. 127 */
    UInt32 src_complexity; /* kAudioConverterSampleRateConverterComplexity_* */
    Float64 src_phase;     /* input frames, 0 <= phase < 1 */
    UInt32 prime_method;   /* kConverterPrimeMethod_* */
    UInt32 dithering;      /* kDitherAlgorithm_*, 0 for none */
    UInt32 dither_bits;    /* 0: those of the output */
    UInt32 codec_quality;  /* 0 .. 127 */
    UInt32 bit_rate;       /* bits per second, 0: the codec's choice */
    UInt32 bit_rate_mode;  /* kAudioCodecBitRateControlMode_* */
    UInt32 vbr_quality;    /* 0 .. 127 */
    SInt32 bit_depth_hint; /* bits of the source, negative for float, 0: not said */
    UInt32 downmix;        /* 1: layouts that are not said are taken to be the usual ones */
    Float64 output_rate;   /* Hz, of an encoder's output */
} cm_converter_settings;

typedef struct cm_converter {
    pthread_mutex_t lock;
    AudioConverterRef self;
    AudioStreamBasicDescription input, output; /* as asked for, completed */
    const cm_codec *decoder, *encoder;         /* NULL for PCM */
    cm_converter_settings settings;
    SInt32 *
        channel_map; /* of as many as there are output channels; NULL: none was set. Owned, as what follows */
    Float32 *mix_map; /* gains[input * output channels + output] */
    AudioChannelLayout *input_layout, *output_layout;
    void *cookie; /* of the compressed input */
    size_t cookie_size;

    bool is_stale;   /* settings changed since the chain was built */
    bool is_running; /* inside a call that pulls: the chain must stay as it is */
    bool must_reset; /* a reset came while running */
    bool ended;      /* the chain has given its last frame */

    /* The chain, built by cm_converter_prepare. */
    cm_feed feed;
    cm_open_codec decoding;
    cm_encoder encoding;
    cm_stage *chain;
    Float64 chain_rate; /* Hz, of what goes into the rate converter */
    bool resamples;
} cm_converter;

/*
 * converter.c: a converter without a reference, which nobody else sees and whose lock nobody takes: for a
 * render thread. Input comes from feed.proc with feed.user, set before cm_converter_fill. destroy takes NULL.
 */
OSStatus cm_converter_create(const AudioStreamBasicDescription *input,
                             const AudioStreamBasicDescription *output, cm_converter **out);
void cm_converter_destroy(cm_converter *c);

/* The chain for the current settings, built if there is none. */
OSStatus cm_converter_prepare(cm_converter *c);

/* Takes the chain down; the next cm_converter_prepare builds another. */
void cm_converter_dismantle(cm_converter *c);

/* Ready for an unrelated sound. The client's packets are forgotten unless keep_input. */
OSStatus cm_converter_restart(cm_converter *c, bool keep_input);

/* What goes in and comes out, with everything that the codecs know filled in. */
AudioStreamBasicDescription cm_converter_input_format(const cm_converter *c);
AudioStreamBasicDescription cm_converter_output_format(const cm_converter *c);

static inline UInt32 cm_input_channels(const cm_converter *c)
{
    return c->input.mChannelsPerFrame;
}

static inline UInt32 cm_output_channels(const cm_converter *c)
{
    return c->output.mChannelsPerFrame;
}

/*
 * sizes.c. Bytes are those of one buffer when PCM is in planes. Packets that differ in size count with the
 * largest size that their format allows, so that what follows from them is an estimate.
 */
UInt32 cm_converter_max_input_packet(const cm_converter *c);
UInt32 cm_converter_max_output_packet(const cm_converter *c);
UInt64 cm_converter_output_bytes(const cm_converter *c, UInt64 input_bytes);
UInt64 cm_converter_input_bytes(const cm_converter *c, UInt64 output_bytes);
UInt64 cm_converter_input_packets(const cm_converter *c, UInt64 output_packets);

/* fill.c: pulls `*io_packets` packets into buffers; *io_packets is what came. */
OSStatus cm_converter_fill(cm_converter *c, UInt32 *io_packets, AudioBufferList *out,
                           AudioStreamPacketDescription *descriptions);

/* properties.c */
OSStatus cm_converter_property_info(cm_converter *c, AudioConverterPropertyID id, UInt32 *size,
                                    bool *writable);
OSStatus cm_converter_get(cm_converter *c, AudioConverterPropertyID id, UInt32 *io_size, void *data);
OSStatus cm_converter_set(cm_converter *c, AudioConverterPropertyID id, UInt32 size, const void *data);

/* settings_list.c: kAudioConverterPropertySettings, an array of dictionaries that the caller owns. */
CFArrayRef cm_converter_copy_settings(cm_converter *c);
OSStatus cm_converter_apply_settings(cm_converter *c, CFArrayRef settings);

#endif
