/*
 * riff_info.c: the info dictionary of RIFF files. Texts are items of the INFO list; what that list has no
 * item for goes into an ID3 tag; of a broadcast extension (EBU Tech 3285) description and date are used where
 * the list does not say more. Wave64 keeps the list's texts in a summary list instead.
 */
#include "riff.h"

#include "chunks.h"
#include "id3_chunk.h"
#include "info.h"
#include "riff_items.h"
#include "riff_order.h"
#include "../base/bytes.h"

#include <stdlib.h>
#include <string.h>

#define BEXT_LEAST 602u /* bytes of a bext chunk without coding history */

/* Its fields that the dictionary has a key for. */
static const struct {
    size_t at, size;
    const char *key;
} bext_fields[] = {
    { 0, 256, kAFInfoDictionary_Comments },       /* Description */
    { 256, 32, kAFInfoDictionary_SourceEncoder }, /* Originator */
    { 320, 10, kAFInfoDictionary_RecordedDate },  /* OriginationDate, yyyy-mm-dd */
};

#define BEXT_FIELDS (sizeof bext_fields / sizeof *bext_fields)

static const struct {
    UInt32 item;
    const char *key;
} texts[] = {
    { 'INAM', kAFInfoDictionary_Title },
    { 'IART', kAFInfoDictionary_Artist },
    { 'IPRD', kAFInfoDictionary_Album },
    { 'ICMT', kAFInfoDictionary_Comments },
    { 'ICOP', kAFInfoDictionary_Copyright },
    { 'IGNR', kAFInfoDictionary_Genre },
    { 'IMUS', kAFInfoDictionary_Composer },
    { 'IWRI', kAFInfoDictionary_Lyricist },
    { 'ISBJ', kAFInfoDictionary_SubTitle },
    { 'ISRC', kAFInfoDictionary_ISRC },
    { 'ISFT', kAFInfoDictionary_EncodingApplication },
    { 'IENC', kAFInfoDictionary_SourceEncoder },
    { 'ITRK', kAFInfoDictionary_TrackNumber },
    { 'IPRT', kAFInfoDictionary_TrackNumber }, /* read only: an item that others use for it */
    { 'IYER', kAFInfoDictionary_Year },
};

#define TEXT_COUNT (sizeof texts / sizeof *texts)

static UInt32 id3_code(const cm_file *f)
{
    return cm_chunk_find(f, 'ID3 ', 0) ? 'ID3 ' : 'id3 ';
}

static const char *key_of(UInt32 item)
{
    for (size_t i = 0; i < TEXT_COUNT; i++)
        if (texts[i].item == item)
            return texts[i].key;
    return NULL;
}

static bool is_known(UInt32 item)
{
    return item == 'ICRD' || key_of(item) != NULL;
}

/* Four digits and nothing else. */
static bool is_year(const char *text)
{
    return strlen(text) == 4 && strspn(text, "0123456789") == 4;
}

/* ---- the INFO list, or Wave64's summary list, as items ---- */

typedef OSStatus (*visit_fn)(void *context, UInt32 item, CFStringRef text);

static OSStatus visit_item(UInt32 item, const UInt8 *bytes, size_t size, bool utf16, visit_fn visit,
                           void *context)
{
    CFStringRef text;
    if (!utf16) {
        text = cm_info_string(bytes, size, kCFStringEncodingISOLatin1);
    } else {
        size_t length = 0;
        while (length + 2 <= size && (bytes[length] || bytes[length + 1]))
            length += 2;
        text = CFStringCreateWithBytes(NULL, bytes, (CFIndex)length, kCFStringEncodingUTF16LE, false);
        if (!text)
            return noErr; /* no UTF-16 */
    }
    if (!text)
        return cmMemFullError;
    OSStatus status = visit(context, item, text);
    CFRelease(text);
    return status;
}

static OSStatus visit_bytes(bool w64, const UInt8 *bytes, size_t size, visit_fn visit, void *context)
{
    OSStatus status = noErr;
    cm_riff_item item;
    size_t at = 0;
    if (!w64) {
        while (status == noErr && cm_riff_next_item(bytes, size, &at, &item))
            status = visit_item(item.id, item.bytes, item.size, false, visit, context);
        return status;
    }
    UInt32 count = size >= 4 ? cm_get_le32(bytes) : 0;
    for (at = 4; status == noErr && count && size >= 8 && at <= size - 8; count--) {
        UInt32 length = cm_get_le32(bytes + at + 4);
        size_t left = size - at - 8, used = length < left ? length : left;
        status = visit_item(cm_get_be32(bytes + at), bytes + at + 8, used, true, visit, context);
        at += 8 + used;
    }
    return status;
}

static OSStatus visit_list(cm_file *f, visit_fn visit, void *context)
{
    UInt8 *bytes;
    size_t size;
    const cm_chunk *chunk = cm_chunk_find(f, 'INFO', 0);
    if (!chunk || chunk->size > (SInt64)CM_ITEMS_MOST)
        return noErr;
    OSStatus status = cm_chunk_copy(f, chunk, CM_ITEMS_MOST, &bytes, &size);
    if (status == noErr && cm_riff_is_rifx(f))
        cm_riff_turn_round('INFO', bytes, size);
    if (status == noErr)
        status = visit_bytes(cm_riff_is_w64(f), bytes, size, visit, context);
    free(bytes);
    return status;
}

/* ---- reading ---- */

static OSStatus add_text(void *context, UInt32 item, CFStringRef text)
{
    CFMutableDictionaryRef info = context;
    const char *key = key_of(item);
    char *utf8 = cm_info_text(text);
    if (!utf8)
        return cmMemFullError;
    if (item == 'ICRD')
        key = is_year(utf8) ? kAFInfoDictionary_Year : kAFInfoDictionary_RecordedDate;
    OSStatus status = noErr;
    if (key)
        status = cm_info_add(info, key, (const UInt8 *)utf8, strlen(utf8), kCFStringEncodingISOLatin1);
    free(utf8);
    return status;
}

static OSStatus copy_bext(cm_file *f, UInt8 **bytes, size_t *size)
{
    const cm_chunk *chunk = cm_chunk_find(f, 'bext', 0);
    *bytes = NULL;
    if (!chunk || chunk->size < (SInt64)BEXT_LEAST || chunk->size > (SInt64)CM_ITEMS_MOST)
        return noErr;
    return cm_chunk_copy(f, chunk, CM_ITEMS_MOST, bytes, size);
}

static OSStatus read_bext(cm_file *f, CFMutableDictionaryRef info)
{
    UInt8 *bytes;
    size_t size;
    OSStatus status = copy_bext(f, &bytes, &size);
    for (size_t i = 0; status == noErr && bytes && i < BEXT_FIELDS; i++)
        status = cm_info_add(info, bext_fields[i].key, bytes + bext_fields[i].at, bext_fields[i].size,
                             kCFStringEncodingISOLatin1);
    free(bytes);
    return status;
}

OSStatus cm_riff_read_info(cm_file *f, CFMutableDictionaryRef info)
{
    OSStatus status = visit_list(f, add_text, info);
    if (status == noErr)
        status = cm_id3_chunk_read(f, id3_code(f), info);
    return status == noErr ? read_bext(f, info) : status;
}

/* ---- writing ---- */

typedef struct writing {
    cm_bytes list;
    UInt32 count;
    bool w64;
} writing;

static OSStatus put_item(writing *w, UInt32 item, const char *utf8)
{
    UInt8 head[8];
    if (!w->w64) {
        cm_riff_add_item(&w->list, item, utf8, strlen(utf8) + 1);
        return w->list.failed ? cmMemFullError : noErr;
    }
    CFStringRef text = CFStringCreateWithCString(NULL, utf8, kCFStringEncodingUTF8);
    CFDataRef utf16 = text ? CFStringCreateExternalRepresentation(NULL, text, kCFStringEncodingUTF16LE, 0)
                           : NULL;
    if (utf16) {
        CFIndex size = CFDataGetLength(utf16);
        cm_put_be32(head, item);
        cm_put_le32(head + 4, (UInt32)size + 2);
        cm_bytes_add(&w->list, head, sizeof head);
        cm_bytes_add(&w->list, CFDataGetBytePtr(utf16), (size_t)size);
        cm_bytes_add(&w->list, NULL, 2);
        CFRelease(utf16);
    }
    if (text)
        CFRelease(text);
    w->count++;
    return utf16 && !w->list.failed ? noErr : cmMemFullError;
}

static OSStatus keep_unknown(void *context, UInt32 item, CFStringRef text)
{
    char *utf8 = is_known(item) ? NULL : cm_info_text(text);
    OSStatus status = utf8 ? put_item(context, item, utf8) : noErr;
    free(utf8);
    return status;
}

/* A recorded date takes the date item, so that the year needs one of its own beside it. */
static OSStatus put_key(writing *w, CFDictionaryRef info, UInt32 item, const char *key)
{
    char *utf8 = cm_info_get(info, key);
    OSStatus status = utf8 && *utf8 ? put_item(w, item, utf8) : noErr;
    free(utf8);
    return status;
}

static OSStatus put_dates(writing *w, CFDictionaryRef info)
{
    char *date = cm_info_get(info, kAFInfoDictionary_RecordedDate);
    char *year = cm_info_get(info, kAFInfoDictionary_Year);
    OSStatus status = noErr;
    if (date && *date)
        status = put_item(w, 'ICRD', date);
    if (status == noErr && year && *year)
        status = put_item(w, !(date && *date) && is_year(year) ? 'ICRD' : 'IYER', year);
    free(date);
    free(year);
    return status;
}

static OSStatus put_texts(writing *w, CFDictionaryRef info)
{
    OSStatus status = noErr;
    for (size_t i = 0; status == noErr && i < TEXT_COUNT; i++)
        if (texts[i].item != 'IPRT' && texts[i].item != 'IYER')
            status = put_key(w, info, texts[i].item, texts[i].key);
    return status == noErr ? put_dates(w, info) : status;
}

static OSStatus write_list(cm_file *f, CFDictionaryRef info)
{
    writing w = { .w64 = cm_riff_is_w64(f) };
    UInt8 *count = w.w64 ? cm_bytes_add(&w.list, NULL, 4) : NULL;
    OSStatus status = w.w64 && !count ? cmMemFullError : put_texts(&w, info);
    if (status == noErr)
        status = visit_list(f, keep_unknown, &w);
    if (status == noErr && w.list.size > (w.w64 ? 4u : 0u)) {
        if (w.w64)
            cm_put_le32(w.list.bytes, w.count);
        return cm_chunk_give(f, 'INFO', 0, w.list.bytes, w.list.size);
    }
    free(w.list.bytes);
    if (status == noErr)
        cm_chunk_remove_all(f, 'INFO');
    return status;
}

/* True when there is a key that the list has no item for. */
static OSStatus find_other(void *context, const char *key, const char *text)
{
    bool *found = context;
    bool known = strcmp(key, kAFInfoDictionary_RecordedDate) == 0;
    for (size_t i = 0; i < TEXT_COUNT; i++)
        known = known || strcmp(key, texts[i].key) == 0;
    if (!known && *text)
        *found = true;
    return noErr;
}

static OSStatus write_tag(cm_file *f, CFDictionaryRef info)
{
    bool other = false;
    OSStatus status = cm_info_each(info, find_other, &other);
    if (status == noErr && (other || cm_chunk_find(f, id3_code(f), 0)))
        status = cm_id3_chunk_write(f, id3_code(f), info, NULL);
    return status;
}

static void put_field(UInt8 *field, size_t size, CFDictionaryRef info, const char *key)
{
    char *utf8 = cm_info_get(info, key);
    size_t length = utf8 ? strlen(utf8) : 0;
    /* A character is never cut in two. */
    while (length > size)
        do
            length--;
        while (length && ((UInt8)utf8[length] & 0xC0) == 0x80);
    memset(field, 0, size);
    if (length)
        memcpy(field, utf8, length);
    free(utf8);
}

/* What is in the dictionary must not contradict a broadcast extension that is there already. */
static OSStatus update_bext(cm_file *f, CFDictionaryRef info)
{
    UInt8 *bytes;
    size_t size = 0;
    OSStatus status = copy_bext(f, &bytes, &size);
    if (status != noErr || !bytes)
        return status;
    for (size_t i = 0; i < BEXT_FIELDS; i++)
        put_field(bytes + bext_fields[i].at, bext_fields[i].size, info, bext_fields[i].key);
    return cm_chunk_give(f, 'bext', 0, bytes, size);
}

OSStatus cm_riff_write_info(cm_file *f, CFDictionaryRef info)
{
    OSStatus status = write_list(f, info);
    if (status == noErr)
        status = write_tag(f, info);
    return status == noErr ? update_bext(f, info) : status;
}

/* ---- properties of the tag ---- */

OSStatus cm_riff_property_info(cm_file *f, AudioFilePropertyID id, UInt32 *size, bool *writable)
{
    return cm_id3_chunk_property_info(f, id3_code(f), id, size, writable);
}

OSStatus cm_riff_get_property(cm_file *f, AudioFilePropertyID id, UInt32 *io_size, void *data)
{
    return cm_id3_chunk_get_property(f, id3_code(f), id, io_size, data);
}

OSStatus cm_riff_set_property(cm_file *f, AudioFilePropertyID id, UInt32 size, const void *data)
{
    return cm_id3_chunk_set_property(f, id3_code(f), id, size, data);
}
