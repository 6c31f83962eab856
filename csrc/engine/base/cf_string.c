#include "cf_string.h"

#include "cf_array.h"
#include "cf_encoding.h"

#include <stdlib.h>
#include <string.h>

static void destroy(void *object)
{
    struct __CFString *str = object;
    if (str->capacity)
        free(str->bytes);
}

static bool equal(CFTypeRef a, CFTypeRef b)
{
    const struct __CFString *x = a, *y = b;
    return x->size == y->size && memcmp(x->bytes, y->bytes, x->size) == 0;
}

static CFHashCode hash(CFTypeRef object)
{
    const struct __CFString *str = object;
    return cm_cf_hash_bytes(str->bytes, str->size);
}

static void describe(CFTypeRef object, cm_cf_buffer *out)
{
    const struct __CFString *str = object;
    cm_cf_buffer_put(out, str->bytes, str->size);
}

const cm_cf_class cm_cf_string_class = {
    .name = "CFString",
    .destroy = destroy,
    .equal = equal,
    .hash = hash,
    .describe = describe,
};

CFTypeID CFStringGetTypeID(void)
{
    return CM_CF_STRING;
}

/* For bytes already known to be valid. */
static CFStringRef new_valid(const char *bytes, size_t size, CFIndex length, bool ascii)
{
    if (size > (size_t)PTRDIFF_MAX - sizeof(struct __CFString) - 1)
        return NULL;
    struct __CFString *str = cm_cf_new(CM_CF_STRING, sizeof *str + size + 1);
    if (!str)
        return NULL;
    str->bytes = (char *)(str + 1);
    if (size)
        memcpy(str->bytes, bytes, size);
    str->size = size;
    str->length = length;
    str->ascii = ascii;
    return str;
}

CFStringRef cm_cf_string_new(const char *bytes, size_t size)
{
    CFIndex length;
    bool ascii;
    return cm_cf_utf8_scan(bytes, size, &length, &ascii) ? new_valid(bytes, size, length, ascii) : NULL;
}

CFStringRef cm_cf_string_take(cm_cf_buffer *buffer)
{
    struct __CFString *str = NULL;
    CFIndex length = 0;
    bool ascii = true;
    cm_cf_buffer_grow(buffer, 0);
    if (!buffer->failed && cm_cf_utf8_scan(buffer->bytes, buffer->size, &length, &ascii))
        str = cm_cf_new(CM_CF_STRING, sizeof *str);
    if (str) {
        str->bytes = buffer->bytes;
        str->size = buffer->size;
        str->capacity = buffer->capacity;
        str->length = length;
        str->ascii = ascii;
        *buffer = (cm_cf_buffer){ 0 };
    }
    cm_cf_buffer_free(buffer);
    return str;
}

const char *cm_cf_string_bytes(CFStringRef str, size_t *size)
{
    bool valid = cm_cf_as_string(str) != NULL;
    *size = valid ? str->size : 0;
    return valid ? str->bytes : NULL;
}

size_t cm_cf_string_offset(CFStringRef str, CFIndex index, bool *half)
{
    *half = false;
    if (str->ascii)
        return (size_t)index;
    const char *at = str->bytes;
    CFIndex unit = 0;
    while (unit < index) {
        const char *start = at;
        unit += cm_cf_utf8_take(&at) > 0xFFFF ? 2 : 1;
        if (unit > index) {
            *half = true;
            return (size_t)(start - str->bytes);
        }
    }
    return (size_t)(at - str->bytes);
}

CFStringRef CFStringCreateWithBytes(CFAllocatorRef alloc, const UInt8 *bytes, CFIndex num_bytes,
                                    CFStringEncoding encoding_id, Boolean is_external)
{
    (void)alloc;
    const cm_cf_encoding *encoding = cm_cf_encoding_find(encoding_id);
    if (!encoding || num_bytes < 0 || (!bytes && num_bytes))
        return NULL;
    size_t size = (size_t)num_bytes, skip = 0;
    if (size == 0)
        return new_valid("", 0, 0, true);
    if (is_external)
        encoding = cm_cf_encoding_marked(encoding, bytes, size, &skip);
    if (encoding->id == kCFStringEncodingUTF8)
        return cm_cf_string_new((const char *)bytes + skip, size - skip);
    cm_cf_buffer text = { 0 };
    if (!cm_cf_encoding_decode(encoding, bytes + skip, size - skip, &text)) {
        cm_cf_buffer_free(&text);
        return NULL;
    }
    return cm_cf_string_take(&text);
}

/* The size of a C string in an encoding whose NUL is `unit` bytes wide. */
static size_t c_string_size(const char *c_str, size_t unit)
{
    static const char nul[4];
    size_t size = 0;
    while (memcmp(c_str + size, nul, unit) != 0)
        size += unit;
    return size;
}

CFStringRef CFStringCreateWithCString(CFAllocatorRef alloc, const char *c_str, CFStringEncoding encoding_id)
{
    const cm_cf_encoding *encoding = cm_cf_encoding_find(encoding_id);
    if (!c_str || !encoding)
        return NULL;
    size_t size = encoding->unit == 1 ? strlen(c_str) : c_string_size(c_str, encoding->unit);
    return CFStringCreateWithBytes(alloc, (const UInt8 *)c_str, (CFIndex)size, encoding_id, false);
}

CFStringRef CFStringCreateWithCStringNoCopy(CFAllocatorRef alloc, const char *c_str,
                                            CFStringEncoding encoding, CFAllocatorRef contents_deallocator)
{
    CFStringRef str = CFStringCreateWithCString(alloc, c_str, encoding);
    if (str && contents_deallocator != kCFAllocatorNull)
        free((void *)(uintptr_t)c_str);
    return str;
}

CFStringRef CFStringCreateWithCharacters(CFAllocatorRef alloc, const UniChar *chars, CFIndex num_chars)
{
    if (num_chars < 0 || num_chars > PTRDIFF_MAX / (CFIndex)sizeof(UniChar))
        return NULL;
    return CFStringCreateWithBytes(alloc, (const UInt8 *)chars, num_chars * (CFIndex)sizeof(UniChar),
                                   kCFStringEncodingUTF16LE, false);
}

CFStringRef CFStringCreateWithSubstring(CFAllocatorRef alloc, CFStringRef str, CFRange range)
{
    (void)alloc;
    if (!cm_cf_as_string(str) || !cm_cf_range_within(range, str->length))
        return NULL;
    bool half_first, half_last;
    size_t start = cm_cf_string_offset(str, range.location, &half_first);
    size_t end = cm_cf_string_offset(str, range.location + range.length, &half_last);
    if (half_first || half_last)
        return NULL;
    return cm_cf_string_new(str->bytes + start, end - start);
}

CFStringRef CFStringCreateCopy(CFAllocatorRef alloc, CFStringRef str)
{
    (void)alloc;
    if (!cm_cf_as_string(str))
        return NULL;
    return str->changeable ? new_valid(str->bytes, str->size, str->length, str->ascii) : CFRetain(str);
}

CFStringRef CFStringCreateFromExternalRepresentation(CFAllocatorRef alloc, CFDataRef data,
                                                     CFStringEncoding encoding)
{
    if (!cm_cf_is(data, CM_CF_DATA))
        return NULL;
    return CFStringCreateWithBytes(alloc, CFDataGetBytePtr(data), CFDataGetLength(data), encoding, true);
}

CFArrayRef CFStringCreateArrayBySeparatingStrings(CFAllocatorRef alloc, CFStringRef str,
                                                  CFStringRef separator)
{
    (void)alloc;
    if (!cm_cf_as_string(str) || !cm_cf_as_string(separator))
        return NULL;
    CFMutableArrayRef parts = CFArrayCreateMutable(NULL, 0, &kCFTypeArrayCallBacks);
    const char *at = str->bytes, *end = at + str->size;
    bool ok = parts != NULL;
    while (ok && at) {
        const char *next = separator->size ? memmem(at, (size_t)(end - at), separator->bytes, separator->size)
                                           : NULL;
        ok = cm_cf_array_append_new(parts, cm_cf_string_new(at, (size_t)((next ? next : end) - at)));
        at = next ? next + separator->size : NULL;
    }
    if (!ok) {
        CFRelease(parts);
        return NULL;
    }
    cm_cf_array_freeze(parts);
    return parts;
}

CFStringRef CFStringCreateByCombiningStrings(CFAllocatorRef alloc, CFArrayRef strings, CFStringRef separator)
{
    (void)alloc;
    if (!cm_cf_is(strings, CM_CF_ARRAY) || !cm_cf_array_holds_objects(strings))
        return NULL;
    size_t separator_size;
    const char *separator_bytes = cm_cf_string_bytes(separator, &separator_size);
    cm_cf_buffer text = { 0 };
    for (CFIndex i = 0; i < CFArrayGetCount(strings); i++) {
        size_t size;
        const char *bytes = cm_cf_string_bytes(CFArrayGetValueAtIndex(strings, i), &size);
        if (!bytes) {
            cm_cf_buffer_free(&text);
            return NULL;
        }
        if (i)
            cm_cf_buffer_put(&text, separator_bytes, separator_size);
        cm_cf_buffer_put(&text, bytes, size);
    }
    return cm_cf_string_take(&text);
}

CFMutableStringRef CFStringCreateMutable(CFAllocatorRef alloc, CFIndex max_length)
{
    (void)alloc, (void)max_length;
    cm_cf_buffer empty = { 0 };
    struct __CFString *str = (struct __CFString *)(uintptr_t)cm_cf_string_take(&empty);
    if (str)
        str->changeable = true;
    return str;
}

CFMutableStringRef CFStringCreateMutableCopy(CFAllocatorRef alloc, CFIndex max_length, CFStringRef str)
{
    if (!cm_cf_as_string(str))
        return NULL;
    CFMutableStringRef copy = CFStringCreateMutable(alloc, max_length);
    if (copy && !cm_cf_string_append(copy, str->bytes, str->size, str->length, str->ascii)) {
        CFRelease(copy);
        return NULL;
    }
    return copy;
}

bool cm_cf_string_append(CFMutableStringRef str, const char *bytes, size_t size, CFIndex length, bool ascii)
{
    if (!cm_cf_as_string(str) || !str->changeable)
        return false;
    bool itself = bytes == str->bytes; /* growing may move them */
    cm_cf_buffer text = { .bytes = str->bytes, .size = str->size, .capacity = str->capacity };
    char *room = cm_cf_buffer_grow(&text, size);
    if (!room)
        return false;
    memcpy(room, itself ? text.bytes : bytes, size);
    str->bytes = text.bytes;
    str->size = text.size;
    str->capacity = text.capacity;
    str->length += length;
    str->ascii = str->ascii && ascii;
    return true;
}

void CFStringAppend(CFMutableStringRef str, CFStringRef appended)
{
    if (cm_cf_as_string(appended))
        cm_cf_string_append(str, appended->bytes, appended->size, appended->length, appended->ascii);
}

void CFStringAppendCString(CFMutableStringRef str, const char *c_str, CFStringEncoding encoding)
{
    CFStringRef appended = CFStringCreateWithCString(NULL, c_str, encoding);
    CFStringAppend(str, appended);
    CFRelease(appended);
}

/* ---- CFSTR: constants by content, in lists that only grow, so that readers need no lock ---- */

typedef struct constant {
    struct __CFString str;
    struct constant *next;
} constant;

#define CONSTANT_LISTS 1024u
static _Atomic(constant *) constants[CONSTANT_LISTS];

static CFStringRef find_constant(const constant *from, const constant *until, const char *bytes, size_t size)
{
    for (; from != until; from = from->next)
        if (from->str.size == size && memcmp(from->str.bytes, bytes, size) == 0)
            return &from->str;
    return NULL;
}

static constant *new_constant(const char *c_str)
{
    /* A literal in some other encoding than UTF-8 is Mac Roman, as it always was for CFSTR. */
    CFStringRef text = CFStringCreateWithCString(NULL, c_str, kCFStringEncodingUTF8);
    if (!text)
        text = CFStringCreateWithCString(NULL, c_str, kCFStringEncodingMacRoman);
    constant *made = text ? calloc(1, sizeof *made + text->size + 1) : NULL;
    if (made) {
        made->str.object.magic = CM_CF_MAGIC;
        made->str.object.type = CM_CF_STRING;
        atomic_init(&made->str.object.refs, -1);
        made->str.bytes = memcpy(made + 1, text->bytes, text->size);
        made->str.size = text->size;
        made->str.length = text->length;
        made->str.ascii = text->ascii;
    }
    CFRelease(text);
    return made;
}

CFStringRef __CFStringMakeConstantString(const char *c_str)
{
    if (!c_str)
        return NULL;
    size_t size = strlen(c_str);
    _Atomic(constant *) *list = &constants[cm_cf_hash_bytes(c_str, size) % CONSTANT_LISTS];
    constant *first = atomic_load_explicit(list, memory_order_acquire);
    CFStringRef found = find_constant(first, NULL, c_str, size);
    if (found)
        return found;
    constant *made = new_constant(c_str);
    if (!made)
        return NULL;
    do {
        /* Only what other threads put in front since then is new. */
        constant *searched = made->next;
        made->next = first;
        found = find_constant(first, searched, made->str.bytes, made->str.size);
        if (found) {
            free(made);
            return found;
        }
    } while (!atomic_compare_exchange_strong_explicit(list, &first, made, memory_order_acq_rel,
                                                      memory_order_acquire));
    return &made->str;
}
