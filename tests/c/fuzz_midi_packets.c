/*
 * Packet lists of any bytes: checked without reading outside, and what passes goes to receivers of all three
 * kinds without complaint. The first byte picks the kind of list.
 */
#include "midi/packets.h"
#include "midi/server.h"

#include <coremusic/engine.h>
#include <stdlib.h>
#include <string.h>

static MIDIEndpointRef destinations[3];

static void read_list(const MIDIPacketList *list, void *ref_con, void *connection)
{
    (void)ref_con, (void)connection;
    size_t size;
    if (cm_midi_list_check(CM_MIDI_BYTES, list, CM_MIDI_LIST_MAX, &size) != noErr)
        abort();
}

static void receive_list(const MIDIEventList *list, void *ref_con, void *connection)
{
    (void)ref_con, (void)connection;
    size_t size;
    if (cm_midi_list_check(CM_MIDI_UMP1, list, CM_MIDI_LIST_MAX, &size) != noErr)
        abort();
}

static void set_up(void)
{
    MIDIClientRef client = 0;
    setenv("COREMUSIC_MIDI_DRIVERS", "none", 1);
    MIDIClientCreate(CFSTR("fuzz"), NULL, NULL, &client);
    MIDIDestinationCreate(client, CFSTR("bytes"), read_list, NULL, &destinations[0]);
    for (MIDIProtocolID protocol = kMIDIProtocol_1_0; protocol <= kMIDIProtocol_2_0; protocol++)
        CMMIDIDestinationCreateWithProtocol(client, CFSTR("events"), protocol, receive_list, NULL,
                                            &destinations[protocol]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static bool ready;
    if (!ready)
        set_up();
    ready = true;
    if (size < 1 || size > CM_MIDI_LIST_MAX)
        return 0;
    cm_midi_form form = bytes[0] % CM_MIDI_FORMS;
    size_t used;
    uint8_t *list = malloc(size); /* of its very size, so that the sanitizer sees each byte too far */
    memcpy(list, bytes + 1, size - 1);
    OSStatus status = cm_midi_list_check(form, list, size - 1, &used);
    if (status == noErr && used > size - 1)
        abort();
    for (size_t i = 0; status == noErr && i < 3; i++) {
        cm_midi_batch batch = { .form = form, .list = list, .size = used, .stamp = 1 };
        cm_midi_endpoint *endpoint = cm_midi_pin(destinations[i], CM_MIDI_ENDPOINTS);
        if (cm_midi_destination_take(endpoint, &batch) != noErr)
            abort();
        cm_midi_release(endpoint);
    }
    free(list);
    return 0;
}
