/* Pulling converted sound: the functions of AudioConverter.h that move audio. */
#include "../format/asbd.h"
#include "pinned.h"

#include <stdlib.h>
#include <string.h>

/* ---- PCM out ---- */

/* How the client's buffers hold the output: one, or one for each channel. */
static OSStatus check_output(const cm_pcm *pcm, const AudioBufferList *out, UInt64 frames)
{
    UInt32 planes = cm_plane_count(pcm);
    if (out->mNumberBuffers != planes)
        return cm_fail(kAudio_ParamError, "the output takes %u buffers, not %u", planes, out->mNumberBuffers);
    for (UInt32 i = 0; i < planes; i++) {
        const AudioBuffer *buffer = &out->mBuffers[i];
        if (!buffer->mData && frames > 0)
            return cm_fail(kAudio_ParamError, "output buffer %u has no memory", i);
        if (buffer->mDataByteSize < frames * cm_pcm_stride(pcm))
            return cm_fail(kAudioConverterErr_InvalidOutputSize,
                           "output buffer %u has %u bytes, but %llu frames take %llu", i,
                           buffer->mDataByteSize, (unsigned long long)frames,
                           (unsigned long long)(frames * cm_pcm_stride(pcm)));
    }
    return noErr;
}

static OSStatus pull_frames(cm_converter *c, const cm_pcm *pcm, void *const *to, UInt32 wanted, UInt32 *done)
{
    void *moved[CM_MAX_CHANNELS];
    bool in_place = cm_pcm_same(pcm, &c->chain->pcm);
    while (*done < wanted && !c->ended) {
        cm_pcm_block block;
        cm_planes_offset(pcm, to, *done, moved);
        OSStatus status = cm_stage_pull(c->chain, wanted - *done, in_place ? moved : NULL, &block);
        if (status != noErr)
            return status;
        if (block.frames == 0)
            c->ended = true;
        else if (!in_place || block.planes[0] != moved[0])
            cm_pcm_convert(pcm, moved, &block.format, block.planes, block.frames);
        *done += (UInt32)block.frames;
    }
    return noErr;
}

static OSStatus fill_frames(cm_converter *c, UInt32 *io_frames, AudioBufferList *out)
{
    cm_pcm pcm;
    void *planes[CM_MAX_CHANNELS];
    UInt32 wanted = *io_frames;
    *io_frames = 0;
    OSStatus status = cm_pcm_from_asbd(&c->output, &pcm);
    if (status == noErr)
        status = check_output(&pcm, out, wanted);
    if (status != noErr)
        return status;
    for (UInt32 i = 0; i < out->mNumberBuffers; i++)
        planes[i] = out->mBuffers[i].mData;
    status = pull_frames(c, &pcm, planes, wanted, io_frames);
    for (UInt32 i = 0; i < out->mNumberBuffers; i++)
        out->mBuffers[i].mDataByteSize = (UInt32)(*io_frames * cm_pcm_stride(&pcm));
    return status;
}

/* ---- packets out ---- */

typedef struct packet_sink {
    UInt8 *to;
    UInt32 room, used;                          /* bytes */
    UInt32 wanted, count;                       /* packets */
    AudioStreamPacketDescription *descriptions; /* or NULL */
    UInt32 packet_bytes;                        /* of each packet; 0: they differ */
    bool lengths_differ;
} packet_sink;

static void describe_packet(packet_sink *sink, const cm_packet *packet)
{
    if (sink->descriptions)
        sink->descriptions[sink->count] = (AudioStreamPacketDescription){
            .mStartOffset = sink->used,
            .mVariableFramesInPacket = sink->lengths_differ ? packet->frames : 0,
            .mDataByteSize = sink->packet_bytes ? sink->packet_bytes : packet->size,
        };
}

/* Moves as much of the encoder's packet (or run of packets) as fits. False when nothing did. */
static bool take_packets(packet_sink *sink, cm_encoder *encoder)
{
    bool any = false;
    while (encoder->packet.size > 0 && sink->count < sink->wanted) {
        UInt32 size = sink->packet_bytes ? sink->packet_bytes : encoder->packet.size;
        if (size > encoder->packet.size)
            size = encoder->packet.size;
        if (size > sink->room - sink->used)
            break;
        memcpy(sink->to + sink->used, encoder->packet.data, size);
        describe_packet(sink, &encoder->packet);
        cm_encoder_take(encoder, size);
        sink->used += size;
        sink->count++;
        any = true;
    }
    return any;
}

static OSStatus pull_packets(cm_converter *c, packet_sink *sink)
{
    while (sink->count < sink->wanted) {
        OSStatus status = cm_encoder_next(&c->encoding, c->chain, sink->wanted - sink->count);
        if (status != noErr)
            return status;
        if (c->encoding.packet.size == 0) {
            c->ended = true;
            break;
        }
        if (take_packets(sink, &c->encoding))
            continue;
        if (sink->count > 0)
            break;
        return cm_fail(kAudioConverterErr_InvalidOutputSize,
                       "the next packet has %u bytes, the output buffer %u", c->encoding.packet.size,
                       sink->room);
    }
    return noErr;
}

static OSStatus fill_packets(cm_converter *c, UInt32 *io_packets, AudioBufferList *out,
                             AudioStreamPacketDescription *descriptions)
{
    const cm_codec_info *info = &c->encoding.codec.info;
    packet_sink sink = { .wanted = *io_packets,
                         .descriptions = descriptions,
                         .packet_bytes = info->format.mBytesPerPacket,
                         .lengths_differ = info->frames_per_packet == 0 };
    *io_packets = 0;
    if (out->mNumberBuffers < 1 || !out->mBuffers[0].mData)
        return cm_fail(kAudio_ParamError, "packets go to one output buffer with memory");
    sink.to = out->mBuffers[0].mData;
    sink.room = out->mBuffers[0].mDataByteSize;
    OSStatus status = pull_packets(c, &sink);
    out->mBuffers[0].mDataByteSize = sink.used;
    *io_packets = sink.count;
    return status;
}

/* ---- the call itself ---- */

/* After the end the client may begin another sound by supplying more; nothing is asked of it but that. */
static OSStatus begin_again(cm_converter *c, UInt32 wanted)
{
    c->feed.ended = false;
    OSStatus status = cm_feed_fill(&c->feed, cm_converter_input_packets(c, wanted));
    if (status != noErr || c->feed.ended)
        return status;
    return cm_converter_restart(c, true);
}

OSStatus cm_converter_fill(cm_converter *c, UInt32 *io_packets, AudioBufferList *out,
                           AudioStreamPacketDescription *descriptions)
{
    OSStatus status = noErr;
    if (c->ended && *io_packets > 0)
        status = begin_again(c, *io_packets);
    if (status != noErr) {
        *io_packets = 0;
        return status;
    }
    return c->encoder ? fill_packets(c, io_packets, out, descriptions) : fill_frames(c, io_packets, out);
}

/* Ready to pull, unless the call comes from inside another one that pulls. */
static OSStatus enter(cm_converter *c)
{
    if (c->is_running)
        return cm_fail(kAudioConverterErr_OperationNotSupported, "the converter is converting already");
    OSStatus status = noErr;
    if (c->must_reset)
        status = cm_converter_restart(c, false);
    c->must_reset = false;
    if (status == noErr)
        status = cm_converter_prepare(c);
    c->is_running = status == noErr;
    return status;
}

static OSStatus fill_with(AudioConverterRef ref, AudioConverterComplexInputDataProc proc, void *user,
                          UInt32 *io_packets, AudioBufferList *out,
                          AudioStreamPacketDescription *descriptions)
{
    cm_converter *c = cm_converter_pin(ref);
    if (!c)
        return kAudio_ParamError;
    OSStatus status = enter(c);
    if (status == noErr) {
        c->feed.proc = proc;
        c->feed.user = user;
        status = cm_converter_fill(c, io_packets, out, descriptions);
        c->is_running = false;
    } else {
        *io_packets = 0;
    }
    cm_converter_unpin(ref, c);
    return status;
}

OSStatus AudioConverterFillComplexBuffer(AudioConverterRef inAudioConverter,
                                         AudioConverterComplexInputDataProc inInputDataProc,
                                         void *inInputDataProcUserData, UInt32 *ioOutputDataPacketSize,
                                         AudioBufferList *outOutputData,
                                         AudioStreamPacketDescription *outPacketDescription)
{
    if (!inInputDataProc || !ioOutputDataPacketSize || !outOutputData)
        return kAudio_ParamError;
    return fill_with(inAudioConverter, inInputDataProc, inInputDataProcUserData, ioOutputDataPacketSize,
                     outOutputData, outPacketDescription);
}

/* ---- the older input procedure, which counts bytes ---- */

typedef struct byte_proc {
    AudioConverterInputDataProc proc;
    void *user;
    UInt32 bytes_per_packet;
} byte_proc;

static OSStatus supply_bytes(AudioConverterRef ref, UInt32 *io_packets, AudioBufferList *data,
                             AudioStreamPacketDescription **descriptions, void *user)
{
    (void)descriptions;
    const byte_proc *p = user;
    UInt64 wanted = (UInt64)*io_packets * p->bytes_per_packet;
    UInt32 size = wanted > UINT32_MAX ? UINT32_MAX / p->bytes_per_packet * p->bytes_per_packet
                                      : (UInt32)wanted;
    void *bytes = NULL;
    *io_packets = 0;
    OSStatus status = p->proc(ref, &size, &bytes, p->user);
    if (status != noErr)
        return status;
    if (size % p->bytes_per_packet != 0)
        return cm_fail(kAudioConverterErr_InvalidInputSize, "%u bytes are no whole number of packets of %u",
                       size, p->bytes_per_packet);
    *io_packets = size / p->bytes_per_packet;
    data->mBuffers[0].mData = bytes;
    data->mBuffers[0].mDataByteSize = size;
    return noErr;
}

/* Bytes of a packet in the one buffer that holds it; 0 when packets differ or lie in several buffers. */
static UInt32 single_packet_bytes(const AudioStreamBasicDescription *format)
{
    return cm_asbd_is_planar(format) && format->mChannelsPerFrame > 1 ? 0 : format->mBytesPerPacket;
}

OSStatus AudioConverterFillBuffer(AudioConverterRef inAudioConverter,
                                  AudioConverterInputDataProc inInputDataProc, void *inInputDataProcUserData,
                                  UInt32 *ioOutputDataSize, void *outOutputData)
{
    if (!inInputDataProc || !ioOutputDataSize || !outOutputData)
        return kAudio_ParamError;
    cm_converter *c = cm_converter_pin(inAudioConverter);
    if (!c)
        return kAudio_ParamError;
    UInt32 input = single_packet_bytes(&c->input), output = single_packet_bytes(&c->output);
    cm_converter_unpin(inAudioConverter, c);
    UInt32 packets = output ? *ioOutputDataSize / output : 0;
    AudioBufferList out = { 1, { { 0, *ioOutputDataSize, outOutputData } } };
    byte_proc user = { inInputDataProc, inInputDataProcUserData, input };
    *ioOutputDataSize = 0;
    if (input == 0 || output == 0)
        return cm_fail(kAudioConverterErr_OperationNotSupported,
                       "packets of varying size, or planes, are for AudioConverterFillComplexBuffer");
    if (packets == 0)
        return kAudioConverterErr_InvalidOutputSize;
    OSStatus status = fill_with(inAudioConverter, supply_bytes, &user, &packets, &out, NULL);
    *ioOutputDataSize = packets * output;
    return status;
}

/* ---- whole buffers ---- */

/* One frame in is one frame out, whatever the sound: PCM, or a compressed format of packets of one frame. */
static bool is_frame_by_frame(const AudioStreamBasicDescription *format)
{
    return cm_asbd_is_pcm(format) || (format->mBytesPerPacket > 0 && format->mFramesPerPacket == 1);
}

/* The chain runs over just this input; what the client left there from its input procedure is put back. */
static OSStatus convert_frames(cm_converter *c, UInt32 frames, const AudioBufferList *in,
                               AudioBufferList *out)
{
    OSStatus status = enter(c);
    if (status != noErr)
        return status;
    cm_feed kept = c->feed;
    bool kept_end = c->ended;
    UInt32 done = frames;
    c->feed.buffers = (AudioBufferList *)in; /* read only: there is no procedure to fill it */
    c->feed.proc = NULL;
    c->feed.packets = frames;
    c->feed.next = 0;
    c->feed.ended = c->ended = false;
    status = cm_converter_fill(c, &done, out, NULL);
    if (status == noErr && done < frames)
        status = kAudioConverterErr_UnspecifiedError;
    if (c->encoder || c->decoder)
        cm_converter_restart(c, true);
    c->feed = kept;
    c->ended = kept_end;
    c->is_running = false;
    return status;
}

static OSStatus check_convertible(const cm_converter *c)
{
    if (c->input.mSampleRate != c->output.mSampleRate || !is_frame_by_frame(&c->input) ||
        !is_frame_by_frame(&c->output))
        return cm_fail(
            kAudioConverterErr_OperationNotSupported,
            "input and output do not correspond frame by frame: use AudioConverterFillComplexBuffer");
    return noErr;
}

static OSStatus convert_bytes(cm_converter *c, UInt32 in_size, const void *in_data, UInt32 *io_size,
                              void *out_data)
{
    UInt32 input = single_packet_bytes(&c->input), output = single_packet_bytes(&c->output);
    UInt32 room = *io_size;
    OSStatus status = check_convertible(c);
    if (status != noErr)
        return status;
    if (input == 0 || output == 0)
        return cm_fail(kAudioConverterErr_OperationNotSupported,
                       "planes are for AudioConverterConvertComplexBuffer");
    if (in_size % input != 0)
        return cm_fail(kAudioConverterErr_InvalidInputSize, "%u bytes are no whole number of frames of %u",
                       in_size, input);
    UInt32 frames = in_size / input;
    if ((UInt64)frames * output > room)
        return cm_fail(kAudioConverterErr_InvalidOutputSize, "the output takes %llu bytes, not %u",
                       (unsigned long long)frames * output, room);
    AudioBufferList in = { 1, { { 0, in_size, (void *)in_data } } }, out = { 1, { { 0, room, out_data } } };
    *io_size = 0;
    status = convert_frames(c, frames, &in, &out);
    if (status == noErr)
        *io_size = frames * output;
    return status;
}

OSStatus AudioConverterConvertBuffer(AudioConverterRef inAudioConverter, UInt32 inInputDataSize,
                                     const void *inInputData, UInt32 *ioOutputDataSize, void *outOutputData)
{
    if ((!inInputData && inInputDataSize > 0) || !ioOutputDataSize || !outOutputData)
        return kAudio_ParamError;
    cm_converter *c = cm_converter_pin(inAudioConverter);
    if (!c)
        return kAudio_ParamError;
    OSStatus status = convert_bytes(c, inInputDataSize, inInputData, ioOutputDataSize, outOutputData);
    cm_converter_unpin(inAudioConverter, c);
    return status;
}

static OSStatus check_input(const cm_converter *c, UInt32 frames, const AudioBufferList *in)
{
    cm_pcm pcm;
    OSStatus status = cm_pcm_from_asbd(&c->input, &pcm);
    if (status != noErr)
        return kAudioConverterErr_OperationNotSupported;
    if (in->mNumberBuffers != cm_plane_count(&pcm))
        return cm_fail(kAudio_ParamError, "the input takes %u buffers, not %u", cm_plane_count(&pcm),
                       in->mNumberBuffers);
    for (UInt32 i = 0; i < in->mNumberBuffers; i++)
        if (!in->mBuffers[i].mData || in->mBuffers[i].mDataByteSize < (UInt64)frames * cm_pcm_stride(&pcm))
            return cm_fail(kAudioConverterErr_InvalidInputSize, "input buffer %u does not hold %u frames", i,
                           frames);
    return noErr;
}

OSStatus AudioConverterConvertComplexBuffer(AudioConverterRef inAudioConverter, UInt32 inNumberPCMFrames,
                                            const AudioBufferList *inInputData,
                                            AudioBufferList *outOutputData)
{
    if (!inInputData || !outOutputData)
        return kAudio_ParamError;
    cm_converter *c = cm_converter_pin(inAudioConverter);
    if (!c)
        return kAudio_ParamError;
    OSStatus status = check_convertible(c);
    if (status == noErr && !cm_asbd_is_pcm(&c->output))
        status = kAudioConverterErr_OperationNotSupported;
    if (status == noErr)
        status = check_input(c, inNumberPCMFrames, inInputData);
    if (status == noErr && inNumberPCMFrames > 0)
        status = convert_frames(c, inNumberPCMFrames, inInputData, outOutputData);
    cm_converter_unpin(inAudioConverter, c);
    return status;
}
