/*
 * MIDI through the ALSA sequencer of a real kernel: with its virtual raw MIDI card, aseqdump and aplaymidi on
 * the other side. Needs /dev/snd/seq: make test-alsa ALSA_TESTS=test_midi_alsa.
 */
#include "midi/alsa.h"
#include "midi_kit.h"
#include "server_kit.h"

#define RAW "/dev/snd/midiC2D0" /* what VirMIDI's first port says and hears, as bytes */

static inbox box;
static MIDIClientRef client;

static bool has_display_name(MIDIEndpointRef endpoint, const char *name)
{
    char text[256] = "";
    CFStringRef string = NULL;
    if (MIDIObjectGetStringProperty(endpoint, kMIDIPropertyDisplayName, &string) == noErr)
        CFStringGetCString(string, text, sizeof text, kCFStringEncodingUTF8);
    CFRelease(string);
    return strncmp(text, name, strlen(name)) == 0;
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

static int open_raw(int flags)
{
    int raw = open(RAW, flags);
    CHECK(raw >= 0);
    return raw;
}

/* "client:port" in numbers, for programs that take no names of ports. */
static void find_address(const char *port, char address[32])
{
    const char *client_number = server_run(
        "aconnect -l | sed -n \"s/^client \\([0-9]*\\): 'coremusic'.*/\\1/p\"");
    int number = atoi(client_number);
    const char *port_number = server_run("aconnect -l | sed -n \"s/^ *\\([0-9]*\\) '%s *'$/\\1/p\"", port);
    CHECK(number >= 128 && *port_number);
    snprintf(address, 32, "%d:%d", number, atoi(port_number));
}

static void test_receive(void)
{
    MIDIPortRef in = 0;
    MIDIEndpointRef source = find(true, "Virtual Raw MIDI 2-0");
    CHECK(source != 0);
    inbox_clear(&box);
    CHECK_EQ(MIDIInputPortCreate(client, CFSTR("in"), inbox_read, &box, &in), noErr);
    CHECK_EQ(MIDIPortConnectSource(in, source, NULL), noErr);
    int raw = open_raw(O_WRONLY);
    const uint8_t bytes[] = { 0x90, 60, 100, 61, 101, 0xE3, 1, 2, 0xF0, 1, 2, 3, 4, 0xF7, 0xF8 };
    CHECK_EQ(write(raw, bytes, sizeof bytes), sizeof bytes);
    for (int i = 0; i < 5000 && box.size < 17; i++)
        nap(0.001);
    CHECK_BYTES(&box, 0x90, 60, 100, 0x90, 61, 101, 0xE3, 1, 2, 0xF0, 1, 2, 3, 4, 0xF7, 0xF8);
    close(raw);
    CHECK_EQ(MIDIPortDispose(in), noErr);
}

static size_t read_some(int raw, uint8_t *bytes, size_t size)
{
    size_t have = 0;
    for (int i = 0; i < 10000 && have < size; i++) {
        ssize_t got = read(raw, bytes + have, size - have);
        if (got > 0)
            have += (size_t)got;
        else
            nap(0.001);
    }
    return have;
}

static _Atomic int completed;

static void note_completion(MIDISysexSendRequest *request)
{
    (void)request;
    atomic_fetch_add(&completed, 1);
}

static void test_send(void)
{
    static uint8_t sysex[3000], bytes[sizeof sysex];
    MIDIEndpointRef destination = find(false, "Virtual Raw MIDI 2-0");
    CHECK(destination != 0);
    int raw = open_raw(O_RDONLY | O_NONBLOCK);
    CHECK(read(raw, bytes, 1) < 0); /* the first read begins the listening */
    CHECK_EQ(SEND(make_output(client), destination, 0, 0x91, 1, 2, 0xC1, 3, 0xF2, 4, 5), noErr);
    CHECK_EQ(read_some(raw, bytes, 8), 8);
    CHECK(memcmp(bytes, "\x91\1\2\xC1\3\xF2\4\5", 8) == 0);
    sysex[0] = 0xF0;
    for (size_t i = 1; i < sizeof sysex - 1; i++)
        sysex[i] = (uint8_t)(i * 5 >> 2 & 0x7F);
    sysex[sizeof sysex - 1] = 0xF7;
    MIDISysexSendRequest request = { destination, sysex, sizeof sysex, false, { 0 }, note_completion, NULL };
    CHECK_EQ(MIDISendSysex(&request), noErr);
    CHECK_EQ(read_some(raw, bytes, sizeof bytes), sizeof bytes);
    CHECK(memcmp(bytes, sysex, sizeof bytes) == 0);
    CHECK_EQ(atomic_load(&completed), 1);
    close(raw);
}

static void test_aseqdump(void)
{
    MIDIEndpointRef source = 0;
    CHECK_EQ(MIDISourceCreate(client, CFSTR("our keys"), &source), noErr);
    char address[32];
    find_address("our keys", address);
    char *arguments[] = { "stdbuf", "-oL", "aseqdump", "-p", address, NULL };
    char file[] = "/tmp/aseqdump-XXXXXX";
    int descriptor = mkstemp(file);
    CHECK(descriptor >= 0);
    pid_t pid = server_spawn(file, arguments);
    for (int i = 0; i < 500 && !strstr(server_run("cat %s", file), "Source"); i++)
        nap(0.01);
    nap(0.2);
    CHECK(find(false, "aseqdump") != 0); /* it has come as a destination */
    CHECK_EQ(RECEIVED(source, 0x93, 60, 100), noErr);
    CHECK_EQ(RECEIVED(source, 0xB3, 7, 80), noErr);
    CHECK_EQ(RECEIVED(source, 0xF0, 0x7E, 1, 0xF7), noErr);
    nap(1);
    server_end(pid, SIGTERM);
    const char *text = server_run("cat %s", file);
    printf("%s", text);
    CHECK(strstr(text, "Note on") && strstr(text, "3, note 60, velocity 100"));
    CHECK(strstr(text, "3, controller 7, value 80"));
    CHECK(strstr(text, "F0 7E 01 F7"));
    ItemCount devices = MIDIGetNumberOfDevices();
    for (int i = 0; i < 500 && (devices = MIDIGetNumberOfDevices()) > 0 && i < 50; i++)
        nap(0.01);
    for (ItemCount i = 0; i < MIDIGetNumberOfDestinations(); i++)
        CHECK(!has_display_name(MIDIGetDestination(i), "aseqdump")); /* and has gone */
    close(descriptor);
    unlink(file);
    CHECK_EQ(MIDIEndpointDispose(source), noErr);
    CHECK(!strstr(server_run("aconnect -i"), "our keys"));
}

/* A Standard MIDI File that aplaymidi plays to us. */
static void test_aplaymidi(void)
{
    static const uint8_t song[] =
        "MThd\0\0\0\6\0\0\0\1\0\x60"
        "MTrk\0\0\0\x13\0\x90\x3C\x64\x18\x3E\x65\x18\x80\x3C\0\0\xC0\5\0\xFF\x2F\0";
    MIDIEndpointRef destination = 0;
    inbox_clear(&box);
    CHECK_EQ(MIDIDestinationCreate(client, CFSTR("our synth"), inbox_read, &box, &destination), noErr);
    FILE *file = fopen("/tmp/song.mid", "wb");
    CHECK(file && fwrite(song, 1, sizeof song - 1, file) == sizeof song - 1);
    fclose(file);
    char address[32];
    find_address("our synth", address);
    server_run("aplaymidi -p %s /tmp/song.mid 2>&1", address);
    const uint8_t expected[] = { 0x90, 60, 100, 0x90, 62, 101, 0x80, 60, 0, 0xC0, 5 };
    CHECK(box.size >= sizeof expected);
    CHECK(memcmp(box.bytes, expected, sizeof expected) == 0);
    /* 24 of 96 ticks of half a second apart */
    CHECK_NEAR((double)(box.times[1] - box.times[0]) / 1e9, 0.125, 0.05);
    CHECK_EQ(MIDIEndpointDispose(destination), noErr);
}

/* ---- another program of the sequencer, in this process ---- */

typedef struct peer {
    snd_seq_t *seq;
    int port;
} peer;

static peer open_peer(const char *name, unsigned capability)
{
    peer p;
    CHECK_EQ(cm_alsa_seq.snd_seq_open(&p.seq, "default", SND_SEQ_OPEN_DUPLEX, SND_SEQ_NONBLOCK), 0);
    cm_alsa_seq.snd_seq_set_client_name(p.seq, name);
    p.port = cm_alsa_seq.snd_seq_create_simple_port(p.seq, name, capability, SND_SEQ_PORT_TYPE_APPLICATION);
    CHECK(p.port >= 0);
    return p;
}

/* Notes that count upwards, without a gap; returns how many came until there were enough, or none for 3 s. */
static int hear_notes(peer p, int wanted)
{
    snd_seq_event_t *event;
    int heard = 0;
    for (int idle = 0; idle < 3000 && heard < wanted;) {
        int got = cm_alsa_seq.snd_seq_event_input(p.seq, &event);
        CHECK(got != -ENOSPC); /* the kernel threw some away */
        if (got < 0) {
            idle++;
            nap(0.001);
        } else if (event->type == SND_SEQ_EVENT_NOTEON) {
            CHECK_EQ(event->data.note.note, heard & 127);
            CHECK_EQ(event->data.note.velocity, 1 + (heard >> 7 & 63));
            heard++;
            idle = 0;
        }
    }
    return heard;
}

static UInt64 driver_losses(void)
{
    CMMIDIStatistics statistics;
    CHECK_EQ(CMMIDIGetStatistics(&statistics), noErr);
    return statistics.drivers;
}

enum { NOTES = 5000, LISTENS = SND_SEQ_PORT_CAP_WRITE | SND_SEQ_PORT_CAP_SUBS_WRITE };

/* Far more at once than the kernel keeps for a program: nothing is refused, lost or out of order. */
static void test_a_burst_waits_for_its_reader(void)
{
    peer slow = open_peer("slow reader", LISTENS);
    MIDIEndpointRef destination = find(false, "slow reader");
    MIDIPortRef port = make_output(client);
    UInt64 lost = driver_losses();
    CHECK(destination != 0);
    for (int i = 0; i < NOTES; i++)
        CHECK_EQ(SEND(port, destination, 0, 0x90, (Byte)(i & 127), (Byte)(1 + (i >> 7 & 63))), noErr);
    nap(0.3);
    CHECK_EQ(hear_notes(slow, NOTES), NOTES);
    CHECK_EQ(driver_losses(), lost);
    cm_alsa_seq.snd_seq_close(slow.seq);
}

/* One who does not read any more holds up those who do for a second, once. */
static void test_who_does_not_read_is_left_behind(void)
{
    enum { MORE = 150 };
    MIDIEndpointRef source = 0;
    CHECK_EQ(MIDISourceCreate(client, CFSTR("our burst"), &source), noErr);
    char address[32];
    find_address("our burst", address);
    peer stuck = open_peer("stuck", LISTENS), reader = open_peer("reader", LISTENS);
    UInt64 lost = driver_losses();
    int number, port;
    CHECK_EQ(sscanf(address, "%d:%d", &number, &port), 2);
    CHECK_EQ(cm_alsa_seq.snd_seq_connect_from(stuck.seq, stuck.port, number, port), 0);
    CHECK_EQ(cm_alsa_seq.snd_seq_connect_from(reader.seq, reader.port, number, port), 0);
    for (int i = 0; i < NOTES; i++)
        CHECK_EQ(RECEIVED(source, 0x90, (Byte)(i & 127), (Byte)(1 + (i >> 7 & 63))), noErr);
    CHECK_EQ(hear_notes(reader, NOTES), NOTES);
    CHECK(driver_losses() > lost);
    UInt64 start = AudioGetCurrentHostTime();
    for (int i = 0; i < MORE; i++)
        CHECK_EQ(RECEIVED(source, 0x90, (Byte)(i & 127), (Byte)(1 + (i >> 7))), kMIDIMessageSendErr);
    CHECK_EQ(hear_notes(reader, MORE), MORE);
    CHECK((AudioGetCurrentHostTime() - start) / 1e9 < 0.9);
    cm_alsa_seq.snd_seq_close(stuck.seq);
    cm_alsa_seq.snd_seq_close(reader.seq);
    CHECK_EQ(MIDIEndpointDispose(source), noErr);
}

static _Atomic bool inside, let_go;

static void hold(const MIDIPacketList *list, void *ref_con, void *connection)
{
    (void)list, (void)ref_con, (void)connection;
    atomic_store(&inside, true);
    while (!atomic_load(&let_go))
        nap(0.001);
}

static void send_note(peer from, const char *address)
{
    int number, port;
    snd_seq_event_t event;
    CHECK_EQ(sscanf(address, "%d:%d", &number, &port), 2);
    snd_seq_ev_clear(&event);
    snd_seq_ev_set_direct(&event);
    snd_seq_ev_set_dest(&event, (unsigned char)number, (unsigned char)port);
    snd_seq_ev_set_noteon(&event, 0, 60, 100);
    CHECK(cm_alsa_seq.snd_seq_event_output_direct(from.seq, &event) >= 0);
}

/* Events that are on their way to a port while it goes are counted, not silently dropped. */
static void test_events_for_a_port_that_has_gone(void)
{
    MIDIEndpointRef holder = 0, gone = 0;
    CHECK_EQ(MIDIDestinationCreate(client, CFSTR("our holder"), hold, NULL, &holder), noErr);
    CHECK_EQ(MIDIDestinationCreate(client, CFSTR("our passer"), inbox_read, &box, &gone), noErr);
    char addresses[2][32];
    find_address("our holder", addresses[0]);
    find_address("our passer", addresses[1]);
    peer sender = open_peer("sender", SND_SEQ_PORT_CAP_READ);
    UInt64 lost = driver_losses();
    send_note(sender, addresses[0]);
    while (!atomic_load(&inside))
        nap(0.001);
    for (int i = 0; i < 5; i++)
        send_note(sender, addresses[1]);
    CHECK_EQ(MIDIEndpointDispose(gone), noErr);
    atomic_store(&let_go, true);
    nap(0.5);
    CHECK_EQ(driver_losses(), lost + 5);
    cm_alsa_seq.snd_seq_close(sender.seq);
    CHECK_EQ(MIDIEndpointDispose(holder), noErr);
}

/* A child opens a sequencer client of its own, and takes nothing from the parent. */
static void test_a_child_has_its_own(void)
{
    MIDIEndpointRef destination = find(false, "Virtual Raw MIDI 2-0");
    MIDIPortRef out = make_output(client);
    uint8_t bytes[3];
    int raw = open_raw(O_RDONLY | O_NONBLOCK), status;
    CHECK(read(raw, bytes, 1) < 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        MIDIClientRef mine = 0;
        alarm(20);
        CHECK_EQ(SEND(out, destination, 0, 0x90, 1, 2), kMIDIInvalidPort);
        CHECK_EQ(MIDIClientDispose(client), kMIDIInvalidClient);
        CHECK_EQ(MIDIClientCreate(CFSTR("child"), NULL, NULL, &mine), noErr);
        destination = find(false, "Virtual Raw MIDI 2-0");
        CHECK_EQ(SEND(make_output(mine), destination, 0, 0x91, 3, 4), noErr);
        exit(0);
    }
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(status, 0);
    CHECK_EQ(read_some(raw, bytes, 3), 3);
    CHECK(memcmp(bytes, "\x91\3\4", 3) == 0);
    CHECK_EQ(SEND(out, destination, 0, 0x92, 5, 6), noErr);
    CHECK_EQ(read_some(raw, bytes, 3), 3);
    CHECK(memcmp(bytes, "\x92\5\6", 3) == 0);
    close(raw);
}

int main(void)
{
    if (access("/dev/snd/seq", F_OK) != 0) {
        puts("skipped: no /dev/snd/seq");
        return 0;
    }
    setenv("COREMUSIC_MIDI_DRIVERS", "alsa", 1);
    CHECK_EQ(MIDIClientCreate(CFSTR("alsa test"), NULL, NULL, &client), noErr);
    RUN(test_receive);
    RUN(test_send);
    RUN(test_aseqdump);
    RUN(test_aplaymidi);
    RUN(test_a_burst_waits_for_its_reader);
    RUN(test_who_does_not_read_is_left_behind);
    RUN(test_events_for_a_port_that_has_gone);
    RUN(test_a_child_has_its_own);
    CHECK_EQ(MIDIClientDispose(client), noErr);
    return 0;
}
