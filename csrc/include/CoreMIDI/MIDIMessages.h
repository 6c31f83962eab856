/* CoreMIDI/MIDIMessages.h: Universal MIDI Packets. */
#ifndef CoreMIDI_MIDIMessages_h
#define CoreMIDI_MIDIMessages_h

#include <CoreAudioTypes/CoreAudioTypes.h>

typedef unsigned int MIDIMessageType;
typedef unsigned int MIDICVStatus;
typedef unsigned int MIDISystemStatus;
typedef unsigned int MIDISysExStatus;
typedef unsigned int MIDIUtilityStatus;
typedef UInt8 MIDINoteAttribute;
typedef UInt8 MIDIProgramChangeOptions;
typedef UInt8 MIDIPerNoteManagementOptions;
typedef UInt32 MIDIMessage_32;

enum {
    kMIDIMessageTypeUtility = 0,
    kMIDIMessageTypeSystem = 1,
    kMIDIMessageTypeChannelVoice1 = 2,
    kMIDIMessageTypeSysEx = 3,
    kMIDIMessageTypeChannelVoice2 = 4,
    kMIDIMessageTypeData128 = 5,
    kMIDIMessageTypeUnknownF = 15,

    kMIDICVStatusNoteOff = 8,
    kMIDICVStatusNoteOn = 9,
    kMIDICVStatusPolyPressure = 10,
    kMIDICVStatusControlChange = 11,
    kMIDICVStatusProgramChange = 12,
    kMIDICVStatusChannelPressure = 13,
    kMIDICVStatusPitchBend = 14,
    kMIDICVStatusRegisteredPNC = 0,
    kMIDICVStatusAssignablePNC = 1,
    kMIDICVStatusRegisteredControl = 2,
    kMIDICVStatusAssignableControl = 3,
    kMIDICVStatusRelRegisteredControl = 4,
    kMIDICVStatusRelAssignableControl = 5,
    kMIDICVStatusPerNotePitchBend = 6,
    kMIDICVStatusPerNoteMgmt = 15,
    kMIDIStatusStartOfExclusive = 240,
    kMIDIStatusEndOfExclusive = 247,
    kMIDIStatusMTC = 241,
    kMIDIStatusSongPosPointer = 242,
    kMIDIStatusSongSelect = 243,
    kMIDIStatusTuneRequest = 246,
    kMIDIStatusTimingClock = 248,

    kMIDIStatusStart = 250,
    kMIDIStatusContinue = 251,
    kMIDIStatusStop = 252,

    kMIDIStatusActiveSending = 254,
    kMIDIStatusActiveSensing = 254,
    kMIDIStatusSystemReset = 255,

    kMIDISysExStatusComplete = 0,
    kMIDISysExStatusStart = 1,
    kMIDISysExStatusContinue = 2,
    kMIDISysExStatusEnd = 3,
    kMIDISysExStatusMixedDataSetHeader = 8,
    kMIDISysExStatusMixedDataSetPayload = 9,

    kMIDIUtilityStatusNOOP = 0,
    kMIDIUtilityStatusJitterReductionClock = 1,
    kMIDIUtilityStatusJitterReductionTimestamp = 2,

    kMIDINoteAttributeNone = 0,
    kMIDINoteAttributeManufacturerSpecific = 1,
    kMIDINoteAttributeProfileSpecific = 2,
    kMIDINoteAttributePitch = 3,

    kMIDIProgramChangeBankValid = 1,
    kMIDIPerNoteManagementReset = 1,
    kMIDIPerNoteManagementDetach = 2
};

#endif
