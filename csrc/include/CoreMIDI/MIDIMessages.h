/*
 * CoreMIDI/MIDIMessages.h: Universal MIDI Packets: what messages are made of, functions that make them, and
 * one that takes them apart.
 *
 * Every function is [any, render]. Nothing is refused: a value is cut to the bits that its place in the
 * message has. group and channel are 0 .. 15; noteNumber, index, bank, program and the data bytes of MIDI 1.0
 * are 0 .. 127.
 */
#ifndef CoreMIDI_MIDIMessages_h
#define CoreMIDI_MIDIMessages_h

#include <CoreMIDI/MIDIServices.h>
#include <stdbool.h>

typedef unsigned int MIDIMessageType;
typedef unsigned int MIDICVStatus;
typedef unsigned int MIDISystemStatus;
typedef unsigned int MIDISysExStatus;
typedef unsigned int MIDIUtilityStatus;
typedef UInt8 MIDINoteAttribute;
typedef UInt8 MIDIProgramChangeOptions;
typedef UInt8 MIDIPerNoteManagementOptions;
typedef UInt32 MIDIMessage_32;

typedef struct MIDIMessage_64 {
    UInt32 word0;
    UInt32 word1;
} MIDIMessage_64;

typedef struct MIDIMessage_96 {
    UInt32 word0;
    UInt32 word1;
    UInt32 word2;
} MIDIMessage_96;

typedef struct MIDIMessage_128 {
    UInt32 word0;
    UInt32 word1;
    UInt32 word2;
    UInt32 word3;
} MIDIMessage_128;

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

static const UInt8 kMIDI1UPMaxSysexSize = 6; /* bytes of system exclusive in one packet */

/* One message taken apart; type says which member of the union is meant. */
typedef struct MIDIUniversalMessage {
    MIDIMessageType type;
    UInt8 group;
    UInt8 reserved[3];
    union {
        struct {
            MIDIUtilityStatus status;
            union {
                UInt16 jitterReductionClock;     /* 1/31250 s */
                UInt16 jitterReductionTimestamp; /* 1/31250 s */
            };
        } utility;
        struct {
            MIDISystemStatus status;
            union {
                UInt8 timeCode;
                UInt16 songPositionPointer; /* 14 bits, in MIDI beats of six clocks */
                UInt8 songSelect;
            };
        } system;
        struct {
            MIDICVStatus status;
            UInt8 channel;
            UInt8 reserved[3];
            union {
                struct {
                    UInt8 number;
                    UInt8 velocity;
                } note;
                struct {
                    UInt8 noteNumber;
                    UInt8 pressure;
                } polyPressure;
                struct {
                    UInt8 index;
                    UInt8 value;
                } controlChange;
                UInt8 program;
                UInt8 channelPressure;
                UInt16 pitchBend; /* 14 bits, 0x2000 is no bend */
            };
        } channelVoice1;
        struct {
            MIDISysExStatus status;
            UInt8 channel; /* Apple's name; the number of bytes in data, 0 .. 6 */
            UInt8 data[6];
            UInt8 reserved;
        } sysEx;
        struct {
            MIDICVStatus status;
            UInt8 channel;
            UInt8 reserved[3];
            union {
                struct {
                    UInt8 number;
                    MIDINoteAttribute attributeType;
                    UInt16 velocity;
                    UInt16 attribute;
                } note;
                struct {
                    UInt8 noteNumber;
                    UInt8 reserved;
                    UInt32 pressure;
                } polyPressure;
                struct {
                    UInt8 index;
                    UInt8 reserved;
                    UInt32 value;
                } controlChange;
                struct {
                    MIDIProgramChangeOptions options;
                    UInt8 program;
                    UInt8 reserved[2];
                    UInt16 bank; /* 14 bits */
                } programChange;
                struct {
                    UInt32 data;
                } channelPressure;
                struct {
                    UInt32 data; /* 0x80000000 is no bend */
                } pitchBend;
                struct {
                    UInt8 noteNumber;
                    UInt8 index;
                    UInt32 value;
                } perNoteController; /* registered or assignable */
                struct {
                    UInt8 bank;
                    UInt8 index;
                    UInt8 reserved[2];
                    UInt32 value; /* of relative controllers a signed one */
                } controller;     /* registered or assignable, relative or not */
                struct {
                    UInt8 noteNumber;
                    UInt32 bend;
                } perNotePitchBend;
                struct {
                    UInt8 note;
                    MIDIPerNoteManagementOptions options;
                } perNoteManagement;
            };
        } channelVoice2;
        struct {
            MIDISysExStatus status;
            union {
                struct {
                    UInt8 byteCount; /* of data, 0 .. 13 */
                    UInt8 streamID;
                    UInt8 data[13];
                    UInt8 reserved;
                } sysEx8;
                struct {
                    UInt8 mdsID;
                    UInt8 data[14]; /* of a header packet its seven fields, most significant bytes first */
                    UInt8 reserved;
                } mixedDataSet;
            };
        } data128;
        struct {
            UInt32 words[4]; /* the message as it is: flex data, stream and reserved types */
        } unknown;
    };
} MIDIUniversalMessage;

/* Gets each message of a list; context is the caller's. */
typedef void (*MIDIEventVisitor)(void *context, MIDITimeStamp timeStamp, MIDIUniversalMessage message);

CF_EXTERN_C_BEGIN

/*
 * Calls visitor for each message of a list, in order, on this thread. Words at the end of a packet that are
 * fewer than their message needs are left out; a packet that claims more than 64 words ends the list.
 */
extern void MIDIEventListForEachEvent(const MIDIEventList *evtlist, MIDIEventVisitor visitor,
                                      void *visitorContext);

CF_EXTERN_C_END

/* kMIDIMessageType...: the highest four bits of a message's first word. */
static inline MIDIMessageType MIDIMessageTypeForUPWord(const UInt32 word)
{
    return word >> 28;
}

/* ---- MIDI 1.0 channel voice, system and system exclusive messages ---- */

/* status: the high four bits of MIDI 1.0's status byte, kMIDICVStatus... 8 .. 14; not cut. */
static inline MIDIMessage_32 MIDI1UPChannelVoiceMessage(UInt8 group, UInt8 status, UInt8 channel, UInt8 data1,
                                                        UInt8 data2)
{
    return (UInt32)kMIDIMessageTypeChannelVoice1 << 28 | (group & 15u) << 24 | (UInt32)status << 20 |
           (channel & 15u) << 16 | (data1 & 0x7Fu) << 8 | (data2 & 0x7Fu);
}

static inline MIDIMessage_32 MIDI1UPNoteOff(UInt8 group, UInt8 channel, UInt8 noteNumber, UInt8 velocity)
{
    return MIDI1UPChannelVoiceMessage(group, kMIDICVStatusNoteOff, channel, noteNumber, velocity);
}

static inline MIDIMessage_32 MIDI1UPNoteOn(UInt8 group, UInt8 channel, UInt8 noteNumber, UInt8 velocity)
{
    return MIDI1UPChannelVoiceMessage(group, kMIDICVStatusNoteOn, channel, noteNumber, velocity);
}

static inline MIDIMessage_32 MIDI1UPControlChange(UInt8 group, UInt8 channel, UInt8 index, UInt8 data)
{
    return MIDI1UPChannelVoiceMessage(group, kMIDICVStatusControlChange, channel, index, data);
}

static inline MIDIMessage_32 MIDI1UPPitchBend(UInt8 group, UInt8 channel, UInt8 lsb, UInt8 msb)
{
    return MIDI1UPChannelVoiceMessage(group, kMIDICVStatusPitchBend, channel, lsb, msb);
}

/* status: the whole status byte, 0xF1 .. 0xFF. */
static inline MIDIMessage_32 MIDI1UPSystemCommon(UInt8 group, UInt8 status, UInt8 byte1, UInt8 byte2)
{
    return (UInt32)kMIDIMessageTypeSystem << 28 | (group & 15u) << 24 | (UInt32)status << 16 |
           (byte1 & 0x7Fu) << 8 | (byte2 & 0x7Fu);
}

/* status: kMIDISysExStatus...; bytesUsed 0 .. 6 of the bytes belong to the message, without 0xF0 and 0xF7. */
static inline MIDIMessage_64 MIDI1UPSysEx(UInt8 group, UInt8 status, UInt8 bytesUsed, UInt8 byte1,
                                          UInt8 byte2, UInt8 byte3, UInt8 byte4, UInt8 byte5, UInt8 byte6)
{
    MIDIMessage_64 message;
    message.word0 = (UInt32)kMIDIMessageTypeSysEx << 28 | (group & 15u) << 24 | (status & 15u) << 20 |
                    (bytesUsed & 15u) << 16 | (byte1 & 0x7Fu) << 8 | (byte2 & 0x7Fu);
    message.word1 = (UInt32)(byte3 & 0x7Fu) << 24 | (byte4 & 0x7Fu) << 16 | (byte5 & 0x7Fu) << 8 |
                    (byte6 & 0x7Fu);
    return message;
}

/* The first kMIDI1UPMaxSysexSize bytes from begin to before end. */
static inline MIDIMessage_64 MIDI1UPSysExArray(UInt8 group, UInt8 status, const Byte *begin, const Byte *end)
{
    UInt8 bytes[6] = { 0, 0, 0, 0, 0, 0 }, used = 0;
    while (used < kMIDI1UPMaxSysexSize && begin < end)
        bytes[used++] = *begin++;
    return MIDI1UPSysEx(group, status, used, bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5]);
}

/* ---- MIDI 2.0 channel voice messages ---- */

/* status: kMIDICVStatus...; index: the message's bits 16 .. 31, as the status defines them. */
static inline MIDIMessage_64 MIDI2ChannelVoiceMessage(UInt8 group, UInt8 status, UInt8 channel, UInt16 index,
                                                      UInt32 value)
{
    MIDIMessage_64 message;
    message.word0 = (UInt32)kMIDIMessageTypeChannelVoice2 << 28 | (group & 15u) << 24 | (status & 15u) << 20 |
                    (channel & 15u) << 16 | index;
    message.word1 = value;
    return message;
}

/* attributeType: kMIDINoteAttribute...; velocity 0 is a note on too. */
static inline MIDIMessage_64 MIDI2NoteOn(UInt8 group, UInt8 channel, UInt8 noteNumber, UInt8 attributeType,
                                         UInt16 attributeData, UInt16 velocity)
{
    return MIDI2ChannelVoiceMessage(group, kMIDICVStatusNoteOn, channel,
                                    (UInt16)(noteNumber << 8 | attributeType),
                                    (UInt32)velocity << 16 | attributeData);
}

static inline MIDIMessage_64 MIDI2NoteOff(UInt8 group, UInt8 channel, UInt8 noteNumber, UInt8 attributeType,
                                          UInt16 attributeData, UInt16 velocity)
{
    return MIDI2ChannelVoiceMessage(group, kMIDICVStatusNoteOff, channel,
                                    (UInt16)(noteNumber << 8 | attributeType),
                                    (UInt32)velocity << 16 | attributeData);
}

static inline MIDIMessage_64 MIDI2PolyPressure(UInt8 group, UInt8 channel, UInt8 noteNumber, UInt32 value)
{
    return MIDI2ChannelVoiceMessage(group, kMIDICVStatusPolyPressure, channel, (UInt16)(noteNumber << 8),
                                    value);
}

/* Registered and assignable per-note controllers. */
static inline MIDIMessage_64 MIDI2RegisteredPNC(UInt8 group, UInt8 channel, UInt8 noteNumber, UInt8 index,
                                                UInt32 value)
{
    return MIDI2ChannelVoiceMessage(group, kMIDICVStatusRegisteredPNC, channel,
                                    (UInt16)(noteNumber << 8 | index), value);
}

static inline MIDIMessage_64 MIDI2AssignablePNC(UInt8 group, UInt8 channel, UInt8 noteNumber, UInt8 index,
                                                UInt32 value)
{
    return MIDI2ChannelVoiceMessage(group, kMIDICVStatusAssignablePNC, channel,
                                    (UInt16)(noteNumber << 8 | index), value);
}

static inline MIDIMessage_64 MIDI2PerNoteManagment(UInt8 group, UInt8 channel, UInt8 noteNumber,
                                                   bool detachPNCs, bool resetPNCsToDefault)
{
    UInt16 options = (UInt16)((detachPNCs ? kMIDIPerNoteManagementDetach : 0) |
                              (resetPNCsToDefault ? kMIDIPerNoteManagementReset : 0));
    return MIDI2ChannelVoiceMessage(group, kMIDICVStatusPerNoteMgmt, channel,
                                    (UInt16)(noteNumber << 8 | options), 0);
}

static inline MIDIMessage_64 MIDI2ControlChange(UInt8 group, UInt8 channel, UInt8 index, UInt32 value)
{
    return MIDI2ChannelVoiceMessage(group, kMIDICVStatusControlChange, channel, (UInt16)(index << 8), value);
}

/* What MIDI 1.0 calls registered (RPN) and non-registered (NRPN) parameters. */
static inline MIDIMessage_64 MIDI2RegisteredControl(UInt8 group, UInt8 channel, UInt8 bank, UInt8 index,
                                                    UInt32 value)
{
    return MIDI2ChannelVoiceMessage(group, kMIDICVStatusRegisteredControl, channel,
                                    (UInt16)(bank << 8 | index), value);
}

static inline MIDIMessage_64 MIDI2AssignableControl(UInt8 group, UInt8 channel, UInt8 bank, UInt8 index,
                                                    UInt32 value)
{
    return MIDI2ChannelVoiceMessage(group, kMIDICVStatusAssignableControl, channel,
                                    (UInt16)(bank << 8 | index), value);
}

/* value: a signed difference in two's complement. */
static inline MIDIMessage_64 MIDI2RelRegisteredControl(UInt8 group, UInt8 channel, UInt8 bank, UInt8 index,
                                                       UInt32 value)
{
    return MIDI2ChannelVoiceMessage(group, kMIDICVStatusRelRegisteredControl, channel,
                                    (UInt16)(bank << 8 | index), value);
}

static inline MIDIMessage_64 MIDI2RelAssignableControl(UInt8 group, UInt8 channel, UInt8 bank, UInt8 index,
                                                       UInt32 value)
{
    return MIDI2ChannelVoiceMessage(group, kMIDICVStatusRelAssignableControl, channel,
                                    (UInt16)(bank << 8 | index), value);
}

static inline MIDIMessage_64 MIDI2ProgramChange(UInt8 group, UInt8 channel, bool bankIsValid, UInt8 program,
                                                UInt8 bank_msb, UInt8 bank_lsb)
{
    return MIDI2ChannelVoiceMessage(group, kMIDICVStatusProgramChange, channel,
                                    bankIsValid ? kMIDIProgramChangeBankValid : 0,
                                    (UInt32)program << 24 | (UInt32)bank_msb << 8 | bank_lsb);
}

static inline MIDIMessage_64 MIDI2ChannelPressure(UInt8 group, UInt8 channel, UInt32 value)
{
    return MIDI2ChannelVoiceMessage(group, kMIDICVStatusChannelPressure, channel, 0, value);
}

static inline MIDIMessage_64 MIDI2PitchBend(UInt8 group, UInt8 channel, UInt32 value)
{
    return MIDI2ChannelVoiceMessage(group, kMIDICVStatusPitchBend, channel, 0, value);
}

static inline MIDIMessage_64 MIDI2PerNotePitchBend(UInt8 group, UInt8 channel, UInt8 noteNumber, UInt32 value)
{
    return MIDI2ChannelVoiceMessage(group, kMIDICVStatusPerNotePitchBend, channel, (UInt16)(noteNumber << 8),
                                    value);
}

#endif
