/* Building a converter's chain from its formats and settings. */
#include "../file/coded_layout.h"
#include "../format/asbd.h"
#include "../format/layout.h"
#include "../format/mix.h"
#include "converter.h"

#include <stdlib.h>
#include <string.h>

#define NARROW_BITS 24u /* that a float32 holds */

/* How input channels become output channels: neither (as they are), a map, or a matrix. */
typedef struct mixing {
    UInt32 inputs, outputs;
    SInt32 *map;
    Float32 *matrix;
} mixing;

static void free_mixing(mixing *m)
{
    free(m->map);
    free(m->matrix);
}

/* A matrix that only moves channels becomes a map, which is exact for every sample format. */
static OSStatus simplify(mixing *m)
{
    SInt32 *map = malloc(m->outputs * sizeof *map);
    if (!map)
        return kAudio_MemFullError;
    for (UInt32 o = 0; o < m->outputs; o++) {
        map[o] = -1;
        for (UInt32 i = 0; i < m->inputs; i++) {
            Float32 gain = m->matrix[(size_t)i * m->outputs + o];
            if (gain == 0)
                continue;
            if (gain != 1 || map[o] >= 0) {
                free(map);
                return noErr;
            }
            map[o] = (SInt32)i;
        }
    }
    free(m->matrix);
    m->matrix = NULL;
    m->map = map;
    return noErr;
}

static bool is_identity(const mixing *m)
{
    if (m->inputs != m->outputs || m->matrix)
        return false;
    for (UInt32 o = 0; o < m->outputs; o++)
        if (m->map[o] != (SInt32)o)
            return false;
    return true;
}

/* As Core Audio does it where nothing is said: the first channels go across, the rest are silent or dropped.
 */
static OSStatus map_by_number(mixing *m)
{
    m->map = malloc(m->outputs * sizeof *m->map);
    for (UInt32 o = 0; m->map && o < m->outputs; o++)
        m->map[o] = o < m->inputs ? (SInt32)o : -1;
    return m->map ? noErr : kAudio_MemFullError;
}

static OSStatus copy_map(const cm_converter *c, mixing *m)
{
    OSStatus status = map_by_number(m);
    for (UInt32 o = 0; status == noErr && o < m->outputs; o++)
        m->map[o] = c->channel_map[o] < (SInt32)m->inputs ? c->channel_map[o] : -1;
    return status;
}

static OSStatus copy_matrix(const cm_converter *c, mixing *m)
{
    size_t cells = (size_t)m->inputs * m->outputs;
    m->matrix = malloc(cells * sizeof *m->matrix);
    if (!m->matrix)
        return kAudio_MemFullError;
    memcpy(m->matrix, c->mix_map, cells * sizeof *m->matrix);
    return simplify(m);
}

static OSStatus mix_by_layouts(mixing *m, const AudioChannelLayout *input, const AudioChannelLayout *output)
{
    AudioChannelLabel from[CM_MAX_CHANNELS], to[CM_MAX_CHANNELS];
    cm_layout_labels(input, from, CM_MAX_CHANNELS);
    cm_layout_labels(output, to, CM_MAX_CHANNELS);
    m->matrix = malloc((size_t)m->inputs * m->outputs * sizeof *m->matrix);
    if (!m->matrix)
        return kAudio_MemFullError;
    OSStatus status = cm_mix_matrix(from, m->inputs, to, m->outputs, m->matrix);
    return status == noErr ? simplify(m) : status;
}

/* What most programs mean by so many channels of PCM, where a mix is wanted and nothing was said. */
static AudioChannelLayoutTag usual_layout(const AudioStreamBasicDescription *format, UInt32 channels)
{
    static const AudioChannelLayoutTag usual[] = {
        kAudioChannelLayoutTag_Mono,       kAudioChannelLayoutTag_Stereo,
        kAudioChannelLayoutTag_MPEG_3_0_A, kAudioChannelLayoutTag_Quadraphonic,
        kAudioChannelLayoutTag_MPEG_5_0_A, kAudioChannelLayoutTag_MPEG_5_1_A,
        kAudioChannelLayoutTag_WAVE_6_1,   kAudioChannelLayoutTag_WAVE_7_1,
    };
    if (!cm_asbd_is_pcm(format))
        return cm_coded_layout_tag(format->mFormatID, channels);
    return channels <= sizeof usual / sizeof *usual ? usual[channels - 1] : cm_layout_default_tag(channels);
}

/* A decoder may have found more or fewer channels than the format says; then maps made for it do not fit. */
static OSStatus plan_mixing(const cm_converter *c, UInt32 inputs, UInt32 outputs, mixing *m)
{
    *m = (mixing){ .inputs = inputs, .outputs = outputs };
    bool as_declared = inputs == cm_input_channels(c) && outputs == cm_output_channels(c);
    AudioChannelLayout usual_input = { .mChannelLayoutTag = usual_layout(&c->input, inputs) };
    AudioChannelLayout usual_output = { .mChannelLayoutTag = usual_layout(&c->output, outputs) };
    const AudioChannelLayout *input = as_declared ? c->input_layout : NULL;
    const AudioChannelLayout *output = as_declared ? c->output_layout : NULL;
    if (c->settings.downmix && inputs != outputs) {
        input = input ? input : &usual_input;
        output = output ? output : &usual_output;
    }
    if (c->mix_map && as_declared)
        return copy_matrix(c, m);
    if (c->channel_map && as_declared)
        return copy_map(c, m);
    if (input && output && !cm_layout_equal(input, output))
        return mix_by_layouts(m, input, output);
    return map_by_number(m);
}

static OSStatus add_mixing(cm_stage **chain, const mixing *m)
{
    if (m->matrix)
        return cm_stage_add_matrix(chain, m->matrix, m->outputs);
    return is_identity(m) ? noErr : cm_stage_add_map(chain, m->map, m->outputs);
}

static bool needs_wide(const cm_pcm *pcm)
{
    return pcm->bits > (pcm->is_float ? 32 : NARROW_BITS);
}

/* What stages calculate with: interleaved native float. */
static cm_pcm working_format(UInt32 channels, bool is_wide)
{
    cm_pcm pcm = cm_pcm_float32(channels, false);
    pcm.bits = is_wide ? 64 : 32;
    pcm.bytes = pcm.bits / 8;
    return pcm;
}

static OSStatus add_working_format(cm_stage **chain, bool is_wide)
{
    cm_pcm pcm = working_format((*chain)->pcm.channels, is_wide);
    return cm_stage_add_format(chain, &pcm);
}

static OSStatus add_resampling(cm_converter *c, Float64 to_rate, bool is_wide)
{
    cm_resample_config config = { .from_rate = c->chain_rate,
                                  .to_rate = to_rate,
                                  .quality = c->settings.src_quality,
                                  .complexity = c->settings.src_complexity,
                                  .prime_method = c->settings.prime_method,
                                  .is_wide = is_wide };
    OSStatus status = noErr;
    if (c->settings.src_phase > 0)
        status = cm_stage_add_phase(&c->chain, c->settings.src_phase);
    return status == noErr ? cm_stage_add_resampler(&c->chain, &config) : status;
}

static UInt32 dither_bits(const cm_converter *c, const cm_pcm *to)
{
    if (!c->settings.dithering)
        return 0;
    if (c->settings.dither_bits)
        return c->settings.dither_bits;
    return to->is_float || to->bits > 32 ? 0 : to->bits - to->headroom;
}

/* From what the input stage lends to something that may still differ from `to` in how samples are stored. */
static OSStatus add_processing(cm_converter *c, const cm_pcm *to, Float64 to_rate)
{
    mixing m;
    OSStatus status = plan_mixing(c, c->chain->pcm.channels, to->channels, &m);
    UInt32 bits = dither_bits(c, to);
    bool is_wide = needs_wide(&c->chain->pcm) || needs_wide(to) || bits > NARROW_BITS;
    bool early = m.outputs <= m.inputs; /* mixing down first leaves less to resample */
    c->resamples = c->chain_rate > 0 && to_rate > 0 && c->chain_rate != to_rate;
    if (status == noErr && early && m.map)
        status = add_mixing(&c->chain, &m);
    if (status == noErr && (m.matrix || c->resamples || bits))
        status = add_working_format(&c->chain, is_wide);
    if (status == noErr && early && m.matrix)
        status = add_mixing(&c->chain, &m);
    if (status == noErr && c->resamples)
        status = add_resampling(c, to_rate, is_wide);
    if (status == noErr && !early)
        status = add_mixing(&c->chain, &m);
    if (status == noErr && bits)
        status = cm_stage_add_dither(&c->chain, c->settings.dithering, bits);
    free_mixing(&m);
    return status;
}

static OSStatus open_decoder(cm_converter *c)
{
    const AudioChannelLayout *layout = c->input_layout ? c->input_layout : c->output_layout;
    cm_codec_config config = { .format = c->input,
                               .cookie = c->cookie,
                               .cookie_size = c->cookie_size,
                               .layout = layout,
                               .quality = c->settings.codec_quality };
    return cm_open_codec_open(&c->decoding, c->decoder, &config);
}

/* The PCM that the encoder would have got, had the client done the other steps. Its bits are the client's. */
static AudioStreamBasicDescription encoder_source(const cm_converter *c)
{
    SInt32 hint = c->settings.bit_depth_hint;
    AudioStreamBasicDescription source = c->input;
    if (!cm_asbd_is_pcm(&source) || (hint != 0 && hint != INT32_MIN)) {
        UInt32 bits = hint ? (UInt32)abs(hint) : 32;
        bool is_float = hint <= 0;
        UInt32 flags = is_float ? kAudioFormatFlagIsFloat : kAudioFormatFlagIsSignedInteger;
        source = cm_asbd_pcm(c->output.mSampleRate, c->output.mChannelsPerFrame, bits, flags);
    }
    return source;
}

static OSStatus open_encoder(cm_converter *c)
{
    const AudioChannelLayout *layout = c->output_layout ? c->output_layout : c->input_layout;
    cm_codec_config config = { .format = c->output,
                               .source = encoder_source(c),
                               .layout = layout,
                               .bit_rate = c->settings.bit_rate,
                               .bit_rate_mode = c->settings.bit_rate_mode,
                               .quality = c->settings.codec_quality,
                               .vbr_quality = c->settings.vbr_quality };
    if (c->settings.output_rate > 0)
        config.format.mSampleRate = c->settings.output_rate;
    c->encoding = (cm_encoder){ 0 };
    return cm_open_codec_open(&c->encoding.codec, c->encoder, &config);
}

static OSStatus add_source(cm_converter *c)
{
    OSStatus status = cm_feed_open(&c->feed, &c->input);
    if (status != noErr)
        return status;
    if (c->decoder) {
        status = open_decoder(c);
        c->chain_rate = c->decoding.info.pcm_rate;
        return status == noErr ? cm_stage_add_decoder(&c->chain, &c->feed, &c->decoding) : status;
    }
    cm_pcm pcm;
    status = cm_pcm_from_asbd(&c->input, &pcm);
    c->chain_rate = c->input.mSampleRate;
    return status == noErr ? cm_stage_add_input(&c->chain, &c->feed, &pcm) : status;
}

static OSStatus build(cm_converter *c)
{
    cm_pcm to;
    OSStatus status = add_source(c);
    if (status != noErr)
        return status;
    if (!c->encoder) {
        status = cm_pcm_from_asbd(&c->output, &to);
        return status == noErr ? add_processing(c, &to, c->output.mSampleRate) : status;
    }
    status = open_encoder(c);
    if (status != noErr)
        return status;
    to = c->encoding.codec.info.pcm;
    status = add_processing(c, &to, c->encoding.codec.info.pcm_rate);
    if (status == noErr)
        status = cm_stage_add_format(&c->chain, &to);
    return status == noErr && to.is_float ? cm_stage_add_limit(&c->chain) : status;
}

void cm_converter_dismantle(cm_converter *c)
{
    cm_chain_close(c->chain);
    c->chain = NULL;
    cm_open_codec_close(&c->decoding);
    cm_open_codec_close(&c->encoding.codec);
    cm_feed_close(&c->feed);
    cm_feed_clear(&c->feed);
    c->ended = false;
}

OSStatus cm_converter_prepare(cm_converter *c)
{
    if (c->is_running || (c->chain && !c->is_stale))
        return noErr;
    cm_converter_dismantle(c);
    OSStatus status = build(c);
    if (status != noErr)
        cm_converter_dismantle(c);
    c->is_stale = status != noErr;
    return status;
}

OSStatus cm_converter_restart(cm_converter *c, bool keep_input)
{
    if (!c->chain)
        return noErr;
    if (!keep_input)
        cm_feed_clear(&c->feed);
    c->ended = false;
    OSStatus status = cm_chain_reset(c->chain);
    OSStatus codec = c->encoder ? cm_encoder_reset(&c->encoding) : noErr;
    return status == noErr ? codec : status;
}
