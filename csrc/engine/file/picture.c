#include "picture.h"

#include "../base/bytes.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME "METADATA_BLOCK_PICTURE"
enum { FRONT_COVER = 3 };

const char *cm_picture_mime(const UInt8 *image, size_t size)
{
    static const struct {
        const char *magic;
        size_t length;
        const char *mime;
    } kinds[] = { { "\xFF\xD8\xFF", 3, "image/jpeg" },
                  { "\x89PNG\r\n\x1A\n", 8, "image/png" },
                  { "GIF8", 4, "image/gif" },
                  { "BM", 2, "image/bmp" } };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (size >= kinds[i].length && memcmp(image, kinds[i].magic, kinds[i].length) == 0)
            return kinds[i].mime;
    return "image/";
}

bool cm_picture_image(const UInt8 *block, size_t size, const UInt8 **image, size_t *image_size,
                      bool *is_front)
{
    if (size < 32)
        return false;
    *is_front = cm_get_be32(block) == FRONT_COVER;
    size_t mime = cm_get_be32(block + 4);
    if (mime > size - 32 || (mime == 3 && memcmp(block + 8, "-->", 3) == 0))
        return false;
    size_t description = cm_get_be32(block + 8 + mime);
    if (description > size - 32 - mime)
        return false;
    const UInt8 *at = block + 12 + mime + description + 16; /* behind width, height, depth, colours */
    *image_size = cm_get_be32(at);
    *image = at + 4;
    return *image_size > 0 && *image_size <= (size_t)(block + size - *image);
}

static void put_u32(CFMutableDataRef to, size_t value)
{
    UInt8 bytes[4];
    cm_put_be32(bytes, (UInt32)value);
    CFDataAppendBytes(to, bytes, sizeof bytes);
}

void cm_picture_append(CFDataRef image, CFMutableDataRef to)
{
    const UInt8 *bytes = CFDataGetBytePtr(image);
    size_t size = (size_t)CFDataGetLength(image);
    const char *mime = cm_picture_mime(bytes, size);
    put_u32(to, FRONT_COVER);
    put_u32(to, strlen(mime));
    CFDataAppendBytes(to, (const UInt8 *)mime, (CFIndex)strlen(mime));
    for (int i = 0; i < 5; i++) /* no description; width, height, depth and colours are not known */
        put_u32(to, 0);
    put_u32(to, size);
    CFDataAppendBytes(to, bytes, (CFIndex)size);
}

/* ---- base64 (RFC 4648) ---- */

static const char digits[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static char *encode(const UInt8 *bytes, size_t size)
{
    char *text = malloc((size + 2) / 3 * 4 + 1), *to = text;
    if (!text)
        return NULL;
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        UInt32 group = (UInt32)bytes[i] << 16 | (left > 1 ? (UInt32)bytes[i + 1] << 8 : 0) |
                       (left > 2 ? bytes[i + 2] : 0u);
        *to++ = digits[group >> 18];
        *to++ = digits[group >> 12 & 63];
        *to++ = left > 1 ? digits[group >> 6 & 63] : '=';
        *to++ = left > 2 ? digits[group & 63] : '=';
    }
    *to = 0;
    return text;
}

/* Decodes up to the first byte that is no digit. */
static UInt8 *decode(const char *text, size_t *size)
{
    UInt8 *bytes = malloc(strlen(text) / 4 * 3 + 3), *to = bytes;
    UInt32 group = 0;
    unsigned count = 0;
    *size = 0;
    if (!bytes)
        return NULL;
    for (const char *digit; *text && (digit = strchr(digits, *text)); text++) {
        group = group << 6 | (UInt32)(digit - digits);
        if (++count % 4 != 0)
            continue;
        *to++ = (UInt8)(group >> 16);
        *to++ = (UInt8)(group >> 8);
        *to++ = (UInt8)group;
    }
    if (count % 4 >= 2)
        *to++ = (UInt8)(count % 4 == 2 ? group >> 4 : group >> 10);
    if (count % 4 == 3)
        *to++ = (UInt8)(group >> 2);
    *size = (size_t)(to - bytes);
    return bytes;
}

/* ---- comments ---- */

OSStatus cm_picture_from_comments(const cm_comments *comments, CFDataRef *image)
{
    bool front = false;
    *image = NULL;
    for (size_t i = 0; !front && i < comments->count; i++) {
        const cm_comment *item = &comments->items[i];
        if (item->size < sizeof NAME || strncasecmp(item->text, NAME "=", sizeof NAME) != 0)
            continue;
        size_t size, image_size;
        const UInt8 *bytes;
        UInt8 *block = decode(item->text + sizeof NAME, &size);
        if (!block)
            return cmMemFullError;
        bool good = cm_picture_image(block, size, &bytes, &image_size, &front);
        if (good && (!*image || front)) {
            if (*image)
                CFRelease(*image);
            *image = CFDataCreate(NULL, bytes, (CFIndex)image_size);
        }
        free(block);
        front = front && good;
    }
    return noErr;
}

OSStatus cm_picture_to_comments(cm_comments *comments, CFDataRef image)
{
    if (!image || CFDataGetLength(image) == 0)
        return cm_comments_set(comments, NAME, NULL);
    CFMutableDataRef block = CFDataCreateMutable(NULL, 0);
    if (!block)
        return cmMemFullError;
    cm_picture_append(image, block);
    char *text = encode(CFDataGetBytePtr(block), (size_t)CFDataGetLength(block));
    CFRelease(block);
    OSStatus status = text ? cm_comments_set(comments, NAME, text) : cmMemFullError;
    free(text);
    return status;
}
