#include "midi/server.h"

#include "base/fork.h"
#include "midi/driver.h"
#include "midi/forget.h"

cm_midi_server cm_midi = { .lock = PTHREAD_MUTEX_INITIALIZER };

static pthread_once_t started = PTHREAD_ONCE_INIT;

static void forget_after_fork(void)
{
    cm_midi_objects_forget();
    cm_midi_notify_forget();
    cm_midi_schedule_forget();
    cm_midi_sysex_forget();
    cm_midi_setup_forget();
    cm_midi_thru_forget();
    cm_midi_plug_ins_forget();
    cm_midi_drivers_forget();
    cm_midi = (cm_midi_server){ .lock = PTHREAD_MUTEX_INITIALIZER };
    started = (pthread_once_t)PTHREAD_ONCE_INIT;
}

CM_FORGET_IN_CHILD(forget_after_fork)

static void start(void)
{
    cm_midi_bus_start();
    cm_midi_drivers_start();
}

void cm_midi_start(void)
{
    pthread_once(&started, start);
}

void *cm_midi_pin_or(MIDIObjectRef ref, unsigned kinds, OSStatus if_none, OSStatus *status)
{
    void *object = cm_midi_pin(ref, kinds);
    *status = object ? noErr : if_none;
    return object;
}

cm_midi_endpoint *cm_midi_pin_endpoint(MIDIEndpointRef ref, cm_midi_kind kind, OSStatus *status)
{
    cm_midi_endpoint *endpoint = cm_midi_pin(ref, CM_MIDI_ENDPOINTS);
    *status = !endpoint                       ? kMIDIUnknownEndpoint
              : endpoint->object.kind != kind ? kMIDIWrongEndpointType
                                              : noErr;
    if (*status == noErr)
        return endpoint;
    cm_midi_release(endpoint);
    return NULL;
}

MIDIObjectType cm_midi_type(const cm_midi_object *object)
{
    static const MIDIObjectType types[CM_MIDI_KIND_COUNT] = {
        [CM_MIDI_DEVICE] = kMIDIObjectType_Device,
        [CM_MIDI_ENTITY] = kMIDIObjectType_Entity,
        [CM_MIDI_SOURCE] = kMIDIObjectType_Source,
        [CM_MIDI_DESTINATION] = kMIDIObjectType_Destination,
    };
    if (!(CM_MIDI_TREE & CM_MIDI_IS(object->kind)))
        return kMIDIObjectType_Other;
    return types[object->kind] | (object->external ? kMIDIObjectType_ExternalMask : 0);
}
