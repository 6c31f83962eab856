/* CoreFoundation/CFURL.h: file URLs (and, kept as text only, URLs of other schemes). */
#ifndef CoreFoundation_CFURL_h
#define CoreFoundation_CFURL_h

#include <CoreFoundation/CFBase.h>
#include <CoreFoundation/CFString.h>

typedef const struct __CFURL *CFURLRef;

typedef CFIndex CFURLPathStyle;
enum { kCFURLPOSIXPathStyle = 0, kCFURLHFSPathStyle = 1, kCFURLWindowsPathStyle = 2 };

/* A reference to a file or folder that exists, from the time before URLs. Fill it with CFURLGetFSRef. */
struct FSRef {
    UInt8 hidden[80];
};
typedef struct FSRef FSRef;

CF_EXTERN_C_BEGIN

extern CFTypeID CFURLGetTypeID(void);
/*
 * Only the POSIX style exists. NULL for an empty path or one with a NUL in it. A relative path is resolved
 * when the URL is used.
 */
extern CFURLRef CFURLCreateWithFileSystemPath(CFAllocatorRef alloc, CFStringRef path, CFURLPathStyle style,
                                              Boolean is_directory);
/* buffer holds length bytes of a path in the file system's own encoding, which need not be UTF-8. */
extern CFURLRef CFURLCreateFromFileSystemRepresentation(CFAllocatorRef alloc, const UInt8 *buffer,
                                                        CFIndex length, Boolean is_directory);
/*
 * "file:///a%20b" or "file://localhost/..."; other schemes are kept but have no file system path. NULL when
 * a character is not percent-encoded that must be. Relative to base, unless that is NULL.
 */
extern CFURLRef CFURLCreateWithString(CFAllocatorRef alloc, CFStringRef url, CFURLRef base);
extern CFURLRef CFURLCreateCopyAppendingPathComponent(CFAllocatorRef alloc, CFURLRef url,
                                                      CFStringRef component, Boolean is_directory);
/* The path and a NUL; false when they do not fit or there is no path. */
extern Boolean CFURLGetFileSystemRepresentation(CFURLRef url, Boolean resolve_against_base, UInt8 *buffer,
                                                CFIndex max_len);
/* False when nothing exists at the path. */
extern Boolean CFURLGetFSRef(CFURLRef url, FSRef *ref);
/* NULL for bytes that CFURLGetFSRef of this process did not write. */
extern CFURLRef CFURLCreateFromFSRef(CFAllocatorRef alloc, const FSRef *ref);
/* Lent; percent-encoded. */
extern CFStringRef CFURLGetString(CFURLRef url);
/* These are NULL when the URL has no such part, or when its bytes are not UTF-8. */
extern CFStringRef CFURLCopyFileSystemPath(CFURLRef url, CFURLPathStyle style);
extern CFStringRef CFURLCopyPathExtension(CFURLRef url);
extern CFStringRef CFURLCopyLastPathComponent(CFURLRef url);
extern CFStringRef CFURLCopyScheme(CFURLRef url);

CF_EXTERN_C_END

#endif
