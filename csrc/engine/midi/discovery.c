#include "midi/discovery.h"

#include "base/cf_string.h"
#include "midi/notify.h"
#include "midi/ump_message.h"
#include "midi/ump_stream.h"

#include <CoreAudio/HostTime.h>
#include <stdlib.h>
#include <string.h>

/* What an endpoint is. The texts and blocks of `endpoint` are those that follow it. */
struct cm_midi_identity {
    MIDIEndpointRef source;
    cm_ump_endpoint endpoint;
    char name[CM_UMP_NAME_BYTES + 1], product[CM_UMP_PRODUCT_BYTES + 1];
    cm_ump_block blocks[CM_UMP_MAX_BLOCKS];
    char block_names[CM_UMP_MAX_BLOCKS][CM_UMP_BLOCK_NAME_BYTES + 1];
};

/* Questions, as they come on the wire. */
static const uint32_t ask_all[4] = { 0xF0000101, 0x1F }, ask_name[4] = { 0xF0000101, 0x04 },
                      ask_blocks[4] = { 0xF010FF03 };

/* ---- from a description ---- */

/* False for what is no string or does not fit. NULL is an empty text. */
static bool copy_text(char *text, size_t room, CFStringRef string, bool ascii)
{
    size_t size = 0;
    const char *bytes = string ? cm_cf_string_bytes(string, &size) : "";
    if (!bytes || size >= room)
        return false;
    for (size_t i = 0; i < size; i++)
        if (!bytes[i] || (ascii && (bytes[i] < 32 || bytes[i] > 126)))
            return false;
    memcpy(text, bytes, size);
    text[size] = 0;
    return true;
}

static bool is_block(const CMMIDIFunctionBlock *block)
{
    return block->direction >= CM_UMP_BLOCK_INPUT && block->direction <= CM_UMP_BLOCK_BOTH &&
           block->hint <= 3 && block->midi1 <= 2 && block->firstGroup <= 15 && block->groupCount >= 1 &&
           block->firstGroup + block->groupCount <= 16 && block->midiCI <= 0x7F;
}

static bool copy_block(struct cm_midi_identity *identity, uint32_t number, const CMMIDIFunctionBlock *block)
{
    char *name = identity->block_names[number];
    if (!is_block(block) || !copy_text(name, sizeof identity->block_names[0], block->name, false))
        return false;
    identity->blocks[number] = (cm_ump_block){ .active = block->active != 0,
                                               .direction = block->direction,
                                               .user_hint = block->hint,
                                               .midi1 = block->midi1,
                                               .first_group = block->firstGroup,
                                               .groups = block->groupCount,
                                               .inquiry = block->midiCI,
                                               .sysex8_streams = block->sysEx8Streams };
    return true;
}

/* True for `count` bytes of seven bits. */
static bool are_seven_bit(const Byte *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i] > 0x7F)
            return false;
    return true;
}

static OSStatus fill(struct cm_midi_identity *identity, const CMMIDIEndpointDescription *from)
{
    cm_ump_endpoint *to = &identity->endpoint;
    if (!are_seven_bit(from->manufacturer, 3) || !are_seven_bit(from->revision, 4) || from->family > 0x3FFF ||
        from->model > 0x3FFF)
        return cm_fail(cmParamError, "manufacturer, family, model, revision: bytes of seven bits");
    if (!copy_text(identity->product, sizeof identity->product, from->productInstanceID, true))
        return cm_fail(cmParamError, "a product instance id is up to %d characters of ASCII",
                       CM_UMP_PRODUCT_BYTES);
    if (from->blockCount > CM_UMP_MAX_BLOCKS || (from->blockCount && !from->blocks))
        return cm_fail(cmParamError, "an endpoint has up to %d function blocks", CM_UMP_MAX_BLOCKS);
    for (uint32_t i = 0; i < from->blockCount; i++)
        if (!copy_block(identity, i, &from->blocks[i]))
            return cm_fail(cmParamError, "function block %u is not one of UMP 1.1", i);
    memcpy(to->manufacturer, from->manufacturer, sizeof to->manufacturer);
    memcpy(to->revision, from->revision, sizeof to->revision);
    to->family[0] = from->family & 0x7F;
    to->family[1] = (uint8_t)(from->family >> 7);
    to->model[0] = from->model & 0x7F;
    to->model[1] = (uint8_t)(from->model >> 7);
    to->protocols = CM_UMP_PROTOCOL_1 | CM_UMP_PROTOCOL_2; /* the server translates */
    to->block_count = (uint8_t)from->blockCount;
    return noErr;
}

/* ---- answering ---- */

/* The identity of now, with the destination's name. False when it has none. */
static bool load(const cm_midi_endpoint *destination, struct cm_midi_identity *copy)
{
    cm_midi_lock();
    bool found = destination->identity != NULL;
    if (found) {
        size_t size = 0;
        *copy = *destination->identity;
        copy->endpoint.protocol = (uint8_t)destination->protocol;
        CFTypeRef name = cm_midi_get_property(&destination->object, kMIDIPropertyName);
        const char *bytes = cm_cf_string_bytes(name, &size);
        if (bytes) /* cm_ump_answer cuts it at a character */
            memcpy(copy->name, bytes, size < sizeof copy->name ? size : sizeof copy->name - 1);
    }
    cm_midi_unlock();
    if (!found)
        return false;
    copy->endpoint.name = copy->name;
    copy->endpoint.product = copy->product;
    copy->endpoint.blocks = copy->blocks;
    for (uint32_t i = 0; i < copy->endpoint.block_count; i++)
        copy->blocks[i].name = copy->block_names[i];
    return true;
}

/* Answers on their way out, several in a list. */
typedef struct reply {
    cm_midi_endpoint *source;
    MIDIEventPacket *packet;
    union {
        MIDIEventList list;
        char room[2048];
    } memory;
} reply;

static void begin(reply *r)
{
    r->packet = MIDIEventListInit(&r->memory.list, kMIDIProtocol_2_0);
}

static void say(reply *r)
{
    cm_midi_batch batch = { .form = CM_MIDI_UMP2, .list = &r->memory.list };
    if (r->memory.list.numPackets &&
        cm_midi_list_check(batch.form, batch.list, sizeof r->memory, &batch.size) == noErr)
        cm_midi_source_say(r->source, &batch);
    begin(r);
}

static void add(void *context, const uint32_t message[4])
{
    reply *r = context;
    MIDITimeStamp now = AudioGetCurrentHostTime();
    MIDIEventPacket *added = MIDIEventListAdd(&r->memory.list, sizeof r->memory, r->packet, now, 4, message);
    if (!added) {
        say(r);
        added = MIDIEventListAdd(&r->memory.list, sizeof r->memory, r->packet, now, 4, message);
    }
    r->packet = added;
}

static void take_protocol(cm_midi_endpoint *endpoint, MIDIProtocolID protocol)
{
    endpoint->protocol = protocol;
    cm_midi_set_integer(&endpoint->object, kMIDIPropertyProtocolID, protocol);
    cm_midi_notify_property(&endpoint->object, kMIDIPropertyProtocolID);
}

static void answer(cm_midi_endpoint *destination, const uint32_t *question)
{
    struct cm_midi_identity identity;
    if (!load(destination, &identity))
        return;
    cm_midi_endpoint *source = cm_midi_pin(identity.source, CM_MIDI_IS(CM_MIDI_SOURCE));
    if (!source)
        return;
    uint8_t protocol = identity.endpoint.protocol;
    reply r = { .source = source };
    begin(&r);
    cm_ump_answer(&identity.endpoint, question, add, &r);
    if (identity.endpoint.protocol != protocol) {
        cm_midi_lock();
        take_protocol(destination, identity.endpoint.protocol);
        take_protocol(source, identity.endpoint.protocol);
        cm_midi_unlock();
    }
    say(&r);
    cm_midi_release(source);
}

void cm_midi_discovery_answer(cm_midi_endpoint *destination, const cm_midi_batch *batch)
{
    const uint8_t *at;
    cm_midi_packet packet;
    if (batch->form == CM_MIDI_BYTES)
        return;
    UInt32 packets = cm_midi_list_packets(batch->form, batch->list, &at);
    for (UInt32 i = 0; i < packets; i++) {
        uint32_t words[CM_MIDI_EVENT_WORDS];
        const uint32_t *word = words, *message;
        at = cm_midi_packet_read(batch->form, at, &packet);
        memcpy(words, packet.data, packet.size);
        while ((message = cm_ump_next(&word, words + packet.size / sizeof *words)))
            if (message[0] >> 28 == CM_UMP_TYPE_STREAM)
                answer(destination, message);
    }
}

void cm_midi_discovery_follow(cm_midi_object *object, CFStringRef key)
{
    if (object->kind == CM_MIDI_DESTINATION && CFEqual(key, kMIDIPropertyName))
        answer((cm_midi_endpoint *)object, ask_name);
}

/* ---- what clients call ---- */

/* With the lock. The old identity, to be freed. */
static OSStatus attach(cm_midi_endpoint *destination, const cm_midi_endpoint *source,
                       struct cm_midi_identity **identity)
{
    const cm_midi_object *parent = destination->object.parent;
    if (!destination->is_virtual || !parent || (source && source->object.parent != parent))
        return cm_fail(kMIDINotPermitted,
                       "a virtual destination and a virtual source of one client are wanted");
    struct cm_midi_identity *old = destination->identity;
    destination->identity = *identity;
    atomic_store(&destination->receiver->answers, *identity != NULL);
    *identity = old;
    return noErr;
}

static OSStatus describe(cm_midi_endpoint *destination, MIDIEndpointRef source_ref,
                         const CMMIDIEndpointDescription *description)
{
    OSStatus status = noErr;
    struct cm_midi_identity *identity = NULL;
    cm_midi_endpoint *source = NULL;
    if (description) {
        source = cm_midi_pin_endpoint(source_ref, CM_MIDI_SOURCE, &status);
        identity = source ? calloc(1, sizeof *identity) : NULL;
        if (source)
            status = identity ? fill(identity, description) : cmMemFullError;
    }
    if (identity)
        identity->source = source_ref;
    if (status == noErr) {
        cm_midi_lock();
        status = attach(destination, source, &identity);
        cm_midi_unlock();
        if (status == noErr && description && identity) { /* something else than before */
            answer(destination, ask_all);
            answer(destination, ask_blocks);
        }
    }
    free(identity);
    cm_midi_release(source);
    return status;
}

OSStatus CMMIDIEndpointSetDescription(MIDIEndpointRef destination, MIDIEndpointRef source,
                                      const CMMIDIEndpointDescription *description)
{
    OSStatus status;
    cm_midi_endpoint *endpoint = cm_midi_pin_endpoint(destination, CM_MIDI_DESTINATION, &status);
    if (!endpoint)
        return status;
    status = describe(endpoint, source, description);
    cm_midi_release(endpoint);
    return status;
}
