#include "flac_frame.h"

#include <pthread.h>

#define CRC8_POLYNOMIAL 0x07
#define CRC16_POLYNOMIAL 0x8005

static UInt8 crc8_table[256];
static UInt16 crc16_tables[8][256]; /* [n]: of a byte with n bytes behind it */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_tables(void)
{
    for (unsigned i = 0; i < 256; i++) {
        unsigned small = i, large = i << 8;
        for (int bit = 0; bit < 8; bit++) {
            small = small << 1 ^ (small & 0x80 ? CRC8_POLYNOMIAL : 0);
            large = large << 1 ^ (large & 0x8000 ? CRC16_POLYNOMIAL : 0);
        }
        crc8_table[i] = (UInt8)small;
        crc16_tables[0][i] = (UInt16)large;
    }
    for (unsigned n = 1; n < 8; n++)
        for (unsigned i = 0; i < 256; i++) {
            UInt16 before = crc16_tables[n - 1][i];
            crc16_tables[n][i] = (UInt16)(before << 8 ^ crc16_tables[0][before >> 8]);
        }
}

static UInt8 crc8(const UInt8 *bytes, size_t size)
{
    UInt8 crc = 0;
    pthread_once(&once, make_tables);
    for (size_t i = 0; i < size; i++)
        crc = crc8_table[crc ^ bytes[i]];
    return crc;
}

/* Eight bytes at a time: one by one, each waits for the table's answer to the one before. */
UInt16 cm_flac_crc16(UInt16 crc, const UInt8 *bytes, size_t size)
{
    pthread_once(&once, make_tables);
    for (; size >= 8; size -= 8, bytes += 8) {
        UInt16 sum = crc16_tables[7][bytes[0] ^ crc >> 8] ^ crc16_tables[6][bytes[1] ^ (crc & 0xFF)];
        for (unsigned i = 2; i < 8; i++)
            sum ^= crc16_tables[7 - i][bytes[i]];
        crc = sum;
    }
    for (size_t i = 0; i < size; i++)
        crc = (UInt16)(crc << 8 ^ crc16_tables[0][crc >> 8 ^ bytes[i]]);
    return crc;
}

/* The number is coded as UTF-8 is, up to seven bytes. Returns the bytes, 0 when they are none. */
static UInt32 parse_number(const UInt8 *bytes, size_t size, UInt64 *number)
{
    UInt32 length = 1;
    UInt8 first = bytes[0];
    if (first & 0x80) {
        for (length = 0; length < 8 && first & 0x80 >> length; length++)
            ;
        if (length < 2 || length > 7 || size < length)
            return 0;
    }
    *number = length == 1 ? first : length == 7 ? 0 : first & (0x7Fu >> length);
    for (UInt32 i = 1; i < length; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
        *number = *number << 6 | (bytes[i] & 0x3F);
    }
    return length;
}

/* Frames by the code of table 14; 0 when it is reserved, 1 and 2 more bytes say where it is 6 and 7. */
static UInt32 coded_frames(UInt32 code, const UInt8 *more)
{
    if (code == 1)
        return 192;
    if (code >= 2 && code <= 5)
        return 576u << (code - 2);
    if (code == 6)
        return more[0] + 1u;
    if (code == 7)
        return ((UInt32)more[0] << 8 | more[1]) + 1u;
    return code >= 8 ? 256u << (code - 8) : 0;
}

bool cm_flac_frame_parse(const UInt8 *bytes, size_t size, cm_flac_frame *frame)
{
    if (size < 6 || bytes[0] != 0xFF || (bytes[1] & 0xFE) != 0xF8)
        return false;
    UInt32 frames_code = bytes[2] >> 4, rate_code = bytes[2] & 15;
    UInt32 channel_code = bytes[3] >> 4, bits_code = bytes[3] >> 1 & 7;
    if (frames_code == 0 || rate_code == 15 || channel_code > 10 || bits_code == 3 || bytes[3] & 1)
        return false;
    UInt32 number = parse_number(bytes + 4, size - 4, &frame->number);
    UInt32 at = 4 + number;
    UInt32 more = frames_code == 6 ? 1 : frames_code == 7 ? 2 : 0;
    UInt32 rate_bytes = rate_code == 12 ? 1 : rate_code == 13 || rate_code == 14 ? 2 : 0;
    if (number == 0 || size < at + more + rate_bytes + 1)
        return false;
    frame->frames = coded_frames(frames_code, bytes + at);
    at += more + rate_bytes;
    frame->header_size = at + 1;
    frame->is_variable = bytes[1] & 1;
    UInt32 channels = channel_code > 7 ? 1 : channel_code; /* stereo, however it is coded */
    frame->key = (UInt16)((bytes[1] & 1u) << 15 | rate_code << 8 | channels << 4 | bits_code);
    return crc8(bytes, at) == bytes[at];
}
