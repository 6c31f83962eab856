/* CoreMIDI/CoreMIDI.h: umbrella header. */
#ifndef CoreMIDI_CoreMIDI_h
#define CoreMIDI_CoreMIDI_h

#include <CoreMIDI/MIDIDriver.h>
#include <CoreMIDI/MIDIMessages.h>
#include <CoreMIDI/MIDIServices.h>
#include <CoreMIDI/MIDISetup.h>
#include <CoreMIDI/MIDIThruConnection.h>

#endif
