#include "cf_xml.h"

#include "cf_encoding.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* XML 1.0, appendix F.1. Longer patterns stand before those that they begin with. */
static const struct {
    UInt8 bytes[4];
    size_t size;
    size_t skip; /* the length of the byte order mark, if it is one */
    CFStringEncoding encoding;
} first_bytes[] = {
    { { 0xEF, 0xBB, 0xBF }, 3, 3, kCFStringEncodingUTF8 },
    { { 0xFF, 0xFE, 0x00, 0x00 }, 4, 4, kCFStringEncodingUTF32LE },
    { { 0x00, 0x00, 0xFE, 0xFF }, 4, 4, kCFStringEncodingUTF32BE },
    { { 0xFF, 0xFE }, 2, 2, kCFStringEncodingUTF16LE },
    { { 0xFE, 0xFF }, 2, 2, kCFStringEncodingUTF16BE },
    { { '<', 0, 0, 0 }, 4, 0, kCFStringEncodingUTF32LE },
    { { 0, 0, 0, '<' }, 4, 0, kCFStringEncodingUTF32BE },
    { { '<', 0 }, 2, 0, kCFStringEncodingUTF16LE },
    { { 0, '<' }, 2, 0, kCFStringEncodingUTF16BE },
};

/* The names that a document in ASCII-compatible bytes may give its encoding. */
static const struct {
    const char *name;
    CFStringEncoding encoding;
} encoding_names[] = {
    { "utf-8", kCFStringEncodingUTF8 },
    { "utf8", kCFStringEncodingUTF8 },
    { "us-ascii", kCFStringEncodingASCII },
    { "ascii", kCFStringEncodingASCII },
    { "iso-8859-1", kCFStringEncodingISOLatin1 },
    { "latin1", kCFStringEncodingISOLatin1 },
    { "windows-1252", kCFStringEncodingWindowsLatin1 },
    { "macintosh", kCFStringEncodingMacRoman },
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The value of encoding="..." in the XML declaration; size 0 when there is none. */
static const char *declared_encoding(const char *bytes, size_t size, size_t *name_size)
{
    *name_size = 0;
    const char *end = size >= 5 && memcmp(bytes, "<?xml", 5) == 0 ? memmem(bytes, size, "?>", 2) : NULL;
    const char *at = end ? memmem(bytes, (size_t)(end - bytes), "encoding", 8) : NULL;
    if (!at)
        return NULL;
    for (at += 8; at < end && (is_space(*at) || *at == '='); at++)
        ;
    if (at == end || (*at != '"' && *at != '\''))
        return NULL;
    const char *close = memchr(at + 1, *at, (size_t)(end - at - 1));
    *name_size = close ? (size_t)(close - at - 1) : 0;
    return at + 1;
}

static const cm_cf_encoding *encoding_of(const UInt8 *bytes, size_t size, size_t *skip)
{
    for (size_t i = 0; i < COUNT(first_bytes); i++)
        if (size >= first_bytes[i].size && memcmp(bytes, first_bytes[i].bytes, first_bytes[i].size) == 0) {
            *skip = first_bytes[i].skip;
            return cm_cf_encoding_find(first_bytes[i].encoding);
        }
    *skip = 0;
    size_t name_size;
    const char *name = declared_encoding((const char *)bytes, size, &name_size);
    if (!name_size)
        return cm_cf_encoding_find(kCFStringEncodingUTF8);
    for (size_t i = 0; i < COUNT(encoding_names); i++)
        if (strlen(encoding_names[i].name) == name_size &&
            strncasecmp(encoding_names[i].name, name, name_size) == 0)
            return cm_cf_encoding_find(encoding_names[i].encoding);
    return NULL;
}

bool cm_cf_xml_transcode(const UInt8 *bytes, size_t size, cm_cf_buffer *out, const char **fault)
{
    size_t skip;
    const cm_cf_encoding *encoding = encoding_of(bytes, size, &skip);
    cm_cf_buffer_grow(out, 0); /* so that an empty document has an address too */
    if (!encoding)
        *fault = "the document's encoding is not known";
    else if (!cm_cf_encoding_decode(encoding, bytes + skip, size - skip, out))
        *fault = "the document is not valid text in its encoding";
    else if (out->failed)
        *fault = "not enough memory";
    else
        return true;
    return false;
}

bool cm_cf_xml_fail(cm_cf_xml *xml, const char *format, ...)
{
    if (xml->fault[0])
        return false;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(xml->fault, sizeof xml->fault, format, arguments);
    va_end(arguments);
    for (char *at = xml->fault; *at; at++) /* names out of the document may be cut inside a character */
        *at = *at < ' ' || *at > '~' ? '?' : *at;
    xml->fault_line = 1;
    for (const char *at = xml->start; at < xml->at; at++)
        xml->fault_line += *at == '\n' || (*at == '\r' && (at + 1 == xml->end || at[1] != '\n'));
    return false;
}

bool cm_cf_xml_is_char(uint32_t scalar)
{
    return scalar >= 0x20 ? scalar != 0xFFFE && scalar != 0xFFFF
                          : scalar == '\t' || scalar == '\n' || scalar == '\r';
}

static bool looking_at(const cm_cf_xml *xml, const char *text)
{
    size_t size = strlen(text);
    return (size_t)(xml->end - xml->at) >= size && memcmp(xml->at, text, size) == 0;
}

/* Moves behind the next occurrence of text. */
static bool skip_past(cm_cf_xml *xml, const char *text, const char *what)
{
    const char *found = memmem(xml->at, (size_t)(xml->end - xml->at), text, strlen(text));
    if (!found)
        return cm_cf_xml_fail(xml, "a %s that does not end", what);
    xml->at = found + strlen(text);
    return true;
}

static bool skip_comment_or_instruction(cm_cf_xml *xml, bool *skipped)
{
    *skipped = true;
    if (looking_at(xml, "<!--")) {
        xml->at += 4;
        return skip_past(xml, "-->", "comment");
    }
    if (looking_at(xml, "<?")) {
        xml->at += 2;
        return skip_past(xml, "?>", "processing instruction");
    }
    *skipped = false;
    return true;
}

/* From behind "<!DOCTYPE" to its '>', over quoted strings, comments and the internal subset. */
static bool skip_doctype(cm_cf_xml *xml)
{
    bool subset = false;
    while (xml->at < xml->end) {
        bool skipped;
        if (subset && !skip_comment_or_instruction(xml, &skipped))
            return false;
        if (subset && skipped)
            continue;
        char c = *xml->at++;
        if (c == '"' || c == '\'') {
            char quote[] = { c, '\0' };
            if (!skip_past(xml, quote, "quoted string"))
                return false;
        } else if (c == '[' || c == ']') {
            subset = c == '[';
        } else if (c == '>' && !subset) {
            return true;
        }
    }
    return cm_cf_xml_fail(xml, "a DOCTYPE that does not end");
}

bool cm_cf_xml_skip(cm_cf_xml *xml, bool prolog)
{
    for (;;) {
        while (xml->at < xml->end && is_space(*xml->at))
            xml->at++;
        bool skipped;
        if (!skip_comment_or_instruction(xml, &skipped))
            return false;
        if (skipped)
            continue;
        if (!prolog || !looking_at(xml, "<!DOCTYPE"))
            return true;
        xml->at += strlen("<!DOCTYPE");
        if (!skip_doctype(xml))
            return false;
        prolog = false;
    }
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c & 0x80) ||
           (c != '\0' && strchr("_:.-", c));
}

static size_t take_name(cm_cf_xml *xml)
{
    const char *start = xml->at;
    while (xml->at < xml->end && is_name_char(*xml->at))
        xml->at++;
    return (size_t)(xml->at - start);
}

static void skip_space(cm_cf_xml *xml)
{
    while (xml->at < xml->end && is_space(*xml->at))
        xml->at++;
}

/* name="value" pairs up to the end of the tag. */
static bool skip_attributes(cm_cf_xml *xml)
{
    for (;;) {
        skip_space(xml);
        if (looking_at(xml, ">") || looking_at(xml, "/>"))
            return true;
        bool named = take_name(xml) != 0;
        skip_space(xml);
        if (!named || !looking_at(xml, "="))
            return cm_cf_xml_fail(xml, "a tag that is not well-formed");
        xml->at++;
        skip_space(xml);
        if (!looking_at(xml, "\"") && !looking_at(xml, "'"))
            return cm_cf_xml_fail(xml, "an attribute without quotes");
        char quote[] = { *xml->at++, '\0' };
        if (!skip_past(xml, quote, "attribute"))
            return false;
    }
}

bool cm_cf_xml_next_tag(cm_cf_xml *xml, bool prolog, cm_cf_xml_tag *tag)
{
    if (!cm_cf_xml_skip(xml, prolog))
        return false;
    if (xml->at == xml->end)
        return cm_cf_xml_fail(xml, "the document ends too soon");
    if (*xml->at != '<')
        return cm_cf_xml_fail(xml, "text where a tag should be");
    xml->at++;
    tag->closes = looking_at(xml, "/");
    xml->at += tag->closes;
    tag->name = xml->at;
    tag->size = take_name(xml);
    if (tag->size == 0)
        return cm_cf_xml_fail(xml, "a tag without a name");
    if (tag->closes)
        skip_space(xml);
    else if (!skip_attributes(xml))
        return false;
    tag->empty = !tag->closes && looking_at(xml, "/");
    xml->at += tag->empty;
    if (!looking_at(xml, ">"))
        return cm_cf_xml_fail(xml, "a tag that does not end");
    xml->at++;
    return true;
}

bool cm_cf_xml_close(cm_cf_xml *xml, const cm_cf_xml_tag *opened)
{
    cm_cf_xml_tag tag;
    if (!cm_cf_xml_next_tag(xml, false, &tag))
        return false;
    if (!tag.closes || tag.size != opened->size || memcmp(tag.name, opened->name, tag.size) != 0)
        return cm_cf_xml_fail(xml, "<%s%.*s> where </%.*s> should be", tag.closes ? "/" : "",
                              (int)(tag.size < 32 ? tag.size : 32), tag.name,
                              (int)(opened->size < 32 ? opened->size : 32), opened->name);
    return true;
}

static const struct {
    const char *name;
    char means;
} entities[] = {
    { "&lt;", '<' }, { "&gt;", '>' }, { "&amp;", '&' }, { "&apos;", '\'' }, { "&quot;", '"' },
};

/* &#13; or &#xD; */
static bool take_character_reference(cm_cf_xml *xml, cm_cf_buffer *out)
{
    xml->at += 2;
    uint32_t base = looking_at(xml, "x") ? 16 : 10, scalar = 0;
    xml->at += base == 16;
    const char *digits = xml->at;
    for (; xml->at < xml->end && scalar <= 0x10FFFF; xml->at++) {
        char c = *xml->at;
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                : 16;
        if (digit >= base)
            break;
        scalar = scalar * base + digit;
    }
    bool valid = scalar <= 0x10FFFF && (scalar < 0xD800 || scalar >= 0xE000) && cm_cf_xml_is_char(scalar);
    if (xml->at == digits || !looking_at(xml, ";") || !valid)
        return cm_cf_xml_fail(xml, "a character reference that means no character");
    xml->at++;
    cm_cf_buffer_scalar(out, scalar);
    return true;
}

static bool take_reference(cm_cf_xml *xml, cm_cf_buffer *out)
{
    if (looking_at(xml, "&#"))
        return take_character_reference(xml, out);
    for (size_t i = 0; i < COUNT(entities); i++)
        if (looking_at(xml, entities[i].name)) {
            xml->at += strlen(entities[i].name);
            cm_cf_buffer_byte(out, entities[i].means, 1);
            return true;
        }
    return cm_cf_xml_fail(xml, "a reference to an unknown entity");
}

/* Plain text up to `until`; carriage returns become line feeds, or go when one follows (XML 1.0, 2.11). */
static bool take_plain(cm_cf_xml *xml, const char *until, cm_cf_buffer *out)
{
    while (xml->at < until) {
        const char *start = xml->at;
        while (xml->at < until && (UInt8)*xml->at >= 0x20 && *xml->at != '\xEF')
            xml->at++;
        cm_cf_buffer_put(out, start, (size_t)(xml->at - start));
        if (xml->at == until)
            break;
        const char *next = xml->at;
        uint32_t scalar = cm_cf_utf8_take(&next);
        if (!cm_cf_xml_is_char(scalar))
            return cm_cf_xml_fail(xml, "a character that XML does not allow (U+%04X)", (unsigned)scalar);
        if (scalar != '\r')
            cm_cf_buffer_put(out, xml->at, (size_t)(next - xml->at));
        else if (next == xml->end || *next != '\n')
            cm_cf_buffer_byte(out, '\n', 1);
        xml->at = next;
    }
    return true;
}

static bool take_cdata(cm_cf_xml *xml, cm_cf_buffer *out)
{
    xml->at += strlen("<![CDATA[");
    const char *close = memmem(xml->at, (size_t)(xml->end - xml->at), "]]>", 3);
    if (!close)
        return cm_cf_xml_fail(xml, "a CDATA section that does not end");
    if (!take_plain(xml, close, out))
        return false;
    xml->at = close + 3;
    return true;
}

bool cm_cf_xml_text(cm_cf_xml *xml, cm_cf_buffer *out)
{
    for (;;) {
        const char *stop = xml->at;
        while (stop < xml->end && *stop != '<' && *stop != '&')
            stop++;
        if (!take_plain(xml, stop, out))
            return false;
        if (xml->at == xml->end)
            return cm_cf_xml_fail(xml, "the document ends too soon");
        bool skipped = false;
        if (*xml->at == '&') {
            if (!take_reference(xml, out))
                return false;
        } else if (looking_at(xml, "<![CDATA[")) {
            if (!take_cdata(xml, out))
                return false;
        } else if (!skip_comment_or_instruction(xml, &skipped)) {
            return false;
        } else if (!skipped) {
            return true;
        }
    }
}
