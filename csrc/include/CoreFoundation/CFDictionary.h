/* CoreFoundation/CFDictionary.h: key to value maps. Iteration is in order of insertion. */
#ifndef CoreFoundation_CFDictionary_h
#define CoreFoundation_CFDictionary_h

#include <CoreFoundation/CFBase.h>

typedef const void *(*CFDictionaryRetainCallBack)(CFAllocatorRef allocator, const void *value);
typedef void (*CFDictionaryReleaseCallBack)(CFAllocatorRef allocator, const void *value);
typedef CFStringRef (*CFDictionaryCopyDescriptionCallBack)(const void *value);
typedef Boolean (*CFDictionaryEqualCallBack)(const void *value1, const void *value2);
typedef CFHashCode (*CFDictionaryHashCallBack)(const void *value);
typedef struct {
    CFIndex version;
    CFDictionaryRetainCallBack retain;
    CFDictionaryReleaseCallBack release;
    CFDictionaryCopyDescriptionCallBack copyDescription;
    CFDictionaryEqualCallBack equal;
    CFDictionaryHashCallBack hash;
} CFDictionaryKeyCallBacks;
typedef struct {
    CFIndex version;
    CFDictionaryRetainCallBack retain;
    CFDictionaryReleaseCallBack release;
    CFDictionaryCopyDescriptionCallBack copyDescription;
    CFDictionaryEqualCallBack equal;
} CFDictionaryValueCallBacks;

typedef const struct __CFDictionary *CFDictionaryRef;
typedef struct __CFDictionary *CFMutableDictionaryRef;
typedef void (*CFDictionaryApplierFunction)(const void *key, const void *value, void *context);

CF_EXTERN_C_BEGIN

extern const CFDictionaryKeyCallBacks kCFTypeDictionaryKeyCallBacks;
extern const CFDictionaryKeyCallBacks kCFCopyStringDictionaryKeyCallBacks;
extern const CFDictionaryValueCallBacks kCFTypeDictionaryValueCallBacks;

extern CFTypeID CFDictionaryGetTypeID(void);
/* Of num_values pairs, or those of another dictionary. With NULL callbacks keys and values are plain pointers
 * or integers. NULL when there is no memory. */
extern CFDictionaryRef CFDictionaryCreate(CFAllocatorRef alloc, const void **keys, const void **values,
                                          CFIndex num_values, const CFDictionaryKeyCallBacks *key_callbacks,
                                          const CFDictionaryValueCallBacks *value_callbacks);
extern CFDictionaryRef CFDictionaryCreateCopy(CFAllocatorRef alloc, CFDictionaryRef dict);
/* Grows as needed; capacity, a hint, may be 0. */
extern CFMutableDictionaryRef CFDictionaryCreateMutable(CFAllocatorRef alloc, CFIndex capacity,
                                                        const CFDictionaryKeyCallBacks *key_callbacks,
                                                        const CFDictionaryValueCallBacks *value_callbacks);
extern CFMutableDictionaryRef CFDictionaryCreateMutableCopy(CFAllocatorRef alloc, CFIndex capacity,
                                                            CFDictionaryRef dict);
/* Keys and values are lent. GetValue gives NULL for a key that is not there and for a value of NULL;
 * GetValueIfPresent tells one from the other. */
extern CFIndex CFDictionaryGetCount(CFDictionaryRef dict);
extern Boolean CFDictionaryContainsKey(CFDictionaryRef dict, const void *key);
extern const void *CFDictionaryGetValue(CFDictionaryRef dict, const void *key);
extern Boolean CFDictionaryGetValueIfPresent(CFDictionaryRef dict, const void *key, const void **value);
/* Both arrays have room for all; either may be NULL. */
extern void CFDictionaryGetKeysAndValues(CFDictionaryRef dict, const void **keys, const void **values);
/* Calls applier with each pair in turn. */
extern void CFDictionaryApplyFunction(CFDictionaryRef dict, CFDictionaryApplierFunction applier,
                                      void *context);
/* Add only if absent; Set always; Replace only if present. */
extern void CFDictionaryAddValue(CFMutableDictionaryRef dict, const void *key, const void *value);
extern void CFDictionarySetValue(CFMutableDictionaryRef dict, const void *key, const void *value);
extern void CFDictionaryReplaceValue(CFMutableDictionaryRef dict, const void *key, const void *value);
extern void CFDictionaryRemoveValue(CFMutableDictionaryRef dict, const void *key);
extern void CFDictionaryRemoveAllValues(CFMutableDictionaryRef dict);

CF_EXTERN_C_END

#endif
