/* plug_in.h: drivers written by others against MIDIDriverInterface, and their devices. */
#ifndef CM_MIDI_PLUG_IN_H
#define CM_MIDI_PLUG_IN_H

#include "midi/server.h"

/* [any] What runs a registered driver's endpoints; paramErr for one that is not registered. */
OSStatus cm_midi_driver_backend(MIDIDriverRef driver, const cm_midi_backend **backend);
/* [any] A registered driver's name, the caller's to release; NULL for no driver. */
CFStringRef cm_midi_driver_copy_name(MIDIDriverRef driver);

/* More than 0 while a driver wants to see what goes to destinations. */
extern _Atomic unsigned cm_midi_monitors;
/* [inside the destination's receiver] Shows it to them. */
void cm_midi_monitor(cm_midi_endpoint *destination, const cm_midi_batch *batch);

#endif
