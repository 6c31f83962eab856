/* extradata.c: magic cookies to FFmpeg's extradata and back. */
#include "av.h"
#include "../format/aac_config.h"
#include "../format/cookie.h"

#include <libavutil/intreadwrite.h>
#include <libavutil/mem.h>
#include <stdlib.h>
#include <string.h>

#define ALAC_ATOM 36

static OSStatus set(AVCodecContext *context, const void *bytes, size_t size)
{
    if (size > 1 << 24)
        return kAudioCodecBadDataError;
    context->extradata = av_mallocz(size + AV_INPUT_BUFFER_PADDING_SIZE);
    if (!context->extradata)
        return cmMemFullError;
    memcpy(context->extradata, bytes, size);
    context->extradata_size = (int)size;
    return noErr;
}

static OSStatus bad_cookie(const char *format)
{
    return cm_fail(kAudioCodecBadDataError, "the magic cookie is not one of %s", format);
}

/*
 * One AAC stream can be decoded with or without its extensions. FFmpeg decides by the configuration alone, so
 * that is rewritten to say what the wanted format says.
 */
static void want_layers(cm_aac_config *config, const AudioStreamBasicDescription *format)
{
    switch (format->mFormatID) {
    case kAudioFormatMPEG4AAC_HE:
    case kAudioFormatMPEG4AAC_HE_V2:
        config->sbr = CM_AAC_PRESENT;
        config->sbr_rate = (UInt32)format->mSampleRate;
        config->ps = format->mFormatID == kAudioFormatMPEG4AAC_HE_V2 ? CM_AAC_PRESENT : CM_AAC_ABSENT;
        break;
    case kAudioFormatMPEG4AAC:
        config->sbr = config->ps = CM_AAC_ABSENT;
        break;
    default:
        break;
    }
}

static cm_aac_config config_for(const AudioStreamBasicDescription *format)
{
    bool high_efficiency = format->mFormatID == kAudioFormatMPEG4AAC_HE ||
                           format->mFormatID == kAudioFormatMPEG4AAC_HE_V2;
    UInt32 channels = format->mFormatID == kAudioFormatMPEG4AAC_HE_V2 ? 1 : format->mChannelsPerFrame;
    return (cm_aac_config){
        .object_type = CM_AAC_LC,
        .rate = (UInt32)(high_efficiency ? format->mSampleRate / 2 : format->mSampleRate),
        .channels = channels,
        .channel_config = cm_aac_channel_config(channels),
        .frames_per_packet = 1024,
    };
}

static OSStatus set_aac(AVCodecContext *context, const cm_codec_config *config)
{
    UInt8 bytes[CM_AAC_CONFIG_MAX];
    cm_span cookie = { config->cookie, config->cookie_size }, found = { 0 };
    cm_aac_config parsed = config_for(&config->format);
    if (cookie.bytes) {
        if (!cm_cookie_find_aac(cookie, &found))
            return bad_cookie("AAC");
        cm_aac_config_parse(found.bytes, found.size, &parsed);
    } else if (parsed.channel_config == 0) {
        return cm_fail(kAudioConverterErr_FormatNotSupported, "AAC of %u channels needs its magic cookie",
                       (unsigned)config->format.mChannelsPerFrame);
    }
    want_layers(&parsed, &config->format);
    size_t size = cm_aac_config_write(&parsed, found.bytes, bytes);
    return size > 0 ? set(context, bytes, size) : set(context, found.bytes, found.size);
}

static OSStatus set_alac(AVCodecContext *context, cm_span cookie)
{
    UInt8 atom[ALAC_ATOM] = { 0 };
    cm_span found;
    if (!cm_cookie_find_alac(cookie, &found, NULL))
        return bad_cookie("Apple Lossless");
    AV_WB32(atom, ALAC_ATOM);
    memcpy(atom + 4, "alac", 4);
    memcpy(atom + 12, found.bytes, found.size);
    return set(context, atom, sizeof atom);
}

static OSStatus set_flac(AVCodecContext *context, cm_span cookie)
{
    cm_span found;
    if (!cookie.bytes)
        return noErr; /* frame headers say enough */
    if (!cm_cookie_find_flac(cookie, &found, NULL))
        return bad_cookie("FLAC");
    return set(context, found.bytes, found.size);
}

static OSStatus set_opus(AVCodecContext *context, const cm_codec_config *config)
{
    UInt8 bytes[CM_OPUS_HEAD_MAX];
    cm_opus_head head;
    UInt32 channels = config->format.mChannelsPerFrame;
    if (!cm_cookie_find_opus((cm_span){ config->cookie, config->cookie_size }, &head)) {
        if (channels > 2)
            return bad_cookie("Opus");
        head = (cm_opus_head){ .channels = (UInt8)channels, .input_rate = 48000 };
    }
    head.pre_skip = 0; /* who knows the file drops the priming */
    return set(context, bytes, cm_cookie_write_opus_head(&head, bytes));
}

static OSStatus set_vorbis(AVCodecContext *context, cm_span cookie)
{
    cm_span headers[3];
    if (!cm_cookie_find_vorbis(cookie, headers))
        return bad_cookie("Vorbis");
    return set(context, cookie.bytes, cookie.size);
}

OSStatus cm_av_set_extradata(AVCodecContext *context, const cm_codec_config *config)
{
    cm_span cookie = { config->cookie, config->cookie_size };
    switch (context->codec_id) {
    case AV_CODEC_ID_AAC:
        return set_aac(context, config);
    case AV_CODEC_ID_ALAC:
        return set_alac(context, cookie);
    case AV_CODEC_ID_FLAC:
        return set_flac(context, cookie);
    case AV_CODEC_ID_OPUS:
        return set_opus(context, config);
    case AV_CODEC_ID_VORBIS:
        return set_vorbis(context, cookie);
    default:
        return noErr;
    }
}

/* ---- encoders ---- */

static OSStatus copy(const void *bytes, size_t size, UInt8 **out, size_t *out_size)
{
    *out = malloc(size);
    if (!*out)
        return cmMemFullError;
    memcpy(*out, bytes, size);
    *out_size = size;
    return noErr;
}

/* Apple's cookie has the channel order behind the ALACSpecificConfig where there are more than two. */
static OSStatus copy_alac(cm_span found, UInt8 **cookie, size_t *size)
{
    static const AudioChannelLayoutTag tags[9] = {
        [3] = kAudioChannelLayoutTag_MPEG_3_0_B, [4] = kAudioChannelLayoutTag_MPEG_4_0_B,
        [5] = kAudioChannelLayoutTag_MPEG_5_0_D, [6] = kAudioChannelLayoutTag_MPEG_5_1_D,
        [7] = kAudioChannelLayoutTag_AAC_6_1,    [8] = kAudioChannelLayoutTag_MPEG_7_1_B,
    };
    UInt8 bytes[CM_ALAC_CONFIG_SIZE + 24] = { 0 };
    memcpy(bytes, found.bytes, CM_ALAC_CONFIG_SIZE);
    UInt8 channels = bytes[9];
    if (channels < 3 || channels > 8)
        return copy(bytes, CM_ALAC_CONFIG_SIZE, cookie, size);
    UInt8 *info = bytes + CM_ALAC_CONFIG_SIZE;
    AV_WB32(info, 24);
    memcpy(info + 4, "chan", 4);
    AV_WB32(info + 12, tags[channels]);
    return copy(bytes, sizeof bytes, cookie, size);
}

static OSStatus copy_aac(const AVCodecContext *context, cm_span config, UInt8 **cookie, size_t *size)
{
    *cookie = malloc(config.size + CM_ESDS_OVERHEAD);
    if (!*cookie)
        return cmMemFullError;
    UInt32 rate = (UInt32)context->bit_rate;
    UInt32 buffer = 768u * (UInt32)context->ch_layout.nb_channels;
    *size = cm_cookie_write_esds(0x40, buffer, rate, rate, config, *cookie);
    return noErr;
}

OSStatus cm_av_copy_cookie(const AVCodecContext *context, const UInt8 *extradata, size_t size, UInt8 **cookie,
                           size_t *cookie_size)
{
    cm_span from = { extradata, size }, found;
    UInt8 flac[CM_FLAC_COOKIE_SIZE];
    *cookie = NULL;
    *cookie_size = 0;
    if (size == 0)
        return noErr;
    switch (context->codec_id) {
    case AV_CODEC_ID_AAC:
        return copy_aac(context, from, cookie, cookie_size);
    case AV_CODEC_ID_ALAC:
        return cm_cookie_find_alac(from, &found, NULL) ? copy_alac(found, cookie, cookie_size)
                                                       : kAudioCodecUnspecifiedError;
    case AV_CODEC_ID_FLAC:
        if (!cm_cookie_find_flac(from, &found, NULL))
            return kAudioCodecUnspecifiedError;
        cm_cookie_write_flac(found.bytes, flac);
        return copy(flac, sizeof flac, cookie, cookie_size);
    default:
        return copy(extradata, size, cookie, cookie_size);
    }
}
