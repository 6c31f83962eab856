/*
 * flac_packets.c: the frames of a FLAC file, by what follows them; of a stream, where that has not arrived,
 * by what is in them.
 */
#include "flac.h"

#include "forward.h"
#include "packet_table.h"

#include <stdlib.h>
#include <string.h>

#define MOST_PACKET ((SInt64)1 << 24)
#define LEAST_HEAD 6u

typedef struct walk {
    cm_file *f;
    cm_window *w;
    SInt64 at; /* of the frame below */
    cm_flac_frame frame;
} walk;

/* Reads through a frame; only used where the numbers of frames do not tell. */
static bool checksum_is_right(walk *k, SInt64 end)
{
    UInt16 crc = 0;
    for (SInt64 at = k->at; at < end;) {
        size_t have;
        const UInt8 *bytes = cm_window_look(k->w, at, 1, &have);
        if (!bytes)
            return false;
        size_t part = (SInt64)have < end - at ? have : (size_t)(end - at);
        crc = cm_flac_crc16(crc, bytes, part);
        at += (SInt64)part;
    }
    return crc == 0;
}

static bool is_next(walk *k, SInt64 at, const cm_flac_frame *next)
{
    const cm_flac_frame *now = &k->frame;
    if (next->key != now->key)
        return false;
    UInt64 step = now->is_variable ? now->frames : 1;
    return next->number == now->number + step || checksum_is_right(k, at);
}

/*
 * The header at a place. No more bytes are waited for than it has, since a frame of silence may be shorter
 * than the longest header.
 */
static bool header_at(cm_window *w, SInt64 at, cm_flac_frame *frame)
{
    size_t have;
    const UInt8 *bytes = cm_window_look(w, at, 2, &have);
    if (!bytes || bytes[0] != 0xFF || (bytes[1] & 0xFE) != 0xF8)
        return false;
    for (size_t least = LEAST_HEAD; least <= CM_FLAC_HEAD_MAX; least++) {
        bytes = cm_window_look(w, at, least, &have);
        if (!bytes)
            return false;
        if (cm_flac_frame_parse(bytes, have < CM_FLAC_HEAD_MAX ? have : CM_FLAC_HEAD_MAX, frame))
            return true;
    }
    return false;
}

/* The place from `at` on where the next frame begins, or the end of the audio. */
static SInt64 find_next(walk *k, SInt64 at, cm_flac_frame *next)
{
    SInt64 limit = k->w->end - k->at > MOST_PACKET ? k->at + MOST_PACKET : k->w->end;
    while (at < limit && at < k->w->end) { /* a stream's end moves to where it is found to be */
        size_t have;
        const UInt8 *bytes = cm_window_look(k->w, at, 1, &have);
        if (!bytes)
            break;
        const UInt8 *sync = memchr(bytes, 0xFF, have);
        at += sync ? sync - bytes : (SInt64)have;
        if (sync && header_at(k->w, at, next) && is_next(k, at, next))
            return at;
        at += sync ? 1 : 0;
    }
    *next = (cm_flac_frame){ 0 };
    return at < limit && at < k->w->end ? at : limit < k->w->end ? limit : k->w->end;
}

/* The first frame of the audio; junk before it is passed over. */
static bool find_first(walk *k)
{
    for (; k->at < k->w->end && k->w->status == noErr; k->at++)
        if (header_at(k->w, k->at, &k->frame))
            return true;
    return false;
}

static OSStatus scan_frames(walk *k, bool has_frames, SInt64 *total)
{
    cm_file *f = k->f;
    bool more = find_first(k);
    while (more && k->at < k->w->end) {
        cm_flac_frame next = { 0 };
        SInt64 end = find_next(k, k->at + k->frame.header_size + 2, &next);
        UInt32 size = (UInt32)(end - k->at);
        OSStatus status = cm_packet_table_add(&f->table, true, has_frames, k->at, size, k->frame.frames);
        if (status != noErr)
            return status;
        if (size > f->max_packet_size)
            f->max_packet_size = size;
        *total += k->frame.frames;
        k->at = end;
        k->frame = next;
        more = next.header_size > 0;
    }
    return k->w->status;
}

OSStatus cm_flac_scan(cm_file *f)
{
    cm_window w;
    walk k = { .f = f, .w = &w, .at = f->data_offset };
    SInt64 total = 0;
    f->table.count = 0;
    cm_window_begin(&w, f->io, f->data_offset + f->data_bytes);
    OSStatus status = scan_frames(&k, f->format.mFramesPerPacket == 0, &total);
    cm_window_end(&w);
    if (status != noErr) {
        f->table.count = 0;
        return status;
    }
    f->packet_count = f->table.count;
    if (!f->has_packet_info || f->packet_info.mNumberValidFrames > total) {
        f->has_packet_info =
            true; /* the number was not known when the file was written, or the file is cut */
        f->packet_info.mNumberValidFrames = total;
    }
    if (f->format.mFramesPerPacket)
        f->packet_info.mRemainderFrames = (SInt32)(f->packet_count * f->format.mFramesPerPacket -
                                                   f->packet_info.mNumberValidFrames);
    return noErr;
}

/* ---- as they arrive ---- */

/* What is kept from one packet to the next. */
typedef struct position {
    cm_flac_frame frame;
    enum { FIRST, HERE, BEHIND } place; /* none yet; at place->at, without a header at the end; behind it */
} position;

/* True when the frame's contents and checksum show where it ends. */
static bool find_end(walk *k, SInt64 *end)
{
    const cm_flac *s = k->f->state;
    return cm_flac_frame_end(k->w, k->at, &k->frame, s->bits, end) && checksum_is_right(k, *end);
}

/* Behind a jump: in the middle of a frame much looks like a header, so this one must be whole. */
static bool find_again(walk *k)
{
    const cm_flac *s = k->f->state;
    SInt64 end;
    for (; find_first(k); k->at++)
        if (k->frame.key == s->key && find_end(k, &end))
            return true;
    return false;
}

static bool find_frame(walk *k, const position *p)
{
    cm_flac *s = k->f->state;
    cm_flac_frame next;
    k->frame = p->frame;
    switch (p->place) {
    case HERE:
        return k->frame.header_size > 0;
    case BEHIND:
        k->at = find_next(k, k->at, &next);
        k->frame = next;
        return next.header_size > 0;
    default:
        if (s->has_key)
            return find_again(k);
        s->has_key = find_first(k);
        s->key = k->frame.key;
        return s->has_key;
    }
}

OSStatus cm_flac_next(cm_file *f, cm_forward *place, cm_forward_packet *packet)
{
    cm_forward_begin(f, place);
    if (!place->own && !(place->own = calloc(1, sizeof(position))))
        return cmMemFullError;
    position *p = place->own;
    walk k = { .f = f, .w = &place->window, .at = place->at };
    if (!find_frame(&k, p))
        return k.w->status != noErr ? k.w->status : kAudioFileEndOfFileError;
    cm_flac_frame next = k.frame;
    SInt64 end;
    bool is_whole = find_end(&k, &end);
    if (!is_whole)
        end = find_next(&k, k.at + k.frame.header_size + 2, &next);
    OSStatus status = k.w->status;
    packet->frames = f->format.mFramesPerPacket ? 0 : k.frame.frames;
    if (status == noErr)
        status = cm_forward_take(f, place, k.at, (UInt32)(end - k.at), packet);
    place->at = end;
    *p = (position){ .frame = next, .place = is_whole ? BEHIND : HERE };
    return status;
}
