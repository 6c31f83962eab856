/* mp4_samples.c: where the packets of a track are and how long, from its sample tables and edits. */
#include "mp4.h"

#include "packet_table.h"

#include <stdlib.h>
#include <string.h>

/* Packets that take no room in the tables: of a file they take it in the file, the end of a stream is far
 * away. */
#define MOST_UNLISTED (1u << 22)

static OSStatus damaged(const cm_file *f, const char *what)
{
    return cm_fail(kAudioFileInvalidFileError, "%s: MPEG-4 with %s", cm_io_path(f->io), what);
}

/* A table of rows behind a count; false when it is longer than its box. */
static bool take_rows(const cm_box *box, size_t row, cm_span *rows, UInt32 *count)
{
    UInt32 version, flags;
    cm_span body = cm_box_full(box, &version, &flags);
    if (body.size < 4)
        return false;
    *count = cm_get_be32(body.bytes);
    *rows = cm_span_from(body, 4);
    return *count <= rows->size / row;
}

/* ---- sizes ---- */

typedef struct sizes {
    UInt32 count, constant;
    unsigned bits; /* of a row */
    cm_span rows;
} sizes;

static bool read_sizes(cm_span stbl, UInt64 file_size, sizes *s)
{
    cm_box box;
    UInt32 version, flags;
    bool compact = !cm_box_find(stbl, 'stsz', &box);
    if (compact && !cm_box_find(stbl, 'stz2', &box))
        return false;
    cm_span body = cm_box_full(&box, &version, &flags);
    if (body.size < 8)
        return false;
    *s = (sizes){ .count = cm_get_be32(body.bytes + 4), .rows = cm_span_from(body, 8), .bits = 32 };
    if (compact)
        s->bits = body.bytes[3];
    else
        s->constant = cm_get_be32(body.bytes);
    if (s->constant)
        return (UInt64)s->count * s->constant <= file_size; /* or the count is invented */
    bool known = s->bits == 4 || s->bits == 8 || s->bits == 16 || s->bits == 32;
    return known && (UInt64)s->count * s->bits <= (UInt64)s->rows.size * 8;
}

static UInt32 size_at(const sizes *s, UInt32 i)
{
    if (s->constant)
        return s->constant;
    switch (s->bits) {
    case 4:
        return (UInt32)(s->rows.bytes[i / 2] >> (i % 2 ? 0 : 4)) & 15;
    case 8:
        return s->rows.bytes[i];
    case 16:
        return cm_get_be16(s->rows.bytes + 2 * (size_t)i);
    default:
        return cm_get_be32(s->rows.bytes + 4 * (size_t)i);
    }
}

/* ---- lengths ---- */

typedef struct times {
    cm_span rows;
    UInt32 count;
    UInt32 row, left, delta; /* walking */
} times;

static bool read_times(cm_span stbl, times *t)
{
    cm_box box;
    *t = (times){ 0 };
    return cm_box_find(stbl, 'stts', &box) && take_rows(&box, 8, &t->rows, &t->count);
}

static UInt32 next_delta(times *t)
{
    while (t->left == 0 && t->row < t->count) {
        const UInt8 *row = t->rows.bytes + 8 * (size_t)t->row++;
        t->left = cm_get_be32(row);
        t->delta = cm_get_be32(row + 4);
    }
    if (t->left > 0)
        t->left--;
    return t->delta;
}

/* True when all packets but the last are of one length. */
static bool is_uniform(const times *t)
{
    UInt32 rows = t->count;
    if (rows > 1 && cm_get_be32(t->rows.bytes + 8 * (size_t)(rows - 1)) == 1)
        rows--;
    return rows <= 1;
}

UInt32 cm_mp4_frames_of(const cm_mp4 *s, UInt32 delta)
{
    Float64 frames = delta * s->frames_per_unit + 0.5;
    return frames < UINT32_MAX ? (UInt32)frames : 0;
}

bool cm_mp4_may_vary(AudioFormatID format)
{
    return format == kAudioFormatOpus || format == kAudioFormatFLAC;
}

static bool has_lengths(cm_file *f, const times *t)
{
    const cm_mp4 *s = f->state;
    if (f->format.mFramesPerPacket == 0 && t->count > 0 &&
        (is_uniform(t) || !cm_mp4_may_vary(f->format.mFormatID)))
        f->format.mFramesPerPacket = cm_mp4_frames_of(s, cm_get_be32(t->rows.bytes + 4));
    return f->format.mFramesPerPacket == 0;
}

/* ---- places ---- */

typedef struct chunks {
    cm_span rows, places;
    UInt32 row_count, chunk_count;
    bool wide;
} chunks;

static bool read_chunks(cm_span stbl, chunks *c)
{
    cm_box box;
    if (!cm_box_find(stbl, 'stsc', &box) || !take_rows(&box, 12, &c->rows, &c->row_count))
        return false;
    c->wide = !cm_box_find(stbl, 'stco', &box);
    if (c->wide && !cm_box_find(stbl, 'co64', &box))
        return false;
    return take_rows(&box, c->wide ? 8 : 4, &c->places, &c->chunk_count);
}

static UInt64 place_of(const chunks *c, UInt32 chunk)
{
    return c->wide ? cm_get_be64(c->places.bytes + 8 * (size_t)chunk)
                   : cm_get_be32(c->places.bytes + 4 * (size_t)chunk);
}

/* Samples in a chunk; row is the row that was used last. */
static UInt32 samples_in(const chunks *c, UInt32 chunk, UInt32 *row)
{
    while (*row + 1 < c->row_count && cm_get_be32(c->rows.bytes + 12 * (size_t)(*row + 1)) <= chunk + 1)
        ++*row;
    return c->row_count ? cm_get_be32(c->rows.bytes + 12 * (size_t)*row + 4) : 0;
}

static OSStatus fill_table(cm_file *f, const sizes *z, times *t, const chunks *c)
{
    cm_mp4 *s = f->state;
    UInt64 file_size = (UInt64)cm_io_size(f->io);
    bool lengths = has_lengths(f, t);
    UInt32 sample = 0, row = 0;
    OSStatus status = cm_packet_table_reserve(&f->table, true, lengths, z->count);
    for (UInt32 chunk = 0; status == noErr && chunk < c->chunk_count && sample < z->count; chunk++) {
        UInt64 at = place_of(c, chunk);
        UInt32 in_chunk = samples_in(c, chunk, &row);
        for (UInt32 i = 0; status == noErr && i < in_chunk && sample < z->count; i++, sample++) {
            UInt32 size = size_at(z, sample), delta = next_delta(t);
            if (at > file_size || size > file_size - at)
                return noErr; /* the file is cut off here */
            s->media_units += delta;
            status = cm_packet_table_add(&f->table, true, lengths, (SInt64)at, size,
                                         cm_mp4_frames_of(s, delta));
            at += size;
        }
    }
    return status;
}

OSStatus cm_mp4_read_samples(cm_file *f, cm_span stbl)
{
    cm_mp4 *s = f->state;
    sizes z;
    times t;
    chunks c;
    s->frames_per_unit = f->format.mSampleRate / s->timescale;
    s->media_units = 0;
    if (!read_sizes(stbl, (UInt64)cm_io_size(f->io), &z) || !read_times(stbl, &t) || !read_chunks(stbl, &c))
        return damaged(f, "sample tables that are longer than their boxes");
    if (z.constant && z.count > MOST_UNLISTED && cm_io_is_stream(f->io))
        return damaged(f, "more packets than a stream may have");
    f->table.count = 0;
    return z.count > 0 ? fill_table(f, &z, &t, &c) : noErr;
}

/* ---- edits ---- */

/* The first edit that shows something of the media: where it begins, in media units, and how long it is. */
static bool read_edit(cm_span track, UInt64 *start, UInt64 *movie_units)
{
    cm_box box;
    UInt32 version, flags;
    if (!cm_box_find_path(track, CM_BOX_PATH('edts', 'elst'), &box))
        return false;
    cm_span body = cm_box_full(&box, &version, &flags);
    size_t row = version == 1 ? 20 : 12;
    UInt32 count = body.size >= 4 ? cm_get_be32(body.bytes) : 0;
    cm_span rows = cm_span_from(body, 4);
    for (UInt32 i = 0; i < count && rows.size >= row; i++, rows = cm_span_from(rows, row)) {
        SInt64 begin = version == 1 ? (SInt64)cm_get_be64(rows.bytes + 8)
                                    : (SInt32)cm_get_be32(rows.bytes + 4);
        if (begin < 0)
            continue; /* an empty one */
        *start = (UInt64)begin;
        *movie_units = version == 1 ? cm_get_be64(rows.bytes) : cm_get_be32(rows.bytes);
        return true;
    }
    return false;
}

static SInt64 counted_frames(const cm_file *f)
{
    SInt64 total = 0;
    if (!f->table.frames)
        return f->table.count * f->format.mFramesPerPacket;
    for (SInt64 i = 0; i < f->table.count; i++)
        total += f->table.frames[i];
    return total;
}

static void set_info(cm_file *f, SInt64 counted, SInt64 priming, SInt64 valid)
{
    if (priming > counted || priming > INT32_MAX || valid < 0)
        return;
    valid = valid < counted - priming ? valid : counted - priming;
    SInt64 rest = counted - priming - valid;
    f->has_packet_info = true;
    f->packet_info = (AudioFilePacketTableInfo){ .mNumberValidFrames = valid,
                                                 .mPrimingFrames = (SInt32)priming,
                                                 .mRemainderFrames = rest < INT32_MAX ? (SInt32)rest
                                                                                      : INT32_MAX };
}

/* Opus without an edit list has its priming in the cookie only. */
static SInt64 implied_priming(const cm_file *f)
{
    cm_opus_head head;
    bool is_opus = f->format.mFormatID == kAudioFormatOpus && f->cookie &&
                   cm_cookie_find_opus(
                       (cm_span){ CFDataGetBytePtr(f->cookie), (size_t)CFDataGetLength(f->cookie) }, &head);
    return is_opus ? head.pre_skip : 0;
}

OSStatus cm_mp4_read_edits(cm_file *f)
{
    const cm_mp4 *s = f->state;
    SInt64 counted = counted_frames(f), media = (SInt64)((Float64)s->media_units * s->frames_per_unit + 0.5);
    UInt64 start = 0, movie_units = 0;
    cm_smpb told;
    if (media > counted || media == 0)
        media = counted;
    if (cm_mp4_smpb(s, &told) && told.valid <= (UInt64)counted &&
        told.priming <= (UInt64)counted - told.valid) {
        set_info(f, counted, told.priming, (SInt64)told.valid);
        return noErr;
    }
    if (!read_edit(s->track, &start, &movie_units)) {
        SInt64 priming = implied_priming(f);
        set_info(f, counted, priming, media - priming);
        return noErr;
    }
    SInt64 priming = (SInt64)((Float64)start * s->frames_per_unit + 0.5);
    Float64 unit = s->movie_timescale ? f->format.mSampleRate / s->movie_timescale : 0;
    SInt64 shown = (SInt64)((Float64)movie_units * unit + 0.5), valid = media - priming;
    /* A movie's time scale is often a coarse one: an edit that ends where the media does means just there. */
    bool ends_early = movie_units > 0 && shown + (SInt64)unit + 1 < valid;
    set_info(f, counted, priming, ends_early ? shown : valid);
    return noErr;
}
