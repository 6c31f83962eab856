"""AudioConverter of the functional API, against NumPy, soxr and FFmpeg."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soxr
from capi_kit import BIG, PLANAR, asbd, coded, from_asbd, pcm
from objects_kit import decode_with_ffmpeg, music, needs_ffmpeg

from coremusic import capi

BAD_SIZE, NO_PROPERTY, NOT_SUPPORTED, NO_FORMAT, PARAMETER = (
    0x696E737A,
    0x70726F70,
    0x6F703F3F,
    0x666D743F,
    -50,
)

Format = dict[str, Any]


def convert(source: Format, dest: Format, data: Any) -> bytes:
    converter = capi.audio_converter_new(source, dest)
    try:
        return capi.audio_converter_convert_buffer(converter, data)
    finally:
        capi.audio_converter_dispose(converter)


def fill(source: Format, dest: Format, data: Any, packets: int, room: int) -> tuple[bytes, int]:
    converter = capi.audio_converter_new(source, dest)
    try:
        return capi.audio_converter_fill_complex_buffer(converter, data, packets, room, source)
    finally:
        capi.audio_converter_dispose(converter)


def int16(frames: int = 1000, channels: int = 2) -> Any:
    return (music(frames, channels) * 32767).astype("<i2")


# convert_buffer


def test_int16_to_float() -> None:
    sound = int16()
    data = convert(pcm(), pcm(bits=32, is_float=True), sound.tobytes())
    np.testing.assert_array_equal(np.frombuffer(data, "<f4").reshape(-1, 2), sound / np.float32(32768))


def test_output_larger_than_four_times_the_input() -> None:
    """8-bit integers to 64-bit floats, and one channel to eight."""
    sound = np.arange(-128, 128, dtype="i1")
    data = convert(pcm(channels=1, bits=8), pcm(channels=1, bits=64, is_float=True), sound.tobytes())
    np.testing.assert_array_equal(np.frombuffer(data, "<f8"), sound / 128)
    assert (
        len(convert(pcm(channels=1, bits=8), pcm(channels=8, bits=64, is_float=True), sound.tobytes()))
        == 64 * 256
    )


def test_byte_order() -> None:
    sound = int16()
    assert convert(pcm(), pcm(extra=BIG), sound.tobytes()) == sound.astype(">i2").tobytes()


def test_24_bits() -> None:
    sound = int16(500, 1)
    data = convert(pcm(channels=1), pcm(channels=1, bits=24), sound.tobytes())
    widened = np.zeros((500, 4), "u1")
    widened[:, 1:] = np.frombuffer(data, "u1").reshape(-1, 3)
    np.testing.assert_array_equal(widened.view("<i4")[:, 0] >> 16, sound[:, 0])


def test_missing_keys_mean_cd_audio() -> None:
    sound = int16()
    assert convert({}, {}, sound.tobytes()) == sound.tobytes()
    assert convert({}, {"format_flags": 14}, sound.tobytes()) == sound.astype(">i2").tobytes()
    assert (
        convert({"unknown": object(), "reserved": 9}, {"format_id": "lpcm"}, sound.tobytes())
        == sound.tobytes()
    )


def test_defaults_are_not_worked_out_again() -> None:
    """One channel of 16 bits with the default of four bytes to a frame: padded frames."""
    sound = int16(100, 1)
    padded = np.zeros((100, 2), "<i2")
    padded[:, :1] = sound
    source = {"channels_per_frame": 1, "format_flags": 4}
    assert convert(source, pcm(channels=1), padded.tobytes()) == sound.tobytes()


def test_anything_with_a_buffer() -> None:
    sound = int16()
    for data in (
        sound,
        sound.tobytes(),
        bytearray(sound.tobytes()),
        memoryview(sound),
        memoryview(sound.tobytes()),
    ):
        assert convert(pcm(), pcm(), data) == sound.tobytes()


def test_nothing() -> None:
    assert convert(pcm(), pcm(bits=32), b"") == b""


@pytest.mark.parametrize("size", [1, 2, 3, 5, 4001])
def test_part_of_a_frame(size: int) -> None:
    with pytest.raises(
        RuntimeError, match="^AudioConverterConvertBuffer failed: kAudioConverterErr_InvalidInputSize"
    ) as e:
        convert(pcm(), pcm(), bytes(size))
    assert e.value.status_code == BAD_SIZE  # type: ignore[attr-defined]


@pytest.mark.parametrize("dest", [pcm(48000), coded("aac ")], ids=["rate", "coding"])
def test_what_is_not_frame_by_frame(dest: Format) -> None:
    with pytest.raises(RuntimeError, match="^AudioConverterConvertBuffer failed") as error:
        convert(pcm(), dest, bytes(400))
    assert error.value.status_code == NOT_SUPPORTED  # type: ignore[attr-defined]


@pytest.mark.parametrize("data", [None, "text", 5, [1, 2]])
def test_no_buffer(data: object) -> None:
    with pytest.raises(TypeError):
        convert(pcm(), pcm(), data)


# new


@pytest.mark.parametrize(("source", "dest"), [(None, {}), ({}, None), ([], {}), ("lpcm", {}), ({}, 5)])
def test_no_dict(source: Any, dest: Any) -> None:
    with pytest.raises(TypeError, match="must be dict"):
        capi.audio_converter_new(source, dest)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sample_rate": -1},
        {"sample_rate": float("nan")},
        {"sample_rate": float("inf")},
        {"channels_per_frame": 0},
        {"channels_per_frame": 2**32 - 1},
        {"bits_per_channel": 3},
        {"bytes_per_frame": 1},
        {"format_id": "none"},
        {"format_id": 0},
        {"format_id": 2**32 - 1},
    ],
)
def test_no_such_format(wrong: Format) -> None:
    for pair in ((wrong, {}), ({}, wrong)):
        with pytest.raises(
            RuntimeError, match="^AudioConverterNew failed: kAudioConverterErr_FormatNotSupported"
        ) as error:
            capi.audio_converter_new(*pair)
        assert error.value.status_code == NO_FORMAT  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"format_id": "abc"}, ValueError),
        ({"format_id": None}, TypeError),
        ({"sample_rate": "44100"}, TypeError),
        ({"sample_rate": None}, TypeError),
        ({"channels_per_frame": "2"}, TypeError),
        ({"channels_per_frame": 2**32}, OverflowError),
        ({"bits_per_channel": -(2**31) - 1}, OverflowError),
    ],
)
def test_no_such_value(wrong: Format, error: type[Exception]) -> None:
    with pytest.raises(error):
        capi.audio_converter_new(wrong, {})


# fill_complex_buffer


@pytest.mark.parametrize("rate", [22050.0, 48000.0, 96000.0])
def test_resampling(rate: float) -> None:
    sound = music(20000).astype("<f4")
    source, dest = pcm(bits=32, is_float=True), pcm(rate, bits=32, is_float=True)
    data, frames = fill(source, dest, sound.tobytes(), 20000, 100_000)
    assert len(data) == frames * 8
    assert abs(frames - 20000 * rate / 44100) <= 1
    theirs = soxr.resample(sound, 44100, rate, quality="VHQ")
    ours = np.frombuffer(data, "<f4").reshape(-1, 2)
    middle = slice(1000, min(len(ours), len(theirs)) - 1000)
    assert np.abs(ours[middle] - theirs[middle]).max() < 2e-3


def test_in_pieces_as_in_one() -> None:
    sound, source, dest = int16(8000), pcm(), pcm(48000.0)
    whole, frames = fill(source, dest, sound.tobytes(), 8000, 20000)
    converter = capi.audio_converter_new(source, dest)
    data, count = capi.audio_converter_fill_complex_buffer(converter, sound.tobytes(), 8000, 3000, source)
    capi.audio_converter_dispose(converter)
    assert count == 3000 < frames
    assert data == whole[: len(data)]


def test_reset_starts_again() -> None:
    sound, source, dest = int16(4000), pcm(), pcm(48000.0)
    expected = fill(source, dest, sound.tobytes(), 4000, 10000)
    converter = capi.audio_converter_new(source, dest)
    capi.audio_converter_fill_complex_buffer(converter, int16(999)[::-1].tobytes(), 999, 100, source)
    assert capi.audio_converter_reset(converter) is None  # type: ignore[func-returns-value]
    assert (
        capi.audio_converter_fill_complex_buffer(converter, sound.tobytes(), 4000, 10000, source) == expected
    )
    assert capi.audio_converter_dispose(converter_id=converter) is None  # type: ignore[func-returns-value]


def test_planes_follow_one_another() -> None:
    sound = int16(300)
    planar = np.ascontiguousarray(sound.T).tobytes()
    assert fill(pcm(), pcm(extra=PLANAR), sound.tobytes(), 300, 300) == (planar, 300)
    assert fill(pcm(extra=PLANAR), pcm(), planar, 300, 300) == (sound.tobytes(), 300)
    assert fill(pcm(), pcm(extra=PLANAR), sound.tobytes(), 300, 900) == (planar, 300)


@needs_ffmpeg
def test_encoder_and_decoder(tmp_path: Path) -> None:
    """IMA4 has packets of one size: 34 bytes a channel for 64 frames. Another program reads what comes."""
    sound = int16(6400)
    packets, count = fill(pcm(), coded("ima4", packet=68, frames=64), sound.tobytes(), 6400, 1000)
    assert (len(packets), count) == (6800, 100)
    raw = tmp_path / "a.aifc"
    file = capi.extended_audio_file_create_with_url(raw, "AIFC", coded("ima4", packet=68, frames=64))
    capi.extended_audio_file_set_property(file, "cfmt", asbd(pcm()))
    capi.extended_audio_file_write(file, 6400, sound)
    capi.extended_audio_file_dispose(file)
    back = np.frombuffer(
        fill(coded("ima4", packet=68, frames=64), pcm(), packets, 100, 6400)[0], "<i2"
    ).reshape(-1, 2)
    np.testing.assert_array_equal(back, decode_with_ffmpeg(raw, 2) * 32768)
    assert np.abs(back.astype(int) - sound).mean() < 400


def test_one_packet_of_differing_size() -> None:
    """A format whose packets are not all as long takes one at a time."""
    source = coded("alac", frames=4096)
    converter = capi.audio_converter_new(pcm(), source)
    sound = int16(4096)
    packet, count = capi.audio_converter_fill_complex_buffer(converter, sound.tobytes(), 4096, 1, pcm())
    cookie = capi.audio_converter_get_property(converter, "cmgc")
    capi.audio_converter_dispose(converter)
    assert count == 1 and 0 < len(packet) < sound.nbytes
    converter = capi.audio_converter_new(source, pcm())
    capi.audio_converter_set_property(converter, "dmgc", cookie)
    assert capi.audio_converter_fill_complex_buffer(converter, packet, 1, 5000, source) == (
        sound.tobytes(),
        4096,
    )
    with pytest.raises(ValueError):
        capi.audio_converter_fill_complex_buffer(converter, packet, 2, 5000, source)
    capi.audio_converter_dispose(converter)


@pytest.mark.parametrize("key", list(pcm()))
def test_every_key_is_needed(key: str) -> None:
    source = {k: v for k, v in pcm().items() if k != key}
    converter = capi.audio_converter_new(pcm(), pcm(48000.0))
    with pytest.raises(KeyError, match=key):
        capi.audio_converter_fill_complex_buffer(converter, bytes(40), 10, 20, source)
    capi.audio_converter_dispose(converter)


@pytest.mark.parametrize(
    ("data", "packets", "room", "source", "error"),
    [
        (bytes(39), 10, 20, pcm(), ValueError),
        (bytes(40), 11, 20, pcm(), ValueError),
        (bytes(40), 2**32 - 1, 1, pcm(), ValueError),
        (bytes(40), -1, 1, pcm(), ValueError),
        (bytes(40), 1, -1, pcm(), ValueError),
        (bytes(40), 2**32, 1, pcm(), OverflowError),
        (bytes(40), 1, 2**32, pcm(), OverflowError),
        (bytes(40), 1, 2**32 - 1, pcm(), OverflowError),
        (bytes(40), 10, 20, pcm(channels=1), RuntimeError),
        (bytes(40), 10, 20, pcm(extra=PLANAR), RuntimeError),
        (bytes(40), 10, 20, {**pcm(), "bytes_per_packet": 2**32 - 1}, ValueError),
        (bytes(40), 10, 20, None, TypeError),
        (None, 10, 20, pcm(), TypeError),
        ("x", 10, 20, pcm(), TypeError),
    ],
)
def test_wrong_input(data: Any, packets: int, room: int, source: Any, error: type[Exception]) -> None:
    converter = capi.audio_converter_new(pcm(), pcm(48000.0))
    with pytest.raises(error):
        capi.audio_converter_fill_complex_buffer(converter, data, packets, room, source)
    capi.audio_converter_dispose(converter)


def test_no_input_and_no_room() -> None:
    assert fill(pcm(), pcm(48000.0), b"", 0, 100) == (b"", 0)
    assert fill(pcm(), pcm(48000.0), bytes(40), 10, 0) == (b"", 0)


# Properties.


def test_quality() -> None:
    converter = capi.audio_converter_new(pcm(), pcm(48000.0))
    quality = capi.get_audio_converter_property_sample_rate_converter_quality()
    for value in (capi.get_audio_converter_quality_min(), capi.get_audio_converter_quality_max()):
        data = struct.pack("=I", value)
        assert capi.audio_converter_set_property(converter, quality, data) is None  # type: ignore[func-returns-value]
        assert capi.audio_converter_get_property(converter, quality) == data
    for wrong in (b"", b"\0", bytes(3), bytes(5), bytes(400)):
        with pytest.raises(RuntimeError, match="^AudioConverterSetProperty failed"):
            capi.audio_converter_set_property(converter, quality, wrong)
    capi.audio_converter_dispose(converter)


def test_formats_and_sizes() -> None:
    source, dest = pcm(), pcm(48000.0, bits=32, is_float=True)
    converter = capi.audio_converter_new(source, dest)
    assert from_asbd(capi.audio_converter_get_property(converter, "acid")) == source
    assert from_asbd(capi.audio_converter_get_property(converter, "acod")) == dest
    size = capi.audio_converter_get_property(
        converter, capi.get_audio_converter_property_max_output_packet_size()
    )
    assert struct.unpack("=I", size) == (8,)
    capi.audio_converter_dispose(converter)


def test_unknown_property() -> None:
    converter = capi.audio_converter_new(pcm(), pcm())
    for code in ("zzzz", 0, 2**32 - 1):
        with pytest.raises(RuntimeError, match="^AudioConverterGetPropertyInfo failed") as error:
            capi.audio_converter_get_property(converter, code)
        assert error.value.status_code == NO_PROPERTY  # type: ignore[attr-defined]
        with pytest.raises(RuntimeError, match="^AudioConverterSetProperty failed"):
            capi.audio_converter_set_property(converter, code, bytes(4))
    capi.audio_converter_dispose(converter)


@pytest.mark.parametrize("data", [b"", bytes(8), b"\xff" * 8])
def test_bytes_are_not_taken_for_an_address(data: bytes) -> None:
    converter = capi.audio_converter_new(pcm(), pcm(48000.0))
    with pytest.raises(ValueError, match="address"):
        capi.audio_converter_set_property(converter, "acps", data)
    capi.audio_converter_dispose(converter)


def test_disposed() -> None:
    converter = capi.audio_converter_new(pcm(), pcm())
    capi.audio_converter_dispose(converter)
    calls: list[tuple[str, Any]] = [
        ("AudioConverterDispose", lambda: capi.audio_converter_dispose(converter)),
        ("AudioConverterReset", lambda: capi.audio_converter_reset(converter)),
        ("AudioConverterGetPropertyInfo", lambda: capi.audio_converter_get_property(converter, "srcq")),
        ("AudioConverterSetProperty", lambda: capi.audio_converter_set_property(converter, "srcq", bytes(4))),
        ("AudioConverterConvertBuffer", lambda: capi.audio_converter_convert_buffer(converter, b"")),
        (
            "AudioConverterFillComplexBuffer",
            lambda: capi.audio_converter_fill_complex_buffer(converter, b"", 0, 0, pcm()),
        ),
    ]
    for name, call in calls:
        with pytest.raises(RuntimeError, match=f"^{name} failed") as error:
            call()
        assert error.value.status_code == PARAMETER  # type: ignore[attr-defined]
