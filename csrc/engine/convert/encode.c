#include "open_codec.h"

#include <AudioToolbox/AudioConverter.h>

#define FRAMES_AT_ONCE 4096u /* for encoders whose packets differ in length */

OSStatus cm_open_codec_open(cm_open_codec *open, const cm_codec *codec, const cm_codec_config *config)
{
    cm_open_codec_close(open);
    OSStatus status = codec->open(codec, config, &open->instance, &open->info);
    if (status == noErr)
        open->codec = codec;
    else
        codec->close(open->instance);
    if (status != noErr)
        open->instance = NULL;
    return status;
}

void cm_open_codec_close(cm_open_codec *open)
{
    if (open->codec)
        open->codec->close(open->instance);
    *open = (cm_open_codec){ 0 };
}

static OSStatus send_more(cm_encoder *e, cm_stage *chain, size_t packets)
{
    UInt32 length = e->codec.info.frames_per_packet;
    size_t wanted = length ? packets * length : FRAMES_AT_ONCE;
    cm_pcm_block block;
    OSStatus status = cm_stage_pull(chain, wanted, NULL, &block);
    if (status != noErr)
        return status;
    e->finishing = block.frames == 0;
    e->frames_in += (SInt64)block.frames;
    return e->codec.codec->send_frames(e->codec.instance, block.planes, block.frames);
}

static SInt64 frames_of(const cm_encoder *e, const cm_packet *packet)
{
    const cm_codec_info *info = &e->codec.info;
    if (info->frames_per_packet == 0)
        return packet->frames;
    UInt32 bytes = info->format.mBytesPerPacket;
    return (SInt64)info->frames_per_packet * (bytes ? packet->size / bytes : 1);
}

/* Leaves packet.size 0 when the codec wants more first. */
static OSStatus receive(cm_encoder *e)
{
    OSStatus status = e->codec.codec->receive_packet(e->codec.instance, &e->packet);
    if (status != noErr || !e->packet.data || e->packet.size == 0) {
        e->packet = (cm_packet){ 0 };
        return status;
    }
    e->frames_out += frames_of(e, &e->packet);
    return noErr;
}

OSStatus cm_encoder_next(cm_encoder *e, cm_stage *chain, size_t wanted)
{
    OSStatus status = noErr;
    while (e->packet.size == 0 && !e->ended && status == noErr) {
        status = receive(e);
        if (status != noErr || e->packet.size > 0)
            break;
        if (e->finishing)
            e->ended = true;
        else
            status = send_more(e, chain, wanted);
    }
    return status;
}

void cm_encoder_take(cm_encoder *e, UInt32 size)
{
    e->packet.data = (const UInt8 *)e->packet.data + size;
    e->packet.size -= size;
}

OSStatus cm_encoder_reset(cm_encoder *e)
{
    e->packet = (cm_packet){ 0 };
    e->finishing = e->ended = false;
    e->frames_in = e->frames_out = 0;
    return e->codec.codec->reset(e->codec.instance);
}

UInt32 cm_encoder_trailing(const cm_encoder *e)
{
    SInt64 trailing = e->frames_out - e->frames_in - e->codec.info.priming_frames;
    return e->ended && trailing > 0 ? (UInt32)trailing : 0;
}
