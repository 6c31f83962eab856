/*
 * CoreMIDI/MIDISetup.h: which devices there are, and what they consist of.
 *
 * The setup is this process's and begins with the drivers' devices and the bus. External devices (what is
 * plugged into a device's ports) are described by the user. Every function is [any].
 */
#ifndef CoreMIDI_MIDISetup_h
#define CoreMIDI_MIDISetup_h

#include <CoreMIDI/MIDIServices.h>
#include <CoreFoundation/CFArray.h>

typedef MIDIObjectRef MIDISetupRef;

CF_EXTERN_C_BEGIN

/* A setup of the devices that the drivers find now; external devices are left out. */
extern OSStatus MIDISetupCreate(MIDISetupRef *outSetup);
/* Not for the current one: kMIDINotPermitted. */
extern OSStatus MIDISetupDispose(MIDISetupRef setup);
/*
 * Makes a setup the current one, which takes its place as an object: external devices become those of the
 * setup, properties of drivers' devices are set as they are in it.
 */
extern OSStatus MIDISetupInstall(MIDISetupRef setup);
/* The current setup's devices as they are now. The server's; not to be disposed of. */
extern OSStatus MIDISetupGetCurrent(MIDISetupRef *outSetup);
/* As an XML property list, the caller's to release. */
extern OSStatus MIDISetupToData(MIDISetupRef setup, CFDataRef *outData);
/* kMIDISetupFormatErr for what MIDISetupToData did not write. */
extern OSStatus MIDISetupFromData(CFDataRef data, MIDISetupRef *outSetup);

/* Adds an entity with endpoints that are named after it. newEntity may be NULL. */
extern OSStatus MIDIDeviceNewEntity(MIDIDeviceRef device, CFStringRef name, MIDIProtocolID protocol,
                                    Boolean embedded, ItemCount numSourceEndpoints,
                                    ItemCount numDestinationEndpoints, MIDIEntityRef *newEntity);
/* The same with kMIDIProtocol_1_0. */
extern OSStatus MIDIDeviceAddEntity(MIDIDeviceRef device, CFStringRef name, Boolean embedded,
                                    ItemCount numSourceEndpoints, ItemCount numDestinationEndpoints,
                                    MIDIEntityRef *newEntity);
/* kMIDIObjectNotFound when the entity is not the device's. */
extern OSStatus MIDIDeviceRemoveEntity(MIDIDeviceRef device, MIDIEntityRef entity);
/* The numbers wanted; surplus endpoints go from the end. */
extern OSStatus MIDIEntityAddOrRemoveEndpoints(MIDIEntityRef entity, ItemCount numSourceEndpoints,
                                               ItemCount numDestinationEndpoints);

/* Puts a device into the current setup: it and its endpoints can be found from then on. */
extern OSStatus MIDISetupAddDevice(MIDIDeviceRef device);
/* Takes it out again and disposes of it. */
extern OSStatus MIDISetupRemoveDevice(MIDIDeviceRef device);
extern OSStatus MIDISetupAddExternalDevice(MIDIDeviceRef device);
extern OSStatus MIDISetupRemoveExternalDevice(MIDIDeviceRef device);

/* A serial port has the driver that it was given; "" when none was. The string is the caller's to release. */
extern OSStatus MIDIGetSerialPortOwner(CFStringRef portName, CFStringRef *outDriverName);
extern OSStatus MIDISetSerialPortOwner(CFStringRef portName, CFStringRef driverName);
/* Names of the registered drivers that use serial ports, the caller's to release. */
extern OSStatus MIDIGetSerialPortDrivers(CFArrayRef *outDriverNames);

/* An external device that is not yet in the setup, without entities. */
extern OSStatus MIDIExternalDeviceCreate(CFStringRef name, CFStringRef manufacturer, CFStringRef model,
                                         MIDIDeviceRef *outDevice);

CF_EXTERN_C_END

#endif
