/* ogg_chain.c: Ogg streams in a row: which of them continue a file. */
#include "ogg.h"

#include "../base/log.h"

#define SAMPLES 3 /* places at which a stream's pages are looked at */

static bool agree(const cm_ogg_codec *a, const cm_ogg_codec *b)
{
    return a->format == b->format && a->rate == b->rate && a->channels == b->channels && a->bits == b->bits;
}

bool cm_ogg_follow(cm_file *f, cm_window *w, SInt64 at, CFDataRef before, cm_ogg_next *next)
{
    const cm_ogg *file = f->state;
    cm_ogg head = { .granule_scale = 1 };
    OSStatus status = cm_ogg_read_head(f, w, at, &head, &next->audio);
    bool good = status == noErr && agree(&head.codec, &file->codec);
    if (status == noErr && !good)
        cm_log(CM_LOG_WARNING, "%s: ends where an Ogg stream of another format begins", cm_io_path(f->io));
    /* The file's comments: they differ from stream to stream without meaning to a decoder. */
    if (good)
        good = cm_ogg_make_cookie(&head, &file->comment, &next->cookie) == noErr;
    if (good) {
        bool tells_books = head.codec.format == kCMAudioFormatVorbis && !CFEqual(next->cookie, before);
        next->codec = head.codec;
        next->serial = head.serial;
        next->at = tells_books ? head.head_at : next->audio;
        next->headers = tells_books ? head.codec.headers : 0;
    }
    cm_ogg_free_head(&head);
    return good;
}

/* A stretch of so many pages can be as long as it is if they are about as large as these. */
static bool fits(SInt64 bytes, SInt64 pages, SInt64 page_bytes)
{
    return pages > 0 && bytes / pages <= 3 * page_bytes;
}

bool cm_ogg_is_one(const cm_file *f, cm_window *w, const cm_ogg_page *last)
{
    const cm_ogg *s = f->state;
    SInt64 span = last->at - f->data_offset, at = f->data_offset;
    SInt64 sequence = (SInt64)s->head_pages - 1, largest = cm_ogg_page_end(last) - last->at;
    cm_ogg_page pages[SAMPLES + 1];
    for (int i = 0; i < SAMPLES; i++) {
        SInt64 place = f->data_offset + span / (SAMPLES + 1) * (i + 1);
        if (!cm_ogg_page_find(w, place, span, &pages[i]) || pages[i].flags & CM_OGG_FIRST)
            return false;
        SInt64 size = cm_ogg_page_end(&pages[i]) - pages[i].at;
        largest = size > largest ? size : largest;
    }
    pages[SAMPLES] = *last;
    for (int i = 0; i <= SAMPLES; i++) {
        if (pages[i].serial != s->serial ||
            !fits(pages[i].at - at, (SInt64)pages[i].sequence - sequence, largest))
            return false;
        at = pages[i].at;
        sequence = pages[i].sequence;
    }
    return true;
}
