#include "cookie.h"
#include "aac_config.h"
#include "../base/bytes.h"

#include <string.h>

#define BOX_HEADER 8u
#define FULL_BOX_HEADER 12u

enum { TAG_ES = 3, TAG_DECODER_CONFIG = 4, TAG_SPECIFIC = 5, TAG_SYNC = 6 };

static cm_span from(cm_span span, size_t offset)
{
    return offset <= span.size ? (cm_span){ span.bytes + offset, span.size - offset } : (cm_span){ 0 };
}

static bool is_box(cm_span span, UInt32 type)
{
    return span.size >= BOX_HEADER && cm_get_be32(span.bytes + 4) == type;
}

/* ---- MPEG-4 ---- */

/* Tag and length of a descriptor; what follows it is left in *rest, its contents in *inside. */
static bool take_descriptor(cm_span *rest, UInt8 tag, cm_span *inside)
{
    if (rest->size < 2 || rest->bytes[0] != tag)
        return false;
    size_t length = 0, at = 1;
    for (;;) {
        if (at >= rest->size || at > 4)
            return false;
        UInt8 byte = rest->bytes[at++];
        length = length << 7 | (byte & 0x7F);
        if (!(byte & 0x80))
            break;
    }
    cm_span all = from(*rest, at);
    if (length > all.size)
        length = all.size; /* writers exist that count wrong */
    *inside = (cm_span){ all.bytes, length };
    *rest = from(all, length);
    return true;
}

bool cm_cookie_find_esds(cm_span cookie, cm_esds *esds)
{
    if (is_box(cookie, 'esds'))
        cookie = from(cookie, FULL_BOX_HEADER);
    else if (cookie.size > 4 && cm_get_be32(cookie.bytes) == 0)
        cookie = from(cookie, 4);
    cm_span es, config, specific;
    if (!take_descriptor(&cookie, TAG_ES, &es) || es.size < 3)
        return false;
    UInt8 flags = es.bytes[2];
    size_t skip = 3 + (flags & 0x80 ? 2u : 0u);
    if (flags & 0x40)
        skip += skip < es.size ? 1u + es.bytes[skip] : 1u;
    skip += flags & 0x20 ? 2u : 0u;
    es = from(es, skip);
    if (!take_descriptor(&es, TAG_DECODER_CONFIG, &config) || config.size < 13)
        return false;
    *esds = (cm_esds){ .object_type = config.bytes[0],
                       .max_bit_rate = cm_get_be32(config.bytes + 5),
                       .average_bit_rate = cm_get_be32(config.bytes + 9) };
    config = from(config, 13);
    if (take_descriptor(&config, TAG_SPECIFIC, &specific))
        esds->specific = specific;
    return true;
}

bool cm_cookie_find_aac(cm_span cookie, cm_span *config)
{
    cm_esds esds;
    cm_aac_config parsed;
    *config = cm_cookie_find_esds(cookie, &esds) ? esds.specific : cookie;
    return config->size >= 2 && cm_aac_config_parse(config->bytes, config->size, &parsed) == noErr;
}

/* Lengths are written in four bytes as Apple writes them. */
static UInt8 *put_descriptor(UInt8 *to, UInt8 tag, size_t length)
{
    to[0] = tag;
    to[1] = (UInt8)(0x80 | (length >> 21 & 0x7F));
    to[2] = (UInt8)(0x80 | (length >> 14 & 0x7F));
    to[3] = (UInt8)(0x80 | (length >> 7 & 0x7F));
    to[4] = (UInt8)(length & 0x7F);
    return to + 5;
}

size_t cm_cookie_write_esds(UInt8 object_type, UInt32 buffer_size, UInt32 max_bit_rate,
                            UInt32 average_bit_rate, cm_span config, UInt8 *to)
{
    UInt8 *at = to;
    size_t specific = config.size > 0 ? 5 + config.size : 0;
    at = put_descriptor(at, TAG_ES, 3 + 5 + 13 + specific + 5 + 1);
    cm_put_be16(at, 0); /* ES_ID */
    at[2] = 0;
    at = put_descriptor(at + 3, TAG_DECODER_CONFIG, 13 + specific);
    at[0] = object_type;
    at[1] = 0x15; /* audio stream, reserved bit */
    at[2] = (UInt8)(buffer_size >> 16);
    cm_put_be16(at + 3, (UInt16)buffer_size);
    cm_put_be32(at + 5, max_bit_rate);
    cm_put_be32(at + 9, average_bit_rate);
    at += 13;
    if (config.size > 0) {
        at = put_descriptor(at, TAG_SPECIFIC, config.size);
        memcpy(at, config.bytes, config.size);
        at += config.size;
    }
    at = put_descriptor(at, TAG_SYNC, 1);
    *at++ = 2; /* predefined: as in MP4 */
    return (size_t)(at - to);
}

/* ---- Apple Lossless ---- */

bool cm_cookie_find_alac(cm_span cookie, cm_span *found, cm_alac_config *config)
{
    if (is_box(cookie, 'frma'))
        cookie = from(cookie, FULL_BOX_HEADER);
    if (is_box(cookie, 'alac'))
        cookie = from(cookie, FULL_BOX_HEADER);
    if (cookie.size < CM_ALAC_CONFIG_SIZE)
        return false;
    const UInt8 *b = cookie.bytes;
    cm_alac_config parsed = { .frames_per_packet = cm_get_be32(b),
                              .bits = b[5],
                              .channels = b[9],
                              .max_packet_size = cm_get_be32(b + 12),
                              .bit_rate = cm_get_be32(b + 16),
                              .rate = cm_get_be32(b + 20) };
    if (parsed.frames_per_packet == 0 || parsed.frames_per_packet > 1u << 20 || parsed.channels == 0 ||
        parsed.bits < 8 || parsed.bits > 32)
        return false;
    *found = (cm_span){ b, CM_ALAC_CONFIG_SIZE };
    if (config)
        *config = parsed;
    return true;
}

/* ---- FLAC ---- */

static void parse_streaminfo(const UInt8 *b, cm_flac_info *info)
{
    UInt64 packed = cm_get_be64(b + 10);
    *info = (cm_flac_info){
        .min_block = cm_get_be16(b),
        .max_block = cm_get_be16(b + 2),
        .min_frame = cm_get_be32(b + 4) >> 8,
        .max_frame = cm_get_be32(b + 7) >> 8,
        .rate = (UInt32)(packed >> 44),
        .channels = (UInt32)(packed >> 41 & 7) + 1,
        .bits = (UInt32)(packed >> 36 & 31) + 1,
        .total_frames = packed & 0xFFFFFFFFFu,
    };
}

bool cm_cookie_find_flac(cm_span cookie, cm_span *found, cm_flac_info *info)
{
    if (is_box(cookie, 'dfLa'))
        cookie = from(cookie, BOX_HEADER);
    if (cookie.size >= 4 && memcmp(cookie.bytes, "fLaC", 4) == 0)
        cookie = from(cookie, 4);
    else if (cookie.size >= 8 + CM_FLAC_INFO_SIZE && cm_get_be32(cookie.bytes) == 0)
        cookie = from(cookie, 4);
    if (cookie.size >= 4 + CM_FLAC_INFO_SIZE && (cm_get_be32(cookie.bytes) & 0x7FFFFFFF) == CM_FLAC_INFO_SIZE)
        cookie = from(cookie, 4);
    if (cookie.size < CM_FLAC_INFO_SIZE)
        return false;
    cm_flac_info parsed;
    parse_streaminfo(cookie.bytes, &parsed);
    if (parsed.rate == 0 || parsed.max_block < 16 || parsed.bits < 4)
        return false;
    *found = (cm_span){ cookie.bytes, CM_FLAC_INFO_SIZE };
    if (info)
        *info = parsed;
    return true;
}

void cm_cookie_write_flac(const UInt8 info[CM_FLAC_INFO_SIZE], UInt8 to[CM_FLAC_COOKIE_SIZE])
{
    cm_put_be32(to, CM_FLAC_COOKIE_SIZE);
    cm_put_be32(to + 4, 'dfLa');
    cm_put_be32(to + BOX_HEADER, 0);
    cm_put_be32(to + FULL_BOX_HEADER, 0x80000000u | CM_FLAC_INFO_SIZE);
    memcpy(to + FULL_BOX_HEADER + 4, info, CM_FLAC_INFO_SIZE);
}

/* ---- Opus ---- */

static bool take_mapping(cm_span table, cm_opus_head *head)
{
    head->streams = 1;
    head->coupled = (UInt8)(head->channels - 1);
    for (unsigned i = 0; i < 255; i++)
        head->mapping[i] = (UInt8)i;
    if (head->family == 0)
        return head->channels <= 2;
    if (table.size < 2u + head->channels)
        return false;
    head->streams = table.bytes[0];
    head->coupled = table.bytes[1];
    memcpy(head->mapping, table.bytes + 2, head->channels);
    return head->streams > 0 && head->coupled <= head->streams && head->streams + head->coupled <= 255;
}

bool cm_cookie_find_opus(cm_span cookie, cm_opus_head *head)
{
    bool is_head = cookie.size >= 8 && memcmp(cookie.bytes, "OpusHead", 8) == 0;
    if (is_head || is_box(cookie, 'dOps'))
        cookie = from(cookie, 8);
    const UInt8 *b = cookie.bytes;
    if (cookie.size < 11 || b[1] == 0 || (is_head ? b[0] > 15 : b[0] != 0))
        return false;
    *head = (cm_opus_head){ .channels = b[1], .family = b[10] };
    head->pre_skip = is_head ? cm_get_le16(b + 2) : cm_get_be16(b + 2);
    head->input_rate = is_head ? cm_get_le32(b + 4) : cm_get_be32(b + 4);
    head->gain = (SInt16)(is_head ? cm_get_le16(b + 8) : cm_get_be16(b + 8));
    return take_mapping(from(cookie, 11), head);
}

static size_t put_mapping(const cm_opus_head *head, UInt8 *to)
{
    to[0] = head->family;
    if (head->family == 0)
        return 1;
    to[1] = head->streams;
    to[2] = head->coupled;
    memcpy(to + 3, head->mapping, head->channels);
    return 3u + head->channels;
}

size_t cm_cookie_write_opus_head(const cm_opus_head *head, UInt8 *to)
{
    memcpy(to, "OpusHead", 8);
    to[8] = 1;
    to[9] = head->channels;
    cm_put_le16(to + 10, head->pre_skip);
    cm_put_le32(to + 12, head->input_rate);
    cm_put_le16(to + 16, (UInt16)head->gain);
    return 18 + put_mapping(head, to + 18);
}

size_t cm_cookie_write_dops(const cm_opus_head *head, UInt8 *to)
{
    to[0] = 0;
    to[1] = head->channels;
    cm_put_be16(to + 2, head->pre_skip);
    cm_put_be32(to + 4, head->input_rate);
    cm_put_be16(to + 8, (UInt16)head->gain);
    return 10 + put_mapping(head, to + 10);
}

/* ---- Vorbis ---- */

bool cm_cookie_find_vorbis(cm_span cookie, cm_span headers[3])
{
    if (cookie.size < 3 || cookie.bytes[0] != 2)
        return false;
    size_t lengths[2] = { 0, 0 }, at = 1;
    for (int i = 0; i < 2; i++) {
        UInt8 byte;
        do {
            if (at >= cookie.size)
                return false;
            byte = cookie.bytes[at++];
            lengths[i] += byte;
        } while (byte == 255);
    }
    cm_span rest = from(cookie, at);
    if (lengths[0] > rest.size || lengths[1] > rest.size - lengths[0])
        return false;
    headers[0] = (cm_span){ rest.bytes, lengths[0] };
    headers[1] = (cm_span){ rest.bytes + lengths[0], lengths[1] };
    headers[2] = from(rest, lengths[0] + lengths[1]);
    for (int i = 0; i < 3; i++)
        if (headers[i].size < 7 || headers[i].bytes[0] != 1 + 2 * i ||
            memcmp(headers[i].bytes + 1, "vorbis", 6) != 0)
            return false;
    return true;
}

size_t cm_cookie_write_vorbis(const cm_span headers[3], UInt8 *to)
{
    size_t laced = headers[0].size / 255 + headers[1].size / 255 + 2;
    size_t size = 1 + laced + headers[0].size + headers[1].size + headers[2].size;
    if (!to)
        return size;
    *to++ = 2;
    for (int i = 0; i < 2; i++) {
        memset(to, 255, headers[i].size / 255);
        to += headers[i].size / 255;
        *to++ = (UInt8)(headers[i].size % 255);
    }
    for (int i = 0; i < 3; i++) {
        memcpy(to, headers[i].bytes, headers[i].size);
        to += headers[i].size;
    }
    return size;
}
