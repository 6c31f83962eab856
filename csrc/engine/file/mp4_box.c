#include "mp4_box.h"

#include <string.h>

bool cm_box_next(cm_span *rest, cm_box *box)
{
    if (rest->size < 8)
        return false;
    UInt64 size = cm_get_be32(rest->bytes);
    size_t head = 8;
    if (size == 1 && rest->size >= 16) {
        size = cm_get_be64(rest->bytes + 8);
        head = 16;
    } else if (size == 0) {
        size = rest->size; /* up to the end */
    }
    if (size < head || size > rest->size)
        return false;
    box->type = cm_get_be32(rest->bytes + 4);
    box->whole = (cm_span){ rest->bytes, (size_t)size };
    box->body = (cm_span){ rest->bytes + head, (size_t)size - head };
    *rest = cm_span_from(*rest, (size_t)size);
    return true;
}

bool cm_box_find(cm_span span, UInt32 type, cm_box *box)
{
    while (cm_box_next(&span, box))
        if (box->type == type)
            return true;
    return false;
}

bool cm_box_find_path(cm_span span, const UInt32 *path, cm_box *box)
{
    for (; *path; path++) {
        if (!cm_box_find(span, *path, box))
            return false;
        span = box->body;
    }
    return true;
}

CFIndex cm_box_begin(CFMutableDataRef to, UInt32 type)
{
    CFIndex begun = CFDataGetLength(to);
    cm_box_put32(to, 0);
    cm_box_put32(to, type);
    return begun;
}

CFIndex cm_box_begin_full(CFMutableDataRef to, UInt32 type, UInt8 version, UInt32 flags)
{
    CFIndex begun = cm_box_begin(to, type);
    cm_box_put32(to, (UInt32)version << 24 | flags);
    return begun;
}

void cm_box_end(CFMutableDataRef to, CFIndex begun)
{
    UInt8 *bytes = CFDataGetMutableBytePtr(to);
    cm_put_be32(bytes + begun, (UInt32)(CFDataGetLength(to) - begun));
}

void cm_box_put_bytes(CFMutableDataRef to, const void *bytes, size_t size)
{
    CFDataAppendBytes(to, bytes, (CFIndex)size);
}

void cm_box_put_zeros(CFMutableDataRef to, size_t count)
{
    CFDataSetLength(to, CFDataGetLength(to) + (CFIndex)count);
}

void cm_box_put16(CFMutableDataRef to, UInt32 value)
{
    UInt8 bytes[2];
    cm_put_be16(bytes, (UInt16)value);
    CFDataAppendBytes(to, bytes, sizeof bytes);
}

void cm_box_put32(CFMutableDataRef to, UInt64 value)
{
    UInt8 bytes[4];
    cm_put_be32(bytes, (UInt32)value);
    CFDataAppendBytes(to, bytes, sizeof bytes);
}

void cm_box_put64(CFMutableDataRef to, UInt64 value)
{
    UInt8 bytes[8];
    cm_put_be64(bytes, value);
    CFDataAppendBytes(to, bytes, sizeof bytes);
}
