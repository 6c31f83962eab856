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
extern CFErrorRef CFErrorCreate(CFAllocatorRef alloc, CFErrorDomain domain, CFIndex code,
                                CFDictionaryRef user_info);
extern CFErrorDomain CFErrorGetDomain(CFErrorRef error);
extern CFIndex CFErrorGetCode(CFErrorRef error);
extern CFStringRef CFErrorCopyDescription(CFErrorRef error);

CF_EXTERN_C_END

#endif
