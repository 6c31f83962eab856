"""The errors of the object layer. Each carries the framework's status in ``status_code``."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

__all__ = [
    "AUGraphError",
    "AudioConverterError",
    "AudioDeviceError",
    "AudioFileError",
    "AudioQueueError",
    "AudioUnitError",
    "CoreAudioError",
    "MIDIError",
    "MusicPlayerError",
]


class CoreAudioError(Exception):
    """A framework call failed.

    message: what could not be done, and why. status_code: the OSStatus of the failing call, 0 when the reason was
    another exception (then it is the ``__cause__``).
    """

    def __init__(self, message: str, status_code: int = 0) -> None:
        super().__init__(message)
        self.status_code = status_code

    @classmethod
    def from_os_status(cls, status: int, operation: str = "") -> Self:
        """An error of this class with the text and the recovery hint of an OSStatus.

        operation: what was attempted, e.g. "open the file"; the text then reads "Failed to open the file: ...".
        """
        from . import os_status

        text = os_status.os_status_to_string(status)
        hint = os_status.get_error_suggestion(status)
        message = f"Failed to {operation}: {text}" if operation else text
        return cls(f"{message}. {hint}" if hint else message, status)

    def __reduce__(self) -> tuple[type[Self], tuple[str, int]]:
        return type(self), (str(self), self.status_code)


class AudioFileError(CoreAudioError):
    """An audio file or stream cannot be opened, read, written or understood."""


class AudioQueueError(CoreAudioError):
    """An audio queue refused."""


class AudioUnitError(CoreAudioError):
    """An Audio Unit refused."""


class AudioConverterError(CoreAudioError):
    """There is no conversion between two formats, or it failed."""


class MIDIError(CoreAudioError):
    """A MIDI client, port or endpoint refused."""


class MusicPlayerError(CoreAudioError):
    """A music sequence, track or player refused."""


class AudioDeviceError(CoreAudioError):
    """An audio device refused."""


class AUGraphError(CoreAudioError):
    """A graph of Audio Units refused."""
