/* Packets to the bytes of MIDI 1.0 and back. */
#include "midi/ump.h"

#include "midi/ump_message.h"

#include <string.h>

/* Data bytes after each status from 0xF0 on; NONE: not a message (F4, F5, F9 and FD are undefined). */
enum { NONE = 0xFF };
static const uint8_t system_data[16] = { NONE, 1, 2, 1, NONE, NONE, 0, NONE, 0, NONE, 0, 0, 0, NONE, 0, 0 };

static uint32_t data_bytes(uint32_t status)
{
    if (status >= 0xF0)
        return system_data[status & 15];
    return (status & 0xE0) == 0xC0 ? 1 : 2; /* program change and channel pressure have one */
}

/* ---- packets to bytes ---- */

static uint32_t put_bytes(uint32_t word, uint8_t *out)
{
    uint32_t status = word >> 16 & 0xFF, data = data_bytes(status);
    out[0] = (uint8_t)status;
    out[1] = (uint8_t)(word >> 8 & 0x7F);
    out[2] = (uint8_t)(word & 0x7F);
    return 1 + data;
}

static uint32_t put_exclusive(const uint32_t *message, uint8_t *out)
{
    cm_ump_sysex7 piece = cm_ump_read_sysex7(message);
    uint32_t count = 0;
    if (piece.status > CM_UMP_SYSEX_END)
        return 0;
    if (piece.status == CM_UMP_SYSEX_COMPLETE || piece.status == CM_UMP_SYSEX_START)
        out[count++] = 0xF0;
    memcpy(out + count, piece.bytes, piece.count);
    count += piece.count;
    if (piece.status == CM_UMP_SYSEX_COMPLETE || piece.status == CM_UMP_SYSEX_END)
        out[count++] = 0xF7;
    return count;
}

uint32_t cm_ump_to_bytes(cm_ump_translator *translator, const uint32_t *message, uint8_t *out)
{
    uint32_t words[CM_UMP_TRANSLATED_MAX], count = 0, bytes = 0;
    uint32_t type = message[0] >> 28, status = message[0] >> 16 & 0xFF;
    switch (type) {
    case CM_UMP_TYPE_UTILITY:
    case CM_UMP_TYPE_STREAM:
        return 0;
    case CM_UMP_TYPE_SYSTEM:
        if (status >= 0xF0 && data_bytes(status) != NONE)
            return put_bytes(message[0], out);
        break;
    case CM_UMP_TYPE_VOICE1:
        if (status >= 0x80 && status < 0xF0)
            return put_bytes(message[0], out);
        break;
    case CM_UMP_TYPE_SYSEX7:
        if ((bytes = put_exclusive(message, out)))
            return bytes;
        if ((status >> 4) == CM_UMP_SYSEX_CONTINUE)
            return 0; /* a piece may be empty */
        break;
    case CM_UMP_TYPE_VOICE2:
        count = cm_ump_to_midi1(translator, message, words);
        for (uint32_t i = 0; i < count; i++)
            bytes += put_bytes(words[i], out + bytes);
        return bytes;
    default:
        break;
    }
    translator->untranslated++;
    return 0;
}

/* ---- bytes to packets ---- */

void cm_ump_reader_init(cm_ump_reader *reader, uint8_t group)
{
    *reader = (cm_ump_reader){ .group = group & 15 };
}

static uint32_t put_piece(cm_ump_reader *reader, bool last, uint32_t *out)
{
    uint32_t status = last ? CM_UMP_SYSEX_COMPLETE : CM_UMP_SYSEX_START;
    if (reader->continued)
        status = last ? CM_UMP_SYSEX_END : CM_UMP_SYSEX_CONTINUE;
    cm_ump_put_sysex7(out, reader->group, status, reader->data, reader->have);
    reader->continued = !last;
    reader->have = 0;
    return 2;
}

static uint32_t put_message(const cm_ump_reader *reader, uint32_t status, uint32_t data1, uint32_t data2,
                            uint32_t *out)
{
    uint32_t type = status >= 0xF0 ? CM_UMP_TYPE_SYSTEM : CM_UMP_TYPE_VOICE1;
    out[0] = type << 28 | (uint32_t)reader->group << 24 | status << 16 | data1 << 8 | data2;
    return 1;
}

static uint32_t put_data(cm_ump_reader *reader, uint8_t byte, uint32_t *out)
{
    uint32_t words = 0;
    if (reader->status == 0xF0) {
        if (reader->have == sizeof reader->data)
            words = put_piece(reader, false, out);
        reader->data[reader->have++] = byte;
        return words;
    }
    if (!reader->status) {
        reader->discarded++;
        return 0;
    }
    if (reader->have + 1u < data_bytes(reader->status)) {
        reader->data[reader->have++] = byte;
        return 0;
    }
    words = reader->have ? put_message(reader, reader->status, reader->data[0], byte, out)
                         : put_message(reader, reader->status, byte, 0, out);
    reader->have = 0;
    if (reader->status >= 0xF0)
        reader->status = 0; /* system common messages have no running status */
    return words;
}

/* A status byte that is not real time ends what was under way. */
static uint32_t put_status(cm_ump_reader *reader, uint8_t byte, uint32_t *out)
{
    uint32_t words = 0;
    if (reader->status == 0xF0)
        words = put_piece(reader, true, out);
    else if (byte == 0xF7)
        reader->discarded++;
    reader->discarded += reader->have;
    reader->have = 0;
    reader->status = 0;
    if (byte == 0xF7)
        return words;
    if (byte != 0xF0 && data_bytes(byte) == NONE) {
        reader->discarded++;
        return words;
    }
    if (byte == 0xF6)
        return words + put_message(reader, byte, 0, 0, out + words);
    reader->status = byte;
    return words;
}

uint32_t cm_ump_reader_put(cm_ump_reader *reader, uint8_t byte, uint32_t *out)
{
    if (byte < 0x80)
        return put_data(reader, byte, out);
    if (byte < 0xF8)
        return put_status(reader, byte, out);
    if (data_bytes(byte) != NONE)
        return put_message(reader, byte, 0, 0, out);
    reader->discarded++;
    return 0;
}

uint32_t cm_ump_reader_flush(cm_ump_reader *reader, uint32_t *out)
{
    if (reader->status != 0xF0 || reader->have == 0)
        return 0;
    return put_piece(reader, false, out);
}
