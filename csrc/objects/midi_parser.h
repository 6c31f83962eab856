/*
 * midi_parser.h: whole MIDI messages out of packets of bytes, one state for each source.
 *
 * A SysEx may come in pieces, with real-time messages between and inside of them; running status is expanded.
 * A SysEx that another status ends gets its F7. Nothing here knows Python.
 */
#ifndef CM_OBJECTS_MIDI_PARSER_H
#define CM_OBJECTS_MIDI_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cm_midi_stream cm_midi_stream;

typedef struct cm_midi_parser {
    cm_midi_stream *streams;
    unsigned long lost; /* SysEx messages that were too long or lost a part */
} cm_midi_parser;

/* A whole message, lent. Other than 0 ends the parsing of the packet and is passed on. */
typedef int (*cm_midi_emit)(void *context, uint64_t time, uint32_t source, const uint8_t *bytes, size_t size);

/* 0, what emit said, or -1 without memory. A message's time is that of its first byte's packet. */
int cm_midi_parse(cm_midi_parser *parser, uint64_t time, uint32_t source, const uint8_t *bytes, size_t size,
                  cm_midi_emit emit, void *context);

/* Packets are missing here: what has begun is forgotten. */
void cm_midi_parser_gap(cm_midi_parser *parser);

void cm_midi_parser_free(cm_midi_parser *parser);

#endif
