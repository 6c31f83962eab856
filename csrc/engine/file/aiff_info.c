/* aiff_info.c: the text chunks of AIFF and its ID3 tag. */
#include "aiff.h"

#include "chunks.h"
#include "id3_chunk.h"
#include "info.h"
#include "../base/bytes.h"

#include <stdlib.h>
#include <string.h>

/* Texts beyond this are data that somebody hid in a text chunk. */
#define TEXT_MOST ((size_t)1 << 20)
#define TAG_CHUNK 'ID3 '

enum { COMMENT_HEAD = 8 }; /* time stamp, marker, length of the text */

static const struct {
    UInt32 id;
    const char *key;
} texts[] = {
    { 'NAME', kAFInfoDictionary_Title },
    { 'AUTH', kAFInfoDictionary_Artist },
    { '(c) ', kAFInfoDictionary_Copyright },
};

#define TEXT_COUNT (sizeof texts / sizeof *texts)

/* ---- comments: all ANNO chunks, and the COMT comments that belong to no marker ---- */

typedef struct lines {
    char *text;
    size_t length;
} lines;

static OSStatus add_line(lines *to, const UInt8 *bytes, size_t size)
{
    size = strnlen((const char *)bytes, size);
    if (size == 0)
        return noErr;
    char *grown = realloc(to->text, to->length + size + 2);
    if (!grown)
        return cmMemFullError;
    to->text = grown;
    if (to->length)
        to->text[to->length++] = '\n';
    memcpy(to->text + to->length, bytes, size);
    to->length += size;
    return noErr;
}

/* The comment at `at` and the place of the next; false behind the last. */
static bool next_comment(const UInt8 *bytes, size_t size, size_t *at, UInt16 *marker, size_t *text,
                         size_t *length)
{
    if (*at + COMMENT_HEAD > size)
        return false;
    *marker = cm_get_be16(bytes + *at + 4);
    *length = cm_get_be16(bytes + *at + 6);
    *text = *at + COMMENT_HEAD;
    if (*length > size - *text)
        *length = size - *text;
    *at = *text + *length + *length % 2;
    return true;
}

static OSStatus add_comments(lines *to, const UInt8 *bytes, size_t size)
{
    size_t at = 2, text, length;
    UInt16 marker;
    OSStatus status = noErr;
    UInt32 left = size >= 2 ? cm_get_be16(bytes) : 0;
    for (; status == noErr && left && next_comment(bytes, size, &at, &marker, &text, &length); left--)
        if (marker == 0)
            status = add_line(to, bytes + text, length);
    return status;
}

static OSStatus read_comments(cm_file *f, CFMutableDictionaryRef info)
{
    lines all = { 0 };
    OSStatus status = noErr;
    for (size_t i = 0; status == noErr && i < f->chunk_count; i++) {
        UInt8 *bytes;
        size_t size;
        const cm_chunk *chunk = &f->chunks[i];
        if ((chunk->id != 'ANNO' && chunk->id != 'COMT') || chunk->size > (SInt64)TEXT_MOST)
            continue;
        status = cm_chunk_copy(f, chunk, TEXT_MOST, &bytes, &size);
        if (status == noErr)
            status = chunk->id == 'ANNO' ? add_line(&all, bytes, size) : add_comments(&all, bytes, size);
        free(bytes);
    }
    if (status == noErr && all.length)
        status = cm_info_add(info, kAFInfoDictionary_Comments, (const UInt8 *)all.text, all.length,
                             kCFStringEncodingMacRoman);
    free(all.text);
    return status;
}

/* Leaves in the COMT chunk what belongs to markers. */
static OSStatus drop_comments(cm_file *f)
{
    UInt8 *bytes = NULL;
    size_t size, at = 2, begin = 2, kept = 2, text, length;
    UInt16 marker, count = 0;
    const cm_chunk *chunk = cm_chunk_find(f, 'COMT', 0);
    if (!chunk || chunk->size > (SInt64)TEXT_MOST)
        return noErr;
    OSStatus status = cm_chunk_copy(f, chunk, TEXT_MOST, &bytes, &size);
    if (status != noErr)
        return status;
    UInt32 left = size >= 2 ? cm_get_be16(bytes) : 0;
    for (; left && next_comment(bytes, size, &at, &marker, &text, &length); left--, begin = at) {
        size_t end = at < size ? at : size;
        if (marker == 0)
            continue;
        memmove(bytes + kept, bytes + begin, end - begin);
        kept += end - begin;
        count++;
    }
    if (count) {
        cm_put_be16(bytes, count);
        return cm_chunk_give(f, 'COMT', 0, bytes, kept);
    }
    free(bytes);
    cm_chunk_remove_all(f, 'COMT');
    return noErr;
}

/* ---- the dictionary ---- */

/* True when the text chunks cannot say it all. */
static bool needs_tag(CFDictionaryRef info)
{
    CFIndex plain = 0;
    for (size_t i = 0; i <= TEXT_COUNT; i++) {
        char *text = cm_info_get(info, i < TEXT_COUNT ? texts[i].key : kAFInfoDictionary_Comments);
        plain += text != NULL;
        free(text);
    }
    return CFDictionaryGetCount(info) > plain;
}

OSStatus cm_aiff_read_info(cm_file *f, CFMutableDictionaryRef info)
{
    OSStatus status = noErr;
    for (size_t i = 0; status == noErr && i < TEXT_COUNT; i++) {
        UInt8 *bytes;
        size_t size;
        const cm_chunk *chunk = cm_chunk_find(f, texts[i].id, 0);
        if (!chunk || chunk->size > (SInt64)TEXT_MOST)
            continue;
        status = cm_chunk_copy(f, chunk, TEXT_MOST, &bytes, &size);
        if (status == noErr)
            status = cm_info_add(info, texts[i].key, bytes, size, kCFStringEncodingMacRoman);
        free(bytes);
    }
    if (status == noErr)
        status = read_comments(f, info);
    return status == noErr ? cm_id3_chunk_read(f, TAG_CHUNK, info) : status;
}

static OSStatus write_text(cm_file *f, UInt32 id, CFDictionaryRef info, const char *key)
{
    char *text = cm_info_get(info, key);
    OSStatus status = noErr;
    if (text && *text)
        status = cm_chunk_set(f, id, 0, text, strlen(text));
    UInt32 kept = text && *text ? 1 : 0;
    while (status == noErr && cm_chunk_remove(f, id, kept) == noErr)
        ;
    free(text);
    return status;
}

OSStatus cm_aiff_write_info(cm_file *f, CFDictionaryRef info)
{
    OSStatus status = drop_comments(f);
    bool had_tag = cm_chunk_find(f, TAG_CHUNK, 0) != NULL;
    for (size_t i = 0; status == noErr && i < TEXT_COUNT; i++)
        status = write_text(f, texts[i].id, info, texts[i].key);
    if (status == noErr)
        status = write_text(f, 'ANNO', info, kAFInfoDictionary_Comments);
    if (status == noErr && (had_tag || needs_tag(info)))
        status = cm_id3_chunk_write(f, TAG_CHUNK, info, NULL);
    return status;
}

/* ---- properties ---- */

OSStatus cm_aiff_property_info(cm_file *f, AudioFilePropertyID id, UInt32 *size, bool *writable)
{
    return cm_id3_chunk_property_info(f, TAG_CHUNK, id, size, writable);
}

OSStatus cm_aiff_get_property(cm_file *f, AudioFilePropertyID id, UInt32 *io_size, void *data)
{
    return cm_id3_chunk_get_property(f, TAG_CHUNK, id, io_size, data);
}

OSStatus cm_aiff_set_property(cm_file *f, AudioFilePropertyID id, UInt32 size, const void *data)
{
    return cm_id3_chunk_set_property(f, TAG_CHUNK, id, size, data);
}
