/*
 * ump_stream.h: what an endpoint says about itself when it is asked: endpoint discovery, function blocks and
 * stream configuration of UMP 1.1 (M2-104-UM 7.1).
 */
#ifndef CM_MIDI_UMP_STREAM_H
#define CM_MIDI_UMP_STREAM_H

#include <stdbool.h>
#include <stdint.h>

enum {
    CM_UMP_VERSION_MAJOR = 1,
    CM_UMP_VERSION_MINOR = 1,
    CM_UMP_MAX_BLOCKS = 32,
    CM_UMP_NAME_BYTES = 98, /* longest names that the specification allows, in bytes of UTF-8 */
    CM_UMP_PRODUCT_BYTES = 42,
    CM_UMP_BLOCK_NAME_BYTES = 91,

    CM_UMP_PROTOCOL_1 = 1, /* as in stream configuration, and as kMIDIProtocol_1_0 */
    CM_UMP_PROTOCOL_2 = 2,

    CM_UMP_BLOCK_INPUT = 1, /* direction, seen from the function block */
    CM_UMP_BLOCK_OUTPUT = 2,
    CM_UMP_BLOCK_BOTH = 3
};

/* A function block: some groups of an endpoint that belong together. */
typedef struct {
    const char *name; /* UTF-8, NULL none */
    uint8_t active;
    uint8_t direction;      /* CM_UMP_BLOCK_* */
    uint8_t user_hint;      /* 0 not known, 1 receiver, 2 sender, 3 both */
    uint8_t midi1;          /* 0 no, 1 a MIDI 1.0 port, 2 one of 31.25 kbaud */
    uint8_t first_group;    /* 0 .. 15 */
    uint8_t groups;         /* 1 .. 16 */
    uint8_t inquiry;        /* version of MIDI-CI, 0 none */
    uint8_t sysex8_streams; /* at a time, 0 none */
} cm_ump_block;

/* An endpoint. All texts are the caller's and stay there as long as the endpoint answers. */
typedef struct {
    const char *name;
    const char *product; /* product instance id, ASCII; NULL none */
    uint8_t manufacturer[3];
    uint8_t family[2]; /* least significant byte first, here and below */
    uint8_t model[2];
    uint8_t revision[4];
    uint8_t protocols; /* those that it can speak, CM_UMP_PROTOCOL_1 | CM_UMP_PROTOCOL_2 */
    uint8_t protocol;  /* the one in use; a configuration request changes it */
    uint8_t receives_jitter, sends_jitter; /* can do it */
    uint8_t fixed_blocks;                  /* its function blocks never change */
    uint8_t block_count;                   /* 0 .. CM_UMP_MAX_BLOCKS */
    const cm_ump_block *blocks;
} cm_ump_endpoint;

/* Gets one message of four words. */
typedef void (*cm_ump_emit)(void *context, const uint32_t message[4]);

/*
 * [any] Answers a stream message: endpoint discovery, function block discovery, stream configuration request.
 * Returns false, with nothing emitted, for every other message.
 */
bool cm_ump_answer(cm_ump_endpoint *endpoint, const uint32_t *message, cm_ump_emit emit, void *context);

#endif
