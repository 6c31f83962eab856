#include "ogg_page.h"

#include "../base/bytes.h"

#include <pthread.h>
#include <string.h>

#define HEAD 27u
#define POLYNOMIAL 0x04C11DB7u
enum { FLAGS_AT = 5, GRANULE_AT = 6, SERIAL_AT = 14, SEQUENCE_AT = 18, CRC_AT = 22, SEGMENTS_AT = 26 };

bool cm_ogg_page_at(cm_window *w, SInt64 at, cm_ogg_page *page)
{
    size_t have;
    const UInt8 *bytes = cm_window_look(w, at, HEAD, &have);
    if (!bytes || memcmp(bytes, "OggS", 4) != 0 || bytes[4] != 0)
        return false;
    UInt32 segments = bytes[SEGMENTS_AT];
    bytes = cm_window_look(w, at, HEAD + segments, &have);
    if (!bytes)
        return false;
    page->at = at;
    page->head = HEAD + segments;
    page->flags = bytes[FLAGS_AT];
    page->granule = (SInt64)cm_get_le64(bytes + GRANULE_AT);
    page->serial = cm_get_le32(bytes + SERIAL_AT);
    page->sequence = cm_get_le32(bytes + SEQUENCE_AT);
    page->segments = segments;
    page->body = 0;
    memcpy(page->lacing, bytes + HEAD, segments);
    for (UInt32 i = 0; i < segments; i++)
        page->body += page->lacing[i];
    return cm_ogg_page_end(page) <= w->end;
}

bool cm_ogg_page_find(cm_window *w, SInt64 at, SInt64 reach, cm_ogg_page *page)
{
    SInt64 limit = reach < w->end - at ? at + reach : w->end;
    while (at < limit) {
        size_t have;
        const UInt8 *bytes = cm_window_look(w, at, 4, &have);
        if (!bytes)
            return false;
        const UInt8 *found = memmem(bytes, have, "OggS", 4);
        if (!found) {
            at += (SInt64)have - 3;
            continue;
        }
        at += found - bytes;
        if (cm_ogg_page_at(w, at, page))
            return true;
        at++;
    }
    return false;
}

/* ---- checksum: four tables, four bytes at a time ---- */

static UInt32 tables[4][256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_tables(void)
{
    for (UInt32 i = 0; i < 256; i++) {
        UInt32 crc = i << 24;
        for (int bit = 0; bit < 8; bit++)
            crc = crc << 1 ^ (crc & 0x80000000u ? POLYNOMIAL : 0);
        tables[0][i] = crc;
    }
    for (UInt32 i = 0; i < 256; i++)
        for (int t = 1; t < 4; t++)
            tables[t][i] = tables[t - 1][i] << 8 ^ tables[0][tables[t - 1][i] >> 24];
}

static UInt32 checksum(const UInt8 *bytes, size_t size)
{
    UInt32 crc = 0;
    pthread_once(&once, make_tables);
    for (; size >= 4; size -= 4, bytes += 4) {
        crc ^= cm_get_be32(bytes);
        crc = tables[3][crc >> 24] ^ tables[2][crc >> 16 & 255] ^ tables[1][crc >> 8 & 255] ^
              tables[0][crc & 255];
    }
    for (; size > 0; size--)
        crc = crc << 8 ^ tables[0][crc >> 24 ^ *bytes++];
    return crc;
}

static void put_checksum(UInt8 *bytes, size_t size)
{
    cm_put_le32(bytes + CRC_AT, 0);
    cm_put_le32(bytes + CRC_AT, checksum(bytes, size));
}

size_t cm_ogg_page_make(const cm_ogg_page *page, const UInt8 *body, UInt8 *to)
{
    size_t size = HEAD + page->segments + page->body;
    memcpy(to, "OggS", 4);
    to[4] = 0;
    to[FLAGS_AT] = page->flags;
    cm_put_le64(to + GRANULE_AT, (UInt64)page->granule);
    cm_put_le32(to + SERIAL_AT, page->serial);
    cm_put_le32(to + SEQUENCE_AT, page->sequence);
    to[SEGMENTS_AT] = (UInt8)page->segments;
    memcpy(to + HEAD, page->lacing, page->segments);
    memcpy(to + HEAD + page->segments, body, page->body);
    put_checksum(to, size);
    return size;
}

void cm_ogg_page_renumber(UInt8 *bytes, size_t size, UInt32 sequence)
{
    cm_put_le32(bytes + SEQUENCE_AT, sequence);
    put_checksum(bytes, size);
}
