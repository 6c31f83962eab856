/* caf_info.c: the information chunk, pairs of key and value as UTF-8 with a NUL behind each. */
#include "caf.h"

#include "chunks.h"
#include "info.h"
#include "../base/bytes.h"

#include <stdlib.h>
#include <string.h>

#define INFO_MOST ((size_t)64 << 20)

/* Names that libsndfile and FFmpeg give to what Apple's specification has others for. */
static const char *const other_names[][2] = {
    { "comment", kAFInfoDictionary_Comments },
    { "track", kAFInfoDictionary_TrackNumber },
    { "tracknumber", kAFInfoDictionary_TrackNumber },
    { "date", kAFInfoDictionary_RecordedDate },
    { "encoder", kAFInfoDictionary_EncodingApplication },
    { "software", kAFInfoDictionary_EncodingApplication },
    { "album_artist", "album artist" },
};

static bool is_year(const char *text)
{
    return strlen(text) == 4 && strspn(text, "0123456789") == 4;
}

static const char *usual_name(const char *key, const char *value)
{
    if (strcmp(key, "date") == 0 && is_year(value))
        return kAFInfoDictionary_Year;
    for (size_t i = 0; i < sizeof other_names / sizeof *other_names; i++)
        if (strcmp(other_names[i][0], key) == 0)
            return other_names[i][1];
    return key;
}

OSStatus cm_caf_read_info(cm_file *f, CFMutableDictionaryRef info)
{
    UInt8 *bytes;
    size_t size, at = 4;
    const cm_chunk *chunk = cm_chunk_find(f, kCAF_InfoStringsChunkID, 0);
    if (!chunk || chunk->size < 4 || chunk->size > (SInt64)INFO_MOST)
        return noErr;
    OSStatus status = cm_chunk_copy(f, chunk, INFO_MOST, &bytes, &size);
    for (UInt32 left = status == noErr ? cm_get_be32(bytes) : 0; left && at < size; left--) {
        /* cm_chunk_copy left a NUL behind the last byte, so that both texts end. */
        const char *key = (const char *)bytes + at;
        size_t value = at + strlen(key) + 1;
        if (value >= size)
            break;
        size_t length = strlen((const char *)bytes + value);
        status = cm_info_add(info, usual_name(key, (const char *)bytes + value), bytes + value, length,
                             kCFStringEncodingISOLatin1);
        if (status != noErr)
            break;
        at = value + length + 1;
    }
    free(bytes);
    return status;
}

typedef struct pairs {
    UInt8 *bytes;
    size_t size;
    UInt32 count;
} pairs;

static OSStatus add_pair(void *context, const char *key, const char *text)
{
    pairs *p = context;
    size_t key_size = strlen(key) + 1, text_size = strlen(text) + 1;
    UInt8 *grown = realloc(p->bytes, p->size + key_size + text_size);
    if (!grown)
        return cmMemFullError;
    memcpy(grown + p->size, key, key_size);
    memcpy(grown + p->size + key_size, text, text_size);
    p->bytes = grown;
    p->size += key_size + text_size;
    p->count++;
    return noErr;
}

OSStatus cm_caf_write_info(cm_file *f, CFDictionaryRef info)
{
    pairs p = { .bytes = calloc(1, 4), .size = 4 };
    if (!p.bytes)
        return cmMemFullError;
    OSStatus status = cm_info_each(info, add_pair, &p);
    if (status != noErr || p.count == 0) {
        free(p.bytes);
        if (status == noErr)
            cm_chunk_remove_all(f, kCAF_InfoStringsChunkID);
        return status;
    }
    cm_put_be32(p.bytes, p.count);
    return cm_chunk_give(f, kCAF_InfoStringsChunkID, 0, p.bytes, p.size);
}
