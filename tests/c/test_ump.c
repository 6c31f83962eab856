/*
 * Packets: sizes, translation between the protocols and the bytes of MIDI 1.0. Expected values are those
 * printed in the specifications (M2-104-UM table 4 and appendix D, M2-115) or written out by hand from their
 * layouts.
 */
#include "midi/ump.h"
#include "midi/ump_scale.h"

#include "check.h"

static cm_ump_translator translator;
static uint32_t out[CM_UMP_TRANSLATED_MAX];

static uint32_t to_midi2(uint32_t word)
{
    return cm_ump_to_midi2(&translator, &word, out);
}

static uint32_t to_midi1(uint32_t word0, uint32_t word1)
{
    uint32_t message[2] = { word0, word1 };
    return cm_ump_to_midi1(&translator, message, out);
}

static void restart(void)
{
    memset(&translator, 0, sizeof translator);
}

static void test_every_type_has_its_size(void)
{
    const uint32_t sizes[16] = { 1, 1, 1, 2, 2, 4, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4 };
    for (uint32_t type = 0; type < 16; type++)
        CHECK_EQ(cm_ump_size(type << 28 | 0x0FFFFFFF), sizes[type]);
}

static void test_walk_stops_before_a_message_that_is_cut(void)
{
    const uint32_t words[] = { 0x20903C40, 0x40903C00, 0x80000000, 0x50000000, 0, 0 };
    const uint32_t *at = words, *end = words + 6;
    CHECK(cm_ump_next(&at, end) == words);
    CHECK(cm_ump_next(&at, end) == words + 1);
    CHECK(cm_ump_next(&at, end) == NULL);
    CHECK(at == words + 3);
    at = end;
    CHECK(cm_ump_next(&at, end) == NULL);
}

/* M2-115's procedure, step by step. */
static uint32_t scale_up(uint32_t value, uint32_t from, uint32_t to)
{
    uint32_t centre = 1u << (from - 1), scaled = value << (to - from);
    if (value <= centre)
        return scaled;
    uint32_t repeat_bits = from - 1, repeat = value & ((1u << repeat_bits) - 1);
    if (to - from > repeat_bits)
        repeat <<= to - from - repeat_bits;
    else
        repeat >>= repeat_bits - (to - from);
    for (; repeat; repeat >>= repeat_bits)
        scaled |= repeat;
    return scaled;
}

static void test_scaling_keeps_least_centre_and_greatest(void)
{
    CHECK_EQ(cm_ump_7_to_16(0), 0);
    CHECK_EQ(cm_ump_7_to_16(64), 0x8000);
    CHECK_EQ(cm_ump_7_to_16(127), 0xFFFF);
    CHECK_EQ(cm_ump_7_to_32(0), 0);
    CHECK_EQ(cm_ump_7_to_32(64), 0x80000000u);
    CHECK_EQ(cm_ump_7_to_32(127), 0xFFFFFFFFu);
    CHECK_EQ(cm_ump_14_to_32(0), 0);
    CHECK_EQ(cm_ump_14_to_32(0x2000), 0x80000000u);
    CHECK_EQ(cm_ump_14_to_32(0x3FFF), 0xFFFFFFFFu);
    for (uint32_t i = 0; i < 128; i++) {
        CHECK_EQ(cm_ump_7_to_16(i), scale_up(i, 7, 16));
        CHECK_EQ(cm_ump_7_to_32(i), scale_up(i, 7, 32));
        CHECK(cm_ump_16_to_7(cm_ump_7_to_16(i)) == i && cm_ump_32_to_7(cm_ump_7_to_32(i)) == i);
    }
    for (uint32_t i = 0; i < 16384; i++) {
        CHECK_EQ(cm_ump_14_to_32(i), scale_up(i, 14, 32));
        CHECK_EQ(cm_ump_32_to_14(cm_ump_14_to_32(i)), i);
    }
}

static void test_notes(void)
{
    restart();
    CHECK_EQ(to_midi2(0x25933C40), 2);
    CHECK_EQ(out[0], 0x45933C00);
    CHECK_EQ(out[1], 0x80000000u);
    CHECK_EQ(to_midi2(0x2093007F), 2);
    CHECK_EQ(out[1], 0xFFFF0000u);
    CHECK_EQ(to_midi2(0x20933C00), 2); /* a note off in disguise */
    CHECK_EQ(out[0], 0x40833C00);
    CHECK_EQ(out[1], 0x80000000u);
    CHECK_EQ(to_midi1(0x40933C00, 0x00000000), 1);
    CHECK_EQ(out[0], 0x20933C01);
    CHECK_EQ(to_midi1(0x40933C03, 0x01FF1234), 1); /* attribute is lost, velocity 0x01FF is still a note */
    CHECK_EQ(out[0], 0x20933C01);
    CHECK_EQ(to_midi1(0x40833C00, 0x00000000), 1);
    CHECK_EQ(out[0], 0x20833C00);
}

static void test_bank_and_program(void)
{
    restart();
    CHECK_EQ(to_midi2(0x20C50700), 2);
    CHECK_EQ(out[0], 0x40C50000);
    CHECK_EQ(out[1], 0x07000000);
    CHECK_EQ(to_midi2(0x20B50001), 0);
    CHECK_EQ(to_midi2(0x20B52002), 0);
    CHECK_EQ(to_midi2(0x20C50700), 2);
    CHECK_EQ(out[0], 0x40C50001);
    CHECK_EQ(out[1], 0x07000102);
    CHECK_EQ(to_midi2(0x20C50800), 2); /* the bank was said once */
    CHECK_EQ(out[0], 0x40C50000);
    CHECK_EQ(out[1], 0x08000000);
    CHECK_EQ(to_midi1(0x40C50001, 0x07000102), 3);
    CHECK_EQ(out[0], 0x20B50001);
    CHECK_EQ(out[1], 0x20B52002);
    CHECK_EQ(out[2], 0x20C50700);
    CHECK_EQ(to_midi1(0x40C50000, 0x07000102), 1);
    CHECK_EQ(out[0], 0x20C50700);
}

static void test_parameters(void)
{
    restart();
    CHECK_EQ(to_midi2(0x21B26500), 0);
    CHECK_EQ(to_midi2(0x21B26401), 0);
    CHECK_EQ(to_midi2(0x21B20640), 0);
    CHECK_EQ(to_midi2(0x21B22600), 2); /* registered 0/1 (fine tuning) in its middle: one message */
    CHECK_EQ(out[0], 0x41220001);
    CHECK_EQ(out[1], 0x80000000u);
    CHECK_EQ(to_midi2(0x21B22601), 2); /* the fine half once more */
    CHECK_EQ(out[0], 0x41220001);
    CHECK_EQ(out[1], 0x80040020u);
    CHECK_EQ(cm_ump_flush(&translator, out), 0);
    CHECK_EQ(to_midi2(0x21B26203), 0);
    CHECK_EQ(to_midi2(0x21B26304), 0);
    CHECK_EQ(to_midi2(0x21B2067F), 0);
    CHECK_EQ(to_midi2(0x21923C7F), 4); /* no least significant half came: data entry, then the note */
    CHECK_EQ(out[0], 0x41320403);
    CHECK_EQ(out[1], 0xFE000000u | 0x1F80u << 5 | 0x1F80u >> 8);
    CHECK_EQ(out[2], 0x41923C00);
    CHECK_EQ(to_midi2(0x21B20600), 0);
    CHECK_EQ(cm_ump_flush(&translator, out), 2);
    CHECK_EQ(out[0], 0x41320403);
    CHECK_EQ(out[1], 0);
    CHECK_EQ(cm_ump_flush(&translator, out), 0);
    CHECK_EQ(translator.untranslated, 0);
    CHECK_EQ(to_midi2(0x21B2637F) + to_midi2(0x21B2627F) + to_midi2(0x21B20640), 0);
    CHECK_EQ(translator.untranslated, 1);

    CHECK_EQ(to_midi1(0x41220001, 0x80000000u), 4);
    CHECK_EQ(out[0], 0x21B26500);
    CHECK_EQ(out[1], 0x21B26401);
    CHECK_EQ(out[2], 0x21B20640);
    CHECK_EQ(out[3], 0x21B22600);
    CHECK_EQ(to_midi1(0x41320403, 0xFFFFFFFFu), 4);
    CHECK_EQ(out[0], 0x21B26304);
    CHECK_EQ(out[1], 0x21B26203);
    CHECK_EQ(out[2], 0x21B2067F);
    CHECK_EQ(out[3], 0x21B2267F);
}

static void test_what_midi1_lacks_is_counted(void)
{
    const uint32_t lacking[] = { 0x40003C00, 0x40103C00, 0x40400000, 0x40500000, 0x40603C00, 0x40F03C03 };
    restart();
    for (uint32_t i = 0; i < 6; i++)
        CHECK_EQ(to_midi1(lacking[i], 1), 0);
    CHECK_EQ(translator.untranslated, 6);
}

static void check_bytes(uint32_t word0, uint32_t word1, const char *expected)
{
    const uint32_t message[4] = { word0, word1 };
    uint8_t bytes[CM_UMP_BYTES_MAX];
    char text[64] = "";
    uint32_t count = cm_ump_to_bytes(&translator, message, bytes);
    for (uint32_t i = 0; i < count; i++)
        sprintf(text + 3 * i, "%02X ", bytes[i]);
    CHECK_STR(text, expected);
}

static void test_bytes_of_messages(void)
{
    restart();
    check_bytes(0x27923C40, 0, "92 3C 40 ");
    check_bytes(0x20C50700, 0, "C5 07 ");
    check_bytes(0x10F80000, 0, "F8 ");
    check_bytes(0x10F20304, 0, "F2 03 04 ");
    check_bytes(0x10F37F00, 0, "F3 7F ");
    check_bytes(0x30027E09, 0x00000000, "F0 7E 09 F7 ");
    check_bytes(0x30160102, 0x03040506, "F0 01 02 03 04 05 06 ");
    check_bytes(0x30320102, 0x00000000, "01 02 F7 ");
    check_bytes(0x301F0102, 0x03040506, "F0 01 02 03 04 05 06 "); /* says 15 bytes: there are six */
    check_bytes(0x40E10000, 0x80000000u, "E1 00 40 ");
    check_bytes(0x40C50001, 0x07000102, "B5 00 01 B5 20 02 C5 07 ");
    check_bytes(0x00200000, 0, "");
    CHECK_EQ(translator.untranslated, 0);
    check_bytes(0x10F40000, 0, "");
    check_bytes(0x50010000, 0, "");
    CHECK_EQ(translator.untranslated, 2);
}

static void check_words(const char *hex, const char *expected)
{
    cm_ump_reader reader;
    char text[512] = "";
    cm_ump_reader_init(&reader, 5);
    for (; *hex; hex += 2) {
        char two[3] = { hex[0], hex[1], 0 };
        uint32_t words = cm_ump_reader_put(&reader, (uint8_t)strtoul(two, NULL, 16), out);
        for (uint32_t i = 0; i < words; i++)
            sprintf(text + strlen(text), "%08X ", out[i]);
    }
    CHECK_STR(text, expected);
}

static void test_words_of_bytes(void)
{
    check_words("903C40", "25903C40 ");
    check_words("903C403C00", "25903C40 25903C00 ");
    check_words("90F83CF840", "15F80000 15F80000 25903C40 ");
    check_words("C00708", "25C00700 25C00800 ");
    check_words("F203043C", "15F20304 ");
    check_words("F07E09F7", "35027E09 00000000 ");
    check_words("F0F7", "35000000 00000000 ");
    check_words("F0010203040506F7", "35060102 03040506 ");
    check_words("F0010203FE04050607F7", "15FE0000 35160102 03040506 35310700 00000000 ");
    check_words("F00102903C40", "35020102 00000000 25903C40 ");
    check_words("3C40F490903C40", "25903C40 ");
}

int main(void)
{
    RUN(test_every_type_has_its_size);
    RUN(test_walk_stops_before_a_message_that_is_cut);
    RUN(test_scaling_keeps_least_centre_and_greatest);
    RUN(test_notes);
    RUN(test_bank_and_program);
    RUN(test_parameters);
    RUN(test_what_midi1_lacks_is_counted);
    RUN(test_bytes_of_messages);
    RUN(test_words_of_bytes);
    return 0;
}
