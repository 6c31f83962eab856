/* A thru plan applied to one message. */
#include "midi/thru.h"

#include "midi/ump_message.h"
#include "midi/ump_scale.h"

#include <string.h>

enum {
    CC_DATA_MSB = 6,
    CC_DATA_LSB = 38,
    CC_INCREMENT = 96,
    CC_DECREMENT = 97,
    CC_NRPN_LSB = 98,
    CC_NRPN_MSB = 99,
    CC_RPN_LSB = 100,
    CC_RPN_MSB = 101,
    CC_MODES = 120, /* from here on channel mode messages */
    FINE_HALVES = 32
};

/* A value with its number of bits, and how many of them the parameters of transforms count in. */
typedef struct {
    uint32_t value;
    uint32_t bits;  /* 7, 14, 16 or 32 */
    uint32_t units; /* 7 or 14 */
} quantity;

/* One message on its way through a plan. word is its first, with the channel already mapped. */
typedef struct {
    const cm_thru_plan *plan;
    cm_thru_state *state;
    const uint32_t *message;
    uint32_t word, status, group, channel; /* channel: the source's */
    uint32_t *out;
} passage;

static uint32_t put1(const passage *at, uint32_t status, uint32_t data1, uint32_t data2, uint32_t index)
{
    at->out[index] = 0x20000000u | (at->word & 0x0F0F0000u) | status << 20 | (data1 & 0x7F) << 8 |
                     (data2 & 0x7F);
    return index + 1;
}

static uint32_t put2(const passage *at, uint32_t status, uint32_t index, uint32_t value)
{
    at->out[0] = 0x40000000u | (at->word & 0x0F0F0000u) | status << 20 | (index & 0xFFFF);
    at->out[1] = value;
    return 2;
}

/* ---- values ---- */

static uint32_t greatest(uint32_t bits)
{
    return (uint32_t)((1ull << bits) - 1);
}

/* A value of another number of bits: the specification's scaling upwards, a shift downwards. */
static uint32_t to_bits(quantity from, uint32_t bits)
{
    if (from.bits >= bits)
        return from.value >> (from.bits - bits);
    if (from.bits == 7)
        return bits == 32   ? cm_ump_7_to_32(from.value)
               : bits == 16 ? cm_ump_7_to_16(from.value)
                            : cm_ump_7_to_32(from.value) >> (32 - bits);
    if (from.bits == 14)
        return cm_ump_14_to_32(from.value) >> (32 - bits);
    return (uint32_t)(((uint64_t)from.value * greatest(bits) + greatest(from.bits) / 2) /
                      greatest(from.bits));
}

static uint32_t clamp(int64_t value, uint32_t bits)
{
    int64_t most = greatest(bits);
    return (uint32_t)(value < 0 ? 0 : value > most ? most : value);
}

/* The value that a parameter of MinValue and MaxValue stands for. */
static uint32_t limit(const quantity *of, SInt16 param)
{
    quantity unscaled = { clamp(param, of->units), of->units, of->units };
    return to_bits(unscaled, of->bits);
}

static uint32_t mapped(const cm_thru_plan *plan, const quantity *of, SInt16 param)
{
    quantity looked_up = { plan->maps[param].value[of->value >> (of->bits - 7)] & 0x7Fu, 7, 7 };
    return to_bits(looked_up, of->bits);
}

/* What a transform other than FilterOut and MapControl makes of a value; centre is what Scale leaves alone.
 */
static int64_t transformed(const cm_thru_plan *plan, uint32_t transform, SInt16 param, const quantity *of,
                           uint32_t centre)
{
    int64_t value = of->value, least;
    switch (transform) {
    case kMIDITransform_Add:
        return value + (int64_t)param * (1ll << (of->bits - of->units));
    case kMIDITransform_Scale: /* 4.12; floor, below the centre too, so that steps stay even */
        return centre + (((value - centre) * param) >> 12);
    case kMIDITransform_MinValue:
        least = limit(of, param);
        return value < least ? least : value;
    case kMIDITransform_MaxValue:
        least = limit(of, param);
        return value > least ? least : value;
    case kMIDITransform_MapValue:
        return mapped(plan, of, param);
    default:
        return value;
    }
}

static void transform(const cm_thru_plan *plan, MIDITransform how, quantity *of, uint32_t centre)
{
    of->value = clamp(transformed(plan, how.transform, how.param, of, centre), of->bits);
}

/* ---- controls ---- */

/* A control message that a transform made: its type and number, and the value. */
static uint32_t put_control(const passage *at, uint32_t type, uint32_t number, quantity value)
{
    bool parameter = type > kMIDIControlType_14Bit;
    bool registered = type == kMIDIControlType_7BitRPN || type == kMIDIControlType_14BitRPN;
    if (at->message[0] >> 28 == CM_UMP_TYPE_VOICE2) {
        uint32_t wide = to_bits(value, 32);
        if (!parameter)
            return put2(at, CM_UMP_CONTROL, number << 8, wide);
        return put2(at, registered ? CM_UMP_REGISTERED : CM_UMP_ASSIGNABLE,
                    number >> 7 << 8 | (number & 0x7F), wide);
    }
    uint32_t words = 0, coarse = number;
    bool both = type & 1; /* the 14-bit types are the odd ones */
    if (parameter) {
        uint32_t select = registered ? CC_RPN_MSB : CC_NRPN_MSB;
        words = put1(at, CM_UMP_CONTROL, select, number >> 7, words);
        words = put1(at, CM_UMP_CONTROL, select - 1, number, words);
        coarse = CC_DATA_MSB;
    }
    uint32_t halves = to_bits(value, 14);
    words = put1(at, CM_UMP_CONTROL, coarse, both ? halves >> 7 : to_bits(value, 7), words);
    if (both)
        words = put1(at, CM_UMP_CONTROL, coarse + FINE_HALVES, halves, words);
    return words;
}

static bool matches(const MIDIControlTransform *control, uint32_t type, uint32_t number)
{
    return control->controlType == type && control->controlNumber == number;
}

/*
 * The transforms of one control, in order. Returns the words of what it became. When there are none: -1, and
 * the message stays as it is.
 */
static int through_controls(const passage *at, uint32_t type, uint32_t number, uint32_t value, uint32_t bits)
{
    const cm_thru_plan *plan = at->plan;
    uint32_t new_type = type, new_number = number;
    quantity amount = { value, bits, type & 1 ? 14 : 7 };
    bool any = false;
    for (uint32_t i = 0; i < plan->params.numControlTransforms; i++) {
        const MIDIControlTransform *control = &plan->controls[i];
        if (!matches(control, type, number))
            continue;
        any = true;
        if (control->transform == kMIDITransform_FilterOut)
            return 0;
        if (control->transform == kMIDITransform_MapControl) {
            new_type = control->remappedControlType;
            new_number = (uint32_t)control->param;
            continue;
        }
        transform(plan, (MIDITransform){ control->transform, control->param }, &amount, 0);
    }
    return any ? (int)put_control(at, new_type, new_number, amount) : -1;
}

static uint32_t pass(const passage *at)
{
    uint32_t size = cm_ump_size(at->message[0]);
    memcpy(at->out, at->message, size * sizeof *at->out);
    at->out[0] = at->word;
    return size;
}

static cm_thru_channel *channel_of(const passage *at)
{
    return &at->state->channels[at->group][at->channel];
}

/* Data entry, increment or decrement that no transform is for: the parameter, which was held back, and
 * itself. */
static uint32_t pass_data(const passage *at)
{
    const cm_thru_channel *channel = channel_of(at);
    uint32_t words = 0, select = channel->kind == CM_UMP_REGISTERED ? CC_RPN_MSB : CC_NRPN_MSB;
    if (channel->kind) {
        words = put1(at, CM_UMP_CONTROL, select, channel->parameter[0], words);
        words = put1(at, CM_UMP_CONTROL, select - 1, channel->parameter[1], words);
    }
    at->out[words] = at->word;
    return words + 1;
}

static uint32_t data_entry(const passage *at, uint32_t number, uint32_t value)
{
    cm_thru_channel *channel = channel_of(at);
    if (number == CC_DATA_MSB)
        channel->data = (uint8_t)value;
    if (!channel->kind || number == CC_INCREMENT || number == CC_DECREMENT)
        return pass_data(at);
    bool registered = channel->kind == CM_UMP_REGISTERED;
    uint32_t parameter = (uint32_t)channel->parameter[0] << 7 | channel->parameter[1];
    uint32_t wide = (uint32_t)channel->data << 7 | (number == CC_DATA_LSB ? value : 0);
    int words = through_controls(at, registered ? kMIDIControlType_14BitRPN : kMIDIControlType_14BitNRPN,
                                 parameter, wide, 14);
    if (words >= 0)
        return (uint32_t)words;
    words = through_controls(at, registered ? kMIDIControlType_7BitRPN : kMIDIControlType_7BitNRPN, parameter,
                             channel->data, 7);
    if (words < 0)
        return pass_data(at);
    return number == CC_DATA_MSB ? (uint32_t)words : 0; /* a fine half says nothing about seven bits */
}

static void select_parameter(cm_thru_channel *channel, uint32_t number, uint32_t value)
{
    uint8_t kind = number >= CC_RPN_LSB ? CM_UMP_REGISTERED : CM_UMP_ASSIGNABLE;
    if (channel->kind != kind)
        channel->parameter[0] = channel->parameter[1] = 0;
    channel->kind = kind;
    channel->parameter[~number & 1] = (uint8_t)value; /* the odd numbers are the coarse halves */
}

/* A control of which some transform takes both halves: either half brings the whole. */
static int through_pair(const passage *at, uint32_t number, uint32_t value)
{
    uint32_t pair = number % FINE_HALVES;
    cm_thru_channel *channel = channel_of(at);
    bool fine = number >= FINE_HALVES;
    if (!fine)
        channel->coarse[pair] = (uint8_t)value;
    return through_controls(at, kMIDIControlType_14Bit, pair,
                            (uint32_t)channel->coarse[pair] << 7 | (fine ? value : 0), 14);
}

static uint32_t control1(const passage *at)
{
    uint32_t number = at->word >> 8 & 0x7F, value = at->word & 0x7F;
    if (number >= CC_MODES)
        return pass(at);
    if (at->plan->params.filterOutAllControls)
        return 0;
    if (at->plan->parameters) {
        if (number >= CC_NRPN_LSB && number <= CC_RPN_MSB) {
            select_parameter(channel_of(at), number, value);
            return 0;
        }
        if (number == CC_DATA_MSB || number == CC_DATA_LSB || number == CC_INCREMENT ||
            number == CC_DECREMENT)
            return data_entry(at, number, value);
    }
    int words = -1;
    if (number < 2 * FINE_HALVES && at->plan->pairs >> number % FINE_HALVES & 1)
        words = through_pair(at, number, value);
    if (words < 0)
        words = through_controls(at, kMIDIControlType_7Bit, number, value, 7);
    return words < 0 ? pass(at) : (uint32_t)words;
}

/* A MIDI 2.0 control or parameter: first as what its 14-bit type says, then its 7-bit type. */
static uint32_t control2(const passage *at)
{
    uint32_t number = at->word >> 8 & 0x7F, value = at->message[1];
    uint32_t wide = kMIDIControlType_14Bit, narrow = kMIDIControlType_7Bit;
    if (at->status != CM_UMP_CONTROL) {
        bool registered = at->status == CM_UMP_REGISTERED;
        wide = registered ? kMIDIControlType_14BitRPN : kMIDIControlType_14BitNRPN;
        narrow = wide - 1;
        number = number << 7 | (at->word & 0x7F);
    } else if (number >= CC_MODES) {
        return pass(at);
    }
    if (at->plan->params.filterOutAllControls)
        return 0;
    int words = through_controls(at, wide, number, value, 32);
    if (words < 0)
        words = through_controls(at, narrow, number, value, 32);
    return words < 0 ? pass(at) : (uint32_t)words;
}

/* ---- everything else ---- */

/* Key pressure, channel pressure, program change or pitch bend, whose value is of; false: left out or
 * replaced. */
static bool through_transform(const passage *at, MIDITransform how, quantity *of, uint32_t centre,
                              uint32_t *words)
{
    *words = 0;
    if (how.transform == kMIDITransform_FilterOut)
        return false;
    if (how.transform == kMIDITransform_MapControl) {
        *words = put_control(at, kMIDIControlType_7Bit, (uint32_t)how.param, *of);
        return false;
    }
    transform(at->plan, how, of, centre);
    return true;
}

static bool in_note_range(const MIDIThruConnectionParams *params, uint32_t note)
{
    if (params->lowNote <= params->highNote)
        return note >= params->lowNote && note <= params->highNote;
    return note >= params->lowNote || note <= params->highNote;
}

/* The number that a note is turned into, -1 when it is left out. */
static int new_note(const passage *at, uint32_t note)
{
    MIDITransform how = at->plan->params.noteNumber;
    if (!in_note_range(&at->plan->params, note) || how.transform == kMIDITransform_FilterOut)
        return -1;
    quantity of = { note, 7, 7 };
    int64_t to = transformed(at->plan, how.transform, how.param, &of, 0);
    return to < 0 || to > 127 ? -1 : (int)to;
}

static uint32_t with_note(const passage *at, uint32_t note, uint32_t word1)
{
    pass(at);
    at->out[0] = (at->word & ~0x7F00u) | note << 8;
    at->out[1] = word1;
    return cm_ump_size(at->word);
}

static bool is_wide(const passage *at)
{
    return at->word >> 28 == CM_UMP_TYPE_VOICE2;
}

static uint32_t note_on(const passage *at, uint32_t note, quantity velocity)
{
    const MIDIThruConnectionParams *params = &at->plan->params;
    uint32_t coarse = to_bits(velocity, 7), words;
    if (coarse < params->lowVelocity || (params->highVelocity && coarse > params->highVelocity))
        return 0;
    int to = new_note(at, note);
    if (to < 0)
        return 0;
    if (params->noteNumber.transform == kMIDITransform_MapControl)
        return put_control(at, kMIDIControlType_7Bit, (uint32_t)params->noteNumber.param,
                           (quantity){ note, 7, 7 });
    if (!through_transform(at, params->velocity, &velocity, 0, &words))
        return words;
    if (velocity.value == 0)
        velocity.value = 1;
    at->state->notes[at->group][at->channel][note] = (uint16_t)(CM_THRU_SOUNDS | (at->word >> 16 & 15) << 8 |
                                                                (uint32_t)to);
    if (is_wide(at))
        return with_note(at, (uint32_t)to, velocity.value << 16 | (at->message[1] & 0xFFFF));
    return put1(at, CM_UMP_NOTE_ON, (uint32_t)to, velocity.value, 0);
}

static uint32_t note_off(passage *at, uint32_t note)
{
    const MIDIThruConnectionParams *params = &at->plan->params;
    uint16_t *sounding = &at->state->notes[at->group][at->channel][note];
    if (*sounding & CM_THRU_SOUNDS) {
        uint32_t as = *sounding;
        *sounding = 0;
        at->word = (at->word & ~0x000F0000u) | (as >> 8 & 15) << 16;
        return with_note(at, as & 0x7F, at->message[is_wide(at)]);
    }
    int to = new_note(at, note);
    if (to < 0 || params->noteNumber.transform == kMIDITransform_MapControl ||
        params->velocity.transform == kMIDITransform_FilterOut)
        return 0;
    if (params->velocity.transform == kMIDITransform_MapControl)
        return put_control(at, kMIDIControlType_7Bit, (uint32_t)params->velocity.param,
                           (quantity){ 0, 7, 7 });
    return with_note(at, (uint32_t)to, at->message[is_wide(at)]);
}

/* The messages about a note that is already there: its pressure, controllers, bend. */
static uint32_t of_note(const passage *at, uint32_t note)
{
    uint16_t sounding = at->state->notes[at->group][at->channel][note];
    int to = sounding & CM_THRU_SOUNDS ? sounding & 0x7F : new_note(at, note);
    bool control = at->status == CM_UMP_REGISTERED_PER_NOTE || at->status == CM_UMP_ASSIGNABLE_PER_NOTE;
    if (to < 0 || (control && at->plan->params.filterOutAllControls))
        return 0;
    if (at->status != CM_UMP_POLY_PRESSURE)
        return with_note(at, (uint32_t)to, at->message[1]);
    quantity pressure = { is_wide(at) ? at->message[1] : at->word & 0x7F, is_wide(at) ? 32 : 7, 7 };
    uint32_t words;
    if (!through_transform(at, at->plan->params.keyPressure, &pressure, 0, &words))
        return words;
    if (is_wide(at))
        return with_note(at, (uint32_t)to, pressure.value);
    return put1(at, CM_UMP_POLY_PRESSURE, (uint32_t)to, pressure.value, 0);
}

static uint32_t channel_pressure(const passage *at)
{
    quantity pressure = { is_wide(at) ? at->message[1] : at->word >> 8 & 0x7F, is_wide(at) ? 32 : 7, 7 };
    uint32_t words;
    if (!through_transform(at, at->plan->params.channelPressure, &pressure, 0, &words))
        return words;
    if (is_wide(at))
        return put2(at, at->status, 0, pressure.value);
    return put1(at, at->status, pressure.value, 0, 0);
}

static uint32_t program_change(const passage *at)
{
    quantity program = { is_wide(at) ? at->message[1] >> 24 & 0x7F : at->word >> 8 & 0x7F, 7, 7 };
    uint32_t words;
    if (!through_transform(at, at->plan->params.programChange, &program, 0, &words))
        return words;
    if (is_wide(at))
        return put2(at, at->status, at->word, program.value << 24 | (at->message[1] & 0x00FFFFFF));
    return put1(at, at->status, program.value, 0, 0);
}

static uint32_t pitch_bend(const passage *at)
{
    quantity bend = { is_wide(at) ? at->message[1] : (at->word & 0x7F) << 7 | (at->word >> 8 & 0x7F),
                      is_wide(at) ? 32 : 14, 14 };
    uint32_t words;
    if (!through_transform(at, at->plan->params.pitchBend, &bend, 1u << (bend.bits - 1), &words))
        return words;
    if (is_wide(at))
        return put2(at, at->status, 0, bend.value);
    return put1(at, at->status, bend.value, bend.value >> 7, 0);
}

static uint32_t voice(passage *at)
{
    uint32_t data1 = at->word >> 8 & 0x7F, data2 = at->word & 0x7F;
    switch (at->status) {
    case CM_UMP_NOTE_ON:
        if (is_wide(at))
            return note_on(at, data1, (quantity){ at->message[1] >> 16, 16, 7 });
        return data2 ? note_on(at, data1, (quantity){ data2, 7, 7 }) : note_off(at, data1);
    case CM_UMP_NOTE_OFF:
        return note_off(at, data1);
    case CM_UMP_CONTROL:
        return is_wide(at) ? control2(at) : control1(at);
    case CM_UMP_PROGRAM:
        return program_change(at);
    case CM_UMP_CHANNEL_PRESSURE:
        return channel_pressure(at);
    case CM_UMP_PITCH_BEND:
        return pitch_bend(at);
    case CM_UMP_REGISTERED:
    case CM_UMP_ASSIGNABLE:
        return is_wide(at) ? control2(at) : pass(at);
    case CM_UMP_RELATIVE_REGISTERED:
    case CM_UMP_RELATIVE_ASSIGNABLE:
        return at->plan->params.filterOutAllControls ? 0 : pass(at);
    case CM_UMP_POLY_PRESSURE:
        return of_note(at, data1);
    case CM_UMP_REGISTERED_PER_NOTE:
    case CM_UMP_ASSIGNABLE_PER_NOTE:
    case CM_UMP_PER_NOTE_PITCH_BEND:
    case CM_UMP_PER_NOTE_MANAGEMENT:
        return is_wide(at) ? of_note(at, data1) : pass(at);
    default:
        return pass(at);
    }
}

static uint32_t system_message(const passage *at)
{
    const MIDIThruConnectionParams *params = &at->plan->params;
    uint32_t status = at->word >> 16 & 0xFF;
    bool clock = status == 0xF2 || status == 0xF8 || (status >= 0xFA && status <= 0xFC);
    if ((status == 0xF1 && params->filterOutMTC) || (status == 0xF6 && params->filterOutTuneRequest) ||
        (clock && params->filterOutBeatClock))
        return 0;
    return pass(at);
}

uint32_t cm_thru_apply(const cm_thru_plan *plan, cm_thru_state *state, const uint32_t *message, uint32_t *out)
{
    uint32_t word = message[0], type = word >> 28;
    passage at = { plan, state, message, word, word >> 20 & 15, word >> 24 & 15, word >> 16 & 15, out };
    switch (type) {
    case CM_UMP_TYPE_SYSTEM:
        return system_message(&at);
    case CM_UMP_TYPE_SYSEX7:
    case CM_UMP_TYPE_DATA128:
        return plan->params.filterOutSysEx ? 0 : pass(&at);
    case CM_UMP_TYPE_VOICE1:
    case CM_UMP_TYPE_VOICE2:
        break;
    default:
        return pass(&at);
    }
    uint32_t channel = plan->params.channelMap[at.channel];
    uint32_t note = word >> 8 & 0x7F;
    bool ends = at.status == CM_UMP_NOTE_OFF ||
                (type == CM_UMP_TYPE_VOICE1 && at.status == CM_UMP_NOTE_ON && !(word & 0x7F));
    if (channel > 15 && !(ends && state->notes[at.group][at.channel][note] & CM_THRU_SOUNDS))
        return 0;
    at.word = (word & ~0x000F0000u) | (channel & 15) << 16;
    return voice(&at);
}
