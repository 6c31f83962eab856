/*
 * info.h: the texts of an info dictionary (keys kAFInfoDictionary_*, values CFString) as bytes in a file.
 */
#ifndef CM_FILE_INFO_H
#define CM_FILE_INFO_H

#include "../base/status.h"

#include <AudioToolbox/AudioFile.h>
#include <CoreFoundation/CoreFoundation.h>

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

/* Every key with its text as UTF-8, in the dictionary's order. Stops at the first failure and returns it. */
typedef OSStatus (*cm_info_visit)(void *context, const char *key, const char *text);
OSStatus cm_info_each(CFDictionaryRef info, cm_info_visit visit, void *context);

#endif
