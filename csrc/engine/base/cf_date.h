/* cf_date.h: the inside of CFDate, for the engine's own code. */
#ifndef CM_BASE_CF_DATE_H
#define CM_BASE_CF_DATE_H

#include "cf_object.h"

#include <CoreFoundation/CFDate.h>

/*
 * [any] Appends "2001-01-01T00:00:00Z", the second that the time is in; false, appending nothing, outside
 * the years 1 to 9999.
 */
bool cm_cf_date_text(CFAbsoluteTime at, cm_cf_buffer *out);

/*
 * [any] Reads that text, or its beginning up to any of its fields with a Z after it ("2001Z",
 * "2001-01-01Z"). False when anything else stands there or a field is out of range.
 */
bool cm_cf_date_parse(const char *text, size_t size, CFAbsoluteTime *at);

#endif
