/*
 * midi_inlet.h: what arrives at an input port or a virtual destination, for Python to fetch or to be called
 * with.
 *
 * An inlet is known to the framework by a number (the refCon of its read procedure), so that a packet that
 * arrives while the port is disposed of finds nothing instead of freed memory. Without a callback packets
 * wait in a queue of CM_INLET_MAX_BYTES; what finds it full is counted. Functions that take or give PyObject
 * want the GIL.
 */
#ifndef CM_COMMON_MIDI_INLET_H
#define CM_COMMON_MIDI_INLET_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <CoreMIDI/CoreMIDI.h>
#include <stdbool.h>

enum { CM_INLET_MAX_BYTES = 4 * 1024 * 1024 };

/*
 * A new inlet; its refCon, NULL when there is no memory. callbacks: a dict that outlives every inlet (the
 * module's), which holds their callables.
 */
void *cm_inlet_new(PyObject *callbacks);

/* The read procedure of every inlet. [any thread] */
void cm_inlet_read(const MIDIPacketList *list, void *ref_con, void *connection);

/* The inlet now belongs to this port or endpoint of this client. */
void cm_inlet_attach(void *ref_con, MIDIObjectRef object, MIDIClientRef client);

/* Ends the inlets of an object, or of all objects of a client. */
void cm_inlet_close(void *ref_con);
void cm_inlet_close_object(MIDIObjectRef object);
void cm_inlet_close_client(MIDIClientRef client);

/*
 * All that waits, as a list of (timestamp, bytes), after waiting up to timeout seconds for the first. NULL
 * with LookupError when the object has no inlet, or another exception.
 */
PyObject *cm_inlet_fetch(MIDIObjectRef object, double timeout);

/* Packets that were lost because the queue was full, -1 with LookupError. */
int64_t cm_inlet_dropped(MIDIObjectRef object);

/* From now on callable(timestamp, bytes) gets each packet; None: the queue again. 0, or -1 with an exception.
 */
int cm_inlet_set_callback(MIDIObjectRef object, PyObject *callable);

#endif
