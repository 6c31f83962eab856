"""AudioFile of the functional API, against soundfile, wave and ffprobe."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from capi_kit import BIG, from_asbd
from objects_kit import PCM_FILES, ffmpeg, needs_ffmpeg, needs_ffprobe, probe, write_pcm

import coremusic
from coremusic import capi

END_OF_FILE, NOT_OPEN, NOT_FOUND, NO_PROPERTY = -39, -38, -43, 0x7074793F
DATA_FORMAT = capi.get_audio_file_property_data_format()
PACKETS = capi.get_audio_file_property_audio_data_packet_count()
LARGEST = capi.get_audio_file_property_maximum_packet_size()
DURATION = capi.get_audio_file_property_estimated_duration()


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    return write_pcm(tmp_path, "s16.wav", 5000)


def raw_frames(path: Path) -> bytes:
    with wave.open(str(path)) as file:
        return file.readframes(file.getnframes())


def status_of(error: pytest.ExceptionInfo[RuntimeError]) -> int:
    return error.value.status_code  # type: ignore[attr-defined, no-any-return]


# What a file says of itself.


@needs_ffprobe
@pytest.mark.parametrize("name", PCM_FILES)
def test_facts_of_pcm(tmp_path: Path, name: str) -> None:
    path = write_pcm(tmp_path, name, 3000)
    bits = {"f4": 32, "f8": 64}.get(str(PCM_FILES[name][2]), PCM_FILES[name][2])
    file = capi.audio_file_open_url(str(path))
    values = from_asbd(capi.audio_file_get_property(file, DATA_FORMAT))
    assert values["sample_rate"] == 44100.0
    assert values["format_id"] == capi.get_audio_format_linear_pcm()
    assert values["channels_per_frame"] == 2
    assert values["bits_per_channel"] == bits
    assert values["bytes_per_frame"] == values["bytes_per_packet"] == 2 * int(bits) // 8
    assert values["frames_per_packet"] == 1
    assert bool(values["format_flags"] & 1) == (PCM_FILES[name][1] in ("FLOAT", "DOUBLE"))
    if bits != 8:  # the order of single bytes means nothing
        assert bool(values["format_flags"] & BIG) == probe(path, "stream=codec_name").endswith("be")
    assert struct.unpack("=Q", capi.audio_file_get_property(file, PACKETS)) == (3000,)
    assert struct.unpack("=I", capi.audio_file_get_property(file, LARGEST)) == (2 * int(bits) // 8,)
    assert struct.unpack("=d", capi.audio_file_get_property(file, DURATION))[0] == pytest.approx(3000 / 44100)
    assert capi.audio_file_close(file) == 0


@needs_ffmpeg
@needs_ffprobe
@pytest.mark.parametrize(
    ("name", "code", "frames"), [("a.mp3", ".mp3", 1152), ("a.m4a", "aac ", 1024), ("a.flac", "flac", 4608)]
)
def test_facts_of_compressed(tmp_path: Path, wav: Path, name: str, code: str, frames: int) -> None:
    path = ffmpeg(wav, tmp_path / name)
    file = capi.audio_file_open_url(path)
    values = from_asbd(capi.audio_file_get_property(file, DATA_FORMAT))
    assert capi.int_to_fourchar(values["format_id"]) == code
    assert values["sample_rate"] == float(probe(path, "stream=sample_rate"))
    assert values["channels_per_frame"] == int(probe(path, "stream=channels"))
    assert values["frames_per_packet"] == frames
    count = struct.unpack("=Q", capi.audio_file_get_property(file, PACKETS))[0]
    assert count > 0
    data, packets = capi.audio_file_read_packets(file, 0, 10**6)
    assert packets == count
    assert len(data) == sum(len(capi.audio_file_read_packets(file, i, 1)[0]) for i in range(count))
    capi.audio_file_close(file)


def test_parsed_format_feeds_back(wav: Path) -> None:
    file = capi.audio_file_open_url(str(wav))
    values = coremusic.parse_audio_stream_basic_description(capi.audio_file_get_property(file, DATA_FORMAT))
    assert values["format_id"] == "lpcm"
    capi.audio_converter_dispose(capi.audio_converter_new(values, values))
    capi.audio_file_close(file)


# Packets.


def test_packets_are_the_frames(wav: Path) -> None:
    expected = raw_frames(wav)
    file = capi.audio_file_open_url(str(wav))
    assert capi.audio_file_read_packets(file, 0, 5000) == (expected, 5000)
    assert capi.audio_file_read_packets(file, 100, 50) == (expected[400:600], 50)
    assert capi.audio_file_read_packets(audio_file_id=file, start_packet=4999, num_packets=10) == (
        expected[-4:],
        1,
    )
    assert capi.audio_file_read_packets(file, 0, 0) == (b"", 0)
    capi.audio_file_close(file)


@pytest.mark.parametrize("name", [n for n in PCM_FILES if n.startswith("s16")])
def test_packets_keep_the_order_of_bytes_in_the_file(tmp_path: Path, name: str) -> None:
    path = write_pcm(tmp_path, name, 700)
    file = capi.audio_file_open_url(str(path))
    big = from_asbd(capi.audio_file_get_property(file, DATA_FORMAT))["format_flags"] & BIG
    data, packets = capi.audio_file_read_packets(file, 0, 700)
    capi.audio_file_close(file)
    assert packets == 700
    np.testing.assert_array_equal(
        np.frombuffer(data, ">i2" if big else "<i2").reshape(-1, 2), sf.read(path, dtype="int16")[0]
    )


def test_beyond_the_end(wav: Path) -> None:
    file = capi.audio_file_open_url(str(wav))
    for start in (5000, 5001, 2**40, 2**63 - 1):
        with pytest.raises(
            RuntimeError, match="^AudioFileReadPackets failed: kAudioFileEndOfFileError"
        ) as error:
            capi.audio_file_read_packets(file, start, 1)
        assert status_of(error) == END_OF_FILE
    capi.audio_file_close(file)


@pytest.mark.parametrize("count", [2**31, 2**32 - 1, 2**32, 2**63 - 1])
def test_more_than_any_buffer(wav: Path, count: int) -> None:
    file = capi.audio_file_open_url(str(wav))
    assert capi.audio_file_read_packets(file, 0, count) == (raw_frames(wav), 5000)
    assert capi.audio_file_read_packets(file, 4990, count)[1] == 10
    capi.audio_file_close(file)


@pytest.mark.parametrize(("start", "count"), [(-1, 1), (0, -1), (-(2**63), -(2**63))])
def test_negative(wav: Path, start: int, count: int) -> None:
    file = capi.audio_file_open_url(str(wav))
    with pytest.raises(ValueError, match="negative"):
        capi.audio_file_read_packets(file, start, count)
    capi.audio_file_close(file)


def test_numbers_of_other_types(wav: Path) -> None:
    """Floats lose their fraction, bools and NumPy's numbers count, text does not."""
    file = capi.audio_file_open_url(str(wav))
    assert capi.audio_file_read_packets(file, 1.9, 2.9) == capi.audio_file_read_packets(file, 1, 2)
    assert capi.audio_file_read_packets(np.int64(file), np.int32(1), np.uint8(2))[1] == 2
    assert capi.audio_file_read_packets(file, False, True)[1] == 1
    for wrong in ("1", b"1", None, [1], 1j):
        with pytest.raises(TypeError):
            capi.audio_file_read_packets(file, 0, wrong)  # type: ignore[arg-type]
    capi.audio_file_close(file)


# Opening.


def test_paths(wav: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = wav.with_name("Übung 100% – ♪ #1?.wav")
    odd.write_bytes(wav.read_bytes())
    for path in (str(wav), wav, bytes(wav), odd, str(odd)):
        capi.audio_file_close(capi.audio_file_open_url(path))
    monkeypatch.chdir(wav.parent)
    capi.audio_file_close(capi.audio_file_open_url(file_path=wav.name))


@pytest.mark.parametrize("hint", [0, "WAVE", capi.get_audio_file_wave_type(), "AIFF", -1, 2**32 - 1])
def test_hint(wav: Path, hint: int | str) -> None:
    """The content decides; a hint helps where it does not."""
    capi.audio_file_close(capi.audio_file_open_url(wav, 1, hint))


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="^AudioFileOpenURL failed: kAudioFileFileNotFoundError") as error:
        capi.audio_file_open_url(str(tmp_path / "missing.wav"))
    assert status_of(error) == NOT_FOUND
    assert "missing.wav" in str(error.value)


@pytest.mark.parametrize("path", ["", b"", "a\0b"])
def test_no_path(path: str | bytes) -> None:
    with pytest.raises(ValueError):
        capi.audio_file_open_url(path)


@pytest.mark.parametrize("path", [None, 5, 1.5, ["a.wav"]])
def test_path_of_another_type(path: object) -> None:
    with pytest.raises(TypeError):
        capi.audio_file_open_url(path)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "content", [b"", b"R", b"RIFF", b"RIFF\xff\xff\xff\xffWAVE", bytes(10_000), b"text\n" * 99]
)
def test_no_audio(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "no.wav"
    path.write_bytes(content)
    with pytest.raises(RuntimeError, match="^AudioFileOpenURL failed: kAudioFile") as error:
        capi.audio_file_open_url(path)
    assert status_of(error) != 0


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="directory"):
        capi.audio_file_open_url(tmp_path)


@pytest.mark.parametrize("permissions", [0, 4, 99, -1])
def test_no_such_permission(wav: Path, permissions: int) -> None:
    with pytest.raises(RuntimeError, match="^AudioFileOpenURL failed"):
        capi.audio_file_open_url(wav, permissions)


# Handles.


def test_closed(wav: Path) -> None:
    file = capi.audio_file_open_url(wav)
    assert capi.audio_file_close(audio_file_id=file) == 0
    with pytest.raises(RuntimeError, match="^AudioFileClose failed: kAudioFileNotOpenError") as error:
        capi.audio_file_close(file)
    assert status_of(error) == NOT_OPEN
    with pytest.raises(RuntimeError, match="^AudioFileGetPropertyInfo failed"):
        capi.audio_file_get_property(file, DATA_FORMAT)
    with pytest.raises(RuntimeError, match=r"^Could not get maximum packet size: -38$") as error:
        capi.audio_file_read_packets(file, 0, 1)
    assert status_of(error) == NOT_OPEN


def test_a_handle_is_not_used_again(wav: Path) -> None:
    seen = set()
    for _ in range(1000):
        file = capi.audio_file_open_url(wav)
        assert file not in seen
        seen.add(file)
        capi.audio_file_close(file)


# Properties.


@pytest.mark.parametrize("code", [0, 1, "zzzz", 2**32 - 1, -1])
def test_unknown_property(wav: Path, code: int | str) -> None:
    file = capi.audio_file_open_url(wav)
    with pytest.raises(
        RuntimeError, match="^AudioFileGetPropertyInfo failed: kAudioFileUnsupportedPropertyError"
    ) as error:
        capi.audio_file_get_property(file, code)
    assert status_of(error) == NO_PROPERTY
    capi.audio_file_close(file)


def test_property_by_code(wav: Path) -> None:
    file = capi.audio_file_open_url(wav)
    assert capi.audio_file_get_property(file, "dfmt") == capi.audio_file_get_property(file, DATA_FORMAT)
    assert capi.audio_file_get_property(file, coremusic.constants.AudioFileProperty.FILE_FORMAT) == b"EVAW"
    for wrong in ("", "dfm", "dfmtx", "ЖЖЖЖ"):
        with pytest.raises(ValueError):
            capi.audio_file_get_property(file, wrong)
    capi.audio_file_close(file)
