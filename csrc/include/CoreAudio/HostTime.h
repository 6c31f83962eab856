/* CoreAudio/HostTime.h: the clock that every time stamp counts. */
#ifndef CoreAudio_HostTime_h
#define CoreAudio_HostTime_h

#include <CoreAudioTypes/CoreAudioBaseTypes.h>

CF_EXTERN_C_BEGIN

extern UInt64 AudioGetCurrentHostTime(void);
extern Float64 AudioGetHostClockFrequency(void);
extern UInt32 AudioGetHostClockMinimumTimeDelta(void);
extern UInt64 AudioConvertHostTimeToNanos(UInt64 inHostTime);
extern UInt64 AudioConvertNanosToHostTime(UInt64 inNanos);

CF_EXTERN_C_END

#endif
