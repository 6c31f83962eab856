/* CoreFoundation/CFDate.h: points in time, in seconds since 2001-01-01T00:00:00Z. */
#ifndef CoreFoundation_CFDate_h
#define CoreFoundation_CFDate_h

#include <CoreFoundation/CFBase.h>

typedef const struct __CFDate *CFDateRef;

CF_EXTERN_C_BEGIN

extern const CFTimeInterval kCFAbsoluteTimeIntervalSince1970;

extern CFTypeID CFDateGetTypeID(void);
/* An instant, and the seconds that it stands for. */
extern CFDateRef CFDateCreate(CFAllocatorRef alloc, CFAbsoluteTime at);
extern CFAbsoluteTime CFDateGetAbsoluteTime(CFDateRef date);
/* Now, by the wall clock, which may be set back and forth; time stamps of sound count CoreAudio/HostTime.h's.
 */
extern CFAbsoluteTime CFAbsoluteTimeGetCurrent(void);

CF_EXTERN_C_END

#endif
