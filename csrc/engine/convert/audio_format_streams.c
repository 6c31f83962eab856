/* AudioFormat's properties of formats, magic cookies and coded streams. */
#include "../codec/codec.h"
#include "../file/coded_layout.h"
#include "../file/framing.h"
#include "../file/id3.h"
#include "../format/aac_config.h"
#include "../format/asbd.h"
#include "../format/cookie.h"
#include "../format/layout.h"
#include "audio_format.h"

#include <AudioToolbox/AudioCodec.h>
#include <stdlib.h>
#include <string.h>

#define MOST_FORMATS 3

static AudioStreamBasicDescription asbd_of(const cm_question *q)
{
    AudioStreamBasicDescription format;
    memcpy(&format, q->specifier, sizeof format);
    cm_asbd_complete(&format);
    return format;
}

/* ---- what holds for every stream of a format ---- */

static OSStatus answer_name(const cm_question *q, cm_answer *a)
{
    char text[128];
    AudioStreamBasicDescription format = asbd_of(q);
    cm_asbd_describe(&format, text, sizeof text);
    return cm_answer_object(a, CFStringCreateWithCString(NULL, text, kCFStringEncodingUTF8));
}

static OSStatus answer_is_vbr(const cm_question *q, cm_answer *a)
{
    return cm_answer_u32(a, asbd_of(q).mBytesPerPacket == 0);
}

/* Packets of varying size that carry no sync word of their own, so that only a table says where they end. */
static OSStatus answer_is_externally_framed(const cm_question *q, cm_answer *a)
{
    static const AudioFormatID framed[] = { kAudioFormatMPEGLayer1, kAudioFormatMPEGLayer2,
                                            kAudioFormatMPEGLayer3, kAudioFormatAC3,
                                            kAudioFormatEnhancedAC3 };
    AudioStreamBasicDescription format = asbd_of(q);
    bool needs_table = format.mBytesPerPacket == 0;
    for (size_t i = 0; i < sizeof framed / sizeof *framed; i++)
        needs_table = needs_table && format.mFormatID != framed[i];
    return cm_answer_u32(a, needs_table);
}

/* Only USAC has packets that cannot be decoded by beginning a few packets earlier. */
static OSStatus answer_is_dependent(const cm_question *q, cm_answer *a)
{
    return cm_answer_u32(a, asbd_of(q).mFormatID == kAudioFormatMPEGD_USAC);
}

static OSStatus answer_is_encrypted(const cm_question *q, cm_answer *a)
{
    (void)q; /* no format of Core Audio's is */
    return cm_answer_u32(a, 0);
}

/* ---- what a magic cookie says ---- */

static void fill(UInt32 *field, UInt32 value)
{
    if (*field == 0)
        *field = value;
}

static void fill_rate(AudioStreamBasicDescription *format, Float64 rate)
{
    if (format->mSampleRate == 0)
        format->mSampleRate = rate;
}

static UInt32 depth_flag(UInt32 bits)
{
    return bits == 16   ? kAppleLosslessFormatFlag_16BitSourceData
           : bits == 20 ? kAppleLosslessFormatFlag_20BitSourceData
           : bits == 24 ? kAppleLosslessFormatFlag_24BitSourceData
           : bits == 32 ? kAppleLosslessFormatFlag_32BitSourceData
                        : 0;
}

static void fill_from_alac(AudioStreamBasicDescription *format, cm_span cookie)
{
    cm_alac_config config;
    cm_span found;
    if (!cm_cookie_find_alac(cookie, &found, &config))
        return;
    fill_rate(format, config.rate);
    fill(&format->mChannelsPerFrame, config.channels);
    fill(&format->mFramesPerPacket, config.frames_per_packet);
    fill(&format->mFormatFlags, depth_flag(config.bits));
}

static void fill_from_flac(AudioStreamBasicDescription *format, cm_span cookie)
{
    cm_flac_info info;
    cm_span found;
    if (!cm_cookie_find_flac(cookie, &found, &info))
        return;
    fill_rate(format, info.rate);
    fill(&format->mChannelsPerFrame, info.channels);
    fill(&format->mFramesPerPacket, info.min_block == info.max_block ? info.max_block : 0);
    fill(&format->mFormatFlags, depth_flag(info.bits));
}

static void fill_from_opus(AudioStreamBasicDescription *format, cm_span cookie)
{
    cm_opus_head head;
    if (!cm_cookie_find_opus(cookie, &head))
        return;
    fill_rate(format, 48000); /* RFC 7845, 5.1: what comes out of a decoder, whatever went in */
    fill(&format->mChannelsPerFrame, head.channels);
}

static bool is_aac(AudioFormatID id)
{
    static const AudioFormatID ids[] = { kAudioFormatMPEG4AAC,        kAudioFormatMPEG4AAC_HE,
                                         kAudioFormatMPEG4AAC_HE_V2,  kAudioFormatMPEG4AAC_LD,
                                         kAudioFormatMPEG4AAC_ELD,    kAudioFormatMPEG4AAC_ELD_SBR,
                                         kAudioFormatMPEG4AAC_ELD_V2, kAudioFormatMPEG4AAC_Spatial,
                                         kAudioFormatMPEGD_USAC };
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (ids[i] == id)
            return true;
    return false;
}

static bool parse_aac(cm_span cookie, cm_aac_config *config)
{
    cm_span found;
    return cm_cookie_find_aac(cookie, &found) &&
           cm_aac_config_parse(found.bytes, found.size, config) == noErr;
}

/* The formats that a stream can be decoded as, the richest first. */
static UInt32 formats_of(AudioStreamBasicDescription format, cm_span cookie,
                         AudioStreamBasicDescription found[MOST_FORMATS])
{
    cm_aac_config config;
    if (is_aac(format.mFormatID) && parse_aac(cookie, &config)) {
        if (config.channels == 0)
            config.channels = format.mChannelsPerFrame;
        return cm_aac_formats(&config, found);
    }
    if (format.mFormatID == kAudioFormatAppleLossless)
        fill_from_alac(&format, cookie);
    else if (format.mFormatID == kAudioFormatFLAC)
        fill_from_flac(&format, cookie);
    else if (format.mFormatID == kAudioFormatOpus)
        fill_from_opus(&format, cookie);
    cm_asbd_complete(&format);
    found[0] = format;
    return 1;
}

/* The base layer, which every decoder can decode. */
static OSStatus answer_format_info(const cm_question *q, cm_answer *a)
{
    AudioStreamBasicDescription format, found[MOST_FORMATS];
    if (q->given_size < sizeof format)
        return kAudioFormatBadPropertySizeError;
    memcpy(&format, q->given, sizeof format);
    if (format.mFormatID == 0)
        return cm_fail(kAudioFormatUnsupportedDataFormatError, "the description must have its mFormatID set");
    cm_span cookie = { q->specifier, q->size };
    UInt32 count = formats_of(format, cookie, found);
    return cm_answer_put(a, &found[count - 1], sizeof format);
}

static AudioChannelLayoutTag layout_of_aac(const cm_aac_config *config, UInt32 channels)
{
    /* ISO/IEC 14496-3, table 1.19, where the number of channels does not tell */
    static const struct {
        UInt32 channel_config;
        AudioChannelLayoutTag tag;
    } special[] = { { 7, kAudioChannelLayoutTag_AAC_7_1 },
                    { 11, kAudioChannelLayoutTag_AAC_6_1 },
                    { 12, kAudioChannelLayoutTag_AAC_7_1_B },
                    { 14, kAudioChannelLayoutTag_AAC_7_1_C } };
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (special[i].channel_config == config->channel_config)
            return special[i].tag;
    return config->channel_config == 0 && channels > 2
               ? (AudioChannelLayoutTag)kAudioChannelLayoutTag_DiscreteInOrder | channels
               : cm_coded_layout_tag(kAudioFormatMPEG4AAC, channels);
}

/* The specifier is an AudioFormatInfo; an ExtendedAudioFormatInfo begins with one. */
static OSStatus items_of(const cm_question *q, AudioFormatListItem items[MOST_FORMATS], UInt32 *count)
{
    AudioFormatInfo info;
    AudioStreamBasicDescription found[MOST_FORMATS];
    memcpy(&info, q->specifier, sizeof info);
    if (info.mASBD.mFormatID == 0)
        return cm_fail(kAudioFormatUnsupportedDataFormatError, "the description must have its mFormatID set");
    cm_span cookie = { info.mMagicCookie, info.mMagicCookie ? info.mMagicCookieSize : 0 };
    *count = formats_of(info.mASBD, cookie, found);
    for (UInt32 i = 0; i < *count; i++) {
        cm_aac_config config;
        UInt32 channels = found[i].mChannelsPerFrame;
        bool aac = is_aac(info.mASBD.mFormatID) && parse_aac(cookie, &config);
        items[i].mASBD = found[i];
        items[i].mChannelLayoutTag = channels == 0 ? kAudioChannelLayoutTag_Unknown
                                     : aac         ? layout_of_aac(&config, channels)
                                                   : cm_coded_layout_tag(found[i].mFormatID, channels);
    }
    return noErr;
}

static OSStatus answer_format_list(const cm_question *q, cm_answer *a)
{
    AudioFormatListItem items[MOST_FORMATS];
    UInt32 count = 0;
    OSStatus status = items_of(q, items, &count);
    return status == noErr ? cm_answer_put(a, items, count * sizeof *items) : status;
}

static OSStatus answer_output_list(const cm_question *q, cm_answer *a)
{
    AudioFormatListItem items[MOST_FORMATS];
    UInt32 count = 0;
    OSStatus status = items_of(q, items, &count);
    for (UInt32 i = 0; i < count; i++)
        items[i].mASBD = cm_asbd_float32(items[i].mASBD.mSampleRate, items[i].mASBD.mChannelsPerFrame);
    return status == noErr ? cm_answer_put(a, items, count * sizeof *items) : status;
}

static OSStatus answer_first_playable(const cm_question *q, cm_answer *a)
{
    for (UInt32 i = 0; i < q->size / sizeof(AudioFormatListItem); i++) {
        AudioFormatListItem item;
        memcpy(&item, (const UInt8 *)q->specifier + i * sizeof item, sizeof item);
        AudioFormatID id = item.mASBD.mFormatID;
        if (id == kAudioFormatLinearPCM || cm_codec_find(kAudioDecoderComponentType, id, 0))
            return cm_answer_u32(a, i);
    }
    return kAudioFormatUnsupportedDataFormatError;
}

static OSStatus aac_of_esds(const cm_question *q, cm_aac_config *config)
{
    cm_span cookie = { q->specifier, q->size };
    bool found = parse_aac(cookie, config);
    return found ? noErr : cm_fail(kAudioFormatUnsupportedDataFormatError, "not an ES descriptor of AAC");
}

/* An ES descriptor of MPEG audio has no configuration; its object type is all there is. */
static OSStatus answer_asbd_from_esds(const cm_question *q, cm_answer *a)
{
    cm_aac_config config;
    cm_esds esds;
    AudioStreamBasicDescription found[MOST_FORMATS] = { { .mFormatID = kAudioFormatMPEGLayer3 } };
    if (cm_cookie_find_esds((cm_span){ q->specifier, q->size }, &esds) &&
        (esds.object_type == 0x69 || esds.object_type == 0x6B))
        return cm_answer_put(a, &found[0], sizeof found[0]);
    OSStatus status = aac_of_esds(q, &config);
    if (status != noErr)
        return status;
    UInt32 count = cm_aac_formats(&config, found);
    return cm_answer_put(a, &found[count - 1], sizeof found[0]);
}

static OSStatus answer_layout_from_esds(const cm_question *q, cm_answer *a)
{
    cm_aac_config config;
    OSStatus status = aac_of_esds(q, &config);
    if (status != noErr)
        return status;
    if (config.channels == 0)
        return cm_fail(kAudioFormatUnsupportedDataFormatError, "only a decoder can tell the channels");
    AudioChannelLayout layout = { .mChannelLayoutTag = layout_of_aac(&config, config.channels) };
    return cm_answer_put(a, &layout, sizeof layout);
}

static OSStatus answer_asbd_from_mpeg(const cm_question *q, cm_answer *a)
{
    cm_frame frame;
    if (!cm_frame_mpeg(q->specifier, q->size, &frame))
        return cm_fail(kAudioFormatUnsupportedDataFormatError, "no MPEG audio packet begins here");
    return cm_answer_put(a, &frame.format, sizeof frame.format);
}

/* ---- ID3 tags ---- */

static OSStatus answer_id3_size(const cm_question *q, cm_answer *a)
{
    size_t size = cm_id3_size(q->specifier, q->size);
    if (size == 0 || size > UINT32_MAX)
        return cm_fail(kAudioFormatUnspecifiedError, "no ID3 tag begins here");
    return cm_answer_u32(a, (UInt32)size);
}

static OSStatus answer_id3_dictionary(const cm_question *q, cm_answer *a)
{
    CFMutableDictionaryRef info = CFDictionaryCreateMutable(NULL, 0, &kCFTypeDictionaryKeyCallBacks,
                                                            &kCFTypeDictionaryValueCallBacks);
    if (!info)
        return kAudio_MemFullError;
    OSStatus status = cm_id3_read(q->specifier, q->size, info);
    if (status == noErr)
        status = cm_answer_object(a, info);
    else
        status = kAudioFormatUnspecifiedError;
    if (status != noErr)
        CFRelease(info);
    return status;
}

const cm_format_property cm_format_stream_properties[] = {
    { kAudioFormatProperty_FormatInfo, 0, sizeof(AudioStreamBasicDescription), answer_format_info },
    { kAudioFormatProperty_FormatName, sizeof(AudioStreamBasicDescription), sizeof(CFStringRef),
      answer_name },
    { kAudioFormatProperty_FormatIsVBR, sizeof(AudioStreamBasicDescription), sizeof(UInt32), answer_is_vbr },
    { kAudioFormatProperty_FormatIsExternallyFramed, sizeof(AudioStreamBasicDescription), sizeof(UInt32),
      answer_is_externally_framed },
    { kAudioFormatProperty_FormatEmploysDependentPackets, sizeof(AudioStreamBasicDescription), sizeof(UInt32),
      answer_is_dependent },
    { kAudioFormatProperty_FormatIsEncrypted, sizeof(AudioFormatID), sizeof(UInt32), answer_is_encrypted },
    { kAudioFormatProperty_FormatList, sizeof(AudioFormatInfo), 0, answer_format_list },
    { kAudioFormatProperty_OutputFormatList, sizeof(AudioFormatInfo), 0, answer_output_list },
    { kAudioFormatProperty_FirstPlayableFormatFromList, sizeof(AudioFormatListItem), sizeof(UInt32),
      answer_first_playable },
    { kAudioFormatProperty_ASBDFromESDS, 1, sizeof(AudioStreamBasicDescription), answer_asbd_from_esds },
    { kAudioFormatProperty_ChannelLayoutFromESDS, 1, sizeof(AudioChannelLayout), answer_layout_from_esds },
    { kAudioFormatProperty_ASBDFromMPEGPacket, 4, sizeof(AudioStreamBasicDescription),
      answer_asbd_from_mpeg },
    { kAudioFormatProperty_ID3TagSize, CM_ID3_HEAD_SIZE, sizeof(UInt32), answer_id3_size },
    { kAudioFormatProperty_ID3TagToDictionary, CM_ID3_HEAD_SIZE, sizeof(CFDictionaryRef),
      answer_id3_dictionary },
    { 0, 0, 0, NULL },
};
