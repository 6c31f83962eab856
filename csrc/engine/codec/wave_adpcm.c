/*
 * wave_adpcm.c: the two four-bit formats of WAVE files ("Multimedia Data Standards Update", Microsoft 1994):
 * WAVE_FORMAT_DVI_ADPCM, IMA codes in blocks, and WAVE_FORMAT_ADPCM, Microsoft's own.
 */
#include "adpcm_step.h"
#include "../base/bytes.h"

#include <AudioToolbox/AudioCodec.h>
#include <AudioToolbox/AudioConverter.h>
#include <coremusic/engine.h>

#define DVI_HEADER 4u
#define MS_HEADER 7u
#define MAX_BLOCK_BYTES 0xFFFFu /* of the format chunk's nBlockAlign */
#define MS_COOKIE_START 4u      /* samples per block and number of pairs */

/* Block size as Microsoft's encoders choose it. */
static UInt32 default_block(Float64 rate, UInt32 channels)
{
    UInt32 each = rate < 22050 ? 256 : rate < 44100 ? 512 : 1024;
    return each * channels;
}

static OSStatus check_block(AudioStreamBasicDescription *format, UInt32 header, UInt32 frames)
{
    UInt32 least = header * format->mChannelsPerFrame;
    if (format->mBytesPerPacket < least || format->mBytesPerPacket > MAX_BLOCK_BYTES || frames == 0)
        return cm_fail(kAudioConverterErr_FormatNotSupported, "an ADPCM block of %u bytes for %u channels",
                       (unsigned)format->mBytesPerPacket, (unsigned)format->mChannelsPerFrame);
    format->mFramesPerPacket = frames;
    format->mBytesPerFrame = 0;
    return noErr;
}

/* ---- DVI ---- */

/* A channel's header holds one sample; words of eight codes per channel follow in turn. */
static UInt32 dvi_frames(UInt32 bytes, UInt32 channels)
{
    UInt32 per_channel = bytes / channels;
    return per_channel < DVI_HEADER ? 0 : (per_channel - DVI_HEADER) / 4 * 8 + 1;
}

static OSStatus dvi_prepare(cm_block *block, const cm_codec_config *config,
                            AudioStreamBasicDescription *format)
{
    (void)config;
    if (format->mBytesPerPacket == 0)
        format->mBytesPerPacket = default_block(format->mSampleRate, block->channels);
    format->mBitsPerChannel = 4;
    return check_block(format, DVI_HEADER, dvi_frames(format->mBytesPerPacket, block->channels));
}

static void dvi_decode(cm_block *block, const UInt8 *packets, size_t count, SInt16 *frames)
{
    size_t stride = block->channels;
    UInt32 groups = (block->frames_per_packet - 1) / 8;
    for (size_t packet = 0; packet < count; packet++) {
        const UInt8 *from = packets + packet * block->bytes_per_packet;
        for (UInt32 c = 0; c < block->channels; c++, from += DVI_HEADER) {
            block->state[c].predictor = (SInt16)cm_get_le16(from);
            block->state[c].step_index = from[2] > CM_IMA_MAX_INDEX ? CM_IMA_MAX_INDEX : from[2];
            frames[c] = (SInt16)block->state[c].predictor;
        }
        SInt16 *to = frames + stride;
        for (UInt32 group = 0; group < groups; group++, to += 8 * stride)
            for (UInt32 c = 0; c < block->channels; c++, from += 4)
                for (unsigned i = 0; i < 8; i++)
                    to[i * stride + c] = cm_ima_decode(&block->state[c], from[i / 2] >> (i % 2 * 4) & 15);
        frames += block->frames_per_packet * stride;
    }
}

static void dvi_encode(cm_block *block, const SInt16 *frames, size_t count, UInt8 *packets)
{
    size_t stride = block->channels;
    UInt32 groups = (block->frames_per_packet - 1) / 8;
    for (size_t packet = 0; packet < count; packet++) {
        UInt8 *to = packets + packet * block->bytes_per_packet;
        const UInt8 *end = to + block->bytes_per_packet;
        for (UInt32 c = 0; c < block->channels; c++, to += DVI_HEADER) {
            block->state[c].predictor = frames[c];
            cm_put_le16(to, (UInt16)frames[c]);
            to[2] = (UInt8)block->state[c].step_index;
            to[3] = 0;
        }
        const SInt16 *from = frames + stride;
        for (UInt32 group = 0; group < groups; group++, from += 8 * stride)
            for (UInt32 c = 0; c < block->channels; c++, to += 4)
                for (unsigned i = 0; i < 4; i++) {
                    unsigned low = cm_ima_encode(&block->state[c], from[2 * i * stride + c]);
                    unsigned high = cm_ima_encode(&block->state[c], from[(2 * i + 1) * stride + c]);
                    to[i] = (UInt8)(low | high << 4);
                }
        while (to < end)
            *to++ = 0;
        frames += block->frames_per_packet * stride;
    }
}

/* ---- Microsoft ---- */

static const cm_block_pair standard_pairs[7] = {
    { 256, 0 }, { 512, -256 }, { 0, 0 }, { 192, 64 }, { 240, 0 }, { 460, -208 }, { 392, -232 },
};

static const SInt16 adaption[16] = {
    230, 230, 230, 230, 307, 409, 512, 614, 768, 614, 512, 409, 307, 230, 230, 230,
};

/* A channel's header holds two samples; the codes of all channels follow frame by frame, high ones first. */
static UInt32 ms_frames(UInt32 bytes, UInt32 channels)
{
    return bytes < MS_HEADER * channels ? 0 : (bytes - MS_HEADER * channels) * 2 / channels + 2;
}

/* The magic cookie is what follows cbSize in the format chunk: samples per block, number of pairs, pairs. */
static OSStatus ms_read_pairs(cm_block *block, const UInt8 *cookie, size_t size)
{
    block->pairs = standard_pairs;
    block->pair_count = 7;
    if (!cookie || size < MS_COOKIE_START)
        return noErr;
    UInt32 count = cm_get_le16(cookie + 2);
    if (count > 256 || size < MS_COOKIE_START + count * 4u)
        return cm_fail(kAudioCodecBadDataError, "MS ADPCM: %u coefficient pairs in %zu bytes",
                       (unsigned)count, size);
    if (count == 0)
        return noErr;
    for (UInt32 i = 0; i < count; i++) {
        const UInt8 *pair = cookie + MS_COOKIE_START + i * 4u;
        block->own_pairs[i] = (cm_block_pair){ (SInt16)cm_get_le16(pair), (SInt16)cm_get_le16(pair + 2) };
    }
    block->pairs = block->own_pairs;
    block->pair_count = count;
    return noErr;
}

static OSStatus ms_prepare(cm_block *block, const cm_codec_config *config,
                           AudioStreamBasicDescription *format)
{
    OSStatus status = ms_read_pairs(block, config->cookie, config->cookie_size);
    if (status != noErr)
        return status;
    format->mBitsPerChannel = 4;
    return check_block(format, MS_HEADER, ms_frames(format->mBytesPerPacket, block->channels));
}

typedef struct ms_channel {
    cm_block_pair pair;
    SInt32 delta, newer, older;
} ms_channel;

static SInt16 ms_expand(ms_channel *channel, unsigned code)
{
    SInt32 error = code & 8 ? (SInt32)code - 16 : (SInt32)code;
    SInt64 predicted = (SInt64)channel->newer * channel->pair.first +
                       (SInt64)channel->older * channel->pair.second;
    SInt64 sample = predicted / 256 + (SInt64)error * channel->delta;
    sample = sample < -32768 ? -32768 : sample > 32767 ? 32767 : sample;
    channel->older = channel->newer;
    channel->newer = (SInt32)sample;
    SInt64 delta = (SInt64)adaption[code] * channel->delta / 256;
    channel->delta = delta < 16 ? 16 : delta > INT32_MAX / 768 ? INT32_MAX / 768 : (SInt32)delta;
    return (SInt16)sample;
}

static const UInt8 *ms_header(const cm_block *block, const UInt8 *from, ms_channel *channels)
{
    UInt32 n = block->channels;
    for (UInt32 c = 0; c < n; c++) {
        UInt32 pair = from[c] < block->pair_count ? from[c] : 0;
        channels[c].pair = block->pairs[pair];
        channels[c].delta = (SInt16)cm_get_le16(from + n + 2 * c);
        channels[c].newer = (SInt16)cm_get_le16(from + 3 * n + 2 * c);
        channels[c].older = (SInt16)cm_get_le16(from + 5 * n + 2 * c);
    }
    return from + MS_HEADER * n;
}

static void ms_decode(cm_block *block, const UInt8 *packets, size_t count, SInt16 *frames)
{
    ms_channel channels[CM_BLOCK_MAX_CHANNELS];
    UInt32 n = block->channels;
    for (size_t packet = 0; packet < count; packet++) {
        const UInt8 *from = ms_header(block, packets + packet * block->bytes_per_packet, channels);
        for (UInt32 c = 0; c < n; c++) {
            frames[c] = (SInt16)channels[c].older;
            frames[n + c] = (SInt16)channels[c].newer;
        }
        size_t samples = (size_t)(block->frames_per_packet - 2) * n;
        SInt16 *to = frames + 2 * (size_t)n;
        for (size_t i = 0; i < samples; i++) {
            unsigned code = i % 2 == 0 ? from[i / 2] >> 4 : from[i / 2] & 15u;
            to[i] = ms_expand(&channels[i % n], code);
        }
        frames += (size_t)block->frames_per_packet * n;
    }
}

static const cm_codec_limits limits = { .max_sample_rate = 768000, .max_channels = CM_BLOCK_MAX_CHANNELS };

const cm_block_codec cm_dvi_decoder = {
    .codec = { .name = "DVI/Intel IMA ADPCM decoder",
               .format_id = kAudioFormatDVIIntelIMA,
               .limits = &limits,
               CM_BLOCK_DECODER },
    .prepare = dvi_prepare,
    .decode = dvi_decode,
};

const cm_block_codec cm_dvi_encoder = {
    .codec = { .name = "DVI/Intel IMA ADPCM encoder",
               .format_id = kAudioFormatDVIIntelIMA,
               .limits = &limits,
               CM_BLOCK_ENCODER },
    .prepare = dvi_prepare,
    .encode = dvi_encode,
};

const cm_block_codec cm_msadpcm_decoder = {
    .codec = { .name = "Microsoft ADPCM decoder",
               .format_id = kCMAudioFormatMicrosoftADPCM,
               .limits = &limits,
               CM_BLOCK_DECODER },
    .prepare = ms_prepare,
    .decode = ms_decode,
};
