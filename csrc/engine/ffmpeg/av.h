/*
 * av.h: what the plug-in's files share: FFmpeg's errors, sample formats, channel orders and extradata, in
 * terms of codec.h. All functions are [any].
 */
#ifndef CM_FFMPEG_AV_H
#define CM_FFMPEG_AV_H

#include "../codec/codec.h"

#include <AudioToolbox/AudioCodec.h>
#include <AudioToolbox/AudioConverter.h>
#include <coremusic/engine.h>
#include <libavcodec/avcodec.h>

#define CM_AV_MAX_CHANNELS 64u

/* The status for an AVERROR, with "what: FFmpeg's text" left for the thread. */
OSStatus cm_av_status(int error, const char *what);

/* A sample format in memory; raw_bits are the significant ones, 0 for all. */
cm_pcm cm_av_pcm(enum AVSampleFormat format, int raw_bits, UInt32 channels);

/*
 * Core Audio gives channels in the order of the coded stream, FFmpeg in its own. map[i] becomes the place in
 * FFmpeg's order of the channel that comes i-th in Core Audio's, for layout->nb_channels channels, at most
 * CM_AV_MAX_CHANNELS.
 */
void cm_av_channel_map(enum AVCodecID id, const AVChannelLayout *layout, UInt8 *map);

/* Moves the entries of map so that they follow wanted, if that names the same channels; else changes nothing.
 */
void cm_av_follow_layout(const AVChannelLayout *layout, const AudioChannelLayout *wanted, UInt8 *map);

/* Gives a decoder's context the extradata that config's magic cookie and format stand for. */
OSStatus cm_av_set_extradata(AVCodecContext *context, const cm_codec_config *config);

/* The magic cookie for an encoder's extradata in new memory, the caller's to free; NULL when it needs none.
 */
OSStatus cm_av_copy_cookie(const AVCodecContext *context, const UInt8 *extradata, size_t size, UInt8 **cookie,
                           size_t *cookie_size);

/* Where each list of codecs is; entries whose AVCodec this FFmpeg lacks are left out by plugin.c. */
typedef struct cm_av_codec {
    cm_codec codec; /* the first member: open is given its address */
    enum AVCodecID id;
    const char *library; /* the AVCodec's name, or NULL for FFmpeg's first choice of the id */
    UInt32 preroll_packets;
} cm_av_codec;

const AVCodec *cm_av_find(const cm_av_codec *codec);

extern const cm_av_codec cm_av_decoders[], cm_av_encoders[];
extern const size_t cm_av_decoder_count, cm_av_encoder_count;

#endif
