#include "cf_url_text.h"

#include <string.h>

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_one_of(const char *set, char c)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/*
 * What a path may hold as it is: RFC 3986's pchar and '/', without ';', which old readers take for
 * parameters.
 */
static bool is_path_char(char c)
{
    return is_alpha(c) || is_digit(c) || is_one_of("-._~!$&'()*+,=:@/", c);
}

static bool is_url_char(char c)
{
    return is_path_char(c) || is_one_of(";?#[]%", c);
}

static int hex_value(char c)
{
    return is_digit(c)            ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool is_well_formed(cm_cf_span text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!is_url_char(text.at[i]))
            return false;
        if (text.at[i] == '%' &&
            (text.size - i < 3 || hex_value(text.at[i + 1]) < 0 || hex_value(text.at[i + 2]) < 0))
            return false;
    }
    return true;
}

/* The span of text from at up to the first character of set. */
static cm_cf_span up_to(const char *at, const char *end, const char *set)
{
    const char *from = at;
    while (at < end && !is_one_of(set, *at))
        at++;
    return (cm_cf_span){ from, (size_t)(at - from) };
}

static bool is_scheme(cm_cf_span span)
{
    if (!span.size || !is_alpha(span.at[0]))
        return false;
    for (size_t i = 1; i < span.size; i++)
        if (!is_alpha(span.at[i]) && !is_digit(span.at[i]) && !is_one_of("+-.", span.at[i]))
            return false;
    return true;
}

bool cm_cf_url_split(cm_cf_span text, cm_cf_url_parts *parts)
{
    *parts = (cm_cf_url_parts){ 0 };
    if (!is_well_formed(text))
        return false;
    const char *at = text.at, *end = text.at + text.size;
    cm_cf_span before = up_to(at, end, ":/?#");
    if (before.at + before.size < end && before.at[before.size] == ':' && is_scheme(before)) {
        parts->scheme = before;
        at += before.size + 1;
    }
    if (end - at >= 2 && at[0] == '/' && at[1] == '/') {
        parts->authority = up_to(at + 2, end, "/?#");
        at = parts->authority.at + parts->authority.size;
    }
    parts->path = up_to(at, end, "?#");
    at += parts->path.size;
    if (at < end && *at == '?') {
        parts->query = up_to(at + 1, end, "#");
        at = parts->query.at + parts->query.size;
    }
    if (at < end && *at == '#')
        parts->fragment = (cm_cf_span){ at + 1, (size_t)(end - at - 1) };
    return true;
}

void cm_cf_url_encode(cm_cf_span path, bool at_start, cm_cf_buffer *out)
{
    bool first = at_start;
    for (size_t i = 0; i < path.size; i++) {
        char c = path.at[i];
        first = first && c != '/';
        if (is_path_char(c) && !(first && c == ':'))
            cm_cf_buffer_byte(out, c, 1);
        else
            cm_cf_buffer_printf(out, "%%%02X", (unsigned char)c);
    }
}

void cm_cf_url_decode(cm_cf_span text, cm_cf_buffer *out)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.at[i];
        if (c == '%') {
            c = (char)(hex_value(text.at[i + 1]) << 4 | hex_value(text.at[i + 2]));
            i += 2;
        }
        cm_cf_buffer_byte(out, c, 1);
    }
}

static bool is_component(cm_cf_span span, const char *component)
{
    return span.size == strlen(component) && memcmp(span.at, component, span.size) == 0;
}

/* Takes the last component off what was appended since start; "a/b/" becomes "a/". */
static void drop_component(size_t start, cm_cf_buffer *out)
{
    if (out->size > start)
        out->size--;
    while (out->size > start && out->bytes[out->size - 1] != '/')
        out->size--;
}

/*
 * Appends a path without its "." and ".." components (RFC 3986, 5.2.4). What would leave the root is
 * dropped; what leaves the start of a relative path stays.
 */
static void put_without_dots(cm_cf_span path, cm_cf_buffer *out)
{
    const char *at = path.at, *end = at + path.size;
    bool rooted = at < end && *at == '/';
    cm_cf_buffer_byte(out, '/', rooted);
    at += rooted;
    size_t start = out->size;
    while (at < end && !out->failed) {
        cm_cf_span component = up_to(at, end, "/");
        at += component.size;
        bool slash = at < end;
        at += slash;
        if (is_component(component, "."))
            continue;
        bool up = is_component(component, "..");
        if (up && (rooted || out->size > start)) {
            drop_component(start, out);
            continue;
        }
        cm_cf_buffer_put(out, component.at, component.size);
        cm_cf_buffer_byte(out, '/', slash);
        if (up)
            start = out->size;
    }
}

/* The path of base up to its last slash, then the reference's path. */
static void put_merged(const cm_cf_url_parts *base, cm_cf_span path, cm_cf_buffer *out)
{
    cm_cf_buffer merged = { 0 };
    const char *slash = base->path.size ? memrchr(base->path.at, '/', base->path.size) : NULL;
    if (slash)
        cm_cf_buffer_put(&merged, base->path.at, (size_t)(slash + 1 - base->path.at));
    else if (base->authority.at)
        cm_cf_buffer_byte(&merged, '/', 1);
    cm_cf_buffer_put(&merged, path.at, path.size);
    if (!merged.failed)
        put_without_dots((cm_cf_span){ merged.bytes, merged.size }, out);
    out->failed = out->failed || merged.failed;
    cm_cf_buffer_free(&merged);
}

static void put_part(const char *before, cm_cf_span part, const char *after, cm_cf_buffer *out)
{
    if (!part.at)
        return;
    cm_cf_buffer_text(out, before);
    cm_cf_buffer_put(out, part.at, part.size);
    cm_cf_buffer_text(out, after);
}

void cm_cf_url_resolve(const cm_cf_url_parts *base, const cm_cf_url_parts *reference, cm_cf_buffer *out)
{
    bool whole = reference->scheme.at != NULL, new_host = whole || reference->authority.at;
    bool same_path = !new_host && reference->path.size == 0;
    put_part("", whole ? reference->scheme : base->scheme, ":", out);
    put_part("//", new_host ? reference->authority : base->authority, "", out);
    if (same_path)
        cm_cf_buffer_put(out, base->path.at, base->path.size);
    else if (new_host || reference->path.at[0] == '/')
        put_without_dots(reference->path, out);
    else
        put_merged(base, reference->path, out);
    put_part("?", same_path && !reference->query.at ? base->query : reference->query, "", out);
    put_part("#", reference->fragment, "", out);
}
