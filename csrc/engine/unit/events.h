/*
 * events.h: what is to happen within a slice: parameter changes, ramps, MIDI. Any number of threads put
 * events in, the render thread takes them out; nobody waits or allocates.
 */
#ifndef CM_UNIT_EVENTS_H
#define CM_UNIT_EVENTS_H

#include "../base/status.h"

#include <stdatomic.h>
#include <stdbool.h>

enum { CM_EVENTS = 1024 }; /* a power of two */

typedef enum { CM_EVENT_SET, CM_EVENT_RAMP, CM_EVENT_MIDI } cm_event_type;

typedef struct cm_event {
    cm_event_type type;
    SInt32 offset; /* frames from the start of the next slice */
    union {
        struct {
            UInt32 scope, element, index; /* of the class's parameter table */
            Float32 start, end;           /* CM_EVENT_SET: just end */
            UInt32 frames;
        } parameter;
        UInt8 midi[3];
    };
} cm_event;

/* A bounded queue after D. Vyukov: a slot's turn says whose it is. */
typedef struct cm_event_queue {
    struct {
        _Atomic UInt64 turn;
        cm_event event;
    } slots[CM_EVENTS];
    _Alignas(64) _Atomic UInt64 head;
    _Alignas(64) _Atomic UInt64 tail;
} cm_event_queue;

/* [control] */
void cm_events_init(cm_event_queue *queue);

/* [any, render] False when it is full. */
bool cm_events_put(cm_event_queue *queue, const cm_event *event);

/* [render] False when it is empty. One thread at a time. */
bool cm_events_take(cm_event_queue *queue, cm_event *event);

#endif
