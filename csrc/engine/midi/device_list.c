/* Lists of devices, as drivers pass them around. */
#include "midi/server.h"

#include <stdlib.h>

typedef struct device_list {
    cm_midi_object object;
    cm_midi_list devices;
} device_list;

static void destroy(cm_midi_object *object)
{
    cm_midi_list_free(&((device_list *)object)->devices);
    free(object);
}

static device_list *pin(MIDIDeviceListRef ref)
{
    return cm_midi_pin(ref, CM_MIDI_IS(CM_MIDI_DEVICE_LIST));
}

MIDIDeviceListRef MIDIGetDriverDeviceList(MIDIDriverRef driver)
{
    device_list *list = cm_midi_new(CM_MIDI_DEVICE_LIST, sizeof *list, destroy);
    if (!list)
        return 0;
    cm_midi_lock();
    for (size_t i = 0; driver && i < cm_midi.devices.count; i++)
        if (((const cm_midi_device *)cm_midi.devices.at[i])->owner == driver)
            cm_midi_list_add(&list->devices, cm_midi.devices.at[i]);
    cm_midi_unlock();
    cm_midi_publish(list);
    return list->object.ref;
}

ItemCount MIDIDeviceListGetNumberOfDevices(MIDIDeviceListRef devList)
{
    device_list *list = pin(devList);
    cm_midi_lock();
    ItemCount count = list ? list->devices.count : 0;
    cm_midi_unlock();
    cm_midi_release(list);
    return count;
}

MIDIDeviceRef MIDIDeviceListGetDevice(MIDIDeviceListRef devList, ItemCount index0)
{
    device_list *list = pin(devList);
    cm_midi_lock();
    MIDIDeviceRef device = list && index0 < list->devices.count ? list->devices.at[index0]->ref : 0;
    cm_midi_unlock();
    cm_midi_release(list);
    return device;
}

OSStatus MIDIDeviceListAddDevice(MIDIDeviceListRef devList, MIDIDeviceRef dev)
{
    device_list *list = pin(devList);
    cm_midi_object *device = cm_midi_pin(dev, CM_MIDI_IS(CM_MIDI_DEVICE));
    OSStatus status = list && device ? noErr : kMIDIObjectNotFound;
    cm_midi_lock();
    if (status == noErr && !cm_midi_list_add(&list->devices, device))
        status = cmMemFullError;
    cm_midi_unlock();
    cm_midi_release(list);
    cm_midi_release(device);
    return status;
}

OSStatus MIDIDeviceListDispose(MIDIDeviceListRef devList)
{
    device_list *list = pin(devList);
    bool live = list && cm_midi_retire(list);
    cm_midi_release(list);
    return live ? noErr : kMIDIObjectNotFound;
}
