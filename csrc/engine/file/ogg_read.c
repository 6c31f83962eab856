/* ogg_read.c: where the packets of an Ogg stream are, how long it is, and reading packets. */
#include "ogg.h"

#include "file.h"
#include "links.h"
#include "packet_table.h"

#include <stdlib.h>
#include <string.h>

#define TAIL ((SInt64)CM_OGG_PAGE_MOST + 4096) /* bytes at the end among which a whole page is */
#define MOST_JUNK ((SInt64)1 << 20)

typedef struct walk {
    cm_file *f;
    cm_ogg *s;
    cm_window *w;
    cm_ogg_codec codec; /* a copy, whose memory of the packet before is this walk's */
    UInt32 serial;
    SInt64 audio;  /* of the first page behind the stream's headers */
    SInt64 base;   /* granule position at which the audio begins */
    SInt64 offset; /* of the packet that is being gathered */
    SInt64 first_page;
    UInt64 size;
    bool inside;
    UInt32 frames;  /* of that packet */
    SInt64 total;   /* frames of all packets that ended */
    SInt64 granule; /* of the last page on which one ended */
    bool has_base;
    bool ended; /* a page marked as the last was passed */
    bool only_base;
} walk;

static OSStatus remember_spread(cm_ogg *s, SInt64 index, SInt64 page)
{
    if (index >= s->spread_room) {
        SInt64 room = index < 512 ? 1024 : index + index / 2;
        SInt64 *grown = realloc(s->spread, (size_t)room * sizeof *grown);
        if (!grown)
            return cmMemFullError;
        s->spread = grown;
        s->spread_room = room;
    }
    s->spread[index] = page;
    return noErr;
}

static OSStatus end_packet(walk *k, const cm_ogg_page *page)
{
    cm_file *f = k->f;
    k->inside = false;
    k->total += k->frames;
    if (k->only_base)
        return noErr;
    if (k->size > UINT32_MAX)
        return cm_fail(kAudioFileInvalidFileError, "%s: an Ogg packet of %llu bytes", cm_io_path(f->io),
                       (unsigned long long)k->size);
    UInt32 size = (UInt32)k->size;
    if (size == 0)
        return noErr; /* libvorbis skips them as well */
    OSStatus status = remember_spread(k->s, f->table.count, k->first_page == page->at ? 0 : k->first_page);
    if (status == noErr)
        status = cm_packet_table_add(&f->table, true, true, k->offset, size, k->frames);
    if (size > f->max_packet_size)
        f->max_packet_size = size;
    return status;
}

static void begin_packet(walk *k, const cm_ogg_page *page, UInt32 at, UInt32 part)
{
    size_t have;
    k->inside = true;
    k->size = 0;
    k->offset = page->at + page->head + at;
    k->first_page = page->at;
    const UInt8 *head = cm_window_look(k->w, k->offset, part < CM_OGG_PACKET_HEAD ? part : CM_OGG_PACKET_HEAD,
                                       &have);
    size_t seen = have < part ? have : part;
    k->frames = head && part > 0 ? cm_ogg_frames(&k->codec, head, seen) : 0;
}

static OSStatus walk_segments(walk *k, const cm_ogg_page *page, bool *any_ended)
{
    UInt32 at = 0, segment = 0;
    bool joins = page->flags & CM_OGG_CONTINUED;
    OSStatus status = noErr;
    if (!joins)
        k->inside = false; /* what was begun is lost */
    while (status == noErr && segment < page->segments) {
        UInt32 part = 0;
        bool ends = false;
        while (segment < page->segments && !ends) {
            part += page->lacing[segment];
            ends = page->lacing[segment++] < 255;
        }
        bool orphan = joins && at == 0 && !k->inside; /* its beginning is not there */
        if (!k->inside && !orphan)
            begin_packet(k, page, at, part);
        k->size += part;
        at += part;
        if (ends && !orphan) {
            status = end_packet(k, page);
            *any_ended = true;
        }
    }
    return status;
}

/*
 * The granule position of the first page with an end of a packet tells where the stream begins: later than 0
 * when it was cut out of another, earlier when frames at its start are to be dropped.
 */
static void find_base(walk *k, const cm_ogg_page *page)
{
    SInt64 base = page->granule - k->total;
    k->has_base = true;
    if (base < 0 && (page->flags & CM_OGG_LAST || k->codec.format == kAudioFormatOpus))
        base = 0; /* then it tells where the end is cut */
    k->base = base;
}

static OSStatus walk_page(walk *k, const cm_ogg_page *page)
{
    bool any_ended = false;
    OSStatus status = walk_segments(k, page, &any_ended);
    if (status == noErr && any_ended && page->granule >= 0) {
        if (!k->has_base)
            find_base(k, page);
        k->granule = page->granule;
    }
    k->ended = k->ended || page->flags & CM_OGG_LAST;
    return status;
}

/* Reads a stream from `from` to its end; *next becomes the place where another begins behind it, or -1. */
static OSStatus walk_pages(walk *k, SInt64 from, SInt64 *next)
{
    OSStatus status = noErr;
    cm_ogg_page page;
    *next = -1;
    for (SInt64 at = from; status == noErr && at < k->w->end; at = cm_ogg_page_end(&page)) {
        if (!cm_ogg_page_at(k->w, at, &page) && !cm_ogg_page_find(k->w, at, MOST_JUNK, &page))
            break;
        if (page.flags & CM_OGG_FIRST && page.at >= k->audio) {
            *next = page.at;
            break;
        }
        if (page.serial == k->serial && !k->ended)
            status = walk_page(k, &page);
        if (k->only_base && k->has_base)
            break;
    }
    return status != noErr ? status : k->w->status;
}

/* Decoded frames before those that count, and how many count when the stream ends at a granule position. */
static SInt64 priming_of(const walk *k)
{
    return k->codec.format == kAudioFormatOpus ? k->codec.pre_skip : k->base < 0 ? -k->base : 0;
}

static SInt64 valid_until(const walk *k, SInt64 granule)
{
    return granule - (k->base > 0 ? k->base : 0) - (k->codec.format == kAudioFormatOpus ? priming_of(k) : 0);
}

static void set_info(walk *k, SInt64 last_granule)
{
    cm_file *f = k->f;
    SInt64 priming = priming_of(k), valid = valid_until(k, last_granule);
    f->has_packet_info = valid >= 0 && priming <= INT32_MAX;
    f->packet_info = (AudioFilePacketTableInfo){ .mNumberValidFrames = valid,
                                                 .mPrimingFrames = (SInt32)priming };
}

/* ---- reading it through ---- */

static void set_remainder(cm_file *f, SInt64 total)
{
    SInt64 rest = total - f->packet_info.mPrimingFrames - f->packet_info.mNumberValidFrames;
    if (rest < 0) { /* pages are missing */
        f->packet_info.mNumberValidFrames += rest;
        rest = 0;
    }
    f->packet_info.mRemainderFrames = rest <= INT32_MAX ? (SInt32)rest : INT32_MAX;
}

/* What was read of one stream in a row becomes a link. */
static OSStatus end_link(walk *k, cm_link *link)
{
    SInt64 audible = k->total - priming_of(k);
    SInt64 valid = k->granule >= 0 ? valid_until(k, k->granule) : audible;
    link->end_packet = k->f->table.count;
    link->priming = priming_of(k);
    link->frames = valid > audible ? audible : valid;
    if (link->frames < 0)
        link->frames = 0;
    return cm_links_add(k->f, link);
}

/* The next stream in a row, if it continues the file: k is ready to read it, *at is where it begins. */
static bool begin_link(walk *k, CFDataRef before, SInt64 *at, cm_link *link)
{
    cm_ogg_next next;
    if (!cm_ogg_follow(k->f, k->w, *at, before, &next))
        return false;
    *at = next.at;
    *k = (walk){ .f = k->f,
                 .s = k->s,
                 .w = k->w,
                 .codec = next.codec,
                 .serial = next.serial,
                 .audio = next.audio,
                 .granule = -1 };
    *link = (cm_link){ .packet = k->f->table.count + next.headers, .cookie = next.cookie };
    return true;
}

static OSStatus scan_chain(walk *k, SInt64 *total)
{
    cm_file *f = k->f;
    SInt64 next = f->data_offset;
    cm_link link = { .cookie = CFRetain(f->cookie) };
    *total = 0;
    for (bool more = true; more;) {
        OSStatus status = walk_pages(k, next, &next);
        *total += k->total;
        if (status == noErr && f->link_count == 0 && k->granule >= 0)
            set_info(k, k->granule);
        if (status == noErr)
            status = end_link(k, &link);
        else
            CFRelease(link.cookie);
        if (status != noErr)
            return status;
        more = next >= 0 && begin_link(k, link.cookie, &next, &link);
    }
    return noErr;
}

OSStatus cm_ogg_scan(cm_file *f)
{
    cm_ogg *s = f->state;
    if (s->building)
        return noErr;
    cm_window w;
    SInt64 total;
    cm_window_begin(&w, f->io, f->data_offset + f->data_bytes);
    walk k = { .f = f, .s = s, .w = &w, .codec = s->codec, .serial = s->serial, .granule = -1 };
    f->table.count = 0;
    f->max_packet_size = 0;
    cm_links_free(f);
    OSStatus status = scan_chain(&k, &total);
    cm_window_end(&w);
    if (status != noErr) {
        f->table.count = 0;
        cm_links_free(f);
        return status;
    }
    f->packet_count = f->table.count;
    if (f->link_count > 1) {
        const cm_link *last = &f->links[f->link_count - 1];
        f->has_packet_info = f->links[0].priming <= INT32_MAX;
        f->packet_info = (AudioFilePacketTableInfo){ .mNumberValidFrames = last->first + last->frames,
                                                     .mPrimingFrames = (SInt32)f->links[0].priming };
    } else {
        cm_links_free(f);
    }
    set_remainder(f, total);
    return noErr;
}

/*
 * The granule position at the end of the stream, from the last bytes of the file; -1 when they do not tell,
 * or when there is more than one stream.
 */
static SInt64 last_granule(const cm_file *f, cm_window *w)
{
    const cm_ogg *s = f->state;
    SInt64 at = w->end - TAIL > f->data_offset ? w->end - TAIL : f->data_offset, granule = -1;
    bool whole = at == f->data_offset;
    cm_ogg_page page, last = { 0 };
    for (; cm_ogg_page_find(w, at, TAIL, &page); last = page) {
        if (page.serial != s->serial || page.flags & CM_OGG_FIRST)
            return -1;
        if (page.granule >= 0)
            granule = page.granule;
        at = cm_ogg_page_end(&page);
    }
    return whole || cm_ogg_is_one(f, w, &last) ? granule : -1;
}

/* Frames of a packet, if the first packets of the stream agree on it; a file of nothing but those has no
 * other. */
static UInt32 usual_frames(const cm_file *f, cm_window *w)
{
    const cm_ogg *s = f->state;
    cm_ogg_page page;
    size_t have;
    if (s->codec.format == kCMAudioFormatVorbis || !cm_ogg_page_at(w, f->data_offset, &page))
        return 0;
    UInt32 least = page.body < CM_OGG_PACKET_HEAD ? page.body : CM_OGG_PACKET_HEAD;
    const UInt8 *packet = cm_window_look(w, f->data_offset + page.head, least, &have);
    cm_ogg_codec codec = s->codec;
    return packet ? cm_ogg_frames(&codec, packet, have < page.body ? have : page.body) : 0;
}

OSStatus cm_ogg_begin(cm_file *f, cm_window *w)
{
    cm_ogg *s = f->state;
    SInt64 next;
    walk k = { .f = f, .s = s, .w = w, .codec = s->codec, .serial = s->serial, .only_base = true };
    f->format.mFramesPerPacket = usual_frames(f, w);
    if (cm_io_is_stream(f->io)) {
        f->packet_info.mPrimingFrames = s->codec.format == kAudioFormatOpus ? (SInt32)s->codec.pre_skip : 0;
        return w->status; /* how long it is only its end tells */
    }
    OSStatus status = walk_pages(&k, f->data_offset, &next);
    if (status != noErr)
        return status;
    SInt64 granule = last_granule(f, w);
    if (granule < 0)
        return cm_ogg_scan(f);
    set_info(&k, granule);
    f->duration = f->has_packet_info ? (Float64)f->packet_info.mNumberValidFrames / f->format.mSampleRate : 0;
    return noErr;
}

/* ---- packets ---- */

/* A packet whose parts are on several pages. */
static OSStatus read_spread(cm_file *f, SInt64 index, UInt8 *to)
{
    const cm_ogg *s = f->state;
    cm_ogg_page page;
    cm_window w;
    cm_window_begin(&w, f->io, cm_io_size(f->io));
    SInt64 at = s->spread[index], from = f->table.offsets[index];
    UInt32 left = f->table.sizes[index];
    OSStatus status = noErr;
    while (status == noErr && left > 0) {
        if (!cm_ogg_page_at(&w, at, &page) && !cm_ogg_page_find(&w, at, MOST_JUNK, &page)) {
            status = kAudioFileEndOfFileError;
            break;
        }
        at = cm_ogg_page_end(&page);
        if (page.serial != s->serial)
            continue;
        SInt64 start = from ? from : page.at + page.head;
        UInt32 part = (UInt32)(at - start) < left ? (UInt32)(at - start) : left;
        status = cm_io_read_all(f->io, start, to, part);
        to += part;
        left -= part;
        from = 0;
    }
    cm_window_end(&w);
    return status;
}

/* Packets from index on that lie one behind the other, whole, in at most room bytes. */
static UInt32 whole_run(const cm_file *f, SInt64 index, UInt32 most, UInt32 room, UInt32 *bytes)
{
    const cm_ogg *s = f->state;
    const cm_packet_table *t = &f->table;
    UInt32 n = 1;
    *bytes = t->sizes[index];
    for (; n < most && !s->spread[index + n]; n++) {
        if (t->offsets[index + n] != t->offsets[index] + *bytes || t->sizes[index + n] > room - *bytes)
            break;
        *bytes += t->sizes[index + n];
    }
    return n;
}

static OSStatus read_some(cm_file *f, SInt64 first, UInt32 *io_count,
                          AudioStreamPacketDescription *descriptions, UInt32 *io_bytes, UInt8 *buffer)
{
    const cm_ogg *s = f->state;
    UInt32 done = 0, used = 0;
    OSStatus status = noErr;
    while (done < *io_count && f->table.sizes[first + done] <= *io_bytes - used) {
        UInt32 n = 1, bytes = f->table.sizes[first + done];
        if (s->spread[first + done]) {
            status = read_spread(f, first + done, buffer + used);
        } else {
            n = whole_run(f, first + done, *io_count - done, *io_bytes - used, &bytes);
            status = cm_io_read_all(f->io, f->table.offsets[first + done], buffer + used, bytes);
        }
        if (status != noErr)
            break;
        for (UInt32 i = 0; i < n; i++, done++) {
            UInt32 size = f->table.sizes[first + done];
            if (descriptions)
                cm_file_describe(f, &descriptions[done], used, size, f->table.frames[first + done]);
            used += size;
        }
    }
    bool too_small = done == 0 && status == noErr;
    *io_count = done;
    *io_bytes = used;
    if (too_small)
        return cm_fail(cmParamError, "the buffer cannot take a packet of %u bytes",
                       (unsigned)f->table.sizes[first]);
    return done > 0 ? noErr : status;
}

OSStatus cm_ogg_read_packets(cm_file *f, SInt64 first, UInt32 *io_count,
                             AudioStreamPacketDescription *descriptions, UInt32 *io_bytes, void *buffer)
{
    SInt64 count = 0;
    OSStatus status = cm_file_count_packets(f, &count);
    if (status == noErr)
        status = cm_ogg_show_page(f);
    if (status == noErr && first >= count)
        status = kAudioFileEndOfFileError;
    if (status == noErr && *io_count > count - first)
        *io_count = (UInt32)(count - first);
    if (status == noErr)
        return read_some(f, first, io_count, descriptions, io_bytes, buffer);
    *io_count = *io_bytes = 0;
    return status;
}
