/*
 * packets.h: walking through packet lists and event lists that anyone may have written.
 *
 * Lists are byte-packed, so nothing here looks at them as structs. All functions are [any, render].
 */
#ifndef CM_MIDI_PACKETS_H
#define CM_MIDI_PACKETS_H

#include "base/status.h"

#include <CoreMIDI/MIDIServices.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CM_MIDI_LIST_MAX = 65536, /* bytes of one list */
    CM_MIDI_PACKET_HEAD = 10, /* bytes before a MIDIPacket's data */
    CM_MIDI_EVENT_HEAD = 12,  /* bytes before a MIDIEventPacket's words */
    CM_MIDI_EVENT_WORDS = 64  /* words of one MIDIEventPacket */
};

/* What a list is made of. */
typedef enum {
    CM_MIDI_BYTES, /* MIDIPacketList */
    CM_MIDI_UMP1,  /* MIDIEventList of kMIDIProtocol_1_0 */
    CM_MIDI_UMP2,  /* MIDIEventList of kMIDIProtocol_2_0 */
    CM_MIDI_FORMS  /* of a receiver: any of these */
} cm_midi_form;

/* One packet of either kind of list. */
typedef struct cm_midi_packet {
    MIDITimeStamp time;
    const uint8_t *data; /* bytes, or words in host order, 4-byte aligned if the list is */
    size_t size;         /* bytes */
} cm_midi_packet;

/*
 * Checks a list of which `available` bytes may be read, without reading on: kMIDIMessageSendErr when its
 * packets do not lie within them, are more than CM_MIDI_LIST_MAX bytes, or hold incomplete Universal MIDI
 * Packets. *size is what the list occupies.
 */
OSStatus cm_midi_list_check(cm_midi_form form, const void *list, size_t available, size_t *size);

/* Number of packets of a list, and where the first one is. */
UInt32 cm_midi_list_packets(cm_midi_form form, const void *list, const uint8_t **first);

/* Reads the packet at `at` of a list that was checked; returns where the next one is. */
const uint8_t *cm_midi_packet_read(cm_midi_form form, const uint8_t *at, cm_midi_packet *packet);

/* The form of an event list; false when its protocol is none. */
bool cm_midi_protocol_form(MIDIProtocolID protocol, cm_midi_form *form);

/* Bytes of a message by its status; 0 for SysEx, data bytes and undefined status. */
size_t cm_midi_message_size(uint8_t status);

/* What a packet of bytes is, from its bytes alone. */
typedef enum {
    CM_MIDI_RUN_WHOLE,     /* whole messages, each with its status; no SysEx */
    CM_MIDI_RUN_REAL_TIME, /* nothing but single real-time bytes */
    CM_MIDI_RUN_SYSEX,     /* one whole SysEx */
    CM_MIDI_RUN_BEGIN,     /* the beginning of a SysEx */
    CM_MIDI_RUN_MIDDLE,    /* data bytes */
    CM_MIDI_RUN_END,       /* data bytes and F7 */
    CM_MIDI_RUN_OTHER      /* running status, parts of messages, several kinds, undefined status */
} cm_midi_run;

/* *status is the running status after a run of whole messages (0: none), else untouched. */
cm_midi_run cm_midi_run_of(const uint8_t *bytes, size_t size, uint8_t *status);

#endif
