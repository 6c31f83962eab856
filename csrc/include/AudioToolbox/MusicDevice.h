/* AudioToolbox/MusicDevice.h: notes and MIDI for instrument units. */
#ifndef AudioToolbox_MusicDevice_h
#define AudioToolbox_MusicDevice_h

#include <AudioToolbox/AUComponent.h>

typedef UInt32 MusicDeviceInstrumentID;
typedef UInt32 MusicDeviceGroupID;
typedef UInt32 NoteInstanceID;
typedef AudioComponentInstance MusicDeviceComponent;

enum {
    kMusicDeviceRange = 256,
    kMusicDeviceMIDIEventSelect = 257,
    kMusicDeviceSysExSelect = 258,
    kMusicDevicePrepareInstrumentSelect = 259,
    kMusicDeviceReleaseInstrumentSelect = 260,
    kMusicDeviceStartNoteSelect = 261,
    kMusicDeviceStopNoteSelect = 262,
    kMusicDeviceMIDIEventListSelect = 263
};

enum { kMusicNoteEvent_UseGroupInstrument = 0xFFFFFFFFU, kMusicNoteEvent_Unused = 0xFFFFFFFFU };

#endif
