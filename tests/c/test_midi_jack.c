/* MIDI through a real JACK server: with a JACK client of the test's own, and jack_midi_dump, on the other
 * side. */
#include "midi_kit.h"
#include "server_kit.h"

#include "base/jack_clients.h"
#include "midi/jack.h"

/* A program that knows nothing of us: one port out, one in, plain libjack. */
static struct {
    jack_client_t *client;
    jack_port_t *out, *in;
    _Atomic int to_send; /* events of its script that go out in the next cycle */
    _Atomic size_t heard;
    struct {
        uint8_t bytes[8];
        size_t size;
    } script[4];
    uint8_t bytes[1 << 18];
    size_t events;
} peer;

static int run_peer(jack_nframes_t frames, void *unused)
{
    (void)unused;
    void *out = cm_jack_midi.jack_port_get_buffer(peer.out, frames);
    void *in = cm_jack_midi.jack_port_get_buffer(peer.in, frames);
    jack_midi_event_t event;
    cm_jack_midi.jack_midi_clear_buffer(out);
    int count = atomic_exchange(&peer.to_send, 0);
    for (int i = 0; i < count; i++)
        memcpy(cm_jack_midi.jack_midi_event_reserve(out, (jack_nframes_t)i * 16, peer.script[i].size),
               peer.script[i].bytes, peer.script[i].size);
    for (uint32_t i = 0; i < cm_jack_midi.jack_midi_get_event_count(in); i++) {
        cm_jack_midi.jack_midi_event_get(&event, in, i);
        memcpy(peer.bytes + atomic_load(&peer.heard), event.buffer, event.size);
        atomic_fetch_add(&peer.heard, event.size);
        peer.events++;
    }
    return 0;
}

static void open_peer(void)
{
    jack_status_t status;
    peer.client = cm_jack_clients_open("peer", NULL, &status);
    CHECK(peer.client != NULL);
    peer.out = cm_jack_midi.jack_port_register(peer.client, "out", JACK_DEFAULT_MIDI_TYPE, JackPortIsOutput,
                                               0);
    peer.in = cm_jack_midi.jack_port_register(peer.client, "in", JACK_DEFAULT_MIDI_TYPE, JackPortIsInput, 0);
    cm_jack_midi.jack_set_process_callback(peer.client, run_peer, NULL);
    CHECK_EQ(cm_jack_midi.jack_activate(peer.client), 0);
}

static void wait_heard(size_t size)
{
    for (int i = 0; i < 5000 && atomic_load(&peer.heard) < size; i++)
        nap(0.001);
    CHECK_EQ(atomic_load(&peer.heard), size);
}

static bool has_display_name(MIDIEndpointRef endpoint, const char *name)
{
    char text[256] = "";
    CFStringRef string = NULL;
    if (MIDIObjectGetStringProperty(endpoint, kMIDIPropertyDisplayName, &string) == noErr)
        CFStringGetCString(string, text, sizeof text, kCFStringEncodingUTF8);
    CFRelease(string);
    return strcmp(text, name) == 0;
}

static MIDIEndpointRef find(bool source, const char *name)
{
    for (int tries = 0; tries < 500; tries++) {
        ItemCount count = source ? MIDIGetNumberOfSources() : MIDIGetNumberOfDestinations();
        for (ItemCount i = 0; i < count; i++) {
            MIDIEndpointRef endpoint = source ? MIDIGetSource(i) : MIDIGetDestination(i);
            if (has_display_name(endpoint, name))
                return endpoint;
        }
        nap(0.01);
    }
    return 0;
}

static inbox box;
static MIDIClientRef client;

static _Atomic int added, removed;

static void note(const MIDINotification *message, void *ref_con)
{
    (void)ref_con;
    if (message->messageID == kMIDIMsgObjectAdded)
        atomic_fetch_add(&added, 1);
    if (message->messageID == kMIDIMsgObjectRemoved)
        atomic_fetch_add(&removed, 1);
}

static void wait_count(_Atomic int *count, int wanted)
{
    for (int i = 0; i < 5000 && atomic_load(count) < wanted; i++)
        nap(0.001);
    CHECK_EQ(atomic_load(count), wanted);
}

static void test_ports_come_and_go(void)
{
    CHECK_EQ(MIDIClientCreate(CFSTR("jack test"), note, NULL, &client), noErr);
    nap(0.05); /* what the server's start itself added */
    atomic_store(&added, 0);
    ItemCount devices = MIDIGetNumberOfDevices();
    open_peer();
    MIDIEndpointRef source = find(true, "peer out"), destination = find(false, "peer in");
    CHECK(source && destination);
    CHECK_EQ(MIDIGetNumberOfDevices(), devices + 1);
    wait_count(&added, 5); /* device, two entities, two endpoints */
    cm_jack_clients_close(peer.client);
    wait_count(&removed, 5);
    CHECK_EQ(MIDIGetNumberOfDevices(), devices);
    MIDIEntityRef entity;
    CHECK_EQ(MIDIEndpointGetEntity(source, &entity), kMIDIUnknownEndpoint);
    open_peer();
    CHECK(find(true, "peer out") && find(false, "peer in"));
}

static void test_receive(void)
{
    MIDIPortRef in = 0;
    inbox_clear(&box);
    CHECK_EQ(MIDIInputPortCreate(client, CFSTR("in"), inbox_read, &box, &in), noErr);
    CHECK_EQ(MIDIPortConnectSource(in, find(true, "peer out"), NULL), noErr);
    nap(0.2); /* the driver connects its port */
    const uint8_t script[][4] = { { 0x90, 60, 100 }, { 0xC1, 5 }, { 0xF8 } };
    const size_t sizes[] = { 3, 2, 1 };
    for (int i = 0; i < 3; i++) {
        memcpy(peer.script[i].bytes, script[i], sizes[i]);
        peer.script[i].size = sizes[i];
    }
    MIDITimeStamp before = AudioGetCurrentHostTime();
    atomic_store(&peer.to_send, 3);
    inbox_wait(&box, 3);
    CHECK_BYTES(&box, 0x90, 60, 100, 0xC1, 5, 0xF8);
    for (int i = 0; i < 3; i++)
        CHECK(box.times[i] + 500000000 > before && box.times[i] < AudioGetCurrentHostTime() + 500000000);
    /* 16 frames of 48 kHz apart, as they were written */
    CHECK_NEAR((double)(box.times[1] - box.times[0]) / 1e3, 16 / 0.048, 2);
    CHECK_EQ(MIDIPortDispose(in), noErr);
}

static void test_send(void)
{
    MIDIPortRef out = make_output(client);
    MIDIEndpointRef destination = find(false, "peer in");
    atomic_store(&peer.heard, 0);
    CHECK_EQ(SEND(out, destination, 0, 0x92, 64, 1, 0x82, 64, 0), noErr); /* waits for the connection */
    wait_heard(6);
    CHECK(memcmp(peer.bytes, "\x92\x40\1\x82\x40\0", 6) == 0);
    CHECK_EQ(peer.events, 2); /* each event is one message */
    peer.events = 0;
    atomic_store(&peer.heard, 0);
    CHECK_EQ(SEND(out, destination, 0, 0xF0, 1, 2), noErr);
    CHECK_EQ(SEND(out, destination, 0, 3, 0xF7), noErr);
    wait_heard(5);
    CHECK_EQ(peer.events, 1); /* SysEx too */
    CHECK(memcmp(peer.bytes, "\xF0\1\2\3\xF7", 5) == 0);
}

static _Atomic int completed;

static void note_completion(MIDISysexSendRequest *request)
{
    (void)request;
    atomic_fetch_add(&completed, 1);
}

static void test_long_sysex(void)
{
    static uint8_t sysex[100000];
    sysex[0] = 0xF0;
    for (size_t i = 1; i < sizeof sysex - 1; i++)
        sysex[i] = (uint8_t)(i * 13 >> 4 & 0x7F);
    sysex[sizeof sysex - 1] = 0xF7;
    MIDISysexSendRequest request = { .destination = find(false, "peer in"),
                                     .data = sysex,
                                     .bytesToSend = sizeof sysex,
                                     .completionProc = note_completion };
    atomic_store(&peer.heard, 0);
    CHECK_EQ(MIDISendSysex(&request), noErr);
    wait_heard(sizeof sysex);
    CHECK(memcmp(peer.bytes, sysex, sizeof sysex) == 0);
    wait_count(&completed, 1);
}

/* Sent at once, in lists of 60,000 bytes, faster than the server takes them: all arrive, and nothing is lost.
 */
static void test_much_at_once(void)
{
    enum { PART = 60000, PARTS = 4 };
    static uint8_t sysex[PARTS * PART];
    static union {
        MIDIPacketList list;
        uint8_t room[PART + 32];
    } memory;
    CMMIDIStatistics before, after;
    sysex[0] = 0xF0;
    for (size_t i = 1; i < sizeof sysex - 1; i++)
        sysex[i] = (uint8_t)(i * 11 >> 3 & 0x7F);
    sysex[sizeof sysex - 1] = 0xF7;
    MIDIPortRef out = make_output(client);
    MIDIEndpointRef destination = find(false, "peer in");
    atomic_store(&peer.heard, 0);
    CHECK_EQ(CMMIDIGetStatistics(&before), noErr);
    for (size_t part = 0; part < PARTS; part++) {
        MIDIPacket *packet = MIDIPacketListInit(&memory.list);
        CHECK(MIDIPacketListAdd(&memory.list, sizeof memory, packet, 0, PART, sysex + part * PART));
        CHECK_EQ(MIDISend(out, destination, &memory.list), noErr);
    }
    CHECK_EQ(SEND(out, destination, 0, 0x90, 1, 2), noErr); /* not before the end of the SysEx */
    wait_heard(sizeof sysex + 3);
    CHECK(memcmp(peer.bytes, sysex, sizeof sysex) == 0);
    CHECK(memcmp(peer.bytes + sizeof sysex, "\x90\1\2", 3) == 0);
    CHECK_EQ(CMMIDIGetStatistics(&after), noErr);
    CHECK_EQ(after.drivers, before.drivers);
}

static void test_virtual_endpoints(void)
{
    MIDIEndpointRef source = 0, destination = 0;
    inbox_clear(&box);
    CHECK_EQ(MIDISourceCreate(client, CFSTR("our keys"), &source), noErr);
    CHECK_EQ(MIDIDestinationCreate(client, CFSTR("our synth"), inbox_read, &box, &destination), noErr);
    CHECK(strstr(server_ask_jack("jack_lsp -t -p"), "coremusic:our keys"));
    CHECK(!find(true, "coremusic our keys")); /* our own ports do not come back as a device */
    CHECK_EQ(cm_jack_midi.jack_connect(peer.client, "coremusic:our keys", "peer:in"), 0);
    CHECK_EQ(cm_jack_midi.jack_connect(peer.client, "peer:out", "coremusic:our synth"), 0);
    nap(0.2); /* until JACK carries anything */
    atomic_store(&peer.heard, 0);
    CHECK_EQ(RECEIVED(source, 0x95, 1, 2), noErr);
    wait_heard(3);
    CHECK(memcmp(peer.bytes, "\x95\1\2", 3) == 0);
    atomic_store(&peer.to_send, 3);
    inbox_wait(&box, 3);
    CHECK_BYTES(&box, 0x90, 60, 100, 0xC1, 5, 0xF8);
    CHECK_EQ(MIDIObjectSetIntegerProperty(source, kMIDIPropertyPrivate, 1), noErr);
    CHECK(!strstr(server_ask_jack("jack_lsp"), "coremusic:our keys"));
    CHECK_EQ(MIDIObjectSetIntegerProperty(source, kMIDIPropertyPrivate, 0), noErr);
    CHECK(strstr(server_ask_jack("jack_lsp"), "coremusic:our keys"));
    CHECK_EQ(MIDIEndpointDispose(source), noErr);
    CHECK(!strstr(server_ask_jack("jack_lsp"), "coremusic:our keys"));
    CHECK_EQ(MIDIEndpointDispose(destination), noErr);
}

/* An independent program prints what it hears. */
static void test_jack_midi_dump(void)
{
    if (server_missing("jack_midi_dump"))
        return;
    char *arguments[] = { "stdbuf", "-oL", "jack_midi_dump", "dump", NULL };
    char file[] = "/tmp/midi-dump-XXXXXX";
    int descriptor = mkstemp(file);
    CHECK(descriptor >= 0);
    pid_t pid = server_spawn(file, arguments);
    MIDIEndpointRef destination = find(false, "dump input");
    CHECK(destination != 0);
    MIDIPortRef out = make_output(client);
    CHECK_EQ(SEND(out, destination, 0, 0x93, 0x3C, 0x64), noErr);
    CHECK_EQ(SEND(out, destination, 0, 0xB3, 0x07, 0x50), noErr);
    CHECK_EQ(SEND(out, destination, AudioGetCurrentHostTime() + 50000000, 0x83, 0x3C, 0x00), noErr);
    nap(0.5);
    server_end(pid, SIGTERM);
    const char *text = server_run("cat %s", file);
    printf("jack_midi_dump:\n%s", text);
    CHECK(strstr(text, "93 3c 64") && strstr(text, "b3 07 50") && strstr(text, "83 3c 00"));
    close(descriptor);
    unlink(file);
}

/* A child has none of the parent's JACK: it says so, ends, and takes nothing from the parent. */
static void test_a_child_leaves_jack_alone(void)
{
    MIDIPortRef out = make_output(client);
    MIDIEndpointRef destination = find(false, "peer in");
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        MIDIClientRef mine = 0;
        MIDIEndpointRef source = 0;
        alarm(20);
        servers_open = NULL; /* the parent's, at exit */
        CHECK_EQ(SEND(out, destination, 0, 0x90, 1, 2), kMIDIInvalidPort);
        CHECK_EQ(MIDIClientDispose(client), kMIDIInvalidClient);
        CHECK_EQ(MIDIClientCreate(CFSTR("child"), NULL, NULL, &mine), noErr);
        CHECK_EQ(MIDISourceCreate(mine, CFSTR("child source"), &source), noErr);
        CHECK_EQ(MIDIGetNumberOfDestinations(), 1);
        CHECK_EQ(MIDIRestart(), noErr);
        CHECK_EQ(RECEIVED(source, 0x90, 1, 2), noErr);
        exit(0);
    }
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(status, 0);
    atomic_store(&peer.heard, 0);
    CHECK_EQ(SEND(out, destination, 0, 0x90, 1, 2), noErr);
    wait_heard(3);
    CHECK(!strstr(server_ask_jack("jack_lsp"), "child source"));
}

static void test_server_dies_and_returns(server *s)
{
    ItemCount devices = MIDIGetNumberOfDevices();
    MIDIEndpointRef destination = 0;
    CHECK_EQ(MIDIDestinationCreate(client, CFSTR("survivor"), inbox_read, &box, &destination), noErr);
    server_kill(s);
    for (int i = 0; i < 500 && MIDIGetNumberOfDevices() >= devices; i++)
        nap(0.01);
    CHECK(MIDIGetNumberOfDevices() < devices);
    cm_jack_clients_close(peer.client); /* as long as it is open there can be no other */
    server_launch(s);
    for (int i = 0; i < 1000 && !strstr(server_ask_jack("jack_lsp 2>/dev/null"), "coremusic:survivor"); i++)
        nap(0.01);
    CHECK(strstr(server_ask_jack("jack_lsp"), "coremusic:survivor"));
    CHECK_EQ(MIDIEndpointDispose(destination), noErr);
}

int main(void)
{
    static server s = {
        .waits = true
    }; /* a cycle that a busy machine misses would take its messages along */
    if (server_missing("jackd"))
        return 0;
#ifdef __SANITIZE_THREAD__
    puts("skipped: both ends are in one process, and libjack's synchronisation is unknown to the sanitizer");
    return 0;
#endif
    setenv("COREMUSIC_MIDI_DRIVERS", "jack", 1);
    server_open_patient_jack(&s, 48000, 1024, 2);
    RUN(test_ports_come_and_go);
    RUN(test_receive);
    RUN(test_send);
    RUN(test_long_sysex);
    RUN(test_much_at_once);
    RUN(test_virtual_endpoints);
    RUN(test_jack_midi_dump);
    if (KIT_CAN_FORK)
        RUN(test_a_child_leaves_jack_alone);
    test_server_dies_and_returns(&s);
    printf("ok test_server_dies_and_returns\n");
    CHECK_EQ(MIDIClientDispose(client), noErr);
    server_close(&s);
    return 0;
}
