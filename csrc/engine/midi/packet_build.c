/* MIDIPacketListAdd and its relatives. */
#include "midi/packets.h"

#include "midi/ump.h"

#include <CoreFoundation/CFData.h>
#include <string.h>

static void add_to_count(void *count, uint32_t more)
{
    uint32_t value;
    memcpy(&value, count, sizeof value);
    value = more ? value + more : 0;
    memcpy(count, &value, sizeof value);
}

MIDIPacket *MIDIPacketListInit(MIDIPacketList *pktlist)
{
    if (!pktlist)
        return NULL;
    add_to_count(pktlist, 0);
    return (MIDIPacket *)((uint8_t *)pktlist + offsetof(MIDIPacketList, packet));
}

MIDIEventPacket *MIDIEventListInit(MIDIEventList *evtlist, MIDIProtocolID protocol)
{
    if (!evtlist)
        return NULL;
    evtlist->protocol = protocol;
    evtlist->numPackets = 0;
    return evtlist->packet;
}

/* Where a list's memory ends, and what its last packet is, if it has one. */
typedef struct place {
    uint8_t *current; /* NULL for an empty list */
    uint8_t *next;    /* where a new packet goes */
    size_t room;      /* bytes from next to the end */
    cm_midi_packet last;
} place;

static bool find_place(cm_midi_form form, void *list, size_t list_size, void *current, place *p)
{
    const uint8_t *first, *end = (uint8_t *)list + list_size, *at = current;
    UInt32 packets = cm_midi_list_packets(form, list, &first);
    *p = (place){ .next = (uint8_t *)(uintptr_t)first };
    if (packets > 0) {
        size_t head = form == CM_MIDI_BYTES ? CM_MIDI_PACKET_HEAD : CM_MIDI_EVENT_HEAD;
        if (at < first || at > end || (size_t)(end - at) < head)
            return false;
        p->current = current;
        p->next = (uint8_t *)(uintptr_t)cm_midi_packet_read(form, at, &p->last);
        if (p->last.size > (size_t)(end - at) - head)
            return false;
    }
    if (p->next > end)
        return false;
    p->room = (size_t)(end - p->next);
    return true;
}

static bool is_part_of_sysex(const uint8_t *bytes, size_t size)
{
    return size && (bytes[0] < 0x80 || bytes[0] == 0xF0 || bytes[size - 1] == 0xF7);
}

MIDIPacket *MIDIPacketListAdd(MIDIPacketList *pktlist, ByteCount listSize, MIDIPacket *curPacket,
                              MIDITimeStamp time, ByteCount nData, const Byte *data)
{
    place p;
    if (!pktlist || !curPacket || (nData && !data) || listSize < 4 || nData > UINT16_MAX ||
        !find_place(CM_MIDI_BYTES, pktlist, listSize, curPacket, &p))
        return NULL;
    if (nData == 0)
        return curPacket;
    uint16_t length = (uint16_t)nData;
    if (p.current && p.last.time == time && !is_part_of_sysex(p.last.data, p.last.size) &&
        !is_part_of_sysex(data, nData) && p.last.size + nData <= UINT16_MAX) {
        uint8_t *end = p.current + CM_MIDI_PACKET_HEAD + p.last.size;
        if (p.room + (size_t)(p.next - end) < nData)
            return NULL;
        memcpy(end, data, nData);
        length = (uint16_t)(p.last.size + nData);
        memcpy(p.current + 8, &length, sizeof length);
        return curPacket;
    }
    if (p.room < CM_MIDI_PACKET_HEAD || p.room - CM_MIDI_PACKET_HEAD < nData)
        return NULL;
    memcpy(p.next, &time, sizeof time);
    memcpy(p.next + 8, &length, sizeof length);
    memcpy(p.next + CM_MIDI_PACKET_HEAD, data, nData);
    add_to_count(pktlist, 1);
    return (MIDIPacket *)p.next;
}

static bool are_whole(const UInt32 *words, ByteCount count)
{
    const uint32_t *at = words, *end = words + count;
    while (cm_ump_next(&at, end))
        continue;
    return at == end;
}

MIDIEventPacket *MIDIEventListAdd(MIDIEventList *evtlist, ByteCount listSize, MIDIEventPacket *curPacket,
                                  MIDITimeStamp time, ByteCount wordCount, const UInt32 *words)
{
    place p;
    if (!evtlist || !curPacket || (wordCount && !words) || listSize < 8 || wordCount > CM_MIDI_EVENT_WORDS ||
        !are_whole(words, wordCount) || !find_place(CM_MIDI_UMP1, evtlist, listSize, curPacket, &p))
        return NULL;
    if (wordCount == 0)
        return curPacket;
    uint32_t count = (uint32_t)wordCount;
    if (p.current && p.last.time == time && p.last.size / 4 + wordCount <= CM_MIDI_EVENT_WORDS) {
        if (p.room < 4 * wordCount)
            return NULL;
        memcpy(p.next, words, 4 * wordCount);
        add_to_count(p.current + 8, count);
        return curPacket;
    }
    if (p.room < CM_MIDI_EVENT_HEAD || p.room - CM_MIDI_EVENT_HEAD < 4 * wordCount)
        return NULL;
    memcpy(p.next, &time, sizeof time);
    memcpy(p.next + 8, &count, sizeof count);
    memcpy(p.next + CM_MIDI_EVENT_HEAD, words, 4 * wordCount);
    evtlist->numPackets++;
    return (MIDIEventPacket *)p.next;
}

OSStatus MIDIEventPacketSysexBytesForGroup(const MIDIEventPacket *pkt, UInt8 groupIndex, CFDataRef *outData)
{
    uint8_t bytes[CM_MIDI_EVENT_WORDS / 2 * 8];
    size_t size = 0;
    static cm_ump_translator none; /* SysEx needs no state */
    if (!pkt || !outData)
        return cmParamError;
    *outData = NULL;
    if (groupIndex > 15 || pkt->wordCount > CM_MIDI_EVENT_WORDS)
        return cmParamError;
    const uint32_t *at = pkt->words, *end = at + pkt->wordCount, *message;
    while ((message = cm_ump_next(&at, end)))
        if (message[0] >> 28 == 3 && (message[0] >> 24 & 15) == groupIndex && (message[0] >> 20 & 15) <= 3)
            size += cm_ump_to_bytes(&none, message, bytes + size);
    if (size == 0)
        return kMIDIUnknownError;
    *outData = CFDataCreate(kCFAllocatorDefault, bytes, (CFIndex)size);
    return *outData ? noErr : cmMemFullError;
}
