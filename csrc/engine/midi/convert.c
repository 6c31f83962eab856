/* Lists of one form into lists of another, in pieces that fit a receiver's scratch memory. */
#include "midi/receiver.h"

#include <string.h>

typedef enum { MESSAGES, SYSEX } content;

typedef struct writer {
    cm_midi_receiver *receiver;
    cm_midi_stream *stream;
    void (*emit)(cm_midi_receiver *receiver, cm_midi_stream *stream, const void *list);
    MIDITimeStamp time; /* of what is written next */
    MIDIEventPacket *event;
    /* of byte lists: */
    size_t packet, used; /* offsets of the last packet and of the end */
    content content;     /* of the last packet */
} writer;

/* ---- writing ---- */

static void begin_list(writer *w)
{
    w->used = 4;
    w->packet = 0;
    if (w->receiver->form == CM_MIDI_BYTES)
        MIDIPacketListInit((MIDIPacketList *)w->receiver->scratch);
    else
        w->event = MIDIEventListInit((MIDIEventList *)w->receiver->scratch, w->receiver->form == CM_MIDI_UMP2
                                                                                ? kMIDIProtocol_2_0
                                                                                : kMIDIProtocol_1_0);
}

static void end_list(writer *w)
{
    const uint8_t *first;
    if (cm_midi_list_packets(w->receiver->form, w->receiver->scratch, &first) > 0)
        w->emit(w->receiver, w->stream, w->receiver->scratch);
    begin_list(w);
}

static void put_words(writer *w, const uint32_t *words, uint32_t count)
{
    MIDIEventList *list = (MIDIEventList *)w->receiver->scratch;
    MIDIEventPacket *added = MIDIEventListAdd(list, CM_MIDI_SCRATCH, w->event, w->time, count, words);
    if (!added) {
        end_list(w);
        added = MIDIEventListAdd(list, CM_MIDI_SCRATCH, w->event, w->time, count, words);
    }
    w->event = added;
}

static void begin_packet(writer *w, content what)
{
#if defined(__arm__) || defined(__aarch64__)
    w->used = (w->used + 3) & ~(size_t)3;
#endif
    uint8_t *scratch = w->receiver->scratch;
    uint32_t count;
    memcpy(&count, scratch, sizeof count);
    count++;
    memcpy(scratch, &count, sizeof count);
    memcpy(scratch + w->used, &w->time, sizeof w->time);
    memset(scratch + w->used + 8, 0, 2);
    w->packet = w->used;
    w->used += CM_MIDI_PACKET_HEAD;
    w->content = what;
}

/* True when the next bytes belong into the last packet: no packet holds a SysEx and anything else. */
static bool goes_on(const writer *w, const uint8_t *bytes, content what)
{
    const uint8_t *scratch = w->receiver->scratch;
    return w->packet && w->content == what && memcmp(scratch + w->packet, &w->time, sizeof w->time) == 0 &&
           (what == MESSAGES || (bytes[0] != 0xF0 && scratch[w->used - 1] != 0xF7));
}

/* Messages are few bytes and stay whole; SysEx of any size is cut where it must be. */
static void put_bytes(writer *w, const uint8_t *bytes, size_t size, content what)
{
    size_t least = what == SYSEX ? 1 : size;
    while (size > 0) {
        if (!goes_on(w, bytes, what)) {
            if (CM_MIDI_SCRATCH - w->used < CM_MIDI_PACKET_HEAD + 4 + least)
                end_list(w);
            begin_packet(w, what);
        } else if (CM_MIDI_SCRATCH - w->used < least) {
            end_list(w);
            continue;
        }
        size_t room = CM_MIDI_SCRATCH - w->used, part = size < room ? size : room;
        memcpy(w->receiver->scratch + w->used, bytes, part);
        w->used += part;
        uint16_t length = (uint16_t)(w->used - w->packet - CM_MIDI_PACKET_HEAD);
        memcpy(w->receiver->scratch + w->packet + 8, &length, sizeof length);
        bytes += part;
        size -= part;
    }
}

/* ---- translating ---- */

/* A message of MIDI 1.0 or 2.0 for whatever the receiver wants. */
static void put_message(writer *w, const uint32_t *message)
{
    uint32_t words[CM_UMP_TRANSLATED_MAX];
    uint8_t bytes[CM_UMP_BYTES_MAX];
    uint32_t count;
    switch (w->receiver->form) {
    case CM_MIDI_BYTES:
        count = cm_ump_to_bytes(&w->stream->translator, message, bytes);
        put_bytes(w, bytes, count, message[0] >> 28 == 3 ? SYSEX : MESSAGES);
        return;
    case CM_MIDI_UMP2:
        count = cm_ump_to_midi2(&w->stream->translator, message, words);
        break;
    default:
        count = cm_ump_to_midi1(&w->stream->translator, message, words);
        break;
    }
    if (count)
        put_words(w, words, count);
}

static void put_messages(writer *w, const uint32_t *words, uint32_t count)
{
    const uint32_t *at = words, *message;
    while ((message = cm_ump_next(&at, words + count)))
        put_message(w, message);
}

/* What the translator holds back for a second half goes at the end of a packet. */
static void flush_translator(writer *w)
{
    uint32_t words[CM_UMP_TRANSLATED_MAX], count;
    if (w->receiver->form != CM_MIDI_UMP2)
        return;
    while ((count = cm_ump_flush(&w->stream->translator, words)) > 0)
        put_words(w, words, count);
}

static void put_event_packet(writer *w, cm_midi_form form, const cm_midi_packet *packet)
{
    uint32_t words[CM_MIDI_EVENT_WORDS];
    memcpy(words, packet->data, packet->size);
    uint32_t count = (uint32_t)(packet->size / sizeof *words);
    if (form == w->receiver->form)
        put_words(w, words, count);
    else
        put_messages(w, words, count);
}

/* Hands over what the reader holds of a SysEx. */
static void flush_reader(writer *w)
{
    uint32_t words[CM_UMP_TRANSLATED_MAX];
    uint32_t count = cm_ump_reader_flush(&w->stream->reader, words);
    put_messages(w, words, count);
}

static void read_bytes(writer *w, const cm_midi_packet *packet)
{
    uint32_t words[CM_UMP_TRANSLATED_MAX];
    for (size_t i = 0; i < packet->size; i++) {
        if (packet->data[i] >= 0xF8)
            flush_reader(w); /* real time does not overtake what came before it */
        uint32_t count = cm_ump_reader_put(&w->stream->reader, packet->data[i], words);
        put_messages(w, words, count);
    }
    flush_reader(w);
}

/* Brings the reader to where it would be after a packet that goes around it. */
static void step_over(cm_ump_reader *reader, cm_midi_run run, uint8_t status)
{
    if (run == CM_MIDI_RUN_REAL_TIME)
        return;
    bool open = run == CM_MIDI_RUN_BEGIN || run == CM_MIDI_RUN_MIDDLE;
    reader->have = 0;
    reader->continued = open;
    reader->status = open ? 0xF0 : run == CM_MIDI_RUN_WHOLE ? status : 0;
}

/* Bytes for bytes: a packet that is in order is copied, any other one is read and written anew. */
static void put_byte_packet(writer *w, const cm_midi_packet *packet)
{
    cm_ump_reader *reader = &w->stream->reader;
    uint8_t status = 0;
    cm_midi_run run = cm_midi_run_of(packet->data, packet->size, &status);
    bool open = reader->status == 0xF0, middle = run == CM_MIDI_RUN_MIDDLE || run == CM_MIDI_RUN_END;
    if (w->receiver->form != CM_MIDI_BYTES || run == CM_MIDI_RUN_OTHER || reader->have ||
        (run != CM_MIDI_RUN_REAL_TIME && open != middle)) {
        read_bytes(w, packet);
        return;
    }
    bool whole = run == CM_MIDI_RUN_WHOLE || run == CM_MIDI_RUN_REAL_TIME;
    if (!whole || packet->size <= CM_MIDI_SCRATCH / 2)
        put_bytes(w, packet->data, packet->size, whole ? MESSAGES : SYSEX);
    else
        read_bytes(w, packet);
    step_over(reader, run, status);
}

/* ---- whole lists ---- */

/* True when the receiver can have the list itself. */
static bool can_pass(const cm_midi_receiver *receiver, const cm_midi_stream *stream,
                     const cm_midi_batch *batch, uint8_t *status, cm_midi_run *run)
{
    const uint8_t *at;
    cm_midi_packet packet;
    if (batch->form != receiver->form || stream->reader.status == 0xF0 || stream->reader.have)
        return false;
    UInt32 packets = cm_midi_list_packets(batch->form, batch->list, &at);
    for (UInt32 i = 0; i < packets; i++) {
        at = cm_midi_packet_read(batch->form, at, &packet);
        if (batch->stamp && !packet.time)
            return false;
        if (batch->form != CM_MIDI_BYTES)
            continue;
        cm_midi_run next = cm_midi_run_of(packet.data, packet.size, status);
        if (next > CM_MIDI_RUN_SYSEX)
            return false;
        if (next != CM_MIDI_RUN_REAL_TIME)
            *run = next;
    }
    return packets > 0;
}

static void count_losses(cm_midi_stream *stream)
{
    uint64_t lost = stream->translator.untranslated + stream->reader.discarded;
    if (lost)
        atomic_fetch_add_explicit(&cm_midi_lost.untranslated, lost, memory_order_relaxed);
    stream->translator.untranslated = stream->reader.discarded = 0;
}

void cm_midi_convert(cm_midi_receiver *receiver, cm_midi_stream *stream, const cm_midi_batch *batch,
                     void (*emit)(cm_midi_receiver *receiver, cm_midi_stream *stream, const void *list))
{
    uint8_t status = 0;
    cm_midi_run run = CM_MIDI_RUN_REAL_TIME;
    if (can_pass(receiver, stream, batch, &status, &run)) {
        step_over(&stream->reader, run, status);
        emit(receiver, stream, batch->list);
        return;
    }
    writer w = { .receiver = receiver, .stream = stream, .emit = emit };
    const uint8_t *at;
    cm_midi_packet packet;
    UInt32 packets = cm_midi_list_packets(batch->form, batch->list, &at);
    begin_list(&w);
    for (UInt32 i = 0; i < packets; i++) {
        at = cm_midi_packet_read(batch->form, at, &packet);
        w.time = packet.time ? packet.time : batch->stamp;
        if (batch->form == CM_MIDI_BYTES)
            put_byte_packet(&w, &packet);
        else
            put_event_packet(&w, batch->form, &packet);
        flush_translator(&w);
    }
    end_list(&w);
    count_losses(stream);
}
