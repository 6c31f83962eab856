/* Loops, disposal in callbacks and from other threads, many senders, and messages for later. */
#include "midi_kit.h"

#include "midi/object.h"

static inbox box;

static UInt64 loops(void)
{
    CMMIDIStatistics statistics;
    CHECK_EQ(CMMIDIGetStatistics(&statistics), noErr);
    return statistics.loops;
}

/* ---- loops ---- */

typedef struct forwarder {
    MIDIPortRef out;
    MIDIEndpointRef to;
    _Atomic size_t count;
} forwarder;

static void forward(const MIDIPacketList *list, void *ref_con, void *connection)
{
    (void)connection;
    forwarder *f = ref_con;
    atomic_fetch_add(&f->count, 1);
    MIDISend(f->out, f->to, list);
}

static void test_ring_of_destinations(void)
{
    static forwarder ring[256];
    static MIDIEndpointRef ends[256];
    MIDIClientRef client = make_client();
    MIDIPortRef out = make_output(client);
    size_t total = 0;
    UInt64 before = loops();
    for (size_t i = 0; i < 256; i++)
        CHECK_EQ(MIDIDestinationCreate(client, CFSTR("ring"), forward, &ring[i], &ends[i]), noErr);
    for (size_t i = 0; i < 256; i++) {
        ring[i].out = out;
        ring[i].to = ends[(i + 1) % 256];
    }
    CHECK_EQ(SEND(out, ends[0], 0, 0xF8), noErr);
    for (size_t i = 0; i < 256; i++)
        total += atomic_load(&ring[i].count);
    CHECK_EQ(total, 256);
    CHECK_EQ(loops() - before, 1);
    CHECK_EQ(SEND(out, ends[7], 0, 0xF8), noErr); /* nothing is stuck */
    CHECK_EQ(MIDIClientDispose(client), noErr);
}

static void test_loop_through_bus(void)
{
    MIDIClientRef client = make_client();
    forwarder f = { .out = make_output(client), .to = MIDIGetDestination(0) };
    MIDIPortRef in = 0;
    UInt64 before = loops();
    CHECK_EQ(MIDIInputPortCreate(client, CFSTR("in"), forward, &f, &in), noErr);
    CHECK_EQ(MIDIPortConnectSource(in, MIDIGetSource(0), NULL), noErr);
    CHECK_EQ(SEND(f.out, f.to, 0, 0x90, 60, 1), noErr);
    CHECK(atomic_load(&f.count) > 100 && atomic_load(&f.count) <= 256);
    CHECK_EQ(loops() - before, 1);
    CHECK_EQ(MIDIClientDispose(client), noErr);
}

/* ---- disposal inside of callbacks ---- */

typedef struct suicide {
    MIDIClientRef client;
    MIDIPortRef port;
    MIDIEndpointRef endpoint;
    int calls;
} suicide;

static void dispose_all(const MIDIPacketList *list, void *ref_con, void *connection)
{
    (void)list, (void)connection;
    suicide *s = ref_con;
    s->calls++;
    if (s->port)
        CHECK_EQ(MIDIPortDispose(s->port), noErr);
    if (s->endpoint)
        CHECK_EQ(MIDIEndpointDispose(s->endpoint), noErr);
    if (s->client)
        CHECK_EQ(MIDIClientDispose(s->client), noErr);
}

static void test_dispose_in_callback(void)
{
    for (int what = 0; what < 3; what++) {
        MIDIClientRef owner = make_client(), sender = make_client();
        MIDIPortRef in = 0;
        MIDIEndpointRef source = 0;
        suicide s = { 0 };
        CHECK_EQ(MIDISourceCreate(what == 1 ? owner : sender, CFSTR("s"), &source), noErr);
        CHECK_EQ(MIDIInputPortCreate(owner, CFSTR("in"), dispose_all, &s, &in), noErr);
        CHECK_EQ(MIDIPortConnectSource(in, source, NULL), noErr);
        s.port = what == 0 ? in : 0;
        s.endpoint = what == 1 ? source : 0;
        s.client = what == 2 ? owner : 0;
        CHECK_EQ(RECEIVED(source, 0xF8), noErr);
        RECEIVED(source, 0xF8);
        CHECK_EQ(s.calls, 1);
        MIDIClientDispose(owner);
        CHECK_EQ(MIDIClientDispose(sender), noErr);
    }
}

/* ---- several threads ---- */

typedef struct sender {
    pthread_t thread;
    MIDIPortRef out;
    MIDIEndpointRef to;
    Byte channel;
    int messages;
    size_t refused;
} sender;

static void *send_many(void *context)
{
    sender *s = context;
    for (int i = 0; i < s->messages; i++)
        if (SEND(s->out, s->to, 0, 0x90 | s->channel, (Byte)(i >> 7 & 127), (Byte)(i & 127)) != noErr)
            s->refused++;
    return NULL;
}

/* Each sender's messages stay in order, none is lost, and the callback is never entered twice. */
static void test_many_senders(void)
{
    enum { SENDERS = 4, EACH = 16000 };
    MIDIClientRef client = make_client();
    MIDIEndpointRef destination = 0;
    static sender senders[SENDERS];
    inbox_clear(&box);
    CHECK_EQ(MIDIDestinationCreate(client, CFSTR("d"), inbox_read, &box, &destination), noErr);
    for (int i = 0; i < SENDERS; i++) {
        senders[i] = (sender){
            .out = make_output(client), .to = destination, .channel = (Byte)i, .messages = EACH
        };
        pthread_create(&senders[i].thread, NULL, send_many, &senders[i]);
    }
    size_t refused = 0;
    for (int i = 0; i < SENDERS; i++) {
        pthread_join(senders[i].thread, NULL);
        refused += senders[i].refused;
    }
    CHECK_EQ(MIDIEndpointDispose(destination), noErr); /* waits for a callback that still runs */
    CHECK_EQ(box.size, 3 * (SENDERS * EACH - refused));
    int next[SENDERS] = { 0 };
    for (size_t i = 0; i < box.size && !refused; i += 3) {
        int channel = box.bytes[i] & 15;
        CHECK_EQ(box.bytes[i + 1] << 7 | box.bytes[i + 2], next[channel] & 0x3FFF);
        next[channel]++;
    }
    CHECK_EQ(MIDIClientDispose(client), noErr);
}

static _Atomic bool stop_sending;

static void *send_until_stopped(void *context)
{
    sender *s = context;
    while (!atomic_load(&stop_sending))
        SEND(s->out, s->to, 0, 0x90, 1, 1);
    return NULL;
}

typedef struct guarded {
    _Atomic bool alive;
    _Atomic size_t calls;
} guarded;

static void check_alive(const MIDIPacketList *list, void *ref_con, void *connection)
{
    (void)list;
    CHECK(atomic_load(&((guarded *)ref_con)->alive));
    CHECK(atomic_load(&((guarded *)connection)->alive));
    atomic_fetch_add(&((guarded *)ref_con)->calls, 1);
}

/* After disposal or disconnection has returned, no callback runs: its memory may go. */
static void test_dispose_while_sending(void)
{
    MIDIClientRef client = make_client();
    sender senders[2];
    atomic_store(&stop_sending, false);
    for (int i = 0; i < 2; i++) {
        senders[i] = (sender){ .out = make_output(client), .to = MIDIGetDestination(0) };
        pthread_create(&senders[i].thread, NULL, send_until_stopped, &senders[i]);
    }
    for (int i = 0; i < 300; i++) {
        guarded *g = calloc(1, sizeof *g), *c = calloc(1, sizeof *c);
        MIDIPortRef in = 0;
        atomic_store(&g->alive, true);
        atomic_store(&c->alive, true);
        CHECK_EQ(MIDIInputPortCreate(client, CFSTR("in"), check_alive, g, &in), noErr);
        CHECK_EQ(MIDIPortConnectSource(in, MIDIGetSource(0), c), noErr);
        for (int spin = 0; spin < 200 && !atomic_load(&g->calls); spin++)
            nap(1e-5);
        if (i % 2)
            CHECK_EQ(MIDIPortDisconnectSource(in, MIDIGetSource(0)), noErr);
        else
            CHECK_EQ(MIDIPortDispose(in), noErr);
        atomic_store(&c->alive, false);
        free(c);
        if (i % 2)
            CHECK_EQ(MIDIPortDispose(in), noErr);
        atomic_store(&g->alive, false);
        free(g);
    }
    atomic_store(&stop_sending, true);
    for (int i = 0; i < 2; i++)
        pthread_join(senders[i].thread, NULL);
    CHECK_EQ(MIDIClientDispose(client), noErr);
}

static void *come_and_go(void *context)
{
    (void)context;
    for (int i = 0; i < 300; i++) {
        MIDIClientRef client = make_client();
        MIDIEndpointRef source = 0, destination = 0;
        MIDIPortRef in = 0, out = make_output(client);
        CHECK_EQ(MIDISourceCreate(client, CFSTR("s"), &source), noErr);
        CHECK_EQ(MIDIDestinationCreate(client, CFSTR("d"), NULL, NULL, &destination), noErr);
        CHECK_EQ(MIDIInputPortCreate(client, CFSTR("in"), NULL, NULL, &in), noErr);
        for (ItemCount s = 0; s < MIDIGetNumberOfSources(); s++)
            MIDIPortConnectSource(in, MIDIGetSource(s), NULL); /* other threads' sources may go meanwhile */
        RECEIVED(source, 0x90, 1, 1);
        SEND(out, MIDIGetDestination(MIDIGetNumberOfDestinations() - 1), 0, 0x90, 1, 1);
        SEND(out, destination, AudioGetCurrentHostTime() + 1000000, 0x90, 1, 1);
        CHECK_EQ(MIDIClientDispose(client), noErr);
    }
    return NULL;
}

static void test_clients_come_and_go(void)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, come_and_go, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

/* A receiver that is stuck: what comes for it is kept up to a limit, then refused and counted. */
static _Atomic bool let_go;

static void hold(const MIDIPacketList *list, void *ref_con, void *connection)
{
    (void)list, (void)connection;
    atomic_fetch_add((_Atomic size_t *)ref_con, 1);
    while (!atomic_load(&let_go))
        nap(0.001);
}

static void *send_one(void *context)
{
    sender *s = context;
    CHECK_EQ(SEND(s->out, s->to, 0, 0x90, 1, 1), noErr);
    return NULL;
}

static void test_full_receiver(void)
{
    static uint8_t large[60000] = { 0xF0 };
    MIDIClientRef client = make_client();
    MIDIEndpointRef destination = 0;
    _Atomic size_t calls = 0;
    CMMIDIStatistics before, after;
    size_t kept = 0;
    CHECK_EQ(MIDIDestinationCreate(client, CFSTR("d"), hold, &calls, &destination), noErr);
    sender s = { .out = make_output(client), .to = destination };
    CHECK_EQ(CMMIDIGetStatistics(&before), noErr);
    pthread_create(&s.thread, NULL, send_one, &s);
    while (!atomic_load(&calls))
        nap(0.001);
    while (kept < 100 && MIDISend(s.out, destination, one_packet(0, large, sizeof large)) == noErr)
        kept++;
    CHECK(kept == (1 << 20) / 60000);
    CHECK_EQ(SEND(s.out, destination, 0, 0xF8), noErr); /* a small one still fits */
    CHECK_EQ(CMMIDIGetStatistics(&after), noErr);
    CHECK_EQ(after.receiverFull - before.receiverFull, 1);
    atomic_store(&let_go, true);
    pthread_join(s.thread, NULL);
    CHECK(atomic_load(&calls) > kept);
    CHECK_EQ(MIDIClientDispose(client), noErr);
}

static void test_nothing_is_left(void)
{
    nap(0.02); /* the scheduler lets go of what it held */
    CHECK_EQ(cm_midi_count(CM_MIDI_CLIENT), 0);
    CHECK_EQ(cm_midi_count(CM_MIDI_INPUT_PORT), 0);
    CHECK_EQ(cm_midi_count(CM_MIDI_OUTPUT_PORT), 0);
    CHECK_EQ(cm_midi_count(CM_MIDI_SOURCE), MIDIGetNumberOfSources());
    CHECK_EQ(cm_midi_count(CM_MIDI_DESTINATION), MIDIGetNumberOfDestinations());
}

int main(void)
{
    RUN(test_ring_of_destinations);
    RUN(test_loop_through_bus);
    RUN(test_dispose_in_callback);
    RUN(test_many_senders);
    RUN(test_dispose_while_sending);
    RUN(test_clients_come_and_go);
    RUN(test_full_receiver);
    RUN(test_nothing_is_left);
    return 0;
}
