/*
 * Thru connections between endpoints: what arrives, while parameters and endpoints change, and what is found
 * again by another process.
 */
#include "midi/thru_store.h"

#include <CoreMIDI/CoreMIDI.h>
#include <coremusic/engine.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static char state_home[64] = "/tmp/thru-test-XXXXXX";
static MIDIClientRef client;
static MIDIThruConnectionParams params;

/* ---- endpoints that write down what they get ---- */

typedef struct {
    char text[4096];
    MIDIEndpointRef ref;
} listener;

static void hear(const MIDIPacketList *list, void *context, void *unused)
{
    listener *to = context;
    const MIDIPacket *packet = &list->packet[0];
    (void)unused;
    for (UInt32 i = 0; i < list->numPackets; i++) {
        UInt16 length;
        memcpy(&length, (const char *)packet + offsetof(MIDIPacket, length), sizeof length);
        for (UInt16 k = 0; k < length; k++)
            sprintf(to->text + strlen(to->text), "%02X",
                    ((const Byte *)packet)[offsetof(MIDIPacket, data) + k]);
        strcat(to->text, " ");
        packet = MIDIPacketNext(packet);
    }
}

static void hear_words(const MIDIEventList *list, void *context, void *unused)
{
    listener *to = context;
    (void)unused;
    for (UInt32 i = 0; i < list->packet[0].wordCount; i++)
        sprintf(to->text + strlen(to->text), "%08X ", list->packet[0].words[i]);
}

static void listen(listener *to, const char *name)
{
    CFStringRef text = CFStringCreateWithCString(NULL, name, kCFStringEncodingUTF8);
    memset(to, 0, sizeof *to);
    CHECK_EQ(MIDIDestinationCreate(client, text, hear, to, &to->ref), noErr);
    CFRelease(text);
}

static MIDIEndpointRef new_source(const char *name)
{
    MIDIEndpointRef source;
    CFStringRef text = CFStringCreateWithCString(NULL, name, kCFStringEncodingUTF8);
    CHECK_EQ(MIDISourceCreate(client, text, &source), noErr);
    CFRelease(text);
    return source;
}

static void say(MIDIEndpointRef source, const char *hex)
{
    char room[1024];
    Byte bytes[256];
    UInt32 count = (UInt32)strlen(hex) / 2;
    for (UInt32 i = 0; i < count; i++)
        sscanf(hex + 2 * i, "%2hhx", &bytes[i]);
    MIDIPacketList *list = (MIDIPacketList *)room;
    CHECK(MIDIPacketListAdd(list, sizeof room, MIDIPacketListInit(list), 0, count, bytes) != NULL);
    CHECK_EQ(MIDIReceived(source, list), noErr);
}

#define HEARD(who, expected)                                                                                 \
    do {                                                                                                     \
        CHECK_STR((who)->text, expected);                                                                    \
        (who)->text[0] = 0;                                                                                  \
    } while (0)

/* ---- connections ---- */

static CFDataRef data(void)
{
    return CFDataCreate(NULL, (const UInt8 *)&params, sizeof params);
}

static OSStatus create(const char *owner, MIDIThruConnectionRef *made)
{
    CFDataRef bytes = data();
    CFStringRef text = owner ? CFStringCreateWithCString(NULL, owner, kCFStringEncodingUTF8) : NULL;
    OSStatus status = MIDIThruConnectionCreate(text, bytes, made);
    CFRelease(bytes);
    CFRelease(text);
    return status;
}

static OSStatus change(MIDIThruConnectionRef connection)
{
    CFDataRef bytes = data();
    OSStatus status = MIDIThruConnectionSetParams(connection, bytes);
    CFRelease(bytes);
    return status;
}

static void from_to(MIDIEndpointRef source, MIDIEndpointRef destination)
{
    MIDIThruConnectionParamsInitialize(&params);
    params.numSources = params.numDestinations = 1;
    params.sources[0].endpointRef = source;
    params.destinations[0].endpointRef = destination;
}

static SInt32 unique_id(MIDIObjectRef object)
{
    SInt32 id;
    CHECK_EQ(MIDIObjectGetIntegerProperty(object, kMIDIPropertyUniqueID, &id), noErr);
    return id;
}

/* Notifications are told on another thread. */
static void wait_until_heard(MIDIEndpointRef source, listener *to, const char *said)
{
    for (int i = 0; i < 2000 && !to->text[0]; i++) {
        say(source, said);
        usleep(1000);
    }
    CHECK(to->text[0] != 0);
    to->text[0] = 0;
}

static void test_a_connection_transposes_and_rechannels_while_it_runs(void)
{
    listener to;
    MIDIThruConnectionRef connection;
    MIDIEndpointRef source = new_source("keys");
    listen(&to, "synth");
    from_to(source, to.ref);
    params.noteNumber = (MIDITransform){ kMIDITransform_Add, 12 };
    params.channelMap[0] = 9;
    CHECK_EQ(create(NULL, &connection), noErr);
    say(source, "903C40914040");
    HEARD(&to, "994840914C40 ");
    params.noteNumber.param = -12;
    params.channelMap[0] = 0;
    CHECK_EQ(change(connection), noErr);
    say(source, "803C40903C40");
    HEARD(&to, "894840903040 "); /* the first note ends where it began */
    say(source, "F8F07E0102F7");
    HEARD(&to, "F8 F07E0102F7 ");
    say(source, "B0064090"); /* running status, and half a message */
    say(source, "3C407F7F");
    HEARD(&to, "B00640 90304090737F ");
    CMMIDIStatistics before, after;
    CMMIDIGetStatistics(&before);
    say(source, "F43C40F8"); /* an undefined status, and data that belong to nothing */
    CMMIDIGetStatistics(&after);
    HEARD(&to, "F8 ");
    CHECK_EQ(after.untranslated - before.untranslated, 3);
    CHECK_EQ(MIDIThruConnectionDispose(connection), noErr);
    say(source, "903C40");
    HEARD(&to, "");
    CHECK_EQ(MIDIThruConnectionDispose(connection), kMIDIObjectNotFound);
    CHECK_EQ(change(connection), kMIDIObjectNotFound);
    CHECK_EQ(MIDIThruConnectionDispose(client), kMIDIObjectNotFound);
    MIDIEndpointDispose(source);
    MIDIEndpointDispose(to.ref);
}

static void test_many_to_many(void)
{
    listener to[2];
    MIDIThruConnectionRef connection;
    MIDIEndpointRef sources[2] = { new_source("one"), new_source("two") };
    listen(&to[0], "left");
    listen(&to[1], "right");
    from_to(sources[0], to[0].ref);
    params.numSources = 3; /* one of them twice */
    params.numDestinations = 2;
    params.sources[1].endpointRef = params.sources[2].endpointRef = sources[1];
    params.destinations[1].endpointRef = to[1].ref;
    CHECK_EQ(create(NULL, &connection), noErr);
    say(sources[0], "903C40");
    say(sources[1], "914040");
    for (int i = 0; i < 2; i++)
        HEARD(&to[i], "903C40 914040 ");
    params.numSources = 1;
    CHECK_EQ(change(connection), noErr);
    say(sources[0], "903C40");
    say(sources[1], "914040");
    HEARD(&to[1], "903C40 ");
    MIDIThruConnectionDispose(connection);
    for (int i = 0; i < 2; i++) {
        MIDIEndpointDispose(sources[i]);
        MIDIEndpointDispose(to[i].ref);
    }
}

static void test_another_source_begins_anew(void)
{
    listener to;
    MIDIThruConnectionRef connection;
    MIDIEndpointRef sources[2] = { new_source("one"), new_source("two") };
    listen(&to, "synth");
    from_to(sources[0], to.ref);
    params.noteNumber = (MIDITransform){ kMIDITransform_Add, 12 };
    CHECK_EQ(create(NULL, &connection), noErr);
    say(sources[0], "903C40");
    params.noteNumber.param = -12;
    params.sources[0] = (MIDIThruConnectionEndpoint){ sources[1], 0 };
    CHECK_EQ(change(connection), noErr);
    say(sources[1], "803C40"); /* not the note of the other one */
    HEARD(&to, "904840 803040 ");
    MIDIThruConnectionDispose(connection);
    MIDIEndpointDispose(sources[0]);
    MIDIEndpointDispose(sources[1]);
    MIDIEndpointDispose(to.ref);
}

static void test_midi2_keeps_its_resolution(void)
{
    listener to = { .text = "" };
    MIDIThruConnectionRef connection;
    MIDIEndpointRef source;
    MIDIEventList list;
    const UInt32 words[] = { 0x40B04A00, 0x12345678, 0x40E00000, 0x80000001 };
    CHECK_EQ(MIDISourceCreateWithProtocol(client, CFSTR("fine"), kMIDIProtocol_2_0, &source), noErr);
    CHECK_EQ(CMMIDIDestinationCreateWithProtocol(client, CFSTR("fine"), kMIDIProtocol_2_0, hear_words, &to,
                                                 &to.ref),
             noErr);
    from_to(source, to.ref);
    params.channelMap[0] = 1;
    CHECK_EQ(create(NULL, &connection), noErr);
    CHECK(MIDIEventListAdd(&list, sizeof list, MIDIEventListInit(&list, kMIDIProtocol_2_0), 0, 4, words) !=
          NULL);
    CHECK_EQ(MIDIReceivedEventList(source, &list), noErr);
    HEARD(&to, "40B14A00 12345678 40E10000 80000001 ");
    MIDIThruConnectionDispose(connection);
    MIDIEndpointDispose(source);
    MIDIEndpointDispose(to.ref);
}

static void test_endpoints_come_and_go(void)
{
    listener to;
    MIDIThruConnectionRef connection;
    MIDIEndpointRef source = new_source("comes and goes");
    SInt32 id = unique_id(source);
    listen(&to, "stays");
    MIDIEndpointDispose(source);
    from_to(0, to.ref);
    params.sources[0].uniqueID = id;
    CHECK_EQ(create(NULL, &connection), noErr);
    for (int i = 0; i < 2; i++) {
        source = new_source("comes and goes");
        CHECK_EQ(unique_id(source), id);
        wait_until_heard(source, &to, "903C40");
        CFDataRef now;
        MIDIThruConnectionParams told;
        CHECK_EQ(MIDIThruConnectionGetParams(connection, &now), noErr);
        memcpy(&told, CFDataGetBytePtr(now), sizeof told);
        CFRelease(now);
        CHECK_EQ(told.sources[0].endpointRef, source);
        CHECK_EQ(told.sources[0].uniqueID, id);
        CHECK_EQ(told.destinations[0].uniqueID, unique_id(to.ref));
        MIDIEndpointDispose(source);
    }
    source = new_source("another");
    CHECK_EQ(MIDIObjectSetIntegerProperty(source, kMIDIPropertyUniqueID, id), noErr);
    wait_until_heard(source, &to, "903C40"); /* it has the id now */
    MIDIEndpointDispose(source);
    MIDIThruConnectionDispose(connection);
    MIDIEndpointDispose(to.ref);
}

static void test_a_loop_ends(void)
{
    MIDIThruConnectionRef connection;
    CMMIDIStatistics before, after;
    listener to;
    listen(&to, "unused");
    CMMIDIGetStatistics(&before);
    from_to(MIDIGetSource(0), MIDIGetDestination(0)); /* the bus into itself */
    CHECK_EQ(create(NULL, &connection), noErr);
    MIDIPortRef port;
    MIDIPacketList list;
    CHECK_EQ(MIDIOutputPortCreate(client, CFSTR("out"), &port), noErr);
    CHECK(MIDIPacketListAdd(&list, sizeof list, MIDIPacketListInit(&list), 0, 3,
                            (const Byte *)"\x90\x3C\x40") != NULL);
    MIDISend(port, MIDIGetDestination(0), &list);
    CMMIDIGetStatistics(&after);
    CHECK_EQ(after.loops - before.loops, 1);
    MIDIThruConnectionDispose(connection);
    MIDIPortDispose(port);
    MIDIEndpointDispose(to.ref);
}

static void test_wrong_endpoints_are_refused(void)
{
    listener to;
    MIDIThruConnectionRef connection = 77;
    MIDIEndpointRef source = new_source("source");
    listen(&to, "destination");
    from_to(to.ref, to.ref);
    CHECK_EQ(create(NULL, &connection), kMIDIWrongEndpointType);
    CHECK_EQ(connection, 0);
    from_to(source, source);
    CHECK_EQ(create("test.owner", &connection), kMIDIWrongEndpointType);
    from_to(0x12345678, to.ref);
    CHECK_EQ(create(NULL, &connection), kMIDIUnknownEndpoint);
    from_to(source, to.ref);
    CHECK_EQ(create(NULL, &connection), noErr);
    params.version = 7;
    CHECK_EQ(change(connection), kAudio_ParamError);
    params.version = 0;
    params.sources[0].endpointRef = to.ref;
    CHECK_EQ(change(connection), kMIDIWrongEndpointType);
    say(source, "903C40"); /* it still is what it was */
    HEARD(&to, "903C40 ");
    CHECK_EQ(MIDIThruConnectionSetParams(connection, NULL), kAudio_ParamError);
    CHECK_EQ(MIDIThruConnectionCreate(NULL, NULL, NULL), kAudio_ParamError);
    MIDIThruConnectionDispose(connection);
    CHECK_EQ(MIDIThruConnectionCreate(NULL, NULL, &connection), noErr); /* connects nothing yet */
    MIDIThruConnectionDispose(connection);
    MIDIEndpointDispose(source);
    MIDIEndpointDispose(to.ref);
}

/* ---- while others send ---- */

static MIDIThruConnectionRef shared;
static atomic_bool stop;
static atomic_int heard;

static void count(const MIDIPacketList *list, void *context, void *unused)
{
    (void)list, (void)unused;
    if (atomic_fetch_add(&heard, 1) == 5000)
        CHECK_EQ(MIDIThruConnectionDispose(*(MIDIThruConnectionRef *)context), noErr);
}

static void *keep_saying(void *source)
{
    while (!atomic_load(&stop))
        say(*(MIDIEndpointRef *)source, "903C40803C40");
    return NULL;
}

static void test_changes_while_two_threads_send(void)
{
    MIDIEndpointRef sources[2] = { new_source("a"), new_source("b") }, destination;
    pthread_t threads[2];
    CHECK_EQ(MIDIDestinationCreate(client, CFSTR("c"), count, &shared, &destination), noErr);
    from_to(sources[0], destination);
    params.numSources = 2;
    params.sources[1].endpointRef = sources[1];
    CHECK_EQ(create(NULL, &shared), noErr);
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, keep_saying, &sources[i]);
    OSStatus status = noErr;
    for (int i = 0; status == noErr; i++) { /* until the receiver ends it */
        params.noteNumber = (MIDITransform){ kMIDITransform_Add, (SInt16)(i % 12) };
        params.numSources = 1 + i % 2;
        status = change(shared);
        usleep(50);
    }
    CHECK_EQ(status, kMIDIObjectNotFound);
    atomic_store(&stop, true);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 2; i++)
        MIDIEndpointDispose(sources[i]);
    MIDIEndpointDispose(destination);
}

/* ---- another process ---- */

static size_t find(const char *owner, MIDIThruConnectionRef *refs)
{
    CFDataRef list;
    CFStringRef text = CFStringCreateWithCString(NULL, owner, kCFStringEncodingUTF8);
    CHECK_EQ(MIDIThruConnectionFind(text, &list), noErr);
    size_t size = (size_t)CFDataGetLength(list);
    memcpy(refs, CFDataGetBytePtr(list), size);
    CFRelease(list);
    CFRelease(text);
    return size / sizeof *refs;
}

/* What the second process does: 0 when all is as it should be. */
static int be_the_next_process(const char *action)
{
    MIDIThruConnectionRef refs[16];
    listener to;
    CHECK_EQ(MIDIClientCreate(CFSTR("test"), NULL, NULL, &client), noErr);
    size_t found = find("test.owner", refs);
    if (strcmp(action, "nothing") == 0)
        return found != 0;
    CHECK_EQ(found, 1);
    MIDIEndpointRef source = new_source("kept source");
    listen(&to, "kept destination");
    wait_until_heard(source, &to, "903C40");
    say(source, "903C40");
    HEARD(&to, "904840 ");
    CHECK_EQ(find("test.owner", refs), 1); /* not once more */
    CHECK_EQ(MIDIThruConnectionDispose(refs[0]), noErr);
    return 0;
}

static void run_next_process(const char *action)
{
    pid_t child = fork();
    if (child == 0) {
        execl("/proc/self/exe", "test_thru_connection", action, NULL);
        _exit(127);
    }
    int status;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(status, 0);
}

static void test_an_owner_finds_its_connections_again(void)
{
    listener to;
    MIDIThruConnectionRef connection, refs[16];
    MIDIEndpointRef source = new_source("kept source");
    listen(&to, "kept destination");
    run_next_process("nothing");
    from_to(source, to.ref);
    CHECK_EQ(create("test.owner", &connection), noErr);
    params.noteNumber = (MIDITransform){ kMIDITransform_Add, 12 };
    CHECK_EQ(change(connection), noErr);
    CHECK_EQ(find("test.owner", refs), 1);
    CHECK_EQ(refs[0], connection);
    CHECK_EQ(find("somebody else", refs), 0);
    MIDIEndpointDispose(source);
    MIDIEndpointDispose(to.ref);
    run_next_process("find");
    run_next_process("nothing");
    CHECK_EQ(MIDIThruConnectionDispose(connection), noErr);
}

static void write_file(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/coremusic/%s", state_home, name);
    FILE *file = fopen(path, "w");
    CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void test_a_broken_file_is_put_aside(void)
{
    MIDIThruConnectionRef connection, refs[16];
    char path[256];
    struct stat info;
    write_file("thru-connections.plist", "<plist><dict><key>half a");
    CHECK_EQ(find("test.owner", refs), 0);
    from_to(0, 0);
    CHECK_EQ(create("test.owner", &connection), noErr);
    snprintf(path, sizeof path, "%s/coremusic/thru-connections.plist.broken", state_home);
    CHECK_EQ(stat(path, &info), 0);
    CHECK_EQ(MIDIThruConnectionDispose(connection), noErr);
    write_file("thru-connections.plist",
               "<plist version=\"1.0\"><dict><key>test.owner</key><dict><key>x</key>"
               "<data>AAAA</data><key>y</key><string>no</string></dict></dict></plist>");
    CHECK_EQ(find("test.owner", refs), 0);
}

static void test_no_place_to_keep_it(void)
{
    MIDIThruConnectionRef connection;
    setenv("XDG_STATE_HOME", "/proc/nowhere", 1);
    from_to(0, 0);
    CHECK(create("test.owner", &connection) != noErr);
    CHECK_EQ(connection, 0);
    CHECK_EQ(create(NULL, &connection), noErr);
    CHECK_EQ(MIDIThruConnectionDispose(connection), noErr);
    setenv("XDG_STATE_HOME", state_home, 1);
}

int main(int count_of_arguments, char **arguments)
{
    setenv("COREMUSIC_MIDI_DRIVERS", "none", 1);
    if (count_of_arguments > 1)
        return be_the_next_process(arguments[1]);
    CHECK(mkdtemp(state_home) != NULL);
    setenv("XDG_STATE_HOME", state_home, 1);
    CHECK_EQ(MIDIClientCreate(CFSTR("test"), NULL, NULL, &client), noErr);
    RUN(test_a_connection_transposes_and_rechannels_while_it_runs);
    RUN(test_many_to_many);
    RUN(test_another_source_begins_anew);
    RUN(test_midi2_keeps_its_resolution);
    RUN(test_endpoints_come_and_go);
    RUN(test_a_loop_ends);
    RUN(test_wrong_endpoints_are_refused);
    RUN(test_changes_while_two_threads_send);
    RUN(test_an_owner_finds_its_connections_again);
    RUN(test_a_broken_file_is_put_aside);
    RUN(test_no_place_to_keep_it);
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", state_home);
    return system(command);
}
