/* Devices, entities, external devices, device lists, drivers of a program's own, whole setups. */
#include "midi_kit.h"

#include "midi/object.h"

static CFStringRef copy_string(MIDIObjectRef object, CFStringRef key)
{
    CFStringRef string = NULL;
    CHECK_EQ(MIDIObjectGetStringProperty(object, key, &string), noErr);
    return string;
}

static void check_string(MIDIObjectRef object, CFStringRef key, const char *expected)
{
    CFStringRef string = copy_string(object, key);
    CHECK_STR(CFStringGetCStringPtr(string, kCFStringEncodingUTF8), expected);
    CFRelease(string);
}

static SInt32 integer(MIDIObjectRef object, CFStringRef key)
{
    SInt32 value = -1;
    CHECK_EQ(MIDIObjectGetIntegerProperty(object, key, &value), noErr);
    return value;
}

static void test_external_device(void)
{
    MIDIDeviceRef device = 0;
    MIDIEntityRef entity = 0;
    ItemCount sources = MIDIGetNumberOfSources();
    CHECK_EQ(MIDIExternalDeviceCreate(CFSTR("Juno"), CFSTR("Roland"), CFSTR("106"), &device), noErr);
    CHECK_EQ(MIDIGetNumberOfExternalDevices(), 0);
    CHECK_EQ(MIDISetupAddDevice(device), -50);
    CHECK_EQ(MIDISetupRemoveExternalDevice(device), kMIDIObjectNotFound);
    CHECK_EQ(MIDIDeviceNewEntity(device, CFSTR("MIDI"), kMIDIProtocol_2_0, true, 2, 1, &entity), noErr);
    CHECK_EQ(MIDISetupAddExternalDevice(device), noErr);
    CHECK_EQ(MIDIGetNumberOfExternalDevices(), 1);
    CHECK_EQ(MIDIGetExternalDevice(0), device);
    CHECK_EQ(MIDIGetNumberOfSources(), sources); /* not reached by themselves */
    CHECK_EQ(MIDIDeviceGetNumberOfEntities(device), 1);
    CHECK_EQ(MIDIEntityGetNumberOfSources(entity), 2);
    MIDIEndpointRef source = MIDIEntityGetSource(entity, 1);
    check_string(source, kMIDIPropertyName, "MIDI 2");
    check_string(source, kMIDIPropertyManufacturer, "Roland"); /* inherited */
    check_string(source, kMIDIPropertyDisplayName, "Juno MIDI 2");
    CHECK_EQ(integer(source, kMIDIPropertyProtocolID), kMIDIProtocol_2_0);
    MIDIObjectRef found = 0;
    MIDIObjectType type = 0;
    CHECK_EQ(MIDIObjectFindByUniqueID(integer(source, kMIDIPropertyUniqueID), &found, &type), noErr);
    CHECK_EQ(found, source);
    CHECK_EQ(type, kMIDIObjectType_ExternalSource);
    CHECK_EQ(MIDIEntityAddOrRemoveEndpoints(entity, 1, 3), noErr);
    CHECK_EQ(MIDIEntityGetNumberOfSources(entity), 1);
    CHECK_EQ(MIDIEntityGetNumberOfDestinations(entity), 3);
    CHECK_EQ(MIDIObjectGetStringProperty(source, kMIDIPropertyName, (CFStringRef[]){ NULL }),
             kMIDIObjectNotFound);
    CHECK_EQ(MIDIDeviceDispose(device), kMIDINotPermitted);
    CHECK_EQ(MIDIDeviceRemoveEntity(device, entity), noErr);
    CHECK_EQ(MIDIDeviceRemoveEntity(device, entity), kMIDIObjectNotFound);
    CHECK_EQ(MIDISetupRemoveExternalDevice(device), noErr);
    CHECK_EQ(MIDISetupRemoveExternalDevice(device), kMIDIObjectNotFound);
    CHECK_EQ(MIDIGetNumberOfExternalDevices(), 0);
}

static void test_bus_is_fixed(void)
{
    MIDIDeviceRef bus = MIDIGetDevice(0);
    MIDIEntityRef entity = MIDIDeviceGetEntity(bus, 0);
    CHECK_EQ(MIDISetupRemoveDevice(bus), kMIDINotPermitted);
    CHECK_EQ(MIDIDeviceRemoveEntity(bus, entity), kMIDINotPermitted);
    CHECK_EQ(MIDIEntityAddOrRemoveEndpoints(entity, 0, 0), kMIDINotPermitted);
    CHECK_EQ(MIDIDeviceAddEntity(bus, CFSTR("x"), false, 1, 1, NULL), kMIDINotPermitted);
    check_string(MIDIGetSource(0), kMIDIPropertyDisplayName, "coremusic Bus 1");
}

static void test_device_list(void)
{
    MIDIDeviceRef device = 0;
    MIDIDeviceListRef list = MIDIGetDriverDeviceList(NULL);
    CHECK_EQ(MIDIDeviceCreate(NULL, CFSTR("d"), NULL, NULL, &device), noErr);
    CHECK_EQ(MIDIDeviceListGetNumberOfDevices(list), 0);
    CHECK_EQ(MIDIDeviceListAddDevice(list, device), noErr);
    CHECK_EQ(MIDIDeviceListAddDevice(list, list), kMIDIObjectNotFound);
    CHECK_EQ(MIDIDeviceListGetDevice(list, 0), device);
    CHECK_EQ(MIDIDeviceListGetDevice(list, 1), 0);
    CHECK_EQ(MIDIDeviceListDispose(list), noErr);
    CHECK_EQ(MIDIDeviceListDispose(list), kMIDIObjectNotFound);
    CHECK_EQ(MIDIDeviceListGetNumberOfDevices(list), 0);
    CHECK_EQ(MIDIDeviceDispose(device), noErr);
    CHECK_EQ(MIDIDeviceDispose(device), kMIDIObjectNotFound);
    CHECK_EQ(MIDIDeviceDispose(0), kMIDIObjectNotFound);
}

/* ---- a driver ---- */

static struct {
    MIDIDriverRef self;
    MIDIDeviceRef device;
    int started, stopped, flushed, enabled;
    uint8_t bytes[64], watched[64];
    size_t size, watched_size;
    uint32_t words[16];
    size_t count;
    void *ref_con[2];
    MIDIEndpointRef watched_destination;
} driver;

static OSStatus start(MIDIDriverRef self, MIDIDeviceListRef list)
{
    MIDIEntityRef entity = 0;
    CHECK(self == driver.self);
    CHECK_EQ(MIDIDeviceListGetNumberOfDevices(list), 0);
    driver.started++;
    CHECK_EQ(MIDIDeviceCreate(self, CFSTR("Box"), CFSTR("Maker"), CFSTR("B1"), &driver.device), noErr);
    CHECK_EQ(MIDIDeviceNewEntity(driver.device, CFSTR("Port"), kMIDIProtocol_2_0, true, 1, 1, &entity),
             noErr);
    CHECK_EQ(MIDIEndpointSetRefCons(MIDIEntityGetDestination(entity, 0), &driver, &entity), noErr);
    driver.ref_con[0] = &driver;
    driver.ref_con[1] = &entity;
    return MIDISetupAddDevice(driver.device);
}

static OSStatus stop(MIDIDriverRef self)
{
    (void)self;
    driver.stopped++;
    return noErr;
}

static OSStatus send_bytes(MIDIDriverRef self, const MIDIPacketList *list, void *ref1, void *ref2)
{
    CHECK(self == driver.self && ref1 == driver.ref_con[0] && ref2 == driver.ref_con[1]);
    memcpy(driver.bytes + driver.size, list->packet[0].data, list->packet[0].length);
    driver.size += list->packet[0].length;
    return noErr;
}

static OSStatus send_events(MIDIDriverRef self, const MIDIEventList *list, void *ref1, void *ref2)
{
    CHECK(self == driver.self && ref1 == driver.ref_con[0] && ref2 == driver.ref_con[1]);
    memcpy(driver.words + driver.count, list->packet[0].words, 4 * list->packet[0].wordCount);
    driver.count += list->packet[0].wordCount;
    return noErr;
}

static OSStatus enable(MIDIDriverRef self, MIDIEndpointRef source, Boolean on)
{
    (void)self, (void)source;
    driver.enabled += on ? 1 : -1;
    return noErr;
}

static OSStatus flush(MIDIDriverRef self, MIDIEndpointRef destination, void *ref1, void *ref2)
{
    (void)self, (void)destination, (void)ref1, (void)ref2;
    driver.flushed++;
    return noErr;
}

static OSStatus monitor(MIDIDriverRef self, MIDIEndpointRef destination, const MIDIPacketList *list)
{
    (void)self;
    memcpy(driver.watched + driver.watched_size, list->packet[0].data, list->packet[0].length);
    driver.watched_size += list->packet[0].length;
    driver.watched_destination = destination;
    return noErr;
}

static MIDIDriverInterface interface = { .Start = start,
                                         .Stop = stop,
                                         .Send = send_bytes,
                                         .EnableSource = enable,
                                         .Flush = flush,
                                         .Monitor = monitor,
                                         .SendPackets = send_events };

static void add_driver(UInt32 version)
{
    static MIDIDriverInterface *pointer = &interface;
    memset(&driver, 0, sizeof driver);
    driver.self = &pointer;
    CHECK_EQ(CMMIDIDriverAdd(CFSTR("boxes"), driver.self, version), noErr);
    CHECK_EQ(CMMIDIDriverAdd(CFSTR("boxes"), driver.self, version), -50);
    CHECK_EQ(driver.started, 1);
}

static void test_driver(void)
{
    MIDIClientRef client = make_client();
    MIDIPortRef out = make_output(client), in = 0;
    static inbox box;
    ItemCount devices = MIDIGetNumberOfDevices();
    add_driver(2);
    CHECK_EQ(MIDIGetNumberOfDevices(), devices + 1);
    check_string(driver.device, kMIDIPropertyDriverOwner, "boxes");
    MIDIDeviceListRef list = MIDIGetDriverDeviceList(driver.self);
    CHECK_EQ(MIDIDeviceListGetDevice(list, 0), driver.device);
    CHECK_EQ(MIDIDeviceListDispose(list), noErr);
    MIDIEntityRef entity = MIDIDeviceGetEntity(driver.device, 0);
    MIDIEndpointRef source = MIDIEntityGetSource(entity, 0),
                    destination = MIDIEntityGetDestination(entity, 0);
    CHECK_EQ(SEND(out, destination, 0, 0x90, 1, 2), noErr);
    CHECK_EQ(driver.size, 3);
    CHECK_EQ(MIDIFlushOutput(destination), noErr);
    CHECK_EQ(driver.flushed, 1);
    CHECK_EQ(MIDIInputPortCreate(client, CFSTR("in"), inbox_read, &box, &in), noErr);
    CHECK_EQ(MIDIPortConnectSource(in, source, NULL), noErr);
    CHECK_EQ(driver.enabled, 1);
    CHECK_EQ(RECEIVED(source, 0xF8), noErr);
    CHECK_BYTES(&box, 0xF8);
    CHECK_EQ(MIDIPortDispose(in), noErr);
    CHECK_EQ(driver.enabled, 0);

    CHECK_EQ(MIDIDriverEnableMonitoring(driver.self, true), noErr);
    CHECK_EQ(SEND(out, MIDIGetDestination(0), 0, 0xF0, 1), noErr);
    CHECK_EQ(SEND(out, MIDIGetDestination(0), 0, 2, 0xF7), noErr);
    CHECK_EQ(driver.watched_destination, MIDIGetDestination(0));
    CHECK_EQ(driver.watched_size, 4);
    CHECK(memcmp(driver.watched, "\xF0\1\2\xF7", 4) == 0);
    CHECK_EQ(MIDIDriverEnableMonitoring(driver.self, false), noErr);
    CHECK_EQ(SEND(out, MIDIGetDestination(0), 0, 0xF8), noErr);
    CHECK_EQ(driver.watched_size, 4);

    CHECK_EQ(CMMIDIDriverRemove(driver.self), noErr);
    CHECK_EQ(CMMIDIDriverRemove(driver.self), -50);
    CHECK_EQ(driver.stopped, 1);
    CHECK_EQ(MIDIGetNumberOfDevices(), devices);
    CHECK_EQ(SEND(out, destination, 0, 0x90, 1, 2), kMIDIUnknownEndpoint);

    add_driver(3);
    entity = MIDIDeviceGetEntity(driver.device, 0);
    CHECK_EQ(SEND(out, MIDIEntityGetDestination(entity, 0), 0, 0x90, 0x40, 0x7F), noErr);
    CHECK_EQ(driver.size, 0);
    CHECK_EQ(driver.count, 2);
    CHECK_EQ(driver.words[0], 0x40904000);
    CHECK_EQ(driver.words[1], 0xFFFF0000);
    CHECK_EQ(CMMIDIDriverRemove(driver.self), noErr);
    CHECK_EQ(MIDIDeviceCreate(driver.self, CFSTR("d"), NULL, NULL, &driver.device), -50);
    CHECK_EQ(MIDIClientDispose(client), noErr);
}

static void test_driver_run_loop(void)
{
    CFRunLoopRef loop = MIDIGetDriverIORunLoop();
    CHECK(loop != NULL);
    CHECK(MIDIGetDriverIORunLoop() == loop);
    CHECK(CFGetTypeID(loop) == CFRunLoopGetTypeID());
}

/* ---- setups ---- */

static void test_setup_data(void)
{
    MIDIDeviceRef device = 0;
    MIDISetupRef setup = 0, now = 0, other = 0;
    CFDataRef data = NULL, again = NULL;
    CHECK_EQ(MIDIExternalDeviceCreate(CFSTR("Juno"), CFSTR("Roland"), CFSTR("106"), &device), noErr);
    CHECK_EQ(MIDIDeviceAddEntity(device, CFSTR("MIDI"), false, 1, 2, NULL), noErr);
    CHECK_EQ(MIDIObjectSetIntegerProperty(device, kMIDIPropertyDeviceID, 17), noErr);
    CHECK_EQ(MIDISetupAddExternalDevice(device), noErr);
    SInt32 id = integer(device, kMIDIPropertyUniqueID);
    SInt32 source_id = integer(MIDIEntityGetSource(MIDIDeviceGetEntity(device, 0), 0), kMIDIPropertyUniqueID);
    CHECK_EQ(MIDISetupGetCurrent(&setup), noErr);
    CHECK_EQ(MIDISetupToData(setup, &data), noErr);
    CHECK_EQ(MIDISetupDispose(setup), kMIDINotPermitted);
    CHECK_EQ(MIDISetupRemoveExternalDevice(device), noErr);
    CHECK_EQ(MIDIGetNumberOfExternalDevices(), 0);

    CHECK_EQ(MIDISetupFromData(data, &other), noErr);
    CHECK_EQ(MIDISetupToData(other, &again), noErr);
    CHECK(CFEqual(data, again));
    CHECK_EQ(MIDISetupInstall(other), noErr);
    CHECK_EQ(MIDISetupGetCurrent(&now), noErr);
    CHECK_EQ(now, other);
    CHECK_EQ(MIDISetupDispose(setup), kMIDIObjectNotFound);
    CHECK_EQ(MIDIGetNumberOfExternalDevices(), 1);
    device = MIDIGetExternalDevice(0);
    check_string(device, kMIDIPropertyName, "Juno");
    CHECK_EQ(integer(device, kMIDIPropertyUniqueID), id);
    CHECK_EQ(integer(device, kMIDIPropertyDeviceID), 17);
    MIDIEntityRef entity = MIDIDeviceGetEntity(device, 0);
    CHECK_EQ(MIDIEntityGetNumberOfDestinations(entity), 2);
    CHECK_EQ(integer(MIDIEntityGetSource(entity, 0), kMIDIPropertyUniqueID), source_id);
    CHECK_EQ(MIDISetupRemoveExternalDevice(device), noErr);
    CFRelease(data);
    CFRelease(again);

    CHECK_EQ(MIDISetupCreate(&setup), noErr);
    CHECK_EQ(MIDISetupDispose(setup), noErr);
    CHECK_EQ(MIDISetupDispose(setup), kMIDIObjectNotFound);
}

static void test_bad_setup_data(void)
{
    static const char *const texts[] = {
        "",
        "no property list",
        "<plist version=\"1.0\"><array/></plist>",
        "<plist version=\"1.0\"><dict/></plist>",
        "<plist "
        "version=\"1.0\"><dict><key>devices</key><array><string>x</string></array><key>externalDevices</key>"
        "<array/></dict></plist>",
        "<plist version=\"1.0\"><dict><key>devices</key><array/><key>externalDevices</key><array><dict>"
        "<key>entities</key><array><integer>1</integer></array></dict></array></dict></plist>",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        MIDISetupRef setup = 1;
        CFDataRef data = CFDataCreate(NULL, (const UInt8 *)texts[i], (CFIndex)strlen(texts[i]));
        CHECK_EQ(MIDISetupFromData(data, &setup), kMIDISetupFormatErr);
        CHECK_EQ(setup, 0);
        CFRelease(data);
    }
}

static void test_serial_ports(void)
{
    CFStringRef owner = NULL;
    CFArrayRef names = NULL;
    CHECK_EQ(MIDIGetSerialPortOwner(CFSTR("modem"), &owner), noErr);
    CHECK(CFEqual(owner, CFSTR("")));
    CFRelease(owner);
    CHECK_EQ(MIDISetSerialPortOwner(CFSTR("modem"), CFSTR("boxes")), noErr);
    CHECK_EQ(MIDIGetSerialPortOwner(CFSTR("modem"), &owner), noErr);
    CHECK(CFEqual(owner, CFSTR("boxes")));
    CFRelease(owner);
    add_driver(2);
    CHECK_EQ(MIDIGetSerialPortDrivers(&names), noErr);
    CHECK_EQ(CFArrayGetCount(names), 0);
    CFRelease(names);
    CHECK_EQ(MIDIObjectSetIntegerProperty(driver.device, kMIDIDriverPropertyUsesSerial, 1), noErr);
    CHECK_EQ(MIDIGetSerialPortDrivers(&names), noErr);
    CHECK_EQ(CFArrayGetCount(names), 1);
    CHECK(CFEqual(CFArrayGetValueAtIndex(names, 0), CFSTR("boxes")));
    CFRelease(names);
    CHECK_EQ(CMMIDIDriverRemove(driver.self), noErr);
}

static void test_nothing_is_left(void)
{
    CHECK_EQ(cm_midi_count(CM_MIDI_DEVICE), MIDIGetNumberOfDevices());
    CHECK_EQ(cm_midi_count(CM_MIDI_DEVICE_LIST), 0);
    CHECK_EQ(cm_midi_count(CM_MIDI_SETUP), 1); /* the current one */
    CHECK_EQ(cm_midi_count(CM_MIDI_INPUT_PORT), 0);
}

int main(void)
{
    RUN(test_external_device);
    RUN(test_bus_is_fixed);
    RUN(test_device_list);
    RUN(test_driver);
    RUN(test_driver_run_loop);
    RUN(test_setup_data);
    RUN(test_bad_setup_data);
    RUN(test_serial_ports);
    RUN(test_nothing_is_left);
    return 0;
}
