#include "av.h"

#include <libavutil/channel_layout.h>
#include <libavutil/samplefmt.h>

static const struct {
    int error;
    OSStatus status;
} errors[] = {
    { AVERROR_INVALIDDATA, kAudioCodecBadDataError },
    { AVERROR(ENOMEM), cmMemFullError },
    { AVERROR_DECODER_NOT_FOUND, kAudioConverterErr_FormatNotSupported },
    { AVERROR_ENCODER_NOT_FOUND, kAudioConverterErr_FormatNotSupported },
    { AVERROR_PATCHWELCOME, kAudioConverterErr_FormatNotSupported },
    { AVERROR(ENOSYS), kAudioConverterErr_FormatNotSupported },
};

OSStatus cm_av_status(int error, const char *what)
{
    OSStatus status = kAudioCodecUnspecifiedError;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (errors[i].error == error)
            status = errors[i].status;
    char text[AV_ERROR_MAX_STRING_SIZE];
    return cm_fail(status, "%s: %s", what, av_make_error_string(text, sizeof text, error));
}

cm_pcm cm_av_pcm(enum AVSampleFormat format, int raw_bits, UInt32 channels)
{
    enum AVSampleFormat packed = av_get_packed_sample_fmt(format);
    UInt32 bytes = (UInt32)av_get_bytes_per_sample(format);
    cm_pcm pcm = {
        .channels = channels,
        .bits = 8 * bytes,
        .bytes = bytes,
        .is_float = packed == AV_SAMPLE_FMT_FLT || packed == AV_SAMPLE_FMT_DBL,
        .is_signed = packed != AV_SAMPLE_FMT_U8,
        .planar = av_sample_fmt_is_planar(format) != 0,
    };
    if (!pcm.is_float && raw_bits > 0 && (UInt32)raw_bits < pcm.bits) {
        pcm.bits = (UInt32)raw_bits;
        pcm.high_aligned = true;
    }
    return pcm;
}

/* ---- channel order ---- */

#define ORDER_END AV_CHAN_NONE

/* The order in which a coder's packets carry channels, whichever of them are there. */
static const enum AVChannel mpeg4_order[] = {
    AV_CHAN_FRONT_CENTER,
    AV_CHAN_FRONT_LEFT_OF_CENTER,
    AV_CHAN_FRONT_RIGHT_OF_CENTER,
    AV_CHAN_FRONT_LEFT,
    AV_CHAN_FRONT_RIGHT,
    AV_CHAN_SIDE_LEFT,
    AV_CHAN_SIDE_RIGHT,
    AV_CHAN_BACK_LEFT,
    AV_CHAN_BACK_RIGHT,
    AV_CHAN_BACK_CENTER,
    AV_CHAN_LOW_FREQUENCY,
    ORDER_END,
};
static const enum AVChannel xiph_order[] = {
    AV_CHAN_FRONT_LEFT, AV_CHAN_FRONT_CENTER, AV_CHAN_FRONT_RIGHT, AV_CHAN_SIDE_LEFT,     AV_CHAN_SIDE_RIGHT,
    AV_CHAN_BACK_LEFT,  AV_CHAN_BACK_RIGHT,   AV_CHAN_BACK_CENTER, AV_CHAN_LOW_FREQUENCY, ORDER_END,
};
static const enum AVChannel ac3_order[] = {
    AV_CHAN_FRONT_LEFT,  AV_CHAN_FRONT_CENTER,  AV_CHAN_FRONT_RIGHT, AV_CHAN_SIDE_LEFT,  AV_CHAN_SIDE_RIGHT,
    AV_CHAN_BACK_CENTER, AV_CHAN_LOW_FREQUENCY, AV_CHAN_BACK_LEFT,   AV_CHAN_BACK_RIGHT, ORDER_END,
};

static const enum AVChannel *coded_order(enum AVCodecID id)
{
    switch (id) {
    case AV_CODEC_ID_AAC:
    case AV_CODEC_ID_ALAC:
        return mpeg4_order;
    case AV_CODEC_ID_VORBIS:
    case AV_CODEC_ID_OPUS:
        return xiph_order;
    case AV_CODEC_ID_AC3:
    case AV_CODEC_ID_EAC3:
        return ac3_order;
    default:
        return NULL; /* FFmpeg's order is the coded one */
    }
}

void cm_av_channel_map(enum AVCodecID id, const AVChannelLayout *layout, UInt8 *map)
{
    UInt32 channels = (UInt32)layout->nb_channels, count = 0;
    bool used[CM_AV_MAX_CHANNELS] = { false };
    const enum AVChannel *order = layout->order == AV_CHANNEL_ORDER_NATIVE ? coded_order(id) : NULL;
    for (; order && *order != ORDER_END; order++) {
        int place = av_channel_layout_index_from_channel(layout, *order);
        if (place >= 0 && (UInt32)place < channels) {
            map[count++] = (UInt8)place;
            used[place] = true;
        }
    }
    for (UInt32 place = 0; place < channels; place++)
        if (!used[place])
            map[count++] = (UInt8)place;
}
