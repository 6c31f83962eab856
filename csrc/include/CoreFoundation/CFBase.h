/*
 * CoreFoundation/CFBase.h: scalar types, allocators and reference counting.
 *
 * Every object made by a function with Create or Copy in its name belongs to the caller, who ends it with
 * CFRelease. A function with Get in its name lends an object that lives as long as its container.
 * All functions are [any]: they may be called on any thread; one mutable object must not be changed by two
 * threads at once. CFRetain and CFRelease are atomic. Where Apple's would crash, ours do nothing: NULL, an
 * object of another type, or memory that is no object is answered with 0, NULL or false.
 */
#ifndef CoreFoundation_CFBase_h
#define CoreFoundation_CFBase_h

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define CF_EXTERN_C_BEGIN                                                                                    \
    extern "C" {                                                                                             \
    _Pragma("GCC visibility push(default)")
#define CF_EXTERN_C_END                                                                                      \
    _Pragma("GCC visibility pop")                                                                            \
    }
#else
#define CF_EXTERN_C_BEGIN _Pragma("GCC visibility push(default)")
#define CF_EXTERN_C_END _Pragma("GCC visibility pop")
#endif

#ifdef __cplusplus
#define CF_EXPORT extern "C"
#else
#define CF_EXPORT extern
#endif
#define CF_INLINE static inline

/*
 * Apple's spelling of enumerations: CF_ENUM(UInt32) { kA = 1 }; and typedef CF_ENUM(UInt32, Name) { kB = 2 };
 * CF_OPTIONS likewise for bits. Name is the type that is given; the constants are of it in C++ and C23.
 */
#if defined(__cplusplus) || (defined(__STDC_VERSION__) && __STDC_VERSION__ >= 202311L)
#define __CF_ENUM_PLAIN(type) enum : type
#else
#define __CF_ENUM_PLAIN(type) enum
#endif
#define __CF_ENUM_NAMED(type, name)                                                                          \
    type name;                                                                                               \
    __CF_ENUM_PLAIN(type)
#define __CF_ENUM_CHOOSE(first, second, chosen, ...) chosen
#define CF_ENUM(...) __CF_ENUM_CHOOSE(__VA_ARGS__, __CF_ENUM_NAMED, __CF_ENUM_PLAIN, )(__VA_ARGS__)
#define CF_OPTIONS(type, name) __CF_ENUM_NAMED(type, name)

/* What may be NULL, and what not, to compilers that look at it: not part of our own declarations. */
#ifndef __clang__
#define _Nullable
#define _Nonnull
#define _Null_unspecified
#define CF_ASSUME_NONNULL_BEGIN
#define CF_ASSUME_NONNULL_END
#else
#define CF_ASSUME_NONNULL_BEGIN _Pragma("clang assume_nonnull begin")
#define CF_ASSUME_NONNULL_END _Pragma("clang assume_nonnull end")
#endif

#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif

typedef unsigned char Boolean;
typedef uint8_t UInt8;
typedef int8_t SInt8;
typedef uint16_t UInt16;
typedef int16_t SInt16;
typedef uint32_t UInt32;
typedef int32_t SInt32;
typedef uint64_t UInt64;
typedef int64_t SInt64;
typedef float Float32;
typedef double Float64;
typedef SInt32 OSStatus;
typedef UInt32 FourCharCode;
typedef FourCharCode OSType;
typedef unsigned long ItemCount;
typedef unsigned long ByteCount;
typedef UInt16 UniChar;
typedef UInt8 Byte;

enum { noErr = 0 };

typedef unsigned long CFTypeID;
typedef unsigned long CFOptionFlags;
typedef unsigned long CFHashCode;
typedef signed long CFIndex;
typedef double CFTimeInterval;
typedef CFTimeInterval CFAbsoluteTime;

typedef const void *CFTypeRef;
typedef const struct __CFString *CFStringRef;
typedef struct __CFString *CFMutableStringRef;
typedef CFTypeRef CFPropertyListRef;
typedef const struct __CFAllocator *CFAllocatorRef;
typedef const struct __CFError *CFErrorRef;

typedef CFIndex CFComparisonResult;
enum { kCFCompareLessThan = -1, kCFCompareEqualTo = 0, kCFCompareGreaterThan = 1 };
enum { kCFNotFound = -1 };

typedef struct {
    CFIndex location;
    CFIndex length;
} CFRange;

static inline CFRange CFRangeMake(CFIndex location, CFIndex length)
{
    CFRange range = { location, length };
    return range;
}

CF_EXTERN_C_BEGIN

/* All allocators allocate with malloc; kCFAllocatorNull as a "bytes deallocator" means: do not free. */
extern const CFAllocatorRef kCFAllocatorDefault;
extern const CFAllocatorRef kCFAllocatorSystemDefault;
extern const CFAllocatorRef kCFAllocatorMalloc;
extern const CFAllocatorRef kCFAllocatorNull;

/* The constant objects kCFNull, kCFBooleanTrue ... ignore retain and release. */
typedef const struct __CFNull *CFNullRef;
extern const CFNullRef kCFNull;
extern CFTypeID CFNullGetTypeID(void);

/* The type of an object: what CFStringGetTypeID and its like give for their own; 0 for none. */
extern CFTypeID CFGetTypeID(CFTypeRef cf);
/* A description of a type, owned by the caller, e.g. "CFString". */
extern CFStringRef CFCopyTypeIDDescription(CFTypeID type_id);
extern CFTypeRef CFRetain(CFTypeRef cf);
extern void CFRelease(CFTypeRef cf);
extern CFIndex CFGetRetainCount(CFTypeRef cf);
/* Two numbers are equal when their values are; containers compare their members. NULL equals only NULL. */
extern Boolean CFEqual(CFTypeRef cf1, CFTypeRef cf2);
extern CFHashCode CFHash(CFTypeRef cf);
extern CFStringRef CFCopyDescription(CFTypeRef cf);
extern CFAllocatorRef CFGetAllocator(CFTypeRef cf);
/* Prints CFCopyDescription to standard error. */
extern void CFShow(CFTypeRef cf);

CF_EXTERN_C_END

#endif
