/* Sequencer events and the bytes of MIDI that they stand for. */
#include "midi/alsa.h"

/* How a message's data lies in an event. */
typedef enum {
    NOTE,     /* data.note: note, velocity */
    CONTROL,  /* data.control: param, value */
    VALUE,    /* data.control.value, seven bits */
    BEND,     /* data.control.value, -8192 .. 8191, least significant byte first */
    POSITION, /* data.control.value, 0 .. 16383, least significant byte first */
    NOTHING
} layout;

typedef struct kind {
    uint8_t status; /* of channel 0 */
    snd_seq_event_type_t type;
    layout layout;
} kind;

static const kind kinds[] = {
    { 0x80, SND_SEQ_EVENT_NOTEOFF, NOTE },         { 0x90, SND_SEQ_EVENT_NOTEON, NOTE },
    { 0xA0, SND_SEQ_EVENT_KEYPRESS, NOTE },        { 0xB0, SND_SEQ_EVENT_CONTROLLER, CONTROL },
    { 0xC0, SND_SEQ_EVENT_PGMCHANGE, VALUE },      { 0xD0, SND_SEQ_EVENT_CHANPRESS, VALUE },
    { 0xE0, SND_SEQ_EVENT_PITCHBEND, BEND },       { 0xF1, SND_SEQ_EVENT_QFRAME, VALUE },
    { 0xF2, SND_SEQ_EVENT_SONGPOS, POSITION },     { 0xF3, SND_SEQ_EVENT_SONGSEL, VALUE },
    { 0xF6, SND_SEQ_EVENT_TUNE_REQUEST, NOTHING }, { 0xF8, SND_SEQ_EVENT_CLOCK, NOTHING },
    { 0xFA, SND_SEQ_EVENT_START, NOTHING },        { 0xFB, SND_SEQ_EVENT_CONTINUE, NOTHING },
    { 0xFC, SND_SEQ_EVENT_STOP, NOTHING },         { 0xFE, SND_SEQ_EVENT_SENSING, NOTHING },
    { 0xFF, SND_SEQ_EVENT_RESET, NOTHING },
};

/* One event for several controllers. */
static const struct {
    snd_seq_event_type_t type;
    uint8_t number[2]; /* controllers for the halves of param; 0: param is itself a controller and the next
                          one 32 above */
} wide_kinds[] = {
    { SND_SEQ_EVENT_CONTROL14, { 0, 0 } },
    { SND_SEQ_EVENT_NONREGPARAM, { 99, 98 } },
    { SND_SEQ_EVENT_REGPARAM, { 101, 100 } },
};

static uint8_t low(int value)
{
    return (uint8_t)(value & 0x7F);
}

static uint8_t high(int value)
{
    return (uint8_t)(value >> 7 & 0x7F);
}

static size_t put_data(layout how, const snd_seq_event_t *event, uint8_t *data)
{
    int value = event->data.control.value;
    switch (how) {
    case NOTE:
        data[0] = low(event->data.note.note);
        data[1] = low(event->data.note.velocity);
        return 2;
    case CONTROL:
        data[0] = (uint8_t)(event->data.control.param & 0x7F);
        data[1] = low(value);
        return 2;
    case VALUE:
        data[0] = low(value);
        return 1;
    case BEND:
        value += 8192;
        /* fall through */
    case POSITION:
        data[0] = low(value);
        data[1] = high(value);
        return 2;
    default:
        return 0;
    }
}

static size_t put_controllers(size_t which, const snd_seq_event_t *event, uint8_t *bytes)
{
    int param = (int)(event->data.control.param & 0x3FFF), value = event->data.control.value;
    const uint8_t *number = wide_kinds[which].number;
    const uint8_t parameter[4][2] = {
        { number[0], high(param) }, { number[1], low(param) }, { 6, high(value) }, { 38, low(value) }
    };
    const uint8_t pair[2][2] = { { low(param), high(value) }, { (uint8_t)(low(param) + 32), low(value) } };
    size_t count = number[0] ? 4 : param < 32 ? 2 : 1;
    const uint8_t single[1][2] = { { low(param), low(value) } };
    const uint8_t(*controllers)[2] = number[0] ? parameter : count == 2 ? pair : single;
    for (size_t i = 0; i < count; i++) {
        bytes[3 * i] = (uint8_t)(0xB0 | (event->data.control.channel & 15));
        bytes[3 * i + 1] = controllers[i][0];
        bytes[3 * i + 2] = controllers[i][1];
    }
    return 3 * count;
}

size_t cm_alsa_event_bytes(const snd_seq_event_t *event, uint8_t bytes[CM_ALSA_EVENT_BYTES])
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].type == event->type) {
            /* channel is the first byte of both kinds of data */
            unsigned channel = kinds[i].status < 0xF0 ? event->data.note.channel & 15 : 0;
            bytes[0] = (uint8_t)(kinds[i].status | channel);
            return 1 + put_data(kinds[i].layout, event, bytes + 1);
        }
    for (size_t i = 0; i < sizeof wide_kinds / sizeof *wide_kinds; i++)
        if (wide_kinds[i].type == event->type)
            return put_controllers(i, event, bytes);
    return 0;
}

static void set_data(layout how, snd_seq_event_t *event, const uint8_t *data)
{
    switch (how) {
    case NOTE:
        event->data.note.note = data[0];
        event->data.note.velocity = data[1];
        break;
    case CONTROL:
        event->data.control.param = data[0];
        event->data.control.value = data[1];
        break;
    case VALUE:
        event->data.control.value = data[0];
        break;
    case BEND:
        event->data.control.value = (data[1] << 7 | data[0]) - 8192;
        break;
    case POSITION:
        event->data.control.value = data[1] << 7 | data[0];
        break;
    default:
        break;
    }
}

bool cm_alsa_event_set(snd_seq_event_t *event, const uint8_t *bytes, size_t size)
{
    uint8_t status = bytes[0] < 0xF0 ? bytes[0] & 0xF0 : bytes[0];
    if (size == 0 || cm_midi_message_size(bytes[0]) != size)
        return false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].status == status) {
            event->type = kinds[i].type;
            if (status < 0xF0)
                event->data.note.channel = bytes[0] & 15;
            set_data(kinds[i].layout, event, bytes + 1);
            return true;
        }
    return false;
}
