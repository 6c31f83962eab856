/*
 * CFURL. A URL is its text, which is always percent-encoded ASCII; everything else is read off it. A file
 * URL also keeps the bytes of its path, which need not be UTF-8.
 */
#include "cf_url.h"

#include "cf_string.h"
#include "cf_url_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct __CFURL {
    cm_cf_object object;
    CFStringRef text;
    cm_cf_url_parts parts; /* into text */
    char *path;            /* decoded, without a slash at its end; NULL when it contains a NUL */
    bool is_file;          /* path is one of this machine's file system */
};

static void destroy(void *object)
{
    struct __CFURL *url = object;
    CFRelease(url->text);
    free(url->path);
}

static bool equal(CFTypeRef a, CFTypeRef b)
{
    return CFEqual(((CFURLRef)a)->text, ((CFURLRef)b)->text);
}

static CFHashCode hash(CFTypeRef object)
{
    return CFHash(((CFURLRef)object)->text);
}

static void describe(CFTypeRef object, cm_cf_buffer *out)
{
    cm_cf_describe(((CFURLRef)object)->text, out);
}

const cm_cf_class cm_cf_url_class = {
    .name = "CFURL",
    .destroy = destroy,
    .equal = equal,
    .hash = hash,
    .describe = describe,
};

static const struct __CFURL *as_url(CFURLRef url)
{
    return cm_cf_is(url, CM_CF_URL) ? url : NULL;
}

CFTypeID CFURLGetTypeID(void)
{
    return CM_CF_URL;
}

static bool is_word(cm_cf_span span, const char *word)
{
    return span.size == strlen(word) && strncasecmp(span.at, word, span.size) == 0;
}

static char *decoded_path(cm_cf_span from)
{
    cm_cf_buffer path = { 0 };
    cm_cf_url_decode(from, &path);
    cm_cf_buffer_grow(&path, 0);
    while (path.size > 1 && path.bytes[path.size - 1] == '/')
        path.bytes[--path.size] = '\0';
    if (path.failed || strlen(path.bytes) != path.size)
        cm_cf_buffer_free(&path);
    return path.bytes;
}

/* A URL from its text, which the URL takes over. */
static CFURLRef new_url(cm_cf_buffer *text)
{
    struct __CFURL *url = cm_cf_new(CM_CF_URL, sizeof *url);
    if (!url || !(url->text = cm_cf_string_take(text))) {
        cm_cf_buffer_free(text);
        CFRelease(url);
        return NULL;
    }
    cm_cf_span all = { url->text->bytes, url->text->size };
    if (!cm_cf_url_split(all, &url->parts)) {
        CFRelease(url);
        return NULL;
    }
    const cm_cf_url_parts *parts = &url->parts;
    bool local = !parts->authority.at || parts->authority.size == 0 || is_word(parts->authority, "localhost");
    bool rooted = parts->path.size && parts->path.at[0] == '/';
    url->path = decoded_path(parts->path);
    url->is_file = url->path && url->path[0] && local &&
                   (!parts->scheme.at || (is_word(parts->scheme, "file") && rooted));
    return url;
}

CFURLRef CFURLCreateFromFileSystemRepresentation(CFAllocatorRef alloc, const UInt8 *buffer, CFIndex length,
                                                 Boolean is_directory)
{
    (void)alloc;
    if (!buffer || length < 1 || memchr(buffer, '\0', (size_t)length))
        return NULL;
    size_t size = (size_t)length;
    while (size > 1 && buffer[size - 1] == '/')
        size--;
    bool absolute = buffer[0] == '/';
    cm_cf_buffer text = { 0 };
    if (absolute)
        cm_cf_buffer_text(&text, "file://");
    cm_cf_url_encode((cm_cf_span){ (const char *)buffer, size }, !absolute, &text);
    if (is_directory && buffer[size - 1] != '/')
        cm_cf_buffer_byte(&text, '/', 1);
    return new_url(&text);
}

CFURLRef CFURLCreateWithFileSystemPath(CFAllocatorRef alloc, CFStringRef path, CFURLPathStyle style,
                                       Boolean is_directory)
{
    size_t size;
    const char *bytes = cm_cf_string_bytes(path, &size);
    if (style != kCFURLPOSIXPathStyle)
        return NULL;
    return CFURLCreateFromFileSystemRepresentation(alloc, (const UInt8 *)bytes, (CFIndex)size, is_directory);
}

CFURLRef CFURLCreateWithString(CFAllocatorRef alloc, CFStringRef url, CFURLRef base)
{
    (void)alloc;
    size_t size;
    const char *bytes = cm_cf_string_bytes(url, &size);
    cm_cf_span given = { bytes, size };
    cm_cf_url_parts parts;
    if (!bytes || !cm_cf_url_split(given, &parts) || (size == 0 && !as_url(base)))
        return NULL;
    cm_cf_buffer text = { 0 };
    if (as_url(base))
        cm_cf_url_resolve(&base->parts, &parts, &text);
    else
        cm_cf_buffer_put(&text, bytes, size);
    return new_url(&text);
}

CFURLRef CFURLCreateCopyAppendingPathComponent(CFAllocatorRef alloc, CFURLRef url, CFStringRef component,
                                               Boolean is_directory)
{
    (void)alloc;
    size_t size;
    const char *bytes = cm_cf_string_bytes(component, &size);
    if (!as_url(url) || !bytes || memchr(bytes, '\0', size))
        return NULL;
    const cm_cf_span path = url->parts.path;
    cm_cf_buffer text = { 0 };
    const size_t path_end = (size_t)(path.at + path.size - url->text->bytes);
    cm_cf_buffer_put(&text, url->text->bytes, path_end);
    if (path.size ? path.at[path.size - 1] != '/' : url->parts.authority.at != NULL)
        cm_cf_buffer_byte(&text, '/', 1);
    cm_cf_url_encode((cm_cf_span){ bytes, size }, path.size == 0, &text);
    if (is_directory && text.size && text.bytes[text.size - 1] != '/')
        cm_cf_buffer_byte(&text, '/', 1);
    cm_cf_buffer_put(&text, url->text->bytes + path_end, url->text->size - path_end);
    return new_url(&text);
}

const char *cm_cf_url_path(CFURLRef url)
{
    return as_url(url) && url->is_file ? url->path : NULL;
}

Boolean CFURLGetFileSystemRepresentation(CFURLRef url, Boolean resolve_against_base, UInt8 *buffer,
                                         CFIndex max_len)
{
    const char *path = cm_cf_url_path(url);
    if (!path || !buffer || max_len < 1)
        return false;
    char *folder = path[0] != '/' && resolve_against_base ? getcwd(NULL, 0) : NULL;
    const char *between = folder && strcmp(folder, "/") != 0 ? "/" : "";
    int size = snprintf((char *)buffer, (size_t)max_len, "%s%s%s", folder ? folder : "", between, path);
    free(folder);
    return size >= 0 && size < max_len;
}

CFStringRef CFURLGetString(CFURLRef url)
{
    return as_url(url) ? url->text : NULL;
}

CFStringRef CFURLCopyFileSystemPath(CFURLRef url, CFURLPathStyle style)
{
    const char *path = cm_cf_url_path(url);
    return path && style == kCFURLPOSIXPathStyle ? cm_cf_string_new(path, strlen(path)) : NULL;
}

CFStringRef CFURLCopyScheme(CFURLRef url)
{
    if (!as_url(url) || !url->parts.scheme.at)
        return NULL;
    return cm_cf_string_new(url->parts.scheme.at, url->parts.scheme.size);
}

/* The part of the path after its last slash; "/" itself for the root; NULL when there is none. */
static const char *last_component(CFURLRef url)
{
    const char *path = as_url(url) ? url->path : NULL;
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash && slash[1] ? slash + 1 : path && path[0] ? path : NULL;
}

CFStringRef CFURLCopyLastPathComponent(CFURLRef url)
{
    const char *last = last_component(url);
    return last ? cm_cf_string_new(last, strlen(last)) : NULL;
}

CFStringRef CFURLCopyPathExtension(CFURLRef url)
{
    const char *last = last_component(url);
    const char *dot = last ? strrchr(last, '.') : NULL;
    if (!dot || !dot[1] ||
        strspn(last, ".") > (size_t)(dot - last)) /* dots at the start make a hidden file */
        return NULL;
    return cm_cf_string_new(dot + 1, strlen(dot + 1));
}
