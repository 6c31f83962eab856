#include "framing.h"

#include "coded_layout.h"
#include "../base/bytes.h"
#include "../format/aac_config.h"
#include "../format/bits.h"

/* ---- MPEG audio (ISO/IEC 11172-3, 13818-3) ---- */

enum { MPEG_1 = 3, MPEG_2 = 2, MPEG_RESERVED = 1 };

/* kbit/s by [MPEG 1 or 2][layer - 1][index]; free format (0) is not read. */
static const UInt16 mpeg_bit_rates[2][3][15] = {
    { { 0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448 },
      { 0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384 },
      { 0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320 } },
    { { 0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256 },
      { 0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160 },
      { 0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160 } },
};
static const UInt32 mpeg_rates[3] = { 44100, 48000, 32000 };
static const AudioFormatID mpeg_formats[3] = { kAudioFormatMPEGLayer1, kAudioFormatMPEGLayer2,
                                               kAudioFormatMPEGLayer3 };

bool cm_frame_mpeg(const UInt8 *head, size_t size, cm_frame *frame)
{
    if (size < 4 || head[0] != 0xFF || (head[1] & 0xE0) != 0xE0)
        return false;
    UInt32 word = cm_get_be32(head);
    UInt32 version = word >> 19 & 3, layer = 4 - (word >> 17 & 3), rate_index = word >> 10 & 3;
    UInt32 bit_rate_index = word >> 12 & 15, padding = word >> 9 & 1;
    if (version == MPEG_RESERVED || layer == 4 || rate_index == 3 || bit_rate_index == 0 ||
        bit_rate_index == 15)
        return false;
    bool mpeg1 = version == MPEG_1, mono = (word >> 6 & 3) == 3;
    UInt32 rate = mpeg_rates[rate_index] >> (mpeg1 ? 0 : version == MPEG_2 ? 1 : 2);
    UInt32 bit_rate = 1000u * mpeg_bit_rates[mpeg1 ? 0 : 1][layer - 1][bit_rate_index];
    UInt32 frames = layer == 1 ? 384 : layer == 3 && !mpeg1 ? 576 : 1152;
    UInt32 slot = layer == 1 ? 4 : 1;
    *frame = (cm_frame){
        .format = { .mSampleRate = rate,
                    .mFormatID = mpeg_formats[layer - 1],
                    .mFramesPerPacket = frames,
                    .mChannelsPerFrame = mono ? 1 : 2 },
        .layout = mono ? kAudioChannelLayoutTag_Mono : kAudioChannelLayoutTag_Stereo,
        .size = (frames / 8 / slot * bit_rate / rate + padding) * slot,
        .bit_rate = bit_rate,
        .key = word & 0xFFFE0C00,
        .config = mpeg1 ? (mono ? 17 : 32) : (mono ? 9 : 17),
    };
    return true;
}

/* ---- ADTS (ISO/IEC 13818-7, 6.2) ---- */

bool cm_frame_adts(const UInt8 *head, size_t size, cm_frame *frame)
{
    if (size < 7 || head[0] != 0xFF || (head[1] & 0xF6) != 0xF0)
        return false;
    UInt32 profile = head[2] >> 6, rate = cm_aac_rate(head[2] >> 2 & 15);
    UInt32 channel_config = (head[2] & 1u) << 2 | head[3] >> 6;
    UInt32 length = (head[3] & 3u) << 11 | (UInt32)head[4] << 3 | head[5] >> 5;
    UInt32 header = head[1] & 1 ? 7 : 9;
    UInt32 channels = cm_aac_channels(channel_config);
    bool several_blocks = (head[6] & 3) != 0;
    if (rate == 0 || channels == 0 || length <= header || several_blocks)
        return false;
    *frame = (cm_frame){
        .format = { .mSampleRate = rate,
                    .mFormatID = kAudioFormatMPEG4AAC,
                    .mFramesPerPacket = 1024,
                    .mChannelsPerFrame = channels },
        .layout = cm_coded_layout_tag(kAudioFormatMPEG4AAC, channels),
        .size = length,
        .skip = header,
        .key = ((UInt32)head[1] << 16 | (UInt32)head[2] << 8 | head[3]) & 0xFEFDC0,
        .config = profile + 1,
    };
    return true;
}

/* ---- AC-3 and E-AC-3 (ATSC A/52) ---- */

static const UInt16 ac3_bit_rates[19] = { 32,  40,  48,  56,  64,  80,  96,  112, 128, 160,
                                          192, 224, 256, 320, 384, 448, 512, 576, 640 };
static const UInt32 ac3_rates[3] = { 48000, 44100, 32000 };
static const UInt8 ac3_channels[8] = { 2, 1, 2, 3, 3, 4, 4, 5 };
static const AudioChannelLayoutTag ac3_layouts[2][8] = {
    { kAudioChannelLayoutTag_Stereo, kAudioChannelLayoutTag_Mono, kAudioChannelLayoutTag_Stereo,
      kAudioChannelLayoutTag_AC3_3_0, kAudioChannelLayoutTag_ITU_2_1, kAudioChannelLayoutTag_AC3_3_1,
      kAudioChannelLayoutTag_ITU_2_2, kAudioChannelLayoutTag_MPEG_5_0_C },
    { kAudioChannelLayoutTag_DVD_4, kAudioChannelLayoutTag_AC3_1_0_1, kAudioChannelLayoutTag_DVD_4,
      kAudioChannelLayoutTag_AC3_3_0_1, kAudioChannelLayoutTag_AC3_2_1_1, kAudioChannelLayoutTag_AC3_3_1_1,
      kAudioChannelLayoutTag_DVD_18, kAudioChannelLayoutTag_MPEG_5_1_C },
};

static void set_ac3_channels(cm_frame *frame, UInt32 mode, UInt32 lfe)
{
    frame->format.mChannelsPerFrame = ac3_channels[mode] + lfe;
    frame->layout = ac3_layouts[lfe][mode];
}

static bool parse_ac3(cm_bits *bits, cm_frame *frame)
{
    cm_bits_skip(bits, 16 + 16);
    UInt32 rate_code = cm_bits_get(bits, 2), size_code = cm_bits_get(bits, 6), version = cm_bits_get(bits, 5);
    if (rate_code == 3 || size_code >= 38)
        return false;
    cm_bits_skip(bits, 3);
    UInt32 mode = cm_bits_get(bits, 3);
    cm_bits_skip(bits, (mode & 1 && mode != 1 ? 2u : 0u) + (mode & 4 ? 2u : 0u) + (mode == 2 ? 2u : 0u));
    UInt32 lfe = cm_bits_get(bits, 1), half = version > 8 ? version - 8 : 0;
    UInt32 kbits = ac3_bit_rates[size_code / 2];
    UInt32 words = rate_code == 0   ? 2 * kbits
                   : rate_code == 2 ? 3 * kbits
                                    : 320 * kbits / 147 + size_code % 2;
    frame->format = (AudioStreamBasicDescription){ .mSampleRate = ac3_rates[rate_code] >> half,
                                                   .mFormatID = kAudioFormatAC3,
                                                   .mFramesPerPacket = 1536 };
    frame->size = 2 * words;
    frame->bit_rate = 1000 * kbits >> half;
    frame->key = rate_code << 8 | version;
    set_ac3_channels(frame, mode, lfe);
    return true;
}

static bool parse_eac3(cm_bits *bits, cm_frame *frame)
{
    static const UInt8 blocks[4] = { 1, 2, 3, 6 };
    cm_bits_skip(bits, 16);
    UInt32 type = cm_bits_get(bits, 2), substream = cm_bits_get(bits, 3);
    UInt32 words = cm_bits_get(bits, 11) + 1, rate_code = cm_bits_get(bits, 2);
    UInt32 second = cm_bits_get(bits, 2), mode = cm_bits_get(bits, 3), lfe = cm_bits_get(bits, 1);
    if (type == 3 || (rate_code == 3 && second == 3))
        return false;
    UInt32 rate = rate_code == 3 ? ac3_rates[second] / 2 : ac3_rates[rate_code];
    UInt32 count = rate_code == 3 ? 6 : blocks[second];
    frame->format = (AudioStreamBasicDescription){ .mSampleRate = rate,
                                                   .mFormatID = kAudioFormatEnhancedAC3,
                                                   .mFramesPerPacket = 256 * count };
    frame->size = 2 * words;
    frame->bit_rate = (UInt32)((UInt64)frame->size * 8 * rate / (256 * count));
    frame->key = rate_code << 8 | 16;
    frame->joins = type == 1 || substream != 0;
    set_ac3_channels(frame, mode, lfe);
    return true;
}

bool cm_frame_ac3(const UInt8 *head, size_t size, cm_frame *frame)
{
    if (size < 8 || head[0] != 0x0B || head[1] != 0x77)
        return false;
    UInt32 version = head[5] >> 3;
    cm_bits bits = cm_bits_of(head, size);
    *frame = (cm_frame){ 0 };
    return version <= 10 ? parse_ac3(&bits, frame) : version <= 16 && parse_eac3(&bits, frame);
}

/* ---- AMR (3GPP TS 26.101 and 26.201, storage format of RFC 4867) ---- */

static bool parse_amr(const UInt8 *head, size_t size, const SInt8 sizes[16], AudioFormatID format,
                      UInt32 rate, cm_frame *frame)
{
    if (size < 1 || (head[0] & 0x83) != 0 || sizes[head[0] >> 3 & 15] < 0)
        return false;
    *frame = (cm_frame){
        .format = { .mSampleRate = rate,
                    .mFormatID = format,
                    .mFramesPerPacket = rate / 50,
                    .mChannelsPerFrame = 1 },
        .layout = kAudioChannelLayoutTag_Mono,
        .size = 1u + (UInt32)sizes[head[0] >> 3 & 15],
        .key = format,
    };
    return true;
}

bool cm_frame_amr(const UInt8 *head, size_t size, cm_frame *frame)
{
    static const SInt8 sizes[16] = { 12, 13, 15, 17, 19, 20, 26, 31, 5, -1, -1, -1, -1, -1, -1, 0 };
    return parse_amr(head, size, sizes, kAudioFormatAMR, 8000, frame);
}

bool cm_frame_amr_wb(const UInt8 *head, size_t size, cm_frame *frame)
{
    static const SInt8 sizes[16] = { 17, 23, 32, 36, 40, 46, 50, 58, 60, 5, -1, -1, -1, -1, 0, 0 };
    return parse_amr(head, size, sizes, kAudioFormatAMR_WB, 16000, frame);
}

/* ---- walking ---- */

#define CONFIRMING 2 /* frames that must follow one that was searched for */

static bool parse_at(cm_window *w, SInt64 at, cm_frame_parser parse, cm_frame *frame)
{
    size_t have;
    const UInt8 *head = cm_window_look(w, at, 1, &have);
    if (head && have < CM_FRAME_HEAD && w->end - at > (SInt64)have) {
        SInt64 left = w->end - at;
        head = cm_window_look(w, at, left < CM_FRAME_HEAD ? (size_t)left : CM_FRAME_HEAD, &have);
    }
    return head && parse(head, have, frame);
}

/* True when a frame of the same stream follows, and one more after that, as far as the window goes. */
static bool is_followed(cm_window *w, SInt64 at, cm_frame_parser parse, const cm_frame *frame)
{
    cm_frame next = *frame;
    for (int i = 0; i < CONFIRMING; i++) {
        at += next.size;
        if (at >= w->end)
            return true;
        if (!parse_at(w, at, parse, &next) || next.key != frame->key)
            return false;
    }
    return true;
}

bool cm_frame_find(cm_window *w, cm_frame_parser parse, SInt64 *at, SInt64 reach, const cm_frame *like,
                   cm_frame *found)
{
    SInt64 last = reach < w->end - *at ? *at + reach : w->end;
    /* Of a stream the end may be found, or reading may fail, on the way. */
    for (SInt64 place = *at; place < last && place < w->end && w->status == noErr; place++) {
        bool good = parse_at(w, place, parse, found) && (!like || found->key == like->key) &&
                    found->size <= w->end - place;
        if (good && is_followed(w, place, parse, found)) {
            *at = place;
            return true;
        }
    }
    return false;
}

bool cm_frame_next(cm_window *w, cm_frame_parser parse, UInt32 head, SInt64 *at, const cm_frame *like,
                   cm_frame *found)
{
    size_t have;
    SInt64 left = w->end - *at;
    const UInt8 *bytes = cm_window_look(w, *at, left < head ? (size_t)left : head, &have);
    if (!bytes && cm_io_is_stream(w->io) && w->end > *at) { /* its end was found just now */
        left = w->end - *at;
        bytes = cm_window_look(w, *at, (size_t)left, &have);
    }
    if (bytes && parse(bytes, have, found) && found->key == like->key && found->size <= left)
        return true;
    return left > 0 && cm_frame_find(w, parse, at, left, like, found);
}

unsigned cm_frame_count(const UInt8 *bytes, size_t size, size_t offset, cm_frame_parser parse, unsigned most,
                        cm_frame *first)
{
    unsigned count = 0;
    while (count < most && offset < size) {
        cm_frame frame;
        if (!parse(bytes + offset, size - offset, &frame) || (count > 0 && frame.key != first->key))
            break;
        if (count++ == 0)
            *first = frame;
        offset += frame.size;
    }
    return count;
}
