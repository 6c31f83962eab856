/*
 * hal.h: the tree of audio objects behind <CoreAudio/AudioHardware.h>, shared by the files hal_*.c.
 *
 * Two locks. The control lock (recursive) makes everything exclusive that calls a driver or changes the tree:
 * starting, stopping, setting, refreshing. The tree's lock is a leaf, held for moments around reading or
 * changing the objects' data. Objects are freed under both, so either keeps what it sees alive. A render
 * thread takes neither by itself: what a client asks for from inside an IOProc is noted in atomics and done
 * by the HAL's thread, which also calls the listeners, with no lock held.
 */
#ifndef CM_DEVICE_HAL_H
#define CM_DEVICE_HAL_H

#include "driver.h"
#include "hal_io.h"
#include "hal_property.h"

#include <pthread.h>

enum { CM_MAX_PLUGINS = 4 };

typedef enum { CM_CONTROL_VOLUME, CM_CONTROL_MUTE, CM_CONTROL_SOURCE, CM_CONTROLS } cm_control_kind;

typedef struct cm_listener {
    AudioObjectPropertyAddress address; /* may have wildcards */
    AudioObjectPropertyListenerProc proc;
    void *client;
    struct cm_listener *next;
} cm_listener;

struct cm_object {
    AudioObjectID id; /* never used twice in a process */
    AudioClassID class_id, base_class;
    AudioObjectID owner;
    const cm_property_table *properties;
    cm_listener *listeners;
    void (*destroy)(cm_object *object); /* frees it, called under both locks */
};

/* An open driver. */
typedef struct cm_plugin {
    cm_object object;
    const cm_driver *driver;
    void *instance;
    bool is_overdue; /* it could not tell at the last look what devices it has */
} cm_plugin;

typedef struct cm_device {
    cm_object object;
    cm_plugin *plugin; /* NULL once the driver is closed; then it is not alive either */
    cm_device_description description;
    cm_object *streams[CM_SIDES];
    cm_object *controls[CM_SIDES][CM_CONTROLS];
    cm_object *volumes[CM_SIDES][CM_DEVICE_CHANNELS]; /* the controls of single channels */
    bool alive;
    UInt32 buffer_frames;
    pid_t hog; /* the process that has it to itself, or -1 */
    cm_io_engine io;
} cm_device;

typedef struct cm_stream {
    cm_object object;
    cm_device *device;
    cm_side side;
} cm_stream;

/* The three defaults, in the order of the system object's properties. */
typedef enum { CM_DEFAULT_INPUT, CM_DEFAULT_OUTPUT, CM_DEFAULT_SYSTEM, CM_DEFAULTS } cm_default;

/* ---- hal.c: life ---- */

/* [any] Opens the drivers at the first call in the process. Always succeeds: the virtual driver is there. */
void cm_hal_open(void);

/* [any, but not render] */
void cm_hal_lock(void);
void cm_hal_unlock(void);
void cm_tree_lock(void);
void cm_tree_unlock(void);
/* With the tree's lock held: waits for a condition of it. */
void cm_tree_wait(pthread_cond_t *condition);

/* [any] Something was noted in atomics for the HAL's thread to do. */
void cm_hal_wake(void);

/* [control] Does now what the HAL's thread would do soon, but for calling listeners. */
void cm_hal_catch_up(void);

/*
 * [any] Where no driver opened but the virtual one, and nothing runs on that: tries again, at most once a
 * second. So a server that was started later is found by who asks for devices; nothing polls meanwhile.
 */
void cm_hal_look_again(void);

/* [control] Under the control lock: opens a driver that is there beside the chosen one, unless it is open. */
OSStatus cm_hal_add_driver(const cm_driver *driver);

/* [any] True once the process exits: what runs has been stopped, and no stream begins any more. */
bool cm_hal_is_exiting(void);

/* [any] True on the HAL's own thread. */
bool cm_hal_is_own_thread(void);

/* ---- hal_tree.c: objects. All under the tree's lock ---- */

/* Gives the object its number and puts it in. False when there is no memory. */
bool cm_tree_add(cm_object *object);
/* Takes it out, and frees it. */
void cm_tree_remove(cm_object *object);
/* Takes out and frees everything. */
void cm_tree_clear(void);
/* In a child process: takes out everything and frees nothing. */
void cm_tree_forget(void);
cm_object *cm_tree_find(AudioObjectID id);
/* Steps through all objects in the order of their making; *at starts at 0. */
cm_object *cm_tree_next(size_t *at);
bool cm_object_is_device(const cm_object *object);
/* NULL when the object is not a device. */
cm_device *cm_tree_device(AudioObjectID id);
/* The living device of that uid; plugin NULL: of any. */
cm_device *cm_tree_device_by_uid(const char *uid, const cm_plugin *plugin);

/* ---- hal_notify.c ---- */

/* [any, but not render] Under the tree's lock: tells the listeners later, on the HAL's thread. */
void cm_notify(AudioObjectID object, AudioObjectPropertySelector selector, AudioObjectPropertyScope scope,
               AudioObjectPropertyElement element);
/* On the HAL's thread, with no lock held: calls the listeners of everything that was queued. */
void cm_notify_deliver(void);
/* Under the tree's lock: true while something for this object waits to be delivered. */
bool cm_notify_pending(AudioObjectID object);
/* Under the tree's lock: nobody is told what was queued. */
void cm_notify_forget(void);
void cm_listeners_free(cm_object *object);

/* ---- hal_device.c, hal_stream.c, hal_control.c, hal_levels.c, hal_system.c, hal_plugin.c ---- */

/* Under both locks: a device with its streams and controls, in the tree. NULL when there is no memory. */
cm_device *cm_device_new(cm_plugin *plugin, const cm_device_description *description);
/*
 * [control] Under the control lock: takes over what the driver says now and notifies of what is different. A
 * running stream is started again where it does not fit any more.
 */
void cm_device_update(cm_device *device, const cm_device_description *description);
/* Under both locks: frees the device with all that belongs to it. Its stream was closed. */
void cm_device_remove(cm_device *device);
/* [control] Under the control lock: changes the nominal rate, with the stream interrupted. */
OSStatus cm_device_set_rate(cm_device *device, Float64 rate);
/* Under the tree's lock. NULL when there is no memory. */
cm_object *cm_stream_new(cm_device *device, cm_side side);
/* Channel 0: of the whole side. */
cm_object *cm_control_new(cm_device *device, cm_side side, cm_control_kind kind, UInt32 channel);
/* Under the tree's lock: makes streams, or controls, for what the device has, and removes those of what it
 * has not. */
void cm_device_fit_streams(cm_device *device);
void cm_device_fit_controls(cm_device *device);

/* The format of a side's stream: interleaved native Float32. */
AudioStreamBasicDescription cm_device_format(const cm_device *device, cm_side side);

/* The side that a scope means; the global scope means the output, where there is one. */
cm_side cm_device_side_of(const cm_device *device, AudioObjectPropertyScope scope);

/* For the properties of devices: the device asked, the side that the address means, and what it is like. */
static inline cm_device *cm_query_device(const cm_query *query)
{
    return (cm_device *)query->object;
}

static inline cm_side cm_query_side(const cm_query *query)
{
    return cm_device_side_of(cm_query_device(query), query->address->mScope);
}

static inline const cm_device_side *cm_query_shape(const cm_query *query)
{
    return &cm_query_device(query)->description.side[cm_query_side(query)];
}

/* [control] Under the control lock: 0 .. 1 on the driver's scale, of a channel or, with 0, of the whole side;
 * a mute; the id of a source. */
OSStatus cm_device_set_volume(cm_device *device, cm_side side, UInt32 channel, Float32 volume);
OSStatus cm_device_set_mute(cm_device *device, cm_side side, bool mute);
OSStatus cm_device_set_source(cm_device *device, cm_side side, UInt32 source);
/* Under either lock: NULL when the side has no source of that id. */
const cm_data_source *cm_device_find_source(const cm_device_side *side, UInt32 id);
/* Under either lock: noErr, or why something of a device cannot be set. */
OSStatus cm_device_settable(const cm_device *device, bool driver_can);
/* Whether a channel, counted from 1, has a volume of its own; the volume of a channel that has, or with 0 of
 * the side. */
bool cm_channel_has_volume(const cm_device_side *side, UInt32 channel);
static inline Float32 cm_side_volume(const cm_device_side *side, UInt32 channel)
{
    return channel ? side->volumes[channel - 1] : side->volume;
}
Float32 cm_volume_to_decibels(Float32 volume);
Float32 cm_volume_from_decibels(Float32 decibels);
enum { CM_QUIETEST = -96, CM_LOUDEST = 0 }; /* dB; what is quieter is silence */

/* Under the tree's lock: tells the listeners of device and controls of what differs from `old`. */
void cm_device_notify_levels(const cm_device *device, const cm_device_description *old);

extern const cm_property_table cm_system_properties, cm_plugin_properties, cm_device_properties,
    cm_level_properties, cm_source_properties, cm_stream_properties;

/* ---- hal_process.c, all under the tree's lock ---- */

/* Puts this process into the tree; the number it got there. */
void cm_process_add(void);
AudioObjectID cm_process_id(void);
/* A device was started or stopped. */
void cm_process_notify(void);

/* [control] */
AudioObjectID cm_hal_default(cm_default which);
OSStatus cm_hal_set_default(cm_default which, AudioObjectID device);
/* Under the tree's lock. */
const cm_plugin *cm_hal_plugin(size_t index);

static inline AudioObjectPropertyScope cm_scope_of(cm_side side)
{
    return side == CM_INPUT ? kAudioObjectPropertyScopeInput : kAudioObjectPropertyScopeOutput;
}

#endif
