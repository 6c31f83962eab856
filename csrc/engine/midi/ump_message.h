/* ump_message.h: builders and readers of single Universal MIDI Packets, by message type. */
#ifndef CM_MIDI_UMP_MESSAGE_H
#define CM_MIDI_UMP_MESSAGE_H

#include <stdint.h>

/* The first four bits of a message. */
enum {
    CM_UMP_TYPE_UTILITY = 0x0,
    CM_UMP_TYPE_SYSTEM = 0x1,
    CM_UMP_TYPE_VOICE1 = 0x2,
    CM_UMP_TYPE_SYSEX7 = 0x3,
    CM_UMP_TYPE_VOICE2 = 0x4,
    CM_UMP_TYPE_DATA128 = 0x5,
    CM_UMP_TYPE_FLEX = 0xD,
    CM_UMP_TYPE_STREAM = 0xF
};

/* Statuses of channel voice messages: those of MIDI 1.0, then what MIDI 2.0 adds. */
enum {
    CM_UMP_NOTE_OFF = 0x8,
    CM_UMP_NOTE_ON = 0x9,
    CM_UMP_POLY_PRESSURE = 0xA,
    CM_UMP_CONTROL = 0xB,
    CM_UMP_PROGRAM = 0xC,
    CM_UMP_CHANNEL_PRESSURE = 0xD,
    CM_UMP_PITCH_BEND = 0xE,
    CM_UMP_REGISTERED_PER_NOTE = 0x0,
    CM_UMP_ASSIGNABLE_PER_NOTE = 0x1,
    CM_UMP_REGISTERED = 0x2,
    CM_UMP_ASSIGNABLE = 0x3,
    CM_UMP_RELATIVE_REGISTERED = 0x4,
    CM_UMP_RELATIVE_ASSIGNABLE = 0x5,
    CM_UMP_PER_NOTE_PITCH_BEND = 0x6,
    CM_UMP_PER_NOTE_MANAGEMENT = 0xF,

    CM_UMP_BANK_VALID = 1 /* option of a program change */
};

/* Which part of a message that spans several packets this is. */
enum { CM_UMP_SYSEX_COMPLETE = 0, CM_UMP_SYSEX_START = 1, CM_UMP_SYSEX_CONTINUE = 2, CM_UMP_SYSEX_END = 3 };

typedef struct {
    uint8_t group;
    uint8_t status; /* CM_UMP_SYSEX_*; greater ones are reserved */
    uint8_t count;  /* of bytes, 0 to 6 whatever the packet claims */
    uint8_t bytes[6];
} cm_ump_sysex7;

/* [any, render] count of bytes 0 to 6, without 0xF0 and 0xF7. */
static inline void cm_ump_put_sysex7(uint32_t out[2], uint32_t group, uint32_t status, const uint8_t *bytes,
                                     uint32_t count)
{
    uint64_t packet = (uint64_t)(0x3000u | group << 8 | status << 4 | count) << 48;
    for (uint32_t i = 0; i < count; i++)
        packet |= (uint64_t)(bytes[i] & 0x7F) << (40 - 8 * i);
    out[0] = (uint32_t)(packet >> 32);
    out[1] = (uint32_t)packet;
}

/* [any, render] message: two words of type 3. */
static inline cm_ump_sysex7 cm_ump_read_sysex7(const uint32_t *message)
{
    uint64_t packet = (uint64_t)message[0] << 32 | message[1];
    uint8_t count = packet >> 48 & 15;
    cm_ump_sysex7 piece = { .group = message[0] >> 24 & 15,
                            .status = message[0] >> 20 & 15,
                            .count = count < 6 ? count : 6 };
    for (uint32_t i = 0; i < 6; i++)
        piece.bytes[i] = packet >> (40 - 8 * i) & 0x7F;
    return piece;
}

#endif
