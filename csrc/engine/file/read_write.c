/* read_write.c: AudioFileReadPacketData and the other functions that move audio data. */
#include "file.h"

OSStatus AudioFileReadBytes(AudioFileID inAudioFile, Boolean inUseCache, SInt64 inStartingByte,
                            UInt32 *ioNumBytes, void *outBuffer)
{
    (void)inUseCache;
    if (!ioNumBytes || !outBuffer)
        return cmParamError;
    cm_file *f = cm_file_enter(inAudioFile);
    if (!f)
        return kAudioFileNotOpenError;
    OSStatus status = cm_file_read_bytes(f, inStartingByte, ioNumBytes, outBuffer);
    cm_file_leave(inAudioFile, f);
    return status;
}

OSStatus AudioFileWriteBytes(AudioFileID inAudioFile, Boolean inUseCache, SInt64 inStartingByte,
                             UInt32 *ioNumBytes, const void *inBuffer)
{
    (void)inUseCache;
    if (!ioNumBytes || !inBuffer)
        return cmParamError;
    cm_file *f = cm_file_enter(inAudioFile);
    if (!f)
        return kAudioFileNotOpenError;
    OSStatus status = cm_file_write_bytes(f, inStartingByte, ioNumBytes, inBuffer);
    cm_file_leave(inAudioFile, f);
    return status;
}

OSStatus AudioFileReadPacketData(AudioFileID inAudioFile, Boolean inUseCache, UInt32 *ioNumBytes,
                                 AudioStreamPacketDescription *outPacketDescriptions, SInt64 inStartingPacket,
                                 UInt32 *ioNumPackets, void *outBuffer)
{
    (void)inUseCache;
    if (!ioNumBytes || !ioNumPackets || !outBuffer)
        return cmParamError;
    cm_file *f = cm_file_enter(inAudioFile);
    if (!f)
        return kAudioFileNotOpenError;
    OSStatus status = cm_file_read_packets(f, inStartingPacket, ioNumPackets, outPacketDescriptions,
                                           ioNumBytes, outBuffer);
    cm_file_leave(inAudioFile, f);
    return status;
}

OSStatus AudioFileReadPackets(AudioFileID inAudioFile, Boolean inUseCache, UInt32 *outNumBytes,
                              AudioStreamPacketDescription *outPacketDescriptions, SInt64 inStartingPacket,
                              UInt32 *ioNumPackets, void *outBuffer)
{
    UInt32 bytes = UINT32_MAX; /* the client promises room for ioNumPackets packets of the largest size */
    OSStatus status = AudioFileReadPacketData(inAudioFile, inUseCache, &bytes, outPacketDescriptions,
                                              inStartingPacket, ioNumPackets, outBuffer);
    if (outNumBytes && status != kAudioFileNotOpenError && status != cmParamError)
        *outNumBytes = bytes;
    return status;
}

OSStatus AudioFileWritePackets(AudioFileID inAudioFile, Boolean inUseCache, UInt32 inNumBytes,
                               const AudioStreamPacketDescription *inPacketDescriptions,
                               SInt64 inStartingPacket, UInt32 *ioNumPackets, const void *inBuffer)
{
    (void)inUseCache;
    if (!ioNumPackets || !inBuffer)
        return cmParamError;
    cm_file *f = cm_file_enter(inAudioFile);
    if (!f)
        return kAudioFileNotOpenError;
    OSStatus status = cm_file_write_packets(f, inStartingPacket, ioNumPackets, inPacketDescriptions,
                                            inNumBytes, inBuffer);
    cm_file_leave(inAudioFile, f);
    return status;
}
