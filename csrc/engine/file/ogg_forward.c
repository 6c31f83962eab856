/* ogg_forward.c: the packets of an Ogg stream one after the other, for bytes that arrive once. */
#include "forward.h"
#include "ogg.h"

#include <stdlib.h>

#define MOST_JUNK ((SInt64)1 << 20)

typedef struct position {
    cm_ogg_codec codec; /* a copy, whose memory of the packet before is this reader's */
    UInt32 serial;
    CFDataRef cookie; /* of the stream that is being read; owned */
    cm_ogg_page page;
    SInt64 audio;     /* of the first page behind its headers */
    SInt64 next_page; /* where to look for it */
    bool on_page;
    UInt32 segment, at; /* in the page: the next lacing value, and the bytes before its data */
    size_t size;        /* bytes of the packet that were gathered on pages before */
    bool inside;
} position;

static void free_position(void *own)
{
    position *p = own;
    CFRelease(p->cookie);
    free(p);
}

static OSStatus begin(cm_file *f, cm_forward *place)
{
    const cm_ogg *s = f->state;
    cm_forward_begin(f, place);
    if (place->own)
        return noErr;
    position *p = place->own = calloc(1, sizeof *p);
    if (!p)
        return cmMemFullError;
    place->free_own = free_position;
    p->codec = s->codec;
    p->serial = s->serial;
    p->cookie = CFRetain(f->cookie);
    p->audio = place->at;
    p->next_page = place->at;
    return noErr;
}

/* The stream that begins on the current page, if it continues the file. */
static bool next_stream(cm_file *f, cm_forward *place, position *p)
{
    cm_ogg_next next;
    if (!cm_ogg_follow(f, &place->window, p->page.at, p->cookie, &next))
        return false;
    CFRelease(p->cookie);
    p->codec = next.codec;
    p->serial = next.serial;
    p->cookie = next.cookie;
    p->audio = next.audio;
    p->next_page = next.at;
    p->inside = false;
    return true;
}

static OSStatus next_page(cm_file *f, cm_forward *place, position *p)
{
    for (bool found = false; !found;) {
        if (!cm_ogg_page_at(&place->window, p->next_page, &p->page) &&
            !cm_ogg_page_find(&place->window, p->next_page, MOST_JUNK, &p->page))
            return place->window.status != noErr ? place->window.status : kAudioFileEndOfFileError;
        if (p->page.flags & CM_OGG_FIRST && p->page.at >= p->audio) {
            if (!next_stream(f, place, p))
                return place->window.status != noErr ? place->window.status : kAudioFileEndOfFileError;
            continue;
        }
        p->next_page = cm_ogg_page_end(&p->page);
        found = p->page.serial == p->serial;
    }
    p->on_page = true;
    p->segment = p->at = 0;
    if (!(p->page.flags & CM_OGG_CONTINUED))
        p->inside = false; /* what was begun is lost */
    return noErr;
}

/* The part of a packet that is on this page; *ends when it is the last. */
static UInt32 next_part(position *p, bool *ends)
{
    UInt32 part = 0;
    *ends = false;
    while (p->segment < p->page.segments && !*ends) {
        part += p->page.lacing[p->segment];
        *ends = p->page.lacing[p->segment++] < 255;
    }
    p->on_page = p->segment < p->page.segments;
    return part;
}

static OSStatus gather(cm_file *f, cm_forward *place, position *p, bool *whole)
{
    bool joins = p->at == 0 && p->page.flags & CM_OGG_CONTINUED, orphan = joins && !p->inside;
    SInt64 from = p->page.at + p->page.head + p->at;
    UInt32 part = next_part(p, whole);
    p->at += part;
    if (orphan) {
        *whole = false;
        return noErr;
    }
    if (!p->inside)
        p->size = 0;
    OSStatus status = cm_forward_gather(f, place, p->size, from, part);
    p->size += part;
    p->inside = !*whole;
    return p->size > UINT32_MAX ? kAudioFileInvalidFileError : status;
}

OSStatus cm_ogg_next_packet(cm_file *f, cm_forward *place, cm_forward_packet *packet)
{
    OSStatus status = begin(f, place);
    position *p = place->own;
    for (bool whole = false; status == noErr && !(whole && p->size > 0);) {
        if (!p->on_page)
            status = next_page(f, place, p);
        if (status == noErr)
            status = gather(f, place, p, &whole);
    }
    if (status != noErr)
        return status;
    place->at = p->on_page ? p->page.at + p->page.head + p->at : p->next_page;
    packet->bytes = place->bytes;
    packet->size = (UInt32)p->size;
    packet->frames = cm_ogg_frames(&p->codec, place->bytes, p->size);
    return noErr;
}
