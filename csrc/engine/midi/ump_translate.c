/* MIDI 1.0 channel voice messages in packets to MIDI 2.0 ones and back. */
#include "midi/ump.h"

#include "midi/ump_message.h"
#include "midi/ump_scale.h"

#include <string.h>

enum {
    CC_BANK_MSB = 0,
    CC_DATA_MSB = 6,
    CC_BANK_LSB = 32,
    CC_DATA_LSB = 38,
    CC_NRPN_LSB = 98,
    CC_NRPN_MSB = 99,
    CC_RPN_LSB = 100,
    CC_RPN_MSB = 101,
    CC_RESET_ALL = 121,

    PARAMETER_NULL = 0x7F,         /* both halves: data entry goes nowhere */
    VELOCITY_OF_NO_SENSOR = 0x8000 /* MIDI 1.0's 64, for note offs written as note on with velocity 0 */
};

static uint32_t put(uint32_t *out, uint32_t word0, uint32_t word1)
{
    out[0] = word0;
    out[1] = word1;
    return 2;
}

/* The start of a type 4 message: group, status, channel of the type 2 message, and the 16 bits of its index.
 */
static uint32_t head2(uint32_t word, uint32_t status, uint32_t index)
{
    return 0x40000000u | (word & 0x0F0F0000u) | status << 20 | index;
}

static uint32_t pass(const uint32_t *message, uint32_t *out)
{
    uint32_t size = cm_ump_size(message[0]);
    memcpy(out, message, size * sizeof *out);
    return size;
}

/* ---- 1.0 to 2.0 ---- */

static void hold(cm_ump_translator *translator, uint32_t group, uint32_t channel, bool held)
{
    uint32_t bit = 1u << channel, channels = translator->held[group];
    channels = held ? channels | bit : channels & ~bit;
    translator->held[group] = (uint16_t)channels;
    uint32_t groups = translator->held_groups;
    groups = channels ? groups | 1u << group : groups & ~(1u << group);
    translator->held_groups = (uint16_t)groups;
}

static uint32_t put_parameter(const cm_ump_channel *channel, uint32_t word, uint32_t lsb, uint32_t *out)
{
    uint32_t index = (uint32_t)channel->parameter[0] << 8 | channel->parameter[1];
    return put(out, head2(word, channel->selected, index),
               cm_ump_14_to_32((uint32_t)channel->data << 7 | lsb));
}

/* The held half of a data entry, as if its other half were zero. */
static uint32_t put_held(cm_ump_translator *translator, uint32_t group, uint32_t channel, uint32_t *out)
{
    hold(translator, group, channel, false);
    return put_parameter(&translator->channels[group][channel], group << 24 | channel << 16, 0, out);
}

static bool has_parameter(const cm_ump_channel *channel)
{
    return channel->selected &&
           !(channel->parameter[0] == PARAMETER_NULL && channel->parameter[1] == PARAMETER_NULL);
}

static uint32_t data_entry(cm_ump_translator *translator, uint32_t word, uint32_t *out)
{
    uint32_t group = word >> 24 & 15, number = word >> 16 & 15;
    cm_ump_channel *channel = &translator->channels[group][number];
    if (!has_parameter(channel)) {
        translator->untranslated++;
        return 0;
    }
    if ((word >> 8 & 0x7F) == CC_DATA_LSB) {
        hold(translator, group, number, false);
        return put_parameter(channel, word, word & 0x7F, out);
    }
    channel->data = (uint8_t)(word & 0x7F);
    hold(translator, group, number, true);
    return 0;
}

static void select_parameter(cm_ump_channel *channel, uint32_t kind, uint32_t half, uint32_t value)
{
    if (channel->selected != kind) {
        channel->selected = (uint8_t)kind;
        channel->parameter[0] = channel->parameter[1] = 0;
    }
    channel->parameter[half] = (uint8_t)value;
    channel->data = 0;
}

static void select_bank(cm_ump_channel *channel, uint32_t half, uint32_t value)
{
    channel->bank[half] = (uint8_t)value;
    channel->bank_is_new = 1;
}

static uint32_t control_to_midi2(cm_ump_translator *translator, uint32_t word, uint32_t *out)
{
    cm_ump_channel *channel = &translator->channels[word >> 24 & 15][word >> 16 & 15];
    uint32_t number = word >> 8 & 0x7F, value = word & 0x7F;
    switch (number) {
    case CC_DATA_MSB:
    case CC_DATA_LSB:
        return data_entry(translator, word, out);
    case CC_RPN_MSB:
    case CC_RPN_LSB:
        select_parameter(channel, CM_UMP_REGISTERED, CC_RPN_MSB - number, value);
        return 0;
    case CC_NRPN_MSB:
    case CC_NRPN_LSB:
        select_parameter(channel, CM_UMP_ASSIGNABLE, CC_NRPN_MSB - number, value);
        return 0;
    case CC_BANK_MSB:
    case CC_BANK_LSB:
        select_bank(channel, number == CC_BANK_LSB, value);
        return 0;
    case CC_RESET_ALL: /* RP-015: no parameter is selected after it */
        channel->selected = 0;
        break;
    default:
        break;
    }
    return put(out, head2(word, CM_UMP_CONTROL, number << 8), cm_ump_7_to_32(value));
}

static uint32_t program_to_midi2(cm_ump_translator *translator, uint32_t word, uint32_t *out)
{
    cm_ump_channel *channel = &translator->channels[word >> 24 & 15][word >> 16 & 15];
    uint32_t program = (word & 0x7F00) << 16;
    if (!channel->bank_is_new)
        return put(out, head2(word, CM_UMP_PROGRAM, 0), program);
    channel->bank_is_new = 0;
    return put(out, head2(word, CM_UMP_PROGRAM, 1),
               program | (uint32_t)channel->bank[0] << 8 | channel->bank[1]);
}

static uint32_t voice_to_midi2(cm_ump_translator *translator, uint32_t word, uint32_t *out)
{
    uint32_t status = word >> 20 & 15, data1 = word >> 8 & 0x7F, data2 = word & 0x7F;
    switch (status) {
    case CM_UMP_NOTE_ON:
        if (data2 == 0)
            return put(out, head2(word, CM_UMP_NOTE_OFF, data1 << 8), (uint32_t)VELOCITY_OF_NO_SENSOR << 16);
        return put(out, head2(word, status, data1 << 8), cm_ump_7_to_16(data2) << 16);
    case CM_UMP_NOTE_OFF:
        return put(out, head2(word, status, data1 << 8), cm_ump_7_to_16(data2) << 16);
    case CM_UMP_POLY_PRESSURE:
        return put(out, head2(word, status, data1 << 8), cm_ump_7_to_32(data2));
    case CM_UMP_CONTROL:
        return control_to_midi2(translator, word, out);
    case CM_UMP_PROGRAM:
        return program_to_midi2(translator, word, out);
    case CM_UMP_CHANNEL_PRESSURE:
        return put(out, head2(word, status, 0), cm_ump_7_to_32(data1));
    case CM_UMP_PITCH_BEND:
        return put(out, head2(word, status, 0), cm_ump_14_to_32(data2 << 7 | data1));
    default:
        translator->untranslated++;
        return 0;
    }
}

uint32_t cm_ump_to_midi2(cm_ump_translator *translator, const uint32_t *message, uint32_t *out)
{
    uint32_t word = message[0];
    if (word >> 28 != CM_UMP_TYPE_VOICE1)
        return pass(message, out);
    uint32_t group = word >> 24 & 15, channel = word >> 16 & 15, words = 0;
    bool completes = (word & 0x00F07F00) == (CM_UMP_CONTROL << 20 | CC_DATA_LSB << 8);
    if (translator->held[group] >> channel & 1 && !completes)
        words = put_held(translator, group, channel, out);
    return words + voice_to_midi2(translator, word, out + words);
}

uint32_t cm_ump_flush(cm_ump_translator *translator, uint32_t *out)
{
    if (!translator->held_groups)
        return 0;
    uint32_t group = (uint32_t)__builtin_ctz(translator->held_groups);
    uint32_t channel = (uint32_t)__builtin_ctz(translator->held[group]);
    return put_held(translator, group, channel, out);
}

/* ---- 2.0 to 1.0 ---- */

/* A type 2 message with the group, status and channel of word. */
static uint32_t voice1(uint32_t word, uint32_t status, uint32_t data1, uint32_t data2)
{
    return 0x20000000u | (word & 0x0F0F0000u) | status << 20 | (data1 & 0x7F) << 8 | (data2 & 0x7F);
}

static uint32_t parameter_to_midi1(const uint32_t *message, uint32_t status, uint32_t *out)
{
    uint32_t word = message[0], value = cm_ump_32_to_14(message[1]);
    uint32_t msb = status == CM_UMP_REGISTERED ? CC_RPN_MSB : CC_NRPN_MSB;
    out[0] = voice1(word, CM_UMP_CONTROL, msb, word >> 8);
    out[1] = voice1(word, CM_UMP_CONTROL, msb - 1, word);
    out[2] = voice1(word, CM_UMP_CONTROL, CC_DATA_MSB, value >> 7);
    out[3] = voice1(word, CM_UMP_CONTROL, CC_DATA_LSB, value);
    return 4;
}

static uint32_t program_to_midi1(const uint32_t *message, uint32_t *out)
{
    uint32_t word = message[0], words = 0;
    if (word & CM_UMP_BANK_VALID) {
        out[words++] = voice1(word, CM_UMP_CONTROL, CC_BANK_MSB, message[1] >> 8);
        out[words++] = voice1(word, CM_UMP_CONTROL, CC_BANK_LSB, message[1]);
    }
    out[words++] = voice1(word, CM_UMP_PROGRAM, message[1] >> 24, 0);
    return words;
}

uint32_t cm_ump_to_midi1(cm_ump_translator *translator, const uint32_t *message, uint32_t *out)
{
    uint32_t word = message[0];
    if (word >> 28 != CM_UMP_TYPE_VOICE2)
        return pass(message, out);
    uint32_t status = word >> 20 & 15, index = word >> 8 & 0x7F, value = message[1], velocity;
    switch (status) {
    case CM_UMP_NOTE_ON: /* 0 would be a note off */
        velocity = cm_ump_16_to_7(value >> 16);
        out[0] = voice1(word, status, index, velocity ? velocity : 1);
        return 1;
    case CM_UMP_NOTE_OFF:
        out[0] = voice1(word, status, index, cm_ump_16_to_7(value >> 16));
        return 1;
    case CM_UMP_POLY_PRESSURE:
    case CM_UMP_CONTROL:
        out[0] = voice1(word, status, index, cm_ump_32_to_7(value));
        return 1;
    case CM_UMP_CHANNEL_PRESSURE:
        out[0] = voice1(word, status, cm_ump_32_to_7(value), 0);
        return 1;
    case CM_UMP_PITCH_BEND:
        out[0] = voice1(word, status, cm_ump_32_to_14(value), value >> 25);
        return 1;
    case CM_UMP_PROGRAM:
        return program_to_midi1(message, out);
    case CM_UMP_REGISTERED:
    case CM_UMP_ASSIGNABLE:
        return parameter_to_midi1(message, status, out);
    default:
        translator->untranslated++;
        return 0;
    }
}
