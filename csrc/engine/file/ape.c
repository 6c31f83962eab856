#include "ape.h"

#include "info.h"
#include "../base/bytes.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ITEM_HEAD 8u
#define PICTURE "Cover Art ("
#define FRONT "Cover Art (Front)"

enum { IS_HEADER = 1 << 29, KIND = 6, TEXT = 0, BINARY = 2 }; /* of flags; kinds in place */
#define HAS_HEADER 0x80000000u

typedef struct item {
    const UInt8 *whole;
    size_t whole_size;
    UInt32 flags;
    const char *key; /* ends with a NUL */
    const UInt8 *value;
    size_t size;
} item;

static const struct {
    const char *name, *key;
} names[] = {
    { "Title", kAFInfoDictionary_Title },
    { "Subtitle", kAFInfoDictionary_SubTitle },
    { "Artist", kAFInfoDictionary_Artist },
    { "Album", kAFInfoDictionary_Album },
    { "Album Artist", "album artist" },
    { "AlbumArtist", "album artist" },
    { "Composer", kAFInfoDictionary_Composer },
    { "Lyricist", kAFInfoDictionary_Lyricist },
    { "Lyrics", "lyrics" },
    { "Comment", kAFInfoDictionary_Comments },
    { "Copyright", kAFInfoDictionary_Copyright },
    { "Genre", kAFInfoDictionary_Genre },
    { "Track", kAFInfoDictionary_TrackNumber },
    { "Disc", "disc number" },
    { "Record Date", kAFInfoDictionary_RecordedDate },
    { "ISRC", kAFInfoDictionary_ISRC },
    { "BPM", kAFInfoDictionary_Tempo },
    { "InitialKey", kAFInfoDictionary_KeySignature },
    { "EncodedBy", kAFInfoDictionary_EncodingApplication },
    { "Compilation", "compilation" },
};

SInt64 cm_ape_size(const UInt8 footer[CM_APE_FOOTER_SIZE])
{
    UInt32 flags = cm_get_le32(footer + 20);
    if (memcmp(footer, "APETAGEX", 8) != 0 || flags & IS_HEADER)
        return 0;
    SInt64 size = cm_get_le32(footer + 12); /* items and footer */
    if (size < CM_APE_FOOTER_SIZE)
        return 0;
    return size + (flags & HAS_HEADER ? CM_APE_FOOTER_SIZE : 0);
}

/* The items of a tag, which is as long as its footer says. */
static cm_span items_of(cm_span tag)
{
    if (tag.size < CM_APE_FOOTER_SIZE)
        return (cm_span){ 0 };
    const UInt8 *footer = tag.bytes + tag.size - CM_APE_FOOTER_SIZE;
    SInt64 size = cm_ape_size(footer);
    size_t header = cm_get_le32(footer + 20) & HAS_HEADER ? CM_APE_FOOTER_SIZE : 0;
    if (size <= 0 || (UInt64)size > tag.size)
        return (cm_span){ 0 };
    return (cm_span){ footer + CM_APE_FOOTER_SIZE - size + header,
                      (size_t)size - CM_APE_FOOTER_SIZE - header };
}

static bool next_item(cm_span *rest, item *it)
{
    if (rest->size < ITEM_HEAD + 1)
        return false;
    const UInt8 *key = rest->bytes + ITEM_HEAD;
    const UInt8 *end = memchr(key, 0, rest->size - ITEM_HEAD);
    size_t size = cm_get_le32(rest->bytes);
    if (!end || size > (size_t)(rest->bytes + rest->size - end - 1))
        return false;
    *it = (item){ .whole = rest->bytes,
                  .whole_size = (size_t)(end + 1 - rest->bytes) + size,
                  .flags = cm_get_le32(rest->bytes + 4),
                  .key = (const char *)key,
                  .value = end + 1,
                  .size = size };
    *rest = (cm_span){ it->whole + it->whole_size, rest->size - it->whole_size };
    return true;
}

/* ---- texts ---- */

static const char *key_of(const item *it)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(it->key, names[i].name) == 0)
            return names[i].key;
    return it->key;
}

/* "Year" is the year or a date that begins with it. */
static OSStatus add_year(const UInt8 *text, size_t size, CFMutableDictionaryRef info)
{
    if (size <= 4 || !cm_info_is_year(text))
        return cm_info_add(info, kAFInfoDictionary_Year, text, size, kCFStringEncodingISOLatin1);
    OSStatus status = cm_info_add(info, kAFInfoDictionary_RecordedDate, text, size,
                                  kCFStringEncodingISOLatin1);
    return status == noErr ? cm_info_add(info, kAFInfoDictionary_Year, text, 4, kCFStringEncodingISOLatin1)
                           : status;
}

/* What an item shows; several values, which NULs divide, are joined as those of ID3 are. */
static OSStatus show(const item *it, CFMutableDictionaryRef info)
{
    size_t size = it->size;
    if ((it->flags & KIND) != TEXT || strncasecmp(it->key, "MP3GAIN_", 8) == 0)
        return noErr;
    while (size > 0 && it->value[size - 1] == 0)
        size--;
    UInt8 *text = malloc(size + 1);
    if (!text)
        return cmMemFullError;
    for (size_t i = 0; i < size; i++)
        text[i] = it->value[i] ? it->value[i] : '/';
    OSStatus status = strcasecmp(it->key, "Year") == 0
                          ? add_year(text, size, info)
                          : cm_info_add(info, key_of(it), text, size, kCFStringEncodingISOLatin1);
    free(text);
    return status;
}

OSStatus cm_ape_read(cm_span tag, CFMutableDictionaryRef info)
{
    cm_span rest = items_of(tag);
    item it;
    OSStatus status = noErr;
    while (status == noErr && next_item(&rest, &it))
        status = show(&it, info);
    return status;
}

/* ---- pictures ---- */

static bool is_picture(const item *it)
{
    return (it->flags & KIND) == BINARY && strncasecmp(it->key, PICTURE, strlen(PICTURE)) == 0;
}

OSStatus cm_ape_copy_artwork(cm_span tag, CFDataRef *out)
{
    cm_span rest = items_of(tag);
    item it, found = { 0 };
    *out = NULL;
    while (next_item(&rest, &it))
        if (is_picture(&it) && (!found.key || strcasecmp(it.key, FRONT) == 0))
            found = it;
    const UInt8 *name_end = found.key ? memchr(found.value, 0, found.size) : NULL;
    if (!name_end)
        return noErr;
    *out = CFDataCreate(NULL, name_end + 1, (CFIndex)(found.value + found.size - name_end - 1));
    return *out ? noErr : cmMemFullError;
}

/* ---- leaving out ---- */

static OSStatus stays(const item *it, CFDictionaryRef info, CFMutableDictionaryRef told, bool *keep)
{
    CFMutableDictionaryRef shown = cm_info_new();
    if (!shown)
        return cmMemFullError;
    OSStatus status = show(it, shown);
    *keep = CFDictionaryGetCount(shown) == 0 || cm_info_take_same(told, shown, info);
    CFRelease(shown);
    return status;
}

static void put_frame(UInt8 *to, size_t items, UInt32 count, UInt32 flags)
{
    memset(to, 0, CM_APE_FOOTER_SIZE);
    memcpy(to, "APETAGEX", 8);
    cm_put_le32(to + 8, 2000);
    cm_put_le32(to + 12, (UInt32)(items + CM_APE_FOOTER_SIZE));
    cm_put_le32(to + 16, count);
    cm_put_le32(to + 20, HAS_HEADER | flags);
}

OSStatus cm_ape_reduce(cm_span tag, CFDictionaryRef info, bool drop_pictures, UInt8 **bytes, size_t *size)
{
    cm_span rest = items_of(tag);
    CFMutableDictionaryRef told = cm_info_new();
    UInt8 *made = malloc(rest.size + 2 * CM_APE_FOOTER_SIZE);
    size_t used = CM_APE_FOOTER_SIZE;
    UInt32 count = 0;
    item it;
    OSStatus status = told && made ? noErr : cmMemFullError;
    while (status == noErr && next_item(&rest, &it)) {
        bool keep = !(drop_pictures && is_picture(&it));
        if (keep && info)
            status = stays(&it, info, told, &keep);
        if (!keep)
            continue;
        memcpy(made + used, it.whole, it.whole_size);
        used += it.whole_size;
        count++;
    }
    if (told)
        CFRelease(told);
    if (status == noErr) {
        put_frame(made, used - CM_APE_FOOTER_SIZE, count, IS_HEADER);
        put_frame(made + used, used - CM_APE_FOOTER_SIZE, count, 0);
    }
    *size = count ? used + CM_APE_FOOTER_SIZE : 0;
    *bytes = made;
    return status;
}
