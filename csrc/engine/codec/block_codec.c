#include "block_codec.h"

#include <AudioToolbox/AudioCodec.h>
#include <AudioToolbox/AudioConverter.h>
#include <stdlib.h>
#include <string.h>

static cm_pcm int16_pcm(UInt32 channels)
{
    return (cm_pcm){ .channels = channels, .bits = 16, .bytes = 2, .is_signed = true };
}

OSStatus cm_block_open(const cm_codec *codec, const cm_codec_config *config, void **instance,
                       cm_codec_info *info)
{
    const AudioStreamBasicDescription *wanted = &config->format;
    if (wanted->mChannelsPerFrame == 0 || wanted->mChannelsPerFrame > CM_BLOCK_MAX_CHANNELS)
        return kAudioConverterErr_FormatNotSupported;
    cm_block *block = calloc(1, sizeof *block);
    *instance = block;
    if (!block)
        return cmMemFullError;
    block->kind = (const cm_block_codec *)codec;
    block->channels = wanted->mChannelsPerFrame;

    AudioStreamBasicDescription format = *wanted;
    OSStatus status = block->kind->prepare(block, config, &format);
    if (status != noErr)
        return status;
    block->bytes_per_packet = format.mBytesPerPacket;
    block->frames_per_packet = format.mFramesPerPacket;
    if (codec->type == kAudioEncoderComponentType) {
        block->pending = calloc(block->frames_per_packet, sizeof(SInt16) * block->channels);
        if (!block->pending)
            return cmMemFullError;
    }
    *info = (cm_codec_info){
        .format = format,
        .pcm = int16_pcm(block->channels),
        .pcm_rate = format.mSampleRate,
        .frames_per_packet = format.mFramesPerPacket,
        .max_packet_size = format.mBytesPerPacket,
        .bit_rate = (UInt32)(format.mSampleRate * format.mBytesPerPacket * 8 / format.mFramesPerPacket),
    };
    return noErr;
}

void cm_block_close(void *instance)
{
    cm_block *block = instance;
    if (!block)
        return;
    free(block->out);
    free(block->pending);
    free(block);
}

OSStatus cm_block_reset(void *instance)
{
    cm_block *block = instance;
    memset(block->state, 0, sizeof block->state);
    block->out_bytes = block->out_frames = block->pending_frames = 0;
    return noErr;
}

static OSStatus reserve_out(cm_block *block, size_t bytes)
{
    if (bytes <= block->out_capacity)
        return noErr;
    UInt8 *grown = realloc(block->out, bytes);
    if (!grown)
        return cmMemFullError;
    block->out = grown;
    block->out_capacity = bytes;
    return noErr;
}

/* ---- decoding ---- */

OSStatus cm_block_send_packet(void *instance, const cm_packet *packet)
{
    cm_block *block = instance;
    block->out_frames = 0;
    if (!packet->data)
        return noErr;
    size_t count = packet->size / block->bytes_per_packet;
    if (count == 0)
        return cm_fail(kAudioCodecBadDataError, "a packet of %u bytes is shorter than the format's %u",
                       (unsigned)packet->size, (unsigned)block->bytes_per_packet);
    size_t frames = count * block->frames_per_packet;
    OSStatus status = reserve_out(block, frames * block->channels * sizeof(SInt16));
    if (status != noErr)
        return status;
    block->kind->decode(block, packet->data, count, (SInt16 *)(void *)block->out);
    block->out_frames = packet->frames && packet->frames < frames ? packet->frames : frames;
    return noErr;
}

OSStatus cm_block_receive_block(void *instance, cm_pcm_block *out)
{
    cm_block *block = instance;
    block->plane = block->out;
    out->format = int16_pcm(block->channels);
    out->planes = &block->plane;
    out->frames = block->out_frames;
    block->out_frames = 0;
    return noErr;
}

/* ---- encoding ---- */

/* Encodes count packets' worth of frames behind what is already in out. */
static void encode(cm_block *block, const SInt16 *frames, size_t count, size_t true_frames)
{
    block->kind->encode(block, frames, count, block->out + block->out_bytes);
    block->out_bytes += count * block->bytes_per_packet;
    block->out_frames += true_frames;
}

static OSStatus encode_rest(cm_block *block)
{
    if (block->pending_frames == 0)
        return noErr;
    OSStatus status = reserve_out(block, block->out_bytes + block->bytes_per_packet);
    if (status != noErr)
        return status;
    size_t filled = block->pending_frames * block->channels;
    size_t all = (size_t)block->frames_per_packet * block->channels;
    memset(block->pending + filled, 0, (all - filled) * sizeof(SInt16));
    encode(block, block->pending, 1, block->pending_frames);
    block->pending_frames = 0;
    return noErr;
}

OSStatus cm_block_send_frames(void *instance, const void *const *planes, size_t frames)
{
    cm_block *block = instance;
    if (frames == 0)
        return encode_rest(block);
    const SInt16 *from = planes[0];
    size_t per_packet = block->frames_per_packet;
    size_t packets = (block->pending_frames + frames) / per_packet;
    OSStatus status = reserve_out(block, block->out_bytes + packets * block->bytes_per_packet);
    if (status != noErr)
        return status;
    if (block->pending_frames > 0) {
        size_t wanted = per_packet - block->pending_frames;
        size_t taken = frames < wanted ? frames : wanted;
        memcpy(block->pending + block->pending_frames * block->channels, from,
               taken * block->channels * sizeof(SInt16));
        block->pending_frames += taken;
        from += taken * block->channels;
        frames -= taken;
        if (block->pending_frames == per_packet) {
            encode(block, block->pending, 1, per_packet);
            block->pending_frames = 0;
        }
    }
    size_t whole = frames / per_packet;
    if (whole > 0)
        encode(block, from, whole, whole * per_packet);
    size_t rest = frames - whole * per_packet;
    if (rest > 0) {
        memcpy(block->pending, from + whole * per_packet * block->channels,
               rest * block->channels * sizeof(SInt16));
        block->pending_frames = rest;
    }
    return noErr;
}

OSStatus cm_block_receive_packet(void *instance, cm_packet *packet)
{
    cm_block *block = instance;
    *packet = (cm_packet){ .data = block->out_bytes ? block->out : NULL,
                           .size = (UInt32)block->out_bytes,
                           .frames = (UInt32)block->out_frames };
    block->out_bytes = block->out_frames = 0;
    return noErr;
}

OSStatus cm_block_no_cookie(void *instance, const void **cookie, size_t *size)
{
    (void)instance;
    *cookie = NULL;
    *size = 0;
    return noErr;
}
