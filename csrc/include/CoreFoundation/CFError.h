/* CoreFoundation/CFError.h: what a function with a CFErrorRef argument reports. */
#ifndef CoreFoundation_CFError_h
#define CoreFoundation_CFError_h

#include <CoreFoundation/CFBase.h>
#include <CoreFoundation/CFDictionary.h>

typedef CFStringRef CFErrorDomain;

CF_EXTERN_C_BEGIN

extern const CFStringRef kCFErrorDomainOSStatus;
extern const CFStringRef kCFErrorDomainCocoa;
extern const CFStringRef kCFErrorLocalizedDescriptionKey;

extern CFTypeID CFErrorGetTypeID(void);
/* user_info may be NULL. */
extern CFErrorRef CFErrorCreate(CFAllocatorRef alloc, CFErrorDomain domain, CFIndex code,
                                CFDictionaryRef user_info);
/* The domain is lent; the code is one of that domain, such as an OSStatus. */
extern CFErrorDomain CFErrorGetDomain(CFErrorRef error);
extern CFIndex CFErrorGetCode(CFErrorRef error);
/* user_info's kCFErrorLocalizedDescriptionKey, or domain and code in words. */
extern CFStringRef CFErrorCopyDescription(CFErrorRef error);

CF_EXTERN_C_END

#endif
