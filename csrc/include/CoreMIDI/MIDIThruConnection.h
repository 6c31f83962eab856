/*
 * CoreMIDI/MIDIThruConnection.h: connections in the server that carry messages from sources to destinations
 * and change them on the way.
 *
 * Every function is [any]; none may be called on a render thread. Parameters travel as CFData that holds a
 * MIDIThruConnectionParams, then its control transforms, then its value maps.
 */
#ifndef CoreMIDI_MIDIThruConnection_h
#define CoreMIDI_MIDIThruConnection_h

#include <CoreMIDI/MIDIServices.h>
#include <stddef.h>

typedef MIDIObjectRef MIDIThruConnectionRef;
typedef UInt16 MIDITransformType;
typedef UInt8 MIDITransformControlType;

enum {
    kMIDITransform_None = 0,
    kMIDITransform_FilterOut = 1,  /* the message is left out */
    kMIDITransform_MapControl = 2, /* the message becomes a control change; param: its controller */
    kMIDITransform_Add = 8,        /* param is added */
    kMIDITransform_Scale = 9,      /* param: factor, fixed point with 12 bits of fraction */
    kMIDITransform_MinValue = 10,  /* lower values become param */
    kMIDITransform_MaxValue = 11,  /* higher values become param */
    kMIDITransform_MapValue = 12,  /* param: index of a value map */

    kMIDIThruConnection_MaxEndpoints = 8,

    kMIDIControlType_7Bit = 0,  /* controllers 0 .. 127 */
    kMIDIControlType_14Bit = 1, /* controllers 0 .. 31 with 32 .. 63 as their fine half */
    kMIDIControlType_7BitRPN = 2,
    kMIDIControlType_14BitRPN = 3,
    kMIDIControlType_7BitNRPN = 4,
    kMIDIControlType_14BitNRPN = 5
};

/* What each value from 0 to 127 becomes. */
typedef struct MIDIValueMap {
    UInt8 value[128];
} MIDIValueMap;

typedef struct MIDITransform {
    MIDITransformType transform;
    SInt16 param;
} MIDITransform;

typedef struct MIDIControlTransform {
    MIDITransformControlType controlType;
    MIDITransformControlType remappedControlType; /* of kMIDITransform_MapControl */
    UInt16 controlNumber;                         /* of parameters 14 bits */
    MIDITransformType transform;
    SInt16 param; /* of kMIDITransform_MapControl the new number */
} MIDIControlTransform;

/* One of the two is enough: a reference of 0 means that the unique id tells which. */
typedef struct MIDIThruConnectionEndpoint {
    MIDIEndpointRef endpointRef;
    MIDIUniqueID uniqueID;
} MIDIThruConnectionEndpoint;

typedef struct MIDIThruConnectionParams {
    UInt32 version; /* 0 */
    UInt32 numSources;
    MIDIThruConnectionEndpoint sources[kMIDIThruConnection_MaxEndpoints];
    UInt32 numDestinations;
    MIDIThruConnectionEndpoint destinations[kMIDIThruConnection_MaxEndpoints];
    UInt8 channelMap[16]; /* the channel that each becomes; 0xFF: left out */
    UInt8 lowVelocity;    /* notes below are left out */
    UInt8 highVelocity;   /* notes above are left out; 0: none are */
    UInt8 lowNote;        /* notes below, and above highNote, are left out; */
    UInt8 highNote;       /* where highNote is the lower one, those between the two */
    MIDITransform noteNumber;
    MIDITransform velocity;
    MIDITransform keyPressure;
    MIDITransform channelPressure;
    MIDITransform programChange;
    MIDITransform pitchBend;
    UInt8 filterOutSysEx;
    UInt8 filterOutMTC;
    UInt8 filterOutBeatClock;
    UInt8 filterOutTuneRequest;
    UInt8 reserved2[3];
    UInt8 filterOutAllControls;
    UInt16 numControlTransforms;
    UInt16 numMaps;
    UInt16 reserved3[4];
} MIDIThruConnectionParams;

CF_EXTERN_C_BEGIN

/* Bytes of the parameters with the control transforms and value maps that they announce. */
extern size_t MIDIThruConnectionParamsSize(const MIDIThruConnectionParams *ptr);

/* Parameters that change nothing, with no endpoint yet. */
extern void MIDIThruConnectionParamsInitialize(MIDIThruConnectionParams *inConnectionParams);

/*
 * A new connection. With an owner's id it survives the process: the next one of the same user finds it again.
 * NULL parameters are those of MIDIThruConnectionParamsInitialize. Endpoints that are not there yet are
 * connected when they come. kAudio_ParamError for parameters that are no such.
 */
extern OSStatus MIDIThruConnectionCreate(CFStringRef inPersistentOwnerID, CFDataRef inConnectionParams,
                                         MIDIThruConnectionRef *outConnection);

/* Ends a connection, a persistent one for good. Nothing passes through it once this has returned. */
extern OSStatus MIDIThruConnectionDispose(MIDIThruConnectionRef connection);

/* *outConnectionParams is the caller's to release. */
extern OSStatus MIDIThruConnectionGetParams(MIDIThruConnectionRef connection, CFDataRef *outConnectionParams);

/* Changes a connection while messages flow: notes that sound end as they began. */
extern OSStatus MIDIThruConnectionSetParams(MIDIThruConnectionRef connection, CFDataRef inConnectionParams);

/*
 * The connections of an owner: an array of MIDIThruConnectionRef, the caller's to release. Those that other
 * processes of the user left in the file are brought to life in this one.
 */
extern OSStatus MIDIThruConnectionFind(CFStringRef inPersistentOwnerID, CFDataRef *outConnectionList);

CF_EXTERN_C_END

#endif
