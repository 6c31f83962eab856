/* Clients, ports, virtual endpoints and what goes through them at once. */
#include "midi_kit.h"

#include <dlfcn.h>

#include "midi/object.h"

static inbox box, second;

static void test_virtual_destination(void)
{
    MIDIClientRef client = make_client();
    MIDIPortRef port = make_output(client);
    MIDIEndpointRef destination = 0;
    inbox_clear(&box);
    CHECK_EQ(MIDIDestinationCreate(client, CFSTR("sink"), inbox_read, &box, &destination), noErr);
    MIDITimeStamp before = AudioGetCurrentHostTime();
    CHECK_EQ(SEND(port, destination, 0, 0x90, 60, 100), noErr);
    CHECK_BYTES(&box, 0x90, 60, 100);
    CHECK(box.times[0] >= before && box.times[0] <= AudioGetCurrentHostTime());
    CHECK(box.last_connection == NULL);
    CHECK_EQ(SEND(port, destination, 17, 0x80, 60, 0), noErr); /* long past: at once, with its time */
    CHECK_EQ(box.times[1], 17);
    CHECK_EQ(MIDIEndpointDispose(destination), noErr);
    CHECK_EQ(SEND(port, destination, 0, 0x90, 60, 100), kMIDIUnknownEndpoint);
    CHECK_EQ(box.lists, 2);
    CHECK_EQ(MIDIClientDispose(client), noErr);
    CHECK_EQ(MIDIClientDispose(client), kMIDIInvalidClient);
}

static void test_virtual_source(void)
{
    MIDIClientRef client = make_client();
    MIDIPortRef port = 0, other = 0;
    MIDIEndpointRef source = 0;
    inbox_clear(&box);
    inbox_clear(&second);
    CHECK_EQ(MIDISourceCreate(client, CFSTR("keys"), &source), noErr);
    CHECK_EQ(MIDIInputPortCreate(client, CFSTR("in"), inbox_read, &box, &port), noErr);
    CHECK_EQ(MIDIInputPortCreate(client, CFSTR("in 2"), inbox_read, &second, &other), noErr);
    CHECK_EQ(MIDIPortConnectSource(port, source, &client), noErr);
    CHECK_EQ(MIDIPortConnectSource(other, source, NULL), noErr);
    CHECK_EQ(RECEIVED(source, 0xB0, 7, 1), noErr);
    CHECK(box.last_connection == &client);
    CHECK_EQ(box.times[0], 0); /* a source's time stamps stay as they are */
    CHECK_BYTES(&box, 0xB0, 7, 1);
    CHECK_BYTES(&second, 0xB0, 7, 1);
    CHECK_EQ(MIDIPortConnectSource(port, source, &port), noErr); /* again: only the reference changes */
    CHECK_EQ(RECEIVED(source, 0xB0, 7, 2), noErr);
    CHECK_EQ(box.lists, 2);
    CHECK(box.last_connection == &port);
    CHECK_EQ(MIDIPortDisconnectSource(port, source), noErr);
    CHECK_EQ(MIDIPortDisconnectSource(port, source), kMIDINoConnection);
    CHECK_EQ(RECEIVED(source, 0xB0, 7, 3), noErr);
    CHECK_EQ(box.lists, 2);
    CHECK_EQ(second.lists, 3);
    CHECK_EQ(MIDIPortDispose(other), noErr);
    CHECK_EQ(RECEIVED(source, 0xB0, 7, 4), noErr);
    CHECK_EQ(second.lists, 3);
    CHECK_EQ(MIDIClientDispose(client), noErr);
    CHECK_EQ(RECEIVED(source, 0xB0, 7, 5), kMIDIUnknownEndpoint);
}

static void test_wrong_references(void)
{
    MIDIClientRef client = make_client();
    MIDIPortRef out = make_output(client), in = 0, none = 0;
    MIDIEndpointRef source = 0, destination = 0;
    CHECK_EQ(MIDIInputPortCreate(client, CFSTR("in"), NULL, NULL, &in), noErr);
    CHECK_EQ(MIDISourceCreate(client, CFSTR("s"), &source), noErr);
    CHECK_EQ(MIDIDestinationCreate(client, CFSTR("d"), NULL, NULL, &destination), noErr);
    CHECK_EQ(MIDIPortConnectSource(out, source, NULL), kMIDIInvalidPort);
    CHECK_EQ(MIDIPortConnectSource(in, destination, NULL), kMIDIWrongEndpointType);
    CHECK_EQ(MIDIPortConnectSource(in, 0, NULL), kMIDIUnknownEndpoint);
    CHECK_EQ(MIDIPortConnectSource(in, client, NULL), kMIDIUnknownEndpoint);
    CHECK_EQ(SEND(in, destination, 0, 0xF8), kMIDIInvalidPort);
    CHECK_EQ(SEND(out, source, 0, 0xF8), kMIDIWrongEndpointType);
    CHECK_EQ(SEND(out, 0x12345678, 0, 0xF8), kMIDIUnknownEndpoint);
    CHECK_EQ(RECEIVED(destination, 0xF8), kMIDIWrongEndpointType);
    CHECK_EQ(MIDIInputPortCreate(source, CFSTR("in"), NULL, NULL, &none), kMIDIInvalidClient);
    CHECK_EQ(none, 0);
    CHECK_EQ(MIDIPortDispose(client), kMIDIInvalidPort);
    CHECK_EQ(MIDIClientDispose(out), kMIDIInvalidClient);
    CHECK_EQ(MIDIEndpointDispose(out), kMIDIUnknownEndpoint);
    CHECK_EQ(MIDISend(out, destination, NULL), -50);
    for (UInt32 ref = 0; ref < 3000; ref++) { /* made up */
        CHECK(!cm_midi_pin(ref * 0x9E3779B9u | 0x80000000u, CM_MIDI_IS(CM_MIDI_THRU)));
        CHECK_EQ(MIDIDeviceGetNumberOfEntities(ref * 0x9E3779B9u | 0x80000000u), 0);
    }
    CHECK_EQ(MIDIClientDispose(client), noErr);
}

static void test_stale_references(void)
{
    MIDIClientRef client = make_client(), first = 0;
    for (int i = 0; i < 20000; i++) { /* slots are used again, references are not */
        MIDIPortRef port = make_output(client);
        CHECK(port != first);
        if (!first)
            first = port;
        CHECK_EQ(MIDIPortDispose(port), noErr);
        CHECK_EQ(MIDIPortDispose(port), kMIDIInvalidPort);
    }
    CHECK_EQ(MIDIClientDispose(client), noErr);
}

static void test_bus(void)
{
    CHECK(MIDIGetNumberOfDevices() >= 1);
    MIDIEntityRef entity = MIDIDeviceGetEntity(MIDIGetDevice(0), 0);
    CHECK_EQ(MIDIEntityGetNumberOfSources(entity), 1);
    CHECK_EQ(MIDIEntityGetNumberOfDestinations(entity), 1);
    MIDIEndpointRef source = MIDIEntityGetSource(entity, 0),
                    destination = MIDIEntityGetDestination(entity, 0);
    CHECK_EQ(MIDIGetSource(0), source);
    CHECK_EQ(MIDIGetDestination(0), destination);
    MIDIEntityRef back = 0;
    CHECK_EQ(MIDIEndpointGetEntity(source, &back), noErr);
    CHECK_EQ(back, entity);
    CHECK_EQ(MIDIEndpointDispose(source), kMIDINotPermitted);

    MIDIClientRef client = make_client();
    MIDIPortRef port = make_output(client), in = 0;
    inbox_clear(&box);
    CHECK_EQ(MIDIInputPortCreate(client, CFSTR("in"), inbox_read, &box, &in), noErr);
    CHECK_EQ(MIDIPortConnectSource(in, source, NULL), noErr);
    MIDITimeStamp before = AudioGetCurrentHostTime();
    CHECK_EQ(SEND(port, destination, 0, 0x91, 1, 2, 0x81, 1, 2), noErr);
    CHECK_BYTES(&box, 0x91, 1, 2, 0x81, 1, 2);
    CHECK(box.times[0] >= before);
    CHECK_EQ(MIDIClientDispose(client), noErr);
}

static void test_enumeration(void)
{
    MIDIClientRef client = make_client();
    ItemCount sources = MIDIGetNumberOfSources(), destinations = MIDIGetNumberOfDestinations();
    MIDIEndpointRef a = 0, b = 0;
    CHECK_EQ(MIDISourceCreateWithProtocol(client, CFSTR("a"), kMIDIProtocol_2_0, &a), noErr);
    CHECK_EQ(MIDIDestinationCreate(client, CFSTR("b"), NULL, NULL, &b), noErr);
    CHECK_EQ(MIDISourceCreateWithProtocol(client, CFSTR("c"), 3, &b), -50);
    CHECK_EQ(MIDIGetNumberOfSources(), sources + 1);
    CHECK_EQ(MIDIGetNumberOfDestinations(), destinations + 1);
    CHECK_EQ(MIDIGetSource(sources), a);
    CHECK_EQ(MIDIGetDestination(destinations), b);
    CHECK_EQ(MIDIGetSource(sources + 1), 0);
    MIDIEntityRef entity = 1;
    CHECK_EQ(MIDIEndpointGetEntity(a, &entity), kMIDIObjectNotFound);
    CHECK_EQ(entity, 0);
    CHECK_EQ(MIDIClientDispose(client), noErr);
    CHECK_EQ(MIDIGetNumberOfSources(), sources);
    CHECK_EQ(MIDIGetNumberOfDestinations(), destinations);
}

static void test_nothing_is_left(void)
{
    CHECK_EQ(cm_midi_count(CM_MIDI_CLIENT), 0);
    CHECK_EQ(cm_midi_count(CM_MIDI_INPUT_PORT), 0);
    CHECK_EQ(cm_midi_count(CM_MIDI_OUTPUT_PORT), 0);
    CHECK_EQ(cm_midi_count(CM_MIDI_SOURCE), MIDIGetNumberOfSources());
    CHECK_EQ(cm_midi_count(CM_MIDI_DESTINATION), MIDIGetNumberOfDestinations());
}

/* A block literal made by hand, as a program makes it whose compiler knows no blocks. */
typedef struct literal {
    void *isa;
    int flags, reserved;
    void (*invoke)(const struct literal *self, const MIDIPacketList *list, void *connection);
    const struct description {
        unsigned long reserved, size;
        void (*copied)(void *to, const void *from);
        void (*disposed)(const void *self);
    } * description;
    inbox *box;
} literal;

static int copies, disposals;

static void read_into_box(const literal *self, const MIDIPacketList *list, void *connection)
{
    inbox_read(list, self->box, connection);
}

static void count_copy(void *to, const void *from)
{
    (void)to, (void)from;
    copies++;
}

static void count_disposal(const void *self)
{
    (void)self;
    disposals++;
}

static void test_a_block_made_by_hand_is_kept_as_long_as_its_port(void)
{
    static const struct description description = { 0, sizeof(literal), count_copy, count_disposal };
    static inbox box;
    void *runtime = dlopen("libBlocksRuntime.so.0", RTLD_NOW);
    CHECK(runtime != NULL);
    MIDIClientRef client = make_client();
    MIDIPortRef in = 0;
    MIDIEndpointRef source = 0;
    literal *here = malloc(sizeof *here);
    *here = (literal){
        dlsym(runtime, "_NSConcreteStackBlock"), 1 << 25, 0, read_into_box, &description, &box
    };
    CHECK_EQ(MIDIInputPortCreateWithBlock(client, CFSTR("in"), &in, here), noErr);
    free(here);
    CHECK_EQ(copies, 1);
    CHECK_EQ(MIDISourceCreate(client, CFSTR("s"), &source), noErr);
    CHECK_EQ(MIDIPortConnectSource(in, source, NULL), noErr);
    CHECK_EQ(RECEIVED(source, 0x90, 60, 100), noErr);
    CHECK_BYTES(&box, 0x90, 60, 100);
    CHECK_EQ(disposals, 0);
    CHECK_EQ(MIDIPortDispose(in), noErr);
    CHECK_EQ(disposals, 1);
    CHECK_EQ(MIDIClientDispose(client), noErr);
}

int main(void)
{
    RUN(test_virtual_destination);
    RUN(test_virtual_source);
    RUN(test_wrong_references);
    RUN(test_stale_references);
    RUN(test_bus);
    RUN(test_enumeration);
    RUN(test_nothing_is_left);
    RUN(test_a_block_made_by_hand_is_kept_as_long_as_its_port);
    return 0;
}
