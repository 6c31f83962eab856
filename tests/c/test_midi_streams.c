/* Streams of bytes and packets in whatever shape, and what receivers of each protocol make of them. */
#include "midi_kit.h"

#include "midi/packets.h"

static inbox bytes_box, one_box, two_box;

/* One source with a port of each kind. */
static struct {
    MIDIClientRef client;
    MIDIEndpointRef source, destination;
    MIDIPortRef out;
} kit;

static void set_up(void)
{
    MIDIPortRef port = 0;
    kit.client = make_client();
    kit.out = make_output(kit.client);
    inbox_clear(&bytes_box);
    inbox_clear(&one_box);
    inbox_clear(&two_box);
    CHECK_EQ(MIDISourceCreate(kit.client, CFSTR("source"), &kit.source), noErr);
    CHECK_EQ(MIDIInputPortCreate(kit.client, CFSTR("b"), inbox_read, &bytes_box, &port), noErr);
    CHECK_EQ(MIDIPortConnectSource(port, kit.source, NULL), noErr);
    CHECK_EQ(CMMIDIInputPortCreateWithProtocol(kit.client, CFSTR("1"), kMIDIProtocol_1_0, inbox_receive,
                                               &one_box, &port),
             noErr);
    CHECK_EQ(MIDIPortConnectSource(port, kit.source, NULL), noErr);
    CHECK_EQ(CMMIDIInputPortCreateWithProtocol(kit.client, CFSTR("2"), kMIDIProtocol_2_0, inbox_receive,
                                               &two_box, &port),
             noErr);
    CHECK_EQ(MIDIPortConnectSource(port, kit.source, NULL), noErr);
}

static void tear_down(void)
{
    CHECK_EQ(MIDIClientDispose(kit.client), noErr);
}

static void test_three_protocols(void)
{
    set_up();
    CHECK_EQ(RECEIVED(kit.source, 0x91, 0x40, 0x7F), noErr);
    CHECK_BYTES(&bytes_box, 0x91, 0x40, 0x7F);
    CHECK_WORDS(&one_box, 0x2091407F);
    CHECK_WORDS(&two_box, 0x40914000, 0xFFFF0000);
    CHECK_EQ(one_box.protocol, kMIDIProtocol_1_0);
    CHECK_EQ(two_box.protocol, kMIDIProtocol_2_0);
    tear_down();
}

static void test_from_midi2(void)
{
    struct {
        MIDIEventList list;
        char more[400];
    } memory;
    set_up();
    MIDIEventPacket *packet = MIDIEventListInit(&memory.list, kMIDIProtocol_2_0);
    const UInt32 note[] = { 0x40934100, 0x80000000 }, bend[] = { 0x40E30000, 0x80000000 };
    packet = MIDIEventListAdd(&memory.list, sizeof memory, packet, 5, 2, note);
    packet = MIDIEventListAdd(&memory.list, sizeof memory, packet, 6, 2, bend);
    CHECK(packet != NULL);
    CHECK_EQ(MIDIReceivedEventList(kit.source, &memory.list), noErr);
    CHECK_BYTES(&bytes_box, 0x93, 0x41, 0x40, 0xE3, 0x00, 0x40);
    CHECK_EQ(bytes_box.times[0], 5);
    CHECK_EQ(bytes_box.times[1], 6);
    CHECK_WORDS(&one_box, 0x20934140, 0x20E30040);
    CHECK_WORDS(&two_box, 0x40934100, 0x80000000, 0x40E30000, 0x80000000);
    tear_down();
}

static void test_running_status(void)
{
    set_up();
    CHECK_EQ(RECEIVED(kit.source, 0x90, 1, 2, 3, 4, 5, 6), noErr);
    CHECK_BYTES(&bytes_box, 0x90, 1, 2, 0x90, 3, 4, 0x90, 5, 6);
    CHECK_WORDS(&one_box, 0x20900102, 0x20900304, 0x20900506);
    bytes_box.size = 0;
    CHECK_EQ(RECEIVED(kit.source, 0xC0, 9), noErr);
    CHECK_EQ(RECEIVED(kit.source, 10, 0xF8, 11), noErr); /* goes on from the packet before */
    CHECK_BYTES(&bytes_box, 0xC0, 9, 0xC0, 10, 0xF8, 0xC0, 11);
    bytes_box.size = 0;
    CHECK_EQ(RECEIVED(kit.source, 0xB0), noErr); /* a message in two packets, real time in between */
    CHECK_EQ(RECEIVED(kit.source, 7, 0xFA), noErr);
    CHECK_EQ(RECEIVED(kit.source, 99), noErr);
    CHECK_BYTES(&bytes_box, 0xFA, 0xB0, 7, 99);
    tear_down();
}

static void test_sysex_in_pieces(void)
{
    set_up();
    CHECK_EQ(RECEIVED(kit.source, 0xF0, 1, 2, 3), noErr);
    CHECK_EQ(RECEIVED(kit.source, 4, 5, 6, 7, 8, 9, 10), noErr);
    CHECK_EQ(RECEIVED(kit.source, 0xF8), noErr);
    CHECK_EQ(RECEIVED(kit.source, 11, 0xF7), noErr);
    CHECK_BYTES(&bytes_box, 0xF0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0xF8, 11, 0xF7);
    CHECK_WORDS(&one_box, 0x30130102, 0x03000000, 0x30260405, 0x06070809, 0x30210A00, 0, 0x10F80000,
                0x30310B00, 0);
    bytes_box.size = one_box.count = 0;
    CHECK_EQ(RECEIVED(kit.source, 0xF0, 1, 0xFE, 2, 0xF7, 0x90, 1, 1),
             noErr); /* several kinds in one packet */
    CHECK_BYTES(&bytes_box, 0xF0, 1, 0xFE, 2, 0xF7, 0x90, 1, 1);
    bytes_box.size = 0;
    CHECK_EQ(RECEIVED(kit.source, 0xF0, 1), noErr); /* cut short by another status */
    CHECK_EQ(RECEIVED(kit.source, 0x80, 1, 1), noErr);
    CHECK_BYTES(&bytes_box, 0xF0, 1, 0xF7, 0x80, 1, 1);
    tear_down();
}

/* No packet holds a SysEx and anything else, nor two of them. */
static void test_packets_of_sysex(void)
{
    set_up();
    CHECK_EQ(RECEIVED(kit.source, 0xF0, 1, 0xF7, 0xF0, 2, 0xF7, 0x90, 1, 1, 0x80, 1, 1, 0xF0, 3, 0xF7),
             noErr);
    CHECK_BYTES(&bytes_box, 0xF0, 1, 0xF7, 0xF0, 2, 0xF7, 0x90, 1, 1, 0x80, 1, 1, 0xF0, 3, 0xF7);
    CHECK_EQ(bytes_box.packets, 4);
    tear_down();
}

static void test_long_sysex(void)
{
    static uint8_t sysex[100000], piece[1000];
    set_up();
    sysex[0] = 0xF0;
    for (size_t i = 1; i < sizeof sysex - 1; i++)
        sysex[i] = (uint8_t)(i * 31 >> 3 & 0x7F);
    sysex[sizeof sysex - 1] = 0xF7;
    MIDIEndpointRef destination = 0, event_destination = 0;
    static inbox box, events;
    CHECK_EQ(MIDIDestinationCreate(kit.client, CFSTR("d"), inbox_read, &box, &destination), noErr);
    CHECK_EQ(CMMIDIDestinationCreateWithProtocol(kit.client, CFSTR("e"), kMIDIProtocol_2_0, inbox_receive,
                                                 &events, &event_destination),
             noErr);
    for (size_t at = 0; at < sizeof sysex; at += sizeof piece) {
        memcpy(piece, sysex + at, sizeof piece);
        CHECK_EQ(MIDISend(kit.out, destination, one_packet(0, piece, sizeof piece)), noErr);
        if (at < 9000)
            CHECK_EQ(MIDISend(kit.out, event_destination, one_packet(0, piece, sizeof piece)), noErr);
    }
    CHECK_EQ(box.size, sizeof sysex);
    CHECK(memcmp(box.bytes, sysex, sizeof sysex) == 0);
    size_t seen = 1;
    for (size_t i = 0; i < events.count; i += 2) { /* each of at most six bytes */
        uint64_t word = (uint64_t)events.words[i] << 32 | events.words[i + 1];
        for (size_t b = 0; b < (events.words[i] >> 16 & 15); b++)
            CHECK_EQ(word >> (40 - 8 * b) & 0xFF, sysex[seen++]);
    }
    CHECK_EQ(seen, 9000);

    bytes_box.size = 0;
    CHECK_EQ(MIDIReceived(kit.source, one_packet(1, sysex, 60000)),
             noErr); /* one packet, larger than the scratch */
    CHECK_EQ(bytes_box.size, 60000);
    CHECK(memcmp(bytes_box.bytes, sysex, 60000) == 0);
    tear_down();
}

static void test_garbage(void)
{
    set_up();
    CMMIDIStatistics before, after;
    CHECK_EQ(CMMIDIGetStatistics(&before), noErr);
    CHECK_EQ(RECEIVED(kit.source, 1, 2, 3), noErr); /* data of nothing */
    CHECK_EQ(RECEIVED(kit.source, 0xF4, 0xF5, 0xF9, 0xFD, 0xF7), noErr);
    CHECK_EQ(bytes_box.size, 0);
    CHECK_EQ(CMMIDIGetStatistics(&after), noErr);
    CHECK_EQ(after.untranslated - before.untranslated, 3 * 8); /* for each of three ports */
    uint8_t noise[4096];
    unsigned seed = 1;
    for (int round = 0; round < 200; round++) {
        for (size_t i = 0; i < sizeof noise; i++)
            noise[i] = (uint8_t)((seed = seed * 1103515245 + 12345) >> 16);
        bytes_box.size = one_box.count = two_box.count = 0;
        one_box.packets = 0;
        CHECK_EQ(MIDIReceived(kit.source, one_packet(0, noise, 1 + seed % 900)), noErr);
    }
    tear_down();
}

/* ---- lists ---- */

static void test_packet_list_add(void)
{
    _Alignas(8) uint8_t memory[64];
    MIDIPacketList *list = (MIDIPacketList *)memory;
    const Byte note[] = { 0x90, 1, 2 }, sysex[] = { 0xF0, 1, 0xF7 };
    MIDIPacket *first = MIDIPacketListInit(list);
    CHECK((uint8_t *)first == memory + 4);
    MIDIPacket *at = MIDIPacketListAdd(list, sizeof memory, first, 7, 3, note);
    CHECK(at == first);
    at = MIDIPacketListAdd(list, sizeof memory, at, 7, 3, note);
    CHECK(at == first); /* the same time: the same packet */
    CHECK_EQ(list->numPackets, 1);
    at = MIDIPacketListAdd(list, sizeof memory, at, 7, 3, sysex);
    CHECK_EQ(list->numPackets, 2);
#if !defined(__arm__) && !defined(__aarch64__)
    CHECK((uint8_t *)at == memory + 4 + 10 + 6);
#endif
    CHECK(MIDIPacketNext(first) == at);
    CHECK(MIDIPacketListAdd(list, sizeof memory, at, 7, 30, memory) == NULL); /* no room */
    CHECK(MIDIPacketListAdd(list, sizeof memory, at, 7, 70000, memory) == NULL);
    CHECK(MIDIPacketListAdd(list, 20, at, 9, 1, note) == NULL); /* the packet is not in 20 bytes */
    CHECK(MIDIPacketListAdd(list, sizeof memory, (MIDIPacket *)(memory + 100), 9, 1, note) == NULL);
    CHECK(MIDIPacketListAdd(NULL, 20, at, 9, 1, note) == NULL);
    CHECK_EQ(list->numPackets, 2);
}

static void test_event_list_add(void)
{
    _Alignas(8) uint8_t memory[100];
    MIDIEventList *list = (MIDIEventList *)memory;
    const UInt32 half[] = { 0x40900000 }, whole[] = { 0x20903C40 }, large[65] = { 0 };
    MIDIEventPacket *at = MIDIEventListInit(list, kMIDIProtocol_1_0), *first = at;
    CHECK(MIDIEventListAdd(list, sizeof memory, at, 0, 1, half) == NULL);
    CHECK(MIDIEventListAdd(list, 10000, at, 0, 65, large) == NULL);
    at = MIDIEventListAdd(list, sizeof memory, at, 1, 1, whole);
    CHECK(MIDIEventListAdd(list, sizeof memory, at, 1, 1, whole) == first);
    CHECK_EQ(first->wordCount, 2);
    at = MIDIEventListAdd(list, sizeof memory, at, 2, 1, whole);
    CHECK(at == MIDIEventPacketNext(first));
    CHECK_EQ(list->numPackets, 2);
    CHECK(MIDIEventListAdd(list, sizeof memory, at, 2, 30, large) == NULL);
}

static void test_lying_lists(void)
{
    set_up();
    MIDIEndpointRef destination = 0;
    static inbox box;
    CHECK_EQ(MIDIDestinationCreate(kit.client, CFSTR("d"), inbox_read, &box, &destination), noErr);
    static union {
        MIDIPacketList list;
        MIDIEventList events;
        uint8_t bytes[70000];
    } memory; /* as much as a list may be, so that no check reads outside */
    memory.list.numPackets = 70000;
    CHECK_EQ(MIDISend(kit.out, destination, &memory.list), kMIDIMessageSendErr);
    memory.list.numPackets = 2;
    memory.bytes[4 + 8] = memory.bytes[4 + 9] = 0xFF;
    CHECK_EQ(MIDISend(kit.out, destination, &memory.list), kMIDIMessageSendErr);
    CHECK_EQ(MIDIReceived(kit.source, &memory.list), kMIDIMessageSendErr);
    memset(&memory, 0, sizeof memory);
    memory.events.protocol = kMIDIProtocol_1_0;
    memory.events.numPackets = 1;
    memory.events.packet[0].wordCount = 65;
    CHECK_EQ(MIDISendEventList(kit.out, destination, &memory.events), kMIDIMessageSendErr);
    memory.events.packet[0].wordCount = 0xFFFFFFFF;
    CHECK_EQ(MIDIReceivedEventList(kit.source, &memory.events), kMIDIMessageSendErr);
    memory.events.packet[0].wordCount = 1;
    memory.events.packet[0].words[0] = 0x50000000;
    CHECK_EQ(MIDIReceivedEventList(kit.source, &memory.events), kMIDIMessageSendErr);
    memory.events.protocol = 7;
    CHECK_EQ(MIDIReceivedEventList(kit.source, &memory.events), -50);
    CHECK_EQ(box.lists + one_box.lists, 0);
    tear_down();
}

static void test_sysex_bytes_for_group(void)
{
    MIDIEventPacket packet = { .wordCount = 7,
                               .words = { 0x33120102, 0, 0x34010500, 0, 0x20903C40, 0x33310300, 0 } };
    CFDataRef data = NULL;
    CHECK_EQ(MIDIEventPacketSysexBytesForGroup(&packet, 3, &data), noErr);
    CHECK_EQ(CFDataGetLength(data), 5);
    CHECK(memcmp(CFDataGetBytePtr(data), "\xF0\1\2\3\xF7", 5) == 0);
    CFRelease(data);
    CHECK_EQ(MIDIEventPacketSysexBytesForGroup(&packet, 4, &data), noErr);
    CHECK(memcmp(CFDataGetBytePtr(data), "\xF0\5\xF7", 3) == 0);
    CFRelease(data);
    CHECK_EQ(MIDIEventPacketSysexBytesForGroup(&packet, 5, &data), kMIDIUnknownError);
    CHECK(data == NULL);
    packet.wordCount = 65;
    CHECK_EQ(MIDIEventPacketSysexBytesForGroup(&packet, 5, &data), -50);
}

int main(void)
{
    RUN(test_three_protocols);
    RUN(test_from_midi2);
    RUN(test_running_status);
    RUN(test_sysex_in_pieces);
    RUN(test_packets_of_sysex);
    RUN(test_long_sysex);
    RUN(test_garbage);
    RUN(test_packet_list_add);
    RUN(test_event_list_add);
    RUN(test_lying_lists);
    RUN(test_sysex_bytes_for_group);
    return 0;
}
