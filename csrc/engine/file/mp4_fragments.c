/*
 * mp4_fragments.c: the boxes of a file one after the other, and the packets of its movie fragments: of a file
 * all at once, of a stream as they arrive.
 */
#include "mp4.h"

#include "packet_table.h"

#include <stdlib.h>

/* Packets of one fragment of a stream that its boxes need not list one by one. */
#define MOST_UNLISTED ((SInt64)1 << 20)

static OSStatus damaged(const cm_file *f, const char *what)
{
    return cm_fail(kAudioFileInvalidFileError, "%s: MPEG-4 with %s", cm_io_path(f->io), what);
}

/* ---- boxes ---- */

bool cm_mp4_next_top_box(cm_window *w, SInt64 at, cm_mp4_top_box *box)
{
    size_t have;
    const UInt8 *bytes = cm_window_look(w, at, 8, &have);
    if (!bytes)
        return false;
    UInt64 size = cm_get_be32(bytes);
    box->type = cm_get_be32(bytes + 4);
    box->at = at;
    box->head = 8;
    if (size == 1) {
        bytes = cm_window_look(w, at, 16, &have);
        if (!bytes)
            return false;
        size = cm_get_be64(bytes + 8);
        box->head = 16;
    }
    UInt64 left = (UInt64)(w->end - at);
    box->to_end = size == 0;
    if (size == 0)
        size = left;
    if (size < box->head)
        return false;
    box->cut = size > left;
    box->size = size > left ? (SInt64)left
                            : (SInt64)size; /* media data that is cut off is read as far as it goes */
    return size <= left || box->type == 'mdat';
}

OSStatus cm_mp4_load_box(cm_file *f, const cm_mp4_top_box *box, UInt8 **bytes)
{
    UInt8 last;
    *bytes = NULL;
    /* Of a stream the end is not known: what the header says is true when its last byte is there. */
    OSStatus status = cm_io_read_all(f->io, box->at + box->size - 1, &last, 1);
    if (status != noErr)
        return status;
    *bytes = malloc((size_t)box->size);
    status = *bytes ? cm_io_read_all(f->io, box->at, *bytes, (size_t)box->size) : cmMemFullError;
    if (status != noErr) {
        free(*bytes);
        *bytes = NULL;
    }
    return status;
}

/* ---- fragments ---- */

typedef struct defaults {
    UInt32 duration, size;
} defaults;

static void movie_defaults(const cm_mp4 *s, defaults *d)
{
    cm_span whole = { s->moov, s->moov_size };
    cm_box moov, box;
    if (!cm_box_next(&whole, &moov) || !cm_box_find(moov.body, 'mvex', &box))
        return;
    cm_span rest = box.body;
    while (cm_box_next(&rest, &box)) {
        UInt32 version, flags;
        cm_span body = cm_box_full(&box, &version, &flags);
        if (box.type == 'trex' && body.size >= 20 && cm_get_be32(body.bytes) == s->track_id)
            *d = (defaults){ cm_get_be32(body.bytes + 8), cm_get_be32(body.bytes + 12) };
    }
}

/* Optional fields one behind the other. */
static UInt32 take32(cm_span *from, bool there, UInt32 otherwise)
{
    if (!there)
        return otherwise;
    UInt32 value = from->size >= 4 ? cm_get_be32(from->bytes) : 0;
    *from = cm_span_from(*from, 4);
    return value;
}

static OSStatus read_run(cm_file *f, const cm_box *trun, const defaults *d, SInt64 base, SInt64 *next)
{
    cm_mp4 *s = f->state;
    UInt32 version, flags;
    cm_span body = cm_box_full(trun, &version, &flags);
    UInt32 count = take32(&body, true, 0);
    UInt32 offset = take32(&body, flags & 1, 0);
    SInt64 at = flags & 1 ? base + (SInt32)offset : *next, file_size = cm_io_size(f->io);
    take32(&body, flags & 4, 0);
    size_t row = 4 * (size_t)__builtin_popcount(flags & 0xF00);
    bool unlisted = row == 0 && (d->size == 0 || count > s->most_in_moof - f->table.count);
    if (unlisted || (row > 0 && count > body.size / row))
        return damaged(f, "a fragment that is longer than its box");
    bool lengths = f->table.count ? f->table.frames != NULL : f->format.mFramesPerPacket == 0;
    OSStatus status = noErr;
    for (UInt32 i = 0; status == noErr && i < count; i++) {
        UInt32 duration = take32(&body, flags & 0x100, d->duration),
               size = take32(&body, flags & 0x200, d->size);
        take32(&body, flags & 0x400, 0);
        take32(&body, flags & 0x800, 0);
        if (at < 0 || at > file_size || size > file_size - at)
            break;
        if (lengths && f->table.count == 0 && !cm_mp4_may_vary(f->format.mFormatID)) {
            f->format.mFramesPerPacket = cm_mp4_frames_of(s, duration);
            lengths = f->format.mFramesPerPacket == 0;
        }
        s->media_units += duration;
        status = cm_packet_table_add(&f->table, true, lengths, at, size, cm_mp4_frames_of(s, duration));
        if (size > f->max_packet_size)
            f->max_packet_size = size;
        at += size;
    }
    *next = at;
    return status;
}

static OSStatus read_track_fragment(cm_file *f, cm_span traf, SInt64 moof, SInt64 *next)
{
    const cm_mp4 *s = f->state;
    cm_box box;
    UInt32 version, flags;
    defaults d = { 0 };
    if (!cm_box_find(traf, 'tfhd', &box))
        return noErr;
    cm_span body = cm_box_full(&box, &version, &flags);
    if (take32(&body, true, 0) != s->track_id)
        return noErr;
    movie_defaults(s, &d);
    SInt64 base = moof;
    if (flags & 1 && body.size >= 8) {
        base = (SInt64)(cm_get_be64(body.bytes) & INT64_MAX);
        body = cm_span_from(body, 8);
    }
    take32(&body, flags & 2, 0);
    d.duration = take32(&body, flags & 8, d.duration);
    d.size = take32(&body, flags & 16, d.size);
    *next = base;
    OSStatus status = noErr;
    while (status == noErr && cm_box_next(&traf, &box))
        if (box.type == 'trun')
            status = base <= INT64_MAX / 2 ? read_run(f, &box, &d, base, next)
                                           : damaged(f, "a fragment far away");
    return status;
}

/* Adds the packets of a movie fragment. */
static OSStatus read_fragment(cm_file *f, const cm_mp4_top_box *moof)
{
    cm_mp4 *s = f->state;
    cm_box box;
    UInt8 *bytes;
    SInt64 next = moof->at;
    OSStatus status = cm_mp4_load_box(f, moof, &bytes);
    if (status != noErr)
        return status;
    cm_span rest = { bytes + moof->head, (size_t)moof->size - moof->head };
    /* Of a file all have room in it; the end of a stream is far away. */
    s->most_in_moof = cm_io_is_stream(f->io) ? f->table.count + MOST_UNLISTED : cm_io_size(f->io);
    while (status == noErr && cm_box_next(&rest, &box))
        if (box.type == 'traf')
            status = read_track_fragment(f, box.body, moof->at, &next);
    free(bytes);
    return status;
}

OSStatus cm_mp4_read_fragments(cm_file *f, cm_window *w)
{
    cm_mp4_top_box box;
    SInt64 at = 0;
    OSStatus status = noErr;
    for (int i = 0; status == noErr && i < CM_MP4_MOST_BOXES && cm_mp4_next_top_box(w, at, &box);
         i++, at += box.size)
        if (box.type == 'moof')
            status = read_fragment(f, &box);
    return status;
}

/* ---- fragments that arrive ---- */

OSStatus cm_mp4_begin_growing(cm_file *f)
{
    cm_mp4 *s = f->state;
    f->grows = true;
    if (f->table.count == 0)
        f->data_offset = s->passed;
    f->data_bytes = CM_IO_SIZE_UNKNOWN;
    f->packet_count = -1;
    cm_window_begin(&s->window, f->io, CM_IO_SIZE_UNKNOWN);
    OSStatus status = cm_mp4_needs_packet(f->format.mFormatID) ? cm_mp4_more_packets(f, 0) : noErr;
    return status == kAudioFileEndOfFileError ? noErr : status;
}

/* The stream has ended: what a file tells when it is opened. */
static OSStatus end_growing(cm_file *f)
{
    f->packet_count = f->table.count;
    f->data_bytes = 0;
    for (SInt64 i = 0; i < f->table.count; i++)
        f->data_bytes += f->table.sizes[i];
    OSStatus status = cm_mp4_read_edits(f);
    return status == noErr ? kAudioFileEndOfFileError : status;
}

/* Boxes are looked at in order, so that their headers are read before what is in them is given away. */
OSStatus cm_mp4_more_packets(cm_file *f, SInt64 packet)
{
    cm_mp4 *s = f->state;
    cm_mp4_top_box box;
    OSStatus status = noErr;
    s->window.end = cm_io_size(f->io);
    s->window.status = noErr;
    while (status == noErr && (packet >= f->table.count || f->table.offsets[packet] >= s->passed)) {
        if (!cm_mp4_next_top_box(&s->window, s->passed, &box))
            return s->window.status != noErr ? s->window.status : end_growing(f);
        if (box.type == 'moof')
            status = read_fragment(f, &box);
        s->passed += status == noErr ? box.size : 0;
    }
    return status;
}
