/*
 * mach/mach_time.h: the clock of CoreAudio/HostTime.h under the names that programs for macOS use. One tick
 * is one nanosecond here. [any, render]
 */
#ifndef mach_mach_time_h
#define mach_mach_time_h

#include <CoreAudio/HostTime.h>

typedef int kern_return_t;
enum { KERN_SUCCESS = 0 };

/* Nanoseconds are ticks times numer over denom. */
struct mach_timebase_info {
    uint32_t numer;
    uint32_t denom;
};
typedef struct mach_timebase_info *mach_timebase_info_t;
typedef struct mach_timebase_info mach_timebase_info_data_t;

static inline uint64_t mach_absolute_time(void)
{
    return AudioGetCurrentHostTime();
}

static inline kern_return_t mach_timebase_info(mach_timebase_info_t info)
{
    info->numer = info->denom = 1;
    return KERN_SUCCESS;
}

#endif
