/* CoreAudio/HostTime.h: the clock that every time stamp counts: monotonic, steady, since the machine started.
 * [any] */
#ifndef CoreAudio_HostTime_h
#define CoreAudio_HostTime_h

#include <CoreAudioTypes/CoreAudioBaseTypes.h>

CF_EXTERN_C_BEGIN

/* Now, in ticks. */
extern UInt64 AudioGetCurrentHostTime(void);
/* Ticks per second. */
extern Float64 AudioGetHostClockFrequency(void);
/* The least number of ticks by which two readings can differ. */
extern UInt32 AudioGetHostClockMinimumTimeDelta(void);
/* Between ticks and nanoseconds, whole numbers both. */
extern UInt64 AudioConvertHostTimeToNanos(UInt64 inHostTime);
extern UInt64 AudioConvertNanosToHostTime(UInt64 inNanos);

CF_EXTERN_C_END

#endif
