/* MIDISend, MIDIReceived and what is like them. */
#include "midi/scheduler.h"
#include "midi/server.h"

#include <CoreAudio/HostTime.h>

/* When the packets of a list want to be somewhere. */
typedef enum { ALL_NOW, SOME_LATER } due;

static due when(const cm_midi_batch *batch, UInt64 deadline)
{
    const uint8_t *at;
    cm_midi_packet packet;
    UInt32 packets = cm_midi_list_packets(batch->form, batch->list, &at);
    for (UInt32 i = 0; i < packets; i++) {
        at = cm_midi_packet_read(batch->form, at, &packet);
        if (packet.time > deadline)
            return SOME_LATER;
    }
    return ALL_NOW;
}

static OSStatus send(cm_midi_endpoint *destination, cm_midi_batch *batch)
{
    OSStatus status = cm_midi_list_check(batch->form, batch->list, CM_MIDI_LIST_MAX, &batch->size);
    if (status != noErr)
        return status;
    batch->stamp = AudioGetCurrentHostTime();
    UInt64 deadline = batch->stamp + atomic_load_explicit(&destination->advance, memory_order_relaxed);
    if (when(batch, deadline) == ALL_NOW && !cm_midi_schedule_is_due(destination, deadline))
        return cm_midi_destination_take(destination, batch);
    return cm_midi_schedule(destination, batch);
}

static OSStatus send_to(MIDIPortRef port, MIDIEndpointRef dest, cm_midi_batch *batch)
{
    OSStatus status;
    if (!cm_midi_is_live(port, CM_MIDI_OUTPUT_PORT))
        return kMIDIInvalidPort;
    cm_midi_endpoint *destination = cm_midi_pin_endpoint(dest, CM_MIDI_DESTINATION, &status);
    if (!destination)
        return status;
    status = send(destination, batch);
    cm_midi_release(destination);
    return status;
}

OSStatus MIDISend(MIDIPortRef port, MIDIEndpointRef dest, const MIDIPacketList *pktlist)
{
    cm_midi_batch batch = { .form = CM_MIDI_BYTES, .list = pktlist };
    return pktlist ? send_to(port, dest, &batch) : cmParamError;
}

OSStatus MIDISendEventList(MIDIPortRef port, MIDIEndpointRef dest, const MIDIEventList *evtlist)
{
    cm_midi_batch batch = { .list = evtlist };
    if (!evtlist || !cm_midi_protocol_form(evtlist->protocol, &batch.form))
        return cmParamError;
    return send_to(port, dest, &batch);
}

static OSStatus receive_from(MIDIEndpointRef src, cm_midi_batch *batch)
{
    OSStatus status;
    cm_midi_endpoint *source = cm_midi_pin_endpoint(src, CM_MIDI_SOURCE, &status);
    if (!source)
        return status;
    status = cm_midi_list_check(batch->form, batch->list, CM_MIDI_LIST_MAX, &batch->size);
    if (status == noErr)
        status = cm_midi_source_say(source, batch);
    cm_midi_release(source);
    return status;
}

OSStatus MIDIReceived(MIDIEndpointRef src, const MIDIPacketList *pktlist)
{
    cm_midi_batch batch = { .form = CM_MIDI_BYTES, .list = pktlist };
    return pktlist ? receive_from(src, &batch) : cmParamError;
}

OSStatus MIDIReceivedEventList(MIDIEndpointRef src, const MIDIEventList *evtlist)
{
    cm_midi_batch batch = { .list = evtlist };
    if (!evtlist || !cm_midi_protocol_form(evtlist->protocol, &batch.form))
        return cmParamError;
    return receive_from(src, &batch);
}

OSStatus CMMIDIGetStatistics(CMMIDIStatistics *outStatistics)
{
    if (!outStatistics)
        return cmParamError;
    *outStatistics = (CMMIDIStatistics){ .receiverFull = atomic_load(&cm_midi_lost.mail_full),
                                         .schedulerFull = atomic_load(&cm_midi_lost.schedule_full),
                                         .loops = atomic_load(&cm_midi_lost.hops),
                                         .gone = atomic_load(&cm_midi_lost.gone),
                                         .untranslated = atomic_load(&cm_midi_lost.untranslated),
                                         .drivers = atomic_load(&cm_midi_lost.driver) };
    return noErr;
}
