"""How the functional API reports failures: class, text, status and the one log record."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from capi_kit import asbd, pcm
from objects_kit import write_pcm

from coremusic import capi, os_status

MISSING = Path("/nonexistent/folder/a.wav")

# One failing call for each framework function.
FAILING: dict[str, Callable[[], Any]] = {
    "AudioFileOpenURL": lambda: capi.audio_file_open_url(MISSING),
    "AudioFileClose": lambda: capi.audio_file_close(0),
    "AudioFileGetPropertyInfo": lambda: capi.audio_file_get_property(0, "dfmt"),
    "AudioFileStreamClose": lambda: capi.audio_file_stream_close(0),
    "AudioFileStreamParseBytes": lambda: capi.audio_file_stream_parse_bytes(0, b"RIFF"),
    "AudioFileStreamGetPropertyInfo": lambda: capi.audio_file_stream_get_property(0, "dfmt"),
    "AudioFileStreamSeek": lambda: capi.audio_file_stream_seek(0, 0),
    "AudioConverterNew": lambda: capi.audio_converter_new({}, {"format_id": "none"}),
    "AudioConverterDispose": lambda: capi.audio_converter_dispose(0),
    "AudioConverterReset": lambda: capi.audio_converter_reset(0),
    "AudioConverterConvertBuffer": lambda: capi.audio_converter_convert_buffer(0, bytes(4)),
    "AudioConverterGetPropertyInfo": lambda: capi.audio_converter_get_property(0, "srcq"),
    "AudioConverterSetProperty": lambda: capi.audio_converter_set_property(0, "srcq", bytes(4)),
    "AudioConverterFillComplexBuffer": lambda: capi.audio_converter_fill_complex_buffer(0, b"", 0, 0, pcm()),
    "ExtAudioFileOpenURL": lambda: capi.extended_audio_file_open_url(MISSING),
    "ExtAudioFileCreateWithURL": lambda: capi.extended_audio_file_create_with_url(MISSING, "WAVE", {}),
    "ExtAudioFileDispose": lambda: capi.extended_audio_file_dispose(0),
    "ExtAudioFileGetPropertyInfo": lambda: capi.extended_audio_file_get_property(0, "cfmt"),
    "ExtAudioFileSetProperty": lambda: capi.extended_audio_file_set_property(0, "cfmt", asbd(pcm())),
}


@pytest.mark.parametrize("function", FAILING)
def test_class_text_and_status(function: str) -> None:
    with pytest.raises(RuntimeError) as caught:
        FAILING[function]()
    error = caught.value
    assert type(error) is RuntimeError
    status = error.status_code  # type: ignore[attr-defined]
    name, description, suggestion = os_status.describe(status, function)
    text = str(error)
    assert text.startswith(f"{function} failed: {name}: {description} (")
    assert str(status) in text
    if suggestion:
        assert text.endswith(f". {suggestion}")


@pytest.mark.parametrize("function", FAILING)
def test_one_log_record(function: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(RuntimeError) as caught:
        FAILING[function]()
    [record] = [r for r in caplog.records if r.name.startswith("coremusic")]
    assert record.name == "coremusic.capi"
    assert record.levelno == logging.ERROR
    assert record.getMessage() == str(caught.value)
    assert record.status_code == caught.value.status_code  # type: ignore[attr-defined]
    assert record.operation == function  # type: ignore[attr-defined]
    assert record.suggestion == os_status.describe(record.status_code, function)[2]  # type: ignore[attr-defined]


def test_no_record_where_the_text_has_the_number_only(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(RuntimeError, match=r"^Could not get maximum packet size: -38$"):
        capi.audio_file_read_packets(0, 0, 1)
    assert not caplog.records


def test_nothing_is_logged_when_nothing_fails(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = capi.audio_file_open_url(write_pcm(tmp_path, "s16.wav", 10))
    capi.audio_file_close(file)
    with pytest.raises(TypeError):
        capi.audio_file_open_url(None)  # type: ignore[arg-type]
    assert not caplog.records


def test_percent_signs_are_no_formats(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(RuntimeError, match="100%s%d") as caught:
        capi.audio_file_open_url(tmp_path / "100%s%d.wav")
    assert caplog.records[0].getMessage() == str(caught.value)


def test_paths_of_any_bytes(tmp_path: Path) -> None:
    """What the file system says of a name that is not UTF-8 is still a text."""
    with pytest.raises(RuntimeError, match="No such file"):
        capi.audio_file_open_url(bytes(tmp_path) + b"/\xff\xfe.wav")


def test_a_failure_is_not_explained_by_an_earlier_one(tmp_path: Path) -> None:
    """Same status, another reason: what the system said of the first must be gone."""
    with pytest.raises(RuntimeError, match="first.wav") as first:
        capi.audio_file_open_url(tmp_path / "first.wav")
    with pytest.raises(RuntimeError, match="not between") as channels:
        capi.audio_converter_new({"channels_per_frame": 0}, {})
    with pytest.raises(RuntimeError) as parameter:
        capi.audio_converter_get_property(0, "srcq")
    status = parameter.value.status_code  # type: ignore[attr-defined]
    with pytest.raises(RuntimeError) as other:
        capi.extended_audio_file_dispose(0)
    assert other.value.status_code == status  # type: ignore[attr-defined]
    assert "converter" not in str(other.value)
    assert first.value.status_code != channels.value.status_code  # type: ignore[attr-defined]


def test_broken_logging_does_not_hide_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise KeyError("broken handler")

    seen: list[Any] = []
    handler = Broken()
    monkeypatch.setattr(sys, "unraisablehook", lambda info: seen.append(info.exc_value))
    logging.getLogger("coremusic.capi").addHandler(handler)
    try:
        with pytest.raises(RuntimeError, match="^AudioFileClose failed"):
            capi.audio_file_close(0)
    finally:
        logging.getLogger("coremusic.capi").removeHandler(handler)
    assert [type(e) for e in seen] == [KeyError]


def test_a_parse_of_the_message_finds_the_constant(tmp_path: Path) -> None:
    """Programs that look for the constant's name in the text keep working."""
    with pytest.raises(RuntimeError, match="kAudioFileFileNotFoundError") as caught:
        capi.audio_file_open_url(tmp_path / "no.wav")
    assert os_status.os_status_to_string(caught.value.status_code) in str(caught.value)  # type: ignore[attr-defined]
