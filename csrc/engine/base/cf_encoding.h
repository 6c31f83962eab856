/*
 * cf_encoding.h: the text encodings of <CoreFoundation/CFString.h>, to and from Unicode scalar values.
 *
 * Everything here is [any] and takes any bytes: what is not valid in an encoding is refused, never guessed.
 */
#ifndef CM_BASE_CF_ENCODING_H
#define CM_BASE_CF_ENCODING_H

#include "cf_buffer.h"

#include <CoreFoundation/CFString.h>

typedef struct cm_cf_encoding {
    CFStringEncoding id;
    UInt8 unit;            /* bytes per code unit; 1 means that ASCII text is the same bytes */
    UInt8 bytes_per_utf16; /* at most this many bytes for each UTF-16 code unit */
    bool big_endian;
    bool marked;           /* writes a byte order mark in external text, and reads one */
    uint32_t limit;        /* single-byte encodings without a table: the first scalar they lack */
    const uint16_t *upper; /* single-byte encodings: what 0x80 .. 0xFF mean, 0 for nothing */
    bool (*next)(const struct cm_cf_encoding *self, const UInt8 **at, const UInt8 *end, uint32_t *scalar);
    size_t (*put)(const struct cm_cf_encoding *self, uint32_t scalar, UInt8 *to);
} cm_cf_encoding;

/* NULL when the encoding is unknown. Of the encodings that share a number, all are one entry. */
const cm_cf_encoding *cm_cf_encoding_find(CFStringEncoding id);

/*
 * The encoding that the byte order mark at the start of bytes asks for, *skip bytes long, when encoding
 * leaves that open or has a mark of its own; otherwise encoding itself.
 */
const cm_cf_encoding *cm_cf_encoding_marked(const cm_cf_encoding *encoding, const UInt8 *bytes, size_t size,
                                            size_t *skip);

/* Appends bytes as UTF-8 to out; false when they are not valid in the encoding. */
bool cm_cf_encoding_decode(const cm_cf_encoding *encoding, const UInt8 *bytes, size_t size,
                           cm_cf_buffer *out);

/*
 * Reads the scalar at *at and moves past it; false for what is not valid. next and put of the table do the
 * same for each encoding; put writes at most 4 bytes and returns how many, 0 when the encoding lacks the
 * scalar. A UTF-16 encoding also writes half of a surrogate pair.
 */
bool cm_cf_utf8_next(const UInt8 **at, const UInt8 *end, uint32_t *scalar);
size_t cm_cf_utf8_put(uint32_t scalar, UInt8 *to);

/*
 * True when all is valid UTF-8; then *length is its length in UTF-16 code units, *ascii whether it is ASCII.
 */
bool cm_cf_utf8_scan(const void *bytes, size_t size, CFIndex *length, bool *ascii);

/* The scalar at *at in text known to be valid. */
static inline uint32_t cm_cf_utf8_take(const char **at)
{
    const UInt8 *from = (const UInt8 *)*at;
    uint32_t scalar = *from++;
    if (scalar >= 0x80) {
        int more = scalar >= 0xF0 ? 3 : scalar >= 0xE0 ? 2 : 1;
        scalar &= 0x3Fu >> more;
        while (more--)
            scalar = scalar << 6 | (*from++ & 0x3Fu);
    }
    *at = (const char *)from;
    return scalar;
}

/* The scalar that stands for both cases of a letter (Unicode's simple case folding). */
uint32_t cm_cf_fold_case(uint32_t scalar);

#endif
