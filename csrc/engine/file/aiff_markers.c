/* aiff_markers.c: MARK chunk <-> markers, the two loops of the INST chunk <-> regions. */
#include "aiff.h"

#include "chunks.h"
#include "file.h"
#include "info.h"
#include "../base/bytes.h"

#include <AudioToolbox/CAFFile.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MARKS_MOST ((size_t)32 << 20) /* 65535 marks with names of 255 bytes take half of it */

enum { MARK_HEAD = 6, INST_SIZE = 20, INST_LOOPS = 8, LOOP_SIZE = 6 };
enum { SUSTAIN, RELEASE, LOOP_COUNT };
enum { NO_LOOP, FORWARD, FORWARD_BACKWARD };

typedef struct mark {
    UInt16 id;
    UInt32 position;
    UInt8 name[256]; /* length first */
} mark;

typedef struct marks {
    UInt32 count;
    mark *items;
    UInt64 used[0x8000 / 64]; /* bits of the numbers 0 .. 32767 that marks have */
} marks;

typedef struct loop {
    UInt16 mode, begin, end; /* marks */
} loop;

static const UInt32 loop_types[LOOP_COUNT][2] = {
    { kCAFMarkerType_SustainLoopStart, kCAFMarkerType_SustainLoopEnd },
    { kCAFMarkerType_ReleaseLoopStart, kCAFMarkerType_ReleaseLoopEnd },
};

/* ---- MARK ---- */

static mark *find_mark(const marks *all, UInt16 id)
{
    for (UInt32 i = 0; i < all->count; i++)
        if (all->items[i].id == id)
            return &all->items[i];
    return NULL;
}

/* The array grows at each power of two. */
static mark *add_mark(marks *all, UInt16 id)
{
    if ((all->count & (all->count - 1)) == 0) {
        mark *grown = realloc(all->items, (all->count ? all->count * (size_t)2 : 1) * sizeof *grown);
        if (!grown)
            return NULL;
        all->items = grown;
    }
    if (id < 0x8000)
        all->used[id / 64] |= (UInt64)1 << id % 64;
    all->items[all->count] = (mark){ .id = id };
    return &all->items[all->count++];
}

static OSStatus parse_marks(const UInt8 *bytes, size_t size, marks *all)
{
    UInt32 left = size >= 2 ? cm_get_be16(bytes) : 0;
    for (size_t at = 2; left && at + MARK_HEAD + 1 <= size; left--) {
        size_t length = bytes[at + MARK_HEAD];
        if (length > size - at - MARK_HEAD - 1)
            length = size - at - MARK_HEAD - 1;
        mark *to = add_mark(all, cm_get_be16(bytes + at));
        if (!to)
            return cmMemFullError;
        to->position = cm_get_be32(bytes + at + 2);
        to->name[0] = (UInt8)length;
        memcpy(to->name + 1, bytes + at + MARK_HEAD + 1, length);
        at += MARK_HEAD + ((length + 2) & ~(size_t)1);
    }
    return noErr;
}

static OSStatus load_marks(cm_file *f, marks *all)
{
    UInt8 *bytes;
    size_t size;
    const cm_chunk *chunk = cm_chunk_find(f, 'MARK', 0);
    *all = (marks){ 0 };
    if (!chunk)
        return noErr;
    OSStatus status = cm_chunk_copy(f, chunk, MARKS_MOST, &bytes, &size);
    if (status == noErr)
        status = parse_marks(bytes, size, all);
    free(bytes);
    return status;
}

static OSStatus store_marks(cm_file *f, const marks *all)
{
    if (all->count == 0) {
        cm_chunk_remove_all(f, 'MARK');
        return noErr;
    }
    if (all->count > 0xFFFF)
        return cm_fail(kAudioFileOperationNotSupportedError, "AIFF holds at most 65535 markers");
    UInt8 *bytes = calloc(1, 2 + all->count * (size_t)(MARK_HEAD + 256));
    size_t at = 2;
    if (!bytes)
        return cmMemFullError;
    cm_put_be16(bytes, (UInt16)all->count);
    for (UInt32 i = 0; i < all->count; i++) {
        const mark *m = &all->items[i];
        cm_put_be16(bytes + at, m->id);
        cm_put_be32(bytes + at + 2, m->position);
        memcpy(bytes + at + MARK_HEAD, m->name, (size_t)m->name[0] + 1);
        at += MARK_HEAD + (((size_t)m->name[0] + 2) & ~(size_t)1);
    }
    return cm_chunk_give(f, 'MARK', 0, bytes, at);
}

static bool is_used(const marks *all, UInt16 id)
{
    return all->used[id / 64] >> id % 64 & 1;
}

static UInt16 unused_id(const marks *all)
{
    UInt16 id = 1;
    while (id < 0x8000 && is_used(all, id))
        id = all->used[id / 64] == UINT64_MAX ? (UInt16)((id / 64 + 1) * 64) : (UInt16)(id + 1);
    return id < 0x8000 ? id : 0;
}

/* A name of more than 255 bytes is cut between characters. */
static void put_name(mark *to, CFStringRef name)
{
    CFIndex used = 0;
    if (name)
        CFStringGetBytes(name, CFRangeMake(0, CFStringGetLength(name)), kCFStringEncodingUTF8, 0, false,
                         to->name + 1, 255, &used);
    to->name[0] = (UInt8)used;
}

/* Adds a marker under its own number if that is free and one that AIFF can have, else under another. */
static OSStatus put_marker(marks *all, const AudioFileMarker *from, UInt16 *id)
{
    bool position_ok = from->mFramePosition >= 0 && from->mFramePosition <= 0xFFFFFFFFu;
    if (!position_ok)
        return cm_fail(kAudioFileOperationNotSupportedError, "AIFF cannot hold a marker at frame %g",
                       from->mFramePosition);
    bool own = from->mMarkerID > 0 && from->mMarkerID <= 0x7FFF && !is_used(all, (UInt16)from->mMarkerID);
    *id = own ? (UInt16)from->mMarkerID : unused_id(all);
    if (*id == 0)
        return cm_fail(kAudioFileOperationNotSupportedError, "AIFF has numbers for 32767 markers only");
    mark *to = add_mark(all, *id);
    if (!to)
        return cmMemFullError;
    to->position = (UInt32)llrint(from->mFramePosition);
    put_name(to, from->mName);
    return noErr;
}

/* ---- INST ---- */

/* The instrument chunk, or that of an instrument of which nothing is known. */
static bool load_instrument(cm_file *f, UInt8 bytes[INST_SIZE])
{
    static const UInt8 unknown[INST_LOOPS] = { 60, 0, 0, 127, 1, 127, 0, 0 };
    const cm_chunk *chunk = cm_chunk_find(f, 'INST', 0);
    if (chunk && cm_chunk_read(f, chunk, 0, bytes, INST_SIZE) == noErr)
        return true;
    memset(bytes, 0, INST_SIZE);
    memcpy(bytes, unknown, sizeof unknown);
    return false;
}

static loop get_loop(const UInt8 bytes[INST_SIZE], int which)
{
    const UInt8 *at = bytes + INST_LOOPS + which * LOOP_SIZE;
    return (loop){ cm_get_be16(at), cm_get_be16(at + 2), cm_get_be16(at + 4) };
}

static void put_loop(UInt8 bytes[INST_SIZE], int which, loop l)
{
    UInt8 *at = bytes + INST_LOOPS + which * LOOP_SIZE;
    cm_put_be16(at, l.mode);
    cm_put_be16(at + 2, l.begin);
    cm_put_be16(at + 4, l.end);
}

static bool loop_valid(const marks *all, loop l)
{
    return (l.mode == FORWARD || l.mode == FORWARD_BACKWARD) && find_mark(all, l.begin) &&
           find_mark(all, l.end);
}

/* ---- markers ---- */

/* loops without valid ones are all zero, and no mark is number zero. */
static UInt32 type_of(const loop loops[LOOP_COUNT], UInt16 id)
{
    for (int which = 0; which < LOOP_COUNT; which++)
        if (id && (loops[which].begin == id || loops[which].end == id))
            return loop_types[which][loops[which].begin != id];
    return kAudioFileMarkerType_Generic;
}

static OSStatus give_marker(cm_markers *to, const mark *from, UInt32 type)
{
    CFStringRef name = from->name[0]
                           ? cm_info_string(from->name + 1, from->name[0], kCFStringEncodingMacRoman)
                           : NULL;
    OSStatus status = cm_markers_add(to, from->position, from->id, name);
    if (status == noErr)
        to->items[to->count - 1].mType = type;
    if (name)
        CFRelease(name);
    return status;
}

OSStatus cm_aiff_read_markers(cm_file *f, cm_markers *markers)
{
    marks all;
    UInt8 instrument[INST_SIZE];
    loop loops[LOOP_COUNT];
    OSStatus status = load_marks(f, &all);
    load_instrument(f, instrument);
    for (int which = 0; which < LOOP_COUNT; which++) {
        loop l = get_loop(instrument, which);
        loops[which] = loop_valid(&all, l) ? l : (loop){ 0 };
    }
    for (UInt32 i = 0; status == noErr && i < all.count; i++)
        status = give_marker(markers, &all.items[i], type_of(loops, all.items[i].id));
    free(all.items);
    return status;
}

/* A loop whose marks are gone is none. */
static OSStatus drop_broken_loops(cm_file *f, const marks *all)
{
    UInt8 instrument[INST_SIZE];
    bool changed = false;
    if (!load_instrument(f, instrument))
        return noErr;
    for (int which = 0; which < LOOP_COUNT; which++) {
        loop l = get_loop(instrument, which);
        if (l.mode == NO_LOOP || loop_valid(all, l))
            continue;
        put_loop(instrument, which, (loop){ 0 });
        changed = true;
    }
    return changed ? cm_chunk_set(f, 'INST', 0, instrument, sizeof instrument) : noErr;
}

OSStatus cm_aiff_write_markers(cm_file *f, const cm_markers *markers)
{
    marks all = { 0 };
    UInt16 id;
    OSStatus status = noErr;
    for (UInt32 i = 0; status == noErr && i < markers->count; i++)
        status = put_marker(&all, &markers->items[i], &id);
    if (status == noErr)
        status = store_marks(f, &all);
    if (status == noErr)
        status = drop_broken_loops(f, &all);
    free(all.items);
    return status;
}

/* ---- regions ---- */

OSStatus cm_aiff_read_regions(cm_file *f, cm_regions *regions)
{
    marks all;
    UInt8 instrument[INST_SIZE];
    OSStatus status = load_marks(f, &all);
    bool present = load_instrument(f, instrument);
    for (int which = 0; status == noErr && present && which < LOOP_COUNT; which++) {
        loop l = get_loop(instrument, which);
        if (!loop_valid(&all, l))
            continue;
        AudioFileRegionFlags flags = kAudioFileRegionFlag_LoopEnable | kAudioFileRegionFlag_PlayForward;
        if (l.mode == FORWARD_BACKWARD)
            flags |= kAudioFileRegionFlag_PlayBackward;
        cm_region *region = cm_regions_add(regions, (UInt32)which + 1, NULL, flags);
        status = region ? give_marker(&region->markers, find_mark(&all, l.begin), loop_types[which][0])
                        : cmMemFullError;
        if (status == noErr)
            status = give_marker(&region->markers, find_mark(&all, l.end), loop_types[which][1]);
    }
    free(all.items);
    return status;
}

/* The mark for one end of a loop: one that is there, or a new one. */
static OSStatus mark_for(marks *all, const AudioFileMarker *from, UInt16 *id)
{
    mark *present = from->mMarkerID > 0 && from->mMarkerID <= 0x7FFF ? find_mark(all, (UInt16)from->mMarkerID)
                                                                     : NULL;
    if (present && from->mFramePosition == present->position) {
        *id = present->id;
        return noErr;
    }
    return put_marker(all, from, id);
}

static int which_loop(const cm_region *region, const bool taken[LOOP_COUNT])
{
    bool release = region->markers.items[0].mType == kCAFMarkerType_ReleaseLoopStart;
    int which = release || region->id == RELEASE + 1 || taken[SUSTAIN] ? RELEASE : SUSTAIN;
    return taken[which] ? !which : which;
}

static OSStatus put_region(const cm_region *region, marks *all, UInt8 instrument[INST_SIZE],
                           bool taken[LOOP_COUNT])
{
    loop l = { .mode = FORWARD };
    if (region->markers.count < 2)
        return cm_fail(cmParamError, "a region needs a marker at its start and one at its end");
    int which = which_loop(region, taken);
    const AudioFileMarker *first = region->markers.items, *last = first + region->markers.count - 1;
    if (region->flags & kAudioFileRegionFlag_PlayBackward)
        l.mode = FORWARD_BACKWARD;
    if (!(region->flags & kAudioFileRegionFlag_LoopEnable))
        l.mode = NO_LOOP;
    OSStatus status = mark_for(all, first, &l.begin);
    if (status == noErr)
        status = mark_for(all, last, &l.end);
    if (status == noErr)
        put_loop(instrument, which, l);
    taken[which] = true;
    return status;
}

OSStatus cm_aiff_write_regions(cm_file *f, const cm_regions *regions)
{
    marks all = { 0 };
    UInt8 instrument[INST_SIZE];
    bool taken[LOOP_COUNT] = { false };
    if (regions->count > LOOP_COUNT)
        return cm_fail(kAudioFileOperationNotSupportedError,
                       "AIFF holds two regions, the sustain loop and the release loop");
    bool present = load_instrument(f, instrument);
    if (!present && regions->count == 0)
        return noErr;
    for (int which = 0; which < LOOP_COUNT; which++)
        put_loop(instrument, which, (loop){ 0 });
    OSStatus status = load_marks(f, &all);
    for (UInt32 i = 0; status == noErr && i < regions->count; i++)
        status = put_region(&regions->items[i], &all, instrument, taken);
    if (status == noErr)
        status = store_marks(f, &all);
    if (status == noErr)
        status = cm_chunk_set(f, 'INST', 0, instrument, sizeof instrument);
    free(all.items);
    return status;
}
