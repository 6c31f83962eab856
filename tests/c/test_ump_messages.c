/*
 * Single messages of every type, and the answers of an endpoint. The expected words are written out by hand
 * from the diagrams of M2-104-UM (UMP and MIDI 2.0 Protocol, version 1.1), chapter 7 and appendix F.
 */
#include "midi/ump.h"
#include "midi/ump_layout.h"
#include "midi/ump_stream.h"

#include "check.h"

enum { MAX_SETTINGS = 16 };

typedef struct {
    const char *name;
    uint32_t words[4];
    const char *bytes;             /* in hexadecimal; NULL when the message has no run of bytes */
    uint32_t values[MAX_SETTINGS]; /* of the layout's fields, in order */
} sample;

static const sample samples[] = {
    { "noop", { 0x00000000 }, NULL, { 0 } },
    { "jitter_clock", { 0x00107A12 }, NULL, { 0x7A12 } },
    { "jitter_timestamp", { 0x0020FFFF }, NULL, { 0xFFFF } },
    { "delta_ticks_per_quarter", { 0x003001E0 }, NULL, { 480 } },
    { "delta_ticks", { 0x004FFFFE }, NULL, { 0xFFFFE } },

    { "time_code", { 0x13F17500 }, NULL, { 3, 0x75 } },
    { "song_position", { 0x10F20102 }, NULL, { 0, 1, 2 } },
    { "song_select", { 0x10F37F00 }, NULL, { 0, 0x7F } },
    { "tune_request", { 0x1FF60000 }, NULL, { 15 } },
    { "timing_clock", { 0x10F80000 }, NULL, { 0 } },
    { "start", { 0x10FA0000 }, NULL, { 0 } },
    { "continue", { 0x10FB0000 }, NULL, { 0 } },
    { "stop", { 0x10FC0000 }, NULL, { 0 } },
    { "active_sensing", { 0x10FE0000 }, NULL, { 0 } },
    { "reset", { 0x10FF0000 }, NULL, { 0 } },

    { "midi1_note_off", { 0x218F3C40 }, NULL, { 1, 15, 60, 64 } },
    { "midi1_note_on", { 0x209F7F01 }, NULL, { 0, 15, 127, 1 } },
    { "midi1_poly_pressure", { 0x20A03C22 }, NULL, { 0, 0, 60, 0x22 } },
    { "midi1_control", { 0x20B24A05 }, NULL, { 0, 2, 74, 5 } },
    { "midi1_program", { 0x20C90500 }, NULL, { 0, 9, 5 } },
    { "midi1_channel_pressure", { 0x20D12200 }, NULL, { 0, 1, 0x22 } },
    { "midi1_pitch_bend", { 0x20E00040 }, NULL, { 0, 0, 0, 64 } },

    { "sysex7", { 0x30337E7F, 0x06000000 }, "7E7F06", { 0, 3, 3 } },

    { "registered_per_note", { 0x40033C07, 0x12345678 }, NULL, { 0, 3, 60, 7, 0x12345678 } },
    { "assignable_per_note", { 0x40133CFE, 1 }, NULL, { 0, 3, 60, 0xFE, 1 } },
    { "registered", { 0x40200001, 0x80000000 }, NULL, { 0, 0, 0, 1, 0x80000000 } },
    { "assignable", { 0x4F3F7F7E, 0xFFFFFFFF }, NULL, { 15, 15, 127, 126, 0xFFFFFFFF } },
    { "relative_registered", { 0x40400001, 0xFFFFFFFF }, NULL, { 0, 0, 0, 1, 0xFFFFFFFF } },
    { "relative_assignable", { 0x40500203, 1 }, NULL, { 0, 0, 2, 3, 1 } },
    { "per_note_pitch_bend", { 0x40603C00, 0x80000000 }, NULL, { 0, 0, 60, 0x80000000 } },
    { "note_off", { 0x40803C00, 0x80000000 }, NULL, { 0, 0, 60, 0, 0x8000, 0 } },
    { "note_on", { 0x41923C03, 0xFFFF7800 }, NULL, { 1, 2, 60, 3, 0xFFFF, 0x7800 } },
    { "poly_pressure", { 0x40A03C00, 2 }, NULL, { 0, 0, 60, 2 } },
    { "control", { 0x40B04A00, 3 }, NULL, { 0, 0, 74, 3 } },
    { "program", { 0x40C00001, 0x05000102 }, NULL, { 0, 0, 1, 5, 1, 2 } },
    { "channel_pressure", { 0x40D00000, 4 }, NULL, { 0, 0, 4 } },
    { "pitch_bend", { 0x40E00000, 5 }, NULL, { 0, 0, 5 } },
    { "per_note_management", { 0x40F03C03, 0 }, NULL, { 0, 0, 60, 1, 1 } },

    { "sysex8", { 0x5014AB01, 0x02FF0000 }, "0102FF", { 0, 1, 4, 0xAB } },
    { "mixed_data_header",
      { 0x50850010, 0x00020001, 0x12345678, 0x9ABCDEF0 },
      NULL,
      { 0, 5, 0x10, 2, 1, 0x1234, 0x5678, 0x9ABC, 0xDEF0 } },
    { "mixed_data",
      { 0x50950102, 0x03040506, 0x0708090A, 0x0B0C0D0E },
      "0102030405060708090A0B0C0D0E",
      { 0, 5 } },

    { "tempo", { 0xD0100000, 50000000 }, NULL, { 0, 0, 1, 0, 50000000 } },
    { "time_signature", { 0xD0100001, 0x04020800 }, NULL, { 0, 0, 1, 0, 4, 2, 8 } },
    { "metronome", { 0xD0100002, 0x18040000, 0x02000000 }, NULL, { 0, 0, 1, 0, 24, 4, 0, 0, 2, 0 } },
    { "key_signature", { 0xD0030005, 0xE2000000 }, NULL, { 0, 0, 0, 3, 14, 2 } },
    { "chord",
      { 0xD0030006, 0x13051200, 0x00000000, 0xF4070000 },
      NULL,
      { 0, 0, 0, 3, 1, 3, 5, 0x12, 0, 0, 0, 15, 4, 7, 0, 0 } },
    { "metadata_text",
      { 0xD0100102, 0x54697465, 0x6C000000 },
      "546974656C00000000000000",
      { 0, 0, 1, 0, 2 } },
    { "performance_text", { 0xD0500201, 0x4C610000 }, "4C6100000000000000000000", { 0, 1, 1, 0, 1 } },

    { "endpoint_discovery", { 0xF0000101, 0x0000001F }, NULL, { 0, 1, 1, 0x1F } },
    { "endpoint_info", { 0xF0010101, 0x83000302 }, NULL, { 0, 1, 1, 1, 3, 1, 1, 1, 0 } },
    { "device_identity",
      { 0xF0020000, 0x007D0000, 0x01020304, 0x05060708 },
      NULL,
      { 0, 0x7D, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8 } },
    { "endpoint_name", { 0xF0034142, 0x43000000 }, "4142430000000000000000000000", { 0 } },
    { "product_instance", { 0xF4044142, 0x43000000 }, "4142430000000000000000000000", { 1 } },
    { "stream_request", { 0xF0050202 }, NULL, { 0, 2, 1, 0 } },
    { "stream_configuration", { 0xF0060101 }, NULL, { 0, 1, 0, 1 } },
    { "block_discovery", { 0xF010FF03 }, NULL, { 0, 0xFF, 3 } },
    { "block_info", { 0xF0118237, 0x01020102 }, NULL, { 0, 1, 2, 3, 1, 3, 1, 2, 1, 2 } },
    { "block_name", { 0xF8120541, 0x42000000 }, "41420000000000000000000000", { 2, 5 } },
    { "start_of_clip", { 0xF0200000 }, NULL, { 0 } },
    { "end_of_clip", { 0xF0210000 }, NULL, { 0 } },
};

enum { SAMPLES = sizeof samples / sizeof samples[0] };

static uint32_t from_hex(const char *text, uint8_t *bytes)
{
    uint32_t count = (uint32_t)strlen(text) / 2;
    for (uint32_t i = 0; i < count; i++)
        sscanf(text + 2 * i, "%2hhx", &bytes[i]);
    return count;
}

static void check_same(const uint32_t *words, const uint32_t *expected, const char *name)
{
    for (uint32_t i = 0; i < cm_ump_size(expected[0]); i++)
        if (words[i] != expected[i]) {
            fprintf(stderr, "%s: word %u is %08X, not %08X\n", name, i, words[i], expected[i]);
            exit(1);
        }
}

static void check_sample(const sample *wanted)
{
    const cm_ump_layout *layout = cm_ump_layout_named(wanted->name);
    CHECK(layout != NULL);
    CHECK(cm_ump_layout_of(wanted->words) == layout);
    uint32_t built[4], i = 0;
    CHECK_EQ(cm_ump_start(layout, built), cm_ump_size(wanted->words[0]));
    for (const cm_ump_field *field = layout->fields; field->name; field++, i++) {
        CHECK_EQ(cm_ump_get(wanted->words, field), wanted->values[i]);
        cm_ump_set(built, field, wanted->values[i]);
    }
    CHECK((layout->bytes_max != 0) == (wanted->bytes != NULL));
    if (wanted->bytes) {
        uint8_t bytes[16], read[16];
        uint32_t count = from_hex(wanted->bytes, bytes);
        cm_ump_set_bytes(layout, built, bytes, count);
        CHECK_EQ(cm_ump_get_bytes(layout, wanted->words, read), count);
        CHECK(memcmp(read, bytes, count) == 0);
    }
    check_same(built, wanted->words, wanted->name);
}

static void test_every_message_is_built_and_read(void)
{
    for (size_t i = 0; i < SAMPLES; i++) {
        CHECK_STR(cm_ump_layout_at(i)->name, samples[i].name);
        check_sample(&samples[i]);
    }
    CHECK(cm_ump_layout_at(SAMPLES) == NULL);
}

static void test_reserved_messages_have_no_layout(void)
{
    const uint32_t reserved[][4] = { { 0x00500000 }, { 0x10F40000 }, { 0x10000000 }, { 0x20700000 },
                                     { 0x30400000 }, { 0x40700000 }, { 0x50A00000 }, { 0x60000000 },
                                     { 0xD0000007 }, { 0xD0000300 }, { 0xF0070000 }, { 0xF1000000 } };
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        CHECK(cm_ump_layout_of(reserved[i]) == NULL);
    CHECK(cm_ump_layout_named("no_such_message") == NULL);
    CHECK(cm_ump_field_named(cm_ump_layout_named("noop"), "group") == NULL);
}

static void test_counts_that_lie_are_cut(void)
{
    const uint32_t sysex7[2] = { 0x300F0102, 0x03040506 };
    const uint32_t sysex8[4] = { 0x500F0001, 0x02030405, 0x06070809, 0x0A0B0C0D }, empty[4] = { 0x50000000 };
    uint8_t bytes[16];
    CHECK_EQ(cm_ump_get_bytes(cm_ump_layout_of(sysex7), sysex7, bytes), 6);
    CHECK_EQ(cm_ump_get_bytes(cm_ump_layout_of(sysex8), sysex8, bytes), 13);
    CHECK_EQ(bytes[12], 13);
    CHECK_EQ(cm_ump_get_bytes(cm_ump_layout_of(empty), empty, bytes), 0);
}

/* ---- discovery ---- */

static uint32_t answers[64][4], answered;

static void keep(void *context, const uint32_t *message)
{
    (void)context;
    memcpy(answers[answered++], message, sizeof answers[0]);
}

static const cm_ump_block blocks[] = {
    { "Main", 1, CM_UMP_BLOCK_BOTH, 3, 0, 0, 1, 2, 1 },
    { NULL, 1, CM_UMP_BLOCK_OUTPUT, 2, 1, 4, 2, 0, 0 },
};

static cm_ump_endpoint endpoint = { .name = "Eleven chars and more",
                                    .product = "A1",
                                    .manufacturer = { 0x7D, 0, 0 },
                                    .family = { 1, 2 },
                                    .model = { 3, 4 },
                                    .revision = { 5, 6, 7, 8 },
                                    .protocols = 3,
                                    .protocol = CM_UMP_PROTOCOL_1,
                                    .fixed_blocks = 1,
                                    .block_count = 2,
                                    .blocks = blocks };

static bool ask(uint32_t word0, uint32_t word1)
{
    const uint32_t question[4] = { word0, word1 };
    answered = 0;
    return cm_ump_answer(&endpoint, question, keep, NULL);
}

static void test_an_endpoint_tells_what_it_is(void)
{
    static const uint32_t expected[6][4] = {
        { 0xF0010101, 0x82000300 },
        { 0xF0020000, 0x007D0000, 0x01020304, 0x05060708 },
        { 0xF403456C, 0x6576656E, 0x20636861, 0x72732061 }, /* "Eleven chars a" */
        { 0xFC036E64, 0x206D6F72, 0x65000000 },             /* "nd more" */
        { 0xF0044131 },
        { 0xF0060100 },
    };
    CHECK(ask(0xF0000101, 0x1F));
    CHECK_EQ(answered, 6);
    for (uint32_t i = 0; i < 6; i++)
        check_same(answers[i], expected[i], "answer");
    CHECK(ask(0xF0000101, 0));
    CHECK_EQ(answered, 0);
    CHECK(!ask(0xF0010101, 0));
    CHECK(!ask(0x20903C40, 0));
}

static void test_function_blocks(void)
{
    CHECK(ask(0xF010FF03, 0));
    CHECK_EQ(answered, 3); /* the second has no name */
    check_same(answers[0], (uint32_t[4]){ 0xF0118033, 0x00010201 }, "first block");
    check_same(answers[1], (uint32_t[4]){ 0xF012004D, 0x61696E00 }, "its name");
    check_same(answers[2], (uint32_t[4]){ 0xF0118126, 0x04020000 }, "second block");
    CHECK(ask(0xF0100101, 0));
    CHECK_EQ(answered, 1);
    CHECK(ask(0xF0100203, 0)); /* there is no third */
    CHECK_EQ(answered, 0);
}

static void test_a_request_changes_the_protocol(void)
{
    CHECK(ask(0xF0050200, 0));
    check_same(answers[0], (uint32_t[4]){ 0xF0060200 }, "2.0");
    CHECK_EQ(endpoint.protocol, CM_UMP_PROTOCOL_2);
    CHECK(ask(0xF0050300, 0)); /* no such protocol: the answer is what stays */
    check_same(answers[0], (uint32_t[4]){ 0xF0060200 }, "still 2.0");
    endpoint.protocols = CM_UMP_PROTOCOL_2;
    CHECK(ask(0xF0050100, 0));
    check_same(answers[0], (uint32_t[4]){ 0xF0060200 }, "2.0 only");
}

static void test_long_names_end_at_a_character(void)
{
    static char name[200];
    for (int i = 0; i < 60; i++)
        memcpy(name + 3 * i, "\xE2\x99\xAA", 3); /* 98 bytes end after two thirds of a note */
    endpoint.name = name;
    CHECK(ask(0xF0000101, 4));
    CHECK_EQ(answered, 7);
    uint8_t bytes[16];
    const cm_ump_layout *layout = cm_ump_layout_of(answers[6]);
    CHECK_EQ(cm_ump_get(answers[6], cm_ump_field_named(layout, "form")), 3);
    CHECK_EQ(cm_ump_get_bytes(layout, answers[6], bytes), 14);
    CHECK(bytes[11] == 0xAA && bytes[12] == 0 && bytes[13] == 0);
}

int main(void)
{
    RUN(test_every_message_is_built_and_read);
    RUN(test_reserved_messages_have_no_layout);
    RUN(test_counts_that_lie_are_cut);
    RUN(test_an_endpoint_tells_what_it_is);
    RUN(test_function_blocks);
    RUN(test_a_request_changes_the_protocol);
    RUN(test_long_names_end_at_a_character);
    return 0;
}
