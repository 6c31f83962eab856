#include "xing.h"

#include "../base/bytes.h"

#include <string.h>

/* The tag behind header and side information: id, flags, then what the flags say. */
enum { HAS_FRAMES = 1, HAS_BYTES = 2, HAS_TOC = 4, HAS_QUALITY = 8 };
#define TOC_ENTRIES 100u
#define LAME_SIZE 36u /* behind the fields above */
#define TAG_SIZE (4 + 4 + 4 + 4 + TOC_ENTRIES + 4 + LAME_SIZE)
#define DELAY_AT 21u /* in LAME's part: 12 bits of delay, 12 of padding */
#define VBRI_AT 36u

static bool read_vbri(const UInt8 *bytes, UInt32 size, cm_xing *xing)
{
    if (size < VBRI_AT + 26 || memcmp(bytes + VBRI_AT, "VBRI", 4) != 0)
        return false;
    *xing = (cm_xing){ .is_variable = true,
                       .bytes = cm_get_be32(bytes + VBRI_AT + 10),
                       .packets = cm_get_be32(bytes + VBRI_AT + 14) };
    return true;
}

/* LAME's extension is there when the encoder's name is. */
static void read_lame(const UInt8 *at, const UInt8 *end, cm_xing *xing)
{
    if (end - at < (ptrdiff_t)LAME_SIZE || at[0] < ' ' || at[0] > '~')
        return;
    xing->has_delay = true;
    xing->delay = (UInt32)at[DELAY_AT] << 4 | at[DELAY_AT + 1] >> 4;
    xing->padding = (at[DELAY_AT + 1] & 15u) << 8 | at[DELAY_AT + 2];
}

bool cm_xing_read(const UInt8 *bytes, const cm_frame *frame, cm_xing *xing)
{
    const UInt8 *at = bytes + 4 + frame->config, *end = bytes + frame->size;
    if (frame->format.mFormatID != kAudioFormatMPEGLayer3 || frame->size < 4 + frame->config + 8)
        return false;
    bool is_xing = memcmp(at, "Xing", 4) == 0;
    if (!is_xing && memcmp(at, "Info", 4) != 0)
        return read_vbri(bytes, frame->size, xing);
    *xing = (cm_xing){ .is_variable = is_xing };
    UInt32 flags = cm_get_be32(at + 4);
    at += 8;
    UInt32 *const fields[2] = { &xing->packets, &xing->bytes };
    for (int i = 0; i < 2; i++)
        if (flags & (UInt32)(HAS_FRAMES << i) && end - at >= 4) {
            *fields[i] = cm_get_be32(at);
            at += 4;
        }
    at += (flags & HAS_TOC ? TOC_ENTRIES : 0) + (flags & HAS_QUALITY ? 4 : 0);
    if (at < end)
        read_lame(at, end, xing);
    return true;
}

/* ---- writing ---- */

static UInt32 side_info_size(const AudioStreamBasicDescription *format)
{
    bool mpeg1 = format->mSampleRate >= 32000, mono = format->mChannelsPerFrame == 1;
    return mpeg1 ? (mono ? 17 : 32) : (mono ? 9 : 17);
}

/* The header of a frame like the stream's, with the lowest bit rate that leaves room for the tag. */
static bool make_header(const AudioStreamBasicDescription *format, UInt8 head[4], cm_frame *frame)
{
    UInt32 needed = 4 + side_info_size(format) + TAG_SIZE;
    for (UInt32 index = 1; index < 15; index++) {
        head[2] = (UInt8)((head[2] & 0x0D) | index << 4);
        if (cm_frame_mpeg(head, 4, frame) && frame->size >= needed)
            return true;
    }
    return false;
}

static bool header_for(const AudioStreamBasicDescription *format, UInt8 head[4])
{
    static const UInt32 rates[9] = { 44100, 48000, 32000, 22050, 24000, 16000, 11025, 12000, 8000 };
    static const UInt8 versions[3] = { 0xFB, 0xF3, 0xE3 }; /* sync, version, layer 3, no CRC */
    for (unsigned i = 0; i < 9; i++)
        if (rates[i] == format->mSampleRate) {
            head[0] = 0xFF;
            head[1] = versions[i / 3];
            head[2] = (UInt8)(i % 3 << 2);
            head[3] = format->mChannelsPerFrame == 1 ? 0xC0 : 0;
            return true;
        }
    return false;
}

UInt32 cm_xing_size(const AudioStreamBasicDescription *format)
{
    UInt8 head[4];
    cm_frame frame;
    return header_for(format, head) && make_header(format, head, &frame) ? frame.size : 0;
}

static void put_toc(const cm_xing_source *source, UInt8 *to)
{
    for (SInt64 i = 0; i < (SInt64)TOC_ENTRIES; i++) {
        SInt64 packet = source->count * i / (SInt64)TOC_ENTRIES;
        SInt64 bytes = source->count ? source->offsets[packet] - source->from : 0;
        SInt64 all = source->to - source->from;
        to[i] = (UInt8)(all > 0 ? bytes * 255 / all : 0);
    }
}

static void put_lame(const cm_xing *xing, UInt32 tag_bytes, UInt16 music_crc, UInt8 *to)
{
    memcpy(to, "LAME3.100", 9); /* readers look for the name before they believe the delay */
    to[9] = (UInt8)(xing->is_variable ? 4 : 1);
    UInt32 delay = xing->delay > 4095 ? 4095 : xing->delay,
           padding = xing->padding > 4095 ? 4095 : xing->padding;
    to[DELAY_AT] = (UInt8)(delay >> 4);
    to[DELAY_AT + 1] = (UInt8)((delay & 15) << 4 | padding >> 8);
    to[DELAY_AT + 2] = (UInt8)padding;
    cm_put_be32(to + 28, xing->bytes + tag_bytes);
    cm_put_be16(to + 32, music_crc);
}

void cm_xing_write(const cm_xing *xing, const cm_xing_source *source, const UInt8 *like,
                   const AudioStreamBasicDescription *format, UInt8 *to)
{
    UInt8 head[4];
    cm_frame frame;
    if (!header_for(format, head))
        return;
    if (like)
        head[3] = like[3]; /* stereo mode and the copyright bits */
    if (!make_header(format, head, &frame))
        return;
    memset(to, 0, frame.size);
    memcpy(to, head, 4);
    UInt8 *tag = to + 4 + side_info_size(format);
    memcpy(tag, xing->is_variable ? "Xing" : "Info", 4);
    cm_put_be32(tag + 4, HAS_FRAMES | HAS_BYTES | HAS_TOC | HAS_QUALITY);
    cm_put_be32(tag + 8, xing->packets);
    cm_put_be32(tag + 12, xing->bytes + frame.size);
    put_toc(source, tag + 16);
    cm_put_be32(tag + 16 + TOC_ENTRIES, 50);
    UInt8 *lame = tag + 20 + TOC_ENTRIES;
    put_lame(xing, frame.size, source->music_crc, lame);
    cm_put_be16(lame + 34, cm_xing_crc(0, to, (size_t)(lame + 34 - to)));
}

UInt16 cm_xing_crc(UInt16 crc, const UInt8 *bytes, size_t size)
{
    static const UInt16 nibbles[16] = { 0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401,
                                        0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400 };
    for (size_t i = 0; i < size; i++) {
        crc = (UInt16)(crc >> 4 ^ nibbles[(crc ^ bytes[i]) & 15]);
        crc = (UInt16)(crc >> 4 ^ nibbles[(crc ^ bytes[i] >> 4) & 15]);
    }
    return crc;
}
