#include "id3_tag.h"

#include "../base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- the tag ---- */

static UInt32 syncsafe(const UInt8 *from)
{
    return (UInt32)(from[0] & 0x7F) << 21 | (UInt32)(from[1] & 0x7F) << 14 | (UInt32)(from[2] & 0x7F) << 7 |
           (from[3] & 0x7F);
}

static bool is_syncsafe(const UInt8 *from)
{
    return !((from[0] | from[1] | from[2] | from[3]) & 0x80);
}

static bool is_v2(const UInt8 *head, size_t n)
{
    return n >= CM_ID3_HEAD_SIZE && memcmp(head, "ID3", 3) == 0 && head[3] != 0xFF && head[4] != 0xFF &&
           is_syncsafe(head + 6);
}

size_t cm_id3_size(const UInt8 *head, size_t n)
{
    if (n >= 3 && memcmp(head, "TAG", 3) == 0)
        return CM_ID3V1_SIZE;
    if (!is_v2(head, n))
        return 0;
    bool footer = head[3] >= 4 && (head[5] & 0x10);
    return CM_ID3_HEAD_SIZE + (size_t)syncsafe(head + 6) + (footer ? 10 : 0);
}

/* Unsynchronisation put a zero behind every 0xFF that another tag reader could take for an MPEG frame. */
static UInt8 *resynchronise(const UInt8 *bytes, size_t size, size_t *length)
{
    UInt8 *out = malloc(size ? size : 1);
    size_t n = 0;
    for (size_t i = 0; out && i < size; i++) {
        out[n++] = bytes[i];
        if (bytes[i] == 0xFF && i + 1 < size && bytes[i + 1] == 0)
            i++;
    }
    *length = n;
    return out;
}

static void skip_extended_header(cm_id3_tag *tag)
{
    size_t left = (size_t)(tag->end - tag->at);
    if (left < 6)
        return;
    /* v2.3 does not count the size field itself, v2.4 does. */
    size_t size = tag->version == 3 ? (size_t)cm_get_be32(tag->at) + 4 : syncsafe(tag->at);
    tag->at += size < left ? size : left;
}

OSStatus cm_id3_begin(cm_id3_tag *tag, const UInt8 *bytes, size_t size)
{
    *tag = (cm_id3_tag){ 0 };
    if (!is_v2(bytes, size) || bytes[3] < 2 || bytes[3] > 4)
        return kAudioFileInvalidFileError;
    size_t length = syncsafe(bytes + 6);
    if (length > size - CM_ID3_HEAD_SIZE)
        length = size - CM_ID3_HEAD_SIZE;
    UInt8 flags = bytes[5];
    tag->version = bytes[3];
    tag->at = bytes + CM_ID3_HEAD_SIZE;
    if (tag->version == 2 && (flags & 0x40))
        length = 0; /* a compression that was never defined */
    tag->end = tag->at + length;
    tag->unsync = tag->version == 4 && (flags & 0x80);
    if (tag->version < 4 && (flags & 0x80)) {
        tag->at = tag->whole = resynchronise(tag->at, length, &length);
        if (!tag->whole)
            return cmMemFullError;
        tag->end = tag->at + length;
    }
    if (tag->version > 2 && (flags & 0x40))
        skip_extended_header(tag);
    return noErr;
}

void cm_id3_end(cm_id3_tag *tag)
{
    free(tag->whole);
    free(tag->frame);
    *tag = (cm_id3_tag){ 0 };
}

/* ---- frames ---- */

static bool valid_id(const UInt8 *id, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!((id[i] >= 'A' && id[i] <= 'Z') || (id[i] >= '0' && id[i] <= '9')))
            return false;
    return true;
}

/* The tag ends, pads, or goes on with another frame at this place. */
static bool plausible(const cm_id3_tag *tag, size_t distance)
{
    size_t left = (size_t)(tag->end - tag->at);
    if (distance > left)
        return false;
    return left - distance < 10 || tag->at[distance] == 0 || valid_id(tag->at + distance, 4);
}

/* The size of a v2.4 frame. Some writers, iTunes among them, did not make it syncsafe. */
static size_t frame_size_4(const cm_id3_tag *tag)
{
    size_t safe = syncsafe(tag->at + 4), plain = cm_get_be32(tag->at + 4);
    if (!is_syncsafe(tag->at + 4))
        return plain;
    return !plausible(tag, safe + 10) && plausible(tag, plain + 10) ? plain : safe;
}

/* What stands between a frame's header and its contents; false when the contents cannot be read. */
static bool strip_extras(cm_id3_tag *tag, cm_id3_frame *frame, const UInt8 *flags)
{
    bool v4 = tag->version == 4;
    bool unsync = v4 && (tag->unsync || (flags[1] & 0x02));
    size_t extra = 0;
    if (flags[1] & (v4 ? 0x0C : 0xC0)) /* compressed or encrypted */
        return false;
    if (flags[1] & (v4 ? 0x40 : 0x20)) /* group */
        extra += 1;
    if (v4 && (flags[1] & 0x01)) /* length of the contents */
        extra += 4;
    if (extra >= frame->size) /* nothing but extras */
        return false;
    frame->data += extra;
    frame->size -= extra;
    if (unsync) {
        free(tag->frame);
        tag->frame = resynchronise(frame->data, frame->size, &frame->size);
        frame->data = tag->frame;
    }
    return frame->data != NULL;
}

/* Frames of v2.2 that the dictionary or the artwork needs have a successor; others keep their three letters.
 */
static void name_frame(cm_id3_frame *frame, const UInt8 *id, size_t length)
{
    memcpy(frame->id, id, length);
    frame->id[length] = 0;
    if (length == 4)
        return;
    if (memcmp(id, "PIC", 3) == 0)
        memcpy(frame->id, "APIC", 5);
    for (const cm_id3_key *k = cm_id3_keys; k->id; k++)
        if (k->old && memcmp(k->old, id, 3) == 0) {
            memcpy(frame->id, k->id, 5);
            return;
        }
}

bool cm_id3_next(cm_id3_tag *tag, cm_id3_frame *frame)
{
    size_t id_size = tag->version == 2 ? 3 : 4, head = tag->version == 2 ? 6 : 10;
    static const UInt8 no_flags[2];
    while ((size_t)(tag->end - tag->at) > head && valid_id(tag->at, id_size)) {
        const UInt8 *at = tag->at;
        size_t left = (size_t)(tag->end - at) - head;
        size_t size = tag->version == 2   ? (size_t)at[3] << 16 | (size_t)at[4] << 8 | at[5]
                      : tag->version == 3 ? cm_get_be32(at + 4)
                                          : frame_size_4(tag);
        if (size > left)
            break;
        tag->at += head + size;
        frame->data = at + head;
        frame->size = size;
        name_frame(frame, at, id_size);
        if (size && strip_extras(tag, frame, tag->version == 2 ? no_flags : at + 8))
            return true;
    }
    tag->at = tag->end;
    return false;
}

/* ---- the dictionary ---- */

typedef struct reading {
    CFMutableDictionaryRef found; /* what this tag says */
    char *year, *day;             /* v2.3 */
    int comment_rank;
    OSStatus status;
} reading;

static void put(reading *r, const char *key, const char *text, bool replace)
{
    if (!text || !*text || !*key)
        return;
    CFStringRef name = CFStringCreateWithCString(NULL, key, kCFStringEncodingUTF8);
    CFStringRef value = CFStringCreateWithCString(NULL, text, kCFStringEncodingUTF8);
    if (!name || !value)
        r->status = cmMemFullError;
    else if (replace)
        CFDictionarySetValue(r->found, name, value);
    else
        CFDictionaryAddValue(r->found, name, value);
    if (name)
        CFRelease(name);
    if (value)
        CFRelease(value);
}

static bool begins_with_digits(const char *text, size_t count)
{
    return strspn(text, "0123456789") >= count;
}

static void put_date(reading *r, const char *date)
{
    char year[5] = { 0 };
    if (!begins_with_digits(date, 4))
        return;
    memcpy(year, date, 4);
    put(r, kAFInfoDictionary_Year, year, false);
    if (date[4])
        put(r, kAFInfoDictionary_RecordedDate, date, false);
}

/* v2.3 splits the date into two frames, YYYY and DDMM. */
static void put_split_date(reading *r)
{
    char date[11];
    if (!r->year)
        return;
    put(r, kAFInfoDictionary_Year, r->year, false);
    bool whole = r->day && begins_with_digits(r->day, 4) && begins_with_digits(r->year, 4);
    if (!whole)
        return;
    snprintf(date, sizeof date, "%.4s-%.2s-%.2s", r->year, r->day + 2, r->day);
    put(r, kAFInfoDictionary_RecordedDate, date, false);
}

static void put_length(reading *r, const char *text)
{
    char *rest, seconds[32];
    double milliseconds = strtod(text, &rest);
    if (rest == text || *rest || !(milliseconds >= 0))
        return;
    snprintf(seconds, sizeof seconds, "%.3f", milliseconds / 1000);
    put(r, kAFInfoDictionary_ApproximateDurationInSeconds, seconds, false);
}

static void keep(char **to, char *text)
{
    free(*to);
    *to = text ? strdup(text) : NULL;
}

static void read_text(reading *r, const cm_id3_key *key, const cm_id3_frame *frame)
{
    char *text = cm_id3_texts(frame->data[0], frame->data + 1, frame->size - 1);
    if (!text) {
        r->status = cmMemFullError;
        return;
    }
    char *genre = key->kind == CM_ID3_GENRE ? cm_id3_genre_text(text) : NULL;
    switch (key->kind) {
    case CM_ID3_DATE:
        put_date(r, text);
        break;
    case CM_ID3_YEAR:
        keep(&r->year, text);
        break;
    case CM_ID3_DAY:
        keep(&r->day, text);
        break;
    case CM_ID3_LENGTH:
        put_length(r, text);
        break;
    case CM_ID3_GENRE:
        put(r, key->key, genre, false);
        break;
    default:
        put(r, key->key, text, false);
    }
    free(genre);
    free(text);
}

/* How good a comment is as the comment: one without a description is meant; iTunes hides numbers in others.
 */
static int rank_comment(const char *description)
{
    return !*description ? 3 : strncmp(description, "iTun", 4) != 0 ? 2 : 0;
}

static void read_described(reading *r, const cm_id3_key *key, const cm_id3_frame *frame)
{
    size_t language = key->kind == CM_ID3_COMMENT ? 3 : 0, used = 0;
    if (frame->size < 1 + language)
        return;
    const UInt8 *at = frame->data + 1 + language, *end = frame->data + frame->size;
    char *description = cm_id3_text(frame->data[0], at, (size_t)(end - at), &used);
    char *text = cm_id3_texts(frame->data[0], at + used, (size_t)(end - at) - used);
    if (!description || !text) {
        r->status = cmMemFullError;
    } else if (key->kind == CM_ID3_USER && strcasecmp(description, "comment") == 0) {
        put(r, kAFInfoDictionary_Comments, text, false); /* where FFmpeg puts it; a COMM frame goes before */
    } else if (key->kind == CM_ID3_USER) {
        put(r, description, text, true);
    } else if (strcmp(key->key, kAFInfoDictionary_Comments) != 0) {
        put(r, key->key, text, false);
    } else if (rank_comment(description) > r->comment_rank) {
        r->comment_rank = rank_comment(description);
        put(r, key->key, text, true);
    }
    free(description);
    free(text);
}

char *cm_id3_description(const cm_id3_frame *frame, size_t *used)
{
    const size_t head = 1 + 3; /* encoding and language */
    if (frame->size < head)
        return NULL;
    char *text = cm_id3_text(frame->data[0], frame->data + head, frame->size - head, used);
    *used += head;
    return text;
}

OSStatus cm_id3_copy_comment(const UInt8 *bytes, size_t size, const char *description, char **out)
{
    cm_id3_tag tag;
    cm_id3_frame frame;
    *out = NULL;
    OSStatus status = cm_id3_begin(&tag, bytes, size);
    while (status == noErr && !*out && cm_id3_next(&tag, &frame)) {
        size_t used;
        char *found = strcmp(frame.id, "COMM") == 0 ? cm_id3_description(&frame, &used) : NULL;
        if (found && strcmp(found, description) == 0)
            *out = cm_id3_texts(frame.data[0], frame.data + used, frame.size - used);
        free(found);
    }
    cm_id3_end(&tag);
    return status;
}

const cm_id3_key *cm_id3_key_of(const char *id)
{
    for (const cm_id3_key *k = cm_id3_keys; k->id; k++)
        if (strcmp(k->id, id) == 0)
            return k;
    return NULL;
}

static void read_frame(reading *r, const cm_id3_frame *frame)
{
    const cm_id3_key *key = cm_id3_key_of(frame->id);
    if (!key)
        return;
    if (key->kind == CM_ID3_COMMENT || key->kind == CM_ID3_USER)
        read_described(r, key, frame);
    else
        read_text(r, key, frame);
}

OSStatus cm_id3_read_frame(const cm_id3_frame *frame, CFMutableDictionaryRef info)
{
    reading r = { .found = info };
    read_frame(&r, frame);
    free(r.year);
    free(r.day);
    return r.status;
}

static OSStatus read_v2(reading *r, const UInt8 *bytes, size_t size)
{
    cm_id3_tag tag;
    cm_id3_frame frame;
    OSStatus status = cm_id3_begin(&tag, bytes, size);
    while (status == noErr && r->status == noErr && cm_id3_next(&tag, &frame))
        read_frame(r, &frame);
    cm_id3_end(&tag);
    if (status == noErr)
        put_split_date(r);
    return status == noErr ? r->status : status;
}

static void put_v1(reading *r, const char *key, const UInt8 *field, size_t size)
{
    size_t used, length = strnlen((const char *)field, size);
    while (length && field[length - 1] == ' ')
        length--;
    char *text = length ? cm_id3_text(CM_ID3_LATIN1, field, length, &used) : NULL;
    put(r, key, text, false);
    free(text);
}

static OSStatus read_v1(reading *r, const UInt8 *tag)
{
    char track[4];
    put_v1(r, kAFInfoDictionary_Title, tag + 3, 30);
    put_v1(r, kAFInfoDictionary_Artist, tag + 33, 30);
    put_v1(r, kAFInfoDictionary_Album, tag + 63, 30);
    put_v1(r, kAFInfoDictionary_Year, tag + 93, 4);
    bool has_track = tag[125] == 0 && tag[126] != 0; /* v1.1 */
    put_v1(r, kAFInfoDictionary_Comments, tag + 97, has_track ? 28 : 30);
    snprintf(track, sizeof track, "%u", tag[126]);
    if (has_track)
        put(r, kAFInfoDictionary_TrackNumber, track, false);
    put(r, kAFInfoDictionary_Genre, cm_id3_genre(tag[127]), false);
    return r->status;
}

static void add_found(const void *key, const void *value, void *info)
{
    CFDictionaryAddValue(info, key, value);
}

OSStatus cm_id3_read(const UInt8 *bytes, size_t size, CFMutableDictionaryRef info)
{
    reading r = { 0 };
    r.found = CFDictionaryCreateMutable(NULL, 0, &kCFTypeDictionaryKeyCallBacks,
                                        &kCFTypeDictionaryValueCallBacks);
    if (!r.found)
        return cmMemFullError;
    bool v1 = size >= CM_ID3V1_SIZE && memcmp(bytes, "TAG", 3) == 0;
    OSStatus status = v1 ? read_v1(&r, bytes) : read_v2(&r, bytes, size);
    if (status == noErr)
        CFDictionaryApplyFunction(r.found, add_found, info);
    CFRelease(r.found);
    free(r.year);
    free(r.day);
    return status;
}
