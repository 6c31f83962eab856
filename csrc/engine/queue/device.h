/*
 * device.h: a queue's hold on a device of the HAL: finds it, gives it an IOProc, and hears when it changes.
 * Functions are [control]; one caller at a time.
 */
#ifndef CM_QUEUE_DEVICE_H
#define CM_QUEUE_DEVICE_H

#include "../base/status.h"

#include <AudioToolbox/AudioQueue.h>
#include <CoreAudio/AudioHardware.h>
#include <stdatomic.h>
#include <stdbool.h>

typedef struct cm_queue_device {
    AudioObjectID id; /* kAudioObjectUnknown: none is open */
    bool is_input;
    bool is_running;
    Float64 rate;    /* Hz */
    UInt32 channels; /* of the side, in all its streams */
    UInt32 buffer_frames;
    bool is_virtual;
    atomic_bool is_by_hand; /* a virtual device whose clock the user moves */
    AudioDeviceIOProcID proc;
    AudioQueueRef queue;  /* for the listeners */
    bool follows_default; /* listens to the choice of the default device */
} cm_queue_device;

/*
 * Opens the device with that UID, or the default one; its listeners mark the queue's device as changed.
 * kAudioQueueErr_InvalidDevice where there is none, or none with that side.
 */
OSStatus cm_queue_device_open(cm_queue_device *d, AudioQueueRef queue, bool is_input, CFStringRef uid,
                              AudioDeviceIOProc proc, void *context);
/* When it returns, the IOProc is not running and will not. */
void cm_queue_device_close(cm_queue_device *d);

OSStatus cm_queue_device_start(cm_queue_device *d);
void cm_queue_device_stop(cm_queue_device *d);

/* False when it is gone, when another one is now the default that it follows, or when its rate is another. */
bool cm_queue_device_is_current(const cm_queue_device *d);

/* The stream layout of the side, or NULL; the caller's to free. */
AudioChannelLayout *cm_queue_device_new_layout(const cm_queue_device *d);

/* [any] Looks again at who moves the clock. */
void cm_queue_device_watch_clock(cm_queue_device *d);

/* The UID of the default device, the caller's; NULL where there is none. */
CFStringRef cm_queue_device_copy_default_uid(bool is_input);

/* The device with that UID; kAudioObjectUnknown for none. */
AudioObjectID cm_queue_device_find(CFStringRef uid);

#endif
