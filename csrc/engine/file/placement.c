#include "placement.h"

#include "chunks.h"

#include <stdlib.h>
#include <string.h>

typedef struct span {
    SInt64 begin, end;
} span;

/* Everything that was decided before the first byte is written. */
typedef struct decision {
    span *gaps; /* ascending */
    size_t gap_count;
    SInt64 end; /* of the last thing in the file */
} decision;

static SInt64 round_up(SInt64 value, SInt64 to)
{
    return (value + to - 1) / to * to;
}

static SInt64 whole_size(const cm_placement *p, SInt64 contents)
{
    return p->head_size + round_up(contents, p->align);
}

static UInt32 head_of(const cm_placement *p, const cm_chunk *chunk)
{
    return p->chunk_head ? p->chunk_head(NULL, chunk) : p->head_size;
}

static SInt64 chunk_size(const cm_placement *p, const cm_chunk *chunk)
{
    return head_of(p, chunk) + round_up(chunk->size, p->align);
}

static SInt64 chunk_begin(const cm_placement *p, const cm_chunk *chunk)
{
    return chunk->offset - head_of(p, chunk);
}

static SInt64 audio_end(const cm_placement *p)
{
    return round_up(p->file->data_offset + p->file->data_bytes, p->align);
}

/* A gap must be nothing at all or hold a filler. */
static bool fillable(const cm_placement *p, SInt64 begin, SInt64 end)
{
    SInt64 size = end - begin;
    return size == 0 || (size >= p->head_size && size % p->align == 0 && begin % p->align == 0);
}

static int by_begin(const void *a, const void *b)
{
    const span *x = a, *y = b;
    return (x->begin > y->begin) - (x->begin < y->begin);
}

/* The gaps between what stays: chunks in the file, and the audio. False when they cannot be filled. */
static bool find_gaps(const cm_placement *p, decision *plan)
{
    const cm_file *f = p->file;
    size_t count = 0;
    span *stays = plan->gaps; /* turned into gaps in place, from the front */
    stays[count++] = (span){ p->data_begin, audio_end(p) };
    for (size_t i = 0; i < f->chunk_count; i++)
        if (!f->chunks[i].bytes) {
            SInt64 begin = chunk_begin(p, &f->chunks[i]);
            stays[count++] = (span){ begin, begin + chunk_size(p, &f->chunks[i]) };
        }
    qsort(stays, count, sizeof *stays, by_begin);
    SInt64 at = p->first;
    for (size_t i = 0; i < count; i++) {
        span next = stays[i];
        if (next.begin < at || !fillable(p, at, next.begin))
            return false;
        if (next.begin > at)
            plan->gaps[plan->gap_count++] = (span){ at, next.begin };
        at = next.end;
    }
    plan->end = at;
    return true;
}

/* Takes room for one chunk out of a gap: an exact fit, else the smallest, else the end. */
static SInt64 take_room(const cm_placement *p, decision *plan, SInt64 size)
{
    span *best = NULL;
    for (size_t i = 0; i < plan->gap_count; i++) {
        span *gap = &plan->gaps[i];
        SInt64 room = gap->end - gap->begin;
        if (room < size || !fillable(p, gap->begin + size, gap->end))
            continue;
        if (!best || room < best->end - best->begin)
            best = gap;
    }
    SInt64 *at = best ? &best->begin : &plan->end;
    *at += size;
    return *at - size;
}

/* Zeros up to where the next chunk may begin. */
static OSStatus write_padding(const cm_placement *p, SInt64 from)
{
    static const UInt8 zeros[8];
    SInt64 to = round_up(from, p->align);
    return to > from ? cm_io_write(p->file->io, from, zeros, (size_t)(to - from)) : noErr;
}

static OSStatus write_chunk(const cm_placement *p, cm_chunk *chunk, SInt64 at)
{
    cm_io *io = p->file->io;
    UInt8 head[CM_PLACEMENT_HEAD_MAX];
    SInt64 begin = at + head_of(p, chunk);
    if (p->chunk_head)
        p->chunk_head(head, chunk);
    else
        p->put_head(head, chunk->id, chunk->size);
    OSStatus status = cm_io_write(io, at, head, (size_t)(begin - at));
    if (status == noErr)
        status = cm_io_write(io, begin, chunk->bytes, (size_t)chunk->size);
    if (status == noErr)
        status = write_padding(p, begin + chunk->size);
    if (status == noErr) {
        chunk->offset = begin;
        free(chunk->bytes);
        chunk->bytes = NULL;
    }
    return status;
}

/* What a removed chunk said must not be readable in the filler. */
static OSStatus write_filler(const cm_placement *p, span gap)
{
    static const UInt8 zeros[4096];
    UInt8 head[CM_PLACEMENT_HEAD_MAX], present[CM_PLACEMENT_HEAD_MAX];
    SInt64 at = gap.begin + p->head_size;
    p->put_head(head, p->filler_id, gap.end - at);
    if (cm_io_read_all(p->file->io, gap.begin, present, p->head_size) == noErr &&
        memcmp(head, present, p->head_size) == 0)
        return noErr;
    OSStatus status = cm_io_write(p->file->io, gap.begin, head, p->head_size);
    for (; status == noErr && at < gap.end; at += (SInt64)sizeof zeros) {
        SInt64 left = gap.end - at;
        status = cm_io_write(p->file->io, at, zeros,
                             left < (SInt64)sizeof zeros ? (size_t)left : sizeof zeros);
    }
    return status;
}

static OSStatus set_end(const cm_placement *p, SInt64 end)
{
    SInt64 now = cm_io_size(p->file->io);
    if (now == end)
        return noErr;
    OSStatus status = cm_io_set_size(p->file->io, end);
    if (status != kAudioFilePermissionsError)
        return status;
    /* Callbacks need not be able to set it. The header of the audio will make the file longer; what is left
       of a longer file is hidden in a filler, or harmlessly short. */
    return now - end < p->head_size ? noErr : write_filler(p, (span){ end, now - now % p->align });
}

static OSStatus check_limit(const cm_placement *p, SInt64 end)
{
    return p->limit && end > p->limit ? kAudioFileDoesNotAllow64BitDataSizeError : noErr;
}

/* Calls write_chunk for all chunks in memory, each where `room` says. */
static OSStatus write_chunks(const cm_placement *p, const SInt64 *places)
{
    cm_file *f = p->file;
    OSStatus status = noErr;
    size_t n = 0;
    for (size_t i = 0; status == noErr && i < p->own_count; i++)
        status = write_chunk(p, &p->own[i], places[n++]);
    for (size_t i = 0; status == noErr && i < f->chunk_count; i++)
        if (f->chunks[i].bytes)
            status = write_chunk(p, &f->chunks[i], places[n++]);
    return status;
}

/* Places for all chunks in memory, in the order in which write_chunks takes them. */
static void assign_places(const cm_placement *p, decision *plan, SInt64 *places)
{
    const cm_file *f = p->file;
    size_t n = 0;
    for (size_t i = 0; i < p->own_count; i++)
        places[n++] = take_room(p, plan, chunk_size(p, &p->own[i]));
    for (size_t i = 0; i < f->chunk_count; i++)
        if (f->chunks[i].bytes)
            places[n++] = take_room(p, plan, chunk_size(p, &f->chunks[i]));
}

static OSStatus place_in_gaps(cm_placement *p, decision *plan, SInt64 *places)
{
    assign_places(p, plan, places);
    OSStatus status = check_limit(p, plan->end);
    if (status == noErr)
        status = write_padding(p, p->file->data_offset + p->file->data_bytes);
    if (status == noErr)
        status = write_chunks(p, places);
    for (size_t i = 0; status == noErr && i < plan->gap_count; i++)
        if (plan->gaps[i].end > plan->gaps[i].begin)
            status = write_filler(p, plan->gaps[i]);
    return status == noErr ? set_end(p, plan->end) : status;
}

/* Where the audio data goes when `end` is the end of all that is in front of it. */
static SInt64 new_data_offset(const cm_placement *p, SInt64 end)
{
    const cm_file *f = p->file;
    SInt64 offset = end + p->data_head;
    if (p->reserve)
        offset += whole_size(p, p->reserve);
    if (f->flags & kAudioFileFlags_DontPageAlignAudioData)
        return offset;
    SInt64 aligned = round_up(offset, CM_PAGE_SIZE);
    bool gap_ok = fillable(p, end, aligned - p->data_head);
    return gap_ok ? aligned : aligned + CM_PAGE_SIZE;
}

static OSStatus place_contiguous(cm_placement *p, decision *plan, SInt64 *places)
{
    cm_file *f = p->file;
    plan->gap_count = 0;
    plan->end = p->first;
    assign_places(p, plan, places);
    SInt64 offset = new_data_offset(p, plan->end);
    span gap = { plan->end, offset - p->data_head };
    SInt64 end = round_up(offset + f->data_bytes, p->align);
    OSStatus status = check_limit(p, end);
    if (status == noErr && offset != f->data_offset && f->data_bytes)
        status = cm_io_move(f->io, f->data_offset, offset, f->data_bytes);
    if (status == noErr)
        status = write_padding(p, offset + f->data_bytes);
    if (status != noErr)
        return status;
    SInt64 shift = offset - f->data_offset;
    for (SInt64 i = 0; f->table.offsets && i < f->table.count; i++)
        f->table.offsets[i] += shift;
    f->data_offset = offset;
    p->data_begin = offset - p->data_head;
    status = write_chunks(p, places);
    if (status == noErr && gap.end > gap.begin)
        status = write_filler(p, gap);
    return status == noErr ? set_end(p, end) : status;
}

static OSStatus place(cm_placement *p, bool anew)
{
    size_t count = p->own_count + p->file->chunk_count + 1;
    SInt64 *places = calloc(count, sizeof *places);
    decision plan = { .gaps = calloc(count, sizeof *plan.gaps) };
    OSStatus status = places && plan.gaps ? noErr : cmMemFullError;
    if (status == noErr && (anew || p->file->data_bytes == 0 || !find_gaps(p, &plan))) {
        status = cm_chunks_lift(p->file, 0);
        if (status == noErr)
            status = place_contiguous(p, &plan, places);
    } else if (status == noErr) {
        status = place_in_gaps(p, &plan, places);
    }
    free(places);
    free(plan.gaps);
    p->file->described_behind = false;
    p->file->own_chunk_count = 0;
    for (size_t i = 0; i < p->own_count; i++) {
        const cm_chunk *own = &p->own[i];
        p->file->described_behind |= own->offset > p->file->data_offset;
        if (status == noErr && p->file->container->owns_chunk(own->id))
            cm_chunk_note_own(p->file, own->id, own->offset, own->size);
    }
    return status;
}

OSStatus cm_place(cm_placement *p)
{
    return place(p, false);
}

OSStatus cm_place_anew(cm_placement *p)
{
    return place(p, true);
}
