#include "stream.h"

#include <string.h>

#define MOST_PLACE 0x1p62 /* offsets beyond are no places in any file */

/* In the order in which a client hears of them. */
static const AudioFileStreamPropertyID announced[] = {
    kAudioFileStreamProperty_FileFormat,
    kAudioFileStreamProperty_DataFormat,
    kAudioFileStreamProperty_FormatList,
    kAudioFileStreamProperty_MagicCookieData,
    kAudioFileStreamProperty_ChannelLayout,
    kAudioFileStreamProperty_PacketTableInfo,
    kAudioFileStreamProperty_AudioDataByteCount,
    kAudioFileStreamProperty_AudioDataPacketCount,
    kAudioFileStreamProperty_MaximumPacketSize,
    kAudioFileStreamProperty_PacketSizeUpperBound,
    kAudioFileStreamProperty_BitRate,
    kAudioFileStreamProperty_InfoDictionary,
    kAudioFileStreamProperty_DataOffset,
    kAudioFileStreamProperty_ReadyToProducePackets,
};

bool cm_stream_has_places(const cm_stream *s)
{
    return s->file && !s->file->container->next_packet &&
           (s->file->format.mBytesPerPacket != 0 || s->file->table.count > 0);
}

bool cm_stream_reads_on(const cm_stream *s)
{
    return s->file->container->next_packet || (s->file->grows && s->file->packet_count < 0);
}

static double bytes_per_packet(const cm_stream *s)
{
    if (s->file && s->file->format.mBytesPerPacket)
        return s->file->format.mBytesPerPacket;
    return s->packets_seen ? (double)s->bytes_seen / (double)s->packets_seen : 0;
}

OSStatus cm_stream_place(cm_stream *s, SInt64 packet, SInt64 *offset, bool *estimated)
{
    const cm_file *f = s->file;
    *estimated = false;
    if (packet < 0)
        return kAudioFileStreamError_InvalidPacketOffset;
    if (cm_stream_has_places(s) && f->format.mBytesPerPacket) {
        if (packet > f->data_bytes / f->format.mBytesPerPacket)
            return kAudioFileStreamError_InvalidPacketOffset;
        *offset = packet * f->format.mBytesPerPacket;
        return noErr;
    }
    if (cm_stream_has_places(s)) {
        if (packet >= f->table.count)
            return f->grows && f->packet_count < 0 ? kAudioFileStreamError_DataUnavailable
                                                   : kAudioFileStreamError_InvalidPacketOffset;
        *offset = f->table.offsets[packet] - f->data_offset;
        return noErr;
    }
    if (bytes_per_packet(s) == 0)
        return kAudioFileStreamError_DataUnavailable;
    double place = (double)packet * bytes_per_packet(s);
    if (place > MOST_PLACE)
        return kAudioFileStreamError_InvalidPacketOffset;
    *offset = (SInt64)place;
    *estimated = true;
    return noErr;
}

static OSStatus give(UInt32 *io_size, void *data, const void *value, UInt32 size)
{
    if (data && *io_size < size)
        return kAudioFileStreamError_BadPropertySize;
    if (data)
        memcpy(data, value, size);
    *io_size = size;
    return noErr;
}

static bool size_is_known(const cm_file *f)
{
    return f->data_bytes < CM_IO_SIZE_UNKNOWN / 2;
}

/*
 * What a stream answers differently from a file, since it cannot read on to find out. Each returns
 * NOT_DIFFERENT where the file may answer; s->file is there.
 */
#define NOT_DIFFERENT 1

static OSStatus get_byte_count(cm_stream *s, UInt32 *io_size, void *data)
{
    (void)io_size, (void)data;
    return size_is_known(s->file) ? NOT_DIFFERENT : kAudioFileStreamError_ValueUnknown;
}

static OSStatus get_packet_count(cm_stream *s, UInt32 *io_size, void *data)
{
    const cm_file *f = s->file;
    bool known = f->packet_count >= 0 || (f->format.mBytesPerPacket && size_is_known(f));
    if (known && !cm_stream_reads_on(s))
        return NOT_DIFFERENT;
    if (!s->drained)
        return kAudioFileStreamError_ValueUnknown;
    return give(io_size, data, &(UInt64){ (UInt64)(s->packet_base + s->next_packet) }, sizeof(UInt64));
}

static OSStatus get_largest(cm_stream *s, UInt32 *io_size, void *data)
{
    if (!cm_stream_reads_on(s))
        return NOT_DIFFERENT;
    return s->drained ? give(io_size, data, &s->largest_packet, sizeof s->largest_packet)
                      : kAudioFileStreamError_ValueUnknown;
}

static OSStatus get_packet_info(cm_stream *s, UInt32 *io_size, void *data)
{
    (void)io_size, (void)data;
    return s->file->grows && cm_stream_reads_on(s) ? kAudioFileStreamError_ValueUnknown : NOT_DIFFERENT;
}

/* Headers may tell it; otherwise it is that of the packets so far. */
static OSStatus get_bit_rate(cm_stream *s, UInt32 *io_size, void *data)
{
    const AudioStreamBasicDescription *format = &s->file->format;
    if (size_is_known(s->file))
        return NOT_DIFFERENT;
    double rate = s->file->bit_rate;
    if (rate == 0 && format->mFramesPerPacket)
        rate = 8 * bytes_per_packet(s) * format->mSampleRate / format->mFramesPerPacket;
    return rate >= 1 && rate < UINT32_MAX ? give(io_size, data, &(UInt32){ (UInt32)rate }, sizeof(UInt32))
                                          : kAudioFileStreamError_DataUnavailable;
}

static OSStatus get_average(cm_stream *s, UInt32 *io_size, void *data)
{
    Float64 average = bytes_per_packet(s);
    return average > 0 ? give(io_size, data, &average, sizeof average)
                       : kAudioFileStreamError_DataUnavailable;
}

static const struct {
    AudioFileStreamPropertyID id;
    OSStatus (*get)(cm_stream *s, UInt32 *io_size, void *data); /* data NULL: the size only */
} different[] = {
    { kAudioFileStreamProperty_AudioDataByteCount, get_byte_count },
    { kAudioFileStreamProperty_AudioDataPacketCount, get_packet_count },
    { kAudioFileStreamProperty_MaximumPacketSize, get_largest },
    { kAudioFileStreamProperty_PacketTableInfo, get_packet_info },
    { kAudioFileStreamProperty_BitRate, get_bit_rate },
    { kAudioFileStreamProperty_AverageBytesPerPacket, get_average },
};

static OSStatus own_property(cm_stream *s, AudioFileStreamPropertyID id, UInt32 *io_size, void *data)
{
    UInt32 ready = s->file && s->announced;
    if (id == kAudioFileStreamProperty_ReadyToProducePackets)
        return give(io_size, data, &ready, sizeof ready);
    if (!s->file)
        return kAudioFileStreamError_DataUnavailable;
    for (size_t i = 0; i < sizeof different / sizeof *different; i++)
        if (different[i].id == id)
            return different[i].get(s, io_size, data);
    return NOT_DIFFERENT;
}

OSStatus cm_stream_property_info(cm_stream *s, AudioFileStreamPropertyID id, UInt32 *size)
{
    UInt32 writable;
    *size = 0;
    OSStatus status = own_property(s, id, size, NULL);
    return status == NOT_DIFFERENT ? cm_file_property_info(s->file, id, size, &writable) : status;
}

OSStatus cm_stream_get_property(cm_stream *s, AudioFileStreamPropertyID id, UInt32 *io_size, void *data)
{
    OSStatus status = own_property(s, id, io_size, data);
    return status == NOT_DIFFERENT ? cm_file_get_property(s->file, id, io_size, data) : status;
}

void cm_stream_announce(cm_stream *s, AudioFileStreamID id)
{
    for (size_t i = 0; i < sizeof announced / sizeof *announced && !s->closing; i++) {
        UInt32 size;
        AudioFileStreamPropertyFlags flags = kAudioFileStreamPropertyFlag_PropertyIsCached;
        if (cm_stream_property_info(s, announced[i], &size) == noErr)
            s->property_listener(s->client, id, announced[i], &flags);
    }
}

OSStatus AudioFileStreamGetPropertyInfo(AudioFileStreamID inAudioFileStream,
                                        AudioFileStreamPropertyID inPropertyID, UInt32 *outPropertyDataSize,
                                        Boolean *outWritable)
{
    cm_stream *s = cm_stream_enter(inAudioFileStream);
    if (!s)
        return kAudio_ParamError;
    UInt32 size;
    OSStatus status = cm_stream_property_info(s, inPropertyID, &size);
    if (status == noErr && outPropertyDataSize)
        *outPropertyDataSize = size;
    if (status == noErr && outWritable)
        *outWritable = false;
    return cm_stream_leave(inAudioFileStream, s, status);
}

OSStatus AudioFileStreamGetProperty(AudioFileStreamID inAudioFileStream,
                                    AudioFileStreamPropertyID inPropertyID, UInt32 *ioPropertyDataSize,
                                    void *outPropertyData)
{
    if (!ioPropertyDataSize || !outPropertyData)
        return kAudio_ParamError;
    cm_stream *s = cm_stream_enter(inAudioFileStream);
    if (!s)
        return kAudio_ParamError;
    return cm_stream_leave(inAudioFileStream, s,
                           cm_stream_get_property(s, inPropertyID, ioPropertyDataSize, outPropertyData));
}

/* No property of a stream can be set. */
OSStatus AudioFileStreamSetProperty(AudioFileStreamID inAudioFileStream,
                                    AudioFileStreamPropertyID inPropertyID, UInt32 inPropertyDataSize,
                                    const void *inPropertyData)
{
    (void)inPropertyID, (void)inPropertyDataSize, (void)inPropertyData;
    cm_stream *s = cm_stream_enter(inAudioFileStream);
    return s ? cm_stream_leave(inAudioFileStream, s, kAudioFileStreamError_UnsupportedProperty)
             : kAudio_ParamError;
}
