/* midi_object.h: what the types of Core MIDI share. */
#ifndef CM_OBJECTS_MIDI_OBJECT_H
#define CM_OBJECTS_MIDI_OBJECT_H

#include "midi_inbox.h"
#include "native.h"

#include <CoreMIDI/CoreMIDI.h>

/* Shows a reference as object_id. */
static inline void cm_midi_set_ref(PyObject *self, MIDIObjectRef ref)
{
    cm_native_set_handle(self, (const void *)(uintptr_t)ref);
}

/* MIDIError; the rest as in cm_raise_object. */
PyObject *cm_midi_fail(PyObject *self, OSStatus status, const char *operation, const char *what);

/*
 * [without the GIL] dispose(ref) on a thread of its own. Inside of a MIDI callback the framework does not
 * wait for callbacks that run; on another thread it does, so that what they use may be freed afterwards. Ours
 * never wait for Python, so this ends.
 */
void cm_midi_dispose(OSStatus (*dispose)(MIDIObjectRef), MIDIObjectRef ref);

/* A new struct sequence type of the module, kept under `which`. */
int cm_midi_add_record(PyObject *module, cm_objects_state *state, cm_kept_object which,
                       PyStructSequence_Desc *description);

/* The str to CFString, for the caller to release; TypeError for other types. */
CFStringRef cm_midi_name(PyObject *value);

#endif
