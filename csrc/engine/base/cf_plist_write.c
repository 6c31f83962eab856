/* Writing property lists as XML, in the form that Apple's tools give them. */
#include "cf_plist.h"

#include "cf_array.h"
#include "cf_data.h"
#include "cf_date.h"
#include "cf_dictionary.h"
#include "cf_number.h"
#include "cf_string.h"

#include <string.h>

static const char head[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                           "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
                           "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
                           "<plist version=\"1.0\">\n";

#define LINE_WIDTH 76 /* of base64, counting an indentation tab as 8 columns */
#define MIN_GROUPS 4  /* groups of four digits on a line, however far it is indented */

static void put_value(CFTypeRef cf, size_t depth, cm_cf_buffer *out);

static void put_indent(size_t depth, cm_cf_buffer *out)
{
    cm_cf_buffer_byte(out, '\t', depth);
}

/* A carriage return written as itself would be read as a line feed. */
static const char *escape_of(char c)
{
    return c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '\r' ? "&#13;" : NULL;
}

static void put_escaped(CFStringRef str, cm_cf_buffer *out)
{
    size_t size;
    const char *at = cm_cf_string_bytes(str, &size), *end = at + size, *start = at;
    for (; at < end; at++) {
        const char *escape = escape_of(*at);
        if (escape) {
            cm_cf_buffer_put(out, start, (size_t)(at - start));
            cm_cf_buffer_text(out, escape);
            start = at + 1;
        }
    }
    cm_cf_buffer_put(out, start, (size_t)(end - start));
}

static void put_string(const char *element, CFStringRef str, cm_cf_buffer *out)
{
    cm_cf_buffer_printf(out, "<%s>", element);
    put_escaped(str, out);
    cm_cf_buffer_printf(out, "</%s>\n", element);
}

static void put_number(CFNumberRef number, cm_cf_buffer *out)
{
    const char *element = CFNumberIsFloatType(number) ? "real" : "integer";
    cm_cf_buffer_printf(out, "<%s>", element);
    cm_cf_number_text(number, out);
    cm_cf_buffer_printf(out, "</%s>\n", element);
}

static void put_date(CFDateRef date, cm_cf_buffer *out)
{
    cm_cf_buffer_text(out, "<date>");
    cm_cf_date_text(CFDateGetAbsoluteTime(date), out);
    cm_cf_buffer_text(out, "</date>\n");
}

static void put_base64(const UInt8 *bytes, size_t size, cm_cf_buffer *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (; size > 0; bytes += 3) {
        size_t taken = size < 3 ? size : 3;
        uint32_t group = (uint32_t)bytes[0] << 16;
        group |= taken > 1 ? (uint32_t)bytes[1] << 8 : 0;
        group |= taken > 2 ? bytes[2] : 0;
        char text[4] = { digits[group >> 18], digits[group >> 12 & 63], digits[group >> 6 & 63],
                         digits[group & 63] };
        memset(text + taken + 1, '=', 3 - taken);
        cm_cf_buffer_put(out, text, sizeof text);
        size -= taken;
    }
}

static void put_data(CFDataRef data, size_t depth, cm_cf_buffer *out)
{
    const UInt8 *bytes = CFDataGetBytePtr(data);
    size_t left = (size_t)CFDataGetLength(data);
    size_t groups = depth * 8 < LINE_WIDTH ? (LINE_WIDTH - depth * 8) / 4 : 0;
    size_t line = (groups < MIN_GROUPS ? MIN_GROUPS : groups) * 3;
    cm_cf_buffer_text(out, "<data>\n");
    while (left > 0) {
        size_t taken = left < line ? left : line;
        put_indent(depth, out);
        put_base64(bytes, taken, out);
        cm_cf_buffer_byte(out, '\n', 1);
        bytes += taken;
        left -= taken;
    }
    put_indent(depth, out);
    cm_cf_buffer_text(out, "</data>\n");
}

static void put_array(CFArrayRef array, size_t depth, cm_cf_buffer *out)
{
    CFIndex count = CFArrayGetCount(array);
    cm_cf_buffer_text(out, count ? "<array>\n" : "<array/>\n");
    for (CFIndex i = 0; i < count; i++)
        put_value(CFArrayGetValueAtIndex(array, i), depth + 1, out);
    if (count) {
        put_indent(depth, out);
        cm_cf_buffer_text(out, "</array>\n");
    }
}

static void put_dictionary(CFDictionaryRef dict, size_t depth, cm_cf_buffer *out)
{
    CFIndex count = CFDictionaryGetCount(dict);
    const void *key, *value;
    cm_cf_buffer_text(out, count ? "<dict>\n" : "<dict/>\n");
    for (CFIndex at = 0; cm_cf_dictionary_next(dict, &at, &key, &value);) {
        put_indent(depth + 1, out);
        put_string("key", key, out);
        put_value(value, depth + 1, out);
    }
    if (count) {
        put_indent(depth, out);
        cm_cf_buffer_text(out, "</dict>\n");
    }
}

/* Appends one element on lines of its own. The tree was found valid before. */
static void put_value(CFTypeRef cf, size_t depth, cm_cf_buffer *out)
{
    put_indent(depth, out);
    switch (CFGetTypeID(cf)) {
    case CM_CF_STRING:
        put_string("string", cf, out);
        break;
    case CM_CF_DATA:
        put_data(cf, depth, out);
        break;
    case CM_CF_NUMBER:
        put_number(cf, out);
        break;
    case CM_CF_BOOLEAN:
        cm_cf_buffer_text(out, cf == kCFBooleanTrue ? "<true/>\n" : "<false/>\n");
        break;
    case CM_CF_DATE:
        put_date(cf, out);
        break;
    case CM_CF_ARRAY:
        put_array(cf, depth, out);
        break;
    case CM_CF_DICTIONARY:
        put_dictionary(cf, depth, out);
        break;
    }
}

CFDataRef CFPropertyListCreateData(CFAllocatorRef alloc, CFPropertyListRef list, CFPropertyListFormat format,
                                   CFOptionFlags options, CFErrorRef *error)
{
    (void)alloc, (void)options;
    if (format != kCFPropertyListXMLFormat_v1_0) {
        cm_cf_plist_fail(error, kCFPropertyListWriteStreamError, "Property lists are written as XML only.");
        return NULL;
    }
    if (!CFPropertyListIsValid(list, format)) {
        cm_cf_plist_fail(error, kCFPropertyListWriteStreamError,
                         "The object holds something that a property list in XML cannot.");
        return NULL;
    }
    cm_cf_buffer text = { 0 };
    cm_cf_buffer_text(&text, head);
    put_value(list, 0, &text);
    cm_cf_buffer_text(&text, "</plist>\n");
    CFMutableDataRef data = cm_cf_data_take(&text);
    if (data)
        cm_cf_data_freeze(data);
    else
        cm_cf_plist_fail(error, kCFPropertyListWriteStreamError, "Not enough memory.");
    return data;
}
