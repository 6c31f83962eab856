/*
 * output_unit.h: the units that a device drives. output_unit.c is their classes and properties,
 * output_device.c the device they are bound to, output_cycle.c what happens in each of its cycles. All
 * through Apple's HAL functions.
 *
 * Bus 0 goes out: its input scope is the client's side, its output scope the device's. Bus 1 comes in: its
 * input scope is the device's side, its output scope the client's. The device's sides are interleaved native
 * float.
 */
#ifndef CM_UNIT_OUTPUT_UNIT_H
#define CM_UNIT_OUTPUT_UNIT_H

#include "bridge.h"

#include <CoreAudio/AudioHardware.h>

enum { CM_BUS_OUT, CM_BUS_IN, CM_BUSES };

typedef struct cm_output_unit {
    cm_unit *unit;
    AudioObjectPropertySelector follows; /* the default that it is bound to; 0: the client chooses */
    AudioObjectID device;                /* kAudioObjectUnknown: there is none */
    bool was_chosen;                     /* by the client */
    bool client_set[CM_BUSES];           /* the client's side has a format of the client's */
    UInt32 enabled[CM_BUSES];
    UInt32 starts_at_zero;
    SInt32 *maps[CM_BUSES]; /* for each channel that comes out of the bus one that goes in, or -1; or NULL */
    UInt32 map_counts[CM_BUSES];
    Float64 rate; /* Hz, of the device */
    UInt32 channels[CM_BUSES];
    AudioObjectID heard; /* the device whose listeners are set */
    bool is_dead;        /* the device that the client chose is gone */
    AudioDeviceIOProcID proc;
    AudioOutputUnitStartAtTimeParams start_time; /* of the next start; mFlags of its stamp 0: at once */

    AURenderCallbackStruct input_callback; /* changed while the unit is held */
    cm_bridge bridges[CM_BUSES];
    UInt32 piece; /* frames of the device's that are done at once */

    /* Of the cycle that is running; the render thread's. */
    bool in_cycle;
    bool has_zero;          /* `zero` is known */
    Float64 zero;           /* the device's sample time that the client sees as 0 */
    Float64 resume;         /* the client's sample time at which a new device goes on */
    cm_buffers gather;      /* one piece of the device's, where it has several streams */
    const Float32 *input;   /* what the input bridge has not taken of the piece, interleaved */
    UInt32 input_left;      /* frames */
    cm_buffers input_piece; /* lent to the input bridge */
    UInt32 ready, taken;    /* frames of input in the client's format, and what it has fetched */
    Float32 gain;           /* at the end of the last piece */
} cm_output_unit;

/* The row of the one parameter. */
enum { CM_OUTPUT_VOLUME };

/* ---- output_device.c ---- */

/* [control] With the lock. Finds the device that the unit is for, and takes over what that is like. */
OSStatus cm_output_bind(cm_output_unit *o, AudioObjectID device);
AudioObjectID cm_output_wanted_device(const cm_output_unit *o);
void cm_output_unbind(cm_output_unit *o);
bool cm_output_device_has(AudioObjectID device, UInt32 bus);
/* Listens for changes of the default device; removed by unlisten. */
void cm_output_listen(cm_output_unit *o);
void cm_output_unlisten(cm_output_unit *o);
OSStatus cm_output_start_device(cm_output_unit *o);
OSStatus cm_output_stop_device(cm_output_unit *o);
/* The client has chosen. */
OSStatus cm_output_choose(cm_output_unit *o, AudioObjectID device);
/* The class's attend. */
bool cm_output_attend(cm_unit *unit);
/* Seconds between the client and the air. */
Float64 cm_output_latency(cm_unit *unit);

/* ---- output_cycle.c ---- */

/* [control] Held. */
OSStatus cm_output_prepare(cm_output_unit *o);
void cm_output_unprepare(cm_output_unit *o);
void cm_output_reset(cm_unit *unit, AudioUnitScope scope, AudioUnitElement element);
/* The next cycle is the first of a run; resumes: of one that goes on on another device. */
void cm_output_begin(cm_output_unit *o, bool resumes);

/* [render] The IOProc, and the class's render. */
OSStatus cm_output_cycle(AudioObjectID device, const AudioTimeStamp *now, const AudioBufferList *input,
                         const AudioTimeStamp *input_time, AudioBufferList *output,
                         const AudioTimeStamp *output_time, void *client);
OSStatus cm_output_render(cm_unit *unit, const cm_slice *slice, AudioBufferList *list);

#endif
