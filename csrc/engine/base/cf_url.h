/* cf_url.h: the inside of CFURL, for the engine's own code. */
#ifndef CM_BASE_CF_URL_H
#define CM_BASE_CF_URL_H

#include "cf_object.h"

#include <CoreFoundation/CFURL.h>

/*
 * [any] The file system path of a file URL, lent, in the file system's own bytes and as it was given (a
 * relative one is relative). NULL for a URL that has none.
 */
const char *cm_cf_url_path(CFURLRef url);

#endif
