/*
 * Thru parameters and what they do to messages. The expected words follow from Apple's description of each
 * field of MIDIThruConnectionParams, written out by hand.
 */
#include "midi/thru.h"

#include "check.h"

static MIDIThruConnectionParams params;
static MIDIControlTransform controls[4];
static MIDIValueMap maps[2];
static uint8_t bytes[4096];
static cm_thru_plan *plan;
static cm_thru_state *state;

static size_t gather(void)
{
    memcpy(bytes, &params, sizeof params);
    size_t size = params.numControlTransforms * sizeof controls[0];
    memcpy(bytes + sizeof params, controls, size);
    memcpy(bytes + sizeof params + size, maps, params.numMaps * sizeof maps[0]);
    return MIDIThruConnectionParamsSize(&params);
}

static void replan(void)
{
    free(plan);
    CHECK_EQ(cm_thru_plan_new(bytes, gather(), &plan), noErr);
}

static void restart(void)
{
    MIDIThruConnectionParamsInitialize(&params);
    memset(controls, 0, sizeof controls);
    free(state);
    state = calloc(1, sizeof *state);
    replan();
}

/* Messages in, messages out, both as words in hexadecimal. */
static void check(const char *in, const char *expected)
{
    uint32_t words[64], count = 0;
    char text[512] = "", *end = NULL;
    for (const char *at = in; *at; at = *end ? end + 1 : end)
        words[count++] = (uint32_t)strtoul(at, &end, 16);
    const uint32_t *at = words, *message;
    while ((message = cm_ump_next(&at, words + count))) {
        uint32_t out[CM_THRU_MAX_WORDS], written = cm_thru_apply(plan, state, message, out);
        CHECK(written <= CM_THRU_MAX_WORDS);
        for (uint32_t i = 0; i < written; i++)
            sprintf(text + strlen(text), "%s%08X", text[0] ? " " : "", out[i]);
    }
    if (strcmp(text, expected) != 0) {
        fprintf(stderr, "%s: became \"%s\", not \"%s\"\n", in, text, expected);
        exit(1);
    }
}

static void test_nothing_changes_by_default(void)
{
    restart();
    check("20903C40 20803C40", "20903C40 20803C40");
    check("20903C40 20903C00", "20903C40 20903C00");
    check("20B00640 20B06500 20B02600 20C00500 20D01200 20E10203 20A03C01",
          "20B00640 20B06500 20B02600 20C00500 20D01200 20E10203 20A03C01");
    check("10F80000 10F17100 30161122 33445566 50010000 00000000 00000000 00000000",
          "10F80000 10F17100 30161122 33445566 50010000 00000000 00000000 00000000");
    check(
        "40903C03 12345678 40E00000 12345678 40203C01 87654321 00207A12 F0000101 0000001F 00000000 00000000",
        "40903C03 12345678 40E00000 12345678 40203C01 87654321 00207A12 F0000101 0000001F 00000000 00000000");
}

static void test_channels(void)
{
    restart();
    params.channelMap[0] = 9;
    params.channelMap[1] = 0xFF;
    replan();
    check("20903C40 20913C40 20923C40 20B04A01 20B14A01 40E00000 80000000 40E10000 80000000 10F80000",
          "20993C40 20923C40 20B94A01 40E90000 80000000 10F80000");
}

static void test_note_and_velocity_limits(void)
{
    restart();
    params.lowNote = 60;
    params.highNote = 72;
    params.lowVelocity = 10;
    params.highVelocity = 100;
    replan();
    check("20903B40 20903C40 20904840 20904940", "20903C40 20904840");
    check("20903C09 20903C0A 20903C64 20903C65", "20903C0A 20903C64");
    check("20A03B40 20A03C40", "20A03C40");
    check("40903C00 12000000 40903C00 14000000", "40903C00 14000000");
    params.lowNote = 72;
    params.highNote = 60;
    params.lowVelocity = params.highVelocity = 0;
    replan();
    check("20903C7F 20903D7F 2090477F 20904801", "20903C7F 20904801");
}

static void test_transposing(void)
{
    restart();
    params.noteNumber = (MIDITransform){ kMIDITransform_Add, 12 };
    replan();
    check("20903C40 20A03C11 20803C40", "20904840 20A04811 20804840");
    check("40903C00 FFFF0000 40603C00 80000000 40803C00 00000000",
          "40904800 FFFF0000 40604800 80000000 40804800 00000000");
    check("20907440 20807440", ""); /* beyond 127 there is no note */
    params.noteNumber = (MIDITransform){ kMIDITransform_Add, -61 };
    replan();
    check("20903C40 20903D40", "20900040");
    params.noteNumber = (MIDITransform){ kMIDITransform_FilterOut, 0 };
    replan();
    check("20903C40 20803C40 20B04A01", "20B04A01");
}

static void test_notes_end_as_they_began(void)
{
    restart();
    params.noteNumber = (MIDITransform){ kMIDITransform_Add, 12 };
    params.channelMap[0] = 3;
    replan();
    check("20903C40 20904040", "20934840 20934C40");
    params.noteNumber = (MIDITransform){ kMIDITransform_Add, -12 };
    params.channelMap[0] = 0xFF;
    replan();
    check("20903C00 20804011", "20934800 20834C11");
    check("20903C00 20804011", "");
}

static void test_velocity(void)
{
    restart();
    params.velocity = (MIDITransform){ kMIDITransform_Scale, 0x800 }; /* a half */
    replan();
    check("20903C64 20903C01 20803C64", "20903C32 20903C01 20803C64");
    check("40903C00 80000000", "40903C00 40000000");
    params.velocity = (MIDITransform){ kMIDITransform_MinValue, 64 };
    replan();
    check("20903C01 20903C7F 40903C00 00010000", "20903C40 20903C7F 40903C00 80000000");
    params.velocity = (MIDITransform){ kMIDITransform_MaxValue, 64 };
    replan();
    check("20903C01 20903C7F 40903C00 FFFF0000", "20903C01 20903C40 40903C00 80000000");
    params.velocity = (MIDITransform){ kMIDITransform_Add, -100 };
    replan();
    check("20903C7F 20903C05", "20903C1B 20903C01");
    for (int i = 0; i < 128; i++)
        maps[1].value[i] = (UInt8)(127 - i);
    params.numMaps = 2;
    params.velocity = (MIDITransform){ kMIDITransform_MapValue, 1 };
    replan();
    check("20903C01 20903C7F 40903C00 02000000", "20903C7E 20903C01 40903C00 FDF70000");
    params.velocity = (MIDITransform){ kMIDITransform_MapControl, 2 };
    replan();
    check("20913C45 20923C45", "20B10245 20B20245");
}

static void test_pressure_program_and_bend(void)
{
    restart();
    params.keyPressure = (MIDITransform){ kMIDITransform_Add, 1 };
    params.channelPressure = (MIDITransform){ kMIDITransform_MapControl, 7 };
    params.programChange = (MIDITransform){ kMIDITransform_Add, 120 };
    params.pitchBend = (MIDITransform){ kMIDITransform_Scale, 0x800 };
    replan();
    check("20A03C40 20A03C7F 40A03C00 00000000", "20A03C41 20A03C7F 40A03C00 02000000");
    check("20D24000 40D20000 FF000000", "20B20740 40B20700 FF000000");
    check("20C10500 20C10800 40C10001 05000102", "20C17D00 20C17F00 40C10001 7D000102");
    check("20E00040 20E00000 20E07F7F", "20E00040 20E00020 20E07F5F");
    check("40E00000 80000000 40E00000 00000000", "40E00000 80000000 40E00000 40000000");
    params.pitchBend = (MIDITransform){ kMIDITransform_FilterOut, 0 };
    params.channelPressure = (MIDITransform){ kMIDITransform_FilterOut, 0 };
    replan();
    check("20E00040 20D24000", "");
}

static void test_filters(void)
{
    const char *all =
        "10F17100 10F20101 10F30100 10F60000 10F80000 10FA0000 10FB0000 10FC0000 10FE0000 10FF0000 "
        "30011100 00000000 20B04A01 20B07B00 40200001 00000000";
    restart();
    params.filterOutMTC = params.filterOutBeatClock = params.filterOutTuneRequest = params.filterOutSysEx = 1;
    params.filterOutAllControls = 1;
    replan();
    check(all, "10F30100 10FE0000 10FF0000 20B07B00");
    restart();
    params.filterOutSysEx = 1;
    replan();
    check("30011100 00000000 50010000 00000000 00000000 00000000 10F17100", "10F17100");
}

static void control(uint32_t index, MIDIControlTransform transform)
{
    controls[index] = transform;
    params.numControlTransforms = (UInt16)(index + 1);
    replan();
}

static void test_controls_of_seven_bits(void)
{
    restart();
    control(0, (MIDIControlTransform){ kMIDIControlType_7Bit, 0, 1, kMIDITransform_MapControl, 74 });
    check("20B00145 20B00245", "20B04A45 20B00245");
    check("40B00100 12345678", "40B04A00 12345678");
    control(1, (MIDIControlTransform){ kMIDIControlType_7Bit, 0, 1, kMIDITransform_Scale, 0x2000 });
    check("20B00110 20B00170", "20B04A20 20B04A7F");
    control(2, (MIDIControlTransform){ kMIDIControlType_7Bit, 0, 2, kMIDITransform_FilterOut, 0 });
    check("20B00145 20B00245 20B00345", "20B04A7F 20B00345");
}

static void test_controls_of_fourteen_bits(void)
{
    restart();
    control(0, (MIDIControlTransform){ kMIDIControlType_14Bit, 0, 7, kMIDITransform_Add, 1 });
    check("20B00740", "20B00740 20B02701");
    check("20B0277F", "20B00741 20B02700"); /* 0x40 << 7 | 0x7F, and one */
    check("40B00700 00000000", "40B00700 00040000");
    controls[0].transform = kMIDITransform_MapControl;
    controls[0].remappedControlType = kMIDIControlType_14BitNRPN;
    controls[0].param = 0x0182; /* 3, 2 */
    replan();
    check("20B00740", "20B06303 20B06202 20B00640 20B02600");
    check("40B00700 80000000", "40300302 80000000");
}

static void test_parameters(void)
{
    restart(); /* registered 0 (bend range) becomes controller 20; others stay */
    control(0, (MIDIControlTransform){ kMIDIControlType_7BitRPN, 0, 0, kMIDITransform_MapControl, 20 });
    check("20B06500 20B06400 20B0060C 20B02640", "20B0140C");
    check("20B06500 20B06401 20B00640 20B02611", "20B06500 20B06401 20B00640 20B06500 20B06401 20B02611");
    check("20B06302 20B06203 20B06001", "20B06302 20B06203 20B06001");
    check("40200000 18000000 40200001 18000000", "40B01400 18000000 40200001 18000000");
    restart();
    control(0, (MIDIControlTransform){ kMIDIControlType_14BitNRPN, 0, 0x0182, kMIDITransform_Add, 1 });
    check("20B06303 20B06202 20B00640 20B0267F",
          "20B06303 20B06202 20B00640 20B02601 20B06303 20B06202 20B00641 20B02600");
    check("20B10640", "20B10640"); /* another channel, nothing selected */
}

static void test_data_is_checked(void)
{
    cm_thru_plan *made;
    restart();
    params.numControlTransforms = 3;
    params.numMaps = 2;
    size_t size = gather();
    CHECK_EQ(size, 204 + 3 * 8 + 2 * 128);
    for (size_t length = 0; length < size; length++) {
        uint8_t *exact = malloc(length ? length : 1);
        memcpy(exact, bytes, length);
        CHECK_EQ(cm_thru_plan_new(exact, length, &made), kAudio_ParamError);
        free(exact);
    }
    CHECK_EQ(cm_thru_plan_new(bytes, size, &made), noErr);
    CFDataRef data = cm_thru_plan_data(made);
    CHECK_EQ(CFDataGetLength(data), size);
    CHECK(memcmp(CFDataGetBytePtr(data), bytes, size) == 0);
    CFRelease(data);
    free(made);
}

#define REFUSED(change)                                                                                      \
    do {                                                                                                     \
        cm_thru_plan *made;                                                                                  \
        restart();                                                                                           \
        change;                                                                                              \
        CHECK_EQ(cm_thru_plan_new(bytes, gather(), &made), kAudio_ParamError);                               \
        CHECK(made == NULL);                                                                                 \
    } while (0)

static void test_wrong_values_are_refused(void)
{
    REFUSED(params.version = 1);
    REFUSED(params.numSources = 9);
    REFUSED(params.numDestinations = 0xFFFFFFFF);
    REFUSED(params.velocity.transform = 3);
    REFUSED(params.velocity = ((MIDITransform){ kMIDITransform_MapValue, 0 }));
    REFUSED(params.velocity = ((MIDITransform){ kMIDITransform_MapControl, 128 }));
    REFUSED(params.numControlTransforms = 1; controls[0].controlType = 6);
    REFUSED(params.numControlTransforms = 1; controls[0].controlNumber = 128);
    REFUSED(params.numControlTransforms = 1; controls[0].controlType = kMIDIControlType_14Bit;
            controls[0].controlNumber = 32);
    REFUSED(params.numControlTransforms = 1; controls[0].transform = kMIDITransform_MapValue;
            controls[0].param = -1);
}

int main(void)
{
    RUN(test_nothing_changes_by_default);
    RUN(test_channels);
    RUN(test_note_and_velocity_limits);
    RUN(test_transposing);
    RUN(test_notes_end_as_they_began);
    RUN(test_velocity);
    RUN(test_pressure_program_and_bend);
    RUN(test_filters);
    RUN(test_controls_of_seven_bits);
    RUN(test_controls_of_fourteen_bits);
    RUN(test_parameters);
    RUN(test_data_is_checked);
    RUN(test_wrong_values_are_refused);
    free(plan);
    free(state);
    return 0;
}
