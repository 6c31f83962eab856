/*
 * alac_decoder.c: Apple Lossless. A packet is a row of elements, one or two channels each, in the order in
 * which the channels come out; an element holds predictor coefficients and residuals, or plain samples.
 */
#include "alac_predict.h"
#include "frame_decoder.h"
#include "../format/cookie.h"

#include <AudioToolbox/AudioCodec.h>
#include <AudioToolbox/AudioConverter.h>
#include <stdlib.h>
#include <string.h>

#define MOST_CHANNELS 8u
#define MOST_FRAMES (1u << 16)
#define MOST_PACKET (1u << 24)

enum { SINGLE = 0, PAIR = 1, LOW = 3, DATA = 4, FILL = 6, END = 7 };

typedef struct decoder {
    cm_frame_decoder frame; /* out has room for config.frames_per_packet frames */
    cm_alac_config config;
    UInt32 start, factor, most_bits; /* mb, pb, kb of the cookie */
    SInt32 *work[2];                 /* samples of an element's channels */
    SInt32 *shifted[2];              /* ... and their low bits, which are not predicted */
} decoder;

static bool read_packet(void *instance, const UInt8 *bytes, size_t size);

static void alac_close(void *instance)
{
    decoder *d = instance;
    if (!d)
        return;
    for (int i = 0; i < 2; i++) {
        free(d->work[i]);
        free(d->shifted[i]);
    }
    free(d->frame.out);
    cm_frame_close(&d->frame);
    free(d);
}

static OSStatus allocate(decoder *d)
{
    size_t frames = d->config.frames_per_packet;
    bool good = true;
    for (int i = 0; i < 2; i++) {
        d->work[i] = malloc(frames * sizeof(SInt32));
        d->shifted[i] = malloc(frames * sizeof(SInt32));
        good = good && d->work[i] && d->shifted[i];
    }
    d->frame.out = calloc(frames, cm_pcm_stride(&d->frame.pcm));
    return good && d->frame.out ? noErr : cmMemFullError;
}

static OSStatus alac_open(const cm_codec *codec, const cm_codec_config *config, void **instance,
                          cm_codec_info *info)
{
    cm_span found;
    decoder *d = calloc(1, sizeof *d);
    (void)codec;
    *instance = d;
    if (!d)
        return cmMemFullError;
    if (!cm_cookie_find_alac((cm_span){ config->cookie, config->cookie_size }, &found, &d->config))
        return cm_fail(kAudioCodecBadDataError, "the magic cookie is not one of Apple Lossless");
    d->factor = found.bytes[6];
    d->start = found.bytes[7];
    d->most_bits = found.bytes[8];
    UInt32 bits = d->config.bits;
    if (d->config.channels > MOST_CHANNELS || d->config.channels != config->format.mChannelsPerFrame ||
        d->config.frames_per_packet > MOST_FRAMES || (bits != 16 && bits != 20 && bits != 24 && bits != 32) ||
        d->most_bits == 0 || d->most_bits > 25)
        return cm_fail(kAudioConverterErr_FormatNotSupported, "Apple Lossless of %u channels, %u bits",
                       (unsigned)d->config.channels, (unsigned)bits);
    cm_pcm pcm = { .channels = d->config.channels,
                   .bits = bits,
                   .bytes = bits == 16 ? 2 : 4,
                   .is_signed = true,
                   .high_aligned = bits != 16 && bits != 32 };
    d->frame = (cm_frame_decoder){ .name = "Apple Lossless",
                                   .decode = read_packet,
                                   .pcm = pcm,
                                   .most_packet = MOST_PACKET,
                                   .most_frames = d->config.frames_per_packet,
                                   .usual_frames = d->config.frames_per_packet };
    *info = (cm_codec_info){ .format = config->format,
                             .pcm = pcm,
                             .pcm_rate = config->format.mSampleRate,
                             .frames_per_packet = d->config.frames_per_packet };
    info->format.mFramesPerPacket = d->config.frames_per_packet;
    return allocate(d);
}

/* ---- elements ---- */

typedef struct element {
    unsigned channels;
    size_t frames;
    unsigned shift; /* low bits that are stored beside */
    unsigned mix_shift;
    SInt32 mix_weight;
} element;

typedef struct channel_set_up {
    unsigned mode, shift, factor, order;
    SInt16 coefficients[CM_ALAC_MOST_COEFFICIENTS];
} channel_set_up;

static void read_set_up(cm_coded_bits *bits, channel_set_up *c)
{
    c->mode = cm_coded_get(bits, 4);
    c->shift = cm_coded_get(bits, 4);
    c->factor = cm_coded_get(bits, 3);
    c->order = cm_coded_get(bits, 5);
    for (unsigned i = 0; i < c->order; i++)
        c->coefficients[i] = (SInt16)cm_coded_get(bits, 16);
}

static bool read_compressed(decoder *d, cm_coded_bits *bits, element *e)
{
    channel_set_up set_up[2];
    unsigned sample_bits = d->config.bits - e->shift + (e->channels - 1);
    if (sample_bits > 32)
        return false;
    e->mix_shift = cm_coded_get(bits, 8);
    e->mix_weight = cm_coded_get_signed(bits, 8);
    for (unsigned c = 0; c < e->channels; c++)
        read_set_up(bits, &set_up[c]);
    cm_coded_bits low = *bits;
    bits->at += e->shift * e->channels * e->frames;
    if (bits->at > bits->end || e->mix_shift > 31)
        return false;
    for (size_t i = 0; e->shift > 0 && i < e->frames; i++)
        for (unsigned c = 0; c < e->channels; c++)
            d->shifted[c][i] = (SInt32)cm_coded_get(&low, e->shift);
    for (unsigned c = 0; c < e->channels; c++) {
        channel_set_up *s = &set_up[c];
        cm_alac_rice rice = { d->start, d->factor * s->factor / 4, d->most_bits, sample_bits };
        if (!cm_alac_residuals(bits, &rice, d->work[c], e->frames))
            return false;
        if (s->mode != 0)
            cm_alac_predict(d->work[c], e->frames, NULL, 31, sample_bits, 0);
        cm_alac_predict(d->work[c], e->frames, s->coefficients, s->order, sample_bits, s->shift);
    }
    return true;
}

static bool read_plain(decoder *d, cm_coded_bits *bits, element *e)
{
    e->shift = 0;
    e->mix_weight = 0;
    if (bits->end - bits->at < (size_t)d->config.bits * e->channels * e->frames)
        return false;
    for (size_t i = 0; i < e->frames; i++)
        for (unsigned c = 0; c < e->channels; c++)
            d->work[c][i] = cm_coded_get_signed(bits, d->config.bits);
    return true;
}

/* Left and right from the weighted sum and the difference that are coded. */
static void unmix(decoder *d, const element *e)
{
    SInt32 *u = d->work[0], *v = d->work[1];
    if (e->channels == 1 || e->mix_weight == 0)
        return;
    for (size_t i = 0; i < e->frames; i++) {
        UInt32 difference = (UInt32)v[i];
        UInt32 left = (UInt32)u[i] + difference -
                      (UInt32)((SInt32)((UInt32)e->mix_weight * difference) >> e->mix_shift);
        u[i] = (SInt32)left;
        v[i] = (SInt32)(left - difference);
    }
}

static void put_samples(decoder *d, const element *e, unsigned first)
{
    size_t stride = d->frame.pcm.channels;
    for (unsigned c = 0; c < e->channels; c++) {
        const SInt32 *from = d->work[c], *low = d->shifted[c];
        if (d->frame.pcm.bytes == 2 && e->shift == 0) {
            SInt16 *to = (SInt16 *)d->frame.out + first + c;
            for (size_t i = 0; i < e->frames; i++)
                to[i * stride] = (SInt16)from[i];
            continue;
        }
        unsigned up = 8 * d->frame.pcm.bytes - d->config.bits;
        for (size_t i = 0; i < e->frames; i++) {
            UInt32 value = (UInt32)from[i] << e->shift | (e->shift ? (UInt32)low[i] : 0);
            if (d->frame.pcm.bytes == 2)
                ((SInt16 *)d->frame.out)[i * stride + first + c] = (SInt16)value;
            else
                ((SInt32 *)d->frame.out)[i * stride + first + c] = (SInt32)(value << up);
        }
    }
}

/* One or two channels, put where `first` is. All elements of a packet have as many frames. */
static bool read_element(decoder *d, cm_coded_bits *bits, unsigned channels, unsigned first)
{
    element e = { .channels = channels, .frames = d->config.frames_per_packet };
    cm_coded_get(bits, 4 + 12);
    bool partial = cm_coded_get(bits, 1);
    e.shift = 8 * cm_coded_get(bits, 2);
    bool plain = cm_coded_get(bits, 1);
    if (partial)
        e.frames = cm_coded_get(bits, 32);
    if (e.frames > d->config.frames_per_packet || e.shift >= d->config.bits || e.shift > 16 ||
        (first > 0 && e.frames != d->frame.out_frames))
        return false;
    if (!(plain ? read_plain(d, bits, &e) : read_compressed(d, bits, &e)))
        return false;
    unmix(d, &e);
    put_samples(d, &e, first);
    d->frame.out_frames = e.frames;
    return true;
}

/* Data and fill elements say how many bytes they are. */
static void skip_element(cm_coded_bits *bits, UInt32 tag)
{
    size_t count;
    if (tag == DATA) {
        cm_coded_get(bits, 4);
        bool aligned = cm_coded_get(bits, 1);
        count = cm_coded_get(bits, 8);
        count += count == 255 ? cm_coded_get(bits, 8) : 0;
        bits->at = aligned ? (bits->at + 7) & ~(size_t)7 : bits->at;
    } else {
        count = cm_coded_get(bits, 4);
        count += count == 15 ? cm_coded_get(bits, 8) - 1 : 0;
    }
    bits->at += 8 * count;
}

static bool read_packet(void *instance, const UInt8 *bytes, size_t size)
{
    decoder *d = instance;
    cm_coded_bits bits = { .bytes = bytes, .end = 8 * size };
    unsigned done = 0;
    d->frame.out_frames = 0;
    while (done < d->config.channels && bits.at + 3 <= bits.end) {
        UInt32 tag = cm_coded_get(&bits, 3);
        unsigned channels = tag == PAIR ? 2 : 1;
        if (tag == END)
            break;
        if (tag == DATA || tag == FILL) {
            skip_element(&bits, tag);
            continue;
        }
        if ((tag != SINGLE && tag != PAIR && tag != LOW) || done + channels > d->config.channels ||
            !read_element(d, &bits, channels, done))
            return false;
        done += channels;
    }
    return done == d->config.channels;
}

static const cm_codec_limits limits = { .max_sample_rate = 768000, .max_channels = MOST_CHANNELS };

const cm_codec cm_alac_decoder = {
    .name = "Apple Lossless decoder",
    .format_id = kAudioFormatAppleLossless,
    .type = kAudioDecoderComponentType,
    .manufacturer = CM_CODEC_OWN,
    .limits = &limits,
    .open = alac_open,
    .close = alac_close,
    .reset = cm_frame_reset,
    .send_packet = cm_frame_send_packet,
    .receive_block = cm_frame_receive_block,
};
