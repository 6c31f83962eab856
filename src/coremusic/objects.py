"""The object layer: classes that own native objects and release them."""

from __future__ import annotations

from importlib.machinery import PathFinder

from ._capi import AudioPlayer, CoreAudioObject
from ._objects import (
    AudioBuffer,
    AudioConverter,
    AudioFile,
    AudioFileStream,
    AudioQueue,
    AudioUnit,
    ExtendedAudioFile,
)
from .audio_component import AudioComponent, AudioComponentDescription
from .audio_device import AudioDevice, AudioDeviceManager
from .audio_format import AudioFormat
from .exceptions import (
    AudioConverterError,
    AudioDeviceError,
    AudioFileError,
    AudioQueueError,
    AudioUnitError,
    AUGraphError,
    CoreAudioError,
    MIDIError,
    MusicPlayerError,
)
from .midi_client import (
    MIDIChange,
    MIDIClient,
    MIDIEndpoint,
    MIDIInputPort,
    MIDIMessage,
    MIDIOutputPort,
    MIDIPort,
    MIDIVirtualDestination,
    MIDIVirtualSource,
)

__all__ = [
    "AUGraphError",
    "AudioBuffer",
    "AudioComponent",
    "AudioComponentDescription",
    "AudioConverter",
    "AudioConverterError",
    "AudioDevice",
    "AudioDeviceError",
    "AudioDeviceManager",
    "AudioFile",
    "AudioFileError",
    "AudioFileStream",
    "AudioFormat",
    "AudioPlayer",
    "AudioQueue",
    "AudioQueueError",
    "AudioUnit",
    "AudioUnitError",
    "CoreAudioError",
    "CoreAudioObject",
    "ExtendedAudioFile",
    "MIDIChange",
    "MIDIClient",
    "MIDIEndpoint",
    "MIDIError",
    "MIDIInputPort",
    "MIDIMessage",
    "MIDIOutputPort",
    "MIDIPort",
    "MIDIVirtualDestination",
    "MIDIVirtualSource",
    "MusicPlayerError",
    "NUMPY_AVAILABLE",
]

#: True when NumPy is installed. It is imported when an array is first asked for.
NUMPY_AVAILABLE: bool = PathFinder.find_spec("numpy") is not None
