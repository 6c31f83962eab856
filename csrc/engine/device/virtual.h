/*
 * virtual.h: devices that are made of memory and a clock. virtual.c describes them to the HAL,
 * virtual_clock.c runs their streams, virtual_sound.c is what they play to and hear from, virtual_hand.c is
 * what <coremusic/engine.h> lets the user do to them.
 *
 * A stream's clock begins at 0 when it is started. Without hands each running stream has a thread that sleeps
 * until the next buffer is due; by hand, time passes only in CMVirtualAdvance, on the caller's thread.
 */
#ifndef CM_DEVICE_VIRTUAL_H
#define CM_DEVICE_VIRTUAL_H

#include "base/grace.h"
#include "base/ring.h"
#include "driver.h"
#include "io_anchor.h"

#include <pthread.h>

typedef struct cm_virtual_io cm_virtual_io;

/* Frames that the user fed, in a queue from the user's thread to the stream's. */
typedef struct cm_virtual_feed {
    _Atomic(struct cm_virtual_feed *) next;
    size_t count; /* samples */
    Float32 samples[];
} cm_virtual_feed;

/* What an output has played of late, for the loopback that hears it; written and read by position. */
typedef struct cm_virtual_history {
    _Atomic SInt64 begin, end; /* sample times of the output */
    _Atomic UInt32 reads;      /* so that what is overwritten was read before, for every processor */
    Float32 samples[];
} cm_virtual_history;

enum { CM_HISTORY_FRAMES = 1 << 17 };

typedef struct cm_virtual_device {
    cm_device_description description;
    bool plugged;
    bool is_users;                                      /* made by CMVirtualAddDevice: can be removed */
    bool is_removed;                                    /* and was; its stream still has to be closed */
    struct cm_virtual_device *heard;                    /* the output whose sound and clock a loopback has */
    cm_virtual_io *io;                                  /* the open stream */
    _Atomic Float64 drift;                              /* parts per million by which its clock is fast */
    _Atomic Float32 gain[CM_SIDES][CM_DEVICE_CHANNELS]; /* of each channel */
    _Atomic UInt32 source;                              /* what an input hears */

    cm_grace grace; /* the stream's use of the following */
    _Atomic(cm_ring *) capture;
    _Atomic UInt64 capture_lost; /* frames that did not fit */
    _Atomic(cm_virtual_history *) history;
    cm_io_anchor anchor; /* the stream's time */

    cm_virtual_feed *oldest;            /* not freed yet; the user's side */
    cm_virtual_feed *newest;            /* the user's side */
    _Atomic(cm_virtual_feed *) playing; /* the stream's side moves it on */
    _Atomic size_t played;              /* samples of it that were heard */
    _Atomic UInt64 fed, heard_of_feed;  /* samples, all in all */

    struct cm_virtual_device *next;
} cm_virtual_device;

struct cm_virtual_io {
    cm_virtual_device *device;
    cm_io_settings settings;
    Float32 *buffers[CM_SIDES];
    SInt64 position;    /* frames that had passed when the last cycle began */
    Float64 drift;      /* that the following were made for */
    Float64 base_frame; /* which passed at base_time */
    Float64 base_time;  /* in units of cm_virtual_units */
    Float64 per_frame;

    bool running;       /* under the lock */
    bool in_cycle;      /* by hand: under the lock */
    pthread_t advancer; /* by hand: the thread that runs the cycle */
    bool has_thread;
    pthread_t thread;
    _Atomic bool stopping; /* the thread has to end */
    _Atomic bool xrun;     /* the next cycle comes too late, as the user asked */
};

/* All but what is atomic is under the lock, which no render thread takes. */
typedef struct cm_virtual_world {
    pthread_mutex_t lock;
    pthread_cond_t cycle_ended;
    cm_virtual_device *devices;
    char defaults[CM_SIDES][CM_DEVICE_TEXT]; /* uids; "": the first there is */
    _Atomic bool by_hand;
    bool passing;               /* CMVirtualAdvance is under way */
    _Atomic UInt64 hand_epoch;  /* host time when the hand took over */
    _Atomic Float64 hand_time;  /* since then, in flicks: see virtual_clock.c */
    const cm_driver_host *host; /* NULL while the HAL has not opened the driver */
} cm_virtual_world;

extern cm_virtual_world cm_virtual;

/* A device without sides, uid and name. */
extern const cm_device_description cm_virtual_model;

/* A side with a volume for each channel, and a mute. */
cm_device_side cm_virtual_side(UInt32 channels, AudioChannelLayoutTag layout);

/* The data sources of an input: what the user feeds, and a tone to test with. */
enum { CM_SOURCE_FEED = 'feed', CM_SOURCE_TONE = 'tone' };

/* [any] Takes the lock, and on the first call makes the devices that are always there. */
void cm_virtual_lock(void);
void cm_virtual_unlock(void);

/* Under the lock. NULL when there is none. */
cm_virtual_device *cm_virtual_find(const char *uid);

/* Under the lock: a plugged device at the end of the list; NULL when there is no memory. */
cm_virtual_device *cm_virtual_add(const cm_device_description *description);
/* Under the lock: takes it out of the list. It is freed now, or when its stream is closed. */
void cm_virtual_remove(cm_virtual_device *device);
void cm_virtual_free(cm_virtual_device *device);

/* Whatever volume and mute make of the sound of a side. Under the lock. */
void cm_virtual_set_gain(cm_virtual_device *device, cm_side side);

/* [control] The devices are other ones now. Under the lock. */
void cm_virtual_tell_host(void);

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

/* [control] Under the lock: tells the stream that its device is gone; no cycle follows. */
void cm_virtual_io_lose(cm_virtual_io *io);

/* ---- virtual_sound.c ---- */

/* [render] Fills the input that was heard since input_time. */
void cm_virtual_hear(cm_virtual_device *device, Float32 *input, UInt32 frames,
                     const AudioTimeStamp *input_time);
/* [render] Takes the output that sounds from that position on; NULL is silence. */
void cm_virtual_play(cm_virtual_device *device, Float32 *output, UInt32 frames, SInt64 position);

/* [control] All under the lock. Before a stream: false when there is no memory. */
bool cm_virtual_sound_begin(cm_virtual_device *device);

/* Samples for the input, after those that are waiting. */
OSStatus cm_virtual_feed_add(cm_virtual_device *device, const Float32 *samples, size_t count);

/* Keeps up to so many frames of output until they are read. Begins anew when it has begun. */
OSStatus cm_virtual_capture_begin(cm_virtual_device *device, UInt64 frames);
UInt32 cm_virtual_capture_read(cm_virtual_device *device, Float32 *samples, UInt32 frames);
void cm_virtual_capture_end(cm_virtual_device *device);

/* With no stream open: frees all that the device has of sound. */
void cm_virtual_sound_end(cm_virtual_device *device);

#endif
