#include "riff_cues.h"

#include "chunks.h"
#include "info.h"
#include "riff_order.h"
#include "../base/bytes.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define CUE_SIZE 24u
#define SMPL_HEAD 36u
#define LOOP_SIZE 24u
#define LTXT_HEAD 20u
#define SLOT_BITS 17
#define SLOTS (1u << SLOT_BITS) /* twice CM_MOST_CUES: never more than half full */

/* ---- points by id ---- */

static UInt32 *slot_of(const cm_cues *cues, UInt32 id)
{
    UInt32 at = (id + 1) * cues->seed >> (32 - SLOT_BITS);
    while (cues->slots[at] && cues->points[cues->slots[at] - 1].id != id)
        at = (at + 1) % SLOTS;
    return &cues->slots[at];
}

cm_cue *cm_cues_find(const cm_cues *cues, UInt32 id)
{
    UInt32 number = cues->slots ? *slot_of(cues, id) : 0;
    return number ? &cues->points[number - 1] : NULL;
}

/* Arrays grow at each power of two. */
static bool grow(void **items, UInt32 count, size_t member)
{
    if (count >= CM_MOST_CUES)
        return false;
    if (count & (count - 1))
        return true;
    void *grown = realloc(*items, (count ? (size_t)count * 2 : 1) * member);
    if (grown)
        *items = grown;
    return grown != NULL;
}

static bool make_slots(cm_cues *cues)
{
    if (cues->slots)
        return true;
    if (getrandom(&cues->seed, sizeof cues->seed, 0) != (ssize_t)sizeof cues->seed)
        cues->seed = 2654435761u;
    cues->seed |= 1;
    cues->slots = calloc(SLOTS, sizeof *cues->slots);
    return cues->slots != NULL;
}

cm_cue *cm_cues_add(cm_cues *cues, UInt32 id, UInt32 frame, CFStringRef label)
{
    if (!make_slots(cues) || !grow((void **)&cues->points, cues->count, sizeof *cues->points))
        return NULL;
    while (cm_cues_find(cues, id))
        id = id < cues->count ? cues->count + 1 : id + 1;
    cm_cue *cue = &cues->points[cues->count];
    *cue = (cm_cue){ .id = id, .frame = frame, .label = label };
    if (label)
        CFRetain(label);
    *slot_of(cues, id) = ++cues->count;
    return cue;
}

cm_loop *cm_cues_add_loop(cm_cues *cues, const cm_loop *loop)
{
    if (!grow((void **)&cues->loops, cues->loop_count, sizeof *cues->loops))
        return NULL;
    cm_loop *added = &cues->loops[cues->loop_count++];
    *added = *loop;
    return added;
}

void cm_cues_free(cm_cues *cues)
{
    for (UInt32 i = 0; i < cues->count; i++)
        if (cues->points[i].label)
            CFRelease(cues->points[i].label);
    free(cues->points);
    free(cues->slots);
    free(cues->loops);
    free(cues->others.bytes);
    *cues = (cm_cues){ 0 };
}

/* ---- reading ---- */

typedef OSStatus (*parse_fn)(cm_cues *cues, const UInt8 *bytes, size_t size);

static OSStatus parse_points(cm_cues *cues, const UInt8 *bytes, size_t size)
{
    UInt32 count = size >= 4 ? cm_get_le32(bytes) : 0;
    for (size_t at = 4; count && size >= CUE_SIZE && at <= size - CUE_SIZE; at += CUE_SIZE, count--) {
        UInt32 id = cm_get_le32(bytes + at);
        UInt32 frame = cm_get_le32(bytes + at + 20); /* of the sample in the data chunk */
        if (cm_cues_find(cues, id) || cues->count == CM_MOST_CUES)
            continue;
        if (!cm_cues_add(cues, id, frame ? frame : cm_get_le32(bytes + at + 4), NULL))
            return cmMemFullError;
    }
    return noErr;
}

static OSStatus take_label(cm_cue *cue, const UInt8 *text, size_t size)
{
    if (cue->label || size == 0 || text[0] == 0)
        return noErr;
    cue->label = cm_info_string(text, size, kCFStringEncodingISOLatin1);
    return cue->label ? noErr : cmMemFullError;
}

static OSStatus parse_labels(cm_cues *cues, const UInt8 *bytes, size_t size)
{
    OSStatus status = noErr;
    cm_riff_item item;
    size_t at = 0;
    while (status == noErr && cm_riff_next_item(bytes, size, &at, &item)) {
        cm_cue *cue = item.size >= 4 ? cm_cues_find(cues, cm_get_le32(item.bytes)) : NULL;
        if (!cue)
            continue;
        if (item.id == 'labl') {
            status = take_label(cue, item.bytes + 4, item.size - 4);
        } else if (item.id == 'ltxt' && item.size >= LTXT_HEAD && cm_get_le32(item.bytes + 4)) {
            cue->length = cm_get_le32(item.bytes + 4);
            cue->in_region = true;
            status = take_label(cue, item.bytes + LTXT_HEAD, item.size - LTXT_HEAD);
        } else {
            cm_riff_add_item(&cues->others, item.id, item.bytes, item.size);
        }
    }
    return status == noErr && cues->others.failed ? cmMemFullError : status;
}

/* A play list's segments are sections of cue points that have no other. */
static OSStatus parse_segments(cm_cues *cues, const UInt8 *bytes, size_t size)
{
    UInt32 count = size >= 4 ? cm_get_le32(bytes) : 0;
    for (size_t at = 4; count && size >= 12 && at <= size - 12; at += 12, count--) {
        cm_cue *cue = cm_cues_find(cues, cm_get_le32(bytes + at));
        if (!cue || cue->length)
            continue;
        cue->length = cm_get_le32(bytes + at + 4);
        cue->in_region = cue->length != 0;
    }
    return noErr;
}

static OSStatus parse_loops(cm_cues *cues, const UInt8 *bytes, size_t size)
{
    UInt32 count = size >= SMPL_HEAD ? cm_get_le32(bytes + 28) : 0;
    for (size_t at = SMPL_HEAD; count && size >= LOOP_SIZE && at <= size - LOOP_SIZE;
         at += LOOP_SIZE, count--) {
        const UInt8 *from = bytes + at;
        cm_loop loop = { cm_get_le32(from),      cm_get_le32(from + 4),  cm_get_le32(from + 8),
                         cm_get_le32(from + 12), cm_get_le32(from + 16), cm_get_le32(from + 20) };
        if (loop.last < loop.first || cues->loop_count == CM_MOST_CUES)
            continue;
        if (!cm_cues_add_loop(cues, &loop))
            return cmMemFullError;
        cm_cue *cue = cm_cues_find(cues, loop.id);
        if (cue && cue->frame == loop.first)
            cue->in_region = true;
    }
    return noErr;
}

static OSStatus parse_chunk(cm_file *f, cm_cues *cues, UInt32 id, parse_fn parse)
{
    UInt8 *bytes;
    size_t size;
    const cm_chunk *chunk = cm_chunk_find(f, id, 0);
    if (!chunk || chunk->size > (SInt64)CM_ITEMS_MOST)
        return noErr;
    OSStatus status = cm_chunk_copy(f, chunk, CM_ITEMS_MOST, &bytes, &size);
    if (status == noErr && cm_riff_is_rifx(f))
        cm_riff_turn_round(id, bytes, size);
    if (status == noErr)
        status = parse(cues, bytes, size);
    free(bytes);
    return status;
}

OSStatus cm_cues_load(cm_file *f, cm_cues *cues)
{
    *cues = (cm_cues){ 0 };
    OSStatus status = parse_chunk(f, cues, 'cue ', parse_points);
    if (status == noErr)
        status = parse_chunk(f, cues, 'adtl', parse_labels);
    if (status == noErr)
        status = parse_chunk(f, cues, 'plst', parse_segments);
    return status == noErr ? parse_chunk(f, cues, 'smpl', parse_loops) : status;
}

/* ---- writing ---- */

/* Gives the bytes to a chunk, or removes it when there are none. */
static OSStatus give(cm_file *f, UInt32 id, cm_bytes *bytes, bool present)
{
    if (bytes->failed || !present) {
        free(bytes->bytes);
        if (!bytes->failed)
            cm_chunk_remove_all(f, id);
        return bytes->failed ? cmMemFullError : noErr;
    }
    return cm_chunk_give(f, id, 0, bytes->bytes, bytes->size);
}

static void put_point(cm_bytes *to, const cm_cue *cue)
{
    UInt8 point[CUE_SIZE] = { 0 };
    cm_put_le32(point, cue->id);
    cm_put_le32(point + 4, cue->frame);
    cm_put_be32(point + 8, 'data');
    cm_put_le32(point + 20, cue->frame);
    cm_bytes_add(to, point, sizeof point);
}

static OSStatus put_label(cm_bytes *to, const cm_cue *cue)
{
    char *text = cm_info_text(cue->label);
    size_t size = text ? strlen(text) + 1 : 0;
    UInt8 *item = text ? malloc(4 + size) : NULL;
    if (item) {
        cm_put_le32(item, cue->id);
        memcpy(item + 4, text, size);
        cm_riff_add_item(to, 'labl', item, 4 + size);
    }
    free(text);
    free(item);
    return item ? noErr : cmMemFullError;
}

static void put_section(cm_bytes *to, const cm_cue *cue)
{
    UInt8 section[LTXT_HEAD] = { 0 };
    cm_put_le32(section, cue->id);
    cm_put_le32(section + 4, cue->length);
    cm_put_be32(section + 8, 'rgn ');
    cm_riff_add_item(to, 'ltxt', section, sizeof section);
}

/* Notes and the like stay with points that are still there. */
static void put_others(cm_bytes *to, const cm_cues *from, const cm_cues *cues)
{
    cm_riff_item item;
    size_t at = 0;
    while (cm_riff_next_item(from->others.bytes, from->others.size, &at, &item))
        if (cm_cues_find(cues, cm_get_le32(item.bytes)))
            cm_riff_add_item(to, item.id, item.bytes, item.size);
}

OSStatus cm_cues_store(cm_file *f, const cm_cues *cues)
{
    cm_bytes points = { 0 }, labels = { 0 };
    UInt8 count[4];
    OSStatus status = noErr;
    cm_put_le32(count, cues->count);
    cm_bytes_add(&points, count, sizeof count);
    for (UInt32 i = 0; status == noErr && i < cues->count; i++) {
        const cm_cue *cue = &cues->points[i];
        put_point(&points, cue);
        if (cue->label)
            status = put_label(&labels, cue);
    }
    /* Behind all labels, because some readers stop at the first item that is none. */
    for (UInt32 i = 0; i < cues->count; i++)
        if (cues->points[i].length)
            put_section(&labels, &cues->points[i]);
    put_others(&labels, cues, cues);
    points.failed = points.failed || status != noErr;
    labels.failed = labels.failed || status != noErr;
    status = give(f, 'cue ', &points, cues->count > 0);
    OSStatus second = give(f, 'adtl', &labels, labels.size > 0);
    return status != noErr ? status : second;
}

static void put_loop(cm_bytes *to, const cm_loop *loop)
{
    UInt8 bytes[LOOP_SIZE];
    cm_put_le32(bytes, loop->id);
    cm_put_le32(bytes + 4, loop->type);
    cm_put_le32(bytes + 8, loop->first);
    cm_put_le32(bytes + 12, loop->last);
    cm_put_le32(bytes + 16, loop->fraction);
    cm_put_le32(bytes + 20, loop->play_count);
    cm_bytes_add(to, bytes, sizeof bytes);
}

static void put_new_sampler(cm_bytes *to, const cm_file *f)
{
    UInt8 *head = cm_bytes_add(to, NULL, SMPL_HEAD);
    if (!head)
        return;
    cm_put_le32(head + 8, (UInt32)(1e9 / f->format.mSampleRate + 0.5)); /* sample period in ns */
    cm_put_le32(head + 12, 60);                                         /* unity note: middle C */
}

/* What a sampler chunk says besides its loops stays. */
OSStatus cm_cues_store_loops(cm_file *f, const cm_cues *cues)
{
    UInt8 *old = NULL;
    size_t size = 0, tail = SMPL_HEAD;
    cm_bytes sampler = { 0 };
    const cm_chunk *chunk = cm_chunk_find(f, 'smpl', 0);
    OSStatus status = chunk ? cm_chunk_copy(f, chunk, CM_ITEMS_MOST, &old, &size) : noErr;
    if (status != noErr || (!chunk && cues->loop_count == 0))
        return status;
    if (size >= SMPL_HEAD) {
        cm_bytes_add(&sampler, old, SMPL_HEAD);
        tail += (size_t)cm_get_le32(old + 28) * LOOP_SIZE;
    } else {
        put_new_sampler(&sampler, f);
    }
    if (!sampler.failed)
        cm_put_le32(sampler.bytes + 28, cues->loop_count);
    for (UInt32 i = 0; i < cues->loop_count; i++)
        put_loop(&sampler, &cues->loops[i]);
    if (tail < size)
        cm_bytes_add(&sampler, old + tail, size - tail);
    free(old);
    return give(f, 'smpl', &sampler, true);
}
