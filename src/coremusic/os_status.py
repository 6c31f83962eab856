"""OSStatus codes of Core Audio and CoreMIDI: names, plain descriptions, hints, and decorators that raise.

One number can belong to several frameworks: 'fmt?' is an error of AudioFile, of AudioConverter and of
AudioFormat. `describe` therefore picks the name by the function that failed; the calls that get a number
alone prefer the AudioFile name. Numbers are those of Apple's headers.
"""

from __future__ import annotations

from coremusic._status_table import (
    ALL_ERRORS,
    AU_GRAPH_ERRORS,
    AUDIO_CODEC_ERRORS,
    AUDIO_COMPONENT_ERRORS,
    AUDIO_CONVERTER_ERRORS,
    AUDIO_FILE_ERRORS,
    AUDIO_FILE_STREAM_ERRORS,
    AUDIO_FORMAT_ERRORS,
    AUDIO_HARDWARE_ERRORS,
    AUDIO_QUEUE_ERRORS,
    AUDIO_SERVICES_ERRORS,
    AUDIO_UNIT_ERRORS,
    CA_CLOCK_ERRORS,
    EXT_AUDIO_FILE_ERRORS,
    MIDI_ERRORS,
    MUSIC_PLAYER_ERRORS,
    RECOVERY_SUGGESTIONS,
    SYSTEM_ERRORS,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ParamSpec, TypeVar

    P = ParamSpec("P")
    R = TypeVar("R")
    ErrorTable = dict[int, tuple[str, str]]

__all__ = [
    "ALL_ERRORS",
    "AUDIO_CODEC_ERRORS",
    "AUDIO_COMPONENT_ERRORS",
    "AUDIO_CONVERTER_ERRORS",
    "AUDIO_FILE_ERRORS",
    "AUDIO_FILE_STREAM_ERRORS",
    "AUDIO_FORMAT_ERRORS",
    "AUDIO_HARDWARE_ERRORS",
    "AUDIO_QUEUE_ERRORS",
    "AUDIO_SERVICES_ERRORS",
    "AUDIO_UNIT_ERRORS",
    "AU_GRAPH_ERRORS",
    "CA_CLOCK_ERRORS",
    "EXT_AUDIO_FILE_ERRORS",
    "MIDI_ERRORS",
    "MUSIC_PLAYER_ERRORS",
    "RECOVERY_SUGGESTIONS",
    "SYSTEM_ERRORS",
    "check_os_status",
    "check_return_status",
    "describe",
    "format_os_status_error",
    "get_error_info",
    "get_error_suggestion",
    "handle_exceptions",
    "os_status_to_string",
    "raises_on_error",
]

# Framework of a failing call, by the start of its name; its tables in the order in which they are asked.
_FRAMEWORKS: tuple[tuple[tuple[str, ...], tuple[ErrorTable, ...]], ...] = (
    (("AudioFileStream",), (AUDIO_FILE_STREAM_ERRORS,)),
    (("AudioFile",), (AUDIO_FILE_ERRORS,)),
    (("ExtAudioFile",), (EXT_AUDIO_FILE_ERRORS, AUDIO_FILE_ERRORS, AUDIO_CONVERTER_ERRORS)),
    (("AudioFormat",), (AUDIO_FORMAT_ERRORS,)),
    (("AudioConverter",), (AUDIO_CONVERTER_ERRORS, AUDIO_CODEC_ERRORS)),
    (("AudioCodec",), (AUDIO_CODEC_ERRORS,)),
    (("AudioQueue",), (AUDIO_QUEUE_ERRORS, AUDIO_CONVERTER_ERRORS, AUDIO_HARDWARE_ERRORS)),
    (("AudioUnit", "AudioOutputUnit", "MusicDevice"), (AUDIO_UNIT_ERRORS, AUDIO_COMPONENT_ERRORS)),
    (("AudioComponent",), (AUDIO_COMPONENT_ERRORS, AUDIO_UNIT_ERRORS)),
    (("AUGraph", "NewAUGraph", "DisposeAUGraph"), (AU_GRAPH_ERRORS, AUDIO_UNIT_ERRORS)),
    (("AudioServices",), (AUDIO_SERVICES_ERRORS,)),
    (
        ("AudioHardware", "AudioObject", "AudioDevice", "AudioStream", "CMVirtual", "CMEngine"),
        (AUDIO_HARDWARE_ERRORS,),
    ),
    (("MIDI", "CMMIDI"), (MIDI_ERRORS,)),
    (("CAClock",), (CA_CLOCK_ERRORS,)),
    (("Music", "NewMusic", "DisposeMusic"), (MUSIC_PLAYER_ERRORS, AUDIO_UNIT_ERRORS)),
)


def _entry(status: int, operation: str) -> tuple[str, str] | None:
    """The (name, description) of a status as the framework of the failing call means it."""
    for prefixes, tables in _FRAMEWORKS:
        if operation.startswith(prefixes):
            for table in tables:
                if status in table:
                    return table[status]
            break
    return ALL_ERRORS.get(status)


def _unknown(status: int) -> str:
    if 0x20202020 < status < 0x7F7F7F7F:
        code = "".join(chr(byte) for byte in status.to_bytes(4, "big") if 0x20 <= byte < 0x7F)
        return f"Unknown error '{code}' (0x{status:08X})"
    return f"Unknown error code {status}"


def describe(status: int, operation: str = "") -> tuple[str, str, str | None]:
    """Name, description and recovery hint of a status, as the framework of the failing call means it.

    Args:
        status: The OSStatus, as a signed number.
        operation: Name of the Core Audio function that returned it, e.g. "AudioFileOpenURL". Any other text
            leaves the choice between several names to ALL_ERRORS.

    Returns:
        (name, description, suggestion). An unknown status gives ("UnknownError", a text with the number,
        None); suggestion is None where there is none.

    >>> from coremusic.os_status import describe
    >>> describe(-43, "AudioFileOpenURL")[0]
    'kAudioFileFileNotFoundError'
    >>> describe(0x666D743F, "AudioConverterNew")[0]
    'kAudioConverterErr_FormatNotSupported'
    """
    if status == 0:
        return ("kAudioHardwareNoError", "No error", None)
    entry = _entry(status, operation)
    if entry is None:
        return ("UnknownError", _unknown(status), None)
    return (*entry, RECOVERY_SUGGESTIONS.get(status))


def os_status_to_string(status: int) -> str:
    """One line for a status.

    Args:
        status: The OSStatus, as a signed number.

    Returns:
        "No error" for 0, "<name>: <description>" for a known status, otherwise "Unknown error ..." with the
        four-character code or the number.
    """
    if status == 0:
        return "No error"
    entry = ALL_ERRORS.get(status)
    return f"{entry[0]}: {entry[1]}" if entry else _unknown(status)


def get_error_suggestion(status: int) -> str | None:
    """What to do about a status.

    Args:
        status: The OSStatus, as a signed number.

    Returns:
        The hint, or None where there is none.
    """
    return RECOVERY_SUGGESTIONS.get(status)


def format_os_status_error(status: int, operation: str = "") -> str:
    """The message for a failed operation.

    Args:
        status: The OSStatus, as a signed number.
        operation: What failed, in words ("open the file") or as the name of a Core Audio function.

    Returns:
        "Failed to <operation>: <text>", or the text alone; where there is a hint, a second line
        "Suggestion: <hint>".
    """
    name, text, suggestion = describe(status, operation)
    if status != 0 and name != "UnknownError":
        text = f"{name}: {text}"
    if operation:
        text = f"Failed to {operation}: {text}"
    return f"{text}\nSuggestion: {suggestion}" if suggestion else text


def get_error_info(status: int) -> tuple[str, str, str | None]:
    """Name, description and recovery hint of a status, for a call that is not known.

    Args:
        status: The OSStatus, as a signed number.

    Returns:
        As `describe`.
    """
    return describe(status)


def _wraps(function: Callable[..., Any]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    import functools  # here, because it costs more to import than all of this module

    return functools.wraps(function)


def _raise_for(status: object, operation: str, exception_class: type[Exception]) -> None:
    if isinstance(status, int) and status != 0:
        error = exception_class(format_os_status_error(status, operation))
        if hasattr(error, "status_code"):  # the object layer's errors tell the number too
            error.status_code = status
        raise error


def check_os_status(
    operation: str = "", exception_class: type[Exception] = Exception
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator for a function that returns a status and nothing else: a non-zero int raises.

    Not for a function that returns a handle or a count: those are non-zero ints too.

    Args:
        operation: What the function does, for the message.
        exception_class: Class of the exception.

    Returns:
        A decorator. The decorated function returns what the function returns, and raises exception_class with
        the text of `format_os_status_error` when that is an int other than 0.

    >>> from coremusic.os_status import check_os_status
    >>> @check_os_status("start the device", RuntimeError)
    ... def start() -> int:
    ...     return 0
    >>> start()
    0
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @_wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            result = function(*args, **kwargs)
            _raise_for(result, operation, exception_class)
            return result

        return checked

    return decorate


def check_return_status(
    operation: str = "", exception_class: type[Exception] = Exception, status_index: int = 0
) -> Callable[[Callable[P, tuple[Any, ...]]], Callable[P, Any]]:
    """Decorator for a function that returns a tuple with a status in it: takes the status out, or raises.

    Args:
        operation: What the function does, for the message.
        exception_class: Class of the exception.
        status_index: Place of the status in the tuple; negative numbers count from the end.

    Returns:
        A decorator. The decorated function returns the other element of a pair, or a longer tuple without its
        status. It raises exception_class when the status is an int other than 0, TypeError when the result is
        no tuple, IndexError when the tuple has no such place.
    """

    def decorate(function: Callable[P, tuple[Any, ...]]) -> Callable[P, Any]:
        @_wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> Any:
            result = function(*args, **kwargs)
            if not isinstance(result, tuple):
                raise TypeError(f"{function.__name__} must return a tuple, not {type(result).__name__}")
            _raise_for(result[status_index], operation, exception_class)
            place = status_index % len(result)
            rest = result[:place] + result[place + 1 :]
            return rest[0] if len(rest) == 1 else rest

        return checked

    return decorate


def _failure(operation: str, function: Callable[..., Any]) -> str:
    return f"Failed to {operation}" if operation else f"{function.__name__} failed"


def raises_on_error(
    operation: str = "", exception_class: type[Exception] = Exception
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator for a function that says "failed" by returning None, a zero, "" or [].

    Args:
        operation: What the function does, for the message.
        exception_class: Class of the exception.

    Returns:
        A decorator. The decorated function raises exception_class("Failed to <operation>") for None and for a
        zero number (False too), an empty str or an empty list; everything else, arrays too, is returned.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @_wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            result = function(*args, **kwargs)
            if result is None or (isinstance(result, int | float | complex | str | list) and not result):
                raise exception_class(_failure(operation, function))
            return result

        return checked

    return decorate


def _with_text(error: Exception, text: str) -> Exception | None:
    """A copy of an exception whose str is text; None where its str does not come from its first argument."""
    import copy

    try:
        again = copy.copy(error)
        again.args = (text, *error.args[1:])
        return again if str(again) == text else None
    except Exception:  # a class that cannot be copied, or that wants other arguments
        return None


def handle_exceptions(
    operation: str = "", reraise_as: type[Exception] | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator that says in an exception's text what failed.

    Args:
        operation: What the function does.
        reraise_as: Class to raise instead of the exception's own.

    Returns:
        A decorator. An Exception e inside the function becomes one with the text "Failed to <operation>: <e>"
        ("<function name> failed: <e>" without operation), of class reraise_as or of e's own class, with e as
        its cause. e itself is never changed; where its class makes its text from other things than its first
        argument (OSError with an errno, KeyError, UnicodeError), e is raised again with the text as a note.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @_wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return function(*args, **kwargs)
            except Exception as error:
                text = f"{_failure(operation, function)}: {error}"
                if reraise_as is not None:
                    raise reraise_as(text) from error
                again = _with_text(error, text)
                if again is None:
                    error.add_note(text)
                    raise
                raise again from error

        return guarded

    return decorate
