#include "midi/packets.h"

#include "midi/ump.h"

#include <string.h>

static uint32_t word_at(const uint8_t *at)
{
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static size_t data_size(cm_midi_form form, const uint8_t *packet)
{
    if (form != CM_MIDI_BYTES)
        return 4 * (size_t)word_at(packet + 8);
    uint16_t length;
    memcpy(&length, packet + 8, sizeof length);
    return length;
}

static size_t head_size(cm_midi_form form)
{
    return form == CM_MIDI_BYTES ? CM_MIDI_PACKET_HEAD : CM_MIDI_EVENT_HEAD;
}

static size_t whole_size(cm_midi_form form, const uint8_t *packet)
{
    size_t size = head_size(form) + data_size(form, packet);
#if defined(__arm__) || defined(__aarch64__)
    size = (size + 3) & ~(size_t)3;
#endif
    return size;
}

static bool words_are_whole(const uint8_t *data, size_t words)
{
    size_t at = 0;
    while (at < words)
        at += cm_ump_size(word_at(data + 4 * at));
    return at == words;
}

UInt32 cm_midi_list_packets(cm_midi_form form, const void *list, const uint8_t **first)
{
    const uint8_t *bytes = list;
    *first = bytes + (form == CM_MIDI_BYTES ? 4 : 8);
    return word_at(form == CM_MIDI_BYTES ? bytes : bytes + 4);
}

OSStatus cm_midi_list_check(cm_midi_form form, const void *list, size_t available, size_t *size)
{
    const uint8_t *at;
    if (available > CM_MIDI_LIST_MAX)
        available = CM_MIDI_LIST_MAX;
    if (available < 8)
        return cm_fail(kMIDIMessageSendErr, "a list of %zu bytes has no room for its own head", available);
    UInt32 packets = cm_midi_list_packets(form, list, &at);
    const uint8_t *end = (const uint8_t *)list + available;
    for (UInt32 i = 0; i < packets; i++) {
        size_t left = (size_t)(end - at), head = head_size(form);
        if (left < head || left - head < data_size(form, at))
            return cm_fail(kMIDIMessageSendErr, "packet %u of %u does not lie within the list's %zu bytes",
                           i + 1, packets, available);
        size_t bytes = data_size(form, at);
        if (form != CM_MIDI_BYTES &&
            (bytes > 4 * CM_MIDI_EVENT_WORDS || !words_are_whole(at + head, bytes / 4)))
            return cm_fail(kMIDIMessageSendErr, "packet %u of %u holds an incomplete message", i + 1,
                           packets);
        size_t whole = whole_size(form, at);
        at += whole < left ? whole : left; /* padding after the last packet need not be there */
    }
    *size = (size_t)(at - (const uint8_t *)list);
    return noErr;
}

const uint8_t *cm_midi_packet_read(cm_midi_form form, const uint8_t *at, cm_midi_packet *packet)
{
    memcpy(&packet->time, at, sizeof packet->time);
    packet->data = at + head_size(form);
    packet->size = data_size(form, at);
    return at + whole_size(form, at);
}

bool cm_midi_protocol_form(MIDIProtocolID protocol, cm_midi_form *form)
{
    *form = protocol == kMIDIProtocol_2_0 ? CM_MIDI_UMP2 : CM_MIDI_UMP1;
    return protocol == kMIDIProtocol_1_0 || protocol == kMIDIProtocol_2_0;
}

/* ---- what bytes are ---- */

size_t cm_midi_message_size(uint8_t status)
{
    static const uint8_t voice[8] = { 3, 3, 3, 3, 2, 2, 3, 0 };
    static const uint8_t system[16] = { 0, 2, 3, 2, 0, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 1 };
    if (status < 0x80)
        return 0;
    return status < 0xF0 ? voice[status >> 4 & 7] : system[status & 15];
}

static bool all_data(const uint8_t *bytes, size_t size)
{
    uint8_t any = 0;
    for (size_t i = 0; i < size; i++)
        any |= bytes[i];
    return any < 0x80;
}

static cm_midi_run run_of_sysex(const uint8_t *bytes, size_t size)
{
    bool begins = bytes[0] == 0xF0, ends = bytes[size - 1] == 0xF7;
    size_t from = begins, to = size - ends;
    if (from > to || !all_data(bytes + from, to - from))
        return CM_MIDI_RUN_OTHER;
    if (begins)
        return ends ? CM_MIDI_RUN_SYSEX : CM_MIDI_RUN_BEGIN;
    return ends ? CM_MIDI_RUN_END : CM_MIDI_RUN_MIDDLE;
}

cm_midi_run cm_midi_run_of(const uint8_t *bytes, size_t size, uint8_t *status)
{
    if (size == 0)
        return CM_MIDI_RUN_OTHER;
    if (bytes[0] < 0x80 || bytes[0] == 0xF0 || bytes[0] == 0xF7)
        return run_of_sysex(bytes, size);
    bool real_time = true;
    uint8_t running = 0;
    for (size_t at = 0; at < size;) {
        size_t length = cm_midi_message_size(bytes[at]);
        if (length == 0 || length > size - at || !all_data(bytes + at + 1, length - 1))
            return CM_MIDI_RUN_OTHER;
        if (bytes[at] < 0xF8) {
            real_time = false;
            running = bytes[at] < 0xF0 ? bytes[at] : 0;
        }
        at += length;
    }
    if (real_time)
        return CM_MIDI_RUN_REAL_TIME;
    *status = running;
    return CM_MIDI_RUN_WHOLE;
}
