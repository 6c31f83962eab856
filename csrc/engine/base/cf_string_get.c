/* Reading a CFString: its UTF-16 units, its bytes in an encoding, its numbers. */
#include "cf_data.h"
#include "cf_encoding.h"
#include "cf_string.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

CFIndex CFStringGetLength(CFStringRef str)
{
    return cm_cf_as_string(str) ? str->length : 0;
}

/*
 * The text of a range, scalar by scalar; where the range cuts a surrogate pair, the half that is inside.
 * Step with next_piece until it returns false.
 */
typedef struct pieces {
    const char *at;
    CFIndex left; /* UTF-16 units */
    bool half;    /* the first unit is the second half of a pair */
} pieces;

static pieces pieces_of(CFStringRef str, CFRange range)
{
    pieces from = { .left = range.length };
    from.at = str->bytes + cm_cf_string_offset(str, range.location, &from.half);
    return from;
}

static uint32_t high_half(uint32_t scalar)
{
    return 0xD800 + ((scalar - 0x10000) >> 10);
}

static uint32_t low_half(uint32_t scalar)
{
    return 0xDC00 + ((scalar - 0x10000) & 0x3FF);
}

static bool next_piece(pieces *from, uint32_t *scalar)
{
    if (from->left <= 0)
        return false;
    *scalar = cm_cf_utf8_take(&from->at);
    if (from->half)
        *scalar = low_half(*scalar);
    else if (*scalar > 0xFFFF && from->left == 1)
        *scalar = high_half(*scalar);
    from->half = false;
    from->left -= *scalar > 0xFFFF ? 2 : 1;
    return true;
}

UniChar CFStringGetCharacterAtIndex(CFStringRef str, CFIndex index)
{
    UniChar unit = 0;
    CFStringGetCharacters(str, CFRangeMake(index, 1), &unit);
    return unit;
}

void CFStringGetCharacters(CFStringRef str, CFRange range, UniChar *buffer)
{
    if (!cm_cf_as_string(str) || !cm_cf_range_within(range, str->length))
        return;
    pieces from = pieces_of(str, range);
    uint32_t scalar;
    while (next_piece(&from, &scalar)) {
        if (scalar > 0xFFFF)
            *buffer++ = (UniChar)high_half(scalar);
        *buffer++ = (UniChar)(scalar > 0xFFFF ? low_half(scalar) : scalar);
    }
}

/* True when the text in the encoding is the bytes that it is kept as. */
static bool is_kept_in(CFStringRef str, const cm_cf_encoding *encoding)
{
    return encoding->id == kCFStringEncodingUTF8 || (str->ascii && encoding->unit == 1);
}

static bool is_whole(CFStringRef str, CFRange range)
{
    return range.location == 0 && range.length == str->length;
}

/* As CFStringGetBytes, scalar by scalar, into at most room bytes. */
static CFIndex convert(CFStringRef str, CFRange range, const cm_cf_encoding *encoding, UInt8 loss_byte,
                       bool mark, UInt8 *buffer, CFIndex room, CFIndex *used)
{
    CFIndex converted = 0;
    pieces from = pieces_of(str, range);
    uint32_t scalar = 0xFEFF;
    bool more = mark || next_piece(&from, &scalar);
    while (more) {
        UInt8 bytes[4];
        size_t size = encoding->put(encoding, scalar, bytes);
        if (!size && loss_byte)
            size = encoding->put(encoding, loss_byte, bytes);
        if (!size || (CFIndex)size > room - *used)
            break;
        if (buffer)
            memcpy(buffer + *used, bytes, size);
        *used += (CFIndex)size;
        converted = range.length - from.left;
        more = next_piece(&from, &scalar);
    }
    return converted;
}

CFIndex CFStringGetBytes(CFStringRef str, CFRange range, CFStringEncoding encoding_id, UInt8 loss_byte,
                         Boolean is_external, UInt8 *buffer, CFIndex max_len, CFIndex *used_len)
{
    CFIndex used = 0, converted = 0, room = buffer ? max_len : LONG_MAX;
    const cm_cf_encoding *encoding = cm_cf_encoding_find(encoding_id);
    bool valid = cm_cf_as_string(str) && encoding && cm_cf_range_within(range, str->length);
    if (valid && is_kept_in(str, encoding) && is_whole(str, range) && (CFIndex)str->size <= room) {
        if (buffer)
            memcpy(buffer, str->bytes, str->size);
        used = (CFIndex)str->size;
        converted = str->length;
    } else if (valid) {
        bool mark = is_external && encoding->marked;
        converted = convert(str, range, encoding, loss_byte, mark, buffer, room, &used);
    }
    if (used_len)
        *used_len = used;
    return converted;
}

Boolean CFStringGetCString(CFStringRef str, char *buffer, CFIndex buffer_size, CFStringEncoding encoding_id)
{
    const cm_cf_encoding *encoding = cm_cf_encoding_find(encoding_id);
    if (!buffer || buffer_size < 1)
        return false;
    buffer[0] = '\0';
    if (!cm_cf_as_string(str) || !encoding)
        return false;
    CFIndex size, unit = encoding->unit;
    CFRange all = { 0, str->length };
    if (CFStringGetBytes(str, all, encoding_id, 0, false, NULL, 0, &size) != all.length ||
        size > buffer_size - unit)
        return false;
    CFStringGetBytes(str, all, encoding_id, 0, false, (UInt8 *)buffer, size, NULL);
    memset(buffer + size, 0, (size_t)unit);
    return true;
}

const char *CFStringGetCStringPtr(CFStringRef str, CFStringEncoding encoding_id)
{
    const cm_cf_encoding *encoding = cm_cf_encoding_find(encoding_id);
    if (!cm_cf_as_string(str) || !encoding)
        return NULL;
    return is_kept_in(str, encoding) ? str->bytes : NULL;
}

CFDataRef CFStringCreateExternalRepresentation(CFAllocatorRef alloc, CFStringRef str,
                                               CFStringEncoding encoding, UInt8 loss_byte)
{
    if (!cm_cf_as_string(str))
        return NULL;
    CFIndex size;
    CFRange all = { 0, str->length };
    if (!cm_cf_encoding_find(encoding) ||
        CFStringGetBytes(str, all, encoding, loss_byte, true, NULL, 0, &size) != all.length)
        return NULL;
    CFMutableDataRef data = CFDataCreateMutable(alloc, 0);
    CFDataSetLength(data, size);
    if (CFDataGetLength(data) != size) {
        CFRelease(data);
        return NULL;
    }
    CFStringGetBytes(str, all, encoding, loss_byte, true, CFDataGetMutableBytePtr(data), size, NULL);
    cm_cf_data_freeze(data);
    return data;
}

CFIndex CFStringGetMaximumSizeForEncoding(CFIndex length, CFStringEncoding encoding_id)
{
    const cm_cf_encoding *encoding = cm_cf_encoding_find(encoding_id);
    if (!encoding || length < 0 || length > LONG_MAX / encoding->bytes_per_utf16)
        return kCFNotFound;
    return length * encoding->bytes_per_utf16;
}

CFIndex CFStringGetMaximumSizeOfFileSystemRepresentation(CFStringRef str)
{
    return cm_cf_as_string(str) ? (CFIndex)str->size + 1 : 0;
}

Boolean CFStringGetFileSystemRepresentation(CFStringRef str, char *buffer, CFIndex max_len)
{
    if (!cm_cf_as_string(str) || strlen(str->bytes) != str->size)
        return false;
    return CFStringGetCString(str, buffer, max_len, kCFStringEncodingUTF8);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

SInt32 CFStringGetIntValue(CFStringRef str)
{
    if (!cm_cf_as_string(str))
        return 0;
    const char *at = str->bytes;
    while (is_space(*at))
        at++;
    bool negative = *at == '-';
    if (*at == '-' || *at == '+')
        at++;
    SInt64 value = 0;
    for (; is_digit(*at) && value <= INT32_MAX; at++)
        value = value * 10 + (*at - '0');
    if (negative)
        return value > INT32_MAX ? INT32_MIN : (SInt32)-value;
    return value > INT32_MAX ? INT32_MAX : (SInt32)value;
}

/*
 * Where a decimal real, without "inf" and hexadecimal which strtod also reads, ends; start when there is
 * none.
 */
static const char *real_end(const char *start)
{
    const char *at = start + (*start == '-' || *start == '+');
    const char *digits = at;
    while (is_digit(*at))
        at++;
    bool any = at > digits;
    if (*at == '.') {
        const char *fraction = ++at;
        while (is_digit(*at))
            at++;
        any = any || at > fraction;
    }
    if (!any)
        return start;
    if (*at == 'e' || *at == 'E') {
        const char *exponent = at + 1 + (at[1] == '-' || at[1] == '+');
        if (is_digit(*exponent))
            for (at = exponent; is_digit(*at);)
                at++;
    }
    return at;
}

double CFStringGetDoubleValue(CFStringRef str)
{
    if (!cm_cf_as_string(str))
        return 0;
    const char *at = str->bytes;
    while (is_space(*at))
        at++;
    const char *end = real_end(at);
    cm_cf_buffer number = { 0 };
    cm_cf_buffer_put(&number, at, (size_t)(end - at));
    double value = end > at && !number.failed ? cm_cf_real_parse(number.bytes, NULL) : 0;
    cm_cf_buffer_free(&number);
    return value;
}
