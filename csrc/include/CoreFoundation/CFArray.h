/*
 * CoreFoundation/CFArray.h: ordered collections.
 *
 * With &kCFTypeArrayCallBacks the array retains its members; with NULL callbacks it holds plain pointers or
 * integers. Indexes outside 0 .. count-1 are ignored by the functions that change an array and give NULL from
 * CFArrayGetValueAtIndex.
 */
#ifndef CoreFoundation_CFArray_h
#define CoreFoundation_CFArray_h

#include <CoreFoundation/CFBase.h>

typedef const void *(*CFArrayRetainCallBack)(CFAllocatorRef allocator, const void *value);
typedef void (*CFArrayReleaseCallBack)(CFAllocatorRef allocator, const void *value);
typedef CFStringRef (*CFArrayCopyDescriptionCallBack)(const void *value);
typedef Boolean (*CFArrayEqualCallBack)(const void *value1, const void *value2);
typedef struct {
    CFIndex version;
    CFArrayRetainCallBack retain;
    CFArrayReleaseCallBack release;
    CFArrayCopyDescriptionCallBack copyDescription;
    CFArrayEqualCallBack equal;
} CFArrayCallBacks;

typedef const struct __CFArray *CFArrayRef;
typedef struct __CFArray *CFMutableArrayRef;
typedef void (*CFArrayApplierFunction)(const void *value, void *context);

CF_EXTERN_C_BEGIN

extern const CFArrayCallBacks kCFTypeArrayCallBacks;

extern CFTypeID CFArrayGetTypeID(void);
/* Of num_values values, or those of another array. NULL when there is no memory. */
extern CFArrayRef CFArrayCreate(CFAllocatorRef alloc, const void **values, CFIndex num_values,
                                const CFArrayCallBacks *callbacks);
extern CFArrayRef CFArrayCreateCopy(CFAllocatorRef alloc, CFArrayRef array);
/* Grows as needed; capacity, a hint, may be 0. A copy has the callbacks of what it copies. */
extern CFMutableArrayRef CFArrayCreateMutable(CFAllocatorRef alloc, CFIndex capacity,
                                              const CFArrayCallBacks *callbacks);
extern CFMutableArrayRef CFArrayCreateMutableCopy(CFAllocatorRef alloc, CFIndex capacity, CFArrayRef array);
/* Members are lent. */
extern CFIndex CFArrayGetCount(CFArrayRef array);
extern const void *CFArrayGetValueAtIndex(CFArrayRef array, CFIndex index);
extern void CFArrayGetValues(CFArrayRef array, CFRange range, const void **values);
/* Equal by the equal callback, or the same pointer. kCFNotFound. */
extern CFIndex CFArrayGetFirstIndexOfValue(CFArrayRef array, CFRange range, const void *value);
extern Boolean CFArrayContainsValue(CFArrayRef array, CFRange range, const void *value);
/* Calls applier with each member of the range in turn. */
extern void CFArrayApplyFunction(CFArrayRef array, CFRange range, CFArrayApplierFunction applier,
                                 void *context);
/* Insert and Set take an index of count for one more at the end. Mutable arrays only: others stay as they
 * are. */
extern void CFArrayAppendValue(CFMutableArrayRef array, const void *value);
extern void CFArrayInsertValueAtIndex(CFMutableArrayRef array, CFIndex index, const void *value);
extern void CFArraySetValueAtIndex(CFMutableArrayRef array, CFIndex index, const void *value);
extern void CFArrayRemoveValueAtIndex(CFMutableArrayRef array, CFIndex index);
extern void CFArrayRemoveAllValues(CFMutableArrayRef array);

CF_EXTERN_C_END

#endif
