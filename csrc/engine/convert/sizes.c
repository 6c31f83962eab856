/* How many bytes and packets of input and output correspond. */
#include "../format/asbd.h"
#include "converter.h"

#include <coremusic/engine.h>
#include <math.h>

#define LARGEST_UNKNOWN_PACKET 65536u
#define LOSSLESS_FRAMES 65536u  /* of the longest FLAC block; ALAC's are 4096 */
#define LOSSLESS_OVERHEAD 256u  /* headers of a packet that could not be compressed */
#define FRAMES_OF_UNKNOWN 1024u /* what a packet of unknown length is counted as */

typedef struct packet_limit {
    AudioFormatID id;
    UInt32 bytes;
    bool per_channel;
} packet_limit;

static const packet_limit limits[] = {
    { kAudioFormatMPEG4AAC, 768, true }, /* 6144 bits: ISO/IEC 14496-3, 4.5.3.1 */
    { kAudioFormatMPEG4AAC_HE, 768, true },   { kAudioFormatMPEG4AAC_HE_V2, 768, true },
    { kAudioFormatMPEG4AAC_LD, 768, true },   { kAudioFormatMPEG4AAC_ELD, 768, true },
    { kAudioFormatMPEGLayer1, 676, false },   /* 448 kbit/s at 32 kHz, padded: ISO/IEC 11172-3, 2.4.3.1 */
    { kAudioFormatMPEGLayer2, 1729, false },  /* 384 kbit/s at 32 kHz */
    { kAudioFormatMPEGLayer3, 1441, false },  /* 320 kbit/s at 32 kHz, and 160 kbit/s at 8 kHz */
    { kAudioFormatAC3, 3840, false },         /* 1920 words: ATSC A/52, table 5.18 */
    { kAudioFormatEnhancedAC3, 4096, false }, /* frmsiz has 11 bits of words */
    { kAudioFormatOpus, 61298, false },       /* 48 frames of 1275 bytes and their lengths: RFC 6716, 3.2.5 */
};

static UInt32 largest_packet(const AudioStreamBasicDescription *format)
{
    UInt32 channels = format->mChannelsPerFrame;
    if (format->mBytesPerPacket)
        return format->mBytesPerPacket;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (limits[i].id == format->mFormatID)
            return limits[i].per_channel ? limits[i].bytes * channels : limits[i].bytes;
    if (format->mFormatID == kAudioFormatFLAC || format->mFormatID == kAudioFormatAppleLossless) {
        UInt32 frames = format->mFramesPerPacket;
        UInt64 bytes = (UInt64)(frames && frames < LOSSLESS_FRAMES ? frames : LOSSLESS_FRAMES) * channels * 4;
        return (UInt32)bytes + LOSSLESS_OVERHEAD;
    }
    return LARGEST_UNKNOWN_PACKET;
}

AudioStreamBasicDescription cm_converter_input_format(const cm_converter *c)
{
    AudioStreamBasicDescription format = c->input;
    if (c->decoding.codec && format.mFramesPerPacket == 0)
        format.mFramesPerPacket = c->decoding.info.frames_per_packet;
    return format;
}

AudioStreamBasicDescription cm_converter_output_format(const cm_converter *c)
{
    return c->encoding.codec.codec ? c->encoding.codec.info.format : c->output;
}

UInt32 cm_converter_max_input_packet(const cm_converter *c)
{
    return largest_packet(&c->input);
}

UInt32 cm_converter_max_output_packet(const cm_converter *c)
{
    UInt32 known = c->encoding.codec.codec ? c->encoding.codec.info.max_packet_size : 0;
    return known ? known : largest_packet(&c->output);
}

static double ratio_of(const cm_converter *c)
{
    return c->input.mSampleRate > 0 ? c->output.mSampleRate / c->input.mSampleRate : 1;
}

static UInt32 frames_per_packet(AudioStreamBasicDescription format)
{
    return format.mFramesPerPacket ? format.mFramesPerPacket : FRAMES_OF_UNKNOWN;
}

/* Up to the next whole packet; a little less than a frame too many is rounding of the ratio. */
static UInt64 packets_for(double frames, UInt32 length)
{
    return (UInt64)ceil((frames - 1e-6) / length);
}

UInt64 cm_converter_output_bytes(const cm_converter *c, UInt64 input_bytes)
{
    UInt32 in_packet = cm_converter_max_input_packet(c);
    UInt64 packets = c->decoder ? (input_bytes + in_packet - 1) / in_packet : input_bytes / in_packet;
    double frames = (double)packets * frames_per_packet(cm_converter_input_format(c)) * ratio_of(c);
    if (c->encoder && packets > 0)
        frames += c->encoding.codec.info.priming_frames;
    return packets_for(frames, frames_per_packet(cm_converter_output_format(c))) *
           cm_converter_max_output_packet(c);
}

UInt64 cm_converter_input_packets(const cm_converter *c, UInt64 output_packets)
{
    double frames = (double)output_packets * frames_per_packet(cm_converter_output_format(c)) / ratio_of(c);
    return packets_for(frames, frames_per_packet(cm_converter_input_format(c)));
}

UInt64 cm_converter_input_bytes(const cm_converter *c, UInt64 output_bytes)
{
    UInt64 packets = output_bytes / cm_converter_max_output_packet(c);
    return cm_converter_input_packets(c, packets) * cm_converter_max_input_packet(c);
}
