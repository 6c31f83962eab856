#include "id3_tag.h"

#include "info.h"
#include "../base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAG_MOST ((size_t)1 << 28) /* a syncsafe size has 28 bits */
#define LANGUAGE "XXX"             /* v2.4: when it is not known */

typedef struct writing {
    CFMutableDataRef data;
    CFDictionaryRef info;
    CFMutableDictionaryRef told; /* what frames that stay as they were say already */
    const char *description;     /* NULL, or that of a comment that is written with a new text */
} writing;

static void put_syncsafe(UInt8 *to, size_t value)
{
    for (int i = 3; i >= 0; i--, value >>= 7)
        to[i] = value & 0x7F;
}

static void append(writing *w, const void *bytes, size_t size)
{
    CFDataAppendBytes(w->data, bytes, (CFIndex)size);
}

static OSStatus begin_frame(writing *w, const char *id, size_t size)
{
    UInt8 head[10] = { 0 };
    if (size + (size_t)CFDataGetLength(w->data) + sizeof head > TAG_MOST)
        return cm_fail(kAudioFileBadPropertySizeError, "more than 256 MiB for an ID3 tag");
    memcpy(head, id, 4);
    put_syncsafe(head + 4, size);
    append(w, head, sizeof head);
    return noErr;
}

static OSStatus put_text(writing *w, const char *id, const char *text)
{
    UInt8 encoding = CM_ID3_UTF8;
    OSStatus status = begin_frame(w, id, 1 + strlen(text));
    if (status == noErr) {
        append(w, &encoding, 1);
        append(w, text, strlen(text));
    }
    return status;
}

/* COMM, USLT (with a language) and TXXX. */
static OSStatus put_described(writing *w, const char *id, const char *language, const char *description,
                              const char *text)
{
    UInt8 encoding = CM_ID3_UTF8;
    size_t size = 1 + strlen(language) + strlen(description) + 1 + strlen(text);
    OSStatus status = begin_frame(w, id, size);
    if (status == noErr) {
        append(w, &encoding, 1);
        append(w, language, strlen(language));
        append(w, description, strlen(description) + 1);
        append(w, text, strlen(text));
    }
    return status;
}

/* ---- dates ---- */

/* v2.4's subset of ISO 8601: yyyy, yyyy-MM, yyyy-MM-dd, and T with HH, HH:mm or HH:mm:ss. */
static bool is_timestamp(const char *text)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:dd";
    size_t length = strlen(text);
    if (length != 4 && length != 7 && length != 10 && length != 13 && length != 16 && length != 19)
        return false;
    for (size_t i = 0; i < length; i++)
        if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
            return false;
    return true;
}

/* Both the year and the date go into TDRC; what does not fit there keeps its own name. */
static OSStatus put_dates(writing *w, const char *key, const char *text)
{
    bool is_year = strcmp(key, kAFInfoDictionary_Year) == 0;
    char *date = is_year ? cm_info_get(w->info, kAFInfoDictionary_RecordedDate) : NULL;
    bool date_tells = date && is_timestamp(date);
    OSStatus status = noErr;
    if (!is_timestamp(text) || (is_year && strlen(text) != 4) || (!is_year && strlen(text) == 4))
        status = put_described(w, "TXXX", "", key, text);
    else if (!is_year || !date_tells)
        status = put_text(w, "TDRC", text);
    else if (strncmp(date, text, 4) != 0)
        status = put_described(w, "TXXX", "", key, text);
    free(date);
    return status;
}

/* ---- the dictionary ---- */

static const cm_id3_key *row_for(const char *key)
{
    for (const cm_id3_key *k = cm_id3_keys; k->id; k++)
        if (*k->key && strcmp(k->key, key) == 0)
            return k;
    return NULL;
}

static OSStatus put_entry(void *context, const char *key, const char *text)
{
    writing *w = context;
    const cm_id3_key *row = row_for(key);
    if (!*text || cm_info_has(w->told, key))
        return noErr;
    if (!row)
        return put_described(w, "TXXX", "", key, text);
    switch (row->kind) {
    case CM_ID3_COMMENT:
        return put_described(w, row->id, LANGUAGE, "", text);
    case CM_ID3_DATE:
    case CM_ID3_YEAR:
        return put_dates(w, key, text);
    case CM_ID3_LENGTH:
        return noErr; /* true of one length of audio only, and computed by every reader */
    default:
        return put_text(w, row->id, text);
    }
}

/* ---- pictures ---- */

static const char *mime_of(const UInt8 *bytes, size_t size)
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
        if (size >= kinds[i].length && memcmp(bytes, kinds[i].magic, kinds[i].length) == 0)
            return kinds[i].mime;
    return "image/";
}

static OSStatus put_artwork(writing *w, CFDataRef artwork)
{
    static const UInt8 front_cover_no_description[2] = { 3, 0 };
    const UInt8 *bytes = CFDataGetBytePtr(artwork);
    size_t size = (size_t)CFDataGetLength(artwork);
    UInt8 encoding = CM_ID3_LATIN1;
    if (size == 0)
        return noErr;
    const char *mime = mime_of(bytes, size);
    OSStatus status = begin_frame(w, "APIC", 1 + strlen(mime) + 1 + 2 + size);
    if (status == noErr) {
        append(w, &encoding, 1);
        append(w, mime, strlen(mime) + 1);
        append(w, front_cover_no_description, 2);
        append(w, bytes, size);
    }
    return status;
}

/* ---- the tag ---- */

static OSStatus begin_tag(writing *w, CFDictionaryRef info)
{
    UInt8 head[CM_ID3_HEAD_SIZE] = { 'I', 'D', '3', 4 };
    w->info = info;
    w->description = NULL;
    w->data = CFDataCreateMutable(NULL, 0);
    w->told = cm_info_new();
    if (!w->data || !w->told)
        return cmMemFullError;
    append(w, head, sizeof head);
    return noErr;
}

static OSStatus put_info(writing *w)
{
    return w->info ? cm_info_each(w->info, put_entry, w) : noErr;
}

static OSStatus end_tag(writing *w, OSStatus status, CFDataRef *out)
{
    size_t size = w->data ? (size_t)CFDataGetLength(w->data) : 0;
    *out = NULL;
    if (w->told)
        CFRelease(w->told);
    if (status == noErr && size > CM_ID3_HEAD_SIZE) {
        put_syncsafe(CFDataGetMutableBytePtr(w->data) + 6, size - CM_ID3_HEAD_SIZE);
        *out = w->data;
    } else if (w->data) {
        CFRelease(w->data);
    }
    return status;
}

OSStatus cm_id3_write(CFDictionaryRef info, CFDataRef artwork, CFDataRef *out)
{
    writing w;
    OSStatus status = begin_tag(&w, info);
    if (status == noErr)
        status = put_info(&w);
    if (status == noErr && artwork)
        status = put_artwork(&w, artwork);
    return end_tag(&w, status, out);
}

/* True for frames that neither the dictionary nor the artwork replaces. */
static bool is_foreign(const writing *w, const cm_id3_frame *frame)
{
    size_t used;
    if (strlen(frame->id) != 4 || strcmp(frame->id, "APIC") == 0)
        return false;
    const cm_id3_key *key = cm_id3_key_of(frame->id);
    if (!key || strcmp(frame->id, "COMM") != 0 || frame->size < 4)
        return !key;
    /* Comments of iTunes, with its volume and gapless numbers, are not for people. */
    char *description = cm_id3_description(frame, &used);
    bool numbers = description && strncmp(description, "iTun", 4) == 0 &&
                   !(w->description && strcmp(description, w->description) == 0);
    free(description);
    return numbers;
}

/* True for frames that say just what the dictionary does. They may have more values than are shown, and their
 * language. Only those that mean the same in every version. */
static bool is_same(writing *w, const cm_id3_frame *frame)
{
    const cm_id3_key *key = cm_id3_key_of(frame->id);
    if (!key || !w->info ||
        (key->kind != CM_ID3_PLAIN && key->kind != CM_ID3_COMMENT && key->kind != CM_ID3_USER))
        return false;
    CFMutableDictionaryRef shown = cm_info_new();
    bool same = shown && cm_id3_read_frame(frame, shown) == noErr &&
                cm_info_take_same(w->told, shown, w->info);
    if (shown)
        CFRelease(shown);
    return same;
}

static OSStatus carry_over(writing *w, const UInt8 *old, size_t size, bool pictures)
{
    cm_id3_tag tag;
    cm_id3_frame frame;
    CFDataRef picture = NULL;
    OSStatus status = cm_id3_begin(&tag, old, size);
    while (status == noErr && cm_id3_next(&tag, &frame)) {
        bool is_picture = pictures && tag.version > 2 && strcmp(frame.id, "APIC") == 0;
        if (!is_picture && !is_foreign(w, &frame) && !is_same(w, &frame))
            continue;
        status = begin_frame(w, frame.id, frame.size);
        if (status == noErr)
            append(w, frame.data, frame.size);
    }
    bool old_picture = status == noErr && pictures && tag.version == 2;
    cm_id3_end(&tag);
    if (old_picture) /* v2.2 has another frame for it */
        status = cm_id3_copy_artwork(old, size, &picture);
    if (picture) {
        status = put_artwork(w, picture);
        CFRelease(picture);
    }
    return status;
}

/* description, if not NULL, and text: a comment that the tag shall have. */
static OSStatus update(const UInt8 *old, size_t size, CFDictionaryRef info, CFDataRef artwork,
                       const char *description, const char *text, CFDataRef *out)
{
    writing w = { 0 };
    CFMutableDictionaryRef same = NULL;
    bool had_tag = cm_id3_size(old, size) != 0 && memcmp(old, "ID3", 3) == 0;
    OSStatus status = noErr;
    if (!info && had_tag) {
        same = CFDictionaryCreateMutable(NULL, 0, &kCFTypeDictionaryKeyCallBacks,
                                         &kCFTypeDictionaryValueCallBacks);
        status = same ? cm_id3_read(old, size, same) : cmMemFullError;
    }
    if (status == noErr)
        status = begin_tag(&w, info ? info : same);
    w.description = description;
    if (status == noErr && description)
        status = put_described(&w, "COMM", LANGUAGE, description, text);
    if (status == noErr && had_tag)
        status = carry_over(&w, old, size, artwork == NULL);
    if (status == noErr)
        status = put_info(&w);
    if (status == noErr && artwork)
        status = put_artwork(&w, artwork);
    if (same)
        CFRelease(same);
    return end_tag(&w, status, out);
}

OSStatus cm_id3_update(const UInt8 *old, size_t size, CFDictionaryRef info, CFDataRef artwork, CFDataRef *out)
{
    return update(old, size, info, artwork, NULL, NULL, out);
}

OSStatus cm_id3_set_comment(const UInt8 *old, size_t size, const char *description, const char *text,
                            CFDataRef *out)
{
    return update(old, size, NULL, NULL, description, text, out);
}
