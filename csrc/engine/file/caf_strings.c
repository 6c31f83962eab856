#include "caf.h"

#include "chunks.h"
#include "../base/bytes.h"

#include <stdlib.h>
#include <string.h>

#define STRINGS_MOST ((size_t)64 << 20)

enum { ENTRY_SIZE = 12 };

static int by_id(const void *a, const void *b)
{
    const cm_caf_string *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

/* Where the number is, or where it would go. */
static size_t position(const cm_caf_strings *strings, UInt32 id)
{
    size_t low = 0, high = strings->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strings->items[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool has(const cm_caf_strings *strings, size_t at, UInt32 id)
{
    return at < strings->count && strings->items[at].id == id;
}

static OSStatus grow(cm_caf_strings *strings)
{
    if (strings->count < strings->capacity)
        return noErr;
    size_t wanted = strings->capacity ? strings->capacity * 2 : 16;
    cm_caf_string *grown = realloc(strings->items, wanted * sizeof *grown);
    if (!grown)
        return cmMemFullError;
    strings->items = grown;
    strings->capacity = wanted;
    return noErr;
}

/*
 * Entries of number and offset, then the texts, which the offsets count from. bytes end with a NUL more. All
 * texts together must be no longer than their bytes: many numbers could point into one long text.
 */
static OSStatus parse(cm_caf_strings *strings, const UInt8 *bytes, size_t size)
{
    UInt64 count = size >= 4 ? cm_get_be32(bytes) : 0;
    UInt64 texts = 4 + count * ENTRY_SIZE;
    OSStatus status = noErr;
    size_t left = texts < size ? (size_t)(size - texts) + 1 : 0;
    for (UInt64 i = 0; status == noErr && left && i < count; i++) {
        const UInt8 *entry = bytes + 4 + i * ENTRY_SIZE;
        UInt64 offset = cm_get_be64(entry + 4);
        if (offset >= size - texts)
            continue;
        const char *from = (const char *)bytes + texts + offset;
        size_t length = strnlen(from, left);
        if (length >= left)
            break;
        left -= length + 1;
        status = grow(strings);
        char *text = status == noErr ? strdup(from) : NULL;
        if (text)
            strings->items[strings->count++] = (cm_caf_string){ cm_get_be32(entry), text };
        else
            status = cmMemFullError;
    }
    return status;
}

/* Numbers are said to be unique; of equal ones any will do. */
static void drop_doubles(cm_caf_strings *strings)
{
    size_t kept = 0;
    for (size_t i = 0; i < strings->count; i++) {
        if (kept && strings->items[kept - 1].id == strings->items[i].id)
            free(strings->items[i].text);
        else
            strings->items[kept++] = strings->items[i];
    }
    strings->count = kept;
}

OSStatus cm_caf_strings_load(cm_file *f, cm_caf_strings *strings)
{
    UInt8 *bytes;
    size_t size;
    const cm_chunk *chunk = cm_chunk_find(f, kCAF_StringsChunkID, 0);
    *strings = (cm_caf_strings){ 0 };
    if (!chunk)
        return noErr;
    OSStatus status = cm_chunk_copy(f, chunk, STRINGS_MOST, &bytes, &size);
    if (status == noErr)
        status = parse(strings, bytes, size);
    free(bytes);
    if (status == noErr && strings->count)
        qsort(strings->items, strings->count, sizeof *strings->items, by_id);
    drop_doubles(strings);
    return status;
}

OSStatus cm_caf_strings_store(cm_file *f, const cm_caf_strings *strings)
{
    size_t texts = 4 + strings->count * ENTRY_SIZE, size = texts;
    if (strings->count == 0) {
        cm_chunk_remove_all(f, kCAF_StringsChunkID);
        return noErr;
    }
    for (size_t i = 0; i < strings->count; i++)
        size += strlen(strings->items[i].text) + 1;
    UInt8 *bytes = malloc(size);
    if (!bytes)
        return cmMemFullError;
    cm_put_be32(bytes, (UInt32)strings->count);
    for (size_t i = 0, at = texts; i < strings->count; i++) {
        size_t length = strlen(strings->items[i].text) + 1;
        cm_put_be32(bytes + 4 + i * ENTRY_SIZE, strings->items[i].id);
        cm_put_be64(bytes + 8 + i * ENTRY_SIZE, at - texts);
        memcpy(bytes + at, strings->items[i].text, length);
        at += length;
    }
    return cm_chunk_give(f, kCAF_StringsChunkID, 0, bytes, size);
}

void cm_caf_strings_free(cm_caf_strings *strings)
{
    for (size_t i = 0; i < strings->count; i++)
        free(strings->items[i].text);
    free(strings->items);
    *strings = (cm_caf_strings){ 0 };
}

const char *cm_caf_strings_find(const cm_caf_strings *strings, UInt32 id)
{
    size_t at = position(strings, id);
    return has(strings, at, id) ? strings->items[at].text : NULL;
}

void cm_caf_strings_remove(cm_caf_strings *strings, UInt32 id)
{
    size_t at = position(strings, id);
    if (!has(strings, at, id))
        return;
    free(strings->items[at].text);
    strings->count--;
    memmove(strings->items + at, strings->items + at + 1, (strings->count - at) * sizeof *strings->items);
}

/* Behind the largest number, or in the first hole when that is the largest there is. */
static UInt32 unused(const cm_caf_strings *strings)
{
    UInt32 last = strings->count ? strings->items[strings->count - 1].id : 0;
    if (last < UINT32_MAX)
        return last + 1;
    UInt32 id = 1;
    for (size_t i = 0; i < strings->count && strings->items[i].id <= id; i++)
        id = strings->items[i].id + 1;
    return id;
}

OSStatus cm_caf_strings_name(cm_caf_strings *strings, UInt32 *id, const char *name)
{
    const char *present = cm_caf_strings_find(strings, *id);
    if (present && name && strcmp(present, name) == 0)
        return noErr;
    if (present)
        *id = unused(strings);
    if (!name)
        return noErr;
    OSStatus status = grow(strings);
    char *text = status == noErr ? strdup(name) : NULL;
    if (!text)
        return cmMemFullError;
    size_t at = position(strings, *id);
    memmove(strings->items + at + 1, strings->items + at, (strings->count - at) * sizeof *strings->items);
    strings->items[at] = (cm_caf_string){ *id, text };
    strings->count++;
    return noErr;
}
