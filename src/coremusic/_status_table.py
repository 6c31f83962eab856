"""The OSStatus codes behind coremusic.os_status: one table per framework, and what to do about each code.

Numbers are those of Apple's headers; a code is written as its four characters where it has four.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    ErrorTable = dict[int, tuple[str, str]]


def _number(code: int | str) -> int:
    """The status behind a number or a four-character code."""
    return code if isinstance(code, int) else int.from_bytes(code.encode("ascii"), "big")


def _table(entries: Mapping[str, tuple[int | str, str]]) -> ErrorTable:
    return {_number(code): (name, text) for name, (code, text) in entries.items()}


AUDIO_HARDWARE_ERRORS = _table(
    {
        "kAudioHardwareNoError": (0, "No error"),
        "kAudioHardwareNotRunningError": ("stop", "The audio hardware is not running"),
        "kAudioHardwareUnspecifiedError": ("what", "The audio hardware failed without giving a reason"),
        "kAudioHardwareUnknownPropertyError": ("who?", "The audio object has no such property"),
        "kAudioHardwareBadPropertySizeError": ("!siz", "The property has another size than the one given"),
        "kAudioHardwareIllegalOperationError": ("nope", "The audio object cannot do this now"),
        "kAudioHardwareBadObjectError": ("!obj", "No audio object has this ID"),
        "kAudioHardwareBadDeviceError": ("!dev", "No audio device has this ID"),
        "kAudioHardwareBadStreamError": ("!str", "No audio stream has this ID"),
        "kAudioHardwareUnsupportedOperationError": ("unop", "The audio object does not offer this operation"),
        "kAudioHardwareNotReadyError": ("nrdy", "The audio hardware is not ready yet"),
        "kAudioDeviceUnsupportedFormatError": ("!dat", "The device does not support this stream format"),
        "kAudioDevicePermissionsError": ("!hog", "Another process has the device for itself"),
    }
)

AUDIO_FILE_ERRORS = _table(
    {
        "kAudioFileUnspecifiedError": ("wht?", "The file operation failed without giving a reason"),
        "kAudioFileUnsupportedFileTypeError": ("typ?", "The file type is not supported"),
        "kAudioFileUnsupportedDataFormatError": ("fmt?", "This file type cannot hold this data format"),
        "kAudioFileUnsupportedPropertyError": ("pty?", "The file does not have this property"),
        "kAudioFileBadPropertySizeError": ("!siz", "The property has another size than the one given"),
        "kAudioFilePermissionsError": ("prm?", "The file may not be used in this way"),
        "kAudioFileNotOptimizedError": ("optm", "Chunks after the audio data leave no room for more data"),
        "kAudioFileInvalidChunkError": (
            "chk?",
            "The chunk does not exist or the file type does not allow it",
        ),
        "kAudioFileDoesNotAllow64BitDataSizeError": ("off?", "The data is too large for this file type"),
        "kAudioFileInvalidPacketOffsetError": ("pck?", "A packet lies outside the data or is out of order"),
        "kAudioFileInvalidPacketDependencyError": ("dep?", "What is said about packet dependencies is wrong"),
        "kAudioFileInvalidFileError": ("dta?", "The file is damaged or not of the type expected"),
        "kAudioFileOperationNotSupportedError": ("op??", "The file does not support this operation"),
        "kAudioFileNotOpenError": (-38, "The audio file is not open"),
        "kAudioFileEndOfFileError": (-39, "The end of the file was reached"),
        "kAudioFilePositionError": (-40, "The position lies outside the file"),
        "kAudioFileFileNotFoundError": (-43, "The file was not found"),
    }
)

AUDIO_FORMAT_ERRORS = _table(
    {
        "kAudioFormatUnspecifiedError": ("what", "The format request failed without giving a reason"),
        "kAudioFormatUnsupportedPropertyError": ("prop", "The format property is not supported"),
        "kAudioFormatBadPropertySizeError": ("!siz", "The property has another size than the one given"),
        "kAudioFormatBadSpecifierSizeError": ("!spc", "The specifier has the wrong size"),
        "kAudioFormatUnsupportedDataFormatError": ("fmt?", "The data format is not supported"),
        "kAudioFormatUnknownFormatError": ("!fmt", "The data format is not known"),
    }
)

AUDIO_FILE_STREAM_ERRORS = _table(
    {
        "kAudioFileStreamError_UnsupportedFileType": ("typ?", "The stream's file type is not supported"),
        "kAudioFileStreamError_UnsupportedDataFormat": ("fmt?", "The stream's data format is not supported"),
        "kAudioFileStreamError_UnsupportedProperty": ("pty?", "The stream does not have this property"),
        "kAudioFileStreamError_BadPropertySize": ("!siz", "The property has another size than the one given"),
        "kAudioFileStreamError_NotOptimized": ("optm", "The audio data comes before what describes it"),
        "kAudioFileStreamError_InvalidPacketOffset": ("pck?", "The packet offset lies outside the stream"),
        "kAudioFileStreamError_InvalidFile": ("dta?", "The stream is damaged or not of the type expected"),
        "kAudioFileStreamError_ValueUnknown": ("unk?", "The value is not known at this point of the stream"),
        "kAudioFileStreamError_DataUnavailable": ("more", "More data is needed first"),
        "kAudioFileStreamError_IllegalOperation": ("nope", "The stream cannot do this now"),
        "kAudioFileStreamError_UnspecifiedError": ("wht?", "The stream failed without giving a reason"),
        "kAudioFileStreamError_DiscontinuityCantRecover": (
            "dsc!",
            "Data is missing and parsing cannot go on",
        ),
    }
)

AUDIO_CODEC_ERRORS = _table(
    {
        "kAudioCodecNoError": (0, "No error"),
        "kAudioCodecUnspecifiedError": ("what", "The codec failed without giving a reason"),
        "kAudioCodecUnknownPropertyError": ("who?", "The codec has no such property"),
        "kAudioCodecBadPropertySizeError": ("!siz", "The property has another size than the one given"),
        "kAudioCodecIllegalOperationError": ("nope", "The codec cannot do this in its state"),
        "kAudioCodecUnsupportedFormatError": ("!dat", "The codec does not support this format"),
        "kAudioCodecStateError": ("!stt", "The codec is in the wrong state"),
        "kAudioCodecNotEnoughBufferSpaceError": ("!buf", "The buffer is too small for the codec"),
        "kAudioCodecBadDataError": ("bada", "The codec met data that it cannot decode"),
    }
)

AUDIO_UNIT_ERRORS = _table(
    {
        "kAudioUnitErr_InvalidProperty": (-10879, "The audio unit does not have this property"),
        "kAudioUnitErr_InvalidParameter": (-10878, "The audio unit does not have this parameter"),
        "kAudioUnitErr_InvalidElement": (-10877, "The audio unit does not have this element (bus)"),
        "kAudioUnitErr_NoConnection": (-10876, "Nothing is connected to the audio unit's input"),
        "kAudioUnitErr_FailedInitialization": (-10875, "The audio unit could not be initialised"),
        "kAudioUnitErr_TooManyFramesToProcess": (
            -10874,
            "More frames were asked for than the unit was set for",
        ),
        "kAudioUnitErr_IllegalInstrument": (-10873, "The instrument is not allowed here"),
        "kAudioUnitErr_InstrumentTypeNotFound": (-10872, "No instrument of this type was found"),
        "kAudioUnitErr_InvalidFile": (-10871, "The file is not one that the audio unit can use"),
        "kAudioUnitErr_UnknownFileType": (-10870, "The audio unit does not know this file type"),
        "kAudioUnitErr_FileNotSpecified": (-10869, "The audio unit has been given no file"),
        "kAudioUnitErr_FormatNotSupported": (-10868, "The audio unit does not support this stream format"),
        "kAudioUnitErr_Uninitialized": (-10867, "The audio unit is not initialised"),
        "kAudioUnitErr_InvalidScope": (-10866, "The audio unit does not have this scope"),
        "kAudioUnitErr_PropertyNotWritable": (-10865, "The property cannot be changed"),
        "kAudioUnitErr_CannotDoInCurrentContext": (-10863, "This cannot be done in the current context"),
        "kAudioUnitErr_InvalidPropertyValue": (-10851, "The property does not take this value"),
        "kAudioUnitErr_PropertyNotInUse": (-10850, "The property has no value now"),
        "kAudioUnitErr_Initialized": (-10849, "The audio unit is already initialised"),
        "kAudioUnitErr_InvalidOfflineRender": (-10848, "The audio unit cannot render offline in this way"),
        "kAudioUnitErr_Unauthorized": (-10847, "The audio unit is not licensed on this machine"),
        "kAudioUnitErr_MIDIOutputBufferFull": (-66753, "The audio unit's MIDI output is full"),
        "kAudioUnitErr_RenderTimeout": (-66745, "The audio unit did not render in time"),
        "kAudioUnitErr_ExtensionNotFound": (-66744, "The extension that holds the audio unit was not found"),
        "kAudioUnitErr_InvalidParameterValue": (-66743, "The parameter does not take this value"),
        "kAudioUnitErr_InvalidFilePath": (-66742, "The path does not lead to a file the unit can use"),
        "kAudioUnitErr_MissingKey": (-66741, "A key that the audio unit needs is missing"),
        "kAudioUnitErr_ComponentManagerNotSupported": (
            -66740,
            "The unit needs a component manager that is gone",
        ),
        "kAUVoiceIOErr_UnexpectedNumberOfInputChannels": (
            -66784,
            "The voice unit got another number of input channels than it can use",
        ),
    }
)

# The classic names; CoreAudioBaseTypes.h has some of these numbers under its own names (kAudio_ParamError).
SYSTEM_ERRORS = _table(
    {
        "paramErr": (-50, "A parameter is wrong"),
        "memFullErr": (-108, "There is not enough memory"),
        "userCanceledErr": (-128, "The user cancelled the operation"),
        "unimpErr": (-4, "The operation is not implemented"),
        "dskFulErr": (-34, "The disk is full"),
        "ioErr": (-36, "Reading or writing the disk failed"),
        "tmfoErr": (-42, "Too many files are open"),
        "permErr": (-54, "Permission to use the file was denied"),
        "kAudio_BadFilePathError": ("!pth", "The path is not a valid one"),
    }
)

AUDIO_QUEUE_ERRORS = _table(
    {
        "kAudioQueueErr_InvalidBuffer": (-66687, "The buffer does not belong to this queue"),
        "kAudioQueueErr_BufferEmpty": (-66686, "The buffer holds no data"),
        "kAudioQueueErr_DisposalPending": (-66685, "The queue is being disposed of"),
        "kAudioQueueErr_InvalidProperty": (-66684, "The queue does not have this property"),
        "kAudioQueueErr_InvalidPropertySize": (-66683, "The property has another size than the one given"),
        "kAudioQueueErr_InvalidParameter": (-66682, "The queue does not have this parameter"),
        "kAudioQueueErr_CannotStart": (-66681, "The queue could not be started"),
        "kAudioQueueErr_InvalidDevice": (-66680, "The queue's device was not found"),
        "kAudioQueueErr_BufferInQueue": (-66679, "The buffer is still in the queue"),
        "kAudioQueueErr_InvalidRunState": (-66678, "The queue must be running, or stopped, for this"),
        "kAudioQueueErr_InvalidQueueType": (-66677, "This queue is for the other direction"),
        "kAudioQueueErr_Permissions": (-66676, "The queue may not be used in this way"),
        "kAudioQueueErr_InvalidPropertyValue": (-66675, "The property does not take this value"),
        "kAudioQueueErr_PrimeTimedOut": (-66674, "The queue's decoder did not deliver in time"),
        "kAudioQueueErr_CodecNotFound": (-66673, "No codec was found for the queue's format"),
        "kAudioQueueErr_InvalidCodecAccess": (-66672, "The codec cannot be used in this way"),
        "kAudioQueueErr_QueueInvalidated": (-66671, "The audio server ended and took the queue with it"),
        "kAudioQueueErr_TooManyTaps": (-66670, "The queue has a tap already"),
        "kAudioQueueErr_InvalidTapContext": (-66669, "The tap's source can be read only inside its callback"),
        "kAudioQueueErr_RecordUnderrun": (-66668, "Recorded audio was lost because no buffer was ready"),
        "kAudioQueueErr_InvalidTapType": (-66667, "The tap is of the wrong type"),
        "kAudioQueueErr_BufferEnqueuedTwice": (-66666, "The buffer is in the queue already"),
        "kAudioQueueErr_CannotStartYet": (-66665, "The queue cannot be started at this moment"),
        "kAudioQueueErr_EnqueueDuringReset": (-66632, "The queue is being reset, stopped or disposed of"),
        "kAudioQueueErr_InvalidOfflineMode": (-66626, "The queue's offline mode does not allow this"),
    }
)

AUDIO_CONVERTER_ERRORS = _table(
    {
        "kAudioConverterErr_FormatNotSupported": (
            "fmt?",
            "The converter cannot convert between these formats",
        ),
        "kAudioConverterErr_OperationNotSupported": ("op??", "The converter does not support this operation"),
        "kAudioConverterErr_PropertyNotSupported": ("prop", "The converter does not have this property"),
        "kAudioConverterErr_InvalidInputSize": ("insz", "The input does not end at a packet's end"),
        "kAudioConverterErr_InvalidOutputSize": ("otsz", "The output buffer does not hold whole packets"),
        "kAudioConverterErr_UnspecifiedError": ("what", "The converter failed without giving a reason"),
        "kAudioConverterErr_BadPropertySizeError": (
            "!siz",
            "The property has another size than the one given",
        ),
        "kAudioConverterErr_RequiresPacketDescriptionsError": ("!pkd", "The data needs packet descriptions"),
        "kAudioConverterErr_InputSampleRateOutOfRange": ("!isr", "The input sample rate is out of range"),
        "kAudioConverterErr_OutputSampleRateOutOfRange": ("!osr", "The output sample rate is out of range"),
    }
)

EXT_AUDIO_FILE_ERRORS = _table(
    {
        "kExtAudioFileError_InvalidProperty": (-66561, "The file does not have this property"),
        "kExtAudioFileError_InvalidPropertySize": (
            -66562,
            "The property has another size than the one given",
        ),
        "kExtAudioFileError_NonPCMClientFormat": (-66563, "The client format is not linear PCM"),
        "kExtAudioFileError_InvalidChannelMap": (-66564, "The channels do not match the formats"),
        "kExtAudioFileError_InvalidOperationOrder": (-66565, "The calls came in an order that does not work"),
        "kExtAudioFileError_InvalidDataFormat": (-66566, "The file's data format cannot be used"),
        "kExtAudioFileError_MaxPacketSizeUnknown": (-66567, "The largest packet of the file is not known"),
        "kExtAudioFileError_InvalidSeek": (
            -66568,
            "The frame lies outside the file, or the file is being written",
        ),
        "kExtAudioFileError_AsyncWriteTooLarge": (-66569, "More frames were written at once than fit"),
        "kExtAudioFileError_AsyncWriteBufferOverflow": (
            -66570,
            "Frames came faster than the disk could take them",
        ),
    }
)

MIDI_ERRORS = _table(
    {
        "kMIDIInvalidClient": (-10830, "No MIDI client has this reference"),
        "kMIDIInvalidPort": (-10831, "No MIDI port has this reference"),
        "kMIDIWrongEndpointType": (-10832, "A source was given for a destination, or the reverse"),
        "kMIDINoConnection": (-10833, "The port and the endpoint are not connected"),
        "kMIDIUnknownEndpoint": (-10834, "No MIDI endpoint has this reference"),
        "kMIDIUnknownProperty": (-10835, "The MIDI object does not have this property"),
        "kMIDIWrongPropertyType": (-10836, "The property's value is of another type"),
        "kMIDINoCurrentSetup": (-10837, "There is no current MIDI setup"),
        "kMIDIMessageSendErr": (-10838, "The MIDI server did not take the message"),
        "kMIDIServerStartErr": (-10839, "The MIDI server could not be started"),
        "kMIDISetupFormatErr": (-10840, "The stored MIDI setup cannot be read"),
        "kMIDIWrongThread": (-10841, "A driver called this on a thread where it is not allowed"),
        "kMIDIObjectNotFound": (-10842, "The MIDI object does not exist"),
        "kMIDIIDNotUnique": (-10843, "Another MIDI object has this unique ID"),
        "kMIDINotPermitted": (-10844, "This process may not use MIDI in this way"),
        "kMIDIUnknownError": (-10845, "MIDI failed without giving a reason"),
    }
)

AU_GRAPH_ERRORS = _table(
    {
        "kAUGraphErr_NodeNotFound": (-10860, "The graph does not have this node"),
        "kAUGraphErr_InvalidConnection": (-10861, "The nodes cannot be connected in this way"),
        "kAUGraphErr_OutputNodeErr": (-10862, "The graph needs exactly one output node"),
        "kAUGraphErr_CannotDoInCurrentContext": (-10863, "The graph cannot change while it renders"),
        "kAUGraphErr_InvalidAudioUnit": (-10864, "The node's audio unit cannot be used"),
    }
)

CA_CLOCK_ERRORS = _table(
    {
        "kCAClock_UnknownPropertyError": (-66816, "The clock does not have this property"),
        "kCAClock_InvalidPropertySizeError": (-66815, "The property has another size than the one given"),
        "kCAClock_InvalidTimeFormatError": (-66814, "The clock cannot use this time format"),
        "kCAClock_InvalidSyncModeError": (-66813, "The sync mode does not exist"),
        "kCAClock_InvalidSyncSourceError": (-66812, "The sync source does not exist or is of the wrong type"),
        "kCAClock_InvalidTimebaseError": (-66811, "The timebase does not exist"),
        "kCAClock_InvalidTimebaseSourceError": (-66810, "The timebase source does not exist"),
        "kCAClock_InvalidSMPTEFormatError": (-66809, "The SMPTE format does not exist"),
        "kCAClock_InvalidSMPTEOffsetError": (-66808, "The SMPTE offset is not a valid time"),
        "kCAClock_InvalidUnitError": (-66807, "The audio unit cannot drive the clock"),
        "kCAClock_InvalidPlayRateError": (-66806, "The play rate is out of range"),
        "kCAClock_CannotSetTimeError": (
            -66805,
            "The time cannot be set while the clock runs or follows another",
        ),
    }
)

MUSIC_PLAYER_ERRORS = _table(
    {
        "kAudioToolboxErr_InvalidSequenceType": (-10846, "The sequence is of the wrong type for this"),
        "kAudioToolboxErr_TrackIndexError": (-10859, "The sequence has no track with this index"),
        "kAudioToolboxErr_TrackNotFound": (-10858, "The track does not belong to the sequence"),
        "kAudioToolboxErr_EndOfTrack": (-10857, "The end of the track was reached"),
        "kAudioToolboxErr_StartOfTrack": (-10856, "The start of the track was reached"),
        "kAudioToolboxErr_IllegalTrackDestination": (-10855, "The track cannot play to this destination"),
        "kAudioToolboxErr_NoSequence": (-10854, "The player has no sequence"),
        "kAudioToolboxErr_InvalidEventType": (-10853, "The event is of a type that cannot be used here"),
        "kAudioToolboxErr_InvalidPlayerState": (-10852, "The player must be playing, or stopped, for this"),
        "kAudioToolboxErr_CannotDoInCurrentContext": (-10863, "This cannot be done in the current context"),
        "kAudioToolboxError_NoTrackDestination": (-66720, "The track has no destination to play to"),
    }
)

AUDIO_COMPONENT_ERRORS = _table(
    {
        "kAudioComponentErr_InstanceTimedOut": (-66754, "The component did not answer in time"),
        "kAudioComponentErr_DuplicateDescription": (
            -66752,
            "A component with this description exists already",
        ),
        "kAudioComponentErr_UnsupportedType": (-66751, "Components of this type are not supported"),
        "kAudioComponentErr_TooManyInstances": (-66750, "No more instances of this component are possible"),
        "kAudioComponentErr_InstanceInvalidated": (-66749, "The component instance has ended"),
        "kAudioComponentErr_NotPermitted": (-66748, "This process may not use the component in this way"),
        "kAudioComponentErr_InitializationTimedOut": (-66747, "The component did not initialise in time"),
        "kAudioComponentErr_InvalidFormat": (-66746, "The format is not one that the component can use"),
    }
)

AUDIO_SERVICES_ERRORS = _table(
    {
        "kAudioServicesUnsupportedPropertyError": ("pty?", "The system sound does not have this property"),
        "kAudioServicesBadPropertySizeError": ("!siz", "The property has another size than the one given"),
        "kAudioServicesBadSpecifierSizeError": ("!spc", "The specifier has the wrong size"),
        "kAudioServicesSystemSoundUnspecifiedError": (
            -1500,
            "The system sound failed without giving a reason",
        ),
        "kAudioServicesSystemSoundClientTimedOutError": (-1501, "The system sound did not answer in time"),
        "kAudioServicesSystemSoundExceededMaximumDurationError": (
            -1502,
            "The file is too long for a system sound (30 seconds)",
        ),
    }
)

# Where several tables have a number, the first one listed names it.
ALL_ERRORS: ErrorTable = {}
for _errors in (
    AUDIO_FILE_ERRORS,
    AUDIO_QUEUE_ERRORS,
    SYSTEM_ERRORS,
    AUDIO_UNIT_ERRORS,
    AUDIO_CODEC_ERRORS,
    AUDIO_FILE_STREAM_ERRORS,
    AUDIO_FORMAT_ERRORS,
    AUDIO_HARDWARE_ERRORS,
    AUDIO_CONVERTER_ERRORS,
    EXT_AUDIO_FILE_ERRORS,
    MIDI_ERRORS,
    AU_GRAPH_ERRORS,
    MUSIC_PLAYER_ERRORS,
    CA_CLOCK_ERRORS,
    AUDIO_COMPONENT_ERRORS,
    AUDIO_SERVICES_ERRORS,
):
    ALL_ERRORS = {**_errors, **ALL_ERRORS}
ALL_ERRORS[0] = ("kAudioHardwareNoError", "No error")

_STOP_FIRST = "Stop first, or do this from another place than a callback"
_CHECK_PROPERTY = "Check the property ID, the scope and the element; not every object has every property"
_ASK_SIZE = "Ask for the property's size first and pass exactly that"

_HINTS: dict[int | str, str] = {
    # general
    -50: "Check the types, ranges and order of the arguments",
    -108: "Free memory, or work on smaller pieces",
    -128: "Start the operation again if it was cancelled by mistake",
    -4: "Check which calls this platform offers",
    -34: "Free disk space, or write to another disk",
    -36: "Check that the disk is connected and healthy",
    -42: "Close files that are no longer needed, or raise the limit (ulimit -n)",
    -54: "Check the permissions of the file and of its folder",
    "!pth": "Check the path: it may be too long or have characters that are not allowed",
    # files
    -38: "Open the file before using it, and do not use it after close()",
    -39: "Read no further than the number of packets that the file has",
    -40: "Use a position inside the file",
    -43: "Check the path; relative paths start at the current working directory",
    "prm?": "Check the permissions of the file, and open it with the permission that the operation needs",
    "typ?": "Check that it is an audio file of a supported type and has the right extension",
    "fmt?": "Choose a data format that the file type, codec or converter supports, or convert first",
    "pty?": _CHECK_PROPERTY,
    "!siz": _ASK_SIZE,
    "dta?": "The file may be cut off or damaged; try to play it with another program",
    "optm": "Call optimize on the file, then write again",
    "chk?": "Check the chunk ID and its index against the chunks that the file has",
    "off?": "Use a file type for large data: CAF, W64 or RF64",
    "pck?": "Use packet numbers from 0 to the packet count minus 1",
    "op??": "Check that the file or converter is of a kind that can do this",
    # streams, formats, converters, codecs
    "more": "Pass more bytes to the parser and ask again",
    "unk?": "Pass more bytes to the parser and ask again",
    "dsc!": "Pass the discontinuity flag after a gap, or open a new stream",
    "prop": _CHECK_PROPERTY,
    "!spc": "Pass the specifier that the property wants, with its exact size",
    "!fmt": "Check the format ID, and fill in the fields that a compressed format needs",
    "insz": "Pass whole packets",
    "otsz": "Make the output buffer a multiple of the packet size",
    "!pkd": "Pass packet descriptions together with compressed data",
    "!isr": "Use a sample rate that the codec supports",
    "!osr": "Use a sample rate that the codec supports",
    "!buf": "Use a buffer of at least the maximum packet size",
    "bada": "The data may be damaged, or the decoder lacks its magic cookie",
    "!stt": "Initialise the codec before using it, and set its properties before that",
    # hardware
    "!dev": "List the devices again: it may have been unplugged",
    "!obj": "List the objects again: it may have gone",
    "!str": "List the device's streams again",
    "!hog": "Close the other program that uses the device exclusively, or choose another device",
    "stop": "Start the device first",
    "nrdy": "Wait a moment and try again",
    "!dat": "Ask for the available formats and use one of them",
    "who?": _CHECK_PROPERTY,
    "unop": "Check what the device offers before asking for it",
    "nope": _STOP_FIRST,
    # audio units, graphs, components
    -10879: _CHECK_PROPERTY,
    -10878: "List the unit's parameters and use one of their IDs",
    -10877: "Check the bus number against the unit's element count; on output units 0 plays, 1 records",
    -10876: "Connect a source or set a render callback on the input",
    -10875: "Check the stream format and the maximum frames per slice before initialising",
    -10874: "Set the maximum frames per slice to the largest number of frames, before initialising",
    -10871: "Check that the file exists and is of a type that this unit loads",
    -10868: "Ask for the unit's stream format, and convert to it or choose one that it supports",
    -10867: "Call initialize() before this",
    -10866: "Use a scope that the unit has (global, input, output)",
    -10863: _STOP_FIRST,
    -10851: "Check the value against what the property allows",
    -10849: "Call uninitialize() before changing this",
    -10860: "Use a node that was added to this graph",
    -10861: "Check the bus numbers and that the input is not connected already",
    -10862: "Add one output node to the graph",
    -66750: "Dispose of instances that are no longer needed",
    -66745: "Use larger buffers, or fewer units",
    # queues
    -66687: "Use buffers that were allocated by this queue",
    -66686: "Put data into the buffer and set its size before enqueuing it",
    -66685: "Create a new queue",
    -66682: "Use one of the queue's parameters (volume, play rate, pitch, pan)",
    -66681: "Check that an output device is there and not in use",
    -66680: "Check that the device is connected, or leave the queue on the default device",
    -66679: "Wait until the queue has given the buffer back",
    -66678: "Check whether the queue is running before the call",
    -66676: "Allow the program to use the microphone or the device",
    -66673: "Use a format that has a codec on this machine, or convert to linear PCM",
    # extended audio files
    -66563: "Set a linear PCM format as client data format",
    -66565: "Set the formats before the first read or write",
    -66568: "Seek to a frame from 0 to the file's length, in a file opened for reading",
    -66570: "Write smaller pieces, or write synchronously",
    # MIDI
    -10830: "Create the client again; it may have been disposed of",
    -10831: "Create the port again; it may have been disposed of",
    -10832: "Send to destinations and receive from sources",
    -10834: "List the endpoints again: the device may have been unplugged",
    -10835: _CHECK_PROPERTY,
    -10839: "Check that MIDI is available on this machine",
    -10842: "List the MIDI objects again: it may have gone",
    -10843: "Choose another unique ID",
    # sequences and clocks
    -10854: "Give the player a sequence first",
    -10859: "Use an index from 0 to the track count minus 1",
    -66720: "Give the track a node or a MIDI endpoint to play to",
    -66805: "Stop the clock, then set the time",
}

RECOVERY_SUGGESTIONS: dict[int, str] = {_number(code): hint for code, hint in _HINTS.items()}
