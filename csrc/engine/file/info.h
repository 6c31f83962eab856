/*
 * info.h: the texts of an info dictionary (keys kAFInfoDictionary_*, values CFString) as bytes in a file.
 */
#ifndef CM_FILE_INFO_H
#define CM_FILE_INFO_H

#include "../base/status.h"

#include <AudioToolbox/AudioFile.h>
#include <CoreFoundation/CoreFoundation.h>
#include <stdbool.h>

/* The UTF-8 of a dictionary's value, which may be a string or a number; new memory with a NUL, the caller's
 * to free. NULL for other objects. */
char *cm_info_text(CFTypeRef value);

/* The same for a key of a dictionary; NULL when it is absent. */
char *cm_info_get(CFDictionaryRef info, const char *key);

/* A string from bytes of unknown origin: UTF-8 if they are that, else in the encoding that fits any bytes.
 * Ends at the first NUL. The caller's to release; NULL only without memory. */
CFStringRef cm_info_string(const UInt8 *bytes, size_t size, CFStringEncoding otherwise);

/* Sets a key unless it is there already; an empty text is not set. */
OSStatus cm_info_add(CFMutableDictionaryRef info, const char *key, const UInt8 *bytes, size_t size,
                     CFStringEncoding otherwise);

/* An empty dictionary for texts; the caller's. NULL only without memory. */
CFMutableDictionaryRef cm_info_new(void);

bool cm_info_has(CFDictionaryRef info, const char *key);

/* Four digits. */
bool cm_info_is_year(const UInt8 bytes[4]);

/* The year that a recorded date begins with, where nothing tells the year itself. */
OSStatus cm_info_add_year(CFMutableDictionaryRef info);

/*
 * What an entry of a tag shows, against the dictionary that the tag shall have: true when the entry may stay
 * as it is, since it says nothing else or is hidden by one before it that stays. told: what entries that stay
 * say.
 */
bool cm_info_take_same(CFMutableDictionaryRef told, CFDictionaryRef shown, CFDictionaryRef info);

/* Every key with its text as UTF-8, in the dictionary's order. Stops at the first failure and returns it. */
typedef OSStatus (*cm_info_visit)(void *context, const char *key, const char *text);
OSStatus cm_info_each(CFDictionaryRef info, cm_info_visit visit, void *context);

#endif
