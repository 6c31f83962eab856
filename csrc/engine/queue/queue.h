/*
 * queue.h: an AudioQueue from the inside.
 *
 * Three threads meet in a queue: clients (any number), the queue's worker, which decodes or encodes, and its
 * notifier, which calls the client back. The device's thread touches only `playout` (or the input ring).
 *
 * Two locks, taken in this order: `work` is held by who changes or runs the pipeline and the device: the
 * worker, and the client in start, stop and the like. `lock` guards lists and states, for moments only. No
 * client code runs under `lock`; under `work` only a processing tap does, and what it asks of the pipeline
 * waits until it has returned.
 */
#ifndef CM_QUEUE_QUEUE_H
#define CM_QUEUE_QUEUE_H

#include "../base/handle.h"
#include "../base/lock.h"
#include "../base/status.h"
#include "device.h"
#include "notify.h"
#include "playout.h"

#include <AudioToolbox/AudioConverter.h>
#include <AudioToolbox/AudioQueue.h>
#include <semaphore.h>
#include <sys/types.h>

typedef struct cm_queue cm_queue;

typedef enum {
    CM_BUFFER_IDLE,    /* the client's */
    CM_BUFFER_QUEUED,  /* in line, being decoded, played or filled */
    CM_BUFFER_RETURNED /* waits for its callback */
} cm_buffer_state;

typedef enum { CM_ITEM_BUFFER, CM_ITEM_FLUSH, CM_ITEM_STOP } cm_item_kind;

/* What waits in line. */
typedef struct cm_item {
    cm_item_kind kind;
    struct cm_item *next;
} cm_item;

/* A buffer, and beside what the client sees of it what the client cannot spoil. */
typedef struct cm_buffer {
    AudioQueueBuffer shown;
    cm_item item;
    cm_buffer_state state; /* under `lock`, as `order` */
    UInt64 order;          /* of enqueueing */
    UInt8 *data;
    UInt32 capacity;                                  /* bytes */
    AudioStreamPacketDescription *shown_descriptions; /* those of `shown` */
    UInt32 shown_capacity;

    /* As enqueued. For an input queue: as filled. */
    UInt32 bytes, packets;
    AudioStreamPacketDescription *descriptions;
    UInt32 description_capacity;
    UInt32 trim_start, trim_end; /* frames */
    UInt64 frames;               /* that the packets decode to; 0: not known */
    AudioQueueParameterEvent *parameters;
    UInt32 parameter_count;
    AudioTimeStamp start;   /* mFlags 0: behind what was before; input: when it was heard */
    struct cm_buffer *next; /* of all */
} cm_buffer;

typedef enum { CM_STOPPED, CM_RUNNING, CM_PAUSED } cm_run_state;

typedef struct cm_timeline {
    AudioQueueTimelineRef self;
    uint64_t seen; /* discontinuities */
    struct cm_timeline *next;
} cm_timeline;

struct cm_queue {
    AudioQueueRef self;
    pid_t process; /* where its threads are: in a child after fork() there is nothing but its memory */
    bool is_input;
    AudioStreamBasicDescription format; /* the client's, completed */
    UInt32 planes;                      /* that lie one behind the other in a buffer; 1: interleaved */
    AudioQueueOutputCallback output_callback;
    AudioQueueInputCallback input_callback;
    void *user;
    const void *block;      /* a copy, which is then `user`; NULL: none */
    _Atomic int references; /* the handle's, each thread's */

    pthread_mutex_t work, lock;
    cm_run_state state; /* written under both */
    bool is_stopping;   /* stops when drained; as `state` */
    bool is_disposing;  /* refuses all calls; as `state` */
    bool is_closed;     /* as `state` */
    bool is_resetting;  /* enqueueing is refused; as `state` */
    bool is_pulling;    /* the pipeline is in use up the stack of the thread that holds `work` */
    bool wants_stop, wants_reset, wants_dispose, wants_pause; /* came from a tap, under `work` */

    cm_buffer *buffers;     /* all, under `lock`; as the rest of this paragraph */
    cm_item *first, **last; /* the line */
    UInt64 order;           /* of the last buffer enqueued */
    UInt64 frames_enqueued; /* since the start, as far as known */
    bool knows_frames;      /* frames_enqueued is true */
    cm_timeline *timelines;

    cm_notifier notifier;
    cm_queue_device device; /* under `work` */
    cm_playout playout;
    struct cm_pipeline *pipeline; /* output: under `work` */
    struct cm_recorder *recorder; /* input: under `work` */
    struct cm_tap *tap;           /* under `work` */

    /* Settings, under `lock`. */
    CFStringRef device_uid; /* NULL: the default device */
    void *cookie;
    UInt32 cookie_size;
    AudioChannelLayout *layout;
    UInt32 layout_size;
    SInt32 *assignments; /* a channel of the device for each of the queue, -1: none; NULL: as usual */
    UInt32 decode_frames;
    bool speed_enabled, speed_bypassed;
    UInt32 speed_algorithm; /* of the time pitch ones */
    OSStatus converter_error;
    bool offline;
    bool has_drained;     /* stopped by itself, after all that was enqueued */
    Float64 offline_time; /* of the next frame, unless the client says */
    AudioStreamBasicDescription offline_format;
    AudioChannelLayout *offline_layout;

    /* The worker. */
    pthread_t worker;
    bool has_worker;
    sem_t wake;
    atomic_bool is_woken;
    atomic_bool device_changed; /* by a listener of the HAL's */
    bool is_homeless; /* its device went and there is no other yet; under `work`, as `homeless_since` */
    UInt64 homeless_since;
    atomic_bool must_end;
    atomic_bool is_leaving; /* the device is being stopped: its thread must not wait for anything */
    _Atomic uint32_t busy;  /* the worker is at work */
    _Atomic uint32_t wakes; /* ever */
};

/* ---- queue.c ---- */

/* [any] The queue of a handle, pinned; NULL, with *status the error to return, for one that cannot be used.
 */
cm_queue *cm_queue_pin(AudioQueueRef handle, OSStatus *status);
void cm_queue_unpin(cm_queue *q);

/* Zeroed memory for a struct with rings in it, which want cache lines of their own. */
void *cm_queue_new_aligned(size_t size);

void cm_queue_retain(cm_queue *q);
void cm_queue_release(cm_queue *q);

/* [control, no lock held] Ends the queue; it is freed when all threads have left it. */
void cm_queue_close(cm_queue *q);

/* [any] True on the worker's own thread: what it wants of the pipeline has to wait. */
bool cm_queue_is_worker(const cm_queue *q);

/* ---- worker.c ---- */

/* [`work` held] Starts the thread if there is none. */
OSStatus cm_queue_start_worker(cm_queue *q);
void *cm_queue_worker(void *queue);
/* [any, render] */
void cm_queue_wake(cm_queue *q);
/* [`work` held] Takes what rendering has passed; decodes ahead. */
void cm_queue_work(cm_queue *q);
/* [`work` held] What a tap asked for while the pipeline was in use. */
void cm_queue_catch_up(cm_queue *q);

/* ---- buffers.c ---- */

/* [`lock` held] The queue's own buffer, or NULL. */
cm_buffer *cm_queue_find_buffer(cm_queue *q, AudioQueueBufferRef buffer);
void cm_queue_free_buffers(cm_queue *q);
/* [any] The first in line, taken out; NULL. */
cm_item *cm_queue_next_item(cm_queue *q);
/* The buffer of an item of that kind. */
cm_buffer *cm_queue_buffer_of(cm_item *item);
OSStatus cm_queue_add_control(cm_queue *q, cm_item_kind kind);
/* [any] Empties the line; buffers in any state but IDLE go back to the client. */
void cm_queue_return_all(cm_queue *q);
/* [any] One buffer goes back. */
void cm_queue_return(cm_queue *q, cm_buffer *buffer);

/* ---- parameters.c ---- */

/* [any] Brings the value into its range. */
OSStatus cm_queue_check_parameter(AudioQueueParameterID id, AudioQueueParameterValue *value);

/* ---- control.c ---- */

/* [`work` held] */
OSStatus cm_queue_open_device(cm_queue *q);
OSStatus cm_queue_stop_now(cm_queue *q);
OSStatus cm_queue_reset_now(cm_queue *q);
OSStatus cm_queue_pause_now(cm_queue *q);
/* The device went away or another became the default. */
void cm_queue_follow_device(cm_queue *q);
void cm_queue_set_state(cm_queue *q, cm_run_state state);

/* ---- matrix.c ---- */

/* [`work` held] Tells render what the device (or the offline client) takes. */
OSStatus cm_queue_set_output(cm_queue *q, Float64 rate, UInt32 channels, const AudioChannelLayout *layout);

#endif
