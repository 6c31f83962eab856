/*
 * CoreMIDI/MIDIServices.h: clients, ports, endpoints, their properties, and messages between them.
 *
 * The MIDI server lives in this process. References are numbers with a generation: a stale or invented one is
 * answered with kMIDIInvalidClient, kMIDIInvalidPort, kMIDIUnknownEndpoint or, for devices, entities and
 * property calls, kMIDIObjectNotFound; a source where a destination is wanted, or the other way round, with
 * kMIDIWrongEndpointType. Every function is [any] unless tagged; none may be called on a render thread but
 * those tagged [render].
 *
 * Threads. A message without a time, or with one that has passed, is delivered on the sender's thread before
 * the call returns; a later one by the server's scheduler thread at its time. One receiver (an input port, a
 * virtual destination) is never called by two threads at once: while it is busy, what comes for it waits in a
 * queue and is delivered by the thread that is inside it. Notifications come one at a time on a thread of the
 * server; no run loop is needed.
 *
 * A callback may call anything, dispose of its own port, endpoint or client included. Disposing from outside
 * of all MIDI callbacks returns only when no callback of the disposed object is running; from inside of one
 * it returns at once. No callback of the object begins afterwards.
 *
 * A child of fork() begins anew: references of before are stale there, and JACK is not for a child whose
 * parent used it.
 *
 * A message that a callback sends on at once is one hop further than the one that it answers. After 256 hops
 * it is dropped and the send returns kMIDIMessageSendErr, so that a loop of connections ends. A message
 * with a time in the future begins again at 0.
 */
#ifndef CoreMIDI_MIDIServices_h
#define CoreMIDI_MIDIServices_h

#include <CoreFoundation/CoreFoundation.h>

typedef UInt32 MIDIObjectRef;
typedef MIDIObjectRef MIDIClientRef;
typedef MIDIObjectRef MIDIPortRef;
typedef MIDIObjectRef MIDIDeviceRef;
typedef MIDIObjectRef MIDIEntityRef;
typedef MIDIObjectRef MIDIEndpointRef;
typedef UInt64 MIDITimeStamp; /* host time (CoreAudio/HostTime.h); 0 is now where said so */
typedef SInt32 MIDIObjectType;
typedef SInt32 MIDIUniqueID;
typedef SInt32 MIDIProtocolID;
typedef SInt32 MIDINotificationMessageID;

enum {
    kMIDIInvalidClient = -10830,
    kMIDIInvalidPort = -10831,
    kMIDIWrongEndpointType = -10832,
    kMIDINoConnection = -10833,
    kMIDIUnknownEndpoint = -10834,
    kMIDIUnknownProperty = -10835,
    kMIDIWrongPropertyType = -10836,
    kMIDINoCurrentSetup = -10837,
    kMIDIMessageSendErr = -10838,
    kMIDIServerStartErr = -10839,
    kMIDISetupFormatErr = -10840,
    kMIDIWrongThread = -10841,
    kMIDIObjectNotFound = -10842,
    kMIDIIDNotUnique = -10843,
    kMIDINotPermitted = -10844,
    kMIDIUnknownError = -10845,

    kMIDIObjectType_Other = -1, /* clients, ports, set-ups, device lists, thru connections */
    kMIDIObjectType_Device = 0,
    kMIDIObjectType_Entity = 1,
    kMIDIObjectType_Source = 2,
    kMIDIObjectType_Destination = 3,
    kMIDIObjectType_ExternalDevice = 16,
    kMIDIObjectType_ExternalEntity = 17,
    kMIDIObjectType_ExternalSource = 18,
    kMIDIObjectType_ExternalDestination = 19,

    kMIDIInvalidUniqueID = 0,
    kMIDIProtocol_1_0 = 1,
    kMIDIProtocol_2_0 = 2,
    kMIDIMsgSetupChanged = 1,           /* MIDINotification; after the others that one change makes */
    kMIDIMsgObjectAdded = 2,            /* MIDIObjectAddRemoveNotification */
    kMIDIMsgObjectRemoved = 3,          /* MIDIObjectAddRemoveNotification; the references are stale */
    kMIDIMsgPropertyChanged = 4,        /* MIDIObjectPropertyChangeNotification */
    kMIDIMsgThruConnectionsChanged = 5, /* MIDINotification */
    kMIDIMsgSerialPortOwnerChanged = 6, /* MIDINotification */
    kMIDIMsgIOError = 7                 /* MIDIIOErrorNotification */
};

/* The bit that tells the External types from the others. */
static const MIDIObjectType kMIDIObjectType_ExternalMask = 0x10;

typedef struct MIDIPacketList MIDIPacketList;
typedef struct MIDIEventList MIDIEventList;
typedef struct MIDISysexSendRequest MIDISysexSendRequest;
typedef struct MIDISysexSendRequestUMP MIDISysexSendRequestUMP;
typedef struct MIDINotification MIDINotification;

/*
 * Callbacks. Lists and notifications are lent for the call. readProcRefCon is what the port was created with,
 * srcConnRefCon what the source was connected with (NULL for a virtual destination).
 */
typedef void (*MIDINotifyProc)(const MIDINotification *message, void *refCon);
typedef void (*MIDIReadProc)(const MIDIPacketList *pktlist, void *readProcRefCon, void *srcConnRefCon);
typedef void (*MIDICompletionProc)(MIDISysexSendRequest *request);
typedef void (*MIDICompletionProcUMP)(MIDISysexSendRequestUMP *request);

/* Blocks, without the refCon. To compilers that have none, a pointer to what Clang's block ABI describes. */
#ifdef __BLOCKS__
typedef void (^MIDINotifyBlock)(const MIDINotification *message);
typedef void (^MIDIReadBlock)(const MIDIPacketList *pktlist, void *srcConnRefCon);
typedef void (^MIDIReceiveBlock)(const MIDIEventList *evtlist, void *srcConnRefCon);
#else
typedef const void *MIDINotifyBlock;
typedef const void *MIDIReadBlock;
typedef const void *MIDIReceiveBlock;
#endif

#pragma pack(push, 4)

/* One moment's messages as Universal MIDI Packets, whole ones, in the processor's byte order. */
typedef struct MIDIEventPacket {
    MIDITimeStamp timeStamp;
    UInt32 wordCount; /* at most 64 */
    UInt32 words[64];
} MIDIEventPacket;

struct MIDIEventList {
    MIDIProtocolID protocol;
    UInt32 numPackets;
    MIDIEventPacket packet[1];
};

/* One moment's messages as bytes. A SysEx may go on from packet to packet; other messages are whole. */
typedef struct MIDIPacket {
    MIDITimeStamp timeStamp;
    UInt16 length;
    Byte data[256]; /* length of them: possibly fewer, possibly more */
} MIDIPacket;

struct MIDIPacketList {
    UInt32 numPackets;
    MIDIPacket packet[1];
};

#pragma pack(pop)

/* See MIDISendSysex. */
struct MIDISysexSendRequest {
    MIDIEndpointRef destination;
    const Byte *data;   /* moves on as bytes are sent */
    UInt32 bytesToSend; /* goes down as bytes are sent */
    Boolean complete;   /* becomes true at the end; set by the caller, it ends the sending */
    Byte reserved[3];
    MIDICompletionProc completionProc;
    void *completionRefCon;
};

/* See MIDISendUMPSysex. */
struct MIDISysexSendRequestUMP {
    MIDIEndpointRef destination;
    UInt32 *words;
    UInt32 wordsToSend;
    Boolean complete;
    MIDICompletionProcUMP completionProc;
    void *completionRefCon;
};

struct MIDINotification {
    MIDINotificationMessageID messageID;
    UInt32 messageSize; /* bytes, of the whole struct */
};

typedef struct MIDIObjectAddRemoveNotification {
    MIDINotificationMessageID messageID;
    UInt32 messageSize;
    MIDIObjectRef parent; /* 0 for what has none: devices, virtual endpoints */
    MIDIObjectType parentType;
    MIDIObjectRef child;
    MIDIObjectType childType;
} MIDIObjectAddRemoveNotification;

typedef struct MIDIObjectPropertyChangeNotification {
    MIDINotificationMessageID messageID;
    UInt32 messageSize;
    MIDIObjectRef object;
    MIDIObjectType objectType;
    CFStringRef propertyName; /* lent */
} MIDIObjectPropertyChangeNotification;

typedef struct MIDIIOErrorNotification {
    MIDINotificationMessageID messageID;
    UInt32 messageSize;
    MIDIDeviceRef driverDevice;
    OSStatus errorCode;
} MIDIIOErrorNotification;

CF_EXTERN_C_BEGIN

/* Names of properties: strings, integers (i), data (d), dictionaries (D). Others may be set as well. */
extern const CFStringRef kMIDIPropertyName;
extern const CFStringRef kMIDIPropertyManufacturer;
extern const CFStringRef kMIDIPropertyModel;
extern const CFStringRef kMIDIPropertyUniqueID;         /* i; can be set, kMIDIIDNotUnique when it is taken */
extern const CFStringRef kMIDIPropertyDeviceID;         /* i: SysEx ID 0 .. 0x7F */
extern const CFStringRef kMIDIPropertyReceiveChannels;  /* i: bit 0 is channel 1 */
extern const CFStringRef kMIDIPropertyTransmitChannels; /* i */
extern const CFStringRef kMIDIPropertyMaxSysExSpeed;    /* i: bytes per second */
extern const CFStringRef
    kMIDIPropertyAdvanceScheduleTimeMuSec;                  /* i: delivered this much early; not inherited */
extern const CFStringRef kMIDIPropertyIsEmbeddedEntity;     /* i */
extern const CFStringRef kMIDIPropertyIsBroadcast;          /* i */
extern const CFStringRef kMIDIPropertySingleRealtimeEntity; /* i */
extern const CFStringRef kMIDIPropertyConnectionUniqueID;   /* i, or d: big-endian SInt32s */
extern const CFStringRef kMIDIPropertyOffline;              /* i */
extern const CFStringRef kMIDIPropertyPrivate;              /* i: hidden from other clients */
extern const CFStringRef kMIDIPropertyDriverOwner;
extern const CFStringRef kMIDIPropertyFactoryPatchNameFile;        /* d */
extern const CFStringRef kMIDIPropertyUserPatchNameFile;           /* d */
extern const CFStringRef kMIDIPropertyNameConfiguration;           /* D */
extern const CFStringRef kMIDIPropertyNameConfigurationDictionary; /* D */
extern const CFStringRef kMIDIPropertyImage;
extern const CFStringRef kMIDIPropertyDriverVersion;       /* i */
extern const CFStringRef kMIDIPropertySupportsGeneralMIDI; /* i, as all down to MaxTransmitChannels */
extern const CFStringRef kMIDIPropertySupportsMMC;
extern const CFStringRef kMIDIPropertyCanRoute;
extern const CFStringRef kMIDIPropertyReceivesClock;
extern const CFStringRef kMIDIPropertyReceivesMTC;
extern const CFStringRef kMIDIPropertyReceivesNotes;
extern const CFStringRef kMIDIPropertyReceivesProgramChanges;
extern const CFStringRef kMIDIPropertyReceivesBankSelectMSB;
extern const CFStringRef kMIDIPropertyReceivesBankSelectLSB;
extern const CFStringRef kMIDIPropertyTransmitsClock;
extern const CFStringRef kMIDIPropertyTransmitsMTC;
extern const CFStringRef kMIDIPropertyTransmitsNotes;
extern const CFStringRef kMIDIPropertyTransmitsProgramChanges;
extern const CFStringRef kMIDIPropertyTransmitsBankSelectMSB;
extern const CFStringRef kMIDIPropertyTransmitsBankSelectLSB;
extern const CFStringRef kMIDIPropertyPanDisruptsStereo;
extern const CFStringRef kMIDIPropertyIsSampler;
extern const CFStringRef kMIDIPropertyIsDrumMachine;
extern const CFStringRef kMIDIPropertyIsMixer;
extern const CFStringRef kMIDIPropertyIsEffectUnit;
extern const CFStringRef kMIDIPropertyMaxReceiveChannels;
extern const CFStringRef kMIDIPropertyMaxTransmitChannels;
extern const CFStringRef kMIDIPropertyDriverDeviceEditorApp;
extern const CFStringRef kMIDIPropertySupportsShowControl; /* i */
/* What to show the user: the device's and the endpoint's name in one, unless it was set. */
extern const CFStringRef kMIDIPropertyDisplayName;
extern const CFStringRef kMIDIPropertyProtocolID;              /* i: MIDIProtocolID */
extern const CFStringRef kMIDIPropertyUMPActiveGroupBitmap;    /* i: bit 0 is group 1 */
extern const CFStringRef kMIDIPropertyUMPCanTransmitGroupless; /* i */

/* ---- clients and ports ----
 * The name is copied. Disposing of a client disposes of its ports and virtual endpoints. A block may be NULL;
 * it is copied, and released when no call of it is running any more. Blocks that capture values need the
 * block runtime in the process (libBlocksRuntime): without one they are refused with paramErr (-50). */

/*
 * A client, which every port and virtual endpoint belongs to. It is told of changes from now on; notifyProc
 * may be NULL.
 */
extern OSStatus MIDIClientCreate(CFStringRef name, MIDINotifyProc notifyProc, void *notifyRefCon,
                                 MIDIClientRef *outClient);
extern OSStatus MIDIClientCreateWithBlock(CFStringRef name, MIDIClientRef *outClient,
                                          MIDINotifyBlock notifyBlock);
extern OSStatus MIDIClientDispose(MIDIClientRef client);

/* readProc gets byte messages, whatever the source sends, and may be NULL. */
extern OSStatus MIDIInputPortCreate(MIDIClientRef client, CFStringRef portName, MIDIReadProc readProc,
                                    void *refCon, MIDIPortRef *outPort);
extern OSStatus MIDIInputPortCreateWithBlock(MIDIClientRef client, CFStringRef portName, MIDIPortRef *outPort,
                                             MIDIReadBlock readBlock);
/*
 * receiveBlock gets event lists, translated to the protocol. CMMIDIInputPortCreateWithProtocol in
 * <coremusic/engine.h> takes a function in place of the block.
 */
extern OSStatus MIDIInputPortCreateWithProtocol(MIDIClientRef client, CFStringRef portName,
                                                MIDIProtocolID protocol, MIDIPortRef *outPort,
                                                MIDIReceiveBlock receiveBlock);
/* A port to send from. */
extern OSStatus MIDIOutputPortCreate(MIDIClientRef client, CFStringRef portName, MIDIPortRef *outPort);
extern OSStatus MIDIPortDispose(MIDIPortRef port);

/* Connecting again changes connRefCon. */
extern OSStatus MIDIPortConnectSource(MIDIPortRef port, MIDIEndpointRef source, void *connRefCon);
/* kMIDINoConnection when they are not connected. */
extern OSStatus MIDIPortDisconnectSource(MIDIPortRef port, MIDIEndpointRef source);

/* ---- devices, entities, endpoints ----
 * Counts are 0 and references 0 for what does not exist; indexes begin at 0. What is found may go at any
 * time: its reference is stale then. */

/* The devices of the setup, their entities, and the endpoints of those. */
extern ItemCount MIDIGetNumberOfDevices(void);
extern MIDIDeviceRef MIDIGetDevice(ItemCount deviceIndex0);
extern ItemCount MIDIDeviceGetNumberOfEntities(MIDIDeviceRef device);
extern MIDIEntityRef MIDIDeviceGetEntity(MIDIDeviceRef device, ItemCount entityIndex0);
extern ItemCount MIDIEntityGetNumberOfSources(MIDIEntityRef entity);
extern MIDIEndpointRef MIDIEntityGetSource(MIDIEntityRef entity, ItemCount sourceIndex0);
extern ItemCount MIDIEntityGetNumberOfDestinations(MIDIEntityRef entity);
extern MIDIEndpointRef MIDIEntityGetDestination(MIDIEntityRef entity, ItemCount destIndex0);
/* kMIDIObjectNotFound for an entity that is in no device any more. */
extern OSStatus MIDIEntityGetDevice(MIDIEntityRef inEntity, MIDIDeviceRef *outDevice);
/* All of the devices' endpoints that are online, then the virtual ones. */
extern ItemCount MIDIGetNumberOfSources(void);
extern MIDIEndpointRef MIDIGetSource(ItemCount sourceIndex0);
extern ItemCount MIDIGetNumberOfDestinations(void);
extern MIDIEndpointRef MIDIGetDestination(ItemCount destIndex0);
/* kMIDIObjectNotFound for a virtual endpoint. */
extern OSStatus MIDIEndpointGetEntity(MIDIEndpointRef inEndpoint, MIDIEntityRef *outEntity);
/* What the user says is plugged into the devices; of no use for sending and hearing. */
extern ItemCount MIDIGetNumberOfExternalDevices(void);
extern MIDIDeviceRef MIDIGetExternalDevice(ItemCount deviceIndex0);

/* A virtual destination: readProc gets what anyone sends to it, as bytes; may be NULL. */
extern OSStatus MIDIDestinationCreate(MIDIClientRef client, CFStringRef name, MIDIReadProc readProc,
                                      void *refCon, MIDIEndpointRef *outDest);
extern OSStatus MIDIDestinationCreateWithBlock(MIDIClientRef client, CFStringRef name,
                                               MIDIEndpointRef *outDest, MIDIReadBlock readBlock);
/* readBlock gets event lists of the protocol. CMMIDIDestinationCreateWithProtocol takes a function. */
extern OSStatus MIDIDestinationCreateWithProtocol(MIDIClientRef client, CFStringRef name,
                                                  MIDIProtocolID protocol, MIDIEndpointRef *outDest,
                                                  MIDIReceiveBlock readBlock);
/* A virtual source: its client feeds it with MIDIReceived or MIDIReceivedEventList. */
extern OSStatus MIDISourceCreateWithProtocol(MIDIClientRef client, CFStringRef name, MIDIProtocolID protocol,
                                             MIDIEndpointRef *outSrc);
extern OSStatus MIDISourceCreate(MIDIClientRef client, CFStringRef name, MIDIEndpointRef *outSrc);
/* Virtual endpoints only; kMIDINotPermitted for those of a device. */
extern OSStatus MIDIEndpointDispose(MIDIEndpointRef endpt);

/* ---- properties ----
 * An endpoint answers with its entity's, an entity with its device's property when it has none of its own;
 * kMIDIUnknownProperty when none has. A value of another type is kMIDIWrongPropertyType. */

/* The value is copied; a change is told to all clients. kMIDINotPermitted for what is not to be changed. */
extern OSStatus MIDIObjectGetIntegerProperty(MIDIObjectRef obj, CFStringRef propertyID, SInt32 *outValue);
extern OSStatus MIDIObjectSetIntegerProperty(MIDIObjectRef obj, CFStringRef propertyID, SInt32 value);
/* What comes out of the Get functions from here on is the caller's to release. */
extern OSStatus MIDIObjectGetStringProperty(MIDIObjectRef obj, CFStringRef propertyID, CFStringRef *str);
extern OSStatus MIDIObjectSetStringProperty(MIDIObjectRef obj, CFStringRef propertyID, CFStringRef str);
extern OSStatus MIDIObjectGetDataProperty(MIDIObjectRef obj, CFStringRef propertyID, CFDataRef *outData);
extern OSStatus MIDIObjectSetDataProperty(MIDIObjectRef obj, CFStringRef propertyID, CFDataRef data);
extern OSStatus MIDIObjectGetDictionaryProperty(MIDIObjectRef obj, CFStringRef propertyID,
                                                CFDictionaryRef *outDict);
extern OSStatus MIDIObjectSetDictionaryProperty(MIDIObjectRef obj, CFStringRef propertyID,
                                                CFDictionaryRef dict);
/*
 * The object's own properties in a dictionary; deep adds "entities" to a device's, "sources" and
 * "destinations" to an entity's, arrays of such dictionaries.
 */
extern OSStatus MIDIObjectGetProperties(MIDIObjectRef obj, CFPropertyListRef *outProperties, Boolean deep);
/* The object's own. kMIDINotPermitted for the unique id and the protocol. */
extern OSStatus MIDIObjectRemoveProperty(MIDIObjectRef obj, CFStringRef propertyID);
/* Devices, entities and endpoints. kMIDIObjectNotFound when none has this id. */
extern OSStatus MIDIObjectFindByUniqueID(MIDIUniqueID inUniqueID, MIDIObjectRef *outObject,
                                         MIDIObjectType *outObjectType);

/* ---- sending ---- */

/*
 * [render, where the destination's receiver is] Sends each packet to a destination at its time, 0 for now;
 * a receiver sees the time when that was in place of 0. The list is checked first and refused as a whole with
 * kMIDIMessageSendErr: when its packets take more than 65,536 bytes or a Universal MIDI Packet is incomplete.
 * Allocates nothing unless a packet is for later, the receiver is busy, 64 KiB wait in a JACK port, or a
 * program of the ALSA sequencer has no room; what is more than another program takes at once waits, up to 64
 * MiB. kMIDIMessageSendErr also when the
 * receiver's or the scheduler's queue is full or at the 256th hop; CMMIDIGetStatistics counts what was lost.
 */
extern OSStatus MIDISendEventList(MIDIPortRef port, MIDIEndpointRef dest, const MIDIEventList *evtlist);
extern OSStatus MIDISend(MIDIPortRef port, MIDIEndpointRef dest, const MIDIPacketList *pktlist);

/*
 * Sends a SysEx of any length on a thread of the server, to a driver's endpoint no faster than its
 * kMIDIPropertyMaxSysExSpeed. The request and its data stay the caller's and must stay in place until
 * completionProc, which comes exactly once, on the server's thread, also after the caller set `complete` or
 * the destination went away (bytesToSend then tells what was not sent).
 */
extern OSStatus MIDISendSysex(MIDISysexSendRequest *request);
/* The same for words of message type 3 (SysEx7). */
extern OSStatus MIDISendUMPSysex(MIDISysexSendRequestUMP *umpRequest);
/* The same for words of message type 5 (SysEx8 and mixed data sets). */
extern OSStatus MIDISendUMPSysex8(MIDISysexSendRequestUMP *umpRequest);

/*
 * Bytes of the SysEx7 messages of one group (0 .. 15) in a packet, F0 and F7 included where they begin or end
 * there. *outData is the caller's to release; NULL with kMIDIUnknownError when there are none.
 */
extern OSStatus MIDIEventPacketSysexBytesForGroup(const MIDIEventPacket *pkt, UInt8 groupIndex,
                                                  CFDataRef *outData);

/*
 * [render, where the receivers are] What a source has to say, for all ports that are connected to it.
 * Delivered at once, with time stamps as they are. A virtual source is fed by its owner, a device's by its
 * driver.
 */
extern OSStatus MIDIReceivedEventList(MIDIEndpointRef src, const MIDIEventList *evtlist);
extern OSStatus MIDIReceived(MIDIEndpointRef src, const MIDIPacketList *pktlist);

/* Forgets what is scheduled for a destination; 0 for all. */
extern OSStatus MIDIFlushOutput(MIDIEndpointRef dest);
/* Lets every driver look for its devices again, and drivers that could not start try again. */
extern OSStatus MIDIRestart(void);

/* ---- building lists ---- */

/* The packet after this one, which must not be the last. Byte-packed, but 4-byte aligned on ARM. */
static inline MIDIPacket *MIDIPacketNext(const MIDIPacket *pkt)
{
    UInt16 length; /* packets need not be aligned for access as a struct */
    __builtin_memcpy(&length, (const char *)pkt + offsetof(MIDIPacket, length), sizeof length);
    uintptr_t next = (uintptr_t)pkt + offsetof(MIDIPacket, data) + length;
#if defined(__arm__) || defined(__aarch64__)
    next = (next + 3) & ~(uintptr_t)3;
#endif
    return (MIDIPacket *)next;
}

static inline MIDIEventPacket *MIDIEventPacketNext(const MIDIEventPacket *pkt)
{
    return (MIDIEventPacket *)((uintptr_t)pkt + offsetof(MIDIEventPacket, words) + 4 * pkt->wordCount);
}

/* An empty list; returns where its first packet goes. */
extern MIDIEventPacket *MIDIEventListInit(MIDIEventList *evtlist, MIDIProtocolID protocol);
extern MIDIPacket *MIDIPacketListInit(MIDIPacketList *pktlist);

/*
 * Appends messages to a list of listSize bytes in all. Joins curPacket when the time is the same and, for
 * bytes, neither is part of a SysEx. Returns the packet that they are in, to be passed in next; NULL, with
 * the list unchanged, when there is no room, the words are more than 64 or incomplete.
 */
extern MIDIEventPacket *MIDIEventListAdd(MIDIEventList *evtlist, ByteCount listSize,
                                         MIDIEventPacket *curPacket, MIDITimeStamp time, ByteCount wordCount,
                                         const UInt32 *words);
extern MIDIPacket *MIDIPacketListAdd(MIDIPacketList *pktlist, ByteCount listSize, MIDIPacket *curPacket,
                                     MIDITimeStamp time, ByteCount nData, const Byte *data);

CF_EXTERN_C_END

#endif
