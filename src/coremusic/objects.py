"""The object layer: classes that own native objects and release them."""

from __future__ import annotations

from importlib.machinery import PathFinder

from ._capi import CoreAudioObject
from ._objects import AudioConverter, AudioFile, AudioFileStream, ExtendedAudioFile
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

__all__ = [
    "AUGraphError",
    "AudioConverter",
    "AudioConverterError",
    "AudioDeviceError",
    "AudioFile",
    "AudioFileError",
    "AudioFileStream",
    "AudioFormat",
    "AudioQueueError",
    "AudioUnitError",
    "CoreAudioError",
    "CoreAudioObject",
    "ExtendedAudioFile",
    "MIDIError",
    "MusicPlayerError",
    "NUMPY_AVAILABLE",
]

#: True when NumPy is installed. It is imported when an array is first asked for.
NUMPY_AVAILABLE: bool = PathFinder.find_spec("numpy") is not None
