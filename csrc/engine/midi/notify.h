/*
 * notify.h: telling clients what changed, on one thread of the server, in order.
 *
 * All functions are [any, not render] and may be called with the server's lock held: they only queue.
 */
#ifndef CM_MIDI_NOTIFY_H
#define CM_MIDI_NOTIFY_H

#include "midi/server.h"

/* The number of the last event: a client that begins now is not told of it, nor of those before. */
uint64_t cm_midi_notify_last(void);
/* An object came or went. Say cm_midi_notify_setup() when a change is complete. */
void cm_midi_notify_object(bool added, const cm_midi_object *parent, const cm_midi_object *child);
/* The setup changed. Of several that wait, only the last is told. */
void cm_midi_notify_setup(void);
void cm_midi_notify_property(const cm_midi_object *object, CFStringRef key);
/* kMIDIMsgThruConnectionsChanged or kMIDIMsgSerialPortOwnerChanged. */
void cm_midi_notify_plain(MIDINotificationMessageID message);

/*
 * [lock not held] Returns when client's notify procedure is not running, unless this thread is inside of a
 * MIDI callback.
 */
void cm_midi_notify_wait(void);

#endif
