/* ogg_head.c: the header packets of an Ogg stream: reading them, writing their pages, and the magic cookie.
 */
#include "ogg.h"

#include "../base/bytes.h"

#include <stdlib.h>
#include <string.h>

#define MOST_HEAD ((size_t)1 << 28) /* bytes of header packets */
#define MOST_STREAMS_PAGES 64
#define FLAC_BLOCK_HEAD 4u
#define FLAC_FIRST 13u /* mapping header and "fLaC" in front of the STREAMINFO block */

static OSStatus damaged(const cm_file *f, const char *what)
{
    return cm_fail(kAudioFileInvalidFileError, "%s: Ogg with %s", cm_io_path(f->io), what);
}

void cm_ogg_free_head(cm_ogg *s)
{
    free(s->first.bytes);
    free(s->comment.bytes);
    free(s->setup.bytes);
    for (size_t i = 0; i < s->more_count; i++)
        free(s->more[i].bytes);
    free(s->more);
    s->first = s->comment = s->setup = (cm_ogg_packet){ 0 };
    s->more = NULL;
    s->more_count = 0;
}

/* ---- reading ---- */

/* Gathers one stream's packets from the start of the file, page by page. */
typedef struct gathering {
    cm_window *w;
    cm_ogg_page page;
    UInt32 segment; /* next one of the page */
    UInt32 at;      /* in its body */
    UInt32 pages;
    bool plain; /* no page of another stream came between */
} gathering;

static bool next_page(gathering *g, UInt32 serial)
{
    cm_ogg_page page;
    SInt64 at = cm_ogg_page_end(&g->page);
    while (cm_ogg_page_at(g->w, at, &page)) {
        if (page.serial == serial) {
            g->page = page;
            g->segment = g->at = 0;
            g->pages++;
            return true;
        }
        g->plain = false;
        at = cm_ogg_page_end(&page);
    }
    return false;
}

static OSStatus append(cm_file *f, const gathering *g, UInt32 size, cm_ogg_packet *packet)
{
    if (packet->size + size > MOST_HEAD)
        return damaged(f, "headers that are too long");
    UInt8 *grown = realloc(packet->bytes, packet->size + size + 1);
    if (!grown)
        return cmMemFullError;
    packet->bytes = grown;
    OSStatus status = cm_io_read_all(f->io, g->page.at + g->page.head + g->at, grown + packet->size, size);
    packet->size += size;
    return status;
}

/* The next packet, whole. On failure packet may hold something to free. */
static OSStatus gather(cm_file *f, gathering *g, UInt32 serial, cm_ogg_packet *packet)
{
    *packet = (cm_ogg_packet){ 0 };
    for (;;) {
        UInt32 size = 0;
        bool ends = false;
        while (g->segment < g->page.segments && !ends) {
            UInt8 lacing = g->page.lacing[g->segment++];
            size += lacing;
            ends = lacing < 255;
        }
        OSStatus status = append(f, g, size, packet);
        g->at += size;
        if (status != noErr || ends)
            return status;
        if (!next_page(g, serial))
            return damaged(f, "headers that are cut off");
    }
}

/* FLAC's headers are metadata blocks; a set bit tells the last. */
static OSStatus gather_blocks(cm_file *f, gathering *g, cm_ogg *s)
{
    OSStatus status = gather(f, g, s->serial, &s->comment);
    const cm_ogg_packet *last = &s->comment;
    while (status == noErr && last->size >= FLAC_BLOCK_HEAD && !(last->bytes[0] & 0x80) &&
           s->more_count < MOST_STREAMS_PAGES) {
        cm_ogg_packet *grown = realloc(s->more, (s->more_count + 1) * sizeof *grown);
        if (!grown)
            return cmMemFullError;
        s->more = grown;
        s->more[s->more_count] = (cm_ogg_packet){ 0 };
        last = &s->more[s->more_count++];
        status = gather(f, g, s->serial, &s->more[s->more_count - 1]);
    }
    return status;
}

static OSStatus gather_rest(cm_file *f, gathering *g, cm_ogg *s)
{
    if (s->codec.format == kAudioFormatFLAC)
        return gather_blocks(f, g, s);
    OSStatus status = gather(f, g, s->serial, &s->comment);
    if (status != noErr || s->codec.format != kCMAudioFormatVorbis)
        return status;
    status = gather(f, g, s->serial, &s->setup);
    return status == noErr ? cm_ogg_take_setup((cm_span){ s->setup.bytes, s->setup.size }, &s->codec)
                           : status;
}

/* The first stream that can be read, among those that begin together at a place. */
static OSStatus find_stream(cm_file *f, gathering *g, SInt64 from, cm_ogg *s)
{
    SInt64 at = from;
    for (int i = 0; i < MOST_STREAMS_PAGES && cm_ogg_page_at(g->w, at, &g->page); i++) {
        if (!(g->page.flags & CM_OGG_FIRST))
            break;
        g->segment = g->at = 0;
        OSStatus status = gather(f, g, g->page.serial, &s->first);
        if (status == noErr && cm_ogg_identify((cm_span){ s->first.bytes, s->first.size }, &s->codec)) {
            s->serial = g->page.serial;
            g->pages = 1;
            g->plain = at == from;
            s->head_at = at;
            return noErr;
        }
        free(s->first.bytes);
        s->first = (cm_ogg_packet){ 0 };
        if (status == cmMemFullError)
            return status;
        at = cm_ogg_page_end(&g->page);
    }
    if (at == from)
        return g->w->status != noErr ? g->w->status
                                     : cm_fail(kAudioFileInvalidFileError, "%s: its first page is not whole",
                                               cm_io_path(f->io));
    return cm_fail(kAudioFileUnsupportedDataFormatError, "%s: Ogg without Vorbis, Opus or FLAC in it",
                   cm_io_path(f->io));
}

OSStatus cm_ogg_read_head(cm_file *f, cm_window *w, SInt64 at, cm_ogg *head, SInt64 *end)
{
    gathering g = { .w = w };
    OSStatus status = find_stream(f, &g, at, head);
    if (status == noErr)
        status = gather_rest(f, &g, head);
    if (status != noErr)
        return status;
    if (g.segment < g.page.segments)
        return damaged(f, "audio on the page of its headers");
    head->head_pages = g.pages;
    head->head_is_plain = g.plain;
    *end = cm_ogg_page_end(&g.page);
    return noErr;
}

/* ---- magic cookie ---- */

static OSStatus new_cookie(const UInt8 *bytes, size_t size, CFDataRef *out)
{
    *out = CFDataCreate(NULL, bytes, (CFIndex)size);
    return *out ? noErr : cmMemFullError;
}

OSStatus cm_ogg_make_cookie(const cm_ogg *s, const cm_ogg_packet *comment, CFDataRef *out)
{
    *out = NULL;
    if (s->codec.format == kAudioFormatOpus)
        return new_cookie(s->first.bytes, s->first.size, out);
    if (s->codec.format == kAudioFormatFLAC) {
        UInt8 bytes[CM_FLAC_COOKIE_SIZE];
        cm_span found;
        cm_cookie_find_flac((cm_span){ s->first.bytes + 9, s->first.size - 9 }, &found, NULL);
        cm_cookie_write_flac(found.bytes, bytes);
        return new_cookie(bytes, sizeof bytes, out);
    }
    const cm_span headers[3] = { { s->first.bytes, s->first.size },
                                 { comment->bytes, comment->size },
                                 { s->setup.bytes, s->setup.size } };
    size_t size = cm_cookie_write_vorbis(headers, NULL);
    UInt8 *bytes = malloc(size);
    if (!bytes)
        return cmMemFullError;
    cm_cookie_write_vorbis(headers, bytes);
    OSStatus status = new_cookie(bytes, size, out);
    free(bytes);
    return status;
}

static OSStatus replace(cm_ogg_packet *packet, const void *bytes, size_t size)
{
    UInt8 *copy = malloc(size ? size : 1);
    if (!copy)
        return cmMemFullError;
    memcpy(copy, bytes, size);
    free(packet->bytes);
    *packet = (cm_ogg_packet){ copy, size };
    return noErr;
}

static OSStatus bad_cookie(void)
{
    return cm_fail(kAudioFileBadPropertySizeError, "the magic cookie is not one of the file's format");
}

static OSStatus take_vorbis(cm_ogg *s, cm_span cookie)
{
    cm_span headers[3];
    if (!cm_cookie_find_vorbis(cookie, headers) || !cm_ogg_identify(headers[0], &s->codec))
        return bad_cookie();
    OSStatus status = cm_ogg_take_setup(headers[2], &s->codec);
    if (status == noErr)
        status = replace(&s->first, headers[0].bytes, headers[0].size);
    if (status == noErr)
        status = replace(&s->setup, headers[2].bytes, headers[2].size);
    return status;
}

static OSStatus take_opus(cm_file *f, cm_span cookie)
{
    cm_ogg *s = f->state;
    UInt8 bytes[CM_OPUS_HEAD_MAX];
    cm_opus_head head;
    if (!cm_cookie_find_opus(cookie, &head))
        return bad_cookie();
    if (f->has_packet_info)
        head.pre_skip = (UInt16)(f->packet_info.mPrimingFrames * s->granule_scale);
    size_t size = cm_cookie_write_opus_head(&head, bytes);
    OSStatus status = replace(&s->first, bytes, size);
    return status == noErr && cm_ogg_identify((cm_span){ bytes, size }, &s->codec) ? noErr : bad_cookie();
}

static OSStatus take_flac(cm_ogg *s, cm_span cookie)
{
    UInt8 bytes[FLAC_FIRST + FLAC_BLOCK_HEAD + CM_FLAC_INFO_SIZE] = "\x7F"
                                                                    "FLAC\1\0\0\1fLaC\0\0\0\x22";
    cm_span found;
    if (!cm_cookie_find_flac(cookie, &found, NULL))
        return bad_cookie();
    memcpy(bytes + FLAC_FIRST + FLAC_BLOCK_HEAD, found.bytes, found.size);
    OSStatus status = replace(&s->first, bytes, sizeof bytes);
    return status == noErr && cm_ogg_identify((cm_span){ bytes, sizeof bytes }, &s->codec) ? noErr
                                                                                           : bad_cookie();
}

OSStatus cm_ogg_take_cookie(cm_file *f, cm_span cookie)
{
    cm_ogg *s = f->state;
    switch (f->format.mFormatID) {
    case kCMAudioFormatVorbis:
        return take_vorbis(s, cookie);
    case kAudioFormatOpus:
        return take_opus(f, cookie);
    default:
        return take_flac(s, cookie);
    }
}

/* ---- writing ---- */

typedef struct pages {
    CFMutableDataRef data;
    cm_ogg_page page;
    UInt8 *body, *made; /* each as large as a page can be */
} pages;

static void end_page(pages *p)
{
    size_t size = cm_ogg_page_make(&p->page, p->body, p->made);
    CFDataAppendBytes(p->data, p->made, (CFIndex)size);
    p->page.sequence++;
    p->page.flags = 0;
    p->page.segments = p->page.body = 0;
    p->page.granule = -1;
}

/* Adds a header packet, going on on new pages as needed. */
static void put_packet(pages *p, const cm_ogg_packet *packet)
{
    size_t at = 0;
    for (bool more = true; more;) {
        if (p->page.segments == 255) {
            end_page(p);
            p->page.flags = at > 0 ? CM_OGG_CONTINUED : 0;
        }
        size_t left = packet->size - at;
        UInt8 lacing = left < 255 ? (UInt8)left : 255;
        memcpy(p->body + p->page.body, packet->bytes + at, lacing);
        p->page.lacing[p->page.segments++] = lacing;
        p->page.body += lacing;
        at += lacing;
        more = lacing == 255;
    }
    p->page.granule = 0;
}

static OSStatus make_pages(cm_ogg *s, pages *p)
{
    p->data = CFDataCreateMutable(NULL, 0);
    p->body = malloc(CM_OGG_PAGE_MOST);
    p->made = malloc(CM_OGG_PAGE_MOST);
    if (!p->data || !p->body || !p->made)
        return cmMemFullError;
    p->page = (cm_ogg_page){ .serial = s->serial, .flags = CM_OGG_FIRST };
    put_packet(p, &s->first);
    end_page(p);
    put_packet(p, &s->comment);
    if (s->setup.size > 0)
        put_packet(p, &s->setup);
    for (size_t i = 0; i < s->more_count; i++)
        put_packet(p, &s->more[i]);
    end_page(p);
    return noErr;
}

/* Pages behind `from` get sequence numbers that are higher by `by`. */
static OSStatus renumber(cm_file *f, SInt64 from, UInt32 by)
{
    const cm_ogg *s = f->state;
    UInt8 *bytes = malloc(CM_OGG_PAGE_MOST);
    cm_ogg_page page;
    cm_window w;
    OSStatus status = bytes ? noErr : cmMemFullError;
    cm_window_begin(&w, f->io, cm_io_size(f->io));
    for (SInt64 at = from; status == noErr && cm_ogg_page_at(&w, at, &page); at = cm_ogg_page_end(&page)) {
        if (page.flags & CM_OGG_FIRST)
            break; /* another stream follows */
        if (page.serial != s->serial)
            continue;
        size_t size = page.head + page.body;
        status = cm_io_read_all(f->io, at, bytes, size);
        if (status == noErr) {
            cm_ogg_page_renumber(bytes, size, page.sequence + by);
            status = cm_io_write(f->io, at, bytes, size);
        }
    }
    cm_window_end(&w);
    free(bytes);
    return status;
}

static OSStatus move_audio(cm_file *f, SInt64 to)
{
    cm_ogg *s = f->state;
    SInt64 by = to - f->data_offset, size = cm_io_size(f->io);
    OSStatus status = by != 0 && size > f->data_offset
                          ? cm_io_move(f->io, f->data_offset, to, size - f->data_offset)
                          : noErr;
    if (status == noErr && by < 0)
        status = cm_io_set_size(f->io, size + by);
    if (status != noErr)
        return status;
    f->data_offset = to;
    for (SInt64 i = 0; i < f->table.count; i++) {
        f->table.offsets[i] += by;
        s->spread[i] += s->spread[i] ? by : 0;
    }
    return noErr;
}

OSStatus cm_ogg_write_head(cm_file *f)
{
    cm_ogg *s = f->state;
    if (!s->head_is_plain)
        return cm_fail(kAudioFileOperationNotSupportedError, "%s: tags of one of several streams in Ogg",
                       cm_io_path(f->io));
    pages p = { 0 };
    OSStatus status = make_pages(s, &p);
    SInt64 size = status == noErr ? (SInt64)CFDataGetLength(p.data) : 0;
    UInt32 by = p.page.sequence - s->head_pages;
    if (status == noErr && size != f->data_offset)
        status = move_audio(f, size);
    if (status == noErr && by != 0)
        status = renumber(f, f->data_offset, by);
    if (status == noErr)
        status = cm_io_write(f->io, 0, CFDataGetBytePtr(p.data), (size_t)size);
    if (status == noErr) {
        s->head_pages = p.page.sequence;
        s->head_changed = false;
        if (s->building)
            s->building->page.sequence += by;
    }
    if (p.data)
        CFRelease(p.data);
    free(p.body);
    free(p.made);
    return status;
}
