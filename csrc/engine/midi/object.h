/*
 * object.h: the table behind MIDIObjectRef, and what every MIDI object begins with.
 *
 * A reference is slot index and generation, so a stale or invented one finds nothing. Objects are pinned
 * while they are used: a disposed object leaves the table at once and is freed when its last pin goes.
 */
#ifndef CM_MIDI_OBJECT_H
#define CM_MIDI_OBJECT_H

#include "base/status.h"

#include <CoreMIDI/MIDIServices.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum {
    CM_MIDI_NONE,
    CM_MIDI_CLIENT,
    CM_MIDI_INPUT_PORT,
    CM_MIDI_OUTPUT_PORT,
    CM_MIDI_DEVICE,
    CM_MIDI_ENTITY,
    CM_MIDI_SOURCE,
    CM_MIDI_DESTINATION,
    CM_MIDI_SETUP,
    CM_MIDI_DEVICE_LIST,
    CM_MIDI_THRU,
    CM_MIDI_KIND_COUNT
} cm_midi_kind;

#define CM_MIDI_IS(kind) (1u << (kind))
#define CM_MIDI_ENDPOINTS (CM_MIDI_IS(CM_MIDI_SOURCE) | CM_MIDI_IS(CM_MIDI_DESTINATION))
#define CM_MIDI_TREE (CM_MIDI_ENDPOINTS | CM_MIDI_IS(CM_MIDI_DEVICE) | CM_MIDI_IS(CM_MIDI_ENTITY))
#define CM_MIDI_ANY (~0u)

typedef struct cm_midi_object cm_midi_object;

/* Every object starts with one of these. All but ref, kind and destroy is guarded by the server's lock. */
struct cm_midi_object {
    MIDIObjectRef ref;
    cm_midi_kind kind;
    void (*destroy)(cm_midi_object *object); /* frees the object; runs without the lock */
    cm_midi_object *parent;                  /* not retained; NULL once it was taken out of its parent */
    CFMutableDictionaryRef properties;       /* owned; made when the first is set */
    MIDIUniqueID unique_id;                  /* 0 for kinds that have none, and while it cannot be found */
    bool external;                           /* a device, entity or endpoint of the External types */
    bool hidden;                             /* kMIDIPropertyPrivate is set */
    bool offline;                            /* kMIDIPropertyOffline is set */
};

/* Objects in order; the pointers are retained. Guarded by the server's lock. */
typedef struct cm_midi_list {
    cm_midi_object **at;
    size_t count, capacity;
} cm_midi_list;

/*
 * [any] A zeroed object of size bytes, pinned once for whoever owns it. NULL when there is no memory. It has
 * a reference, which finds it after cm_midi_publish.
 */
void *cm_midi_new(cm_midi_kind kind, size_t size, void (*destroy)(cm_midi_object *object));

/* [any] From now on the object can be found. Once. */
void cm_midi_publish(void *object);

/* [any, render] The object, pinned; NULL when ref is not a live one of these kinds (CM_MIDI_IS). Lock-free.
 */
void *cm_midi_pin(MIDIObjectRef ref, unsigned kinds);

/* [any, render] Whether ref is a live one of this kind. */
bool cm_midi_is_live(MIDIObjectRef ref, cm_midi_kind kind);

/* [any, render] One more pin on an object that is pinned already. */
void cm_midi_retain(void *object);

/* [any, render unless it is the last] Ends a pin; the last one frees the object. NULL is allowed. */
void cm_midi_release(void *object);

/*
 * [any] Makes the reference stale and ends the owner's pin. False when it was stale already, so that of two
 * racing disposals one succeeds.
 */
bool cm_midi_retire(void *object);

/* [any] Objects of a kind that are not freed yet; for leak tests. */
size_t cm_midi_count(cm_midi_kind kind);

/* Appends and retains; false when there is no memory. */
bool cm_midi_list_add(cm_midi_list *list, void *object);
/* Takes an object out and releases it; false when it is not in the list. */
bool cm_midi_list_remove(cm_midi_list *list, const void *object);
/* Releases all and frees the list's memory. */
void cm_midi_list_free(cm_midi_list *list);

#endif
