/*
 * CoreFoundation/CFString.h: immutable and mutable Unicode strings.
 *
 * Strings are kept as UTF-8; lengths and ranges count UTF-16 code units, as Core Foundation counts them. A
 * string holds whole characters only: what would be half of a surrogate pair is refused. CFSTR("literal")
 * gives a constant string that is never freed.
 *
 * kCFStringEncodingUTF16 and UTF32 without a byte order mark are in the processor's byte order; they are
 * written with a mark when is_external is true.
 */
#ifndef CoreFoundation_CFString_h
#define CoreFoundation_CFString_h

#include <CoreFoundation/CFBase.h>
#include <CoreFoundation/CFData.h>
#include <CoreFoundation/CFArray.h>
#include <stdarg.h>

typedef UInt32 CFStringEncoding;
enum {
    kCFStringEncodingMacRoman = 0,
    kCFStringEncodingWindowsLatin1 = 0x0500,
    kCFStringEncodingISOLatin1 = 0x0201,
    kCFStringEncodingASCII = 0x0600,
    kCFStringEncodingUnicode = 0x0100,
    kCFStringEncodingUTF8 = 0x08000100,
    kCFStringEncodingUTF16 = 0x0100,
    kCFStringEncodingUTF16BE = 0x10000100,
    kCFStringEncodingUTF16LE = 0x14000100,
    kCFStringEncodingUTF32 = 0x0c000100,
    kCFStringEncodingUTF32BE = 0x18000100,
    kCFStringEncodingUTF32LE = 0x1c000100
};
#define kCFStringEncodingInvalidId (0xffffffffU)

typedef CFOptionFlags CFStringCompareFlags;
enum {
    kCFCompareCaseInsensitive = 1,
    kCFCompareBackwards = 4,
    kCFCompareAnchored = 8,
    kCFCompareNumerically = 64
};

CF_EXTERN_C_BEGIN

extern CFTypeID CFStringGetTypeID(void);

/* Create functions return NULL when the bytes are not valid in the encoding. */
extern CFStringRef CFStringCreateWithCString(CFAllocatorRef alloc, const char *c_str,
                                             CFStringEncoding encoding);
extern CFStringRef CFStringCreateWithCStringNoCopy(CFAllocatorRef alloc, const char *c_str,
                                                   CFStringEncoding encoding,
                                                   CFAllocatorRef contents_deallocator);
/*
 * A byte order mark is skipped when is_external is true and the encoding is one of UTF-8, UTF-16 or UTF-32.
 */
extern CFStringRef CFStringCreateWithBytes(CFAllocatorRef alloc, const UInt8 *bytes, CFIndex num_bytes,
                                           CFStringEncoding encoding, Boolean is_external);
extern CFStringRef CFStringCreateWithCharacters(CFAllocatorRef alloc, const UniChar *chars,
                                                CFIndex num_chars);
extern CFStringRef CFStringCreateWithSubstring(CFAllocatorRef alloc, CFStringRef str, CFRange range);
extern CFStringRef CFStringCreateCopy(CFAllocatorRef alloc, CFStringRef str);
/*
 * printf formats, also with numbered arguments ("%2$d"), plus %@ for an object's description and %S, %C for
 * UTF-16; numbers have a decimal point in every locale. %s is UTF-8, or else Mac Roman. No %n, no wide
 * characters (%ls, %lc). options must be NULL. NULL for a format that does not exist.
 */
extern CFStringRef CFStringCreateWithFormat(CFAllocatorRef alloc, CFTypeRef options, CFStringRef format, ...);
extern CFStringRef CFStringCreateWithFormatAndArguments(CFAllocatorRef alloc, CFTypeRef options,
                                                        CFStringRef format, va_list arguments);
extern CFStringRef CFStringCreateFromExternalRepresentation(CFAllocatorRef alloc, CFDataRef data,
                                                            CFStringEncoding encoding);
extern CFDataRef CFStringCreateExternalRepresentation(CFAllocatorRef alloc, CFStringRef str,
                                                      CFStringEncoding encoding, UInt8 loss_byte);
extern CFArrayRef CFStringCreateArrayBySeparatingStrings(CFAllocatorRef alloc, CFStringRef str,
                                                         CFStringRef separator);
extern CFStringRef CFStringCreateByCombiningStrings(CFAllocatorRef alloc, CFArrayRef strings,
                                                    CFStringRef separator);

/* Grows as needed; max_length, which may be 0, has no effect. */
extern CFMutableStringRef CFStringCreateMutable(CFAllocatorRef alloc, CFIndex max_length);
extern CFMutableStringRef CFStringCreateMutableCopy(CFAllocatorRef alloc, CFIndex max_length,
                                                    CFStringRef str);
/* What does not convert, or is too long, is not appended at all. */
extern void CFStringAppend(CFMutableStringRef str, CFStringRef appended);
extern void CFStringAppendCString(CFMutableStringRef str, const char *c_str, CFStringEncoding encoding);
extern void CFStringAppendFormat(CFMutableStringRef str, CFTypeRef options, CFStringRef format, ...);

/* In UTF-16 code units. */
extern CFIndex CFStringGetLength(CFStringRef str);
extern UniChar CFStringGetCharacterAtIndex(CFStringRef str, CFIndex index);
extern void CFStringGetCharacters(CFStringRef str, CFRange range, UniChar *buffer);
/*
 * False, with the buffer untouched but for its first byte, when the text and its NUL do not fit or do not
 * convert.
 */
extern Boolean CFStringGetCString(CFStringRef str, char *buffer, CFIndex buffer_size,
                                  CFStringEncoding encoding);
/*
 * The string's own bytes for UTF-8, and for the other encodings that begin with ASCII when it is all ASCII;
 * NULL otherwise. Valid while str lives unchanged.
 */
extern const char *CFStringGetCStringPtr(CFStringRef str, CFStringEncoding encoding);
/*
 * Converts as many characters of range as fit whole; returns how many (in UTF-16 units); *used_len is the
 * number of bytes. A NULL buffer only counts. A character that the encoding lacks becomes loss_byte, or ends
 * it when that is 0.
 */
extern CFIndex CFStringGetBytes(CFStringRef str, CFRange range, CFStringEncoding encoding, UInt8 loss_byte,
                                Boolean is_external, UInt8 *buffer, CFIndex max_len, CFIndex *used_len);
extern CFIndex CFStringGetMaximumSizeForEncoding(CFIndex length, CFStringEncoding encoding);
extern CFIndex CFStringGetMaximumSizeOfFileSystemRepresentation(CFStringRef str);
extern Boolean CFStringGetFileSystemRepresentation(CFStringRef str, char *buffer, CFIndex max_len);

/* In the order of UTF-16 units, spelling for spelling: no canonical equivalence. */
extern CFComparisonResult CFStringCompare(CFStringRef a, CFStringRef b, CFStringCompareFlags flags);
extern CFRange CFStringFind(CFStringRef str, CFStringRef wanted, CFStringCompareFlags flags);
extern Boolean CFStringHasPrefix(CFStringRef str, CFStringRef prefix);
extern Boolean CFStringHasSuffix(CFStringRef str, CFStringRef suffix);
/* Leading number, 0 when there is none; GetIntValue saturates. */
extern SInt32 CFStringGetIntValue(CFStringRef str);
extern double CFStringGetDoubleValue(CFStringRef str);

/* One object for each text, for ever. */
extern CFStringRef __CFStringMakeConstantString(const char *c_str);
#define CFSTR(c_str) __CFStringMakeConstantString("" c_str "")

CF_EXTERN_C_END

#endif
