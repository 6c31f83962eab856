/* A device that is always there: what is sent to its destination comes out of its source. */
#include "midi/driver.h"
#include "midi/server.h"

static bool forward(void *context, const cm_midi_batch *batch)
{
    cm_midi_source_say(context, batch); /* what a receiver behind it lost, it has counted */
    return true;
}

static const cm_midi_backend bus = { .form = CM_MIDI_FORMS, .send = forward };

void cm_midi_bus_start(void)
{
    cm_midi_entity *entity;
    cm_midi_lock();
    cm_midi_device *device = cm_midi_device_new(CFSTR("coremusic"), CFSTR("coremusic"), CFSTR("Bus"), false);
    if (device &&
        cm_midi_entity_new(device, CFSTR("Bus 1"), kMIDIProtocol_2_0, true, 1, 1, &entity) == noErr) {
        device->fixed = true;
        cm_midi_set_property(&device->object, kMIDIPropertyDriverOwner, CFSTR("coremusic"));
        cm_midi_endpoint *destination = (cm_midi_endpoint *)entity->destinations.at[0];
        cm_midi_endpoint_set_backend(destination, &bus, entity->sources.at[0]); /* both live for ever */
        cm_midi_device_install(device);
    }
    cm_midi_unlock();
}
