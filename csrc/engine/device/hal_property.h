/*
 * hal_property.h: the properties of a kind of audio object as a table. The dispatcher (hal_property.c) finds
 * the line, checks scope, element and size, and calls the line's function; lists of the same kind of object
 * chain up to what all objects have.
 */
#ifndef CM_DEVICE_HAL_PROPERTY_H
#define CM_DEVICE_HAL_PROPERTY_H

#include "base/status.h"

#include <CoreAudio/AudioHardware.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct cm_object cm_object;

typedef struct cm_query {
    cm_object *object;
    const AudioObjectPropertyAddress *address;
    UInt32 qualifier_size;
    const void *qualifier;
} cm_query;

/* Where a value goes. Without data only its size is wanted. */
typedef struct cm_reply {
    UInt8 *data;
    UInt32 room;
    UInt32 size;
    bool cut; /* something did not fit */
} cm_reply;

/* One item or the whole value; what does not fit is left out. */
void cm_reply_put(cm_reply *reply, const void *bytes, UInt32 size);

/* Puts a new CFString of UTF-8 text, which the caller of the property then owns. */
OSStatus cm_reply_text(cm_reply *reply, const char *text);

/* A number, of the property's fixed size. */
OSStatus cm_reply_u32(cm_reply *reply, UInt32 value);
OSStatus cm_reply_f32(cm_reply *reply, Float32 value);
OSStatus cm_reply_f64(cm_reply *reply, Float64 value);

enum {
    CM_IN_GLOBAL = 1,
    CM_IN_INPUT = 2,
    CM_IN_OUTPUT = 4,
    CM_IN_SIDES = CM_IN_INPUT | CM_IN_OUTPUT,
    CM_IN_ALL = CM_IN_GLOBAL | CM_IN_SIDES,
    CM_OF_CHANNELS = 8, /* elements other than the main one may have it too: has() says which */
};

typedef struct cm_property {
    AudioObjectPropertySelector selector;
    UInt32 where; /* CM_IN_... */
    UInt32 size;  /* bytes of the value; 0: a list, or a value whose size varies */
    bool list;    /* a shorter buffer gets the first items instead of an error */

    /* Called under the tree's lock: puts the value. */
    OSStatus (*get)(const cm_query *query, cm_reply *reply);

    /* Called under the control lock and without the tree's; size was checked where it is fixed. NULL: cannot
     * be set. */
    OSStatus (*set)(const cm_query *query, UInt32 size, const void *data);

    /* Under the tree's lock: whether this object has it here, and whether it can be set now. NULL: yes. */
    bool (*has)(const cm_query *query);
    bool (*settable)(const cm_query *query);
} cm_property;

typedef struct cm_property_table {
    const cm_property *properties;
    size_t count;
    const struct cm_property_table *base;
} cm_property_table;

#define CM_PROPERTY_TABLE(list, base_table)                                                                  \
    {                                                                                                        \
        .properties = (list), .count = sizeof(list) / sizeof *(list), .base = (base_table)                   \
    }

/* What every object has: class, owner, owned objects. */
extern const cm_property_table cm_object_properties;

#endif
