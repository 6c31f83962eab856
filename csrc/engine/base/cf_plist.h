/* cf_plist.h: what the reader, the writer and the other property list functions share. */
#ifndef CM_BASE_CF_PLIST_H
#define CM_BASE_CF_PLIST_H

#include "cf_object.h"

#include <CoreFoundation/CFPropertyList.h>

/* Deeper nests are refused, because trees are walked by recursion. */
#define CM_CF_PLIST_DEPTH 512

/*
 * [any] Puts a new error in kCFErrorDomainCocoa into *error, unless that is NULL. text becomes its
 * description.
 */
void cm_cf_plist_fail(CFErrorRef *error, CFIndex code, const char *text);

#endif
