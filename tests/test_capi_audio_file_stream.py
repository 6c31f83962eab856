"""AudioFileStream of the functional API, which polls: against soundfile, wave and the same file opened whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import soundfile as sf
from capi_kit import KEYS, from_asbd, pcm
from objects_kit import ffmpeg, needs_ffmpeg, write_pcm

from coremusic import capi

READY = capi.get_audio_file_stream_property_ready_to_produce_packets()
FILE_FORMAT = capi.get_audio_file_stream_property_file_format()
DATA_FORMAT = capi.get_audio_file_stream_property_data_format()
BYTES = capi.get_audio_file_stream_property_audio_data_byte_count()
PACKETS = capi.get_audio_file_stream_property_audio_data_packet_count()
LARGEST = capi.get_audio_file_stream_property_maximum_packet_size()
OFFSET = capi.get_audio_file_stream_property_data_offset()
BIT_RATE = capi.get_audio_file_stream_property_bit_rate()
STREAM_PROPERTIES = [
    getattr(capi, name)() for name in capi.__all__ if name.startswith("get_audio_file_stream_property_")
]
HINTS = {"s16.wav": "WAVE", "s24.aiff": "AIFF", "s16.caf": "caff", "s16.au": "NeXT"}


def parse(stream: int, data: bytes, piece: int = 1000) -> None:
    for at in range(0, len(data), piece):
        assert capi.audio_file_stream_parse_bytes(stream, data[at : at + piece]) == 0


def is_ready(stream: int) -> bool:
    """As the property has it, which is not known at first."""
    try:
        return bool(capi.audio_file_stream_get_property(stream, READY))
    except RuntimeError:
        return False


@pytest.mark.parametrize("name", HINTS)
@pytest.mark.parametrize("hinted", [False, True])
@pytest.mark.parametrize("piece", [1, 37, 5000, 10**6])
def test_facts_of_pcm(tmp_path: Path, name: str, hinted: bool, piece: int) -> None:
    path = write_pcm(tmp_path, name, 3000)
    info = sf.info(path)
    stream = capi.audio_file_stream_open(HINTS[name] if hinted else 0)
    parse(stream, path.read_bytes(), piece)
    assert capi.audio_file_stream_get_property_ready_to_produce_packets(stream) is True
    values = capi.audio_file_stream_get_property(stream, DATA_FORMAT)
    assert tuple(values) == (*KEYS, "reserved")
    assert values["sample_rate"] == float(info.samplerate)
    assert values["channels_per_frame"] == info.channels
    assert values["bits_per_channel"] == int(name[1:3])
    assert values["format_id"] == capi.get_audio_format_linear_pcm()
    frame = int(name[1:3]) // 8 * 2
    expected = {
        READY: 1,
        FILE_FORMAT: int.from_bytes(HINTS[name].encode(), "big"),
        LARGEST: frame,
        BYTES: 3000 * frame,
    }
    got = {key: capi.audio_file_stream_get_property(stream, key) for key in expected}
    assert got == expected
    assert all(type(value) is int for value in got.values())
    assert capi.audio_file_stream_close(stream) == 0


@pytest.mark.parametrize("name", ["s16.wav", "s24.aiff", "s16.caf", "s16.au"])
def test_number_of_packets(tmp_path: Path, name: str) -> None:
    stream = capi.audio_file_stream_open()
    parse(stream, write_pcm(tmp_path, name, 3000).read_bytes()[:8000])
    assert capi.audio_file_stream_get_property(stream, PACKETS) == 3000
    capi.audio_file_stream_close(stream)


def test_data_offset_is_where_the_frames_are(tmp_path: Path) -> None:
    path = write_pcm(tmp_path, "s16.wav", 3000)
    data = path.read_bytes()
    stream = capi.audio_file_stream_open("WAVE")
    parse(stream, data)
    offset = capi.audio_file_stream_get_property(stream, OFFSET)
    capi.audio_file_stream_close(stream)
    assert data[offset : offset + 12000] == sf.read(path, dtype="int16")[0].tobytes()


@needs_ffmpeg
@pytest.mark.parametrize(
    ("name", "hint", "code"),
    [("a.mp3", "MPG3", ".mp3"), ("a.aac", "adts", "aac "), ("a.flac", "flac", "flac")],
)
def test_facts_of_compressed(tmp_path: Path, name: str, hint: str, code: str) -> None:
    path = ffmpeg(write_pcm(tmp_path, "s16.wav", 44100), tmp_path / name)
    stream = capi.audio_file_stream_open(hint)
    parse(stream, path.read_bytes())
    values = capi.audio_file_stream_get_property(stream, DATA_FORMAT)
    assert capi.int_to_fourchar(values["format_id"]) == code
    assert values["sample_rate"] == 44100.0
    file = capi.audio_file_open_url(path)
    whole = from_asbd(capi.audio_file_get_property(file, "dfmt"))
    assert {key: values[key] for key in KEYS} == whole
    capi.audio_file_close(file)
    capi.audio_file_stream_close(stream)


def test_format_feeds_a_converter(tmp_path: Path) -> None:
    stream = capi.audio_file_stream_open()
    parse(stream, write_pcm(tmp_path, "s16.wav", 100).read_bytes())
    values = capi.audio_file_stream_get_property(stream, DATA_FORMAT)
    converter = capi.audio_converter_new(values, pcm(48000.0))
    assert capi.audio_converter_fill_complex_buffer(converter, bytes(400), 100, 200, values)[1] > 0
    capi.audio_converter_dispose(converter)
    capi.audio_file_stream_close(stream)


def test_not_known_yet(tmp_path: Path) -> None:
    data = write_pcm(tmp_path, "s16.wav", 100).read_bytes()
    stream = capi.audio_file_stream_open("WAVE")
    assert not is_ready(stream)
    for code in (DATA_FORMAT, PACKETS, BYTES, OFFSET):
        with pytest.raises(RuntimeError, match="^AudioFileStreamGetProperty(Info)? failed") as error:
            capi.audio_file_stream_get_property(stream, code)
        assert error.value.status_code != 0  # type: ignore[attr-defined]
    parse(stream, data[:200])
    assert is_ready(stream)
    capi.audio_file_stream_close(stream)


@pytest.mark.parametrize("code", [0, "zzzz", 2**32 - 1, -1])
def test_unknown_property(tmp_path: Path, code: int | str) -> None:
    stream = capi.audio_file_stream_open()
    parse(stream, write_pcm(tmp_path, "s16.wav", 100).read_bytes())
    with pytest.raises(
        RuntimeError,
        match="^AudioFileStreamGetPropertyInfo failed: kAudioFileStreamError_UnsupportedProperty",
    ) as e:
        capi.audio_file_stream_get_property(stream, code)
    assert e.value.status_code == capi.get_audio_file_stream_error_unsupported_property()  # type: ignore[attr-defined]
    capi.audio_file_stream_close(stream)


def test_other_properties_are_bytes(tmp_path: Path) -> None:
    stream = capi.audio_file_stream_open()
    parse(stream, write_pcm(tmp_path, "s16.wav", 100).read_bytes())
    formats = capi.audio_file_stream_get_property(stream, capi.get_audio_file_stream_property_format_list())
    assert isinstance(formats, bytes)
    assert len(formats) % 48 == 0  # AudioFormatListItem: a description, a layout tag, padding
    assert from_asbd(formats[:40]) == pcm()
    capi.audio_file_stream_close(stream)


def test_seek(tmp_path: Path) -> None:
    stream = capi.audio_file_stream_open("WAVE")
    parse(stream, write_pcm(tmp_path, "s16.wav", 3000).read_bytes()[:500])
    where = capi.audio_file_stream_seek(stream_id=stream, packet_offset=2000)
    assert where == {"byte_offset": 8000, "flags": 0, "is_estimated": False}
    assert type(where["is_estimated"]) is bool
    for wrong in (2**63, 2**64, -(2**63) - 1):
        with pytest.raises(OverflowError):
            capi.audio_file_stream_seek(stream, wrong)
    for beyond in (-1, -(2**63), 3001, 2**40, 2**63 - 1):
        with pytest.raises(RuntimeError, match="^AudioFileStreamSeek failed"):
            capi.audio_file_stream_seek(stream, beyond)
    capi.audio_file_stream_close(stream)


@needs_ffmpeg
@pytest.mark.parametrize(("name", "hint"), [("a.mp3", "MPG3"), ("a.aac", "adts"), ("a.flac", "flac")])
def test_no_property_reads_on_for_ever(tmp_path: Path, name: str, hint: str) -> None:
    """What would take the whole stream to know is not known before its end."""
    path = ffmpeg(write_pcm(tmp_path, "s16.wav", 44100), tmp_path / name)
    stream = capi.audio_file_stream_open(hint)
    parse(stream, path.read_bytes())
    for code in STREAM_PROPERTIES:
        try:
            assert capi.audio_file_stream_get_property(stream, code) is not None
        except RuntimeError as error:
            assert error.status_code != 0  # type: ignore[attr-defined]
    capi.audio_file_stream_close(stream)


@needs_ffmpeg
def test_seek_where_packets_differ_is_an_estimate(tmp_path: Path) -> None:
    path = ffmpeg(write_pcm(tmp_path, "s16.wav", 44100), tmp_path / "a.aac")
    stream = capi.audio_file_stream_open("adts")
    parse(stream, path.read_bytes()[:3000])
    where = capi.audio_file_stream_seek(stream, 30)
    assert where["is_estimated"] is True
    assert where["flags"] & capi.get_audio_file_stream_seek_flag_offset_is_estimated()
    assert where["byte_offset"] > 0
    capi.audio_file_stream_close(stream)


def test_jump_with_a_flag(tmp_path: Path) -> None:
    data = write_pcm(tmp_path, "s16.wav", 3000).read_bytes()
    stream = capi.audio_file_stream_open("WAVE")
    parse(stream, data[:1000])
    flag = capi.get_audio_file_stream_parse_flag_discontinuity()
    assert capi.audio_file_stream_parse_bytes(stream_id=stream, data=data[-400:], flags=flag) == 0
    capi.audio_file_stream_close(stream)


def test_anything_with_a_buffer(tmp_path: Path) -> None:
    data = write_pcm(tmp_path, "s16.wav", 100).read_bytes()
    for kind in (bytes, bytearray, memoryview):
        stream = capi.audio_file_stream_open()
        assert capi.audio_file_stream_parse_bytes(stream, kind(data)) == 0
        assert is_ready(stream)
        capi.audio_file_stream_close(stream)
    stream = capi.audio_file_stream_open()
    for wrong in (None, "RIFF", 5, [1, 2]):
        with pytest.raises(TypeError):
            capi.audio_file_stream_parse_bytes(stream, wrong)  # type: ignore[arg-type]
    capi.audio_file_stream_close(stream)


@pytest.mark.parametrize("hint", ["none", 1, -1, 2**32 - 1])
def test_unknown_hint(hint: int | str) -> None:
    """Refused at once or with the first bytes, never a crash."""
    try:
        stream = capi.audio_file_stream_open(hint)
    except RuntimeError as error:
        assert str(error).startswith("AudioFileStreamOpen failed")
        return
    try:
        capi.audio_file_stream_parse_bytes(stream, b"RIFF" + bytes(100))
    except RuntimeError as error:
        assert str(error).startswith("AudioFileStreamParseBytes failed")
    capi.audio_file_stream_close(stream)


@pytest.mark.parametrize(
    ("hint", "error"),
    [
        ("WAV", ValueError),
        ("", ValueError),
        (None, TypeError),
        (b"WAVE", TypeError),
        (2**32, OverflowError),
        (-(2**31) - 1, OverflowError),
    ],
)
def test_no_hint(hint: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        capi.audio_file_stream_open(hint)


@pytest.mark.parametrize(
    "data", [bytes(5000), b"text\n" * 1000, b"RIFF\xff\xff\xff\xffWAVEfmt \xff\xff\xff\xff" + bytes(5000)]
)
@pytest.mark.parametrize("hint", [0, "WAVE", "AIFF", "caff", "MPG3", "flac", "m4af"])
def test_no_audio(data: bytes, hint: int | str) -> None:
    stream = capi.audio_file_stream_open(hint)
    try:
        for _ in range(5):
            capi.audio_file_stream_parse_bytes(stream, data)
    except RuntimeError as error:
        assert str(error).startswith("AudioFileStreamParseBytes failed")
        assert error.status_code != 0  # type: ignore[attr-defined]
    assert not is_ready(stream)
    capi.audio_file_stream_close(stream)


def test_closed() -> None:
    stream = capi.audio_file_stream_open(file_type_hint="WAVE")
    assert capi.audio_file_stream_close(stream_id=stream) == 0
    calls: list[Any] = [
        lambda: capi.audio_file_stream_close(stream),
        lambda: capi.audio_file_stream_parse_bytes(stream, b""),
        lambda: capi.audio_file_stream_parse_bytes(stream, b"RIFF"),
        lambda: capi.audio_file_stream_get_property(stream, DATA_FORMAT),
        lambda: capi.audio_file_stream_get_property_ready_to_produce_packets(stream),
        lambda: capi.audio_file_stream_seek(stream, 0),
    ]
    for call in calls:
        with pytest.raises(RuntimeError, match="^AudioFileStream") as error:
            call()
        assert error.value.status_code != 0  # type: ignore[attr-defined]


def test_bit_rate_of_pcm(tmp_path: Path) -> None:
    stream = capi.audio_file_stream_open()
    parse(stream, write_pcm(tmp_path, "s16.wav", 3000).read_bytes())
    assert capi.audio_file_stream_get_property(stream, BIT_RATE) == 44100 * 32
    capi.audio_file_stream_close(stream)
