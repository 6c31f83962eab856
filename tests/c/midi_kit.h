/* midi_kit.h: a client, an inbox that remembers what it got, and small lists, for MIDI tests. */
#ifndef TESTS_MIDI_KIT_H
#define TESTS_MIDI_KIT_H

#include <CoreAudio/HostTime.h>
#include <CoreMIDI/CoreMIDI.h>
#include <coremusic/engine.h>

#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum { KIT_BYTES = 1 << 18, KIT_WORDS = 1 << 16, KIT_PACKETS = 4096 };

/* Everything that arrived, in order. One callback at a time writes it. */
typedef struct inbox {
    uint8_t bytes[KIT_BYTES];
    size_t size;
    uint32_t words[KIT_WORDS];
    size_t count;
    MIDITimeStamp times[KIT_PACKETS], arrivals[KIT_PACKETS];
    size_t packets;
    size_t lists;
    MIDIProtocolID protocol;
    void *last_ref_con, *last_connection;
    _Atomic int inside;
    _Atomic size_t done; /* packets, for other threads to wait for */
} inbox;

/* Under gcc 12's address sanitizer a child hangs when a thread of its parent was filling a cache of that
 * allocator's at fork(): the lock of the size class, which no handler resets, is waited for by each thread
 * that the child starts (calloc in pthread_getattr_np, from AsanThread::ThreadStart), before any code of
 * ours. The thread sanitizer ends a child that starts a thread. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
enum { KIT_CAN_FORK = 0 };
#else
enum { KIT_CAN_FORK = 1 };
#endif

/* No other program's ports, unless a test asks for them. */
__attribute__((constructor)) static void kit_stay_alone(void)
{
    setenv("COREMUSIC_MIDI_DRIVERS", "none", 0);
}

static inline void inbox_clear(inbox *box)
{
    memset(box, 0, sizeof *box);
}

static inline void inbox_time(inbox *box, MIDITimeStamp time)
{
    if (box->packets < KIT_PACKETS) {
        box->arrivals[box->packets] = AudioGetCurrentHostTime();
        box->times[box->packets++] = time;
    }
}

/* Packets need not be aligned, so they are read with memcpy. */
static inline void inbox_read(const MIDIPacketList *list, void *ref_con, void *connection)
{
    inbox *box = ref_con;
    CHECK(atomic_fetch_add(&box->inside, 1) == 0);
    const MIDIPacket *packet = list->packet;
    for (UInt32 i = 0; i < list->numPackets; i++) {
        UInt16 length;
        MIDITimeStamp time;
        memcpy(&time, packet, sizeof time);
        memcpy(&length, (const char *)packet + 8, sizeof length);
        CHECK(box->size + length <= KIT_BYTES);
        memcpy(box->bytes + box->size, (const char *)packet + 10, length);
        box->size += length;
        inbox_time(box, time);
        packet = MIDIPacketNext(packet);
    }
    box->lists++;
    box->last_ref_con = ref_con;
    box->last_connection = connection;
    atomic_fetch_sub(&box->inside, 1);
    atomic_fetch_add(&box->done, list->numPackets);
}

static inline void inbox_receive(const MIDIEventList *list, void *ref_con, void *connection)
{
    inbox *box = ref_con;
    CHECK(atomic_fetch_add(&box->inside, 1) == 0);
    const MIDIEventPacket *packet = list->packet;
    for (UInt32 i = 0; i < list->numPackets; i++) {
        CHECK(box->count + packet->wordCount <= KIT_WORDS);
        memcpy(box->words + box->count, packet->words, 4 * packet->wordCount);
        box->count += packet->wordCount;
        inbox_time(box, packet->timeStamp);
        packet = MIDIEventPacketNext(packet);
    }
    box->lists++;
    box->protocol = list->protocol;
    box->last_connection = connection;
    atomic_fetch_sub(&box->inside, 1);
    atomic_fetch_add(&box->done, list->numPackets);
}

static inline void nap(double seconds)
{
    struct timespec time = { (time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9) };
    nanosleep(&time, NULL);
}

/* Waits for up to ten seconds. */
static inline void inbox_wait(inbox *box, size_t packets)
{
    for (int i = 0; i < 10000 && atomic_load(&box->done) < packets; i++)
        nap(0.001);
    CHECK(atomic_load(&box->done) >= packets);
}

static inline MIDIClientRef make_client(void)
{
    MIDIClientRef client = 0;
    CHECK_EQ(MIDIClientCreate(CFSTR("test"), NULL, NULL, &client), noErr);
    return client;
}

static inline MIDIPortRef make_output(MIDIClientRef client)
{
    MIDIPortRef port = 0;
    CHECK_EQ(MIDIOutputPortCreate(client, CFSTR("out"), &port), noErr);
    return port;
}

static inline MIDIPacketList *one_packet(MIDITimeStamp time, const void *bytes, size_t size)
{
    static _Thread_local union {
        MIDIPacketList list;
        char room[66000];
    } memory;
    MIDIPacket *packet = MIDIPacketListInit(&memory.list);
    CHECK(MIDIPacketListAdd(&memory.list, sizeof memory, packet, time, size, bytes) != NULL);
    return &memory.list;
}

#define SEND(port, destination, time, ...)                                                                   \
    MIDISend(port, destination,                                                                              \
             one_packet(time, (const Byte[]){ __VA_ARGS__ }, sizeof((const Byte[]){ __VA_ARGS__ })))
#define RECEIVED(source, ...)                                                                                \
    MIDIReceived(source, one_packet(0, (const Byte[]){ __VA_ARGS__ }, sizeof((const Byte[]){ __VA_ARGS__ })))
#define CHECK_BYTES(box, ...)                                                                                \
    do {                                                                                                     \
        const Byte expected[] = { __VA_ARGS__ };                                                             \
        CHECK_EQ((box)->size, sizeof expected);                                                              \
        CHECK(memcmp((box)->bytes, expected, sizeof expected) == 0);                                         \
    } while (0)
#define CHECK_WORDS(box, ...)                                                                                \
    do {                                                                                                     \
        const uint32_t expected[] = { __VA_ARGS__ };                                                         \
        CHECK_EQ((box)->count, sizeof expected / sizeof *expected);                                          \
        CHECK(memcmp((box)->words, expected, sizeof expected) == 0);                                         \
    } while (0)

#endif
