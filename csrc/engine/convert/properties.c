/* The properties of a converter, by table: size, reading, writing. */
#include "../file/coded_layout.h"
#include "../format/layout.h"
#include "converter.h"
#include "offers.h"

#include <AudioToolbox/AudioCodec.h>
#include <coremusic/engine.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct property property;

/* A property's size in bytes can be asked before it is read; get writes just that many. */
struct property {
    AudioConverterPropertyID id;
    enum { ANY, DECODER, ENCODER } direction; /* of the converters that have it */
    UInt32 size;                              /* 0: see size_of */
    UInt32 (*size_of)(const cm_converter *c, const property *p);
    OSStatus (*get)(cm_converter *c, const property *p, void *data);
    OSStatus (*set)(cm_converter *c, const property *p, UInt32 size, const void *data); /* NULL: read only */
    size_t field;       /* plain settings: offset in cm_converter_settings */
    UInt32 least, most; /* plain UInt32 settings: the values allowed */
    void (*offer)(const cm_converter *c, cm_ranges *ranges); /* lists of what an encoder offers */
};

/* ---- plain settings ---- */

static OSStatus get_field(cm_converter *c, const property *p, void *data)
{
    memcpy(data, (const UInt8 *)&c->settings + p->field, p->size);
    return noErr;
}

/*
 * Settings of an encoder are tried at once, so that one that it refuses is reported here and not in the
 * middle of a file. While the converter runs they wait for the next call.
 */
static OSStatus try_settings(cm_converter *c, const cm_converter_settings *before)
{
    c->is_stale = true;
    if (!c->encoder || c->is_running)
        return noErr;
    OSStatus status = cm_converter_prepare(c);
    if (status != noErr)
        c->settings = *before;
    return status;
}

static OSStatus set_field(cm_converter *c, const property *p, UInt32 size, const void *data)
{
    UInt32 value;
    memcpy(&value, data, sizeof value);
    if (value < p->least || value > p->most)
        return cm_fail(kAudio_ParamError, "%u is not between %u and %u", value, p->least, p->most);
    cm_converter_settings before = c->settings;
    memcpy((UInt8 *)&c->settings + p->field, data, size);
    return try_settings(c, &before);
}

static OSStatus set_complexity(cm_converter *c, const property *p, UInt32 size, const void *data)
{
    static const UInt32 known[] = { kAudioConverterSampleRateConverterComplexity_Linear,
                                    kAudioConverterSampleRateConverterComplexity_Normal,
                                    kAudioConverterSampleRateConverterComplexity_Mastering,
                                    kAudioConverterSampleRateConverterComplexity_MinimumPhase };
    UInt32 value;
    memcpy(&value, data, sizeof value);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i] == value)
            return set_field(c, p, size, data);
    return cm_fail(kAudio_ParamError, "0x%08X is no complexity of rate conversion", value);
}

static OSStatus set_phase(cm_converter *c, const property *p, UInt32 size, const void *data)
{
    (void)p;
    Float64 phase;
    memcpy(&phase, data, size);
    if (!(phase >= 0 && phase < 1))
        return cm_fail(kAudio_ParamError, "an initial phase of %g is not within 0 to 1", phase);
    c->settings.src_phase = phase;
    c->is_stale = true;
    return noErr;
}

static OSStatus set_hint(cm_converter *c, const property *p, UInt32 size, const void *data)
{
    (void)p;
    cm_converter_settings before = c->settings;
    memcpy(&c->settings.bit_depth_hint, data, size);
    SInt32 hint = c->settings.bit_depth_hint;
    if (hint < -64 || hint > 64) {
        c->settings = before;
        return cm_fail(kAudio_ParamError, "a bit depth of %d", hint);
    }
    return try_settings(c, &before);
}

static OSStatus set_output_rate(cm_converter *c, const property *p, UInt32 size, const void *data)
{
    (void)p;
    Float64 rate;
    memcpy(&rate, data, size);
    if (!isfinite(rate) || rate <= 0)
        return kAudioConverterErr_OutputSampleRateOutOfRange;
    OSStatus status = cm_resample_check(c->input.mSampleRate, rate);
    if (status != noErr)
        return status;
    cm_converter_settings before = c->settings;
    c->settings.output_rate = rate;
    return try_settings(c, &before);
}

static OSStatus get_output_rate(cm_converter *c, const property *p, void *data)
{
    OSStatus status = cm_converter_prepare(c);
    Float64 rate = cm_converter_output_format(c).mSampleRate;
    memcpy(data, &rate, p->size);
    return status;
}

static OSStatus get_bit_rate(cm_converter *c, const property *p, void *data)
{
    OSStatus status = cm_converter_prepare(c);
    UInt32 rate = c->encoder ? c->encoding.codec.info.bit_rate : c->decoding.info.bit_rate;
    memcpy(data, &rate, p->size);
    return status;
}

/* ---- sizes ---- */

static OSStatus put_size(const property *p, UInt64 value, void *data)
{
    UInt32 size = value > UINT32_MAX ? UINT32_MAX : (UInt32)value;
    memcpy(data, &size, p->size);
    return noErr;
}

/* Only an encoder's sizes depend on more than the two formats. */
static OSStatus prepare_sizes(cm_converter *c)
{
    return c->encoder ? cm_converter_prepare(c) : noErr;
}

/* The least input that makes output, and the least output: one packet. */
static OSStatus get_minimum_input(cm_converter *c, const property *p, void *data)
{
    OSStatus status = prepare_sizes(c);
    UInt64 packets = c->decoder ? 1 : cm_converter_input_packets(c, 1);
    return status == noErr ? put_size(p, packets * cm_converter_max_input_packet(c), data) : status;
}

static OSStatus get_max_output_packet(cm_converter *c, const property *p, void *data)
{
    OSStatus status = prepare_sizes(c);
    return status == noErr ? put_size(p, cm_converter_max_output_packet(c), data) : status;
}

static OSStatus get_max_input_packet(cm_converter *c, const property *p, void *data)
{
    return put_size(p, cm_converter_max_input_packet(c), data);
}

/* data holds the other side's bytes and gets this side's. */
static OSStatus calculate_input(cm_converter *c, const property *p, void *data)
{
    UInt32 bytes;
    memcpy(&bytes, data, sizeof bytes);
    OSStatus status = prepare_sizes(c);
    return status == noErr ? put_size(p, cm_converter_input_bytes(c, bytes), data) : status;
}

static OSStatus calculate_output(cm_converter *c, const property *p, void *data)
{
    UInt32 bytes;
    memcpy(&bytes, data, sizeof bytes);
    OSStatus status = prepare_sizes(c);
    return status == noErr ? put_size(p, cm_converter_output_bytes(c, bytes), data) : status;
}

/* ---- formats ---- */

/* A decoder that still waits for its cookie has a format all the same. */
static OSStatus get_input_format(cm_converter *c, const property *p, void *data)
{
    OSStatus status = cm_converter_prepare(c);
    AudioStreamBasicDescription format = cm_converter_input_format(c);
    memcpy(data, &format, p->size);
    return c->decoder ? noErr : status;
}

static OSStatus get_output_format(cm_converter *c, const property *p, void *data)
{
    OSStatus status = cm_converter_prepare(c);
    AudioStreamBasicDescription format = cm_converter_output_format(c);
    memcpy(data, &format, p->size);
    return c->decoder ? noErr : status;
}

static OSStatus get_prime_info(cm_converter *c, const property *p, void *data)
{
    AudioConverterPrimeInfo info = { 0, 0 };
    OSStatus status = cm_converter_prepare(c);
    if (status == noErr && c->encoder) {
        info.leadingFrames = c->encoding.codec.info.priming_frames;
        info.trailingFrames = cm_encoder_trailing(&c->encoding);
    } else if (status == noErr && c->resamples) {
        cm_resample_config config = { .from_rate = c->chain_rate,
                                      .to_rate = c->output.mSampleRate,
                                      .quality = c->settings.src_quality,
                                      .complexity = c->settings.src_complexity };
        status = cm_resample_reach(&config, &info.leadingFrames);
        info.trailingFrames = info.leadingFrames;
    }
    memcpy(data, &info, p->size);
    return status;
}

/* ---- channels ---- */

static UInt32 size_of_map(const cm_converter *c, const property *p)
{
    (void)p;
    return cm_output_channels(c) * (UInt32)sizeof(SInt32);
}

static OSStatus get_map(cm_converter *c, const property *p, void *data)
{
    (void)p;
    SInt32 *map = data;
    for (UInt32 o = 0; o < cm_output_channels(c); o++)
        map[o] = c->channel_map ? c->channel_map[o] : o < cm_input_channels(c) ? (SInt32)o : -1;
    return noErr;
}

/* Puts a copy of data in *field, and NULL for no data. */
static OSStatus replace(void **field, const void *data, size_t size)
{
    void *copy = NULL;
    if (size > 0) {
        copy = malloc(size);
        if (!copy)
            return kAudio_MemFullError;
        memcpy(copy, data, size);
    }
    free(*field);
    *field = copy;
    return noErr;
}

/* A map for fewer channels than there are leaves the others silent. */
static OSStatus set_map(cm_converter *c, const property *p, UInt32 size, const void *data)
{
    (void)p;
    UInt32 outputs = cm_output_channels(c), given = size / (UInt32)sizeof(SInt32);
    if (size % sizeof(SInt32) != 0 || given > outputs)
        return kAudioConverterErr_BadPropertySizeError;
    SInt32 map[CM_MAX_CHANNELS];
    for (UInt32 o = 0; o < outputs; o++)
        map[o] = -1;
    memcpy(map, data, size);
    for (UInt32 o = 0; o < given; o++)
        if (map[o] < -1 || map[o] >= (SInt32)cm_input_channels(c))
            return cm_fail(kAudio_ParamError, "output channel %u is mapped to input channel %d of %u", o,
                           map[o], cm_input_channels(c));
    c->is_stale = true;
    return replace((void **)&c->channel_map, map, size ? outputs * sizeof *map : 0);
}

static UInt32 size_of_matrix(const cm_converter *c, const property *p)
{
    (void)p;
    UInt64 size = (UInt64)cm_input_channels(c) * cm_output_channels(c) * sizeof(Float32);
    return (UInt32)size;
}

static OSStatus get_matrix(cm_converter *c, const property *p, void *data)
{
    (void)p;
    Float32 *gains = data;
    UInt32 inputs = cm_input_channels(c), outputs = cm_output_channels(c);
    for (UInt32 i = 0; i < inputs; i++)
        for (UInt32 o = 0; o < outputs; o++)
            gains[(size_t)i * outputs + o] = c->mix_map ? c->mix_map[(size_t)i * outputs + o] : i == o;
    return noErr;
}

static OSStatus set_matrix(cm_converter *c, const property *p, UInt32 size, const void *data)
{
    if (size != 0 && size != size_of_matrix(c, p))
        return kAudioConverterErr_BadPropertySizeError;
    const Float32 *gains = data;
    for (UInt32 i = 0; i < size / sizeof *gains; i++)
        if (!isfinite(gains[i]))
            return cm_fail(kAudio_ParamError, "a gain is not a number");
    c->is_stale = true;
    return replace((void **)&c->mix_map, data, size);
}

/* What a side's channels are: as set, else as its coded format has them, else the usual for that many. */
static AudioChannelLayout *new_layout(const AudioChannelLayout *set,
                                      const AudioStreamBasicDescription *format, UInt32 *size)
{
    UInt32 channels = format->mChannelsPerFrame;
    if (set)
        return cm_layout_new_copy(set, size);
    if (format->mFormatID != kAudioFormatLinearPCM)
        return cm_layout_new_tag(cm_coded_layout_tag(format->mFormatID, channels), size);
    return cm_layout_new_tag(cm_layout_default_tag(channels), size);
}

static UInt32 layout_size(const AudioChannelLayout *set)
{
    UInt32 descriptions = set ? set->mNumberChannelDescriptions : 0;
    return (UInt32)cm_layout_size(descriptions ? descriptions : 1);
}

static UInt32 size_of_input_layout(const cm_converter *c, const property *p)
{
    (void)p;
    return layout_size(c->input_layout);
}

static UInt32 size_of_output_layout(const cm_converter *c, const property *p)
{
    (void)p;
    return layout_size(c->output_layout);
}

static OSStatus put_layout(AudioChannelLayout *layout, UInt32 size, void *data)
{
    if (!layout)
        return kAudio_MemFullError;
    memcpy(data, layout, size);
    free(layout);
    return noErr;
}

static OSStatus get_input_layout(cm_converter *c, const property *p, void *data)
{
    (void)p;
    UInt32 size;
    AudioChannelLayout *layout = new_layout(c->input_layout, &c->input, &size);
    return put_layout(layout, size, data);
}

static OSStatus get_output_layout(cm_converter *c, const property *p, void *data)
{
    (void)p;
    UInt32 size;
    AudioChannelLayout *layout = new_layout(c->output_layout, &c->output, &size);
    return put_layout(layout, size, data);
}

static OSStatus set_layout(cm_converter *c, AudioChannelLayout **field, UInt32 channels, UInt32 size,
                           const void *data)
{
    const AudioChannelLayout *layout = data;
    AudioChannelLayout *copy = NULL;
    if (size > 0) {
        OSStatus status = cm_layout_check(layout, size);
        if (status != noErr)
            return status;
        if (cm_layout_channels(layout) != channels)
            return cm_fail(kAudio_ParamError, "a layout of %u channels for %u", cm_layout_channels(layout),
                           channels);
        copy = cm_layout_new_copy(layout, &size);
        if (!copy)
            return kAudio_MemFullError;
    }
    AudioChannelLayout *before = *field;
    *field = copy;
    OSStatus status = try_settings(c, &c->settings);
    if (status != noErr) {
        *field = before;
        before = copy;
    }
    free(before);
    return status;
}

static OSStatus set_input_layout(cm_converter *c, const property *p, UInt32 size, const void *data)
{
    (void)p;
    return set_layout(c, &c->input_layout, cm_input_channels(c), size, data);
}

static OSStatus set_output_layout(cm_converter *c, const property *p, UInt32 size, const void *data)
{
    (void)p;
    return set_layout(c, &c->output_layout, cm_output_channels(c), size, data);
}

/* ---- magic cookies ---- */

static UInt32 size_of_decoder_cookie(const cm_converter *c, const property *p)
{
    (void)p;
    return (UInt32)c->cookie_size;
}

static OSStatus get_decoder_cookie(cm_converter *c, const property *p, void *data)
{
    (void)p;
    if (c->cookie)
        memcpy(data, c->cookie, c->cookie_size);
    return noErr;
}

static OSStatus set_decoder_cookie(cm_converter *c, const property *p, UInt32 size, const void *data)
{
    (void)p;
    OSStatus status = replace(&c->cookie, data, size);
    if (status == noErr) {
        c->cookie_size = size;
        c->is_stale = true;
    }
    return status;
}

static const void *encoder_cookie(const cm_converter *c, size_t *size)
{
    const void *cookie = NULL;
    const cm_open_codec *open = &c->encoding.codec;
    *size = 0;
    if (!open->codec || open->codec->cookie(open->instance, &cookie, size) != noErr || *size > UINT32_MAX)
        *size = 0;
    return cookie;
}

static UInt32 size_of_encoder_cookie(const cm_converter *c, const property *p)
{
    (void)p;
    size_t size;
    encoder_cookie(c, &size);
    return (UInt32)size;
}

static OSStatus get_encoder_cookie(cm_converter *c, const property *p, void *data)
{
    (void)p;
    size_t size;
    const void *cookie = encoder_cookie(c, &size);
    if (size > 0)
        memcpy(data, cookie, size);
    return noErr;
}

/* ---- what an encoder offers ---- */

static void offer_applicable_bit_rates(const cm_converter *c, cm_ranges *ranges)
{
    cm_offer_bit_rates(c->encoder, cm_converter_output_format(c).mSampleRate, cm_output_channels(c), ranges);
}

static void offer_bit_rates(const cm_converter *c, cm_ranges *ranges)
{
    cm_offer_bit_rates(c->encoder, 0, cm_output_channels(c), ranges);
}

static void offer_sample_rates(const cm_converter *c, cm_ranges *ranges)
{
    cm_offer_sample_rates(c->encoder, ranges);
}

static UInt32 size_of_ranges(const cm_converter *c, const property *p)
{
    cm_ranges ranges;
    p->offer(c, &ranges);
    return ranges.count * (UInt32)sizeof *ranges.list;
}

static OSStatus get_ranges(cm_converter *c, const property *p, void *data)
{
    cm_ranges ranges;
    p->offer(c, &ranges);
    memcpy(data, ranges.list, ranges.count * sizeof *ranges.list);
    return noErr;
}

static UInt32 size_of_tags(const cm_converter *c, const property *p)
{
    (void)p;
    AudioChannelLayoutTag tags[CM_MOST_OFFERS];
    UInt32 count = cm_offer_layout_tags(c->encoder, cm_output_channels(c), tags, CM_MOST_OFFERS);
    return (count < CM_MOST_OFFERS ? count : CM_MOST_OFFERS) * (UInt32)sizeof *tags;
}

static OSStatus get_tags(cm_converter *c, const property *p, void *data)
{
    cm_offer_layout_tags(c->encoder, cm_output_channels(c), data,
                         size_of_tags(c, p) / (UInt32)sizeof(UInt32));
    return noErr;
}

static OSStatus get_format_list(cm_converter *c, const property *p, void *data)
{
    OSStatus status = cm_converter_prepare(c);
    AudioFormatListItem item = { .mASBD = cm_converter_output_format(c) };
    UInt32 size;
    AudioChannelLayout *layout = new_layout(c->output_layout, &c->output, &size);
    item.mChannelLayoutTag = layout ? cm_layout_tag(layout) : 0;
    free(layout);
    memcpy(data, &item, p->size);
    return status;
}

/* ---- settings as a property list ---- */

static OSStatus get_settings(cm_converter *c, const property *p, void *data)
{
    CFArrayRef settings = cm_converter_copy_settings(c);
    memcpy(data, &settings, p->size);
    return settings ? noErr : kAudio_MemFullError;
}

static OSStatus set_settings(cm_converter *c, const property *p, UInt32 size, const void *data)
{
    (void)p;
    CFArrayRef settings;
    memcpy(&settings, data, size);
    return settings ? cm_converter_apply_settings(c, settings) : kAudio_ParamError;
}

/* ---- the table ---- */

#define FIELD(name) offsetof(cm_converter_settings, name)
#define PLAIN(id, direction, name, least, most)                                                              \
    {                                                                                                        \
        id, direction, sizeof(UInt32), NULL, get_field, set_field, FIELD(name), least, most, NULL            \
    }
#define READ(id, direction, type, get)                                                                       \
    {                                                                                                        \
        id, direction, sizeof(type), NULL, get, NULL, 0, 0, 0, NULL                                          \
    }
#define READ_SIZED(id, direction, size_of, get)                                                              \
    {                                                                                                        \
        id, direction, 0, size_of, get, NULL, 0, 0, 0, NULL                                                  \
    }
#define WRITE(id, direction, type, get, set)                                                                 \
    {                                                                                                        \
        id, direction, sizeof(type), NULL, get, set, 0, 0, 0, NULL                                           \
    }
#define WRITE_SIZED(id, direction, size_of, get, set)                                                        \
    {                                                                                                        \
        id, direction, 0, size_of, get, set, 0, 0, 0, NULL                                                   \
    }
#define OFFER(id, offer)                                                                                     \
    {                                                                                                        \
        id, ENCODER, 0, size_of_ranges, get_ranges, NULL, 0, 0, 0, offer                                     \
    }

static const property properties[] = {
    READ(kAudioConverterPropertyMinimumInputBufferSize, ANY, UInt32, get_minimum_input),
    READ(kAudioConverterPropertyMinimumOutputBufferSize, ANY, UInt32, get_max_output_packet),
    READ(kAudioConverterPropertyMaximumInputPacketSize, ANY, UInt32, get_max_input_packet),
    READ(kAudioConverterPropertyMaximumOutputPacketSize, ANY, UInt32, get_max_output_packet),
    READ(kAudioConverterPropertyCalculateInputBufferSize, ANY, UInt32, calculate_input),
    READ(kAudioConverterPropertyCalculateOutputBufferSize, ANY, UInt32, calculate_output),

    { kAudioConverterSampleRateConverterComplexity, ANY, sizeof(UInt32), NULL, get_field, set_complexity,
      FIELD(src_complexity), 0, UINT32_MAX, NULL },
    PLAIN(kAudioConverterSampleRateConverterQuality, ANY, src_quality, 0, kAudioConverterQuality_Max),
    { kAudioConverterSampleRateConverterInitialPhase, ANY, sizeof(Float64), NULL, get_field, set_phase,
      FIELD(src_phase), 0, 0, NULL },
    PLAIN(kAudioConverterPrimeMethod, ANY, prime_method, kConverterPrimeMethod_Pre,
          kConverterPrimeMethod_None),
    READ(kAudioConverterPrimeInfo, ANY, AudioConverterPrimeInfo, get_prime_info),
    PLAIN(kAudioConverterPropertyDithering, ANY, dithering, 0, kDitherAlgorithm_NoiseShaping),
    PLAIN(kAudioConverterPropertyDitherBitDepth, ANY, dither_bits, 0, 32),

    WRITE_SIZED(kAudioConverterChannelMap, ANY, size_of_map, get_map, set_map),
    WRITE_SIZED(kCMAudioConverterChannelMixMap, ANY, size_of_matrix, get_matrix, set_matrix),
    PLAIN(kCMAudioConverterPerformDownmix, ANY, downmix, 0, 1),
    WRITE_SIZED(kAudioConverterInputChannelLayout, ANY, size_of_input_layout, get_input_layout,
                set_input_layout),
    WRITE_SIZED(kAudioConverterOutputChannelLayout, ANY, size_of_output_layout, get_output_layout,
                set_output_layout),

    READ(kAudioConverterCurrentInputStreamDescription, ANY, AudioStreamBasicDescription, get_input_format),
    READ(kAudioConverterCurrentOutputStreamDescription, ANY, AudioStreamBasicDescription, get_output_format),
    WRITE(kAudioConverterPropertySettings, ANY, CFArrayRef, get_settings, set_settings),

    WRITE_SIZED(kAudioConverterDecompressionMagicCookie, DECODER, size_of_decoder_cookie, get_decoder_cookie,
                set_decoder_cookie),
    READ(kAudioConverterEncodeBitRate, DECODER, UInt32, get_bit_rate),

    READ_SIZED(kAudioConverterCompressionMagicCookie, ENCODER, size_of_encoder_cookie, get_encoder_cookie),
    { kAudioConverterEncodeBitRate, ENCODER, sizeof(UInt32), NULL, get_bit_rate, set_field, FIELD(bit_rate),
      0, UINT32_MAX, NULL },
    PLAIN(kAudioConverterCodecQuality, ENCODER, codec_quality, 0, kAudioConverterQuality_Max),
    PLAIN(kAudioCodecPropertyBitRateControlMode, ENCODER, bit_rate_mode,
          kAudioCodecBitRateControlMode_Constant, kAudioCodecBitRateControlMode_Variable),
    PLAIN(kAudioCodecPropertySoundQualityForVBR, ENCODER, vbr_quality, 0, kAudioConverterQuality_Max),
    { kAudioConverterPropertyBitDepthHint, ENCODER, sizeof(SInt32), NULL, get_field, set_hint,
      FIELD(bit_depth_hint), 0, 0, NULL },
    WRITE(kAudioConverterEncodeAdjustableSampleRate, ENCODER, Float64, get_output_rate, set_output_rate),
    OFFER(kAudioConverterApplicableEncodeBitRates, offer_applicable_bit_rates),
    OFFER(kAudioConverterAvailableEncodeBitRates, offer_bit_rates),
    OFFER(kAudioConverterApplicableEncodeSampleRates, offer_sample_rates),
    OFFER(kAudioConverterAvailableEncodeSampleRates, offer_sample_rates),
    READ_SIZED(kAudioConverterAvailableEncodeChannelLayoutTags, ENCODER, size_of_tags, get_tags),
    READ(kAudioConverterPropertyFormatList, ENCODER, AudioFormatListItem, get_format_list),
};

static const property *find(const cm_converter *c, AudioConverterPropertyID id)
{
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
        const property *p = &properties[i];
        bool applies = p->direction == ANY ||
                       (p->direction == DECODER ? c->decoder != NULL : c->encoder != NULL);
        if (p->id == id && applies)
            return p;
    }
    return NULL;
}

static UInt32 size_now(const cm_converter *c, const property *p)
{
    return p->size ? p->size : p->size_of(c, p);
}

OSStatus cm_converter_property_info(cm_converter *c, AudioConverterPropertyID id, UInt32 *size,
                                    bool *writable)
{
    const property *p = find(c, id);
    if (!p)
        return kAudioConverterErr_PropertyNotSupported;
    *size = size_now(c, p);
    *writable = p->set != NULL;
    return noErr;
}

OSStatus cm_converter_get(cm_converter *c, AudioConverterPropertyID id, UInt32 *io_size, void *data)
{
    const property *p = find(c, id);
    if (!p)
        return kAudioConverterErr_PropertyNotSupported;
    UInt32 size = size_now(c, p);
    if (*io_size < size)
        return cm_fail(kAudioConverterErr_BadPropertySizeError, "the property takes %u bytes, not %u", size,
                       *io_size);
    *io_size = size;
    return p->get(c, p, data);
}

OSStatus cm_converter_set(cm_converter *c, AudioConverterPropertyID id, UInt32 size, const void *data)
{
    const property *p = find(c, id);
    if (!p)
        return kAudioConverterErr_PropertyNotSupported;
    if (!p->set)
        return cm_fail(kAudioConverterErr_OperationNotSupported, "the property can only be read");
    if (p->size && size != p->size)
        return cm_fail(kAudioConverterErr_BadPropertySizeError, "the property takes %u bytes, not %u",
                       p->size, size);
    return p->set(c, p, size, data);
}
