#include "cf_string.h"

#include <CoreFoundation/CFError.h>

struct __CFError {
    cm_cf_object object;
    CFStringRef domain;
    CFIndex code;
    CFDictionaryRef user_info; /* may be NULL */
};

CM_CF_CONST_STRING(kCFErrorDomainOSStatus, "NSOSStatusErrorDomain");
CM_CF_CONST_STRING(kCFErrorDomainCocoa, "NSCocoaErrorDomain");
CM_CF_CONST_STRING(kCFErrorLocalizedDescriptionKey, "NSLocalizedDescription");

static void destroy(void *object)
{
    struct __CFError *error = object;
    CFRelease(error->domain);
    CFRelease(error->user_info);
}

static bool equal(CFTypeRef a, CFTypeRef b)
{
    CFErrorRef x = a, y = b;
    return x->code == y->code && CFEqual(x->domain, y->domain) && CFEqual(x->user_info, y->user_info);
}

static CFHashCode hash(CFTypeRef object)
{
    CFErrorRef error = object;
    return cm_cf_hash_word((uint64_t)error->code);
}

static void describe(CFTypeRef object, cm_cf_buffer *out)
{
    CFErrorRef error = object;
    CFTypeRef text = error->user_info
                         ? CFDictionaryGetValue(error->user_info, kCFErrorLocalizedDescriptionKey)
                         : NULL;
    if (cm_cf_as_string(text)) {
        cm_cf_describe(text, out);
        return;
    }
    cm_cf_buffer_text(out, "The operation could not be completed. (");
    cm_cf_describe(error->domain, out);
    cm_cf_buffer_printf(out, " error %ld.)", error->code);
}

const cm_cf_class cm_cf_error_class = {
    .name = "CFError",
    .destroy = destroy,
    .equal = equal,
    .hash = hash,
    .describe = describe,
};

static const struct __CFError *as_error(CFErrorRef error)
{
    return cm_cf_is(error, CM_CF_ERROR) ? error : NULL;
}

CFTypeID CFErrorGetTypeID(void)
{
    return CM_CF_ERROR;
}

CFErrorRef CFErrorCreate(CFAllocatorRef alloc, CFErrorDomain domain, CFIndex code, CFDictionaryRef user_info)
{
    if (!cm_cf_as_string(domain) || (user_info && !cm_cf_is(user_info, CM_CF_DICTIONARY)))
        return NULL;
    struct __CFError *error = cm_cf_new(CM_CF_ERROR, sizeof *error);
    if (!error)
        return NULL;
    error->domain = CFStringCreateCopy(alloc, domain);
    error->code = code;
    error->user_info = user_info ? CFDictionaryCreateCopy(alloc, user_info) : NULL;
    if (!error->domain || (user_info && !error->user_info)) {
        CFRelease(error);
        return NULL;
    }
    return error;
}

CFErrorDomain CFErrorGetDomain(CFErrorRef error)
{
    return as_error(error) ? error->domain : NULL;
}

CFIndex CFErrorGetCode(CFErrorRef error)
{
    return as_error(error) ? error->code : 0;
}

CFStringRef CFErrorCopyDescription(CFErrorRef error)
{
    return as_error(error) ? CFCopyDescription(error) : NULL;
}
