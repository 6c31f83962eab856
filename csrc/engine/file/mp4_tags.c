/* mp4_tags.c: the metadata list of iTunes ('ilst') as info dictionary, artwork and gapless numbers. */
#include "mp4.h"

#include "id3_tag.h"
#include "info.h"
#include "picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ITUNES "com.apple.iTunes"
#define MOST_TEXT ((size_t)1 << 24)

enum { DATA_BINARY = 0, DATA_UTF8 = 1, DATA_JPEG = 13, DATA_PNG = 14, DATA_INTEGER = 21, DATA_BMP = 27 };

typedef enum { TEXT, DATE, GENRE_NUMBER, OF_MANY, NUMBER, FLAG } item_kind;

/* Which item is which key; of items for one key the first is written. */
static const struct {
    UInt32 type;
    item_kind kind;
    const char *key;
} items[] = {
    { 0xA96E616D /* (c)nam */, TEXT, kAFInfoDictionary_Title },
    { 0xA9415254 /* (c)ART */, TEXT, kAFInfoDictionary_Artist },
    { 0xA9616C62 /* (c)alb */, TEXT, kAFInfoDictionary_Album },
    { 'aART', TEXT, "album artist" },
    { 0xA9777274 /* (c)wrt */, TEXT, kAFInfoDictionary_Composer },
    { 0xA9636D74 /* (c)cmt */, TEXT, kAFInfoDictionary_Comments },
    { 0xA967656E /* (c)gen */, TEXT, kAFInfoDictionary_Genre },
    { 'gnre', GENRE_NUMBER, kAFInfoDictionary_Genre },
    { 0xA9646179 /* (c)day */, DATE, kAFInfoDictionary_RecordedDate },
    { 'cprt', TEXT, kAFInfoDictionary_Copyright },
    { 0xA9746F6F /* (c)too */, TEXT, kAFInfoDictionary_SourceEncoder },
    { 0xA9656E63 /* (c)enc */, TEXT, kAFInfoDictionary_EncodingApplication },
    { 0xA96C7972 /* (c)lyr */, TEXT, "lyrics" },
    { 0xA9737433 /* (c)st3 */, TEXT, kAFInfoDictionary_SubTitle },
    { 'trkn', OF_MANY, kAFInfoDictionary_TrackNumber },
    { 'disk', OF_MANY, "disc number" },
    { 'tmpo', NUMBER, kAFInfoDictionary_Tempo },
    { 'cpil', FLAG, "compilation" },
};
#define ITEM_COUNT (sizeof items / sizeof *items)

/* Names of free-form items; any other name is its own key. */
static const struct {
    const char *name, *key;
} names[] = {
    { "ISRC", kAFInfoDictionary_ISRC },
    { "LYRICIST", kAFInfoDictionary_Lyricist },
    { "initialkey", kAFInfoDictionary_KeySignature },
    { "TIMESIGNATURE", kAFInfoDictionary_TimeSignature },
};
#define NAME_COUNT (sizeof names / sizeof *names)

/* ---- items ---- */

typedef struct item {
    cm_box box;
    char name[64]; /* of a free-form one */
    UInt32 data_type;
    cm_span value;
    bool has_data;
} item;

static cm_span ilst_of(const cm_mp4 *s)
{
    return s->ilst ? (cm_span){ CFDataGetBytePtr(s->ilst), (size_t)CFDataGetLength(s->ilst) }
                   : (cm_span){ 0 };
}

static bool next_item(cm_span *rest, item *out)
{
    cm_box box;
    UInt32 version, flags;
    *out = (item){ 0 };
    if (!cm_box_next(rest, &out->box))
        return false;
    if (cm_box_find(out->box.body, 'name', &box)) {
        cm_span name = cm_box_full(&box, &version, &flags);
        snprintf(out->name, sizeof out->name, "%.*s", (int)(name.size < 63 ? name.size : 63),
                 (const char *)(name.bytes ? name.bytes : (const UInt8 *)""));
    }
    if (cm_box_find(out->box.body, 'data', &box) && box.body.size >= 8) {
        out->has_data = true;
        out->data_type = cm_get_be32(box.body.bytes) & 0xFFFFFF;
        out->value = cm_span_from(box.body, 8);
    }
    return true;
}

static bool find_item(const cm_mp4 *s, UInt32 type, const char *name, item *out)
{
    cm_span rest = ilst_of(s);
    while (next_item(&rest, out))
        if (out->box.type == type && out->has_data && (!name || strcmp(out->name, name) == 0))
            return true;
    return false;
}

/* ---- loading ---- */

static bool find_ilst(cm_span holder, cm_box *ilst)
{
    cm_box meta;
    if (!cm_box_find(holder, 'meta', &meta))
        return false;
    return cm_box_find(cm_span_from(meta.body, 4), 'ilst', ilst) || cm_box_find(meta.body, 'ilst', ilst);
}

OSStatus cm_mp4_load_tags(cm_file *f)
{
    cm_mp4 *s = f->state;
    cm_span whole = { s->moov, s->moov_size };
    cm_box moov, udta, ilst;
    if (!cm_box_next(&whole, &moov))
        return noErr;
    bool found = (cm_box_find(moov.body, 'udta', &udta) && find_ilst(udta.body, &ilst)) ||
                 find_ilst(moov.body, &ilst);
    if (!found)
        return noErr;
    s->ilst = CFDataCreateMutable(NULL, 0);
    if (!s->ilst)
        return cmMemFullError;
    CFDataAppendBytes(s->ilst, ilst.body.bytes, (CFIndex)ilst.body.size);
    return noErr;
}

/* ---- the info dictionary ---- */

static OSStatus add_text(CFMutableDictionaryRef info, const char *key, const char *text)
{
    return cm_info_add(info, key, (const UInt8 *)text, strlen(text), kCFStringEncodingWindowsLatin1);
}

static UInt32 integer_of(cm_span value)
{
    UInt32 number = 0;
    for (size_t i = 0; i < value.size && i < 4; i++)
        number = number << 8 | value.bytes[i];
    return number;
}

static OSStatus read_number(const item *it, item_kind kind, const char *key, CFMutableDictionaryRef info)
{
    char text[32] = "";
    const UInt8 *b = it->value.bytes;
    if (kind == NUMBER || kind == FLAG) {
        snprintf(text, sizeof text, "%u", (unsigned)integer_of(it->value));
    } else if (kind == GENRE_NUMBER && it->value.size >= 2) {
        const char *genre = cm_id3_genre(cm_get_be16(b) - 1u); /* one more than ID3's number */
        return genre ? add_text(info, key, genre) : noErr;
    } else if (kind == OF_MANY && it->value.size >= 6) {
        unsigned number = cm_get_be16(b + 2), all = cm_get_be16(b + 4);
        snprintf(text, sizeof text, all ? "%u/%u" : "%u", number, all);
    }
    return add_text(info, key, text);
}

static OSStatus read_text(const item *it, const char *key, CFMutableDictionaryRef info)
{
    size_t size = it->value.size < MOST_TEXT ? it->value.size : MOST_TEXT;
    return size ? cm_info_add(info, key, it->value.bytes, size, kCFStringEncodingWindowsLatin1) : noErr;
}

/* A year alone is the year; more is the date. */
static OSStatus read_date(const item *it, CFMutableDictionaryRef info)
{
    bool year_alone = it->value.size == 4 && cm_info_is_year(it->value.bytes);
    return read_text(it, year_alone ? kAFInfoDictionary_Year : kAFInfoDictionary_RecordedDate, info);
}

/* The key of a free-form item, NULL for iTunes' own numbers. */
static const char *free_key(const item *it)
{
    if (it->name[0] == 0 || strncmp(it->name, "iTun", 4) == 0)
        return NULL;
    for (size_t i = 0; i < NAME_COUNT; i++)
        if (strcasecmp(names[i].name, it->name) == 0)
            return names[i].key;
    return it->name;
}

static OSStatus read_item(const item *it, CFMutableDictionaryRef info)
{
    if (!it->has_data)
        return noErr;
    if (it->box.type == '----')
        return free_key(it) && it->data_type == DATA_UTF8 ? read_text(it, free_key(it), info) : noErr;
    for (size_t i = 0; i < ITEM_COUNT; i++)
        if (items[i].type == it->box.type)
            return items[i].kind == TEXT   ? read_text(it, items[i].key, info)
                   : items[i].kind == DATE ? read_date(it, info)
                                           : read_number(it, items[i].kind, items[i].key, info);
    return noErr;
}

OSStatus cm_mp4_read_info(cm_file *f, CFMutableDictionaryRef info)
{
    cm_span rest = ilst_of(f->state);
    item it;
    OSStatus status = noErr;
    while (status == noErr && next_item(&rest, &it))
        status = read_item(&it, info);
    return status == noErr ? cm_info_add_year(info) : status;
}

/* ---- changing ---- */

/* Items that the dictionary does not show. */
static bool is_foreign(const item *it)
{
    if (it->box.type == '----')
        return free_key(it) == NULL || it->data_type != DATA_UTF8;
    for (size_t i = 0; i < ITEM_COUNT; i++)
        if (items[i].type == it->box.type)
            return false;
    return true;
}

static void put_data(CFMutableDataRef to, UInt32 type, const void *bytes, size_t size)
{
    CFIndex data = cm_box_begin(to, 'data');
    cm_box_put32(to, type);
    cm_box_put32(to, 0);
    cm_box_put_bytes(to, bytes, size);
    cm_box_end(to, data);
}

static void put_item(CFMutableDataRef to, UInt32 item_type, UInt32 type, const void *bytes, size_t size)
{
    CFIndex begun = cm_box_begin(to, item_type);
    put_data(to, type, bytes, size);
    cm_box_end(to, begun);
}

static void put_free(CFMutableDataRef to, const char *name, const char *text)
{
    CFIndex begun = cm_box_begin(to, '----');
    CFIndex box = cm_box_begin_full(to, 'mean', 0, 0);
    cm_box_put_bytes(to, ITUNES, strlen(ITUNES));
    cm_box_end(to, box);
    box = cm_box_begin_full(to, 'name', 0, 0);
    cm_box_put_bytes(to, name, strlen(name));
    cm_box_end(to, box);
    put_data(to, DATA_UTF8, text, strlen(text));
    cm_box_end(to, begun);
}

/* "3" or "3/12" as the item has it; false for other texts. */
static bool put_of_many(CFMutableDataRef to, UInt32 type, const char *text)
{
    unsigned number = 0, all = 0;
    int used = 0;
    bool good = (sscanf(text, "%u/%u%n", &number, &all, &used) == 2 && text[used] == 0) ||
                (all = 0, sscanf(text, "%u%n", &number, &used) == 1 && text[used] == 0);
    if (!good || number > 65535 || all > 65535)
        return false;
    UInt8 bytes[8] = { 0 };
    cm_put_be16(bytes + 2, (UInt16)number);
    cm_put_be16(bytes + 4, (UInt16)all);
    put_item(to, type, DATA_BINARY, bytes, type == 'trkn' ? 8 : 6);
    return true;
}

/* Two bytes, or the one of a flag. */
static bool put_number(CFMutableDataRef to, UInt32 type, item_kind kind, const char *text)
{
    unsigned number = 0;
    int used = 0;
    UInt8 bytes[2];
    if (sscanf(text, "%u%n", &number, &used) != 1 || text[used] != 0 || number > (kind == FLAG ? 1 : 65535))
        return false;
    cm_put_be16(bytes, (UInt16)number);
    if (kind == FLAG)
        put_item(to, type, DATA_INTEGER, bytes + 1, 1);
    else
        put_item(to, type, DATA_INTEGER, bytes, sizeof bytes);
    return true;
}

typedef struct writing {
    CFMutableDataRef to;
    CFDictionaryRef info;
    CFMutableDictionaryRef told; /* what items that stay as they were say already */
} writing;

/* The year is told by the date, if that begins with it. */
static bool put_year(writing *w, const char *text)
{
    char *date = cm_info_get(w->info, kAFInfoDictionary_RecordedDate);
    bool told = date && strlen(text) == 4 && strncmp(date, text, 4) == 0;
    if (!date)
        put_item(w->to, 0xA9646179, DATA_UTF8, text, strlen(text));
    free(date);
    return told || !date;
}

static OSStatus put_entry(void *context, const char *key, const char *text)
{
    writing *w = context;
    bool done = false;
    if (*text == 0 || cm_info_has(w->told, key))
        return noErr;
    if (strcmp(key, kAFInfoDictionary_Year) == 0)
        done = put_year(w, text);
    for (size_t i = 0; !done && i < ITEM_COUNT; i++) {
        if (strcmp(items[i].key, key) != 0 || items[i].kind == GENRE_NUMBER)
            continue;
        bool is_text = items[i].kind == TEXT || items[i].kind == DATE;
        done = is_text                    ? true
               : items[i].kind == OF_MANY ? put_of_many(w->to, items[i].type, text)
                                          : put_number(w->to, items[i].type, items[i].kind, text);
        if (is_text)
            put_item(w->to, items[i].type, DATA_UTF8, text, strlen(text));
    }
    if (done)
        return noErr;
    const char *name = key;
    for (size_t i = 0; i < NAME_COUNT; i++)
        if (strcmp(names[i].key, key) == 0)
            name = names[i].name;
    put_free(w->to, name, text);
    return noErr;
}

/* Copies the items that the dictionary does not show, and those that say just what it says: an item can have
 * more values than are shown, and a free-form one a namespace of its own. */
static OSStatus keep_items(const cm_mp4 *s, writing *w)
{
    cm_span rest = ilst_of(s);
    item it;
    OSStatus status = noErr;
    while (status == noErr && next_item(&rest, &it)) {
        bool stays = is_foreign(&it);
        if (!stays) {
            CFMutableDictionaryRef shown = cm_info_new();
            status = shown ? read_item(&it, shown) : cmMemFullError;
            stays = status == noErr && cm_info_take_same(w->told, shown, w->info);
            if (shown)
                CFRelease(shown);
        }
        if (stays)
            cm_box_put_bytes(w->to, it.box.whole.bytes, it.box.whole.size);
    }
    return status;
}

/* A new list of those items that keep says yes to. */
static CFMutableDataRef copy_items(const cm_mp4 *s, bool (*keep)(const item *it))
{
    CFMutableDataRef to = CFDataCreateMutable(NULL, 0);
    cm_span rest = ilst_of(s);
    item it;
    while (to && next_item(&rest, &it))
        if (keep(&it))
            cm_box_put_bytes(to, it.box.whole.bytes, it.box.whole.size);
    return to;
}

static void replace_list(cm_mp4 *s, CFMutableDataRef list)
{
    if (s->ilst)
        CFRelease(s->ilst);
    s->ilst = list;
    s->tags_changed = true;
}

OSStatus cm_mp4_write_info(cm_file *f, CFDictionaryRef info)
{
    cm_mp4 *s = f->state;
    writing w = { CFDataCreateMutable(NULL, 0), info, cm_info_new() };
    OSStatus status = w.to && w.told ? keep_items(s, &w) : cmMemFullError;
    if (status == noErr)
        status = cm_info_each(info, put_entry, &w);
    if (status == noErr)
        replace_list(s, w.to);
    else if (w.to)
        CFRelease(w.to);
    if (w.told)
        CFRelease(w.told);
    f->dirty = true;
    return status;
}

/* ---- artwork ---- */

OSStatus cm_mp4_copy_artwork(cm_file *f, CFDataRef *out)
{
    item it;
    *out = NULL;
    if (!find_item(f->state, 'covr', NULL, &it) || it.value.size == 0)
        return noErr;
    *out = CFDataCreate(NULL, it.value.bytes, (CFIndex)it.value.size);
    return *out ? noErr : cmMemFullError;
}

static bool is_no_cover(const item *it)
{
    return it->box.type != 'covr';
}

OSStatus cm_mp4_set_artwork(cm_file *f, CFDataRef image)
{
    CFMutableDataRef to = copy_items(f->state, is_no_cover);
    if (!to)
        return cmMemFullError;
    if (image && CFDataGetLength(image) > 0) {
        const UInt8 *bytes = CFDataGetBytePtr(image);
        size_t size = (size_t)CFDataGetLength(image);
        const char *mime = cm_picture_mime(bytes, size);
        UInt32 type = strcmp(mime, "image/png") == 0   ? DATA_PNG
                      : strcmp(mime, "image/bmp") == 0 ? DATA_BMP
                                                       : DATA_JPEG;
        put_item(to, 'covr', type, bytes, size);
    }
    replace_list(f->state, to);
    return noErr;
}

/* ---- gapless numbers of iTunes ---- */

bool cm_mp4_smpb(const cm_mp4 *s, cm_smpb *smpb)
{
    item it;
    char text[64];
    if (!find_item(s, '----', CM_SMPB_NAME, &it) || it.value.size < 35)
        return false;
    size_t size = it.value.size < sizeof text - 1 ? it.value.size : sizeof text - 1;
    memcpy(text, it.value.bytes, size);
    text[size] = 0;
    return cm_smpb_parse(text, smpb) && smpb->valid > 0;
}

static bool is_no_smpb(const item *it)
{
    return it->box.type != '----' || strcmp(it->name, CM_SMPB_NAME) != 0;
}

OSStatus cm_mp4_set_smpb(cm_mp4 *s, const cm_smpb *smpb)
{
    CFMutableDataRef to = copy_items(s, is_no_smpb);
    char text[CM_SMPB_SIZE];
    if (!to)
        return cmMemFullError;
    cm_smpb_print(smpb, text);
    put_free(to, CM_SMPB_NAME, text);
    replace_list(s, to);
    return noErr;
}

/* ---- the boxes around the list ---- */

static void put_meta(const cm_mp4 *s, CFMutableDataRef to)
{
    CFIndex meta = cm_box_begin_full(to, 'meta', 0, 0);
    CFIndex box = cm_box_begin_full(to, 'hdlr', 0, 0);
    cm_box_put32(to, 0);
    cm_box_put32(to, 'mdir');
    cm_box_put32(to, 'appl');
    cm_box_put_zeros(to, 4 + 4 + 1);
    cm_box_end(to, box);
    box = cm_box_begin(to, 'ilst');
    cm_span list = ilst_of(s);
    cm_box_put_bytes(to, list.bytes, list.size);
    cm_box_end(to, box);
    cm_box_end(to, meta);
}

/* User data with the present metadata list, and everything else that was in it. */
OSStatus cm_mp4_put_udta(const cm_mp4 *s, CFMutableDataRef to)
{
    cm_span whole = { s->moov, s->moov_size }, rest = { 0 };
    cm_box moov, box;
    if (s->moov && cm_box_next(&whole, &moov) && cm_box_find(moov.body, 'udta', &box))
        rest = box.body;
    CFIndex udta = cm_box_begin(to, 'udta');
    while (cm_box_next(&rest, &box))
        if (box.type != 'meta')
            cm_box_put_bytes(to, box.whole.bytes, box.whole.size);
    if (ilst_of(s).size > 0)
        put_meta(s, to);
    cm_box_end(to, udta);
    return noErr;
}
