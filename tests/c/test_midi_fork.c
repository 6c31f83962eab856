/* A child of fork(): what was made before is stale there, nothing hangs, and MIDI can be used anew. */
#include "midi_kit.h"

#include <sys/wait.h>
#include <unistd.h>

enum { CHILD_SECONDS = 20 };

static inbox box;
static MIDIClientRef client;
static MIDIPortRef in, out;
static MIDIEndpointRef source, destination;

static _Atomic bool stop;

/* Inside its own callback nearly always. */
static void be_slow(const MIDIPacketList *list, void *ref_con, void *connection)
{
    (void)list, (void)ref_con, (void)connection;
    nap(0.002);
}

static void *keep_busy(void *unused)
{
    MIDIPortRef port = make_output(client);
    while (!atomic_load(&stop)) {
        SEND(port, destination, 0, 0x90, 1, 2);
        SEND(port, destination, AudioGetCurrentHostTime() + 1000000, 0x90, 1, 2);
        MIDIObjectSetIntegerProperty(source, CFSTR("count"), rand());
    }
    return unused;
}

static void begin_parent(pthread_t *thread)
{
    client = make_client();
    out = make_output(client);
    CHECK_EQ(MIDIInputPortCreate(client, CFSTR("in"), inbox_read, &box, &in), noErr);
    CHECK_EQ(MIDISourceCreate(client, CFSTR("source"), &source), noErr);
    CHECK_EQ(MIDIDestinationCreate(client, CFSTR("slow"), be_slow, NULL, &destination), noErr);
    CHECK_EQ(MIDIPortConnectSource(in, source, NULL), noErr);
    CHECK_EQ(pthread_create(thread, NULL, keep_busy, NULL), 0);
}

static void old_references_are_stale(void)
{
    SInt32 value;
    MIDIPortRef port = 0;
    CHECK_EQ(SEND(out, destination, 0, 0x90, 1, 2), kMIDIInvalidPort);
    CHECK_EQ(RECEIVED(source, 0x90, 1, 2), kMIDIUnknownEndpoint);
    CHECK_EQ(MIDIObjectGetIntegerProperty(source, kMIDIPropertyUniqueID, &value), kMIDIObjectNotFound);
    CHECK_EQ(MIDIOutputPortCreate(client, CFSTR("o"), &port), kMIDIInvalidClient);
    CHECK_EQ(MIDIFlushOutput(0), noErr);
    CHECK_EQ(MIDIPortDispose(in), kMIDIInvalidPort);
    CHECK_EQ(MIDIEndpointDispose(destination), kMIDIUnknownEndpoint);
    CHECK_EQ(MIDIClientDispose(client), kMIDIInvalidClient);
}

static _Atomic int told;

static void note(const MIDINotification *message, void *ref_con)
{
    (void)ref_con;
    if (message->messageID == kMIDIMsgObjectAdded)
        atomic_fetch_add(&told, 1);
}

static void new_ones_work(void)
{
    MIDIClientRef mine = 0;
    MIDIEndpointRef synth = 0;
    inbox_clear(&box);
    CHECK_EQ(MIDIGetNumberOfDestinations(), 1); /* a bus of the child's own */
    CHECK_EQ(MIDIClientCreate(CFSTR("child"), note, NULL, &mine), noErr);
    CHECK_EQ(MIDIDestinationCreate(mine, CFSTR("synth"), inbox_read, &box, &synth), noErr);
    CHECK_EQ(SEND(make_output(mine), synth, AudioGetCurrentHostTime() + 5000000, 0x90, 60, 1), noErr);
    inbox_wait(&box, 1);
    CHECK_BYTES(&box, 0x90, 60, 1);
    for (int i = 0; i < 5000 && !atomic_load(&told); i++)
        nap(0.001);
    CHECK(atomic_load(&told) > 0);
    CHECK_EQ(MIDIClientDispose(mine), noErr);
}

static void live_as_child(void)
{
    alarm(CHILD_SECONDS); /* one that hangs is killed by it */
    old_references_are_stale();
    new_ones_work();
    exit(0); /* with all that runs then */
}

static void test_children_of_a_busy_program(void)
{
    pthread_t thread;
    begin_parent(&thread);
    for (int i = 0; i < 20; i++) {
        int status;
        fflush(stdout);
        pid_t child = fork();
        if (child == 0)
            live_as_child();
        CHECK_EQ(waitpid(child, &status, 0), child);
        CHECK_EQ(status, 0);
    }
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    inbox_clear(&box);
    CHECK_EQ(RECEIVED(source, 0x90, 9, 9), noErr); /* the parent has noticed nothing */
    CHECK_BYTES(&box, 0x90, 9, 9);
    CHECK_EQ(MIDIClientDispose(client), noErr);
}

int main(void)
{
    if (!KIT_CAN_FORK) {
        puts("skipped: the sanitizer's allocator may stay locked in a child, or no threads may start there");
        return 0;
    }
    RUN(test_children_of_a_busy_program);
    return 0;
}
