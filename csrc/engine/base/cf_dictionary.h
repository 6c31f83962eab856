/* cf_dictionary.h: the inside of CFDictionary, for the engine's own code. */
#ifndef CM_BASE_CF_DICTIONARY_H
#define CM_BASE_CF_DICTIONARY_H

#include "cf_object.h"

#include <CoreFoundation/CFDictionary.h>

/*
 * [any] True when keys and values are objects that the dictionary retains, so that they may be asked for
 * their type.
 */
bool cm_cf_dictionary_holds_objects(CFDictionaryRef dict);

/*
 * [any] CFDictionarySetValue for a new value, whose reference the caller gives up whatever happens. False
 * when value is NULL or there is no memory.
 */
bool cm_cf_dictionary_set_new(CFMutableDictionaryRef dict, const void *key, CFTypeRef value);

/*
 * [any] Steps through the entries in order: *position starts at 0. False after the last. Entries may be
 * replaced meanwhile, not added or removed.
 */
bool cm_cf_dictionary_next(CFDictionaryRef dict, CFIndex *position, const void **key, const void **value);

/* [any] A mutable dictionary becomes an immutable one; only by its maker, before anyone else sees it. */
void cm_cf_dictionary_freeze(CFMutableDictionaryRef dict);

#endif
