#include "clock.h"

#include <time.h>

UInt64 AudioGetCurrentHostTime(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (UInt64)now.tv_sec * CM_HOST_TICKS_PER_SECOND + (UInt64)now.tv_nsec;
}

Float64 AudioGetHostClockFrequency(void)
{
    return (Float64)CM_HOST_TICKS_PER_SECOND;
}

UInt32 AudioGetHostClockMinimumTimeDelta(void)
{
    return 1;
}

UInt64 AudioConvertHostTimeToNanos(UInt64 inHostTime)
{
    return inHostTime;
}

UInt64 AudioConvertNanosToHostTime(UInt64 inNanos)
{
    return inNanos;
}
