/* ogg_forward.c: the packets of an Ogg stream one after the other, for bytes that arrive once. */
#include "forward.h"
#include "ogg.h"

#include <stdlib.h>

#define MOST_JUNK ((SInt64)1 << 20)

typedef struct position {
    cm_ogg_codec codec; /* a copy, whose memory of the packet before is this reader's */
    cm_ogg_page page;
    SInt64 next_page; /* where to look for it */
    bool on_page;
    UInt32 segment, at; /* in the page: the next lacing value, and the bytes before its data */
    size_t size;        /* bytes of the packet that were gathered on pages before */
    bool inside;
} position;

static OSStatus next_page(cm_file *f, cm_forward *place, position *p)
{
    const cm_ogg *s = f->state;
    do {
        if (!cm_ogg_page_at(&place->window, p->next_page, &p->page) &&
            !cm_ogg_page_find(&place->window, p->next_page, MOST_JUNK, &p->page))
            return place->window.status != noErr ? place->window.status : kAudioFileEndOfFileError;
        if (p->page.flags & CM_OGG_FIRST)
            return kAudioFileEndOfFileError; /* another stream follows */
        p->next_page = cm_ogg_page_end(&p->page);
    } while (p->page.serial != s->serial);
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
    OSStatus status = noErr;
    cm_forward_begin(f, place);
    position *p = place->own;
    if (!p) {
        p = place->own = calloc(1, sizeof *p);
        if (!p)
            return cmMemFullError;
        p->codec = ((const cm_ogg *)f->state)->codec;
        p->next_page = place->at;
    }
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
