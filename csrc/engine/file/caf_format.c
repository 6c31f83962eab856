#include "caf.h"

#include "../base/bytes.h"

#include <math.h>

/* Samples fill their bytes, or are the upper bits of them (as in AIFF). */
static AudioFormatFlags pcm_flags(const AudioStreamBasicDescription *format, UInt32 caf)
{
    AudioFormatFlags flags = caf & kCAFLinearPCMFormatFlagIsFloat ? kAudioFormatFlagIsFloat
                                                                  : kAudioFormatFlagIsSignedInteger;
    if (!(caf & kCAFLinearPCMFormatFlagIsLittleEndian))
        flags |= kAudioFormatFlagIsBigEndian;
    UInt64 bits = (UInt64)format->mBitsPerChannel * format->mChannelsPerFrame;
    bool packed = bits == (UInt64)format->mBytesPerPacket * 8;
    return flags | (packed ? kAudioFormatFlagIsPacked : kAudioFormatFlagIsAlignedHigh);
}

OSStatus cm_caf_format_get(const UInt8 bytes[CM_CAF_DESC_SIZE], AudioStreamBasicDescription *format)
{
    UInt32 flags = cm_get_be32(bytes + 12);
    *format = (AudioStreamBasicDescription){ .mSampleRate = cm_get_be_f64(bytes),
                                             .mFormatID = cm_get_be32(bytes + 8),
                                             .mFormatFlags = flags,
                                             .mBytesPerPacket = cm_get_be32(bytes + 16),
                                             .mFramesPerPacket = cm_get_be32(bytes + 20),
                                             .mChannelsPerFrame = cm_get_be32(bytes + 24),
                                             .mBitsPerChannel = cm_get_be32(bytes + 28) };
    bool rate_ok = format->mSampleRate > 0 && !isinf(format->mSampleRate);
    if (!rate_ok || format->mChannelsPerFrame == 0)
        return cm_fail(kAudioFileInvalidFileError, "CAF file with %u channels at %g Hz",
                       format->mChannelsPerFrame, format->mSampleRate);
    if (format->mFormatID != kAudioFormatLinearPCM)
        return noErr;
    UInt32 bits = format->mBitsPerChannel;
    UInt64 most = (UInt64)format->mBytesPerPacket * 8;
    bool fits = format->mBytesPerPacket && format->mBytesPerPacket % format->mChannelsPerFrame == 0 &&
                bits >= 1 && bits <= 64 && (UInt64)bits * format->mChannelsPerFrame <= most;
    if (format->mFramesPerPacket != 1 || !fits)
        return cm_fail(kAudioFileInvalidFileError,
                       "CAF file with packets of %u bytes for %u samples of %u bits", format->mBytesPerPacket,
                       format->mChannelsPerFrame, bits);
    format->mBytesPerFrame = format->mBytesPerPacket;
    format->mFormatFlags = pcm_flags(format, flags);
    return noErr;
}

OSStatus cm_caf_format_put(UInt8 bytes[CM_CAF_DESC_SIZE], const AudioStreamBasicDescription *format)
{
    const AudioFormatFlags float_flag = kAudioFormatFlagIsFloat;
    UInt32 flags = format->mFormatFlags;
    if (format->mFormatID == kAudioFormatLinearPCM) {
        UInt32 caf = flags & kAudioFormatFlagIsBigEndian ? 0 : kCAFLinearPCMFormatFlagIsLittleEndian;
        caf |= flags & float_flag ? kCAFLinearPCMFormatFlagIsFloat : 0;
        /* The file's flags must give back the format's; of samples that fill their bytes, alignment says
           nothing, as interleaving of one channel. */
        AudioFormatFlags differ = flags ^ pcm_flags(format, caf);
        differ &= ~(AudioFormatFlags)kAudioFormatFlagIsNonMixable;
        if (flags & float_flag)
            differ &= ~(AudioFormatFlags)kAudioFormatFlagIsSignedInteger;
        if ((UInt64)format->mBitsPerChannel * format->mChannelsPerFrame ==
            (UInt64)format->mBytesPerPacket * 8)
            differ &= ~(AudioFormatFlags)(kAudioFormatFlagIsPacked | kAudioFormatFlagIsAlignedHigh);
        if (format->mChannelsPerFrame == 1)
            differ &= ~(AudioFormatFlags)kAudioFormatFlagIsNonInterleaved;
        if (differ || format->mFramesPerPacket != 1)
            return cm_fail(kAudioFileUnsupportedDataFormatError,
                           "CAF holds interleaved signed integers and floats, packed or aligned high");
        flags = caf;
    }
    cm_put_be_f64(bytes, format->mSampleRate);
    cm_put_be32(bytes + 8, format->mFormatID);
    cm_put_be32(bytes + 12, flags);
    cm_put_be32(bytes + 16, format->mBytesPerPacket);
    cm_put_be32(bytes + 20, format->mFramesPerPacket);
    cm_put_be32(bytes + 24, format->mChannelsPerFrame);
    cm_put_be32(bytes + 28, format->mBitsPerChannel);
    return noErr;
}
