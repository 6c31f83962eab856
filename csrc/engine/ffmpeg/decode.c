/* decode.c: FFmpeg's decoders behind codec.h. */
#include "av.h"
#include "../base/log.h"

#include <libavutil/channel_layout.h>
#include <libavutil/frame.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PACKET (1u << 26)
#define MAX_SILENCE 65536u
#define OPUS_PREROLL 0.32 /* seconds; the standard's 0.08 leave an error that can be heard */
#define INPUT_STEP ((size_t)1 << 16)
#define MOST_BAD_IN_A_ROW 16 /* packets that are made up for by silence before the stream is given up */

typedef struct decoder {
    const cm_av_codec *kind;
    AVCodecContext *context;
    AVCodecParameters *stream; /* what every context is opened for */
    AVPacket *packet;
    AVFrame *frame;
    AVBufferRef *input; /* the packet's bytes and the zeros that FFmpeg wants behind them; used again */
    cm_pcm pcm;         /* what info promised */
    const AudioChannelLayout *wanted;
    UInt8 map[CM_AV_MAX_CHANNELS];
    AVChannelLayout mapped; /* that map is for */
    const void *planes[CM_AV_MAX_CHANNELS];
    void *silence;            /* MAX_SILENCE frames of one plane, on first use */
    UInt32 frames_per_packet; /* as pcm_rate counts them, 0 where they differ */
    Float64 rate_ratio;       /* of PCM to the format: Opus comes at 48 kHz whatever was encoded */
    bool fresh;               /* nothing was sent since open or reset */
    bool dropping;            /* what the codec makes of its first packet is not meant to be heard */
    UInt32 expected;          /* frames that the packet sent last stands for, 0 if not known */
    UInt32 owed;              /* frames of silence to give in place of a packet */
    UInt32 bad_in_a_row;
} decoder;

static void decoder_close(void *instance)
{
    decoder *d = instance;
    if (!d)
        return;
    av_buffer_unref(&d->input);
    av_packet_free(&d->packet);
    av_frame_free(&d->frame);
    avcodec_free_context(&d->context);
    avcodec_parameters_free(&d->stream);
    av_channel_layout_uninit(&d->mapped);
    free((void *)d->wanted);
    free(d->silence);
    free(d);
}

static OSStatus keep_layout(decoder *d, const AudioChannelLayout *layout)
{
    if (!layout)
        return noErr;
    size_t size = offsetof(AudioChannelLayout, mChannelDescriptions);
    if (layout->mChannelLayoutTag == kAudioChannelLayoutTag_UseChannelDescriptions)
        size += layout->mNumberChannelDescriptions * sizeof(AudioChannelDescription);
    AudioChannelLayout *kept = calloc(1, size > sizeof *kept ? size : sizeof *kept);
    if (!kept)
        return cmMemFullError;
    memcpy(kept, layout, size);
    d->wanted = kept;
    return noErr;
}

/* What the caller told of the stream, in FFmpeg's terms. */
static OSStatus keep_stream(decoder *d, const AVCodec *codec, const cm_codec_config *config)
{
    AVCodecContext *told = avcodec_alloc_context3(codec);
    d->stream = avcodec_parameters_alloc();
    OSStatus status = told && d->stream ? noErr : cmMemFullError;
    if (status == noErr) {
        told->sample_rate = (int)config->format.mSampleRate;
        told->block_align = (int)config->format.mBytesPerPacket;
        av_channel_layout_default(&told->ch_layout, (int)config->format.mChannelsPerFrame);
        status = cm_av_set_extradata(told, config);
    }
    if (status == noErr && avcodec_parameters_from_context(d->stream, told) < 0)
        status = cmMemFullError;
    avcodec_free_context(&told);
    return status;
}

/* A new context in place of the one there is, which stays when there can be none. */
static OSStatus open_context(decoder *d, const AVCodec *codec)
{
    AVCodecContext *context = avcodec_alloc_context3(codec);
    int result = context ? avcodec_parameters_to_context(context, d->stream) : AVERROR(ENOMEM);
    if (result >= 0) {
        context->thread_count = 1;
        context->flags2 = AV_CODEC_FLAG2_SKIP_MANUAL;
        result = avcodec_open2(context, codec, NULL);
    }
    if (result < 0) {
        avcodec_free_context(&context);
        return cm_av_status(result, d->kind->codec.name);
    }
    avcodec_free_context(&d->context);
    d->context = context;
    return noErr;
}

static OSStatus begin(decoder *d, const cm_codec_config *config)
{
    const AVCodec *codec = cm_av_find(d->kind);
    if (!codec)
        return cm_fail(kAudioConverterErr_FormatNotSupported, "FFmpeg was built without it: %s",
                       d->kind->codec.name);
    OSStatus status = keep_stream(d, codec, config);
    return status == noErr ? open_context(d, codec) : status;
}

static void describe(const decoder *d, const cm_codec_config *config, cm_codec_info *info)
{
    const AVCodecContext *context = d->context;
    bool is_opus = context->codec_id == AV_CODEC_ID_OPUS;
    bool own_rate = is_opus && context->sample_rate > 0;
    *info = (cm_codec_info){
        .format = config->format,
        .pcm = d->pcm,
        .pcm_rate = own_rate ? context->sample_rate : config->format.mSampleRate,
        .frames_per_packet = config->format.mFramesPerPacket,
        .preroll_packets = d->kind->preroll_packets,
        .preroll_frames = is_opus ? (UInt32)(OPUS_PREROLL * config->format.mSampleRate) : 0,
        .bit_rate = context->bit_rate > 0 && context->bit_rate < UINT32_MAX ? (UInt32)context->bit_rate : 0,
    };
}

static void keep_lengths(decoder *d, const AudioStreamBasicDescription *format, const cm_codec_info *info)
{
    d->rate_ratio = info->pcm_rate / format->mSampleRate;
    d->frames_per_packet = (UInt32)(format->mFramesPerPacket * d->rate_ratio);
}

static OSStatus decoder_open(const cm_codec *codec, const cm_codec_config *config, void **instance,
                             cm_codec_info *info)
{
    const AudioStreamBasicDescription *format = &config->format;
    if (format->mChannelsPerFrame == 0 || format->mChannelsPerFrame > CM_AV_MAX_CHANNELS ||
        !(format->mSampleRate >= 1 && format->mSampleRate <= 768000) || format->mBytesPerPacket > MAX_PACKET)
        return cm_fail(kAudioConverterErr_FormatNotSupported, "%s: %u channels at %g Hz", codec->name,
                       (unsigned)format->mChannelsPerFrame, format->mSampleRate);
    decoder *d = calloc(1, sizeof *d);
    *instance = d;
    if (!d)
        return cmMemFullError;
    d->kind = (const cm_av_codec *)codec;
    d->fresh = true;
    d->packet = av_packet_alloc();
    d->frame = av_frame_alloc();
    OSStatus status = d->packet && d->frame ? keep_layout(d, config->layout) : cmMemFullError;
    if (status == noErr)
        status = begin(d, config);
    if (status != noErr)
        return status;
    enum AVSampleFormat samples = d->context->sample_fmt;
    d->pcm = cm_av_pcm(samples == AV_SAMPLE_FMT_NONE ? AV_SAMPLE_FMT_FLTP : samples,
                       d->context->bits_per_raw_sample, format->mChannelsPerFrame);
    describe(d, config, info);
    keep_lengths(d, format, info);
    return noErr;
}

/* Decoders that FFmpeg's flush leaves with something of what they heard: AC-3 keeps the overlap of its
 * transform, AAC goes on with its random numbers. */
static bool remembers(enum AVCodecID id)
{
    return id == AV_CODEC_ID_AAC || id == AV_CODEC_ID_AC3 || id == AV_CODEC_ID_EAC3;
}

static OSStatus decoder_reset(void *instance)
{
    decoder *d = instance;
    OSStatus status = noErr;
    if (remembers(d->context->codec_id))
        status = d->fresh ? noErr : open_context(d, d->context->codec);
    else
        avcodec_flush_buffers(d->context);
    d->fresh = true;
    d->dropping = false;
    d->owed = d->bad_in_a_row = 0;
    return status;
}

/* Copies the packet into memory of ours; FFmpeg may keep a reference for as long as it likes. */
static OSStatus take_packet(decoder *d, const cm_packet *packet)
{
    size_t needed = (size_t)packet->size + AV_INPUT_BUFFER_PADDING_SIZE;
    if (!d->input || d->input->size < needed || !av_buffer_is_writable(d->input)) {
        av_buffer_unref(&d->input);
        d->input = av_buffer_alloc((needed + INPUT_STEP - 1) / INPUT_STEP * INPUT_STEP);
        if (!d->input)
            return cmMemFullError;
    }
    memcpy(d->input->data, packet->data, packet->size);
    memset(d->input->data + packet->size, 0, AV_INPUT_BUFFER_PADDING_SIZE);
    av_packet_unref(d->packet);
    d->packet->buf = av_buffer_ref(d->input);
    if (!d->packet->buf)
        return cmMemFullError;
    d->packet->data = d->input->data;
    d->packet->size = (int)packet->size;
    return noErr;
}

/* A packet that cannot be decoded leaves a gap of its length, so that what follows comes in time. */
static OSStatus conceal(decoder *d, int error)
{
    OSStatus status = cm_av_status(error, d->kind->codec.name);
    if (status == cmMemFullError)
        return status;
    if (d->expected == 0 || ++d->bad_in_a_row > MOST_BAD_IN_A_ROW)
        return kAudioCodecBadDataError;
    cm_log(CM_LOG_WARNING, "%s: a damaged packet, %u frames of silence", d->kind->codec.name,
           (unsigned)d->expected);
    d->owed = d->expected;
    return noErr;
}

static OSStatus decoder_send(void *instance, const cm_packet *packet)
{
    decoder *d = instance;
    if (!packet->data) {
        int result = avcodec_send_packet(d->context, NULL);
        return result < 0 && result != AVERROR_EOF ? cm_av_status(result, d->kind->codec.name) : noErr;
    }
    if (packet->size == 0)
        return noErr;
    if (packet->size > MAX_PACKET)
        return kAudioCodecBadDataError;
    OSStatus status = take_packet(d, packet);
    if (status != noErr)
        return status;
    /* A Vorbis packet needs the one before it. Versions of FFmpeg differ in what they make of the first. */
    d->dropping = d->fresh && d->context->codec_id == AV_CODEC_ID_VORBIS;
    d->expected = packet->frames ? (UInt32)(packet->frames * d->rate_ratio) : d->frames_per_packet;
    d->owed = d->dropping ? packet->frames : 0;
    d->fresh = false;
    int result = avcodec_send_packet(d->context, d->packet);
    av_packet_unref(d->packet);
    return result < 0 ? conceal(d, result) : noErr;
}

static OSStatus silence_plane(decoder *d, const void **plane)
{
    if (!d->silence)
        d->silence = calloc(MAX_SILENCE, (size_t)d->pcm.bytes * (d->pcm.planar ? 1 : d->pcm.channels));
    *plane = d->silence;
    return d->silence ? noErr : cmMemFullError;
}

static OSStatus lend_silence(decoder *d, cm_pcm_block *block)
{
    const void *plane;
    OSStatus status = silence_plane(d, &plane);
    if (status != noErr)
        return status;
    for (UInt32 c = 0; c < d->pcm.channels; c++)
        d->planes[c] = plane;
    block->frames = d->owed < MAX_SILENCE ? d->owed : MAX_SILENCE;
    d->owed -= (UInt32)block->frames;
    return noErr;
}

static void update_map(decoder *d)
{
    const AVChannelLayout *layout = &d->frame->ch_layout;
    if (av_channel_layout_compare(layout, &d->mapped) == 0)
        return;
    cm_av_channel_map(d->context->codec_id, layout, d->map);
    cm_av_follow_layout(layout, d->wanted, d->map);
    av_channel_layout_uninit(&d->mapped);
    av_channel_layout_copy(&d->mapped, layout);
}

/* Lends the frame's planes, always of as many channels as were promised. */
static OSStatus lend_frame(decoder *d, cm_pcm_block *block)
{
    const AVFrame *frame = d->frame;
    UInt32 channels = (UInt32)frame->ch_layout.nb_channels;
    if (channels == 0 || channels > CM_AV_MAX_CHANNELS)
        return cm_fail(kAudioCodecBadDataError, "%s: %u channels", d->kind->codec.name, (unsigned)channels);
    block->format = cm_av_pcm((enum AVSampleFormat)frame->format, d->context->bits_per_raw_sample,
                              d->pcm.channels);
    block->frames = (size_t)frame->nb_samples;
    if (!block->format.planar) {
        d->planes[0] = frame->extended_data[0];
        return channels == d->pcm.channels
                   ? noErr
                   : cm_fail(kAudioCodecBadDataError, "%s: the channels change from %u to %u",
                             d->kind->codec.name, (unsigned)d->pcm.channels, (unsigned)channels);
    }
    update_map(d);
    for (UInt32 c = 0; c < d->pcm.channels; c++) {
        if (c < channels)
            d->planes[c] = frame->extended_data[d->map[c]];
        else if (channels == 1)
            d->planes[c] = frame->extended_data[0];
        else if (block->frames > MAX_SILENCE || silence_plane(d, &d->planes[c]) != noErr)
            return cmMemFullError;
    }
    return noErr;
}

static OSStatus decoder_receive(void *instance, cm_pcm_block *block)
{
    decoder *d = instance;
    *block = (cm_pcm_block){ .format = d->pcm, .planes = d->planes };
    int result;
    do
        result = avcodec_receive_frame(d->context, d->frame);
    while (result == 0 && (d->dropping || d->frame->nb_samples == 0));
    if (result == 0) {
        d->bad_in_a_row = 0;
        return lend_frame(d, block);
    }
    d->dropping = false;
    OSStatus status = result == AVERROR(EAGAIN) || result == AVERROR_EOF ? noErr : conceal(d, result);
    return status == noErr && d->owed > 0 ? lend_silence(d, block) : status;
}

/* Left to find out for itself, which it is by no format at all, the decoder changes its rate at once. */
static bool finds_extension(const cm_codec *codec, const cm_codec_config *config, const cm_packet *packet)
{
    cm_codec_config free_choice = *config;
    cm_codec_info info;
    cm_pcm_block block;
    void *instance = NULL;
    free_choice.format.mFormatID = 0;
    bool found = codec->format_id == kAudioFormatMPEG4AAC &&
                 decoder_open(codec, &free_choice, &instance, &info) == noErr &&
                 decoder_send(instance, packet) == noErr && decoder_receive(instance, &block) == noErr &&
                 ((decoder *)instance)->context->sample_rate > config->format.mSampleRate;
    decoder_close(instance);
    return found;
}

static const cm_codec_limits any = { .max_sample_rate = 768000, .max_channels = 8 };
static const cm_codec_limits stereo = { .max_sample_rate = 48000, .max_channels = 2 };
static const cm_codec_limits mono = { .max_sample_rate = 48000, .max_channels = 1 };

/* Packets to decode before a seek target: the overlap of a transform is one; MPEG layer 3 borrows bits from
   up to 511 bytes back, ten frames at its lowest rate; SBR headers come twice a second. Opus packets are of
   any length, and OPUS_PREROLL says more. */
/* av_name: as in cm_av_codec; the floating-point ones of layers 1 and 2 do not dither with what was before.
 */
#define NAMED(text, id4, av_id, av_name, limit, preroll)                                                     \
    {                                                                                                        \
        .codec = { .name = "FFmpeg " text " decoder",                                                        \
                   .format_id = id4,                                                                         \
                   .type = kAudioDecoderComponentType,                                                       \
                   .manufacturer = CM_CODEC_FFMPEG,                                                          \
                   .limits = &limit,                                                                         \
                   .open = decoder_open,                                                                     \
                   .close = decoder_close,                                                                   \
                   .reset = decoder_reset,                                                                   \
                   .send_packet = decoder_send,                                                              \
                   .receive_block = decoder_receive,                                                         \
                   .finds_extension = finds_extension },                                                     \
        .id = av_id, .preroll_packets = preroll, .library = av_name                                          \
    }

#define DECODER(text, id4, av_id, limit, preroll) NAMED(text, id4, av_id, NULL, limit, preroll)

const cm_av_codec cm_av_decoders[] = {
    DECODER("AAC", kAudioFormatMPEG4AAC, AV_CODEC_ID_AAC, any, 1),
    DECODER("HE-AAC", kAudioFormatMPEG4AAC_HE, AV_CODEC_ID_AAC, any, 12),
    DECODER("HE-AAC v2", kAudioFormatMPEG4AAC_HE_V2, AV_CODEC_ID_AAC, any, 12),
    DECODER("AAC-LD", kAudioFormatMPEG4AAC_LD, AV_CODEC_ID_AAC, any, 1),
    DECODER("AAC-ELD", kAudioFormatMPEG4AAC_ELD, AV_CODEC_ID_AAC, any, 2),
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(61, 19, 100)
    DECODER("xHE-AAC", kAudioFormatMPEGD_USAC, AV_CODEC_ID_AAC, any, 12),
#endif
    DECODER("Apple Lossless", kAudioFormatAppleLossless, AV_CODEC_ID_ALAC, any, 0),
    DECODER("FLAC", kAudioFormatFLAC, AV_CODEC_ID_FLAC, any, 0),
    DECODER("MPEG Layer 3", kAudioFormatMPEGLayer3, AV_CODEC_ID_MP3, stereo, 10),
    NAMED("MPEG Layer 2", kAudioFormatMPEGLayer2, AV_CODEC_ID_MP2, "mp2float", stereo, 1),
    NAMED("MPEG Layer 1", kAudioFormatMPEGLayer1, AV_CODEC_ID_MP1, "mp1float", stereo, 1),
    DECODER("Vorbis", kCMAudioFormatVorbis, AV_CODEC_ID_VORBIS, any, 1),
    DECODER("Opus", kAudioFormatOpus, AV_CODEC_ID_OPUS, any, 16),
    DECODER("AC-3", kAudioFormatAC3, AV_CODEC_ID_AC3, any, 1),
    DECODER("E-AC-3", kAudioFormatEnhancedAC3, AV_CODEC_ID_EAC3, any, 1),
    DECODER("AMR", kAudioFormatAMR, AV_CODEC_ID_AMR_NB, mono, 1),
    DECODER("AMR-WB", kAudioFormatAMR_WB, AV_CODEC_ID_AMR_WB, mono, 1),
    DECODER("Microsoft GSM", kAudioFormatMicrosoftGSM, AV_CODEC_ID_GSM_MS, mono, 1),
    DECODER("iLBC", kAudioFormatiLBC, AV_CODEC_ID_ILBC, mono, 1),
    DECODER("MACE 3:1", kAudioFormatMACE3, AV_CODEC_ID_MACE3, stereo, 0),
    DECODER("MACE 6:1", kAudioFormatMACE6, AV_CODEC_ID_MACE6, stereo, 0),
};

const size_t cm_av_decoder_count = sizeof cm_av_decoders / sizeof *cm_av_decoders;
