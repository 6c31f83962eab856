/* cf_array.h: the inside of CFArray, for the engine's own code. */
#ifndef CM_BASE_CF_ARRAY_H
#define CM_BASE_CF_ARRAY_H

#include "cf_object.h"

#include <CoreFoundation/CFArray.h>

/*
 * [any] True when the members are objects that the array retains, so that they may be asked for their type.
 */
bool cm_cf_array_holds_objects(CFArrayRef array);

/*
 * [any] Appends a new object and gives up the caller's reference to it, whatever happens. False when value
 * is NULL or there is no memory.
 */
bool cm_cf_array_append_new(CFMutableArrayRef array, CFTypeRef value);

/* [any] A mutable array becomes an immutable one; only by its maker, before anyone else sees it. */
void cm_cf_array_freeze(CFMutableArrayRef array);

#endif
