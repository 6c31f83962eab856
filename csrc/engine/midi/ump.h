/*
 * ump.h: Universal MIDI Packets: how long a message is, and how one protocol's messages become another's.
 *
 * A message is one to four words of 32 bits in host order; its first four bits say how many. Translation
 * takes one whole message at a time and writes into a small array of the caller's: nothing here allocates,
 * locks or calls back, so all of it may run on a render thread. Scaling and the rules for each message are
 * those of M2-104-UM (UMP and MIDI 2.0 Protocol), appendix D. What builds and reads single messages is in
 * ump_message.h, discovery of endpoints in ump_stream.h.
 */
#ifndef CM_MIDI_UMP_H
#define CM_MIDI_UMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CM_UMP_MAX_WORDS = 4,      /* of one message */
    CM_UMP_TRANSLATED_MAX = 8, /* room for words that each function's out must have */
    CM_UMP_BYTES_MAX = 16,     /* room for bytes that cm_ump_to_bytes() must have */
    CM_UMP_GROUPS = 16,
    CM_UMP_CHANNELS = 16
};

/* [any, render] Words of the message that starts with this word, 1 to 4; reserved types have a length too. */
static inline uint32_t cm_ump_size(uint32_t word0)
{
    return (uint32_t)(0x4443322211422111ull >> (word0 >> 28) * 4) & 7;
}

/*
 * [any, render] The message at *at, and *at moved behind it. NULL at the end, and where the words left are
 * fewer than the message needs: then *at stays before end.
 */
static inline const uint32_t *cm_ump_next(const uint32_t **at, const uint32_t *end)
{
    const uint32_t *message = *at;
    if (message >= end || end - message < (ptrdiff_t)cm_ump_size(*message))
        return NULL;
    *at = message + cm_ump_size(*message);
    return message;
}

/* What MIDI 1.0 spreads over several messages of a channel and MIDI 2.0 says in one. */
typedef struct {
    uint8_t selected;     /* which kind of parameter data entry goes to: 0 none, 2 registered, 3 assignable */
    uint8_t parameter[2]; /* its number: most significant seven bits, least */
    uint8_t data;         /* data entry's most significant seven bits, when the translator holds them */
    uint8_t bank[2];      /* bank select: most significant seven bits, least */
    uint8_t bank_is_new;  /* a bank was selected since the last program change */
} cm_ump_channel;

/* The state of one stream of messages. All zeros is the state at the start. One thread at a time. */
typedef struct {
    cm_ump_channel channels[CM_UMP_GROUPS][CM_UMP_CHANNELS];
    uint16_t held[CM_UMP_GROUPS]; /* the channels that hold half a data entry, a bit each */
    uint16_t held_groups;         /* the groups with such channels */
    uint64_t untranslated;        /* messages that have no equivalent and were left out */
} cm_ump_translator;

/*
 * [any, render] MIDI 1.0 channel voice messages (type 2) become MIDI 2.0 ones (type 4); every other type
 * stays as it is. Returns the number of words in out, 0 when the message only changed the state. Data entry
 * waits for its least significant half: call cm_ump_flush() at the end of a packet, for senders that leave
 * that out.
 */
uint32_t cm_ump_to_midi2(cm_ump_translator *translator, const uint32_t *message, uint32_t *out);

/*
 * [any, render] One message that cm_ump_to_midi2() held back, or 0 words when there are no more. Call until
 * 0.
 */
uint32_t cm_ump_flush(cm_ump_translator *translator, uint32_t *out);

/*
 * [any, render] MIDI 2.0 channel voice messages become up to four MIDI 1.0 ones; every other type stays as it
 * is. Relative and per-note controllers, per-note pitch bend and management have no equivalent: counted, 0
 * words.
 */
uint32_t cm_ump_to_midi1(cm_ump_translator *translator, const uint32_t *message, uint32_t *out);

/*
 * [any, render] Any message as bytes of MIDI 1.0, without running status. Returns their number, 0 when the
 * bytes of MIDI 1.0 have no equivalent; such messages are counted, except those that only mean something
 * between the two ends of a UMP link (utility and stream messages).
 */
uint32_t cm_ump_to_bytes(cm_ump_translator *translator, const uint32_t *message, uint8_t *out);

/* The state of one stream of MIDI 1.0 bytes on its way to packets. cm_ump_reader_init() starts it. */
typedef struct {
    uint8_t group;
    uint8_t status;    /* running, or of the system common message under way; 0 none, 0xF0 in exclusive */
    uint8_t have;      /* data bytes held: of a message at most 1, of system exclusive at most 6 */
    uint8_t continued; /* a packet of this system exclusive message went out already */
    uint8_t data[6];
    uint64_t discarded; /* bytes that belong to no message: data without status, undefined status */
} cm_ump_reader;

/* [any, render] group 0 to 15. */
void cm_ump_reader_init(cm_ump_reader *reader, uint8_t group);

/*
 * [any, render] The next byte of the stream. Returns the words in out: 0 while a message is incomplete, up to
 * 4 (the end of a system exclusive message that another status cut short, and that status). Running status,
 * real-time bytes inside other messages and system exclusive in pieces are what they are in MIDI 1.0.
 */
uint32_t cm_ump_reader_put(cm_ump_reader *reader, uint8_t byte, uint32_t *out);

/*
 * [any, render] Ends a piece of system exclusive early: what is held of it as a packet of its own, so that a
 * receiver sees all that was sent so far. 0 words when nothing is held.
 */
uint32_t cm_ump_reader_flush(cm_ump_reader *reader, uint32_t *out);

#endif
