/*
 * discovery.h: virtual endpoints that answer when they are asked what they are: a destination, which hears
 * the questions of UMP 1.1, and a source of the same client, which says the answers, are one UMP endpoint
 * then.
 */
#ifndef CM_MIDI_DISCOVERY_H
#define CM_MIDI_DISCOVERY_H

#include "midi/server.h"

/* [inside the destination's receiver] Answers the questions among a batch's messages. */
void cm_midi_discovery_answer(cm_midi_endpoint *destination, const cm_midi_batch *batch);

/* [lock not held] A property was changed: says so where it is one that is asked for. */
void cm_midi_discovery_follow(cm_midi_object *object, CFStringRef key);

#endif
