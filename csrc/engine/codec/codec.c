#include "codec.h"
#include "block_codec.h"
#include "../base/plugin.h"
#include "../ffmpeg/plugin.h"

#include <AudioToolbox/AudioCodec.h>
#include <AudioToolbox/AudioConverter.h>
#include <pthread.h>

#define MAX_CODECS 128

extern const cm_codec cm_alac_decoder; /* alac_decoder.c */
extern const cm_codec cm_flac_decoder; /* flac_decoder.c */

static const cm_codec *const own[] = {
    &cm_alaw_decoder.codec,    &cm_alaw_encoder.codec, &cm_ulaw_decoder.codec, &cm_ulaw_encoder.codec,
    &cm_ima4_decoder.codec,    &cm_ima4_encoder.codec, &cm_dvi_decoder.codec,  &cm_dvi_encoder.codec,
    &cm_msadpcm_decoder.codec, &cm_alac_decoder,       &cm_flac_decoder,
};
#define OWN_COUNT (sizeof own / sizeof *own)

static const cm_codec *table[MAX_CODECS + 1];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static const cm_codec *const *plugin_codecs(void)
{
    const cm_ffmpeg_plugin *plugin = cm_plugin_symbol("ffmpeg", CM_FFMPEG_PLUGIN_SYMBOL,
                                                      kAudioConverterErr_FormatNotSupported);
    return plugin ? plugin->codecs() : NULL;
}

static void make_table(void)
{
    size_t count = 0;
    for (; count < OWN_COUNT; count++)
        table[count] = own[count];
    const cm_codec *const *more = plugin_codecs();
    for (; more && *more && count < MAX_CODECS; more++)
        table[count++] = *more;
    table[count] = NULL;
}

const cm_codec *const *cm_codec_table(void)
{
    pthread_once(&table_once, make_table);
    return table;
}

static bool is_wanted(const cm_codec *codec, UInt32 type, AudioFormatID format_id, UInt32 manufacturer)
{
    return codec->type == type && codec->format_id == format_id &&
           (manufacturer == 0 || codec->manufacturer == manufacturer);
}

const cm_codec *cm_codec_find(UInt32 type, AudioFormatID format_id, UInt32 manufacturer)
{
    for (size_t i = 0; i < OWN_COUNT; i++)
        if (is_wanted(own[i], type, format_id, manufacturer))
            return own[i];
    const cm_codec *const *more = plugin_codecs();
    if (!more)
        return NULL; /* the text says what to install */
    for (; *more; more++)
        if (is_wanted(*more, type, format_id, manufacturer))
            return *more;
    cm_fail(kAudioConverterErr_FormatNotSupported, "no %s for '%c%c%c%c'",
            type == kAudioEncoderComponentType ? "encoder" : "decoder", (int)(format_id >> 24 & 0xFF),
            (int)(format_id >> 16 & 0xFF), (int)(format_id >> 8 & 0xFF), (int)(format_id & 0xFF));
    return NULL;
}

static const cm_bit_rates *rates_at(const cm_codec *codec, Float64 sample_rate)
{
    const cm_bit_rates *row = codec->limits ? codec->limits->bit_rates : NULL;
    while (row && row->list && !(sample_rate >= row->from_rate && sample_rate <= row->to_rate))
        row++;
    return row && row->list ? row : NULL;
}

size_t cm_codec_bit_rates(const cm_codec *codec, Float64 sample_rate, UInt32 channels, UInt32 *list,
                          size_t capacity)
{
    const cm_bit_rates *row = rates_at(codec, sample_rate);
    size_t count = 0;
    for (; row && row->list[count] != 0; count++)
        if (list && count < capacity)
            list[count] = row->per_channel ? row->list[count] * channels : row->list[count];
    return count;
}
