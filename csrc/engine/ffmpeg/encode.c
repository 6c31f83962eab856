/* encode.c: FFmpeg's encoders behind codec.h. What differs among them is in encoders.c. */
#include "encode.h"

#include <libavcodec/vorbis_parser.h>
#include <libavutil/channel_layout.h>
#include <libavutil/frame.h>
#include <libavutil/samplefmt.h>
#include <stdlib.h>
#include <string.h>

#define OPEN_ENDED_FRAMES 4096u /* for encoders that take frames of any size */

typedef struct encoder {
    const cm_av_codec *kind;
    cm_codec_config config; /* without its pointers, for reopening */
    AVCodecContext *context;
    cm_pcm pcm;
    UInt8 map[CM_AV_MAX_CHANNELS]; /* the place in FFmpeg's order of each channel sent */
    bool in_order;                 /* map changes nothing */

    AVFrame *frame; /* being filled */
    size_t capacity, filled;
    SInt64 next_pts;
    SInt64 frames_in;  /* from the client */
    SInt64 frames_out; /* that the packets made so far stand for */

    AVPacket **queue; /* made but not fetched: FFmpeg holds one only, a client may send frames for many */
    size_t queue_room, queue_first, queue_end;
    AVPacket *lent;

    UInt8 *cookie;
    size_t cookie_size;
    AVVorbisParseContext *vorbis; /* knows the lengths of its packets */
    bool vorbis_began;
} encoder;

static void close_context(encoder *e)
{
    while (e->queue_first < e->queue_end)
        av_packet_free(&e->queue[e->queue_first++]);
    e->queue_first = e->queue_end = 0;
    av_packet_free(&e->lent);
    av_frame_free(&e->frame);
    avcodec_free_context(&e->context);
    av_vorbis_parse_free(&e->vorbis);
    free(e->cookie);
    e->cookie = NULL;
    e->cookie_size = 0;
    e->filled = 0;
    e->next_pts = e->frames_in = e->frames_out = 0;
    e->vorbis_began = false;
}

void cm_av_encoder_close(void *instance)
{
    encoder *e = instance;
    if (!e)
        return;
    close_context(e);
    free(e->queue);
    free(e);
}

static OSStatus failed(const encoder *e, int result)
{
    return cm_av_status(result, e->kind->codec.name);
}

static OSStatus new_frame(encoder *e)
{
    AVFrame *frame = e->frame;
    av_frame_unref(frame);
    frame->nb_samples = (int)e->capacity;
    frame->format = e->context->sample_fmt;
    frame->sample_rate = e->context->sample_rate;
    int result = av_channel_layout_copy(&frame->ch_layout, &e->context->ch_layout);
    if (result >= 0)
        result = av_frame_get_buffer(frame, 0);
    return result < 0 ? failed(e, result) : noErr;
}

static OSStatus update_cookie(encoder *e, const UInt8 *extradata, size_t size)
{
    UInt8 *cookie = NULL;
    size_t cookie_size = 0;
    OSStatus status = cm_av_copy_cookie(e->context, extradata, size, &cookie, &cookie_size);
    if (status != noErr)
        return status;
    free(e->cookie);
    e->cookie = cookie;
    e->cookie_size = cookie_size;
    return noErr;
}

static const AVChannelLayout *listed_layouts(const AVCodec *codec)
{
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(61, 13, 100)
    const void *list = NULL;
    avcodec_get_supported_config(NULL, codec, AV_CODEC_CONFIG_CHANNEL_LAYOUT, 0, &list, NULL);
    return list;
#else
    return codec->ch_layouts;
#endif
}

/* FFmpeg's usual layout for a number of channels, unless the encoder knows another one only. */
static void set_layout(AVCodecContext *context, const AVCodec *codec, UInt32 channels)
{
    av_channel_layout_default(&context->ch_layout, (int)channels);
    const AVChannelLayout *same_count = NULL;
    for (const AVChannelLayout *l = listed_layouts(codec); l && l->nb_channels > 0; l++) {
        if (av_channel_layout_compare(l, &context->ch_layout) == 0)
            return;
        if (!same_count && l->nb_channels == (int)channels)
            same_count = l;
    }
    if (same_count)
        av_channel_layout_copy(&context->ch_layout, same_count);
}

static OSStatus open_context(encoder *e)
{
    const AVCodec *codec = cm_av_find(e->kind);
    if (!codec)
        return cm_fail(kAudioConverterErr_FormatNotSupported, "FFmpeg was built without it: %s",
                       e->kind->codec.name);
    AVCodecContext *context = e->context = avcodec_alloc_context3(codec);
    e->frame = av_frame_alloc();
    if (!context || !e->frame)
        return cmMemFullError;
    context->thread_count = 1;
    context->sample_rate = (int)e->config.format.mSampleRate;
    context->time_base = (AVRational){ 1, context->sample_rate };
    set_layout(context, codec, e->config.format.mChannelsPerFrame);
    AVDictionary *options = NULL;
    OSStatus status = cm_av_configure_encoder(context, e->kind, &e->config, &options);
    int result = status == noErr ? avcodec_open2(context, codec, &options) : 0;
    av_dict_free(&options);
    if (status != noErr || result < 0)
        return status != noErr ? status : failed(e, result);
    if (context->codec_id == AV_CODEC_ID_VORBIS) {
        e->vorbis = av_vorbis_parse_init(context->extradata, context->extradata_size);
        if (!e->vorbis)
            return cmMemFullError;
    }
    e->capacity = context->frame_size > 0 ? (size_t)context->frame_size : OPEN_ENDED_FRAMES;
    status = new_frame(e);
    return status == noErr ? update_cookie(e, context->extradata, (size_t)context->extradata_size) : status;
}

static void make_map(encoder *e, const AudioChannelLayout *wanted)
{
    const AVChannelLayout *layout = &e->context->ch_layout;
    cm_av_channel_map(e->context->codec_id, layout, e->map);
    cm_av_follow_layout(layout, wanted, e->map);
    e->in_order = true;
    for (UInt32 c = 0; c < e->pcm.channels; c++)
        e->in_order = e->in_order && e->map[c] == c;
}

/* Vorbis: FFmpeg counts its first packet, which stands for no frames, as priming. */
static UInt32 priming(const encoder *e)
{
    return e->vorbis || e->context->initial_padding < 0 ? 0 : (UInt32)e->context->initial_padding;
}

static void describe(const encoder *e, cm_codec_info *info)
{
    const AVCodecContext *context = e->context;
    AudioStreamBasicDescription format = {
        .mSampleRate = context->sample_rate,
        .mFormatID = e->kind->codec.format_id,
        .mFormatFlags = cm_av_format_flags(context),
        .mFramesPerPacket = e->vorbis ? 0 : (UInt32)e->capacity,
        .mChannelsPerFrame = e->pcm.channels,
    };
    *info = (cm_codec_info){
        .format = format,
        .pcm = e->pcm,
        .pcm_rate = context->sample_rate,
        .frames_per_packet = format.mFramesPerPacket,
        .max_packet_size = cm_av_largest_packet(context),
        .priming_frames = priming(e),
        .bit_rate = context->bit_rate > 0 && context->bit_rate < UINT32_MAX ? (UInt32)context->bit_rate : 0,
    };
}

OSStatus cm_av_encoder_open(const cm_codec *codec, const cm_codec_config *config, void **instance,
                            cm_codec_info *info)
{
    OSStatus status = cm_av_check_encoder(codec, config);
    if (status != noErr)
        return status;
    encoder *e = calloc(1, sizeof *e);
    *instance = e;
    if (!e)
        return cmMemFullError;
    e->kind = (const cm_av_codec *)codec;
    e->config = *config;
    e->config.cookie = NULL;
    e->config.layout = NULL;
    status = open_context(e);
    if (status != noErr)
        return status;
    e->pcm = cm_av_pcm(e->context->sample_fmt, e->context->bits_per_raw_sample,
                       config->format.mChannelsPerFrame);
    make_map(e, config->layout);
    describe(e, info);
    return noErr;
}

OSStatus cm_av_encoder_reset(void *instance)
{
    close_context(instance);
    return open_context(instance);
}

/* ---- packets out ---- */

/* PCM frames that a packet stands for. */
static UInt32 packet_frames(encoder *e, const AVPacket *packet)
{
    if (!e->vorbis)
        return packet->duration > 0 ? (UInt32)packet->duration : 0;
    int frames = av_vorbis_parse_frame(e->vorbis, packet->data, packet->size);
    bool first = !e->vorbis_began;
    e->vorbis_began = true;
    return first || frames < 0 ? 0 : (UInt32)frames;
}

static OSStatus enqueue(encoder *e, AVPacket *packet)
{
    if (e->queue_first == e->queue_end)
        e->queue_first = e->queue_end = 0;
    if (e->queue_end == e->queue_room) {
        size_t room = e->queue_room ? 2 * e->queue_room : 16;
        AVPacket **grown = realloc(e->queue, room * sizeof(AVPacket *));
        if (!grown)
            return cmMemFullError;
        e->queue = grown;
        e->queue_room = room;
    }
    packet->duration = packet_frames(e, packet);
    e->frames_out += packet->duration;
    e->queue[e->queue_end++] = packet;
    return noErr;
}

/* The last packet is a whole one for some encoders; here it stands for what is left of the sound. */
static void shorten_last(encoder *e)
{
    SInt64 excess = e->frames_out - e->frames_in - priming(e);
    if (excess <= 0 || e->queue_first == e->queue_end)
        return;
    AVPacket *last = e->queue[e->queue_end - 1];
    last->duration = last->duration > excess ? last->duration - excess : 0;
}

/* Some encoders know their final cookie at the end only; it then comes beside a packet, or with an empty one.
 */
static OSStatus take_new_extradata(encoder *e, const AVPacket *packet)
{
    size_t size = 0;
    const UInt8 *bytes = av_packet_get_side_data(packet, AV_PKT_DATA_NEW_EXTRADATA, &size);
    return bytes ? update_cookie(e, bytes, size) : noErr;
}

static OSStatus fetch_packets(encoder *e)
{
    for (;;) {
        AVPacket *packet = av_packet_alloc();
        if (!packet)
            return cmMemFullError;
        int result = avcodec_receive_packet(e->context, packet);
        OSStatus status = result == 0 ? take_new_extradata(e, packet) : noErr;
        if (result == 0 && status == noErr && packet->size > 0) {
            status = enqueue(e, packet);
            if (status == noErr)
                continue;
        }
        av_packet_free(&packet);
        if (result == AVERROR(EAGAIN) || result == AVERROR_EOF)
            return noErr;
        if (result < 0)
            return failed(e, result);
        if (status != noErr)
            return status;
    }
}

OSStatus cm_av_encoder_receive(void *instance, cm_packet *out)
{
    encoder *e = instance;
    av_packet_free(&e->lent);
    *out = (cm_packet){ 0 };
    if (e->queue_first == e->queue_end)
        return noErr;
    e->lent = e->queue[e->queue_first++];
    *out = (cm_packet){ .data = e->lent->data,
                        .size = (UInt32)e->lent->size,
                        .frames = (UInt32)e->lent->duration };
    return noErr;
}

OSStatus cm_av_encoder_cookie(void *instance, const void **cookie, size_t *size)
{
    encoder *e = instance;
    *cookie = e->cookie;
    *size = e->cookie_size;
    return noErr;
}

/* ---- frames in ---- */

static OSStatus send_frame(encoder *e)
{
    AVFrame *frame = e->frame;
    frame->nb_samples = (int)e->filled;
    frame->pts = e->next_pts;
    e->next_pts += (SInt64)e->filled;
    e->filled = 0;
    int result = avcodec_send_frame(e->context, frame);
    OSStatus status = result < 0 ? failed(e, result) : fetch_packets(e);
    frame->nb_samples = (int)e->capacity;
    if (status != noErr || av_frame_is_writable(frame))
        return status;
    return new_frame(e); /* the encoder keeps the old one for a while */
}

static void fill_planar(encoder *e, const void *const *planes, size_t from, size_t frames)
{
    size_t bytes = e->pcm.bytes;
    for (UInt32 c = 0; c < e->pcm.channels; c++)
        memcpy(e->frame->extended_data[e->map[c]] + e->filled * bytes,
               (const UInt8 *)planes[c] + from * bytes, frames * bytes);
}

static void fill_interleaved(encoder *e, const UInt8 *source, size_t from, size_t frames)
{
    size_t bytes = e->pcm.bytes, stride = cm_pcm_stride(&e->pcm);
    UInt8 *to = e->frame->data[0] + e->filled * stride;
    source += from * stride;
    if (e->in_order) {
        memcpy(to, source, frames * stride);
        return;
    }
    for (size_t i = 0; i < frames; i++, to += stride, source += stride)
        for (UInt32 c = 0; c < e->pcm.channels; c++)
            memcpy(to + e->map[c] * bytes, source + c * bytes, bytes);
}

static OSStatus fill(encoder *e, const void *const *planes, size_t frames)
{
    for (size_t done = 0; done < frames;) {
        size_t room = e->capacity - e->filled;
        size_t now = frames - done < room ? frames - done : room;
        if (!planes)
            av_samples_set_silence(e->frame->extended_data, (int)e->filled, (int)now, (int)e->pcm.channels,
                                   e->context->sample_fmt);
        else if (e->pcm.planar)
            fill_planar(e, planes, done, now);
        else
            fill_interleaved(e, planes[0], done, now);
        e->filled += now;
        done += now;
        OSStatus status = e->filled == e->capacity ? send_frame(e) : noErr;
        if (status != noErr)
            return status;
    }
    return noErr;
}

/* An encoder that keeps nothing back still has the end of the sound in it, as long as its priming. */
static OSStatus push_out(encoder *e)
{
    return e->context->codec->capabilities & AV_CODEC_CAP_DELAY ? noErr : fill(e, NULL, priming(e));
}

static OSStatus finish(encoder *e)
{
    OSStatus status = e->frames_in > 0 ? push_out(e) : noErr;
    if (status == noErr && e->filled > 0)
        status = send_frame(e);
    if (status != noErr)
        return status;
    int result = avcodec_send_frame(e->context, NULL);
    status = result < 0 && result != AVERROR_EOF ? failed(e, result) : fetch_packets(e);
    shorten_last(e);
    return status;
}

OSStatus cm_av_encoder_send(void *instance, const void *const *planes, size_t frames)
{
    encoder *e = instance;
    if (frames == 0)
        return finish(e);
    e->frames_in += (SInt64)frames;
    return fill(e, planes, frames);
}
