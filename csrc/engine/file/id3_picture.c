#include "id3_tag.h"

#include <stdlib.h>
#include <string.h>

enum { FRONT_COVER = 3 };

typedef struct picture {
    UInt8 type;
    const UInt8 *bytes;
    size_t size;
} picture;

/* Encoding, MIME type (v2.2: three letters), picture type, description, picture. */
static bool split(const cm_id3_frame *frame, int version, picture *out)
{
    const UInt8 *at = frame->data, *end = at + frame->size;
    size_t mime = version == 2 ? 4 : 1, used;
    if (frame->size < 5)
        return false;
    if (version > 2)
        mime += strnlen((const char *)at + 1, frame->size - 1) + 1;
    if (mime >= frame->size || memcmp(at + 1, "-->", 3) == 0) /* a link is no picture */
        return false;
    out->type = at[mime];
    char *description = cm_id3_text(at[0], at + mime + 1, (size_t)(end - at) - mime - 1, &used);
    free(description);
    if (!description)
        return false;
    out->bytes = at + mime + 1 + used;
    out->size = (size_t)(end - out->bytes);
    return out->size > 0;
}

OSStatus cm_id3_copy_artwork(const UInt8 *bytes, size_t size, CFDataRef *out)
{
    cm_id3_tag tag;
    cm_id3_frame frame;
    bool front = false;
    *out = NULL;
    OSStatus status = cm_id3_begin(&tag, bytes, size);
    while (status == noErr && !front && cm_id3_next(&tag, &frame)) {
        picture found;
        if (strcmp(frame.id, "APIC") != 0 || !split(&frame, tag.version, &found))
            continue;
        front = found.type == FRONT_COVER;
        if (*out && !front)
            continue;
        if (*out)
            CFRelease(*out);
        *out = CFDataCreate(NULL, found.bytes, (CFIndex)found.size);
        status = *out ? noErr : cmMemFullError;
    }
    cm_id3_end(&tag);
    return status;
}
