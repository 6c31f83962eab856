#include "asbd.h"

#include "pcm.h"

#include <AudioToolbox/AudioFormat.h>
#include <coremusic/engine.h>
#include <math.h>
#include <stdio.h>

#define MAX_SAMPLE_RATE 4294967295.0 /* what the widest rate field of a container holds */

/*
 * What a compressed format's description is made of. 0: differs from stream to stream, so only the codec
 * knows. Bytes are per channel.
 */
typedef struct format_facts {
    AudioFormatID id;
    const char *name;
    UInt32 frames_per_packet;
    UInt32 packet_bytes_per_channel;
    UInt32 bits_per_channel;
} format_facts;

static const format_facts known_formats[] = {
    { kAudioFormatMPEG4AAC, "AAC", 1024, 0, 0 },
    { kAudioFormatMPEG4AAC_HE, "AAC HE", 2048, 0, 0 },
    { kAudioFormatMPEG4AAC_HE_V2, "AAC HE v2", 2048, 0, 0 },
    { kAudioFormatMPEG4AAC_LD, "AAC LD", 512, 0, 0 },
    { kAudioFormatMPEG4AAC_ELD, "AAC ELD", 512, 0, 0 },
    { kAudioFormatMPEG4AAC_ELD_SBR, "AAC ELD SBR", 1024, 0, 0 },
    { kAudioFormatMPEG4AAC_ELD_V2, "AAC ELD v2", 1024, 0, 0 },
    { kAudioFormatMPEG4AAC_Spatial, "AAC MPEG Surround", 1024, 0, 0 },
    { kAudioFormatMPEGD_USAC, "MPEG-D USAC", 0, 0, 0 },
    { kAudioFormatAppleLossless, "Apple Lossless", 4096, 0, 0 },
    { kAudioFormatFLAC, "FLAC", 0, 0, 0 },
    { kAudioFormatOpus, "Opus", 0, 0, 0 },
    { kCMAudioFormatVorbis, "Vorbis", 0, 0, 0 },
    { kAudioFormatMPEGLayer1, "MPEG Layer 1", 384, 0, 0 },
    { kAudioFormatMPEGLayer2, "MPEG Layer 2", 1152, 0, 0 },
    { kAudioFormatMPEGLayer3, "MPEG Layer 3", 1152, 0, 0 },
    { kAudioFormatAC3, "AC-3", 1536, 0, 0 },
    { kAudioFormatEnhancedAC3, "Enhanced AC-3", 0, 0, 0 },
    { kAudioFormat60958AC3, "AC-3 for IEC 60958", 1536, 0, 0 },
    { kAudioFormatULaw, "\xC2\xB5-law 2:1", 1, 1, 8 },
    { kAudioFormatALaw, "A-law 2:1", 1, 1, 8 },
    { kAudioFormatAppleIMA4, "IMA 4:1", 64, 34, 0 },
    { kAudioFormatDVIIntelIMA, "DVI/Intel IMA ADPCM", 0, 0, 0 },
    { kCMAudioFormatMicrosoftADPCM, "Microsoft ADPCM", 0, 0, 0 },
    { kAudioFormatMicrosoftGSM, "Microsoft GSM", 320, 65, 0 },
    { kAudioFormatMACE3, "MACE 3:1", 6, 2, 0 },
    { kAudioFormatMACE6, "MACE 6:1", 6, 1, 0 },
    { kAudioFormatAMR, "AMR Narrowband", 160, 0, 0 },
    { kAudioFormatAMR_WB, "AMR Wideband", 320, 0, 0 },
    { kAudioFormatiLBC, "iLBC", 0, 0, 0 },
    { kAudioFormatMPEG4CELP, "MPEG-4 CELP", 0, 0, 0 },
    { kAudioFormatMPEG4HVXC, "MPEG-4 HVXC", 0, 0, 0 },
    { kAudioFormatMPEG4TwinVQ, "MPEG-4 TwinVQ", 0, 0, 0 },
    { kAudioFormatQDesign, "QDesign Music", 0, 0, 0 },
    { kAudioFormatQDesign2, "QDesign Music 2", 0, 0, 0 },
    { kAudioFormatQUALCOMM, "QUALCOMM PureVoice", 0, 0, 0 },
    { kAudioFormatAudible, "Audible", 0, 0, 0 },
    { kAudioFormatAES3, "AES3", 0, 0, 0 },
    { kAudioFormatTimeCode, "Time code", 0, 0, 0 },
    { kAudioFormatMIDIStream, "MIDI stream", 0, 0, 0 },
    { kAudioFormatParameterValueStream, "Parameter values", 0, 0, 0 },
};

static const format_facts *facts_of(AudioFormatID id)
{
    for (size_t i = 0; i < sizeof known_formats / sizeof *known_formats; i++)
        if (known_formats[i].id == id)
            return &known_formats[i];
    return NULL;
}

AudioStreamBasicDescription cm_asbd_pcm(Float64 rate, UInt32 channels, UInt32 bits, UInt32 flags)
{
    UInt32 sample = (bits + 7) / 8;
    UInt32 frame = flags & kAudioFormatFlagIsNonInterleaved ? sample : sample * channels;
    AudioStreamBasicDescription format = {
        .mSampleRate = rate,
        .mFormatID = kAudioFormatLinearPCM,
        .mFormatFlags = flags | (bits % 8 == 0 ? (UInt32)kAudioFormatFlagIsPacked : 0),
        .mBytesPerPacket = frame,
        .mFramesPerPacket = 1,
        .mBytesPerFrame = frame,
        .mChannelsPerFrame = channels,
        .mBitsPerChannel = bits,
    };
    return format;
}

AudioStreamBasicDescription cm_asbd_float32(Float64 rate, UInt32 channels)
{
    return cm_asbd_pcm(rate, channels, 32, kAudioFormatFlagsNativeFloatPacked);
}

static void fill(UInt32 *field, UInt32 value)
{
    if (*field == 0)
        *field = value;
}

static void complete_pcm(AudioStreamBasicDescription *format)
{
    fill(&format->mFormatFlags, kAudioFormatFlagIsSignedInteger | kAudioFormatFlagIsPacked);
    fill(&format->mFramesPerPacket, 1);
    if (format->mChannelsPerFrame == 0 || format->mChannelsPerFrame > CM_MAX_CHANNELS)
        return;
    UInt32 interleaved = cm_asbd_is_planar(format) ? 1 : format->mChannelsPerFrame;
    if (format->mFramesPerPacket == 1)
        fill(&format->mBytesPerFrame, format->mBytesPerPacket);
    if (format->mBitsPerChannel <= 64)
        fill(&format->mBytesPerFrame, (format->mBitsPerChannel + 7) / 8 * interleaved);
    fill(&format->mBytesPerPacket, format->mBytesPerFrame);
    UInt32 sample_bytes = format->mBytesPerFrame / interleaved;
    if (sample_bytes <= 8)
        fill(&format->mBitsPerChannel, sample_bytes * 8);
}

/* MPEG-2 and 2.5 halve a Layer 3 frame: ISO/IEC 13818-3, 2.4.2.3. */
static UInt32 frames_in_packet(const AudioStreamBasicDescription *format, const format_facts *facts)
{
    bool low_rate = format->mSampleRate > 0 && format->mSampleRate < 32000;
    return facts->id == kAudioFormatMPEGLayer3 && low_rate ? 576 : facts->frames_per_packet;
}

static void complete_compressed(AudioStreamBasicDescription *format)
{
    const format_facts *facts = facts_of(format->mFormatID);
    if (!facts)
        return;
    fill(&format->mFramesPerPacket, frames_in_packet(format, facts));
    fill(&format->mBitsPerChannel, facts->bits_per_channel);
    if (format->mChannelsPerFrame == 0 || format->mChannelsPerFrame > CM_MAX_CHANNELS)
        return;
    fill(&format->mBytesPerPacket, facts->packet_bytes_per_channel * format->mChannelsPerFrame);
    if (facts->frames_per_packet == 1)
        fill(&format->mBytesPerFrame, format->mBytesPerPacket);
}

void cm_asbd_complete(AudioStreamBasicDescription *format)
{
    if (cm_asbd_is_pcm(format))
        complete_pcm(format);
    else
        complete_compressed(format);
}

OSStatus cm_asbd_check(const AudioStreamBasicDescription *format)
{
    const OSStatus bad = kAudioFormatUnsupportedDataFormatError;
    if (!isfinite(format->mSampleRate) || format->mSampleRate < 0 || format->mSampleRate > MAX_SAMPLE_RATE)
        return cm_fail(bad, "a sample rate of %g Hz is not one", format->mSampleRate);
    if (format->mChannelsPerFrame == 0 || format->mChannelsPerFrame > CM_MAX_CHANNELS)
        return cm_fail(bad, "%u channels are not between 1 and %u", format->mChannelsPerFrame,
                       CM_MAX_CHANNELS);
    if (format->mFormatID == 0)
        return cm_fail(bad, "the format has no format ID");
    cm_pcm unused;
    return cm_asbd_is_pcm(format) ? cm_pcm_from_asbd(format, &unused) : noErr;
}

static void describe_pcm(const AudioStreamBasicDescription *format, char *text, size_t size)
{
    cm_pcm pcm;
    if (cm_pcm_from_asbd(format, &pcm) != noErr) {
        snprintf(text, size, "PCM");
        return;
    }
    const char *type = pcm.is_float ? "float" : pcm.is_signed ? "signed integer" : "unsigned integer";
    const char *order = pcm.bytes == 1 ? "" : pcm.big_endian ? ", big-endian" : ", little-endian";
    const char *place = pcm.planar ? ", non-interleaved" : "";
    if (pcm.headroom)
        snprintf(text, size, "PCM, %u.%u-bit fixed point in %u bytes%s%s", pcm.headroom + 1,
                 pcm.bits - 1 - pcm.headroom, pcm.bytes, order, place);
    else if (pcm.bits == pcm.bytes * 8)
        snprintf(text, size, "PCM, %u-bit %s%s%s", pcm.bits, type, order, place);
    else
        snprintf(text, size, "PCM, %u-bit %s in %u bytes, %s-aligned%s%s", pcm.bits, type, pcm.bytes,
                 pcm.high_aligned ? "high" : "low", order, place);
}

void cm_asbd_describe(const AudioStreamBasicDescription *format, char *text, size_t size)
{
    const format_facts *facts = facts_of(format->mFormatID);
    if (cm_asbd_is_pcm(format)) {
        describe_pcm(format, text, size);
    } else if (facts) {
        snprintf(text, size, "%s", facts->name);
    } else {
        char code[5] = { 0 };
        for (int i = 0; i < 4; i++) {
            unsigned char c = (unsigned char)(format->mFormatID >> (24 - 8 * i));
            code[i] = c >= 0x20 && c < 0x7F ? (char)c : '?';
        }
        snprintf(text, size, "'%s'", code);
    }
}
