"""coremusic.os_status: the tables against Apple's numbers, the texts, the choice of name, the decorators."""

from __future__ import annotations

import csv
import functools
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coremusic import AudioFileError, os_status
from coremusic.os_status import (
    ALL_ERRORS,
    RECOVERY_SUGGESTIONS,
    check_os_status,
    check_return_status,
    describe,
    format_os_status_error,
    get_error_info,
    get_error_suggestion,
    handle_exceptions,
    os_status_to_string,
    raises_on_error,
)

APPLE = Path(__file__).resolve().parent / "data" / "apple"

# Classic Mac OS result codes, as in Inside Macintosh; Core Audio's headers have no names for them.
CLASSIC = {
    "paramErr": -50,
    "memFullErr": -108,
    "userCanceledErr": -128,
    "unimpErr": -4,
    "dskFulErr": -34,
    "ioErr": -36,
    "tmfoErr": -42,
    "permErr": -54,
}

TABLES = {name: getattr(os_status, name) for name in os_status.__all__ if name.endswith("_ERRORS")}


def code(text: str) -> int:
    return int.from_bytes(text.encode("ascii"), "big")


def apple_constants() -> dict[str, int]:
    with (APPLE / "constants.tsv").open(newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["name"]: int(row["value"]) for row in rows}


def apple_functions() -> list[tuple[str, str]]:
    with (APPLE / "functions.tsv").open(newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(row["header"], row["function"]) for row in rows]


@pytest.mark.parametrize("table", TABLES)
def test_numbers_are_apples(table: str) -> None:
    values = apple_constants() | CLASSIC
    for status, (name, text) in TABLES[table].items():
        assert values[name] == status, name
        assert text[0].isupper() and not text.endswith(".")


def test_every_error_of_apples_headers_is_known() -> None:
    codes = {
        value
        for name, value in apple_constants().items()
        if ("Err_" in name or name.endswith(("Error", "Err")) or "Error_" in name or name.startswith("kMIDI"))
        and (value < 0 or value > 0x20202020)
        and "Property_" not in name
    }
    codes -= {-1}  # kMIDIObjectType_Other
    assert codes - set(ALL_ERRORS) == set()


def test_sizes_of_the_tables() -> None:
    least = {"AUDIO_HARDWARE_ERRORS": 13, "AUDIO_FILE_ERRORS": 17, "AUDIO_FORMAT_ERRORS": 6}
    least |= {"AUDIO_FILE_STREAM_ERRORS": 12, "AUDIO_CODEC_ERRORS": 9, "AUDIO_UNIT_ERRORS": 19}
    least |= {"SYSTEM_ERRORS": 4, "AUDIO_QUEUE_ERRORS": 25}
    assert all(len(TABLES[name]) >= size for name, size in least.items())
    assert set(ALL_ERRORS) == {status for table in TABLES.values() for status in table}
    assert set(RECOVERY_SUGGESTIONS) <= set(ALL_ERRORS)


HINTED = [-50, -108, -128, -38, -43, "prm?", "typ?", "fmt?", "dta?", "!dev", "!hog", "stop", "nrdy"]
HINTED += [-10879, -10878, -10877, -10876, -10875, -10871, -10863, -10867, -10849, -66680, -66682, -66676]
HINTED += [-34, -36, -42, -54]


@pytest.mark.parametrize("status", HINTED)
def test_hints(status: int | str) -> None:
    number = status if isinstance(status, int) else code(status)
    hint = get_error_suggestion(number)
    assert hint and len(hint) > 10 and not hint.endswith(".")
    assert get_error_info(number)[2] == hint


def test_texts() -> None:
    assert os_status_to_string(0) == "No error"
    assert os_status_to_string(-43) == "kAudioFileFileNotFoundError: The file was not found"
    assert os_status_to_string(code("zzz?")) == "Unknown error 'zzz?' (0x7A7A7A3F)"
    assert os_status_to_string(0x61626380) == "Unknown error 'abc' (0x61626380)"
    assert os_status_to_string(-99999) == "Unknown error code -99999"
    assert os_status_to_string(0x20202020) == f"Unknown error code {0x20202020}"
    assert os_status_to_string(0x7F7F7F7F) == f"Unknown error code {0x7F7F7F7F}"


def test_format() -> None:
    assert format_os_status_error(-43, "open it") == (
        "Failed to open it: kAudioFileFileNotFoundError: The file was not found\n"
        f"Suggestion: {RECOVERY_SUGGESTIONS[-43]}"
    )
    assert format_os_status_error(-99999, "open it") == "Failed to open it: Unknown error code -99999"
    assert format_os_status_error(-99999) == "Unknown error code -99999"
    assert format_os_status_error(0) == "No error"


def test_info() -> None:
    assert get_error_info(0) == ("kAudioHardwareNoError", "No error", None)
    assert get_error_info(-99999) == ("UnknownError", "Unknown error code -99999", None)
    assert get_error_info(-10879)[0] == "kAudioUnitErr_InvalidProperty"
    assert get_error_info(-66687)[0] == "kAudioQueueErr_InvalidBuffer"
    assert get_error_info(-10863)[0] == "kAudioUnitErr_CannotDoInCurrentContext"
    assert get_error_info(-4)[0] == "unimpErr"
    assert get_error_info(code("typ?"))[0] == "kAudioFileUnsupportedFileTypeError"


@pytest.mark.parametrize(
    ("operation", "status", "name"),
    [
        ("AudioFileOpenURL", "fmt?", "kAudioFileUnsupportedDataFormatError"),
        ("AudioFileGetProperty", "!siz", "kAudioFileBadPropertySizeError"),
        ("AudioFileStreamParseBytes", "fmt?", "kAudioFileStreamError_UnsupportedDataFormat"),
        ("AudioFileStreamGetProperty", "!siz", "kAudioFileStreamError_BadPropertySize"),
        ("AudioConverterNew", "fmt?", "kAudioConverterErr_FormatNotSupported"),
        ("AudioConverterFillComplexBuffer", "bada", "kAudioCodecBadDataError"),
        ("AudioConverterGetProperty", "prop", "kAudioConverterErr_PropertyNotSupported"),
        ("AudioFormatGetProperty", "prop", "kAudioFormatUnsupportedPropertyError"),
        ("AudioFormatGetProperty", "what", "kAudioFormatUnspecifiedError"),
        ("ExtAudioFileRead", -66568, "kExtAudioFileError_InvalidSeek"),
        ("ExtAudioFileOpenURL", "typ?", "kAudioFileUnsupportedFileTypeError"),
        ("ExtAudioFileSetProperty", "insz", "kAudioConverterErr_InvalidInputSize"),
        ("AudioQueueStart", -66681, "kAudioQueueErr_CannotStart"),
        ("AudioQueueNewOutput", "fmt?", "kAudioConverterErr_FormatNotSupported"),
        ("AudioObjectGetPropertyData", "who?", "kAudioHardwareUnknownPropertyError"),
        ("AudioDeviceStart", "nope", "kAudioHardwareIllegalOperationError"),
        ("AudioHardwareCreateAggregateDevice", "what", "kAudioHardwareUnspecifiedError"),
        ("AudioUnitInitialize", -10875, "kAudioUnitErr_FailedInitialization"),
        ("AUGraphUpdate", -10863, "kAUGraphErr_CannotDoInCurrentContext"),
        ("AudioUnitRender", -10863, "kAudioUnitErr_CannotDoInCurrentContext"),
        ("MusicPlayerStart", -10863, "kAudioToolboxErr_CannotDoInCurrentContext"),
        ("MusicDeviceMIDIEvent", -10867, "kAudioUnitErr_Uninitialized"),
        ("MIDISend", -10838, "kMIDIMessageSendErr"),
        ("CAClockStart", -66816, "kCAClock_UnknownPropertyError"),
        ("AudioServicesGetProperty", "pty?", "kAudioServicesUnsupportedPropertyError"),
        ("AudioCodecInitialize", "!stt", "kAudioCodecStateError"),
        ("AudioComponentInstanceNew", -66750, "kAudioComponentErr_TooManyInstances"),
        ("AudioFileOpenURL", -50, "paramErr"),
        ("anything else", "fmt?", "kAudioFileUnsupportedDataFormatError"),
    ],
)
def test_the_failing_call_chooses_the_name(operation: str, status: int | str, name: str) -> None:
    number = status if isinstance(status, int) else code(status)
    found = describe(number, operation)
    assert found[0] == name
    assert found[2] == get_error_suggestion(number)
    assert name in format_os_status_error(number, operation)


def test_calls_of_every_header_use_their_own_table() -> None:
    own = {
        "AudioToolbox/AudioFile": ("!siz", "kAudioFile"),
        "AudioToolbox/AudioFileStream": ("!siz", "kAudioFileStreamError"),
        "AudioToolbox/AudioConverter": ("!siz", "kAudioConverterErr"),
        "AudioToolbox/AudioFormat": ("!siz", "kAudioFormat"),
        "AudioToolbox/AudioServices": ("!siz", "kAudioServices"),
        "AudioToolbox/AudioCodec": ("!siz", "kAudioCodec"),
        "AudioToolbox/AUGraph": (-10863, "kAUGraphErr"),
        "AudioToolbox/MusicPlayer": (-10863, "kAudioToolboxErr"),
        "CoreAudio/AudioHardware": ("!siz", "kAudioHardware"),
        "CoreAudio/AudioHardwareDeprecated": ("!siz", "kAudioHardware"),
    }
    helpers = ("NumBytesTo", "NumAudio", "NextAudio")  # no status comes from these
    checked = 0
    for header, function in apple_functions():
        if header in own and not function.startswith(helpers):
            status, prefix = own[header]
            number = status if isinstance(status, int) else code(status)
            assert describe(number, function)[0].startswith(prefix), function
            checked += 1
    assert checked > 200


@given(st.integers(-(2**31), 2**31 - 1), st.text(max_size=20))
def test_any_status_has_a_text(status: int, operation: str) -> None:
    name, text, _ = describe(status, operation)
    assert name and text
    assert os_status_to_string(status)
    assert format_os_status_error(status, operation)


def test_check_os_status() -> None:
    @check_os_status("start", RuntimeError)
    def status(value: object, *, extra: int = 0) -> object:
        """Doc."""
        return value

    assert status.__name__ == "status" and status.__doc__ == "Doc."
    for good in (0, None, "x", 1.5, False):
        assert status(good, extra=1) == good
    with pytest.raises(RuntimeError, match="Failed to start: kAudioFileFileNotFoundError"):
        status(-43)
    with pytest.raises(RuntimeError):
        status(True)
    assert issubclass(RuntimeError, Exception) and check_os_status()(lambda: 0)() == 0


def test_errors_of_the_object_layer_keep_the_status() -> None:
    with pytest.raises(AudioFileError) as raised:
        check_os_status("open", AudioFileError)(lambda: -43)()
    assert raised.value.status_code == -43
    with pytest.raises(AudioFileError) as raised:
        check_return_status("open", AudioFileError)(lambda: (-50, "x"))()
    assert raised.value.status_code == -50


def test_check_return_status() -> None:
    def make(result: object, **options: object) -> object:
        return check_return_status("read", OSError, **options)(lambda: result)()  # type: ignore[arg-type, return-value]

    assert make((0, "data")) == "data"
    assert make(("data", 0), status_index=1) == "data"
    assert make(("data", 0), status_index=-1) == "data"
    assert make((0, 1, 2)) == (1, 2)
    assert make((1, 2, 0), status_index=-1) == (1, 2)
    assert make((None, "x")) == "x"
    with pytest.raises(OSError, match="Failed to read"):
        make((-43, None))
    with pytest.raises(OSError, match="Failed to read"):
        make((None, -43), status_index=-1)
    with pytest.raises(TypeError, match="must return a tuple, not list"):
        make([0, 1])
    with pytest.raises(IndexError):
        make((0, 1), status_index=2)


@pytest.mark.parametrize("result", [None, 0, False, 0.0, "", []])
def test_raises_on_error_for(result: object) -> None:
    with pytest.raises(ValueError, match="^Failed to find$"):
        raises_on_error("find", ValueError)(lambda: result)()

    def lookup() -> object:
        return result

    with pytest.raises(Exception, match="^lookup failed$"):
        raises_on_error()(lookup)()


@pytest.mark.parametrize("result", [1, "x", [0], (), {}, b"", set()])
def test_raises_on_error_passes(result: object) -> None:
    assert raises_on_error("find")(lambda: result)() == result


def test_raises_on_error_with_arrays() -> None:
    np = pytest.importorskip("numpy")
    array = np.zeros(3)
    assert raises_on_error("find")(lambda: array)() is array


class WithCode(Exception):
    def __init__(self, message: str, status_code: int = 0) -> None:
        super().__init__(message)
        self.status_code = status_code


def failing(error: Exception) -> Exception:
    """What comes out of a decorated function that raises error."""

    @handle_exceptions("load")
    def work() -> None:
        raise error

    with pytest.raises(Exception) as caught:
        work()
    return caught.value


@pytest.mark.parametrize(
    "error", [ValueError("bad"), RuntimeError("bad"), WithCode("bad", 7), OSError("bad")]
)
def test_handle_exceptions_chains(error: Exception) -> None:
    raised = failing(error)
    assert type(raised) is type(error)
    assert str(raised) == "Failed to load: bad"
    assert raised.__cause__ is error and error.args == ("bad",)
    assert getattr(raised, "status_code", 7) == 7


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(2, "No such file", "x.wav"),
        KeyError("key"),
        UnicodeDecodeError("ascii", b"\xff", 0, 1, "bad"),
    ],
)
def test_handle_exceptions_keeps_what_an_exception_holds(error: Exception) -> None:
    args, text = error.args, str(error)
    raised = failing(error)
    assert raised is error and raised.args == args
    assert raised.__notes__ == [f"Failed to load: {text}"]
    assert getattr(raised, "errno", None) == (2 if isinstance(error, OSError) else None)


def test_handle_exceptions_as_another_class() -> None:
    @handle_exceptions(reraise_as=RuntimeError)
    def parse() -> int:
        return int("x")

    with pytest.raises(RuntimeError, match="^parse failed: invalid literal") as caught:
        parse()
    assert isinstance(caught.value.__cause__, ValueError)
    assert parse.__name__ == "parse"


def test_handle_exceptions_leaves_interrupts_alone() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        handle_exceptions("stop")(stop)()
    assert caught.value.args == ()


def test_decorators_keep_metadata() -> None:
    def original(a: int, b: int = 2) -> int:
        """Text."""
        return a + b

    for decorator in (check_os_status(), raises_on_error(), handle_exceptions()):
        wrapped = decorator(original)
        assert (wrapped.__name__, wrapped.__doc__) == ("original", "Text.")
        assert functools.WRAPPER_ASSIGNMENTS and wrapped.__wrapped__ is original  # type: ignore[attr-defined]


def test_import_needs_no_other_module() -> None:
    program = (
        "import sys, types\n"
        "package = types.ModuleType('coremusic')\n"
        "package.__path__ = [sys.argv[1] + '/coremusic']\n"
        "sys.modules['coremusic'] = package\n"
        "before = set(sys.modules)\n"
        "import coremusic.os_status\n"
        "print(sorted(set(sys.modules) - before - {'__future__'}))"
    )
    source = str(Path(os_status.__file__).parents[1])
    output = subprocess.check_output([sys.executable, "-I", "-c", program, source], text=True)
    assert output.strip() == "['coremusic._status_table', 'coremusic.os_status']"
