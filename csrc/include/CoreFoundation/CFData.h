/* CoreFoundation/CFData.h: byte buffers. */
#ifndef CoreFoundation_CFData_h
#define CoreFoundation_CFData_h

#include <CoreFoundation/CFBase.h>

typedef const struct __CFData *CFDataRef;
typedef struct __CFData *CFMutableDataRef;

CF_EXTERN_C_BEGIN

extern CFTypeID CFDataGetTypeID(void);
/* Copies the bytes. */
extern CFDataRef CFDataCreate(CFAllocatorRef alloc, const UInt8 *bytes, CFIndex length);
/* bytes are taken over and freed with the object unless bytes_deallocator is kCFAllocatorNull. */
extern CFDataRef CFDataCreateWithBytesNoCopy(CFAllocatorRef alloc, const UInt8 *bytes, CFIndex length,
                                             CFAllocatorRef bytes_deallocator);
extern CFDataRef CFDataCreateCopy(CFAllocatorRef alloc, CFDataRef data);
/* Grows as needed; capacity, which may be 0, has no effect. */
extern CFMutableDataRef CFDataCreateMutable(CFAllocatorRef alloc, CFIndex capacity);
extern CFMutableDataRef CFDataCreateMutableCopy(CFAllocatorRef alloc, CFIndex capacity, CFDataRef data);
/* In bytes. The pointers are lent, valid until the data change or go; NULL for no data. */
extern CFIndex CFDataGetLength(CFDataRef data);
extern const UInt8 *CFDataGetBytePtr(CFDataRef data);
extern UInt8 *CFDataGetMutableBytePtr(CFMutableDataRef data);
/* Copies a range, which has to lie within the data. */
extern void CFDataGetBytes(CFDataRef data, CFRange range, UInt8 *buffer);
/* New bytes are zero. */
extern void CFDataSetLength(CFMutableDataRef data, CFIndex length);
extern void CFDataAppendBytes(CFMutableDataRef data, const UInt8 *bytes, CFIndex length);

CF_EXTERN_C_END

#endif
