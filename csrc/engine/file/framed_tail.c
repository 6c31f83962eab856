/* framed_tail.c: the tags behind the audio: ID3v1, APEv2, Lyrics3, ID3v2 with a footer, in any order. */
#include "framed.h"

#include "ape.h"
#include "id3.h"

#include <stdlib.h>
#include <string.h>

#define MOST_TAIL ((SInt64)1 << 24)
#define LYRICS_END 15 /* bytes: six digits and "LYRICS200" */
#define LYRICS_BEGIN "LYRICSBEGIN"
#define MOST_OLD_LYRICS 5120 /* of Lyrics3 v1, which does not say its size */

typedef struct tag_kind {
    SInt64 size; /* bytes of the tag's end that are looked at */
    SInt64 (*measure)(cm_io *io, SInt64 from, SInt64 end, const UInt8 *last);
} tag_kind;

/* Bytes of the tag that ends at `end`, whose last bytes are those; 0 when it is none. */
static SInt64 measure_v1(cm_io *io, SInt64 from, SInt64 end, const UInt8 *last)
{
    (void)io, (void)from, (void)end;
    return memcmp(last, "TAG", 3) == 0 ? CM_ID3V1_SIZE : 0;
}

static SInt64 measure_ape(cm_io *io, SInt64 from, SInt64 end, const UInt8 *last)
{
    SInt64 size = cm_ape_size(last);
    UInt8 head[8];
    bool has_header = last[23] & 0x80; /* a tag that lies about it would take audio with it */
    if (!has_header || size > end - from)
        return size;
    OSStatus status = cm_io_read_all(io, end - size, head, sizeof head);
    return status == noErr && memcmp(head, "APETAGEX", sizeof head) == 0 ? size : 0;
}

static SInt64 measure_id3(cm_io *io, SInt64 from, SInt64 end, const UInt8 *last)
{
    (void)io, (void)from, (void)end;
    if (memcmp(last, "3DI", 3) != 0)
        return 0;
    return 2 * CM_ID3_HEAD_SIZE + ((SInt64)last[6] << 21 | last[7] << 14 | last[8] << 7 | last[9]);
}

static SInt64 measure_lyrics(cm_io *io, SInt64 from, SInt64 end, const UInt8 *last)
{
    SInt64 size = 0;
    UInt8 begin[sizeof LYRICS_BEGIN - 1];
    for (int i = 0; i < 6; i++) {
        if (last[i] < '0' || last[i] > '9')
            return 0;
        size = 10 * size + last[i] - '0';
    }
    size += LYRICS_END;
    if (memcmp(last + 6, "LYRICS200", 9) != 0 || size > end - from ||
        cm_io_read_all(io, end - size, begin, sizeof begin) != noErr)
        return 0;
    return memcmp(begin, LYRICS_BEGIN, sizeof begin) == 0 ? size : 0;
}

static SInt64 measure_old_lyrics(cm_io *io, SInt64 from, SInt64 end, const UInt8 *last)
{
    UInt8 bytes[MOST_OLD_LYRICS];
    if (memcmp(last, "LYRICSEND", 9) != 0)
        return 0;
    SInt64 size = end - from < MOST_OLD_LYRICS ? end - from : MOST_OLD_LYRICS;
    if (cm_io_read_all(io, end - size, bytes, (size_t)size) != noErr)
        return 0;
    const UInt8 *found = memmem(bytes, (size_t)size, LYRICS_BEGIN, sizeof LYRICS_BEGIN - 1);
    return found ? bytes + size - found : 0;
}

enum { V1, APE, KIND_COUNT = 5 };
static const tag_kind kinds[KIND_COUNT] = {
    [V1] = { CM_ID3V1_SIZE, measure_v1 },
    [APE] = { CM_APE_FOOTER_SIZE, measure_ape },
    { CM_ID3_HEAD_SIZE, measure_id3 },
    { LYRICS_END, measure_lyrics },
    { 9, measure_old_lyrics },
};

/* Bytes of the tag that ends at `end`, and of which kind it is. 0 when there is none. */
static SInt64 tag_before(cm_io *io, SInt64 end, SInt64 from, int *kind)
{
    UInt8 last[CM_ID3V1_SIZE];
    for (int i = 0; i < KIND_COUNT; i++) {
        SInt64 seen = kinds[i].size;
        if (end - from < seen || cm_io_read_all(io, end - seen, last, (size_t)seen) != noErr)
            continue;
        SInt64 size = kinds[i].measure(io, from, end, last);
        *kind = i;
        if (size > 0 && size <= end - from)
            return size;
    }
    return 0;
}

OSStatus cm_framed_find_tail(cm_file *f, SInt64 from, SInt64 size, SInt64 *end)
{
    cm_framed *s = f->state;
    SInt64 ape_at = 0;
    int kind;
    *end = size;
    for (int i = 0; i < CM_FRAMED_MOST_TAGS; i++) {
        SInt64 tag = tag_before(f->io, *end, from, &kind);
        if (tag == 0 || size - (*end - tag) > MOST_TAIL)
            break;
        s->has_v1 = s->has_v1 || (kind == V1 && *end == size);
        *end -= tag;
        if (kind == APE && s->ape_size == 0) {
            ape_at = *end;
            s->ape_size = (size_t)tag;
        }
    }
    s->tail_size = (size_t)(size - *end);
    s->ape_at = (size_t)(ape_at - *end);
    if (s->tail_size == 0)
        return noErr;
    s->tail = malloc(s->tail_size);
    return s->tail ? cm_io_read_all(f->io, *end, s->tail, s->tail_size) : cmMemFullError;
}

cm_span cm_framed_ape(const cm_framed *s)
{
    return s->ape_size ? (cm_span){ s->tail + s->ape_at, s->ape_size } : (cm_span){ 0 };
}

/* Puts other bytes in the place of the APE tag. */
static OSStatus replace_ape(cm_framed *s, const UInt8 *bytes, size_t size)
{
    size_t behind = s->tail_size - s->ape_at - s->ape_size;
    UInt8 *tail = malloc(s->ape_at + size + behind + 1);
    if (!tail)
        return cmMemFullError;
    memcpy(tail, s->tail, s->ape_at);
    memcpy(tail + s->ape_at, bytes, size);
    memcpy(tail + s->ape_at + size, s->tail + s->ape_at + s->ape_size, behind);
    free(s->tail);
    s->tail = tail;
    s->tail_size = s->ape_at + size + behind;
    s->ape_size = size;
    return noErr;
}

OSStatus cm_framed_settle_tail(cm_framed *s, CFDictionaryRef info, bool new_artwork)
{
    UInt8 *bytes = NULL;
    size_t size = 0;
    OSStatus status = noErr;
    if (s->ape_size) {
        status = cm_ape_reduce(cm_framed_ape(s), info, new_artwork, &bytes, &size);
        if (status == noErr)
            status = replace_ape(s, bytes, size);
        free(bytes);
    }
    if (status == noErr && info && s->has_v1) {
        s->tail_size -= CM_ID3V1_SIZE;
        s->has_v1 = false;
    }
    return status;
}
