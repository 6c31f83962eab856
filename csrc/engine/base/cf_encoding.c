#include "cf_encoding.h"

#include "bytes.h"
#include "cf_case_table.h"
#include "cf_encoding_tables.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Lowest scalar for each number of continuation bytes: anything below was spelled too long (RFC 3629). */
static const uint32_t utf8_lowest[] = { 0, 0x80, 0x800, 0x10000 };

bool cm_cf_utf8_next(const UInt8 **at, const UInt8 *end, uint32_t *scalar)
{
    const UInt8 *from = *at;
    if (from == end)
        return false;
    uint32_t value = *from++;
    if (value >= 0x80) {
        size_t more = value >= 0xF8 ? 0 : value >= 0xF0 ? 3 : value >= 0xE0 ? 2 : value >= 0xC0 ? 1 : 0;
        if (!more || (size_t)(end - from) < more)
            return false;
        value &= 0x3Fu >> more;
        for (size_t i = 0; i < more; i++, from++) {
            if ((*from & 0xC0) != 0x80)
                return false;
            value = value << 6 | (*from & 0x3Fu);
        }
        if (value < utf8_lowest[more] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
            return false;
    }
    *scalar = value;
    *at = from;
    return true;
}

size_t cm_cf_utf8_put(uint32_t scalar, UInt8 *to)
{
    if (scalar < 0x80) {
        to[0] = (UInt8)scalar;
        return 1;
    }
    size_t more = scalar < 0x800 ? 1 : scalar < 0x10000 ? 2 : 3;
    to[0] = (UInt8)(0xFF00u >> (more + 1) | scalar >> 6 * more);
    for (size_t i = 1; i <= more; i++)
        to[i] = (UInt8)(0x80 | (scalar >> 6 * (more - i) & 0x3F));
    return more + 1;
}

bool cm_cf_utf8_scan(const void *bytes, size_t size, CFIndex *length, bool *ascii)
{
    const UInt8 *at = bytes, *end = at + size;
    while (end - at >= 8 && (cm_get_le64(at) & 0x8080808080808080u) == 0)
        at += 8;
    while (at < end && *at < 0x80)
        at++;
    *ascii = at == end;
    CFIndex units = at - (const UInt8 *)bytes;
    while (at < end) {
        uint32_t scalar;
        if (!cm_cf_utf8_next(&at, end, &scalar))
            return false;
        units += scalar > 0xFFFF ? 2 : 1;
    }
    *length = units;
    return true;
}

static bool utf8_next(const cm_cf_encoding *self, const UInt8 **at, const UInt8 *end, uint32_t *scalar)
{
    (void)self;
    return cm_cf_utf8_next(at, end, scalar);
}

static size_t utf8_put(const cm_cf_encoding *self, uint32_t scalar, UInt8 *to)
{
    (void)self;
    return scalar >= 0xD800 && scalar < 0xE000 ? 0 : cm_cf_utf8_put(scalar, to);
}

static bool single_next(const cm_cf_encoding *self, const UInt8 **at, const UInt8 *end, uint32_t *scalar)
{
    if (*at == end)
        return false;
    UInt8 byte = *(*at)++;
    *scalar = byte >= 0x80 && self->upper ? self->upper[byte - 0x80] : byte;
    return byte < 0x80 || (self->upper ? *scalar != 0 : byte < self->limit);
}

static size_t single_put(const cm_cf_encoding *self, uint32_t scalar, UInt8 *to)
{
    if (scalar < 0x80 || (!self->upper && scalar < self->limit)) {
        to[0] = (UInt8)scalar;
        return 1;
    }
    for (size_t i = 0; self->upper && i < 0x80; i++)
        if (self->upper[i] == scalar) {
            to[0] = (UInt8)(0x80 + i);
            return 1;
        }
    return 0;
}

static uint32_t get_unit16(const cm_cf_encoding *self, const UInt8 *from)
{
    return self->big_endian ? cm_get_be16(from) : cm_get_le16(from);
}

static void put_unit16(const cm_cf_encoding *self, UInt8 *to, uint32_t unit)
{
    (self->big_endian ? cm_put_be16 : cm_put_le16)(to, (uint16_t)unit);
}

static bool utf16_next(const cm_cf_encoding *self, const UInt8 **at, const UInt8 *end, uint32_t *scalar)
{
    const UInt8 *from = *at;
    if (end - from < 2)
        return false;
    uint32_t value = get_unit16(self, from);
    from += 2;
    if (value >= 0xD800 && value < 0xE000) {
        if (value >= 0xDC00 || end - from < 2)
            return false;
        uint32_t low = get_unit16(self, from);
        from += 2;
        if (low < 0xDC00 || low >= 0xE000)
            return false;
        value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
    }
    *scalar = value;
    *at = from;
    return true;
}

static size_t utf16_put(const cm_cf_encoding *self, uint32_t scalar, UInt8 *to)
{
    if (scalar < 0x10000) {
        put_unit16(self, to, scalar);
        return 2;
    }
    put_unit16(self, to, 0xD800 + ((scalar - 0x10000) >> 10));
    put_unit16(self, to + 2, 0xDC00 + ((scalar - 0x10000) & 0x3FF));
    return 4;
}

static bool utf32_next(const cm_cf_encoding *self, const UInt8 **at, const UInt8 *end, uint32_t *scalar)
{
    if (end - *at < 4)
        return false;
    *scalar = self->big_endian ? cm_get_be32(*at) : cm_get_le32(*at);
    *at += 4;
    return *scalar <= 0x10FFFF && (*scalar < 0xD800 || *scalar >= 0xE000);
}

static size_t utf32_put(const cm_cf_encoding *self, uint32_t scalar, UInt8 *to)
{
    if (scalar >= 0xD800 && scalar < 0xE000)
        return 0;
    (self->big_endian ? cm_put_be32 : cm_put_le32)(to, scalar);
    return 4;
}

#define SINGLE(number, first_lacking, table)                                                                 \
    {                                                                                                        \
        .id = (number), .unit = 1, .bytes_per_utf16 = 1, .limit = (first_lacking), .upper = (table),         \
        .next = single_next, .put = single_put                                                               \
    }
#define UTF16(number, is_big, is_marked)                                                                     \
    {                                                                                                        \
        .id = (number), .unit = 2, .bytes_per_utf16 = 2, .big_endian = (is_big), .marked = (is_marked),      \
        .next = utf16_next, .put = utf16_put                                                                 \
    }
#define UTF32(number, is_big, is_marked)                                                                     \
    {                                                                                                        \
        .id = (number), .unit = 4, .bytes_per_utf16 = 4, .big_endian = (is_big), .marked = (is_marked),      \
        .next = utf32_next, .put = utf32_put                                                                 \
    }

static const cm_cf_encoding encodings[] = {
    { .id = kCFStringEncodingUTF8, .unit = 1, .bytes_per_utf16 = 3, .next = utf8_next, .put = utf8_put },
    SINGLE(kCFStringEncodingASCII, 0x80, NULL),
    SINGLE(kCFStringEncodingMacRoman, 0, mac_roman_upper),
    SINGLE(kCFStringEncodingWindowsLatin1, 0, windows_latin1_upper),
    SINGLE(kCFStringEncodingISOLatin1, 0x100, NULL),
    UTF16(kCFStringEncodingUTF16, false, true),
    UTF16(kCFStringEncodingUTF16BE, true, false),
    UTF16(kCFStringEncodingUTF16LE, false, false),
    UTF32(kCFStringEncodingUTF32, false, true),
    UTF32(kCFStringEncodingUTF32BE, true, false),
    UTF32(kCFStringEncodingUTF32LE, false, false),
};

const cm_cf_encoding *cm_cf_encoding_find(CFStringEncoding id)
{
    for (size_t i = 0; i < COUNT(encodings); i++)
        if (encodings[i].id == id)
            return &encodings[i];
    return NULL;
}

static const struct {
    UInt8 bytes[4];
    size_t size;
    CFStringEncoding found_in, means;
} marks[] = {
    { { 0xEF, 0xBB, 0xBF }, 3, kCFStringEncodingUTF8, kCFStringEncodingUTF8 },
    { { 0xFE, 0xFF }, 2, kCFStringEncodingUTF16, kCFStringEncodingUTF16BE },
    { { 0xFF, 0xFE }, 2, kCFStringEncodingUTF16, kCFStringEncodingUTF16LE },
    { { 0xFE, 0xFF }, 2, kCFStringEncodingUTF16BE, kCFStringEncodingUTF16BE },
    { { 0xFF, 0xFE }, 2, kCFStringEncodingUTF16LE, kCFStringEncodingUTF16LE },
    { { 0x00, 0x00, 0xFE, 0xFF }, 4, kCFStringEncodingUTF32, kCFStringEncodingUTF32BE },
    { { 0xFF, 0xFE, 0x00, 0x00 }, 4, kCFStringEncodingUTF32, kCFStringEncodingUTF32LE },
    { { 0x00, 0x00, 0xFE, 0xFF }, 4, kCFStringEncodingUTF32BE, kCFStringEncodingUTF32BE },
    { { 0xFF, 0xFE, 0x00, 0x00 }, 4, kCFStringEncodingUTF32LE, kCFStringEncodingUTF32LE },
};

const cm_cf_encoding *cm_cf_encoding_marked(const cm_cf_encoding *encoding, const UInt8 *bytes, size_t size,
                                            size_t *skip)
{
    *skip = 0;
    for (size_t i = 0; i < COUNT(marks); i++)
        if (marks[i].found_in == encoding->id && size >= marks[i].size &&
            memcmp(bytes, marks[i].bytes, marks[i].size) == 0) {
            *skip = marks[i].size;
            return cm_cf_encoding_find(marks[i].means);
        }
    return encoding;
}

bool cm_cf_encoding_decode(const cm_cf_encoding *encoding, const UInt8 *bytes, size_t size, cm_cf_buffer *out)
{
    if (encoding->id == kCFStringEncodingUTF8) {
        CFIndex length;
        bool ascii;
        cm_cf_buffer_put(out, bytes, size);
        return cm_cf_utf8_scan(bytes, size, &length, &ascii);
    }
    const UInt8 *at = bytes, *end = bytes + size;
    while (at < end) {
        uint32_t scalar;
        if (!encoding->next(encoding, &at, end, &scalar))
            return false;
        cm_cf_buffer_scalar(out, scalar);
    }
    return true;
}

uint32_t cm_cf_fold_case(uint32_t scalar)
{
    size_t low = 0, high = COUNT(case_runs);
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct case_run *run = &case_runs[middle];
        if (scalar < run->first)
            high = middle;
        else if (scalar > run->last)
            low = middle + 1;
        else
            return (scalar - run->first) % run->step ? scalar : scalar + (uint32_t)run->delta;
    }
    return scalar;
}
