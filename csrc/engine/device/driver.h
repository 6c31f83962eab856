/*
 * driver.h: what a sound system has to offer so that the HAL can show its devices and move sound through
 * them.
 *
 * One static const cm_driver for each sound system (virtual.c, pulse.c, jack.c, alsa.c), listed in drivers.c
 * in the order in which they are tried. The HAL owns the AudioObject tree, properties, listeners, IOProcs,
 * mixing and aggregates; a driver knows none of these. It describes its devices, says when that changes, and
 * runs streams.
 *
 * Sound is native-endian Float32, interleaved, one buffer for each side of a device, full scale at +-1. A
 * driver converts at its edge, and only where the server or the card takes no Float32. Frames are counted per
 * device; times are host time (base/clock.h).
 *
 * Threads: functions are [control] unless tagged: the HAL never calls two of them for one driver at a time,
 * and holds no lock that the callbacks below take.
 */
#ifndef CM_DEVICE_DRIVER_H
#define CM_DEVICE_DRIVER_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum { CM_INPUT, CM_OUTPUT, CM_SIDES } cm_side;

enum { CM_DEVICE_TEXT = 256, CM_DEVICE_RATES = 24, CM_DEVICE_SOURCES = 16, CM_DEVICE_CHANNELS = 64 };

/* One of several things that a side can be connected to: a microphone or a line, a speaker or headphones. */
typedef struct cm_data_source {
    UInt32 id; /* not 0 */
    char name[64];
} cm_data_source;

typedef struct cm_device_side {
    UInt32 channels; /* 0: the device has no such side, and nothing below counts */
    AudioChannelLayoutTag layout;
    UInt32 latency;       /* frames between the buffer and the air, beside the buffer and the safety offset */
    UInt32 safety_offset; /* frames */
    bool has_volume;
    bool has_mute;
    bool mute;
    Float32 volume;                      /* 0 .. 1 on the server's own (cubic) scale */
    UInt32 volume_count;                 /* the first so many channels have a volume of their own, or 0 */
    Float32 volumes[CM_DEVICE_CHANNELS]; /* theirs; `volume` is the loudest of them */
    UInt32 source;                       /* the id of the chosen one */
    UInt32 source_count;
    cm_data_source sources[CM_DEVICE_SOURCES];
} cm_device_side;

typedef struct cm_device_description {
    char uid[CM_DEVICE_TEXT]; /* the same for the same device tomorrow; names it in every call below */
    char name[CM_DEVICE_TEXT];
    char manufacturer[CM_DEVICE_TEXT];
    char model_uid[CM_DEVICE_TEXT];
    UInt32 transport; /* kAudioDeviceTransportType... */
    Float64 rate;     /* Hz, nominal */
    UInt32 rate_count;
    Float64 rates[CM_DEVICE_RATES]; /* ascending; one means that it cannot be changed */
    UInt32 buffer_frames;           /* proposed at first */
    UInt32 min_buffer_frames, max_buffer_frames;
    bool is_loopback; /* an input that hears what an output plays */
    cm_device_side side[CM_SIDES];
} cm_device_description;

/*
 * One cycle of a running stream. input and output have `frames` frames of as many channels as were asked for
 * and are NULL for a side that was not. output is silence before the call. input_time is when the first input
 * frame was heard, output_time when the first output frame will be: mSampleTime, mHostTime, mRateScalar and
 * mFlags are set. Sample time goes on through an overload by the frames that were lost.
 */
typedef struct cm_io_cycle {
    UInt32 frames; /* at most buffer_frames of the settings */
    const Float32 *input;
    Float32 *output;
    AudioTimeStamp now;
    AudioTimeStamp input_time;
    AudioTimeStamp output_time;
} cm_io_cycle;

typedef enum {
    CM_IO_OVERLOAD, /* [render] sound was lost: an xrun */
    CM_IO_LATENCY,  /* [render] io_latency says something else from now on */
    CM_IO_LOST      /* [any, not render] the device or the server is gone; no cycle follows; told once */
} cm_io_event;

typedef struct cm_io_settings {
    Float64 rate;              /* Hz; in: asked for, out: what the stream runs at */
    UInt32 buffer_frames;      /* in: asked for, out: the most that one cycle has */
    UInt32 channels[CM_SIDES]; /* 0: that side is not wanted; never more than the device has */
    UInt32 latency[CM_SIDES];  /* out: frames, as in cm_device_side, measured where the server tells */
    void (*cycle)(void *context, const cm_io_cycle *cycle); /* [render], on the stream's thread */
    void (*event)(void *context, cm_io_event event);
    void *context;
} cm_io_settings;

/*
 * The HAL's side. changed() may be called from any thread but a render thread, any number of times: the HAL
 * asks for devices and defaults again soon, on a thread of its own.
 */
typedef struct cm_driver_host {
    void (*changed)(void *context);
    void *context;
} cm_driver_host;

typedef struct cm_driver {
    const char *name; /* for COREMUSIC_DRIVER and CMEngineSelectDriver */

    /*
     * Loads the library, connects, and leaves an instance that the other functions take. Fails without a word
     * on the terminal and within a second where there is no library or no server:
     * kAudioHardwareNotRunningError with a line of text.
     */
    OSStatus (*open)(const cm_driver_host *host, void **driver);

    /* Takes a half-opened instance too. Streams were closed before. */
    void (*close)(void *driver);

    /*
     * Calls visit with each device there is now; the description is the callee's only during the call.
     * kAudioHardwareNotRunningError where the server is known to be dead, and with it all its devices. Any
     * other failure tells nothing about them: after kAudioHardwareNotReadyError, for a server that takes too
     * long, the driver calls changed() when it answers again.
     */
    OSStatus (*devices)(void *driver, void (*visit)(void *context, const cm_device_description *description),
                        void *context);

    /* The server's default device of a side, as its uid; "" where there is none. Fails as `devices` does. */
    OSStatus (*get_default)(void *driver, cm_side side, char uid[CM_DEVICE_TEXT]);

    /* NULL where the user cannot choose it. */
    OSStatus (*set_default)(void *driver, cm_side side, const char *uid);

    /*
     * NULL where there is nothing to set. kAudioHardwareUnsupportedOperationError for one that cannot.
     * Channel 0 is the whole side, with the balance between its channels kept; channels of their own count
     * from 1.
     */
    OSStatus (*set_volume)(void *driver, const char *uid, cm_side side, UInt32 channel, Float32 volume);
    OSStatus (*set_mute)(void *driver, const char *uid, cm_side side, bool mute);
    OSStatus (*set_source)(void *driver, const char *uid, cm_side side, UInt32 source);
    OSStatus (*set_rate)(void *driver, const char *uid, Float64 rate);

    /* Prepares a stream, all its memory with it, and writes into settings what it will be. Silent until
     * started. */
    OSStatus (*io_open)(void *driver, const char *uid, cm_io_settings *settings, void **io);

    /*
     * The first cycle comes after start; may be stopped and started again. When io_stop returns, no cycle is
     * running and none follows; called from inside a cycle it returns at once and the cycle is the last one.
     * Neither waits for a server that is gone.
     */
    OSStatus (*io_start)(void *io);
    OSStatus (*io_stop)(void *io);

    /* Stops if need be. Takes a half-opened stream; never called from inside a cycle. */
    void (*io_close)(void *io);

    /* [any] The device's sample time and host time now. kAudioHardwareNotRunningError before the first cycle.
     */
    OSStatus (*io_time)(void *io, AudioTimeStamp *now);

    /* [any] The latency of a side now. NULL: what io_open wrote into the settings stays true. */
    UInt32 (*io_latency)(void *io, cm_side side);
} cm_driver;

/*
 * [any] What set_volume does to the volumes of a side. Where all are silent there is no balance to keep.
 */
void cm_side_set_volume(cm_device_side *side, UInt32 channel, Float32 volume);

/* The drivers that this engine has, in the order of preference; NULL ends the list. `virtual` is the last. */
extern const cm_driver *const cm_drivers[];

extern const cm_driver cm_driver_pulse, cm_driver_jack, cm_driver_alsa, cm_driver_virtual;

#endif
