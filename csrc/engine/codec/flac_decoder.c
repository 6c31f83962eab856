/*
 * flac_decoder.c: FLAC (RFC 9639). A packet is a frame: a header, a subframe for each channel, a checksum.
 * Two channels may be coded as one of them and their difference.
 */
#include "flac_frame.h"
#include "flac_subframe.h"
#include "frame_decoder.h"
#include "../format/cookie.h"

#include <AudioToolbox/AudioCodec.h>
#include <AudioToolbox/AudioConverter.h>
#include <stdlib.h>

#define MOST_CHANNELS 8u
#define MOST_PACKET (1u << 26)
#define MOST_FRAMES 65536u /* that a header can say */

enum { LEFT_SIDE = 8, SIDE_RIGHT = 9, MID_SIDE = 10 }; /* channel assignments; below: channels less 1 */

typedef struct decoder {
    cm_frame_decoder frame;
    cm_flac_info info;
    size_t room;                    /* frames of frame.out and the following buffers */
    SInt32 *samples[MOST_CHANNELS]; /* one piece of memory, at samples[0] */
    SInt64 *wide;                   /* for streams of 32 bits */
} decoder;

static bool read_frame(void *instance, const UInt8 *bytes, size_t size);

static void free_buffers(decoder *d)
{
    free(d->samples[0]);
    free(d->wide);
    free(d->frame.out);
    d->samples[0] = NULL;
    d->wide = NULL;
    d->frame.out = NULL;
    d->room = 0;
}

static void flac_close(void *instance)
{
    decoder *d = instance;
    if (!d)
        return;
    free_buffers(d);
    cm_frame_close(&d->frame);
    free(d);
}

/* frames: at most MOST_FRAMES. */
static bool make_room(void *instance, size_t frames)
{
    decoder *d = instance;
    if (frames <= d->room)
        return true;
    free_buffers(d);
    d->samples[0] = malloc(frames * d->info.channels * sizeof(SInt32));
    for (UInt32 c = 1; c < d->info.channels && d->samples[0]; c++)
        d->samples[c] = d->samples[0] + c * frames;
    d->wide = d->info.bits == 32 ? malloc(frames * sizeof(SInt64)) : NULL;
    d->frame.out = malloc(frames * cm_pcm_stride(&d->frame.pcm) +
                          sizeof(UInt32)); /* 24 bits are written as 32 */
    bool good = d->samples[0] && d->frame.out && (d->wide || d->info.bits < 32);
    d->room = good ? frames : 0;
    return good;
}

static OSStatus flac_open(const cm_codec *codec, const cm_codec_config *config, void **instance,
                          cm_codec_info *info)
{
    cm_span found;
    decoder *d = calloc(1, sizeof *d);
    (void)codec;
    *instance = d;
    if (!d)
        return cmMemFullError;
    if (!cm_cookie_find_flac((cm_span){ config->cookie, config->cookie_size }, &found, &d->info))
        return cm_fail(kAudioCodecBadDataError, "the magic cookie is not one of FLAC");
    UInt32 bits = d->info.bits, bytes = bits <= 16 ? 2 : bits == 24 ? 3 : 4;
    if (bits < 4 || bits > 32 || d->info.channels > MOST_CHANNELS ||
        d->info.channels != config->format.mChannelsPerFrame)
        return cm_fail(kAudioConverterErr_FormatNotSupported, "FLAC of %u channels, %u bits",
                       (unsigned)d->info.channels, (unsigned)bits);
    cm_pcm pcm = { .channels = d->info.channels,
                   .bits = bits,
                   .bytes = bytes,
                   .is_signed = true,
                   .high_aligned = bits < 8 * bytes };
    d->frame = (cm_frame_decoder){ .name = "FLAC",
                                   .decode = read_frame,
                                   .make_room = make_room,
                                   .pcm = pcm,
                                   .most_packet = MOST_PACKET,
                                   .most_frames = MOST_FRAMES,
                                   .usual_frames = d->info.max_block };
    *info = (cm_codec_info){ .format = config->format,
                             .pcm = pcm,
                             .pcm_rate = config->format.mSampleRate,
                             .frames_per_packet = config->format.mFramesPerPacket };
    return make_room(d, d->info.max_block) ? noErr : cmMemFullError;
}

/* ---- a frame ---- */

/* Left and right of what is in samples[0] and samples[1]. */
static void unmix(SInt32 *a, SInt32 *b, size_t count, UInt32 assignment)
{
    if (assignment == LEFT_SIDE)
        for (size_t i = 0; i < count; i++)
            b[i] = (SInt32)((UInt32)a[i] - (UInt32)b[i]);
    if (assignment == SIDE_RIGHT)
        for (size_t i = 0; i < count; i++)
            a[i] = (SInt32)((UInt32)a[i] + (UInt32)b[i]);
    if (assignment != MID_SIDE)
        return;
    for (size_t i = 0; i < count; i++) {
        UInt32 side = (UInt32)b[i], sum = (UInt32)a[i] << 1 | (side & 1);
        a[i] = (SInt32)(sum + side) >> 1;
        b[i] = (SInt32)(sum - side) >> 1;
    }
}

/* The same with a difference of 33 bits. */
static void unmix_wide(SInt32 *a, SInt32 *b, const SInt64 *side, size_t count, UInt32 assignment)
{
    for (size_t i = 0; i < count; i++) {
        SInt64 difference = side[i];
        if (assignment == LEFT_SIDE) {
            b[i] = (SInt32)(a[i] - difference);
        } else if (assignment == SIDE_RIGHT) {
            a[i] = (SInt32)(difference + b[i]);
        } else {
            SInt64 sum = (SInt64)a[i] * 2 + (difference & 1);
            a[i] = (SInt32)((sum + difference) >> 1);
            b[i] = (SInt32)((sum - difference) >> 1);
        }
    }
}

static void put_stereo16(SInt16 *restrict to, const SInt32 *restrict left, const SInt32 *restrict right,
                         size_t count, unsigned up)
{
    for (size_t i = 0; i < count; i++) {
        to[2 * i] = (SInt16)((UInt32)left[i] << up);
        to[2 * i + 1] = (SInt16)((UInt32)right[i] << up);
    }
}

/* Every sample is written as 32 bits; what is too much of them is overwritten by the next. */
static void put_bytes(const decoder *d, size_t count, unsigned up)
{
    UInt8 *to = d->frame.out;
    for (size_t i = 0; i < count; i++)
        for (UInt32 c = 0; c < d->frame.pcm.channels; c++, to += d->frame.pcm.bytes)
            cm_put_le32(to, (UInt32)d->samples[c][i] << up);
}

static void put_samples(decoder *d, size_t count)
{
    unsigned up = 8 * d->frame.pcm.bytes - d->frame.pcm.bits;
    if (d->frame.pcm.channels == 2 && d->frame.pcm.bytes == 2)
        put_stereo16(d->frame.out, d->samples[0], d->samples[1], count, up);
    else
        put_bytes(d, count, up);
    d->frame.out_frames = count;
}

static bool read_subframes(decoder *d, cm_coded_bits *bits, size_t count, UInt32 assignment)
{
    for (UInt32 c = 0; c < d->info.channels; c++) {
        bool is_side = assignment == SIDE_RIGHT ? c == 0 : assignment > 7 && c == 1;
        if (!cm_flac_subframe(bits, d->info.bits + is_side, count, d->samples[c], d->wide))
            return false;
    }
    if (assignment > 7 && d->info.bits == 32)
        unmix_wide(d->samples[0], d->samples[1], d->wide, count, assignment);
    else if (assignment > 7)
        unmix(d->samples[0], d->samples[1], count, assignment);
    return true;
}

/* Bytes behind the frame, which containers may leave, are not looked at. */
static bool has_right_checksum(const cm_coded_bits *bits)
{
    size_t size = (bits->at + 7) / 8 + 2;
    return size <= bits->end / 8 && cm_flac_crc16(0, bits->bytes, size) == 0;
}

/* 0: as STREAMINFO says. */
static UInt32 coded_bits(UInt32 code)
{
    static const UInt8 bits[8] = { 0, 8, 12, 255, 16, 20, 24, 32 };
    return bits[code];
}

static bool read_frame(void *instance, const UInt8 *bytes, size_t size)
{
    decoder *d = instance;
    cm_flac_frame frame;
    if (!cm_flac_frame_parse(bytes, size, &frame) || frame.frames == 0)
        return false;
    UInt32 assignment = bytes[3] >> 4, bits = coded_bits(bytes[3] >> 1 & 7);
    UInt32 channels = assignment > 7 ? 2 : assignment + 1;
    if (channels != d->info.channels || (bits != 0 && bits != d->info.bits) || !make_room(d, frame.frames))
        return false;
    cm_coded_bits b = { .bytes = bytes, .at = 8 * (size_t)frame.header_size, .end = 8 * size };
    if (!read_subframes(d, &b, frame.frames, assignment) || !has_right_checksum(&b))
        return false;
    put_samples(d, frame.frames);
    return true;
}

static const cm_codec_limits limits = { .max_sample_rate = 768000, .max_channels = MOST_CHANNELS };

const cm_codec cm_flac_decoder = {
    .name = "FLAC decoder",
    .format_id = kAudioFormatFLAC,
    .type = kAudioDecoderComponentType,
    .manufacturer = CM_CODEC_OWN,
    .limits = &limits,
    .open = flac_open,
    .close = flac_close,
    .reset = cm_frame_reset,
    .send_packet = cm_frame_send_packet,
    .receive_block = cm_frame_receive_block,
};
