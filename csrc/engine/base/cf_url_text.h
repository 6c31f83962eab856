/* cf_url_text.h: the text of URLs (RFC 3986): parts, percent-encoding, references relative to a base. */
#ifndef CM_BASE_CF_URL_TEXT_H
#define CM_BASE_CF_URL_TEXT_H

#include "cf_buffer.h"

typedef struct cm_cf_span {
    const char *at; /* NULL for a part that is not there */
    size_t size;
} cm_cf_span;

typedef struct cm_cf_url_parts {
    cm_cf_span scheme;    /* "file" */
    cm_cf_span authority; /* "localhost" */
    cm_cf_span path;      /* always there, perhaps empty */
    cm_cf_span query;     /* after '?' */
    cm_cf_span fragment;  /* after '#' */
} cm_cf_url_parts;

/*
 * Finds the parts; false when text holds a character that must be percent-encoded, or a bad percent
 * sequence.
 */
bool cm_cf_url_split(cm_cf_span text, cm_cf_url_parts *parts);

/*
 * Appends the bytes of a path, percent-encoded. At the start of a URL without scheme, a colon in the first
 * component would end a scheme and is encoded too.
 */
void cm_cf_url_encode(cm_cf_span path, bool at_start, cm_cf_buffer *out);

/* Appends the bytes that percent-encoded text stands for. */
void cm_cf_url_decode(cm_cf_span text, cm_cf_buffer *out);

/* Appends the URL that reference means inside base (RFC 3986, 5.2). */
void cm_cf_url_resolve(const cm_cf_url_parts *base, const cm_cf_url_parts *reference, cm_cf_buffer *out);

#endif
