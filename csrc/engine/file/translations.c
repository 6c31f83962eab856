/* translations.c: properties that turn packet numbers into frames, bytes and other packets, and back. */
#include "properties.h"

#include <string.h>

/* Codecs whose packets lean on the ones before: how many must be decoded first for the audio to be right. */
static const struct {
    AudioFormatID format;
    UInt32 packets;
} roll_table[] = {
    { kAudioFormatMPEG4AAC, 1 },
    { kAudioFormatMPEG4AAC_HE, 2 },
    { kAudioFormatMPEG4AAC_HE_V2, 2 },
    { kAudioFormatMPEG4AAC_LD, 1 },
    { kAudioFormatMPEG4AAC_ELD, 1 },
    { kAudioFormatMPEG4AAC_ELD_SBR, 2 },
    { kAudioFormatMPEG4AAC_ELD_V2, 2 },
    { kAudioFormatMPEG4AAC_Spatial, 2 },
    { kAudioFormatMPEGD_USAC, 2 },
    { kAudioFormatMPEGLayer3, 10 },
    { kAudioFormatMPEGLayer2, 1 },
    { kAudioFormatMPEGLayer1, 1 },
    { kAudioFormatAC3, 1 },
    { kAudioFormatEnhancedAC3, 1 },
    { kAudioFormatOpus, 4 },
    { kAudioFormatMicrosoftGSM, 1 },
    { kAudioFormatAMR, 1 },
    { kAudioFormatAMR_WB, 1 },
    { kAudioFormatAppleIMA4, 1 },
};

static UInt32 roll_packets(const cm_file *f)
{
    for (size_t i = 0; i < sizeof roll_table / sizeof *roll_table; i++)
        if (roll_table[i].format == f->format.mFormatID)
            return roll_table[i].packets;
    return 0;
}

/* noErr when the packet exists; *count is the number of all. */
static OSStatus check_packet(cm_file *f, SInt64 packet, SInt64 *count)
{
    OSStatus status = cm_file_count_packets(f, count);
    if (status != noErr)
        return status;
    return packet < 0 || packet >= *count ? kAudioFileInvalidPacketOffsetError : noErr;
}

OSStatus cm_get_packet_to_frame(cm_file *f, UInt32 *io_size, void *data)
{
    AudioFramePacketTranslation t;
    SInt64 count = 0;
    memcpy(&t, data, sizeof t);
    OSStatus status = t.mPacket < 0 ? kAudioFileInvalidPacketOffsetError : noErr;
    t.mFrame = 0;
    if (status == noErr && !f->table.frames && f->format.mFramesPerPacket) {
        if (__builtin_mul_overflow(t.mPacket, (SInt64)f->format.mFramesPerPacket, &t.mFrame))
            status = kAudioFileInvalidPacketOffsetError;
    } else if (status == noErr) {
        status = cm_file_count_packets(f, &count);
        if (status == noErr && (t.mPacket > count || t.mPacket > f->table.count))
            status = kAudioFileInvalidPacketOffsetError;
        for (SInt64 i = 0; status == noErr && i < t.mPacket; i++)
            t.mFrame += cm_file_packet_frames(f, i);
    }
    if (status == noErr)
        memcpy(data, &t, sizeof t);
    *io_size = sizeof t;
    return status;
}

static OSStatus find_frame(cm_file *f, AudioFramePacketTranslation *t)
{
    SInt64 count = 0, left = t->mFrame, packet = 0;
    OSStatus status = cm_file_count_packets(f, &count);
    if (status != noErr)
        return status;
    for (; packet < count && packet < f->table.count && left >= cm_file_packet_frames(f, packet); packet++)
        left -= cm_file_packet_frames(f, packet);
    if (packet >= count || packet >= f->table.count)
        return kAudioFileEndOfFileError;
    t->mPacket = packet;
    t->mFrameOffsetInPacket = (UInt32)left;
    return noErr;
}

OSStatus cm_get_frame_to_packet(cm_file *f, UInt32 *io_size, void *data)
{
    AudioFramePacketTranslation t;
    OSStatus status = noErr;
    memcpy(&t, data, sizeof t);
    if (t.mFrame < 0) {
        status = kAudioFilePositionError;
    } else if (!f->table.frames && f->format.mFramesPerPacket) {
        t.mPacket = t.mFrame / f->format.mFramesPerPacket;
        t.mFrameOffsetInPacket = (UInt32)(t.mFrame % f->format.mFramesPerPacket);
    } else {
        status = find_frame(f, &t);
    }
    if (status == noErr)
        memcpy(data, &t, sizeof t);
    *io_size = sizeof t;
    return status;
}

OSStatus cm_get_packet_to_byte(cm_file *f, UInt32 *io_size, void *data)
{
    AudioBytePacketTranslation t;
    SInt64 count = 0;
    memcpy(&t, data, sizeof t);
    OSStatus status = check_packet(f, t.mPacket, &count);
    if (status == noErr && f->table.offsets)
        t.mByte = f->table.offsets[t.mPacket] - f->data_offset;
    else if (status == noErr && f->format.mBytesPerPacket)
        t.mByte = t.mPacket * f->format.mBytesPerPacket;
    else if (status == noErr)
        status = kAudioFileUnsupportedPropertyError;
    t.mByteOffsetInPacket = 0;
    t.mFlags = 0;
    if (status == noErr)
        memcpy(data, &t, sizeof t);
    *io_size = sizeof t;
    return status;
}

/* The last packet that begins at or before a place in the file; -1 when there is none. */
static SInt64 packet_at(const cm_packet_table *table, SInt64 place)
{
    SInt64 low = 0, high = table->count;
    while (low < high) {
        SInt64 middle = low + (high - low) / 2;
        if (table->offsets[middle] <= place)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

OSStatus cm_get_byte_to_packet(cm_file *f, UInt32 *io_size, void *data)
{
    AudioBytePacketTranslation t;
    SInt64 count = 0;
    memcpy(&t, data, sizeof t);
    OSStatus status = t.mByte < 0 ? kAudioFilePositionError : cm_file_count_packets(f, &count);
    if (status == noErr && f->table.offsets) {
        SInt64 place = f->data_offset + t.mByte, packet = packet_at(&f->table, place);
        if (count == 0 || t.mByte >= f->data_bytes)
            status = kAudioFileEndOfFileError;
        t.mPacket = packet < 0 ? 0 : packet; /* in front of the first one: a header that goes with it */
        t.mByteOffsetInPacket = packet < 0 ? 0 : (UInt32)(place - f->table.offsets[packet]);
    } else if (status == noErr && f->format.mBytesPerPacket) {
        t.mPacket = t.mByte / f->format.mBytesPerPacket;
        t.mByteOffsetInPacket = (UInt32)(t.mByte % f->format.mBytesPerPacket);
    } else if (status == noErr) {
        status = kAudioFileUnsupportedPropertyError;
    }
    t.mFlags = 0;
    if (status == noErr)
        memcpy(data, &t, sizeof t);
    *io_size = sizeof t;
    return status;
}

OSStatus cm_get_roll_distance(cm_file *f, UInt32 *io_size, void *data)
{
    AudioPacketRollDistanceTranslation t;
    SInt64 count = 0;
    memcpy(&t, data, sizeof t);
    OSStatus status = check_packet(f, t.mPacket, &count);
    t.mRollDistance = t.mPacket < roll_packets(f) ? t.mPacket : roll_packets(f);
    if (status == noErr)
        memcpy(data, &t, sizeof t);
    *io_size = sizeof t;
    return status;
}

/* Every packet of the formats known here can be decoded by itself; -1 says that there is no such packet. */
static OSStatus get_independent(cm_file *f, UInt32 *io_size, void *data, SInt64 step)
{
    AudioIndependentPacketTranslation t;
    SInt64 count = 0;
    memcpy(&t, data, sizeof t);
    OSStatus status = check_packet(f, t.mPacket, &count);
    t.mIndependentlyDecodablePacket = status == noErr ? t.mPacket + step : -1;
    if (t.mIndependentlyDecodablePacket >= count)
        t.mIndependentlyDecodablePacket = -1;
    if (status == noErr)
        memcpy(data, &t, sizeof t);
    *io_size = sizeof t;
    return status;
}

OSStatus cm_get_previous_independent(cm_file *f, UInt32 *io_size, void *data)
{
    return get_independent(f, io_size, data, -1);
}

OSStatus cm_get_next_independent(cm_file *f, UInt32 *io_size, void *data)
{
    return get_independent(f, io_size, data, 1);
}

OSStatus cm_get_dependency_info(cm_file *f, UInt32 *io_size, void *data)
{
    AudioPacketDependencyInfoTranslation t;
    SInt64 count = 0;
    memcpy(&t, data, sizeof t);
    OSStatus status = check_packet(f, t.mPacket, &count);
    t.mIsIndependentlyDecodable = 1;
    t.mNumberPrerollPackets = roll_packets(f);
    if (status == noErr)
        memcpy(data, &t, sizeof t);
    *io_size = sizeof t;
    return status;
}

OSStatus cm_get_range_byte_bound(cm_file *f, UInt32 *io_size, void *data)
{
    AudioPacketRangeByteCountTranslation t;
    SInt64 count = 0;
    memcpy(&t, data, sizeof t);
    OSStatus status = t.mPacket < 0 || t.mPacketCount < 0 ? kAudioFileInvalidPacketOffsetError
                                                          : cm_file_count_packets(f, &count);
    if (status == noErr) {
        SInt64 left = t.mPacket < count ? count - t.mPacket : 0;
        SInt64 packets = t.mPacketCount < left ? t.mPacketCount : left;
        t.mByteCountUpperBound = 0;
        for (SInt64 i = 0; f->table.sizes && i < packets && t.mPacket + i < f->table.count; i++)
            t.mByteCountUpperBound += f->table.sizes[t.mPacket + i];
        if (!f->table.sizes)
            t.mByteCountUpperBound = packets * cm_file_packet_size_bound(f);
        memcpy(data, &t, sizeof t);
    }
    *io_size = sizeof t;
    return status;
}
