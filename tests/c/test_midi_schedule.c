/* Messages for later: at their time, in order, flushed, or with nowhere to go. */
#include "midi_kit.h"

static inbox box;

#define MILLISECONDS 1000000ull /* host ticks */

static MIDIEndpointRef make_destination(MIDIClientRef client)
{
    MIDIEndpointRef destination = 0;
    inbox_clear(&box);
    CHECK_EQ(MIDIDestinationCreate(client, CFSTR("d"), inbox_read, &box, &destination), noErr);
    return destination;
}

static void test_at_its_time(void)
{
    enum { COUNT = 200 };
    MIDIClientRef client = make_client();
    MIDIPortRef out = make_output(client);
    MIDIEndpointRef destination = make_destination(client);
    MIDITimeStamp start = AudioGetCurrentHostTime() + 500 * MILLISECONDS; /* all are sent by then */
    for (int i = 0; i < COUNT; i++)                                       /* not in the order of time */
        CHECK_EQ(SEND(out, destination, start + (UInt64)((i * 37) % COUNT) * MILLISECONDS, 0x90, 1,
                      (Byte)(i & 127)),
                 noErr);
    inbox_wait(&box, COUNT);
    double worst = 0;
    for (int i = 0; i < COUNT; i++) {
        CHECK_EQ(box.times[i], start + (UInt64)i * MILLISECONDS);
        CHECK(box.arrivals[i] >= box.times[i]);
        worst = fmax(worst, (double)(box.arrivals[i] - box.times[i]) / 1e6);
    }
    printf("latest of %d: %.3f ms\n", COUNT, worst);
    CHECK_EQ(MIDIClientDispose(client), noErr);
}

static void test_order(void)
{
    MIDIClientRef client = make_client();
    MIDIPortRef out = make_output(client);
    MIDIEndpointRef destination = make_destination(client);
    MIDITimeStamp time = AudioGetCurrentHostTime() + 200 * MILLISECONDS;
    for (int i = 0; i < 100; i++) /* of the same time: in the order of sending */
        CHECK_EQ(SEND(out, destination, time, 0x90, 1, (Byte)i), noErr);
    CHECK_EQ(SEND(out, destination, 0, 0xFA), noErr); /* does not wait behind what is for later */
    CHECK_EQ(box.bytes[0], 0xFA);
    inbox_wait(&box, 101);
    for (int i = 0; i < 100; i++)
        CHECK_EQ(box.bytes[1 + 3 * i + 2], i);
    /* One sender's times go up; some have come when it sends. What is due does not overtake. */
    inbox_clear(&box);
    time = AudioGetCurrentHostTime();
    for (int i = 0; i < 2000; i++)
        CHECK_EQ(SEND(out, destination, time + (UInt64)i * 2000, 0x90, (Byte)(i >> 7), (Byte)(i & 127)),
                 noErr);
    inbox_wait(&box, 2000);
    for (int i = 0; i < 2000; i++)
        CHECK_EQ(box.bytes[3 * i + 1] << 7 | box.bytes[3 * i + 2], i);
    CHECK_EQ(MIDIClientDispose(client), noErr);
}

static void test_mixed_list(void)
{
    MIDIClientRef client = make_client();
    MIDIPortRef out = make_output(client);
    MIDIEndpointRef destination = make_destination(client);
    char memory[256];
    MIDIPacketList *list = (MIDIPacketList *)memory;
    MIDIPacket *packet = MIDIPacketListInit(list);
    MIDITimeStamp later = AudioGetCurrentHostTime() + 5 * MILLISECONDS;
    packet = MIDIPacketListAdd(list, sizeof memory, packet, later, 2, (const Byte[]){ 0xC0, 2 });
    packet = MIDIPacketListAdd(list, sizeof memory, packet, 0, 2, (const Byte[]){ 0xC0, 1 });
    CHECK_EQ(MIDISend(out, destination, list), noErr);
    inbox_wait(&box, 2);
    CHECK_BYTES(&box, 0xC0, 1, 0xC0, 2);
    CHECK(box.times[0] != 0);
    CHECK_EQ(box.times[1], later);
    CHECK_EQ(MIDIClientDispose(client), noErr);
}

static void test_flush(void)
{
    MIDIClientRef client = make_client();
    MIDIPortRef out = make_output(client);
    MIDIEndpointRef destination = make_destination(client), other = 0;
    static inbox other_box;
    CHECK_EQ(MIDIDestinationCreate(client, CFSTR("o"), inbox_read, &other_box, &other), noErr);
    MIDITimeStamp later = AudioGetCurrentHostTime() + 30 * MILLISECONDS;
    for (int i = 0; i < 50; i++) {
        CHECK_EQ(SEND(out, destination, later + (UInt64)i, 0x90, 1, 1), noErr);
        CHECK_EQ(SEND(out, other, later + (UInt64)i, 0x90, 1, (Byte)i), noErr);
    }
    CHECK_EQ(MIDIFlushOutput(destination), noErr);
    inbox_wait(&other_box, 50);
    for (int i = 0; i < 50; i++)
        CHECK_EQ(other_box.bytes[3 * i + 2], i);
    CHECK_EQ(box.packets, 0);
    CHECK_EQ(SEND(out, other, AudioGetCurrentHostTime() + 20 * MILLISECONDS, 0xF8), noErr);
    CHECK_EQ(MIDIFlushOutput(0), noErr);
    nap(0.04);
    CHECK_EQ(atomic_load(&other_box.done), 50);
    CHECK_EQ(MIDIFlushOutput(client), kMIDIUnknownEndpoint);
    CHECK_EQ(MIDIClientDispose(client), noErr);
}

static void test_nowhere_to_go(void)
{
    MIDIClientRef client = make_client();
    MIDIPortRef out = make_output(client);
    MIDIEndpointRef destination = make_destination(client);
    CMMIDIStatistics before, after;
    CHECK_EQ(CMMIDIGetStatistics(&before), noErr);
    for (int i = 0; i < 10; i++)
        CHECK_EQ(SEND(out, destination, AudioGetCurrentHostTime() + 20 * MILLISECONDS, 0x90, 1, 1), noErr);
    CHECK_EQ(MIDIEndpointDispose(destination), noErr);
    CHECK_EQ(CMMIDIGetStatistics(&after), noErr);
    CHECK_EQ(after.gone - before.gone, 10);
    nap(0.03);
    CHECK_EQ(box.packets, 0);
    CHECK_EQ(MIDIClientDispose(client), noErr);
}

static void test_advance(void)
{
    MIDIClientRef client = make_client();
    MIDIPortRef out = make_output(client);
    MIDIEndpointRef destination = make_destination(client);
    CHECK_EQ(MIDIObjectSetIntegerProperty(destination, kMIDIPropertyAdvanceScheduleTimeMuSec, 50000), noErr);
    MIDITimeStamp time = AudioGetCurrentHostTime() + 60 * MILLISECONDS;
    CHECK_EQ(SEND(out, destination, time, 0xF8), noErr);
    inbox_wait(&box, 1);
    CHECK_EQ(box.times[0], time);
    CHECK(box.arrivals[0] >= time - 50 * MILLISECONDS && box.arrivals[0] < time);
    CHECK_EQ(MIDIClientDispose(client), noErr);
}

int main(void)
{
    RUN(test_at_its_time);
    RUN(test_order);
    RUN(test_mixed_list);
    RUN(test_flush);
    RUN(test_nowhere_to_go);
    RUN(test_advance);
    return 0;
}
