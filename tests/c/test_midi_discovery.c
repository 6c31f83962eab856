/*
 * A virtual destination and source that are one UMP endpoint. Questions and answers are written out from the
 * tables of M2-104-UM (UMP and MIDI 2.0 Protocol, version 1.1.2), 7.1.1 to 7.1.9: bits from the left, most
 * significant first.
 */
#include "midi_kit.h"

#include "midi/object.h"

static inbox box, own;
static MIDIClientRef client;
static MIDIPortRef in, out;
static MIDIEndpointRef destination, source;

/* A word from the fields of a table: their widths in bits and their values, in order, 32 bits in all. */
typedef struct field {
    unsigned bits;
    uint32_t value;
} field;

static uint32_t word(const field *fields)
{
    uint32_t value = 0;
    for (unsigned used = 0; used < 32; used += fields++->bits)
        value = value << fields->bits % 32 | fields->value;
    return value;
}

#define WORD(...) word((const field[]){ __VA_ARGS__ })

/* Message type 0xF, form, status: how every stream message begins (7.1, figure 23). */
#define HEAD(form, status)                                                                                   \
    { 4, 0xF }, { 2, form },                                                                                 \
    {                                                                                                        \
        10, status                                                                                           \
    }
#define REST(bits)                                                                                           \
    {                                                                                                        \
        bits, 0                                                                                              \
    }

static const CMMIDIFunctionBlock blocks[] = {
    { .active = true, .direction = 3, .hint = 1, .groupCount = 1, .midiCI = 2, .sysEx8Streams = 4 },
    { .active = true, .direction = 2, .hint = 2, .firstGroup = 2, .groupCount = 3, .midi1 = 1 },
};

static CMMIDIEndpointDescription description = { .manufacturer = { 0x00, 0x21, 0x09 },
                                                 .revision = { 1, 2, 3, 4 },
                                                 .family = 0x12 | 0x34 << 7,
                                                 .model = 0x56 | 0x07 << 7,
                                                 .blockCount = 2,
                                                 .blocks = blocks };

static void set_up(void)
{
    client = make_client();
    out = make_output(client);
    CHECK_EQ(
        CMMIDIInputPortCreateWithProtocol(client, CFSTR("in"), kMIDIProtocol_2_0, inbox_receive, &box, &in),
        noErr);
    CHECK_EQ(CMMIDIDestinationCreateWithProtocol(client, CFSTR("Synth"), kMIDIProtocol_2_0, inbox_receive,
                                                 &own, &destination),
             noErr);
    CHECK_EQ(MIDISourceCreateWithProtocol(client, CFSTR("Synth"), kMIDIProtocol_2_0, &source), noErr);
    CHECK_EQ(MIDIPortConnectSource(in, source, NULL), noErr);
    CMMIDIFunctionBlock named[2] = { blocks[0], blocks[1] };
    named[0].name = CFSTR("Main part");
    CMMIDIEndpointDescription full = description;
    full.productInstanceID = CFSTR("SN-0042");
    full.blocks = named;
    CHECK_EQ(CMMIDIEndpointSetDescription(destination, source, &full), noErr);
    CHECK_EQ(box.count, 0); /* nothing changed, so nothing is said */
}

static void ask(uint32_t first, uint32_t second)
{
    const UInt32 words[] = { first, second, 0, 0 };
    MIDIEventList list;
    MIDIEventPacket *packet = MIDIEventListInit(&list, kMIDIProtocol_2_0);
    CHECK(MIDIEventListAdd(&list, sizeof list, packet, 0, 4, words));
    inbox_clear(&box);
    inbox_clear(&own);
    CHECK_EQ(MIDISendEventList(out, destination, &list), noErr);
}

static void check_words(const char *what, const uint32_t *expected, size_t count)
{
    if (box.count != count || memcmp(box.words, expected, 4 * count) != 0) {
        for (size_t i = 0; i < box.count || i < count; i++)
            fprintf(stderr, "%s, word %zu: %08X, expected %08X\n", what, i, i < box.count ? box.words[i] : 0,
                    i < count ? expected[i] : 0);
        exit(1);
    }
}

#define CHECK_ANSWER(what, ...)                                                                              \
    check_words(what, (const uint32_t[]){ __VA_ARGS__ }, sizeof(const uint32_t[]){ __VA_ARGS__ } / 4)

/* 7.1.1: UMP version 1.1, then in the second word the filter's bits e d i n s c, from 0x01 up. */
static void discover(uint32_t filter)
{
    ask(WORD(HEAD(0, 0x00), { 8, 1 }, { 8, 1 }), WORD(REST(24), { 8, filter }));
}

static void test_endpoint_info(void)
{
    discover(0x01);
    /* 7.1.2: version; static blocks, number of blocks, reserved, M2 M1, reserved, RXJR TXJR */
    CHECK_ANSWER("endpoint info", WORD(HEAD(0, 0x01), { 8, 1 }, { 8, 1 }),
                 WORD({ 1, 0 }, { 7, 2 }, REST(14), { 1, 1 }, { 1, 1 }, REST(6), { 1, 0 }, { 1, 0 }), 0, 0);
    CHECK_EQ(own.count, 4); /* the client sees that it was asked */
}

static void test_device_identity(void)
{
    discover(0x02);
    /* 7.1.3: three bytes of manufacturer; family and model, least significant byte first; revision */
    CHECK_ANSWER("device identity", WORD(HEAD(0, 0x02), REST(16)),
                 WORD(REST(8), { 8, 0x00 }, { 8, 0x21 }, { 8, 0x09 }),
                 WORD({ 8, 0x12 }, { 8, 0x34 }, { 8, 0x56 }, { 8, 0x07 }),
                 WORD({ 8, 1 }, { 8, 2 }, { 8, 3 }, { 8, 4 }));
}

static void test_names(void)
{
    discover(0x04);
    /* 7.1.4: text from the third byte on */
    CHECK_ANSWER("endpoint name", WORD(HEAD(0, 0x03), { 8, 'S' }, { 8, 'y' }),
                 WORD({ 8, 'n' }, { 8, 't' }, { 8, 'h' }, REST(8)), 0, 0);
    discover(0x08);
    /* 7.1.5 */
    CHECK_ANSWER("product instance id", WORD(HEAD(0, 0x04), { 8, 'S' }, { 8, 'N' }),
                 WORD({ 8, '-' }, { 8, '0' }, { 8, '0' }, { 8, '4' }), WORD({ 8, '2' }, REST(24)), 0);
}

static void test_all_at_once(void)
{
    discover(0x1F);
    CHECK_EQ(box.count, 5 * 4);
    for (uint32_t i = 0; i < 4; i++)
        CHECK_EQ(box.words[4 * i] >> 16 & 0x3FF, i + 1);
    CHECK_EQ(box.words[16], WORD(HEAD(0, 0x06), { 8, 2 }, REST(6), { 1, 0 }, { 1, 0 }));
}

static void test_function_blocks(void)
{
    /* 7.1.7: block 0xFF is all; filter: 1 info, 2 name. 7.1.8: active, number; reserved, hint, MIDI 1.0,
     * direction; first group, groups, MIDI-CI version, SysEx8 streams. 7.1.9: number, then text */
    ask(WORD(HEAD(0, 0x10), { 8, 0xFF }, REST(6), { 1, 1 }, { 1, 1 }), 0);
    CHECK_ANSWER(
        "function blocks", WORD(HEAD(0, 0x11), { 1, 1 }, { 7, 0 }, REST(2), { 2, 1 }, { 2, 0 }, { 2, 3 }),
        WORD({ 8, 0 }, { 8, 1 }, { 8, 2 }, { 8, 4 }), 0, 0, WORD(HEAD(0, 0x12), { 8, 0 }, { 8, 'M' }),
        WORD({ 8, 'a' }, { 8, 'i' }, { 8, 'n' }, { 8, ' ' }),
        WORD({ 8, 'p' }, { 8, 'a' }, { 8, 'r' }, { 8, 't' }), 0,
        WORD(HEAD(0, 0x11), { 1, 1 }, { 7, 1 }, REST(2), { 2, 2 }, { 2, 1 }, { 2, 2 }),
        WORD({ 8, 2 }, { 8, 3 }, { 8, 0 }, { 8, 0 }), 0, 0);
    ask(WORD(HEAD(0, 0x10), { 8, 1 }, REST(6), { 1, 0 }, { 1, 1 }), 0);
    CHECK_EQ(box.count, 4);
    CHECK_EQ(box.words[1], WORD({ 8, 2 }, { 8, 3 }, REST(16)));
    ask(WORD(HEAD(0, 0x10), { 8, 2 }, REST(6), { 1, 1 }, { 1, 1 }), 0); /* there is none */
    CHECK_EQ(box.count, 0);
}

static SInt32 protocol_of(MIDIEndpointRef endpoint)
{
    SInt32 value = 0;
    CHECK_EQ(MIDIObjectGetIntegerProperty(endpoint, kMIDIPropertyProtocolID, &value), noErr);
    return value;
}

static void test_another_protocol(void)
{
    for (uint32_t protocol = 1; protocol <= 2; protocol++) {
        ask(WORD(HEAD(0, 0x05), { 8, protocol }, REST(8)), 0);
        CHECK_ANSWER("stream configuration", WORD(HEAD(0, 0x06), { 8, protocol }, REST(8)), 0, 0, 0);
        CHECK_EQ(protocol_of(destination), protocol);
        CHECK_EQ(protocol_of(source), protocol);
    }
    ask(WORD(HEAD(0, 0x05), { 8, 9 }, REST(8)), 0);
    CHECK_ANSWER("no such protocol", WORD(HEAD(0, 0x06), { 8, 2 }, REST(8)), 0, 0, 0);
}

static void test_changes_are_said(void)
{
    inbox_clear(&box);
    CHECK_EQ(MIDIObjectSetStringProperty(destination, kMIDIPropertyName, CFSTR("Organ")), noErr);
    CHECK_ANSWER("new name", WORD(HEAD(0, 0x03), { 8, 'O' }, { 8, 'r' }),
                 WORD({ 8, 'g' }, { 8, 'a' }, { 8, 'n' }, REST(8)), 0, 0);
    inbox_clear(&box);
    description.blockCount = 1;
    CHECK_EQ(CMMIDIEndpointSetDescription(destination, source, &description), noErr);
    CHECK_EQ(box.count, (4 + 1) * 4); /* info, identity, name, configuration; one block, nameless */
    CHECK_EQ(box.words[1], WORD({ 1, 0 }, { 7, 1 }, REST(14), { 1, 1 }, { 1, 1 }, REST(8)));
    CHECK_EQ(box.words[16] >> 16, 0xF011);
}

/* Questions in bytes there are none; a client of bytes still answers those that come as words. */
static void test_a_client_of_bytes(void)
{
    MIDIEndpointRef bytes = 0, with_words = destination;
    CMMIDIStatistics before, after;
    CHECK_EQ(CMMIDIGetStatistics(&before), noErr);
    CHECK_EQ(MIDIDestinationCreate(client, CFSTR("B"), inbox_read, &own, &bytes), noErr);
    CHECK_EQ(CMMIDIEndpointSetDescription(bytes, source, &description), noErr);
    destination = bytes;
    discover(0x04);
    CHECK_EQ(box.count, 4);
    CHECK_EQ(box.words[0], WORD(HEAD(0, 0x03), { 8, 'B' }, REST(8)));
    CHECK_EQ(own.size, 0);
    CHECK_EQ(CMMIDIGetStatistics(&after), noErr);
    CHECK_EQ(after.untranslated, before.untranslated);
    CHECK_EQ(CMMIDIEndpointSetDescription(bytes, 0, NULL), noErr);
    discover(0x1F);
    CHECK_EQ(box.count, 0);
    destination = with_words;
    CHECK_EQ(MIDIEndpointDispose(bytes), noErr);
}

static void test_what_is_refused(void)
{
    MIDIClientRef other = make_client();
    MIDIEndpointRef theirs = 0, bus = MIDIGetDestination(0);
    CHECK_EQ(MIDISourceCreate(other, CFSTR("theirs"), &theirs), noErr);
    CHECK_EQ(CMMIDIEndpointSetDescription(destination, theirs, &description), kMIDINotPermitted);
    CHECK_EQ(CMMIDIEndpointSetDescription(bus, source, &description), kMIDINotPermitted);
    CHECK_EQ(CMMIDIEndpointSetDescription(source, source, &description), kMIDIWrongEndpointType);
    CHECK_EQ(CMMIDIEndpointSetDescription(destination, destination, &description), kMIDIWrongEndpointType);
    CHECK_EQ(CMMIDIEndpointSetDescription(destination, 12345, &description), kMIDIUnknownEndpoint);
    CMMIDIFunctionBlock wrong = blocks[0];
    CMMIDIEndpointDescription bad = description;
    bad.blocks = &wrong;
    wrong.firstGroup = 10;
    wrong.groupCount = 7;
    CHECK_EQ(CMMIDIEndpointSetDescription(destination, source, &bad), -50);
    bad = description;
    bad.blockCount = 33;
    CHECK_EQ(CMMIDIEndpointSetDescription(destination, source, &bad), -50);
    bad = description;
    bad.productInstanceID = CFSTR("a serial number of more than forty-two letters");
    CHECK_EQ(CMMIDIEndpointSetDescription(destination, source, &bad), -50);
    bad = description;
    bad.manufacturer[0] = 0x80;
    CHECK_EQ(CMMIDIEndpointSetDescription(destination, source, &bad), -50);
    CHECK_EQ(MIDIClientDispose(other), noErr);
}

static void test_a_source_that_is_gone(void)
{
    CHECK_EQ(MIDIEndpointDispose(source), noErr);
    discover(0x1F);
    CHECK_EQ(box.count, 0);
    CHECK_EQ(MIDIClientDispose(client), noErr);
    CHECK_EQ(cm_midi_count(CM_MIDI_CLIENT), 0);
}

int main(void)
{
    set_up();
    RUN(test_endpoint_info);
    RUN(test_device_identity);
    RUN(test_names);
    RUN(test_all_at_once);
    RUN(test_function_blocks);
    RUN(test_another_protocol);
    RUN(test_changes_are_said);
    RUN(test_a_client_of_bytes);
    RUN(test_what_is_refused);
    RUN(test_a_source_that_is_gone);
    return 0;
}
