/*
 * coremusic/engine.h: what this engine has beyond Apple's API. Nothing here exists on macOS.
 */
#ifndef coremusic_engine_h
#define coremusic_engine_h

#include <AudioToolbox/AudioComponent.h>
#include <AudioToolbox/AudioFile.h>
#include <AudioToolbox/AudioQueue.h>
#include <CoreAudioTypes/CoreAudioTypes.h>
#include <CoreMIDI/CoreMIDI.h>

/* File and format identifiers that Apple's headers do not name. */
enum {
    kCMAudioFileOggType = 'Oggf', /* Ogg with Vorbis, Opus or FLAC in it */

    kCMAudioFormatVorbis = 'vorb',
    kCMAudioFormatMicrosoftADPCM = 0x6D730002 /* 'ms' and WAVE_FORMAT_ADPCM */
};

/*
 * Properties of an AudioConverter. The matrix is an array of Float32, one row of output gains for each input
 * channel; it takes the place of kAudioConverterChannelMap. A UInt32 of 1 for PerformDownmix mixes where the
 * numbers of channels differ, instead of dropping channels; layouts that were not set are then taken to be
 * the usual ones for that many (6: L R C LFE Ls Rs), or those of the coded format.
 */
enum { kCMAudioConverterChannelMixMap = 'mmap', kCMAudioConverterPerformDownmix = 'dmix' };

/*
 * A property of an AudioQueue, UInt32, read only: how often an output queue ran out of sound in the middle of
 * it, or an input queue lost sound for want of a buffer.
 */
enum { kCMAudioQueueProperty_Underruns = 'cmur' };

CF_EXTERN_C_BEGIN

/* [any] "major.minor.patch". */
extern const char *CMEngineGetVersion(void);

/*
 * [any] One line about the calling thread's last failure with this status: which file, which missing library;
 * NULL when there is nothing to add to the number. Valid until the thread's next failure.
 */
extern const char *CMEngineGetErrorDetail(OSStatus status);

/* [any] Forgets the calling thread's last failure, so that it does not explain a later one with the same
 * status. */
extern void CMEngineForgetErrorDetail(void);

/*
 * [control] Gives up what was written to a file: closing it leaves the place that it was made for as it was
 * and returns userCanceledErr (-128). For files that are open for reading: kAudioFilePermissionsError.
 */
extern OSStatus CMAudioFileDiscard(AudioFileID file);

/*
 * [any] Keeps the memory of a queue's buffers until CMAudioQueueLetGo, once for each hold. AudioQueueDispose
 * on another thread does not wait for it: the queue stops and its handle is dead at once, and the last who
 * lets go frees the buffers. So whoever holds it may read and write buffers that were allocated from it,
 * however the queue ends meanwhile. kAudio_ParamError, and nothing to let go, for a queue that was disposed
 * of.
 */
extern OSStatus CMAudioQueueHold(AudioQueueRef queue);
/* [any] The queue was held. */
extern void CMAudioQueueLetGo(AudioQueueRef queue);

/*
 * [control] AudioComponentValidate, and why: *outReason (which may be NULL) is a text, the caller's to
 * release, unless the component passed.
 */
extern OSStatus CMAudioComponentValidate(AudioComponent component, CFDictionaryRef parameters,
                                         AudioComponentValidationResult *outResult, CFStringRef *outReason);

/* ---- drivers ---- */

/*
 * [control] Chooses where devices come from: "pulse", "jack", "alsa", or "virtual" for the virtual devices
 * alone, which are there whatever is chosen; NULL tries all in that order, as the first use of a device does
 * unless the environment has COREMUSIC_DRIVER. Devices of the driver before are gone afterwards, and their
 * listeners told. When the driver does not open, nothing changes; the detail says why.
 * Where none opens but "virtual" and nobody chose that, a server may come later: while no device runs, asking
 * the system object for devices or defaults, or for the driver's name, tries again, at most once a second.
 * kAudioHardwareIllegalOperationError for a name that there is not, or from inside an IOProc.
 */
extern OSStatus CMEngineSelectDriver(const char *name);

/* [any] The driver that the devices come from; "virtual" where there are only virtual ones. Static text. */
extern const char *CMEngineGetDriver(void);

/* [any] The drivers that this engine knows, in the order of preference; NULL after the last. Static text. */
extern const char *CMEngineGetDriverAtIndex(UInt32 index);

/* ---- the virtual devices ---- */

/*
 * [control] Takes the clock of all virtual devices into the caller's hand, or gives it back. By hand no
 * virtual time passes but in CMVirtualAdvance. Not from inside an IOProc.
 */
extern OSStatus CMVirtualSetManualClock(Boolean manual);
extern Boolean CMVirtualIsManualClock(void);

/*
 * [control] By hand: lets the time of `frames` frames at `rate` Hz pass. Calls the IOProcs of all running
 * virtual devices for every buffer that ends meanwhile, in order of time, on the calling thread, and returns
 * when they are done. Whole buffers only: a rest counts at the next call.
 * kAudioHardwareIllegalOperationError unless the clock is in hand, from inside an IOProc, and for less than 1
 * Hz.
 */
extern OSStatus CMVirtualAdvance(UInt64 frames, Float64 rate);

/*
 * Virtual devices are named by their uid: "coremusic:virtual:output", "coremusic:virtual:input" and
 * "coremusic:virtual:loopback", which hears what the output plays, are always there. All of the following are
 * [control] and give kAudioHardwareBadDeviceError for a uid that there is not, and
 * kAudioHardwareIllegalOperationError for a value out of range and from inside an IOProc. Samples are
 * Float32, interleaved, as many channels as the device has on that side.
 */

/* How many channels a device has on each side. */
extern OSStatus CMVirtualGetChannels(const char *uid, UInt32 *outInputChannels, UInt32 *outOutputChannels);

/*
 * Capture: what an output plays from now on is kept until it is read; what does not fit into `frames` frames
 * (or somewhat more) is lost, and counted. Read takes up to *ioFrames frames and says how many there were.
 * Starting again begins anew.
 */
extern OSStatus CMVirtualStartCapture(const char *uid, UInt64 frames);
extern OSStatus CMVirtualReadCapture(const char *uid, UInt32 *ioFrames, Float32 *outSamples);
extern OSStatus CMVirtualGetCaptureLoss(const char *uid, UInt64 *outFrames);
extern OSStatus CMVirtualStopCapture(const char *uid);

/*
 * Feed: an input hears these frames (copied) after all that were fed before, and silence when they have
 * ended. A loopback cannot be fed.
 */
extern OSStatus CMVirtualFeed(const char *uid, UInt32 frames, const Float32 *samples);
extern OSStatus CMVirtualGetFeedLeft(const char *uid, UInt64 *outFrames);

/*
 * What goes wrong with devices. An overload: the next cycle comes a buffer late, which is lost.
 * kAudioHardwareNotRunningError when the device does not run. Drift: the clock is that many parts per million
 * fast, from the next cycle on. Unplugged: the device is gone, with its stream, until it is plugged again (as
 * a new AudioObject).
 */
extern OSStatus CMVirtualInjectOverload(const char *uid);
extern OSStatus CMVirtualSetDrift(const char *uid, Float64 ppm);
extern OSStatus CMVirtualSetPlugged(const char *uid, Boolean plugged);

/*
 * Further devices, of 0 .. 64 channels on each side and any rate from 1 to 768 kHz. name may be NULL.
 * kAudioHardwareIllegalOperationError for a uid that there is already, and for removing one that was always
 * there. The list of devices is the new one when these return; listeners are told a moment later.
 */
extern OSStatus CMVirtualAddDevice(const char *uid, const char *name, UInt32 inputChannels,
                                   UInt32 outputChannels, Float64 rate);
extern OSStatus CMVirtualRemoveDevice(const char *uid);

/* ---- MIDI ----
 * Other programs' ports and hardware come through the ALSA sequencer and JACK, whichever answers when MIDI is
 * first used; MIDIRestart looks again. The variable COREMUSIC_MIDI_DRIVERS names fewer ("alsa,jack", "none").
 */

/* What a MIDIReceiveBlock is on macOS: evtlist is lent, srcConnRefCon NULL for a virtual destination. */
typedef void (*CMMIDIReceiveProc)(const MIDIEventList *evtlist, void *refCon, void *srcConnRefCon);

/*
 * [any] MIDIInputPortCreateWithProtocol and MIDIDestinationCreateWithProtocol with a function in place of a
 * block. What arrives is translated to the protocol. receiveProc may be NULL.
 */
extern OSStatus CMMIDIInputPortCreateWithProtocol(MIDIClientRef client, CFStringRef portName,
                                                  MIDIProtocolID protocol, CMMIDIReceiveProc receiveProc,
                                                  void *refCon, MIDIPortRef *outPort);
extern OSStatus CMMIDIDestinationCreateWithProtocol(MIDIClientRef client, CFStringRef name,
                                                    MIDIProtocolID protocol, CMMIDIReceiveProc receiveProc,
                                                    void *refCon, MIDIEndpointRef *outDest);

/* A function block of UMP 1.1: groups of an endpoint that belong together. */
typedef struct CMMIDIFunctionBlock {
    CFStringRef name; /* up to 91 bytes of UTF-8; NULL: none */
    Boolean active;
    UInt8 direction;     /* 1: it receives, 2: it sends, 3: both */
    UInt8 hint;          /* what it mostly is to a user: 0 not said, 1 a receiver, 2 a sender, 3 both */
    UInt8 firstGroup;    /* 0 .. 15 */
    UInt8 groupCount;    /* 1 .. 16, none after group 15 */
    UInt8 midi1;         /* 0: it knows MIDI 2.0, 1: a port of MIDI 1.0, 2: one of 31.25 kbit/s */
    UInt8 midiCI;        /* version of the message format of MIDI-CI, 0 .. 127; 0: it has none */
    UInt8 sysEx8Streams; /* at a time; 0: it takes no SysEx8 */
} CMMIDIFunctionBlock;

/* What a UMP endpoint says about itself, beside its name and protocol, which are its properties. */
typedef struct CMMIDIEndpointDescription {
    CFStringRef productInstanceID; /* up to 42 characters of ASCII, a serial number say; NULL: none */
    Byte manufacturer[3];          /* as in SysEx; one byte is followed by two zeros */
    Byte revision[4];              /* of the software */
    UInt16 family, model;          /* of 14 bits */
    UInt32 blockCount;             /* up to 32 */
    const CMMIDIFunctionBlock *blocks;
} CMMIDIEndpointDescription;

/*
 * [any] Makes a virtual destination and a virtual source of one client a UMP endpoint: to Endpoint Discovery,
 * Function Block Discovery and Stream Configuration Request (UMP 1.1, message type 0xF) that come to the
 * destination, the source answers, on the thread that asks. The endpoint's name is kMIDIPropertyName of the
 * destination; when that or the description changes, the source says so unasked. A request for another
 * protocol changes kMIDIPropertyProtocolID of both, since the server translates; lists come to the client in
 * the protocol that it asked for, the questions too where that is not bytes. The description is copied. NULL:
 * no more answers. paramErr (-50) for what UMP 1.1 has no room for; kMIDINotPermitted for endpoints that are
 * not both virtual and of one client. The bus is a cable and answers nothing itself.
 */
extern OSStatus CMMIDIEndpointSetDescription(MIDIEndpointRef destination, MIDIEndpointRef source,
                                             const CMMIDIEndpointDescription *description);

/*
 * [any] Starts a driver of the program's own, under the name that its devices get as
 * kMIDIPropertyDriverOwner. version is that of its interface, 1 to 3. Its devices join the setup: of version
 * 1 those of FindDevices, of the others those that it adds in Start. paramErr (-50) for one that is started
 * already. AddRef and Release are not called: the driver has to live until CMMIDIDriverRemove has returned.
 */
extern OSStatus CMMIDIDriverAdd(CFStringRef name, MIDIDriverRef driver, UInt32 version);
/* [any] Stops it; its devices go. Not from inside one of its own functions. */
extern OSStatus CMMIDIDriverRemove(MIDIDriverRef driver);

/* Lists, messages or bytes that did not arrive, since the process began. */
typedef struct CMMIDIStatistics {
    UInt64 receiverFull;  /* lists for a receiver that was busy and had 1 MiB waiting */
    UInt64 schedulerFull; /* packets for later when 64 MiB were scheduled */
    UInt64 loops;         /* lists that had gone through 256 callbacks */
    UInt64 gone;          /* scheduled packets whose destination was disposed of */
    UInt64 untranslated;  /* messages without equivalent in the receiver's protocol, bytes that are no MIDI */
    UInt64 drivers;       /* lists or events that a driver could not send or had no room to receive */
} CMMIDIStatistics;

/* [any, render] */
extern OSStatus CMMIDIGetStatistics(CMMIDIStatistics *outStatistics);

CF_EXTERN_C_END

#endif
