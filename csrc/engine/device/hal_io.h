/*
 * hal_io.h: the IOProcs of one device and the driver's stream that calls them.
 *
 * The list of IOProcs is a snapshot behind an atomic pointer; whether one is called is a flag of its own. So
 * a cycle takes no lock, and stopping means: clear the flag, wait until no cycle can have seen it set.
 */
#ifndef CM_DEVICE_HAL_IO_H
#define CM_DEVICE_HAL_IO_H

#include "base/grace.h"
#include "driver.h"
#include "hal_history.h"

#include <CoreAudio/AudioHardware.h>

struct cm_device;

typedef struct cm_io_proc {
    AudioDeviceIOProc proc;
    void *client;
    void (*free_client)(void *client); /* or NULL */
    AudioDeviceIOProcID id;
    AudioObjectID device;
    _Atomic bool enabled;
    _Atomic bool dying;           /* destroyed from inside a cycle: the HAL's thread frees it */
    _Atomic Float64 start;        /* device sample time before which it is not called */
    _Atomic UInt64 start_host;    /* host time before which it is not called */
    _Atomic bool start_is_input;  /* they are times of the input */
    _Atomic bool muted[CM_SIDES]; /* kAudioDevicePropertyIOProcStreamUsage: it gets no buffer */
} cm_io_proc;

typedef struct cm_io_list {
    size_t count;
    cm_io_proc *procs[];
} cm_io_list;

typedef struct cm_io_engine {
    cm_grace grace;
    _Atomic(cm_io_list *) list; /* replaced under the control lock */
    _Atomic bool held;          /* AudioDeviceStart with no IOProc */
    _Atomic bool lost;          /* CM_IO_LOST came */
    _Atomic bool changed;       /* something for the HAL's thread: see cm_hal_io_attend */
    _Atomic UInt32 overloads;
    _Atomic bool delayed;           /* CM_IO_LATENCY came */
    _Atomic Float32 usage;          /* the share of a cycle that IOProcs may take; 1: no check */
    _Atomic Float64 next[CM_SIDES]; /* the first sample of the next cycle */

    void *stream; /* the driver's, while running; set under both locks */
    cm_io_settings settings;
    Float32 *scratch;                        /* one cycle of output, for every IOProc but the first */
    struct AudioBufferList *lists[CM_SIDES]; /* handed to IOProcs */
    cm_history heard;                        /* lives as long as the stream is published */
} cm_io_engine;

/* [control] Begins, before anything else here is called. False when there is no memory. */
bool cm_hal_io_init(cm_io_engine *io);

/* [control] The driver's stream is closed; frees everything, IOProcs that were never destroyed too. */
void cm_hal_io_free(struct cm_device *device);

/*
 * [control] Under the control lock: opens and starts the driver's stream if an IOProc wants it and there is
 * none, or stops and closes it when none does.
 */
OSStatus cm_hal_io_settle(struct cm_device *device);

/* [control] Under the control lock: closes the stream, for a change of what it was opened with;
 * cm_hal_io_settle opens it again. */
void cm_hal_io_close(struct cm_device *device);

/* [control] Under the control lock, on the HAL's thread: does what was asked for from inside cycles. True
 * when the device was lost. */
bool cm_hal_io_attend(struct cm_device *device);

/* [control] Under the control lock: no IOProc of a dead device is called again. */
void cm_hal_io_disable(struct cm_device *device);

/* [any] Under the control lock: the device's IOProc of that id, or NULL. */
cm_io_proc *cm_hal_io_find(const struct cm_device *device, const void *id);

/* [control] AudioDeviceCreateIOProcID, with what ends the client data when the IOProc is freed, or NULL. */
OSStatus cm_hal_new_io_proc(AudioObjectID device_id, AudioDeviceIOProc called, void *client,
                            void (*free_client)(void *client), AudioDeviceIOProcID *out);

/* [any] The id of what AudioDeviceAddIOProc added, or NULL. In hal_deprecated.c. */
AudioDeviceIOProcID cm_hal_added_proc(AudioObjectID device, AudioDeviceIOProc proc);

/* [control] AudioDeviceStart with the time that the IOProc has in `from`, or at once when that is NULL. */
OSStatus cm_hal_io_start(AudioObjectID device, AudioDeviceIOProcID id, const AudioTimeStamp *from,
                         bool is_input);

/* Under either lock. */
bool cm_hal_io_is_running(const struct cm_device *device);
/* Frames, of the stream where it runs. */
UInt32 cm_hal_io_latency(const struct cm_device *device, cm_side side);
size_t cm_hal_io_count(const struct cm_device *device);

#endif
