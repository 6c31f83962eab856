/* mp4_edit.c: changing the tags of an MPEG-4 file that exists, and moving its movie box to the front. */
#include "mp4.h"

#include <stdlib.h>
#include <string.h>

/* The movie box as it is, but for its metadata list. */
static OSStatus rebuild(const cm_mp4 *s, CFMutableDataRef *out)
{
    cm_span whole = { s->moov, s->moov_size };
    cm_box moov, box;
    CFMutableDataRef to = *out = CFDataCreateMutable(NULL, 0);
    if (!to)
        return cmMemFullError;
    if (!cm_box_next(&whole, &moov))
        return kAudioFileInvalidFileError;
    cm_span rest = moov.body;
    CFIndex begun = cm_box_begin(to, 'moov');
    bool has_udta = false;
    while (cm_box_next(&rest, &box)) {
        if (box.type == 'udta' && !has_udta) {
            has_udta = true;
            cm_mp4_put_udta(s, to);
        } else if (box.type != 'meta' || !s->tags_changed) {
            cm_box_put_bytes(to, box.whole.bytes, box.whole.size);
        }
    }
    if (!has_udta)
        cm_mp4_put_udta(s, to);
    cm_box_end(to, begun);
    return noErr;
}

static OSStatus keep(cm_mp4 *s, CFDataRef moov, SInt64 at)
{
    size_t size = (size_t)CFDataGetLength(moov);
    UInt8 *bytes = malloc(size);
    if (!bytes)
        return cmMemFullError;
    memcpy(bytes, CFDataGetBytePtr(moov), size);
    free(s->moov);
    s->moov = bytes;
    s->moov_size = size;
    s->moov_at = at;
    return noErr;
}

static OSStatus put_free(cm_io *io, SInt64 at, SInt64 size)
{
    UInt8 head[8];
    cm_put_be32(head, (UInt32)size);
    cm_put_be32(head + 4, 'free');
    return cm_io_write(io, at, head, sizeof head);
}

/* Free space right behind the movie box. */
static SInt64 free_behind(cm_file *f, SInt64 at)
{
    UInt8 head[8];
    SInt64 size = cm_io_size(f->io), spare = 0;
    while (at + spare <= size - 8 && cm_io_read_all(f->io, at + spare, head, sizeof head) == noErr) {
        SInt64 box = cm_get_be32(head);
        UInt32 type = cm_get_be32(head + 4);
        if ((type != 'free' && type != 'skip') || box < 8 || box > size - at - spare)
            break;
        spare += box;
    }
    return spare;
}

/* True when packets lie, in part at least, between two places: in a damaged file they may be anywhere. */
static bool has_packets(const cm_file *f, SInt64 from, SInt64 to)
{
    const cm_packet_table *t = &f->table;
    for (SInt64 i = 0; i < t->count; i++)
        if (t->offsets[i] < to && t->offsets[i] + t->sizes[i] > from)
            return true;
    return false;
}

static OSStatus overlapping(const cm_file *f)
{
    return cm_fail(kAudioFileInvalidFileError, "%s: audio where the description of the file is",
                   cm_io_path(f->io));
}

/*
 * No sample moves. A movie box that ends the file is written over; one in front of the media stays if it fits
 * with the free space behind it; else it goes to the end, and its place becomes free space.
 */
static OSStatus place(cm_file *f, CFDataRef moov)
{
    cm_mp4 *s = f->state;
    const UInt8 *bytes = CFDataGetBytePtr(moov);
    bool closed;
    SInt64 size = CFDataGetLength(moov), old = (SInt64)s->moov_size, end = cm_mp4_boxes_end(f, &closed);
    SInt64 room = old + free_behind(f, s->moov_at + old), at = s->moov_at;
    OSStatus status;
    if (has_packets(f, at, at + room) || has_packets(f, end, INT64_MAX))
        return overlapping(f);
    if (at + room == end) {
        status = cm_io_write(f->io, at, bytes, (size_t)size);
        if (status == noErr)
            status = cm_io_set_size(f->io, at + size);
    } else if (size == room || (size + 8 <= room && room - size <= UINT32_MAX)) {
        status = cm_io_write(f->io, at, bytes, (size_t)size);
        if (status == noErr && size < room)
            status = put_free(f->io, at + size, room - size);
    } else if (room > UINT32_MAX || s->is_fragmented || !closed) {
        return cm_fail(kAudioFileOperationNotSupportedError,
                       "%s: no room for larger tags in this kind of MPEG-4", cm_io_path(f->io));
    } else {
        status = cm_io_write(f->io, end, bytes, (size_t)size);
        if (status == noErr)
            status = cm_io_set_size(f->io, end + size); /* what was behind the last box would hide it */
        if (status == noErr)
            status = put_free(f->io, at, room);
        at = end;
    }
    return status == noErr ? keep(s, moov, at) : status;
}

OSStatus cm_mp4_flush_tags(cm_file *f)
{
    cm_mp4 *s = f->state;
    CFMutableDataRef moov = NULL;
    if (!s->tags_changed)
        return noErr;
    OSStatus status = rebuild(s, &moov);
    if (status == noErr)
        status = place(f, moov);
    if (moov)
        CFRelease(moov);
    if (status == noErr)
        s->tags_changed = f->dirty = false;
    return status;
}

/* ---- optimising ---- */

/* Adds `by` to the chunk offsets of all tracks that lie between two places. False when one would not fit. */
static bool shift_chunks(UInt8 *moov, size_t size, SInt64 from, SInt64 to, SInt64 by)
{
    cm_span whole = { moov, size };
    cm_box box, trak, table;
    if (!cm_box_next(&whole, &box))
        return false;
    cm_span tracks = box.body;
    while (cm_box_next(&tracks, &trak)) {
        if (trak.type != 'trak' || !cm_box_find_path(trak.body, CM_BOX_PATH('mdia', 'minf', 'stbl'), &box))
            continue;
        bool wide = !cm_box_find(box.body, 'stco', &table);
        if ((wide && !cm_box_find(box.body, 'co64', &table)) || table.body.size < 8)
            continue;
        UInt8 *rows = moov + (table.body.bytes - moov) + 8;
        size_t row = wide ? 8 : 4, count = (table.body.size - 8) / row;
        for (size_t i = 0; i < count; i++, rows += row) {
            UInt64 place = wide ? cm_get_be64(rows) : cm_get_be32(rows);
            if (place < (UInt64)from || place >= (UInt64)to)
                continue;
            place += (UInt64)by;
            if (!wide && place > UINT32_MAX)
                return false;
            if (wide)
                cm_put_be64(rows, place);
            else
                cm_put_be32(rows, (UInt32)place);
        }
    }
    return true;
}

OSStatus cm_mp4_optimize_existing(cm_file *f)
{
    cm_mp4 *s = f->state;
    OSStatus status = cm_mp4_flush_tags(f);
    if (status != noErr || s->moov_at < s->first_mdat || s->is_fragmented)
        return status;
    SInt64 from = s->ftyp_end, to = s->moov_at, by = (SInt64)s->moov_size;
    if (has_packets(f, from - 1, from) || has_packets(f, to, to + by))
        return overlapping(f);
    UInt8 *moov = malloc(s->moov_size);
    if (!moov)
        return cmMemFullError;
    memcpy(moov, s->moov, s->moov_size);
    if (!shift_chunks(moov, s->moov_size, from, to, by))
        status = cm_fail(kAudioFileOperationNotSupportedError, "%s: its chunk offsets have no room to grow",
                         cm_io_path(f->io));
    if (status == noErr)
        status = cm_io_move(f->io, from, from + by, to - from);
    if (status == noErr)
        status = cm_io_write(f->io, from, moov, s->moov_size);
    if (status != noErr) {
        free(moov);
        return status;
    }
    free(s->moov);
    s->moov = moov;
    s->moov_at = from;
    s->first_mdat += by;
    f->data_offset += by;
    for (SInt64 i = 0; i < f->table.count; i++)
        f->table.offsets[i] += f->table.offsets[i] < to ? by : 0;
    return noErr;
}
