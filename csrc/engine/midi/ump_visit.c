/* MIDIEventListForEachEvent: packets taken apart for a visitor. */
#include <CoreMIDI/MIDIMessages.h>

#include "midi/ump.h"
#include "midi/ump_message.h"

#include <string.h>

enum { MAX_PACKET_WORDS = 64 };

static void read_utility(const uint32_t *words, MIDIUniversalMessage *message)
{
    message->utility.status = words[0] >> 20 & 15;
    message->utility.jitterReductionClock = (UInt16)words[0];
}

static void read_system(const uint32_t *words, MIDIUniversalMessage *message)
{
    message->system.status = words[0] >> 16 & 0xFF;
    UInt8 data1 = words[0] >> 8 & 0x7F, data2 = words[0] & 0x7F;
    if (message->system.status == kMIDIStatusSongPosPointer)
        message->system.songPositionPointer = (UInt16)(data2 << 7 | data1);
    else
        message->system.songSelect = data1; /* timeCode is the same byte */
}

static void read_voice1(const uint32_t *words, MIDIUniversalMessage *message)
{
    message->channelVoice1.status = words[0] >> 20 & 15;
    message->channelVoice1.channel = words[0] >> 16 & 15;
    UInt8 data1 = words[0] >> 8 & 0x7F, data2 = words[0] & 0x7F;
    if (message->channelVoice1.status == kMIDICVStatusPitchBend) {
        message->channelVoice1.pitchBend = (UInt16)(data2 << 7 | data1);
        return;
    }
    message->channelVoice1.note.number = data1; /* the first byte of every member */
    message->channelVoice1.note.velocity = data2;
}

static void read_sysex(const uint32_t *words, MIDIUniversalMessage *message)
{
    cm_ump_sysex7 piece = cm_ump_read_sysex7(words);
    message->sysEx.status = piece.status;
    message->sysEx.channel = piece.count;
    memcpy(message->sysEx.data, piece.bytes, sizeof message->sysEx.data);
}

static void read_voice2(const uint32_t *words, MIDIUniversalMessage *message)
{
    UInt8 high = words[0] >> 8 & 0xFF, low = words[0] & 0xFF;
    UInt32 value = words[1];
    message->channelVoice2.status = words[0] >> 20 & 15;
    message->channelVoice2.channel = words[0] >> 16 & 15;
    switch (message->channelVoice2.status) {
    case kMIDICVStatusNoteOff:
    case kMIDICVStatusNoteOn:
        message->channelVoice2.note.number = high & 0x7F;
        message->channelVoice2.note.attributeType = low;
        message->channelVoice2.note.velocity = (UInt16)(value >> 16);
        message->channelVoice2.note.attribute = (UInt16)value;
        break;
    case kMIDICVStatusPolyPressure:
    case kMIDICVStatusControlChange:
    case kMIDICVStatusPerNotePitchBend: /* three members of one shape, but for the padding's name */
        message->channelVoice2.polyPressure.noteNumber = high & 0x7F;
        message->channelVoice2.polyPressure.pressure = value;
        break;
    case kMIDICVStatusProgramChange:
        message->channelVoice2.programChange.options = low;
        message->channelVoice2.programChange.program = value >> 24 & 0x7F;
        message->channelVoice2.programChange.bank = (UInt16)((value >> 8 & 0x7F) << 7 | (value & 0x7F));
        break;
    case kMIDICVStatusChannelPressure:
    case kMIDICVStatusPitchBend:
        message->channelVoice2.pitchBend.data = value;
        break;
    case kMIDICVStatusPerNoteMgmt:
        message->channelVoice2.perNoteManagement.note = high & 0x7F;
        message->channelVoice2.perNoteManagement.options = low;
        break;
    case kMIDICVStatusRegisteredPNC:
    case kMIDICVStatusAssignablePNC:
        message->channelVoice2.perNoteController.noteNumber = high & 0x7F;
        message->channelVoice2.perNoteController.index = low;
        message->channelVoice2.perNoteController.value = value;
        break;
    default:
        message->channelVoice2.controller.bank = high & 0x7F;
        message->channelVoice2.controller.index = low & 0x7F;
        message->channelVoice2.controller.value = value;
        break;
    }
}

static void read_data128(const uint32_t *words, MIDIUniversalMessage *message)
{
    UInt8 bytes[14]; /* what follows the first two */
    for (uint32_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (UInt8)(words[(i + 2) / 4] >> (24 - (i + 2) % 4 * 8));
    UInt8 low = words[0] >> 16 & 15;
    message->data128.status = words[0] >> 20 & 15;
    if (message->data128.status > kMIDISysExStatusEnd) {
        message->data128.mixedDataSet.mdsID = low;
        memcpy(message->data128.mixedDataSet.data, bytes, sizeof bytes);
        return;
    }
    UInt8 count = low ? low - 1 : 0; /* the stream's id is counted too */
    message->data128.sysEx8.byteCount = count < 13 ? count : 13;
    message->data128.sysEx8.streamID = bytes[0];
    memcpy(message->data128.sysEx8.data, bytes + 1, 13);
}

static MIDIUniversalMessage take_apart(const uint32_t *words)
{
    static void (*const readers[])(const uint32_t *words, MIDIUniversalMessage *message) = {
        [kMIDIMessageTypeUtility] = read_utility,      [kMIDIMessageTypeSystem] = read_system,
        [kMIDIMessageTypeChannelVoice1] = read_voice1, [kMIDIMessageTypeSysEx] = read_sysex,
        [kMIDIMessageTypeChannelVoice2] = read_voice2, [kMIDIMessageTypeData128] = read_data128,
    };
    MIDIUniversalMessage message;
    memset(&message, 0, sizeof message);
    message.type = words[0] >> 28;
    message.group = words[0] >> 24 & 15;
    if (message.type < sizeof readers / sizeof readers[0])
        readers[message.type](words, &message);
    else
        memcpy(message.unknown.words, words, cm_ump_size(words[0]) * sizeof *words);
    return message;
}

void MIDIEventListForEachEvent(const MIDIEventList *evtlist, MIDIEventVisitor visitor, void *visitorContext)
{
    const MIDIEventPacket *packet = &evtlist->packet[0];
    for (UInt32 i = 0; i < evtlist->numPackets; i++) {
        if (packet->wordCount > MAX_PACKET_WORDS)
            return; /* where the next packet starts is anyone's guess */
        const uint32_t *at = packet->words, *end = at + packet->wordCount, *message;
        while ((message = cm_ump_next(&at, end)))
            visitor(visitorContext, packet->timeStamp, take_apart(message));
        packet = MIDIEventPacketNext(packet);
    }
}
