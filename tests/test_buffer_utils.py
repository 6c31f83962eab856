"""coremusic.buffer_utils: formats, sizes, and conversion against struct, NumPy, libsndfile and soxr."""

from __future__ import annotations

import dataclasses
import io
import math
import struct
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coremusic import buffer_utils
from coremusic.buffer_utils import (
    AudioStreamBasicDescription,
    calculate_buffer_size,
    convert_buffer_format,
    fourcc_to_int,
    int_to_fourcc,
    optimal_buffer_size,
    pack_audio_buffer,
    unpack_audio_buffer,
)

np = pytest.importorskip("numpy")

FLOAT, BIG, SIGNED, PACKED, HIGH, PLANAR = 1, 2, 4, 8, 16, 32


def pcm(
    bits: int, flags: int, channels: int = 1, size: int = 0, rate: float = 44100.0
) -> AudioStreamBasicDescription:
    """A linear PCM format of samples of size bytes."""
    frame = (size or (bits + 7) // 8) * (1 if flags & PLANAR else channels)
    return AudioStreamBasicDescription(rate, "lpcm", flags, frame, 1, frame, channels, bits)


INT16 = pcm(16, SIGNED | PACKED)
INT24 = pcm(24, SIGNED | PACKED)
FLOAT32 = pcm(32, FLOAT | PACKED)
FLOAT64 = pcm(64, FLOAT | PACKED)


def test_fields_and_flags() -> None:
    made = AudioStreamBasicDescription(48000.0, "lpcm", 0x2F, 4, 1, 4, 2, 32)
    assert made.format_id == 0x6C70636D and made.is_pcm
    assert made.is_float and made.is_big_endian and made.is_signed_integer and made.is_packed
    assert made.is_non_interleaved and not made.is_interleaved
    none = AudioStreamBasicDescription(48000.0, 0x61616320, 0, 0, 1024, 0, 2, 0)
    assert not any([none.is_pcm, none.is_float, none.is_big_endian, none.is_signed_integer, none.is_packed])
    assert none.is_interleaved and none.frames_for_bytes(100) == 0
    assert [f.name for f in dataclasses.fields(made)] == [
        "sample_rate",
        "format_id",
        "format_flags",
        "bytes_per_packet",
        "frames_per_packet",
        "bytes_per_frame",
        "channels_per_frame",
        "bits_per_channel",
    ]
    with pytest.raises(TypeError):
        hash(made)


def test_the_usual_formats() -> None:
    int16 = AudioStreamBasicDescription.pcm_int16_stereo(48000.0)
    assert int16 == AudioStreamBasicDescription(48000.0, "lpcm", 0x0C, 4, 1, 4, 2, 16)
    float32 = AudioStreamBasicDescription.pcm_float32_stereo()
    assert float32 == AudioStreamBasicDescription(44100.0, "lpcm", 0x09, 8, 1, 8, 2, 32)
    assert str(float32) == "AudioStreamBasicDescription(44100.0Hz, 2ch, 32-bit float, lpcm, interleaved)"
    planar = dataclasses.replace(int16, format_flags=0x2C, bytes_per_frame=2, bytes_per_packet=2)
    assert str(planar) == "AudioStreamBasicDescription(48000.0Hz, 2ch, 16-bit int, lpcm, non-interleaved)"
    assert repr(float32).startswith("AudioStreamBasicDescription(sample_rate=44100.0, format_id=1819304813,")


@pytest.mark.parametrize(
    "changes",
    [
        {"sample_rate": 0.0},
        {"sample_rate": -1.0},
        {"sample_rate": math.nan},
        {"sample_rate": math.inf},
        {"channels_per_frame": 0},
        {"bits_per_channel": 0},
        {"bits_per_channel": -1, "format_id": "aac "},
        {"format_id": "lpc"},
        {"format_id": "lpcm!"},
    ],
)
def test_bad_formats(changes: dict[str, Any]) -> None:
    good = AudioStreamBasicDescription.pcm_int16_stereo()
    with pytest.raises(ValueError):
        dataclasses.replace(good, **changes)


def test_arithmetic() -> None:
    stereo = AudioStreamBasicDescription.pcm_int16_stereo(8000.0)
    assert stereo.duration_for_frames(4000) == 0.5
    assert stereo.bytes_for_frames(10) == 40
    assert stereo.frames_for_bytes(43) == 10


def test_dicts() -> None:
    stereo = AudioStreamBasicDescription.pcm_float32_stereo()
    assert AudioStreamBasicDescription.from_dict(stereo.to_dict()) == stereo
    assert list(stereo.to_dict()) == [f.name for f in dataclasses.fields(stereo)]
    assert stereo.to_dict()["format_id"] == 0x6C70636D
    least = AudioStreamBasicDescription.from_dict({"sample_rate": 8000.0, "channels_per_frame": 1, "more": 1})
    assert least == AudioStreamBasicDescription(8000.0, "lpcm", 0, 0, 1, 0, 1, 16)
    for key in ("sample_rate", "channels_per_frame"):
        with pytest.raises(KeyError):
            AudioStreamBasicDescription.from_dict({k: v for k, v in stereo.to_dict().items() if k != key})


@given(st.integers(0, 0xFFFFFFFF))
def test_codes(number: int) -> None:
    raw = struct.pack(">I", number)
    assert int_to_fourcc(number) == raw.decode("ascii", "replace")
    assert fourcc_to_int(raw.decode("latin-1")) == number


def test_bad_codes() -> None:
    for text in ("", "abc", "abcde", "\u20acabc"):
        with pytest.raises(ValueError):
            fourcc_to_int(text)
    for number in (-1, 1 << 32):
        with pytest.raises(ValueError):
            int_to_fourcc(number)


def test_sizes() -> None:
    stereo = AudioStreamBasicDescription.pcm_int16_stereo(44100.0)
    assert calculate_buffer_size(1.0, stereo) == 176400
    assert calculate_buffer_size(0.00005, stereo) == 8
    assert calculate_buffer_size(0.0, stereo) == 0
    assert optimal_buffer_size(stereo) == (2048, 512)
    assert optimal_buffer_size(stereo, 1000 * 512 / 44100) == (2048, 512)
    assert optimal_buffer_size(stereo, 1000 * 513.5 / 44100) == (4096, 1024)
    assert optimal_buffer_size(stereo, 0.0) == (4, 1)
    assert optimal_buffer_size(pcm(16, 12, rate=8000.0), 0.01) == (2, 1)
    for bad in (-1.0, math.nan):
        with pytest.raises(ValueError):
            calculate_buffer_size(bad, stereo)
        with pytest.raises(ValueError):
            optimal_buffer_size(stereo, bad)


def test_packing() -> None:
    stereo = AudioStreamBasicDescription.pcm_int16_stereo()
    data = bytes(range(12))
    assert pack_audio_buffer(data, stereo, 5) == (data + bytes(8), 3)
    assert pack_audio_buffer(data, stereo, 2) == (data[:8], 2)
    assert pack_audio_buffer(data + b"\xff", stereo, 3) == (data, 3)
    assert pack_audio_buffer(memoryview(data), stereo, 0) == (b"", 0)
    assert unpack_audio_buffer(bytearray(data), stereo) == (data, 3)
    planar = pcm(16, SIGNED | PACKED | PLANAR, 2)
    assert pack_audio_buffer(b"aabbAABB", planar, 1) == (b"aaAA", 1)
    assert pack_audio_buffer(b"aabbAABB", planar, 3) == (b"aabb\0\0AABB\0\0", 2)
    assert unpack_audio_buffer(b"aabbAABB", planar) == (b"aabbAABB", 2)
    with pytest.raises(ValueError):
        pack_audio_buffer(data, stereo, -1)
    with pytest.raises(ValueError, match="no fixed size"):
        pack_audio_buffer(data, AudioStreamBasicDescription(44100.0, "aac ", 0, 0, 1024, 0, 2, 0), 1)


def test_arrays_of_any_shape_are_their_bytes() -> None:
    """Also those of which memoryview.cast() takes none: without frames, and not contiguous."""
    stereo = AudioStreamBasicDescription.pcm_int16_stereo()
    none = np.zeros((0, 2), np.int16)
    assert pack_audio_buffer(none, stereo, 1) == (bytes(4), 0)
    assert unpack_audio_buffer(none, stereo) == (b"", 0)
    assert convert_buffer_format(none, stereo, AudioStreamBasicDescription.pcm_float32_stereo()) == b""
    turned = np.arange(6, dtype=np.int16).reshape(2, 3).T
    assert unpack_audio_buffer(turned, stereo) == (turned.tobytes(), 3)
    assert pack_audio_buffer(turned, stereo, 2) == (turned[:2].tobytes(), 2)


def test_int16_and_float32() -> None:
    values = np.array([-32768, -32767, -1, 0, 1, 16384, 32767], np.int16)
    made = np.frombuffer(convert_buffer_format(values.tobytes(), INT16, FLOAT32), np.float32)
    assert (made == values / np.float32(32768)).all()
    floats = np.array([-2.0, -1.0, -0.5, 0.0, 0.25, 1.0, 1.5, np.inf, -np.inf, np.nan], np.float32)
    made = np.frombuffer(convert_buffer_format(floats.tobytes(), FLOAT32, INT16), np.int16)
    assert made.tolist() == [-32768, -32767, -16384, 0, 8192, 32767, 32767, 32767, -32768, 0]


@given(st.lists(st.floats(-1.5, 1.5), max_size=20), st.sampled_from([SIGNED, SIGNED | BIG, 0, BIG]))
def test_full_scale_of_16_bits_is_that_of_floats(values: list[float], flags: int) -> None:
    made = convert_buffer_format(struct.pack(f"<{len(values)}d", *values), FLOAT64, pcm(16, PACKED | flags))
    kind = f"{'>' if flags & BIG else '<'}{'i' if flags & SIGNED else 'u'}2"
    offset = 0 if flags & SIGNED else 32768
    expected = np.clip(np.rint(np.array(values) * 32767), -32768, 32767) + offset
    assert np.frombuffer(made, kind).tolist() == expected.tolist()


@pytest.mark.parametrize("bits", [8, 12, 20, 24, 32])
def test_other_integers_from_floats(bits: int) -> None:
    step, size = 2.0 ** (1 - bits), 4 if bits == 20 else (bits + 7) // 8
    values = np.array([-2.0, -1.0, 1.0, 0.5, 0.5 * step, 1.5 * step, -0.75 * step, np.nan])
    target = pcm(bits, SIGNED | (PACKED if bits == 8 * size else 0), size=size)
    made = convert_buffer_format(values.tobytes(), FLOAT64, target)
    whole = [
        int.from_bytes(made[i : i + size], sys.byteorder, signed=True) for i in range(0, len(made), size)
    ]
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    assert whole == [low, low, high, 1 << (bits - 2), 0, 2, -1, 0]


SUBTYPES = [
    ("PCM_U8", pcm(8, PACKED)),
    ("PCM_S8", pcm(8, SIGNED | PACKED)),
    ("PCM_16", pcm(16, SIGNED | PACKED)),
    ("PCM_24", pcm(24, SIGNED | PACKED)),
    ("PCM_32", pcm(32, SIGNED | PACKED)),
    ("FLOAT", pcm(32, FLOAT | PACKED)),
    ("DOUBLE", pcm(64, FLOAT | PACKED)),
]


@pytest.mark.parametrize(("subtype", "made"), SUBTYPES)
@pytest.mark.parametrize("endian", ["LITTLE", "BIG"])
def test_decoding_agrees_with_libsndfile(
    subtype: str, made: AudioStreamBasicDescription, endian: str
) -> None:
    soundfile = pytest.importorskip("soundfile")
    raw = np.random.default_rng(1).integers(0, 256, 4800, np.uint8)
    if made.is_float:
        values = np.random.default_rng(1).uniform(-1, 1, 600)
        raw = values.astype(f"{'<' if endian == 'LITTLE' else '>'}f{made.bytes_per_frame}").view(np.uint8)
    data = raw.tobytes()
    theirs, _ = soundfile.read(
        io.BytesIO(data), samplerate=44100, channels=1, format="RAW", subtype=subtype, endian=endian
    )
    flags = made.format_flags | (BIG if endian == "BIG" else 0)
    ours = convert_buffer_format(data, dataclasses.replace(made, format_flags=flags), FLOAT64)
    assert (np.frombuffer(ours, np.float64) == theirs).all()


@pytest.mark.parametrize(("subtype", "made"), SUBTYPES)
@pytest.mark.parametrize("endian", ["LITTLE", "BIG"])
def test_libsndfile_reads_what_is_encoded(
    subtype: str, made: AudioStreamBasicDescription, endian: str
) -> None:
    soundfile = pytest.importorskip("soundfile")
    values = np.random.default_rng(2).uniform(-0.99, 0.99, 500)  # what 8 bits hold without clipping
    flags = made.format_flags | (BIG if endian == "BIG" else 0)
    data = convert_buffer_format(values.tobytes(), FLOAT64, dataclasses.replace(made, format_flags=flags))
    theirs, _ = soundfile.read(
        io.BytesIO(data), samplerate=44100, channels=1, format="RAW", subtype=subtype, endian=endian
    )
    step = {"FLOAT": 2.0**-24, "DOUBLE": 0.0}.get(subtype, 2.0 ** (1 - made.bits_per_channel))
    whole = 1.0 if subtype == "PCM_16" else 0.0  # for full scale at 32767 and not at 32768
    assert np.abs(theirs - values).max() <= (0.5 + whole) * step


@given(st.lists(st.integers(-(2**31), 2**31 - 1), max_size=20), st.sampled_from(["<", ">"]))
def test_wider_integers_only_gain_bits(values: list[int], order: str) -> None:
    data = struct.pack(f"{order}{len(values)}i", *values)
    int32 = pcm(32, SIGNED | PACKED | (BIG if order == ">" else 0))
    int64 = pcm(64, SIGNED | PACKED)
    wide = convert_buffer_format(data, int32, int64)
    assert list(struct.unpack(f"<{len(values)}q", wide)) == [value << 32 for value in values]
    assert convert_buffer_format(wide, int64, int32) == data


@given(st.lists(st.integers(-(2**23), 2**23 - 1), max_size=20))
def test_narrower_integers_are_rounded_and_clipped(values: list[int]) -> None:
    data = b"".join(struct.pack("<i", value)[:3] for value in values)
    narrow = struct.unpack(f"<{len(values)}h", convert_buffer_format(data, INT24, INT16))
    assert list(narrow) == [min(32767, round(value / 256)) for value in values]  # halves to even


@given(st.binary(max_size=64), st.sampled_from([1, 2, 3, 4, 8]), st.booleans())
def test_byte_order_alone(data: bytes, size: int, signed: bool) -> None:
    data = data[: len(data) // size * size]
    little = pcm(8 * size, PACKED | (SIGNED if signed else 0))
    big = dataclasses.replace(little, format_flags=little.format_flags | BIG)
    swapped = b"".join(data[i : i + size][::-1] for i in range(0, len(data), size))
    assert convert_buffer_format(data, little, big) == swapped
    assert convert_buffer_format(data, big, little) == swapped


def test_unsigned_integers() -> None:
    assert convert_buffer_format(bytes([0, 127, 128, 255]), pcm(8, PACKED), INT16) == struct.pack(
        "<4h", -32768, -256, 0, 32512
    )
    unsigned = pcm(16, PACKED)
    assert convert_buffer_format(struct.pack("<3H", 0, 32768, 65535), unsigned, INT16) == struct.pack(
        "<3h", -32768, 0, 32767
    )
    assert convert_buffer_format(struct.pack("<2h", -32768, 5), INT16, unsigned) == struct.pack(
        "<2H", 0, 32773
    )


def test_samples_smaller_than_their_bytes() -> None:
    values = [-(2**23), -1, 0, 1, 2**23 - 1]
    packed = b"".join(struct.pack("<i", value)[:3] for value in values)
    low, high = pcm(24, SIGNED, size=4), pcm(24, SIGNED | HIGH, size=4)
    assert convert_buffer_format(packed, INT24, low) == struct.pack("<5i", *values)
    assert convert_buffer_format(packed, INT24, high) == struct.pack("<5i", *(v << 8 for v in values))
    for padded in (low, high):
        assert convert_buffer_format(convert_buffer_format(packed, INT24, padded), padded, INT24) == packed
    garbage = struct.pack("<I", 0xAB000001)  # the upper byte is padding
    assert convert_buffer_format(garbage, low, INT24) == b"\1\0\0"
    unsigned = pcm(12, HIGH, size=2)
    assert convert_buffer_format(
        struct.pack("<2H", 0, 4095 << 4), unsigned, pcm(12, SIGNED, size=2)
    ) == struct.pack("<2h", -2048, 2047)


def test_full_scale_of_64_bits() -> None:
    int64 = pcm(64, SIGNED | PACKED)
    made = convert_buffer_format(struct.pack("<3d", 2.0, -2.0, 0.5), FLOAT64, int64)
    high, low, half = struct.unpack("<3q", made)
    assert high >= 2**63 - 1024 and low == -(2**63) and abs(half - 2**62) <= 1


def test_planes_and_channels() -> None:
    planar, stereo = pcm(16, SIGNED | PACKED | PLANAR, 2), pcm(16, SIGNED | PACKED, 2)
    frames = struct.pack("<6h", 1, -1, 2, -2, 3, -3)
    planes = struct.pack("<6h", 1, 2, 3, -1, -2, -3)
    assert convert_buffer_format(frames, stereo, planar) == planes
    assert convert_buffer_format(planes, planar, stereo) == frames
    mono = struct.pack("<3h", 100, 200, -300)
    assert convert_buffer_format(mono, INT16, planar) == struct.pack("<6h", *[100, 200, -300] * 2)
    assert convert_buffer_format(planes, planar, INT16) == bytes(6)
    doubled = convert_buffer_format(mono, INT16, stereo)
    assert doubled == struct.pack("<6h", 100, 100, 200, 200, -300, -300)
    assert convert_buffer_format(doubled, stereo, INT16) == mono
    assert convert_buffer_format(struct.pack("<2h", 32767, 32767), stereo, INT16) == struct.pack("<h", 32767)
    assert convert_buffer_format(struct.pack("<2h", 100, 300), stereo, INT16) == struct.pack("<h", 200)
    quad = pcm(16, SIGNED | PACKED, 4)
    assert convert_buffer_format(bytes(16), quad, pcm(32, FLOAT | PACKED, 4)) == bytes(32)
    four = struct.pack("<4f", 1.0, -1.0, 0.5, 0.0)
    whole = convert_buffer_format(four, pcm(32, FLOAT | PACKED, 4), quad)
    assert struct.unpack("<4h", whole) == (32767, -32767, 16384, 0)
    with pytest.raises(ValueError, match="no rule"):
        convert_buffer_format(bytes(8), quad, stereo)


def test_sizes_left_out() -> None:
    short = AudioStreamBasicDescription(44100.0, "lpcm", 0, 0, 1, 0, 1, 16)
    assert convert_buffer_format(b"\x00\x80", short, FLOAT64) == struct.pack("<d", -1.0)


@pytest.mark.parametrize(
    "bad",
    [
        AudioStreamBasicDescription(44100.0, "aac ", 0, 0, 1024, 0, 1, 0),
        AudioStreamBasicDescription(44100.0, "lpcm", SIGNED | PACKED, 3, 1, 3, 1, 16),
        AudioStreamBasicDescription(44100.0, "lpcm", SIGNED, 5, 1, 5, 2, 16),
        AudioStreamBasicDescription(44100.0, "lpcm", SIGNED, 2, 1, 4, 2, 16),
        AudioStreamBasicDescription(44100.0, "lpcm", SIGNED, 2, 1, 2, 1, 1 << 40),
        AudioStreamBasicDescription(44100.0, "lpcm", SIGNED, 1, 1, 1, 1, 16),
        AudioStreamBasicDescription(44100.0, "lpcm", FLOAT, 2, 1, 2, 1, 16),
        AudioStreamBasicDescription(44100.0, "lpcm", FLOAT, 8, 1, 8, 1, 32),
        AudioStreamBasicDescription(
            44100.0, "lpcm", SIGNED | 40 << 7, 4, 1, 4, 1, 32
        ),  # 40 of 32 bits a fraction
        AudioStreamBasicDescription(44100.0, "lpcm", SIGNED, -2, 1, -2, 1, 16),
    ],
)
def test_impossible_formats(bad: AudioStreamBasicDescription) -> None:
    with pytest.raises(ValueError):
        convert_buffer_format(bytes(40), bad, INT16)
    with pytest.raises(ValueError):
        convert_buffer_format(bytes(40), INT16, bad)


def test_data_must_be_whole_frames() -> None:
    with pytest.raises(ValueError, match="whole frames"):
        convert_buffer_format(bytes(3), pcm(16, 12, 2), FLOAT32)
    assert convert_buffer_format(b"", INT16, FLOAT32) == b""
    assert convert_buffer_format(bytearray(b"\1\2"), INT16, INT16) == b"\1\2"


RATES = [
    (44100, 48000),
    (48000, 44100),
    (44100, 22050),
    (8000, 44100),
    (96000, 44100),
    (44100, 44101),
    (48000, 44099),
]


@pytest.mark.parametrize(("before", "after"), RATES)
def test_resampling_agrees_with_soxr(before: int, after: int) -> None:
    soxr = pytest.importorskip("soxr")
    time = np.arange(before // 2) / before
    band = 0.4 * min(before, after)
    tones = sum(np.sin(2 * np.pi * f * time + f) for f in (0.05 * band, 0.31 * band, 0.72 * band)) / 4
    source, target = pcm(64, FLOAT | PACKED, rate=float(before)), pcm(64, FLOAT | PACKED, rate=float(after))
    ours = np.frombuffer(convert_buffer_format(tones.tobytes(), source, target), np.float64)
    theirs = soxr.resample(tones, before, after, "VHQ")
    assert abs(len(ours) - len(tones) * after / before) <= 0.5
    inside = slice(len(ours) // 5, len(ours) * 4 // 5)
    error = ours[: len(theirs)][inside] - theirs[: len(ours)][inside]
    assert 20 * math.log10(np.abs(error).max()) < -85


def test_resampling_keeps_out_what_would_alias() -> None:
    time = np.arange(24000) / 48000
    tone = np.sin(2 * np.pi * 15000 * time)
    source, target = pcm(64, FLOAT | PACKED, rate=48000.0), pcm(64, FLOAT | PACKED, rate=22050.0)
    made = np.frombuffer(convert_buffer_format(tone.tobytes(), source, target), np.float64)
    assert 20 * math.log10(np.abs(made[1000:-1000]).max()) < -90


def test_resampling_other_formats_and_rates() -> None:
    stereo = AudioStreamBasicDescription.pcm_int16_stereo(44100.0)
    slow = dataclasses.replace(stereo, sample_rate=44100.5)
    data = struct.pack("<4000h", *([1000, -1000] * 2000))
    made = np.frombuffer(convert_buffer_format(data, stereo, slow), np.int16).reshape(-1, 2)
    assert len(made) == 2000
    assert (np.abs(made[200:-200] - [1000, -1000]) <= 1).all()
    assert convert_buffer_format(b"", stereo, dataclasses.replace(stereo, sample_rate=8000.0)) == b""


def test_resampling_at_the_ends_and_far_apart() -> None:
    one = pcm(64, FLOAT | PACKED, rate=44100.0)
    for rate in (44100.0 * 256, 44100.0 / 256, 48000.0, 44099.0):
        other = dataclasses.replace(one, sample_rate=rate)
        for frames in (1, 2, 3, 1000):
            made = convert_buffer_format(np.ones(frames).tobytes(), one, other)
            assert abs(len(made) / 8 - frames * rate / 44100) <= 0.5
    for rate in (44100.0 * 1025, 44100.0 / 1025, 1e300, 1e-300):
        with pytest.raises(ValueError):
            convert_buffer_format(bytes(8), one, dataclasses.replace(one, sample_rate=rate))


def test_without_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    stereo = pcm(16, SIGNED | PACKED, 2)
    assert convert_buffer_format(struct.pack("<2f", 1.0, -1.0), FLOAT32, stereo) == struct.pack(
        "<4h", 32767, 32767, -32767, -32767
    )
    assert convert_buffer_format(struct.pack("<2h", 1, 5), stereo, INT16) == struct.pack("<h", 3)


def test_names() -> None:
    assert all(hasattr(buffer_utils, name) for name in buffer_utils.__all__)
