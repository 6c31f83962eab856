/* Reading property lists from XML. Any bytes may come in. */
#include "cf_plist.h"

#include "cf_array.h"
#include "cf_data.h"
#include "cf_date.h"
#include "cf_dictionary.h"
#include "cf_number.h"
#include "cf_string.h"
#include "cf_xml.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct reader {
    cm_cf_xml xml;
    cm_cf_buffer text; /* of the element being read; reused by the next */
    CFOptionFlags mutability;
    int depth;
} reader;

static CFTypeRef read_value(reader *r, const cm_cf_xml_tag *tag);

/* Notes a fault, if there is none yet, that is not in the document. */
static CFTypeRef no_memory(reader *r)
{
    cm_cf_xml_fail(&r->xml, "not enough memory");
    return NULL;
}

static bool wants_mutable_leaves(const reader *r)
{
    return r->mutability & kCFPropertyListMutableContainersAndLeaves;
}

/* Leaves in r->text the text of the element that tag opened, and moves behind its end tag. */
static bool read_text(reader *r, const cm_cf_xml_tag *tag)
{
    r->text.size = 0;
    cm_cf_buffer_grow(&r->text, 0);
    if (!tag->empty && (!cm_cf_xml_text(&r->xml, &r->text) || !cm_cf_xml_close(&r->xml, tag)))
        return false;
    return !r->text.failed || no_memory(r);
}

static CFTypeRef read_string(reader *r, const cm_cf_xml_tag *tag)
{
    if (!read_text(r, tag))
        return NULL;
    CFStringRef str = cm_cf_string_new(r->text.bytes, r->text.size);
    if (str && wants_mutable_leaves(r)) {
        CFTypeRef leaf = CFStringCreateMutableCopy(NULL, 0, str);
        CFRelease(str);
        str = leaf;
    }
    return str ? str : no_memory(r);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The text without the white space around it; still NUL-terminated. */
static char *trim(cm_cf_buffer *text, size_t *size)
{
    char *start = text->bytes, *end = start + text->size;
    while (start < end && is_space(*start))
        start++;
    while (end > start && is_space(end[-1]))
        end--;
    *end = '\0';
    *size = (size_t)(end - start);
    return start;
}

/* Decimal, or hexadecimal after 0x; a sign before either. The value is negative ? -magnitude : magnitude. */
static bool parse_integer(const char *at, bool *negative, uint64_t *magnitude)
{
    *negative = *at == '-';
    at += *at == '-' || *at == '+';
    uint64_t base = at[0] == '0' && (at[1] == 'x' || at[1] == 'X') ? 16 : 10, value = 0;
    at += base == 16 ? 2 : 0;
    if (!*at)
        return false;
    for (; *at; at++) {
        uint64_t digit = *at >= '0' && *at <= '9'   ? (uint64_t)(*at - '0')
                         : *at >= 'a' && *at <= 'f' ? (uint64_t)(*at - 'a' + 10)
                         : *at >= 'A' && *at <= 'F' ? (uint64_t)(*at - 'A' + 10)
                                                    : 16;
        if (digit >= base || __builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *magnitude = value;
    return !*negative || value <= (uint64_t)INT64_MAX + 1;
}

static CFTypeRef read_integer(reader *r, const cm_cf_xml_tag *tag)
{
    if (!read_text(r, tag))
        return NULL;
    size_t size;
    const char *trimmed = trim(&r->text, &size);
    bool negative;
    uint64_t magnitude;
    bool ok = strlen(trimmed) == size && parse_integer(trimmed, &negative, &magnitude);
    if (!ok) {
        cm_cf_xml_fail(&r->xml, "an integer that is none, or needs more than 64 bits");
        return NULL;
    }
    CFTypeRef number;
    if (negative) {
        int64_t value = (int64_t)(0 - magnitude);
        number = CFNumberCreate(NULL, kCFNumberSInt64Type, &value);
    } else {
        number = cm_cf_number_new_unsigned(magnitude);
    }
    return number ? number : no_memory(r);
}

static const struct {
    const char *text;
    double value;
} special_reals[] = {
    { "nan", NAN },
    { "inf", INFINITY },
    { "infinity", INFINITY },
};

static bool parse_real(const char *text, double *value)
{
    bool negative = *text == '-';
    const char *unsigned_text = text + (*text == '-' || *text == '+');
    for (size_t i = 0; i < sizeof special_reals / sizeof *special_reals; i++)
        if (strcasecmp(unsigned_text, special_reals[i].text) == 0) {
            *value = negative ? -special_reals[i].value : special_reals[i].value;
            return true;
        }
    if (!*text || text[strspn(text, "+-.0123456789eE")])
        return false;
    char *end;
    *value = cm_cf_real_parse(text, &end);
    return *end == '\0';
}

static CFTypeRef read_real(reader *r, const cm_cf_xml_tag *tag)
{
    if (!read_text(r, tag))
        return NULL;
    size_t size;
    const char *trimmed = trim(&r->text, &size);
    double value;
    bool ok = strlen(trimmed) == size && parse_real(trimmed, &value);
    if (!ok) {
        cm_cf_xml_fail(&r->xml, "a real that is no number");
        return NULL;
    }
    CFTypeRef number = CFNumberCreate(NULL, kCFNumberFloat64Type, &value);
    return number ? number : no_memory(r);
}

static CFTypeRef read_date(reader *r, const cm_cf_xml_tag *tag)
{
    if (!read_text(r, tag))
        return NULL;
    size_t size;
    const char *trimmed = trim(&r->text, &size);
    CFAbsoluteTime at;
    bool ok = cm_cf_date_parse(trimmed, size, &at);
    if (!ok) {
        cm_cf_xml_fail(&r->xml, "a date that is not like 2001-01-01T00:00:00Z");
        return NULL;
    }
    CFTypeRef date = CFDateCreate(NULL, at);
    return date ? date : no_memory(r);
}

static int base64_value(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

/* Decodes in place, where the result is never longer. False for other characters and wrong lengths. */
static bool decode_base64(cm_cf_buffer *text)
{
    size_t digits = 0, padding = 0, size = 0;
    uint32_t group = 0;
    for (size_t i = 0; i < text->size; i++) {
        char c = text->bytes[i];
        if (is_space(c))
            continue;
        int value = base64_value(c);
        if (c == '=' && ++padding <= 2)
            value = 0;
        else if (value < 0 || padding)
            return false;
        group = group << 6 | (uint32_t)value;
        if (++digits % 4)
            continue;
        for (size_t byte = 0; byte < 3 - padding; byte++)
            text->bytes[size++] = (char)(group >> (16 - 8 * byte));
    }
    text->size = size;
    return digits % 4 == 0;
}

static CFTypeRef read_data(reader *r, const cm_cf_xml_tag *tag)
{
    if (!read_text(r, tag))
        return NULL;
    if (!decode_base64(&r->text)) {
        cm_cf_xml_fail(&r->xml, "data that is not base64");
        return NULL;
    }
    CFDataRef data = CFDataCreate(NULL, (const UInt8 *)r->text.bytes, (CFIndex)r->text.size);
    if (data && wants_mutable_leaves(r)) {
        CFTypeRef leaf = CFDataCreateMutableCopy(NULL, 0, data);
        CFRelease(data);
        data = leaf;
    }
    return data ? data : no_memory(r);
}

static CFTypeRef read_boolean(reader *r, const cm_cf_xml_tag *tag)
{
    if (!tag->empty && !cm_cf_xml_close(&r->xml, tag))
        return NULL;
    return cm_cf_xml_is(tag, "true") ? kCFBooleanTrue : kCFBooleanFalse;
}

/* The next tag inside the element that outer opened; *done when it was that element's end. */
static bool next_member(reader *r, const cm_cf_xml_tag *outer, cm_cf_xml_tag *tag, bool *done)
{
    *done = outer->empty;
    if (*done)
        return true;
    if (!cm_cf_xml_next_tag(&r->xml, false, tag))
        return false;
    *done = tag->closes && tag->size == outer->size && memcmp(tag->name, outer->name, tag->size) == 0;
    if (tag->closes && !*done)
        return cm_cf_xml_fail(&r->xml, "an end tag that nothing opened");
    return true;
}

static bool add_member(reader *r, CFMutableArrayRef array, const cm_cf_xml_tag *tag)
{
    CFTypeRef value = read_value(r, tag);
    if (!value)
        return false;
    return cm_cf_array_append_new(array, value) || no_memory(r);
}

static CFTypeRef read_array(reader *r, const cm_cf_xml_tag *outer)
{
    CFMutableArrayRef array = CFArrayCreateMutable(NULL, 0, &kCFTypeArrayCallBacks);
    if (!array)
        return no_memory(r);
    cm_cf_xml_tag tag;
    bool done = false, ok;
    do
        ok = next_member(r, outer, &tag, &done) && (done || add_member(r, array, &tag));
    while (ok && !done);
    if (!ok) {
        CFRelease(array);
        return NULL;
    }
    if (!r->mutability)
        cm_cf_array_freeze(array);
    return array;
}

static bool add_pair(reader *r, CFMutableDictionaryRef dict, const cm_cf_xml_tag *outer,
                     const cm_cf_xml_tag *key_tag)
{
    cm_cf_xml_tag tag;
    bool done;
    if (!cm_cf_xml_is(key_tag, "key"))
        return cm_cf_xml_fail(&r->xml, "a value without a key");
    if (!read_text(r, key_tag))
        return false;
    CFStringRef key = cm_cf_string_new(r->text.bytes, r->text.size);
    bool ok = key ? next_member(r, outer, &tag, &done) : no_memory(r) != NULL;
    if (ok && done)
        ok = cm_cf_xml_fail(&r->xml, "a key without a value");
    CFTypeRef value = ok ? read_value(r, &tag) : NULL;
    ok = value && (cm_cf_dictionary_set_new(dict, key, value) || no_memory(r));
    CFRelease(key);
    return ok;
}

static CFTypeRef read_dictionary(reader *r, const cm_cf_xml_tag *outer)
{
    CFMutableDictionaryRef dict = CFDictionaryCreateMutable(NULL, 0, &kCFTypeDictionaryKeyCallBacks,
                                                            &kCFTypeDictionaryValueCallBacks);
    if (!dict)
        return no_memory(r);
    cm_cf_xml_tag tag;
    bool done = false, ok;
    do
        ok = next_member(r, outer, &tag, &done) && (done || add_pair(r, dict, outer, &tag));
    while (ok && !done);
    if (!ok) {
        CFRelease(dict);
        return NULL;
    }
    if (!r->mutability)
        cm_cf_dictionary_freeze(dict);
    return dict;
}

static const struct {
    const char *name;
    CFTypeRef (*read)(reader *r, const cm_cf_xml_tag *tag);
} elements[] = {
    { "dict", read_dictionary }, { "array", read_array }, { "string", read_string },
    { "integer", read_integer }, { "real", read_real },   { "true", read_boolean },
    { "false", read_boolean },   { "data", read_data },   { "date", read_date },
};

/* The object of the element that tag opened, owned by the caller; NULL with a fault noted. */
static CFTypeRef read_value(reader *r, const cm_cf_xml_tag *tag)
{
    if (r->depth == CM_CF_PLIST_DEPTH) {
        cm_cf_xml_fail(&r->xml, "more than %d elements inside each other", CM_CF_PLIST_DEPTH);
        return NULL;
    }
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++)
        if (cm_cf_xml_is(tag, elements[i].name)) {
            r->depth++;
            CFTypeRef value = elements[i].read(r, tag);
            r->depth--;
            return value;
        }
    cm_cf_xml_fail(&r->xml, "<%.*s> is no element of a property list", (int)(tag->size < 32 ? tag->size : 32),
                   tag->name);
    return NULL;
}

/* One value, in <plist> or alone, and nothing behind it. */
static CFTypeRef read_document(reader *r)
{
    cm_cf_xml_tag root, tag;
    if (!cm_cf_xml_next_tag(&r->xml, true, &root))
        return NULL;
    bool wrapped = cm_cf_xml_is(&root, "plist") && !root.closes;
    if (root.closes || (wrapped && root.empty)) {
        cm_cf_xml_fail(&r->xml, "a property list without a value");
        return NULL;
    }
    tag = root;
    if (wrapped && !cm_cf_xml_next_tag(&r->xml, false, &tag))
        return NULL;
    if (tag.closes) {
        cm_cf_xml_fail(&r->xml, "a property list without a value");
        return NULL;
    }
    CFTypeRef value = read_value(r, &tag);
    if (!value)
        return NULL;
    bool ok = (!wrapped || cm_cf_xml_close(&r->xml, &root)) && cm_cf_xml_skip(&r->xml, false);
    if (ok && r->xml.at != r->xml.end)
        ok = cm_cf_xml_fail(&r->xml, "something behind the property list");
    if (ok)
        return value;
    CFRelease(value);
    return NULL;
}

CFPropertyListRef CFPropertyListCreateWithData(CFAllocatorRef alloc, CFDataRef data, CFOptionFlags options,
                                               CFPropertyListFormat *format, CFErrorRef *error)
{
    (void)alloc;
    const UInt8 *bytes = CFDataGetBytePtr(data);
    size_t size = (size_t)CFDataGetLength(data);
    if (!size) {
        cm_cf_plist_fail(error, kCFPropertyListReadCorruptError, "Property list: there are no bytes.");
        return NULL;
    }
    if (size >= 6 && memcmp(bytes, "bplist", 6) == 0) {
        cm_cf_plist_fail(error, kCFPropertyListReadUnknownVersionError,
                         "Property list: the binary format is not read, only XML.");
        return NULL;
    }
    cm_cf_buffer document = { 0 };
    reader r = { .mutability = options & (kCFPropertyListMutableContainers |
                                          kCFPropertyListMutableContainersAndLeaves) };
    const char *fault = NULL;
    char text[sizeof r.xml.fault + 64];
    CFTypeRef value = NULL;
    if (cm_cf_xml_transcode(bytes, size, &document, &fault)) {
        r.xml.start = r.xml.at = document.bytes;
        r.xml.end = document.bytes + document.size;
        value = read_document(&r);
        fault = r.xml.fault;
    }
    cm_cf_buffer_free(&document);
    cm_cf_buffer_free(&r.text);
    if (!value) {
        snprintf(text, sizeof text, "Property list, line %zu: %s.", r.xml.fault_line ? r.xml.fault_line : 1,
                 fault);
        cm_cf_plist_fail(error, kCFPropertyListReadCorruptError, text);
    } else if (format) {
        *format = kCFPropertyListXMLFormat_v1_0;
    }
    return value;
}
