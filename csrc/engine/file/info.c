#include "info.h"

#include <stdlib.h>
#include <string.h>

char *cm_info_text(CFTypeRef value)
{
    if (!value || CFGetTypeID(value) != CFStringGetTypeID())
        return NULL;
    CFIndex size = CFStringGetMaximumSizeForEncoding(CFStringGetLength(value), kCFStringEncodingUTF8) + 1;
    char *text = malloc((size_t)size);
    if (text && !CFStringGetCString(value, text, size, kCFStringEncodingUTF8))
        text[0] = 0;
    return text;
}

char *cm_info_get(CFDictionaryRef info, const char *key)
{
    CFStringRef name = CFStringCreateWithCString(NULL, key, kCFStringEncodingUTF8);
    char *text = name ? cm_info_text(CFDictionaryGetValue(info, name)) : NULL;
    if (name)
        CFRelease(name);
    return text;
}

CFStringRef cm_info_string(const UInt8 *bytes, size_t size, CFStringEncoding otherwise)
{
    CFIndex length = (CFIndex)strnlen((const char *)bytes, size);
    CFStringRef string = CFStringCreateWithBytes(NULL, bytes, length, kCFStringEncodingUTF8, true);
    return string ? string : CFStringCreateWithBytes(NULL, bytes, length, otherwise, false);
}

OSStatus cm_info_add(CFMutableDictionaryRef info, const char *key, const UInt8 *bytes, size_t size,
                     CFStringEncoding otherwise)
{
    if (size == 0 || bytes[0] == 0)
        return noErr;
    CFStringRef name = CFStringCreateWithCString(NULL, key, kCFStringEncodingUTF8);
    CFStringRef value = cm_info_string(bytes, size, otherwise);
    bool made = name && value;
    if (made)
        CFDictionaryAddValue(info, name, value);
    if (name)
        CFRelease(name);
    if (value)
        CFRelease(value);
    return made ? noErr : cmMemFullError;
}

typedef struct visiting {
    cm_info_visit visit;
    void *context;
    OSStatus status;
} visiting;

static void visit_one(const void *key, const void *value, void *context)
{
    visiting *v = context;
    char *name = v->status == noErr ? cm_info_text(key) : NULL;
    char *text = name ? cm_info_text(value) : NULL;
    if (text)
        v->status = v->visit(v->context, name, text);
    free(name);
    free(text);
}

OSStatus cm_info_each(CFDictionaryRef info, cm_info_visit visit, void *context)
{
    visiting v = { visit, context, noErr };
    CFDictionaryApplyFunction(info, visit_one, &v);
    return v.status;
}

CFMutableDictionaryRef cm_info_new(void)
{
    return CFDictionaryCreateMutable(NULL, 0, &kCFTypeDictionaryKeyCallBacks,
                                     &kCFTypeDictionaryValueCallBacks);
}

bool cm_info_has(CFDictionaryRef info, const char *key)
{
    char *text = cm_info_get(info, key);
    bool has = text != NULL;
    free(text);
    return has;
}

bool cm_info_is_year(const UInt8 bytes[4])
{
    for (size_t i = 0; i < 4; i++)
        if (bytes[i] < '0' || bytes[i] > '9')
            return false;
    return true;
}

OSStatus cm_info_add_year(CFMutableDictionaryRef info)
{
    char *date = cm_info_get(info, kAFInfoDictionary_RecordedDate);
    OSStatus status = noErr;
    if (date && strlen(date) > 4 && cm_info_is_year((const UInt8 *)date))
        status = cm_info_add(info, kAFInfoDictionary_Year, (const UInt8 *)date, 4, kCFStringEncodingUTF8);
    free(date);
    return status;
}

typedef struct comparing {
    CFDictionaryRef told, info;
    bool same;
} comparing;

static void compare_one(const void *key, const void *value, void *context)
{
    comparing *c = context;
    CFTypeRef wanted = CFDictionaryGetValue(c->info, key);
    bool same = CFDictionaryContainsKey(c->told, key) || (wanted && CFEqual(wanted, value));
    c->same = c->same && same;
}

static void add_one(const void *key, const void *value, void *context)
{
    CFDictionaryAddValue(context, key, value);
}

bool cm_info_take_same(CFMutableDictionaryRef told, CFDictionaryRef shown, CFDictionaryRef info)
{
    comparing c = { told, info, CFDictionaryGetCount(shown) > 0 };
    CFDictionaryApplyFunction(shown, compare_one, &c);
    if (c.same)
        CFDictionaryApplyFunction(shown, add_one, told);
    return c.same;
}
