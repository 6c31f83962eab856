/*
 * ima4.c: Apple's IMA 4:1. A packet is 34 bytes for each channel: two of state (the upper nine bits of the
 * predictor, seven of step index, big-endian) and 64 codes of four bits, low ones first.
 */
#include "adpcm_step.h"
#include "../base/bytes.h"

#include <AudioToolbox/AudioCodec.h>

#define CHANNEL_BYTES 34u
#define FRAMES 64u
#define LARGEST_DRIFT 0x7F

static OSStatus prepare(cm_block *block, const cm_codec_config *config, AudioStreamBasicDescription *format)
{
    (void)config;
    format->mFramesPerPacket = FRAMES;
    format->mBytesPerPacket = CHANNEL_BYTES * block->channels;
    format->mBytesPerFrame = 0;
    format->mBitsPerChannel = 0;
    return noErr;
}

/* The header has the predictor without its low bits: the decoder's own is better while the two agree. */
static void take_header(cm_block_channel *channel, unsigned header)
{
    SInt32 predictor = (SInt16)(header & 0xFF80);
    SInt32 index = (SInt32)(header & 0x7F);
    SInt32 drift = predictor - channel->predictor;
    if (index > CM_IMA_MAX_INDEX)
        index = CM_IMA_MAX_INDEX;
    if (index != channel->step_index || drift > LARGEST_DRIFT || drift < -LARGEST_DRIFT)
        channel->predictor = predictor;
    channel->step_index = index;
}

static void decode(cm_block *block, const UInt8 *packets, size_t count, SInt16 *frames)
{
    size_t stride = block->channels;
    for (size_t packet = 0; packet < count; packet++, frames += FRAMES * stride) {
        for (UInt32 c = 0; c < block->channels; c++, packets += CHANNEL_BYTES) {
            cm_block_channel *channel = &block->state[c];
            take_header(channel, cm_get_be16(packets));
            SInt16 *to = frames + c;
            for (unsigned i = 2; i < CHANNEL_BYTES; i++, to += 2 * stride) {
                to[0] = cm_ima_decode(channel, packets[i] & 15);
                to[stride] = cm_ima_decode(channel, packets[i] >> 4);
            }
        }
    }
}

static void encode(cm_block *block, const SInt16 *frames, size_t count, UInt8 *packets)
{
    size_t stride = block->channels;
    for (size_t packet = 0; packet < count; packet++, frames += FRAMES * stride) {
        for (UInt32 c = 0; c < block->channels; c++, packets += CHANNEL_BYTES) {
            cm_block_channel *channel = &block->state[c];
            cm_put_be16(packets, (UInt16)((channel->predictor & 0xFF80) | channel->step_index));
            const SInt16 *from = frames + c;
            for (unsigned i = 2; i < CHANNEL_BYTES; i++, from += 2 * stride) {
                unsigned low = cm_ima_encode(channel, from[0]);
                packets[i] = (UInt8)(low | cm_ima_encode(channel, from[stride]) << 4);
            }
        }
    }
}

static const cm_codec_limits limits = { .max_sample_rate = 768000, .max_channels = CM_BLOCK_MAX_CHANNELS };

const cm_block_codec cm_ima4_decoder = {
    .codec = { .name = "Apple IMA 4:1 decoder",
               .format_id = kAudioFormatAppleIMA4,
               .limits = &limits,
               CM_BLOCK_DECODER },
    .prepare = prepare,
    .decode = decode,
};

const cm_block_codec cm_ima4_encoder = {
    .codec = { .name = "Apple IMA 4:1 encoder",
               .format_id = kAudioFormatAppleIMA4,
               .limits = &limits,
               CM_BLOCK_ENCODER },
    .prepare = prepare,
    .encode = encode,
};
