/*
 * CoreMIDI/MIDIDriver.h: drivers written by others, and the devices that they own.
 *
 * There are no driver bundles: a program registers a driver of its own with CMMIDIDriverAdd in
 * <coremusic/engine.h>, which calls the interface as the MIDI server of macOS does: FindDevices (version 1),
 * then Start; Send, SendPackets, EnableSource, Flush while it runs; Stop when it is taken out. Every function
 * is [any].
 */
#ifndef CoreMIDI_MIDIDriver_h
#define CoreMIDI_MIDIDriver_h

#include <CoreMIDI/MIDISetup.h>
#include <CoreFoundation/CFPlugInCOM.h>
#include <CoreFoundation/CFRunLoop.h>

typedef struct MIDIDriverInterface MIDIDriverInterface;
typedef MIDIDriverInterface **MIDIDriverRef;
typedef MIDIObjectRef MIDIDeviceListRef;

/*
 * Names of the type of driver plug-ins and of the three versions of its interface, for a driver's
 * QueryInterface.
 */
#define kMIDIDriverTypeID                                                                                    \
    CFUUIDGetConstantUUIDWithBytes(NULL, 0xEC, 0xDE, 0x95, 0x74, 0x0F, 0xE4, 0x11, 0xD4, 0xBB, 0x1A, 0x00,   \
                                   0x50, 0xE4, 0xCE, 0xA5, 0x26)
#define kMIDIDriverInterfaceID                                                                               \
    CFUUIDGetConstantUUIDWithBytes(NULL, 0x49, 0xDF, 0xCA, 0x9E, 0x0F, 0xE5, 0x11, 0xD4, 0x95, 0x0D, 0x00,   \
                                   0x50, 0xE4, 0xCE, 0xA5, 0x26)
#define kMIDIDriverInterface2ID                                                                              \
    CFUUIDGetConstantUUIDWithBytes(NULL, 0x43, 0xC9, 0x8C, 0x3C, 0x30, 0x6C, 0x11, 0xD5, 0xAF, 0x73, 0x00,   \
                                   0x30, 0x65, 0xA8, 0x30, 0x1E)
#define kMIDIDriverInterface3ID                                                                              \
    CFUUIDGetConstantUUIDWithBytes(NULL, 0x2F, 0xD9, 0x4D, 0x0F, 0x8C, 0x2A, 0x48, 0x2A, 0x8A, 0xD8, 0x7D,   \
                                   0x9E, 0xA3, 0x81, 0xC9, 0xC1)

/*
 * What a driver offers. Send and SendPackets come when the messages are due, one at a time for each
 * destination; their two pointers are those of MIDIEndpointSetRefCons. A version 1 interface ends before
 * EnableSource, version 2 before SendPackets.
 */
struct MIDIDriverInterface {
    void *_reserved;
    HRESULT (*QueryInterface)(void *thisPointer, REFIID iid, LPVOID *ppv);
    ULONG (*AddRef)(void *thisPointer);
    ULONG (*Release)(void *thisPointer);
    OSStatus (*FindDevices)(MIDIDriverRef self, MIDIDeviceListRef devList);
    OSStatus (*Start)(MIDIDriverRef self, MIDIDeviceListRef devList);
    OSStatus (*Stop)(MIDIDriverRef self);
    OSStatus (*Configure)(MIDIDriverRef self, MIDIDeviceRef device);
    OSStatus (*Send)(MIDIDriverRef self, const MIDIPacketList *pktlist, void *destRefCon1, void *destRefCon2);
    OSStatus (*EnableSource)(MIDIDriverRef self, MIDIEndpointRef src, Boolean enabled);
    OSStatus (*Flush)(MIDIDriverRef self, MIDIEndpointRef dest, void *destRefCon1, void *destRefCon2);
    OSStatus (*Monitor)(MIDIDriverRef self, MIDIEndpointRef dest, const MIDIPacketList *pktlist);
    OSStatus (*SendPackets)(MIDIDriverRef self, const MIDIEventList *pktlist, void *destRefCon1,
                            void *destRefCon2);
    OSStatus (*MonitorEvents)(MIDIDriverRef self, MIDIEndpointRef dest, const MIDIEventList *pktlist);
};

CF_EXTERN_C_BEGIN

/* Of a driver's bundle; i: it uses serial ports. Here it is a property of its devices. */
extern const CFStringRef kMIDIDriverPropertyUsesSerial;

/* A device that is in no setup yet, without entities; owner is the driver, or NULL. */
extern OSStatus MIDIDeviceCreate(MIDIDriverRef owner, CFStringRef name, CFStringRef manufacturer,
                                 CFStringRef model, MIDIDeviceRef *outDevice);
/* kMIDINotPermitted for a device that is in the setup. */
extern OSStatus MIDIDeviceDispose(MIDIDeviceRef device);

/* Device lists: what FindDevices fills, and MIDIGetDriverDeviceList makes. */
extern ItemCount MIDIDeviceListGetNumberOfDevices(MIDIDeviceListRef devList);
/* 0 for an index that there is not. */
extern MIDIDeviceRef MIDIDeviceListGetDevice(MIDIDeviceListRef devList, ItemCount index0);
extern OSStatus MIDIDeviceListAddDevice(MIDIDeviceListRef devList, MIDIDeviceRef dev);
/* The devices stay. */
extern OSStatus MIDIDeviceListDispose(MIDIDeviceListRef devList);

/* Two pointers of the owner's. */
extern OSStatus MIDIEndpointSetRefCons(MIDIEndpointRef endpt, void *ref1, void *ref2);
extern OSStatus MIDIEndpointGetRefCons(MIDIEndpointRef endpt, void **ref1, void **ref2);

/* The run loop of a thread for drivers' input and output; it runs for ever. NULL: it could not be started. */
extern CFRunLoopRef MIDIGetDriverIORunLoop(void);
/* The driver's devices in the setup, the caller's to dispose of; an empty list for no driver. */
extern MIDIDeviceListRef MIDIGetDriverDeviceList(MIDIDriverRef driver);
/*
 * Lets a registered driver of version 2 or 3 see (Monitor, MonitorEvents) what is sent to any driver's
 * destination. While one does, sending to those allocates.
 */
extern OSStatus MIDIDriverEnableMonitoring(MIDIDriverRef driver, Boolean enabled);

CF_EXTERN_C_END

#endif
