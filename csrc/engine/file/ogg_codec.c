#include "ogg_codec.h"

#include "../codec/flac_frame.h"
#include "../base/bytes.h"

#include <string.h>

#define FLAC_MAPPING_HEAD 9u /* 0x7F "FLAC", version, number of headers */
#define MODE_BITS 41
#define MODES_MOST 64

static bool identify_vorbis(cm_span first, cm_ogg_codec *codec)
{
    const UInt8 *b = first.bytes;
    if (first.size < 30 || memcmp(b, "\x01vorbis", 7) != 0)
        return false;
    UInt32 small = b[28] & 15, large = b[28] >> 4;
    *codec = (cm_ogg_codec){ .format = kCMAudioFormatVorbis,
                             .headers = 3,
                             .channels = b[11],
                             .rate = cm_get_le32(b + 12),
                             .blocks = { 1u << small, 1u << large } };
    return codec->channels > 0 && codec->rate > 0 && small >= 6 && large <= 13 && small <= large;
}

static bool identify_opus(cm_span first, cm_ogg_codec *codec)
{
    cm_opus_head head;
    if (first.size < 8 || memcmp(first.bytes, "OpusHead", 8) != 0 || !cm_cookie_find_opus(first, &head))
        return false;
    *codec = (cm_ogg_codec){ .format = kAudioFormatOpus,
                             .headers = 2,
                             .channels = head.channels,
                             .rate = 48000,
                             .pre_skip = head.pre_skip };
    return true;
}

static bool identify_flac(cm_span first, cm_ogg_codec *codec)
{
    cm_flac_info info;
    cm_span found;
    if (first.size < FLAC_MAPPING_HEAD ||
        memcmp(first.bytes,
               "\x7F"
               "FLAC",
               5) != 0 ||
        !cm_cookie_find_flac((cm_span){ first.bytes + FLAC_MAPPING_HEAD, first.size - FLAC_MAPPING_HEAD },
                             &found, &info))
        return false;
    *codec = (cm_ogg_codec){
        .format = kAudioFormatFLAC, .rate = info.rate, .channels = info.channels, .bits = info.bits
    };
    return true;
}

bool cm_ogg_identify(cm_span first, cm_ogg_codec *codec)
{
    return identify_vorbis(first, codec) || identify_opus(first, codec) || identify_flac(first, codec);
}

/* ---- the modes of Vorbis, the last thing in its set-up header ---- */

/* count bits of a stream whose first bit is the lowest of a byte, from a bit position on. */
static UInt32 bits_at(cm_span span, size_t at, unsigned count)
{
    UInt32 value = 0;
    for (unsigned i = 0; i < count; i++)
        value |= (UInt32)(span.bytes[(at + i) >> 3] >> ((at + i) & 7) & 1) << i;
    return value;
}

/*
 * Everything before the modes is of a length that only a decoder can find out. So they are read backwards
 * from the framing bit: window and transform type are always 0, and the number of modes stands before them.
 */
static UInt32 count_modes(cm_span setup, size_t end)
{
    UInt32 found = 0;
    size_t at = end;
    for (UInt32 count = 1; count <= MODES_MOST && at >= MODE_BITS + 6; count++) {
        at -= MODE_BITS;
        bool types_are_zero = bits_at(setup, at + 1, 32) == 0;
        if (!types_are_zero || bits_at(setup, at + 33, 8) > 63)
            break;
        if (bits_at(setup, at - 6, 6) + 1 == count)
            found = count;
    }
    return found;
}

OSStatus cm_ogg_take_setup(cm_span setup, cm_ogg_codec *codec)
{
    size_t end = setup.size * 8;
    while (end > 0 && bits_at(setup, end - 1, 1) == 0)
        end--;
    UInt32 modes = end > 0 ? count_modes(setup, end - 1) : 0;
    if (modes == 0)
        return cm_fail(kAudioFileInvalidFileError, "a Vorbis set-up header without modes");
    codec->mode_bits = 0;
    while (1u << codec->mode_bits < modes)
        codec->mode_bits++;
    codec->long_modes = 0;
    for (UInt32 i = 0; i < modes; i++)
        codec->long_modes |= (UInt64)bits_at(setup, end - 1 - (modes - i) * MODE_BITS, 1) << i;
    return noErr;
}

/* ---- lengths of packets ---- */

static UInt32 vorbis_frames(cm_ogg_codec *codec, const UInt8 *packet, size_t size)
{
    if (size == 0 || packet[0] & 1)
        return 0; /* not audio */
    UInt32 mode = packet[0] >> 1 & ((1u << codec->mode_bits) - 1);
    UInt32 block = codec->blocks[codec->long_modes >> mode & 1];
    UInt32 frames = codec->before ? (codec->before + block) / 4 : 0;
    codec->before = block;
    return frames;
}

/* RFC 6716, 3.1: the configuration number gives the length of a frame, code and count how many there are. */
static UInt32 opus_frames(const UInt8 *packet, size_t size)
{
    static const UInt16 silk[4] = { 480, 960, 1920, 2880 };
    if (size == 0)
        return 0;
    UInt32 configuration = packet[0] >> 3, code = packet[0] & 3;
    UInt32 each = configuration < 12   ? silk[configuration & 3]
                  : configuration < 16 ? 480u << (configuration & 1)
                                       : 120u << (configuration & 3);
    UInt32 count = code == 0 ? 1 : code < 3 ? 2 : size > 1 ? packet[1] & 63u : 0;
    return each * count;
}

UInt32 cm_ogg_frames(cm_ogg_codec *codec, const UInt8 *packet, size_t size)
{
    cm_flac_frame frame;
    switch (codec->format) {
    case kCMAudioFormatVorbis:
        return vorbis_frames(codec, packet, size);
    case kAudioFormatOpus:
        return opus_frames(packet, size);
    default:
        return cm_flac_frame_parse(packet, size, &frame) ? frame.frames : 0;
    }
}

const char *cm_ogg_comment_magic(AudioFormatID format, size_t *size)
{
    *size = format == kCMAudioFormatVorbis ? 7 : format == kAudioFormatOpus ? 8 : 4;
    return format == kCMAudioFormatVorbis ? "\x03vorbis" : format == kAudioFormatOpus ? "OpusTags" : "";
}
