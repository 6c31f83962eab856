/* The functions of Core MIDI that take blocks, as a program compiled with clang -fblocks uses them. */
#include "midi_kit.h"

static const UInt32 note2[] = { 0x40903C00, 0x80000000 };

static void send_note(MIDIPortRef out, MIDIEndpointRef destination)
{
    MIDIEventList list;
    MIDIEventPacket *packet = MIDIEventListInit(&list, kMIDIProtocol_2_0);
    CHECK(MIDIEventListAdd(&list, sizeof list, packet, 0, 2, note2));
    CHECK_EQ(MIDISendEventList(out, destination, &list), noErr);
}

static void test_notify_block(void)
{
    __block _Atomic int added = 0;
    MIDIClientRef client = 0;
    MIDIEndpointRef source = 0;
    CHECK_EQ(MIDIClientCreateWithBlock(CFSTR("blocks"), &client,
                                       ^(const MIDINotification *message) {
                                         if (message->messageID == kMIDIMsgObjectAdded)
                                             atomic_fetch_add(&added, 1);
                                       }),
             noErr);
    CHECK_EQ(MIDISourceCreate(client, CFSTR("s"), &source), noErr);
    for (int i = 0; i < 10000 && !atomic_load(&added); i++)
        nap(0.001);
    CHECK(atomic_load(&added) > 0);
    CHECK_EQ(MIDIClientDispose(client), noErr);
}

static void test_read_blocks(void)
{
    static inbox heard, taken;
    inbox *box = &heard, *own = &taken;
    int tag;
    MIDIClientRef client = make_client();
    MIDIPortRef in = 0, out = make_output(client);
    MIDIEndpointRef source = 0, destination = 0;
    MIDIReadBlock hear = ^(const MIDIPacketList *list, void *connection) {
      inbox_read(list, box, connection);
    };
    CHECK_EQ(MIDIInputPortCreateWithBlock(client, CFSTR("in"), &in, hear), noErr);
    CHECK_EQ(MIDIDestinationCreateWithBlock(
                 client, CFSTR("d"), &destination,
                 ^(const MIDIPacketList *list, void *connection) { inbox_read(list, own, connection); }),
             noErr);
    CHECK_EQ(MIDISourceCreate(client, CFSTR("s"), &source), noErr);
    CHECK_EQ(MIDIPortConnectSource(in, source, &tag), noErr);
    CHECK_EQ(RECEIVED(source, 0x90, 60, 100), noErr);
    CHECK_EQ(SEND(out, destination, 0, 0x80, 61, 0), noErr);
    CHECK_BYTES(&heard, 0x90, 60, 100);
    CHECK(heard.last_connection == &tag);
    CHECK_BYTES(&taken, 0x80, 61, 0);
    CHECK(!taken.last_connection);
    CHECK_EQ(MIDIClientDispose(client), noErr);
}

static void test_receive_blocks(void)
{
    static inbox heard, taken;
    inbox *box = &heard, *own = &taken;
    MIDIClientRef client = make_client();
    MIDIPortRef in = 0, out = make_output(client);
    MIDIEndpointRef source = 0, destination = 0;
    CHECK_EQ(MIDIInputPortCreateWithProtocol(
                 client, CFSTR("in"), kMIDIProtocol_1_0, &in,
                 ^(const MIDIEventList *list, void *connection) { inbox_receive(list, box, connection); }),
             noErr);
    CHECK_EQ(MIDIDestinationCreateWithProtocol(
                 client, CFSTR("d"), kMIDIProtocol_2_0, &destination,
                 ^(const MIDIEventList *list, void *connection) { inbox_receive(list, own, connection); }),
             noErr);
    CHECK_EQ(MIDISourceCreateWithProtocol(client, CFSTR("s"), kMIDIProtocol_1_0, &source), noErr);
    CHECK_EQ(MIDIPortConnectSource(in, source, NULL), noErr);
    CHECK_EQ(RECEIVED(source, 0x90, 60, 64), noErr);
    send_note(out, destination);
    CHECK_EQ(heard.count, 1);
    CHECK_EQ(heard.words[0], 0x20903C40);
    CHECK_EQ(heard.protocol, kMIDIProtocol_1_0);
    CHECK_EQ(taken.count, 2);
    CHECK(memcmp(taken.words, note2, sizeof note2) == 0);
    CHECK_EQ(taken.protocol, kMIDIProtocol_2_0);
    CHECK_EQ(MIDIPortDispose(in), noErr);
    CHECK_EQ(MIDIEndpointDispose(destination), noErr);
    CHECK_EQ(MIDIClientDispose(client), noErr);
}

static void test_no_block_and_wrong_protocol(void)
{
    MIDIClientRef client = 0;
    MIDIPortRef in = 1;
    MIDIEndpointRef destination = 0;
    CHECK_EQ(MIDIClientCreateWithBlock(CFSTR("none"), &client, NULL), noErr);
    CHECK_EQ(MIDIInputPortCreateWithBlock(client, CFSTR("in"), &in, NULL), noErr);
    CHECK_EQ(MIDIDestinationCreateWithProtocol(client, CFSTR("d"), 3, &destination, NULL), -50);
    CHECK_EQ(MIDIDestinationCreateWithBlock(client, CFSTR("d"), &destination, NULL), noErr);
    MIDIPortRef out = make_output(client);
    CHECK_EQ(SEND(out, destination, 0, 0x80, 61, 0), noErr);
    CHECK_EQ(MIDIClientDispose(client), noErr);
    CHECK_EQ(MIDIInputPortCreateWithBlock(client, CFSTR("in"), &in, NULL), kMIDIInvalidClient);
}

int main(void)
{
    RUN(test_notify_block);
    RUN(test_read_blocks);
    RUN(test_receive_blocks);
    RUN(test_no_block_and_wrong_protocol);
    return 0;
}
