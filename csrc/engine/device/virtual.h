/*
 * virtual.h: devices that are made of memory and a clock. virtual.c describes them to the HAL,
 * virtual_clock.c runs their streams, virtual_hand.c is what <coremusic/engine.h> lets the user do to them.
 *
 * A stream's clock begins at 0 when it is started. Without hands each running stream has a thread that sleeps
 * until the next buffer is due; by hand, time passes only in CMVirtualAdvance, on the caller's thread.
 */
#ifndef CM_DEVICE_VIRTUAL_H
#define CM_DEVICE_VIRTUAL_H

#include "base/grace.h"
#include "driver.h"

#include <pthread.h>

typedef struct cm_virtual_io cm_virtual_io;

typedef struct cm_virtual_device {
    cm_device_description description;
    Float64 drift;     /* parts per million by which its clock is fast */
    cm_virtual_io *io; /* the open stream */
    bool plugged;
    struct cm_virtual_device *next;
} cm_virtual_device;

struct cm_virtual_io {
    cm_virtual_device *device;
    cm_io_settings settings;
    Float32 *buffers[CM_SIDES];
    bool running;       /* under the lock */
    bool in_cycle;      /* by hand: under the lock */
    pthread_t advancer; /* by hand: the thread that runs the cycle */
    bool has_thread;
    pthread_t thread;
    _Atomic bool stopping;   /* the thread has to end */
    _Atomic bool xrun;       /* the next cycle comes too late, as the user asked */
    _Atomic UInt64 anchor;   /* host time of sample 0 */
    _Atomic SInt64 position; /* frames that have passed when the last cycle began */
    _Atomic Float64 ticks;   /* host time for each frame, drift and all */
    _Atomic bool begun;      /* there was a cycle */
    Float64 hand_anchor;     /* by hand: the time of sample 0, in flicks */
};

/* All but what is atomic is under the lock, which no render thread takes. */
typedef struct cm_virtual_world {
    pthread_mutex_t lock;
    pthread_cond_t cycle_ended;
    cm_virtual_device *devices;
    bool by_hand;
    bool passing;               /* CMVirtualAdvance is under way */
    UInt64 hand_epoch;          /* host time when the hand took over */
    Float64 hand_time;          /* since then, in flicks: see virtual_clock.c */
    const cm_driver_host *host; /* NULL while the HAL has not opened the driver */
} cm_virtual_world;

extern cm_virtual_world cm_virtual;

/* Under the lock. NULL when there is none. */
cm_virtual_device *cm_virtual_find(const char *uid);

/* ---- virtual_clock.c, the driver's io functions ---- */

OSStatus cm_virtual_io_open(void *driver, const char *uid, cm_io_settings *settings, void **io);
OSStatus cm_virtual_io_start(void *io);
OSStatus cm_virtual_io_stop(void *io);
void cm_virtual_io_close(void *io);
OSStatus cm_virtual_io_time(void *io, AudioTimeStamp *now);

/* [control] Takes the clock over, or gives it back to threads. */
void cm_virtual_take_clock(bool by_hand);

/* [control] By hand: lets the time of so many frames pass and runs what falls due. */
OSStatus cm_virtual_pass(UInt64 frames, Float64 rate);

#endif
