/*
 * clock.h: the engine's one clock. Host time counts nanoseconds of CLOCK_MONOTONIC; devices, queues, MIDI and
 * every time stamp use it and nothing else. The public functions are in <CoreAudio/HostTime.h>.
 */
#ifndef CM_BASE_CLOCK_H
#define CM_BASE_CLOCK_H

#include <CoreAudio/HostTime.h>

#define CM_HOST_TICKS_PER_SECOND 1000000000ull

#endif
