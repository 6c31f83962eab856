/* CoreFoundation/CFUUID.h: numbers of 128 bits that name things, such as the interfaces of plug-ins. */
#ifndef CoreFoundation_CFUUID_h
#define CoreFoundation_CFUUID_h

#include <CoreFoundation/CFBase.h>

typedef const struct __CFUUID *CFUUIDRef;

typedef struct {
    UInt8 byte0, byte1, byte2, byte3, byte4, byte5, byte6, byte7;
    UInt8 byte8, byte9, byte10, byte11, byte12, byte13, byte14, byte15;
} CFUUIDBytes;

CF_EXTERN_C_BEGIN

extern CFTypeID CFUUIDGetTypeID(void);
/* Of these 16 bytes. */
extern CFUUIDRef CFUUIDCreateFromUUIDBytes(CFAllocatorRef alloc, CFUUIDBytes bytes);
/* The same object for the same bytes each time; it lives as long as the process and need not be released. */
extern CFUUIDRef CFUUIDGetConstantUUIDWithBytes(CFAllocatorRef alloc, UInt8 byte0, UInt8 byte1, UInt8 byte2,
                                                UInt8 byte3, UInt8 byte4, UInt8 byte5, UInt8 byte6,
                                                UInt8 byte7, UInt8 byte8, UInt8 byte9, UInt8 byte10,
                                                UInt8 byte11, UInt8 byte12, UInt8 byte13, UInt8 byte14,
                                                UInt8 byte15);
/* All zeros for what is no CFUUID. */
extern CFUUIDBytes CFUUIDGetUUIDBytes(CFUUIDRef uuid);
/* "68753A44-4D6F-1226-9C60-0050E4C00067". */
extern CFStringRef CFUUIDCreateString(CFAllocatorRef alloc, CFUUIDRef uuid);

CF_EXTERN_C_END

#endif
