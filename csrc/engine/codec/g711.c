/*
 * g711.c: A-law and mu-law (ITU-T G.711). Codes are 8 bits of sign, three of segment and four of step;
 * samples here are 16 bits wide, so A-law's 13-bit values are times 8 and mu-law's 14-bit values times 4.
 */
#include "block_codec.h"

#include <AudioToolbox/AudioCodec.h>
#include <pthread.h>
#include <stdlib.h>

#define ULAW_BIAS 132 /* 33 of G.711's table 2, times 4 */
#define ULAW_TOP 32635

static SInt16 alaw_to_linear[256], ulaw_to_linear[256];
static UInt8 linear_to_alaw[8192], linear_to_ulaw[16384]; /* by the upper 13 and 14 bits of a sample */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static SInt16 decode_alaw(unsigned code)
{
    code ^= 0x55; /* even bits travel inverted */
    int segment = (int)(code >> 4) & 7;
    int value = ((int)(code & 15) << 4) + 8;
    if (segment > 0)
        value = (value + 256) << (segment - 1);
    return (SInt16)(code & 0x80 ? value : -value);
}

static SInt16 decode_ulaw(unsigned code)
{
    code = ~code & 0xFF;
    int segment = (int)(code >> 4) & 7;
    int value = ((((int)(code & 15) << 3) + ULAW_BIAS) << segment) - ULAW_BIAS;
    return (SInt16)(code & 0x80 ? -value : value);
}

static int segment_of(int value, int lowest_bit)
{
    int segment = 0;
    while (segment < 7 && value >> (lowest_bit + segment + 1) != 0)
        segment++;
    return segment;
}

/* value is 13-bit: -4096 .. 4095. Negative ones are mirrored at -1/2, as the standard's decision values are.
 */
static UInt8 encode_alaw(int value)
{
    unsigned sign = value >= 0 ? 0x80 : 0;
    int magnitude = value >= 0 ? value : -value - 1;
    int segment = segment_of(magnitude, 4);
    int step = magnitude >> (segment > 0 ? segment : 1) & 15;
    return (UInt8)((sign | (unsigned)segment << 4 | (unsigned)step) ^ 0x55);
}

/* value is 14-bit: -8192 .. 8191. */
static UInt8 encode_ulaw(int value)
{
    unsigned sign = value < 0 ? 0x80 : 0;
    int magnitude = value < 0 ? -value * 4 : value * 4;
    magnitude = (magnitude < ULAW_TOP ? magnitude : ULAW_TOP) + ULAW_BIAS;
    int segment = segment_of(magnitude, 7);
    int step = magnitude >> (segment + 3) & 15;
    return (UInt8) ~(sign | (unsigned)segment << 4 | (unsigned)step);
}

static void make_tables(void)
{
    for (unsigned code = 0; code < 256; code++) {
        alaw_to_linear[code] = decode_alaw(code);
        ulaw_to_linear[code] = decode_ulaw(code);
    }
    for (int i = 0; i < 8192; i++)
        linear_to_alaw[i] = encode_alaw(i < 4096 ? i : i - 8192);
    for (int i = 0; i < 16384; i++)
        linear_to_ulaw[i] = encode_ulaw(i < 8192 ? i : i - 16384);
}

static OSStatus prepare(cm_block *block, const cm_codec_config *config, AudioStreamBasicDescription *format)
{
    (void)config;
    pthread_once(&once, make_tables);
    format->mFramesPerPacket = 1;
    format->mBytesPerPacket = format->mBytesPerFrame = block->channels;
    format->mBitsPerChannel = 8;
    return noErr;
}

static void decode_table(const cm_block *block, const SInt16 *table, const UInt8 *packets, size_t count,
                         SInt16 *frames)
{
    for (size_t i = 0; i < count * block->channels; i++)
        frames[i] = table[packets[i]];
}

static void alaw_decode(cm_block *block, const UInt8 *packets, size_t count, SInt16 *frames)
{
    decode_table(block, alaw_to_linear, packets, count, frames);
}

static void ulaw_decode(cm_block *block, const UInt8 *packets, size_t count, SInt16 *frames)
{
    decode_table(block, ulaw_to_linear, packets, count, frames);
}

static void alaw_encode(cm_block *block, const SInt16 *frames, size_t count, UInt8 *packets)
{
    for (size_t i = 0; i < count * block->channels; i++)
        packets[i] = linear_to_alaw[(UInt16)frames[i] >> 3];
}

static void ulaw_encode(cm_block *block, const SInt16 *frames, size_t count, UInt8 *packets)
{
    for (size_t i = 0; i < count * block->channels; i++)
        packets[i] = linear_to_ulaw[(UInt16)frames[i] >> 2];
}

static const cm_codec_limits limits = { .max_sample_rate = 768000, .max_channels = CM_BLOCK_MAX_CHANNELS };

const cm_block_codec cm_alaw_decoder = {
    .codec = { .name = "A-law decoder", .format_id = kAudioFormatALaw, .limits = &limits, CM_BLOCK_DECODER },
    .prepare = prepare,
    .decode = alaw_decode,
};

const cm_block_codec cm_alaw_encoder = {
    .codec = { .name = "A-law encoder", .format_id = kAudioFormatALaw, .limits = &limits, CM_BLOCK_ENCODER },
    .prepare = prepare,
    .encode = alaw_encode,
};

const cm_block_codec cm_ulaw_decoder = {
    .codec = { .name = "mu-law decoder", .format_id = kAudioFormatULaw, .limits = &limits, CM_BLOCK_DECODER },
    .prepare = prepare,
    .decode = ulaw_decode,
};

const cm_block_codec cm_ulaw_encoder = {
    .codec = { .name = "mu-law encoder", .format_id = kAudioFormatULaw, .limits = &limits, CM_BLOCK_ENCODER },
    .prepare = prepare,
    .encode = ulaw_encode,
};
