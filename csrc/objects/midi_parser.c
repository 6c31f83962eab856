#include "midi_parser.h"

#include <stdlib.h>
#include <string.h>

/* A SysEx beyond this is lost, so that a sender without end cannot fill the memory. */
enum { FIRST_ROOM = 256, MOST_KEPT = 1024 * 1024, MAX_SYSEX = 64 * 1024 * 1024 };

struct cm_midi_stream {
    cm_midi_stream *next;
    uint32_t source;
    uint64_t time;      /* of the message that has begun */
    uint8_t status;     /* of running status; 0 when there is none */
    size_t count, room; /* bytes of the message so far, its status included; of memory */
    uint8_t *message;
    bool in_sysex, lost; /* lost: what comes up to the end of the SysEx is skipped */
};

static cm_midi_stream *stream_of(cm_midi_parser *parser, uint32_t source)
{
    cm_midi_stream *s = parser->streams;
    while (s && s->source != source)
        s = s->next;
    if (s)
        return s;
    s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->message = malloc(FIRST_ROOM);
    if (!s->message) {
        free(s);
        return NULL;
    }
    s->room = FIRST_ROOM;
    s->source = source;
    s->next = parser->streams;
    parser->streams = s;
    return s;
}

/* Bytes of a message with this status, 0 for what is undefined or has no fixed length. */
static size_t length_of(uint8_t status)
{
    static const uint8_t voice[8] = { 3, 3, 3, 3, 2, 2, 3, 0 };
    static const uint8_t system[16] = { 0, 2, 3, 2, 0, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1 };
    return status < 0xF0 ? voice[(status >> 4) - 8] : system[status & 15];
}

static void lose(cm_midi_parser *parser, cm_midi_stream *s)
{
    if (s->in_sysex && !s->lost)
        parser->lost++;
    s->lost = s->in_sysex;
    s->count = 0;
}

static int append(cm_midi_parser *parser, cm_midi_stream *s, const uint8_t *bytes, size_t size)
{
    if (s->lost)
        return 0;
    if (size > MAX_SYSEX - s->count) {
        lose(parser, s);
        return 0;
    }
    if (s->room - s->count < size) {
        size_t room = s->room * 2 > s->count + size ? s->room * 2 : s->count + size;
        uint8_t *grown = realloc(s->message, room);
        if (!grown)
            return -1;
        s->message = grown;
        s->room = room;
    }
    memcpy(s->message + s->count, bytes, size);
    s->count += size;
    return 0;
}

static int emit_message(cm_midi_stream *s, cm_midi_emit emit, void *context)
{
    size_t count = s->count;
    s->count = 0;
    int result = emit(context, s->time, s->source, s->message, count);
    uint8_t *less = s->room > MOST_KEPT ? realloc(s->message, FIRST_ROOM) : NULL;
    if (less) {
        s->message = less;
        s->room = FIRST_ROOM;
    }
    return result;
}

static int end_sysex(cm_midi_parser *parser, cm_midi_stream *s, cm_midi_emit emit, void *context)
{
    static const uint8_t end = 0xF7;
    if (!s->in_sysex)
        return 0;
    int result = append(parser, s, &end, 1);
    bool lost = s->lost;
    s->in_sysex = s->lost = false;
    return result || lost ? result : emit_message(s, emit, context);
}

/* A status byte other than real-time. */
static int begin(cm_midi_parser *parser, cm_midi_stream *s, uint64_t time, uint8_t status, cm_midi_emit emit,
                 void *context)
{
    int result = end_sysex(parser, s, emit, context);
    s->count = 0;
    s->status = status < 0xF0 ? status : 0;
    if (result || status == 0xF7 || (status != 0xF0 && !length_of(status)))
        return result;
    s->time = time;
    s->in_sysex = status == 0xF0;
    s->message[s->count++] = status;
    return length_of(status) == 1 ? emit_message(s, emit, context) : 0;
}

/* Data bytes outside of SysEx, one at a time. */
static int data(cm_midi_stream *s, uint64_t time, uint8_t byte, cm_midi_emit emit, void *context)
{
    if (!s->count) {
        if (!s->status)
            return 0; /* belongs to nothing */
        s->time = time;
        s->message[s->count++] = s->status;
    }
    s->message[s->count++] = byte;
    return s->count == length_of(s->message[0]) ? emit_message(s, emit, context) : 0;
}

static size_t data_run(const uint8_t *bytes, size_t size)
{
    size_t run = 0;
    while (run < size && bytes[run] < 0x80)
        run++;
    return run;
}

int cm_midi_parse(cm_midi_parser *parser, uint64_t time, uint32_t source, const uint8_t *bytes, size_t size,
                  cm_midi_emit emit, void *context)
{
    cm_midi_stream *s = stream_of(parser, source);
    int result = s ? 0 : -1;
    for (size_t at = 0; !result && at < size;) {
        uint8_t byte = bytes[at];
        if (byte >= 0xF8) {
            result = emit(context, time, source, &byte, 1);
        } else if (byte >= 0x80) {
            result = begin(parser, s, time, byte, emit, context);
        } else if (s->in_sysex) {
            size_t run = data_run(bytes + at, size - at);
            result = append(parser, s, bytes + at, run);
            at += run - 1;
        } else {
            result = data(s, time, byte, emit, context);
        }
        at++;
    }
    return result;
}

void cm_midi_parser_gap(cm_midi_parser *parser)
{
    for (cm_midi_stream *s = parser->streams; s; s = s->next) {
        lose(parser, s);
        s->status = 0;
    }
}

void cm_midi_parser_free(cm_midi_parser *parser)
{
    while (parser->streams) {
        cm_midi_stream *s = parser->streams;
        parser->streams = s->next;
        free(s->message);
        free(s);
    }
}
