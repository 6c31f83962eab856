/* Universal MIDI Packets: Apple's builders, which cut every number to the bits that it has in the message. */
#include "midi.h"

CM_MIDI_VALUE(type_of, "midi_message_type_for_up_word", 1, ("word"), 0,
              PyLong_FromUnsignedLong(MIDIMessageTypeForUPWord((UInt32)n[0])))

/* A whole status byte is taken for its high nibble, which is what the message has room for. */
static UInt8 nibble(UInt64 status)
{
    UInt8 byte = (UInt8)status;
    return byte >= 0x80 ? byte >> 4 : byte;
}

#define VOICE_NAMES ("group", "status", "channel", "data1", "data2")
#define VOICE(n)                                                                                             \
    PyLong_FromUnsignedLong(                                                                                 \
        MIDI1UPChannelVoiceMessage((UInt8)n[0], nibble(n[1]), (UInt8)n[2], (UInt8)n[3], (UInt8)n[4]))

CM_MIDI_VALUE(voice, "midi1_up_channel_voice_message", 5, VOICE_NAMES, 0, VOICE(n))
CM_MIDI_VALUE(voice_of_readme, "midi1_channel_voice_message", 5, VOICE_NAMES, 0, VOICE(n))

CM_MIDI_VALUE(note_off1, "midi1_up_note_off", 4, ("group", "channel", "note_number", "velocity"), 0,
              PyLong_FromUnsignedLong(MIDI1UPNoteOff((UInt8)n[0], (UInt8)n[1], (UInt8)n[2], (UInt8)n[3])))

CM_MIDI_VALUE(note_on1, "midi1_up_note_on", 4, ("group", "channel", "note_number", "velocity"), 0,
              PyLong_FromUnsignedLong(MIDI1UPNoteOn((UInt8)n[0], (UInt8)n[1], (UInt8)n[2], (UInt8)n[3])))

CM_MIDI_VALUE(control1, "midi1_up_control_change", 4, ("group", "channel", "index", "data"), 0,
              PyLong_FromUnsignedLong(MIDI1UPControlChange((UInt8)n[0], (UInt8)n[1], (UInt8)n[2],
                                                           (UInt8)n[3])))

CM_MIDI_VALUE(bend1, "midi1_up_pitch_bend", 4, ("group", "channel", "lsb", "msb"), 0,
              PyLong_FromUnsignedLong(MIDI1UPPitchBend((UInt8)n[0], (UInt8)n[1], (UInt8)n[2], (UInt8)n[3])))

CM_MIDI_VALUE(system1, "midi1_up_system_common", 4, ("group", "status", "byte1", "byte2"), 0,
              PyLong_FromUnsignedLong(MIDI1UPSystemCommon((UInt8)n[0], (UInt8)n[1], (UInt8)n[2],
                                                          (UInt8)n[3])))

CM_MIDI_VALUE(sysex1, "midi1_up_sysex", 9,
              ("group", "status", "bytes_used", "byte1", "byte2", "byte3", "byte4", "byte5", "byte6"), 0,
              cm_midi_words(MIDI1UPSysEx((UInt8)n[0], (UInt8)n[1], (UInt8)n[2], (UInt8)n[3], (UInt8)n[4],
                                         (UInt8)n[5], (UInt8)n[6], (UInt8)n[7], (UInt8)n[8])))

CM_MIDI_VALUE(voice2, "midi2_channel_voice_message", 5, ("group", "status", "channel", "index", "value"),
              1 << 4,
              cm_midi_words(MIDI2ChannelVoiceMessage((UInt8)n[0], (UInt8)n[1], (UInt8)n[2], (UInt16)n[3],
                                                     (UInt32)n[4])))

#define NOTE_NAMES ("group", "channel", "note_number", "attribute_type", "attribute_data", "velocity")

CM_MIDI_VALUE(note_on2, "midi2_note_on", 6, NOTE_NAMES, 0,
              cm_midi_words(MIDI2NoteOn((UInt8)n[0], (UInt8)n[1], (UInt8)n[2], (UInt8)n[3], (UInt16)n[4],
                                        (UInt16)n[5])))

CM_MIDI_VALUE(note_off2, "midi2_note_off", 6, NOTE_NAMES, 0,
              cm_midi_words(MIDI2NoteOff((UInt8)n[0], (UInt8)n[1], (UInt8)n[2], (UInt8)n[3], (UInt16)n[4],
                                         (UInt16)n[5])))

CM_MIDI_VALUE(control2, "midi2_control_change", 4, ("group", "channel", "index", "value"), 1 << 3,
              cm_midi_words(MIDI2ControlChange((UInt8)n[0], (UInt8)n[1], (UInt8)n[2], (UInt32)n[3])))

CM_MIDI_VALUE(bend2, "midi2_pitch_bend", 3, ("group", "channel", "value"), 1 << 2,
              cm_midi_words(MIDI2PitchBend((UInt8)n[0], (UInt8)n[1], (UInt32)n[2])))

PyDoc_STRVAR(
    program2_doc,
    "midi2_program_change($module, /, group, channel, bank_is_valid, program, bank_msb, bank_lsb)\n--\n\n"
    "A MIDI 2.0 program change as (word0, word1); bank_is_valid: whether the bank is selected too.");

static PyObject *program2(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "midi2_program_change",
                                      6,
                                      6,
                                      { "group", "channel", "bank_is_valid", "program", "bank_msb",
                                        "bank_lsb" } };
    PyObject *v[6];
    UInt32 n[6] = { 0 };
    bool bank = false;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_bool(v[2], &bank) < 0)
        return NULL;
    for (int i = 0; i < 6; i++)
        if (i != 2 && cm_arg_u32(v[i], params.names[i], &n[i]) < 0)
            return NULL;
    return cm_midi_words(
        MIDI2ProgramChange((UInt8)n[0], (UInt8)n[1], bank, (UInt8)n[3], (UInt8)n[4], (UInt8)n[5]));
}

#define DOC(call, text) call "\n--\n\n" text

static PyMethodDef methods[] = {
    CM_METHOD(
        "midi_message_type_for_up_word", type_of,
        DOC("midi_message_type_for_up_word($module, /, word)",
            "The message type, 0 to 15, of a Universal MIDI Packet that starts with this 32-bit word.")),
    CM_METHOD("midi1_up_channel_voice_message", voice,
              DOC("midi1_up_channel_voice_message($module, /, group, status, channel, data1, data2)",
                  "A MIDI 1.0 channel voice message as one 32-bit word.\n\n"
                  "status: the nibble 0x8 .. 0xE, or the status byte 0x80 .. 0xEF.")),
    CM_METHOD("midi1_channel_voice_message", voice_of_readme,
              DOC("midi1_channel_voice_message($module, /, group, status, channel, data1, data2)",
                  "The same as midi1_up_channel_voice_message.")),
    CM_METHOD("midi1_up_note_off", note_off1,
              DOC("midi1_up_note_off($module, /, group, channel, note_number, velocity)",
                  "A MIDI 1.0 note off as one 32-bit word.")),
    CM_METHOD("midi1_up_note_on", note_on1,
              DOC("midi1_up_note_on($module, /, group, channel, note_number, velocity)",
                  "A MIDI 1.0 note on as one 32-bit word.")),
    CM_METHOD("midi1_up_control_change", control1,
              DOC("midi1_up_control_change($module, /, group, channel, index, data)",
                  "A MIDI 1.0 control change as one 32-bit word.")),
    CM_METHOD(
        "midi1_up_pitch_bend", bend1,
        DOC("midi1_up_pitch_bend($module, /, group, channel, lsb, msb)",
            "A MIDI 1.0 pitch bend as one 32-bit word; lsb and msb have 7 bits each, no bend is 0, 64.")),
    CM_METHOD("midi1_up_system_common", system1,
              DOC("midi1_up_system_common($module, /, group, status, byte1, byte2)",
                  "A MIDI 1.0 system common or real-time message, status 0xF1 .. 0xFF, as one 32-bit word.")),
    CM_METHOD(
        "midi1_up_sysex", sysex1,
        DOC("midi1_up_sysex($module, /, group, status, bytes_used, byte1, byte2, byte3, byte4, byte5, byte6)",
            "Up to six bytes of a system exclusive message as (word0, word1), without 0xF0 and 0xF7.\n\n"
            "status: 0 the whole message, 1 its start, 2 more of it, 3 its end.")),
    CM_METHOD("midi2_channel_voice_message", voice2,
              DOC("midi2_channel_voice_message($module, /, group, status, channel, index, value)",
                  "A MIDI 2.0 channel voice message as (word0, word1).\n\n"
                  "status: a nibble; index: 16 bits whose meaning depends on it; value: 32 bits.")),
    CM_METHOD("midi2_note_on", note_on2,
              DOC("midi2_note_on($module, /, group, channel, note_number, attribute_type, attribute_data, "
                  "velocity)",
                  "A MIDI 2.0 note on as (word0, word1); attribute_data and velocity have 16 bits.")),
    CM_METHOD("midi2_note_off", note_off2,
              DOC("midi2_note_off($module, /, group, channel, note_number, attribute_type, attribute_data, "
                  "velocity)",
                  "A MIDI 2.0 note off as (word0, word1); attribute_data and velocity have 16 bits.")),
    CM_METHOD("midi2_control_change", control2,
              DOC("midi2_control_change($module, /, group, channel, index, value)",
                  "A MIDI 2.0 control change as (word0, word1); value has 32 bits.")),
    CM_METHOD("midi2_program_change", program2, program2_doc),
    CM_METHOD("midi2_pitch_bend", bend2,
              DOC("midi2_pitch_bend($module, /, group, channel, value)",
                  "A MIDI 2.0 pitch bend as (word0, word1); value has 32 bits, no bend is 0x80000000.")),
    { NULL, NULL, 0, NULL },
};

int cm_capi_midi_packets_init(PyObject *module)
{
    return PyModule_AddFunctions(module, methods);
}
