/*
 * cf_xml.h: the small part of XML 1.0 that property lists are written in, read from memory.
 *
 * A document is UTF-8 by the time that it is read here. What a property list does not use (document types,
 * processing instructions, attributes, comments) is checked for its form and passed over; entities are the
 * five of XML and character references, so that no document can grow by expansion.
 */
#ifndef CM_BASE_CF_XML_H
#define CM_BASE_CF_XML_H

#include "cf_buffer.h"

#include <CoreFoundation/CFString.h>

typedef struct cm_cf_xml {
    const char *start, *at, *end;
    char fault[96]; /* the first thing that is wrong, "" as long as nothing is */
    size_t fault_line;
} cm_cf_xml;

typedef struct cm_cf_xml_tag {
    const char *name; /* into the document */
    size_t size;
    bool closes; /* </name> */
    bool empty;  /* <name/> */
} cm_cf_xml_tag;

/*
 * Appends a whole document as UTF-8 to out, by its byte order mark, its first bytes or its XML declaration.
 * False with *fault set when the encoding is unknown or the bytes are not valid in it.
 */
bool cm_cf_xml_transcode(const UInt8 *bytes, size_t size, cm_cf_buffer *out, const char **fault);

/* Notes what is wrong, unless something was before; returns false. */
bool cm_cf_xml_fail(cm_cf_xml *xml, const char *format, ...) CM_PRINTF(2, 3);

/*
 * Moves over white space, comments and processing instructions; at the start of a document also the DOCTYPE.
 */
bool cm_cf_xml_skip(cm_cf_xml *xml, bool prolog);

/* The next tag, which nothing but what cm_cf_xml_skip skips may stand before. */
bool cm_cf_xml_next_tag(cm_cf_xml *xml, bool prolog, cm_cf_xml_tag *tag);

/* Appends the text up to the next tag, references resolved, line ends as single line feeds. */
bool cm_cf_xml_text(cm_cf_xml *xml, cm_cf_buffer *out);

/* Reads the end tag that must stand next. */
bool cm_cf_xml_close(cm_cf_xml *xml, const cm_cf_xml_tag *opened);

/* XML 1.0, production 2: the characters that a document may hold. */
bool cm_cf_xml_is_char(uint32_t scalar);

static inline bool cm_cf_xml_is(const cm_cf_xml_tag *tag, const char *name)
{
    return tag->size == __builtin_strlen(name) && __builtin_memcmp(tag->name, name, tag->size) == 0;
}

#endif
