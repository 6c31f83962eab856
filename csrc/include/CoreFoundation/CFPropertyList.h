/*
 * CoreFoundation/CFPropertyList.h: trees of dictionary, array, string, data, number, boolean and date, as
 * XML.
 *
 * The reader takes any bytes: nesting is bounded, sizes are checked, a malformed document gives NULL and, if
 * asked for, an error in kCFErrorDomainCocoa with one of Foundation's property list codes.
 */
#ifndef CoreFoundation_CFPropertyList_h
#define CoreFoundation_CFPropertyList_h

#include <CoreFoundation/CFBase.h>
#include <CoreFoundation/CFData.h>
#include <CoreFoundation/CFError.h>
#include <CoreFoundation/CFString.h>

typedef CFIndex CFPropertyListFormat;
enum {
    kCFPropertyListOpenStepFormat = 1,
    kCFPropertyListXMLFormat_v1_0 = 100,
    kCFPropertyListBinaryFormat_v1_0 = 200
};
typedef CFOptionFlags CFPropertyListMutabilityOptions;
enum {
    kCFPropertyListImmutable = 0,
    kCFPropertyListMutableContainers = 1,
    kCFPropertyListMutableContainersAndLeaves = 2
};
enum {
    kCFPropertyListReadCorruptError = 3840,
    kCFPropertyListReadUnknownVersionError = 3841,
    kCFPropertyListReadStreamError = 3842,
    kCFPropertyListWriteStreamError = 3851
};

CF_EXTERN_C_BEGIN

/*
 * options is one of CFPropertyListMutabilityOptions. *format, if asked for, is
 * kCFPropertyListXMLFormat_v1_0, the only format read. *error, if asked for, is set on failure only and then
 * belongs to the caller; it names the line.
 */
extern CFPropertyListRef CFPropertyListCreateWithData(CFAllocatorRef alloc, CFDataRef data,
                                                      CFOptionFlags options, CFPropertyListFormat *format,
                                                      CFErrorRef *error);
/*
 * format must be kCFPropertyListXMLFormat_v1_0. NULL when the tree holds something that a property list
 * cannot.
 */
extern CFDataRef CFPropertyListCreateData(CFAllocatorRef alloc, CFPropertyListRef list,
                                          CFPropertyListFormat format, CFOptionFlags options,
                                          CFErrorRef *error);
/* True for what CFPropertyListCreateData can write in that format. */
extern Boolean CFPropertyListIsValid(CFPropertyListRef list, CFPropertyListFormat format);
/* NULL when the tree holds something that a property list cannot. */
extern CFPropertyListRef CFPropertyListCreateDeepCopy(CFAllocatorRef alloc, CFPropertyListRef list,
                                                      CFOptionFlags mutability);

CF_EXTERN_C_END

#endif
