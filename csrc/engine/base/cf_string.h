/*
 * cf_string.h: the inside of CFString, for the engine's own code.
 *
 * Text is UTF-8 with its length in UTF-16 units beside it, so that an index into ASCII text is an offset and
 * any other index costs a walk from the start. Half of a surrogate pair has no UTF-8 and cannot be kept.
 */
#ifndef CM_BASE_CF_STRING_H
#define CM_BASE_CF_STRING_H

#include "cf_object.h"

#include <CoreFoundation/CFString.h>

struct __CFString {
    cm_cf_object object;
    char *bytes; /* size bytes of UTF-8 and a NUL; NULs may be inside. Owned unless it follows the struct. */
    size_t size;
    size_t capacity; /* of an owned allocation; 0 when the bytes are not one */
    CFIndex length;  /* in UTF-16 units */
    bool ascii;
    bool changeable;
};

/*
 * A constant of a header (kMIDIPropertyName ...): defines `const CFStringRef name` for an ASCII literal,
 * with no work at load time.
 */
#define CM_CF_CONST_STRING(name, literal)                                                                    \
    static const struct __CFString name##_object = { .object = CM_CF_CONSTANT(CM_CF_STRING),                 \
                                                     .bytes = (char *)(uintptr_t)("" literal),               \
                                                     .size = sizeof(literal) - 1,                            \
                                                     .length = sizeof(literal) - 1,                          \
                                                     .ascii = true };                                        \
    const CFStringRef name = &name##_object

/* [any] A new string from UTF-8; NULL when it is not valid. */
CFStringRef cm_cf_string_new(const char *bytes, size_t size);

/*
 * [any] A new string that takes the buffer's bytes over; the buffer is empty afterwards. NULL when the
 * buffer failed or is not valid UTF-8.
 */
CFStringRef cm_cf_string_take(cm_cf_buffer *buffer);

/* [any] The UTF-8 of a string, NUL-terminated and lent; NULL with *size 0 for what is no string. */
const char *cm_cf_string_bytes(CFStringRef str, size_t *size);

/* [any] Appends valid UTF-8 to a mutable string; false when it is none or there is no memory. */
bool cm_cf_string_append(CFMutableStringRef str, const char *bytes, size_t size, CFIndex length, bool ascii);

/*
 * The byte where UTF-16 unit `index` (0 .. length) begins; *half is true when it is the second half of a
 * surrogate pair, whose first byte is then returned.
 */
size_t cm_cf_string_offset(CFStringRef str, CFIndex index, bool *half);

static inline CFStringRef cm_cf_as_string(CFTypeRef cf)
{
    return cm_cf_is(cf, CM_CF_STRING) ? cf : NULL;
}

#endif
