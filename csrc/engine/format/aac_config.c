#include "aac_config.h"
#include "bits.h"

#include <AudioToolbox/AudioFormat.h>
#include <string.h>

#define RATE_EXPLICIT 15u
#define TYPE_ESCAPE 31u
#define SBR_SYNC 0x2B7u
#define PS_SYNC 0x548u

static const UInt32 rates[13] = { 96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                  22050, 16000, 12000, 11025, 8000,  7350 };

static const UInt8 config_channels[15] = { 0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 0, 8 };

UInt32 cm_aac_rate(UInt32 index)
{
    return index < sizeof rates / sizeof *rates ? rates[index] : 0;
}

UInt32 cm_aac_rate_index(UInt32 rate)
{
    UInt32 index = 0;
    while (index < sizeof rates / sizeof *rates && rates[index] != rate)
        index++;
    return index < sizeof rates / sizeof *rates ? index : RATE_EXPLICIT;
}

UInt32 cm_aac_channels(UInt32 channel_config)
{
    return channel_config < sizeof config_channels ? config_channels[channel_config] : 0;
}

UInt32 cm_aac_channel_config(UInt32 channels)
{
    for (UInt32 config = 1; config < 8; config++)
        if (config_channels[config] == channels)
            return config;
    return channels == 7 ? 11 : 0;
}

static UInt32 get_type(cm_bits *bits)
{
    UInt32 type = cm_bits_get(bits, 5);
    return type == TYPE_ESCAPE ? 32 + cm_bits_get(bits, 6) : type;
}

static UInt32 get_rate(cm_bits *bits)
{
    UInt32 index = cm_bits_get(bits, 4);
    return index == RATE_EXPLICIT ? cm_bits_get(bits, 24) : cm_aac_rate(index);
}

/* program_config_element (4.4.1.1): counts its channels and passes over it. */
static UInt32 pass_program_config(cm_bits *bits)
{
    cm_bits_skip(bits, 4 + 2 + 4);
    UInt32 front = cm_bits_get(bits, 4), side = cm_bits_get(bits, 4), back = cm_bits_get(bits, 4);
    UInt32 lfe = cm_bits_get(bits, 2), data = cm_bits_get(bits, 3), coupling = cm_bits_get(bits, 4);
    if (cm_bits_get(bits, 1))
        cm_bits_skip(bits, 4);
    if (cm_bits_get(bits, 1))
        cm_bits_skip(bits, 4);
    if (cm_bits_get(bits, 1))
        cm_bits_skip(bits, 3);
    UInt32 channels = lfe;
    for (UInt32 i = 0; i < front + side + back; i++) {
        channels += 1 + cm_bits_get(bits, 1);
        cm_bits_skip(bits, 4);
    }
    cm_bits_skip(bits, 4 * (lfe + data) + 5 * coupling);
    cm_bits_skip(bits, (8 - bits->at % 8) % 8);
    UInt32 comment = cm_bits_get(bits, 8);
    cm_bits_skip(bits, 8 * (size_t)comment);
    return channels;
}

static bool is_general_audio(UInt32 type)
{
    return (type >= 1 && type <= 7 && type != CM_AAC_SBR) || type == 17 || (type >= 19 && type <= 23);
}

/* GASpecificConfig (4.4.1). */
static void parse_general(cm_bits *bits, cm_aac_config *config)
{
    bool small = cm_bits_get(bits, 1) != 0;
    config->frames_per_packet = config->object_type == CM_AAC_LD ? (small ? 480 : 512) : small ? 960 : 1024;
    bool has_delay = cm_bits_get(bits, 1) != 0; /* of a core coder */
    if (has_delay && config->channel_config != 0 && cm_bits_left(bits) < 14 + 1) {
        config->is_cut = true;
        bits->at = bits->end;
        return;
    }
    if (has_delay)
        cm_bits_skip(bits, 14);
    bool extension = cm_bits_get(bits, 1) != 0;
    if (config->channel_config == 0)
        config->channels = pass_program_config(bits);
    if (config->object_type == 6 || config->object_type == 20)
        cm_bits_skip(bits, 3);
    if (extension) {
        if (config->object_type == 22)
            cm_bits_skip(bits, 5 + 11);
        if (config->object_type == 17 || (config->object_type >= 19 && config->object_type <= 23))
            cm_bits_skip(bits, 3);
        cm_bits_skip(bits, 1);
    }
    if (config->object_type >= 17)
        cm_bits_skip(bits, 2); /* epConfig */
}

/* ELDSpecificConfig up to ldSbrPresentFlag; what follows is the decoder's business. */
static void parse_eld(cm_bits *bits, cm_aac_config *config)
{
    config->frames_per_packet = cm_bits_get(bits, 1) ? 480 : 512;
    cm_bits_skip(bits, 3);
    config->sbr = cm_bits_get(bits, 1) ? CM_AAC_PRESENT : CM_AAC_ABSENT;
    if (config->sbr == CM_AAC_PRESENT)
        config->sbr_rate = cm_bits_get(bits, 1) ? config->rate * 2 : config->rate;
    bits->at = bits->end;
}

/* UsacConfig (ISO/IEC 23003-3, 5.2): the rate that comes out and the frames of a packet. */
static void parse_usac(cm_bits *bits, cm_aac_config *config)
{
    static const UInt16 lengths[8] = { 768, 1024, 2048, 2048, 4096 };
    UInt32 index = cm_bits_get(bits, 5);
    UInt32 rate = index == 31 ? cm_bits_get(bits, 24) : cm_aac_rate(index);
    if (rate != 0)
        config->rate = rate;
    config->frames_per_packet = lengths[cm_bits_get(bits, 3)];
    bits->at = bits->end;
}

/* The extensions that follow a base layer, each behind its own sync word. */
static void parse_extensions(cm_bits *bits, cm_aac_config *config)
{
    if (cm_bits_left(bits) < 16 || cm_bits_get(bits, 11) != SBR_SYNC || get_type(bits) != CM_AAC_SBR)
        return;
    if (!cm_bits_get(bits, 1)) {
        config->sbr = config->ps = CM_AAC_ABSENT;
        return;
    }
    config->sbr = CM_AAC_PRESENT;
    config->sbr_rate = get_rate(bits);
    if (cm_bits_left(bits) >= 12 && cm_bits_get(bits, 11) == PS_SYNC)
        config->ps = cm_bits_get(bits, 1) ? CM_AAC_PRESENT : CM_AAC_ABSENT;
}

OSStatus cm_aac_config_parse(const void *bytes, size_t size, cm_aac_config *config)
{
    cm_bits bits = cm_bits_of(bytes, size);
    *config = (cm_aac_config){ .object_type = get_type(&bits), .frames_per_packet = 1024 };
    config->rate = get_rate(&bits);
    config->channel_config = cm_bits_get(&bits, 4);
    config->channels = cm_aac_channels(config->channel_config);
    bool hierarchical = config->object_type == CM_AAC_SBR || config->object_type == CM_AAC_PS;
    if (hierarchical) {
        config->sbr = CM_AAC_PRESENT;
        config->ps = config->object_type == CM_AAC_PS ? CM_AAC_PRESENT : CM_AAC_NOT_SAID;
        config->sbr_rate = get_rate(&bits);
        config->object_type = get_type(&bits);
        if (config->object_type == 22)
            cm_bits_skip(&bits, 4);
    }
    config->specific_from = bits.at;
    if (is_general_audio(config->object_type))
        parse_general(&bits, config);
    else if (config->object_type == CM_AAC_ELD)
        parse_eld(&bits, config);
    else if (config->object_type == CM_AAC_USAC)
        parse_usac(&bits, config);
    else
        bits.at = bits.end;
    config->specific_to = bits.at;
    if (cm_bits_overrun(&bits) || config->rate == 0 || config->rate > 192000 || config->object_type == 0 ||
        config->channels > 64 || config->frames_per_packet == 0)
        return cm_fail(kAudioFormatUnsupportedDataFormatError, "not an AAC configuration");
    if (!hierarchical && is_general_audio(config->object_type))
        parse_extensions(&bits, config);
    if (config->sbr == CM_AAC_PRESENT && (config->sbr_rate < config->rate || config->sbr_rate > 192000))
        config->sbr_rate = config->rate * 2;
    return noErr;
}

static void put_type(cm_bit_writer *w, UInt32 type)
{
    cm_bits_put(w, type < TYPE_ESCAPE ? type : TYPE_ESCAPE, 5);
    if (type >= TYPE_ESCAPE)
        cm_bits_put(w, type - 32, 6);
}

static void put_rate(cm_bit_writer *w, UInt32 rate)
{
    UInt32 index = cm_aac_rate_index(rate);
    cm_bits_put(w, index, 4);
    if (index == RATE_EXPLICIT)
        cm_bits_put(w, rate, 24);
}

static void put_extensions(cm_bit_writer *w, const cm_aac_config *config)
{
    if (config->sbr == CM_AAC_NOT_SAID || !is_general_audio(config->object_type))
        return;
    cm_bits_put(w, SBR_SYNC, 11);
    put_type(w, CM_AAC_SBR);
    cm_bits_put(w, config->sbr == CM_AAC_PRESENT, 1);
    if (config->sbr != CM_AAC_PRESENT)
        return;
    put_rate(w, config->sbr_rate);
    if (config->ps != CM_AAC_NOT_SAID) {
        cm_bits_put(w, PS_SYNC, 11);
        cm_bits_put(w, config->ps == CM_AAC_PRESENT, 1);
    }
}

size_t cm_aac_config_write(const cm_aac_config *config, const void *original, UInt8 *to)
{
    memset(to, 0, CM_AAC_CONFIG_MAX);
    cm_bit_writer w = { .bytes = to, .end = CM_AAC_CONFIG_MAX * 8 };
    put_type(&w, config->object_type);
    put_rate(&w, config->rate);
    cm_bits_put(&w, config->channel_config, 4);
    if (original && !config->is_cut) {
        if (config->channel_config == 0 && (w.at - config->specific_from) % 8 != 0)
            return 0; /* the element inside is aligned to bytes */
        cm_bits bits = { .bytes = original, .at = config->specific_from, .end = config->specific_to };
        while (bits.at < bits.end)
            cm_bits_put(&w, cm_bits_get(&bits, 1), 1);
    } else {
        cm_bits_put(&w, config->frames_per_packet == 960 || config->frames_per_packet == 480, 1);
        cm_bits_put(&w, 0, 2);
    }
    put_extensions(&w, config);
    return w.at <= w.end ? (w.at + 7) / 8 : 0;
}

static AudioFormatID base_format(const cm_aac_config *config)
{
    switch (config->object_type) {
    case CM_AAC_LD:
        return kAudioFormatMPEG4AAC_LD;
    case CM_AAC_ELD:
        return config->sbr == CM_AAC_PRESENT ? kAudioFormatMPEG4AAC_ELD_SBR : kAudioFormatMPEG4AAC_ELD;
    case CM_AAC_USAC:
        return kAudioFormatMPEGD_USAC;
    default:
        return kAudioFormatMPEG4AAC;
    }
}

UInt32 cm_aac_formats(const cm_aac_config *config, AudioStreamBasicDescription formats[3])
{
    UInt32 count = 0;
    bool has_sbr = config->sbr == CM_AAC_PRESENT && is_general_audio(config->object_type);
    AudioStreamBasicDescription base = {
        .mSampleRate = config->rate,
        .mFormatID = base_format(config),
        .mFramesPerPacket = config->frames_per_packet,
        .mChannelsPerFrame = config->channels,
    };
    AudioStreamBasicDescription sbr = base;
    sbr.mSampleRate = config->sbr_rate;
    sbr.mFormatID = kAudioFormatMPEG4AAC_HE;
    sbr.mFramesPerPacket = config->sbr_rate == config->rate ? base.mFramesPerPacket
                                                            : 2 * base.mFramesPerPacket;
    if (has_sbr && config->ps == CM_AAC_PRESENT && config->channels == 1) {
        formats[count] = sbr;
        formats[count].mFormatID = kAudioFormatMPEG4AAC_HE_V2;
        formats[count++].mChannelsPerFrame = 2;
    }
    if (has_sbr)
        formats[count++] = sbr;
    if (base.mFormatID == kAudioFormatMPEG4AAC_ELD_SBR && config->sbr_rate == 2 * config->rate) {
        base.mSampleRate = config->sbr_rate;
        base.mFramesPerPacket *= 2;
    }
    formats[count++] = base;
    return count;
}
