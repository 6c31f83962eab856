/* The table of all messages of UMP 1.1. */
#include "midi/ump_layout.h"

#include "midi/ump.h"

#include <string.h>

/* Word 0 by what tells the messages of a type apart. */
#define DATA(type) .mask = 0xF0C00000u, .match = (uint32_t)(type) << 28
#define NIBBLE(type, status) .mask = 0xF0F00000u, .match = (uint32_t)(type) << 28 | (uint32_t)(status) << 20
#define SYSTEM(status) .mask = 0xF0FF0000u, .match = 0x10000000u | (uint32_t)(status) << 16
#define FLEX(bank, status) .mask = 0xF000FFFFu, .match = 0xD0000000u | (bank) << 8 | (status)
#define FLEX_BANK(bank) .mask = 0xF000FF00u, .match = 0xD0000000u | (bank) << 8
#define STREAM(status) .mask = 0xF3FF0000u, .match = 0xF0000000u | (uint32_t)(status) << 16

/* clang-format off */
#define FIELD(name, at, bits) { name, at, bits }
/* clang-format on */
#define GROUP FIELD("group", 4, 4)
#define CHANNEL GROUP, FIELD("channel", 12, 4)
#define NOTE CHANNEL, FIELD("note", 17, 7)
#define FLEX_HEAD GROUP, FIELD("form", 8, 2), FIELD("address", 10, 2), FIELD("channel", 12, 4)
#define FORM FIELD("form", 4, 2)
#define VALUE FIELD("value", 32, 32)

static const cm_ump_layout layouts[] = {
    { "noop", NIBBLE(0x0, 0) },
    { "jitter_clock", NIBBLE(0x0, 1), .fields = { { "time", 16, 16 } } },
    { "jitter_timestamp", NIBBLE(0x0, 2), .fields = { { "time", 16, 16 } } },
    { "delta_ticks_per_quarter", NIBBLE(0x0, 3), .fields = { { "ticks", 16, 16 } } },
    { "delta_ticks", NIBBLE(0x0, 4), .fields = { { "ticks", 12, 20 } } },

    { "time_code", SYSTEM(0xF1), .fields = { GROUP, { "data", 17, 7 } } },
    { "song_position", SYSTEM(0xF2), .fields = { GROUP, { "lsb", 17, 7 }, { "msb", 25, 7 } } },
    { "song_select", SYSTEM(0xF3), .fields = { GROUP, { "song", 17, 7 } } },
    { "tune_request", SYSTEM(0xF6), .fields = { GROUP } },
    { "timing_clock", SYSTEM(0xF8), .fields = { GROUP } },
    { "start", SYSTEM(0xFA), .fields = { GROUP } },
    { "continue", SYSTEM(0xFB), .fields = { GROUP } },
    { "stop", SYSTEM(0xFC), .fields = { GROUP } },
    { "active_sensing", SYSTEM(0xFE), .fields = { GROUP } },
    { "reset", SYSTEM(0xFF), .fields = { GROUP } },

    { "midi1_note_off", NIBBLE(0x2, 0x8), .fields = { NOTE, { "velocity", 25, 7 } } },
    { "midi1_note_on", NIBBLE(0x2, 0x9), .fields = { NOTE, { "velocity", 25, 7 } } },
    { "midi1_poly_pressure", NIBBLE(0x2, 0xA), .fields = { NOTE, { "value", 25, 7 } } },
    { "midi1_control", NIBBLE(0x2, 0xB), .fields = { CHANNEL, { "index", 17, 7 }, { "value", 25, 7 } } },
    { "midi1_program", NIBBLE(0x2, 0xC), .fields = { CHANNEL, { "program", 17, 7 } } },
    { "midi1_channel_pressure", NIBBLE(0x2, 0xD), .fields = { CHANNEL, { "value", 17, 7 } } },
    { "midi1_pitch_bend", NIBBLE(0x2, 0xE), .fields = { CHANNEL, { "lsb", 17, 7 }, { "msb", 25, 7 } } },

    { "sysex7", DATA(0x3), 16, 6, 12, 0, { GROUP, { "status", 8, 4 }, { "count", 12, 4 } } },

    { "registered_per_note", NIBBLE(0x4, 0x0), .fields = { NOTE, { "index", 24, 8 }, VALUE } },
    { "assignable_per_note", NIBBLE(0x4, 0x1), .fields = { NOTE, { "index", 24, 8 }, VALUE } },
    { "registered", NIBBLE(0x4, 0x2), .fields = { CHANNEL, { "bank", 17, 7 }, { "index", 25, 7 }, VALUE } },
    { "assignable", NIBBLE(0x4, 0x3), .fields = { CHANNEL, { "bank", 17, 7 }, { "index", 25, 7 }, VALUE } },
    { "relative_registered", NIBBLE(0x4, 0x4),
      .fields = { CHANNEL, { "bank", 17, 7 }, { "index", 25, 7 }, VALUE } },
    { "relative_assignable", NIBBLE(0x4, 0x5),
      .fields = { CHANNEL, { "bank", 17, 7 }, { "index", 25, 7 }, VALUE } },
    { "per_note_pitch_bend", NIBBLE(0x4, 0x6), .fields = { NOTE, VALUE } },
    { "note_off", NIBBLE(0x4, 0x8),
      .fields = { NOTE, { "attribute_type", 24, 8 }, { "velocity", 32, 16 }, { "attribute", 48, 16 } } },
    { "note_on", NIBBLE(0x4, 0x9),
      .fields = { NOTE, { "attribute_type", 24, 8 }, { "velocity", 32, 16 }, { "attribute", 48, 16 } } },
    { "poly_pressure", NIBBLE(0x4, 0xA), .fields = { NOTE, VALUE } },
    { "control", NIBBLE(0x4, 0xB), .fields = { CHANNEL, { "index", 17, 7 }, VALUE } },
    { "program", NIBBLE(0x4, 0xC),
      .fields = { CHANNEL,
                  { "bank_valid", 31, 1 },
                  { "program", 33, 7 },
                  { "bank_msb", 49, 7 },
                  { "bank_lsb", 57, 7 } } },
    { "channel_pressure", NIBBLE(0x4, 0xD), .fields = { CHANNEL, VALUE } },
    { "pitch_bend", NIBBLE(0x4, 0xE), .fields = { CHANNEL, VALUE } },
    { "per_note_management", NIBBLE(0x4, 0xF), .fields = { NOTE, { "detach", 30, 1 }, { "reset", 31, 1 } } },

    { "sysex8",
      .mask = 0xF0C00000u,
      .match = 0x50000000u,
      24,
      13,
      12,
      1,
      { GROUP, { "status", 8, 4 }, { "count", 12, 4 }, { "stream", 16, 8 } } },
    { "mixed_data_header", NIBBLE(0x5, 0x8),
      .fields = { GROUP,
                  { "id", 12, 4 },
                  { "bytes", 16, 16 },
                  { "chunks", 32, 16 },
                  { "chunk", 48, 16 },
                  { "manufacturer", 64, 16 },
                  { "device", 80, 16 },
                  { "sub_id1", 96, 16 },
                  { "sub_id2", 112, 16 } } },
    { "mixed_data", NIBBLE(0x5, 0x9), 16, 14, 0, 0, { GROUP, { "id", 12, 4 } } },

    { "tempo", FLEX(0, 0), .fields = { FLEX_HEAD, { "ten_nanoseconds_per_quarter", 32, 32 } } },
    { "time_signature", FLEX(0, 1),
      .fields = { FLEX_HEAD,
                  { "numerator", 32, 8 },
                  { "denominator", 40, 8 },
                  { "thirty_seconds_per_quarter", 48, 8 } } },
    { "metronome", FLEX(0, 2),
      .fields = { FLEX_HEAD,
                  { "clocks_per_click", 32, 8 },
                  { "accent1", 40, 8 },
                  { "accent2", 48, 8 },
                  { "accent3", 56, 8 },
                  { "subdivision1", 64, 8 },
                  { "subdivision2", 72, 8 } } },
    { "key_signature", FLEX(0, 5), .fields = { FLEX_HEAD, { "sharps_flats", 32, 4 }, { "tonic", 36, 4 } } },
    { "chord", FLEX(0, 6),
      .fields = { FLEX_HEAD,
                  { "tonic_sharps_flats", 32, 4 },
                  { "tonic", 36, 4 },
                  { "type", 40, 8 },
                  { "alteration1", 48, 8 },
                  { "alteration2", 56, 8 },
                  { "alteration3", 64, 8 },
                  { "alteration4", 72, 8 },
                  { "bass_sharps_flats", 96, 4 },
                  { "bass", 100, 4 },
                  { "bass_type", 104, 8 },
                  { "bass_alteration1", 112, 8 },
                  { "bass_alteration2", 120, 8 } } },
    { "metadata_text", FLEX_BANK(1), 32, 12, 0, 0, { FLEX_HEAD, { "kind", 24, 8 } } },
    { "performance_text", FLEX_BANK(2), 32, 12, 0, 0, { FLEX_HEAD, { "kind", 24, 8 } } },

    { "endpoint_discovery", STREAM(0x00),
      .fields = { FORM, { "major", 16, 8 }, { "minor", 24, 8 }, { "filter", 56, 8 } } },
    { "endpoint_info", STREAM(0x01),
      .fields = { FORM,
                  { "major", 16, 8 },
                  { "minor", 24, 8 },
                  { "static_blocks", 32, 1 },
                  { "blocks", 33, 7 },
                  { "midi2", 54, 1 },
                  { "midi1", 55, 1 },
                  { "receives_jitter", 62, 1 },
                  { "sends_jitter", 63, 1 } } },
    { "device_identity", STREAM(0x02),
      .fields = { FORM,
                  { "manufacturer1", 40, 8 },
                  { "manufacturer2", 48, 8 },
                  { "manufacturer3", 56, 8 },
                  { "family_lsb", 64, 8 },
                  { "family_msb", 72, 8 },
                  { "model_lsb", 80, 8 },
                  { "model_msb", 88, 8 },
                  { "revision1", 96, 8 },
                  { "revision2", 104, 8 },
                  { "revision3", 112, 8 },
                  { "revision4", 120, 8 } } },
    { "endpoint_name", STREAM(0x03), 16, 14, 0, 0, { FORM } },
    { "product_instance", STREAM(0x04), 16, 14, 0, 0, { FORM } },
    { "stream_request", STREAM(0x05),
      .fields = { FORM, { "protocol", 16, 8 }, { "receives_jitter", 30, 1 }, { "sends_jitter", 31, 1 } } },
    { "stream_configuration", STREAM(0x06),
      .fields = { FORM, { "protocol", 16, 8 }, { "receives_jitter", 30, 1 }, { "sends_jitter", 31, 1 } } },
    { "block_discovery", STREAM(0x10), .fields = { FORM, { "block", 16, 8 }, { "filter", 24, 8 } } },
    { "block_info", STREAM(0x11),
      .fields = { FORM,
                  { "active", 16, 1 },
                  { "block", 17, 7 },
                  { "user_hint", 26, 2 },
                  { "midi1", 28, 2 },
                  { "direction", 30, 2 },
                  { "first_group", 32, 8 },
                  { "groups", 40, 8 },
                  { "inquiry_version", 48, 8 },
                  { "sysex8_streams", 56, 8 } } },
    { "block_name", STREAM(0x12), 24, 13, 0, 0, { FORM, { "block", 16, 8 } } },
    { "start_of_clip", STREAM(0x20), .fields = { FORM } },
    { "end_of_clip", STREAM(0x21), .fields = { FORM } },
};

enum { LAYOUTS = sizeof layouts / sizeof layouts[0] };

const cm_ump_layout *cm_ump_layout_at(size_t index)
{
    return index < LAYOUTS ? &layouts[index] : NULL;
}

const cm_ump_layout *cm_ump_layout_of(const uint32_t *message)
{
    for (size_t i = 0; i < LAYOUTS; i++)
        if ((message[0] & layouts[i].mask) == layouts[i].match)
            return &layouts[i];
    return NULL;
}

const cm_ump_layout *cm_ump_layout_named(const char *name)
{
    for (size_t i = 0; i < LAYOUTS; i++)
        if (strcmp(layouts[i].name, name) == 0)
            return &layouts[i];
    return NULL;
}

const cm_ump_field *cm_ump_field_named(const cm_ump_layout *layout, const char *name)
{
    for (const cm_ump_field *field = layout->fields; field->name; field++)
        if (strcmp(field->name, name) == 0)
            return field;
    return NULL;
}

uint32_t cm_ump_start(const cm_ump_layout *layout, uint32_t *message)
{
    uint32_t size = cm_ump_size(layout->match);
    memset(message, 0, size * sizeof *message);
    message[0] = layout->match;
    return size;
}

static uint32_t bits_at(const uint32_t *message, uint32_t at, uint32_t bits)
{
    return message[at / 32] >> (32 - at % 32 - bits) & (uint32_t)((1ull << bits) - 1);
}

static void put_bits(uint32_t *message, uint32_t at, uint32_t bits, uint32_t value)
{
    uint32_t shift = 32 - at % 32 - bits, mask = (uint32_t)((1ull << bits) - 1);
    message[at / 32] = (message[at / 32] & ~(mask << shift)) | (value & mask) << shift;
}

uint32_t cm_ump_get(const uint32_t *message, const cm_ump_field *field)
{
    return bits_at(message, field->at, field->bits);
}

void cm_ump_set(uint32_t *message, const cm_ump_field *field, uint32_t value)
{
    put_bits(message, field->at, field->bits, value);
}

uint32_t cm_ump_get_bytes(const cm_ump_layout *layout, const uint32_t *message, uint8_t *bytes)
{
    uint32_t count = layout->bytes_max;
    for (uint32_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)bits_at(message, layout->bytes_at + 8 * i, 8);
    if (!layout->count_at)
        return count;
    uint32_t claimed = bits_at(message, layout->count_at, 4);
    claimed = claimed > layout->count_extra ? claimed - layout->count_extra : 0;
    return claimed < count ? claimed : count;
}

void cm_ump_set_bytes(const cm_ump_layout *layout, uint32_t *message, const uint8_t *bytes, uint32_t count)
{
    if (count > layout->bytes_max)
        count = layout->bytes_max;
    for (uint32_t i = 0; i < layout->bytes_max; i++)
        put_bits(message, layout->bytes_at + 8 * i, 8, i < count ? bytes[i] : 0u);
    if (layout->count_at)
        put_bits(message, layout->count_at, 4, count + layout->count_extra);
}
