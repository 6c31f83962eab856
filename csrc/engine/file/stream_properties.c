#include "stream.h"

#include "../base/handle.h"

#include <string.h>

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
        *offset = packet * f->format.mBytesPerPacket;
        return *offset <= f->data_bytes ? noErr : kAudioFileStreamError_InvalidPacketOffset;
    }
    if (cm_stream_has_places(s)) {
        if (packet >= f->table.count)
            return kAudioFileStreamError_InvalidPacketOffset;
        *offset = f->table.offsets[packet] - f->data_offset;
        return noErr;
    }
    if (bytes_per_packet(s) == 0)
        return kAudioFileStreamError_DataUnavailable;
    *offset = (SInt64)((double)packet * bytes_per_packet(s));
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

/* Properties that a stream answers for itself; the others are the file's, under the same numbers. */
static bool own_property(cm_stream *s, AudioFileStreamPropertyID id, UInt32 *io_size, void *data,
                         OSStatus *status)
{
    UInt32 ready = s->file && s->announced;
    Float64 average = bytes_per_packet(s);
    UInt64 unknown;
    if (id == kAudioFileStreamProperty_ReadyToProducePackets) {
        *status = give(io_size, data, &ready, sizeof ready);
    } else if (id == kAudioFileStreamProperty_AverageBytesPerPacket) {
        *status = average > 0 ? give(io_size, data, &average, sizeof average)
                              : kAudioFileStreamError_DataUnavailable;
    } else if (id == kAudioFileStreamProperty_AudioDataByteCount && s->file &&
               s->file->data_bytes >= CM_IO_SIZE_UNKNOWN / 2) {
        *status = kAudioFileStreamError_ValueUnknown;
    } else if (id == kAudioFileStreamProperty_AudioDataPacketCount && s->file && s->file->packet_count < 0) {
        *status = data ? kAudioFileStreamError_ValueUnknown : give(io_size, NULL, &unknown, sizeof unknown);
    } else {
        return false;
    }
    return true;
}

OSStatus cm_stream_property_info(cm_stream *s, AudioFileStreamPropertyID id, UInt32 *size)
{
    OSStatus status;
    UInt32 writable;
    *size = 0;
    if (own_property(s, id, size, NULL, &status))
        return status;
    return s->file ? cm_file_property_info(s->file, id, size, &writable)
                   : kAudioFileStreamError_DataUnavailable;
}

OSStatus cm_stream_get_property(cm_stream *s, AudioFileStreamPropertyID id, UInt32 *io_size, void *data)
{
    OSStatus status;
    if (own_property(s, id, io_size, data, &status))
        return status;
    return s->file ? cm_file_get_property(s->file, id, io_size, data) : kAudioFileStreamError_DataUnavailable;
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

static cm_stream *enter(AudioFileStreamID id)
{
    cm_stream *s = cm_handle_pin(id, CM_KIND_AUDIO_FILE_STREAM);
    if (s)
        pthread_mutex_lock(&s->lock);
    return s;
}

static OSStatus leave(AudioFileStreamID id, cm_stream *s, OSStatus status)
{
    pthread_mutex_unlock(&s->lock);
    cm_handle_unpin(id);
    return status;
}

OSStatus AudioFileStreamGetPropertyInfo(AudioFileStreamID inAudioFileStream,
                                        AudioFileStreamPropertyID inPropertyID, UInt32 *outPropertyDataSize,
                                        Boolean *outWritable)
{
    cm_stream *s = enter(inAudioFileStream);
    if (!s)
        return kAudio_ParamError;
    UInt32 size;
    OSStatus status = cm_stream_property_info(s, inPropertyID, &size);
    if (status == noErr && outPropertyDataSize)
        *outPropertyDataSize = size;
    if (status == noErr && outWritable)
        *outWritable = false;
    return leave(inAudioFileStream, s, status);
}

OSStatus AudioFileStreamGetProperty(AudioFileStreamID inAudioFileStream,
                                    AudioFileStreamPropertyID inPropertyID, UInt32 *ioPropertyDataSize,
                                    void *outPropertyData)
{
    if (!ioPropertyDataSize || !outPropertyData)
        return kAudio_ParamError;
    cm_stream *s = enter(inAudioFileStream);
    if (!s)
        return kAudio_ParamError;
    return leave(inAudioFileStream, s,
                 cm_stream_get_property(s, inPropertyID, ioPropertyDataSize, outPropertyData));
}

/* No property of a stream can be set. */
OSStatus AudioFileStreamSetProperty(AudioFileStreamID inAudioFileStream,
                                    AudioFileStreamPropertyID inPropertyID, UInt32 inPropertyDataSize,
                                    const void *inPropertyData)
{
    (void)inPropertyID, (void)inPropertyDataSize, (void)inPropertyData;
    cm_stream *s = enter(inAudioFileStream);
    return s ? leave(inAudioFileStream, s, kAudioFileStreamError_UnsupportedProperty) : kAudio_ParamError;
}
