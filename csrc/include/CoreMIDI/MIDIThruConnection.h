/* CoreMIDI/MIDIThruConnection.h: connections that route and transform MIDI. */
#ifndef CoreMIDI_MIDIThruConnection_h
#define CoreMIDI_MIDIThruConnection_h

#include <CoreAudioTypes/CoreAudioTypes.h>

typedef MIDIObjectRef MIDIThruConnectionRef;
typedef UInt16 MIDITransformType;
typedef UInt8 MIDITransformControlType;

enum {
    kMIDITransform_None = 0,
    kMIDITransform_FilterOut = 1,
    kMIDITransform_MapControl = 2,
    kMIDITransform_Add = 8,
    kMIDITransform_Scale = 9,
    kMIDITransform_MinValue = 10,
    kMIDITransform_MaxValue = 11,
    kMIDITransform_MapValue = 12,

    kMIDIThruConnection_MaxEndpoints = 8,

    kMIDIControlType_7Bit = 0,
    kMIDIControlType_14Bit = 1,
    kMIDIControlType_7BitRPN = 2,
    kMIDIControlType_14BitRPN = 3,
    kMIDIControlType_7BitNRPN = 4,
    kMIDIControlType_14BitNRPN = 5
};

#endif
