/* Long messages that are sent in the background. */
#include "midi_kit.h"

static inbox box;
static _Atomic int completed;
static uint8_t sysex[100000];

static void note_completion(MIDISysexSendRequest *request)
{
    CHECK(request->complete);
    CHECK(request->completionRefCon == &box);
    atomic_fetch_add(&completed, 1);
}

static void note_ump_completion(MIDISysexSendRequestUMP *request)
{
    CHECK(request->complete);
    atomic_fetch_add(&completed, 1);
}

static void wait_for_completion(int count)
{
    for (int i = 0; i < 10000 && atomic_load(&completed) < count; i++)
        nap(0.001);
    CHECK_EQ(atomic_load(&completed), count);
}

static MIDIEndpointRef make_destination(MIDIClientRef client)
{
    MIDIEndpointRef destination = 0;
    inbox_clear(&box);
    atomic_store(&completed, 0);
    CHECK_EQ(MIDIDestinationCreate(client, CFSTR("d"), inbox_read, &box, &destination), noErr);
    sysex[0] = 0xF0;
    for (size_t i = 1; i < sizeof sysex - 1; i++)
        sysex[i] = (uint8_t)(i * 7 >> 2 & 0x7F);
    sysex[sizeof sysex - 1] = 0xF7;
    return destination;
}

static void test_whole(void)
{
    MIDIClientRef client = make_client();
    MIDISysexSendRequest request = { .destination = make_destination(client),
                                     .data = sysex,
                                     .bytesToSend = sizeof sysex,
                                     .completionProc = note_completion,
                                     .completionRefCon = &box };
    CHECK_EQ(MIDISendSysex(&request), noErr);
    wait_for_completion(1);
    CHECK_EQ(request.bytesToSend, 0);
    CHECK(request.data == sysex + sizeof sysex);
    CHECK_EQ(box.size, sizeof sysex);
    CHECK(memcmp(box.bytes, sysex, sizeof sysex) == 0);
    CHECK_EQ(MIDIClientDispose(client), noErr);
}

/* Two for one destination come one after the other. */
static void test_two_at_once(void)
{
    static const uint8_t other[] = { 0xF0, 1, 2, 0xF7 };
    MIDIClientRef client = make_client();
    MIDIEndpointRef destination = make_destination(client);
    MIDISysexSendRequest requests[2] = {
        { destination, sysex, sizeof sysex, false, { 0 }, note_completion, &box },
        { destination, other, sizeof other, false, { 0 }, note_completion, &box },
    };
    CHECK_EQ(MIDISendSysex(&requests[0]), noErr);
    CHECK_EQ(MIDISendSysex(&requests[1]), noErr);
    wait_for_completion(2);
    CHECK_EQ(box.size, sizeof sysex + sizeof other);
    CHECK(memcmp(box.bytes, sysex, sizeof sysex) == 0);
    CHECK(memcmp(box.bytes + sizeof sysex, other, sizeof other) == 0);
    CHECK_EQ(MIDIClientDispose(client), noErr);
}

/* 3,125 bytes a second to the bus, once it says so; then the caller gives up. */
static void test_speed_and_abort(void)
{
    MIDIClientRef client = make_client();
    make_destination(client);
    MIDIEndpointRef bus = MIDIGetDestination(0);
    MIDISysexSendRequest request = { bus, sysex, sizeof sysex, false, { 0 }, note_completion, &box };
    CHECK_EQ(MIDIObjectSetIntegerProperty(bus, kMIDIPropertyMaxSysExSpeed, 3125), noErr);
    CHECK_EQ(MIDISendSysex(&request), noErr);
    nap(0.5);
    __atomic_store_n(&request.complete, true, __ATOMIC_RELEASE);
    wait_for_completion(1);
    size_t sent = sizeof sysex - request.bytesToSend;
    CHECK(sent >= 256 && sent <= 0.8 * 3125 + 512);
    CHECK_EQ(MIDIObjectRemoveProperty(bus, kMIDIPropertyMaxSysExSpeed), noErr);
    CHECK_EQ(MIDIClientDispose(client), noErr);
}

static void test_destination_goes(void)
{
    MIDIClientRef client = make_client(), other = make_client();
    MIDIEndpointRef destination = make_destination(other);
    MIDISysexSendRequest request = { destination, sysex, sizeof sysex, false, { 0 }, note_completion, &box };
    CHECK_EQ(MIDISendSysex(&request), noErr);
    CHECK_EQ(MIDIClientDispose(other), noErr);
    wait_for_completion(1);
    CHECK_EQ(box.size, sizeof sysex - request.bytesToSend);
    CHECK_EQ(MIDISendSysex(&request), kMIDIUnknownEndpoint);
    request.destination = MIDIGetSource(0);
    CHECK_EQ(MIDISendSysex(&request), kMIDIWrongEndpointType);
    CHECK_EQ(MIDISendSysex(NULL), -50);
    CHECK_EQ(MIDIClientDispose(client), noErr);
}

static void test_words(void)
{
    MIDIClientRef client = make_client();
    MIDIEndpointRef destination = make_destination(client), words = 0;
    static inbox events;
    UInt32 seven[] = { 0x30160102, 0x03040506, 0x30210700, 0, 0x30320809, 0 };
    UInt32 eight[] = { 0x50040011, 0x22330000, 0, 0 }, wrong[] = { 0x20903C40 };
    MIDISysexSendRequestUMP request = { destination, seven, 6, false, note_ump_completion, NULL };
    CHECK_EQ(MIDISendUMPSysex(&request), noErr);
    wait_for_completion(1);
    CHECK_BYTES(&box, 0xF0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xF7);
    CHECK_EQ(request.wordsToSend, 0);

    CHECK_EQ(CMMIDIDestinationCreateWithProtocol(client, CFSTR("w"), kMIDIProtocol_2_0, inbox_receive,
                                                 &events, &words),
             noErr);
    request = (MIDISysexSendRequestUMP){ words, eight, 4, false, note_ump_completion, NULL };
    CHECK_EQ(MIDISendUMPSysex8(&request), noErr);
    wait_for_completion(2);
    CHECK_WORDS(&events, 0x50040011, 0x22330000, 0, 0);
    request = (MIDISysexSendRequestUMP){ words, eight, 3, false, note_ump_completion, NULL };
    CHECK_EQ(MIDISendUMPSysex8(&request), -50);
    request = (MIDISysexSendRequestUMP){ words, wrong, 1, false, note_ump_completion, NULL };
    CHECK_EQ(MIDISendUMPSysex(&request), -50);
    CHECK_EQ(MIDIClientDispose(client), noErr);
}

int main(void)
{
    RUN(test_whole);
    RUN(test_two_at_once);
    RUN(test_speed_and_abort);
    RUN(test_destination_goes);
    RUN(test_words);
    return 0;
}
