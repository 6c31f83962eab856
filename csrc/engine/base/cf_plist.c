/*
 * Property lists in memory: what is one, and copies of them. Reading and writing are in files of their own.
 */
#include "cf_plist.h"

#include "cf_array.h"
#include "cf_data.h"
#include "cf_date.h"
#include "cf_dictionary.h"
#include "cf_encoding.h"
#include "cf_number.h"
#include "cf_string.h"
#include "cf_xml.h"

#include <string.h>

void cm_cf_plist_fail(CFErrorRef *error, CFIndex code, const char *text)
{
    if (!error)
        return;
    CFStringRef description = cm_cf_string_new(text, strlen(text));
    CFDictionaryRef info = CFDictionaryCreate(
        NULL, (const void *[]){ kCFErrorLocalizedDescriptionKey }, (const void *[]){ description },
        description ? 1 : 0, &kCFTypeDictionaryKeyCallBacks, &kCFTypeDictionaryValueCallBacks);
    *error = CFErrorCreate(NULL, kCFErrorDomainCocoa, code, info);
    CFRelease(info);
    CFRelease(description);
}

/* Text that XML can hold. */
static bool is_valid_string(CFTypeRef cf)
{
    size_t size;
    const char *at = cm_cf_string_bytes(cf, &size), *end = at + size;
    while (at < end)
        if (!cm_cf_xml_is_char(cm_cf_utf8_take(&at)))
            return false;
    return true;
}

static bool is_valid(CFTypeRef cf, int depth);

static bool is_valid_array(CFArrayRef array, int depth)
{
    if (!cm_cf_array_holds_objects(array))
        return false;
    for (CFIndex i = 0; i < CFArrayGetCount(array); i++)
        if (!is_valid(CFArrayGetValueAtIndex(array, i), depth + 1))
            return false;
    return true;
}

static bool is_valid_dictionary(CFDictionaryRef dict, int depth)
{
    if (!cm_cf_dictionary_holds_objects(dict))
        return false;
    const void *key, *value;
    for (CFIndex at = 0; cm_cf_dictionary_next(dict, &at, &key, &value);)
        if (!cm_cf_as_string(key) || !is_valid_string(key) || !is_valid(value, depth + 1))
            return false;
    return true;
}

static bool is_valid_date(CFTypeRef cf)
{
    cm_cf_buffer text = { 0 };
    bool valid = cm_cf_date_text(CFDateGetAbsoluteTime(cf), &text);
    cm_cf_buffer_free(&text);
    return valid;
}

static bool is_valid(CFTypeRef cf, int depth)
{
    if (depth > CM_CF_PLIST_DEPTH)
        return false;
    switch (CFGetTypeID(cf)) {
    case CM_CF_STRING:
        return is_valid_string(cf);
    case CM_CF_DATE:
        return is_valid_date(cf);
    case CM_CF_DATA:
    case CM_CF_NUMBER:
    case CM_CF_BOOLEAN:
        return true;
    case CM_CF_ARRAY:
        return is_valid_array(cf, depth);
    case CM_CF_DICTIONARY:
        return is_valid_dictionary(cf, depth);
    default:
        return false;
    }
}

Boolean CFPropertyListIsValid(CFPropertyListRef list, CFPropertyListFormat format)
{
    return format == kCFPropertyListXMLFormat_v1_0 && is_valid(list, 1);
}

static CFTypeRef copy(CFTypeRef cf, CFOptionFlags mutability);

static CFTypeRef copy_array(CFArrayRef array, CFOptionFlags mutability)
{
    CFMutableArrayRef made = CFArrayCreateMutable(NULL, 0, &kCFTypeArrayCallBacks);
    for (CFIndex i = 0; made && i < CFArrayGetCount(array); i++)
        if (!cm_cf_array_append_new(made, copy(CFArrayGetValueAtIndex(array, i), mutability))) {
            CFRelease(made);
            return NULL;
        }
    if (made && mutability == kCFPropertyListImmutable)
        cm_cf_array_freeze(made);
    return made;
}

static CFTypeRef copy_dictionary(CFDictionaryRef dict, CFOptionFlags mutability)
{
    CFMutableDictionaryRef made = CFDictionaryCreateMutable(NULL, 0, &kCFCopyStringDictionaryKeyCallBacks,
                                                            &kCFTypeDictionaryValueCallBacks);
    const void *key, *value;
    for (CFIndex at = 0; made && cm_cf_dictionary_next(dict, &at, &key, &value);)
        if (!cm_cf_dictionary_set_new(made, key, copy(value, mutability))) {
            CFRelease(made);
            return NULL;
        }
    if (made && mutability == kCFPropertyListImmutable)
        cm_cf_dictionary_freeze(made);
    return made;
}

/* The tree was found valid before: it is neither too deep nor a circle. */
static CFTypeRef copy(CFTypeRef cf, CFOptionFlags mutability)
{
    bool leaves = mutability & kCFPropertyListMutableContainersAndLeaves;
    switch (CFGetTypeID(cf)) {
    case CM_CF_ARRAY:
        return copy_array(cf, mutability);
    case CM_CF_DICTIONARY:
        return copy_dictionary(cf, mutability);
    case CM_CF_STRING:
        return leaves ? (CFTypeRef)CFStringCreateMutableCopy(NULL, 0, cf) : CFStringCreateCopy(NULL, cf);
    case CM_CF_DATA:
        return leaves ? (CFTypeRef)CFDataCreateMutableCopy(NULL, 0, cf) : CFDataCreateCopy(NULL, cf);
    default:
        return CFRetain(cf);
    }
}

CFPropertyListRef CFPropertyListCreateDeepCopy(CFAllocatorRef alloc, CFPropertyListRef list,
                                               CFOptionFlags mutability)
{
    (void)alloc;
    return is_valid(list, 1) ? copy(list, mutability) : NULL;
}
