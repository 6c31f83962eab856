/*
 * mp4_box.h: boxes of the ISO base media file format (ISO/IEC 14496-12): going through them in memory, and
 * putting them together.
 */
#ifndef CM_FILE_MP4_BOX_H
#define CM_FILE_MP4_BOX_H

#include "../base/bytes.h"
#include "../format/cookie.h"

#include <CoreFoundation/CoreFoundation.h>

typedef struct cm_box {
    UInt32 type;
    cm_span whole; /* header included */
    cm_span body;
} cm_box;

/* Takes the next box from *rest; false at the end, and where a box does not fit what is left. */
bool cm_box_next(cm_span *rest, cm_box *box);

/* The first box of a type among those in span. */
bool cm_box_find(cm_span span, UInt32 type, cm_box *box);

/* The same down a path of types that ends with 0. */
bool cm_box_find_path(cm_span span, const UInt32 *path, cm_box *box);
#define CM_BOX_PATH(...) ((const UInt32[]){ __VA_ARGS__, 0 })

/* Version and flags of a full box are the first four bytes of its body; the span behind them, empty if
 * missing. */
static inline cm_span cm_box_full(const cm_box *box, UInt32 *version, UInt32 *flags)
{
    *version = *flags = 0;
    if (box->body.size < 4)
        return (cm_span){ 0 };
    *version = box->body.bytes[0];
    *flags = cm_get_be32(box->body.bytes) & 0xFFFFFF;
    return (cm_span){ box->body.bytes + 4, box->body.size - 4 };
}

static inline cm_span cm_span_from(cm_span span, size_t offset)
{
    return offset <= span.size ? (cm_span){ span.bytes + offset, span.size - offset } : (cm_span){ 0 };
}

/* ---- putting together: everything goes to the end of a CFMutableData ---- */

/* Starts a box; the result is for cm_box_end. */
CFIndex cm_box_begin(CFMutableDataRef to, UInt32 type);
CFIndex cm_box_begin_full(CFMutableDataRef to, UInt32 type, UInt8 version, UInt32 flags);
void cm_box_end(CFMutableDataRef to, CFIndex begun);

void cm_box_put_bytes(CFMutableDataRef to, const void *bytes, size_t size);
void cm_box_put_zeros(CFMutableDataRef to, size_t count);
void cm_box_put16(CFMutableDataRef to, UInt32 value);
void cm_box_put32(CFMutableDataRef to, UInt64 value);
void cm_box_put64(CFMutableDataRef to, UInt64 value);

#endif
