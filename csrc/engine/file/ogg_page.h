/*
 * ogg_page.h: pages of the Ogg format (RFC 3533).
 */
#ifndef CM_FILE_OGG_PAGE_H
#define CM_FILE_OGG_PAGE_H

#include "window.h"

#define CM_OGG_PAGE_MOST (27u + 255u + 255u * 255u)

enum { CM_OGG_CONTINUED = 1, CM_OGG_FIRST = 2, CM_OGG_LAST = 4 };

typedef struct cm_ogg_page {
    SInt64 at;   /* in the file */
    UInt32 head; /* bytes of header */
    UInt32 body; /* bytes behind it */
    UInt8 flags;
    SInt64 granule; /* -1: no packet ends here */
    UInt32 serial, sequence;
    UInt32 segments;
    UInt8 lacing[255];
} cm_ogg_page;

/* The page at a place, whole in the window's file; false when none starts there. */
bool cm_ogg_page_at(cm_window *w, SInt64 at, cm_ogg_page *page);

/* The first page at or behind a place, at most reach bytes on. */
bool cm_ogg_page_find(cm_window *w, SInt64 at, SInt64 reach, cm_ogg_page *page);

static inline SInt64 cm_ogg_page_end(const cm_ogg_page *page)
{
    return page->at + page->head + page->body;
}

/* Writes header, segment table and body; the checksum too. to holds CM_OGG_PAGE_MOST bytes. Returns the size.
 */
size_t cm_ogg_page_make(const cm_ogg_page *page, const UInt8 *body, UInt8 *to);

/* Puts another sequence number into a page in memory, whose checksum follows. */
void cm_ogg_page_renumber(UInt8 *bytes, size_t size, UInt32 sequence);

#endif
