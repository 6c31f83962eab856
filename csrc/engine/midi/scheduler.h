/*
 * scheduler.h: packets for later, and the one thread that delivers them at their time.
 *
 * Packets go in the order of their times, those of the same time in the order of sending.
 */
#ifndef CM_MIDI_SCHEDULER_H
#define CM_MIDI_SCHEDULER_H

#include "midi/server.h"

/*
 * [any, render] True when something for this destination is on its way or due at `time`, so that a message of
 * that time must queue behind it. Takes no lock when nothing is scheduled for the destination.
 */
bool cm_midi_schedule_is_due(cm_midi_endpoint *destination, UInt64 time);

/* [any, not render] Puts each packet of a batch in. kMIDIMessageSendErr, counted, when 64 MiB wait already.
 */
OSStatus cm_midi_schedule(cm_midi_endpoint *destination, const cm_midi_batch *batch);

/* [any] Forgets what waits for one destination, or for all when NULL; returns how many packets. */
size_t cm_midi_unschedule(cm_midi_endpoint *destination);

#endif
