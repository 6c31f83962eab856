/*
 * aggregate.h: several devices as one. An aggregate is a device of an internal driver, whose streams are made
 * of IOProcs on its sub-devices: the main one's runs the cycle, the others write to and read from drift
 * lines. The channels of all active sub-devices, in order, are the channels of the aggregate's one stream on
 * each side; a stacked aggregate plays the same channels on all of them.
 */
#ifndef CM_DEVICE_AGGREGATE_H
#define CM_DEVICE_AGGREGATE_H

#include "drift_line.h"
#include "hal.h"

#include <CoreFoundation/CoreFoundation.h>

enum { CM_MAX_SUB_DEVICES = 16 };

typedef struct cm_sub_device {
    char uid[CM_DEVICE_TEXT];
    bool drift;     /* compensated, where it is not the main one */
    UInt32 quality; /* 0 .. 127 */
    cm_object *object;
} cm_sub_device;

/* Written under both locks, read under either. */
typedef struct cm_aggregate {
    char uid[CM_DEVICE_TEXT], name[CM_DEVICE_TEXT];
    char main[CM_DEVICE_TEXT]; /* uid; "": the first active one */
    bool is_stacked;
    CFDictionaryRef composition; /* as it was given */
    UInt32 count;
    cm_sub_device subs[CM_MAX_SUB_DEVICES];
    struct cm_aggregate_io *io;
    struct cm_aggregate *next;
} cm_aggregate;

extern const cm_driver cm_driver_aggregate;
extern const cm_property_table cm_aggregate_properties;

/* Under either lock. NULL when there is none. */
cm_aggregate *cm_aggregate_find(const char *uid);

/* Under either lock: the living device, or NULL. An aggregate in an aggregate does not count. */
cm_device *cm_sub_device_find(const cm_sub_device *sub);
/* Under either lock: the device whose clock counts; NULL when no sub-device is there. */
cm_device *cm_aggregate_main(const cm_aggregate *aggregate);

/* Under the tree's lock: the objects of the sub-devices, which belong to the aggregate's. */
void cm_aggregate_fit_objects(cm_aggregate *aggregate, AudioObjectID owner);
void cm_aggregate_remove_objects(cm_aggregate *aggregate);

/* ---- aggregate_io.c ---- */

OSStatus cm_aggregate_io_open(void *driver, const char *uid, cm_io_settings *settings, void **io);
OSStatus cm_aggregate_io_start(void *io);
OSStatus cm_aggregate_io_stop(void *io);
void cm_aggregate_io_close(void *io);
OSStatus cm_aggregate_io_time(void *io, AudioTimeStamp *now);

/* Under the control lock: false when a device that the stream is made of has gone. */
bool cm_aggregate_io_is_whole(const struct cm_aggregate_io *io);
/* Under the control lock: the host is told that the stream is lost. */
void cm_aggregate_io_lose(struct cm_aggregate_io *io);

#endif
