#include "vorbis_comment.h"

#include "info.h"
#include "../base/bytes.h"

#include <AudioToolbox/AudioFile.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PICTURE "METADATA_BLOCK_PICTURE"

/* Which name is which key; of names for one key the first is written. */
static const struct {
    const char *name, *key;
} names[] = {
    { "TITLE", kAFInfoDictionary_Title },
    { "ARTIST", kAFInfoDictionary_Artist },
    { "ALBUM", kAFInfoDictionary_Album },
    { "ALBUMARTIST", "album artist" },
    { "TRACKNUMBER", kAFInfoDictionary_TrackNumber },
    { "DISCNUMBER", "disc number" },
    { "GENRE", kAFInfoDictionary_Genre },
    { "COMPOSER", kAFInfoDictionary_Composer },
    { "LYRICIST", kAFInfoDictionary_Lyricist },
    { "LYRICS", "lyrics" },
    { "UNSYNCEDLYRICS", "lyrics" },
    { "COMMENT", kAFInfoDictionary_Comments },
    { "DESCRIPTION", kAFInfoDictionary_Comments },
    { "COPYRIGHT", kAFInfoDictionary_Copyright },
    { "ENCODED-BY", kAFInfoDictionary_EncodingApplication },
    { "ENCODER", kAFInfoDictionary_SourceEncoder },
    { "ISRC", kAFInfoDictionary_ISRC },
    { "KEY", kAFInfoDictionary_KeySignature },
    { "INITIALKEY", kAFInfoDictionary_KeySignature },
    { "SUBTITLE", kAFInfoDictionary_SubTitle },
    { "BPM", kAFInfoDictionary_Tempo },
    { "TEMPO", kAFInfoDictionary_Tempo },
    { "TIMESIGNATURE", kAFInfoDictionary_TimeSignature },
    { "DATE", kAFInfoDictionary_RecordedDate },
    { "YEAR", kAFInfoDictionary_Year },
    { "COMPILATION", "compilation" },
};
#define NAME_COUNT (sizeof names / sizeof *names)

/* ---- bytes ---- */

static char *copy_text(const void *bytes, size_t size)
{
    char *text = malloc(size + 1);
    if (text) {
        memcpy(text, bytes, size);
        text[size] = 0;
    }
    return text;
}

void cm_comments_free(cm_comments *comments)
{
    for (size_t i = 0; i < comments->count; i++)
        free(comments->items[i].text);
    free(comments->items);
    free(comments->vendor);
    *comments = (cm_comments){ 0 };
}

/* A length and that many bytes. */
static bool take(const UInt8 **at, const UInt8 *end, const UInt8 **bytes, size_t *size)
{
    if (end - *at < 4)
        return false;
    *size = cm_get_le32(*at);
    *bytes = *at + 4;
    if (*size > (size_t)(end - *bytes))
        return false;
    *at = *bytes + *size;
    return true;
}

OSStatus cm_comments_parse(const UInt8 *bytes, size_t size, cm_comments *comments)
{
    const UInt8 *at = bytes, *end = bytes + size, *text;
    size_t length;
    *comments = (cm_comments){ 0 };
    if (!take(&at, end, &text, &length) || end - at < 4)
        return kAudioFileInvalidFileError;
    comments->vendor = copy_text(text, length);
    size_t count = cm_get_le32(at);
    at += 4;
    if (count > (size_t)(end - at) / 4)
        return kAudioFileInvalidFileError;
    comments->items = calloc(count + 1, sizeof *comments->items);
    if (!comments->vendor || !comments->items)
        return cmMemFullError;
    for (; comments->count < count; comments->count++) {
        cm_comment *item = &comments->items[comments->count];
        if (!take(&at, end, &text, &item->size))
            return kAudioFileInvalidFileError;
        item->text = copy_text(text, item->size);
        if (!item->text)
            return cmMemFullError;
    }
    return noErr;
}

static void put_length(CFMutableDataRef to, size_t length)
{
    UInt8 bytes[4];
    cm_put_le32(bytes, (UInt32)length);
    CFDataAppendBytes(to, bytes, sizeof bytes);
}

static void put_bytes(CFMutableDataRef to, const char *text, size_t size)
{
    put_length(to, size);
    CFDataAppendBytes(to, (const UInt8 *)text, (CFIndex)size);
}

OSStatus cm_comments_write(const cm_comments *comments, CFMutableDataRef to)
{
    const char *vendor = comments->vendor ? comments->vendor : "";
    put_bytes(to, vendor, strlen(vendor));
    put_length(to, comments->count);
    for (size_t i = 0; i < comments->count; i++)
        put_bytes(to, comments->items[i].text, comments->items[i].size);
    return noErr;
}

/* ---- single comments ---- */

/* The text behind NAME=, or NULL when the comment has another name. */
static const char *value_of(const cm_comment *item, const char *name)
{
    size_t length = strlen(name);
    bool same = item->size > length && item->text[length] == '=' &&
                strncasecmp(item->text, name, length) == 0;
    return same ? item->text + length + 1 : NULL;
}

const char *cm_comments_get(const cm_comments *comments, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; !value && i < comments->count; i++)
        value = value_of(&comments->items[i], name);
    return value;
}

static void remove_at(cm_comments *comments, size_t i)
{
    free(comments->items[i].text);
    comments->count--;
    memmove(&comments->items[i], &comments->items[i + 1], (comments->count - i) * sizeof *comments->items);
}

/* Names are printable ASCII without "=". */
static bool is_name(const char *name)
{
    for (const char *at = name; *at; at++)
        if (*at < ' ' || *at > '}' || *at == '=')
            return false;
    return *name != 0;
}

static OSStatus add(cm_comments *comments, const char *name, const char *value)
{
    size_t name_size = strlen(name), value_size = strlen(value);
    if (!is_name(name))
        return cm_fail(cmParamError, "\"%s\" cannot be the name of a comment", name);
    cm_comment *items = realloc(comments->items, (comments->count + 1) * sizeof *items);
    char *text = malloc(name_size + value_size + 2);
    if (items)
        comments->items = items;
    if (!items || !text) {
        free(text);
        return cmMemFullError;
    }
    memcpy(text, name, name_size);
    text[name_size] = '=';
    memcpy(text + name_size + 1, value, value_size + 1);
    items[comments->count++] = (cm_comment){ text, name_size + 1 + value_size };
    return noErr;
}

OSStatus cm_comments_set(cm_comments *comments, const char *name, const char *value)
{
    for (size_t i = comments->count; i-- > 0;)
        if (value_of(&comments->items[i], name))
            remove_at(comments, i);
    return value ? add(comments, name, value) : noErr;
}

/* ---- the info dictionary ---- */

static bool is_year(const char *text, size_t size)
{
    return size == 4 && cm_info_is_year((const UInt8 *)text);
}

/* The dictionary's key for a comment, new memory; NULL for comments that are no text. */
static char *key_for(const cm_comment *item)
{
    const char *equals = memchr(item->text, '=', item->size);
    size_t length = equals ? (size_t)(equals - item->text) : 0;
    if (length == 0 || value_of(item, PICTURE) || value_of(item, "COVERART") ||
        value_of(item, "COVERARTMIME"))
        return NULL;
    if (value_of(item, "DATE") && is_year(equals + 1, item->size - length - 1))
        return strdup(kAFInfoDictionary_Year);
    for (size_t i = 0; i < NAME_COUNT; i++)
        if (value_of(item, names[i].name))
            return strdup(names[i].key);
    return copy_text(item->text, length);
}

static OSStatus add_value(CFMutableDictionaryRef info, const char *key, const char *value, size_t size)
{
    return cm_info_add(info, key, (const UInt8 *)value, size, kCFStringEncodingWindowsLatin1);
}

static OSStatus add_comment(CFMutableDictionaryRef info, const char *key, const cm_comment *item)
{
    const char *value = (const char *)memchr(item->text, '=', item->size) + 1;
    return add_value(info, key, value, item->size - (size_t)(value - item->text));
}

OSStatus cm_comments_read_info(const cm_comments *comments, CFMutableDictionaryRef info)
{
    OSStatus status = noErr;
    for (size_t i = 0; status == noErr && i < comments->count; i++) {
        const cm_comment *item = &comments->items[i];
        char *key = key_for(item);
        if (!key)
            continue;
        status = add_comment(info, key, item);
        free(key);
    }
    if (status == noErr)
        status = cm_info_add_year(info);
    if (status == noErr && comments->vendor)
        status = add_value(info, kAFInfoDictionary_SourceEncoder, comments->vendor, strlen(comments->vendor));
    return status;
}

/* A year stands in DATE, unless there is a date for that. */
static const char *name_for(CFDictionaryRef info, const char *key, const char *text)
{
    if (strcmp(key, kAFInfoDictionary_Year) == 0 && is_year(text, strlen(text)) &&
        !cm_info_has(info, kAFInfoDictionary_RecordedDate))
        return "DATE";
    for (size_t i = 0; i < NAME_COUNT; i++)
        if (strcmp(names[i].key, key) == 0)
            return names[i].name;
    return key;
}

/* Whether some comment, or another entry of the dictionary, says the same already. */
static bool is_told(const cm_comments *comments, CFDictionaryRef info, const char *key, const char *text)
{
    if (strcmp(key, kAFInfoDictionary_SourceEncoder) == 0 && comments->vendor)
        return strcmp(comments->vendor, text) == 0;
    if (strcmp(key, kAFInfoDictionary_Year) != 0)
        return false;
    char *date = cm_info_get(info, kAFInfoDictionary_RecordedDate);
    bool told = date && strncmp(date, text, 4) == 0 && strlen(text) == 4;
    free(date);
    return told;
}

typedef struct replacing {
    cm_comments *comments;
    CFDictionaryRef info;
    CFMutableDictionaryRef told; /* what comments that stay say already */
} replacing;

static OSStatus put_entry(void *context, const char *key, const char *text)
{
    replacing *r = context;
    if (cm_info_has(r->told, key) || is_told(r->comments, r->info, key, text))
        return noErr;
    return cm_comments_set(r->comments, name_for(r->info, key, text), *text ? text : NULL);
}

/* Whether a comment is no text, or says what the dictionary does. Those after the first of a name are not
 * shown, and stay with it. */
static OSStatus stays(replacing *r, const cm_comment *item, bool *yes)
{
    char *key = key_for(item);
    *yes = key == NULL;
    if (!key)
        return noErr;
    CFMutableDictionaryRef shown = cm_info_new();
    OSStatus status = shown ? add_comment(shown, key, item) : cmMemFullError;
    *yes = status == noErr && cm_info_take_same(r->told, shown, r->info);
    if (shown)
        CFRelease(shown);
    free(key);
    return status;
}

OSStatus cm_comments_write_info(cm_comments *comments, CFDictionaryRef info)
{
    replacing r = { comments, info, cm_info_new() };
    OSStatus status = r.told ? noErr : cmMemFullError;
    for (size_t i = 0; status == noErr && i < comments->count;) {
        bool yes = false;
        status = stays(&r, &comments->items[i], &yes);
        if (status == noErr && !yes)
            remove_at(comments, i);
        else
            i++;
    }
    if (status == noErr)
        status = cm_info_each(info, put_entry, &r);
    if (r.told)
        CFRelease(r.told);
    return status;
}
