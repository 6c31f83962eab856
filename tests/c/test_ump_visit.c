/* The builders of MIDIMessages.h and MIDIEventListForEachEvent, which takes apart what they make. */
#include <CoreMIDI/CoreMIDI.h>

#include "check.h"

#define CHECK_64(made, first, second)                                                                        \
    do {                                                                                                     \
        MIDIMessage_64 check_m = (made);                                                                     \
        CHECK_EQ(check_m.word0, first);                                                                      \
        CHECK_EQ(check_m.word1, second);                                                                     \
    } while (0)

static void test_builders_of_midi1(void)
{
    CHECK_EQ(MIDIMessageTypeForUPWord(0xF0000000), 15);
    CHECK_EQ(MIDI1UPChannelVoiceMessage(0x15, 0x9, 0x13, 0xBC, 0xC0), 0x25933C40);
    CHECK_EQ(MIDI1UPNoteOff(1, 2, 60, 64), 0x21823C40);
    CHECK_EQ(MIDI1UPNoteOn(1, 2, 60, 64), 0x21923C40);
    CHECK_EQ(MIDI1UPControlChange(0, 15, 74, 5), 0x20BF4A05);
    CHECK_EQ(MIDI1UPPitchBend(0, 0, 0x7F, 0x40), 0x20E07F40);
    CHECK_EQ(MIDI1UPSystemCommon(2, 0xF2, 1, 2), 0x12F20102);
    CHECK_64(MIDI1UPSysEx(0, 1, 6, 1, 2, 3, 4, 5, 0x86), 0x30160102, 0x03040506);
    const Byte bytes[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    CHECK_64(MIDI1UPSysExArray(3, 3, bytes, bytes + 2), 0x33320102, 0);
    CHECK_64(MIDI1UPSysExArray(3, 1, bytes, bytes + 8), 0x33160102, 0x03040506);
}

static void test_builders_of_midi2(void)
{
    CHECK_64(MIDI2ChannelVoiceMessage(1, 0xB, 2, 0x4A00, 7), 0x41B24A00, 7);
    CHECK_64(MIDI2NoteOn(0, 1, 60, 3, 0x7800, 0xFFFF), 0x40913C03, 0xFFFF7800);
    CHECK_64(MIDI2NoteOff(0, 1, 60, 0, 0, 0x8000), 0x40813C00, 0x80000000);
    CHECK_64(MIDI2PolyPressure(0, 1, 60, 9), 0x40A13C00, 9);
    CHECK_64(MIDI2RegisteredPNC(0, 1, 60, 7, 9), 0x40013C07, 9);
    CHECK_64(MIDI2AssignablePNC(0, 1, 60, 7, 9), 0x40113C07, 9);
    CHECK_64(MIDI2PerNoteManagment(0, 1, 60, true, false), 0x40F13C02, 0);
    CHECK_64(MIDI2PerNoteManagment(0, 1, 60, false, true), 0x40F13C01, 0);
    CHECK_64(MIDI2ControlChange(0, 1, 74, 9), 0x40B14A00, 9);
    CHECK_64(MIDI2RegisteredControl(0, 1, 2, 3, 9), 0x40210203, 9);
    CHECK_64(MIDI2AssignableControl(0, 1, 2, 3, 9), 0x40310203, 9);
    CHECK_64(MIDI2RelRegisteredControl(0, 1, 2, 3, 9), 0x40410203, 9);
    CHECK_64(MIDI2RelAssignableControl(0, 1, 2, 3, 9), 0x40510203, 9);
    CHECK_64(MIDI2ProgramChange(0, 1, true, 5, 1, 2), 0x40C10001, 0x05000102);
    CHECK_64(MIDI2ChannelPressure(0, 1, 9), 0x40D10000, 9);
    CHECK_64(MIDI2PitchBend(0, 1, 9), 0x40E10000, 9);
    CHECK_64(MIDI2PerNotePitchBend(0, 1, 60, 9), 0x40613C00, 9);
}

static MIDIUniversalMessage seen[64];
static MIDITimeStamp times[64];
static size_t count;

static void keep(void *context, MIDITimeStamp time, MIDIUniversalMessage message)
{
    CHECK(context == seen);
    times[count] = time;
    seen[count++] = message;
}

static void visit(const UInt32 *words, ByteCount number)
{
    static char room[4096];
    MIDIEventList *list = (MIDIEventList *)room;
    MIDIEventPacket *packet = MIDIEventListInit(list, kMIDIProtocol_2_0);
    CHECK(MIDIEventListAdd(list, sizeof room, packet, 77, number, words) != NULL);
    count = 0;
    MIDIEventListForEachEvent(list, keep, seen);
}

static void test_messages_of_midi1_are_taken_apart(void)
{
    const UInt32 words[] = { 0x00107A12, 0x13F17500, 0x10F20102, 0x20913C40, 0x20B04A05,
                             0x20C50700, 0x20E07F40, 0x31231122, 0x33000000 };
    visit(words, 9);
    CHECK_EQ(count, 8);
    CHECK_EQ(times[7], 77);
    CHECK_EQ(seen[0].type, kMIDIMessageTypeUtility);
    CHECK_EQ(seen[0].utility.status, kMIDIUtilityStatusJitterReductionClock);
    CHECK_EQ(seen[0].utility.jitterReductionClock, 0x7A12);
    CHECK_EQ(seen[1].group, 3);
    CHECK_EQ(seen[1].system.status, kMIDIStatusMTC);
    CHECK_EQ(seen[1].system.timeCode, 0x75);
    CHECK_EQ(seen[2].system.songPositionPointer, 0x101);
    CHECK_EQ(seen[3].channelVoice1.status, kMIDICVStatusNoteOn);
    CHECK_EQ(seen[3].channelVoice1.channel, 1);
    CHECK_EQ(seen[3].channelVoice1.note.number, 60);
    CHECK_EQ(seen[3].channelVoice1.note.velocity, 64);
    CHECK_EQ(seen[4].channelVoice1.controlChange.index, 74);
    CHECK_EQ(seen[4].channelVoice1.controlChange.value, 5);
    CHECK_EQ(seen[5].channelVoice1.program, 7);
    CHECK_EQ(seen[6].channelVoice1.pitchBend, 0x207F);
    CHECK_EQ(seen[7].sysEx.status, kMIDISysExStatusContinue);
    CHECK_EQ(seen[7].sysEx.channel, 3);
    CHECK(memcmp(seen[7].sysEx.data, "\x11\x22\x33", 3) == 0);
}

static void test_messages_of_midi2_are_taken_apart(void)
{
    const UInt32 words[] = { 0x40913C03, 0xFFFF7800, 0x40B04A00, 0x12345678, 0x40C10001, 0x05000102,
                             0x40013C07, 9,          0x40210203, 10,         0x40F13C03, 0,
                             0x40613C00, 11,         0x40E10000, 12 };
    visit(words, 16);
    CHECK_EQ(count, 8);
    CHECK_EQ(seen[0].channelVoice2.note.number, 60);
    CHECK_EQ(seen[0].channelVoice2.note.attributeType, kMIDINoteAttributePitch);
    CHECK_EQ(seen[0].channelVoice2.note.velocity, 0xFFFF);
    CHECK_EQ(seen[0].channelVoice2.note.attribute, 0x7800);
    CHECK_EQ(seen[1].channelVoice2.controlChange.index, 74);
    CHECK_EQ(seen[1].channelVoice2.controlChange.value, 0x12345678);
    CHECK_EQ(seen[2].channelVoice2.programChange.options, kMIDIProgramChangeBankValid);
    CHECK_EQ(seen[2].channelVoice2.programChange.program, 5);
    CHECK_EQ(seen[2].channelVoice2.programChange.bank, 0x82);
    CHECK_EQ(seen[3].channelVoice2.perNoteController.index, 7);
    CHECK_EQ(seen[3].channelVoice2.perNoteController.value, 9);
    CHECK_EQ(seen[4].channelVoice2.controller.bank, 2);
    CHECK_EQ(seen[4].channelVoice2.controller.index, 3);
    CHECK_EQ(seen[4].channelVoice2.controller.value, 10);
    CHECK_EQ(seen[5].channelVoice2.perNoteManagement.options, 3);
    CHECK_EQ(seen[6].channelVoice2.perNotePitchBend.noteNumber, 60);
    CHECK_EQ(seen[6].channelVoice2.perNotePitchBend.bend, 11);
    CHECK_EQ(seen[7].channelVoice2.pitchBend.data, 12);
}

static void test_long_and_unknown_messages_are_taken_apart(void)
{
    const UInt32 words[] = { 0x5014AB01, 0x02FF0000, 0, 0, 0x50950102, 0x03040506, 0x0708090A, 0x0B0C0D0E,
                             0xD0100000, 50000000,   0, 0, 0xB0000001, 2,          3 };
    visit(words, 15);
    CHECK_EQ(count, 4);
    CHECK_EQ(seen[0].data128.status, kMIDISysExStatusStart);
    CHECK_EQ(seen[0].data128.sysEx8.byteCount, 3);
    CHECK_EQ(seen[0].data128.sysEx8.streamID, 0xAB);
    CHECK(memcmp(seen[0].data128.sysEx8.data, "\x01\x02\xFF", 3) == 0);
    CHECK_EQ(seen[1].data128.status, kMIDISysExStatusMixedDataSetPayload);
    CHECK_EQ(seen[1].data128.mixedDataSet.mdsID, 5);
    CHECK_EQ(seen[1].data128.mixedDataSet.data[13], 14);
    CHECK_EQ(seen[2].type, 0xD);
    CHECK_EQ(seen[2].unknown.words[1], 50000000);
    CHECK_EQ(seen[3].type, 0xB);
    CHECK_EQ(seen[3].unknown.words[2], 3);
    CHECK_EQ(seen[3].unknown.words[3], 0);
}

static void test_lists_that_lie_end_early(void)
{
    MIDIEventList list = { .protocol = kMIDIProtocol_1_0, .numPackets = 1 };
    list.packet[0].wordCount = 3;
    list.packet[0].words[0] = 0x20903C40;
    list.packet[0].words[1] = 0x40903C00;
    list.packet[0].words[2] = 0;
    count = 0;
    MIDIEventListForEachEvent(&list, keep, seen);
    CHECK_EQ(count, 2);
    list.packet[0].wordCount = 2; /* half of the second message */
    count = 0;
    MIDIEventListForEachEvent(&list, keep, seen);
    CHECK_EQ(count, 1);
    list.packet[0].wordCount = 65;
    count = 0;
    MIDIEventListForEachEvent(&list, keep, seen);
    CHECK_EQ(count, 0);
}

int main(void)
{
    RUN(test_builders_of_midi1);
    RUN(test_builders_of_midi2);
    RUN(test_messages_of_midi1_are_taken_apart);
    RUN(test_messages_of_midi2_are_taken_apart);
    RUN(test_long_and_unknown_messages_are_taken_apart);
    RUN(test_lists_that_lie_end_early);
    return 0;
}
