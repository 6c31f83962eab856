/*
 * How fast and how punctual Core MIDI's implementation is, from C. Run by bench_midi.py; prints one JSON
 * object.
 *
 *     midi_probe send      messages a second through an output port into a virtual destination's read
 * procedure midi_probe schedule  lateness in seconds of messages that were sent ahead of their time, two
 * threads busy midi_probe sysex     whether 100,000 bytes arrive as they were midi_probe ump       words a
 * second that are parsed and translated
 */
#include <CoreAudio/HostTime.h>
#include <CoreMIDI/CoreMIDI.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "midi/ump.h"

enum {
    ROUNDS = 7, /* the best counts: other programs run too */
    MESSAGES = 500000,
    IN_LIST = 32,
    SCHEDULED = 1000,
    EVERY_MS = 3,
    AHEAD_MS = 100,
    SYSEX = 100000,
    WORDS = 1 << 16,
    TURNS = 60
};

static MIDIClientRef client;
static MIDIPortRef port;

static double now(void)
{
    return (double)AudioGetCurrentHostTime() / AudioGetHostClockFrequency();
}

static MIDIEndpointRef open_way(MIDIReadProc read)
{
    MIDIEndpointRef destination = 0;
    if (MIDIClientCreate(CFSTR("probe"), NULL, NULL, &client) ||
        MIDIOutputPortCreate(client, CFSTR("out"), &port) ||
        MIDIDestinationCreate(client, CFSTR("in"), read, NULL, &destination))
        exit(1);
    return destination;
}

/* ---- messages a second ---- */

static unsigned long received;

static void count_packets(const MIDIPacketList *list, void *unused, void *source)
{
    (void)unused, (void)source;
    received += list->numPackets;
}

static double send_rate(MIDIEndpointRef destination, int in_list)
{
    static const Byte note[] = { 0x90, 60, 100 };
    Byte memory[IN_LIST * 32];
    MIDIPacketList *list = (MIDIPacketList *)memory;
    MIDIPacket *packet = MIDIPacketListInit(list);
    UInt64 time = AudioGetCurrentHostTime();
    for (int i = 0; i < in_list; i++) /* of different times, so that they stay packets of their own */
        packet = MIDIPacketListAdd(list, sizeof memory, packet, time - (UInt64)(in_list - i), sizeof note,
                                   note);
    received = 0;
    double began = now();
    for (int i = 0; i < MESSAGES / in_list; i++)
        if (MIDISend(port, destination, list))
            exit(1);
    double seconds = now() - began;
    return received == (unsigned long)(MESSAGES / in_list * in_list) ? (double)received / seconds : 0;
}

static void run_send(void)
{
    MIDIEndpointRef destination = open_way(count_packets);
    double single = 0, lists = 0;
    for (int i = 0; i < ROUNDS; i++) {
        single = fmax(single, send_rate(destination, 1));
        lists = fmax(lists, send_rate(destination, IN_LIST));
    }
    printf("{\"single\": %.0f, \"lists\": %.0f}\n", single, lists);
}

/* ---- punctuality ---- */

static double lateness[SCHEDULED];
static atomic_int arrived;
static atomic_bool over;

static void note_lateness(const MIDIPacketList *list, void *unused, void *source)
{
    (void)unused, (void)source;
    double when = now();
    UInt64 time;
    memcpy(&time, (const char *)list + offsetof(MIDIPacketList, packet), sizeof time);
    int at = atomic_load(&arrived);
    if (at < SCHEDULED) {
        lateness[at] = when - (double)time / AudioGetHostClockFrequency();
        atomic_store(&arrived, at + 1);
    }
}

static void *be_busy(void *unused)
{
    volatile unsigned long count = 0;
    while (!atomic_load(&over))
        count = count + 1;
    return unused;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void run_schedule(void)
{
    MIDIEndpointRef destination = open_way(note_lateness);
    pthread_t busy[2];
    static const Byte note[] = { 0x90, 60, 100 };
    double frequency = AudioGetHostClockFrequency();
    for (int i = 0; i < 2; i++)
        pthread_create(&busy[i], NULL, be_busy, NULL);
    for (int i = 0; i < SCHEDULED; i++) {
        MIDIPacketList list;
        MIDIPacket *packet = MIDIPacketListInit(&list);
        UInt64 time = AudioGetCurrentHostTime() + (UInt64)(frequency * AHEAD_MS / 1000);
        MIDIPacketListAdd(&list, sizeof list, packet, time, sizeof note, note);
        MIDISend(port, destination, &list);
        usleep(EVERY_MS * 1000);
    }
    for (int i = 0; i < 5000 && atomic_load(&arrived) < SCHEDULED; i++)
        usleep(1000);
    atomic_store(&over, true);
    for (int i = 0; i < 2; i++)
        pthread_join(busy[i], NULL);
    qsort(lateness, SCHEDULED, sizeof *lateness, by_size);
    printf("{\"arrived\": %d, \"early\": %g, \"p50\": %g, \"p99\": %g, \"max\": %g}\n", atomic_load(&arrived),
           lateness[0], lateness[SCHEDULED / 2], lateness[SCHEDULED * 99 / 100], lateness[SCHEDULED - 1]);
}

/* ---- SysEx ---- */

static Byte sent[SYSEX], heard[SYSEX];
static atomic_size_t heard_size;
static atomic_bool complete;

static void collect(const MIDIPacketList *list, void *unused, void *source)
{
    (void)unused, (void)source;
    const MIDIPacket *packet = &list->packet[0];
    for (UInt32 i = 0; i < list->numPackets; i++) {
        size_t at = atomic_load(&heard_size);
        if (at + packet->length <= SYSEX)
            memcpy(heard + at, packet->data, packet->length);
        atomic_store(&heard_size, at + packet->length);
        packet = MIDIPacketNext(packet);
    }
}

static void done(MIDISysexSendRequest *request)
{
    (void)request;
    atomic_store(&complete, true);
}

static void run_sysex(void)
{
    MIDIEndpointRef destination = open_way(collect);
    for (int i = 0; i < SYSEX; i++)
        sent[i] = (Byte)(i * 7 % 128);
    sent[0] = 0xF0;
    sent[SYSEX - 1] = 0xF7;
    MIDISysexSendRequest request = {
        .destination = destination, .data = sent, .bytesToSend = SYSEX, .completionProc = done
    };
    double began = now();
    if (MIDISendSysex(&request))
        exit(1);
    while (!atomic_load(&complete) && now() < began + 60)
        usleep(100);
    bool intact = atomic_load(&heard_size) == SYSEX && memcmp(sent, heard, SYSEX) == 0;
    printf("{\"intact\": %s, \"seconds\": %g}\n", intact ? "true" : "false", now() - began);
}

/* ---- translation ---- */

typedef uint32_t (*translate)(cm_ump_translator *translator, const uint32_t *message, uint32_t *out);

/* Words of the input a second. */
static double translate_rate(const uint32_t *words, size_t count, translate function)
{
    static cm_ump_translator translator;
    uint32_t out[CM_UMP_TRANSLATED_MAX];
    volatile uint32_t sum = 0;
    double began = now();
    for (int turn = 0; turn < TURNS; turn++) {
        const uint32_t *at = words, *end = words + count, *message;
        uint32_t all = 0;
        while ((message = cm_ump_next(&at, end)))
            all += function(&translator, message, out) + out[0];
        sum = sum + all;
    }
    return (double)count * TURNS / (now() - began);
}

static void run_ump(void)
{
    static uint32_t one[WORDS], two[2 * WORDS];
    static cm_ump_translator translator;
    static const uint32_t status[] = { 0x8, 0x9, 0xA, 0xB, 0xC, 0xD, 0xE };
    size_t made = 0;
    srand(1);
    for (size_t i = 0; i < WORDS; i++) {
        one[i] = 0x20000000u | status[(unsigned)rand() % 7] << 20 | ((unsigned)rand() & 0xF7F7Fu);
        uint32_t out[CM_UMP_TRANSLATED_MAX], words = cm_ump_to_midi2(&translator, &one[i], out);
        for (uint32_t j = 0; j < words && made < 2 * WORDS; j++)
            two[made++] = out[j];
    }
    double up = 0, down = 0;
    for (int i = 0; i < ROUNDS; i++) {
        up = fmax(up, translate_rate(one, WORDS, cm_ump_to_midi2) * (double)made / WORDS);
        down = fmax(down, translate_rate(two, made, cm_ump_to_midi1));
    }
    printf("{\"to_2\": %.0f, \"to_1\": %.0f}\n", up, down);
}

int main(int count, char **arguments)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } modes[] = {
        { "send", run_send }, { "schedule", run_schedule }, { "sysex", run_sysex }, { "ump", run_ump }
    };
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (count == 2 && strcmp(arguments[1], modes[i].name) == 0) {
            modes[i].run();
            return 0;
        }
    return 2;
}
