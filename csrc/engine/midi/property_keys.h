/* property_keys.h: what type the known properties have. */
#ifndef CM_MIDI_PROPERTY_KEYS_H
#define CM_MIDI_PROPERTY_KEYS_H

#include <CoreMIDI/MIDIServices.h>

enum { CM_MIDI_INTEGER = 1, CM_MIDI_STRING = 2, CM_MIDI_DATA = 4, CM_MIDI_DICTIONARY = 8 };

/* [any] The types that a property may have; all of them for names of the client's own. */
unsigned cm_midi_property_types(CFStringRef key);

#endif
