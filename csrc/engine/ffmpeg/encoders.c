/* encoders.c: the table of FFmpeg's encoders, what each can be asked for, and how it is asked. */
#include "encode.h"

#include <libavutil/dict.h>
#include <libavutil/opt.h>
#include <stdio.h>
#include <string.h>

/* ---- limits ---- */

#define MOST_CHANNELS 8

static const UInt32 aac_sample_rates[] = { 7350,  8000,  11025, 12000, 16000, 22050, 24000,
                                           32000, 44100, 48000, 64000, 88200, 96000, 0 };
static const UInt32 mp3_sample_rates[] = { 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 0 };
static const UInt32 mp2_sample_rates[] = { 16000, 22050, 24000, 32000, 44100, 48000, 0 };
static const UInt32 ac3_sample_rates[] = { 32000, 44100, 48000, 0 };
static const UInt32 opus_sample_rates[] = { 8000, 12000, 16000, 24000, 48000, 0 };

/* AAC: about 2/3 to 5 1/2 bits per sample and channel; more than 6 the format forbids. */
static const UInt32 aac_8k[] = { 8000, 10000, 12000, 14000, 16000, 20000, 24000, 32000, 40000, 0 };
static const UInt32 aac_12k[] = { 8000, 10000, 12000, 14000, 16000, 20000, 24000, 32000, 40000, 48000, 0 };
static const UInt32 aac_16k[] = { 12000, 14000, 16000, 20000, 24000, 28000, 32000, 40000, 48000, 64000, 0 };
static const UInt32 aac_24k[] = { 16000, 20000, 24000, 28000, 32000, 36000,
                                  40000, 48000, 56000, 64000, 80000, 0 };
static const UInt32 aac_32k[] = { 24000, 28000, 32000, 36000, 40000, 48000,
                                  56000, 64000, 72000, 80000, 96000, 0 };
static const UInt32 aac_48k[] = { 32000,  36000,  40000,  48000,  56000,  64000,  72000,  80000, 96000,
                                  112000, 128000, 144000, 160000, 192000, 224000, 256000, 0 };
static const cm_bit_rates aac_bit_rates[] = {
    { 0, 8000, true, aac_8k },
    { 8001, 12000, true, aac_12k },
    { 12001, 16000, true, aac_16k },
    { 16001, 24000, true, aac_24k },
    { 24001, 32000, true, aac_32k },
    { 32001, 96000, true, aac_48k },
    { 0 },
};

static const UInt32 mp3_low[] = { 8000, 16000, 24000, 32000, 40000, 48000, 56000, 64000, 0 };
static const UInt32 mp3_half[] = { 8000,  16000, 24000,  32000,  40000,  48000,  56000, 64000,
                                   80000, 96000, 112000, 128000, 144000, 160000, 0 };
static const UInt32 mp3_full[] = { 32000,  40000,  48000,  56000,  64000,  80000,  96000, 112000,
                                   128000, 160000, 192000, 224000, 256000, 320000, 0 };
static const cm_bit_rates mp3_bit_rates[] = {
    { 0, 12000, false, mp3_low }, { 12001, 24000, false, mp3_half }, { 24001, 48000, false, mp3_full }, { 0 }
};

static const UInt32 mp2_full[] = { 32000,  48000,  56000,  64000,  80000,  96000,  112000, 128000,
                                   160000, 192000, 224000, 256000, 320000, 384000, 0 };
static const cm_bit_rates mp2_bit_rates[] = { { 0, 24000, false, mp3_half },
                                              { 24001, 48000, false, mp2_full },
                                              { 0 } };

static const UInt32 ac3_list[] = { 32000,  40000,  48000,  56000,  64000,  80000,  96000,
                                   112000, 128000, 160000, 192000, 224000, 256000, 320000,
                                   384000, 448000, 512000, 576000, 640000, 0 };
static const cm_bit_rates ac3_bit_rates[] = { { 0, 48000, false, ac3_list }, { 0 } };

static const UInt32 opus_list[] = { 6000,  8000,  12000, 16000,  20000,  24000,  32000,  40000, 48000,
                                    64000, 80000, 96000, 128000, 160000, 192000, 256000, 0 };
static const cm_bit_rates opus_bit_rates[] = { { 0, 48000, true, opus_list }, { 0 } };

static const UInt32 vorbis_low[] = { 8000, 12000, 16000, 20000, 24000, 32000, 40000, 48000, 0 };
static const UInt32 vorbis_full[] = { 32000, 40000,  48000,  56000,  64000, 80000,
                                      96000, 112000, 128000, 160000, 0 };
static const cm_bit_rates vorbis_bit_rates[] = { { 0, 24000, true, vorbis_low },
                                                 { 24001, 192000, true, vorbis_full },
                                                 { 0 } };

static const AudioChannelLayoutTag mpeg4_layouts[] = {
    kAudioChannelLayoutTag_Mono,    kAudioChannelLayoutTag_Stereo,  kAudioChannelLayoutTag_AAC_3_0,
    kAudioChannelLayoutTag_AAC_4_0, kAudioChannelLayoutTag_AAC_5_0, kAudioChannelLayoutTag_AAC_5_1,
    kAudioChannelLayoutTag_AAC_6_1, kAudioChannelLayoutTag_AAC_7_1, 0,
};
static const AudioChannelLayoutTag wave_layouts[] = {
    kAudioChannelLayoutTag_Mono,       kAudioChannelLayoutTag_Stereo,     kAudioChannelLayoutTag_MPEG_3_0_A,
    kAudioChannelLayoutTag_WAVE_4_0_B, kAudioChannelLayoutTag_WAVE_5_0_B, kAudioChannelLayoutTag_WAVE_5_1_B,
    kAudioChannelLayoutTag_WAVE_6_1,   kAudioChannelLayoutTag_WAVE_7_1,   0,
};
static const AudioChannelLayoutTag xiph_layouts[] = {
    kAudioChannelLayoutTag_Mono,    kAudioChannelLayoutTag_Stereo,  kAudioChannelLayoutTag_Ogg_3_0,
    kAudioChannelLayoutTag_Ogg_4_0, kAudioChannelLayoutTag_Ogg_5_0, kAudioChannelLayoutTag_Ogg_5_1,
    kAudioChannelLayoutTag_Ogg_6_1, kAudioChannelLayoutTag_Ogg_7_1, 0,
};
static const AudioChannelLayoutTag ac3_layouts[] = {
    kAudioChannelLayoutTag_Mono,
    kAudioChannelLayoutTag_Stereo,
    kAudioChannelLayoutTag_AC3_3_0,
    kAudioChannelLayoutTag_AC3_3_1,
    kAudioChannelLayoutTag_MPEG_5_0_C,
    kAudioChannelLayoutTag_MPEG_5_1_C,
    0,
};
static const AudioChannelLayoutTag stereo_layouts[] = { kAudioChannelLayoutTag_Mono,
                                                        kAudioChannelLayoutTag_Stereo, 0 };

static const cm_codec_limits aac = { aac_sample_rates, 96000, MOST_CHANNELS, mpeg4_layouts, aac_bit_rates };
static const cm_codec_limits alac = { NULL, 384000, MOST_CHANNELS, mpeg4_layouts, NULL };
static const cm_codec_limits flac = { NULL, 655350, MOST_CHANNELS, wave_layouts, NULL };
static const cm_codec_limits opus = { opus_sample_rates, 48000, MOST_CHANNELS, xiph_layouts, opus_bit_rates };
static const cm_codec_limits vorbis = { NULL, 192000, MOST_CHANNELS, xiph_layouts, vorbis_bit_rates };
static const cm_codec_limits mp3 = { mp3_sample_rates, 48000, 2, stereo_layouts, mp3_bit_rates };
static const cm_codec_limits mp2 = { mp2_sample_rates, 48000, 2, stereo_layouts, mp2_bit_rates };
static const cm_codec_limits ac3 = { ac3_sample_rates, 48000, 6, ac3_layouts, ac3_bit_rates };

static bool allows_rate(const cm_codec_limits *limits, Float64 rate)
{
    if (!(rate >= 1 && rate <= limits->max_sample_rate) || rate != (UInt32)rate)
        return false;
    const UInt32 *listed = limits->sample_rates;
    while (listed && *listed != 0 && *listed != (UInt32)rate)
        listed++;
    return !listed || *listed != 0;
}

static void list_rates(const cm_codec_limits *limits, char *text, size_t size)
{
    text[0] = '\0';
    for (const UInt32 *rate = limits->sample_rates; rate && *rate; rate++) {
        size_t used = strlen(text);
        snprintf(text + used, size - used, "%s%u", used ? ", " : "; possible: ", (unsigned)*rate);
    }
}

OSStatus cm_av_check_encoder(const cm_codec *codec, const cm_codec_config *config)
{
    const cm_codec_limits *limits = codec->limits;
    const AudioStreamBasicDescription *format = &config->format;
    if (format->mChannelsPerFrame == 0 || format->mChannelsPerFrame > limits->max_channels)
        return cm_fail(kAudioConverterErr_FormatNotSupported, "%s: %u channels; possible: 1 to %u",
                       codec->name, (unsigned)format->mChannelsPerFrame, (unsigned)limits->max_channels);
    if (allows_rate(limits, format->mSampleRate))
        return noErr;
    char possible[160];
    list_rates(limits, possible, sizeof possible);
    return cm_fail(kAudioConverterErr_FormatNotSupported, "%s: %g Hz%s", codec->name, format->mSampleRate,
                   possible);
}

/* ---- settings ---- */

static UInt32 within(UInt32 value, UInt32 least, UInt32 most)
{
    return value < least ? least : value > most ? most : value;
}

/* The rate next to the wanted one: of a list, or within the list's range where every rate goes. */
static UInt32 offered_bit_rate(const cm_codec_limits *limits, UInt32 wanted, UInt32 sample_rate,
                               UInt32 channels)
{
    const cm_bit_rates *row = limits->bit_rates;
    while (row->list && (sample_rate < row->from_rate || sample_rate > row->to_rate))
        row++;
    if (!row->list)
        return wanted;
    if (row->per_channel) {
        const UInt32 *last = row->list;
        while (last[1])
            last++;
        return within(wanted, row->list[0] * channels, *last * channels);
    }
    UInt32 best = row->list[0];
    for (const UInt32 *rate = row->list; *rate; rate++) {
        UInt32 distance = *rate > wanted ? *rate - wanted : wanted - *rate;
        UInt32 best_distance = best > wanted ? best - wanted : wanted - best;
        if (distance < best_distance)
            best = *rate;
    }
    return best;
}

static UInt32 default_bit_rate(enum AVCodecID id, UInt32 sample_rate, UInt32 channels)
{
    switch (id) {
    case AV_CODEC_ID_AAC:
        return (sample_rate >= 32000 ? 64000 : sample_rate * 2) * channels;
    case AV_CODEC_ID_OPUS:
        return 64000 * channels;
    case AV_CODEC_ID_MP3:
    case AV_CODEC_ID_MP2:
        return sample_rate >= 32000 ? 96000 * channels : 32000 * channels;
    case AV_CODEC_ID_AC3:
    case AV_CODEC_ID_EAC3:
        return channels <= 2 ? 96000 * channels : 448000;
    default:
        return 0;
    }
}

static bool is_vbr(const cm_codec_config *config)
{
    return config->bit_rate_mode == kAudioCodecBitRateControlMode_Variable;
}

/* From worst at 0 to best at 127. */
static int scaled(UInt32 value, double worst, double best)
{
    double fraction = (value > 127 ? 127 : value) / 127.0;
    return (int)((worst + (best - worst) * fraction) * FF_QP2LAMBDA + 0.5);
}

static void set_vbr(AVCodecContext *context, UInt32 quality, double worst, double best)
{
    context->flags |= AV_CODEC_FLAG_QSCALE;
    context->global_quality = scaled(quality, worst, best);
    context->bit_rate = 0;
}

/* Significant bits of what a lossless encoder must keep. */
static int wanted_depth(const cm_codec_config *config)
{
    static const UInt8 depths[5] = { 0, 16, 20, 24, 32 };
    const AudioStreamBasicDescription *source = &config->source;
    UInt32 flags = config->format.mFormatFlags;
    if (flags >= 1 && flags <= 4)
        return depths[flags];
    bool known = source->mFormatID == kAudioFormatLinearPCM && source->mBitsPerChannel > 0 &&
                 !(source->mFormatFlags & kAudioFormatFlagIsFloat);
    return known && source->mBitsPerChannel <= 16 ? 16 : 24;
}

static OSStatus configure_lossless(AVCodecContext *context, const cm_codec_config *config)
{
    bool is_flac = context->codec_id == AV_CODEC_ID_FLAC;
    int depth = wanted_depth(config);
    if (depth > 24)
        return cm_fail(kAudioConverterErr_FormatNotSupported,
                       "FFmpeg's %s encoder takes at most 24 bits a sample", is_flac ? "FLAC" : "ALAC");
    context->bits_per_raw_sample = depth <= 16 ? 16 : 24;
    if (is_flac)
        context->sample_fmt = depth <= 16 ? AV_SAMPLE_FMT_S16 : AV_SAMPLE_FMT_S32;
    else
        context->sample_fmt = depth <= 16 ? AV_SAMPLE_FMT_S16P : AV_SAMPLE_FMT_S32P;
    if (is_flac) {
        static const UInt8 levels[4] = { 1, 3, 5, 8 };
        UInt32 frames = config->format.mFramesPerPacket;
        if (frames == 0)
            frames = context->sample_rate <= 16000 ? 1152 : 4608;
        if (frames < 16 || frames > 65535)
            return cm_fail(kAudioConverterErr_FormatNotSupported,
                           "a FLAC packet has 16 to 65535 frames, not %u", frames);
        context->frame_size = (int)frames;
        context->compression_level = levels[config->quality >= 127 ? 3 : config->quality / 43];
    }
    return noErr;
}

static void configure_aac(AVCodecContext *context, const cm_codec_config *config, AVDictionary **options)
{
    context->sample_fmt = AV_SAMPLE_FMT_FLTP;
    av_dict_set(options, "aac_coder", config->quality < kAudioCodecQuality_Medium ? "fast" : "twoloop", 0);
    if (is_vbr(config))
        set_vbr(context, config->vbr_quality, 0.2, 2.0);
}

static void configure_mp3(AVCodecContext *context, const cm_codec_config *config, AVDictionary **options)
{
    context->sample_fmt = AV_SAMPLE_FMT_FLTP;
    context->compression_level = config->quality >= 127  ? 0
                                 : config->quality >= 96 ? 2
                                 : config->quality >= 64 ? 3
                                                         : 7;
    if (is_vbr(config))
        set_vbr(context, config->vbr_quality, 9, 0);
    else if (config->bit_rate_mode == kAudioCodecBitRateControlMode_VariableConstrained)
        av_dict_set(options, "abr", "1", 0); /* otherwise constant, which keeps the average as well */
}

static void configure_opus(AVCodecContext *context, const cm_codec_config *config, AVDictionary **options)
{
    static const char *const modes[] = {
        [kAudioCodecBitRateControlMode_Constant] = "off",
        [kAudioCodecBitRateControlMode_LongTermAverage] = "on",
        [kAudioCodecBitRateControlMode_VariableConstrained] = "constrained",
        [kAudioCodecBitRateControlMode_Variable] = "on",
    };
    context->sample_fmt = AV_SAMPLE_FMT_FLT;
    context->compression_level = config->quality >= 64 ? 10 : config->quality >= 32 ? 5 : 0;
    av_dict_set(options, "vbr", modes[config->bit_rate_mode & 3], 0);
    if (is_vbr(config))
        context->bit_rate = (6000 + (SInt64)config->vbr_quality * 1500) * context->ch_layout.nb_channels;
}

/* Without a wanted rate quality leads, as Vorbis is meant to be used. */
static void configure_vorbis(AVCodecContext *context, const cm_codec_config *config)
{
    context->sample_fmt = AV_SAMPLE_FMT_FLTP;
    if (is_vbr(config))
        set_vbr(context, config->vbr_quality, -1, 10);
    else if (config->bit_rate == 0)
        set_vbr(context, config->quality, 1, 7);
}

OSStatus cm_av_configure_encoder(AVCodecContext *context, const cm_av_codec *kind,
                                 const cm_codec_config *config, AVDictionary **options)
{
    UInt32 sample_rate = (UInt32)context->sample_rate, channels = config->format.mChannelsPerFrame;
    UInt32 rate = config->bit_rate ? config->bit_rate : default_bit_rate(kind->id, sample_rate, channels);
    if (kind->codec.limits->bit_rates)
        context->bit_rate = rate ? offered_bit_rate(kind->codec.limits, rate, sample_rate, channels) : 0;
    switch (kind->id) {
    case AV_CODEC_ID_ALAC:
    case AV_CODEC_ID_FLAC:
        return configure_lossless(context, config);
    case AV_CODEC_ID_AAC:
        configure_aac(context, config, options);
        break;
    case AV_CODEC_ID_MP3:
        configure_mp3(context, config, options);
        break;
    case AV_CODEC_ID_OPUS:
        configure_opus(context, config, options);
        break;
    case AV_CODEC_ID_VORBIS:
        configure_vorbis(context, config);
        break;
    case AV_CODEC_ID_MP2:
        context->sample_fmt = AV_SAMPLE_FMT_S16;
        break;
    default:
        context->sample_fmt = AV_SAMPLE_FMT_FLTP;
        break;
    }
    return noErr;
}

UInt32 cm_av_format_flags(const AVCodecContext *context)
{
    if (context->codec_id != AV_CODEC_ID_ALAC && context->codec_id != AV_CODEC_ID_FLAC)
        return 0;
    return context->bits_per_raw_sample <= 16 ? kAppleLosslessFormatFlag_16BitSourceData
                                              : kAppleLosslessFormatFlag_24BitSourceData;
}

UInt32 cm_av_largest_packet(const AVCodecContext *context)
{
    UInt32 channels = (UInt32)context->ch_layout.nb_channels;
    UInt32 depth = context->bits_per_raw_sample <= 16 ? 2 : 3;
    switch (context->codec_id) {
    case AV_CODEC_ID_ALAC:
    case AV_CODEC_ID_FLAC: /* samples as they are, headers, one more bit for a side channel */
        return (UInt32)context->frame_size * channels * depth + (UInt32)context->frame_size / 8 + 64 +
               16 * channels;
    case AV_CODEC_ID_AAC: /* 6144 bits a channel (14496-3, 4.5.1.1) and room for element headers */
        return 768 * channels + 64;
    case AV_CODEC_ID_OPUS:
        return 1277 * channels + 7;
    case AV_CODEC_ID_VORBIS:
        return 16384 * channels;
    case AV_CODEC_ID_MP3:
    case AV_CODEC_ID_MP2:
        return 4096;
    default:
        return 4096; /* AC-3: 3840, E-AC-3: 4096 */
    }
}

#define ENCODER(text, id4, av_id, limit, name_of_library)                                                    \
    {                                                                                                        \
        .codec = { .name = text " encoder",                                                                  \
                   .format_id = id4,                                                                         \
                   .type = kAudioEncoderComponentType,                                                       \
                   .manufacturer = CM_CODEC_FFMPEG,                                                          \
                   .limits = &limit,                                                                         \
                   .open = cm_av_encoder_open,                                                               \
                   .close = cm_av_encoder_close,                                                             \
                   .reset = cm_av_encoder_reset,                                                             \
                   .send_frames = cm_av_encoder_send,                                                        \
                   .receive_packet = cm_av_encoder_receive,                                                  \
                   .cookie = cm_av_encoder_cookie },                                                         \
        .id = av_id, .library = name_of_library                                                              \
    }

const cm_av_codec cm_av_encoders[] = {
    ENCODER("FFmpeg AAC", kAudioFormatMPEG4AAC, AV_CODEC_ID_AAC, aac, "aac"),
    ENCODER("FFmpeg Apple Lossless", kAudioFormatAppleLossless, AV_CODEC_ID_ALAC, alac, "alac"),
    ENCODER("FFmpeg FLAC", kAudioFormatFLAC, AV_CODEC_ID_FLAC, flac, "flac"),
    ENCODER("libopus", kAudioFormatOpus, AV_CODEC_ID_OPUS, opus, "libopus"),
    ENCODER("libvorbis", kCMAudioFormatVorbis, AV_CODEC_ID_VORBIS, vorbis, "libvorbis"),
    ENCODER("LAME MPEG Layer 3", kAudioFormatMPEGLayer3, AV_CODEC_ID_MP3, mp3, "libmp3lame"),
    ENCODER("FFmpeg MPEG Layer 2", kAudioFormatMPEGLayer2, AV_CODEC_ID_MP2, mp2, "mp2"),
    ENCODER("FFmpeg AC-3", kAudioFormatAC3, AV_CODEC_ID_AC3, ac3, "ac3"),
    ENCODER("FFmpeg E-AC-3", kAudioFormatEnhancedAC3, AV_CODEC_ID_EAC3, ac3, "eac3"),
};

const size_t cm_av_encoder_count = sizeof cm_av_encoders / sizeof *cm_av_encoders;
