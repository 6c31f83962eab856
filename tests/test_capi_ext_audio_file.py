"""ExtAudioFile of the functional API, against soundfile, soxr and FFmpeg."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
import soxr
from capi_kit import BIG, PLANAR, asbd, coded, from_asbd, pcm
from objects_kit import (
    PCM_FILES,
    decode_with_ffmpeg,
    ffmpeg,
    music,
    needs_ffmpeg,
    needs_ffprobe,
    probe,
    write_pcm,
)

from coremusic import capi

FILE_FORMAT = capi.get_extended_audio_file_property_file_data_format()
CLIENT_FORMAT = capi.get_extended_audio_file_property_client_data_format()
FRAMES = capi.get_extended_audio_file_property_file_length_frames()
FLOATS = pcm(bits=32, is_float=True)
NO_PROPERTY, BAD_SIZE, NO_PCM, WRONG_ORDER, PARAMETER = -66561, -66562, -66563, -66565, -50


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    return write_pcm(tmp_path, "s16.wav", 5000)


def status_of(error: pytest.ExceptionInfo[RuntimeError]) -> int:
    return error.value.status_code  # type: ignore[attr-defined, no-any-return]


def read_all(path: Path, client: dict[str, Any] | None = None, piece: int = 1000) -> bytes:
    file = capi.extended_audio_file_open_url(str(path))
    if client:
        capi.extended_audio_file_set_property(file, CLIENT_FORMAT, asbd(client))
    parts = []
    while True:
        data, frames = capi.extended_audio_file_read(file, piece)
        if frames == 0:
            assert data == b""
            break
        parts.append(data)
    capi.extended_audio_file_dispose(file)
    return b"".join(parts)


def write_all(
    path: Path, file_type: int | str, file_format: dict[str, Any], sound: Any, client: Any = None
) -> None:
    file = capi.extended_audio_file_create_with_url(str(path), file_type, file_format)
    if client:
        capi.extended_audio_file_set_property(file, CLIENT_FORMAT, asbd(client))
    for start in range(0, len(sound), 1234):
        piece = np.ascontiguousarray(sound[start : start + 1234])
        assert capi.extended_audio_file_write(file, len(piece), piece) is None  # type: ignore[func-returns-value]
    assert capi.extended_audio_file_dispose(file) is None  # type: ignore[func-returns-value]


# Reading.


@pytest.mark.parametrize("name", PCM_FILES)
def test_as_floats(tmp_path: Path, name: str) -> None:
    path = write_pcm(tmp_path, name, 3000)
    ours = np.frombuffer(read_all(path, FLOATS), "<f4").reshape(-1, 2)
    np.testing.assert_array_equal(ours, sf.read(path, dtype="float32")[0])


@pytest.mark.parametrize("piece", [1, 7, 4999, 5000, 5001, 10**6, 2**32, 2**63 - 1])
def test_pieces_of_any_size(wav: Path, piece: int) -> None:
    np.testing.assert_array_equal(
        np.frombuffer(read_all(wav, piece=piece), "<i2").reshape(-1, 2), sf.read(wav, dtype="int16")[0]
    )


@pytest.mark.parametrize("piece", [1, 333, 2**63 - 1])
def test_pieces_at_another_rate(wav: Path, piece: int) -> None:
    expected = read_all(wav, pcm(96000.0))
    assert read_all(wav, pcm(96000.0), piece) == expected
    assert abs(len(expected) // 4 - 5000 * 96000 / 44100) <= 1


def test_without_client_format_data_is_as_in_the_file(tmp_path: Path) -> None:
    path = write_pcm(tmp_path, "s16.aiff", 2000)
    np.testing.assert_array_equal(
        np.frombuffer(read_all(path), ">i2").reshape(-1, 2), sf.read(path, dtype="int16")[0]
    )


def test_another_rate(wav: Path) -> None:
    ours = np.frombuffer(read_all(wav, pcm(48000.0, bits=32, is_float=True)), "<f4").reshape(-1, 2)
    theirs = soxr.resample(sf.read(wav, dtype="float32")[0], 44100, 48000, quality="VHQ")
    assert abs(len(ours) - len(theirs)) <= 1
    assert np.abs(ours[500:4900] - theirs[500:4900]).max() < 2e-3


@needs_ffmpeg
@pytest.mark.parametrize("name", ["a.flac", "a.mp3", "a.m4a", "a.ogg"])
def test_compressed(tmp_path: Path, wav: Path, name: str) -> None:
    path = ffmpeg(wav, tmp_path / name)
    ours = np.frombuffer(read_all(path, FLOATS), "<f4").reshape(-1, 2)
    theirs = decode_with_ffmpeg(path, 2)
    frames = min(len(ours), len(theirs))
    assert frames >= 5000
    assert np.abs(ours[:frames] - theirs[:frames]).max() < 1e-4


@needs_ffmpeg
def test_compressed_needs_a_client_format(tmp_path: Path, wav: Path) -> None:
    file = capi.extended_audio_file_open_url(ffmpeg(wav, tmp_path / "a.mp3"))
    with pytest.raises(RuntimeError, match="^ExtAudioFileRead failed"):
        capi.extended_audio_file_read(file, 100)
    capi.extended_audio_file_set_property(file, CLIENT_FORMAT, asbd(FLOATS))
    assert capi.extended_audio_file_read(file, 100)[1] == 100
    capi.extended_audio_file_dispose(file)


def test_planes_do_not_fit_one_buffer(wav: Path) -> None:
    file = capi.extended_audio_file_open_url(wav)
    capi.extended_audio_file_set_property(file, CLIENT_FORMAT, asbd(pcm(extra=PLANAR)))
    with pytest.raises(ValueError, match="interleaved"):
        capi.extended_audio_file_read(file, 10)
    capi.extended_audio_file_dispose(file)


def test_frames_out_of_range(wav: Path) -> None:
    file = capi.extended_audio_file_open_url(file_path=wav)
    assert capi.extended_audio_file_read(file, 0) == (b"", 0)
    assert capi.extended_audio_file_read(ext_file_id=file, num_frames=1.9)[1] == 1
    with pytest.raises(ValueError, match="negative"):
        capi.extended_audio_file_read(file, -1)
    for wrong in (2**63, 2**64, -(2**63) - 1):
        with pytest.raises(OverflowError):
            capi.extended_audio_file_read(file, wrong)
    for wrong_type in ("1", None, b"1", []):
        with pytest.raises(TypeError):
            capi.extended_audio_file_read(file, wrong_type)  # type: ignore[arg-type]
    capi.extended_audio_file_dispose(file)


# Writing.


@pytest.mark.parametrize(
    ("name", "code", "bits", "extra"),
    [
        ("a.wav", "WAVE", 16, 0),
        ("a.aiff", "AIFF", 24, BIG),
        ("a.caf", "caff", 32, 0),
        ("a.au", "NeXT", 16, BIG),
    ],
)
def test_pcm_files(tmp_path: Path, name: str, code: str, bits: int, extra: int) -> None:
    sound = (music(5000) * (2**31 - 1)).astype("<i4") & -65536
    write_all(tmp_path / name, code, pcm(bits=bits, extra=extra), sound, pcm(bits=32))
    np.testing.assert_array_equal(sf.read(tmp_path / name, dtype="int32")[0], sound)


@needs_ffprobe
def test_default_format_is_cd_audio(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    sound = (music(300) * 32767).astype("<i2")
    write_all(path, capi.get_audio_file_wave_type(), {}, sound)
    assert probe(path, "stream=codec_name") == "pcm_s16le"
    assert probe(path, "stream=sample_rate") == "44100"
    assert probe(path, "stream=channels") == "2"
    np.testing.assert_array_equal(sf.read(path, dtype="int16")[0], sound)


@needs_ffmpeg
@pytest.mark.parametrize(
    ("name", "file_type", "code", "tolerance"),
    [
        ("a.m4a", "m4af", "aac ", 0.05),
        ("a.m4a", "m4af", "alac", 0),
        ("a.flac", "flac", "flac", 0),
        ("b.caf", "caff", "ima4", 0.05),
    ],
)
def test_encoded_files(tmp_path: Path, name: str, file_type: str, code: str, tolerance: float) -> None:
    path = tmp_path / name
    sound = (music(9000) * 32767).astype("<i2")
    file_format = coded(code, packet=68, frames=64) if code == "ima4" else coded(code)
    write_all(path, file_type, file_format, sound, pcm())
    theirs = decode_with_ffmpeg(path, 2)
    assert len(theirs) >= 9000
    error = theirs[:9000] - sound / 32768
    assert np.sqrt(np.mean(error**2)) <= tolerance
    ours = np.frombuffer(read_all(path, pcm()), "<i2").reshape(-1, 2)
    assert len(ours) == 9000
    assert np.sqrt(np.mean((ours / 32768 - sound / 32768) ** 2)) <= tolerance


@pytest.mark.parametrize("manufacturer", [0, "appl", 0x6170706C])
def test_codec_manufacturer(tmp_path: Path, manufacturer: int | str) -> None:
    file = capi.extended_audio_file_create_with_url(
        file_path=tmp_path / "a.wav", file_type="WAVE", source_format={}, codec_manufacturer=manufacturer
    )
    data = capi.extended_audio_file_get_property(
        file, capi.get_extended_audio_file_property_codec_manufacturer()
    )
    assert struct.unpack("=I", data)[0] == (manufacturer and 0x6170706C)
    capi.extended_audio_file_dispose(file)


@pytest.mark.parametrize(
    ("frames", "size", "error"),
    [
        (2, 7, ValueError),
        (1, 0, ValueError),
        (2**31, 8, ValueError),
        (2**62, 8, ValueError),
        (2**63 - 1, 8, ValueError),
        (-1, 8, ValueError),
        (2**63, 8, OverflowError),
    ],
)
def test_data_shorter_than_its_frames(tmp_path: Path, frames: int, size: int, error: type[Exception]) -> None:
    file = capi.extended_audio_file_create_with_url(tmp_path / "a.wav", "WAVE", {})
    with pytest.raises(error):
        capi.extended_audio_file_write(file, frames, bytes(size))
    capi.extended_audio_file_write(ext_file_id=file, num_frames=1, audio_data=bytes(400))  # longer is well
    capi.extended_audio_file_dispose(file)
    assert sf.info(tmp_path / "a.wav").frames == 1


@pytest.mark.parametrize("data", [None, "text", 5, [1]])
def test_data_of_another_type(tmp_path: Path, data: object) -> None:
    file = capi.extended_audio_file_create_with_url(tmp_path / "a.wav", "WAVE", {})
    with pytest.raises(TypeError):
        capi.extended_audio_file_write(file, 0, data)  # type: ignore[arg-type]
    capi.extended_audio_file_dispose(file)


def test_the_old_file_stays_until_the_new_one_is_complete(wav: Path) -> None:
    before = wav.read_bytes()
    file = capi.extended_audio_file_create_with_url(wav, "WAVE", {})
    capi.extended_audio_file_write(file, 100, bytes(400))
    assert wav.read_bytes() == before
    capi.extended_audio_file_dispose(file)
    assert sf.info(wav).frames == 100
    assert [p.name for p in wav.parent.iterdir()] == [wav.name]


@pytest.mark.parametrize(
    ("file_type", "wrong", "error"),
    [
        ("none", {}, RuntimeError),
        (0, {}, RuntimeError),
        ("WAV", {}, ValueError),
        (None, {}, TypeError),
        ("WAVE", None, TypeError),
        ("WAVE", [], TypeError),
        ("WAVE", {"format_id": "aac "}, RuntimeError),
        ("WAVE", {"format_id": "no"}, ValueError),
        ("WAVE", {"sample_rate": float("nan")}, RuntimeError),
        ("WAVE", {"channels_per_frame": 0}, RuntimeError),
        ("WAVE", {"channels_per_frame": 2**32 - 1}, RuntimeError),
        ("WAVE", {"channels_per_frame": 2**32}, OverflowError),
    ],
)
def test_what_cannot_be_made_leaves_the_old_file(
    wav: Path, file_type: Any, wrong: Any, error: type[Exception]
) -> None:
    before = wav.read_bytes()
    with pytest.raises(error):
        capi.extended_audio_file_create_with_url(wav, file_type, wrong)
    assert wav.read_bytes() == before
    assert [p.name for p in wav.parent.iterdir()] == [wav.name]


def test_paths_that_cannot_be(tmp_path: Path) -> None:
    for path in ("", b"", "a\0b"):
        with pytest.raises(ValueError):
            capi.extended_audio_file_open_url(path)
        with pytest.raises(ValueError):
            capi.extended_audio_file_create_with_url(path, "WAVE", {})
    for path in (tmp_path / "no" / "a.wav", tmp_path):
        with pytest.raises(RuntimeError, match="^ExtAudioFileOpenURL failed"):
            capi.extended_audio_file_open_url(path)
        with pytest.raises(RuntimeError, match="^ExtAudioFileCreateWithURL failed"):
            capi.extended_audio_file_create_with_url(path, "WAVE", {})


def test_reading_what_is_written_and_the_reverse(tmp_path: Path, wav: Path) -> None:
    reading = capi.extended_audio_file_open_url(wav)
    with pytest.raises(
        RuntimeError, match="^ExtAudioFileWrite failed: kExtAudioFileError_InvalidOperationOrder"
    ) as error:
        capi.extended_audio_file_write(reading, 1, bytes(4))
    assert status_of(error) == WRONG_ORDER
    writing = capi.extended_audio_file_create_with_url(tmp_path / "b.wav", "WAVE", {})
    with pytest.raises(
        RuntimeError, match="^ExtAudioFileRead failed: kExtAudioFileError_InvalidOperationOrder"
    ):
        capi.extended_audio_file_read(writing, 1)
    capi.extended_audio_file_dispose(reading)
    capi.extended_audio_file_dispose(writing)


# Properties.


def test_properties(wav: Path) -> None:
    file = capi.extended_audio_file_open_url(wav)
    assert from_asbd(capi.extended_audio_file_get_property(file, FILE_FORMAT)) == pcm()
    assert from_asbd(capi.extended_audio_file_get_property(file, CLIENT_FORMAT)) == pcm()
    assert struct.unpack("=q", capi.extended_audio_file_get_property(file, FRAMES)) == (5000,)
    result = capi.extended_audio_file_set_property(file, CLIENT_FORMAT, asbd(FLOATS))  # type: ignore[func-returns-value]
    assert result is None
    assert from_asbd(capi.extended_audio_file_get_property(file, CLIENT_FORMAT)) == FLOATS
    inner = int.from_bytes(capi.extended_audio_file_get_property(file, "afil"), "little")
    assert from_asbd(capi.audio_file_get_property(inner, "dfmt")) == pcm()
    capi.extended_audio_file_dispose(file)
    with pytest.raises(RuntimeError):
        capi.audio_file_get_property(inner, "dfmt")


def test_property_larger_than_a_format(tmp_path: Path) -> None:
    """A layout of six described channels takes 12 + 6 * 20 bytes."""
    layout = struct.pack("=3I", 0, 0, 6)
    layout += b"".join(struct.pack("=2I3f", label, 0, 0, 0, 0) for label in (1, 2, 3, 4, 5, 6))
    file = capi.extended_audio_file_create_with_url(tmp_path / "a.caf", "caff", pcm(channels=6))
    where = capi.get_extended_audio_file_property_file_channel_layout()
    capi.extended_audio_file_set_property(file, where, layout)
    assert capi.extended_audio_file_get_property(file, where) == layout
    capi.extended_audio_file_dispose(file)


def test_converter_of_a_file(wav: Path) -> None:
    """The converter's own properties are within reach; NULL then says that something was changed."""
    file = capi.extended_audio_file_open_url(wav)
    capi.extended_audio_file_set_property(file, CLIENT_FORMAT, asbd(pcm(48000.0)))
    converter = int.from_bytes(capi.extended_audio_file_get_property(file, "acnv"), "little")
    capi.audio_converter_set_property(converter, "srcq", struct.pack("=I", 0))
    capi.extended_audio_file_set_property(file, "accf", bytes(8))
    assert capi.extended_audio_file_read(file, 1000)[1] == 1000
    capi.extended_audio_file_dispose(file)


@pytest.mark.parametrize("code", ["accf", "iobf"])
def test_bytes_are_not_taken_for_an_address(wav: Path, code: str) -> None:
    file = capi.extended_audio_file_open_url(wav)
    with pytest.raises(ValueError, match="address"):
        capi.extended_audio_file_set_property(file, code, b"\x10" * 8)
    for size in (0, 7, 9, 40):
        with pytest.raises(RuntimeError):
            capi.extended_audio_file_set_property(file, code, b"\x10" * size)
    capi.extended_audio_file_dispose(file)


def test_client_format_of_wrong_size_or_kind(wav: Path) -> None:
    file = capi.extended_audio_file_open_url(wav)
    for size in (0, 1, 39, 41, 400):
        with pytest.raises(RuntimeError, match="kExtAudioFileError_InvalidPropertySize") as error:
            capi.extended_audio_file_set_property(file, CLIENT_FORMAT, bytes(size))
        assert status_of(error) == BAD_SIZE
    with pytest.raises(RuntimeError, match="kExtAudioFileError_NonPCMClientFormat") as error:
        capi.extended_audio_file_set_property(file, CLIENT_FORMAT, asbd(coded("aac ")))
    assert status_of(error) == NO_PCM
    for data in (b"\xff" * 40, bytes(40)):
        with pytest.raises(RuntimeError):
            capi.extended_audio_file_set_property(file, CLIENT_FORMAT, data)
    assert capi.extended_audio_file_read(file, 5000)[1] == 5000
    capi.extended_audio_file_dispose(file)


@pytest.mark.parametrize("code", [0, "zzzz", 2**32 - 1])
def test_unknown_property(wav: Path, code: int | str) -> None:
    file = capi.extended_audio_file_open_url(wav)
    with pytest.raises(
        RuntimeError, match="^ExtAudioFileGetProperty(Info)? failed: kExtAudioFileError_InvalidProperty"
    ) as error:
        capi.extended_audio_file_get_property(file, code)
    assert status_of(error) == NO_PROPERTY
    with pytest.raises(
        RuntimeError, match="^ExtAudioFileSetProperty failed: kExtAudioFileError_InvalidProperty"
    ):
        capi.extended_audio_file_set_property(file, code, bytes(4))
    capi.extended_audio_file_dispose(file)


def test_disposed(wav: Path) -> None:
    file = capi.extended_audio_file_open_url(wav)
    capi.extended_audio_file_dispose(ext_file_id=file)
    calls: list[Any] = [
        lambda: capi.extended_audio_file_dispose(file),
        lambda: capi.extended_audio_file_read(file, 1),
        lambda: capi.extended_audio_file_write(file, 0, b""),
        lambda: capi.extended_audio_file_get_property(file, CLIENT_FORMAT),
        lambda: capi.extended_audio_file_set_property(file, CLIENT_FORMAT, bytes(40)),
    ]
    for call in calls:
        with pytest.raises(RuntimeError, match="^ExtAudioFile") as error:
            call()
        assert status_of(error) == PARAMETER
