/* CoreFoundation/CFNumber.h: numbers and truth values. */
#ifndef CoreFoundation_CFNumber_h
#define CoreFoundation_CFNumber_h

#include <CoreFoundation/CFBase.h>

typedef const struct __CFBoolean *CFBooleanRef;
typedef const struct __CFNumber *CFNumberRef;

typedef CFIndex CFNumberType;
enum {
    kCFNumberSInt8Type = 1,
    kCFNumberSInt16Type = 2,
    kCFNumberSInt32Type = 3,
    kCFNumberSInt64Type = 4,
    kCFNumberFloat32Type = 5,
    kCFNumberFloat64Type = 6,
    kCFNumberCharType = 7,
    kCFNumberShortType = 8,
    kCFNumberIntType = 9,
    kCFNumberLongType = 10,
    kCFNumberLongLongType = 11,
    kCFNumberFloatType = 12,
    kCFNumberDoubleType = 13,
    kCFNumberCFIndexType = 14,
    kCFNumberNSIntegerType = 15,
    kCFNumberCGFloatType = 16,
    kCFNumberMaxType = 16
};

CF_EXTERN_C_BEGIN

extern const CFBooleanRef kCFBooleanTrue;
extern const CFBooleanRef kCFBooleanFalse;
/* There are but the two; comparing pointers is enough. */
extern CFTypeID CFBooleanGetTypeID(void);
extern Boolean CFBooleanGetValue(CFBooleanRef boolean);

extern CFTypeID CFNumberGetTypeID(void);
/* *value is of the type. */
extern CFNumberRef CFNumberCreate(CFAllocatorRef alloc, CFNumberType type, const void *value);
/* The type that it is kept as: of a stated size, whatever name it was made under. */
extern CFNumberType CFNumberGetType(CFNumberRef number);
extern CFIndex CFNumberGetByteSize(CFNumberRef number);
extern Boolean CFNumberIsFloatType(CFNumberRef number);
/*
 * Converts; false when the value does not survive the conversion exactly. What is stored then is the value
 * without its fraction, the type's nearest limit, or the nearest real.
 */
extern Boolean CFNumberGetValue(CFNumberRef number, CFNumberType type, void *value);
/* By exact value, whatever the types; NaN equals NaN and comes before all else. context is not used. */
extern CFComparisonResult CFNumberCompare(CFNumberRef a, CFNumberRef b, void *context);

CF_EXTERN_C_END

#endif
